// What random walks and strangers found of hand-overs: one post, one successor (PRODUCT 11.1).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct WalkedHandOverTests {
  /// What somebody asked to have longer is pointless once somebody else has taken it over.
  @Test(arguments: [true, false]) func aRenewalDoesNotOutliveTheHandOver(isReturned: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.opened(.li)
    let first = try li.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 20)
    ).number
    try #require(try chief.approve(first) == nil)
    let renewal = try li.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 200)
    ).number
    if isReturned {
      _ = try chief.decide([
        DecisionOrder(number: renewal, verdict: .returned, note: "補公文", version: nil)
      ])
    }
    let lin = try desk.opened(.lin)
    let handOver = try lin.requestPermission(PermissionOrder(role: .admin, replaces: first)).number
    try #require(try chief.approve(handOver) == nil)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", renewal) == ["superseded"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What waits again is pointless once somebody has taken it over.
  @Test func whatWaitsAgainIsTakenOver() throws {
    let (desk, chief, _, lin) = try Desk.office()
    _ = try desk.administrator(.wu, approvedBy: chief)
    let later = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 3)
    ).number
    try #require(try chief.approve(later) == nil)
    let number = try desk.opened(.tsai).requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 6, replaces: later)
    ).number
    try chief.revoke(1, reason: "調職")
    for _ in 1...4 {
      desk.wait(.days(2))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    let status: SQL = "SELECT status FROM request WHERE id = ?"
    try #require(try desk.texts(status, later) == ["pending"])
    #expect(try desk.signedIn(.wu).approve(number) == nil)
    #expect(try desk.texts(status, later) == ["superseded"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Nobody is asked for a deputy of somebody who is gone.
  @Test func nobodyStandsInForWhoIsGone() throws {
    let (desk, _, _, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today, until: desk.today + 5, deputyFor: 2)
    ).number
    let id: AccountID = try desk.id("SELECT account FROM permission WHERE request = 2")
    let post = try desk.post {
      _ = try desk.owner().change(account: id, .close, reason: "離職")
    }
    #expect(post == ["notice lin@cdc.gov.tw", "notice li@cdc.gov.tw"])
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["superseded"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Whoever was to be replaced hears that they stay, also where nothing of the other may be kept.
  @Test(arguments: [AccountVerb.close, .erase]) func whoStaysHearsOfIt(_ verb: AccountVerb) throws {
    let (desk, chief, _, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 9, replaces: 2)
    ).number
    try #require(try chief.approve(number) == nil)
    let id: AccountID = try desk.id("SELECT account FROM request WHERE id = ?", number)
    let post = try desk.post { _ = try desk.owner().change(account: id, verb, reason: "離職") }
    #expect(post.filter { $0 == "notice li@cdc.gov.tw" }.count == 1)
    let bodies = try desk.texts(
      "SELECT body FROM message WHERE kind = 'notice' ORDER BY id DESC LIMIT 1")
    #expect(!bodies[0].contains(Person.lin.name))
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What comes up again in a late run, after its last day, has lapsed as in a run on that day.
  @Test func whatComesUpAgainTooLateLapses() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let handOver = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 3, replaces: 2)
    ).number
    try #require(try chief.approve(handOver) == nil)
    let number = try desk.opened(.tsai).requestPermission(
      PermissionOrder(role: .general, from: desk.today + 4, until: desk.today + 6)
    ).number
    try #require(try li.approve(number) == nil)
    desk.wait(.days(14))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["lapsed"])
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request = ?", number) == ["revoked"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  @Test func nobodyHandsOverTwice() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let first = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 9, replaces: 2)
    ).number
    try #require(try chief.approve(first) == nil)
    let tsai = try desk.opened(.tsai)
    let order = PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
    #expect(try refusal { _ = try tsai.requestPermission(order) } == .permissionNone)
    try lin.revoke(first, reason: "不接任")
    _ = try tsai.requestPermission(order)
  }

  /// Contacts that a form has changed are proven before anything is handed over.
  @Test func whoTakesOverHasProvenTheirContacts() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let form = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱",
      "\(Office.cdc),\(Person.lin.name),\(Person.lin.email),0922000004,修改,"
        + "\(Person.lin.name),\(Person.lin.email)",
    ]).order
    let change = try #require(try desk.owner().importBatch(form).rows[0].request)
    let number = try lin.requestPermission(PermissionOrder(role: .admin, replaces: 2)).number
    try #require(try chief.approve(number) == nil)
    try #require(try chief.approve(change) == nil)
    let isHeld: SQL = "SELECT status FROM permission WHERE request = 2"
    #expect(try desk.texts(isHeld) == ["active"])
    try desk.signedIn(.lin.with(mobile: "0922000004"))
    #expect(try desk.texts(isHeld) == ["revoked"])
  }

  /// What begins only later is taken over on its day, not before.
  @Test func nothingIsTakenOverBeforeItBegins() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let later = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
    ).number
    try #require(try chief.approve(later) == nil)
    let tsai = try desk.opened(.tsai)
    let order = PermissionOrder(role: .admin, from: desk.today + 5, replaces: later)
    let number = try tsai.requestPermission(order).number
    // No command asks for an earlier day; who has the file might.
    try desk.sqlite3(
      "DROP TRIGGER request_stays;"
        + "UPDATE request SET effective_at = effective_at - 345600 WHERE id = \(number)")
    #expect(try chief.approve(number) == .permissionNone)
    desk.wait(.days(6))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.signedIn(.chen).approve(number) == nil)
  }

  /// A form hands over the use of a system as it does a post.
  @Test func aFormHandsOverTheUse() throws {
    let (desk, _, li, lin) = try Desk.office()
    let use = try lin.ask(.general)
    try #require(try li.approve(use) == nil)
    try desk.opened(.tsai)
    let row = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,角色",
      "\(Office.cdc),\(Person.tsai.name),\(Person.tsai.email),\(Person.tsai.mobile),交接,"
        + "\(Person.lin.name),\(Person.lin.email),一般權限",
    ]).order
    let number = try #require(try desk.owner().importBatch(row).rows[0].request)
    #expect(try li.approve(number) == nil)
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request = ?", use) == ["revoked"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }
}
