// Whose data someone may look at in a report (PRODUCT 11.8): all of it for the authority's
// administrators and the operator, the subtree for an agency's administrator, else one's own.

import SQLite
import Values

/// How far a reader sees.
enum ReportScope: Equatable {
  case all
  /// An agency's administrator: the agency and all below it.
  case under(Agency)
  /// Somebody else: what is their own.
  case own(Account)
}

/// What a report is narrowed to, as typed.
package struct ReportFilter: Sendable {
  package var agency: String?
  package var under: String?
  package var system: String?
  package var role: Role?
  package var account: AccountID?

  package init(
    agency: String? = nil, under: String? = nil, system: String? = nil, role: Role? = nil,
    account: AccountID? = nil
  ) {
    self.agency = agency
    self.under = under
    self.system = system
    self.role = role
    self.account = account
  }
}

/// A filter with its codes looked up, inside what the reader may see.
struct ReportRange {
  /// Just this agency.
  var agency: AgencyID?
  /// This agency and all below it.
  var top: AgencyID?
  var system: SystemID?
  var role: Role?
  var account: AccountID?

  /// The agency that it is about, with those below it unless it stands alone.
  var place: AgencyID? { agency ?? top }
  var isAlone: Bool { agency != nil }
  var isWhole: Bool { place == nil && account == nil }
}

extension Transaction {
  /// Who acts: a live session says so; without one, or after its end, the owner of the database is the
  /// operator (nil).
  ///
  /// The owner keeps the operator's rights while signed in as somebody.
  ///
  /// - Throws: `session.*` for everybody else.
  func signedInOrOperator() throws(IAuthError) -> Session? {
    world.caller.isOperator ? try sessionIfAny() : try session()
  }

  /// How far the caller sees.
  ///
  /// - Throws: `session.*` for whoever is not the operator.
  func reportScope() throws(IAuthError) -> ReportScope {
    guard let me = try signedInOrOperator()?.account else { return .all }
    if try isAuthorityAdministrator(me) { return .all }
    return try isAdministrator(me) ? .under(try agency(id: me.agency)) : .own(me)
  }

  /// The filter within the scope.
  ///
  /// A session says what the operator's lists begin with; what it has no right to, the operator has.
  ///
  /// - Throws: `agency.unknown`, `system.unknown`, `account.unknown`; `right.missing` for an agency
  ///   outside the scope.
  func range(_ filter: ReportFilter, in scope: ReportScope) throws(IAuthError) -> ReportRange {
    do throws(IAuthError) {
      return try narrowed(filter, in: scope)
    } catch {
      guard world.caller.isOperator, error.code == .rightMissing || error == .accountUnknown else {
        throw error
      }
      return try narrowed(filter, in: .all)
    }
  }

  private func narrowed(
    _ filter: ReportFilter, in scope: ReportScope
  ) throws(IAuthError) -> ReportRange {
    var range = ReportRange(role: filter.role, account: filter.account)
    range.system = try filter.system.map { (code) throws(IAuthError) in
      try system(code: code, command: "permissions").id
    }
    let named = try (filter.agency ?? filter.under).map { (code) throws(IAuthError) in
      try agency(typed: code)
    }
    if filter.agency != nil { range.agency = named?.id } else { range.top = named?.id }
    switch scope {
    case .all: break
    case .under(let own):
      if let named {
        guard try isWithinReach(named, of: own) else { throw .rightMissing(.within) }
      } else {
        range.top = own.id
      }
      // The reach of a removed agency has ended.
      if own.status != .active { (range.agency, range.top) = (own.id, nil) }
      if let id = filter.account {
        let found = try first(AccountTable.byID, id, read: { row in Account(row: row) })
        guard let found, try isWithinReach(try agency(id: found.agency), of: own) else {
          throw .accountUnknown
        }
      }
    case .own(let me):
      guard named == nil || named?.id == me.agency else { throw .rightMissing(.within) }
      guard filter.account == nil || filter.account == me.id else { throw .accountUnknown }
      range.account = me.id
    }
    if let id = filter.account, scope == .all,
      try number(ReportTable.isAccount, id) == nil
    {
      throw .accountUnknown
    }
    return range
  }
}

enum ReportTable {
  static let isAccount: SQL = "SELECT 1 FROM account WHERE id = ?"
  static let statements: [SQL] = [isAccount]
}
