// What an approval makes true, at once or on its day (PRODUCT 3.4, 11.1). A permission holds from
// its start to its end by the times that stand in it; here is what its start means for others: whose
// permission it takes over, and which requests it has made pointless.

import SQLite
import Sheets
import Values

enum EffectTable {
  static let standing: SQL = """
    SELECT starts_at, ends_at FROM permission WHERE request = ? AND status = 'active'
    """
  static let began: SQL = "UPDATE permission SET began_at = ?2 WHERE request = ?1"
  /// Requests for the use of the system, which being its administrator includes.
  static let general: SQL = """
    SELECT id FROM request WHERE account = ?1 AND system = ?2 AND role = 'general'
      AND kind = 'grant' AND open = 1
    """
  /// Requests to take over the same permission.
  static let rivals: SQL = "SELECT id FROM request WHERE replaces = ?1 AND open = 1"
  /// Hand-overs to this account that have not ended the other permission yet.
  static let handOvers: SQL = """
    SELECT q.id FROM permission p JOIN request q ON q.id = p.request
      JOIN permission o ON o.request = q.replaces
    WHERE p.account = ? AND p.status = 'active' AND o.status = 'active'
    """
  /// Changes that somebody who has become an administrator still waits for.
  static let changes: SQL = """
    SELECT id FROM request WHERE account = ? AND open = 1 AND kind = 'change'
      AND role = 'general'
    """
  static let raise: SQL = "UPDATE request SET role = 'admin', system = ?2 WHERE id = ?1"
  /// Whether those who decided on a request are still those who would decide.
  static let isTheirs: SQL = """
    SELECT 1 FROM request r JOIN decision d ON d.request = r.id AND d.round = r.round
      LEFT JOIN account v ON v.id = d.reviewer
    WHERE r.id = ?1 AND (d.reviewer IS NULL OR v.agency = CASE WHEN r.role = 'admin'
      OR r.kind = 'change' AND EXISTS (SELECT 1 FROM permission h WHERE h.account = r.account
        AND h.role = 'admin' AND h.status = 'active')
      THEN (SELECT authority FROM service) ELSE r.agency END)
    """
  static let reopen: SQL = """
    UPDATE request SET status = 'pending', round = round + 1, turned_at = ?2, role = 'admin',
      system = ?3 WHERE id = ?1
    """
  static let starting: SQL = """
    SELECT request FROM permission WHERE status = 'active' AND began_at IS NULL
      AND starts_at > granted_at AND starts_at <= ? ORDER BY starts_at, request
    """
  static let startingOf: SQL = """
    SELECT request FROM permission WHERE account = ?1 AND status = 'active' AND began_at IS NULL
      AND starts_at > granted_at AND starts_at <= ?2 ORDER BY starts_at, request
    """
  static let endOf: SQL = "SELECT until_at FROM request WHERE id = ?"
  static let longest: SQL = "SELECT longest FROM system WHERE id = ?"
  static let statements: [SQL] = [
    standing, began, general, rivals, handOvers, changes, raise, isTheirs, reopen, starting,
    startingOf, endOf, longest,
  ]
}

extension Transaction {
  /// Gives what an approved request asks for, from its day on.
  func grant(_ request: PermissionRequest) throws(IAuthError) {
    let (starts, ends) = try span(of: request)
    try run(
      RequestTable.grant, request.number, request.account, request.agency, request.system,
      request.role, now, starts, ends)
    if request.role == .admin { try raiseChanges(of: request) }
    if starts <= now { try begin(request) }
    try handOver(request)
  }

  /// From when until when a permission holds that is granted now.
  func span(
    of request: PermissionRequest
  ) throws(IAuthError) -> (starts: Timestamp, ends: Timestamp?) {
    let starts = max(now, request.effectiveAt ?? now)
    var ends = request.untilAt
    if request.origin != "appointment",
      let longest = try number(EffectTable.longest, request.system)
    {
      // The longest grant ends with a day, as every end that is asked for does; it may have become
      // shorter since.
      let bound = Timestamp(startOfTaipeiDay: (starts + .seconds(longest)).taipeiDay)
      ends = min(ends ?? bound, bound)
    }
    return (starts, ends)
  }

