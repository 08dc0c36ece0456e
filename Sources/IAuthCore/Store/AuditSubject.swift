// What an entry of the trail is about. Its text is stored, hashed and searched for (`audit
// --subject`), so that it never changes; it holds no personal data.

import Values

package enum AuditSubject: Sendable, Equatable {
  case request(RequestID)
  case account(AccountID)
  case batch(BatchID)
  case message(MessageID)
  /// What codes are waited for under.
  case reference(Reference)
  case agency(code: String)
  case system(code: String)
  /// By the name that tells a caller's sessions apart.
  case session(name: String)
  case key(name: String)
  case caller(name: String)
  case enrolment(key: String, AccountID)
  /// Words of a command that were refused before it ran.
  case command(String)
  case schema(version: Int64)
  /// By how many hosts there have been.
  case host(epoch: Int64)
  case clock
  case recertification(RecertificationID)
  case item(ItemID)
  case database, registry, audit
  /// What a log collector has of the trail already.
  case entries(after: Int64)
  /// Whatever a caller tries.
  case everything
  case none

  package var text: String {
    switch self {
    case .request(let number): "request:\(number)"
    case .account(let id): "account:\(id)"
    case .batch(let id): "batch:\(id)"
    case .message(let id): "message:\(id)"
    case .reference(let reference): reference.text
    case .agency(let code): "agency:\(code)"
    case .system(let code): "system:\(code)"
    case .session(let name): "session:\(name)"
    case .key(let name): "key:\(name)"
    case .caller(let name): "caller:\(name)"
    case .enrolment(let key, let id): "key:\(key) account:\(id)"
    case .command(let name): name
    case .schema(let version): "schema:\(version)"
    case .host(let epoch): "host:\(epoch)"
    case .clock: "clock"
    case .recertification(let id): "recertification:\(id)"
    case .item(let id): "recertification-item:\(id)"
    case .database: "database"
    case .registry: "registry"
    case .audit: "audit"
    case .entries(let seq): "audit:\(seq)"
    case .everything: "all"
    case .none: "-"
    }
  }
}
