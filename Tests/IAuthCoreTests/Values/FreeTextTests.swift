// Folding, hostile characters and the texts that people write in their own words.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct FreeTextTests {
  @Test(arguments: [
    ("ＡＢＣ＠１２３～！", "ABC@123~!"), ("\u{3000}機關　名稱\u{A0}\r\n", "機關 名稱"), ("", ""), (" \t\u{2028}", ""),
    ("ｱ\u{FF5F}", "ｱ\u{FF5F}"), ("a\u{301}", "a\u{301}"), ("\u{2003}é\u{85}", "é"),
  ])
  func foldingTakesFullWidthFormsAndSurroundingWhiteSpace(typed: String, folded: String) {
    #expect(scalars(Folding.fold(typed)) == scalars(folded))
    #expect(scalars(Folding.fold(folded)) == scalars(folded))
  }

  @Test func hostileScalarsAreThoseThatDeceive() {
    let hostile: [ClosedRange<UInt32>] = [
      0...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x34F...0x34F, 0x61C...0x61C, 0x115F...0x1160,
      0x17B4...0x17B5, 0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
      0x3164...0x3164, 0xE000...0xF8FF, 0xFDD0...0xFDEF, 0xFE00...0xFE0F, 0xFEFF...0xFEFF,
      0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0xFFFE...0xFFFF, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A,
      0x1FFFE...0x1FFFF, 0x2FFFE...0x2FFFF, 0x3FFFE...0x10FFFF, 0x378...0x379,
    ]
    for value in hostile.joined() {
      guard let scalar = Unicode.Scalar(value) else { continue }
      #expect(scalar.isHostile, "U+\(String(value, radix: 16))")
    }
    let harmless: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0xA0...0xAC, 0xAE...0x34E, 0x2010...0x2027, 0x3000...0x303F, 0x3105...0x312F,
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xF900...0xFA6D, 0xFF01...0xFF9F,
      0x20000...0x2FFFD, 0x30000...0x3FFFD, 0x1F600...0x1F64F,
    ]
    for value in harmless.joined() {
      guard let scalar = Unicode.Scalar(value) else { continue }
      #expect(!scalar.isHostile, "U+\(String(value, radix: 16))")
    }
  }

  @Test func textIsTrimmedAndOtherwiseKept() throws {
    #expect(try FreeText.title(" 科長　") == "科長")
    #expect(try FreeText.title("") == "")
    #expect(try FreeText.unit("資訊室（第二科）") == "資訊室（第二科）")
    #expect(try FreeText.phone("（０２）２３４５－６７８９＃１２３") == "（０２）２３４５－６７８９＃１２３")
    #expect(try FreeText.document("院臺護字第１１４０００１號 ") == "院臺護字第1140001號")
    #expect(scalars(try FreeText.note("a\r\nb\nc\r\n")) == scalars("a\nb\nc"))
    #expect(try FreeText.note("") == "")
    #expect(try FreeText.reason("離職") == "離職")
  }

  @Test func lengthsAreBoundedInScalars() throws {
    func long(_ count: Int) -> String { String(repeating: "長", count: count) }
    #expect(try FreeText.title(long(50)) == long(50))
    #expect(throws: IAuthError.nameInvalid(.tooLong(max: 50))) { try FreeText.label(long(51)) }
    #expect(throws: IAuthError.titleInvalid(.tooLong(max: 50))) { try FreeText.title(long(51)) }
    #expect(throws: IAuthError.titleInvalid(.tooLong(max: 50))) { try FreeText.unit(long(51)) }
    #expect(throws: IAuthError.phoneInvalid(.tooLong(max: 50))) { try FreeText.phone(long(51)) }
    #expect(throws: IAuthError.documentInvalid(.tooLong(max: 100))) {
      try FreeText.document(long(101))
    }
    #expect(try FreeText.reason(long(2_000)) == long(2_000))
    #expect(throws: IAuthError.reasonInvalid(.tooLong(max: 2_000))) {
      try FreeText.reason(long(2_001))
    }
    #expect(throws: IAuthError.titleInvalid(.tooLong(max: 50))) {
      try FreeText.title("e" + String(repeating: "\u{301}", count: 50))
    }
  }

  @Test func aReasonIsNeverEmpty() {
    for typed in ["", " ", "\r\n", "\u{3000}\t"] {
      #expect(throws: IAuthError.reasonInvalid(.empty)) { try FreeText.reason(typed) }
    }
  }

  /// A reason is kept as it came; at a prompt such characters are keys that slipped.
  @Test(arguments: [
    "ok\n\u{1B}[2J\u{202E}", "a\tb", "a\rb", "a\u{E0041}b", "字\u{E000}", "a\u{200B}b", "a\u{85}b",
  ])
  func whatSteersIsKeptInAReason(typed: String) throws {
    #expect(scalars(try FreeText.reason(typed)) == scalars(typed))
    #expect(scalars(try FreeText.note(typed)) == scalars(typed))
    if typed != "a\tb" { #expect(throws: IAuthError.self) { try FreeText.typedReason(typed) } }
  }

  @Test func noTextHasANul() throws {
    #expect(throws: IAuthError.reasonInvalid(.forbidden(scalar: 0))) {
      try FreeText.reason("a\u{0}b")
    }
    #expect(scalars(try FreeText.typedReason(" a\tb ")) == scalars("a\tb"))
    #expect(throws: IAuthError.reasonInvalid(.empty)) { try FreeText.typedReason(" ") }
  }

  @Test(
    arguments: [
      ("ok\u{1B}[2Jx", 0x1B), ("a\u{202E}b", 0x202E), ("a\u{0}b", 0), ("a\rb", 0xD),
      ("a\u{85}b", 0x85),
      ("a\tb", 9), ("a\u{E0041}b", 0xE0041), ("a\r\r\nb", 0xD),
    ] as [(String, UInt32)])
  func hostileCharactersAreNamed(typed: String, scalar: UInt32) {
    let problem = ValueProblem.forbidden(scalar: scalar)
    #expect(throws: IAuthError.titleInvalid(problem)) { try FreeText.title(typed) }
    #expect(throws: IAuthError.phoneInvalid(problem)) { try FreeText.phone(typed) }
    #expect(throws: IAuthError.documentInvalid(problem)) { try FreeText.document(typed) }
  }

  @Test(arguments: ["a\nb", "a\r\nb"])
  func onlyReasonsHaveSeveralLines(typed: String) throws {
    #expect(scalars(try FreeText.reason(typed)) == scalars("a\nb"))
    #expect(throws: IAuthError.self) { try FreeText.title(typed) }
    #expect(throws: IAuthError.self) { try FreeText.document(typed) }
  }
}
