// What became of messages that have left (PRODUCT 12): mails that come back, and what an SMS gateway
// reports later. A report is a stranger's word: it counts only for a message that we sent to the
// recipient whom it names, and changes nothing but that message's state and one mark.

import SQLite
import Values

/// What was made of reports.
package struct FateCounts: Equatable, Sendable {
  package var bounced = 0
  package var delivered = 0
  package var failed = 0
  package var expired = 0
  /// It stays as it is, with a note.
  package var noted = 0
  /// Not about a message of ours, or about one whose fate is known.
  package var ignored = 0

  package init() {}

  package mutating func add(_ other: FateCounts) {
    bounced += other.bounced
    delivered += other.delivered
    failed += other.failed
    expired += other.expired
    noted += other.noted
    ignored += other.ignored
  }
}

/// The `id status` lines that an SMS gateway's adapter hands in.
enum ReportedFate: String, CaseIterable {
  case delivered, failed, expired
}

enum FateTable {
  private static let columns: Fragment =
    "id, channel, recipient, recipient_key, account, status, reported_at IS NOT NULL"
  static let message: SQL = "SELECT \(columns) FROM message WHERE id = ?"
  /// What a gateway calls by a name; one that it has given twice names none.
  static let byProvider: SQL = """
    SELECT \(columns) FROM message WHERE provider = ?1
      AND (SELECT count(*) FROM (SELECT 1 FROM message WHERE provider = ?1 LIMIT 2)) = 1
    """
  static let settle: SQL = """
    UPDATE message SET status = ?2, reported_at = ?3, error = ?4,
      sent_at = coalesce(sent_at, ?3), \(OutboxTable.blanked) WHERE id = ?1
    """
  static let note: SQL = "UPDATE message SET error = ?2, reported_at = ?3 WHERE id = ?1"
  static let count: SQL = """
    INSERT INTO report (day, outcome, number) VALUES (?1, ?2, ?3)
      ON CONFLICT (day, outcome) DO UPDATE SET number = number + excluded.number
    """
  static let mark: SQL = """
    UPDATE account SET email_bounced_at = CASE ?2 WHEN 'email' THEN ?3 ELSE email_bounced_at END,
      mobile_bounced_at = CASE ?2 WHEN 'sms' THEN ?3 ELSE mobile_bounced_at END
    WHERE id = ?1 AND CASE ?2 WHEN 'email' THEN email_bounced_at ELSE mobile_bounced_at END IS NULL
    """
  /// Which of somebody's contacts do not work.
  static let broken: SQL = """
    SELECT email_bounced_at IS NOT NULL, mobile_bounced_at IS NOT NULL FROM account WHERE id = ?
    """
  /// Of the codes of a reference, what came back.
  static let codesBounced: SQL = """
    SELECT DISTINCT channel FROM message
    WHERE kind = 'code' AND reference = ?1 AND status IN ('bounced', 'failed')
      AND reported_at IS NOT NULL ORDER BY channel
    """
  static let bouncing: SQL = """
    SELECT count(*) FROM account
    WHERE email_bounced_at IS NOT NULL OR mobile_bounced_at IS NOT NULL
    """
  static let reportsSince: SQL =
    "SELECT coalesce(sum(number), 0) FROM report WHERE outcome = ?1 AND day >= ?2"
  static let statements: [SQL] = [
    message, byProvider, settle, note, count, mark, broken, codesBounced, bouncing, reportsSince,
  ]
}

extension Service {
  /// Takes a mail that came back; anybody may hand one in, as anybody may send one.
  ///
  /// - Throws: `database.*`, `disk.*`; never because of what the mail says.
  package func takeBounce(_ mail: [UInt8]) throws(IAuthError) -> FateCounts {
    let report = MailReport(mail)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<FateCounts> in
      var counts = FateCounts()
      try tx.take(report, &counts)
      try tx.note(counts)
      return .commit(counts)
    }
  }

  /// Takes what a gateway reports about SMS: lines of an id, ours or its own, and a status.
  ///
  /// - Throws: `right.missing`.
  package func takeReports(_ lines: [String]) throws(IAuthError) -> FateCounts {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<FateCounts> in
      var counts = FateCounts()
      for line in lines { try tx.take(line, &counts) }
      try tx.note(counts)
      return .commit(counts)
    }
  }

  /// Which contacts of whoever is signed in do not work: theirs to know, and to mend.
  package func brokenContacts() throws(IAuthError) -> [Channel] {
    try readSignedIn { (tx, session) throws(IAuthError) in
      try tx.brokenContacts(of: session.account.id)
    }
  }

  /// Over which channels the codes of an application came back; its applicant has typed the addresses.
  ///
  /// Of a sign-in nothing is told, for that would tell who is known.
  package func bouncedCodes(_ reference: Reference) throws(IAuthError) -> [Channel] {
    guard reference.kind == .application else { return [] }
    return try store.read { (tx) throws(IAuthError) in
      try tx.all(FateTable.codesBounced, reference.text) { $0.word(0, Channel.self) }
    }
  }
}

