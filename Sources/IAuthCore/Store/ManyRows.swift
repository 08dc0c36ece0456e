// Many rows of one table by one statement: SQLite sets up as much for one row as for many. An
// import stores people, requests and entries of the trail this way.

import SQLite
import Values

/// An INSERT of as many rows as wait.
struct ManyRows {
  let into: SQL
  let row: SQL
  let full: SQL

  init(_ into: SQL, _ row: SQL) {
    (self.into, self.row) = (into, row)
    full = SQL(into, row, count: Limits.importRowsPerStatement)
  }
}

extension Transaction {
  /// Runs an INSERT of `count` rows; the statement is kept if it comes again.
  func insertMany(
    _ sql: ManyRows, _ count: Int, _ values: borrowing Parameters
  ) throws(IAuthError) {
    let isFull = count == Limits.importRowsPerStatement
    do {
      try db.run(
        isFull ? sql.full : SQL(sql.into, sql.row, count: count), values,
        isKept: isFull || count <= 4)
    } catch { throw Store.translated(error) }
  }
}
