// The quick pass over the trail says of a whole one that it is whole, with the head and nodes that the
// slow one finds, and of no other; whatever the slow one would say of that.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct TrailPassTests {
  /// More entries than a node has, with personal data and without.
  private func desk() throws -> Desk {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    try desk.owner().store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      for _ in 1...300 { try tx.audit(.auditRead, .audit) }
      return .commit(())
    }
    _ = try desk.owner().importBatch(Sheet([.tsai, .huang]).order)
    #expect(try desk.number("SELECT count(*) FROM audit_node") > 0)
    return desk
  }

  /// Whether the pass says that all is whole; the last entry that it came to.
  private func pass(_ desk: Desk, _ anchors: Anchors = Anchors()) throws -> (Bool, Int64, [UInt8]) {
    try desk.owner().store.read { (tx) throws(IAuthError) in
      var pass = TrailPass(uuid: try tx.serviceUUID(), anchors: anchors)
      try tx.each(AuditVerificationTable.entries) { row in pass.take(row) }
      pass.end()
      return (pass.isWhole, pass.seq, pass.nodes)
    }
  }

  @Test func aWholeTrailIsSaidToBeWhole() throws {
    let desk = try desk()
    let (isWhole, seq, nodes) = try pass(desk)
    #expect(isWhole)
    #expect(seq == (try desk.number("SELECT count(*) FROM audit")))
    #expect([nodes] == (try desk.rows("SELECT hash FROM audit_node") { $0.bytes(0) }))
    // With what was kept elsewhere, of every length.
    let heads = try desk.rows("SELECT seq, hash FROM audit") { ($0.int(0), $0.bytes(1)) }
    let uuid = try #require(try desk.rows("SELECT uuid FROM service") { $0.bytes(0) }.first)
    var fold = MerkleFold()
    for (seq, hash) in heads {
      fold.add(hash)
      guard [1, 2, 255, 256, 257, 300].contains(seq) else { continue }
      let checkpoint = Checkpoint(
        origin: Checkpoint.origin(uuid: uuid), size: seq, root: fold.root())
      let other = Checkpoint(origin: checkpoint.origin, size: seq, root: hash)
      #expect(try pass(desk, Anchors(checkpoint.text, uuid: uuid)).0, "\(seq)")
      #expect(try pass(desk, Anchors("\(seq) \(Hex.encode(hash))", uuid: uuid)).0, "\(seq)")
      if seq > 1 { #expect(try !pass(desk, Anchors(other.text, uuid: uuid)).0, "\(seq)") }
      let first = Hex.encode(seq == 1 ? heads[1].1 : heads[0].1)
      #expect(try !pass(desk, Anchors("\(seq) \(first)", uuid: uuid)).0, "\(seq)")
    }
  }

  @Test(arguments: [
    "seq = -seq", "at = at + 1", "caller = 'uid:9'", "account = coalesce(account, 0) + 1",
    "session = coalesce(session, 0) + 1", "action = action || '.'", "subject = 'request:99'",
    "outcome = outcome || ' '", "person_hash = zeroblob(32)", "previous = randomblob(32)",
    "hash = zeroblob(32)", "hash = zeroblob(31)", "previous = zeroblob(33)",
  ])
  func aChangedColumnIsNotPassedOver(change: String) throws {
    for seq in ["1", "256", "(SELECT max(seq) FROM audit)"] {
      let desk = try desk()
      #expect(try pass(desk).0)
      let script = """
        PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE type = 'trigger';
        PRAGMA writable_schema = RESET; PRAGMA foreign_keys = OFF;
        PRAGMA ignore_check_constraints = ON; UPDATE audit SET \(change) WHERE seq = \(seq);
        SELECT changes()
        """
      #expect(try desk.sqlite3(script) == "1")
      #expect(try !pass(desk).0, "\(seq)")
    }
  }

  @Test(arguments: [
    "UPDATE audit_person SET fields = fields || ' '", "UPDATE audit_person SET salt = zeroblob(32)",
    "UPDATE audit_person SET seq = -seq WHERE seq = (SELECT max(seq) FROM audit_person);"
      + "INSERT INTO audit_person SELECT max(seq) - 1, 1, zeroblob(32), 'x' FROM audit",
  ])
  func changedPersonalDataIsNotPassedOver(script: String) throws {
    let desk = try desk()
    let free = """
      PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE type = 'trigger';
      PRAGMA writable_schema = RESET; PRAGMA foreign_keys = OFF;
      """
    #expect(try desk.sqlite3(free + "DELETE FROM audit_person") == "")
    #expect(try pass(desk).0)
    let other = try self.desk()
    #expect(try other.sqlite3(free + script) == "")
    #expect(try !pass(other).0)
  }

  /// What the reading answers by the way is not asked of the tables again: half of all questions, and
  /// those that cost the most.
  @Test func whatIsSoIsSeenByTheWay() throws {
    let desk = try desk()
    _ = try desk.opened(.lin)
    let open = try desk.owner().store.read { (tx) throws(IAuthError) in
      let evidence = try TrailEvidence(tx)
      _ = try tx.verifyAudit(Anchors(), evidence)
      return try evidence.unanswered()
    }
    #expect(open == [])
    #expect(
      try desk.sqlite3("DROP TRIGGER audit_stays; UPDATE audit SET at = 1 WHERE seq = 2") == "")
    // One who has not seen the whole trail knows nothing.
    let none = try desk.owner().store.read { (tx) throws(IAuthError) in
      let evidence = try TrailEvidence(tx)
      _ = try? tx.verifyAudit(Anchors(), evidence)
      return try evidence.unanswered()
    }
    #expect(none == Set(TrailEvidence.Question.allCases))
  }
}
