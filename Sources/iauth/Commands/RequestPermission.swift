// `iauth request-permission`: asking for a role on a system, and following it up.

import IAuthCore
import Sheets
import Values

struct RequestPermission: Command {
  static let name = "request-permission"
  static let usage = CommandUsage<RequestPermission>(
    name, in: .people,
    summary: Bilingual("Request a role on a system", "申請系統使用權限"),
    about: Bilingual(
      """
      Asks for the permission to use a system, as agency administrator (admin, which includes \
      use) or as general user. A request for admin is decided by the authority, one for general \
      by the administrators of your own agency. The result comes by e-mail. A request that \
      nobody decides lapses after 180 days. With --from and --until the permission holds from the \
      first of these days to the last, in Taiwan time; asked for again with a later --until, it \
      goes on without a gap once that is approved. --deputy-for asks to be the deputy of an \
      administrator for these days, to the last of them also where that one has left meanwhile; \
      --replaces asks to take their permission over, which then ends; NUMBER is what iauth admins \
      shows. A request that was sent back is corrected and handed in \
      again by --resubmit within 30 days; a form's row is its submitter's to hand in again, by the \
      mended sheet or its number; whom it is about may withdraw it, too, which its submitter is told. \
      On a terminal, without options, it asks.
      """,
      """
      申請系統的使用權限，角色為機關管理者（admin，含使用權限）或一般權限（general）。機關管理者由主管\
      機關審核，一般權限由所屬機關的管理者審核；結果以電子郵件通知。逾 180 天未審核者，申請失效。--from、--until 為起迄日（臺灣時間，含當日）；\
      尚未到期者得再申請較晚之迄日（展期），核准後不中斷；\
      --deputy-for 為申請擔任管理者之職務代理人（管理者離職者，仍代理至迄日），\
      --replaces 為交接，NUMBER 見 iauth admins。退回補正者於\
      30 天內以 --resubmit 再送；整批申請之各列由原提報者以補正後之名冊或申請序號再送，亦得撤回；當事人得撤回本人之申請，並通知提報者。\
      於終端機未指定選項時，逐項詢問。
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
        Bilingual("the first day, such as 2026-03-01 or 115/3/1", "起日，例如 115/3/1"),
        asks: Bilingual("First day, such as 115/3/1", "起日（例如 115/3/1）")),
      .option(
        "until", "DATE", \.until,
        Bilingual("the last day, within three years", "迄日，以三年內為限"),
        asks: Bilingual("Last day, such as 115/3/31", "迄日（例如 115/3/31）")),
      .option(
        "deputy-for", "NUMBER", \.deputyFor,
        Bilingual(
          "as deputy beside this permission, from and until given days", "職務代理：代理此權限，須有起迄日")),
      .option(
        "replaces", "NUMBER", \.replaces,
        Bilingual("take over this permission, which then ends", "交接：接任此權限，生效時原權限廢止")),
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
          "system", "role", "reason", "document", "from", "until", "replaces",
        ]),
      Form(
        needs: ["deputy-for", "from", "until"], takes: ["system", "role", "reason", "document"]),
      Form(needs: ["list"], takes: ["until"], isList: true), Form(needs: ["withdraw"]),
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
        Bilingual("Correct a request that was sent back", "補正退回補正的申請")),
    ],
    fails: [
      .requestDuplicate, .requestDecided, .permissionHeld, .reasonInvalid, .documentInvalid,
      .dateInvalid, .permissionNone, .agencyRemoved, .systemUnknown, .requestUnknown,
      .requestOutside, .rightMissing, .sessionNone, .sessionExpired, .accountSuspended,
    ],
    check: { (command) throws(IAuthError) in
      let name = "request-permission"
      if let option = command.deputyFor != nil
        ? "--deputy-for" : command.replaces != nil ? "--replaces" : nil,
        command.role == .general
      {
        throw .usageConflict(option, "--role general", command: name)
      }
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

  /// Whether nothing was said yet of what is wanted.
  private var isBare: Bool {
    [system, reason, document].allSatisfy { $0 == nil } && role == nil && from == nil
      && until == nil && deputyFor == nil && replaces == nil
  }

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
      context.show(try service.resubmit(resubmit, correction))
    } else if isBare, context.console.mayAsk, !context.options.json {
      try PermissionSitting(context: context).run()
    } else {
      // Only an administrator has a deputy, or hands over.
      let isStandIn = deputyFor != nil || replaces != nil
      var system = system
      if system == nil, context.console.mayAsk, !context.options.json {
        let systems = try service.systems()
        if systems.count > 1 {
          _ = try service.status()
          system = try PermissionSitting(context: context).chooseSystem(systems)?.code
          guard system != nil else { throw .declined }
        }
      }
      let order = PermissionOrder(
        system: system, role: role ?? (isStandIn ? .admin : .general), reason: reason,
        document: document, from: from?.day, until: until?.day, deputyFor: deputyFor,
        replaces: replaces)
      context.show(try service.requestPermission(order))
    }
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
          .init(Bilingual("request", "申請序號"), isNumber: true), .init(Bilingual("system", "系統")),
          .init(Bilingual("role", "角色")), .init(Bilingual("status", "狀態")),
          .init(Bilingual("submitted (\(zone))", "申請時間（\(zone)）")),
          .init(Bilingual("until", "終止日期")),
          .init(Bilingual("reviewer", "審核者"), isFlexible: true),
          .init(Bilingual("note", "說明"), isFlexible: true),
        ],
        rows: requests.map { request in
          [
            request.number.description, request.system, request.what(language),
            request.state(language),
            context.localTime.text(request.submittedAt),
            // What has ended before has no such day any more.
            request.until.flatMap { until in
              request.permission == .revoked && context.world.now() < until
                ? nil : (until - .seconds(1)).taiwanDay
            } ?? "", request.decidedBy ?? "",
            // The day stands beside it.
            (request.endReason == Transaction.dayIsOver ? nil : request.endReason) ?? request.note
              ?? "",
          ]
        }),
      empty: until != nil
        ? Context.nothingThen
        : Bilingual(
          "you have no permissions or requests; ask for one: iauth request-permission --role ROLE",
          "尚無權限或申請；申請權限：iauth request-permission --role ROLE"))
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

  /// The role, and what is asked for if it is not the role itself.
  fileprivate func what(_ language: Language) -> String {
    guard kind != .grant else { return role.label(language) }
    let asked = kind.label(language)
    return role.label(language) + (language == .english ? " (\(asked))" : "（\(asked)）")
  }

  /// The request's state, or that its permission ended or rests.
  fileprivate func state(_ language: Language) -> String {
    guard let permission, permission != .active else { return status.label(language) }
    return permission.label(language)
  }
}