/// A message that a report names.
private struct ReportedMessage {
  let id: MessageID
  let channel: Channel
  let recipient: String
  let recipientKey: [UInt8]?
  let account: AccountID?
  let status: MessageStatus
  let isReported: Bool

  init(
    id: MessageID, channel: Channel, recipient: String, recipientKey: [UInt8]?,
    account: AccountID?, status: MessageStatus, isReported: Bool
  ) {
    self.id = id
    self.channel = channel
    self.recipient = recipient
    self.recipientKey = recipientKey
    self.account = account
    self.status = status
    self.isReported = isReported
  }

  init(row: borrowing Row) {
    id = row.id(0)
    channel = row.word(1, Channel.self)
    recipient = row.text(2)
    recipientKey = row.isNull(3) ? nil : row.bytes(3)
    account = row.idIfAny(4)
    status = row.word(5, MessageStatus.self)
    isReported = row.bool(6)
  }
}

extension Transaction {
  func brokenContacts(of account: AccountID) throws(IAuthError) -> [Channel] {
    let found = try first(FateTable.broken, account) { row in
      [row.bool(0) ? Channel.email : nil, row.bool(1) ? .sms : nil].compactMap { $0 }
    }
    return found ?? []
  }

  /// The word in a Message-ID that nobody can guess who has not seen the message.
  func messageTag(_ id: MessageID) -> String {
    MessageNames.letters(
      HMACSHA256.code(key: key, message: Array("iauth-message/1 \(id)".utf8)).prefix(5))
  }

  fileprivate func note(_ counts: FateCounts) throws(IAuthError) {
    let day = now.seconds / 86_400
    let all = [
      ("bounced", counts.bounced), ("delivered", counts.delivered), ("failed", counts.failed),
      ("expired", counts.expired), ("noted", counts.noted), ("ignored", counts.ignored),
    ]
    for (outcome, number) in all where number > 0 { try run(FateTable.count, day, outcome, number) }
  }

  // MARK: Mail

  fileprivate func take(_ report: MailReport?, _ counts: inout FateCounts) throws(IAuthError) {
    guard let report, let message = try sentMail(report),
      let fate = report.recipients.first(where: { recipient in
        recipient.addresses.contains { isRecipient($0, of: message) }
      })?.fate
    else {
      counts.ignored += 1
      return
    }
    switch fate {
    case .bounced(let code):
      try settle(message, .bounced, code)
      try markContact(message)
      counts.bounced += 1
    case .noted(let note):
      try run(FateTable.note, message.id, note, now)
      counts.noted += 1
    }
  }

  /// The first message of ours that the report names, if it left and has not bounced yet.
  private func sentMail(_ report: MailReport) throws(IAuthError) -> ReportedMessage? {
    let uuid = MessageNames.letters(try serviceUUID().prefix(4))
    for name in report.names {
      guard let id = MessageNames.number(name, uuid: uuid, tag: messageTag) else { continue }
      let found = try first(FateTable.message, id) { ReportedMessage(row: $0) }
      guard let found, found.channel == .email else { continue }
      // A report may be faster than the turn of the delivery that it is about.
      let isLeaving = found.status == .queued && !found.recipient.isEmpty
      guard found.status == .sent || isLeaving else { continue }
      return found
    }
    return nil
  }

  private func isRecipient(_ address: String, of message: ReportedMessage) -> Bool {
    if let key = message.recipientKey {
      return constantTimeEquals(key, addressKey(message.channel, address))
    }
    return !message.recipient.isEmpty && message.recipient.utf8.elementsEqual(address.utf8)
  }

  // MARK: SMS

  /// One line; what it is that nobody understands is counted, too.
  fileprivate func take(_ line: String, _ counts: inout FateCounts) throws(IAuthError) {
    let words = line.utf8.split { $0 == 0x20 || $0 == 0x09 }
      .map { MailText.trimmed(Array($0)[...]) }
    if words.isEmpty { return }
    guard words.count >= 2, let fate = ReportedFate(rawValue: MailText.lowered(words[1])),
      let message = try sentText(words[0])
    else {
      counts.ignored += 1
      return
    }
    switch fate {
    case .delivered where message.status != .delivered:
      // It arrived, whatever was said or thought before.
      try settle(message, .delivered, nil)
      counts.delivered += 1
    case .failed where message.status == .sent:
      try settle(message, .failed, "reported")
      try markContact(message)
      counts.failed += 1
    case .expired where message.status == .sent:
      try settle(message, .lapsed, "expired")
      counts.expired += 1
    default: counts.ignored += 1
    }
  }

