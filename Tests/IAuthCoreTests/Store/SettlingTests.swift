// What a clock that was wrong, another host or a row without an entry would have had believed
// (PRODUCT 3.8, 3.9, 13).

import Foundation
import SQLite
import Testing

@testable import IAuthCore
@testable import Values

@Suite struct SettlingTests {
  @Test func aClockThatIsRightAgainHoldsNobodyUp() throws {
    let desk = try Desk()
    desk.wait(.days(400))
    let service = try desk.shell(of: .li)
    let receipt = try service.apply(try Person.li.form())
    let wrong = ["00000000", "00000000"]
    for _ in 0..<5 {
      _ = try refusal { _ = try service.prove(receipt.reference.text, codes: wrong) }
    }
    #expect(
      try refusal { _ = try service.prove(receipt.reference.text, codes: wrong) } == .codeLocked)
    desk.wait(.days(-400))
    desk.wait(.minutes(1))
    // The first to come settles it; a send of then counts as one of now.
    #expect(try refusal { _ = try service.apply(try Person.li.form()) } == .sendThrottled)
    desk.wait(.minutes(16))
    let again = try service.apply(try Person.li.form())
    _ = try service.prove(again.reference.text, codes: try desk.codes(again.reference))
    #expect(try desk.number("SELECT count(*) FROM audit WHERE action = 'clock.back'") == 1)
  }

  @Test func whatWasGrantedOrAskedInTheFutureIsOfNow() throws {
    let desk = try Desk()
    try desk.chief()
    desk.wait(.days(400))
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let number = try lin.ask(.general)
    desk.wait(.days(-400))
    desk.wait(.hours(1))
    let li = try desk.signedIn(.li)
    #expect(
      try desk.number("SELECT created_at FROM request WHERE id = ?", number)
        <= desk.clock.now.seconds)
    #expect(try li.approve(number) == nil, "their permission holds now")
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// A clock that starts at 1970 makes nobody's request old: when it is right again, so are they.
  @Test(arguments: [Int64(20_000), 1])
  func aClockThatIsWrongForAWhileMakesNothingOld(days: Int64) throws {
    let desk = try Desk()
    _ = try desk.administrator(.li, approvedBy: try desk.chief())
    let number = try desk.opened(.lin).ask(.general)
    let facts: SQL = """
      SELECT created_at FROM request WHERE id = ? UNION ALL SELECT starts_at FROM permission
      """
    let before = try desk.rows(facts, number) { row in row.int(0) }
    for round in 1...2 {
      desk.wait(.days(-days))
      _ = try desk.owner().addSystem(code: "s\(round)", name: "S", chineseName: nil, url: nil)
      let then = try desk.rows(facts, number) { row in row.int(0) }
      #expect(then.allSatisfy { $0 <= desk.clock.now.seconds })
      desk.wait(.days(days))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
      #expect(try desk.rows(facts, number) { row in row.int(0) } == before)
    }
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["pending"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  @Test func aRunWhoseClockHasLeaptUndoesNothing() throws {
    let desk = try Desk()
    _ = try desk.opened(.li).ask(.general)
    func run() throws -> ErrorCode? {
      try refusal { _ = try desk.owner().remind(after: nil, isDryRun: false) }
    }
    func clock() throws -> Health? {
      try desk.owner().doctor().first { $0.check == "clock" }?.status
    }
    #expect(try run() == nil)
    desk.wait(.days(400))
    #expect(try run() == .clockLeap)
    #expect(try clock() == .fail)
    #expect(
      try desk.texts("SELECT status FROM request WHERE kind = 'grant' AND origin = 'self'") == [
        "pending"
      ])
    desk.wait(.minutes(59))
    #expect(try run() == .clockLeap)
    desk.wait(.minutes(2))
    #expect(try run() == nil, "by the same clock, an hour later")
    #expect(try clock() == .ok)
    #expect(try desk.texts("SELECT status FROM request WHERE origin = 'self'") == ["lapsed"])
    desk.wait(.days(-400))
    #expect(try run() == .clockLeap, "before the newest entry")
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try run() == nil)
  }

  enum Taking: CaseIterable { case revoke, suspend, close }

  /// What was taken from somebody by a clock that was ahead is taken from them by the right one, too.
  @Test(arguments: Taking.allCases) func whatEndedInTheFutureHasEnded(way: Taking) throws {
    let (desk, _, _, _) = try Desk.office()
    desk.wait(.days(400))
    let id: AccountID = try desk.id("SELECT account FROM permission WHERE request = 2")
    switch way {
    case .revoke: try desk.owner().revoke(2, reason: "調職")
    case .suspend: _ = try desk.owner().change(account: id, .suspend, reason: "調職")
    case .close: _ = try desk.owner().change(account: id, .close, reason: "調職")
    }
    desk.wait(.days(-400))
    desk.wait(.minutes(1))
    let held = try desk.owner().permissions(ReportFilter(), at: nil)
    #expect(held.map(\.request) == [1])
    #expect(try desk.owner().permissions(ReportFilter(agency: Office.cdc), at: nil).isEmpty)
    if way == .suspend {
      _ = try desk.owner().change(account: id, .restore, reason: "復職")
      #expect(try desk.owner().permissions(ReportFilter(), at: nil).map(\.request) == [1, 2])
    }
  }

  /// What was sent back, or invited, by a clock that was ahead grows old by the right one.
  @Test(arguments: [false, true]) func whatWaitsFromTheFutureGrowsOld(isRun: Bool) throws {
    let (desk, _, _, _) = try Desk.office()
    desk.wait(.days(400))
    let li = try desk.signedIn(.li)
    let lin = try desk.signedIn(.lin)
    let number = try lin.ask(.general)
    _ = try li.reject(.numbers([number]), reason: "補件", returns: true)
    let invited = try #require(
      try desk.owner().importBatch(Sheet([.tsai]).order).rows.first?.request)
    #expect(try desk.signedIn(.chen).approve(invited) == nil)
    desk.wait(.days(-400))
    desk.wait(.minutes(1))
    let status: SQL = """
      SELECT r.status || ' ' || a.status FROM request r JOIN account a ON a.id = r.account
      WHERE r.id IN (?1, ?2) ORDER BY r.id
      """
    let run = { () throws -> [String] in
      if isRun {
        _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
      } else {
        for number in [number, invited] {
          let id: AccountID = try desk.id("SELECT account FROM request WHERE id = ?", number)
          _ = try desk.owner().export(account: id)
        }
      }
      return try desk.texts(status, number, invited)
    }
    #expect(try run() == ["returned active", "approved invited"])
    desk.wait(.days(29))
    #expect(try run() == ["returned active", "approved invited"])
    desk.wait(.days(1))
    let listed = try desk.owner().queue(PendingFilter(status: .lapsed, isOfSeen: true)).items
    #expect(listed.map(\.number) == [number])
    #expect(try run() == ["lapsed active", "approved closed"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  @Test func aFileOnAnotherHostBringsNobodyAlong() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let waiting = try desk.shell(of: .li).apply(try Person.li.form())
    let codes = try desk.codes(waiting.reference)
    func there(_ caller: String) throws -> Service {
      var world = desk.world(caller)
      world.host = HostFacts(root: "/nonexistent", machine: [UInt8](repeating: 9, count: 32))
      return Service(store: try Store(path: desk.path, world: world, settings: desk.settings))
    }
    let moved = try there(Person.chen.caller)
    #expect(try refusal { _ = try moved.ask(.general) } == .sessionExpired)
    #expect(
      try refusal {
        _ = try there(Person.li.caller).prove(waiting.reference.text, codes: codes)
      } == .codeExpired)
    #expect(try desk.texts("SELECT subject FROM audit WHERE action = 'host.changed'") == ["host:2"])
    #expect(try refusal { _ = try chief.ask(.general) } == .sessionExpired)
  }

  enum Forgery: String, CaseIterable {
    case decision = """
      INSERT INTO decision (request, verdict, reviewer, caller, decided_at)
      VALUES ((SELECT max(id) FROM request), 'withdrawn', NULL, 'uid:0', 1);
      """
    case session = """
      INSERT INTO session (caller, name, account, email_proven, sms_proven, created_at, used_at,
        expires_at) SELECT 'uid:x', 'default', id, 1, 1, 1, 1, 28801 FROM account
        WHERE status = 'active' LIMIT 1;
      """
    case account = """
      INSERT INTO account (agency, name, name_key, email, mobile, status, created_at, status_at)
      VALUES (1, 'x', 'x', 'x@y.tw', '+886911999999', 'active', 1, 1);
      """
    case lost = "DELETE FROM audit_person WHERE seq = (SELECT max(seq) FROM audit_person);"
    case misplaced = """
      DROP TRIGGER audit_person_stays; UPDATE audit_person SET account = 1 WHERE account <> 1;
      """
    case erased = """
      UPDATE account SET status = 'closed' WHERE id > 1;
      UPDATE account SET name = NULL, name_key = NULL, email = NULL, mobile = NULL, title = NULL,
        unit = NULL, phone = NULL, erased_at = 1 WHERE id > 1;
      """
  }

  @Test(arguments: Forgery.allCases)
  func aRowWithoutItsEntryIsFound(what: Forgery) throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    _ = try li.ask(.general)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    #expect(try desk.sqlite3(what.rawValue) == "")
    #expect(try refusal { _ = try desk.owner().verifyAudit(anchors: nil) } == .auditBroken)
  }

  /// A decision that somebody takes out, to have another one, is missed.
  @Test(arguments: [RequestStatus.rejected, .returned, .approved])
  func aDecisionThatIsTakenOutIsMissed(verdict: RequestStatus) throws {
    let (desk, chief, li, _) = try Desk.office()
    let number = try desk.opened(.tsai).ask(.admin)
    if verdict == .approved {
      #expect(try chief.approve(number) == nil)
    } else {
      _ = try chief.reject(.numbers([number]), reason: "不符", returns: verdict == .returned)
    }
    _ = li
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    let triggers = try desk.texts(
      "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema WHERE type = 'trigger'")
    #expect(
      try desk.sqlite3(
        "PRAGMA foreign_keys = 0;" + triggers.joined() + """
          DELETE FROM permission WHERE request = \(number); DELETE FROM decision WHERE request = \(number);
          UPDATE request SET status = 'pending', round = 1, turned_at = NULL WHERE id = \(number);
          """) == "")
    #expect(try refusal { _ = try desk.owner().verifyAudit(anchors: nil) } == .auditBroken)
  }

  @Test func anErasedPersonIsNoBreak() throws {
    let desk = try Desk()
    _ = try desk.opened(.li)
    let id = AccountID(
      try desk.number("SELECT id FROM account WHERE email = 'li@cdc.gov.tw'"))
    _ = try desk.owner().change(account: id, .erase, reason: "當事人請求")
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }
}
