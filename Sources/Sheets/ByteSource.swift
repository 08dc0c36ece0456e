// The bytes that were submitted, in pieces: a file, a spool of standard input, or what came through
// the gate. A text is read twice, once for its encoding and once for its rows, so a source can be
// begun again; nothing here holds a file whole.

import Values

/// Bytes that are read in pieces, from the start again as often as needed.
package protocol ByteSource: AnyObject {
  /// The next piece, at least 64 KiB long unless the end follows; nil at the end.
  /// - Throws: `.fileMissing`, `.limitBytes`, `.diskFailed`.
  func next() throws(IAuthError) -> [UInt8]?

  /// Goes back to the start.
  func rewind() throws(IAuthError)
}

extension ByteSource {
  /// Everything from here to the end.
  package func whole() throws(IAuthError) -> [UInt8] {
    guard var whole = try next() else { return [] }
    while let piece = try next() { whole += piece }
    return whole
  }
}

/// Bytes that are in memory already.
package final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private let pieceBytes: Int
  private var position = 0

  /// - Parameter pieceBytes: shorter only in tests.
  package init(_ bytes: [UInt8], pieceBytes: Int = Limits.pieceBytes) {
    self.bytes = bytes
    self.pieceBytes = pieceBytes
  }

  package func next() -> [UInt8]? {
    guard position < bytes.count else { return nil }
    let end = min(bytes.count, position + pieceBytes)
    defer { position = end }
    return position == 0 && end == bytes.count ? bytes : Array(bytes[position..<end])
  }

  package func rewind() { position = 0 }
}

/// A source that takes the hash of what was read, and counts the lines, from each start anew: what
/// the last reading to the end found is true of the rows that it gave.
package final class MeasuredSource: ByteSource {
  private let source: any ByteSource
  private var hash = SHA256()
  private var lines = 0
  /// The line feeds of the file; nil while it was not read to its end.
  package private(set) var lastLines: Int?

  package init(_ source: any ByteSource) {
    self.source = source
  }

  package var digest: [UInt8] { hash.finish() }

  package func next() throws(IAuthError) -> [UInt8]? {
    guard let piece = try source.next() else {
      lastLines = lines
      return nil
    }
    hash.update(piece)
    for byte in piece where byte == UInt8(ascii: "\n") { lines += 1 }
    return piece
  }

  package func rewind() throws(IAuthError) {
    (hash, lines) = (SHA256(), 0)
    try source.rewind()
  }
}
