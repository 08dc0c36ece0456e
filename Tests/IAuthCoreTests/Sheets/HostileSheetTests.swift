// Files that are made to do harm. Each is refused with a code, soon, and with little memory; none
// ends the process. What is measured here is the debug build, so the bounds in time are wide.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// A workbook around one sheet's XML, as small as they come.
private func workbook(
  _ sheet: String, strings: String? = nil, replacing parts: [String: String] = [:]
) -> [UInt8] {
  func relationship(_ id: String, _ kind: String, _ target: String) -> String {
    "<Relationship Id='\(id)' Type='http://x/\(kind)' Target='\(target)'/>"
  }
  var all: [(String, String)] = [
    ("[Content_Types].xml", "<Types/>"),
    ("_rels/.rels", "<R>" + relationship("a", "officeDocument", "/xl/workbook.xml") + "</R>"),
    ("xl/workbook.xml", "<workbook><sheets><sheet name='s' id='b'/></sheets></workbook>"),
    (
      "xl/_rels/workbook.xml.rels",
      "<R>" + relationship("b", "worksheet", "sheet.xml")
        + (strings == nil ? "" : relationship("c", "sharedStrings", "strings.xml")) + "</R>"
    ),
    ("xl/sheet.xml", sheet),
  ]
  if let strings { all.append(("xl/strings.xml", strings)) }
  var zip = ZipWriter()
  for (name, text) in all { zip.add(name, Array((parts[name] ?? text).utf8)) }
  return zip.finish()
}

private func sheet(_ rows: String) -> String { "<s><sheetData>\(rows)</sheetData></s>" }

private func openDocument(_ table: String) -> [UInt8] {
  var zip = ZipWriter()
  zip.add("mimetype", Array(OpenDocumentReader.mimeType.utf8))
  let head = "<document-content><body><spreadsheet>"
  zip.add("content.xml", Array((head + table + "</spreadsheet></body></document-content>").utf8))
  return zip.finish()
}

private let header =
  "<row><c t='inlineStr'><is><t>OID</t></is></c><c t='inlineStr'><is><t>姓名</t></is></c>"
  + "<c t='inlineStr'><is><t>信箱</t></is></c><c t='inlineStr'><is><t>手機</t></is></c></row>"

@Suite struct HostileSheetTests {
  @Test(
    arguments: [
      ("<c t='s'><v>-1</v></c>", nil), ("<c t='s'><v>0</v></c>", nil),
      ("<c t='s'><v>1</v></c>", "<sst><si><t>x</t></si></sst>"),
      ("<c t='s'><v>99999999999999999999</v></c>", "<sst/>"), ("<c t='s'><v>+0</v></c>", "<sst/>"),
      ("<c><v>nan</v></c>", nil), ("<c t='q'><v>1</v></c>", nil), ("<c s='-1'><v>1</v></c>", nil),
      ("<c r='1'/>", nil), ("<c r='AAAA1'/>", nil), ("<c r='A'/>", nil), ("<c r='A0'/>", nil),
      ("<c r='A1048577'/>", nil), ("<c r='A-1'/>", nil), ("<c r='A1A'/>", nil),
    ] as [(String, String?)])
  func cellsThatLieAreDamage(cells: String, strings: String?) {
    let bytes = workbook(sheet(header + "<row>\(cells)</row>"), strings: strings)
    #expect(throws: IAuthError.damaged("xl/sheet.xml")) { try formRows(bytes) }
  }

