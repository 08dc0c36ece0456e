// The trail at the speed of the disk: every entry's hash, the chain, personal data, the tree and kept
// heads, of 256 entries at once, and nothing is copied but into what is hashed. It only proves that all
// is well; where it does not, `TrailCheck` finds out what is wrong and where.

import SQLite
import Sheets
import Values

@safe struct TrailPass: ~Copyable {
  /// Whether nothing was found that does not fit, or that is not as iauth writes it.
  private(set) var isWhole = true
  private(set) var seq: Int64 = 0
  private(set) var previous = [UInt8](repeating: 0, count: SHA256.length)
  /// The nodes of the first level.
  private(set) var nodes: [UInt8] = []
  /// The hashes of the entries since the last node, as they are stored.
  private var leaves: [UInt8] = []
  private var messages = HashBatch()
  /// What the messages' hashes must be.
  private var expected: [UInt8] = []
  private var hashes: [UInt8] = []
  private let anchors: Anchors
  private let hasAnchors: Bool
  /// What every entry begins with.
  private let start: [UInt8]

  private let evidence: TrailEvidence?
  /// The columns of an entry.
  private let cells: UnsafeMutableBufferPointer<Cell>

  init(uuid: [UInt8], anchors: Anchors, _ evidence: TrailEvidence? = nil) {
    self.anchors = anchors
    self.evidence = evidence
    unsafe cells = .allocate(capacity: 14)
    hasAnchors = !anchors.roots.isEmpty || !anchors.entries.isEmpty
    start = AuditHash.start(uuid: uuid)
    if let root = anchors.roots[0], root != MerkleTree.empty { isWhole = false }
  }

  deinit {
    unsafe cells.deallocate()
  }

  /// Whether the entry may fit, and the pass goes on: what it is hashed to is known a little later.
  mutating func take(_ row: borrowing Row) -> Bool {
    unsafe row.read(into: cells)
    isWhole = unsafe isWhole && add(cells)
    return isWhole
  }

  /// Looks at the last entries.
  mutating func end() {
    isWhole = isWhole && check()
  }

  private mutating func add(_ cells: UnsafeMutableBufferPointer<Cell>) -> Bool {
    guard unsafe areOfTheirTypes(cells), unsafe cells[0].number == seq + 1,
      unsafe cells[9].bytes.isEqual(to: previous), unsafe cells[10].bytes.count == SHA256.length
    else { return false }
    unsafe addEntry(cells)
    if unsafe !cells[11].isNull {
      guard unsafe cells[8].bytes.count == SHA256.length else { return false }
      unsafe addPerson(salt: cells[11].bytes, fields: cells[12].bytes)
      unsafe expected.append(contentsOf: cells[8].bytes)
    }
    unsafe evidence?.note(cells)
    unsafe previous.withUnsafeMutableBytes { unsafe $0.copyMemory(from: cells[10].bytes) }
    seq += 1
    leaves += previous
    if hasAnchors, !fitsAnchors() { return false }
    if leaves.count == Int(AuditTree.width) * SHA256.length {
      guard check() else { return false }
      nodes += node()
      leaves.removeAll(keepingCapacity: true)
    }
    return messages.count < 1 << 20 || check()
  }

  /// Texts are texts, and blobs blobs: the hash says which they were.
  private func areOfTheirTypes(_ cells: UnsafeMutableBufferPointer<Cell>) -> Bool {
    for column in 0..<11 {
      switch unsafe (column, cells[column].kind) {
      case (0...1, .integer), (3...4, .integer), (3...4, .null), (8...10, .blob), (2, .text),
        (5...7, .text):
        continue
      default: return false
      }
    }
    switch unsafe (cells[11].kind, cells[12].kind) {
    case (.null, _), (.blob, .text): return true
    default: return false
    }
  }

