// Opening: the first thing that is wrong is what is said, and nothing is changed by looking
// (PRODUCT 6, "On opening").

import Foundation
import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct OpeningTests {
  private func chmod(_ path: String, _ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  private func write(_ bytes: [UInt8], at offset: Int, in path: String) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    try data.write(to: URL(fileURLWithPath: path))
    try chmod(path, 0o600)
  }

  private func opening(_ desk: Desk) throws -> ErrorCode? {
    try refusal { _ = try desk.owner().store.read { _ throws(IAuthError) in 0 } }
  }

  @Test func aMissingFileIsMissingAndStaysSo() throws {
    let desk = try Desk()
    try FileManager.default.removeItem(atPath: desk.path)
    #expect(try opening(desk) == .databaseMissing)
    #expect(!FileManager.default.fileExists(atPath: desk.path))
  }

  @Test(arguments: [
    [UInt8](), Array("hello".utf8), Array(repeating: 0, count: 4_096),
    Array("SQLite format 3\0".utf8), Array(repeating: 0x41, count: 100_000),
  ])
  func aForeignFileIsForeign(bytes: [UInt8]) throws {
    let desk = try Desk()
    try Data(bytes).write(to: URL(fileURLWithPath: desk.path))
    // Also with a wrong mode: what it is comes before how it is kept.
    try chmod(desk.path, 0o644)
    #expect(try opening(desk) == .databaseForeign)
    #expect(try Data(contentsOf: URL(fileURLWithPath: desk.path)) == Data(bytes))
    #expect(!FileManager.default.fileExists(atPath: desk.path + "-journal"))
  }

  @Test func anotherProgramsDatabaseIsForeign() throws {
    let desk = try Desk()
    try desk.sqlite3("PRAGMA application_id = 7")
    #expect(try opening(desk) == .databaseForeign)
  }

  @Test(arguments: [0, 1, 3, 99])
  func anotherVersionIsRefused(version: Int64) throws {
    let desk = try Desk()
    try desk.sqlite3("PRAGMA user_version = \(version)")
    #expect(throws: IAuthError.databaseVersion(found: version, needed: 2)) {
      _ = try desk.owner()
    }
    try chmod(desk.path, 0o644)
    #expect(try opening(desk) == .databaseVersion, "before its mode is looked at")
  }

  /// A link to a disk that is not mounted: nothing is gone that a backup would have to bring back.
  @Test(arguments: ["nowhere/iauth.db", "iauth.db"])
  func aLinkToWhatIsNotThere(target: String) throws {
    let desk = try Desk()
    let files = FileManager.default
    try files.moveItem(atPath: desk.path, toPath: desk.path + ".real")
    try files.createSymbolicLink(atPath: desk.path, withDestinationPath: target)
    #expect(throws: IAuthError.databaseElsewhere) { _ = try desk.owner() }
    #expect(IAuthError.databaseElsewhere.code == .databaseMissing)
  }

  enum Unsafe: CaseIterable {
    case readable, writable, link, hardLink, directory, noKey, shortKey, openKey, linkedKey, wal
    case uri, linkedJournal
  }

  @Test(arguments: Unsafe.allCases)
  func whatIsNotKeptSafelyIsRefused(what: Unsafe) throws {
    let desk = try Desk()
    let files = FileManager.default
    let directory = desk.directory + "/db"
    let key = directory + "/iauth.key"
    var expected: UnsafeReason
    switch what {
    case .readable: (expected, _) = (.mode, try chmod(desk.path, 0o640))
    case .writable: (expected, _) = (.mode, try chmod(desk.path, 0o602))
    case .link:
      expected = .link
      try files.moveItem(atPath: desk.path, toPath: desk.path + ".real")
      try files.createSymbolicLink(atPath: desk.path, withDestinationPath: desk.path + ".real")
    case .hardLink:
      expected = .link
      try files.linkItem(atPath: desk.path, toPath: desk.path + ".2")
    case .directory: (expected, _) = (.directory, try chmod(directory, 0o777))
    case .noKey: (expected, _) = (.key, try files.removeItem(atPath: key))
    case .shortKey:
      expected = .key
      try Data("abcd\n".utf8).write(to: URL(fileURLWithPath: key))
      try chmod(key, 0o600)
    case .openKey: (expected, _) = (.keyMode, try chmod(key, 0o644))
    case .linkedKey:
      expected = .keyFile
      try files.moveItem(atPath: key, toPath: key + ".real")
      try files.createSymbolicLink(atPath: key, withDestinationPath: key + ".real")
    case .wal:
      expected = .wal
      try desk.sqlite3("PRAGMA journal_mode = WAL")
    case .uri:
      let world = desk.world("uid:0")
      #expect(throws: IAuthError.databaseUnsafe(.path)) {
        _ = try Store(path: "file:\(desk.path)?mode=memory", world: world, settings: Settings())
      }
      return
    case .linkedJournal:
      expected = .journal
      try files.createSymbolicLink(
        atPath: desk.path + "-journal", withDestinationPath: desk.path + ".planted")
    }
    #expect(throws: IAuthError.databaseUnsafe(expected)) { _ = try desk.owner() }
  }

  /// Cut off at every page border, and in the middle of pages.
  @Test func aTruncatedFileIsDamaged() throws {
    let desk = try Desk()
    let whole = try Data(contentsOf: URL(fileURLWithPath: desk.path))
    for size in stride(from: 4_096, to: whole.count, by: 4_096).map({ [$0, $0 + 100] }).joined() {
      try whole.prefix(size).write(to: URL(fileURLWithPath: desk.path))
      try chmod(desk.path, 0o600)
      #expect(try opening(desk) == .databaseDamaged, "\(size) of \(whole.count)")
    }
  }

  /// Whatever page is lost: an error of ours, and never a grant to someone without the right.
  @Test(arguments: [[UInt8](repeating: 0, count: 4_096), Array(repeating: 0xFF, count: 4_096)])
  func aLostPageGrantsNothing(page: [UInt8]) throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let number = try desk.opened(.lin).ask(.general)
    let tsai = try desk.opened(.tsai)
    _ = (li, tsai)
    let whole = try Data(contentsOf: URL(fileURLWithPath: desk.path))
    var failures: Set<ErrorCode> = []
    for offset in stride(from: 4_096, to: whole.count, by: 4_096) {
      try whole.write(to: URL(fileURLWithPath: desk.path))
      try write(page, at: offset, in: desk.path)
      var answer: ErrorCode?
      do {
        answer = try desk.shell(of: .tsai).approve(number)
        // A refusal, or the page was one that this command does not need.
        #expect(answer != nil, "page at \(offset)")
      } catch let error as IAuthError {
        failures.insert(error.code)
      }
    }
    #expect(
      failures.isSubset(of: [.databaseDamaged, .internal, .sessionNone, .requestUnknown]),
      "\(failures)")
    #expect(failures.contains(.databaseDamaged))
  }

  @Test func aChangedByteGrantsNothingAndTrapsNowhere() throws {
    let desk = try Desk()
    _ = try desk.administrator(.li, approvedBy: try desk.chief())
    let number = try desk.opened(.lin).ask(.general)
    _ = try desk.opened(.tsai)
    let whole = try Data(contentsOf: URL(fileURLWithPath: desk.path))
    let dice = Dice()
    for _ in 1...150 {
      let random = dice.bytes(6)
      let offset = 100 + random.prefix(4).reduce(0) { $0 << 8 | Int($1) } % (whole.count - 100)
      try whole.write(to: URL(fileURLWithPath: desk.path))
      try write([random[4]], at: offset, in: desk.path)
      let answer = try? desk.shell(of: .tsai).approve(.numbers([number]), note: nil, expecting: nil)
      #expect(answer == nil || answer?.first?.refusal != nil, "\(random[4]) at \(offset)")
      _ = try? desk.owner().doctor()
    }
  }

  /// A process that died in the middle of its commit leaves a journal; the next one rolls back.
  @Test func aHotJournalIsRolledBack() throws {
    let desk = try Desk()
    let before = try desk.sqlite3(".dump")
    let script = """
      PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE agency SET phone = hex(zeroblob(3000));
      .shell kill -9 $PPID
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "printf '%s\\n' \"$1\" | sqlite3 \"$2\"", "sh", script, desk.path]
    try process.run()
    process.waitUntilExit()
    try #require(FileManager.default.fileExists(atPath: desk.path + "-journal"))
    try chmod(desk.path + "-journal", 0o600)
    _ = try desk.owner().verifyAudit(anchors: nil)
    #expect(try desk.sqlite3(".dump") == before)
    #expect(!FileManager.default.fileExists(atPath: desk.path + "-journal"))
  }

  @Test func setupNeverOverwrites() throws {
    let desk = try Desk()
    let before = try Data(contentsOf: URL(fileURLWithPath: desk.path))
    #expect(
      try refusal {
        _ = try Setup.create(
          path: desk.path, authority: Office.authority, registry: Array(Office.registry.utf8),
          reviewer: nil, world: desk.world("uid:0", isOperator: true), settings: Settings())
      } == .databaseExists)
    #expect(try Data(contentsOf: URL(fileURLWithPath: desk.path)) == before)
  }

  @Test func theShippedRegistrySetsUp() throws {
    let desk = try Desk(registry: Setup.shippedRegistry)
    let found = try desk.owner().agencies("資通安全處", under: nil, limit: nil)
    #expect(found.contains { $0.agency.code == Office.authority })
    #expect(try desk.number("SELECT count(*) FROM agency") == 8_660)
    let report = try desk.owner().loadRegistry(
      Setup.shippedRegistry, allowingRemovals: false)
    #expect(report == RegistryReport(unchanged: 8_660))
    let chief = try desk.chief()
    let li = try desk.opened(.li)
    #expect(try chief.approve(try li.ask(.admin)) == nil)
  }

  /// What a file with these rows in place of the excerpt's makes of the desk.
  private func loading(_ replaced: String, by new: String, in desk: Desk) throws -> RegistryReport {
    let text = Office.registry.replacing(replaced, with: new)
    try #require(text != Office.registry)
    return try desk.owner().loadRegistry(Array(text.utf8), allowingRemovals: true)
  }

  @Test(arguments: ["2.16.9", "x", Office.cdc])
  func aRowThatCannotBeReadRemovesNoAgency(superior: String) throws {
    let desk = try Desk()
    let report = try loading(
      "疾病管制署,\(Office.mohw)", by: "疾病管制署,\(superior)", in: desk)
    #expect(report == RegistryReport(unchanged: 5, rejected: 1))
    let status = try desk.texts("SELECT status FROM agency WHERE code = ?", Office.cdc)
    #expect(status == ["active"])
  }

  @Test func aFileOfSuperiorsInACircleIsRefused() throws {
    let desk = try Desk()
    let (one, two) = ("\(Office.cdc).1", "\(Office.cdc).2")
    let rows = "\(one),一,\(two),dgpa2016,active,,,\n\(two),二,\(one),dgpa2016,active,,,\n"
    let text = Array((Office.registry + rows).utf8)
    #expect(
      try refusal { _ = try desk.owner().loadRegistry(text, allowingRemovals: false) }
        == .agencyCycle)
    #expect(try desk.number("SELECT count(*) FROM agency") == 6)
    #expect(
      try refusal {
        _ = try Setup.create(
          path: desk.path + "2", authority: Office.authority, registry: text, reviewer: nil,
          world: desk.world("uid:0", isOperator: true), settings: Settings())
      } == .agencyCycle)
  }

  /// The operator has put an agency above its OID's parent; deriving the other way would be a
  /// circle.
  @Test func whatTheOperatorSetStands() throws {
    let part = "\(Office.authority).1"
    let text = Office.registry.replacing("資通安全處,\(Office.yuan),dgpa2016", with: "資通安全處,,none")
    let other = try Desk(registry: Array(text.utf8))
    _ = try other.owner().addAgency(code: part, name: "一科", superior: nil)
    _ = try other.owner().setSuperior(part, of: [Office.authority])
    let rows = Array((text + "\(part),一科,,none,active,,,\n").utf8)
    let report = try other.owner().loadRegistry(rows, allowingRemovals: false)
    #expect(report.unchanged == 6 && report.updated == 1)
    let tops = try other.texts("SELECT code FROM agency WHERE superior IS NULL ORDER BY sort")
    #expect(tops == [Office.yuan, part])
  }
}
