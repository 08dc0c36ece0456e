// What a form asked for and was sent back comes again in the mended sheet (PRODUCT 11.2): under its
// number, as the sheet then says, or taken back where the row asks for something else.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SentBackTests {
  /// A row of Form 2; what is left out is an empty cell.
  private struct Line {
    var person = Person.tsai
    var change = "新增"
    var prior: Person?
    var from = ""
    var until = ""
    var reason = ""
    var title = ""
    var document = ""
    var role = ""
  }

  private static let columns = [
    "機關OID", "姓名", "公務信箱", "手機", "異動類別", "原管理者姓名", "原公務信箱", "角色",
    "生效日期", "終止日期", "異動原因", "職稱", "公文文號",
  ]

  /// - Parameter count: how many of the columns the sheet has.
  private func form(_ lines: [Line], columns count: Int = columns.count) -> ImportOrder {
    let rows = lines.map { line in
      [
        line.person.agency, line.person.name, line.person.email, line.person.mobile, line.change,
        line.prior?.name ?? "", line.prior?.email ?? "", line.role, line.from, line.until,
        line.reason, line.title, line.document,
      ]
    }
    return Sheet(
      lines: ([Self.columns] + rows).map { $0.prefix(count).joined(separator: ",") }
    ).order
  }

  /// 李小明 and 林美玲 administer 疾病管制署; 黃淑芬 hands forms in for it.
  private func office() throws -> (Desk, chief: Service, huang: Service) {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    _ = try desk.administrator(.lin, approvedBy: chief)
    return (desk, chief, try desk.administrator(.huang, approvedBy: chief))
  }

  /// Hands rows in that are then sent back.
  private func sentBack(
    _ lines: [Line], _ chief: Service, _ huang: Service
  ) throws -> [RequestID] {
    let numbers = try huang.importBatch(form(lines)).rows.compactMap(\.request)
    try #require(numbers.count == lines.count)
    let outcomes = try chief.reject(.numbers(numbers), reason: "補正", returns: true)
    try #require(outcomes.allSatisfy { $0.status == .returned })
    return numbers
  }

  private func held(_ person: Person, _ desk: Desk) throws -> RequestID {
    try desk.id(
      """
      SELECT p.request FROM permission p JOIN account a ON a.id = p.account
      WHERE a.email = ? AND p.status = 'active'
      """, person.email)
  }

  private func status(_ number: RequestID, _ desk: Desk) throws -> String {
    try desk.texts("SELECT status FROM request WHERE id = ?", number)[0]
  }

  private func replaces(_ number: RequestID, _ desk: Desk) throws -> Int64 {
    try desk.number("SELECT coalesce(replaces, 0) FROM request WHERE id = ?", number)
  }

  private func warnings(_ report: ImportReport) -> [String] {
    report.rows.flatMap(\.problems).map(\.code)
  }

  /// A reviewer who mended a row would decide on their own words, and so would the agency's own
  /// administrator speak under another's letter.
  @Test(arguments: [Person.chen, .li]) func onlyWhoSubmittedARowMendsIt(person: Person) throws {
    let (desk, chief, huang) = try office()
    let number = try sentBack([Line()], chief, huang)[0]
    let other = person.name == Person.chen.name ? chief : try desk.signedIn(person)
    let mended = Person.tsai.with(email: "mine@cdc.gov.tw")
    let report = try other.importBatch(form([Line(person: mended)]))
    #expect(warnings(report) == ["row.conflict"] && report.rows[0].outcome == .rejected)
    #expect(try status(number, desk) == "returned")
    #expect(
      try desk.texts("SELECT email FROM account WHERE name = ?", Person.tsai.name)
        == [Person.tsai.email])
    // Somebody else of that name is somebody else.
    let namesake = Person.tsai.with(email: "other@cdc.gov.tw", mobile: "0912000077")
    let new = try other.importBatch(form([Line(person: namesake)])).rows[0]
    #expect(new.outcome == .accepted && new.request != number)
    #expect(try huang.importBatch(form([Line(person: mended)])).rows[0].outcome == .accepted)
  }

  /// Whoever is to be replaced does not stop it by a form; a deputy has nothing to hand over.
  @Test func handOversThatAreNotTheImporters() throws {
    let (desk, chief, huang) = try office()
    let number = try #require(
      try huang.importBatch(form([Line(change: "交接", prior: .li)])).rows[0].request)
    let li = try desk.signedIn(.li)
    #expect(warnings(try li.importBatch(form([Line(change: "刪除")]))) == ["request.own"])
    #expect(try status(number, desk) == "pending")
    let substitute = Person(
      agency: Office.cdc, name: "代理人", email: "dep@cdc.gov.tw", mobile: "0933000776")
    let stand = try desk.opened(substitute)
    let deputy = try stand.requestPermission(
      PermissionOrder(
        role: .admin, from: desk.today, until: desk.today + 5,
        deputyFor: try held(.lin, desk))
    ).number
    try #require(try chief.approve(deputy) == nil)
    let other = Person(
      agency: Office.cdc, name: "繼任者", email: "next@cdc.gov.tw", mobile: "0933000777")
    let report = try huang.importBatch(form([Line(person: other, change: "交接", prior: substitute)]))
    #expect(warnings(report) == ["permission.none"])
  }

  /// Whom the sheet no longer names keeps what they have.
  @Test func aHandOverBecomesANewOne() throws {
    let (desk, chief, huang) = try office()
    let number = try sentBack([Line(change: "交接", prior: .li)], chief, huang)[0]
    let permission = try held(.li, desk)
    #expect(try replaces(number, desk) == permission.value)
    let report = try huang.importBatch(form([Line()]))
    #expect(report.rows.map(\.request) == [number] && report.rows[0].outcome == .accepted)
    #expect(try replaces(number, desk) == 0)
    #expect(try chief.approve(number) == nil)
    _ = try desk.signedIn(.tsai)
    let names = try desk.owner().administrators(agency: Office.cdc, system: nil).map(\.name)
    #expect(Set(names) == ["李小明", "林美玲", "蔡英傑"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Under the same number, and the holder of what is now to end is told.
  @Test(arguments: [nil, Person.li])
  func aRowBecomesAHandOver(first: Person?) throws {
    let (desk, chief, huang) = try office()
    let number = try sentBack(
      [Line(change: first == nil ? "新增" : "交接", prior: first)], chief, huang)[0]
    let again = form([Line(change: "交接", prior: .lin)])
    var report: ImportReport?
    let post = try desk.post { report = try huang.importBatch(again) }
    #expect(report?.rows.map(\.request) == [number] && report?.rows[0].outcome == .accepted)
    #expect(post.contains("notice \(Person.lin.email)"))
    let permission = try held(.lin, desk)
    #expect(try replaces(number, desk) == permission.value)
    #expect(try chief.approve(number) == nil)
    _ = try desk.signedIn(.tsai)
    let names = try desk.owner().administrators(agency: Office.cdc, system: nil).map(\.name)
    #expect(Set(names) == ["李小明", "蔡英傑"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  private static let terms: SQL = """
    SELECT coalesce(effective_at, '-') || '|' || coalesce(until_at, '-') || '|'
      || coalesce(reason, '-') || '|' || coalesce(document, '-') || '|'
      || coalesce(change_title, '-') FROM request WHERE id = ?
    """

  /// What stands in the sheet is what is asked for; a column that it lacks says nothing.
  @Test(arguments: ["新增", "交接", "刪除", "修改"])
  func whatIsEmptiedIsEmpty(change: String) throws {
    for isThere in [true, false] {
      let (desk, chief, huang) = try office()
      var line = Line(
        person: change == "修改" ? .li.with(mobile: "0922000003") : change == "刪除" ? .li : .tsai,
        change: change, prior: change == "新增" ? nil : .li, from: "115年4月1日",
        until: change == "刪除" || change == "修改" ? "" : "115年12月31日", reason: "調任",
        title: "科員", document: "衛字1號")
      let number = try sentBack([line], chief, huang)[0]
      let before = try desk.texts(Self.terms, number)
      #expect(before[0].contains("|調任|衛字1號"))
      (line.from, line.until, line.reason, line.title, line.document) = ("", "", "", "", "")
      let report = try huang.importBatch(form([line], columns: isThere ? Self.columns.count : 8))
      #expect(report.rows.map(\.request) == [number] && report.rows[0].outcome == .accepted)
      #expect(try desk.texts(Self.terms, number) == (isThere ? ["-|-|-|-|-"] : before))
      if change == "新增" {
        #expect(
          try desk.texts("SELECT coalesce(title, '-') FROM account WHERE name = '蔡英傑'")
            == [isThere ? "-" : "科員"])
      }
      #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
    }
  }

  /// A day that stays, since the sheet has no column for it, has to fit the one that it has.
  @Test func aDayThatStaysHasToFit() throws {
    let (desk, chief, huang) = try office()
    let number = try sentBack([Line(until: "115年6月30日")], chief, huang)[0]
    var mended = Line(from: "115年7月1日")
    mended.person.email = "other@cdc.gov.tw"
    let report = try huang.importBatch(form([mended], columns: 9))
    #expect(report.rows.flatMap(\.problems).map(\.code) == ["date.invalid"])
    #expect(report.rows.map(\.outcome) == [.rejected])
    #expect(try status(number, desk) == "returned")
    #expect(try desk.number("SELECT count(*) FROM account WHERE email LIKE 'other%'") == 0)
  }

  /// A row that comes to nothing changes nothing of the person that it means.
  @Test func aRefusedRowMendsNobody() throws {
    let (desk, chief, huang) = try office()
    let number = try sentBack([Line()], chief, huang)[0]
    // 吳志明 holds nothing in the agency that could be handed over.
    var line = Line(change: "交接", prior: .tsai)
    line.person = .tsai.with(mobile: "0922000005")
    var order = form([line, Line(person: .liu)])
    order.isPartial = true
    #expect(try huang.importBatch(order).rows.map(\.outcome) == [.rejected, .accepted])
    #expect(try status(number, desk) == "returned")
    #expect(
      try desk.texts("SELECT mobile FROM account WHERE name = '蔡英傑'") == ["+886911000005"])
  }

  enum Turn: CaseIterable {
    case removalToChange, removalToHandOver, replacedToChanged, otherSuccessor, successorToRemoval
    case changeToNothing, changeToHandOver
  }

  /// What a row of another kind stands in for is taken back, and the row says so.
  @Test(arguments: Turn.allCases, [false, true])
  func whatTheRowStandsInForIsTakenBack(turn: Turn, isBoth: Bool) throws {
    let (desk, chief, huang) = try office()
    let renewed = Person.li.with(email: "ming@cdc.gov.tw")
    let (first, second): (Line, Line) =
      switch turn {
      case .removalToChange:
        (
          Line(person: .li, change: "刪除", prior: .li),
          Line(person: renewed, change: "修改", prior: .li)
        )
      case .removalToHandOver:
        (Line(person: .li, change: "刪除", prior: .li), Line(change: "交接", prior: .li))
      case .replacedToChanged:
        (
          Line(change: "修改", prior: .li),
          Line(person: .tsai.with(name: "李小明"), change: "修改", prior: .li)
        )
      case .otherSuccessor:
        (
          Line(change: "交接", prior: .li),
          Line(
            person: .tsai.with(name: "周大同", email: "chou@cdc.gov.tw", mobile: "0922000006"),
            change: "交接", prior: .li)
        )
      case .successorToRemoval:
        (Line(change: "交接", prior: .li), Line(person: .li, change: "刪除", prior: .li))
      case .changeToNothing:
        (
          Line(person: renewed, change: "修改", prior: .li),
          Line(person: .li, change: "修改", prior: .li)
        )
      case .changeToHandOver:
        (
          Line(person: renewed, change: "修改", prior: .li),
          Line(change: "交接", prior: .li)
        )
      }
    let number = try sentBack([first], chief, huang)[0]
    guard !isBoth else {
      // Both in one sheet: neither is silently given up for the other.
      _ = try huang.importBatch(form([first, second]))
      #expect(try status(number, desk) != "withdrawn")
      return
    }
    let report = try huang.importBatch(form([second]))
    #expect(warnings(report) == ["row.returned"])
    #expect(report.rows.map(\.outcome) == [turn == .changeToNothing ? .unchanged : .accepted])
    #expect(try status(number, desk) == "withdrawn")
    if turn != .changeToNothing {
      let new = try #require(report.rows[0].request)
      #expect(new != number)
      #expect(try chief.approve(new) == nil)
    }
    // Whoever was invited for nothing else is gone.
    #expect(
      try desk.number(
        """
        SELECT count(*) FROM account a WHERE a.status = 'invited' AND NOT EXISTS
          (SELECT 1 FROM request r WHERE r.account = a.id AND r.status <> 'withdrawn')
        """) == 0)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// Where both may be meant, the row says that the other one still waits.
  @Test(arguments: ["role", "agency", "both"])
  func whatStillWaitsIsSaid(what: String) throws {
    let (desk, chief, huang) = try office()
    let number = try sentBack([Line()], chief, huang)[0]
    var other = Line()
    if what == "agency" { other.person.agency = Office.fda } else { other.role = "一般權限" }
    let report = try huang.importBatch(form(what == "both" ? [other, Line()] : [other]))
    #expect(report.error(isPartial: false) == nil)
    #expect(warnings(report) == (what == "both" ? [] : ["row.returned"]))
    #expect(try status(number, desk) == (what == "both" ? "pending" : "returned"))
    guard what != "both" else { return }
    #expect(report.rows[0].problems[0].message.english.contains("request \(number)"))
    // As the row says, it is taken back by 刪除.
    let gone = try huang.importBatch(form([Line(change: "刪除")]))
    #expect(gone.rows.map(\.outcome) == [.accepted])
    #expect(try status(number, desk) == "withdrawn")
  }

  /// What somebody asked for themself is theirs to mend, and no form does it.
  @Test func whatSomebodyAskedForIsTheirs() throws {
    let (desk, chief, huang) = try office()
    let tsai = try desk.opened(.tsai)
    let permission = try held(.li, desk)
    let number = try tsai.requestPermission(
      PermissionOrder(role: .admin, reason: "接辦", replaces: permission)
    ).number
    _ = try chief.reject(.numbers([number]), reason: "補正", returns: true)
    for line in [Line(), Line(change: "交接", prior: .li)] {
      let report = try huang.importBatch(form([line]))
      #expect(report.rows.map(\.outcome) == [.unchanged])
      #expect(warnings(report) == ["row.returned"])
    }
    let other = try huang.importBatch(form([Line(change: "交接", prior: .lin)]))
    #expect(other.rows[0].problems.map(\.code) == ["row.conflict"])
    #expect(other.rows[0].problems[0].message.english.contains("request \(number)"))
    #expect(try status(number, desk) == "returned")
    #expect(try replaces(number, desk) == permission.value)
  }

  /// Whoever was to mend it hears that it is too late.
  @Test func theSubmitterHearsThatItLapsed() throws {
    let (desk, chief, huang) = try office()
    _ = try huang.importBatch(form([Line(person: .liu)]))
    let number = try sentBack([Line()], chief, huang)[0]
    desk.wait(.days(30))
    let post = try desk.post {
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    #expect(try status(number, desk) == "lapsed")
    #expect(post.filter { $0 == "notice \(Person.huang.email)" }.count == 1, "of the batch")
  }

  /// Whose row another's form takes back hears of it, also while other rows wait.
  @Test func theSubmitterHearsThatAnotherTookItBack() throws {
    let (desk, chief, huang) = try office()
    let number = try #require(
      try huang.importBatch(form([Line(), Line(person: .liu)])).rows[0].request)
    let post = try desk.post { _ = try chief.importBatch(form([Line(change: "刪除")])) }
    #expect(try status(number, desk) == "withdrawn")
    #expect(post.filter { $0 == "notice \(Person.huang.email)" }.count == 1)
  }

  /// The cell to mend is the one that is somebody else's.
  @Test(arguments: ["新增", "修改"])
  func theContactThatIsAnothersIsNamed(change: String) throws {
    let (desk, _, huang) = try office()
    let prior: Person? = change == "修改" ? .li : nil
    for (person, column) in [
      (Person.li.with(mobile: Person.lin.mobile), "手機"),
      (.li.with(email: Person.lin.email), "公務信箱"),
    ] {
      let report = try huang.importBatch(
        form([Line(person: person, change: change, prior: prior)]))
      #expect(report.rows[0].problems.map(\.code) == ["row.conflict"])
      #expect(report.rows[0].problems.map(\.column) == [column])
    }
    #expect(try desk.number("SELECT count(*) FROM batch") == 0)
  }

  /// Somebody new with another's contact: that one is to be mended, whichever it is.
  @Test func aNewPersonsContactThatIsAnothers() throws {
    let (desk, _, huang) = try office()
    for (person, column) in [
      (Person.tsai.with(mobile: Person.li.mobile), "手機"),
      (.tsai.with(email: Person.li.email), "公務信箱"),
    ] {
      let report = try huang.importBatch(form([Line(person: person)]))
      #expect(report.rows[0].problems.map(\.column) == [column])
    }
    #expect(try desk.number("SELECT count(*) FROM batch") == 0)
  }

  /// The day on which a permission ends stands under 生效日期, and nowhere else is it passed over.
  @Test(arguments: [("", "115年4月1日"), ("115年4月1日", "115年4月2日"), ("115年4月1日", "115年4月1日")])
  func theEndOfARemoval(from: String, until: String) throws {
    let (desk, _, huang) = try office()
    let report = try huang.importBatch(
      form([Line(person: .li, change: "刪除", prior: .li, from: from, until: until)]))
    let problems = report.rows[0].problems
    if from == until {
      #expect(report.rows.map(\.outcome) == [.accepted])
      #expect(try desk.number("SELECT count(*) FROM batch") == 1)
    } else {
      #expect(problems.map(\.code) == ["date.invalid"] && problems.map(\.column) == ["終止日期"])
    }
  }
}
