// What text files from agencies are encoded in, found from the bytes. Decoding is strict: an
// undecodable byte is an error with its place, never a silent `?` in someone's name.

import Values

/// The encoding of a CSV or TSV file.
package enum TextEncoding: String, CaseIterable, Sendable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case cp950

  /// What programs put before a text to say that it is UTF-8.
  static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// A text without the mark before it.
  package static func withoutMark(_ text: [UInt8]) -> ArraySlice<UInt8> {
    text.starts(with: mark) ? text.dropFirst(mark.count) : text[...]
  }

  /// Finds the encoding of a text, and begins it again.
  ///
  /// UTF-16 is told by its mark, or by the zero bytes that digits and delimiters have in it. What
  /// is no UTF-8 is taken for CP950 (Traditional Chinese Windows) if that goes further.
  /// - Throws: what the source does; `.sheetUnreadable(.unsupported)` without a converter.
  package static func find(in source: any ByteSource) throws(IAuthError) -> TextEncoding {
    guard let head = try source.next() else { return .utf8 }
    if Self.isUTF16(head) {
      try source.rewind()
      return .utf16
    }
    var check = UTF8Check()
    var piece: [UInt8]? = head
    while let bytes = piece, check.fault == nil {
      check.add(bytes)
      piece = try source.next()
    }
    check.finish()
    try source.rewind()
    guard let utf8Fault = check.fault else { return .utf8 }
    var decoder = TextDecoder(source, encoding: .cp950)
    while try decoder.next() != nil {}
    try source.rewind()
    guard let fault = decoder.fault, fault <= utf8Fault else { return .cp950 }
    return .utf8
  }

  private static func isUTF16(_ head: [UInt8]) -> Bool {
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) { return true }
    let zeros = head.prefix(4_096).count { $0 == 0 }
    // Han text has few zero bytes, but no line of a form is without a delimiter.
    return zeros * 50 >= min(head.count, 4_096)
  }
}

/// Looks for the first byte of a text that is no UTF-8, piece by piece.
private struct UTF8Check {
  /// Where it is.
  private(set) var fault: Int?
  private var rest: [UInt8] = []
  private var offset = 0

  package mutating func add(_ piece: [UInt8]) {
    let bytes = rest + piece
    // A sequence may go on in the next piece: the last three bytes tell.
    var end = bytes.count
    for index in bytes.indices.suffix(3).reversed() where bytes[index] & 0xC0 != 0x80 {
      let length = bytes[index] < 0xC0 ? 1 : bytes[index] < 0xE0 ? 2 : bytes[index] < 0xF0 ? 3 : 4
      if index + length > bytes.count { end = index }
      break
    }
    check(bytes[..<end])
    rest = Array(bytes[end...])
  }

  package mutating func finish() { check(rest[...]) }

  private mutating func check(_ bytes: ArraySlice<UInt8>) {
    guard fault == nil else { return }
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      offset += bytes.count
    } catch {
      fault = offset + error.byteOffsets.lowerBound
    }
  }
}
