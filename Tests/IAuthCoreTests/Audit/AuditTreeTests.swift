// The Merkle tree: the vectors that RFC 9162's own implementations are tried with, every proof of
// small trees by the RFC's verification, and the tree over a real trail.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

private let leaves = [
  "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map { MerkleTree.leaf(Hex.decode($0) ?? [1]) }

private func root(_ hashes: some Sequence<[UInt8]>) -> [UInt8] {
  var fold = MerkleFold()
  for hash in hashes { fold.add(hash) }
  return fold.root()
}

private func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
  SHA256.hash([0x01] + left + right)
}

/// RFC 9162, 2.1.3.2 and 2.1.4.2: where a path leads; only the newest root takes what is right of it.
private func climb(_ at: Int64, _ last: Int64, _ path: [[UInt8]], _ start: [[UInt8]]) -> [[UInt8]]?
{
  var (at, last, hashes) = (at, last, start)
  for step in path {
    guard last > 0 else { return nil }
    if at % 2 == 1 || at == last {
      hashes = hashes.map { node(step, $0) }
      while at > 0, at % 2 == 0 { (at, last) = (at / 2, last / 2) }
    } else {
      hashes[hashes.count - 1] = node(hashes[hashes.count - 1], step)
    }
    (at, last) = (at / 2, last / 2)
  }
  return last == 0 ? hashes : nil
}

@Suite struct AuditTreeTests {
  @Test(arguments: [
    (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    (6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
  ])
  func rootsAreThoseOfTheVectors(size: Int, expected: String) {
    #expect(Hex.encode(root(leaves.prefix(size))) == expected)
  }

  @Test(arguments: [
    (0, 8, ["96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"]),
    (5, 8, ["bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"]),
    (2, 3, ["fac54203e7cc696c"]),
    (1, 5, ["6e340b9cffb37a98", "5f083f0a1a33ca07", "bc1a0643b12e4d2d"]),
    (0, 1, []),
  ])
  func inclusionIsThatOfTheVectors(index: Int64, size: Int64, expected: [String]) {
    let found = MerkleTree.inclusionRanges(of: index, in: size)
      .map { String(Hex.encode(root(leaves[Int($0.lowerBound)..<Int($0.upperBound)])).prefix(16)) }
    #expect(found == expected)
  }

  @Test(arguments: [
    (1, 8, ["96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"]),
    (6, 8, ["0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957"]),
    (2, 5, ["5f083f0a1a33ca07", "bc1a0643b12e4d2d"]), (8, 8, []),
  ])
  func consistencyIsThatOfTheVectors(old: Int64, size: Int64, expected: [String]) {
    let found = MerkleTree.consistencyRanges(from: old, to: size)
      .map { String(Hex.encode(root(leaves[Int($0.lowerBound)..<Int($0.upperBound)])).prefix(16)) }
    #expect(found == expected)
  }

  /// The text of C2SP's own example, and the key's identity of its signed note.
  @Test func theNoteIsThatOfC2SP() throws {
    let root = try #require(Base64.decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="))
    let checkpoint = Checkpoint(
      origin: "example.com/behind-the-sofa", size: 20_852_163, root: root)
    #expect(
      checkpoint.text
        == "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")
    let key = try #require(Base64.decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"))
    let identity = SigningAgent.identity(name: "PeterNeumann", publicKey: Array(key.dropFirst()))
    #expect(Hex.encode(identity) == "c74f20a3")
  }

  /// A trail of which the tree has nodes of two levels, by the table alone: every root and proof of
  /// it is what its leaves make, whether the nodes are there or not.
  @Test(arguments: [true, false]) func aLongTrailIsProvenFromItsNodes(hasNodes: Bool) throws {
    let desk = try Desk()
    let old = try desk.number("SELECT max(seq) FROM audit")
    let count = Int64(65_536 + 256 + 7)
    let script = """
      DROP TRIGGER audit_in_sequence;
      INSERT INTO audit SELECT value, 0, 'uid:0', NULL, NULL, 'x', 'y', 'done', x'', zeroblob(32),
        randomblob(32) FROM generate_series(\(old + 1), \(count));
      UPDATE audit_head SET seq = \(count);
      """
    #expect(try desk.sqlite3(script) == "")
    let all = try desk.rows("SELECT hash FROM audit ORDER BY seq") { $0.bytes(0) }
    let store = try desk.owner().store
    if hasNodes {
      try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
        try tx.completeNodes(upTo: count / AuditTree.width)
        return .commit(())
      }
      #expect(try desk.number("SELECT count(*) FROM audit_node WHERE level = 2") == 1)
    }
    var whole = MerkleFold()
    for hash in all.prefix(65_536) { whole.add(hash) }
    let full = whole.root()
    for hash in all.dropFirst(65_536) { whole.add(hash) }
    let (index, since) = (Int64(65_540), Int64(65_536))
    let size = Int64(all.count)
    try store.read { (tx) throws(IAuthError) in
      var path: [[UInt8]] = []
      for range in MerkleTree.inclusionRanges(of: index, in: size) {
        path.append(try tx.treeRoot(range))
      }
      #expect(try tx.treeRoot(0..<size) == whole.root())
      #expect(try tx.treeRoot(0..<since) == full)
      #expect(climb(index, size - 1, path, [all[Int(index)]]) == [whole.root()])
      #expect(MerkleTree.consistencyRanges(from: since, to: size) == [since..<size])
    }
  }

