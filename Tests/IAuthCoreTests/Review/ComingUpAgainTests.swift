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

  /// Who submitted it may be gone and erased by its day, and by its end: nobody is written to, and
  /// nothing stops for it.
  @Test(arguments: [true, false]) func whoSubmittedItMayBeErased(isBefore: Bool) throws {
    let (desk, change) = try planned()
    desk.wait(.days(1))
    try desk.opened(
      Person(agency: Office.cdc, name: "張他人", email: "meiling@cdc.gov.tw", mobile: "0911000077"))
    let huang: AccountID = try desk.id("SELECT id FROM account WHERE email = ?", Person.huang.email)
    let erase = {
      _ = try desk.owner().change(account: huang, .close, reason: "離職")
      _ = try desk.owner().change(account: huang, .erase, reason: "離職")
    }
    if isBefore { try erase() }
    desk.wait(.days(10))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    let status = { try desk.texts("SELECT status FROM request WHERE id = ?", change) }
    try #require(try status() == ["pending"])
    if !isBefore { try erase() }
    #expect(try desk.chief().reject(change) == nil)
    #expect(try status() == ["rejected"])
  }

  /// How it ended is told to who submitted it, and to whom it is about what others did.
  @Test(arguments: ["approve", "reject", "person", "submitter"])
  func howItEndedIsTold(end: String) throws {
    let (desk, change) = try planned()
    desk.wait(.days(1))
    if end == "approve" {
      let chief = try desk.chief()
      _ = try desk.administrator(.wu, approvedBy: chief)
      _ = try desk.signedIn(.wu).revoke(1, reason: "調職")
    } else {
      try desk.opened(
        Person(
          agency: Office.cdc, name: "張他人", email: "meiling@cdc.gov.tw", mobile: "0911000077"))
    }
    desk.wait(.days(10))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    let actor: Person =
      switch end {
      case "approve": .wu
      case "reject": .chen
      case "person": .lin
      default: .huang
      }
    let service = try desk.signedIn(actor)
    let last = try desk.number("SELECT max(id) FROM message")
    let post = try desk.post {
      switch end {
      case "approve": #expect(try service.approve(change) == nil)
      case "reject": #expect(try service.reject(change) == nil)
      default: try service.withdraw(change)
      }
    }
    let lin = end == "approve" ? "meiling@cdc.gov.tw" : Person.lin.email
    let told: [String] =
      switch end {
      case "person": ["notice \(Person.huang.email)"]
      case "submitter": ["notice \(lin)"]
      case "reject": ["decision \(lin)", "notice \(Person.huang.email)"]
      // The old address hears that it is replaced.
      default: ["decision \(lin)", "notice \(Person.huang.email)", "notice \(Person.lin.email)"]
      }
    #expect(post.sorted() == told.sorted())
    let bodies = try desk.texts(
      "SELECT body FROM message WHERE id > ?1 AND kind = 'notice' AND recipient = ?2", last,
      end == "submitter" ? lin : Person.huang.email)
    #expect(bodies.count == 1)
    let word: String =
      switch end {
      case "approve": "已核准"
      case "reject": "已退件"
      case "person": "已由當事人撤回"
      default: "恢復使用"
      }
    #expect(bodies.allSatisfy { $0.contains(word) && !$0.contains("張他人") })
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// What is approved for a day holds from then on; nothing has rested.
  @Test func theApprovalOfADatedChangeSaysFromWhen() throws {
    let (desk, _) = try planned()
    let bodies = try desk.texts("SELECT body FROM message WHERE kind = 'decision'")
    let mails = try (desk.spool("mail/new") + bodies).filter {
      $0.contains("已核准") && $0.contains("變更聯絡資料")
    }
    #expect(mails.count == 1)
    for mail in mails {
      #expect(mail.contains("自 2026-03-12 起生效") && mail.contains("from 2026-03-12 on"))
      #expect(!mail.contains("恢復使用") && !mail.contains("permission again"))
    }
  }

  /// Nobody decides in time, or what was sent back is not mended: whom it is about hears what that
  /// means for them, and has nothing to ask for.
  @Test(arguments: [true, false]) func whatLapsesLeavesAPermissionThatWorks(isReturned: Bool) throws
  {
    let (desk, change) = try planned()
    desk.wait(.days(1))
    try desk.opened(
      Person(
        agency: Office.cdc, name: "張他人", email: "meiling@cdc.gov.tw", mobile: "0911000077"))
    desk.wait(.days(10))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    if isReturned {
      _ = try desk.chief().reject(.numbers([change]), reason: "補正", returns: true)
      let receipt = try desk.signedIn(.lin).status()
      #expect(receipt.pendingChange == change && receipt.isChangeReturned)
    }
    desk.wait(.days(isReturned ? 31 : 181))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    let mails = try desk.spool("mail/new").filter {
      $0.contains("To: \(Person.lin.email)") && $0.contains("已失效")
    }
    #expect(mails.count == 1)
    for mail in mails {
      #expect(mail.contains("權限恢復使用") && mail.contains("works again"))
      #expect(mail.contains(Person.huang.name) && !mail.contains("request-permission --system"))
      #expect(mail.contains("退回補正") == isReturned)
    }
  }

  /// Who is to ask again is the form's submitter.
  @Test func aRejectedChangeIsTheSubmittersToHandInAgain() throws {
    let (desk, change) = try planned()
    desk.wait(.days(1))
    try desk.opened(
      Person(
        agency: Office.cdc, name: "張他人", email: "meiling@cdc.gov.tw", mobile: "0911000077"))
    desk.wait(.days(10))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    for mail in try desk.spool("mail/new") { #expect(!mail.contains("其的")) }
    #expect(try desk.chief().reject(change) == nil)
    let mail = try desk.texts(
      "SELECT body FROM message WHERE kind = 'decision' ORDER BY id DESC LIMIT 1")[0]
    #expect(mail.contains("審核後退件") && !mail.contains("request-permission --system"))
    #expect(mail.contains("原提報者") && mail.contains("黃淑芬") && mail.contains("the sheet"))
  }
}
