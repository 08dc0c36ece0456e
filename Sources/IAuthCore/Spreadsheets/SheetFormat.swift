// The formats that a sheet may have, told from its bytes and never from its name: agencies rename
// files, and a name proves nothing. A new format is a case here and a reader.

/// What encodes the text of a CSV or TSV file.
package enum TextEncoding: String, CaseIterable, Sendable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case cp950
}

package enum SheetFormat: Equatable, Sendable {
  case delimited(TextEncoding)

  /// Finds the format of a file.
  /// - Throws: `.sheetEmpty` for a file without bytes, `.sheetUnreadable` for what is no sheet.
  package init(of bytes: [UInt8]) throws(IAuthError) {
    guard !bytes.isEmpty else { throw .sheetEmpty }
    if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
      throw .sheetUnreadable(.unsupported("xls"))
    }
    self = .delimited(.utf8)
  }

  /// A reader of the rows of a file.
  /// - Parameters:
  ///   - encoding: of a text file, when it is not to be found from the bytes.
  ///   - sheet: the name of a workbook's sheet; the first one that is visible when nil.
  /// - Throws: as `init(of:)`, and what the reader finds wrong on opening.
  package static func open(
    _ bytes: [UInt8], encoding: TextEncoding? = nil, sheet: String? = nil
  ) throws(IAuthError) -> any SheetReader {
    switch try SheetFormat(of: bytes) {
    case .delimited: DelimitedReader(bytes)
    }
  }
}
