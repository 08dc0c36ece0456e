// Whom a mended row means (PRODUCT 3.1, 11.2): who has one of its contacts, and where neither stayed
// somebody of that name, if only one can be meant. Only later rows may show whom a row does not mean;
// the form is then taken again (ImportFindings).

import SQLite
import Sheets
import Values

struct Namesakes {
  /// Contacts that somebody no longer has, since a row mended them, by agency and contact.
  var former: [String: Former] = [:]
  /// Rows that were taken for somebody's by the name alone, and whom they might have meant.
  var named: [Int: (account: AccountID, candidates: [AccountID])] = [:]
  /// The same rows by agency, role and name.
  var byName: [String: Int] = [:]
  /// Whom a row does not mean, as a later one has shown, in this turn or an earlier one.
  var excluded: [Int: Set<AccountID>]

  /// Somebody whom a row gave another contact.
  struct Former {
    let account: AccountID
    let row: Int
    let name: String
    let column: FormColumn
  }

  init(_ excluded: [Int: Set<AccountID>]) { self.excluded = excluded }
}

extension BatchImporter {
  /// Whom a row means, if it is somebody invited whose request of this kind was sent back: nobody
  /// has proven their data yet, so that the row may mend these too.
  ///
  /// One of whom neither contact stayed is known by the name, unless another row has the contacts.
  mutating func sentBack(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Account? {
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return nil }
    // Of an agency all of whose people are known by their contacts, most rows are of someone new.
    if returned.ofAgency[agency.id] == nil {
      returned.ofAgency[agency.id] = try tx.exists(SentBackTable.hasReturned, agency.id)
    }
    guard returned.ofAgency[agency.id] == true else { return nil }
    try flush()
    var known = try tx.accounts(in: agency.id, email: email, mobile: mobile)
    if known.isEmpty {
      let former =
        namesakes.former[Self.key(agency, email.text)]
        ?? namesakes.former[Self.key(agency, mobile.e164)]
      if let former, former.name == name.key {
        // This is the one whom an earlier row was taken for; or they are one person twice.
        if namesakes.named[former.row] != nil {
          namesakes.excluded[former.row, default: []].insert(former.account)
        } else {
          contradict(&row, former.row, former.column)
        }
        return nil
      }
      let named: [AccountID] = try tx.ids(
        SentBackTable.byName, agency.id, name.key, system.id, role, importer.session?.account.id,
        rowDocument)
      let candidates = named.filter { namesakes.excluded[claims.row]?.contains($0) != true }
      let key = "\(agency.id) \(system.id) \(role.rawValue) \(name.key)"
      if let earlier = namesakes.byName[key], candidates.isEmpty {
        // Either of the two may be the one who is known by the name alone.
        contradict(&row, earlier, .name)
      } else if let id = candidates.first {
        namesakes.named[claims.row] = (id, candidates)
        namesakes.byName[key] = claims.row
        known = [try tx.account(id: id)]
      }
    }
    guard known.count == 1, let account = known.first, account.status == .invited else {
      return nil
    }
    if let earlier = returned.mended[account.id], !Self.isSame(account, row) {
      contradict(&row, earlier, Self.differing(known, name, email, mobile))
      return nil
    }
    guard let standing = try standing(account, system, role), standing.isReturned,
      standing.batch != nil
    else { return nil }
    return account
  }

  static func key(_ agency: Agency, _ contact: String) -> String {
    "\(agency.id) \(contact)"
  }

  /// Whether the row has somebody's very data.
  static func isSame(_ account: Account, _ row: CheckedRow) -> Bool {
    account.name.text == row.name?.text && account.email.text == row.email?.text
      && account.mobile.e164 == row.mobile?.e164
  }

  /// Rows that were taken for somebody's by the name alone are guesses where it might have been
  /// somebody else whom no row has by a contact.
  mutating func settleNamed() {
    var byName: [AccountID: Int] = [:]
    for (row, pick) in namesakes.named { byName[pick.account] = row }
    for (row, pick) in namesakes.named.sorted(by: { $0.key < $1.key }) {
      let others = pick.candidates.filter {
        $0 != pick.account && (returned.mended[$0] == nil || byName[$0] != nil)
      }
      guard !others.isEmpty else { continue }
      for row in [row] + others.compactMap({ byName[$0] }) {
        claims.contradicts[row] = [
          RowProblem(
            isError: true, column: form.header(of: row).title(of: .name), code: "row.conflict",
            message: Self.several)
        ]
      }
    }
  }

  private static let several = Bilingual(
    "requests of several people of this name were sent back; leave one contact as it was, or the "
      + "rows tell nobody apart",
    "退回補正之申請案有數位同名者；請至少保留一項原聯絡資料，以資辨識")
}
