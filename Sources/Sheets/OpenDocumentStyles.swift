// The styles of an OpenDocument spreadsheet, as far as they change what a person sees of a cell: the
// format of its number, and whether its table, row or column is shown. A data style is spelled as
// the format code that a workbook would have, so that both mean the same.

import Values

struct OpenDocumentStyles {
  private struct DataStyle {
    /// Nil for what is no pattern of digits.
    var code: String?
    var isDate = false
    var hasTime = false
    /// Other styles, by the condition under which they hold.
    var maps: [(condition: String, name: String)] = []
  }

  private var dataStyles: [String: DataStyle] = [:]
  private var cellStyles: [String: (data: String?, parent: String?)] = [:]
  /// Table, row and column styles that are not shown.
  private var hidden: Set<String> = []
  private var formats: [String: NumberFormat] = [:]

  /// How a workbook's format code says that a number is shown as it is.
  private static let asItIs = "General"

  func isHidden(_ style: String?) -> Bool { style.map(hidden.contains) ?? false }

  /// The format of a cell style's numbers.
  mutating func format(of style: String?) -> NumberFormat {
    guard let style else { return .general }
    if let known = formats[style] { return known }
    var name: String? = style
    var format = NumberFormat.general
    // A style says nothing of what its parent says; a chain is short, and might be a circle.
    for _ in 0..<8 {
      guard let known = name.flatMap({ cellStyles[$0] }) else { break }
      if let data = known.data {
        format = self.format(ofData: data)
        break
      }
      name = known.parent
    }
    formats[style] = format
    return format
  }

  private func format(ofData name: String) -> NumberFormat {
    guard let style = dataStyles[name] else { return .general }
    if style.isDate { return style.hasTime ? .dateTime : .date }
    var sections: [String] = []
    for map in style.maps {
      let code = dataStyles[map.name]?.code ?? Self.asItIs
      let condition = String(map.condition.unicodeScalars.filter { !$0.properties.isWhitespace })
      guard condition.utf8.starts(with: "value()".utf8) else { return .general }
      let test = Substring(condition.utf8.dropFirst(7))
      sections.append("[\(test.utf8.first == 0x21 ? "<>" + test.dropFirst(2) : test)]" + code)
    }
    let own = style.code ?? Self.asItIs
    return NumberFormat(code: (sections + [own]).joined(separator: ";"))
  }

  /// Reads the styles of an element that has just started, up to its end.
  mutating func read(_ xml: inout XMLReader) throws(IAuthError) {
    while let (name, attributes) = try xml.child() {
      switch name {
      case "style": try readStyle(attributes, &xml)
      case "number-style", "currency-style", "percentage-style", "date-style", "time-style",
        "text-style", "boolean-style":
        try readData(name, attributes["name"] ?? "", &xml)
      default: try xml.skipElement()
      }
    }
  }

  private mutating func readStyle(
    _ attributes: [XMLReader.Attribute], _ xml: inout XMLReader
  ) throws(IAuthError) {
    let style = attributes["name"] ?? ""
    if attributes["family"] == "table-cell" {
      cellStyles[style] = (attributes["data-style-name"], attributes["parent-style-name"])
    }
    while let (name, properties) = try xml.child() {
      switch name {
      case "table-properties" where properties["display"] == "false": hidden.insert(style)
      case "table-row-properties" where Self.isNothing(properties["row-height"]),
        "table-column-properties" where Self.isNothing(properties["column-width"]):
        hidden.insert(style)
      default: break
      }
      try xml.skipElement()
    }
  }

  /// Whether a length like `0cm` is none.
  private static func isNothing(_ length: String?) -> Bool {
    guard let length, length.utf8.first == UInt8(ascii: "0") else { return false }
    return !length.utf8.contains { (0x31...0x39).contains($0) }
  }

  private mutating func readData(
    _ kind: String, _ style: String, _ xml: inout XMLReader
  ) throws(IAuthError) {
    var data = DataStyle()
    data.isDate = kind == "date-style" || kind == "time-style"
    var code = kind == "number-style" || kind == "currency-style" ? "" : nil
    while let (name, attributes) = try xml.child() {
      switch name {
      case "number":
        let number = try Self.digits(attributes, &xml)
        code = number.flatMap { digits in code.map { $0 + digits } }
        continue
      case "text", "currency-symbol":
        let text = try xml.elementText()
        // An empty one is how LibreOffice writes that nothing is shown (`;;;`).
        code = code.map { $0 + Self.quoted(text) }
        continue
      case "map":
        if let condition = attributes["condition"], let other = attributes["apply-style-name"] {
          data.maps.append((condition, other))
        }
      case "hours", "minutes", "seconds", "am-pm": data.hasTime = true
      case "text-properties": break
      default: code = nil
      }
      try xml.skipElement()
    }
    data.code = code
    dataStyles[style] = data
  }

  /// The places of a number's digits; nil if it is shown with decimals or in groups.
  private static func digits(
    _ attributes: [XMLReader.Attribute], _ xml: inout XMLReader
  ) throws(IAuthError) -> String? {
    let least = min(attributes["min-integer-digits"].flatMap(count) ?? 0, 40)
    // What stands before the digits from the right on.
    var inner: [Int: String] = [:]
    while let (name, attributes) = try xml.child() {
      if name == "embedded-text", let place = attributes["position"].flatMap(count), place < 40 {
        inner[place] = try xml.elementText()
      } else {
        try xml.skipElement()
      }
    }
    guard attributes["decimal-places"].flatMap(count) ?? 0 == 0, attributes["grouping"] != "true",
      attributes["display-factor"] == nil
    else { return nil }
    var code = ""
    for place in (0...max(least, 1, inner.keys.max() ?? 0)).reversed() {
      if let text = inner[place] { code += quoted(text) }
      guard place > 0 else { break }
      code += place <= least ? "0" : "#"
    }
    return code
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.split(separator: "\"").joined() + "\""
  }
}
