// The formats that a sheet may have, told from its bytes and never from its name: agencies rename
// files, and a name proves nothing. A new format is a case here and a reader.

import Values

package enum SheetFormat: Equatable, Sendable {
  case delimited, workbook, openDocument

  /// Finds the format of a file.
  ///
  /// - Throws: `.sheetEmpty` for a file without bytes; `.sheetUnreadable`: `unsupported` for the
  ///   old `xls`, and for an `encrypted` workbook, `notASheet` for other known formats, and what
  ///   `ZipArchive` finds wrong.
  package init(of bytes: [UInt8]) throws(IAuthError) {
    guard !bytes.isEmpty else { throw .sheetEmpty }
    if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
      // A compound file: a workbook of Excel 97, or a newer one behind a password.
      throw .unsupported(Self.hasEncryptedPackage(bytes) ? "encrypted" : "xls")
    }
    if bytes.starts(with: "PK\u{3}\u{4}".utf8) {
      self = try Self(of: try ZipArchive(bytes))
      return
    }
    if let problem = Self.other(bytes) { throw .sheetUnreadable(problem) }
    self = .delimited
  }

  /// An archive is what its parts say: the list of types and the `mimetype` are for other programs,
  /// and some leave them out.
  private init(of archive: ZipArchive) throws(IAuthError) {
    if archive.contains("[Content_Types].xml") || archive.contains("xl/workbook.xml") {
      self = .workbook
    } else if archive.contains("content.xml") {
      if archive.contains("mimetype") {
        var part = try archive.part("mimetype")
        guard try part.whole().starts(with: OpenDocumentReader.mimeType.utf8) else {
          throw .sheetUnreadable(.notASheet)
        }
      }
      self = .openDocument
    } else {
      throw .sheetUnreadable(.notASheet)
    }
  }

  /// Whether a compound file has the stream of an encrypted workbook; names are in UTF-16.
  private static func hasEncryptedPackage(_ bytes: [UInt8]) -> Bool {
    let name = Array("EncryptedPackage".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    return bytes.indices.contains {
      bytes[$0] == name[0] && bytes[$0...].starts(with: name)
    }
  }

  /// A reader of the rows of a file.
  ///
  /// A text is read as it is asked for; an archive, whose list of parts stands at its end, is taken
  /// whole.
  /// - Parameters:
  ///   - encoding: of a text file, when it is not to be found from the bytes.
  ///   - sheet: the name of a workbook's sheet; when nil, the visible ones one after another.
  /// - Throws: as `init(of:)`, and what the reader finds wrong on opening.
  package static func open(
    _ source: any ByteSource, encoding: TextEncoding? = nil, sheet: String? = nil
  ) throws(IAuthError) -> any SheetReader {
    guard let head = try source.next() else { throw .sheetEmpty }
    try source.rewind()
    guard isText(head) else {
      let bytes = try source.whole()
      return switch try SheetFormat(of: bytes) {
      case .openDocument: try OpenDocumentReader(try ZipArchive(bytes), sheet: sheet)
      default: try WorkbookReader(try ZipArchive(bytes), sheet: sheet)
      }
    }
    guard let encoding else {
      return DelimitedReader(source, encoding: try TextEncoding.find(in: source))
    }
    return DelimitedReader(source, encoding: encoding)
  }

  package static func open(
    _ bytes: [UInt8], encoding: TextEncoding? = nil, sheet: String? = nil
  ) throws(IAuthError) -> any SheetReader {
    try open(MemorySource(bytes), encoding: encoding, sheet: sheet)
  }

  /// Whether bytes do not begin as a format that is no text.
  package static func isText(_ head: [UInt8]) -> Bool {
    !archives.contains { head.starts(with: $0) } && other(head) == nil
  }

  /// What a file is that is neither a sheet nor a text.
  private static func other(_ bytes: [UInt8]) -> SheetProblem? {
    if others.contains(where: { bytes.starts(with: $0) }) { return .notASheet }
    // Web pages and the XML of Excel 2003 are given the name of a workbook by many programs.
    let head = bytes.prefix(4_096).filter { $0 != 0 && $0 < 0x80 }
    guard head.first(where: { !spaces.contains($0) }) == UInt8(ascii: "<"),
      isMarked(bytes)
    else { return nil }
    let text = String(decoding: head, as: UTF8.self).lowercased()
    if text.contains("schemas-microsoft-com:office:spreadsheet"), text.contains("<?xml") {
      return .page("XML")
    }
    if text.contains("oasis:names:tc:opendocument") { return .page("XML") }
    return text.contains("<html") || text.contains("<table") || text.contains("<!doctype html")
      ? .page("HTML") : .notASheet
  }

  /// Whether nothing stands before the first `<` but white space and a mark of the encoding.
  private static func isMarked(_ bytes: [UInt8]) -> Bool {
    for byte in bytes {
      if byte == UInt8(ascii: "<") { return true }
      guard spaces.contains(byte) || [0, 0xEF, 0xBB, 0xBF, 0xFE, 0xFF].contains(byte) else { break }
    }
    return false
  }

  private static let spaces: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
  private static let archives: [[UInt8]] = [[0xD0, 0xCF, 0x11, 0xE0], Array("PK\u{3}\u{4}".utf8)]
  private static let others: [[UInt8]] = [
    "%PDF", "PK\u{5}\u{6}", "{\\rtf", "\u{7F}ELF", "GIF8", "7z", "Rar!",
  ].map { Array($0.utf8) }
}
