// A mobile number in E.164, from every spelling that people and spreadsheets give it. One stored
// form, so that two spellings are never two numbers.

/// A mobile number as `+` and 8 to 15 digits (ITU-T E.164).
package struct MobileNumber: Hashable, Sendable {
  package let e164: String

  /// Parses a number as typed or as it stands in a sheet.
  ///
  /// Taiwan: `09[0-8]` and seven digits, with `+886`, with `886`, or without the zero that
  /// spreadsheets lose. Other countries only with `+` or `00`; the zero that is dialled within a
  /// country is none of its number's, `+44 (0)79…`.
  /// - Throws: `mobileInvalid`.
  package init(_ typed: String) throws(IAuthError) {
    let folded = Folding.fold(typed)
    guard !folded.isEmpty else { throw .mobileInvalid(.empty) }
    if let scalar = folded.firstHostileScalar {
      throw .mobileInvalid(.forbidden(scalar: scalar.value))
    }
    guard !Self.isSeveral(folded) else { throw .mobileInvalid(.several) }
    guard let number = Self.number(in: folded) else { throw .mobileInvalid(.malformed) }
    e164 = number
  }

  /// A number that was parsed before it was stored.
  package init(stored: String) {
    e164 = stored
  }

  package var isTaiwanese: Bool { e164.utf8.starts(with: "+886".utf8) }

  /// The number as its holder reads it: `0912-345-678`, or E.164 of one elsewhere (PRODUCT 3.1).
  package var shown: String {
    guard isTaiwanese else { return e164 }
    let digits = "0" + e164.dropFirst(4)
    return "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(3))-\(digits.dropFirst(7))"
  }

  /// The number as others may see it: `0912***678`, `+81******12`.
  package var masked: String {
    let bytes = e164.utf8
    let (head, hidden, shown) = isTaiwanese ? (7, "***", 3) : (3, "******", 2)
    let front = String(decoding: bytes.prefix(head).dropFirst(isTaiwanese ? 4 : 0), as: UTF8.self)
    let back = String(decoding: bytes.suffix(shown), as: UTF8.self)
    return (isTaiwanese ? "0" : "") + front + hidden + back
  }

  /// Whether two numbers stand in the field; which of them is meant, only the sender knows.
  ///
  /// A second `+`, or more digits than any number has, in more than one run.
  private static func isSeveral(_ text: String) -> Bool {
    let runs = text.utf8.split { !isDigit($0) }
    let digits = runs.reduce(0) { $0 + $1.count }
    return text.utf8.count { $0 == plus } > 1 || (runs.count > 1 && digits > 15)
  }

  private static func number(in text: String) -> String? {
    var hasPlus = text.utf8.first == plus
    guard
      var digits = digits(of: hasPlus ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...])
    else { return nil }
    if !hasPlus, digits.starts(with: "00".utf8) {
      hasPlus = true
      digits.removeFirst(2)
    }
    if let national = national(digits, hasPlus: hasPlus) {
      return "+886" + String(decoding: national, as: UTF8.self)
    }
    if hasPlus, digits.count > 2, trunkZero.contains(Array(digits[..<2])),
      digits[2] == UInt8(ascii: "0")
    {
      digits.remove(at: 2)
    }
    let isForeign =
      hasPlus && (8...15).contains(digits.count) && digits.first != UInt8(ascii: "0")
      && !digits.starts(with: "886".utf8)
    return isForeign ? "+" + String(decoding: digits, as: UTF8.self) : nil
  }

  /// The nine digits of a Taiwanese mobile number, `9[0-8]` and seven more.
  private static func national(_ digits: [UInt8], hasPlus: Bool) -> ArraySlice<UInt8>? {
    var rest = digits[...]
    let hasCountry = rest.starts(with: "886".utf8)
    if hasCountry { rest = rest.dropFirst(3) }
    guard hasCountry || !hasPlus else { return nil }
    if rest.first == UInt8(ascii: "0") { rest = rest.dropFirst() }
    guard rest.count == 9, rest.first == UInt8(ascii: "9"),
      (UInt8(ascii: "0")...UInt8(ascii: "8")).contains(rest[rest.startIndex + 1])
    else { return nil }
    return rest
  }

  /// Countries where a zero is dialled before a number that never begins with one (ITU-T E.164,
  /// E.123).
  private static let trunkZero = Set(
    "27 31 32 33 40 41 43 44 46 49 60 61 62 63 64 66 81 82 84 86 90 91 92 94 95 98"
      .utf8.split(separator: 0x20).map(Array.init))

  /// The digits, without spaces, hyphens and one pair of brackets between them, nor a zero alone in
  /// brackets; nil if anything else stands there, or no digit at the end.
  private static func digits(of text: Substring.UnicodeScalarView) -> [UInt8]? {
    var digits: [UInt8] = []
    var brackets = 0
    var opened = 0
    for scalar in text {
      switch scalar {
      case "0"..."9":
        digits.append(UInt8(truncatingIfNeeded: scalar.value))
      case "(" where brackets == 0, ")" where brackets == 1:
        brackets += 1
        if brackets == 1 {
          opened = digits.count
        } else if opened > 0, digits[opened...].elementsEqual("0".utf8) {
          digits.removeLast()
        }
      case "-", "\u{2010}"..."\u{2015}", "\u{2212}", " ", "\u{A0}":
        if digits.isEmpty && brackets == 0 && scalar != " " { return nil }
      default:
        return nil
      }
    }
    guard brackets != 1, let last = text.last, ("0"..."9").contains(last) else { return nil }
    return digits
  }

  private static let plus = UInt8(ascii: "+")

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
