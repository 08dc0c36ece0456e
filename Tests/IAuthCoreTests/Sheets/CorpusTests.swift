// Every kind of sheet that was once misread, as different programs write it: what is read is what a
// person who opens the file sees. Scripts/make-corpus made the files and says what is in them.

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// One file and what is to be read of it.
struct CorpusEntry: Decodable, Sendable, CustomTestStringConvertible {
  struct Row: Decodable, Sendable {
    let row: Int
    var code, agency, name, email, mobile, day, reason, phone, change, sheet, parsed: String?
    var hidden: Bool?
    var formulas, merged: [String]?
  }
  let file: String
  var rows: [Row]?
  var error: String?
  var says, unread, hiddenColumns: [String]?

  var testDescription: String { file }

  static let all: [CorpusEntry] = {
    guard let bytes = try? sheetFixture("corpus/expected.json"),
      let all = try? JSONDecoder().decode([CorpusEntry].self, from: Data(bytes))
    else { return [] }
    return all
  }()
}

@Suite struct CorpusTests {
  @Test func noFileIsLeftOut() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Fixtures/sheets/corpus")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(files) == Set(CorpusEntry.all.map(\.file) + ["expected.json"]))
    #expect(CorpusEntry.all.count > 90)
  }

  @Test(arguments: CorpusEntry.all)
  func whatAPersonSeesIsRead(entry: CorpusEntry) throws {
    let bytes = try sheetFixture("corpus/" + entry.file)
    var found: [FormRow] = []
    var unread: [String] = []
    do throws(IAuthError) {
      var form = try FormSheet(SheetFormat.open(bytes))
      while let row = try form.next() { found.append(row) }
      unread = form.unread.map(\.name)
    } catch {
      #expect(error.code.rawValue == entry.error)
      let words = error.sentences
      for says in entry.says ?? [] {
        #expect(words.english.contains(says) || words.chinese.contains(says), "\(words)")
      }
      return
    }
    let rows = try #require(entry.rows)
    #expect(unread == entry.unread ?? [])
    #expect(found.map(\.number) == rows.map(\.row))
    for (row, expected) in zip(found, rows) { try compare(row, expected, entry) }
  }

  private func compare(
    _ row: FormRow, _ expected: CorpusEntry.Row, _ entry: CorpusEntry
  ) throws {
    for (column, text) in [
      (FormColumn.agencyCode, expected.code), (.agencyName, expected.agency),
      (.name, expected.name), (.email, expected.email), (.mobile, expected.mobile),
      (.reason, expected.reason), (.phone, expected.phone), (.change, expected.change),
    ] {
      if let text { #expect(row[column] == text, "\(column)") }
    }
    if let sheet = expected.sheet { #expect(row.header.sheet == sheet) }
    if let day = expected.day {
      let at = try #require(try FormDate.day(cell: row[.effectiveDate]))
      #expect(Timestamp(at * 86_400).rfc3339.prefix(10) == day)
    }
    if let parsed = expected.parsed { #expect(try PersonName(row[.name]).text == parsed) }
    let titles = { (columns: [FormColumn]) in columns.map { row.header.title(of: $0) } }
    #expect(row.isHidden == expected.hidden ?? false)
    #expect(titles(row.formulas) == expected.formulas ?? [])
    #expect(titles(row.merged) == expected.merged ?? [])
    #expect(titles(row.header.hidden) == entry.hiddenColumns ?? [])
  }

  /// A million formatted rows below two people: as programs leave them where somebody has painted
  /// whole columns.
  @Test(.enabled(if: hasPython), arguments: [20, 80])
  func blankRowsCountForNothing(bytes: Int) throws {
    let program = """
      import io, sys, zipfile
      old, row, out = sys.argv[1], sys.argv[2].encode(), io.BytesIO()
      with zipfile.ZipFile(old) as a, zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as b:
          for name in a.namelist():
              with b.open(name, 'w') as part:
                  part.write(a.read(name).replace(b'</sheetData>', row * 1000000 + b'</sheetData>'))
      sys.stdout.buffer.write(out.getvalue())
      """
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let path = folder.appendingPathComponent("../../Fixtures/sheets/corpus/container-zip64.xlsx")
    let row = "<row s='1' spans='1:9'" + String(repeating: " ", count: max(0, bytes - 24)) + "/>"
    let sheet = try python(program, [path.path, row])
    do throws(IAuthError) {
      #expect(try formRows(sheet).map(\.number) == [2, 3])
      #expect(bytes == 20)
    } catch {
      #expect(error == .limitBytes(max: Limits.workbookUnpackedBytes) && bytes == 80)
      #expect(error.sentences.english.contains("delete the empty rows"))
    }
  }
}
