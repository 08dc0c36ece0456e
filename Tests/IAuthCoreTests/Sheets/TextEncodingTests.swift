// Encodings: found from the bytes, decoded strictly, faults named by row and by the file's own
// offset.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// Text in UTF-16 without a mark.
private func utf16(_ text: String, isBigEndian: Bool) -> [UInt8] {
  text.utf16.flatMap {
    let (high, low) = (UInt8($0 >> 8), UInt8($0 & 0xFF))
    return isBigEndian ? [high, low] : [low, high]
  }
}

/// 姓名,機關 and 王銹,臺北 in CP950.
private let cp950: [UInt8] =
  [0xA9, 0x6D, 0xA6, 0x57, 0x2C, 0xBE, 0xF7, 0xC3, 0xF6, 0x0D, 0x0A]
  + [0xA4, 0xFD, 0xF9, 0xD7, 0x2C, 0xBB, 0x4F, 0xA5, 0x5F, 0x0D, 0x0A]

/// All rows of a file, read in pieces of a length.
private func cells(
  of bytes: [UInt8], as encoding: TextEncoding? = nil, pieceBytes: Int = Limits.pieceBytes
) throws(IAuthError) -> [[String]] {
  var reader = try SheetFormat.open(
    MemorySource(bytes, pieceBytes: pieceBytes), encoding: encoding)
  var rows: [[String]] = []
  while let row = try reader.next() { rows.append(row.cells) }
  return rows
}

@Suite struct TextEncodingTests {
  static let text = "姓名,機關\r\n王銹,臺北\r\n"

  static let encoded: [[UInt8]] = [
    Array(text.utf8), [0xEF, 0xBB, 0xBF] + text.utf8,
    [0xFF, 0xFE] + utf16(text, isBigEndian: false), [0xFE, 0xFF] + utf16(text, isBigEndian: true),
    utf16(text, isBigEndian: false), utf16(text, isBigEndian: true), cp950,
  ]

  @Test(arguments: encoded)
  func encodingIsFoundFromTheBytes(bytes: [UInt8]) throws {
    // A piece that ends within a character, a line end or a quote makes no difference.
    // UTF-16 without its mark is found by its zeros, of which a short piece has none.
    let isFoundByZeros = bytes.contains(0) && bytes[0] < 0xFE
    for pieceBytes in isFoundByZeros ? [bytes.count] : [bytes.count, 7, 3, 2] {
      #expect(
        try cells(of: bytes, pieceBytes: pieceBytes) == [["姓名", "機關"], ["王銹", "臺北"]])
    }
  }

  @Test func theOptionOverrides() throws {
    let bytes = utf16("甲,乙\n", isBigEndian: false)
    #expect(try cells(of: bytes, as: .utf16) == [["甲", "乙"]])
    #expect(throws: IAuthError.self) {
      try cells(of: cp950, as: .utf8)
    }
    #expect(throws: IAuthError.self) { try cells(of: Array("機關".utf8), as: .cp950) }
  }

  @Test(
    arguments: [
      // CP950: a lead byte alone at the end, and one before a line end.
      (cp950 + [0xA4], nil, 3, 22), (cp950 + [0x2C, 0xA4, 0x0D, 0x0A], nil, 3, 23),
      (cp950 + [0x22, 0x0A, 0x0A, 0xFF], nil, 3, 25),
      (cp950 + [0x41, 0x00], TextEncoding.cp950, 3, 23),
      // UTF-16: half a pair, the other half, half a unit, U+0000.
      ([0xFF, 0xFE, 0x41, 0, 0x0A, 0, 0x3D, 0xD8, 0x41, 0], nil, 2, 6),
      ([0xFF, 0xFE, 0x41, 0, 0x0A, 0, 0x00, 0xDC], nil, 2, 6),
      ([0xFF, 0xFE, 0x41, 0, 0x42], nil, 1, 4),
      ([0xFF, 0xFE, 0x0A, 0, 0, 0], nil, 2, 4),
      // UTF-8 with one bad byte: CP950 does not get further.
      (Array("姓名,機關\n陳".utf8) + [0xFF, 0x0A], nil, 2, 17),
    ] as [([UInt8], TextEncoding?, Int, Int)])
  func anUndecodableByteIsNamed(bytes: [UInt8], encoding: TextEncoding?, row: Int, offset: Int) {
    for pieceBytes in [bytes.count, 5] {
      #expect(throws: IAuthError.sheetUnreadable(.badByte(row: row, offset: offset))) {
        try cells(of: bytes, as: encoding, pieceBytes: pieceBytes)
      }
    }
  }

  @Test func pairsOfUTF16AreOneScalar() throws {
    let bytes = [0xFF, 0xFE] + utf16("𠀀,𮯰", isBigEndian: false)
    #expect(try cells(of: bytes) == [["𠀀", "𮯰"]])
    #expect(try cells(of: bytes, pieceBytes: 4) == [["𠀀", "𮯰"]])
  }

  @Test func longTextOfCP950PassesThePiecesOfTheConverter() throws {
    let line = Array(repeating: cp950, count: 4_000).flatMap { $0 }
    let rows = try cells(of: line)
    #expect(rows.count == 8_000)
    #expect(Set(rows) == [["姓名", "機關"], ["王銹", "臺北"]])
  }
}
