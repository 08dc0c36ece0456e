// The file before SQLite sees it: is it there, is it ours, and is it safe (PRODUCT section 6). Nothing
// is created or locked before it is known to be ours. Whether it is damaged, and of which version,
// only SQLite can say, under its own lock: a look from outside meets others' commits half done.
// SECURITY: a planted journal would be executed as recovery, so a file that is not safe is looked at
// read-only, and then refused.

import CPosix
import Glibc
import Sheets
import Values

struct DatabaseFile {
  /// Absolute, its directory's links resolved.
  let path: String
  /// The 32 bytes of `iauth.key` beside it; empty if it is refused.
  let key: [UInt8]
  /// Why it is refused, if nothing else is wrong with it.
  let refusal: UnsafeReason?
  /// Whether its header says that it is ours; else only its journal and its key do.
  let isKnown: Bool

  var directory: String { Files.directory(of: path) }
  static let keyName = "iauth.key"
  static let lockName = "iauth.lock"
  /// SQLite's own limit of 512 bytes, with what it appends.
  private static let pathBytes = 500

  /// Looks at an existing file.
  ///
  /// - Throws: the first that holds of `database.missing`, `database.foreign`; `disk.failed`;
  ///   `database.version` and `database.unsafe` for one that SQLite must not open at all.
  init(
    existing typed: String, versions: [Int64] = [Schema.version]
  ) throws(IAuthError) {
    guard !Self.isURI(typed), typed.utf8.count <= Self.pathBytes else {
      throw .databaseUnsafe(.path)
    }
    guard let path = Files.resolved(typed) else { throw Self.missing(beside: nil) }
    guard path.utf8.count <= Self.pathBytes else { throw .databaseUnsafe(.path) }
    let directory = Files.directory(of: path)
    guard let target = try Self.look(path, followingLinks: true) else {
      // On a disk that is not mounted, perhaps: nothing is gone.
      guard Files.status(path, followingLinks: false) == nil else { throw .databaseElsewhere }
      throw Self.missing(beside: directory + "/" + Self.keyName)
    }
    guard target.isRegular else { throw .databaseForeign }
    let header = try Self.header(path, bytes: target.bytes)
    isKnown = header.isOurs
    // A commit that was cut off in the first page: SQLite brings it back.
    guard isKnown || Self.hasHotJournal(path, of: target) else { throw .databaseForeign }
    // Written in WAL mode: Debian's SQLite can lose commits there (SECURITY.md, section 0), and
    // would make files of that mode by only looking.
    if isKnown, header.isWAL {
      guard versions.contains(header.version) else {
        throw .databaseVersion(found: header.version, needed: Schema.version)
      }
      throw .databaseUnsafe(.wal)
    }
    try Self.becomeOwner(target)
    self.path = path
    let (reason, key) = try Self.safety(path, directory)
    refusal = reason
    self.key = key
  }

  /// Makes the directory; the file and its key are made later, under the lock.
  ///
  /// Never overwrites.
  ///
  /// - Throws: `database.exists`, `database.unsafe`, `file.uncreatable`, `disk.full`, …
  static func place(creating typed: String) throws(IAuthError) -> String {
    guard !isURI(typed), typed.utf8.count <= pathBytes else { throw .databaseUnsafe(.path) }
    let directory = Files.directory(of: typed)
    try makeDirectory(directory)
    guard let path = Files.resolved(typed) else { throw .fileUncreatable(path: typed) }
    guard path.utf8.count <= pathBytes else { throw .databaseUnsafe(.path) }
    guard try look(path, followingLinks: false) == nil else { throw .databaseExists }
    try checkRemains(of: path)
    guard let folder = try look(directory, followingLinks: true),
      folder.owner == geteuid(), folder.mode & 0o022 == 0
    else { throw .databaseUnsafe(.directory) }
    // An empty one is made private (`.` and `..` are its names); what stands in another is not ours
    // to hide.
    if folder.mode & 0o077 != 0, Files.names(in: directory, beginning: "").count == 2 {
      unsafe chmod(directory, 0o700)
    }
    return path
  }

