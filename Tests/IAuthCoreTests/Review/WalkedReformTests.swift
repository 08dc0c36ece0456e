// What random walks found where agencies are reorganised, each by the shortest way to it (PRODUCT
// 11.4).

import Glibc
import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct WalkedReformTests {
  private func succeed(_ desk: Desk, _ old: String, by new: String) throws {
    _ = try desk.owner().succeed([
      SuccessionOrder(old: old, new: new, onAt: desk.clock.now, document: "甲字1號")
    ])
  }

  private func order(_ row: String) -> ImportOrder {
    Sheet(lines: ["機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,角色", row]).order
  }

  /// What a review has frozen since a succession goes back with its permission.
  @Test func whatIsUnderReviewGoesBack() throws {
    let (desk, _, _, _) = try Desk.office()
    try succeed(desk, Office.cdc, by: Office.mohw)
    desk.wait(.minutes(1))
    _ = try desk.owner().openRecertification(
      RecertificationOrder(
        dueAt: Timestamp(startOfTaipeiDay: desk.today + 9), system: nil, under: nil, name: nil))
    desk.wait(.minutes(1))
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(
      try desk.texts(
        """
        SELECT g.code FROM recertification_item i JOIN agency g ON g.id = i.agency
        WHERE i.request = 2
        """) == [Office.cdc])
  }

  /// The authority's only administrator does not come to rest by becoming one with somebody whose new
  /// contacts wait.
  @Test func aMergeLeavesTheAuthorityItsAdministrator() throws {
    let desk = try Desk()
    try desk.chief()
    let chen = Person.chen
    let other = Person(
      agency: Office.mohw, name: chen.name, email: chen.email, mobile: chen.mobile)
    desk.wait(.minutes(1))
    try desk.opened(other)
    let form = order(
      "\(Office.mohw),\(chen.name),\(chen.email),0922000001,修改,\(chen.name),\(chen.email),")
    let change = try #require(try desk.owner().importBatch(form).rows[0].request)
    #expect(
      try refusal { try succeed(desk, Office.authority, by: Office.mohw) } == .accountLast)
    // Once nothing waits any more, there is one.
    try desk.signedIn(other).withdraw(change)
    try succeed(desk, Office.authority, by: Office.mohw)
  }

  /// Of somebody invited the list says what they are to have, also after two agencies were one.
  @Test func anInvitationIsListedAfterAnUndoing() throws {
    let (desk, chief, _, _) = try Desk.office()
    let lin = Person.lin
    let form = order("\(Office.fda),\(lin.name),\(lin.email),\(lin.mobile),新增,,,機關管理者")
    let number = try #require(try desk.owner().importBatch(form).rows[0].request)
    try #require(try chief.approve(number) == nil)
    let listed = {
      try desk.owner().permissions(ReportFilter(agency: Office.fda), at: nil).map(\.request)
    }
    #expect(try listed() == [number])
    try succeed(desk, Office.cdc, by: Office.fda)
    desk.wait(.minutes(1))
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(try listed() == [number])
  }

  /// Who has proven nothing yet takes over as soon as they are one with somebody who has, and not for
  /// longer than that.
  @Test func whoBecomesAbleByAMergeTakesOver() throws {
    let (desk, chief, _, _) = try Desk.office()
    let liu = Person.liu
    try desk.opened(liu)
    let form = order(
      "\(Office.cdc),\(liu.name),\(liu.email),\(liu.mobile),交接,\(Person.li.name),"
        + "\(Person.li.email),機關管理者")
    let number = try #require(try desk.owner().importBatch(form).rows[0].request)
    try #require(try chief.approve(number) == nil)
    let states = {
      try desk.texts("SELECT status FROM permission WHERE request IN (2, ?) ORDER BY 1", number)
    }
    #expect(try states() == ["active", "active"])
    desk.wait(.minutes(1))
    try succeed(desk, Office.cdc, by: Office.fda)
    #expect(try states() == ["active", "revoked"])
    desk.wait(.minutes(1))
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(try states() == ["active", "active"])
    #expect(
      try desk.texts(
        "SELECT g.code FROM permission p JOIN agency g ON g.id = p.agency WHERE p.request = 2")
        == [Office.cdc])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Whoever was one with another is erased, though what they had has ended as the other's.
  @Test func whoWasMergedIsErased() throws {
    let (desk, chief, _, _) = try Desk.office()
    let liu = try desk.administrator(.liu, approvedBy: chief)
    desk.wait(.minutes(1))
    let other = Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
      mobile: Person.lin.mobile)
    let use = try desk.opened(other).requestPermission(PermissionOrder(until: desk.today)).number
    try #require(try liu.approve(use) == nil)
    desk.wait(.minutes(1))
    try succeed(desk, Office.fda, by: Office.cdc)
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    _ = try desk.owner().undoSuccession(of: [Office.fda])
    let id: AccountID = try desk.id("SELECT account FROM request WHERE id = ?", use)
    _ = try desk.owner().change(account: id, .erase, reason: "申請刪除")
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Whom somebody was to take over from stays, where theirs ends for a better one; an undoing gives
  /// it back.
  @Test func aHandOverThatIsMergedAwayEndsNothing() throws {
    let (desk, chief, _, _) = try Desk.office()
    desk.wait(.minutes(1))
    _ = try desk.administrator(other, approvedBy: chief)
    desk.wait(.minutes(1))
    let lin = try desk.signedIn(.lin)
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 2, until: desk.today + 3, replaces: 2)
    ).number
    try #require(try chief.approve(number) == nil)
    let end: SQL = "SELECT coalesce(ends_at, 0) FROM permission WHERE request = 2"
    let day = try desk.number(end)
    try #require(day > 0)
    desk.wait(.minutes(1))
    try succeed(desk, Office.fda, by: Office.cdc)
    #expect(try desk.number(end) == 0)
    desk.wait(.minutes(1))
    _ = try desk.owner().undoSuccession(of: [Office.fda])
    #expect(try desk.number(end) == day)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  // MARK: What came due earlier happens earlier, though one run does both

  /// The office, whose successor takes its place in three days; 林美玲 is of both.
  private func reform(_ lin: Person) throws -> (Desk, chief: Service, lin: Service) {
    let (desk, chief, _, _) = try Desk.office()
    desk.wait(.minutes(1))
    try desk.opened(lin)
    desk.wait(.minutes(1))
    let own = try desk.signedIn(.lin)
    _ = try desk.owner().succeed([
      SuccessionOrder(
        old: Office.fda, new: Office.cdc, onAt: Timestamp(startOfTaipeiDay: desk.today + 3),
        document: "甲字1號")
    ])
    return (desk, chief, own)
  }

  private var other: Person {
    Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
      mobile: Person.lin.mobile)
  }

  /// Whoever is suspended since they are one takes nothing over on a later day.
  @Test func aHandOverComesAfterAnEarlierSuccession() throws {
    let (desk, chief, lin) = try reform(other)
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 4, replaces: 2)
    ).number
    try #require(try chief.approve(number) == nil)
    let id: AccountID = try desk.id(
      "SELECT max(id) FROM account WHERE email = ?", Person.lin.email)
    _ = try desk.owner().change(account: id, .suspend, reason: "調查")
    for _ in 1...2 {
      desk.wait(.days(2))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    #expect(
      try desk.texts("SELECT status || coalesce(ends_at, '') FROM permission WHERE request = 2")
        == ["active"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Told to stop, a late run keeps nothing, and holds no succession for one that cannot be.
  @Test func aLateRunThatIsStoppedHoldsUpNothing() throws {
    let (desk, _, _) = try reform(other)
    let tsai = try desk.opened(.tsai)
    let number = try tsai.requestPermission(
      PermissionOrder(role: .general, until: desk.today + 2)
    ).number
    try #require(try desk.signedIn(.li).approve(number) == nil)
    desk.wait(.days(2))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    desk.wait(.days(1))
    var (interrupt, before) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&interrupt)
    unsafe sigaddset(&interrupt, SIGINT)
    unsafe sigprocmask(SIG_BLOCK, &interrupt, &before)
    // Who runs in the background has it ignored.
    let inherited = signal(SIGINT, SIG_DFL)
    raise(SIGINT)
    #expect(throws: IAuthError.self) {
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    // It goes away where it is ignored.
    signal(SIGINT, SIG_IGN)
    signal(SIGINT, inherited)
    unsafe sigprocmask(SIG_SETMASK, &before, nil)
    let state: SQL = """
      SELECT (held_at IS NOT NULL) || (applied_at IS NOT NULL) FROM succession ORDER BY id DESC LIMIT 1
      """
    #expect(try desk.texts(state) == ["00"])
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.texts(state) == ["01"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// On an earlier day somebody has taken over what nobody would by the succession.
  @Test func aHandOverComesBeforeALaterSuccession() throws {
    let (desk, chief, lin) = try reform(other)
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 2, replaces: 2)
    ).number
    try #require(try chief.approve(number) == nil)
    let id: AccountID = try desk.id(
      "SELECT max(id) FROM account WHERE email = ?", Person.lin.email)
    _ = try desk.owner().change(account: id, .suspend, reason: "調查")
    desk.wait(.days(4))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(
      try desk.texts("SELECT reason FROM permission WHERE request = 2") == ["交接 / handed over"])
    #expect(try desk.texts("SELECT status FROM account WHERE id = ?", id) == ["suspended"])
  }

  /// What ended by itself after the succession's day, though before the run, stays so.
  @Test func whatIsOverIsNotRevived() throws {
    let (desk, chief, _) = try reform(other)
    desk.wait(.minutes(1))
    let lin = try desk.signedIn(other)
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 4)
    ).number
    try #require(try chief.approve(number) == nil)
    desk.wait(.minutes(1))
    let post = try desk.signedIn(.lin).requestPermission(PermissionOrder(role: .admin)).number
    try #require(try chief.approve(post) == nil)
    desk.wait(.days(9))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    let status: SQL = "SELECT status || ' ' || reason FROM permission WHERE request = ?"
    let over = ["revoked " + Transaction.dayIsOver]
    #expect(try desk.texts(status, number) == over)
    desk.wait(.minutes(1))
    _ = try desk.owner().undoSuccession(of: [Office.fda])
    #expect(try desk.texts(status, number) == over)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// By contacts that are new since an earlier day two are one.
  @Test func aChangeComesBeforeALaterSuccession() throws {
    let elsewhere = other.with(email: "lin@fda.gov.tw", mobile: "0922000007")
    let (desk, chief, _) = try reform(elsewhere)
    let day = Timestamp(startOfTaipeiDay: desk.today + 2).taiwanDay
    let form = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期",
      "\(Office.fda),\(elsewhere.name),\(Person.lin.email),\(elsewhere.mobile),修改,"
        + "\(elsewhere.name),\(elsewhere.email),\(day)",
    ]).order
    let change = try #require(try desk.owner().importBatch(form).rows[0].request)
    try #require(try chief.approve(change) == nil)
    desk.wait(.days(4))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(
      try desk.texts(
        "SELECT status FROM account WHERE name = ? ORDER BY status", Person.lin.name)
        == ["active", "closed"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What has gone back is not the other agency's to end, though it began there.
  @Test func whatWentBackIsEndedWhereItIs() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let use = try lin.requestPermission(PermissionOrder(from: desk.today + 4)).number
    try #require(try li.approve(use) == nil)
    _ = try desk.administrator(.liu, approvedBy: chief)
    desk.wait(.minutes(1))
    try succeed(desk, Office.cdc, by: Office.fda)
    for _ in 1...2 {
      desk.wait(.days(2))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    let liu = try desk.signedIn(.liu)
    #expect(try refusal { try liu.revoke(use, reason: "調職") } == .requestOutside)
    try desk.signedIn(.li).revoke(use, reason: "調職")
  }
}
