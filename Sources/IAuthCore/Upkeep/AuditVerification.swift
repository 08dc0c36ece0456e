// The whole trail, recomputed (PRODUCT 3.8, 14): every hash, the chain, the sealed head, the kept
// nodes of the tree, and whatever was kept elsewhere. `TrailPass` proves that all is well; this is the
// pass that says what is wrong, entry by entry.

import SQLite
import Sheets
import Values

enum AuditVerificationTable {
  static let entries: SQL = """
    SELECT u.seq, u.at, u.caller, u.account, u.session, u.action, u.subject, u.outcome,
      u.person_hash, u.previous, u.hash, p.salt, p.fields, p.account
    FROM audit u LEFT JOIN audit_person p ON p.seq = u.seq ORDER BY u.seq
    """
  static let nodes: SQL = "SELECT level, place, hash FROM audit_node ORDER BY level, place"
  static let hasNodes: SQL = "SELECT 1 FROM sqlite_schema WHERE name = 'audit_node'"
  static let statements: [SQL] = [entries, nodes, hasNodes]
}

extension Service {
  /// Checks every hash, the sequence, the sealed end, the tree, and anchors that were kept
  /// elsewhere.
  ///
  /// - Parameter anchors: the text of an anchor file, in any form that iauth has ever printed.
  /// - Throws: `right.missing`; `anchor.missing`; `audit.broken` with the first entry that does not
  ///   fit.
  package func verifyAudit(anchors: String?) throws(IAuthError) -> AuditProof {
    var compared: Int64?
    let proof = try readAsOperator { (tx) throws(IAuthError) in
      let uuid = try tx.serviceUUID()
      let kept = try anchors.map { (text) throws(IAuthError) in try Anchors(text, uuid: uuid) }
      let proof = try tx.verifyTrail(kept ?? Anchors())
      // A head that was made since is this host's own, and knows of no other's work.
      if let host = try tx.hostRecord(), host.epoch > 1, host.machine == world.host.machine,
        let newest = kept?.newest(upTo: host.began), newest > host.compared ?? -1
      {
        compared = newest
      }
      return proof
    }
    // Whether a host that took over has all that was done before it, somebody has now looked.
    if let compared, !store.isStandby {
      try? store.note { (tx) throws(IAuthError) -> TransactionEnd<Void> in
        try tx.run(SettlingTable.compare, compared)
        return .commit(())
      }
    }
    return proof
  }

  /// What the operator should hear of where the trail lies: nothing, or what `doctor` says of it.
  package func hostFinding() throws(IAuthError) -> Finding? {
    let finding = try readAsOperator { (tx) throws(IAuthError) in try tx.hostHealth() }
    return finding.status == .warn ? finding : nil
  }
}

extension Transaction {
  /// All that can be found wrong with the trail: in itself, against the tables, against a witness.
  func verifyTrail(_ anchors: Anchors = Anchors()) throws(IAuthError) -> AuditProof {
    let evidence = try TrailEvidence(self)
    let proof = try verifyAudit(anchors, evidence)
    try reconcile(proof.entries, evidence)
    if let broken = try witnessContradiction() { throw broken }
    return proof
  }

  /// - Parameter evidence: sees the entries by the way.
  func verifyAudit(
    _ anchors: Anchors = Anchors(), _ evidence: TrailEvidence? = nil
  ) throws(IAuthError) -> AuditProof {
    var (head, nodes) = try quickly(anchors, evidence)
    if nodes == nil {
      evidence?.forget()
      var check = TrailCheck(uuid: try serviceUUID(), anchors: anchors)
      try each(AuditVerificationTable.entries) { row in check.take(row) }
      if let broken = check.broken { throw broken }
      head = AuditHead(seq: check.next - 1, hash: check.previous)
      nodes = check.nodes
    }
    try checkHead(head, try serviceUUID())
    let kept = Array(anchors.entries.keys) + anchors.roots.keys
    if let lost = kept.filter({ $0 > head.seq || $0 < 0 }).min() {
      throw .auditBroken(seq: lost, .cutOff)
    }
    // A copy of a database that is about to be migrated has none.
    if try exists(AuditVerificationTable.hasNodes) { try checkNodes(nodes ?? []) }
    return AuditProof(entries: head.seq, hash: head.hash)
  }

