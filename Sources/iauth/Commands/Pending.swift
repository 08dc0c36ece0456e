// `iauth pending`: what waits for a decision, one request in full, and the reminder run.

import IAuthCore
import Sheets
import Values

struct Pending: Command {
  static let usage = CommandUsage<Pending>(
    "pending", in: .review,
    summary: Bilingual("List requests, show one, send reminders", "待審清單、審查詳細資訊與稽催"),
    about: Bilingual(
      """
      Lists what the signed-in reviewer may decide, oldest first. With a NUMBER it shows one \
      request in full: contacts, history, marks for the reviewer, and who may decide by which \
      rule; the applicant and the submitter may see theirs. --remind is the run for cron: it \
      reminds of requests that wait for 3, 7 and 14 days, writes digests, lets overdue requests \
      lapse and retries messages. What it told is marked, and not told again by another run. If a \
      message could not be sent, it ends with deliver.failed: all else is done, the message stays \
      queued and is tried again. With --dry-run it changes nothing, and prints each message whole, \
      to whom it would go, and why.
      """,
      """
      列出登入者可審核的申請，依申請時間排序。輸入申請編號（NUMBER）則顯示審查詳細資訊：聯絡方式、歷程、\
      注意事項，以及審核者與其依據；申請人與提報者可查看自己的申請。--remind 供排程執行：稽催待審滿 3、7、\
      14 天的申請、寄送彙總、使逾期申請失效，並重送訊息。已通知者留有紀錄，重複執行不再通知。有訊息未能送出時以 \
      deliver.failed 結束：其餘作業均已完成，訊息保留於佇列並將自動重試。加上 --dry-run 則不異動資料，並顯示\
      各則訊息的全文、收件者與原因。
      """),
    parameters: [
      .operand("NUMBER", \.number, Bilingual("show this request in full", "顯示該申請的詳細資訊")),
      .option("system", "CODE", \.system, Bilingual("only this system", "僅列此系統")),
      .option("agency", "CODE", \.agency, Bilingual("only this agency", "僅列此機關")),
      .option("role", "ROLE", \.role, Bilingual("only admin, or only general", "僅列此角色")),
      .option("batch", "ID", \.batch, Bilingual("only this batch", "僅列此整批申請")),
      .option(
        "status", "STATUS", \.status,
        Bilingual(
          "what you may see: all, pending, returned, approved, rejected, withdrawn, lapsed or "
            + "superseded",
          "可查看之申請：all（全部）、pending（待審）、returned（退回補正）、approved（核准）、rejected（退件）、"
            + "withdrawn（撤回）、lapsed（失效）或 superseded（已無須審核）")),
      .flag("remind", \.isRemind, Bilingual("the reminder run (operator)", "執行稽催（系統維運）")),
      .option(
        "after", "DURATION", \.after,
        Bilingual("replace the first threshold, such as 5d", "取代第一個稽催期限，例如 5d")),
      .flag(
        "clock-is-right", \.isClockRight,
        Bilingual("go on although the clock has leapt", "系統時間雖有跳動，仍屬正確，照常執行")),
    ],
    forms: [
      Form(takes: ["system", "agency", "role", "batch", "status"], isList: true),
      Form(needs: ["NUMBER"]), Form(needs: ["remind"], takes: ["after", "clock-is-right"]),
    ],
    examples: [
      Example("iauth pending", Bilingual("List what you may decide", "列出可審核的申請")),
      Example("iauth pending 42", Bilingual("Show request 42 in full", "顯示申請 42 的詳細資訊")),
      Example(
        "iauth pending --status approved --limit 20 --json",
        Bilingual("What was approved, as JSON", "以 JSON 列出已核准的申請")),
      Example("iauth pending --remind", Bilingual("The daily run of cron", "每日排程稽催")),
    ],
    fails: [
      .agencyInvalid, .agencyUnknown, .systemUnknown, .requestUnknown, .batchUnknown,
      .sessionNone, .sessionExpired, .rightMissing, .accountSuspended, .deliverFailed, .clockLeap,
    ])

