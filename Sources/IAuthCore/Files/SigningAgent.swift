// A signature by a key that an ssh-agent holds: iauth asks, and never sees the key. An agent signs
// the bytes as they are, so that an Ed25519 key's signature is one of C2SP's signed notes. The
// protocol is draft-miller-ssh-agent, sections 3.2 and 3.6.

import CPosix
import Glibc
import Sheets
import Values

package final class SigningAgent {
  private let descriptor: Int32
  /// The key as ssh writes it: its type, then its 32 bytes.
  private let key: [UInt8]

  /// Connects to the agent, while the process is still the one whose agent it is.
  ///
  /// - Parameter publicKey: the text of a `.pub` file.
  /// - Throws: `sign.failed`.
  package init(socket: String?, publicKey: [UInt8]) throws(IAuthError) {
    let words = publicKey.split { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D }
    guard words.count >= 2, let key = Base64.decode(String(decoding: words[1], as: UTF8.self)),
      key.count == 51, key.starts(with: Self.field(Array("ssh-ed25519".utf8)))
    else { throw .signFailed(.notEd25519) }
    self.key = key
    guard let socket else { throw .signFailed(.noAgent) }
    descriptor = unsafe iauth_connect(socket, Int64(Limits.deliverySeconds) * 1_000)
    guard descriptor >= 0 else { throw .signFailed(.noAgent) }
  }

  deinit { close(descriptor) }

  /// The note with a signature line under it: C2SP signed-note, type 0x01.
  ///
  /// - Throws: `sign.failed`.
  package func sign(_ checkpoint: Checkpoint) throws(IAuthError) -> String {
    let request =
      [13] + Self.field(key) + Self.field(Array(checkpoint.text.utf8)) + Self.number(0)
    try send(Self.field(request))
    let answer = try receive(Int(Self.size(try receive(4))))
    // Its kind, then a field around two fields: the type and the signature.
    let head = [14] + Self.number(83) + Self.field(Array("ssh-ed25519".utf8)) + Self.number(64)
    guard answer.count == head.count + 64, answer.starts(with: head) else {
      throw .signFailed(.refused)
    }
    let identity = Self.identity(name: checkpoint.origin, publicKey: Array(key.suffix(32)))
    let signature = Base64.encode(identity + answer.suffix(64))
    return "\(checkpoint.text)\n\u{2014} \(checkpoint.origin) \(signature)\n"
  }

  /// What tells a key from others of the same name: C2SP signed-note, "Ed25519".
  static func identity(name: String, publicKey: [UInt8]) -> [UInt8] {
    Array(SHA256.hash(Array("\(name)\n".utf8) + [0x01] + publicKey).prefix(4))
  }

  private func send(_ bytes: [UInt8]) throws(IAuthError) {
    let wrote = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    guard wrote == bytes.count else { throw .signFailed(.noAgent) }
  }

  private func receive(_ count: Int) throws(IAuthError) -> [UInt8] {
    guard count <= 4_096 else { throw .signFailed(.refused) }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      // A person may have to confirm.
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&ready, 1, 60_000) > 0 else { throw .signFailed(.noAgent) }
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress?.advanced(by: done), count - done)
      }
      guard got > 0 else { throw .signFailed(.refused) }
      done += got
    }
    return bytes
  }

  private static func number(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func size(_ bytes: [UInt8]) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  private static func field(_ bytes: [UInt8]) -> [UInt8] { number(UInt32(bytes.count)) + bytes }
}
