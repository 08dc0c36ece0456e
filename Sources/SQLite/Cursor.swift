// A reading that goes along with another one, by a number that mostly grows: where the next number is
// near, it steps there, for that costs a quarter of looking it up.

import CSQLite

@safe package final class Cursor {
  private let statement: Statement
  /// How far it steps rather than looks up.
  private static let near: Int64 = 8
  /// The number that was last asked for, and that of the row it stands on, at or after it.
  private var asked: Int64 = 0
  private var place: Int64?

  init(_ statement: Statement) { self.statement = statement }

  /// Goes to the row of a number; false if there is none.
  package func move(to number: Int64) throws(SQLiteError) -> Bool {
    if let place, number <= place, number >= asked {
      asked = number
      return number == place && number != .max
    }
    if let place, number > place, number - place <= Self.near {
      repeat { try step() } while (self.place ?? .max) < number
    } else {
      statement.reset()
      try statement.bind(.integer(number), at: 1)
      try step()
    }
    asked = number
    return place == number && number != .max
  }

  private func step() throws(SQLiteError) {
    place = .max
    if try statement.step() { place = statement.integer(0) }
  }

  /// A column of the row that it stands on, until it moves.
  package func cell(_ column: Int32) -> Cell { unsafe statement.cell(column) }
}

extension Connection {
  /// - Parameter sql: rows whose first column is the number, from the only parameter on, in order.
  package func cursor(_ sql: SQL) throws(SQLiteError) -> Cursor { Cursor(try prepared(sql)) }
}
