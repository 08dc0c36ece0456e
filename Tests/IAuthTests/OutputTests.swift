// JSON, tables, widths, escapes and local times, as bytes and columns.

import Foundation
import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct OutputTests {
  @Test(
    "JSON values",
    arguments: [
      (.null, "null"), (true, "true"), (-5, "-5"), ([], "[]"), ([:], "{}"),
      ([1, "a", nil], #"[1,"a",null]"#),
      (["b": 1, "a": ["d": false, "c": nil]], #"{"a":{"c":null,"d":false},"b":1}"#),
      ("機關 \"a\" \\ /", #""機關 \"a\" \\ /""#),
      ("\u{0}\t\n\r\u{1F}\u{7F}\u{9B}", #""\u0000\t\n\r\u001f\u007f\u009b""#),
      ("\u{2028}\u{202E}\u{FEFF}", #""\u2028\u202e\ufeff""#),
      ("\u{E0041}😀", #""\udb40\udc41😀""#),
      (.text(nil), "null"), (.time(Timestamp(0)), #""1970-01-01T00:00:00Z""#),
    ] as [(JSON, String)])
  func json(_ value: JSON, _ text: String) throws {
    #expect(value.text == text)
    _ = try JSONSerialization.jsonObject(with: Data(value.text.utf8), options: .fragmentsAllowed)
  }

  @Test("JSON gives back the text that went in")
  func jsonRoundTrip() throws {
    let text = "ok\n\u{1B}[2J\u{202E}機\u{E0041}\"\\"
    let object = try JSONSerialization.jsonObject(
      with: Data(JSON.string(text).text.utf8), options: .fragmentsAllowed)
    #expect((object as? String).map { Array($0.utf8) } == Array(text.utf8))
  }

  @Test(
    "Widths in columns",
    arguments: [
      ("", 0), ("abc", 3), ("機關", 4), ("ＡＢ", 4), ("ｱ", 1), ("é", 1), ("e\u{301}", 1),
      ("…", 1), ("臺\u{302}北", 4), ("😀", 2), ("한", 2), ("ᄒ\u{1161}", 2), ("　", 2), ("·", 1),
      ("（）", 4), ("𠀀", 2), ("\u{AD}", 0), ("α", 1), ("কি", 1),
    ])
  func width(_ text: String, _ columns: Int) {
    #expect(TerminalText.width(text) == columns)
  }

  @Test(
    "What steers a terminal or deceives the eye is shown escaped",
    arguments: [
      ("a\u{1B}[2Jb", "a\\u{1B}[2Jb"), ("\u{9B}1m", "\\u{9B}1m"), ("a\r\nb", "a\\u{D}\\u{A}b"),
      ("\u{202E}x\u{2066}", "\\u{202E}x\\u{2066}"), ("a\u{200B}b", "a\\u{200B}b"),
      ("\u{E0041}", "\\u{E0041}"), ("\u{FFFF}", "\\u{FFFF}"), ("機關 A", "機關 A"),
      ("\\u{1B}", "\\u{1B}"),
    ])
  func escapes(_ text: String, _ shown: String) {
    #expect(TerminalText.escaped(text) == shown)
  }

  @Test("No control, format or unassigned scalar gets through")
  func allScalars() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for out in TerminalText.escaped(String(scalar)).unicodeScalars {
        switch out.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
          Issue.record("U+\(String(value, radix: 16)) gets through")
        default: break
        }
      }
    }
  }

  @Test(
    "Text is cut between glyphs, with a mark",
    arguments: [
      ("機關名稱", 8, "機關名稱"), ("機關名稱", 7, "機關名…"), ("機關名稱", 6, "機關…"),
      ("機關名稱", 1, "…"), ("機關名稱", 0, ""), ("abc", 2, "a…"), ("e\u{301}fg", 2, "e\u{301}…"),
    ])
  func cutting(_ text: String, _ limit: Int, _ cut: String) {
    #expect(TerminalText.fitted(text, to: limit) == cut)
  }

  static let table = Table(
    [
      Table.Column(Bilingual("request", "申請"), isNumber: true),
      Table.Column(Bilingual("agency", "機關"), isFlexible: true),
      Table.Column(Bilingual("name", "姓名")),
    ],
    rows: [
      ["7", "衛生福利部疾病管制署", "陳美玲"], ["1042", "CDC", "Chen Mei-ling\n\u{1B}"],
    ])

  @Test("Columns stand below each other")
  func alignment() {
    let (header, rows, isCut) = Self.table.lines(width: 80, language: .english)
    #expect(header == "request  agency                name")
    #expect(
      rows == [
        "      7  衛生福利部疾病管制署  陳美玲",
        "   1042  CDC                   Chen Mei-ling\\u{A}\\u{1B}",
      ])
    #expect(!isCut)
    #expect(Self.table.lines(width: 80, language: .chinese).header == "申請  機關                  姓名")
  }

  @Test("A table fits any width, and says when it had to be cut", arguments: 1...90)
  func fits(_ width: Int) {
    let (header, rows, isCut) = Self.table.lines(width: width, language: .english)
    for line in [header] + rows { #expect(TerminalText.width(line) <= width) }
    #expect(isCut == (width < 55))
  }

  @Test("A number stays whole, whatever becomes of its title", arguments: [8, 20, 40])
  func numbersStayWhole(_ width: Int) {
    let rows = Self.table.lines(width: width, language: .english).rows
    #expect(rows[1].drop { $0 == " " }.hasPrefix("1042"))
  }

  @Test("Spare columns are left out where they have no room, the last first")
  func spare() {
    let table = Table(
      ["key", "a", "b", "c"].map { name in
        Table.Column(Bilingual(name, name), isNumber: true, isSpare: name == "a" || name == "b")
      }, rows: [["1", "22222", "333333", "4"]])
    let kept = { (width: Int) in
      table.fitting(width: width, language: .english).columns.map(\.header.english)
    }
    #expect(kept(21) == ["key", "a", "b", "c"])
    #expect(kept(20) == ["key", "a", "c"])
    #expect(kept(12) == ["key", "c"])
    #expect(kept(1) == ["key", "c"])
  }

  @Test("A flexible column gives way first")
  func flexible() {
    let rows = Self.table.lines(width: 46, language: .english).rows
    #expect(rows[0] == "      7  衛生福利部…  陳美玲")
    #expect(rows[1].hasSuffix("Chen Mei-ling\\u{A}\\u{1B}"))
  }

  @Test("An empty list is nothing on standard output and one sentence on standard error")
  func emptyList() throws {
    for (json, quiet, note) in [
      (false, false, "iauth: nothing waits\n"), (true, false, ""), (false, true, ""),
    ] {
      let console = Console.recording()
      var options = GlobalOptions()
      (options.json, options.quiet) = (json, quiet)
      console.isQuiet = quiet
      let context = Context(
        world: .test, environment: Environment([:]), options: options, console: console,
        localTime: .utc)
      try context.list(.system, [], table: Table([]), empty: Bilingual("nothing waits", "無待審申請"))
      #expect(console.out.text == "")
      #expect(console.err.text == note)
    }
  }

  @Test("Local times say their zone")
  func localTimes() {
    let taipei = LocalTime { _ in (28_800, "CST") }
    let time = Timestamp(1_772_442_000)
    #expect(taipei.text(time) == "2026-03-02 17:00")
    #expect(taipei.textWithZone(time) == "2026-03-02 17:00 +0800")
    #expect(taipei.zoneName(at: time) == "CST")
    #expect(LocalTime { _ in (-12_600, "-0330") }.zoneName(at: time) == "-0330")
    #expect(LocalTime.utc.textWithZone(time) == "2026-03-02 09:00 +0000")
  }

  @Test(
    "Times as people type them",
    arguments: [
      ("3d", Timestamp(1_772_442_000 - 259_200)), ("2026-03-02", Timestamp(1_772_380_800)),
      ("2026-03-02T09:00:00Z", Timestamp(1_772_442_000)), ("2026-02-29", nil),
      ("2026-03-02T24:00:00Z", nil), ("2026-03-02T17:00:00", Timestamp(1_772_442_000)),
      ("2026-03-02 17:00", Timestamp(1_772_442_000)),
      ("2026-03-02T09:00Z", Timestamp(1_772_442_000)),
      ("2026-03-02T18:00+09:00", Timestamp(1_772_442_000)), ("2026-03-02T09:00:", nil),
      ("2026-03", nil), ("", nil),
      ("yesterday", nil),
    ] as [(String, Timestamp?)])
  func typedTimes(_ text: String, _ time: Timestamp?) {
    let taipei = LocalTime { _ in (28_800, "CST") }
    let parsed = try? TimeArgument.parse(text, for: "--since")
    #expect(parsed?.timestamp(now: Timestamp(1_772_442_000), in: taipei) == time)
  }

  /// Standard input that cannot be read is called what it is; the disk is whole.
  @Test(arguments: ["/", "/dev/null"]) func whatCannotBeRead(path: String) throws {
    let file = unsafe open(path, path == "/" ? O_RDONLY : O_WRONLY)
    defer { close(file) }
    let error = #expect(throws: IAuthError.self) {
      _ = try Input(descriptor: file, isTerminal: false).line()
    }
    #expect(error?.code == .fileMissing)
  }
}
