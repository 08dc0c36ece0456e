// Rows that somebody with the file has put in or changed, with every trigger out of the way: the
// trail says otherwise, to `audit --verify` and to `doctor` (PRODUCT 3.8).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ReconciliationTests {
  /// 李小明 is an administrator of a bounded system, 林美玲 its user until a day, 蔡英傑 invited by a
  /// form; one request was rejected, one waits, one was handed in again.
  private func desk() throws -> Desk {
    let desk = try Desk()
    _ = try desk.owner().setSystem(code: "spm", longest: .days(90))
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let today = desk.clock.now.taipeiDay
    _ = try li.reject(try lin.ask(.general))
    let number = try lin.requestPermission(
      PermissionOrder(
        role: .general, reason: "業務需要\nasked=grant admin spm", from: today + 1, until: today + 9)
    ).number
    _ = try li.approve(
      .numbers([number]), note: "同意\nasked=grant admin spm\nreason=\nuntil=2020",
      expecting: nil)
    let admin = try lin.ask(.admin)
    _ = try chief.reject(.numbers([admin]), reason: "請補文號", returns: true)
    _ = try lin.resubmit(admin, Correction(reason: "已補", document: "院字1", until: nil))
    let report = try desk.owner().importBatch(Sheet([.tsai, .huang]).order)
    _ = try chief.approve(try #require(report.rows.first?.request))
    try desk.signedIn(.lin, via: .email)
    _ = try desk.owner().change(
      account: try desk.opened(.liu).status().account, .suspend, reason: "調查中")
    return desk
  }

  private static let unlocked = """
    CREATE TEMP TABLE gone AS SELECT name, sql FROM sqlite_schema WHERE type = 'trigger';
    PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE type = 'trigger';
    PRAGMA writable_schema = RESET; PRAGMA foreign_keys = OFF;
    """

  private static let lin = "(SELECT id FROM account WHERE email = 'lin@cdc.gov.tw')"
  private static let general = """
    (SELECT request FROM permission WHERE role = 'general' AND account = \(lin))
    """

  @Test(arguments: [
    // Sessions.
    """
    INSERT INTO session (caller, name, account, email_proven, sms_proven, created_at, used_at,
      expires_at) SELECT 'uid:x', name, account, 1, 1, created_at, used_at, expires_at FROM session
    LIMIT 1
    """,
    """
    INSERT INTO session (caller, name, account, email_proven, sms_proven, created_at, used_at,
      expires_at) SELECT caller, 'other', account, 1, 1, created_at, used_at, expires_at FROM session
    LIMIT 1
    """,
    "UPDATE session SET caller = 'uid:x' WHERE id = 1",
    "UPDATE session SET account = \(lin) WHERE account <> \(lin)",
    "UPDATE session SET sms_proven = 1 WHERE sms_proven = 0",
    "UPDATE session SET expires_at = expires_at - 60",
    "UPDATE session SET created_at = created_at + 60, expires_at = expires_at + 60",
    "UPDATE session SET name = 'mine' WHERE id = 1",
    "UPDATE session SET ended_at = NULL, end_reason = NULL, name = 'again' WHERE ended_at > 0",
    // Permissions.
    "UPDATE permission SET role = 'admin' WHERE request = \(general)",
    "UPDATE permission SET ends_at = ends_at + 86400 WHERE request = \(general)",
    "UPDATE permission SET ends_at = NULL WHERE request = \(general)",
    "UPDATE permission SET ends_at = NULL WHERE role = 'admin' AND ends_at IS NOT NULL",
    "UPDATE permission SET starts_at = granted_at WHERE request = \(general)",
    "UPDATE permission SET account = \(lin) WHERE request = 1",
    "UPDATE permission SET granted_at = granted_at + 1, starts_at = starts_at + 1",
    "INSERT INTO system (code, name, name_zh, created_at) VALUES ('x', 'x', 'x', 1);"
      + "UPDATE permission SET system = 2 WHERE request = \(general);"
      + "UPDATE request SET system = 2 WHERE id = \(general)",
    // And the request with it.
    "UPDATE request SET role = 'admin' WHERE id = \(general);"
      + "UPDATE permission SET role = 'admin' WHERE request = \(general)",
    "UPDATE permission SET ends_at = ends_at + 86400 WHERE request = \(general);"
      + "UPDATE request SET until_at = until_at + 86400 WHERE id = \(general)",
    "UPDATE permission SET ends_at = NULL WHERE request = \(general);"
      + "UPDATE request SET until_at = NULL WHERE id = \(general)",
    "UPDATE request SET role = 'general' WHERE role = 'admin' AND status = 'pending'",
    "UPDATE request SET until_at = 1900000000 WHERE status = 'pending' AND origin = 'batch'",
    "UPDATE request SET account = 1 WHERE origin = 'batch' AND status = 'pending'",
    "UPDATE request SET account = 1 WHERE id = \(general)",
    // Decisions.
    "UPDATE decision SET reviewer = \(lin) WHERE reviewer IS NOT NULL",
    "UPDATE decision SET reviewer = NULL WHERE verdict = 'approved'",
    "UPDATE decision SET verdict = 'approved' WHERE verdict = 'rejected'",
    "UPDATE decision SET verdict = 'withdrawn', reviewer = NULL WHERE verdict = 'rejected'",
    "UPDATE decision SET decided_at = decided_at - 1 WHERE verdict = 'rejected'",
    "UPDATE decision SET caller = 'uid:x' WHERE verdict = 'approved'",
    "UPDATE decision SET by_permission = 1 WHERE request = \(general)",
    "UPDATE decision SET by_permission = request WHERE request = \(general)",
    "UPDATE decision SET deputy_for = 1 WHERE request = \(general)",
    // Accounts.
    "UPDATE account SET status = 'active' WHERE status = 'suspended'",
    "UPDATE account SET status = 'suspended' WHERE id = \(lin)",
    "UPDATE account SET email = 'x@cdc.gov.tw' WHERE id = \(lin)",
    "UPDATE account SET mobile = '+886911999999' WHERE status = 'invited'",
    "UPDATE account SET name = '王小二' WHERE id = \(lin)",
    // Who is a national reviewer.
    "UPDATE account SET agency = (SELECT authority FROM service) WHERE id = 2;"
      + "UPDATE permission SET agency = (SELECT authority FROM service) WHERE account = 2",
    "UPDATE account SET agency = (SELECT authority FROM service) WHERE id = 2;"
      + "UPDATE request SET agency = (SELECT authority FROM service) WHERE account = 2;"
      + "UPDATE permission SET agency = (SELECT authority FROM service) WHERE account = 2",
    "UPDATE service SET authority = (SELECT agency FROM account WHERE id = 2)",
    "INSERT INTO gate_key (name, account, enrolled_at) VALUES ('mine', 2, 1)",
    // An end that nobody wrote, and words that nobody said.
    "UPDATE permission SET status = 'revoked', revoked_at = granted_at WHERE request = 2",
    "UPDATE decision SET note = '好' WHERE verdict = 'rejected'",
    "UPDATE decision SET note = '不同意' WHERE request = \(general)",
    "UPDATE decision SET reviewer_name = '假' WHERE request = \(general)",
    "UPDATE decision SET reviewer_name = '林志明' WHERE reviewer IS NULL",
    "UPDATE request SET reason = '其他' WHERE id = \(general)",
    "UPDATE request SET reason = NULL WHERE id = \(general)",
    "UPDATE request SET reason = '其他' WHERE origin = 'batch'",
    "UPDATE request SET reason = '其他' WHERE reason IS NULL AND origin = 'self'",
    // What the target systems are told.
    "DELETE FROM permission_change WHERE seq = 1",
    "DELETE FROM permission_change WHERE seq = (SELECT max(seq) FROM permission_change)",
    "DELETE FROM permission_change WHERE seq = (SELECT max(seq) FROM permission_change);"
      + "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'permission_change'",
    "UPDATE permission_change SET account = 1 WHERE request = \(general)",
    "UPDATE permission_change SET role = 'admin' WHERE request = \(general)",
    "UPDATE permission_change SET change = 'ended' WHERE seq = 1",
    "UPDATE permission_change SET ends_at = ends_at + 86400 WHERE request = \(general)",
    "UPDATE permission_change SET starts_at = starts_at + 86400 WHERE request = \(general)",
    "UPDATE permission_change SET ends_at = 1900000000 WHERE seq = 1",
  ])
  func aChangedRowIsFound(script: String) throws {
    let desk = try desk()
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    #expect(try desk.owner().doctor().filter { $0.status == .fail }.isEmpty)
    #expect(try desk.sqlite3(Self.unlocked + script + "; SELECT changes() = 0") == "0")
    #expect(try refusal { _ = try desk.owner().verifyAudit(anchors: nil) } == .auditBroken)
    #expect(try desk.owner().doctor().first { $0.check == "audit" }?.status == .fail)
  }

  /// Earlier releases wrote a note's lines as they came: none of them says what was asked for.
  @Test func aNoteMayHaveAnyLine() throws {
    let desk = try desk()
    // Beside the decision that it is of.
    let decided = try desk.number(
      "SELECT decided_at FROM decision JOIN permission USING (request) WHERE role = 'general'")
    desk.wait(.seconds(decided - desk.clock.now.seconds))
    try desk.owner().store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      let number =
        try tx.id("SELECT request FROM permission WHERE role = 'general'") ?? RequestID(0)
      try tx.audit(
        .approved, .request(number),
        person: AuditPerson(
          account: try tx.id("SELECT account FROM permission WHERE role = 'general'")
            ?? AccountID(0),
          fields: [("note", "同意"), ("asked", "grant admin spm"), ("reason", "")]))
      return .commit(())
    }
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    try desk.owner().store.read { (tx) throws(IAuthError) in try tx.reconcile(0) }
  }
}
