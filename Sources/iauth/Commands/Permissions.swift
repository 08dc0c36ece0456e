// `iauth permissions`: who has what, who had it at a past moment, and the feed of changes for whoever
// allocates the detailed permissions in a target system.

import IAuthCore
import Sheets
import Values

struct Permissions: Command {
  static let name = "permissions"
  static let usage = CommandUsage<Permissions>(
    name, in: .registry,
    summary: Bilingual("See who has what, now or at a past moment", "查詢目前或過去之權限持有情形"),
    about: Bilingual(
      """
      Lists the permissions in force, now or at the time of --as-of: your own, those of your \
      agency and of all below it for its administrators, all for the authority and the operator. \
      --changed-since is the feed for a target system: the changes after a sequence number, in \
      order and without gaps, the same whenever asked; its consumer says with --acknowledge how \
      far it has come, and what it has not dealt with after a day is reported. --compare reads what \
      the target system has (CSV or JSON lines of email and role) and prints where it differs; \
      the status is 1 if it does anywhere.
      """,
      """
      列出目前（或 --as-of 所指時間）有效之權限：本人者；機關管理者得查詢所屬機關及其下級機關；主管機關\
      及系統維運人員得查詢全部。--changed-since 供目標系統取得某序號之後的異動，依序且無缺漏，任何時候\
      查詢結果均相同；取用端以 --acknowledge 回報已處理至何序號，逾一日未處理者將列入通報。--compare 讀取\
      目標系統現有權限（CSV 或每行一筆 JSON，含 email 與 role），列出不一致之處；有任何不一致時，結束狀態為 1。
      """),
    parameters: [
      .option("agency", "CODE", \.agency, Bilingual("only this agency", "僅列此機關")),
      .option(
        "under", "CODE", \.under,
        Bilingual("only this agency and all below it", "僅列此機關及其下級機關")),
      .option(
        "system", "CODE", \.system, Bilingual("only this system", "僅列此系統"),
        asks: Bilingual("System", "系統代碼")),
      .option("role", "ROLE", \.role, Bilingual("only this role", "僅列此角色")),
      .option("account", "ACCOUNT", \.account, Bilingual("only this account", "僅列此帳號")),
      .option(
        "as-of", "TIME", \.asOf,
        Bilingual("as it was at this date or time", "此日期或時間當時之情形")),
      .option(
        "changed-since", "SEQ", \.changedSince,
        Bilingual("the changes after this number (0: all)", "此序號之後的異動（0 為全部）")),
      .option(
        "acknowledge", "SEQ", \.acknowledge,
        Bilingual("the target system has dealt with all up to here", "目標系統已處理至此序號")),
      .option(
        "compare", "FILE", \.compare,
        Bilingual("what the target system has; - is standard input", "目標系統現有權限；- 為標準輸入"),
        completes: .file),
    ],
    forms: [
      Form(takes: ["agency", "under", "system", "role", "account", "as-of"], isList: true),
      Form(needs: ["changed-since"], takes: ["system"], isList: true),
      Form(needs: ["acknowledge"], takes: ["system"]),
      Form(
        needs: ["compare"], takes: ["system"], isList: true, isTimed: false, hasOwnStatus: true),
    ],
    examples: [
      Example(
        "iauth permissions --agency 2.16.886.101.20003.20065.20021 --as-of 2026-06-01",
        Bilingual("Who had access on the first of June", "六月一日持有權限者")),
      Example(
        "iauth permissions --changed-since 0 --system spm --limit 1000 --json",
        Bilingual("The first thousand changes, for a target system", "目標系統取得最初一千筆異動")),
      Example(
        "iauth permissions --compare spm-users.csv --system spm",
        Bilingual("Where the target system differs", "與目標系統比對")),
    ],
    fails: [
      .agencyUnknown, .systemUnknown, .accountUnknown, .fileMissing, .sheetHeader,
      .sheetUnreadable, .emailInvalid, .roleInvalid, .sessionNone, .sessionExpired, .rightMissing,
    ],
    check: { (command) throws(IAuthError) in
      if command.agency != nil, command.under != nil {
        throw .usageConflict("--agency", "--under", command: "permissions")
      }
    })

