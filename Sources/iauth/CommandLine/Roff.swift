// Text as manual pages want it: mdoc(7) lines whose every byte is ASCII, so that a page reads the
// same whatever groff is told of its encoding.

import Sheets
import Values

/// The lines of a page in the mdoc macros.
struct Roff {
  private(set) var text = ""

  /// A macro with its arguments, which are escaped already.
  mutating func macro(_ line: String) {
    text += ".\(line)\n"
  }

  mutating func comment(_ line: String) {
    text += ".\\\" \(Self.escaped(line))\n"
  }

  /// A line that stands as it is, as in a display.
  mutating func literal(_ line: String) {
    text += Self.protected(Self.escaped(line)) + "\n"
  }

  /// Prose: every sentence begins a line of its own, and no source line is long.
  mutating func prose(_ prose: String) {
    var sentence = ""
    for word in prose.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      sentence += (sentence.utf8.isEmpty ? "" : " ") + word
      let last = word.utf8.last
      if last == UInt8(ascii: ".") || last == UInt8(ascii: ":") {
        write(sentence)
        sentence = ""
      }
    }
    if !sentence.utf8.isEmpty { write(sentence) }
  }

  private mutating func write(_ sentence: String) {
    // Where a source line ends, roff sets a space: Chinese sentences stay on one line, and marks
    // say where that may break.
    let isASCII = sentence.utf8.allSatisfy { $0 < 0x80 }
    for line in Wrap.lines(sentence, width: isASCII ? 72 : .max) {
      text += Self.protected(Self.escaped(Wrap.marked(line, with: "\u{200B}"))) + "\n"
    }
  }

  /// A line that begins with a control character of roff is no request.
  private static func protected(_ line: String) -> String {
    line.utf8.first == UInt8(ascii: ".") || line.utf8.starts(with: "\\(aq".utf8)
      ? "\\&" + line : line
  }

  /// The text for roff; U+200B becomes the mark of a possible break.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "\"": result += "\\(dq"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "\u{200B}": result += "\\:"
      case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result +=
          "\\[u" + String(repeating: "0", count: max(0, 4 - digits.utf8.count))
          + digits + "]"
      }
    }
    return result
  }
}
