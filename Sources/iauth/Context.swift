// What a command works with. The database is opened by the first command that asks for it, and
// only then.

import IAuthCore
import Sheets
import Values

final class Context {
  let world: World
  let environment: Environment
  let options: GlobalOptions
  let console: Console
  let localTime: LocalTime
  /// Nothing is said of sending: a sign-in answers the same whoever was named, and nothing is sent
  /// for someone unknown.
  var isDiscreet = false
  /// What another run of the program, within this one, ended with.
  var status = ExitStatus.done
  /// Whether a command has only tried something that is no transaction.
  var hasTried = false
  private var opened: Service?

  init(
    world: World, environment: Environment, options: GlobalOptions, console: Console,
    localTime: LocalTime
  ) {
    self.world = world
    self.environment = environment
    self.options = options
    self.console = console
    self.localTime = localTime
    console.localTime = localTime
  }

  var language: Language { options.language }

  /// One result: a line of JSON with --json, else a line for people.
  func emit(_ row: @autoclosure () -> JSON, human: @autoclosure () -> String) {
    if options.json { console.line(row()) } else { console.line(human()) }
  }

  /// One result that is shown to people as labels and values.
  func emit(_ row: @autoclosure () -> JSON, details: @autoclosure () -> [(Bilingual, String)]) {
    if options.json {
      console.line(row())
    } else {
      console.details(details().map { (label: $0.0, value: $0.1) })
    }
  }

  /// A note on standard error; neither with --json nor with --quiet.
  func say(_ note: Bilingual) {
    if !options.json { console.say(note) }
  }

  /// Says of each agency that was named whose place another has taken.
  func saySuccessions() {
    for (old, new) in opened?.successions ?? [] {
      say(
        Bilingual(
          "agency \(old.titled(.english)) is now \(new.titled(.english))",
          "機關\(old.titled(.chinese))已由\(new.titled(.chinese))承接"))
    }
  }

  // MARK: The database

  /// The service over the database that was named: `--db`, `IAUTH_DB`, the configuration, or the
  /// caller's own.
  ///
  /// - Throws: `config.invalid`, `database.*`.
  func service() throws(IAuthError) -> Service {
    if let opened { return opened }
    let settings = try settings()
    let store = try Store(path: try databasePath(settings), world: world, settings: settings)
    let service = Service(store: store)
    opened = service
    return service
  }

  /// Every command of a session is use of it, whether it did what was asked or not.
  func noteUse() { opened?.noteUse() }

  /// Goes on with a service that a command has just made: what it queued is sent like all else.
  func adopt(_ service: Service) { opened = service }

  /// The bytes of a file that was named; `-` is standard input.
  ///
  /// - Throws: `file.missing`, `limit.bytes`, `disk.failed`.
  func bytes(of path: String, max: Int = Limits.importBytes) throws(IAuthError) -> [UInt8] {
    guard path.utf8.elementsEqual("-".utf8) else { return try console.files.read(path, max) }
    announceInput()
    return try console.input.all(max: max)
  }

  /// Whoever named standard input and sits at it is told what is waited for.
  func announceInput(
    _ what: Bilingual = Bilingual("the file", "檔案內容")
  ) {
    guard console.input.isTerminal else { return }
    say(
      Bilingual(
        "waiting for \(what.english) on standard input; it ends with Ctrl-D on a line of its own",
        "請由標準輸入提供\(what.chinese)，於新行按 Ctrl-D 結束"))
    console.err.flush()
  }

  /// The same, to be read in pieces: what a pipe gives is spooled beside the database.
  ///
  /// - Throws: `file.missing`, `limit.bytes`, `disk.failed`; for `-` also what `service` throws.
  func source(of path: String, max: Int) throws(IAuthError) -> any ByteSource {
    let isPipe = console.files.isOwn && Files.isPipe(path)
    guard isPipe || path.utf8.elementsEqual("-".utf8) else {
      return try console.files.source(path, max)
    }
    let input =
      isPipe ? Input(descriptor: try Files.openPipe(path), isTerminal: false) : console.input
    let spool = Spool(in: try service().directory)
    if !isPipe { announceInput() }
    while let piece = try input.piece() {
      guard spool.count + piece.count <= max else { throw .limitBytes(max: max) }
      try spool.append(piece)
    }
    return SpoolSource(spool)
  }

  /// The configuration: the file that was named, else `/etc/iauth/iauth.conf` if it is there for
  /// the caller.
  ///
  /// - Throws: `config.invalid`, `file.missing` for one that was named.
  func settings() throws(IAuthError) -> Settings {
    guard let path = configurationPath else { return Settings() }
    return try Settings(try Files.read(path, max: 1 << 20))
  }

