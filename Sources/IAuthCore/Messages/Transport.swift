// Where messages leave the house: a Maildir, the MTA through its sendmail interface, an SMS spool,
// or a command. An outlet takes one message or says why not; it never sees the database.

import Sheets
import Values

/// A message as an outlet gets it.
package struct OutgoingMessage: Sendable {
  package let id: MessageID
  /// Names the message in files; the same at every attempt.
  package let fileName: String
  /// Names it to an SMS gateway, or in a mail's envelope; the same at every attempt.
  package let envelope: String
  package let recipient: String
  package let text: String
  /// A whole RFC 5322 message, with or without octets beyond ASCII; of an SMS, the spool file of SMS
  /// Server Tools 3.
  package let file: @Sendable (_ isEightBit: Bool) -> [UInt8]
}

/// What an outlet says of a message that it took.
package struct DeliveryReceipt: Sendable, Equatable {
  /// What an SMS gateway calls it.
  package var provider: String?
  /// Its own words, for who asked for a test.
  package var answer = ""

  package init(provider: String? = nil, answer: String = "") {
    (self.provider, self.answer) = (provider, answer)
  }
}

package protocol Transport {
  /// Hands the message over.
  ///
  /// - Parameter seconds: how long it may take at most.
  func send(
    _ message: OutgoingMessage, within seconds: Int
  ) throws(DeliveryError) -> DeliveryReceipt
  /// Does for nobody what can be done without sending: whoever looks on sees the same begin.
  func pretend(within seconds: Int)
  /// Gives the next messages more time once all of each was handed over.
  func wait(atLeast seconds: Int)
  /// Nothing more comes.
  func end()
}

extension Transport {
  func pretend(within seconds: Int) {}
  func wait(atLeast seconds: Int) {}
  func end() {}
}

/// One file a message: a Maildir (`tmp`, `new`, `cur`), or a flat spool as SMS Server Tools read.
struct DirectoryTransport: Transport {
  let directory: String
  let isMaildir: Bool
  /// The mode of its files, whatever the umask.
  var mode: UInt32 = 0o600

  func send(
    _ message: OutgoingMessage, within seconds: Int
  ) throws(DeliveryError) -> DeliveryReceipt {
    // A spool's reader passes over names that end in .LOCK; a Maildir has tmp for that.
    let draft = isMaildir ? "/tmp/\(message.fileName)" : "/\(message.fileName).LOCK"
    let final = isMaildir ? "/new/\(message.fileName)" : "/\(message.fileName)"
    do {
      for part in isMaildir ? ["/tmp", "/new", "/cur"] : [""] {
        try Files.makeDirectory(directory + part)
      }
      try Files.replace(
        directory + draft, with: message.file(true), mode: mode,
        namedAfterwards: directory + final)
    } catch {
      throw .temporary("spool")
    }
    return DeliveryReceipt(answer: "stored")
  }
}

/// `sendmail -i -f BOUNCE -- RECIPIENT`, for mail systems without `-bs`: never `-t`, and nothing of a
/// person's but the address, which cannot be an option (sendmail(1), SECURITY).
struct ArgumentsTransport: Transport {
  let path: String
  let bounce: String

  func send(
    _ message: OutgoingMessage, within seconds: Int
  ) throws(DeliveryError) -> DeliveryReceipt {
    let child = ChildProcess(
      path: path, arguments: ["-i", "-f", bounce, "--", message.recipient],
      input: message.file(true))
    try child.run(within: seconds)
    return DeliveryReceipt(answer: "status 0")
  }
}

/// A program that reads the number on its first line and the text after it from standard input, and
/// by its status says whether it was accepted (PRODUCT 12).
struct CommandTransport: Transport {
  let path: String
  let arguments: [String]

  func send(
    _ message: OutgoingMessage, within seconds: Int
  ) throws(DeliveryError) -> DeliveryReceipt {
    let child = ChildProcess(
      path: path, arguments: arguments,
      input: Array("\(message.recipient)\n\(message.text)\n".utf8),
      environment: ["IAUTH_MESSAGE_ID=\(message.envelope)"])
    let (status, printed) = try child.answer(within: seconds)
    switch status {
    case 0: return DeliveryReceipt(provider: Self.id(in: printed), answer: "status 0")
    case 65: throw .permanent("status 65", isRecipient: false)
    // 75 says that it was not taken; of anything else nobody knows, and the id tells it again.
    default: throw .temporary("status \(status)")
    }
  }

  /// The word behind `id=` on a line of its own.
  static func id(in printed: [UInt8]) -> String? {
    var lines = MailLines(printed[...])
    while let line = lines.next() {
      guard line.starts(with: "id=".utf8) else { continue }
      let word = line.dropFirst(3).prefix { (0x21...0x7E).contains($0) }
      guard !word.isEmpty, word.count <= Limits.providerIDLength else { return nil }
      return String(decoding: word, as: UTF8.self)
    }
    return nil
  }
}
