// The files that a caller names. Whoever runs iauth directly has them opened here; through the gate
// the client opens them, with the caller's own rights, and the service sees bytes only; a caller
// who has no files on this host (ssh) can name none.

import IAuthCore
import Sheets
import Values

struct CallerFiles {
  /// The whole of a regular file of at most `max` bytes.
  ///
  /// Errors: `file.missing`, `limit.bytes`.
  let read: (_ path: String, _ max: Int) throws(IAuthError) -> [UInt8]
  /// Makes sure, by doing it, that a new file can be made; it is not there afterwards.
  ///
  /// Errors: `file.exists`, `file.uncreatable`, `disk.full`, `disk.failed`.
  let checkNew: (_ path: String) throws(IAuthError) -> Void
  /// Makes a new file with its whole content.
  ///
  /// Errors: `file.exists`, `file.uncreatable`, `disk.full`, `disk.failed`.
  let create: (_ path: String, _ bytes: [UInt8]) throws(IAuthError) -> Void

  /// Makes a new directory for a few files, which is gone with them if one of them cannot be made.
  ///
  /// Errors: `file.exists`, `file.uncreatable`.
  let makeDirectory: (_ path: String) throws(IAuthError) -> Void

  /// Whether they are files of this process, which need not stand in memory.
  var isOwn = false

  /// A file's bytes, to be read in pieces.
  ///
  /// Errors: as `read`.
  func source(_ path: String, _ max: Int) throws(IAuthError) -> any ByteSource {
    isOwn ? try FileSource(path, max: max) : MemorySource(try read(path, max))
  }

  /// Makes a new file of content that comes in pieces.
  ///
  /// Errors: as `create`.
  func create(
    _ path: String,
    _ content: ((_ piece: [UInt8]) throws(IAuthError) -> Void) throws(IAuthError) -> Void
  ) throws(IAuthError) {
    guard !isOwn else { return try Files.create(Files.absolute(path), content) }
    var bytes: [UInt8] = []
    try content { (piece) throws(IAuthError) in bytes += piece }
    try create(path, bytes)
  }

  /// A directory that was made, and what was made in it.
  private final class MadeDirectory {
    var path: String?
    var files: [String] = []
  }

  /// The files of this process.
  static var own: CallerFiles {
    let made = MadeDirectory()
    return CallerFiles(
      read: { (path, max) throws(IAuthError) in try Files.read(path, max: max) },
      checkNew: { (path) throws(IAuthError) in
        try Files.tryToCreate(Files.absolute(path), named: path)
      },
      create: { (path, bytes) throws(IAuthError) in
        let path = Files.absolute(path)
        do throws(IAuthError) {
          try Files.create(path, bytes)
        } catch {
          if let directory = made.path, directory == Files.directory(of: path) {
            Files.remove(directory, with: made.files)
            made.path = nil
          }
          throw error
        }
        made.files.append(path)
      },
      makeDirectory: { (path) throws(IAuthError) in
        try Files.makeNewDirectory(Files.absolute(path))
        (made.path, made.files) = (Files.absolute(path), [])
      }, isOwn: true)
  }

  /// No files: what is submitted comes by standard input.
  static var none: CallerFiles {
    CallerFiles(
      read: { (path, _) throws(IAuthError) in throw .fileMissing(path: path) },
      checkNew: { (path) throws(IAuthError) in throw .fileUncreatable(path: path) },
      create: { (path, _) throws(IAuthError) in throw .fileUncreatable(path: path) },
      makeDirectory: { (path) throws(IAuthError) in throw .fileUncreatable(path: path) })
  }
}
