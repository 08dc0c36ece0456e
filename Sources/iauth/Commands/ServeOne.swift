// `iauth serve-one`: the service's side of one connection. systemd starts it with the connection as
// standard input; whoever is at the other end is who the kernel says, and they get an answer as if
// they had run the command themselves.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

struct ServeOne: Command {
  static var runsHere: Bool { true }
  static let name = "serve-one"
  static let usage = CommandUsage<ServeOne>(
    name, in: .upkeep,
    summary: Bilingual("Answer one connection", "回應一個連線"),
    about: Bilingual(
      """
      Answers the client on standard input, a Unix socket that iauth serve, systemd (Accept=yes) \
      or a super-server has accepted. The caller is the user at the other end, as the kernel \
      says it. Where there is neither, sudo may start it with the caller's WORDs: the caller is \
      then the user who ran sudo, and sheets come on standard input.
      """,
      """
      由標準輸入（由 iauth serve、systemd 之 Accept=yes 或其他常駐程式接受的 Unix socket）回應用戶端。\
      使用者程序以作業系統核心所示之連線對端為準。無上述環境者，得以 sudo 帶入使用者輸入的 WORD 執行，\
      使用者程序即為執行 sudo 者，附表由標準輸入提供。
      """),
    parameters: [
      .operands("WORD", \.words, Bilingual("what the caller typed", "使用者輸入的指令"))
    ],
    examples: [
      Example(
        "systemd-socket-activate --accept --inetd -l /run/iauth/sock iauth serve-one",
        Bilingual("Serve without systemd's own units", "未使用 systemd 單元時提供服務")),
      Example(
        "sudo -u iauth iauth serve-one -- verify --status",
        Bilingual("Run a command through sudo", "經由 sudo 執行指令")),
    ],
    fails: [.usageService, .databaseMissing],
    operatorOnly: true)

  var words: [String] = []

  func run(_ context: Context) throws(IAuthError) {
    var peer = iauth_peer()
    let isConnected = unsafe iauth_peer_of(STDIN_FILENO, &peer) == 0
    guard isConnected == words.isEmpty else { throw .usageService }
    guard isConnected else { return try runForSudo(context) }
    let link = FrameConnection(descriptor: STDIN_FILENO, within: Limits.gateConnection)
    let caller = Caller(
      name: "uid:\(Person.behind(peer.uid))", isOperator: false, isGated: true)
    do throws(LinkError) {
      try serve(link, caller, context)
    } catch {
      // The client has gone, was too slow or talks nonsense: there is nobody to tell.
    }
  }

  /// One caller from the greeting to the last frame; then another process is woken to send what was
  /// queued.
  private func serve(
    _ link: FrameConnection, _ caller: Caller, _ context: Context
  ) throws(LinkError) {
    var database: String?
    var fault: IAuthError?
    do throws(IAuthError) {
      database = try context.databasePath(try context.settings())
    } catch {
      fault = error
    }
    var world = context.served(caller, database ?? "")
    world.isAbandoned = { iauth_is_abandoned(STDIN_FILENO) != 0 }
    // Before there is a database there is nothing to be kept from others.
    if let database, Files.exists(database),
      !CallerSlots.take(caller, in: Files.directory(of: database))
    {
      return try link.send(.busy)
    }
    let frame = try link.receive(within: Limits.gateGreetingWait)
    guard frame.kind == .greeting, let greeting = Hello(decoding: frame.payload) else {
      throw .malformed
    }
    try link.send(.ready)
    let environment = context.served(greeting.environment, database ?? "")
    StartUp.forgetSurroundings(zone: greeting.environment["TZ"])
    let console = Console.remote(link, greeting)
    if let fault {
      console.error(fault)
      console.err.flush()
      return try link.send(.status, [UInt8(truncatingIfNeeded: fault.code.status.rawValue)])
    }
    var deliver = {}
    let status = Program.run(
      arguments: greeting.words, environment: environment, world: world, console: console,
      afterwards: { deliver = $0 })
    try? link.send(.status, [UInt8(truncatingIfNeeded: status.rawValue)])
    link.end()
    deliver()
  }

  private func runForSudo(_ context: Context) throws(IAuthError) {
    guard let text = context.environment["SUDO_UID"], let uid = UInt32(text) else {
      throw .usageService
    }
    let caller = Caller(name: "uid:\(Person.behind(uid))", isOperator: false, isGated: true)
    try context.runGated(words, as: caller)
  }
}

extension Context {
  /// The environment of a served run: what counts of the caller's, and the service's own database.
  func served(_ theirs: [String: String], _ database: String) -> Environment {
    var values = theirs
    values["IAUTH_DB"] = database
    values["IAUTH_CONFIG"] = options.config.map(Files.absolute)
    return Environment(values)
  }

  /// Runs words for a caller who shares this process's terminal, but none of its rights and files.
  func runGated(_ words: [String], as caller: Caller) throws(IAuthError) {
    let database = try databasePath(try settings())
    var theirs: [String: String] = [:]
    for name in Hello.variables { theirs[name] = environment[name] }
    var environment = served(theirs, database)
    do throws(IAuthError) {
      try takeSlot(caller, database)
    } catch {
      // Said in the form that the words ask for.
      environment.fault = error
    }
    status = Program.run(
      arguments: words, environment: environment, world: served(caller, database),
      console: console.withoutFiles, localTime: localTime)
  }

  /// Before there is a database there is nothing to be kept from others.
  ///
  /// - Throws: `database.busy`.
  func takeSlot(_ caller: Caller, _ database: String) throws(IAuthError) {
    guard Files.exists(database) else { return }
    try CallerSlots.wait(caller, in: Files.directory(of: database))
  }
}
