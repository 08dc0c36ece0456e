// What time ends: applications, requests, invitations (PRODUCT 3.2, 3.4, 3.5). Each is a decision
// of its own with its entry on the trail. The checks elsewhere compare times themselves, so that
// an expired thing is expired at once, whether the sweep has run or not.

import SQLite
import Sheets
import Values

enum ExpiryTable {
  /// From when on a request has waited in its round, or for its correction; by a clock that was put
  /// back since, from then on.
  static func turned(_ request: Fragment, now: Fragment) -> Fragment {
    let since = SettlingTable.putBack(
      since: """
        u.subject = 'request:' || \(request).id
          AND +u.action IN ('request.return', 'request.resubmit', 'request.reopen')
        """)
    return """
      iif(\(request).turned_at > \(now), coalesce(\(since), \(request).turned_at),
        \(request).turned_at)
      """
  }
  /// Whether time has ended a request, written down or not: by the times before which one that waits,
  /// and one that was sent back, is over.
  static func isOverdue(
    _ request: Fragment, _ oldest: Fragment, returned: Fragment, now: Fragment
  ) -> Fragment {
    """
    (\(request).status = 'pending'
        AND coalesce(\(turned(request, now: now)), \(request).created_at) <= \(oldest)
      OR \(request).status = 'returned' AND \(turned(request, now: now)) <= \(returned)
      OR \(request).status = 'pending' AND \(request).until_at <= \(now))
    """
  }
  static let applications: SQL = """
    SELECT id, reference, purpose FROM verification WHERE status = 'open' AND expires_at <= ?
    """
  static let requests: SQL = """
    SELECT id FROM request WHERE status = 'pending' AND created_at <= ?1
      AND coalesce(\(turned("request", now: "?3")), created_at) <= ?1
    UNION ALL SELECT id FROM request WHERE status = 'returned' AND turned_at <= ?2
    UNION ALL SELECT id FROM request WHERE status = 'returned' AND turned_at > ?3
      AND \(turned("request", now: "?3")) <= ?2
    UNION ALL SELECT id FROM request WHERE open = 1 AND status = 'pending' AND until_at <= ?3
    """
  /// What was granted is later than the invited account, also where a clock was put back.
  private static func invitations(until oldest: Fragment, now: Fragment) -> SQL {
    let since = SettlingTable.putBack(
      since:
        "u.subject = 'request:' || p.request AND +u.action IN ('request.approve', 'admin.appoint')")
    return """
      SELECT a.id FROM account a WHERE a.status = 'invited'
        AND (a.status_at <= \(oldest) OR a.status_at > \(now))
        AND EXISTS (SELECT 1 FROM permission p WHERE p.account = a.id AND p.status = 'active')
        AND NOT EXISTS (SELECT 1 FROM permission p WHERE p.account = a.id AND p.status = 'active'
          AND p.granted_at > \(oldest) AND NOT (p.granted_at > \(now)
            AND coalesce(\(since) <= \(oldest), 0)))
      """
  }
  static let invitations: SQL = invitations(until: "?1", now: "?2")
  static let isInvitationOver: SQL = "\(invitations) AND a.id = ?3"
  /// From when on an invitation's time runs.
  static let invitedSince: SQL = """
    SELECT max(a.status_at, coalesce((SELECT max(granted_at) FROM permission
      WHERE account = a.id AND status = 'active'), 0)) FROM account a WHERE a.id = ?
    """
  /// What came up again and was sent back may be asked for with a later last day, and then has that.
  private static func isOver(by moment: Fragment) -> Fragment {
    """
    status = 'active' AND ends_at <= \(moment) AND NOT EXISTS (SELECT 1 FROM request r
      WHERE r.id = permission.request AND r.open = 1 AND permission.ends_at IS permission.given_until
        AND (r.status = 'returned' OR r.until_at > \(moment)))
    """
  }
  /// For its sign SQLite does not read all that there are in the order of their numbers.
  static let ending: SQL = """
    SELECT request FROM permission WHERE \(isOver(by: "?1")) ORDER BY +request
    """
  static let endReason: SQL = "SELECT reason FROM permission WHERE request = ?"
  static let changes: SQL = """
    SELECT id FROM request WHERE status = 'approved' AND kind = 'change' AND applied_at IS NULL
      AND effective_at <= ? ORDER BY +id
    """
  static let changesOf: SQL = """
    SELECT id FROM request WHERE account = ?1 AND status = 'approved' AND kind = 'change'
      AND applied_at IS NULL AND effective_at <= ?2 ORDER BY id
    """
  /// What time has ended of an account's requests.
  private static let overdue: Fragment = isOverdue("request", "?2", returned: "?3", now: "?4")
  static let requestsOf: SQL = """
    SELECT id FROM request WHERE account = ?1 AND \(overdue)
    """
  static let endingOf: SQL = """
    SELECT request FROM permission WHERE account = ?1 AND \(isOver(by: "?2"))
    """
  static let hasLapsed: SQL = """
    SELECT 1 FROM request WHERE account = ?1 AND \(overdue)
    UNION ALL
    SELECT 1 FROM permission WHERE account = ?1 AND \(isOver(by: "?4"))
    UNION ALL SELECT 1 FROM permission WHERE account = ?1 AND status = 'active' AND starts_at <= ?4
      AND began_at IS NULL AND suspended_at IS NULL AND starts_at > granted_at
    UNION ALL SELECT 1 FROM request WHERE account = ?1 AND status = 'approved' AND kind = 'change'
      AND applied_at IS NULL AND effective_at <= ?4
    UNION ALL \(invitations(until: "?5", now: "?4")) AND a.id = ?1 LIMIT 1
    """
  static let statements: [SQL] = [
    applications, requests, invitations, isInvitationOver, invitedSince, ending, endReason,
    changes, changesOf, requestsOf,
    endingOf, hasLapsed,
  ]
}

