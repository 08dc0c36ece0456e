// Bytes that an import keeps for later: in memory while they are few, then in a file beside the
// database that never has a name, so that nothing of it outlives the process.

import CPosix
import Glibc
import Sheets
import Values

package final class Spool {
  private let directory: String
  private var file: Int32 = -1
  /// What is not in the file yet.
  private var tail: [UInt8] = []
  private var filed = 0
  /// A stretch of the file that was read last.
  private var window: [UInt8] = []
  private var windowStart = 0

  /// - Parameter directory: where the file is made if one is needed.
  package init(in directory: String) {
    self.directory = directory
  }

  deinit {
    if file >= 0 { close(file) }
  }

  package var count: Int { filed + tail.count }

  /// Keeps a record, and says where it is.
  ///
  /// - Throws: `disk.full`, `disk.failed`.
  func add(_ record: [UInt8]) throws(IAuthError) -> Int {
    let place = count
    for shift in stride(from: 0, to: 32, by: 8) {
      tail.append(UInt8(truncatingIfNeeded: record.count >> shift))
    }
    try append(record)
    return place
  }

  /// The record at a place that `add` has named.
  ///
  /// - Throws: `disk.failed`.
  func record(at place: Int) throws(IAuthError) -> ArraySlice<UInt8> {
    let length = try bytes(at: place, count: 4).reversed().reduce(0) { $0 << 8 | Int($1) }
    return try bytes(at: place + 4, count: length)
  }

  /// Keeps bytes as they are.
  ///
  /// - Throws: `disk.full`, `disk.failed`.
  package func append(_ bytes: [UInt8]) throws(IAuthError) {
    tail += bytes
    guard tail.count > (file < 0 ? Limits.spoolBytes : Limits.spoolPieceBytes) else { return }
    let isFirst = file < 0
    if isFirst { try open() }
    // At the end of the file, where the last writing stopped.
    try Files.write(tail, to: file)
    filed += tail.count
    // Once there is a file, the room is others'.
    tail.removeAll(keepingCapacity: !isFirst)
  }

  /// - Throws: `disk.failed`.
  package func bytes(at place: Int, count: Int) throws(IAuthError) -> ArraySlice<UInt8> {
    if place >= filed { return tail[(place - filed)..<(place - filed + count)] }
    if place < windowStart || place + count > windowStart + window.count {
      try read(at: place, count: max(count, Self.windowBytes))
      guard count <= window.count else { throw .diskFailed }
    }
    return window[(place - windowStart)..<(place - windowStart + count)]
  }

  private static let windowBytes = 4_096

  /// Fills the window from the file and, where it ends, from what is to follow it.
  private func read(at place: Int, count: Int) throws(IAuthError) {
    window = [UInt8](repeating: 0, count: count)
    windowStart = place
    var done = 0
    while done < count {
      let got = unsafe window.withUnsafeMutableBytes { buffer in
        unsafe pread(
          file, buffer.baseAddress?.advanced(by: done), count - done, off_t(place + done))
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .diskFailed }
      guard got > 0 else { break }
      done += got
    }
    window.removeLast(count - done)
    window += tail.prefix(count - done)
  }

  private func open() throws(IAuthError) {
    file = unsafe iauth_open_unnamed(directory)
    if file < 0, errno == EOPNOTSUPP || errno == EISDIR {
      // A file system without such files: one that has a name for a moment.
      let path = "\(directory)/.spool.\(getpid())"
      file = unsafe iauth_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      if file >= 0 { unsafe unlink(path) }
    }
    guard file >= 0 else { throw Files.failure(errno) }
  }
}

/// What a spool holds, as a source.
package final class SpoolSource: ByteSource {
  private let spool: Spool
  private var position = 0

  package init(_ spool: Spool) {
    self.spool = spool
  }

  package func next() throws(IAuthError) -> [UInt8]? {
    let count = min(Limits.pieceBytes, spool.count - position)
    guard count > 0 else { return nil }
    defer { position += count }
    return Array(try spool.bytes(at: position, count: count))
  }

  package func rewind() { position = 0 }
}

/// A regular file that someone named.
package final class FileSource: ByteSource {
  private let file: Int32
  private let path: String
  private let max: Int
  private var position = 0

  /// - Throws: `file.missing`, `limit.bytes`.
  package init(_ path: String, max: Int) throws(IAuthError) {
    file = unsafe iauth_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    (self.path, self.max) = (path, max)
    var s = stat()
    guard file >= 0 else { throw Files.unopened(path) }
    guard unsafe fstat(file, &s) == 0, Files.Status(s).isRead else {
      throw Files.Status(s).unread(path)
    }
    guard s.st_size <= max else { throw .limitBytes(max: max) }
  }

  deinit {
    if file >= 0 { close(file) }
  }

  package func next() throws(IAuthError) -> [UInt8]? {
    var piece = [UInt8](repeating: 0, count: Limits.pieceBytes)
    var done = 0
    while done < piece.count {
      let got = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe pread(
          file, buffer.baseAddress?.advanced(by: done), buffer.count - done,
          off_t(position + done))
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw Files.failure(errno) }
      guard got > 0 else { break }
      done += got
    }
    guard done > 0 else { return nil }
    position += done
    // It may have grown since it was opened.
    guard position <= max else { throw .limitBytes(max: max) }
    piece.removeLast(piece.count - done)
    return piece
  }

  package func rewind() { position = 0 }
}

extension Files {
  /// The SHA-256 of a file, however large it is.
  static func digest(of path: String) throws(IAuthError) -> [UInt8] {
    let source = try FileSource(path, max: Int.max)
    var digest = SHA256()
    while let piece = try source.next() { digest.update(piece) }
    return digest.finish()
  }
}
