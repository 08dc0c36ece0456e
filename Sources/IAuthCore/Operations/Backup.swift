// Copies of the database: a consistent snapshot, checked before it gets its name; and the way
// back, after which no code and no session is live (PRODUCT 4.2).

import Glibc
import SQLite

enum BackupTable {
  static let snapshot: SQL = "VACUUM INTO ?"
  static let killCodes: SQL =
    "UPDATE verification SET status = 'lapsed', name = NULL, email = NULL, mobile = NULL, title = NULL, phone = NULL WHERE status = 'open'"
  static let killSessions: SQL =
    "UPDATE session SET ended_at = max(created_at, ?), end_reason = 'account' WHERE ended_at IS NULL"
  static let killMessages: SQL =
    "UPDATE message SET status = 'lapsed', body = '', claim = NULL WHERE status = 'queued' AND kind = 'code'"
  static let statements: [SQL] = [killCodes, killSessions, killMessages]
}

extension Service {
  /// Writes a verified copy, with the key beside it (`FILE.key`): without the key a copy cannot be
  /// used, so keep the two apart.
  ///
  /// - Throws: `right.missing`, `file.exists`, `file.uncreatable`, `disk.full`, `disk.failed`.
  package func backup(to typed: String) throws(IAuthError) {
    let path = Files.absolute(typed)
    guard !path.utf8.starts(with: "file:".utf8), Files.exists(Files.directory(of: path)) else {
      throw .fileUncreatable(path: typed)
    }
    let keyPath = path + ".key"
    for taken in [path, keyPath] where Files.status(taken, followingLinks: false) != nil {
      throw .fileExists(path: taken)
    }
    try writeAsOperator { (tx) throws(IAuthError) -> Verdict<Void> in
      try tx.audit(.backedUp, "database")
      return .done(())
    }
    let draft = path + ".part"
    unsafe unlink(draft)
    do throws(IAuthError) {
      try Files.create(draft, [])
      do { try store.db.run(BackupTable.snapshot, [draft]) } catch {
        throw Store.translated(error)
      }
      try Self.check(draft)
      try Files.create(keyPath, Array((Hex.encode(store.key) + "\n").utf8))
      try Files.publish(draft, as: path)
    } catch {
      unsafe unlink(draft)
      throw error
    }
  }

  /// A copy that does not hold is no copy.
  private static func check(_ path: String) throws(IAuthError) {
    let answer: String?
    do {
      let copy = try Connection(path: Files.resolved(path) ?? path)
      try copy.harden()
      answer = try copy.first(DoctorTable.integrity) { row in row.text(0) }
    } catch {
      throw Store.translated(error)
    }
    guard answer == "ok" else { throw .databaseDamaged }
  }

  /// Puts a copy in place as a new database; never overwrites.
  ///
  /// Codes and sessions in it are dead.
  ///
  /// - Throws: `file.missing`, `database.exists`, `database.foreign`, `database.damaged`, …
  package static func restore(
    from typed: String, to path: String, world: World, settings: Settings
  ) throws(IAuthError) -> AuditProof {
    let source = Files.absolute(typed)
    guard let bytes = try? Files.read(source, max: Int.max),
      let key = try? Files.read(source + ".key", max: 1_024)
    else { throw .fileMissing(path: typed) }
    let directory = Files.directory(of: path)
    try Files.makeDirectory(directory)
    try DatabaseFile.becomeOwner(of: directory)
    guard Files.status(path, followingLinks: false) == nil else { throw .databaseExists }
    let keyPath = directory + "/" + DatabaseFile.keyName
    let draft = path + ".part"
    unsafe unlink(draft)
    do throws(IAuthError) {
      try Files.create(draft, bytes)
      if Files.status(keyPath, followingLinks: false) == nil {
        try Files.create(keyPath, key)
      } else if (try? Files.read(keyPath, max: 1_024)) != key {
        throw .fileExists(path: keyPath)
      }
      let proof = try revive(draft, world, settings)
      try Files.publish(draft, as: path)
      return proof
    } catch {
      unsafe unlink(draft)
      throw error
    }
  }

  private static func revive(
    _ draft: String, _ world: World, _ settings: Settings
  ) throws(IAuthError) -> AuditProof {
    let store = try Store(path: draft, world: world)
    try check(draft)
    try store.write { (tx) throws(IAuthError) -> Verdict<Void> in
      try tx.run(BackupTable.killCodes)
      try tx.run(BackupTable.killSessions, tx.now)
      try tx.run(BackupTable.killMessages)
      try tx.audit(.restored, "database")
      return .done(())
    }
    return try store.read { (tx) throws(IAuthError) in try tx.verifyAudit([:]) }
  }
}
