// Opening an account, and coming back to it by applying again (PRODUCT 3.1).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ApplyingTests {
  @Test func bothCodesOpenAnAccount() throws {
    let desk = try Desk()
    let service = try desk.shell(of: .li)
    let receipt = try service.apply(try Person.li.form())
    #expect(receipt.agency.name == "疾病管制署")
    #expect(receipt.email == "l***@cdc.gov.tw")
    #expect(receipt.mobile == "0911***003")
    #expect(receipt.expiresAt == desk.clock.now + .hours(24))
    let codes = try desk.codes(receipt.reference)
    #expect(codes.count == 2 && codes[0] != codes[1])
    #expect(try desk.number("SELECT count(*) FROM account WHERE email = 'li@cdc.gov.tw'") == 0)
    let session = try service.prove(receipt.reference.text, codes: codes)
    #expect(session.name == "李小明")
    #expect(session.status == .active)
    #expect(session.proven == [.email, .sms])
    #expect(session.expiresAt == desk.clock.now + .hours(8))
    #expect(try service.status() == session)
    #expect(
      try desk.number("SELECT count(*) FROM verification WHERE coalesce(name, email) IS NOT NULL")
        == 0)
  }

  @Test(arguments: [
    (["00000000", nil], ErrorCode.codeWrong), ([nil, "00000000"], .codeWrong),
    (["１２３", nil], .usageInput), (["", nil], .usageInput), ([nil], .usageInput), ([], .usageInput),
  ])
  func oneEnteringIsOneAttempt(typed: [String?], expected: ErrorCode) throws {
    let desk = try Desk()
    let service = try desk.shell(of: .li)
    let reference = try service.apply(try Person.li.form()).reference
    let codes = try desk.codes(reference)
    let entered = typed.enumerated().map { $1 ?? codes[$0] }
    #expect(try refusal { _ = try service.prove(reference.text, codes: entered) } == expected)
    let attempts = try desk.number("SELECT coalesce(max(wrong), 0) FROM attempt")
    #expect(attempts == (expected == .codeWrong ? 1 : 0))
  }

  @Test(arguments: [(Office.cdc + ".9", ErrorCode.agencyUnknown), ("行政院", .agencyUnknown)])
  func theAgencyIsLookedUp(agency: String, expected: ErrorCode) throws {
    let desk = try Desk()
    let form = try ApplicationForm(
      agency: agency, name: "李小明", email: "li@cdc.gov.tw", mobile: "0911000003")
    #expect(try refusal { _ = try desk.owner().apply(form) } == expected)
    #expect(try desk.number("SELECT count(*) FROM verification") == 0)
  }

  @Test func theInvitedBecomesActive() throws {
    let desk = try Desk()
    let invited: AccountID = try desk.id("SELECT id FROM account")
    #expect(try desk.texts("SELECT status FROM account") == ["invited"])
    let post = try desk.post { try desk.opened(.chen) }
    #expect(post.filter { !$0.hasPrefix("code") }.isEmpty)
    #expect(try desk.texts("SELECT status FROM account") == ["active"])
    #expect(try desk.shell(of: .chen).status().account == invited)
    #expect(
      try desk.shell(of: .chen).administrators(agency: nil, system: nil).map(\.name)
        == ["陳怡君"])
  }

  @Test func anotherMobileReplacesTheOldOne() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let number = try lin.ask(.general)
    let shown = try #require(try li.queue(PendingFilter()).items.first)
    let moved = Person.lin.with(mobile: "0922000004")
    let elsewhere = try desk.service("uid:home")
    desk.wait(.minutes(1))
    let reference = try elsewhere.apply(try moved.form()).reference
    let post = try desk.post {
      _ = try elsewhere.prove(reference.text, codes: try desk.codes(reference))
    }
    #expect(post == ["notice lin@cdc.gov.tw", "notice +886911000004"])
    #expect(try elsewhere.status().account == lin.world.caller.account(in: desk))
    #expect(try refusal { _ = try lin.status() } == .sessionExpired)
    let now = try #require(try li.queue(PendingFilter()).items.first)
    #expect(now.mobile == "+886922000004")
    #expect(now.version != shown.version)
    #expect(try li.approve(number, expecting: shown.version) == .requestChanged)
    #expect(try li.approve(number, expecting: now.version) == nil)
  }

  @Test func anotherEmailTellsTheOldAddressAndTheNew() throws {
    let desk = try Desk()
    try desk.opened(.lin)
    desk.wait(.minutes(1))
    let moved = Person.lin.with(email: "mei@cdc.gov.tw")
    let post = try desk.post { try desk.opened(moved) }
    #expect(
      post.filter { !$0.hasPrefix("code") } == ["notice lin@cdc.gov.tw", "notice mei@cdc.gov.tw"])
    #expect(try desk.number("SELECT count(*) FROM account WHERE email LIKE '%@cdc.gov.tw'") == 1)
  }

  @Test func theSameContactsUnderAnotherNameIsTheAccount() throws {
    let desk = try Desk()
    let account = try desk.opened(.lin).status().account
    desk.wait(.minutes(1))
    let renamed = Person.lin.with(name: "林美鈴")
    let session = try desk.opened(renamed).status()
    #expect(session.account == account)
    #expect(session.name == "林美鈴")
  }

  @Test(arguments: [
    Person.lin.with(name: "王大同", mobile: "0922000004"),
    Person.lin.with(name: "王大同", email: "wang@cdc.gov.tw"),
    Person.lin.with(mobile: Person.li.mobile),
  ])
  func takenIsSaidOnlyAfterTheProof(stranger: Person) throws {
    let desk = try Desk()
    try desk.opened(.lin)
    try desk.opened(.li)
    desk.wait(.minutes(1))
    let shell = try desk.service("uid:stranger")
    let reference = try shell.apply(try stranger.form()).reference
    let codes = try desk.codes(reference)
    #expect(codes.count == 2)
    #expect(
      try refusal { _ = try shell.prove(reference.text, codes: ["00000000", codes[1]]) }
        == .codeWrong)
    var answer: ErrorCode?
    let post = try desk.post {
      answer = try refusal { _ = try shell.prove(reference.text, codes: codes) }
    }
    #expect(answer == .accountTaken)
    #expect(post.isEmpty)
    #expect(try refusal { _ = try shell.prove(reference.text, codes: codes) } == .codeExpired)
    #expect(try refusal { _ = try shell.status() } == .sessionNone)
  }

  @Test func theSuspendedHearItAfterTheProof() throws {
    let desk = try Desk()
    let account = try desk.opened(.lin).status().account
    _ = try desk.owner().change(account: account, .suspend, reason: "調查中")
    desk.wait(.minutes(1))
    #expect(try refusal { try desk.opened(.lin) } == .accountSuspended)
    #expect(try refusal { try desk.signedIn(.lin) } == .accountSuspended)
  }

  @Test func whoWasClosedStartsAnew() throws {
    let desk = try Desk()
    let account = try desk.opened(.lin).status().account
    _ = try desk.owner().change(account: account, .close, reason: "離職")
    desk.wait(.minutes(1))
    #expect(try desk.opened(.lin).status().account > account)
  }

  @Test func onePersonMayHaveAccountsInSeveralAgencies() throws {
    let desk = try Desk()
    let first = try desk.opened(.lin).status().account
    desk.wait(.minutes(1))
    var elsewhere = Person.lin
    elsewhere.agency = Office.fda
    #expect(try desk.opened(elsewhere).status().account != first)
  }
}

extension Caller {
  /// The account that the caller's last session was of.
  fileprivate func account(in desk: Desk) throws -> AccountID {
    try desk.id("SELECT account FROM session WHERE caller = ? ORDER BY id DESC LIMIT 1", name)
  }
}
