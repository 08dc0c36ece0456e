// Forms as agencies send them: headers found below titles, in two languages and any order; notes
// passed over; dates and words of the closed vocabularies.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// The form in a text, or the error.
private func form(_ text: String) throws(IAuthError) -> (FormHeader, [FormRow]) {
  var sheet = try FormSheet(DelimitedReader(Array(text.utf8)))
  var rows: [FormRow] = []
  while let row = try sheet.next() { rows.append(row) }
  return (sheet.header, rows)
}

@Suite struct FormSheetTests {
  @Test func headerStandsBelowTitlesAndNotesAreNoRows() throws {
    let (header, rows) = try form(
      """
      資通安全作業管考系統,,,,
      附表1 機關管理者帳號申請表,,,,
      ,,,,
      序號,*姓名,手 機,公務信箱,機關ＯＩＤ
      1,王小明, 0912345678 ,wang@cdc.gov.tw,2.16.886.101.20003
      ,,,,
      2,,,,2.16.886.101.20003.2
      備註：請附公文,,,,
      """)
    #expect(header.row == 4)
    #expect(header.titles == ["序號", "*姓名", "手 機", "公務信箱", "機關ＯＩＤ"])
    #expect(header.title(of: .mobile) == "手 機")
    #expect(header.title(of: .reason) == "異動原因")
    #expect(header.column(.agencyCode) == 4)
    #expect(rows.map(\.number) == [5, 7])
    #expect(rows[0][.mobile] == "0912345678")
    #expect(rows[0].cells[2] == " 0912345678 ")
    #expect(rows[0][.remark] == "")
    #expect(rows[1][.agencyCode] == "2.16.886.101.20003.2")
  }

  /// Below the table, in whatever column the program put it.
  @Test(arguments: [
    "備註：請附公文,,,", "附註,,,", "註1：一人一列,,,", "※ 手機請填十碼,,,", "說明,,,", "1. 每列一人,,,",
    "（二）請勿合併儲存格,,,", "三、承辦人請核章,,,", "承辦人：,單位主管：,,機關首長：", ",合計 3 人,,", "Note: one row each,,,",
    "Remarks,,,", "以下空白,,,", "【備註】,,,", ",,備註：同上,", ",～以下空白～,,", "-----以下空白-----,,,",
    "本表共 1 頁,,,", "（以上共 1 人）,,,",
  ])
  func remarksAreNoRows(line: String) throws {
    let (_, rows) = try form("OID,姓名,信箱,手機\n2.16.886.101.3,王小明,a@b.tw,0912345678\n\(line)\n")
    #expect(rows.map(\.number) == [2])
  }

  /// Whoever sorts a sheet with its header finds people above it; what shows how to fill it in, and
  /// whom to ask, stay no rows.
  @Test func peopleAboveTheHeaderAreRows() throws {
    let rows = try form(
      """
      申請表,,,
      承辦人,王小明,wang@cdc.gov.tw,02-23959825
      範例 2.16.886.101.3,陳大文,c@d.tw,0912345670
      2.16.886.101.3,王小明,a@b.tw,0912345678
      2.16.886.101.3,李小華,,0912345679
      OID,姓名,信箱,手機
      2.16.886.101.3,張小英,e@f.tw,0912345671
      """
    ).1
    #expect(rows.map(\.number) == [4, 7])
    #expect(rows[0][.email] == "a@b.tw")
  }

  /// A line with one text above another table's header is its title, as above the first; above
  /// nothing of the kind it is a row like any other.
  @Test func titlesStandAboveEveryTable() throws {
    let head = "OID,姓名,信箱,手機"
    let person = "2.16.886.101.3,王小明,a@b.tw,0912345678"
    let text = [head, person, ",,,", "附表2 個別異動,,,", ",,衛生福利部,", "姓名,OID,手機,信箱", person]
    #expect(try form(text.joined(separator: "\n")).1.map(\.number) == [2, 7])
    let alone = [head, "2.16.886.101.3,,,", ",,,", person, ",李小華,,"]
    #expect(try form(alone.joined(separator: "\n")).1.map(\.number) == [2, 4, 5])
  }

  /// The choices behind a title are no part of it, where the column has any.
  @Test func titlesWithTheirChoices() throws {
    for title in ["異動類別(新增、刪除、修改)", "異動（新增／刪除）", "角色(機關管理者/一般權限)"] {
      #expect(FormColumn(title: title) != nil, "\(title)")
    }
    for title in ["類別", "姓名(代理人)", "異動類別(新增)備用"] {
      #expect(FormColumn(title: title) == nil, "\(title)")
    }
  }

