// The trail after a long mixed story, and every attack on it that SECURITY 4.3 names: each is
// found, and located (PRODUCT 3.8).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct AuditTests {
  /// A morning with a bit of everything.
  private func desk() throws -> Desk {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let general = try lin.ask(.general)
    _ = try li.detail(general)
    _ = try li.reject(general)
    _ = try lin.approve(general)
    let admin = try lin.ask(.admin)
    try lin.withdraw(admin)
    desk.wait(.minutes(1))
    let reference = try lin.signIn(try Person.lin.form(), via: .both).reference
    for _ in 1...6 { _ = try? lin.prove(reference.text, codes: ["00000000", "00000000"]) }
    _ = try desk.owner().importBatch(Sheet([.tsai, .huang]).order)
    _ = try desk.owner().change(
      account: try lin.status().account, .suspend, reason: "調查中")
    desk.wait(.hours(-2))
    _ = try desk.owner().auditTrail(AuditFilter())
    return desk
  }

  @Test func theTrailHoldsAfterALongStory() throws {
    let desk = try desk()
    let proof = try desk.owner().verifyAudit(anchors: nil)
    #expect(proof.entries == (try desk.number("SELECT count(*) FROM audit")))
    #expect(proof.entries > 30)
    let again = try desk.owner().verifyAudit(anchors: proof.anchor + "\n")
    #expect(again == proof)
    #expect(try desk.owner().doctor().first { $0.check == "audit" }?.status == .ok)
    let seen = Set(try desk.texts("SELECT DISTINCT action FROM audit"))
    for action in [
      AuditAction.created, .applied, .accountOpened, .signedIn, .requested,
      .approved, .rejected, .withdrawn, .refused, .requestRead, .codeWrong, .callerLocked,
      .imported, .accountSuspended, .auditRead, .signInBegun,
    ] {
      #expect(seen.contains(action.rawValue), "\(action)")
    }
    // No code, and no address, stands in an entry.
    let entries = try desk.texts("SELECT caller || action || subject || outcome FROM audit")
    #expect(entries.allSatisfy { !$0.contains("@") && Desk.code(in: $0).isEmpty })
  }

  private static let unlocked = """
    DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept; DROP TRIGGER audit_in_sequence;
    DROP TRIGGER audit_person_stays; DROP TRIGGER service_stays; PRAGMA foreign_keys = OFF;
    """

  @Test(arguments: [
    "at = at + 1", "caller = 'uid:9'", "account = coalesce(account, 0) + 1", "account = NULL",
    "session = coalesce(session, 0) + 1", "action = 'request.approve'", "subject = 'request:99'",
    "outcome = 'request.own'", "outcome = outcome || ' '", "person_hash = zeroblob(32)",
    "previous = zeroblob(32)", "hash = zeroblob(32)",
    "action = action || substr(subject, 1, 1), subject = substr(subject, 2)",
  ])
  func aChangedColumnIsFound(change: String) throws {
    let desk = try desk()
    let seq = try desk.number("SELECT min(seq) FROM audit WHERE action = 'request.submit'")
    #expect(try desk.sqlite3(Self.unlocked + "UPDATE audit SET \(change) WHERE seq = \(seq)") == "")
    try expect(.auditBroken(seq: seq, .changed), desk)
    #expect(try desk.owner().doctor().first { $0.check == "audit" }?.status == .fail)
  }

  @Test(arguments: [
    (
      "UPDATE audit SET seq = -1 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = 8; "
        + "UPDATE audit SET seq = 8 WHERE seq = -1", Int64(7), AuditProblem.changed
    ),
    ("DELETE FROM audit WHERE seq = 9", 9, .missing),
    ("DELETE FROM audit WHERE seq = 1", 1, .missing),
    ("DELETE FROM audit WHERE seq BETWEEN 4 AND 6", 4, .missing),
    ("DELETE FROM audit WHERE seq > 20", 21, .cutOff), ("DELETE FROM audit", 1, .cutOff),
    ("DELETE FROM audit WHERE seq > 20; DELETE FROM audit_head", 20, .unsealed),
    (
      "DELETE FROM audit WHERE seq > 20; UPDATE audit_head SET seq = 20, "
        + "hash = (SELECT hash FROM audit WHERE seq = 20)", 20, .unsealed
    ),
    ("UPDATE service SET uuid = zeroblob(16)", 1, .changed),
    (
      "UPDATE audit_person SET fields = replace(fields, '李小明', '李大明') WHERE seq = "
        + "(SELECT min(seq) FROM audit_person WHERE fields LIKE '%李小明%')", -1, .personalData
    ),
    (
      "UPDATE audit_person SET salt = zeroblob(32) WHERE seq = "
        + "(SELECT min(seq) FROM audit_person WHERE fields LIKE '%李小明%')", -1, .personalData
    ),
    (
      "INSERT INTO audit_person VALUES ((SELECT min(seq) FROM audit "
        + "WHERE action = 'database.init'), "
        + "1, zeroblob(32), 'name=x')", -2, .personalData
    ),
  ])
  func anAttackIsFound(script: String, seq: Int64, problem: AuditProblem) throws {
    let desk = try desk()
    let found =
      switch seq {
      case -1: try desk.number("SELECT min(seq) FROM audit_person WHERE fields LIKE '%李小明%'")
      case -2: try desk.number("SELECT min(seq) FROM audit WHERE action = 'database.init'")
      default: seq
      }
    #expect(try desk.sqlite3(Self.unlocked + script) == "")
    // The newest entry left is of the time before the clock went back, which would be noted.
    desk.wait(.hours(3))
    try expect(.auditBroken(seq: found, problem), desk)
  }

  @Test func aForgedEntryIsUnsealed() throws {
    let desk = try desk()
    let last = try #require(try lines(of: desk).last)
    try rewrite(desk, from: last.entry.seq + 1, key: nil)
    try expect(.auditBroken(seq: last.entry.seq + 1, .unsealed), desk)
  }

  @Test func aRebuiltTrailIsUnsealedWithoutTheKey() throws {
    let desk = try desk()
    let last = try #require(try lines(of: desk).last)
    try rewrite(desk, from: 12, key: [UInt8](repeating: 7, count: 32))
    try expect(.auditBroken(seq: last.entry.seq + 1, .unsealed), desk)
  }

  /// Who has the key can rewrite everything, but for what is kept elsewhere.
  @Test func aRebuiltTrailMissesItsAnchors() throws {
    let desk = try desk()
    let lines = try lines(of: desk)
    let anchors = [lines[4], lines[14], lines[20]].map {
      "2026-03-02 iauth \($0.entry.seq) \(Hex.encode($0.hash))"
    }
    let kept = anchors.joined(separator: "\n")
    _ = try desk.owner().verifyAudit(anchors: kept)
    try rewrite(desk, from: 12, key: try desk.owner().store.key)
    _ = try desk.owner().verifyAudit(anchors: nil)
    #expect(throws: IAuthError.auditBroken(seq: 15, .anchor)) {
      _ = try desk.owner().verifyAudit(anchors: kept)
    }
    // An old copy put back is behind its newest anchor.
    let ahead = "\(lines.count + 100) \(Hex.encode(lines[0].hash))"
    #expect(throws: IAuthError.auditBroken(seq: Int64(lines.count + 100), .cutOff)) {
      _ = try desk.owner().verifyAudit(anchors: ahead)
    }
  }

  @Test(arguments: ["", "nothing here", "12 abc", "x " + String(repeating: "0", count: 64)])
  func aFileWithoutAnchorsAnchorsNothing(text: String) throws {
    let desk = try Desk()
    #expect(throws: IAuthError.anchorMissing) {
      _ = try desk.owner().verifyAudit(anchors: text)
    }
  }

  @Test func onlyTheOperatorReadsTheTrail() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    #expect(try refusal { _ = try chief.verifyAudit(anchors: nil) } == .rightMissing)
    #expect(try refusal { _ = try chief.auditTrail(AuditFilter()) } == .rightMissing)
    let serviceOperator = try desk.owner()
    let session = try chief.status().account
    let found = try serviceOperator.auditTrail(AuditFilter(actor: "\(session)"))
    #expect(found.map(\.line.entry.action) == ["session.start", "refused", "refused"])
    #expect(try serviceOperator.auditTrail(AuditFilter(action: "audit.read")).count == 1)
    #expect(
      try serviceOperator.auditTrail(AuditFilter(since: desk.clock.now + .seconds(1))).isEmpty)
  }

  private func expect(_ error: IAuthError, _ desk: Desk) throws {
    #expect(throws: error) { _ = try desk.owner().verifyAudit(anchors: nil) }
  }

  private func lines(of desk: Desk) throws -> [AuditLine] {
    try desk.owner().store.read { (tx) throws(IAuthError) in
      try tx.all(
        AuditTrailTable.list, nil as Int64?, nil as Int64?, nil as Int64?, nil as Int64?,
        nil as Int64?, nil as Int64?, nil as Int64?, nil as Int64?
      ) { row in
        _ = (row.textIfAny(11), row.textIfAny(12))
        return AuditLine(entry: AuditEntry(forTest: row), hash: row.bytes(10))
      }
    }
  }

  /// Rewrites every entry from `seq` on with right hashes, and one more; and the head, sealed with
  /// `key` if there is one.
  private func rewrite(_ desk: Desk, from seq: Int64, key: [UInt8]?) throws {
    let lines = try lines(of: desk)
    let uuid = try #require(try desk.rows("SELECT uuid FROM service") { $0.bytes(0) }.first)
    var previous = lines[Int(seq) - 2].hash
    var script = Self.unlocked
    let extra = AuditEntry(
      seq: Int64(lines.count + 1), at: desk.clock.now, caller: "uid:9", account: nil, session: nil,
      action: "forged", subject: "-", outcome: "done", personHash: [], previous: [])
    let rest = lines.dropFirst(Int(seq) - 1).map(\.entry) + [extra]
    for var entry in rest {
      entry.previous = previous
      if entry.seq == seq { entry.caller = "uid:9" }
      previous = AuditHash.entry(entry, uuid: uuid)
      let number = { (value: Int64?) in value.map { String($0) } ?? "NULL" }
      script += """
        REPLACE INTO audit VALUES (\(entry.seq), \(entry.at.seconds), '\(entry.caller)',
        \(number(entry.account?.value)), \(number(entry.session?.value)), '\(entry.action)',
        '\(entry.subject)',
        '\(entry.outcome)', x'\(Hex.encode(entry.personHash))', x'\(Hex.encode(entry.previous))',
        x'\(Hex.encode(previous))');
        """
    }
    if let key {
      let head = AuditHead(seq: extra.seq, hash: previous)
      let seal = AuditHash.seal(head, uuid: uuid, key: key)
      script += """
        UPDATE audit_head SET seq = \(head.seq), hash = x'\(Hex.encode(head.hash))',
        seal = x'\(Hex.encode(seal))';
        """
    }
    #expect(try desk.sqlite3(script) == "")
  }
}

extension AuditEntry {
  fileprivate init(forTest row: borrowing Row) {
    self.init(
      seq: row.int(0), at: row.time(1), caller: row.text(2), account: row.idIfAny(3),
      session: row.idIfAny(4), action: row.text(5), subject: row.text(6), outcome: row.text(7),
      personHash: row.bytes(8), previous: row.bytes(9))
  }
}
