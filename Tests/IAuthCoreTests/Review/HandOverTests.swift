// A hand-over (交接) leaves no moment with neither, whatever becomes of the successor before its day
// (PRODUCT 11.1); and the authority's last post goes only to who stays (4.2).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct HandOverTests {
  private func names(_ desk: Desk, _ agency: String = Office.cdc) throws -> [String] {
    try desk.owner().administrators(agency: agency, system: nil).map(\.name)
  }

  private func sweep(_ desk: Desk) throws {
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
  }

  private func account(_ person: Person, _ desk: Desk) throws -> AccountID {
    try desk.id("SELECT id FROM account WHERE email = ?", person.email)
  }

  enum Trouble: CaseIterable { case suspended, contactsWait, before }

  /// The one before stays in office until the successor can act, and ends then.
  @Test(arguments: Trouble.allCases)
  func aSuccessorWhoCannotAct(trouble: Trouble) throws {
    let (desk, chief, _, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 2, replaces: 2)
    ).number
    if trouble != .before { #expect(try chief.approve(number) == nil) }
    desk.wait(.minutes(2))
    switch trouble {
    case .suspended, .before:
      _ = try desk.owner().change(account: try account(.lin, desk), .suspend, reason: "調查")
    case .contactsWait:
      try desk.opened(.lin.with(mobile: "0922000009"))
    }
    if trouble == .before { #expect(try desk.signedIn(.chen).approve(number) == nil) }
    desk.wait(.days(2))
    let post = try desk.post { for _ in 1...2 { try sweep(desk) } }
    #expect(post.filter { $0.hasPrefix("notice li@") }.count == 1, "it goes on")
    #expect(try names(desk) == ["李小明"])
    switch trouble {
    case .suspended, .before:
      _ = try desk.owner().change(account: try account(.lin, desk), .restore, reason: "查畢")
    case .contactsWait:
      let change: RequestID = try desk.id("SELECT id FROM request WHERE kind = 'change'")
      #expect(try desk.signedIn(.chen).reject(change) == nil)
    }
    #expect(try names(desk) == ["林美玲"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    #expect(try desk.owner().doctor().filter { $0.status == .fail }.isEmpty)
  }

  /// Whoever renews what is to be handed over hands the renewal over.
  @Test func aRenewalIsHandedOver() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
    ).number
    #expect(try chief.approve(number) == nil)
    let renewal = try li.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 90)
    ).number
    #expect(try chief.approve(renewal) == nil)
    #expect(try names(desk) == ["李小明"])
    desk.wait(.days(5))
    #expect(try names(desk) == ["林美玲"])
    try sweep(desk)
    #expect(try names(desk) == ["林美玲"])
    #expect(
      try desk.texts("SELECT status FROM permission WHERE request = ?", renewal) == ["revoked"])
  }

  /// What is approved is what was shown, also where somebody else takes it over before its end (3.4).
  @Test func aRenewalThatWillBeCutSaysSo() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let ask = {
      try lin.requestPermission(
        PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
      ).number
    }
    let until = PermissionOrder(role: .admin, until: desk.today + 90)
    let first = try ask()
    #expect(try chief.approve(first) == nil)
    let renewal = try li.requestPermission(until).number
    let version = try chief.detail(renewal).item.version
    _ = try lin.revoke(first, reason: "另有任用")
    #expect(try chief.detail(renewal).takenOver == nil)
    #expect(try chief.approve(renewal, expecting: version) == .requestChanged)
    try li.withdraw(renewal)
    let heir = try ask()
    #expect(try chief.approve(heir) == nil)
    desk.wait(.days(2))
    // The mail before its end.
    try sweep(desk)
    let again = try desk.signedIn(.li).requestPermission(until).number
    let reviewer = try desk.chief()
    let taken = try #require(try reviewer.detail(again).takenOver)
    #expect(taken.request == heir && taken.name == "林美玲")
    #expect(taken.at == Timestamp(startOfTaipeiDay: desk.today + 3))
    let outcome = try reviewer.approve(.numbers([again]), note: nil, expecting: nil)[0]
    #expect(outcome.refusal == nil && outcome.takenOver == taken)
    // What was sent, and what still waits to be.
    let mails = try (desk.spool("mail/new") + desk.texts("SELECT body FROM message"))
      .filter { $0.contains("for 林美玲 takes over then (request \(heir))") }
    #expect(
      mails.map { mail in ["有效至", "待您審核", "已核准"].first { mail.contains($0) } }
        == ["有效至", "待您審核", "已核准"])
    for mail in mails {
      #expect(mail.contains("其後由 林美玲 接任（申請案 \(heir)）"))
      #expect(!mail.contains("--until DATE"))
    }
  }

  /// What begins only later is taken over from that day on, and not asked for before.
  @Test func whatHasNotBegunIsTakenOverFromItsDayOn() throws {
    let (desk, chief, _, lin) = try Desk.office()
    let later = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
    ).number
    #expect(try chief.approve(later) == nil)
    let tsai = try desk.opened(.tsai)
    for from in [nil, 1, 4] as [Int64?] {
      do {
        _ = try tsai.requestPermission(
          PermissionOrder(role: .admin, from: from.map { desk.today + $0 }, replaces: later))
        Issue.record("taken")
      } catch {
        #expect(error == .dateRange(.early(permission: later, from: desk.today + 5)))
        #expect(error.code == .dateInvalid)
        let hint = error.text(.english).hint ?? ""
        #expect(hint.hasSuffix("--replaces \(later) --from 2026-03-07"))
      }
    }
    let row = try desk.signedIn(.chen).importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱",
        "\(Office.cdc),蔡英傑,tsai@cdc.gov.tw,0911000005,交接,林美玲,lin@cdc.gov.tw",
      ]).order
    ).rows[0]
    #expect(row.problems.map(\.code) == ["date.invalid"])
    let number = try desk.signedIn(.tsai).requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5, replaces: later)
    ).number
    #expect(try desk.signedIn(.chen).approve(number) == nil)
  }

  /// What a hand-over has ended by then is not renewed: a role is held once at a time.
  @Test func aTermFromTheHandOverOnIsNoRenewal() throws {
    let (desk, chief, li, lin) = try Desk.office()
    let day = desk.today + 5
    let heir = try lin.requestPermission(
      PermissionOrder(role: .admin, from: day, replaces: 2)
    ).number
    let order = { (from: Int64) in
      PermissionOrder(role: .admin, from: desk.today + from, until: desk.today + 90)
    }
    let deputy = try desk.opened(.tsai).requestPermission(
      PermissionOrder(role: .admin, from: day + 5, until: day + 7, deputyFor: 2)
    ).number
    #expect(try chief.detail(deputy).obstacle == nil)
    #expect(try chief.approve(heir) == nil)
    // What was asked for before can only be rejected by now: whoever decides sees it.
    let detail = try chief.detail(deputy)
    #expect(detail.whyNot == nil && detail.obstacle?.code == .permissionNone)
    #expect(try chief.approve(deputy) == .permissionNone)
    #expect(try chief.reject(deputy) == nil)
    #expect(try chief.detail(deputy).obstacle == nil)
    for from in [5, 6, 20] as [Int64] {
      #expect(try refusal { _ = try li.requestPermission(order(from)) } == .permissionHeld)
    }
    // What begins before goes on until then.
    let renewal = try li.requestPermission(order(4)).number
    #expect(try chief.detail(renewal).takenOver?.at == Timestamp(startOfTaipeiDay: day))
    #expect(try chief.approve(renewal) == nil)
    desk.wait(.days(5))
    #expect(try names(desk) == ["林美玲"])
    let again = try desk.signedIn(.li).requestPermission(order(0)).number
    #expect(try desk.signedIn(.chen).approve(again) == nil)
    #expect(try names(desk).sorted() == ["李小明", "林美玲"].sorted())
  }

  /// 吳志明 is to take 陳怡君's place in two days: until then she is the only one.
  @Test func whoComesLaterIsNoAdministratorYet() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let wu = try desk.opened(.wu)
    let number = try wu.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 2, replaces: 1)
    ).number
    #expect(try chief.approve(number) == nil)
    let chen = try account(.chen, desk)
    for verb in [AccountVerb.suspend, .close, .erase] {
      #expect(
        try refusal { _ = try desk.owner().change(account: chen, verb, reason: "x") }
          == .accountLast)
    }
    #expect(try refusal { try desk.owner().revoke(1, reason: "x") } == .accountLast)
    // It may be called off, and done; the first command of the day does it, whichever it is.
    desk.wait(.days(2))
    #expect(try names(desk, Office.authority) == ["吳志明"])
    try sweep(desk)
    #expect(
      try desk.texts("SELECT status FROM permission ORDER BY request") == ["revoked", "active"])
    #expect(try names(desk, Office.authority) == ["吳志明"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  @Test func whoComesLaterMayBeCalledOff() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let number = try desk.opened(.wu).requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 2, replaces: 1)
    ).number
    #expect(try chief.approve(number) == nil)
    let post = try desk.post { try desk.owner().revoke(number, reason: "改派") }
    #expect(post == ["notice chen@ey.gov.tw", "notice wu@ey.gov.tw"])
    desk.wait(.days(3))
    try sweep(desk)
    #expect(try names(desk, Office.authority) == ["陳怡君"])
  }

  /// A grant that only begins later, beside nobody, keeps nobody from being the last.
  @Test func aLaterGrantIsNoAdministratorYet() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let number = try desk.opened(.wu).requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 300)
    ).number
    #expect(try chief.approve(number) == nil)
    #expect(try refusal { try desk.owner().revoke(1, reason: "x") } == .accountLast)
  }

  /// One of another system decides on nobody else's: the last of `spm` stays.
  @Test func theLastOfTheFirstSystemStays() throws {
    let desk = try Desk()
    try desk.chief()
    _ = try desk.owner().addSystem(code: "doc", name: "Documents", chineseName: nil, url: nil)
    let other = try desk.owner().appoint(try Person.wu.form(), system: "doc").number
    try desk.opened(.wu)
    #expect(try refusal { try desk.owner().revoke(1, reason: "x") } == .accountLast)
    try desk.owner().revoke(other, reason: "調職")
  }

  /// What would leave nobody who stays is refused by itself, and stops nothing else.
  @Test(arguments: [false, true])
  func theLastPostGoesToWhoStays(isBounded: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    if isBounded { _ = try desk.owner().setSystem(code: "spm", longest: .days(30)) }
    let number = try desk.opened(.wu).requestPermission(
      PermissionOrder(role: .admin, until: isBounded ? nil : desk.today + 9, replaces: 1)
    ).number
    let other = try desk.opened(.lin).ask(.admin)
    let outcomes = try chief.approve(.numbers([number, other]), note: nil, expecting: nil)
    #expect(outcomes.map { $0.refusal?.code } == [.accountLast, nil])
    #expect(try names(desk, Office.authority) == ["陳怡君"])
  }

  /// Nor does an answer in a periodic review end the last post.
  @Test func theLastPostIsNotEndedByAReview() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let wu = try desk.opened(.wu)
    let number = try wu.requestPermission(
      PermissionOrder(role: .admin, until: desk.today + 9)
    ).number
    #expect(try chief.approve(number) == nil)
    _ = try desk.owner().openRecertification(
      RecertificationOrder(
        dueAt: desk.clock.now + .days(5), system: nil, under: nil, name: nil))
    let judge = try desk.signedIn(.wu)
    let item = try #require(
      try judge.recertificationItems().first { $0.name == "陳怡君" }?.item)
    let outcome = try judge.answer([item], .end(reason: "離職"))
    #expect(outcome.map { $0.refusal?.code } == [.accountLast])
  }

  /// Whoever asks and withdraws in a loop writes to nobody again and again: not to reviewers, and not
  /// to whom they would take over from or stand in for.
  ///
  /// The last that these hear is never that nothing comes of it while somebody asks (PRODUCT 11.1:
  /// they are told at the request).
  @Test(arguments: [true, false]) func aLoopIsToldOnceADay(isHandOver: Bool) throws {
    let (desk, _, _, lin) = try Desk.office()
    let order = {
      isHandOver
        ? PermissionOrder(role: .admin, replaces: 2)
        : PermissionOrder(role: .admin, from: desk.today, until: desk.today + 3, deputyFor: 2)
    }
    let loop = {
      try desk.post {
        for _ in 1...4 { try lin.withdraw(try lin.requestPermission(order()).number) }
      }
    }
    let told = ["notice chen@ey.gov.tw", "notice li@cdc.gov.tw"]
    let once = told + (isHandOver ? ["notice li@cdc.gov.tw", "notice li@cdc.gov.tw"] : [])
    #expect(try loop() == once)
    #expect(try loop() == [])
    desk.wait(.days(1))
    try desk.signedIn(.lin)
    #expect(try loop() == once)
  }

  /// What is another request is told to the reviewers, whatever was withdrawn before it.
  @Test func anotherRequestIsTold() throws {
    let (desk, _, _, lin) = try Desk.office()
    let orders = [
      PermissionOrder(role: .admin, replaces: 2), PermissionOrder(role: .admin),
      PermissionOrder(role: .admin, from: desk.today, until: desk.today + 3, deputyFor: 2),
    ]
    for order in orders {
      let post = try desk.post {
        try lin.withdraw(try lin.requestPermission(order).number)
      }
      #expect(post.filter { $0 == "notice chen@ey.gov.tw" }.count == 1)
    }
  }

  /// What the holders of permissions hear counts among what a caller of the gate may cause in an hour.
  @Test func theGateBoundsWhatHoldersHear() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let tsai = try desk.opened(.tsai)
    var posts: [RequestID] = []
    for index in 1...12 {
      let name = "官" + String(try #require(Unicode.Scalar(0x4e00 + UInt32(index))))
      let person = Person(
        agency: Office.cdc, name: name, email: "post\(index)@cdc.gov.tw",
        mobile: "09110010\(index + 10)")
      let holder = try desk.opened(person)
      posts.append(try holder.ask(.admin))
      try #require(try chief.approve(posts[index - 1]) == nil)
    }
    _ = tsai
    let gated = try desk.service(Person.tsai.caller, isGated: true)
    var refused: ErrorCode?
    let post = try desk.post {
      for number in posts where refused == nil {
        refused = try refusal {
          let order = PermissionOrder(role: .admin, replaces: number)
          try gated.withdraw(try gated.requestPermission(order).number)
        }
      }
    }
    #expect(refused == .sendThrottled)
    #expect(post.count <= 20)
  }
}
