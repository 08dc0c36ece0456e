// What happens between a request and its approval can stand in the way of it (PRODUCT 3.4).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ObstacleTests {
  @Test func generalIsNotGrantedBesideAnAdminPermission() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let general = try lin.ask(.general)
    #expect(try chief.approve(try lin.ask(.admin)) == nil)
    let li = try desk.signedIn(.li)
    // The other grant has made it pointless.
    #expect(try li.approve(general) == .requestDecided)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", general) == ["superseded"])
    #expect(try desk.number("SELECT count(*) FROM permission WHERE role = 'general'") == 0)
  }

  /// 林美玲, an administrator, whose address a form changes in ten days.
  private func office(isAdmin: Bool = true) throws -> (Desk, RequestID, ImportOrder) {
    let (desk, chief, _, lin) = try Desk.office()
    if isAdmin { #expect(try chief.approve(try lin.ask(.admin)) == nil) }
    let form = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期",
      "\(Office.cdc),\(Person.lin.name),meiling@cdc.gov.tw,\(Person.lin.mobile),修改,"
        + "\(Person.lin.name),\(Person.lin.email),2026-03-11",
    ]).order
    let number = try #require(try desk.owner().importBatch(form).rows[0].request)
    try #require(try desk.signedIn(.chen).approve(number) == nil)
    return (desk, number, form)
  }

  private func run(_ desk: Desk, after days: Int64) throws {
    desk.wait(.days(days))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
  }

  private func state(_ number: RequestID, _ desk: Desk) throws -> [String] {
    try desk.texts("SELECT status || ' ' || round FROM request WHERE id = ?", number)
  }

  private func contacts(_ desk: Desk) throws -> [String] {
    try desk.texts("SELECT email || ' ' || mobile FROM account WHERE name = '林美玲'")
  }

  /// A change that waits for its day does not undo what the person has proven meanwhile: whoever
  /// decides sees what stands there now (PRODUCT 3.4: what is approved is what was shown).
  @Test(arguments: [true, false]) func newerContactsAreDecidedOnAgain(isAdmin: Bool) throws {
    let (desk, number, _) = try office(isAdmin: isAdmin)
    desk.wait(.minutes(2))
    try desk.opened(.lin.with(mobile: "0922777777"))
    if isAdmin {
      let newer: RequestID = try desk.id("SELECT max(id) FROM request WHERE kind = 'change'")
      #expect(try desk.signedIn(.chen).approve(newer) == nil)
    }
    let now = ["\(Person.lin.email) +886922777777"]
    #expect(try contacts(desk) == now)
    try run(desk, after: 11)
    #expect(try contacts(desk) == now)
    #expect(try state(number, desk) == ["pending 2"])
    try run(desk, after: 1)
    #expect(try state(number, desk) == ["pending 2"])
    #expect(try desk.signedIn(.chen).approve(number) == nil, "if they say so still")
    #expect(try contacts(desk) == ["meiling@cdc.gov.tw +886\(Person.lin.mobile.dropFirst())"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Nor does it wait in silence where the address is somebody else's on the day.
  @Test func aTakenAddressIsDecidedOnAgain() throws {
    let (desk, number, _) = try office()
    try desk.opened(.tsai.with(email: "meiling@cdc.gov.tw"))
    let post = try desk.post { try run(desk, after: 11) }
    #expect(post.contains { $0.hasPrefix("notice chen@") })
    #expect(try state(number, desk) == ["pending 2"])
    #expect(try desk.signedIn(.chen).approve(number) == .accountTaken)
    #expect(try desk.signedIn(.chen).reject(number) == nil)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Beside one that waits for its day another row says so, and is not said to wait for a review.
  @Test func aRowBesideADatedChangeIsToldItsDay() throws {
    let (desk, number, form) = try office()
    #expect(try desk.owner().importBatch(form).rows[0].outcome == .unchanged)
    let other = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱",
      "\(Office.cdc),\(Person.lin.name),lin2@cdc.gov.tw,\(Person.lin.mobile),修改,"
        + "\(Person.lin.name),\(Person.lin.email)",
    ]).order
    let problems = try desk.owner().importBatch(other).rows[0].problems
    #expect(problems.map(\.code) == ["row.conflict"])
    #expect(
      problems[0].message.english
        == "request \(number), which changes this person's data, is approved and waits for its day, "
        + "2026-03-11")
  }
}
