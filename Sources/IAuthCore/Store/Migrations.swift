// From the schema of an earlier release to this one (PRODUCT 15). Every table is made anew by the
// script that `init` runs, and filled from the old one column by column, so that nobody can tell a
// migrated database from a new one. What a column's default cannot say stands in `transforms`.

import SQLite
import Values

/// What a release asks of the rows that an earlier one wrote, beyond the columns' defaults.
struct SchemaTransform: Sendable {
  /// It runs for databases of this version and earlier ones.
  let upTo: Int64
  /// Tables whose old form it reads, under the name `before_TABLE`.
  let reads: Set<String>
  /// Runs when all tables are filled; triggers and foreign keys rest.
  let sql: SQL

  init(upTo version: Int64, reading: Set<String> = [], _ sql: SQL) {
    (upTo, reads, self.sql) = (version, reading, sql)
  }
}

enum Migrations {
  /// The versions of earlier releases.
  static let released: [Int64] = [1]

  /// In the order in which they run; a new one is put at the end.
  static let transforms: [SchemaTransform] = [
    // The feed begins with what is in force.
    SchemaTransform(
      upTo: 1,
      """
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
          agency_name, agency_path, name, email, starts_at, ends_at)
        SELECT (SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 'granted', request, account,
          system, role, agency, agency_name, agency_path, name, email, starts_at, ends_at
        FROM permission_line WHERE is_access ORDER BY request
      """),
    // Who decided is shown by the name of that time: from now on, it is the present one.
    SchemaTransform(
      upTo: 1,
      """
      UPDATE decision SET reviewer_name = (SELECT name FROM account WHERE id = reviewer)
      WHERE reviewer IS NOT NULL
      """),
    // The apostrophes of names compare as one.
    SchemaTransform(
      upTo: 1,
      """
      UPDATE account SET name_key = replace(replace(replace(replace(name_key, char(0x2019), ''''),
        char(0x2018), ''''), char(0x2BC), ''''), '`', '''')
      WHERE name_key GLOB '*[' || char(0x2019, 0x2018, 0x2BC) || '`]*'
      """),
    // What has begun needs no start to be seen to.
    SchemaTransform(
      upTo: 1,
      """
      UPDATE permission SET began_at = starts_at
      WHERE starts_at > granted_at AND starts_at <= (SELECT max(at) FROM audit)
      """),
  ]
}

enum MigrationTable {
  static let loose: SQL = """
    SELECT type, name FROM sqlite_schema
    WHERE type IN ('trigger', 'view') OR (type = 'index' AND sql IS NOT NULL)
    """
  static let tables: SQL = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY rowid
    """
  static let sequences: SQL = "SELECT name, seq FROM sqlite_sequence"
  /// Generated columns are not among them.
  static let sharedColumns: SQL = """
    SELECT name FROM pragma_table_info(?1)
    WHERE name IN (SELECT name FROM pragma_table_info(?2)) ORDER BY cid
    """
  static let version: SQL = "PRAGMA user_version"
  static let application: SQL = "PRAGMA application_id"
  static let dropSequence: SQL = "DELETE FROM sqlite_sequence WHERE name = ?1"
  static let setSequence: SQL = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)"
  static let prepare: SQL = "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;"
  static let statements: [SQL] = [
    loose, tables, sequences, sharedColumns, version, application, dropSequence, setSequence,
    prepare,
  ]
}

/// A table that was carried over.
package struct MigratedTable: Equatable, Sendable {
  package let name: String
  package let rows: Int64
}

extension Transaction {
  /// Makes every table anew and fills it from the old one.
  ///
  /// The connection's foreign keys are off and its renames leave references alone
  /// (`MigrationTable.prepare`): so the other tables go on speaking of the new one.
  func rebuild(from version: Int64) throws(IAuthError) -> [MigratedTable] {
    try useLargeCache()
    for (type, name) in try all(MigrationTable.loose, read: { ($0.text(0), $0.text(1)) }) {
      switch type {
      case "trigger": try execute("DROP TRIGGER \(Fragment(name: name))")
      case "view": try execute("DROP VIEW \(Fragment(name: name))")
      default: try execute("DROP INDEX \(Fragment(name: name))")
      }
    }
    let old = try all(MigrationTable.tables) { $0.text(0) }
    let sequences = try all(MigrationTable.sequences) { ($0.text(0), $0.int(1)) }
    for name in old {
      try execute("ALTER TABLE \(Fragment(name: name)) RENAME TO \(Self.before(name))")
    }
    for script in Schema.script { try execute(script) }
    let new = Set(try all(MigrationTable.tables) { $0.text(0) })
    try setTriggers(enabled: false)
    let transforms = Migrations.transforms.filter { version <= $0.upTo }
    let kept = transforms.reduce(into: Set<String>()) { $0.formUnion($1.reads) }
    var tables: [MigratedTable] = []
    for name in old {
      guard new.contains(name) else { continue }
      // Whoever stops it has the old database.
      try WriteLock.checkInterrupt()
      tables.append(MigratedTable(name: name, rows: try carryOver(name)))
      if !kept.contains(name) { try execute("DROP TABLE \(Self.before(name))") }
    }
    for transform in transforms { try execute(transform.sql) }
    for name in kept where old.contains(name) { try execute("DROP TABLE \(Self.before(name))") }
    // What somebody added is theirs: it keeps its name and its rows.
    for name in old where !new.contains(name) && !kept.contains(name) {
      try execute("ALTER TABLE \(Self.before(name)) RENAME TO \(Fragment(name: name))")
    }
    for (name, number) in sequences where new.contains(name) {
      try run(MigrationTable.dropSequence, name)
      try run(MigrationTable.setSequence, name, number)
    }
    try setTriggers(enabled: true)
    return tables
  }

  /// Copies what both forms of a table have, and says how many rows.
  private func carryOver(_ name: String) throws(IAuthError) -> Int64 {
    let columns = try all(MigrationTable.sharedColumns, name, "before_" + name) { $0.text(0) }
    guard let first = columns.first else { throw .databaseDamaged }
    var list = Fragment(name: first)
    for column in columns.dropFirst() { list = "\(list), \(Fragment(name: column))" }
    try execute(
      "INSERT INTO \(Fragment(name: name)) (\(list)) SELECT \(list) FROM \(Self.before(name))")
    let rows = try number("SELECT count(*) FROM \(Fragment(name: name))") ?? 0
    guard try number("SELECT count(*) FROM \(Self.before(name))") == rows else {
      throw .databaseDamaged
    }
    return rows
  }

  private static func before(_ name: String) -> Fragment { Fragment(name: "before_" + name) }
}
