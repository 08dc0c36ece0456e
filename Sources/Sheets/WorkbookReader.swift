// The rows of an .xlsx sheet. It is read whole before its first row is given: what is merged stands
// behind the cells, and programs write rows and cells in any order. Only what is not empty is kept.
// The place of a cell is what its reference says, and what the sheet says of its own size is not
// believed.

import Values

package struct WorkbookReader: SheetReader {
  private let workbook: Workbook
  private var left: ArraySlice<Workbook.Sheet>
  private let isOne: Bool
  private var sheet: Workbook.Sheet
  private var elements = 0
  private var rows: [Row] = []
  /// Merges by their first row, the last ones first.
  private var merges: [Merge] = []
  private var active = ActiveMerges()
  private var served = 0
  package private(set) var hiddenColumns: [ClosedRange<Int>] = []
  package var rowsMax: Int { Limits.workbookRows }
  package var sheetName: String? { sheet.name }

  private struct Row {
    let number: Int
    var isHidden: Bool
    var cells: [PlacedCell] = []
    /// The first cell that cannot be read, and is left out.
    var fault: SheetProblem?
  }

  /// - Parameter sheet: its name; when nil, the visible sheets one after another.
  /// - Throws: `.usageValue` with the names there are if none is named so.
  package init(_ archive: ZipArchive, sheet name: String?) throws(IAuthError) {
    workbook = try Workbook(archive)
    let chosen = workbook.sheets.filter { name == nil ? !$0.isHidden : $0.name == name }
    guard let first = chosen.first else {
      throw name == nil
        ? .sheetEmpty
        : .usageValue(option: "--sheet", value: name ?? "", allowed: workbook.sheets.map(\.name))
    }
    left = chosen.dropFirst()
    isOne = name != nil
    sheet = first
    try read()
  }

  package mutating func nextRow() throws(IAuthError) -> SheetRow? {
    guard served < rows.count else { return nil }
    let row = rows[served]
    rows[served].cells = []
    served += 1
    while let merge = merges.last, merge.rows.lowerBound <= row.number {
      merges.removeLast()
      guard merge.rows.upperBound >= row.number else { continue }
      guard active.add(merge) else { throw .damaged(sheet.part) }
    }
    var cells = row.cells
    let covered = active.apply(to: &cells, row: row.number)
    return SheetRow(
      number: row.number, cells, covered: covered, isHidden: row.isHidden, fault: row.fault)
  }

  package mutating func nextSheet() throws(IAuthError) -> Bool {
    guard !isOne, let next = left.popFirst() else { return false }
    sheet = next
    try read()
    return true
  }

  // MARK: The part

  /// Reads the part of the sheet.
  private mutating func read() throws(IAuthError) {
    (rows, merges, served, hiddenColumns) = ([], [], 0, [])
    active.removeAll()
    var xml = try workbook.xml(of: sheet, elements: elements)
    guard try xml.next() != nil else { throw xml.fault }
    while let (name, _) = try xml.child() {
      switch name {
      case "cols":
        while let (name, attributes) = try xml.child() {
          if name == "col" { noteColumn(attributes) }
          try xml.skipElement()
        }
      case "sheetData":
        var last = 0
        while let (name, attributes) = try xml.child() {
          if name == "row" {
            try row(attributes, &xml, &last)
          } else {
            try xml.skipElement()
          }
        }
      case "mergeCells":
        while let (name, attributes) = try xml.child() {
          if name == "mergeCell", let merge = attributes["ref"].flatMap(Merge.init(reference:)) {
            merges.append(merge)
          }
          try xml.skipElement()
        }
      default: try xml.skipElement()
      }
    }
    while try xml.next() != nil {}
    elements = xml.elements
    merges.sort { $0.rows.lowerBound > $1.rows.lowerBound }
    arrange()
  }

  /// A merge's first cell may be in a row of which nothing else is kept; and rows that came in
  /// another order, or twice, are put in theirs.
  private mutating func arrange() {
    if zip(rows, rows.dropFirst()).contains(where: { $0.number >= $1.number }) {
      var order = rows.indices.sorted { (rows[$0].number, $0) < (rows[$1].number, $1) }[...]
      var arranged: [Row] = []
      while let index = order.popFirst() {
        let row = rows[index]
        if arranged.last?.number == row.number {
          arranged[arranged.count - 1].cells += row.cells
          if row.isHidden { arranged[arranged.count - 1].isHidden = true }
          if let fault = row.fault { arranged[arranged.count - 1].fault = fault }
        } else {
          arranged.append(row)
        }
      }
      rows = arranged
    }
    for index in rows.indices { Self.arrange(&rows[index].cells) }
  }

  /// Puts cells in the order of their columns; of two in one place, the later one is shown.
  private static func arrange(_ cells: inout [PlacedCell]) {
    guard zip(cells, cells.dropFirst()).contains(where: { $0.column >= $1.column }) else { return }
    var byColumn: [Int: PlacedCell] = [:]
    for cell in cells { byColumn[cell.column] = cell }
    cells = byColumn.values.sorted { $0.column < $1.column }
  }

  private mutating func noteColumn(_ attributes: [XMLReader.Attribute]) {
    guard Self.isTrue(attributes["hidden"]) || attributes["width"].flatMap(Double.init) == 0,
      let first = attributes["min"].flatMap(count), first > 0
    else { return }
    let last = attributes["max"].flatMap(count) ?? first
    if last >= first { hiddenColumns.append((first - 1)...(last - 1)) }
  }

  private mutating func row(
    _ attributes: [XMLReader.Attribute], _ xml: inout XMLReader, _ last: inout Int
  ) throws(IAuthError) {
    guard let number = attributes["r"].map(count) ?? last + 1,
      (1...Limits.workbookRowNumbers).contains(number)
    else { throw xml.fault }
    last = number
    // A sheet's `zeroHeight` hides the rows that are not written, which hold nothing.
    var row = Row(
      number: number,
      isHidden: Self.isTrue(attributes["hidden"]) || attributes["ht"].flatMap(Double.init) == 0)
    var others: [Row] = []
    var column = -1
    while let (name, attributes) = try xml.child() {
      guard name == "c" else {
        try xml.skipElement()
        continue
      }
      var place = SheetPlace(sheet: sheet.name, row: number, column: column + 1)
      if let reference = attributes["r"] {
        guard let named = CellReference(reference), named.row <= Limits.workbookRowNumbers else {
          throw xml.fault
        }
        (place.row, place.column) = (named.row, named.column)
      }
      column = place.column
      let content = try cell(attributes, &xml)
      guard !content.isEmpty(in: column) else { continue }
      let fault = content.fault(at: place)
      let cells = fault == nil ? [PlacedCell(content, column: column)] : []
      if place.row == number {
        row.cells += cells
        if row.fault == nil { row.fault = fault }
      } else {
        others.append(Row(number: place.row, isHidden: false, cells: cells, fault: fault))
      }
    }
    if !row.cells.isEmpty || row.fault != nil { rows.append(row) }
    rows += others
  }

  private func cell(
    _ attributes: [XMLReader.Attribute], _ xml: inout XMLReader
  ) throws(IAuthError) -> CellContent {
    var (value, inline, formula): (String?, String?, String?)
    while let (name, _) = try xml.child() {
      switch name {
      case "v": value = try xml.elementText()
      case "is": inline = try xml.richText()
      case "f": formula = try xml.elementText()
      default: try xml.skipElement()
      }
    }
    var style = attributes["s"].map(count) ?? 0
    if formula != nil, style == nil { style = 0 }
    guard let style else { throw xml.fault }
    let format = style < workbook.formats.count ? workbook.formats[style] : .general
    let type = attributes["t"] ?? "n"
    guard let formula else {
      return CellContent(try shown(type, value ?? "", inline, format, xml.fault))
    }
    // A program that does not compute leaves the value out, or empty; an empty text has its type.
    let isKnown = value.map { !$0.isEmpty || type == "str" } ?? (inline != nil)
    guard isKnown else { return CellContent(formula: formula, showing: nil) }
    let known = try? shown(type, value ?? "", inline, format, xml.fault)
    return CellContent(formula: formula, showing: known)
  }

  /// What a cell shows, which some formats hide.
  private func shown(
    _ type: String, _ value: String, _ inline: String?, _ format: NumberFormat, _ fault: IAuthError
  ) throws(IAuthError) -> String {
    let text = try text(type, value, inline, format, fault)
    if case .nothing(hidesText: true) = format { return "" }
    return text
  }

  /// What is shown of a value.
  private func text(
    _ type: String, _ value: String, _ inline: String?, _ format: NumberFormat, _ fault: IAuthError
  ) throws(IAuthError) -> String {
    if let inline { return inline }
    guard !value.isEmpty else { return "" }
    switch type {
    case "s":
      guard let index = count(Folding.trim(value)), index < workbook.strings.count else {
        throw fault
      }
      return workbook.strings[index]
    case "n":
      let number = Folding.trim(value)
      guard !number.isEmpty else { return "" }
      guard let text = format.text(of: number, isFrom1904: workbook.isFrom1904) else {
        throw fault
      }
      return text
    case "b": return value == "1" || value == "true" ? "TRUE" : "FALSE"
    case "str", "inlineStr": return XMLText.unescaped(value).withLineFeeds
    case "d": return NumberFormat.day(of: value, isTimeShown: format != .date)
    case "e": return value
    default: throw fault
    }
  }

  private static func isTrue(_ value: String?) -> Bool { value == "1" || value == "true" }
}