  /// The journal of a database that was lost or put aside: SQLite would play it into the new one,
  /// or take it away with what may still be needed.
  static func checkRemains(of path: String) throws(IAuthError) {
    // The name of a directory is none of a file.
    guard !["", ".", ".."].contains(Files.lastComponent(of: path)) else {
      throw .fileUncreatable(path: path)
    }
    for suffix in ["-journal", "-wal"]
    where Files.status(path + suffix, followingLinks: false) != nil {
      throw .fileExists(path: path + suffix)
    }
  }

  /// Whether others may list what stands beside the database.
  static func isListable(_ path: String) -> Bool {
    Files.status(Files.directory(of: path), followingLinks: true).map { $0.mode & 0o077 != 0 }
      ?? false
  }

  /// Makes a directory for a database; root makes it, too, as whoever owns the place around it.
  ///
  /// - Returns: what was made, the innermost first.
  @discardableResult
  static func makeDirectory(_ directory: String) throws(IAuthError) -> [String] {
    var made: [String] = []
    var above = directory
    while !Files.exists(above), above.utf8.count > 1 {
      made.append(above)
      above = Files.directory(of: above)
    }
    try becomeOwner(of: above)
    try Files.makeDirectory(directory)
    try becomeOwner(of: directory)
    return made
  }

  static func hasKey(beside path: String) -> Bool {
    Files.exists(Files.directory(of: path) + "/" + keyName)
  }

  /// The key that stands beside a database that is being made; nil if none does.
  static func key(beside path: String) throws(IAuthError) -> [UInt8]? {
    let keyPath = Files.directory(of: path) + "/" + keyName
    guard try look(keyPath, followingLinks: false) != nil else { return nil }
    let (reason, key) = try readKey(keyPath)
    if let reason { throw .databaseUnsafe(reason) }
    return key
  }

  /// Writes a new key there, when the database that it belongs to is whole: a key alone would mean
  /// that a database is gone.
  static func writeKey(beside path: String, _ new: [UInt8]) throws(IAuthError) {
    try Files.make(
      Files.directory(of: path) + "/" + keyName, Array((Hex.encode(new) + "\n").utf8))
  }

  static func removeKey(beside path: String) {
    unsafe unlink(Files.directory(of: path) + "/" + keyName)
  }

  /// Looks whether a file could be made there, and makes nothing: a dry run of `init`.
  static func checkCreating(_ typed: String) throws(IAuthError) {
    guard !isURI(typed) else { throw .databaseUnsafe(.path) }
    guard Files.status(typed, followingLinks: false) == nil else { throw .databaseExists }
    try checkRemains(of: typed)
    var directory = Files.directory(of: typed)
    guard let folder = Files.status(directory, followingLinks: true) else {
      while !Files.exists(directory), directory.utf8.count > 1 {
        directory = Files.directory(of: directory)
      }
      guard Files.isWritable(directory) else { throw .fileUncreatable(path: typed) }
      return
    }
    try becomeOwner(of: directory)
    guard folder.isDirectory, folder.owner == geteuid(), folder.mode & 0o022 == 0 else {
      throw .databaseUnsafe(.directory)
    }
    let keyPath = directory + "/" + keyName
    guard Files.status(keyPath, followingLinks: false) != nil else { return }
    if let reason = try readKey(keyPath).0 { throw .databaseUnsafe(reason) }
  }

  /// On Debian, SQLite would take such a path as a URI with parameters of its own.
  private static func isURI(_ path: String) -> Bool {
    path.utf8.prefix(5).elementsEqual("file:".utf8)
  }

  /// What stands at a path; nil if nothing does.
  ///
  /// - Throws: `disk.failed` where that cannot be told, `database.unsafe` where it may not be.
  private static func look(
    _ path: String, followingLinks: Bool
  ) throws(IAuthError) -> Files.Status? {
    if let found = Files.status(path, followingLinks: followingLinks) { return found }
    switch errno {
    case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: return nil
    case EACCES: throw .databaseUnsafe(.unreadable)
    default: throw Files.failure(errno)
    }
  }

  /// Why there is no file, by errno.
  private static func missing(beside keyPath: String?) -> IAuthError {
    switch keyPath == nil ? errno : ENOENT {
    case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG:
      keyPath.map { Files.exists($0) } ?? false ? .databaseGone : .databaseMissing
    case EACCES: .databaseUnsafe(.unreadable)
    default: Files.failure(errno)
    }
  }

