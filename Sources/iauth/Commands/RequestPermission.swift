// `iauth request-permission`: asking for a role on a system, and following it up.

import IAuthCore
import Sheets
import Values

struct RequestPermission: Command {
  static let usage = CommandUsage<RequestPermission>(
    "request-permission", in: .people,
    summary: Bilingual("Request a role on a system", "申請系統使用權限"),
    about: Bilingual(
      """
      Asks for the permission to use a system, as agency administrator (admin, which includes \
      use) or as general user. A request for admin is decided by the authority, one for general \
      by the administrators of your own agency. The result comes by e-mail. A request that \
      nobody decides lapses after 180 days. With --from and --until the permission holds from the \
      first of these days to the last, in Taiwan time. --deputy-for asks to be the deputy of an \
      administrator for these days, --replaces to take their permission over, which then ends; \
      NUMBER is what iauth admins shows. A request that was sent back is corrected and handed in \
      again by --resubmit within 30 days.
      """,
      """
      申請系統的使用權限，角色為機關管理者（admin，含使用權限）或一般使用者（general）。機關管理者由主管\
      機關審核，一般使用者由所屬機關的管理者審核；結果以電子郵件通知。逾 180 天未審核者，申請失效。
      """),
    parameters: [
      .option(
        "system", "CODE", \.system,
        Bilingual("the system; needed if there are several", "系統代碼；僅有一個系統時可省略")),
      .option(
        "role", "ROLE", \.role,
        Bilingual("admin or general (the default)", "admin 或 general（預設）")),
      .option(
        "reason", "TEXT", \.reason, Bilingual("why; the reviewer reads it", "申請事由，供審核者參考")),
      .option(
        "document", "NUMBER", \.document, Bilingual("the official letter's number", "公文文號")),
      .option(
        "from", "DATE", \.from,
        Bilingual("the first day, such as 2026-03-01 or 115/3/1", "起日，例如 115/3/1")),
      .option(
        "until", "DATE", \.until,
        Bilingual("the last day, within three years", "迄日，以三年內為限")),
      .option(
        "deputy-for", "NUMBER", \.deputyFor,
        Bilingual(
          "as deputy beside this permission, from and until given days", "職務代理：代理此權限，須有起迄日")),
      .option(
        "replaces", "NUMBER", \.replaces,
        Bilingual("take over this permission, which then ends", "交接：接任此權限，生效時原權限終止")),
      .option(
        "resubmit", "REQUEST", \.resubmit,
        Bilingual("hand in again what was sent back", "補正後再送退回補正的申請")),
      .flag(
        "list", \.lists,
        Bilingual("list your permissions and requests", "列出本人的權限與申請")),
      .option(
        "withdraw", "REQUEST", \.withdraw,
        Bilingual("withdraw a pending request", "撤回審核中的申請")),
    ],
    forms: [
      Form(
        takes: [
          "system", "role", "reason", "document", "from", "until", "deputy-for", "replaces",
        ]), Form(needs: ["list"], takes: ["until"], isList: true), Form(needs: ["withdraw"]),
      Form(needs: ["resubmit"], takes: ["reason", "document", "until"]),
    ],
    examples: [
      Example(
        "iauth request-permission --system spm --role admin",
        Bilingual("Ask to be the agency's administrator", "申請擔任機關管理者")),
      Example(
        "iauth request-permission --list",
        Bilingual("See what was decided, and why", "查看審核結果與理由")),
      Example(
        "iauth request-permission --role admin --deputy-for 12 --from 2026-12-01 --until 2026-12-14",
        chinese:
          "iauth request-permission --role admin --deputy-for 12 --from 115/12/1 --until 115/12/14",
        Bilingual("Stand in for an administrator for a fortnight", "擔任管理者的職務代理人兩週")),
      Example(
        "iauth request-permission --resubmit 42 --reason 'letter attached'",
        chinese: "iauth request-permission --resubmit 42 --reason 已補附公文",
        Bilingual("Correct a request that was sent back", "補正退回的申請")),
    ],
    fails: [
      .requestDuplicate, .requestDecided, .permissionHeld, .reasonInvalid, .documentInvalid,
      .dateInvalid, .permissionNone, .agencyRemoved, .systemUnknown, .requestUnknown,
      .requestOutside, .sessionNone, .sessionExpired, .accountSuspended,
    ],
    check: { (command) throws(IAuthError) in
      let name = "request-permission"
      guard command.deputyFor == nil || command.replaces == nil else {
        throw .usageConflict("--deputy-for", "--replaces", command: name)
      }
      if let option = command.deputyFor != nil
        ? "--deputy-for" : command.replaces != nil ? "--replaces" : nil,
        command.role == .general
      {
        throw .usageConflict(option, "--role general", command: name)
      }
      guard command.deputyFor != nil else { return }
      let missing =
        (command.from == nil ? ["--from"] : []) + (command.until == nil ? ["--until"] : [])
      guard missing.isEmpty else { throw .usageMissing(missing, command: name) }
    })

