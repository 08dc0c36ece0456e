// An e-mail address that can stand in an envelope, a header, a shell line and a screen without
// quoting. The grammar is narrower than RFC 5321's: no address in the wild at gov.tw needs more,
// and quoted, routed and encoded local parts are how mail software is deceived.

/// One mailbox, ASCII, lower-cased, at most 254 octets (RFC 5321, 4.5.3.1).
package struct EmailAddress: Hashable, Sendable {
  package let text: String

  /// Parses an address as typed or as it stands in a sheet.
  ///
  /// - Throws: `emailInvalid`.
  package init(_ typed: String) throws(IAuthError) {
    let folded = Folding.fold(typed)
    guard !folded.isEmpty else { throw .emailInvalid(.empty) }
    if let scalar = folded.firstHostileScalar {
      throw .emailInvalid(.forbidden(scalar: scalar.value))
    }
    let bytes = folded.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let ats = bytes.count { $0 == UInt8(ascii: "@") }
    guard ats < 2 else { throw .emailInvalid(.several) }
    guard bytes.count <= Limits.emailOctets else {
      throw .emailInvalid(.tooLong(max: Limits.emailOctets))
    }
    let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isLocalPart(parts[0]), Self.isDomain(parts[1]) else {
      throw .emailInvalid(.malformed)
    }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// An address that was parsed before it was stored.
  package init(stored: String) {
    text = stored
  }

  /// The part after the `@`.
  package var domain: String {
    String(decoding: text.utf8.drop { $0 != UInt8(ascii: "@") }.dropFirst(), as: UTF8.self)
  }

  /// Whether the domain is `gov.tw` or stands below it, label by label.
  package var isGovernment: Bool {
    domain.utf8.split(separator: UInt8(ascii: ".")).suffix(2).elementsEqual(
      [Array("gov".utf8), Array("tw".utf8)], by: { $0.elementsEqual($1) })
  }

  /// The address as others may see it: `m***@cdc.gov.tw`.
  package var masked: String {
    String(decoding: text.utf8.prefix(1), as: UTF8.self) + "***@" + domain
  }

  /// Letters, digits, `.`, `_`, `+`, `-`; no point at an end or beside another, no leading hyphen
  /// or plus (an argument of a mail program must not look like an option); at most 64 octets.
  private static func isLocalPart(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, bytes.count <= 64, isAlphanumeric(first) || first == underscore
    else { return false }
    let atoms = bytes.split(separator: point, omittingEmptySubsequences: false)
    return atoms.allSatisfy { atom in
      !atom.isEmpty
        && atom.allSatisfy {
          isAlphanumeric($0) || $0 == hyphen || $0 == underscore || $0 == UInt8(ascii: "+")
        }
    }
  }

  /// Two labels or more of letters, digits and inner hyphens, 1 to 63 octets each (RFC 1123, 2.1);
  /// the last is not a number, so an IP address is no domain.
  private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
    let labels = bytes.split(separator: point, omittingEmptySubsequences: false)
    guard labels.count >= 2, let last = labels.last else { return false }
    return labels.allSatisfy { label in
      (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
        && label.allSatisfy { isAlphanumeric($0) || $0 == hyphen }
    } && !last.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static let point = UInt8(ascii: ".")
  private static let hyphen = UInt8(ascii: "-")
  private static let underscore = UInt8(ascii: "_")

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
  }
}
