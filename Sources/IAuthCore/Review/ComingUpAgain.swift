// What was approved is decided on again (PRODUCT 3.4), and why, which is told to whoever decides, is
// concerned, or has submitted it.

import SQLite
import Values

extension Transaction {
  /// The data of whoever administers a system are the authority's to decide on, by those of that
  /// system: from the moment on when they become one, and where they are one of another no more.
  func raiseChanges(of account: AccountID, on system: SystemID? = nil) throws(IAuthError) {
    for number: RequestID in try ids(EffectTable.changes, account) {
      guard let system: SystemID = try id(RequestTable.adminSystem, account, system) else { return }
      try run(EffectTable.raise, number, system)
      try audit(.reopened, .request(number))
      if let raised = try self.request(number), raised.status == .pending {
        _ = try tellReviewers(of: raised, isNew: false)
      }
    }
  }

  /// A change whose day has come; where somebody else would decide on it by now, or what was shown is
  /// no more (the person has got other contacts meanwhile, or somebody else has these), it comes up
  /// again.
  func applyDated(_ request: PermissionRequest, _ account: Account) throws(IAuthError) {
    let admin: SystemID? = try id(RequestTable.adminSystem, account.id, request.system)
    let (role, system) = admin.map { (Role.admin, $0) } ?? (request.role, request.system)
    let isRaised = role != request.role || system != request.system
    // Another change may stand in its place by now; it is tried again afterwards.
    let isWaiting = try exists(RequestTable.pendingChange, account.id)
    guard !isRaised || !isWaiting else { return }
    if isRaised { try run(EffectTable.raise, request.number, system) }
    guard let cause = try whyNotYet(request, account) else {
      if isRaised { try audit(.reopened, .request(request.number)) }
      return try applyChange(request, account)
    }
    guard !isWaiting else { return }
    try reopen(request, role, system, because: cause)
    try tellNotMade(request, account, because: cause, rests: admin != nil)
  }

  /// Why a change does not happen on its day; nil if it does.
  private func whyNotYet(
    _ request: PermissionRequest, _ account: Account
  ) throws(IAuthError) -> ReopenCause? {
    if try obstacle(to: request) != nil { return .contactTaken }
    if try exists(EffectTable.isOvertaken, request.number, account.id) { return .contactsReplaced }
    return try exists(EffectTable.isTheirs, request.number) ? nil : .reviewersChanged
  }

  /// Tells the person, as they are reached now, and who submitted the form that a change was not made
  /// on its day: neither has done anything, so that nobody saw it on a screen.
  private func tellNotMade(
    _ request: PermissionRequest, _ account: Account, because cause: ReopenCause, rests: Bool
  ) throws(IAuthError) {
    guard let reopened = try self.request(request.number) else { return }
    let summary = try summary(reopened)
    // To somebody invited nothing is written but their invitation.
    var people = account.status == .invited ? [] : [account.id]
    if let submitter = request.submitter, submitter != account.id { people.append(submitter) }
    for id in people {
      guard let person = try reachable(id) else { continue }
      try queue(
        .changeNotMade(
          request: summary, because: cause, isTheirs: id == account.id, rests: rests),
        to: .mail(person), reference: request.number.description, request: request.number)
    }
  }

  /// Whom something is still written to: not those who are gone, or erased.
  private func reachable(_ id: AccountID) throws(IAuthError) -> Account? {
    try first(AccountTable.byID, id) { row in Account(row: row) }
      .flatMap { $0.status == .closed ? nil : $0 }
  }

  /// What whoever it is about is told of a request that came to nothing: who may ask again, and
  /// whether a permission works again that rested for it.
  func fallen(
    _ request: PermissionRequest, _ summary: RequestSummary, _ account: Account
  ) throws(IAuthError) -> RequestSummary {
    var summary = summary
    if request.batch != nil { summary.sheetBy = try submitterName(of: request) }
    if request.kind == .change { summary.hasRested = try isAdministrator(account) }
    return summary
  }

  /// Lets a request come up again.
  func reopen(
    _ request: PermissionRequest, _ role: Role, _ system: SystemID,
    because cause: ReopenCause? = nil
  ) throws(IAuthError) {
    try run(EffectTable.reopen, request.number, now, role, system)
    try audit(.reopened, .request(request.number), outcome: cause?.rawValue ?? "done")
    if let reopened = try self.request(request.number) {
      _ = try tellReviewers(of: reopened, isNew: false, because: cause)
    }
  }

  /// Tells who submitted a row that had come up again how it ended: their batch was told as decided
  /// before.
  func tellEndAnew(_ number: RequestID, of batch: Batch) throws(IAuthError) {
    guard let request = try request(number), let submitter = batch.submitter,
      submitter != actor?.account, submitter != request.account
    else { return }
    let end: RowsEnd
    switch request.status {
    case .approved: end = .approved
    case .rejected: end = .rejected
    case .withdrawn: end = actor?.account == request.account ? .byPerson : .byForm
    case .lapsed: end = .lapsedAnew
    case .pending, .returned, .superseded: return
    }
    guard let person = try reachable(submitter) else { return }
    try queue(
      .rowsEnded(batch: batch.id, items: [try summary(request)], end), to: .mail(person),
      reference: "batch:\(batch.id)")
  }

  /// Tells whom a form's row is about that its submitter has withdrawn it, if they have heard of it:
  /// where it had come up again, an administrator's permission rested.
  func tellWithdrawn(_ request: PermissionRequest) throws(IAuthError) {
    // Nothing is left of somebody who was only to be invited.
    guard request.kind != .revoke, let account = try reachable(request.account),
      account.status != .invited,
      try exists(StandInTable.wasTold, request.number, account.id)
    else { return }
    let worksAgain = try request.kind == .change ? isAdministrator(account) : false
    try queue(
      .withdrawnBySubmitter(request: try summary(request), worksAgain: worksAgain),
      to: .mail(account), reference: request.number.description, request: request.number)
  }
}
