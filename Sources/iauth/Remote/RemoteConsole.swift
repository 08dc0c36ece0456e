// The console of a command that runs for someone at the other end of a connection: what it says
// goes out in frames, what it asks for is asked of the client.

import Glibc
import IAuthCore
import Sheets
import Values

extension Console {
  static func remote(_ link: FrameConnection, _ greeting: Hello) -> Console {
    let sink = { (kind: FrameKind) in
      { (bytes: [UInt8]) -> Int32 in
        (try? link.sendAll(kind, bytes)) == nil ? EPIPE : 0
      }
    }
    let console = Console(
      out: Stream(
        isTerminal: greeting.isOutputTerminal, descriptor: link.descriptor, sink: sink(.output)),
      err: Stream(
        isTerminal: greeting.isNoteTerminal, descriptor: link.descriptor, sink: sink(.note)),
      input: Input(LinkSource(link: link), isTerminal: greeting.isInputTerminal),
      columns: greeting.columns, files: .remote(link))
    if greeting.canPage {
      console.pager = { text in
        (try? link.sendAll(.list, Array(text.utf8))) != nil && (try? link.send(.listed)) != nil
      }
    }
    return console
  }
}

/// Standard input at the other end.
private struct LinkSource: InputSource {
  let link: FrameConnection

  func read(_ meanwhile: () -> Void) throws(IAuthError) -> [UInt8] {
    try ask(.wantInput, "", meanwhile)
  }

  func readHidden(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    try ask(.wantHidden, prompt, meanwhile)
  }

  func readKey(
    _ prompt: String, on err: Stream, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    try ask(.wantKey, prompt, meanwhile)
  }

  private func ask(
    _ kind: FrameKind, _ prompt: String, _ meanwhile: () -> Void
  ) throws(IAuthError) -> [UInt8] {
    try answered { () throws(LinkError) in
      try link.send(kind, Array(prompt.utf8))
      meanwhile()
      let frame = try link.receive(within: Limits.gatePromptWait)
      switch frame.kind {
      case .bytes where !frame.payload.isEmpty: return frame.payload
      case .end: return []
      default: throw .malformed
      }
    }
  }
}

extension CallerFiles {
  /// Files at the other end, opened there with the caller's own rights.
  static func remote(_ link: FrameConnection) -> CallerFiles {
    CallerFiles(
      read: { (path, max) throws(IAuthError) in try link.read(path, max) },
      checkNew: { (path) throws(IAuthError) in
        try link.command(.checkNew, Array(path.utf8), path)
      },
      create: { (path, bytes) throws(IAuthError) in
        try answered { () throws(LinkError) in
          try link.send(.create, Array(path.utf8))
          try link.sendAll(.bytes, bytes)
        }
        try link.command(.end, [], path)
      },
      makeDirectory: { (path) throws(IAuthError) in
        try link.command(.makeDirectory, Array(path.utf8), path)
      })
  }
}

extension FrameConnection {
  fileprivate func read(_ path: String, _ max: Int) throws(IAuthError) -> [UInt8] {
    try answered { () throws(LinkError) in
      try send(.wantFile, bigEndian(UInt64(max)) + Array(path.utf8))
    }
    var bytes: [UInt8] = []
    while true {
      let frame = try answered { () throws(LinkError) in
        try receive(within: Limits.gateFrameWait)
      }
      switch frame.kind {
      case .bytes where bytes.count + frame.payload.count <= max:
        bytes.append(contentsOf: frame.payload)
      case .end: return bytes
      case .refusal: throw .refusal(frame.payload, path, max)
      default: throw .limitBytes(max: max)
      }
    }
  }

  /// Asks for something to be done, and waits until it is.
  fileprivate func command(
    _ kind: FrameKind, _ payload: [UInt8], _ path: String
  ) throws(IAuthError) {
    let frame = try answered { () throws(LinkError) in
      try send(kind, payload)
      return try receive(within: Limits.gateFrameWait)
    }
    guard frame.kind == .end else { throw .refusal(frame.payload, path, 0) }
  }
}

/// What fails between the two ends is a failed input or output to the command.
private func answered<Answer>(
  _ body: () throws(LinkError) -> Answer
) throws(IAuthError) -> Answer {
  do throws(LinkError) { return try body() } catch { throw .diskFailed }
}

extension IAuthError {
  /// The refusals of a client; whatever else it says is a failed file.
  fileprivate static func refusal(_ payload: [UInt8], _ path: String, _ max: Int) -> IAuthError {
    switch ErrorCode(rawValue: String(decoding: payload, as: UTF8.self)) {
    case .limitBytes: .limitBytes(max: max)
    case .fileExists: .fileExists(path: path)
    case .fileUncreatable: .fileUncreatable(path: path)
    case .diskFull: .diskFull
    case .diskFailed: .diskFailed
    default: .fileMissing(path: path)
    }
  }
}
