// The word by which a reviewer says what they saw (PRODUCT 3.4, `--expect`). Keyed, so that nobody
// outside can look for two states with one word; short enough to be typed.

package enum VersionWord {
  /// 60 bits in Crockford's base 32, which no guess meets and twelve keystrokes type.
  private static let symbols = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  /// The word for everything that is shown; a length in front of each text lets no character move
  /// from one to the next.
  package static func make(of shown: [String], key: [UInt8]) -> String {
    var bytes = Array("iauth-version/1".utf8)
    bytes.reserveCapacity(500)
    for text in shown {
      let count = UInt32(truncatingIfNeeded: text.utf8.count)
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: count >> shift))
      }
      bytes.append(contentsOf: text.utf8)
    }
    let code = HMACSHA256.code(key: key, message: bytes)
    let bits = code.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let word = (0..<12).map { symbols[Int(bits >> UInt64(59 - 5 * $0) & 31)] }
    return String(decoding: word, as: UTF8.self)
  }

  /// A word as typed: case does not matter, nor what looks alike.
  package static func folded(_ typed: String) -> String {
    let bytes = Folding.fold(typed).utf8.map { byte -> UInt8 in
      let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      switch lower {
      case UInt8(ascii: "o"): return UInt8(ascii: "0")
      case UInt8(ascii: "i"), UInt8(ascii: "l"): return UInt8(ascii: "1")
      default: return lower
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
