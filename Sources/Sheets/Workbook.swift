// The parts of an .xlsx workbook (ECMA-376) around its sheets: which sheets there are, the shared
// texts and the number formats. Only what the cells of a form need is read, each thing in its place
// and nowhere else; a part that is not there is missed only by a cell that needs it.

import Values

package struct Workbook {
  package struct Sheet {
    package let name: String
    package let part: String
    package let isHidden: Bool
  }

  private let archive: ZipArchive
  private(set) var sheets: [Sheet] = []
  private(set) var isFrom1904 = false
  private(set) var strings: [String] = []
  /// By a cell's style.
  private(set) var formats: [NumberFormat] = []

  package init(_ archive: ZipArchive) throws(IAuthError) {
    self.archive = archive
    let known = try Self.relationships(of: "", in: archive)
    let main =
      known?.first { $0.kind == "officeDocument" }?.target
      ?? (archive.contains("xl/workbook.xml") ? "xl/workbook.xml" : nil)
    guard let main else { throw .sheetUnreadable(.notASheet) }
    guard !main.utf8.suffix(4).elementsEqual(".bin".utf8) else { throw .unsupported("xlsb") }
    guard let relationships = try Self.relationships(of: main, in: archive) else {
      throw .sheetUnreadable(.notASheet)
    }
    try readSheets(main, relationships)
    for relationship in relationships where archive.contains(relationship.target) {
      switch relationship.kind {
      case "sharedStrings": try readStrings(relationship.target)
      case "styles": try readFormats(relationship.target)
      default: break
      }
    }
  }

  /// - Parameter elements: as `XMLReader` counts them.
  package func xml(of sheet: Sheet, elements: Int = 0) throws(IAuthError) -> XMLReader {
    XMLReader(try archive.part(sheet.part), elements: elements)
  }

  private struct Relationship {
    package let id: String
    /// The last word of the type's address.
    package let kind: String
    package let target: String
  }

  /// What a part refers to (ECMA-376 part 2, 6.5), targets as names in the archive; nil for a part
  /// without relationships.
  private static func relationships(
    of part: String, in archive: ZipArchive
  ) throws(IAuthError) -> [Relationship]? {
    let path = part.split(separator: "/").map(String.init)
    let folder = Array(path.dropLast())
    let name = (folder + ["_rels", (path.last ?? "") + ".rels"]).joined(separator: "/")
    guard archive.contains(name) else { return nil }
    var xml = XMLReader(try archive.part(name))
    var relationships: [Relationship] = []
    while let event = try xml.next() {
      guard case .start("Relationship", let attributes) = event,
        let id = attributes["Id"], let type = attributes["Type"],
        let target = attributes["Target"], attributes["TargetMode"] != "External"
      else { continue }
      let steps = target.split { $0 == "/" || $0 == "\\" }
      var place = ["/", "\\"].contains(target.first) ? [] : folder
      for step in steps {
        switch step {
        case ".": continue
        case "..": _ = place.popLast()
        default: place.append(String(step))
        }
      }
      let kind = type.split(separator: "/").last.map(String.init) ?? ""
      relationships.append(
        Relationship(id: id, kind: kind, target: place.joined(separator: "/")))
    }
    return relationships
  }

  private mutating func readSheets(
    _ part: String, _ relationships: [Relationship]
  ) throws(IAuthError) {
    var xml = XMLReader(try archive.part(part))
    guard case .start("workbook", _) = try xml.next() else { throw .sheetUnreadable(.notASheet) }
    while let (name, attributes) = try xml.child() {
      switch name {
      case "workbookPr":
        isFrom1904 = ["1", "true"].contains(trimmed(attributes["date1904"] ?? ""))
        try xml.skipElement()
      case "sheets":
        while let (name, attributes) = try xml.child() {
          if name == "sheet" { try add(attributes, relationships, xml.fault) }
          try xml.skipElement()
        }
      default: try xml.skipElement()
      }
    }
    while try xml.next() != nil {}
  }

  /// Notes a sheet; modules of macros, charts and dialogues have no cells.
  private mutating func add(
    _ attributes: [XMLReader.Attribute], _ relationships: [Relationship], _ fault: IAuthError
  ) throws(IAuthError) {
    guard let id = attributes["id"] else { return }
    let isHidden = attributes["state"].map { $0 != "visible" } ?? false
    guard let target = relationships.first(where: { $0.id == id }) else {
      guard isHidden else { throw fault }
      return
    }
    guard target.kind == "worksheet" else { return }
    sheets.append(
      Sheet(name: attributes["name"] ?? "", part: target.target, isHidden: isHidden))
  }

  private mutating func readStrings(_ part: String) throws(IAuthError) {
    var xml = XMLReader(try archive.part(part))
    guard try xml.next() != nil else { throw xml.fault }
    while let (name, _) = try xml.child() {
      guard name == "si" else {
        try xml.skipElement()
        continue
      }
      guard strings.count < Limits.sharedStrings else { throw xml.fault }
      strings.append(try xml.richText())
    }
    while try xml.next() != nil {}
  }

  private mutating func readFormats(_ part: String) throws(IAuthError) {
    var xml = XMLReader(try archive.part(part))
    guard try xml.next() != nil else { throw xml.fault }
    var codes: [Int: NumberFormat] = [:]
    var styles: [Int] = []
    while let (section, _) = try xml.child() {
      guard section == "numFmts" || section == "cellXfs" else {
        try xml.skipElement()
        continue
      }
      while let (name, attributes) = try xml.child() {
        let id = attributes["numFmtId"].flatMap(count) ?? 0
        if name == "numFmt", let code = attributes["formatCode"] {
          codes[id] = NumberFormat(code: code)
        } else if name == "xf" {
          styles.append(id)
        }
        try xml.skipElement()
      }
    }
    formats = styles.map { codes[$0] ?? NumberFormat(builtIn: $0) }
    while try xml.next() != nil {}
  }
}

