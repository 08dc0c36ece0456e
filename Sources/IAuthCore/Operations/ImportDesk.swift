// One row after another: what is wrong with it, and if nothing is, its account and its request.
// The validators are those of `apply`.

import SQLite

struct ImportDesk {
  let tx: Transaction
  let importer: Importer
  let header: FormHeader
  let document: String?
  let digest: [UInt8]
  let defaultSystem: TargetSystem?
  /// The batch that unchanged rows came with.
  private(set) var earlierBatch: Int64?

  private var batch: Int64?
  private var agencies: [String: KnownAgency] = [:]
  private var systems: [TargetSystem]?
  private var seen: Set<String> = []
  private var firstRequests: [String: PermissionRequest] = [:]
  private var accepted = 0
  private let authority: Int64

  private struct KnownAgency {
    let agency: Agency
    let isInside: Bool
  }

  init(
    tx: Transaction, importer: Importer, header: FormHeader, document: String?, digest: [UInt8],
    defaultSystem: TargetSystem?
  ) throws(IAuthError) {
    self.tx = tx
    self.importer = importer
    self.header = header
    self.document = document
    self.digest = digest
    self.defaultSystem = defaultSystem
    authority = try tx.authority().id
  }

  /// Checks a row and stores what it asks for.
  mutating func take(_ row: FormRow) throws(IAuthError) -> ImportRow {
    var checked = CheckedRow()
    try check(row, &checked)
    guard !checked.problems.contains(where: \.isError), let form = checked.form,
      let agency = checked.agency, let system = checked.system, let role = checked.role
    else {
      return ImportRow(
        number: row.number, outcome: .rejected, request: nil, problems: checked.problems)
    }
    let known = try account(form, agency, &checked)
    guard !checked.problems.contains(where: \.isError) else {
      return ImportRow(
        number: row.number, outcome: .rejected, request: nil, problems: checked.problems)
    }
    if let known, let standing = try standing(known, system, role) {
      if earlierBatch == nil { earlierBatch = standing.batch }
      return ImportRow(
        number: row.number, outcome: .unchanged, request: standing.number,
        problems: checked.problems)
    }
    let number = try submit(form, known, agency, system, role, checked)
    accepted += 1
    return ImportRow(
      number: row.number, outcome: .accepted, request: number, problems: checked.problems)
  }

  /// Closes the batch: its size, its trail, and one mail to each who may decide.
  ///
  /// - Returns: the new batch; without one, the earlier batch of the unchanged rows.
  mutating func close(rows: Int) throws(IAuthError) -> Int64? {
    guard let batch else { return earlierBatch }
    try tx.run(ImportTable.setRows, batch, rows)
    try tx.audit(.imported, "batch:\(batch)")
    var told: Set<Int64> = []
    for request in firstRequests.values.sorted(by: { $0.number < $1.number }) {
      for reviewer in try tx.reviewers(of: request)
      where reviewer.id != tx.actor?.account && told.insert(reviewer.id).inserted {
        try tx.queue(
          .batchSubmitted(
            batch: batch, agency: importer.agency?.name ?? "", requests: accepted,
            document: document),
          to: .mail(reviewer), reference: "batch:\(batch)")
      }
    }
    return batch
  }

  // MARK: Checking

  private mutating func check(
    _ row: FormRow, _ checked: inout CheckedRow
  ) throws(IAuthError) {
    try checkAgency(row, &checked)
    let name = checked.value(header, .name) { () throws(IAuthError) in
      try PersonName(row[.name])
    }
    let email = checked.value(header, .email) { () throws(IAuthError) in
      try EmailAddress(row[.email])
    }
    let mobile = checked.value(header, .mobile) { () throws(IAuthError) in
      try MobileNumber(row[.mobile])
    }
    let title = checked.value(header, .title) { () throws(IAuthError) in
      try FreeText.title(row[.title])
    }
    checked.unit = checked.value(header, .unit) { () throws(IAuthError) in
      try FreeText.unit(row[.unit])
    }
    let phone = checked.value(header, .phone) { () throws(IAuthError) in
      try FreeText.phone(row[.phone])
    }
    checked.reason = checked.value(header, .reason) { () throws(IAuthError) in
      try FreeText.note(row[.reason])
    }
    checked.role = checked.value(header, .role) { () throws(IAuthError) in
      try Role(cell: row[.role])
    }
    let change = checked.value(header, .change) { () throws(IAuthError) in
      try FormChange(cell: row[.change])
    }
    if let change, change != .add { checked.add(header, .change, .changeInvalid(row[.change])) }
    let day = checked.value(header, .effectiveDate) { () throws(IAuthError) in
      try FormDate.day(cell: row[.effectiveDate])
    }
    // A day begins at midnight in Taiwan.
    checked.effectiveAt = (day ?? nil).map { Timestamp($0 * 86_400) - .hours(8) }
    try checkSystem(row, &checked)
    if let agency = checked.agency, agency.id == authority, checked.role == .admin {
      checked.add(header, .agencyCode, code: "agency.outside", Self.nationalReviewer)
    }
    guard let name, let email, let mobile else { return }
    checked.form = ApplicationForm(
      agency: row[.agencyCode], name: name, email: email, mobile: mobile,
      title: title.flatMap { $0.isEmpty ? nil : $0 },
      phone: phone.flatMap { $0.isEmpty ? nil : $0 })
    checkDuplicate(&checked, email, mobile)
  }

