// `iauth admins`: who the administrators of an agency are, and which agencies lack one.

import IAuthCore

struct Admins: Command {
  static let usage = CommandUsage<Admins>(
    "admins", in: .review,
    summary: Bilingual("Look up agency administrators", "查詢機關管理者"),
    about: Bilingual(
      """
      Lists the administrators of an agency, by default of your own. Without a session --agency \
      is needed and e-mail addresses are masked. --missing lists the agencies that have no \
      administrator or only one. --appoint invites a further administrator of the authority; \
      all of them are told.
      """,
      """
      列出機關管理者，預設為登入者所屬機關。未登入時須指定 --agency，且電子郵件以遮罩顯示。--missing 列出\
      無管理者或僅有一名管理者的機關。--appoint 邀請新增主管機關的管理者，並通知該機關全體管理者。
      """),
    parameters: [
      .option("agency", "CODE", \.agency, Bilingual("this agency", "指定機關")),
      .option("system", "CODE", \.system, Bilingual("only this system", "指定系統")),
      .flag(
        "missing", \.isMissing,
        Bilingual("agencies with no or one administrator", "無管理者或僅一名管理者的機關")),
      .option(
        "under", "CODE", \.under, Bilingual("only agencies below this one", "僅列此機關之所屬機關")),
      .flag(
        "appoint", \.isAppoint,
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
      Form(takes: ["agency", "system"]), Form(needs: ["missing"], takes: ["under", "system"]),
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
      .agencyInvalid, .agencyUnknown, .systemUnknown, .permissionHeld, .nameInvalid,
      .emailInvalid, .mobileInvalid, .usageMissing, .sessionExpired, .rightMissing,
    ])

  var agency: String?
  var system: String?
  var isMissing = false
  var under: String?
  var isAppoint = false
  var name: String?
  var email: String?
  var mobile: String?

  func run(_ context: Context) throws(IAuthError) {
    throw .internal("not connected")
  }
}
