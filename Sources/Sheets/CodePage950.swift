// CP950 by glibc's iconv, the one place where sheets touch C. The name of the code page is a
// constant: a name from a file would choose which of glibc's many converters runs.

import Glibc
import Values

package enum CodePage950 {
  /// The bytes in UTF-8, up to the first that is undecodable, and how many were decoded.
  ///
  /// A character that somebody has made on their own machine (造字) becomes the one of the private
  /// use area that Windows gives it. Nil if the system has no such converter. A zero byte counts as
  /// undecodable.
  package static func utf8(of bytes: [UInt8]) -> (decoded: [UInt8], consumed: Int)? {
    let converter = unsafe iconv_open("UTF-8", "CP950")
    guard unsafe converter != iconv_t(bitPattern: -1) else { return nil }
    defer { unsafe iconv_close(converter) }
    var source = Array(bytes[..<(bytes.firstIndex(of: 0) ?? bytes.endIndex)])
    var decoded: [UInt8] = []
    decoded.reserveCapacity(source.count + source.count / 2)
    var piece = [UInt8](repeating: 0, count: 65_536)
    let total = source.count
    let consumed = unsafe source.withUnsafeMutableBytes { source in
      var input = unsafe source.baseAddress?.assumingMemoryBound(to: CChar.self)
      var inputLeft = total
      var isStuck = false
      while inputLeft > 0, !isStuck {
        let made = unsafe piece.withUnsafeMutableBytes { piece in
          var output = unsafe piece.baseAddress?.assumingMemoryBound(to: CChar.self)
          var outputLeft = piece.count
          let result = unsafe iconv(converter, &input, &inputLeft, &output, &outputLeft)
          isStuck = result == -1 && errno != E2BIG
          return piece.count - outputLeft
        }
        decoded.append(contentsOf: piece[..<made])
        let place = total - inputLeft
        if isStuck, inputLeft >= 2, let own = ownCharacter(bytes[place], bytes[place + 1]) {
          UTF8.encode(own).map { decoded.append(contentsOf: $0) }
          unsafe input = unsafe input?.advanced(by: 2)
          inputLeft -= 2
          isStuck = false
        }
      }
      return total - inputLeft
    }
    return (decoded, consumed)
  }

  /// What the two bytes of a 造字 stand for: rows of 157, in the order of Windows.
  private static func ownCharacter(_ lead: UInt8, _ trail: UInt8) -> Unicode.Scalar? {
    let column: UInt32
    switch trail {
    case 0x40...0x7E: column = UInt32(trail) - 0x40
    case 0xA1...0xFE: column = UInt32(trail) - 0xA1 + 63
    default: return nil
    }
    let (first, base): (UInt8, UInt32)
    switch lead {
    case 0xFA...0xFE: (first, base) = (0xFA, 0xE000)
    case 0x8E...0xA0: (first, base) = (0x8E, 0xE311)
    case 0x81...0x8D: (first, base) = (0x81, 0xEEB8)
    case 0xC6...0xC8 where trail >= 0xA1:
      return Unicode.Scalar(0xF6B1 + UInt32(lead - 0xC6) * 94 + column - 63)
    default: return nil
    }
    return Unicode.Scalar(base + UInt32(lead - first) * 157 + column)
  }
}
