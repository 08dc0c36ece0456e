// Standard input, by lines (codes, answers) or whole (a sheet). Lines are cut off at a length no
// honest answer has, so that an endless one cannot fill the memory. Where the bytes come from is a
// source's matter: a descriptor, the text of a test, or the other end of a connection.

import Glibc
import IAuthCore
import Sheets
import Values

protocol InputSource {
  /// Some bytes; none at the end.
  ///
  /// Errors: `disk.failed`.
  ///
  /// `meanwhile` runs when the other side may begin to think.
  func read(_ meanwhile: () -> Void) throws(IAuthError) -> [UInt8]
  /// Asks a person and returns what was typed, which is not shown; none at the end.
  ///
  /// Only for a terminal. Errors: `disk.failed`.
  func readHidden(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8]
  /// Asks a person for a key; none at the end.
  ///
  /// Only for a terminal. Errors: `disk.failed`.
  func readKey(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8]
  /// Whether somebody sits there, who may press a key before its question stands on the screen.
  var isLive: Bool { get }
}

extension InputSource {
  var isLive: Bool { true }
}

final class Input {
  /// The longest line that is read, in bytes.
  static let lineBytesMax = 8_192

  let isTerminal: Bool
  /// What is done whenever an answer is waited for.
  var meanwhile: () -> Void = {}
  private let source: any InputSource
  private var buffer: [UInt8] = []
  private var isAtEnd = false

  init(_ source: any InputSource, isTerminal: Bool) {
    self.source = source
    self.isTerminal = isTerminal
  }

  convenience init(descriptor: Int32, isTerminal: Bool) {
    self.init(DescriptorSource(descriptor: descriptor), isTerminal: isTerminal)
  }

  /// An input that holds `text` and then ends.
  convenience init(text: String, isTerminal: Bool = false) {
    self.init(NoSource(), isTerminal: isTerminal)
    buffer = Array(text.utf8)
  }

  /// The next line without its end; nil when there is none.
  ///
  /// Errors: `disk.failed`.
  func line() throws(IAuthError) -> String? {
    while true {
      if let line = try bufferedLine() { return line }
      guard try fill() else {
        defer { buffer = [] }
        return buffer.isEmpty ? nil : Self.text(buffer[...])
      }
    }
  }

  /// Like `line`, asked for by `prompt`; what is typed is not shown.
  func hiddenLine(_ prompt: String, on err: Stream) throws(IAuthError) -> String? {
    if let line = try bufferedLine() {
      err.write(prompt + "\n")
      return line
    }
    take(try source.readHidden(prompt, on: err, meanwhile))
    return try line()
  }

  /// The key that is pressed, asked for by `prompt`; nil at the end.
  ///
  /// Keys that send several characters (arrows) are one key that nothing means; what was typed, or
  /// pasted, ahead of the question is no answer to it.
  func key(_ prompt: String, on err: Stream) throws(IAuthError) -> Unicode.Scalar? {
    if source.isLive { buffer = [] }
    defer { if source.isLive { buffer = [] } }
    if buffer.isEmpty {
      take(try source.readKey(prompt, on: err, meanwhile))
    } else {
      err.write(prompt)
    }
    guard let first = buffer.first else { return nil }
    guard first != 0x1B else {
      dropControlSequence()
      return "\u{1B}"
    }
    let scalar = String(decoding: buffer.prefix(4), as: UTF8.self).unicodeScalars.first
    buffer.removeFirst(min(buffer.count, scalar.map { UTF8.width($0) } ?? 1))
    return scalar
  }

  /// Takes an escape and what belongs to it (ECMA-48: parameters, and one final byte).
  private func dropControlSequence() {
    buffer.removeFirst()
    switch buffer.first {
    case UInt8(ascii: "["):
      buffer.removeFirst()
      while let byte = buffer.first, !(0x40...0x7E).contains(byte) { buffer.removeFirst() }
      if !buffer.isEmpty { buffer.removeFirst() }
    case UInt8(ascii: "O"): buffer.removeFirst(min(2, buffer.count))
    default: break
    }
  }

  /// Some bytes of a key, for whoever passes them on.
  func someKey(_ prompt: String, on err: Stream) throws(IAuthError) -> [UInt8] {
    try source.readKey(prompt, on: err, meanwhile)
  }

  /// Some bytes as they come; none at the end.
  ///
  /// For whoever passes them on.
  func some() throws(IAuthError) -> [UInt8] { try source.read(meanwhile) }

  /// Some bytes that a person types unseen.
  func someHidden(_ prompt: String, on err: Stream) throws(IAuthError) -> [UInt8] {
    try source.readHidden(prompt, on: err, meanwhile)
  }

  private func bufferedLine() throws(IAuthError) -> String? {
    guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else {
      guard buffer.count <= Self.lineBytesMax else { throw .limitBytes(max: Self.lineBytesMax) }
      return nil
    }
    let line = buffer[..<end]
    buffer.removeSubrange(...end)
    return Self.text(line)
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
    guard !isAtEnd else { return false }
    take(try source.read(meanwhile))
    return !isAtEnd
  }

  private func take(_ bytes: [UInt8]) {
    buffer.append(contentsOf: bytes)
    isAtEnd = bytes.isEmpty
  }
}

/// A text is all there is.
private struct NoSource: InputSource {
  var isLive: Bool { false }
  func read(_ meanwhile: () -> Void) throws(IAuthError) -> [UInt8] { [] }
  func readHidden(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    err.write(prompt)
    return []
  }
  func readKey(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    err.write(prompt)
    return []
  }
}

struct DescriptorSource: InputSource {
  let descriptor: Int32

  func read(_ meanwhile: () -> Void) throws(IAuthError) -> [UInt8] {
    meanwhile()
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
      }
      if count >= 0 { return Array(chunk[..<count]) }
      if errno == EAGAIN, Files.wait(for: descriptor, POLLIN) { continue }
      if errno != EINTR { throw Files.unreadInput(errno) }
    }
  }

  func readHidden(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    try read(prompt, on: err, TerminalEcho(descriptor: descriptor), end: "\n", meanwhile)
  }

  func readKey(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    try read(prompt, on: err, TerminalEcho(descriptor: descriptor, isRaw: true), end: "", meanwhile)
  }

  private func read(
    _ prompt: String, on err: Stream, _ echo: TerminalEcho, end: String, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    let ask = {
      err.write(prompt)
      err.flush()
    }
    echo.off()
    defer {
      echo.restore()
      err.write(end)
      err.flush()
    }
    ask()
    meanwhile()
    echo.waitForLine(again: ask)
    return try read {}
  }
}
