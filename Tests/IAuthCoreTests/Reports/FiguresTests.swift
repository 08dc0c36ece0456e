// What reports and their refusals say: of what is closed, moved, promised or not one's own (PRODUCT 11.1
// to 11.7).

import SQLite
import Testing

@testable import IAuthCore
@testable import Values

@Suite struct FiguresTests {
  private let desk: Desk
  private let chief: Service
  private let li: Service
  private let lin: Service

  init() throws { (desk, chief, li, lin) = try Desk.office() }

  private func error(_ body: () throws -> Void) throws -> IAuthError? {
    do { try body() } catch let error as IAuthError { return error }
    return nil
  }

  private func succeed(_ old: String, by new: String) throws -> [SuccessionLine] {
    let order = SuccessionOrder(old: old, new: new, onAt: desk.clock.now, document: "甲字1號")
    return try desk.owner().succeed([order])
  }

  private func open(_ days: Int64 = 9) throws {
    _ = try desk.owner().openRecertification(
      RecertificationOrder(
        dueAt: Timestamp(startOfTaipeiDay: desk.today + days), system: nil, under: nil, name: nil))
  }

  private func progress(_ code: String) throws -> RecertificationProgress {
    let status = try #require(try desk.owner().recertificationStatus(1, under: nil))
    return try #require(status.lines.first { $0.agency.code == code })
  }

