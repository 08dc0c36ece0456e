// What the schema itself refuses, tried with the sqlite3 shell on the file: no script gets round a
// rule by accident (PRODUCT 7).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SchemaRulesTests {
  /// 陳怡君 (account 1) decides for the authority, 李小明 (2) for 疾病管制署.
  ///
  /// 林美玲 (3) waits with request 3 (general) and 4 (admin); 蔡英傑 (4) has had both ends: 5 approved, 6
  /// rejected. 黃淑芬 (5) is of another agency, with request 7; 劉家豪 (6) administers a third, and waits
  /// for new contacts with 9.
  private func desk() throws -> Desk {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let tsai = try desk.opened(.tsai)
    _ = (try lin.ask(.general), try lin.ask(.admin))
    let (general, admin) = (try tsai.ask(.general), try tsai.ask(.admin))
    try #require(try li.approve(general) == nil)
    try #require(try chief.reject(admin) == nil)
    _ = try desk.opened(.huang).ask(.general)
    _ = try desk.administrator(.liu, approvedBy: chief)
    desk.wait(.minutes(1))
    let change = try desk.opened(.liu.with(mobile: "0922000007")).status().pendingChange
    try #require(general == 5 && admin == 6 && change == 9)
    return desk
  }

  private static func decision(_ request: Int, _ verdict: String, _ reviewer: String) -> String {
    """
    INSERT INTO decision (request, verdict, reviewer, caller, note, decided_at)
      VALUES (\(request), '\(verdict)', \(reviewer), 'uid:0', 'x', 1800000000)
    """
  }

  @Test(arguments: [
    (decision(3, "approved", "3"), "request.outside"),
    (decision(4, "approved", "3"), "request.outside"),
    (decision(3, "approved", "1"), "request.outside"),
    (decision(4, "approved", "2"), "request.outside"),
    (decision(3, "approved", "4"), "request.outside"),
    (decision(7, "approved", "2"), "request.outside"),
    (decision(3, "rejected", "4"), "request.outside"),
    (decision(3, "approved", "NULL"), "right.missing"),
    (decision(3, "rejected", "NULL"), "CHECK constraint"),
    (decision(5, "rejected", "2"), "request.decided"),
    (decision(6, "approved", "1"), "request.decided"),
    (decision(5, "withdrawn", "NULL"), "request.decided"),
    (decision(99, "approved", "2"), "request.outside"),
    (decision(99, "lapsed", "NULL"), "FOREIGN KEY"),
    (decision(3, "maybe", "2"), "CHECK constraint"),
    (
      "INSERT OR REPLACE \(decision(5, "rejected", "2").dropFirst(7))",
      "request.decided"
    ),
    ("UPDATE decision SET verdict = 'approved' WHERE request = 6", "never changed"),
    ("UPDATE decision SET reviewer = 1", "never changed"),
    ("DELETE FROM decision", "never deleted"),
    ("UPDATE OR REPLACE decision SET request = 3 WHERE request = 6", "never changed"),
  ])
  func decisions(script: String, expected: String) throws {
    try refuses(script, expected)
  }

  /// Behind the triggers, which stand against REPLACE too, each pair has an index of its own.
  @Test(arguments: [
    (
      "DROP TRIGGER request_is_new;"
        + "INSERT INTO request (account, agency, system, role, kind, origin, created_at) "
        + "SELECT account, agency, system, role, kind, origin, 1 FROM request WHERE id = 3",
      "UNIQUE constraint failed: request."
    ),
    (
      "DROP TRIGGER permission_needs_approval;" + permission(6, 4, "general"),
      "UNIQUE constraint failed: permission."
    ),
  ])
  func onePendingAndOneActive(script: String, expected: String) throws {
    let desk = try desk()
    #expect(try desk.sqlite3(script).contains(expected))
  }

  /// An ssh key's name stands for one account at a time, and what stood for an account once stays.
  @Test(arguments: [
    ("INSERT INTO gate_key (name, account, enrolled_at) VALUES ('hr', 2, 5)", "UNIQUE"),
    ("INSERT INTO gate_key (name, account, enrolled_at) VALUES ('a b', 1, 5)", "CHECK"),
    ("INSERT INTO gate_key (name, account, enrolled_at) VALUES ('', 1, 5)", "CHECK"),
    ("INSERT INTO gate_key (name, account, enrolled_at) VALUES ('x', 99, 5)", "FOREIGN KEY"),
    ("DELETE FROM gate_key", "withdrawn, not deleted"),
    ("UPDATE gate_key SET account = 2", "stays with its account"),
    ("UPDATE gate_key SET name = 'other'", "stays with its account"),
    (
      "UPDATE gate_key SET withdrawn_at = 6; UPDATE gate_key SET withdrawn_at = NULL",
      "stays with its account"
    ),
  ])
  func keys(script: String, expected: String) throws {
    let key = "INSERT INTO gate_key (name, account, enrolled_at) VALUES ('hr', 1, 4);"
    try refuses("\(key) \(script)", expected)
  }

  @Test(arguments: [
    ("UPDATE request SET status = 'approved' WHERE id = 3", "ends by its decision"),
    ("UPDATE request SET status = 'pending' WHERE id = 6", "ends by its decision"),
    ("UPDATE request SET role = 'admin' WHERE id = 3", "never changed"),
    ("UPDATE request SET account = 4 WHERE id = 3", "never changed"),
    ("UPDATE request SET system = 2 WHERE id = 3", "never changed"),
    ("UPDATE request SET kind = 'change' WHERE id = 3", "never changed"),
    ("UPDATE request SET submitter = 2 WHERE id = 3", "never changed"),
    ("UPDATE request SET reason = 'better' WHERE id = 3", "never changed"),
    ("UPDATE request SET created_at = 1 WHERE id = 3", "never changed"),
    ("UPDATE request SET id = 90 WHERE id = 3", "never changed"),
    ("UPDATE request SET change_email = 'thief@cdc.gov.tw' WHERE id = 9", "never changed"),
    ("UPDATE request SET change_mobile = NULL, reason = NULL WHERE id = 9", "never changed"),
    ("DELETE FROM request WHERE id = 3", "never deleted"),
    (
      "REPLACE INTO request (account, agency, system, role, kind, origin, created_at) "
        + "SELECT account, agency, system, role, kind, origin, 1 FROM request WHERE id = 3",
      "request.duplicate"
    ),
    (
      "INSERT INTO request (account, agency, system, role, kind, origin, created_at) "
        + "SELECT account, agency, system, 'general', kind, origin, 1 FROM request WHERE id = 5",
      "permission.held"
    ),
    (
      "INSERT INTO request (account, agency, system, role, kind, status, origin, created_at) "
        + "SELECT account, agency, system, role, kind, 'approved', origin, 1 FROM request "
        + "WHERE id = 6",
      "starts pending"
    ),
    (
      "INSERT INTO request (account, agency, system, role, kind, origin, created_at) "
        + "VALUES (5, 1, 1, 'admin', 'grant', 'self', 1)", "its account's agency"
    ),
    (
      "REPLACE INTO request (id, account, agency, system, role, kind, origin, created_at) "
        + "SELECT id, account, agency, system, 'admin', kind, origin, 1 FROM request WHERE id = 7",
      "request.duplicate"
    ),
  ])
  func requests(script: String, expected: String) throws {
    try refuses(script, expected)
  }

  private static func permission(_ request: Int, _ account: Int, _ role: String) -> String {
    """
    INSERT INTO permission (request, account, agency, system, role, granted_at, starts_at)
    SELECT \(request), \(account), agency, 1, '\(role)', 1, 1 FROM account WHERE id = \(account)
    """
  }

  @Test(arguments: [
    (permission(3, 3, "general"), "needs an approved request"),
    (permission(6, 4, "admin"), "needs an approved request"),
    (permission(5, 4, "admin"), "needs an approved request"),
    (permission(5, 3, "general"), "needs an approved request"),
    (permission(5, 4, "general"), "given once"),
    (permission(5, 4, "general").replacing("INSERT", with: "REPLACE"), "given once"),
    ("UPDATE permission SET role = 'admin' WHERE request = 5", "only ends"),
    ("UPDATE permission SET account = 3 WHERE request = 5", "only ends"),
    ("UPDATE permission SET starts_at = starts_at + 1 WHERE request = 5", "only ends"),
    (
      """
      UPDATE permission SET status = 'revoked', revoked_at = 2 WHERE request = 5;
      UPDATE permission SET status = 'active', revoked_at = NULL WHERE request = 5
      """, "only ends"
    ),
    ("UPDATE permission SET status = 'revoked' WHERE request = 5", "CHECK constraint"),
    ("DELETE FROM permission", "never deleted"),
    ("UPDATE permission SET status = 'revoked', revoked_at = 2 WHERE request = 1", "account.last"),
    ("UPDATE permission SET status = 'revoked', revoked_at = 2", "account.last"),
    ("UPDATE account SET status = 'suspended' WHERE id = 1", "account.last"),
    ("UPDATE account SET status = 'closed' WHERE id = 1", "account.last"),
    ("UPDATE account SET status = 'closed'", "account.last"),
    (
      """
      UPDATE account SET status = 'closed', erased_at = 2, name = NULL, name_key = NULL,
        email = NULL, mobile = NULL WHERE id = 1
      """, "account.last"
    ),
    ("DELETE FROM account WHERE id = 1", "never deleted"),
    (
      """
      REPLACE INTO account (id, agency, name, name_key, email, mobile, status, created_at,
        status_at) SELECT id, agency, 'x', 'x', email, mobile, 'active', 1, 1 FROM account
      WHERE id = 3
      """, "never replaced"
    ),
    ("UPDATE service SET authority = 1", "set once"), ("DELETE FROM service", "set once"),
  ])
  func permissionsAndTheLastAdministrator(script: String, expected: String) throws {
    try refuses(script, expected)
  }

  private static func change(of account: Int, _ role: String, _ origin: String) -> String {
    """
    INSERT INTO request (account, agency, system, role, kind, origin, batch, created_at,
      change_name, change_email, change_mobile) SELECT id, agency, 1, '\(role)', 'change',
      '\(origin)', \(origin == "batch" ? "1" : "NULL"), 1, name, 'new@ey.gov.tw', mobile
    FROM account WHERE id = \(account)
    """
  }

  /// 陳怡君 administers the authority alone; what else there is of 吳志明 (7, with request 10) helps
  /// only if he stays.
  @Test(arguments: [
    ("", false), ("UPDATE account SET status = 'suspended' WHERE id = 7", false),
    ("UPDATE account SET status = 'closed' WHERE id = 7", false),
    ("UPDATE permission SET status = 'revoked', revoked_at = 2 WHERE request = 10", false),
    ("UPDATE permission SET ends_at = 4102444800 WHERE request = 10", false),
    (change(of: 7, "admin", "self"), false), (change(of: 7, "general", "self"), false),
    ("SELECT 1 WHERE 0", true),
  ])
  func theAuthorityKeepsSomebodyWhoStays(script: String, isAllowed: Bool) throws {
    let desk = try desk()
    if script != "" {
      _ = try desk.owner().appoint(try Person.wu.form(), system: "spm")
      try desk.opened(.wu)
      try #require(try desk.number("SELECT count(*) FROM authority_admin WHERE stays") == 2)
      try #require(try desk.sqlite3(script) == "")
    }
    for way in [
      "UPDATE permission SET status = 'revoked', revoked_at = 2 WHERE request = 1",
      "UPDATE permission SET ends_at = 4102444800 WHERE request = 1",
      "UPDATE account SET status = 'suspended' WHERE id = 1",
      "UPDATE account SET status = 'closed' WHERE id = 1", Self.change(of: 1, "admin", "self"),
    ] {
      // Tried and taken back, so that each meets the same state.
      let answer = try desk.sqlite3("BEGIN; \(way); ROLLBACK")
      #expect(isAllowed ? answer == "" : answer.contains("account.last"), "\(way): \(answer)")
    }
  }

  @Test(arguments: [
    (change(of: 1, "admin", "batch"), "agency.outside"),
    (change(of: 1, "general", "batch"), "agency.outside"),
    (
      "INSERT INTO request (account, agency, system, role, kind, origin, batch, created_at) "
        + "SELECT id, agency, 1, 'admin', 'revoke', 'batch', 1, 1 FROM account WHERE id = 1",
      "agency.outside"
    ),
    (change(of: 2, "admin", "batch"), ""),
  ])
  func nationalReviewersAreNeverPartOfABatch(script: String, expected: String) throws {
    let desk = try desk()
    let batch = "INSERT INTO batch VALUES (1, NULL, 'uid:0', NULL, zeroblob(32), 1, 1, NULL)"
    try #require(try desk.sqlite3(batch) == "")
    _ = try desk.owner().appoint(try Person.wu.form(), system: "spm")
    try desk.opened(.wu)
    let answer = try desk.sqlite3(script)
    #expect(expected == "" ? answer == "" : answer.contains(expected), "\(answer)")
  }

  /// Request 5 was approved with a note and has ended with a reason; both are the person's.
  @Test(arguments: [
    ("UPDATE decision SET note = '' WHERE request = 5", true, ""),
    ("UPDATE decision SET note = '' WHERE request = 5", false, "never changed"),
    ("UPDATE decision SET note = 'y' WHERE request = 5", true, "never changed"),
    ("UPDATE decision SET note = NULL WHERE request = 5", true, "never changed"),
    (
      "UPDATE decision SET note = '', verdict = 'rejected' WHERE request = 5", true,
      "never changed"
    ),
    ("UPDATE decision SET note = '', decided_at = 1 WHERE request = 5", true, "never changed"),
    ("UPDATE permission SET reason = NULL WHERE request = 5", true, ""),
    ("UPDATE permission SET reason = NULL WHERE request = 5", false, "only ends"),
    ("UPDATE permission SET reason = 'y' WHERE request = 5", true, "only ends"),
    ("UPDATE permission SET reason = NULL, revoked_at = 9 WHERE request = 5", true, "only ends"),
    ("UPDATE permission SET reason = NULL, revoker = 1 WHERE request = 5", true, "only ends"),
    (
      "UPDATE permission SET reason = NULL, status = 'active', revoked_at = NULL "
        + "WHERE request = 5", true, "only ends"
    ),
  ])
  func wordsAboutSomeoneGoOnlyWithThem(script: String, isErased: Bool, expected: String) throws {
    let desk = try desk()
    let prepared = """
      DROP TRIGGER decision_stays; UPDATE decision SET note = 'x' WHERE request = 5;
      UPDATE permission SET status = 'revoked', revoked_at = 2, reason = 'x' WHERE request = 5
      """
    let trigger = try desk.sqlite3("SELECT sql FROM sqlite_schema WHERE name = 'decision_stays'")
    try #require(try desk.sqlite3(prepared + ";" + trigger) == "")
    if isErased {
      let erase = """
        UPDATE account SET status = 'closed', erased_at = 2, name = NULL, name_key = NULL,
          email = NULL, mobile = NULL WHERE id = 4
        """
      try #require(try desk.sqlite3(erase) == "")
    }
    let answer = try desk.sqlite3(script)
    #expect(expected == "" ? answer == "" : answer.contains(expected), "\(answer)")
  }

  @Test(arguments: [
    ("UPDATE audit SET outcome = 'done'", "never changed"),
    ("UPDATE audit SET at = at + 1 WHERE seq = 1", "never changed"),
    ("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", "never deleted"),
    ("INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2", "no gaps"),
    (
      "REPLACE INTO audit SELECT seq, at, 'uid:9', account, session, action, subject, outcome, "
        + "person_hash, previous, hash FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
      "no gaps"
    ),
    (
      "INSERT INTO audit SELECT seq + 100, at, caller, account, session, action, subject, outcome, "
        + "person_hash, previous, hash FROM audit WHERE seq = 1", "no gaps"
    ),
    ("UPDATE audit_person SET fields = ''", "erased, not changed"),
    ("DELETE FROM agency WHERE id = 2", "never deleted"),
    (
      "INSERT INTO audit_node VALUES (1, 0, zeroblob(32)); UPDATE audit_node SET place = 1",
      "never changed"
    ),
    ("INSERT INTO audit_node VALUES (1, 0, zeroblob(32)); DELETE FROM audit_node", "never deleted"),
    ("UPDATE agency SET superior = 5 WHERE id = 1", "agency.cycle"),
    ("UPDATE agency SET superior = id WHERE id = 2", "agency.cycle"),
    ("UPDATE account SET status = 'invited' WHERE id = 3", "account.state"),
    (
      "UPDATE account SET status = 'closed' WHERE id = 3; "
        + "UPDATE account SET status = 'active' WHERE id = 3", "account.state"
    ),
    ("UPDATE account SET agency = 1 WHERE id = 5", "keeps its agency"),
    ("UPDATE account SET email = 'li@cdc.gov.tw' WHERE id = 3", "UNIQUE constraint"),
    ("UPDATE account SET email = 'LI@cdc.gov.tw' WHERE id = 3", "CHECK constraint"),
    ("UPDATE account SET mobile = '0911000009' WHERE id = 3", "CHECK constraint"),
    ("UPDATE account SET id = 77 WHERE id = 5", "keeps its agency"),
    ("UPDATE message SET status = 'sent', recipient = '' WHERE kind = 'code'", "CHECK constraint"),
    (
      "UPDATE message SET status = 'lapsed', body = '' WHERE kind = 'code'",
      "a code takes its address away"
    ),
    ("DELETE FROM message", "never deleted"),
    (
      "INSERT INTO account (agency, name, status, created_at, status_at) "
        + "VALUES (1, 'x', 'active', 1, 1)",
      "CHECK constraint"
    ),
    ("UPDATE account SET created_at = 'yesterday' WHERE id = 3", "cannot store TEXT"),
  ])
  func theTrailAndTheRegistry(script: String, expected: String) throws {
    try refuses(script, expected)
  }

  private func refuses(_ script: String, _ expected: String) throws {
    let desk = try desk()
    let before = try desk.sqlite3(".dump")
    let answer = try desk.sqlite3(script)
    #expect(answer.contains(expected.isEmpty ? "Error" : expected), "\(answer)")
    // What a script did before the refused statement was its own and allowed.
    if !script.contains("; ") { #expect(try desk.sqlite3(".dump") == before) }
  }

  /// The other side of the same rules: what is allowed passes.
  @Test func whatIsAllowedPasses() throws {
    let desk = try desk()
    #expect(try desk.sqlite3(Self.decision(3, "approved", "2")) == "")
    #expect(try desk.sqlite3(Self.permission(3, 3, "general")) == "")
    #expect(try desk.sqlite3(Self.decision(4, "withdrawn", "3")) == "")
    #expect(try desk.sqlite3("UPDATE account SET status = 'suspended' WHERE id = 4") == "")
    #expect(
      try desk.sqlite3("UPDATE permission SET status = 'revoked', revoked_at = 2 WHERE request = 5")
        == "")
  }

  /// An id that was used never comes back, whatever became of its row.
  @Test(arguments: ["account", "request", "session", "batch", "message", "agency", "verification"])
  func idsAreNeverUsedTwice(table: String) throws {
    let desk = try Desk()
    #expect(
      try desk.sqlite3(
        "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE name = '\(table)'")
        == "1")
  }

  @Test func everyTableIsStrict() throws {
    let desk = try Desk()
    let loose = try desk.sqlite3(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND type = 'table' "
        + "AND name NOT LIKE 'sqlite%'")
    #expect(loose == "")
    #expect(try desk.sqlite3("PRAGMA integrity_check; PRAGMA foreign_key_check") == "ok")
  }
}
