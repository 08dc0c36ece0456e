// What of a person has changed since they were here last (PRODUCT 3.1): whoever has replaced a contact,
// or whose reviewer or form has, is shown at the next sign-in what stood there before. Contacts are
// masked: whoever comes with one of them is not told the other.

import SQLite
import Sheets
import Values

/// One thing that has changed, or is asked to.
package struct ContactChange: Equatable, Sendable {
  package enum Field: String, CaseIterable, Sendable { case name, email, mobile }

  package let field: Field
  package let before: String
  package let after: String
}

enum ContactChangeTable {
  /// Name and contacts as the trail last had them when the account was signed in to last, or first
  /// had them.
  static let before: SQL = """
    SELECT p.fields FROM audit_person p JOIN audit u ON u.seq = p.seq
    WHERE p.account = ?1 AND instr(p.fields, char(10) || 'email=') > 0
      AND (u.action IN ('account.open', 'account.contacts', 'admin.appoint')
        OR u.action = 'request.submit' AND EXISTS (SELECT 1 FROM request r
          WHERE r.id = CAST(substr(u.subject, 9) AS INTEGER) AND r.kind = 'grant'))
    ORDER BY iif(p.seq <= (SELECT max(seq) FROM audit WHERE subject = 'account:' || ?1
      AND +action = 'session.start'), -p.seq, p.seq) LIMIT 1
    """
  static let statements: [SQL] = [before]
}

extension Transaction {
  /// What has changed since the last sign-in to an account.
  func contactChanges(of account: Account) throws(IAuthError) -> [ContactChange] {
    guard let fields = try text(ContactChangeTable.before, account.id) else { return [] }
    var before: [String: String] = [:]
    for line in fields.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { before[String(parts[0])] = String(parts[1]) }
    }
    guard let name = before["name"], let email = before["email"], let mobile = before["mobile"]
    else { return [] }
    return contactChanges(
      (name, email, mobile), (account.name.text, account.email.text, account.mobile.e164))
  }

  /// What an administrator has asked their reviewer to change.
  func contactChangesAsked(of account: Account) throws(IAuthError) -> [ContactChange] {
    guard let number: RequestID = try id(RequestTable.pendingChange, account.id),
      let request = try request(number), let new = try replacement(of: request)
    else { return [] }
    return contactChanges(
      (account.name.text, account.email.text, account.mobile.e164),
      (new.name, new.email, new.mobile))
  }

  private func contactChanges(
    _ old: (name: String, email: String, mobile: String),
    _ new: (name: String, email: String, mobile: String)
  ) -> [ContactChange] {
    var changes: [ContactChange] = []
    if old.name != new.name {
      changes.append(ContactChange(field: .name, before: old.name, after: new.name))
    }
    if old.email != new.email {
      changes.append(
        ContactChange(
          field: .email, before: EmailAddress(stored: old.email).masked,
          after: EmailAddress(stored: new.email).masked))
    }
    if old.mobile != new.mobile {
      changes.append(
        ContactChange(
          field: .mobile, before: MobileNumber(stored: old.mobile).masked,
          after: MobileNumber(stored: new.mobile).masked))
    }
    return changes
  }
}
