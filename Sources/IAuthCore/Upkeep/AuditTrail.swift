// Reading the trail (PRODUCT 3.8): the list that people ask for, by whom, when and about what.

import SQLite
import Sheets
import Values

/// Which entries are asked for.
package struct AuditFilter: Sendable {
  package var since: Timestamp?
  package var until: Timestamp?
  /// A caller, or an account by its number, its holder's name, also one by which they have decided, or
  /// e-mail address.
  package var actor: String?
  package var action: String?
  package var subject: String?

  package init(
    since: Timestamp? = nil, until: Timestamp? = nil, actor: String? = nil,
    action: String? = nil,
    subject: String? = nil
  ) {
    self.since = since
    self.until = until
    self.actor = actor
    self.action = action
    self.subject = subject
  }
}

/// An entry as the list shows it.
package struct ListedEntry: Sendable {
  package let line: AuditLine
  /// The account holder's, of a decision by the name of that time, unless they were erased.
  package let name: String?
  /// The reason or note that was given with it.
  package let note: String?
}

/// An entry with its hash.
package struct AuditLine: Sendable {
  package let entry: AuditEntry
  package let hash: [UInt8]
}

enum AuditTrailTable {
  static let columns: Fragment = """
    u.seq, u.at, u.caller, u.account, u.session, u.action, u.subject, u.outcome, u.person_hash,
    u.previous, u.hash
    """
  /// The reason or note that entry `p` commits to.
  static let note: Fragment = """
    replace(substr(p.fields, instr(p.fields, char(10) || 'note=') + 6),
      char(10) || char(9), char(10))
    """
  static let list: SQL = """
    SELECT \(columns), \(AuditTable.actor), coalesce(
      (SELECT \(note) FROM audit_person p
        WHERE p.seq = u.seq AND instr(p.fields, char(10) || 'note=') > 0),
      CASE WHEN u.subject GLOB 'request:*' THEN coalesce(
        (SELECT nullif(d.note, '') FROM decision d
          WHERE d.request = CAST(substr(u.subject, 9) AS INTEGER) AND d.decided_at = u.at
          AND d.reviewer IS u.account AND u.outcome = 'done' AND u.action = CASE d.verdict
            WHEN 'approved' THEN 'request.approve' WHEN 'rejected' THEN 'request.reject'
            WHEN 'returned' THEN 'request.return' WHEN 'lapsed' THEN 'request.lapse' END),
        (SELECT nullif(p.reason, '') FROM permission p
          WHERE p.request = CAST(substr(u.subject, 9) AS INTEGER) AND u.outcome = 'done'
          AND u.action = 'permission.revoke' AND (p.revoked_at = u.at AND p.revoker IS u.account
            OR p.revoked_at = p.ends_at AND u.action = 'permission.revoke'))) END)
    FROM audit u LEFT JOIN account a ON a.id = u.account
    WHERE (?1 IS NULL OR u.at >= ?1) AND (?2 IS NULL OR u.at < ?2)
      AND (?3 IS NULL OR u.caller = ?3 OR u.account = ?6 OR u.account IN
        (SELECT id FROM account WHERE name_key = ?7 OR email = ?8
          UNION ALL SELECT reviewer FROM decision WHERE reviewer_name = ?3))
      AND (?4 IS NULL OR u.action = ?4) AND (?5 IS NULL OR u.subject = ?5)
    ORDER BY u.seq
    """
  static let statements: [SQL] = [list]
}

extension Service {
  /// The entries that fit; the reading is itself an entry.
  ///
  /// - Throws: `right.missing`.
  package func auditTrail(_ filter: AuditFilter) throws(IAuthError) -> [ListedEntry] {
    let typed = filter.actor.map { Folding.fold($0) }
    let key = typed.map { NameComparison.key(of: $0) }
    return try writeAsOperator(isReading: true) {
      (tx) throws(IAuthError) -> TransactionEnd<[ListedEntry]> in
      let lines = try tx.all(
        AuditTrailTable.list, filter.since, filter.until, typed, filter.action, filter.subject,
        typed.flatMap { Int64($0) }, key, typed?.lowercased(),
        read: { row in
          ListedEntry(line: AuditLine(row: row), name: row.textIfAny(11), note: row.textIfAny(12))
        })
      try tx.audit(.auditRead, .audit)
      return .commit(lines)
    }
  }
}

extension AuditLine {
  init(row: borrowing Row) {
    self.init(entry: AuditEntry(row: row), hash: row.bytes(10))
  }
}

extension AuditEntry {
  init(row: borrowing Row) {
    self.init(
      seq: row.int(0), at: row.time(1), caller: row.text(2), account: row.idIfAny(3),
      session: row.idIfAny(4), action: row.text(5), subject: row.text(6), outcome: row.text(7),
      personHash: row.bytes(8), previous: row.bytes(9))
  }
}
