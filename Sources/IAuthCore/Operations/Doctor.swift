// Is everything as it should be (PRODUCT 4.2, `doctor`)? Each check answers by itself; what a host
// does not have is skipped.

import Glibc
import SQLite

package enum Health: String, CaseIterable, Sendable { case ok, warn, fail, skipped }

/// What a check found.
package struct Finding: Sendable {
  package let check: String
  package let status: Health
  package let detail: Bilingual
}

enum DoctorTable {
  static let integrity: SQL = "PRAGMA integrity_check(1)"
  static let foreignKeys: SQL = "PRAGMA foreign_key_check"
  /// State that no allowed way leads to; each is a broken invariant.
  static let invariants: SQL = """
    SELECT count(*) FROM (
      SELECT r.id FROM request r LEFT JOIN decision d ON d.request = r.id
        WHERE (r.status = 'pending') <> (d.request IS NULL) OR r.status <> coalesce(d.verdict,
          'pending')
      UNION ALL SELECT p.request FROM permission p JOIN account a ON a.id = p.account
        WHERE p.status = 'active' AND a.status = 'closed'
      UNION ALL SELECT s.id FROM session s JOIN account a ON a.id = s.account
        WHERE s.ended_at IS NULL AND a.status <> 'active')
    """
  static let messages: SQL =
    "SELECT sum(status = 'queued'), sum(status = 'failed') FROM message WHERE status IN ('queued', 'failed')"
  static let administrators: SQL = """
    SELECT count(DISTINCT account) FROM post WHERE stays
    """
  static let statements: [SQL] = [integrity, foreignKeys, invariants, messages, administrators]
}

extension Service {
  /// Every check, in order.
  ///
  /// - Throws: `right.missing`.
  package func doctor() throws(IAuthError) -> [Finding] {
    var findings = try readAsOperator { (tx) throws(IAuthError) in
      [
        try tx.integrity(), try tx.invariants(), try tx.auditHealth(), try tx.clock(),
        try tx.messageHealth(), try tx.authorityHealth(),
      ]
    }
    var (mailer, texter): (String?, String?)
    if case .sendmail(let path) = settings.mail { mailer = path }
    if case .command(let path) = settings.sms { texter = path }
    findings.append(
      settings.mail == .spool
        ? Finding(
          check: "mail", status: .warn,
          detail: Bilingual(
            "mail goes to the local spool outbox/mail", "郵件寄存於本機 outbox/mail，未對外寄送"))
        : Self.configured("mail", program: mailer))
    findings.append(
      settings.sms == .spool
        ? Finding(
          check: "sms", status: .warn,
          detail: Bilingual(
            "SMS go to the local spool outbox/sms", "簡訊寄存於本機 outbox/sms，未對外發送"))
        : Self.configured("sms", program: texter))
    findings.append(
      Files.exists(settings.socket)
        ? Finding(check: "socket", status: .ok, detail: Bilingual("listening", "已啟用"))
        : Finding(
          check: "socket", status: .skipped,
          detail: Bilingual("no service on this host", "本機未設置服務")))
    return findings
  }

  /// A channel of the configuration; a program that cannot be run sends nothing.
  private static func configured(_ check: String, program: String?) -> Finding {
    guard let program, unsafe access(program, X_OK) != 0 else {
      return Finding(check: check, status: .ok, detail: Bilingual("configured", "已設定"))
    }
    return Finding(
      check: check, status: .fail,
      detail: Bilingual("\(program) cannot be run", "\(program) 無法執行"))
  }
}

extension Transaction {
  fileprivate func integrity() throws(IAuthError) -> Finding {
    let answer = try first(DoctorTable.integrity) { row in row.text(0) }
    let hasOrphans = try first(DoctorTable.foreignKeys, read: { _ in true }) != nil
    return answer == "ok" && !hasOrphans
      ? Finding(check: "database", status: .ok, detail: Bilingual("whole", "完整"))
      : Finding(
        check: "database", status: .fail,
        detail: Bilingual("the file is damaged; restore a backup", "檔案已損毀，請以備份還原"))
  }

  fileprivate func invariants() throws(IAuthError) -> Finding {
    let broken = try number(DoctorTable.invariants) ?? 0
    return broken == 0
      ? Finding(check: "invariants", status: .ok, detail: Bilingual("hold", "符合"))
      : Finding(
        check: "invariants", status: .fail,
        detail: Bilingual("\(broken) rows contradict the rules", "有 \(broken) 筆資料違反規則"))
  }

  fileprivate func auditHealth() throws(IAuthError) -> Finding {
    do throws(IAuthError) {
      let proof = try verifyAudit([:])
      return Finding(
        check: "audit", status: .ok,
        detail: Bilingual("\(proof.entries) entries verified", "已驗證 \(proof.entries) 筆"))
    } catch {
      guard case .auditBroken(let seq, _) = error else { throw error }
      return Finding(
        check: "audit", status: .fail,
        detail: Bilingual("broken at entry \(seq)", "第 \(seq) 筆不符"))
    }
  }

  fileprivate func clock() throws(IAuthError) -> Finding {
    let newest = try first(AuditTable.newest) { row in row.time(0) }
    guard let newest, now < newest else {
      return Finding(check: "clock", status: .ok, detail: Bilingual("runs forward", "正常"))
    }
    return Finding(
      check: "clock", status: .warn,
      detail: Bilingual(
        "the clock is earlier than the newest audit entry (\(newest.rfc3339))",
        "系統時間早於最近一筆稽核紀錄（\(newest.rfc3339)）"))
  }

  fileprivate func messageHealth() throws(IAuthError) -> Finding {
    let counts = try first(DoctorTable.messages) { row in
      (queued: row.intIfAny(0) ?? 0, failed: row.intIfAny(1) ?? 0)
    }
    let (queued, failed) = counts ?? (0, 0)
    return Finding(
      check: "messages", status: queued + failed == 0 ? .ok : .warn,
      detail: Bilingual("\(queued) queued, \(failed) failed", "待送 \(queued) 則、失敗 \(failed) 則"))
  }

  fileprivate func authorityHealth() throws(IAuthError) -> Finding {
    let count = try number(DoctorTable.administrators) ?? 0
    return Finding(
      check: "authority", status: count < 2 ? .warn : .ok,
      detail: Bilingual(
        count < 2
          ? "\(count == 1 ? "one" : "no") active administrator; appoint another with iauth admins --appoint"
          : "\(count) active administrators",
        count < 2
          ? "主管機關啟用中的管理者 \(count) 人，請以 iauth admins --appoint 增派"
          : "主管機關啟用中的管理者 \(count) 人"))
  }
}
