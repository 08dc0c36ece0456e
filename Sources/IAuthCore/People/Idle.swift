// Accounts that nobody uses (附表十 items 3 and 5): warned, then suspended, each once. The cron run
// does it; a sign-in after the time does it at once, so that nothing hangs on the run.

import SQLite
import Sheets
import Values

enum IdleTable {
  /// The last use.
  static let columns: Fragment = "max(coalesce(used_at, created_at), status_at)"
  /// The authority's last administrator is spared: nobody could restore the others.
  static let narrowed: Fragment = """
    status = 'active' AND \(columns) <= ?1
      AND NOT EXISTS (SELECT 1 FROM last_of_authority l
        WHERE l.account = account.id AND l.is_last_account)
    """
  static let idle: SQL =
    "SELECT id, \(columns) FROM account WHERE \(narrowed) ORDER BY id"
  static let isIdle: SQL = "SELECT 1 FROM account WHERE \(narrowed) AND id = ?2"
  static let statements: [SQL] = [idle, isIdle]
}

extension Transaction {
  /// Warns 14, 7, 3 and 1 days before, and suspends when the time is over.
  ///
  /// A run that was missed is caught up by one warning.
  func sweepIdle(_ idleAfter: TimeSpan) throws(IAuthError) {
    let warnings = Limits.idleWarnings.filter { $0 < idleAfter }
    let first = now - idleAfter + (warnings.max() ?? .seconds(0))
    let idle = try all(IdleTable.idle, first) { row in
      (id: row.id(0) as AccountID, usedAt: row.time(1))
    }
    for entry in idle {
      let account = try account(id: entry.id)
      let end = entry.usedAt + idleAfter
      guard now < end else {
        // Asked again: each suspension may make another administrator the last one.
        if try isIdle(account, after: idleAfter) { try suspendIdle(account) }
        continue
      }
      try warn(account, usedAt: entry.usedAt, end: end, warnings)
    }
  }

  private func warn(
    _ account: Account, usedAt: Timestamp, end: Timestamp, _ warnings: [TimeSpan]
  ) throws(IAuthError) {
    var isNew = false
    for warning in warnings where end - warning <= now {
      let item = "idle:\(warning.text):\(usedAt.seconds)"
      let audience = "account:\(account.id)"
      guard try !exists(ReminderTable.toldAt, audience, item) else { continue }
      try run(ReminderTable.tell, audience, item, now)
      isNew = true
    }
    guard isNew else { return }
    let days = (end.seconds - now.seconds + 86_399) / 86_400
    try queue(
      .idleWarning(
        agency: try agency(id: account.agency).name, days: Int(days), suspendedAt: end),
      to: .mail(account), reference: "account:\(account.id)")
  }

  func isIdle(_ account: Account, after idleAfter: TimeSpan) throws(IAuthError) -> Bool {
    try exists(IdleTable.isIdle, now - idleAfter, account.id)
  }

  func suspendIdle(_ account: Account) throws(IAuthError) {
    try run(AccountTable.setStatus, account.id, AccountStatus.suspended, now)
    try audit(.accountSuspended, .account(account.id), outcome: "idle")
    try tell(account, .suspended, at: try addresses(of: account), reason: Self.idleReason)
  }

  private static let idleReason = "帳號閒置逾期，由系統停用。The account was not used for too long."
}
