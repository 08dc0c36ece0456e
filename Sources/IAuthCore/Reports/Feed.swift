// The feed for whoever allocates the detailed permissions in a target system (PRODUCT 11.5): lines
// in order, read on from any of them, acknowledged by their consumer, and compared with what the
// target system has. The lines themselves are written by the schema (Schema+Feed).

import SQLite
import Values

/// What happened to somebody's access.
package enum FeedChange: String, CaseIterable, Sendable { case granted, ended, moved, contact }

/// One line of the feed.
package struct FeedLine: Sendable {
  package let seq: Int64
  package let at: Timestamp
  package let change: FeedChange
  package let request: RequestID
  package let account: AccountID
  package let agency: Agency
  /// Empty once the person was erased.
  package let name: String?
  package let email: String?
  package let system: String
  package let role: Role
  package let from: Timestamp
  package let until: Timestamp?
}

/// How far the consumer of a system's feed is.
package struct FeedState: Sendable {
  package let system: String
  package let acknowledged: Int64
  package let last: Int64
}

enum FeedTable {
  static let lines: SQL = """
    SELECT c.seq, c.at, c.change, c.request, c.account, g.id, g.type, g.code, c.agency_name,
      c.agency_path, c.name, c.email, s.code, c.role, c.starts_at, c.ends_at
    FROM permission_change c JOIN agency g ON g.id = c.agency JOIN system s ON s.id = c.system
    WHERE c.seq > ?1 ORDER BY c.seq LIMIT ?2
    """
  static let linesOfSystem: SQL = """
    SELECT c.seq, c.at, c.change, c.request, c.account, g.id, g.type, g.code, c.agency_name,
      c.agency_path, c.name, c.email, s.code, c.role, c.starts_at, c.ends_at
    FROM permission_change c JOIN agency g ON g.id = c.agency JOIN system s ON s.id = c.system
    WHERE c.system = ?1 AND c.seq > ?2 ORDER BY c.seq LIMIT ?3
    """
  static let last: SQL = "SELECT max(seq) FROM permission_change WHERE system = ?"
  static let end: SQL = "SELECT max(seq) FROM permission_change"
  static let acknowledged: SQL = "SELECT acknowledged FROM feed_reader WHERE system = ?"
  static let acknowledge: SQL = """
    INSERT INTO feed_reader (system, acknowledged, acknowledged_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (system) DO UPDATE SET acknowledged = excluded.acknowledged,
      acknowledged_at = excluded.acknowledged_at WHERE excluded.acknowledged > acknowledged
    """
  /// What a consumer has not acknowledged since `?1`; a system without a consumer has none.
  ///
  /// What has ended by its day and is not written down yet is a line too, and the next one.
  static let overdue: SQL = """
    SELECT s.code, count(c.seq) + e.ended AS lines,
      coalesce(min(c.seq), (SELECT max(seq) + 1 FROM permission_change))
    FROM (SELECT f.system, f.acknowledged, (SELECT count(*) FROM permission p
        JOIN permission_line l ON l.request = p.request AND l.is_told
        WHERE p.status = 'active' AND p.ends_at <= ?1 AND p.system = f.system) AS ended
      FROM feed_reader f) e JOIN system s ON s.id = e.system
      LEFT JOIN permission_change c
        ON c.system = e.system AND c.seq > e.acknowledged AND c.at <= ?1
    GROUP BY s.id HAVING lines > 0 ORDER BY s.id
    """
  /// Who has access to a system now, by mailbox: the stronger role where there are two.
  static let holders: SQL = """
    SELECT a.email, min(p.role) FROM permission p JOIN account a ON a.id = p.account
    WHERE p.system = ?1 AND p.status = 'active' AND a.status = 'active'
      AND p.suspended_at IS NULL AND p.starts_at <= ?2 AND (p.ends_at IS NULL OR ?2 < p.ends_at)
    GROUP BY a.email ORDER BY a.email
    """
  static let hasReader: SQL = "SELECT 1 FROM feed_reader LIMIT 1"
  /// The mailbox and the role of one line of JSON; no row for what is none.
  ///
  /// What is there and no text is as if it were not.
  static let entry: SQL = """
    SELECT iif(json_type(?1, '$.email') = 'text', json_extract(?1, '$.email'), ''),
      iif(json_type(?1, '$.role') = 'text', json_extract(?1, '$.role'), '')
    WHERE json_valid(?1) AND json_type(?1) = 'object'
    """
  static let statements: [SQL] = [
    lines, linesOfSystem, last, end, acknowledged, acknowledge, overdue, holders, entry, hasReader,
  ]
}

