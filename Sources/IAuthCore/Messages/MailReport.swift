// What a mail system says became of a message (RFC 3464; the codes are RFC 3463's, the forms with
// other scripts RFC 6533's). It is read for three things: which message it names, which recipients,
// and what it says of each. Whether any of that is so, whoever asks decides.

import Values

/// A report as it came; nothing in it is to be trusted.
struct MailReport: Equatable {
  /// What the report says of one recipient.
  struct Recipient: Equatable {
    /// The addresses that it is called by, in lower case.
    let addresses: [String]
    let fate: Fate
  }

  enum Fate: Equatable {
    /// It will not arrive: the code of RFC 3463.
    case bounced(String)
    /// It waits, was handed on, has arrived, or failed for a reason that passes: a word and a code.
    case noted(String)
  }

  /// Message-IDs and envelope ids that it names, without brackets; ours is among them, or it is
  /// about something else.
  var names: [String] = []
  var recipients: [Recipient] = []

  /// - Returns: nil for what is no report: an answer by a person or a machine, or nonsense.
  init?(_ mail: [UInt8]) {
    let whole = MailPart(mail[...])
    var left = Self.mostParts
    var leaves: [MailPart] = []
    guard let report = Self.report(in: whole, depth: 0) else { return nil }
    Self.flatten(report, depth: 0, &left, into: &leaves)
    guard
      let status = leaves.first(where: {
        ["message/delivery-status", "message/global-delivery-status"].contains($0.type)
      })
    else { return nil }
    readStatus(status.content)
    for part in leaves where Self.returned.contains(part.type) {
      // The header alone, or the whole message behind it.
      let inner = MailPart(part.content[...])
      for id in Self.ids(inner.fields["message-id"]) { names.append(id) }
    }
    for field in ["in-reply-to", "references"] { names += Self.ids(whole.fields[field]) }
    guard !recipients.isEmpty, !names.isEmpty else { return nil }
  }

  private static let mostParts = 100
  private static let returned = [
    "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers",
    "message/rfc822-headers",
  ]

  /// The part that is the report (RFC 6522): the mail itself, or what a gateway has wrapped.
  ///
  /// Its parts attached to another mail are none.
  private static func report(in part: MailPart, depth: Int) -> MailPart? {
    if part.type == "multipart/report" { return part }
    guard depth < 8, part.type.utf8.starts(with: "multipart/".utf8) else { return nil }
    for inner in part.parts(atMost: mostParts) {
      if let found = report(in: inner, depth: depth + 1) { return found }
    }
    return nil
  }

  /// The parts that are no multiparts.
  ///
  /// A message inside stays closed: a report that somebody forwards is not sent to us.
  private static func flatten(
    _ part: MailPart, depth: Int, _ left: inout Int, into leaves: inout [MailPart]
  ) {
    for part in part.parts(atMost: left) where left > 0 {
      left -= 1
      if part.type.utf8.starts(with: "multipart/".utf8) {
        if depth < 8 { flatten(part, depth: depth + 1, &left, into: &leaves) }
      } else {
        leaves.append(part)
      }
    }
  }

  /// Groups of fields, an empty line between two: the first is about the message, each other about a
  /// recipient.
  private mutating func readStatus(_ content: [UInt8]) {
    var lines = MailLines(content[...])
    while !lines.rest.isEmpty, recipients.count < Self.mostParts {
      let group = MailFields(from: &lines)
      if let id = group["original-envelope-id"] {
        names.append(Self.ids(id).first ?? id)
      }
      let addresses = ["final-recipient", "original-recipient"].compactMap { name in
        group[name].flatMap(Self.address)
      }
      guard !addresses.isEmpty, let fate = Self.fate(group) else { continue }
      recipients.append(Recipient(addresses: addresses, fate: fate))
    }
  }

  /// `rfc822; name@domain`, in lower case and without brackets.
  private static func address(_ field: String) -> String? {
    let (type, address) = MailText.split(field, at: UInt8(ascii: ";"))
    let bare = MailText.lowered(address ?? type).utf8.filter { $0 != 0x3C && $0 != 0x3E }
    return bare.isEmpty ? nil : MailText.trimmed(Array(bare)[...])
  }

  private static func fate(_ group: MailFields) -> Fate? {
    let action = MailText.lowered(
      MailText.split(group["action"] ?? "", at: 0x20).before)
    // "5.1.1 (unknown)" is seen as well as "5.1.1".
    var code = group["status"].flatMap(Self.code)
    if code == nil, let diagnostic = group["diagnostic-code"] {
      code = Self.classOfReply(MailText.split(diagnostic, at: UInt8(ascii: ";")).after ?? "")
    }
    switch action {
    case "failed":
      guard let code else { return nil }
      if code.utf8.first == UInt8(ascii: "5") { return .bounced(code) }
      return code.utf8.first == UInt8(ascii: "4") ? .noted("failed \(code)") : nil
    case "delayed", "delivered", "relayed", "expanded":
      return .noted(code.map { "\(action) \($0)" } ?? action)
    default: return nil
    }
  }

  /// The code at the beginning of a text: a class of one digit, a subject and a detail of up to
  /// three (RFC 3463).
  private static func code(_ text: String) -> String? {
    let word = text.utf8.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    let numbers = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard numbers.count == 3, let first = numbers[0].first, numbers[0].count == 1,
      [UInt8(ascii: "2"), UInt8(ascii: "4"), UInt8(ascii: "5")].contains(first),
      numbers[1...].allSatisfy({ (1...3).contains($0.count) })
    else { return nil }
    return String(decoding: Array(word), as: UTF8.self)
  }

  /// `5.0.0` for a reply such as `550 no such user`.
  private static func classOfReply(_ reply: String) -> String? {
    let digits = reply.utf8.prefix { (0x30...0x39).contains($0) }
    guard digits.count == 3, let first = digits.first,
      first == UInt8(ascii: "4") || first == UInt8(ascii: "5")
    else { return nil }
    return "\(Character(Unicode.Scalar(first))).0.0"
  }

  /// What stands in angle brackets.
  private static func ids(_ field: String?) -> [String] {
    guard let field else { return [] }
    return field.utf8.split(separator: 0x3C).dropFirst(field.utf8.first == 0x3C ? 0 : 1)
      .prefix(mostParts).compactMap { word in
        guard let end = word.firstIndex(of: 0x3E) else { return nil }
        return MailText.trimmed(Array(word[..<end])[...])
      }
  }
}
