// The second half of an import, under the lock: one agency after another, one row after another,
// what is wrong with it beside what is known, and if nothing is, its account and its request.

import SQLite
import Sheets
import Values

struct BatchImporter {
  let tx: Transaction
  let importer: Importer
  let settings: Settings
  let form: CheckedForm
  /// The letter's number: the one that was typed, else the one that all rows have.
  let document: String?
  private let hasTypedDocument: Bool
  /// That of the row that is being taken.
  private(set) var rowDocument: String?
  let defaultSystem: TargetSystem?
  /// The batch that unchanged rows came with.
  var earlierBatch: BatchID?

  /// Every row, with what became of it.
  private(set) var rows: ImportRows

  private(set) var batch: BatchID?
  /// The first account that this import made: later ones are of its own rows.
  private(set) var firstOwnAccount: AccountID?
  var staged: StagedRows
  /// The accounts of the agency whose rows are being taken.
  var people = AgencyPeople()
  private var systems: [String: TargetSystem] = [:]
  private var allSystems: [TargetSystem]?
  private var firstRequests: [ReviewerGroup: PermissionRequest] = [:]
  /// What rows of this form have asked for, to find those that contradict each other.
  var claims: RowClaims
  var returned = SentBack()
  var namesakes: Namesakes
  /// Requests that were sent back and are handed in again, by their batch.
  var resubmitted: [BatchID: [RequestID]] = [:]
  /// Rows of earlier forms that this one takes back.
  var ended: [EndedRow] = []
  private var accepted = 0
  var revoked = 0
  let authority: AgencyID

  /// The header above the row that is being taken.
  private(set) var header: FormHeader
  /// The names of the agencies, once a row needs them.
  var agencyNames: AgencyNames?

  /// Requests that the same people decide on.
  struct ReviewerGroup: Hashable {
    let system: SystemID
    /// nil: the authority.
    let agency: AgencyID?
  }

  init(
    tx: Transaction, importer: Importer, settings: Settings, form: CheckedForm,
    document: String?, defaultSystem: TargetSystem?, found: ImportFindings = ImportFindings()
  ) throws(IAuthError) {
    claims = RowClaims(found.contradicts)
    namesakes = Namesakes(found.excluded)
    self.tx = tx
    self.importer = importer
    self.settings = settings
    self.form = form
    header = form.headers[0]
    self.document = document ?? form.document
    (hasTypedDocument, rowDocument) = (document != nil, document)
    self.defaultSystem = defaultSystem
    authority = try tx.authority().id
    rows = form.results(Files.directory(of: tx.storePath))
    staged = try StagedRows(tx)
  }

  /// Takes every row of the form.
  mutating func takeAll(_ progress: ((ImportProgress) -> Void)?) throws(IAuthError) {
    var places: [FormAgency] = []
    for code in form.codes { places.append(try find(code)) }
    var codes = Array(places.indices)
    if form.count >= Limits.importSortedRows {
      codes.sort {
        (places[$0].agency?.id.value ?? .max, $0) < (places[$1].agency?.id.value ?? .max, $1)
      }
    }
    let order = form.order(by: codes)
    var (done, end) = (0, 0)
    while done < order.count {
      let code = form.code(of: Int(order[done]))
      while end < order.count, form.code(of: Int(order[end])) == code { end += 1 }
      let place = places[code]
      if let agency = place.agency { people = try tx.people(of: agency.id, rows: end - done) }
      while done < end {
        try take(Int(order[done]), place)
        done += 1
        guard done % Limits.importProgressRows == 0 else { continue }
        try WriteLock.checkInterrupt()
        guard !tx.world.isAbandoned() else { throw .internal("interrupted") }
        progress?(.storing(rows: done, of: order.count))
      }
    }
  }

  /// Stores what a row asks for; at once, or with the next rows in one statement.
  private mutating func take(_ index: Int, _ place: FormAgency) throws(IAuthError) {
    claims.row = index
    if form.headers.count > 1 { header = form.header(of: index) }
    if let problems = claims.known[index] {
      // An earlier turn found it to contradict another row: neither is taken.
      return try rows.set(index, .rejected, request: nil, problems)
    }
    var row = try form.row(index)
    if !hasTypedDocument, row.document != rowDocument {
      // The rows that wait have theirs in common.
      try flush()
      rowDocument = row.document
    }
    let system = try check(&row, place)
    var answer: Answer?
    if !row.hasErrors, let agency = place.agency, let system, let role = row.role {
      switch row.change {
      case .add: answer = try add(&row, agency, system, role)
      case .remove: answer = try remove(&row, agency, system, role)
      case .modify: answer = try modify(&row, agency, system)
      case .handOver: answer = try handOver(&row, agency, system, role)
      case nil: break
      }
    }
    var outcome = RowOutcome.rejected
    var request: RequestID?
    if !row.hasErrors {
      switch answer {
      case .accepted(let number):
        accepted += 1
        (outcome, request) = (.accepted, number)
      case .unchanged(let number, let batch):
        if earlierBatch == nil { earlierBatch = batch }
        (outcome, request) = (.unchanged, number)
      case nil: break
      }
    }
    if row.problems.count > 1 { row.sortProblems(header) }
    if claims.contradicts[index] != nil { claims.contradicts[index] = row.problems }
    try rows.set(index, outcome, request: request, row.problems)
  }

