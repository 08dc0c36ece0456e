// A whole service in a directory of its own: real files, a real database, real spools. Only the
// clock, the dice and the callers are given. What a test says reads like a day at the desk:
// someone applies, enters codes, asks, and someone else decides.

import Foundation
import SQLite
import Synchronization
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// Agencies of the excerpt that a desk is set up with.
enum Office {
  static let yuan = "2.16.886.101.20003"
  static let interior = "2.16.886.101.20003.20001"
  static let mohw = "2.16.886.101.20003.20065"
  static let cdc = "2.16.886.101.20003.20065.20003"
  static let fda = "2.16.886.101.20003.20065.20004"
  static let authority = "2.16.886.101.20003.20077"

  static let registry = """
    oid,name,superior_oid,superior_source,status,dn,phone,address
    \(yuan),行政院,,none,active,"o=行政院,c=TW",,
    \(interior),內政部,\(yuan),dgpa2016,active,"ou=內政部,o=行政院,c=TW",,
    \(mohw),衛生福利部,\(yuan),dgpa2016,active,"ou=衛生福利部,o=行政院,c=TW",,
    \(cdc),疾病管制署,\(mohw),dgpa2016,active,"ou=疾病管制署,ou=衛生福利部,o=行政院,c=TW",,
    \(fda),食品藥物管理署,\(mohw),dgpa2016,active,"ou=食品藥物管理署,ou=衛生福利部,o=行政院,c=TW",,
    \(authority),資通安全處,\(yuan),dgpa2016,active,"ou=資通安全處,o=行政院,c=TW",,

    """
}

/// Someone who comes to the desk; their shell's OS user has the name of their mailbox.
struct Person: Sendable {
  var agency: String
  var name: String
  var email: String
  var mobile: String

  var caller: String { "uid:" + (email.split(separator: "@").first ?? "") }

  /// The first reviewer, whom `init` invites.
  static let chen = Person(
    agency: Office.authority, name: "陳怡君", email: "chen@ey.gov.tw", mobile: "0911000001")
  static let wu = Person(
    agency: Office.authority, name: "吳志明", email: "wu@ey.gov.tw", mobile: "0911000002")
  static let li = Person(
    agency: Office.cdc, name: "李小明", email: "li@cdc.gov.tw", mobile: "0911000003")
  static let lin = Person(
    agency: Office.cdc, name: "林美玲", email: "lin@cdc.gov.tw", mobile: "0911000004")
  static let tsai = Person(
    agency: Office.cdc, name: "蔡英傑", email: "tsai@cdc.gov.tw", mobile: "0911000005")
  static let huang = Person(
    agency: Office.mohw, name: "黃淑芬", email: "huang@mohw.gov.tw", mobile: "0911000006")
  static let liu = Person(
    agency: Office.fda, name: "劉家豪", email: "liu@fda.gov.tw", mobile: "0911000007")

  func with(name: String? = nil, email: String? = nil, mobile: String? = nil) -> Person {
    Person(
      agency: agency, name: name ?? self.name, email: email ?? self.email,
      mobile: mobile ?? self.mobile)
  }

  func form() throws -> ApplicationForm {
    try ApplicationForm(agency: agency, name: name, email: email, mobile: mobile)
  }
}

/// A clock that only the test moves.
final class Clock: Sendable {
  private let seconds = Mutex<Int64>(1_772_442_000)

  var now: Timestamp { Timestamp(seconds.withLock { $0 }) }
  func advance(_ span: TimeSpan) { seconds.withLock { $0 += span.seconds } }
}

/// SplitMix64: the same bytes at every run, never the same twice in one.
final class Dice: Sendable {
  private let state: Mutex<UInt64>

  init(_ seed: UInt64 = 1) { state = Mutex(seed) }

  /// Goes on where another one stands.
  init(continuing other: Dice) { state = Mutex(other.state.withLock { $0 }) }

  func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in
      let seed = state.withLock { state in
        state &+= 0x9E37_79B9_7F4A_7C15
        return state
      }
      var z = seed
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return UInt8(truncatingIfNeeded: z ^ (z >> 31))
    }
  }
}

final class Desk {
  let directory: String
  let clock = Clock()
  var settings: Settings
  private let dice: Dice
  private var isCopied = false

  var path: String { directory + "/db/iauth.db" }

