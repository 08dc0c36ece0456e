// Whose data somebody could have read in a span of time (PRODUCT 11.6), with their contacts, for
// those who must be told. It is found from the trail: what a caller read, whose sign-in had a
// right to read, and of which time a copy was made.

import SQLite
import Values

/// How data could have been read.
package enum Exposure: String, CaseIterable, Sendable {
  /// A copy of the whole database was made.
  case copy
  /// The trail, or everybody's data, was read.
  case trail
  /// What everybody holds was read without signing in: the feed, a list of permissions, a review;
  /// or somebody was signed in, who may look up any agency's administrators.
  case list
  /// One person's data, or history, was read as a whole.
  case person
  /// One request was read in full.
  case request
  /// An administrator of the authority or of an agency was signed in, or the agency's key was used.
  case administrator
  /// It is the caller's own.
  case own
}

/// Somebody whose data could have been read.
package struct AffectedLine: Sendable, Equatable {
  /// None: the person has applied for an account and not proven the codes yet.
  package let account: AccountID?
  /// What they wait under.
  package let application: Reference?
  package let agency: Agency
  package let name: String
  package let email: String
  package let mobile: String
  /// Who in particular; and, where anybody may look it up, who else was signed in.
  package let callers: [String]
  package var others: [String] = []
  package var exposures: [Exposure]
}

enum AffectedTable {
  /// ?1 and ?2 are the span of time, ?3 a caller or nothing: who could have read what of whom.
  private static let entries: Fragment = """
    entries AS MATERIALIZED (SELECT seq, at, caller, account, action, subject FROM audit
      WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR caller = ?3)),
    actors AS (SELECT DISTINCT caller, account FROM entries WHERE account IS NOT NULL
      -- Lists write nothing: whoever was signed in, and whichever key held, could have read.
      UNION SELECT caller, account FROM session
        WHERE created_at < ?2 AND coalesce(ended_at, expires_at) > ?1 AND (?3 IS NULL OR caller = ?3)
      UNION SELECT 'key:' || name, account FROM gate_key
        WHERE enrolled_at < ?2 AND coalesce(withdrawn_at > ?1, 1)
          AND (?3 IS NULL OR ?3 = 'key:' || name)),
    administering (account) AS MATERIALIZED (SELECT account FROM permission
      WHERE role = 'admin' AND starts_at < ?2 AND (ends_at IS NULL OR ends_at > ?1)
        AND (revoked_at IS NULL OR revoked_at > ?1)),
    reach (caller, agency) AS (
      SELECT c.caller, a.agency FROM actors c JOIN account a ON a.id = c.account
      WHERE c.account IN (SELECT account FROM administering)
      UNION SELECT r.caller, g.id FROM reach r JOIN agency g ON g.superior = r.agency
        WHERE g.status = 'active'),
    nation AS (
      SELECT caller, CASE action WHEN 'database.backup' THEN 'copy' ELSE 'trail' END AS how
      FROM entries WHERE action IN ('database.backup', 'audit.read', 'accounts.affected')
      UNION SELECT r.caller, 'administrator' FROM reach r
        WHERE r.agency = (SELECT authority FROM service)),
    seen (account, caller, how) AS (
      SELECT id, caller, how FROM nation CROSS JOIN account
      UNION SELECT a.id, r.caller, 'administrator' FROM reach r JOIN account a
        ON a.agency = r.agency
      UNION SELECT q.account, e.caller, 'request' FROM entries e JOIN request q
        ON e.subject = 'request:' || q.id WHERE e.action = 'request.read'
      -- (Who is signed in has an agency's reach, or all of it.)
      UNION SELECT p.account, e.caller, 'list' FROM entries e CROSS JOIN permission p
        WHERE e.account IS NULL AND e.action IN
          ('feed.read', 'feed.compare', 'permissions.read', 'recertification.read')
      -- Anybody who was signed in: who they all were is asked for once.
      UNION SELECT i.account, NULL, 'list' FROM administering i JOIN account a ON a.id = i.account
        WHERE a.status <> 'invited' AND EXISTS (SELECT 1 FROM actors)
      UNION SELECT CAST(substr(subject, 9) AS INTEGER), caller, 'person' FROM entries
        WHERE action IN ('account.export', 'account.history') AND subject GLOB 'account:*'
      UNION SELECT account, caller, 'own' FROM actors)
    """
  static let list: SQL = """
    WITH RECURSIVE \(entries)
    SELECT a.id, g.id, g.type, g.code, g.name, g.path, g.superior, g.status, a.name, a.email,
      a.mobile, coalesce(group_concat(DISTINCT s.caller), ''), group_concat(DISTINCT s.how),
      max(s.caller IS NULL)
    FROM seen s JOIN account a ON a.id = s.account JOIN agency g ON g.id = a.agency
    WHERE a.erased_at IS NULL AND a.created_at < ?2
    GROUP BY a.id ORDER BY a.id
    """
  /// People without an account, whose application was under way: no list shows them, a copy does,
  /// and so does this one.
  static let applicants: SQL = """
    WITH RECURSIVE \(entries),
    known (application, caller, how) AS (
      SELECT v.id, n.caller, n.how FROM nation n CROSS JOIN verification v
        WHERE n.how IN ('copy', 'trail')
      UNION SELECT id, caller, 'own' FROM verification
        WHERE created_at >= ?1 AND (?3 IS NULL OR caller = ?3))
    SELECT v.reference, g.id, g.type, g.code, g.name, g.path, g.superior, g.status, v.name, v.email,
      v.mobile, group_concat(DISTINCT k.caller), group_concat(DISTINCT k.how)
    FROM known k JOIN verification v ON v.id = k.application JOIN agency g ON g.id = v.agency
    WHERE v.purpose = 'application' AND v.name IS NOT NULL AND v.created_at < ?2
    GROUP BY v.id ORDER BY v.id
    """
  /// Who was signed in, or came with a key.
  static let signedIn: SQL = """
    WITH RECURSIVE \(entries) SELECT DISTINCT caller FROM actors ORDER BY 1
    """
  /// Whether anything is known of a caller, at any time.
  static let isKnown: SQL = """
    SELECT 1 FROM audit WHERE caller = ?1 UNION ALL SELECT 1 FROM session WHERE caller = ?1
    UNION ALL SELECT 1 FROM gate_key WHERE 'key:' || name = ?1 LIMIT 1
    """
  static let statements: [SQL] = [list, applicants, signedIn, isKnown]
}

