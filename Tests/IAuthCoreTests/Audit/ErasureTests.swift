// Someone erased is nowhere in the file, byte for byte, and the trail still holds (PRODUCT 3.5, 3.8).

import Foundation
import SQLite
import Testing

@testable import IAuthCore

@Suite struct ErasureTests {
  /// What of a person stands somewhere in the database's file.
  private func traces(of person: Person, in desk: Desk) throws -> [String] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: desk.path))
    return [person.name, person.email, String(person.mobile.dropFirst())].filter {
      bytes.range(of: Data($0.utf8)) != nil
    }
  }

  @Test func anErasedPersonIsNowhereInTheFile() throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let lin = try desk.opened(.lin)
    let first = try lin.requestPermission(
      system: nil, role: .general, reason: "林美玲要用", document: nil)
    _ = try li.reject(first.number)
    let second = try lin.ask(.general)
    _ = try li.approve(second)
    _ = try lin.ask(.admin)
    desk.wait(.minutes(1))
    let moved = Person.lin.with(mobile: "0922000004")
    try desk.opened(moved)
    desk.wait(.days(8))
    _ = try desk.operator_().remind(after: nil, isDryRun: false)
    #expect(try traces(of: .lin, in: desk) != [])
    let id = try desk.number("SELECT id FROM account WHERE name = '林美玲'")
    _ = try desk.operator_().change(account: id, .erase, reason: "當事人請求")
    _ = try desk.operator_().deliverDue()
    #expect(try traces(of: .lin, in: desk) == [])
    #expect(try traces(of: moved, in: desk) == [])
    #expect(try traces(of: .li, in: desk).count == 3)
    _ = try desk.operator_().verifyAudit(anchors: nil)
    #expect(try desk.operator_().doctor().filter { $0.status == .fail }.isEmpty)
    #expect(try desk.signedIn(.li).detail(second).item.name == "")
    #expect(
      try refusal { _ = try desk.operator_().change(account: id, .erase, reason: "x") }
        == .accountState)
  }

  @Test func anApplicationThatNobodyProvesLeavesNothing() throws {
    let desk = try Desk()
    let lin = try desk.shell(of: .lin)
    let reference = try lin.apply(try Person.lin.form()).reference
    _ = try lin.deliverOwn()
    desk.wait(.hours(24))
    #expect(try traces(of: .lin, in: desk).count == 3)
    _ = try desk.operator_().remind(after: nil, isDryRun: false)
    #expect(try traces(of: .lin, in: desk) == [])
    #expect(
      try refusal { _ = try lin.prove(reference.text, codes: ["00000000", "00000000"]) }
        == .codeExpired)
    _ = try desk.operator_().verifyAudit(anchors: nil)
  }

  @Test func aRejectedInvitationLeavesNothing() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let report = try desk.operator_().importBatch(Sheet([.lin, .tsai]).order)
    _ = try desk.operator_().deliverDue()
    let number = try #require(report.rows.first?.request)
    #expect(try chief.reject(number, reason: "非該機關人員") == nil)
    #expect(try traces(of: .lin, in: desk) == [])
    #expect(try traces(of: .tsai, in: desk).count == 3)
    _ = try desk.operator_().verifyAudit(anchors: nil)
  }

  @Test func aDeliveredCodeStandsNowhere() throws {
    let desk = try Desk()
    let lin = try desk.shell(of: .lin)
    let reference = try lin.apply(try Person.lin.form()).reference
    let codes = try desk.codes(reference)
    #expect(codes.count == 2)
    _ = try lin.deliverOwn()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: desk.path))
    for code in codes { #expect(bytes.range(of: Data(code.utf8)) == nil) }
    _ = try lin.prove(reference.text, codes: codes)
  }
}
