// A file read as a form: on every sheet that a person sees, the header is found below any number of
// title rows, and every row after it can be asked by column. Rows with no value in the needed
// columns are notes.

import Values

/// One row below the header.
package struct FormRow: Sendable {
  /// The sheet's own row number, from 1.
  package let number: Int
  /// Every cell as it stands, in the order of the header's titles, guards against formulas taken
  /// off, and what a merge shows in its place; for the report.
  package let cells: [String]
  package let header: FormHeader
  /// Whether a person who looks at the sheet does not see the row.
  package let isHidden: Bool
  /// Columns whose cell is a formula, and has the formula's text: what it shows is not taken.
  private let formulaCells: [Int]
  /// Columns that a merge covers from above.
  private let covered: [Int]

  package init(_ row: SheetRow, header: FormHeader) {
    number = row.number
    isHidden = row.isHidden
    var cells = row.cells
    for index in cells.indices where cells[index].utf8.first == UInt8(ascii: "'") {
      cells[index] = FormulaGuard.unguarded(cells[index])
    }
    var formulas: [Int] = []
    for (index, column) in row.formulas.enumerated() {
      let shown = index < row.shown.count ? row.shown[index] : nil
      if !Self.take(shown, in: column, of: header, &cells) { formulas.append(column) }
    }
    for cover in row.covered {
      let counts = FormColumn.allCases.contains {
        $0.countsWhenMerged && header.column($0) == cover.column
      }
      guard counts else { continue }
      while cells.count <= cover.column { cells.append("") }
      cells[cover.column] = cover.text
      guard cover.isFormula else { continue }
      if !Self.take(cover.shown, in: cover.column, of: header, &cells) {
        formulas.append(cover.column)
      }
    }
    if header.passesOver { header.passOver(&cells) }
    self.cells = cells
    self.header = header
    formulaCells = formulas
    covered = row.covered.map(\.column)
  }

  /// Puts what a formula shows in its place; false if none may stand in the column, or if the file
  /// does not say.
  private static func take(
    _ shown: String?, in column: Int, of header: FormHeader, _ cells: inout [String]
  ) -> Bool {
    guard let shown else { return false }
    cells[column] = shown
    return !header.refusesFormula(in: column)
  }

  /// The text of a column, trimmed, radicals as the characters that they stand for; empty if the
  /// cell is, or if the sheet has no such column.
  package subscript(_ column: FormColumn) -> String {
    guard let position = header.column(column), position < cells.count,
      !(column.allowsFormula && formulaCells.contains(position))
    else { return "" }
    return Radicals.folded(trimmed(cells[position]))
  }

  /// The columns with a formula where only a value will do: what it would compute is not known
  /// here, and the value beside it need not be what the clerk saw.
  package var formulas: [FormColumn] {
    guard !formulaCells.isEmpty else { return [] }
    return FormColumn.allCases.filter { column in
      !column.allowsFormula && header.column(column).map(formulaCells.contains) ?? false
    }
  }

  /// Whether the agency's name is a formula of which the file does not say what it shows.
  package var hasUnknownAgencyName: Bool {
    !formulaCells.isEmpty && header.column(.agencyName).map(formulaCells.contains) ?? false
  }

  /// The columns in which a merge shows what would count for this row, if it were its own.
  package var merged: [FormColumn] { covered(where: \.misleadsWhenMerged) }

  /// The columns in which a merge shows what this row does not get.
  package var lost: [FormColumn] { covered(where: \.isLostWhenMerged) }

  private func covered(where counts: (FormColumn) -> Bool) -> [FormColumn] {
    guard !covered.isEmpty else { return [] }
    return FormColumn.allCases.filter { column in
      counts(column) && header.column(column).map(covered.contains) ?? false
    }
  }

  /// Whether it has no code, name, e-mail and mobile: those cells are empty, or hold a remark; or
  /// whether it sums up, and has not all four.
  package var isNote: Bool {
    guard FormColumn.needed.contains(where: isValue) else { return true }
    // What a merge shows is no beginning of the row's own.
    let first = cells.indices.first { !cells[$0].isEmpty && !covered.contains($0) }
    guard let first, FormRemark.isSum(cells[first]) else { return false }
    return !FormColumn.needed.allSatisfy(isValue)
  }

  /// Whether a row with one text has one that its column asks for: part of a row, and no title above
  /// another table.
  var isPart: Bool {
    let digits = { (text: String) in
      text.unicodeScalars.filter { $0.properties.generalCategory == .decimalNumber }
    }
    return digits(self[.mobile]).count >= 6 || SheetRow.isAddress(self[.email])
      || digits(self[.agencyCode]).count >= 6
      || FormRemark.isPerson(self[.name])
  }

  /// Whether a row above the header is one all the same: it has all four, and is no sample.
  var isPerson: Bool {
    let first = cells.first { !trimmed($0).isEmpty } ?? ""
    return FormColumn.needed.allSatisfy(isValue) && SheetRow.isAddress(self[.email])
      && !FormRemark.isSample(first)
  }

  /// Whether a needed column has a value of the row's own.
  private func isValue(_ column: FormColumn) -> Bool {
    let text = self[column]
    if text.isEmpty || FormRemark.isRemark(text) { return false }
    return covered.isEmpty || !(header.column(column).map(covered.contains) ?? false)
  }
}

