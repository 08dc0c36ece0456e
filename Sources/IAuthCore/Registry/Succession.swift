// An agency takes another one's place (機關整併、更名, PRODUCT 11.4). On its day people, what they
// hold and wait for, their reviews and the agencies below are the successor's; what was decided
// before stays what it was.

import SQLite
import Values

/// What the operator says of one agency.
package struct SuccessionOrder: Sendable, Equatable {
  package var old: String
  package var new: String
  /// The first moment of its day in Taipei.
  package var onAt: Timestamp
  package var document: String

  package init(old: String, new: String, onAt: Timestamp, document: String) {
    (self.old, self.new, self.onAt, self.document) = (old, new, onAt, document)
  }
}

/// Something that a succession moves.
package struct SuccessionLine: Sendable {
  package enum What: String, CaseIterable, Sendable {
    case account, merged, permission, request, agency, recertification, authority
  }

  package enum Outcome: String, CaseIterable, Sendable { case moved, ended, superseded, undone }

  package let what: What
  package var outcome: Outcome
  package let old: Agency
  package let new: Agency
  package let account: AccountID?
  /// Of one that is closed: which goes on for it.
  package let into: AccountID?
  package let request: RequestID?
  package let agency: Agency?
  /// Otherwise it happens on its day.
  package var isApplied: Bool
}

/// Who is told of what moved, once each.
struct SuccessionNews {
  private(set) var changes: [AccountID: [Notice.Succession]] = [:]

  mutating func add(_ accounts: [AccountID], _ old: Agency, _ new: Agency) {
    let change = Notice.Succession(
      old: old.name, oldCode: old.code, new: new.name, newCode: new.code)
    for account in accounts where changes[account]?.contains(change) != true {
      changes[account, default: []].append(change)
    }
  }
}

/// A succession that stands.
struct StandingSuccession {
  let id: Int64
  let old: AgencyID
  let new: AgencyID
  let onAt: Timestamp
  let document: String
  let appliedAt: Timestamp?

  /// What was applied last comes last; what has not come yet, after it.
  var appliedOrder: (Int64, Int64) { (appliedAt?.seconds ?? .max, id) }

  init(row: borrowing Row) {
    (id, old, new) = (row.int(0), row.id(1), row.id(2))
    (onAt, document, appliedAt) = (row.time(3), row.text(4), row.timeIfAny(5))
  }
}

extension Service {
  /// Puts agencies in the place of others, now or on their day; all or none.
  ///
  /// - Throws: `right.missing`, `document.invalid`, `agency.unknown`, `agency.removed`,
  ///   `agency.succeeded`, `agency.cycle`, `account.taken`, `account.last`.
  package func succeed(_ orders: [SuccessionOrder]) throws(IAuthError) -> [SuccessionLine] {
    var orders = orders
    for index in orders.indices {
      orders[index].document = try FreeText.document(orders[index].document)
    }
    return try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<[SuccessionLine]> in
      var lines: [SuccessionLine] = []
      var news = SuccessionNews()
      var later: [(id: Int64, onAt: Timestamp)] = []
      for order in orders {
        try WriteLock.checkInterrupt()
        let id = try tx.plan(order)
        if order.onAt <= tx.now {
          lines += try tx.apply(succession: id, &news)
        } else {
          later.append((id, order.onAt))
        }
      }
      later.sort { ($0.onAt, $0.id) < ($1.onAt, $1.id) }
      if !later.isEmpty { lines += try tx.foresee(later.map(\.id)) }
      try tx.tell(news, isUndone: false)
      try WriteLock.checkInterrupt()
      return .commit(lines)
    }
  }
}

extension Transaction {
  /// The agency of a code itself, whoever has taken its place.
  func ownAgency(typed: String) throws(IAuthError) -> Agency {
    if let code = AgencyCode(typed) {
      if let agency = try first(AgencyTable.byCode, code.text, read: { Agency(row: $0) }) {
        return agency
      }
    } else if let code = AgencyCode.orgCode(typed),
      let agency = try first(AgencyTable.byOrgCode, code, read: { Agency(row: $0) })
    {
      return agency
    }
    throw Folding.fold(typed).isEmpty ? .agencyMissing : .agencyUnknown(code: typed)
  }

  /// Whoever has taken an agency's place, at the end of the chain; else the agency.
  func present(_ agency: Agency) throws(IAuthError) -> Agency {
    var found = agency
    while found.status == .succeeded {
      guard let next: AgencyID = try id(SuccessionTable.successor, found.id) else {
        throw .databaseDamaged
      }
      found = try self.agency(id: next)
    }
    return found
  }

  func standingSuccession(of old: AgencyID) throws(IAuthError) -> StandingSuccession? {
    try first(SuccessionTable.ofOld, old) { row in StandingSuccession(row: row) }
  }

