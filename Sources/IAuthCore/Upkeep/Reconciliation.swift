// What the trail says against what the tables say (PRODUCT 3.8): a chain that verifies proves nothing
// of a row that somebody has put beside it. Every decision, permission, session and account has its
// entry, and personal data stands with whom it is about, or went with an erasure that is an entry.

import SQLite
import Values

enum ReconciliationTable {
  /// Whose an entry's personal data is: the account that it names, or the request's.
  private static let whose: Fragment = """
    CASE WHEN u.subject GLOB 'account:*' THEN CAST(substr(u.subject, 9) AS INTEGER)
      WHEN u.subject GLOB 'request:*' THEN (SELECT account FROM request
        WHERE id = CAST(substr(u.subject, 9) AS INTEGER)) END
    """
  /// Entries that look at a request, or come before its end.
  ///
  /// A form's 刪除 ends as it is submitted.
  private static let before: Fragment = """
    ('request.submit', 'request.resubmit', 'request.reopen', 'request.read', 'refused')
    """
  static let lost: SQL = """
    SELECT u.seq FROM audit u WHERE length(u.person_hash) > 0
      AND NOT EXISTS (SELECT 1 FROM audit_person p WHERE p.seq = u.seq)
      AND NOT EXISTS (SELECT 1 FROM audit e WHERE e.subject = 'account:' || (\(whose))
        AND e.action = 'account.erase') ORDER BY u.seq LIMIT 1
    """
  /// The first line of what an entry commits to names the account, but in entries of schema 1.
  static let misplaced: SQL = """
    SELECT u.seq FROM audit_person p JOIN audit u ON u.seq = p.seq
    WHERE length(u.person_hash) = 0 OR (\(whose)) IS NOT p.account
      OR (p.fields GLOB 'account=*' AND instr(p.fields, 'account=' || p.account || char(10)) <> 1)
    ORDER BY u.seq LIMIT 1
    """
  /// What the operator's form ends or changes is decided as it is submitted, by one entry.
  static let decisions: SQL = """
    SELECT 1 FROM decision d JOIN request r ON r.id = d.request
    WHERE NOT EXISTS (SELECT 1 FROM audit u WHERE u.subject = 'request:' || d.request
        AND u.action NOT IN \(before))
      AND NOT (r.kind <> 'grant' AND d.decided_at = r.created_at AND EXISTS (SELECT 1 FROM audit u
        WHERE u.subject = 'request:' || d.request AND u.action = 'request.submit')) LIMIT 1
    """
  static let permissions: SQL = """
    SELECT 1 FROM permission p WHERE NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'request:' || p.request AND u.action NOT IN \(before)) LIMIT 1
    """
  /// A permission that was ended and is in force all the same.
  static let revived: SQL = """
    SELECT 1 FROM audit u JOIN permission p
      ON p.request = CAST(substr(u.subject, 9) AS INTEGER)
    WHERE u.action IN ('permission.revoke', 'invitation.lapse') AND u.subject GLOB 'request:*'
      AND u.outcome = 'done' AND p.status = 'active' LIMIT 1
    """
  static let sessions: SQL = """
    SELECT 1 FROM session s WHERE NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'account:' || s.account AND u.action = 'session.start'
      AND u.at = s.created_at) LIMIT 1
    """
  static let accounts: SQL = """
    SELECT 1 FROM account a WHERE NOT EXISTS (SELECT 1 FROM audit u
        WHERE u.subject = 'account:' || a.id)
      AND NOT EXISTS (SELECT 1 FROM request r JOIN audit u ON u.subject = 'request:' || r.id
        WHERE r.account = a.id) LIMIT 1
    """
  static let erasures: SQL = """
    SELECT 1 FROM account a WHERE a.erased_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'account:' || a.id AND u.action = 'account.erase') LIMIT 1
    """
  static let statements: [SQL] = [
    lost, misplaced, decisions, permissions, revived, sessions, accounts, erasures,
  ]
}

extension Transaction {
  /// - Parameter entries: how many the trail has; what has none would be behind the last.
  /// - Throws: `audit.broken`.
  func reconcile(_ entries: Int64) throws(IAuthError) {
    for sql in [ReconciliationTable.lost, ReconciliationTable.misplaced] {
      if let seq = try number(sql) { throw .auditBroken(seq: seq, .personalData) }
    }
    for sql in [
      ReconciliationTable.decisions, ReconciliationTable.permissions, ReconciliationTable.revived,
      ReconciliationTable.sessions, ReconciliationTable.accounts, ReconciliationTable.erasures,
    ] {
      guard try number(sql) == nil else { throw .auditBroken(seq: entries + 1, .unrecorded) }
    }
  }
}
