// `iauth deliver`: sends the messages that are due, and takes what is reported about those that left.

import IAuthCore
import Sheets
import Values

struct Deliver: Command {
  static let name = "deliver"
  static let usage = CommandUsage<Deliver>(
    name, in: .upkeep,
    summary: Bilingual("Send the messages that are due", "寄送待送通知"),
    about: Bilingual(
      """
      Sends every message that is due, each once. A message that cannot be sent is tried again \
      after 1, 5, 15 and 60 minutes, then hourly, and fails after 24 hours. When one could not be \
      sent, the run ends with deliver.failed; the others were sent all the same. What a mail system \
      or an SMS gateway refuses for good fails at once. --bounce reads one mail that came back, on \
      standard input, from an alias or a pipe of the mail system; anybody may hand one in, and only \
      a report about a message that was sent to the recipient whom it names counts. --report reads \
      lines of an SMS gateway on standard input: an id, ours or the gateway's, and delivered, \
      failed or expired. --test sends one harmless message and says what the channel answered.
      """,
      """
      寄送所有待送通知，每則一次。無法送出者於 1、5、15、60 分鐘後重試，其後每小時一次；逾 24 小時列為\
      失敗。有通知未能送出時以 deliver.failed 結束，其餘通知仍已寄送。郵件系統或簡訊業者明確拒收者，\
      立即列為失敗。--bounce 由標準輸入讀取一封退信（由郵件系統的別名或管線轉入），任何人均可轉入，僅與\
      本系統確曾寄予該收件者之通知相符的回報有效。--report 由標準輸入逐行讀取簡訊業者的回報：識別碼（本系統\
      或業者所編）及 delivered、failed 或 expired。--test 寄送一則無害的測試通知，並顯示該管道的回應。
      """),
    parameters: [
      .flag(
        "list", \.lists,
        Bilingual(
          "list what waits, failed or came back, and what left within a day",
          "列出待送、失敗、遭退信，及一日內送出的通知")),
      .option("retry", "ID", \.retry, Bilingual("send a failed one again", "重送失敗的通知")),
      .option("drop", "ID", \.drop, Bilingual("never send this one", "不再寄送該通知")),
      .option(
        "test", "ADDRESS|NUMBER", \.test,
        Bilingual("send one harmless message there", "寄送一則測試通知")),
      .flag(
        "bounce", \.takesBounce,
        Bilingual("take a mail that came back, on standard input", "由標準輸入收取一封退信")),
      .flag(
        "report", \.takesReports,
        Bilingual("take an SMS gateway's report, on standard input", "由標準輸入收取簡訊回報")),
    ],
    forms: [
      Form(), Form(needs: ["list"], isList: true), Form(needs: ["retry"]), Form(needs: ["drop"]),
      Form(needs: ["test"]), Form(needs: ["bounce"]), Form(needs: ["report"]),
    ],
    examples: [
      Example("iauth deliver", Bilingual("Send what is due", "寄送待送通知")),
      Example("iauth deliver --list", Bilingual("See what waits", "查看待送通知")),
      Example(
        "iauth deliver --test ming@cdc.gov.tw",
        Bilingual("Try whether mail leaves", "測試郵件能否送出")),
      Example(
        "iauth deliver --bounce", Bilingual("Take a mail that came back", "收取一封退信")),
    ],
    fails: [
      .deliverFailed, .messageUnknown, .messageState, .emailInvalid, .mobileInvalid,
      .mobileCountry, .rightMissing,
    ],
    operatorOnly: true)

  var lists = false
  var retry: MessageID?
  var drop: MessageID?
  var test: String?
  var takesBounce = false
  var takesReports = false

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
    } else if let test {
      try self.test(test, service, context)
    } else if takesBounce {
      try takeBounce(service, context)
    } else if takesReports {
      try takeReports(service, context)
    } else {
      try context.handingOver(service) { () throws(IAuthError) in try send(service, context) }
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
          .init(Bilingual("reference", "序號")), .init(Bilingual("status", "狀態")),
          .init(Bilingual("time (\(zone))", "時間（\(zone)）")),
          .init(Bilingual("tries", "次數"), isNumber: true),
          .init(Bilingual("note", "說明"), isFlexible: true),
        ],
        rows: messages.map { message in
          [
            String(message.id), message.kind.label(language), message.recipient, message.reference,
            message.status.label(language), context.localTime.text(message.shownAt),
            String(message.attempts), message.error ?? "",
          ]
        }),
      empty: Bilingual("no message waits", "沒有待送或失敗的通知"))
  }
}

extension OutboxLine {
  /// When it is tried next, or when its present state began.
  fileprivate var shownAt: Timestamp {
    status == .queued ? dueAt : reportedAt ?? sentAt ?? dueAt
  }
}

extension OutboxLine {
  fileprivate var json: JSON {
    [
      "message": .int(id), "kind": .word(kind), "channel": .word(channel),
      "recipient": .string(recipient), "reference": .string(reference), "status": .word(status),
      "created_at": .time(createdAt), "due_at": .time(dueAt), "attempts": .int(attempts),
      "error": .text(error), "sent_at": .time(sentAt), "reported_at": .time(reportedAt),
      "provider": .text(provider),
    ]
  }
}