  @Test(arguments: [
    "<row r='0'/>", "<row r='1048577'/>", "<row r='-1'/>", "<row r='x'/>",
  ])
  func rowsThatLieAreDamage(row: String) {
    #expect(throws: IAuthError.damaged("xl/sheet.xml")) {
      try formRows(workbook(sheet(header + row)))
    }
  }

  @Test func whatASheetSaysOfItsSizeIsNotBelieved() throws {
    let rows = header + "<row r='1048576'><c r='A1048576'><v>1</v></c><c r='XFD1048576'/></row>"
    let bytes = workbook("<s><dimension ref='A1:XFD1048576'/><sheetData>\(rows)</sheetData></s>")
    #expect(try formRows(bytes).map(\.number) == [1_048_576])
  }

  @Test func aCellFarToTheRightIsRefused() {
    let rows = header + "<row><c r='XFD2'><v>1</v></c></row>"
    let place = SheetPlace(sheet: "s", row: 2, column: 16_383)
    #expect(place.letters == "XFD")
    #expect(throws: IAuthError.sheetUnreadable(.tooWide(place))) {
      try formRows(workbook(sheet(rows)))
    }
  }

  @Test func aBlankCellFarToTheRightCountsForNothing() throws {
    let blank = "<row><c r='XFD2' t='inlineStr'><is><t>  </t></is></c></row>"
    let named = "<row><c r='A3' t='inlineStr'><is><t>x</t></is></c></row>"
    #expect(try formRows(workbook(sheet(header + blank + named))).map(\.number) == [3])
  }

  /// More merges over each other than a row has columns, which no program writes.
  @Test func mergesOverEachOtherHaveABound() {
    let row = "<row><c t='inlineStr'><is><t>x</t></is></c></row>"
    let merges = (0...Limits.sheetMerges).map { "<mergeCell ref='A1:XFD\($0 + 2)'/>" }.joined()
    let xml = "<s><sheetData>\(header)\(row)</sheetData><mergeCells>\(merges)</mergeCells></s>"
    #expect(throws: IAuthError.damaged("xl/sheet.xml")) { try formRows(workbook(xml)) }
  }

  @Test(arguments: [
    "<!DOCTYPE s [<!ENTITY a 'aaaa'>]><s>&a;</s>", "<s>&a;</s>",
    String(repeating: "<s>", count: 100_000), "", "<s>\0</s>", "<s><sheetData><row><c>",
  ])
  func sheetsThatAreNoXMLAreDamage(xml: String) {
    #expect(throws: IAuthError.damaged("xl/sheet.xml")) { try formRows(workbook(xml)) }
  }

  @Test func partsThatAreNotThereAreNamed() {
    let relationships =
      "<R><Relationship Id='b' Type='x/worksheet' Target='../../../etc/passwd'/></R>"
    #expect(throws: IAuthError.damaged("etc/passwd")) {
      try formRows(
        workbook(sheet(header), replacing: ["xl/_rels/workbook.xml.rels": relationships]))
    }
    #expect(throws: IAuthError.sheetUnreadable(.notASheet)) {
      try formRows(workbook(sheet(header), replacing: ["xl/workbook.xml": "<document/>"]))
    }
  }

  /// Notes and blanks are none, however many.
  @Test func peopleHaveABound() throws {
    let row = "<row><c t='inlineStr'><is><t>x</t></is></c></row>"
    let max = Limits.workbookRows
    let most = workbook(sheet(header + String(repeating: row, count: max)))
    #expect(try formRows(most).count == max)
    let notes = String(repeating: "<row><c/><c/><c/><c/><c><v>1</v></c></row>", count: max)
    let wide = workbook(sheet(header + notes + String(repeating: row, count: max)))
    #expect(try formRows(wide).count == max)
    let more = workbook(sheet(header + String(repeating: row, count: max + 1)))
    #expect(throws: IAuthError.limitRows(max: max)) { try formRows(more) }
  }

  @Test(arguments: [
    ("number-rows-repeated='1048577'", IAuthError.damaged("content.xml")),
    ("number-rows-repeated='999999999999'", .damaged("content.xml")),
    ("number-rows-repeated='0'", .damaged("content.xml")),
    ("number-rows-repeated='1000000'", .limitRows(max: Limits.workbookRows)),
  ])
  func repeatedRowsAreCounted(attribute: String, error: IAuthError) {
    let titles = ["OID", "姓名", "信箱", "手機"].map { "<table-cell><p>\($0)</p></table-cell>" }.joined()
    let row = "<table-row \(attribute)><table-cell><p>x</p></table-cell></table-row>"
    let table = "<table><table-row>\(titles)</table-row>\(row)</table>"
    #expect(throws: error) { try formRows(openDocument(table)) }
  }

  @Test func repeatedCellsAreCountedAndEmptyOnesCostNothing() throws {
    let titles = ["OID", "姓名", "信箱", "手機"].map { "<table-cell><p>\($0)</p></table-cell>" }.joined()
    let end =
      "<table-cell number-columns-repeated='16384'/></table-row>"
      + "<table-row number-rows-repeated='1048570'><table-cell number-columns-repeated='16384'/>"
    let table = "<table><table-row>\(titles)\(end)</table-row></table>"
    #expect(throws: IAuthError.sheetEmpty) { try formRows(openDocument(table)) }
    let wide =
      "<table-row><table-cell number-columns-repeated='16384'><p>x</p></table-cell></table-row>"
    let place = SheetPlace(sheet: "", row: 2, column: 16_383)
    #expect(throws: IAuthError.sheetUnreadable(.tooWide(place))) {
      try formRows(openDocument("<table><table-row>\(titles)</table-row>\(wide)</table>"))
    }
    let spaces = "<table-row><table-cell><p><s c='999999999'/></p></table-cell></table-row>"
    #expect(throws: IAuthError.damaged("content.xml")) {
      try formRows(openDocument("<table>\(spaces)</table>"))
    }
  }

  @Test(arguments: [
    "form-openpyxl.xlsx", "form-libreoffice.xlsx", "form-third-sheet.ods", "form-utf16.tsv",
    "form-cp950.csv",
  ])
  func truncatedAnywhereItEndsWithACode(file: String) throws {
    let whole = try sheetFixture(file)
    for length in whole.indices {
      do throws(IAuthError) {
        _ = try formRows(Array(whole[..<length]))
        // A text file may well end early; an archive never.
        #expect(!whole.starts(with: [0x50, 0x4B]), "\(length)")
      } catch {
        #expect(error.code.status == .data, "\(length)")
      }
    }
  }

  @Test(arguments: [
    "form-openpyxl.xlsx", "form-third-sheet.ods", "form-cp950.csv", "form-utf16.tsv",
  ])
  func aChangedByteEndsWithACodeOrChangesNothing(file: String) throws {
    var bytes = try sheetFixture(file)
    let texts = try formRows(bytes).map(\.cells)
    // Checksums hold the parts of an archive together; a text file has none.
    let isArchive = bytes.starts(with: [0x50, 0x4B])
    for index in stride(from: 0, to: bytes.count, by: 19) {
      let byte = bytes[index]
      bytes[index] = byte ^ UInt8(1 << (index % 8))
      do throws(IAuthError) {
        let changed = try formRows(bytes).map(\.cells)
        #expect(changed == texts || !isArchive, "\(index)")
      } catch {
        #expect(error.code.status == .data, "\(index)")
      }
      bytes[index] = byte
    }
  }

  @Test func randomBytesEndWithACode() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20 {
      let bytes = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for start in [[], [0x50, 0x4B, 3, 4], [0xFF, 0xFE], [0xD0, 0xCF, 0x11, 0xE0]] as [[UInt8]] {
        do throws(IAuthError) {
          _ = try formRows(start + bytes)
          Issue.record("random bytes are a form")
        } catch {
          #expect(error.code.status == .data)
        }
      }
    }
  }
}