  /// Reads the first hundred bytes (sqlite.org/fileformat2.html, 1.3) before any lock is held:
  /// closing a descriptor of the file later would drop SQLite's own locks.
  ///
  /// Whether it is a database of ours never changes; what else stands there does.
  private static func header(
    _ path: String, bytes: Int64
  ) throws(IAuthError) -> (isOurs: Bool, isWAL: Bool, version: Int64) {
    let header = try start(of: path, 100)
    guard header.count == 100 else {
      guard bytes < 100 else { throw .diskFailed }
      return (false, false, 0)
    }
    func number(_ offset: Int) -> Int64 {
      header[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }
    let isOurs =
      header.starts(with: Array("SQLite format 3\0".utf8)) && number(68) == Schema.applicationID
    return (isOurs, header[18] != 1 || header[19] != 1, number(60))
  }

  /// The first bytes of a file, as many as there are.
  private static func start(of path: String, _ count: Int) throws(IAuthError) -> [UInt8] {
    let file = unsafe iauth_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard file >= 0 else {
      throw errno == EACCES || errno == EPERM
        ? .databaseUnsafe(.unreadable) : errno == ENOENT ? .databaseMissing : Files.failure(errno)
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw Files.failure(errno) }
      guard got > 0 else { break }
      done += got
    }
    return Array(bytes.prefix(done))
  }

  /// Whether a journal of SQLite's, and of the same owner, stands beside the file and its key.
  private static func hasHotJournal(_ path: String, of file: Files.Status) -> Bool {
    let keyPath = Files.directory(of: path) + "/" + keyName
    guard let beside = Files.status(path + "-journal", followingLinks: false),
      beside.isRegular, beside.owner == file.owner, beside.links == 1, Files.exists(keyPath),
      let start = try? start(of: path + "-journal", 8)
    else { return false }
    return start == [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
  }

  /// Root makes files as whoever owns the directory that they are made in.
  static func becomeOwner(of directory: String) throws(IAuthError) {
    guard let folder = Files.status(directory, followingLinks: true) else { return }
    try becomeOwner(folder)
  }

  /// Root becomes the owner of the database, or of its directory, before it opens or makes it.
  private static func becomeOwner(_ target: Files.Status) throws(IAuthError) {
    guard geteuid() == 0, target.owner != 0 else { return }
    guard setgroups(0, nil) == 0, setgid(target.group) == 0, setuid(target.owner) == 0 else {
      throw .databaseUnsafe(.owner)
    }
  }

  /// The first reason for which the file is not safe, or its key.
  private static func safety(
    _ path: String, _ directory: String
  ) throws(IAuthError) -> (UnsafeReason?, key: [UInt8]) {
    guard let file = try look(path, followingLinks: false) else { throw .databaseMissing }
    if file.isLink || file.links != 1 { return (.link, []) }
    if file.owner != geteuid() { return (.owner, []) }
    if file.mode & 0o077 != 0 { return (.mode, []) }
    guard let folder = try look(directory, followingLinks: true), folder.owner == geteuid(),
      folder.mode & 0o022 == 0
    else { return (.directory, []) }
    for suffix in ["-journal", "-wal"] {
      guard let beside = try look(path + suffix, followingLinks: false) else { continue }
      // One that another process takes away at this moment has no name left.
      if !beside.isRegular || beside.links > 1 || beside.owner != geteuid() {
        return (.journal, [])
      }
    }
    return try readKey(directory + "/" + keyName)
  }

  private static func readKey(_ path: String) throws(IAuthError) -> (UnsafeReason?, key: [UInt8]) {
    guard let file = try look(path, followingLinks: false) else { return (.key, []) }
    guard file.isRegular, file.links == 1 else { return (.keyFile, []) }
    guard file.owner == geteuid(), file.mode & 0o077 == 0 else { return (.keyMode, []) }
    guard file.bytes <= 1_024 else { return (.key, []) }
    let bytes = try start(of: path, Int(file.bytes))
    guard bytes.count == file.bytes else { throw .diskFailed }
    guard let key = Hex.decode(String(decoding: bytes.filter { $0 != 0x0A }, as: UTF8.self)),
      key.count == 32
    else { return (.key, []) }
    return (nil, key)
  }
}
