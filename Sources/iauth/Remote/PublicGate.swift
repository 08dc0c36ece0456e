// The gate for applicants who have no account on the host: whoever comes by ssh is their address.
// Many may share one, so a session is no longer than the connection, and its name cannot be
// guessed.

import Glibc
import IAuthCore
import Sheets
import Values

struct PublicGate {
  let context: Context

  /// Runs the command that came with the connection; without one, those that are typed, one a line,
  /// until the input ends.
  ///
  /// - Throws: `usage.service` without a connection.
  func run() throws(IAuthError) {
    let peer = (context.environment["SSH_CONNECTION"] ?? "").utf8.prefix { $0 != 0x20 }
    guard !peer.isEmpty, peer.count <= 64, peer.allSatisfy(Self.isOfAddress) else {
      throw .usageService
    }
    let database = try context.databasePath(try context.settings())
    let caller = Caller(
      address: Person.behind(address: String(decoding: peer, as: UTF8.self)))
    var world = context.served(caller, database)
    world.sessionName = "ssh-" + Hex.encode(world.randomBytes(16))
    try context.takeSlot(caller, database)
    defer {
      _ = Program.run(
        arguments: ["verify", "--sign-out"], environment: environment(database), world: world,
        console: .recording(), afterwards: { _ in })
    }
    let asked = try context.sshWords()
    if !asked.isEmpty {
      context.status = answer(asked, world, database)
      return
    }
    try converse(world, database)
  }

  private func converse(_ world: World, _ database: String) throws(IAuthError) {
    let console = context.console
    let isAsked = console.input.isTerminal && console.err.isTerminal
    if isAsked {
      console.language = context.language
      console.say(
        Bilingual(
          "type commands, such as apply or help; the end of input, or exit, signs you out",
          "請輸入指令，例如 apply 或 help；結束輸入或輸入 exit 即登出"))
    }
    while true {
      if isAsked {
        console.err.write("iauth> ")
        console.err.flush()
      }
      guard let line = try console.input.line() else { return }
      guard let words = WordSplitter.words(of: line).map(WordSplitter.withoutProgram) else {
        console.error(.usageOperand(line, command: nil))
        context.status = .usage
        continue
      }
      if words.isEmpty { continue }
      if words.count == 1, words[0].utf8.elementsEqual("exit".utf8) { return }
      context.status = answer(words, world, database)
    }
  }

  /// One command.
  ///
  /// The session's name is not theirs to choose: another's at the same address could be met by it.
  private func answer(_ words: [String], _ world: World, _ database: String) -> ExitStatus {
    guard Parser.parse(words).options.session == nil else {
      let error = IAuthError.usageConflict("--session", "--public", command: "ssh-gate")
      context.console.error(error)
      context.console.err.flush()
      return error.code.status
    }
    return Program.run(
      arguments: words, environment: environment(database), world: world,
      console: context.console.withoutFiles, localTime: context.localTime)
  }

  private func environment(_ database: String) -> Environment {
    var theirs: [String: String] = [:]
    for name in Hello.variables where !name.utf8.elementsEqual("IAUTH_SESSION".utf8) {
      theirs[name] = context.environment[name]
    }
    return context.served(theirs, database)
  }

  /// A letter of an IP address, as sshd writes it: RFC 4291 with a zone, or dotted.
  private static func isOfAddress(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: ".:%".utf8.contains(byte)
    }
  }
}
