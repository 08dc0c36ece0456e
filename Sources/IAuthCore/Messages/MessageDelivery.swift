// Sending what is queued (PRODUCT 3.6): claim, send, mark. Nothing is locked while a child, a disk
// or a spool is waited for. A process killed between sending and marking leaves its messages to be
// sent again under the same Message-ID, once its claim has run out.

import Glibc
import SQLite
import Sheets
import Values

/// What a delivery run did.
package struct DeliveryReport: Equatable, Sendable {
  package var delivered = 0
  package var postponed = 0
  package var failed = 0
  /// Whether the disk or the database ended it before its time; what was committed stands.
  package var isCutShort = false
  /// What was queued for nobody.
  package var vanished = 0
  /// Whether this host stands by, and nothing was done.
  package var isStandby = false

  mutating func add(_ other: DeliveryReport) {
    delivered += other.delivered
    postponed += other.postponed
    failed += other.failed
    vanished += other.vanished
  }
}

extension Service {
  /// Tries the messages that this process has queued, at most ten seconds for all of them.
  ///
  /// What it leaves to `deliver` the wake file tells of (`iauth-deliver.path`).
  package func deliverOwn() throws(IAuthError) -> DeliveryReport {
    guard store.hasQueued else { return DeliveryReport() }
    defer { if store.hasLeft { try? Files.touch(outboxDirectory + "/wake") } }
    return try deliver(until: deadline(Limits.deliveryBudget))
  }

  /// Wakes the delivery, for a process that may send nothing itself; it does so alike for who is
  /// known and who is not.
  package func leaveToOthers() {
    store.hasQueued = false
    try? Files.touch(outboxDirectory + "/wake")
  }

  /// Sends whatever is due, a few at a time.
  ///
  /// What fails after the first commit cuts the run short, and is no error of what was done.
  ///
  /// - Parameter hasCommitted: whether this run has changed something already.
  /// - Throws: `right.missing`.
  package func deliverDue(after hasCommitted: Bool = false) throws(IAuthError) -> DeliveryReport {
    guard try !standsBy() else { return DeliveryReport(isStandby: true) }
    var hasCommitted = hasCommitted
    // What this run has queued is its own already, and no claim below would find it.
    var report = DeliveryReport()
    if store.hasQueued {
      do throws(IAuthError) {
        report = try deliver(until: deadline(Limits.deliveryBudget))
      } catch {
        guard hasCommitted else { throw error }
        report.isCutShort = true
        return report
      }
    }
    let end = deadline(Limits.deliveryRun)
    let outlets = Outlets(settings, spool: outboxDirectory)
    defer { outlets.end() }
    var open = Channel.allCases.map { (channel: $0, left: Limits.messagesPerRun($0)) }
    // The channels take turns, so that none waits for another one that hangs.
    while !open.isEmpty, ChildProcess.milliseconds() < end {
      for index in open.indices {
        let part: DeliveryReport
        do throws(IAuthError) {
          part = try deliverSome(
            open[index].channel,
            atMost: min(open[index].left, Limits.messagesPerTurn(open[index].channel)), outlets,
            &hasCommitted)
        } catch {
          // Before anything was committed, the error says all there is to say.
          guard error.code != .rightMissing, hasCommitted || report != DeliveryReport() else {
            throw error
          }
          report.isCutShort = true
          return report
        }
        report.add(part)
        let took = part.delivered + part.vanished + part.postponed + part.failed
        // Where nothing of a whole turn got out, the rest of the run would not either.
        open[index].left = part.delivered + part.vanished > 0 ? open[index].left - took : 0
      }
      open.removeAll { $0.left <= 0 }
    }
    return report
  }

