// How many commands one caller runs at a time: each takes a byte of a file as a lock, and the kernel
// gives it back when the process ends, however it ends. No row of the database is touched for it.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

enum CallerSlots {
  static let fileName = "iauth.callers"

  /// Takes one of the caller's slots for as long as this process lives; false if none is free.
  ///
  /// Where the file cannot be made, the caller waits too: what cannot be counted is not let in.
  static func take(_ caller: Caller, in directory: String) -> Bool {
    let path = directory + "/" + fileName
    let file = unsafe iauth_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    let slots = Int64(Limits.gateConnectionsPerCaller)
    // Where a caller's bytes are, its name says: 2^48 places, of which a host uses thousands.
    let place = SHA256.hash(Array(caller.name.utf8)).prefix(6).reduce(Int64(0)) {
      $0 << 8 | Int64($1)
    }
    guard (0..<slots).contains(where: { iauth_lock_byte(file, place * slots + $0) == 0 }) else {
      close(file)
      return false
    }
    return true
  }

  /// Waits for a slot, for who has come by ssh or sudo: there is no client to come again.
  ///
  /// - Throws: `database.busy`.
  static func wait(_ caller: Caller, in directory: String) throws(IAuthError) {
    let deadline = ChildProcess.milliseconds() + Limits.busyWait.seconds * 1_000
    while !take(caller, in: directory) {
      guard ChildProcess.milliseconds() < deadline else { throw .databaseBusy }
      usleep(50_000)
    }
  }
}
