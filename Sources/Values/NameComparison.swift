// The comparison form of names and the scripts of their letters, read out of NameTables. The
// canonical half of NFKC is the standard library's own; it has no public name, so the compiler is
// pinned and the tests hold both halves against Unicode's.

@_spi(_Unicode) import Swift

package enum NameComparison {
  /// NFKC without spaces and case, 臺 as 台, the middle dots as one, the apostrophes as one.
  package static func key(of name: String) -> String {
    // Most names hold nothing that normalizing changes, and imports are long.
    if name.unicodeScalars.allSatisfy(isInert) { return String(folded(name.unicodeScalars)) }
    var key = String.UnicodeScalarView()
    for scalar in String(folded(name._nfd))._nfc { key.append(scalar) }
    return String(key)
  }

  private static func folded(_ name: some Sequence<Unicode.Scalar>) -> String.UnicodeScalarView {
    var folded = String.UnicodeScalarView()
    for scalar in name {
      switch scalar {
      case "a"..."z":
        folded.append(scalar)
      case "\u{81FA}":
        folded.append("\u{53F0}")
      case _ where isMiddleDot(scalar):
        folded.append("\u{B7}")
      case _ where isApostrophe(scalar):
        folded.append("'")
      case _ where scalar.properties.isWhitespace:
        break
      case "\u{3400}"..."\u{9FFF}":
        folded.append(scalar)
      default:
        append(scalar, to: &folded)
      }
    }
    return folded
  }

  /// Whether a scalar neither decomposes nor composes with another.
  private static func isInert(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x7F, 0x3400...0x9FFF: true
    default: isMiddleDot(scalar) || isApostrophe(scalar)
    }
  }

  /// The dots that people and code pages put between the parts of an indigenous or foreign name;
  /// NFKC keeps them apart, and makes a period of one of them.
  package static func isMiddleDot(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\u{2027}", "\u{B7}", "\u{30FB}", "\u{2022}", "\u{FF0E}", "\u{FF65}", "\u{387}": true
    default: false
    }
  }

  /// The apostrophes that keyboards and programs write in a name (O’Brien, Ba:i').
  package static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "'", "\u{2019}", "\u{2018}", "\u{2BC}", "\u{FF07}", "`": true
    default: false
    }
  }

  /// The ISO 15924 code of a letter's script; nil for what is no letter or of no one script.
  package static func script(of scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\u{4E00}"..."\u{9FFF}": "Hani"
    case "a"..."z", "A"..."Z": "Latn"
    case "\0"..."\u{7F}": nil
    // Ideographs newer than the table.
    default: scripts.run(of: scalar.value)?.script ?? (scalar.value >= 0x20000 ? "Hani" : nil)
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to text: inout String.UnicodeScalarView) {
    if !scalar.isASCII, let run = foldings.run(of: scalar.value) {
      let offset = run.isConstant ? 0 : scalar.value - run.first
      for scalar in run.targets.lazy.compactMap({ Unicode.Scalar($0 + offset) }) {
        text.append(isApostrophe(scalar) ? "'" : scalar)
      }
    } else {
      text.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
    }
  }

  private static let foldings = words(of: NameTables.foldings).map(FoldingRun.init)
  private static let scripts = words(of: NameTables.scripts).map(ScriptRun.init)

  private static func words(of table: String) -> [Substring.UTF8View] {
    table.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }
}

/// Consecutive scalars of which a table says one thing; the tables are sorted by them.
private protocol Run {
  var first: UInt32 { get }
  var count: UInt32 { get }
}

private struct FoldingRun: Run {
  package let first: UInt32
  package let count: UInt32
  package let isConstant: Bool
  package let targets: [UInt32]

  /// Reads `1D2C>61`, `13A0+86>13A0` or `210C*3>68`.
  package init(_ word: Substring.UTF8View) {
    let sides = word.split(separator: UInt8(ascii: ">"))
    (first, count) = head(of: sides[0])
    isConstant = sides[0].contains(UInt8(ascii: "*"))
    targets = sides[1].split(separator: UInt8(ascii: ",")).map { number($0, radix: 16) }
  }
}

private struct ScriptRun: Run {
  package let first: UInt32
  package let count: UInt32
  package let script: String

  /// Reads `41+106>Latn`.
  package init(_ word: Substring.UTF8View) {
    let sides = word.split(separator: UInt8(ascii: ">"))
    (first, count) = head(of: sides[0])
    script = String(Substring(sides[1]))
  }
}

private func head(of side: Substring.UTF8View) -> (first: UInt32, count: UInt32) {
  let parts = side.split { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "*") }
  return (number(parts[0], radix: 16), parts.count > 1 ? number(parts[1], radix: 10) : 1)
}

private func number(_ digits: Substring.UTF8View, radix: Int) -> UInt32 {
  guard let number = UInt32(Substring(digits), radix: radix) else {
    preconditionFailure("a generated table is malformed")
  }
  return number
}

extension Array where Element: Run {
  /// The run that holds a scalar, by bisection.
  fileprivate func run(of scalar: UInt32) -> Element? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].first + self[middle].count <= scalar {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < count && self[low].first <= scalar ? self[low] : nil
  }
}
