// Folding of what people type and paste: codes, addresses and numbers arrive in full-width forms
// from Chinese input methods and spreadsheets (PRODUCT 3.1). Folding is the first step of every
// value parsed at the edge; names are only trimmed.

package enum Folding {
  /// The text with U+FF01–FF5E as ASCII, U+3000 as a space, and surrounding white space gone.
  package static func fold(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return trim(text) }
    var folded = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      folded.append(ascii(ofFullWidth: scalar) ?? scalar)
    }
    return trim(String(folded))
  }

  /// The text without surrounding white space (Unicode White_Space, line ends included).
  package static func trim(_ text: String) -> String {
    // Nearly every value begins and ends with visible ASCII; asking Unicode costs far more.
    if let first = text.utf8.first, let last = text.utf8.last, (0x21...0x7E).contains(first),
      (0x21...0x7E).contains(last)
    {
      return text
    }
    let scalars = text.unicodeScalars
    guard
      let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    let isTrimmed = first == scalars.startIndex && scalars.index(after: last) == scalars.endIndex
    return isTrimmed ? text : String(scalars[first...last])
  }

  private static func ascii(ofFullWidth scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0)
    case 0x3000: " "
    default: nil
    }
  }
}
