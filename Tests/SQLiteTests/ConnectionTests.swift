// The wrapper around SQLite: types are what they are read as, text is never SQL, a statement leaves
// nothing behind, and errors keep their codes and no bound values.

import Foundation
import Testing

@testable import SQLite

@Suite struct ConnectionTests {
  private func connection() throws -> Connection {
    let db = try Connection(path: ":memory:")
    try db.execute(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT UNIQUE, number INTEGER, bytes BLOB) STRICT"
    )
    return db
  }

  @Test(arguments: [
    ("", [UInt8]()), ("機關", [0]), ("a\u{0}b", [0, 1, 2]), ("'; DROP TABLE t; --", [255]),
    (String(repeating: "長", count: 100_000), [UInt8](repeating: 7, count: 100_000)),
  ])
  func whatIsBoundComesBack(word: String, bytes: [UInt8]) throws {
    let db = try connection()
    try db.run(
      "INSERT INTO t (word, number, bytes) VALUES (?, ?, ?)", [word, Int64.min, bytes])
    let row = try db.first("SELECT word, number, bytes FROM t WHERE word = ?", [word]) { row in
      (row.text(0), row.int(1), row.bytes(2))
    }
    #expect(row?.0 == word && row?.1 == Int64.min && row?.2 == bytes)
    #expect(try db.first("SELECT 1 FROM sqlite_schema WHERE name = 't'", []) { _ in true } == true)
  }

  /// An output that cannot be looked at is called an existing one by SQLite: it is the disk's failure.
  @Test func aCopyThatCannotBeginIsTheDisks() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try connection().run("VACUUM INTO ?", [path])
    let error = try #require(throws: SQLiteError.self) {
      try connection().run("VACUUM INTO ?", [path])
    }
    #expect(error.reason == .disk)
  }

  @Test func emptyIsNoNull() throws {
    let db = try connection()
    try db.run("INSERT INTO t (word, bytes) VALUES (?, ?)", ["", [UInt8]()])
    try db.run("INSERT INTO t (word, bytes) VALUES (?, ?)", [nil as String?, nil as [UInt8]?])
    let read = try db.all("SELECT word, bytes FROM t ORDER BY id") { row in
      (row.textIfAny(0), row.bytesIfAny(1))
    }
    #expect(read[0].0 == "" && read[0].1 == [])
    #expect(read[1].0 == nil && read[1].1 == nil)
  }

  @Test func aColumnOfAnotherTypeIsCorrupt() throws {
    let db = try connection()
    for sql: SQL in ["SELECT NULL", "SELECT 'x'", "SELECT x'00'", "SELECT 1.5"] {
      let error = #expect(throws: SQLiteError.self) { _ = try db.first(sql) { $0.int(0) } }
      #expect(error?.primary == 11, "\(sql.text)")
    }
    let error = #expect(throws: SQLiteError.self) {
      _ = try db.first("SELECT 'purple'") { row in row.word(0, Colour.self) }
    }
    #expect(error?.primary == 11)
    // The statement is whole again afterwards.
    #expect(try db.first("SELECT 'red'") { row in row.word(0, Colour.self) } == .red)
  }

  private enum Colour: String, CaseIterable { case red, blue }

  @Test func parametersAreCounted() throws {
    let db = try connection()
    for values: [any Bindable] in [[], [1, 2]] {
      let error = #expect(throws: SQLiteError.self) {
        try db.run("DELETE FROM t WHERE id = ?", Arguments(values))
      }
      #expect(error?.primary == 21)
    }
  }

  @Test func valuesGoByTheirNames() throws {
    let db = try connection()
    let sql: SQL = "SELECT :a, :b, :a"
    let row = try db.first(sql, [":b": "two", ":a": nil as Int64?]) { row in
      (row.intIfAny(), row.text(), row.intIfAny())
    }
    #expect(row?.0 == nil && row?.1 == "two" && row?.2 == nil)
    for wrong: Arguments in [[":a": 1], [":a": 1, ":c": 2], [":a": 1, ":b": 2, ":c": 3]] {
      let error = #expect(throws: SQLiteError.self) { try db.run(sql, wrong) }
      #expect(error?.primary == 21)
    }
  }

  @Test func aRowIsReadWholeOrNotAtAll() throws {
    let db = try connection()
    #expect(try db.first("SELECT 1, 2") { _ in true } == true)
    #expect(
      try db.all("SELECT 1, 2 UNION SELECT 3, 4") { [$0.int(), $0.int()] } == [[1, 2], [3, 4]])
    let error = #expect(throws: SQLiteError.self) { _ = try db.first("SELECT 1, 2") { $0.int() } }
    #expect(error?.primary == 21)
  }

  @Test func anErrorKeepsItsCodeAndNoValue() throws {
    let db = try connection()
    try db.run("INSERT INTO t (word) VALUES (?)", ["secret"])
    let unique = #expect(throws: SQLiteError.self) {
      try db.run("INSERT INTO t (word) VALUES (?)", ["secret"])
    }
    #expect(unique?.code == 2_067 && unique?.primary == 19)
    #expect(unique?.message.contains("secret") == false)
    #expect(#expect(throws: SQLiteError.self) { try db.run("SELEC 1") }?.primary == 1)
  }

  @Test func fragmentsMakeOneText() {
    let columns: SQL = "id, word"
    let sql: SQL = "SELECT \(columns) FROM t"
    #expect(sql.text == "SELECT id, word FROM t")
  }

  @Test func aRollbackTakesEverythingBack() throws {
    let db = try connection()
    try db.execute("BEGIN IMMEDIATE")
    #expect(db.isInTransaction)
    #expect(try db.run("INSERT INTO t (word) VALUES (?), (?)", ["a", "b"]) == 2)
    #expect(db.lastInsertID == 2)
    try db.execute("ROLLBACK")
    #expect(!db.isInTransaction)
    #expect(try db.first("SELECT count(*) FROM t") { $0.count(0) } == 0)
  }

  @Test func aQueryLeftEarlyHoldsNoLock() throws {
    let db = try connection()
    try db.run("INSERT INTO t (word) VALUES (?), (?)", ["a", "b"])
    #expect(try db.first("SELECT word FROM t ORDER BY id") { $0.text(0) } == "a")
    try db.execute("DROP TABLE t")
  }

  @Test func aLinkIsNotFollowedAndNothingIsCreated() throws {
    let directory = NSTemporaryDirectory() + "iauth-sqlite-" + UUID().uuidString
    let files = FileManager.default
    try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: directory) }
    #expect(throws: SQLiteError.self) { _ = try Connection(path: directory + "/none.db") }
    #expect(!files.fileExists(atPath: directory + "/none.db"))
    _ = files.createFile(atPath: directory + "/real.db", contents: nil)
    try Connection(path: directory + "/real.db").execute("CREATE TABLE t (id INTEGER)")
    try files.createSymbolicLink(
      atPath: directory + "/link.db", withDestinationPath: directory + "/real.db")
    #expect(throws: SQLiteError.self) {
      try Connection(path: directory + "/link.db").execute("CREATE TABLE u (id INTEGER)")
    }
  }

  @Test func aHardenedConnectionDefendsTheFile() throws {
    let db = try connection()
    try db.harden()
    for sql: SQL in [
      "SELECT \"no such column\"", "PRAGMA writable_schema = 1; DELETE FROM sqlite_schema",
      "ATTACH ':memory:' AS a; ATTACH ':memory:' AS b", "SELECT load_extension('x')",
    ] {
      #expect(throws: SQLiteError.self, "\(sql.text)") { try db.execute(sql) }
    }
  }

  /// SQLITE_IOERR_READ, _SHORT_READ, _WRITE and _LOCK come before anything can stand; _FSYNC,
  /// _DIR_FSYNC and _DELETE do not (sqlite.org/rescode.html).
  @Test(arguments: [
    (266, false), (522, false), (778, false), (3_850, false), (1_034, true),
    (1_290, true), (2_570, true), (13, false),
  ])
  func whichErrorsLeaveTheOutcomeOpen(code: Int32, isOpen: Bool) {
    #expect(SQLiteError(code: code, message: "").mayHaveCommitted == isOpen)
  }
}
