// Is everything as it should be (PRODUCT 4.2, `doctor`)? Each check answers by itself; what a host
// does not have is skipped.

import Glibc
import SQLite
import Sheets
import Values

package enum Health: String, CaseIterable, Sendable { case ok, warn, fail, skipped }

/// What a check found.
package struct Finding: Sendable {
  package let check: String
  package let status: Health
  package let detail: Bilingual

  init(_ check: String, _ status: Health, _ english: String, _ chinese: String) {
    self.check = check
    self.status = status
    detail = Bilingual(english, chinese)
  }
}

enum DoctorTable {
  static let integrity: SQL = "PRAGMA integrity_check(1)"
  static let quick: SQL = "PRAGMA quick_check(1)"
  static let foreignKeys: SQL = "PRAGMA foreign_key_check"
  /// State that no allowed way leads to; each is a broken invariant.
  static let invariants: SQL = """
    SELECT count(*) FROM (
      SELECT r.id FROM request r LEFT JOIN decision d ON d.request = r.id
        AND d.round = r.round
        WHERE (r.status = 'pending') <> (d.request IS NULL) OR r.status <> coalesce(d.verdict,
          'pending')
      UNION ALL SELECT p.request FROM permission p JOIN account a ON a.id = p.account
        WHERE p.status = 'active' AND a.status = 'closed'
      UNION ALL SELECT s.id FROM session s JOIN account a ON a.id = s.account
        WHERE s.ended_at IS NULL AND a.status <> 'active')
    """
  static let messages: SQL = """
    SELECT sum(status = 'queued' AND recipient <> ''), sum(status = 'failed') FROM message
    WHERE status IN ('queued', 'failed')
    """
  static let administrators: SQL = """
    SELECT count(DISTINCT account) FROM authority_admin WHERE stays
    """
  static let rules: SQL = """
    SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' ORDER BY 1
    """
  static let journal: SQL = "PRAGMA journal_mode"
  static let synchronous: SQL = "PRAGMA synchronous"
  static let createdAt: SQL = "SELECT created_at FROM service"
  static let registryDay: SQL = "SELECT registry_at FROM service"
  static let lastDone: SQL =
    "SELECT max(at) FROM audit WHERE action = ?1 AND outcome = 'done' AND at <= ?2"
  static let latest: SQL = "SELECT max(at) FROM audit"
  static let agencies: SQL = "SELECT count(*) FROM agency WHERE status = 'active'"
  static let statements: [SQL] = [
    integrity, quick, foreignKeys, invariants, messages, administrators, rules, journal,
    synchronous, createdAt, registryDay,
    lastDone, latest, agencies,
  ]
}

extension Service {
  /// Every check, in order.
  ///
  /// - Parameter configuration: the file that the settings are from.
  /// - Throws: `right.missing`.
  package func doctor(configuration: String? = nil) throws(IAuthError) -> [Finding] {
    let host = world.host
    let findings = try readAsOperator { (tx) throws(IAuthError) in
      [
        try tx.integrity(), try tx.invariants(), try tx.auditHealth(), try tx.anchorHealth(),
        try tx.backupHealth(), try tx.clock(), try tx.journalHealth(host), try tx.messageHealth(),
        try tx.authorityHealth(), try tx.registryHealth(), try tx.successionHealth(),
        try tx.feedHealth(), try tx.hostHealth(), try tx.witnessHealth(),
      ]
    }
    // Outside the transaction: this waits for others.
    return findings + [
      placeHealth(), host.timeHealth(), HostChecks.files(store.path),
      host.fileSystemHealth(store.path),
      host.diskHealth(store.path), HostChecks.configuration(configuration),
      settings.holidayHealth(),
      settings.mailHealth(), settings.smsHealth(),
      settings.processHealth(
        isService: isService, mounts: try? Files.read("/proc/self/mounts", max: 1 << 20)),
      host.socketHealth(settings.socket),
      host.scheduleHealth(isService: isService),
    ]
  }

  /// Whether this is the database of the host's service, and not somebody's own.
  private var isService: Bool { settings.database.flatMap { Files.resolved($0) } == store.path }
}

extension Transaction {
  /// Whether the file is whole and every reference leads somewhere.
  func isWhole() throws(IAuthError) -> Bool {
    let answer = try first(DoctorTable.integrity) { row in row.text(0) } ?? ""
    // A page that could not be read tells of the disk: the code that it ends with is SQLITE_IOERR's.
    if let code = answer.split(separator: "=").last.flatMap({ Int($0) }), code & 0xFF == 10 {
      throw .diskFailed
    }
    let hasOrphans = try exists(DoctorTable.foreignKeys)
    return answer == "ok" && !hasOrphans
  }

