// A plain reference of PRODUCT.md's rules (3.4, 3.5, 11.1 to 11.4): who acts, who decides on what,
// and what must be refused. It is written from the contract and shares nothing with the program; as
// slow and as direct as a person would reckon it with a pencil. Where the contract leaves a case
// open it says so (`unsure`), and only the laws count (Laws.swift).

/// What must become of a step.
enum Expectation: Equatable, Sendable {
  case accepted, unsure
  /// For any of these reasons.
  case refused(Set<String>)

  static func refused(_ reasons: String...) -> Expectation { .refused(Set(reasons)) }
}

struct Reckoning: Sendable {
  var facts: Facts
  var now: Int64
  /// Until when each permission was given; a hand-over only brings its end nearer for a while.
  var given: [Int64: Int64?] = [:]

  static let day: Int64 = 86_400

  // MARK: Who holds what

  func isOver(_ held: Facts.Held) -> Bool {
    held.ended != nil || held.until.map { $0 <= now } ?? false
  }

  func isInForce(_ held: Facts.Held) -> Bool {
    !isOver(held) && held.from <= now && !held.rests
  }

  /// Whether a person's new contacts wait for their decision: the permission rests until then.
  func rests(_ account: Int64) -> Bool {
    facts.requests.values.contains { $0.account == account && $0.kind == "change" && $0.isOpen }
  }

  /// Whether somebody who is in office may use it: in force, active, proven, nothing that waits.
  func isAble(_ account: Int64) -> Bool {
    guard let person = facts.people[account] else { return false }
    return person.status == "active" && person.isProven && !rests(account)
  }

  func acts(_ held: Facts.Held) -> Bool {
    held.isAdmin && isInForce(held) && isAble(held.account)
  }

  func administrators(_ agency: Int64, _ system: Int64) -> [Facts.Held] {
    facts.held.values.filter { $0.agency == agency && $0.system == system && acts($0) }
      .sorted { $0.request < $1.request }
  }

  func posts(_ me: Int64) -> [Facts.Held] {
    facts.held.values.filter { $0.account == me && acts($0) && isOfTheirAgency($0) }
  }

  private func isOfTheirAgency(_ held: Facts.Held) -> Bool {
    facts.people[held.account]?.agency == held.agency
  }

  func permissions(_ account: Int64, _ system: Int64, _ role: String) -> [Facts.Held] {
    facts.held.values.filter {
      $0.account == account && $0.system == system && $0.role == role && !isOver($0)
    }
  }

  func holdsAdmin(_ account: Int64) -> Bool {
    facts.held.values.contains { $0.account == account && $0.isAdmin && !isOver($0) }
  }

  /// Whether whoever holds something is an administrator of the system at that moment.
  func administers(_ held: Facts.Held, at moment: Int64) -> Bool {
    facts.held.values.contains {
      $0.isAdmin && $0.account == held.account && $0.system == held.system && $0.from <= moment
        && moment < min($0.ended ?? Int64.max, $0.until ?? Int64.max)
    }
  }

  /// Whom a deputy stands in for.
  func represented(by held: Facts.Held) -> Int64? {
    facts.requests[held.request]?.deputyFor.flatMap { facts.held[$0]?.account }
  }

  /// What is in force under a number, or under the one by which it has gone on without a gap; what
  /// waits for its decision again is not.
  func inPlace(of number: Int64) -> Facts.Held? {
    var seen: Set<Int64> = []
    var found = facts.held[number]
    while let held = found, isOver(held), held.isRenewed, seen.insert(held.request).inserted {
      found = facts.held.values.first {
        $0.account == held.account && $0.system == held.system && $0.role == held.role
          && $0.grantedAt == held.ended && !seen.contains($0.request)
      }
    }
    return found.flatMap {
      isOver($0) || facts.requests[$0.request]?.isOpen == true ? nil : $0
    }
  }

  /// Who has taken a permission over, or is to.
  func heirs(of held: Facts.Held) -> [Facts.Held] {
    facts.held.values.filter { heir in
      guard let replaced = facts.requests[heir.request]?.replaces.flatMap({ facts.held[$0] })
      else { return false }
      // Under its number, or the one of its renewal.
      return replaced.request == held.request
        || replaced.account == held.account && replaced.system == held.system
          && replaced.role == held.role && replaced.isRenewed
          && replaced.ended == held.grantedAt
    }
  }

