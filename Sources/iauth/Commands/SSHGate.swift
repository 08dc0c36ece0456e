// `iauth ssh-gate`: the forced command behind an ssh key, and the enrolment of keys. sshd hands
// over what the client asked for as one text; it is split here, never by a shell, and only what a
// key may do is run.

import IAuthCore
import Sheets
import Values

struct SSHGate: Command {
  static var runsHere: Bool { true }
  static let name = "ssh-gate"
  static let usage = CommandUsage<SSHGate>(
    name, in: .upkeep,
    summary: Bilingual("Let scripts in by ssh", "提供 ssh 存取"),
    about: Bilingual(
      """
      As the forced command of an ssh key it runs what the client asked for, for the account that \
      the key was enrolled for, while that is an active administrator: import-batch -, \
      pending --batch, agencies and admins. The key decides nothing. With --public it is the \
      forced command of an account that is open to all: applicants type their commands there, one \
      a line, and are signed out at the end; the caller is the client's address. --enrol prints \
      the line for authorized_keys, to be followed by a space and the public key.
      """,
      """
      作為 ssh 金鑰的強制指令，為該金鑰所登錄的帳號（須為有效的機關管理者）執行用戶端要求的指令：\
      import-batch -、pending --batch、agencies 及 admins；金鑰不得審核。加 --public 則作為公開帳號的強制\
      指令：申請人逐行輸入指令，連線結束即登出，使用者程序為其連線位址。--enrol 印出 authorized_keys 所需\
      的內容，其後接一空格及公開金鑰。
      """),
    parameters: [
      .operand("KEYNAME", \.key, Bilingual("the key that was used", "所使用的金鑰名稱")),
      .flag(
        "public", \.isPublic, Bilingual("for applicants without an account here", "供無主機帳號的申請人使用")),
      .option(
        "enrol", "KEYNAME", \.enrol, Bilingual("let a key submit for an account", "登錄金鑰")),
      .option(
        "account", "ACCOUNT", \.account, Bilingual("the account's number", "帳號編號"),
        asks: Bilingual("Account", "帳號編號")),
      .option("withdraw", "KEYNAME", \.withdraw, Bilingual("end a key's right", "註銷金鑰")),
      .option(
        "confirm", "KEYNAME", \.confirm,
        Bilingual("let a key hold again after a restore", "還原後確認金鑰")),
      .flag("list", \.lists, Bilingual("list the keys", "列出金鑰")),
    ],
    forms: [
      Form(needs: ["KEYNAME"]), Form(needs: ["public"]), Form(needs: ["enrol", "account"]),
      Form(needs: ["withdraw"]), Form(needs: ["confirm"]), Form(needs: ["list"], isList: true),
    ],
    examples: [
      Example(
        "iauth ssh-gate --enrol mohw-hr --account 12",
        Bilingual("Let the ministry's script submit for account 12", "登錄部會程式使用的金鑰")),
      Example(
        "ssh iauth@host import-batch - --document 1130001234 <form1.csv",
        Bilingual("What the script does, at its end", "程式於用戶端執行的指令")),
    ],
    fails: [
      .usageService, .keyExists, .keyUnknown, .accountUnknown, .accountState, .rightMissing,
    ],
    operatorOnly: true,
    check: { (command) throws(IAuthError) in
      for name in [command.key, command.enrol, command.withdraw, command.confirm] {
        guard let name, !isKeyName(name) else { continue }
        throw .usageValue(option: "KEYNAME", value: name, allowed: [])
      }
    })

  var key: String?
  var isPublic = false
  var enrol: String?
  var account: AccountID = 0
  var withdraw: String?
  var confirm: String?
  var lists = false

  func run(_ context: Context) throws(IAuthError) {
    // The service's database is not theirs to open.
    guard try context.client(for: [], config: nil) == nil else {
      throw .rightMissing(.serviceOperator)
    }
    if let key {
      try runForKey(key, context)
    } else if isPublic {
      try PublicGate(context: context).run()
    } else if let enrol {
      try context.service().enrolKey(enrol, account: account)
      try show(enrol, context)
    } else if let withdraw {
      try context.service().withdrawKey(withdraw)
      context.emit(
        ["key": .string(withdraw), "status": .string("withdrawn")],
        human: Bilingual("key \(withdraw) is withdrawn", "金鑰 \(withdraw) 已註銷")(
          context.language))
    } else if let confirm {
      try context.service().confirmKey(confirm)
      context.emit(
        ["key": .string(confirm), "status": .string("enrolled")],
        human: Bilingual("key \(confirm) holds", "金鑰 \(confirm) 已確認")(context.language))
    } else {
      try list(try context.service().keys(), context)
    }
  }

