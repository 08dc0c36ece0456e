// Just so much of MIME (RFC 2045, 2046, 5322) as it takes to read what a mail system writes about a
// message: header fields, the parts of a multipart, and the three ways in which a part is encoded.
// Whatever it is given, it reads it once from the front, and never fails.

import Values

/// Bytes of a mail by lines, without their ends.
struct MailLines {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// What was not read yet.
  var rest: ArraySlice<UInt8> { bytes[position...] }

  mutating func next() -> ArraySlice<UInt8>? {
    guard position < bytes.endIndex else { return nil }
    let start = position
    let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    position = min(end + 1, bytes.endIndex)
    let line = bytes[start..<end]
    return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }
}

/// The fields of a header, or of a group of a report: names in lower case, values on one line.
struct MailFields {
  private(set) var fields: [(name: String, value: String)] = []

  /// Reads the fields up to an empty line, which goes with them.
  init(from lines: inout MailLines) {
    var open: (name: String, value: [UInt8])?
    while let line = lines.next(), !line.isEmpty {
      if let first = line.first, first == 0x20 || first == 0x09 {
        open?.value += line
        continue
      }
      close(open)
      open = nil
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), fields.count < Self.most else {
        continue
      }
      open = (Self.word(line[..<colon]), Array(line[(colon + 1)...]))
    }
    close(open)
  }

  private static let most = 1_000

  private mutating func close(_ field: (name: String, value: [UInt8])?) {
    guard let field else { return }
    fields.append((field.name, MailText.trimmed(field.value[...])))
  }

  /// The first field of a name.
  subscript(_ name: String) -> String? {
    fields.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  private static func word(_ bytes: ArraySlice<UInt8>) -> String {
    MailText.lowered(MailText.trimmed(bytes))
  }
}

enum MailText {
  /// Without white space at its ends; what is no UTF-8 is replaced.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
    var kept = bytes.drop(while: isSpace)
    while let last = kept.last, isSpace(last) { kept.removeLast() }
    return String(decoding: kept, as: UTF8.self)
  }

  static func trimmed(_ text: some StringProtocol) -> String { trimmed(Array(text.utf8)[...]) }

  /// With its ASCII letters in lower case.
  static func lowered(_ text: String) -> String {
    String(
      decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
  }

  /// What stands before the first of a byte, and what behind it.
  static func split(_ text: String, at byte: UInt8) -> (before: String, after: String?) {
    guard let place = text.utf8.firstIndex(of: byte) else { return (trimmed(text), nil) }
    return (trimmed(text[..<place]), trimmed(text[text.utf8.index(after: place)...]))
  }
}

/// A part of a mail, or the whole of it.
struct MailPart {
  let fields: MailFields
  private let raw: ArraySlice<UInt8>

  /// - Parameter bytes: header, empty line, body; a line of a mailbox file in front of it
  ///   (`From …`), as mail systems put one before what they give to a program, is passed over.
  init(_ bytes: ArraySlice<UInt8>) {
    var lines = MailLines(bytes)
    let start = lines
    if lines.next()?.starts(with: "From ".utf8) != true { lines = start }
    fields = MailFields(from: &lines)
    raw = lines.rest
  }

  /// `type/subtype` in lower case.
  var type: String {
    MailText.lowered(MailText.split(fields["content-type"] ?? "", at: UInt8(ascii: ";")).before)
  }

  /// The parts of a multipart; none of anything else.
  func parts(atMost most: Int) -> [MailPart] {
    guard type.utf8.starts(with: "multipart/".utf8), let boundary else { return [] }
    let delimiter = Array("--".utf8) + Array(boundary.utf8)
    var lines = MailLines(raw)
    var parts: [MailPart] = []
    var start: Int?
    var end = raw.startIndex
    while parts.count < most {
      let place = lines.rest.startIndex
      guard let line = lines.next() else {
        // One that was cut off ends where it ends.
        if let start { parts.append(MailPart(raw[start...])) }
        return parts
      }
      guard line.starts(with: delimiter) else { continue }
      let behind = line.dropFirst(delimiter.count)
      let closes = behind.starts(with: "--".utf8)
      guard closes || behind.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
      end = place
      if let start { parts.append(MailPart(raw[start..<max(start, end)])) }
      if closes { break }
      start = lines.rest.startIndex
    }
    return parts
  }

  /// The `boundary` of its type: a token, or a quoted string (RFC 2045, 5.1).
  private var boundary: String? {
    guard let type = fields["content-type"] else { return nil }
    let lowered = Array(MailText.lowered(type).utf8)
    let name = Array("boundary".utf8)
    var place = 0
    while place + name.count < lowered.count {
      guard lowered[place...].starts(with: name) else {
        place += 1
        continue
      }
      var rest = Array(type.utf8)[(place + name.count)...].drop { $0 == 0x20 || $0 == 0x09 }
      place += name.count
      guard rest.first == UInt8(ascii: "=") else { continue }
      rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
      let isQuoted = rest.first == UInt8(ascii: "\"")
      let value =
        isQuoted
        ? rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
        : rest.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
      // Longer ones are nobody's (RFC 2046, 5.1.1, has 70).
      return value.isEmpty || value.count > 200 ? nil : String(decoding: value, as: UTF8.self)
    }
    return nil
  }

  /// The body as it was before it was encoded.
  var content: [UInt8] {
    switch MailText.lowered(fields["content-transfer-encoding"] ?? "") {
    case "base64": Self.base64(raw)
    case "quoted-printable": Self.quotedPrintable(raw)
    default: Array(raw)
    }
  }

  /// Whatever is not of the alphabet is passed over (RFC 2045, 6.8).
  private static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let known = bytes.filter { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
      default: false
      }
    }
    // Three bytes for each four; what is left of the last four says less.
    let whole = known.count / 4 * 4
    var padded = Array(known[..<whole])
    switch known.count - whole {
    case 2: padded += known[whole...] + Array("==".utf8)
    case 3: padded += known[whole...] + Array("=".utf8)
    default: break
    }
    return Base64.decode(String(decoding: padded, as: UTF8.self))
      ?? Base64.decode(String(decoding: known[..<whole], as: UTF8.self)) ?? []
  }

  private static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var lines = MailLines(bytes)
    var result: [UInt8] = []
    while var line = lines.next() {
      while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
      let isSoft = line.last == UInt8(ascii: "=")
      if isSoft { line.removeLast() }
      while let byte = line.popFirst() {
        if byte == UInt8(ascii: "="),
          let value = Hex.decode(String(decoding: line.prefix(2), as: UTF8.self)), !value.isEmpty
        {
          result += value
          line = line.dropFirst(2)
        } else {
          result.append(byte)
        }
      }
      if !isSoft { result.append(UInt8(ascii: "\n")) }
    }
    return result
  }
}