  /// What a permission's start means for requests: they are pointless now.
  private func begin(_ request: PermissionRequest) throws(IAuthError) {
    guard request.role == .admin else { return }
    for number: RequestID in try ids(EffectTable.general, request.account, request.system) {
      try supersede(number, by: request.number)
    }
  }

  /// Starts a permission whose day has come.
  func begin(permission number: RequestID) throws(IAuthError) {
    guard let request = try request(number) else { return }
    try run(EffectTable.began, number, now)
    try audit(.permissionBegun, .request(number))
    try begin(request)
    try handOver(request)
  }

  /// 交接: the permission that a request takes over ends when the new one takes effect: in the same
  /// transaction, or at the very moment of its start.
  ///
  /// Somebody who has proven nothing yet takes nothing over; their first sign-in does.
  func handOver(_ request: PermissionRequest) throws(IAuthError) {
    guard let replaced = request.replaces,
      let starts = try first(EffectTable.standing, request.number, read: { row in row.time(0) }),
      let old = try first(EffectTable.standing, replaced, read: { row in row.timeIfAny(1) })
    else { return }
    let successor = try account(id: request.account)
    guard successor.status == .active else { return }
    let reason = "交接 / handed over"
    if starts <= now {
      _ = try revoke(replaced, reason: reason)
    } else if old.map({ $0 > starts }) ?? true {
      try run(RequestTable.setEnd, replaced, starts, reason)
    }
    for rival: RequestID in try ids(EffectTable.rivals, replaced)
    where rival != request.number {
      try supersede(rival, by: request.number)
    }
  }

  /// Takes over what an account that has just proven itself was to take over.
  func handOver(to account: AccountID) throws(IAuthError) {
    for number: RequestID in try ids(EffectTable.handOvers, account) {
      if let request = try request(number) { try handOver(request) }
    }
  }

  /// Where the successor's permission ends before its day, the other one does not end.
  func undoHandOver(_ request: PermissionRequest) throws(IAuthError) {
    guard let replaced = request.replaces, let starts = request.effectiveAt, now < starts,
      let end = try first(EffectTable.standing, replaced, read: { row in row.timeIfAny(1) }),
      end == starts
    else { return }
    let asked = try first(EffectTable.endOf, replaced) { row in row.timeIfAny(0) }
    try run(RequestTable.setEnd, replaced, asked ?? nil, nil as String?)
  }

  private func supersede(_ number: RequestID, by other: RequestID) throws(IAuthError) {
    guard let request = try request(number) else { return }
    try end(number, .superseded)
    try audit(.superseded, .request(number))
    let account = try account(id: request.account)
    if account.status == .invited {
      try closeIfUnclaimed(account)
    } else if actor?.account != account.id {
      try queue(
        .superseded(request: try summary(request), by: other), to: .mail(account),
        reference: number.description, request: number)
    }
    try finishBatch(of: request)
  }

  /// The data of whoever has become an administrator are the authority's to decide on from now on.
  private func raiseChanges(of request: PermissionRequest) throws(IAuthError) {
    for number: RequestID in try ids(EffectTable.changes, request.account) {
      try run(EffectTable.raise, number, request.system)
      try audit(.reopened, .request(number))
      if let raised = try self.request(number), raised.status == .pending {
        _ = try tellReviewers(of: raised)
      }
    }
  }

  /// A change whose day has come; where somebody else would decide on it by now, it comes up again.
  func applyDated(_ request: PermissionRequest, _ account: Account) throws(IAuthError) {
    guard try !exists(EffectTable.isTheirs, request.number),
      let system: SystemID = try id(RequestTable.firstAdminSystem, account.id)
    else { return try applyChange(request, account) }
    // Another request of the person may stand in its place by now; it is tried again afterwards.
    guard try !exists(RequestTable.pendingFor, account.id, system, Role.admin),
      try !exists(RequestTable.pendingChange, account.id)
    else { return }
    try run(EffectTable.reopen, request.number, now, system)
    try audit(.reopened, .request(request.number))
    if let reopened = try self.request(request.number) { _ = try tellReviewers(of: reopened) }
  }
}
