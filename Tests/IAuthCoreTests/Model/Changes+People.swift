// Why requests and accounts change, and what has to be there once a step is done.

@testable import IAuthCore

extension Change {
  // MARK: Requests

  func checkSubmission(_ new: Facts.Asked) throws {
    if isDone {
      switch deed.step {
      case .ask where new.account == deed.me && new.kind == "grant": return
      case .apply where new.kind == "change" && new.account == deed.account: return
      case .changeContacts where new.kind == "change" && new.account == deed.account: return
      case .form where new.origin == "batch" && isNamed(new.account): return
      case .appoint where new.origin == "appointment": return
      default: break
      }
    }
    throw unexplained("request", "", new)
  }

  private func isNamed(_ account: Int64) -> Bool {
    deed.named.contains(account) || before.facts.people[account] == nil
  }

  func check(_ old: Facts.Asked, _ new: Facts.Asked) throws {
    if old.account != new.account || old.agency != new.agency, !isMoving {
      throw unexplained("whose request", old, new)
    }
    if old.status != new.status, !isReason(old, new) { throw unexplained("request", old, new) }
    let isAgain = new.round > old.round
    let isErased = after.facts.people[new.account]?.isErased == true
    if !isAgain, !isErased,
      old.from != new.from || old.until != new.until || old.replaces != new.replaces
        || old.newEmail != new.newEmail || old.newMobile != new.newMobile
    {
      throw unexplained("terms of a request", old, new)
    }
  }

  /// Whether it was to take over from somebody whom the form names.
  private func isOfNamed(_ request: Facts.Asked) -> Bool {
    request.replaces.flatMap { before.facts.held[$0] }.map { isNamed($0.account) } ?? false
  }

  private func isReason(_ old: Facts.Asked, _ new: Facts.Asked) -> Bool {
    switch (old.status, new.status) {
    case ("superseded", "pending"), ("superseded", "returned"): return !undone.isEmpty
    case (_, "approved"), (_, "rejected"), (_, "returned"):
      if isDone, case .decide(_, _, let verdict) = deed.step, deed.request == old.id {
        return verdict.rawValue == new.status && old.status == "pending"
      }
      return false
    case ("pending", "withdrawn"), ("returned", "withdrawn"):
      guard isDone else { return false }
      return switch deed.step {
      case .withdraw: deed.request == old.id
      case .form: isNamed(old.account) || isOfNamed(old)
      case .apply, .changeContacts: old.kind == "change" && old.account == deed.account
      default: false
      }
    case (_, "lapsed"):
      return !after.isOpen(old) || after.facts.people[new.account]?.isOpen == false
    case ("approved", "superseded"):
      // It came up again, and was over before anybody had decided.
      return new.round > old.round && after.facts.held[old.id].map { after.isOver($0) } ?? false
    case (_, "superseded"): return old.isOpen && isPointless(new)
    case ("returned", "pending"):
      guard isDone else { return false }
      return switch deed.step {
      case .resubmit: deed.request == old.id
      case .form: isNamed(old.account)
      default: false
      }
    case ("approved", "pending"):
      return old.from.map { $0 <= now } ?? false && new.round == old.round + 1
    default: return false
    }
  }

  /// Another grant, or the end of what it was about, has made it pointless.
  private func isPointless(_ request: Facts.Asked) -> Bool {
    if !applied.isEmpty { return true }
    // Also one whose day has come and gone since.
    let admins = after.facts.held.values.filter {
      $0.isAdmin && $0.account == request.account && $0.system == request.system
        && $0.from <= now && min($0.ended ?? now, $0.until ?? now) >= before.now
    }
    if request.role == "general", request.kind == "grant", !admins.isEmpty { return true }
    // It waited again, and somebody has taken over what it was to give.
    if let held = after.facts.held[request.id],
      after.heirs(of: held).contains(where: { after.isInForce($0) })
    {
      return true
    }
    if let other = request.deputyFor ?? request.replaces {
      if after.facts.held[other].map({ after.isOver($0) }) ?? true { return true }
      return after.facts.requests.values.contains {
        $0.replaces == other && $0.status == "approved" && $0.id != request.id
      }
    }
    let held = before.permissions(request.account, request.system, request.role)
    return (request.kind == "revoke" || !held.isEmpty)
      && held.allSatisfy { after.facts.held[$0.request].map { after.isOver($0) } ?? true }
  }

  /// Never on one's own, nor on what one's deputy or represented may not.
  func check(_ decision: Facts.Decision) throws {
    guard let reviewer = decision.reviewer, Verdict(rawValue: decision.verdict) != nil,
      let request = before.facts.requests[decision.request]
    else { return }
    if case .form = deed.step { return }
    if before.isOwn(reviewer, request) {
      throw Fault(law: "nobody decides on their own", detail: "\(decision)")
    }
    guard case .decide = deed.step, deed.me == reviewer else {
      throw unexplained("decision", "", decision)
    }
    let rights = before.rights(reviewer, request)
    let isBy = rights.contains { held in
      before.facts.requests[held.request]?.deputyFor == decision.deputyFor
    }
    guard isBy else {
      throw Fault(law: "only who may decide", detail: "\(decision) \(request)")
    }
  }

  // MARK: Accounts

  func checkOpening(_ new: Facts.Somebody) throws {
    if isDone {
      switch deed.step {
      case .apply where new.status == "active", .changeContacts where new.status == "active":
        return
      case .form where new.status == "invited", .appoint where new.status == "invited": return
      default: break
      }
    }
    throw unexplained("account", "", new)
  }

