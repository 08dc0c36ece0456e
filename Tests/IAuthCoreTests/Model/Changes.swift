// Nothing changes but by the step that was done, or by time: each difference between two moments
// has to have its reason, and what a step was for has to be there.

/// A step, with whom and what it names looked up.
struct Deed {
  var step: Step
  var outcome = Outcome.done
  var me: Int64?
  var request: Int64?
  var account: Int64?
  /// Whom the rows of a form name.
  var named: Set<Int64> = []
  var item: Int64?
  /// Who of the cast opens an account with it.
  var who: Int?
}

struct Change {
  let before: Reckoning
  let after: Reckoning
  let deed: Deed

  var now: Int64 { after.now }
  var isDone: Bool { deed.outcome == .done }

  /// Successions that came true, or were taken back, with this step.
  var applied: [Facts.Move] {
    after.facts.moves.values.filter {
      $0.applied != nil && $0.stands && before.facts.moves[$0.id]?.applied == nil
    }
  }
  var undone: [Facts.Move] {
    after.facts.moves.values.filter {
      !$0.stands && $0.applied != nil && before.facts.moves[$0.id]?.stands == true
    }
  }
  var isMoving: Bool { !applied.isEmpty || !undone.isEmpty }

  func check() throws {
    for (number, old) in before.facts.held {
      guard let new = after.facts.held[number] else { throw gone("permission \(number)") }
      if old != new || before.isOver(old) != after.isOver(new) { try check(old, new) }
    }
    for (number, new) in after.facts.held where before.facts.held[number] == nil {
      try checkGrant(new)
    }
    for (number, old) in before.facts.requests {
      guard let new = after.facts.requests[number] else { throw gone("request \(number)") }
      if old != new { try check(old, new) }
    }
    for (number, new) in after.facts.requests where before.facts.requests[number] == nil {
      try checkSubmission(new)
    }
    for (number, old) in before.facts.people {
      guard let new = after.facts.people[number] else { throw gone("account \(number)") }
      if old != new { try check(old, new) }
    }
    for (number, new) in after.facts.people where before.facts.people[number] == nil {
      try checkOpening(new)
    }
    for (number, all) in after.facts.decisions {
      for decision in all.dropFirst(before.facts.decisions[number]?.count ?? 0) {
        try check(decision)
      }
    }
    for (number, old) in before.facts.items {
      guard let new = after.facts.items[number] else { throw gone("item \(number)") }
      if old != new { try check(old, new) }
    }
    if isDone { try checkDone() }
  }

  private func gone(_ what: String) -> Fault { Fault(law: "nothing is ever deleted", detail: what) }

  func unexplained(_ what: String, _ old: Any, _ new: Any) -> Fault {
    Fault(law: "nothing changes by itself: \(what)", detail: "\(old) -> \(new)")
  }

  // MARK: Permissions

  private func check(_ old: Facts.Held, _ new: Facts.Held) throws {
    let wasOver = before.isOver(old)
    let isOver = after.isOver(new)
    guard old.request == new.request, old.system == new.system, old.role == new.role,
      old.grantedAt == new.grantedAt, old.from == new.from || isGrantedAgain(new)
    else { throw unexplained("permission", old, new) }
    if old.agency != new.agency || old.account != new.account, !isMoving {
      throw unexplained("whose permission", old, new)
    }
    if wasOver, !isGrantedAgain(new) || old.ended != nil {
      if !isOver, undone.isEmpty { throw unexplained("permission revived", old, new) }
      if isOver, let end = old.ended, end != new.ended { throw unexplained("end", old, new) }
      return
    }
    if isOver { return try checkEnd(old, new) }
    if isGrantedAgain(new) { return try checkTime(new, of: before.facts.requests[new.request]) }
    if old.until != new.until { try checkUntil(old, new) }
    if old.rests != new.rests { try checkRest(old, new) }
  }

  /// Whether one that had come up again was approved again.
  private func isGrantedAgain(_ new: Facts.Held) -> Bool {
    guard isDone, case .decide(_, _, .approved) = deed.step else { return false }
    return deed.request == new.request
  }

  /// From when until when something holds that is granted now.
  private func checkTime(_ new: Facts.Held, of request: Facts.Asked?) throws {
    guard let request else { return }
    let renewed = before.permissions(new.account, new.system, new.role)
      .filter { $0.request != new.request }
    // One that was granted too late for its day holds since then, or from now on.
    let late = request.round > 1 ? request.from ?? now : now
    let begins = max(now, request.from ?? now)
    let froms =
      renewed.isEmpty ? [begins, late] : renewed.map { max(now, min(begins, $0.from)) }
    var until = request.until
    if let longest = before.facts.longest[new.system] {
      // One that came up again has held nothing until it is granted again.
      let last = max(new.from, now) + longest + 8 * 3600
      let bound = last / Reckoning.day * Reckoning.day - 8 * 3600
      until = min(until ?? bound, bound)
    }
    guard froms.contains(new.from), new.until == until || !renewed.isEmpty else {
      throw unexplained("time of a grant", request, new)
    }
    for old in renewed where !after.isOver(after.facts.held[old.request] ?? old) {
      throw Fault(law: "never two at once", detail: "\(old.request) and \(new.request)")
    }
  }

