// What an operation sees of the database: one clock reading, statements, the audit trail. It lives
// between BEGIN and COMMIT, and only `Store` makes one.

import SQLite
import Sheets
import Values

/// The authority, and the agency and the system that were last asked for.
struct KnownPlaces {
  var authority: Agency?
  var agency: Agency?
  var system: TargetSystem?
}

package final class Transaction {
  let db: Connection
  /// One reading of the clock for everything in the transaction.
  package let now: Timestamp
  let world: World
  let settings: Settings
  let key: [UInt8]
  let isWriting: Bool
  /// The head of the audit trail, once something was appended to it.
  var auditHead: AuditHead?
  /// Whether the head that the transaction goes on from was sealed with our key.
  var isHeadSealed = true
  /// What the transaction adds to the tree over the trail.
  var treeGrowth = AuditTreeGrowth()
  /// The database's own identity, once it was read.
  var knownUUID: [UInt8]?
  /// Whether the database says which key belongs to it.
  var isKeyKnown = false
  let store: Store
  /// How many messages the transaction has queued.
  var queuedCount = 0
  /// Whether triggers run; only staged rows are stored without.
  var hasTriggers = true
  /// What a dry run has queued so far.
  var plan: [PlannedMessage]?
  /// The dated changes that are being made true: what is in the way of one asks for its owner's.
  var applying: [RequestID] = []
  /// What stays as it is while many requests are decided; nil while nothing is kept.
  var places: KnownPlaces?
  /// The session that acts, if any; it stands in audit entries.
  var actor: Actor?

  init(store: Store, isWriting: Bool) {
    self.store = store
    db = store.db
    now = store.world.now()
    world = store.world
    settings = store.settings
    key = store.key
    self.isWriting = isWriting
  }

  /// Where the database is.
  var storePath: String { store.path }

  /// Has the use of a session noted, at most once a minute.
  func noteLater(_ session: Session) { store.used(session, now: now) }

  /// Remembers that an agency was named whose place another has taken.
  func noteSuccession(of old: Agency, by new: Agency) {
    guard !store.successions.contains(where: { $0.old.id == old.id }) else { return }
    store.successions.append((old, new))
  }

  /// Remembers that there is something to send, by this process or, unclaimed, by `deliver`.
  func noteQueued(isClaimed: Bool) {
    store.hasQueued = true
    if !isClaimed { store.hasLeft = true }
  }

  @discardableResult
  func run(_ sql: SQL, _ values: any Bindable...) throws(IAuthError) -> Int {
    do { return try db.run(sql, Arguments(values)) } catch { throw Store.translated(error) }
  }

  // MARK: Values by name

  @discardableResult
  func run(_ sql: SQL, _ values: Arguments) throws(IAuthError) -> Int {
    do { return try db.run(sql, values) } catch { throw Store.translated(error) }
  }

  /// Runs an INSERT and returns the new row's id.
  func insert<Tag>(_ sql: SQL, _ values: Arguments) throws(IAuthError) -> ID<Tag> {
    try run(sql, values)
    return ID(db.lastInsertID)
  }

  func all<T>(
    _ sql: SQL, _ values: Arguments, read: (borrowing Row) -> T
  ) throws(IAuthError) -> [T] {
    do { return try db.all(sql, values, read) } catch { throw Store.translated(error) }
  }

  func first<T>(
    _ sql: SQL, _ values: Arguments, read: (borrowing Row) -> T
  ) throws(IAuthError) -> T? {
    do { return try db.first(sql, values, read) } catch { throw Store.translated(error) }
  }

  /// Lends each row to `body`, until it returns false.
  func each(
    _ sql: SQL, _ values: Arguments, body: (borrowing Row) -> Bool
  ) throws(IAuthError) {
    do { try db.each(sql, values, body) } catch { throw Store.translated(error) }
  }

  /// The only column of every row, as numbers of a kind.
  func ids<Tag>(_ sql: SQL, _ values: Arguments) throws(IAuthError) -> [ID<Tag>] {
    try all(sql, values) { row in row.id() }
  }

  /// The only column of the first row, as the number of something; nil if there is none.
  func id<Tag>(_ sql: SQL, _ values: Arguments) throws(IAuthError) -> ID<Tag>? {
    try first(sql, values) { row in row.id() }
  }

  /// Whether there is a row.
  func exists(_ sql: SQL, _ values: Arguments) throws(IAuthError) -> Bool {
    try first(sql, values) { _ in true } != nil
  }

  /// The only column of the first row, as a number; nil if there is none.
  func number(_ sql: SQL, _ values: Arguments) throws(IAuthError) -> Int64? {
    try first(sql, values) { row in row.intIfAny() } ?? nil
  }

  // MARK: One value by its place

  /// Runs a statement whose values were gathered.
  func runMany(_ sql: SQL, _ values: [any Bindable]) throws(IAuthError) {
    do { try db.run(sql, Arguments(values)) } catch { throw Store.translated(error) }
  }

  /// Runs an INSERT and returns the new row's id.
  func insert<Tag>(_ sql: SQL, _ values: any Bindable...) throws(IAuthError) -> ID<Tag> {
    do {
      try db.run(sql, Arguments(values))
      return ID(db.lastInsertID)
    } catch { throw Store.translated(error) }
  }

  func all<T>(
    _ sql: SQL, _ values: any Bindable..., read: (borrowing Row) -> T
  ) throws(IAuthError) -> [T] {
    do { return try db.all(sql, Arguments(values), read) } catch { throw Store.translated(error) }
  }

  func first<T>(
    _ sql: SQL, _ values: any Bindable..., read: (borrowing Row) -> T
  ) throws(IAuthError) -> T? {
    do { return try db.first(sql, Arguments(values), read) } catch { throw Store.translated(error) }
  }

  /// Lends each row to `body`, until it returns false.
  func each(
    _ sql: SQL, _ values: any Bindable..., body: (borrowing Row) -> Bool
  ) throws(IAuthError) {
    do { try db.each(sql, Arguments(values), body) } catch { throw Store.translated(error) }
  }

  /// The only column of every row, as numbers of a kind.
  func ids<Tag>(_ sql: SQL, _ values: any Bindable...) throws(IAuthError) -> [ID<Tag>] {
    do { return try db.all(sql, Arguments(values)) { row in row.id(0) } } catch {
      throw Store.translated(error)
    }
  }

  /// The only column of the first row, as the number of something; nil if there is none.
  func id<Tag>(_ sql: SQL, _ values: any Bindable...) throws(IAuthError) -> ID<Tag>? {
    do { return try db.first(sql, Arguments(values)) { row in row.id(0) } } catch {
      throw Store.translated(error)
    }
  }

  /// Whether there is a row.
  func exists(_ sql: SQL, _ values: any Bindable...) throws(IAuthError) -> Bool {
    do { return try db.first(sql, Arguments(values)) { _ in true } != nil } catch {
      throw Store.translated(error)
    }
  }

  /// The only column of the first row, as a text; nil if there is none.
  func text(_ sql: SQL, _ values: any Bindable...) throws(IAuthError) -> String? {
    do { return try db.first(sql, Arguments(values)) { row in row.textIfAny() } ?? nil } catch {
      throw Store.translated(error)
    }
  }

  /// The only column of the first row, as a number; nil if there is none.
  func number(_ sql: SQL, _ values: any Bindable...) throws(IAuthError) -> Int64? {
    do { return try db.first(sql, Arguments(values)) { row in row.intIfAny(0) } ?? nil } catch {
      throw Store.translated(error)
    }
  }

  /// Lets a transaction of many rows keep its pages in memory: the default cache spills.
  func useLargeCache() throws(IAuthError) {
    try execute("PRAGMA cache_size = -20480")
  }

  func execute(_ sql: SQL) throws(IAuthError) {
    do { try db.execute(sql) } catch { throw Store.translated(error) }
  }
}

