// The rows of an OpenDocument spreadsheet (.ods, ISO/IEC 26300), read as its one content part is
// unpacked. Repeated cells and rows are counted and never multiplied while empty: programs fill a
// sheet to its last row with one element.

import Values

package struct OpenDocumentReader: SheetReader {
  private var xml: XMLReader
  private let chosen: String?
  private var names: [String] = []
  /// The table styles that are not shown.
  private var hiddenStyles: Set<String> = []
  private var isInside = false
  private var number = 0
  private var filled = 0
  /// A row that stands for several, and how many of them are still to come.
  private var repeated: (row: SheetRow, left: Int)?
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
    xml = XMLReader(try archive.part("content.xml"))
    chosen = sheet
    var style = ""
    prologue: while let event = try xml.next() {
      guard case .start(let name, let attributes) = event else { continue }
      switch name {
      case "spreadsheet": break prologue
      case "document-content", "body", "automatic-styles": break
      case "style": style = attributes["name"] ?? ""
      case "table-properties":
        if attributes["display"] == "false" { hiddenStyles.insert(style) }
      default: try xml.skipElement()
      }
    }
    guard try startTable() || sheet == nil else {
      throw .usageValue(option: "--sheet", value: sheet ?? "", allowed: names)
    }
  }

  package mutating func next() throws(IAuthError) -> SheetRow? {
    if let (row, left) = repeated {
      number += 1
      repeated = left > 1 ? (row, left - 1) : nil
      try countRow()
      return SheetRow(number: number, cells: row.cells, formulas: row.formulas)
    }
    while isInside, let event = try xml.next() {
      switch event {
      case .start("table-row", let attributes): return try row(attributes)
      case .start("table-row-group", _), .start("table-header-rows", _), .start("table-rows", _):
        break
      case .start: try xml.skipElement()
      case .end("table"): isInside = false
      case .end, .text: break
      }
    }
    return nil
  }

  package mutating func nextSheet() throws(IAuthError) -> Bool {
    repeated = nil
    while try next() != nil { repeated = nil }
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
      let name = attributes["name"] ?? ""
      if element == "table" { names.append(name) }
      let isHidden = hiddenStyles.contains(attributes["style-name"] ?? "")
      if element == "table", chosen == nil ? !isHidden : chosen == name {
        (isInside, number) = (true, 0)
        return true
      }
      try xml.skipElement()
    }
    return false
  }

  private mutating func row(_ attributes: [XMLReader.Attribute]) throws(IAuthError) -> SheetRow {
    let times = try repetitions(attributes, "number-rows-repeated")
    var cells: [String] = []
    var formulas: [Int] = []
    var column = 0
    loop: while true {
      switch try xml.next() {
      case .start("table-cell", let attributes), .start("covered-table-cell", let attributes):
        let width = try repetitions(attributes, "number-columns-repeated")
        let (text, isFormula) = try cell(attributes)
        defer { column += width }
        guard !text.isEmpty else { continue }
        guard column + width <= Limits.sheetColumns else { throw .unsupported("columns") }
        while cells.count < column { cells.append("") }
        for _ in 0..<width {
          if isFormula { formulas.append(cells.count) }
          cells.append(text)
        }
      case .start: try xml.skipElement()
      case .text: break
      case .end: break loop
      case nil: throw xml.fault
      }
    }
    guard times <= Limits.workbookRowNumbers - number else { throw xml.fault }
    if cells.isEmpty {
      number += times
      return SheetRow(number: number, cells: [])
    }
    number += 1
    try countRow()
    let row = SheetRow(number: number, cells: cells, formulas: formulas)
    repeated = times > 1 ? (row, times - 1) : nil
    return row
  }

  private mutating func countRow() throws(IAuthError) {
    filled += 1
    // Titles and remarks are no rows of the form, which are counted above.
    guard filled <= Limits.workbookRows + Limits.workbookOtherRows else {
      throw .limitRows(max: Limits.workbookRows)
    }
  }

  private func repetitions(
    _ attributes: [XMLReader.Attribute], _ name: String
  ) throws(IAuthError) -> Int {
    guard let text = attributes[name] else { return 1 }
    guard let times = count(text), times > 0 else { throw xml.fault }
    return times
  }

  private mutating func cell(
    _ attributes: [XMLReader.Attribute]
  ) throws(IAuthError) -> (text: String, isFormula: Bool) {
    var paragraphs: [String] = []
    loop: while true {
      switch try xml.next() {
      case .start("p", _): paragraphs.append(try paragraph())
      case .start: try xml.skipElement()
      case .text: break
      case .end: break loop
      case nil: throw xml.fault
      }
    }
    if let formula = attributes["formula"] { return ("=" + formula, true) }
    let shown = paragraphs.joined(separator: "\n")
    guard shown.utf8.count <= Limits.sheetCellBytes else { throw xml.fault }
    switch attributes["value-type"] {
    case "float", "percentage", "currency":
      // What is shown keeps zeros in front, if nothing but digits is.
      if count(shown) != nil || attributes["value"] == nil { return (shown, false) }
      let text = NumberFormat.general.text(of: attributes["value"] ?? "", isFrom1904: false)
      guard let text else { throw xml.fault }
      return (text, false)
    case "date": return (attributes["date-value"] ?? shown, false)
    default: return (attributes["string-value"] ?? shown, false)
    }
  }

  /// The text of a paragraph that has just started, up to its end; notes inside it left out.
  private mutating func paragraph() throws(IAuthError) -> String {
    var (text, depth) = ("", 1)
    while depth > 0 {
      guard let event = try xml.next() else { throw xml.fault }
      switch event {
      case .text(let run): text += run
      case .start("s", let attributes):
        let spaces = try repetitions(attributes, "c")
        guard spaces <= Limits.sheetCellBytes else { throw xml.fault }
        text += String(repeating: " ", count: spaces)
        depth += 1
      case .start("tab", _), .start("line-break", _):
        text += "\n"
        depth += 1
      case .start("annotation", _), .start("note", _), .start("ruby-text", _):
        try xml.skipElement()
      case .start: depth += 1
      case .end: depth -= 1
      }
      guard text.utf8.count <= Limits.sheetCellBytes else { throw xml.fault }
    }
    return text
  }
}