/// A row of a form whose request has ended without its submitter.
struct EndedRow {
  let batch: BatchID
  let submitter: AccountID
  let summary: RequestSummary
}

extension Transaction {
  /// Ends what is due.
  ///
  /// - Returns: how many applications, requests and invitations ended.
  func sweep() throws(IAuthError) -> Int {
    var ended = 0
    let proofs = try all(ExpiryTable.applications, now) { row in
      (
        id: row.id(0) as VerificationID, reference: Reference(stored: row.text(1)),
        purpose: row.word(2, CodePurpose.self)
      )
    }
    for proof in proofs {
      guard proof.purpose == .application else {
        try run(VerificationTable.close, proof.id, "lapsed")
        try run(OutboxTable.voidCodes, proof.reference.text)
        continue
      }
      try lapse(application: proof.id, proof.reference)
      ended += 1
    }
    let requests: [RequestID] = try ids(
      ExpiryTable.requests, now - settings.requestLifetime, now - Limits.correctionLifetime, now)
    var rows: [EndedRow] = []
    for number in Set(requests).sorted() {
      try WriteLock.checkInterrupt()
      try lapse(request: number, &rows)
      ended += 1
    }
    let oldest = now - settings.invitationLifetime
    for id: AccountID in try ids(ExpiryTable.invitations, oldest, now) {
      try lapseInvitation(of: try account(id: id))
      ended += 1
    }
    // Last: what ends with an invitation may be all that a batch still waited for.
    try tell(rows, .lapsed)
    try applyDueSuccessions(isAgain: true)
    try sweepDated(by: now)
    if let idleAfter = settings.idleAfter { try sweepIdle(idleAfter) }
    try run(VerificationTable.sweepSends, now - .days(1))
    try sweepRefusals()
    return ended
  }

  /// What was granted or asked for with a date whose day had come by a moment.
  ///
  /// A permission has ended at that time already; here it is written down, and its holder told.
  func sweepDated(by moment: Timestamp) throws(IAuthError) {
    // First: where the successor's does not begin, the one before does not end.
    try beginDue(by: moment)
    try endOverduePermissions(by: moment)
    for number: RequestID in try ids(ExpiryTable.changes, moment) {
      try apply(dated: number)
    }
  }

  private func apply(dated number: RequestID) throws(IAuthError) {
    guard !applying.contains(number) else { return }
    applying.append(number)
    defer { applying.removeLast() }
    guard let request = try request(number) else { return }
    let account = try first(AccountTable.byID, request.account) { row in Account(row: row) }
    guard let account, account.status != .closed else { return }
    try applyDated(request, account)
  }

  /// Writes down the permissions whose end has come.
  func endOverduePermissions() throws(IAuthError) { try endOverduePermissions(by: now) }

  private func endOverduePermissions(by moment: Timestamp) throws(IAuthError) {
    for number: RequestID in try ids(ExpiryTable.ending, moment) {
      try WriteLock.checkInterrupt()
      try endDated(number, by: moment)
    }
  }

  private func endDated(_ number: RequestID, by moment: Timestamp) throws(IAuthError) {
    // Whoever takes it over has begun by then.
    for successor: RequestID in try ids(EffectTable.successors, number, moment) {
      try begin(permission: successor)
    }
    let end = try first(EffectTable.standing, number) { row in row.timeIfAny(1) }
    guard let end = end ?? nil, end <= moment else { return }
    if let request = try request(number), request.status.isOpen {
      // It has come up again in this run, and gives nothing until its last day, which is over.
      var rows: [EndedRow] = []
      try lapse(request: number, &rows)
      return try tell(rows, .lapsed)
    }
    let reason = try text(ExpiryTable.endReason, number)
    _ = try revoke(number, reason: reason ?? Self.dayIsOver)
  }

  package static let dayIsOver = "期限屆滿 / its last day is over"

  /// Ends an application that was not proven, and takes its addresses out of the file.
  func lapse(application id: VerificationID, _ reference: Reference) throws(IAuthError) {
    try run(VerificationTable.close, id, "lapsed")
    try run(OutboxTable.eraseCodes, reference.text)
    try audit(.applicationLapsed, .reference(reference))
  }

