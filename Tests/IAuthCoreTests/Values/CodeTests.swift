// References and one-time codes: what is drawn, and what is read back from people.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct CodeTests {
  @Test(arguments: [
    ([0, 0, 0, 0, 0] as [UInt8], "A-0000-0000"), ([255, 255, 255, 255, 255], "A-ZZZZ-ZZZZ"),
    ([0, 0, 0, 0, 1], "A-0000-0001"), ([0x84, 0x21, 0x08, 0x42, 0x10], "A-GGGG-GGGG"),
    ([0x3C, 0xC6, 0xF4, 0xDF, 0xB4], "A-7K3F-9QXM"),
  ])
  func fiveBytesAreEightSymbols(bytes: [UInt8], text: String) {
    let reference = Reference(kind: .application, random: bytes)
    #expect(reference.text == text)
    #expect(Reference(text) == reference)
    #expect(Reference(stored: text) == reference)
  }

  @Test(arguments: [
    "A-7K3F-9QXM", "a-7k3f-9qxm", "A7K3F9QXM", " a 7k3f 9qxm\n", "Ａ－７Ｋ３Ｆ－９ＱＸＭ", "A--7K3F9-QXM",
  ])
  func caseHyphensAndSpacesDoNotMatter(typed: String) {
    #expect(Reference(typed)?.text == "A-7K3F-9QXM")
  }

  @Test func looksAlikeIsRead() {
    #expect(Reference("s-oil1-0Il1") == Reference("S-0111-0111"))
    #expect(Reference("S-0111-0111")?.kind == .signIn)
    #expect(Reference(stored: "S-0111-0111").kind == .signIn)
  }

  @Test(arguments: [
    "", "A", "B-7K3F-9QXM", "A-7K3F-9QX", "A-7K3F-9QXMM", "A-7K3F-9QXU", "A-7K3F-9QX\u{0}",
    "A-7K3F-9QXM\u{301}", "7K3F-9QXM", "A_7K3F_9QXM", "A-7K3F-9QX１１", "\u{212A}-7K3F-9QXM",
    "A-7K3F-9Q\u{200B}XM", "A-7K3F-9QX\u{212A}",
  ])
  func whatIsNoReferenceIsNil(typed: String) {
    #expect(Reference(typed) == nil)
  }

  @Test(arguments: [
    ("12345678", "12345678"), (" 1234 5678\r\n", "12345678"), ("1234-5678", "12345678"),
    ("１２３４５６７８", "12345678"), ("00000000", "00000000"),
    ("\u{200B}1234\u{2060}5678\u{FEFF}", "12345678"),
    ("1234\u{3000}5678", "12345678"), ("1234–5678", "12345678"), ("\t12345678", "12345678"),
  ])
  func codesAreReadAsTyped(typed: String, digits: String) {
    #expect(OneTimeCode(typed)?.digits == digits)
  }

  @Test(arguments: [
    "", "1234567", "123456789", "1234567a", "+1234567", "12345678\u{0}", "१२३४५६७८",
    "1234567\u{301}8",
    "1234567८", "1234\r\n5678x", "1234\n5678",
  ])
  func whatIsNoCodeIsNil(typed: String) {
    #expect(OneTimeCode(typed) == nil)
  }

  @Test func codesAreDrawnEvenly() {
    // 4,199,999,999 is the last number taken, 4,200,000,000 the first that is drawn again.
    var draws: [[UInt8]] = [
      [0xFA, 0x56, 0xEA, 0x00], [0xFF, 0xFF, 0xFF, 0xFF], [0xFA, 0x56, 0xE9, 0xFF],
    ]
    #expect(OneTimeCode { _ in draws.removeFirst() }.digits == "99999999")
    #expect(draws.isEmpty)
    #expect(OneTimeCode { [UInt8](repeating: 0, count: $0) }.digits == "00000000")
    var first = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 {
      let code = OneTimeCode { count in (0..<count).map { _ in UInt8.random(in: 0...255) } }
      #expect(OneTimeCode(code.digits) == code)
      first[Int(code.digits.utf8.first ?? 0) - 0x30] += 1
    }
    // 1,000 expected; six standard deviations are 180.
    #expect(first.allSatisfy { (820...1180).contains($0) })
  }
}
