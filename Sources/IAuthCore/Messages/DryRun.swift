// What a dry run of reminders would send: each message whole, to whom, and why. It is gathered
// where messages are queued, so that it is what would be stored; then all is rolled back.

import SQLite
import Sheets
import Values

/// A message that would be sent.
package struct PlannedMessage: Sendable {
  package let kind: MessageKind
  package let channel: Channel
  package let recipient: String
  package let name: String?
  package let subject: String
  package let reference: String
  /// Empty for a code that waits to be sent: it is its owner's alone.
  package let body: String
  package let causes: [Cause]

  /// Why it is sent: what happened, and to what.
  package struct Cause: Sendable, Equatable {
    package let event: Event
    package let subject: AuditSubject
    /// Of a reminder.
    package var thresholds: [TimeSpan] = []
  }

  package enum Event: String, CaseIterable, Sendable {
    case threshold, overdue, lapsed, ending, ended, began, reopened, decided, idle, daily, queued
    case noReviewer = "no-reviewer"
    case singleAdministrator = "single-administrator"
    case invitationLapsed = "invitation-lapsed"
  }
}

extension Notice {
  /// Why the cron run sends it; what only people cause has no cause here.
  ///
  /// - Parameter holder: to whom it goes, if that is an account.
  func causes(to holder: AccountID?) -> [PlannedMessage.Cause] {
    func cause(_ event: PlannedMessage.Event, _ subject: AuditSubject) -> [PlannedMessage.Cause] {
      [PlannedMessage.Cause(event: event, subject: subject)]
    }
    switch self {
    case .reminder(let items):
      return items.filter { !$0.passed.isEmpty }.map {
        PlannedMessage.Cause(
          event: .threshold, subject: .request($0.request.number), thresholds: $0.passed)
      }
    case .authorityDigest(let digest): return digest.new.map(Self.cause)
    case .operatorDigest: return cause(.daily, .database)
    case .requestLapsed(let request): return cause(.lapsed, .request(request.number))
    case .rowsEnded(_, let items, _):
      return items.flatMap { cause(.lapsed, .request($0.number)) }
    case .invitationLapsed(let request):
      return cause(.invitationLapsed, .request(request.number))
    case .permissionEnding(let request, _): return cause(.ending, .request(request.number))
    case .comesUpAgain(let request), .changeNotMade(let request, _, _, _):
      return cause(.reopened, .request(request.number))
    case .superseded(let request, _), .standIn(let request, _), .handOverOff(let request):
      return cause(.began, .request(request.number))
    case .recertification(let review, _, _, _, _, _):
      return cause(.daily, .recertification(review))
    case .revoked(let request, _), .invitationEnded(let request, _):
      return cause(.ended, .request(request.number))
    case .batchDecided(let batch, _, _, _, _): return cause(.decided, .batch(batch))
    case .idleWarning, .accountChanged: return cause(.idle, holder.map { .account($0) } ?? .none)
    case .code, .submitted, .batchSubmitted, .approved, .rejected, .invitation, .nationalReviewer,
      .contactChanged, .permissionSuspended, .permissionRestored, .wrongAttempts,
      .wrongAttemptsAlarm, .hostChanged, .witnessContradicts,
      .revokedByForm, .returned, .batchReturned, .withdrawnByForm,
      .withdrawnBySubmitter, .contactBounces, .channelTest,
      .succession:
      return []
    }
  }

  private static func cause(_ news: AuthorityDigest.News) -> PlannedMessage.Cause {
    switch news {
    case .noReviewer(let number): .init(event: .noReviewer, subject: .request(number))
    case .overdue(let number): .init(event: .overdue, subject: .request(number))
    case .singleAdministrator(let code):
      .init(event: .singleAdministrator, subject: .agency(code: code))
    case .review(let id, _): .init(event: .daily, subject: .recertification(id))
    }
  }
}

extension Service {
  /// What `deliver` would try now; nothing is claimed.
  ///
  /// - Throws: `right.missing`.
  package func plannedDelivery() throws(IAuthError) -> [PlannedMessage] {
    try readAsOperator { (tx) throws(IAuthError) in
      try tx.dueMessages(upTo: try tx.id(OutboxTable.last) ?? 0)
    }
  }
}

extension Transaction {
  /// The messages up to a number that a run would try as well: they wait from earlier.
  func dueMessages(upTo last: MessageID) throws(IAuthError) -> [PlannedMessage] {
    try all(OutboxTable.due, last, now, now + Limits.failedAfter) { row in
      PlannedMessage(
        kind: row.word(0, MessageKind.self), channel: row.word(1, Channel.self),
        recipient: row.text(2), name: row.textIfAny(3), subject: row.text(4),
        reference: row.text(5), body: row.text(6),
        causes: [PlannedMessage.Cause(event: .queued, subject: .message(row.id(7)))])
    }
  }
}