  /// What became of a row without errors.
  enum Answer {
    case accepted(RequestID)
    case unchanged(RequestID?, batch: BatchID?)
  }

  /// 新增: a `grant` request, for an account that there is or for an invited one.
  private mutating func add(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Answer? {
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return nil }
    if let earlier = claims.row(removing: email, name, in: agency, system, role) {
      contradict(&row, earlier, .change)
      return nil
    }
    var known = try sentBack(&row, agency, system, role)
    guard !row.hasErrors else { return nil }
    if known == nil { known = try account(&row, agency, name, email, mobile) }
    guard !row.hasErrors else { return nil }
    guard let known else {
      guard !clashes(&row, withContactsAskedFor: email, mobile, agency) else { return nil }
      try openBatch()
      let new = Account(
        id: staged.nextAccount, agency: agency.id, name: name, email: email, mobile: mobile,
        title: row.title, status: .invited)
      noteOwnAccount(new)
      let number = staged.nextRequest
      claims.note(request: number)
      try staged.add(row, new, system, role, tx, batchValues)
      try remember(number, system: system.id, role, new)
      try noteDoubtful(but: number, name, email, mobile)
      return .accepted(number)
    }
    if let earlier = claims.removed[.init(account: known.id, system: system.id, role: role)] {
      contradict(&row, earlier, .change)
      return nil
    }
    if let standing = try standing(known, system, role, from: row.effectiveAt, until: row.untilAt) {
      if form.takesAway {
        claims.kept[.init(account: known.id, system: system.id, role: role)] = claims.row
      }
      if standing.isReturned {
        guard standing.batch != nil else { return awaitsApplicant(&row, standing.number) }
        return try resubmit(standing.number, &row, system, mending: known)
      }
      guard standing.batch == nil || standing.batch != batch,
        returned.again[standing.number] == nil
      else {
        try repeats(&row, standing.number)
        return nil
      }
      return .unchanged(standing.number, batch: standing.batch)
    }
    if let other: RequestID = try tx.id(RequestTable.pendingFor, known.id, system.id, role) {
      row.add(header, .change, code: "row.conflict", waiting(try tx.request(other)))
      return nil
    }
    // What ends before the row's days do goes on from its end at the latest, or not at all.
    let renewed = try tx.renewable(
      known.id, system.id, role, from: row.effectiveAt, until: row.untilAt, deputyFor: nil)
    if let held = try tx.heldPermission(known.id, system.id, role),
      renewed == nil || held.role != role
    {
      row.add(
        header, row.effectiveAt == nil && row.untilAt != nil ? .untilDate : .effectiveDate,
        .permissionHeld(number: held.number, role: held.role, until: held.endsAt))
      return nil
    }
    let number = try submit(
      RequestDraft(
        account: known, system: system.id, role: role, origin: "batch", reason: row.reason,
        effectiveAt: row.effectiveAt, untilAt: row.untilAt))
    try noteDoubtful(but: number, name, email, mobile)
    return .accepted(number)
  }

  /// Notes an account that this import makes, which later rows may meet.
  mutating func noteOwnAccount(_ new: Account) {
    if firstOwnAccount == nil { firstOwnAccount = new.id }
    claims.ownAccounts.append(claims.row)
    people.add(new)
  }

  /// Closes the batch: its size, its trail, and one mail to each who may decide.
  ///
  /// - Returns: the new batch; without one, the earlier batch of the unchanged rows.
  mutating func close() throws(IAuthError) -> BatchID? {
    try flush()
    try settleSentBack()
    try tx.tell(ended, .byForm)
    for (earlier, numbers) in resubmitted.sorted(by: { $0.key < $1.key }) {
      var groups: [ReviewerGroup: PermissionRequest] = [:]
      for number in numbers {
        guard let request = try tx.request(number) else { continue }
        let group = ReviewerGroup(
          system: request.system, agency: request.role == .admin ? nil : request.agency)
        if groups[group] == nil { groups[group] = request }
      }
      try tellReviewers(of: earlier, groups, count: numbers.count)
      try tx.audit(.imported, .batch(earlier))
    }
    guard let batch else { return earlierBatch }
    try tx.run(ImportTable.setRows, batch, rows.count)
    try tx.audit(.imported, .batch(batch))
    let again = resubmitted.values.reduce(0) { $0 + $1.count }
    try tellReviewers(of: batch, firstRequests, count: accepted - again)
    if revoked > 0 { try tellAuthority(batch) }
    return batch
  }

