// Hand-overs and the forms of those whom they are about (PRODUCT 3.5, 11.1).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct HandOverFormTests {
  /// Whoever hands forms in stops none of their own permission by a row 刪除.
  @Test func nobodyStopsAHandOverOfTheirOwn() throws {
    let (desk, chief, li, _) = try Desk.office()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let heir = Person(
      agency: Office.mohw, name: "趙接手", email: "zhao@mohw.gov.tw", mobile: "0911000066")
    let own: RequestID = try desk.id("SELECT max(request) FROM permission")
    let request = try desk.opened(heir).requestPermission(
      PermissionOrder(role: .admin, replaces: own)
    ).number
    let order = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別",
      "\(Office.mohw),\(heir.name),\(heir.email),\(heir.mobile),刪除",
    ]).order
    let row = try huang.importBatch(order).rows[0]
    #expect(row.problems.map(\.code) == ["request.own"])
    let status = { try desk.texts("SELECT status FROM request WHERE id = ?", request) }
    #expect(try status() == ["pending"])
    // The operator may.
    #expect(try desk.owner().importBatch(order).rows[0].outcome == .accepted)
    #expect(try status() == ["withdrawn"])
    _ = li
  }

  /// Whoever has submitted that their own permission is handed over has heard of nothing, and hears
  /// of the batch only.
  @Test func whoHandsOverTheirOwnHearsOfTheBatch() throws {
    let (desk, chief, _, _) = try Desk.office()
    let heir = Person(
      agency: Office.mohw, name: "趙接手", email: "zhao@mohw.gov.tw", mobile: "0911000066")
    try desk.opened(heir)
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let number = try #require(
      try huang.importBatch(
        Sheet(lines: [
          "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱",
          "\(Office.mohw),\(heir.name),\(heir.email),\(heir.mobile),交接,"
            + "\(Person.huang.name),\(Person.huang.email)",
        ]).order
      ).rows[0].request)
    var refusal: ErrorCode?
    let post = try desk.post { refusal = try chief.reject(number) }
    #expect(refusal == nil)
    #expect(post == ["decision \(heir.email)", "notice \(Person.huang.email)"])
  }

  /// From the last day on a permission is taken over at the latest: nobody would hold it in between.
  @Test(arguments: [(20, true), (21, true), (22, false)])
  func aHandOverAfterTheEnd(days: Int64, isAccepted: Bool) throws {
    let (desk, chief, _, _) = try Desk.office()
    let huang = try desk.opened(.huang)
    let number = try huang.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 20)
    ).number
    #expect(try chief.approve(number) == nil)
    let heir = Person(
      agency: Office.mohw, name: "趙接手", email: "zhao@mohw.gov.tw", mobile: "0911000066")
    let day = Timestamp(startOfTaipeiDay: desk.today + days).taiwanDay
    var order = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期",
      "\(Office.mohw),\(heir.name),\(heir.email),\(heir.mobile),交接,"
        + "\(Person.huang.name),\(Person.huang.email),\(day)",
    ]).order
    order.isDryRun = true
    let row = try #require(try desk.owner().importBatch(order).rows.first)
    #expect(row.problems.map(\.code) == (isAccepted ? [] : ["permission.none"]))
    let zhao = try desk.opened(heir)
    #expect(
      try refusal {
        _ = try zhao.requestPermission(
          PermissionOrder(role: .admin, from: desk.today + days, replaces: number))
      } == (isAccepted ? nil : .permissionNone))
  }

  /// What is to take over from somebody is renewed once it has: called off before, it gives back.
  @Test func aHandOverIsRenewedOnceItHasBegun() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let until = desk.today + 8
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5, until: until, replaces: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    let longer = PermissionOrder(role: .admin, from: until + 1, until: until + 20)
    #expect(try refusal { _ = try lin.requestPermission(longer) } == .permissionHeld)
    desk.wait(.days(6))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try refusal { _ = try desk.signedIn(.lin).requestPermission(longer) } == nil)
  }

  /// What is over is nobody's to take over, nor to stand in for, for whoever may know of it.
  @Test(arguments: [true, false]) func whatIsOverIsRefused(isHandOver: Bool) throws {
    let (desk, chief, _, _) = try Desk.office()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let other = Person(
      agency: Office.mohw, name: "趙接手", email: "zhao@mohw.gov.tw", mobile: "0911000066")
    let number = try #require(try huang.importBatch(Sheet([other]).order).rows[0].request)
    try #require(try chief.approve(number) == nil)
    try chief.revoke(number, reason: "調職")
    let own: RequestID = try desk.id(
      "SELECT max(request) FROM permission WHERE request < ?", number)
    try chief.revoke(own, reason: "調職")
    do throws(IAuthError) {
      _ = try huang.requestPermission(
        PermissionOrder(
          role: .admin, from: desk.today + 1, until: desk.today + 9,
          deputyFor: isHandOver ? nil : number, replaces: isHandOver ? number : nil))
      Issue.record("taken")
    } catch {
      #expect(error == .permissionNone(number: number))
    }
  }
}
