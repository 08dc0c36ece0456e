// What the rows of one form have asked for so far, to find two that cannot both come true (PRODUCT
// 3.5, `row.conflict`): neither is taken. A few bytes a row; a form in which nothing contradicts
// pays for nothing else.

import SQLite
import Sheets
import Values

struct RowClaims {
  /// A role of somebody.
  struct Claim: Hashable {
    let account: AccountID
    let system: SystemID
    let role: Role
  }

  /// The row that is being taken.
  var row = 0
  /// Rows that an earlier turn found to contradict each other.
  let known: [Int: [RowProblem]]
  /// Those that this turn has found.
  var contradicts: [Int: [RowProblem]] = [:]
  /// The row of each account that the import has made, in the order of their numbers.
  var ownAccounts = RowNumbers()
  private var firstRequest: RequestID?
  private var requests = RowNumbers()
  var removed: [Claim: Int] = [:]
  /// The same by whom the row named: somebody invited is gone with their only permission.
  private var removedPeople: [String: Int] = [:]
  /// Rows that change nothing, since somebody has the role or has asked for it, in a form that also
  /// takes roles away.
  var kept: [Claim: Int] = [:]
  /// By the permission that is handed over.
  var handedOver: [RequestID: Int] = [:]
  private var contacts: [String: Int] = [:]

  init(_ known: [Int: [RowProblem]]) {
    self.known = known
  }

  /// Notes a request of the row that is being taken; their numbers follow each other.
  mutating func note(request number: RequestID) {
    if firstRequest == nil { firstRequest = number }
    requests.append(row)
  }

  /// The row that has made a request; nil for one from before.
  func row(of request: RequestID) -> Int? {
    guard let firstRequest, request >= firstRequest else { return nil }
    let index = Int(request.value - firstRequest.value)
    return index < requests.count ? requests[index] : nil
  }

  private static func key(
    _ email: EmailAddress, _ name: PersonName, _ agency: Agency, _ system: TargetSystem,
    _ role: Role
  ) -> String {
    "\(agency.id) \(system.id) \(role.rawValue) \(email.text) \(name.key)"
  }

  /// Notes that the row takes a role away from somebody.
  mutating func remove(
    _ claim: Claim, of account: Account, in agency: Agency, _ system: TargetSystem
  ) {
    removed[claim] = row
    removedPeople[Self.key(account.email, account.name, agency, system, claim.role)] = row
  }

  /// The row that has taken this role away from a person of this name and address.
  func row(
    removing email: EmailAddress?, _ name: PersonName?, in agency: Agency, _ system: TargetSystem,
    _ role: Role
  ) -> Int? {
    guard !removedPeople.isEmpty, let email, let name else { return nil }
    return removedPeople[Self.key(email, name, agency, system, role)]
  }

  /// Notes contacts that a change asks for.
  mutating func ask(for email: EmailAddress, _ mobile: MobileNumber, in agency: Agency) {
    contacts["\(agency.id) \(email.text)"] = row
    contacts["\(agency.id) \(mobile.e164)"] = row
  }

  func row(askingFor email: EmailAddress, _ mobile: MobileNumber, in agency: Agency) -> Int? {
    guard !contacts.isEmpty else { return nil }
    return contacts["\(agency.id) \(email.text)"] ?? contacts["\(agency.id) \(mobile.e164)"]
  }
}

extension BatchImporter {
  /// Notes that a row contradicts an earlier one: it is `row.conflict` on both.
  mutating func contradict(_ row: inout CheckedRow, _ earlier: Int, _ column: FormColumn) {
    row.add(header, column, code: "row.conflict", Self.contradiction)
    claims.contradicts[claims.row] = []
    guard claims.contradicts[earlier] == nil else { return }
    claims.contradicts[earlier] = [
      RowProblem(
        isError: true, column: form.header(of: earlier).title(of: column), code: "row.conflict",
        message: Self.contradiction)
    ]
  }

  /// Notes that an earlier row asks for the same; for other days it asks for something else, and
  /// both cannot come true.
  mutating func repeats(_ row: inout CheckedRow, _ number: RequestID) throws(IAuthError) {
    guard let earlier = claims.row(of: number) ?? returned.again[number],
      let request = try tx.request(number), let column = otherDay(row, request)
    else { return row.add(header, .email, code: "row.duplicate", Self.duplicate) }
    contradict(&row, earlier, column)
  }

  private func otherDay(_ row: CheckedRow, _ request: PermissionRequest) -> FormColumn? {
    if header.column(.effectiveDate) != nil, row.effectiveAt != request.effectiveAt {
      return .effectiveDate
    }
    return header.column(.untilDate) != nil && row.untilAt != request.untilAt ? .untilDate : nil
  }

  /// Whether a change in this form asks for the contacts of the row; both are marked if so.
  mutating func clashes(
    _ row: inout CheckedRow, withContactsAskedFor email: EmailAddress, _ mobile: MobileNumber,
    _ agency: Agency
  ) -> Bool {
    guard let earlier = claims.row(askingFor: email, mobile, in: agency) else { return false }
    contradict(&row, earlier, .email)
    return true
  }
}
