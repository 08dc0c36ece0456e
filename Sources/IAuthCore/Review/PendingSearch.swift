// What a reviewer's list is narrowed to beyond what its queries know: words of a name, an address or
// an agency, the agencies below one, and who has decided.

import SQLite
import Sheets
import Values

/// Who has decided.
package enum DecidedBy: Equatable, Sendable {
  case me
  /// Whose name, as names compare, has this in it.
  case name(String)
}

enum PendingSearchTable {
  static let below: SQL = """
    WITH RECURSIVE below (id) AS (SELECT ?1 UNION
      SELECT a.id FROM agency a JOIN below ON a.superior = below.id)
    SELECT id FROM below
    """
  /// What a reviewer last gave as a reason, the newest first.
  static let reasons: SQL = """
    SELECT note FROM decision WHERE reviewer = ?1 AND note <> '' AND verdict <> 'approved'
    GROUP BY note ORDER BY max(decided_at) DESC LIMIT ?2
    """
  static let statements: [SQL] = [below, reasons]
}

extension PendingFilter {
  /// Whether it asks for what no query looks at: then all is read before it is cut off.
  var isSearch: Bool { query != nil || under != nil || by != nil }
}

extension Service {
  /// The reasons that the signed-in person gave last, the newest first.
  ///
  /// - Throws: `session.*`.
  package func reasonsUsed() throws(IAuthError) -> [String] {
    try readSignedIn { (tx, session) throws(IAuthError) in
      try tx.all(PendingSearchTable.reasons, session.account.id, Limits.reasonsOffered) { row in
        row.text(0)
      }
    }
  }

  /// How much waits for the signed-in person; nil if they decide on nothing.
  ///
  /// Nobody has asked for it: that somebody has no right to it is no refusal.
  ///
  /// - Throws: `session.*`.
  package func waitingForMe() throws(IAuthError) -> Int? {
    try ifReviewer { (tx, me) throws(IAuthError) in
      try tx.queueLength(try tx.narrow(PendingFilter()), me)
    }
  }

  /// The first of what waits for the signed-in person; nil if they decide on nothing.
  ///
  /// - Throws: `session.*`.
  package func firstWaiting(_ limit: Int) throws(IAuthError) -> [PendingRequest]? {
    try ifReviewer { (tx, me) throws(IAuthError) in
      try tx.queue(try tx.narrow(PendingFilter(limit: limit)), me)
    }
  }

  private func ifReviewer<Answer>(
    _ body: (Transaction, Account) throws(IAuthError) -> Answer
  ) throws(IAuthError) -> Answer? {
    try readSignedIn { (tx, session) throws(IAuthError) -> Answer? in
      do throws(IAuthError) {
        return try body(tx, session.account)
      } catch {
        guard case .rightMissing = error else { throw error }
        return nil
      }
    }
  }
}

extension Transaction {
  /// What somebody has who decides on nothing: a right that rests, requests of their own, or neither.
  func insteadOfReviewing(_ me: Account) throws(IAuthError) -> Right {
    if let change: RequestID = try id(RequestTable.pendingChange, me.id), try holdsAdmin(me.id) {
      return .resting(change)
    }
    if try holdsAdmin(me.id) { return .resting(nil) }
    return try exists(OwnRequestTable.list, me.id, now) ? .applicant : .reviewer
  }

  /// The lines that the filter is after, at most as many as it wants.
  ///
  /// - Throws: `agency.unknown`; `session.none` for `me` where nobody is signed in.
  func searched(
    _ found: [PendingRequest], _ filter: PendingFilter, me: AccountID?
  ) throws(IAuthError) -> [PendingRequest] {
    guard filter.isSearch else { return found }
    var lines = found
    if let code = filter.under {
      let below: Set<AgencyID> = Set(
        try ids(PendingSearchTable.below, try agency(typed: code).id))
      lines = lines.filter { below.contains($0.agency.id) }
    }
    switch filter.by {
    case .me?:
      guard let me else { throw .sessionNone }
      lines = lines.filter { $0.decider == me }
    case .name(let name)?:
      let key = NameComparison.key(of: Folding.fold(name))
      lines = lines.filter { line in
        line.decidedBy.map { holds(NameComparison.key(of: $0), key) } ?? false
      }
    case nil: break
    }
    if let query = filter.query {
      let words = PendingQuery(query)
      lines = lines.filter(words.fits)
    }
    return Array(lines.prefix(filter.limit ?? Int.max))
  }
}

/// What was typed to find a request by: its number, part of a name, of an address, or of an agency's
/// name.
private struct PendingQuery {
  private let name: String
  private let address: String
  private let mobile: String?
  private let code: String?
  private let number: RequestID?

  init(_ typed: String) {
    let folded = Folding.fold(typed)
    name = NameComparison.key(of: folded)
    address = folded.lowercased()
    mobile = (try? MobileNumber(folded))?.e164
    code = AgencyCode(folded)?.text
    number = Int64(folded).map { RequestID($0) }
  }

  func fits(_ line: PendingRequest) -> Bool {
    if let number, line.number == number { return true }
    if let mobile, line.mobile == mobile { return true }
    if let code, line.agency.code == code { return true }
    return holds(NameComparison.key(of: line.name), name) || holds(line.email, address)
      || holds(NameComparison.key(of: line.agency.name), name)
  }
}

/// Whether `part`, which is not empty, stands in `text`.
private func holds(_ text: String, _ part: String) -> Bool {
  let (text, part) = (Array(text.utf8), Array(part.utf8))
  guard !part.isEmpty, text.count >= part.count else { return false }
  return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
}
