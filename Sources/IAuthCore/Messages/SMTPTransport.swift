// Mail by SMTP with the local mail system's own program at the other end of two pipes (`sendmail
// -bs`): no address stands in anybody's process list, each recipient has its reply, and a message is
// taken whole, at its dot, or not at all. One conversation carries many messages (RFC 5321, 2920).

import Glibc
import Values

/// A reply: code and text of its last line, which counts.
struct SMTPReply: Equatable {
  let code: Int
  let text: String

  var isFine: Bool { (200..<300).contains(code) }

  /// The code, with that of RFC 3463 where there is one; never the text, which may have the address.
  var word: String {
    guard let enhanced else { return "\(code)" }
    return "\(code) \(enhanced)"
  }

  private var enhanced: String? {
    let word = text.utf8.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    return word.split(separator: UInt8(ascii: ".")).count == 3
      ? String(decoding: Array(word), as: UTF8.self) : nil
  }

  /// Whether it refuses a mailbox for good, and not our sender, our text or our way of asking.
  var refusesMailbox: Bool {
    if let enhanced { return code >= 500 && enhanced.utf8.starts(with: "5.1.".utf8) }
    return [550, 551, 553].contains(code)
  }
}

final class SMTPTransport: Transport {
  private let path: String
  private let bounce: String
  private var conversation: SMTPConversation?
  /// How long the answer to a whole message may take, at least, in seconds.
  private var patience = 0

  init(path: String, bounce: String) {
    self.path = path
    self.bounce = bounce
  }

  func send(
    _ message: OutgoingMessage, within seconds: Int
  ) throws(DeliveryError) -> DeliveryReceipt {
    let deadline = ChildProcess.milliseconds() + Int64(seconds) * 1_000
    // A server may end a conversation that has been long; then the next one has the message.
    for isLast in [false, true] {
      let isFresh = conversation == nil
      let current = try opened(until: deadline)
      do throws(SMTPFailure) {
        return DeliveryReceipt(
          answer: try current.send(
            message, from: bounce, until: deadline, patience: patience
          ).text)
      } catch {
        if !current.isOpen { close(current) }
        if error.isUnasked, !isFresh, !isLast, !error.isLate { continue }
        throw error.meaning
      }
    }
    throw .temporary("closed")
  }

  func wait(atLeast seconds: Int) { patience = seconds }

  func pretend(within seconds: Int) {
    let deadline = ChildProcess.milliseconds() + Int64(seconds) * 1_000
    guard let current = try? opened(until: deadline) else { return }
    if (try? current.ask("NOOP", until: deadline)) == nil { close(current) }
  }

  func end() {
    guard let current = conversation else { return }
    conversation = nil
    current.quit()
  }

  private func close(_ ended: SMTPConversation) {
    conversation = nil
    ended.kill()
  }

  private func opened(until deadline: Int64) throws(DeliveryError) -> SMTPConversation {
    if let conversation { return conversation }
    guard let started = ChildProcess(path: path, arguments: ["-bs"], input: []).converse() else {
      throw .temporary("cannot start")
    }
    let new = SMTPConversation(
      child: started.child, writing: started.writing, reading: started.reading)
    do throws(SMTPFailure) {
      try new.greet(until: deadline)
    } catch {
      new.kill()
      throw error.meaning
    }
    conversation = new
    return new
  }
}

/// Why a message did not get through.
enum SMTPFailure: Error, Equatable {
  /// No answer by the deadline.
  case late
  /// The other side has gone, or says that it goes; before it was asked to take the message, or
  /// after.
  case closed(isUnasked: Bool)
  /// What it says is no SMTP.
  case garbled
  /// A reply that lets the message wait, or ends it.
  case refused(SMTPReply, isRecipient: Bool, isOurs: Bool)

  var isUnasked: Bool { self == .closed(isUnasked: true) }
  var isLate: Bool { self == .late }

  var meaning: DeliveryError {
    switch self {
    case .late: .temporary("late")
    case .closed: .temporary("closed")
    case .garbled: .temporary("garbled")
    // What is refused of us is for the operator to mend, and no message's end.
    case .refused(let reply, let isRecipient, let isOurs):
      reply.code >= 500 && !isOurs
        ? .permanent(reply.word, isRecipient: isRecipient && reply.refusesMailbox)
        : .temporary(reply.word)
    }
  }
}

