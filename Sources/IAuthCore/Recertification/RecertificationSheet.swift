// A review's items as a sheet to be filled in, and the sheet when it comes back (PRODUCT 11.3): whole
// or not at all, with a report like an import's. A row is known by its item's number; what else it
// says has to be as it was written.

import SQLite
import Sheets
import Values

/// A row of a sheet that came back.
package struct AnsweredRow: Sendable {
  package let row: Int
  /// Where several sheets were read.
  package var sheet: String?
  package let item: ItemID?
  package var outcome: RowOutcome
  package var problems: [RowProblem] = []
}

/// What became of a sheet.
package struct AnsweredSheet: Sendable {
  package var rows: [AnsweredRow]
  /// Visible sheets with text that were not read.
  package let unread: [String]

  package func count(_ outcome: RowOutcome) -> Int { rows.count { $0.outcome == outcome } }

  /// What the call ends with.
  package var error: IAuthError? {
    let rejected = count(.rejected)
    return rejected == 0 ? nil : .answersRejected(rejected: rejected, rows: rows.count)
  }
}

/// The columns, in their order.
enum SheetColumn: String, CaseIterable {
  case item = "清查編號", request = "申請序號", agency = "機關", code = "機關代碼", name = "姓名"
  case title = "職稱", system = "系統", role = "角色", since = "起始日期", lastUsed = "最近使用"
  case result = "清查結果", note = "說明"

  /// What the sheet says of an item, but for the answer.
  func text(_ item: RecertificationItem) -> String {
    switch self {
    case .item: String(item.item)
    case .request: String(item.request)
    case .agency: item.agency.name
    case .code: item.agency.code
    case .name: item.name ?? ""
    case .title: item.title ?? ""
    case .system: item.system
    case .role: item.role == .admin ? "機關管理者" : "一般權限"
    case .since: item.since.taiwanDate
    case .lastUsed: item.lastUsedAt?.taiwanDate ?? ""
    case .result, .note: ""
    }
  }

  /// What may not differ when the sheet comes back.
  static let fixed: [SheetColumn] = [
    .request, .agency, .code, .name, .title, .system, .role, .since, .lastUsed,
  ]

  /// Whether a cell says of an item what the sheet was written with.
  func isSame(_ cell: String, _ item: RecertificationItem) -> Bool {
    let text = text(item)
    // A sheet has a guard before what a program would calculate.
    if [text, FormulaGuard.guarded(text)].contains(where: { cell == Folding.fold($0) }) {
      return true
    }
    guard self == .since || self == .lastUsed, !text.isEmpty, !cell.isEmpty else { return false }
    // Programs write a day in their own way.
    let days = [cell, text].map { try? FormDate.day(cell: $0) }
    return days[0] != nil && days[0] == days[1]
  }
}

extension Service {
  /// What the signed-in person may still answer, as a sheet to fill in.
  ///
  /// - Throws: `session.*`, `limit.rows` for a workbook.
  package func recertificationSheet(
    as format: ImportReportFormat
  ) throws(IAuthError) -> [UInt8] {
    let items = try recertificationItems()
    var writer: any SheetWriter = format == .csv ? DelimitedWriter() : WorkbookWriter()
    try writer.write(SheetColumn.allCases.map(\.rawValue))
    for item in items { try writer.write(SheetColumn.allCases.map { $0.text(item) }) }
    return try writer.finish()
  }

  /// Takes a filled-in sheet back: with one bad row, nothing of it.
  ///
  /// - Throws: `session.*`, `session.step-up`, `sheet.*`, `limit.*`. What is wrong with rows stands
  ///   in the answer.
  package func handIn(_ source: any ByteSource) throws(IAuthError) -> AnsweredSheet {
    let table = try AnswerTable(source)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<AnsweredSheet> in
      try tx.endOverduePermissions()
      let session = try tx.session()
      var sheet = AnsweredSheet(rows: [], unread: table.unread)
      var seen: Set<ItemID> = []
      for row in table.rows {
        var answered = try tx.take(row, session, seen: &seen)
        answered.sheet = row.sheet
        sheet.rows.append(answered)
      }
      sheet.rows += try tx.missing(from: seen, session.account)
      guard sheet.count(.rejected) == 0 else {
        for index in sheet.rows.indices where sheet.rows[index].outcome == .accepted {
          sheet.rows[index].outcome = .held
        }
        return .rollback(sheet)
      }
      return .commit(sheet)
    }
  }
}

