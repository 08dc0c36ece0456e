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
  /// Everything that the asking person may see, not only what they may decide.
  package var isOfSeen = false
  /// Part of a name, an address or an agency's name.
  package var query: String?
  /// Only agencies that are this one or below it.
  package var under: String?
  package var by: DecidedBy?

  package init(
    system: String? = nil, agency: String? = nil, role: Role? = nil, batch: BatchID? = nil,
    limit: Int? = nil, status: RequestStatus? = .pending, statusOfOwn: RequestStatus? = nil,
    isOfSeen: Bool = false, query: String? = nil, under: String? = nil, by: DecidedBy? = nil
  ) {
    self.system = system
    self.agency = agency
    self.role = role
    self.batch = batch
    self.limit = limit
    self.status = status
    self.statusOfOwn = statusOfOwn
    self.isOfSeen = isOfSeen
    self.query = query
    self.under = under
    self.by = by
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
  /// Not valid from then on.
  package var untilAt: Timestamp?
  package var deputyFor: RequestID?
  package var replaces: RequestID?
  /// Whose permission `deputyFor` or `replaces` is.
  package var standsFor: String?
  package var round: Int64
  package var turnedAt: Timestamp?
  /// Another account of the agency has the name.
  package var isSameName: Bool
  /// The account is suspended, or one of the same name is.
  package var isSuspended: Bool
  package var wasReturned: Bool
  package var decidedBy: String?
  package var note: String?
  /// Whose decision it is.
  package var decider: AccountID?
  /// 職務代理: the permission that the reviewer stood in for.
  package var decidedFor: RequestID?
  /// What is sent to one of the applicant's contacts does not arrive.
  package var doesBounce: Bool
  /// From then on somebody takes over what it asks to go on with, before the end that it asks for.
  package var takenOverAt: Timestamp?
  /// Somebody invited takes it over once they have signed in.
  package var isPromised: Bool
  /// An opaque, keyed word that changes when anything changes that was shown.
  package var version = ""

  /// Whole days from the submission until now, or until the decision; of one that has come up again,
  /// from then on.
  package func waitingDays(at now: Timestamp) -> Int {
    let since = turnedAt ?? submittedAt
    return max(decidedAt ?? now, since).wholeDays(since: since)
  }

  /// What the reviewer should look at twice (PRODUCT 3.1, 3.4, 11.2).
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
    if isSameName { marks.append("same-name") }
    if isSuspended { marks.append("suspended") }
    if doesBounce { marks.append("contact-bounces") }
    if wasReturned, status != .returned { marks.append("resubmitted") }
    return marks
  }

  /// Everything that is shown of it, but for what the clock alone changes.
  var shown: [String] {
    let texts: [String?] = [
      number.description, kind.rawValue, submittedAt.rfc3339, agency.code, agency.name, agency.path,
      name, title, email, mobile, system, role.rawValue, reason, document, batch.map { "\($0)" },
      status.rawValue, isVerified ? "verified" : "", effectiveAt?.rfc3339, untilAt?.rfc3339,
      deputyFor.map { "\($0)" }, replaces.map { "\($0)" }, standsFor, "\(round)",
      replacement?.name, replacement?.email, replacement?.mobile, replacement?.title,
    ]
    // What is not there is told from what is empty by the mark in front.
    return texts.map { $0.map { "=" + $0 } ?? "" } + marks
      + (takenOverAt.map { ["taken-over=" + $0.rfc3339] } ?? [])
      + (isPromised ? ["promised"] : [])
  }
}

