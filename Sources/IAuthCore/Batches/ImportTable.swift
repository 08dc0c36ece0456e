// What an import asks of the tables, and stores in them.

import SQLite
import Sheets
import Values

enum ImportTable {
  static let addBatch: SQL = """
    INSERT INTO batch (submitter, caller, document, digest, rows, created_at)
    VALUES (?, ?, ?, ?, 1, ?)
    """
  static let setRows: SQL = "UPDATE batch SET rows = ?2 WHERE id = ?1"
  /// What makes a row unchanged: the permission is held, on the row's first day (?5) too and until its
  /// last (?6), as far as it was given for that long, or it is asked for.
  static let standing: SQL = """
    SELECT r.id, r.batch, 0 FROM permission p JOIN request r ON r.id = p.request
    WHERE p.account = ?1 AND p.system = ?2 AND p.status = 'active' AND NOT r.open
      AND (p.role = ?3 OR p.role = 'admin' AND p.starts_at <= ?4)
      -- What ends earlier than it was given for, somebody takes away: a later end is another thing.
      AND (p.ends_at IS NULL OR p.ends_at > ?5 AND coalesce(
        CASE WHEN p.ends_at IS p.given_until THEN max(p.ends_at, r.until_at) ELSE p.ends_at END
        >= ?6, 1))
    UNION ALL
    SELECT id, batch, status = 'returned' FROM request
    WHERE account = ?1 AND system = ?2 AND role = ?3 AND open = 1 AND kind = 'grant'
    LIMIT 1
    """
  static let people: SQL = """
    SELECT email, mobile FROM account WHERE agency = ?1 AND status <> 'closed' LIMIT ?2
    """
  static let lastNumbers: SQL = """
    SELECT (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'account'),
      (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'request')
    """
  static let accounts = ManyRows(
    """
    INSERT INTO account (created_at, status_at, status, id, agency, name, name_key, email, mobile,
      title, unit, phone) VALUES
    """, "(?1, ?1, 'invited', ?, ?, ?, ?, ?, ?, ?, ?, ?)")
  static let requests = ManyRows(
    """
    INSERT INTO request (created_at, batch, document, submitter, kind, origin, id, account, agency,
      system, role, reason, effective_at, until_at) VALUES
    """, "(?1, ?2, ?3, ?4, 'grant', 'batch', ?, ?, ?, ?, ?, ?, ?, ?)")
  /// Who may decide on a request, but for the question whose it is.
  static let candidates: SQL = """
    SELECT a.id, a.agency, a.name, a.name_key, a.email, a.mobile, a.title, a.status,
      a.unproven_at IS NOT NULL, v.represents
    FROM reviewer v JOIN account a ON a.id = v.account
    WHERE v.request = ?1 AND v.starts_at <= ?2 AND ?2 < v.ends_at
    ORDER BY a.id, v.represents IS NOT NULL
    """
  /// Whether a batch has a request of a group of reviewers that is not one's own.
  static let hasDecidable: SQL = """
    SELECT 1 FROM request r WHERE r.batch = ?1 AND r.status = 'pending' AND r.system = ?2
      AND (?3 IS NULL AND r.role = 'admin' OR r.role = 'general' AND r.agency = ?3)
      AND NOT EXISTS (SELECT 1 FROM own o WHERE o.request = r.id AND o.account IN (?4, ?5))
    LIMIT 1
    """
  static let statements: [SQL] = [
    addBatch, setRows, standing, candidates, hasDecidable, people, lastNumbers,
    accounts.full, requests.full,
  ]
}
