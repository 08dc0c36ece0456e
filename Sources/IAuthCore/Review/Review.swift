// Deciding (PRODUCT 3.4, 4.1): each request by itself, and all in one transaction.

import SQLite
import Sheets
import Values

extension Service {
  /// Decides on each request as it is said of it, all in one transaction.
  ///
  /// - Throws: `session.none`, `session.expired`; a refusal of one request stands in its outcome.
  package func decide(_ orders: [DecisionOrder]) throws(IAuthError) -> [ReviewOutcome] {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<[ReviewOutcome]> in
      let session = try tx.session()
      return .commit(try tx.decide(orders, by: session))
    }
  }

  /// What a target would be about: the requests of it that wait and that the reviewer may decide on.
  ///
  /// - Throws: `session.none`, `session.expired`, `batch.unknown`.
  package func waiting(_ target: ReviewTarget) throws(IAuthError) -> [PendingRequest] {
    try readSignedIn { (tx, session) throws(IAuthError) in
      var found: [PendingRequest] = []
      for number in try tx.numbers(of: target, session) {
        guard let request = try tx.request(number), request.status == .pending,
          let item = try tx.item(number)
        else { continue }
        let refusal = ReviewRules.refusal(
          try tx.reviewQuestion(request, session, expecting: nil))
        if refusal == nil || refusal == .sessionStepUp { found.append(item) }
      }
      return found
    }
  }

  /// Decides on all of a target alike.
  ///
  /// - Parameters:
  ///   - note: kept with an approval; a rejection and a return have it as their reason.
  ///   - version: the version that the reviewer saw, of a single request.
  ///   - shown: the versions of what was shown of a range or a batch; of a batch nothing else is meant.
  /// - Throws: `session.none`, `session.expired`, `batch.unknown`, `reason.invalid`; a refusal of one
  ///   request stands in its outcome.
  package func decide(
    _ target: ReviewTarget, _ verdict: RequestStatus, note: String?,
    expecting version: String? = nil, shown: [RequestID: String]? = nil
  ) throws(IAuthError) -> [ReviewOutcome] {
    let note =
      verdict == .approved
      ? try FreeText.filled(note, FreeText.note) : try FreeText.reason(note ?? "")
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<[ReviewOutcome]> in
      let session = try tx.session()
      var orders: [DecisionOrder] = []
      var numbers = try tx.numbers(of: target, session)
      if case .batch = target, let shown { numbers = shown.keys.sorted() }
      for number in numbers {
        orders.append(
          try DecisionOrder(
            number: number, verdict: verdict, note: note, version: shown?[number] ?? version))
      }
      return .commit(try tx.decide(orders, by: session))
    }
  }
}

extension Transaction {
  /// Each by itself; then whoever is to correct something is told, once for a reason.
  fileprivate func decide(
    _ orders: [DecisionOrder], by session: Session
  ) throws(IAuthError) -> [ReviewOutcome] {
    // Deciding changes neither agencies nor systems.
    places = KnownPlaces()
    defer { places = nil }
    if orders.count > Limits.importRowsPerStatement { try useLargeCache() }
    var outcomes: [ReviewOutcome] = []
    var returned: [(reason: String, numbers: [RequestID])] = []
    for order in orders {
      try WriteLock.checkInterrupt()
      let outcome = try decide(
        order.number, order.verdict, note: order.note, expecting: order.version, by: session)
      outcomes.append(outcome)
      guard order.verdict == .returned, outcome.refusal == nil else { continue }
      let reason = order.note ?? ""
      if let place = returned.firstIndex(where: { $0.reason == reason }) {
        returned[place].numbers.append(order.number)
      } else {
        returned.append((reason, [order.number]))
      }
    }
    for (reason, numbers) in returned { try tellReturned(numbers, reason: reason) }
    try WriteLock.checkInterrupt()
    return outcomes
  }

