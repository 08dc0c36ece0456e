// libFuzzer's targets for everything that reads bytes from strangers; Scripts/fuzz builds and runs
// them. A target fails by a trap, a sanitizer's finding, running too long, or a broken oracle
// below.

import Glibc

enum Fuzz {
  private static let targets: [String: @Sendable ([UInt8]) throws -> Void] = [
    "inflate": { bytes in
      var inflater = Inflater(bytes, range: 0..<bytes.count)
      var size = 0
      while size < 4 << 20 {
        let piece = try inflater.next()
        if piece.isEmpty { break }
        size += piece.count
      }
    },
    "zip": { bytes in
      let archive = try ZipArchive(bytes)
      for name in ["mimetype", "content.xml", "xl/workbook.xml", "[Content_Types].xml", "a"] {
        var part = try archive.part(name)
        _ = try part.whole()
      }
    },
    "sheet": { bytes in try readForm(bytes) },
    "xml": { bytes in
      var xml = XMLReader(ZipPart(name: "part", plain: bytes))
      var open: [String] = []
      while let event = try xml.next() {
        switch event {
        case .start(let name, _): open.append(name)
        case .end(let name): precondition(open.removeLast() == name, "events do not nest")
        case .text: break
        }
      }
      precondition(open.isEmpty, "a document ended inside an element")
    },
    "workbook": { bytes in
      var zip = ZipWriter()
      let type = "http://x/"
      zip.add("[Content_Types].xml", [])
      zip.add("_rels/.rels", relationships([("a", "officeDocument", "w")]))
      zip.add("_rels/w.rels", relationships([("b", "worksheet", "s"), ("c", "styles", "y")]))
      zip.add(
        "w", Array("<workbook><sheets><sheet name='\(type)' id='b'/></sheets></workbook>".utf8))
      zip.add("s", bytes)
      zip.add("y", Array("<s><cellXfs><xf numFmtId='14'/></cellXfs></s>".utf8))
      try readForm(zip.finish())
    },
    "content": { bytes in
      var zip = ZipWriter()
      zip.add("mimetype", Array(OpenDocumentReader.mimeType.utf8))
      zip.add("content.xml", bytes)
      try readForm(zip.finish())
    },
    "csv": { bytes in
      // Pieces that end anywhere: the reader must not see the seams.
      let pieceBytes = 1 + (bytes.first.map(Int.init) ?? 0)
      var reader = DelimitedReader(
        MemorySource(bytes, pieceBytes: pieceBytes), delimiter: UInt8(ascii: ","))
      var whole = DelimitedReader(bytes, delimiter: UInt8(ascii: ","))
      var writer = DelimitedWriter()
      var rows: [[String]] = []
      while let row = try reader.next() {
        let same = try whole.next()
        precondition(same == row, "a seam changed a row")
        rows.append(row.cells)
        writer.write(row.cells)
      }
      var again = DelimitedReader(try writer.finish(), delimiter: UInt8(ascii: ","))
      for row in rows {
        let back = try again.next()?.cells.map(FormulaGuard.unguarded)
        precondition(back == row, "what was written came back changed")
      }
    },
    "cp950": { bytes in
      var decoder = TextDecoder(MemorySource(bytes), encoding: .cp950)
      while let piece = try decoder.next() {
        precondition(String(validating: piece, as: UTF8.self) != nil, "decoded to no UTF-8")
      }
    },
    "text": { bytes in
      let pieceBytes = 1 + (bytes.last.map(Int.init) ?? 0)
      let source = MemorySource(bytes, pieceBytes: pieceBytes)
      var reader = try SheetFormat.open(source)
      while try reader.next() != nil {}
    },
    "bounce": { bytes in
      let report = MailReport(bytes)
      precondition(report?.recipients.isEmpty != true, "a report about nobody")
    },
    "registry": { bytes in
      let file = try RegistryFile(bytes)
      let superiors = Superiors(of: file.entries.map(\.code))
      for entry in file.entries {
        precondition(superiors.superior(of: entry.code) != entry.code, "an agency above itself")
      }
    },
    "values": { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      if let code = AgencyCode(text) {
        precondition(AgencyCode(code.text) == code, "a code changed when parsed again")
      }
      _ = NumberFormat(code: text).text(of: text, isFrom1904: false)
      precondition(
        XMLText.unescaped(String(decoding: XMLText.escaped("_" + text), as: UTF8.self)).utf8.count
          > 0)
      _ = try FormDate.day(cell: text)
    },
  ]

  private static let target: (@Sendable ([UInt8]) throws -> Void)? = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) }
    return name.flatMap { targets[$0] }
  }()

  private static func relationships(_ all: [(String, String, String)]) -> [UInt8] {
    var xml = "<R>"
    for (id, kind, target) in all {
      xml += "<Relationship Id='\(id)' Type='x/\(kind)' Target='\(target)'/>"
    }
    return Array((xml + "</R>").utf8)
  }

  private static func readForm(_ bytes: [UInt8]) throws {
    var form = try FormSheet(SheetFormat.open(bytes))
    while let row = try form.next() { _ = row.formulas }
  }

  static func run(_ bytes: [UInt8]) {
    guard let target else { fatalError("FUZZ_TARGET names no target") }
    // A refusal is what most inputs deserve.
    try? target(bytes)
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe Fuzz.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
