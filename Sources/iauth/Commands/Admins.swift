// `iauth admins`: who the administrators of an agency are, and which agencies lack one.

import IAuthCore
import Sheets
import Values

struct Admins: Command {
  static let name = "admins"
  static let usage = CommandUsage<Admins>(
    name, in: .review,
    summary: Bilingual("Look up agency administrators", "查詢機關管理者"),
    about: Bilingual(
      """
      Lists the administrators of an agency, by default of your own. Without a session --agency \
      is needed and e-mail addresses are masked. --missing lists the agencies that have no \
      administrator or only one; --since and --until then mean the time when the agency was last \
      changed here. --appoint invites a further administrator of the authority; all of them are told.
      """,
      """
      列出機關管理者，預設為登入者所屬機關。未登入時須指定 --agency，且電子郵件以遮罩顯示。--missing 列出\
      無管理者或僅有一名管理者的機關，此時 --since、--until 依該機關資料最近異動時間篩選。--appoint 邀請新增主管機關的管理者，並通知該機關全體管理者。
      """),
    parameters: [
      .option(
        "agency", "CODE", \.agency, Bilingual("this agency", "指定機關"),
        completes: .known(.agencies), asks: Bilingual("Agency name or agency code", "機關名稱或機關代碼")),
      .option(
        "system", "CODE", \.system, Bilingual("only this system", "指定系統"),
        asks: Bilingual("System", "系統代碼")),
      .flag(
        "missing", \.isMissing,
        Bilingual("agencies with no or one administrator", "無管理者或僅一名管理者的機關")),
      .flag(
        "with-people", \.withPeople,
        Bilingual("of these only where anybody has an account", "僅列其中已有帳號之機關")),
      .option(
        "under", "CODE", \.under, Bilingual("only agencies below this one", "僅列此機關之所屬機關")),
      .flag(
        "appoint", \.appoints,
        Bilingual("invite an administrator of the authority (operator)", "邀請主管機關管理者（系統維運）")),
      .option(
        "name", "NAME", \.name, Bilingual("the new administrator's name", "新管理者姓名"),
        asks: Bilingual("Name", "姓名"),
        checks: AnswerCheck.name),
      .option(
        "email", "ADDRESS", \.email, Bilingual("the new administrator's e-mail", "新管理者電子郵件"),
        asks: Bilingual("E-mail", "電子郵件"),
        checks: AnswerCheck.email),
      .option(
        "mobile", "NUMBER", \.mobile, Bilingual("the new administrator's mobile", "新管理者行動電話"),
        asks: Bilingual("Mobile number", "行動電話"),
        checks: AnswerCheck.mobile),
    ],
    forms: [
      Form(takes: ["agency", "system"], isList: true),
      Form(
        needs: ["missing"], takes: ["with-people", "under", "system"], isList: true),
      Form(needs: ["appoint", "system", "name", "email", "mobile"]),
    ],
    examples: [
      Example(
        "iauth admins --agency 2.16.886.101.20003.20065.20021",
        Bilingual("The administrators of one agency", "查詢疾病管制署的管理者")),
      Example(
        "iauth admins --missing --under 2.16.886.101.20003.20065",
        Bilingual("Agencies below one that lack an administrator", "所屬機關中管理者不足者")),
    ],
    fails: [
      .agencyInvalid, .agencyUnknown, .systemUnknown, .accountTaken, .accountSuspended,
      .requestDuplicate, .permissionHeld, .nameInvalid, .emailInvalid, .mobileInvalid,
      .mobileCountry,
      .usageMissing, .sessionExpired, .rightMissing,
    ])

