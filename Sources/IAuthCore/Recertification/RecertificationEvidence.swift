// What an auditor is handed of a review (PRODUCT 11.3): every item with its answer, and the entries of
// the trail that say so.

import SQLite
import Values

/// A review as evidence.
package struct RecertificationEvidence: Sendable {
  package let review: Recertification
  package let system: String?
  package let items: [RecertificationItem]
  package let entries: [AuditLine]
  package let database: String
  package let at: Timestamp

  package func count(_ status: ItemStatus) -> Int { items.count { $0.status == status } }

  /// By superior, how many of how many were answered.
  package var bySuperior: [(name: String, answered: Int, items: Int)] {
    var order: [String] = []
    var counts: [String: (answered: Int, items: Int)] = [:]
    for item in items {
      let name = superiors[item.agency.id] ?? item.agency.name
      if counts[name] == nil { order.append(name) }
      let isAnswered = item.status == .kept || item.status == .ended
      counts[name, default: (0, 0)].answered += isAnswered ? 1 : 0
      counts[name, default: (0, 0)].items += 1
    }
    return order.map {
      (name: $0, answered: counts[$0]?.answered ?? 0, items: counts[$0]?.items ?? 0)
    }
  }

  let superiors: [AgencyID: String]
}

enum EvidenceTable {
  static let entriesOfReview: SQL = """
    SELECT \(AuditTrailTable.columns) FROM audit u WHERE u.subject = ?1
    UNION ALL
    SELECT \(AuditTrailTable.columns) FROM recertification_item i
      JOIN audit u ON u.subject = 'recertification-item:' || i.id
    WHERE i.recertification = ?2
    UNION ALL
    -- What an answer, or silence, has done to its permission.
    SELECT \(AuditTrailTable.columns) FROM recertification_item i
      JOIN audit u ON u.subject = 'request:' || i.request
    WHERE i.recertification = ?2 AND u.at >= ?3
      AND u.action IN ('permission.revoke', 'permission.suspend', 'invitation.lapse')
    ORDER BY 1
    """
  static let superiors: SQL = """
    SELECT DISTINCT g.id, coalesce(s.name, g.name) FROM recertification_item i
      JOIN agency g ON g.id = i.agency LEFT JOIN agency s ON s.id = g.superior
    WHERE i.recertification = ?
    """
  static let statements: [SQL] = [entriesOfReview, superiors]
}

extension Service {
  /// A review with all that the reader may see of it.
  ///
  /// - Throws: `session.*`, `right.missing`, `recertify.unknown`, `agency.unknown`.
  package func recertificationEvidence(
    _ id: RecertificationID, under: String?
  ) throws(IAuthError) -> RecertificationEvidence {
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<RecertificationEvidence> in
      try tx.endOverduePermissions()
      let range: ReportRange
      do throws(IAuthError) {
        range = try tx.range(ReportFilter(under: under), in: try tx.reportScope())
      } catch {
        guard error.code == .rightMissing else { throw error }
        return try tx.refuse(error)
      }
      let review = try tx.recertification(numbered: id)
      let items = try tx.items(of: id, range)
      try tx.audit(.recertificationRead, .recertification(id))
      let mine = Set(
        items.flatMap { [AuditSubject.item($0.item).text, AuditSubject.request($0.request).text] }
          + [AuditSubject.recertification(id).text])
      let entries = try tx.all(
        EvidenceTable.entriesOfReview, AuditSubject.recertification(id).text, id, review.openedAt
      ) { row in
        AuditLine(entry: AuditEntry(row: row), hash: row.bytes(10))
      }
      var superiors: [AgencyID: String] = [:]
      try tx.each(EvidenceTable.superiors, id) { row in
        superiors[row.id(0)] = row.text(1)
        return true
      }
      return .commit(
        RecertificationEvidence(
          review: review,
          system: try review.system.map { (id) throws(IAuthError) in
            try tx.system(id: id).code
          }, items: items,
          entries: entries.filter { line in
            // Who has read the whole is for whoever sees the whole.
            mine.contains(line.entry.subject)
              && (range.isWhole || line.entry.action != AuditAction.recertificationRead.rawValue)
          },
          database: Hex.encode(try tx.serviceUUID()), at: tx.now, superiors: superiors))
    }
  }
}

extension Transaction {
  fileprivate func items(
    of review: RecertificationID, _ range: ReportRange
  ) throws(IAuthError) -> [RecertificationItem] {
    try all(
      RecertificationTable.ofReview, review, range.place, range.isAlone, range.account
    ) { row in RecertificationItem(row: row) }
  }
}
