// What goes over the gate's socket: frames of one byte (kind), four bytes (length, big-endian) and
// so many bytes. The client speaks first, with a greeting; then the service leads: it shows, it
// asks for input or for a file, and it ends with a status. Nothing in a frame says who the caller
// is: that is the kernel's to tell (SO_PEERCRED).

import IAuthCore
import Sheets
import Values

enum FrameKind: UInt8 {
  // From the client.

  /// The first frame: a `Hello`.
  case greeting = 0x47
  /// Bytes that were asked for.
  case bytes = 0x44
  /// There are no more of them; or: it is done.
  case end = 0x45
  /// It cannot be: the payload is the code of an error.
  case refusal = 0x58

  // From the service.

  /// The greeting is taken, and from now on the outcome counts.
  case ready = 0x52
  /// The caller has too many connections already; nothing was begun.
  case busy = 0x42
  case output = 0x4F
  case note = 0x4E
  /// A part of a list: whoever's screen is too short for all of it uses a pager.
  case list = 0x4C
  /// The list is whole.
  case listed = 0x6C
  /// Send some bytes of standard input.
  case wantInput = 0x49
  /// Ask, with the payload as prompt, and send what is typed unseen.
  case wantHidden = 0x48
  /// Ask, with the payload as prompt, for a single key.
  case wantKey = 0x6B
  /// Send the file of this name (eight bytes of the most it may have stand in front).
  case wantFile = 0x46
  /// Look whether a file of this name could be made.
  case checkNew = 0x43
  /// Make the file of this name, from the bytes that follow.
  case create = 0x57
  /// Make the new directory of this name; files right in it may be made afterwards.
  case makeDirectory = 0x4B
  /// The last frame: one byte.
  case status = 0x53
}

struct Frame: Equatable {
  /// The longest payload; longer texts go in several frames.
  static let payloadMax = Limits.gateFrameBytes

  let kind: FrameKind
  let payload: [UInt8]

  init(_ kind: FrameKind, _ payload: [UInt8] = []) {
    self.kind = kind
    self.payload = payload
  }

  /// As it goes over the wire.
  var encoded: [UInt8] {
    var bytes = [kind.rawValue]
    bytes.append(contentsOf: bigEndian(UInt64(payload.count)).suffix(4))
    bytes.append(contentsOf: payload)
    return bytes
  }

  /// What the first five bytes announce; nil if they are no frame of ours.
  static func announced(by header: [UInt8]) -> (kind: FrameKind, length: Int)? {
    guard header.count == 5, let kind = FrameKind(rawValue: header[0]) else { return nil }
    let length = header[1...].reduce(0) { $0 << 8 | Int($1) }
    return length <= payloadMax ? (kind, length) : nil
  }
}

/// Eight bytes, the most significant first.
func bigEndian(_ number: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
}

/// Reads the parts of a payload, each within its bounds.
struct PayloadReader {
  private var rest: ArraySlice<UInt8>

  init(_ payload: [UInt8]) { rest = payload[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number(bytes count: Int) -> UInt64? {
    take(count)?.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A text with its length in four bytes before it.
  mutating func text() -> String? {
    guard let length = number(bytes: 4), length <= Frame.payloadMax, let bytes = take(Int(length))
    else { return nil }
    // Repaired, it would be another word than was typed.
    return String(validating: bytes, as: UTF8.self)
  }

  /// A text to the end.
  mutating func remainder() -> String {
    defer { rest = [] }
    return String(decoding: rest, as: UTF8.self)
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
