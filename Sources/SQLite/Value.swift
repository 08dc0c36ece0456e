// What can be bound to a statement.

package enum Value: Equatable, Sendable {
  case null
  case integer(Int64)
  case text(String)
  case blob([UInt8])
}

/// A Swift value that SQLite can keep.
package protocol Bindable {
  var sqlValue: Value { get }
}

extension Value: Bindable {
  package var sqlValue: Value { self }
}

extension Int64: Bindable {
  package var sqlValue: Value { .integer(self) }
}

extension Int: Bindable {
  package var sqlValue: Value { .integer(Int64(self)) }
}

extension Bool: Bindable {
  package var sqlValue: Value { .integer(self ? 1 : 0) }
}

extension String: Bindable {
  package var sqlValue: Value { .text(self) }
}

extension [UInt8]: Bindable {
  package var sqlValue: Value { .blob(self) }
}

extension Optional: Bindable where Wrapped: Bindable {
  package var sqlValue: Value { self?.sqlValue ?? .null }
}
