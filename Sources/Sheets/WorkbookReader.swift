// The rows of an .xlsx sheet, read as they are unpacked. The place of a cell is what its reference
// says, and what the sheet says of its own size is not believed.

import Values

package struct WorkbookReader: SheetReader {
  private let workbook: Workbook
  private var left: ArraySlice<Workbook.Sheet>
  private var xml: XMLReader
  private var isInside = false
  private var number = 0
  private var filled = 0
  package var rowsMax: Int { Limits.workbookRows }

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
    xml = try workbook.xml(of: first)
  }

  package mutating func next() throws(IAuthError) -> SheetRow? {
    while let event = try xml.next() {
      switch event {
      case .start("sheetData", _): isInside = true
      case .end("sheetData"): isInside = false
      case .start("row", let attributes) where isInside: return try row(attributes)
      default: break
      }
    }
    return nil
  }

  package mutating func nextSheet() throws(IAuthError) -> Bool {
    while try xml.next() != nil {}
    guard let sheet = left.popFirst() else { return false }
    xml = try workbook.xml(of: sheet, elements: xml.elements)
    (isInside, number) = (false, 0)
    return true
  }

  private mutating func row(_ attributes: [XMLReader.Attribute]) throws(IAuthError) -> SheetRow {
    guard let row = attributes["r"].map(count) ?? number + 1, row > number,
      row <= Limits.workbookRowNumbers
    else { throw xml.fault }
    number = row
    var cells: [String] = []
    var formulas: [Int] = []
    var column = -1
    loop: while true {
      switch try xml.next() {
      case .start("c", let attributes):
        let place = attributes["r"].map(Self.column) ?? column + 1
        guard let place, place > column else { throw xml.fault }
        column = place
        let (text, isFormula) = try cell(attributes)
        guard !text.isEmpty else { continue }
        guard column < Limits.sheetColumns else { throw .unsupported("columns") }
        while cells.count < column { cells.append("") }
        cells.append(text)
        if isFormula { formulas.append(column) }
      case .start: try xml.skipElement()
      case .text: break
      case .end: break loop
      case nil: throw xml.fault
      }
    }
    if !cells.isEmpty {
      filled += 1
      // Titles and remarks are no rows of the form, which are counted above.
      guard filled <= Limits.workbookRows + Limits.workbookOtherRows else {
        throw .limitRows(max: Limits.workbookRows)
      }
    }
    return SheetRow(number: number, cells: cells, formulas: formulas)
  }

  private mutating func cell(
    _ attributes: [XMLReader.Attribute]
  ) throws(IAuthError) -> (text: String, isFormula: Bool) {
    var (value, inline, formula): (String?, String?, String?)
    loop: while true {
      switch try xml.next() {
      case .start("v", _): value = try xml.elementText()
      case .start("is", _): inline = try xml.richText()
      case .start("f", _): formula = try xml.elementText()
      case .start: try xml.skipElement()
      case .text: break
      case .end: break loop
      case nil: throw xml.fault
      }
    }
    if let formula { return ("=" + formula, true) }
    if let inline { return (inline, false) }
    guard let value, !value.isEmpty else { return ("", false) }
    switch attributes["t"] ?? "n" {
    case "s":
      guard let index = count(value), index < workbook.strings.count else { throw xml.fault }
      return (workbook.strings[index], false)
    case "n":
      let style = attributes["s"].map(count) ?? 0
      guard let style else { throw xml.fault }
      let format = style < workbook.formats.count ? workbook.formats[style] : .general
      guard let text = format.text(of: value, isFrom1904: workbook.isFrom1904) else {
        throw xml.fault
      }
      return (text, false)
    case "b": return (value == "1" ? "TRUE" : "FALSE", false)
    case "str": return (XMLText.unescaped(value), false)
    case "d", "e": return (value, false)
    default: throw xml.fault
    }
  }

  /// The column of a reference like `AB12`, from 0; nil if it is none.
  private static func column(_ reference: String) -> Int? {
    var column = 0
    var letters = 0
    for byte in reference.utf8.prefix(while: { (0x41...0x5A).contains($0) }) {
      guard letters < 3 else { return nil }
      column = column * 26 + Int(byte) - 0x40
      letters += 1
    }
    guard letters > 0, count(String(reference.utf8.dropFirst(letters)) ?? "") != nil else {
      return nil
    }
    return column - 1
  }
}
