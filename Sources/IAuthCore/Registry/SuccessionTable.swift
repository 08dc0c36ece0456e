// The statements of successions: whole tables at once, for an agency may have thousands of people.

import SQLite
import Values

enum SuccessionTable {
  private static let columns: Fragment = "id, old, new, on_at, document, applied_at"
  static let byID: SQL = "SELECT \(columns) FROM succession WHERE id = ? AND undone_at IS NULL"
  static let ofOld: SQL = "SELECT \(columns) FROM succession WHERE old = ? AND undone_at IS NULL"
  static let add: SQL =
    "INSERT INTO succession (old, new, on_at, document, created_at) VALUES (?, ?, ?, ?, ?)"
  static let setApplied: SQL = "UPDATE succession SET applied_at = ?2, held_at = NULL WHERE id = ?1"
  static let setHeld: SQL = "UPDATE succession SET held_at = ?2 WHERE id = ?1"
  static let setUndone: SQL = "UPDATE succession SET undone_at = ?2 WHERE id = ?1"
  static let due: SQL = """
    SELECT id, iif(held_at IS NULL, on_at, ?1) AS due_at FROM succession
    WHERE applied_at IS NULL AND undone_at IS NULL AND on_at <= ?1 AND (?2 OR held_at IS NULL)
    ORDER BY due_at, on_at, id
    """
  /// Those that have happened or will: one at most of an agency.
  static let standing: SQL =
    "SELECT \(columns) FROM succession WHERE undone_at IS NULL ORDER BY on_at, id"
  /// Those whose day has come, with why they could not happen when they were last tried.
  static let heldUp: SQL = """
    SELECT s.old, s.new, s.on_at, (SELECT u.outcome FROM audit u
      WHERE u.subject = 'agency:' || g.code AND +u.action = 'agency.succeed'
      ORDER BY u.seq DESC LIMIT 1)
    FROM succession s JOIN agency g ON g.id = s.old
    WHERE s.applied_at IS NULL AND s.undone_at IS NULL AND s.held_at IS NOT NULL
    ORDER BY s.on_at, s.id
    """
  static let successor: SQL = """
    SELECT new FROM succession WHERE old = ? AND applied_at IS NOT NULL AND undone_at IS NULL
    """
  /// Who had an agency's place at a moment.
  static let successorAt: SQL = """
    SELECT new FROM succession WHERE old = ?1 AND applied_at <= ?2
      AND (undone_at IS NULL OR undone_at > ?2)
    """
  /// Agencies whose places one (a parameter) has taken, and itself.
  static func places(_ agency: Fragment) -> Fragment {
    """
    (WITH RECURSIVE place (id) AS (SELECT \(agency) UNION SELECT s.old FROM place
      JOIN succession s ON s.new = place.id AND s.applied_at IS NOT NULL AND s.undone_at IS NULL)
      SELECT id FROM place)
    """
  }
  /// Whether what a request gave for use is another agency's by now than the request.
  static let isElsewhere: SQL = """
    SELECT 1 FROM permission p JOIN request r ON r.id = p.request
    WHERE p.request = ? AND p.role = 'general' AND p.status = 'active' AND p.agency <> r.agency
    """
  static let isHeldIn: SQL = "SELECT 1 FROM permission WHERE request = ?1 AND agency = ?2"
  static let hasTakenPlace: SQL = "SELECT 1 WHERE ?2 IN \(places("?1"))"
  /// What is not over of a request: it waits, or was approved for a day to come.
  private static let isOngoing: Fragment = Schema.isOngoing("request")
  static let next: SQL = "SELECT new FROM succession WHERE old = ? AND undone_at IS NULL"

  // MARK: Who is whom

