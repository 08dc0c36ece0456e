// The rows of an OpenDocument spreadsheet (.ods, ISO/IEC 26300), read as its one content part is
// unpacked. Repeated cells and rows are counted and never multiplied while empty: programs fill a
// sheet to its last row with one element.

import Values

package struct OpenDocumentReader: SheetReader {
  private var xml: XMLReader
  private let chosen: String?
  private var names: [String] = []
  private var styles = OpenDocumentStyles()
  private var isFrom1904 = false
  private var isInside = false
  private var number = 0
  /// Whether each of the groups of rows that are open is shown.
  private var groups: [Bool] = []
  /// The default styles of the columns, each up to a column.
  private var columnStyles: [(end: Int, style: String?)] = []
  private var merges = ActiveMerges()
  /// A row that stands for several, and how many of them are still to come.
  private var repeated: (row: PlacedRow, left: Int, bytes: Int)?
  /// How much room what stands for several cells or rows would take, were each of them written.
  private var repeatedBytes = 0
  package private(set) var hiddenColumns: [ClosedRange<Int>] = []
  package private(set) var sheetName: String?
  package var rowsMax: Int { Limits.workbookRows }

  package static let mimeType = "application/vnd.oasis.opendocument.spreadsheet"

  /// - Parameter sheet: its name; when nil, the visible sheets one after another.
  /// - Throws: `.usageValue` with the names there are if none is named so.
  package init(_ archive: ZipArchive, sheet: String?) throws(IAuthError) {
    if archive.contains("META-INF/manifest.xml") {
      var manifest = XMLReader(try archive.part("META-INF/manifest.xml"))
      while let event = try manifest.next() {
        if case .start("encryption-data", _) = event { throw .unsupported("encrypted") }
      }
    }
    chosen = sheet
    if archive.contains("styles.xml") {
      var xml = XMLReader(try archive.part("styles.xml"))
      guard try xml.next() != nil else { throw xml.fault }
      try Self.find("", in: &xml, &styles)
    }
    xml = XMLReader(try archive.part("content.xml"))
    guard case .start("document-content", _) = try xml.next(),
      try Self.find("body", in: &xml, &styles), try Self.find("spreadsheet", in: &xml, &styles)
    else { throw .sheetUnreadable(.notASheet) }
    guard try startTable() || sheet == nil else {
      throw .usageValue(option: "--sheet", value: sheet ?? "", allowed: names)
    }
  }

  /// Goes on to a child, reading the styles that stand before it.
  @discardableResult
  private static func find(
    _ child: String, in xml: inout XMLReader, _ styles: inout OpenDocumentStyles
  ) throws(IAuthError) -> Bool {
    while let (name, _) = try xml.child() {
      switch name {
      case child: return true
      case "automatic-styles", "styles": try styles.read(&xml)
      default: try xml.skipElement()
      }
    }
    return false
  }

  package mutating func nextRow() throws(IAuthError) -> SheetRow? {
    if let (row, left, bytes) = repeated {
      number += 1
      repeated = left > 1 ? (row, left - 1, bytes) : nil
      try noteRepeated(bytes)
      return placed(row)
    }
    while isInside, let event = try xml.next() {
      switch event {
      case .start("table-row", let attributes):
        if let row = try row(attributes) { return row }
      case .start("table-row-group", let attributes):
        groups.append(attributes["display"] != "false")
      case .end("table-row-group"): _ = groups.popLast()
      case .start("table-header-rows", _), .start("table-rows", _), .start("table-columns", _),
        .start("table-header-columns", _), .start("table-column-group", _):
        break
      case .start("table-column", let attributes):
        try column(attributes)
        try xml.skipElement()
      case .start: try xml.skipElement()
      case .end("table"): isInside = false
      case .end, .text: break
      }
    }
    return nil
  }

  package mutating func nextSheet() throws(IAuthError) -> Bool {
    repeated = nil
    while try nextRow() != nil { repeated = nil }
    guard chosen == nil else {
      while try xml.next() != nil {}
      return false
    }
    return try startTable()
  }

  /// Goes on to the next table, or the one that was asked for.
  private mutating func startTable() throws(IAuthError) -> Bool {
    while let event = try xml.next() {
      guard case .start(let element, let attributes) = event else { continue }
      if element == "calculation-settings" {
        while let (name, attributes) = try xml.child() {
          if name == "null-date" { isFrom1904 = attributes["date-value"] == "1904-01-01" }
          try xml.skipElement()
        }
        continue
      }
      let name = attributes["name"] ?? ""
      if element == "table" { names.append(name) }
      let isHidden = styles.isHidden(attributes["style-name"])
      if element == "table", chosen == nil ? !isHidden : chosen == name {
        (isInside, number, sheetName) = (true, 0, name)
        (groups, columnStyles, hiddenColumns) = ([], [], [])
        merges.removeAll()
        return true
      }
      try xml.skipElement()
    }
    return false
  }

  private mutating func column(_ attributes: [XMLReader.Attribute]) throws(IAuthError) {
    let start = columnStyles.last?.end ?? 0
    let times = try repetitions(attributes, "number-columns-repeated")
    guard columnStyles.count < 1 << 16, times <= 1 << 20 else { throw xml.fault }
    columnStyles.append((start + times, attributes["default-cell-style-name"]))
    let isHidden =
      ["collapse", "filter"].contains(attributes["visibility"])
      || styles.isHidden(attributes["style-name"])
    if isHidden { hiddenColumns.append(start...(start + times - 1)) }
  }

  /// A row with what stands in it; nil for one in which nothing does.
  private mutating func row(
    _ attributes: [XMLReader.Attribute]
  ) throws(IAuthError) -> SheetRow? {
    let times = try repetitions(attributes, "number-rows-repeated")
    let isHidden =
      ["collapse", "filter"].contains(attributes["visibility"]) || groups.contains(false)
      || styles.isHidden(attributes["style-name"])
    let rowStyle = attributes["default-cell-style-name"]
    var row = PlacedRow(isHidden: isHidden)
    var column = 0
    while let (name, attributes) = try xml.child() {
      guard name == "table-cell" || name == "covered-table-cell" else {
        try xml.skipElement()
        continue
      }
      let width = try repetitions(attributes, "number-columns-repeated")
      defer { column += width }
      guard name == "table-cell" else {
        try xml.skipElement()
        continue
      }
      let style = attributes["style-name"] ?? rowStyle ?? columnStyle(column)
      let content = try cell(attributes, style)
      guard !content.isEmpty(in: column) else { continue }
      try span(attributes, column)
      let last = SheetPlace(sheet: sheetName, row: number + 1, column: column + width - 1)
      if let fault = content.fault(at: last) {
        if row.fault == nil { row.fault = fault }
        continue
      }
      try noteRepeated((width - 1) * Self.room(of: content))
      for column in column...last.column { row.cells.append(PlacedCell(content, column: column)) }
    }
    guard times <= Limits.workbookRowNumbers - number else { throw xml.fault }
    guard !row.cells.isEmpty || row.fault != nil else {
      number += times
      return nil
    }
    number += 1
    let bytes = row.cells.reduce(Self.cellBytes) { $0 + Self.room(of: $1.content) }
    repeated = times > 1 ? (row, times - 1, bytes) : nil
    return placed(row)
  }

  /// What a cell takes in a file at the least, beside its text.
  private static let cellBytes = 16

  private static func room(of content: CellContent) -> Int {
    content.text.utf8.count + cellBytes
  }

  /// Counts what is repeated as if it were written: a few bytes may stand for a billion cells.
  private mutating func noteRepeated(_ bytes: Int) throws(IAuthError) {
    repeatedBytes += bytes
    guard repeatedBytes <= Limits.workbookUnpackedBytes else {
      throw .limitBytes(max: Limits.workbookUnpackedBytes)
    }
  }

  private struct PlacedRow {
    let isHidden: Bool
    var cells: [PlacedCell] = []
    /// The first cell that cannot be read, and is left out.
    var fault: SheetProblem?
  }

  private mutating func placed(_ row: PlacedRow) -> SheetRow {
    var cells = row.cells
    let covered = merges.apply(to: &cells, row: number)
    return SheetRow(
      number: number, cells, covered: covered, isHidden: row.isHidden, fault: row.fault)
  }

  /// Notes what a cell covers.
  private mutating func span(
    _ attributes: [XMLReader.Attribute], _ column: Int
  ) throws(IAuthError) {
    guard
      attributes["number-columns-spanned"] != nil || attributes["number-rows-spanned"] != nil
    else { return }
    let columns = try repetitions(attributes, "number-columns-spanned")
    let rows = try repetitions(attributes, "number-rows-spanned")
    let row = number + 1
    guard
      let merge = Merge(rows: (row, row + rows - 1), columns: (column, column + columns - 1))
    else { return }
    guard column < Limits.sheetColumns else { return }
    guard merges.add(merge) else { throw xml.fault }
  }

  private func columnStyle(_ column: Int) -> String? {
    // A sheet has few runs of columns.
    columnStyles.first { column < $0.end }?.style
  }

  private func repetitions(
    _ attributes: [XMLReader.Attribute], _ name: String
  ) throws(IAuthError) -> Int {
    guard let text = attributes[name] else { return 1 }
    guard let times = count(text), times > 0 else { throw xml.fault }
    return times
  }

  private mutating func cell(
    _ attributes: [XMLReader.Attribute], _ style: String?
  ) throws(IAuthError) -> CellContent {
    var shown: String?
    while let (name, _) = try xml.child() {
      guard name == "p" else {
        try xml.skipElement()
        continue
      }
      let paragraph = try paragraph()
      shown = shown.map { $0 + "\n" + paragraph } ?? paragraph
      guard shown?.utf8.count ?? 0 <= Limits.xmlTextBytes else { throw xml.fault }
    }
    if let formula = attributes["formula"] {
      // A program that does not compute leaves the value out.
      guard attributes["value-type"] != nil || shown != nil else {
        return CellContent(formula: formula, showing: nil)
      }
      let known = try? text(attributes, shown ?? "", style)
      return CellContent(formula: formula, showing: known)
    }
    return CellContent(try text(attributes, shown ?? "", style))
  }

  /// What is read of a value and the text beside it.
  private mutating func text(
    _ attributes: [XMLReader.Attribute], _ shown: String, _ style: String?
  ) throws(IAuthError) -> String {
    switch attributes["value-type"] {
    case "float", "percentage", "currency":
      guard let value = attributes["value"] else { return shown }
      let format = styles.format(of: style)
      guard let number = Self.number(value, shown, format, isFrom1904: isFrom1904) else {
        throw xml.fault
      }
      return number
    case "date":
      let isTimeShown = shown.isEmpty || [":", "：", "時", "點"].contains { shown.contains($0) }
      return attributes["date-value"].map { NumberFormat.day(of: $0, isTimeShown: isTimeShown) }
        ?? shown
    default: return attributes["string-value"] ?? shown
    }
  }

  /// What a number is read as: what its cell shows, if that is the number with zeros in front or
  /// something between its digits, by its style or by the text that the program wrote beside it.
  private static func number(
    _ value: String, _ shown: String, _ format: NumberFormat, isFrom1904: Bool
  ) -> String? {
    guard let plain = NumberFormat.general.text(of: value, isFrom1904: false) else { return nil }
    var styled: String?
    switch format {
    case .date, .dateTime, .nothing: return format.text(of: value, isFrom1904: isFrom1904)
    case .pattern: styled = format.text(of: value, isFrom1904: false)
    case .general: break
    }
    let isWhole = plain.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isWhole,
      digits(shown).drop(while: { $0 == 0x30 }).elementsEqual(
        digits(plain).drop(while: { $0 == 0x30 }))
    else { return styled ?? plain }
    if let styled, digits(styled).count > digits(shown).count { return styled }
    let isGrouped = shown.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }
    return isGrouped ? String(decoding: digits(shown), as: UTF8.self) : shown
  }

  private static func digits(_ text: String) -> [UInt8] {
    text.utf8.filter { (0x30...0x39).contains($0) }
  }

  /// The text of a paragraph that has just started, up to its end; notes inside it left out, and
  /// white space as it is shown: a run of it is one space, and none stands at either end (ODF 6.1.2).
  private mutating func paragraph() throws(IAuthError) -> String {
    var (text, depth) = ("", 1)
    var isAfterSpace = true
    while depth > 0 {
      guard let event = try xml.next() else { throw xml.fault }
      switch event {
      case .text(let run):
        for scalar in run.unicodeScalars {
          let isSpace = [" ", "\t", "\n", "\r"].contains(scalar)
          if !isSpace {
            text.unicodeScalars.append(scalar)
          } else if !isAfterSpace {
            text.unicodeScalars.append(" ")
          }
          isAfterSpace = isSpace
        }
      case .start("s", let attributes):
        let spaces = try repetitions(attributes, "c")
        guard spaces <= Limits.sheetCellBytes else { throw xml.fault }
        text += String(repeating: " ", count: spaces)
        depth += 1
        isAfterSpace = false
      case .start("tab", _), .start("line-break", _):
        if case .start("tab", _) = event { text += "\t" } else { text += "\n" }
        depth += 1
        isAfterSpace = true
      case .start("annotation", _), .start("note", _), .start("ruby-text", _):
        try xml.skipElement()
      case .start: depth += 1
      case .end: depth -= 1
      }
      guard text.utf8.count <= Limits.xmlTextBytes else { throw xml.fault }
    }
    if isAfterSpace, text.utf8.last == UInt8(ascii: " ") { text.removeLast() }
    return text
  }
}
