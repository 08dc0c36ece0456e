// `iauth deliver`: sends the messages that are due.

import IAuthCore
import Sheets
import Values

struct Deliver: Command {
  static let usage = CommandUsage<Deliver>(
    "deliver", in: .upkeep,
    summary: Bilingual("Send the messages that are due", "寄送待送訊息"),
    about: Bilingual(
      """
      Sends every message that is due, each once. A message that cannot be sent is tried again \
      after 1, 5, 15 and 60 minutes, then hourly, and fails after 24 hours. When one could not be \
      sent, the run ends with deliver.failed; the others were sent all the same.
      """,
      """
      寄送所有待送訊息，每則一次。無法送出者於 1、5、15、60 分鐘後重試，其後每小時一次；逾 24 小時列為\
      失敗。有訊息未能送出時以 deliver.failed 結束，其餘訊息仍已寄送。
      """),
    parameters: [
      .flag("list", \.lists, Bilingual("list queued and failed messages", "列出待送與失敗的訊息")),
      .option("retry", "ID", \.retry, Bilingual("send a failed one again", "重送失敗的訊息")),
      .option("drop", "ID", \.drop, Bilingual("never send this one", "不再寄送該訊息")),
    ],
    forms: [
      Form(), Form(needs: ["list"], isList: true), Form(needs: ["retry"]), Form(needs: ["drop"]),
    ],
    examples: [
      Example("iauth deliver", Bilingual("Send what is due", "寄送待送訊息")),
      Example("iauth deliver --list", Bilingual("See what waits", "查看待送訊息")),
    ],
    fails: [.deliverFailed, .messageUnknown, .messageState, .rightMissing],
    operatorOnly: true)

  var lists = false
  var retry: MessageID?
  var drop: MessageID?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if lists {
      try list(try service.outbox(), context)
    } else if let retry {
      try service.retry(retry)
      context.emit(
        ["message": .int(retry), "status": .word(MessageStatus.queued)],
        human: Bilingual("message \(retry) is queued again", "通知 \(retry) 已重新排入待送")(
          context.language))
    } else if let drop {
      try service.drop(drop)
      context.emit(
        ["message": .int(drop), "status": .word(MessageStatus.lapsed)],
        human: Bilingual("message \(drop) will not be sent", "通知 \(drop) 不再寄送")(
          context.language))
    } else {
      try send(service, context)
    }
  }

  /// - Throws: `deliver.failed` if anything could not be sent now: cron hears of it.
  private func send(_ service: Service, _ context: Context) throws(IAuthError) {
    guard !context.options.dryRun else { return show(try service.plannedDelivery(), context) }
    let report = try service.deliverDue()
    if report.isStandby { context.sayStandby() }
    if !context.options.json, !report.isCutShort, !report.isStandby,
      report.delivered + report.postponed + report.failed == 0
    {
      context.say(Bilingual("nothing was due", "沒有到期的待送通知"))
      return
    }
    context.emit(
      [
        "delivered": .int(report.delivered), "postponed": .int(report.postponed),
        "failed": .int(report.failed),
      ],
      human: Bilingual(
        "delivered \(report.delivered), postponed \(report.postponed), failed \(report.failed)",
        "已寄送 \(report.delivered) 則，稍後重試 \(report.postponed) 則，傳送失敗 \(report.failed) 則")(
          context.language))
    guard !report.isCutShort else { throw .deliveryCut }
    let unsent = report.postponed + report.failed
    guard unsent == 0 else { throw .deliverFailed(failed: unsent) }
  }

  /// What a run would try, each message whole but for codes.
  private func show(_ messages: [PlannedMessage], _ context: Context) {
    context.hasTried = true
    if context.options.json {
      context.console.line([
        "delivered": 0, "postponed": 0, "failed": 0, "messages": .array(messages.map(\.json)),
      ])
    } else if messages.isEmpty {
      context.say(Bilingual("nothing was due", "沒有到期的待送通知"))
    } else {
      for message in messages { context.show(message) }
    }
  }

  private func list(_ messages: [OutboxLine], _ context: Context) throws(IAuthError) {
    let zone = context.localTime.zoneName(at: context.world.now())
    let language = context.language
    try context.list(
      .message, messages.map(\.json),
      table: Table(
        [
          .init(Bilingual("message", "通知"), isNumber: true), .init(Bilingual("kind", "類別")),
          .init(Bilingual("recipient", "收件者"), isFlexible: true),
          .init(Bilingual("reference", "序號")),
          .init(Bilingual("due (\(zone))", "預定時間（\(zone)）")),
          .init(Bilingual("tries", "次數"), isNumber: true),
          .init(Bilingual("error", "錯誤"), isFlexible: true),
        ],
        rows: messages.map { message in
          [
            String(message.id), message.kind.label(language), message.recipient, message.reference,
            message.status == .failed
              ? message.status.label(language) : context.localTime.text(message.dueAt),
            String(message.attempts), message.error ?? "",
          ]
        }),
      empty: Bilingual("no message waits", "沒有待送或失敗的通知"))
  }
}

extension OutboxLine {
  fileprivate var json: JSON {
    [
      "message": .int(id), "kind": .word(kind), "channel": .word(channel),
      "recipient": .string(recipient), "reference": .string(reference), "status": .word(status),
      "created_at": .time(createdAt), "due_at": .time(dueAt), "attempts": .int(attempts),
      "error": .text(error),
    ]
  }
}
