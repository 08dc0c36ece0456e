// 交接 in Form 2 (PRODUCT 11.1): somebody else takes a permission over, and rows handed in again
// after they were sent back (11.2).

import SQLite
import Sheets
import Values

extension BatchImporter {
  /// 交接: a `grant` request for the row's person, which ends the permission of whom 原管理者姓名 and
  /// 原公務信箱 name when it takes effect.
  mutating func handOver(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Answer? {
    try invalidateCache()
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return nil }
    guard !contradictsRemoval(&row, agency, system, role),
      let old = try person(&row, in: agency)
    else { return nil }
    if let earlier = claims.removed[.init(account: old.id, system: system.id, role: role)] {
      contradict(&row, earlier, .change)
      return nil
    }
    if try mend(&row, agency, system, role) != nil, row.hasErrors { return nil }
    let known = try account(&row, agency, name, email, mobile)
    guard !row.hasErrors else { return nil }
    if let known {
      let standing = try tx.first(
        Form2Table.handOver, known.id, old.id, system.id, role,
        read: { row in
          (
            number: row.id(0) as RequestID, batch: row.idIfAny(1) as BatchID?,
            isReturned: row.bool(2)
          )
        })
      if let standing {
        if standing.isReturned { return try resubmit(standing.number, row) }
        guard claims.row(of: standing.number) == nil else {
          row.add(header, .email, code: "row.duplicate", Self.duplicate)
          return nil
        }
        return .unchanged(standing.number, batch: standing.batch)
      }
    }
    let held: RequestID? = try tx.first(EffectTable.held, old.id, system.id, role) { row in
      row.id(0)
    }
    guard let held else {
      row.add(header, row.subjectColumn, code: ErrorCode.permissionNone.rawValue, Self.holdsNothing)
      return nil
    }
    if let earlier = claims.handedOver[held] {
      contradict(&row, earlier, .change)
      return nil
    }
    if let known {
      let number: RequestID? = try tx.id(RequestTable.pendingFor, known.id, system.id, role)
      if let earlier = number.flatMap({ claims.row(of: $0) }) {
        contradict(&row, earlier, .change)
        return nil
      }
      let holds = try tx.heldPermission(known.id, system.id, role) != nil
      guard known.id != old.id, !holds, number == nil else {
        row.add(
          header, .name, code: "row.conflict", number == nil ? Self.holdsAlready : Self.waiting)
        return nil
      }
    } else {
      guard !clashes(&row, withContactsAskedFor: email, mobile, agency) else { return nil }
    }
    try openBatch()
    let successor: Account
    if let known {
      successor = known
    } else {
      successor = try invite(row, name, email, mobile, agency)
    }
    claims.handedOver[held] = claims.row
    let number = try submit(
      RequestDraft(
        account: successor, system: system.id, role: role, origin: "batch", reason: row.reason,
        effectiveAt: row.effectiveAt, untilAt: row.untilAt, replaces: held))
    if let request = try tx.request(number) { try tx.tellStandIn(request, isGranted: false) }
    return .accepted(number)
  }

  private mutating func invite(
    _ row: CheckedRow, _ name: PersonName, _ email: EmailAddress, _ mobile: MobileNumber,
    _ agency: Agency
  ) throws(IAuthError) -> Account {
    let form = ApplicationForm(
      agency: agency.code, name: name, email: email, mobile: mobile, title: row.title,
      phone: row.phone)
    let account = try tx.invite(form, in: agency, unit: row.unit)
    noteOwnAccount(account)
    return account
  }

  /// Mends the data of somebody invited whose request was sent back: nobody has proven them yet.
  ///
  /// - Returns: whom the row means; nil if it is no such row.
  mutating func mend(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Account? {
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return nil }
    // Of an agency all of whose people are known by their contacts, most rows are of someone new.
    if claims.hasReturned[agency.id] == nil {
      claims.hasReturned[agency.id] = try tx.exists(HandOverTable.hasReturned, agency.id)
    }
    guard claims.hasReturned[agency.id] == true else { return nil }
    try flush()
    var known = try tx.accounts(in: agency.id, email: email, mobile: mobile)
    if known.isEmpty,
      let id: AccountID = try tx.id(
        ImportTable.returnedByName, agency.id, name.key, system.id, role)
    {
      known = [try tx.account(id: id)]
    }
    guard known.count == 1, let account = known.first, account.status == .invited,
      let standing = try standing(account, system, role), standing.isReturned
    else { return nil }
    let isSame =
      account.name.text == name.text && account.email.text == email.text
      && account.mobile.e164 == mobile.e164 && (row.title == nil || row.title == account.title)
    guard !isSame else { return account }
    try tx.run(
      AccountTable.setContacts, account.id, name.text, name.key, email.text, mobile.e164, row.title,
      row.phone, tx.now)
    try tx.audit(
      .accountReplaced, .account(account.id),
      person: AuditPerson(
        account: account.id,
        fields: [("name", name.text), ("email", email.text), ("mobile", mobile.e164)]))
    // From now on the agency has somebody with these contacts.
    people.add(try tx.account(id: account.id))
    return account
  }

  /// Hands a request in again that was sent back, with what the row says now.
  mutating func resubmit(
    _ number: RequestID, _ row: CheckedRow, replacement: Replacement? = nil
  ) throws(IAuthError) -> Answer? {
    try flush()
    guard let request = try tx.request(number) else { return nil }
    try tx.resubmit(
      request, reason: row.reason, document: rowDocument, untilAt: row.untilAt,
      effectiveAt: row.effectiveAt, replacement: replacement)
    if let batch = request.batch {
      resubmitted[batch, default: []].append(number)
      if earlierBatch == nil { earlierBatch = batch }
    }
    try staged.begin(tx)
    return .accepted(number)
  }

  private static let holdsNothing = Bilingual(
    "this person has no such permission to hand over", "此人無此權限可供交接")
  private static let holdsAlready = Bilingual(
    "the new administrator has the permission already; remove the other one by 刪除",
    "新管理者已有此權限，請改以「刪除」提報原管理者")
}

enum HandOverTable {
  static let hasReturned: SQL =
    "SELECT 1 FROM request WHERE agency = ? AND status = 'returned' LIMIT 1"
  static let statements: [SQL] = [hasReturned]
}
