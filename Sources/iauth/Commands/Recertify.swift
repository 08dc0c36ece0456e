// `iauth recertify`: the periodic review of accounts (帳號清查): who holds what, and is it still
// needed? Listing and answering are everybody's who may answer; opening and closing the authority's.

import IAuthCore
import Sheets
import Values

struct Recertify: Command {
  static let name = "recertify"
  static let usage = CommandUsage<Recertify>(
    name, in: .review,
    summary: Bilingual("Review who still needs their permissions", "定期清查帳號權限"),
    about: Bilingual(
      """
      Without options it lists what is yours to answer: for general users their agency's \
      administrators answer, for administrators those of an agency above or of the authority; \
      nobody answers for themselves. Each item is kept or ended, one by one, all at once, or by a \
      sheet that is filled in and handed in again, whole or not at all. \
      --end revokes the permission at once. An answer is never changed. The authority opens a \
      review, which freezes the list, and closes it from its due date on; silence ends nothing, \
      unless recertify-unanswered = suspend is configured. With --status, --since and --until mean \
      the time when the review was opened.
      """,
      """
      未加選項時，列出待您答復之項目：一般權限由所屬機關管理者答復，機關管理者由上級機關或主管機關之\
      管理者答復，任何人均不得答復本人之項目。各項得逐項、一次全部，或以清查表（清查結果填「保留」或\
      「停用」，並填說明）填報後整份交回；有一列不符即全部不受理。--end 立即廢止權限，答復後不得變更。\
      清查由主管機關開始並凍結列表，自期限日起得結案；未答復者不因此廢止權限，但設定 \
      recertify-unanswered = suspend 者除外。--status 之 --since、--until 依清查開始時間篩選。
      """),
    parameters: [
      .operands("ITEM", \.items, Bilingual("the items to answer", "要答復的項目編號")),
      .flag("keep", \.keeps, Bilingual("still needed", "仍有需要")),
      .flag("end", \.ends, Bilingual("no longer needed: ends it at once", "已無需要，立即廢止")),
      .option("note", "TEXT", \.note, Bilingual("kept with the answer", "說明，隨答復留存")),
      .option(
        "reason", "TEXT", \.reason, Bilingual("why; the holder reads it", "理由，將通知持有人"),
        asks: Bilingual("Reason, for the holder", "理由（將通知持有人）"), checks: AnswerCheck.reason),
      .flag("all", \.all, Bilingual("everything that is yours to answer", "所有待您答復之項目")),
      .option(
        "expect", "N", \.expect, Bilingual("how many there have to be", "預期之項數，不符即不受理")),
      .option(
        "sheet", "FILE", \.sheet,
        Bilingual("write yours as .xlsx or .csv, to be filled in", "輸出清查表（.xlsx 或 .csv）供填報"),
        completes: .file),
      .option(
        "hand-in", "FILE", \.handIn, Bilingual("take a filled-in sheet back", "交回已填報之清查表"),
        completes: .file),
      .flag(
        "interactive", \.isInteractive, Bilingual("answer one by one, a key each", "逐項清查，一鍵一項")),
      .flag("open", \.opens, Bilingual("open a review", "開始清查")),
      .option(
        "due", "DATE", \.due, Bilingual("the last day for answers", "答復期限"),
        asks: Bilingual("Last day for answers, such as 115/12/31", "答復期限（例如 115/12/31）"),
        checks: AnswerCheck.day),
      .option("system", "CODE", \.system, Bilingual("only of this system", "僅限此系統")),
      .option(
        "under", "CODE", \.under,
        Bilingual("only this agency and all below it", "僅限此機關及其下級機關")),
      .option("name", "TEXT", \.name, Bilingual("what to call it", "清查名稱")),
      .option("close", "NUMBER", \.close, Bilingual("close a review", "清查結案")),
      .flag("status", \.isStatus, Bilingual("how far a review has come, by agency", "各機關清查進度")),
      .operand("NUMBER", \.number, Bilingual("the review; else the newest", "清查編號，預設為最近一次")),
      .option(
        "evidence", "NUMBER", \.evidence,
        Bilingual("write a review's evidence to DIR", "輸出清查佐證資料至 DIR")),
      .operand("DIR", \.directory, Bilingual("a new directory", "新目錄"), completes: .file),
    ],
    forms: [
      Form(takes: ["interactive"], isList: true), Form(needs: ["ITEM", "keep"], takes: ["note"]),
      Form(needs: ["ITEM", "end", "reason"]),
      Form(needs: ["all", "keep"], takes: ["note", "expect"]), Form(needs: ["sheet"]),
      Form(needs: ["hand-in"]), Form(needs: ["open", "due"], takes: ["system", "under", "name"]),
      Form(needs: ["close"]),
      Form(needs: ["status"], takes: ["NUMBER", "under"], isList: true),
      Form(needs: ["evidence", "DIR"], takes: ["under"]),
    ],
    examples: [
      Example("iauth recertify", Bilingual("What waits for your answer", "列出待答復項目")),
      Example(
        "iauth recertify 12 13 --keep", Bilingual("Two people still need theirs", "二項仍有需要")),
      Example(
        "iauth recertify 14 --end --reason 'left in May'",
        chinese: "iauth recertify 14 --end --reason 五月離職",
        Bilingual("One does not", "一項已無需要")),
      Example(
        "iauth recertify --open --due 2026-12-31 --system spm",
        Bilingual("Open the half-yearly review", "開始半年一次之清查")),
      Example(
        "iauth recertify --evidence 2 review-2",
        Bilingual("The evidence of review 2", "輸出第 2 次清查之佐證資料")),
    ],
    fails: [
      .recertifyOpen, .recertifyUnknown, .requestOwn, .recertifyAnswered, .recertifyClosed,
      .recertifyEarly, .recertifyCount, .recertifyRow, .recertifyMissing, .batchRejected,
      .sheetHeader, .sheetUnreadable, .sheetEmpty, .dateInvalid, .reasonInvalid, .systemUnknown,
      .agencyUnknown, .fileExists, .fileMissing, .sessionNone, .sessionExpired, .sessionStepUp,
      .rightMissing,
    ])

  var items: [ItemID] = []
  var keeps = false
  var ends = false
  var note: String?
  var reason: String?
  var all = false
  var expect: Int?
  var sheet: String?
  var handIn: String?
  var isInteractive = false
  var opens = false
  var due: String?
  var system: String?
  var under: String?
  var name: String?
  var close: RecertificationID?
  var isStatus = false
  var number: RecertificationID?
  var evidence: RecertificationID?
  var directory: String?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if opens {
      try open(service, context)
    } else if let close {
      try self.close(close, service, context)
    } else if isStatus {
      try showStatus(service, context)
    } else if let evidence, let directory {
      try writeEvidence(evidence, directory, service, context)
    } else if let sheet {
      try write(sheet, service, context)
    } else if let handIn {
      try take(handIn, service, context)
    } else if all {
      try keepAll(service, context)
    } else if keeps {
      try show(try service.answer(items, .keep(note: note)), context)
    } else if ends {
      try show(try service.answer(items, .end(reason: reason ?? "")), context)
    } else if isInteractive {
      try context.checkInteractive()
      let items = try service.recertificationItems()
      guard !items.isEmpty else { return try list(items, context) }
      var sitting = try RecertifySitting(items, context)
      try sitting.run()
    } else {
      try list(try service.recertificationItems(), context)
    }
  }
}
