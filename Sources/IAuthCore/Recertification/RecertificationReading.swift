// A sheet of answers as it is read: what a person sees in it, on every visible sheet that has the
// header, as `import-batch` reads a form (PRODUCT 4.1, 11.3). An answer that nobody sees, or that a
// program computed, is a problem of its row.

import Sheets
import Values

/// A row of a sheet that answers an item, or tries to.
struct AnswerRow {
  let number: Int
  /// Where several sheets were read.
  var sheet: String?
  /// What stands in each column that the sheet has, folded.
  let texts: [SheetColumn: String]
  /// What is wrong with it, before it is asked whose it is.
  let problem: RowProblem?

  subscript(column: SheetColumn) -> String { texts[column] ?? "" }
}

/// What a file says about the items of a review.
struct AnswerTable {
  private(set) var rows: [AnswerRow] = []
  /// Visible sheets with text that were not read.
  private(set) var unread: [String] = []
  private var positions: [SheetColumn: Int] = [:]
  private var hidden: Set<SheetColumn> = []

  private static let needed: [SheetColumn] = [.item, .result]
  private static let answers: [SheetColumn] = [.item, .result, .note]

  /// - Throws: `sheet.*`, `limit.*`.
  init(_ source: any ByteSource) throws(IAuthError) {
    var reader = try SheetFormat.open(source)
    var sheets = 0
    repeat {
      let name = reader.sheetName
      let found = try findHeader(in: &reader)
      guard found.isHeader else {
        if found.hasText, let name { unread.append(name) }
        continue
      }
      sheets += 1
      while let row = try reader.nextRow() {
        guard !row.isBlank, !isNote(row) else { continue }
        if let fault = row.fault { throw .sheetUnreadable(fault) }
        rows.append(answer(row, on: name))
        guard rows.count <= Limits.workbookRows else { throw .limitRows(max: Limits.workbookRows) }
      }
    } while try reader.nextSheet()
    guard sheets > 0 else {
      throw .sheetHeader(missing: Self.needed.map(\.rawValue), duplicated: [])
    }
    guard !rows.isEmpty else { throw .sheetEmpty }
    if sheets == 1 { for index in rows.indices { rows[index].sheet = nil } }
  }

  /// Reads on until the row that names the columns.
  private mutating func findHeader(
    in reader: inout any SheetReader
  ) throws(IAuthError) -> (isHeader: Bool, hasText: Bool) {
    var hasText = false
    while let row = try reader.nextRow() {
      hasText = hasText || !row.isBlank
      let keys = row.cells.map { FormColumn.key($0) }
      var duplicated: [String] = []
      positions = [:]
      for column in SheetColumn.allCases {
        let key = FormColumn.key(column.rawValue)
        positions[column] = keys.firstIndex(of: key)
        if Self.answers.contains(column), keys.count(where: { $0 == key }) > 1 {
          duplicated.append(column.rawValue)
        }
      }
      guard Self.needed.allSatisfy({ positions[$0] != nil }) else { continue }
      if let fault = row.fault { throw .sheetUnreadable(fault) }
      guard duplicated.isEmpty else { throw .sheetHeader(missing: [], duplicated: duplicated) }
      let columns = reader.hiddenColumns
      hidden = Set(
        [.result, .note].filter { (column: SheetColumn) in
          positions[column].map { place in columns.contains { $0.contains(place) } } ?? false
        })
      return (true, true)
    }
    return (false, hasText)
  }

  private func text(_ column: SheetColumn, of row: SheetRow) -> String {
    guard let place = positions[column], place < row.cells.count else { return "" }
    return Folding.fold(row.cells[place])
  }

  /// Whether a row names no item and answers none: it sums up, or is a line to sign on.
  private func isNote(_ row: SheetRow) -> Bool {
    let (item, result) = (text(.item, of: row), text(.result, of: row))
    guard Int64(item) == nil, result.isEmpty || FormRemark.isRemark(result) else { return false }
    return item.isEmpty || FormRemark.isRemark(item)
  }

  private func answer(_ row: SheetRow, on sheet: String?) -> AnswerRow {
    var texts: [SheetColumn: String] = [:]
    for column in positions.keys { texts[column] = text(column, of: row) }
    var problem: RowProblem?
    if row.isHidden {
      problem = Self.problem(
        .item, ErrorCode.rowHidden.rawValue, "the row is hidden; show it, or delete its answer",
        "此列為隱藏列，請取消隱藏後確認，或清除其填報內容")
    }
    for column in Self.answers {
      guard problem == nil, let place = positions[column] else { continue }
      let covered = row.covered.first { $0.column == place }
      if column == .note, let covered, !covered.isFormula {
        // One reason for all rows that it covers.
        texts[column] = Folding.fold(covered.text)
      } else if covered != nil {
        problem = Self.problem(
          column, "row.merged",
          "the cell is covered by a merged one; undo the merge and fill in each row",
          "儲存格為合併儲存格所覆蓋，請取消合併並逐列填寫")
      }
      if row.formulas.contains(place) {
        problem = Self.problem(
          column, "row.formula", "the cell holds a formula; put its value there",
          "儲存格為公式，請改填其值")
      } else if hidden.contains(column), texts[column]?.isEmpty == false {
        problem = Self.problem(
          column, ErrorCode.rowHidden.rawValue, "the column is hidden; show it, or empty it",
          "此欄為隱藏欄，請取消隱藏後確認，或清除其內容")
      }
    }
    return AnswerRow(number: row.number, sheet: sheet, texts: texts, problem: problem)
  }

  private static func problem(
    _ column: SheetColumn, _ code: String, _ english: String, _ chinese: String
  ) -> RowProblem {
    RowProblem(
      isError: true, column: column.rawValue, code: code, message: Bilingual(english, chinese))
  }
}