  fileprivate func numbers(
    of target: ReviewTarget, _ session: Session
  ) throws(IAuthError) -> [RequestID] {
    switch target {
    case .numbers(let numbers):
      guard numbers.count > 1 else { return numbers }
      var seen: Set<RequestID> = []
      return numbers.filter { seen.insert($0).inserted }
    case .batch(let id):
      guard let batch = try batch(id), try maySee(batch, session) else { throw .batchUnknown(id) }
      var pending: [RequestID] = try ids(RequestTable.batchPending, id)
      guard batch.submitter != session.account.id else { return pending }
      // Of the others' nothing is said.
      for (index, number) in pending.enumerated().reversed() {
        guard let request = try request(number), try maySee(request, session.account)
        else {
          pending.remove(at: index)
          continue
        }
      }
      return pending
    }
  }

  /// The rule's answer for one request and one reviewer.
  func reviewQuestion(
    _ request: PermissionRequest, _ reviewer: Session, expecting version: String?
  ) throws(IAuthError) -> ReviewQuestion {
    try reviewCase(request, reviewer, expecting: version).question
  }

  /// The same with what it was answered from: by which permission they may decide, and whose request it
  /// is.
  private func reviewCase(
    _ request: PermissionRequest, _ reviewer: Session, expecting version: String?
  ) throws(IAuthError) -> (question: ReviewQuestion, right: ReviewRight?, people: [Account]) {
    let me = reviewer.account
    let rights = try rights(of: me, on: request)
    let people = try people(of: request)
    var isOwn = people.contains { $0.isSamePerson(as: me) }
    let right = try right(among: rights, people)
    if !rights.isEmpty, right == nil { isOwn = true }
    let question = ReviewQuestion(
      number: request.number, isVisible: try maySee(request, me, people: people),
      isReviewer: try isAdministrator(me), isInside: !rights.isEmpty,
      isOwn: isOwn,
      decided: try decidedError(request, isForReview: true),
      expectedVersion: version.map { VersionWord.folded($0) },
      version: version == nil ? "" : try self.version(of: request.number),
      needsBothCodes: settings.reviewCodes == .both, hasBothCodes: reviewer.hasProvenBoth)
    return (question, right, people)
  }

  /// The permissions by which somebody may decide on a request, their own before a deputy's.
  func rights(
    of me: Account, on request: PermissionRequest
  ) throws(IAuthError) -> [ReviewRight] {
    try all(RequestTable.rights, request.number, me.id, now) { row in
      ReviewRight(
        permission: row.id(0), deputyFor: row.idIfAny(1), represents: row.idIfAny(2))
    }
  }

  /// The first right that holds: what the one represented may not decide, the deputy may not either.
  func right(
    among rights: [ReviewRight], _ people: [Account]
  ) throws(IAuthError) -> ReviewRight? {
    for right in rights {
      guard let represented = right.represents,
        let person = try first(AccountTable.byID, represented, read: { row in Account(row: row) }),
        people.contains(where: { $0.isSamePerson(as: person) })
      else { return right }
    }
    return nil
  }

  /// A request as it stands now: one whose time is over has ended.
  func currentRequest(_ number: RequestID) throws(IAuthError) -> PermissionRequest? {
    guard let found = try request(number) else { return nil }
    guard try hasLapsed(found.account) else { return found }
    try expireOverdue(found.account)
    return try request(number)
  }