  private func lapse(
    request number: RequestID, _ rows: inout [EndedRow]
  ) throws(IAuthError) {
    guard let request = try request(number) else { return }
    let summary = try summary(request)
    try end(number, .lapsed)
    try audit(.lapsed, .request(number))
    let account = try account(id: request.account)
    if account.status == .invited {
      try closeIfUnclaimed(account)
    } else if request.kind != .revoke {
      try queue(
        .requestLapsed(request: try fallen(request, summary, account)), to: .mail(account),
        reference: number.description, request: number)
    }
    // What was sent back was the submitter's to mend.
    if request.status == .returned, let submitter = request.submitter, let batch = request.batch,
      submitter != request.account || request.kind == .revoke
    {
      rows.append(EndedRow(batch: batch, submitter: submitter, summary: summary))
    }
    try finishBatch(of: request)
  }

  /// Tells who submitted rows that have ended by themselves or by others: one mail for a
  /// batch, and none where all of it is decided by now, which is told as such.
  func tell(_ rows: [EndedRow], _ end: RowsEnd) throws(IAuthError) {
    let batches = Dictionary(grouping: rows, by: \.batch)
    for (id, rows) in batches.sorted(by: { $0.key < $1.key }) {
      let submitter = rows[0].submitter
      guard submitter != actor?.account, try batch(id)?.toldAt == nil,
        let person = try first(AccountTable.byID, submitter, read: { row in Account(row: row) })
      else { continue }
      try queue(
        .rowsEnded(batch: id, items: rows.map(\.summary), end), to: .mail(person),
        reference: "batch:\(id)")
    }
  }

  /// Whether an account has something that is over and not written down yet.
  func hasLapsed(_ account: AccountID) throws(IAuthError) -> Bool {
    try number(
      ExpiryTable.hasLapsed, account, now - settings.requestLifetime,
      now - Limits.correctionLifetime, now, now - settings.invitationLifetime) != nil
  }

  func overdueRequests(of account: AccountID) throws(IAuthError) -> [RequestID] {
    try ids(
      ExpiryTable.requestsOf, account, now - settings.requestLifetime,
      now - Limits.correctionLifetime, now)
  }

  /// Ends the overdue items of an account now, without waiting for the cron run.
  func expireOverdue(_ account: AccountID) throws(IAuthError) {
    guard try hasLapsed(account) else { return }
    var rows: [EndedRow] = []
    for number in try overdueRequests(of: account) { try lapse(request: number, &rows) }
    for number: RequestID in try ids(ExpiryTable.endingOf, account, now) {
      try endDated(number, by: now)
    }
    for number: RequestID in try ids(EffectTable.startingOf, account, now) {
      try begin(permission: number)
    }
    for number: RequestID in try ids(ExpiryTable.changesOf, account, now) {
      try apply(dated: number)
    }
    let invited = now - settings.invitationLifetime
    if try exists(ExpiryTable.isInvitationOver, invited, now, account) {
      try lapseInvitation(of: try self.account(id: account))
    }
    try tell(rows, .lapsed)
  }

  /// Ends an invitation: the permission and the account with it; the submitter is told.
  func lapseInvitation(of account: Account) throws(IAuthError) {
    let invitations = try invitations(of: account)
    for number: RequestID in try ids(RequestTable.activePermissions, account.id) {
      try end(permission: number, as: .invitationLapsed, by: nil, reason: nil)
      if let request = try request(number) { try settle(afterEnd: request) }
    }
    for number: RequestID in try ids(RequestTable.pendingOf, account.id) {
      try end(number, .lapsed)
      try audit(.lapsed, .request(number))
      if let request = try request(number) { try finishBatch(of: request) }
    }
    try erase(account: account.id)
    try tellSubmitters(of: invitations) { .invitationLapsed(request: $0) }
  }

  /// What somebody is invited for, by the account that submitted them.
  ///
  /// Taken before they are erased, told afterwards: that takes back what is queued about them.
  func invitations(
    of account: Account
  ) throws(IAuthError) -> [(submitter: AccountID, summary: RequestSummary)] {
    guard account.status == .invited else { return [] }
    var found: [(submitter: AccountID, summary: RequestSummary)] = []
    for number: RequestID in try ids(RequestTable.activePermissions, account.id) {
      guard let request = try request(number), let submitter = request.submitter else { continue }
      found.append((submitter, try summary(request)))
    }
    return found
  }

  /// Tells who submitted people for nothing; who has just acted knows.
  func tellSubmitters(
    of invitations: [(submitter: AccountID, summary: RequestSummary)],
    _ notice: (RequestSummary) -> Notice
  ) throws(IAuthError) {
    for (submitter, summary) in invitations where submitter != actor?.account {
      guard let person = try first(AccountTable.byID, submitter, read: { Account(row: $0) })
      else { continue }
      try queue(
        notice(summary), to: .mail(person), reference: summary.number.description,
        request: summary.number)
    }
  }
}
