// What SQLite reports, without the values that were bound.

package struct SQLiteError: Error, Equatable {
  /// SQLite's extended result code (sqlite3.h).
  package let code: Int32
  /// SQLite's own English message; for tests and developers, never for people.
  package let message: String

  package init(code: Int32, message: String) {
    self.code = code
    self.message = message
  }

  /// The primary result code: the extended code's low byte.
  package var primary: Int32 { code & 0xFF }
}
