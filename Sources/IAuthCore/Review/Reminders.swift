// The cron run (PRODUCT 3.7, `pending --remind`): lapses first, then reminders and digests, all in
// one transaction, so that a run that was killed has told nobody or marked everything. Runs may
// overlap, be missed or be repeated: what was told stands in the database.

import SQLite
import Sheets
import Values

/// What a run did.
package struct ReminderReport: Sendable {
  /// Reminder mails, one a reviewer.
  package internal(set) var reminded = 0
  /// Requests that passed a threshold.
  package internal(set) var requests = 0
  package internal(set) var withoutReviewer = 0
  package internal(set) var lapsed = 0
  package var delivered = 0
  package var failed = 0
  /// Whether the delivery was cut short after all else was done.
  package internal(set) var isCutShort = false
  /// Whether this host stands by, and nothing was done.
  package internal(set) var isStandby = false
  /// What a dry run would send.
  package internal(set) var messages: [PlannedMessage] = []
}

enum ReminderTable {
  /// Every waiting request with each who may decide on it, but for those whose own it is.
  static let waitingFor: Fragment = """
    FROM request r JOIN reviewer v ON v.request = r.id
    WHERE r.status = 'pending' AND v.starts_at <= ?1 AND ?1 < v.ends_at
      AND NOT EXISTS (SELECT 1 FROM own o
        WHERE o.request = r.id AND o.account IN (v.account, v.represents))
    """
  /// In this order the walk begins at what waits, whatever else there is.
  static let reviewed: SQL =
    "SELECT r.id, v.account \(waitingFor) ORDER BY r.created_at, r.id"
  static let pending: SQL = """
    SELECT id, coalesce(turned_at, created_at) FROM request WHERE status = 'pending'
    ORDER BY created_at, id
    """
  /// Marks a threshold for whoever was not reminded at it yet, and says for whom.
  static let mark: SQL = """
    INSERT INTO reminder (request, account, threshold, sent_at)
      SELECT r.id, v.account, ?2, ?1 \(waitingFor) 
        AND coalesce(\(ExpiryTable.turned("r", now: "?1")), r.created_at) <= ?1 - ?2
      ON CONFLICT DO NOTHING RETURNING request, account
    """
  /// Permissions that end before a time, and that are not over.
  static let ending: SQL = """
    SELECT p.request, p.account, p.granted_at, p.ends_at
    FROM permission p JOIN request r ON r.id = p.request
    WHERE p.status = 'active' AND p.ends_at > ?1 AND p.ends_at <= ?2
      -- What has come up again does not hold.
      AND NOT r.open ORDER BY p.ends_at, p.request
    """
  static let tellOnce: SQL = """
    INSERT INTO told (audience, item, told_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING
    """
  static let told: SQL = "SELECT item FROM told WHERE audience = ?"
  static let tell: SQL = """
    INSERT INTO told (audience, item, told_at) VALUES (?1, ?2, ?3)
      ON CONFLICT (audience, item) DO UPDATE SET told_at = excluded.told_at
    """
  static let forget: SQL = "DELETE FROM told WHERE audience = ? AND item = ?"
  static let toldAt: SQL = "SELECT told_at FROM told WHERE audience = ? AND item = ?"
  static let singles: SQL = """
    SELECT g.code, g.name FROM administrator d JOIN agency g ON g.id = d.agency
    WHERE d.starts_at <= ?1 AND ?1 < d.ends_at
    GROUP BY g.id HAVING count(DISTINCT d.account) = 1 ORDER BY g.sort
    """
  static let unsent: SQL = """
    SELECT sum(status = 'queued' AND recipient <> '' AND id <= ?1), sum(status = 'failed') FROM message
    WHERE status IN ('queued', 'failed')
    """
  static let countActions: SQL = "SELECT count(*) FROM audit WHERE action = ?1 AND at > ?2"
  static let sizes: SQL = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
  static let statements: [SQL] = [
    mark, reviewed, pending, ending, tellOnce, told, tell, forget, toldAt, singles, unsent,
    countActions,
    sizes,
  ]
}

