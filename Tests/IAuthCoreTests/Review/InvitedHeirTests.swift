// A hand-over (交接) to somebody who is only invited, and what a reviewer is shown of it (PRODUCT 3.4,
// 11.1).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct InvitedHeirTests {
  /// Somebody invited takes over once they have signed in, which is shown, and cuts nothing before.
  @Test(arguments: ["", "2026-03-04"]) func aRenewalBesideSomebodyInvitedSaysSo(
    day: String
  ) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.opened(.li)
    let bounded = try li.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 20)
    ).number
    #expect(try chief.approve(bounded) == nil)
    let report = try desk.signedIn(.chen).importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期",
        "\(Office.cdc),蔡英傑,tsai@cdc.gov.tw,0911000005,交接,李小明,li@cdc.gov.tw,\(day)",
      ]).order)
    let heir = try #require(report.rows[0].request)
    let until = PermissionOrder(role: .admin, until: desk.today + 90)
    let before = try li.requestPermission(until).number
    _ = try desk.administrator(.wu, approvedBy: chief)
    let version = try chief.detail(before).item.version
    #expect(try desk.signedIn(.wu).approve(heir) == nil)
    #expect(try chief.approve(before, expecting: version) == .requestChanged)
    try li.withdraw(before)
    desk.wait(.days(1))
    let renewal = try desk.signedIn(.li).requestPermission(until).number
    let reviewer = try desk.chief()
    let taken = try #require(try reviewer.detail(renewal).takenOver)
    #expect(taken.request == heir)
    let outcome = try reviewer.approve(.numbers([renewal]), note: nil, expecting: nil)[0]
    #expect(outcome.refusal == nil && outcome.takenOver == taken)
    #expect(
      try desk.number("SELECT ends_at FROM permission WHERE request = ?", renewal)
        == Timestamp(startOfTaipeiDay: desk.today + 90).seconds)
    // What was sent, and what still waits to be.
    let mails = try (desk.spool("mail/new") + desk.texts("SELECT body FROM message"))
      .filter { $0.contains("once somebody who is invited has signed in (request \(heir))") }
    #expect(
      mails.map { mail in ["待您審核", "已核准"].first { mail.contains($0) } }
        == ["待您審核", "待您審核", "已核准"], "both who may decide, and the holder")
    for mail in mails { #expect(mail.contains("受邀者登入後即由其接任（申請案 \(heir)）")) }
    try desk.signedIn(.tsai)
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request = ?", renewal)
        == [day.isEmpty ? "revoked" : "active"])
  }
}
