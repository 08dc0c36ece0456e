// A file in the making beside the one that it becomes: `FILE.part`, mode 0600, held by one process
// at a time. A process that is killed leaves it, and the next one that makes FILE clears it away.

import CPosix
import Glibc
import Sheets
import Values

struct PartialFile: ~Copyable {
  let path: String
  /// Whether a process that was killed had left one.
  let wasLeft: Bool
  private let file: Int32

  /// - Throws: `database.busy` if another process is making the same file.
  init(of final: String) throws(IAuthError) {
    let path = final + ".part"
    wasLeft = Files.status(path, followingLinks: false) != nil
    file = unsafe iauth_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    self.path = path
    guard file >= 0 else { throw Files.uncreated(path) }
    var (ours, named) = (stat(), stat())
    // Its maker may have given it its name while we opened it: then it is no draft.
    guard flock(file, LOCK_EX | LOCK_NB) == 0, unsafe fstat(file, &ours) == 0,
      unsafe lstat(path, &named) == 0, ours.st_ino == named.st_ino, ours.st_nlink == 1
    else {
      close(file)
      throw .databaseBusy
    }
    guard ftruncate(file, 0) == 0, fchmod(file, 0o600) == 0 else {
      close(file)
      throw .diskFailed
    }
    // A journal of what was left would be played back into what comes.
    unsafe unlink(path + "-journal")
  }

  func write(_ bytes: [UInt8]) throws(IAuthError) { try Files.write(bytes, to: file) }

  /// Removes it; after it got its name there is nothing to remove.
  func drop() {
    unsafe unlink(path)
    unsafe unlink(path + "-journal")
  }

  deinit { close(file) }
}

extension Files {
  /// Makes a new file that is whole when it gets its name, whenever its maker is killed.
  ///
  /// - Throws: `file.exists`, `file.uncreatable`, `database.busy`, `disk.full`, `disk.failed`.
  static func make(_ path: String, _ bytes: [UInt8]) throws(IAuthError) {
    let draft = try PartialFile(of: path)
    do throws(IAuthError) {
      try draft.write(bytes)
      try publish(draft.path, as: path)
    } catch {
      draft.drop()
      throw error
    }
  }
}
