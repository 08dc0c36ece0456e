// Asking for a role on a system, and what the applicant can see and take back (PRODUCT 3.4).

import SQLite
import Sheets
import Values

/// A request that was submitted.
package struct RequestReceipt: Sendable {
  package let number: RequestID
  package let system: TargetSystem
  package let role: Role
  package let kind: RequestKind
  package let status: RequestStatus
  /// Names of those who may decide; empty if nobody can yet.
  package let reviewers: [String]
  package let agency: Agency
  package let isNational: Bool
  package var from: Timestamp?
  package var until: Timestamp?
  package var deputyFor: RequestID?
  package var replaces: RequestID?
  /// Of an appointment: whether it counts already.
  package var counts = false

  /// Who decides: the authority on administrators, the agency on general users.
  package var isReviewedByAuthority: Bool { role == .admin }
}

/// What somebody asks for.
package struct PermissionOrder: Sendable {
  package var system: String?
  package var role = Role.general
  package var reason: String?
  package var document: String?
  /// Days in Taipei, since 1970-01-01: the first and the last on which the permission holds.
  package var from: Int64?
  package var until: Int64?
  /// 職務代理: the permission beside which it is asked for.
  package var deputyFor: RequestID?
  /// 交接: the permission that ends when it takes effect.
  package var replaces: RequestID?

  package init(
    system: String? = nil, role: Role = .general, reason: String? = nil, document: String? = nil,
    from: Int64? = nil, until: Int64? = nil, deputyFor: RequestID? = nil, replaces: RequestID? = nil
  ) {
    self.system = system
    self.role = role
    self.reason = reason
    self.document = document
    self.from = from
    self.until = until
    self.deputyFor = deputyFor
    self.replaces = replaces
  }
}

/// One of the applicant's own requests, with what became of it.
package struct OwnRequest: Sendable {
  package let number: RequestID
  package let system: String
  package let role: Role
  package let kind: RequestKind
  package let status: RequestStatus
  package let submittedAt: Timestamp
  package let decidedAt: Timestamp?
  package let decidedBy: String?
  package let reason: String?
  /// The reviewer's reason or note.
  package let note: String?
  package let permission: PermissionStatus?
  package let endReason: String?
  /// From when until when the permission holds, or was asked for.
  package let from: Timestamp?
  package let until: Timestamp?
  package let deputyFor: RequestID?
  package let replaces: RequestID?
}

extension Service {
  /// Submits a request for the signed-in person.
  ///
  /// - Throws: `session.*`, `system.unknown`, `agency.removed`, `request.duplicate`,
  ///   `permission.held`, `reason.invalid`, `document.invalid`, `date.invalid`; for a deputy or a
  ///   hand-over `request.unknown`, `permission.none`.
  package func requestPermission(_ order: PermissionOrder) throws(IAuthError) -> RequestReceipt {
    let reason = try FreeText.filled(order.reason, FreeText.note)
    let document = try FreeText.filled(order.document, FreeText.document)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<RequestReceipt> in
      let session = try tx.session()
      let account = session.account
      let agency = try tx.agency(id: account.agency)
      guard agency.status == .active else { throw .agencyRemoved(code: agency.code) }
      let system = try tx.system(code: order.system, command: "request-permission")
      let from = try order.from.map { (day) throws(IAuthError) in try tx.start(from: day) }
      let until = try order.until.map { (day) throws(IAuthError) in
        try tx.end(until: day, from: from, on: system)
      }
      if let earlier: RequestID = try tx.id(
        RequestTable.pendingFor, account.id, system.id, order.role)
      {
        throw .requestDuplicate(number: earlier)
      }
      let renewed = try tx.renewable(
        account.id, system.id, order.role, from: from, until: until, deputyFor: order.deputyFor)
      if let held = try tx.heldPermission(account.id, system.id, order.role),
        order.replaces != nil || renewed == nil || held.role != order.role
      {
        throw .permissionHeld(number: held.number, role: held.role, until: held.endsAt)
      }
      if let other = order.deputyFor ?? order.replaces {
        try tx.checkStandIn(
          account, beside: other, on: system.id, order.role, isHandOver: order.replaces != nil,
          from: from)
      }
      let number = try tx.add(
        RequestDraft(
          account: account, system: system.id, role: order.role, origin: "self", reason: reason,
          document: document, effectiveAt: from, untilAt: until, deputyFor: order.deputyFor,
          replaces: order.replaces))
      try tx.auditSubmission(.requested, number)
      guard let request = try tx.request(number) else { throw .databaseDamaged }
      let reviewers = try tx.tellReviewers(of: request)
      return .commit(try tx.receipt(of: request, reviewers))
    }
  }

  /// The signed-in person's requests, newest first, with reasons.
  package func ownRequests() throws(IAuthError) -> [OwnRequest] {
    try readSignedIn { (tx, session) throws(IAuthError) in
      try tx.all(OwnRequestTable.list, session.account.id, tx.now) { row in
        OwnRequest(
          number: row.id(0), system: row.text(1), role: row.word(2, Role.self),
          kind: row.word(3, RequestKind.self), status: row.word(4, RequestStatus.self),
          submittedAt: row.time(5), decidedAt: row.timeIfAny(6), decidedBy: row.textIfAny(7),
          reason: row.textIfAny(8), note: row.textIfAny(9),
          permission: row.textIfAny(10).flatMap { PermissionStatus(rawValue: $0) },
          endReason: row.textIfAny(11), from: row.timeIfAny(12), until: row.timeIfAny(13),
          deputyFor: row.idIfAny(14), replaces: row.idIfAny(15))
      }
    }
  }

  /// Takes back a request that waits: one's own, or one's form's row.
  ///
  /// What asks for the end of a permission is its submitter's alone.
  ///
  /// - Throws: `session.*`, `request.unknown` (also for another's), `request.decided`.
  package func withdraw(_ number: RequestID) throws(IAuthError) {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      let session = try tx.session()
      guard let request = try tx.currentRequest(number), try tx.maySee(request, session.account)
      else { return try tx.refuse(.requestUnknown(number: number), subject: .request(number)) }
      let me = session.account.id
      let isOwn = request.kind != .revoke && request.account == me
      guard isOwn || request.submitter == me else {
        return try tx.refuse(
          .requestOutside(number: number, .withdraw), subject: .request(number))
      }
      if let decided = try tx.decidedError(request) { throw decided }
      try tx.end(number, .withdrawn, by: me)
      try tx.audit(.withdrawn, .request(number))
      try tx.closeIfUnclaimed(try tx.account(id: request.account))
      try tx.finishBatch(of: request)
      if !isOwn { try tx.tellWithdrawn(request) }
      // Who has submitted it saw nothing of it.
      if let batch = request.batch, let submitter = request.submitter {
        let row = EndedRow(batch: batch, submitter: submitter, summary: try tx.summary(request))
        try tx.tell([row], .byPerson)
      }
      return .commit(())
    }
  }
}

