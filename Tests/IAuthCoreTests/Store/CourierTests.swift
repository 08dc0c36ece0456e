// Sending what is queued: spools that others read, one claim a message, and the times of trying
// again (PRODUCT 3.6, 8).

import Foundation
import SQLite
import Synchronization
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct CourierTests {
  init() {
    // As the executable does at its start.
    signal(SIGPIPE, SIG_IGN)
  }

  /// A desk whose mail goes to a shell script.
  private func desk(sendmail script: String) throws -> Desk {
    let desk = try Desk()
    let path = desk.directory + "/sendmail"
    try Data(("#!/bin/sh\n" + script + "\n").utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    desk.settings.mail = .sendmailArguments(path)
    return desk
  }

  @Test func theProcessThatQueuedSends() throws {
    let desk = try Desk()
    _ = try desk.owner().deliverDue()
    let li = try desk.shell(of: .li)
    let reference = try li.apply(try Person.li.form()).reference
    let codes = try desk.codes(reference)
    #expect(try li.deliverOwn() == DeliveryReport(delivered: 2))
    let mail = try #require(try desk.spool("mail/new").first { $0.contains("li@cdc.gov.tw") })
    #expect(mail.contains("X-IAuth-Kind: code") && mail.contains(reference.text))
    #expect(
      mail.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .contains(codes[0]))
    let sms = try #require(try desk.spool("sms").first)
    #expect(sms.contains("To: 886911000003") && sms.contains(codes[1] + " 是"))
    #expect(try desk.spool("mail/tmp").isEmpty)
    #expect(try desk.number("SELECT count(*) FROM message WHERE kind = 'code' AND body <> ''") == 0)
    _ = try li.prove(reference.text, codes: codes)
    #expect(try li.deliverOwn() == DeliveryReport())
  }

  @Test func twoCouriersAtOnceSendOnce() throws {
    let desk = try desk(sendmail: "cat >> $0.$$; sleep 0.05")
    let chief = try desk.chief()
    for number in 1...12 {
      let person = Person.li.with(
        name: "同仁", email: "p\(number)@cdc.gov.tw", mobile: "09120000\(10 + number)")
      _ = try desk.opened(person).ask(.admin)
    }
    _ = chief
    desk.wait(.minutes(11))
    let couriers = try (1...2).map { _ in Courier(service: try desk.owner()) }
    let waiting = try desk.number(
      "SELECT count(*) FROM message WHERE status = 'queued' AND kind <> 'code'")
    #expect(waiting == 13)
    let delivered = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      let report = try? couriers[index].service.deliverDue()
      delivered.withLock { $0 += report?.delivered ?? 0 }
    }
    #expect(delivered.withLock { $0 } == 13)
    let mails = try FileManager.default.contentsOfDirectory(atPath: desk.directory)
      .filter { $0.hasPrefix("sendmail.") }
    #expect(mails.count == 13)
    #expect(try desk.number("SELECT max(attempts) FROM message WHERE status = 'sent'") == 1)
  }

  /// A service that one thread alone uses.
  private struct Courier: @unchecked Sendable {
    let service: Service
  }

  @Test func itIsTriedAgainLessAndLessOften() throws {
    let desk = try desk(sendmail: "exit 75")
    let serviceOperator = try desk.owner()
    desk.wait(.minutes(3))
    var waits: [Int64] = []
    for _ in 1...7 {
      let report = try serviceOperator.deliverDue()
      #expect(report == DeliveryReport(postponed: 1))
      #expect(try serviceOperator.deliverDue() == DeliveryReport())
      let due = try desk.number("SELECT due_at FROM message")
      waits.append((due - desk.clock.now.seconds) / 60)
      #expect(try serviceOperator.outbox().first?.error == "status 75")
      desk.wait(.seconds(due - desk.clock.now.seconds))
    }
    #expect(waits == [1, 5, 15, 60, 60, 60, 60])
    desk.wait(.hours(24))
    #expect(try serviceOperator.deliverDue() == DeliveryReport(failed: 1))
    #expect(try serviceOperator.deliverDue() == DeliveryReport())
    let line = try #require(try serviceOperator.outbox().first)
    #expect(line.status == .failed && line.recipient == "c***@ey.gov.tw")
    try serviceOperator.retry(line.id)
    #expect(try serviceOperator.deliverDue() == DeliveryReport(postponed: 1))
    try serviceOperator.drop(line.id)
    #expect(try serviceOperator.outbox().allSatisfy { $0.status == .lapsed })
    #expect(try refusal { try serviceOperator.retry(line.id) } == .messageState)
    #expect(try refusal { try serviceOperator.drop(9_999) } == .messageUnknown)
  }

  @Test func itHasFailedADayAfterItWasQueued() throws {
    let desk = try desk(sendmail: "exit 75")
    let serviceOperator = try desk.owner()
    let queued = try desk.number("SELECT created_at FROM message")
    desk.wait(.minutes(3))
    while try serviceOperator.outbox().first?.status == .queued {
      let due = try desk.number("SELECT due_at FROM message")
      try #require(due - queued <= 24 * 3_600)
      desk.wait(.seconds(max(0, due - desk.clock.now.seconds)))
      _ = try serviceOperator.deliverDue()
    }
    #expect(desk.clock.now.seconds - queued == 24 * 3_600)
  }

  /// In the Message-ID of a code mail, nothing looks like a code.
  @Test(arguments: [
    (MessageID(7), "7"), (9_999_999, "9999999"), (10_000_000, "1000000.0"),
    (123_456_789_012_345, "1234567.8901234.5"),
  ])
  func aNumberIsNoCode(id: MessageID, spelled: String) {
    #expect(MessageNames.identifier(id) == spelled)
  }

  @Test func aCodeIsNeverSentAfterItsExpiry() throws {
    let desk = try desk(sendmail: "exit 75")
    let li = try desk.shell(of: .li)
    let reference = try li.apply(try Person.li.form()).reference
    _ = try li.deliverOwn()
    #expect(try desk.spool("sms").count == 1)
    desk.settings.mail = .spool
    desk.wait(.minutes(10))
    _ = try desk.owner().deliverDue()
    #expect(try desk.spool("mail/new").allSatisfy { !$0.contains(reference.text) })
    #expect(
      try desk.texts(
        "SELECT status || body FROM message WHERE reference = ? ORDER BY channel",
        reference.text) == ["lapsed", "sent"])
  }

  @Test func aCodeThatIsDroppedTakesItsAddressAway() throws {
    let desk = try Desk()
    _ = try desk.shell(of: .lin).apply(try Person.lin.form())
    let queued: SQL = "SELECT id FROM message WHERE status = 'queued' AND kind"
    for _ in 1...2 { try desk.owner().drop(try desk.id("\(queued) = 'code' LIMIT 1")) }
    #expect(
      try desk.texts("SELECT status || recipient || body FROM message WHERE kind = 'code'")
        == ["lapsed", "lapsed"])
    // Of another message the operator still sees to whom it would have gone.
    try desk.owner().drop(try desk.id("\(queued) = 'invitation'"))
    #expect(
      try desk.texts("SELECT recipient || body FROM message WHERE kind = 'invitation'")
        == ["chen@ey.gov.tw"])
  }

  @Test func aKilledProcessLeavesItsMessagesToBeSentAgain() throws {
    let desk = try Desk()
    _ = try desk.owner().deliverDue()
    desk.wait(.minutes(3))
    _ = try desk.owner().deliverDue()
    let before = try desk.spool("mail/new").count
    _ = try desk.opened(.li).ask(.general)
    _ = try desk.owner().addSystem(code: "x", name: "X", chineseName: nil, url: nil)
    #expect(try desk.owner().deliverDue().delivered == 0)
    desk.wait(.minutes(2))
    let sent = try desk.owner().deliverDue().delivered
    #expect(try desk.spool("mail/new").count + desk.spool("sms").count == before + sent)
  }

  @Test func moreThanTenAreLeftToTheCourier() throws {
    let desk = try Desk()
    _ = try desk.owner().deliverDue()
    let huang = try desk.administrator(.huang, approvedBy: try desk.chief())
    let people = (1...15).map {
      Person.li.with(email: "p\($0)@cdc.gov.tw", mobile: "09120000\(10 + $0)")
    }
    let batch = try #require(try huang.importBatch(Sheet(people).order).batch)
    desk.wait(.minutes(5))
    _ = try desk.owner().deliverDue()
    let chief = try desk.signedIn(.chen)
    #expect(try chief.deliverOwn().delivered == 2)
    #expect(try chief.approve(.batch(batch), note: nil, expecting: nil).count == 15)
    #expect(try chief.deliverOwn().delivered == 10)
    #expect(try desk.owner().deliverDue().delivered >= 5)
  }

  /// Whether the wake file was touched since the last look.
  private func isWoken(_ desk: Desk) -> Bool {
    (try? FileManager.default.removeItem(atPath: desk.directory + "/db/outbox/wake")) != nil
  }

  @Test func whoMayNotSendLeavesWordAndNoClaim() throws {
    let desk = try desk(sendmail: "cat >> $0.got")
    _ = try desk.owner().deliverDue()
    var world = desk.world("uid:li")
    world.claim = nil
    let li = Service(
      store: try Store(path: desk.path, world: world, settings: desk.settings))
    let reference = try li.apply(try Person.li.form()).reference
    #expect(try li.deliverOwn() == DeliveryReport())
    #expect(try desk.spool("sms").isEmpty)
    #expect(isWoken(desk))
    // Nobody has to wait for a claim to end.
    #expect(try desk.owner().deliverDue().delivered >= 2)
    #expect(
      try desk.texts("SELECT DISTINCT status FROM message WHERE reference = ?", reference.text)
        == ["sent"])
    #expect(!isWoken(desk))
  }

  @Test func onlyWhoLeavesMessagesTouchesTheWakeFile() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try chief.deliverOwn()
    #expect(!isWoken(desk))
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let people = (1...11).map {
      Person.li.with(email: "p\($0)@cdc.gov.tw", mobile: "09120000\(10 + $0)")
    }
    let batch = try #require(try huang.importBatch(Sheet(people).order).batch)
    let fresh = try desk.signedIn(.chen)
    #expect(try fresh.approve(.batch(batch), note: nil, expecting: nil).count == 11)
    _ = try fresh.deliverOwn()
    #expect(isWoken(desk))
    // A mail system that fails is tried again by the timer, not at once.
    desk.settings.mail = .sendmail("/nowhere")
    let failing = try desk.signedIn(.chen)
    _ = try failing.deliverOwn()
    #expect(!isWoken(desk))
  }
}
