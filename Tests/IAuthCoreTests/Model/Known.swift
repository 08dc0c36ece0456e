// What the program is known to do otherwise than the contract says. A walk that comes across one of
// them ends there, and is no failure; whoever fixes one takes its lines away.

@testable import IAuthCore

enum Known: String, CaseIterable, Sendable {
  /// A hand-over of a general user's permission, by a form, ends nothing.
  case generalStays
  /// A merge lets the authority's last administrator rest, whose other account waits for a change;
  /// an undoing gives it back to one who rests since a review.
  case authorityAlone
  /// Of somebody invited, after a merge was undone, `permissions` says nothing.
  case invitedUnlisted
  /// Somebody takes over what begins only later; cron cannot go on.
  case takenBeforeItBegan
  /// The approval of a successor's new contacts hands over before anybody has proven them.
  case handedOverUnproven
  /// Erasing somebody after a merge of several agencies was undone in part.
  case erasedAfterUndoing
  /// A merge makes a successor able to act, and hands nothing over.
  case mergedSuccessor
  /// What a review froze between a succession and its undoing stays with the successor.
  case itemStays

  static func what(
    _ fault: Fault, _ deed: Deed, _ before: Reckoning, _ after: Reckoning
  ) -> Known? {
    let request = deed.request.flatMap { before.facts.requests[$0] }
    let isMoving = after.facts.moves != before.facts.moves
    let isMerging = after.facts.merged.count > before.facts.merged.count
    let wasUndone = after.facts.moves.values.contains { $0.undone != nil && $0.applied != nil }
    switch fault.law {
    case "a hand-over leaves not both", "a hand-over ends the other one":
      if fault.subject.flatMap({ after.facts.held[$0] })?.isAdmin == false {
        return .generalStays
      }
      return isMerging ? .mergedSuccessor : nil
    case "no internal error":
      if case .account(_, .erase, _) = deed.step, wasUndone { return .erasedAfterUndoing }
      return fault.detail.contains("only ends") && after.takesTooSoon ? .takenBeforeItBegan : nil
    case "nothing changes by itself: end of a permission":
      guard request?.kind == "change", case .decide(_, _, .approved) = deed.step else { return nil }
      return .handedOverUnproven
    case "the authority keeps an administrator":
      let isRest = after.facts.held.values.contains {
        $0.isAdmin && $0.agency == after.facts.authority && $0.rests && !after.isOver($0)
      }
      return isMerging || isMoving && wasUndone && isRest ? .authorityAlone : nil
    case "permissions lists what is held":
      return wasUndone && isMoving ? .invitedUnlisted : nil
    case "an item is where its permission is": return wasUndone ? .itemStays : nil
    default: return nil
    }
  }
}

extension Reckoning {
  /// Whether somebody takes over, or has asked to, what begins later than that.
  var takesTooSoon: Bool {
    facts.requests.values.contains { request in
      guard let old = request.replaces.flatMap({ facts.held[$0] }) else { return false }
      return old.from > old.grantedAt && (request.from ?? request.waitsSince) <= old.from
    }
  }
}
