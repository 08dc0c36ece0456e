// One row after another: what is wrong with it, and if nothing is, its account and its request.
// The validators are those of `apply`.

import SQLite

struct ImportDesk {
  let tx: Transaction
  let importer: Importer
  let settings: Settings
  let header: FormHeader
  let document: String?
  let digest: [UInt8]
  let defaultSystem: TargetSystem?
  /// The batch that unchanged rows came with.
  var earlierBatch: Int64?

  /// Every row so far, with what became of it.
  private(set) var rows: [ImportRow] = []

  private(set) var batch: Int64?
  /// The first account that this import made: later ones are of its own rows.
  private(set) var firstOwnAccount: Int64?
  private var staged = StagedRows()
  var agencies: [String: KnownAgency] = [:]
  var systems: [TargetSystem]?
  private var firstRequests: [ReviewerGroup: PermissionRequest] = [:]
  private var accepted = 0
  var revoked = 0
  let authority: Int64

  /// Requests that the same people decide on.
  private struct ReviewerGroup: Hashable {
    let system: Int64
    /// nil: the authority.
    let agency: Int64?
  }

  struct KnownAgency {
    let agency: Agency
    let isInside: Bool
  }

  init(
    tx: Transaction, importer: Importer, settings: Settings, header: FormHeader, document: String?,
    digest: [UInt8],
    defaultSystem: TargetSystem?
  ) throws(IAuthError) {
    self.tx = tx
    self.importer = importer
    self.settings = settings
    self.header = header
    self.document = document
    self.digest = digest
    self.defaultSystem = defaultSystem
    authority = try tx.authority().id
  }

  /// Checks a row and stores what it asks for; at once, or with the next rows in one statement.
  mutating func take(_ row: FormRow) throws(IAuthError) {
    var checked = CheckedRow()
    try check(row, &checked)
    rows.append(
      ImportRow(number: row.number, outcome: .rejected, request: nil, problems: checked.problems))
    guard !checked.hasErrors, let change = checked.change else { return }
    if change != .add { try flush() }
    let answer: Answer?
    switch change {
    case .add: answer = try add(&checked)
    case .remove: answer = try remove(row, &checked)
    case .modify: answer = try modify(row, &checked)
    }
    let index = rows.count - 1
    rows[index].problems = checked.problems
    guard !checked.hasErrors, let answer else { return }
    switch answer {
    case .accepted(let number):
      accepted += 1
      rows[index].outcome = .accepted
      rows[index].request = number
    case .unchanged(let number, let batch):
      if earlierBatch == nil { earlierBatch = batch }
      rows[index].outcome = .unchanged
      rows[index].request = number
    }
  }

  /// What became of a row without errors.
  enum Answer {
    /// The number is nil while the row waits to be stored.
    case accepted(Int64?)
    case unchanged(Int64?, batch: Int64?)
  }

  /// 新增: a `grant` request, for an account that there is or for an invited one.
  private mutating func add(_ checked: inout CheckedRow) throws(IAuthError) -> Answer? {
    guard let form = checked.form, let agency = checked.agency, let system = checked.system,
      let role = checked.role
    else { return nil }
    if staged.contains(agency.id, form) { try flush() }
    let known = try account(form, agency, &checked)
    guard !checked.hasErrors else { return nil }
    guard let known else {
      staged.add(
        StagedRow(
          index: rows.count - 1, form: form, agency: agency, unit: checked.unit,
          system: system.id, role: role, reason: checked.reason, effectiveAt: checked.effectiveAt))
      if staged.rows.count == Limits.importRowsPerStatement { try flush() }
      return .accepted(nil)
    }
    if let standing = try standing(known, system, role) {
      guard standing.batch == nil || standing.batch != batch else {
        checked.add(header, .email, code: "row.duplicate", Self.duplicate)
        return nil
      }
      return .unchanged(standing.number, batch: standing.batch)
    }
    return .accepted(
      try submit(
        RequestDraft(
          account: known, system: system.id, role: role, origin: "batch",
          reason: checked.reason, effectiveAt: checked.effectiveAt)))
  }

  /// Closes the batch: its size, its trail, and one mail to each who may decide.
  ///
  /// - Returns: the new batch; without one, the earlier batch of the unchanged rows.
  mutating func close() throws(IAuthError) -> Int64? {
    try flush()
    guard let batch else { return earlierBatch }
    try tx.run(ImportTable.setRows, batch, rows.count)
    try tx.audit(.imported, "batch:\(batch)")
    var told: Set<Int64> = []
    for request in firstRequests.values.sorted(by: { $0.number < $1.number }) {
      for reviewer in try tx.reviewers(of: request)
      where reviewer.id != tx.actor?.account && told.insert(reviewer.id).inserted {
        try tx.queue(
          .batchSubmitted(
            batch: batch, agency: importer.name, requests: accepted,
            document: document),
          to: .mail(reviewer), reference: "batch:\(batch)")
      }
    }
    if revoked > 0 { try tellAuthority(batch) }
    return batch
  }