/// One request in full (審查詳細資訊).
package struct RequestDetail: Sendable {
  package let item: PendingRequest
  /// Of the person, where they can be asked.
  package let phone: String?
  package let unit: String?
  package let now: Timestamp
  package let history: [(at: Timestamp, action: String, by: String?, outcome: String)]
  package let reviewers: [(name: String, agency: String, deputyFor: RequestID?, deputyOf: String?)]
  /// What it was sent back for, round by round.
  package let rounds: [EarlierRound]
  package let told: [(at: Timestamp, name: String?, kind: MessageKind, status: MessageStatus)]
  package let decision: Decision?
  package let permission: PermissionStatus?
  /// Who takes over what it asks to go on with, before the end that it asks for.
  package let takenOver: TakeOver?
  /// Why the asking person may not decide; nil if they may.
  package let whyNot: IAuthError?
  /// Why nobody can approve it any more; only where they may decide.
  package let obstacle: IAuthError?
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
    if let answer = try listOfOperator(filter) { return answer }
    return try readSignedIn(orByKey: true) { (tx, session) throws(IAuthError) in
      let narrowed = try tx.narrow(filter)
      if let id = filter.batch {
        guard let batch = try tx.batch(id) else { throw .batchUnknown(id) }
        if batch.submitter == session.account.id {
          return try tx.batch(id, filter, me: session.account.id)
        }
        guard try tx.maySee(batch, session) else { throw .batchUnknown(id) }
      }
      guard world.caller.key == nil else { throw .batchUnknown(filter.batch ?? 0) }
      let found =
        try filter.isOfSeen
        ? tx.seen(narrowed, session.account) : tx.queue(narrowed, session.account)
      return (try tx.searched(found, filter, me: session.account.id), nil, tx.now)
    }
  }

  /// A batch, or whatever there is, for the operator without signing in; nil for whoever is signed
  /// in, and for the list of what one may decide, which is nobody's then.
  private func listOfOperator(
    _ filter: PendingFilter
  ) throws(IAuthError) -> (items: [PendingRequest], progress: BatchProgress?, now: Timestamp)? {
    guard world.caller.isOperator, filter.batch != nil || filter.isOfSeen else { return nil }
    return try store.read { (tx) throws(IAuthError) in
      do throws(IAuthError) {
        _ = try tx.session()
        return nil
      } catch {
        guard error == .sessionNone || error == .sessionExpired else { throw error }
      }
      if let id = filter.batch {
        guard try tx.batch(id) != nil else { throw .batchUnknown(id) }
        return try tx.batch(id, filter, me: nil)
      }
      let narrowed = try tx.narrow(filter)
      let found = try tx.items(
        PendingRequestsTable.everything, narrowed, nil, 0, narrowed.system ?? 0)
      return (try tx.searched(found, filter, me: nil), nil, tx.now)
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
  var returnedUntil: Timestamp
}

extension Transaction {
  func narrow(
    _ filter: PendingFilter
  ) throws(IAuthError) -> NarrowedFilter {
    NarrowedFilter(
      system: try filter.system.map { (code) throws(IAuthError) in
        try system(code: code, command: "pending").id
      },
      agency: try filter.agency.map { (code) throws(IAuthError) in try agency(typed: code).id },
      role: filter.role, batch: filter.batch,
      limit: filter.isSearch ? Int.max : filter.limit ?? Int.max, status: filter.status,
      lapsedUntil: now - settings.requestLifetime,
      returnedUntil: now - Limits.correctionLifetime)
  }

  /// What `me` may see: what is theirs, and of the systems that they administer what is their
  /// agency's, or in the authority all.
  func seen(_ filter: NarrowedFilter, _ me: Account) throws(IAuthError) -> [PendingRequest] {
    var found = try items(PendingRequestsTable.mine, filter, nil, me.id.value, filter.system ?? 0)
    let isAuthority = try me.agency == authority().id
    for system in try systemsSeen(by: me) where filter.system == nil || filter.system == system {
      found +=
        try isAuthority
        ? items(PendingRequestsTable.everything, filter, nil, 0, system)
        : items(PendingRequestsTable.ofAgency, filter, nil, me.agency.value, system)
    }
    return Self.ordered(found, filter)
  }

  /// The oldest first, each once.
  static func ordered(
    _ found: [PendingRequest], _ filter: NarrowedFilter
  ) -> [PendingRequest] {
    var seen: Set<RequestID> = []
    let sorted = found.filter { seen.insert($0.number).inserted }
      .sorted { ($0.submittedAt, $0.number) < ($1.submittedAt, $1.number) }
    return Array(sorted.prefix(filter.limit))
  }

  /// A batch for its submitter: its requests, decided or not, and how far it has come.
  fileprivate func batch(
    _ id: BatchID, _ filter: PendingFilter, me: AccountID?
  ) throws(IAuthError) -> (items: [PendingRequest], progress: BatchProgress?, now: Timestamp) {
    var narrowed = try narrow(filter)
    narrowed.status = filter.statusOfOwn
    narrowed.limit = Int.max
    let found = try items(PendingRequestsTable.ofBatch, narrowed, nil, 0, narrowed.system ?? 0)
    return (
      Array(try searched(found, filter, me: me).prefix(filter.limit ?? Int.max)),
      try progress(of: id), now
    )
  }

  fileprivate func items(
    _ sql: SQL, _ filter: NarrowedFilter, _ me: Account?, _ whose: Int64, _ system: SystemID
  ) throws(IAuthError) -> [PendingRequest] {
    try items(sql, filter.arguments(me, whose, system, represents: nil, at: now))
  }

  func items(_ sql: SQL, _ values: Arguments) throws(IAuthError) -> [PendingRequest] {
    try all(sql, values, read: read)
  }

  func item(_ number: RequestID) throws(IAuthError) -> PendingRequest? {
    try first(PendingRequestsTable.one, number, read: read)
  }

  private func read(_ row: borrowing Row) -> PendingRequest {
    var item = PendingRequest(row: row)
    item.version = VersionWord.make(of: item.shown, key: key)
    return item
  }

  /// The version of a request as it would be shown now.
  func version(of number: RequestID) throws(IAuthError) -> String {
    try item(number)?.version ?? ""
  }

  fileprivate func progress(of batch: BatchID) throws(IAuthError) -> BatchProgress {
    var counts: [RequestStatus: Int] = [:]
    try each(
      RequestTable.batchCounts, batch, now - settings.requestLifetime,
      now - Limits.correctionLifetime, now
    ) { row in
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
    var reviewers: [(name: String, agency: String, deputyFor: RequestID?, deputyOf: String?)] = []
    for reviewer in try self.reviewers(of: request) {
      reviewers.append(
        (
          reviewer.account.name.text, try agency(id: reviewer.account.agency).name,
          reviewer.deputyFor, reviewer.deputyOf
        ))
    }
    // One that has come up again gives nothing until it is decided.
    let permission =
      request.status.isOpen
      ? nil
      : try first(RequestTable.permission, request.number) { row in
        row.word(0, PermissionStatus.self)
      }
    let desk = try first(PendingRequestsTable.desk, request.account) { row in
      (phone: row.textIfAny(0), unit: row.textIfAny(1))
    }
    return RequestDetail(
      item: item, phone: desk?.phone, unit: desk?.unit, now: now, history: history,
      reviewers: reviewers,
      rounds: try rounds(of: request.number), told: told,
      decision: try decision(of: request.number), permission: permission,
      takenOver: try takeOver(cutting: request.number), whyNot: whyNot,
      obstacle: try whyNot == nil ? obstacle(to: request) : nil)
  }
}
