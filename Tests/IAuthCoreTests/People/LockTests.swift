// What wrong codes do: they are counted by caller and by account, across references, and the right
// ones do not open a lock (PRODUCT 3.2).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct LockTests {
  private static let wrong = ["00000000", "00000000"]

  private func tryWrong(_ service: Service, _ reference: Reference, times: Int) throws {
    for attempt in 1...times {
      let answer = try refusal { _ = try service.prove(reference.text, codes: Self.wrong) }
      try #require(answer == .codeWrong, "attempt \(attempt)")
    }
  }

  private func begin(_ desk: Desk, _ person: Person, by service: Service) throws -> Reference {
    desk.wait(.minutes(1))
    return try service.signIn(try person.form(), via: .both).reference
  }

  @Test func theFifthLocksTheCallerOutRightCodesToo() throws {
    let desk = try Desk()
    try desk.opened(.lin)
    let thief = try desk.service("uid:thief")
    let first = try begin(desk, .lin, by: thief)
    try tryWrong(thief, first, times: 3)
    // A new reference resets nothing.
    let second = try begin(desk, .lin, by: thief)
    try tryWrong(thief, second, times: 1)
    let post = try desk.post { try tryWrong(thief, second, times: 1) }
    #expect(post == ["notice lin@cdc.gov.tw"])
    let codes = try desk.codes(second)
    #expect(try refusal { _ = try thief.prove(second.text, codes: codes) } == .codeLocked)
    #expect(try refusal { try thief.checkFirstCode(second.text, code: codes[0]) } == .codeLocked)
    #expect(try desk.number("SELECT count(*) FROM audit WHERE action = 'caller.lock'") == 1)
    // Nobody else is hindered.
    let lin = try desk.shell(of: .lin)
    _ = try lin.prove(second.text, codes: codes)
    _ = try lin.status()
  }

  @Test func theLockIsOfOneAccountOnly() throws {
    let desk = try Desk()
    try desk.opened(.lin)
    let shared = try desk.service("uid:shared")
    try tryWrong(shared, try begin(desk, .lin, by: shared), times: 5)
    let reference = try shared.apply(try Person.li.form()).reference
    _ = try shared.prove(reference.text, codes: try desk.codes(reference))
  }

  @Test(arguments: [(Int64(899), ErrorCode?.some(.codeLocked)), (900, nil)])
  func theLockEndsAfterAQuarterOfAnHour(seconds: Int64, expected: ErrorCode?) throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    let reference = try begin(desk, .lin, by: lin)
    try tryWrong(lin, reference, times: 5)
    desk.wait(.seconds(seconds))
    _ = try lin.resend(reference.text)
    if expected == nil { try tryWrong(lin, reference, times: 4) }
    let codes = try desk.codes(reference)
    #expect(try refusal { _ = try lin.prove(reference.text, codes: codes) } == expected)
  }

  @Test func aSuccessForgetsWhatWasWrong() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    for _ in 1...3 {
      let reference = try begin(desk, .lin, by: lin)
      try tryWrong(lin, reference, times: 4)
      _ = try lin.prove(reference.text, codes: try desk.codes(reference))
    }
  }

  @Test func theFirstCodeAloneCountsToo() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    let reference = try begin(desk, .lin, by: lin)
    let codes = try desk.codes(reference)
    try lin.checkFirstCode(reference.text, code: codes[0])
    for _ in 1...5 {
      #expect(try refusal { try lin.checkFirstCode(reference.text, code: codes[1]) } == .codeWrong)
    }
    #expect(try refusal { _ = try lin.prove(reference.text, codes: codes) } == .codeLocked)
  }

  @Test func aLockEndsNoLiveSession() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    try tryWrong(lin, try begin(desk, .lin, by: lin), times: 5)
    _ = try lin.status()
    _ = try lin.ask(.general)
  }

  @Test func twentyADayLockTheCallerOutOfAll() throws {
    let desk = try Desk()
    let thief = try desk.service("uid:thief")
    let start = desk.clock.now + .minutes(1)
    for person in [Person.li, .lin, .tsai, .huang] {
      try tryWrong(thief, try begin(desk, person, by: thief), times: 5)
    }
    let reference = try thief.apply(try Person.liu.form()).reference
    let codes = try desk.codes(reference)
    #expect(throws: IAuthError.codeLocked(until: start + .days(1))) {
      _ = try thief.prove(reference.text, codes: codes)
    }
    try desk.opened(.tsai)
    desk.wait(.days(1))
    let later = try thief.apply(try Person.liu.form()).reference
    _ = try thief.prove(later.text, codes: try desk.codes(later))
  }

  /// A reference that a hundred wrong codes of twenty callers were tried on.
  private func stormed(_ desk: Desk, _ person: Person) throws -> Reference {
    let reference = try begin(desk, person, by: try desk.service("uid:storm"))
    for number in 1...20 {
      try tryWrong(try desk.service("uid:thief\(number)"), reference, times: 5)
    }
    return reference
  }

  @Test(arguments: [Person.lin, .tsai])
  func aHundredLockAnAddressForADayWithAnAccountOrWithout(person: Person) throws {
    let desk = try Desk()
    try desk.opened(.lin)
    let reference = try stormed(desk, person)
    let stranger = try desk.service("uid:stranger")
    #expect(throws: IAuthError.codeLocked(until: desk.clock.now + .days(1))) {
      _ = try stranger.prove(reference.text, codes: Self.wrong)
    }
    #expect(try desk.number("SELECT count(*) FROM audit WHERE action = 'account.lock'") > 0)
    desk.wait(.seconds(86_338))
    let late = try begin(desk, person.with(name: "別人"), by: stranger)
    // What is refused by a lock is no attempt, and does not lengthen it.
    #expect(try refusal { _ = try stranger.prove(late.text, codes: Self.wrong) } == .codeLocked)
    desk.wait(.seconds(3))
    #expect(try refusal { _ = try stranger.prove(late.text, codes: Self.wrong) } == .codeWrong)
  }

  @Test func whoSignedInFromHereIsLockedByNobodyElse() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    let reference = try stormed(desk, .lin)
    let codes = try desk.codes(reference)
    let stranger = try desk.service("uid:elsewhere")
    #expect(try refusal { _ = try stranger.prove(reference.text, codes: codes) } == .codeLocked)
    // Another person's success from elsewhere counts for nothing.
    let tsai = try desk.opened(.tsai)
    #expect(try refusal { _ = try tsai.prove(reference.text, codes: codes) } == .codeLocked)
    _ = try lin.status()
    _ = try lin.prove(reference.text, codes: codes)
  }

  @Test func anOwnersWrongCodesLengthenTheLock() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    let reference = try stormed(desk, .lin)
    desk.wait(.minutes(5))
    try tryWrong(lin, reference, times: 1)
    #expect(throws: IAuthError.codeLocked(until: desk.clock.now + .days(1))) {
      _ = try desk.service("uid:elsewhere").prove(reference.text, codes: Self.wrong)
    }
  }

  @Test func theOperatorUnlocksAnAccountOrAnAddress() throws {
    let desk = try Desk()
    let account = try desk.opened(.lin).status().account
    let stranger = try desk.service("uid:stranger")
    for unlock in [
      { (desk: Desk) in _ = try desk.owner().change(account: account, .unlock, reason: "") },
      { desk in
        for address in [
          ContactAddress.email(EmailAddress(stored: Person.lin.email)),
          .mobile(try MobileNumber(Person.lin.mobile)),
        ] { _ = try desk.owner().unlock(address, agency: Office.cdc) }
      },
    ] {
      let reference = try stormed(desk, .lin)
      #expect(
        try refusal { _ = try stranger.prove(reference.text, codes: Self.wrong) } == .codeLocked)
      try unlock(desk)
      #expect(
        try refusal { _ = try stranger.prove(reference.text, codes: Self.wrong) } == .codeWrong)
      // That one counts towards the next hundred, until it is taken away, too.
      try unlock(desk)
      desk.wait(.days(2))
    }
    #expect(
      try refusal {
        _ = try stranger.unlock(.mobile(try MobileNumber(Person.lin.mobile)), agency: Office.cdc)
      } == .rightMissing)
  }

  /// Both addresses of a sign-in lock together, and are unlocked by either.
  @Test func oneAddressUnlocksWhatWasLockedWithIt() throws {
    let desk = try Desk()
    let reference = try begin(desk, .tsai, by: try desk.service("uid:first"))
    for number in 0..<Limits.wrongAttemptsPerAccount / 5 {
      try tryWrong(try desk.service("uid:thief\(number)"), reference, times: 5)
    }
    let other = try desk.service("uid:other")
    let locked = try refusal { _ = try other.prove(reference.text, codes: Self.wrong) }
    #expect(locked == .codeLocked)
    _ = try desk.owner().unlock(
      .email(EmailAddress(stored: Person.tsai.email)), agency: Office.cdc)
    #expect(try refusal { _ = try other.prove(reference.text, codes: Self.wrong) } == .codeWrong)
  }

  @Test func refusalsBeyondSixtyAnHourAreCountedInOneEntry() throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    func refusals() throws -> [String] {
      try desk.texts("SELECT caller || ' ' || outcome FROM audit WHERE action = 'refused'")
    }
    for _ in 1...75 { #expect(try refusal { _ = try li.queue(PendingFilter()) } == .rightMissing) }
    #expect(try refusals() == Array(repeating: "uid:li right.missing", count: 60))
    // Another caller has entries of their own.
    let other = try desk.opened(.tsai)
    #expect(try refusal { _ = try other.queue(PendingFilter()) } == .rightMissing)
    desk.wait(.hours(1))
    _ = try desk.owner().remind(after: nil, isDryRun: false)
    #expect(try refusals().suffix(2) == ["uid:tsai right.missing", "uid:0 15 more"])
    #expect(
      try desk.texts("SELECT subject FROM audit WHERE action = 'refused' ORDER BY seq DESC LIMIT 1")
        == ["caller:uid:li"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  @Test func aLockFromAClockThatWasWrongIsOver() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    desk.wait(.days(400))
    let reference = try begin(desk, .lin, by: lin)
    try tryWrong(lin, reference, times: 5)
    desk.wait(.days(-399))
    // A send and a lock from then are of now, and as long as one of now would be.
    #expect(
      try refusal { _ = try lin.signIn(try Person.lin.form(), via: .both) } == .sendThrottled)
    desk.wait(.minutes(15))
    try desk.signedIn(.lin)
  }

  @Test func manyWrongCodesMakeStrangersProveBoth() throws {
    let desk = try Desk()
    try desk.opened(.lin)
    let bound = Limits.wrongAttemptsForBoth
    let stranger = try desk.service("uid:stranger")
    func enter(_ service: Service) throws -> ErrorCode? {
      desk.wait(.minutes(2))
      let reference = try service.signIn(try Person.lin.form(), via: .email).reference
      let answer = try refusal {
        _ = try service.prove(reference.text, codes: try desk.codes(reference))
      }
      guard answer == .codeSecond else { return answer }
      #expect(try service.channelsNeeded(reference.text) == [.sms])
      let receipt = try service.prove(reference.text, codes: [try desk.codes(reference)[1]])
      #expect(receipt.proven == [.email, .sms])
      return answer
    }
    #expect(try enter(stranger) == nil)
    let reference = try begin(desk, .tsai, by: stranger)
    for number in 0..<bound / 5 {
      if number % 15 == 0 {
        for address in [
          ContactAddress.email(EmailAddress(stored: Person.tsai.email)),
          .mobile(try MobileNumber(Person.tsai.mobile)),
        ] { _ = try desk.owner().unlock(address, agency: Office.cdc) }
      }
      try tryWrong(try desk.service("uid:thief\(number)"), reference, times: 5)
    }
    // Who signed in from here before is no stranger, and tomorrow nobody is.
    #expect(try enter(stranger) == nil)
    #expect(try enter(try desk.service("uid:new")) == .codeSecond)
    desk.wait(.days(1))
    #expect(try enter(try desk.service("uid:tomorrow")) == nil)
  }

  /// SECURITY.md, "Odds": the expected takeovers of a day by guessing, from the limits as they are.
  @Test(arguments: [(1, 2e-7), (50, 5e-6), (1_000_000, 5.2e-6)])
  func theOddsOfADayStayBelowOneInAHundredThousand(callers: Int, stated: Double) throws {
    let guess = 1e-8
    let tries = min(callers * Limits.wrongAttemptsPerDay, Limits.wrongAttemptsForBoth)
    // Beyond the bound one guess is worth nothing without the other code, before the address locks.
    let rest = Double(callers * Limits.wrongAttemptsPerDay - tries)
    let second = Double(Limits.wrongAttemptsPerAccount) * guess
    let odds = Double(tries) * guess + rest * guess * second
    #expect(odds < 1e-5)
    #expect(odds <= stated * 1.001)
  }

  @Test func twoHundredAnHourAlarmTheOperatorOnce() throws {
    let desk = try Desk()
    let people = [Person.li, .lin, .tsai]
    let references = try people.map { try desk.shell(of: $0).apply(try $0.form()).reference }
    let post = try desk.post {
      for caller in 1...14 {
        for reference in references {
          try tryWrong(try desk.service("uid:\(caller)"), reference, times: 5)
        }
      }
    }
    #expect(post == ["digest root@localhost"])
  }

  @Test func theOwnerHearsAlsoOfAnApplicationInTheirName() throws {
    let desk = try Desk()
    try desk.opened(.lin)
    desk.wait(.minutes(1))
    let thief = try desk.service("uid:thief")
    let reference = try thief.apply(try Person.lin.with(mobile: "0922000004").form()).reference
    let post = try desk.post { try tryWrong(thief, reference, times: 5) }
    #expect(post == ["notice lin@cdc.gov.tw"])
  }
}