/// A visible sheet with text that is not read.
package struct UnreadSheet: Equatable, Sendable {
  package let name: String
  /// What its header lacks, if it has most of one.
  package let missing: [String]

  fileprivate init(_ name: String, _ error: IAuthError? = nil) {
    self.name = name
    guard case .sheetHeader(let missing, _, let near) = error, near?.isForm == false,
      missing.count <= 2
    else {
      self.missing = []
      return
    }
    self.missing = missing
  }
}

/// The form that a file holds: on each sheet its header, then its rows one after another.
package struct FormSheet {
  /// The header of the sheet that is being read.
  package private(set) var header: FormHeader
  /// The headers of the sheets that were read so far.
  package private(set) var headers: [FormHeader]
  /// The visible sheets with text that are not read.
  package private(set) var unread: [UnreadSheet] = []
  private var reader: any SheetReader
  private let hidden: HiddenRows
  private let isChosen: Bool
  private var count = 0
  /// Rows that were looked at to find a header below them.
  private var ahead: [SheetRow] = []

  /// Finds the header on the first sheet of the file that has one.
  ///
  /// - Parameters:
  ///   - isChosen: whether the sheet was asked for by its name.
  ///   - hidden: what becomes of hidden rows; of those that are refused, the caller is told.
  /// - Throws: as `FormHeader.find` for the sheet that comes nearest, if none has the form.
  package init(
    _ reader: any SheetReader, isChosen: Bool = false, hidden: HiddenRows = .refuse
  ) throws(IAuthError) {
    var reader = reader
    var nearest: IAuthError?
    var samples: [String] = []
    var unread: [UnreadSheet] = []
    while true {
      let name = reader.sheetName
      var problem: IAuthError?
      do throws(IAuthError) {
        header = try FormHeader.find(in: &reader, hidden: hidden, above: &ahead)
        guard !isChosen, let name, Self.isSample(name) else {
          headers = [header]
          (self.reader, self.isChosen, self.hidden) = (reader, isChosen, hidden)
          self.unread = unread
          return
        }
        samples.append(name)
      } catch {
        if error.isOtherSheet {
          problem = error
        } else if !isChosen, let name, Self.isSample(name), error.isOfOneSheet {
          samples.append(name)
        } else {
          throw error
        }
      }
      if let name, problem != .sheetEmpty { unread.append(UnreadSheet(name, problem)) }
      if let problem, problem.isNearer(than: nearest) { nearest = problem }
      guard try reader.nextSheet() else { throw (nearest ?? .sheetEmpty).naming(samples) }
    }
  }

  /// The next row that is no note, from whichever sheet.
  /// - Throws: `.limitRows` beyond the reader's `rowsMax`, `.sheetEmpty` if there was none at all.
  package mutating func next() throws(IAuthError) -> FormRow? {
    repeat {
      while let row = try takeRow() {
        if row.isHidden, hidden == .skip { continue }
        if let fault = row.fault { throw .sheetUnreadable(fault) }
        if let again = try header.next(row, of: reader, hidden: hidden) {
          if again.isSame(as: header) { continue }
          // One that nobody sees changes nothing of what is seen below it; it is refused as a row.
          if !row.isHidden || hidden == .include {
            header = again
            headers.append(again)
            continue
          }
        }
        let line = row
        let row = FormRow(line, header: header)
        if line.isAlone, !row.isPart, try isTitle() { continue }
        guard !row.isNote else { continue }
        count += 1
        guard count <= reader.rowsMax else { throw .limitRows(max: reader.rowsMax) }
        return row
      }
    } while try goOn()
    guard count > 0 else { throw .sheetEmpty }
    return nil
  }

  private mutating func takeRow() throws(IAuthError) -> SheetRow? {
    ahead.isEmpty ? try reader.nextRow() : ahead.removeFirst()
  }

  /// Whether a line with one text, which was just taken, is a title above another table's header.
  private mutating func isTitle() throws(IAuthError) -> Bool {
    var seen: [SheetRow] = []
    while seen.count < Self.titleLines, let row = try takeRow() {
      seen.append(row)
      if row.fault == nil, try header.next(row, of: reader, hidden: hidden) != nil {
        ahead = [row] + ahead
        return true
      }
      guard row.isBlank || row.isAlone else { break }
    }
    ahead = seen + ahead
    return false
  }

  /// How far below a title its header may be.
  private static let titleLines = 6

  /// Goes on to the next sheet that has a header.
  private mutating func goOn() throws(IAuthError) -> Bool {
    while try reader.nextSheet() {
      do throws(IAuthError) {
        let found = try FormHeader.find(in: &reader, hidden: hidden, above: &ahead)
        guard !Self.isSample(reader.sheetName) else {
          ahead = []
          unread.append(UnreadSheet(reader.sheetName ?? ""))
          continue
        }
        header = found
        headers.append(found)
        return true
      } catch {
        guard
          error.isOtherSheet || Self.isSample(reader.sheetName) && error.isOfOneSheet
        else { throw error }
        guard error != .sheetEmpty, let name = reader.sheetName else { continue }
        unread.append(UnreadSheet(name, Self.isSample(name) ? nil : error))
      }
    }
    return false
  }

  /// Whether a sheet of this name shows how to fill in another.
  private static func isSample(_ name: String?) -> Bool {
    guard let name else { return false }
    let key = FormColumn.key(name, dropping: "*※-_:()【】[]0123456789.、")
    return key.contains("範例") || samples.contains(key)
      || samples.prefix(9).contains { key.utf8.suffix($0.utf8.count).elementsEqual($0.utf8) }
      || beginnings.contains { key.utf8.starts(with: $0.utf8) }
  }

  private static let samples = [
    "範本", "填寫範本", "示例", "樣張", "template",
    "填寫說明", "填表說明", "填報說明", "使用說明", "說明", "樣本", "注意事項", "填表須知", "填寫須知",
    "sample", "samples", "example", "examples", "instructions", "instruction", "readme",
    "示範", "舉例", "例", "样本", "示意", "填寫參考", "參考", "demo", "help", "howto", "howtofill", "guide",
  ]
  private static let beginnings = ["sample", "example", "示範", "demo"]
}

