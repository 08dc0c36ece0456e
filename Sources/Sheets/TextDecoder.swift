// A text file as UTF-8, decoded piece by piece. What a piece ends in the middle of is kept for the
// next one; at the first undecodable byte the text ends, and the decoder knows where that is.

import Values

package struct TextDecoder {
  private let source: any ByteSource
  private let encoding: TextEncoding
  /// What the last piece ended in the middle of.
  private var rest: [UInt8] = []
  /// Where `rest` begins in the file.
  private var offset = 0
  private var isBigEndian: Bool?
  /// Where the first undecodable byte is, once the text has ended there.
  package private(set) var fault: Int?

  package init(_ source: any ByteSource, encoding: TextEncoding) {
    self.source = source
    self.encoding = encoding
  }

  /// The next piece of the text, in UTF-8; nil at the end, or at the first undecodable byte.
  ///
  /// Of a file in UTF-8 it is the very bytes, unchecked.
  package mutating func next() throws(IAuthError) -> [UInt8]? {
    guard fault == nil else { return nil }
    guard let piece = try source.next() else {
      if !rest.isEmpty { fault = offset }
      return nil
    }
    guard encoding != .utf8 else { return piece }
    let bytes = rest.isEmpty ? piece : rest + piece
    let (decoded, consumed, isBad) =
      encoding == .utf16 ? utf16(bytes) : try Self.cp950(bytes)
    offset += consumed
    if isBad { fault = offset }
    rest = Array(bytes[consumed...])
    return decoded
  }

  private typealias Decoded = (text: [UInt8], consumed: Int, isBad: Bool)

  /// UTF-16 by its mark, else by the side on which the zeros of ASCII stand.
  private mutating func utf16(_ bytes: [UInt8]) -> Decoded {
    var position = 0
    if isBigEndian == nil {
      let hasMark = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
      let head = bytes.prefix(4_096)
      isBigEndian =
        hasMark
        ? bytes[0] == 0xFE
        : head.indices.count { $0 % 2 == 0 && head[$0] == 0 }
          > head.indices.count { $0 % 2 == 1 && head[$0] == 0 }
      if hasMark { position = 2 }
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    while position + 1 < bytes.count {
      let unit = unit(of: bytes, at: position)
      var value = UInt32(unit)
      var length = 2
      if UTF16.isLeadSurrogate(unit) {
        guard position + 3 < bytes.count else { break }
        let trail = self.unit(of: bytes, at: position + 2)
        if UTF16.isTrailSurrogate(trail) {
          value = 0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(trail) & 0x3FF
          length = 4
        }
      }
      guard unit != 0, let scalar = Unicode.Scalar(value) else { return (decoded, position, true) }
      UTF8.encode(scalar).map { decoded.append(contentsOf: $0) }
      position += length
    }
    return (decoded, position, false)
  }

  private func unit(of bytes: [UInt8], at position: Int) -> UInt16 {
    let (first, second) = (UInt16(bytes[position]), UInt16(bytes[position + 1]))
    return isBigEndian == true ? first << 8 | second : second << 8 | first
  }

  /// CP950 as glibc knows it.
  private static func cp950(_ bytes: [UInt8]) throws(IAuthError) -> Decoded {
    guard let (decoded, consumed) = CodePage950.utf8(of: bytes) else {
      throw .unsupported("cp950")
    }
    // A single byte at the end may be the first half of a character.
    return (decoded, consumed, bytes.count - consumed > 1)
  }
}
