// What somebody may decide (PRODUCT 3.4): the requests of their agency on the systems that they
// administer, and of the authority's people those for administrators; and how many there are.

import SQLite
import Sheets
import Values

/// What somebody decides on of one system.
private struct QueuePart {
  /// Whose general requests; nil: everybody's for administrators.
  let agency: AgencyID?
  let system: SystemID
  /// 職務代理: whose own requests are none of theirs either.
  let represents: AccountID?

  func arguments(_ filter: NarrowedFilter, _ me: Account, _ now: Timestamp) -> Arguments {
    filter.arguments(me, agency?.value ?? 0, system, represents: represents, at: now)
  }
}

extension NarrowedFilter {
  /// What the queries of `PendingRequestsTable` ask for, in their order.
  func arguments(
    _ me: Account?, _ whose: Int64, _ system: SystemID, represents: AccountID?, at now: Timestamp
  ) -> Arguments {
    Arguments([
      whose, system, status, agency, batch, me?.id, me?.email.text, me?.mobile.e164, limit,
      lapsedUntil, returnedUntil, now, represents, role,
    ])
  }
}

extension Transaction {
  /// What `me` may decide, but for their own.
  func queue(_ filter: NarrowedFilter, _ me: Account) throws(IAuthError) -> [PendingRequest] {
    let isWaiting = filter.status == .pending
    var found: [PendingRequest] = []
    for part in try queueParts(filter, me) {
      let sql =
        part.agency == nil
        ? (isWaiting ? PendingRequestsTable.waitingAdmin : PendingRequestsTable.admin)
        : (isWaiting ? PendingRequestsTable.waitingGeneral : PendingRequestsTable.general)
      found += try items(sql, part.arguments(filter, me, now))
    }
    return Self.ordered(found, filter)
  }

  /// How much waits for `me`.
  func queueLength(_ filter: NarrowedFilter, _ me: Account) throws(IAuthError) -> Int {
    var count: Int64 = 0
    for part in try queueParts(filter, me) {
      let sql =
        part.agency == nil ? PendingRequestsTable.countAdmin : PendingRequestsTable.countGeneral
      count += try number(sql, part.arguments(filter, me, now)) ?? 0
    }
    return Int(count)
  }

  /// What `me` decides on, system by system; a request stands in one of them at most.
  ///
  /// - Throws: `right.missing`.
  private func queueParts(
    _ filter: NarrowedFilter, _ me: Account
  ) throws(IAuthError) -> [QueuePart] {
    // A right of one's own counts before a deputy's, which knows more that is one's own.
    var scopes: [(system: SystemID, represents: AccountID?)] = []
    for scope in try all(
      RequestTable.scopesWithDeputies, me.id, me.agency, now,
      read: { row in (system: row.id(0) as SystemID, represents: row.idIfAny(1) as AccountID?) })
    where !scopes.contains(where: { $0.system == scope.system }) {
      scopes.append(scope)
    }
    guard !scopes.isEmpty else { throw .rightMissing(try insteadOfReviewing(me)) }
    var parts: [QueuePart] = []
    if filter.role != .admin {
      parts = scopes.map {
        QueuePart(agency: me.agency, system: $0.system, represents: $0.represents)
      }
    }
    if filter.role != .general, me.agency == (try authority().id) {
      let first: SystemID? = try first(AgencyTable.systemByCode, TargetSystem.firstCode) { row in
        row.id(0)
      }
      if let first, let stand = scopes.first(where: { $0.system == first }) {
        for system: SystemID in try ids(RequestTable.orphanSystems, now) {
          scopes.append((system, stand.represents))
        }
      }
      parts += scopes.map {
        QueuePart(agency: nil, system: $0.system, represents: $0.represents)
      }
    }
    return parts.filter { filter.system == nil || filter.system == $0.system }
  }
}
