// What can be wrong with a row, column by column. The validators are those of `apply`; what could
// raise someone's rights is an allow-list.

import SQLite

extension ImportDesk {
  mutating func check(
    _ row: FormRow, _ checked: inout CheckedRow
  ) throws(IAuthError) {
    checked.change = checked.value(header, .change) { () throws(IAuthError) in
      try FormChange(cell: row[.change])
    }
    try checkAgency(row, &checked)
    let title = checked.value(header, .title) { () throws(IAuthError) in
      try FreeText.title(row[.title])
    }
    let unit = checked.value(header, .unit) { () throws(IAuthError) in
      try FreeText.unit(row[.unit])
    }
    checked.unit = unit.flatMap { $0.isEmpty ? nil : $0 }
    let phone = checked.value(header, .phone) { () throws(IAuthError) in
      try FreeText.phone(row[.phone])
    }
    let reason = checked.value(header, .reason) { () throws(IAuthError) in
      try FreeText.note(row[.reason])
    }
    checked.reason = reason.flatMap { $0.isEmpty ? nil : $0 }
    checked.role = checked.value(header, .role) { () throws(IAuthError) in
      try Role(cell: row[.role])
    }
    let day = checked.value(header, .effectiveDate) { () throws(IAuthError) in
      try FormDate.day(cell: row[.effectiveDate])
    }
    // A day begins at midnight in Taiwan.
    checked.effectiveAt = (day ?? nil).map { Timestamp($0 * 86_400) - .hours(8) }
    try checkSystem(row, &checked)
    checkFormulas(row, &checked)
    if let agency = checked.agency, agency.id == authority, checked.role == .admin {
      checked.add(header, .agencyCode, code: "agency.outside", Self.nationalReviewer)
    }
    // 刪除 takes away from whom it names; new data are not needed for that.
    guard let change = checked.change, change != .remove else { return }
    let name = checked.value(header, .name) { () throws(IAuthError) in
      try PersonName(row[.name])
    }
    let email = checked.value(header, .email) { () throws(IAuthError) in
      try EmailAddress(row[.email])
    }
    let mobile = checked.value(header, .mobile) { () throws(IAuthError) in
      try MobileNumber(row[.mobile])
    }
    guard let name, let email, let mobile else { return }
    checked.form = ApplicationForm(
      agency: row[.agencyCode], name: name, email: email, mobile: mobile,
      title: title.flatMap { $0.isEmpty ? nil : $0 },
      phone: phone.flatMap { $0.isEmpty ? nil : $0 })
  }

  /// A formula where a value is needed: what it would compute is not known here.
  private func checkFormulas(_ row: FormRow, _ checked: inout CheckedRow) {
    for column in row.formulas {
      let title = header.title(of: column)
      guard !checked.problems.contains(where: { $0.isError && $0.column == title }) else {
        continue
      }
      checked.add(header, column, code: "row.formula", Self.formula)
    }
  }

  private mutating func checkAgency(
    _ row: FormRow, _ checked: inout CheckedRow
  ) throws(IAuthError) {
    let typed = row[.agencyCode]
    let known: KnownAgency
    if let cached = agencies[typed] {
      known = cached
    } else {
      let agency: Agency
      do throws(IAuthError) {
        agency = try tx.agency(typed: typed)
      } catch {
        guard case .agencyUnknown = error else { throw error }
        return checked.add(header, .agencyCode, error)
      }
      var isInside = importer.isAuthority
      if let above = importer.agency, !isInside {
        isInside = try tx.isWithinReach(agency, of: above)
      }
      known = KnownAgency(agency: agency, isInside: isInside)
      agencies[typed] = known
    }
    if known.agency.status == .removed {
      return checked.add(header, .agencyCode, .agencyRemoved(code: known.agency.code))
    }
    guard known.isInside else {
      return checked.add(header, .agencyCode, code: "agency.outside", Self.outside)
    }
    checked.agency = known.agency
    let name = row[.agencyName]
    if !name.isEmpty, Self.comparable(name) != Self.comparable(known.agency.name) {
      checked.add(
        header, .agencyName, code: "agency.name", isError: false,
        Bilingual(
          "the registry's name for this code is \(known.agency.name)",
          "此代碼登錄之機關名稱為「\(known.agency.name)」"))
    }
  }

