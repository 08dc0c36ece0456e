// Whose data are decided on by whom (PRODUCT 3.1, 3.4): an administrator's by the authority's
// administrators of a system that they administer, whichever system and role a form names.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct AdministeredTests {
  /// 林美玲 uses `spm` and administers `x`, of which 吳志明 is the authority's administrator.
  private func office() throws -> (Desk, chief: Service, wu: Service, lin: Service) {
    let (desk, chief, li, lin) = try Desk.office()
    _ = try desk.owner().addSystem(code: "x", name: "X", chineseName: nil, url: nil)
    _ = try desk.owner().appoint(try Person.wu.form(), system: "x")
    let wu = try desk.signedIn(.wu)
    let use = try lin.ask(.general, system: "spm")
    try #require(try li.approve(use) == nil)
    let post = try lin.ask(.admin, system: "x")
    try #require(try wu.approve(post) == nil)
    return (desk, chief, wu, lin)
  }

  private func change(_ role: String, on day: String = "") -> ImportOrder {
    Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期,申請系統,角色",
      "\(Office.cdc),\(Person.lin.name),meiling@cdc.gov.tw,\(Person.lin.mobile),修改,"
        + "\(Person.lin.name),\(Person.lin.email),\(day),spm,\(role)",
    ]).order
  }

  private let about: SQL = """
    SELECT r.role || ' ' || s.code || ' ' || r.status FROM request r JOIN system s ON s.id = r.system
    WHERE r.kind = 'change'
    """

  @Test(arguments: ["一般權限", "機關管理者", ""])
  func aFormDoesNotChooseWhoDecides(role: String) throws {
    let (desk, chief, wu, _) = try office()
    let number = try #require(try desk.owner().importBatch(change(role)).rows[0].request)
    #expect(try chief.approve(number) == .requestUnknown)
    #expect(try desk.texts(about) == ["admin x pending"])
    #expect(try desk.owner().importBatch(change(role)).rows[0].outcome == .unchanged)
    #expect(try wu.approve(number) == nil)
    #expect(try desk.owner().importBatch(change(role)).rows[0].outcome == .unchanged)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Whoever administers one of two systems no more is of the other's.
  @Test(arguments: [true, false]) func anotherSystemIsLeft(isDated: Bool) throws {
    let (desk, chief, wu, lin) = try office()
    let post = try lin.ask(.admin, system: "spm")
    try #require(try chief.approve(post) == nil)
    let day = isDated ? "2026-03-12" : ""
    let number = try #require(try desk.owner().importBatch(change("", on: day)).rows[0].request)
    #expect(try desk.texts(about) == ["admin spm pending"])
    if isDated { try #require(try chief.approve(number) == nil) }
    try chief.revoke(post, reason: "調職")
    if isDated {
      desk.wait(.days(11))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    #expect(try desk.texts(about) == ["admin x pending"])
    let again = isDated ? try desk.signedIn(.wu) : wu
    #expect(try (isDated ? desk.chief() : chief).approve(number) == .requestUnknown)
    #expect(try again.approve(number) == nil)
    let email = try desk.texts("SELECT email FROM account WHERE name = '林美玲'")
    #expect(email == ["meiling@cdc.gov.tw"])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Who decided is shown by the name of that time (PRODUCT 3.5), wherever a decision is.
  @Test func aDecisionKeepsItsName() throws {
    let (desk, chief, _, _) = try Desk.office()
    let number = try desk.opened(.tsai).ask(.general)
    #expect(try desk.signedIn(.li).approve(number) == nil)
    let form = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱",
      "\(Office.cdc),李改名,\(Person.li.email),\(Person.li.mobile),修改,"
        + "\(Person.li.name),\(Person.li.email)",
    ]).order
    let change = try #require(try desk.owner().importBatch(form).rows[0].request)
    #expect(try chief.approve(change) == nil)
    let owner = try desk.owner()
    let id: AccountID = try desk.id("SELECT account FROM permission WHERE request = 2")
    let isIt = { (subject: String, action: String) in
      subject == "request:\(number)" && action == "request.approve"
    }
    for actor in [Person.li.name, "李改名", nil] {
      let entries = try owner.auditTrail(AuditFilter(actor: actor)).filter {
        isIt($0.line.entry.subject, $0.line.entry.action)
      }
      #expect(entries.map(\.name) == [Person.li.name])
    }
    let events = try owner.history(account: id).filter { isIt($0.subject, $0.action) }
    #expect(events.map(\.name) == [Person.li.name])
    let figures = try owner.statistics(
      StatisticsOrder(since: nil, until: nil, key: .reviewer, system: nil, under: nil))
    #expect(figures.lines.map { $0.name ?? "" }.contains(Person.li.name))
    #expect(!figures.lines.map { $0.name ?? "" }.contains("李改名"))
  }

  /// New contacts that another account has by now: the refusal names it.
  @Test func whatIsAnotherAccountsIsNamed() throws {
    let (desk, chief, _, _) = try office()
    let number = try #require(try desk.owner().importBatch(change("")).rows[0].request)
    try desk.opened(.lin.with(email: "meiling@cdc.gov.tw", mobile: "0911000099"))
    let other: AccountID = try desk.id("SELECT max(id) FROM account")
    _ = chief
    let refused = try desk.signedIn(.wu).approve(.numbers([number]), note: nil, expecting: nil)
    #expect(refused.first?.refusal == .contactTaken(account: other))
  }

  /// The owner of the database whose session has ended sees in lists what they see one by one.
  @Test func whoseSessionHasEndedIsTheOperator() throws {
    let (desk, _, _, lin) = try Desk.office()
    let number = try lin.ask(.general)
    let id = try lin.status().account
    let owner = try desk.service(Person.lin.caller, isOperator: true)
    _ = try desk.owner().change(account: id, .suspend, reason: "調職")
    #expect(try refusal { _ = try owner.status() } == .sessionExpired)
    #expect(try owner.detail(number).item.number == number)
    let listed = try owner.queue(PendingFilter(isOfSeen: true)).items
    #expect(listed.map(\.number) == [number])
    #expect(try owner.permissions(ReportFilter(), at: nil).map(\.request) == [1, 2])
    _ = try owner.batches()
  }
}
