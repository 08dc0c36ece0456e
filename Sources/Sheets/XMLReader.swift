// A pull reader for the XML that workbooks use: elements, attributes, text, CDATA, the five named
// entities and numeric ones, in UTF-8 or UTF-16. A document type is refused, since all attacks by
// entities begin there, and so is depth. Names of the namespaces that are read come without their
// prefix, names of all others with it, so that no extension's element is taken for ours
// (XMLNames.swift). The part is unpacked as the reader goes on: memory does not grow with it.

import Values

package struct XMLReader {
  package struct Attribute {
    fileprivate let raw: [UInt8]
    package fileprivate(set) var name = ""
    package let value: String
  }

  package enum Event {
    case start(String, [Attribute])
    case end(String)
    /// A run of text without markup; an element's text may come in several.
    case text(String)
  }

  private var part: ZipPart
  private var chunk: [UInt8] = []
  private var index = 0
  private var open: [XMLNames.Name] = []
  private var names = XMLNames()
  private var isClosing = false
  private var hasRoot = false
  private var utf16: UTF16Bytes?
  /// Whether the last byte of the text that is being read was a CR.
  private var endsWithReturn = false
  /// What the element that is being read binds.
  private var pending: [(prefix: [UInt8], address: String)]?
  private(set) var elements: Int

  /// - Parameter elements: how many the workbook's parts before this one had; all have one bound.
  package init(_ part: ZipPart, elements: Int = 0) {
    self.part = part
    self.elements = elements
  }

  /// The error for a part whose contents make no sense, also to those who read events.
  package var fault: IAuthError { .damaged(part.name) }

  /// The next event; nil after the end of the root element.
  ///
  /// - Throws: `damaged` naming the part for whatever is not well-formed or beyond the limits;
  ///   `.limitBytes` for more elements than a workbook of honest size has.
  package mutating func next() throws(IAuthError) -> Event? {
    if isClosing {
      isClosing = false
      return .end(close())
    }
    while let byte = try peek() {
      guard byte == lessThan else {
        let text = try text()
        if !open.isEmpty { return .text(text) }
        let isIgnorable = text.unicodeScalars.allSatisfy {
          $0 == "\u{FEFF}" || $0.properties.isWhitespace
        }
        guard isIgnorable else { throw fault }
        continue
      }
      index += 1
      switch try require() {
      case UInt8(ascii: "?"): try skip(until: "?>")
      case UInt8(ascii: "!"):
        if let text = try declaration() { return .text(text) }
      case UInt8(ascii: "/"):
        index += 1
        guard try name() == open.last?.bytes else { throw fault }
        try skipSpaces()
        guard try take() == greaterThan else { throw fault }
        return .end(close())
      default: return try element()
      }
    }
    guard open.isEmpty, hasRoot else { throw fault }
    return nil
  }

  /// Passes over the rest of the element that has just started.
  package mutating func skipElement() throws(IAuthError) {
    let depth = open.count
    while open.count >= depth, try next() != nil {}
  }

  /// All text up to the end of the element that has just started, markup inside it left out.
  package mutating func elementText() throws(IAuthError) -> String {
    let depth = open.count
    var whole = ""
    while open.count >= depth, let event = try next() {
      guard case .text(let text) = event else { continue }
      whole += text
      guard whole.utf8.count <= Limits.xmlTextBytes else { throw fault }
    }
    return whole
  }

  private mutating func element() throws(IAuthError) -> Event {
    guard !(open.isEmpty && hasRoot), open.count < Limits.xmlDepth else { throw fault }
    hasRoot = true
    elements += 1
    guard elements <= Limits.xmlElements else {
      throw .limitBytes(max: Limits.workbookUnpackedBytes)
    }
    let raw = try name()
    var attributes: [Attribute] = []
    var hasEnded = false
    while !hasEnded {
      let hasSpace = try skipSpaces()
      switch try require() {
      case greaterThan:
        index += 1
        hasEnded = true
      case UInt8(ascii: "/"):
        index += 1
        guard try take() == greaterThan else { throw fault }
        isClosing = true
        hasEnded = true
      default:
        guard hasSpace, attributes.count < Limits.xmlAttributes else { throw fault }
        if let attribute = try attribute() { attributes.append(attribute) }
      }
    }
    if let pending {
      // The bindings of an element hold for its own name and attributes too.
      guard names.bind(pending, depth: open.count + 1) else { throw fault }
      self.pending = nil
    }
    guard let name = names.element(raw) else { throw fault }
    for index in attributes.indices {
      guard let local = names.attribute(attributes[index].raw) else { throw fault }
      attributes[index].name = local
    }
    open.append(name)
    return .start(name.text, attributes)
  }

  /// Ends the innermost element, and says its name.
  private mutating func close() -> String {
    names.unbind(depth: open.count)
    return open.removeLast().text
  }

  /// The next attribute; nil for one that binds a prefix to a namespace.
  private mutating func attribute() throws(IAuthError) -> Attribute? {
    let raw = try name()
    try skipSpaces()
    guard try take() == UInt8(ascii: "=") else { throw fault }
    try skipSpaces()
    let quote = try take()
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw fault }
    let value = try characters(until: quote)
    guard try take() == quote else { throw fault }
    if raw.starts(with: "xmlns".utf8), raw.count == 5 || raw[5] == UInt8(ascii: ":") {
      guard (pending?.count ?? 0) < Limits.xmlNamespaces else { throw fault }
      pending = (pending ?? []) + [(prefix: Array(raw.dropFirst(6)), address: value)]
      return nil
    }
    return Attribute(raw: raw, value: value)
  }

  /// A comment, which is passed over, or the text of a CDATA section.
  private mutating func declaration() throws(IAuthError) -> String? {
    index += 1
    guard try require() == UInt8(ascii: "[") else {
      for byte in "--".utf8 { guard try take() == byte else { throw fault } }
      try skip(until: "-->")
      return nil
    }
    for byte in "[CDATA[".utf8 { guard try take() == byte else { throw fault } }
    guard !open.isEmpty else { throw fault }
    var bytes: [UInt8] = []
    while !bytes.suffix(3).elementsEqual("]]>".utf8) {
      bytes.append(try take())
      guard bytes.count <= Limits.xmlTextBytes else { throw fault }
    }
    return try string(bytes.dropLast(3))
  }

  /// A name as it stands.
  private mutating func name() throws(IAuthError) -> [UInt8] {
    var bytes: [UInt8] = []
    while !isEndOfName(try require()) {
      let start = index
      while index < chunk.count, !isEndOfName(chunk[index]) {
        guard isNameByte(chunk[index]) else { throw fault }
        index += 1
      }
      bytes.append(contentsOf: chunk[start..<index])
      guard bytes.count <= Limits.xmlNameBytes else { throw fault }
    }
    guard !bytes.isEmpty, bytes.last != UInt8(ascii: ":") else { throw fault }
    return bytes
  }

  private mutating func text() throws(IAuthError) -> String {
    try characters(until: lessThan)
  }

  /// Character data up to a byte, entities resolved.
  private mutating func characters(until end: UInt8) throws(IAuthError) -> String {
    var bytes: [UInt8] = []
    endsWithReturn = false
    while true {
      let start = index
      var hasReturn = false
      while index < chunk.count, chunk[index] != end, chunk[index] != ampersand,
        chunk[index] != lessThan
      {
        if chunk[index] == carriageReturn { hasReturn = true }
        index += 1
      }
      if hasReturn || endsWithReturn {
        append(chunk[start..<index], to: &bytes)
      } else {
        bytes.append(contentsOf: chunk[start..<index])
      }
      guard bytes.count <= Limits.xmlTextBytes else { throw fault }
      guard let byte = try peek(), byte != end else { break }
      if byte == ampersand {
        bytes.append(contentsOf: try entity())
      } else if byte == lessThan {
        throw fault
      }
    }
    return try string(bytes[...])
  }

  /// Line ends as XML has them (2.11): CR LF, and CR by itself, are one LF.
  private mutating func append(_ run: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    for byte in run {
      if byte == carriageReturn {
        bytes.append(lineFeed)
      } else if byte != lineFeed || !endsWithReturn {
        bytes.append(byte)
      }
      endsWithReturn = byte == carriageReturn
    }
  }

  /// The UTF-8 bytes that an entity stands for; only those of XML itself are known.
  private mutating func entity() throws(IAuthError) -> [UInt8] {
    index += 1
    endsWithReturn = false
    var word: [UInt8] = []
    while try require() != UInt8(ascii: ";") {
      word.append(try take())
      guard word.count <= 8 else { throw fault }
    }
    index += 1
    switch String(decoding: word, as: UTF8.self) {
    case "amp": return [ampersand]
    case "lt": return [lessThan]
    case "gt": return [greaterThan]
    case "quot": return [UInt8(ascii: "\"")]
    case "apos": return [UInt8(ascii: "'")]
    default: break
    }
    guard word.first == UInt8(ascii: "#") else { throw fault }
    let isHex = word.dropFirst().first == UInt8(ascii: "x")
    let digits = word.dropFirst(isHex ? 2 : 1)
    guard digits.allSatisfy({ isHex ? isHexDigit($0) : (0x30...0x39).contains($0) }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: isHex ? 16 : 10),
      let scalar = Unicode.Scalar(value), value >= 0x20 || [9, 10, 13].contains(value)
    else { throw fault }
    return Array(String(scalar).utf8)
  }

  /// The bytes as text: strict UTF-8, no control characters.
  private func string(_ bytes: ArraySlice<UInt8>) throws(IAuthError) -> String {
    for byte in bytes where byte < 0x20 && !isSpace(byte) { throw fault }
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: bytes.span))
    } catch {
      throw fault
    }
  }

  private mutating func skip(until mark: StaticString) throws(IAuthError) {
    let mark = Array(mark.description.utf8)
    var matched = 0
    while matched < mark.count {
      let byte = try take()
      // Marks are "?>" and "-->": another dash keeps what is matched so far.
      matched = byte == mark[matched] ? matched + 1 : byte == mark[0] ? max(1, matched) : 0
    }
  }

  @discardableResult
  private mutating func skipSpaces() throws(IAuthError) -> Bool {
    var isSkipped = false
    while let byte = try peek(), isSpace(byte) {
      index += 1
      isSkipped = true
    }
    return isSkipped
  }

  private mutating func take() throws(IAuthError) -> UInt8 {
    let byte = try require()
    index += 1
    return byte
  }

  /// The next byte, where the document cannot end.
  private mutating func require() throws(IAuthError) -> UInt8 {
    guard let byte = try peek() else { throw fault }
    return byte
  }

  private mutating func peek() throws(IAuthError) -> UInt8? {
    if index == chunk.count { try fill() }
    return index < chunk.count ? chunk[index] : nil
  }
}

