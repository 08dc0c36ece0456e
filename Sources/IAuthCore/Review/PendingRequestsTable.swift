// The queries behind the queue. The general one walks an agency's index, the authority's walks the
// index of administrators' requests, so that neither grows with the accounts.

import SQLite
import Sheets
import Values

enum PendingRequestsTable {
  /// Time ends a request whether it is written down yet or not.
  static let statusNow: SQL = """
    CASE WHEN \(ExpiryTable.isOverdue("r", "?10", returned: "?11", now: "?12"))
      THEN 'lapsed' ELSE r.status END
    """
  /// Within one second the trail knows what came first.
  private static let isAfter: SQL = """
    (SELECT max(seq) FROM audit WHERE subject = 'account:' || a.id AND +action = 'account.contacts')
      > (SELECT min(seq) FROM audit WHERE subject = 'request:' || r.id)
    """
  private static func columns(_ status: SQL) -> SQL {
    """
    r.id, r.kind, r.created_at, d.decided_at, g.id, g.type, g.code, g.name, g.path, g.superior,
    g.status, coalesce(a.name, ''), a.title, coalesce(a.email, ''), coalesce(a.mobile, ''), s.code,
    r.role, r.reason, r.document, r.batch, \(status), a.status, r.role = 'admin'
      AND r.agency = (SELECT authority FROM service),
    EXISTS (SELECT 1 FROM account o WHERE o.agency = r.agency AND o.id <> a.id
      AND o.status <> 'closed'
      AND o.domain = substr(coalesce(r.change_email, a.email),
        instr(coalesce(r.change_email, a.email), '@') + 1)),
    r.change_name, r.change_email, r.change_mobile, r.change_title, r.effective_at,
    coalesce((a.replaced_at > r.created_at OR a.replaced_at = r.created_at AND \(isAfter))
      AND a.replaced_at <= coalesce(d.decided_at, a.replaced_at), 0),
    iif(r.open, r.until_at, coalesce((SELECT ends_at FROM permission WHERE request = r.id),
      r.until_at)), r.deputy_for,
    r.replaces,
    (SELECT h.name FROM permission o JOIN account h ON h.id = o.account
      WHERE o.request = coalesce(r.deputy_for, r.replaces)),
    r.round, r.turned_at,
    EXISTS (SELECT 1 FROM account o WHERE o.agency = r.agency AND o.id <> a.id
      AND o.name_key = coalesce(r.change_name_key, a.name_key)),
    a.status = 'suspended' OR EXISTS (SELECT 1 FROM account o WHERE o.agency = r.agency
      AND o.name_key = coalesce(r.change_name_key, a.name_key) AND o.status = 'suspended'),
    EXISTS (SELECT 1 FROM round o WHERE o.request = r.id),
    coalesce(d.reviewer_name, v.name), nullif(d.note, ''), d.deputy_for, d.reviewer,
    coalesce(a.email_bounced_at, a.mobile_bounced_at) IS NOT NULL, \(EffectTable.cutAt),
    \(EffectTable.isPromised)
    """
  }
  static let tables: SQL = """
    FROM request r JOIN account a ON a.id = r.account JOIN agency g ON g.id = r.agency
      JOIN system s ON s.id = r.system LEFT JOIN decision d ON d.request = r.id AND d.round = r.round
      LEFT JOIN account b ON b.id = r.submitter LEFT JOIN account v ON v.id = d.reviewer
    """
  static let notOwn: SQL = """
    a.id <> ?6 AND a.email IS NOT ?7 AND a.mobile IS NOT ?8 AND r.change_email IS NOT ?7
    AND r.change_mobile IS NOT ?8 AND b.id IS NOT ?6 AND b.email IS NOT ?7 AND b.mobile IS NOT ?8
    """
  /// What a list is narrowed to, whoever asks.
  static let filtered: SQL = """
    (?3 IS NULL OR \(statusNow) = ?3)
    AND (?4 IS NULL OR r.agency IN \(SuccessionTable.places("?4")))
    AND (?5 IS NULL OR r.batch = ?5) AND (?14 IS NULL OR r.role = ?14)
    """
  static let ordered: SQL = "ORDER BY r.created_at, r.id LIMIT ?9"
  /// What somebody may decide: not their own, nor as a deputy that of the one represented.
  static let decidable: SQL = """
    AND \(filtered) AND \(notOwn) AND (?13 IS NULL OR NOT EXISTS
      (SELECT 1 FROM own o WHERE o.request = r.id AND o.account = ?13)) \(ordered)
    """
  static let general: SQL = """
    SELECT \(columns(statusNow)) \(tables)
    WHERE r.agency = ?1 AND r.system = ?2 AND r.role = 'general' \(decidable)
    """
  static let admin: SQL = """
    SELECT \(columns(statusNow)) \(tables)
    WHERE r.role = 'admin' AND r.system = ?2 AND ?1 = 0 \(decidable)
    """
  /// Where only what waits is wanted: found by its index and in its order, so that the first lines
  /// cost the same however much has been decided, or waits behind them.
  private static let waitsInAgency: SQL =
    "r.agency = ?1 AND r.system = ?2 AND r.role = 'general' AND r.status = 'pending'"
  private static let waitsForAuthority: SQL =
    "r.role = 'admin' AND r.system = ?2 AND ?1 = 0 AND r.status = 'pending'"
  static let waitingGeneral: SQL =
    "SELECT \(columns(statusNow)) \(tables) WHERE \(waitsInAgency) \(decidable)"
  static let waitingAdmin: SQL =
    "SELECT \(columns(statusNow)) \(tables) WHERE \(waitsForAuthority) \(decidable)"
  static let countGeneral: SQL =
    "SELECT count(*) FROM (SELECT 1 \(tables) WHERE \(waitsInAgency) \(decidable))"
  static let countAdmin: SQL =
    "SELECT count(*) FROM (SELECT 1 \(tables) WHERE \(waitsForAuthority) \(decidable))"
  /// A batch for its submitter: decided or not.
  static let ofBatch: SQL = """
    SELECT \(columns(statusNow)) \(tables)
    WHERE r.batch = ?5 AND ?1 = 0 AND (?2 = 0 OR r.system = ?2) AND \(filtered) AND \(anybody)
    ORDER BY r.id LIMIT ?9
    """
  /// What somebody may see (PRODUCT 6): all; an agency's on one system; one's own and one's batches'.
  static let everything: SQL = """
    SELECT \(columns(statusNow)) \(tables)
    WHERE ?1 = 0 AND (?2 = 0 OR r.system = ?2) AND \(filtered) AND \(anybody) \(ordered)
    """
  static let ofAgency: SQL = """
    SELECT \(columns(statusNow)) \(tables)
    WHERE r.agency IN \(SuccessionTable.places("?1")) AND r.system = ?2 AND \(filtered)
      AND \(anybody) \(ordered)
    """
  static let mine: SQL = """
    SELECT \(columns(statusNow)) \(tables)
    WHERE (r.account = ?1 OR r.account IN \(SuccessionTable.others)
        OR r.batch IN (SELECT id FROM batch WHERE submitter = ?1))
      AND (?2 = 0 OR r.system = ?2) AND \(filtered) AND \(anybody) \(ordered)
    """
  /// Lists that ask nobody's contacts have no use for them.
  static let anybody: SQL = "?6 IS NULL AND ?7 IS NULL AND ?8 IS NULL AND ?13 IS NULL"
  static let one: SQL = "SELECT \(columns("r.status")) \(tables) WHERE r.id = ?1"
  /// Whoever may not see it is no part of its history.
  static let history: SQL = """
    SELECT CASE u.action WHEN 'permission.revoke' THEN coalesce((SELECT min(ends_at, u.at)
        FROM permission WHERE request = CAST(substr(?1, 9) AS INTEGER)), u.at) ELSE u.at END,
      u.action, \(AuditTable.actor), u.outcome
    FROM audit u LEFT JOIN account a ON a.id = u.account
    WHERE u.subject = ?1 AND u.action <> 'request.read' AND u.outcome <> 'request.unknown'
    ORDER BY u.seq
    """
  /// Where the person is asked back.
  static let desk: SQL = "SELECT phone, unit FROM account WHERE id = ?"
  /// Who was told of it and when: by a message of its own, by that of its batch, and by reminders.
  static let told: SQL = """
    SELECT t.at, a.name, t.kind, t.status FROM (
      SELECT coalesce(m.sent_at, m.created_at) AS at, m.account, m.kind, m.status, m.id
        FROM message m WHERE m.request = ?1
      UNION SELECT coalesce(m.sent_at, m.created_at), m.account, m.kind, m.status, m.id
        FROM request r JOIN reviewer v ON v.request = r.id JOIN message m
          ON m.account = v.account AND m.reference = 'batch:' || r.batch
        WHERE r.id = ?1 AND r.batch IS NOT NULL
      UNION SELECT coalesce(m.sent_at, d.sent_at), d.account, 'reminder',
          coalesce(m.status, 'sent'), m.id
        FROM reminder d LEFT JOIN message m
          ON m.account = d.account AND m.kind = 'reminder' AND m.created_at = d.sent_at
        WHERE d.request = ?1) t
    LEFT JOIN account a ON a.id = t.account ORDER BY t.at, t.id
    """
  static let statements: [SQL] = [
    general, admin, waitingGeneral, waitingAdmin, countGeneral, countAdmin, ofBatch, everything,
    ofAgency, mine, one, history, told, desk,
  ]
}

