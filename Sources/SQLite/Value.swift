// What can be bound to a statement, and how: one value by its place, several by their names.

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

/// The values of a statement's parameters.
///
/// By name, `[":agency": agency, ":now": now]`; an array is in the order of the parameters.
package struct Arguments: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
  let names: [String]
  let values: [any Bindable]

  package init(dictionaryLiteral elements: (String, (any Bindable)?)...) {
    names = elements.map(\.0)
    values = elements.map { $0.1 ?? SQLite.Value.null }
  }

  package init(arrayLiteral elements: any Bindable...) {
    self.init(elements)
  }

  package init(_ values: [any Bindable]) {
    names = []
    self.values = values
  }

  /// The value of the parameter at an index, counted from 0; nil if there is none.
  func value(at index: Int, name: String?) -> (any Bindable)? {
    guard !names.isEmpty else { return index < values.count ? values[index] : nil }
    return names.firstIndex { $0 == name }.map { values[$0] }
  }
}
