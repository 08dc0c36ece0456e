// Workbooks and text files as real programs write them. Scripts/make-sheets made the fixtures with
// openpyxl and LibreOffice; all that begin with `form` hold the same form.

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// The bytes of a fixture.
func sheetFixture(_ name: String, from file: String = #filePath) throws -> [UInt8] {
  let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
  let path = "../../Fixtures/sheets/" + name
  return [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
}

/// All rows of the form in a file.
func formRows(_ bytes: [UInt8], encoding: TextEncoding? = nil, sheet: String? = nil)
  throws(IAuthError) -> [FormRow]
{
  var form = try FormSheet(SheetFormat.open(bytes, encoding: encoding, sheet: sheet))
  var rows: [FormRow] = []
  while let row = try form.next() { rows.append(row) }
  return rows
}

@Suite struct WorkbookTests {
  static let forms = [
    "form-openpyxl.xlsx", "form-libreoffice.xlsx", "form-libreoffice.ods", "form-utf8.csv",
    "form-cp950.csv", "form-utf16.tsv", "form-1904.xlsx", "form-third-sheet.xlsx",
    "form-third-sheet.ods",
  ]

  @Test(arguments: forms)
  func everyProgramsFormIsTheSame(file: String) throws {
    let rows = try formRows(sheetFixture(file))
    #expect(rows.map(\.number) == [5, 6, 7])
    #expect(
      rows.map { $0[.agencyCode] } == [
        "2.16.886.101.20003.20065", "2.16.886.101.20003.20008", "12345675",
      ])
    #expect(rows.map { $0[.agencyName] } == ["衛生福利部", "交通部", "臺北大眾捷運"])
    #expect(rows.map { $0[.name] } == ["王小明", "瓦歷斯‧諾幹", "李銹"])
    #expect(rows.map { $0[.mobile] } == ["0912345678", "912345679", "+886 912 345 670"])
    #expect(rows.map { $0[.title] } == ["科長", "專員", ""])
    #expect(rows.map { $0[.phone] } == ["(02)8590-6666#123", "02-23492900 轉 12", ""])
    #expect(rows.map { $0[.remark] } == ["第一行\n第二行,含逗號與\"引號\"", "", "空白"])
    let days = try rows.map { try FormDate.day(cell: $0[.effectiveDate]) }
    #expect(days == [19_737, 10_956, nil])
    #expect(rows.allSatisfy { $0.formulas.isEmpty })
  }

  /// Which of a number's characters are shown.
  @Test(arguments: [
    ("\"day\" 0", "day 7"), ("\\d0", "d7"), ("0_);[Red](0)", "7"), ("?0", "7"),
  ])
  func literalsOfAFormatAreShown(code: String, text: String) {
    #expect(NumberFormat(code: code).text(of: "7", isFrom1904: false) == text)
  }

  @Test func formatIsToldFromTheBytes() throws {
    #expect(try SheetFormat(of: sheetFixture("form-openpyxl.xlsx")) == .workbook)
    #expect(try SheetFormat(of: sheetFixture("form-libreoffice.ods")) == .openDocument)
    #expect(try SheetFormat(of: sheetFixture("form-cp950.csv")) == .delimited)
  }

  @Test(arguments: ["form-third-sheet.xlsx", "form-third-sheet.ods"])
  func aSheetIsChosenByName(file: String) throws {
    let bytes = try sheetFixture(file)
    #expect(try formRows(bytes, sheet: "名單").count == 3)
    let near = HeaderPlace(sheet: "填表說明", row: 1, found: ["姓名", "手機"], isForm: false)
    #expect(
      throws: IAuthError.sheetHeader(
        missing: ["機關OID", "公務信箱"], duplicated: [], near: near)
    ) {
      try formRows(bytes, sheet: "填表說明")
    }
    #expect(throws: IAuthError.sheetEmpty) { try formRows(bytes, sheet: "舊名單") }
    let names = ["填表說明", "舊名單", "名單"]
    #expect(throws: IAuthError.usageValue(option: "--sheet", value: "x", allowed: names)) {
      try formRows(bytes, sheet: "x")
    }
  }

  @Test(arguments: ["formulas.xlsx", "formulas.ods"])
  func aFormulaIsNoValue(file: String) throws {
    let rows = try formRows(sheetFixture(file))
    #expect(rows.map(\.formulas) == [[.email], [.effectiveDate], []])
    // What the cell shows: one program has not computed it, the other could not.
    #expect(rows[0][.agencyName] == (file == "formulas.ods" ? "Err:522" : ""))
    #expect(rows[0][.email].contains("@"))
  }

  @Test func digitsOfANumberFormatAreKept() throws {
    let rows = try formRows(sheetFixture("formulas.xlsx"))
    #expect(rows[0][.mobile] == "0912345678")
    #expect(rows[2][.agencyCode] == "04595257")
  }

  @Test(.enabled(if: hasOpenpyxl))
  func twentyThousandRowsOfOpenpyxl() throws {
    let program = """
      import openpyxl, sys
      book = openpyxl.Workbook(write_only=True)
      sheet = book.create_sheet()
      sheet.append(['機關OID', '姓名', '公務信箱', '手機'])
      for n in range(20_000):
          sheet.append(['2.16.886.101.20003', f'王小明{n}', f'u{n}@cdc.gov.tw', 912_000_000 + n])
      book.save('/dev/stdout')
      """
    let rows = try formRows(python(program))
    #expect(rows.count == 20_000)
    for (number, row) in rows.enumerated() where row[.mobile] != String(912_000_000 + number) {
      Issue.record("row \(row.number) has \(row[.mobile])")
    }
  }

  @Test func theOldFormatAndPasswordsAreRecognised() throws {
    let old = try sheetFixture("legacy.xls")
    #expect(throws: IAuthError.unsupported("xls")) { try SheetFormat.open(old) }
    let encrypted =
      Array(old.prefix(512)) + Array("EncryptedPackage".utf16).flatMap { [UInt8($0), 0] }
    #expect(throws: IAuthError.unsupported("encrypted")) { try SheetFormat.open(encrypted) }
  }

  @Test(arguments: [
    ("912345678", NumberFormat.general, "912345678"), ("9.12345678E8", .general, "912345678"),
    ("886912345678.0", .general, "886912345678"), ("1e14", .general, "100000000000000"),
    ("-5", .general, "-5"), ("0.1", .general, "0.1"),
    ("12345678901234567890", .general, "12345678901234567890"),
    ("912345678", .init(code: "0000000000"), "0912345678"), ("45306", .date, "2024-01-15"),
    ("45306.5", .dateTime, "2024-01-15T12:00:00"), ("45306.5", .date, "2024-01-15"),
    ("45306", .dateTime, "2024-01-15"), ("1", .date, "1900-01-01"),
    ("912345678", .init(code: "0000-000-000"), "0912-345-678"),
    ("912345678", .init(code: "0000\\-000\\-000;@"), "0912-345-678"),
    ("23959825", .init(code: "[<=99999999]####-####;(0#) ####-####"), "2395-9825"),
    ("223959825", .init(code: "[<=99999999]####-####;(0#) ####-####"), "(02) 2395-9825"),
    ("912345679", .init(code: "[$+81-404]000000000"), "+81912345679"),
    ("912345678", .init(code: "[$+886-404]000000000"), "+886912345678"),
    ("912345678", .init(code: "[>99999999]0000-000-000;0000-0000"), "0912-345-678"),
    ("12345678", .init(code: "[>99999999]0000-000-000;0000-0000"), "1234-5678"),
    ("912345678", .init(code: "[>=900000000]0000000000;General"), "0912345678"),
    ("12345678", .init(code: "[>=900000000]0000000000;General"), "12345678"),
    ("912345678", .init(code: "[>=1000000000]0;\"0\"0"), "0912345678"),
    ("12345678.6", .init(code: "0"), "12345679"), ("12", .init(code: "#,##0"), "12"),
    ("12", .init(code: "0.00"), "12"), ("5", .init(code: "\"第\"0\"科\""), "第5科"),
    ("1234567890", .init(code: "000"), "1234567890"), ("-5", .init(code: "000"), "-5"),
    ("5", .init(code: ";;;"), ""), ("0", .init(code: "0000"), "0000"),
    ("12", .init(builtIn: 1), "12"),
    ("59", .date, "1900-02-28"),
    ("61", .date, "1900-03-01"), ("0.25", .dateTime, "06:00:00"), ("2958465", .date, "9999-12-31"),
    ("-1", .date, "-1.0"),
  ])
  func numbersAreTheTextThatWasMeant(number: String, format: NumberFormat, text: String) {
    #expect(format.text(of: number, isFrom1904: false) == text)
  }

  @Test(arguments: ["", "x", "0x10", "nan", "inf", "1,000", "1e999", "--1", " 1"])
  func otherTextIsNoNumber(number: String) {
    #expect(NumberFormat.general.text(of: number, isFrom1904: false) == nil)
  }

  @Test(arguments: [
    ("yyyy/mm/dd", NumberFormat.date), ("[$-404]e\"年\"m\"月\"d\"日\"", .date), ("[h]:mm", .dateTime),
    ("General", .general), ("0.00E+00", .general), ("#,##0_);[Red](#,##0)", .general),
    ("@", .general),
    ("000", .pattern(DigitPattern(width: 3))), (";;;", .nothing(hidesText: true)),
    ("yyyy/m/d h:mm", .dateTime), ("m/d/yy", .date), ("mm:ss", .dateTime), ("[ss]", .dateTime),
  ])
  func formatCodes(code: String, format: NumberFormat) {
    #expect(NumberFormat(code: code) == format)
  }
}

@Suite struct WorkbookWriterTests {
  @Test func whatIsWrittenIsReadAgain() throws {
    let cells = [
      ["OID", "姓名", "信箱", "手機", ""], ["=1+1", "<王&小\"明'>", "", "+886912345678", "x"],
      ["a\u{1}b\r\nc\td", "_x0041_", "  x ", "𠀀", "\u{0}"],
    ]
    var writer = WorkbookWriter()
    for row in cells { try writer.write(row) }
    let bytes = writer.take() + (try writer.finish())
    var reader = try SheetFormat.open(bytes)
    for (number, row) in cells.enumerated() {
      let back = try #require(try reader.next())
      #expect(back.number == number + 1)
      var texts = back.cells.map(FormulaGuard.unguarded)
      while texts.count < row.count { texts.append("") }
      // A line break is one, whichever way it was written.
      #expect(texts.map { Array($0.utf8) } == row.map { Array($0.withLineFeeds.utf8) })
    }
    #expect(try reader.next() == nil)
  }

  @Test func theSameRowsAreTheSameBytes() throws {
    func bytes() throws -> [UInt8] {
      var writer = WorkbookWriter()
      try writer.write(["a"])
      return try writer.finish()
    }
    #expect(try bytes() == bytes())
  }
}
