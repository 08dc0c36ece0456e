// How many connections one caller holds: each takes a byte of a file as a lock, and the kernel
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
  static func take(_ uid: UInt32, in directory: String) -> Bool {
    let path = directory + "/" + fileName
    let file = unsafe iauth_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    let slots = Int64(Limits.gateConnectionsPerCaller)
    return (0..<slots).contains { iauth_lock_byte(file, Int64(uid) * slots + $0) == 0 }
  }
}
