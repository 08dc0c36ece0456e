// One end of a connection. Every wait has an end: nobody at the other end can hold this process for
// longer than the bounds in Limits, whatever they send or do not send.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

/// What ends a connection before its last frame.
enum LinkError: Error, Equatable {
  /// The other end has gone.
  case gone
  /// It took too long.
  case late
  /// It sent what is no frame.
  case malformed
}

final class FrameConnection {
  let descriptor: Int32
  /// When the connection ends, whatever is going on, in milliseconds of the monotonic clock.
  private let limit: Int64

  init(descriptor: Int32, within span: TimeSpan) {
    self.descriptor = descriptor
    limit = ChildProcess.milliseconds() + span.seconds * 1_000
    iauth_set_nonblocking(descriptor)
  }

  func close() { Glibc.close(descriptor) }

  /// Ends the conversation, but keeps the descriptor: nothing else shall get its number.
  func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  // MARK: Sending

  /// Waits for whoever reads as long as for whoever types: a pager may stand in between.
  func send(_ kind: FrameKind, _ payload: [UInt8] = []) throws(LinkError) {
    let bytes = Frame(kind, payload).encoded
    let deadline = ChildProcess.milliseconds() + Limits.gatePromptWait.seconds * 1_000
    var done = 0
    while done < bytes.count {
      let wrote = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if wrote > 0 {
        done += wrote
      } else {
        try wait(for: POLLOUT, until: deadline)
      }
    }
  }

  /// Sends a long text in frames of one kind.
  func sendAll(_ kind: FrameKind, _ bytes: [UInt8]) throws(LinkError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      try send(kind, Array(rest.prefix(Frame.payloadMax)))
      rest = rest.dropFirst(Frame.payloadMax)
    }
  }

  // MARK: Receiving

  /// The next frame, which must begin within `span` (nil: whenever the connection's end allows) and
  /// then come without delay.
  func receive(within span: TimeSpan?) throws(LinkError) -> Frame {
    let begin = span.map { ChildProcess.milliseconds() + $0.seconds * 1_000 } ?? Int64.max
    let first = try read(1, until: begin)
    let deadline = ChildProcess.milliseconds() + Limits.gateFrameWait.seconds * 1_000
    let header = first + (try read(4, until: deadline))
    guard let announced = Frame.announced(by: header) else { throw .malformed }
    return Frame(announced.kind, try read(announced.length, until: deadline))
  }

  private func read(_ count: Int, until deadline: Int64) throws(LinkError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var chunk = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let got = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, count - bytes.count)
      }
      if got > 0 {
        bytes.append(contentsOf: chunk[..<got])
      } else if got == 0 {
        throw .gone
      } else {
        try wait(for: POLLIN, until: deadline)
      }
    }
    return bytes
  }

  /// Waits after a call that could not go on.
  private func wait(for event: Int32, until deadline: Int64) throws(LinkError) {
    switch errno {
    case EINTR: return
    case EAGAIN: break
    default: throw .gone
    }
    let left = min(deadline, limit) - ChildProcess.milliseconds()
    guard left > 0 else { throw .late }
    var waited = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    _ = unsafe poll(&waited, 1, Int32(clamping: left))
  }
}
