// Sending a request back for correction, and handing it in again (退回補正, PRODUCT 11.2). The number
// stays, the round goes up, and how each round stood is kept.

import SQLite
import Sheets
import Values

/// An earlier round of a request, and what it was sent back for.
package struct EarlierRound: Sendable {
  package let round: Int
  package let submittedAt: Timestamp
  package let reason: String?
  package let document: String?
  package let returnedAt: Timestamp
  package let returnedBy: String?
  package let note: String?
}

/// What an applicant answers with; what is left out stays as it was.
package struct Correction: Sendable {
  package var reason: String?
  package var document: String?
  package var until: Int64?

  package init(reason: String? = nil, document: String? = nil, until: Int64? = nil) {
    self.reason = reason
    self.document = document
    self.until = until
  }
}

/// What a request asks for, as far as a correction may change it.
struct RequestTerms {
  var reason: String?
  var document: String?
  var effectiveAt: Timestamp?
  var untilAt: Timestamp?
  /// 交接: only a form may name another permission, or none.
  var replaces: RequestID?
  /// Kind change: the new data.
  var replacement: Replacement?
}

enum CorrectionTable {
  static let keep: SQL = """
    INSERT INTO round (request, round, submitted_at, reason, document, until_at)
    SELECT id, round, ?2, reason, document, until_at FROM request WHERE id = ?1
    """
  static let submit: SQL = """
    UPDATE request SET status = 'pending', round = \(RequestTable.nextRound), turned_at = ?2,
      reason = ?3, document = ?4, until_at = ?5, effective_at = ?6, replaces = ?7, change_name = ?8,
      change_name_key = ?9, change_email = ?10, change_mobile = ?11, change_title = ?12
    WHERE id = ?1
    """
  /// When a round began: the first with the request, a later one when it was submitted again.
  static let lastRound: SQL = """
    SELECT at FROM audit WHERE subject = ?1
      AND action IN ('request.submit', 'request.resubmit', 'request.reopen')
    ORDER BY seq DESC LIMIT 1
    """
  static let forgetReminders: SQL = "DELETE FROM reminder WHERE request = ?"
  static let rounds: SQL = """
    SELECT d.round, coalesce(o.submitted_at, r.created_at),
      CASE WHEN o.request IS NULL THEN r.reason ELSE o.reason END,
      CASE WHEN o.request IS NULL THEN r.document ELSE o.document END,
      d.decided_at, coalesce(d.reviewer_name, a.name), nullif(d.note, '')
    FROM decision d JOIN request r ON r.id = d.request LEFT JOIN round o
      ON o.request = d.request AND o.round = d.round LEFT JOIN account a ON a.id = d.reviewer
    WHERE d.request = ? AND d.verdict = 'returned' ORDER BY d.round
    """
  static let statements: [SQL] = [keep, submit, lastRound, forgetReminders, rounds]
}

