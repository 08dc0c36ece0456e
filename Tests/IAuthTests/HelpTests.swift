// Help: the same by every way of asking, complete, and no wider than 80 columns.

import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct HelpTests {
  static let names = CommandTable.described.map(\.name)

  @Test("Every way of asking for help gives the same", arguments: names, Language.allCases)
  func sameHelp(_ name: String, _ language: Language) {
    let lang = ["--lang", language.rawValue]
    let answer = iauth(["help", name] + lang)
    #expect(answer.status == .done)
    #expect(answer.err == "")
    #expect(!answer.out.utf8.isEmpty)
    for words in [
      [name, "--help"], ["-h", name], [name, "--bogus", "-h"], [name, "x", "y", "-h"],
    ] {
      #expect(iauth(words + lang).out == answer.out)
    }
  }

  @Test("Help has usage, options, an example and exit statuses", arguments: names)
  func sections(_ name: String) throws {
    let english = iauth(["help", name]).outLines
    #expect(english.first?.hasPrefix("Usage: iauth \(name)") == true)
    #expect(english.contains("Examples:") && english.contains("Exit status:"))
    let chinese = iauth(["help", name, "--lang", "zh-TW"]).outLines
    #expect(chinese.first?.hasPrefix("用法：iauth \(name)") == true)
    #expect(chinese.contains("範例：") && chinese.contains("結束狀態："))
    let described = try #require(CommandTable.described.first { $0.name == name })
    for parameter in described.parameters {
      #expect(english.contains { $0.hasPrefix("  \(parameter.listed) ") }, "\(parameter.name)")
    }
  }

  @Test(
    "No line is wider than 80 columns, nor, in English, longer than 80 bytes",
    arguments: names + ["", "exit-codes"])
  func width(_ topic: String) {
    let words = topic.isEmpty ? ["help"] : ["help", topic]
    for line in iauth(words).outLines { #expect(line.utf8.count <= 80, "\(line)") }
    for line in iauth(words + ["--lang", "zh-TW"]).outLines {
      #expect(TerminalText.width(line) <= 80, "\(line)")
    }
  }

  @Test("exit-codes lists every status and every code")
  func exitCodes() {
    let text = iauth("help exit-codes").out
    for code in ErrorCode.allCases { #expect(text.contains(code.rawValue)) }
    let rows = iauth("help exit-codes --json").outLines
    #expect(rows.count == Values.ExitStatus.allCases.count)
    #expect(rows.first == #"{"codes":[],"meaning":"done","status":0}"#)
  }

  @Test("An unknown topic is a usage error that names the nearest")
  func unknownTopic() {
    let answer = iauth("help approv")
    #expect(answer.status == .usage)
    #expect(answer.err.contains("approve"))
    #expect(iauth("approv --help").err == answer.err)
  }

  @Test("Help as JSON is one object a line, the same in every language")
  func json() {
    #expect(iauth("help --json").outLines.count == Self.names.count)
    #expect(iauth("help apply --json").out == iauth("help apply --json --lang zh-TW").out)
  }

  @Test(
    "Chinese lines break anywhere but before closing and after opening punctuation",
    arguments: [
      ("一二三四", 4, ["一二", "三四"]), ("一二，三", 4, ["一", "二，", "三"]),
      ("一（二三", 4, ["一", "（二", "三"]), ("用 --json 看", 8, ["用", "--json", "看"]),
      ("a longer word", 6, ["a", "longer", "word"]), ("", 5, []),
    ])
  func wrapping(_ text: String, _ width: Int, _ lines: [String]) {
    #expect(Wrap.lines(text, width: width) == lines)
  }
}
