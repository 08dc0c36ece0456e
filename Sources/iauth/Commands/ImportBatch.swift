// `iauth import-batch`: a superior agency submits Form 1 or Form 2 as a sheet.

import IAuthCore
import Sheets
import Values

struct ImportBatch: Command {
  static let name = "import-batch"
  static let usage = CommandUsage<ImportBatch>(
    name, in: .batches,
    summary: Bilingual("Import administrators from a sheet", "整批匯入機關管理者"),
    about: Bilingual(
      """
      Reads a sheet of administrators of your agency and those below it: all worksheets that \
      are shown and have a header, as a person sees them. Columns are found by \
      their headers, in any order; agency code, name, e-mail and mobile are needed. With one bad \
      row nothing is imported and every problem of every row is reported; --partial imports the \
      good rows. A letter's number may stand in a column of its own; --document wins. Rows that are in force or pending already are unchanged, so a sheet can be \
      submitted again. Where nobody is signed in, the owner of the database imports as the \
      operator; after a session that expired, sign in again or give it up: verify --sign-out. \
      --list shows the batches that you have submitted, the newest first.
      """,
      """
      讀取本機關及所屬機關管理者之附表，包括所有顯示且有標題列的工作表，所見即所讀。依欄位名稱辨識欄位，順序不拘；機關代碼、姓名、電子郵件及行動電話為\
      必要欄位。任一列有誤即全部不匯入，並列出各列所有問題；--partial 則匯入無誤的列。公文文號得填於附表欄位，有 --document 時以其為準。已生效或審核中的列\
      不重複建立，附表修正後可再次匯入。無人登入時，資料庫擁有者由系統維運人員匯入；登入逾時者請重新登入，或以 \
      verify --sign-out 登出。--list 列出本人提報之整批申請，新者在前。
      """),
    parameters: [
      .operand(
        "FILE", \.file, Bilingual("the sheet, or - for standard input", "附表檔案；- 表示標準輸入"),
        completes: .file, asks: Bilingual("Sheet", "附表檔案")),
      .option(
        "document", "NUMBER", \.document, Bilingual("the official letter's number", "公文文號")),
      .option(
        "system", "CODE", \.system,
        Bilingual("the system of rows that name none", "附表未填系統時適用的系統")),
      .flag("partial", \.isPartial, Bilingual("import the good rows", "匯入無誤的列")),
      .option(
        "report", "FILE", \.report,
        Bilingual(
          "give the sheet back with results, as .xlsx if FILE ends so, else as CSV; - for standard "
            + "output",
          "輸出附檢核結果的附表，檔名以 .xlsx 結尾者為活頁簿，其餘為 CSV；- 表示標準輸出"),
        completes: .file),
      .option(
        "encoding", "ENCODING", \.encoding,
        Bilingual("auto, utf-8, utf-16 or cp950", "編碼：auto、utf-8、utf-16 或 cp950")),
      .option(
        "sheet", "NAME", \.sheet,
        Bilingual(
          "one worksheet of a workbook; else all that are shown and have a header",
          "僅讀取活頁簿的該工作表；未指定則讀取所有顯示且有標題列的工作表")),
      .option(
        "hidden", "HIDDEN", \.hidden,
        Bilingual(
          "skip or include rows and columns that are hidden; else they are errors",
          "隱藏之列與欄：skip 略過、include 讀取；未指定則視為錯誤")),
      .flag("list", \.lists, Bilingual("list the batches you have submitted", "列出本人提報之整批申請")),
    ],
    forms: [
      Form(
        needs: ["FILE"],
        takes: ["document", "system", "partial", "report", "encoding", "sheet", "hidden"]),
      Form(needs: ["list"], isList: true),
    ],
    examples: [
      Example(
        "iauth import-batch form1.csv --dry-run",
        Bilingual("Check a sheet", "檢核附表")),
      Example(
        "iauth import-batch form1.csv --document 1130001234 --report result.csv",
        Bilingual("Import it under a letter's number", "依公文文號匯入並輸出結果")),
      Example("iauth import-batch --list", Bilingual("How far each batch is", "各整批申請之進度")),
    ],
    fails: [
      .batchRejected, .sheetUnreadable, .sheetHeader, .sheetEmpty, .limitBytes, .limitRows,
      .fileMissing, .fileExists, .fileUncreatable, .diskFull, .documentInvalid, .systemUnknown,
      .sessionNone, .sessionExpired, .sessionStepUp, .rightMissing, .accountSuspended,
    ])

  var file = ""
  var document: String?
  var system: String?
  var isPartial = false
  var report: String?
  var encoding: SheetEncoding?
  var sheet: String?
  var hidden: SheetHidden?
  var lists = false

  func run(_ context: Context) throws(IAuthError) {
    if lists { return try list(try context.service().batches(), context) }
    try checkReport(context)
    let isGated = context.world.caller.isGated
    var order = ImportOrder(
      try context.source(
        of: file, max: isGated ? Limits.gateImportBytes : Limits.importBytes))
    order.document = document
    order.system = system
    order.isDryRun = context.options.dryRun
    order.isPartial = isPartial
    order.encoding = encoding.flatMap { TextEncoding(rawValue: $0.rawValue) }
    order.sheet = sheet
    order.hidden = hidden.flatMap { HiddenRows(rawValue: $0.rawValue) } ?? .refuse
    order.report = try reportFormat
    let progress = ProgressLine(on: context.console)
    order.progress = progress.map { line in { step in line.show(step) } }
    defer { progress?.clear() }
    let answer = try context.service().importBatch(order)
    progress?.clear()
    try deliver(answer, context)
    if let error = answer.error(isPartial: isPartial) { throw error }
  }

