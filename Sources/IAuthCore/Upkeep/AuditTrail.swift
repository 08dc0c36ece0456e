// Reading the trail (PRODUCT 3.8): the list that people ask for, by whom, when and about what.

import SQLite
import Sheets
import Values

/// Which entries are asked for.
package struct AuditFilter: Sendable {
  package var since: Timestamp?
  package var until: Timestamp?
  package var actor: AccountID?
  package var action: String?
  package var subject: String?

  package init(
    since: Timestamp? = nil, until: Timestamp? = nil, actor: AccountID? = nil,
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
  static let list: SQL = """
    SELECT \(columns) FROM audit u
    WHERE (?1 IS NULL OR u.at >= ?1) AND (?2 IS NULL OR u.at < ?2) AND (?3 IS NULL
      OR u.account = ?3) AND (?4 IS NULL OR u.action = ?4) AND (?5 IS NULL OR u.subject = ?5)
    ORDER BY u.seq
    """
  static let statements: [SQL] = [list]
}

extension Service {
  /// The entries that fit; the reading is itself an entry.
  ///
  /// - Throws: `right.missing`.
  package func auditTrail(_ filter: AuditFilter) throws(IAuthError) -> [AuditLine] {
    try writeAsOperator(isReading: true) {
      (tx) throws(IAuthError) -> TransactionEnd<[AuditLine]> in
      let lines = try tx.all(
        AuditTrailTable.list, filter.since, filter.until, filter.actor, filter.action,
        filter.subject, read: { AuditLine(row: $0) })
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
