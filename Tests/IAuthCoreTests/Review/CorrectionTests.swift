// Back for correction (退回補正), as often as it takes: by an applicant under the same number, by a
// batch's submitter with the mended sheet (PRODUCT 11.2).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct CorrectionTests {
  private func office() throws -> (Desk, chief: Service, li: Service, lin: Service) {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    return (desk, chief, li, try desk.opened(.lin))
  }

  /// It waits for its correction though its last day is over, which is then among what is corrected.
  @Test func sentBackOverItsLastDay() throws {
    let (desk, _, li, lin) = try office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .general, until: desk.today + 3)
    ).number
    _ = try li.reject(.numbers([number]), reason: "期間不足", returns: true)
    desk.wait(.days(5))
    let again = try desk.signedIn(.lin)
    let detail = try again.detail(number).item
    #expect(detail.status == .returned && !detail.marks.contains("resubmitted"))
    let counted = try desk.owner().statistics(
      StatisticsOrder(since: nil, until: nil, key: nil, system: nil, under: nil))
    #expect(counted.lines.first?.lapsed == 0)
    #expect(try refusal { _ = try again.resubmit(number, Correction()) } == .dateInvalid)
    _ = try again.resubmit(number, Correction(until: desk.today + 9))
    #expect(try desk.signedIn(.li).approve(number) == nil)
  }

  @Test func sentBackTwice() throws {
    let (desk, _, li, lin) = try office()
    let number = try lin.requestPermission(
      PermissionOrder(role: .general, reason: "業務", document: "甲字1號")
    ).number
    let first = try desk.owner().detail(number).item.version
    for (round, word) in [(1, "公文不清楚"), (2, "缺核章")] {
      let post = try desk.post {
        let outcome = try #require(
          try li.reject(.numbers([number]), reason: word, returns: true).first)
        #expect(outcome.refusal == nil && outcome.status == .returned)
      }
      #expect(post == ["decision lin@cdc.gov.tw"])
      #expect(try li.approve(number) == .requestDecided, "it is its applicant's to mend")
      #expect(try refusal { _ = try lin.ask(.general) } == .requestDuplicate)
      desk.wait(.minutes(10))
      let again = try desk.post {
        _ = try lin.resubmit(number, Correction(document: "甲字\(round + 1)號"))
      }
      #expect(again == ["notice li@cdc.gov.tw"])
      #expect(try refusal { _ = try lin.resubmit(number, Correction()) } == .requestDuplicate)
    }
    let detail = try desk.owner().detail(number)
    #expect(detail.item.marks.contains("resubmitted") && detail.item.round == 3)
    #expect(detail.rounds.map(\.note) == ["公文不清楚", "缺核章"])
    #expect(detail.rounds.map(\.document) == ["甲字1號", "甲字2號"])
    #expect(detail.rounds.map(\.reason) == ["業務", "業務"])
    #expect(detail.item.document == "甲字3號" && detail.item.version != first)
    #expect(detail.decision == nil)
    #expect(try li.approve(number, expecting: first) == .requestChanged)
    #expect(try li.approve(number, expecting: detail.item.version.uppercased()) == nil)
    #expect(
      try desk.texts("SELECT round || ' ' || verdict FROM decision WHERE request = ?", number)
        == ["1 returned", "2 returned", "3 approved"])
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  @Test func whatIsNotMendedLapses() throws {
    let (desk, _, li, lin) = try office()
    let number = try lin.ask(.general)
    _ = try li.reject(.numbers([number]), reason: "補件", returns: true)
    desk.wait(.days(29))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["returned"])
    desk.wait(.days(1))
    let back = try desk.signedIn(.lin)
    #expect(try refusal { _ = try back.resubmit(number, Correction()) } == .requestDecided)
    #expect(
      try desk.texts("SELECT round || ' ' || verdict FROM decision WHERE request = ?", number)
        == ["1 returned", "2 lapsed"])
  }

  @Test func itMayBeWithdrawn() throws {
    let (desk, _, li, lin) = try office()
    let number = try lin.ask(.general)
    _ = try li.reject(.numbers([number]), reason: "補件", returns: true)
    try lin.withdraw(number)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == ["withdrawn"])
    #expect(try refusal { _ = try lin.ask(.general) } == nil)
  }

  /// Asked for again within a day it is told to nobody; what they sent back, they hear of.
  @Test func whatIsMendedIsToldThoughTheSameWasWithdrawn() throws {
    let (desk, _, li, lin) = try office()
    try lin.withdraw(try lin.ask(.general))
    let number = try lin.ask(.general)
    _ = try li.reject(.numbers([number]), reason: "補件", returns: true)
    #expect(
      try desk.post { _ = try lin.resubmit(number, Correction(reason: "已補")) }
        == ["notice li@cdc.gov.tw"])
  }

  /// Reminders begin anew with each round; while it is sent back there are none.
  @Test func thresholdsBeginAnew() throws {
    let (desk, _, li, lin) = try office()
    let number = try lin.ask(.general)
    desk.wait(.days(3))
    func reminded() throws -> Int {
      try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true).requests
    }
    #expect(try reminded() == 1)
    _ = try desk.signedIn(.li).reject(.numbers([number]), reason: "補件", returns: true)
    _ = li
    desk.wait(.days(5))
    #expect(try reminded() == 0)
    _ = try desk.signedIn(.lin).resubmit(number, Correction(reason: "已補"))
    #expect(try reminded() == 0)
    desk.wait(.days(3))
    #expect(try reminded() == 1)
    #expect(
      try desk.signedIn(.li).queue(PendingFilter()).items.first?.waitingDays(at: desk.clock.now)
        == 3)
  }

  @Test(arguments: ["", "email", "mobile", "contacts", "name"])
  func aMendedSheet(mended: String) throws {
    let (desk, chief, _, _) = try office()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let first = try huang.importBatch(Sheet([.liu, .tsai]).order)
    let numbers = first.rows.compactMap(\.request)
    let post = try desk.post {
      _ = try chief.reject(.numbers([numbers[0]]), reason: "手機有誤", returns: true)
      _ = try chief.approve(numbers[1])
    }
    #expect(post == ["notice huang@mohw.gov.tw", "invitation tsai@cdc.gov.tw"])
    #expect(try desk.number("SELECT count(*) FROM batch WHERE told_at IS NOT NULL") == 0)
    var row = Person.liu
    if mended == "email" || mended == "contacts" { row.email = "jhliu@fda.gov.tw" }
    if mended == "mobile" || mended == "contacts" { row.mobile = "0922000077" }
    if mended == "name" { row.name = "劉家濠" }
    var again: ImportReport?
    let told = try desk.post { again = try huang.importBatch(Sheet([row, .tsai]).order) }
    #expect(told == ["notice chen@ey.gov.tw"])
    #expect(again?.rows.map(\.outcome) == [.accepted, .unchanged])
    #expect(again?.rows.map(\.request) == numbers)
    #expect(again?.batch == first.batch)
    #expect(
      try desk.texts(
        "SELECT name || email || mobile FROM account WHERE agency = (SELECT agency FROM request WHERE id = ?)",
        numbers[0]) == [row.name + row.email + (try MobileNumber(row.mobile)).e164])
    #expect(try chief.approve(numbers[0]) == nil)
    #expect(try desk.number("SELECT count(*) FROM batch WHERE told_at IS NOT NULL") == 1)
    #expect(try desk.number("SELECT count(*) FROM batch") == 1)
  }

  /// Who may hand in again: the applicant, and nobody who only sees it.
  @Test func whoMayHandItIn() throws {
    let (desk, chief, li, lin) = try office()
    let number = try lin.ask(.general)
    _ = try li.reject(.numbers([number]), reason: "補件", returns: true)
    let stranger = try desk.opened(.liu)
    for (who, expected) in [
      (stranger, ErrorCode.requestUnknown), (li, .requestOutside), (chief, .requestOutside),
    ] {
      #expect(try refusal { _ = try who.resubmit(number, Correction()) } == expected)
      #expect(try refusal { try who.withdraw(number) } == expected)
    }
    #expect(try refusal { _ = try lin.resubmit(number, Correction()) } == nil)
    // Who may not see it is no part of its history.
    #expect(try refusal { _ = try stranger.detail(number) } == .requestUnknown)
    let history = try lin.detail(number).history
    #expect(!history.contains { $0.by == Person.liu.name })
    #expect(history.contains { $0.outcome == "request.outside" })
  }

  /// Whom a form's row is about may withdraw it, and no more; its submitter is told by one mail.
  @Test(arguments: [false, true])
  func whoWithdrawsWhatAnotherSubmittedIsTold(isReturned: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let people = try [Person.li, .lin].map { ($0, try desk.opened($0)) }
    let report = try huang.importBatch(Sheet(people.map(\.0)).order)
    let numbers = report.rows.compactMap(\.request)
    if isReturned {
      _ = try chief.reject(.numbers(numbers), reason: "缺文號", returns: true)
    }
    let (first, second) = (numbers[0], numbers[1])
    var refused: IAuthError?
    do {
      _ = try people[0].1.resubmit(first, Correction(reason: "補"))
    } catch { refused = error }
    #expect(refused == .requestOutside(number: first, .correct))
    for language in Language.allCases {
      let text = refused?.text(language).sentence ?? ""
      #expect(!text.contains("withdraw") && !text.contains("撤回"))
    }
    #expect(
      try desk.post { try people[0].1.withdraw(first) } == ["notice \(Person.huang.email)"])
    let body = try desk.texts("SELECT body FROM message ORDER BY id DESC LIMIT 1")[0]
    #expect(body.contains("已由當事人撤回") && body.contains("李小明") && !body.contains("林美玲"))
    // The last one is told with the batch.
    #expect(
      try desk.post { try people[1].1.withdraw(second) } == ["notice \(Person.huang.email)"])
    let last = try desk.texts("SELECT body FROM message ORDER BY id DESC LIMIT 1")[0]
    #expect(!last.contains("已由當事人撤回"))
  }
}
