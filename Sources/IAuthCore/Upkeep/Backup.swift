// Copies of the database: a consistent snapshot, checked before it gets its name; and the way
// back, after which no code and no session is live, and nothing is sent a second time (PRODUCT
// 4.2).

import Glibc
import SQLite
import Sheets
import Values

enum BackupTable {
  static let snapshot: SQL = "VACUUM INTO ?"
  static let rows: SQL = """
    SELECT 'account', count(*) FROM account UNION ALL SELECT 'agency', count(*) FROM agency
    UNION ALL SELECT 'audit', count(*) FROM audit
    UNION ALL SELECT 'decision', count(*) FROM decision
    UNION ALL SELECT 'message', count(*) FROM message
    UNION ALL SELECT 'permission', count(*) FROM permission
    UNION ALL SELECT 'request', count(*) FROM request
    """
  static let killCodes: SQL = """
    UPDATE verification SET status = 'lapsed', name = NULL, email = NULL, mobile = NULL,
      title = NULL, phone = NULL WHERE status = 'open'
    """
  static let killSessions: SQL = """
    UPDATE session SET ended_at = max(created_at, ?), end_reason = 'account'
    WHERE ended_at IS NULL
    """
  static let killMessages: SQL = """
    UPDATE message SET status = 'lapsed', \(OutboxTable.takenOut)
    WHERE status = 'queued' AND kind = 'code'
    """
  /// Codes that were sent at a time that has not come.
  static let killMessagesOfFuture: SQL = """
    UPDATE message SET status = 'lapsed', \(OutboxTable.takenOut)
    WHERE status = 'queued' AND kind = 'code' AND created_at > ?
    """
  /// What waited when the copy was made may have been sent since: the operator decides.
  static let holdMessages: SQL = """
    UPDATE message SET status = 'failed', error = 'restored', claim = NULL, claimed_until = NULL
    WHERE status = 'queued'
    """
  /// Ids that the lost database may have given out since are not given out again.
  ///
  /// A mail in somebody's mailbox speaks of such a number. The trail has no gaps.
  static let skipIDs: SQL =
    "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name <> 'audit'"
  static let skipFirstIDs: SQL = """
    INSERT INTO sqlite_sequence (name, seq) SELECT name, ?1 FROM sqlite_schema
    WHERE type = 'table' AND sql LIKE '% AUTOINCREMENT%' AND name <> 'audit'
      AND name NOT IN (SELECT name FROM sqlite_sequence)
    """
  /// Keys that were withdrawn since the copy would live again: none does until it is confirmed.
  static let restKeys: SQL = "UPDATE gate_key SET rests = 1 WHERE withdrawn_at IS NULL"
  /// With the key beside it, a hash of eight digits is the digits.
  static let blankCodes: SQL = "UPDATE code SET hash = zeroblob(32) WHERE used_at IS NULL"
  static let statements: [SQL] = [
    rows, killCodes, killSessions, killMessages, killMessagesOfFuture, holdMessages, skipIDs,
    skipFirstIDs, restKeys, blankCodes,
  ]
}

/// What a restoration found and ended.
package struct RestoreReceipt: Sendable {
  /// The trail with the restoration's own entry.
  package let proof: AuditProof
  /// When the copy's newest entry was written: what came later is lost.
  package let newest: Timestamp
  package let codes: Int
  package let sessions: Int
  /// Messages that waited in the copy and are held back.
  package let held: Int
  /// The ssh keys that rest until the operator confirms them.
  package let keys: Int
  package let hasManifest: Bool
}

extension Service {
  /// Writes a verified copy; `FILE.key` beside it has the key, `FILE.manifest` the checksum and the
  /// anchor.
  ///
  /// The copy gets its name last: where FILE is, all three are whole.
  ///
  /// - Throws: `right.missing`, `file.exists`, `file.uncreatable`, `database.busy`, `disk.full`,
  ///   `disk.failed`.
  package func backup(to typed: String, version: String) throws(IAuthError) -> Manifest {
    let path = Files.absolute(typed)
    try writeAsOperator { (_) throws(IAuthError) -> TransactionEnd<Void> in
      guard !path.utf8.starts(with: "file:".utf8), Files.exists(Files.directory(of: path)) else {
        throw .fileUncreatable(path: typed)
      }
      guard Files.status(path, followingLinks: false) == nil else { throw .fileExists(path: path) }
      return .rollback(())
    }
    guard !world.isDryRun else {
      return Manifest(
        version: version, at: world.now(), proof: try verifyAudit(anchors: nil), rows: [],
        digest: [])
    }
    return try noting { () throws(IAuthError) in try copy(to: path, version: version) }
  }

