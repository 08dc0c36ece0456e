// Closing a review, and how far one has come (PRODUCT 11.3). What nobody answered is unanswered; it
// rests from then on only where the operator has said so, and never an agency's last administrator.

import SQLite
import Values

/// What closing answers.
package struct ClosingReceipt: Sendable {
  package let id: RecertificationID
  package let unanswered: Int
  package let suspended: Int
}

/// How far one agency has come with a review.
package struct RecertificationProgress: Sendable {
  package let agency: Agency
  package let items: Int
  package let kept: Int
  package let ended: Int
  package let open: Int
  /// Open ones that nobody may answer.
  package let unassigned: Int

  package var answered: Int { kept + ended }
}

extension Service {
  /// Closes a review; before its due date only if all is answered.
  ///
  /// - Throws: `session.*`, `session.step-up`, `right.missing`, `recertify.unknown`,
  ///   `recertify.closed`, `recertify.early`.
  package func closeRecertification(_ id: RecertificationID) throws(IAuthError) -> ClosingReceipt {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<ClosingReceipt> in
      try tx.endOverduePermissions()
      if let refusal = try tx.refusalOfReview() { return try tx.refuse(refusal) }
      let review = try tx.recertification(numbered: id)
      guard review.closedAt == nil else { throw .recertifyClosed(review: id) }
      let open = Int(try tx.number(RecertificationTable.openCount, id) ?? 0)
      // The due day counts as the first on which it may be closed.
      guard open == 0 || tx.now >= review.dueAt - .days(1) else {
        throw .recertifyEarly(review: id, open: open, dueAt: review.dueAt)
      }
      let unanswered = try tx.all(RecertificationTable.markUnanswered, id) { row in
        row.id(0) as ItemID
      }
      try tx.run(RecertificationTable.close, id, tx.now, tx.actor?.account)
      try tx.audit(.recertificationClosed, .recertification(id))
      var suspended = 0
      if settings.recertifyUnanswered == .suspend {
        for item in unanswered {
          try WriteLock.checkInterrupt()
          if try tx.suspendUnanswered(item) { suspended += 1 }
        }
      }
      return .commit(
        ClosingReceipt(id: id, unanswered: unanswered.count, suspended: suspended))
    }
  }

  /// How far a review has come, by agency: all of it for the authority and the operator, the subtree
  /// for an agency's administrator, else one's own items.
  ///
  /// Nil where no review was ever opened.
  ///
  /// - Throws: `session.*`, `right.missing`, `recertify.unknown`, `agency.unknown`.
  package func recertificationStatus(
    _ id: RecertificationID?, under: String?
  ) throws(IAuthError) -> (review: Recertification, lines: [RecertificationProgress])? {
    try store.note { (tx) throws(IAuthError) in
      try tx.endOverduePermissions()
      let range: ReportRange
      do throws(IAuthError) {
        range = try tx.range(ReportFilter(under: under), in: try tx.reportScope())
      } catch {
        guard error.code == .rightMissing else { throw error }
        return try tx.refuse(error)
      }
      let newest = try tx.newestRecertification()
      guard let id = id ?? newest else { return .commit(nil) }
      let review = try tx.recertification(numbered: id)
      let lines = try tx.all(
        RecertificationTable.counts, review.id, range.place, range.isAlone, range.account, tx.now
      ) { row in RecertificationProgress(row: row) }
      try tx.audit(.recertificationRead, .recertification(review.id))
      return .commit((review, lines))
    }
  }
}

extension Transaction {
  fileprivate func newestRecertification() throws(IAuthError) -> RecertificationID? {
    try number(RecertificationTable.newest).map { RecertificationID($0) }
  }

  /// Lets an unanswered permission rest; not that of an agency's last administrator.
  fileprivate func suspendUnanswered(_ item: ItemID) throws(IAuthError) -> Bool {
    let found = try first(RecertificationTable.one, item) { row in RecertificationItem(row: row) }
    guard let found, try number(RecertificationTable.isLastOfAgency, found.request, now) == nil,
      try !isLastPermission(found.request)
    else { return false }
    try run(RecertificationTable.suspendItem, item, now)
    try run(RecertificationTable.suspendPermission, found.request, now)
    try audit(.permissionSuspended, .request(found.request))
    try tellHolder(of: found) { .permissionSuspended(request: $0) }
    return true
  }

