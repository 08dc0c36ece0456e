// The client: whoever is not the operator runs iauth as themselves, and it passes their words on to
// the service and its answer back. It opens files and asks questions for the service, but only
// files that its own words name.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

struct Client {
  let socket: String
  let words: [String]
  let environment: Environment
  let console: Console

  /// Runs the words at the service.
  ///
  /// Errors: `database.busy` when no turn came in time, `service.silent` if nobody listens;
  /// `outcome.unknown` if the service went away in the middle.
  func run() throws(IAuthError) -> ExitStatus {
    let link = try connected()
    defer { link.close() }
    do throws(LinkError) {
      while true {
        let frame = try link.receive(within: nil)
        if let status = try follow(frame, link) { return status }
      }
    } catch {
      throw .outcomeUnknown
    }
  }

  // MARK: A turn

  /// A connection on which the service has taken the greeting.
  ///
  /// Nothing has begun before that, so it can be tried again; waits grow, and are drawn, so that
  /// those who wait do not come back together.
  private func connected() throws(IAuthError) -> FrameConnection {
    let greeting = self.greeting.encoded
    guard greeting.count <= Frame.payloadMax else { throw .limitBytes(max: Frame.payloadMax) }
    let deadline = ChildProcess.milliseconds() + Limits.busyWait.seconds * 1_000
    var longest: Int64 = 50
    while true {
      let left = deadline - ChildProcess.milliseconds()
      guard left > 0 else { throw .databaseBusy }
      if let link = try attempt(greeting, milliseconds: left) { return link }
      usleep(UInt32(Int64.random(in: 10...longest)) * 1_000)
      longest = min(longest * 2, 1_000)
    }
  }

  /// Nil if there is no turn now.
  private func attempt(_ greeting: [UInt8], milliseconds: Int64) throws(IAuthError)
    -> FrameConnection?
  {
    let descriptor = unsafe iauth_connect(socket, milliseconds)
    guard descriptor >= 0 else {
      switch -descriptor {
      case EAGAIN, EINTR: return nil
      default: throw .serviceSilent
      }
    }
    let link = FrameConnection(descriptor: descriptor, within: Limits.gateConnection)
    do throws(LinkError) {
      try link.send(.greeting, greeting)
      let frame = try link.receive(within: .seconds((milliseconds + 999) / 1_000))
      if frame.kind == .ready { return link }
    } catch {
      // Closed before anything began: systemd drops what is above its limit.
    }
    link.close()
    return nil
  }

  private var greeting: Hello {
    var variables: [String: String] = [:]
    for name in Hello.variables { variables[name] = environment[name] }
    return Hello(
      words: words, environment: variables, columns: min(console.columns, 65_535),
      isInputTerminal: console.input.isTerminal, isOutputTerminal: console.out.isTerminal,
      isNoteTerminal: console.err.isTerminal, canPage: console.pager != nil)
  }

  // MARK: Following

  /// Does what a frame asks; the status if it is the last one.
  private func follow(_ frame: Frame, _ link: FrameConnection) throws(LinkError) -> ExitStatus? {
    switch frame.kind {
    case .output:
      console.out.write(frame.payload)
      console.out.flush()
    case .note:
      console.err.write(frame.payload)
      console.err.flush()
    case .list: try showList(frame.payload, link)
    case .wantInput: try sendInput(link) { () throws(IAuthError) in try console.input.some() }
    case .wantHidden:
      let prompt = String(decoding: frame.payload, as: UTF8.self)
      try sendInput(link) { () throws(IAuthError) in
        try console.input.someHidden(prompt, on: console.err)
      }
    case .wantKey:
      let prompt = String(decoding: frame.payload, as: UTF8.self)
      try sendInput(link) { () throws(IAuthError) in
        try console.input.someKey(prompt, on: console.err)
      }
    case .wantFile: try sendFile(frame.payload, link)
    case .checkNew:
      try answer(link) { () throws(IAuthError) in
        try console.files.checkNew(try named(frame.payload))
      }
    case .makeDirectory:
      try answer(link) { () throws(IAuthError) in
        try console.files.makeDirectory(try named(frame.payload))
      }
    case .create: try create(frame.payload, link)
    case .status:
      guard frame.payload.count == 1, let status = ExitStatus(rawValue: Int32(frame.payload[0]))
      else { throw .malformed }
      return status
    default: throw .malformed
    }
    return nil
  }

  private func showList(_ beginning: [UInt8], _ link: FrameConnection) throws(LinkError) {
    var bytes = beginning
    while true {
      let frame = try link.receive(within: nil)
      if frame.kind == .listed { break }
      guard frame.kind == .list, bytes.count <= Limits.gateImportBytes else { throw .malformed }
      bytes.append(contentsOf: frame.payload)
    }
    console.list(String(decoding: bytes, as: UTF8.self))
    console.out.flush()
  }

  private func sendInput(
    _ link: FrameConnection, _ read: () throws(IAuthError) -> [UInt8]
  ) throws(LinkError) {
    let bytes = (try? read()) ?? []
    try link.sendAll(.bytes, bytes)
    if bytes.isEmpty { try link.send(.end) }
  }

  private func sendFile(_ payload: [UInt8], _ link: FrameConnection) throws(LinkError) {
    var reader = PayloadReader(payload)
    guard let max = reader.number(bytes: 8) else { throw .malformed }
    try answer(link) { () throws(IAuthError) in
      let path = try named(Array(reader.remainder().utf8))
      let bytes = try console.files.read(path, min(Int(clamping: max), Limits.gateImportBytes))
      do throws(LinkError) { try link.sendAll(.bytes, bytes) } catch { throw .diskFailed }
    }
  }

  private func create(_ payload: [UInt8], _ link: FrameConnection) throws(LinkError) {
    var bytes: [UInt8] = []
    while true {
      let frame = try link.receive(within: nil)
      if frame.kind == .end { break }
      guard frame.kind == .bytes else { throw .malformed }
      bytes.append(contentsOf: frame.payload)
    }
    try answer(link) { () throws(IAuthError) in
      try console.files.create(try namedOrInside(payload), bytes)
    }
  }

  private func answer(_ link: FrameConnection, _ body: () throws(IAuthError) -> Void)
    throws(LinkError)
  {
    do throws(IAuthError) {
      try body()
    } catch {
      return try link.send(.refusal, Array(error.code.rawValue.utf8))
    }
    try link.send(.end)
  }

  /// A new file that the words name, or one right in a directory that they name.
  private func namedOrInside(_ payload: [UInt8]) throws(IAuthError) -> String {
    if let slash = payload.lastIndex(of: UInt8(ascii: "/")), slash > 0 {
      let name = payload[(slash + 1)...]
      if !name.isEmpty, !name.elementsEqual("..".utf8),
        (try? named(Array(payload[..<slash]))) != nil
      {
        return String(decoding: payload, as: UTF8.self)
      }
    }
    return try named(payload)
  }

  /// A path, if it is one of the words, or the value of an option among them.
  ///
  /// Errors: `file.missing`.
  private func named(_ payload: [UInt8]) throws(IAuthError) -> String {
    let path = String(decoding: payload, as: UTF8.self)
    let isOurs = words.contains { word in
      word.utf8.elementsEqual(path.utf8)
        || word.utf8.starts(with: "--".utf8)
          && word.utf8.drop { $0 != UInt8(ascii: "=") }.dropFirst().elementsEqual(path.utf8)
    }
    guard isOurs, !path.utf8.isEmpty else { throw .fileMissing(path: path) }
    return path
  }
}