  /// Whether the authority would be without an administrator; nil where the contract leaves it
  /// open.
  func isLast(_ leaving: (Facts.Held) -> Bool) -> Bool? {
    let spm = facts.system(Facts.first) ?? 0
    let all = administrators(facts.authority, spm)
    guard all.contains(where: leaving) else { return all.isEmpty ? nil : false }
    let others = all.filter { !leaving($0) }
    if others.isEmpty { return true }
    return others.contains { $0.until == nil } ? false : nil
  }

  // MARK: Whose a request is, and who decides

  /// What time has ended is over, written down or not.
  func isOpen(_ request: Facts.Asked) -> Bool {
    switch request.status {
    case "pending":
      now < request.waitsSince + 180 * Self.day && request.until.map { now < $0 } ?? true
    case "returned": now < request.waitsSince + 30 * Self.day
    default: false
    }
  }

  func isAuthoritys(_ request: Facts.Asked) -> Bool {
    request.role == "admin" || request.kind == "change" && holdsAdmin(request.account)
  }

  func deciders(_ request: Facts.Asked) -> [Facts.Held] {
    guard isAuthoritys(request) else {
      return administrators(request.agency, request.system)
    }
    let own = administrators(facts.authority, request.system)
    return own.isEmpty
      ? administrators(facts.authority, facts.system(Facts.first) ?? 0) : own
  }

  func isOwn(_ me: Int64, _ request: Facts.Asked) -> Bool {
    guard let person = facts.people[me] else { return false }
    return [request.account, request.submitter].compactMap { $0.flatMap { facts.people[$0] } }
      .contains { $0.shares(person) }
  }

  /// Shares the contacts that are asked for: the contract does not say whose that is.
  private func isNearlyOwn(_ me: Int64, _ request: Facts.Asked) -> Bool {
    guard let person = facts.people[me] else { return false }
    return request.newEmail == person.email || request.newMobile == person.mobile
  }

  /// The rights by which somebody decides: what the one represented may not, the deputy may not.
  func rights(_ me: Int64, _ request: Facts.Asked) -> [Facts.Held] {
    deciders(request).filter { $0.account == me }.filter { held in
      represented(by: held).map { !isOwn($0, request) } ?? true
    }
  }

  func mayDecide(_ me: Int64, _ request: Facts.Asked) -> Bool {
    isOpen(request) && request.status == "pending" && !isOwn(me, request)
      && !rights(me, request).isEmpty
  }

  /// The systems whose requests somebody sees as an administrator.
  func systemsSeen(_ me: Int64) -> Set<Int64> {
    let own = Set(posts(me).map(\.system))
    guard let spm = facts.system(Facts.first), own.contains(spm),
      facts.people[me]?.agency == facts.authority
    else { return own }
    return own.union(
      facts.systems.keys.filter { administrators(facts.authority, $0).isEmpty })
  }

  func sees(_ me: Int64, _ request: Facts.Asked) -> Bool {
    if isOwn(me, request) || facts.held[request.id]?.account == me { return true }
    guard let agency = facts.people[me]?.agency, systemsSeen(me).contains(request.system) else {
      return false
    }
    return agency == facts.authority || agency == request.agency
  }

  // MARK: What must be refused

  func decision(by me: Int64, on number: Int64, _ verdict: String) -> Expectation {
    guard let request = facts.requests[number] else { return .refused("request.unknown") }
    // What was decided stays with the agency of then; who sees it afterwards is not said.
    let isHistory = facts.offices[request.agency]?.status == "succeeded"
    guard sees(me, request) else { return isHistory ? .unsure : .refused("request.unknown") }
    guard !posts(me).isEmpty else { return .refused("right.missing") }
    guard deciders(request).contains(where: { $0.account == me }) else {
      return isHistory ? .unsure : .refused("request.outside")
    }
    if isOwn(me, request) || rights(me, request).isEmpty { return .refused("request.own") }
    guard request.status == "pending", isOpen(request) else {
      return .refused("request.decided")
    }
    if isNearlyOwn(me, request) { return .unsure }
    return verdict == "approved" ? obstacle(request) : .accepted
  }

