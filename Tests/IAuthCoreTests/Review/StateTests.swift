// Every state × every verb, of requests and of accounts: what is allowed leads where it should, and
// what is not changes nothing but the trail (PRODUCT 2, 3.4, 4.2).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct StateTests {
  enum Verb: CaseIterable { case approve, reject, withdraw, revoke }

  /// 林美玲's request for use of the system, in a state.
  private func request(
    _ status: RequestStatus, _ desk: Desk, _ lin: Service, _ li: Service
  ) throws -> RequestID {
    let number = try lin.ask(.general)
    switch status {
    case .pending: break
    case .returned, .superseded: throw CancellationError()
    case .approved: try #require(try li.approve(number) == nil)
    case .rejected: try #require(try li.reject(number) == nil)
    case .withdrawn: try lin.withdraw(number)
    case .lapsed:
      desk.wait(.days(180))
      _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    }
    return number
  }

  @Test(
    arguments: RequestStatus.allCases.filter { $0 != .returned && $0 != .superseded },
    Verb.allCases)
  func requests(status: RequestStatus, verb: Verb) throws {
    let desk = try Desk()
    var li = try desk.administrator(.li, approvedBy: try desk.chief())
    var lin = try desk.opened(.lin)
    let number = try request(status, desk, lin, li)
    if status == .lapsed { (li, lin) = (try desk.signedIn(.li), try desk.signedIn(.lin)) }
    let answer: ErrorCode?
    switch verb {
    case .approve: answer = try li.approve(number)
    case .reject: answer = try li.reject(number)
    case .withdraw: answer = try refusal { try lin.withdraw(number) }
    case .revoke: answer = try refusal { try li.revoke(number, reason: "調職") }
    }
    let expected: ErrorCode?
    let becomes: RequestStatus
    switch (status, verb) {
    case (.pending, .approve): (expected, becomes) = (nil, .approved)
    case (.pending, .reject): (expected, becomes) = (nil, .rejected)
    case (.pending, .withdraw): (expected, becomes) = (nil, .withdrawn)
    case (.approved, .revoke): (expected, becomes) = (nil, .approved)
    case (_, .revoke): (expected, becomes) = (.permissionNone, status)
    default: (expected, becomes) = (.requestDecided, status)
    }
    #expect(answer == expected)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", number) == [becomes.rawValue])
    let permission = try desk.texts("SELECT status FROM permission WHERE request = ?", number)
    let holds = becomes == .approved ? [verb == .revoke ? "revoked" : "active"] : []
    #expect(permission == holds)
    // Whatever ended it, it may be asked for again, unless it waits or holds.
    let again = try refusal { _ = try lin.ask(.general) }
    let stands = permission == ["active"] ? ErrorCode.permissionHeld : nil
    #expect(again == (becomes == .pending ? .requestDuplicate : stands))
  }

  /// An account of 疾病管制署 in a state.
  private func account(_ status: AccountStatus, _ desk: Desk, _ li: Service) throws -> AccountID {
    let serviceOperator = try desk.owner()
    guard status != .invited else {
      _ = try serviceOperator.importBatch(Sheet([.lin], role: "一般權限").order)
      return try desk.id("SELECT id FROM account WHERE email = 'lin@cdc.gov.tw'")
    }
    let id = try desk.opened(.lin).status().account
    if status == .suspended {
      _ = try serviceOperator.change(account: id, .suspend, reason: "留職停薪")
    }
    if status == .closed { _ = try serviceOperator.change(account: id, .close, reason: "離職") }
    return id
  }

  private static func outcome(
    _ status: AccountStatus, _ verb: AccountVerb
  ) -> AccountStatus? {
    switch (status, verb) {
    case (.active, .suspend): .suspended
    case (.suspended, .restore): .active
    case (.invited, .close), (.active, .close), (.suspended, .close): .closed
    case (.invited, .unlock), (.active, .unlock), (.suspended, .unlock): status
    case (_, .erase): .closed
    default: nil
    }
  }

  @Test(arguments: AccountStatus.allCases, AccountVerb.allCases)
  func accountsAndTheOperator(status: AccountStatus, verb: AccountVerb) throws {
    let desk = try Desk()
    let id = try account(status, desk, try desk.owner())
    var answer: AccountStatus?
    var error: ErrorCode?
    let post = try desk.post {
      error = try refusal {
        answer = try desk.owner().change(account: id, verb, reason: "依規定辦理")
      }
    }
    let expected = Self.outcome(status, verb)
    #expect(answer == expected)
    #expect(error == (expected == nil ? .accountState : nil))
    #expect(
      try desk.texts("SELECT status FROM account WHERE id = ?", id)
        == [(expected ?? status).rawValue])
    let isErased = expected != nil && (verb == .erase || (status == .invited && verb == .close))
    #expect(
      try desk.number("SELECT erased_at IS NOT NULL FROM account WHERE id = ?", id)
        == (isErased ? 1 : 0))
    // Who was erased hears of it too; what becomes of an invitation, nobody.
    let isTold =
      expected != nil && expected != status && status != .invited
    #expect(post == (isTold ? ["notice lin@cdc.gov.tw"] : []))
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  @Test func theAuthorityKeepsItsLastAdministrator() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let id = try chief.status().account
    let number: RequestID = try desk.id("SELECT request FROM permission")
    let serviceOperator = try desk.owner()
    for verb in [AccountVerb.suspend, .close, .erase] {
      #expect(
        try refusal { _ = try serviceOperator.change(account: id, verb, reason: "離職") }
          == .accountLast)
    }
    #expect(try refusal { try serviceOperator.revoke(number, reason: "離職") } == .accountLast)
    #expect(try refusal { try chief.revoke(number, reason: "離職") } == .accountLast)
    _ = try serviceOperator.appoint(try Person.wu.form(), system: "spm")
    #expect(
      try refusal { try chief.revoke(number, reason: "離職") } == .accountLast, "wu is unproven")
    try desk.opened(.wu)
    #expect(try refusal { try chief.revoke(number, reason: "離職") } == nil)
  }

  @Test func whoMayEndAPermission() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    func granted(_ role: Role) throws -> RequestID {
      let number = try lin.ask(role)
      try #require(try (role == .admin ? chief : li).approve(number) == nil)
      return number
    }
    let general = try granted(.general)
    #expect(try refusal { try chief.revoke(general, reason: "x") } == .requestOutside)
    #expect(
      try refusal { try desk.opened(.liu).revoke(general, reason: "x") } == .requestUnknown)
    #expect(try refusal { try lin.revoke(general, reason: "不再需要") } == nil)
    #expect(try refusal { try li.revoke(try granted(.general), reason: "調職") } == nil)
    #expect(
      try refusal { try desk.owner().revoke(try granted(.general), reason: "調職") } == nil)
    let admin = try granted(.admin)
    #expect(try refusal { try li.revoke(admin, reason: "x") } == .requestOutside)
    #expect(try refusal { try chief.revoke(admin, reason: "調職") } == nil)
    #expect(try refusal { _ = try lin.queue(PendingFilter()) } == .rightMissing)
  }
}