  /// Puts a permission that rests for want of an answer in force again.
  func restore(_ item: RecertificationItem) throws(IAuthError) {
    try run(RecertificationTable.suspendPermission, item.request, nil as Int64?)
    try tellHolder(of: item) { .permissionRestored(request: $0) }
  }

  /// Tells whoever holds the permission of an item; somebody invited knows nothing of it yet.
  private func tellHolder(
    of item: RecertificationItem, _ notice: (RequestSummary) -> Notice
  ) throws(IAuthError) {
    let account = try account(id: item.account)
    guard account.status != .invited, let request = try request(item.request) else { return }
    try queue(
      notice(try summary(request)), to: .mail(account), reference: String(item.request),
      request: item.request)
  }

  func isLastPermission(_ request: RequestID) throws(IAuthError) -> Bool {
    try number(AccountDeskTable.isLastPermission, request) != nil
  }

  /// Reminds each who may answer, 14, 7, 3 and 1 days before the due day and once after it, of all
  /// that still waits; a threshold that was missed is caught up by one mail.
  func remindRecertifiers() throws(IAuthError) -> Int {
    var mails = 0
    let reviews = try all(RecertificationTable.openReviews) { row in Recertification(row: row) }
    for review in reviews {
      let audience = AuditSubject.recertification(review.id).text
      let told = Set(try all(ReminderTable.told, audience) { row in row.text(0) })
      let new = stages(of: review).filter { !told.contains($0) }
      guard !new.isEmpty else { continue }
      for item in new { try run(ReminderTable.tell, audience, item, now) }
      mails += try tellRecertifiers(of: review, reminding: true)
    }
    return mails
  }
}

extension Transaction {
  /// The days ahead at which a review was to be reminded of so far, and that it is over.
  private func stages(of review: Recertification) -> [String] {
    // Counted from the due day, so that a run of its morning is in time.
    let dueDay = Timestamp(startOfTaipeiDay: review.dueAt.taipeiDay)
    let ahead = Limits.recertificationReminders.filter { ahead in
      now >= dueDay - ahead && review.openedAt < dueDay - ahead
    }
    return ahead.map { "\($0.seconds / 86_400)d" } + (now > review.dueAt ? ["over"] : [])
  }

  /// The rates of the open reviews, and what of them the authority hears of once each: that one is
  /// open, whenever its reviewers are reminded, and that nobody may answer some of it.
  func reviewRates() throws(IAuthError) -> (rates: [ReviewRate], news: [AuthorityDigest.News]) {
    var rates: [ReviewRate] = []
    var news: [AuthorityDigest.News] = []
    for review in try all(RecertificationTable.openReviews, read: { Recertification(row: $0) }) {
      let rate = ReviewRate(
        review: review.id, name: review.name, dueAt: review.dueAt,
        lines: try all(RecertificationTable.rates, review.id, now) { row in
          ReviewRate.Line(
            superior: row.text(0), answered: row.count(1), items: row.count(2),
            unassigned: row.count(3))
        })
      rates.append(rate)
      news += (["open"] + stages(of: review)).map { .review(review.id, stage: $0) }
      if rate.unassigned > 0 { news.append(.review(review.id, stage: "unassigned")) }
    }
    return (rates, news)
  }
}

extension RecertificationProgress {
  fileprivate init(row: borrowing Row) {
    self.init(
      agency: Agency(
        id: row.id(0), type: row.word(1, AgencyType.self), code: row.text(2), name: row.text(3),
        path: row.text(4), superior: row.idIfAny(5), status: row.word(6, AgencyStatus.self)),
      items: row.count(7), kept: row.count(8), ended: row.count(9), open: row.count(10),
      unassigned: row.count(11))
  }
}
