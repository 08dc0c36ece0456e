// `iauth reject`: a reviewer says no, and why.

import IAuthCore
import Sheets
import Values

struct Reject: Command {
  static let usage = CommandUsage<Reject>(
    "reject", in: .review,
    summary: Bilingual("Reject requests, with a reason", "退回申請並說明理由"),
    about: Bilingual(
      """
      Rejects each request by itself, or all that is still pending of a batch. The applicant \
      reads the reason and may ask again. It needs a session that has proven both codes.
      """,
      """
      逐件退回申請，或退回整批申請中仍待審者。退回理由會通知申請人，申請人得重新申請。登入時須已通過兩組\
      驗證碼。
      """),
    parameters: [
      .operands("NUMBER", \.numbers, Bilingual("the requests to reject", "要退回的申請編號")),
      .option(
        "reason", "TEXT", \.reason, Bilingual("why; the applicant reads it", "退回理由，將通知申請人"),
        asks: Bilingual("Reason, for the applicant", "退回理由（將通知申請人）"),
        checks: AnswerCheck.reason),
      .option(
        "batch", "ID", \.batch, Bilingual("all that is pending of this batch", "該整批申請之待審者")),
    ],
    forms: [Form(needs: ["NUMBER", "reason"]), Form(needs: ["batch", "reason"])],
    examples: [
      Example(
        "iauth reject 42 --reason 'the person has left the agency'",
        chinese: "iauth reject 42 --reason 申請人已離職",
        Bilingual("Reject a request", "退回一件申請"))
    ],
    fails: [
      .requestUnknown, .rightMissing, .requestOutside, .requestOwn, .requestDecided,
      .sessionNone, .sessionExpired, .sessionStepUp, .batchUnknown, .reasonInvalid,
      .accountSuspended,
    ])

  var numbers: [RequestID] = []
  var reason = ""
  var batch: BatchID?

  func run(_ context: Context) throws(IAuthError) {
    let target = batch.map(ReviewTarget.batch) ?? .numbers(numbers)
    let service = try context.service()
    try context.show(try service.reject(target, reason: reason))
  }
}