  fileprivate func decide(
    _ number: RequestID, _ verdict: RequestStatus, note: String?, expecting version: String?,
    by session: Session
  ) throws(IAuthError) -> ReviewOutcome {
    guard let request = try currentRequest(number) else {
      return try refused(nil, number, .requestUnknown(number: number))
    }
    let (question, right, people) = try reviewCase(request, session, expecting: version)
    if let refusal = ReviewRules.refusal(question) {
      return try refused(question.isVisible ? request : nil, number, refusal)
    }
    if verdict == .approved, let obstacle = try obstacle(to: request) {
      return try refused(request, number, obstacle)
    }
    let takenOver = try verdict == .approved ? takeOver(cutting: number) : nil
    try end(number, verdict, by: session.account.id, note: note, right: right)
    let applicant = people.first { $0.id == request.account }
    var summary = try summary(request, of: applicant)
    summary.takenOver = takenOver
    let system = try system(id: request.system)
    switch verdict {
    case .approved:
      // How long it holds stands in no request where the system bounds it.
      let end = request.kind == .grant ? try span(of: request).ends : nil
      try audit(
        .approved, .request(number),
        person: said(of: request, (end.map { [("until", $0.rfc3339)] } ?? []), note))
      try takeEffect(request, of: applicant, summary, system, note: note)
    case .returned:
      try audit(.returned, .request(number), person: said(of: request, [], note))
    default:
      try audit(.rejected, .request(number), person: said(of: request, [], note))
      try notifyRejected(request, summary, reason: note ?? "")
    }
    try finishBatch(of: request)
    return ReviewOutcome(
      number: number, status: verdict, decidedAt: now, decidedBy: session.account.name.text,
      refusal: nil, name: summary.name, agency: summary.agency, system: system,
      role: request.role, kind: request.kind, isNational: summary.isNational,
      deputyFor: right?.deputyFor, takenOver: takenOver)
  }

  /// What the entry of a decision commits to; the note comes last, for it may have several lines.
  private func said(
    of request: PermissionRequest, _ fields: [(name: String, value: String)], _ note: String?
  ) -> AuditPerson? {
    let fields = fields + (note.map { [("note", $0)] } ?? [])
    return fields.isEmpty ? nil : AuditPerson(account: request.account, fields: fields)
  }

  /// A refusal changes nothing but the trail.
  ///
  /// Of a request that the caller may not see, nothing is said.
  private func refused(
    _ request: PermissionRequest?, _ number: RequestID, _ error: IAuthError
  ) throws(IAuthError) -> ReviewOutcome {
    try noteRefusal(error, .request(number))
    let decision = try request.map { (known) throws(IAuthError) in
      try self.decision(of: known.number)
    }
    return ReviewOutcome(
      number: number, status: request?.status, decidedAt: decision??.decidedAt,
      decidedBy: decision??.reviewer, refusal: error, name: "", agency: "",
      system: try request.map { (known) throws(IAuthError) in try system(id: known.system) },
      role: request?.role, kind: request?.kind, isNational: false)
  }

  /// What has happened since, so that a request can no longer be granted: the permission is there
  /// already, or the new contacts are someone else's by now.
  func obstacle(
    to request: PermissionRequest
  ) throws(IAuthError) -> IAuthError? {
    if request.kind == .grant,
      let held = try heldPermission(request.account, request.system, request.role),
      held.number != request.number,
      try held.role != request.role ? true : renewable(by: request) == nil
    {
      return .permissionHeld(number: held.number, role: held.role, until: held.endsAt)
    }
    if let other = request.deputyFor ?? request.replaces, let old = try permissionInForce(other),
      try !exists(EffectTable.isOfOneAgency, request.number, old.number)
    {
      return .permissionNone(number: other)
    }
    if let represented = request.deputyFor {
      let starts = try span(of: request).starts
      guard let old = try permissionInForce(represented) else {
        return .permissionNone(number: represented)
      }
      // Nobody stands in for what is over on the first day.
      if let end = old.endsAt, end <= starts {
        return .permissionNone(number: represented, .ended)
      }
    }
    // Nobody takes over, or stands in for, what begins only later.
    if let other = request.deputyFor ?? request.replaces, let later = try permissionInForce(other),
      try !exists(EffectTable.beginsBy, later.number, span(of: request).starts)
    {
      return .permissionNone(number: other)
    }
    if let replaced = request.replaces, let old = try permissionInForce(replaced),
      try isLastPermission(old.number)
    {
      let ends = try span(of: request).ends != nil
      if try ends ? true : exists(RequestTable.pendingChange, request.account) {
        return .accountLast
      }
    }
    if request.kind == .revoke, let held = try revoked(by: request),
      try isLastPermission(held.number)
    {
      return .accountLast
    }
    guard let new = try replacement(of: request) else { return nil }
    let owners = try accounts(
      in: request.agency, email: EmailAddress(stored: new.email),
      mobile: MobileNumber(stored: new.mobile))
    return owners.first { $0.id != request.account }.map { .contactTaken(account: $0.id) }
  }

