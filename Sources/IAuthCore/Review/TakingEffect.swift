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
  /// The permission itself while it is in force, or the one of its holder that has renewed it.
  static let inForce: SQL = """
    SELECT n.request, n.ends_at FROM permission o JOIN permission n ON n.account = o.account
      AND n.system = o.system AND n.role = o.role AND n.status = 'active'
    WHERE o.request = ?
    """
  /// Whether two permissions, or a request and one, are of one agency: one may have gone back to its
  /// own since (PRODUCT 11.4).
  static let isOfOneAgency: SQL = """
    SELECT 1 FROM permission o JOIN request r ON r.id = ?1 LEFT JOIN permission p ON p.request = r.id
    WHERE o.request = ?2 AND o.agency = coalesce(p.agency, r.agency)
    """
  static let held: SQL = """
    SELECT request, ends_at FROM permission
    WHERE account = ?1 AND system = ?2 AND role = ?3 AND status = 'active'
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
  /// Changes that somebody who has become an administrator still waits for.
  static let changes: SQL = """
    SELECT id FROM request WHERE account = ? AND open = 1 AND kind = 'change'
      AND role = 'general'
    """
  /// Whether somebody acts by a permission, once its day has come.
  static let acts: SQL = "SELECT 1 FROM administrator WHERE request = ?"
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
  static let reopen: SQL = """
    UPDATE request SET status = 'pending', round = round + 1, turned_at = ?2, role = ?3,
      system = ?4 WHERE id = ?1
    """
  /// A grant that has come up again rests, and has not begun.
  private static let restsAgain: Fragment =
    "request = ?1 AND status = 'active' AND suspended_at IS NOT NULL AND began_at IS NULL"
  static let rest: SQL = "UPDATE permission SET suspended_at = ?2 WHERE request = ?1"
  static let resume: SQL =
    "UPDATE permission SET suspended_at = NULL, began_at = ?2 WHERE \(restsAgain)"
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
  /// Those that take a permission over, and whose day has come.
  static let successors: SQL = """
    SELECT s.request FROM permission p JOIN permission o ON o.account = p.account
        AND o.system = p.system AND o.role = p.role
      JOIN request q ON q.replaces = o.request JOIN permission s ON s.request = q.id
    WHERE p.request = ?1 AND s.status = 'active' AND s.began_at IS NULL
      AND s.suspended_at IS NULL AND s.starts_at > s.granted_at AND s.starts_at <= ?2
    """
  static let endOf: SQL = "SELECT until_at FROM request WHERE id = ?"
  /// A permission with an end that a later one may take the place of, without a gap between them.
  static let renewable: SQL = """
    SELECT p.request FROM permission p JOIN request q ON q.id = p.request
    WHERE p.account = ?1 AND p.system = ?2 AND p.role = ?3 AND p.status = 'active'
      AND p.ends_at < ?5 AND coalesce(?4, 0) <= p.ends_at
      -- (The sign keeps SQLite from preparing it anew for each value.)
      AND +q.deputy_for IS ?6
    """
  static let longest: SQL = "SELECT longest FROM system WHERE id = ?"
  static let statements: [SQL] = [
    standing, inForce, isOfOneAgency, held, rest, began, general, revocation, rivals, deputies,
    handOvers, changes,
    acts, changed, raise, isTheirs,
    reopen, resume, giveUp, starting,
    startingOf, successors, endOf, renewable, longest,
  ]
}

extension Transaction {
  /// Gives what an approved request asks for, from its day on.
  func grant(_ request: PermissionRequest) throws(IAuthError) {
    if try run(EffectTable.resume, request.number, now) > 0 {
      if request.role == .admin { try raiseChanges(of: request) }
      try begin(request)
      return try handOver(request)
    }
    let (begins, ends) = try span(of: request)
    var starts = begins
    let earlier = try renewable(by: request)
    if let earlier {
      // What holds already goes on under the new number, so that there is one at every moment.
      starts = now
      try run(RequestTable.revoke, earlier, now, actor?.account, "展期 / renewed")
      try audit(.revoked, .request(earlier))
      if let renewed = try self.request(earlier) { try supersedeRevocation(of: renewed) }
    }
    try run(
      RequestTable.grant, request.number, request.account, request.agency, request.system,
      request.role, now, starts, ends)
    if request.role == .admin { try raiseChanges(of: request) }
    if starts <= now { try begin(request) }
    try handOver(request)
    guard earlier != nil else { return }
    // Whoever is to take over what was renewed takes over the renewal.
    for heir: RequestID in try ids(EffectTable.successors, request.number, Timestamp(Int64.max)) {
      if let heir = try self.request(heir) { try handOver(heir) }
    }
  }

  /// The invitation of somebody who has not signed in yet, until when the account waits for them.
  ///
  /// - Parameter cause: the request that was decided.
  /// - Parameter known: what was granted, where it was looked up.
  func invite(
    _ account: Account, to granted: PermissionRequest, by cause: PermissionRequest,
    as known: RequestSummary? = nil
  ) throws(IAuthError) {
    var summary: RequestSummary
    if let known { summary = known } else { summary = try self.summary(granted) }
    summary.invitedBy = try inviter(of: granted)
    let since = try first(ExpiryTable.invitedSince, account.id) { row in row.time(0) }
    try queue(
      .invitation(
        request: summary, agencyCode: try agency(id: account.agency).code,
        email: account.email.text, expiresAt: (since ?? now) + settings.invitationLifetime),
      to: .mail(account), reference: cause.number.description, request: cause.number)
  }

  /// Whoever asked for an invited person: their agency and name.
  private func inviter(of request: PermissionRequest) throws(IAuthError) -> String? {
    guard let id = request.submitter,
      let submitter = try first(AccountTable.byID, id, read: { row in Account(row: row) })
    else { return nil }
    return try agency(id: submitter.agency).name + " " + submitter.name.text
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

  /// The permission of a role that ends before one that is asked for, and that the new one renews.
  func renewable(
    _ account: AccountID, _ system: SystemID, _ role: Role, from: Timestamp?, until: Timestamp?,
    deputyFor: RequestID?
  ) throws(IAuthError) -> RequestID? {
    try id(EffectTable.renewable, account, system, role, from, until, deputyFor)
  }

  func renewable(by request: PermissionRequest) throws(IAuthError) -> RequestID? {
    guard request.replaces == nil else { return nil }
    return try renewable(
      request.account, request.system, request.role, from: request.effectiveAt,
      until: request.untilAt, deputyFor: request.deputyFor)
  }

  /// What a permission's start means for requests: they are pointless now.
  private func begin(_ request: PermissionRequest) throws(IAuthError) {
    guard request.role == .admin else { return }
    for number: RequestID in try ids(EffectTable.general, request.account, request.system) {
      try supersede(number, by: request.number)
    }
  }

  /// Starts the permissions whose day has come.
  func beginDue() throws(IAuthError) {
    for number: RequestID in try ids(EffectTable.starting, now) { try begin(permission: number) }
  }

  /// Starts a permission whose day has come; where somebody else would decide on it by now, it comes
  /// up again, and rests until they have.
  func begin(permission number: RequestID) throws(IAuthError) {
    guard let request = try request(number) else { return }
    if try !exists(EffectTable.isTheirs, number), try !isLastPermission(number) {
      try run(EffectTable.rest, number, now)
      try undoHandOver(request, isStarted: true)
      guard try !exists(RequestTable.pendingFor, request.account, request.system, request.role)
      else { return }
      return try reopen(request, request.role, request.system)
    }
    try run(EffectTable.began, number, now)
    try audit(.permissionBegun, .request(number))
    try begin(request)
    try handOver(request)
  }

  /// 交接: the permission that a request takes over ends when the new one takes effect: in the same
  /// transaction, or at the very moment of its start.
  ///
  /// Whoever cannot act (nothing proven yet, suspended, new contacts that wait for their decision)
  /// takes nothing over until they can: there is no moment with neither. The authority's last
  /// administrator stays until somebody else does, too.
  func handOver(_ request: PermissionRequest) throws(IAuthError) {
    guard let replaced = request.replaces,
      let starts = try first(EffectTable.standing, request.number, read: { row in row.time(0) }),
      let old = try permissionInForce(replaced),
      try exists(EffectTable.isOfOneAgency, request.number, old.number)
    else { return }
    guard try exists(EffectTable.acts, request.number) else {
      return try undoHandOver(request, isStarted: true)
    }
    guard try starts > now ? true : !isLastPermission(old.number) else { return }
    let reason = "交接 / handed over"
    if starts <= now {
      _ = try revoke(old.number, reason: reason)
    } else if old.endsAt.map({ $0 > starts }) ?? true {
      try run(RequestTable.setEnd, old.number, starts, reason)
    }
    for rival: RequestID in try ids(EffectTable.rivals, replaced)
    where rival != request.number {
      try supersede(rival, by: request.number)
    }
  }

  /// Looks again at what an account is to take over, when it has become one that acts, or is none
  /// any more.
  func settleHandOvers(to account: AccountID) throws(IAuthError) {
    for number: RequestID in try ids(EffectTable.handOvers, account) {
      if let request = try request(number) { try handOver(request) }
    }
  }

  /// A change that waits lets its person rest; one that is over does so no more.
  func settleHandOvers(afterChange number: RequestID) throws(IAuthError) {
    if let account: AccountID = try id(EffectTable.changed, number) {
      try settleHandOvers(to: account)
    }
  }

  /// Where the successor's permission ends before its day, the other one does not end.
  func undoHandOver(
    _ request: PermissionRequest, isStarted: Bool = false
  ) throws(IAuthError) {
    guard let replaced = request.replaces, let starts = request.effectiveAt,
      isStarted || now < starts,
      let old = try permissionInForce(replaced), old.endsAt == starts
    else { return }
    let asked = try first(EffectTable.endOf, old.number) { row in row.timeIfAny(0) }
    try run(RequestTable.setEnd, old.number, asked ?? nil, nil as String?)
  }

  /// A permission that a deputy stands beside, or a successor takes over: by its number, or by that
  /// under which it goes on since it was renewed (展期).
  func permissionInForce(
    _ number: RequestID
  ) throws(IAuthError) -> (number: RequestID, endsAt: Timestamp?)? {
    try first(EffectTable.inForce, number) { row in (number: row.id(0), endsAt: row.timeIfAny(1)) }
  }

  /// The permission that a revocation is about, and when it ends anyway.
  func revoked(
    by request: PermissionRequest
  ) throws(IAuthError) -> (number: RequestID, endsAt: Timestamp?)? {
    try first(EffectTable.held, request.account, request.system, request.role) { row in
      (number: row.id(0), endsAt: row.timeIfAny(1))
    }
  }

  /// Ends the permission that an approved revocation is about, at once or on its day.
  func applyRevocation(_ request: PermissionRequest) throws(IAuthError) {
    guard let held = try revoked(by: request) else { return }
    let (end, reason) = (request.effectiveAt ?? now, request.reason ?? "附表2 刪除")
    if end <= now {
      _ = try revoke(held.number, reason: reason)
    } else if held.endsAt.map({ end < $0 }) ?? true {
      try run(RequestTable.setEnd, held.number, end, reason)
    }
  }

  /// A revocation that waits is pointless once the permission has ended otherwise.
  func supersedeRevocation(of ended: PermissionRequest) throws(IAuthError) {
    let waiting: RequestID? = try id(
      EffectTable.revocation, ended.account, ended.system, ended.role)
    guard let waiting, let request = try request(waiting) else { return }
    try end(waiting, .superseded)
    try audit(.superseded, .request(waiting))
    try finishBatch(of: request)
  }

  /// Nobody stands in for somebody whose permission has ended.
  func supersedeDeputies(of ended: RequestID) throws(IAuthError) {
    for number: RequestID in try ids(EffectTable.deputies, ended) {
      try supersede(number, by: ended)
    }
  }

  /// Ends a request that another one has made pointless.
  ///
  /// - Parameter person: who is told, if not the applicant's account.
  func supersede(
    _ number: RequestID, by other: RequestID, toldTo person: AccountID? = nil
  ) throws(IAuthError) {
    guard let request = try request(number) else { return }
    try end(number, .superseded)
    try audit(.superseded, .request(number))
    let account = try account(id: person ?? request.account)
    if account.status == .invited {
      // One of two accounts that become one gets the other's claims.
      if person == nil { try closeIfUnclaimed(account) }
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
        _ = try tellReviewers(of: raised, isNew: false)
      }
    }
  }

  /// A change whose day has come; where somebody else would decide on it by now, it comes up again.
  func applyDated(_ request: PermissionRequest, _ account: Account) throws(IAuthError) {
    guard try !exists(EffectTable.isTheirs, request.number) else {
      return try applyChange(request, account)
    }
    let admin: SystemID? = try id(RequestTable.firstAdminSystem, account.id)
    let (role, system) = admin.map { (Role.admin, $0) } ?? (request.role, request.system)
    // Another change may stand in its place by now; it is tried again afterwards.
    guard try !exists(RequestTable.pendingChange, account.id) else { return }
    try reopen(request, role, system)
  }

  /// Lets a request come up again.
  func reopen(
    _ request: PermissionRequest, _ role: Role, _ system: SystemID
  ) throws(IAuthError) {
    try run(EffectTable.reopen, request.number, now, role, system)
    try audit(.reopened, .request(request.number))
    if let reopened = try self.request(request.number) {
      _ = try tellReviewers(of: reopened, isNew: false)
    }
  }
}
