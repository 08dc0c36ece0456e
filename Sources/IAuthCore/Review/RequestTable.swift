// Requests, decisions, permissions and who may decide.

import SQLite
import Sheets
import Values

enum RequestTable {
  static let columns: SQL = """
    id, account, agency, system, role, kind, status, batch, submitter, created_at, effective_at,
    origin, round, turned_at, until_at, deputy_for, replaces, applied_at, reason, document
    """
  static let byID: SQL = "SELECT \(columns) FROM request WHERE id = ?"
  static let add: SQL = """
    INSERT INTO request (account, agency, system, role, kind, origin, reason, document, batch,
      submitter, created_at, effective_at, change_name, change_name_key, change_email,
      change_mobile, change_title, until_at, deputy_for, replaces)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  static let pendingFor: SQL = """
    SELECT id FROM request WHERE account = ? AND system = ? AND role = ? AND open = 1
      AND kind <> 'change'
    """
  static let pendingChange: SQL =
    "SELECT id FROM request WHERE account = ? AND open = 1 AND kind = 'change'"
  static let activeFor: SQL = """
    SELECT request, role, ends_at FROM permission
    WHERE account = ?1 AND system = ?2 AND status = 'active'
      AND (role = ?3 OR role = 'admin' AND starts_at <= ?4 AND coalesce(?4 < ends_at, 1))
    ORDER BY role LIMIT 1
    """
  /// A system that an account administers, this one before others.
  static let adminSystem: SQL = """
    SELECT system FROM permission WHERE account = ?1 AND role = 'admin' AND status = 'active'
    ORDER BY system IS NOT ?2, system LIMIT 1
    """
  static let replacement: SQL = """
    SELECT change_name, change_email, change_mobile, change_title FROM request WHERE id = ?
    """
  /// The round that follows all that were decided, of request ?1.
  static let nextRound: Fragment = "(SELECT max(round) + 1 FROM decision WHERE request = ?1)"
  static let decide: SQL = """
    INSERT INTO decision (request, round, verdict, reviewer, reviewer_name, caller, note,
      decided_at, by_permission, deputy_for)
    VALUES (?1, (SELECT CASE status WHEN 'returned' THEN \(nextRound) ELSE round END FROM request
        WHERE id = ?1), ?2, ?3, (SELECT name FROM account WHERE id = ?3), ?4, ?5, ?6, ?7, ?8)
    """
  static let decision: SQL = """
    SELECT d.verdict, coalesce(d.reviewer_name, a.name), nullif(d.note, ''), d.decided_at,
      d.deputy_for
    FROM request r JOIN decision d ON d.request = r.id AND d.round = r.round
      LEFT JOIN account a ON a.id = d.reviewer
    WHERE r.id = ?
    """
  static let grant: SQL = """
    INSERT INTO permission (request, account, agency, system, role, granted_at, starts_at, ends_at,
      given_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
    """
  /// What its day has ended, has ended then, whoever comes across it.
  static let revoke: SQL = """
    UPDATE permission SET status = 'revoked', revoked_at = min(coalesce(ends_at, ?2), ?2),
      revoker = iif(ends_at <= ?2, NULL, ?3), reason = ?4
    WHERE request = ?1 AND status = 'active'
    """
  static let setEnd: SQL = "UPDATE permission SET ends_at = ?2, reason = ?3 WHERE request = ?1"
  static let markApplied: SQL = "UPDATE request SET applied_at = ?2 WHERE id = ?1"
  /// One that rests says so.
  static let permissionStatus: Fragment =
    "iif(p.status = 'active' AND p.suspended_at IS NOT NULL, 'suspended', p.status)"
  static let permission: SQL = "SELECT \(permissionStatus) FROM permission p WHERE request = ?"
  static let holderID: SQL = "SELECT account FROM permission WHERE request = ?"
  static let activePermissions: SQL =
    "SELECT request FROM permission WHERE account = ? AND status = 'active'"
  /// What somebody is invited to: the permission of a system and role before others.
  static let invited: SQL = """
    SELECT request FROM permission WHERE account = ?1 AND status = 'active'
    ORDER BY system <> ?2, role <> ?3, request LIMIT 1
    """
  static let pendingOf: SQL = "SELECT id FROM request WHERE account = ? AND open = 1"
  static let hasOtherClaim: SQL = """
    SELECT 1 FROM request WHERE account = ?1 AND open = 1
    UNION ALL SELECT 1 FROM permission WHERE account = ?1 AND status = 'active' LIMIT 1
    """
  /// From when and until when a permission holds, or is asked for.
  static let days: SQL = """
    SELECT r.effective_at, iif(r.open, r.until_at, coalesce(p.ends_at, r.until_at))
    FROM request r LEFT JOIN permission p ON p.request = r.id WHERE r.id = ?
    """
  static let holder: SQL = """
    SELECT a.name FROM permission p JOIN account a ON a.id = p.account WHERE p.request = ?
    """
  static let wasReturned: SQL =
    "SELECT 1 FROM round WHERE request = ? LIMIT 1"
  /// By which permissions an account may decide on a request, its own before a deputy's.
  static let rights: SQL = """
    SELECT by_permission, deputy_for, represents FROM reviewer
    WHERE request = ?1 AND account = ?2 AND starts_at <= ?3 AND ?3 < ends_at
    ORDER BY deputy_for IS NOT NULL, by_permission
    """
  static let mayDecide: SQL =
    """
    SELECT 1 FROM reviewer WHERE request = ?1 AND account = ?2 AND starts_at <= ?3 AND ?3 < ends_at
    """
  /// Whether an account administers the system of a `general` permission where that is now.
  static let administers: SQL = """
    SELECT 1 FROM permission p JOIN administrator d ON d.agency = p.agency AND d.system = p.system
    WHERE p.request = ?1 AND p.role = 'general' AND p.status = 'active' AND d.account = ?2
      AND d.starts_at <= ?3 AND ?3 < d.ends_at
    """
  /// The systems of an administrator (?1) of an agency (?2); in the authority, whoever has `spm` also
  /// has those on which it has nobody.
  static let systemsSeen: SQL = """
    SELECT s.id FROM system s JOIN administrator d ON d.account = ?1 AND +d.agency = ?2
    WHERE d.starts_at <= ?3 AND ?3 < d.ends_at AND (d.system = s.id
      OR ?2 = (SELECT authority FROM service)
        AND d.system = (SELECT id FROM system WHERE code = 'spm')
        AND NOT EXISTS (SELECT 1 FROM administrator o WHERE o.agency = ?2 AND o.system = s.id
          AND o.starts_at <= ?3 AND ?3 < o.ends_at))
    GROUP BY s.id
    """
  /// Whether a batch has a request that the account sees as an administrator.
  static let batchTouches: SQL = """
    SELECT 1 FROM request r WHERE r.batch = ?4 AND r.system IN (\(systemsSeen))
      AND (r.agency = ?2 OR ?2 = (SELECT authority FROM service)) LIMIT 1
    """
  static let scopes: SQL =
    """
    SELECT system FROM administrator
    WHERE account = ?1 AND +agency = ?2 AND starts_at <= ?3 AND ?3 < ends_at
    """
  static let scopesWithDeputies: SQL = """
    SELECT system, represents FROM administrator
    WHERE account = ?1 AND +agency = ?2 AND starts_at <= ?3 AND ?3 < ends_at
    ORDER BY represents IS NOT NULL
    """
  /// Systems on which the authority has no administrator: those of `spm` decide there.
  static let orphanSystems: SQL = """
    SELECT id FROM system s WHERE code <> 'spm' AND NOT EXISTS (SELECT 1 FROM administrator
      WHERE agency = (SELECT authority FROM service) AND system = s.id
        AND starts_at <= ?1 AND ?1 < ends_at)
    """
  static let administratorsOf: SQL = """
    SELECT a.id, a.agency, a.name, a.name_key, a.email, a.mobile, a.title, a.status,
      a.unproven_at IS NOT NULL
    FROM administrator d JOIN account a ON a.id = d.account
    WHERE d.agency = ?1 AND d.starts_at <= ?2 AND ?2 < d.ends_at GROUP BY a.id ORDER BY a.id
    """
  static let batchByID: SQL =
    "SELECT id, submitter, document, rows, created_at, told_at FROM batch WHERE id = ?"
  static let batchCounts: SQL = """
    SELECT CASE WHEN \(ExpiryTable.isOverdue("r", "?2", returned: "?3", now: "?4"))
        THEN 'lapsed' ELSE status END,
      count(*) FROM request r WHERE batch = ?1 GROUP BY 1
    """
  static let batchPending: SQL =
    "SELECT id FROM request WHERE batch = ? AND status = 'pending' ORDER BY id"
  /// By the index's own column: one that looks at `open` reads every decided request first.
  static let batchHasPending: SQL = """
    SELECT 1 FROM request WHERE batch = ?1 AND status = 'pending' UNION ALL
    SELECT 1 FROM request WHERE batch = ?1 AND status = 'returned' LIMIT 1
    """
  static let batchTold: SQL = "UPDATE batch SET told_at = ?2 WHERE id = ?1"
  static let statements: [SQL] = [
    systemsSeen, batchTouches,
    byID, add, pendingFor, pendingChange, activeFor, adminSystem, replacement, decide,
    decision, grant, revoke,
    setEnd, markApplied, permission, activePermissions, holderID, invited, pendingOf,
    hasOtherClaim, days, holder, wasReturned, rights, mayDecide, administers, scopes,
    scopesWithDeputies,
    orphanSystems, administratorsOf, batchByID, batchCounts, batchPending, batchHasPending,
    batchTold,
  ]
}

/// The permission by which somebody decides on a request, and for whom if as a deputy.
struct ReviewRight {
  let permission: RequestID
  let deputyFor: RequestID?
  let represents: AccountID?
}

/// The requests of one form.
struct Batch {
  let id: BatchID
  let submitter: AccountID?
  let document: String?
  let rows: Int
  let createdAt: Timestamp
  let toldAt: Timestamp?
}

extension PermissionRequest {
  init(row: borrowing Row) {
    self.init(
      number: row.id(0), account: row.id(1), agency: row.id(2), system: row.id(3),
      role: row.word(4, Role.self), kind: row.word(5, RequestKind.self),
      status: row.word(6, RequestStatus.self), batch: row.idIfAny(7), submitter: row.idIfAny(8),
      createdAt: row.time(9), effectiveAt: row.timeIfAny(10), origin: row.text(11),
      round: row.int(12), turnedAt: row.timeIfAny(13), untilAt: row.timeIfAny(14),
      deputyFor: row.idIfAny(15), replaces: row.idIfAny(16), appliedAt: row.timeIfAny(17),
      reason: row.textIfAny(18), document: row.textIfAny(19))
  }
}

/// A request that is about to be stored.
struct RequestDraft {
  var account: Account
  var system: SystemID
  var role: Role
  var kind = RequestKind.grant
  var origin: String
  var reason: String?
  var document: String?
  var batch: BatchID?
  var submitter: AccountID?
  var effectiveAt: Timestamp?
  var replacement: Replacement?
  var untilAt: Timestamp?
  var deputyFor: RequestID?
  var replaces: RequestID?

  fileprivate func values(_ now: Timestamp) -> [any Bindable] {
    [
      account.id, account.agency, system, role, kind, origin, reason, document, batch, submitter,
      now, effectiveAt, replacement?.name, replacement.map { PersonName(stored: $0.name).key },
      replacement?.email, replacement?.mobile, replacement?.title, untilAt, deputyFor, replaces,
    ]
  }
}

extension Transaction {
  func request(_ number: RequestID) throws(IAuthError) -> PermissionRequest? {
    try first(RequestTable.byID, number) { row in PermissionRequest(row: row) }
  }

  func decision(of number: RequestID) throws(IAuthError) -> Decision? {
    try first(RequestTable.decision, number) { row in
      Decision(
        verdict: row.word(0, RequestStatus.self), reviewer: row.textIfAny(1),
        note: row.textIfAny(2), decidedAt: row.time(3), deputyFor: row.idIfAny(4))
    }
  }

  /// Ends the present round of a request.
  ///
  /// - Parameter right: by which a reviewer decides; the operator and time have none.
  func end(
    _ number: RequestID, _ verdict: RequestStatus, by reviewer: AccountID? = nil,
    note: String? = nil,
    right: ReviewRight? = nil
  ) throws(IAuthError) {
    try run(
      RequestTable.decide, number, verdict, reviewer, world.caller.name, note, now,
      right?.permission,
      right?.deputyFor)
    // What an approval means for whom it is about comes with its effect.
    guard verdict != .approved, verdict != .returned else { return }
    try settleHandOvers(afterChange: number)
    // One that had come up again does not begin.
    if try run(EffectTable.giveUp, number, now, actor?.account, note) > 0 {
      try audit(.revoked, .request(number))
    } else if verdict != .superseded, let request = try request(number),
      let holder = try represented(by: request),
      try exists(StandInTable.wasTold, number, holder.id)
    {
      try tellHandOverOff(request)
    }
  }

  func batch(_ id: BatchID) throws(IAuthError) -> Batch? {
    try first(RequestTable.batchByID, id) { row in
      Batch(
        id: row.id(0), submitter: row.idIfAny(1), document: row.textIfAny(2), rows: row.count(3),
        createdAt: row.time(4), toldAt: row.timeIfAny(5))
    }
  }

  func add(_ draft: RequestDraft) throws(IAuthError) -> RequestID {
    try runMany(RequestTable.add, draft.values(now))
    return RequestID(db.lastInsertID)
  }

  /// A request as messages name it.
  ///
  /// - Parameter known: the applicant, where they were loaded.
  func summary(
    _ request: PermissionRequest, of known: Account? = nil
  ) throws(IAuthError) -> RequestSummary {
    let system = try system(id: request.system)
    let account =
      try known != nil ? known : first(AccountTable.byID, request.account) { Account(row: $0) }
    let authority = try authority()
    var summary = RequestSummary(
      number: request.number, agency: try agency(id: request.agency).name,
      name: account?.name.text ?? "", system: system.name, systemCode: system.code,
      role: request.role, kind: request.kind,
      isNational: request.role == .admin && request.agency == authority.id)
    let days = try first(RequestTable.days, request.number) { row in
      (from: row.timeIfAny(0), until: row.timeIfAny(1))
    }
    (summary.from, summary.until) = (days?.from ?? nil, days?.until ?? nil)
    summary.deputyOf = try holderName(of: request.deputyFor)
    summary.successorOf = try holderName(of: request.replaces)
    summary.inPlaceOf = request.deputyFor ?? request.replaces
    summary.isReturned = request.status == .returned
    summary.isResubmitted = try exists(RequestTable.wasReturned, request.number)
    return summary
  }

  /// The people whose own request it is: the applicant, as they are and as they would be, and the
  /// submitter.
  func people(of request: PermissionRequest) throws(IAuthError) -> [Account] {
    var people: [Account] = []
    for id in [request.account, request.submitter].compactMap({ $0 }) {
      if let account = try first(AccountTable.byID, id, read: { row in Account(row: row) }) {
        people.append(account)
      }
    }
    if let applicant = people.first, let change = try replacement(of: request) {
      people.append(
        Account(
          id: applicant.id, agency: applicant.agency, name: PersonName(stored: change.name),
          email: EmailAddress(stored: change.email), mobile: MobileNumber(stored: change.mobile),
          title: change.title, status: applicant.status))
    }
    return people
  }

  /// What a pending `change` request would make true; nil for other kinds.
  func replacement(of request: PermissionRequest) throws(IAuthError) -> Replacement? {
    guard request.kind == .change else { return nil }
    let found = try first(RequestTable.replacement, request.number) { row in
      row.isNull(0)
        ? nil
        : Replacement(
          name: row.text(0), email: row.text(1), mobile: row.text(2), title: row.textIfAny(3))
    }
    return found ?? nil
  }
}
