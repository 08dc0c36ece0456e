// The end of one permission (PRODUCT 3.4): what it means for requests, deputies and an invitation, and
// who hears of it.

import SQLite
import Sheets
import Values

extension Transaction {
  /// What the end of a permission means for others: whoever was to take it over, whoever asked for
  /// its end, and whoever was to stand in for its holder.
  func settle(afterEnd request: PermissionRequest) throws(IAuthError) {
    if try undoHandOver(request) { try tellHandOverOff(request) }
    if request.role == .admin { try raiseChanges(of: holder(of: request)) }
    try supersedeRevocation(of: request)
    try supersedeDeputies(of: request.number)
  }

  /// Writes down that a permission has ended, with its entry.
  ///
  /// - Parameter actor: who has ended it; nil if time has.
  func end(
    permission number: RequestID, as action: AuditAction = .revoked, by actor: AccountID?,
    reason: String?
  ) throws(IAuthError) {
    try run(RequestTable.revoke, number, now, actor, reason)
    try audit(action, .request(number))
  }

  /// Ends a permission and tells its holder; false if there is none to end.
  ///
  /// The holder of an invitation hears of nothing, for with its permission the invitation ends; who
  /// submitted them does.
  func revoke(_ number: RequestID, reason: String) throws(IAuthError) -> Bool {
    guard let request = try request(number),
      try first(EffectTable.standing, number, read: { _ in true }) != nil
    else { return false }
    let account = try account(id: holder(of: request))
    let invitations = try invitations(of: account).filter { $0.summary.number == number }
    try end(permission: number, by: actor?.account, reason: reason)
    try settle(afterEnd: request)
    if request.status.isOpen {
      // It had come up again.
      try end(number, .superseded)
      try audit(.superseded, .request(number))
      try finishBatch(of: request)
    }
    guard account.status != .invited else {
      try closeIfUnclaimed(account)
      try tellSubmitters(of: invitations) { .invitationEnded(request: $0, reason: reason) }
      return true
    }
    if actor?.account != account.id {
      try queue(
        .revoked(request: try summary(request), reason: reason), to: try addresses(of: account),
        reference: number.description, request: number)
    }
    return true
  }
}