  // MARK: The forced command

  private func runForKey(_ key: String, _ context: Context) throws(IAuthError) {
    let words = try context.sshWords()
    let line = Parser.parse(words)
    let caller = Caller(key: key)
    guard words.isEmpty || Self.mayRun(line) else {
      return try context.refuseGated(.rightMissing(.key), caller, words)
    }
    if line.command?.described.name != "help", !line.options.help {
      try context.standing(for: caller).service().checkKey()
    }
    try context.runGated(words.isEmpty ? ["help", "ssh-gate"] : words, as: caller)
  }

  /// What a key may do; a line with a fault in it is run as far as its error.
  private static func mayRun(_ line: ParsedLine) -> Bool {
    guard let command = line.command else { return true }
    switch command.described.name {
    case "import-batch", "agencies", "admins", "help": return true
    case "pending":
      let isBatch = line.given.contains { $0.name.utf8.elementsEqual("batch".utf8) }
      return isBatch || line.options.help
    default: return line.options.help
    }
  }

  // MARK: Enrolment

  private func show(_ name: String, _ context: Context) throws(IAuthError) {
    var words = [context.world.executable, "ssh-gate", name]
    if let config = context.options.config {
      words[1..<1] = ["--config", Files.absolute(config)]
    }
    if let db = context.options.db { words[1..<1] = ["--db", Files.absolute(db)] }
    // Twice in quotes: for the shell that sshd runs, and for the file that holds the line.
    let command = words.map(shellQuoted).joined(separator: " ")
    let line = "restrict,command=\"" + escaped(command) + "\""
    context.emit(
      ["key": .string(name), "account": .int(account), "line": .string(line)], human: line)
    context.say(
      Bilingual(
        "add this line to authorized_keys, followed by a space and the public key",
        "請將上列內容加上一個空格及公開金鑰，作為 authorized_keys 的一行"))
  }

  private func escaped(_ text: String) -> String {
    String(
      decoding: text.utf8.flatMap { byte in
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
          ? [UInt8(ascii: "\\"), byte] : [byte]
      }, as: UTF8.self)
  }

  private func list(_ keys: [GateKey], _ context: Context) throws(IAuthError) {
    let zone = context.localTime.zoneName(at: context.world.now())
    try context.list(
      .key,
      keys.map { key in
        [
          "key": .string(key.name), "account": .int(key.account), "name": .text(key.person),
          "agency": .string(key.agencyCode), "status": .word(key.status),
          "enrolled_at": .time(key.enrolledAt), "rests": .bool(key.rests),
        ]
      },
      table: Table(
        [
          .init(Bilingual("key", "金鑰")), .init(Bilingual("account", "帳號"), isNumber: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("status", "狀態")),
          .init(Bilingual("enrolled (\(zone))", "登錄時間（\(zone)）")),
        ],
        rows: keys.map { key in
          [
            key.name, String(key.account), key.person ?? "", key.agency,
            key.rests
              ? Bilingual("rests", "待確認")(context.language) : key.status.label(context.language),
            context.localTime.text(key.enrolledAt),
          ]
        }),
      empty: Bilingual("no key is enrolled", "尚未登錄金鑰"))
  }
}

extension Context {
  /// What the ssh client asked for; none if it asked for a shell.
  ///
  /// - Throws: `usage.operand` for what cannot be split.
  func sshWords() throws(IAuthError) -> [String] {
    let text = environment["SSH_ORIGINAL_COMMAND"] ?? ""
    guard let words = WordSplitter.words(of: text) else {
      throw .usageOperand(shortenedWord(text), command: nil)
    }
    return WordSplitter.withoutProgram(words)
  }

  private func shortenedWord(_ text: String) -> String {
    String(decoding: text.utf8.prefix(60), as: UTF8.self)
  }

  /// Puts a refusal on the trail under the caller's name, and throws it.
  func refuseGated(
    _ error: IAuthError, _ caller: Caller, _ words: [String]
  ) throws(IAuthError) {
    let known = Parser.parse(words).command?.described.name
    try standing(for: caller).service().refuse(error, subject: known.map { .command($0) } ?? .none)
  }

  /// The same run, in the name of a caller.
  fileprivate func standing(for caller: Caller) -> Context {
    var world = world
    world.caller = caller
    return Context(
      world: world, environment: environment, options: options, console: console,
      localTime: localTime)
  }
}

/// A word as a POSIX shell reads it back.
func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "._-/+@:,".utf8.contains(byte)
    }
  }
  if isPlain, !word.utf8.isEmpty { return word }
  let quoted = word.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
  return "'" + quoted.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "'\\''") + "'"
}
