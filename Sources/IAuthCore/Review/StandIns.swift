// A permission for a time, and in somebody's place (PRODUCT 11.1): the days that may be asked for,
// and whom a deputy (職務代理) or a successor (交接) may name.

import SQLite
import Sheets
import Values

enum StandInTable {
  static let permission: SQL = """
    SELECT p.account, p.agency, p.system, p.role, iif(q.open, 'revoked', p.status), p.ends_at,
      q.deputy_for IS NOT NULL, p.starts_at
    FROM permission p JOIN request q ON q.id = p.request WHERE p.request = ?
    """
  static let holder: SQL = "SELECT account FROM permission WHERE request = ?"
  /// Whether a permission is an account's own, or of whom it stands in for.
  static let isTheirs: SQL = """
    SELECT 1 FROM permission p WHERE p.request = ?1 AND (p.account = ?2 OR EXISTS (
      SELECT 1 FROM administrator WHERE account = ?2 AND represents = p.account
        AND starts_at <= ?3 AND ?3 < ends_at))
    """
  /// Whether somebody was told since a time that the same person asks to stand in for them, or to
  /// take over from them, which was withdrawn, and has not heard since that nothing comes of it.
  static let toldOfSame: SQL = """
    SELECT 1 FROM request r JOIN message m ON m.request = r.id
    WHERE r.account = ?1 AND r.deputy_for IS ?2 AND r.replaces IS ?3 AND r.status = 'withdrawn'
      AND m.kind = 'notice' AND m.account = ?4 AND m.created_at > ?5
      AND NOT EXISTS (SELECT 1 FROM message o WHERE o.request = ?6 AND o.account = ?4
        AND o.kind = 'notice' AND o.id > m.id) LIMIT 1
    """
  /// Whether they have heard since a time that nothing comes of another one that the same person had
  /// withdrawn.
  static let toldOfEnd: SQL = """
    SELECT 1 FROM request r JOIN message m ON m.request = r.id AND m.account = ?3
      JOIN message o ON o.request = ?4 AND o.account = ?3 AND o.id > m.id
    WHERE r.account = ?1 AND r.replaces = ?2 AND r.status = 'withdrawn' AND r.id <> ?5
      AND m.kind = 'notice' AND o.kind = 'notice' AND o.created_at > ?6 LIMIT 1
    """
  /// Whether an account was written to about a request.
  static let wasTold: SQL = "SELECT 1 FROM message WHERE request = ?1 AND account = ?2 LIMIT 1"
  static let statements: [SQL] = [
    permission, holder, isTheirs, toldOfSame, toldOfEnd, wasTold,
  ]
}

extension Transaction {
  /// The name of whoever holds a permission, or held it.
  func holderName(of permission: RequestID?) throws(IAuthError) -> String? {
    guard let permission else { return nil }
    return try first(RequestTable.holder, permission) { row in row.textIfAny(0) } ?? nil
  }

  /// The first moment of a day that a permission is asked for from.
  ///
  /// - Throws: `date.invalid`.
  func start(from day: Int64) throws(IAuthError) -> Timestamp {
    guard day >= now.taipeiDay else { throw .dateRange(.past) }
    guard day <= lastDay else { throw .dateRange(.tooFar) }
    return Timestamp(startOfTaipeiDay: day)
  }

  /// The moment from which a permission no longer holds whose last day this is.
  ///
  /// - Throws: `date.invalid`.
  func end(
    until day: Int64, from start: Timestamp?, on system: TargetSystem
  ) throws(IAuthError) -> Timestamp {
    guard day >= now.taipeiDay else { throw .dateRange(.past) }
    guard day <= lastDay else { throw .dateRange(.tooFar) }
    let end = Timestamp(startOfTaipeiDay: day + 1)
    let begins = max(start ?? now, now)
    guard begins < end else { throw .dateRange(.order) }
    if let longest = system.longest {
      let first = begins.taipeiDay
      let days = max(1, longest.seconds / TimeSpan.days(1).seconds)
      guard day - first < days else { throw .dateRange(.tooLong(days: days)) }
    }
    return end
  }

  /// The last day that may be named: the same one in three years.
  private var lastDay: Int64 {
    let today = now.taipeiDay
    let (year, month, day) = Timestamp.civil(today)
    let years = year + Limits.grantYears
    // 29 February has no such day in every year.
    return Timestamp.days(year: years, month: month, day: day)
      ?? Timestamp.days(year: years, month: month, day: day - 1) ?? today
  }