  func check(_ old: Facts.Somebody, _ new: Facts.Somebody) throws {
    if old.agency != new.agency, !isMoving { throw unexplained("moved", old, new) }
    if old.status != new.status, !isReason(old, new) { throw unexplained("account", old, new) }
    let isOther = old.email != new.email || old.mobile != new.mobile || old.name != new.name
    if isOther, !new.isErased, !isContactReason(old) { throw unexplained("contacts", old, new) }
    if old.isProven, !new.isProven, !isContactReason(old) {
      throw unexplained("proof", old, new)
    }
    if new.isErased, !old.isErased, new.isOpen { throw unexplained("erased", old, new) }
  }

  private func isReason(_ old: Facts.Somebody, _ new: Facts.Somebody) -> Bool {
    if isDone {
      switch (deed.step, new.status) {
      case (.account(_, .suspend, _), "suspended") where deed.account == old.id: return true
      case (.account(_, .restore, _), "active") where deed.account == old.id: return true
      case (.account(_, .close, _), "closed") where deed.account == old.id: return true
      case (.account(_, .erase, _), "closed") where deed.account == old.id: return true
      case (.apply, "active"), (.changeContacts, "active"), (.signIn, "active"):
        if old.status == "invited" { return true }
      default: break
      }
    }
    if new.status == "closed",
      applied.contains(where: { _ in
        after.facts.merged[old.id] != nil
      })
    {
      return true
    }
    if !undone.isEmpty, old.status == "closed" || new.status == "suspended" { return true }
    // Somebody invited goes with what they were invited to.
    guard old.status == "invited", new.status == "closed" else { return false }
    return after.facts.held.values.allSatisfy { $0.account != old.id || after.isOver($0) }
      && after.facts.requests.values.allSatisfy { $0.account != old.id || !$0.isOpen }
  }

  /// New contacts come from the person, or from a change that was approved.
  private func isContactReason(_ old: Facts.Somebody) -> Bool {
    if isDone {
      switch deed.step {
      case .apply where deed.account == old.id, .changeContacts where deed.account == old.id:
        return true
      case .appoint where !old.isProven || old.status == "invited": return true
      // Whoever was never written to is mended with what was sent back.
      case .form where old.status == "invited" && isNamed(old.id):
        return before.facts.requests.values.contains {
          $0.account == old.id && $0.status == "returned"
            && after.facts.requests[$0.id]?.status == "pending"
        }
      default: break
      }
    }
    return after.facts.requests.values.contains { request in
      request.kind == "change" && request.account == old.id && request.isApplied
        && before.facts.requests[request.id]?.isApplied == false
    }
  }

  // MARK: What was to be done

  func checkDone() throws {
    let request = deed.request.flatMap { after.facts.requests[$0] }
    let person = deed.account.flatMap { after.facts.people[$0] }
    var isThere = true
    switch deed.step {
    case .decide(_, _, let verdict):
      isThere =
        request?.status == verdict.rawValue
        && after.facts.decisions[deed.request ?? 0]?.last?.reviewer == deed.me
      if verdict == .approved, let request { try checkEffect(request) }
    case .withdraw: isThere = request?.status == "withdrawn"
    case .resubmit:
      let round = deed.request.flatMap { before.facts.requests[$0]?.round } ?? 0
      isThere = request?.status == "pending" && request?.round ?? 0 > round
    case .revoke, .answer(_, _, false):
      isThere = deed.request.flatMap { after.facts.held[$0]?.ended } != nil
    case .answer(_, _, true):
      isThere = deed.request.flatMap { after.facts.held[$0] }.map { !$0.rests } ?? false
    case .account(_, .suspend, _): isThere = person?.status == "suspended"
    case .account(_, .restore, _): isThere = person?.status == "active"
    case .account(_, .close, _): isThere = person?.isOpen == false
    case .account(_, .erase, _): isThere = person?.isErased == true
    case .ask:
      isThere = after.facts.requests.count == before.facts.requests.count + 1
    default: break
    }
    guard isThere else { throw Fault(law: "what is done is there", detail: "\(deed)") }
  }

  /// What an approval was for.
  private func checkEffect(_ request: Facts.Asked) throws {
    switch request.kind {
    case "grant":
      guard let held = after.facts.held[request.id] else {
        throw Fault(law: "an approval grants", detail: "\(request)")
      }
      guard let replaced = request.replaces.flatMap({ before.inPlace(of: $0) }),
        replaced.agency == held.agency, held.from <= now, after.isAble(held.account)
      else { return }
      guard let old = after.facts.held[replaced.request], old.ended == now else {
        throw Fault(
          law: "a hand-over ends the other one", detail: "\(request)", subject: request.id)
      }
    case "revoke":
      guard request.from.map({ $0 <= now }) ?? true else { return }
      guard after.permissions(request.account, request.system, request.role).isEmpty else {
        throw Fault(law: "an approval ends it", detail: "\(request)")
      }
    default:
      guard request.from.map({ $0 <= now }) ?? true, request.newEmail != nil else { return }
      let person = after.facts.people[request.account]
      guard person?.email == request.newEmail, person?.mobile == request.newMobile else {
        throw Fault(law: "an approval replaces contacts", detail: "\(request)")
      }
    }
  }
}
