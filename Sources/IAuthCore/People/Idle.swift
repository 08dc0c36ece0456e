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
  static let idleSince: SQL = "SELECT \(columns) FROM account WHERE \(narrowed) AND id = ?2"
  /// When the holder was first warned since the last use.
  static let warnedAt: SQL =
    "SELECT min(told_at) FROM told WHERE audience = ?1 AND item GLOB 'idle:*:' || ?2"
  static let statements: [SQL] = [idle, idleSince, warnedAt]
}

extension Transaction {
  /// Warns 14, 7, 3 and 1 days before, and suspends when the time is over.
  ///
  /// A run that was missed is caught up by one warning.
  func sweepIdle(_ idleAfter: TimeSpan) throws(IAuthError) {
    let ahead = Limits.idleWarnings.filter { $0 < idleAfter }.max() ?? .seconds(0)
    let idle = try all(IdleTable.idle, now - idleAfter + ahead) { row in
      (id: row.id(0) as AccountID, usedAt: row.time(1))
    }
    for entry in idle {
      let account = try account(id: entry.id)
      // Asked again: each suspension may make another administrator the last one.
      if try isIdle(account, after: idleAfter) {
        try suspendIdle(account)
      } else {
        try warn(
          account, usedAt: entry.usedAt,
          end: try idleEnd(account.id, usedAt: entry.usedAt, idleAfter)
            ?? max(entry.usedAt + idleAfter, now + Limits.idleNotice))
      }
    }
  }

  /// When an account is suspended for want of use: never before its holder has had two weeks'
  /// notice, also when the rule itself is new.
  ///
  /// - Returns: nil while nobody was warned.
  private func idleEnd(
    _ account: AccountID, usedAt: Timestamp, _ idleAfter: TimeSpan
  ) throws(IAuthError) -> Timestamp? {
    guard let warned = try number(IdleTable.warnedAt, "account:\(account)", usedAt.seconds) else {
      return nil
    }
    return max(usedAt + idleAfter, min(Timestamp(warned), now) + Limits.idleNotice)
  }

  private func warn(
    _ account: Account, usedAt: Timestamp, end: Timestamp
  ) throws(IAuthError) {
    guard now < end else { return }
    var isNew = false
    for warning in Limits.idleWarnings where end - warning <= now {
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
    guard let since = try number(IdleTable.idleSince, now - idleAfter, account.id),
      let end = try idleEnd(account.id, usedAt: Timestamp(since), idleAfter)
    else { return false }
    return end <= now
  }

  func suspendIdle(_ account: Account) throws(IAuthError) {
    try run(AccountTable.setStatus, account.id, AccountStatus.suspended, now)
    try endApplications(of: account)
    try audit(.accountSuspended, .account(account.id), outcome: "idle")
    try settleHandOvers(to: account.id)
    try tell(account, .suspended, at: try addresses(of: account), reason: Self.idleReason)
  }

  private static let idleReason = "帳號閒置逾期，由系統停用。The account was not used for too long."
}