  /// Stores what is to happen.
  fileprivate func plan(_ order: SuccessionOrder) throws(IAuthError) -> Int64 {
    let old = try ownAgency(typed: order.old)
    if let earlier = try standingSuccession(of: old.id) {
      let new = try agency(id: earlier.new)
      let isBack = (try? ownAgency(typed: order.new))?.id == old.id
      guard !isBack else { throw .successionCycle(code: old.code) }
      throw .agencySucceeded(code: old.code, by: new.code)
    }
    let new = try activeAgency(typed: order.new)
    // Neither itself nor, by what is planned, anybody whose place it takes.
    var end: AgencyID? = new.id
    while let next = end {
      guard next != old.id else { throw .successionCycle(code: old.code) }
      end = try id(SuccessionTable.next, next)
    }
    let id: ID<StandingSuccession> = try insert(
      SuccessionTable.add, old.id, new.id, order.onAt, order.document, now)
    try audit(.successionPlanned, .agency(code: old.code))
    return id.value
  }

  /// What successions would move today, each after the one before; nothing is kept.
  fileprivate func foresee(_ successions: [Int64]) throws(IAuthError) -> [SuccessionLine] {
    let kept = (auditHead, treeGrowth, queuedCount, plan)
    var news = SuccessionNews()
    try execute("SAVEPOINT succession")
    var lines: [SuccessionLine] = []
    for id in successions { lines += try apply(succession: id, &news) }
    try execute("ROLLBACK TO succession")
    try execute("RELEASE succession")
    (auditHead, treeGrowth, queuedCount, plan) = kept
    for index in lines.indices { lines[index].isApplied = false }
    return lines
  }

  /// Applies what has come due, each after all that came due before it; one that could not be applied
  /// on its day comes after all.
  ///
  /// What stands in the way of one stands on the trail, and holds up nothing else.
  ///
  /// - Parameter isAgain: whether those are tried again that could not be applied.
  func applyDueSuccessions(isAgain: Bool = false) throws(IAuthError) {
    var news = SuccessionNews()
    let due = try all(SuccessionTable.due, now, isAgain) { row in
      (id: row.id(0) as ID<StandingSuccession>, moment: row.time(1))
    }
    for (id, moment) in due {
      let kept = (auditHead, treeGrowth, queuedCount, plan)
      var told = news
      try execute("SAVEPOINT succession")
      do throws(IAuthError) {
        try sweepDated(by: moment)
        _ = try apply(succession: id.value, &told, as: moment)
        try execute("RELEASE succession")
        news = told
      } catch {
        // Whoever told the run to stop is nothing in the way of one.
        try WriteLock.checkInterrupt()
        let isRefused = [ExitStatus.refused, .unknown].contains(error.code.status)
        guard isRefused || error.code == .internal else { throw error }
        try execute("ROLLBACK TO succession")
        try execute("RELEASE succession")
        (auditHead, treeGrowth, queuedCount, plan) = kept
        try run(SuccessionTable.setHeld, id, now)
        let old = try first(SuccessionTable.byID, id) { row in StandingSuccession(row: row) }?.old
        let code = try agency(id: old ?? 0).code
        try audit(.agencySucceeded, .agency(code: code), outcome: error.code.rawValue)
      }
    }
    try tell(news, isUndone: false)
  }