  var agency: String?
  var system: String?
  var isMissing = false
  var withPeople = false
  var under: String?
  var appoints = false
  var name = ""
  var email = ""
  var mobile = ""

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if appoints {
      try appoint(service, context)
    } else if isMissing {
      let found = try service.agenciesMissingAdministrators(
        under: under, system: system, withPeople: withPeople)
      try showMissing(found, context)
    } else {
      do throws(IAuthError) {
        try show(try service.administrators(agency: agency, system: system), context)
      } catch {
        // Who is not signed in is asked which agency.
        guard error.code == .usageMissing, agency == nil, context.console.mayAsk else {
          throw error
        }
        var asked = self
        try context.complete(&asked, with: ["agency"])
        try asked.run(context)
      }
    }
  }

  private func show(_ found: [AdministratorLine], _ context: Context) throws(IAuthError) {
    let hasTerms = found.contains { $0.until != nil || $0.deputyFor != nil }
    let terms = Bilingual("deputy", "職務代理")
    let zone = context.localTime.zoneName(at: context.world.now())
    try context.list(
      .administrator, found.map(\.json),
      table: Table(
        [
          .init(Bilingual("request", "申請序號"), isNumber: true),
          .init(Bilingual("system", "系統")), .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("e-mail", "電子郵件"), isFlexible: true),
          .init(Bilingual("since (\(zone))", "起始日期（\(zone)）")),
        ] + (hasTerms ? [.init(Bilingual("until", "終止日期")), .init(terms, isFlexible: true)] : []),
        rows: found.map { line in
          [
            String(line.request), line.system, line.agency.name, line.name, line.email,
            context.localTime.date(line.since),
          ]
            + (hasTerms
              ? [
                line.until.map { ($0 - .seconds(1)).taiwanDay } ?? "",
                line.deputyOf.map {
                  Bilingual("deputy of \($0)", "\($0)之職務代理人")(context.language)
                } ?? "",
              ] : [])
        }),
      empty: Bilingual(
        "the agency has no administrator\(system.map { " of \($0)" } ?? ""); it gets one by: "
          + "iauth request-permission --role admin\(system.map { " --system \($0)" } ?? "")",
        "該機關尚無\(system.map { "「\($0)」" } ?? "")管理者；申請擔任管理者："
          + "iauth request-permission --role admin\(system.map { " --system \($0)" } ?? "")"))
  }

  private func showMissing(
    _ found: [(agency: Agency, administrators: Int, updatedAt: Timestamp)], _ context: Context
  ) throws(IAuthError) {
    try context.list(
      .lacking,
      found.map { line in
        ["agency": .agency(line.agency), "administrators": .int(line.administrators)]
      },
      table: Table(
        [
          .init(Bilingual("admins", "管理者"), isNumber: true), .init(Bilingual("code", "代碼")),
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("path", "機關層級"), isFlexible: true, isSpare: true),
        ],
        rows: found.map { line in
          [String(line.administrators), line.agency.code, line.agency.name, line.agency.place]
        }),
      empty: Bilingual(
        "every agency has two administrators or more", "各機關均有二名以上管理者"),
      times: found.map { $0.updatedAt })
  }

  private func appoint(_ service: Service, _ context: Context) throws(IAuthError) {
    // The authority's own code is known to the operation; the form needs none.
    let form = try ApplicationForm(
      agency: "", name: name, email: email, mobile: mobile)
    let receipt = try service.appoint(form, system: system ?? "")
    let language = context.language
    context.emit(
      [
        "request": .int(receipt.number), "system": .string(receipt.system.code),
        "agency": .agency(receipt.agency), "name": .string(form.name.text),
        "role": .word(receipt.role), "status": .word(receipt.status),
      ],
      details: [
        (Bilingual("request", "申請序號"), receipt.number.description),
        (Bilingual("name", "姓名"), form.name.text),
        (Bilingual("agency", "機關"), receipt.agency.titled(language)),
        (
          Bilingual("system", "系統"), receipt.system.titled(language)
        ),
      ])
    context.say(
      receipt.counts
        ? Bilingual(
          "appointed; they count as administrator from now on; all administrators of the authority "
            + "are told",
          "已指派；即日起為管理者，並已通知主管機關全體管理者")
        : Bilingual(
          "invited; they count as administrator once they have proven both codes; all "
            + "administrators of the authority are told",
          "已邀請；被邀請人通過兩組驗證碼後始為管理者，並已通知主管機關全體管理者"))
  }
}

extension AdministratorLine {
  fileprivate var json: JSON {
    [
      "system": .string(system), "agency": .agency(agency), "name": .string(name),
      "email": .string(email), "since": .time(since), "request": .int(request),
      "until": .lastMoment(before: until), "deputy_for": .number(deputyFor),
      "deputy_of": .text(deputyOf),
    ]
  }
}
