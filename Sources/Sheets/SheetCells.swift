// What the readers of workbooks have in common: cells by their place, and merged cells, under which
// nothing is read. What a person sees of a merge stands in its first cell; whatever is stored below
// it, nobody can see.

import Values

/// What stands in a cell.
struct CellContent {
  let text: String
  var isFormula = false
  /// What a formula shows; nil where the file does not say.
  var shown: String?

  init(_ text: String) { self.text = text }

  /// A formula; one that shows nothing is an empty cell to whoever looks at the sheet.
  init(formula: String, showing shown: String?) {
    if let shown, Folding.trim(shown).isEmpty {
      text = ""
    } else {
      (text, isFormula, self.shown) = ("=" + formula, true, shown)
    }
  }

  /// Whether nothing stands there that counts in a column so far to the right.
  func isEmpty(in column: Int) -> Bool {
    text.isEmpty
      || column >= Limits.sheetColumns && !isFormula && Folding.trim(text).isEmpty
  }

  /// What makes the cell unreadable: a place or a length that no sheet of people has.
  func fault(at place: SheetPlace) -> SheetProblem? {
    guard place.column < Limits.sheetColumns else { return .tooWide(place) }
    let isShort =
      text.utf8.count <= Limits.sheetCellCharacters
      || text.unicodeScalars.count <= Limits.sheetCellCharacters
    return isShort ? nil : .tooLong(place)
  }
}

/// A cell that is not empty.
struct PlacedCell {
  /// From 0.
  let column: Int
  let content: CellContent

  init(_ content: CellContent, column: Int) {
    (self.content, self.column) = (content, column)
  }
}

/// Merged cells; rows from 1, columns from 0.
struct Merge {
  let rows: ClosedRange<Int>
  let columns: ClosedRange<Int>
  /// What stands in the first cell, once it was read.
  var content = CellContent("")

  /// Reads `A2:C4`; nil for what is no range, or only one cell.
  init?(reference: String) {
    let ends = reference.split(separator: ":", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = CellReference(String(ends[0])),
      let last = CellReference(String(ends[1]))
    else { return nil }
    self.init(rows: (first.row, last.row), columns: (first.column, last.column))
  }

  init?(rows: (Int, Int), columns: (Int, Int)) {
    self.rows = min(rows.0, rows.1)...max(rows.0, rows.1)
    self.columns = min(columns.0, columns.1)...max(columns.0, columns.1)
    guard self.rows.count > 1 || self.columns.count > 1 else { return nil }
  }
}

/// The merges that reach into the row that is being read.
struct ActiveMerges {
  private var active: [Merge] = []

  var isEmpty: Bool { active.isEmpty }

  mutating func removeAll() { active.removeAll() }

  /// - Returns: false for more than can stand beside each other.
  mutating func add(_ merge: Merge) -> Bool {
    if active.count >= Limits.sheetMerges {
      active.removeAll { $0.rows.upperBound < merge.rows.lowerBound }
    }
    active.append(merge)
    return active.count <= Limits.sheetMerges
  }

  /// Takes away the cells of a row that are covered, and says what is shown in their place.
  ///
  /// - Parameter cells: by column.
  mutating func apply(to cells: inout [PlacedCell], row: Int) -> [CoveredCell] {
    guard !active.isEmpty else { return [] }
    active.removeAll { $0.rows.upperBound < row }
    var covered: [CoveredCell] = []
    for index in active.indices {
      let merge = active[index]
      let first = merge.columns.lowerBound
      if row == merge.rows.lowerBound {
        active[index].content =
          cells.first { $0.column == first }?.content ?? CellContent("")
        cells.removeAll { $0.column > first && merge.columns.contains($0.column) }
      } else {
        cells.removeAll { merge.columns.contains($0.column) }
        let content = merge.content
        guard !content.text.isEmpty else { continue }
        covered.append(
          CoveredCell(
            column: first, text: content.text, isFormula: content.isFormula, shown: content.shown))
      }
    }
    return covered
  }
}

extension SheetRow {
  /// A row of cells by column.
  init(
    number: Int, _ placed: [PlacedCell], covered: [CoveredCell], isHidden: Bool,
    fault: SheetProblem?
  ) {
    var cells: [String] = []
    var formulas: [Int] = []
    var shown: [String?] = []
    cells.reserveCapacity((placed.last?.column ?? -1) + 1)
    for cell in placed {
      while cells.count < cell.column { cells.append("") }
      if cell.content.isFormula {
        formulas.append(cell.column)
        shown.append(cell.content.shown)
      }
      cells.append(cell.content.text)
    }
    self.init(
      number: number, cells: cells, formulas: formulas, shown: shown, covered: covered,
      isHidden: isHidden, fault: fault)
  }
}

/// A reference like `AB12`.
struct CellReference {
  /// From 0.
  let column: Int
  /// From 1.
  let row: Int

  /// Nil for what is none; small letters are taken for capital ones.
  init?(_ text: String) {
    var (column, letters, row, digits) = (0, 0, 0, 0)
    for byte in text.utf8 {
      let upper = byte & 0xDF
      if (0x41...0x5A).contains(upper), digits == 0 {
        column = column * 26 + Int(upper) - 0x40
        letters += 1
        guard letters <= 3 else { return nil }
      } else if (0x30...0x39).contains(byte) {
        row = row * 10 + Int(byte) - 0x30
        digits += 1
        guard digits <= 9 else { return nil }
      } else {
        return nil
      }
    }
    guard letters > 0, digits > 0, row > 0 else { return nil }
    (self.column, self.row) = (column - 1, row)
  }
}
