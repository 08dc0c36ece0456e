// Agencies that are reorganised (機關整併、更名): everything in force moves, what was decided stays,
// one person is one account, and within seven days all of it can be taken back.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// 疾病管制署 becomes part of 食品藥物管理署, in these tests.
@Suite struct SuccessionTests {
  private let desk: Desk
  private let chief: Service

  init() throws {
    desk = try Desk()
    chief = try desk.chief()
  }

  private func order(_ old: String, _ new: String, in days: Int64 = 0) -> SuccessionOrder {
    SuccessionOrder(
      old: old, new: new, onAt: desk.clock.now + .days(days), document: "院授人綜字第1150000001號")
  }

  @discardableResult
  private func succeed(
    _ old: String, by new: String, in days: Int64 = 0
  ) throws -> [SuccessionLine] {
    try desk.owner().succeed([order(old, new, in: days)])
  }

  private func agency(ofAccount person: Person) throws -> String {
    try desk.texts(
      """
      SELECT g.code FROM account a JOIN agency g ON g.id = a.agency
      WHERE a.email = ? AND a.status <> 'closed'
      """, person.email
    ).joined(separator: " ")
  }

  private func agency(ofRequest number: RequestID) throws -> String {
    try #require(
      try desk.texts(
        "SELECT g.code FROM request r JOIN agency g ON g.id = r.agency WHERE r.id = ?", number
      ).first)
  }

  private func agency(ofPermission number: RequestID) throws -> String {
    try #require(
      try desk.texts(
        "SELECT g.code FROM permission p JOIN agency g ON g.id = p.agency WHERE request = ?", number
      ).first)
  }

  private func verify() throws { _ = try desk.owner().verifyAudit(anchors: nil) }

  @Test func whatIsInForceMovesAndWhatWasDecidedStays() throws {
    let lin = try desk.administrator(.lin, approvedBy: chief)
    let liu = try desk.administrator(.liu, approvedBy: chief)
    let li = try desk.opened(.li)
    let refused = try li.ask(.general)
    try #require(try lin.reject(refused) == nil)
    let waits = try li.ask(.general)
    let post = try desk.post { try succeed(Office.cdc, by: Office.fda) }

    #expect(try agency(ofAccount: .li) == Office.fda)
    #expect(try agency(ofAccount: .lin) == Office.fda)
    #expect(try agency(ofRequest: refused) == Office.cdc)
    #expect(try agency(ofRequest: waits) == Office.fda)
    // One mail each: two who moved, and the administrator of the successor.
    #expect(
      post.sorted() == [
        "notice \(Person.li.email)", "notice \(Person.lin.email)", "notice \(Person.liu.email)",
      ])
    // Sessions go on, the successor's administrator decides.
    #expect(try li.status().agency.code == Office.fda)
    #expect(try liu.approve(waits) == nil)
    #expect(try agency(ofPermission: waits) == Office.fda)
    #expect(
      try desk.texts("SELECT change FROM permission_change ORDER BY seq").filter { $0 == "moved" }
        .count == 1)
    try verify()
  }

  @Test func itsCodeStillWorksAndTheRegistryKeepsIt() throws {
    try desk.opened(.li)
    try succeed(Office.cdc, by: Office.fda)
    desk.wait(.minutes(1))
    let shell = try desk.signedIn(.li)
    #expect(try shell.status().agency.code == Office.fda)
    let owner = try desk.owner()
    #expect(try owner.agencies(Office.cdc, under: nil, limit: 1).first?.agency.status == .succeeded)
    #expect(owner.successions.map(\.new.code) == [Office.fda])
    _ = try owner.loadRegistry(Array(Office.registry.utf8), allowingRemovals: false)
    #expect(try owner.agencies(Office.cdc, under: nil, limit: 1).first?.agency.status == .succeeded)
    try desk.opened(.tsai)
    #expect(try agency(ofAccount: .tsai) == Office.fda)
  }

  @Test func chainsGoToTheEndAndCyclesAreRefused() throws {
    try desk.opened(.li)
    let own = try refusal { try succeed(Office.cdc, by: Office.cdc) }
    #expect(own == .agencyCycle)
    try succeed(Office.cdc, by: Office.fda)
    #expect(try refusal { try succeed(Office.fda, by: Office.cdc) } == .agencyCycle)
    #expect(try refusal { try succeed(Office.cdc, by: Office.mohw) } == .agencySucceeded)
    try succeed(Office.fda, by: Office.interior)
    #expect(try agency(ofAccount: .li) == Office.interior)
    try succeed(Office.mohw, by: Office.cdc)
    #expect(
      try desk.texts(
        """
        SELECT n.code FROM succession s JOIN agency n ON n.id = s.new ORDER BY s.id DESC LIMIT 1
        """) == [Office.interior])
    try desk.sqlite3(
      "UPDATE agency SET status = 'removed' WHERE code = '\(Office.interior)'")
    #expect(try refusal { try succeed(Office.yuan, by: Office.interior) } == .agencyRemoved)
  }

  @Test func whatIsPlannedMakesNoCycleEither() throws {
    try succeed(Office.cdc, by: Office.fda, in: 3)
    #expect(try refusal { try succeed(Office.fda, by: Office.cdc) } == .agencyCycle)
    #expect(try refusal { try succeed(Office.cdc, by: Office.mohw) } == .agencySucceeded)
    #expect(
      try refusal {
        _ = try desk.owner().succeed([
          order(Office.mohw, Office.interior), order(Office.interior, Office.mohw),
        ])
      } == .agencyCycle)
    #expect(try desk.number("SELECT count(*) FROM agency WHERE status = 'succeeded'") == 0)
  }

  @Test func onePersonIsOneAccountWithTheStrongerPermission() throws {
    let liu = try desk.administrator(.liu, approvedBy: chief)
    let lin = try desk.administrator(.lin, approvedBy: chief)
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: "mei@fda.gov.tw",
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    let there = try desk.opened(twin)
    let general = try there.ask(.general)
    try #require(try liu.approve(general) == nil)
    let lines = try succeed(Office.cdc, by: Office.fda)

    let merged = try #require(lines.first { $0.what == .merged })
    #expect(merged.into != nil && merged.account != merged.into)
    #expect(lines.contains { $0.request == general && $0.outcome == .ended })
    #expect(
      try desk.texts(
        """
        SELECT p.role FROM permission p JOIN account a ON a.id = p.account
        WHERE a.id = ? AND p.status = 'active'
        """, merged.into) == ["admin"])
    #expect(try refusal { _ = try lin.status() } == .sessionExpired)
    #expect(
      try desk.texts("SELECT status FROM account WHERE id = ?", merged.account) == ["closed"])
    try verify()

    // And back.
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(
      try desk.texts("SELECT status FROM account WHERE id = ?", merged.account) == ["active"])
    #expect(
      try desk.texts(
        """
        SELECT g.code || ' ' || p.role FROM permission p JOIN agency g ON g.id = p.agency
          JOIN account a ON a.id = p.account
        WHERE p.status = 'active' AND a.name = ? AND a.agency = p.agency ORDER BY p.role
        """, Person.lin.name) == ["\(Office.cdc) admin", "\(Office.fda) general"])
    #expect(try desk.rows("PRAGMA foreign_key_check") { _ in true }.isEmpty)
    try verify()
  }

  @Test func whoIsOnlyInvitedThereGoesOnWithTheirOwnAccount() throws {
    let lin = try desk.administrator(.lin, approvedBy: chief)
    try desk.sqlite3(
      """
      INSERT INTO account (agency, name, name_key, email, mobile, status, created_at, status_at)
      SELECT (SELECT id FROM agency WHERE code = '\(Office.fda)'), name, name_key, email, mobile,
        'invited', created_at, status_at FROM account WHERE email = '\(Person.lin.email)'
      """)
    let line = try #require(
      try succeed(Office.cdc, by: Office.fda).first { $0.what == .merged })
    #expect(
      try desk.texts("SELECT status FROM account WHERE id = ?", line.account) == ["closed"])
    #expect(try lin.status().agency.code == Office.fda)
  }

  @Test func whoSharesAContactUnderAnotherNameStandsInTheWay() throws {
    try desk.opened(.li)
    desk.wait(.minutes(1))
    try desk.opened(
      Person(agency: Office.fda, name: "趙大明", email: Person.li.email, mobile: "0911000098"))
    do {
      try succeed(Office.cdc, by: Office.fda)
      Issue.record("it was not refused")
    } catch let error as IAuthError {
      guard case .accountsTaken(let accounts) = error else { throw error }
      #expect(accounts.count == 2)
    }
    #expect(try agency(ofAccount: .li) == Office.cdc + " " + Office.fda)
    #expect(try desk.number("SELECT count(*) FROM succession") == 0)
    // On its day it holds up nobody, and is tried again by the cron run.
    try succeedLater()
    #expect(try desk.owner().agencies(Office.cdc, under: nil, limit: 1).count == 1)
    #expect(
      try desk.texts("SELECT outcome FROM audit WHERE action = 'agency.succeed'")
        == ["account.taken"])
    try desk.sqlite3("UPDATE account SET status = 'closed' WHERE name = '趙大明'")
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try agency(ofAccount: .li) == Office.fda)
  }

  /// A clock that has leapt to the day is not believed before an hour has passed by it.
  @Test func aLeapOfTheClockMovesNobody() throws {
    try succeed(Office.cdc, by: Office.fda, in: 100)
    let moved: SQL = "SELECT count(*) FROM agency WHERE status = 'succeeded'"
    desk.wait(.days(101))
    _ = try desk.owner().addSystem(code: "x", name: "X", chineseName: nil, url: nil)
    #expect(try desk.number(moved) == 0)
    desk.wait(.minutes(61))
    _ = try desk.owner().addSystem(code: "y", name: "Y", chineseName: nil, url: nil)
    #expect(try desk.number(moved) == 1)
  }

  private func succeedLater() throws {
    try desk.sqlite3(
      """
      INSERT INTO succession (old, new, on_at, document, created_at)
      SELECT (SELECT id FROM agency WHERE code = '\(Office.cdc)'),
        (SELECT id FROM agency WHERE code = '\(Office.fda)'), 1772442000, 'x', 1772442000
      """)
  }

  @Test func onItsDayTheFirstCommandAppliesIt() throws {
    try desk.opened(.li)
    let foreseen = try succeed(Office.cdc, by: Office.fda, in: 1)
    #expect(foreseen.allSatisfy { !$0.isApplied })
    #expect(foreseen.contains { $0.what == .account })
    #expect(try agency(ofAccount: .li) == Office.cdc)
    desk.wait(.hours(23))
    _ = try desk.owner().agencies("", under: nil, limit: 1)
    #expect(try agency(ofAccount: .li) == Office.cdc)
    desk.wait(.hours(1))
    let post = try desk.post { _ = try desk.owner().agencies("", under: nil, limit: 1) }
    #expect(try agency(ofAccount: .li) == Office.fda)
    #expect(post == ["notice \(Person.li.email)"])
    try verify()
  }

  @Test func aPlannedOneIsCalledOff() throws {
    try succeed(Office.cdc, by: Office.fda, in: 1)
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    desk.wait(.days(2))
    _ = try desk.owner().agencies("", under: nil, limit: 1)
    #expect(try desk.number("SELECT count(*) FROM agency WHERE status = 'succeeded'") == 0)
    #expect(try refusal { _ = try desk.owner().undoSuccession(of: [Office.cdc]) } == .agencyUndo)
  }

  @Test func theAuthorityHasASuccessorToo() throws {
    try desk.opened(.huang)
    try succeed(Office.authority, by: Office.mohw)
    #expect(try chief.status().agency.code == Office.mohw)
    let lin = try desk.opened(.lin)
    #expect(try chief.approve(try lin.ask(.admin)) == nil)
    #expect(try refusal { _ = try desk.owner().undoSuccession(of: [Office.authority]) } == nil)
    #expect(try chief.status().agency.code == Office.authority)
    #expect(
      try desk.texts(
        "SELECT g.code FROM service s JOIN agency g ON g.id = s.authority") == [Office.authority])
    try verify()
  }

  @Test func agenciesBelowGoAlongAlsoWhereTheSuccessorWasOneOfThem() throws {
    func superior(_ code: String) throws -> String? {
      try desk.texts(
        "SELECT s.code FROM agency g JOIN agency s ON s.id = g.superior WHERE g.code = ?", code
      ).first
    }
    try succeed(Office.mohw, by: Office.cdc)
    #expect(try superior(Office.cdc) == Office.yuan)
    #expect(try superior(Office.fda) == Office.cdc)
    _ = try desk.owner().loadRegistry(Array(Office.registry.utf8), allowingRemovals: false)
    #expect(try superior(Office.fda) == Office.cdc)
    _ = try desk.owner().undoSuccession(of: [Office.mohw])
    #expect(try superior(Office.cdc) == Office.mohw)
    #expect(try superior(Office.fda) == Office.mohw)
  }

  @Test func itIsTakenBackUnlessSomethingWasDecidedSince() throws {
    let liu = try desk.administrator(.liu, approvedBy: chief)
    let li = try desk.opened(.li)
    let waits = try li.ask(.general)
    try succeed(Office.cdc, by: Office.fda)
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(try agency(ofAccount: .li) == Office.cdc)
    #expect(try agency(ofRequest: waits) == Office.cdc)

    try succeed(Office.cdc, by: Office.fda)
    try #require(try liu.approve(waits) == nil)
    #expect(try refusal { _ = try desk.owner().undoSuccession(of: [Office.cdc]) } == .agencyUndo)
    #expect(try agency(ofAccount: .li) == Office.fda)
    try verify()
  }

  @Test func afterSevenDaysItStays() throws {
    try succeed(Office.cdc, by: Office.fda)
    desk.wait(.days(7))
    #expect(try refusal { _ = try desk.owner().undoSuccession(of: [Office.cdc]) } == .agencyUndo)
  }

  @Test func codesThatWaitAreVoid() throws {
    let shell = try desk.shell(of: .tsai)
    let receipt = try shell.apply(try Person.tsai.form())
    let codes = try desk.codes(receipt.reference)
    try succeed(Office.cdc, by: Office.fda)
    #expect(try refusal { _ = try shell.prove(receipt.reference.text, codes: codes) } != nil)
    #expect(try agency(ofAccount: .tsai) == "")
  }

  @Test(arguments: [
    "UPDATE account SET agency = 1 WHERE email = 'li@cdc.gov.tw'",
    "UPDATE request SET agency = 1 WHERE kind = 'grant'",
    "UPDATE permission SET agency = 1", "UPDATE permission SET account = 2",
    "UPDATE service SET authority = 1",
    "UPDATE agency SET status = 'succeeded'",
    "INSERT INTO request (account, agency, system, role, kind, origin, created_at) "
      + "VALUES (1, 1, 1, 'general', 'grant', 'self', 1)",
  ])
  func withoutOneNothingMoves(script: String) throws {
    let li = try desk.opened(.li)
    _ = try li.ask(.general)
    #expect(try desk.sqlite3(script).contains("rror"), "\(script)")
  }

  @Test func aLoadProposesWhoFollowed() throws {
    try desk.opened(.li)
    desk.wait(.minutes(1))
    try desk.opened(
      Person(
        agency: Office.fda, name: Person.li.name, email: Person.li.email, mobile: "0911000097"))
    let renamed = Office.registry.replacing("\(Office.cdc),", with: "2.16.886.101.9,")
    let report = try desk.owner().loadRegistry(Array(renamed.utf8), allowingRemovals: true)
    #expect(report.removed == 1)
    #expect(
      report.successors.map { [$0.old.code, $0.new.code] }.sorted { $0[1] < $1[1] } == [
        [Office.cdc, Office.fda], [Office.cdc, "2.16.886.101.9"],
      ])
    #expect(report.successors.map(\.hasName) == [true, false])
  }

  @Test func aListIsRead() throws {
    let orders = try SuccessionOrder.read(
      Array("old,new,on\n\(Office.cdc),\(Office.fda),115/8/1\n".utf8), onAt: nil, document: "甲字1號")
    #expect(orders.count == 1 && orders.first?.onAt.rfc3339 == "2026-07-31T16:00:00Z")
    // As `agencies --load` prints it, with what became of the file above, and as `-o csv` does.
    for list in [
      "added      1\nupdated    0\n\nold,new\n\(Office.cdc),\(Office.fda)\n",
      "old,old.code,new,new.code,same_name\n甲署,\(Office.cdc),乙署,\(Office.fda),true\n",
    ] {
      let read = try SuccessionOrder.read(
        Array(list.utf8), onAt: desk.clock.now, document: "甲字1號")
      #expect(
        read
          == [order(Office.cdc, Office.fda)].map {
            SuccessionOrder(old: $0.old, new: $0.new, onAt: $0.onAt, document: "甲字1號")
          })
    }
    #expect(
      try refusal { _ = try SuccessionOrder.read(Array("old\n1\n".utf8), onAt: nil, document: nil) }
        == .sheetHeader)
    #expect(
      try refusal {
        _ = try SuccessionOrder.read(Array("old,new\n1,2\n".utf8), onAt: nil, document: "x")
      } == .usageMissing)
  }
}
