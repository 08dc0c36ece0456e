// What SQLite reports, without the values that were bound.

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

  /// Whether an input/output error came from reading, writing or locking: then nothing of the
  /// transaction can stand.
  ///
  /// A failed sync, or a failed removal of the journal, leaves that open.
  package var isBeforeCommitPoint: Bool {
    let kind = code >> 8
    // SQLITE_IOERR_READ, _SHORT_READ, _WRITE, _LOCK (sqlite3.h).
    return primary == 10 && [1, 2, 3, 15].contains(kind)
  }
}
