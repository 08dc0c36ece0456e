// What is over is over at that moment, for every check, whether the cron run has been or not; the
// run writes each down once (PRODUCT 3.2, 3.4, 3.5).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct LapseTests {
  private func actions(_ desk: Desk, _ action: AuditAction) throws -> Int64 {
    try desk.number("SELECT count(*) FROM audit WHERE action = ?", action.rawValue)
  }

  // MARK: Requests

  /// 林美玲 has waited for 李小明 as long as it goes, less a second; then everything is over.
  private func waited() throws -> (Desk, number: RequestID) {
    let desk = try Desk()
    _ = try desk.administrator(.li, approvedBy: try desk.chief())
    let number = try desk.opened(.lin).ask(.general)
    desk.wait(.days(180))
    desk.wait(.seconds(-61))
    return (desk, number)
  }

  enum Touch: CaseIterable {
    case approve, reject, withdraw, ask, list, detail, own, importRow, run
  }

  @Test(arguments: Touch.allCases, [false, true])
  func aRequest(touch: Touch, isOver: Bool) throws {
    let (desk, number) = try waited()
    // Signing in takes a minute.
    let service = try desk.signedIn([.withdraw, .ask, .own].contains(touch) ? .lin : .li)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["pending"])
    if isOver { desk.wait(.seconds(1)) }
    let decided: ErrorCode? = isOver ? .requestDecided : nil
    switch touch {
    case .approve:
      #expect(try service.approve(number) == decided)
      let held = try desk.number("SELECT count(*) FROM permission WHERE request = ?", number)
      #expect(held == (isOver ? 0 : 1))
    case .reject: #expect(try service.reject(number) == decided)
    case .withdraw: #expect(try refusal { try service.withdraw(number) } == decided)
    case .ask:
      #expect(try refusal { _ = try service.ask(.general) } == (isOver ? nil : .requestDuplicate))
    case .list:
      let found = try service.queue(PendingFilter()).items.map(\.number)
      #expect(found == (isOver ? [] : [number]))
      let lapsed = try service.queue(PendingFilter(status: .lapsed)).items
      #expect(lapsed.map(\.number) == (isOver ? [number] : []))
      let all = try service.queue(PendingFilter(status: nil)).items
      #expect(all.map(\.status) == [isOver ? .lapsed : .pending])
    case .detail:
      let detail = try service.detail(number)
      #expect(detail.item.status == (isOver ? .lapsed : .pending))
      #expect(detail.whyNot?.code == decided)
    case .own: #expect(try service.ownRequests().map(\.status) == [isOver ? .lapsed : .pending])
    case .importRow:
      let report = try desk.owner().importBatch(Sheet([.lin], role: "一般權限").order)
      #expect(report.rows.map(\.outcome) == [isOver ? .accepted : .unchanged])
    case .run: break
    }
    // Whoever came first wrote it down or left it to the run; it stands there once, and is told
    // once.
    for _ in 0..<2 { _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true) }
    #expect(try actions(desk, .lapsed) == (isOver ? 1 : 0))
    let told: SQL = """
      SELECT count(*) FROM message WHERE recipient = 'lin@cdc.gov.tw' AND kind = 'notice'
        AND request = ?
      """
    #expect(try desk.number(told, number) == (isOver ? 1 : 0))
  }

  /// The contacts that nobody accepted are over, and the administrator is one again.
  @Test func anAdministratorRestsNoLongerThanTheirRequest() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    desk.wait(.minutes(1))
    try desk.opened(.li.with(mobile: "0922000003"))
    desk.wait(.days(179))
    #expect(try refusal { _ = try desk.signedIn(.li).queue(PendingFilter()) } == .rightMissing)
    desk.wait(.days(1))
    let li = try desk.signedIn(.li)
    #expect(try refusal { _ = try li.queue(PendingFilter()) } == nil)
    #expect(try desk.texts("SELECT mobile FROM account WHERE name = '李小明'") == ["+886911000003"])
    #expect(try actions(desk, .lapsed) == 1)
  }

  // MARK: Permissions with an end

  @Test func aPermissionThatIsOverMayBeAskedForAgain() throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let lin = try desk.opened(.lin)
    let number = try lin.ask(.general)
    try #require(try li.approve(number) == nil)
    let end = desk.clock.now.seconds + 60
    try #require(
      try desk.sqlite3("UPDATE permission SET ends_at = \(end) WHERE request = \(number)") == "")
    #expect(try refusal { _ = try lin.ask(.general) } == .permissionHeld)
    desk.wait(.seconds(60))
    #expect(try lin.ownRequests().map(\.permission) == [.revoked])
    #expect(try refusal { try li.revoke(number, reason: "x") } == .permissionNone)
    #expect(try refusal { _ = try lin.ask(.general) } == nil)
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try actions(desk, .revoked) == 1)
  }

  // MARK: Invitations

  enum Come: CaseIterable { case signIn, apply, appoint, importRow, approve, revoke, close, run }

  /// 吳志明 is invited to the authority, 林美玲 to 疾病管制署; both invitations are thirty days old.
  @Test(arguments: Come.allCases)
  func anInvitation(come: Come) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let serviceOperator = try desk.owner()
    _ = try serviceOperator.appoint(try Person.wu.form(), system: "spm")
    let sheet = Sheet([.lin])
    let number = try #require(try serviceOperator.importBatch(sheet.order).rows.first?.request)
    #expect(try chief.approve(number) == nil)
    var second: RequestID = 0
    if come == .approve {
      // A second request of the invited person's, which waits.
      _ = try serviceOperator.addSystem(
        code: "drill", name: "Drill", chineseName: "演練平臺", url: nil)
      var order = sheet.order
      order.system = "drill"
      second = try #require(try serviceOperator.importBatch(order).rows.first?.request)
    }
    desk.wait(.days(30))
    switch come {
    case .signIn:
      let shell = try desk.shell(of: .lin)
      let reference = try shell.signIn(try Person.lin.form(), via: .both).reference
      #expect(try desk.codes(reference).isEmpty)
    case .apply:
      let lin = try desk.opened(.lin)
      #expect(try refusal { _ = try lin.queue(PendingFilter()) } == .rightMissing)
    case .appoint:
      let post = try desk.post {
        _ = try serviceOperator.appoint(try Person.wu.form(), system: "spm")
      }
      #expect(post == ["invitation wu@ey.gov.tw", "notice chen@ey.gov.tw"])
      #expect(try actions(desk, .invitationLapsed) == 1)
      #expect(try desk.opened(.wu).status().status == .active)
    case .importRow:
      let report = try serviceOperator.importBatch(sheet.order)
      #expect(report.rows.map(\.outcome) == [.accepted])
      #expect(report.rows.first?.request != number)
    case .approve:
      #expect(try desk.signedIn(.chen).approve(second) == .requestDecided)
    case .revoke:
      #expect(try refusal { try serviceOperator.revoke(number, reason: "x") } == .permissionNone)
    case .close:
      let id: AccountID = try desk.id("SELECT id FROM account WHERE email = 'lin@cdc.gov.tw'")
      #expect(
        try refusal { _ = try serviceOperator.change(account: id, .close, reason: "x") }
          == .accountState)
    case .run: break
    }
    for _ in 0..<2 { _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true) }
    #expect(try actions(desk, .invitationLapsed) == 2, "each of the two once")
    let stays: SQL = "SELECT count(*) FROM permission WHERE request = ? AND status = 'active'"
    #expect(try desk.number(stays, number) == 0)
  }

  // MARK: Applications

  @Test(arguments: [false, true])
  func anApplication(isSwept: Bool) throws {
    let desk = try Desk()
    let lin = try desk.shell(of: .lin)
    let reference = try lin.apply(try Person.lin.form()).reference
    desk.wait(.hours(24))
    desk.wait(.seconds(-1))
    #expect(try lin.resend(reference.text).expiresAt == desk.clock.now + .seconds(1))
    let codes = try desk.codes(reference)
    desk.wait(.seconds(1))
    if isSwept { _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true) }
    #expect(try refusal { _ = try lin.prove(reference.text, codes: codes) } == .codeExpired)
    #expect(try refusal { _ = try lin.resend(reference.text) } == .codeExpired)
    #expect(try desk.number("SELECT count(*) FROM account WHERE email = 'lin@cdc.gov.tw'") == 0)
  }

  // MARK: The run

  @Test func theRunWritesEachDownOnce() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    _ = try desk.opened(.lin).ask(.general)
    desk.wait(.days(150))
    let report = try desk.owner().importBatch(Sheet([.liu]).order)
    #expect(try desk.signedIn(.chen).approve(try #require(report.rows.first?.request)) == nil)
    desk.wait(.days(29))
    _ = try desk.shell(of: .tsai).apply(try Person.tsai.form())
    desk.wait(.days(1))
    let runs = try (0..<2).map { _ in
      try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true).lapsed
    }
    #expect(runs == [3, 0])
    for action in [AuditAction.lapsed, .invitationLapsed, .applicationLapsed] {
      #expect(try actions(desk, action) == 1, "\(action)")
    }
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    #expect(try desk.owner().doctor().filter { $0.status == .fail }.isEmpty)
  }
}
