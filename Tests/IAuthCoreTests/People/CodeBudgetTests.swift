// How long codes are good for, what they are bound to, and how many are sent (PRODUCT 3.2).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct CodeBudgetTests {
  @Test(arguments: [(Int64(599), ErrorCode?.none), (600, .codeExpired)])
  func aCodeIsGoodForTenMinutes(seconds: Int64, expected: ErrorCode?) throws {
    let desk = try Desk()
    let li = try desk.shell(of: .li)
    let reference = try li.apply(try Person.li.form()).reference
    let codes = try desk.codes(reference)
    desk.wait(.seconds(seconds))
    #expect(try refusal { _ = try li.prove(reference.text, codes: codes) } == expected)
    #expect(try desk.number("SELECT count(*) FROM attempt") == 0)
  }

  @Test func sendingAgainVoidsTheEarlierCodes() throws {
    let desk = try Desk()
    let li = try desk.shell(of: .li)
    let reference = try li.apply(try Person.li.form()).reference
    let earlier = try desk.codes(reference)
    desk.wait(.minutes(1))
    #expect(try li.resend(reference.text).email == "l***@cdc.gov.tw")
    let codes = try desk.codes(reference)
    #expect(codes.count == 2)
    #expect(
      try desk.number(
        "SELECT count(*) FROM message WHERE reference = ? AND body <> ''",
        reference.text) == 2)
    for typed in [earlier, [earlier[0], codes[1]], [codes[0], earlier[1]]] {
      #expect(try refusal { _ = try li.prove(reference.text, codes: typed) } == .codeWrong)
    }
    _ = try li.prove(reference.text, codes: codes)
    #expect(try refusal { _ = try li.prove(reference.text, codes: codes) } == .codeExpired)
    #expect(try refusal { _ = try li.resend(reference.text) } == .codeExpired)
  }

  @Test func aCodeIsBoundToItsReferenceAndItsChannel() throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    desk.wait(.minutes(1))
    let application = try li.apply(try Person.li.form()).reference
    let signIn = try li.signIn(try Person.li.form(), via: .both).reference
    let codes = try desk.codes(signIn)
    for typed in [try desk.codes(application), [codes[1], codes[0]]] {
      #expect(try refusal { _ = try li.prove(signIn.text, codes: typed) } == .codeWrong)
    }
    _ = try li.prove(signIn.text, codes: codes)
  }

  @Test(arguments: ["", "A-0000-0000", "S-AAAA-AAAA", "P-7", "'; DROP TABLE account; --"])
  func anUnknownReferenceIsUnknown(typed: String) throws {
    let desk = try Desk()
    let li = try desk.shell(of: .li)
    let codes = ["00000000", "00000000"]
    #expect(try refusal { _ = try li.prove(typed, codes: codes) } == .referenceUnknown)
    #expect(try refusal { _ = try li.resend(typed) } == .referenceUnknown)
  }

  @Test func aReferenceMayBeTypedAsItIsHeard() throws {
    let desk = try Desk()
    let li = try desk.shell(of: .li)
    let reference = try li.apply(try Person.li.form()).reference
    let typed = reference.text.lowercased().split(separator: "-").joined()
      .replacing("0", with: "o").replacing("1", with: "l")
    _ = try li.prove(typed, codes: try desk.codes(reference))
  }

  @Test(arguments: [
    Person.li, Person.li.with(mobile: "0922000003"), Person.li.with(email: "ming@cdc.gov.tw"),
  ])
  func anAddressGetsOneCodeAMinute(person: Person) throws {
    let desk = try Desk()
    let li = try desk.shell(of: .li)
    let start = desk.clock.now
    _ = try li.apply(try Person.li.form())
    desk.wait(.seconds(59))
    #expect(throws: IAuthError.sendThrottled(until: start + .minutes(1))) {
      _ = try desk.service("uid:other").apply(try person.form())
    }
    #expect(try desk.number("SELECT count(*) FROM verification") == 1)
    // Another purpose, and another address, have budgets of their own.
    _ = try li.signIn(try Person.li.form(), via: .both)
    _ = try li.apply(try Person.lin.form())
    desk.wait(.seconds(1))
    _ = try li.apply(try person.form())
  }

  @Test func fiveInTenMinutes() throws {
    let desk = try Desk()
    let li = try desk.shell(of: .li)
    let start = desk.clock.now
    for _ in 1...5 {
      _ = try li.apply(try Person.li.form())
      desk.wait(.minutes(1))
    }
    #expect(throws: IAuthError.sendThrottled(until: start + .minutes(10))) {
      _ = try li.apply(try Person.li.form())
    }
    desk.wait(.minutes(5))
    _ = try li.apply(try Person.li.form())
  }

  @Test func twentyADayForACallerAndSixtyInAll() throws {
    let desk = try Desk()
    for caller in 1...3 {
      let service = try desk.service("uid:\(caller)")
      for _ in 1...20 {
        _ = try service.apply(try Person.li.form())
        desk.wait(.minutes(2))
      }
      #expect(try refusal { _ = try service.apply(try Person.li.form()) } == .sendThrottled)
    }
    let fourth = try desk.service("uid:4")
    #expect(try refusal { _ = try fourth.apply(try Person.li.form()) } == .sendThrottled)
    _ = try fourth.apply(try Person.lin.form())
    desk.wait(.hours(22))
    _ = try fourth.apply(try Person.li.form())
  }

  @Test(arguments: [20, 6])
  func aGatedCallerHasItsHour(bound: Int) throws {
    let desk = try Desk(try Settings(text: "gate-sends = \(bound)"))
    let gated = try desk.service("key:cdc", isGated: true)
    let start = desk.clock.now
    for number in 0..<bound / 2 {
      let person = Person.li.with(email: "p\(number)@cdc.gov.tw", mobile: "09120000\(10 + number)")
      _ = try gated.apply(try person.form())
    }
    #expect(throws: IAuthError.sendThrottled(until: start + .hours(1))) {
      _ = try gated.apply(try Person.li.form())
    }
    _ = try desk.service("uid:li").apply(try Person.lin.form())
    desk.wait(.hours(1))
    _ = try gated.apply(try Person.li.form())
  }

  /// Three strangers use up a day's codes; the owner has ten more, at the pace of one caller.
  @Test func whoSignedInFromHereHasTenOfTheirOwn() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    desk.wait(.days(1))
    for caller in 1...3 {
      let service = try desk.service("uid:\(caller)")
      for _ in 1...20 {
        _ = try service.signIn(try Person.lin.form(), via: .email)
        desk.wait(.minutes(2))
      }
    }
    let stranger = try desk.service("uid:4")
    #expect(
      try refusal { _ = try stranger.signIn(try Person.lin.form(), via: .email) } == .sendThrottled)
    for number in 1...Limits.ownSendsPerDay {
      let reference = try lin.signIn(try Person.lin.form(), via: .email).reference
      #expect(try refusal { _ = try lin.resend(reference.text) } == .sendThrottled)
      if number == 1 { _ = try lin.prove(reference.text, codes: try desk.codes(reference)) }
      desk.wait(.minutes(3))
    }
    #expect(
      try refusal { _ = try lin.signIn(try Person.lin.form(), via: .email) } == .sendThrottled)
  }

  @Test func aRequestMadeAgainIsToldOnceADay() throws {
    let desk = try Desk()
    _ = try desk.chief()
    let li = try desk.opened(.li)
    func asked() throws -> [String] {
      try desk.post {
        let number = try li.ask(.admin)
        try li.withdraw(number)
      }
    }
    #expect(try asked() == ["notice chen@ey.gov.tw"])
    for _ in 1...3 { #expect(try asked().isEmpty) }
    desk.wait(.days(1))
    try desk.signedIn(.li)
    #expect(try asked() == ["notice chen@ey.gov.tw"])
  }

  @Test func noticesCountAtTheGateToo() throws {
    // Two codes and three notices.
    let desk = try Desk(try Settings(text: "gate-sends = 5"))
    let chief = try desk.chief()
    try desk.opened(.li)
    for number in 1...4 {
      _ = try desk.owner().addSystem(
        code: "s\(number)", name: "S", chineseName: nil, url: nil)
    }
    let li = try desk.service("uid:li", isGated: true)
    for number in 1...3 { _ = try li.ask(.admin, system: "s\(number)") }
    #expect(try refusal { _ = try li.ask(.admin, system: "s4") } == .sendThrottled)
    #expect(try refusal { _ = try li.signIn(try Person.li.form(), via: .email) } == .sendThrottled)
    #expect(try desk.number("SELECT count(*) FROM request WHERE system > 1") == 3)
    // What a reviewer decides is bounded by what there is to decide.
    let gated = try desk.service("uid:chen", isGated: true)
    for number in 2...4 { #expect(try gated.approve(RequestID(Int64(number))) == nil) }
    _ = try chief.status()
    desk.wait(.hours(1))
    try desk.signedIn(.li)
    _ = try li.ask(.admin, system: "s4")
  }

  @Test func numbersElsewhereGetCodesOnlyFromAConfigurationThatNamesThem() throws {
    let abroad = Person.li.with(mobile: "+81 90-1234-5612")
    let plain = try Desk()
    let li = try plain.shell(of: .li)
    #expect(try refusal { _ = try li.apply(try abroad.form()) } == .mobileCountry)
    #expect(try refusal { _ = try li.signIn(try abroad.form(), via: .both) } == .mobileCountry)
    _ = try li.signIn(try abroad.form(), via: .email)

    let desk = try Desk(try Settings(text: "sms-countries = 886 +81\nsms-foreign-daily = 3"))
    var callers = 0
    func begin(_ person: Person, apply: Bool) throws -> ErrorCode? {
      callers += 1
      let service = try desk.service("uid:\(callers)")
      return try refusal {
        if apply {
          _ = try service.apply(try person.form())
        } else {
          _ = try service.signIn(try person.form(), via: .sms)
        }
      }
    }
    for number in 1...3 {
      let person = Person.li.with(email: "a\(number)@x.tw", mobile: "+81 90-1234-561\(number)")
      // Someone unknown counts as someone known.
      #expect(try begin(person, apply: number == 1) == nil)
    }
    let more = Person.li.with(email: "b@x.tw", mobile: "+81 90-1234-5620")
    #expect(try begin(more, apply: true) == .sendThrottled)
    #expect(try begin(.lin, apply: true) == nil)
    desk.wait(.days(1))
    #expect(try begin(more, apply: true) == nil)
  }

  @Test(arguments: [Via.email, .sms, .both])
  func someoneUnknownGetsTheSameAnswerAndNothingElse(via: Via) throws {
    let desk = try Desk()
    try desk.opened(.lin)
    desk.wait(.minutes(1))
    func counts() throws -> [Int64] {
      [
        try desk.number("SELECT count(*) FROM verification"),
        try desk.number("SELECT count(*) FROM code"), try desk.number("SELECT count(*) FROM send"),
        try desk.number("SELECT count(*) FROM audit"),
      ]
    }
    let shell = try desk.service("uid:shell")
    var answers: [VerificationReceipt] = []
    var added: [[Int64]] = []
    var posts: [Int] = []
    for person in [Person.lin, Person.lin.with(name: "王大同", email: "w@cdc.gov.tw"), .tsai] {
      desk.wait(.minutes(1))
      let before = try counts()
      let post = try desk.post {
        answers.append(try shell.signIn(try person.form(), via: via))
      }
      posts.append(post.count)
      added.append(zip(try counts(), before).map { $0 - $1 })
      #expect(try refusal { _ = try shell.signIn(try person.form(), via: via) } == .sendThrottled)
    }
    #expect(posts == [via.channels.count, 0, 0])
    #expect(Set(added).count == 1)
    for answer in answers {
      #expect(answer.email == nil && answer.mobile == nil)
      #expect(answer.purpose == .signIn && answer.via == via && answer.agency.code == Office.cdc)
      #expect(answer.reference.text.hasPrefix("S-"))
    }
    let unknown = try #require(answers.last).reference
    desk.wait(.minutes(1))
    #expect(try shell.resend(unknown.text).email == nil)
    #expect(try shell.channelsNeeded(unknown.text) == via.channels)
    let typed = Array(repeating: "12345678", count: 2)
    for expected in Array(repeating: ErrorCode.codeWrong, count: 5) + [.codeLocked] {
      #expect(try refusal { _ = try shell.prove(unknown.text, codes: typed) } == expected)
    }
  }
}
