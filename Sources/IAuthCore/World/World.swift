// What the core may know of the world outside the database. Tests give their own; the live one is
// made in one place of the executable (World+Live.swift).

/// Who runs the process: an OS user or an ssh key (PRODUCT section 9).
package struct Caller: Sendable, Equatable {
  /// `uid:1000`, `key:NAME`; it stands in sessions and in the audit trail.
  package let name: String
  /// Whether the caller owns the database (or is its service's OS user).
  package let isOperator: Bool
  /// Whether the words came through the socket or the ssh gate.
  package let isGated: Bool

  package init(name: String, isOperator: Bool, isGated: Bool = false) {
    self.name = name
    self.isOperator = isOperator
    self.isGated = isGated
  }
}

/// The clock, the source of randomness and the caller of one process.
package struct World: Sendable {
  /// The clock, read once a transaction.
  package var now: @Sendable () -> Timestamp
  /// Bytes of the system's cryptographic source.
  package var randomBytes: @Sendable (_ count: Int) -> [UInt8]
  package var caller: Caller
  /// The name that tells this caller's sessions apart (`--session`).
  package var sessionName: String
  /// This process's own word on the messages that it has taken to send.
  package let claim: [UInt8]
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
}
