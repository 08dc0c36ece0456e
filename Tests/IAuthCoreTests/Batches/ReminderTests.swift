// What time brings: reminders, digests and lapses, a year in seconds (PRODUCT 3.2, 3.4, 3.5, 3.7).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ReminderTests {
  /// Runs cron once; the mails that it queued to people, but for the operator's digest.
  private func run(_ desk: Desk) throws -> [String] {
    try desk.post { _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true) }
      .filter { !$0.hasSuffix("root@localhost") }
  }

  /// 李小明 reviews for 疾病管制署, where 林美玲 waits.
  private func waiting() throws -> (Desk, li: Service, number: RequestID) {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let number = try desk.opened(.lin).ask(.general)
    _ = try run(desk)
    return (desk, li, number)
  }

  @Test func eachThresholdIsRemindedOfOnce() throws {
    let (desk, _, _) = try waiting()
    var reminded: [Int] = []
    for day in 1...20 {
      desk.wait(.days(1))
      let post = try run(desk).filter { $0.hasPrefix("reminder") }
      #expect(post.allSatisfy { $0 == "reminder li@cdc.gov.tw" })
      if !post.isEmpty { reminded.append(day) }
      #expect(try run(desk).isEmpty, "twice on day \(day)")
    }
    #expect(reminded == [3, 7, 14])
  }

  @Test func missedRunsAreCaughtUpByOneMail() throws {
    let (desk, _, _) = try waiting()
    desk.wait(.days(10))
    #expect(try run(desk).filter { $0.hasPrefix("reminder") } == ["reminder li@cdc.gov.tw"])
    desk.wait(.days(1))
    #expect(try run(desk).isEmpty)
    #expect(try desk.number("SELECT count(*) FROM reminder") == 2)
  }

  @Test func whatWasDecidedIsDropped() throws {
    let (desk, _, number) = try waiting()
    desk.wait(.days(3))
    #expect(try desk.signedIn(.li).approve(number) == nil)
    #expect(try run(desk).filter { $0.hasPrefix("reminder") }.isEmpty)
  }

  @Test func aDryRunTellsAndMarksNothing() throws {
    let (desk, _, _) = try waiting()
    desk.wait(.days(3))
    let before = try desk.sqlite3(".dump")
    let report = try desk.owner().remind(after: nil, isDryRun: true, isClockRight: true)
    #expect(report.reminded == 1 && report.requests == 1)
    let reminder = try #require(report.messages.first { $0.kind == .reminder })
    #expect(reminder.recipient == "li@cdc.gov.tw" && reminder.name == "李小明")
    #expect(
      reminder.causes == [.init(event: .threshold, subject: .request(3), thresholds: [.days(3)])])
    #expect(try desk.sqlite3(".dump") == before)
    #expect(try run(desk).contains("reminder li@cdc.gov.tw"))
    // What was sent is what was shown.
    let sent = try desk.spool("mail/new").filter { $0.contains("X-IAuth-Kind: reminder") }
    #expect(sent.count == 1 && sent[0].hasSuffix("\n\n" + reminder.body))
  }

  @Test func aDryRunLapsesNothingAndShowsNoCode() throws {
    let (desk, _, number) = try waiting()
    desk.wait(.days(180))
    let typist = try desk.shell(of: .tsai)
    _ = try typist.apply(try Person.tsai.form())
    desk.wait(.minutes(3))
    let before = try desk.sqlite3(".dump")
    let report = try desk.owner().remind(after: nil, isDryRun: true, isClockRight: true)
    #expect(report.lapsed == 1)
    #expect(
      report.messages.contains {
        $0.causes == [.init(event: .lapsed, subject: .request(number))]
      })
    let codes = report.messages.filter { $0.kind == .code }
    #expect(
      codes.count == 2 && codes.allSatisfy { $0.body.isEmpty && $0.causes[0].event == .queued })
    #expect(try desk.sqlite3(".dump") == before)
  }

  @Test func aReminderThatHadToWaitSaysWhatWaitsThen() throws {
    let (desk, li, first) = try waiting()
    let second = try desk.opened(.tsai).ask(.general)
    desk.wait(.days(3))
    desk.settings.mail = .sendmail("/nowhere")
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.signedIn(.li).approve(first) == nil)
    desk.settings.mail = .spool
    desk.wait(.hours(1))
    _ = try desk.owner().deliverDue()
    let sent = try desk.spool("mail/new").filter { $0.contains("X-IAuth-Kind: reminder") }
    #expect(sent.count == 1 && sent[0].contains("iauth pending \(second)\n"))
    #expect(!sent[0].contains("iauth pending \(first)\n"))
    _ = li
  }

  @Test func aReminderOfWhatWasAllDecidedIsDropped() throws {
    let (desk, _, number) = try waiting()
    desk.wait(.days(3))
    desk.settings.mail = .sendmail("/nowhere")
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.signedIn(.li).approve(number) == nil)
    desk.settings.mail = .spool
    desk.wait(.hours(1))
    _ = try desk.owner().deliverDue()
    #expect(try desk.spool("mail/new").allSatisfy { !$0.contains("X-IAuth-Kind: reminder") })
    #expect(
      try desk.texts("SELECT status || body FROM message WHERE kind = 'reminder'") == ["lapsed"])
  }

  @Test func theDigestAsksForAdministratorsAtTheLastThresholdAndSaysWhatItLeavesOut() throws {
    let (desk, _, number) = try waiting()
    desk.wait(.days(13))
    #expect(try !run(desk).contains("digest chen@ey.gov.tw"))
    desk.wait(.days(1))
    let report = try desk.owner().remind(after: nil, isDryRun: true, isClockRight: true)
    let digest = try #require(report.messages.first { $0.recipient == "chen@ey.gov.tw" })
    #expect(digest.causes == [.init(event: .overdue, subject: .request(number))])
    #expect(digest.body.contains("iauth pending \(number)\n"))
    #expect(digest.body.contains("增設管理者") && digest.body.contains("appoint one more"))
    #expect(try run(desk).contains("digest chen@ey.gov.tw"))
    desk.wait(.days(1))
    #expect(try !run(desk).contains("digest chen@ey.gov.tw"))
  }

  /// The mail as it was saved is the anchor file.
  @Test func theOperatorsDigestIsAnAnchor() throws {
    let (desk, _, _) = try waiting()
    let mail = try #require(try desk.spool("mail/new").last { $0.contains("To: root@localhost") })
    #expect(mail.contains("\n    iauth-audit/1 "))
    _ = try desk.owner().verifyAudit(anchors: mail)
    try desk.sqlite3(
      "DROP TRIGGER audit_is_kept; DELETE FROM audit_person; DELETE FROM audit WHERE seq > 2")
    #expect(
      try refusal { _ = try desk.owner().verifyAudit(anchors: mail) } == .auditBroken)
  }

  @Test func theAuthorityHearsOfWhatNobodyCanDecide() throws {
    let desk = try Desk()
    try desk.chief()
    _ = try desk.opened(.lin).ask(.general)
    let report = try desk.owner().remind(after: nil, isDryRun: true, isClockRight: true)
    #expect(report.withoutReviewer == 1)
    #expect(try run(desk) == ["digest chen@ey.gov.tw"])
    #expect(try run(desk).isEmpty)
  }

  @Test func aRequestLapsesAfterHalfAYear() throws {
    let (desk, _, number) = try waiting()
    desk.wait(.days(179))
    _ = try run(desk)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["pending"])
    desk.wait(.days(1))
    #expect(try run(desk).contains("notice lin@cdc.gov.tw"))
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["lapsed"])
    #expect(try refusal { _ = try desk.signedIn(.lin).ask(.general) } == nil)
  }

  /// 李小明, imported by 黃淑芬 and approved, thirty days ago.
  private func invited() throws -> (Desk, person: Person) {
    let desk = try Desk()
    let chief = try desk.chief()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let report = try huang.importBatch(Sheet([.li]).order)
    #expect(try chief.approve(try #require(report.rows.first?.request)) == nil)
    desk.wait(.days(30))
    return (desk, .li)
  }

  @Test func anInvitationLapsesAndTheSubmitterIsTold() throws {
    let (desk, person) = try invited()
    desk.wait(.seconds(-1))
    #expect(!(try run(desk)).contains("notice huang@mohw.gov.tw"))
    desk.wait(.seconds(1))
    #expect(try run(desk).contains("notice huang@mohw.gov.tw"))
    #expect(
      try desk.texts("SELECT status FROM permission ORDER BY request DESC LIMIT 1") == ["revoked"])
    #expect(try desk.number("SELECT count(*) FROM account WHERE email = ?", person.email) == 0)
    // The notice still has its words when it goes out.
    let sent = try desk.number(
      "SELECT count(*) FROM message WHERE recipient = 'huang@mohw.gov.tw' AND status = 'sent'")
    #expect(sent > 0)
  }

  /// The sweep has not run: the account is over all the same.
  @Test func anInvitationThatIsOverOpensNothing() throws {
    let (desk, person) = try invited()
    let shell = try desk.shell(of: person)
    let reference = try shell.signIn(try person.form(), via: .both).reference
    #expect(try desk.codes(reference).isEmpty)
    #expect(
      try desk.texts("SELECT status FROM permission ORDER BY request DESC LIMIT 1") == ["revoked"])
    let session = try desk.opened(person).status()
    #expect(session.status == .active)
    #expect(try refusal { _ = try shell.queue(PendingFilter()) } == .rightMissing)
  }

  /// The codes were sent before the end, and are entered after it.
  @Test func anInvitationMayEndBetweenTheCodes() throws {
    let (desk, person) = try invited()
    desk.wait(.minutes(-5))
    let shell = try desk.shell(of: person)
    let reference = try shell.signIn(try person.form(), via: .both).reference
    let codes = try desk.codes(reference)
    #expect(codes.count == 2)
    desk.wait(.minutes(5))
    #expect(try refusal { _ = try shell.prove(reference.text, codes: codes) } == .codeExpired)
    #expect(try desk.number("SELECT count(*) FROM account WHERE email = ?", person.email) == 0)
  }

  @Test func theOperatorHearsOnceADay() throws {
    let desk = try Desk()
    for expected in [1, 0, 0, 0, 1] {
      let post = try desk.post {
        _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
      }
      #expect(post.count { $0 == "digest root@localhost" } == expected)
      desk.wait(.hours(6))
    }
  }
}
