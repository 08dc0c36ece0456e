// CSV as spreadsheet programs take it without questions: UTF-8 with byte order mark, CRLF, quotes
// where RFC 4180 needs them, formulas guarded. Bytes are taken out as they come, so a long report
// need not stand in memory.

import Values

package struct DelimitedWriter: SheetWriter {
  private var bytes = TextEncoding.mark

  package init() {}

  package mutating func write(_ cells: [String]) {
    for (index, cell) in cells.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      append(FormulaGuard.guarded(cell))
    }
    bytes.append(contentsOf: [0x0D, 0x0A])
  }

  package mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  package consuming func finish() throws(IAuthError) -> [UInt8] { bytes }

  private mutating func append(_ cell: String) {
    guard Self.needsQuotes(cell) else { return bytes.append(contentsOf: cell.utf8) }
    bytes.append(UInt8(ascii: "\""))
    for byte in cell.utf8 {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Also for the other delimiters and surrounding spaces, which some programs act on.
  private static func needsQuotes(_ cell: String) -> Bool {
    let special: [UInt8] = [0x22, 0x2C, 0x3B, 0x09, 0x0A, 0x0D]
    return cell.utf8.contains(where: special.contains)
      || cell.utf8.first == 0x20 || cell.utf8.last == 0x20
  }
}
