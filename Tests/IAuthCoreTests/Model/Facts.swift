// What stands in the tables, as plain values: read by plain SELECTs, through no view, no service
// and no rule of the program. The reference (Reckoning.swift) reckons with nothing else.

import SQLite

struct Facts: Sendable {
  struct Somebody: Equatable, Sendable {
    var id: Int64
    var agency: Int64
    var name: String
    var email: String
    var mobile: String
    var status: String
    var isProven: Bool
    var isErased: Bool
    var since: Int64

    /// The same person (PRODUCT 3.4), as far as contacts tell.
    func shares(_ other: Somebody) -> Bool {
      id == other.id
        || !isErased && !other.isErased && (email == other.email || mobile == other.mobile)
    }
    var isOpen: Bool { status != "closed" }
  }

  struct Asked: Equatable, Sendable {
    var id: Int64
    var account: Int64
    var agency: Int64
    var system: Int64
    var role: String
    var kind: String
    var status: String
    var round: Int64
    var from: Int64?
    var until: Int64?
    var deputyFor: Int64?
    var replaces: Int64?
    var submitter: Int64?
    var origin: String
    /// When its present round began.
    var waitsSince: Int64
    var newEmail: String?
    var newMobile: String?
    var isApplied: Bool

    var isOpen: Bool { status == "pending" || status == "returned" }
  }

  struct Held: Equatable, Sendable {
    var request: Int64
    var account: Int64
    var agency: Int64
    var system: Int64
    var role: String
    var grantedAt: Int64
    var from: Int64
    /// Not any more from then on, by the day that was named.
    var until: Int64?
    /// When it was written down as ended.
    var ended: Int64?
    var rests: Bool
    var hasBegun: Bool
    /// It has gone on under a later number.
    var isRenewed: Bool

    var isAdmin: Bool { role == "admin" }
  }

  struct Decision: Equatable, Sendable {
    var request: Int64
    var round: Int64
    var verdict: String
    var reviewer: Int64?
    var deputyFor: Int64?
    var at: Int64
  }

  struct Office: Equatable, Sendable {
    var id: Int64
    var code: String
    var superior: Int64?
    var status: String
  }

  struct Move: Equatable, Sendable {
    var id: Int64
    var old: Int64
    var new: Int64
    var on: Int64
    var applied: Int64?
    var undone: Int64?

    var stands: Bool { undone == nil }
  }

  struct Review: Equatable, Sendable {
    var id: Int64
    var system: Int64?
    var top: Int64?
    var due: Int64
    var closed: Int64?
  }

  struct Item: Equatable, Sendable {
    var id: Int64
    var review: Int64
    var request: Int64
    var account: Int64
    var agency: Int64
    var system: Int64
    var role: String
    var status: String
    var rests: Bool
  }

  var people: [Int64: Somebody] = [:]
  var requests: [Int64: Asked] = [:]
  var held: [Int64: Held] = [:]
  var decisions: [Int64: [Decision]] = [:]
  var offices: [Int64: Office] = [:]
  var moves: [Int64: Move] = [:]
  var reviews: [Int64: Review] = [:]
  var items: [Int64: Item] = [:]
  /// Whose account goes on in which, since two agencies became one.
  var merged: [Int64: Int64] = [:]
  /// Whose account has been two people's, also if they are two again.
  var mixed: Set<Int64> = []
  var systems: [Int64: String] = [:]
  var longest: [Int64: Int64] = [:]
  var authority: Int64 = 0

  static let first = "spm"

