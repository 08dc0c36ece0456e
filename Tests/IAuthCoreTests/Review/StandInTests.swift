// Permissions for a time, and in somebody's place: deputies (職務代理) and hand-overs (交接), from the
// request to the end (PRODUCT 11.1). The clock is moved; nothing else ends or begins them.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct StandInTests {
  private func names(_ desk: Desk) throws -> [String] {
    try desk.owner().administrators(agency: Office.cdc, system: nil).map {
      $0.name + ($0.deputyOf.map { " deputy of \($0)" } ?? "")
    }
  }

  private func sweep(_ desk: Desk) throws {
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
  }

  @Test func aFortnightWithADeputy() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let first = desk.today + 3
    var number: RequestID = 0
    let asked = try desk.post {
      let receipt = try lin.requestPermission(
        PermissionOrder(role: .admin, from: first, until: first + 13, deputyFor: 2))
      number = receipt.number
      #expect(receipt.deputyFor == 2)
      #expect(receipt.until == Timestamp(startOfTaipeiDay: first + 14))
    }
    #expect(asked == ["notice chen@ey.gov.tw", "notice li@cdc.gov.tw"])
    let granted = try desk.post { try #require(try chief.approve(number) == nil) }
    #expect(granted == ["notice li@cdc.gov.tw", "decision lin@cdc.gov.tw"])
    #expect(try names(desk) == ["李小明"], "not before its day")

    // It begins by itself; nothing has run.
    desk.wait(.days(3))
    #expect(try names(desk) == ["李小明", "林美玲 deputy of 李小明"])
    let tsai = try desk.opened(.tsai)
    var use: RequestID = 0
    let post = try desk.post { use = try tsai.ask(.general) }
    #expect(post == ["notice li@cdc.gov.tw", "notice lin@cdc.gov.tw"])
    let deputy = try desk.signedIn(.lin)
    #expect(try deputy.queue(PendingFilter()).items.map(\.number) == [use])
    let outcome = try #require(
      try deputy.approve(.numbers([use]), note: nil, expecting: nil).first)
    #expect(outcome.refusal == nil && outcome.deputyFor == 2)
    #expect(
      try desk.texts(
        "SELECT deputy_for || ' ' || by_permission FROM decision WHERE request = ?", use)
        == ["2 \(number)"])
    #expect(try desk.owner().detail(use).decision?.deputyFor == 2)

    // It ends by itself, and the holder was told once at each threshold.
    func warned() throws -> Int64 {
      try desk.number("SELECT count(*) FROM told WHERE item LIKE 'ends:%'")
    }
    try sweep(desk)
    #expect(try warned() == 1)
    desk.wait(.days(11))
    for _ in 1...2 { try sweep(desk) }
    #expect(try warned() == 2)
    desk.wait(.days(3))
    #expect(try names(desk) == ["李小明"])
    let after = try desk.signedIn(.lin)
    #expect(try refusal { _ = try after.queue(PendingFilter()) } == .rightMissing)
    let ended = try desk.post { try sweep(desk) }
    #expect(ended.filter { $0.hasPrefix("notice") } == [], "the session has told already")
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request = ?", number) == ["revoked"])
  }

  /// Whose request the one represented may not decide, the deputy may not either.
  @Test func aDeputyDecidesOnNothingOfThePersonRepresented() throws {
    let (desk, chief, li, lin) = try Desk.office()
    try desk.owner().addDoc()
    let first = desk.today
    let number = try lin.requestPermission(
      PermissionOrder(
        system: "spm", role: .admin, from: first, until: first + 5, deputyFor: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    let deputy = try desk.signedIn(.lin)
    // 李小明 has another account in the agency's name only by the number: the contacts say who it is.
    _ = li
    let own = Person.li.with(name: "李大明", email: "li2@cdc.gov.tw", mobile: "0911000031")
    let other = try desk.opened(own)
    let use = try other.ask(.general, system: "spm")
    #expect(try deputy.queue(PendingFilter()).items.map(\.number) == [use])
    try desk.sqlite3(
      """
      DROP INDEX account_mobile; UPDATE account SET mobile = '+886911000003'
      WHERE email = 'li2@cdc.gov.tw'
      """)
    let again = try desk.signedIn(.lin)
    #expect(try again.queue(PendingFilter()).items.isEmpty)
    #expect(try again.approve(use) == .requestOwn)
    let script = """
      INSERT INTO decision (request, verdict, reviewer, caller, note, decided_at)
      VALUES (\(use), 'approved', (SELECT id FROM account WHERE email = 'lin@cdc.gov.tw'), 'x', 'x',
        \(desk.clock.now.seconds))
      """
    #expect(try desk.sqlite3(script).contains("request.own"))
  }

  @Test(arguments: [
    (PermissionOrder(role: .admin, from: -1), ErrorCode.dateInvalid),
    (PermissionOrder(role: .admin, until: -1), .dateInvalid),
    (PermissionOrder(role: .admin, from: 5, until: 4), .dateInvalid),
    (PermissionOrder(role: .admin, until: 3 * 366 + 1), .dateInvalid),
    (PermissionOrder(role: .admin, from: 1, until: 4, deputyFor: 99), .requestUnknown),
    (PermissionOrder(role: .admin, from: 1, until: 4, deputyFor: 3), .requestUnknown),
    (PermissionOrder(role: .admin, replaces: 4), .requestUnknown),
    (PermissionOrder(role: .general, replaces: 2), .permissionNone),
    (PermissionOrder(role: .admin, from: 0, until: 0), nil),
    (PermissionOrder(role: .admin, replaces: 2), nil),
  ])
  func whatMayBeAskedFor(order: PermissionOrder, expected: ErrorCode?) throws {
    let (desk, chief, li, lin) = try Desk.office()
    // 3 is of another agency, 4 a permission that is over.
    _ = try desk.administrator(.liu, approvedBy: chief)
    let tsai = try desk.administrator(.tsai, approvedBy: chief)
    try tsai.revoke(4, reason: "調職")
    _ = li
    var order = order
    order.from = order.from.map { $0 + desk.today }
    order.until = order.until.map { $0 + desk.today }
    #expect(try refusal { _ = try lin.requestPermission(order) } == expected)
  }

  @Test func aSystemsLongestGrant() throws {
    let (desk, chief, _, lin) = try Desk.office()
    _ = try desk.owner().setSystem(code: "spm", longest: .days(10))
    let first = desk.today
    func ask(_ until: Int64?) throws -> RequestID {
      try lin.requestPermission(PermissionOrder(role: .admin, from: first, until: until)).number
    }
    #expect(try refusal { _ = try ask(first + 10) } == .dateInvalid)
    let number = try ask(nil)
    #expect(try chief.approve(number) == nil)
    let end = try desk.number("SELECT ends_at FROM permission WHERE request = ?", number)
    #expect(end == Timestamp(startOfTaipeiDay: first + 10).seconds)
    // The mail tells the end that there is, not the one that was asked for.
    let tsai = try desk.opened(.tsai)
    let longer = try tsai.requestPermission(
      PermissionOrder(role: .admin, until: first + 9)
    ).number
    _ = try desk.owner().setSystem(code: "spm", longest: .days(5))
    #expect(try chief.approve(longer) == nil)
    let mails = try desk.texts("SELECT body FROM message WHERE kind = 'decision' ORDER BY id")
    for (mail, days) in zip(mails.suffix(2), [9, 4] as [Int64]) {
      #expect(mail.contains("Until: \(Timestamp(startOfTaipeiDay: first + days).taiwanDay)"))
    }
    _ = try desk.owner().setSystem(code: "spm", longest: nil)
    #expect(try desk.owner().systems().first?.longest == nil)
  }

  /// At no moment is there neither or both, whether cron runs or not.
  @Test(arguments: [false, true])
  func aHandOverOnItsDay(sweeps: Bool) throws {
    let (desk, chief, _, lin) = try Desk.office()
    let day = desk.today + 7
    var number: RequestID = 0
    let asked = try desk.post {
      number = try lin.requestPermission(
        PermissionOrder(role: .admin, from: day, replaces: 2)
      ).number
    }
    #expect(asked == ["notice chen@ey.gov.tw", "notice li@cdc.gov.tw"])
    #expect(try chief.approve(number) == nil)
    #expect(try names(desk) == ["李小明"])
    let start = Timestamp(startOfTaipeiDay: day)
    desk.wait(TimeSpan(seconds: start.seconds - desk.clock.now.seconds - 1))
    #expect(try names(desk) == ["李小明"])
    desk.wait(.seconds(1))
    if sweeps {
      let post = try desk.post { try sweep(desk) }
      #expect(post.contains("notice li@cdc.gov.tw"), "the one before hears of the end")
    }
    #expect(try names(desk) == ["林美玲"])
    let li = try desk.signedIn(.li)
    #expect(try refusal { _ = try li.queue(PendingFilter()) } == .rightMissing)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  @Test func theLastAdministratorOfTheAuthorityHandsOver() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let wu = try desk.opened(.wu)
    let number = try wu.requestPermission(PermissionOrder(role: .admin, replaces: 1)).number
    #expect(try refusal { try chief.revoke(1, reason: "離職") } == .accountLast)
    #expect(try chief.approve(number) == nil)
    #expect(
      try desk.texts("SELECT status FROM permission ORDER BY request") == ["revoked", "active"])
    #expect(try refusal { try wu.revoke(number, reason: "離職") } == .accountLast)
  }

  /// Whoever has it for a time only takes nothing over: nobody would be there afterwards.
  @Test(arguments: [0, 7])
  func theLastAdministratorOfTheAuthorityStaysBeforeOneForATime(days: Int64) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let wu = try desk.opened(.wu)
    let order = PermissionOrder(
      role: .admin, from: days == 0 ? nil : desk.today + days, until: desk.today + 9, replaces: 1)
    let number = try wu.requestPermission(order).number
    #expect(try chief.approve(number) == .accountLast)
    #expect(try desk.texts("SELECT status FROM permission ORDER BY request") == ["active"])
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["pending"])
  }

  /// A future hand-over that is called off leaves the one before in office.
  @Test func aHandOverIsCalledOff() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 7, replaces: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    #expect(try desk.number("SELECT count(*) FROM permission WHERE ends_at IS NOT NULL") == 1)
    try lin.revoke(number, reason: "不接任")
    #expect(try desk.number("SELECT count(*) FROM permission WHERE ends_at IS NOT NULL") == 0)
    desk.wait(.days(8))
    #expect(try names(desk) == ["李小明"])
  }

  /// Who was told that somebody asks to take their permission over is told that nobody does.
  @Test(arguments: [RequestStatus.rejected, .withdrawn, .lapsed])
  func aHandOverThatComesToNothing(end: RequestStatus) throws {
    let (desk, chief, _, lin) = try Desk.office()
    let number = try lin.requestPermission(PermissionOrder(role: .admin, replaces: 2)).number
    let post = try desk.post {
      switch end {
      case .rejected: #expect(try chief.reject(number, reason: "未檢附公文") == nil)
      case .withdrawn: try lin.withdraw(number)
      default:
        desk.wait(.days(181))
        try sweep(desk)
      }
    }
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == [end.rawValue])
    #expect(post.filter { $0 == "notice li@cdc.gov.tw" }.count == 1, "\(post)")
    // The mail is about the permission that stays.
    let about = try desk.number(
      "SELECT request FROM message WHERE recipient = 'li@cdc.gov.tw' ORDER BY id DESC LIMIT 1")
    #expect(about == 2)
  }

  /// Whoever is meant is the one represented: what they may not decide would be lost on the way.
  @Test func aDeputyHasNoDeputy() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let first = desk.today
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: first, until: first + 5, deputyFor: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    let tsai = try desk.opened(.tsai)
    let order = PermissionOrder(role: .admin, from: first, until: first + 5, deputyFor: number)
    #expect(try refusal { _ = try tsai.requestPermission(order) } == .permissionNone)
    let script = """
      INSERT INTO request (account, agency, system, role, kind, origin, created_at, effective_at,
        until_at, deputy_for) SELECT id, agency, 1, 'admin', 'grant', 'self', 1, 1, 2, \(number)
      FROM account WHERE email = 'tsai@cdc.gov.tw'
      """
    #expect(try desk.sqlite3(script).contains("permission.none"))
  }

  /// Nobody is asked for a deputy of somebody who has handed over, and the applicant hears of it.
  @Test func aDeputyForSomebodyWhoHasLeftIsPointless() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let tsai = try desk.opened(.tsai)
    let first = desk.today
    let deputy = try tsai.requestPermission(
      PermissionOrder(role: .admin, from: first, until: first + 5, deputyFor: 2)
    ).number
    let successor = try lin.requestPermission(PermissionOrder(role: .admin, replaces: 2)).number
    let post = try desk.post { try #require(try chief.approve(successor) == nil) }
    #expect(post.contains("notice tsai@cdc.gov.tw"))
    #expect(
      try desk.texts("SELECT status FROM request WHERE id = ?", deputy) == ["superseded"])
    #expect(
      try desk.owner().remind(after: .seconds(1), isDryRun: false, isClockRight: true).requests == 0
    )
  }

  @Test func whatAGrantHasMadePointlessIsClosed() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let (general, admin) = (try lin.ask(.general), try lin.ask(.admin))
    let tsai = try desk.opened(.tsai)
    let rival = try tsai.requestPermission(PermissionOrder(role: .admin, replaces: 2)).number
    let huang = try desk.opened(.liu)
    _ = huang
    let post = try desk.post { try #require(try chief.approve(admin) == nil) }
    #expect(post == ["notice lin@cdc.gov.tw", "decision lin@cdc.gov.tw"])
    #expect(
      try desk.texts("SELECT verdict FROM decision WHERE request = ?", general) == ["superseded"])
    #expect(try lin.ownRequests().first { $0.number == general }?.status == .superseded)
    // A second one that would take over the same permission.
    let wang = try desk.opened(
      Person.lin.with(name: "王大明", email: "wang@cdc.gov.tw", mobile: "0911000051"))
    let winner = try wang.requestPermission(PermissionOrder(role: .admin, replaces: 2)).number
    #expect(try chief.approve(winner) == nil)
    #expect(
      try desk.texts("SELECT status FROM request WHERE id IN (?, ?) ORDER BY id", rival, winner)
        == ["superseded", "approved"])
    #expect(
      try desk.owner().remind(after: .seconds(1), isDryRun: false, isClockRight: true).requests == 0
    )
  }

  /// The data of whoever has become an administrator are the authority's to decide on, whenever.
  @Test(arguments: [true, false])
  func aChangeFollowsThePerson(isDated: Bool) throws {
    let (desk, chief, _, lin) = try Desk.office()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let li = try desk.signedIn(.li)
    let use = try lin.ask(.general)
    #expect(try li.approve(use) == nil)
    let day = Timestamp(startOfTaipeiDay: desk.today + 10).taiwanDay
    let report = try huang.importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,角色,生效日期",
        "\(Office.cdc),林美玲,new@cdc.gov.tw,0911000004,修改,林美玲,lin@cdc.gov.tw,一般權限,"
          + (isDated ? day : ""),
      ]).order)
    let change = try #require(report.rows.first?.request)
    if isDated { #expect(try li.approve(change) == nil) }
    let admin = try lin.ask(.admin)
    #expect(try chief.approve(admin) == nil)
    if isDated {
      desk.wait(.days(11))
      try sweep(desk)
      #expect(
        try desk.texts(
          "SELECT status || ' ' || role || ' ' || round FROM request WHERE id = ?", change)
          == ["pending admin 2"])
    }
    let (reviewer, authority) = (try desk.signedIn(.li), try desk.signedIn(.chen))
    #expect(try reviewer.approve(change) == .requestOutside)
    #expect(try authority.approve(change) == nil)
    #expect(try desk.texts("SELECT email FROM account WHERE name = '林美玲'") == ["new@cdc.gov.tw"])
    // What a form has put in proves nothing: until both codes have, the account decides nothing.
    let administrators: SQL = """
      SELECT count(*) FROM administrator d JOIN account a ON a.id = d.account
      WHERE a.name = '林美玲'
      """
    #expect(try desk.number(administrators) == 0)
    let renewed = Person.lin.with(email: "new@cdc.gov.tw")
    let one = try refusal {
      let shell = try desk.shell(of: renewed)
      let receipt = try shell.signIn(try renewed.form(), via: .email)
      _ = try shell.prove(receipt.reference.text, codes: try desk.codes(receipt.reference))
    }
    #expect(one == .codeSecond)
    #expect(try desk.number(administrators) == 0)
    try desk.signedIn(renewed)
    #expect(try desk.number(administrators) == 1)
  }
}

extension Service {
  fileprivate func addDoc() throws {
    _ = try addSystem(code: "doc", name: "Documents", chineseName: "公文", url: nil)
  }
}
