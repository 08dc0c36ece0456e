// Values of many parameters for one statement, gathered without boxing them: texts and blobs lie in
// one buffer, which SQLite reads in place. For statements of many rows, where boxing and copying
// cost more than storing.

import CSQLite

package struct Parameters {
  enum Cell {
    case null
    case integer(Int64)
    case text(start: Int, count: Int)
    case blob(start: Int, count: Int)
  }

  /// A byte in front, so that an empty value has a place too.
  private(set) var bytes: [UInt8] = [0]
  private(set) var cells: [Cell] = []

  package init() {}

  package mutating func add(_ number: Int64?) {
    cells.append(number.map { .integer($0) } ?? .null)
  }

  package mutating func add(_ text: String?) {
    guard let text else { return cells.append(.null) }
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    cells.append(.text(start: start, count: bytes.count - start))
  }

  package mutating func add(_ blob: some Collection<UInt8>) {
    cells.append(.blob(start: bytes.count, count: blob.count))
    bytes.append(contentsOf: blob)
  }

  /// Lets go of the values; the room stays.
  package mutating func removeAll() {
    bytes.removeLast(bytes.count - 1)
    cells.removeAll(keepingCapacity: true)
  }
}

extension Connection {
  /// Runs a statement that yields no rows.
  /// - Parameter isKept: whether the prepared statement is kept for the next time.
  package func run(
    _ sql: SQL, _ parameters: borrowing Parameters, isKept: Bool = true
  ) throws(SQLiteError) {
    let statement = try isKept ? statement(sql) : prepared(sql)
    guard statement.parameterCount == parameters.cells.count else {
      throw SQLiteError(code: SQLITE_MISUSE, message: "parameters do not match")
    }
    try statement.run(parameters)
  }
}
