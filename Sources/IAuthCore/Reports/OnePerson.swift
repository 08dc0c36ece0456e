// One person's data (PRODUCT 11.6): everything that is stored about them, as one document to hand
// over (個人資料保護法 3), and what has happened to their account. A table with a column of somebody's
// is a section here; a test holds the two together.

import SQLite
import Values

/// A column of a section, in the order of its query.
package struct PersonColumn: Sendable, Equatable {
  package enum Kind: Sendable { case text, number, time }
  package let name: String
  package let kind: Kind
}

package enum PersonValue: Sendable, Equatable {
  case none
  case text(String)
  case number(Int64)
  case time(Timestamp)

  /// The number that a row begins with; 0 if it begins with something else.
  fileprivate static func number(of row: [PersonValue]) -> Int64 {
    if case .number(let number)? = row.first { number } else { 0 }
  }
}

/// What one table has of a person.
package struct PersonSection: Sendable {
  package let name: String
  package let columns: [PersonColumn]
  let sql: SQL

  /// - Parameter columns: names in the order of the query; `#` before one of a number, `@` of a time.
  fileprivate init(_ name: String, _ columns: String, _ sql: SQL) {
    self.name = name
    self.sql = sql
    self.columns = columns.split(separator: " ").map { word in
      switch word.unicodeScalars.first {
      case "#": PersonColumn(name: String(word.dropFirst()), kind: .number)
      case "@": PersonColumn(name: String(word.dropFirst()), kind: .time)
      default: PersonColumn(name: String(word), kind: .text)
      }
    }
  }
}

extension PersonSection {
  fileprivate func values(of row: borrowing Row) -> [PersonValue] {
    var values: [PersonValue] = []
    for (index, column) in columns.enumerated() {
      let place = Int32(index)
      if row.isNull(place) {
        values.append(.none)
        continue
      }
      switch column.kind {
      case .text: values.append(.text(row.text(place)))
      case .number: values.append(.number(row.int(place)))
      case .time: values.append(.time(row.time(place)))
      }
    }
    return values
  }
}

/// Everything about one person.
package struct PersonDocument: Sendable {
  package let account: AccountID
  package let agency: Agency
  package let exportedAt: Timestamp
  /// In the order of `PersonSections.all`.
  package let sections: [(section: PersonSection, rows: [[PersonValue]])]
}

/// What has happened to an account.
package struct PersonEvent: Sendable, Equatable {
  package let seq: Int64
  package let at: Timestamp
  package let caller: String
  /// Who was signed in, by the name that they have now; who decided, by that of then.
  package let account: AccountID?
  package let name: String?
  package let action: String
  package let subject: String
  package let outcome: String
  /// Why, if somebody said so of this person; of a succession of agencies, what moved where.
  package let note: String?
}

