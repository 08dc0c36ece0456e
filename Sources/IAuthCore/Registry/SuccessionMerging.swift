// The same person in both agencies (PRODUCT 3.1, 11.4): one account goes on, with the stronger
// permission; the other is closed. Whoever shares a contact under another name stands in the way.

import SQLite
import Values

/// One person's two accounts.
struct SamePerson {
  let survivor: AccountID
  let other: AccountID
}

extension Transaction {
  /// The people who are in both agencies.
  ///
  /// - Throws: `account.taken`, naming all accounts that stand in the way.
  func samePeople(_ old: Agency, _ new: Agency) throws(IAuthError) -> [SamePerson] {
    let pairs = try all(SuccessionTable.pairs, old.id, new.id) { row in
      (
        old: row.id(0) as AccountID, new: row.id(1) as AccountID, isSame: row.bool(2),
        oldStatus: row.word(3, AccountStatus.self), newStatus: row.word(4, AccountStatus.self)
      )
    }
    var count: [AccountID: Int] = [:]
    for pair in pairs {
      count[pair.old, default: 0] += 1
      count[pair.new, default: 0] += 1
    }
    let inTheWay = pairs.filter { !$0.isSame || count[$0.old] != 1 || count[$0.new] != 1 }
    guard inTheWay.isEmpty else {
      throw .accountsTaken(Set(inTheWay.flatMap { [$0.old, $0.new] }).sorted())
    }
    return pairs.map { pair in
      // Whoever is suspended in one of them is suspended: a merge gives nobody their rights back.
      let isOld =
        pair.oldStatus == .suspended
        ? pair.newStatus != .suspended
        : pair.oldStatus == .active && pair.newStatus == .invited
      return SamePerson(
        survivor: isOld ? pair.old : pair.new, other: isOld ? pair.new : pair.old)
    }
  }

  /// Makes one account of two.
  func merge(
    _ pair: SamePerson, _ succession: Int64, _ old: Agency, _ new: Agency
  ) throws(IAuthError) {
    let other = try account(id: pair.other)
    try remember(
      succession, "merge", other.id.value, before: other.agency, after: other.agency,
      holder: pair.survivor, was: other.status.rawValue)
    try mergePermissions(pair, succession)
    try mergeRequests(pair, succession)
    try run(SuccessionTable.rememberRequests, succession, other.id, new.id)
    try run(SuccessionTable.giveRequests, other.id, pair.survivor, new.id)
    try run(SuccessionTable.rememberPermissions, succession, other.id, new.id)
    try run(SuccessionTable.givePermissions, other.id, pair.survivor, new.id)
    try run(AccountTable.setStatus, other.id, AccountStatus.closed, now)
    try endApplications(of: other)
    try audit(.accountClosed, .account(other.id))
  }

  /// Of two permissions of one kind the better one stays; beside `admin` there is no `general`, but
  /// where it lasts longer: nobody has nothing once the `admin` is over.
  private func mergePermissions(
    _ pair: SamePerson, _ succession: Int64
  ) throws(IAuthError) {
    let held = try all(SuccessionTable.held, pair.survivor, pair.other, now) { row in
      (
        request: row.id(0) as RequestID, system: row.id(2) as SystemID,
        role: row.word(3, Role.self), isInForce: row.bool(4), endsAt: row.time(5)
      )
    }
    var best: [SystemID: [Role: Timestamp]] = [:]
    for permission in held {
      let isSecond = best[permission.system]?[permission.role] != nil
      let isIncluded =
        permission.role == .general
        && best[permission.system]?[.admin].map { permission.endsAt <= $0 } ?? false
      guard isSecond || isIncluded else {
        best[permission.system, default: [:]][permission.role] =
          permission.isInForce ? permission.endsAt : Timestamp(0)
        continue
      }
      guard now < permission.endsAt else {
        // Its last day came after the succession's, and is over as well.
        let reason = try text(ExpiryTable.endReason, permission.request) ?? Self.dayIsOver
        try run(RequestTable.revoke, permission.request, now, nil as AccountID?, reason)
        try audit(.revoked, .request(permission.request))
        continue
      }
      try remember(succession, "ended", permission.request.value)
      try run(RequestTable.revoke, permission.request, now, actor?.account, "整併 / merged")
      try audit(.permissionMerged, .request(permission.request))
      // Whom it was to take over from on a later day stays.
      if let heir = try request(permission.request),
        try undoHandOver(heir, isStarted: true)
      {
        try tellHandOverOff(heir)
      }
    }
  }

  /// Who acts since they are one takes over what has waited for them; an undoing gives it back.
  func settleHandOvers(to pair: SamePerson, _ succession: Int64) throws(IAuthError) {
    var waiting: [RequestID] = []
    for number: RequestID in try ids(EffectTable.handOvers, pair.survivor) {
      guard let replaced = try request(number)?.replaces,
        let old = try permissionInForce(replaced)
      else { continue }
      waiting.append(old.number)
    }
    try settleHandOvers(to: pair.survivor)
    for number in waiting where try permissionInForce(number) == nil {
      try remember(succession, "ended", number.value)
    }
  }

  /// Of two requests of one kind the survivor's stays, and none for what they hold by now.
  private func mergeRequests(_ pair: SamePerson, _ succession: Int64) throws(IAuthError) {
    let held = try all(SuccessionTable.held, pair.survivor, pair.other, now) { row in
      (
        number: row.id(0) as RequestID, system: row.id(2) as SystemID,
        role: row.word(3, Role.self), isInForce: row.bool(4), waits: row.bool(6)
      )
    }
    .filter { !$0.waits }
    let open = try all(SuccessionTable.open, pair.survivor, pair.other) { row in
      (
        number: row.id(0) as RequestID, system: row.id(2) as SystemID,
        role: row.word(3, Role.self), kind: row.word(4, RequestKind.self), status: row.text(5)
      )
    }
    var seen: [SystemID: [Role: RequestID]] = [:]
    var change: RequestID?
    for request in open {
      let permission = held.first {
        request.kind == .grant && $0.system == request.system
          && ($0.role == request.role || $0.role == .admin && $0.isInForce)
      }
      let other =
        permission?.number ?? seen[request.system]?[request.role]
        ?? (request.kind == .change ? change : nil)
      guard let other else {
        seen[request.system, default: [:]][request.role] = request.number
        if request.kind == .change { change = request.number }
        continue
      }
      try remember(succession, "superseded", request.number.value, was: request.status)
      try supersede(request.number, by: other, toldTo: pair.survivor)
    }
  }
}
