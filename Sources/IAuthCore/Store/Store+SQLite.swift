// What is set on every connection, and what SQLite's errors become: here and nowhere else.

import SQLite
import Sheets
import Values

extension Store {
  static func prepare(_ db: Connection) throws(SQLiteError) {
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
    case .readOnly: return .databaseStandby
    case .disk: return Files.failure(error.system)
    case .damage: return .databaseDamaged
    case .constraint: return .internal("the database refused it: \(error.message)")
    case .other: return .internal("SQLite \(error.code)")
    }
  }

  /// Rolls back, and says what it failed for.
  ///
  /// Damage is said only of what SQLite finds damaged when it looks at the whole file once more: one
  /// page that was misread once is the disk's failure. That look comes after the end of the
  /// transaction, whose lock it would wait for.
  func rolledBack(_ error: IAuthError) -> IAuthError {
    let hasFoundDamage = db.hasFoundDamage
    try? db.execute("ROLLBACK")
    // SQLite says the same of a directory that this user may not write.
    if error == .databaseStandby, !Files.isReadOnlyPlace(Files.directory(of: path)) {
      return .databaseUnsafe(.directory)
    }
    return hasFoundDamage ? lookedAgain(error) : error
  }

  /// The same of what SQLite has said already, whichever connection found it.
  func lookedAgain(_ error: IAuthError) -> IAuthError {
    guard error == .databaseDamaged, path.utf8.first == 0x2F,
      let again = try? Connection(path: path), (try? Self.prepare(again)) != nil,
      let answer = try? again.first(DoctorTable.quick, [], { $0.text(0) })
    else { return error }
    return answer == "ok" ? .diskFailed : error
  }

  /// Has SQLite itself refuse every change; what a crash has left is still rolled back.
  func lookOnly() throws(IAuthError) {
    do { try db.execute("PRAGMA query_only = ON") } catch { throw Self.translated(error) }
  }

  func undone<Answer>(_ tx: Transaction, _ answer: Answer) throws(IAuthError) -> Answer {
    try tx.execute("ROLLBACK")
    return answer
  }
}
