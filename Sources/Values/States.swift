// The closed vocabularies of the domain (PRODUCT sections 2 and 3). Their raw values stand in the
// database and in JSON, the same in every language.

package enum AgencyType: String, CaseIterable, Sendable { case oid, ubn }
package enum AgencyStatus: String, CaseIterable, Sendable { case active, removed, succeeded }
package enum AccountStatus: String, CaseIterable, Sendable {
  case invited, active, suspended, closed
}
package enum Role: String, CaseIterable, Sendable { case admin, general }
package enum RequestKind: String, CaseIterable, Sendable { case grant, revoke, change }
package enum RequestStatus: String, CaseIterable, Sendable {
  case pending, returned, approved, rejected, withdrawn, lapsed, superseded

  /// Whether it still waits, for a reviewer or for its correction.
  package var isOpen: Bool { self == .pending || self == .returned }
}
/// `suspended` rests since a review was closed without an answer.
package enum PermissionStatus: String, CaseIterable, Sendable { case active, suspended, revoked }
package enum Channel: String, CaseIterable, Sendable { case email, sms }
package enum MessageStatus: String, CaseIterable, Sendable {
  case queued, sent, delivered, bounced, failed, lapsed
}
package enum MessageKind: String, CaseIterable, Sendable {
  case code, decision, invitation, notice, reminder, digest
}

/// Over which channels a sign-in is proven.
package enum Via: String, CaseIterable, Sendable {
  case email, sms, both

  package var channels: [Channel] {
    switch self {
    case .email: [.email]
    case .sms: [.sms]
    case .both: [.email, .sms]
    }
  }
}

/// What a code proves; a code for one purpose is worth nothing for another.
package enum CodePurpose: String, CaseIterable, Sendable {
  case application, signIn = "sign-in", stepUp = "step-up"
}
