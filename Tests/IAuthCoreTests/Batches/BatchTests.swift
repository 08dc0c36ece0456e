// Forms of a superior agency: all or nothing, in parts, tried, repeated, and within reach
// (PRODUCT 3.5).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct BatchTests {
  /// 黃淑芬 of 衛生福利部, which is above 疾病管制署 and 食品藥物管理署.
  private func superior() throws -> (Desk, chief: Service, huang: Service) {
    let desk = try Desk()
    let chief = try desk.chief()
    return (desk, chief, try desk.administrator(.huang, approvedBy: chief))
  }

  private static let bad = Person.liu.with(email: "not an address")

  @Test func aWholeBatchFromTheFormToTheInvitations() throws {
    let (desk, chief, huang) = try superior()
    var order = Sheet([.li, .lin, .liu]).order
    order.document = "衛部資字第1號"
    var report: ImportReport?
    let post = try desk.post { report = try huang.importBatch(order) }
    #expect(post == ["notice chen@ey.gov.tw"], "one mail for the whole batch")
    #expect(report?.rows.map(\.outcome) == [.accepted, .accepted, .accepted])
    #expect(report?.rows.map(\.number) == [2, 3, 4])
    let batch = try #require(report?.batch)
    let items = try chief.queue(PendingFilter(batch: batch)).items
    #expect(items.map(\.name) == ["李小明", "林美玲", "劉家豪"])
    #expect(items.allSatisfy { $0.document == "衛部資字第1號" && !$0.isVerified })
    #expect(try chief.reject(items[2].number, reason: "公文未用印") == nil)
    // The person is told nothing and is erased; why, is for the submitter to read.
    let refused = try huang.detail(items[2].number)
    #expect(refused.item.name.isEmpty && refused.decision?.note == "公文未用印")
    let before = chief.store.db.preparedAgain
    let told = try desk.post { _ = try chief.approve(.batch(batch), note: nil, expecting: nil) }
    // No statement is prepared anew for each request: that costs more than running it.
    #expect(chief.store.db.preparedAgain == before)
    #expect(
      told.sorted()
        == [
          "invitation li@cdc.gov.tw", "invitation lin@cdc.gov.tw", "notice huang@mohw.gov.tw",
        ])
    let progress = try #require(try huang.queue(PendingFilter(batch: batch)).progress)
    #expect(progress.counts == [.approved: 2, .rejected: 1])
    let li = try desk.signedIn(.li)
    #expect(try li.status().status == .active)
    #expect(try li.administrators(agency: nil, system: nil).map(\.name) == ["李小明"])
  }

  @Test func oneBadRowKeepsAllOut() throws {
    let (desk, _, huang) = try superior()
    let before = try desk.sqlite3(".dump")
    let report = try huang.importBatch(Sheet([.li, Self.bad]).order)
    #expect(report.rows.map(\.outcome) == [.held, .rejected])
    #expect(report.rows[1].problems.map(\.code) == ["email.invalid"])
    #expect(report.rows[1].problems.map(\.column) == ["公務信箱"])
    #expect(report.rows.allSatisfy { $0.request == nil } && report.batch == nil)
    #expect(report.error(isPartial: false)?.code == .batchRejected)
    #expect(try desk.sqlite3(".dump") == before)
  }

  @Test func inPartsTheGoodRowsGoIn() throws {
    let (desk, _, huang) = try superior()
    var order = Sheet([.li, Self.bad]).order
    order.isPartial = true
    let report = try huang.importBatch(order)
    #expect(report.rows.map(\.outcome) == [.accepted, .rejected])
    #expect(report.error(isPartial: true)?.code == .batchRejected)
    #expect(try desk.number("SELECT count(*) FROM request WHERE batch = ?", report.batch) == 1)
  }

  @Test(arguments: [[Person.li, .lin], [.li, bad]])
  func aDryRunChangesNothing(people: [Person]) throws {
    let (desk, _, huang) = try superior()
    let before = try desk.sqlite3(".dump")
    var order = Sheet(people).order
    order.isDryRun = true
    let report = try huang.importBatch(order)
    #expect(report.isDryRun && report.batch == nil)
    let rejected = report.count(.rejected)
    #expect(
      report.error(isPartial: true)
        == (rejected > 0 ? .batchRejected(rejected: rejected, rows: 2, isPartial: false) : nil),
      "nothing was imported")
    #expect(report.rows.allSatisfy { $0.request == nil })
    #expect(try desk.sqlite3(".dump") == before)
  }

  @Test func theSameFormAgainNamesTheEarlierBatch() throws {
    let (desk, chief, huang) = try superior()
    let order = Sheet([.li, .liu]).order
    let first = try huang.importBatch(order)
    for isDecided in [false, true] {
      if isDecided {
        _ = try chief.approve(.batch(try #require(first.batch)), note: nil, expecting: nil)
      }
      var again: ImportReport?
      let post = try desk.post { again = try huang.importBatch(order) }
      #expect(post.isEmpty)
      #expect(again?.rows.map(\.outcome) == [.unchanged, .unchanged])
      #expect(again?.rows.map(\.request) == first.rows.map(\.request))
      #expect(again?.batch == first.batch && again?.digest == first.digest)
      #expect(again?.error(isPartial: false) == nil)
    }
    #expect(try desk.number("SELECT count(*) FROM batch") == 1)
  }

  @Test(arguments: [
    ([Person.li, .li], "row.duplicate", "公務信箱"),
    ([.li, .li.with(email: "other@cdc.gov.tw")], "row.conflict", "手機"),
    ([.tsai.with(mobile: "0922000005")], "row.conflict", "手機"),
    ([.tsai.with(email: "other@cdc.gov.tw")], "row.conflict", "公務信箱"),
    ([.tsai.with(name: "蔡大同")], "row.conflict", "姓名"),
  ])
  func whatIsSaidTwiceOrOtherwise(people: [Person], code: String, column: String) throws {
    let (desk, _, huang) = try superior()
    _ = try desk.opened(.tsai)
    let report = try huang.importBatch(Sheet(people).order)
    let row = try #require(report.rows.last)
    #expect(row.outcome == .rejected)
    #expect(row.problems.map(\.code) == [code] && row.problems.map(\.column) == [column])
  }

  private static let elsewhere = Person(
    agency: Office.interior, name: "王大同", email: "w@moi.gov.tw", mobile: "0911000020")

  @Test func anImporterReachesTheirOwnAgencyAndAllBelow() throws {
    let (desk, chief, huang) = try superior()
    var own = Person.li.with(email: "o@mohw.gov.tw", mobile: "0911000021")
    own.agency = Office.mohw
    var above = Person.li.with(email: "a@ey.gov.tw", mobile: "0911000022")
    above.agency = Office.yuan
    let report = try huang.importBatch(Sheet([own, .li, above, Self.elsewhere]).order)
    #expect(report.rows.map(\.outcome) == [.held, .held, .rejected, .rejected])
    #expect(
      report.rows.flatMap(\.problems).map(\.code) == ["agency.outside", "agency.outside"])
    let all = Sheet([own, .li, above, Self.elsewhere])
    #expect(try desk.owner().importBatch(all.order).count(.accepted) == 4)
    #expect(try chief.importBatch(all.order).count(.unchanged) == 4)
  }

  @Test func theAuthoritysAdministratorsAreNeverPartOfABatch() throws {
    let (desk, chief, _) = try superior()
    for service in [chief, try desk.owner()] {
      let row = try #require(try service.importBatch(Sheet([.wu]).order).rows.first)
      #expect(row.problems.map(\.code) == ["agency.outside"])
      let general = try service.importBatch(Sheet([.wu], role: "一般權限").order)
      #expect(general.rows.first?.problems.isEmpty == true)
    }
  }

  @Test func aRemovedSuperiorReachesNothing() throws {
    let (desk, _, huang) = try superior()
    let shrunk = Office.registry.split(separator: "\n").filter { !$0.hasPrefix(Office.mohw + ",") }
    _ = try desk.owner().loadRegistry(
      Array(shrunk.joined(separator: "\n").utf8), allowingRemovals: true)
    let row = try #require(try huang.importBatch(Sheet([.li]).order).rows.first)
    #expect(row.problems.map(\.code) == ["agency.outside"])
  }

  @Test func whoMayImport() throws {
    let (desk, _, _) = try superior()
    let order = Sheet([.li]).order
    #expect(try refusal { _ = try desk.opened(.lin).importBatch(order) } == .rightMissing)
    #expect(
      try refusal { _ = try desk.service("uid:nobody").importBatch(order) } == .sessionNone)
    let huang = try desk.signedIn(.huang, via: .email)
    #expect(try refusal { _ = try huang.importBatch(order) } == .sessionStepUp)
  }

  /// Who was signed in is not silently the operator afterwards, and may become it.
  @Test(arguments: [false, true])
  func anExpiredSessionIsNotTheOperator(isSuspended: Bool) throws {
    let desk = try Desk()
    _ = try desk.administrator(.huang, approvedBy: try desk.chief())
    let owner = try desk.service("uid:0", isOperator: true, session: "huang")
    let order = Sheet([.li]).order
    desk.wait(.minutes(1))
    let signIn = try owner.signIn(try Person.huang.form(), via: .both)
    _ = try owner.prove(signIn.reference.text, codes: try desk.codes(signIn.reference))
    if isSuspended {
      _ = try desk.owner().change(
        account: try owner.status().account, .suspend, reason: "離職")
    } else {
      desk.wait(.minutes(30))
    }
    #expect(try refusal { _ = try owner.importBatch(order) } == .sessionExpired)
    try owner.signOut()
    #expect(try owner.importBatch(order).count(.accepted) == 1)
  }

  @Test func severalSystemsAndNoneNamed() throws {
    let (desk, chief, huang) = try superior()
    _ = try desk.owner().addSystem(code: "x", name: "X", chineseName: nil, url: nil)
    #expect(try refusal { _ = try huang.importBatch(Sheet([.li]).order) } == .usageMissing)
    var order = Sheet([.li]).order
    order.system = "spm"
    #expect(try chief.importBatch(order).count(.accepted) == 1)
    // A column of its own says it row by row.
    let row = try #require(
      try huang.importBatch(
        Sheet(lines: [
          "機關OID,姓名,公務信箱,手機,申請系統", "\(Office.cdc),林美玲,lin@cdc.gov.tw,0911000004,",
        ]).order
      ).rows.first)
    #expect(row.problems.map(\.code) == ["system.unknown"])
    #expect(row.problems.map(\.column) == ["申請系統"])
  }

  @Test func oneMayNarrowAnOwnBatch() throws {
    let (desk, _, huang) = try superior()
    _ = try desk.owner().addSystem(code: "x", name: "X", chineseName: nil, url: nil)
    let batch = try desk.owner().importBatch(
      Sheet(lines: [
        "機關OID,姓名,公務信箱,手機,申請系統,角色", "\(Office.cdc),李小明,li@cdc.gov.tw,0911000003,spm,admin",
        "\(Office.cdc),林美玲,lin@cdc.gov.tw,0911000004,x,general",
        "\(Office.cdc),李小明,li@cdc.gov.tw,0911000003,x,general",
      ]).order
    ).batch
    func names(_ filter: PendingFilter) throws -> [String] {
      var filter = filter
      filter.batch = batch
      return try desk.owner().queue(filter).items.map { $0.name + " " + $0.system }
    }
    #expect(try names(PendingFilter(system: "spm")) == ["李小明 spm"])
    #expect(try names(PendingFilter(system: "x")) == ["林美玲 x", "李小明 x"])
    #expect(try names(PendingFilter(role: .admin)) == ["李小明 spm"])
    #expect(try names(PendingFilter(role: .general, limit: 1)) == ["林美玲 x"])
    #expect(try names(PendingFilter(limit: 2)).count == 2)
    _ = huang
  }

  /// A formula is the one thing to say of its cell, and problems stand as the columns do.
  @Test(arguments: ["formulas.xlsx", "formulas.ods"])
  func aFormulaIsARowsProblem(file: String) throws {
    let desk = try Desk()
    let report = try desk.owner().importBatch(ImportOrder(bytes: try sheetFixture(file)))
    let formulas = report.rows.map { row in
      row.problems.filter { $0.code == "row.formula" }.map(\.column)
    }
    #expect(formulas == [["公務信箱"], ["生效日期"], []])
    for (row, columns) in zip(report.rows, formulas) {
      #expect(row.problems.count { columns.contains($0.column) } == columns.count)
    }
  }

  /// Each row's problems in the order of the columns, whichever check found them.
  @Test func problemsStandAsTheColumnsDo() throws {
    let desk = try Desk()
    let report = try desk.owner().importBatch(
      Sheet(lines: ["手機,公務信箱,角色,姓名,機關OID", "1,2,3,!,2.16.886.101.9"]).order)
    #expect(
      report.rows[0].problems.map(\.column) == ["手機", "公務信箱", "角色", "姓名", "機關OID"])
  }

  @Test func theSheetAsAgenciesFillItIn() throws {
    let (desk, chief, huang) = try superior()
    let report = try huang.importBatch(
      Sheet(lines: [
        "管考系統 機關管理者帳號申請表,,,,,", "",
        "機關OID,機關名稱,姓名,公務信箱,手機,生效日期",
        "\(Office.cdc),疾管署,李小明,LI@cdc.gov.tw,911-000-003,115年4月1日",
        ",填表說明：一人一列,,,,",
      ]).order)
    #expect(report.rows.map(\.number) == [4])
    let row = try #require(report.rows.first)
    #expect(row.outcome == .accepted)
    #expect(row.problems.map(\.code) == ["agency.name"] && !row.problems[0].isError)
    #expect(try chief.approve(try #require(row.request)) == nil)
    let starts = try desk.number("SELECT starts_at FROM permission ORDER BY request DESC LIMIT 1")
    #expect(Timestamp(starts).rfc3339 == "2026-03-31T16:00:00Z")
    let li = try desk.signedIn(.li)
    #expect(
      try refusal { _ = try li.queue(PendingFilter()) } == .rightMissing, "not before its day")
    desk.wait(.seconds(starts - desk.clock.now.seconds))
    #expect(try refusal { _ = try desk.signedIn(.li).queue(PendingFilter()) } == nil)
  }

  /// A batch of general users is decided agency by agency; of the others' requests nothing is said.
  @Test func whoSeesABatch() throws {
    let (desk, chief, huang) = try superior()
    let li = try desk.administrator(.li, approvedBy: chief)
    var other = Person.lin.with(email: "other@fda.gov.tw", mobile: "0911000088")
    other.agency = Office.fda
    let general = try huang.importBatch(Sheet([.lin, other], role: "一般權限").order)
    let batch = try #require(general.batch)
    #expect(try li.queue(PendingFilter(batch: batch)).items.map(\.agency.code) == [Office.cdc])
    let decided = try li.approve(.batch(batch), note: nil, expecting: nil)
    #expect(decided.map(\.number) == [try #require(general.rows[0].request)])
    #expect(try li.queue(PendingFilter(batch: batch)).items.isEmpty)
    // Of a batch that has nothing of theirs it is not even said that it is there.
    let elsewhere = try huang.importBatch(
      Sheet(
        [other.with(email: "third@fda.gov.tw", mobile: "0911000089")], role: "一般權限"
      ).order)
    let hidden = try #require(elsewhere.batch)
    #expect(try refusal { _ = try li.queue(PendingFilter(batch: hidden)) } == .batchUnknown)
    #expect(
      try refusal { _ = try li.approve(.batch(hidden), note: nil, expecting: nil) }
        == .batchUnknown)
  }
}
