// What is planned of successions, and what could not happen on its day (PRODUCT 11.4).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SuccessionPlanTests {
  /// What is planned stands at the agency; what could not happen on its day is told, with who
  /// stands in the way, until it has happened.
  @Test func whatCannotHappenOnItsDayIsTold() throws {
    let desk = try Desk()
    try desk.chief()
    _ = try desk.owner().succeed([
      SuccessionOrder(
        old: Office.cdc, new: Office.fda, onAt: desk.clock.now + .days(2), document: "甲字1號")
    ])
    let planned = try desk.owner().agencies(Office.cdc, under: nil, limit: 1).first?.succession
    #expect(planned?.new.code == Office.fda && planned?.onAt == desk.clock.now + .days(2))
    #expect(planned?.why == nil && planned?.hasHappened == false)
    #expect(try desk.owner().agencies(Office.fda, under: nil, limit: 1).first?.succession == nil)
    try desk.opened(.li)
    desk.wait(.minutes(1))
    try desk.opened(
      Person(agency: Office.fda, name: "趙大明", email: Person.li.email, mobile: "0911000098"))
    let doctor = { try desk.owner().doctor().first { $0.check == "successions" } }
    #expect(try doctor()?.status == .ok)
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    let ids = try desk.texts(
      "SELECT CAST(id AS TEXT) FROM account WHERE email = ? ORDER BY id", Person.li.email)
    let told = try #require(try doctor())
    let mails = try desk.spool("mail/new").joined()
    #expect(told.status == .warn)
    for text in [told.detail.english, told.detail.chinese, mails] {
      #expect(text.contains("\(Office.cdc) -> \(Office.fda)") && text.contains("account.taken"))
    }
    let due = try desk.owner().agencies(Office.cdc, under: nil, limit: 1).first?.succession
    #expect(due?.why == "account.taken" && mails.contains("agencies --undo \(Office.cdc)"))
    #expect(told.detail.english.contains("(accounts \(ids.joined(separator: ", ")))"))
    try desk.sqlite3("UPDATE account SET status = 'closed' WHERE name = '趙大明'")
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try doctor()?.status == .ok)
    let done = try desk.owner().agencies(Office.cdc, under: nil, limit: 1).first?.succession
    #expect(done?.new.code == Office.fda && done?.hasHappened == true && done?.why == nil)
  }
}
