// Invariants over every command, its parameters, forms and examples.

import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct CommandTableTests {
  static let all = CommandTable.described

  @Test("Names are unique, and no command hides a global option")
  func names() {
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    let globals = GlobalOptions.parameters.map(\.description.name)
    for command in Self.all {
      let names = command.parameters.map(\.name) + globals
      #expect(Set(names).count == names.count, "\(command.name)")
    }
  }

  @Test("The contract's commands are there")
  func contract() {
    let names = [
      "apply", "verify", "request-permission", "pending", "approve", "reject", "admins",
      "import-batch", "init", "agencies", "systems", "accounts", "revoke", "deliver", "audit",
      "doctor", "backup", "restore", "migrate", "serve", "serve-one", "ssh-gate", "completion",
      "help",
      "permissions", "recertify", "statistics",
    ]
    #expect(Set(Self.all.map(\.name)) == Set(names))
  }

  @Test("Texts exist in both languages, and a summary fits a line", arguments: all.indices)
  func texts(_ index: Int) {
    let command = Self.all[index]
    var texts = [command.summary, command.about] + command.parameters.map(\.help)
    texts += command.parameters.compactMap(\.question)
    texts += command.examples.flatMap { [$0.line, $0.meaning] }
    for text in texts {
      #expect(!text.english.utf8.isEmpty && !text.chinese.utf8.isEmpty)
      #expect(text.english.utf8.allSatisfy { $0 < 0x80 }, "\(text.english)")
    }
    for text in [command.summary, command.about] + command.parameters.map(\.help) {
      #expect(text.chinese.unicodeScalars.contains { EastAsianWidth.isWide($0) }, "\(text.chinese)")
    }
    for language in Language.allCases {
      #expect(TerminalText.width(command.summary(language)) <= 72)
    }
    #expect(!command.examples.isEmpty && !command.fails.isEmpty)
    #expect(Set(command.fails.map(\.rawValue)).count == command.fails.count)
  }

  @Test("Forms name parameters of the command, and every parameter stands in one")
  func forms() {
    for command in Self.all {
      let names = Set(command.parameters.map(\.name))
      let used = Set(command.forms.flatMap { $0.needs + $0.takes })
      #expect(used == names, "\(command.name)")
    }
  }

  @Test("Every example is a call that the parser accepts")
  func examples() throws {
    for command in Self.all {
      for example in command.examples {
        for language in Language.allCases where example.line(language).hasPrefix("iauth ") {
          let words = Self.words(example.line(language)).prefix { $0 != ">" }
          let line = Parser.parse(Array(words.dropFirst()))
          let type = try #require(line.command)
          #expect(type.described.name == command.name)
          _ = try type.filled(from: line, asking: nil)
        }
      }
    }
  }

  @Test("Everything an option set is the value that was typed")
  func filling() throws {
    let line = Parser.parse(
      Self.words("approve 42 --expect v7 --note 'letter checked' --json"))
    let approve = try #require(try line.command?.filled(from: line, asking: nil) as? Approve)
    #expect(approve.numbers == [42])
    #expect(approve.expect == "v7")
    #expect(approve.note == "letter checked")
    #expect(line.options.json)
  }

  @Test(
    "Calls that no form admits",
    arguments: [
      ("approve", IAuthError.usageMissing(["NUMBER"], command: "approve")),
      ("approve 1 --batch 2", .usageConflict("NUMBER", "--batch", command: "approve")),
      (
        "approve 1 2 --expect v", .usageConflict("--expect", "NUMBER NUMBER", command: "approve")
      ),
      ("reject 1", .usageMissing(["--reason"], command: "reject")),
      ("verify A-1 --status", .usageConflict("REFERENCE", "--status", command: "verify")),
      ("pending 1 --limit 2", .usageConflict("NUMBER", "--limit", command: "pending")),
      ("pending 1 2", .usageOperand("2", command: "pending")),
      ("pending --after 3d", .usageMissing(["--remind"], command: "pending")),
      ("agencies --set-superior 1", .usageMissing(["CODE"], command: "agencies")),
      ("accounts --close 1 --erase 2", .usageConflict("--close", "--erase", command: "accounts")),
      (
        "init --authority 1 --reviewer-name x",
        .usageMissing(["--reviewer-email", "--reviewer-mobile"], command: "init")
      ),
      (
        "completion tcsh",
        .usageValue(
          option: "SHELL", value: "tcsh", allowed: ["bash", "zsh", "fish"])
      ),
      ("doctor x", .usageOperand("x", command: "doctor")),
    ])
  func refused(_ call: String, _ error: IAuthError) throws {
    let line = Parser.parse(Self.words(call))
    let type = try #require(line.command)
    #expect(throws: error) { try type.filled(from: line, asking: nil) }
  }

  @Test("agencies takes one query, or many codes below a superior")
  func agencies() throws {
    let query = Parser.parse(["agencies", "疾病管制署"])
    let found = try #require(try query.command?.filled(from: query, asking: nil) as? Agencies)
    #expect(found.query == "疾病管制署" && found.codes.isEmpty)
    let relation = Parser.parse(["agencies", "1.2", "--set-superior", "1", "1.3"])
    let set = try #require(try relation.command?.filled(from: relation, asking: nil) as? Agencies)
    #expect(set.query == nil && set.codes == ["1.2", "1.3"] && set.setSuperior == "1")
  }

  /// Words as a shell makes them, for single quotes.
  static func words(_ line: String) -> [String] {
    var words: [String] = [""]
    var isQuoted = false
    for scalar in line.unicodeScalars {
      if scalar == "'" {
        isQuoted.toggle()
      } else if scalar == " ", !isQuoted {
        words.append("")
      } else {
        words[words.count - 1].unicodeScalars.append(scalar)
      }
    }
    return words
  }
}
