// The forms that somebody has handed in (PRODUCT 4.1, `import-batch --list`), and how far each is.

import SQLite
import Sheets
import Values

/// A batch as its submitter lists it.
package struct BatchLine: Sendable {
  package let batch: BatchID
  package let document: String?
  package let submittedAt: Timestamp
  /// Of the form, those that came in with it: what was there before is another batch's.
  package let rows: Int
  package let pending: Int
  package let approved: Int
  package let rejected: Int
  package let returned: Int
}

enum BatchListTable {
  /// Time ends a request whether it is written down yet or not.
  private static let isOver: Fragment =
    ExpiryTable.isOverdue("r", "?2", returned: "?3", now: "?4")
  static let list: SQL = """
    SELECT b.id, b.document, b.created_at, count(r.id),
      count(*) FILTER (WHERE r.status = 'pending' AND NOT coalesce(\(isOver), 0)),
      count(*) FILTER (WHERE r.status = 'approved'), count(*) FILTER (WHERE r.status = 'rejected'),
      count(*) FILTER (WHERE r.status = 'returned' AND NOT coalesce(\(isOver), 0))
    FROM batch b LEFT JOIN request r ON r.batch = b.id
    WHERE ?1 IS NULL OR b.submitter = ?1 GROUP BY b.id ORDER BY b.id DESC
    """
  static let statements: [SQL] = [list]
}

extension Service {
  /// One's own batches, the newest first; the operator's, who is nobody, are all there are.
  ///
  /// - Throws: `session.none`, `session.expired`.
  package func batches() throws(IAuthError) -> [BatchLine] {
    try store.read { (tx) throws(IAuthError) in
      let me =
        world.caller.isOperator
        ? try tx.sessionIfAny()?.account.id : try tx.sessionOrKey().account.id
      return try tx.all(
        BatchListTable.list, me, tx.now - settings.requestLifetime,
        tx.now - Limits.correctionLifetime, tx.now
      ) { row in
        BatchLine(
          batch: row.id(0), document: row.textIfAny(1), submittedAt: row.time(2),
          rows: row.count(3), pending: row.count(4), approved: row.count(5),
          rejected: row.count(6), returned: row.count(7))
      }
    }
  }
}