  /// Part of a person is a row, above another table too; what its column never holds is a title.
  @Test(arguments: [
    "2.16.886.101.20003,,,", ",李小華,,", ",,w@cdc.gov.tw,", ",,,0912345678", ",李一,,",
  ]) func partOfAPersonIsNoTitle(line: String) throws {
    let head = "OID,姓名,信箱,手機"
    let person = "2.16.886.101.3,王小明,a@b.tw,0912345678"
    let text = [head, person, line, "附表2 個別異動,,,", ",刪除名單,,", head, person]
    #expect(try form(text.joined(separator: "\n")).1.map(\.number) == [2, 3, 7])
  }

  /// Sums and remarks, whatever else stands in them, unless it is a whole person.
  @Test(arguments: [
    "備註：代填,王小明,,", "合計,3 人,,", "  小計：,,,2", "【備註】,a@b.tw,,", "總計,共 5 人,,",
  ])
  func aRowThatSumsUpIsANote(line: String) throws {
    let head = "項目,OID,姓名,信箱,手機\n,2.16.886.101.3,王小明,a@b.tw,0912345678\n"
    #expect(try form(head + line + "\n").1.map(\.number) == [2])
    let whole = "備註,2.16.886.101.3,李小明,c@b.tw,0912345679\n小港,2.16.886.101.3,林小明,,\n"
    #expect(try form(head + whole).1.map(\.number) == [2, 3, 4])
  }

  /// Whatever may be meant as a value is a row's, right or wrong.
  @Test(arguments: [
    "2.16.886.101.20003,,,", "2.16,,,", "abc,,,", ",王小明,,", ",,w@cdc.gov.tw,", ",,,0912345678",
    "機關,,,", "12345675,,,", ",Noteworthy,,", ",註冊組王小明 a,w@x.tw,",
  ])
  func aRowWithAnyOfThemIsARow(line: String) throws {
    let (_, rows) = try form("OID,姓名,信箱,手機\n2.16.886.101.3,王小明,a@b.tw,0912345678\n\(line)\n")
    #expect(rows.map(\.number) == [2, 3])
  }

  @Test(arguments: [
    "agency_code,NAME,E-mail,Mobile Number", "機關代號,姓　名,電子郵件*,※手機號碼",
    "OID,真實姓名,公務E-MAIL,行動電話：", "機關OID(必填),姓名（必填）,公務信箱【必填】,[必填]手機",
    "＊機關OID,※姓名,★公務信箱,手機*必填", "OID (required),Name [required],E-mail (Required),Mobile*",
    "機關OID或統一編號(必填),姓名(必填欄位),公務信箱（必要）,手機〔必填〕",
    "1.機關OID,(2)姓名,③公務信箱,四、手機", "【機關OID】,「姓名」,〔公務信箱〕,﹝必填﹞手機",
    "機關OID（18碼）,姓名(Name),公務信箱(E-mail),手機（09xxxxxxxx）",
    "機關(構)OID,姓名/Name,公務信箱(gov.tw),手機/行動電話", "OID,姓名 Name,公務信箱✱,\"手機(必填,接收驗證碼)\"",
    "單位OID,姓名（請填全名）,電子郵件（限公務信箱）,手機（例：0912345678）", "OID,姓名（）,E-mail。,聯絡手機",
  ])
  func variantsAreKnown(header: String) throws {
    #expect(try form(header + "\na,b,c,d\n").0.row == 1)
  }