  /// What has happened since, so that it can be granted no more.
  private func obstacle(_ request: Facts.Asked) -> Expectation {
    switch request.kind {
    case "grant":
      let same = permissions(request.account, request.system, request.role)
        .filter { $0.request != request.id }
      if same.contains(where: { $0.until == nil }) { return .refused("permission.held") }
      let admin = permissions(request.account, request.system, "admin")
      if request.role == "general", admin.contains(where: { $0.from <= now }) {
        return .refused("permission.held")
      }
      if !same.isEmpty || request.role == "general" && !admin.isEmpty { return .unsure }
      if let other = request.deputyFor ?? request.replaces {
        guard let old = inPlace(of: other) else {
          return request.deputyFor == nil ? .accepted : .refused("permission.none")
        }
        guard old.agency == request.agency else { return .refused("permission.none") }
        let first = max(now, request.from ?? now)
        if old.from > first { return .refused("permission.none") }
        if request.deputyFor != nil, let end = old.until, end <= first {
          return .refused("permission.none")
        }
        if heirs(of: old).contains(where: { $0.request != request.id }) { return .unsure }
        if request.replaces != nil, isLast({ $0.request == old.request }) != false,
          old.agency == facts.authority
        {
          let bounded = request.until != nil || facts.longest[request.system] != nil
          return bounded ? .refused("account.last") : .unsure
        }
      }
      return .accepted
    case "revoke":
      guard let held = permissions(request.account, request.system, request.role).first else {
        return .unsure
      }
      return switch isLast({ $0.request == held.request }) {
      case true: .refused("account.last")
      case false: .accepted
      default: .unsure
      }
    default:
      let isTaken = facts.people.values.contains {
        $0.isOpen && $0.id != request.account && $0.agency == request.agency
          && ($0.email == request.newEmail || $0.mobile == request.newMobile)
      }
      return isTaken ? .refused("account.taken") : .accepted
    }
  }

  /// One asks for a role; days are counted from today.
  func asking(_ me: Int64, _ ask: Ask, beside: Int64?, on system: Int64) -> Expectation {
    var reasons: Set<String> = []
    if let from = ask.from, from < 0 { reasons.insert("date.invalid") }
    if let until = ask.until, until < max(0, ask.from ?? 0) { reasons.insert("date.invalid") }
    let open = facts.requests.values.filter {
      $0.account == me && $0.system == system && $0.kind != "change" && $0.isOpen
    }
    if open.contains(where: { $0.role == ask.role && isOpen($0) }) {
      reasons.insert("request.duplicate")
    }
    let same = permissions(me, system, ask.role)
    if same.contains(where: { $0.until == nil }) { reasons.insert("permission.held") }
    if ask.role == "general",
      permissions(me, system, "admin").contains(where: { $0.until == nil && $0.from <= now })
    {
      reasons.insert("permission.held")
    }
    var isSure = same.isEmpty && open.allSatisfy { $0.role != ask.role }
    if ask.role == "general" && holdsAdmin(me) { isSure = false }
    if ask.until != nil, facts.longest[system] != nil { isSure = false }
    if let beside, let agency = facts.people[me]?.agency {
      if let old = facts.held[beside], old.agency == agency {
        if isOver(old) || old.account == me || old.system != system || old.role != ask.role
          || facts.requests[beside]?.deputyFor != nil || facts.requests[beside]?.isOpen == true
        {
          reasons.formUnion(["permission.none", "request.unknown"])
        }
        let day = ((now + 8 * 3600) / Self.day + (ask.from ?? 0)) * Self.day - 8 * 3600
        if old.from > max(now, day) { reasons.insert("date.invalid") }
        let last = max(now, day) - (ask.deputyFor != nil ? 0 : 1)
        if let end = old.until, end <= last { reasons.insert("permission.none") }
        // Whether somebody may ask for what is to be handed over already is not said.
        if old.role != "admin" || !heirs(of: old).isEmpty { isSure = false }
      } else {
        reasons.insert("request.unknown")
      }
    }
    guard reasons.isEmpty else {
      // One that ends may be renewed; whether it is comes first where it is not.
      if !same.isEmpty || holdsAdmin(me) { reasons.insert("permission.held") }
      if open.contains(where: { $0.role == ask.role }) { reasons.insert("request.duplicate") }
      if ask.until != nil, facts.longest[system] != nil { reasons.insert("date.invalid") }
      return .refused(reasons)
    }
    return isSure ? .accepted : .unsure
  }

