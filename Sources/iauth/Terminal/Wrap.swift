// Line breaking for help: between words, and between Chinese characters but not before closing or
// after opening punctuation.

import Sheets
import Values

enum Wrap {
  /// What can stand on a line by itself, and whether a space stood before it.
  private struct Piece {
    var text: String
    var hasSpaceBefore: Bool
    var width: Int
  }

  /// The lines of `text`, none wider than `width` unless one word alone is.
  static func lines(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var used = 0
    for piece in pieces(text) {
      let space = piece.hasSpaceBefore && !line.utf8.isEmpty ? 1 : 0
      if used > 0, used + space + piece.width > width {
        lines.append(line)
        (line, used) = (piece.text, piece.width)
      } else {
        line += (space == 1 ? " " : "") + piece.text
        used += space + piece.width
      }
    }
    if !line.utf8.isEmpty { lines.append(line) }
    return lines
  }

  /// The text with `mark` at every place, spaces apart, where a line may break.
  static func marked(_ text: String, with mark: String) -> String {
    var result = ""
    for piece in pieces(text) {
      if !result.utf8.isEmpty { result += piece.hasSpaceBefore ? " " : mark }
      result += piece.text
    }
    return result
  }

  private static let closing = Set("，。、；：！？）」』》〉…％／".unicodeScalars)
  private static let opening = Set("（「『《〈".unicodeScalars)

  private static func pieces(_ text: String) -> [Piece] {
    var pieces: [Piece] = []
    var hasSpace = false
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if scalar == " " || scalar == "\n" {
        hasSpace = true
        last = nil
        continue
      }
      let columns = TerminalText.columns(of: scalar)
      let mayBreak =
        hasSpace || (columns == 2) != (last.map(TerminalText.columns) == 2) || columns == 2
      let isBound = closing.contains(scalar) || last.map(opening.contains) ?? false
      if let last = pieces.indices.last, !hasSpace, isBound || !mayBreak {
        pieces[last].text.unicodeScalars.append(scalar)
        pieces[last].width += columns
      } else {
        pieces.append(Piece(text: String(scalar), hasSpaceBefore: hasSpace, width: columns))
      }
      hasSpace = false
      last = scalar
    }
    return pieces
  }
}
