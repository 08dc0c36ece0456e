// The reviewer's queue (PRODUCT 4.1, `pending`): what the signed-in person may decide, oldest
// first, and one request in full.

import SQLite
import Sheets
import Values

/// What a list is narrowed to.
package struct PendingFilter: Sendable {
  package var system: String?
  package var agency: String?
  package var role: Role?
  package var batch: BatchID?
  package var limit: Int?
  /// nil: every status.
  package var status: RequestStatus? = .pending
  /// The same for a batch of one's own, which is listed whole unless something else is said.
  package var statusOfOwn: RequestStatus?

  package init(
    system: String? = nil, agency: String? = nil, role: Role? = nil, batch: BatchID? = nil,
    limit: Int? = nil, status: RequestStatus? = .pending, statusOfOwn: RequestStatus? = nil
  ) {
    self.system = system
    self.agency = agency
    self.role = role
    self.batch = batch
    self.limit = limit
    self.status = status
    self.statusOfOwn = statusOfOwn
  }
}

/// One request as reviewers see it.
package struct PendingRequest: Sendable, Equatable {
  package var number: RequestID
  package var kind: RequestKind
  package var submittedAt: Timestamp
  package var decidedAt: Timestamp?
  package var agency: Agency
  package var name: String
  package var title: String?
  package var email: String
  package var mobile: String
  package var system: String
  package var role: Role
  package var reason: String?
  package var document: String?
  package var batch: BatchID?
  package var status: RequestStatus
  package var isVerified: Bool
  package var isNational: Bool
  package var isDomainKnown: Bool
  package var replacement: Replacement?
  package var effectiveAt: Timestamp?
  /// Name or contacts were replaced while it waited.
  package var isReplaced: Bool

  /// Whole days from the submission until now, or until the decision.
  package func waitingDays(at now: Timestamp) -> Int {
    (decidedAt ?? now).wholeDays(since: submittedAt)
  }

  /// What the reviewer should look at twice (PRODUCT 3.1, 3.4).
  package var marks: [String] {
    let email = EmailAddress(stored: replacement?.email ?? email)
    let name = replacement?.name ?? name
    var marks: [String] = []
    if isNational { marks.append("national-reviewer") }
    if !name.utf8.allSatisfy({ $0 < 0x80 }), PersonName(stored: name).isMixedScript {
      marks.append("mixed-scripts")
    }
    if !email.isGovernment { marks.append("email-outside-gov") }
    if !isDomainKnown { marks.append("email-domain-new") }
    if kind == .change || isReplaced { marks.append("contacts-replaced") }
    return marks
  }

  /// An opaque word that changes when anything changes that was shown: what is approved is what was
  /// shown.
  package var version: String {
    let shown: [String] = [
      kind.rawValue, agency.code, agency.name, name, title ?? "", email, mobile, system,
      role.rawValue, reason ?? "", document ?? "", replacement?.name ?? "",
      replacement?.email ?? "", replacement?.mobile ?? "", replacement?.title ?? "",
      effectiveAt?.rfc3339 ?? "",
    ]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(400)
    for text in shown {
      // A length in front: no character moves from one field to the next.
      bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
      bytes.append(UInt8(truncatingIfNeeded: text.utf8.count >> 8))
      bytes.append(contentsOf: text.utf8)
    }
    return Hex.encode(Array(SHA256.hash(bytes).prefix(6)))
  }
}

/// One request in full (審查詳細資訊).
package struct RequestDetail: Sendable {
  package let item: PendingRequest
  package let now: Timestamp
  package let history: [(at: Timestamp, action: String, by: String?, outcome: String)]
  package let reviewers: [(name: String, agency: String)]
  package let told: [(at: Timestamp, name: String?, kind: MessageKind, status: MessageStatus)]
  package let decision: Decision?
  package let permission: PermissionStatus?
  /// Why the asking person may not decide; nil if they may.
  package let whyNot: IAuthError?
}