  @Test func everyProofOfATrailHoldsAndNoOtherDoes() throws {
    let desk = try Desk()
    let owner = try desk.owner()
    for number in 1...20 {
      _ = try owner.addSystem(code: "s\(number)", name: "S", chineseName: nil, url: nil)
    }
    let size = try owner.auditHead().checkpoint.size
    for seq in 1...size {
      let proof = try owner.prove(seq, since: seq)
      let root = proof.checkpoint.root
      #expect(climb(seq - 1, size - 1, proof.inclusion, [proof.line.hash]) == [root])
      if size > 2 {
        #expect(climb(seq - 1, size - 1, proof.inclusion, [proof.line.entry.previous]) != [root])
      }
      let path =
        seq & (seq - 1) == 0
        ? [proof.since?.root ?? []] + proof.consistency
        : proof.consistency
      var (at, last) = (seq - 1, size - 1)
      while at % 2 == 1 { (at, last) = (at / 2, last / 2) }
      guard seq < size, let first = path.first, let old = proof.since?.root else {
        #expect(seq == size && proof.consistency.isEmpty)
        continue
      }
      #expect(climb(at, last, Array(path.dropFirst()), [first, first]) == [old, root])
    }
    #expect(try refusal { _ = try owner.prove(size + 1, since: nil) } == .entryUnknown)
    #expect(try refusal { _ = try owner.prove(0, since: nil) } == .entryUnknown)
    #expect(try refusal { _ = try owner.prove(1, since: size + 1) } == .entryUnknown)
  }

  /// What the transaction adds by itself, entry by entry and by the batch, and what is missing.
  @Test func nodesAreKeptAsTheTrailGrows() throws {
    let desk = try Desk()
    let owner = try desk.owner()
    for entries in [300, 100, 700] {
      try owner.store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
        for _ in 0..<entries { try tx.audit(.auditRead, .audit) }
        return .commit(())
      }
      if entries == 100 {
        #expect(try desk.sqlite3("DROP TRIGGER audit_node_is_kept; DELETE FROM audit_node") == "")
      }
    }
    #expect(try desk.number("SELECT count(*) FROM audit_node") == 4)
    let proof = try owner.verifyAudit(anchors: nil)
    let all = try desk.rows("SELECT hash FROM audit ORDER BY seq") { $0.bytes(0) }
    #expect(Int(proof.entries) == all.count)
    #expect(try owner.auditHead().checkpoint.root == root(all))
    let changed = "DROP TRIGGER audit_node_stays; UPDATE audit_node SET hash = zeroblob(32)"
    #expect(try desk.sqlite3(changed + " WHERE place = 2") == "")
    #expect(throws: IAuthError.auditBroken(seq: 513, .node)) {
      _ = try owner.verifyAudit(anchors: nil)
    }
  }

  @Test func onlyTheOperatorGetsAnyOfIt() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    #expect(try refusal { _ = try chief.auditHead() } == .rightMissing)
    #expect(try refusal { _ = try chief.prove(1, since: nil) } == .rightMissing)
    #expect(
      try refusal { try chief.auditFeed(after: 0, limit: nil) { (_) throws(IAuthError) in } }
        == .rightMissing)
  }

  @Test func aReadingOfWhatIsNewEnds() throws {
    let desk = try Desk()
    let owner = try desk.owner()
    var (next, calls) = (Int64(0), 0)
    var seen: [Int64] = []
    repeat {
      let before = next
      try owner.auditFeed(after: next, limit: 3) { (lines) throws(IAuthError) in
        seen += lines.map(\.line.entry.seq)
        next = seen.last ?? 0
      }
      calls += 1
      if next == before { break }
    } while calls < 30
    #expect(calls < 10)
    #expect(seen == Array(1...(try desk.number("SELECT max(seq) FROM audit"))))
  }

  /// Also in a mail or a comment, or as an editor saves it.
  @Test(arguments: ["", "> ", "+", "# ", "\u{FEFF}"])
  func aCheckpointIsAnAnchor(mark: String) throws {
    let desk = try Desk()
    let owner = try desk.owner()
    let kept = try owner.auditHead().checkpoint
    let isMarked = mark == "\u{FEFF}"
    let mail = ["Subject: head", "", kept.text, "\u{2014} iauth/x AAAA"].joined(separator: "\n")
    let lines = isMarked ? kept.text : mail
    let text = lines.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated().map { (isMarked && $0.offset > 0 ? "" : mark) + $0.element }
      .joined(separator: "\n")
    _ = try owner.addSystem(code: "more", name: "S", chineseName: nil, url: nil)
    _ = try owner.verifyAudit(anchors: text)
    let other = Checkpoint(origin: kept.origin, size: kept.size, root: leaves[0])
    #expect(throws: IAuthError.auditBroken(seq: kept.size, .anchor)) {
      _ = try owner.verifyAudit(anchors: other.text)
    }
    let ahead = Checkpoint(origin: kept.origin, size: 99, root: leaves[0])
    #expect(throws: IAuthError.auditBroken(seq: 99, .cutOff)) {
      _ = try owner.verifyAudit(anchors: ahead.text)
    }
    let elsewhere = Checkpoint(origin: "iauth/00", size: kept.size, root: kept.root)
    #expect(throws: IAuthError.auditBroken(seq: kept.size, .otherTrail)) {
      _ = try owner.verifyAudit(anchors: elsewhere.text)
    }
    // Two that contradict each other are a break, whichever stands last.
    for both in [kept.text + other.text, other.text + kept.text] {
      #expect(throws: IAuthError.auditBroken(seq: kept.size, .anchor)) {
        _ = try owner.verifyAudit(anchors: both)
      }
    }
  }
}