enum OwnRequestTable {
  /// None while it is decided on again; time ends it whether that is written down yet or not.
  static let permissionNow: Fragment = """
    CASE WHEN r.open = 1 THEN NULL WHEN p.ends_at <= ?2 THEN 'revoked'
      ELSE \(RequestTable.permissionStatus) END
    """
  static let list: SQL = """
    SELECT r.id, s.code, r.role, r.kind, r.status, r.created_at, d.decided_at,
      coalesce(d.reviewer_name, a.name), r.reason,
      d.note, \(permissionNow),
      nullif(p.reason, ''),
      iif(r.open, r.effective_at, coalesce(p.starts_at, r.effective_at)),
      iif(r.open, r.until_at, coalesce(p.ends_at, r.until_at)), r.deputy_for,
      r.replaces
    FROM request r JOIN system s ON s.id = r.system LEFT JOIN decision d ON d.request = r.id
        AND d.round = r.round LEFT JOIN account a ON a.id = d.reviewer
      LEFT JOIN permission p ON p.request = r.id
    WHERE r.account = ?1 OR r.account IN \(SuccessionTable.others) ORDER BY r.id DESC
    """
  static let statements: [SQL] = [list]
}

extension Transaction {
  /// The active permission that makes asking for `role` superfluous: `admin` includes use.
  func heldPermission(
    _ account: AccountID, _ system: SystemID, _ role: Role
  ) throws(IAuthError) -> (number: RequestID, role: Role, endsAt: Timestamp?)? {
    try first(RequestTable.activeFor, account, system, role, now) { row in
      (number: row.id(0), role: row.word(1, Role.self), endsAt: row.timeIfAny(2))
    }
  }

  func receipt(
    of request: PermissionRequest, _ reviewers: [Reviewer]
  ) throws(IAuthError) -> RequestReceipt {
    let agency = try agency(id: request.agency)
    let authority = try authority().id
    return RequestReceipt(
      number: request.number, system: try system(id: request.system), role: request.role,
      kind: request.kind, status: request.status, reviewers: reviewers.map(\.account.name.text),
      agency: agency,
      isNational: request.role == .admin && agency.id == authority,
      from: request.effectiveAt, until: request.untilAt, deputyFor: request.deputyFor,
      replaces: request.replaces)
  }

  /// Who decided a request, when and how; nil while it is pending.
  ///
  /// - Parameter isForReview: whether it is to be reviewed: one that was sent back is its
  ///   applicant's to mend.
  func decidedError(
    _ request: PermissionRequest, isForReview: Bool = false
  ) throws(IAuthError) -> IAuthError? {
    guard isForReview ? request.status != .pending : !request.status.isOpen else { return nil }
    let decision = try decision(of: request.number)
    return .requestDecided(
      number: request.number, status: request.status, by: decision?.reviewer,
      at: decision?.decidedAt ?? now)
  }

  /// Tells the submitter once nothing of their batch waits any more.
  func finishBatch(of request: PermissionRequest) throws(IAuthError) {
    guard let id = request.batch, let batch = try batch(id) else { return }
    guard batch.toldAt == nil else { return try tellEndAnew(request.number, of: batch) }
    guard try !exists(RequestTable.batchHasPending, id) else { return }
    try run(RequestTable.batchTold, id, now)
    guard let submitter = batch.submitter, submitter != actor?.account,
      let account = try first(AccountTable.byID, submitter, read: { row in Account(row: row) })
    else { return }
    var counts: [RequestStatus: Int] = [:]
    try each(RequestTable.batchCounts, id, now, now, now) { row in
      counts[row.word(0, RequestStatus.self)] = row.count(1)
      return true
    }
    let approved = counts[.approved] ?? 0
    let rejected = counts[.rejected] ?? 0
    try queue(
      .batchDecided(
        batch: id, document: batch.document, approved: approved, rejected: rejected,
        other: counts.values.reduce(0, +) - approved - rejected),
      to: .mail(account), reference: "batch:\(id)")
  }
}