/// A batch as its submitter sees it.
package struct BatchProgress: Sendable {
  package let batch: BatchID
  package let counts: [RequestStatus: Int]
}

extension Service {
  /// What the signed-in person may decide; with a batch that they submitted, its rows.
  ///
  /// - Throws: `session.*`, `right.missing`, `batch.unknown`, `system.unknown`, `agency.unknown`.
  package func queue(
    _ filter: PendingFilter
  ) throws(IAuthError) -> (items: [PendingRequest], progress: BatchProgress?, now: Timestamp) {
    if let id = filter.batch, let answer = try batchOfOperator(id, filter) { return answer }
    return try readSignedIn(orByKey: true) { (tx, session) throws(IAuthError) in
      let narrowed = try tx.narrow(filter)
      if let id = filter.batch {
        guard let batch = try tx.batch(id) else { throw .batchUnknown(id) }
        if batch.submitter == session.account.id { return try tx.batch(id, filter) }
        guard try tx.maySee(batch, session) else { throw .batchUnknown(id) }
      }
      guard world.caller.key == nil else { throw .batchUnknown(filter.batch ?? 0) }
      return (try tx.queue(narrowed, session.account), nil, tx.now)
    }
  }

  /// A batch for the operator, who submits forms without signing in; nil for whoever is signed in.
  private func batchOfOperator(
    _ id: BatchID, _ filter: PendingFilter
  ) throws(IAuthError) -> (items: [PendingRequest], progress: BatchProgress?, now: Timestamp)? {
    guard world.caller.isOperator else { return nil }
    return try store.read { (tx) throws(IAuthError) in
      do throws(IAuthError) {
        _ = try tx.session()
        return nil
      } catch {
        guard error == .sessionNone else { throw error }
      }
      guard try tx.batch(id) != nil else { throw .batchUnknown(id) }
      return try tx.batch(id, filter)
    }
  }

  /// One request in full; the reading is on the audit trail.
  ///
  /// - Throws: `session.*` (the operator needs none), `request.unknown`.
  package func detail(_ number: RequestID) throws(IAuthError) -> RequestDetail {
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<RequestDetail> in
      let session: Session?
      do throws(IAuthError) {
        session = try tx.session()
      } catch {
        guard world.caller.isOperator else { throw error }
        session = nil
      }
      guard let request = try tx.currentRequest(number),
        let item = try tx.item(number)
      else { return try tx.refuse(.requestUnknown(number: number), subject: .request(number)) }
      var whyNot: IAuthError? = .sessionNone
      if let session {
        try tx.noteUse(session)
        let question = try tx.reviewQuestion(request, session, expecting: nil)
        whyNot = ReviewRules.refusal(question)
        guard question.isVisible else {
          return try tx.refuse(.requestUnknown(number: number), subject: .request(number))
        }
      }
      try tx.audit(.requestRead, .request(number))
      return .commit(try tx.detail(request, item, whyNot: whyNot))
    }
  }
}

/// A filter with its codes looked up.
struct NarrowedFilter {
  var system: SystemID?
  var agency: AgencyID?
  var role: Role?
  var batch: BatchID?
  var limit: Int
  var status: RequestStatus?
  /// What was submitted no later, and still waits, has lapsed.
  var lapsedUntil: Timestamp
}

extension Transaction {
  fileprivate func narrow(
    _ filter: PendingFilter
  ) throws(IAuthError) -> NarrowedFilter {
    NarrowedFilter(
      system: try filter.system.map { (code) throws(IAuthError) in
        try system(code: code, command: "pending").id
      },
      agency: try filter.agency.map { (code) throws(IAuthError) in try agency(typed: code).id },
      role: filter.role, batch: filter.batch, limit: filter.limit ?? Int.max, status: filter.status,
      lapsedUntil: now - settings.requestLifetime)
  }