extension RowProblem {
  fileprivate init(_ column: String, _ error: IAuthError) {
    self.init(
      isError: true, column: column, code: error.code.rawValue,
      message: Bilingual(error.text(.english).sentence, error.text(.chinese).sentence))
  }
}

extension Transaction {
  /// What the sheet was written with and has lost since: items of the same reviews that this person
  /// still has to answer and that stand in no row.
  fileprivate func missing(
    from seen: Set<ItemID>, _ me: Account
  ) throws(IAuthError) -> [AnsweredRow] {
    var reviews: Set<RecertificationID> = []
    for item in seen {
      if let found = try first(
        RecertificationTable.one, item, read: { RecertificationItem(row: $0) })
      {
        reviews.insert(found.recertification)
      }
    }
    return try recertificationItems(of: me)
      .filter { reviews.contains($0.recertification) && !seen.contains($0.item) }
      .map { item in
        AnsweredRow(
          row: 0, item: item.item, outcome: .rejected,
          problems: [RowProblem(SheetColumn.item.rawValue, .recertifyMissing(item: item.item))])
      }
  }

  /// One row of a sheet that came back; its answer is stored if nothing is wrong with it.
  fileprivate func take(
    _ row: AnswerRow, _ session: Session, seen: inout Set<ItemID>
  ) throws(IAuthError) -> AnsweredRow {
    func rejected(_ problem: RowProblem, _ item: ItemID?) -> AnsweredRow {
      AnsweredRow(row: row.number, item: item, outcome: .rejected, problems: [problem])
    }
    func rejected(_ column: SheetColumn, _ error: IAuthError, _ item: ItemID?) -> AnsweredRow {
      rejected(RowProblem(column.rawValue, error), item)
    }
    guard let typed = Int64(row[.item]), typed > 0 else {
      return rejected(row.problem ?? Self.noNumber, nil)
    }
    let number = ItemID(typed)
    guard seen.insert(number).inserted else {
      return rejected(
        RowProblem(
          isError: true, column: SheetColumn.item.rawValue, code: "row.duplicate",
          message: Bilingual("an earlier row answers the same item", "與前列為同一清查項目")),
        number)
    }
    if let problem = row.problem { return rejected(problem, number) }
    guard
      let item = try first(
        RecertificationTable.one, number, read: { row in RecertificationItem(row: row) })
    else {
      return rejected(.item, .recertifyUnknown(typed), nil)
    }
    let answer: RecertificationAnswer
    let word = row[.result]
    do throws(IAuthError) {
      switch word {
      case "保留": answer = try RecertificationAnswer.keep(note: row[.note]).checked()
      case "停用": answer = try RecertificationAnswer.end(reason: row[.note]).checked()
      default:
        return rejected(
          .result,
          .usageValue(
            option: SheetColumn.result.rawValue, value: word, allowed: ["保留", "停用"]), number)
      }
    } catch {
      return rejected(.note, error, number)
    }
    let outcome = try self.answer(number, answer, by: session)
    if let refusal = outcome.refusal {
      if refusal == .sessionStepUp { throw refusal }
      return rejected(.item, refusal, number)
    }
    // After the question who may see it: a stranger learns nothing from a guess.
    for column in SheetColumn.fixed {
      guard let text = row.texts[column], !column.isSame(text, item) else { continue }
      // The sheet may be older than what is known now; its numbers say whom it means.
      if try was(column, text, number) { continue }
      return rejected(column, .recertifyRow(column: column.rawValue), number)
    }
    return AnsweredRow(row: row.number, item: number, outcome: .accepted)
  }

  /// Whether a sheet may have been written with what it says of an item.
  private func was(
    _ column: SheetColumn, _ text: String, _ item: ItemID
  ) throws(IAuthError) -> Bool {
    switch column {
    case .agency: try exists(RecertificationTable.wasNamed, item)
    case .code: try exists(RecertificationTable.wasOfCode, item, text)
    case .name: text.isEmpty ? false : try exists(RecertificationTable.wasCalled, item, text)
    case .title: try exists(RecertificationTable.wasTitled, item)
    default: false
    }
  }

  private static var noNumber: RowProblem {
    RowProblem(
      isError: true, column: SheetColumn.item.rawValue, code: ErrorCode.recertifyUnknown.rawValue,
      message: Bilingual(
        "the cell holds no number of an item; each row answers the one that it was written with",
        "此欄非清查編號，每列須保留原清查表之編號"))
  }
}
