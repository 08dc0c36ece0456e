// Permissions with a date, beside what time does by itself: renewed before they end, and asked about
// again on the day on which they begin (PRODUCT 3.4, 11.1).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct DatedGrantTests {
  private func names(_ desk: Desk) throws -> [String] {
    try desk.owner().administrators(agency: Office.cdc, system: nil).map(\.name)
  }

  private func sweep(_ desk: Desk) throws {
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
  }

  /// What ends may be asked for again for longer before it does (the mails ahead say how).
  @Test func aPermissionIsRenewed() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let first = desk.today
    func ask(_ from: Int64?, _ until: Int64?) throws -> RequestID {
      try lin.requestPermission(
        PermissionOrder(
          role: .admin, from: from.map { first + $0 }, until: until.map { first + $0 })
      ).number
    }
    let earlier = try ask(nil, 20)
    #expect(try chief.approve(earlier) == nil)
    for (from, until) in [(nil, 20), (nil, 5), (22, 40)] as [(Int64?, Int64)] {
      #expect(try refusal { _ = try ask(from, until) } == .permissionHeld, "\(until)")
    }
    #expect(try refusal { _ = try lin.ask(.general) } == .permissionHeld)
    #expect(
      try refusal {
        _ = try lin.requestPermission(
          PermissionOrder(role: .admin, from: first, until: first + 40, deputyFor: 2))
      } == .permissionHeld, "that is another thing")
    let later = try ask(21, 40)
    #expect(try refusal { _ = try ask(nil, 50) } == .requestDuplicate)
    // It holds all the while, until the later end.
    #expect(try names(desk) == ["李小明", "林美玲"])
    let post = try desk.post { try #require(try chief.approve(later) == nil) }
    #expect(post == ["decision lin@cdc.gov.tw"])
    for days: Int64 in [0, 20, 40, 41] {
      desk.wait(.seconds((first + days) * 86_400 - desk.clock.now.seconds))
      try sweep(desk)
      #expect(try names(desk) == ["李小明"] + (days == 41 ? [] : ["林美玲"]), "\(days)")
    }
    _ = li
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request IN (?, ?)", earlier, later)
        == ["revoked", "revoked"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// What is renewed before it has begun begins on its own day, and nobody decides before it.
  @Test func aRenewalBeginsNoEarlierThanWhatItRenews() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let first = desk.today
    func ask(_ from: Int64?, _ until: Int64) throws -> RequestID {
      try lin.requestPermission(
        PermissionOrder(role: .admin, from: from.map { first + $0 }, until: first + until)
      ).number
    }
    #expect(try chief.approve(try ask(10, 20)) == nil)
    #expect(try refusal { _ = try ask(nil, 40) } == .permissionHeld)
    let later = try ask(21, 40)
    #expect(try chief.approve(later) == nil)
    let starts = try desk.number("SELECT starts_at FROM permission WHERE request = ?", later)
    #expect(Timestamp(starts).taipeiDay == first + 10)
    for days: Int64 in [0, 9, 10, 20, 40, 41] {
      desk.wait(.seconds((first + days) * 86_400 - desk.clock.now.seconds))
      try sweep(desk)
      let isHeld = (10...40).contains(days)
      #expect(try names(desk) == ["李小明"] + (isHeld ? ["林美玲"] : []), "\(days)")
      #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    }
  }

  /// A row that asks for longer than a planned removal leaves is no repetition.
  @Test func aRowBeyondAPlannedRemoval() throws {
    let (desk, chief, _, lin) = try Desk.office()
    #expect(try chief.approve(lin.ask(.admin)) == nil)
    let row = "\(Office.cdc),林美玲,\(Person.lin.email),\(Person.lin.mobile)"
    let head = "機關OID,姓名,公務信箱,手機,異動類別,生效日期,終止日期"
    func outcome(_ rest: String) throws -> ImportRow {
      try #require(
        try desk.owner().importBatch(Sheet(lines: [head, "\(row),\(rest)"]).order).rows.first)
    }
    #expect(try outcome("刪除,2026-03-23,").outcome == .accepted)
    #expect(try outcome("新增,,2026-03-20").outcome == .unchanged)
    let longer = try outcome("新增,,2026-04-11")
    #expect(longer.problems.map(\.code) == ["permission.held"])
    #expect(longer.problems.map(\.column) == ["終止日期"])
    #expect(longer.problems.allSatisfy { $0.message.chinese.contains("至 2026-03-22 止") })
  }

  /// A form's row for days that what somebody has does not last until goes on with it, as a request
  /// of one's own does; for days after its end it is refused, and says until when that holds.
  @Test(arguments: [
    ("", "", RowOutcome.unchanged), ("2026-03-10", "", .unchanged), ("", "2026-03-22", .unchanged),
    ("", "2026-04-11", .accepted), ("2026-03-23", "2026-04-11", .accepted),
    ("2026-03-23", "", .accepted), ("2026-03-25", "2026-04-11", .rejected),
    ("2026-03-25", "", .rejected),
  ])
  func aRowForDaysAfterTheEnd(from: String, until: String, outcome: RowOutcome) throws {
    let (desk, chief, _, lin) = try Desk.office()
    let earlier = try lin.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 20)
    ).number
    try #require(try chief.approve(earlier) == nil)
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let order = Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,生效日期,終止日期",
      "\(Office.cdc),林美玲,\(Person.lin.email),\(Person.lin.mobile),\(from),\(until)",
    ]).order
    let row = try #require(try huang.importBatch(order).rows.first)
    #expect(row.outcome == outcome)
    #expect(row.problems.map(\.code) == (outcome == .rejected ? ["permission.held"] : []))
    #expect(row.problems.allSatisfy { $0.message.chinese.contains("至 2026-03-22 止") })
    // The same once more is that request.
    let again = try #require(try huang.importBatch(order).rows.first)
    #expect(again.outcome == (outcome == .rejected ? .rejected : .unchanged))
    #expect(again.request == row.request)
    guard outcome == .accepted, let renewal = row.request else { return }
    #expect(renewal != earlier)
    #expect(try chief.approve(renewal) == nil)
    #expect(
      try desk.texts(
        """
        SELECT coalesce(date(ends_at + 28799, 'unixepoch'), '') FROM permission
        WHERE status = 'active' AND account = ?
        """,
        try desk.id("SELECT account FROM request WHERE id = ?", earlier) as AccountID)
        == [until])
  }

  /// What has ended before the renewal was approved is granted anew.
  @Test(arguments: [0, 30])
  func aRenewalOfWhatHasEndedMeanwhile(waits: Int64) throws {
    let (desk, _, _, lin) = try Desk.office()
    let until = desk.today + 60
    let earlier = try lin.requestPermission(PermissionOrder(until: desk.today + 20)).number
    #expect(try desk.signedIn(.li).approve(earlier) == nil)
    let later = try desk.signedIn(.lin).requestPermission(PermissionOrder(until: until)).number
    desk.wait(.days(waits))
    #expect(try desk.signedIn(.li).approve(later) == nil)
    let held = try desk.owner().permissions(ReportFilter(role: .general), at: nil)
    #expect(held.map(\.request) == [later])
    #expect(held.first?.until == Timestamp(startOfTaipeiDay: until + 1) + .seconds(-1))
  }

  /// Who may decide is asked again on the day: of one who does no more, the successor decides (3.4).
  @Test(arguments: [true, false])
  func aDatedGrantIsAskedAgain(isApproved: Bool) throws {
    let (desk, chief, _, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .general, from: desk.today + 7)
    ).number
    #expect(try desk.signedIn(.li).approve(number) == nil)
    let tsai = try desk.administrator(.tsai, approvedBy: chief)
    try desk.owner().revoke(2, reason: "免職")
    desk.wait(.days(8))
    let post = try desk.post { try sweep(desk) }
    #expect(post.contains("notice lin@cdc.gov.tw"), "told that it is decided on again")
    let held = {
      try desk.owner().permissions(ReportFilter(), at: nil).contains { $0.request == number }
    }
    #expect(try !held())
    let again = try desk.signedIn(.tsai)
    _ = tsai
    #expect(try again.queue(PendingFilter()).items.map(\.number) == [number])
    #expect(try refusal { _ = try desk.signedIn(.lin).ask(.general) } == .requestDuplicate)
    #expect(try again.detail(number).permission == nil, "nothing while it waits")
    desk.wait(.minutes(5))
    let between = desk.clock.now
    desk.wait(.seconds(1))
    #expect(
      try isApproved ? again.approve(number) == nil : again.reject(number) == nil)
    #expect(try held() == isApproved)
    // It held from its second decision on, and not from its first day.
    #expect(
      try desk.owner().permissions(ReportFilter(), at: between).contains { $0.request == number }
        == false)
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request = ?", number)
        == [isApproved ? "active" : "revoked"])
    #expect(
      try desk.texts("SELECT change FROM permission_change WHERE request = ? ORDER BY seq", number)
        == ["granted", "ended"] + (isApproved ? ["granted"] : []))
    try sweep(desk)
    #expect(try held() == isApproved, "once")
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    #expect(try desk.owner().doctor().filter { $0.status == .fail }.isEmpty)
  }

  /// Whoever decided was asked by the day, whoever is in office when somebody next looks.
  @Test func aDatedGrantIsJudgedByItsDay() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .general, from: desk.today + 7)
    ).number
    #expect(try desk.signedIn(.li).approve(number) == nil)
    _ = try desk.administrator(.tsai, approvedBy: chief)
    desk.wait(.days(12))
    try desk.owner().revoke(2, reason: "調職")
    try sweep(desk)
    #expect(
      try desk.owner().permissions(ReportFilter(), at: nil).contains { $0.request == number })
  }

  /// A deputy and a successor of a permission that was renewed meanwhile are those of the renewal.
  @Test func whoStandsInFollowsARenewal() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let first = desk.today
    _ = li
    let earlier = try lin.requestPermission(
      PermissionOrder(role: .admin, until: first + 20)
    ).number
    #expect(try chief.approve(earlier) == nil)
    let tsai = try desk.opened(.tsai)
    let deputy = try tsai.requestPermission(
      PermissionOrder(role: .admin, from: first, until: first + 10, deputyFor: earlier)
    ).number
    let next = try desk.opened(
      Person.lin.with(name: "高志強", email: "kao@cdc.gov.tw", mobile: "0911000099"))
    let successor = try next.requestPermission(
      PermissionOrder(role: .admin, replaces: earlier)
    ).number
    let later = try desk.signedIn(.lin).requestPermission(
      PermissionOrder(role: .admin, until: first + 40)
    ).number
    #expect(try chief.approve(later) == nil)
    #expect(try chief.approve(deputy) == nil)
    let (held, wanted) = (try names(desk), Set(["李小明", "林美玲", "蔡英傑"]))
    #expect(Set(held) == wanted, "\(held)")
    #expect(try chief.approve(successor) == nil)
    #expect(try desk.texts("SELECT status FROM permission WHERE request = ?", later) == ["revoked"])
  }

  /// A system that has got administrators of its own in the authority decides by itself.
  @Test func aDatedGrantOfASystemThatHasItsOwnByThen() throws {
    let (desk, chief, _, lin) = try Desk.office()
    _ = try desk.owner().addSystem(code: "doc", name: "Documents", chineseName: nil, url: nil)
    let number = try lin.requestPermission(
      PermissionOrder(system: "doc", role: .admin, from: desk.today + 2)
    ).number
    #expect(try chief.approve(number) == nil)
    _ = try desk.owner().appoint(try Person.wu.form(), system: "doc")
    try desk.opened(.wu)
    desk.wait(.days(2))
    // Nothing has run: the first who looks finds it.
    let wu = try desk.signedIn(.wu)
    #expect(try wu.queue(PendingFilter()).items.map(\.number) == [number])
    #expect(try refusal { _ = try desk.signedIn(.lin).queue(PendingFilter()) } == .rightMissing)
  }

  /// A hand-over that comes up again leaves the one before in office until it is decided.
  @Test func aDatedHandOverIsAskedAgain() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let wu = try desk.administrator(.wu, approvedBy: chief)
    _ = wu
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 7, replaces: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    try desk.owner().revoke(1, reason: "調職")
    desk.wait(.days(8))
    try sweep(desk)
    #expect(try names(desk) == ["李小明"])
    #expect(try desk.signedIn(.wu).approve(number) == nil)
    #expect(try names(desk) == ["林美玲"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }
}
