// A sheet read as a form: the header is found below any number of title rows, and every row after
// it can be asked by column. Rows with no value in the needed columns are notes.

import Values

/// The row that names the columns.
package struct FormHeader: Equatable, Sendable {
  /// The sheet's own number of the header row.
  package let row: Int
  /// The titles as they stand, surrounding white space removed.
  package let titles: [String]
  /// By column; -1 for one that the sheet does not have.
  private let positions: [Int]

  /// The position of a column, from 0; nil if the sheet does not have it.
  package func column(_ column: FormColumn) -> Int? {
    let position = positions[column.rawValue]
    return position < 0 ? nil : position
  }

  /// The title of a column as it stands in the sheet, or the one that iauth writes.
  package func title(of column: FormColumn) -> String {
    self.column(column).map { titles[$0] } ?? column.titles[0]
  }

  /// Reads on until the first row that has all needed columns.
  /// - Throws: `.sheetHeader` if a column stands in it twice; `.sheetHeader` with what the best
  ///   row lacks if there is no such row; `.sheetEmpty` if the sheet has no row at all.
  package static func find(in reader: inout any SheetReader) throws(IAuthError) -> FormHeader {
    var missing: [FormColumn]?
    while let row = try reader.next() {
      guard !row.isBlank else { continue }
      let (header, duplicated) = read(row)
      let lacks = FormColumn.needed.filter { header.column($0) == nil }
      guard !lacks.isEmpty else {
        guard duplicated.isEmpty else { throw .sheetHeader(missing: [], duplicated: duplicated) }
        return header
      }
      let isBetter = lacks.count < missing?.count ?? .max
      if isBetter { missing = lacks }
    }
    guard let missing else { throw .sheetEmpty }
    throw .sheetHeader(missing: missing.map { $0.titles[0] }, duplicated: [])
  }

  private static func read(_ row: SheetRow) -> (header: FormHeader, duplicated: [String]) {
    var positions = [Int](repeating: -1, count: FormColumn.allCases.count)
    var duplicated: [String] = []
    for (index, cell) in row.cells.enumerated() {
      guard let column = FormColumn(title: cell) else { continue }
      if positions[column.rawValue] < 0 {
        positions[column.rawValue] = index
      } else if !FormColumn.results.contains(column) {
        duplicated.append(trimmed(cell))
      }
    }
    let header = FormHeader(row: row.number, titles: row.cells.map(trimmed), positions: positions)
    return (header, duplicated)
  }
}

/// One row below the header.
package struct FormRow: Sendable {
  /// The sheet's own row number, from 1.
  package let number: Int
  /// Every cell as it stands, in the order of the header's titles, guards against formulas taken
  /// off; for the report.
  package let cells: [String]
  private let header: FormHeader
  private let formulaCells: [Int]

  package init(_ row: SheetRow, header: FormHeader) {
    number = row.number
    formulaCells = row.formulas
    var cells = row.cells
    for index in cells.indices where cells[index].utf8.first == UInt8(ascii: "'") {
      cells[index] = FormulaGuard.unguarded(cells[index])
    }
    self.cells = cells
    self.header = header
  }

  /// The text of a column, trimmed; empty if the cell is, or if the sheet has no such column.
  package subscript(_ column: FormColumn) -> String {
    guard let position = header.column(column), position < cells.count,
      !(column.allowsFormula && formulaCells.contains(position))
    else { return "" }
    return trimmed(cells[position])
  }

  /// The columns with a formula where only a value will do: what it would compute is not known
  /// here, and the value beside it need not be what the clerk saw.
  package var formulas: [FormColumn] {
    guard !formulaCells.isEmpty else { return [] }
    return FormColumn.allCases.filter { column in
      !column.allowsFormula && header.column(column).map(formulaCells.contains) ?? false
    }
  }

  /// Whether it has no code, name, e-mail and mobile: those cells are empty, or hold a remark.
  package var isNote: Bool {
    FormColumn.needed.allSatisfy { column in
      let text = self[column]
      return text.isEmpty || FormRemark.isRemark(text)
    }
  }
}

/// The form that a sheet holds: its header, then its rows one after another.
package struct FormSheet {
  package let header: FormHeader
  private var reader: any SheetReader
  private var count = 0

  /// Finds the header, on the first sheet of the file that has one.
  ///
  /// - Throws: as `FormHeader.find` for the first sheet, if no other has the form either.
  package init(_ reader: any SheetReader) throws(IAuthError) {
    var reader = reader
    var first: IAuthError?
    while true {
      do throws(IAuthError) {
        header = try FormHeader.find(in: &reader)
        self.reader = reader
        return
      } catch {
        guard error.isOtherSheet else { throw error }
        first = first ?? error
        guard try reader.nextSheet() else { throw first ?? error }
      }
    }
  }

  /// The next row that is no note.
  /// - Throws: `.limitRows` beyond the reader's `rowsMax`, `.sheetEmpty` if there was none at all.
  package mutating func next() throws(IAuthError) -> FormRow? {
    while let row = try reader.next() {
      let row = FormRow(row, header: header)
      guard !row.isNote else { continue }
      count += 1
      guard count <= reader.rowsMax else { throw .limitRows(max: reader.rowsMax) }
      return row
    }
    // Damage may show only at the end of the file, long after the last row of the form.
    while try reader.nextSheet() {}
    guard count > 0 else { throw .sheetEmpty }
    return nil
  }
}

extension IAuthError {
  /// Whether the sheet is merely not the one with the form.
  fileprivate var isOtherSheet: Bool {
    switch self {
    case .sheetEmpty: true
    case .sheetHeader(_, let duplicated): duplicated.isEmpty
    default: false
    }
  }
}

/// Text without surrounding white space of any kind.
private func trimmed(_ text: String) -> String {
  // Nearly every cell starts and ends with visible ASCII or a Han character (lead byte 0xE4 and
  // above); the exact way costs ten times as much.
  if let first = text.utf8.first, let last = text.unicodeScalars.last,
    (0x21...0x7E).contains(first) || (0xE4...0xEE).contains(first),
    (0x21...0x7E).contains(last.value) || (0x3400...0xDFFF).contains(last.value)
  {
    return text
  }
  return Folding.trim(text)
}
