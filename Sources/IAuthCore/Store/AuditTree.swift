// The Merkle tree over the trail (PRODUCT 14). An entry's hash begins with the byte that RFC 9162
// puts before a leaf, so the hashes that the chain has are the leaves, and nothing is hashed twice.
// Of the nodes, only those over 256, 256² and 256³ leaves are kept: one short row every 256 entries,
// from which any root and any proof is a few hundred hashes away.

import SQLite
import Sheets
import Values

enum AuditTreeTable {
  static let leaves: SQL = "SELECT hash FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq"
  static let nodes: SQL = """
    SELECT hash FROM audit_node WHERE level = ? AND place >= ? AND place < ? ORDER BY place
    """
  static let add: SQL = "INSERT INTO audit_node (level, place, hash) VALUES (?, ?, ?)"
  static let last: SQL = "SELECT max(place) FROM audit_node WHERE level = ?"
  static let statements: [SQL] = [leaves, nodes, add, last]
}

enum AuditTree {
  /// How many nodes of one level are under a node of the next.
  static let width: Int64 = 256
  static let levels = 3

  /// How many leaves are under a node of `level`.
  static func leaves(under level: Int) -> Int64 { 1 << Int64(8 * level) }
}

/// The leaves that a transaction has added, and the nodes that they complete.
struct AuditTreeGrowth {
  fileprivate var leaves: [UInt8] = []
  fileprivate var nodes: [(place: Int64, hash: [UInt8])] = []
}

extension Transaction {
  /// Takes the hash of an entry into the tree.
  ///
  /// Entries from before the transaction are read back only when a node gets its last leaf.
  func grow(_ seq: Int64, _ hash: [UInt8]) throws(IAuthError) {
    treeGrowth.leaves.append(contentsOf: hash)
    guard seq % AuditTree.width == 0 else { return }
    let count = Int64(treeGrowth.leaves.count / SHA256.length)
    var fold = MerkleFold()
    if count < AuditTree.width { try add(seq - AuditTree.width..<seq - count, level: 0, to: &fold) }
    for leaf in 0..<Int(count) {
      fold.add(treeGrowth.leaves[SHA256.length * leaf..<SHA256.length * (leaf + 1)])
    }
    treeGrowth.nodes.append((seq / AuditTree.width - 1, fold.root()))
    treeGrowth.leaves.removeAll(keepingCapacity: true)
  }

  /// Stores the nodes that the transaction has completed.
  func storeNodes() throws(IAuthError) {
    let nodes = treeGrowth.nodes
    guard let first = nodes.first else { return }
    treeGrowth.nodes = []
    // What an older program has written is caught up with.
    try completeNodes(upTo: first.place)
    for node in nodes { try store(node.hash, level: 1, place: node.place) }
  }

  /// Stores the nodes of the first level that are missing before `place`.
  func completeNodes(upTo place: Int64) throws(IAuthError) {
    var next = (try number(AuditTreeTable.last, 1) ?? -1) + 1
    while next < place {
      var fold = MerkleFold()
      try add(next * AuditTree.width..<(next + 1) * AuditTree.width, level: 0, to: &fold)
      try store(fold.root(), level: 1, place: next)
      next += 1
    }
  }

  private func store(_ hash: [UInt8], level: Int, place: Int64) throws(IAuthError) {
    try run(AuditTreeTable.add, level, place, hash)
    guard level < AuditTree.levels, (place + 1) % AuditTree.width == 0 else { return }
    var fold = MerkleFold()
    try add(place + 1 - AuditTree.width..<place + 1, level: level, to: &fold)
    try store(fold.root(), level: level + 1, place: place / AuditTree.width)
  }

  /// The root over a range of leaves; it begins where a subtree as large as itself may.
  func treeRoot(_ range: Range<Int64>) throws(IAuthError) -> [UInt8] {
    var fold = MerkleFold()
    var at = range.lowerBound
    while at < range.upperBound {
      // The widest node that begins here and fits, and its neighbours up to where a wider one may.
      var level = AuditTree.levels
      while level > 0,
        at % AuditTree.leaves(under: level) != 0
          || at + AuditTree.leaves(under: level) > range.upperBound
      { level -= 1 }
      let width = AuditTree.leaves(under: level)
      var count = (range.upperBound - at) / width
      if level < AuditTree.levels {
        count = min(count, AuditTree.width - at / width % AuditTree.width)
      }
      try add(at / width..<at / width + count, level: level, to: &fold)
      at += count * width
    }
    return fold.root()
  }

  /// Adds nodes of a level; those that are not kept are made of what is under them.
  private func add(
    _ places: Range<Int64>, level: Int, to fold: inout MerkleFold
  ) throws(IAuthError) {
    let found =
      level == 0
      ? try all(AuditTreeTable.leaves, places.lowerBound, places.upperBound) { row in row.bytes(0) }
      : try all(AuditTreeTable.nodes, level, places.lowerBound, places.upperBound) { row in
        row.bytes(0)
      }
    guard found.count == places.count else {
      guard level > 0 else { throw .auditBroken(seq: places.lowerBound + 1, .missing) }
      let below = places.lowerBound * AuditTree.width..<places.upperBound * AuditTree.width
      return try add(below, level: level - 1, to: &fold)
    }
    for hash in found { fold.add(hash, size: AuditTree.leaves(under: level)) }
  }
}
