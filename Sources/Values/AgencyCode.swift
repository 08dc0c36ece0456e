// The code that names an agency: an OID of the national registry, or a 統一編號 (UBN) for a body
// that has none. Parsed from UTF-8 bytes, since a look at characters or prefixes can be got round;
// once parsed the text is canonical, so equal codes are equal bytes.

package struct AgencyCode: Hashable, Comparable, Sendable {
  package let type: AgencyType
  /// Dotted decimal arcs without leading zeros, or eight digits.
  package let text: String

  /// Under this arc of the national registry every agency has its OID.
  package static let root: [UInt32] = [2, 16, 886, 101]
  /// No agency of the registry has more than ten arcs; twice that is room enough.
  package static let arcsMax = 20

  /// Reads a code as people type and paste it.
  ///
  /// Full-width forms are folded and white space is dropped wherever it stands. Nil unless it is an
  /// OID below `root` or a UBN that passes its check.
  package init?(_ typed: String) {
    guard let bytes = Self.folded(typed) else { return nil }
    if bytes.count == 8, !bytes.contains(UInt8(ascii: ".")) {
      guard Self.isValidUBN(bytes) else { return nil }
      type = .ubn
    } else {
      guard let arcs = Self.arcs(of: bytes), arcs.count > Self.root.count,
        arcs.starts(with: Self.root)
      else { return nil }
      type = .oid
    }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// A code as the database keeps it; it was parsed before it was stored.
  package init(stored: String, type: AgencyType) {
    self.type = type
    self.text = stored
  }

  /// A 機關代碼 such as A21010000I: digits and a letter or more, none of which is an OID or a UBN.
  ///
  /// Nil for what is none.
  package static func orgCode(_ typed: String) -> String? {
    guard let bytes = folded(typed) else { return nil }
    let upper = bytes.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }
    let isCode =
      upper.count == 10
      && upper.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
      }
    guard isCode, upper.contains(where: { (0x30...0x39).contains($0) }) else { return nil }
    return String(decoding: upper, as: UTF8.self)
  }

  /// The arcs of an OID; none for a UBN.
  package var arcs: [UInt32] {
    type == .oid ? Self.arcs(of: Array(text.utf8)) ?? [] : []
  }

  /// Bytes that order as codes do: OIDs arc by arc, the parent before its children, then UBNs.
  package var sortKey: [UInt8] {
    guard type == .oid else { return [1] + text.utf8 }
    var key: [UInt8] = [0]
    for arc in arcs {
      for shift in stride(from: 24, through: 0, by: -8) {
        key.append(UInt8(truncatingIfNeeded: arc >> UInt32(shift)))
      }
    }
    return key
  }

  package static func < (a: AgencyCode, b: AgencyCode) -> Bool {
    a.sortKey.lexicographicallyPrecedes(b.sortKey)
  }

  /// Whether this OID lies below the other one, at any depth: `…101.2` is not below `…101.20`.
  package func isBelow(_ other: AgencyCode) -> Bool {
    let (own, above) = (arcs, other.arcs)
    return !above.isEmpty && own.count > above.count && own.starts(with: above)
  }

  /// Whether eight digits pass the check of a 統一編號: weights 1, 2, 1, 2, 1, 2, 4, 1, the digits
  /// of the products added, divisible by 5 (財政部, since 2023-04-01; every older number, which was
  /// divisible by 10, still passes); a seventh digit 7 allows the sum plus one.
  package static func isValidUBN(_ text: String) -> Bool {
    isValidUBN(Array(text.utf8))
  }

  private static func isValidUBN(_ bytes: [UInt8]) -> Bool {
    let weights: [UInt8] = [1, 2, 1, 2, 1, 2, 4, 1]
    guard bytes.count == weights.count else { return false }
    var sum = 0
    for (byte, weight) in zip(bytes, weights) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return false }
      let product = (byte - UInt8(ascii: "0")) * weight
      sum += Int(product / 10 + product % 10)
    }
    return sum % 5 == 0 || (bytes[6] == UInt8(ascii: "7") && (sum + 1) % 5 == 0)
  }

  /// Decimal arcs between single dots; nil for an empty arc, a leading zero, anything above
  /// UInt32, or more than `arcsMax` arcs.
  private static func arcs(of bytes: [UInt8]) -> [UInt32]? {
    var arcs: [UInt32] = []
    for part in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard arcs.count < arcsMax, (1...10).contains(part.count),
        part.count == 1 || part.first != UInt8(ascii: "0")
      else { return nil }
      var arc: UInt64 = 0
      for byte in part {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        arc = arc * 10 + UInt64(byte - UInt8(ascii: "0"))
      }
      guard let arc = UInt32(exactly: arc) else { return nil }
      arcs.append(arc)
    }
    return arcs
  }

  /// ASCII bytes of the typed text, folded and without white space; nil if others remain.
  private static func folded(_ typed: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in typed.unicodeScalars {
      let isFullWidth = (0xFF01...0xFF5E).contains(scalar.value)
      let value = isFullWidth ? scalar.value - 0xFEE0 : scalar.value
      if let byte = UInt8(exactly: value), (0x21...0x7E).contains(byte) {
        bytes.append(byte)
      } else if !scalar.properties.isWhitespace {
        return nil
      }
      // 20 arcs of 10 digits and their dots; a longer text is refused before it costs anything.
      guard bytes.count <= arcsMax * 11 else { return nil }
    }
    return bytes
  }
}
