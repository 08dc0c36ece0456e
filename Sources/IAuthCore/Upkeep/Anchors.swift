// What was kept elsewhere of the trail's heads, in whatever form: old anchors (`SEQ HASH`), entries
// of `audit --json`, checkpoints (C2SP tlog-checkpoint) with signatures or without, in mails, in a
// log of git, one after the other. A line that is none of these is passed over.

import Sheets
import Values

/// The head of the trail as anybody can check it: the text of a C2SP checkpoint.
package struct Checkpoint: Equatable, Sendable {
  /// Names the trail, for good.
  package let origin: String
  package let size: Int64
  package let root: [UInt8]

  /// Origin, size and root, a line each: what is signed.
  package var text: String { "\(origin)\n\(size)\n\(Base64.encode(root))\n" }

  static func origin(uuid: [UInt8]) -> String { "iauth/\(Hex.encode(uuid))" }
}

/// A head as it was kept somewhere: the root over so many entries, or the hash of the last of them.
struct KeptHead: Hashable {
  /// One that is foreign is a root under another trail's name.
  enum Kind: String { case root, entry, foreign }

  let number: Int64
  let kind: Kind
  let hash: [UInt8]

  init(_ number: Int64, _ kind: Kind, _ hash: [UInt8]) {
    self.number = number
    self.kind = kind
    self.hash = hash
  }

  /// One that was remembered.
  init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 3, let number = Int64(words[0]), let kind = Kind(rawValue: words[1]),
      let hash = Hex.decode(words[2])
    else { return nil }
    self.init(number, kind, hash)
  }

  var text: String { "\(number) \(kind.rawValue) \(Hex.encode(hash))" }
}

struct Anchors {
  /// Hashes of entries by their number.
  private(set) var entries: [Int64: [UInt8]] = [:]
  /// Roots by the number of entries.
  private(set) var roots: [Int64: [UInt8]] = [:]

  /// How many entries the newest of them speaks of, of those that have no more than `most`.
  func newest(upTo most: Int64) -> Int64? {
    (Array(entries.keys) + roots.keys).filter { $0 <= most }.max()
  }

  init() {}

  /// - Throws: `anchor.missing` if nothing is an anchor; `audit.broken` if two contradict each
  ///   other, or one is of another trail.
  init(_ text: String, uuid: [UInt8]) throws(IAuthError) {
    for head in Self.heads(in: text, uuid: uuid) {
      switch head.kind {
      case .root: try Self.keep(head.hash, head.number, in: &roots)
      case .entry: try Self.keep(head.hash, head.number, in: &entries)
      case .foreign: throw .auditBroken(seq: head.number, .otherTrail)
      }
    }
    guard !entries.isEmpty || !roots.isEmpty else { throw .anchorMissing }
  }

  /// Every head in a text, whatever they say of each other.
  static func heads(in text: String, uuid: [UInt8]) -> [KeptHead] {
    // An editor may have put a byte-order mark before it.
    let scalars = text.unicodeScalars
    let lines = Substring(scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars[...])
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map(unquoted)
    let origin = Checkpoint.origin(uuid: uuid)
    var heads: [KeptHead] = []
    for (index, line) in lines.enumerated() {
      if let root = root(line), index >= 2, let size = number(lines[index - 1]),
        !lines[index - 2].isEmpty
      {
        heads.append(KeptHead(size, lines[index - 2] == origin ? .root : .foreign, root))
      }
      // A proof has two: of the tree, and of the one that it grew out of.
      for object in objects(in: line) {
        guard let size = member("size", of: object).flatMap(number),
          let root = member("root", of: object).flatMap(root)
        else { continue }
        let isOurs = (member("origin", of: object) ?? origin) == origin
        heads.append(KeptHead(size, isOurs ? .root : .foreign, root))
      }
      for (seq, hash) in hashes(in: line) { heads.append(KeptHead(seq, .entry, hash)) }
    }
    return heads
  }

  private static func keep(
    _ hash: [UInt8], _ number: Int64, in kept: inout [Int64: [UInt8]]
  ) throws(IAuthError) {
    guard kept.updateValue(hash, forKey: number) ?? hash == hash else {
      throw .auditBroken(seq: number, .anchor)
    }
  }

  /// A line without the marks of a quoting mail or a comment.
  private static func unquoted(_ line: Substring) -> String {
    let marks: (UInt8) -> Bool = { [0x20, 0x09, 0x23, 0x3E, 0x2B].contains($0) }
    let rest = line.utf8.drop(while: marks)
    var bytes = Array(rest)
    while let last = bytes.last, last == 0x20 || last == 0x0D { bytes.removeLast() }
    // A root may begin with a plus itself, one in 64 does: as much belongs to it as makes it whole.
    let missing = 44 - bytes.count
    let plus = line.utf8.dropLast(rest.count).reversed().prefix { $0 == UInt8(ascii: "+") }
    if missing > 0, missing <= plus.count, bytes.last == UInt8(ascii: "=") {
      bytes = [UInt8](repeating: UInt8(ascii: "+"), count: missing) + bytes
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Hashes of 32 bytes behind their number, or in a JSON object behind `hash` beside a `seq`.
  private static func hashes(in line: String) -> [(Int64, [UInt8])] {
    let words = line.unicodeScalars
      .split { !("0"..."9" ~= $0 || "a"..."z" ~= $0 || "A"..."Z" ~= $0 || $0 == "-") }
      .map(String.init)
    let seq = words.firstIndex(of: "seq").flatMap { words.dropFirst($0 + 1).first }
    return words.enumerated().dropFirst().compactMap { (index, word) in
      guard let hash = Hex.decode(word), hash.count == SHA256.length else { return nil }
      let before = words[index - 1]
      return (number(before) ?? (before == "hash" ? seq.flatMap(number) : nil)).map { ($0, hash) }
    }
  }

  /// The JSON objects on a line, each without those inside it.
  private static func objects(in line: String) -> [String] {
    var found: [String] = []
    var open: [[UInt8]] = []
    var (isText, isEscaped) = (false, false)
    for byte in line.utf8 {
      switch byte {
      case UInt8(ascii: "{") where !isText: open.append([])
      case UInt8(ascii: "}") where !isText:
        if let object = open.popLast() { found.append(String(decoding: object, as: UTF8.self)) }
      default:
        if byte == UInt8(ascii: "\""), !isEscaped { isText.toggle() }
        if !open.isEmpty { open[open.count - 1].append(byte) }
      }
      isEscaped = isText && byte == UInt8(ascii: "\\") && !isEscaped
    }
    return found
  }

  /// A member of a JSON object on one line: a number, or a text without escapes.
  private static func member(_ name: String, of line: String) -> String? {
    let (line, name) = (Array(line.utf8), Array("\"\(name)\":".utf8))
    guard let start = line.indices.first(where: { line[$0...].starts(with: name) }) else {
      return nil
    }
    let value = line[(start + name.count)...].drop { $0 == 0x20 || $0 == 0x22 }
    return String(decoding: value.prefix { ![0x22, 0x2C, 0x7D, 0x20].contains($0) }, as: UTF8.self)
  }

  private static func root(_ text: String) -> [UInt8]? {
    text.utf8.count == 44 ? Base64.decode(text).flatMap { $0.count == 32 ? $0 : nil } : nil
  }

  private static func number(_ word: String) -> Int64? {
    word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(word) : nil
  }
}
