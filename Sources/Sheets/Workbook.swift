// The parts of an .xlsx workbook (ECMA-376) around its sheets: which sheets there are, the shared
// texts and the number formats. Only what the cells of a form need is read.

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
    let main = try Self.relationships(of: "", in: archive).first { $0.kind == "officeDocument" }
    guard let main else { throw .sheetUnreadable(.notASheet) }
    guard !main.target.utf8.suffix(4).elementsEqual(".bin".utf8) else { throw .unsupported("xlsb") }
    let relationships = try Self.relationships(of: main.target, in: archive)
    try readSheets(main.target, relationships)
    for relationship in relationships {
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

  /// What a part refers to (ECMA-376 part 2, 6.5); targets as names in the archive.
  private static func relationships(
    of part: String, in archive: ZipArchive
  ) throws(IAuthError) -> [Relationship] {
    let path = part.split(separator: "/").map(String.init)
    let folder = Array(path.dropLast())
    let name = (folder + ["_rels", (path.last ?? "") + ".rels"]).joined(separator: "/")
    guard archive.contains(name) else { throw .sheetUnreadable(.notASheet) }
    var xml = XMLReader(try archive.part(name))
    var relationships: [Relationship] = []
    while let event = try xml.next() {
      guard case .start("Relationship", let attributes) = event,
        let id = attributes["Id"], let type = attributes["Type"],
        let target = attributes["Target"], attributes["TargetMode"] != "External"
      else { continue }
      var place = target.utf8.first == UInt8(ascii: "/") ? [] : folder
      for step in target.split(separator: "/") {
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
    while let event = try xml.next() {
      guard case .start(let name, let attributes) = event else { continue }
      if name == "workbookPr" {
        isFrom1904 = ["1", "true"].contains(attributes["date1904"])
      } else if name == "sheet" {
        guard let title = attributes["name"], let id = attributes["id"],
          let target = relationships.first(where: { $0.id == id })
        else { throw xml.fault }
        // Charts and dialogues have no cells.
        guard target.kind == "worksheet" else { continue }
        let isHidden = attributes["state"].map { $0 != "visible" } ?? false
        sheets.append(Sheet(name: title, part: target.target, isHidden: isHidden))
      }
    }
  }

  private mutating func readStrings(_ part: String) throws(IAuthError) {
    var xml = XMLReader(try archive.part(part))
    while let event = try xml.next() {
      guard case .start("si", _) = event else { continue }
      guard strings.count < Limits.sharedStrings else { throw xml.fault }
      strings.append(try xml.richText())
    }
  }

  private mutating func readFormats(_ part: String) throws(IAuthError) {
    var xml = XMLReader(try archive.part(part))
    var section = ""
    var codes: [Int: NumberFormat] = [:]
    while let event = try xml.next() {
      guard case .start(let name, let attributes) = event else {
        if case .end(section) = event { section = "" }
        continue
      }
      switch (section, name) {
      case ("", "numFmts"), ("", "cellXfs"): section = name
      case ("numFmts", "numFmt"):
        guard let id = attributes["numFmtId"].flatMap(count),
          let code = attributes["formatCode"]
        else { throw xml.fault }
        codes[id] = NumberFormat(code: code)
      case ("cellXfs", "xf"):
        let id = attributes["numFmtId"].flatMap(count) ?? 0
        formats.append(codes[id] ?? NumberFormat(builtIn: id))
      default: break
      }
    }
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
      guard text.utf8.count <= Limits.sheetCellBytes else { throw fault }
    }
    return XMLText.unescaped(text)
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
