// CP950 by glibc's iconv, the one place where sheets touch C. The name of the code page is a
// constant: a name from a file would choose which of glibc's many converters runs.

import Glibc
import Values

package enum CodePage950 {
  /// The bytes in UTF-8, up to the first that is undecodable, and how many were decoded.
  ///
  /// Nil if the system has no such converter. A zero byte counts as undecodable.
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
      }
      return total - inputLeft
    }
    return (decoded, consumed)
  }
}
