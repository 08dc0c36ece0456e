// The few file operations that the core needs, over Glibc: Foundation would double the start-up.
// Paths here are ours or the operator's; files that a caller names are opened in the same careful
// way (no link followed where it says so, regular files only, a bound on their size).

import CPosix
import Glibc
import Sheets
import Values

package enum Files {
  /// What lstat(2) or stat(2) says of a path.
  struct Status {
    var isRegular: Bool
    var isDirectory: Bool
    var isLink: Bool
    var isSocket: Bool
    var isPipe: Bool
    /// `/dev/null`, which reads as an empty file.
    var isNull: Bool
    var mode: UInt32
    var owner: UInt32
    var group: UInt32
    var links: UInt
    var bytes: Int64
  }

  static func status(_ path: String, followingLinks: Bool) -> Status? {
    var s = stat()
    let result = followingLinks ? unsafe stat(path, &s) : unsafe lstat(path, &s)
    return result == 0 ? Status(s) : nil
  }

  /// Reads a regular file, or standard input for `-`, at most `max` bytes.
  ///
  /// - Throws: `file.missing`, `limit.bytes`.
  package static func read(_ path: String, max: Int) throws(IAuthError) -> [UInt8] {
    let isStandardInput = path == "-"
    let file = isStandardInput ? 0 : unsafe iauth_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard file >= 0 else { throw unopened(path) }
    defer { if !isStandardInput { close(file) } }
    var s = stat()
    guard unsafe fstat(file, &s) == 0, isStandardInput || Status(s).isRead || isPipe(path)
    else {
      throw Status(s).unread(path)
    }
    guard s.st_size <= max else { throw .limitBytes(max: max) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Status(s).isRegular ? Int(s.st_size) + 1 : 65_536)
    // No more than a short file needs: every command reads some, and each page costs a fault.
    let piece = Status(s).isRegular ? min(Int(s.st_size) + 1, 262_144) : 262_144
    var chunk = [UInt8](repeating: 0, count: Swift.max(piece, 256))
    while true {
      let got = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
      }
      if got < 0 {
        if errno == EINTR || errno == EAGAIN && wait(for: file, POLLIN) { continue }
        throw isStandardInput
          ? unreadInput(errno) : errno == EISDIR ? .fileMissing(path: path) : failure(errno)
      }
      if got == 0 { return bytes }
      guard bytes.count + got <= max else { throw .limitBytes(max: max) }
      bytes.append(contentsOf: chunk[0..<got])
    }
  }

  /// Why standard input could not be read, by errno: a directory, or opened for writing alone.
  package static func unreadInput(_ code: Int32) -> IAuthError {
    switch code {
    case EISDIR: .fileOther(path: "/dev/stdin", isDirectory: true)
    case EBADF: .fileMissing(path: "/dev/stdin")
    default: .diskFailed
    }
  }

  /// Why a file could not be opened, by errno.
  static func unopened(_ path: String) -> IAuthError {
    switch errno {
    case EIO, EMFILE, ENFILE, ENOMEM: failure(errno)
    default: .fileMissing(path: path)
    }
  }

  /// Whether a path leads to a pipe: `<(…)` of a shell, or `/dev/stdin` behind one.
  package static func isPipe(_ path: String) -> Bool {
    // One with a name of its own is no sheet: nobody may ever write to it.
    guard status(path, followingLinks: false)?.isPipe == false else { return false }
    return status(path, followingLinks: true)?.isPipe ?? false
  }

  /// - Throws: `file.missing`.
  package static func openPipe(_ path: String) throws(IAuthError) -> Int32 {
    let file = unsafe iauth_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard file >= 0 else { throw unopened(path) }
    return file
  }

  /// Makes a new file and puts its content on the disk; one that must be whole when it has its
  /// name is made by `make`.
  ///
  /// - Throws: `file.exists`, `file.uncreatable`, `disk.full`, `disk.failed`.
  package static func create(
    _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600
  ) throws(IAuthError) {
    try create(path, mode: mode) { (write) throws(IAuthError) in try write(bytes) }
  }

  /// The same for content that comes in pieces.
  package static func create(
    _ path: String, mode: UInt32 = 0o600,
    _ content: ((_ piece: [UInt8]) throws(IAuthError) -> Void) throws(IAuthError) -> Void
  ) throws(IAuthError) {
    let file = unsafe iauth_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard file >= 0 else { throw uncreated(path) }
    defer { close(file) }
    do throws(IAuthError) {
      try content { (piece) throws(IAuthError) in try write(piece, to: file) }
      guard fsync(file) == 0 else { throw .diskFailed }
    } catch {
      unsafe unlink(path)
      throw error
    }
  }

  /// Makes an empty file and takes it away again: nothing else says for sure that there can be one.
  ///
  /// - Throws: `file.exists`, `file.uncreatable`, `disk.full`, `disk.failed`; of the path as `name`.
  package static func tryToCreate(_ path: String, named name: String) throws(IAuthError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let file = unsafe iauth_open(path, flags, 0o600)
    guard file >= 0 else { throw uncreated(name) }
    close(file)
    unsafe unlink(path)
  }

  /// Why a file could not be made, by errno.
  static func uncreated(_ path: String) -> IAuthError {
    switch errno {
    case EEXIST: .fileExists(path: path)
    case ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, ENOMEM: failure(errno)
    default: .fileUncreatable(path: path)
    }
  }

  /// What a system call's failure says of the host, and of nothing else.
  static func failure(_ number: Int32) -> IAuthError {
    switch number {
    case ENOSPC, EDQUOT, EFBIG: .diskFull
    case EMFILE, ENFILE: .filesExhausted
    case EROFS: .databaseStandby
    default: .diskFailed
    }
  }

  /// Writes everything, however often write(2) stops short.
  package static func write(_ bytes: [UInt8], to file: Int32) throws(IAuthError) {
    var done = 0
    while done < bytes.count {
      let wrote = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if wrote < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN, wait(for: file, POLLOUT) { continue }
        throw failure(errno)
      }
      done += wrote
    }
  }

  /// Makes a directory and those above it, each 0700, and puts their names on the disk; one that is
  /// there already is left alone.
  static func makeDirectory(_ path: String) throws(IAuthError) {
    if status(path, followingLinks: true)?.isDirectory == true { return }
    let above = directory(of: path)
    if above != path { try makeDirectory(above) }
    guard unsafe mkdir(path, 0o700) == 0 else {
      guard errno == EEXIST else { throw uncreated(path) }
      return
    }
    // One that may be entered and not read cannot be synced by us.
    guard !isReadable(above) || syncDirectory(above) else { throw .diskFailed }
  }

  /// Waits until a descriptor that does not block is ready.
  package static func wait(for file: Int32, _ events: Int32) -> Bool {
    var ready = pollfd(fd: file, events: Int16(events), revents: 0)
    while true {
      if unsafe poll(&ready, 1, -1) > 0 { return true }
      guard errno == EINTR else { return false }
    }
  }

  /// Makes a directory that is not there yet, 0700.
  ///
  /// - Throws: `file.exists`, `file.uncreatable`, `disk.full`, `disk.failed`.
  package static func makeNewDirectory(_ path: String) throws(IAuthError) {
    guard unsafe mkdir(path, 0o700) == 0 else { throw uncreated(path) }
  }

  /// Takes a directory away with these files; one that holds others stays.
  package static func remove(_ directory: String, with files: [String]) {
    for path in files { unsafe unlink(path) }
    unsafe rmdir(directory)
  }

  /// Puts the names in a directory on the disk; false if the disk failed.
  @discardableResult
  static func syncDirectory(_ path: String) -> Bool {
    let file = unsafe iauth_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard file >= 0 else { return false }
    defer { close(file) }
    // EINVAL: a file system that keeps no directories on a disk.
    return fsync(file) == 0 || errno == EINVAL
  }

  /// The path of a file whose directory's links are resolved; the file itself may be a link.
  static func resolved(_ path: String) -> String? {
    let directory = directory(of: path)
    guard let real = unsafe realpath(directory, nil) else { return nil }
    defer { unsafe free(real) }
    let base = unsafe String(cString: real)
    return (base == "/" ? "" : base) + "/" + lastComponent(of: path)
  }

  package static func directory(of path: String) -> String {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
  }

  /// The owner of what a path leads to.
  package static func owner(of path: String) -> UInt32? {
    status(path, followingLinks: true)?.owner
  }

  /// Where this program's own file is.
  package static var ownExecutable: String {
    guard let path = unsafe realpath("/proc/self/exe", nil) else { return "/usr/bin/iauth" }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// Whether the caller may make files in a directory.
  package static func isWritable(_ directory: String) -> Bool {
    unsafe access(directory, W_OK | X_OK) == 0
  }

  /// Whether a directory lies on a file system that nobody may write, mounted so or since it failed.
  static func isReadOnlyPlace(_ directory: String) -> Bool {
    unsafe access(directory, W_OK) != 0 && errno == EROFS
  }

  package static func isReadable(_ path: String) -> Bool {
    unsafe access(path, R_OK) == 0
  }

  package static func exists(_ path: String) -> Bool {
    status(path, followingLinks: true) != nil
  }

  /// The path as seen from the root; an empty one stays empty, and so names nothing.
  package static func absolute(_ path: String) -> String {
    guard !path.isEmpty, path.utf8.first != UInt8(ascii: "/"), let base = unsafe getcwd(nil, 0)
    else { return path }
    defer { unsafe free(base) }
    // A relative name that looks like a URI stays one, and is refused as such.
    if path.utf8.starts(with: "file:".utf8) { return path }
    return unsafe String(cString: base) + "/" + path
  }

  /// Bytes of the disk of a directory, all and those that are free; 0 if that cannot be told.
  static func diskBytes(_ directory: String) -> (all: Int64, free: Int64) {
    var s = statvfs()
    guard unsafe statvfs(directory, &s) == 0 else { return (0, 0) }
    let size = Int64(clamping: s.f_frsize)
    return (Int64(clamping: s.f_blocks) * size, Int64(clamping: s.f_bavail) * size)
  }

  /// Sets a file's time to now, for whoever watches it; makes it if it is not there.
  static func touch(_ path: String) throws(IAuthError) {
    try makeDirectory(directory(of: path))
    let file = unsafe iauth_open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .fileUncreatable(path: path) }
    defer { close(file) }
    guard futimens(file, nil) == 0 else { throw .diskFailed }
  }

  /// The names in a directory that begin so.
  static func names(in directory: String, beginning start: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name.utf8.starts(with: start.utf8) { names.append(name) }
    }
    return names
  }

  static func lastComponent(of path: String) -> String {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(decoding: bytes[(slash + 1)...], as: UTF8.self)
  }
}