extension Service {
  /// Whose data could have been read between two times, by anybody or by one caller.
  ///
  /// - Parameter caller: `uid:N`, a user of this host, `key:NAME` or a key's name, as typed.
  /// - Throws: `right.missing`; `usage.value` for a caller that nobody knows: an empty answer would be
  ///   an all-clear.
  package func affected(
    since: Timestamp, until: Timestamp, caller typed: String?
  ) throws(IAuthError) -> [AffectedLine] {
    try writeAsOperator(isReading: true) {
      (tx) throws(IAuthError) -> TransactionEnd<[AffectedLine]> in
      let caller = try typed.map { (word) throws(IAuthError) in try tx.caller(typed: word) }
      let everybody = try tx.all(AffectedTable.signedIn, since, until, caller) { $0.text(0) }
      let people = try tx.all(AffectedTable.list, since, until, caller) { row in
        var line = AffectedLine(row, account: row.id(0))
        if row.bool(13) { line.others = everybody }
        return line
      }
      let applicants = try tx.all(AffectedTable.applicants, since, until, caller) { row in
        AffectedLine(row, application: Reference(stored: row.text(0)))
      }
      try tx.audit(.affectedRead, .none)
      return .commit(people + applicants)
    }
  }
}

extension Transaction {
  /// The caller that a word names.
  ///
  /// A user of the host who never came here is one of whom nobody need be told; a number or a key that
  /// nobody knows is a slip.
  fileprivate func caller(typed word: String) throws(IAuthError) -> String {
    let word = Folding.fold(word)
    let user = world.callerOfUser(word)
    var known: [String] = []
    for name in Set([word, "key:\(word)", user ?? word]).sorted()
    where try exists(AffectedTable.isKnown, name) {
      known.append(name)
    }
    guard known.count < 2 else {
      throw .usageValue(option: "QUERY", value: word, allowed: known)
    }
    guard let caller = known.first ?? user else { throw .callerUnknown(word) }
    return caller
  }
}

extension AffectedLine {
  fileprivate init(
    _ row: borrowing Row, account: AccountID? = nil, application: Reference? = nil
  ) {
    self.init(
      account: account, application: application,
      agency: Agency(
        id: row.id(1), type: row.word(2, AgencyType.self), code: row.text(3), name: row.text(4),
        path: row.text(5), superior: row.idIfAny(6), status: row.word(7, AgencyStatus.self)),
      name: row.text(8), email: row.text(9), mobile: row.text(10),
      callers: row.text(11).split(separator: ",").map(String.init).sorted(),
      exposures: row.text(12).split(separator: ",").compactMap { Exposure(rawValue: String($0)) }
        .sorted { $0.rawValue < $1.rawValue })
  }
}