extension Service {
  /// Hands a request in again that was sent back for correction.
  ///
  /// - Throws: `session.*`, `request.unknown`, `request.outside` for who sees it only (also for whom
  ///   a form's row is about), `right.missing` for a form's submitter who administers nothing any
  ///   more, `request.decided`, `request.duplicate` while it waits for review; `reason.invalid`,
  ///   `document.invalid`, `date.invalid`.
  package func resubmit(
    _ number: RequestID, _ correction: Correction
  ) throws(IAuthError) -> RequestReceipt {
    var correction = correction
    correction.reason = try FreeText.filled(correction.reason, FreeText.note)
    correction.document = try FreeText.filled(correction.document, FreeText.document)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<RequestReceipt> in
      let session = try tx.session()
      let me = session.account
      guard let request = try tx.currentRequest(number), try tx.maySee(request, me) else {
        return try tx.refuse(.requestUnknown(number: number), subject: .request(number))
      }
      // A form's row speaks under its submitter's letter.
      let isTheirs =
        request.batch == nil ? try tx.belongs(request, to: me.id) : request.submitter == me.id
      guard isTheirs else {
        return try tx.refuse(
          .requestOutside(number: number, .correct), subject: .request(number))
      }
      if request.batch != nil, try !tx.isAdministrator(me) {
        return try tx.refuse(.rightMissing(.importer), subject: .request(number))
      }
      if let decided = try tx.decidedError(request) { throw decided }
      guard request.status == .returned else { throw .requestDuplicate(number: number) }
      var until: Timestamp?
      if let day = correction.until {
        guard request.kind == .grant else {
          throw .usageConflict("--until", "--resubmit \(number)", command: "request-permission")
        }
        let system = try tx.system(id: request.system)
        until = try tx.end(until: day, from: request.effectiveAt, on: system)
      } else if let asked = request.untilAt, asked <= tx.now {
        throw .dateRange(.past)
      }
      var terms = try tx.terms(of: request)
      terms.reason = correction.reason ?? terms.reason
      terms.document = correction.document ?? terms.document
      terms.untilAt = until ?? terms.untilAt
      try tx.resubmit(request, terms)
      guard let again = try tx.request(number) else { throw .databaseDamaged }
      let reviewers = try tx.tellReviewers(of: again, isNew: false)
      return .commit(try tx.receipt(of: again, reviewers))
    }
  }
}

extension Transaction {
  /// What a request asks for now.
  func terms(of request: PermissionRequest) throws(IAuthError) -> RequestTerms {
    RequestTerms(
      reason: request.reason, document: request.document, effectiveAt: request.effectiveAt,
      untilAt: request.untilAt, replaces: request.replaces,
      replacement: try replacement(of: request))
  }

  /// Lets a returned request wait for review again, with what was corrected in it.
  func resubmit(_ request: PermissionRequest, _ terms: RequestTerms) throws(IAuthError) {
    let number = request.number
    let began = try self.number(CorrectionTable.lastRound, AuditSubject.request(number).text).map {
      Timestamp($0)
    }
    try run(CorrectionTable.keep, number, began ?? request.createdAt)
    let new = terms.replacement
    try run(
      CorrectionTable.submit, number, now, terms.reason, terms.document, terms.untilAt,
      terms.effectiveAt, terms.replaces, new?.name, new.map { PersonName(stored: $0.name).key },
      new?.email, new?.mobile, new?.title)
    // Thresholds begin anew.
    try run(CorrectionTable.forgetReminders, number)
    try auditSubmission(.resubmitted, number)
  }

  /// Tells whoever is to correct the requests that were sent back: each applicant, and each batch's
  /// submitter once.
  func tellReturned(_ numbers: [RequestID], reason: String) throws(IAuthError) {
    var batches: [BatchID: [RequestSummary]] = [:]
    for number in numbers {
      guard let request = try request(number) else { continue }
      let summary = try summary(request)
      if let batch = request.batch {
        batches[batch, default: []].append(summary)
      } else {
        try queue(
          .returned(request: summary, reason: reason), to: .mail(try account(id: request.account)),
          reference: number.description, request: number)
      }
    }
    for (id, items) in batches.sorted(by: { $0.key < $1.key }) {
      guard let batch = try batch(id), let submitter = batch.submitter, submitter != actor?.account,
        let account = try first(AccountTable.byID, submitter, read: { row in Account(row: row) })
      else { continue }
      try queue(
        .batchReturned(batch: id, document: batch.document, items: items, reason: reason),
        to: .mail(account), reference: "batch:\(id)")
    }
  }

  func rounds(of number: RequestID) throws(IAuthError) -> [EarlierRound] {
    try all(CorrectionTable.rounds, number) { row in
      EarlierRound(
        round: row.count(0), submittedAt: row.time(1), reason: row.textIfAny(2),
        document: row.textIfAny(3), returnedAt: row.time(4), returnedBy: row.textIfAny(5),
        note: row.textIfAny(6))
    }
  }
}
