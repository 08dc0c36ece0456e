// What SQLite reports, without the values that were bound.

import CSQLite

package struct SQLiteError: Error, Equatable {
  /// SQLite's extended result code (sqlite3.h).
  package let code: Int32
  /// SQLite's own English message; for tests and developers, never for people.
  package let message: String
  /// What the system answered, where it is the cause (errno); 0 where nobody asked it.
  package let system: Int32

  package init(code: Int32, message: String, system: Int32 = 0) {
    self.code = code
    self.message = message
    self.system = system
  }

  /// The primary result code: the extended code's low byte.
  package var primary: Int32 { code & 0xFF }

  /// What went wrong, as far as it makes a difference.
  package enum Reason { case busy, full, readOnly, disk, damage, constraint, other }

  package var reason: Reason {
    switch primary {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_FULL: .full
    case SQLITE_READONLY: .readOnly
    case SQLITE_IOERR, SQLITE_CANTOPEN: .disk
    case SQLITE_CORRUPT, SQLITE_NOTADB: .damage
    case SQLITE_ERROR where message.utf8.starts(with: "no such ".utf8): .damage
    // VACUUM INTO says so too where it cannot look at its output, which is always new here.
    case SQLITE_ERROR where message.utf8.elementsEqual("output file already exists".utf8): .disk
    case SQLITE_CONSTRAINT: .constraint
    default: .other
    }
  }

  /// Whether a COMMIT that ended with this may stand: a failed sync, or a failed removal of the
  /// journal, leaves that open, but not a failure to read, write or lock.
  package var mayHaveCommitted: Bool {
    // SQLITE_IOERR_READ, _SHORT_READ, _WRITE, _LOCK (sqlite3.h).
    primary == SQLITE_IOERR && ![1, 2, 3, 15].contains(code >> 8)
  }
}
