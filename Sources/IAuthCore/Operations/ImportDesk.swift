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
  var earlierBatch: Int64?

  private var batch: Int64?
  var agencies: [String: KnownAgency] = [:]
  var systems: [TargetSystem]?
  var seen: Set<String> = []
  private var firstRequests: [String: PermissionRequest] = [:]
  private var accepted = 0
  var revoked = 0
  let authority: Int64

  struct KnownAgency {
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
    var result = ImportRow(
      number: row.number, outcome: .rejected, request: nil, problems: checked.problems)
    guard !checked.hasErrors, let change = checked.change else { return result }
    let answer: Answer?
    switch change {
    case .add: answer = try add(&checked)
    case .remove: answer = try remove(row, &checked)
    case .modify: answer = try modify(row, &checked)
    }
    result.problems = checked.problems
    guard !checked.hasErrors, let answer else { return result }
    switch answer {
    case .accepted(let number):
      accepted += 1
      result.outcome = .accepted
      result.request = number
    case .unchanged(let number, let batch):
      if earlierBatch == nil { earlierBatch = batch }
      result.outcome = .unchanged
      result.request = number
    }
    return result
  }

  /// What became of a row without errors.
  enum Answer {
    case accepted(Int64)
    case unchanged(Int64?, batch: Int64?)
  }

  /// 新增: a `grant` request, for an account that there is or for an invited one.
  private mutating func add(_ checked: inout CheckedRow) throws(IAuthError) -> Answer? {
    guard let form = checked.form, let agency = checked.agency, let system = checked.system,
      let role = checked.role
    else { return nil }
    let known = try account(form, agency, &checked)
    guard !checked.hasErrors else { return nil }
    if let known, let standing = try standing(known, system, role) {
      return .unchanged(standing.number, batch: standing.batch)
    }
    let account: Account
    if let known {
      account = known
    } else {
      account = try tx.invite(
        form, in: agency, unit: checked.unit.flatMap { $0.isEmpty ? nil : $0 })
    }
    return .accepted(
      try submit(
        RequestDraft(
          account: account, system: system.id, role: role, origin: "batch",
          reason: checked.reason, effectiveAt: checked.effectiveAt),
        person: known == nil ? form.personalData(account.id) : nil))
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
    if revoked > 0 { try tellAuthority(batch) }
    return batch
  }

  /// Taking away is the safe direction: it is done at once, and the authority hears of it.
  private func tellAuthority(_ batch: Int64) throws(IAuthError) {
    let notice = Notice.revokedByForm(
      batch: batch, agency: importer.agency?.name ?? "", count: revoked)
    for reviewer in try tx.all(
      RequestTable.administratorsOf, authority, tx.now, read: { Account(row: $0) })
    where reviewer.id != tx.actor?.account {
      try tx.queue(notice, to: .mail(reviewer), reference: "batch:\(batch)")
    }
  }

  // MARK: Storing

  /// Stores a request of this batch; the first one opens the batch.
  mutating func submit(
    _ draft: RequestDraft, person: AuditPerson? = nil
  ) throws(IAuthError) -> Int64 {
    var draft = draft
    let batch: Int64
    if let open = self.batch {
      batch = open
    } else {
      batch = try tx.insert(
        ImportTable.addBatch, importer.session?.account.id, tx.world.caller.name, document, digest,
        tx.now)
      self.batch = batch
    }
    draft.batch = batch
    draft.document = document
    draft.submitter = importer.session?.account.id
    let number = try tx.add(draft)
    try tx.audit(.requested, "request:\(number)", person: person)
    let isAdmin = draft.role == .admin
    let place = isAdmin ? "admin \(draft.system)" : "\(draft.account.agency) \(draft.system)"
    if draft.kind != .revoke, firstRequests[place] == nil {
      firstRequests[place] = try tx.request(number)
    }
    return number
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
