// Standard input, by lines (codes, answers) or whole (a sheet). Lines are cut off at a length no
// honest answer has, so that an endless one cannot fill the memory.

import Glibc
import IAuthCore

final class Input {
  /// The longest line that is read, in bytes.
  static let lineBytesMax = 8_192

  /// nil: the text of a test.
  let descriptor: Int32?
  let isTerminal: Bool
  private var buffer: [UInt8]
  private var isAtEnd = false

  init(descriptor: Int32, isTerminal: Bool) {
    self.descriptor = descriptor
    self.isTerminal = isTerminal
    buffer = []
  }

  /// An input that holds `text` and then ends.
  init(text: String, isTerminal: Bool = false) {
    descriptor = nil
    self.isTerminal = isTerminal
    buffer = Array(text.utf8)
  }

  /// The next line without its end; nil when there is none.
  ///
  /// Errors: `disk.failed`.
  func line() throws(IAuthError) -> String? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = buffer[..<end]
        buffer.removeSubrange(...end)
        return Self.text(line)
      }
      guard buffer.count <= Self.lineBytesMax else {
        throw .limitBytes(max: Self.lineBytesMax)
      }
      guard try fill() else {
        defer { buffer = [] }
        return buffer.isEmpty ? nil : Self.text(buffer[...])
      }
    }
  }

  /// Everything to the end.
  ///
  /// Errors: `limit.bytes` beyond `max` bytes, `disk.failed`.
  func all(max: Int) throws(IAuthError) -> [UInt8] {
    while try fill() {
      guard buffer.count <= max else { throw .limitBytes(max: max) }
    }
    guard buffer.count <= max else { throw .limitBytes(max: max) }
    defer { buffer = [] }
    return buffer
  }

  /// What there is, in pieces; nil at the end.
  ///
  /// Errors: `disk.failed`.
  func piece() throws(IAuthError) -> [UInt8]? {
    if buffer.isEmpty, try !fill() { return nil }
    defer { buffer = [] }
    return buffer
  }

  private static func text(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }

  /// Reads more; false at the end.
  private func fill() throws(IAuthError) -> Bool {
    guard let descriptor, !isAtEnd else { return false }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { bytes in
        unsafe read(descriptor, bytes.baseAddress, bytes.count)
      }
      if count > 0 {
        buffer.append(contentsOf: chunk[..<count])
        return true
      }
      if count == 0 {
        isAtEnd = true
        return false
      }
      if errno != EINTR { throw .diskFailed }
    }
  }
}