  /// Taking away is the safe direction: it is done at once, and the authority hears of it.
  private func tellAuthority(_ batch: Int64) throws(IAuthError) {
    let notice = Notice.revokedByForm(
      batch: batch, agency: importer.name, count: revoked)
    for reviewer in try tx.all(
      RequestTable.administratorsOf, authority, tx.now, read: { Account(row: $0) })
    where reviewer.id != tx.actor?.account {
      try tx.queue(notice, to: .mail(reviewer), reference: "batch:\(batch)")
    }
  }

  // MARK: Storing

  /// Stores a request of this batch; the first one opens the batch.
  mutating func submit(_ draft: RequestDraft) throws(IAuthError) -> Int64 {
    let draft = try ofBatch(draft)
    let number = try tx.add(draft)
    try tx.audit(.requested, "request:\(number)")
    try remember(number, draft)
    return number
  }

  /// Stores the rows that wait: their accounts, their requests and their entries on the trail, a
  /// statement each.
  ///
  /// SQLite sets up as much for one row as for many.
  mutating func flush() throws(IAuthError) {
    guard !staged.rows.isEmpty else { return }
    let waiting = staged.rows
    staged = StagedRows()
    let accounts = try tx.invite(waiting)
    if firstOwnAccount == nil { firstOwnAccount = accounts.first?.id }
    var drafts: [RequestDraft] = []
    for (row, account) in zip(waiting, accounts) {
      drafts.append(
        try ofBatch(
          RequestDraft(
            account: account, system: row.system, role: row.role, origin: "batch",
            reason: row.reason, effectiveAt: row.effectiveAt)))
    }
    let first = try tx.add(drafts)
    var entries: [(subject: String, person: AuditPerson?)] = []
    for (offset, row) in waiting.enumerated() {
      let number = first + Int64(offset)
      rows[row.index].request = number
      entries.append(("request:\(number)", row.form.personalData(accounts[offset].id)))
      try remember(number, drafts[offset])
    }
    try tx.audit(.requested, entries)
  }

  /// The draft as part of this batch; the first one opens it.
  private mutating func ofBatch(_ draft: RequestDraft) throws(IAuthError) -> RequestDraft {
    var draft = draft
    if batch == nil {
      batch = try tx.insert(
        ImportTable.addBatch, importer.session?.account.id, tx.world.caller.name, document, digest,
        tx.now)
    }
    draft.batch = batch
    draft.document = document
    draft.submitter = importer.session?.account.id
    return draft
  }

  /// Keeps one request of each group of reviewers, who are told of the batch when it closes.
  private mutating func remember(_ number: Int64, _ draft: RequestDraft) throws(IAuthError) {
    guard draft.kind != .revoke else { return }
    let group = ReviewerGroup(
      system: draft.system, agency: draft.role == .admin ? nil : draft.account.agency)
    guard firstRequests[group] == nil else { return }
    firstRequests[group] = try tx.request(number)
  }
}

enum ImportTable {
  static let addBatch: SQL = """
    INSERT INTO batch (submitter, caller, document, digest, rows, created_at)
    VALUES (?, ?, ?, ?, 1, ?)
    """
  static let setRows: SQL = "UPDATE batch SET rows = ?2 WHERE id = ?1"
  static let statements: [SQL] = [addBatch, setRows]
}

/// A good row for someone new, not stored yet.
struct StagedRow {
  let index: Int
  let form: ApplicationForm
  let agency: Agency
  let unit: String?
  let system: Int64
  let role: Role
  let reason: String?
  let effectiveAt: Timestamp?
}

/// Rows that wait for one statement, and the contacts in them.
struct StagedRows {
  private(set) var rows: [StagedRow] = []
  private var contacts: Set<Contact> = []

  private struct Contact: Hashable {
    let agency: Int64
    let address: String
  }

  mutating func add(_ row: StagedRow) {
    rows.append(row)
    contacts.insert(Contact(agency: row.agency.id, address: row.form.email.text))
    contacts.insert(Contact(agency: row.agency.id, address: row.form.mobile.e164))
  }

  func contains(_ agency: Int64, _ form: ApplicationForm) -> Bool {
    contacts.contains(Contact(agency: agency, address: form.email.text))
      || contacts.contains(Contact(agency: agency, address: form.mobile.e164))
  }
}

extension Transaction {
  /// Stores invited accounts in one statement.
  fileprivate func invite(_ rows: [StagedRow]) throws(IAuthError) -> [Account] {
    var values: [any Bindable] = []
    for row in rows {
      let form = row.form
      values += [
        row.agency.id, form.name.text, form.name.key, form.email.text, form.mobile.e164,
        form.title, row.unit, form.phone, AccountStatus.invited, now, now,
      ]
    }
    let first = try insertMany(
      SQL(AccountTable.into, AccountTable.row, count: rows.count), count: rows.count, values)
    return rows.enumerated().map { offset, row in
      Account(
        id: first + Int64(offset), agency: row.agency.id, name: row.form.name,
        email: row.form.email, mobile: row.form.mobile, title: row.form.title, status: .invited)
    }
  }
}