  init(_ file: Connection) throws {
    func each(_ sql: SQL, _ read: (borrowing Row) -> Void) throws {
      _ = try file.all(sql, [], read)
    }
    try each(
      """
      SELECT id, agency, coalesce(name_key, ''), coalesce(email, ''), coalesce(mobile, ''), status,
        unproven_at IS NULL, erased_at IS NOT NULL, status_at FROM account
      """
    ) { row in
      people[row.int(0)] = Somebody(
        id: row.int(0), agency: row.int(1), name: row.text(2), email: row.text(3),
        mobile: row.text(4), status: row.text(5), isProven: row.bool(6), isErased: row.bool(7),
        since: row.int(8))
    }
    try each(
      """
      SELECT id, account, agency, system, role, kind, status, round, effective_at, until_at,
        deputy_for, replaces, submitter, origin, coalesce(turned_at, created_at), change_email,
        change_mobile, applied_at IS NOT NULL FROM request
      """
    ) { row in
      requests[row.int(0)] = Asked(
        id: row.int(0), account: row.int(1), agency: row.int(2), system: row.int(3),
        role: row.text(4), kind: row.text(5), status: row.text(6), round: row.int(7),
        from: row.intIfAny(8), until: row.intIfAny(9), deputyFor: row.intIfAny(10),
        replaces: row.intIfAny(11), submitter: row.intIfAny(12), origin: row.text(13),
        waitsSince: row.int(14), newEmail: row.textIfAny(15), newMobile: row.textIfAny(16),
        isApplied: row.bool(17))
    }
    try each(
      """
      SELECT request, account, agency, system, role, granted_at, starts_at, ends_at, revoked_at,
        suspended_at IS NOT NULL, began_at IS NOT NULL,
        status = 'revoked' AND coalesce(reason, '') LIKE '展期%' FROM permission
      """
    ) { row in
      held[row.int(0)] = Held(
        request: row.int(0), account: row.int(1), agency: row.int(2), system: row.int(3),
        role: row.text(4), grantedAt: row.int(5), from: row.int(6), until: row.intIfAny(7),
        ended: row.intIfAny(8), rests: row.bool(9), hasBegun: row.bool(10),
        isRenewed: row.bool(11))
    }
    try each(
      """
      SELECT request, round, verdict, reviewer, deputy_for, decided_at FROM decision
      ORDER BY request, round
      """
    ) { row in
      decisions[row.int(0), default: []].append(
        Decision(
          request: row.int(0), round: row.int(1), verdict: row.text(2),
          reviewer: row.intIfAny(3), deputyFor: row.intIfAny(4), at: row.int(5)))
    }
    try each("SELECT id, code, superior, status FROM agency") { row in
      offices[row.int(0)] = Office(
        id: row.int(0), code: row.text(1), superior: row.intIfAny(2), status: row.text(3))
    }
    try each("SELECT id, old, new, on_at, applied_at, undone_at FROM succession") { row in
      moves[row.int(0)] = Move(
        id: row.int(0), old: row.int(1), new: row.int(2), on: row.int(3),
        applied: row.intIfAny(4), undone: row.intIfAny(5))
    }
    try each(
      """
      SELECT m.id, m.holder FROM succession_move m JOIN succession s ON s.id = m.succession
      WHERE m.kind = 'merge' AND s.undone_at IS NULL ORDER BY s.id
      """
    ) { row in merged[row.int(0)] = row.int(1) }
    try each("SELECT holder FROM succession_move WHERE kind = 'merge'") { row in
      mixed.insert(row.int(0))
    }
    try each("SELECT id, system, top, due_at, closed_at FROM recertification") { row in
      reviews[row.int(0)] = Review(
        id: row.int(0), system: row.intIfAny(1), top: row.intIfAny(2), due: row.int(3),
        closed: row.intIfAny(4))
    }
    try each(
      """
      SELECT id, recertification, request, account, agency, system, role, status,
        suspended_at IS NOT NULL FROM recertification_item
      """
    ) { row in
      items[row.int(0)] = Item(
        id: row.int(0), review: row.int(1), request: row.int(2), account: row.int(3),
        agency: row.int(4), system: row.int(5), role: row.text(6), status: row.text(7),
        rests: row.bool(8))
    }
    try each("SELECT id, code, longest FROM system") { row in
      systems[row.int(0)] = row.text(1)
      longest[row.int(0)] = row.intIfAny(2)
    }
    try each("SELECT authority FROM service") { row in authority = row.int(0) }
  }

  // MARK: Looking up

  func system(_ code: String) -> Int64? { systems.first { $0.value == code }?.key }
  func office(_ code: String) -> Int64? { offices.values.first { $0.code == code }?.id }

  /// The agency that has taken a place, at the end of the chain.
  func present(_ agency: Int64) -> Int64 {
    var found = agency
    while offices[found]?.status == "succeeded",
      let move = moves.values.first(where: {
        $0.old == found && $0.stands && $0.applied != nil
      })
    {
      found = move.new
    }
    return found
  }

  /// The account that goes on for one.
  func survivor(_ account: Int64) -> Int64 {
    var found = account
    while people[found]?.isOpen == false, let next = merged[found] { found = next }
    return found
  }

  /// Whether an agency is another one's superior, at any height.
  func isAbove(_ high: Int64, _ low: Int64) -> Bool {
    var found = offices[low]?.superior
    while let next = found {
      if next == high { return true }
      found = offices[next]?.superior
    }
    return false
  }

  func isWithin(_ top: Int64?, _ agency: Int64) -> Bool {
    guard let top else { return true }
    return top == agency || isAbove(top, agency)
  }
}
