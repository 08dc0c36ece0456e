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
      let archive = try ZipArchive(bytes)
      if archive.contains("[Content_Types].xml") {
        self = .workbook
      } else if archive.contains("mimetype"), archive.contains("content.xml") {
        var part = try archive.part("mimetype")
        guard try part.whole().starts(with: OpenDocumentReader.mimeType.utf8) else {
          throw .sheetUnreadable(.notASheet)
        }
        self = .openDocument
      } else {
        throw .sheetUnreadable(.notASheet)
      }
      return
    }
    guard !Self.others.contains(where: { bytes.starts(with: $0) }) else {
      throw .sheetUnreadable(.notASheet)
    }
    self = .delimited
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
  private static func isText(_ head: [UInt8]) -> Bool {
    !(others + archives).contains { head.starts(with: $0) }
  }

  private static let archives: [[UInt8]] = [[0xD0, 0xCF, 0x11, 0xE0], Array("PK\u{3}\u{4}".utf8)]
  private static let others: [[UInt8]] = [
    "%PDF", "PK\u{5}\u{6}", "{\\rtf", "\u{7F}ELF", "GIF8", "7z", "Rar!", "<",
  ].map { Array($0.utf8) }
}