  /// What `me` may decide, but for their own.
  func queue(_ filter: NarrowedFilter, _ me: Account) throws(IAuthError) -> [PendingRequest] {
    let scopes: [SystemID] = try ids(RequestTable.scopes, me.id, me.agency, now)
    guard !scopes.isEmpty else { throw .rightMissing(.reviewer) }
    var found: [PendingRequest] = []
    if filter.role != .admin {
      for system in scopes where filter.system == nil || filter.system == system {
        found += try items(PendingRequestsTable.general, filter, me, me.agency, system)
      }
    }
    if filter.role != .general, me.agency == (try authority().id) {
      var systems = scopes
      let first: SystemID? = try id(AgencyTable.systemByCode, TargetSystem.firstCode)
      if let first, scopes.contains(first) {
        systems += try ids(RequestTable.orphanSystems)
      }
      for system in systems where filter.system == nil || filter.system == system {
        found += try items(PendingRequestsTable.admin, filter, me, 0, system)
      }
    }
    found.sort { ($0.submittedAt, $0.number) < ($1.submittedAt, $1.number) }
    return Array(found.prefix(filter.limit))
  }

  /// A batch for its submitter: its requests, decided or not, and how far it has come.
  fileprivate func batch(
    _ id: BatchID, _ filter: PendingFilter
  ) throws(IAuthError) -> (items: [PendingRequest], progress: BatchProgress?, now: Timestamp) {
    var narrowed = try narrow(filter)
    narrowed.status = filter.statusOfOwn
    narrowed.limit = Int.max
    let found = try items(PendingRequestsTable.ofBatch, narrowed, nil, 0, narrowed.system ?? 0)
      .filter { filter.role == nil || $0.role == filter.role }
    return (
      Array(found.prefix(filter.limit ?? Int.max)),
      try progress(of: id, lapsedUntil: narrowed.lapsedUntil), now
    )
  }

  func items(
    _ sql: SQL, _ filter: NarrowedFilter, _ me: Account?, _ agency: AgencyID, _ system: SystemID
  ) throws(IAuthError) -> [PendingRequest] {
    try all(
      sql, agency, system, filter.status, filter.agency, filter.batch, me?.id, me?.email.text,
      me?.mobile.e164, filter.limit, filter.lapsedUntil
    ) { row in PendingRequest(row: row) }
  }

  func item(_ number: RequestID) throws(IAuthError) -> PendingRequest? {
    try first(PendingRequestsTable.one, number) { row in PendingRequest(row: row) }
  }

  /// The version of a request as it would be shown now.
  func version(of number: RequestID) throws(IAuthError) -> String {
    try item(number)?.version ?? ""
  }

  fileprivate func progress(
    of batch: BatchID, lapsedUntil: Timestamp
  ) throws(IAuthError) -> BatchProgress {
    var counts: [RequestStatus: Int] = [:]
    try each(RequestTable.batchCounts, batch, lapsedUntil) { row in
      counts[row.word(0, RequestStatus.self)] = row.count(1)
      return true
    }
    return BatchProgress(batch: batch, counts: counts)
  }

  fileprivate func detail(
    _ request: PermissionRequest, _ item: PendingRequest, whyNot: IAuthError?
  ) throws(IAuthError) -> RequestDetail {
    let subject = AuditSubject.request(request.number).text
    let history = try all(PendingRequestsTable.history, subject) { row in
      (at: row.time(0), action: row.text(1), by: row.textIfAny(2), outcome: row.text(3))
    }
    let told = try all(PendingRequestsTable.told, request.number) { row in
      (
        at: row.time(0), name: row.textIfAny(1), kind: row.word(2, MessageKind.self),
        status: row.word(3, MessageStatus.self)
      )
    }
    var reviewers: [(name: String, agency: String)] = []
    for reviewer in try self.reviewers(of: request) {
      reviewers.append((reviewer.name.text, try agency(id: reviewer.agency).name))
    }
    let permission = try first(RequestTable.permission, request.number) { row in
      row.word(0, PermissionStatus.self)
    }
    return RequestDetail(
      item: item, now: now, history: history, reviewers: reviewers, told: told,
      decision: try decision(of: request.number), permission: permission, whyNot: whyNot)
  }
}
