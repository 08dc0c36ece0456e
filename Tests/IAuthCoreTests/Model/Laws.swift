// What must be so at every moment, whatever was done.

extension Reckoning {
  /// - Throws: the first law that is broken.
  func checkLaws() throws {
    try checkPermissions()
    try checkHandOvers()
    try checkRequests()
    try checkAgencies()
    try checkItems()
    let spm = facts.system(Facts.first) ?? 0
    if administrators(facts.authority, spm).isEmpty {
      throw Fault(law: "the authority keeps an administrator", detail: "it has none")
    }
  }

  /// Never two of one kind at the same moment.
  private func checkPermissions() throws {
    var spans: [[Int64]: [(from: Int64, to: Int64, number: Int64)]] = [:]
    // What was two people's stands one beside the other.
    for held in facts.held.values where !facts.mixed.contains(held.account) || !isOver(held) {
      let end = min(held.ended ?? Int64.max, held.until ?? Int64.max)
      guard held.from < end else { continue }
      let role: Int64 = held.isAdmin ? 1 : 0
      spans[[held.account, held.system, role], default: []].append(
        (held.from, end, held.request))
    }
    for all in spans.values where all.count > 1 {
      let sorted = all.sorted { $0.from < $1.from }
      for (one, next) in zip(sorted, sorted.dropFirst()) where next.from < one.to {
        throw Fault(law: "never two at once", detail: "\(one.number) and \(next.number)")
      }
    }
    for held in facts.held.values where !isOver(held) {
      guard let person = facts.people[held.account], person.isOpen else {
        throw Fault(law: "nobody closed holds anything", detail: "\(held.request)")
      }
      guard person.agency == held.agency else {
        throw Fault(law: "a permission is where its person is", detail: "\(held.request)")
      }
    }
  }

  /// Never both, once the successor can act.
  private func checkHandOvers() throws {
    for heir in facts.held.values.sorted(by: { $0.request < $1.request }) {
      guard let replaced = facts.requests[heir.request]?.replaces, isInForce(heir),
        isAble(heir.account), let old = inPlace(of: replaced), old.agency == heir.agency,
        old.account != heir.account
      else { continue }
      // The authority's last one stays beside whoever is not there for good.
      if old.agency == facts.authority, heir.until != nil { continue }
      throw Fault(
        law: "a hand-over leaves not both", detail: "\(heir.request) and \(old.request)",
        subject: heir.request)
    }
  }

  private func checkRequests() throws {
    var seen: Set<[String]> = []
    for request in facts.requests.values.sorted(by: { $0.id < $1.id }) where request.isOpen {
      let what = request.kind == "change" ? ["change"] : ["\(request.system)", request.role]
      guard seen.insert(["\(request.account)"] + what).inserted else {
        throw Fault(law: "one waits of a kind", detail: "\(request.id)")
      }
      guard let person = facts.people[request.account], person.isOpen else {
        throw Fault(law: "nothing of nobody waits", detail: "\(request.id)")
      }
      guard person.agency == request.agency else {
        throw Fault(
          law: "a request is where its person is", detail: "\(request.id)", subject: request.id)
      }
    }
    for (number, decisions) in facts.decisions {
      for decision in decisions {
        guard let reviewer = decision.reviewer, let request = facts.requests[number],
          Verdict(rawValue: decision.verdict) != nil
        else { continue }
        if [request.account, request.submitter].contains(reviewer) {
          throw Fault(law: "nobody decides on their own", detail: "\(number)")
        }
      }
    }
  }

  private func checkAgencies() throws {
    for person in facts.people.values
    where person.isOpen && facts.offices[person.agency]?.status == "succeeded" {
      throw Fault(law: "nobody is left behind", detail: "account \(person.id)")
    }
    var addresses: Set<String> = []
    for person in facts.people.values where person.isOpen {
      for address in [person.email, person.mobile]
      where !addresses.insert("\(person.agency) \(address)").inserted {
        throw Fault(law: "a contact is one person's in an agency", detail: address)
      }
    }
  }

  private func checkItems() throws {
    for item in facts.items.values where item.status == "open" {
      guard let held = facts.held[item.request], !isOver(held),
        facts.reviews[item.review]?.closed == nil
      else { continue }
      guard held.agency == item.agency else {
        throw Fault(law: "an item is where its permission is", detail: "\(item.id)")
      }
    }
  }

  /// What cron must not leave behind.
  func checkSwept() throws {
    // (What comes up again with the run that is late for all of its time, the next one ends.)
    for request in facts.requests.values
    where request.isOpen && !isOpen(request) && request.round == 1 {
      throw Fault(law: "cron ends what is over", detail: "request \(request.id)")
    }
    // What was sent back may still be asked for with a later last day.
    for held in facts.held.values
    where held.ended == nil && isOver(held) && facts.requests[held.request]?.status != "returned" {
      throw Fault(law: "cron ends what is over", detail: "permission \(held.request)")
    }
    for person in facts.people.values where person.status == "invited" {
      let given = facts.held.values.filter { $0.account == person.id && !isOver($0) }
        .map(\.grantedAt)
      guard let last = given.max() else { continue }
      if max(last, person.since) + 30 * Self.day <= now {
        throw Fault(law: "cron ends what is over", detail: "invitation \(person.id)")
      }
    }
    for move in facts.moves.values where move.stands && move.applied == nil && move.on <= now {
      let end = facts.present(move.new)
      if !obstacles(move.old, end), !leavesAuthorityAlone(move.old, end), end != move.old,
        facts.offices[end]?.status == "active"
      {
        throw Fault(law: "what is due happens", detail: "succession \(move.id)")
      }
    }
  }
}
