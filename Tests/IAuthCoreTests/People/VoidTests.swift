// What ends an account's contacts or its standing voids every code that was sent before (PRODUCT 3.1):
// sign-ins, step-ups and applications alike, and nothing of the codes stays in the queue.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct VoidTests {
  /// References that wait, with their codes: whoever sees the old contacts knows them.
  private func waiting(_ desk: Desk, _ person: Person) throws -> [(Reference, [String])] {
    desk.wait(.minutes(1))
    let old = try desk.service("uid:old")
    let references = [
      try old.signIn(try person.form(), via: .both).reference,
      try old.apply(try person.form()).reference,
      try #require(try desk.signedIn(person, via: .email).stepUp()).reference,
    ]
    desk.wait(.minutes(1))
    let later = try old.signIn(try person.form(), via: .sms).reference
    return try (references + [later]).map { ($0, try desk.codes($0)) }
  }

  private func checkVoid(_ desk: Desk, _ waiting: [(Reference, [String])], by person: Person) throws
  {
    for (reference, codes) in waiting {
      #expect(!codes.isEmpty)
      for service in [try desk.service("uid:old"), try desk.shell(of: person)] {
        let answer = try refusal { _ = try service.prove(reference.text, codes: codes) }
        #expect(answer == .codeExpired, "\(reference.text)")
      }
      let kept = try desk.number(
        "SELECT count(*) FROM message WHERE reference = ? AND body || recipient <> ''",
        reference.text)
      #expect(kept == 0, "\(reference.text)")
    }
  }

  @Test(arguments: [AccountVerb.suspend, .close, .erase])
  func takingAwayVoidsAllCodes(verb: AccountVerb) throws {
    let desk = try Desk()
    let account = try desk.opened(.lin).status().account
    let waiting = try waiting(desk, .lin)
    _ = try desk.owner().change(account: account, verb, reason: "離職")
    try checkVoid(desk, waiting, by: .lin)
  }

  @Test func replacingVoidsCodesToTheContactsBeforeAndTheNew() throws {
    let desk = try Desk()
    try desk.opened(.lin)
    let changed = Person.lin.with(mobile: "0922000004")
    var waiting = try waiting(desk, .lin)
    desk.wait(.minutes(10))
    let other = try desk.service("uid:old").apply(try changed.form()).reference
    waiting.append((other, try desk.codes(other)))
    desk.wait(.minutes(1))
    try desk.opened(changed)
    try checkVoid(desk, waiting, by: changed)
  }

  /// Both codes were right, and an administrator would have been signed in with both proven.
  @Test func anAdministratorsReplacementVoidsThemWhenItIsApproved() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let changed = Person.li.with(email: "ming@cdc.gov.tw")
    desk.wait(.minutes(1))
    let change = try #require(try desk.opened(changed).status().pendingChange)
    let waiting = try waiting(desk, .li)
    #expect(try chief.approve(change) == nil)
    try checkVoid(desk, waiting, by: changed)
    #expect(try refusal { _ = try li.status() } == .sessionExpired)
    #expect(try desk.signedIn(changed).status().proven == [.email, .sms])
  }

  /// An application elsewhere is another account's.
  @Test func anApplicationAtAnotherAgencyGoesOn() throws {
    let desk = try Desk()
    let account = try desk.opened(.lin).status().account
    desk.wait(.minutes(1))
    let there = Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email, mobile: Person.lin.mobile)
    let lin = try desk.shell(of: .lin)
    let reference = try lin.apply(try there.form()).reference
    let codes = try desk.codes(reference)
    _ = try desk.owner().change(account: account, .suspend, reason: "調任")
    _ = try lin.prove(reference.text, codes: codes)
  }
}
