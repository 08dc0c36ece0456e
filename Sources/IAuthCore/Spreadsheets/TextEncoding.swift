// What text files from agencies are encoded in, found from the bytes and turned into UTF-8.
// Decoding is strict: an undecodable byte is an error with its place, never a silent `?` in
// someone's name.

/// The encoding of a CSV or TSV file.
package enum TextEncoding: String, CaseIterable, Sendable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case cp950

  /// The file in UTF-8; the very bytes if they are so already.
  ///
  /// UTF-16 is told by its mark, or by the zero bytes that digits and delimiters have in it. What
  /// is no UTF-8 is taken for CP950 (Traditional Chinese Windows) if all of it is that.
  /// - Parameter encoding: the encoding, when it is not to be found from the bytes.
  /// - Throws: `.sheetUnreadable(.badByte)` with the row and the offset in the file, in the
  ///   encoding that goes further.
  static func decoded(_ bytes: [UInt8], as encoding: TextEncoding?) throws(IAuthError) -> [UInt8] {
    switch encoding {
    case .utf8: return bytes
    case .utf16: return try utf16(bytes)
    case .cp950: return try cp950(bytes)
    case nil: break
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return try utf16(bytes)
    }
    let zeros = bytes.prefix(4_096).count { $0 == 0 }
    // Han text has few zero bytes, but no line of a form is without a delimiter.
    if zeros * 50 >= min(bytes.count, 4_096) { return try utf16(bytes) }
    guard let utf8Fault = firstFault(ofUTF8: bytes) else { return bytes }
    do throws(IAuthError) {
      return try cp950(bytes)
    } catch {
      guard case .sheetUnreadable(.badByte(_, let offset)) = error, offset > utf8Fault else {
        throw badByte(row: rows(in: bytes, until: utf8Fault), offset: utf8Fault)
      }
      throw error
    }
  }

  private static func firstFault(ofUTF8 bytes: [UInt8]) -> Int? {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }

  /// UTF-16 by its mark, else by the side on which the zeros of ASCII stand, as UTF-8.
  private static func utf16(_ bytes: [UInt8]) throws(IAuthError) -> [UInt8] {
    let hasMark = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    let head = bytes.prefix(4_096)
    let isBigEndian =
      hasMark
      ? bytes[0] == 0xFE
      : head.indices.count { $0 % 2 == 0 && head[$0] == 0 }
        > head.indices.count { $0 % 2 == 1 && head[$0] == 0 }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var position = hasMark ? 2 : 0
    while position < bytes.count {
      let start = position
      guard let unit = unit(of: bytes, at: &position, isBigEndian: isBigEndian), unit != 0 else {
        throw badByte(row: rows(in: decoded, until: decoded.count), offset: start)
      }
      var value = UInt32(unit)
      if UTF16.isLeadSurrogate(unit) {
        let trail = Self.unit(of: bytes, at: &position, isBigEndian: isBigEndian)
        if let trail, UTF16.isTrailSurrogate(trail) {
          value = 0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(trail) & 0x3FF
        }
      }
      guard let scalar = Unicode.Scalar(value) else {
        throw badByte(row: rows(in: decoded, until: decoded.count), offset: start)
      }
      UTF8.encode(scalar).map { decoded.append(contentsOf: $0) }
    }
    return decoded
  }

  private static func unit(
    of bytes: [UInt8], at position: inout Int, isBigEndian: Bool
  ) -> UInt16? {
    guard position + 1 < bytes.count else { return nil }
    let (first, second) = (UInt16(bytes[position]), UInt16(bytes[position + 1]))
    position += 2
    return isBigEndian ? first << 8 | second : second << 8 | first
  }

  /// CP950 as glibc knows it, as UTF-8.
  private static func cp950(_ bytes: [UInt8]) throws(IAuthError) -> [UInt8] {
    guard let (decoded, consumed) = CodePage950.utf8(of: bytes) else {
      throw .unsupported("cp950")
    }
    guard consumed == bytes.count else {
      throw badByte(row: rows(in: decoded, until: decoded.count), offset: consumed)
    }
    return decoded
  }

  /// The row that a place in UTF-8 text belongs to.
  private static func rows(in bytes: [UInt8], until offset: Int) -> Int {
    var reader = DelimitedReader(Array(bytes[..<offset]) + [UInt8(ascii: "x")])
    var row = 1
    do throws(IAuthError) {
      while let next = try reader.next() { row = next.number }
    } catch {
      // Within quotes that end behind the place.
      if case .sheetUnreadable(.badQuote(let open)) = error { return open }
    }
    return row
  }

  private static func badByte(row: Int, offset: Int) -> IAuthError {
    .sheetUnreadable(.badByte(row: row, offset: offset))
  }
}
