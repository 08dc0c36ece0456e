// What an approval makes true, at once or on its day (PRODUCT 3.4, 11.1). A permission holds from
// its start to its end by the times that stand in it; here is what its start means for others: whose
// permission it takes over, and which requests it has made pointless.

import SQLite
import Sheets
import Values

extension TakeOver {
  init(row: borrowing Row) {
    self.init(request: row.id(0), name: row.textIfAny(1) ?? "", at: row.timeIfAny(2))
  }
}

extension Transaction {
  /// Gives what an approved request asks for, from its day on.
  func grant(_ request: PermissionRequest) throws(IAuthError) {
    let (begins, ends) = try span(of: request)
    if try run(EffectTable.resume, request.number, now, begins, ends) > 0 {
      if request.role == .admin { try raiseChanges(of: request.account, on: request.system) }
      if begins <= now { try begin(request) }
      return try handOver(request)
    }
    var starts = begins
    let earlier = try renewable(by: request)
    if let earlier {
      // What holds, or will, goes on under the new number, so that there is one at every moment of both.
      let first = try first(EffectTable.standing, earlier) { row in row.time(0) } ?? begins
      starts = max(now, min(begins, first))
      try end(permission: earlier, by: actor?.account, reason: "展期 / renewed")
      if let renewed = try self.request(earlier) { try supersedeRevocation(of: renewed) }
    }
    try run(
      RequestTable.grant, request.number, request.account, request.agency, request.system,
      request.role, now, starts, ends)
    if request.role == .admin { try raiseChanges(of: request.account, on: request.system) }
    if starts <= now { try begin(request) }
    try handOver(request)
    guard earlier != nil else { return }
    // Whoever is to take over what was renewed takes over the renewal.
    for heir in try heirs(of: request.number) {
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
  func inviter(of request: PermissionRequest) throws(IAuthError) -> String? {
    guard let id = request.submitter,
      let submitter = try first(AccountTable.byID, id, read: { row in Account(row: row) })
    else { return nil }
    return try agency(id: submitter.agency).name + " " + submitter.name.text
  }

  /// Whoever has submitted a form's row, as the person is told.
  func submitterName(of request: PermissionRequest) throws(IAuthError) -> Bilingual {
    try inviter(of: request).map { Bilingual($0, $0) } ?? Bilingual("the operator", "系統維運人員")
  }

  /// From when until when a permission holds that is granted now.
  func span(
    of request: PermissionRequest
  ) throws(IAuthError) -> (starts: Timestamp, ends: Timestamp?) {
    let starts = max(now, request.effectiveAt ?? now)
    var ends = request.untilAt
    if request.origin != "appointment",
      let longest = try system(id: request.system).longest
    {
      // The longest grant ends with a day, as every end that is asked for does; it may have become
      // shorter since.
      let bound = Timestamp(startOfTaipeiDay: (starts + longest).taipeiDay)
      ends = min(ends ?? bound, bound)
    }
    return (starts, ends)
  }

  /// The permission of a role that ends before one that is asked for, and that the new one renews.
  func renewable(
    _ account: AccountID, _ system: SystemID, _ role: Role, from: Timestamp?, until: Timestamp?,
    deputyFor: RequestID?
  ) throws(IAuthError) -> RequestID? {
    try id(EffectTable.renewable, account, system, role, from, until, deputyFor, now)
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

  /// Starts the permissions whose day had come by a moment.
  ///
  /// All that come up again rest before anybody is told: none of them decides on another.
  func beginDue(by moment: Timestamp) throws(IAuthError) {
    var again: [PermissionRequest] = []
    for number: RequestID in try ids(EffectTable.starting, moment) {
      guard try exists(EffectTable.standing, number), let request = try request(number)
      else { continue }
      if try rests(request) { again.append(request) } else { try start(request) }
    }
    for request in again { try comeUpAgain(request) }
  }

  /// Starts a permission whose day has come; where somebody else would decide on it by now, it comes
  /// up again, and rests until they have.
  func begin(permission number: RequestID) throws(IAuthError) {
    guard let request = try request(number) else { return }
    if try rests(request) { try comeUpAgain(request) } else { try start(request) }
  }

  /// Lets a permission rest that somebody else would decide on by now; false if it may begin.
  private func rests(_ request: PermissionRequest) throws(IAuthError) -> Bool {
    guard try !exists(EffectTable.isTheirs, request.number), try !isLastPermission(request.number)
    else { return false }
    try run(EffectTable.rest, request.number, now)
    try undoHandOver(request, isStarted: true)
    try tellHandOverOff(request)
    return true
  }

  private func comeUpAgain(_ request: PermissionRequest) throws(IAuthError) {
    // An administrator has the use of the system already: there is nothing to decide.
    if request.role == .general,
      try heldPermission(request.account, request.system, .general)?.role == .admin
    {
      _ = try revoke(request.number, reason: "已具機關管理者權限 / held as an administrator")
      return
    }
    guard try !exists(RequestTable.pendingFor, request.account, request.system, request.role)
    else { return }
    try reopen(request, request.role, request.system, because: .reviewersChanged)
    let account = try account(id: request.account)
    // Somebody invited has an invitation, and hears of the end alone.
    guard account.status != .invited else { return }
    try queue(
      .comesUpAgain(request: try summary(request)), to: .mail(account),
      reference: request.number.description, request: request.number)
  }

  private func start(_ request: PermissionRequest) throws(IAuthError) {
    try run(EffectTable.began, request.number, now)
    try audit(.permissionBegun, .request(request.number))
    try begin(request)
    try handOver(request)
    try tellHandOverOff(request)
  }

  /// 交接: the permission that a request takes over ends when the new one takes effect: in the same
  /// transaction, or at the very moment of its start.
  ///
  /// Whoever cannot act (nothing proven yet, suspended, new contacts that wait for their decision)
  /// takes nothing over until they can: there is no moment with neither. The authority's last
  /// administrator stays until somebody else does, too.
  func handOver(_ request: PermissionRequest) throws(IAuthError) {
    guard let replaced = request.replaces,
      let starts = try first(EffectTable.standing, request.number, read: { row in row.time(0) })
    else { return }
    if starts <= now { try supersedeWaiting(replaced, by: request) }
    guard let old = try permissionInForce(replaced) else {
      if try starts <= now ? exists(EffectTable.acts, request.number) : false {
        try endHeirs(waitingHeirs(of: replaced, but: request.number))
      }
      return
    }
    guard try exists(EffectTable.isOfOneAgency, request.number, old.number) else { return }
    guard try exists(EffectTable.acts, request.number) else {
      try undoHandOver(request, isStarted: true)
      return
    }
    guard try starts > now ? true : !isLastPermission(old.number) else { return }
    let reason = "交接 / handed over"
    if starts <= now {
      // What asked for a longer time asks for nothing any more.
      for renewal: RequestID in try ids(EffectTable.renewals, old.number) {
        try supersede(renewal, by: request.number)
      }
      let others = try waitingHeirs(of: old.number, but: request.number)
      _ = try revoke(old.number, reason: reason)
      try endHeirs(others)
    } else if old.endsAt.map({ $0 > starts }) ?? true {
      try run(RequestTable.setEnd, old.number, starts, reason)
    }
    for rival: RequestID in try ids(EffectTable.rivals, replaced)
    where rival != request.number {
      try supersede(rival, by: request.number)
    }
  }

  /// Those besides one who are to take over what is in force under a number, or was over under it.
  private func waitingHeirs(
    of number: RequestID, but heir: RequestID
  ) throws(IAuthError) -> [RequestID] {
    let others = try all(EffectTable.waitingHeirs, number, heir, now) { row in
      (number: row.id(0) as RequestID, replaces: row.id(1) as RequestID)
    }
    var found: [RequestID] = []
    for other in others
    where try (permissionInForce(other.replaces)?.number ?? other.replaces) == number {
      found.append(other.number)
    }
    return found
  }

  /// One post goes to one successor: the others take nothing over any more.
  private func endHeirs(_ heirs: [RequestID]) throws(IAuthError) {
    for heir in heirs { _ = try revoke(heir, reason: "他人已接任 / somebody else has taken it over") }
  }

  /// What waits for its decision again (PRODUCT 3.4) is pointless once somebody has taken it over.
  private func supersedeWaiting(
    _ number: RequestID, by heir: PermissionRequest
  ) throws(IAuthError) {
    guard let waiting = try request(number), waiting.status.isOpen,
      try exists(EffectTable.standing, number), try exists(EffectTable.acts, heir.number),
      try exists(EffectTable.isOfOneAgency, heir.number, number)
    else { return }
    try supersede(number, by: heir.number)
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
  ///
  /// - Returns: whether there was anything to undo.
  @discardableResult
  func undoHandOver(
    _ request: PermissionRequest, isStarted: Bool = false
  ) throws(IAuthError) -> Bool {
    guard let replaced = request.replaces, let starts = request.effectiveAt,
      isStarted || now < starts,
      let old = try permissionInForce(replaced), old.endsAt == starts
    else { return false }
    let asked = try first(EffectTable.endOf, old.number) { row in row.timeIfAny(0) }
    // It ends then anyway.
    guard (asked ?? nil) != starts else { return false }
    try run(RequestTable.setEnd, old.number, asked ?? nil, nil as String?)
    return true
  }

  /// Those that are to take a permission over, on whichever day.
  func heirs(of number: RequestID) throws(IAuthError) -> [RequestID] {
    try ids(EffectTable.successors, number, Timestamp(Int64.max))
  }

  /// Who takes over what a request would go on with, before the end that it asks for.
  func takeOver(cutting request: RequestID) throws(IAuthError) -> TakeOver? {
    if let known = try first(EffectTable.takeOver, request, read: TakeOver.init(row:)) {
      return known
    }
    return try first(EffectTable.takeOverBySomebodyInvited, request, read: TakeOver.init(row:))
  }

  /// Who takes a permission over when it ends.
  func takeOver(of permission: RequestID) throws(IAuthError) -> TakeOver? {
    try first(EffectTable.takeOverOf, permission, read: TakeOver.init(row:))
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
}
