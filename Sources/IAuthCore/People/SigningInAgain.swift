// Signing in as whoever this caller and session name last was (PRODUCT 3.3): they type no name and
// no address again, and see whose they are about to be.

import SQLite
import Sheets
import Values

/// Who was signed in last, as it is shown before a code is sent.
package struct LastPerson: Sendable {
  package let name: String
  package let agency: Agency
  /// Masked.
  package let email: String
  package let mobile: String
}

enum LastPersonTable {
  /// Of whoever has an account still.
  static let account: SQL = """
    SELECT a.id FROM session s JOIN account a ON a.id = s.account
    WHERE s.caller = ?1 AND s.name = ?2 AND a.status <> 'closed' ORDER BY s.id DESC LIMIT 1
    """
  static let statements: [SQL] = [account]
}

extension Service {
  /// Who this caller and session name last was; nil if nobody, or nobody any more.
  package func lastPerson() throws(IAuthError) -> LastPerson? {
    try store.read { (tx) throws(IAuthError) in
      guard let account = try tx.lastPerson() else { return nil }
      return LastPerson(
        name: account.name.text, agency: try tx.agency(id: account.agency),
        email: account.email.masked, mobile: account.mobile.masked)
    }
  }

  /// Begins a sign-in of whoever this caller and session name last was.
  ///
  /// - Throws: `session.none` if that is nobody; `mobile.country`, `send.throttled`.
  package func signInAgain(via: Via) throws(IAuthError) -> VerificationReceipt {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<VerificationReceipt> in
      guard let account = try tx.lastPerson() else { throw .sessionNone }
      if via != .email { try settings.checkCountry(account.mobile) }
      return .commit(
        try tx.beginSignIn(
          in: try tx.agency(id: account.agency), email: account.email, mobile: account.mobile,
          known: account, via: via))
    }
  }
}

extension Transaction {
  fileprivate func lastPerson() throws(IAuthError) -> Account? {
    let (caller, name) = (world.caller.name, world.sessionName)
    guard let id: AccountID = try id(LastPersonTable.account, caller, name) else { return nil }
    return try account(id: id)
  }
}
