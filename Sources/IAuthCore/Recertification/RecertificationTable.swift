// The queries of the periodic review. Who may answer stands in the view `recertifier`; lists of one
// person begin at their agency, so that they do not grow with the country.

import SQLite
import Values

enum RecertificationTable {
  static let open: SQL = """
    INSERT INTO recertification (name, system, top, due_at, opener, opened_at)
    VALUES (?, ?, ?, ?, ?, ?)
    """
  /// An open review whose system and subtree touch those of a new one.
  static let overlapping: SQL = """
    WITH RECURSIVE below (id) AS (SELECT ?2 UNION
      SELECT g.id FROM agency g JOIN below ON g.superior = below.id),
    above (id) AS (SELECT ?2 UNION
      SELECT g.superior FROM agency g JOIN above ON g.id = above.id WHERE g.superior IS NOT NULL)
    SELECT id FROM recertification WHERE closed_at IS NULL
      AND (system IS NULL OR ?1 IS NULL OR system = ?1)
      AND (top IS NULL OR ?2 IS NULL OR top IN (SELECT id FROM below)
        OR top IN (SELECT id FROM above))
    ORDER BY id LIMIT 1
    """
  static let freeze: SQL = """
    INSERT INTO recertification_item (recertification, request, account, agency, system, role,
      last_used_at)
    SELECT ?1, p.request, p.account, p.agency, p.system, p.role, a.used_at
    FROM permission p JOIN account a ON a.id = p.account JOIN agency g ON g.id = p.agency
    WHERE p.status = 'active' AND p.suspended_at IS NULL
      AND p.starts_at <= ?2 AND (p.ends_at IS NULL OR ?2 < p.ends_at)
      AND (?3 IS NULL OR p.system = ?3)
    ORDER BY g.sort, p.request
    """
  static let freezeBelow: SQL = """
    INSERT INTO recertification_item (recertification, request, account, agency, system, role,
      last_used_at)
    WITH RECURSIVE below (id) AS (SELECT ?4 UNION
      SELECT g.id FROM agency g JOIN below ON g.superior = below.id)
    SELECT ?1, p.request, p.account, p.agency, p.system, p.role, a.used_at
    FROM below CROSS JOIN permission p ON p.agency = below.id
      JOIN account a ON a.id = p.account JOIN agency g ON g.id = p.agency
    WHERE p.status = 'active' AND p.suspended_at IS NULL
      AND p.starts_at <= ?2 AND (p.ends_at IS NULL OR ?2 < p.ends_at)
      AND (?3 IS NULL OR p.system = ?3)
    ORDER BY g.sort, p.request
    """
  /// Who may answer for what of a review that is open, but for what is their own, or whose they
  /// represent.
  private static func assigned(at now: Fragment) -> Fragment {
    """
    FROM recertification_item i JOIN permission p ON p.request = i.request
      JOIN recertifier v ON v.item = i.id JOIN account m ON m.id = v.account
      JOIN account a ON a.id = i.account LEFT JOIN account h ON h.id = v.represents
    WHERE i.recertification = ?1 AND i.status = 'open' AND p.status = 'active'
      AND v.starts_at <= \(now) AND \(now) < v.ends_at
      AND a.id <> m.id AND a.email IS NOT m.email AND a.mobile IS NOT m.mobile
      AND (h.id IS NULL
        OR h.id <> a.id AND h.email IS NOT a.email AND h.mobile IS NOT a.mobile)
    """
  }
  static let reviewers: SQL = """
    SELECT v.account, count(DISTINCT i.id) \(assigned(at: "?2"))
    GROUP BY v.account ORDER BY v.account
    """
  /// An open item that nobody may answer; `i` is the item, `p` its permission.
  private static func isUnassigned(at now: Fragment) -> Fragment {
    """
    i.status = 'open' AND p.status = 'active' AND i.id NOT IN (SELECT i.id \(assigned(at: now)))
    """
  }
  static let unassigned: SQL = """
    SELECT count(*) FROM recertification_item i JOIN permission p ON p.request = i.request
    WHERE i.recertification = ?1 AND \(isUnassigned(at: "?2"))
    """
  static let byID: SQL = """
    SELECT id, name, system, top, due_at, opened_at, closed_at FROM recertification WHERE id = ?
    """
  static let openReviews: SQL = """
    SELECT id, name, system, top, due_at, opened_at, closed_at FROM recertification
    WHERE closed_at IS NULL ORDER BY id
    """
  static let newest: SQL = "SELECT max(id) FROM recertification"
  static let columns: Fragment = """
    i.id, i.recertification, i.request, i.account, g.id, g.type, g.code, g.name, g.path,
    g.superior, g.status, a.name, a.title, a.email, a.mobile, s.code, i.role, p.starts_at, v.name,
    i.last_used_at, CASE WHEN i.status = 'open' AND p.status <> 'active' THEN 'ended'
      ELSE i.status END, w.name, i.answered_at, i.note, p.revoked_at, i.suspended_at,
    coalesce(a.email_bounced_at, a.mobile_bounced_at) IS NOT NULL
    """
  static let tables: Fragment = """
    FROM recertification_item i JOIN recertification c ON c.id = i.recertification
      JOIN permission p ON p.request = i.request JOIN account a ON a.id = i.account
      JOIN agency g ON g.id = i.agency JOIN system s ON s.id = i.system
      JOIN decision d ON d.request = i.request AND d.round = (SELECT max(round) FROM decision
        WHERE request = i.request AND verdict = 'approved')
      LEFT JOIN account v ON v.id = d.reviewer
      LEFT JOIN account w ON w.id = i.answerer
    """
  /// What waits for an answer: of an open review, or at rest since one was closed.
  private static let waiting: Fragment = """
    p.status = 'active' AND coalesce(p.ends_at > ?6, 1)
      AND (i.status = 'open' AND c.closed_at IS NULL
      OR i.status = 'unanswered' AND i.suspended_at IS NOT NULL)
      AND a.id <> ?3 AND a.email IS NOT ?4 AND a.mobile IS NOT ?5
    """
  static let mineGeneral: SQL = """
    SELECT \(columns) \(tables)
    WHERE i.agency = ?1 AND i.system = ?2 AND i.role = 'general'
      AND i.status IN ('open', 'unanswered') AND \(waiting) ORDER BY i.id
    """
  static let mineBelow: SQL = """
    WITH RECURSIVE below (id) AS (SELECT b.id FROM agency b JOIN agency me ON me.id = b.superior
        WHERE me.id = ?1 AND me.status = 'active' UNION
      SELECT b.id FROM agency b JOIN below ON b.superior = below.id)
    SELECT \(columns) \(tables)
    WHERE i.agency IN (SELECT id FROM below) AND i.system = ?2 AND i.role = 'admin'
      AND i.status IN ('open', 'unanswered') AND \(waiting) ORDER BY i.id
    """
  static let mineEverywhere: SQL = """
    SELECT \(columns) \(tables)
    WHERE ?1 IS NOT NULL AND i.system = ?2 AND i.role = 'admin'
      AND i.status IN ('open', 'unanswered') AND \(waiting) ORDER BY i.id
    """
  // Whether a sheet may have been written with what it says of an item, before that changed.

