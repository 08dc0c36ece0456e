// Standard output and standard error: buffered bytes that go to a descriptor when flushed, or stay
// for a test to read. A write error is remembered, so that Program can judge it after the commit.

import Glibc

final class Stream {
  /// nil: nothing is written, the bytes stay in `text`.
  private let descriptor: Int32?
  let isTerminal: Bool
  private var buffer: [UInt8] = []
  /// `errno` of the first write that failed, 0 if none did.
  private(set) var failure: Int32 = 0

  init(descriptor: Int32?, isTerminal: Bool) {
    self.descriptor = descriptor
    self.isTerminal = isTerminal
  }

  /// What was written and not flushed; of a recording stream, everything.
  var text: String { String(decoding: buffer, as: UTF8.self) }

  func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= 65_536 { flush() }
  }

  /// Writes everything out.
  ///
  /// After a failure further bytes are dropped.
  func flush() {
    guard let descriptor else { return }
    var written = 0
    while written < buffer.count, failure == 0 {
      let count = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Glibc.write(
          descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count > 0 {
        written += count
      } else if errno != EINTR {
        failure = errno
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