extension Service {
  /// The lines after `seq`, at most `limit`.
  ///
  /// What has ended by its date is written down first, so that a feed is never behind the clock.
  ///
  /// - Throws: `session.*`, `right.missing`, `system.unknown`.
  package func feed(
    after seq: Int64, system code: String?, limit: Int?
  ) throws(IAuthError) -> [FeedLine] {
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<[FeedLine]> in
      let system = try code.map { (text) throws(IAuthError) in
        try tx.system(code: text, command: "permissions")
      }
      if let refusal = try tx.refusalOfFeed(system) { return try tx.refuse(refusal) }
      try tx.endOverduePermissions()
      let lines: [FeedLine]
      if let system {
        lines = try tx.all(FeedTable.linesOfSystem, system.id, seq, limit ?? Int.max) { row in
          FeedLine(row: row)
        }
      } else {
        lines = try tx.all(FeedTable.lines, seq, limit ?? Int.max) { row in FeedLine(row: row) }
      }
      if !lines.isEmpty { try tx.audit(.feedRead, system.map { .system(code: $0.code) } ?? .none) }
      return .commit(lines)
    }
  }

  /// The number of the newest line of all systems, 0 if there is none: whoever has read beyond it has
  /// read another feed, or one that was lost since.
  ///
  /// - Throws: `session.*`, `right.missing`, `system.unknown`.
  package func feedEnd(system code: String?) throws(IAuthError) -> Int64 {
    try store.read { (tx) throws(IAuthError) in
      let system = try code.map { (text) throws(IAuthError) in
        try tx.system(code: text, command: "permissions")
      }
      if let refusal = try tx.refusalOfFeed(system) { throw refusal }
      return try tx.number(FeedTable.end) ?? 0
    }
  }

  /// Notes how far a system's consumer has come; going back is no change.
  ///
  /// - Throws: `session.*`, `right.missing`, `system.unknown`; `usage.value` for a line that is not
  ///   there yet.
  package func acknowledgeFeed(
    _ seq: Int64, system code: String?
  ) throws(IAuthError) -> FeedState {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<FeedState> in
      let system = try tx.system(code: code, command: "permissions")
      if let refusal = try tx.refusalOfFeed(system) { return try tx.refuse(refusal) }
      try tx.endOverduePermissions()
      let last = try tx.number(FeedTable.last, system.id) ?? 0
      guard seq <= last else {
        throw .usageValue(option: "--acknowledge", value: String(seq), allowed: ["0…\(last)"])
      }
      let before = try tx.number(FeedTable.acknowledged, system.id)
      if before.map({ $0 < seq }) ?? true {
        try tx.run(FeedTable.acknowledge, system.id, seq, tx.now)
        try tx.audit(.feedAcknowledged, .system(code: system.code))
      }
      return .commit(
        FeedState(system: system.code, acknowledged: max(seq, before ?? 0), last: last))
    }
  }

  /// Where a target system differs from what is in force here.
  ///
  /// - Throws: `session.*`, `right.missing`, `system.unknown`, `sheet.*` for a file that cannot be read.
  package func compareFeed(
    _ list: [UInt8], system code: String?
  ) throws(IAuthError) -> [FeedDifference] {
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<[FeedDifference]> in
      let system = try tx.system(code: code, command: "permissions")
      if let refusal = try tx.refusalOfFeed(system) { return try tx.refuse(refusal) }
      let theirs = try tx.targetEntries(list)
      try tx.endOverduePermissions()
      let ours = try tx.all(FeedTable.holders, system.id, tx.now) { row in
        TargetEntry(email: row.text(0), role: row.text(1))
      }
      try tx.audit(.feedCompared, .system(code: system.code))
      return .commit(FeedDifference.between(ours: ours, theirs: theirs))
    }
  }
}

extension Transaction {
  /// The feed is for the operator and the authority's administrators of that system.
  fileprivate func refusalOfFeed(_ system: TargetSystem?) throws(IAuthError) -> IAuthError? {
    guard let me = try signedInOrOperator()?.account, !world.caller.isOperator else { return nil }
    guard me.agency == (try authority().id) else { return .rightMissing(.feed(own: nil)) }
    let seen = try systemsSeen(by: me)
    let needed = if let system { [system] } else { try systems() }
    let own = needed.filter { seen.contains($0.id) }
    return own.count == needed.count ? nil : .rightMissing(.feed(own: own.first?.code))
  }

  /// What a consumer should have dealt with a day ago.
  func overdueFeeds() throws(IAuthError) -> [(system: String, lines: Int, first: Int64)] {
    try all(FeedTable.overdue, now - Limits.feedAge) { row in
      (system: row.text(0), lines: row.count(1), first: row.int(2))
    }
  }
}

extension FeedLine {
  fileprivate init(row: borrowing Row) {
    self.init(
      seq: row.int(0), at: row.time(1), change: row.word(2, FeedChange.self), request: row.id(3),
      account: row.id(4),
      agency: Agency(
        id: row.id(5), type: row.word(6, AgencyType.self), code: row.text(7), name: row.text(8),
        path: row.text(9), superior: nil, status: .active),
      name: row.textIfAny(10), email: row.textIfAny(11), system: row.text(12),
      role: row.word(13, Role.self), from: row.time(14),
      until: row.timeIfAny(15).map { $0 - .seconds(1) })
  }
}
