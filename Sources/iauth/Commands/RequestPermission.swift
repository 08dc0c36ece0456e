// `iauth request-permission`: asking for a role on a system, and following it up.

import IAuthCore

struct RequestPermission: Command {
  static let usage = CommandUsage<RequestPermission>(
    "request-permission", in: .people,
    summary: Bilingual("Request a role on a system", "申請系統使用權限"),
    about: Bilingual(
      """
      Asks for the permission to use a system, as agency administrator (admin, which includes \
      use) or as general user. A request for admin is decided by the authority, one for general \
      by the administrators of your own agency. The result comes by e-mail. A request that \
      nobody decides lapses after 180 days.
      """,
      """
      申請系統的使用權限，身分為機關管理者（admin，含使用權限）或一般使用者（general）。機關管理者由主管\
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
      .flag(
        "list", \.isList,
        Bilingual("list your permissions and requests", "列出本人的權限與申請")),
      .option(
        "withdraw", "REQUEST", \.withdraw,
        Bilingual("withdraw a pending request", "撤回審核中的申請")),
    ],
    forms: [
      Form(takes: ["system", "role", "reason", "document"]), Form(needs: ["list"]),
      Form(needs: ["withdraw"]),
    ],
    examples: [
      Example(
        "iauth request-permission --system spm --role admin",
        Bilingual("Ask to be the agency's administrator", "申請擔任機關管理者")),
      Example(
        "iauth request-permission --list",
        Bilingual("See what was decided, and why", "查看審核結果與理由")),
    ],
    fails: [
      .requestDuplicate, .requestDecided, .permissionHeld, .reasonInvalid, .documentInvalid,
      .agencyRemoved, .systemUnknown, .requestUnknown, .sessionNone, .sessionExpired,
      .accountSuspended,
    ])

  var system: String?
  var role: Role?
  var reason: String?
  var document: String?
  var isList = false
  var withdraw: Int64?

  func run(_ context: Context) throws(IAuthError) {
    throw .internal("not connected")
  }
}
