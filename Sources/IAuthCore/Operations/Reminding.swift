// The cron run (PRODUCT 3.7, `pending --remind`): lapses first, then reminders and digests, all in
// one transaction, so that a run that was killed has told nobody or marked everything. Runs may
// overlap, be missed or be repeated: what was told stands in the database.

import SQLite

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
  /// What a dry run would send.
  package internal(set) var messages: [PlannedMessage] = []
}

/// A message that a dry run would send.
package struct PlannedMessage: Sendable {
  package let kind: MessageKind
  package let channel: Channel
  package let recipient: String
  package let subject: String
  package let reference: String
}

enum ReminderTable {
  /// Every waiting request with each who may decide on it, but for those whose own it is.
  static let waiting: SQL = """
    SELECT r.id, v.account, r.created_at
    FROM request r JOIN reviewer v ON v.request = r.id JOIN account m ON m.id = v.account
      JOIN account a ON a.id = r.account LEFT JOIN account b ON b.id = r.submitter
    WHERE r.status = 'pending' AND v.starts_at <= ?1 AND ?1 < v.ends_at
      AND a.id <> m.id AND a.email IS NOT m.email AND a.mobile IS NOT m.mobile
      AND r.change_email IS NOT m.email AND r.change_mobile IS NOT m.mobile
      AND b.id IS NOT m.id AND b.email IS NOT m.email AND b.mobile IS NOT m.mobile
    ORDER BY r.created_at, r.id
    """
  static let pending: SQL =
    "SELECT id, created_at FROM request WHERE status = 'pending' ORDER BY created_at, id"
  static let mark: SQL = """
    INSERT INTO reminder (request, account, threshold, sent_at) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING
    """
  static let told: SQL = "SELECT item FROM told WHERE audience = ?"
  static let tell: SQL = """
    INSERT INTO told (audience, item, told_at) VALUES (?1, ?2, ?3)
      ON CONFLICT (audience, item) DO UPDATE SET told_at = excluded.told_at
    """
  static let untell: SQL = "DELETE FROM told WHERE audience = ? AND item = ?"
  static let toldAt: SQL = "SELECT told_at FROM told WHERE audience = ? AND item = ?"
  static let singles: SQL = """
    SELECT g.id, g.code, g.name FROM administrator d JOIN agency g ON g.id = d.agency
    WHERE d.starts_at <= ?1 AND ?1 < d.ends_at GROUP BY g.id HAVING count(DISTINCT d.account) = 1 ORDER BY g.sort
    """
  static let planned: SQL = """
    SELECT kind, channel, recipient, subject, reference FROM message WHERE id > ? ORDER BY id
    """
  static let lastMessage: SQL = "SELECT coalesce(max(id), 0) FROM message"
  static let countActions: SQL = "SELECT count(*) FROM audit WHERE action = ?1 AND at > ?2"
  static let sizes: SQL = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
  static let statements: [SQL] = [
    waiting, pending, mark, told, tell, untell, toldAt, singles, planned, lastMessage,
    countActions, sizes,
  ]
}

extension Service {
  /// Runs reminders, digests, lapses and sweeps, and sends what is due.
  ///
  /// - Parameter after: in place of the first threshold.
  /// - Throws: `right.missing`.
  package func remind(after: TimeSpan?, isDryRun: Bool) throws(IAuthError) -> ReminderReport {
    var thresholds = settings.reminders
    if let after {
      thresholds = [after] + thresholds.dropFirst().filter { $0 > after }
    }
    var report = try writeAsOperator { (tx) throws(IAuthError) -> Verdict<ReminderReport> in
      var report = ReminderReport()
      let last = try tx.number(ReminderTable.lastMessage) ?? 0
      report.lapsed = try tx.sweep(settings)
      let reviewed = try tx.remind(thresholds, &report)
      try tx.digestForAuthority(thresholds, reviewed, &report)
      try tx.digestForOperator(settings)
      guard isDryRun else { return .done(report) }
      report.messages = try tx.all(ReminderTable.planned, last) { row in PlannedMessage(row: row) }
      return .undone(report)
    }
    guard !isDryRun else { return report }
    let delivery = try deliverDue()
    report.delivered = delivery.delivered
    report.failed = delivery.postponed + delivery.failed
    return report
  }
}

extension PlannedMessage {
  fileprivate init(row: borrowing Row) {
    let channel = row.word(1, Channel.self)
    let address = row.text(2)
    self.init(
      kind: row.word(0, MessageKind.self), channel: channel,
      recipient: channel == .email
        ? EmailAddress(stored: address).masked : MobileNumber(stored: address).masked,
      subject: row.text(3), reference: row.text(4))
  }
}

