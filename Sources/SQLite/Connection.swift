// One connection to one database file, with its prepared statements. It knows no word of the
// domain. Short processes open it once; nothing here is shared between threads.

import CSQLite

@safe package final class Connection {
  private let db: OpaquePointer
  private var statements = PreparedStatements()
  /// SQLite's memory comes in one piece, and nobody asks how much it has.
  private static let hasMemory = iauth_prepare_memory()

  /// Opens an existing file for reading and writing, without following a symbolic link.
  ///
  /// - Parameter path: absolute, and never beginning with `file:` (Debian's SQLite would take it
  ///   as a URI). `:memory:` is a database of its own, for tests.
  /// - Parameter isReadOnly: opens it to look only, links followed; nothing is recovered.
  package init(path: String, isReadOnly: Bool = false) throws(SQLiteError) {
    _ = Self.hasMemory
    var db: OpaquePointer?
    let way =
      isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW
    // One thread uses it, so no call has to take a lock.
    let flags = way | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX
    let code = unsafe sqlite3_open_v2(path, &db, flags, nil)
    guard code == SQLITE_OK, let db = unsafe db else {
      let error = SQLiteError(
        code: code, message: "cannot open",
        system: unsafe db == nil ? 0 : sqlite3_system_errno(db))
      unsafe sqlite3_close_v2(db)
      throw error
    }
    unsafe self.db = db
  }

  deinit {
    statements.removeAll()
    unsafe sqlite3_close_v2(db)
  }

  /// Switches off what a file from elsewhere could use against us (sqlite.org/security.html).
  package func harden() throws(SQLiteError) {
    for (option, on) in [
      (SQLITE_DBCONFIG_DEFENSIVE, Int32(1)), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
      (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0), (SQLITE_DBCONFIG_DQS_DML, 0),
      (SQLITE_DBCONFIG_DQS_DDL, 0),
    ] {
      let code = unsafe iauth_db_config(db, option, on, nil)
      guard code == SQLITE_OK else { throw unsafe SQLiteError(code: code, on: db) }
    }
    unsafe sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1)
    unsafe sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 10)
  }

  /// Runs a script of statements without parameters.
  package func execute(_ sql: SQL) throws(SQLiteError) {
    let code = unsafe sqlite3_exec(db, sql.text, nil, nil, nil)
    guard code == SQLITE_OK else { throw unsafe SQLiteError(code: code, on: db) }
  }

  /// Runs one statement and returns the number of rows that it changed.
  @discardableResult
  package func run(_ sql: SQL, _ values: Arguments = []) throws(SQLiteError) -> Int {
    let statement = try bound(sql, values)
    defer { statement.reset() }
    while try statement.step() {}
    return Int(unsafe sqlite3_changes64(db))
  }

  /// Lends each row to `body`, until it returns false.
  package func each(
    _ sql: SQL, _ values: Arguments = [], _ body: (borrowing Row) -> Bool
  ) throws(SQLiteError) {
    let statement = try bound(sql, values)
    defer { statement.reset() }
    while try statement.step() {
      let goesOn = body(Row(statement: statement))
      guard !statement.isMismatched else {
        throw SQLiteError(code: SQLITE_CORRUPT, message: "a column has another type")
      }
      guard statement.isReadWhole else {
        throw SQLiteError(code: SQLITE_MISUSE, message: "not the columns that are read")
      }
      guard goesOn else { return }
    }
  }

  /// Every row, read by `read`.
  package func all<T>(
    _ sql: SQL, _ values: Arguments = [], _ read: (borrowing Row) -> T
  ) throws(SQLiteError) -> [T] {
    var found: [T] = []
    try each(sql, values) { row in
      found.append(read(row))
      return true
    }
    return found
  }

  /// The first row, read by `read`; nil if there is none.
  package func first<T>(
    _ sql: SQL, _ values: Arguments = [], _ read: (borrowing Row) -> T
  ) throws(SQLiteError) -> T? {
    var found: T?
    try each(sql, values) { row in
      found = read(row)
      return false
    }
    return found
  }

  /// The statement for `sql`, for a loop that binds and steps by itself.
  ///
  /// It belongs to the connection; reset it after each use.
  package func statement(_ sql: SQL) throws(SQLiteError) -> Statement {
    if let known = statements[sql.text] { return known }
    let made = try prepared(sql)
    statements.add(made, for: sql.text)
    return made
  }

  func prepared(_ sql: SQL) throws(SQLiteError) -> Statement {
    try unsafe Statement(sql.text, on: db)
  }

  /// How often statements were prepared anew, as SQLite does where a plan may depend on the values.
  package var preparedAgain: Int { statements.all.reduce(0) { $0 + $1.preparedAgain } }

  /// The library's version as one number, `3040001`.
  package static var libraryVersion: Int32 { sqlite3_libversion_number() }

  package var lastInsertID: Int64 { unsafe sqlite3_last_insert_rowid(db) }
  package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(db) == 0 }

  /// Lets triggers run or rest, on this connection only.
  ///
  /// Statements are prepared anew.
  package func setTriggers(enabled: Bool) throws(SQLiteError) {
    let code = unsafe iauth_db_config(
      db, SQLITE_DBCONFIG_ENABLE_TRIGGER, enabled ? 1 : 0, nil)
    guard code == SQLITE_OK else { throw unsafe SQLiteError(code: code, on: db) }
  }

  /// Whether SQLite, under its own lock, has just found the file malformed.
  package var hasFoundDamage: Bool {
    let code = unsafe sqlite3_errcode(db) & 0xFF
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB
  }

  /// Sets how long SQLite itself waits for another process's lock, in milliseconds.
  package func setBusyTimeout(milliseconds: Int32) {
    unsafe sqlite3_busy_timeout(db, milliseconds)
  }

  private func bound(_ sql: SQL, _ arguments: Arguments) throws(SQLiteError) -> Statement {
    let statement = try statement(sql)
    let names = statement.parameterNames
    guard names.count == arguments.values.count else {
      throw SQLiteError(code: SQLITE_MISUSE, message: "parameters do not match")
    }
    for (index, name) in names.enumerated() {
      guard let value = arguments.value(at: index, name: name) else {
        throw SQLiteError(code: SQLITE_MISUSE, message: "no value for \(name ?? "?")")
      }
      try statement.bind(value.sqlValue, at: Int32(index + 1))
    }
    return statement
  }
}

