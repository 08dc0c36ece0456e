// What others need in order not to trust us (PRODUCT 14): the head as a checkpoint, proofs that an
// entry is under it and that it grew out of an earlier one, and the entries themselves in order.

import SQLite
import Sheets
import Values

/// Where the trail ends.
package struct TrailHead: Sendable {
  package let checkpoint: Checkpoint
  /// The newest entry's.
  package let hash: [UInt8]
  package let at: Timestamp?

  package var anchor: String { AuditProof(entries: checkpoint.size, hash: hash).anchor }
}

/// That an entry is in the trail, and that the trail grew out of an earlier one.
package struct TrailProof: Sendable {
  package let line: AuditLine
  package let checkpoint: Checkpoint
  package let inclusion: [[UInt8]]
  /// The earlier trail, if one was asked about.
  package let since: Checkpoint?
  package let consistency: [[UInt8]]
}

/// An entry on its way to a log collector.
package struct TrailLine: Sendable {
  package let line: AuditLine
  /// Whose right it is about.
  package let holder: AccountID?
  /// The right, `spm:admin`.
  package let privilege: String?
}

enum AuditFeedTable {
  static let entry: SQL = "SELECT \(AuditTrailTable.columns) FROM audit u WHERE u.seq = ?"
  /// A request's account, system and role never change, so that a line is the same at any time.
  static let lines: SQL = """
    SELECT \(AuditTrailTable.columns), r.account, s.code, r.role FROM audit u
      LEFT JOIN request r ON u.subject GLOB 'request:*'
        AND r.id = CAST(substr(u.subject, 9) AS INTEGER)
      LEFT JOIN system s ON s.id = r.system
    WHERE u.seq > ?1 AND u.seq <= ?2 ORDER BY u.seq
    """
  /// Whether there is more than the marks of earlier readings by the same way.
  static let hasNews: SQL = """
    SELECT 1 FROM audit WHERE seq > ?1 AND seq <= ?2
      AND NOT (action = 'audit.read' AND subject GLOB 'audit:*') LIMIT 1
    """
  static let statements: [SQL] = [entry, lines, hasNews]
}

extension Service {
  /// The head of the trail; nothing is verified, and nothing written.
  ///
  /// - Throws: `right.missing`.
  package func auditHead() throws(IAuthError) -> TrailHead {
    try readAsOperator { (tx) throws(IAuthError) in
      let head = try tx.currentHead()
      let at = try tx.first(AuditTable.newest) { row in row.time(0) }
      return TrailHead(checkpoint: try tx.checkpoint(), hash: head.hash, at: at)
    }
  }

  /// Proves that an entry is in the trail, and that the trail grew out of its first `since` entries.
  ///
  /// - Throws: `right.missing`, `entry.unknown`.
  package func prove(_ seq: Int64, since: Int64?) throws(IAuthError) -> TrailProof {
    try readAsOperator { (tx) throws(IAuthError) in
      let now = try tx.checkpoint()
      guard let line = try tx.first(AuditFeedTable.entry, seq, read: { AuditLine(row: $0) }) else {
        throw .entryUnknown(seq: seq)
      }
      if let since, since > now.size { throw .entryUnknown(seq: since) }
      var (inclusion, consistency): ([[UInt8]], [[UInt8]]) = ([], [])
      for range in MerkleTree.inclusionRanges(of: seq - 1, in: now.size) {
        inclusion.append(try tx.treeRoot(range))
      }
      for range in since.map({ MerkleTree.consistencyRanges(from: $0, to: now.size) }) ?? [] {
        consistency.append(try tx.treeRoot(range))
      }
      return TrailProof(
        line: line, checkpoint: now, inclusion: inclusion,
        since: try since.map { (size) throws(IAuthError) in try tx.checkpoint(of: size) },
        consistency: consistency)
    }
  }

  /// Proves of each of these entries that it is in the trail; of entries that the caller has read.
  package func inclusions(
    of lines: [AuditLine]
  ) throws(IAuthError) -> (checkpoint: Checkpoint, proofs: [[[UInt8]]]) {
    try store.read { (tx) throws(IAuthError) in
      let now = try tx.checkpoint()
      var proofs: [[[UInt8]]] = []
      for line in lines {
        var proof: [[UInt8]] = []
        for range in MerkleTree.inclusionRanges(of: line.entry.seq - 1, in: now.size) {
          proof.append(try tx.treeRoot(range))
        }
        proofs.append(proof)
      }
      return (now, proofs)
    }
  }

  /// Hands on the entries after `seq`, in order; the reading is itself an entry, but for one that
  /// finds nothing new.
  ///
  /// - Parameter take: gets some at a time; nobody is kept waiting for what it does with them.
  /// - Returns: how many entries there were.
  /// - Throws: `right.missing`.
  @discardableResult
  package func auditFeed(
    after seq: Int64, limit: Int64?, _ take: ([TrailLine]) throws(IAuthError) -> Void
  ) throws(IAuthError) -> Int64 {
    let (head, end) = try writeAsOperator(isReading: true) {
      (tx) throws(IAuthError) -> TransactionEnd<(Int64, Int64)> in
      let head = try tx.currentHead().seq
      let end = limit.map { head - seq < $0 ? head : seq + $0 } ?? head
      if try tx.number(AuditFeedTable.hasNews, seq, end) != nil {
        try tx.audit(.auditRead, .entries(after: seq))
      }
      return .commit((head, end))
    }
    var from = seq
    while from < end {
      let to = min(from + Limits.auditFeedRows, end)
      let lines = try store.read { (tx) throws(IAuthError) in
        try tx.all(AuditFeedTable.lines, from, to) { row in
          TrailLine(
            line: AuditLine(row: row), holder: row.idIfAny(11),
            privilege: row.textIfAny(12).map { "\($0):\(row.text(13))" })
        }
      }
      try take(lines)
      from = to
    }
    return head
  }
}

extension Transaction {
  /// The checkpoint of the first `size` entries; of all, if none is said.
  func checkpoint(of size: Int64? = nil) throws(IAuthError) -> Checkpoint {
    let size = if let size { size } else { try currentHead().seq }
    return Checkpoint(
      origin: Checkpoint.origin(uuid: try serviceUUID()), size: size, root: try treeRoot(0..<size))
  }
}