  @Test(arguments: [
    ("標題\n姓名,手機,OID\nx,y,z", ["公務信箱"], []),
    ("姓名\nx", ["機關OID", "公務信箱", "手機"], []),
    ("x,y\n", ["機關OID", "姓名", "公務信箱", "手機"], []),
    ("OID,姓名,信箱,手機,姓名 \na,b,c,d,e", [], ["姓名"]),
    ("OID,姓名,信箱,手機,機關代號,E-mail\na,b,c,d,e,f", [], ["OID", "機關代號"]),
    ("OID,管理者的姓名,信箱,手機\na,b,c,d", ["姓名"], []),
  ])
  func missingAndDuplicatedColumnsAreNamed(
    text: String, missing: [String], duplicated: [String]
  ) {
    do throws(IAuthError) {
      _ = try form(text)
      Issue.record("a form without a header")
    } catch {
      guard case .sheetHeader(missing, duplicated, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  /// The row that came nearest, and whether the sheet is a table at all.
  @Test(arguments: [
    ("標題\n姓名,手機,OID\nx,y,z", 2, ["機關OID", "姓名", "手機"], false),
    ("機關OID,資料,,\n,姓名,信箱,手機\nx,y,z,w", 2, ["姓名", "公務信箱", "手機"], false),
    ("附表2\n機關OID,2.16\n姓名,王\n公務信箱,a,手機,09\n", 4, ["公務信箱", "手機"], true),
    ("機關OID,2.16,姓名,王\n公務信箱,a,手機,09\n", 1, ["機關OID", "姓名"], true),
    ("機關OID：,2.16,,機關名稱：,署\n姓名：,王,,手機：,09\n公務信箱：,a", 2, ["姓名", "手機"], true),
    ("機關OID,機關名稱,姓名,聯絡方式,\n,,,公務信箱,手機\n1,署,王,a,09", 1, ["機關OID", "姓名"], false),
    ("機關OID,機關名稱,姓名,職稱,聯絡\n,,,,公務信箱,手機", 1, ["機關OID", "姓名"], false),
    ("機關代號,姓名,聯絡\n,,E-mail,行動電話\n1,王,a,09", 1, ["機關OID", "姓名"], false),
  ])
  func theNearestRowIsNamed(text: String, row: Int, found: [String], isForm: Bool) {
    do throws(IAuthError) {
      _ = try form(text)
      Issue.record("a form without a header")
    } catch {
      guard case .sheetHeader(_, _, let near?) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(near.row == row && near.isForm == isForm)
      #expect(near.found.map { FormColumn(title: $0) } == found.map { FormColumn(title: $0) })
      #expect(error.sentences.english.contains("row \(row)"))
      #expect(error.sentences.chinese.contains("第 \(row) 列"))
    }
  }

  @Test(arguments: ["", "\n\n", "OID,姓名,信箱,手機\n", "OID,姓名,信箱,手機\n,,,\n,,,,填表人\n"])
  func nothingToImportIsSaid(text: String) {
    #expect(throws: IAuthError.sheetEmpty) { try form(text) }
  }

  @Test func reportColumnsArePassedOverAndGuardsTakenOff() throws {
    let (_, rows) = try form(
      "OID,姓名,信箱,手機,結果,代碼,說明,結果\n1,b,c,'+886912345678,x,y,z,w\n")
    #expect(rows[0][.mobile] == "+886912345678")
  }

  /// What decides something is read under the names that people give it, and what is left is named.
  @Test(arguments: [
    ("【異動類別】", FormColumn.change), ("(1)異動類別", .change), ("異動類別*必選(新增/刪除)", nil),
    ("異動類別〔新增、刪除〕", .change), ("異動方式", .change), ("使用權限", .role), ("帳號類別(一般/管理者)", .role),
    ("生效日期(民國)", .effectiveDate), ("生效日期（例：115/1/1）", .effectiveDate),
    ("生效日期(年/月/日)", .effectiveDate), ("5.異動生效日", .effectiveDate), ("發文文號", .document),
    ("公務電話(含分機)", .phone), ("公務電話#分機", nil), ("職銜", .title), ("申請系統名稱", .system),
    // Somebody else's, or something else.
    ("手機(緊急聯絡人)", nil), ("手機(限緊急聯絡人)", nil), ("手機(用於緊急聯絡)", nil), ("姓名(代理人)", nil), ("主管姓名", nil),
    ("姓名/手機", nil), ("姓名mail", nil),
    ("公務信箱(私人)", nil), ("生效日期(終止)", nil), ("((((姓名", nil), ("1.2.3.", nil), ("()", nil),
    (String(repeating: "(必填)", count: 19), nil), (String(repeating: "姓名()", count: 17), nil),
  ])
  func aTitleIsThatOfAColumn(title: String, column: FormColumn?) throws {
    #expect(FormColumn(title: title) == column)
    let head = "OID,姓名,公務信箱,手機,備註,備註,電話,公務電話,\(title)"
    guard column.map({ [.change, .role, .effectiveDate, .document, .title].contains($0) }) ?? true
    else { return }
    #expect(
      try form(head + "\n1,2,3,4\n").0.unread == ["備註", "電話"] + (column == nil ? [title] : []))
  }

  /// Of two columns for the same, the one whose title the form's description has.
  @Test(arguments: [
    ("機關OID,機關代碼,姓名,公務信箱,手機", "1"), ("統一編號,機關代碼,OID,姓名,公務信箱,手機", "3"),
    ("機關代碼,機關OID(必填),姓名,公務信箱,手機", "2"), ("OID,姓名,公務信箱,手機,電話,公務電話", "1"),
    ("OID,姓名,公務信箱,手機,電話,連絡電話,職務,職位", "1"),
  ])
  func aListedTitleIsTaken(header: String, code: String) throws {
    let cells = header.split(separator: ",").enumerated().map { "\($0.offset + 1)" }
    let (_, rows) = try form("\(header)\n\(cells.joined(separator: ","))\n")
    #expect(rows[0][.agencyCode] == code)
    if header.contains("公務電話") { #expect(rows[0][.phone] == "6") }
  }

  @Test(arguments: [
    ("OID,機關代號,姓名,公務信箱,手機", ["OID", "機關代號"]),
    ("機關代碼,統一編號,姓名,公務信箱,手機", ["機關代碼", "統一編號"]),
    ("OID,姓名,姓名,E-mail,公務信箱,信箱,手機", ["姓名", "E-mail", "公務信箱"]),
  ])
  func otherwiseAllOfThemAreNamed(header: String, titles: [String]) {
    do throws(IAuthError) {
      _ = try form(header + "\n1,2,3,4,5,6,7\n")
      Issue.record("a form with two columns for one thing")
    } catch {
      guard case .sheetHeader(let missing, let found, _) = error, missing.isEmpty, found == titles
      else {
        Issue.record("\(error)")
        return
      }
      for title in titles {
        #expect(error.sentences.english.contains("'\(title)'"))
        #expect(error.sentences.chinese.contains(title))
      }
    }
  }

  @Test func everyTitleMeansOneColumn() {
    for column in FormColumn.allCases {
      for title in column.titles { #expect(FormColumn(title: title) == column, "\(title)") }
    }
  }
}

@Suite struct FormValueTests {
  @Test(arguments: [
    "1130115", "113年1月15日(星期一)", "113/1/15（一）", "113年1月15號", "113年1月15日起",
    "113年1月15日", "民國113年01月15日", "中華民國 113 年 1 月 15 日", "113/1/15", "113-01-15",
    "113.1.15", "2024-01-15", "20240115", "2024/1/15", "１１３／１／１５", " 2024年1月15日 ", "01130115",
    "2024-01-15T00:00:00", "2024/1/15 00:00",
    "2024/1/15 上午 12:00:00", "113/1/15 0:00", "2024-01-15T00:00:00.000Z", "2024/1/15 12:00:00 AM",
  ])
  func datesOfBothCalendars(cell: String) throws {
    #expect(try FormDate.day(cell: cell) == 19_737)
  }

  @Test func aYearOfTwoDigitsIsOneOfTheRepublic() throws {
    #expect(try FormDate.day(cell: "990228") == 14_668)
    #expect(try FormDate.day(cell: "1/1/1") == -21_185)
  }

  @Test(arguments: ["", " ", "0000000", "00000000", "　年　月　日", "000/00/00"])
  func unknownDates(cell: String) throws {
    #expect(try FormDate.day(cell: cell) == nil)
  }

  @Test(arguments: [
    "1130230", "1131301", "113/2/30", "2023-02-29", "20230229", "113", "11301150",
    "113/1", "113/1/15/2", "2024-01-15T08:00", "2024/1/15 12:00", "2024/1/15 00:00:01", "1/15/2024",
    "abc", "-113/1/1",
    "113/001/15", "一一三年一月十五日", "99990101", "3000/1/1", "1911-12-31",
  ])
  func daysThatAreNotThere(cell: String) {
    #expect(throws: IAuthError.dateInvalid(cell)) { try FormDate.day(cell: cell) }
  }

  @Test(arguments: [
    ("", Role.admin), ("機關管理者", .admin), ("管理者", .admin), ("ADMIN", .admin),
    ("一般權限", .general), (" 一般使用者 ", .general), ("General User", .general),
  ])
  func roleWords(cell: String, role: Role) throws {
    #expect(try Role(cell: cell) == role)
  }

  @Test(arguments: ["root", "superuser", "管理", "機關管理者 一般", "admin,general", "operator"])
  func anUnknownRoleIsNoRole(cell: String) {
    #expect(throws: IAuthError.roleInvalid(cell)) { try Role(cell: cell) }
  }

  @Test(arguments: [
    ("", FormChange.add), ("新增", .add), ("刪除", .remove), ("修改", .modify), ("Modify", .modify),
    ("變更", .modify), ("revoke", .remove),
  ])
  func changeWords(cell: String, change: FormChange) throws {
    #expect(try FormChange(cell: cell) == change)
  }

  @Test(arguments: ["新增/刪除", "x", "停權"])
  func anUnknownChangeIsNone(cell: String) {
    #expect(throws: IAuthError.changeInvalid(cell)) { try FormChange(cell: cell) }
  }
}