extension Service {
  /// Runs reminders, digests, lapses and sweeps, and sends what is due.
  ///
  /// - Parameter after: in place of the first threshold.
  /// - Throws: `right.missing`.
  ///   `clock.leap`: nothing was done that cannot be undone.
  package func remind(
    after: TimeSpan?, isDryRun: Bool, isClockRight: Bool = false
  ) throws(IAuthError) -> ReminderReport {
    guard try !standsBy() else { return ReminderReport(isStandby: true) }
    var thresholds = settings.reminders
    if let after {
      thresholds = [after] + thresholds.dropFirst().filter { $0 > after }
    }
    var report = try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<ReminderReport> in
      var report = ReminderReport()
      let last = try tx.id(OutboxTable.last) ?? MessageID(0)
      if !isClockRight, let leap = try tx.clockLeap() {
        guard !isDryRun else { throw leap }
        try tx.noteLeap()
        try tx.run(ReminderTable.tell, "operator", "clock.refused", tx.now)
        try tx.audit(.reminded, .database, outcome: ErrorCode.clockLeap.rawValue)
        return .commitThenThrow(leap)
      }
      for item in ["clock.leap", "clock.refused"] {
        try tx.run(ReminderTable.forget, "operator", item)
      }
      try tx.audit(.reminded, .database)
      if isDryRun { tx.plan = [] }
      report.lapsed = try tx.sweep()
      try tx.remind(thresholds, &report)
      try tx.warnOfEnds()
      report.reminded += try tx.remindRecertifiers()
      try tx.digestForAuthority(thresholds, &report)
      try tx.digestForOperator(upTo: last)
      guard isDryRun else { return .commit(report) }
      report.messages = (tx.plan ?? []) + (try tx.dueMessages(upTo: last))
      return .rollback(report)
    }
    guard !isDryRun else { return report }
    let delivery = try deliverDue(after: true)
    report.isCutShort = delivery.isCutShort
    report.delivered = delivery.delivered
    report.failed = delivery.postponed + delivery.failed
    return report
  }
}

extension Transaction {
  /// Each threshold once a request and reviewer; one mail a reviewer, with all that still waits.
  fileprivate func remind(
    _ thresholds: [TimeSpan], _ report: inout ReminderReport
  ) throws(IAuthError) {
    var passed: [AccountID: [RequestID: [TimeSpan]]] = [:]
    var requests: Set<RequestID> = []
    for threshold in thresholds {
      try each(ReminderTable.mark, now, threshold.seconds) { row in
        let number: RequestID = row.id(0)
        passed[row.id(1), default: [:]][number, default: []].append(threshold)
        requests.insert(number)
        return true
      }
    }
    for (reviewer, due) in passed.sorted(by: { $0.key < $1.key }) {
      let account = try account(id: reviewer)
      let items = try waitingItems(for: account).map { item in
        var item = item
        item.passed = due[item.request.number] ?? []
        return item
      }
      try queue(.reminder(items: items), to: .mail(account), reference: "reminder")
    }
    report.reminded += passed.count
    report.requests = requests.count
  }

  /// Each holder is told of the end of a permission, at each threshold once; one that was granted
  /// after a threshold has none to hear of.
  fileprivate func warnOfEnds() throws(IAuthError) {
    guard let furthest = Limits.endWarnings.max() else { return }
    let ending = try all(ReminderTable.ending, now, now + furthest + .days(1)) { row in
      (
        request: row.id(0) as RequestID, account: row.id(1) as AccountID, grantedAt: row.time(2),
        endsAt: row.time(3)
      )
    }
    for item in ending {
      var isNew = false
      // Days are counted from the last one, so that a run of its morning is in time.
      let lastDay = item.endsAt - .days(1)
      for ahead in Limits.endWarnings
      where lastDay - ahead <= now && item.grantedAt <= lastDay - ahead {
        let mark = "ends:\(item.request):\(item.endsAt.seconds):\(ahead.text)"
        isNew = try run(ReminderTable.tellOnce, "account:\(item.account)", mark, now) > 0 || isNew
      }
      guard isNew, let request = try request(item.request),
        let account = try first(AccountTable.byID, item.account, read: { Account(row: $0) }),
        account.status == .active
      else { continue }
      var summary = try summary(request)
      summary.takenOver = try takeOver(of: item.request)
      try queue(
        .permissionEnding(request: summary, endsAt: item.endsAt), to: .mail(account),
        reference: item.request.description, request: item.request)
    }
  }

