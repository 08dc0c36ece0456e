// One post goes to one successor, whatever becomes of the others who were to take it over (PRODUCT
// 11.1).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct RivalTests {
  private func names(_ desk: Desk) throws -> [String] {
    try desk.owner().administrators(agency: Office.cdc, system: nil).map(\.name)
  }

  private func account(_ person: Person, _ desk: Desk) throws -> AccountID {
    try desk.id("SELECT id FROM account WHERE email = ?", person.email)
  }

  /// A row of a form about 李小明, whom `person` is to follow, or who only goes.
  private func form(
    _ person: Person, _ change: String, _ day: String, _ desk: Desk
  ) throws -> RequestID {
    let row = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期",
      "\(Office.cdc),\(person.name),\(person.email),\(person.mobile),\(change),"
        + (change == "交接" ? "\(Person.li.name),\(Person.li.email)," : ",,") + day,
    ]).order
    return try #require(try desk.owner().importBatch(row).rows[0].request)
  }

  private func run(_ desk: Desk, after days: Int64) throws {
    desk.wait(.days(days))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
  }

  private func state(_ number: RequestID, _ desk: Desk) throws -> [String] {
    try desk.texts("SELECT status FROM permission WHERE request = ?", number)
  }

  /// Who was suspended on the day takes nothing over afterwards that somebody else has.
  @Test func whoCouldNotOnTheDayIsLate() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let late = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 3, replaces: 2)
    ).number
    try #require(try chief.approve(late) == nil)
    _ = try desk.owner().change(account: try account(.lin, desk), .suspend, reason: "調查")
    try run(desk, after: 4)
    #expect(try names(desk) == ["李小明"])
    let number = try desk.opened(.tsai).requestPermission(
      PermissionOrder(role: .admin, replaces: 2)
    ).number
    let judge = try desk.signedIn(.chen)
    let post = try desk.post { try #require(try judge.approve(number) == nil) }
    #expect(post.filter { $0 == "notice lin@cdc.gov.tw" }.count == 1)
    #expect(try state(late, desk) == ["revoked"])
    _ = try desk.owner().change(account: try account(.lin, desk), .restore, reason: "查畢")
    #expect(try names(desk) == ["蔡英傑"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Nor does somebody invited who comes after another one has.
  @Test func anInvitationToAPostThatIsTakenEnds() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let invited = try form(.tsai, "交接", "", desk)
    try #require(try chief.approve(invited) == nil)
    #expect(try names(desk) == ["李小明"], "who has proven nothing takes over nothing")
    let number = try lin.requestPermission(PermissionOrder(role: .admin, replaces: 2)).number
    try #require(try chief.approve(number) == nil)
    #expect(try names(desk) == ["林美玲"])
    #expect(try state(invited, desk) == ["revoked"])
    #expect(
      try desk.texts(
        "SELECT a.status FROM account a JOIN request r ON r.account = a.id WHERE r.id = ?", invited)
        == ["closed"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Of two who were to follow somebody whose own day comes before theirs, the first does.
  @Test func thePostThatWasOverGoesToOne() throws {
    let (desk, chief, _, _) = try Desk.office()
    let other = Person.tsai.with(name: "王新人", email: "new@cdc.gov.tw", mobile: "0922000078")
    let first = try form(.tsai, "交接", "2026-03-12", desk)
    let second = try form(other, "交接", "2026-03-18", desk)
    _ = try form(.li, "刪除", "2026-03-09", desk)  // by the operator: done
    for number in [first, second] { try #require(try chief.approve(number) == nil) }
    for person in [.tsai, other] { try desk.signedIn(person) }
    try run(desk, after: 11)
    #expect(try names(desk) == ["蔡英傑"])
    #expect(try state(second, desk) == ["revoked"])
    try run(desk, after: 11)
    #expect(try names(desk) == ["蔡英傑"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Whose permission ends on the day anyway is not told that it goes on.
  @Test func whatEndsAnywayDoesNotGoOn() throws {
    let (desk, chief, _, _) = try Desk.office()
    _ = try form(.li, "刪除", "2026-03-12", desk)
    let invited = try form(.tsai, "交接", "2026-03-12", desk)
    try #require(try chief.approve(invited) == nil)
    let post = try desk.post { try run(desk, after: 11) }
    #expect(post.filter { $0 == "notice li@cdc.gov.tw" }.count == 1)
    #expect(try state(RequestID(2), desk) == ["revoked"], "which is told, and nothing else")
  }
}