extension PendingRequest {
  init(row: borrowing Row) {
    let hasReplacement = !row.isNull(24)
    self.init(
      number: row.id(0), kind: row.word(1, RequestKind.self), submittedAt: row.time(2),
      decidedAt: row.timeIfAny(3),
      agency: Agency(
        id: row.id(4), type: row.word(5, AgencyType.self), code: row.text(6), name: row.text(7),
        path: row.text(8), superior: row.idIfAny(9), status: row.word(10, AgencyStatus.self)),
      name: row.text(11), title: row.textIfAny(12), email: row.text(13), mobile: row.text(14),
      system: row.text(15), role: row.word(16, Role.self), reason: row.textIfAny(17),
      document: row.textIfAny(18), batch: row.idIfAny(19),
      status: row.word(20, RequestStatus.self),
      isVerified: row.word(21, AccountStatus.self) != .invited, isNational: row.bool(22),
      isDomainKnown: row.bool(23),
      replacement: hasReplacement
        ? Replacement(
          name: row.text(24), email: row.text(25), mobile: row.text(26), title: row.textIfAny(27))
        : nil, effectiveAt: row.timeIfAny(28), isReplaced: row.bool(29), untilAt: row.timeIfAny(30),
      deputyFor: row.idIfAny(31), replaces: row.idIfAny(32), standsFor: row.textIfAny(33),
      round: row.int(34), turnedAt: row.timeIfAny(35), isSameName: row.bool(36),
      isSuspended: row.bool(37), wasReturned: row.bool(38), decidedBy: row.textIfAny(39),
      note: row.textIfAny(40), decider: row.idIfAny(42), decidedFor: row.idIfAny(41),
      doesBounce: row.bool(43), takenOverAt: row.timeIfAny(44),
      isPromised: row.bool(45))
  }
}
