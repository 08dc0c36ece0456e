// What the trail says against what the tables say (PRODUCT 3.8): a chain that verifies proves nothing
// of a row that somebody has put beside it, or changed. Every decision, permission, session and
// account has its entry and is as that says, and personal data stands with whom it is about, or went
// with an erasure that is an entry.

import SQLite
import Values

enum ReconciliationTable {
  /// Whose an entry's personal data is: the account that it names, or the request's; and before or
  /// after two accounts became one, the other's.
  private static let whose: Fragment = """
    (SELECT CAST(substr(u.subject, 9) AS INTEGER) AS holder WHERE u.subject GLOB 'account:*'
    UNION ALL SELECT account FROM request
      WHERE u.subject GLOB 'request:*' AND id = CAST(substr(u.subject, 9) AS INTEGER)
    UNION ALL SELECT coalesce(k.holder, m.holder) FROM succession_move m
        LEFT JOIN succession_move k ON k.succession = m.succession AND k.kind = 'merge'
          AND k.id = m.holder AND m.holder = (SELECT account FROM request WHERE id = m.id)
      WHERE u.subject GLOB 'request:*' AND m.kind = 'request' AND m.holder IS NOT NULL
        AND m.id = CAST(substr(u.subject, 9) AS INTEGER))
    """
  /// Entries that look at a request, or come before its end.
  ///
  /// A form's 刪除 ends as it is submitted.
  private static let before: Fragment = """
    ('request.submit', 'request.resubmit', 'request.reopen', 'request.read', 'refused')
    """
  static let lost: SQL = """
    SELECT u.seq FROM audit u WHERE length(u.person_hash) > 0
      AND NOT EXISTS (SELECT 1 FROM audit_person p WHERE p.seq = u.seq)
      AND NOT EXISTS (SELECT 1 FROM \(whose) w JOIN audit e ON e.subject = 'account:' || w.holder
        WHERE +e.action = 'account.erase') ORDER BY u.seq LIMIT 1
    """
  /// The first line of what an entry commits to names the account, but in entries of schema 1.
  static let misplaced: SQL = """
    SELECT u.seq FROM audit_person p JOIN audit u ON u.seq = p.seq
    WHERE length(u.person_hash) = 0 OR p.account NOT IN \(whose)
      OR (p.fields GLOB 'account=*' AND instr(p.fields || char(10),
        'account=' || p.account || char(10)) <> 1)
    ORDER BY u.seq LIMIT 1
    """
  static let permissions: SQL = """
    SELECT 1 FROM permission p WHERE NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'request:' || p.request AND u.action NOT IN \(before)) LIMIT 1
    """
  static let accounts: SQL = """
    SELECT 1 FROM account a WHERE NOT EXISTS (SELECT 1 FROM audit u
        WHERE u.subject = 'account:' || a.id)
      AND NOT EXISTS (SELECT 1 FROM request r JOIN audit u ON u.subject = 'request:' || r.id
        WHERE r.account = a.id) LIMIT 1
    """
  static let erasures: SQL = """
    SELECT 1 FROM account a WHERE a.erased_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'account:' || a.id AND +u.action = 'account.erase') LIMIT 1
    """
  /// The entry of a decision says who, when and which way; what the operator's form ends or changes
  /// is decided as it is submitted, by one entry.
  static let decisions: SQL = """
    SELECT 1 FROM decision d JOIN request r ON r.id = d.request
    WHERE NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'request:' || d.request AND u.at = d.decided_at AND u.caller = d.caller
        AND u.outcome = 'done' AND (u.account IS d.reviewer OR d.verdict NOT IN
          ('approved', 'rejected', 'returned')
          OR d.reviewer IS NULL AND (r.origin = 'appointment' OR r.kind <> 'grant'))
        AND (u.action = CASE d.verdict WHEN 'approved' THEN iif(r.origin = 'appointment',
            'admin.appoint', 'request.approve') WHEN 'rejected' THEN 'request.reject'
          WHEN 'returned' THEN 'request.return' WHEN 'withdrawn' THEN 'request.withdraw'
          WHEN 'lapsed' THEN 'request.lapse' WHEN 'superseded' THEN 'request.supersede' END
        OR r.kind <> 'grant' AND d.reviewer IS NULL AND u.action = 'request.submit')) LIMIT 1
    """
  static let asked: Fragment = """
    char(10) || 'asked=' || r.kind || \
      CASE r.kind WHEN 'change' THEN ' ' ELSE ' ' || r.role || ' ' || s.code
        || coalesce(' from=' || \(time("r.effective_at")), '')
        || coalesce(' until=' || \(time("r.until_at")), '')
        || coalesce(' deputy-for=' || r.deputy_for, '') || coalesce(' replaces=' || r.replaces, '')
        || char(10) END
    """
  /// A request is what was last asked for in it; a change rises with its account's permissions.
  static let requests: SQL = """
    SELECT u.seq FROM request r JOIN system s ON s.id = r.system JOIN audit_person p ON p.seq =
      (SELECT max(e.seq) FROM audit e JOIN audit_person q ON q.seq = e.seq
        WHERE e.subject = 'request:' || r.id AND instr(q.fields, char(10) || 'asked=') > 0
          AND e.action NOT IN ('request.approve', 'request.reject', 'request.return'))
      JOIN audit u ON u.seq = p.seq
    WHERE NOT instr(p.fields || char(10), \(asked))
      OR instr(p.fields, char(10) || 'reason=') AND coalesce(r.reason, '') <> replace(
        substr(p.fields, instr(p.fields, char(10) || 'reason=') + 8), char(10) || char(9), char(10))
        AND NOT EXISTS (SELECT 1 FROM account WHERE id = r.account AND erased_at IS NOT NULL)
      OR instr(p.fields, char(10) || 'agency=') AND NOT instr(p.fields || char(10),
        char(10) || 'agency=' || (SELECT code FROM agency WHERE id = r.agency) || char(10))
        AND NOT EXISTS (SELECT 1 FROM succession_move WHERE kind = 'request' AND id = r.id)
    ORDER BY u.seq LIMIT 1
    """
  /// A permission is what its request asked for, and no longer than it was given for; one that takes
  /// the place of another begins with its end.
  private static let givenOtherwise: Fragment = """
    r.kind <> 'grant' OR p.role <> r.role OR p.system <> r.system
      OR p.agency <> r.agency AND NOT EXISTS (SELECT 1 FROM succession_move
        WHERE kind = 'permission' AND id = p.request)
      OR p.status = 'active' AND p.agency <> (SELECT agency FROM account WHERE id = p.account)
      OR d.decided_at IS NOT p.granted_at
      OR p.account <> r.account AND NOT EXISTS (SELECT 1 FROM succession_move
        WHERE kind = 'permission' AND id = p.request AND holder IS NOT NULL)
      -- (One that has come up again may ask for other days by now, and gives nothing.)
      OR r.status = 'approved' AND (p.starts_at > max(p.granted_at, coalesce(r.effective_at, 0))
        OR p.starts_at < r.effective_at AND r.effective_at > p.granted_at AND NOT EXISTS (
          SELECT 1 FROM permission o WHERE o.account = p.account AND o.system = p.system
            AND o.role = p.role AND o.revoked_at = p.granted_at AND r.effective_at <= o.ends_at
            AND p.starts_at = max(p.granted_at, o.starts_at))
        OR coalesce(p.ends_at, 9223372036854775807) > r.until_at)
    """
  private static let asDecided: Fragment = """
    permission p JOIN request r ON r.id = p.request
      LEFT JOIN decision d ON d.request = p.request AND d.round = (SELECT min(round) FROM decision
        WHERE request = p.request AND verdict = 'approved')
    """
  static let given: SQL = """
    SELECT u.seq FROM \(asDecided)
      JOIN audit u ON u.seq = (SELECT max(e.seq) FROM audit e WHERE e.subject =
        'request:' || p.request AND e.action IN ('request.approve', 'admin.appoint'))
      LEFT JOIN audit_person w ON w.seq = u.seq
    WHERE \(givenOtherwise)
      OR instr(w.fields, char(10) || 'until=') AND coalesce(\(time("p.ends_at")), '~') >
        substr(w.fields, instr(w.fields, char(10) || 'until=') + 7, 20)
        AND NOT EXISTS (SELECT 1 FROM request q JOIN permission n ON n.request = q.id
          WHERE q.replaces = p.request AND n.status = 'revoked')
    ORDER BY u.seq LIMIT 1
    """
  /// The same without the trail, for permissions that no entry bounds.
  static let isGivenOtherwise: SQL = "SELECT 1 FROM \(asDecided) WHERE \(givenOtherwise) LIMIT 1"
  /// A decision that was made is kept as it was made.
  static let undone: SQL = """
    SELECT u.seq FROM audit u WHERE u.outcome = 'done' AND u.subject GLOB 'request:*'
      AND u.action IN ('request.approve', 'request.reject', 'request.return', 'admin.appoint')
      AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.request = CAST(substr(u.subject, 9) AS INTEGER)
        AND d.decided_at = u.at AND d.verdict = CASE u.action WHEN 'request.reject' THEN 'rejected'
          WHEN 'request.return' THEN 'returned' ELSE 'approved' END)
    ORDER BY u.seq LIMIT 1
    """
  /// A permission that was ended and is in force all the same, and by no undoing of a merge.
  static let revived: SQL = """
    SELECT u.seq FROM audit u JOIN permission p
      ON p.request = CAST(substr(u.subject, 9) AS INTEGER)
    WHERE u.action IN ('permission.revoke', 'invitation.lapse') AND u.subject GLOB 'request:*'
      AND u.outcome = 'done' AND p.status = 'active' AND NOT EXISTS (SELECT 1 FROM audit c
        WHERE c.subject = u.subject AND c.seq > u.seq AND (+c.action = 'clock.back'
          OR +c.action = 'agency.undo' AND EXISTS (SELECT 1 FROM succession_move
            WHERE kind = 'ended' AND id = p.request))) LIMIT 1
    """
  /// One that has ended without a word.
  static let ended: SQL = """
    SELECT 1 FROM permission p WHERE p.status = 'revoked' AND NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'request:' || p.request AND u.outcome = 'done'
        AND u.action IN ('permission.revoke', 'permission.merge', 'invitation.lapse')) LIMIT 1
    """
  /// The authority is the agency whose reviewers the operator appointed, or has taken its place.
  static let authority: SQL = """
    SELECT 1 FROM service s WHERE EXISTS (SELECT 1 FROM request WHERE origin = 'appointment')
      AND s.authority NOT IN (SELECT agency FROM request WHERE origin = 'appointment'
        UNION ALL SELECT new FROM succession WHERE applied_at IS NOT NULL) LIMIT 1
    """
  static let keys: SQL = """
    SELECT 1 FROM gate_key k WHERE NOT EXISTS (SELECT 1 FROM audit u WHERE u.action = 'key.enrol'
      AND u.subject IN ('key:' || k.name, 'key:' || k.name || ' account:' || k.account)) LIMIT 1
    """
  static let sessions: SQL = """
    SELECT 1 FROM session s WHERE NOT EXISTS (SELECT 1 FROM audit u
      WHERE u.subject = 'account:' || s.account AND +u.action = 'session.start'
      AND u.session = s.id AND u.account = s.account AND u.caller = s.caller
      AND u.at = s.created_at) LIMIT 1
    """
  /// A session is who, how long (never over eight hours) and by which codes its entry says, or one
  /// that stepped up since; what has ended is over.
  static let signIns: SQL = """
    SELECT u.seq FROM session s JOIN audit u ON u.subject = 'account:' || s.account
      AND +u.action = 'session.start' AND u.session = s.id LEFT JOIN audit_person p ON p.seq = u.seq
    WHERE s.expires_at > s.created_at + 28800
      OR instr(p.fields, char(10) || 'until=') AND NOT (
        instr(p.fields, char(10) || 'session=' || s.name || char(10))
        AND instr(p.fields || char(10), char(10) || 'until=' || \(time("s.expires_at")) || char(10))
        AND (instr(p.fields, char(10) || 'proven=' || substr(iif(s.email_proven, ' email', '')
            || iif(s.sms_proven, ' sms', ''), 2) || char(10))
          OR EXISTS (SELECT 1 FROM audit e WHERE e.subject = u.subject AND e.session = s.id
            AND +e.action = 'session.step-up')))
      OR s.ended_at IS NULL AND (EXISTS (SELECT 1 FROM audit e
          WHERE e.subject = 'session:' || s.name AND +e.action = 'session.end' AND e.session = s.id)
        OR EXISTS (SELECT 1 FROM session n
          WHERE n.caller = s.caller AND n.name = s.name AND n.id > s.id))
    ORDER BY u.seq LIMIT 1
    """
  /// An account is suspended, closed or in use as it was last said.
  static let states: SQL = """
    SELECT u.seq FROM account a JOIN audit u ON u.seq = (SELECT max(seq) FROM audit
      WHERE subject = 'account:' || a.id AND outcome IN ('done', 'idle') AND action IN
        ('account.open', 'account.suspend', 'account.restore', 'account.close', 'account.erase'))
    WHERE CASE u.action WHEN 'account.open' THEN a.status <> 'active'
      WHEN 'account.suspend' THEN a.status <> 'suspended'
      WHEN 'account.restore' THEN a.status = 'closed' ELSE a.status <> 'closed' END
    ORDER BY u.seq LIMIT 1
    """
  /// An account has the contacts that were last proven for it or put in.
  static let contacts: SQL = """
    SELECT p.seq FROM account a JOIN audit_person p ON p.seq = (SELECT max(q.seq)
      FROM audit_person q JOIN audit u ON u.seq = q.seq
      WHERE q.account = a.id AND instr(q.fields, char(10) || 'email=') > 0
        AND (u.action IN ('account.open', 'account.contacts', 'admin.appoint')
          OR u.action = 'request.submit' AND EXISTS (SELECT 1 FROM request r
            WHERE r.id = CAST(substr(u.subject, 9) AS INTEGER) AND r.kind = 'grant')))
    WHERE a.erased_at IS NULL AND NOT coalesce(
      instr(char(10) || p.fields, char(10) || 'name=' || a.name || char(10))
      AND instr(p.fields, char(10) || 'email=' || a.email || char(10))
      AND instr(p.fields || char(10), char(10) || 'mobile=' || a.mobile || char(10)), 0)
    ORDER BY p.seq LIMIT 1
    """
  /// A reason is what its reviewer gave.
  static let notes: SQL = """
    SELECT u.seq FROM decision d JOIN audit u ON u.subject = 'request:' || d.request
        AND u.at = d.decided_at AND u.account = d.reviewer AND +u.action = CASE d.verdict
          WHEN 'approved' THEN 'request.approve' WHEN 'rejected' THEN 'request.reject'
          WHEN 'returned' THEN 'request.return' END
      JOIN audit_person p ON p.seq = u.seq
    WHERE instr(p.fields, char(10) || 'note=') > 0 AND NOT EXISTS (SELECT 1 FROM decision o
      WHERE o.request = d.request AND o.decided_at = d.decided_at AND o.reviewer = d.reviewer
        AND o.note IN (substr(p.fields, instr(p.fields, char(10) || 'note=') + 6),
          \(AuditTrailTable.note)))
    ORDER BY u.seq LIMIT 1
    """
  /// Who decided is named as the trail knows them; an entry of schema 1 may begin with the name.
  static let reviewers: SQL = """
    SELECT 1 FROM (SELECT DISTINCT reviewer, reviewer_name FROM decision
      WHERE reviewer_name IS NOT NULL) d
    WHERE d.reviewer IS NULL OR NOT EXISTS (SELECT 1 FROM audit_person p
      WHERE p.account = d.reviewer AND instr(char(10) || p.fields || char(10),
        char(10) || 'name=' || d.reviewer_name || char(10)))
    LIMIT 1
    """
  /// Who decided did so by a permission of theirs, in the place of whom its own request names, which
  /// an entry commits to.
  static let rights: SQL = """
    SELECT 1 FROM decision d JOIN permission p ON p.request = d.by_permission
      JOIN request q ON q.id = p.request
    WHERE d.deputy_for IS NOT q.deputy_for OR p.role <> 'admin'
      OR p.account IS NOT d.reviewer AND NOT EXISTS (SELECT 1 FROM succession_move
        WHERE kind = 'permission' AND id = p.request AND holder IS NOT NULL)
    LIMIT 1
    """
  /// The feed is gapless, but where a restored copy went on with higher numbers, and up to its end.
  static let feed: SQL = """
    SELECT 1 FROM (SELECT coalesce(max(seq), 0) AS last, count(*) AS lines FROM permission_change)
      CROSS JOIN (SELECT count(*) AS times FROM audit WHERE action = 'database.restore')
    WHERE times = 0 AND coalesce((SELECT seq FROM sqlite_sequence
        WHERE name = 'permission_change'), 0) <> last
      OR lines <> last AND times < (SELECT count(*) FROM permission_change c WHERE c.seq > 1
        AND NOT EXISTS (SELECT 1 FROM permission_change b WHERE b.seq = c.seq - 1))
    """
  /// Its lines are about who has the permission or had it, and their last one says whether it is
  /// access now, and from when until when.
  ///
  /// (What has begun with its grant has begun, by whichever clock.)
  static let told: SQL = """
    SELECT 1 FROM permission_change c LEFT JOIN permission p ON p.request = c.request
    WHERE p.role IS NOT c.role OR p.system IS NOT c.system
      OR p.account <> c.account AND NOT EXISTS (SELECT 1 FROM succession_move
        WHERE kind = 'permission' AND id = c.request AND holder IS NOT NULL)
    UNION ALL SELECT 1 FROM permission_line WHERE is_access <> is_told
    UNION ALL SELECT 1 FROM permission p JOIN permission_change c ON c.seq =
        (SELECT max(seq) FROM permission_change WHERE request = p.request)
      WHERE c.change <> 'ended' AND (c.ends_at IS NOT p.ends_at
        OR max(c.starts_at, p.granted_at) <> max(p.starts_at, p.granted_at)) LIMIT 1
    """
  private static func time(_ column: Fragment) -> Fragment {
    "strftime('%Y-%m-%dT%H:%M:%SZ', \(column), 'unixepoch')"
  }
  /// Whether an entry is missing, with the question that evidence may have answered.
  static let absences: [(sql: SQL, question: TrailEvidence.Question?)] = [
    (permissions, .permissions), (accounts, .accounts), (erasures, .erasures), (decisions, nil),
    (sessions, nil), (ended, nil), (authority, nil), (keys, nil), (reviewers, nil), (feed, nil),
    (told, nil), (rights, nil),
  ]
  static let differences: [(sql: SQL, question: TrailEvidence.Question?)] = [
    (requests, .requests), (given, .given), (undone, nil), (revived, nil), (signIns, nil),
    (states, .states),
    (contacts, .contacts), (notes, .notes),
  ]
  static let statements: [SQL] = [
    lost, misplaced, permissions, accounts, erasures, decisions, sessions, ended, authority, keys,
    requests, given, undone, revived, signIns, states, contacts, notes, isGivenOtherwise, reviewers,
    feed,
    told, rights,
  ]
}

extension Transaction {
  /// - Parameter entries: how many the trail has; what has none would be behind the last.
  /// - Parameter evidence: what the reading of the trail has answered already.
  /// - Throws: `audit.broken`.
  func reconcile(
    _ entries: Int64, _ evidence: TrailEvidence? = nil
  ) throws(IAuthError) {
    let open = try evidence?.unanswered() ?? Set(TrailEvidence.Question.allCases)
    let isOpen = { (question: TrailEvidence.Question?) in question.map(open.contains) ?? true }
    let persons: [(SQL, TrailEvidence.Question)] = [
      (ReconciliationTable.lost, .lost), (ReconciliationTable.misplaced, .misplaced),
    ]
    for (sql, question) in persons where isOpen(question) {
      if let seq = try number(sql) { throw .auditBroken(seq: seq, .personalData) }
    }
    for (sql, question) in ReconciliationTable.absences where isOpen(question) {
      guard try number(sql) == nil else { throw .auditBroken(seq: entries + 1, .unrecorded) }
    }
    for (sql, question) in ReconciliationTable.differences where isOpen(question) {
      if let seq = try number(sql) { throw .auditBroken(seq: seq, .differs) }
    }
  }
}
