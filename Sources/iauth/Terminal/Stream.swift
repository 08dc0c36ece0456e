// Standard output and standard error: buffered bytes that go to a descriptor or a connection when
// flushed, or stay for a test to read. A write error is remembered, so that Program can judge it
// after the commit.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

final class Stream {
  /// Takes bytes and returns 0, or the `errno` of what went wrong; nil: they stay in `text`.
  private let sink: (([UInt8]) -> Int32)?
  /// The descriptor behind it, if there is one.
  private let descriptor: Int32?
  let isTerminal: Bool
  private var buffer: [UInt8] = []
  /// `errno` of the first write that failed, 0 if none did.
  private(set) var failure: Int32 = 0

  init(isTerminal: Bool, descriptor: Int32?, sink: (([UInt8]) -> Int32)?) {
    self.sink = sink
    self.descriptor = descriptor
    self.isTerminal = isTerminal
  }

  /// A descriptor of this process, or nil for a stream that keeps everything.
  convenience init(descriptor: Int32?, isTerminal: Bool) {
    self.init(
      isTerminal: isTerminal, descriptor: descriptor,
      sink: descriptor.map { descriptor in { bytes in Self.write(bytes, to: descriptor) } })
  }

  /// What was written and not flushed; of a recording stream, everything.
  var text: String { String(decoding: buffer, as: UTF8.self) }

  /// Whether something can be written without waiting for whoever reads: a terminal may be stopped.
  var isReady: Bool {
    guard let descriptor else { return true }
    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&ready, 1, 0) > 0
  }

  func write(_ text: String) { write(Array(text.utf8)) }

  func write(_ bytes: [UInt8]) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 65_536 { flush() }
  }

  /// Writes everything out.
  ///
  /// After a failure further bytes are dropped.
  func flush() {
    guard let sink else { return }
    if !buffer.isEmpty, failure == 0 { failure = sink(buffer) }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(
          descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count > 0 {
        written += count
      } else if errno != EINTR, errno != EAGAIN || !Files.wait(for: descriptor, POLLOUT) {
        return errno
      }
    }
    return 0
  }
}
