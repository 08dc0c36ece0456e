// Accounts and sessions.

import SQLite
import Sheets
import Values

enum AccountTable {
  static let columns: Fragment =
    "id, agency, name, name_key, email, mobile, title, status, unproven_at IS NOT NULL"
  static let byID: SQL = "SELECT \(columns) FROM account WHERE id = ? AND erased_at IS NULL"
  static let byEmail: SQL =
    "SELECT \(columns) FROM account WHERE agency = ? AND email = ? AND status <> 'closed'"
  static let byMobile: SQL =
    "SELECT \(columns) FROM account WHERE agency = ? AND mobile = ? AND status <> 'closed'"
  static let add: SQL = """
    INSERT INTO account (agency, name, name_key, email, mobile, title, unit, phone, status,
      created_at, status_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  static let setStatus: SQL = "UPDATE account SET status = ?2, status_at = ?3 WHERE id = ?1"
  static let setContacts: SQL = """
    UPDATE account SET name = ?2, name_key = ?3, email = ?4, mobile = ?5,
      title = coalesce(?6, title), phone = coalesce(?7, phone), status_at = ?8,
      replaced_at = CASE WHEN (name_key, email, mobile) IS NOT (?3, ?4, ?5) THEN ?8
        ELSE replaced_at END
    WHERE id = ?1
    """
  static let setUnproven: SQL = "UPDATE account SET unproven_at = ?2 WHERE id = ?1"
  static let noteUse: SQL = "UPDATE account SET used_at = ?2 WHERE id = ?1"
  static let erase: SQL = """
    UPDATE account SET status = 'closed', status_at = ?2, erased_at = ?2, name = NULL,
      name_key = NULL, email = NULL, mobile = NULL, title = NULL, unit = NULL, phone = NULL
    WHERE id = ?1
    """
  static let erasePersonalAudit: SQL = "DELETE FROM audit_person WHERE account = ?"
  static let eraseMessages: SQL = """
    UPDATE message SET recipient = '', recipient_key = NULL, subject = '', body = '', error = NULL,
      claim = NULL, claimed_until = NULL, status = CASE WHEN status IN ('queued', 'failed') THEN 'lapsed'
        ELSE status END WHERE account = ?
    """
  /// To others, about one of the person's requests: that is over, and needs nobody any more.
  static let eraseNotices: SQL = """
    UPDATE message SET subject = '', body = '', error = NULL, claim = NULL, claimed_until = NULL,
      status = 'lapsed' WHERE status IN ('queued', 'failed')
      AND request IN (SELECT id FROM request WHERE account = ?)
    """
  /// Reminders and digests that name one of the person's requests, as the mail has its command.
  static let namingLists: Fragment = """
    kind IN ('reminder', 'digest') AND status IN ('queued', 'failed') AND +account IS NOT NULL
      AND EXISTS (SELECT 1 FROM request r WHERE r.account = ?1
        AND instr(message.body, 'iauth pending ' || r.id || char(10)) > 0)
    """
  static let isListed: SQL = "SELECT 1 FROM message WHERE \(namingLists) LIMIT 1"
  /// The next run writes them anew, without the person: what was marked as told was not.
  static let forgetReminders: SQL = """
    DELETE FROM reminder WHERE (account, sent_at) IN
      (SELECT account, created_at FROM message WHERE \(namingLists))
    """
  static let forgetDigest: SQL = """
    DELETE FROM told WHERE audience = 'authority' AND EXISTS
      (SELECT 1 FROM message WHERE kind = 'digest' AND \(namingLists))
    """
  static let eraseLists: SQL = """
    UPDATE message SET subject = '', body = '', error = NULL, claim = NULL, claimed_until = NULL,
      status = 'lapsed' WHERE \(namingLists)
    """
  static let eraseNotes: SQL = """
    UPDATE decision SET note = '' WHERE note <> ''
      AND request IN (SELECT id FROM request WHERE account = ?)
    """
  static let eraseReviewerNames: SQL =
    "UPDATE decision SET reviewer_name = NULL WHERE reviewer = ? AND reviewer_name IS NOT NULL"
  static let eraseRounds: SQL = """
    UPDATE round SET reason = NULL WHERE reason IS NOT NULL
      AND request IN (SELECT id FROM request WHERE account = ?)
    """
  static let eraseEndReasons: SQL = """
    UPDATE permission SET reason = NULL WHERE reason IS NOT NULL AND account = ?
    """
  static let eraseRequests: SQL = """
    UPDATE request SET reason = NULL, change_name = NULL, change_name_key = NULL,
      change_email = NULL, change_mobile = NULL, change_title = NULL WHERE account = ?
    """
  /// The person has what was sent there: what came back earlier counts no more.
  static let contactWorks: SQL = """
    UPDATE account SET email_bounced_at = CASE WHEN ?2 THEN NULL ELSE email_bounced_at END,
      mobile_bounced_at = CASE WHEN ?3 THEN NULL ELSE mobile_bounced_at END
    WHERE id = ?1 AND (email_bounced_at IS NOT NULL OR mobile_bounced_at IS NOT NULL)
    """
  static let isAdministrator: SQL = """
    SELECT 1 FROM permission WHERE account = ? AND role = 'admin' AND status = 'active' LIMIT 1
    """

  static let sessionBefore: SQL = """
    SELECT 1 FROM session s JOIN account a ON a.id = s.account WHERE s.account = ?1
      AND s.caller = ?2 AND s.created_at >= coalesce(a.replaced_at, s.created_at) LIMIT 1
    """
  static let liveSession: SQL = """
    SELECT id, account, email_proven, sms_proven, created_at, used_at, expires_at FROM session
    WHERE caller = ? AND name = ? AND ended_at IS NULL
    """
  static let lastSessionEnd: SQL = """
    SELECT end_reason FROM session WHERE caller = ? AND name = ? ORDER BY id DESC LIMIT 1
    """
  static let addSession: SQL = """
    INSERT INTO session (caller, name, account, email_proven, sms_proven, created_at, used_at,
      expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)
    """
  static let endSession: SQL = """
    UPDATE session SET ended_at = ?3, end_reason = ?4
    WHERE caller = ?1 AND name = ?2 AND ended_at IS NULL
    """
  static let giveUpSession: SQL = """
    UPDATE session SET end_reason = 'signed-out' WHERE end_reason = 'account'
      AND id = (SELECT max(id) FROM session WHERE caller = ?1 AND name = ?2)
    """
  static let noteSession: SQL = "UPDATE session SET used_at = ?2 WHERE id = ?1"
  static let proveSession: SQL = """
    UPDATE session SET email_proven = max(email_proven, ?2), sms_proven = max(sms_proven, ?3),
      used_at = ?4 WHERE id = ?1
    """
  static let statements: [SQL] = [
    byID, byEmail, byMobile, add, setStatus, setContacts, setUnproven, noteUse, erase,
    erasePersonalAudit,
    eraseMessages, eraseNotices, isListed, forgetReminders, forgetDigest, eraseLists, eraseNotes,
    eraseEndReasons, eraseReviewerNames, eraseRounds, eraseRequests, contactWorks, isAdministrator,
    sessionBefore, liveSession,
    lastSessionEnd, addSession,
    endSession, giveUpSession, noteSession, proveSession,
  ]
}

extension Account {
  init(row: borrowing Row, from c: Int32 = 0) {
    self.init(
      id: row.id(c), agency: row.id(c + 1),
      name: PersonName(stored: row.text(c + 2), key: row.text(c + 3)),
      email: EmailAddress(stored: row.text(c + 4)), mobile: MobileNumber(stored: row.text(c + 5)),
      title: row.textIfAny(c + 6), status: row.word(c + 7, AccountStatus.self),
      isUnproven: row.bool(c + 8))
  }
}

extension Transaction {
  /// - Throws: `account.unknown` also for one that was erased.
  func account(id: AccountID) throws(IAuthError) -> Account {
    guard let account = try first(AccountTable.byID, id, read: { row in Account(row: row) }) else {
      throw .accountUnknown
    }
    return account
  }

  /// The accounts of an agency, not closed, that have one of the two contacts: none, one or two.
  ///
  /// What is over of them is ended first.
  func accounts(
    in agency: AgencyID, email: EmailAddress, mobile: MobileNumber
  ) throws(IAuthError) -> [Account] {
    let known = try storedAccounts(in: agency, email: email, mobile: mobile)
    var isAsBefore = true
    // Asked of nobody where there is nobody: how long it takes tells nothing.
    for id in known.isEmpty ? [0] : known.map(\.id) where try hasLapsed(id) {
      try expireOverdue(id)
      isAsBefore = false
    }
    return isAsBefore ? known : try storedAccounts(in: agency, email: email, mobile: mobile)
  }

  private func storedAccounts(
    in agency: AgencyID, email: EmailAddress, mobile: MobileNumber
  ) throws(IAuthError) -> [Account] {
    var found = try all(AccountTable.byEmail, agency, email.text) { row in Account(row: row) }
    for other in try all(AccountTable.byMobile, agency, mobile.e164, read: { Account(row: $0) })
    where !found.contains(where: { $0.id == other.id }) {
      found.append(other)
    }
    return found
  }

  /// Whether the account holds an `admin` permission, resting or not.
  func holdsAdmin(_ account: AccountID) throws(IAuthError) -> Bool {
    try exists(AccountTable.isAdministrator, account)
  }

  /// Closes an account and takes the person out of the file.
  ///
  /// The audit trail still verifies.
  ///
  /// - Parameter keepingNotes: for a refusal that just closed the account: its reason is the
  ///   submitter's to read.
  func erase(account: AccountID, keepingNotes: Bool = false) throws(IAuthError) {
    try run(AccountTable.erase, account, now)
    try run(AccountTable.erasePersonalAudit, account)
    try run(AccountTable.eraseMessages, account)
    try run(AccountTable.eraseNotices, account)
    if try exists(AccountTable.isListed, account) {
      try run(AccountTable.forgetReminders, account)
      try run(AccountTable.forgetDigest, account)
      try run(AccountTable.eraseLists, account)
    }
    if !keepingNotes { try run(AccountTable.eraseNotes, account) }
    try run(AccountTable.eraseReviewerNames, account)
    try run(AccountTable.eraseRounds, account)
    try run(AccountTable.eraseEndReasons, account)
    try run(AccountTable.eraseRequests, account)
    try audit(.accountErased, .account(account))
  }

  /// The caller's live session under this session name.
  ///
  /// - Throws: `session.none`; `session.expired` if time or a change of the account ended it.
  func session() throws(IAuthError) -> Session {
    let caller = world.caller.name
    let found = try first(AccountTable.liveSession, caller, world.sessionName) { row in
      LiveSession(
        id: row.id(0), account: row.id(1), emailProven: row.bool(2), smsProven: row.bool(3),
        createdAt: row.time(4), usedAt: row.time(5), expiresAt: row.time(6))
    }
    guard let found else {
      let end = try text(AccountTable.lastSessionEnd, caller, world.sessionName)
      throw end == "account" ? .sessionExpired : .sessionNone
    }
    // A clock set back voids what comes from its future, and another host everything.
    guard try !isElsewhere(), found.createdAt <= now, found.usedAt <= now,
      now < found.usedAt + settings.sessionIdle,
      now < found.expiresAt, now < found.createdAt + settings.sessionLifetime
    else { throw .sessionExpired }
    let account = try account(id: found.account)
    guard account.status == .active else { throw .sessionExpired }
    if isWriting, try hasLapsed(account.id) {
      try expireOverdue(account.id)
      // A change that came true on its day has ended the session.
      guard
        try first(AccountTable.liveSession, caller, world.sessionName, read: { _ in true }) != nil
      else { throw .sessionExpired }
    }
    actor = Actor(account: account.id, session: found.id)
    let session = Session(
      id: found.id, name: world.sessionName, account: account, emailProven: found.emailProven,
      smsProven: found.smsProven, usedAt: found.usedAt,
      expiresAt: min(found.expiresAt, found.createdAt + settings.sessionLifetime))
    noteLater(session)
    return session
  }

  /// The session, if there is a live one.
  func sessionIfAny() throws(IAuthError) -> Session? {
    do throws(IAuthError) {
      return try session()
    } catch {
      guard error == .sessionNone || error == .sessionExpired else { throw error }
      return nil
    }
  }

  /// Has the trail say who acts, where somebody is signed in, and where nobody needs to be.
  func noteActor() throws(IAuthError) { _ = try sessionIfAny() }

  /// Notes the use of a session, at most once a minute.
  func noteUse(_ session: Session) throws(IAuthError) {
    try run(AccountTable.noteSession, session.id, now)
    try run(AccountTable.noteUse, session.account.id, now)
  }
}

private struct LiveSession {
  let id: SessionID
  let account: AccountID
  let emailProven: Bool
  let smsProven: Bool
  let createdAt: Timestamp
  let usedAt: Timestamp
  let expiresAt: Timestamp
}
