// Names of XML and the namespaces they stand in. What the readers look for has its local name; of
// any other namespace a name keeps its prefix, so that it is never taken for one of ours. A file
// that declares no namespace at all is read as if it had declared ours.

package struct XMLNames {
  /// A name as it stands, and as the readers know it.
  struct Name: Equatable {
    let bytes: [UInt8]
    let text: String
  }

  private struct Binding {
    let prefix: [UInt8]
    let isOurs: Bool
    /// How deep the element stands that made it.
    let depth: Int
  }

  private var bindings: [Binding] = []
  /// Names that were seen under the present bindings; a sheet has few, and millions of each.
  private var elements: [Name?] = Self.empty
  private var attributes: [Name?] = Self.empty

  private static let empty = [Name?](repeating: nil, count: 64)

  /// Notes what an element binds.
  ///
  /// - Returns: false if it binds more than any honest element.
  mutating func bind(_ pairs: [(prefix: [UInt8], address: String)], depth: Int) -> Bool {
    for (prefix, address) in pairs {
      bindings.append(
        Binding(
          prefix: prefix, isOurs: address.isEmpty || Self.ours.contains(address), depth: depth))
    }
    (elements, attributes) = (Self.empty, Self.empty)
    return bindings.count <= 1_000
  }

  /// Forgets what the element at a depth has bound.
  mutating func unbind(depth: Int) {
    guard let last = bindings.last, last.depth >= depth else { return }
    while let last = bindings.last, last.depth >= depth { bindings.removeLast() }
    (elements, attributes) = (Self.empty, Self.empty)
  }

  /// The name of an element; nil if its bytes are no text.
  mutating func element(_ bytes: [UInt8]) -> Name? {
    let slot = Self.slot(bytes)
    if let known = elements[slot], known.bytes == bytes { return known }
    guard let name = resolved(bytes, isElement: true) else { return nil }
    elements[slot] = name
    return name
  }

  /// The name of an attribute, which without a prefix is of no namespace, and ours.
  mutating func attribute(_ bytes: [UInt8]) -> String? {
    let slot = Self.slot(bytes)
    if let known = attributes[slot], known.bytes == bytes { return known.text }
    guard let name = resolved(bytes, isElement: false) else { return nil }
    attributes[slot] = name
    return name.text
  }

  private func resolved(_ bytes: [UInt8], isElement: Bool) -> Name? {
    for byte in bytes where byte < 0x20 { return nil }
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
    let prefix = bytes[..<(colon ?? 0)]
    let isOurs =
      prefix.isEmpty && !isElement
      || bindings.last { $0.prefix.elementsEqual(prefix) }?.isOurs ?? prefix.isEmpty
    let local = isOurs ? bytes[(colon.map { $0 + 1 } ?? 0)...] : bytes[...]
    let mark = !isOurs && prefix.isEmpty ? ":" : ""
    return Name(bytes: bytes, text: mark + String(decoding: local, as: UTF8.self))
  }

  private static func slot(_ bytes: [UInt8]) -> Int {
    var hash = bytes.count
    for byte in bytes { hash = hash &* 31 &+ Int(byte) }
    return hash & 63
  }

  private static let ours: Set<String> = {
    let openDocument = "urn:oasis:names:tc:opendocument:xmlns:"
    return Set(
      [
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
        "http://schemas.openxmlformats.org/package/2006/relationships",
      ]
        + ["office", "table", "text", "style", "datastyle", "manifest"].map {
          openDocument + $0 + ":1.0"
        })
  }()
}

/// Text in UTF-16 on its way to UTF-8.
struct UTF16Bytes {
  private let isBigEndian: Bool
  /// Bytes that the last piece ended in the middle of.
  private var rest: [UInt8] = []

  /// Nil for what begins as UTF-8: with its mark, or with no zero around the first `<`.
  init?(of head: [UInt8]) {
    guard head.count >= 2 else { return nil }
    switch (head[0], head[1]) {
    case (0xFE, 0xFF), (0, UInt8(ascii: "<")): isBigEndian = true
    case (0xFF, 0xFE), (UInt8(ascii: "<"), 0): isBigEndian = false
    default: return nil
    }
  }

  /// A piece in UTF-8; nil if it holds half a pair.
  mutating func utf8(of piece: [UInt8]) -> [UInt8]? {
    let bytes = rest + piece
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var position = 0
    while position + 1 < bytes.count {
      let unit = unit(of: bytes, at: position)
      var value = UInt32(unit)
      var length = 2
      if UTF16.isLeadSurrogate(unit) {
        guard position + 3 < bytes.count else { break }
        let trail = self.unit(of: bytes, at: position + 2)
        if UTF16.isTrailSurrogate(trail) {
          value = 0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(trail) & 0x3FF
          length = 4
        }
      }
      guard let scalar = Unicode.Scalar(value) else { return nil }
      UTF8.encode(scalar).map { decoded.append(contentsOf: $0) }
      position += length
    }
    rest = Array(bytes[position...])
    return decoded
  }

  private func unit(of bytes: [UInt8], at position: Int) -> UInt16 {
    let (first, second) = (UInt16(bytes[position]), UInt16(bytes[position + 1]))
    return isBigEndian ? first << 8 | second : second << 8 | first
  }
}
