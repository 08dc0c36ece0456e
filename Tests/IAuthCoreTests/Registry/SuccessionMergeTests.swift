// Two requests of one person, whose agencies become one and part again (PRODUCT 11.1, 11.4).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SuccessionMergeTests {
  /// Two agencies into a third, with one person in both of them: taken back in whichever order they
  /// are named, and not the first alone.
  @Test(arguments: [[Office.cdc, Office.fda], [Office.fda, Office.cdc]])
  func severalAreTakenBackInTheRightOrder(codes: [String]) throws {
    let (desk, _, _) = try inBoth()
    let before = try desk.texts(held)
    desk.wait(.seconds(codes[0] == Office.cdc ? 0 : 5))
    _ = try desk.owner().succeed(
      [Office.cdc, Office.fda].map {
        SuccessionOrder(old: $0, new: Office.mohw, onAt: desk.clock.now, document: "甲字1號")
      })
    #expect(
      try refusal { _ = try desk.owner().undoSuccession(of: [Office.cdc]) } == .agencyUndo)
    _ = try desk.owner().undoSuccession(of: codes)
    #expect(try desk.texts(held) == before)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// 林美玲 is a general user of one agency, and the administrator of the other.
  private func inBoth() throws -> (Desk, general: RequestID, admin: RequestID) {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let general = try desk.opened(.lin).ask(.general)
    #expect(try li.approve(general) == nil)
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    let admin = try desk.opened(twin).ask(.admin)
    #expect(try chief.approve(admin) == nil)
    return (desk, general, admin)
  }

  private let held: SQL = """
    SELECT p.request || ' ' || p.account || ' ' || g.code || ' ' || p.status
    FROM permission p JOIN agency g ON g.id = p.agency ORDER BY p.request
    """

  /// Whoever was suspended as one person is no administrator as two.
  @Test func anUndoingRestoresNobody() throws {
    let (desk, _, _) = try inBoth()
    _ = try desk.owner().succeed(
      [Office.cdc, Office.fda].map {
        SuccessionOrder(old: $0, new: Office.mohw, onAt: desk.clock.now, document: "甲字1號")
      })
    let account: AccountID = try desk.id(
      "SELECT id FROM account WHERE name = '林美玲' AND status = 'active'")
    _ = try desk.owner().change(account: account, .suspend, reason: "濫用")
    _ = try desk.owner().undoSuccession(of: [Office.cdc, Office.fda])
    #expect(
      try desk.texts("SELECT status FROM account WHERE name = '林美玲'")
        == ["suspended", "suspended"])
    #expect(try desk.owner().administrators(agency: Office.fda, system: nil).isEmpty)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// What is printed for a day to come is what happens on it; and the past stays what it was.
  @Test func severalOnOneDayAreForeseen() throws {
    let (desk, general, admin) = try inBoth()
    let orders = { (day: Timestamp) in
      [Office.cdc, Office.fda].map {
        SuccessionOrder(old: $0, new: Office.mohw, onAt: day, document: "甲字1號")
      }
    }
    let lines = { (lines: [SuccessionLine]) in
      lines.map { "\($0.what) \($0.outcome) \($0.account?.description ?? "") \($0.old.code)" }
    }
    desk.wait(.seconds(1))
    let then = desk.clock.now
    desk.wait(.seconds(1))
    let foreseen = try desk.owner().succeed(orders(desk.clock.now + .days(1)))
    #expect(foreseen.contains { $0.what == .merged })
    _ = try desk.owner().undoSuccession(of: [Office.cdc, Office.fda])
    let done = try desk.owner().succeed(orders(desk.clock.now))
    #expect(lines(foreseen) == lines(done))
    let people = { (code: String) in
      try desk.owner().permissions(ReportFilter(agency: code), at: then).map(\.request)
    }
    #expect(try people(Office.cdc) == [2, general])
    #expect(try people(Office.fda) == [admin])
    #expect(try people(Office.mohw).isEmpty)
  }

  /// Nor does what is undone later change what it was in between.
  @Test func thePastStaysWhatItWasAlsoWhenItIsUndone() throws {
    let (desk, general, admin) = try inBoth()
    var moments: [Timestamp] = [desk.clock.now]
    for isUndone in [false, true, false] {
      desk.wait(.days(1))
      if isUndone {
        _ = try desk.owner().undoSuccession(of: [Office.cdc])
      } else {
        _ = try desk.owner().succeed([
          SuccessionOrder(
            old: Office.cdc, new: Office.mohw, onAt: desk.clock.now, document: "甲字1號")
        ])
      }
      desk.wait(.hours(1))
      moments.append(desk.clock.now)
    }
    for (moment, isMoved) in zip(moments, [false, true, false, true]) {
      let people = { (code: String) in
        try desk.owner().permissions(ReportFilter(agency: code), at: moment).map(\.request)
      }
      #expect(try people(Office.mohw) == (isMoved ? [2, general] : []))
      // Where a code stands for its successor, those of the successor are meant.
      #expect(try people(Office.cdc) == [2, general])
      #expect(try people(Office.fda) == [admin])
    }
  }

  /// Somebody who is suspended in one of two agencies has no rights in the one that they become.
  @Test(arguments: [true, false])
  func aMergeRestoresNobody(isOldSuspended: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.lin, approvedBy: chief)
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    try desk.opened(twin)
    let account: AccountID = try desk.id("SELECT account FROM permission WHERE request = 2")
    _ = try desk.owner().change(account: account, .suspend, reason: "濫用")
    let (old, new) = isOldSuspended ? (Office.cdc, Office.fda) : (Office.fda, Office.cdc)
    _ = try desk.owner().succeed([
      SuccessionOrder(old: old, new: new, onAt: desk.clock.now, document: "甲字1號")
    ])
    #expect(try desk.owner().administrators(agency: new, system: nil).isEmpty)
    let statuses: SQL = "SELECT status FROM account WHERE name = '林美玲' ORDER BY 1"
    #expect(try desk.texts(statuses) == ["closed", "suspended"])
    _ = try desk.owner().undoSuccession(of: [old])
    #expect(try desk.texts(statuses) == ["active", "suspended"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// The authority's own administrator holds a dated permission where it goes.
  @Test(arguments: [true, false])
  func theAuthorityGoesWhereItsAdministratorHasADatedPermission(isLater: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let wu = try desk.administrator(.wu, approvedBy: chief)
    let twin = Person(
      agency: Office.mohw, name: Person.chen.name, email: Person.chen.email,
      mobile: Person.chen.mobile)
    desk.wait(.minutes(1))
    let number = try desk.opened(twin).requestPermission(
      PermissionOrder(
        role: .admin, from: isLater ? desk.today + 9 : nil, until: desk.today + 19)
    ).number
    #expect(try wu.approve(number) == nil)
    _ = try desk.owner().succeed([
      SuccessionOrder(
        old: Office.authority, new: Office.mohw, onAt: desk.clock.now, document: "甲字1號")
    ])
    #expect(
      try Set(desk.owner().administrators(agency: Office.mohw, system: nil).map(\.name))
        == ["吳志明", "陳怡君"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Erased, and handed over, they are one person, though they came from two accounts.
  @Test func onePersonIsErasedWithBothAccounts() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    _ = try lin.ask(.general)
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    let second = try desk.opened(twin).ask(.admin)
    _ = try desk.owner().succeed([
      SuccessionOrder(old: Office.cdc, new: Office.fda, onAt: desk.clock.now, document: "甲字1號")
    ])
    let survivor: AccountID = try desk.id(
      "SELECT id FROM account WHERE email = ? AND status = 'active'", Person.lin.email)
    let document = try desk.owner().export(account: survivor)
    let requests = try #require(document.sections.first { $0.section.name == "requests" })
    #expect(requests.rows.count == 2 && requests.rows.contains { $0[0] == .number(second.value) })
    let opened = try desk.owner().history(account: survivor).filter { $0.action == "account.open" }
    #expect(opened.count == 2)
    _ = try desk.owner().change(account: survivor, .erase, reason: "當事人請求")
    #expect(try desk.number("SELECT count(*) FROM account WHERE name = '林美玲'") == 0)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

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

  /// Whoever administers the agency by now sees what was decided in the one before, alone and in lists.
  @Test func whatWasDecidedIsSeenByTheSuccessor() throws {
    let (desk, general, _) = try inBoth()
    let liu = try desk.administrator(.liu, approvedBy: try desk.chief())
    let filter = PendingFilter(status: nil, isOfSeen: true)
    let seen = { try desk.signedIn(.liu).queue(filter).items.map(\.number) }
    #expect(try !seen().contains(general))
    _ = try desk.succeed(Office.cdc, by: Office.fda)
    #expect(try seen().contains(general))
    #expect(try liu.detail(general).item.number == general)
  }

  /// What had been sent back for correction waits for that again, with what was to be mended.
  @Test func whatWasSentBackIsSentBackAgain() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let lin = try desk.opened(.lin)
    let number = try lin.ask(.admin)
    _ = try chief.decide([
      DecisionOrder(number: number, verdict: .returned, note: "補公文", version: nil)
    ])
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    let there = try desk.opened(twin)
    _ = try there.ask(.admin)
    let status = { try desk.texts("SELECT status FROM request WHERE id = ?", number) }
    for _ in 1...2 {
      _ = try desk.succeed(Office.cdc, by: Office.fda)
      #expect(try status() == ["superseded"])
      // It is theirs, and over.
      #expect(
        try refusal { _ = try there.resubmit(number, Correction(reason: "已補")) }
          == .requestDecided)
      let lines = try desk.owner().undoSuccession(of: [Office.cdc])
      #expect(lines.contains { $0.request == number && $0.outcome == .undone })
      #expect(try status() == ["returned"])
      _ = try desk.owner().verifyAudit(anchors: nil)
    }
    let again = try desk.signedIn(.lin)
    #expect(try again.ownRequests().first { $0.number == number }?.note == "補公文")
    #expect(try chief.approve(number) != nil)
    _ = try again.resubmit(number, Correction(reason: "已補"))
    #expect(try chief.approve(number) == nil)
    _ = try desk.owner().verifyAudit(anchors: nil)
    #expect(try desk.owner().doctor().first { $0.check == "invariants" }?.status == .ok)
  }

  /// What was granted in place of somebody who goes back stands in the way of their going.
  @Test(arguments: [true, false]) func whoStandsInBindsTheAgencies(isDeputy: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    let liu = try desk.opened(.liu)
    _ = try desk.succeed(Office.cdc, by: Office.fda)
    let number = try liu.requestPermission(
      isDeputy
        ? PermissionOrder(role: .admin, from: desk.today, until: desk.today + 5, deputyFor: 2)
        : PermissionOrder(role: .admin, from: desk.today + 2, replaces: 2)
    ).number
    try #require(try chief.approve(number) == nil)
    #expect(try refusal { _ = try desk.owner().undoSuccession(of: [Office.cdc]) } == .agencyUndo)
    guard isDeputy else { return }
    // Once they no longer stand in, nothing does.
    try liu.revoke(number, reason: "不再需要")
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What was asked for at the successor is the old agency's again, and the trail knows it.
  @Test(arguments: [false, true]) func whatWasAskedForSinceGoesBack(isReturned: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let lin = try desk.opened(.lin)
    _ = try desk.succeed(Office.cdc, by: Office.mohw)
    let number = try lin.ask(.admin)
    if isReturned {
      _ = try chief.decide([
        DecisionOrder(number: number, verdict: .returned, note: "補公文", version: nil)
      ])
      _ = try lin.resubmit(number, Correction(reason: "已補"))
    }
    _ = try desk.owner().verifyAudit(anchors: nil)
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(
      try desk.texts(
        "SELECT g.code FROM request r JOIN agency g ON g.id = r.agency WHERE r.id = ?", number)
        == [Office.cdc])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Of two permissions the stronger one stays, and the weaker one beside it while it lasts longer;
  /// the person finds both, and may end them.
  @Test func aShortAdministratorKeepsWhatLastsLonger() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let liu = try desk.administrator(.liu, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let short = try lin.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 9)
    ).number
    try #require(try chief.approve(short) == nil)
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: Person.lin.email,
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    let there = try desk.opened(twin)
    let general = try there.ask(.general)
    try #require(try liu.approve(general) == nil)
    _ = try desk.succeed(Office.cdc, by: Office.fda)
    #expect(
      try desk.texts(
        """
        SELECT role FROM permission WHERE status = 'active' AND request IN (?, ?) ORDER BY role
        """, short, general) == ["admin", "general"])
    let own = try there.ownRequests().map(\.number)
    #expect(Set(own).isSuperset(of: [short, general]))
    try there.revoke(short, reason: "不再需要")
    _ = try desk.owner().verifyAudit(anchors: nil)
  }
}

extension Desk {
  fileprivate func succeed(_ old: String, by new: String) throws -> [SuccessionLine] {
    wait(.seconds(1))
    return try owner().succeed([
      SuccessionOrder(old: old, new: new, onAt: clock.now, document: "甲字1號")
    ])
  }
}
