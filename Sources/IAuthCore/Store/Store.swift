// The one door to the database: it opens, refuses, and brackets every reading and writing in a
// transaction. SQLite's errors become ours here and nowhere else.

import Glibc
import SQLite
import Sheets
import Values

/// What an operation answers from inside its transaction.
///
/// A refusal commits too: a wrong code keeps its counted attempt, an approval refused its entry.
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
  /// Whether nothing is written here, not even that a session was used: a monitor asks.
  var isMonitored = false
  private let isShared: Bool
  /// Whether this operation has waited for others as long as it may.
  private var hasWaited = false
  /// Agencies that were named, and who has taken their places.
  var successions: [(old: Agency, new: Agency)] = []
  /// A copy that is being restored settles all by itself.
  var isBeingRestored = false
  /// Whether nothing is written here: the configuration says so, or the file system.
  package let isStandby: Bool

  /// Opens the database at `path`.
  ///
  /// - Parameter versions: of the schema, that the caller can work with.
  /// - Throws: the first that holds of `database.missing`, `.foreign`, `.damaged`, `.version`,
  ///   `.unsafe`.
  package init(
    path: String, world: World, settings: Settings, versions: [Int64] = [Schema.version]
  ) throws(IAuthError) {
    try world.checkMounted(settings, for: path)
    let file = try DatabaseFile(existing: path, versions: versions)
    self.path = file.path
    isStandby = settings.standby || Files.isReadOnlyPlace(file.directory)
    self.world = world
    self.settings = settings
    key = file.key
    isShared = true
    // SQLite reads the schema under its lock.
    let held = HeldSignals()
    defer { withExtendedLifetime(held) {} }
    (db, version) = try Self.opened(file)
    guard versions.contains(version) else {
      throw .databaseVersion(found: version, needed: Schema.version)
    }
    if let reason = file.refusal { throw .databaseUnsafe(reason) }
    if settings.standby { try lookOnly() }
  }

  /// Opens a file as far as SQLite can, which rolls back what was cut off: only then is the version
  /// the version.
  ///
  /// A page that was misread once is no damage: what is damaged is so at a second look.
  private static func opened(
    _ file: DatabaseFile, isAgain: Bool = false
  ) throws(IAuthError) -> (Connection, version: Int64) {
    do {
      let db = try Connection(path: file.path, isReadOnly: file.refusal != nil)
      try prepare(db)
      let application = try db.first(MigrationTable.application) { $0.int(0) }
      guard application == Schema.applicationID else { throw IAuthError.databaseForeign }
      return (db, try db.first(MigrationTable.version) { $0.int(0) } ?? 0)
    } catch {
      let found = translated(error)
      if found == .databaseDamaged, !isAgain { return try opened(file, isAgain: true) }
      if found == .databaseDamaged, !file.isKnown { throw .databaseForeign }
      if let reason = file.refusal, found != .databaseDamaged, found != .databaseForeign {
        throw .databaseUnsafe(reason)
      }
      throw found
    }
  }

  /// Opens a copy that this process has made, to look whether it holds.
  init(copy path: String, key: [UInt8], world: World) throws(IAuthError) {
    self.path = path
    self.world = world
    settings = Settings()
    self.key = key
    isShared = false
    isStandby = false
    do {
      db = try Connection(path: path)
      try Self.prepare(db)
      version = try db.first(MigrationTable.version) { $0.int(0) } ?? 0
    } catch {
      throw Self.translated(error)
    }
  }

  /// Makes a new database at `path` and fills it inside one transaction.
  ///
  /// The file gets its name only when it is whole, so that a cut-off `init` leaves nothing behind
  /// that a second one would refuse; and under the lock, so that of many at once one makes it, and
  /// the others find it.
  ///
  /// - Returns: the open database; nil if it is there and cannot be opened just now.
  package static func create(
    path: String, world: World, settings: Settings,
    _ fill: (Transaction) throws(IAuthError) -> Void
  ) throws(IAuthError) -> Store? {
    try world.checkMounted(settings)
    guard !settings.standby else { throw .hostStandby }
    try DatabaseFile.checkCreating(path)
    // What does not come together leaves nothing behind, no directory and no lock.
    let trial = try fillDraft(
      draft: ":memory:", key: world.randomBytes(32), world: world, settings: settings, fill)
    guard !world.isDryRun else { return trial }
    let place = try DatabaseFile.place(creating: path)
    let directory = Files.directory(of: place)
    let lock = try WriteLock(
      path: directory + "/" + DatabaseFile.lockName, seconds: Int(Limits.busyWait.seconds))
    defer { withExtendedLifetime(lock) {} }
    _ = try DatabaseFile.place(creating: place)
    let known = try DatabaseFile.key(beside: place)
    let key = known ?? world.randomBytes(32)
    // Whoever holds the lock is alone: what has such a name was left by one that was killed.
    for name in Files.names(in: directory, beginning: draftName) {
      unsafe unlink(directory + "/" + name)
    }
    let draft = directory + "/" + draftName + Hex.encode(world.randomBytes(8))
    try Files.create(draft, [])
    do throws(IAuthError) {
      _ = try fillDraft(draft: draft, key: key, world: world, settings: settings, fill)
      if known == nil { try DatabaseFile.writeKey(beside: place, key) }
      try Files.publish(draft, as: place)
    } catch {
      if known == nil, !Files.exists(place) { DatabaseFile.removeKey(beside: place) }
      unsafe unlink(draft)
      unsafe unlink(draft + "-journal")
      if case .fileExists = error { throw .databaseExists }
      throw error
    }
    // It is there now, whatever happens to this process.
    return try? Store(path: place, world: world, settings: settings)
  }

  private static let draftName = ".iauth.init."

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
    isStandby = false
  }

  /// Reads in one consistent snapshot; nothing is locked for longer than that.
  ///
  /// - Parameter isSettling: whether what a clock has left is settled first, which writes.
  package func read<Answer>(
    isSettling: Bool = true, _ body: (Transaction) throws(IAuthError) -> Answer
  ) throws(IAuthError) -> Answer {
    hasWaited = false
    do { if isSettling { try settle() } } catch  where error != .databaseUnsafe(.key) {
      note(wait: error)
    }
    let tx = Transaction(store: self, isWriting: false)
    defer { noteUse() }
    let held = HeldSignals()
    defer { withExtendedLifetime(held) {} }
    boundWait(0)
    do throws(IAuthError) {
      try tx.execute("BEGIN")
      let answer = try body(tx)
      try tx.execute("COMMIT")
      return answer
    } catch {
      let error = rolledBack(error)
      note(wait: error)
      throw error
    }
  }

  /// After an operation has waited in vain, what goes with it does not wait again: ten seconds are for
  /// all of it.
  private func note(wait error: IAuthError) {
    if error == .databaseBusy { hasWaited = true }
    if hasWaited { boundWait(0) }
  }

  /// Runs `body` as the only writer, and commits what it did, also when it refuses.
  ///
  /// A dry run (`World.isDryRun`) rolls back what was done. A refusal is kept even then, unless it
  /// writes to somebody; a wrong code always: one that was only tried would be an attempt that
  /// nobody counts.
  ///
  /// - Parameters:
  ///   - isNote: whether it is no change of anybody's making (see `note`).
  ///   - seconds: how long the lock is waited for.
  ///   - before: what is done under the lock before the transaction begins.
  /// - Throws: what `body` throws (nothing is kept); the refusal it returned (its writes are kept);
  ///   `database.busy`, `disk.full`, `disk.failed` (nothing is kept); `outcome.unknown`.
  package func write<Answer>(
    isNote: Bool = false, seconds: Int = Int(Limits.busyWait.seconds),
    before: () throws(IAuthError) -> Void = { () throws(IAuthError) in },
    _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    if !isNote { hasWaited = false }
    defer { noteUse() }
    let isKept = isNote || !world.isDryRun
    do throws(IAuthError) {
      guard isShared else { return try bracket(isKept: isKept, waited: 0, body) }
      guard !isStandby else { throw settings.standby ? .hostStandby : .databaseStandby }
      let start = ChildProcess.milliseconds()
      let lock = try WriteLock(
        path: Files.directory(of: path) + "/" + DatabaseFile.lockName,
        seconds: hasWaited ? 0 : seconds)
      defer { withExtendedLifetime(lock) {} }
      let waited = ChildProcess.milliseconds() - start
      try before()
      boundWait(waited)
      try settleLocked(waited)
      return try bracket(isKept: isKept, waited: waited, body)
    } catch {
      note(wait: error)
      throw error
    }
  }

  /// The same for what is no change of anybody's making, and kept in a dry run, too: the entry of a
  /// privileged reading, and what the clock has ended.
  func note<Answer>(
    seconds: Int = Int(Limits.busyWait.seconds),
    _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    try write(isNote: true, seconds: seconds, body)
  }

  /// Settles what a clock has left or brought, before it is believed.
  ///
  /// That the database has come to another host is only seen: the first writing moves it there, so
  /// that looking at a copy changes nothing.
  private func settle() throws(IAuthError) {
    guard isShared, !isStandby, !isBeingRestored, version == Schema.version else { return }
    let held = HeldSignals()
    defer { withExtendedLifetime(held) {} }
    let found = try Transaction(store: self, isWriting: false).unsettled()
    guard found.isClockBack || found.isTimeCome || found.isSuccessionDue || found.isStartDue,
      !found.isOtherHost
    else { return }
    try note { (_) throws(IAuthError) -> TransactionEnd<Void> in .commit(()) }
  }

  private func settleLocked(_ waited: Int64) throws(IAuthError) {
    guard !isBeingRestored, version == Schema.version else { return }
    let found = try Transaction(store: self, isWriting: false).unsettled()
    // A dry run leaves nothing behind, not even that the clock looked wrong to it.
    guard found.isAny || found.isClockFar && !world.isDryRun else { return }
    try bracket(isKept: true, waited: waited) { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      try tx.settle(found)
      return .commit(())
    }
  }

  /// What was waited for the lock, for readers and again for readers adds up to the ten seconds.
  private func boundWait(_ waited: Int64) {
    let left = hasWaited ? 0 : max(0, Limits.busyWait.seconds * 1_000 - waited)
    db.setBusyTimeout(milliseconds: Int32(left))
  }

  /// Every command of a session is use of it, a refused one and a dry run too: what was not noted
  /// along with a change is noted now, and an answer stands whether it can be or not.
  private func noteUse() {
    guard !isStandby, !isMonitored, let session = usedSession else { return }
    usedSession = nil
    // The answer is there already: it waits for others no longer than this.
    try? note(seconds: Limits.noteSeconds) { (tx) throws(IAuthError) -> TransactionEnd<Void> in
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
    isKept: Bool, waited: Int64, _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    let tx = Transaction(store: self, isWriting: true)
    let queuedBefore = (hasQueued, hasLeft)
    let start = ChildProcess.milliseconds()
    boundWait(waited)
    let end: TransactionEnd<Answer>
    var begun = start
    do throws(IAuthError) {
      try tx.execute("BEGIN IMMEDIATE")
      begun = ChildProcess.milliseconds()
      end = try body(tx)
      if isKept, let session = usedSession {
        if case .rollback = end {} else { try tx.noteUse(session) }
      }
      try tx.sealAudit()
    } catch {
      (hasQueued, hasLeft) = queuedBefore
      throw rolledBack(error)
    }
    switch end {
    case .rollback(let answer): return try undone(tx, answer)
    case .commit(let answer) where !isKept:
      // Nobody is written to because of what did not happen.
      (hasQueued, hasLeft) = queuedBefore
      isTrial = true
      return try undone(tx, answer)
    case .commitThenThrow(let error)
    where !isKept && error != .codeWrong && (hasQueued, hasLeft) != queuedBefore:
      (hasQueued, hasLeft) = queuedBefore
      try undone(tx, ())
      throw error
    default: break
    }
    boundWait(waited + begun - start)
    try commit()
    usedSession = nil
    switch end {
    case .commit(let answer), .rollback(let answer): return answer
    case .commitThenThrow(let error): throw error
    }
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
}