package enum PersonSections {
  /// ?1 is the account.
  package static let all: [PersonSection] = [
    PersonSection(
      "person",
      "name email mobile title unit phone status @created_at @status_at @used_at @replaced_at "
        + "@unproven_at @erased_at",
      """
      SELECT name, email, mobile, title, unit, phone, status, created_at, status_at, used_at,
        replaced_at, unproven_at, erased_at FROM account WHERE id = ?1
      """),
    PersonSection(
      "requests",
      "#request system role kind status origin reason document #batch @submitted_at @from @until "
        + "#deputy_for #replaces name email mobile title @applied_at",
      """
      SELECT r.id, s.code, r.role, r.kind, r.status, r.origin, r.reason, r.document, r.batch,
        r.created_at, r.effective_at, r.until_at, r.deputy_for, r.replaces, r.change_name,
        r.change_email, r.change_mobile, r.change_title, r.applied_at
      FROM request r JOIN system s ON s.id = r.system WHERE r.account = ?1 ORDER BY r.id
      """),
    PersonSection(
      "rounds", "#request #round @submitted_at reason document @until",
      """
      SELECT o.request, o.round, o.submitted_at, o.reason, o.document, o.until_at
      FROM round o JOIN request r ON r.id = o.request WHERE r.account = ?1 ORDER BY 1, 2
      """),
    PersonSection(
      "decisions", "#request #round verdict decided_by note @decided_at",
      """
      SELECT d.request, d.round, d.verdict, d.reviewer_name, d.note, d.decided_at
      FROM decision d JOIN request r ON r.id = d.request WHERE r.account = ?1 ORDER BY 1, 2
      """),
    PersonSection(
      "permissions",
      "#request system role status @granted_at @from @until @suspended_at @ended_at reason",
      """
      SELECT p.request, s.code, p.role, \(RequestTable.permissionStatus), p.granted_at, p.starts_at,
        p.ends_at, p.suspended_at, p.revoked_at, p.reason
      FROM permission p JOIN system s ON s.id = p.system WHERE p.account = ?1 ORDER BY 1
      """),
    PersonSection(
      "feed", "#seq @at change #request system role agency name email @from @until",
      """
      SELECT c.seq, c.at, c.change, c.request, s.code, c.role, c.agency_name, c.name, c.email,
        c.starts_at, c.ends_at
      FROM permission_change c JOIN system s ON s.id = c.system WHERE c.account = ?1 ORDER BY 1
      """),
    PersonSection(
      "reviews", "#recertification #item #request system role status @answered_at note",
      """
      SELECT i.recertification, i.id, i.request, s.code, i.role, i.status, i.answered_at, i.note
      FROM recertification_item i JOIN system s ON s.id = i.system WHERE i.account = ?1 ORDER BY 2
      """),
    PersonSection(
      "decided", "#request #round verdict name @decided_at",
      """
      SELECT request, round, verdict, reviewer_name, decided_at FROM decision WHERE reviewer = ?1
      ORDER BY 1, 2
      """),
    PersonSection(
      "answered", "#recertification #item status @answered_at",
      """
      SELECT recertification, id, status, answered_at FROM recertification_item
      WHERE answerer = ?1 ORDER BY 2
      """),
    PersonSection(
      "reminded", "#request #days @sent_at",
      """
      SELECT request, threshold / 86400, sent_at FROM reminder WHERE account = ?1 ORDER BY 3, 1
      """),
    PersonSection(
      "batches", "#batch document #rows @submitted_at",
      "SELECT id, document, rows, created_at FROM batch WHERE submitter = ?1 ORDER BY 1"),
    PersonSection(
      "keys", "name @enrolled_at @withdrawn_at",
      """
      SELECT name, enrolled_at, withdrawn_at FROM gate_key WHERE account = ?1 ORDER BY id
      """),
    PersonSection(
      "sessions", "#session caller name @created_at @used_at @expires_at @ended_at end_reason",
      """
      SELECT id, caller, name, created_at, used_at, expires_at, ended_at, end_reason
      FROM session WHERE account = ?1 ORDER BY 1
      """),
    PersonSection(
      "sign_ins", "reference purpose status via caller @created_at @expires_at",
      """
      SELECT reference, purpose, status, via, caller, created_at, expires_at
      FROM verification WHERE account = ?1 ORDER BY id
      """),
    PersonSection(
      "messages", "#message kind channel to subject body status @created_at @sent_at",
      """
      SELECT id, kind, channel, recipient, subject, CASE kind WHEN 'code' THEN '' ELSE body END,
        status, created_at, sent_at FROM message WHERE account = ?1 ORDER BY 1
      """),
    PersonSection(
      "audit", "#seq @at caller action subject outcome data",
      """
      SELECT u.seq, u.at, u.caller, u.action, u.subject, u.outcome, p.fields
      FROM audit u LEFT JOIN audit_person p ON p.seq = u.seq AND p.account = ?1
      WHERE u.account = ?1 OR p.seq IS NOT NULL OR u.subject = 'account:' || ?1
        OR u.subject IN (SELECT 'request:' || id FROM request WHERE account = ?1)
      ORDER BY u.seq
      """),
  ]
}

