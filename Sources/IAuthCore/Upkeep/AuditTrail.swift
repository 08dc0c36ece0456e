// Reading the trail, and checking that it is the one that was written (PRODUCT 3.8).

import SQLite
import Sheets
import Values

/// Which entries are asked for.
package struct AuditFilter: Sendable {
  package var since: Timestamp?
  package var until: Timestamp?
  package var actor: AccountID?
  package var action: String?
  package var subject: String?

  package init(
    since: Timestamp? = nil, until: Timestamp? = nil, actor: AccountID? = nil,
    action: String? = nil,
    subject: String? = nil
  ) {
    self.since = since
    self.until = until
    self.actor = actor
    self.action = action
    self.subject = subject
  }
}

/// An entry with its hash.
package struct AuditLine: Sendable {
  package let entry: AuditEntry
  package let hash: [UInt8]
}

enum AuditTrailTable {
  static let columns: Fragment = """
    u.seq, u.at, u.caller, u.account, u.session, u.action, u.subject, u.outcome, u.person_hash,
    u.previous, u.hash
    """
  static let list: SQL = """
    SELECT \(columns) FROM audit u
    WHERE (?1 IS NULL OR u.at >= ?1) AND (?2 IS NULL OR u.at < ?2) AND (?3 IS NULL
      OR u.account = ?3) AND (?4 IS NULL OR u.action = ?4) AND (?5 IS NULL OR u.subject = ?5)
    ORDER BY u.seq
    """
  static let all: SQL = """
    SELECT \(columns), p.salt, p.fields FROM audit u LEFT JOIN audit_person p ON p.seq = u.seq
    ORDER BY u.seq
    """
  static let statements: [SQL] = [list, all]
}

extension Service {
  /// The entries that fit; the reading is itself an entry.
  ///
  /// - Throws: `right.missing`.
  package func auditTrail(_ filter: AuditFilter) throws(IAuthError) -> [AuditLine] {
    try writeAsOperator(isReading: true) {
      (tx) throws(IAuthError) -> TransactionEnd<[AuditLine]> in
      let lines = try tx.all(
        AuditTrailTable.list, filter.since, filter.until, filter.actor, filter.action,
        filter.subject
      ) { row in AuditLine(entry: AuditEntry(row: row), hash: row.bytes(10)) }
      try tx.audit(.auditRead, .audit)
      return .commit(lines)
    }
  }

  /// Checks every hash, the sequence, the sealed end, and anchors that were kept elsewhere.
  ///
  /// - Parameter anchors: the text of an anchor file: each line's last two words are a sequence
  ///   number and a hash.
  /// - Throws: `right.missing`; `audit.broken` with the first entry that does not fit.
  package func verifyAudit(anchors: String?) throws(IAuthError) -> AuditProof {
    try readAsOperator { (tx) throws(IAuthError) in
      let kept = try anchors.map { (text) throws(IAuthError) in try Self.anchors(in: text) }
      let proof = try tx.verifyAudit(kept ?? [:])
      try tx.reconcile(proof.entries)
      return proof
    }
  }

  /// Anchors by sequence number, from whatever was kept: a digest's mail, what `audit --verify`
  /// said, or entries of `audit --json`.
  ///
  /// The number stands before the hash, or is the line's `seq`. A line without both is passed
  /// over; a file without any anchors nothing, and is refused.
  private static func anchors(in text: String) throws(IAuthError) -> [Int64: [UInt8]] {
    var found: [Int64: [UInt8]] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.unicodeScalars
        .split { !("0"..."9" ~= $0 || "a"..."z" ~= $0 || "A"..."Z" ~= $0 || $0 == "-") }
        .map(String.init)
      let named = words.firstIndex(of: "seq").map { words[($0 + 1)...] } ?? []
      for (index, word) in words.enumerated().dropFirst() {
        guard let hash = Hex.decode(word), hash.count == 32 else { continue }
        if let seq = number(words[index - 1]) ?? number(named.first ?? "") { found[seq] = hash }
      }
    }
    guard !found.isEmpty else { throw .auditBroken(seq: 0, .anchor) }
    return found
  }

  private static func number(_ word: String) -> Int64? {
    word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(word) : nil
  }
}

extension Transaction {
  func verifyAudit(_ anchors: [Int64: [UInt8]]) throws(IAuthError) -> AuditProof {
    let uuid = try serviceUUID()
    var next: Int64 = 1
    var previous = [UInt8](repeating: 0, count: 32)
    var broken: IAuthError?
    try each(AuditTrailTable.all) { row in
      let entry = AuditEntry(row: row)
      let hash = row.bytes(10)
      if entry.seq != next {
        broken = .auditBroken(seq: next, .missing)
      } else if entry.previous != previous || AuditHash.entry(entry, uuid: uuid) != hash {
        broken = .auditBroken(seq: next, .changed)
      } else if let salt = row.bytesIfAny(11), let fields = row.textIfAny(12),
        AuditHash.person(salt: salt, fields: fields) != entry.personHash
      {
        broken = .auditBroken(seq: next, .personalData)
      } else if let anchor = anchors[next], anchor != hash {
        broken = .auditBroken(seq: next, .anchor)
      }
      previous = hash
      next += 1
      return broken == nil
    }
    if let broken { throw broken }
    try checkHead(AuditHead(seq: next - 1, hash: previous), uuid)
    if let lost = anchors.keys.filter({ $0 >= next || $0 < 1 }).min() {
      throw .auditBroken(seq: lost, .cutOff)
    }
    return AuditProof(entries: next - 1, hash: previous)
  }

  private func checkHead(_ head: AuditHead, _ uuid: [UInt8]) throws(IAuthError) {
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

extension AuditEntry {
  init(row: borrowing Row) {
    self.init(
      seq: row.int(0), at: row.time(1), caller: row.text(2), account: row.idIfAny(3),
      session: row.idIfAny(4), action: row.text(5), subject: row.text(6), outcome: row.text(7),
      personHash: row.bytes(8), previous: row.bytes(9))
  }
}