  /// Why a permission has ended.
  private func checkEnd(_ old: Facts.Held, _ new: Facts.Held) throws {
    let number = old.request
    let end = new.ended ?? new.until ?? now
    if isDone {
      switch deed.step {
      case .revoke where deed.request == number: return
      case .answer(_, _, false) where deed.request == number: return
      case .decide(_, _, .approved):
        guard let request = deed.request.flatMap({ before.facts.requests[$0] }) else { break }
        let isOfIt =
          request.account == old.account && request.system == old.system
          && request.role == old.role
        if isOfIt, request.kind == "revoke" || request.kind == "grant" && old.until != nil {
          return
        }
      case .form where deed.named.contains(old.account): return
      default: break
      }
    }
    // With its person.
    if before.facts.people[old.account]?.isOpen == true,
      after.facts.people[new.account]?.isOpen == false
    {
      return
    }
    if !applied.isEmpty, isKept(old) { return }
    // One that came up for decision again before it began, and was not granted.
    if new.rests, !new.hasBegun, let request = after.facts.requests[number], !request.isOpen,
      request.status != "approved"
    {
      return
    }
    // One that would have come up again, of somebody who administers the system by now.
    if !old.isAdmin, !old.hasBegun, old.from <= now, new.rests, after.administers(new, at: end) {
      return
    }
    let heirs = after.heirs(of: old)
    if let until = old.until ?? new.until, until <= now, end == until {
      let isOwnEnd = before.given[number] == .some(.some(until))
      let isRemoval = after.facts.requests.values.contains {
        $0.kind == "revoke" && $0.status == "approved" && $0.account == old.account
          && $0.system == old.system && $0.role == old.role && $0.from == until
      }
      if isOwnEnd || isRemoval { return }
    }
    // Taken over, by somebody who is there for it.
    let isTaken = heirs.contains { heir in
      let isThere = heir.from <= end && (!after.isOver(heir) || heir.until ?? 0 > end)
      return isThere && !heir.rests && after.isAble(heir.account)
        && after.facts.present(heir.agency) == after.facts.present(new.agency)
        && (end == heir.from || end == now)
    }
    // Also one after the other, all on the same day.
    let isPassedOn = heirs.contains { heir in
      heir.from == end
        && after.heirs(of: heir).contains { next in
          next.from == end && after.isInForce(next) && after.isAble(next.account)
        }
    }
    guard isTaken || isPassedOn else {
      var fault = unexplained("end of a permission", old, new)
      fault.subject = number
      throw fault
    }
  }

  /// After a merge something of the same person is as good.
  private func isKept(_ old: Facts.Held) -> Bool {
    let account = after.facts.survivor(old.account)
    let other = after.facts.held.values.filter {
      $0.account == account && $0.system == old.system && !after.isOver($0)
    }
    return other.contains { held in
      (held.role == old.role || held.isAdmin)
        && (held.until == nil || held.until ?? 0 >= old.until ?? Int64.max || held.role == old.role)
    }
  }

  private func checkUntil(_ old: Facts.Held, _ new: Facts.Held) throws {
    let heirs = after.heirs(of: old)
    let removal = after.facts.requests.values.first {
      $0.kind == "revoke" && $0.status == "approved" && $0.account == new.account
        && $0.system == new.system && $0.role == new.role && $0.from == new.until
    }
    if let until = new.until, until < old.until ?? Int64.max {
      guard removal != nil || heirs.contains(where: { $0.from == until }) else {
        var fault = unexplained("nearer end", old, new)
        fault.subject = old.request
        throw fault
      }
      return
    }
    // A hand-over was called off: it lasts as long as it was given for, and not beyond what a form
    // has ended.
    let isRemoved = after.facts.requests.values.contains { request in
      request.kind == "revoke" && request.status == "approved"
        && request.account == new.account && request.system == new.system
        && request.role == new.role
        && request.from.map { $0 > new.grantedAt && $0 < new.until ?? Int64.max } ?? false
    }
    guard new.until == before.given[old.request] ?? nil || removal != nil, !isRemoved else {
      throw unexplained("later end", old, new)
    }
  }

  private func checkRest(_ old: Facts.Held, _ new: Facts.Held) throws {
    if new.rests {
      let isReopened = after.facts.requests[old.request]?.status == "pending"
      if isReopened, old.from <= now, !old.hasBegun { return }
      let item = after.facts.items.values.contains {
        $0.request == old.request && $0.status == "unanswered" && $0.rests
      }
      guard case .closeReview = deed.step, isDone, item else {
        throw unexplained("rest", old, new)
      }
      if old.isAdmin, before.acts(old), !after.administrators(old.agency, old.system).isEmpty {
        return
      }
      guard old.isAdmin, before.acts(old) else { return }
      throw Fault(law: "a review leaves an agency its administrator", detail: "\(old.request)")
    }
    guard isDone, deed.request == old.request else { throw unexplained("rest", old, new) }
  }

  private func checkGrant(_ new: Facts.Held) throws {
    if isDone, case .appoint = deed.step { return }
    guard isDone, case .decide(_, _, .approved) = deed.step, deed.request == new.request,
      let request = before.facts.requests[new.request]
    else { throw unexplained("grant", "", new) }
    guard new.account == request.account, new.agency == request.agency,
      new.system == request.system, new.role == request.role, new.grantedAt == now
    else { throw unexplained("grant", request, new) }
    try checkTime(new, of: request)
  }

  // MARK: Reviews

  private func check(_ old: Facts.Item, _ new: Facts.Item) throws {
    if old.agency != new.agency, !isMoving { throw unexplained("item", old, new) }
    guard old.status != new.status else { return }
    switch (old.status, new.status) {
    case ("open", "unanswered"):
      if isDone, case .closeReview = deed.step { return }
    case ("open", "kept"), ("open", "ended"), ("unanswered", "kept"), ("unanswered", "ended"):
      if isDone, case .answer = deed.step, deed.item == old.id { return }
    default: break
    }
    throw unexplained("item", old, new)
  }
}
