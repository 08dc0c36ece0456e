// The row of a sheet that names its columns. It may stand below any number of titles; where there is
// none, what is told is the row that came nearest, and whether the sheet is a table at all.

import Values

/// What becomes of rows and columns that a person who looks at the sheet does not see.
package enum HiddenRows: String, CaseIterable, Sendable { case refuse, skip, include }

/// The row that names the columns.
package struct FormHeader: Equatable, Sendable {
  /// The name of the sheet; nil for a text.
  package let sheet: String?
  /// The sheet's own number of the header row.
  package let row: Int
  /// The titles as they stand, surrounding white space removed.
  package let titles: [String]
  /// By column; -1 for one that the sheet does not have.
  private var positions: [Int]
  /// Columns that count, and that nobody sees.
  package private(set) var hidden: [FormColumn] = []
  /// Columns that nobody sees, and that are to be passed over.
  private var skipped: [ClosedRange<Int>] = []

  /// The position of a column, from 0; nil if the sheet does not have it.
  package func column(_ column: FormColumn) -> Int? {
    let position = positions[column.rawValue]
    return position < 0 ? nil : position
  }

  /// The title of a column as it stands in the sheet, or the one that iauth writes.
  package func title(of column: FormColumn) -> String {
    self.column(column).map { titles[$0] } ?? column.titles[0]
  }

  /// The titles of what is not read, as they stand.
  package var unread: [String] {
    titles.indices.compactMap { index in
      let title = titles[index]
      let isRead = positions.contains(index) || title.isEmpty
      return isRead || FormColumn(title: title).map(FormColumn.results.contains) == true
        ? nil : title
    }
  }

  /// Reads on until the first row that has all needed columns.
  /// - Parameter above: becomes the people who stand above it, as in a sheet that was sorted with
  ///   its header.
  /// - Throws: `.sheetHeader` if a column stands in it twice; `.sheetHeader` with what the best
  ///   row lacks if there is no such row; `.sheetEmpty` if the sheet has no row at all.
  package static func find(
    in reader: inout any SheetReader, hidden: HiddenRows, above: inout [SheetRow]
  ) throws(IAuthError) -> FormHeader {
    above = []
    var nearest: (row: Int, missing: [FormColumn], found: [String])?
    var seen: Set<FormColumn> = []
    var (pairs, neighbours) = (0, 0)
    var last: [String]?
    while let row = try reader.nextRow() {
      // A row that stands for a million is judged once.
      guard !row.isBlank, row.fault != nil || row.cells != last else { continue }
      last = row.cells
      let (read, duplicated) = read(row, of: reader, hidden)
      let lacks = FormColumn.needed.filter { read.column($0) == nil }
      let found = FormColumn.needed.filter { read.column($0) != nil }
      guard !lacks.isEmpty else {
        if let fault = row.fault { throw .sheetUnreadable(fault) }
        // One that nobody sees is the header only where none is seen.
        var below: [SheetRow] = []
        let better =
          row.isHidden && hidden != .include
          ? try visible(in: &reader, hidden, passing: &below) : nil
        if better != nil { (above, below) = (above + below, []) }
        let (header, repeated) = better ?? (read, duplicated)
        above.removeAll { !FormRow($0, header: header).isPerson }
        above += below
        return try header.whole(repeated, of: reader, hidden)
      }
      if row.hasAddress, above.count < reader.rowsMax { above.append(row) }
      seen.formUnion(found)
      let beside = read.besideTitles
      (pairs, neighbours) = (pairs + beside.values, neighbours + beside.titles)
      let isBetter = lacks.count < nearest?.missing.count ?? .max
      if isBetter { nearest = (row.number, lacks, found.map { read.title(of: $0) }) }
    }
    guard let nearest else { throw .sheetEmpty }
    // Labels stand beside their values, a few in each row, so that no row has most of them; in a
    // header of two rows they stand beside each other.
    let isForm = seen.count >= 3 && nearest.missing.count >= 2 && pairs >= neighbours
    throw .sheetHeader(
      missing: nearest.missing.map { $0.titles[0] }, duplicated: [],
      near: nearest.found.isEmpty
        ? nil
        : HeaderPlace(
          sheet: reader.sheetName, row: nearest.row, found: nearest.found, isForm: isForm))
  }

  /// The header that is seen a few rows farther down, above whatever people are seen.
  ///
  /// - Parameter rows: becomes what was read before it, or in vain.
  private static func visible(
    in reader: inout any SheetReader, _ hidden: HiddenRows, passing rows: inout [SheetRow]
  ) throws(IAuthError) -> (header: FormHeader, duplicated: [String])? {
    while rows.count < rowsBelow, let row = try reader.nextRow() {
      if row.fault == nil, !row.isHidden {
        let found = read(row, of: reader, hidden)
        if FormColumn.needed.allSatisfy({ found.header.column($0) != nil }) { return found }
      }
      rows.append(row)
      if !row.isHidden, row.hasAddress { break }
    }
    return nil
  }

  /// How far below a header that nobody sees the one that is seen may be.
  private static let rowsBelow = 20

  /// A row below that names the columns again: one like it is passed over, and with another one a
  /// table of its own begins.
  ///
  /// - Returns: nil for any other row.
  /// - Throws: `.sheetHeader` if a column stands in it twice.
  func next(
    _ row: SheetRow, of reader: any SheetReader, hidden: HiddenRows
  ) throws(IAuthError) -> FormHeader? {
    // Nearly every row has an address where a header has a title.
    if let place = column(.email), place < row.cells.count,
      row.cells[place].utf8.contains(UInt8(ascii: "@"))
    {
      return nil
    }
    let (header, duplicated) = Self.read(row, of: reader, hidden)
    guard FormColumn.needed.allSatisfy({ header.column($0) != nil }) else { return nil }
    return try header.whole(duplicated, of: reader, hidden)
  }

  /// A header that has every needed column, once.
  private func whole(
    _ duplicated: [String], of reader: any SheetReader, _ hidden: HiddenRows
  ) throws(IAuthError) -> FormHeader {
    guard duplicated.isEmpty else {
      throw .sheetHeader(
        missing: [], duplicated: duplicated,
        near: HeaderPlace(sheet: reader.sheetName, row: row, found: [], isForm: false))
    }
    var header = self
    if hidden == .refuse { header.noteHidden(reader.hiddenColumns) }
    return header
  }

  /// Whether another row has the same titles in the same columns.
  func isSame(as other: FormHeader) -> Bool {
    positions == other.positions && titles == other.titles
  }

  private static func read(
    _ row: SheetRow, of reader: any SheetReader, _ policy: HiddenRows
  ) -> (header: FormHeader, duplicated: [String]) {
    var positions = [Int](repeating: -1, count: FormColumn.allCases.count)
    var others: [FormColumn: [Int]] = [:]
    let isHidden = { (index: Int) in reader.hiddenColumns.contains { $0.contains(index) } }
    for (index, cell) in row.cells.enumerated() {
      guard let column = FormColumn(title: cell), policy != .skip || !isHidden(index) else {
        continue
      }
      if positions[column.rawValue] < 0 {
        positions[column.rawValue] = index
      } else if !FormColumn.results.contains(column) {
        others[column, default: []].append(index)
      }
    }
    var duplicated: [String] = []
    for column in FormColumn.allCases {
      guard let others = others[column] else { continue }
      var all = [positions[column.rawValue]] + others
      // The hidden list beside a form that its cells choose from is no second column of it.
      let seen = all.filter { !isHidden($0) }
      if policy == .refuse, !seen.isEmpty { all = seen }
      if all.count == 1 {
        positions[column.rawValue] = all[0]
        continue
      }
      // A code beside the OID, an extension beside the telephone: only one has the form's own title.
      let listed = all.filter { column.isListed(row.cells[$0]) }
      if listed.count == 1 || column.mayStandTwice {
        positions[column.rawValue] = listed.first ?? all[0]
      } else {
        for title in (listed.isEmpty ? all : listed).map({ trimmed(row.cells[$0]) })
        where !duplicated.contains(title) {
          duplicated.append(title)
        }
      }
    }
    let titles = row.cells.enumerated().map { index, cell in
      policy == .skip && isHidden(index) ? "" : trimmed(cell)
    }
    let header = FormHeader(
      sheet: reader.sheetName, row: row.number, titles: titles, positions: positions,
      skipped: policy == .skip ? reader.hiddenColumns : [])
    return (header, duplicated)
  }

  /// How many titles have a value to their right, and how many another title.
  private var besideTitles: (values: Int, titles: Int) {
    var (values, others) = (0, 0)
    for (title, next) in zip(titles, titles.dropFirst())
    where !next.isEmpty && FormColumn(title: title) != nil {
      if FormColumn(title: next) == nil { values += 1 } else { others += 1 }
    }
    return (values, others)
  }

  var passesOver: Bool { !skipped.isEmpty }

  /// Takes out of a row what stands in columns that are passed over: it is not in its report either.
  func passOver(_ cells: inout [String]) {
    for index in cells.indices where skipped.contains(where: { $0.contains(index) }) {
      cells[index] = ""
    }
  }

  /// Whether a formula in this column is a problem: it counts, and what it shows is not taken.
  func refusesFormula(in position: Int) -> Bool {
    FormColumn.allCases.contains { !$0.allowsFormula && column($0) == position }
  }

  private mutating func noteHidden(_ ranges: [ClosedRange<Int>]) {
    guard !ranges.isEmpty else { return }
    hidden = FormColumn.allCases.filter { column in
      guard !column.allowsFormula, let position = self.column(column) else { return false }
      return ranges.contains { $0.contains(position) }
    }
  }
}

/// Text without surrounding white space of any kind.
func trimmed(_ text: String) -> String {
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