  /// A message that a gateway took, as far as we know; one that it took and was never marked counts.
  private func sentText(_ name: String) throws(IAuthError) -> ReportedMessage? {
    let uuid = MessageNames.letters(try serviceUUID().prefix(4))
    let found: ReportedMessage?
    if let id = MessageNames.number(name, uuid: uuid) {
      found = try first(FateTable.message, id) { ReportedMessage(row: $0) }
    } else {
      found = try first(FateTable.byProvider, name) { ReportedMessage(row: $0) }
    }
    guard let found, found.channel == .sms else { return nil }
    switch found.status {
    case .sent, .delivered: return found
    case .queued: return found.recipient.isEmpty ? nil : found
    // By a report; otherwise it never left.
    case .failed, .lapsed: return found.isReported ? found : nil
    case .bounced: return nil
    }
  }

  // MARK: What follows

  private func settle(
    _ message: ReportedMessage, _ status: MessageStatus, _ note: String?
  ) throws(IAuthError) {
    try run(FateTable.settle, message.id, status, now, note)
  }

  /// Marks a contact that the outlet itself has refused for good.
  func contactRefused(of id: MessageID, address: String) throws(IAuthError) {
    guard let found = try first(FateTable.message, id, read: { ReportedMessage(row: $0) }) else {
      return
    }
    try markContact(
      ReportedMessage(
        id: id, channel: found.channel, recipient: address, recipientKey: nil,
        account: found.account, status: found.status, isReported: false))
  }

  /// Marks the contact that a message went to, if the account still has it, and tells the agency's
  /// administrators once.
  private func markContact(_ message: ReportedMessage) throws(IAuthError) {
    guard let id = message.account,
      let account = try first(AccountTable.byID, id, read: { Account(row: $0) }),
      account.status != .closed
    else { return }
    let address = message.channel == .email ? account.email.text : account.mobile.e164
    guard isRecipient(address, of: message),
      try run(FateTable.mark, id, message.channel, now) > 0
    else { return }
    try audit(.contactBounced, .account(id))
    let agency = try agency(id: account.agency)
    let notice = Notice.contactBounces(
      agency: agency.name, name: account.name.text, account: id, channel: message.channel,
      contact: message.channel == .email ? account.email.masked : account.mobile.masked)
    for reader in try whoHears(of: account) {
      try queue(notice, to: .mail(reader), reference: "account:\(id)")
    }
  }

  /// The agency's administrators; of the only one among them, the authority's.
  private func whoHears(of account: Account) throws(IAuthError) -> [Account] {
    for agency in [account.agency, try authority().id] {
      let found = try all(RequestTable.administratorsOf, agency, now) { Account(row: $0) }
        .filter { $0.id != account.id }
      if !found.isEmpty { return found }
    }
    return []
  }
}

/// How a message is called outside: in its Message-ID, and to an SMS gateway.
enum MessageNames {
  /// Bytes as letters `a` to `p`: digits could be taken for a code.
  static func letters(_ bytes: some Sequence<UInt8>) -> String {
    let symbols = bytes.flatMap { [$0 >> 4, $0 & 0x0F] }.map { UInt8(ascii: "a") + $0 }
    return String(decoding: symbols, as: UTF8.self)
  }

  /// A message's number, a dot in every run of eight digits.
  ///
  /// Eight digits in a row could be taken for a code.
  static func identifier(_ id: MessageID) -> String {
    SafeText.withoutCodes(id.description).split(separator: " ").joined(separator: ".")
  }

  /// For a gateway that tells the same message by it: at most 36 characters, at every attempt the
  /// same.
  static func gateway(_ id: MessageID, uuid: String) -> String { "iauth-\(uuid)-\(id)" }

  /// What stands before `@` in a Message-ID, and in the envelope.
  static func mail(_ id: MessageID, uuid: String, tag: String) -> String {
    "iauth-\(uuid)-\(identifier(id))-\(tag)"
  }

  /// The number that a gateway was given; nil for what is not of ours.
  static func number(_ name: String, uuid: String) -> MessageID? {
    let parts = words(name, uuid: uuid)
    return parts.count == 3 ? number(parts[2]) : nil
  }

  /// The number in a Message-ID; nil for one that we have not made.
  static func number(
    _ name: String, uuid: String, tag: (MessageID) -> String
  ) -> MessageID? {
    let local = MailText.lowered(MailText.split(name, at: UInt8(ascii: "@")).before)
    let parts = words(local, uuid: uuid)
    guard parts.count == 4, let id = number(parts[2]),
      constantTimeEquals(Array(tag(id).utf8), Array(parts[3].utf8))
    else { return nil }
    return id
  }

  private static func words(_ name: String, uuid: String) -> [String] {
    let parts = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      .map { String(decoding: Array($0), as: UTF8.self) }
    guard parts.count > 2, parts[0].utf8.elementsEqual("iauth".utf8),
      parts[1].utf8.elementsEqual(uuid.utf8)
    else { return [] }
    return parts
  }

  private static func number(_ word: String) -> MessageID? {
    let digits = word.utf8.filter { $0 != UInt8(ascii: ".") }
    guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int64(String(decoding: Array(digits), as: UTF8.self)).map { MessageID($0) }
  }
}
