// The grammar of PRODUCT section 4, on a command that has one parameter of every kind.

import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

private struct Probe: Command {
  static let name = "probe"
  static let usage = CommandUsage<Probe>(
    name, in: .about, summary: Bilingual("p", "p"), about: Bilingual("p", "p"),
    parameters: [
      .operand("FIRST", \.first, Bilingual("f", "f")),
      .operands("REST", \.rest, Bilingual("r", "r")),
      .option("text", "TEXT", \.text, Bilingual("t", "t"), asks: Bilingual("Text", "Text")),
      .option("role", "ROLE", \.role, Bilingual("r", "r"), asks: Bilingual("Role", "Role")),
      .option("limit", "N", \.limit, Bilingual("n", "n")),
      .flag("list", \.lists, Bilingual("l", "l")),
      .flag("hard", \.isHard, Bilingual("d", "d")),
    ],
    forms: [
      Form(takes: ["FIRST", "REST", "text", "limit", "hard"]),
      Form(needs: ["list", "role", "text"]), Form(needs: ["role", "REST"]),
    ],
    examples: [], fails: [])

  var first: String?
  var rest: [Int64] = []
  var text: String?
  var role: Role?
  var limit: Int?
  var lists = false
  var isHard = false

  func run(_ context: Context) throws(IAuthError) {}

  var picture: String {
    [
      first.map { "first=\($0)" }, rest.isEmpty ? nil : "rest=\(rest)",
      text.map { "text=\($0)" }, role.map { "role=\($0)" }, limit.map { "limit=\($0)" },
      lists ? "list" : nil, isHard ? "hard" : nil,
    ].compactMap(\.self).joined(separator: " ")
  }
}

private func parse(
  _ words: [String], answers: [String]? = nil
) throws(IAuthError) -> String {
  let line = Parser.parse(words, table: [Probe.self])
  guard let command = line.command else { throw line.fault?.error ?? .internal("no command") }
  var left = answers ?? []
  let ask = { (_: ParameterDescription, _: IAuthError?) throws(IAuthError) -> String in
    guard !left.isEmpty else { throw .internal("asked too often") }
    return left.removeFirst()
  }
  let filled = try command.filled(from: line, asking: answers == nil ? nil : ask)
  return (filled as? Probe)?.picture ?? "another command"
}

struct ParserTests {
  @Test(
    "Words that are accepted",
    arguments: [
      ([], ""),
      (["--text", "a"], "text=a"),
      (["--text=a"], "text=a"),
      (["--text=a=b"], "text=a=b"),
      (["--text", ""], "text="),
      (["--text="], "text="),
      (["--text", "--list"], "text=--list"),
      (["--text", "-h"], "text=-h"),
      (["--text", "--"], "text=--"),
      (["--text", "--json"], "text=--json"),
      (["-"], "first=-"),
      (["--", "--text"], "first=--text"),
      (["--", "-h", "7"], "first=-h rest=[7]"),
      (["a", "--", "7", "8"], "first=a rest=[7, 8]"),
      (["a", "--hard", "7", "--json", "8"], "first=a rest=[7, 8] hard"),
      (["--hard", "--hard"], "hard"),
      (["--role", "admin", "7", "8"], "rest=[7, 8] role=admin"),
      (["--limit", "007"], "limit=7"),
      (["--limit", " １２ "], "limit=12"),
      (["--list", "--role=general", "--text", "陳"], "text=陳 role=general list"),
    ])
  func accepted(_ words: [String], _ picture: String) throws {
    #expect(try parse(["probe"] + words) == picture)
  }

