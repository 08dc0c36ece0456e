// The reference's rules for what concerns whole agencies: forms, periodic reviews, successions
// (PRODUCT 3.5, 11.3, 11.4).

extension Reckoning {
  // MARK: Forms

  /// An administrator imports for their agency and all below it; the authority and the operator for
  /// all.
  func reaches(_ me: Int64?, _ agency: Int64) -> Bool {
    guard let me else { return true }
    guard let mine = facts.people[me]?.agency else { return false }
    return mine == facts.authority || mine == agency
      || facts.offices[mine]?.status == "active" && facts.isAbove(mine, agency)
  }

  func importing(by me: Int64?) -> Expectation {
    guard let me else { return .accepted }
    return posts(me).isEmpty ? .refused("right.missing") : .accepted
  }

  // MARK: Periodic reviews

  func opening(by me: Int64?, system: Int64?, under top: Int64?) -> Expectation {
    if let me {
      guard facts.people[me]?.agency == facts.authority, !posts(me).isEmpty else {
        return .refused("right.missing")
      }
    }
    let open = facts.reviews.values.filter { $0.closed == nil }
    let overlaps = open.contains { review in
      let isSameSystem = review.system == nil || system == nil || review.system == system
      let one = top.map { facts.isWithin(review.top, $0) } ?? true
      let other = review.top.map { facts.isWithin(top, $0) } ?? true
      return isSameSystem && (one || other)
    }
    return overlaps ? .refused("recertify.open") : .accepted
  }

  /// For `general` the agency's administrators, for `admin` those of a superior or of the
  /// authority; never for one's own.
  func answering(by me: Int64, _ item: Facts.Item) -> Expectation {
    guard let person = facts.people[me], let holder = facts.people[item.account] else {
      return .unsure
    }
    if person.shares(holder) {
      return .refused("request.own", "recertify.unknown", "right.missing")
    }
    // An item says whose it was; of a merged account somebody else's number by now.
    guard holder.isOpen, facts.held[item.request]?.account == holder.id else { return .unsure }
    let posts = posts(me)
    let mine = posts.filter { held in
      if item.role == "general" { return held.agency == item.agency && held.system == item.system }
      if held.agency == facts.authority { return systemsSeen(me).contains(item.system) }
      return held.system == item.system && held.agency != item.agency
        && facts.isAbove(held.agency, item.agency)
    }
    if mine.isEmpty { return .refused("recertify.unknown", "right.missing", "request.own") }
    let isOnlyFor = mine.allSatisfy { held in
      represented(by: held).flatMap { facts.people[$0] }.map { $0.shares(holder) } ?? false
    }
    if isOnlyFor { return .refused("request.own") }
    if ["kept", "ended"].contains(item.status) { return .refused("recertify.answered") }
    guard let held = facts.held[item.request], !isOver(held) else {
      return .refused("recertify.closed", "recertify.answered")
    }
    let isClosed = facts.reviews[item.review]?.closed != nil
    if isClosed && !item.rests { return .refused("recertify.closed") }
    return .unsure
  }

  /// By the authority, from the due date on; before, only when all is answered.
  func closing(by me: Int64?, _ review: Facts.Review) -> Expectation {
    if let me {
      guard facts.people[me]?.agency == facts.authority, !posts(me).isEmpty else {
        return .refused("right.missing")
      }
    }
    if review.closed != nil { return .refused("recertify.closed") }
    let open = facts.items.values.filter { item in
      item.review == review.id && item.status == "open"
        && facts.held[item.request].map { !isOver($0) } ?? false
    }
    // The due date is the day before the moment at which it is over.
    if now < review.due - Self.day, !open.isEmpty { return .refused("recertify.early") }
    return .accepted
  }

  // MARK: Successions

  /// People of both agencies who share a contact, and are not one person each.
  func obstacles(_ old: Int64, _ new: Int64) -> Bool {
    var partners: [Int64: Int] = [:]
    for person in facts.people.values where person.agency == old && person.isOpen {
      for other in facts.people.values
      where other.agency == new && other.isOpen && person.shares(other) {
        if person.name != other.name { return true }
        partners[person.id, default: 0] += 1
        partners[other.id, default: 0] += 1
      }
    }
    return partners.values.contains { $0 > 1 }
  }

  /// Whether nobody would act for the authority any more: those who do are the same people as some
  /// whose new contacts wait, or who are suspended.
  func leavesAuthorityAlone(_ old: Int64, _ new: Int64) -> Bool {
    guard facts.authority == old || facts.authority == new, let spm = facts.system(Facts.first)
    else { return false }
    if administrators(facts.authority, spm).isEmpty { return false }
    let staying = [(old, new), (new, old)].flatMap { here, there in
      administrators(here, spm).filter { held in
        let person = facts.people[held.account]
        return !facts.people.values.contains { other in
          other.agency == there && other.isOpen && person.map { other.shares($0) } ?? false
            && (other.status == "suspended" || rests(other.id))
        }
      }
    }
    return staying.isEmpty
  }

  func succession(_ old: Int64, by new: Int64, isNow: Bool) -> Expectation {
    let standing = facts.moves.values.filter(\.stands)
    if standing.contains(where: { $0.old == old }) {
      return .refused("agency.succeeded", "agency.cycle", "agency.removed")
    }
    let end = facts.present(new)
    if end == old || new == old { return .refused("agency.cycle") }
    guard facts.offices[end]?.status == "active" else { return .refused("agency.removed") }
    var next: Int64? = end
    while let found = next {
      if found == old { return .refused("agency.cycle") }
      next = standing.first { $0.old == found }?.new
    }
    // On its day everything may be otherwise.
    guard isNow else { return .unsure }
    if obstacles(old, end) { return .refused("account.taken") }
    return leavesAuthorityAlone(old, end) ? .refused("account.last") : .accepted
  }
}