  func withdrawal(by me: Int64, of number: Int64) -> Expectation {
    guard let request = facts.requests[number], sees(me, request) else {
      return .refused("request.unknown")
    }
    guard request.kind != "revoke" && request.account == me || request.submitter == me else {
      return .refused("request.outside")
    }
    return isOpen(request) ? .accepted : .refused("request.decided")
  }

  func resubmission(by me: Int64, of number: Int64, until: Int64?) -> Expectation {
    guard let request = facts.requests[number], sees(me, request) else {
      return .refused("request.unknown")
    }
    // A form's row is its submitter's, while they administer anything.
    let isRow = request.origin == "batch"
    guard (isRow ? request.submitter : request.account) == me else {
      return .refused("request.outside")
    }
    guard !isRow || !posts(me).isEmpty else { return .refused("right.missing") }
    guard isOpen(request) else { return .refused("request.decided") }
    guard request.status == "returned" else { return .refused("request.duplicate") }
    if until == nil { return request.until.map { $0 <= now } ?? false ? .unsure : .accepted }
    return .unsure
  }

  /// By whoever may decide on it, its holder, the agency's administrator for `general`, the
  /// operator.
  func revocation(by me: Int64?, of number: Int64) -> Expectation {
    guard var request = facts.requests[number] else { return .refused("request.unknown") }
    let held = facts.held[number]
    let then = request
    // What is in force is where its person is (11.4).
    if let held, !isOver(held) { (request.account, request.agency) = (held.account, held.agency) }
    if let me, (held?.account ?? request.account) != me {
      if facts.offices[request.agency]?.status == "succeeded" { return .unsure }
      guard sees(me, request) else {
        // Where it was decided on it may be seen still.
        return then.agency == request.agency
          ? .refused("request.unknown")
          : .refused("request.unknown", "request.outside", "right.missing")
      }
      guard !posts(me).isEmpty else {
        return isOwn(me, request) ? .unsure : .refused("right.missing")
      }
      let asked = request.kind == "change" ? nil : request
      guard let asked else { return .unsure }
      if !deciders(asked).contains(where: { $0.account == me }) {
        return .refused("request.outside")
      }
      // Whether a shared contact makes it one's own is said of decisions only.
      if isOwn(me, request) || rights(me, request).isEmpty { return .unsure }
    }
    guard let held, !isOver(held) else { return .refused("permission.none", "request.outside") }
    // What has come up again gives nothing that could end.
    if request.isOpen { return .unsure }
    return switch isLast({ $0.request == number }) {
    case true: .refused("account.last")
    case false: .accepted
    default: .unsure
    }
  }

  func standing(by me: Int64?, of account: Int64, _ verb: String) -> Expectation {
    guard let person = facts.people[account] else { return .refused("account.unknown") }
    if let me {
      guard !posts(me).isEmpty else { return .refused("right.missing") }
      guard person.agency == facts.people[me]?.agency else {
        return .refused("account.unknown")
      }
      guard verb == "suspend" || verb == "close", !holdsAdmin(account) else {
        return .refused("right.missing")
      }
    }
    let fits =
      switch verb {
      case "suspend": person.status == "active"
      case "restore": person.status == "suspended"
      case "close": person.isOpen
      default: !person.isErased
      }
    guard fits else { return .refused("account.state") }
    // An invitation that is over ends with whatever comes across it.
    if person.status == "invited" { return .unsure }
    guard verb != "restore" else { return .accepted }
    return switch isLast({ $0.account == account }) {
    case true: .refused("account.last")
    case false: .accepted
    default: .unsure
    }
  }
}
