// Text on its way into and out of the XML of workbooks: characters that XML cannot hold stand there
// as `_xHHHH_` (ECMA-376 part 1, 22.9.2.19), and what looks like it is escaped itself.

import Values

package enum XMLText {
  /// The text for a `t` element or an attribute.
  package static func escaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      case UInt8(ascii: ">"): bytes += "&gt;".utf8
      case UInt8(ascii: "\""): bytes += "&quot;".utf8
      case UInt8(ascii: "_") where code(rest) != nil: bytes += "_x005F_".utf8
      case 0x09, 0x0A, 0x20...: bytes.append(byte)
      default:
        bytes += "_x00\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))_".utf8
      }
      rest = rest.dropFirst()
    }
    return bytes
  }

  /// The text that was escaped; halves of surrogate pairs stay as they stand.
  package static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "_")) else { return text }
    var plain = String.UnicodeScalarView()
    var rest = Substring(text)
    while let scalar = rest.unicodeScalars.first {
      if scalar == "_", let escaped = code(rest.utf8) {
        plain.append(escaped)
        rest = Substring(rest.unicodeScalars.dropFirst(7))
      } else {
        plain.append(scalar)
        rest = Substring(rest.unicodeScalars.dropFirst())
      }
    }
    return String(plain)
  }

  /// The scalar of an escape at the beginning; nil if there is none.
  private static func code(_ text: Substring.UTF8View) -> Unicode.Scalar? {
    let bytes = Array(text.prefix(7))
    guard bytes.count == 7, bytes[1] == UInt8(ascii: "x"), bytes[6] == UInt8(ascii: "_") else {
      return nil
    }
    let digits = bytes[2..<6]
    guard !digits.contains(UInt8(ascii: "+")), !digits.contains(UInt8(ascii: "-")),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { return nil }
    return Unicode.Scalar(value)
  }
}
