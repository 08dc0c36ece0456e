// Characters that deceive a reader or a terminal. Input refuses them in every value; the terminal
// writer escapes them in what came from elsewhere. Judged by scalar, never by Character: CR LF is
// one Character, and a combining mark hides the one before it.

extension Unicode.Scalar {
  /// Whether the scalar is invisible, steers the text around it, or means nothing.
  ///
  /// Controls (C0, DEL, C1), line and paragraph separators, bidirectional and zero-width
  /// characters, everything default-ignorable (variation selectors, fillers, tags), private use,
  /// unassigned and noncharacters. The supplementary ideographic planes 2 and 3 count as assigned,
  /// so that a name with a character newer than the standard library is not refused.
  package var isHostile: Bool {
    switch value {
    case 0x20...0x7E, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x2FFFD, 0x30000...0x3FFFD:
      return false
    default:
      break
    }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
      .unassigned:
      return true
    default:
      return properties.isDefaultIgnorableCodePoint
    }
  }
}

extension String {
  /// The first hostile scalar, if there is one.
  package var firstHostileScalar: Unicode.Scalar? { unicodeScalars.first(where: \.isHostile) }

  /// The text on one line, with every hostile scalar, line ends too, shown as `\u{…}`.
  package var escapingHostileScalars: String { escaping(but: []) }

  /// The text as a cell of a file that may have lines: line ends and tabs stay as they are.
  package var escapingControls: String { escaping(but: ["\n", "\t"]) }

  private func escaping(but kept: [Unicode.Scalar]) -> String {
    guard firstHostileScalar != nil else { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.isHostile, !kept.contains(scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result.append(contentsOf: "\\u{\(digits)}".unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
