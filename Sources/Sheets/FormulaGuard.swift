// Cells that a spreadsheet program would run as formulas get an apostrophe in front when written,
// and lose it again when read (OWASP ASVS 5.0, 1.2.10). The two are exact inverses, so a report can
// be submitted again as it is.

import Values

package enum FormulaGuard {
  /// The text as it may stand in a sheet.
  package static func guarded(_ text: String) -> String {
    isRisky(text) ? "'" + text : text
  }

  /// The text that `guarded` was given; any other text as it is.
  package static func unguarded(_ text: String) -> String {
    guard text.utf8.first == apostrophe, isRisky(text) else { return text }
    return String(text.unicodeScalars.dropFirst())
  }

  /// Whether the first byte that is no apostrophe would start a formula or shift the cells.
  ///
  /// By bytes, since `=` and a combining mark together are another character. Apostrophes are
  /// passed over so that a guarded text can be guarded again and the way back stays exact.
  private static func isRisky(_ text: String) -> Bool {
    let start = text.utf8.drop { $0 == apostrophe }
    guard let first = start.first else { return false }
    switch first {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"),
      UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), 0:
      return true
    case 0xEF:
      return ["＝", "＋", "－", "＠"].contains { start.starts(with: $0.utf8) }
    default:
      return false
    }
  }

  private static let apostrophe = UInt8(ascii: "'")
}
