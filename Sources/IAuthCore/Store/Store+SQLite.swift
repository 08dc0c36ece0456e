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
}