  fileprivate func integrity() throws(IAuthError) -> Finding {
    try isWhole()
      ? Finding("database", .ok, "whole", "完整")
      : Finding("database", .fail, "the file is damaged; restore a backup", "檔案已損毀，請以備份還原")
  }

  fileprivate func invariants() throws(IAuthError) -> Finding {
    if let changed = try changedRule() {
      return Finding(
        "invariants", .fail, "the schema is not iauth's: \(changed)", "資料庫結構遭更動：\(changed)")
    }
    let broken = try number(DoctorTable.invariants) ?? 0
    return broken == 0
      ? Finding("invariants", .ok, "hold", "符合")
      : Finding("invariants", .fail, "\(broken) rows contradict the rules", "有 \(broken) 筆資料違反規則")
  }

  /// The first table, index, view or trigger that is not as this release makes it, or is gone.
  ///
  /// Whoever writes past iauth takes a rule away, or adds one that does what they want.
  private func changedRule() throws(IAuthError) -> String? {
    var rules: [String: String] = [:]
    do {
      let fresh = try Connection(path: ":memory:")
      for script in Schema.script { try fresh.execute(script) }
      for (name, text) in try fresh.all(DoctorTable.rules, [], { ($0.text(0), $0.text(1)) }) {
        rules[name] = text
      }
    } catch {
      throw Store.translated(error)
    }
    for (name, text) in try all(DoctorTable.rules, read: { ($0.text(0), $0.text(1)) }) {
      guard rules.removeValue(forKey: name) == text else { return name }
    }
    return rules.keys.min()
  }

  fileprivate func auditHealth() throws(IAuthError) -> Finding {
    do throws(IAuthError) {
      let proof = try verifyTrail()
      return Finding("audit", .ok, "\(proof.entries) entries verified", "已驗證 \(proof.entries) 筆")
    } catch {
      guard case .auditBroken(let seq, let problem) = error else { throw error }
      return Finding(
        "audit", .fail, "broken at entry \(seq): \(problem.text.english)",
        "第 \(seq) 筆不符：\(problem.text.chinese)")
    }
  }

  fileprivate func clock() throws(IAuthError) -> Finding {
    if try number(ReminderTable.toldAt, "operator", "clock.refused") != nil {
      return Finding(
        "clock", .fail,
        "the clock has leapt from the newest entry; set it, or say that it is right: "
          + "iauth pending --remind --clock-is-right",
        "系統時間與近期紀錄相差過大，請校正時間；如時間無誤，請執行 iauth pending --remind --clock-is-right")
    }
    // One entry from the future is enough, whatever came after it.
    let latest = try number(DoctorTable.latest).map { Timestamp($0) }
    guard let latest, now < latest else {
      return Finding("clock", .ok, "runs forward", "正常")
    }
    return Finding(
      "clock", .warn, "an audit entry is later than now (\(latest.rfc3339))",
      "有稽核紀錄晚於目前時間（\(latest.rfc3339)）")
  }

  fileprivate func messageHealth() throws(IAuthError) -> Finding {
    let counts = try first(DoctorTable.messages) { row in
      (queued: row.intIfAny(0) ?? 0, failed: row.intIfAny(1) ?? 0)
    }
    let (queued, failed) = counts ?? (0, 0)
    let bouncing = try number(FateTable.bouncing) ?? 0
    return Finding(
      "messages", queued + failed + bouncing == 0 ? .ok : .warn,
      "\(queued) queued, \(failed) failed"
        + (bouncing == 0
          ? ""
          : "; \(bouncing) \(bouncing == 1 ? "person's" : "people's") contacts bounce: iauth accounts"),
      "待送 \(queued) 則、失敗 \(failed) 則"
        + (bouncing == 0 ? "" : "；\(bouncing) 人之聯絡資料無法送達，請見 iauth accounts"))
  }

  fileprivate func authorityHealth() throws(IAuthError) -> Finding {
    let count = try number(DoctorTable.administrators) ?? 0
    return Finding(
      "authority", count < 2 ? .warn : .ok,
      count < 2
        ? "\(count == 1 ? "one" : "no") active administrator; appoint another with "
          + "iauth admins --appoint"
        : "\(count) active administrators",
      count < 2
        ? "主管機關啟用中的管理者 \(count) 人，請以 iauth admins --appoint 增派"
        : "主管機關啟用中的管理者 \(count) 人")
  }

