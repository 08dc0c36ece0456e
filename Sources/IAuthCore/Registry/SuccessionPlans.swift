// Who takes an agency's place, and what stands in the way of one whose day has come (PRODUCT 11.4):
// the agency's line shows the one, the operator's digest and `doctor` the other.

import SQLite
import Values

/// Who has taken an agency's place, or will on a day to come.
package struct AgencySuccession: Sendable {
  package let new: Agency
  package let onAt: Timestamp
  package let hasHappened: Bool
  /// Why it could not happen when its day had come; the code of the error.
  package let why: String?
}

extension Transaction {
  /// Agencies with who has taken their places, or is to.
  func withSuccessors(_ items: [AgencyLineItem]) throws(IAuthError) -> [AgencyLineItem] {
    let standing = try all(SuccessionTable.standing) { row in StandingSuccession(row: row) }
    guard !standing.isEmpty else { return items }
    let held = try all(SuccessionTable.heldUp) { row in (old: row.id(0) as AgencyID, row.text(3)) }
    var items = items
    for succession in standing {
      let index = items.firstIndex { $0.agency.id == succession.old }
      guard let index else { continue }
      items[index].succession = AgencySuccession(
        new: try present(try agency(id: succession.new)), onAt: succession.onAt,
        hasHappened: succession.appliedAt != nil,
        why: held.first { $0.old == succession.old }?.1)
    }
    return items
  }

  /// Successions whose day has come and that could not happen, each with the last try's reason and
  /// the accounts that stand in the way now.
  func heldSuccessions() throws(IAuthError) -> [OperatorDigest.HeldSuccession] {
    let held = try all(SuccessionTable.heldUp) { row in
      (old: row.id(0) as AgencyID, new: row.id(1) as AgencyID, onAt: row.time(2), why: row.text(3))
    }
    var found: [OperatorDigest.HeldSuccession] = []
    for (old, new, onAt, why) in held {
      let (old, new) = (try agency(id: old), try present(try agency(id: new)))
      var accounts: [AccountID] = []
      do throws(IAuthError) {
        _ = try samePeople(old, new)
      } catch {
        guard case .accountsTaken(let inTheWay) = error else { throw error }
        accounts = inTheWay
      }
      found.append(
        OperatorDigest.HeldSuccession(
          old: old.code, new: new.code, onAt: onAt, why: why, accounts: accounts))
    }
    return found
  }
}