extension Files.Status {
  init(_ s: stat) {
    let kind = s.st_mode & S_IFMT
    self.init(
      isRegular: kind == S_IFREG, isDirectory: kind == S_IFDIR, isLink: kind == S_IFLNK,
      isSocket: kind == S_IFSOCK, isPipe: kind == S_IFIFO,
      isNull: kind == S_IFCHR && s.st_rdev == 0x103,
      mode: s.st_mode & 0o7777, owner: s.st_uid, group: s.st_gid, links: UInt(s.st_nlink),
      bytes: Int64(s.st_size))
  }

  /// Whether it can be read as a file.
  var isRead: Bool { isRegular || isNull }

  /// Why it cannot.
  func unread(_ path: String) -> IAuthError {
    .fileOther(path: path, isDirectory: isDirectory)
  }
}

extension Files {
  /// Writes a draft, syncs it, and gives it its name: whoever reads the name reads the whole.
  ///
  /// Where the file system can, the draft has no name until it is whole, so that a killed process
  /// leaves nothing of it.
  static func replace(
    _ draft: String, with bytes: [UInt8], mode: UInt32 = 0o600, namedAfterwards path: String
  ) throws(IAuthError) {
    unsafe unlink(draft)
    if try !createUnnamed(draft, bytes) { try create(draft, bytes) }
    guard unsafe chmod(draft, mode) == 0, unsafe rename(draft, path) == 0 else {
      unsafe unlink(draft)
      throw uncreated(path)
    }
    guard syncDirectory(directory(of: path)) else { throw .diskFailed }
  }

