// Accounts that nobody uses (附表十 items 3 and 5): warned at 14, 7, 3 and 1 days, each once, then
// suspended; and permissions that a form ends on a day.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct IdleTests {
  private static let settings = {
    var settings = Settings()
    settings.idleAfter = .days(90)
    return settings
  }()

  /// Runs cron once; the notices to accounts that it queued.
  private func run(_ desk: Desk) throws -> [String] {
    try desk.post { _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true) }
      .filter { $0.hasPrefix("notice") }
  }

  /// The authority's only administrator, and 林美玲 with a plain account.
  private func quiet() throws -> Desk {
    let desk = try Desk(Self.settings)
    _ = try desk.chief()
    _ = try desk.opened(.lin)
    return desk
  }

  private func status(_ desk: Desk, _ person: Person) throws -> [String] {
    try desk.texts("SELECT status FROM account WHERE name = ?", person.name)
  }

  @Test func eachWarningComesOnceAndThenTheSuspension() throws {
    let desk = try quiet()
    var told: [Int] = []
    for day in 1...95 {
      desk.wait(.days(1))
      let post = try run(desk)
      if !post.isEmpty { told.append(day) }
      #expect(post.count <= 1, "\(day): \(post)")
      #expect(try run(desk).isEmpty, "twice on day \(day)")
      #expect(try status(desk, .lin) == [day < 90 ? "active" : "suspended"], "day \(day)")
    }
    #expect(told == [76, 83, 87, 89, 90])
  }

  @Test func missedRunsAreCaughtUpByOneWarning() throws {
    let desk = try quiet()
    desk.wait(.days(88))
    #expect(try run(desk).count == 1)
    #expect(try run(desk).isEmpty)
  }

  @Test func useStartsTheTimeAnew() throws {
    let desk = try quiet()
    desk.wait(.days(80))
    #expect(try run(desk).count == 1)
    _ = try desk.signedIn(.lin)
    desk.wait(.days(20))
    _ = try run(desk)
    #expect(try status(desk, .lin) == ["active"])
  }

  @Test func theLastAdministratorOfTheAuthorityIsSpared() throws {
    let desk = try quiet()
    desk.wait(.days(400))
    _ = try run(desk)
    desk.wait(.days(14))
    _ = try run(desk)
    #expect(try status(desk, .chen) == ["active"])
    #expect(try status(desk, .lin) == ["suspended"])
  }

  @Test func aSignInAfterTheTimeIsRefusedBeforeAnyRun() throws {
    let desk = try quiet()
    desk.wait(.days(76))
    _ = try run(desk)
    desk.wait(.days(15))
    #expect(try refusal { _ = try desk.signedIn(.lin) } == .accountSuspended)
    #expect(try status(desk, .lin) == ["suspended"])
  }

  @Test func restoredTheyHaveTheWholeTimeAgain() throws {
    let desk = try quiet()
    desk.wait(.days(76))
    _ = try run(desk)
    desk.wait(.days(15))
    _ = try run(desk)
    let id: AccountID = try desk.id("SELECT id FROM account WHERE name = ?", Person.lin.name)
    #expect(try desk.owner().change(account: id, .restore, reason: "本人來電") == .active)
    desk.wait(.days(60))
    _ = try run(desk)
    #expect(try status(desk, .lin) == ["active"])
  }

  /// Whoever was idle for years when the rule came has two weeks, and the warnings of them.
  @Test(arguments: [90, 10])
  func aNewRuleSuspendsNobodyWhoWasNotWarned(days: Int64) throws {
    let desk = try Desk()
    _ = try desk.chief()
    _ = try desk.opened(.lin)
    desk.wait(.days(400))
    desk.settings.idleAfter = .days(days)
    var told: [Int] = []
    for day in 0...14 {
      #expect(try status(desk, .lin) == ["active"], "day \(day)")
      if try !run(desk).isEmpty { told.append(day) }
      desk.wait(.days(1))
    }
    #expect(told == [0, 7, 11, 13, 14])
    #expect(try status(desk, .lin) == ["suspended"])
  }

  @Test func aSignInWithoutAWarningIsUse() throws {
    let desk = try Desk()
    _ = try desk.opened(.lin)
    desk.wait(.days(400))
    desk.settings.idleAfter = .days(90)
    _ = try desk.signedIn(.lin)
    desk.wait(.days(30))
    #expect(try run(desk).isEmpty)
  }

  /// A permission with an end is over at that moment; whoever comes first writes it down, once.
  @Test func aDatedEndHoldsBeforeAnyRun() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let number = try desk.opened(.lin).ask(.general)
    let end = desk.clock.now.seconds + 60
    let owner = "SELECT id FROM account WHERE name = '\(Person.li.name)'"
    let set = "UPDATE permission SET ends_at = \(end) WHERE account = (\(owner));"
    #expect(try desk.sqlite3(set).isEmpty)
    #expect(try li.queue(PendingFilter()).items.map(\.number) == [number])
    desk.wait(.seconds(60))
    #expect(try refusal { _ = try li.queue(PendingFilter()) } == .rightMissing)
    #expect(try li.approve(number) == .requestUnknown)
    _ = try run(desk)
    #expect(try desk.number("SELECT count(*) FROM permission WHERE status = 'revoked'") == 1)
    #expect(
      try desk.number("SELECT count(*) FROM audit WHERE action = 'permission.revoke'") == 1)
  }
}
