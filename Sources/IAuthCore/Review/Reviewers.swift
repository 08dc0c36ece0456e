// Who may decide on a request now (PRODUCT 3.4), and what they are told of a new one: whoever asks and
// withdraws in a loop writes to nobody (PRODUCT 3.2).

import SQLite
import Values

enum ReviewerTable {
  /// Those who may decide on a request, but for the question whose it is.
  static let of: SQL = """
    SELECT a.id, a.agency, a.name, a.name_key, a.email, a.mobile, a.title, a.status,
      a.unproven_at IS NOT NULL,
      v.deputy_for, (SELECT name FROM account WHERE id = v.represents)
    FROM reviewer v JOIN account a ON a.id = v.account
    WHERE v.request = ?1 AND v.starts_at <= ?2 AND ?2 < v.ends_at
      AND NOT EXISTS (SELECT 1 FROM own o
        WHERE o.request = ?1 AND o.account IN (v.account, v.represents))
    ORDER BY a.id, v.deputy_for IS NOT NULL
    """
  /// Whether reviewers were told of a request of the same meaning that was withdrawn since a time.
  static let toldOfSame: SQL = """
    SELECT 1 FROM request r JOIN message m ON m.request = r.id
    WHERE r.account = ?1 AND r.system = ?2 AND r.role = ?3 AND r.kind = ?4
      AND r.deputy_for IS ?6 AND r.replaces IS ?7 AND r.status = 'withdrawn'
      AND m.kind = 'notice' AND m.account <> r.account
      AND m.created_at > ?5 LIMIT 1
    """
  static let statements: [SQL] = [of, toldOfSame]
}

/// Somebody who may decide on a request.
struct Reviewer {
  let account: Account
  /// 職務代理: the permission that they stand in for, and whose it is.
  let deputyFor: RequestID?
  let deputyOf: String?
}

extension Transaction {
  /// Who may decide on a request now: whoever qualifies, but for the applicant and the submitter.
  func reviewers(of request: PermissionRequest) throws(IAuthError) -> [Reviewer] {
    var reviewers: [Reviewer] = []
    for reviewer in try all(
      ReviewerTable.of, request.number, now,
      read: { row in
        Reviewer(
          account: Account(row: row), deputyFor: row.idIfAny(9), deputyOf: row.textIfAny(10))
      })
    where reviewers.last?.account.id != reviewer.account.id {
      reviewers.append(reviewer)
    }
    return reviewers
  }

  /// Tells each who may decide that a request waits; whoever has just acted sees it on the screen.
  ///
  /// - Parameter isNew: whether it was only just made: asked for again within a day, it is told to
  ///   nobody, so that whoever withdraws and asks in a loop writes to nobody.
  func tellReviewers(
    of request: PermissionRequest, isNew: Bool = true, because cause: ReopenCause? = nil
  ) throws(IAuthError) -> [Reviewer] {
    let reviewers = try reviewers(of: request)
    let isTold =
      isNew
      ? try exists(
        ReviewerTable.toldOfSame, request.account, request.system, request.role, request.kind,
        now - Limits.requestToldInterval, request.deputyFor, request.replaces) : false
    let told = reviewers.filter { !isTold && $0.account.id != actor?.account }
      .map { Recipient.mail($0.account) }
    let holder = isNew ? try representedAnew(by: request, but: reviewers) : nil
    var all = told
    if let holder {
      all.append(.mail(holder))
      // Of a hand-over its end is told as well, also by whoever withdraws it.
      if request.replaces != nil { all.append(.mail(holder)) }
    }
    try checkCallerBudget(all.count, isWhole: true)
    try noteNotice(to: all)
    if !told.isEmpty {
      var summary = try summary(request)
      summary.version = try version(of: request.number)
      summary.isAgainBecause = cause
      summary.takenOver = try takeOver(cutting: request.number)
      try queue(
        .submitted(request: summary), to: told, reference: request.number.description,
        request: request.number)
    }
    if holder != nil { try tellStandIn(request, isGranted: false) }
    return reviewers
  }

  /// A new national reviewer is told to all of them.
  func tellNationalReviewers(
    _ summary: RequestSummary, but others: [AccountID]
  ) throws(IAuthError) {
    let authority = try authority().id
    let all = try all(RequestTable.administratorsOf, authority, now) { row in Account(row: row) }
    for reviewer in all where !others.contains(reviewer.id) && reviewer.id != actor?.account {
      try queue(
        .nationalReviewer(request: summary), to: .mail(reviewer),
        reference: summary.number.description, request: summary.number)
    }
  }
}