  var system: String?
  var role: Role?
  var reason: String?
  var document: String?
  var from: DayArgument?
  var until: DayArgument?
  var deputyFor: RequestID?
  var replaces: RequestID?
  var resubmit: RequestID?
  var lists = false
  var withdraw: RequestID?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if lists {
      try list(service, context)
    } else if let withdraw {
      try service.withdraw(withdraw)
      context.emit(
        ["request": .int(withdraw), "status": .word(RequestStatus.withdrawn)],
        human: Bilingual("request \(withdraw) is withdrawn", "申請案 \(withdraw) 已撤回")(
          context.language))
    } else if let resubmit {
      let correction = Correction(reason: reason, document: document, until: until?.day)
      show(try service.resubmit(resubmit, correction), context)
    } else {
      // Only an administrator has a deputy, or hands over.
      let isStandIn = deputyFor != nil || replaces != nil
      let order = PermissionOrder(
        system: system, role: role ?? (isStandIn ? .admin : .general), reason: reason,
        document: document, from: from?.day, until: until?.day, deputyFor: deputyFor,
        replaces: replaces)
      show(try service.requestPermission(order), context)
    }
  }

  private func show(_ receipt: RequestReceipt, _ context: Context) {
    let language = context.language
    context.emit(
      [
        "request": .int(receipt.number), "system": .string(receipt.system.code),
        "role": .word(receipt.role), "kind": .word(receipt.kind), "status": .word(receipt.status),
        "reviewed_by": receipt.isReviewedByAuthority ? "authority" : "agency",
        "reviewers": .texts(receipt.reviewers),
        "from": .time(receipt.from), "until": .lastMoment(before: receipt.until),
        "deputy_for": .number(receipt.deputyFor), "replaces": .number(receipt.replaces),
      ],
      details: [
        (Bilingual("request", "申請編號"), receipt.number.description),
        (
          Bilingual("system", "系統"), receipt.system.titled(language)
        ),
        (Bilingual("role", "角色"), receipt.role.label(language)),
      ] + receipt.terms + [
        (Bilingual("status", "狀態"), receipt.status.label(language)),
        (
          Bilingual("reviewed by", "審核者"),
          receipt.isReviewedByAuthority
            ? Bilingual("the authority", "主管機關")(language)
            : Bilingual("administrators of \(receipt.agency.name)", "\(receipt.agency.name)之管理者")(
              language)
        ),
        (
          Bilingual("reviewers", "審核人員"),
          receipt.reviewers.isEmpty
            ? Bilingual("none yet", "尚無")(language)
            : receipt.reviewers.joined(separator: language == .english ? ", " : "、")
        ),
      ])
    if receipt.isNational {
      context.say(
        Bilingual(
          "an administrator of the authority reviews for the whole country; all of them are told "
            + "of an approval",
          "主管機關的管理者負責審核全國申請；核准後將通知主管機關全體管理者"))
    }
    context.say(whatFollows(receipt))
  }

  private func whatFollows(_ receipt: RequestReceipt) -> Bilingual {
    guard receipt.reviewers.isEmpty else {
      return Bilingual(
        "the result comes by e-mail; follow it up: iauth request-permission --list",
        "審核結果將以電子郵件通知；查詢進度：iauth request-permission --list")
    }
    guard !receipt.isReviewedByAuthority else {
      return Bilingual(
        "nobody can review this yet; the request waits until the authority has an administrator "
          + "of the system",
        "目前尚無審核人員，申請將保留至主管機關設置該系統管理者後審核")
    }
    return Bilingual(
      "your agency has no administrator yet, so the request waits; the agency gets one by: iauth "
        + "request-permission --system \(receipt.system.code) --role admin",
      "貴機關尚無管理者，申請將保留待審；請由擔任管理者之同仁申請：iauth request-permission --system "
        + "\(receipt.system.code) --role admin")
  }

  private func list(_ service: Service, _ context: Context) throws(IAuthError) {
    // The option is this command's own, and means the same day here.
    let requests = try service.ownRequests().filter { request in
      until.map { request.submittedAt < Timestamp(startOfTaipeiDay: $0.day + 1) } ?? true
    }
    let zone = context.localTime.zoneName(at: context.world.now())
    let language = context.language
    try context.list(
      .ownRequest, requests.map(\.json),
      table: Table(
        [
          .init(Bilingual("request", "編號"), isNumber: true), .init(Bilingual("system", "系統")),
          .init(Bilingual("role", "角色")), .init(Bilingual("status", "狀態")),
          .init(Bilingual("submitted (\(zone))", "申請時間（\(zone)）")),
          .init(Bilingual("until", "終止日期")),
          .init(Bilingual("reviewer", "審核者"), isFlexible: true),
          .init(Bilingual("note", "說明"), isFlexible: true),
        ],
        rows: requests.map { request in
          [
            request.number.description, request.system, request.role.label(language),
            request.state(language), context.localTime.text(request.submittedAt),
            request.until.map { ($0 - .seconds(1)).taiwanDay } ?? "", request.decidedBy ?? "",
            request.endReason ?? request.note ?? "",
          ]
        }),
      empty: Bilingual(
        "you have no permissions or requests; ask for one: iauth request-permission --role ROLE",
        "尚無權限或申請；申請權限：iauth request-permission --role ROLE"))
  }
}

