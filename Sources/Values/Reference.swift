// The word by which a person names their application or sign-in, made to be read aloud and typed
// again: Crockford base32, in which no two characters look alike.

/// `A-7K3F-9QXM`: what it refers to, and 40 random bits.
package struct Reference: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case application = "A"
    case signIn = "S"
  }

  package let kind: Kind
  package let text: String

  /// The reference that five random bytes give.
  package init(kind: Kind, random: [UInt8]) {
    precondition(random.count == 5, "a reference is 40 bits")
    let bits = random.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let symbols = (0..<8).map { Self.alphabet[Int(bits >> (35 - 5 * UInt64($0)) & 31)] }
    self.init(kind: kind, symbols: symbols)
  }

  /// Reads a reference as typed; nil if it is none.
  ///
  /// Case, hyphens and spaces do not matter; `O` is 0, `I` and `L` are 1.
  package init?(_ typed: String) {
    let bytes = Folding.fold(typed).utf8
      .filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
      .map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 }
    guard bytes.count == 9,
      let kind = Kind(rawValue: String(decoding: bytes.prefix(1), as: UTF8.self))
    else { return nil }
    let symbols = bytes.dropFirst().map { byte in
      switch byte {
      case UInt8(ascii: "O"): UInt8(ascii: "0")
      case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
      default: byte
      }
    }
    guard symbols.allSatisfy(Self.alphabet.contains) else { return nil }
    self.init(kind: kind, symbols: symbols)
  }

  /// A reference that was made before it was stored.
  package init(stored: String) {
    kind = stored.utf8.first == UInt8(ascii: "S") ? .signIn : .application
    text = stored
  }

  private init(kind: Kind, symbols: [UInt8]) {
    self.kind = kind
    text = [kind.rawValue, string(symbols.prefix(4)), string(symbols.suffix(4))]
      .joined(separator: "-")
  }

  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}

private func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
