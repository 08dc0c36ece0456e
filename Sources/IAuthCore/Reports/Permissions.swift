// Who has what, and who had it at a past moment (PRODUCT 11.5, `permissions`). A permission holds
// from its start to its end by itself; whether somebody has written the end down does not matter.

import SQLite
import Values

/// One permission, as the list shows it.
package struct PermissionLine: Sendable, Equatable {
  package let request: RequestID
  package let account: AccountID
  package let agency: Agency
  /// Empty once the person was erased.
  package let name: String?
  package let email: String?
  package let system: String
  package let role: Role
  package let from: Timestamp
  package let until: Timestamp?
  package let grantedBy: String?
  package let grantedAt: Timestamp
  package let endedAt: Timestamp?
  package let endedBy: String?
  package let reason: String?
  package let deputyFor: RequestID?
}

enum PermissionsTable {
  /// ?1 agency or top, ?2 system, ?3 role, ?4 account, ?5 the moment, ?6 now.
  ///
  /// The agency is the one of that moment, whoever has taken its place since.
  private static let columns: Fragment = """
    p.request, p.account, g.id, g.type, g.code, g.name, g.path, g.superior, g.status, a.name,
    a.email, s.code, p.role, p.starts_at, p.ends_at, coalesce(d.reviewer_name, v.name),
    p.granted_at, coalesce(p.revoked_at, iif(p.ends_at <= ?6, p.ends_at, NULL)),
    iif(coalesce(p.revoked_at, p.ends_at) IS p.ends_at, \(setter), e.name),
    coalesce(nullif(p.reason, ''), iif(coalesce(p.revoked_at, p.ends_at) IS p.ends_at, ?7, NULL)),
    r.deputy_for
    """
  /// Who set a permission's last day, where it was not its own: the reviewer of the one that takes it
  /// over, or whose form removes it.
  ///
  /// What ends by itself, nobody ends.
  private static let setter: Fragment = """
    (SELECT coalesce(h.reviewer_name, o.name) FROM request q JOIN decision h ON h.request = q.id
        AND h.verdict = 'approved' LEFT JOIN account o ON o.id = coalesce(h.reviewer, q.submitter)
      WHERE q.effective_at = p.ends_at AND (q.replaces = p.request OR q.kind = 'revoke'
        AND q.account = p.account AND q.system = p.system AND q.role = p.role)
      ORDER BY q.id DESC LIMIT 1)
    """
  /// Whose something was at the moment, if that has changed since; of an agency: its superior.
  ///
  /// Of one second what was taken back comes first, the newest before what it stood upon.
  private static func then(_ kind: Fragment, _ id: Fragment) -> Fragment {
    """
    (SELECT iif(w.applied_at > ?5, n.before, n.after)
      FROM succession_move n JOIN succession w ON w.id = n.succession
      WHERE n.kind = \(kind) AND n.id = \(id) AND (w.applied_at > ?5 OR w.undone_at > ?5)
      ORDER BY iif(w.applied_at > ?5, w.applied_at, w.undone_at), w.applied_at > ?5,
        iif(w.applied_at > ?5, w.id, -w.id) LIMIT 1)
    """
  }
  /// What has moved since the moment, also if it is back.
  private static let movedSince: Fragment = """
    succession v JOIN succession_move m ON m.succession = v.id
      AND (v.applied_at > ?5 OR v.undone_at > ?5)
    """
  private static let tables: Fragment = """
    JOIN account a ON a.id = p.account
      JOIN agency g ON g.id = coalesce(\(then("'permission'", "p.request")), p.agency)
    JOIN system s ON s.id = p.system JOIN request r ON r.id = p.request
    JOIN decision d ON d.request = p.request AND d.round = r.round AND d.verdict = 'approved'
    LEFT JOIN account v ON v.id = d.reviewer LEFT JOIN account e ON e.id = p.revoker
    """
  private static let holds: Fragment = """
    p.starts_at <= ?5 AND (p.ends_at IS NULL OR ?5 < p.ends_at)
      -- What stands later than now counts as now (PRODUCT 3.9).
      AND (p.revoked_at IS NULL OR ?5 < min(p.revoked_at, ?6))
      AND (p.suspended_at IS NULL OR ?5 < min(p.suspended_at, ?6))
      -- One that rested for a while, or was decided again late, did not hold until then; of somebody
      -- invited the feed tells nothing.
      AND (a.status = 'invited' OR (SELECT change FROM permission_change c
        WHERE c.request = p.request AND min(c.at, ?6) <= ?5 ORDER BY c.seq DESC LIMIT 1) IS NOT 'ended')
      -- Those of a suspended account rest (PRODUCT 2); the trail knows who was suspended when.
      AND (SELECT action FROM audit WHERE subject = 'account:' || p.account AND min(at, ?6) <= ?5
        AND action IN ('account.suspend', 'account.restore') ORDER BY seq DESC LIMIT 1)
        IS NOT 'account.suspend'
      AND (?2 IS NULL OR p.system = ?2) AND (?3 IS NULL OR p.role = ?3)
    """
  static let ofAgency: SQL = """
    SELECT \(columns) FROM permission p \(tables)
    WHERE p.request IN (SELECT request FROM permission WHERE agency = ?1 UNION
        SELECT id FROM succession_move WHERE kind = 'permission' AND before = ?1 UNION
        SELECT m.id FROM succession w JOIN succession_move m ON m.succession = w.id
        WHERE m.kind = 'permission' AND m.after = ?1 AND w.undone_at > ?5)
      AND g.id = ?1 AND (?4 IS NULL OR p.account = ?4) AND \(holds) ORDER BY p.request
    """
  /// Below is what stood there then, and theirs what was of such an agency then.
  static let under: SQL = """
    WITH RECURSIVE moved (id, superior) AS (SELECT DISTINCT m.id, \(then("'agency'", "m.id"))
        FROM \(movedSince) WHERE m.kind = 'agency'),
      below (id) AS (SELECT ?1 UNION
        SELECT b.id FROM below JOIN agency b ON b.superior = below.id
          WHERE b.id NOT IN (SELECT id FROM moved) UNION
        SELECT moved.id FROM below JOIN moved ON moved.superior = below.id),
      candidate (request) AS (
        SELECT q.request FROM below CROSS JOIN permission q ON q.agency = below.id UNION ALL
        SELECT request FROM permission
          WHERE request IN (SELECT m.id FROM \(movedSince) WHERE m.kind = 'permission')
            AND agency NOT IN (SELECT id FROM below))
    SELECT \(columns) FROM candidate CROSS JOIN permission p ON p.request = candidate.request
      \(tables)
    WHERE g.id IN (SELECT id FROM below) AND (?4 IS NULL OR p.account = ?4) AND \(holds)
    ORDER BY g.sort, p.request
    """
  static let ofAccount: SQL = """
    SELECT \(columns) FROM permission p \(tables)
    WHERE p.account = ?4 AND ?1 IS NULL AND \(holds) ORDER BY p.request
    """
  static let everywhere: SQL = """
    SELECT \(columns) FROM permission p \(tables)
    WHERE ?1 IS NULL AND ?4 IS NULL AND \(holds) ORDER BY p.request
    """
  static let statements: [SQL] = [ofAgency, under, ofAccount, everywhere]
}