extension RequestReceipt {
  /// The days and the permission that it names.
  fileprivate var terms: [(Bilingual, String)] {
    var rows: [(Bilingual, String)] = []
    if let from { rows.append((Bilingual("from", "生效日期"), from.taiwanDay)) }
    if let until {
      rows.append((Bilingual("until", "終止日期"), (until - .seconds(1)).taiwanDay))
    }
    if let deputyFor {
      rows.append((Bilingual("deputy for", "職務代理"), String(deputyFor)))
    }
    if let replaces { rows.append((Bilingual("replaces", "交接"), String(replaces))) }
    return rows
  }
}

extension OwnRequest {
  fileprivate var json: JSON {
    [
      "request": .int(number), "system": .string(system), "role": .word(role), "kind": .word(kind),
      "status": .word(status), "submitted_at": .time(submittedAt), "decided_at": .time(decidedAt),
      "decided_by": .text(decidedBy), "reason": .text(reason), "note": .text(note),
      "permission": .word(permission), "end_reason": .text(endReason), "from": .time(from),
      "until": .lastMoment(before: until), "deputy_for": .number(deputyFor),
      "replaces": .number(replaces),
    ]
  }

  /// The request's state, or that its permission ended.
  fileprivate func state(_ language: Language) -> String {
    permission == .revoked ? PermissionStatus.revoked.label(language) : status.label(language)
  }
}
