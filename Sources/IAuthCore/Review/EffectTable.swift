// The statements of what an approval makes true: permissions that begin, rest, go on and end, and the
// requests that this makes pointless (PRODUCT 3.4, 11.1).

import SQLite
import Values

enum EffectTable {
  static let standing: SQL = """
    SELECT starts_at, ends_at FROM permission WHERE request = ? AND status = 'active'
    """
  /// The permission itself while it is in force, or the one of its holder that has renewed it, in the
  /// very moment in which it ended; what was granted later is another one, and what waits for its
  /// decision again holds nothing.
  static let inForce: SQL = """
    WITH RECURSIVE line (request) AS (SELECT ?1 UNION
      SELECT n.request FROM line l JOIN permission o ON o.request = l.request
        JOIN permission n ON n.account = o.account AND n.system = o.system AND n.role = o.role
          AND n.granted_at = o.revoked_at AND n.request > o.request AND o.reason = '展期 / renewed')
    SELECT p.request, p.ends_at FROM line l JOIN permission p ON p.request = l.request
      JOIN request q ON q.id = p.request
    WHERE p.status = 'active' AND NOT q.open
    """
  /// What has been approved to take a permission (`p`) away since it was granted, on whichever day.
  private static let removals: Fragment = """
    request v WHERE v.account = p.account AND v.system = p.system AND v.role = p.role
      AND v.kind = 'revoke' AND v.status = 'approved' AND v.created_at >= p.granted_at
    """
  /// The end that a permission has of its own: the one that it was given with, or that of an approved
  /// removal.
  static let ownEnd: Fragment = """
    (SELECT min(u) FROM (SELECT p.given_until AS u
      UNION ALL SELECT v.effective_at FROM \(removals) AND v.effective_at > p.granted_at))
    """
  static let endOf: SQL = "SELECT \(ownEnd) FROM permission p WHERE p.request = ?"
  /// What asks for the longer duration of a permission that is over.
  static let renewals: SQL = """
    SELECT r.id FROM permission p JOIN request r ON r.account = p.account AND r.system = p.system
      AND r.role = p.role AND r.open = 1 AND r.kind = 'grant' AND r.id <> p.request
    WHERE p.request = ?
    """
  /// Whether two permissions, or a request and one, are of one agency: one may have gone back to its
  /// own since (PRODUCT 11.4).
  static let isOfOneAgency: SQL = """
    SELECT 1 FROM permission o JOIN request r ON r.id = ?1 LEFT JOIN permission p ON p.request = r.id
    WHERE o.request = ?2 AND o.agency = coalesce(p.agency, r.agency)
    """
  /// Whether a permission holds by a moment, as far as its start goes.
  static let beginsBy: SQL = "SELECT 1 FROM permission WHERE request = ?1 AND starts_at <= ?2"
  static let held: SQL = """
    SELECT p.request, p.ends_at, \(ownEnd) FROM permission p
    WHERE p.account = ?1 AND p.system = ?2 AND p.role = ?3 AND p.status = 'active'
    """
  static let began: SQL = "UPDATE permission SET began_at = ?2 WHERE request = ?1"
  /// Requests for the use of the system, which being its administrator includes.
  static let general: SQL = """
    SELECT id FROM request WHERE account = ?1 AND system = ?2 AND role = 'general'
      AND kind = 'grant' AND open = 1
    """
  /// What asks for the end of a permission.
  static let revocation: SQL = """
    SELECT id FROM request WHERE account = ?1 AND system = ?2 AND role = ?3
      AND kind = 'revoke' AND open = 1
    """
  /// Requests to take over the same permission.
  static let rivals: SQL = "SELECT id FROM request WHERE replaces = ?1 AND open = 1"
  /// Deputies who are asked for beside a permission.
  static let deputies: SQL = "SELECT id FROM request WHERE deputy_for = ?1 AND open = 1"
  /// Hand-overs to this account that have not ended the other permission yet.
  static let handOvers: SQL = """
    SELECT q.id FROM permission p JOIN request q ON q.id = p.request
      JOIN permission o ON o.request = q.replaces JOIN permission n ON n.account = o.account
        AND n.system = o.system AND n.role = o.role AND n.status = 'active'
    WHERE p.account = ? AND p.status = 'active'
    """
  /// Changes that somebody still waits for, where no administrator's role of theirs says who decides.
  static let changes: SQL = """
    SELECT id FROM request r WHERE account = ? AND open = 1 AND kind = 'change'
      AND NOT (role = 'admin' AND EXISTS (SELECT 1 FROM permission p WHERE p.account = r.account
        AND p.system = r.system AND p.role = 'admin' AND p.status = 'active'))
    """
  /// Whether somebody acts by a permission, or uses it, once its day has come.
  private static func acting(by request: Fragment) -> Fragment {
    """
    SELECT 1 FROM permission p JOIN account a ON a.id = p.account
    WHERE p.request = \(request) AND \(Schema.acting)
    """
  }
  static let acts: SQL = "\(acting(by: "?1"))"
  static let changed: SQL = "SELECT account FROM request WHERE id = ? AND kind = 'change'"
  static let raise: SQL = "UPDATE request SET role = 'admin', system = ?2 WHERE id = ?1"
  /// Whether who decided on a dated request, or the one for whom they did as a deputy, would be among
  /// those who decide until its day; nobody did on an appointment.
  static let isTheirs: SQL = """
    SELECT 1 FROM request r JOIN decision d ON d.request = r.id AND d.round = r.round
    WHERE r.id = ?1 AND (d.reviewer IS NULL OR EXISTS (SELECT 1 FROM reviewer v
      WHERE v.request = r.id AND v.starts_at < r.effective_at AND r.effective_at <= v.ends_at
      AND v.account IN (d.reviewer, (SELECT account FROM permission WHERE request = d.deputy_for)))
      -- What has ended since then was theirs on the day.
      OR r.kind = 'grant' AND EXISTS (SELECT 1 FROM permission p WHERE p.request = d.by_permission
        AND p.starts_at < r.effective_at AND r.effective_at <= p.revoked_at
        AND p.suspended_at IS NULL))
    """
  /// Whether the name or a contact of an account was replaced since a request was approved.
  static let isOvertaken: SQL = """
    SELECT 1 FROM audit WHERE subject = 'account:' || ?2 AND +action = 'account.contacts'
      AND seq > (SELECT max(seq) FROM audit WHERE subject = 'request:' || ?1
        AND +action = 'request.approve') LIMIT 1
    """
  static let reopen: SQL = """
    UPDATE request SET status = 'pending', round = round + 1, turned_at = ?2, role = ?3,
      system = ?4 WHERE id = ?1
    """
  /// A grant that has come up again rests, and has not begun.
  private static let restsAgain: Fragment =
    "request = ?1 AND status = 'active' AND suspended_at IS NOT NULL AND began_at IS NULL"
  static let rest: SQL = "UPDATE permission SET suspended_at = ?2 WHERE request = ?1"
  static let resume: SQL = """
    UPDATE permission SET suspended_at = NULL, began_at = iif(?3 > ?2, NULL, ?2),
      starts_at = iif(?3 > ?2, ?3, starts_at), ends_at = ?4, given_until = ?4 WHERE \(restsAgain)
    """
  static let giveUp: SQL = """
    UPDATE permission SET status = 'revoked', revoked_at = ?2, revoker = ?3, reason = ?4
    WHERE \(restsAgain)
    """
  static let starting: SQL = """
    SELECT request FROM permission WHERE status = 'active' AND began_at IS NULL
      AND suspended_at IS NULL AND starts_at > granted_at AND starts_at <= ?
    ORDER BY starts_at, request
    """
  static let startingOf: SQL = """
    SELECT request FROM permission WHERE account = ?1 AND status = 'active' AND began_at IS NULL
      AND suspended_at IS NULL AND starts_at > granted_at AND starts_at <= ?2
    ORDER BY starts_at, request
    """
  /// Those that take a permission over, and whose day has come by a time.
  static let successors: SQL = """
    SELECT s.request FROM permission p JOIN permission o ON o.account = p.account
        AND o.system = p.system AND o.role = p.role
      JOIN request q ON q.replaces = o.request JOIN permission s ON s.request = q.id
    WHERE p.request = ?1 AND s.status = 'active' AND s.began_at IS NULL
      AND s.suspended_at IS NULL AND s.starts_at > s.granted_at AND s.starts_at <= ?2
    """
  /// Approved hand-overs (`q`, `s`) of an active permission (`o`) that have not happened, to whom acts.
  private static let heirs: Fragment = """
    permission o JOIN permission e ON e.account = o.account AND e.system = o.system
        AND e.role = o.role
      JOIN request q ON q.replaces = e.request
      JOIN permission s ON s.request = q.id AND s.status = 'active' AND s.began_at IS NULL
        AND s.suspended_at IS NULL AND s.starts_at > s.granted_at
      JOIN account h ON h.id = s.account AND h.status = 'active'
    """
  /// The same of what a request (`r`) would go on with: where somebody takes that over before its end,
  /// it holds until then and no longer.
  private static let cut: Fragment = """
    o.account = r.account AND o.system = r.system AND o.role = r.role AND o.status = 'active'
      AND r.open = 1 AND r.kind = 'grant' AND r.replaces IS NULL AND r.deputy_for IS NULL
      AND s.starts_at < coalesce(r.until_at, s.starts_at + 1)
    """
  static let cutAt: Fragment = "(SELECT min(s.starts_at) FROM \(heirs) WHERE \(cut))"
  /// The columns beside a min() are those of its row, so that nothing need be put in order.
  static let takeOver: SQL = """
    SELECT q.id, h.name, min(s.starts_at) FROM request r JOIN \(heirs) WHERE r.id = ?1 AND \(cut)
    HAVING count(*)
    """
  /// Approved hand-overs of the same to somebody invited, who takes over once they have signed in.
  private static let promised: Fragment = """
    permission o JOIN permission e ON e.account = o.account AND e.system = o.system
        AND e.role = o.role
      JOIN request q ON q.replaces = e.request AND q.status = 'approved'
      JOIN permission s ON s.request = q.id AND s.status = 'active' AND s.suspended_at IS NULL
      JOIN account h ON h.id = s.account AND h.status = 'invited'
    """
  /// Whether such a hand-over stands beside what a request (`r`) would go on with.
  static let isPromised: Fragment = "EXISTS (SELECT 1 FROM \(promised) WHERE \(cut))"
  static let takeOverBySomebodyInvited: SQL = """
    SELECT min(q.id), h.name, NULL FROM request r JOIN \(promised) WHERE r.id = ?1 AND \(cut)
    HAVING count(*)
    """
  /// Who takes a permission over at its very end.
  static let takeOverOf: SQL = """
    SELECT q.id, h.name, s.starts_at FROM \(heirs) WHERE o.request = ?1 AND o.status = 'active'
      AND s.starts_at = o.ends_at ORDER BY q.id LIMIT 1
    """
  /// Those that are to take the same permission over, or another one of its holder's, and do not act
  /// by a time: what nobody has proven, what rests, and what begins later.
  static let waitingHeirs: SQL = """
    SELECT s.request, q.replaces FROM permission p JOIN permission o ON o.account = p.account
        AND o.system = p.system AND o.role = p.role
      JOIN request q ON q.replaces = o.request JOIN permission s ON s.request = q.id
    WHERE p.request = ?1 AND s.request <> ?2 AND s.status = 'active'
      AND (s.starts_at > ?3 AND s.starts_at > s.granted_at
        OR NOT EXISTS (\(acting(by: "s.request"))))
    """
  /// A permission with an end that a later one may take the place of, without a gap between them.
  static let renewable: SQL = """
    SELECT p.request FROM permission p JOIN request q ON q.id = p.request
    WHERE p.account = ?1 AND p.system = ?2 AND +p.role = ?3 AND p.status = 'active'
      -- Without an end, from the very day on that follows; before, it is the same that is asked for.
      AND (p.ends_at < ?5 AND coalesce(?4, 0) <= p.ends_at OR ?5 IS NULL AND ?4 = p.ends_at)
      -- What somebody had removed is not renewed.
      AND NOT EXISTS (SELECT 1 FROM \(removals) AND v.effective_at = p.ends_at)
      -- Nor what somebody else takes over: it goes on until then, and what is asked for from that day
      -- on is another one.
      AND NOT EXISTS (SELECT 1 FROM \(heirs) WHERE o.request = p.request
        AND s.starts_at = p.ends_at AND ?4 >= p.ends_at)
      -- (The signs keep SQLite from preparing it anew for each value: an index asks for some.)
      AND +q.deputy_for IS ?6
      -- Nor, before it begins, what is to take over from somebody (it is called off or kept as a whole),
      -- nor by what names no first day: nobody has said that it is to begin earlier.
      AND (p.starts_at <= ?7 OR q.replaces IS NULL AND ?4 IS NOT NULL)
    """
  static let statements: [SQL] = [
    standing, inForce, beginsBy, renewals, isOfOneAgency, held, rest, began, general, revocation,
    rivals, deputies,
    handOvers, changes,
    acts, changed, raise, isTheirs, isOvertaken,
    reopen, resume, giveUp, starting,
    startingOf, successors, waitingHeirs, takeOver, takeOverOf,
    takeOverBySomebodyInvited, endOf, renewable,
  ]
}
