// `iauth reject`: a reviewer says no, or what is to be corrected first, and why.

import IAuthCore
import Sheets
import Values

struct Reject: Command {
  static let name = "reject"
  static let usage = CommandUsage<Reject>(
    name, in: .review,
    summary: Bilingual("Reject requests, or send them back, with a reason", "退件或退回補正，並說明理由"),
    about: Bilingual(
      """
      Rejects each request by itself, or all that is still pending of a batch. The applicant \
      reads the reason and may ask again. With --return the request is sent back for correction: \
      it keeps its number, and the applicant (of a batch, its submitter) hands it in again within \
      30 days, or it lapses. It needs a session that has proven both codes. Ranges and --from are \
      those of iauth approve; one call takes at most \(Limits.numbersAtOnce) lines.
      """,
      """
      逐件退件，或將整批申請中仍待審核者退件。理由會通知申請人，申請人得重新申請。加上 --return 則為退回補正：\
      申請序號不變，由申請人（整批申請為提報者）於 30 天內補正後再送，逾期失效。登入時須已通過兩組驗證碼。範圍及 --from 同 iauth approve，\
      一次至多 \(Limits.numbersAtOnce) 行。
      """),
    parameters: [
      .operands(
        "NUMBER", \.ranges, Bilingual("the requests to reject", "要退件的申請序號"),
        completes: .known(.queue)),
      .option(
        "reason", "TEXT", \.reason, Bilingual("why; the applicant reads it", "理由，將通知申請人"),
        asks: Bilingual("Reason, for the applicant", "理由（將通知申請人）"),
        checks: AnswerCheck.reason),
      .flag(
        "return", \.returns, Bilingual("send back for correction", "退回補正")),
      .option(
        "batch", "ID", \.batch, Bilingual("all that is pending of this batch", "該整批申請之待審核者")),
      .option(
        "from", "FILE", \.from,
        Bilingual(
          "decide line by line as it stands there; - for standard input", "依檔案逐行審核；- 表示標準輸入"),
        completes: .file),
    ],
    forms: [
      Form(needs: ["NUMBER", "reason"], takes: ["return"]),
      Form(needs: ["batch", "reason"], takes: ["return"]),
      Form(needs: ["from"], takes: ["reason", "return"]),
    ],
    examples: [
      Example(
        "iauth reject 42 --reason 'the person has left the agency'",
        chinese: "iauth reject 42 --reason 申請人已離職",
        Bilingual("Reject a request", "退件一件申請")),
      Example(
        "iauth reject 42 --return --reason 'the letter is missing'",
        chinese: "iauth reject 42 --return --reason 請補附公文",
        Bilingual("Send a request back for correction", "退回補正一件申請")),
    ],
    fails: [
      .requestUnknown, .rightMissing, .requestOutside, .requestOwn, .requestDecided,
      .sessionNone, .sessionExpired, .sessionStepUp, .batchUnknown, .reasonInvalid,
      .accountSuspended, .declined, .decisionLine, .limitRows, .limitBytes,
      .fileMissing,
    ])

  var ranges: [NumberRange] = []
  var numbers: [RequestID] { ranges.flatMap(\.numbers) }
  var reason = ""
  var batch: BatchID?
  var returns = false
  var from: String?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    let verdict: RequestStatus = returns ? .returned : .rejected
    if let from {
      let lines = try DecisionLines(context.bytes(of: from, max: Limits.decisionBytes))
      let (orders, open) = try lines.orders(verdict, note: reason)
      return try context.show(try service.decide(orders), open: open)
    }
    let target = batch.map(ReviewTarget.batch) ?? .numbers(numbers)
    let shown = try context.confirm(target, ranges, verdict)
    try context.show(try service.decide(target, verdict, note: reason, shown: shown))
  }
}
