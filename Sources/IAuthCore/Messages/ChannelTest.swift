// `deliver --test`: one harmless message, at once, and what the channel says of it. It is a message
// like any other, so that its fate is known; but it is tried once.

import SQLite
import Values

/// One contact, as the operator names it.
package enum ContactAddress: Sendable {
  case email(EmailAddress), mobile(MobileNumber)

  package var masked: String {
    switch self {
    case .email(let email): email.masked
    case .mobile(let mobile): mobile.masked
    }
  }
}

/// What a channel answered.
package struct ChannelAnswer: Sendable {
  package let channel: Channel
  /// Masked.
  package let recipient: String
  package let isTaken: Bool
  package let answer: String
}

enum ChannelTestTable {
  static let failed: SQL = """
    UPDATE message SET status = 'failed', attempts = 1, error = ?3, \(OutboxTable.blanked)
    WHERE id = ?1 AND claim = ?2
    """
  static let statements: [SQL] = [failed]
}

extension Service {
  /// Sends one harmless message.
  ///
  /// - Returns: nil in a dry run.
  /// - Throws: `right.missing`, `mobile.country`.
  package func test(_ address: ContactAddress) throws(IAuthError) -> ChannelAnswer? {
    let recipient = address.recipient
    if case .mobile(let number) = address { try settings.checkCountry(number) }
    let id = try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<MessageID> in
      try tx.queue(.channelTest, to: recipient, reference: "test")
      let id: MessageID = try tx.id(OutboxTable.last) ?? 0
      try tx.audit(.messageTested, .message(id))
      return .commit(id)
    }
    guard !world.isDryRun else { return nil }
    let outlets = Outlets(settings, spool: outboxDirectory)
    defer { outlets.end() }
    let found = try store.read { (tx) throws(IAuthError) in
      let names = OutgoingNames(
        uuid: MessageNames.letters(try tx.serviceUUID().prefix(4)), tag: tx.messageTag)
      return try tx.all(OutboxTable.claimed, world.claim) { StoredMessage(row: $0) }
        .first { $0.id == id }.map { OutgoingMessage($0, names, from: settings.mailFrom) }
    }
    guard let message = found else { throw .messageUnknown(id) }
    var taken: DeliveryReceipt?
    var answer: String
    do throws(DeliveryError) {
      let receipt = try outlets[recipient.channel].send(message, within: Limits.deliverySeconds)
      (taken, answer) = (receipt, receipt.answer)
    } catch {
      switch error {
      case .temporary(let why), .permanent(let why, _): answer = why
      }
    }
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      if let taken {
        try tx.run(OutboxTable.sent, id, world.claim, tx.now, taken.provider)
      } else {
        try tx.run(ChannelTestTable.failed, id, world.claim, answer)
      }
      return .commit(())
    }
    store.hasQueued = false
    return ChannelAnswer(
      channel: recipient.channel, recipient: address.masked, isTaken: taken != nil, answer: answer)
  }
}

extension ContactAddress {
  fileprivate var recipient: Recipient {
    switch self {
    case .email(let email): Recipient(channel: .email, address: email.text, account: nil)
    case .mobile(let number): Recipient(channel: .sms, address: number.e164, account: nil)
    }
  }
}