  /// One mail to each who may decide on any request of a batch, not only on its first.
  private func tellReviewers(
    of batch: BatchID, _ groups: [ReviewerGroup: PermissionRequest], count: Int
  ) throws(IAuthError) {
    var told: Set<AccountID> = []
    var recipients: [Recipient] = []
    for (group, request) in groups.sorted(by: { $0.value.number < $1.value.number }) {
      for reviewer in try tx.all(
        ImportTable.candidates, request.number, tx.now,
        read: { row in (account: Account(row: row), represents: row.idIfAny(9) as AccountID?) })
      where reviewer.account.id != tx.actor?.account && !told.contains(reviewer.account.id) {
        guard
          try tx.exists(
            ImportTable.hasDecidable, batch, group.system, group.agency, reviewer.account.id,
            reviewer.represents)
        else { continue }
        told.insert(reviewer.account.id)
        recipients.append(.mail(reviewer.account))
      }
    }
    try tx.checkCallerBudget(recipients.count, isWhole: true)
    try tx.noteNotice(to: recipients)
    try tx.queue(
      .batchSubmitted(batch: batch, agency: importer.name, requests: count, document: document),
      to: recipients, reference: "batch:\(batch)")
  }

  /// Of what the form has ended at once the authority hears.
  private func tellAuthority(_ batch: BatchID) throws(IAuthError) {
    let notice = Notice.revokedByForm(
      batch: batch, agency: importer.name, count: revoked)
    for reviewer in try tx.all(
      RequestTable.administratorsOf, authority, tx.now, read: { Account(row: $0) })
    where reviewer.id != tx.actor?.account {
      try tx.queue(notice, to: .mail(reviewer), reference: "batch:\(batch)")
    }
  }

  // MARK: What is known

  /// The accounts with one of the row's contacts, after what is over of them was ended.
  mutating func accounts(
    _ agency: Agency, _ email: EmailAddress, _ mobile: MobileNumber
  ) throws(IAuthError) -> [Account] {
    // Nearly every row of a first form is of someone new.
    if people.isComplete, !people.has(email, mobile) { return [] }
    if people.isComplete || people.hasStaged(email, mobile) { try flush() }
    return try tx.accounts(in: agency.id, email: email, mobile: mobile)
  }

  /// The system that a row names.
  mutating func system(_ typed: String) throws(IAuthError) -> TargetSystem? {
    if let known = systems[typed] { return known }
    let all: [TargetSystem]
    if let allSystems { all = allSystems } else { all = try tx.systems() }
    allSystems = all
    let key = FormColumn.key(typed)
    let system =
      typed.isEmpty
      ? defaultSystem ?? (all.count == 1 ? all.first : nil)
      : all.first {
        [$0.code, $0.name.english, $0.name.chinese].contains { FormColumn.key($0) == key }
      }
    systems[typed] = system
    return system
  }

  /// Adds what is found of a row after it was taken.
  mutating func add(_ problem: RowProblem, to index: Int) throws(IAuthError) {
    let row = rows[index]
    try rows.set(index, row.outcome, request: row.request, row.problems + [problem])
  }

  // MARK: Storing

  /// Stores a request of this batch.
  mutating func submit(_ draft: RequestDraft) throws(IAuthError) -> RequestID {
    try openBatch()
    try flush()
    var draft = draft
    draft.batch = batch
    draft.document = rowDocument
    draft.submitter = importer.session?.account.id
    let number = try tx.add(draft)
    claims.note(request: number)
    try tx.auditSubmission(
      .requested, number, person: draft.kind == .grant ? AuditPerson(draft.account) : nil)
    if draft.kind != .revoke {
      try remember(number, system: draft.system, draft.role, draft.account)
    }
    try staged.begin(tx)
    return number
  }

  /// Stores the rows that wait.
  ///
  /// Nothing else is looked up in the tables, or stored, before.
  mutating func flush() throws(IAuthError) {
    people.forgetStaged()
    try staged.store(tx, batchValues)
    try tx.setTriggers(enabled: true)
  }

  /// What the tables hold is what counts from now on for this agency.
  mutating func invalidateCache() throws(IAuthError) {
    try flush()
    people.isComplete = false
  }

  private var batchValues: StagedRows.BatchValues {
    StagedRows.BatchValues(
      batch: batch, document: rowDocument, submitter: importer.session?.account.id)
  }

  /// Opens the batch with its first request.
  mutating func openBatch() throws(IAuthError) {
    guard batch == nil else { return }
    batch = try tx.insert(
      ImportTable.addBatch, importer.session?.account.id, tx.world.caller.name, document,
      form.digest, tx.now)
  }

  /// Keeps one request of each group of reviewers, who are told of the batch when it closes.
  mutating func remember(
    _ number: RequestID, system: SystemID, _ role: Role, _ account: Account
  ) throws(IAuthError) {
    let group = ReviewerGroup(system: system, agency: role == .admin ? nil : account.agency)
    guard firstRequests[group] == nil else { return }
    try flush()
    firstRequests[group] = try tx.request(number)
  }
}
