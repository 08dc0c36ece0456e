// What random walks and strangers found where two capabilities meet, each by the shortest way to it
// (PRODUCT 3.4, 11.1, 11.2, 11.4).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct WalkedTests {
  private func succeed(_ desk: Desk, _ old: String, by new: String) throws {
    _ = try desk.owner().succeed([
      SuccessionOrder(old: old, new: new, onAt: desk.clock.now, document: "甲字1號")
    ])
  }
  private func account(_ person: Person, _ desk: Desk) throws -> AccountID {
    try desk.id("SELECT id FROM account WHERE email = ?", person.email)
  }

  /// A form that takes a role away from somebody on a later day.
  private func removal(of person: Person, in days: Int64, _ desk: Desk) -> ImportOrder {
    Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,生效日期",
      "\(person.agency),\(person.name),\(person.email),\(person.mobile),刪除,"
        + Timestamp(startOfTaipeiDay: desk.today + days).taiwanDay,
    ]).order
  }

  /// A hand-over that is long over ends nothing that the one before was given since.
  @Test(arguments: [0, 1]) func aHandOverHappensOnce(minutes: Int64) throws {
    let (desk, chief, li, lin) = try Desk.office()
    let number = try lin.requestPermission(PermissionOrder(role: .admin, replaces: 2)).number
    #expect(try chief.approve(number) == nil)
    desk.wait(.minutes(minutes))
    let again = try li.ask(.admin)
    #expect(try chief.approve(again) == nil)
    desk.wait(.minutes(1))
    _ = try desk.owner().change(account: try account(.lin, desk), .suspend, reason: "x")
    _ = try desk.owner().change(account: try account(.lin, desk), .restore, reason: "x")
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request = ?", again) == ["active"])
  }

  /// Called off, a hand-over leaves the other permission the end that it was given with.
  @Test func calledOffItLastsAsLongAsItWasGiven() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.owner().setSystem(code: "spm", longest: .days(10))
    _ = try desk.administrator(.li, approvedBy: chief)
    let end: SQL = "SELECT coalesce(ends_at, 0) FROM permission WHERE request = 2"
    let before = try desk.number(end)
    #expect(before > 0)
    let lin = try desk.opened(.lin)
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    try lin.revoke(number, reason: "不接任")
    #expect(try desk.number(end) == before)
  }

  /// Called off, it takes nothing back that a form has ended.
  @Test func calledOffARemovalStays() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    let report = try desk.owner().importBatch(removal(of: .li, in: 5, desk))
    #expect(report.rows.map(\.outcome) == [.accepted])
    try lin.revoke(number, reason: "不接任")
    #expect(
      try desk.number("SELECT count(*) FROM permission WHERE request = 2 AND ends_at > 0") == 1)
  }

  /// Whoever begins later on a system takes it from those of `spm` on that day.
  @Test func whoBeginsLaterDecidesLater() throws {
    let (desk, chief, _, lin) = try Desk.office()
    _ = try desk.owner().addSystem(code: "doc", name: "Documents", chineseName: nil, url: nil)
    let wu = try desk.opened(.wu)
    let later = try wu.requestPermission(
      PermissionOrder(system: "doc", role: .admin, from: desk.today + 20)
    ).number
    #expect(try chief.approve(later) == nil)
    let number = try lin.requestPermission(PermissionOrder(system: "doc", role: .admin)).number
    #expect(try chief.approve(number) == nil)
  }

  /// No undoing leaves the authority without anybody.
  @Test func anUndoingLeavesTheAuthorityItsAdministrator() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.huang, approvedBy: chief)
    try succeed(desk, Office.authority, by: Office.mohw)
    desk.wait(.minutes(1))
    let huang = try desk.signedIn(.huang)
    try huang.revoke(1, reason: "調職")
    let code = try refusal { _ = try desk.owner().undoSuccession(of: [Office.authority]) }
    #expect(
      try desk.number(
        """
        SELECT count(*) FROM administrator WHERE agency = (SELECT authority FROM service)
        """) > 0, "\(code as Any)")
  }

  /// The new agency's administrator ends what has come with a succession.
  @Test func whatHasMovedIsEndedWhereItIs() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let use = try lin.ask(.general)
    #expect(try li.approve(use) == nil)
    _ = try desk.administrator(.liu, approvedBy: chief)
    try succeed(desk, Office.cdc, by: Office.fda)
    let liu = try desk.signedIn(.liu)
    #expect(try refusal { try liu.revoke(use, reason: "調職") } == nil)
  }

  /// What was granted from a later day on goes along to the agency that is there by then.
  @Test func aLaterGrantComesAlong() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let use = try lin.requestPermission(PermissionOrder(from: desk.today + 5)).number
    #expect(try li.approve(use) == nil)
    _ = try desk.administrator(.liu, approvedBy: chief)
    try succeed(desk, Office.cdc, by: Office.fda)
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    desk.wait(.days(4))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(
      try desk.texts(
        """
        SELECT r.status FROM request r JOIN account a ON a.id = r.account AND a.agency = r.agency
        WHERE r.id = ?
        """, use)
        == ["approved"])
    #expect(
      try desk.texts(
        "SELECT status || ' ' || coalesce(suspended_at, 0) FROM permission WHERE request = ?", use)
        == ["active 0"])
  }

  // MARK: A grant that comes up again on its day

  /// lin asked for the use from a later day on, li approved and is gone by then: it waits for 蔡.
  private func comesUpAgain(
    until: Int64? = 20
  ) throws -> (Desk, chief: Service, lin: Service, tsai: Service, use: RequestID) {
    let (desk, chief, li, lin) = try Desk.office()
    _ = try desk.administrator(.tsai, approvedBy: chief)
    let use = try lin.requestPermission(
      PermissionOrder(from: desk.today + 3, until: until.map { desk.today + $0 })
    ).number
    try #require(try li.approve(use) == nil)
    try chief.revoke(2, reason: "調職")
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    try #require(try desk.texts("SELECT status FROM request WHERE id = ?", use) == ["pending"])
    return (desk, chief, try desk.signedIn(.lin), try desk.signedIn(.tsai), use)
  }

  /// What is then asked for is what is shown, decided and held, sooner or later than before.
  @Test(arguments: [6, 40]) func aCorrectedDayCounts(day: Int64) throws {
    let (desk, _, lin, tsai, use) = try comesUpAgain()
    _ = try tsai.decide([
      DecisionOrder(number: use, verdict: .returned, note: "期限有誤", version: nil)
    ])
    let last = desk.today + day
    _ = try lin.resubmit(use, Correction(until: last))
    _ = try desk.owner().verifyAudit(anchors: nil)
    let shown = try #require(try tsai.queue(PendingFilter()).items.first { $0.number == use })
    #expect(shown.untilAt == Timestamp(startOfTaipeiDay: last + 1))
    #expect(try tsai.approve(use) == nil)
    #expect(
      try desk.number("SELECT ends_at FROM permission WHERE request = ?", use)
        == Timestamp(startOfTaipeiDay: last + 1).seconds)
    // The feed says it once.
    #expect(
      try desk.texts("SELECT change FROM permission_change WHERE request = ? ORDER BY seq", use)
        == ["granted", "ended", "granted"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What was sent back waits its thirty days for its correction, though its last day is over.
  @Test(arguments: [8, 31]) func aCorrectionMayComeAfterTheLastDay(days: Int64) throws {
    let (desk, _, _, tsai, use) = try comesUpAgain(until: 6)
    _ = try tsai.decide([
      DecisionOrder(number: use, verdict: .returned, note: "期限有誤", version: nil)
    ])
    desk.wait(.days(days))
    for _ in 0..<2 { _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true) }
    let status = try desk.texts("SELECT status FROM request WHERE id = ?", use)
    let rests = { (answer: Bool) throws in
      try desk.number(
        """
        SELECT count(*) FROM permission WHERE request = ?1 AND status = 'active'
          AND (suspended_at IS NOT NULL) = ?2
        """, use, answer)
    }
    if days > 30 {
      #expect(status == ["lapsed"])
      #expect(try rests(true) == 0)
    } else {
      #expect(status == ["returned"])
      _ = try desk.signedIn(.lin).resubmit(use, Correction(until: desk.today + 10))
      let refusal = try desk.signedIn(.tsai).approve(use)
      #expect(refusal == nil, "\(String(describing: refusal))")
      #expect(try rests(false) == 1)
    }
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What was corrected and then taken back leaves the trail whole.
  @Test func whatIsWithdrawnAfterItsCorrectionIsOver() throws {
    let (desk, _, lin, tsai, use) = try comesUpAgain()
    _ = try tsai.decide([
      DecisionOrder(number: use, verdict: .returned, note: "期限有誤", version: nil)
    ])
    _ = try lin.resubmit(use, Correction(until: desk.today + 6))
    try lin.withdraw(use)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// It moves as what waits, also where its person has another account.
  @Test func whatWaitsAgainIsMergedAsARequest() throws {
    let (desk, _, _, _, use) = try comesUpAgain()
    try desk.opened(
      Person(
        agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
        mobile: Person.lin.mobile))
    desk.wait(.minutes(1))
    try succeed(desk, Office.cdc, by: Office.fda)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", use) == ["pending"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Nobody stands in for, or follows, somebody who holds nothing.
  @Test func nobodyStandsInForWhatWaitsAgain() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let wu = try desk.administrator(.wu, approvedBy: chief)
    let li = try desk.opened(.li)
    let post = try li.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 3)
    ).number
    try #require(try wu.approve(post) == nil)
    let id: AccountID = try desk.id("SELECT id FROM account WHERE email = ?", Person.wu.email)
    _ = try desk.owner().change(account: id, .suspend, reason: "離職")
    for _ in 1...2 {
      desk.wait(.days(2))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    try #require(try desk.texts("SELECT status FROM request WHERE id = ?", post) == ["pending"])
    let lin = try desk.opened(.lin)
    for order in [
      PermissionOrder(role: .admin, from: desk.today, until: desk.today + 5, deputyFor: post),
      PermissionOrder(role: .admin, replaces: post),
    ] {
      #expect(try refusal { _ = try lin.requestPermission(order) } == .requestUnknown)
    }
  }

  /// Whoever is an administrator by then has the use already: nobody is asked.
  @Test func anAdministratorsGrantDoesNotComeUpAgain() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let use = try lin.requestPermission(PermissionOrder(from: desk.today + 3)).number
    try #require(try li.approve(use) == nil)
    let admin = try lin.ask(.admin)
    try #require(try chief.approve(admin) == nil)
    try chief.revoke(2, reason: "調職")
    for _ in 1...2 {
      desk.wait(.days(2))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    #expect(try desk.number("SELECT count(*) FROM request WHERE open") == 0)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Whoever is to be one only later has not the use yet.
  @Test func aLaterAdministratorsGrantComesUpAgain() throws {
    let (desk, chief, li, lin) = try Desk.office()
    _ = try desk.administrator(.tsai, approvedBy: chief)
    let use = try lin.requestPermission(PermissionOrder(from: desk.today + 2)).number
    try #require(try li.approve(use) == nil)
    let admin = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 8)
    ).number
    try #require(try chief.approve(admin) == nil)
    try chief.revoke(2, reason: "調職")
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", use) == ["pending"])
  }

  /// Whoever is one no more by the run that comes late is: it comes up again.
  @Test func aDeputysGrantComesUpAgainAfterwards() throws {
    let (desk, chief, li, lin) = try Desk.office()
    _ = try desk.administrator(.tsai, approvedBy: chief)
    let use = try lin.requestPermission(PermissionOrder(from: desk.today + 1)).number
    try #require(try li.approve(use) == nil)
    let tsais: RequestID = try desk.id("SELECT max(request) FROM permission WHERE role = 'admin'")
    let deputy = try lin.requestPermission(
      PermissionOrder(
        role: .admin, from: desk.today + 2, until: desk.today + 3, deputyFor: tsais)
    ).number
    try #require(try chief.approve(deputy) == nil)
    try chief.revoke(2, reason: "調職")
    desk.wait(.days(5))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", use) == ["pending"])
    #expect(try desk.signedIn(.tsai).approve(use) == nil)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// It gives nothing that could be ended; it is decided on.
  @Test func whatWaitsAgainIsNotRevoked() throws {
    let (desk, _, _, tsai, use) = try comesUpAgain()
    #expect(try refusal { try tsai.revoke(use, reason: "不需要") } == .permissionNone)
    #expect(try tsai.approve(use) == nil)
    #expect(try desk.number("SELECT count(*) FROM permission WHERE suspended_at IS NOT NULL") == 0)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// A row of a form is mended also when its grant was approved before.
  @Test func aRowThatCameUpAgainIsMended() throws {
    let (desk, chief, li, _) = try Desk.office()
    let row = { (day: Int64) in
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別,角色,生效日期",
        "\(Office.cdc),蔡小花,hua@cdc.gov.tw,0911000077,新增,一般權限,"
          + Timestamp(startOfTaipeiDay: desk.today + day).taiwanDay,
      ]).order
    }
    let tsai = try desk.administrator(.tsai, approvedBy: chief)
    let number = try #require(try li.importBatch(row(3)).rows[0].request)
    try #require(try tsai.approve(number) == nil)
    let chou = Person(
      agency: Office.cdc, name: "周美玉", email: "chou@cdc.gov.tw", mobile: "0911000088")
    _ = try desk.administrator(chou, approvedBy: chief)
    let id: AccountID = try desk.id("SELECT id FROM account WHERE email = ?", Person.tsai.email)
    _ = try desk.owner().change(account: id, .suspend, reason: "離職")
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    let outcomes = try desk.signedIn(chou).decide([
      DecisionOrder(number: number, verdict: .returned, note: "改日期", version: nil)
    ])
    try #require(outcomes[0].refusal == nil)
    let report = try desk.signedIn(.li).importBatch(row(9))
    #expect(report.rows.map(\.outcome) == [.accepted])
    #expect(try desk.signedIn(chou).approve(number) == nil)
    #expect(
      try desk.number("SELECT starts_at FROM permission WHERE request = ?", number)
        == Timestamp(startOfTaipeiDay: desk.today + 9).seconds)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What somebody had removed for a later day goes on by no renewal.
  @Test func aRemovalIsNotRenewed() throws {
    let (desk, _, li, _) = try Desk.office()
    let report = try desk.owner().importBatch(removal(of: .li, in: 5, desk))
    try #require(report.rows.map(\.outcome) == [.accepted])
    let order = PermissionOrder(role: .admin, until: desk.today + 200)
    #expect(try refusal { _ = try li.requestPermission(order) } == .permissionHeld)
  }
}
