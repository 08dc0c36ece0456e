// What the clerk sees in the sheet is what is imported (PRODUCT 4.1): all sheets, no hidden rows,
// merged agencies, and a code that is missing or another's.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SeenSheetTests {
  /// A workbook of sheets by name, each of rows of texts.
  private func workbook(_ sheets: [(String, [[String]])], hidden: Set<Int> = []) -> [UInt8] {
    var zip = ZipWriter()
    func add(_ name: String, _ text: String) { zip.add(name, Array(text.utf8)) }
    func relationships(_ all: [(String, String)]) -> String {
      "<R>"
        + all.enumerated().map { index, one in
          "<Relationship Id='r\(index)' Type='x/\(one.0)' Target='\(one.1)'/>"
        }.joined() + "</R>"
    }
    add("[Content_Types].xml", "<Types/>")
    add("_rels/.rels", relationships([("officeDocument", "xl/w.xml")]))
    add(
      "xl/_rels/w.xml.rels",
      relationships(sheets.indices.map { ("worksheet", "s\($0).xml") }))
    let list = sheets.enumerated().map { "<sheet name='\($1.0)' id='r\($0)'/>" }.joined()
    add("xl/w.xml", "<workbook><sheets>\(list)</sheets></workbook>")
    for (index, sheet) in sheets.enumerated() {
      let rows = sheet.1.enumerated().map { number, row in
        let cells = row.map { "<c t='inlineStr'><is><t>\($0)</t></is></c>" }.joined()
        let isHidden = index == 0 && hidden.contains(number + 1)
        return "<row r='\(number + 1)'\(isHidden ? " hidden='1'" : "")>\(cells)</row>"
      }
      add("xl/s\(index).xml", "<s><sheetData>\(rows.joined())</sheetData></s>")
    }
    return zip.finish()
  }

  private static let titles = ["機關OID", "機關名稱", "姓名", "公務信箱", "手機"]

  private func row(_ person: Person, code: String? = nil, agency: String = "") -> [String] {
    [code ?? person.agency, agency, person.name, person.email, person.mobile]
  }

  @Test func allSheetsAreOneForm() throws {
    let desk = try Desk()
    let other = ["電子郵件", "行動電話", "姓名", "機關代號", "備註"]
    let liu = Person.liu
    var order = ImportOrder(
      bytes: workbook([
        ("疾管署", [Self.titles, row(.li), row(.lin)]), ("填寫說明", [["請填寫"]]),
        ("食藥署", [["名單"], other, [liu.email, "1", liu.name, liu.agency, "x"]]),
      ]))
    order.report = .csv
    let report = try desk.owner().importBatch(order)
    #expect(report.unread.map(\.name) == ["填寫說明"])
    #expect(report.rows.map(\.number) == [2, 3, 3])
    #expect(report.rows.map(\.sheet) == ["疾管署", "疾管署", "食藥署"])
    #expect(report.rows.map(\.outcome) == [.held, .held, .rejected])
    // The title as it stands in that sheet.
    #expect(report.rows[2].problems.map(\.column) == ["行動電話"])

    // The report has one table, whose columns are those of all; mended, it is read again.
    var sheet: [UInt8] = []
    try report.writeSheet(as: .csv) { sheet += $0 }
    var lines = try rows(of: sheet)
    #expect(lines[0] == Self.titles + ["備註", "工作表", "結果", "代碼", "說明"])
    #expect(
      lines[3].prefix(7) == [liu.agency, "", liu.name, liu.email, "1", "x", "食藥署"])
    lines[3][4] = liu.mobile
    let again = try desk.owner().importBatch(
      Sheet(lines: lines.map { $0.map { "\"\($0)\"" }.joined(separator: ",") }).order)
    #expect(again.rows.map(\.outcome) == [.accepted, .accepted, .accepted])
    #expect(again.rows.allSatisfy { $0.sheet == nil })
  }

  @Test func oneSheetIsAskedForByItsName() throws {
    let desk = try Desk()
    var order = ImportOrder(
      bytes: workbook([("名單", [Self.titles, row(.li)]), ("範例", [Self.titles, row(.lin)])]))
    let report = try desk.owner().importBatch(order)
    #expect(report.rows.count == 1 && report.rows[0].sheet == nil)
    #expect(report.unread.map(\.name) == ["範例"])
    order.sheet = "範例"
    #expect(try desk.owner().importBatch(order).rows.map(\.outcome) == [.accepted])
    #expect(try desk.texts("SELECT name FROM account WHERE email = 'lin@cdc.gov.tw'") == ["林美玲"])
  }

  @Test func twoSheetsThatContradictEachOther() throws {
    let desk = try Desk()
    let head = ["電子郵件", "行動電話", "姓名", "機關代號"]
    let report = try desk.owner().importBatch(
      ImportOrder(
        bytes: workbook([
          ("甲", [Self.titles, row(.li)]),
          ("乙", [head, ["other@cdc.gov.tw", Person.li.mobile, "李小明", Office.cdc]]),
        ])))
    #expect(report.rows.map(\.outcome) == [.rejected, .rejected])
    #expect(report.rows.flatMap(\.problems).map(\.column) == ["手機", "行動電話"])
  }

  @Test(arguments: HiddenRows.allCases)
  func hiddenRows(policy: HiddenRows) throws {
    let desk = try Desk()
    var order = ImportOrder(
      bytes: workbook(
        [("名單", [Self.titles, row(.li), row(.lin), ["", "", "", "", ""]])], hidden: [3, 4]))
    order.hidden = policy
    let report = try desk.owner().importBatch(order)
    switch policy {
    case .refuse:
      #expect(report.rows.map(\.outcome) == [.held, .rejected])
      #expect(report.rows[1].problems.map(\.code) == ["row.hidden"])
    case .skip: #expect(report.rows.map(\.number) == [2])
    case .include: #expect(report.rows.map(\.outcome) == [.accepted, .accepted])
    }
  }

  @Test func aMergedAgencyIsOfEveryRow() throws {
    let desk = try Desk()
    let report = try desk.owner().importBatch(
      ImportOrder(bytes: try sheetFixture("corpus/merged-openpyxl.xlsx")))
    #expect(report.rows.map(\.number) == [2, 3, 4])
    #expect(Set(report.rows.flatMap(\.problems).map(\.code)) == ["agency.unknown"])
    let changed = try desk.owner().importBatch(
      ImportOrder(bytes: try sheetFixture("corpus/merged-change-openpyxl.xlsx")))
    #expect(changed.rows[1].problems.map(\.code).contains("row.merged"))
    let hidden = try desk.owner().importBatch(
      ImportOrder(bytes: try sheetFixture("corpus/column-openpyxl.xlsx")))
    #expect(hidden.rows[0].problems.map(\.column).contains("異動類別"))
    #expect(hidden.rows[0].problems.map(\.code).contains("row.hidden"))
  }

  /// What is wrong with an agency's code or name, and the code that was probably meant.
  @Test(
    arguments: [
      (Office.cdc, "疾病管制署", nil, nil), (Office.cdc, "疾管署", "agency.name", "warning"),
      (Office.cdc, "食品藥物管理署", "agency.name", Office.fda),
      ("", "食品藥物管理署", "agency.missing", Office.fda), ("", "", "agency.missing", nil),
      ("", "不存在的署", "agency.missing", nil), ("", "藥物管理署", "agency.missing", Office.fda),
      ("2.16.886.101.9", "食品藥物管理署", "agency.unknown", Office.fda),
      ("食藥署", "食品藥物管理署", "agency.unknown", Office.fda),
    ] as [(String, String, String?, String?)])
  func theAgencyThatWasProbablyMeant(
    code: String, name: String, problem: String?, says: String?
  ) throws {
    let desk = try Desk()
    let form = Sheet(lines: [
      Self.titles.joined(separator: ","), row(.li, code: code, agency: name).joined(separator: ","),
    ])
    let found = try desk.owner().importBatch(form.order).rows[0]
    #expect(found.problems.map(\.code) == (problem.map { [$0] } ?? []))
    #expect(found.outcome == (problem == nil || says == "warning" ? .accepted : .rejected))
    guard let only = found.problems.first else { return }
    #expect(only.isError == (says != "warning"))
    #expect(only.column == (problem == "agency.name" ? "機關名稱" : "機關OID"))
    if let says, only.isError {
      #expect(only.message.english.contains(says) && only.message.chinese.contains(says))
    } else {
      #expect(!only.message.english.contains("2.16.886.101.20003"))
    }
  }

  @Test func twoPeopleInOneRowsCells() throws {
    let desk = try Desk()
    let form =
      Self.titles.joined(separator: ",")
      + "\n\(Office.cdc),,\"王小明\n陳大華\",\"a@b.tw\nc@d.tw\",\"0912345678\n0922333444\"\n"
    let report = try desk.owner().importBatch(ImportOrder(bytes: Array(form.utf8)))
    #expect(report.rows[0].problems.map(\.column) == ["姓名", "公務信箱", "手機"])
    for problem in report.rows[0].problems {
      #expect(problem.message.english.contains("one person a row"))
      #expect(problem.message.chinese.contains("一人一列"))
    }
  }

  /// A 造字 is a problem of its cell, where it counts, and is named.
  @Test func charactersOfOnesOwn() throws {
    let desk = try Desk()
    let name = try desk.owner().importBatch(
      ImportOrder(bytes: try sheetFixture("corpus/own-name.csv")))
    let problems = name.rows[0].problems.filter { $0.column == "姓名（必填）" || $0.column == "姓名" }
    #expect(problems.map(\.code) == ["name.invalid"])
    #expect(problems[0].message.english.contains("U+E311"))
    #expect(problems[0].message.chinese.contains("造字"))
    let address = try desk.owner().importBatch(
      ImportOrder(bytes: try sheetFixture("corpus/own-address.csv")))
    #expect(address.rows[0].problems.map(\.code) == ["agency.unknown"])
  }
}
