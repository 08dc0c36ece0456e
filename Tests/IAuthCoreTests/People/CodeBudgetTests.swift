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
