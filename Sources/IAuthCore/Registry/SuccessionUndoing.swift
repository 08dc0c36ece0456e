// Taking a succession back (PRODUCT 11.4), within seven days and as long as nothing that was
// decided since stands in the way; and who might be the successor of an agency that has left the
// registry.

import SQLite
import Values

/// An agency that may have taken the place of one that has left the registry.
package struct SuccessorProposal: Sendable, Equatable {
  package let old: Agency
  package let new: Agency
  package let hasName: Bool
  package let hasPeople: Bool
}

extension Service {
  /// Takes successions back, or calls off those whose day has not come; all or none.
  ///
  /// - Throws: `right.missing`, `agency.unknown`, `agency.undo`.
  package func undoSuccession(of codes: [String]) throws(IAuthError) -> [SuccessionLine] {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<[SuccessionLine]> in
      var meant: [(standing: StandingSuccession, old: Agency)] = []
      for code in codes {
        let old = try tx.ownAgency(typed: code)
        guard let standing = try tx.standingSuccession(of: old.id) else {
          throw .successionBound(code: old.code, .none)
        }
        if !meant.contains(where: { $0.old.id == old.id }) { meant.append((standing, old)) }
      }
      // What came last goes first, however it is typed.
      meant.sort { ($0.standing.appliedOrder) > ($1.standing.appliedOrder) }
      var lines: [SuccessionLine] = []
      var news = SuccessionNews()
      for (standing, old) in meant { lines += try tx.undo(standing, old, &news) }
      try tx.tell(news, isUndone: true)
      return .commit(lines)
    }
  }
}

extension Transaction {
  fileprivate func undo(
    _ standing: StandingSuccession, _ old: Agency, _ news: inout SuccessionNews
  ) throws(IAuthError) -> [SuccessionLine] {
    let new = try agency(id: standing.new)
    guard let appliedAt = standing.appliedAt else {
      try run(SuccessionTable.setUndone, standing.id, now)
      try audit(.successionUndone, .agency(code: old.code))
      return [
        SuccessionLine(
          what: .agency, outcome: .undone, old: old, new: new, account: nil, into: nil,
          request: nil, agency: old, isApplied: false)
      ]
    }
    if let problem = try problem(undoing: standing, appliedAt, new) {
      throw .successionBound(code: old.code, problem)
    }
    let administrators = try all(RequestTable.administratorsOf, new.id, now) { row in
      Account(row: row).id
    }
    let hasAdministrator = try exists(SuccessionTable.hasAdministrator, now)
    try audit(.successionUndone, .agency(code: old.code))
    try run(SuccessionTable.setUndone, standing.id, now)
    let id = standing.id
    let was = try text(SuccessionTable.wasStatus, id).flatMap { AgencyStatus(rawValue: $0) }
    try run(SuccessionTable.setStatus, old.id, was ?? .active, now)
    if try exists(SuccessionTable.wasAuthority, id) {
      try run(SuccessionTable.setAuthority, new.id, old.id)
    }
    try run(SuccessionTable.voidProofs, id)
    try run(SuccessionTable.closeProofs, id)
    try run(SuccessionTable.accountsBack, id, old.id)
    let merged = try all(SuccessionTable.merged, id) { row in
      (
        account: row.id(0) as AccountID, status: row.word(1, AccountStatus.self),
        isSuspended: row.bool(2)
      )
    }
    for (account, status, isSuspended) in merged {
      try run(AccountTable.setStatus, account, status, now)
      try audit(.accountRestored, .account(account))
      // Whoever was suspended as one person is so as two.
      guard isSuspended, status == .active else { continue }
      try run(AccountTable.setStatus, account, AccountStatus.suspended, now)
      try audit(.accountSuspended, .account(account))
    }
    try run(SuccessionTable.requestsParted, id)
    try run(SuccessionTable.permissionsParted, id)
    // What was asked for at the successor is the old agency's now, and its last entry says so.
    for number: RequestID in try ids(SuccessionTable.requestsBack, id, new.id, old.id)
    where try !exists(SuccessionTable.isMovedRequest, number) {
      try auditSubmission(.successionUndone, number)
    }
    let revived: [RequestID] = try ids(SuccessionTable.revived, id)
    for number in revived { try audit(.successionUndone, .request(number)) }
    try run(SuccessionTable.permissionsBack, id, new.id, old.id)
    for number in revived {
      guard let heir = try request(number), heir.effectiveAt.map({ now < $0 }) ?? false else {
        continue
      }
      try handOver(heir)
    }
    try run(SuccessionTable.itemsBack, id, new.id, old.id)
    let ended = try all(SuccessionTable.superseded, id) { row in
      (number: row.id(0) as RequestID, wasReturned: row.bool(1))
    }
    for (number, wasReturned) in ended {
      // In its place another one may stand by now.
      guard let request = try request(number), request.status == .superseded,
        try account(id: request.account).status != .closed,
        try !exists(RequestTable.pendingFor, request.account, request.system, request.role),
        try obstacle(to: request) == nil
      else { continue }
      guard wasReturned else {
        try reopen(request, request.role, request.system)
        continue
      }
      try run(SuccessionTable.sendBackAgain, number)
      try audit(.reopened, .request(number))
    }
    let below = try all(SuccessionTable.below, id, new.id) { row in
      (agency: row.id(0) as AgencyID, superior: row.idIfAny(1) as AgencyID?, derived: row.bool(2))
    }
    for (agency, superior, derived) in below {
      try run(AgencyTable.setSuperior, agency, superior, derived, now)
    }
    if hasAdministrator, try !exists(SuccessionTable.hasAdministrator, now) {
      throw .successionBound(code: old.code, .authority)
    }
    var lines = try lines(of: id, old, new)
    for index in lines.indices {
      if lines[index].outcome == .superseded, let number = lines[index].request,
        try request(number).map({ $0.status == .superseded }) ?? true
      {
        continue
      }
      lines[index].outcome = .undone
    }
    lines.removeAll { $0.outcome == .superseded }
    let moved = lines.compactMap { line in
      line.what == .account || line.what == .merged ? line.account : nil
    }
    news.add(administrators + moved, new, old)
    return lines
  }