  /// What a refusal of a report says is what would be needed, and its command helps.
  @Test func refusalsOfReportsSayWhatIsNeeded() throws {
    for refused in [
      try error { _ = try li.feed(after: 0, system: "spm", limit: nil) },
      try error { _ = try li.acknowledgeFeed(0, system: nil) },
      try error { _ = try li.compareFeed([], system: nil) },
    ] {
      #expect(refused == .rightMissing(.feed(own: nil)))
      #expect(refused?.text(.english).hint == nil)
    }
    for code in [Office.authority, Office.mohw] {
      let outside = [
        try error { _ = try li.permissions(ReportFilter(agency: code), at: nil) },
        try error { _ = try lin.permissions(ReportFilter(under: code), at: nil) },
        try error {
          _ = try li.statistics(
            StatisticsOrder(since: nil, until: nil, key: nil, system: nil, under: code))
        },
      ]
      #expect(outside == [IAuthError?](repeating: .rightMissing(.within), count: 3))
    }
    // Of several systems, the one that is theirs is named.
    _ = try desk.owner().addSystem(
      code: "hr", name: "HR", chineseName: nil, url: nil)
    let wu = try desk.administrator(.wu, approvedBy: chief, system: "hr")
    #expect(try wu.feed(after: 0, system: "hr", limit: nil).count == 1)
    let refused = try error { _ = try chief.feed(after: 0, system: nil, limit: nil) }
    #expect(refused == .rightMissing(.feed(own: "spm")))
    #expect(
      refused?.text(.english).hint == "iauth permissions --changed-since SEQ --system spm")
  }

  /// Whose hand-over is promised, or a deputy's, has a permission in force all the same.
  @Test func whyAPermissionIsNotTakenOverIsSaid() throws {
    let tsai = try desk.opened(.tsai)
    let deputy = try lin.requestPermission(
      PermissionOrder(role: .admin, from: desk.today, until: desk.today + 5, deputyFor: 2)
    ).number
    try #require(try chief.approve(deputy) == nil)
    let beside = try error {
      _ = try tsai.requestPermission(
        PermissionOrder(
          role: .admin, from: desk.today, until: desk.today + 5, deputyFor: deputy))
    }
    #expect(beside == .permissionNone(number: deputy, .deputy))
    let first = try tsai.requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 9, replaces: 2)
    ).number
    try #require(try chief.approve(first) == nil)
    let other = try desk.opened(Person.wu.with(name: "周一", email: "z@cdc.gov.tw").at(Office.cdc))
    let again = try error {
      _ = try other.requestPermission(
        PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2))
    }
    #expect(again == .permissionNone(number: 2, .promised))
  }

  /// Closing makes nothing open, and what ends later was not answered by that.
  @Test func whatNobodyAnsweredStaysUnanswered() throws {
    let general = try lin.ask(.general)
    try #require(try li.approve(general) == nil)
    try open()
    #expect(try progress(Office.cdc).open == 2)
    desk.wait(.days(10))
    _ = try desk.owner().closeRecertification(1)
    for isRevoked in [false, true] {
      if isRevoked { try desk.owner().revoke(general, reason: "調職") }
      let line = try progress(Office.cdc)
      #expect((line.items, line.answered, line.open) == (2, 0, 0))
      let figures = try desk.owner().statistics(
        StatisticsOrder(since: nil, until: nil, key: nil, system: nil, under: nil))
      #expect(figures.standing.recertified?.answered == 0)
    }
  }

  /// An answer given at the successor goes back with its item.
  @Test func whatWasAnsweredGoesBack() throws {
    try #require(try li.approve(try lin.ask(.general)) == nil)
    try open()
    _ = try succeed(Office.cdc, by: Office.fda)
    desk.wait(.minutes(1))
    let item = try #require(try li.recertificationItems().first { $0.name == Person.lin.name })
    #expect(try li.answer([item.item], .keep(note: nil)).first?.refusal == nil)
    desk.wait(.minutes(1))
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    let line = try progress(Office.cdc)
    #expect((line.items, line.kept) == (2, 1))
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Who was moved, and made one with another account, reads of it in their history.
  @Test func historyTellsOfAReorganisation() throws {
    func history(_ account: AccountID) throws -> [String] {
      try desk.owner().history(account: account)
        .filter { $0.subject == "agency:\(Office.cdc)" }
        .map { "\($0.action) \($0.note ?? "-")" }
    }
    let twin = Person(
      agency: Office.fda, name: Person.lin.name, email: "mei@fda.gov.tw",
      mobile: Person.lin.mobile)
    desk.wait(.minutes(1))
    try desk.opened(twin)
    let mover: AccountID = try desk.id("SELECT id FROM account WHERE name = ?", Person.li.name)
    #expect(try history(mover).isEmpty)
    let lines = try succeed(Office.cdc, by: Office.fda)
    let merged = try #require(lines.first { $0.what == .merged })
    let (account, into) = (try #require(merged.account), try #require(merged.into))
    let move = "疾病管制署 → 食品藥物管理署"
    #expect(try history(mover) == ["agency.succeed \(move)"])
    for id in [account, into] {
      #expect(
        try history(id) == ["agency.succeed \(move), account:\(account) → account:\(into)"])
    }
    desk.wait(.minutes(1))
    _ = try desk.owner().undoSuccession(of: [Office.cdc])
    #expect(try history(mover).last == "agency.undo 食品藥物管理署 → 疾病管制署")
  }

  /// Codes of applications are messages, too, though no address of theirs is left.
  @Test func everyMessageIsCounted() throws {
    let figures = try desk.owner().statistics(
      StatisticsOrder(since: nil, until: nil, key: nil, system: nil, under: nil))
    let all = try desk.number("SELECT count(*) FROM message")
    #expect(try desk.number("SELECT count(*) FROM message WHERE recipient_key IS NULL") > 0)
    #expect(figures.messages.reduce(0) { $0 + $1.number } == Int(all))
    // What a sign-in of somebody unknown has queued was for nobody.
    _ = try desk.shell(of: .tsai).signIn(try Person.tsai.form(), via: .email)
    let again = try desk.owner().statistics(
      StatisticsOrder(since: nil, until: nil, key: nil, system: nil, under: nil))
    #expect(again.messages.reduce(0) { $0 + $1.number } == Int(all))
    #expect(try desk.number("SELECT count(*) FROM message") > all)
  }

  /// A clock that was found far from the trail is far from nothing that was written since.
  @Test func aLeapNamesOnlyAnEntryThatIsFar() throws {
    let newest = desk.clock.now
    desk.wait(.days(30))
    func run() throws -> IAuthError? {
      try error { _ = try desk.owner().remind(after: nil, isDryRun: false) }
    }
    guard case .clockLeap(let named?)? = try run() else {
      Issue.record("no leap")
      return
    }
    #expect(named <= newest)
    #expect(try run() == .clockLeap(newest: nil))
  }

  @Test func aComparisonReadsAFormsTitles() throws {
    let list = { (text: String) in Array(text.utf8) }
    let own = try desk.owner()
    let same = "\(Person.chen.email),admin\n\(Person.li.email),機關管理者\n"
    #expect(try own.compareFeed(list("電子郵件,角色\n" + same), system: nil).isEmpty)
    // Beside the word itself another title is the target system's own.
    let beside = "permission,email,role\nx,\(Person.chen.email),admin\ny,\(Person.li.email),admin\n"
    #expect(try own.compareFeed(list(beside), system: nil).isEmpty)
    let lacking = try error { _ = try own.compareFeed(list("email,mobile\n"), system: nil) }
    #expect(lacking == .sheetHeader(missing: ["role"], duplicated: []))
    #expect(lacking?.text(.english).sentence == "the sheet lacks the column role")
  }
}

extension Person {
  fileprivate func at(_ agency: String) -> Person {
    Person(agency: agency, name: name, email: email, mobile: mobile)
  }
}