extension Transaction {
  /// Each threshold once a request and reviewer; one mail a reviewer, with all that still waits.
  ///
  /// - Returns: the waiting requests that have a reviewer.
  fileprivate func remind(
    _ thresholds: [TimeSpan], _ report: inout ReminderReport
  ) throws(IAuthError) -> Set<Int64> {
    let waiting = try all(ReminderTable.waiting, now) { row in
      (request: row.int(0), reviewer: row.int(1), since: row.time(2))
    }
    var due: Set<Int64> = []
    var reminded: Set<Int64> = []
    var items: [Int64: [Int64]] = [:]
    for entry in waiting {
      items[entry.reviewer, default: []].append(entry.request)
      for threshold in thresholds where entry.since + threshold <= now {
        let isNew =
          try run(
            ReminderTable.mark, entry.request, entry.reviewer, threshold.seconds, now) > 0
        guard isNew else { continue }
        due.insert(entry.reviewer)
        reminded.insert(entry.request)
      }
    }
    var known: [Int64: WaitingItem] = [:]
    for reviewer in due.sorted() {
      var list: [WaitingItem] = []
      for number in items[reviewer] ?? [] {
        if known[number] == nil { known[number] = try waitingItem(number) }
        if let item = known[number] { list.append(item) }
      }
      let account = try account(id: reviewer)
      try queue(.reminder(items: list), to: .mail(account), reference: "reminder")
    }
    report.reminded = due.count
    report.requests = reminded.count
    return Set(waiting.map(\.request))
  }

  private func waitingItem(_ number: Int64) throws(IAuthError) -> WaitingItem? {
    guard let request = try request(number) else { return nil }
    return WaitingItem(
      request: try summary(request), waitingDays: now.wholeDays(since: request.createdAt))
  }

  /// What the authority should act on; mailed when there is something that it was not told yet.
  fileprivate func digestForAuthority(
    _ thresholds: [TimeSpan], _ reviewed: Set<Int64>, _ report: inout ReminderReport
  ) throws(IAuthError) {
    var withoutReviewer: [WaitingItem] = []
    var overdue: [WaitingItem] = []
    var keys: Set<String> = []
    let last = thresholds.last ?? .days(14)
    let pending = try all(ReminderTable.pending) { row in (number: row.int(0), since: row.time(1)) }
    for (number, since) in pending {
      let isOverdue = since + last <= now
      let hasReviewer = reviewed.contains(number)
      guard isOverdue || !hasReviewer, let item = try waitingItem(number) else { continue }
      if hasReviewer {
        keys.insert("late:\(number)")
        overdue.append(item)
      } else {
        keys.insert("none:\(number)")
        withoutReviewer.append(item)
      }
    }
    let singles = try all(ReminderTable.singles, now) { row in
      (id: row.int(0), line: AgencyLine(code: row.text(1), name: row.text(2), administrators: 1))
    }
    for single in singles { keys.insert("single:\(single.id)") }
    report.withoutReviewer = withoutReviewer.count
    guard try tell("authority", keys) else { return }
    let authority = try authority().id
    let notice = Notice.authorityDigest(
      withoutReviewer: Array(withoutReviewer.prefix(Limits.digestItems)),
      overdue: Array(overdue.prefix(Limits.digestItems)),
      singleAdministrator: singles.prefix(Limits.digestItems).map(\.line))
    for reviewer in try all(
      RequestTable.administratorsOf, authority, now, read: { Account(row: $0) })
    {
      try queue(notice, to: .mail(reviewer), reference: "digest")
    }
  }

  /// Remembers what an audience was told, and forgets what holds no more.
  ///
  /// - Returns: whether anything is new to it.
  private func tell(_ audience: String, _ keys: Set<String>) throws(IAuthError) -> Bool {
    let known = Set(try all(ReminderTable.told, audience) { row in row.text(0) })
    for gone in known.subtracting(keys) { try run(ReminderTable.untell, audience, gone) }
    let new = keys.subtracting(known)
    for key in new { try run(ReminderTable.tell, audience, key, now) }
    return !new.isEmpty
  }

  /// Once a day: what went wrong since the last time, and the anchor of the audit trail.
  fileprivate func digestForOperator(_ settings: Settings) throws(IAuthError) {
    let told = try number(ReminderTable.toldAt, "operator", "digest").map { Timestamp($0) }
    // Runs that cron starts a little early still count as the next day's.
    if let told, told <= now, now < told + .hours(23) { return }
    let since = told.map { min($0, now) } ?? Timestamp(0)
    let counts = try first(DoctorTable.messages) { row in
      (queued: Int(row.intIfAny(0) ?? 0), failed: Int(row.intIfAny(1) ?? 0))
    }
    func count(_ action: AuditAction, after: Timestamp) throws(IAuthError) -> Int {
      Int(try number(ReminderTable.countActions, action.rawValue, after) ?? 0)
    }
    let digest = OperatorDigest(
      failedMessages: counts?.failed ?? 0, queuedMessages: counts?.queued ?? 0,
      lapsedRequests: try count(.lapsed, after: since),
      lapsedApplications: try count(.applicationLapsed, after: since),
      lapsedInvitations: try count(.invitationLapsed, after: since),
      locks: try count(.callerLocked, after: since) + count(.accountLocked, after: since),
      wrongAttemptsLastHour: try count(.codeWrong, after: now - .hours(1)),
      auditHead: try anchor(), databaseBytes: try number(ReminderTable.sizes) ?? 0,
      freeBytes: Files.freeBytes(Files.directory(of: storePath)))
    try run(ReminderTable.tell, "operator", "digest", now)
    try queue(
      .operatorDigest(digest),
      to: Recipient(
        channel: .email, address: settings.operatorMail ?? Settings.defaultOperatorMail,
        account: nil), reference: "digest")
  }
}
