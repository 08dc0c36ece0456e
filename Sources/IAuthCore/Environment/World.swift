// What the core may know of the world outside the database. Tests give their own; the live one is
// made in one place of the executable (World+Live.swift).

import Sheets
import Values

/// Who runs the process: an OS user, an ssh key or a client's address (PRODUCT section 9).
package struct Caller: Sendable, Equatable {
  /// `uid:1000`, `key:NAME`, `addr:192.0.2.7`; it stands in sessions and in the audit trail.
  package let name: String
  /// The ssh key's name, if it is one that comes.
  package let key: String?
  /// Whether the caller owns the database (or is its service's OS user).
  package let isOperator: Bool
  /// Whether the words came through the socket or the ssh gate.
  package let isGated: Bool

  package init(name: String, isOperator: Bool, isGated: Bool = false) {
    self.name = name
    self.isOperator = isOperator
    self.isGated = isGated
    key = nil
  }

  /// A superior agency's script, which came by ssh with this key.
  package init(key: String) {
    self.key = key
    name = "key:\(key)"
    isOperator = false
    isGated = true
  }

  /// Whoever came by ssh from this address, on a host that is open to all.
  package init(address: String) {
    self.init(name: "addr:\(address)", isOperator: false, isGated: true)
  }

  /// Whether many may come under this name.
  var isPublic: Bool { name.utf8.starts(with: "addr:".utf8) }
}

/// The clock, the source of randomness and the caller of one process.
package struct World: Sendable {
  /// The clock, read once a transaction.
  package var now: @Sendable () -> Timestamp
  /// Bytes of the system's cryptographic source.
  package var randomBytes: @Sendable (_ count: Int) -> [UInt8]
  package var caller: Caller
  /// Has another process send what this one may not, or shall not be seen to.
  package var sendElsewhere: @Sendable () -> Void = {}
  /// Where the program is, for those who shall start it.
  package var executable = "/usr/bin/iauth"
  /// The caller of the host's user that a word names; nil if it names none.
  package var callerOfUser: @Sendable (_ word: String) -> String? = { _ in nil }
  /// Whether whoever asked has gone, so that a long piece of work can end.
  package var isAbandoned: @Sendable () -> Bool = { false }
  /// The name that tells this caller's sessions apart (`--session`).
  package var sessionName: String
  /// This process's own word on the messages that it has taken to send; nil: others send them.
  package var claim: [UInt8]?
  /// Whether everything is only tried (`--dry-run`): checked and shown, and then rolled back.
  package var isDryRun = false
  /// The command that runs: what the trail says somebody tried, where nothing else was named.
  package var command: String?
  /// The host, for `doctor`.
  package var host = HostFacts.unknown

  package init(
    now: @escaping @Sendable () -> Timestamp,
    randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8],
    caller: Caller,
    sessionName: String
  ) {
    self.now = now
    self.randomBytes = randomBytes
    self.caller = caller
    self.sessionName = sessionName
    claim = randomBytes(16)
  }

  /// Looks whether the disk of the database is there, where one has to be.
  ///
  /// - Parameter path: of a database that is to be opened; one that lies elsewhere needs no disk.
  /// - Throws: `database.missing`.
  package func checkMounted(_ settings: Settings, for path: String? = nil) throws(IAuthError) {
    guard let place = settings.mountPoint, !host.isMountPoint(place) else { return }
    guard let path else { throw .databaseUnmounted }
    // As they are written, and where they lead: neither a second slash nor a link hides one below.
    let places = [place, Files.resolved(place + "/.")].compactMap { $0.map(Self.parts) }
    let paths = [path, Files.resolved(path)].compactMap { $0.map(Self.parts) }
    if paths.contains(where: { path in places.contains { path.starts(with: $0) } }) {
      throw .databaseUnmounted
    }
  }

  /// The names of a path, each step up taken.
  private static func parts(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).reduce(into: []) { parts, part in
      if part.elementsEqual("..".utf8) {
        _ = parts.popLast()
      } else if !part.elementsEqual(".".utf8) {
        parts.append(String(Substring(part)))
      }
    }
  }
}
