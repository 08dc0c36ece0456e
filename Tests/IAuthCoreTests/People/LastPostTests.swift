// The authority always has somebody who stays: every way to take its last administrator away, with
// another one in every state in which they are no successor (PRODUCT 4.2).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct LastPostTests {
  /// 吳志明, beside 陳怡君.
  enum Other: CaseIterable { case none, invited, lapsed, resting, dated, suspended, closed, stays }

  enum Way: CaseIterable { case suspend, close, erase, revoke, own, applyAgain, end, idle }

  private static let settings = {
    var settings = Settings()
    settings.idleAfter = .days(90)
    return settings
  }()

  private func appointed(_ desk: Desk) throws -> RequestID {
    try desk.owner().appoint(try Person.wu.form(), system: "spm").number
  }

  private func account(_ person: Person, _ desk: Desk) throws -> AccountID {
    try desk.id("SELECT id FROM account WHERE email = ?", person.email)
  }

  private func desk(_ other: Other) throws -> Desk {
    let desk = try Desk(Self.settings)
    try desk.chief()
    guard other != .none else { return desk }
    let number = try appointed(desk)
    if other == .lapsed { desk.wait(.days(30)) }
    guard other != .invited, other != .lapsed else { return desk }
    try desk.opened(.wu)
    switch other {
    case .resting:
      desk.wait(.minutes(1))
      try desk.opened(.wu.with(mobile: "0922000002"))
    case .dated:
      let end = desk.clock.now.seconds + 86_400
      try #require(
        try desk.sqlite3("UPDATE permission SET ends_at = \(end) WHERE request = \(number)") == "")
    case .suspended, .closed:
      _ = try desk.owner().change(
        account: try account(.wu, desk), other == .closed ? .close : .suspend, reason: "離職")
    default: break
    }
    return desk
  }

  /// Tries to end 陳怡君's post, or to put it to rest.
  private func refusal(of way: Way, _ desk: Desk) throws -> ErrorCode? {
    let id = try account(.chen, desk)
    let number: RequestID = try desk.id("SELECT request FROM permission WHERE account = ?", id)
    let serviceOperator = try desk.owner()
    desk.wait(.minutes(1))
    return try IAuthCoreTests.refusal {
      switch way {
      case .suspend: _ = try serviceOperator.change(account: id, .suspend, reason: "離職")
      case .close: _ = try serviceOperator.change(account: id, .close, reason: "離職")
      case .erase: _ = try serviceOperator.change(account: id, .erase, reason: "離職")
      case .revoke: try serviceOperator.revoke(number, reason: "離職")
      case .own: try desk.chief().revoke(number, reason: "離職")
      case .applyAgain: try desk.opened(.chen.with(mobile: "0922000001"))
      case .end:
        let end = "UPDATE permission SET ends_at = 1 WHERE request = \(number)"
        if try desk.sqlite3(end).contains("account.last") { throw IAuthError.accountLast }
      case .idle:
        // 吳志明 is in use all the time, whatever the state.
        _ = try desk.sqlite3("UPDATE account SET used_at = used_at + 7776000 WHERE id <> \(id)")
        // The first run warns, two weeks before the one that suspends.
        for days in [76, 14] {
          desk.wait(.days(Int64(days)))
          _ = try serviceOperator.remind(after: nil, isDryRun: false, isClockRight: true)
        }
        let isSpared = try desk.texts("SELECT status FROM account WHERE id = ?", id) == ["active"]
        if isSpared { throw IAuthError.accountLast }
      }
    }
  }

  @Test(arguments: Other.allCases, Way.allCases)
  func theLastOneStays(other: Other, way: Way) throws {
    let desk = try desk(other)
    #expect(try refusal(of: way, desk) == (other == .stays ? nil : .accountLast))
    let posts = try desk.number("SELECT count(*) FROM authority_admin WHERE stays")
    #expect(posts == 1)
  }

  /// 陳怡君's own permission rests or has an end, and there is nobody else: it is kept all the same.
  @Test(
    arguments: [Other.resting, .dated], [Way.suspend, .close, .erase, .revoke, .own, .applyAgain])
  func whoIsNotInOfficeForLongIsNotTakenAwayEither(state: Other, way: Way) throws {
    let desk = try Desk()
    try desk.chief()
    // Neither can come about any more; a file of another hand may say so.
    try #require(try desk.sqlite3("DROP TRIGGER permission_keeps_authority") == "")
    try #require(try desk.sqlite3("DROP TRIGGER request_keeps_authority") == "")
    let end = desk.clock.now.seconds + 864_000
    try #require(
      try desk.sqlite3(
        state == .dated
          ? "UPDATE permission SET ends_at = \(end)"
          : "INSERT INTO request (account, agency, system, role, kind, origin, created_at, "
            + "change_name, change_email, change_mobile) "
            + "SELECT account, agency, system, role, 'change', 'self', \(end), "
            + "'陳怡君', 'c@ey.gov.tw', '+886922000009' FROM permission") == "")
    #expect(try refusal(of: way, desk) == .accountLast)
  }

  /// However it has come about: an end that is over is written down, and stops no sweep.
  @Test func whatTimeHasEndedIsOver() throws {
    let desk = try Desk()
    _ = try desk.chief()
    let rule = try #require(
      try desk.texts("SELECT sql FROM sqlite_schema WHERE name = 'permission_keeps_authority'")
        .first)
    let end = desk.clock.now.seconds + 864_000
    try #require(
      try desk.sqlite3(
        "DROP TRIGGER permission_keeps_authority; UPDATE permission SET ends_at = \(end); \(rule);")
        == "")
    desk.wait(.days(11))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.texts("SELECT status FROM permission") == ["revoked"])
  }

  @Test func theFirstReviewerWhoNeverCameIsNoLastAdministrator() throws {
    let desk = try Desk()
    let id = try account(.chen, desk)
    #expect(try desk.owner().change(account: id, .close, reason: "信箱誤植") == .closed)
    #expect(try appointed(desk) == 2)
  }

  /// They apply with the mobile that is right: it is their account, and waits for a reviewer.
  @Test func theInvitedReviewerWithOtherContactsRestsFromTheStart() throws {
    let desk = try Desk()
    let right = Person.chen.with(mobile: "0922000001")
    let session = try desk.opened(right).status()
    #expect(session.status == .active && session.pendingChange == 2)
    #expect(
      try desk.owner().administrators(agency: Office.authority, system: nil).isEmpty)
    _ = try appointed(desk)
    #expect(try desk.opened(.wu).approve(2) == nil)
    #expect(
      try desk.owner().administrators(agency: Office.authority, system: nil).map(\.name)
        == ["陳怡君", "吳志明"])
  }

  // MARK: Sheets

  private static let title = "機關OID,姓名,公務信箱,手機,異動類別,角色,原管理者姓名,原公務信箱"

  @Test(arguments: ["刪除", "修改", "新增"], ["", "機關管理者", "一般權限"])
  func noSheetTouchesAnAdministratorOfTheAuthority(change: String, role: String) throws {
    let desk = try Desk()
    try desk.chief()
    _ = try appointed(desk)
    try desk.opened(.wu)
    let mobile = change == "修改" ? "0922000002" : Person.wu.mobile
    let sheet = Sheet(lines: [
      Self.title,
      "\(Office.authority),吳志明,wu@ey.gov.tw,\(mobile),\(change),\(role),吳志明,wu@ey.gov.tw",
    ])
    let before = try desk.sqlite3("SELECT * FROM request; SELECT * FROM permission")
    for service in [try desk.owner(), try desk.chief()] {
      let row = try #require(try service.importBatch(sheet.order).rows.first)
      // To take away, or to give, what an administrator has anyway asks for nothing.
      let isNothing = role == "一般權限" && change != "修改"
      #expect(row.problems.map(\.code) == (isNothing ? [] : ["agency.outside"]))
      #expect(row.outcome == (isNothing ? .unchanged : .rejected))
    }
    #expect(try desk.sqlite3("SELECT * FROM request; SELECT * FROM permission") == before)
  }

  @Test func aGeneralUserOfTheAuthorityIsChangedByItsOwnAdministrators() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    #expect(try chief.approve(try desk.opened(.wu).ask(.general)) == nil)
    let sheet = Sheet(lines: [
      Self.title,
      "\(Office.authority),吳志明,wu@ey.gov.tw,0922000002,修改,一般權限,吳志明,wu@ey.gov.tw",
    ])
    let row = try #require(try desk.owner().importBatch(sheet.order).rows.first)
    let number = try #require(row.request)
    #expect(try desk.texts("SELECT role FROM request WHERE id = ?", number) == ["general"])
    #expect(try chief.approve(number) == nil)
    #expect(
      try desk.texts("SELECT mobile FROM account WHERE email = 'wu@ey.gov.tw'") == ["+886922000002"]
    )
  }
}