  /// What waits for one reviewer, the oldest first: what `pending` lists to them.
  func waitingItems(
    for reviewer: Account
  ) throws(IAuthError) -> [WaitingItem] {
    let names = Dictionary(uniqueKeysWithValues: try systems().map { ($0.code, $0.name) })
    let filter = NarrowedFilter(
      limit: Int.max, status: .pending, lapsedUntil: now - settings.requestLifetime,
      returnedUntil: now - Limits.correctionLifetime)
    return try queue(filter, reviewer).map { item in
      var summary = RequestSummary(
        number: item.number, agency: item.agency.name, name: item.name,
        system: names[item.system] ?? Bilingual(item.system, item.system),
        systemCode: item.system, role: item.role, kind: item.kind, isNational: item.isNational)
      summary.version = item.version
      return WaitingItem(request: summary, waitingDays: item.waitingDays(at: now))
    }
  }

  private func waitingItem(_ number: RequestID) throws(IAuthError) -> WaitingItem? {
    guard let request = try request(number) else { return nil }
    return WaitingItem(
      request: try summary(request), waitingDays: now.wholeDays(since: request.waitsSince))
  }

  /// What the authority should act on; mailed when there is something that it was not told yet.
  fileprivate func digestForAuthority(
    _ thresholds: [TimeSpan], _ report: inout ReminderReport
  ) throws(IAuthError) {
    let reviewed = Set<RequestID>(try ids(ReminderTable.reviewed, now))
    var withoutReviewer: [RequestID] = []
    var overdue: [RequestID] = []
    let last = now - (thresholds.last ?? .days(14))
    try each(ReminderTable.pending) { row in
      let number: RequestID = row.id(0)
      if !reviewed.contains(number) {
        withoutReviewer.append(number)
      } else if row.time(1) <= last {
        overdue.append(number)
      }
      return true
    }
    let singles = try all(ReminderTable.singles, now) { row in
      AgencyLine(code: row.text(0), name: row.text(1), administrators: 1)
    }
    report.withoutReviewer = withoutReviewer.count
    let reviews = try reviewRates()
    let new = try tell(
      "authority",
      withoutReviewer.map { .noReviewer($0) } + overdue.map { .overdue($0) }
        + singles.map { .singleAdministrator(agency: $0.code) } + reviews.news)
    guard !new.isEmpty else { return }
    var digest = AuthorityDigest(new: new)
    for number in withoutReviewer.prefix(Limits.digestItems) {
      if let item = try waitingItem(number) { digest.withoutReviewer.append(item) }
    }
    for number in overdue.prefix(Limits.digestItems) {
      if let item = try waitingItem(number) { digest.overdue.append(item) }
    }
    digest.singleAdministrator = Array(singles.prefix(Limits.digestItems))
    digest.reviews = reviews.rates
    digest.omitted =
      withoutReviewer.count + overdue.count + singles.count - digest.withoutReviewer.count
      - digest.overdue.count - digest.singleAdministrator.count
    for reviewer in try all(
      RequestTable.administratorsOf, try authority().id, now, read: { Account(row: $0) })
    {
      try queue(.authorityDigest(digest), to: .mail(reviewer), reference: "digest")
    }
  }

