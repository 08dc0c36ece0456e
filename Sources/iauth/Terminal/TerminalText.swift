// Text on its way to a terminal: what could steer the terminal or deceive the eye is shown as
// `\u{1B}`, and widths are counted in columns, not in characters.

import IAuthCore
import Sheets
import Values

enum TerminalText {
  /// The text with every control, escape, bidirectional, zero-width and unassigned character
  /// shown as `\u{…}`, line ends too: one text stays on one line.
  static func escaped(_ text: String) -> String { text.escapingHostileScalars }

  /// Columns that the text takes on a terminal; the text is escaped already.
  static func width(_ text: String) -> Int {
    var width = 0
    for scalar in text.unicodeScalars { width += columns(of: scalar) }
    return width
  }

  /// 2 for wide and full-width characters and emoji, 0 for what combines with the one before, 1
  /// for all else, the ambiguous included (Unicode Standard Annex 11).
  static func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return scalar.value == 0xAD ? 0 : 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark: return 0
    default: break
    }
    // The vowels and finals of old Hangul stand inside the block that their initial began.
    switch scalar.value {
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0
    default: break
    }
    return EastAsianWidth.isWide(scalar) ? 2 : 1
  }

  /// The text cut to at most `limit` columns, with `…` as its last one if anything is missing.
  static func fitted(_ text: String, to limit: Int) -> String {
    guard width(text) > limit else { return text }
    var result = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      let columns = columns(of: scalar)
      guard used + columns <= limit - 1 else { break }
      used += columns
      result.append(scalar)
    }
    if limit > 0 { result.append("…") }
    return String(result)
  }

  /// The text with spaces behind it, or before it, up to `width` columns.
  static func padded(_ text: String, to width: Int, toTheRight: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - Self.width(text)))
    return toTheRight ? spaces + text : text + spaces
  }
}