  /// Claims and tries a few messages of one channel, codes first.
  private func deliverSome(
    _ channel: Channel, atMost count: Int, _ outlets: Outlets, _ hasCommitted: inout Bool
  ) throws(IAuthError) -> DeliveryReport {
    let claimed = try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Int> in
      try tx.run(OutboxTable.lapseCodes, tx.now)
      let claimed = try tx.run(
        OutboxTable.claim, world.claim, tx.now + Limits.claimLease, tx.now, count, channel,
        tx.now + Limits.failedAfter)
      try tx.renewReminders(world.claim)
      return .commit(claimed)
    }
    hasCommitted = true
    guard claimed > 0 else { return DeliveryReport() }
    return try deliver(until: deadline(Limits.deliveryTurn), outlets, isDue: true)
  }

  private func deadline(_ span: TimeSpan) -> Int64 {
    ChildProcess.milliseconds() + span.seconds * 1_000
  }

  private func deliver(until deadline: Int64) throws(IAuthError) -> DeliveryReport {
    let outlets = Outlets(settings, spool: outboxDirectory)
    defer { outlets.end() }
    return try deliver(until: deadline, outlets)
  }

  /// - Parameter isDue: whether nobody waits for it. Then codes leave at a random moment, a little
  ///   later: what an outlet does for somebody, and not for nobody, is not beside the next command of
  ///   whoever looks on. And an outlet has the time that it needs.
  private func deliver(
    until deadline: Int64, _ outlets: Outlets, isDue: Bool = false
  ) throws(IAuthError) -> DeliveryReport {
    let (messages, names) = try store.read { (tx) throws(IAuthError) in
      (
        try tx.all(OutboxTable.claimed, world.claim) { row in StoredMessage(row: row) },
        OutgoingNames(
          uuid: MessageNames.letters(try tx.serviceUUID().prefix(4)), tag: tx.messageTag)
      )
    }
    guard !messages.isEmpty else { return DeliveryReport() }
    if isDue, messages.contains(where: { $0.kind == .code }) {
      usleep(UInt32.random(in: 0...Limits.codeSpread))
    }
    var report = DeliveryReport()
    var results: [(StoredMessage, Outcome)] = []
    var (tried, marked) = (0, ChildProcess.milliseconds())
    // A channel that hangs takes half of the time at most, and is asked once.
    var late: Set<Channel> = []
    let most = messages.count > 1 ? Limits.deliverySeconds / 2 : Limits.deliverySeconds
    for message in messages where !late.contains(message.channel) {
      let left = Int((deadline - ChildProcess.milliseconds()) / 1_000)
      // A message is begun while its outlet has all the time that it may take.
      guard left > (isDue ? Limits.answerSeconds : 0) else { break }
      // Whoever ends this process now has no more of them sent again than this.
      if isDue, ChildProcess.milliseconds() - marked > Limits.markMilliseconds {
        report.add(try mark(results, isLast: false))
        tried += results.count
        (results, marked) = ([], ChildProcess.milliseconds())
      }
      if let expiry = message.expiresAt, expiry <= world.now() { continue }
      let outlet = outlets[message.channel]
      if isDue { outlet.wait(atLeast: Limits.answerSeconds) }
      if message.recipient.isEmpty {
        outlet.pretend(within: min(left, most))
        results.append((message, .taken(DeliveryReceipt())))
        continue
      }
      do throws(DeliveryError) {
        let outgoing = outgoing(message, names)
        results.append((message, .taken(try outlet.send(outgoing, within: min(left, most)))))
      } catch {
        if error == .temporary("late") { late.insert(message.channel) }
        results.append((message, .left(error)))
      }
    }
    if tried + results.count < messages.count { store.hasLeft = true }
    report.add(try mark(results, isLast: true))
    return report
  }

  /// What came of one message.
  private enum Outcome {
    case taken(DeliveryReceipt)
    case left(DeliveryError)
  }

  /// Writes down what has become of messages.
  ///
  /// - Parameter isLast: whether the turn is over, and gives back what it did not come to; what it
  ///   has still to send stays its own until then.
  private func mark(
    _ results: [(StoredMessage, Outcome)], isLast: Bool
  ) throws(IAuthError) -> DeliveryReport {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<DeliveryReport> in
      var report = DeliveryReport()
      for (message, outcome) in results {
        if message.recipient.isEmpty {
          report.vanished += try tx.run(OutboxTable.vanished, message.id, world.claim, tx.now)
          continue
        }
        let reason: String
        switch outcome {
        case .taken(let receipt):
          report.delivered += try tx.run(
            OutboxTable.sent, message.id, world.claim, tx.now, receipt.provider)
          continue
        case .left(.permanent(let why, let isRecipient)):
          // Nobody takes it, however often it is tried.
          let isFailed = try tx.run(OutboxTable.failed, message.id, world.claim, why) > 0
          if isFailed, isRecipient {
            try tx.contactRefused(of: message.id, address: message.recipient)
          }
          report.failed += isFailed ? 1 : 0
          continue
        case .left(.temporary(let why)): reason = why
        }
        // After a host's long sleep a message still gets the first tries before it is given up.
        if message.createdAt + Limits.failedAfter <= tx.now,
          message.attempts >= Limits.retryWaits.count
        {
          report.failed += try tx.run(OutboxTable.failed, message.id, world.claim, reason)
        } else {
          let wait = Limits.retryWaits[min(message.attempts, Limits.retryWaits.count - 1)]
          // The last try is when its time is up, not up to an hour later.
          let (next, end) = (tx.now + wait, message.createdAt + Limits.failedAfter)
          report.postponed += try tx.run(
            OutboxTable.postponed, message.id, world.claim, tx.now < end ? min(next, end) : next,
            reason)
        }
      }
      try tx.run(OutboxTable.lapseCodes, tx.now)
      if isLast { try tx.run(OutboxTable.release, world.claim) }
      return .commit(report)
    }
  }

  private func outgoing(_ message: StoredMessage, _ names: OutgoingNames) -> OutgoingMessage {
    OutgoingMessage(message, names, from: settings.mailFrom)
  }

  /// Where the local spools are, and the file whose time says that something waits for `deliver`.
  var outboxDirectory: String { Files.directory(of: store.path) + "/outbox" }

}

