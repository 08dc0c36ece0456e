// `iauth pending`: what waits for a decision, one request in full, and the reminder run.

import IAuthCore
import Sheets
import Values

struct Pending: Command {
  static let name = "pending"
  static let usage = CommandUsage<Pending>(
    name, in: .review,
    summary: Bilingual("List requests, show one, send reminders", "待審核列表、審查詳細資訊與稽催"),
    about: Bilingual(
      """
      Lists what the signed-in reviewer may decide, oldest first; QUERY is part of a name, an \
      e-mail address or an agency's name. --status lists what was decided, with reviewer, time and \
      reason; --since and --until then mean the decision, --by its reviewer. With a NUMBER it shows one \
      request in full: contacts, history, marks for the reviewer, and who may decide by which \
      rule; the applicant and the submitter may see theirs. --remind is the run for cron: it \
      reminds of requests that wait for 3, 7 and 14 days, writes digests, lets overdue requests \
      lapse and retries messages. What it told is marked, and not told again by another run. If a \
      message could not be sent, it ends with deliver.failed: all else is done, the message stays \
      queued and is tried again. With --dry-run it changes nothing, and prints each message whole, \
      to whom it would go, and why.
      """,
      """
      列出登入者可審核的申請，依申請時間排序；QUERY 為姓名、電子郵件或機關名稱之一部分。--status 列出已審核者\
      及其審核者、時間與理由，此時 --since、--until 指審核時間，--by 指審核者。輸入申請序號（NUMBER）則顯示審查詳細資訊：聯絡方式、歷程、\
      注意事項，以及審核者與其依據；申請人與提報者可查看自己的申請。--remind 供排程執行：稽催待審核滿 3、7、\
      14 天的申請、寄送彙整通知、使逾期申請失效，並重送通知。已通知者留有紀錄，重複執行不再通知。有通知未能送出時以 \
      deliver.failed 結束：其餘作業均已完成，通知保留於佇列並將自動重試。加上 --dry-run 則不異動資料，並顯示\
      各則通知的全文、收件者與原因。
      """),
    parameters: [
      .operand(
        "QUERY", \.query,
        Bilingual("part of a name, an e-mail or an agency", "姓名、電子郵件或機關名稱之一部分")),
      .operand("NUMBER", \.number, Bilingual("show this request in full", "顯示該申請的審查詳細資訊")),
      .option("system", "CODE", \.system, Bilingual("only this system", "僅列此系統")),
      .option("agency", "CODE", \.agency, Bilingual("only this agency", "僅列此機關")),
      .option(
        "under", "CODE", \.under, Bilingual("only this agency and those below it", "僅列此機關及其所屬機關")),
      .option("role", "ROLE", \.role, Bilingual("only admin, or only general", "僅列此角色")),
      .option("batch", "ID", \.batch, Bilingual("only this batch", "僅列此整批申請")),
      .option(
        "status", "STATUS", \.status,
        Bilingual(
          "what you may see: all, pending, returned, approved, rejected, withdrawn, lapsed or "
            + "superseded",
          "可查看之申請：all（全部）、pending（待審核）、returned（退回補正）、approved（核准）、rejected（退件）、"
            + "withdrawn（撤回）、lapsed（失效）或 superseded（已無須審核）")),
      .option(
        "by", "me|NAME", \.by, Bilingual("decided by me, or by this person", "由本人（me）或此人審核者")),
      .flag(
        "interactive", \.isInteractive,
        Bilingual("review one by one, a key each", "逐筆審查，一鍵一件")),
      .flag("remind", \.isRemind, Bilingual("the reminder run (operator)", "執行稽催（系統維運）")),
      .option(
        "after", "DURATION", \.after,
        Bilingual("replace the first threshold, such as 5d", "取代第一個稽催期限，例如 5d")),
      .flag(
        "clock-is-right", \.isClockRight,
        Bilingual("go on although the clock has leapt", "系統時間雖有跳動，仍屬正確，照常執行")),
    ],
    forms: [
      Form(
        takes: [
          "QUERY", "system", "agency", "under", "role", "batch", "status", "by", "interactive",
        ],
        isList: true),
      Form(needs: ["NUMBER"]), Form(needs: ["remind"], takes: ["after", "clock-is-right"]),
    ],
    examples: [
      Example("iauth pending", Bilingual("List what you may decide", "列出可審核的申請")),
      Example("iauth pending -i", Bilingual("Review one by one", "逐筆審查")),
      Example("iauth pending 42", Bilingual("Show request 42 in full", "顯示申請 42 的審查詳細資訊")),
      Example(
        "iauth pending --status all --by me --since 7d",
        Bilingual("What I decided within a week", "本人一週內審核者")),
      Example("iauth pending --remind", Bilingual("The daily run of cron", "每日排程稽催")),
    ],
    fails: [
      .agencyInvalid, .agencyUnknown, .systemUnknown, .requestUnknown, .batchUnknown,
      .sessionNone, .sessionExpired, .rightMissing, .accountSuspended, .deliverFailed, .clockLeap,
    ],
    check: { (command) throws(IAuthError) in
      guard command.isInteractive else { return }
      if command.status != nil {
        throw .usageConflict("--interactive", "--status", command: "pending")
      }
      if command.by != nil { throw .usageConflict("--interactive", "--by", command: "pending") }
    })

