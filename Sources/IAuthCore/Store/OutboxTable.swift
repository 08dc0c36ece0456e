// Messages that wait to be sent. A message is stored in the transaction of the change it tells of;
// it is born claimed by its own process, which tries at once, so that no second transaction is
// needed to take it.

import SQLite

enum OutboxTable {
  static let add: SQL = """
    INSERT INTO message (kind, channel, recipient, subject, body, reference, account, request,
      created_at, due_at, expires_at, claim, claimed_until)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12)
    """
  static let columns: SQL =
    "id, kind, channel, recipient, subject, body, reference, created_at, expires_at, attempts"
  static let claimed: SQL =
    "SELECT \(columns) FROM message WHERE claim = ? AND status = 'queued' ORDER BY id"
  /// What is due.
  ///
  /// A time more than a day ahead is from a clock that was wrong, and counts as past.
  static let claim: SQL = """
    UPDATE message SET claim = ?1, claimed_until = ?2 WHERE id IN (
      SELECT id FROM message WHERE status = 'queued' AND channel = ?5
        AND (due_at <= ?3 OR due_at > ?6)
        AND (claimed_until IS NULL OR claimed_until <= ?3 OR claimed_until > ?6)
      ORDER BY kind <> 'code', due_at, id LIMIT ?4)
    """
  /// A code's address goes with it: an application that lapses leaves nothing of the person.
  static let lapseCodes: SQL = """
    UPDATE message SET status = 'lapsed', recipient = '', body = '', claim = NULL
    WHERE status = 'queued' AND expires_at IS NOT NULL AND expires_at <= ?
    """
  static let sent: SQL = """
    UPDATE message SET status = 'sent', sent_at = ?3, attempts = attempts + 1, claim = NULL,
      claimed_until = NULL, error = NULL, subject = '', body = '',
      recipient = CASE kind WHEN 'code' THEN '' ELSE recipient END
    WHERE id = ?1 AND claim = ?2 AND status = 'queued'
    """
  static let postponed: SQL = """
    UPDATE message SET attempts = attempts + 1, due_at = ?3, error = ?4, claim = NULL,
      claimed_until = NULL WHERE id = ?1 AND claim = ?2 AND status = 'queued'
    """
  static let failed: SQL = """
    UPDATE message SET status = 'failed', attempts = attempts + 1, error = ?3, claim = NULL,
      claimed_until = NULL, body = CASE kind WHEN 'code' THEN '' ELSE body END,
      recipient = CASE kind WHEN 'code' THEN '' ELSE recipient END
    WHERE id = ?1 AND claim = ?2 AND status = 'queued'
    """
  static let release: SQL = """
    UPDATE message SET claim = NULL, claimed_until = NULL WHERE claim = ? AND status = 'queued'
    """
  static let voidCodes: SQL = """
    UPDATE message SET status = 'lapsed', recipient = '', body = '', claim = NULL,
      claimed_until = NULL
    WHERE kind = 'code' AND reference = ? AND status = 'queued'
    """
  /// Of an application that is over: no account has these addresses by it.
  static let eraseCodes: SQL = """
    UPDATE message SET recipient = '', body = '', claim = NULL, claimed_until = NULL,
      status = CASE status WHEN 'queued' THEN 'lapsed' ELSE status END
    WHERE kind = 'code' AND reference = ?
    """
  static let statements: [SQL] = [
    add, claimed, claim, lapseCodes, sent, postponed, failed, release, voidCodes, eraseCodes,
  ]
}

/// Whom a message goes to.
struct Recipient {
  let channel: Channel
  let address: String
  let account: Int64?

  static func mail(_ account: Account) -> Recipient {
    Recipient(channel: .email, address: account.email.text, account: account.id)
  }
}

extension Transaction {
  /// Stores one message, rendered now: what was promised is what is sent.
  func queue(
    _ notice: Notice, to recipient: Recipient, reference: String, request: Int64? = nil,
    expiresAt: Timestamp? = nil
  ) throws(IAuthError) {
    let isClaimed = world.claim != nil && queuedCount < Limits.immediateDeliveries
    queuedCount += 1
    noteQueued()
    let mail = recipient.channel == .email ? notice.mail() : nil
    try run(
      OutboxTable.add, notice.kind, recipient.channel, recipient.address, mail?.subject ?? "",
      mail?.body ?? notice.sms(),
      reference, recipient.account, request, now, expiresAt,
      isClaimed ? world.claim : nil,
      isClaimed ? now + Limits.claimLease : nil)
  }
}