  /// Whether somebody may stand in for the holder of a permission, or take it over; for a deputy
  /// nobody does, whoever is meant is the one represented.
  ///
  /// - Throws: `request.unknown` for what is not of their agency; `permission.none` for what is no
  ///   such permission in force on the first day, or their own; `date.invalid` for one that begins only
  ///   later.
  func checkStandIn(
    _ account: Account, beside number: RequestID, on system: SystemID, _ role: Role,
    isHandOver: Bool, from: Timestamp? = nil
  ) throws(IAuthError) {
    let found = try first(StandInTable.permission, number) { row in
      (
        account: row.id(0) as AccountID, agency: row.id(1) as AgencyID,
        system: row.id(2) as SystemID, role: row.word(3, Role.self),
        isActive: row.word(4, PermissionStatus.self) == .active, endsAt: row.timeIfAny(5),
        isDeputy: row.bool(6), startsAt: row.time(7)
      )
    }
    guard let found, found.agency == account.agency else { throw .requestUnknown(number: number) }
    // Administrators everybody may list; of others nobody learns who has what.
    guard let request = try request(number),
      try found.role == .admin && found.isActive ? true : maySee(request, account)
    else { throw .requestUnknown(number: number) }
    try expireOverdue(found.account)
    // One post goes to one successor.
    if isHandOver, try !heirs(of: number).isEmpty {
      throw .permissionNone(number: number, .promised)
    }
    guard found.isActive, found.endsAt.map({ now < $0 }) ?? true, found.account != account.id,
      found.system == system, found.role == role
    else { throw .permissionNone(number: number) }
    guard !found.isDeputy else { throw .permissionNone(number: number, .deputy) }
    let first = max(from ?? now, now)
    // Nobody takes over, or stands in for, what begins only later.
    guard found.startsAt <= first else {
      throw .dateRange(
        .early(permission: number, from: found.startsAt.taipeiDay, isDeputy: !isHandOver))
    }
    // Nor does anybody stand in for what is over by then, or take it over after a gap.
    guard found.endsAt.map({ isHandOver ? first <= $0 : first < $0 }) ?? true else {
      throw .permissionNone(number: number, .ended)
    }
  }

  /// The holder of a permission beside which a request is made, or which it takes over, if they are
  /// to hear of it.
  func represented(by request: PermissionRequest) throws(IAuthError) -> Account? {
    guard let other = request.deputyFor ?? request.replaces,
      let holder: AccountID = try id(StandInTable.holder, other), holder != actor?.account,
      let account = try first(AccountTable.byID, holder, read: { row in Account(row: row) }),
      account.status != .invited
    else { return nil }
    return account
  }

  /// The same of a new request, unless the holder is among its reviewers, or was told of another one
  /// within a day that was withdrawn.
  func representedAnew(
    by request: PermissionRequest, but others: [Reviewer]
  ) throws(IAuthError) -> Account? {
    guard let holder = try represented(by: request),
      !others.contains(where: { $0.account.id == holder.id })
    else { return nil }
    let old = try request.replaces.map { (number) throws(IAuthError) in
      try permissionInForce(number)?.number
    }
    let isTold = try exists(
      StandInTable.toldOfSame, request.account, request.deputyFor, request.replaces, holder.id,
      now - Limits.requestToldInterval, old ?? nil)
    return isTold ? nil : holder
  }

  /// Tells the holder of a permission that somebody is to stand in for them, or take it over.
  func tellStandIn(_ request: PermissionRequest, isGranted: Bool) throws(IAuthError) {
    guard let holder = try represented(by: request) else { return }
    try queue(
      .standIn(request: try summary(request), isGranted: isGranted), to: .mail(holder),
      reference: request.number.description, request: request.number)
  }

  /// Tells the holder of a permission, who has heard that somebody is to take it over, that it is
  /// theirs still; of what is withdrawn again and again, once a day: their last word is then that
  /// somebody asks for it.
  ///
  /// The mail is about theirs, so that it stays when the other is erased.
  func tellHandOverOff(_ request: PermissionRequest) throws(IAuthError) {
    guard let replaced = request.replaces, let old = try permissionInForce(replaced),
      old.endsAt.map({ now < $0 }) ?? true,
      let holder: AccountID = try id(StandInTable.holder, old.number), holder != actor?.account
    else { return }
    let account = try account(id: holder)
    guard account.status != .invited, let theirs = try self.request(old.number) else { return }
    let isToldToday =
      request.status == .withdrawn
      ? try exists(
        StandInTable.toldOfEnd, request.account, replaced, holder, old.number, request.number,
        now - Limits.requestToldInterval) : false
    guard !isToldToday else { return }
    try queue(
      .handOverOff(request: try summary(theirs)), to: .mail(account),
      reference: old.number.description, request: old.number)
  }
}