/// Statements by their texts: some bytes of a text tell it from nearly all others, and it is
/// compared whole.
///
/// No `Dictionary`: for a type of key of its own, its conformance is looked for in the whole program
/// at each start.
private struct PreparedStatements {
  private var places = [[(text: String, statement: Statement)]](repeating: [], count: 128)

  var all: [Statement] { places.flatMap { $0.map(\.statement) } }

  subscript(text: String) -> Statement? {
    places[place(of: text)].first { $0.text == text }?.statement
  }

  mutating func add(_ statement: Statement, for text: String) {
    places[place(of: text)].append((text, statement))
  }

  mutating func removeAll() { self = PreparedStatements() }

  private func place(of text: String) -> Int {
    let bytes = text.utf8Span.span
    let step = max(1, bytes.count / 16)
    var (some, place) = (UInt64(bytes.count), 0)
    while place < bytes.count {
      some = some &* 31 &+ UInt64(bytes[place])
      place += step
    }
    return Int((some ^ some >> 32) % UInt64(places.count))
  }
}

extension SQLiteError {
  init(code: Int32, on db: OpaquePointer) {
    let text = unsafe sqlite3_errmsg(db)
    let isOfSystem = [SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_FULL].contains(code & 0xFF)
    self.init(
      code: code, message: unsafe text.map { unsafe String(cString: $0) } ?? "",
      system: isOfSystem ? unsafe sqlite3_system_errno(db) : 0)
  }
}