extension Service {
  /// Who holds what now, or held it at `moment`.
  ///
  /// Looking at what is not one's own is an entry of the trail.
  ///
  /// - Throws: `session.*`, `right.missing`, `agency.unknown`, `system.unknown`, `account.unknown`.
  package func permissions(
    _ filter: ReportFilter, at moment: Timestamp?
  ) throws(IAuthError) -> [PermissionLine] {
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<[PermissionLine]> in
      let scope = try tx.reportScope()
      let range: ReportRange
      do throws(IAuthError) {
        range = try tx.range(filter, in: scope)
      } catch {
        guard error.code == .rightMissing else { throw error }
        return try tx.refuse(error)
      }
      let at = moment ?? tx.now
      // A code that stands for a successor's now was an agency of its own before.
      var asked = range
      if let code = filter.agency, let agency = range.agency {
        asked.agency = try tx.agency(typed: code, at: at, now: agency)
      } else if let code = filter.under, let top = range.top {
        asked.top = try tx.agency(typed: code, at: at, now: top)
      }
      var lines = try tx.permissions(asked, at: at)
      // One's own are one's own wherever one was then.
      if case .under = scope, filter.agency ?? filter.under == nil,
        let me = try tx.sessionIfAny()?.account.id, filter.account ?? me == me
      {
        let own = ReportRange(system: range.system, role: range.role, account: me)
        let known = lines.map(\.request)
        lines += try tx.permissions(own, at: at).filter { !known.contains($0.request) }
      }
      if case .own(let me) = scope, range.account == me.id { return .commit(lines) }
      try tx.audit(.permissionsRead, range.account.map { .account($0) } ?? .none)
      return .commit(lines)
    }
  }
}

extension Transaction {
  /// The agency that a code stood for at a moment.
  fileprivate func agency(
    typed code: String, at moment: Timestamp, now present: AgencyID
  ) throws(IAuthError) -> AgencyID {
    var found = try ownAgency(typed: code).id
    while found != present, let next: AgencyID = try id(SuccessionTable.successorAt, found, moment)
    {
      found = next
    }
    return found
  }

  func permissions(
    _ range: ReportRange, at moment: Timestamp
  ) throws(IAuthError) -> [PermissionLine] {
    let sql: SQL =
      if range.agency != nil { PermissionsTable.ofAgency } else if range.top != nil {
        PermissionsTable.under
      } else if range.account != nil { PermissionsTable.ofAccount } else {
        PermissionsTable.everywhere
      }
    return try all(
      sql, range.agency ?? range.top, range.system, range.role, range.account, moment, now,
      Self.dayIsOver
    ) { row in PermissionLine(row: row) }
  }
}

extension PermissionLine {
  init(row: borrowing Row) {
    let isEnded = !row.isNull(17)
    self.init(
      request: row.id(0), account: row.id(1),
      agency: Agency(
        id: row.id(2), type: row.word(3, AgencyType.self), code: row.text(4), name: row.text(5),
        path: row.text(6), superior: row.idIfAny(7), status: row.word(8, AgencyStatus.self)),
      name: row.textIfAny(9), email: row.textIfAny(10), system: row.text(11),
      role: row.word(12, Role.self), from: row.time(13),
      until: row.timeIfAny(14).map { $0 - .seconds(1) },
      grantedBy: row.textIfAny(15), grantedAt: row.time(16), endedAt: row.timeIfAny(17),
      endedBy: isEnded ? row.textIfAny(18) : nil, reason: isEnded ? row.textIfAny(19) : nil,
      deputyFor: row.idIfAny(20))
  }
}