  private mutating func checkSystem(
    _ row: FormRow, _ checked: inout CheckedRow
  ) throws(IAuthError) {
    let known: [TargetSystem]
    if let systems { known = systems } else { known = try tx.systems() }
    systems = known
    let typed = row[.system]
    let key = FormColumn.key(typed)
    let system =
      typed.isEmpty
      ? defaultSystem ?? (known.count == 1 ? known.first : nil)
      : known.first {
        [$0.code, $0.name.english, $0.name.chinese].contains { FormColumn.key($0) == key }
      }
    guard let system else { return checked.add(header, .system, .systemUnknown(code: typed)) }
    if importer.session != nil, !importer.systems.contains(system.id) {
      return checked.add(header, .system, .rightMissing(.importer))
    }
    checked.system = system
  }

  /// The account that the row means, if there is one; who has one of its contacts under another
  /// name, or another contact under its name, is a conflict to be settled by people.
  func account(
    _ form: ApplicationForm, _ agency: Agency, _ checked: inout CheckedRow
  ) throws(IAuthError) -> Account? {
    let known = try tx.accounts(
      in: agency.id, email: form.email, mobile: form.mobile, settings)
    guard let account = known.first else { return nil }
    let isSamePerson =
      known.count == 1 && account.email.text == form.email.text
      && account.mobile.e164 == form.mobile.e164 && account.name.key == form.name.key
    if let own = firstOwnAccount, let earlier = known.first(where: { $0.id >= own }), !isSamePerson
    {
      let column: FormColumn = earlier.email.text == form.email.text ? .email : .mobile
      checked.add(header, column, code: "row.duplicate", Self.duplicate)
      return nil
    }
    let column: FormColumn? =
      known.count > 1 || account.email.text != form.email.text
      ? .email
      : account.mobile.e164 != form.mobile.e164
        ? .mobile : account.name.key != form.name.key ? .name : nil
    if let column {
      checked.add(header, column, code: "row.conflict", Self.conflict)
    } else if account.status == .suspended {
      checked.add(header, .name, code: "row.conflict", Self.suspended)
    }
    return account
  }

  func standing(
    _ account: Account, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> (number: Int64, batch: Int64?)? {
    let held = try tx.heldPermission(account.id, system.id, role)?.number
    let pending = try tx.number(RequestTable.pendingFor, account.id, system.id, role)
    guard let number = held ?? pending else { return nil }
    return (number, try tx.request(number)?.batch)
  }

  private static func comparable(_ name: String) -> String { PersonName(stored: name).key }

  private static let outside = Bilingual(
    "the agency is not yours nor below yours", "非貴機關或所屬機關")
  static let nationalReviewer = Bilingual(
    "administrators of the authority are never part of a batch", "主管機關管理者不得以整批方式申請")
  private static let formula = Bilingual(
    "the cell holds a formula; put its value there", "儲存格為公式，請改填其值")
  static let duplicate = Bilingual(
    "an earlier row asks for the same", "與前列重複")
  static let conflict = Bilingual(
    "an account of this agency has one of these contacts with other data",
    "本機關已有帳號使用相同聯絡資料，但其他資料不同")
  static let suspended = Bilingual("the account is suspended", "此帳號已停用")
}

/// What a row turned out to hold, and what is wrong with it.
struct CheckedRow {
  var problems: [RowProblem] = []
  var change: FormChange?
  var agency: Agency?
  var form: ApplicationForm?
  var system: TargetSystem?
  var role: Role?
  var unit: String?
  var reason: String?
  var effectiveAt: Timestamp?

  var hasErrors: Bool { problems.contains(where: \.isError) }

  mutating func add(
    _ header: FormHeader, _ column: FormColumn, code: String, isError: Bool = true,
    _ message: Bilingual
  ) {
    problems.append(
      RowProblem(
        isError: isError, column: header.title(of: column), code: code, message: message))
  }

  mutating func add(_ header: FormHeader, _ column: FormColumn, _ error: IAuthError) {
    add(
      header, column, code: error.code.rawValue,
      Bilingual(error.text(.english).sentence, error.text(.chinese).sentence))
  }

  /// Parses a cell; what is wrong with it becomes a problem of its column.
  mutating func value<T>(
    _ header: FormHeader, _ column: FormColumn, _ parse: () throws(IAuthError) -> T
  ) -> T? {
    do throws(IAuthError) {
      return try parse()
    } catch {
      add(header, column, error)
      return nil
    }
  }
}
