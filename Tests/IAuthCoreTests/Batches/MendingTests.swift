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