  /// People of both agencies who share a contact, and whether their names compare as the same.
  static let pairs: SQL = """
    SELECT o.id, n.id, o.name_key = n.name_key, o.status, n.status
    FROM account o JOIN account n ON n.agency = ?2 AND n.email = o.email AND n.status <> 'closed'
    WHERE o.agency = ?1 AND o.status <> 'closed'
    UNION
    SELECT o.id, n.id, o.name_key = n.name_key, o.status, n.status
    FROM account o JOIN account n ON n.agency = ?2 AND n.mobile = o.mobile AND n.status <> 'closed'
    WHERE o.agency = ?1 AND o.status <> 'closed'
    ORDER BY 1, 2
    """
  static let remember: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after, holder, was)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    """
  /// All that have become account ?1, whatever became of them.
  static let others: Fragment = """
    (WITH RECURSIVE one (id) AS (SELECT ?1 UNION
      SELECT m.id FROM one JOIN succession_move m ON m.holder = one.id AND m.kind = 'merge'
        JOIN succession s ON s.id = m.succession AND s.undone_at IS NULL)
      SELECT id FROM one WHERE id <> ?1)
    """
  /// The entries of the successions that have moved account ?1 or made it one with another, and of
  /// their undoing, each with from where to where.
  static let movesOf: Fragment = """
    SELECT u.seq, max(iif(u.action = 'agency.undo', n.name || ' → ' || o.name,
      o.name || ' → ' || n.name || coalesce(', account:' || m.id || ' → account:' || m.holder, '')))
    FROM succession_move m JOIN succession s ON s.id = m.succession JOIN agency o ON o.id = s.old
      JOIN agency n ON n.id = s.new JOIN audit u ON u.subject = 'agency:' || o.code
        AND u.outcome = 'done' AND (+u.action = 'agency.succeed' AND u.at = s.applied_at
          OR +u.action = 'agency.undo' AND u.at = s.undone_at)
    WHERE m.kind = 'account' AND m.id = ?1 OR m.kind = 'merge' AND ?1 IN (m.id, m.holder)
    GROUP BY u.seq
    """
  /// Whether account ?2 is one of them.
  static let hasBecome: SQL = "SELECT 1 WHERE ?2 IN \(others)"
  /// What two accounts of one person hold in force: the better of a pair first.
  static let held: SQL = """
    SELECT request, account, system, role,
      suspended_at IS NULL AND starts_at <= ?3 AND (ends_at IS NULL OR ends_at > ?3),
      coalesce(ends_at, 9223372036854775807),
      EXISTS (SELECT 1 FROM request r WHERE r.id = permission.request AND r.open)
    FROM permission WHERE account IN (?1, ?2) AND status = 'active'
    ORDER BY system, role, 5 DESC, ends_at IS NOT NULL, ends_at DESC, account <> ?1, request
    """
  static let open: SQL = """
    SELECT id, account, system, role, kind, status FROM request
    WHERE account IN (?1, ?2) AND open = 1
    ORDER BY account <> ?1, id
    """
  static let giveRequests: SQL = """
    UPDATE request SET account = ?2, agency = ?3 WHERE account = ?1 AND \(isOngoing)
    """
  static let rememberRequests: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after, holder)
    SELECT ?1, 'request', id, agency, ?3, ?2 FROM request WHERE account = ?2 AND \(isOngoing)
    """
  static let givePermissions: SQL = """
    UPDATE permission SET account = ?2, agency = ?3 WHERE account = ?1 AND status = 'active'
    """
  static let rememberPermissions: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after, holder)
    SELECT ?1, 'permission', request, agency, ?3, ?2 FROM permission
    WHERE account = ?2 AND status = 'active'
    """

  // MARK: Everything at once; ?1 the succession or the old agency, ?2 and ?3 the agencies

  static let allAccounts: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after)
    SELECT ?1, 'account', id, ?2, ?3 FROM account WHERE agency = ?2 AND status <> 'closed'
    """
  static let moveAccounts: SQL =
    "UPDATE account SET agency = ?2 WHERE agency = ?1 AND status <> 'closed'"
  static let allRequests: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after)
    SELECT ?1, 'request', id, ?2, ?3 FROM request WHERE agency = ?2 AND \(isOngoing)
    """
  static let moveRequests: SQL =
    "UPDATE request SET agency = ?2 WHERE agency = ?1 AND \(isOngoing)"
  static let allPermissions: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after)
    SELECT ?1, 'permission', request, ?2, ?3 FROM permission
    WHERE agency = ?2 AND status = 'active'
    """
  static let movePermissions: SQL =
    "UPDATE permission SET agency = ?2 WHERE agency = ?1 AND status = 'active'"
  static let allItems: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after)
    SELECT ?1, 'item', id, ?2, ?3 FROM recertification_item
    WHERE agency = ?2 AND status IN ('open', 'unanswered')
    """
  static let moveItems: SQL = """
    UPDATE recertification_item SET agency = ?2
    WHERE agency = ?1 AND status IN ('open', 'unanswered')
    """
  static let allBelow: SQL = """
    INSERT INTO succession_move (succession, kind, id, before, after, was)
    SELECT ?1, 'agency', id, ?2, ?3, CAST(superior_derived AS TEXT) FROM agency
    WHERE superior = ?2 AND id <> ?3
    """
  static let moveBelow: SQL = """
    UPDATE agency SET superior = ?2, superior_derived = 0, updated_at = ?3
    WHERE superior = ?1 AND id <> ?2
    """
  static let isDerived: SQL = "SELECT superior_derived FROM agency WHERE id = ?"
  static let setStatus: SQL = "UPDATE agency SET status = ?2, updated_at = ?3 WHERE id = ?1"
  static let setAuthority: SQL = "UPDATE service SET authority = ?2 WHERE authority = ?1"
  static let openProofs: SQL = """
    SELECT id, reference, purpose FROM verification WHERE status = 'open' AND agency = ?
    """
  static let lines: SQL = """
    SELECT m.kind, m.id, CASE m.kind WHEN 'account' THEN m.id WHEN 'merge' THEN m.id
        ELSE coalesce(r.account, p.account, i.account) END,
      CASE m.kind WHEN 'item' THEN i.request ELSE coalesce(r.id, p.request) END,
      CASE m.kind WHEN 'merge' THEN m.holder END,
      g.id, g.type, g.code, g.name, g.path, g.superior, g.status
    FROM succession_move m
      LEFT JOIN request r ON m.kind IN ('request', 'superseded') AND r.id = m.id
      LEFT JOIN permission p ON m.kind IN ('permission', 'ended') AND p.request = m.id
      LEFT JOIN recertification_item i ON m.kind = 'item' AND i.id = m.id
      LEFT JOIN agency g ON m.kind IN ('status', 'agency', 'authority') AND g.id = m.id
    WHERE m.succession = ? ORDER BY CASE m.kind WHEN 'status' THEN 0 WHEN 'authority' THEN 1
      WHEN 'agency' THEN 2 WHEN 'merge' THEN 3 WHEN 'account' THEN 4 ELSE 5 END, m.kind, m.id
    """

  // MARK: Back again; ?1 the succession

  /// Whose later succession has made one account of two, of which one came or stayed by this one.
  static let mergedLater: SQL = """
    SELECT s.old FROM succession_move l JOIN succession s ON s.id = l.succession
    WHERE l.kind = 'merge' AND s.undone_at IS NULL AND s.applied_at IS NOT NULL AND EXISTS (
        SELECT 1 FROM succession_move m WHERE m.succession = ?1 AND (m.kind = 'account'
          AND m.id IN (l.id, l.holder) OR m.kind = 'merge' AND m.holder IN (l.id, l.holder)))
      AND (s.applied_at, s.id) > (SELECT applied_at, id FROM succession WHERE id = ?1)
    ORDER BY s.applied_at DESC, s.id DESC LIMIT 1
    """
  /// Decided by somebody since; in the very second of the succession, what then waited still.
  static let decided: SQL = """
    SELECT m.id FROM succession_move m JOIN decision d ON d.request = m.id
      JOIN request r ON r.id = m.id
    WHERE m.succession = ?1 AND m.kind = 'request' AND (d.decided_at > ?2 OR d.decided_at = ?2
        AND d.round = r.round AND d.verdict <> 'returned')
      AND d.verdict IN ('approved', 'rejected', 'returned') ORDER BY m.id LIMIT 1
    """
  /// Granted to somebody who has moved.
  static let granted: SQL = """
    SELECT p.request FROM succession_move m JOIN permission p ON p.account = m.id
    WHERE m.succession = ?1 AND m.kind = 'account' AND p.granted_at >= ?2 AND NOT EXISTS
      (SELECT 1 FROM succession_move x WHERE x.succession = ?1
        AND x.kind IN ('permission', 'ended') AND x.id = p.request) ORDER BY 1 LIMIT 1
    """
  /// Granted since to somebody who stays, to take over from who moved or to stand in for them.
  static let stoodIn: SQL = """
    SELECT p.request FROM succession s JOIN permission p ON p.agency = s.new
      JOIN request q ON q.id = p.request
    WHERE s.id = ?1 AND (q.replaces IS NOT NULL OR q.deputy_for IS NOT NULL AND p.status = 'active')
      AND EXISTS (SELECT 1 FROM succession_move WHERE succession = s.id AND kind = 'permission'
        AND id = coalesce(q.replaces, q.deputy_for))
      AND NOT EXISTS (SELECT 1 FROM succession_move WHERE succession = s.id AND kind = 'permission'
        AND id = p.request)
    ORDER BY 1 LIMIT 1
    """
  /// Merged accounts that are not what they were any more.
  static let changed: SQL = """
    SELECT m.holder FROM succession_move m JOIN account l ON l.id = m.id
      JOIN account s ON s.id = m.holder
    WHERE m.succession = ?1 AND m.kind = 'merge' AND (s.status = 'closed'
      OR l.erased_at IS NOT NULL OR s.replaced_at >= ?2 OR EXISTS (SELECT 1 FROM account o
        WHERE o.agency = l.agency AND o.status <> 'closed' AND o.id NOT IN (l.id, s.id)
        AND (o.email = l.email OR o.mobile = l.mobile))) ORDER BY 1 LIMIT 1
    """
  private static let movedAccounts: Fragment = """
    (SELECT id FROM succession_move WHERE succession = ?1 AND kind = 'account')
    """
  static let voidProofs: SQL = """
    UPDATE message SET status = 'lapsed', recipient = '', body = '', claim = NULL,
      claimed_until = NULL WHERE kind = 'code' AND status = 'queued' AND reference IN
      (SELECT reference FROM verification WHERE status = 'open' AND account IN \(movedAccounts))
    """
  static let closeProofs: SQL = """
    UPDATE verification SET status = 'lapsed' WHERE status = 'open' AND account IN \(movedAccounts)
    """
  static let accountsBack: SQL = """
    UPDATE account SET agency = ?2 WHERE status <> 'closed' AND id IN \(movedAccounts)
    """
  /// Accounts that were closed, what they were, and whether the one that went on for them has been
  /// suspended since.
  static let merged: SQL = """
    SELECT m.id, m.was, s.status = 'suspended' AND EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'account:' || s.id AND +u.action = 'account.suspend' AND u.seq > (
        SELECT max(e.seq) FROM succession w JOIN agency g ON g.id = w.old JOIN audit e
          ON e.subject = 'agency:' || g.code AND +e.action = 'agency.succeed' AND e.outcome = 'done'
        WHERE w.id = m.succession))
    FROM succession_move m JOIN account s ON s.id = m.holder
    WHERE m.succession = ? AND m.kind = 'merge' ORDER BY m.id
    """
  private static let given: Fragment = """
    (SELECT id FROM succession_move WHERE succession = ?1 AND holder IS NOT NULL AND kind =
    """
  static let requestsParted: SQL = """
    UPDATE request SET (account, agency) = (SELECT holder, before FROM succession_move
      WHERE succession = ?1 AND kind = 'request' AND id = request.id)
    WHERE \(isOngoing) AND id IN \(given) 'request')
    """
  static let permissionsParted: SQL = """
    UPDATE permission SET (account, agency) = (SELECT holder, before FROM succession_move
      WHERE succession = ?1 AND kind = 'permission' AND id = permission.request)
    WHERE status = 'active' AND request IN \(given) 'permission')
    """
  static let requestsBack: SQL = """
    UPDATE request SET agency = ?3
    WHERE agency = ?2 AND \(isOngoing) AND account IN \(movedAccounts)
    RETURNING id
    """
  static let isMovedRequest: SQL =
    "SELECT 1 FROM succession_move WHERE kind = 'request' AND id = ?"
  static let permissionsBack: SQL = """
    UPDATE permission SET agency = ?3
    WHERE agency = ?2 AND status = 'active' AND account IN \(movedAccounts)
    """
  static let revived: SQL = """
    UPDATE permission SET status = 'active', revoked_at = NULL, revoker = NULL, reason = NULL
    WHERE status = 'revoked' AND request IN
      (SELECT id FROM succession_move WHERE succession = ? AND kind = 'ended') RETURNING request
    """
  static let superseded: SQL = """
    SELECT id, was = 'returned' FROM succession_move WHERE succession = ? AND kind = 'superseded'
    ORDER BY id
    """
  /// One that had been sent back waits for its correction again.
  static let sendBackAgain: SQL = """
    UPDATE request SET status = 'returned', round = (SELECT max(round) FROM decision
      WHERE request = ?1 AND verdict = 'returned') WHERE id = ?1
    """
  /// With what was answered since; also what a review has frozen since, of whoever goes back: an item
  /// is where its permission is.
  static let itemsBack: SQL = """
    UPDATE recertification_item SET agency = ?3
    WHERE agency = ?2 AND (id IN
      (SELECT id FROM succession_move WHERE succession = ?1 AND kind = 'item')
      OR status IN ('open', 'unanswered')
        AND request IN (SELECT request FROM permission WHERE agency = ?3))
    """
  static let below: SQL = """
    SELECT m.id, m.before, m.was = '1' FROM succession_move m JOIN agency g ON g.id = m.id
    WHERE m.succession = ?1 AND m.kind = 'agency' AND g.superior IS m.after
    ORDER BY m.id = ?2, m.id
    """
  /// Whether anybody acts for the authority: whoever rests, or has not proven their contacts, does not.
  static let hasAdministrator: SQL = """
    SELECT 1 FROM administrator WHERE agency = (SELECT authority FROM service)
      AND system = (SELECT id FROM system WHERE code = 'spm') AND starts_at <= ?1 AND ?1 < ends_at
    LIMIT 1
    """
  static let wasStatus: SQL =
    "SELECT was FROM succession_move WHERE succession = ? AND kind = 'status'"
  static let wasAuthority: SQL =
    "SELECT 1 FROM succession_move WHERE succession = ? AND kind = 'authority'"

  // MARK: Who might follow whom

  static let actives: SQL =
    "SELECT \(AgencyTable.columns) FROM agency WHERE status = 'active' ORDER BY sort"
  static let vacant: SQL = """
    SELECT \(AgencyTable.columns) FROM agency g WHERE status = 'removed'
      AND EXISTS (SELECT 1 FROM account a WHERE a.agency = g.id AND a.status <> 'closed') ORDER BY sort
    """
  static let samePeople: SQL = """
    SELECT DISTINCT n.agency FROM account o JOIN account n ON n.email = o.email
      AND n.name_key = o.name_key AND n.status <> 'closed' JOIN agency g ON g.id = n.agency
    WHERE o.agency = ?1 AND o.status <> 'closed' AND n.agency <> ?1 AND g.status = 'active'
    UNION
    SELECT n.agency FROM account o JOIN account n ON n.mobile = o.mobile
      AND n.name_key = o.name_key AND n.status <> 'closed' JOIN agency g ON g.id = n.agency
    WHERE o.agency = ?1 AND o.status <> 'closed' AND n.agency <> ?1 AND g.status = 'active'
    """

  static let statements: [SQL] = [
    byID, ofOld, add, setApplied, setHeld, setUndone, due, standing, heldUp, successor,
    successorAt, next,
    isElsewhere, isHeldIn, hasTakenPlace, pairs,
    remember, hasBecome, held,
    open, giveRequests, rememberRequests, givePermissions, rememberPermissions, allAccounts,
    moveAccounts, allRequests, moveRequests, allPermissions, movePermissions, allItems, moveItems,
    allBelow, moveBelow, isDerived, setStatus, setAuthority, openProofs, lines, mergedLater,
    decided, granted, stoodIn, sendBackAgain,
    changed, voidProofs, closeProofs, accountsBack, merged, requestsParted, permissionsParted,
    requestsBack, isMovedRequest, permissionsBack, revived, superseded, itemsBack, below,
    hasAdministrator, wasStatus,
    wasAuthority, actives, vacant, samePeople,
  ]
}
