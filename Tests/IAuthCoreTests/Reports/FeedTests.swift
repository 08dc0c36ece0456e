// The feed under clocks that are wrong for a while, and its times beside those of the lists (PRODUCT
// 3.8, 3.9, 11.5).

import SQLite
import Testing

@testable import IAuthCore
@testable import Values

@Suite struct FeedTests {
  private let desk: Desk
  private let chief: Service
  private let li: Service

  init() throws {
    desk = try Desk()
    chief = try desk.chief()
    li = try desk.administrator(.li, approvedBy: chief)
  }

  /// 林美玲 uses the system for ten days from today on.
  private func tenDays() throws -> RequestID {
    let number = try desk.opened(.lin).requestPermission(
      PermissionOrder(role: .general, until: desk.clock.now.taipeiDay + 9)
    ).number
    try #require(try li.approve(number) == nil)
    return number
  }

  private func lines(of number: RequestID) throws -> [FeedLine] {
    try desk.owner().feed(after: 0, system: nil, limit: nil).filter { $0.request == number }
  }

  private func held(_ number: RequestID, at moment: Timestamp? = nil) throws -> PermissionLine? {
    try desk.owner().permissions(ReportFilter(), at: moment).first { $0.request == number }
  }

  /// Whoever reads the feed under a clock that is fast ends nothing for good.
  @Test(arguments: [TimeSpan.days(12), .days(400)])
  func whatAFastClockHasEndedIsInForceAgain(far: TimeSpan) throws {
    let number = try tenDays()
    desk.wait(far)
    #expect(try lines(of: number).map(\.change) == [.granted, .ended])
    #expect(try held(number) == nil)
    desk.wait(.seconds(300 - far.seconds))
    let told = try lines(of: number)
    #expect(told.map(\.change) == [.granted, .ended, .granted])
    #expect(try #require(told.last).at == desk.clock.now)
    #expect(try held(number)?.endedAt == nil && held(number) != nil)
    let audit = try desk.owner().verifyAudit(anchors: nil)
    #expect(audit.entries > 0)
    desk.wait(.days(10))
    let over = try lines(of: number)
    #expect(over.map(\.change) == [.granted, .ended, .granted, .ended])
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// What has ended by its day is a line at once: to whoever acknowledges, and to `doctor` after
  /// a day.
  @Test func whatHasEndedByItsDayCounts() throws {
    let number = try tenDays()
    let granted = try #require(try lines(of: number).last).seq
    _ = try desk.owner().acknowledgeFeed(granted, system: "spm")
    let feed = { try desk.owner().doctor().first { $0.check == "feed" } }
    let end = try #require(try held(number)?.until) + .seconds(1)
    desk.wait(.seconds(end.seconds - desk.clock.now.seconds + 23 * 3_600))
    #expect(try feed()?.status == .ok)
    desk.wait(.hours(2))
    let found = try feed()
    #expect(found?.status == .warn)
    #expect(found?.detail.english.contains("1 changes for spm") == true)
    #expect(found?.detail.english.contains("from \(granted + 1) on") == true)
    let state = try desk.owner().acknowledgeFeed(0, system: "spm")
    #expect(state.acknowledged == granted && state.last == granted + 1)
    #expect(try feed()?.detail.english == found?.detail.english)
    _ = try desk.owner().acknowledgeFeed(granted + 1, system: "spm")
    #expect(try feed()?.status == .ok)
  }

  /// What was given again meanwhile, or ended by somebody, stays as it is.
  @Test func whatAFastClockHasNotEndedStaysEnded() throws {
    let number = try tenDays()
    desk.wait(.days(2))
    try desk.signedIn(.li).revoke(number, reason: "調職")
    desk.wait(.days(20))
    _ = try lines(of: number)
    desk.wait(.days(-20))
    #expect(try lines(of: number).map(\.change) == [.granted, .ended])
    #expect(try held(number) == nil)
  }

  /// What rests is no access, and what rests no more is; so is an end that was moved, and an account.
  @Test func everythingThatGivesOrTakesAccessIsALine() throws {
    let number = try tenDays()
    let owner = try desk.owner()
    let lin: AccountID = try desk.id("SELECT account FROM permission WHERE request = ?", number)
    var told = ["granted"]
    #expect(try lines(of: number).map(\.change.rawValue) == told)
    for (script, change) in [
      ("suspended_at = (SELECT max(at) FROM audit)", "ended"), ("suspended_at = NULL", "granted"),
      ("ends_at = ends_at - 86400", "granted"),
    ] {
      try desk.sqlite3("UPDATE permission SET \(script) WHERE request = \(number)")
      told.append(change)
      #expect(try lines(of: number).map(\.change.rawValue) == told, "\(script)")
    }
    _ = try owner.change(account: lin, .suspend, reason: "留職停薪")
    #expect(try lines(of: number).map(\.change.rawValue) == told + ["ended"])
    _ = try owner.change(account: lin, .restore, reason: "復職")
    #expect(try lines(of: number).map(\.change.rawValue) == told + ["ended", "granted"])
    desk.wait(.minutes(10))
    try desk.opened(Person.lin.with(email: "meiling@cdc.gov.tw"))
    #expect(try lines(of: number).last?.change.rawValue == "contact")
    _ = try owner.succeed([
      SuccessionOrder(
        old: Office.cdc, new: Office.fda, onAt: desk.clock.now, document: "甲字1號")
    ])
    #expect(try lines(of: number).last?.change.rawValue == "moved")
  }

  @Test func sessionsAndCodesOfTheFutureStayVoid() throws {
    desk.wait(.days(1))
    let waiting = try desk.shell(of: .lin).apply(try Person.lin.form())
    let codes = try desk.codes(waiting.reference)
    let late = try desk.signedIn(.li)
    _ = try late.status()
    desk.wait(.hours(-3))
    #expect(try refusal { _ = try late.status() } == .sessionExpired)
    let prove = {
      try refusal {
        _ = try desk.shell(of: .lin).prove(waiting.reference.text, codes: codes)
      }
    }
    #expect(try prove() == .codeExpired)
    desk.wait(.hours(3))
    #expect(try refusal { _ = try late.status() } == .sessionExpired)
    #expect(try prove() == .codeExpired)
    #expect(
      try desk.texts("SELECT body FROM message WHERE reference = ?", waiting.reference.text)
        == ["", ""])
    _ = try desk.signedIn(.li).status()
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  /// The same moments wherever they are told, whether somebody has written the end down or not.
  @Test func theEndIsOneMomentEverywhere() throws {
    let number = try tenDays()
    let granted = try #require(try lines(of: number).first)
    let now = try #require(try held(number))
    #expect(granted.until == now.until && granted.from == now.from)
    #expect(now.endedAt == nil && now.endedBy == nil && now.reason == nil)
    let early = desk.clock.now
    desk.wait(.days(12))
    let unwritten = try #require(try held(number, at: early))
    let ended = try #require(try lines(of: number).last)
    let written = try #require(try held(number, at: early))
    #expect(unwritten == written)
    #expect(written.endedAt == (try #require(granted.until)) + .seconds(1))
    #expect(ended.change == .ended && ended.at == written.endedAt && ended.until == granted.until)
    // Nobody ends what ends by itself.
    #expect(written.endedBy == nil && written.reason == "期限屆滿 / its last day is over")
    let detail = try desk.signedIn(.li).detail(number)
    #expect(detail.item.untilAt == written.endedAt)
    #expect(detail.history.last.map { $0.at } == written.endedAt)
  }

  @Test(arguments: [Int64(0), 3])
  func aHandOverSaysWhoEndedIt(days: Int64) throws {
    let number = try #require(
      try desk.owner().permissions(ReportFilter(), at: nil).first { $0.email == Person.li.email }
    ).request
    let early = desk.clock.now
    desk.wait(.minutes(1))
    let order = PermissionOrder(
      role: .admin, from: days == 0 ? nil : early.taipeiDay + days, replaces: number)
    let next = try desk.opened(.lin).requestPermission(order).number
    try #require(try chief.approve(next) == nil)
    desk.wait(.days(days + 1))
    let ended = try #require(try held(number, at: early))
    #expect(ended.endedBy == "陳怡君" && ended.reason == "交接 / handed over")
    let moment = try #require(try held(next)).from
    #expect(ended.endedAt == moment)
    #expect(try lines(of: number).last?.at == moment)
    #expect(try #require(try held(number, at: early)) == ended)
  }
}