  /// Moves everything.
  ///
  /// - Parameter moment: when it came due, if it is not ordered now.
  func apply(
    succession id: Int64, _ news: inout SuccessionNews, as moment: Timestamp? = nil
  ) throws(IAuthError) -> [SuccessionLine] {
    guard let planned = try first(SuccessionTable.byID, id, read: { StandingSuccession(row: $0) })
    else {
      throw .databaseDamaged
    }
    // What has ended by itself neither moves nor is merged; what did so later comes later.
    if moment == nil { try endOverduePermissions() }
    let old = try agency(id: planned.old)
    let meant = try agency(id: planned.new)
    let new = try present(meant)
    guard new.id != old.id else { throw .successionCycle(code: old.code) }
    guard new.status == .active else { throw .agencyRemoved(code: new.code) }
    guard new.id == meant.id else {
      // Its own place was taken before this day.
      try run(SuccessionTable.setUndone, id, now)
      let other: ID<StandingSuccession> = try insert(
        SuccessionTable.add, old.id, new.id, planned.onAt, planned.document, now)
      return try apply(succession: other.value, &news, as: moment)
    }
    let pairs = try samePeople(old, new)
    let hasAdministrator = try exists(SuccessionTable.hasAdministrator, moment ?? now)
    try audit(.agencySucceeded, .agency(code: old.code))
    try run(SuccessionTable.setApplied, id, now)
    let administrators = try all(RequestTable.administratorsOf, new.id, now) { row in
      Account(row: row).id
    }
    try remember(id, "status", old.id.value, was: old.status.rawValue)
    try run(SuccessionTable.setStatus, old.id, AgencyStatus.succeeded, now)
    if try authority().id == old.id {
      try remember(id, "authority", old.id.value, before: old.id, after: new.id)
      try run(SuccessionTable.setAuthority, old.id, new.id)
    }
    try voidProofs(in: old)
    try moveBelow(id, old, new)
    for pair in pairs { try merge(pair, id, old, new) }
    for (all, move) in [
      (SuccessionTable.allAccounts, SuccessionTable.moveAccounts),
      (SuccessionTable.allRequests, SuccessionTable.moveRequests),
      (SuccessionTable.allPermissions, SuccessionTable.movePermissions),
      (SuccessionTable.allItems, SuccessionTable.moveItems),
    ] {
      try run(all, id, old.id, new.id)
      try run(move, old.id, new.id)
    }
    for pair in pairs { try settleHandOvers(to: pair, id) }
    // Whoever becomes one with somebody whose new contacts wait rests until they are decided.
    if hasAdministrator, try !exists(SuccessionTable.hasAdministrator, moment ?? now) {
      throw .accountLast
    }
    let lines = try lines(of: id, old, new)
    let moved = lines.compactMap { line in
      line.what == .account ? line.account : line.what == .merged ? line.into : nil
    }
    news.add(administrators + moved, old, new)
    return lines
  }

  /// The agencies below are the successor's; one that was below itself takes the place above.
  private func moveBelow(_ id: Int64, _ old: Agency, _ new: Agency) throws(IAuthError) {
    if try exists(AgencyTable.isWithinReach, new.id, old.id) {
      let isDerived = try number(SuccessionTable.isDerived, new.id) == 1
      try remember(
        id, "agency", new.id.value, before: new.superior, after: old.superior,
        was: isDerived ? "1" : "0")
      try run(AgencyTable.setSuperior, new.id, old.superior, false, now)
    }
    try run(SuccessionTable.allBelow, id, old.id, new.id)
    try run(SuccessionTable.moveBelow, old.id, new.id, now)
  }

  /// A code that was sent for the old agency proves nothing any more.
  private func voidProofs(in agency: Agency) throws(IAuthError) {
    let open = try all(SuccessionTable.openProofs, agency.id) { row in
      (
        id: row.id(0) as VerificationID, reference: Reference(stored: row.text(1)),
        purpose: row.word(2, CodePurpose.self)
      )
    }
    for proof in open {
      guard proof.purpose != .application else {
        try lapse(application: proof.id, proof.reference)
        continue
      }
      try run(VerificationTable.close, proof.id, "lapsed")
      try run(OutboxTable.voidCodes, proof.reference.text)
    }
  }

  func remember(
    _ succession: Int64, _ kind: String, _ id: Int64, before: AgencyID? = nil,
    after: AgencyID? = nil, holder: AccountID? = nil, was: String? = nil
  ) throws(IAuthError) {
    try run(SuccessionTable.remember, succession, kind, id, before, after, holder, was)
  }

  /// What has moved, as it is told.
  func lines(
    of id: Int64, _ old: Agency, _ new: Agency
  ) throws(IAuthError) -> [SuccessionLine] {
    try all(SuccessionTable.lines, id) { row in
      let kind = row.text(0)
      let what: SuccessionLine.What =
        switch kind {
        case "account": .account
        case "merge": .merged
        case "permission", "ended": .permission
        case "request", "superseded": .request
        case "item": .recertification
        case "authority": .authority
        default: .agency
        }
      return SuccessionLine(
        what: what, outcome: SuccessionLine.Outcome(rawValue: kind) ?? .moved, old: old, new: new,
        account: row.idIfAny(2), into: row.idIfAny(4), request: row.idIfAny(3),
        agency: row.isNull(5)
          ? nil
          : Agency(
            id: row.id(5), type: row.word(6, AgencyType.self), code: row.text(7),
            name: row.text(8), path: row.text(9), superior: row.idIfAny(10),
            status: row.word(11, AgencyStatus.self)),
        isApplied: true)
    }
  }

  /// One mail to each who moved, and to who administers either agency.
  ///
  /// Who is only invited is written to by the invitation alone.
  func tell(_ news: SuccessionNews, isUndone: Bool) throws(IAuthError) {
    for (id, changes) in news.changes.sorted(by: { $0.key < $1.key }) where id != actor?.account {
      guard let account = try first(AccountTable.byID, id, read: { row in Account(row: row) }),
        account.status == .active || account.status == .suspended
      else { continue }
      try queue(
        .succession(changes, isUndone: isUndone), to: .mail(account), reference: "succession")
    }
  }
}
