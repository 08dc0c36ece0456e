// Bytes as text: hexadecimal for hashes, base64 for mail (RFC 4648).

package enum Hex {
  private static let alphabet = Array("0123456789abcdef".utf8)

  /// Two lower-case digits a byte.
  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(alphabet[Int(byte >> 4)])
      text.append(alphabet[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of an even number of digits in either case; nil for anything else.
  package static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8 {
      guard let value = value(of: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return high == nil ? bytes : nil
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }
}

package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")

  /// The standard alphabet with padding, on one line.
  package static func encode(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: symbols(bytes[...]), as: UTF8.self)
  }

  /// The same in lines of 76 characters, as RFC 2045 (6.8) wants a body.
  package static func lines(_ bytes: [UInt8]) -> [String] {
    stride(from: 0, to: bytes.count, by: 57).map {
      encode(bytes[$0..<min($0 + 57, bytes.count)])
    }
  }

  /// The bytes of padded base64 without line ends; nil for anything else, also for stray bits
  /// behind the last byte, so that no two texts are one value.
  package static func decode(_ text: String) -> [UInt8]? {
    let symbols = Array(text.utf8)
    guard symbols.count % 4 == 0 else { return nil }
    let padded = symbols.suffix(2).count { $0 == padding }
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var width = 0
    for symbol in symbols.dropLast(padded) {
      guard let value = value(of: symbol) else { return nil }
      bits = bits << 6 | value
      width += 6
      if width >= 8 {
        width -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(width)))
      }
      bits &= (1 << UInt32(width)) - 1
    }
    return bits == 0 ? bytes : nil
  }

  private static func symbols(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var symbols: [UInt8] = []
    symbols.reserveCapacity((bytes.count + 2) / 3 * 4)
    var bits: UInt32 = 0
    var width: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      width += 8
      while width >= 6 {
        width -= 6
        symbols.append(alphabet[Int(bits >> width & 63)])
      }
    }
    if width > 0 { symbols.append(alphabet[Int(bits << (6 - width) & 63)]) }
    while symbols.count % 4 != 0 { symbols.append(padding) }
    return symbols
  }

  private static func value(of symbol: UInt8) -> UInt32? {
    switch symbol {
    case 0x41...0x5A: UInt32(symbol - 0x41)
    case 0x61...0x7A: UInt32(symbol - 0x61 + 26)
    case 0x30...0x39: UInt32(symbol - 0x30 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