/// One conversation: greeting, messages, farewell.
final class SMTPConversation {
  private let child: RunningChild
  private let writing: Descriptor
  private let reading: Descriptor
  private var buffer: [UInt8] = []
  private var extensions: Set<String> = []
  /// A transaction was begun and given up: it is put back before the next one.
  private var isHalfway = false
  private(set) var isOpen = true

  init(child: RunningChild, writing: Descriptor, reading: Descriptor) {
    (self.child, self.writing, self.reading) = (child, writing, reading)
  }

  /// Reads the greeting and learns what the server can do.
  func greet(until deadline: Int64) throws(SMTPFailure) {
    let greeting = try reply(until: deadline)
    guard greeting.reply.code == 220 else {
      throw .refused(greeting.reply, isRecipient: false, isOurs: true)
    }
    try say("EHLO localhost", until: deadline)
    let answer = try reply(until: deadline)
    if answer.reply.isFine {
      for line in answer.lines.dropFirst() {
        extensions.insert(MailText.lowered(MailText.split(line, at: 0x20).before))
      }
      return
    }
    let old = try ask("HELO localhost", until: deadline)
    guard old.isFine else { throw .refused(old, isRecipient: false, isOurs: true) }
  }

  /// Hands over one message.
  ///
  /// - Parameter patience: how many seconds the server has at least to look at all of it: one that was
  ///   left before its answer has the message, and gets it again (RFC 5321, 4.5.3.2.6; RFC 1047).
  func send(
    _ message: OutgoingMessage, from sender: String, until deadline: Int64, patience: Int
  ) throws(SMTPFailure) -> SMTPReply {
    if isHalfway {
      let reply = try ask("RSET", until: deadline)
      guard reply.isFine else { throw .closed(isUnasked: true) }
      isHalfway = false
    }
    let isEightBit = extensions.contains("8bitmime")
    let knowsReports = extensions.contains("dsn")
    let commands = [
      "MAIL FROM:<\(sender)>" + (isEightBit ? " BODY=8BITMIME" : "")
        + (knowsReports ? " RET=HDRS ENVID=\(Self.xtext(message.envelope))" : ""),
      "RCPT TO:<\(message.recipient)>"
        + (knowsReports ? " ORCPT=rfc822;\(Self.xtext(message.recipient))" : ""),
      "DATA",
    ]
    isHalfway = true
    if extensions.contains("pipelining") {
      try say(commands.joined(separator: "\r\n"), until: deadline)
      var replies: [SMTPReply] = []
      for _ in commands { replies.append(try asked(until: deadline)) }
      if replies[2].code == 354, !replies[0].isFine || !replies[1].isFine {
        // It waits for a text that has nobody to go to: an empty one ends it (RFC 2920, 3.1).
        try say(".", until: deadline)
        _ = try reply(until: deadline)
      }
      try check(replies)
    } else {
      for (index, command) in commands.enumerated() {
        try say(command, until: deadline)
        let one = try asked(until: deadline)
        try check([SMTPReply](repeating: SMTPReply(code: 250, text: ""), count: index) + [one])
      }
    }
    try put(Self.lines(message.file(isEightBit)), until: deadline)
    // From here on it may have been taken.
    let end = ChildProcess.milliseconds() + Int64(patience) * 1_000
    let answer = try reply(until: max(deadline, end)).reply
    guard answer.code != 421 else {
      isOpen = false
      throw .refused(answer, isRecipient: false, isOurs: false)
    }
    // After a text only yes or no makes sense.
    guard !(300..<400).contains(answer.code) else {
      isOpen = false
      throw .garbled
    }
    isHalfway = false
    guard answer.isFine else { throw .refused(answer, isRecipient: false, isOurs: false) }
    return answer
  }

  /// Looks at the replies to MAIL, RCPT and DATA, as far as there are any.
  private func check(_ replies: [SMTPReply]) throws(SMTPFailure) {
    for (index, reply) in replies.enumerated() {
      if index == 2 ? reply.code == 354 : reply.isFine { continue }
      throw .refused(reply, isRecipient: index == 1, isOurs: index == 0)
    }
  }

