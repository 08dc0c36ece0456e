// The operator's view of the messages: what waits, what failed or came back, what became of the rest
// of late; one more try, giving up, a test.

import SQLite
import Sheets
import Values

/// A message as the operator sees it: the address masked, the text not at all.
package struct OutboxLine: Sendable {
  package let id: MessageID
  package let kind: MessageKind
  package let channel: Channel
  package let recipient: String
  package let reference: String
  package let status: MessageStatus
  package let createdAt: Timestamp
  package let dueAt: Timestamp
  package let attempts: Int
  /// Why the last attempt failed, or what a report said.
  package let error: String?
  package let sentAt: Timestamp?
  /// When a report told what became of it.
  package let reportedAt: Timestamp?
  /// What an SMS gateway calls it.
  package let provider: String?

  /// Whether it needs somebody.
  package var isOpen: Bool { status == .queued || status == .failed || status == .bounced }
}

enum OutboxListTable {
  private static let columns: Fragment = """
    id, kind, channel, recipient, reference, status, created_at, due_at, attempts, error, sent_at,
    reported_at, provider
    """
  /// What needs somebody, whatever its age, and what has left of late, but for nobody.
  static let list: SQL = """
    SELECT \(columns) FROM message
      WHERE status IN ('queued', 'failed', 'bounced') AND (status <> 'queued' OR recipient <> '')
    UNION ALL SELECT \(columns) FROM message
      WHERE id > (SELECT max(id) FROM message) - ?2 AND status IN ('sent', 'delivered', 'lapsed')
        AND coalesce(reported_at, sent_at, created_at) > ?1
        AND (recipient <> '' OR recipient_key IS NOT NULL)
    ORDER BY 1
    """
  static let status: SQL = "SELECT status, kind, body = '' FROM message WHERE id = ?"
  static let retry: SQL = """
    UPDATE message SET status = 'queued', due_at = ?2, created_at = ?2, claim = NULL,
      claimed_until = NULL WHERE id = ?1
    """
  static let drop: SQL = """
    UPDATE message SET status = 'lapsed', \(OutboxTable.blanked) WHERE id = ?
    """
  static let statements: [SQL] = [list, status, retry, drop]
}

extension Service {
  /// What waits, failed or came back, and what has left within the last day.
  ///
  /// - Throws: `right.missing`.
  package func outbox() throws(IAuthError) -> [OutboxLine] {
    try readAsOperator { (tx) throws(IAuthError) in
      try tx.all(
        OutboxListTable.list, tx.now - Limits.messageListAge, Limits.messageListRows
      ) { row in
        let channel = row.word(2, Channel.self)
        let address = row.text(3)
        return OutboxLine(
          id: row.id(0), kind: row.word(1, MessageKind.self), channel: channel,
          recipient: address.isEmpty
            ? ""
            : channel == .email
              ? EmailAddress(stored: address).masked : MobileNumber(stored: address).masked,
          reference: row.text(4), status: row.word(5, MessageStatus.self), createdAt: row.time(6),
          dueAt: row.time(7), attempts: row.count(8), error: row.textIfAny(9),
          sentAt: row.timeIfAny(10), reportedAt: row.timeIfAny(11), provider: row.textIfAny(12))
      }
    }
  }

  /// Queues a message anew, with a whole day of tries.
  ///
  /// - Throws: `message.unknown`, `message.state` for one that was sent or lapsed.
  package func retry(_ id: MessageID) throws(IAuthError) {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      try tx.checkMessage(id, [.queued, .failed])
      try tx.run(OutboxListTable.retry, id, tx.now)
      try tx.audit(.messageRetried, .message(id))
      return .commit(())
    }
  }

  /// Gives a message up.
  ///
  /// - Throws: `message.unknown`, `message.state` for one that was sent or lapsed.
  package func drop(_ id: MessageID) throws(IAuthError) {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      try tx.checkMessage(id, [.queued, .failed])
      try tx.run(OutboxListTable.drop, id)
      try tx.audit(.messageDropped, .message(id))
      return .commit(())
    }
  }
}

extension Transaction {
  fileprivate func checkMessage(
    _ id: MessageID, _ allowed: [MessageStatus]
  ) throws(IAuthError) {
    let found = try first(OutboxListTable.status, id) { row in
      (
        status: row.word(0, MessageStatus.self), kind: row.word(1, MessageKind.self),
        isBlank: row.bool(2)
      )
    }
    guard let found else { throw .messageUnknown(id) }
    // A code that failed is blank, and so is what had left: there is nothing to send again.
    guard allowed.contains(found.status), found.status == .queued || !found.isBlank else {
      throw .messageState(id: id, status: found.status)
    }
  }
}
