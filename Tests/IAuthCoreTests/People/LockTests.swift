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

  @Test func aHundredLockTheAccountForEveryoneUntilUnlocked() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    let account = try lin.status().account
    desk.wait(.minutes(1))
    let reference = try lin.signIn(try Person.lin.form(), via: .both).reference
    for number in 1...20 {
      try tryWrong(try desk.service("uid:thief\(number)"), reference, times: 5)
    }
    let codes = try desk.codes(reference)
    #expect(throws: IAuthError.codeLocked(until: nil)) {
      _ = try lin.prove(reference.text, codes: codes)
    }
    #expect(try desk.number("SELECT count(*) FROM audit WHERE action = 'account.lock'") > 0)
    _ = try lin.status()
    desk.wait(.days(3))
    #expect(try refusal { try desk.signedIn(.lin) } == .codeLocked)
    _ = try desk.owner().change(account: account, .unlock, reason: "本人來電")
    try desk.signedIn(.lin)
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
