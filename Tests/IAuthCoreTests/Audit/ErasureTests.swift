// Someone erased is nowhere in the file, byte for byte, and the trail still holds (PRODUCT 3.5,
// 3.8).

import Foundation
import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ErasureTests {
  /// What of a person stands somewhere in the database's file.
  private func traces(
    of person: Person, _ words: [String] = [], in desk: Desk
  ) throws -> [String] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: desk.path))
    return ([person.name, person.email, String(person.mobile.dropFirst())] + words).filter {
      bytes.range(of: Data($0.utf8)) != nil
    }
  }

  @Test func anErasedPersonIsNowhereInTheFile() throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let lin = try desk.opened(.lin)
    let first = try lin.requestPermission(
      PermissionOrder(system: nil, role: .general, reason: "林美玲要用", document: nil))
    _ = try li.reject(first.number)
    let second = try lin.ask(.general)
    _ = try li.approve(second)
    _ = try lin.ask(.admin)
    desk.wait(.minutes(1))
    let moved = Person.lin.with(mobile: "0922000004")
    try desk.opened(moved)
    desk.wait(.days(8))
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try traces(of: .lin, in: desk) != [])
    let id: AccountID = try desk.id("SELECT id FROM account WHERE name = '林美玲'")
    let serviceOperator = try desk.owner()
    _ = try serviceOperator.change(account: id, .erase, reason: "當事人請求")
    _ = try serviceOperator.deliverOwn()
    #expect(try traces(of: .lin, in: desk) == [])
    #expect(try traces(of: moved, in: desk) == [])
    #expect(try traces(of: .li, in: desk).count == 3)
    _ = try desk.owner().verifyAudit(anchors: nil)
    #expect(try desk.owner().doctor().filter { $0.status == .fail }.isEmpty)
    #expect(try desk.signedIn(.li).detail(second).item.name == "")
    #expect(
      try refusal { _ = try desk.owner().change(account: id, .erase, reason: "x") }
        == .accountState)
  }

  /// What others wrote about the person: a refusal, a note, an end, the erasure itself.
  @Test func theWordsOfOthersGoToo() throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let lin = try desk.opened(.lin)
    _ = try li.reject(.numbers([try lin.ask(.general)]), reason: "甲：林美玲非本署人員")
    let number = try lin.ask(.general)
    _ = try li.approve(.numbers([number]), note: "乙：林美玲代理", expecting: nil)
    try li.revoke(number, reason: "丙：林美玲調職")
    let last = try lin.ask(.general)
    _ = try li.deliverOwn()
    let words = ["甲：", "乙：", "丙：", "丁："]
    #expect(try traces(of: .lin, words, in: desk).count == 6)
    let serviceOperator = try desk.owner()
    let id = try lin.status().account
    _ = try serviceOperator.change(account: id, .close, reason: "丁：林美玲請求")
    #expect(try traces(of: .lin, words, in: desk).count == 7)
    _ = try serviceOperator.change(account: id, .erase, reason: "戊：林美玲請求")
    _ = try serviceOperator.deliverOwn()
    #expect(try traces(of: .lin, words + ["戊："], in: desk) == [])
    // That it was decided, when and by whom, stays.
    let item = try desk.signedIn(.li).detail(number)
    #expect(item.decision?.reviewer == "李小明" && item.decision?.note == nil)
    #expect(try desk.texts("SELECT verdict FROM decision WHERE request = ?", last) == ["lapsed"])
    _ = try serviceOperator.verifyAudit(anchors: nil)
  }

  /// The holder of a live account hears of its end, at the address that is then forgotten.
  @Test func whoIsErasedIsToldFirst() throws {
    let desk = try Desk()
    let id = try desk.opened(.lin).status().account
    let serviceOperator = try desk.owner()
    let post = try desk.post {
      _ = try serviceOperator.change(account: id, .erase, reason: "當事人請求")
    }
    #expect(post == ["notice lin@cdc.gov.tw"])
    #expect(
      try desk.number("SELECT instr(body, '當事人請求') > 0 FROM message ORDER BY id DESC LIMIT 1") == 1)
    _ = try serviceOperator.deliverOwn()
    #expect(
      try desk.texts(
        "SELECT status || recipient || subject || body FROM message ORDER BY id DESC LIMIT 1")
        == ["sent"])
    #expect(try traces(of: .lin, in: desk) == [])
  }

  /// A mail that never gets out takes the address with it all the same, and cannot be tried again.
  @Test func whatCannotBeSentIsForgotten() throws {
    let desk = try Desk()
    let id = try desk.opened(.lin).status().account
    let serviceOperator = try desk.owner()
    _ = try serviceOperator.change(account: id, .erase, reason: "當事人請求")
    let message: MessageID = try desk.id("SELECT max(id) FROM message")
    #expect(
      try desk.sqlite3("UPDATE message SET status = 'failed' WHERE id = \(message)") == "")
    #expect(try traces(of: .lin, in: desk) == [])
    #expect(try refusal { try serviceOperator.retry(message) } == .messageState)
  }

  /// Mail to others that waits: about the person's requests it is dropped; lists are written anew.
  @Test func mailToOthersNamesNobodyWhoIsGone() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let number = try lin.ask(.general)
    let other = try desk.opened(.tsai).ask(.general)
    _ = try lin.ask(.admin)
    // Nobody of 食品藥物管理署 decides: the authority's digest names 劉家豪.
    let liu = try desk.opened(.liu)
    let alone = try liu.ask(.general)
    desk.wait(.days(3))
    try queueReminders(desk)
    let queued: SQL = """
      SELECT kind || ' ' || recipient FROM message WHERE status = 'queued' AND account IS NOT NULL
      ORDER BY 1
      """
    let before = try desk.texts(queued)
    #expect(before.contains("reminder li@cdc.gov.tw") && before.contains("digest chen@ey.gov.tw"))
    for account in [try lin.account(in: desk), try liu.account(in: desk)] {
      let serviceOperator = try desk.owner()
      _ = try serviceOperator.change(account: account, .erase, reason: "當事人請求")
      _ = try serviceOperator.deliverOwn()
    }
    #expect(try traces(of: .lin, in: desk) == [] && traces(of: .liu, in: desk) == [])
    let about: SQL = "SELECT count(*) FROM message WHERE request IN (?, ?) AND status = 'queued'"
    #expect(try desk.number(about, number, alone) == 0)
    // 蔡英傑's request still waits: its reminder comes with the next run, once.
    let runs = try (0..<2).map { _ in try queueReminders(desk) }
    #expect(runs == [["digest chen@ey.gov.tw", "reminder li@cdc.gov.tw"], []])
    let body = try desk.texts(
      "SELECT body FROM message WHERE kind = 'reminder' ORDER BY id DESC LIMIT 1")
    #expect(try #require(body.first).contains("iauth pending \(other)\n"))
  }

  /// What a run queues, as it stands before anything is sent.
  @discardableResult
  private func queueReminders(_ desk: Desk) throws -> [String] {
    // A spool that takes nothing keeps every mail in the queue.
    let settings = try Settings(text: "mail = maildir:/dev/null/none\n")
    let world = desk.world("uid:0", isOperator: true)
    let service = Service(
      store: try Store(path: desk.path, world: world, settings: settings))
    return try desk.post { _ = try service.remind(after: nil, isDryRun: false, isClockRight: true) }
      .filter { !$0.hasSuffix("root@localhost") }.sorted()
  }

  /// An application or sign-in under way ends, and so does what was sent for it.
  @Test func whatIsUnderWayEnds() throws {
    let desk = try Desk()
    let lin = try desk.opened(.lin)
    let id = try lin.account(in: desk)
    desk.wait(.minutes(1))
    var elsewhere = Person.lin.with(name: "林玲", email: "other@fda.gov.tw")
    elsewhere.agency = Office.fda
    let shell = try desk.service("uid:home")
    let application = try shell.apply(try elsewhere.form()).reference
    let signIn = try shell.signIn(try Person.lin.form(), via: .both).reference
    let codes = try [application, signIn].map { try desk.codes($0) }
    let zeros = ["00000000", "00000000"]
    #expect(try refusal { _ = try shell.prove(signIn.text, codes: zeros) } == .codeWrong)
    // Someone else's is not touched.
    let tsai = try desk.shell(of: .tsai)
    let bystander = try tsai.apply(try Person.tsai.form()).reference
    let serviceOperator = try desk.owner()
    _ = try serviceOperator.change(account: id, .erase, reason: "當事人請求")
    _ = try serviceOperator.deliverOwn()
    #expect(try traces(of: .lin, in: desk) == [] && traces(of: elsewhere, in: desk) == [])
    // Nor is there anything by which a guess could be checked.
    let key = try serviceOperator.store.read { (tx) throws(IAuthError) in
      tx.addressKey(.email, Person.lin.email)
    }
    #expect(try desk.number("SELECT count(*) FROM verification WHERE email_key = ?", key) == 0)
    #expect(
      try desk.number("SELECT count(*) FROM verification WHERE email_key = zeroblob(32)") == 3)
    #expect(try desk.number("SELECT count(*) FROM attempt WHERE subject <> x''") == 0)
    for (reference, codes) in zip([application, signIn], codes) {
      #expect(try refusal { _ = try shell.prove(reference.text, codes: codes) } == .codeExpired)
      #expect(try refusal { _ = try shell.resend(reference.text) } == .codeExpired)
    }
    #expect(
      try desk.number("SELECT count(*) FROM audit WHERE action = 'application.lapse'") == 1)
    _ = try tsai.prove(bystander.text, codes: try desk.codes(bystander))
  }

  @Test func anApplicationThatNobodyProvesLeavesNothing() throws {
    let desk = try Desk()
    let lin = try desk.shell(of: .lin)
    let reference = try lin.apply(try Person.lin.form()).reference
    _ = try lin.deliverOwn()
    desk.wait(.hours(24))
    #expect(try traces(of: .lin, in: desk).count == 3)
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try traces(of: .lin, in: desk) == [])
    #expect(
      try refusal { _ = try lin.prove(reference.text, codes: ["00000000", "00000000"]) }
        == .codeExpired)
    _ = try desk.owner().verifyAudit(anchors: nil)
  }

  @Test func aRejectedInvitationLeavesNothing() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let report = try desk.owner().importBatch(Sheet([.lin, .tsai]).order)
    _ = try desk.owner().deliverDue()
    let number = try #require(report.rows.first?.request)
    #expect(try chief.reject(number, reason: "非該機關人員") == nil)
    #expect(try traces(of: .lin, in: desk) == [])
    #expect(try traces(of: .tsai, in: desk).count == 3)
    _ = try desk.owner().verifyAudit(anchors: nil)
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

extension Service {
  fileprivate func account(in desk: Desk) throws -> AccountID {
    try desk.id(
      "SELECT account FROM session WHERE caller = ? ORDER BY id DESC LIMIT 1", world.caller.name)
  }
}