  var agency: String?
  var under: String?
  var system: String?
  var role: Role?
  var account: AccountID?
  var asOf: TimeArgument?
  var changedSince: Int64?
  var acknowledge: Int64?
  var compare: String?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if let changedSince {
      let lines = try service.feed(
        after: changedSince, system: system, limit: context.ownLimit)
      try showFeed(lines, context)
      // A consumer that has more than there is has read another feed, or one that was lost since.
      if lines.isEmpty, changedSince > 0 {
        let end = try service.feedEnd(system: system)
        if end < changedSince {
          context.say(
            Bilingual(
              "the newest change is number \(end): was an older copy restored?",
              "最新異動之序號僅為 \(end)，是否曾還原較舊之備份？"))
        }
      }
    } else if let acknowledge {
      show(try service.acknowledgeFeed(acknowledge, system: try oneSystem(context)), context)
    } else if let compare {
      let list = try context.bytes(of: compare)
      let found = try service.compareFeed(list, system: try oneSystem(context))
      try showDifferences(found, context)
      if !found.isEmpty { context.status = .refused }
    } else {
      let moment = asOf?.timestamp(now: context.world.now(), in: context.localTime)
      let filter = ReportFilter(
        agency: agency, under: under, system: system, role: role, account: account)
      let lines = try service.permissions(filter, at: moment)
      try show(lines, context)
    }
  }

  /// The system that was named; the only one needs no name.
  private func oneSystem(_ context: Context) throws(IAuthError) -> String? {
    guard system == nil, context.console.mayAsk, try context.service().systems().count > 1 else {
      return system
    }
    var command = self
    try context.complete(&command, with: ["system"])
    return command.system
  }

  private func show(_ lines: [PermissionLine], _ context: Context) throws(IAuthError) {
    let (language, times) = (context.language, context.localTime)
    let zone = times.zoneName(at: context.world.now())
    try context.list(
      .permission, lines.map(\.json),
      table: Table(
        [
          .init(Bilingual("request", "申請序號"), isNumber: true),
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("e-mail", "電子郵件"), isFlexible: true),
          .init(Bilingual("system", "系統")), .init(Bilingual("role", "角色")),
          .init(Bilingual("from (\(zone))", "生效日期（\(zone)）")),
          .init(Bilingual("until", "終止日期")),
          .init(Bilingual("granted by", "核准者"), isFlexible: true),
        ],
        rows: lines.map { line in
          [
            String(line.request), line.agency.name, line.name ?? "-", line.masked ?? "-",
            line.system, line.role.label(language), times.date(line.from),
            line.lastDay ?? "-", line.grantedBy ?? "-",
          ]
        }),
      empty: Bilingual("nobody holds such a permission", "查無持有此權限者"))
  }

  private func showFeed(_ lines: [FeedLine], _ context: Context) throws(IAuthError) {
    let (language, times) = (context.language, context.localTime)
    let zone = times.zoneName(at: context.world.now())
    try context.list(
      .change, lines.map(\.json),
      table: Table(
        [
          .init(Bilingual("seq", "序號"), isNumber: true),
          .init(Bilingual("time (\(zone))", "時間（\(zone)）")),
          .init(Bilingual("change", "異動")),
          .init(Bilingual("request", "申請序號"), isNumber: true),
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("e-mail", "電子郵件"), isFlexible: true),
          .init(Bilingual("system", "系統")), .init(Bilingual("role", "角色")),
        ],
        rows: lines.map { line in
          [
            String(line.seq), times.text(line.at), line.change.label(language),
            String(line.request), line.agency.name, line.name ?? "-", line.email ?? "-",
            line.system, line.role.label(language),
          ]
        }),
      empty: Bilingual("nothing has changed since", "其後並無異動"))
  }

  private func show(_ state: FeedState, _ context: Context) {
    context.emit(
      [
        "system": .string(state.system), "acknowledged": .int(state.acknowledged),
        "last": .int(state.last),
      ],
      details: [
        (Bilingual("system", "系統"), state.system),
        (Bilingual("acknowledged", "已處理至"), String(state.acknowledged)),
        (Bilingual("last change", "最新異動"), String(state.last)),
      ])
  }

  private func showDifferences(
    _ found: [FeedDifference], _ context: Context
  ) throws(IAuthError) {
    let language = context.language
    let role = { (word: String?) in
      word.flatMap(Role.init(rawValue:))?.label(language) ?? "-"
    }
    try context.list(
      .difference, found.map(\.json),
      table: Table(
        [
          .init(Bilingual("difference", "差異")), .init(Bilingual("e-mail", "電子郵件")),
          .init(Bilingual("here", "本系統")), .init(Bilingual("target system", "目標系統")),
        ],
        rows: found.map { line in
          [line.kind.label(language), line.email, role(line.expected), role(line.found)]
        }),
      empty: Bilingual("the target system agrees", "與目標系統一致"))
  }
}

extension PermissionLine {
  /// The day, in Taiwan, of its last moment.
  fileprivate var lastDay: String? {
    endedAt.map { ($0 - .seconds(1)).taiwanDay } ?? until.map(\.taiwanDay)
  }

  fileprivate var masked: String? { email.map { EmailAddress(stored: $0).masked } }

  var json: JSON {
    [
      "account": .int(account), "agency": .agency(agency), "deputy_for": .number(deputyFor),
      "email": .text(masked), "ended_at": .time(endedAt), "ended_by": .text(endedBy),
      "from": .time(from), "granted_at": .time(grantedAt), "granted_by": .text(grantedBy),
      "name": .text(name), "reason": .text(reason), "request": .int(request),
      "role": .word(role), "system": .string(system), "until": .time(until),
    ]
  }
}

extension FeedLine {
  fileprivate var json: JSON {
    [
      "account": .int(account), "agency": .agency(agency), "at": .time(at),
      "change": .word(change), "email": .text(email), "from": .time(from), "name": .text(name),
      "request": .int(request), "role": .word(role), "seq": .int(seq), "system": .string(system),
      "until": .time(until),
    ]
  }
}

extension FeedChange {
  var label: Bilingual {
    switch self {
    case .granted: Bilingual("granted", "取得")
    case .ended: Bilingual("ended", "廢止")
    case .moved: Bilingual("moved", "移轉")
    case .contact: Bilingual("contact", "聯絡方式")
    }
  }
}

extension FeedDifference {
  fileprivate var json: JSON {
    [
      "difference": .word(kind), "email": .string(email), "role": .text(expected),
      "target_role": .text(found),
    ]
  }
}

extension FeedDifference.Kind {
  fileprivate var label: Bilingual {
    switch self {
    case .missing: Bilingual("missing", "缺少")
    case .extra: Bilingual("extra", "多出")
    case .different: Bilingual("different", "不同")
    }
  }
}