  /// Agencies that should have taken others' places by now.
  fileprivate func successionHealth() throws(IAuthError) -> Finding {
    let held = try heldSuccessions().map(\.text)
    guard !held.isEmpty else {
      return Finding("successions", .ok, "none is overdue", "無逾期未辦之整併")
    }
    return Finding(
      "successions", .warn, held.map(\.english).joined(separator: "; "),
      held.map(\.chinese).joined(separator: "；"))
  }

  /// What a target system has not dealt with for a day.
  fileprivate func feedHealth() throws(IAuthError) -> Finding {
    guard try number(FeedTable.hasReader) != nil else {
      return Finding("feed", .skipped, "no target system reads it", "無目標系統取用")
    }
    let overdue = try overdueFeeds()
    guard let first = overdue.first else { return Finding("feed", .ok, "acknowledged", "均已處理") }
    return Finding(
      "feed", .warn,
      "\(first.lines) changes for \(first.system) wait since a day ago, from \(first.first) on",
      "\(first.system) 有 \(first.lines) 筆異動逾一日未處理，自序號 \(first.first) 起")
  }

  /// The head of the trail leaves the host with the operator's digest.
  fileprivate func anchorHealth() throws(IAuthError) -> Finding {
    let told = try number(ReminderTable.toldAt, "operator", "digest").map { Timestamp($0) }
    return try aged(
      "anchor", told, Limits.anchorAge,
      ok: ("told to the operator", "已通知系統維運"), none: ("not told yet", "尚未通知"),
      late: (
        "the audit head was not told to the operator lately; run iauth pending --remind daily",
        "近日未將稽核鏈首通知系統維運，請每日執行 iauth pending --remind"
      ))
  }

  fileprivate func backupHealth() throws(IAuthError) -> Finding {
    try aged(
      "backup", try lastDone(.backedUp), Limits.backupAge,
      ok: ("newest copy", "最近備份"), none: ("none yet", "尚無備份"),
      late: ("no backup lately: iauth backup FILE", "近日未備份：iauth backup FILE"))
  }

  fileprivate func registryHealth() throws(IAuthError) -> Finding {
    let count = try number(DoctorTable.agencies) ?? 0
    // The data's own age, not that of the load.
    if let day = try number(DoctorTable.registryDay).map({ Timestamp($0) }) {
      let date = String(day.rfc3339.prefix(10))
      return day + Limits.registryAge < now
        ? Finding(
          "registry", .warn,
          "\(count) agencies as of \(date): iauth agencies --load FILE --dated DATE",
          "機關 \(count) 筆，資料日期 \(date)，久未更新：iauth agencies --load FILE --dated DATE")
        : Finding(
          "registry", .ok, "\(count) agencies as of \(date)", "機關 \(count) 筆，資料日期 \(date)")
    }
    var loaded = try lastDone(.registryLoaded)
    if loaded == nil { loaded = try createdAt() }
    return try aged(
      "registry", loaded, Limits.registryAge,
      ok: ("\(count) agencies, loaded", "機關 \(count) 筆，載入於"), none: ("", ""),
      late: (
        "loaded long ago: iauth agencies --load FILE", "機關資料久未更新：iauth agencies --load FILE"
      ))
  }

  /// What should have been done of late: ok with its day, or a warning.
  ///
  /// What was never done counts from the day of the database.
  private func aged(
    _ check: String, _ last: Timestamp?, _ limit: TimeSpan, ok: (String, String),
    none: (String, String), late: (String, String)
  ) throws(IAuthError) -> Finding {
    let since = if let last { last } else { try createdAt() }
    guard since + limit >= now else {
      return Finding(check, .warn, late.0, late.1)
    }
    guard let last else { return Finding(check, .skipped, none.0, none.1) }
    return Finding(check, .ok, "\(ok.0) \(last.rfc3339)", "\(ok.1) \(last.rfc3339)")
  }

  private func lastDone(_ action: AuditAction) throws(IAuthError) -> Timestamp? {
    // A stamp later than now is not a fact.
    try number(DoctorTable.lastDone, action.rawValue, now).map { Timestamp($0) }
  }

  private func createdAt() throws(IAuthError) -> Timestamp {
    Timestamp(try number(DoctorTable.createdAt) ?? 0)
  }

  fileprivate func journalHealth(_ host: HostFacts) throws(IAuthError) -> Finding {
    guard let version = host.sqlite else {
      return Finding("sqlite", .skipped, "version unknown", "版本不詳")
    }
    let journal = try first(DoctorTable.journal) { row in row.text(0) } ?? ""
    let synchronous = try number(DoctorTable.synchronous) ?? 0
    return HostChecks.sqlite(version, journal: journal, synchronous: synchronous)
  }
}