  private func list(_ batches: [BatchLine], _ context: Context) throws(IAuthError) {
    let zone = context.localTime.zoneName(at: context.world.now())
    let isShown = try context.list(
      .batch,
      batches.map { line in
        [
          "batch": .int(line.batch), "document": .text(line.document),
          "submitted_at": .time(line.submittedAt), "rows": .int(line.rows),
          "pending": .int(line.pending), "approved": .int(line.approved),
          "rejected": .int(line.rejected), "returned": .int(line.returned),
        ]
      },
      table: Table(
        [
          .init(Bilingual("batch", "整批編號"), isNumber: true),
          .init(Bilingual("document", "公文文號"), isFlexible: true),
          .init(Bilingual("submitted (\(zone))", "提報時間（\(zone)）")),
          .init(Bilingual("rows", "列數"), isNumber: true),
          .init(RequestStatus.pending.label, isNumber: true),
          .init(RequestStatus.approved.label, isNumber: true),
          .init(RequestStatus.rejected.label, isNumber: true),
          .init(RequestStatus.returned.label, isNumber: true),
        ],
        rows: batches.map { line in
          [
            String(line.batch), line.document ?? "", context.localTime.text(line.submittedAt),
            String(line.rows), String(line.pending), String(line.approved),
            String(line.rejected), String(line.returned),
          ]
        }),
      empty: Bilingual("you have submitted no batch", "尚未提報整批申請"))
    if isShown, let newest = batches.first {
      context.say(
        Bilingual(
          "the rows of one: iauth pending --batch \(newest.batch)",
          "查看各列：iauth pending --batch \(newest.batch)"))
    }
  }

  /// A report that cannot be written is refused before anything is imported.
  private func checkReport(_ context: Context) throws(IAuthError) {
    guard let report else { return }
    if isOnStandardOutput {
      guard !context.options.json else {
        throw .usageConflict("--report -", "--json", command: "import-batch")
      }
      return
    }
    // An empty word is no name, here and at the other end of the gate.
    guard !report.utf8.isEmpty else { throw .fileUncreatable(path: report) }
    try context.console.files.checkNew(report)
  }

  private var reportFormat: ImportReportFormat? {
    get throws(IAuthError) {
      guard let report else { return nil }
      return try ImportReportFormat(path: report, option: "--report")
    }
  }

  private var isOnStandardOutput: Bool { report?.utf8.elementsEqual("-".utf8) ?? false }

  /// The sheet as it is; on a terminal what could steer it is escaped.
  private func write(_ sheet: ArraySlice<UInt8>, _ console: Console) {
    guard console.out.isTerminal else {
      console.page(String(decoding: sheet, as: UTF8.self))
      return
    }
    for line in sheet.split(separator: UInt8(ascii: "\n")) {
      console.line(
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self))
    }
  }

  /// The rows and the summary; or the sheet itself, and the summary beside it.
  private func deliver(_ answer: ImportReport, _ context: Context) throws(IAuthError) {
    let format = try reportFormat ?? .csv
    if isOnStandardOutput {
      try answer.writeSheet(as: format) { piece in write(piece[...], context.console) }
      context.say(answer.summary)
    } else {
      answer.show(context)
      if let report {
        do throws(IAuthError) {
          try context.console.files.create(report) { (write) throws(IAuthError) in
            try answer.writeSheet(as: format, write)
          }
        } catch {
          let isNew = answer.count(.accepted) > 0 && !answer.isDryRun
          throw .reportUnwritten(
            path: report, batch: isNew ? answer.batch : nil, accepted: answer.count(.accepted),
            cause: error.code)
        }
      }
    }
    // What a column was to say may stand under a title that iauth does not know.
    if !answer.ignored.isEmpty {
      let names = answer.ignored.prefix(Limits.ignoredTitles)
      let more = names.count < answer.ignored.count
      context.say(
        Bilingual(
          "columns that are not read: " + names.map { "'\($0)'" }.joined(separator: ", ")
            + (more ? ", …" : ""),
          "未讀取之欄位：「" + names.joined(separator: "」「") + "」" + (more ? "等" : "")))
    }
    // Somebody's list may be what only lacks a title.
    for sheet in answer.unread where !sheet.missing.isEmpty {
      context.say(
        Bilingual(
          "not read: '\(sheet.name)', whose header lacks \(sheet.missing.joined(separator: ", "))",
          "未讀取之工作表：「\(sheet.name)」（標題列缺少\(sheet.missing.joined(separator: "、"))）"))
    }
    let others = answer.unread.filter(\.missing.isEmpty).map(\.name)
    if !others.isEmpty {
      let names = others.map { "'\($0)'" }.joined(separator: ", ")
      context.say(
        Bilingual(
          "not read: \(names), of which the names or the missing header say that no list is there",
          "未讀取之工作表：「\(others.joined(separator: "」「"))」（依名稱為範例或說明，或無標題列）"))
    }
    if answer.count(.rejected) > 0, !isPartial {
      let next = isOnStandardOutput ? nil : report.map(shellQuoted)
      context.say(
        Bilingual(
          next.map { "fix the rows in \($0) and submit it: iauth import-batch \($0)" }
            ?? "fix the rows above and submit the sheet again",
          next.map { "請修正 \($0) 內各列後重新匯入：iauth import-batch \($0)" }
            ?? "請修正上列各列後重新匯入"))
    } else if context.options.dryRun {
      context.hasTried = true
    } else if let batch = answer.batch, answer.count(.accepted) > 0 {
      context.say(
        Bilingual(
          "follow it up: iauth pending --batch \(batch)",
          "查詢進度：iauth pending --batch \(batch)"))
    } else if answer.count(.unchanged) > 0 {
      context.say(
        Bilingual(
          "everything in it is in force or pending already", "附表內容均已生效或審核中，未重複建立"))
    }
  }
}