extension XMLReader {
  /// The next piece of the part, in UTF-8.
  private mutating func fill() throws(IAuthError) {
    let isFirst = utf16 == nil && chunk.isEmpty && index == 0
    (chunk, index) = (try part.next(), 0)
    if isFirst { utf16 = UTF16Bytes(of: chunk) }
    while utf16 != nil, !chunk.isEmpty {
      guard let decoded = utf16?.utf8(of: chunk) else { throw fault }
      // A piece may be nothing but half a character.
      chunk = decoded.isEmpty ? try part.next() : decoded
      if !decoded.isEmpty { break }
    }
  }
}

extension [XMLReader.Attribute] {
  /// The value of an attribute; one that is empty says nothing, and counts as not there.
  package subscript(_ name: String) -> String? {
    for attribute in self where attribute.name == name {
      return attribute.value.isEmpty ? nil : attribute.value
    }
    return nil
  }
}

private let lessThan = UInt8(ascii: "<")
private let greaterThan = UInt8(ascii: ">")
private let ampersand = UInt8(ascii: "&")
private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")

private func isSpace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
}

private func isEndOfName(_ byte: UInt8) -> Bool {
  isSpace(byte) || byte == greaterThan || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 0...0x20, lessThan, ampersand, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "!"),
    UInt8(ascii: "?"):
    false
  default: true
  }
}

private func isHexDigit(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
}