  @Test(
    "Words that are a usage error",
    arguments: [
      (["--text"], .usageMissingValue("--text", command: "probe")),
      (["--text", "a", "--text", "b"], .usageRepeated("--text", command: "probe")),
      (["--lang", "en", "--lang=en"], .usageRepeated("--lang", command: "probe")),
      (["--list=yes"], .usageUnwantedValue("--list", command: "probe")),
      (["--json=yes"], .usageUnwantedValue("--json", command: "probe")),
      (["--tex", "a"], .usageOption("--tex", nearest: "--text", command: "probe")),
      (["--txet", "a"], .usageOption("--txet", nearest: "--text", command: "probe")),
      (["--jsn"], .usageOption("--jsn", nearest: "--json", command: "probe")),
      (["--utterly"], .usageOption("--utterly", nearest: nil, command: "probe")),
      (["-x"], .usageOption("-x", nearest: nil, command: "probe")),
      (["--limit", "+5"], .usageValue(option: "--limit", value: "+5", allowed: [])),
      (["--limit", "-5"], .usageValue(option: "--limit", value: "-5", allowed: [])),
      (["--limit", ""], .usageValue(option: "--limit", value: "", allowed: [])),
      (["--limit", "१"], .usageValue(option: "--limit", value: "१", allowed: [])),
      (
        ["--limit", "9223372036854775808"],
        .usageValue(option: "--limit", value: "9223372036854775808", allowed: [])
      ),
      (
        ["--role", "Admin"],
        .usageValue(option: "--role", value: "Admin", allowed: ["admin", "general"])
      ),
      (["--lang", "fr"], .usageValue(option: "--lang", value: "fr", allowed: ["en", "zh-TW"])),
      (["--db", ""], .usageValue(option: "--db", value: "", allowed: [])),
      (["a", "b"], .usageValue(option: "REST", value: "b", allowed: [])),
      (["--list", "7"], .usageConflict("--list", "REST", command: "probe")),
      (["--list", "--limit", "1"], .usageConflict("--list", "--limit", command: "probe")),
      (["--list"], .usageMissing(["--role", "--text"], command: "probe")),
      (["--role", "admin"], .usageMissing(["--list", "--text"], command: "probe")),
      // The first fault is reported, whatever follows.
      (["--bogus", "--limit", "x"], .usageOption("--bogus", nearest: nil, command: "probe")),
      (["--limit", "x", "--bogus"], .usageValue(option: "--limit", value: "x", allowed: [])),
      (["\u{FFFD}"], .usageValue(option: "\u{FFFD}", value: "\u{FFFD}", allowed: ["UTF-8"])),
    ] as [([String], IAuthError)])
  func refused(_ words: [String], _ error: IAuthError) {
    #expect(throws: error) { try parse(["probe"] + words) }
  }

  @Test(
    "Unknown commands name the nearest one and are never abbreviations",
    arguments: [
      ("approv", "approve"), ("pend", "pending"), ("verfiy", "verify"), ("aply", "apply"),
      ("import", "import-batch"), ("zzz", nil), ("", nil),
    ] as [(String, String?)])
  func unknownCommand(_ word: String, _ nearest: String?) {
    let line = Parser.parse([word])
    #expect(line.command == nil)
    #expect(line.fault?.error == .usageCommand(word, nearest: nearest))
  }

  @Test("An option of a command does not stand before it")
  func optionBeforeCommand() {
    let line = Parser.parse(["--reason", "x", "approve"])
    #expect(line.fault?.error == .usageOption("--reason", nearest: nil, command: nil))
  }

  @Test("Global options stand before or after the command", arguments: [true, false])
  func globalOptions(before: Bool) {
    let globals = ["--db", "x.db", "--lang=zh-TW", "--quiet", "--no-input", "--color", "never"]
    let line = Parser.parse(before ? globals + ["probe"] : ["probe"] + globals, table: [Probe.self])
    #expect(line.fault == nil)
    #expect(line.options.db == "x.db")
    #expect(line.options.lang == .chinese)
    #expect(line.options.quiet && line.options.noInput && !line.options.json)
    #expect(line.options.color == .never)
  }

  @Test("What is missing is asked for, and again after a value that cannot be")
  func asking() throws {
    let picture = try parse(["probe", "--list"], answers: ["boss", "general", "because"])
    #expect(picture == "text=because role=general list")
  }

  @Test("Nothing is asked when something cannot be asked for")
  func notAsking() {
    #expect(throws: IAuthError.usageMissing(["--list", "--text"], command: "probe")) {
      try parse(["probe", "--role", "admin"], answers: [])
    }
  }

  /// An option may lack its value, before another option or at the end.
  @Test(arguments: [
    (["--unlock", "7"], Unlocked?.some(.account(7))),
    (["--unlock=7", "--reason", "x"], .account(7)),
    (["--unlock", "--agency", "2.16.886.101", "--email", "a@b.tw"], .address),
    (["--agency", "2.16.886.101", "--mobile", "0912345678", "--unlock"], .address),
    (["--unlock"], nil), (["--unlock", "7", "--email", "a@b.tw", "--agency", "2.16"], nil),
    (["--unlock", "--email", "a@b.tw"], nil), (["--unlock", "x"], nil),
  ])
  func unlockTakesAnAccountOrAnAddress(words: [String], expected: Unlocked?) {
    let line = Parser.parse(["accounts"] + words)
    let command = try? Accounts.filled(from: line, asking: nil) as? Accounts
    #expect(command?.unlock == expected)
  }
}
