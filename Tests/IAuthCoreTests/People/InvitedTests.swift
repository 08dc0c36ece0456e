// Someone invited is answered exactly as someone who has an account, and as nobody (PRODUCT 3.2): the
// chosen channel's code, and the other one only once that was right. And a slip in an invitation of
// the authority is mended by the same command.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct InvitedTests {
  /// Who reads an invited administrator's mailbox, and has another mobile, is not that administrator:
  /// not even when what they asked for is taken back or refused.
  @Test(arguments: [true, false])
  func aMailboxAloneMakesNoAdministrator(isWithdrawn: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let report = try desk.owner().importBatch(Sheet([.tsai]).order)
    #expect(try chief.approve(try #require(report.rows.first?.request)) == nil)
    let thief = try desk.opened(.tsai.with(mobile: "0988777666"))
    let change: RequestID = try desk.id("SELECT id FROM request WHERE kind = 'change'")
    if isWithdrawn {
      try thief.withdraw(change)
    } else {
      #expect(try chief.reject(change) == nil)
    }
    #expect(try desk.owner().administrators(agency: Office.cdc, system: nil).isEmpty)
    #expect(try refusal { _ = try thief.queue(PendingFilter()) } == .rightMissing)
    // Both of the form's are proven by the next sign-in, and then it is theirs.
    let tsai = try desk.shell(of: .tsai)
    desk.wait(.minutes(1))
    let reference = try tsai.signIn(try Person.tsai.form(), via: .email).reference
    let codes = try desk.codes(reference)
    #expect(try refusal { _ = try tsai.prove(reference.text, codes: codes) } == .codeSecond)
    desk.wait(.minutes(1))
    try desk.signedIn(.tsai)
    #expect(
      try desk.owner().administrators(agency: Office.cdc, system: nil).map(\.name) == ["蔡英傑"])
  }

  /// Approved, the contacts that were proven are the account's.
  @Test func contactsThatWereProvenAndApprovedAreProven() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let report = try desk.owner().importBatch(Sheet([.tsai]).order)
    #expect(try chief.approve(try #require(report.rows.first?.request)) == nil)
    try desk.opened(.tsai.with(mobile: "0988777666"))
    let change: RequestID = try desk.id("SELECT id FROM request WHERE kind = 'change'")
    #expect(try chief.approve(change) == nil)
    #expect(
      try desk.owner().administrators(agency: Office.cdc, system: nil).map(\.name) == ["蔡英傑"])
  }

  @Test(arguments: [Via.email, .sms])
  func theOtherCodeIsSentOnceTheFirstWasRight(via: Via) throws {
    let desk = try Desk()
    let chen = try desk.shell(of: .chen)
    var reference = ""
    let first = try desk.post {
      reference = try chen.signIn(try Person.chen.form(), via: via).reference.text
    }
    #expect(first == [via == .email ? "code chen@ey.gov.tw" : "code +886911000001"])
    #expect(try chen.channelsNeeded(reference) == via.channels)
    let typed = try #require(Reference(reference))
    let wrong = try refusal { _ = try chen.prove(reference, codes: ["00000000"]) }
    #expect(wrong == .codeWrong)
    let codes = try desk.codes(typed)
    var answer: ErrorCode?
    let second = try desk.post {
      answer = try refusal { _ = try chen.prove(reference, codes: codes) }
    }
    #expect(answer == .codeSecond)
    #expect(second == [via == .email ? "code +886911000001" : "code chen@ey.gov.tw"])
    // The first one is used, and no other than the second is taken.
    #expect(try chen.channelsNeeded(reference) != via.channels)
    #expect(try refusal { _ = try chen.prove(reference, codes: codes) } == .codeWrong)
    desk.wait(.minutes(1))
    let again = try desk.post { _ = try chen.resend(reference) }
    #expect(again == second)
    let last = try desk.codes(typed).filter { !codes.contains($0) }
    let receipt = try chen.prove(reference, codes: last)
    #expect(receipt.status == .active && receipt.proven == [.email, .sms])
  }

  @Test(arguments: [Via.email, .sms, .both])
  func nothingTellsInvitedActiveAndUnknownApart(via: Via) throws {
    let desk = try Desk()
    let wu = Person.wu.with(name: "吳志明")
    try desk.opened(wu)
    // The counters of all callers are there.
    let warm = try desk.service("uid:warm").apply(try Person.tsai.form()).reference
    let zeros = ["00000000", "00000000"]
    #expect(
      try refusal { _ = try desk.service("uid:warm").prove(warm.text, codes: zeros) }
        == .codeWrong)
    let tables = ["verification", "code", "send", "audit", "message", "attempt", "told"]
    var seen: [[String]] = []
    let nobody = wu.with(name: "無此人", email: "x@ey.gov.tw", mobile: "0911000099")
    for person in [Person.chen, wu, nobody] {
      desk.wait(.minutes(30))
      let caller = try desk.service("uid:\(seen.count)", isGated: true)
      var facts: [String] = []
      let before = try tables.map { Int(try desk.sqlite3("SELECT count(*) FROM \($0)")) ?? 0 }
      let receipt = try caller.signIn(try person.form(), via: via)
      facts.append("\(receipt.via) \(try caller.channelsNeeded(receipt.reference.text))")
      let codes = via.channels.map { _ in "12345678" }
      for _ in 1...6 {
        let code = try refusal { _ = try caller.prove(receipt.reference.text, codes: codes) }
        facts.append(code?.rawValue ?? "")
      }
      desk.wait(.minutes(1))
      facts.append("\(try caller.resend(receipt.reference.text).via)")
      facts.append(
        try refusal { _ = try caller.signIn(try person.form(), via: via) }?.rawValue ?? "")
      facts.append(String(caller.hasQueuedMessages))
      for (table, count) in zip(tables, before) {
        let now = Int(try desk.sqlite3("SELECT count(*) FROM \(table)")) ?? 0
        facts.append("\(table) +\(now - count)")
      }
      seen.append(facts)
    }
    #expect(seen[0] == seen[1])
    #expect(seen[1] == seen[2])
  }

  @Test(arguments: [
    Person.chen.with(email: "cheng@ey.gov.tw"), .chen.with(mobile: "0911000009"),
    .chen.with(name: "陳宜君"),
  ])
  func aSlipInAnAppointmentIsMendedByAnother(meant: Person) throws {
    let desk = try Desk()
    let number = try desk.number("SELECT id FROM request")
    var appointed: RequestID = 0
    let post = try desk.post {
      appointed = try desk.owner().appoint(try meant.form(), system: "spm").number
    }
    #expect(appointed == RequestID(number))
    #expect(post == ["invitation \(meant.email)"])
    #expect(try desk.number("SELECT count(*) FROM account") == 1)
    // The one that waits for the address that was wrong is taken back.
    #expect(
      try desk.number("SELECT count(*) FROM message WHERE kind = 'invitation' AND body <> ''") == 1)
    let chief = try desk.signedIn(meant)
    #expect(try chief.queue(PendingFilter()).items.isEmpty)
    // Once proven it is theirs.
    let again = try refusal { _ = try desk.owner().appoint(try Person.chen.form(), system: "spm") }
    #expect(again == .accountTaken)
    #expect(
      try refusal { _ = try desk.owner().appoint(try meant.form(), system: "spm") }
        == .permissionHeld)
  }

  /// Nobody comes any more: who submitted them hears of it (3.5), and nobody else.
  @Test(arguments: ["revoke", "close", "erase"])
  func whoSubmittedHearsThatAnInvitationHasEnded(verb: String) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let number = try #require(try huang.importBatch(Sheet([.lin]).order).rows.first?.request)
    #expect(try chief.approve(number) == nil)
    let id: AccountID = try desk.id("SELECT id FROM account WHERE email = 'lin@cdc.gov.tw'")
    let post = try desk.post {
      switch verb {
      case "revoke": try chief.revoke(number, reason: "重複提報")
      case "close": _ = try desk.owner().change(account: id, .close, reason: "重複提報")
      default: _ = try desk.owner().change(account: id, .erase, reason: "重複提報")
      }
    }
    #expect(post == ["notice huang@mohw.gov.tw"])
    #expect(try desk.texts("SELECT body FROM message ORDER BY id DESC LIMIT 1")[0].contains("林美玲"))
  }

  @Test func anotherPersonsContactsMendNothing() throws {
    let desk = try Desk()
    try desk.opened(.wu)
    let mixed = Person.chen.with(email: Person.wu.email)
    #expect(
      try refusal { _ = try desk.owner().appoint(try mixed.form(), system: "spm") } == .accountTaken
    )
    // Nobody's last administrator: an appointment that was a mistake can go.
    let id = try desk.number("SELECT id FROM account WHERE email = ?", Person.chen.email)
    #expect(try desk.owner().change(account: AccountID(id), .close, reason: "誤植") == .closed)
  }

  /// Nobody has proven an appointment whose address was wrong, also once the person has applied with the
  /// right one: it is mended as before.
  @Test func anAppointmentIsMendedAfterAnApplication() throws {
    let desk = try Desk()
    let slip = Person.chen.with(email: "cehn@ey.gov.tw")
    _ = try desk.owner().appoint(try slip.form(), system: "spm")
    let meant = Person.chen.with(email: "chen.yj@ey.gov.tw")
    try desk.opened(meant)
    #expect(try desk.texts("SELECT kind FROM request WHERE status = 'pending'") == ["change"])
    let post = try desk.post {
      _ = try desk.owner().appoint(try meant.form(), system: "spm")
    }
    #expect(post == ["invitation \(meant.email)"])
    #expect(try desk.texts("SELECT status FROM request") == ["approved", "withdrawn"])
    #expect(try desk.number("SELECT count(*) FROM administrator") == 0)
    let chief = try desk.signedIn(meant)
    #expect(try chief.queue(PendingFilter()).items.isEmpty)
    // Once proven it is theirs.
    #expect(
      try refusal { _ = try desk.owner().appoint(try slip.form(), system: "spm") } == .accountTaken)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Whoever is known and proven counts at once.
  @Test func anAppointmentSaysWhetherItCounts() throws {
    let desk = try Desk()
    try desk.opened(.wu)
    #expect(try desk.owner().appoint(try Person.wu.form(), system: "spm").counts)
    let tsai = Person.tsai.with(email: "tsai@ey.gov.tw")
    #expect(try !desk.owner().appoint(try tsai.form(), system: "spm").counts)
  }
}
