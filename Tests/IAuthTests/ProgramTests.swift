// What a run writes where, and with which status it ends, before any database is touched.

import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct ProgramTests {
  @Test(
    "--version wins wherever it stands",
    arguments: ["--version", "--version --bogus", "apply --version", "--bogus --version -h"])
  func version(_ line: String) {
    let answer = iauth(line)
    #expect(answer.status == .done)
    #expect(answer.out == "iauth 0.2.0\n")
    #expect(answer.err == "")
  }

  @Test("Without a command: short help on standard error, status 64")
  func noCommand() {
    let answer = iauth([])
    #expect(answer.status == .usage)
    #expect(answer.out == "")
    #expect(answer.err.contains("iauth help COMMAND"))
    #expect(answer.err.split(separator: "\n", omittingEmptySubsequences: false).count <= 36)
    #expect(iauth(["--json"]).err.hasPrefix(#"{"error":{"code":"usage.command""#))
  }

  @Test("A usage error names the bad word and the help, on standard error only")
  func usageError() {
    let answer = iauth("apply --emial x")
    #expect(answer.status == .usage)
    #expect(answer.out == "")
    #expect(answer.err.hasPrefix("iauth: usage.option: "))
    #expect(answer.err.contains("--emial"))
    #expect(answer.err.contains("--email"))
    #expect(answer.err.contains("iauth: try: iauth help apply\n"))
  }

  @Test(
    "--json and --lang hold for usage errors wherever they stand",
    arguments: [["--json", "apply", "--bogus"], ["apply", "--bogus", "--json"]])
  func jsonErrors(_ words: [String]) {
    let english = iauth(words)
    #expect(english.out == "")
    #expect(english.err.hasPrefix(#"{"error":{"code":"usage.option","hint":"iauth help apply","#))
    #expect(iauth(words + ["--lang", "zh-TW"]).err == english.err)
    #expect(iauth(words, environment: ["LC_ALL": "zh_TW.UTF-8"]).err == english.err)
  }

  @Test(
    "The language comes from --lang, else from the first locale variable that is set",
    arguments: [
      (["LANG": "zh_TW.UTF-8"], Language.chinese),
      (["LANG": "zh_TW"], .chinese),
      (["LANG": "zh_CN.UTF-8"], .english),
      (["LANG": "zh_TW.UTF-8", "LC_MESSAGES": "C"], .english),
      (["LANG": "C", "LC_ALL": "zh_TW.UTF-8", "LC_MESSAGES": "C"], .chinese),
      (["LANG": "zh_TW.UTF-8", "LC_ALL": ""], .chinese),
      ([:], .english),
    ])
  func language(_ environment: [String: String], _ language: Language) {
    #expect(Environment(environment).language == language)
    #expect(
      iauth(["help"], environment: environment).out
        == iauth(["help", "--lang", language.rawValue]).out)
  }

  @Test("An empty variable counts as unset, and an option goes before a variable")
  func variables() {
    var options = GlobalOptions()
    options.session = "typed"
    options.complete(
      from: Environment(["IAUTH_DB": "", "IAUTH_SESSION": "set", "IAUTH_CONFIG": "c"]))
    #expect(options.db == nil)
    #expect(options.session == "typed")
    #expect(options.config == "c")
  }

  @Test("Everything missing is named at once where nobody can be asked")
  func missing() {
    let answer = iauth("apply --name x")
    #expect(answer.status == .usage)
    for option in ["--agency", "--email", "--mobile"] {
      #expect(answer.err.contains(option))
    }
  }

  @Test("On a terminal what is missing is asked for; --no-input forbids it")
  func prompts() {
    let words = ["apply", "--agency", "2.16.886.101.20003.20065.20021", "--name", "陳美玲"]
    let asked = iauth(words, input: "not an address\nm@cdc.gov.tw\n", isTerminal: true)
    #expect(asked.err.contains("Official e-mail: iauth: "))
    #expect(asked.err.contains("email.invalid"))
    #expect(asked.err.contains("Mobile number: "))
    // The input ended before the last answer.
    #expect(asked.status == .usage)
    #expect(asked.err.contains("--mobile"))
    let silent = iauth(words + ["--no-input"], input: "m@cdc.gov.tw\n", isTerminal: true)
    #expect(!silent.err.contains("Official e-mail"))
    #expect(silent.status == .usage)
  }

  @Test("What was typed reaches the terminal escaped, and scripts intact")
  func hostileWords() {
    let word = "x\u{1B}[2J\u{202E}\r\ny"
    let human = iauth([word])
    #expect(human.err.contains("x\\u{1B}[2J\\u{202E}\\u{D}\\u{A}y"))
    #expect(!human.err.unicodeScalars.contains("\u{1B}"))
    let machine = iauth([word, "--json"])
    #expect(machine.err.contains(#"x\u001b[2J\u202e\r\ny"#))
    #expect(machine.err.split(separator: "\n").count == 1)
  }

  @Test(
    "Colour needs a terminal that wants it, or --color always",
    arguments: [
      ([], [:], true, true), ([], [:], false, false),
      ([], ["NO_COLOR": "1"], true, false), ([], ["NO_COLOR": ""], true, true),
      ([], ["TERM": "dumb"], true, false), (["--color=never"], [:], true, false),
      (["--color=always"], ["NO_COLOR": "1"], false, true),
    ] as [([String], [String: String], Bool, Bool)])
  func color(_ words: [String], _ environment: [String: String], isTerminal: Bool, isColored: Bool)
  {
    let answer = iauth(words + ["bogus"], environment: environment, isTerminal: isTerminal)
    #expect(answer.err.utf8.contains(0x1B) == isColored)
  }
}