enum PersonTable {
  static let agency: SQL = "SELECT agency FROM account WHERE id = ?"
  /// The accounts that have become this one by a succession of agencies, and are not erased.
  static let merged: SQL = """
    SELECT a.id FROM account a WHERE a.id IN \(SuccessionTable.others)
      AND a.status = 'closed' AND a.erased_at IS NULL ORDER BY 1
    """
  static let history: SQL = """
    WITH moved (seq, note) AS (\(SuccessionTable.movesOf))
    SELECT u.seq, u.at, u.caller, u.account, \(AuditTable.actor), u.action, u.subject, u.outcome,
      coalesce((SELECT \(AuditTrailTable.note) FROM audit_person p WHERE p.seq = u.seq
          AND p.account = ?1 AND instr(p.fields, char(10) || 'note=') > 0),
        (SELECT note FROM moved WHERE seq = u.seq))
    FROM audit u LEFT JOIN account a ON a.id = u.account
    WHERE u.account = ?1 OR u.subject = 'account:' || ?1 OR u.seq IN (SELECT seq FROM moved)
      OR u.subject IN (SELECT 'request:' || id FROM request WHERE account = ?1)
    ORDER BY u.seq
    """
  static let statements: [SQL] = [agency, merged, history] + PersonSections.all.map(\.sql)
}

extension Transaction {
  /// Somebody is erased with all accounts that have become theirs.
  func eraseMerged(into account: Account) throws(IAuthError) {
    for merged: AccountID in try ids(PersonTable.merged, account.id) {
      try eraseProofs(of: try self.account(id: merged))
      try erase(account: merged)
    }
  }
}

extension Service {
  /// Everything stored about one person, for the holder of the account and the operator; an entry of
  /// the trail.
  ///
  /// - Throws: `session.*`, `right.missing`, `account.unknown`.
  package func export(account id: AccountID) throws(IAuthError) -> PersonDocument {
    try readingPerson(id, as: .accountExported) { (tx, agency) throws(IAuthError) in
      // What is over is said to be.
      try tx.expireOverdue(id)
      // Of somebody who came from two agencies that have become one, the other account as well.
      let accounts = [id] + (try tx.ids(PersonTable.merged, id) as [AccountID])
      var sections: [(section: PersonSection, rows: [[PersonValue]])] = []
      for section in PersonSections.all {
        var rows: [[PersonValue]] = []
        for account in accounts {
          rows += try tx.all(section.sql, account) { row in section.values(of: row) }
        }
        if accounts.count > 1, section.columns[0].kind == .number {
          // What concerns both stands once, in the order of a single account's.
          rows.sort { PersonValue.number(of: $0) < PersonValue.number(of: $1) }
          rows = rows.enumerated().filter { $0 == 0 || $1 != rows[$0 - 1] }.map(\.element)
        }
        sections.append((section, rows))
      }
      return PersonDocument(account: id, agency: agency, exportedAt: tx.now, sections: sections)
    }
  }

  /// What has happened to an account, for its holder and the operator; an entry of the trail.
  ///
  /// - Throws: as `export`.
  package func history(account id: AccountID) throws(IAuthError) -> [PersonEvent] {
    try readingPerson(id, as: .historyRead) { (tx, _) throws(IAuthError) in
      var events: [PersonEvent] = []
      for account in [id] + (try tx.ids(PersonTable.merged, id) as [AccountID]) {
        events += try tx.all(PersonTable.history, account) { row in
          PersonEvent(
            seq: row.int(0), at: row.time(1), caller: row.text(2), account: row.idIfAny(3),
            name: row.textIfAny(4), action: row.text(5), subject: row.text(6),
            outcome: row.text(7), note: row.textIfAny(8))
        }
      }
      var seen: Set<Int64> = []
      return events.filter { seen.insert($0.seq).inserted }.sorted { $0.seq < $1.seq }
    }
  }

  private func readingPerson<Answer>(
    _ id: AccountID, as action: AuditAction,
    _ body: (Transaction, Agency) throws(IAuthError) -> Answer
  ) throws(IAuthError) -> Answer {
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<Answer> in
      if let session = try tx.signedInOrOperator(), session.account.id != id,
        !world.caller.isOperator
      {
        return try tx.refuse(.rightMissing(.serviceOperator), subject: .account(id))
      }
      guard let agency: AgencyID = try tx.id(PersonTable.agency, id) else {
        throw .accountUnknown
      }
      let answer = try body(tx, try tx.agency(id: agency))
      try tx.audit(action, .account(id))
      return .commit(answer)
    }
  }
}
