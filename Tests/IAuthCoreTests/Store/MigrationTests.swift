// Databases of earlier releases: each becomes one that nobody can tell from a new one, with every
// row that it had, or stays as it was to the byte (PRODUCT 15).

import Foundation
import SQLite
import Testing

@testable import IAuthCore
@testable import Values

@Suite struct MigrationTests {
  /// Puts the database that an earlier release has made into the place of the desk's own.
  private func desk(of version: Int) throws -> Desk {
    let desk = try Desk()
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Fixtures/schema-\(version)").standardized
    let script = """
      gunzip -c "$1/iauth.db.gz" >"$2/iauth.db" && cat "$1/iauth.key" >"$2/iauth.key"
      """
    let shell = try Process.run(
      URL(fileURLWithPath: "/bin/sh"),
      arguments: ["-c", script, "sh", fixture.path, desk.directory + "/db"])
    shell.waitUntilExit()
    try #require(shell.terminationStatus == 0)
    return desk
  }

  private func migrate(
    _ desk: Desk, as caller: Bool = true, isDryRun: Bool = false
  ) throws -> MigrationReceipt {
    var world = desk.world("uid:0", isOperator: caller)
    world.isDryRun = isDryRun
    return try Service.migrate(desk.path, world: world, settings: desk.settings)
  }

  private func bytes(_ desk: Desk) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: desk.path))
  }

  private func files(_ desk: Desk) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: desk.directory + "/db"))
  }

  /// Every row of every table as text, by the columns that the table had before.
  private func content(_ desk: Desk, _ columns: [String: String]) throws -> [String: String] {
    var content: [String: String] = [:]
    for (table, list) in columns where table != "audit_head" {
      content[table] = try desk.sqlite3(
        ".mode quote\nSELECT \(list) FROM \(table) ORDER BY \(list)")
    }
    return content
  }

  private func columns(_ desk: Desk) throws -> [String: String] {
    let tables = try desk.texts(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")
    var columns: [String: String] = [:]
    for table in tables {
      columns[table] = try desk.texts("SELECT name FROM pragma_table_info(?)", table)
        .joined(separator: ", ")
    }
    return columns
  }

  @Test(arguments: [1])
  func isAsIfNew(from version: Int) throws {
    let desk = try desk(of: version)
    #expect(
      throws: IAuthError.databaseVersion(found: Int64(version), needed: Schema.version)
    ) { _ = try desk.owner() }
    let columns = try columns(desk)
    let before = try content(desk, columns)
    // The feed is new, and its first lines are what was in force.
    let numbers = """
      SELECT * FROM sqlite_sequence WHERE name NOT IN ('audit', 'permission_change') ORDER BY name
      """
    let sequences = try desk.sqlite3(numbers)
    let receipt = try migrate(desk)
    #expect(receipt.from == Int64(version) && receipt.to == Schema.version)

    let fresh = try Desk()
    for question in [".schema", "PRAGMA user_version", "PRAGMA application_id"] {
      #expect(try desk.sqlite3(question) == fresh.sqlite3(question), "\(question)")
    }
    let entries = try #require(receipt.proof).entries
    let after = try content(desk, columns)
    for (table, rows) in before where table != "audit" {
      #expect(after[table] == rows, "\(table)")
    }
    let trail = try #require(after["audit"]), old = try #require(before["audit"])
    #expect(trail.contains(old))
    #expect(
      try desk.texts("SELECT action || ' ' || subject FROM audit WHERE seq = ?", entries)
        == ["database.migrate schema:\(Schema.version)"])
    #expect(try desk.sqlite3(numbers) == sequences)
    let counts = Dictionary(uniqueKeysWithValues: receipt.tables.map { ($0.name, $0.rows) })
    #expect(counts.count == columns.count && counts["account"] == 22)

    desk.wait(.days(300))
    // It is in use: whoever is there reads it, and it goes on.
    #expect(try desk.owner().verifyAudit(anchors: nil).entries == entries)
    try desk.owner().enrolKey(
      "new", account: AccountID(desk.number("SELECT account FROM gate_key LIMIT 1")))
    #expect(try migrate(desk).proof == nil, "nothing is left to do")
  }

  @Test func theCopyIsTheOldDatabase() throws {
    let desk = try desk(of: 1)
    let before = try content(desk, try columns(desk))
    let copy = try #require(try migrate(desk).copy)
    try FileManager.default.removeItem(atPath: desk.path)
    try FileManager.default.moveItem(atPath: copy, toPath: desk.path)
    let counts = try content(desk, try columns(desk))
    #expect(counts.mapValues(\.count) == before.mapValues(\.count))
    #expect(counts["account"] == before["account"] && counts["audit"] == before["audit"])
    #expect(try migrate(desk).proof != nil, "and it can be migrated itself")
  }

  @Test func aDryRunDoesAllAndKeepsNothing() throws {
    let desk = try desk(of: 1)
    let (before, names) = (try bytes(desk), try files(desk))
    let receipt = try migrate(desk, isDryRun: true)
    #expect(receipt.copy == nil && receipt.proof?.entries == 1 + desk.trail)
    #expect(try bytes(desk) == before)
    #expect(try files(desk) == names.union(["iauth.lock"]))
  }

  @Test(arguments: [
    (
      "a trail that was written over",
      "DROP TRIGGER audit_stays; UPDATE audit SET caller = 'x' WHERE seq = 3;",
      ErrorCode.auditBroken
    ),
    (
      "a reference that leads nowhere",
      "PRAGMA foreign_keys = OFF; DROP TRIGGER account_is_kept; DELETE FROM account WHERE id = 3;",
      .databaseDamaged
    ),
    ("a name that is needed", "CREATE TABLE before_account (x);", .internal),
  ])
  func whatDoesNotHoldIsUndoneWhole(what: String, script: String, code: ErrorCode) throws {
    let desk = try desk(of: 1)
    #expect(try desk.sqlite3(script) == "")
    let (before, names) = (try bytes(desk), try files(desk))
    for isDryRun in [false, true] {
      #expect(try refusal { _ = try migrate(desk, isDryRun: isDryRun) } == code, "\(what)")
      #expect(try bytes(desk) == before, "\(what)")
      #expect(try files(desk) == names.union(["iauth.lock"]), "\(what)")
    }
  }

  @Test func whatSomebodyAddedStays() throws {
    let desk = try desk(of: 1)
    #expect(try desk.sqlite3("CREATE TABLE mine (a); INSERT INTO mine VALUES (7);") == "")
    _ = try migrate(desk)
    #expect(try desk.number("SELECT a FROM mine") == 7)
  }

  @Test func onlyTheOperatorMay() throws {
    let desk = try desk(of: 1)
    #expect(try refusal { _ = try migrate(desk, as: false) } == .rightMissing)
  }

  @Test(arguments: [Schema.version + 1, 0, 99])
  func aVersionThatNobodyKnowsIsRefused(version: Int64) throws {
    let desk = try Desk()
    try desk.sqlite3("PRAGMA user_version = \(version)")
    let before = try bytes(desk)
    #expect(try refusal { _ = try migrate(desk) } == .databaseVersion)
    #expect(try bytes(desk) == before)
  }
}

extension Desk {
  fileprivate var trail: Int64 { (try? number("SELECT max(seq) FROM audit")) ?? 0 }
}
