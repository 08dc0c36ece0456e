// An .xlsx file with one sheet of text cells, for reports: the fewest parts that every spreadsheet
// program opens, stored without compression, the same bytes for the same rows. Text cells are never
// run as formulas, yet they are guarded as in CSV: someone may save the sheet as that.

import Values

package struct WorkbookWriter: SheetWriter {
  private var sheet: [UInt8]
  private var rows = 0

  package init() {
    sheet = Array((Self.xmlHead + "<worksheet xmlns=\"\(Self.main)\"><sheetData>").utf8)
  }

  /// - Throws: `.limitRows` beyond what a workbook may have and be read again.
  package mutating func write(_ cells: [String]) throws(IAuthError) {
    rows += 1
    // As many titles and remarks as the readers allow beside the rows.
    guard rows <= Limits.workbookRows + 1 else {
      throw .limitRows(max: Limits.workbookRows)
    }
    sheet += "<row r=\"\(rows)\">".utf8
    for (index, cell) in cells.enumerated() where !cell.isEmpty {
      sheet += "<c r=\"\(Self.letters(of: index))\(rows)\" t=\"inlineStr\"><is>".utf8
      sheet += "<t xml:space=\"preserve\">".utf8
      sheet += XMLText.escaped(FormulaGuard.guarded(cell))
      sheet += "</t></is></c>".utf8
    }
    sheet += "</row>".utf8
  }

  /// Nothing: an archive is only whole at its end.
  package mutating func take() -> [UInt8] { [] }

  package consuming func finish() throws(IAuthError) -> [UInt8] {
    sheet += "</sheetData></worksheet>".utf8
    var archive = ZipWriter()
    archive.add("[Content_Types].xml", Array(Self.contentTypes.utf8))
    archive.add("_rels/.rels", Array(Self.rootRelationships.utf8))
    archive.add("xl/workbook.xml", Array(Self.workbook.utf8))
    archive.add("xl/_rels/workbook.xml.rels", Array(Self.workbookRelationships.utf8))
    archive.add("xl/worksheets/sheet1.xml", sheet)
    return archive.finish()
  }

  /// A column's letters: A for 0, AA for 26.
  private static func letters(of column: Int) -> String {
    var (letters, rest) = ("", column + 1)
    while rest > 0 {
      letters = String(Unicode.Scalar(UInt8(0x41 + (rest - 1) % 26))) + letters
      rest = (rest - 1) / 26
    }
    return letters
  }

  private static let xmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
  private static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
  private static let packages = "http://schemas.openxmlformats.org/package/2006"
  private static let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
  private static let mediaType = "application/vnd.openxmlformats-officedocument.spreadsheetml"

  private static let contentTypes =
    xmlHead + "<Types xmlns=\"\(packages)/content-types\">"
    + "<Default Extension=\"rels\""
    + " ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    + "<Override PartName=\"/xl/workbook.xml\" ContentType=\"\(mediaType).sheet.main+xml\"/>"
    + "<Override PartName=\"/xl/worksheets/sheet1.xml\""
    + " ContentType=\"\(mediaType).worksheet+xml\"/></Types>"
  private static let rootRelationships =
    xmlHead + "<Relationships xmlns=\"\(packages)/relationships\"><Relationship Id=\"rId1\""
    + " Type=\"\(office)/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
  private static let workbook =
    xmlHead + "<workbook xmlns=\"\(main)\" xmlns:r=\"\(office)\"><sheets>"
    + "<sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
  private static let workbookRelationships =
    xmlHead + "<Relationships xmlns=\"\(packages)/relationships\"><Relationship Id=\"rId1\""
    + " Type=\"\(office)/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
}