  /// What stands in the way of an undoing.
  private func problem(
    undoing standing: StandingSuccession, _ appliedAt: Timestamp, _ new: Agency
  ) throws(IAuthError) -> SuccessionProblem? {
    guard now < appliedAt + Limits.successionUndo else { return .late }
    guard new.status != .succeeded else { return .successor(code: new.code) }
    let later: AgencyID? = try id(SuccessionTable.mergedLater, standing.id)
    if let later { return .later(code: try agency(id: later).code) }
    for sql in [SuccessionTable.decided, SuccessionTable.granted] {
      if let number: RequestID = try id(sql, standing.id, appliedAt) { return .request(number) }
    }
    if let number: RequestID = try id(SuccessionTable.stoodIn, standing.id) {
      return .request(number)
    }
    let changed: AccountID? = try id(SuccessionTable.changed, standing.id, appliedAt)
    return changed.map { .account($0) }
  }

  /// Who might have taken the places of agencies that are gone: of the same name, or with the same
  /// people.
  ///
  /// - Parameter gone: those that have just left the registry; of the others, only those that still
  ///   have people are asked about.
  func successors(of gone: [AgencyID]) throws(IAuthError) -> [SuccessorProposal] {
    let vacant = try all(SuccessionTable.vacant) { row in Agency(row: row) }
    var asked: [Agency] = []
    for id in gone.sorted() where !vacant.contains(where: { $0.id == id }) {
      asked.append(try agency(id: id))
    }
    guard !vacant.isEmpty || !asked.isEmpty else { return [] }
    var named: [String: [Agency]] = [:]
    var active: [AgencyID: Agency] = [:]
    for agency in try all(SuccessionTable.actives, read: { row in Agency(row: row) }) {
      named[agency.name, default: []].append(agency)
      active[agency.id] = agency
    }
    var proposals: [SuccessorProposal] = []
    for old in vacant + asked {
      guard old.status == .removed, try standingSuccession(of: old.id) == nil else { continue }
      var found = named[old.name] ?? []
      let names = Set(found.map(\.id.value))
      let people: [AgencyID] =
        vacant.contains { $0.id == old.id } ? try ids(SuccessionTable.samePeople, old.id) : []
      found += people.filter { !names.contains($0.value) }.compactMap { active[$0] }
      for new in found {
        proposals.append(
          SuccessorProposal(
            old: old, new: new, hasName: names.contains(new.id.value),
            hasPeople: people.contains(new.id)))
      }
    }
    return proposals
  }
}