extension ID: Bindable {
  package var sqlValue: Value { .integer(value) }
}

extension Timestamp: Bindable {
  package var sqlValue: Value { .integer(seconds) }
}

extension Bindable where Self: RawRepresentable, RawValue == String {
  package var sqlValue: Value { .text(rawValue) }
}

extension AgencyType: Bindable {}
extension AgencyStatus: Bindable {}
extension AccountStatus: Bindable {}
extension Role: Bindable {}
extension RequestKind: Bindable {}
extension RequestStatus: Bindable {}
extension PermissionStatus: Bindable {}
extension Channel: Bindable {}
extension MessageStatus: Bindable {}
extension MessageKind: Bindable {}
extension CodePurpose: Bindable {}
extension Via: Bindable {}

extension Row {
  func id<Tag>(_ column: Int32) -> ID<Tag> { ID(int(column)) }
  func idIfAny<Tag>(_ column: Int32) -> ID<Tag>? { intIfAny(column).map { ID($0) } }
  func id<Tag>() -> ID<Tag> { ID(int()) }
  func idIfAny<Tag>() -> ID<Tag>? { intIfAny().map { ID($0) } }
  func time() -> Timestamp { Timestamp(int()) }
  func timeIfAny() -> Timestamp? { intIfAny().map { Timestamp($0) } }
  func time(_ column: Int32) -> Timestamp { Timestamp(int(column)) }
  func timeIfAny(_ column: Int32) -> Timestamp? { intIfAny(column).map { Timestamp($0) } }
}