extension IAuthError {
  /// Whether the sheet is merely not the one with the form.
  fileprivate var isOtherSheet: Bool {
    switch self {
    case .sheetEmpty: true
    case .sheetHeader(_, let duplicated, _): duplicated.isEmpty
    default: false
    }
  }

  /// Whether it is of the sheet alone, so that the next one can be read.
  fileprivate var isOfOneSheet: Bool {
    switch self {
    case .sheetHeader, .sheetUnreadable(.tooWide), .sheetUnreadable(.tooLong): true
    default: false
    }
  }

  /// Whether a sheet lacks less of a header than another one.
  fileprivate func isNearer(than other: IAuthError?) -> Bool {
    guard case .sheetHeader(let missing, _, _) = self else { return other == nil }
    guard case .sheetHeader(let others, _, _) = other else { return true }
    return missing.count < others.count
  }

  /// The same, with the sheets that have a header and are not read.
  fileprivate func naming(_ samples: [String]) -> IAuthError {
    guard !samples.isEmpty else { return self }
    var place = HeaderPlace(sheet: nil, row: 0, found: [], isForm: false)
    var (missing, duplicated): ([String], [String]) = ([], [])
    if case .sheetHeader(let lacks, let twice, let near) = self {
      (missing, duplicated) = (lacks, twice)
      if let near { place = near }
    }
    place.samples = samples
    return .sheetHeader(missing: missing, duplicated: duplicated, near: place)
  }
}