  private mutating func checkAgency(
    _ row: FormRow, _ checked: inout CheckedRow
  ) throws(IAuthError) {
    let typed = row[.agencyCode]
    let code = AgencyCode(typed)?.text ?? typed
    let known: KnownAgency
    if let cached = agencies[code] {
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
      agencies[code] = known
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

  private mutating func checkDuplicate(
    _ checked: inout CheckedRow, _ email: EmailAddress, _ mobile: MobileNumber
  ) {
    guard let agency = checked.agency, let system = checked.system, let role = checked.role else {
      return
    }
    let place = "\(agency.id) \(system.id) \(role.rawValue) "
    let isNewEmail = seen.insert(place + email.text).inserted
    let isNewMobile = seen.insert(place + mobile.e164).inserted
    if !isNewEmail {
      checked.add(header, .email, code: "row.duplicate", Self.duplicate)
    } else if !isNewMobile {
      checked.add(header, .mobile, code: "row.duplicate", Self.duplicate)
    }
  }

  /// The account that the row means, if there is one; who has one of its contacts under another
  /// name, or another contact under its name, is a conflict to be settled by people.
  private func account(
    _ form: ApplicationForm, _ agency: Agency, _ checked: inout CheckedRow
  ) throws(IAuthError) -> Account? {
    let known = try tx.accounts(in: agency.id, email: form.email, mobile: form.mobile)
    guard let account = known.first else { return nil }
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

  private func standing(
    _ account: Account, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> (number: Int64, batch: Int64?)? {
    let held = try tx.heldPermission(account.id, system.id, role)?.number
    let pending = try tx.number(RequestTable.pendingFor, account.id, system.id, role)
    guard let number = held ?? pending else { return nil }
    return (number, try tx.request(number)?.batch)
  }

  // MARK: Storing

  private mutating func submit(
    _ form: ApplicationForm, _ known: Account?, _ agency: Agency, _ system: TargetSystem,
    _ role: Role, _ checked: CheckedRow
  ) throws(IAuthError) -> Int64 {
    let account: Account
    if let known {
      account = known
    } else {
      account = try tx.invite(form, in: agency, unit: checked.unit.flatMap { $0.isEmpty ? nil : $0 })
    }
    let batch: Int64
    if let open = self.batch {
      batch = open
    } else {
      batch = try tx.insert(
        ImportTable.addBatch, importer.session?.account.id, tx.world.caller.name, document, digest,
        tx.now)
      self.batch = batch
    }
    let number = try tx.add(
      RequestDraft(
        account: account, system: system.id, role: role, origin: "batch",
        reason: checked.reason.flatMap { $0.isEmpty ? nil : $0 }, document: document, batch: batch,
        submitter: importer.session?.account.id, effectiveAt: checked.effectiveAt))
    try tx.audit(.requested, "request:\(number)")
    let place = role == .admin ? "admin \(system.id)" : "\(agency.id) \(system.id)"
    if firstRequests[place] == nil { firstRequests[place] = try tx.request(number) }
    return number
  }

  private static func comparable(_ name: String) -> String { PersonName(stored: name).key }

  private static let outside = Bilingual(
    "the agency is not yours nor below yours", "非貴機關或所屬機關")
  private static let nationalReviewer = Bilingual(
    "administrators of the authority are never part of a batch", "主管機關管理者不得以整批方式申請")
  private static let duplicate = Bilingual(
    "an earlier row asks for the same", "與前列重複")
  private static let conflict = Bilingual(
    "an account of this agency has one of these contacts with other data",
    "本機關已有帳號使用相同聯絡資料，但其他資料不同")
  private static let suspended = Bilingual("the account is suspended", "此帳號已停用")
}

enum ImportTable {
  static let addBatch: SQL = """
    INSERT INTO batch (submitter, caller, document, digest, rows, created_at)
    VALUES (?, ?, ?, ?, 1, ?)
    """
  static let setRows: SQL = "UPDATE batch SET rows = ?2 WHERE id = ?1"
  static let statements: [SQL] = [addBatch, setRows]
}

/// What a row turned out to hold, and what is wrong with it.
private struct CheckedRow {
  var problems: [RowProblem] = []
  var agency: Agency?
  var form: ApplicationForm?
  var system: TargetSystem?
  var role: Role?
  var unit: String?
  var reason: String?
  var effectiveAt: Timestamp?

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