  /// The head and the nodes of the first level, if every entry fits; no nodes if one may not.
  private func quickly(
    _ anchors: Anchors, _ evidence: TrailEvidence?
  ) throws(IAuthError) -> (AuditHead, nodes: [UInt8]?) {
    var pass = TrailPass(uuid: try serviceUUID(), anchors: anchors, evidence)
    do throws(IAuthError) {
      try each(AuditVerificationTable.entries) { row in pass.take(row) }
      pass.end()
    } catch {
      // An entry before that page may be what is wrong.
      return (AuditHead(seq: 0, hash: []), nil)
    }
    return (
      AuditHead(seq: pass.seq, hash: pass.previous), pass.isWhole ? pass.nodes : nil
    )
  }

  /// Compares the kept nodes with those that the entries make.
  private func checkNodes(_ first: [UInt8]) throws(IAuthError) {
    var broken: IAuthError?
    // The nodes of the level below, one after the other.
    var (below, made, of) = (first, first, 1)
    try each(AuditVerificationTable.nodes) { row in
      let (level, place, hash) = (row.count(0), row.count(1), row.bytes(2))
      while of < level {
        (below, made, of) = (made, [], of + 1)
        let width = Int(AuditTree.width) * SHA256.length
        for start in stride(from: 0, to: below.count - width + 1, by: width) {
          var fold = MerkleFold()
          for at in stride(from: start, to: start + width, by: SHA256.length) {
            fold.add(below[at..<at + SHA256.length])
          }
          made += fold.root()
        }
      }
      let at = SHA256.length * place
      guard at < made.count, made[at..<at + SHA256.length].elementsEqual(hash) else {
        let seq = Int64(place) * AuditTree.leaves(under: level) + 1
        broken = .auditBroken(seq: seq, .node)
        return false
      }
      return true
    }
    if let broken { throw broken }
  }

  func checkHead(_ head: AuditHead, _ uuid: [UInt8]) throws(IAuthError) {
    let sealed = try first(AuditTable.head) { row in
      (head: AuditHead(seq: row.int(0), hash: row.bytes(1)), seal: row.bytes(2))
    }
    guard let sealed else { throw .auditBroken(seq: head.seq, .unsealed) }
    guard constantTimeEquals(AuditHash.seal(sealed.head, uuid: uuid, key: key), sealed.seal) else {
      throw .auditBroken(seq: sealed.head.seq, .unsealed)
    }
    guard sealed.head.seq <= head.seq else {
      throw .auditBroken(seq: head.seq + 1, .cutOff)
    }
    guard sealed.head == head else { throw .auditBroken(seq: sealed.head.seq + 1, .unsealed) }
  }
}

/// The pass over the entries.
private struct TrailCheck {
  let anchors: Anchors
  private let hasRoots: Bool
  private(set) var next: Int64 = 1
  private(set) var previous = [UInt8](repeating: 0, count: SHA256.length)
  private(set) var broken: IAuthError?
  /// The nodes of the first level.
  private(set) var nodes: [UInt8] = []
  /// Whole nodes, and the leaves since.
  private var tree = MerkleFold()
  private var leaves = MerkleFold()
  private var bytes: [UInt8] = []
  /// What every entry begins with.
  private let start: [UInt8]

  init(uuid: [UInt8], anchors: Anchors) {
    self.anchors = anchors
    hasRoots = !anchors.roots.isEmpty
    start = AuditHash.start(uuid: uuid)
    bytes.reserveCapacity(1_024)
    if let root = anchors.roots[0], root != MerkleTree.empty {
      broken = .auditBroken(seq: 0, .anchor)
    }
  }

  /// Whether the entry fits, and the pass goes on.
  mutating func take(_ row: borrowing Row) -> Bool {
    guard broken == nil else { return false }
    guard row.int(0) == next else { return stop(.missing) }
    AuditHash.entry(row, after: start, into: &bytes)
    let hash = SHA256.hash(bytes)
    guard row.equals(9, previous), row.equals(10, hash) else { return stop(.changed) }
    if !row.isNull(11) {
      AuditHash.person(row, salt: 11, fields: 12, into: &bytes)
      guard row.equals(8, SHA256.hash(bytes)) else { return stop(.personalData) }
    }
    leaves.add(hash)
    if next % AuditTree.width == 0 {
      let node = leaves.root()
      nodes += node
      tree.add(node, size: AuditTree.width)
      leaves.removeAll()
    }
    if let anchor = anchors.entries[next], anchor != hash { return stop(.anchor) }
    if hasRoots, let root = anchors.roots[next], root != tree.followed(by: leaves).root() {
      return stop(.anchor)
    }
    previous = hash
    next += 1
    return true
  }

  private mutating func stop(_ problem: AuditProblem) -> Bool {
    broken = .auditBroken(seq: next, problem)
    return false
  }
}
