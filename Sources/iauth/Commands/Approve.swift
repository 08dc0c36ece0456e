// `iauth approve`: a reviewer says yes.

import IAuthCore
import Sheets
import Values

struct Approve: Command {
  static let usage = CommandUsage<Approve>(
    "approve", in: .review,
    summary: Bilingual("Approve requests", "核准申請"),
    about: Bilingual(
      """
      Approves each request by itself, or all that is still pending of a batch, and tells the \
      applicant. It needs a session that has proven both codes. Nobody decides on their own \
      request. After an approval the agency's administrator allocates the detailed permissions \
      in the target system.
      """,
      """
      逐件核准申請，或核准整批申請中仍待審者，並通知申請人。登入時須已通過兩組驗證碼，且不得審核自己的\
      申請。核准後，由機關管理者至目標系統設定細部權限。
      """),
    parameters: [
      .operands("NUMBER", \.numbers, Bilingual("the requests to approve", "要核准的申請編號")),
      .option(
        "note", "TEXT", \.note, Bilingual("kept with the decision", "審核意見，隨審核結果留存")),
      .option(
        "expect", "VERSION", \.expect,
        Bilingual(
          "refuse if the one request changed since it was listed",
          "申請內容於列出後有異動時不予核准（限單一申請）")),
      .option(
        "batch", "ID", \.batch, Bilingual("all that is pending of this batch", "該整批申請之待審者")),
    ],
    forms: [
      Form(needs: ["NUMBER"], takes: ["note", "expect"]),
      Form(needs: ["batch"], takes: ["note"]),
    ],
    examples: [
      Example("iauth approve 42 43", Bilingual("Approve two requests", "核准兩件申請")),
      Example(
        "iauth approve --batch 7 --note 'letter checked'",
        chinese: "iauth approve --batch 7 --note 公文核對無誤",
        Bilingual("Approve what is pending of a batch", "核准整批申請之待審者")),
    ],
    fails: [
      .requestUnknown, .rightMissing, .requestOutside, .requestOwn, .requestDecided,
      .requestChanged, .permissionHeld, .sessionNone, .sessionExpired, .sessionStepUp,
      .batchUnknown, .reasonInvalid, .accountSuspended,
    ],
    check: { (command) throws(IAuthError) in
      guard command.expect == nil || command.numbers.count == 1 else {
        throw .usageConflict("--expect", "NUMBER NUMBER", command: "approve")
      }
    })

  var numbers: [RequestID] = []
  var note: String?
  var expect: String?
  var batch: BatchID?

  func run(_ context: Context) throws(IAuthError) {
    let target = batch.map(ReviewTarget.batch) ?? .numbers(numbers)
    let service = try context.service()
    try context.show(try service.approve(target, note: note, expecting: expect))
  }
}
