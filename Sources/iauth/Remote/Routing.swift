// Which way a command goes (PRODUCT sections 4 and 9): straight to the database for its owner and
// for a database that was named, through the service's socket for everybody else.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

extension Context {
  /// The client that carries the words to the service; nil if they are for this process.
  ///
  /// - Parameter config: where the configuration was named: it says which socket, and that is the
  ///   client's own business; of the rest of it nothing counts at the service.
  /// - Throws: `config.invalid`, `file.missing`.
  func client(
    for words: [String], config: ClosedRange<Int>?
  ) throws(IAuthError) -> Client? {
    guard options.db == nil, geteuid() != 0 else { return nil }
    let settings = try settings()
    guard unsafe iauth_is_socket(settings.socket) != 0, !isServiceOwner(settings) else {
      return nil
    }
    var words = words
    if let config { words.removeSubrange(config) }
    return Client(
      socket: settings.socket, words: words, environment: environment, console: console)
  }

  /// Whether the caller is the service's own user: the owner of the database's directory, or, where
  /// the configuration names none, of the socket.
  private func isServiceOwner(_ settings: Settings) -> Bool {
    let place = settings.database.map { Files.directory(of: $0) } ?? settings.socket
    return Files.owner(of: place) == geteuid()
  }

  /// Refuses what no caller of the gate may say.
  ///
  /// - Throws: `right.missing`, which is on the audit trail.
  func checkGated(_ typed: GlobalOptions) throws(IAuthError) {
    guard typed.db == nil, typed.config == nil else {
      try service().refuse(.rightMissing(.serviceOperator), subject: .none)
      return
    }
  }
}
