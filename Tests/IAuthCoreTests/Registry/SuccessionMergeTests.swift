// Two requests of one person, whose agencies become one and part again (PRODUCT 11.1, 11.4).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SuccessionMergeTests {
  /// Of two requests of one person one waits; the other comes back with the agencies.
  @Test func aRequestThatAMergeMadePointlessIsToldAndComesBack() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    let first = try lin.ask(.general)
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: "mei@fda.gov.tw",
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    let second = try desk.opened(twin).ask(.general)
    let post = try desk.post {
      _ = try desk.owner().succeed([
        SuccessionOrder(
          old: Office.cdc, new: Office.fda, onAt: desk.clock.now, document: "甲字1號")
      ])
    }
    let statuses: SQL = "SELECT status FROM request WHERE id IN (?, ?) ORDER BY status"
    #expect(try desk.texts(statuses, first, second) == ["pending", "superseded"])
    // Of the agencies, and of the request.
    #expect(post == ["notice \(twin.email)", "notice \(twin.email)"])
    let kept = try desk.number("SELECT id FROM request WHERE status = 'pending'")
    #expect(
      try desk.texts("SELECT body FROM message WHERE request IS NOT NULL ORDER BY id DESC LIMIT 1")
        .contains { $0.contains("After request \(kept) there is nothing left") })
    _ = try desk.owner().verifyAudit(anchors: nil)
    // Nothing else leads back.
    #expect(
      try desk.sqlite3(
        """
        UPDATE request SET status = 'pending', round = round + 1, turned_at = 1
          WHERE status = 'superseded'
        """
      ).contains("rror"))

    let lines = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(lines.contains { $0.what == .request && $0.request == first && $0.outcome == .undone })
    #expect(try desk.texts(statuses, first, second) == ["pending", "pending"])
    #expect(
      try desk.texts(
        "SELECT g.code FROM request r JOIN agency g ON g.id = r.agency WHERE r.id = ?", first)
        == [Office.cdc])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }
}
