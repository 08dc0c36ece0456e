// `iauth revoke`: ends the permission that a request gave.

import IAuthCore
import Sheets
import Values

struct Revoke: Command {
  static let name = "revoke"
  static let usage = CommandUsage<Revoke>(
    name, in: .review,
    summary: Bilingual("End a permission", "廢止權限"),
    about: Bilingual(
      """
      Ends at once the permission that request NUMBER gave. It may be done by whoever may decide \
      on such a request, by the holder, by the agency's administrator for a general user, and by \
      the operator. The holder is told.
      """,
      """
      立即廢止由該申請取得的權限。得由審核該類申請者、權限持有人、機關管理者（限一般權限）或系統維運\
      人員為之，並通知權限持有人。
      """),
    parameters: [
      .operand(
        "NUMBER", \.number,
        Bilingual("the request that gave the permission", "取得該權限的申請序號")),
      .option(
        "reason", "TEXT", \.reason, Bilingual("why; the holder reads it", "廢止理由，將通知持有人"),
        asks: Bilingual("Reason, for the holder", "廢止理由（將通知持有人）"),
        checks: AnswerCheck.reason),
    ],
    forms: [Form(needs: ["NUMBER", "reason"])],
    examples: [
      Example(
        "iauth revoke 42 --reason 'moved to another agency'",
        chinese: "iauth revoke 42 --reason 調任其他機關",
        Bilingual("End the permission of request 42", "廢止申請 42 取得的權限"))
    ],
    fails: [
      .permissionNone, .accountLast, .reasonInvalid, .requestUnknown, .requestOutside,
      .rightMissing, .sessionNone, .sessionExpired, .sessionStepUp, .accountSuspended,
    ])

  var number: RequestID = 0
  var reason = ""

  func run(_ context: Context) throws(IAuthError) {
    try context.service().revoke(number, reason: reason)
    context.emit(
      ["request": .int(number), "permission": .word(PermissionStatus.revoked)],
      human: Bilingual(
        "the permission of request \(number) has ended", "申請案 \(number) 取得的權限已廢止")(
          context.language))
  }
}