  private mutating func addEntry(_ cells: UnsafeMutableBufferPointer<Cell>) {
    var room = start.count + 90
    for column in 0..<10 { room += unsafe cells[column].bytes.count }
    let start = start
    unsafe messages.add(room: room) { into in
      var message = unsafe MessageWriter(into)
      unsafe start.withUnsafeBytes { unsafe message.append($0) }
      for column in 0..<10 { unsafe message.append(cells[column]) }
      return unsafe message.count
    }
    unsafe expected.append(contentsOf: cells[10].bytes)
  }

  private mutating func addPerson(salt: UnsafeRawBufferPointer, fields: UnsafeRawBufferPointer) {
    unsafe messages.add(room: salt.count + fields.count + 19) { into in
      var message = unsafe MessageWriter(into)
      unsafe message.append(0x02)
      unsafe message.append(UInt8(ascii: "b"), salt)
      unsafe message.append(UInt8(ascii: "t"), fields)
      return unsafe message.count
    }
  }

  /// Whether what waits has the hashes that it must have.
  private mutating func check() -> Bool {
    messages.hash(into: &hashes)
    defer { expected.removeAll(keepingCapacity: true) }
    return unsafe hashes.withUnsafeBytes { unsafe $0.isEqual(to: expected) }
  }

  /// The node over the leaves, level by level.
  private mutating func node() -> [UInt8] {
    var level = leaves
    while level.count > SHA256.length {
      unsafe level.withUnsafeBytes { level in
        for pair in stride(from: 0, to: level.count, by: 2 * SHA256.length) {
          unsafe messages.add(room: 1 + 2 * SHA256.length) { into in
            var message = unsafe MessageWriter(into)
            unsafe message.append(0x01)
            unsafe message.append(
              UnsafeRawBufferPointer(rebasing: level[pair..<pair + 2 * SHA256.length]))
            return unsafe message.count
          }
        }
      }
      messages.hash(into: &hashes)
      level = hashes
    }
    return level
  }

  /// Whether the trail so far is what was kept elsewhere of it.
  private func fitsAnchors() -> Bool {
    if let anchor = anchors.entries[seq], anchor != previous { return false }
    guard let root = anchors.roots[seq] else { return true }
    var fold = MerkleFold()
    for start in stride(from: 0, to: nodes.count, by: SHA256.length) {
      fold.add(nodes[start..<start + SHA256.length], size: AuditTree.width)
    }
    for start in stride(from: 0, to: leaves.count, by: SHA256.length) {
      fold.add(leaves[start..<start + SHA256.length])
    }
    return fold.root() == root
  }
}

/// Writes what `AuditHash` hashes, where there is room for it.
@unsafe private struct MessageWriter {
  private let start: UnsafeMutableRawPointer
  private(set) var count = 0

  init(_ start: UnsafeMutablePointer<UInt8>) { unsafe self.start = UnsafeMutableRawPointer(start) }

  mutating func append(_ byte: UInt8) {
    unsafe start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    unsafe count += 1
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress else { return }
    unsafe (start + count).copyMemory(from: from, byteCount: bytes.count)
    unsafe count += bytes.count
  }

  mutating func append(_ cell: Cell) {
    switch unsafe cell.kind {
    case .integer: unsafe append(UInt8(ascii: "i"), UInt64(bitPattern: cell.number))
    case .text: unsafe append(UInt8(ascii: "t"), cell.bytes)
    case .blob: unsafe append(UInt8(ascii: "b"), cell.bytes)
    default: unsafe append(UInt8(ascii: "n"))
    }
  }

  mutating func append(_ kind: UInt8, _ bytes: UnsafeRawBufferPointer) {
    unsafe append(kind, UInt64(bytes.count))
    unsafe append(bytes)
  }

  private mutating func append(_ kind: UInt8, _ number: UInt64) {
    unsafe append(kind)
    unsafe (start + count).storeBytes(of: number.bigEndian, as: UInt64.self)
    unsafe count += 8
  }
}
