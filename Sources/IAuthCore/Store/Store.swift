// The one door to the database: it opens, refuses, and brackets every reading and writing in a
// transaction. SQLite's errors become ours here and nowhere else.

import Glibc
import SQLite
import Sheets
import Values

/// What an operation answers from inside its transaction.
///
/// A refusal commits too: a wrong code must keep its counted attempt, and a refused approval its
/// audit entry.
package enum TransactionEnd<Answer> {
  case commit(Answer)
  case commitThenThrow(IAuthError)
  /// Nothing is kept, but the answer stands: a dry run.
  case rollback(Answer)
}

package final class Store {
  let db: Connection
  let world: World
  let settings: Settings
  let key: [UInt8]
  package let path: String
  /// The version of its schema when it was opened.
  package let version: Int64
  /// Whether anything was queued that this process might send.
  var hasQueued = false
  /// Whether some of it is left to `deliver`.
  var hasLeft = false
  /// Whether a dry run has undone something.
  var isTrial = false
  /// A session whose use is to be noted.
  private var usedSession: Session?
  /// Whether the caller's session was looked at.
  private(set) var hasAskedSession = false
  private let isShared: Bool

  /// Opens the database at `path`.
  ///
  /// - Parameter versions: of the schema, that the caller can work with.
  /// - Throws: the first that holds of `database.missing`, `.foreign`, `.damaged`, `.version`,
  ///   `.unsafe`.
  package init(
    path: String, world: World, settings: Settings, versions: Set<Int64> = [Schema.version]
  ) throws(IAuthError) {
    let file = try DatabaseFile(existing: path, versions: versions)
    self.path = file.path
    self.world = world
    self.settings = settings
    key = file.key
    isShared = true
    do {
      db = try Connection(path: file.path)
      try Self.prepare(db)
      // What was cut off is rolled back by now: only then is the version the version.
      version = try db.first(MigrationTable.version) { $0.int(0) } ?? 0
    } catch {
      throw Self.translated(error)
    }
    guard versions.contains(version) else {
      throw .databaseVersion(found: version, needed: Schema.version)
    }
  }

  /// Opens a copy that this process has made, to look whether it holds.
  init(copy path: String, key: [UInt8], world: World) throws(IAuthError) {
    self.path = path
    version = Schema.version
    self.world = world
    settings = Settings()
    self.key = key
    isShared = false
    do {
      db = try Connection(path: path)
      try Self.prepare(db)
    } catch {
      throw Self.translated(error)
    }
  }

  /// Makes a new database at `path` and fills it inside one transaction.
  ///
  /// The file gets its name only when it is whole, so that a cut-off `init` leaves nothing behind
  /// that a second one would refuse.
  package static func create(
    path: String, world: World, settings: Settings,
    _ fill: (Transaction) throws(IAuthError) -> Void
  ) throws(IAuthError) -> Store {
    guard !world.isDryRun else {
      let key = world.randomBytes(32)
      try DatabaseFile.checkCreating(path)
      return try fillDraft(
        draft: ":memory:", key: key, world: world, settings: settings, fill)
    }
    let file = try DatabaseFile(creating: path, key: world.randomBytes(32))
    let draft = file.path + ".new"
    unsafe unlink(draft)
    unsafe unlink(draft + "-journal")
    try Files.create(draft, [])
    do throws(IAuthError) {
      _ = try fillDraft(draft: draft, key: file.key, world: world, settings: settings, fill)
      guard unsafe link(draft, file.path) == 0 else {
        throw errno == EEXIST ? IAuthError.databaseExists : .fileUncreatable(path: path)
      }
      unsafe unlink(draft)
      Files.syncDirectory(file.directory)
    } catch {
      unsafe unlink(draft)
      unsafe unlink(draft + "-journal")
      throw error
    }
    return try Store(path: file.path, world: world, settings: settings)
  }

  private static func fillDraft(
    draft: String, key: [UInt8], world: World, settings: Settings,
    _ fill: (Transaction) throws(IAuthError) -> Void
  ) throws(IAuthError) -> Store {
    let db: Connection
    do {
      db = try Connection(path: draft)
      try prepare(db)
      try db.execute(Schema.stamp)
    } catch {
      throw translated(error)
    }
    let store = Store(
      db: db, path: draft, world: world, settings: settings, key: key, isShared: false)
    try store.write { (tx) throws(IAuthError) in
      for script in Schema.script { try tx.execute(script) }
      try fill(tx)
      return .commit(())
    }
    return store
  }

  private init(
    db: Connection, path: String, world: World, settings: Settings, key: [UInt8], isShared: Bool
  ) {
    self.db = db
    self.path = path
    version = Schema.version
    self.world = world
    self.settings = settings
    self.key = key
    self.isShared = isShared
  }

  /// Reads in one consistent snapshot; nothing is locked for longer than that.
  package func read<Answer>(
    _ body: (Transaction) throws(IAuthError) -> Answer
  ) throws(IAuthError) -> Answer {
    let tx = Transaction(store: self, isWriting: false)
    try tx.execute("BEGIN")
    defer { noteUse() }
    let answer: Answer
    do throws(IAuthError) {
      answer = try body(tx)
    } catch {
      try? db.execute("ROLLBACK")
      throw error
    }
    try tx.execute("COMMIT")
    return answer
  }

  /// Runs `body` as the only writer, and commits what it did, also when it refuses.
  ///
  /// A dry run (`World.isDryRun`) rolls back what was done. A refusal is kept even then: a wrong
  /// code that was only tried would be an attempt that nobody counts.
  ///
  /// - Parameter before: what is done under the lock before the transaction begins.
  /// - Throws: what `body` throws (nothing is kept); the refusal it returned (its writes are kept);
  ///   `database.busy`, `disk.full`, `disk.failed` (nothing is kept); `outcome.unknown`.
  package func write<Answer>(
    before: () throws(IAuthError) -> Void = { () throws(IAuthError) in },
    _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    try locked(isKept: !world.isDryRun, before: before, body)
  }

  /// The same for what is no change of anybody's making, and kept in a dry run, too: the entry of a
  /// privileged reading, and what the clock has ended.
  func note<Answer>(
    _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    try locked(isKept: true, body)
  }

  private func locked<Answer>(
    isKept: Bool, before: () throws(IAuthError) -> Void = { () throws(IAuthError) in },
    _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    defer { noteUse() }
    if isShared {
      let lock = try WriteLock(
        path: Files.directory(of: path) + "/" + DatabaseFile.lockName,
        seconds: Int(Limits.busyWait.seconds))
      defer { withExtendedLifetime(lock) {} }
      try before()
      return try bracket(isKept: isKept, body)
    }
    return try bracket(isKept: isKept, body)
  }

  /// Every command of a session is use of it, a refused one and a dry run too: what was not noted
  /// along with a change is noted now, and an answer stands whether it can be or not.
  private func noteUse() {
    guard let session = usedSession else { return }
    usedSession = nil
    try? note { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      try tx.noteUse(session)
      return .commit(())
    }
  }

  /// Remembers that a session was used, for a minute.
  func used(_ session: Session, now: Timestamp) {
    hasAskedSession = true
    usedSession = session.usedAt + Limits.sessionNoteInterval <= now ? session : nil
  }

  private func bracket<Answer>(
    isKept: Bool, _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    let tx = Transaction(store: self, isWriting: true)
    let queuedBefore = (hasQueued, hasLeft)
    try tx.execute("BEGIN IMMEDIATE")
    let end: TransactionEnd<Answer>
    do throws(IAuthError) {
      end = try body(tx)
      if case .rollback = end {} else if let session = usedSession { try tx.noteUse(session) }
      try tx.sealAudit()
    } catch {
      try? db.execute("ROLLBACK")
      throw error
    }
    switch end {
    case .rollback(let answer): return try undone(tx, answer)
    case .commit(let answer) where !isKept:
      // Nobody is written to because of what did not happen.
      (hasQueued, hasLeft) = queuedBefore
      isTrial = true
      return try undone(tx, answer)
    default: break
    }
    try commit()
    usedSession = nil
    switch end {
    case .commit(let answer), .rollback(let answer): return answer
    case .commitThenThrow(let error): throw error
    }
  }

  private func undone<Answer>(_ tx: Transaction, _ answer: Answer) throws(IAuthError) -> Answer {
    try tx.execute("ROLLBACK")
    return answer
  }

  /// Commits.
  ///
  /// An error from COMMIT is not a rollback: once the last sync has failed, the change may stand or
  /// not, and only the same command, run again, finds out (SECURITY.md, section 0).
  private func commit() throws(IAuthError) {
    do throws(SQLiteError) {
      try db.execute("COMMIT")
    } catch {
      let mayStand = error.mayHaveCommitted
      let isUndone = !db.isInTransaction || (try? db.execute("ROLLBACK")) != nil
      guard isUndone, !mayStand else { throw .outcomeUnknown }
      throw Self.translated(error)
    }
  }

  private static func prepare(_ db: Connection) throws(SQLiteError) {
    try db.harden()
    db.setBusyTimeout(milliseconds: Int32(Limits.busyWait.seconds) * 1_000)
    try db.execute(
      """
      PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA cell_size_check = ON;
      PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;
      PRAGMA synchronous = EXTRA;
      """)
  }

  /// The one place where SQLite's errors become ours.
  static func translated(_ error: any Error) -> IAuthError {
    guard let error = error as? SQLiteError else {
      return error as? IAuthError ?? .internal("an unknown error")
    }
    switch error.reason {
    case .busy: return .databaseBusy
    case .full: return .diskFull
    case .disk: return .diskFailed
    case .damage: return .databaseDamaged
    case .constraint: return .internal("the database refused it: \(error.message)")
    case .other: return .internal("SQLite \(error.code)")
    }
  }
}
