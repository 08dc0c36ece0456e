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

  /// Who decides: the authority on administrators, the agency on general users.
  package var isReviewedByAuthority: Bool { role == .admin }
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
}

extension Service {
  /// Submits a request for the signed-in person.
  ///
  /// - Throws: `session.*`, `system.unknown`, `agency.removed`, `request.duplicate`,
  ///   `permission.held`, `reason.invalid`, `document.invalid`.
  package func requestPermission(
    system code: String?, role: Role, reason: String?, document: String?
  ) throws(IAuthError) -> RequestReceipt {
    let reason = try FreeText.filled(reason, FreeText.note)
    let document = try FreeText.filled(document, FreeText.document)
    return try writeSignedIn { (tx, session) throws(IAuthError) -> TransactionEnd<RequestReceipt> in
      let account = session.account
      let agency = try tx.agency(id: account.agency)
      guard agency.status == .active else { throw .agencyRemoved(code: agency.code) }
      let system = try tx.system(code: code, command: "request-permission")
      if let earlier: RequestID = try tx.id(RequestTable.pendingFor, account.id, system.id, role) {
        throw .requestDuplicate(number: earlier)
      }
      if let held = try tx.heldPermission(account.id, system.id, role) {
        throw .permissionHeld(number: held.number, role: held.role)
      }
      let number = try tx.add(
        RequestDraft(
          account: account, system: system.id, role: role, origin: "self", reason: reason,
          document: document))
      try tx.audit(.requested, .request(number))
      guard let request = try tx.request(number) else { throw .databaseDamaged }
      let reviewers = try tx.tellReviewers(of: request)
      let authority = try tx.authority()
      return .commit(
        RequestReceipt(
          number: number, system: system, role: role, kind: .grant, status: .pending,
          reviewers: reviewers.map(\.name.text), agency: agency,
          isNational: role == .admin && agency.id == authority.id))
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
          endReason: row.textIfAny(11))
      }
    }
  }

  /// Takes back one's own pending request.
  ///
  /// - Throws: `session.*`, `request.unknown` (also for another's), `request.decided`.
  package func withdraw(_ number: RequestID) throws(IAuthError) {
    try writeSignedIn { (tx, session) throws(IAuthError) -> TransactionEnd<Void> in
      guard let request = try tx.request(number), request.account == session.account.id else {
        throw .requestUnknown(number: number)
      }
      if let decided = try tx.decidedError(request) { throw decided }
      try tx.run(
        RequestTable.decide, number, RequestStatus.withdrawn, session.account.id,
        world.caller.name, nil as String?, tx.now)
      try tx.audit(.withdrawn, .request(number))
      try tx.finishBatch(of: request)
      return .commit(())
    }
  }
}

enum OwnRequestTable {
  static let list: SQL = """
    SELECT r.id, s.code, r.role, r.kind, r.status, r.created_at, d.decided_at, a.name, r.reason,
      d.note, CASE WHEN p.ends_at <= ?2 THEN 'revoked' ELSE p.status END, p.reason
    FROM request r JOIN system s ON s.id = r.system LEFT JOIN decision d ON d.request = r.id
      LEFT JOIN account a ON a.id = d.reviewer LEFT JOIN permission p ON p.request = r.id
    WHERE r.account = ?1 ORDER BY r.id DESC
    """
  static let statements: [SQL] = [list]
}

extension Transaction {
  /// The active permission that makes asking for `role` superfluous: `admin` includes use.
  func heldPermission(
    _ account: AccountID, _ system: SystemID, _ role: Role
  ) throws(IAuthError) -> (number: RequestID, role: Role)? {
    try first(RequestTable.activeFor, account, system, role) { row in
      (number: row.id(0), role: row.word(1, Role.self))
    }
  }

  /// Who decided a request, when and how; nil while it is pending.
  func decidedError(_ request: PermissionRequest) throws(IAuthError) -> IAuthError? {
    guard request.status != .pending else { return nil }
    let decision = try decision(of: request.number)
    return .requestDecided(
      number: request.number, status: request.status, by: decision?.reviewer,
      at: decision?.decidedAt ?? now)
  }

  /// Tells the submitter once nothing of their batch waits any more.
  func finishBatch(of request: PermissionRequest) throws(IAuthError) {
    guard let id = request.batch, let batch = try batch(id), batch.toldAt == nil,
      try !exists(RequestTable.batchHasPending, id)
    else { return }
    try run(RequestTable.batchTold, id, now)
    guard let submitter = batch.submitter, submitter != actor?.account,
      let account = try first(AccountTable.byID, submitter, read: { row in Account(row: row) })
    else { return }
    var counts: [RequestStatus: Int] = [:]
    try each(RequestTable.batchCounts, id, now) { row in
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
