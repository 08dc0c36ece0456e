// Hexadecimal and base64 both ways.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct EncodingTests {
  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", "", ""), ("f", "66", "Zg=="), ("fo", "666f", "Zm8="), ("foo", "666f6f", "Zm9v"),
    ("foob", "666f6f62", "Zm9vYg=="), ("fooba", "666f6f6261", "Zm9vYmE="),
    ("foobar", "666f6f626172", "Zm9vYmFy"),
  ])
  func vectorsOfRFC4648(plain: String, hex: String, base64: String) {
    let bytes = Array(plain.utf8)
    #expect(Hex.encode(bytes) == hex)
    #expect(Hex.decode(hex) == bytes)
    #expect(Base64.encode(bytes) == base64)
    #expect(Base64.decode(base64) == bytes)
  }

  @Test func everyByteComesBack() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    #expect(Hex.decode("00FFaB") == [0, 255, 171])
  }

  @Test func linesAreOf76Characters() {
    let bytes = [UInt8](repeating: 0x41, count: 150)
    let lines = Base64.lines(bytes)
    #expect(lines.map(\.utf8.count) == [76, 76, 48])
    #expect(lines.flatMap { Base64.decode($0) ?? [] } == bytes)
    #expect(Base64.lines([]).isEmpty)
  }

  @Test(arguments: ["0", "0g", "é0", " 00", "+1", "00\n"])
  func malformedHexIsNil(text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test(arguments: [
    "Zg", "Zg=", "Z===", "=Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9v", "====", "Zm9\n",
  ])
  func malformedBase64IsNil(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
