// What the program is known to do otherwise than the contract says. A walk that comes across one of
// them ends there, and is no failure; whoever fixes one takes its lines away.

@testable import IAuthCore

enum Known: String, CaseIterable, Sendable {
  /// Whoever has handed over, or was to, and was given a permission again, loses that one too.
  case handOverTwice
  /// A hand-over of a general user's permission, by a form, ends nothing.
  case generalStays
  /// A hand-over that is called off leaves the one before without the end that they had.
  case endForgotten
  /// Whoever begins later, or is over, on a system keeps those of `spm` from deciding there.
  case laterDecides
  /// An undoing gives the authority back to an agency whose administrators are gone; a merge lets
  /// its last one rest.
  case authorityAlone
  /// What was granted for a later day comes up again at an agency that is another's by then.
  case laterGrantStranded
  /// Of somebody invited, after a merge was undone, `permissions` says nothing.
  case invitedUnlisted
  /// What came up again before it began, and was approved again or has ended meanwhile: its bound,
  /// or that it waits, is not what the trail or the schema says.
  case cameUpAgain
  /// Somebody takes over what begins only later; cron cannot go on.
  case takenBeforeItBegan
  /// The approval of a successor's new contacts hands over before anybody has proven them.
  case handedOverUnproven
  /// Erasing somebody after a merge of several agencies was undone in part.
  case erasedAfterUndoing
  /// A merge makes a successor able to act, and hands nothing over.
  case mergedSuccessor
  /// A hand-over between a succession and its undoing, by somebody of the other agency.
  case handedOverAcross
  /// What a review froze between a succession and its undoing stays with the successor.
  case itemStays

  static func what(
    _ fault: Fault, _ deed: Deed, _ before: Reckoning, _ after: Reckoning
  ) -> Known? {
    let request = deed.request.flatMap { before.facts.requests[$0] }
    let isMoving = after.facts.moves != before.facts.moves
    let wasUndone = after.facts.moves.values.contains { $0.undone != nil && $0.applied != nil }
    if fault.law.hasSuffix("end of a permission") || fault.law.hasSuffix("nearer end"),
      after.heirsOfOld(fault.subject)
    {
      return .handOverTwice
    }
    if fault.law.hasPrefix("a hand-over"),
      fault.subject.flatMap({ after.facts.held[$0] })?.isAdmin == false
    {
      return .generalStays
    }
    if fault.law == "the trail verifies", after.hasComeUpAgain { return .cameUpAgain }
    if fault.law == "no internal error" {
      if fault.detail.contains("given once"), after.hasComeUpAgain { return .cameUpAgain }
      if case .account(_, .erase, _) = deed.step, wasUndone { return .erasedAfterUndoing }
      if fault.detail.contains("only ends"), after.takesTooSoon { return .takenBeforeItBegan }
    }
    if fault.law.hasSuffix("end of a permission") {
      if request?.kind == "change", case .decide(_, _, .approved) = deed.step {
        return .handedOverUnproven
      }
      if wasUndone { return .handedOverAcross }
    }
    if fault.law == "a hand-over leaves not both", isMoving { return .mergedSuccessor }
    if fault.law.hasSuffix("later end") { return .endForgotten }
    if fault.law.hasPrefix("as expected: decide")
      || fault.law.hasPrefix("as expected: revoke") || fault.law.hasPrefix("pending lists"),
      before.hasStranger(request?.system)
    {
      return .laterDecides
    }
    if fault.law.hasPrefix("the authority keeps"), isMoving { return .authorityAlone }
    if fault.law == "a request is where its person is",
      let asked = after.facts.requests[fault.subject ?? 0], asked.round > 1
    {
      return .laterGrantStranded
    }
    if fault.law.hasPrefix("permissions lists"), wasUndone, isMoving { return .invitedUnlisted }
    if fault.law.hasPrefix("an item is where"), wasUndone { return .itemStays }
    return nil
  }
}

extension Reckoning {
  /// Whether a permission is of somebody who has handed an earlier one over.
  func heirsOfOld(_ number: Int64?) -> Bool {
    guard let held = number.flatMap({ facts.held[$0] }) else { return false }
    return facts.requests.values.contains { request in
      guard let old = request.replaces.flatMap({ facts.held[$0] }) else { return false }
      return old.request != held.request && old.account == held.account
        && old.system == held.system && old.role == held.role
    }
  }

  /// Whether anything was approved, and waits or waited once more.
  var hasComeUpAgain: Bool {
    facts.requests.values.contains { request in
      let approvals = facts.decisions[request.id]?.filter { $0.verdict == "approved" } ?? []
      return approvals.contains { $0.round < request.round }
    }
  }

  /// Whether somebody takes over, or has asked to, what begins later than that.
  var takesTooSoon: Bool {
    facts.requests.values.contains { request in
      guard let old = request.replaces.flatMap({ facts.held[$0] }) else { return false }
      return old.from > old.grantedAt && (request.from ?? request.waitsSince) <= old.from
    }
  }

  /// Whether the authority has somebody on a system who does not act now.
  func hasStranger(_ system: Int64?) -> Bool {
    facts.held.values.contains {
      $0.isAdmin && $0.agency == facts.authority && !acts($0) && $0.ended == nil && !$0.rests
        && (system == nil || $0.system == system) && facts.systems[$0.system] != Facts.first
    }
  }
}