  var configurationPath: String? {
    let standard = "/etc/iauth/iauth.conf"
    return options.config ?? (Files.isReadable(standard) ? standard : nil)
  }

  /// Where the database is, as an absolute path.
  /// - Throws: `database.missing` where its disk is not mounted; `usage.missing`.
  func databasePath(_ settings: Settings) throws(IAuthError) -> String {
    if let path = options.db { return Files.absolute(path) }
    // Whoever names another file has said that it lies elsewhere.
    try world.checkMounted(settings)
    if let path = settings.database { return Files.absolute(path) }
    if let home = environment["XDG_DATA_HOME"], home.utf8.first == UInt8(ascii: "/") {
      return home + "/iauth/iauth.db"
    }
    guard let home = environment["HOME"], home.utf8.first == UInt8(ascii: "/") else {
      throw .usageMissing(["--db"], command: console.command ?? "help")
    }
    return home + "/.local/share/iauth/iauth.db"
  }

  /// Makes sure that a page can be written, before anything is read for it; `-` is standard output.
  func checkPage(_ path: String?) throws(IAuthError) {
    guard let path else { return }
    guard path.utf8.elementsEqual("-".utf8) else {
      guard !path.utf8.isEmpty else { throw .fileUncreatable(path: path) }
      return try console.files.checkNew(path)
    }
    guard !options.json else {
      throw .usageConflict("--html -", "--json", command: console.command ?? "help")
    }
  }

  /// Writes a page, to be opened in a browser.
  func write(_ page: HTMLPage, to path: String) throws(IAuthError) {
    guard !path.utf8.elementsEqual("-".utf8) else { return console.page(page.text) }
    try create(path, Array(page.text.utf8))
    say(
      options.dryRun
        ? Bilingual("would be written to \(path)", "將輸出至 \(path)")
        : Bilingual("written; open it in a browser", "已輸出，可用瀏覽器開啟"))
  }

  /// Writes a file for the caller; a dry run leaves it be.
  func create(_ path: String, _ bytes: [UInt8]) throws(IAuthError) {
    guard !options.dryRun else { return hasTried = true }
    try console.files.create(path, bytes)
  }

  /// A run of cron; then the head of the trail goes to the witness, who may not take it.
  ///
  /// - Throws: `audit.broken` if the witness knows another history; what `body` throws.
  func handingOver(
    _ service: Service, _ body: () throws(IAuthError) -> Void
  ) throws(IAuthError) {
    var failure: IAuthError?
    do throws(IAuthError) { try body() } catch { failure = error }
    if failure?.code != .rightMissing { try handToWitness(service) }
    if let failure { throw failure }
  }

  private func handToWitness(_ service: Service) throws(IAuthError) {
    guard case .refused(let reason) = try service.handToWitness() else { return }
    say(
      Bilingual(
        "the witness did not take the head of the trail: \(reason)", "見證未接受稽核鏈首：\(reason)"))
  }

  /// A run of cron on a host that stands by does nothing, and is no failure.
  func sayStandby() {
    say(Bilingual("this host stands by: nothing was done", "本機為備援主機，未執行任何作業"))
  }

  /// Whether something was done and, being a dry run, undone again.
  var isTrial: Bool { options.dryRun && (hasTried || opened?.isTrial ?? false) }

  /// Says of a dry run that it was one.
  func sayTrial() {
    guard isTrial else { return }
    say(Bilingual("dry run: nothing was kept or sent", "僅供試行：未儲存，亦未寄送"))
  }

  /// Whether this run has written to anybody.
  var hasQueuedMessages: Bool { opened?.hasQueuedMessages ?? false }

  /// Tries what this run has queued, after everything was answered.
  ///
  /// The answer stands, and a note says what was not sent; of a sign-in none does, for nobody is to
  /// learn whether anything was.
  func deliver() {
    guard let opened, opened.hasQueuedMessages else { return }
    guard world.claim != nil else {
      opened.leaveToOthers()
      world.sendElsewhere()
      return
    }
    do throws(IAuthError) {
      let report = try opened.deliverOwn()
      guard !isDiscreet else { return }
      if report.failed > 0 {
        say(
          Bilingual(
            "a message was refused for good, and is not tried again: iauth deliver --list",
            "有通知遭拒收，傳送失敗，不再重試：iauth deliver --list"))
      }
      guard report.postponed > 0 else { return }
      say(
        Bilingual(
          "a message could not be sent now; it stays queued and is tried again",
          "有通知暫時無法寄送，已保留於佇列並將自動重試"))
    } catch {
      guard !isDiscreet else { return }
      say(
        Bilingual(
          "messages stay queued: run `iauth deliver`", "通知保留於佇列，請執行 `iauth deliver`"))
    }
  }
}
