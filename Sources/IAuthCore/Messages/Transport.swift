// Where messages leave the house: a Maildir, the MTA through its sendmail interface, an SMS spool,
// or a command. An outlet takes one message or says why not; it never sees the database.

import Sheets
import Values

/// A message as an outlet gets it.
package struct OutgoingMessage: Sendable {
  package let id: MessageID
  /// Names the message in files; the same at every attempt.
  package let fileName: String
  package let recipient: String
  package let text: String
  /// A whole RFC 5322 message; of an SMS, the spool file of SMS Server Tools 3.
  package let file: [UInt8]
}

package protocol Transport {
  /// Hands the message over.
  ///
  /// - Parameter seconds: how long it may take at most.
  func send(_ message: OutgoingMessage, within seconds: Int) throws(DeliveryError)
}

/// One file a message: a Maildir (`tmp`, `new`, `cur`), or a flat spool as SMS Server Tools read.
struct DirectoryTransport: Transport {
  let directory: String
  let isMaildir: Bool
  /// The mode of its files, whatever the umask.
  var mode: UInt32 = 0o600

  func send(_ message: OutgoingMessage, within seconds: Int) throws(DeliveryError) {
    // A spool's reader passes over names that end in .LOCK; a Maildir has tmp for that.
    let draft = isMaildir ? "/tmp/\(message.fileName)" : "/\(message.fileName).LOCK"
    let final = isMaildir ? "/new/\(message.fileName)" : "/\(message.fileName)"
    do {
      for part in isMaildir ? ["/tmp", "/new", "/cur"] : [""] {
        try Files.makeDirectory(directory + part)
      }
      try Files.replace(
        directory + draft, with: message.file, mode: mode, namedAfterwards: directory + final)
    } catch {
      throw .temporary("spool")
    }
  }
}

/// `sendmail -i -f BOUNCE -- RECIPIENT`: never `-t`, and nothing of a person's but the address,
/// which cannot be an option (sendmail(1), SECURITY).
struct SendmailTransport: Transport {
  let path: String
  let bounce: String

  func send(_ message: OutgoingMessage, within seconds: Int) throws(DeliveryError) {
    let child = ChildProcess(
      path: path, arguments: ["-i", "-f", bounce, "--", message.recipient], input: message.file)
    try child.run(within: seconds)
  }
}

/// A program that reads the number on its first line and the text after it from standard input.
struct CommandTransport: Transport {
  let path: String

  func send(_ message: OutgoingMessage, within seconds: Int) throws(DeliveryError) {
    let input = Array("\(message.recipient)\n\(message.text)\n".utf8)
    try ChildProcess(path: path, arguments: [], input: input).run(within: seconds)
  }
}