  var number: RequestID?
  var system: String?
  var agency: String?
  var role: Role?
  var batch: BatchID?
  var status: StatusFilter?
  var isRemind = false
  var isClockRight = false
  var after: TimeSpan?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if isRemind {
      try show(
        try service.remind(
          after: after, isDryRun: context.options.dryRun, isClockRight: isClockRight), context)
    } else if let number {
      context.show(try service.detail(number))
    } else {
      try list(service, context)
    }
  }

  private func list(_ service: Service, _ context: Context) throws(IAuthError) {
    let filter = status ?? .pending
    let (items, progress, now) = try service.queue(
      PendingFilter(
        system: system, agency: agency, role: role, batch: batch, limit: context.ownLimit,
        status: filter.status, statusOfOwn: status?.status, isOfSeen: status != nil))
    try context.list(
      .pending, items.map { $0.json(at: now) }, table: table(items, now, context.language),
      empty: filter == .pending
        ? Bilingual("nothing waits for you", "目前沒有待審申請")
        : Bilingual("no such requests", "沒有符合條件的申請"))
    guard !items.isEmpty else { return }
    if let progress { context.say(counts(progress)) }
    guard progress == nil, items.contains(where: { $0.status == .pending }) else {
      context.say(
        Bilingual("see one in full: iauth pending NUMBER", "審查詳細資訊：iauth pending NUMBER"))
      return
    }
    context.say(
      Bilingual(
        "see one in full: iauth pending NUMBER; then: iauth approve NUMBER, or iauth reject "
          + "NUMBER --reason TEXT",
        "審查詳細資訊：iauth pending NUMBER；核准：iauth approve NUMBER；退回：iauth reject NUMBER "
          + "--reason TEXT"))
  }

  private func table(_ items: [PendingRequest], _ now: Timestamp, _ language: Language) -> Table {
    let hasStatus = items.contains { $0.status != .pending }
    let hasMarks = items.contains { !$0.marks(language).isEmpty }
    var columns: [Table.Column] = [
      .init(Bilingual("request", "編號"), isNumber: true),
      .init(Bilingual("days", "天數"), isNumber: true),
      .init(Bilingual("agency", "機關"), isFlexible: true),
      .init(Bilingual("name", "姓名"), isFlexible: true), .init(Bilingual("role", "角色")),
      .init(Bilingual("system", "系統")),
    ]
    if hasStatus { columns.append(.init(Bilingual("status", "狀態"))) }
    if hasMarks { columns.append(.init(Bilingual("marks", "注意事項"), isFlexible: true)) }
    return Table(
      columns,
      rows: items.map { item in
        [
          String(item.number), String(item.waitingDays(at: now)), item.agency.name, item.name,
          item.role.label(language), item.system,
        ] + (hasStatus ? [item.status.label(language)] : [])
          + (hasMarks ? [item.marks(language)] : [])
      })
  }

  /// - Throws: `deliver.failed` if anything could not be sent now: cron hears of it.
  private func show(_ report: ReminderReport, _ context: Context) throws(IAuthError) {
    context.emit(
      report.json.adding(
        context.options.dryRun ? ["messages": .array(report.messages.map(\.json))] : [:]),
      details: report.details)
    if report.isStandby { context.sayStandby() }
    guard context.options.dryRun else {
      guard !report.isCutShort else { throw .deliveryCut }
      guard report.failed == 0 else { throw .deliverFailed(failed: report.failed) }
      return
    }
    context.hasTried = true
    if !context.options.json { for message in report.messages { context.show(message) } }
  }

  /// How far a batch has come, in the order of the states.
  private func counts(_ progress: BatchProgress) -> Bilingual {
    let counts = RequestStatus.allCases.compactMap { status in
      progress.counts[status].map { (status.label, $0) }
    }
    let english = counts.map { "\($0.1) \($0.0.english)" }.joined(separator: ", ")
    let chinese = counts.map { "\($0.0.chinese) \($0.1) 件" }.joined(separator: "、")
    return Bilingual("batch \(progress.batch): \(english)", "整批申請 \(progress.batch)：\(chinese)")
  }
}
