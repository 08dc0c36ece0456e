// The seam of all sheet formats, both ways: rows of text cells, one after another, read with the
// sheet's own row numbers. What a cell means is decided above, so every format gets the same
// checks.

import Values

/// One row of a sheet.
package struct SheetRow: Equatable, Sendable {
  /// The number that a spreadsheet program shows beside the row, from 1.
  package let number: Int
  /// Text of the cells from the first column on; what is not there is empty.
  package let cells: [String]
  /// The columns, from 0, whose cell is a formula: its text is `=` and the formula, never the value
  /// that some program once computed.
  package let formulas: [Int]
  /// What the cell of each of `formulas` shows; nil where the file does not say.
  package let shown: [String?]
  /// Cells of a merge that begins in the same column of a row above.
  package let covered: [CoveredCell]
  /// Whether a person who looks at the sheet does not see the row.
  package let isHidden: Bool
  /// A cell that cannot be read, and is not among `cells`: it is a fault only where the row counts.
  package let fault: SheetProblem?

  package init(
    number: Int, cells: [String], formulas: [Int] = [], shown: [String?] = [],
    covered: [CoveredCell] = [], isHidden: Bool = false, fault: SheetProblem? = nil
  ) {
    self.number = number
    self.cells = cells
    self.formulas = formulas
    self.shown = shown
    self.covered = covered
    self.isHidden = isHidden
    self.fault = fault
  }

  /// Whether no cell holds anything but white space.
  package var isBlank: Bool {
    fault == nil && cells.allSatisfy { $0.unicodeScalars.allSatisfy(\.properties.isWhitespace) }
  }

  /// Whether one of the cells may be an e-mail address.
  var hasAddress: Bool { cells.contains(where: Self.isAddress) }

  static func isAddress(_ text: String) -> Bool {
    text.utf8.contains(UInt8(ascii: "@")) || text.unicodeScalars.contains("＠")
  }

  /// Whether one cell alone holds something.
  package var isAlone: Bool {
    guard fault == nil else { return false }
    var count = 0
    for cell in cells where !cell.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
      count += 1
      if count > 1 { return false }
    }
    return count == 1
  }
}

/// A cell that is covered from above: nothing is read in its place, but what the merge shows may
/// count for its row too.
package struct CoveredCell: Equatable, Sendable {
  package let column: Int
  package let text: String
  package let isFormula: Bool
  /// What a formula shows; nil where the file does not say.
  package let shown: String?
}

package protocol SheetReader {
  /// How many rows a form in this format may have.
  var rowsMax: Int { get }

  /// The name of the sheet that is being read; nil for a text.
  var sheetName: String? { get }

  /// The columns, from 0, that a person who looks at the sheet does not see.
  var hiddenColumns: [ClosedRange<Int>] { get }

  /// The next row, or nil after the last one, whether or not all its cells can be read.
  /// - Throws: `.sheetUnreadable` with the place; the reader is not to be used any further.
  mutating func nextRow() throws(IAuthError) -> SheetRow?

  /// Goes on to the file's next sheet, whatever is left of this one; false if there is none, or
  /// if one sheet was asked for. The rest of the file has been checked then.
  mutating func nextSheet() throws(IAuthError) -> Bool
}

extension SheetReader {
  package var sheetName: String? { nil }
  package var hiddenColumns: [ClosedRange<Int>] { [] }
  package mutating func nextSheet() throws(IAuthError) -> Bool { false }

  /// The next row, of which every cell counts; nil after the last one.
  /// - Throws: `.sheetUnreadable` with the place.
  package mutating func next() throws(IAuthError) -> SheetRow? {
    let row = try nextRow()
    if let fault = row?.fault { throw .sheetUnreadable(fault) }
    return row
  }
}

package protocol SheetWriter {
  /// Adds a row. Cells that would be run as formulas are guarded.
  mutating func write(_ cells: [String]) throws(IAuthError)

  /// Takes out what is ready to be sent on, so that a long sheet need not stand in memory.
  mutating func take() -> [UInt8]

  /// The rest of the file.
  consuming func finish() throws(IAuthError) -> [UInt8]
}
