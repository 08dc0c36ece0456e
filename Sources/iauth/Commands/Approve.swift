// `iauth approve`: a reviewer says yes.

import IAuthCore
import Sheets
import Values

struct Approve: Command {
  static let name = "approve"
  static let usage = CommandUsage<Approve>(
    name, in: .review,
    summary: Bilingual("Approve requests", "核准（接受申請）"),
    about: Bilingual(
      """
      Approves each request by itself, or all that is still pending of a batch, and tells the \
      applicant. It needs a session that has proven both codes. Nobody decides on their own \
      request. After an approval the agency's administrator allocates the detailed permissions \
      in the target system. NUMBER may be a range or a list, 4-6 or 4,7; on a terminal a range \
      and a batch are shown, and a yes is asked. --from takes a line for each request: its number, \
      its version (or - for any), approve, reject or return, and the reason; or CSV with a header \
      that names number, version, verdict and reason. Where the place for the verdict is empty \
      the request is left alone; a line that ends before it is approved. One call takes at most \
      \(Limits.numbersAtOnce) lines.
      """,
      """
      逐件核准申請，或核准整批申請中仍待審核者，並通知申請人。登入時須已通過兩組驗證碼，且不得審核自己的\
      申請。核准後，由機關管理者至目標系統設定細部權限。NUMBER 得為範圍或多筆（4-6、4,7）；於終端機審核範圍或\
      整批申請時，先列出內容並請您確認。--from 每行審核一件：申請序號、版本（不限者填 -）、審核結果\
      （approve、reject 或 return）及理由；或以 number、version、verdict、reason 為欄名之 CSV。審核結果欄空白者不予處理；未列至該欄者予以核准。\
      一次至多 \(Limits.numbersAtOnce) 行。
      """),
    parameters: [
      .operands(
        "NUMBER", \.ranges, Bilingual("the requests to approve", "要核准的申請序號"),
        completes: .known(.queue)),
      .option(
        "note", "TEXT", \.note, Bilingual("kept with the decision", "審核意見，隨審核結果留存")),
      .option(
        "expect", "VERSION", \.expect,
        Bilingual(
          "refuse if the one request changed since it was listed",
          "申請內容於列出後有異動時不予核准（限單一申請）")),
      .option(
        "batch", "ID", \.batch, Bilingual("all that is pending of this batch", "該整批申請之待審核者")),
      .option(
        "from", "FILE", \.from,
        Bilingual(
          "decide line by line as it stands there; - for standard input", "依檔案逐行審核；- 表示標準輸入"),
        completes: .file),
    ],
    forms: [
      Form(needs: ["NUMBER"], takes: ["note", "expect"]),
      Form(needs: ["batch"], takes: ["note"]), Form(needs: ["from"], takes: ["note"]),
    ],
    examples: [
      Example("iauth approve 42 43", Bilingual("Approve two requests", "核准兩件申請")),
      Example(
        "iauth approve --batch 7 --note 'letter checked'",
        chinese: "iauth approve --batch 7 --note 公文核對無誤",
        Bilingual("Approve what is pending of a batch", "核准整批申請之待審核者")),
      Example(
        "iauth approve --from decisions.csv",
        Bilingual("Decide a whole queue in one call", "一次審核整份列表")),
    ],
    fails: [
      .requestUnknown, .rightMissing, .requestOutside, .requestOwn, .requestDecided,
      .requestChanged, .permissionHeld, .sessionNone, .sessionExpired, .sessionStepUp,
      .batchUnknown, .reasonInvalid, .accountSuspended, .declined, .decisionLine, .limitRows,
      .limitBytes, .fileMissing,
    ],
    check: { (command) throws(IAuthError) in
      guard command.expect == nil || command.numbers.count == 1 else {
        throw .usageConflict("--expect", "NUMBER NUMBER", command: "approve")
      }
    })

  var ranges: [NumberRange] = []
  var numbers: [RequestID] { ranges.flatMap(\.numbers) }
  var note: String?
  var expect: String?
  var batch: BatchID?
  var from: String?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if let from {
      let lines = try DecisionLines(context.bytes(of: from, max: Limits.decisionBytes))
      let (orders, open) = try lines.orders(.approved, note: note)
      return try context.show(try service.decide(orders), open: open)
    }
    let target = batch.map(ReviewTarget.batch) ?? .numbers(numbers)
    let shown = try context.confirm(target, ranges, .approved)
    try context.show(
      try service.decide(target, .approved, note: note, expecting: expect, shown: shown))
  }
}
