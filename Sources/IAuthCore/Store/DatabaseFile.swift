// The file before SQLite sees it: is it there, is it ours, is it whole, is it this version, is it
// safe (PRODUCT section 6, in that order). Nothing is created or locked before it is known to be
// ours. SECURITY: a planted journal would be executed as recovery, so owner and modes come first.

import CPosix
import Glibc
import Sheets
import Values

struct DatabaseFile {
  /// Absolute, its directory's links resolved.
  let path: String
  /// The 32 bytes of `iauth.key` beside it.
  let key: [UInt8]

  var directory: String { Files.directory(of: path) }
  static let keyName = "iauth.key"
  static let lockName = "iauth.lock"

  /// Looks at an existing file.
  ///
  /// - Throws: the first that holds of `database.missing`, `database.foreign`,
  ///   `database.damaged`, `database.version`, `database.unsafe`.
  init(
    existing typed: String, versions: Set<Int64> = [Schema.version]
  ) throws(IAuthError) {
    guard !Self.isURI(typed) else { throw .databaseUnsafe(.path) }
    guard let path = Files.resolved(typed), let target = Files.status(path, followingLinks: true)
    else { throw .databaseMissing }
    guard target.isRegular else { throw .databaseForeign }
    try Self.checkHeader(path, bytes: target.bytes, versions)
    try Self.becomeOwner(target)
    try Self.checkSafety(path)
    self.path = path
    key = try Self.readKey(Files.directory(of: path) + "/" + Self.keyName)
  }

  /// Makes the directory, an empty database file and a new key; never overwrites.
  ///
  /// - Throws: `database.exists`, `database.unsafe`, `file.uncreatable`, `disk.full`, …
  init(creating typed: String, key: [UInt8]) throws(IAuthError) {
    guard !Self.isURI(typed) else { throw .databaseUnsafe(.path) }
    let directory = Files.directory(of: typed)
    try Files.makeDirectory(directory)
    try Self.becomeOwner(of: directory)
    guard let path = Files.resolved(typed) else { throw .fileUncreatable(path: typed) }
    guard Files.status(path, followingLinks: false) == nil else { throw .databaseExists }
    guard let folder = Files.status(directory, followingLinks: true),
      folder.owner == geteuid(), folder.mode & 0o022 == 0
    else { throw .databaseUnsafe(.directory) }
    self.path = path
    let keyPath = Files.directory(of: path) + "/" + Self.keyName
    if Files.status(keyPath, followingLinks: false) != nil {
      self.key = try Self.readKey(keyPath)
    } else {
      self.key = key
      try Files.make(keyPath, Array((Hex.encode(key) + "\n").utf8))
    }
  }

  /// Looks whether a file could be made there, and makes nothing: a dry run of `init`.
  static func checkCreating(_ typed: String) throws(IAuthError) {
    guard !isURI(typed) else { throw .databaseUnsafe(.path) }
    guard Files.status(typed, followingLinks: false) == nil else { throw .databaseExists }
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
    if Files.status(keyPath, followingLinks: false) != nil { _ = try readKey(keyPath) }
  }

  /// On Debian, SQLite would take such a path as a URI with parameters of its own.
  private static func isURI(_ path: String) -> Bool {
    path.utf8.prefix(5).elementsEqual("file:".utf8)
  }

  /// Reads the first hundred bytes (sqlite.org/fileformat2.html, 1.3) before any lock is held:
  /// closing a descriptor of the file later would drop SQLite's own locks.
  private static func checkHeader(
    _ path: String, bytes: Int64, _ versions: Set<Int64>
  ) throws(IAuthError) {
    let file = unsafe iauth_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard file >= 0 else { throw .databaseUnsafe(.mode) }
    defer { close(file) }
    var header = [UInt8](repeating: 0, count: 100)
    let got = unsafe header.withUnsafeMutableBytes { buffer in
      unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
    }
    func number(_ offset: Int) -> Int64 {
      header[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }
    guard got == 100, header.starts(with: Array("SQLite format 3\0".utf8)),
      number(68) == Schema.applicationID
    else { throw .databaseForeign }
    let pageSize = header[16] == 0 && header[17] == 1 ? 65_536 : number(16) >> 16
    let pages = number(28)
    // A journal means that a commit was cut off; SQLite will restore the size from it.
    let isCutOff = (Files.status(path + "-journal", followingLinks: false)?.bytes ?? 0) > 0
    guard pageSize >= 512, pageSize & (pageSize - 1) == 0,
      isCutOff || number(24) != number(92) || bytes >= pages * pageSize
    else { throw .databaseDamaged }
    guard isCutOff || versions.contains(number(60)) else {
      throw .databaseVersion(found: number(60), needed: Schema.version)
    }
    // Written in WAL mode: Debian's SQLite can lose commits there (SECURITY.md, section 0).
    guard header[18] == 1, header[19] == 1 else { throw .databaseUnsafe(.journal) }
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

  private static func checkSafety(_ path: String) throws(IAuthError) {
    guard let file = Files.status(path, followingLinks: false) else { throw .databaseMissing }
    guard !file.isLink, file.links == 1 else { throw .databaseUnsafe(.link) }
    guard file.owner == geteuid() else { throw .databaseUnsafe(.owner) }
    guard file.mode & 0o077 == 0 else { throw .databaseUnsafe(.mode) }
    guard let folder = Files.status(Files.directory(of: path), followingLinks: true),
      folder.owner == geteuid(), folder.mode & 0o022 == 0
    else { throw .databaseUnsafe(.directory) }
    for suffix in ["-journal", "-wal"] {
      guard let beside = Files.status(path + suffix, followingLinks: false) else { continue }
      guard beside.isRegular, beside.links == 1, beside.owner == geteuid() else {
        throw .databaseUnsafe(.journal)
      }
    }
  }

  private static func readKey(_ path: String) throws(IAuthError) -> [UInt8] {
    guard let file = Files.status(path, followingLinks: false), file.isRegular, file.links == 1,
      file.owner == geteuid(), file.mode & 0o077 == 0,
      let bytes = try? Files.read(path, max: 1_024),
      let key = Hex.decode(String(decoding: bytes.filter { $0 != 0x0A }, as: UTF8.self)),
      key.count == 32
    else { throw .databaseUnsafe(.key) }
    return key
  }
}
