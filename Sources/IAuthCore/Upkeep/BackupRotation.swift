// Copies that are made by themselves (PRODUCT 13, `backup --to DIR --keep 7d`): each under the time at
// which it was made, and those that are too old go. Only what has such a name is touched, and nothing
// before a new copy is whole.

import Glibc
import Sheets
import Values

/// A copy among others, and which of those went.
package struct RotatedCopy: Sendable {
  package let path: String
  package let manifest: Manifest
  /// The names of copies that were older than wanted.
  package let removed: [String]
  /// Whether none was removed because the clock may be wrong.
  package let isClockFar: Bool
}

extension Service {
  /// Writes a verified copy into a directory, under a name of its time; then removes such copies in it
  /// as are older than `age`.
  ///
  /// - Returns: nil on a host that stands by, which has nothing of its own to copy.
  /// - Throws: as `backup(to:version:)`; then nothing is removed.
  package func backup(
    into directory: String, keeping age: TimeSpan?, version: String
  ) throws(IAuthError) -> RotatedCopy? {
    guard try !standsBy() else { return nil }
    let directory = Files.absolute(directory)
    let now = world.now()
    // Before the copy's own entry; what a clock has left behind is looked at by itself.
    let isClockFar = try readAsOperator { (tx) throws(IAuthError) in try tx.clockLeap() != nil }
    let name = CopyName(at: now)
    var path = directory + "/" + name.text
    var count = 1
    while Files.exists(path) {
      count += 1
      path = directory + "/" + CopyName(at: now, count: count).text
    }
    let manifest = try backup(to: path, version: version)
    guard let age, !isClockFar else {
      return RotatedCopy(
        path: path, manifest: manifest, removed: [], isClockFar: age != nil && isClockFar)
    }
    return RotatedCopy(
      path: path, manifest: manifest,
      removed: Self.removeCopies(in: directory, olderThan: now - age, world.isDryRun),
      isClockFar: false)
  }

  /// What a copy has beside it goes after it: where the copy is, all of it is.
  private static func removeCopies(
    in directory: String, olderThan limit: Timestamp, _ isTrial: Bool
  ) -> [String] {
    let files = Files.names(in: directory, beginning: CopyName.start)
    var removed: Set<String> = []
    for ending in ["", ".manifest", ".key"] {
      for file in files {
        guard let name = CopyName(file, ending: ending), name.at < limit.compact,
          ending.isEmpty || removed.contains(name.text) || !files.contains(name.text)
        else { continue }
        let isGone = isTrial ? true : unsafe unlink(directory + "/" + file) == 0
        if isGone { removed.insert(name.text) }
      }
    }
    guard !isTrial else { return removed.sorted() }
    // A copy that was cut off has such a name for good; one that is being made is held.
    for file in files {
      guard let name = CopyName(file, ending: ".part"), name.at < limit.compact else { continue }
      (try? PartialFile(of: directory + "/" + name.text))?.drop()
    }
    Files.syncDirectory(directory)
    return removed.sorted()
  }
}

/// `iauth-20260302T090000Z.db`, and the second of that moment `iauth-20260302T090000Z-2.db`.
private struct CopyName {
  static let start = "iauth-"
  let text: String
  /// As it stands in the name: in the order of time.
  let at: String

  init(at: Timestamp, count: Int = 1) {
    self.at = at.compact
    text = Self.start + at.compact + (count > 1 ? "-\(count)" : "") + ".db"
  }

  /// A file's name without `ending`, if it is one of ours.
  init?(_ file: String, ending: String) {
    let whole = Array(file.utf8)
    let tail = Array((".db" + ending).utf8)
    guard whole.count > tail.count, whole.suffix(tail.count).elementsEqual(tail),
      whole.starts(with: Self.start.utf8)
    else { return nil }
    let middle = whole.dropFirst(Self.start.utf8.count).dropLast(tail.count)
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    let (time, count) = (Array(middle.prefix(16)), middle.dropFirst(16))
    guard time.count == 16, time[8] == UInt8(ascii: "T"), time[15] == UInt8(ascii: "Z"),
      time[..<8].allSatisfy(isDigit), time[9..<15].allSatisfy(isDigit),
      count.isEmpty
        || (count.count > 1 && count.first == UInt8(ascii: "-")
          && count.dropFirst().allSatisfy(isDigit))
    else { return nil }
    at = String(decoding: time, as: UTF8.self)
    text = String(decoding: whole.dropLast(ending.utf8.count), as: UTF8.self)
  }
}

extension Timestamp {
  /// `20260302T090000Z`: for the name of a file.
  fileprivate var compact: String {
    String(decoding: rfc3339.utf8.filter { $0 != 0x2D && $0 != 0x3A }, as: UTF8.self)
  }
}