  /// Sets a service up, with 陳怡君 invited as the first reviewer.
  ///
  /// Without settings or registry of its own it is a copy of one that was set up so: most tests begin
  /// there, and to build a database is most of what they would do.
  init(_ settings: Settings? = nil, registry: [UInt8]? = nil) throws {
    self.settings = settings ?? Settings()
    directory = NSTemporaryDirectory() + "iauth-desk-" + UUID().uuidString
    if settings == nil, registry == nil {
      let new = try Self.new.get()
      dice = Dice(continuing: new.dice)
      try FileManager.default.copyItem(atPath: new.directory, toPath: directory)
    } else {
      dice = Dice()
      try setUp(registry ?? Array(Office.registry.utf8))
    }
  }

  /// Where a service stands that nobody has used yet; it goes when the tests end.
  private static let new: Result<(directory: String, dice: Dice), any Error> = Result {
    let desk = try Desk(registry: Array(Office.registry.utf8))
    desk.isCopied = true
    atexit { Desk.removeNew() }
    return (desk.directory, desk.dice)
  }

  private static func removeNew() {
    if let new = try? new.get() { try? FileManager.default.removeItem(atPath: new.directory) }
  }

  private func setUp(_ registry: [UInt8]) throws {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    _ = try Setup.create(
      path: path, authority: Office.authority, registry: registry,
      reviewer: try Person.chen.form(), world: world("uid:0", isOperator: true), settings: settings)
  }

  /// The same service as another one's, from here on by itself.
  init(copying other: Desk, seed: UInt64) throws {
    settings = other.settings
    dice = Dice(seed)
    directory = NSTemporaryDirectory() + "iauth-desk-" + UUID().uuidString
    try FileManager.default.copyItem(atPath: other.directory, toPath: directory)
    clock.advance(TimeSpan(seconds: other.clock.now.seconds - clock.now.seconds))
  }

  deinit {
    if !isCopied { try? FileManager.default.removeItem(atPath: directory) }
  }

  func world(
    _ caller: String, isOperator: Bool = false, session: String = "default", isGated: Bool = false
  ) -> World {
    World(
      now: { [clock] in clock.now }, randomBytes: { [dice] in dice.bytes($0) },
      caller: Caller(name: caller, isOperator: isOperator, isGated: isGated), sessionName: session)
  }

  /// A process of this caller, with a connection of its own.
  func service(
    _ caller: String, isOperator: Bool = false, session: String = "default", isGated: Bool = false
  ) throws -> Service {
    let world = world(caller, isOperator: isOperator, session: session, isGated: isGated)
    return Service(
      store: try Store(path: path, world: world, settings: settings))
  }

  /// A script that comes with an ssh key.
  func keyed(_ name: String) throws -> Service {
    let world = World(
      now: { [clock] in clock.now }, randomBytes: { [dice] in dice.bytes($0) },
      caller: Caller(key: name), sessionName: "default")
    return Service(store: try Store(path: path, world: world, settings: settings))
  }

  /// The owner of the database, whom nobody signed in.
  func owner() throws -> Service { try service("uid:0", isOperator: true) }

  func shell(of person: Person) throws -> Service { try service(person.caller) }

  func wait(_ span: TimeSpan) { clock.advance(span) }

  // MARK: People

  /// Applies, enters both codes, and is signed in.
  @discardableResult
  func opened(_ person: Person) throws -> Service {
    let service = try shell(of: person)
    let receipt = try service.apply(try person.form())
    _ = try service.prove(receipt.reference.text, codes: try codes(receipt.reference))
    return service
  }

  /// Signs in; a minute passes first, since an address gets one code a minute.
  @discardableResult
  func signedIn(_ person: Person, via: Via = .both) throws -> Service {
    wait(.minutes(1))
    let service = try shell(of: person)
    let receipt = try service.signIn(try person.form(), via: via)
    _ = try service.prove(receipt.reference.text, codes: try codes(receipt.reference))
    return service
  }

  /// 陳怡君, signed in with both codes: she decides on administrators.
  @discardableResult
  func chief() throws -> Service { try signedIn(.chen) }

  /// An account with an approved `admin` permission, signed in with both codes.
  func administrator(
    _ person: Person, approvedBy chief: Service, system: String? = nil
  ) throws -> Service {
    let service = try opened(person)
    let request = try service.requestPermission(
      PermissionOrder(system: system, role: .admin, reason: nil, document: nil))
    try #require(try chief.approve(request.number) == nil)
    return service
  }

