// Who is signed in, for how long, and with how much proof (PRODUCT 3.3).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SessionTests {
  @Test(arguments: [(Int64(1_799), ErrorCode?.none), (1_800, .sessionExpired)])
  func itEndsUnusedAfterHalfAnHour(seconds: Int64, expected: ErrorCode?) throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    desk.wait(.seconds(seconds))
    #expect(try refusal { _ = try li.status() } == expected)
  }

  @Test func itEndsAfterEightHoursWhateverTheUse() throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    for _ in 1...23 {
      desk.wait(.minutes(20))
      _ = try li.status()
    }
    desk.wait(.seconds(1_199))
    _ = try li.status()
    desk.wait(.seconds(1))
    #expect(try refusal { _ = try li.status() } == .sessionExpired)
  }

  /// Whatever is done under it is use of it: what is refused, what changes nothing, what needs no
  /// session; but at most once a minute.
  @Test(
    arguments: [
      { (li: Service) in _ = try li.revoke(999, reason: "誤植") },
      { li in _ = try li.approve(999) },
      { li in _ = try li.accounts("", agency: nil) },
      { li in _ = try li.withdraw(999) },
      { li in _ = try li.administrators(agency: nil, system: nil) },
      { li in
        _ = try li.systems()
        li.noteUse()
      },
    ] as [@Sendable (Service) throws -> Void])
  func everyCommandIsUse(_ command: @Sendable (Service) throws -> Void) throws {
    let desk = try Desk()
    _ = try desk.opened(.li)
    for _ in 1...3 {
      desk.wait(.minutes(20))
      _ = try refusal { try command(try desk.shell(of: .li)) }
      let noted = try desk.number("SELECT used_at FROM session ORDER BY id DESC LIMIT 1")
      #expect(noted == desk.clock.now.seconds)
      desk.wait(.seconds(59))
      _ = try refusal { try command(try desk.shell(of: .li)) }
      #expect(try desk.number("SELECT used_at FROM session ORDER BY id DESC LIMIT 1") == noted)
    }
  }

  @Test func aClockSetBackVoidsIt() throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    desk.wait(.minutes(-1))
    #expect(try refusal { _ = try li.status() } == .sessionExpired)
  }

  @Test func aClockSetBackVoidsCodes() throws {
    let desk = try Desk()
    let li = try desk.shell(of: .li)
    let reference = try li.apply(try Person.li.form()).reference
    let codes = try desk.codes(reference)
    desk.wait(.minutes(-1))
    #expect(try refusal { _ = try li.prove(reference.text, codes: codes) } == .codeExpired)
  }

  @Test func itBelongsToTheCallerAndTheName() throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    let other = try desk.service("uid:other")
    #expect(try refusal { _ = try other.status() } == .sessionNone)
    let second = try desk.service(Person.li.caller, session: "second")
    #expect(try refusal { _ = try second.status() } == .sessionNone)
    let reference = try second.apply(try Person.lin.form()).reference
    _ = try second.prove(reference.text, codes: try desk.codes(reference))
    #expect(try second.status().name == "林美玲")
    #expect(try li.status().name == "李小明")
    try second.signOut()
    #expect(try refusal { _ = try second.status() } == .sessionNone)
    #expect(try refusal { try second.signOut() } == .sessionNone)
    _ = try li.status()
  }

  @Test func useIsNotedAtMostOnceAMinute() throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    let start = desk.clock.now
    for (seconds, noted) in [(Int64(59), Int64(0)), (1, 60), (30, 60)] {
      desk.wait(.seconds(seconds))
      _ = try li.status()
      let usedAt = try desk.number("SELECT used_at FROM session WHERE ended_at IS NULL")
      #expect(usedAt == start.seconds + noted)
    }
  }

  @Test(arguments: [AccountVerb.suspend, .close, .erase])
  func whatTakesRightsAwayEndsItAtOnce(verb: AccountVerb) throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    let account = try li.status().account
    _ = try desk.owner().change(account: account, verb, reason: "離職")
    #expect(try refusal { _ = try li.status() } == .sessionExpired)
    #expect(try refusal { _ = try li.ask(.general) } == .sessionExpired)
    if verb == .suspend {
      _ = try desk.owner().change(account: account, .restore, reason: "查無不法")
      #expect(try refusal { _ = try li.status() } == .sessionExpired)
      _ = try desk.signedIn(.li).status()
    }
  }

  @Test(arguments: [(Via.email, Via.sms), (.sms, .email)])
  func reviewingNeedsBothCodes(via: Via, missing: Via) throws {
    let desk = try Desk()
    try desk.chief()
    let number = try desk.opened(.li).ask(.admin)
    let chief = try desk.signedIn(.chen, via: via)
    #expect(try chief.status().proven == via.channels)
    #expect(try chief.queue(PendingFilter()).items.count == 1)
    #expect(try chief.approve(number) == .sessionStepUp)
    #expect(try chief.reject(number) == .sessionStepUp)
    let receipt = try #require(try chief.stepUp())
    #expect(receipt.via == missing)
    let codes = try desk.codes(receipt.reference)
    #expect(codes.count == 1)
    #expect(
      try refusal { _ = try chief.prove(receipt.reference.text, codes: ["00000000"]) }
        == .codeWrong)
    #expect(try chief.prove(receipt.reference.text, codes: codes).proven == [.email, .sms])
    #expect(try chief.stepUp() == nil)
    #expect(try chief.approve(number) == nil)
  }

  @Test func aStepUpIsForTheSessionThatAsked() throws {
    let desk = try Desk()
    try desk.opened(.li)
    let one = try desk.signedIn(.li, via: .email)
    let receipt = try #require(try one.stepUp())
    let codes = try desk.codes(receipt.reference)
    let other = try desk.opened(.lin)
    #expect(
      try refusal { _ = try other.prove(receipt.reference.text, codes: codes) } == .sessionNone)
    #expect(try one.prove(receipt.reference.text, codes: codes).proven == [.email, .sms])
  }

  /// Nor for another session of the same person, whoever has begun it.
  @Test func aStepUpIsForNoOtherSessionOfOnes() throws {
    let desk = try Desk()
    try desk.opened(.li)
    let receipt = try #require(try desk.signedIn(.li, via: .email).stepUp())
    let codes = try desk.codes(receipt.reference)
    desk.wait(.minutes(2))
    let again = try desk.signedIn(.li, via: .email)
    #expect(
      try refusal { _ = try again.prove(receipt.reference.text, codes: codes) } == .sessionNone)
    #expect(try again.status().proven == [.email])
  }

  @Test func theConfigurationMayAskForOneCodeOnly() throws {
    var settings = Settings()
    settings.reviewCodes = .either
    let desk = try Desk(settings)
    try desk.chief()
    let number = try desk.opened(.li).ask(.admin)
    #expect(try desk.signedIn(.chen, via: .sms).approve(number) == nil)
  }

  @Test func theInvitedProveBothWhateverTheyChose() throws {
    let desk = try Desk()
    let chen = try desk.shell(of: .chen)
    let receipt = try chen.signIn(try Person.chen.form(), via: .email)
    #expect(receipt.via == .email)
    #expect(try chen.channelsNeeded(receipt.reference.text) == [.email])
    let first = try desk.codes(receipt.reference)
    #expect(first.count == 1)
    #expect(try refusal { _ = try chen.prove(receipt.reference.text, codes: first) } == .codeSecond)
    #expect(try chen.channelsNeeded(receipt.reference.text) == [.sms])
    let second = try desk.codes(receipt.reference).filter { !first.contains($0) }
    #expect(try chen.prove(receipt.reference.text, codes: second).status == .active)
  }

  @Test func theConfigurationMayShortenIt() throws {
    let desk = try Desk(try Settings(text: "session-idle = 5m\nsession-lifetime = 8m\n"))
    let li = try desk.opened(.li)
    desk.wait(.minutes(4))
    _ = try li.status()
    desk.wait(.seconds(239))
    _ = try li.status()
    desk.wait(.seconds(1))
    #expect(try refusal { _ = try li.status() } == .sessionExpired)
  }
}