  /// A copy that was not made is on the trail as what it came to.
  private func noting(
    _ body: () throws(IAuthError) -> Manifest
  ) throws(IAuthError) -> Manifest {
    do throws(IAuthError) {
      return try body()
    } catch {
      try? store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
        try tx.audit(.backedUp, .database, outcome: error.code.rawValue)
        return .commit(())
      }
      throw error
    }
  }

  private func copy(to path: String, version: String) throws(IAuthError) -> Manifest {
    let draft = try PartialFile(of: path)
    var made: [String] = []
    do throws(IAuthError) {
      // Beside a draft that was left stands what its process had made by then.
      if draft.wasLeft { unsafe unlink(path + ".manifest") }
      let (proof, rows) = try snapshot(draft.path)
      let key = Array((Hex.encode(store.key) + "\n").utf8)
      if (try? Files.read(path + ".key", max: 1_024)) != key {
        try Files.make(path + ".key", key)
        made.append(path + ".key")
      }
      let manifest = Manifest(
        version: version, at: world.now(), proof: proof, rows: rows,
        digest: try Files.digest(of: draft.path))
      let text = manifest.text(name: Files.lastComponent(of: path))
      try Files.make(path + ".manifest", Array(text.utf8))
      made.append(path + ".manifest")
      // Where it has its name, the trail has its entry, and the other way round.
      var isPublished = false
      do throws(IAuthError) {
        try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
          try tx.audit(.backedUp, .database)
          try Files.publish(draft.path, as: path)
          isPublished = true
          return .commit(())
        }
      } catch {
        // Of a commit that may stand, the copy stays as well.
        if isPublished, error != .outcomeUnknown { made.append(path) }
        if error == .outcomeUnknown { made = [] }
        throw error
      }
      return manifest
    } catch {
      // The draft goes last: as long as it is there, it says that the others are leavings.
      for path in made { unsafe unlink(path) }
      draft.drop()
      throw error
    }
  }

  /// Writes a verified copy into a pipe; of the three files only the database itself.
  ///
  /// - Throws: `right.missing`, `database.busy`, `disk.full`, `disk.failed`.
  package func backup(
    version: String, into write: ([UInt8]) -> Void
  ) throws(IAuthError) -> Manifest {
    try writeAsOperator { (_) throws(IAuthError) -> TransactionEnd<Void> in .rollback(()) }
    return try noting { () throws(IAuthError) in try copy(version: version, into: write) }
  }

  private func copy(
    version: String, into write: ([UInt8]) -> Void
  ) throws(IAuthError) -> Manifest {
    let draft = try PartialFile(of: store.path + ".copy")
    do throws(IAuthError) {
      let (proof, rows) = try snapshot(draft.path)
      let source = try FileSource(draft.path, max: Int.max)
      // It has no name any more, and so nothing is left of it.
      draft.drop()
      try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
        try tx.audit(.backedUp, .database)
        return .commit(())
      }
      var digest = SHA256()
      while !world.isDryRun, let piece = try source.next() {
        digest.update(piece)
        write(piece)
      }
      return Manifest(
        version: version, at: world.now(), proof: proof, rows: rows, digest: digest.finish())
    } catch {
      draft.drop()
      throw error
    }
  }

  /// Copies what is committed into a draft, and looks whether that holds.
  func snapshot(_ draft: String) throws(IAuthError) -> (AuditProof, [Manifest.TableCount]) {
    do {
      try store.db.run(BackupTable.snapshot, [draft])
      // What waits in it is nobody's to use, whoever gets hold of the copy.
      let copy = try Connection(path: Files.resolved(draft) ?? draft)
      try Store.prepare(copy)
      for sql in [BackupTable.killMessages, BackupTable.blankCodes] { try copy.run(sql) }
    } catch { throw store.lookedAgain(Store.translated(error)) }
    return try Self.check(draft, key: store.key, world)
  }

  /// A copy that does not hold is no copy; one that does at a second look was misread by the disk.
  private static func check(
    _ path: String, key: [UInt8], _ world: World
  ) throws(IAuthError) -> (AuditProof, [Manifest.TableCount]) {
    do throws(IAuthError) {
      return try looked(at: path, key: key, world)
    } catch {
      guard [.databaseDamaged, .auditBroken].contains(error.code),
        (try? looked(at: path, key: key, world)) != nil
      else { throw error }
      throw .diskFailed
    }
  }

  private static func looked(
    at path: String, key: [UInt8], _ world: World
  ) throws(IAuthError) -> (AuditProof, [Manifest.TableCount]) {
    let copy = try Store(copy: Files.resolved(path) ?? path, key: key, world: world)
    return try copy.read { (tx) throws(IAuthError) in
      guard try tx.isWhole() else { throw .databaseDamaged }
      let rows = try tx.all(BackupTable.rows) { row in
        Manifest.TableCount(table: row.text(0), rows: row.int(1))
      }
      return (try tx.verifyAudit(), rows)
    }
  }

  /// Puts a copy in place as a new database; never overwrites.
  ///
  /// Its key stands beside it or, kept apart, is in its place already. Codes and sessions in it are
  /// dead, and what waited to be sent is held back.
  ///
  /// - Throws: `file.missing`, `database.exists`, `database.foreign`, `database.damaged`, …
  package static func restore(
    from typed: String, piped: [UInt8]? = nil, to path: String, world: World, settings: Settings
  ) throws(IAuthError) -> RestoreReceipt {
    try world.checkMounted(settings)
    guard !settings.standby else { throw .hostStandby }
    let source = Files.absolute(typed)
    let bytes = if let piped { piped } else { try Files.read(source, max: Int.max) }
    let hasKey = Files.status(source + ".key", followingLinks: false) != nil
    let key = hasKey ? try Files.read(source + ".key", max: 1_024) : nil
    let manifestPath = source + ".manifest"
    let hasManifest = Files.status(manifestPath, followingLinks: false) != nil
    if hasManifest {
      let manifest = try Files.read(manifestPath, max: 1 << 20)
      // An empty or foreign one says nothing of the copy.
      guard let digest = Manifest.digest(in: manifest) else {
        throw .fileMissing(path: manifestPath)
      }
      guard digest == SHA256.hash(bytes) else { throw .copyDiffers(manifest: manifestPath) }
    }
    guard !path.utf8.starts(with: "file:".utf8) else { throw .databaseUnsafe(.path) }
    let directory = Files.directory(of: path)
    let lock = directory + "/" + DatabaseFile.lockName
    guard Files.status(path, followingLinks: false) == nil else { throw .databaseExists }
    try DatabaseFile.checkRemains(of: path)
    let hadLock = Files.exists(lock)
    let madeDirectories = try DatabaseFile.makeDirectory(directory)
    var isDone = false
    defer {
      if !isDone, !madeDirectories.isEmpty { unsafe unlink(lock) }
      if !isDone { for path in madeDirectories { unsafe rmdir(path) } }
    }
    let draft = try PartialFile(of: path)
    let keyPath = directory + "/" + DatabaseFile.keyName
    var made: [String] = []
    do throws(IAuthError) {
      try draft.write(bytes)
      if let key {
        if Files.status(keyPath, followingLinks: false) == nil {
          try Files.make(keyPath, key)
          made.append(keyPath)
        } else if (try? Files.read(keyPath, max: 1_024)) != key {
          throw .fileExists(path: keyPath)
        }
      }
      let receipt = try activateRestored(draft.path, world, settings, hasManifest: hasManifest)
      guard !world.isDryRun else {
        draft.drop()
        if !hadLock { made.append(lock) }
        for path in made { unsafe unlink(path) }
        return receipt
      }
      try Files.publish(draft.path, as: path)
      isDone = true
      return receipt
    } catch {
      draft.drop()
      for path in made { unsafe unlink(path) }
      throw error
    }
  }

  /// From where a restored database counts on.
  ///
  /// By the clock, so that it passes over whatever the lost one gave out, and with a part of chance,
  /// so that two restorations of one copy go on apart even where the clock was set back between.
  private static func firstID(_ tx: Transaction) -> Int64 {
    let seconds = max(0, tx.now.seconds - Limits.restoreIDsSince.seconds)
    let chance = tx.world.randomBytes(3).reduce(0) { $0 << 8 | Int64($1) } >> 4
    return (seconds + chance) * Limits.restoreIDsPerSecond
  }

  private static func activateRestored(
    _ draft: String, _ world: World, _ settings: Settings, hasManifest: Bool
  ) throws(IAuthError) -> RestoreReceipt {
    let store = try Store(path: draft, world: world, settings: settings)
    store.isBeingRestored = true
    _ = try check(draft, key: store.key, world)
    var receipt: RestoreReceipt?
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      let newest = try tx.first(AuditTable.newest) { row in row.time(0) }
      let codes = try tx.run(BackupTable.killCodes)
      let sessions = try tx.run(BackupTable.killSessions, tx.now)
      try tx.run(BackupTable.killMessages)
      let held = try tx.run(BackupTable.holdMessages)
      let first = Self.firstID(tx)
      try tx.run(BackupTable.skipIDs, first)
      try tx.run(BackupTable.skipFirstIDs, first)
      let keys = try tx.run(BackupTable.restKeys)
      if let machine = world.host.machine {
        _ = try tx.number(SettlingTable.move, machine, tx.now, try tx.currentHead().seq)
      }
      try tx.audit(.restored, .database)
      try tx.sealAudit()
      receipt = RestoreReceipt(
        proof: try tx.verifyAudit(), newest: newest ?? tx.now, codes: codes,
        sessions: sessions, held: held, keys: keys, hasManifest: hasManifest)
      return .commit(())
    }
    guard let receipt else { throw .internal("a restoration without a receipt") }
    return receipt
  }
}
