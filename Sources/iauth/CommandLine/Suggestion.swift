// The nearest known word to one that was mistyped. It is named, never run.

import Sheets
import Values

enum Suggestion {
  /// The candidate that `word` most likely stands for; nil if none is near.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let typed = Array(word.utf8.prefix(64))
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let known = Array(candidate.utf8)
      let isBeginning = typed.count >= 3 && known.starts(with: typed)
      let distance = isBeginning ? 1 : edits(typed, known)
      let isNear = isBeginning || distance <= max(1, min(typed.count, known.count) / 3)
      if isNear, distance < best?.distance ?? .max {
        best = (distance, candidate)
      }
    }
    return best?.candidate
  }

  /// Insertions, deletions, replacements and swaps of neighbours between two words (the optimal
  /// string alignment distance).
  static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var least = min(
          rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, rows[i - 1][j - 1] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