  /// Remembers what an audience was told, and forgets what holds no more.
  ///
  /// - Returns: what is new to it, in order.
  private func tell(
    _ audience: String, _ items: [AuthorityDigest.News]
  ) throws(IAuthError) -> [AuthorityDigest.News] {
    let known = Set(try all(ReminderTable.told, audience) { row in row.text(0) })
    for gone in known.subtracting(items.map(\.text)) {
      try run(ReminderTable.forget, audience, gone)
    }
    let new = items.filter { !known.contains($0.text) }
    for item in new { try run(ReminderTable.tell, audience, item.text, now) }
    return new
  }

  /// Once a day: what went wrong since the last time, and the anchor of the audit trail.
  ///
  /// - Parameter last: the last message from before the run; its own do not count as waiting.
  fileprivate func digestForOperator(
    upTo last: MessageID
  ) throws(IAuthError) {
    let told = try number(ReminderTable.toldAt, "operator", "digest").map { Timestamp($0) }
    // Runs that cron starts a little early still count as the next day's.
    if let told, told <= now, now < told + .hours(23) { return }
    let since = told.map { min($0, now) } ?? Timestamp(0)
    let counts = try first(ReminderTable.unsent, last) { row in
      (queued: Int(row.intIfAny(0) ?? 0), failed: Int(row.intIfAny(1) ?? 0))
    }
    func count(_ action: AuditAction, after: Timestamp) throws(IAuthError) -> Int {
      Int(try number(ReminderTable.countActions, action.rawValue, after) ?? 0)
    }
    let disk = Files.diskBytes(Files.directory(of: storePath))
    var digest = OperatorDigest(
      failedMessages: counts?.failed ?? 0, queuedMessages: counts?.queued ?? 0,
      lapsedRequests: try count(.lapsed, after: since),
      lapsedApplications: try count(.applicationLapsed, after: since),
      lapsedInvitations: try count(.invitationLapsed, after: since),
      locks: try count(.callerLocked, after: since) + count(.accountLocked, after: since),
      wrongAttemptsLastHour: try count(.codeWrong, after: now - .hours(1)),
      auditHead: try anchor(), databaseBytes: try number(ReminderTable.sizes) ?? 0,
      freeBytes: disk.free, diskBytes: disk.all)
    digest.overdueChanges = try overdueFeeds().reduce(0) { $0 + $1.lines }
    digest.heldSuccessions = try heldSuccessions()
    digest.bouncingContacts = Int(try number(FateTable.bouncing) ?? 0)
    digest.ignoredReports = Int(
      try number(FateTable.reportsSince, "ignored", since.seconds / 86_400) ?? 0)
    if case .auditBroken(let seq, _)? = try witnessContradiction() { digest.lostHead = seq }
    try run(ReminderTable.tell, "operator", "digest", now)
    try queue(
      .operatorDigest(digest),
      to: Recipient(
        channel: .email, address: settings.operatorMail ?? Settings.defaultOperatorMail,
        account: nil), reference: "digest")
  }
}

extension Transaction {
  /// Reminders that could not be sent at once say what waits now: what was decided in between is
  /// dropped, and with nothing left so is the mail.
  func renewReminders(
    _ claim: [UInt8]?
  ) throws(IAuthError) {
    let old = try all(OutboxTable.oldReminders, claim, now - Limits.claimLease) { row in
      (id: row.id(0) as MessageID, account: row.idIfAny(1) as AccountID?)
    }
    for reminder in old {
      var items: [WaitingItem] = []
      if let id = reminder.account,
        let reviewer = try first(AccountTable.byID, id, read: { row in Account(row: row) })
      {
        do throws(IAuthError) {
          items = try waitingItems(for: reviewer)
        } catch {
          guard error.code == .rightMissing else { throw error }
        }
      }
      guard !items.isEmpty else {
        try run(OutboxListTable.drop, reminder.id)
        continue
      }
      let mail = Notice.reminder(items: items).mail(settings.letterhead)
      try run(OutboxTable.rewrite, reminder.id, mail.subject, mail.body)
    }
  }
}