  /// False where the file system has no files without a name, or /proc cannot name one.
  private static func createUnnamed(_ path: String, _ bytes: [UInt8]) throws(IAuthError) -> Bool {
    let file = unsafe iauth_open_unnamed(directory(of: path))
    guard file >= 0 else { return false }
    defer { close(file) }
    try write(bytes, to: file)
    guard fsync(file) == 0 else { throw .diskFailed }
    return unsafe iauth_name(file, path) == 0
  }
}

extension Files {
  /// Syncs a finished file and gives it its name, which must be free.
  static func publish(_ draft: String, as path: String) throws(IAuthError) {
    let file = unsafe iauth_open(draft, O_RDONLY | O_CLOEXEC, 0)
    guard file >= 0 else { throw .diskFailed }
    let isSynced = fsync(file) == 0
    close(file)
    guard isSynced else { throw .diskFailed }
    if unsafe iauth_rename_new(draft, path) != 0 {
      guard errno == EINVAL || errno == ENOSYS else { throw uncreated(path) }
      // Never two names at a time: a file with two is no database.
      guard status(path, followingLinks: false) == nil else { throw .fileExists(path: path) }
      guard unsafe rename(draft, path) == 0 else { throw uncreated(path) }
    }
    guard syncDirectory(directory(of: path)) else {
      // What is said is what is there.
      throw unsafe unlink(path) == 0 ? .diskFailed : .outcomeUnknown
    }
  }
}
