// Guards behind guards. What the first one keeps away is put there with the sqlite3 shell, or by a
// moment that few tests hit; the second one refuses it too.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SecondGuardTests {
  /// 李小明, signed in, and the reference and codes of it.
  private func proven(_ desk: Desk) throws -> (li: Service, reference: String, codes: [String]) {
    try desk.opened(.li)
    desk.wait(.minutes(1))
    let li = try desk.shell(of: .li)
    let receipt = try li.signIn(try Person.li.form(), via: .both)
    let codes = try desk.codes(receipt.reference)
    return (li, receipt.reference.text, codes)
  }

  @Test func aUsedCodeIsUsedThoughItsReferenceWereOpen() throws {
    let desk = try Desk()
    let (li, reference, codes) = try proven(desk)
    _ = try li.prove(reference, codes: codes)
    #expect(try desk.sqlite3("UPDATE verification SET status = 'open';").isEmpty)
    #expect(try refusal { _ = try li.prove(reference, codes: codes) } == .codeExpired)
  }

  @Test func aReferenceThatIsOverIsOverThoughItsCodesWereNot() throws {
    let desk = try Desk()
    let (li, reference, codes) = try proven(desk)
    #expect(try desk.sqlite3("UPDATE verification SET status = 'lapsed';").isEmpty)
    #expect(try refusal { _ = try li.prove(reference, codes: codes) } == .codeExpired)
  }

  @Test func aCodeFromTheFutureIsVoidThoughItsReferenceIsNot() throws {
    let desk = try Desk()
    let (li, reference, _) = try proven(desk)
    desk.wait(.minutes(2))
    let again = try li.resend(reference)
    let codes = try desk.codes(again.reference)
    desk.wait(.minutes(-1))
    #expect(try refusal { _ = try li.prove(reference, codes: codes) } == .codeExpired)
    desk.wait(.minutes(1))
    #expect(try refusal { _ = try li.prove(reference, codes: codes) } == nil)
  }

  @Test func aSessionOfASuspendedAccountIsNone() throws {
    let desk = try Desk()
    let li = try desk.opened(.li)
    #expect(try refusal { _ = try li.status() } == nil)
    #expect(
      try desk.sqlite3(
        "DROP TRIGGER account_ends_sessions;"
          + "UPDATE account SET status = 'suspended' WHERE name = '李小明';"
      ).isEmpty)
    #expect(try refusal { _ = try desk.shell(of: .li).status() } == .sessionExpired)
  }

  @Test(arguments: [Via.sms, .both])
  func aCodeToAnotherContactSignsNobodyIn(via: Via) throws {
    let desk = try Desk()
    try desk.opened(.li)
    desk.wait(.minutes(1))
    let li = try desk.shell(of: .li)
    let receipt = try li.signIn(try Person.li.form(), via: via)
    let codes = try desk.codes(receipt.reference)
    #expect(
      try desk.sqlite3(
        "DROP TRIGGER account_ends_sessions;"
          + "UPDATE account SET mobile = '+886922000003' WHERE name = '李小明';"
      ).isEmpty)
    #expect(
      try refusal { _ = try li.prove(receipt.reference.text, codes: codes) } == .codeExpired)
  }

  /// A session may be older than the configuration that shortens it.
  @Test func aSessionEndsByTheConfigurationOfToday() throws {
    let desk = try Desk()
    _ = try desk.opened(.li)
    for _ in 0..<3 {
      desk.wait(.minutes(20))
      #expect(try refusal { _ = try desk.shell(of: .li).status() } == nil)
    }
    desk.settings.sessionLifetime = .hours(1)
    #expect(try refusal { _ = try desk.shell(of: .li).status() } == .sessionExpired)
  }

  @Test func anAgencyMayGoBetweenApplicationAndProof() throws {
    let desk = try Desk()
    let shell = try desk.shell(of: .li)
    let receipt = try shell.apply(try Person.li.form())
    let shrunk = Office.registry.split(separator: "\n").filter { !$0.hasPrefix(Office.cdc) }
    _ = try desk.owner().loadRegistry(
      Array(shrunk.joined(separator: "\n").utf8), allowingRemovals: true)
    let codes = try desk.codes(receipt.reference)
    #expect(
      try refusal { _ = try shell.prove(receipt.reference.text, codes: codes) } == .agencyRemoved)
    // It has opened no account to sign in to.
    let error = #expect(throws: IAuthError.self) { _ = try shell.resend(receipt.reference.text) }
    #expect(error == .codeExpired(reference: receipt.reference.text, isFinished: true))
  }

  @Test func aFormForARemovedAgencyIsRefused() throws {
    let desk = try Desk()
    let shrunk = Office.registry.split(separator: "\n").filter { !$0.hasPrefix(Office.cdc) }
    _ = try desk.owner().loadRegistry(
      Array(shrunk.joined(separator: "\n").utf8), allowingRemovals: true)
    let report = try desk.owner().importBatch(Sheet([.li]).order)
    #expect(report.rows.first?.problems.map(\.code) == ["agency.removed"])
  }

  /// A submitter still sees their batch when they are no longer an administrator, and no more.
  @Test func aSubmitterWithoutAPermissionEndsNothing() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let row = try huang.importBatch(Sheet([.li]).order).rows.first
    let number = try #require(row?.request)
    #expect(try desk.sqlite3("DELETE FROM batch;").contains("a batch is never deleted"))
    try #require(try chief.approve(number) == nil)
    #expect(try refusal { try huang.revoke(number, reason: "x") } == .requestOutside)
    let own: RequestID = try desk.id(
      "SELECT request FROM permission p JOIN account a ON a.id = p.account WHERE a.name = '黃淑芬'")
    try desk.owner().revoke(own, reason: "調職")
    #expect(try refusal { try huang.revoke(number, reason: "x") } == .rightMissing)
  }

  /// The schema looks at the moment of the decision too.
  @Test func aPermissionThatIsOverDecidesNothingInTheSchemaEither() throws {
    let desk = try Desk()
    _ = try desk.administrator(.li, approvedBy: try desk.chief())
    let number = try desk.opened(.lin).ask(.general)
    let li: AccountID = try desk.id("SELECT id FROM account WHERE name = '李小明'")
    let decide = """
      INSERT INTO decision (request, verdict, reviewer, caller, decided_at)
      VALUES (\(number), 'approved', \(li), 'x',
      """
    let now = desk.clock.now.seconds
    try desk.sqlite3("UPDATE permission SET ends_at = \(now + 10) WHERE account = \(li);")
    #expect(try desk.sqlite3("\(decide) \(now + 10));").contains("request.outside"))
    #expect(try desk.sqlite3("\(decide) \(now));").isEmpty)
  }

  /// One contact in common, in another agency: nobody's own for the schema either.
  @Test(arguments: [
    Person.chen.with(email: "yijun@cdc.gov.tw"), Person.chen.with(mobile: "0911000077"),
  ])
  func theSchemaKnowsOnesOwnByEitherContact(twin: Person) throws {
    let desk = try Desk()
    try desk.chief()
    var twin = twin
    twin.agency = Office.cdc
    let number = try desk.opened(twin).ask(.admin)
    let chief = try desk.number(
      "SELECT a.id FROM account a JOIN service s ON s.authority = a.agency")
    let said = try desk.sqlite3(
      """
      INSERT INTO decision (request, verdict, reviewer, caller, decided_at)
      VALUES (\(number), 'approved', \(chief), 'x', \(desk.clock.now.seconds));
      """)
    #expect(said.contains("request.own"))
  }

  @Test(arguments: ["email", "mobile"])
  func oneContactIsOneAccountsInAnAgency(_ column: String) throws {
    let desk = try Desk()
    try desk.opened(.li)
    try desk.opened(.lin)
    let said = try desk.sqlite3(
      "UPDATE account SET \(column) = (SELECT \(column) FROM account WHERE name = '李小明')"
        + " WHERE name = '林美玲';")
    #expect(said.contains("UNIQUE constraint failed"))
  }

  @Test func aCallerHasOneSessionOfAName() throws {
    let desk = try Desk()
    try desk.opened(.li)
    try desk.signedIn(.li)
    #expect(try desk.number("SELECT count(*) FROM session") == 2)
    let said = try desk.sqlite3("UPDATE session SET ended_at = NULL, end_reason = NULL;")
    #expect(said.contains("a session stays whose it is, and ends"))
  }

  @Test(arguments: [
    "UPDATE session SET account = 1;", "UPDATE session SET expires_at = expires_at + 1;",
    "UPDATE session SET email_proven = 0;", "DELETE FROM session;",
    "INSERT INTO session (caller, name, account, email_proven, sms_proven, created_at, used_at, "
      + "expires_at) SELECT 'uid:9', 'x', id, 0, 0, 1, 1, 1 FROM account WHERE name = '李小明';",
    "INSERT INTO session (caller, name, account, email_proven, sms_proven, created_at, used_at, "
      + "expires_at) SELECT 'uid:9', 'x', id, 1, 1, 1, 1, 28802 FROM account WHERE name = '李小明';",
    "UPDATE account SET status = 'closed' WHERE name = '李小明'; INSERT INTO session (caller, name, "
      + "account, email_proven, sms_proven, created_at, used_at, expires_at) "
      + "SELECT 'uid:9', 'x', id, 1, 1, 1, 1, 1 FROM account WHERE name = '李小明';",
  ])
  func aSessionIsNobodysToMake(_ script: String) throws {
    let desk = try Desk()
    try desk.opened(.li)
    #expect(!(try desk.sqlite3(script)).isEmpty)
  }

  /// New contacts of one person wait once, whoever writes.
  @Test func oneChangeWaits() throws {
    let desk = try Desk()
    try desk.opened(.li)
    let triggers = try desk.texts(
      "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema WHERE type = 'trigger'")
    #expect(try desk.sqlite3(triggers.joined()).isEmpty)
    let insert = """
      INSERT INTO request (account, agency, system, role, kind, origin, created_at, change_title)
        SELECT id, agency, 1, 'admin', 'change', 'self', 1, '科長' FROM account WHERE name = '李小明';
      """
    #expect(try desk.sqlite3(insert).isEmpty)
    #expect(try desk.sqlite3(insert).contains("UNIQUE constraint failed: request.account"))
  }
}
