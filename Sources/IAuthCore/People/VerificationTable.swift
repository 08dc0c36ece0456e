// Applications and sign-ins that wait for their codes, the codes, and the counters that keep them
// from being guessed or used to annoy.

import SQLite
import Sheets
import Values

enum VerificationTable {
  static let add: SQL = """
    INSERT INTO verification (reference, purpose, caller, agency, via, account, session, email_key,
      mobile_key, name, email, mobile, title, phone, created_at, expires_at, is_foreign)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  static let byReference: SQL = """
    SELECT id, reference, purpose, status, agency, via, account, session, email_key, mobile_key,
      name, email, mobile, title, phone, created_at, expires_at, is_foreign
    FROM verification WHERE reference = ?
    """
  static let giveUp: SQL = "UPDATE verification SET status = 'lapsed' WHERE id = ?"
  static let close: SQL = """
    UPDATE verification SET status = ?2, name = NULL, email = NULL, mobile = NULL, title = NULL,
      phone = NULL WHERE id = ?1 AND status = 'open'
    """
  /// What a row of `send` counts that is no code for one address.
  static let foreign = "foreign", notice = "notice"
  static let openApplications: SQL = """
    SELECT id, reference FROM verification WHERE status = 'open' AND purpose = 'application'
      AND (email_key = ?1 OR mobile_key = ?2) AND (?3 IS NULL OR agency = ?3)
    """
  static let typedTogether: SQL = """
    SELECT DISTINCT email_key, mobile_key FROM verification
    WHERE agency = ?1 AND (email_key = ?2 OR mobile_key = ?2) AND created_at > ?3
    """
  static let eraseKeys: SQL = """
    UPDATE verification SET email_key = zeroblob(32), mobile_key = zeroblob(32)
    WHERE status <> 'open' AND (email_key = ?1 OR mobile_key = ?2)
    """
  static let setCode: SQL = """
    INSERT INTO code (verification, channel, hash, created_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (verification, channel) DO UPDATE SET
      hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at,
      used_at = NULL
    """
  static let codes: SQL =
    "SELECT channel, hash, created_at, expires_at, used_at FROM code WHERE verification = ?"
  static let isCodeUsed: SQL =
    "SELECT 1 FROM code WHERE verification = ? AND channel = ? AND used_at IS NOT NULL"
  static let useCodes: SQL =
    "UPDATE code SET used_at = ?2 WHERE verification = ?1 AND used_at IS NULL"

  static let attempt: SQL =
    "SELECT wrong, since, locked_until FROM attempt WHERE subject = ? AND caller = ?"
  static let setAttempt: SQL = """
    INSERT INTO attempt (subject, caller, wrong, since, locked_until) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (subject, caller) DO UPDATE SET wrong = excluded.wrong, since = excluded.since,
        locked_until = excluded.locked_until
    """
  static let forgetAttempts: SQL = "DELETE FROM attempt WHERE subject = ? AND caller = ?"

  static let forgetAllAttempts: SQL = "DELETE FROM attempt WHERE subject = ?"

  static let addSend: SQL = """
    INSERT INTO send (purpose, channel, address_key, caller, sent_at) VALUES (?, ?, ?, ?, ?)
    """
  /// Of one address and purpose since a time: how many, and when the n-th newest was.
  static let sends: SQL = """
    SELECT sent_at, caller = ?3 FROM send WHERE address_key = ?1 AND purpose = ?2 AND sent_at > ?4
    ORDER BY sent_at DESC
    """
  static let sendsOfCaller: SQL =
    "SELECT sent_at FROM send WHERE caller = ?1 AND sent_at > ?2 ORDER BY sent_at DESC"
  static let sweepSends: SQL = "DELETE FROM send WHERE sent_at <= ?"
  static let statements: [SQL] = [
    add, byReference, giveUp, close, openApplications, typedTogether, eraseKeys, setCode, codes,
    isCodeUsed, useCodes,
    attempt,
    setAttempt, forgetAttempts,
    forgetAllAttempts,
    addSend,
    sends, sendsOfCaller, sweepSends,
  ]
}

/// What codes are entered for.
struct Verification {
  let id: VerificationID
  let reference: Reference
  let purpose: CodePurpose
  let isOpen: Bool
  let isProven: Bool
  let agency: AgencyID
  let via: Via
  let account: AccountID?
  let session: SessionID?
  let emailKey: [UInt8]
  let mobileKey: [UInt8]
  let name: String?
  let email: String?
  let mobile: String?
  let title: String?
  let phone: String?
  let createdAt: Timestamp
  let expiresAt: Timestamp
  /// The number to prove is not Taiwan's.
  let isForeign: Bool

  init(row: borrowing Row) {
    id = row.id(0)
    reference = Reference(stored: row.text(1))
    purpose = row.word(2, CodePurpose.self)
    isOpen = row.text(3) == "open"
    isProven = row.text(3) == "proven"
    agency = row.id(4)
    via = row.word(5, Via.self)
    account = row.idIfAny(6)
    session = row.idIfAny(7)
    emailKey = row.bytes(8)
    mobileKey = row.bytes(9)
    name = row.textIfAny(10)
    email = row.textIfAny(11)
    mobile = row.textIfAny(12)
    title = row.textIfAny(13)
    phone = row.textIfAny(14)
    createdAt = row.time(15)
    expiresAt = row.time(16)
    isForeign = row.bool(17)
  }
}

extension Verification {
  /// What is said of a reference that takes no code any more.
  var isOver: IAuthError {
    isProven
      ? .codeUsed(isApplication: purpose == .application)
      : .codeExpired(reference: reference.text, isFinished: true)
  }
}

extension Transaction {
  /// - Throws: `reference.unknown`, also for what is no reference at all.
  func verification(typed: String) throws(IAuthError) -> Verification {
    guard let reference = Reference(typed),
      let found = try first(
        VerificationTable.byReference, reference.text, read: { row in Verification(row: row) })
    else { throw .referenceUnknown }
    return found
  }
}
