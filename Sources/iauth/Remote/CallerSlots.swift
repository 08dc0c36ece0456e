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
    guard let file = opened(in: directory) else { return false }
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

  /// Beside the database; where that is only read, in the place for what a restart may take (the
  /// units have one of their own), if it is nobody else's.
  private static func opened(in directory: String) -> Int32? {
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
    var file = unsafe iauth_open(directory + "/" + fileName, flags, 0o600)
    if file < 0, errno == EROFS {
      file = unsafe iauth_open("/tmp/\(fileName).\(geteuid())", flags, 0o600)
    }
    guard file >= 0 else { return nil }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_uid == geteuid() else {
      close(file)
      return nil
    }
    return file
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
