// Form 2 (附表2): what 新增, 刪除 and 修改 do to a person in every state, by whom, and on which day
// (PRODUCT 3.5; 4.1, import-batch).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct Form2Tests {
  /// How 林美玲 of 疾病管制署 stands when the form comes.
  enum State: CaseIterable {
    case unknown, asked, invited, active, holder, resting, suspended, closed
  }

  /// Her new data, in 修改.
  private static let renewed = Person.lin.with(email: "meiling@cdc.gov.tw", mobile: "0911000044")

  private func superior() throws -> (Desk, chief: Service, huang: Service) {
    let desk = try Desk()
    let chief = try desk.chief()
    return (desk, chief, try desk.administrator(.huang, approvedBy: chief))
  }

  private func put(
    _ state: State, _ desk: Desk, _ chief: Service, _ huang: Service
  ) throws {
    switch state {
    case .unknown: break
    case .asked: _ = try huang.importBatch(Sheet([.lin]).order)
    case .invited:
      let report = try huang.importBatch(Sheet([.lin]).order)
      try #require(try chief.approve(report.rows[0].request ?? 0) == nil)
    case .active: try desk.opened(.lin)
    case .holder: _ = try desk.administrator(.lin, approvedBy: chief)
    case .resting:
      _ = try desk.administrator(.lin, approvedBy: chief)
      try #require(try row(.modify, huang).outcome == .accepted)
    case .suspended, .closed:
      let id = try desk.administrator(.lin, approvedBy: chief).status().account
      _ = try desk.owner().change(
        account: id, state == .closed ? .close : .suspend, reason: "依規定辦理")
    }
  }

  private func form(
    _ change: FormChange, _ person: Person? = nil, effective: String = ""
  ) -> ImportOrder {
    let word =
      [FormChange.add: "新增", .remove: "刪除", .modify: "修改", .handOver: "交接"][change] ?? ""
    let new = person ?? (change == .modify ? Self.renewed : change == .handOver ? .tsai : .lin)
    let prior =
      change == .modify || change == .handOver ? "\(Person.lin.name),\(Person.lin.email)" : ","
    return Sheet(lines: [
      "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,生效日期",
      "\(new.agency),\(new.name),\(new.email),\(new.mobile),\(word),\(prior),\(effective)",
    ]).order
  }

  private func row(
    _ change: FormChange, _ service: Service, person: Person? = nil, effective: String = ""
  ) throws -> ImportRow {
    try #require(
      try service.importBatch(form(change, person, effective: effective)).rows.first)
  }

  /// What comes of a row, as `outcome` or the code of its problem.
  private static func expected(_ state: State, _ change: FormChange) -> String {
    switch (state, change) {
    case (.unknown, .add), (.closed, .add), (.active, .add): "accepted"
    case (.asked, .add), (.invited, .add), (.holder, .add), (.resting, .add): "unchanged"
    case (.suspended, .add): "row.conflict"
    case (.unknown, _), (.closed, _): "account.unknown"
    case (.active, .remove): "unchanged"
    case (_, .remove): "accepted"
    // Her first request waits for its review; her second form says the same as the first.
    case (.asked, .modify): "row.conflict"
    case (.resting, .modify): "unchanged"
    case (_, .modify): "accepted"
    // Only what somebody has can be handed over.
    case (.asked, .handOver), (.active, .handOver): "permission.none"
    case (_, .handOver): "accepted"
    }
  }

  @Test(arguments: State.allCases, FormChange.allCases)
  func everyChangeInEveryState(state: State, change: FormChange) throws {
    let (desk, chief, huang) = try superior()
    try put(state, desk, chief, huang)
    let before = try desk.number("SELECT count(*) FROM request")
    let row = try row(change, huang)
    let outcome = row.problems.first(where: \.isError)?.code ?? row.outcome.rawValue
    let expected = Self.expected(state, change)
    #expect(outcome == expected)
    let made = try desk.number("SELECT count(*) FROM request") - before
    #expect(made == (expected == "accepted" ? 1 : 0))
    guard expected == "accepted" else { return }
    let lasting: () throws -> Int64 = {
      try desk.number(
        """
        SELECT count(*) FROM permission p JOIN account a ON a.id = p.account
        WHERE p.agency = (SELECT id FROM agency WHERE code = ?) AND p.status = 'active'
        """, Office.cdc)
    }
    switch change {
    case .add:
      #expect(row.request.map { try? chief.approve($0) } == .some(nil))
    case .remove:
      if state != .asked {
        #expect(try lasting() == 1, "the superior only asks for it")
        #expect(try chief.approve(try #require(row.request)) == nil)
      }
      #expect(try lasting() == 0)
      // What of hers waited is taken back.
      #expect(try desk.number("SELECT count(*) FROM request WHERE status = 'pending'") == 0)
    case .modify:
      #expect(
        try desk.texts("SELECT kind || ' ' || status FROM request ORDER BY id DESC LIMIT 1")
          == ["change pending"])
      #expect(try chief.approve(try #require(row.request)) == nil)
      #expect(
        try desk.texts("SELECT email FROM account WHERE mobile = ?", "+886911000044")
          == [Self.renewed.email])
    case .handOver:
      #expect(try chief.approve(try #require(row.request)) == nil)
      let ended: SQL = "SELECT count(*) FROM permission WHERE status = 'revoked'"
      #expect(try desk.number(ended) == 0, "nobody has proven to be the successor yet")
      try desk.signedIn(.tsai)
      #expect(try desk.number(ended) == 1)
      #expect(
        try desk.texts(
          """
          SELECT a.name FROM administrator d JOIN account a ON a.id = d.account
          WHERE a.agency = (SELECT agency FROM account WHERE email = 'tsai@cdc.gov.tw')
          """)
          == [Person.tsai.name])
    }
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// What a form did stays done, under the batch that did it.
  @Test(arguments: [FormChange.remove, .modify])
  func theSameFormAgainNamesItsBatch(change: FormChange) throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    let first = try huang.importBatch(form(change))
    #expect(try chief.approve(first.rows[0].request ?? 0) == nil)
    for isDryRun in [true, false] {
      var order = form(change)
      order.isDryRun = isDryRun
      let again = try huang.importBatch(order)
      #expect(again.rows.flatMap(\.problems).isEmpty)
      #expect(again.rows.map(\.outcome) == [.unchanged])
      #expect(again.rows.map(\.request) == first.rows.map(\.request))
      #expect(again.batch != nil && again.batch == first.batch)
    }
  }

  @Test(arguments: FormChange.allCases)
  func onlyWhoIsAboveMayChange(change: FormChange) throws {
    let (desk, chief, _) = try superior()
    try put(.holder, desk, chief, try desk.signedIn(.huang))
    // A sibling's administrator, and one of an agency below the person's own superior.
    let liu = try desk.administrator(.liu, approvedBy: chief)
    #expect(try row(change, liu).problems.map(\.code).contains("agency.outside"))
    #expect(try refusal { _ = try row(change, try desk.opened(.tsai)) } == .rightMissing)
    #expect(try refusal { _ = try row(change, try desk.service("uid:nobody")) } == .sessionNone)
    #expect(
      try desk.number("SELECT count(*) FROM permission WHERE status = 'revoked'") == 0)
    // Her own agency's administrator, the authority and the operator may.
    for service in [try desk.signedIn(.lin), chief, try desk.owner()] {
      var order = form(change)
      order.isDryRun = true
      let row = try service.importBatch(order).rows.first
      #expect(row?.problems.isEmpty == true)
      #expect(row?.outcome == (change == .add ? .unchanged : .accepted))
    }
  }

  /// Nobody of the authority is changed by a form, whatever role its row names.
  @Test(arguments: FormChange.allCases, ["機關管理者", "一般權限"])
  func theAuthorityIsNoPartOfAForm(change: FormChange, role: String) throws {
    let (desk, chief, _) = try superior()
    let word = [FormChange.add: "新增", .remove: "刪除", .modify: "修改"][change] ?? ""
    let report = try chief.importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別,角色,原管理者姓名,原公務信箱",
        "\(Office.authority),陳怡君,new@ey.gov.tw,0911000099,\(word),\(role),陳怡君,chen@ey.gov.tw",
      ]).order)
    let codes = report.rows.flatMap(\.problems).map(\.code)
    let isRefused = role == "機關管理者" || change == .modify
    #expect(codes.contains("agency.outside") == isRefused)
    #expect(
      try desk.number("SELECT count(*) FROM permission WHERE status = 'active'") == 2,
      "the two administrators' own")
  }

  /// 2026-03-02 is today; a day begins at midnight in Taiwan.
  private static let day = "115年4月1日"
  private static let midnight: Int64 = 1_774_972_800

  @Test func aRemovalWaitsForItsDay() throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    let row = try row(.remove, huang, effective: Self.day)
    #expect(row.outcome == .accepted)
    #expect(try chief.approve(try #require(row.request)) == nil)
    #expect(
      try desk.number("SELECT ends_at FROM permission WHERE ends_at IS NOT NULL")
        == Self.midnight)
    #expect(try desk.signedIn(.lin).administrators(agency: nil, system: nil).count == 1)
    // The same form again, and an earlier and a later day.
    let again = try self.row(.remove, try desk.signedIn(.huang), effective: Self.day)
    #expect(again.outcome == .unchanged)
    desk.wait(.seconds(Self.midnight - desk.clock.now.seconds))
    #expect(try desk.signedIn(.lin).administrators(agency: nil, system: nil).isEmpty)
    let after = try self.row(.remove, try desk.signedIn(.huang))
    #expect(after.outcome == .unchanged, "it is over")
  }

  @Test func aChangeOfContactsWaitsForItsDay() throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    let request = try #require(try row(.modify, huang, effective: Self.day).request)
    #expect(try chief.approve(request) == nil)
    let email = "SELECT email FROM account WHERE name = '林美玲'" as SQL
    #expect(try desk.texts(email) == [Person.lin.email])
    desk.wait(.seconds(Self.midnight - desk.clock.now.seconds))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.texts(email) == [Self.renewed.email])
  }

  @Test func handingOverIsARemovalAndAnAddition() throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    let report = try huang.importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別",
        "\(Office.cdc),林美玲,lin@cdc.gov.tw,0911000004,刪除",
        "\(Office.cdc),蔡英傑,tsai@cdc.gov.tw,0911000005,新增",
      ]).order)
    #expect(report.rows.map(\.outcome) == [.accepted, .accepted])
    for row in report.rows { #expect(try chief.approve(try #require(row.request)) == nil) }
    let tsai = try desk.signedIn(.tsai)
    #expect(try tsai.administrators(agency: nil, system: nil).map(\.name) == ["蔡英傑"])
  }

  /// What a superior's form, or a key's, takes away is the authority's to decide (3.4, 9).
  @Test(arguments: [false, true])
  func aRemovalIsDecided(byKey: Bool) throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    var service = huang
    if byKey {
      try desk.owner().enrolKey(
        "mohw", account: try desk.id("SELECT id FROM account WHERE name = '黃淑芬'"))
      service = try desk.keyed("mohw")
    }
    var number: RequestID = 0
    let asked = try desk.post { number = try row(.remove, service).request ?? 0 }
    #expect(asked == ["notice chen@ey.gov.tw"])
    let holds: SQL = "SELECT count(*) FROM permission WHERE status = 'active' AND agency = 4"
    let before = try desk.number(holds)
    #expect(try row(.remove, service).outcome == .unchanged)
    #expect(try refusal { try desk.signedIn(.lin).withdraw(number) } == .requestOutside)
    #expect(try chief.queue(PendingFilter()).items.map(\.kind) == [.revoke])
    // Refused, it stays, and only the submitter hears.
    let refused = try desk.post { try #require(try chief.reject(number) == nil) }
    #expect(refused == ["notice huang@mohw.gov.tw"])
    #expect(try desk.number(holds) == before)
    let again = try #require(try row(.remove, service).request)
    let ended = try desk.post { try #require(try chief.approve(again) == nil) }
    #expect(ended.sorted() == ["notice huang@mohw.gov.tw", "notice lin@cdc.gov.tw"])
    #expect(try desk.number(holds) == before - 1)
    #expect(
      try desk.texts("SELECT reviewer_name FROM decision WHERE request = ?", again) == ["陳怡君"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Whoever may end it themself has nobody to ask: the authority, and the operator.
  @Test func whoMayDecideEndsItAtOnce() throws {
    for isOperator in [false, true] {
      let (desk, chief, huang) = try superior()
      try put(.holder, desk, chief, huang)
      // A superior's that waits already is overtaken, and its submitter told.
      let waiting = try #require(try row(.remove, huang).request)
      let service = isOperator ? try desk.owner() : chief
      let post = try desk.post { try #require(try row(.remove, service).outcome == .accepted) }
      #expect(post.contains("notice lin@cdc.gov.tw") && post.contains("notice huang@mohw.gov.tw"))
      #expect(try desk.number("SELECT count(*) FROM permission WHERE status = 'revoked'") == 1)
      #expect(try desk.number("SELECT open FROM request WHERE id = ?", waiting) == 0)
    }
  }

  /// One that ends otherwise takes the question with it.
  @Test func aRemovalThatWaitsIsOvertaken() throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    let waiting = try #require(try row(.remove, huang).request)
    let held: RequestID = try desk.id(
      "SELECT p.request FROM permission p JOIN account a ON a.id = p.account WHERE a.name = '林美玲'")
    try desk.signedIn(.lin).revoke(held, reason: "調職")
    #expect(
      try desk.texts("SELECT status FROM request WHERE id = ?", waiting) == ["superseded"])
  }

  /// Sent back, it is handed in again by the mended sheet.
  @Test func aRemovalComesBackForCorrection() throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    let number = try #require(try row(.remove, huang).request)
    _ = try chief.reject(.numbers([number]), reason: "缺文號", returns: true)
    let again = try row(.remove, huang)
    #expect(again.outcome == .accepted && again.request == number)
    #expect(try chief.detail(number).item.marks.contains("resubmitted"))
    #expect(try chief.approve(number) == nil)
  }

  /// It is its submitter's to take back, also while it is to be corrected.
  @Test func aRemovalIsTakenBackByItsSubmitter() throws {
    let (desk, chief, huang) = try superior()
    try put(.holder, desk, chief, huang)
    let number = try #require(try row(.remove, huang).request)
    #expect(try refusal { try chief.withdraw(number) } == .requestOutside)
    _ = try chief.reject(.numbers([number]), reason: "缺文號", returns: true)
    try huang.withdraw(number)
    let detail = try chief.detail(number)
    #expect(detail.item.status == .withdrawn)
    #expect(!detail.item.marks.contains("resubmitted"), "nobody has")
    #expect(try desk.number("SELECT count(*) FROM permission WHERE status = 'revoked'") == 0)
  }

  /// Rows that undo each other cannot both come true, in whichever order they stand.
  @Test func rowsThatUndoEachOtherAreInConflict() throws {
    let (desk, _, huang) = try superior()
    let before = try desk.number("SELECT count(*) FROM request")
    let report = try huang.importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,異動類別",
        "\(Office.cdc),林美玲,lin@cdc.gov.tw,0911000004,新增",
        "\(Office.cdc),林美玲,lin@cdc.gov.tw,0911000004,刪除",
        "\(Office.cdc),林美玲,lin@cdc.gov.tw,0911000004,新增",
      ]).order)
    #expect(report.rows.map(\.outcome) == [.rejected, .rejected, .held])
    #expect(
      report.rows.prefix(2).allSatisfy { $0.problems.contains { $0.code == "row.conflict" } })
    #expect(try desk.number("SELECT count(*) FROM request") == before)
  }

  /// Who has not signed in yet is told how, where they are now (3.5, 3.6): by one mail, and by when.
  @Test(arguments: ["", "2026-03-20"])
  func newContactsOfSomebodyInvitedAreAnsweredByAnInvitation(day: String) throws {
    let (desk, chief, huang) = try superior()
    try put(.invited, desk, chief, huang)
    desk.wait(.days(1))
    let asked = try #require(try row(.modify, desk.signedIn(.huang), effective: day).request)
    let reviewer = try desk.chief()
    var post = try desk.post { try #require(try reviewer.approve(asked) == nil) }
    // The submitter hears of the batch.
    post.removeAll { $0 == "notice \(Person.huang.email)" }
    if !day.isEmpty {
      #expect(post.isEmpty)
      desk.wait(.days(20))
      post = try desk.post {
        _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
      }
      post.removeAll { !$0.hasSuffix("cdc.gov.tw") && !$0.hasPrefix("notice +") }
    }
    let ends = desk.clock.now + .days(30)
    #expect(
      post.sorted() == [
        "invitation \(Self.renewed.email)", "notice +886\(Person.lin.mobile.dropFirst())",
        "notice \(Person.lin.email)",
      ])
    if day.isEmpty {
      let body = try desk.texts(
        "SELECT body FROM message WHERE kind = 'invitation' ORDER BY id DESC LIMIT 1")[0]
      #expect(body.contains("--email \(Self.renewed.email)"))
      #expect(body.contains(ends.taiwanDay))
    }
    try desk.signedIn(Self.renewed)
  }
}
