// What the schema itself refuses of reviews, of the feed and of reorganised agencies, tried with the
// sqlite3 shell on the file (PRODUCT 7, 11.3 to 11.5).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct KeptRulesTests {
  /// 陳怡君 (account 1) has kept the permission of 李小明 (2, request 2) with a note; item 1 is their own.
  ///
  /// 劉家豪 (3) has come with their agency to another.
  private func desk() throws -> Desk {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    try desk.opened(.liu)
    desk.wait(.minutes(1))
    _ = try desk.owner().succeed([
      SuccessionOrder(
        old: Office.fda, new: Office.cdc, onAt: desk.clock.now, document: "甲字1號")
    ])
    _ = try desk.owner().openRecertification(
      RecertificationOrder(
        dueAt: Timestamp(startOfTaipeiDay: desk.today + 9), system: nil, under: nil, name: nil))
    let item: ItemID = try desk.id("SELECT id FROM recertification_item WHERE request = 2")
    let outcome = try desk.chief().answer([item], .keep(note: "仍需要"))
    try #require(outcome.count == 1 && outcome[0].refusal == nil)
    return desk
  }

  @Test(arguments: [
    ("UPDATE recertification_item SET status = 'open' WHERE request = 2", "recertify.answered"),
    (
      "UPDATE recertification_item SET status = 'kept', answerer = 1, answered_at = 1900000000 "
        + "WHERE request = 1", "request.own"
    ),
    (
      "UPDATE recertification_item SET status = 'kept', answerer = 2, answered_at = 1900000000 "
        + "WHERE request = 1", "request.outside"
    ),
    ("UPDATE recertification_item SET answerer = 2 WHERE request = 2", "answer is never changed"),
    ("UPDATE recertification_item SET last_used_at = 1", "answer is never changed"),
    ("UPDATE recertification_item SET note = '不需要' WHERE request = 2", "answer is never changed"),
    ("DELETE FROM recertification_item", "item is never deleted"),
    ("UPDATE recertification_item SET agency = agency + 1", "item keeps its agency"),
    ("UPDATE recertification SET due_at = due_at + 1", "review is never changed"),
    ("DELETE FROM recertification", "review is never deleted"),
    ("UPDATE permission_change SET at = at + 1", "line of the feed is never changed"),
    ("UPDATE permission_change SET name = NULL, email = NULL", "line of the feed is never changed"),
    ("DELETE FROM permission_change", "line of the feed is never deleted"),
    ("UPDATE succession SET document = '乙字2號'", "succession is never changed"),
    ("UPDATE succession SET applied_at = NULL", "succession is never changed"),
    ("DELETE FROM succession", "succession is never deleted"),
    ("UPDATE succession_move SET before = NULL", "what moved is never changed"),
    ("DELETE FROM succession_move", "what moved is never deleted"),
    ("UPDATE request SET round = round + 1", "request is never changed"),
    ("UPDATE request SET turned_at = 1", "request is never changed"),
    ("UPDATE agency SET status = 'succeeded' WHERE id = 1", "agency.succeeded"),
    ("UPDATE agency SET status = 'active' WHERE status = 'succeeded'", "agency.succeeded"),
  ])
  func whatIsKeptStays(script: String, expected: String) throws {
    let desk = try desk()
    let before = try desk.sqlite3(".dump")
    let answer = try desk.sqlite3(script)
    #expect(answer.contains(expected), "\(answer)")
    #expect(try desk.sqlite3(".dump") == before)
  }

  /// A review's note about somebody goes with them.
  @Test func aNoteIsForgottenWithThePerson() throws {
    let desk = try desk()
    let note = {
      try desk.texts("SELECT coalesce(note, '-') FROM recertification_item WHERE request = 2")
    }
    #expect(try note() == ["仍需要"])
    _ = try desk.owner().change(account: 2, .close, reason: "離職")
    _ = try desk.owner().change(account: 2, .erase, reason: "離職")
    #expect(try note() == ["-"])
  }

  /// What a request was before it was sent back is kept.
  @Test func aRoundStays() throws {
    let (desk, _, li, lin) = try Desk.office()
    let number = try lin.ask(.general)
    _ = try li.reject(.numbers([number]), reason: "缺核章", returns: true)
    _ = try lin.resubmit(number, Correction(document: "甲字2號"))
    let before = try desk.sqlite3(".dump")
    for (script, expected) in [
      ("UPDATE round SET document = '乙字1號'", "a round is never changed"),
      ("DELETE FROM round", "a round is never deleted"),
      (
        "INSERT INTO round (request, round, submitted_at) VALUES (1, 1, 1)",
        "a round is kept when its request was sent back"
      ),
    ] {
      #expect(try desk.sqlite3(script).contains(expected), "\(script)")
    }
    #expect(try desk.sqlite3(".dump") == before)
  }
}