  // MARK: The post

  /// The codes that wait under a reference, e-mail first.
  func codes(_ reference: Reference) throws -> [String] {
    try rows(
      """
      SELECT body FROM message WHERE reference = ? AND kind = 'code' AND status = 'queued'
        AND recipient <> ''
      ORDER BY channel
      """, reference.text
    ) { row in Self.code(in: row.text(0)) }
  }

  /// The only run of eight digits in a text.
  static func code(in text: String) -> String {
    text.split { !$0.isASCII || !$0.isNumber }.map(String.init).first { $0.utf8.count == 8 } ?? ""
  }

  /// What is queued while `body` runs: `kind address`, in order.
  func post(during body: () throws -> Void) throws -> [String] {
    let last = try number("SELECT coalesce(max(id), 0) FROM message")
    try body()
    return try rows(
      "SELECT kind, recipient FROM message WHERE id > ? AND recipient <> '' ORDER BY id", last
    ) { row in row.text(0) + " " + row.text(1) }
  }

  /// The messages in a local spool, `mail/new` or `sms`, oldest first.
  func spool(_ name: String) throws -> [String] {
    let folder = directory + "/db/outbox/" + name
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    let number = { (file: String) in Int(file.split(separator: "-").last ?? "") ?? 0 }
    return try FileManager.default.contentsOfDirectory(atPath: folder)
      .sorted { number($0) < number($1) }
      .map { try String(contentsOfFile: folder + "/" + $0, encoding: .utf8) }
  }

  // MARK: The file

  func rows<T>(
    _ sql: SQL, _ values: any Bindable..., read: (borrowing Row) -> T
  ) throws -> [T] {
    try Connection(path: path).all(sql, Arguments(values), read)
  }

  func number(_ sql: SQL, _ values: any Bindable...) throws -> Int64 {
    try #require(try Connection(path: path).first(sql, Arguments(values)) { row in row.int(0) })
  }

  func id<Tag>(_ sql: SQL, _ values: any Bindable...) throws -> ID<Tag> {
    try #require(try Connection(path: path).first(sql, Arguments(values)) { row in ID(row.int(0)) })
  }

  func texts(_ sql: SQL, _ values: any Bindable...) throws -> [String] {
    try Connection(path: path).all(sql, Arguments(values)) { row in row.text(0) }
  }

  /// Runs a script in the sqlite3 shell, as someone with the file might.
  ///
  /// - Returns: what it printed; the error's text if it failed.
  @discardableResult
  func sqlite3(_ script: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
    process.arguments = ["-batch", "-bail", path, "PRAGMA foreign_keys = ON; " + script]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension Service {
  func approve(
    _ target: ReviewTarget, note: String?, expecting version: String?
  ) throws(IAuthError) -> [ReviewOutcome] {
    try decide(target, .approved, note: note, expecting: version)
  }

  func reject(
    _ target: ReviewTarget, reason: String, returns: Bool = false
  ) throws(IAuthError) -> [ReviewOutcome] {
    try decide(target, returns ? .returned : .rejected, note: reason)
  }

  /// Approves one request.
  ///
  /// - Returns: the refusal's code, or nil.
  func approve(_ number: RequestID, expecting version: String? = nil) throws -> ErrorCode? {
    try approve(.numbers([number]), note: nil, expecting: version).first?.refusal?.code
  }

  func reject(_ number: RequestID, reason: String = "資料不符") throws -> ErrorCode? {
    try reject(.numbers([number]), reason: reason).first?.refusal?.code
  }

  /// Asks for a role on the only system.
  func ask(_ role: Role, system: String? = nil) throws -> RequestID {
    try requestPermission(PermissionOrder(system: system, role: role)).number
  }
}

/// The code of the error that `body` throws; nil if it throws none.
func refusal(_ body: () throws -> Void) throws -> ErrorCode? {
  do {
    try body()
    return nil
  } catch let error as IAuthError {
    return error.code
  }
}

extension Desk {
  /// 李小明 administers 疾病管制署 with permission 2; 林美玲 has an account there.
  static func office() throws -> (Desk, chief: Service, li: Service, lin: Service) {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    return (desk, chief, li, try desk.opened(.lin))
  }

  /// The day in Taipei, as requests name it.
  var today: Int64 { clock.now.taipeiDay }
}
