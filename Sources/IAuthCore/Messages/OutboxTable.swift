// Messages that wait to be sent. A message is stored in the transaction of the change it tells of,
// and claimed there by the process that stores it, which tries at once: no second transaction is
// needed to claim it.

import SQLite
import Sheets
import Values

enum OutboxTable {
  static let add: SQL = """
    INSERT INTO message (kind, channel, recipient, subject, body, reference, account, request,
      created_at, due_at, expires_at, claim, claimed_until, recipient_key)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13)
    """
  static let last: SQL = "SELECT coalesce(max(id), 0) FROM message"
  static let columns: Fragment =
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
  /// What is due of the messages up to a number, with the names of those it goes to.
  static let due: SQL = """
    SELECT m.kind, m.channel, m.recipient, a.name, m.subject, m.reference,
      CASE m.kind WHEN 'code' THEN '' ELSE m.body END, m.id
    FROM message m LEFT JOIN account a ON a.id = m.account
    WHERE m.status = 'queued' AND m.id <= ?1 AND (m.due_at <= ?2 OR m.due_at > ?3)
      AND (m.claimed_until IS NULL OR m.claimed_until <= ?2 OR m.claimed_until > ?3)
      AND (m.expires_at IS NULL OR m.expires_at > ?2) AND m.recipient <> ''
    ORDER BY m.kind <> 'code', m.due_at, m.id
    """
  /// How a message leaves the queue: nobody holds it any more, and of a code neither its text nor
  /// its address is left, whichever way it went.
  static let released: Fragment = """
    claim = NULL, claimed_until = NULL, recipient = CASE kind WHEN 'code' THEN '' ELSE recipient END
    """
  static let takenOut: Fragment =
    "\(released), body = CASE kind WHEN 'code' THEN '' ELSE body END"
  /// The same for what needs no text any more.
  static let blanked: Fragment = "\(released), body = ''"
  static let lapseCodes: SQL = """
    UPDATE message SET status = 'lapsed', \(takenOut)
    WHERE status = 'queued' AND expires_at IS NOT NULL AND expires_at <= ?
    """
  static let sent: SQL = """
    UPDATE message SET status = 'sent', sent_at = ?3, attempts = attempts + 1, error = NULL,
      provider = ?4, subject = '', \(blanked) WHERE id = ?1 AND claim = ?2 AND status = 'queued'
    """
  /// What was queued for nobody leaves as all else does.
  static let vanished: SQL = """
    UPDATE message SET status = 'lapsed', sent_at = ?3, attempts = attempts + 1, claim = NULL,
      claimed_until = NULL, subject = '', body = '' WHERE id = ?1 AND claim = ?2 AND recipient = ''
    """
  static let postponed: SQL = """
    UPDATE message SET attempts = attempts + 1, due_at = ?3, error = ?4, claim = NULL,
      claimed_until = NULL WHERE id = ?1 AND claim = ?2 AND status = 'queued'
    """
  static let failed: SQL = """
    UPDATE message SET status = 'failed', attempts = attempts + 1, error = ?3, \(takenOut)
    WHERE id = ?1 AND claim = ?2 AND status = 'queued'
    """
  /// Reminders of requests that this process is to send, but that are older than a time.
  static let oldReminders: SQL = """
    SELECT id, account FROM message
    WHERE claim = ?1 AND status = 'queued' AND kind = 'reminder' AND reference = 'reminder'
      AND created_at <= ?2
    """
  static let rewrite: SQL = "UPDATE message SET subject = ?2, body = ?3 WHERE id = ?1"
  static let release: SQL = """
    UPDATE message SET claim = NULL, claimed_until = NULL WHERE claim = ? AND status = 'queued'
    """
  static let voidCodes: SQL = """
    UPDATE message SET status = 'lapsed', \(takenOut)
    WHERE kind = 'code' AND reference = ? AND status = 'queued'
    """
  /// Of an application that is over: no account has these addresses by it.
  static let eraseCodes: SQL = """
    UPDATE message SET status = CASE status WHEN 'queued' THEN 'lapsed' ELSE status END,
      recipient_key = NULL, \(takenOut)
    WHERE kind = 'code' AND reference = ?
    """
  static let statements: [SQL] = [
    add, last, claimed, claim, due, lapseCodes, sent, vanished, postponed, failed,
    oldReminders, rewrite, release, voidCodes, eraseCodes,
  ]
}

/// Whom a message goes to.
struct Recipient {
  let channel: Channel
  let address: String
  let account: AccountID?
  var name: String?

  /// The address of someone unknown: what goes there is taken from the queue and sent nowhere.
  static let nobody = ""

  static func mail(_ account: Account) -> Recipient {
    Recipient(
      channel: .email, address: account.email.text, account: account.id, name: account.name.text)
  }
}

extension Transaction {
  /// Stores one message, rendered now: what was promised is what is sent.
  func queue(
    _ notice: Notice, to recipient: Recipient, reference: String, request: RequestID? = nil,
    expiresAt: Timestamp? = nil
  ) throws(IAuthError) {
    let isClaimed = world.claim != nil && queuedCount < Limits.immediateDeliveries
    queuedCount += 1
    noteQueued(isClaimed: isClaimed)
    let mail = recipient.channel == .email ? notice.mail(settings.letterhead) : nil
    let (subject, body) = (mail?.subject ?? "", mail?.body ?? notice.sms(settings.letterhead))
    if !recipient.address.isEmpty {
      plan?.append(
        PlannedMessage(
          kind: notice.kind, channel: recipient.channel, recipient: recipient.address,
          name: recipient.name, subject: subject, reference: reference, body: body,
          causes: notice.causes(to: recipient.account)))
    }
    let isCode = notice.kind == .code
    let key = isCode ? addressKey(recipient.channel, recipient.address) : nil
    try run(
      OutboxTable.add, notice.kind, recipient.channel, recipient.address, subject, body, reference,
      recipient.account, request, now, expiresAt,
      isClaimed ? world.claim : nil,
      isClaimed ? now + Limits.claimLease : nil, recipient.address.isEmpty ? nil : key)
  }
}
