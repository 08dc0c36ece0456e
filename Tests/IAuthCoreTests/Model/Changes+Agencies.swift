// Successions and their undoing: nobody is stranded, nobody moved twice, and what nobody has
// touched is afterwards exactly what it was (PRODUCT 11.4).

/// Successions that came true together, and how it was before and after.
struct Reform {
  let moves: Set<Int64>
  let before: Facts
  let after: Facts
}

extension Change {
  private func stranded(_ what: String) -> Fault { Fault(law: "nobody is stranded", detail: what) }

  /// After a succession all of the old agency is the new one's, once.
  func checkApplied() throws {
    for move in applied {
      let new = after.facts.present(move.old)
      guard after.facts.offices[move.old]?.status == "succeeded", new != move.old else {
        throw stranded("agency \(move.old)")
      }
      for office in after.facts.offices.values
      where office.superior == move.old && office.status == "active" {
        throw stranded("agency \(office.id)")
      }
      for person in before.facts.people.values where person.agency == move.old && person.isOpen {
        guard let now = after.facts.people[person.id] else { continue }
        if now.isOpen {
          guard now.agency == new, now.shares(person) else { throw stranded("\(now)") }
          continue
        }
        if let goesOn = after.facts.people[after.facts.survivor(person.id)], goesOn.isOpen {
          guard goesOn.agency == new, goesOn.shares(person),
            goesOn.name == person.name || hasChanged(goesOn.id),
            !(person.status == "suspended" && goesOn.status != "suspended")
          else { throw stranded("\(goesOn)") }
        } else if person.status != "invited" {
          throw stranded("\(now)")
        }
      }
      for held in before.facts.held.values
      where held.agency == move.old && !after.isOver(held) {
        try check(held, movedTo: new)
      }
      for request in before.facts.requests.values
      where request.agency == move.old && request.isOpen {
        guard let now = after.facts.requests[request.id] else { continue }
        if now.isOpen, now.agency != new || now.status != request.status {
          throw stranded("\(now)")
        }
      }
    }
  }

  /// Whether name or contacts of somebody became others in the same step, by a day that had come.
  private func hasChanged(_ account: Int64) -> Bool {
    after.facts.requests.values.contains {
      $0.kind == "change" && $0.account == account && $0.isApplied
        && before.facts.requests[$0.id]?.isApplied == false
    }
  }

  private func check(_ held: Facts.Held, movedTo new: Int64) throws {
    guard let now = after.facts.held[held.request] else { return }
    guard after.isOver(now) else {
      guard now.agency == new else { throw stranded("\(now)") }
      return
    }
    let account = after.facts.survivor(held.account)
    let goesOn = after.facts.held.values.filter {
      $0.account == account && $0.system == held.system && !after.isOver($0)
        && ($0.role == held.role || $0.isAdmin)
    }
    let isHandedOver = after.heirs(of: held).contains { after.isInForce($0) }
    let isInvitation = before.facts.people[held.account]?.status == "invited"
    guard !goesOn.isEmpty || isHandedOver || isInvitation else { throw stranded("\(now)") }
  }

  /// What nobody has touched since is as it was before.
  func checkUndone(_ reforms: [Reform]) throws {
    let all = Set(undone.map(\.id))
    guard !all.isEmpty else { return }
    for move in undone {
      guard let office = after.facts.offices[move.old], office.status != "succeeded" else {
        throw Fault(law: "an undoing undoes", detail: "\(move)")
      }
    }
    guard let reform = reforms.first(where: { $0.moves == all }) else { return }
    let (was, then, since, now) = (reform.before, reform.after, before.facts, after.facts)
    func fault(_ old: Any, _ new: Any) -> Fault {
      Fault(law: "an undoing leaves all as it was", detail: "\(old) -> \(new)")
    }
    if then.authority == since.authority, now.authority != was.authority {
      throw fault("authority \(was.authority)", now.authority)
    }
    var touched: Set<Int64> = []
    for (id, old) in was.people {
      // Also by what else came true in the same step.
      let other = then.people[id] ?? old
      let isOther = (other.name, other.email, other.mobile) != (old.name, old.email, old.mobile)
      if isOther || then.people[id] != since.people[id] { touched.insert(id) }
    }
    for (other, survivor) in then.merged where touched.contains(survivor) {
      touched.insert(other)
    }
    for (other, survivor) in then.merged where touched.contains(other) {
      touched.insert(survivor)
    }
    for (id, old) in was.people where !touched.contains(id) {
      guard let new = now.people[id] else { throw fault(old, "nobody") }
      guard new.agency == old.agency, new.status == old.status, new.email == old.email,
        new.mobile == old.mobile, new.name == old.name
      else {
        if old.status == "invited" && !new.isOpen { continue }
        throw fault(old, new)
      }
    }
    for (id, old) in was.held
    where then.held[id] == since.held[id] && !touched.contains(old.account) {
      guard let new = now.held[id] else { throw fault(old, "nothing") }
      if after.isOver(old) || isGone(old.account) { continue }
      // Its day has come, and somebody else decides by then.
      let isReopened = new.rests && !new.hasBegun && now.requests[id]?.status == "pending"
      guard new.agency == old.agency, new.account == old.account, new.until == old.until,
        new.rests == old.rests || isReopened, !after.isOver(new)
      else { throw fault(old, new) }
    }
    for (id, old) in was.requests
    where then.requests[id] == since.requests[id] && old.isOpen && !touched.contains(old.account) {
      guard let new = now.requests[id] else { throw fault(old, "nothing") }
      if !after.isOpen(old) || isGone(old.account) { continue }
      // One that a merge has ended comes back only where nothing has taken its place.
      if new.status == "superseded", isInTheWay(old, now) { continue }
      guard new.agency == old.agency, new.account == old.account, new.isOpen else {
        throw fault(old, new)
      }
      guard new.status == old.status else { throw fault(old, new) }
    }
    for (id, old) in was.offices where then.offices[id] == since.offices[id] {
      guard now.offices[id]?.superior == old.superior, now.offices[id]?.status == old.status
      else { throw fault(old, now.offices[id] ?? old) }
    }
  }

  private func isGone(_ account: Int64) -> Bool {
    after.facts.people[account]?.isOpen != true
  }

  private func isInTheWay(_ old: Facts.Asked, _ now: Facts) -> Bool {
    now.requests.values.contains {
      $0.account == old.account && $0.isOpen && $0.system == old.system
    } || !after.permissions(old.account, old.system, old.role).isEmpty
      || after.holdsAdmin(old.account)
      || (old.replaces ?? old.deputyFor).map { after.inPlace(of: $0) == nil } ?? false
  }
}
