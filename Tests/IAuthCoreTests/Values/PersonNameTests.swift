// Names: which are names, which are one name, and which a reviewer should look at twice.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct PersonNameTests {
  @Test(arguments: [
    "王小明", "王 小明", "瓦歷斯‧諾幹", "Walis·Norgan", "夏曼．藍波安", "O'Brien", "Anne-Marie", "J. R. Smith",
    "José", "Jose\u{301}", "Nguyễn Văn A", "〇一", "𠮷野", "\u{323B0}田", "Ａｎｎａ", "Иван", "محمد", "ไทย",
    "高雄2", "Lafay’ Sawmah", "Fa^as", "Ba:i'", "'o^'o", "曾ㄚ妹", "\u{F9FF}", "王",
    String(repeating: "王", count: 50),
  ])
  func namesAreKeptAsTyped(typed: String) throws {
    let name = try PersonName(" \(typed)\u{3000}\n")
    #expect(scalars(name.text) == scalars(typed))
    #expect(PersonName(stored: name.text) == name)
    #expect(try PersonName(name.text) == name)
    #expect(!name.isMixedScript)
  }

  @Test(
    arguments: [
      ("", .empty), (" \u{3000}\r\n", .empty),
      (String(repeating: "王", count: 51), .tooLong(max: 50)),
      ("a" + String(repeating: "\u{301}", count: 50), .tooLong(max: 50)),
      ("王\n明", .forbidden(scalar: 10)),
      ("王\r\n明", .forbidden(scalar: 13)), ("a\u{0}b", .forbidden(scalar: 0)),
      ("a\u{202E}b", .forbidden(scalar: 0x202E)), ("王\u{200B}明", .forbidden(scalar: 0x200B)),
      ("王\u{E0101}", .forbidden(scalar: 0xE0101)), ("王\u{E001}", .forbidden(scalar: 0xE001)),
      ("\u{E0041}a", .forbidden(scalar: 0xE0041)), ("a\u{378}", .forbidden(scalar: 0x378)),
      ("王\u{3164}", .forbidden(scalar: 0x3164)), ("王,明", .forbidden(scalar: 0x2C)),
      ("王(明)", .forbidden(scalar: 0x28)),
      ("=cmd", .forbidden(scalar: 0x3D)), ("<b>", .forbidden(scalar: 0x3C)),
      ("王;明", .forbidden(scalar: 0x3B)), ("a@b", .forbidden(scalar: 0x40)),
      ("...", .noLetter), ("12", .noLetter), ("\u{301}a", .malformed),
      ("王😀", .forbidden(scalar: 0x1F600)), ("?小明", .forbidden(scalar: 0x3F)),
      ("a\"b", .forbidden(scalar: 0x22)), ("a\u{2800}b", .forbidden(scalar: 0x2800)),
      ("=\u{338}a", .forbidden(scalar: 0x3D)), ("a/b", .forbidden(scalar: 0x2F)),
      ("a^", .forbidden(scalar: 0x5E)), (":a", .forbidden(scalar: 0x3A)),
      ("a : b", .forbidden(scalar: 0x3A)), ("a^1", .forbidden(scalar: 0x5E)),
    ] as [(String, ValueProblem)])
  func whatIsNoNameIsRefused(typed: String, problem: ValueProblem) {
    #expect(throws: IAuthError.nameInvalid(problem)) { try PersonName(typed) }
  }

  /// As text out of a PDF has them.
  @Test(
    arguments: [
      ("王⼩明", "王小明"), ("⽯⼤⼒", "石大力"), ("\u{2ED3}江", "长江"), ("\u{2E80}a", nil),
      ("\u{2FD5}", "\u{9FA0}"), ("\u{2F00}", "一"), ("\u{2EF3}", "龟"), ("\u{2E81}", "厂"),
    ] as [(String, String?)])
  func radicalsAreTheCharactersThatTheyLookLike(typed: String, name: String?) {
    #expect((try? PersonName(typed).text) == name)
  }

  @Test(arguments: [
    ["王小明", "王 小 明", "王　小明", "王\u{A0}小明"], ["臺大明", "台大明"],
    ["瓦歷斯‧諾幹", "瓦歷斯·諾幹", "瓦歷斯・諾幹", "瓦歷斯•諾幹", "瓦歷斯．諾幹", "瓦歷斯･諾幹", "瓦歷斯 ‧ 諾幹"],
    ["José", "Jose\u{301}", "JOSÉ", "ＪＯＳＥ\u{301}"], ["Anna Li", "ANNALI", "ａｎｎａ　ｌｉ"],
    ["Ba:i'", "Ba:i’", "Ba:i‘", "Ba:iʼ", "Ba:i＇", "Ba:i`"], ["O'Brien", "O’BRIEN", "o ʼbrien"],
    ["Straße", "STRASSE", "strasse"], ["ﬁona", "Fiona"], ["ｱﾝﾅ", "アンナ"], ["ｶﾞｯﾊﾞ", "ガッバ"],
    ["Σίσυφος", "ΣΊΣΥΦΟΣ"], ["\u{F9FF}", "\u{523A}"], ["ᄀ\u{1161}\u{11A8}", "각"],
    ["K", "\u{212A}", "k"],
    ["a\u{323}\u{307}", "a\u{307}\u{323}"], ["ᾳ", "αι", "ᾼ"],
  ])
  func spellingsOfOneNameCompareEqual(names: [String]) throws {
    let keys = try names.map { scalars(try PersonName($0).key) }
    #expect(Set(keys).count == 1)
  }

  @Test(arguments: [
    ("王小明", "王曉明"), ("A.B", "A·B"), ("AB", "A·B"), ("Jose", "José"), ("а", "a"), ("a-b", "ab"),
    ("O'Brien", "OBrien"), ("㐂", "喜"), ("己", "已"), ("吳", "呉"),
  ])
  func otherNamesStayApart(a: String, b: String) throws {
    #expect(scalars(try PersonName(a).key) != scalars(try PersonName(b).key))
  }

  @Test func everyScalarComparesAsUnicodeSays() throws {
    var expected: [String: String] = [:]
    for line in try fixture("name-keys.txt") {
      let source = try text(ofScalars: line[0])
      let key = NameComparison.key(of: source)
      #expect(scalars(key) == line[1], "of \(line[0])")
      #expect(scalars(NameComparison.key(of: key)) == line[1], "the form of the form of \(line[0])")
      expected[line[0]] = line[1]
    }
    var same = 0
    for value in UInt32(0)...0x3FFFF {
      guard let scalar = Unicode.Scalar(value), !scalar.isHostile,
        isLetterMarkOrDigit(scalar),
        expected[String(value, radix: 16, uppercase: true)] == nil,
        // The fixture's case folding is of Unicode 14.
        scalar.properties.age.map({ $0.major <= 14 }) ?? true
      else { continue }
      same += 1
      if NameComparison.key(of: "\(scalar)").unicodeScalars.elementsEqual([scalar]) { continue }
      Issue.record("U+\(String(value, radix: 16)) should be its own comparison form")
    }
    #expect(same > 120_000)
  }

  @Test func canonicalAndCompatibleSpellingsCompareEqual() throws {
    for line in try fixture("normalization.txt") {
      let keys = try line.map { scalars(NameComparison.key(of: try text(ofScalars: $0))) }
      #expect(Set(keys).count == 1, "\(line[0])")
      let folded = NameComparison.key(of: try text(ofScalars: line[3]).lowercased())
      #expect(scalars(folded) == keys[0], "\(line[0])")
    }
  }

  @Test(arguments: [
    "Аnna", "Annа", "Ιvan", "王Иван", "a\u{561}", "ᎪNNA", "王α", "ไa", "Ａｎｎа", "אa", "王ไ", "ᎪꓐC",
  ])
  func mixedScriptsAreMarked(typed: String) throws {
    #expect(try PersonName(typed).isMixedScript)
  }

  @Test(arguments: [
    "王Anna", "陳A‧B", "王ㄅㄆ", "田中のぞみ", "山田アンナ Anna", "김철수 Kim 金", "Oʼzbek", "Іван Шевченкоʼ",
    "Panay-王2",
    "Å", "ＡＢ王",
  ])
  func usualCompanyIsNotMixed(typed: String) throws {
    #expect(!(try PersonName(typed).isMixedScript))
  }
}

private func isLetterMarkOrDigit(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
    .letterNumber, .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber:
    true
  default:
    (0x20000...0x3FFFD).contains(scalar.value)
  }
}
