// Whose a row is to mend that was sent back, and what a mended row may change (PRODUCT 3.4, 11.2).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct MendingTests {
  private static let columns =
    "機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,申請系統"

  private func form(
    _ person: Person, _ change: String = "新增", prior: Person? = nil, system: String = "spm"
  ) -> String {
    [
      person.agency, person.name, person.email, person.mobile, change, prior?.name ?? "",
      prior?.email ?? "", system,
    ].joined(separator: ",")
  }

  private func sheet(_ rows: [String]) -> ImportOrder {
    Sheet(lines: [Self.columns] + rows).order
  }

  private func codes(_ report: ImportReport) -> [String] {
    report.rows.flatMap(\.problems).map(\.code)
  }

  /// 黃淑芬 hands forms in for two systems.
  private func office() throws -> (Desk, chief: Service, huang: Service) {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    let huang = try desk.administrator(.huang, approvedBy: chief)
    _ = try desk.owner().addSystem(code: "bud", name: "Budget", chineseName: nil, url: nil)
    let second = try huang.requestPermission(PermissionOrder(system: "bud", role: .admin)).number
    try #require(try chief.approve(second) == nil)
    return (desk, chief, huang)
  }

  /// What was approved for somebody stays theirs, whatever else of them was sent back.
  @Test(arguments: [true, false]) func whatWasApprovedBindsTheirData(isApproved: Bool) throws {
    let (desk, chief, huang) = try office()
    let rows = [form(.tsai), form(.tsai, system: "bud")]
    let numbers = try huang.importBatch(sheet(rows)).rows.compactMap(\.request)
    try #require(numbers.count == 2)
    if isApproved {
      try #require(try chief.approve(numbers[0]) == nil)
      _ = try chief.reject(.numbers([numbers[1]]), reason: "補正", returns: true)
    } else {
      _ = try chief.reject(.numbers(numbers), reason: "補正", returns: true)
    }
    let mended = Person.tsai.with(email: "mine@cdc.gov.tw")
    let one = try huang.importBatch(sheet([form(mended, system: "bud")]))
    #expect(one.rows[0].outcome == (isApproved ? .rejected : .accepted))
    #expect(codes(one) == (isApproved ? ["row.conflict"] : []))
    #expect(
      try desk.texts("SELECT email FROM account WHERE name = ?", Person.tsai.name)
        == [isApproved ? Person.tsai.email : mended.email])
  }

  @Test func oneSheetSaysOneThingOfAPerson() throws {
    let (desk, chief, huang) = try office()
    let rows = [form(.tsai), form(.tsai, system: "bud")]
    let numbers = try huang.importBatch(sheet(rows)).rows.compactMap(\.request)
    _ = try chief.reject(.numbers(numbers), reason: "補正", returns: true)
    let both = [form(.tsai.with(email: "mine@cdc.gov.tw")), form(.tsai, system: "bud")]
    #expect(codes(try huang.importBatch(sheet(both))) == ["row.conflict", "row.conflict"])
    #expect(
      try desk.texts("SELECT email FROM account WHERE name = ?", Person.tsai.name)
        == [Person.tsai.email])
  }

  /// Two rows that mend one person otherwise are refused both, whichever contacts they keep.
  @Test(arguments: [
    ["a@cdc.gov.tw 0912000008", "b@cdc.gov.tw 0912000008"],
    ["a@cdc.gov.tw 0912000008", "tsai@cdc.gov.tw 0912000099"],
    ["tsai@cdc.gov.tw 0912000099", "a@cdc.gov.tw 0912000008"],
    ["a@cdc.gov.tw 0912000088", "b@cdc.gov.tw 0912000099"],
    ["tsai@cdc.gov.tw 0912000088", "b@cdc.gov.tw 0912000099"],
  ]) func twoRowsMendNobodyTwice(contacts: [String]) throws {
    let (desk, chief, huang) = try office()
    let tsai = Person.tsai.with(email: "tsai@cdc.gov.tw", mobile: "0912000008")
    let number = try #require(try huang.importBatch(sheet([form(tsai)])).rows[0].request)
    _ = try chief.reject(.numbers([number]), reason: "補正", returns: true)
    let rows = contacts.map { contact in
      let words = contact.split(separator: " ").map(String.init)
      return form(tsai.with(email: words[0], mobile: words[1]))
    }
    let report = try huang.importBatch(sheet(rows))
    // Of whom one row kept a contact, the other one is a namesake.
    let isNamesake = contacts == ["tsai@cdc.gov.tw 0912000088", "b@cdc.gov.tw 0912000099"]
    #expect(codes(report) == (isNamesake ? [] : ["row.conflict", "row.conflict"]))
    #expect(
      try desk.number("SELECT count(*) FROM account WHERE name = ?", tsai.name)
        == (isNamesake ? 2 : 1))
  }

  @Test func theSameRowTwiceIsSaidSo() throws {
    let (desk, chief, huang) = try office()
    let number = try #require(try huang.importBatch(sheet([form(.tsai)])).rows[0].request)
    _ = try chief.reject(.numbers([number]), reason: "補正", returns: true)
    try #require(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["returned"])
    #expect(
      codes(try huang.importBatch(sheet([form(.tsai), form(.tsai)]))) == ["row.duplicate"])
  }

  /// Whoever submitted several rows that lapse in one run hears of them once.
  @Test func severalRowsThatLapseAreOneMail() throws {
    let (desk, chief, huang) = try office()
    let third = Person.tsai.with(name: "蔡三", email: "san@cdc.gov.tw", mobile: "0912000077")
    let rows = [form(.tsai), form(.liu), form(third)]
    let numbers = try huang.importBatch(sheet(rows)).rows.compactMap(\.request)
    try #require(numbers.count == 3)
    _ = try chief.reject(.numbers(Array(numbers.prefix(2))), reason: "補正", returns: true)
    desk.wait(.days(31))
    let planned = try desk.owner().remind(after: nil, isDryRun: true, isClockRight: true).messages
      .filter { $0.causes.contains { $0.event == .lapsed } }
    #expect(planned.flatMap(\.causes).map(\.subject) == numbers.prefix(2).map { .request($0) })
    #expect(planned.allSatisfy { !$0.body.contains("  \(numbers[2])  ") })
    let post = try desk.post {
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    #expect(post.filter { $0 == "notice \(Person.huang.email)" }.count == 1)
  }

  /// What lapses of a batch, and what ends with an invitation in the same run, is one mail about it.
  @Test func whatEndsInOneRunIsOneMailOfTheBatch() throws {
    let (desk, chief, huang) = try office()
    let first = try #require(try huang.importBatch(sheet([form(.tsai)])).rows[0].request)
    try #require(try chief.approve(first) == nil)
    let mended = Person.tsai.with(email: "new@cdc.gov.tw")
    let rows = [form(mended, "修改", prior: .tsai), form(.liu)]
    let report = try huang.importBatch(sheet(rows))
    let numbers = report.rows.compactMap(\.request)
    try #require(numbers.count == 2, "\(codes(report))")
    _ = try chief.reject(.numbers([numbers[1]]), reason: "補正", returns: true)
    let batch = try #require(report.batch)
    desk.wait(.days(31))
    let planned = try desk.owner().remind(after: nil, isDryRun: true, isClockRight: true).messages
      .filter { message in
        message.reference == "batch:\(batch)" && message.causes.contains { $0.event != .queued }
      }
    #expect(planned.map(\.recipient) == [Person.huang.email])
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", numbers[0]) == ["pending"])
  }

  /// A batch lists what came in with it; of a mended sheet the rest is an earlier one's.
  @Test func aBatchListsItsOwnRows() throws {
    let (desk, _, huang) = try office()
    _ = try huang.importBatch(sheet([form(.tsai)]))
    _ = try huang.importBatch(sheet([form(.tsai), form(.liu)]))
    #expect(try huang.batches().map(\.rows) == [1, 1])
    #expect(try desk.number("SELECT count(*) FROM batch") == 2)
  }

  /// Two rows that ask for one role for different days cannot both come true.
  @Test(arguments: ["生效日期", "終止日期"])
  func otherDaysAreNoRepetition(column: String) throws {
    let (desk, _, huang) = try office()
    let day = { (days: Int64) in Timestamp(startOfTaipeiDay: desk.today + days).taiwanDay }
    func codes(_ first: String, _ second: String) throws -> [[String]] {
      let rows = [first, second].map { form(.tsai) + "," + $0 }
      return try huang.importBatch(Sheet(lines: [Self.columns + "," + column] + rows).order)
        .rows.map { $0.problems.map { "\($0.code) \($0.column)" } }
    }
    #expect(
      try codes(day(20), day(30)) == [["row.conflict \(column)"], ["row.conflict \(column)"]])
    #expect(try codes(day(20), "") == [["row.conflict \(column)"], ["row.conflict \(column)"]])
    #expect(try codes(day(20), day(20)) == [[], ["row.duplicate 公務信箱"]])
  }

  /// Namesakes keep their numbers, in whichever order the rows stand, and by the name alone nobody
  /// is taken for one of several.
  @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
  func namesakesKeepTheirNumbers(order: [Int]) throws {
    let (desk, chief, huang) = try office()
    let first = Person.tsai.with(email: "one@cdc.gov.tw", mobile: "0912000011")
    let second = Person.tsai.with(email: "two@cdc.gov.tw", mobile: "0912000012")
    let numbers = try huang.importBatch(sheet([form(first), form(second)])).rows.compactMap(
      \.request)
    _ = try chief.reject(.numbers(numbers), reason: "補正", returns: true)
    let unknown = Person.tsai.with(email: "new@cdc.gov.tw", mobile: "0912000095")
    #expect(codes(try huang.importBatch(sheet([form(unknown)]))) == ["row.conflict"])
    let rows = [form(unknown), form(first.with(email: "uno@cdc.gov.tw")), form(second)]
    #expect(codes(try huang.importBatch(sheet(order.map { rows[$0] }))).isEmpty)
    #expect(
      try desk.texts(
        """
        SELECT a.email FROM request r JOIN account a ON a.id = r.account WHERE r.id >= ?
        ORDER BY r.id
        """, numbers[0])
        == ["uno@cdc.gov.tw", "two@cdc.gov.tw", "new@cdc.gov.tw"])
  }

  /// What somebody may not stop, who stands in for them may not either.
  @Test func whoStandsInStopsNoHandOver() throws {
    let (desk, chief, huang) = try office()
    let number = try #require(
      try huang.importBatch(sheet([form(.tsai, "交接", prior: .li)])).rows[0].request)
    let substitute = try desk.opened(.lin)
    let deputy = try substitute.requestPermission(
      PermissionOrder(
        system: "spm", role: .admin, from: desk.today, until: desk.today + 5, deputyFor: 2)
    ).number
    try #require(try chief.approve(deputy) == nil)
    #expect(codes(try substitute.importBatch(sheet([form(.tsai, "刪除")]))) == ["request.own"])
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["pending"])
  }

  /// A row that was sent back is its submitter's, and speaks under their letter: whom it is about may
  /// take it back, and hands nothing in.
  @Test(arguments: ["新增", "修改"]) func whomARowIsAboutHandsNothingIn(change: String) throws {
    let (desk, chief, huang) = try office()
    let lin = try desk.opened(.lin)
    let row = form(
      change == "新增" ? .lin : .lin.with(mobile: "0922000004"), change,
      prior: change == "新增" ? nil : .lin)
    let number = try #require(try huang.importBatch(sheet([row])).rows[0].request)
    _ = try chief.reject(.numbers([number]), reason: "補正", returns: true)
    let order = Correction(document: "院字第999號")
    #expect(try refusal { _ = try lin.resubmit(number, order) } == .requestOutside)
    #expect(try chief.detail(number).item.document == nil)
    _ = try huang.resubmit(number, Correction(document: "衛字第2號"))
    #expect(try chief.detail(number).item.document == "衛字第2號")
    try lin.withdraw(number)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["withdrawn"])
  }

  /// Who administers nothing any more speaks for no agency: neither by a sheet nor by the number.
  @Test func whoIsNoAdministratorHandsNothingIn() throws {
    let (desk, chief, huang) = try office()
    let number = try #require(try huang.importBatch(sheet([form(.tsai)])).rows[0].request)
    _ = try chief.reject(.numbers([number]), reason: "補正", returns: true)
    let posts: [RequestID] = try desk.rows(
      "SELECT p.request FROM permission p JOIN account a ON a.id = p.account WHERE a.email = ?",
      Person.huang.email
    ) { row in row.id(0) }
    for post in posts { try chief.revoke(post, reason: "調職") }
    #expect(try refusal { _ = try huang.importBatch(sheet([form(.tsai)])) } == .rightMissing)
    #expect(try refusal { _ = try huang.resubmit(number, Correction()) } == .rightMissing)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["returned"])
  }

  /// Whoever submitted a row takes it back, before and after it was sent back; nothing is kept of
  /// somebody who was only to be invited.
  @Test(arguments: [true, false]) func theSubmitterTakesARowBack(isReturned: Bool) throws {
    let (desk, chief, huang) = try office()
    let number = try #require(try huang.importBatch(sheet([form(.tsai)])).rows[0].request)
    if isReturned { _ = try chief.reject(.numbers([number]), reason: "補正", returns: true) }
    #expect(try refusal { try chief.withdraw(number) } == .requestOutside)
    try huang.withdraw(number)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["withdrawn"])
    #expect(
      try desk.number("SELECT count(*) FROM account WHERE name = ?", Person.tsai.name) == 0)
    #expect(try huang.importBatch(sheet([form(.tsai)])).rows.map(\.outcome) == [.accepted])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// Whoever is to go does not take back the superior's row by one of their own.
  @Test func whoIsToGoTakesNothingBack() throws {
    let (desk, chief, huang) = try office()
    let removal = try #require(
      try huang.importBatch(sheet([form(.li, "刪除", prior: .li)])).rows[0].request)
    _ = try chief.reject(.numbers([removal]), reason: "補正", returns: true)
    let li = try desk.signedIn(.li)
    _ = try li.importBatch(sheet([form(.li.with(email: "new@cdc.gov.tw"), "修改", prior: .li)]))
    _ = try li.importBatch(sheet([form(.tsai, "交接", prior: .li)]))
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", removal) == ["returned"])
  }
}
