// The verification code (PRODUCT 3.2): eight digits, because with six a caller who tries a few
// codes on many accounts would get in. Only its keyed hash is stored.

/// Eight decimal digits.
package struct OneTimeCode: Hashable, Sendable {
  package let digits: String

  /// A code drawn evenly: numbers above the last whole multiple of 10^8 are drawn again.
  package init(randomBytes: (Int) -> [UInt8]) {
    let codes: UInt32 = 100_000_000
    var number: UInt32
    repeat {
      number = randomBytes(4).reduce(0) { $0 << 8 | UInt32($1) }
    } while number >= codes * (UInt32.max / codes)
    digits = padded(Int64(number % codes), 8)
  }

  /// Reads a code as typed; nil unless eight ASCII digits are left without white space, hyphens and
  /// what nobody sees, wherever they stand.
  package init?(_ typed: String) {
    var kept = String.UnicodeScalarView()
    for scalar in Folding.fold(typed).unicodeScalars {
      switch scalar.properties.generalCategory {
      case .format, .spaceSeparator, .lineSeparator, .paragraphSeparator,
        .dashPunctuation:
        continue
      default: if scalar != "\t" { kept.append(scalar) }
      }
    }
    let bytes = Array(String(kept).utf8)
    guard bytes.count == 8, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    digits = String(decoding: bytes, as: UTF8.self)
  }
}