extension XMLReader {
  /// The text of a shared or inline string whose element has just started, up to its end; readings
  /// of characters (`rPh`) left out, and escapes like `_x000D_` resolved.
  package mutating func richText() throws(IAuthError) -> String {
    var (text, depth) = ("", 1)
    while depth > 0 {
      guard let event = try next() else { throw fault }
      switch event {
      case .start("t", _): text += try elementText()
      case .start("rPh", _): try skipElement()
      case .start: depth += 1
      case .end: depth -= 1
      case .text: break
      }
      guard text.utf8.count <= Limits.xmlTextBytes else { throw fault }
    }
    return XMLText.unescaped(text).withLineFeeds
  }

  /// The next child of the element that has started last and whose other children were skipped or
  /// read to their ends; nil at the element's end.
  package mutating func child() throws(IAuthError) -> (name: String, attributes: [Attribute])? {
    while let event = try next() {
      switch event {
      case .start(let name, let attributes): return (name, attributes)
      case .end: return nil
      case .text: break
      }
    }
    return nil
  }
}

extension String {
  /// The text with one line feed for each line break, whichever a program writes.
  var withLineFeeds: String {
    guard utf8.contains(UInt8(ascii: "\r")) else { return self }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    var isAfterReturn = false
    for byte in utf8 {
      if byte == UInt8(ascii: "\r") {
        bytes.append(UInt8(ascii: "\n"))
      } else if byte != UInt8(ascii: "\n") || !isAfterReturn {
        bytes.append(byte)
      }
      isAfterReturn = byte == UInt8(ascii: "\r")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A number of up to nine digits; nil for anything else, signs and spaces too.
package func count(_ text: String) -> Int? {
  guard (1...9).contains(text.utf8.count) else { return nil }
  var number = 0
  for byte in text.utf8 {
    guard (0x30...0x39).contains(byte) else { return nil }
    number = number * 10 + Int(byte - 0x30)
  }
  return number
}