  /// What an approval makes true, and who hears.
  func takeEffect(
    _ request: PermissionRequest, of applicant: Account?, _ summary: RequestSummary,
    _ system: TargetSystem, note: String?
  ) throws(IAuthError) {
    guard let account = applicant else { throw .accountUnknown }
    let reference = request.number.description
    var summary = summary
    switch request.kind {
    case .grant:
      try grant(request)
      // It is given for no longer than the system allows, whatever was asked for.
      summary.until = try first(RequestTable.days, request.number) { $0.timeIfAny(1) } ?? nil
      if request.deputyFor != nil { try tellStandIn(request, isGranted: true) }
      if summary.isNational {
        let standIn: AccountID? = try request.deputyFor.flatMap {
          (number) throws(IAuthError) in try id(StandInTable.holder, number)
        }
        // Whoever has heard of their deputy hears of no more.
        try tellNationalReviewers(summary, but: [account.id, standIn].compactMap(\.self))
      }
    case .change:
      // One with a date waits for its day; the sweep makes it true then.
      if (request.effectiveAt ?? now) <= now {
        summary.hasRested = try exists(RequestTable.activePermissions, account.id)
        try applyChange(request, account, isDecided: true)
      } else {
        summary.waitsFor = request.effectiveAt
        try settleHandOvers(to: account.id)
      }
    case .revoke:
      // Its holder is told of the end itself.
      return try applyRevocation(request)
    }
    guard account.status != .invited else {
      // The new contacts of somebody invited are told when they are true.
      if request.kind == .grant {
        try invite(account, to: request, by: request, as: summary)
      }
      return
    }
    let told = request.kind == .change ? try self.account(id: account.id) : account
    try queue(
      .approved(request: summary, url: system.url, note: note), to: .mail(told),
      reference: reference, request: request.number)
  }

  /// Makes an approved replacement true.
  func applyChange(
    _ request: PermissionRequest, _ account: Account, isDecided: Bool = false
  ) throws(IAuthError) {
    guard let replacement = try replacement(of: request) else { throw .databaseDamaged }
    try run(RequestTable.markApplied, request.number, now)
    let isInvited = account.status == .invited
    let isByForm = request.origin == "batch"
    try replace(account, with: replacement, isDecided: isDecided || isInvited, isByForm: isByForm)
    // Who asked for it themself has proven both.
    if !isByForm { try run(AccountTable.setUnproven, account.id, nil as Timestamp?) }
    try settleHandOvers(to: account.id)
    // Who has not signed in yet is invited at the new address.
    let number: RequestID? = try id(
      RequestTable.invited, account.id, request.system, request.role)
    guard isInvited, let number, let granted = try self.request(number) else { return }
    try invite(try self.account(id: account.id), to: granted, by: request)
  }

  private func notifyRejected(
    _ request: PermissionRequest, _ summary: RequestSummary, reason: String
  ) throws(IAuthError) {
    // Whose permission stays has asked for nothing; the submitter hears with the batch.
    guard request.kind != .revoke else { return }
    let account = try account(id: request.account)
    if account.status == .invited {
      try closeIfUnclaimed(account)
    } else {
      try queue(
        .rejected(request: try fallen(request, summary, account), reason: reason),
        to: .mail(account),
        reference: request.number.description, request: request.number)
    }
  }

  /// An invited account whose only request came to nothing is closed, and its data erased.
  ///
  /// Nobody was written to.
  func closeIfUnclaimed(_ account: Account) throws(IAuthError) {
    guard account.status == .invited,
      try !exists(RequestTable.hasOtherClaim, account.id)
    else { return }
    try erase(account: account.id, keepingNotes: true)
  }
}
