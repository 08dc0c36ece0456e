// Text of strangers inside a message. What could deceive its reader is shown as `\u{202E}`, and
// free text stands behind a bar, so that it cannot pass for a line of ours.

import Sheets
import Values

enum SafeText {
  /// The text on one line, with every hostile scalar, line ends too, shown as `\u{…}`.
  static func line(_ text: String) -> String { text.escapingHostileScalars }

  /// The text's lines as a quotation, each behind `> `; a tab is the white space that it is.
  static func quotation(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { part in
      var shown = String.UnicodeScalarView()
      for scalar in part { shown.append(scalar == "\t" ? " " : scalar) }
      return "> " + line(String(shown))
    }
  }

  /// The text with a space in every run of eight or more digits of any script.
  ///
  /// In a message with a code, nothing else may look like one.
  static func withoutCodes(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var run = 0
    for scalar in line(text).unicodeScalars {
      run = scalar.properties.numericType == .decimal ? run + 1 : 0
      if run == 8 {
        result.append(" ")
        run = 1
      }
      result.append(scalar)
    }
    return String(result)
  }

  /// The text, or its longest start with `…` behind it that takes at most `limit` UTF-16 units.
  static func shortened(_ text: String, toUTF16 limit: Int) -> String {
    guard text.utf16.count > limit else { return text }
    var result = ""
    for character in text {
      guard result.utf16.count + character.utf16.count < limit else { break }
      result.append(character)
    }
    return result + "…"
  }

  /// `word` as a POSIX shell reads it back: as it is if plain, else in single quotes.
  static func shellQuoted(_ word: String) -> String {
    guard shellWord(word, or: "") != word || word.isEmpty else { return word }
    let inside = word.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined()
    return "'\(inside)'"
  }
}
