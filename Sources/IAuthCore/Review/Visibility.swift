// Who may see what (PRODUCT section 6). A request that someone may not see does not exist for them.

import SQLite
import Sheets
import Values

extension Transaction {
  /// Whether an account may see a request: the applicant, who they have become and who shares a contact
  /// with them, the submitter of its batch, the agency's administrators, the authority's.
  ///
  /// Every command asks this: what somebody may not see does not exist for them, whichever the verb.
  ///
  /// - Parameter known: the people of the request, where they were loaded.
  func maySee(
    _ request: PermissionRequest, _ account: Account, people known: [Account]? = nil
  ) throws(IAuthError) -> Bool {
    if try holder(of: request) == account.id || request.account == account.id
      || request.submitter == account.id
    {
      return true
    }
    let people = if let known { known } else { try people(of: request) }
    if people.contains(where: { $0.isSamePerson(as: account) }) { return true }
    if try isSeen(request, byAdministrator: account) { return true }
    // (Asked last, for it costs the most.)
    return try belongs(request, to: account.id)
  }

  private func isSeen(
    _ request: PermissionRequest, byAdministrator account: Account
  ) throws(IAuthError) -> Bool {
    guard try systemsSeen(by: account).contains(request.system) else { return false }
    if account.agency == (try authority().id) { return true }
    // Where it is by now, whose place the agency has taken since.
    if account.agency == request.agency { return true }
    // What it gave may be another agency's by now, or its own again.
    if try exists(SuccessionTable.isHeldIn, request.number, account.agency) { return true }
    return try exists(SuccessionTable.hasTakenPlace, account.agency, request.agency)
  }

  /// Whether a request is an account's, or was of one that has become it (PRODUCT 11.4).
  func belongs(_ request: PermissionRequest, to me: AccountID) throws(IAuthError) -> Bool {
    if request.account == me { return true }
    return try exists(SuccessionTable.hasBecome, me, request.account)
  }

  /// Whose the request is by now, or what it gave: of two accounts that have become one, the one that
  /// goes on.
  func holder(of request: PermissionRequest) throws(IAuthError) -> AccountID {
    try id(RequestTable.holderID, request.number) ?? request.account
  }

  /// The systems whose requests an account sees as an administrator: those that it administers, and
  /// for the authority's of `spm` those on which the authority has nobody.
  func systemsSeen(by account: Account) throws(IAuthError) -> [SystemID] {
    try ids(RequestTable.systemsSeen, account.id, account.agency, now)
  }

  /// Whether an account may see a batch: as a whole, or the requests in it that it may see.
  func maySee(_ batch: Batch, _ session: Session) throws(IAuthError) -> Bool {
    if batch.submitter == session.account.id { return true }
    let me = session.account
    return try exists(RequestTable.batchTouches, me.id, me.agency, now, batch.id)
  }

  func isAuthorityAdministrator(_ account: Account) throws(IAuthError) -> Bool {
    guard account.agency == (try authority().id) else { return false }
    return try exists(RequestTable.scopes, account.id, account.agency, now)
  }

  /// Whether an account is an active administrator of its agency, of whichever system.
  func isAdministrator(_ account: Account) throws(IAuthError) -> Bool {
    try exists(RequestTable.scopes, account.id, account.agency, now)
  }
}
