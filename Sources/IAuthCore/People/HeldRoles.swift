// Every role that an account holds, beside the account (PRODUCT 4.2, `accounts`).

import SQLite
import Sheets
import Values

/// One role that somebody holds now.
package struct HeldRole: Equatable, Sendable {
  /// The request that gave it.
  package let request: RequestID
  package let system: String
  package let role: Role
}

/// What a list of accounts is narrowed to.
package struct AccountFilter: Sendable {
  let role: Role?
  let system: String?
  let status: AccountStatus?

  package init(role: Role? = nil, system: String? = nil, status: AccountStatus? = nil) {
    (self.role, self.system, self.status) = (role, system, status)
  }
}

enum RolesTable {
  static let held: SQL = """
    SELECT p.account, p.request, s.code, p.role FROM permission p JOIN system s ON s.id = p.system
      JOIN request r ON r.id = p.request
    WHERE p.status = 'active' AND NOT r.open AND p.starts_at <= ?2 AND (p.ends_at IS NULL OR ?2 < p.ends_at)
      AND (?1 IS NULL OR p.agency = ?1) ORDER BY p.request
    """
  static let statements: [SQL] = [held]
}

extension Transaction {
  /// The accounts that the filter is after, with their roles.
  ///
  /// - Throws: `system.unknown`.
  func withRoles(
    _ found: [AccountLine], in agency: AgencyID?, _ filter: AccountFilter
  ) throws(IAuthError) -> [AccountLine] {
    if let code = filter.system { _ = try system(code: code, command: "accounts") }
    let system = filter.system.map { Folding.fold($0) }
    var roles: [AccountID: [HeldRole]] = [:]
    try each(RolesTable.held, agency, now) { row in
      roles[row.id(0), default: []].append(
        HeldRole(request: row.id(1), system: row.text(2), role: row.word(3, Role.self)))
      return true
    }
    return found.compactMap { line in
      var line = line
      line.roles = roles[line.account] ?? []
      if let status = filter.status, line.status != status { return nil }
      guard filter.role != nil || system != nil else { return line }
      let isMeant = line.roles.contains { role in
        (filter.role.map { $0 == role.role } ?? true)
          && (system.map { $0.utf8.elementsEqual(role.system.utf8) } ?? true)
      }
      return isMeant ? line : nil
    }
  }
}
