// Numbers that name rows, one type for each kind of thing: an account's cannot be taken for a
// request's. They are the numbers that people type and read, so that they print as numbers.

/// The number of a `Tag`.
package struct ID<Tag>: Hashable, Comparable, Sendable {
  package let value: Int64

  package init(_ value: Int64) {
    self.value = value
  }

  package static func < (a: ID, b: ID) -> Bool { a.value < b.value }
  /// The number that is given out after this one.
  package var next: ID { ID(value + 1) }
}

extension ID: CustomStringConvertible {
  package var description: String { String(value) }
}

extension String {
  package init<Tag>(_ id: ID<Tag>) { self = id.description }
}

extension ID: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int64) { self.init(value) }
}

package typealias AgencyID = ID<Agency>
package typealias SystemID = ID<TargetSystem>
package typealias AccountID = ID<Account>
package typealias SessionID = ID<Session>
/// Of a request, and of the permission that it gave.
package typealias RequestID = ID<PermissionRequest>
package typealias BatchID = ID<BatchTag>
package typealias MessageID = ID<MessageTag>
package typealias VerificationID = ID<VerificationTag>
/// Of a periodic review, and of one of its items.
package typealias RecertificationID = ID<RecertificationTag>
package typealias ItemID = ID<ItemTag>

package enum BatchTag {}
package enum MessageTag {}
package enum VerificationTag {}
package enum RecertificationTag {}
package enum ItemTag {}
