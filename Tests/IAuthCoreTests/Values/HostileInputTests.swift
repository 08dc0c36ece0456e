// What no parser lets through, whatever is typed: seeded random texts out of harmless and hostile
// pieces, and the strings by which checks on Character are got round.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct HostileInputTests {
  /// Every parser, as the text that would be stored.
  static let parsers: [(name: String, parse: @Sendable (String) -> String?)] = [
    ("name", { typed in (try? PersonName(typed))?.text }),
    ("e-mail", { typed in (try? EmailAddress(typed))?.text }),
    ("mobile", { typed in (try? MobileNumber(typed))?.e164 }),
    ("reference", { typed in Reference(typed)?.text }),
    ("code", { typed in OneTimeCode(typed)?.digits }),
    ("title", { typed in try? FreeText.title(typed) }),
    ("unit", { typed in try? FreeText.unit(typed) }),
    ("phone", { typed in try? FreeText.phone(typed) }),
    ("document", { typed in try? FreeText.document(typed) }),
    ("reason", { typed in try? FreeText.reason(typed) }),
    ("note", { typed in try? FreeText.note(typed) }),
  ]

  static let pieces: [String] =
    [
      "王", "a", "Z", "1234", "５６７８", "ming@gov.tw", "A", "87654321", "@", ".", "gov.tw",
      "0912345678", "8", "+",
      "-", "A-7K3F-9QXM", "１", "＠", " ",
    ]
    + ["\u{3000}", "‧", "'", "(", ")", "\r\n", "\n", "\r", "\t", "\u{0}", "\u{1B}[2J", "\u{7F}"]
    + ["\u{85}", "\u{9B}", "\u{2028}", "\u{202E}", "\u{2066}", "\u{200B}", "\u{200D}", "\u{FEFF}"]
    + ["\u{AD}", "\u{301}", "\u{338}", "\u{FE0F}", "\u{E0041}", "\u{E000}", "\u{378}", "\u{FFFF}"]
    + ["\u{20000}", "\u{3FFFD}", "\u{3FFFE}", "\u{212A}", "१", "臺"]

  @Test func acceptedValuesAreHarmlessAndParseToThemselves() {
    var random = SplitMix64(state: 20_190_131)
    var accepted: [String: Int] = [:]
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...5, using: &random)
      let typed = (0..<count).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
      for (name, parse) in Self.parsers {
        guard let stored = parse(typed) else { continue }
        accepted[name, default: 0] += 1
        let isText = name == "reason" || name == "note"
        #expect(
          // A reason is kept as it came, and shown escaped.
          !stored.unicodeScalars.contains { isText ? $0 == "\0" : $0.isHostile },
          "\(name) of \(scalars(typed))")
        #expect(
          parse(stored).map(scalars) == scalars(stored),
          "\(name) of \(scalars(typed)) is not stable")
      }
    }
    // A test that refuses everything shows nothing.
    for (name, _) in Self.parsers { #expect(accepted[name, default: 0] > 50, "\(name)") }
  }

  /// What `Character`, `hasPrefix`, `lowercased` and `Int` do not see.
  @Test(arguments: [
    "a\r\nb", "user@gov.tw\u{0}@evil", "user@gov.tw\u{0}", "a\u{0}b", "a@b.tw\r\nBcc: c@d.tw",
    "0912345678\u{0}", "a\u{1B}]0;x\u{7}", "a\u{9B}2J", "\u{202E}a", "a\u{2029}b",
  ])
  func bypassesAreRefusedByAll(typed: String) {
    for (name, parse) in Self.parsers where name != "reason" && name != "note" {
      #expect(parse(typed) == nil, "\(name)")
    }
  }

  @Test(arguments: ["-\u{301}oX@b.tw", "\u{212A}@b.tw", "=\u{338}a@b.tw", "é@b.tw", "१@b.tw"])
  func looksLikeAsciiIsNoAddress(typed: String) {
    #expect((try? EmailAddress(typed)) == nil)
  }

  @Test func equalByScalarsOnly() throws {
    // Two stored names that String calls equal are two to the database; the key makes them one.
    let (composed, decomposed) = (try PersonName("é"), try PersonName("e\u{301}"))
    #expect(scalars(composed.text) != scalars(decomposed.text))
    #expect(scalars(composed.key) == scalars(decomposed.key))
  }
}

/// A small generator with a seed, so that a failure comes back.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
