// What a person sees in a cell, row or title is what is read (PRODUCT 4.1): rows that the sheet's
// default height does not hide, formats with conditions and literals, characters that nobody sees.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SeenCellTests {
  private func archive(_ parts: [(String, String)]) -> [UInt8] {
    var zip = ZipWriter()
    for (name, text) in parts { zip.add(name, Array(text.utf8)) }
    return zip.finish()
  }

  private func workbook(_ sheet: String) -> [UInt8] {
    func relation(_ type: String, _ target: String) -> String {
      "<R><Relationship Id='r1' Type='x/\(type)' Target='\(target)'/></R>"
    }
    return archive([
      ("[Content_Types].xml", "<Types/>"),
      ("_rels/.rels", relation("officeDocument", "xl/w.xml")),
      ("xl/_rels/w.xml.rels", relation("worksheet", "s.xml")),
      ("xl/w.xml", "<workbook><sheets><sheet name='甲' id='r1'/></sheets></workbook>"),
      ("xl/s.xml", "<s>\(sheet)</s>"),
    ])
  }

  /// `zeroHeight` hides the rows below a list that are not written; those that are, are seen.
  @Test func rowsOfAListAreSeen() throws {
    func row(_ number: Int, _ attributes: String = "") -> String {
      "<row r='\(number)'\(attributes)><c t='inlineStr'><is><t>x</t></is></c></row>"
    }
    var reader = try SheetFormat.open(
      workbook(
        "<sheetFormatPr defaultRowHeight='15' zeroHeight='1'/><sheetData>"
          + row(1) + row(2, " ht='15'") + row(3, " hidden='1'") + row(4, " ht='0'")
          + row(5, " hidden='0'") + "</sheetData>"))
    var hidden: [Int] = []
    while let row = try reader.next() {
      if row.isHidden { hidden.append(row.number) }
    }
    #expect(hidden == [3, 4])
  }

  /// A header that nobody sees is one only where none is seen: it may say something else of the
  /// columns (another system's names, an earlier form).
  @Test(arguments: [HiddenRows.refuse, .skip], [true, false])
  func aHeaderThatIsSeenComesFirst(policy: HiddenRows, isSeen: Bool) throws {
    func row(_ number: Int, _ cells: [String], _ attributes: String = "") -> String {
      let all = cells.map { "<c t='inlineStr'><is><t>\($0)</t></is></c>" }
      return "<row r='\(number)'\(attributes)>\(all.joined())</row>"
    }
    let rows =
      row(1, ["機關OID", "公務信箱", "姓名", "手機"], " hidden='1'")
      + (isSeen ? row(2, ["申請表"]) + row(3, ["機關OID", "姓名", "公務信箱", "手機"]) : "")
      + row(4, ["2.16.886.101.1", "王小明", "w@x.gov.tw", "0912345678"])
      + row(5, ["2.16.886.101.1", "王小明", "w@x.gov.tw", "0912345678"])
    let reader = try SheetFormat.open(workbook("<sheetData>" + rows + "</sheetData>"))
    var form = try FormSheet(reader, hidden: policy)
    #expect(form.header.row == (isSeen ? 3 : 1))
    var found: [String] = []
    while let row = try form.next() { found.append("\(row.number) \(row[.name])") }
    let name = isSeen ? "王小明" : "w@x.gov.tw"
    #expect(found == ["4 \(name)", "5 \(name)"])
  }

  /// The conditions and currencies of an OpenDocument sheet's formats.
  @Test(arguments: [
    ("912345678", "0912-345-678"), ("12345678", "1234-5678"),
  ])
  func conditionsOfOpenDocument(value: String, shown: String) throws {
    func number(_ name: String, _ digits: Int, _ places: [Int], _ map: String = "") -> String {
      let texts = places.map {
        "<n:embedded-text n:position='\($0)'>-</n:embedded-text>"
      }
      return "<n:number-style s:name='\(name)'><n:number n:min-integer-digits='\(digits)'"
        + " n:decimal-places='0'>\(texts.joined())</n:number>\(map)</n:number-style>"
    }
    let map = "<s:map s:condition='value()&gt;99999999' s:apply-style-name='N1'/>"
    let styles =
      number("N1", 10, [3, 6]) + number("N2", 8, [4], map)
      + "<s:style s:name='c1' s:family='table-cell' s:data-style-name='N2'/>"
    #expect(try shownByOpenDocument(styles, value) == shown)
  }

  @Test func theCurrencyOfOpenDocument() throws {
    let styles = """
      <n:currency-style s:name='N1'><n:currency-symbol>+81</n:currency-symbol>\
      <n:number n:min-integer-digits='9' n:decimal-places='0'/></n:currency-style>\
      <s:style s:name='c1' s:family='table-cell' s:data-style-name='N1'/>
      """
    #expect(try shownByOpenDocument(styles, "912345679") == "+81912345679")
  }

  private func shownByOpenDocument(_ styles: String, _ value: String) throws -> String? {
    let space = "urn:oasis:names:tc:opendocument:xmlns:"
    let spaces = [
      ("o", "office:1.0"), ("t", "table:1.0"), ("x", "text:1.0"), ("s", "style:1.0"),
      ("n", "datastyle:1.0"),
    ].map { " xmlns:\($0.0)='\(space)\($0.1)'" }.joined()
    let cell =
      "<t:table-cell t:style-name='c1' o:value-type='float' o:value='\(value)'>"
      + "<x:p>?</x:p></t:table-cell>"
    var reader = try SheetFormat.open(
      archive([
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
          "content.xml",
          "<o:document-content\(spaces)><o:automatic-styles>\(styles)</o:automatic-styles><o:body>"
            + "<o:spreadsheet><t:table t:name='甲'><t:table-row>\(cell)</t:table-row></t:table>"
            + "</o:spreadsheet></o:body></o:document-content>"
        ),
      ]))
    return try reader.next()?.cells.first
  }

  /// Another table below the first has its own columns; the same titles once more are no person.
  @Test func aSecondTableIsReadUnderItsOwnTitles() throws {
    let desk = try Desk()
    let (li, lin, liu) = (Person.li, Person.lin, Person.liu)
    var order = Sheet(lines: [
      "一、新增,,,,", "機關OID,姓名,公務信箱,手機,職稱",
      "\(li.agency),\(li.name),\(li.email),\(li.mobile),科員",
      "機關OID,姓名,公務信箱,手機,職稱", "\(lin.agency),\(lin.name),\(lin.email),\(lin.mobile),科員",
      "二、刪除,,,,", "姓名,機關OID,公務信箱,手機,異動類別",
      "\(liu.name),\(liu.agency),\(liu.email),\(liu.mobile),刪除",
    ]).order
    (order.isPartial, order.report) = (true, .csv)
    let report = try desk.owner().importBatch(order)
    #expect(report.rows.map(\.number) == [3, 5, 8])
    #expect(report.rows.map(\.outcome) == [.accepted, .accepted, .rejected])
    #expect(report.rows[2].problems.map(\.code) == ["account.unknown"])
    #expect(report.rows.allSatisfy { $0.sheet == nil })
    #expect(try desk.number("SELECT count(*) FROM request WHERE batch IS NOT NULL") == 2)
    var bytes: [UInt8] = []
    try report.writeSheet(as: .csv) { bytes += $0 }
    let lines = try rows(of: bytes)
    #expect(lines[0].prefix(6) == ["機關OID", "姓名", "公務信箱", "手機", "職稱", "異動類別"])
    #expect(lines[3].prefix(6) == [liu.agency, liu.name, liu.email, liu.mobile, "", "刪除"])
  }

  /// A few bytes that stand for a billion cells are counted as if each were written.
  @Test(arguments: [(1_000_000, 1_000), (1_000_000, 8), (1, 1_000)])
  func repeatedCellsAreCounted(rows: Int, cells: Int) throws {
    let space = "urn:oasis:names:tc:opendocument:xmlns:"
    let row =
      "<t:table-row t:number-rows-repeated='\(rows)'><t:table-cell"
      + " t:number-columns-repeated='\(cells)'><x:p>x</x:p></t:table-cell></t:table-row>"
    let content =
      "<o:document-content xmlns:o='\(space)office:1.0' xmlns:t='\(space)table:1.0'"
      + " xmlns:x='\(space)text:1.0'><o:body><o:spreadsheet><t:table t:name='甲'>\(row)</t:table>"
      + "</o:spreadsheet></o:body></o:document-content>"
    var reader = try SheetFormat.open(archive([("content.xml", content)]))
    var error: IAuthError?
    do throws(IAuthError) {
      while try reader.next() != nil {}
    } catch let found {
      error = found
    }
    #expect((error?.code == .limitBytes) == (rows > 1))
  }

  /// Mail gateways pad what they send on.
  @Test func whatStandsBehindAWorkbookIsNothing() throws {
    let bytes = workbook(
      "<sheetData><row r='1'><c t='inlineStr'><is><t>x</t></is></c></row></sheetData>")
    for padding in [[13, 10], [UInt8](repeating: 0, count: 512), [0x1A]] {
      var reader = try SheetFormat.open(bytes + padding)
      #expect(try reader.next()?.cells == ["x"])
    }
  }

  /// A title says what it shows, whatever else stands in it; in a code the character is named.
  @Test(arguments: ["\u{200B}", "\u{200E}", "\u{202C}", "\u{FEFF}", "\u{AD}", "\u{2060}"])
  func charactersThatNobodySees(unseen: String) throws {
    let desk = try Desk()
    let scalar = try #require(unseen.unicodeScalars.first)
    let li = Person.li
    for title in ["姓名\(unseen)", "\(unseen)姓名", "姓\(unseen)名"] {
      var order = Sheet(lines: [
        "機關OID,\(title),公務信箱\(unseen),手機", "\(li.agency),\(li.name),\(li.email),\(li.mobile)",
      ]).order
      order.isDryRun = true
      #expect(try desk.owner().importBatch(order).rows.map(\.outcome) == [.accepted])
    }
    let report = try desk.owner().importBatch(
      Sheet([Person(agency: li.agency + unseen, name: li.name, email: li.email, mobile: li.mobile)])
        .order)
    let problem = try #require(report.rows.first?.problems.first)
    let name = "U+" + String(scalar.value, radix: 16, uppercase: true)
    #expect(problem.column == "機關OID" && problem.code == "agency.unknown")
    #expect(
      problem.message.english.contains(name.count < 6 ? "U+00AD" : name), "\(problem.message)")
  }
}
