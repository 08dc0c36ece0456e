// The days of a deputy (職務代理) are those of a permission that holds on the first of them (PRODUCT
// 11.1: for that time, beside permission NUMBER).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct DeputyDaysTests {
  private func order(_ desk: Desk, _ from: Int64, _ until: Int64) -> PermissionOrder {
    PermissionOrder(
      role: .admin, from: desk.today + from, until: desk.today + until, deputyFor: 2)
  }

  /// 李小明's permission goes to 蔡英傑 in five days, or ends by then by itself.
  @Test(arguments: [true, false]) func nobodyStandsInForWhatIsOverByThen(isHandOver: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let number = try desk.opened(.li).requestPermission(
      PermissionOrder(role: .admin, until: isHandOver ? nil : desk.today + 4)
    ).number
    try #require(number == 2)
    #expect(try chief.approve(number) == nil)
    let lin = try desk.opened(.lin)
    if isHandOver {
      // What was asked for before is not approved either.
      let late = try lin.requestPermission(order(desk, 5, 9)).number
      let heir = try desk.opened(.tsai).requestPermission(
        PermissionOrder(role: .admin, from: desk.today + 5, replaces: 2)
      ).number
      #expect(try chief.approve(heir) == nil)
      #expect(try chief.approve(late) == .permissionNone)
      try lin.withdraw(late)
    }
    for (from, until) in [(5, 9), (12, 20)] as [(Int64, Int64)] {
      #expect(
        try refusal { _ = try lin.requestPermission(order(desk, from, until)) } == .permissionNone)
    }
    // One that ends meanwhile is stood in for to the last of these days.
    let across = try lin.requestPermission(order(desk, 4, 9)).number
    #expect(try chief.approve(across) == nil)
  }

  @Test func nobodyStandsInForWhatHasNotBegun() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let number = try desk.opened(.li).requestPermission(
      PermissionOrder(role: .admin, from: desk.today + 5)
    ).number
    try #require(number == 2)
    #expect(try chief.approve(number) == nil)
    let lin = try desk.opened(.lin)
    for from in [0, 4] as [Int64] {
      do {
        _ = try lin.requestPermission(order(desk, from, 9))
        Issue.record("taken")
      } catch {
        #expect(error.code == .dateInvalid)
        let hint = error.text(.english).hint ?? ""
        #expect(hint.contains("--deputy-for 2 --from 2026-03-07"))
        for language in Language.allCases {
          let sentence = error.text(language).sentence
          #expect(sentence.contains("2026-03-07"))
          #expect(!sentence.contains("taken over") && !sentence.contains("交接"))
        }
      }
    }
    let late = try lin.requestPermission(order(desk, 5, 9)).number
    #expect(try chief.approve(late) == nil)
  }
}