/// What one run names its messages by.
struct OutgoingNames {
  let uuid: String
  let tag: (MessageID) -> String
}

/// The outlets of one run, each opened when it is first needed.
final class Outlets {
  private let settings: Settings
  /// Where the local spools are.
  private let spool: String
  private var open: [(channel: Channel, outlet: any Transport)] = []

  init(_ settings: Settings, spool: String) {
    (self.settings, self.spool) = (settings, spool)
  }

  subscript(_ channel: Channel) -> any Transport {
    if let found = open.first(where: { $0.channel == channel }) { return found.outlet }
    let new = configured(channel)
    open.append((channel, new))
    return new
  }

  func end() {
    for opened in open { opened.outlet.end() }
    open = []
  }

  /// The outlet of a channel as configured; without configuration, a spool beside the database.
  private func configured(_ channel: Channel) -> any Transport {
    switch channel {
    case .email:
      switch settings.mail {
      case .spool: DirectoryTransport(directory: spool + "/mail", isMaildir: true)
      case .maildir(let path): DirectoryTransport(directory: path, isMaildir: true)
      case .sendmail(let path): SMTPTransport(path: path, bounce: settings.mailFrom)
      case .sendmailArguments(let path): ArgumentsTransport(path: path, bounce: settings.mailFrom)
      }
    case .sms:
      switch settings.sms {
      case .spool: DirectoryTransport(directory: spool + "/sms", isMaildir: false)
      case .smstools(let path):
        // The daemon is another user, who reads and moves files by the directory's group.
        DirectoryTransport(directory: path, isMaildir: false, mode: 0o660)
      case .command(let path, let arguments): CommandTransport(path: path, arguments: arguments)
      }
    }
  }
}

extension OutgoingMessage {
  init(_ message: StoredMessage, _ names: OutgoingNames, from sender: String) {
    let id = message.id
    let envelope =
      message.channel == .email
      ? MessageNames.mail(id, uuid: names.uuid, tag: names.tag(id))
      : MessageNames.gateway(id, uuid: names.uuid)
    self.init(
      id: id, fileName: "\(message.createdAt.seconds).iauth-\(names.uuid)-\(id)",
      envelope: envelope, recipient: message.recipient, text: message.body,
      file: { isEightBit in
        guard message.channel == .email else {
          return smsFile(to: message.recipient, text: message.body)
        }
        return mailFile(
          from: sender, to: message.recipient, subject: message.subject, body: message.body,
          date: message.createdAt,
          messageID: "\(envelope)@\(EmailAddress(stored: sender).domain)", kind: message.kind,
          reference: message.reference, isEightBit: isEightBit)
      })
  }
}

/// A message as it waits.
struct StoredMessage: Sendable {
  let id: MessageID
  let kind: MessageKind
  let channel: Channel
  let recipient: String
  let subject: String
  let body: String
  let reference: String
  let createdAt: Timestamp
  let expiresAt: Timestamp?
  let attempts: Int

  init(row: borrowing Row) {
    id = row.id(0)
    kind = row.word(1, MessageKind.self)
    channel = row.word(2, Channel.self)
    recipient = row.text(3)
    subject = row.text(4)
    body = row.text(5)
    reference = row.text(6)
    createdAt = row.time(7)
    expiresAt = row.timeIfAny(8)
    attempts = row.count(9)
  }
}