  /// The agency's name has, or its place was taken.
  static let wasNamed: SQL = """
    SELECT 1 FROM recertification_item i JOIN recertification r ON r.id = i.recertification
    WHERE i.id = ?1 AND (EXISTS (SELECT 1 FROM agency WHERE id = i.agency AND updated_at > r.opened_at)
      OR EXISTS (SELECT 1 FROM succession_move WHERE kind = 'item' AND id = i.id))
    """
  /// The item was of the agency with this code (?2).
  static let wasOfCode: SQL = """
    SELECT 1 FROM succession_move m JOIN agency g ON g.id = m.before
    WHERE m.kind = 'item' AND m.id = ?1 AND g.code = ?2
    """
  /// The person once had this name (?2).
  static let wasCalled: SQL = """
    SELECT 1 FROM recertification_item i JOIN audit_person p ON p.account = i.account
    WHERE i.id = ?1 AND instr(char(10) || p.fields || char(10), char(10) || 'name=' || ?2 || char(10))
    """
  /// The person's data have been set since; of a title nobody knows any more what it was.
  static let wasTitled: SQL = """
    SELECT 1 FROM recertification_item i JOIN recertification r ON r.id = i.recertification
      JOIN account a ON a.id = i.account
    WHERE i.id = ?1 AND a.status_at > r.opened_at
    """
  static let one: SQL = "SELECT \(columns) \(tables) WHERE i.id = ?"
  /// What of a review a reader sees: all, or an agency's (?2), with those below it unless it stands
  /// alone (?3); or one person's (?4).
  private static let seen: Fragment = """
    i.recertification = ?1 AND (?4 IS NULL OR i.account = ?4) AND (?2 IS NULL OR i.agency IN (
      WITH RECURSIVE below (id) AS (SELECT ?2 UNION
        SELECT b.id FROM agency b JOIN below ON b.superior = below.id WHERE NOT ?3)
      SELECT id FROM below))
    """
  static let ofReview: SQL = "SELECT \(columns) \(tables) WHERE \(seen) ORDER BY g.sort, i.id"
  /// Whether somebody acts for another at all.
  static let standsIn: SQL = """
    SELECT 1 FROM administrator WHERE account = ?1 AND represents IS NOT NULL
      AND starts_at <= ?2 AND ?2 < ends_at LIMIT 1
    """
  /// Whether somebody may answer for an account by a right of their own, or for one whose own it is not.
  static let answersFor: SQL = """
    SELECT 1 FROM administrator d JOIN account a ON a.id = ?4
      LEFT JOIN account h ON h.id = d.represents
    WHERE d.account = ?1 AND d.starts_at <= ?2 AND ?2 < d.ends_at
      AND (d.system = ?3 OR d.agency = (SELECT authority FROM service))
      AND (h.id IS NULL OR NOT (h.id = a.id OR h.email = a.email OR h.mobile = a.mobile)) LIMIT 1
    """
  static let answer: SQL = """
    UPDATE recertification_item SET status = ?2, answerer = ?3, answered_at = ?4, note = ?5,
      suspended_at = NULL WHERE id = ?1
    """
  static let close: SQL = "UPDATE recertification SET closed_at = ?2, closer = ?3 WHERE id = ?1"
  static let markUnanswered: SQL = """
    UPDATE recertification_item SET status = 'unanswered'
    WHERE recertification = ?1 AND status = 'open'
      AND (SELECT status FROM permission p WHERE p.request = recertification_item.request) = 'active'
    RETURNING id
    """
  /// An unanswered permission rests, unless it is an agency's last administrator.
  static let suspendItem: SQL = "UPDATE recertification_item SET suspended_at = ?2 WHERE id = ?1"
  static let suspendPermission: SQL =
    "UPDATE permission SET suspended_at = ?2 WHERE request = ?1 AND suspended_at IS NOT ?2"
  static let isLastOfAgency: SQL = """
    SELECT 1 FROM permission p WHERE p.request = ?1 AND p.role = 'admin' AND NOT EXISTS
      (SELECT 1 FROM administrator d WHERE d.agency = p.agency AND d.system = p.system
        AND d.deputy_for IS NULL AND d.account <> p.account AND d.starts_at <= ?2 AND ?2 < d.ends_at
        AND coalesce(p.ends_at, 9223372036854775807) <= d.ends_at)
    """
  /// What was unanswered at the closing stays so, whatever ends it later; only what rests is open.
  static let counts: SQL = """
    SELECT g.id, g.type, g.code, g.name, g.path, g.superior, g.status, count(*),
      sum(i.status = 'kept'), sum(i.status = 'ended' OR i.status = 'open' AND p.status <> 'active'),
      sum((i.status = 'open' OR i.suspended_at IS NOT NULL) AND p.status = 'active'),
      sum(\(isUnassigned(at: "?5")))
    FROM recertification_item i JOIN agency g ON g.id = i.agency
      JOIN permission p ON p.request = i.request
    WHERE \(seen) GROUP BY g.id ORDER BY g.sort
    """
  static let openCount: SQL = """
    SELECT count(*) FROM recertification_item i JOIN permission p ON p.request = i.request
    WHERE i.recertification = ? AND i.status = 'open' AND p.status = 'active'
    """
  /// How far a review has come, by the superior of the agencies.
  static let rates: SQL = """
    SELECT coalesce(t.name, g.name), sum(i.status IN ('kept', 'ended')
        OR i.status = 'open' AND p.status <> 'active'), count(*), sum(\(isUnassigned(at: "?2")))
    FROM recertification_item i JOIN permission p ON p.request = i.request
      JOIN agency g ON g.id = i.agency LEFT JOIN agency t ON t.id = g.superior
    WHERE i.recertification = ?1
    GROUP BY coalesce(t.id, g.id) ORDER BY coalesce(t.sort, g.sort)
    """
  static let statements: [SQL] = [
    open, overlapping, freeze, freezeBelow, reviewers, unassigned, byID, openReviews, newest,
    mineGeneral, mineBelow, mineEverywhere, wasNamed, wasOfCode, wasCalled, wasTitled, one,
    ofReview, standsIn,
    answersFor, answer,
    close, markUnanswered, suspendItem, suspendPermission, isLastOfAgency, counts, openCount, rates,
  ]
}