  var query: String?
  var number: RequestID?
  var system: String?
  var agency: String?
  var under: String?
  var by: ReviewerArgument?
  var role: Role?
  var batch: BatchID?
  var status: StatusFilter?
  var isInteractive = false
  var isRemind = false
  var isClockRight = false
  var after: TimeSpan?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if isRemind {
      try context.handingOver(service) { () throws(IAuthError) in
        try show(
          try service.remind(
            after: after, isDryRun: context.options.dryRun, isClockRight: isClockRight), context)
      }
    } else if let number {
      context.show(try service.detail(number))
    } else if isInteractive {
      try review(service, context)
    } else {
      try list(service, context)
    }
  }

  /// 逐筆審查.
  private func review(_ service: Service, _ context: Context) throws(IAuthError) {
    try context.checkInteractive()
    let items = try service.queue(
      PendingFilter(
        system: system, agency: agency, role: role, batch: batch,
        limit: context.options.list.limit, query: query, under: under)
    ).items.filter { $0.status == .pending }
    guard !items.isEmpty else {
      context.say(
        isNarrowed
          ? Bilingual("no such requests", "沒有符合條件的申請")
          : Bilingual("nothing waits for you", "目前沒有待審核的申請"))
      if context.options.list.hasExitCode { context.status = .refused }
      return
    }
    var sitting = try ReviewSitting(items, context)
    try sitting.run()
  }

  private var isNarrowed: Bool {
    [query, system, agency, under].contains { $0 != nil } || role != nil
  }

  private func list(_ service: Service, _ context: Context) throws(IAuthError) {
    // Who has decided on it can be asked only of what is decided.
    let filter = status ?? (by == nil ? .pending : .all)
    let (items, progress, now) = try service.queue(
      PendingFilter(
        system: system, agency: agency, role: role, batch: batch, limit: context.ownLimit,
        status: filter.status, statusOfOwn: status?.status,
        isOfSeen: filter != .pending || status != nil,
        query: query, under: under, by: by?.decider))
    let isShown = try context.list(
      .pending, items.map { $0.json(at: now) }, table: Self.table(items, now, context),
      empty: filter == .pending && !isNarrowed
        ? Bilingual("nothing waits for you", "目前沒有待審核的申請")
        : Bilingual("no such requests", "沒有符合條件的申請"),
      times: items.map { $0.decidedAt ?? $0.submittedAt })
    guard isShown else { return }
    if let progress { context.say(counts(progress)) }
    guard progress == nil, items.contains(where: { $0.status == .pending }) else {
      context.say(
        Bilingual(
          "see one in full: iauth pending \(items[0].number)",
          "審查詳細資訊：iauth pending \(items[0].number)"))
      return
    }
    context.say(
      Bilingual(
        "one by one: iauth pending -i; see one in full: iauth pending \(items[0].number)",
        "逐筆審查：iauth pending -i；審查詳細資訊：iauth pending \(items[0].number)"))
  }

  /// - Parameter hasDays: whether the days stand there that are asked for.
  static func table(
    _ items: [PendingRequest], _ now: Timestamp, _ context: Context, hasDays: Bool = false
  ) -> Table {
    let language = context.language
    let hasDecisions = items.contains { $0.decidedAt != nil }
    let zone = context.localTime.zoneName(at: now)
    let hasStatus = items.contains { $0.status != .pending }
    let hasMarks = items.contains { !$0.marks(language).isEmpty }
    let hasOthers = items.contains { $0.kind != .grant || ($0.deputyFor ?? $0.replaces) != nil }
    let days = hasDays ? items.map(\.days) : []
    let (hasFrom, hasUntil) = (days.contains { $0.from != nil }, days.contains { $0.until != nil })
    // What is the same of all gives way to what is not.
    let isOneRole = hasOthers && Set(items.map(\.role)).count == 1
    let isOneSystem = hasOthers && Set(items.map(\.system)).count == 1
    var columns: [Table.Column] = [
      .init(Bilingual("request", "申請序號"), isNumber: true),
      .init(Bilingual("days", "天數"), isNumber: true),
      .init(Bilingual("agency", "機關"), isFlexible: true),
      .init(Bilingual("name", "姓名"), isFlexible: true),
    ]
    if hasFrom { columns.append(.init(Bilingual("from", "生效日期"), isSpare: true)) }
    if hasUntil { columns.append(.init(Bilingual("until", "終止日期"), isSpare: true)) }
    columns += [
      .init(Bilingual("role", "角色"), isSpare: isOneRole),
      .init(Bilingual("system", "系統"), isSpare: isOneSystem),
    ]
    if hasOthers {
      columns.append(.init(Bilingual("asked for", "申請內容"), isFlexible: true, least: 22))
    }
    if hasStatus { columns.append(.init(Bilingual("status", "狀態"))) }
    if hasDecisions {
      columns += [
        .init(Bilingual("reviewer", "審核者"), isFlexible: true),
        .init(Bilingual("decided (\(zone))", "審核時間（\(zone)）")),
        .init(Bilingual("reason", "理由"), isFlexible: true),
      ]
    }
    if hasMarks { columns.append(.init(Bilingual("marks", "注意事項"), isFlexible: true)) }
    let rows = items.map { item in
      var row = [
        String(item.number), String(item.waitingDays(at: now)), item.agency.name, item.name,
      ]
      let (from, until) = item.days
      if hasFrom { row.append(from?.taiwanDay ?? "") }
      if hasUntil { row.append(until.map { ($0 - .seconds(1)).taiwanDay } ?? "") }
      row += [item.role.label(language), item.system]
      if hasOthers { row.append(item.asked(language)) }
      if hasStatus { row.append(item.status.label(language)) }
      if hasDecisions {
        row += [
          item.decidedBy ?? "", item.decidedAt.map(context.localTime.text) ?? "", item.note ?? "",
        ]
      }
      if hasMarks { row.append(item.marks(language)) }
      return row
    }
    return Table(columns, rows: rows)
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
