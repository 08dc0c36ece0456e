// A message as a file: RFC 5322 for mail, SMS Server Tools 3 for SMS. Only octets that cannot end
// a header line reach one, whatever was passed in; lines end with LF, as Maildir and sendmail(1)
// take them.

import Sheets
import Values

/// A plain-text mail in UTF-8, its subject as encoded words (RFC 2047).
///
/// The body is 8bit, so that a spool can be read and searched, or base64 where a line is longer
/// than SMTP carries.
///
/// - Parameters:
///   - from: The sender's address.
///   - messageID: Without angle brackets; the same for every attempt at one message.
///   - reference: What the mail is about: a reference or a request's number.
///   - isEightBit: Whether who carries it takes octets beyond ASCII (8BITMIME).
package func mailFile(
  from: String, to recipient: String, subject: String, body: String, date: Timestamp,
  messageID: String, kind: MessageKind, reference: String, isEightBit: Bool = true
) -> [UInt8] {
  let bytes = Array(body.utf8)
  let isReadable = isEightBit && fitsEightBit(bytes)
  let header = [
    "From: \(headerValue(from))",
    "To: \(headerValue(recipient))",
    "Subject: \(encodedWords(subject))",
    "Date: \(date.rfc5322)",
    "Message-ID: <\(headerValue(messageID))>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: \(isReadable ? "8bit" : "base64")",
    "Auto-Submitted: auto-generated",
    "X-IAuth-Kind: \(kind.rawValue)",
    "X-IAuth-Reference: \(headerValue(reference))",
  ]
  let content = isReadable ? [body] : Base64.lines(bytes) + [""]
  return Array((header + [""] + content).joined(separator: "\n").utf8)
}

/// One SMS for the spool of SMS Server Tools 3 (its fileformat page): the number without `+`, and
/// UTF-8 text, which it turns into UCS-2 itself since 3.1.16.
///
/// - Parameter number: In E.164 form.
package func smsFile(to number: String, text: String) -> [UInt8] {
  let digits = number.utf8.filter { (0x30...0x39).contains($0) }
  return Array("To: \(String(decoding: digits, as: UTF8.self))\nAlphabet: UTF-8\n\n\(text)".utf8)
}

/// The printable ASCII of `text`: nothing that is left can end a line or begin a header.
private func headerValue(_ text: String) -> String {
  String(decoding: text.utf8.filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
}

/// Whether every line has at most 998 octets (RFC 5322, 2.1.1) and none holds CR or NUL.
private func fitsEightBit(_ body: [UInt8]) -> Bool {
  var length = 0
  for byte in body {
    length = byte == UInt8(ascii: "\n") ? 0 : length + 1
    if length > 998 || byte == UInt8(ascii: "\r") || byte == 0 { return false }
  }
  return true
}

/// Encoded words of at most 39 octets of text each, split between scalars: with `Subject: ` before
/// it a line stays within the 76 columns of RFC 2047, section 2.
private func encodedWords(_ text: String) -> String {
  var words: [[UInt8]] = [[]]
  for scalar in text.unicodeScalars {
    let octets = Array(String(scalar).utf8)
    if words[words.count - 1].count + octets.count > 39 { words.append([]) }
    words[words.count - 1] += octets
  }
  return words.map { "=?UTF-8?B?\(Base64.encode($0))?=" }.joined(separator: "\n ")
}

extension Timestamp {
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The date of a mail header (RFC 5322, 3.3), in Taiwan's time.
  fileprivate var rfc5322: String {
    let local = self + .hours(8)
    let days = local.seconds >= 0 ? local.seconds / 86_400 : (local.seconds - 86_399) / 86_400
    let (year, month, day) = Self.civil(days)
    let weekday = Self.weekdays[Int(((days % 7) + 7) % 7)]
    let time = String(decoding: local.rfc3339.utf8.dropFirst(11).prefix(8), as: UTF8.self)
    return "\(weekday), \(padded(day, 2)) \(Self.months[Int(month) - 1]) \(padded(year, 4)) \(time)"
      + " +0800"
  }
}
