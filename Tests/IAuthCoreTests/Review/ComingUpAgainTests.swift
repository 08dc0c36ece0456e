// A change that was approved for a day, and is not made on it (PRODUCT 3.4, 3.6): whom it concerns is
// told once, and why; who decides anew sees the reason.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ComingUpAgainTests {
  /// 黃淑芬's form gives 林美玲, who administers 疾病管制署, another address ten days from now.
  private func planned() throws -> (Desk, change: RequestID) {
    let desk = try Desk()
    let chief = try desk.chief()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    _ = try desk.administrator(.lin, approvedBy: chief)
    let report = try huang.importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期",
        "\(Office.cdc),林美玲,meiling@cdc.gov.tw,0911000004,修改,林美玲,lin@cdc.gov.tw,2026-03-12",
      ]).order)
    let change = try #require(report.rows[0].request)
    try #require(try chief.approve(change) == nil)
    return (desk, change)
  }

  @Test(arguments: [ReopenCause.contactTaken, .contactsReplaced, .reviewersChanged])
  func whomItConcernsIsToldOnceWhy(cause: ReopenCause) throws {
    let (desk, change) = try planned()
    desk.wait(.days(1))
    switch cause {
    case .contactTaken:
      try desk.opened(
        Person(
          agency: Office.cdc, name: "張他人", email: "meiling@cdc.gov.tw", mobile: "0911000077"))
    case .contactsReplaced:
      try desk.opened(Person.lin.with(mobile: "0911000044"))
      let own: RequestID = try desk.id("SELECT max(id) FROM request")
      try #require(try desk.chief().approve(own) == nil)
    case .reviewersChanged:
      let chief = try desk.chief()
      _ = try desk.administrator(.wu, approvedBy: chief)
      _ = try desk.signedIn(.wu).revoke(1, reason: "調職")
    }
    desk.wait(.days(10))
    let run = {
      try desk.post { _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true) }
        .filter { $0.hasPrefix("notice") }
    }
    let reviewer = cause == .reviewersChanged ? Person.wu : .chen
    #expect(
      try run().sorted()
        == [
          "notice \(reviewer.email)", "notice \(Person.huang.email)", "notice \(Person.lin.email)",
        ]
        .sorted())
    #expect(try run().isEmpty)
    let mails = try desk.spool("mail/new").suffix(6).filter { $0.contains("重新審核") }
    #expect(mails.count == 3)
    for mail in mails {
      #expect(mail.contains(cause.text.chinese) && mail.contains(cause.text.english))
      #expect(!mail.contains("張他人") && !mail.contains("0911"))
    }
    #expect(mails.filter { $0.contains("admin") && $0.contains("permission rests") }.count == 2)
    let detail = try desk.signedIn(reviewer).detail(change)
    #expect(detail.history.last?.action == "request.reopen")
    #expect(detail.history.last?.outcome == cause.rawValue)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }
}