  /// A reply before the text was sent: 421 says that nothing was taken and nothing more will be.
  private func asked(until deadline: Int64) throws(SMTPFailure) -> SMTPReply {
    let answer: SMTPReply
    do throws(SMTPFailure) {
      answer = try reply(until: deadline).reply
    } catch {
      if case .closed = error { throw .closed(isUnasked: true) }
      throw error
    }
    guard answer.code != 421 else {
      isOpen = false
      throw .closed(isUnasked: true)
    }
    return answer
  }

  /// One command and its reply.
  @discardableResult
  func ask(_ command: String, until deadline: Int64) throws(SMTPFailure) -> SMTPReply {
    try say(command, until: deadline)
    return try asked(until: deadline)
  }

  /// Says farewell; a server that does not go is not waited for.
  func quit() {
    let deadline = ChildProcess.milliseconds() + 2_000
    _ = try? ask("QUIT", until: deadline)
    writing.close()
    reading.close()
    _ = try? child.wait(until: deadline)
    isOpen = false
  }

  func kill() {
    isOpen = false
    writing.close()
    reading.close()
    child.end()
  }

  // MARK: Lines

  private func say(_ line: String, until deadline: Int64) throws(SMTPFailure) {
    try put(Array((line + "\r\n").utf8), until: deadline, isUnasked: true)
  }

  private func put(
    _ bytes: [UInt8], until deadline: Int64, isUnasked: Bool = false
  ) throws(SMTPFailure) {
    guard writing.write(bytes, until: deadline) else {
      isOpen = false
      // A text that was cut off has no dot: it was not taken.
      throw ChildProcess.milliseconds() < deadline ? .closed(isUnasked: isUnasked) : .late
    }
  }

  private func reply(
    until deadline: Int64
  ) throws(SMTPFailure) -> (reply: SMTPReply, lines: [String]) {
    var lines: [String] = []
    while true {
      let line = try line(until: deadline)
      let digits = line.prefix(3)
      let mark = line.count > 3 ? line[line.startIndex + 3] : 0x20
      guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
        mark == 0x20 || mark == UInt8(ascii: "-"), lines.count < 100
      else {
        isOpen = false
        throw .garbled
      }
      let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      lines.append(MailText.trimmed(line.dropFirst(4)))
      guard mark == 0x20 else { continue }
      return (SMTPReply(code: number, text: lines[lines.count - 1]), lines)
    }
  }

  private func line(until deadline: Int64) throws(SMTPFailure) -> ArraySlice<UInt8> {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        return line[...].last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
      }
      let left = deadline - ChildProcess.milliseconds()
      guard left > 0 else {
        isOpen = false
        throw .late
      }
      guard buffer.count < Limits.outletBytes else {
        isOpen = false
        throw .garbled
      }
      guard
        reading.read(
          into: &buffer, atMost: Limits.outletBytes, for: Int32(min(left, 60_000)),
          restsAtEnd: false)
      else {
        isOpen = false
        throw .closed(isUnasked: false)
      }
    }
  }

  /// A message as SMTP carries it: lines end with CR LF, a dot that begins one is doubled, and a lone
  /// one ends it (RFC 5321, 4.5.2).
  static func lines(_ file: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(file.count + file.count / 20 + 8)
    var isAtStart = true
    for byte in file {
      if isAtStart, byte == UInt8(ascii: ".") { result.append(byte) }
      isAtStart = byte == UInt8(ascii: "\n")
      if isAtStart { result.append(UInt8(ascii: "\r")) }
      result.append(byte)
    }
    if !isAtStart { result += Array("\r\n".utf8) }
    return result + Array(".\r\n".utf8)
  }

  /// RFC 3461, 4: what could be taken for a blank or a sign of its own is spelled out.
  static func xtext(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "+"), byte != UInt8(ascii: "=") {
        result.append(Character(Unicode.Scalar(byte)))
      } else {
        result += "+" + Hex.encode([byte]).uppercased()
      }
    }
    return result
  }
}
