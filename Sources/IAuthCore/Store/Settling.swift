// What is not believed of a clock or a host (PRODUCT 3.9, 13). A clock that was wrong and is right
// again leaves times that are later than now: they count as now, until their time has come: if it
// was the earlier clock that was wrong, nobody's request has grown old by it. A file that was carried
// to another host brings nobody's session along. The clock is settled before the first reading or
// writing that comes across it, the host before the first writing, in a transaction of their own,
// which is on the trail; until then readers believe nobody's session.

import SQLite
import Values

enum SettlingTable {
  /// When the clock was put back after an entry, whose time is later than now: since then what began
  /// with it has its time.
  static func putBack(since entry: Fragment) -> Fragment {
    """
    (SELECT b.at FROM audit b WHERE b.subject = 'clock' AND +b.action = 'clock.back'
      AND b.seq > (SELECT max(u.seq) FROM audit u WHERE \(entry)) ORDER BY b.seq LIMIT 1)
    """
  }
  static let bearings: SQL = """
    SELECT (SELECT at FROM audit ORDER BY seq DESC LIMIT 1), machine,
      EXISTS (SELECT 1 FROM request WHERE claimed_at <= ?1) OR EXISTS (
        SELECT 1 FROM permission
        WHERE status = 'active' AND starts_at < granted_at AND granted_at <= ?1),
      EXISTS (SELECT 1 FROM succession
        WHERE applied_at IS NULL AND undone_at IS NULL AND on_at <= ?1 AND held_at IS NULL),
      EXISTS (SELECT 1 FROM permission WHERE status = 'active' AND began_at IS NULL
        AND suspended_at IS NULL AND starts_at > granted_at AND starts_at <= ?1),
      (SELECT key_check FROM service)
    FROM host
    """
  static let bind: SQL = "INSERT INTO host (id, machine, epoch, since) VALUES (1, ?1, 1, ?2)"
  static let move: SQL = """
    UPDATE host SET machine = ?1, epoch = epoch + 1, since = ?2, began = ?3, compared = NULL
    RETURNING epoch
    """
  static let compare: SQL = """
    UPDATE host SET compared = max(coalesce(compared, 0), ?1) WHERE epoch > 1 AND ?1 <= began
    """
  static let host: SQL = "SELECT machine, epoch, since, began, compared FROM host"
  static let sends: SQL = "UPDATE send SET sent_at = ?1 WHERE sent_at > ?1"
  /// A lock is never longer than its own length: of one caller on one address ?2, else a day.
  static let attempts: SQL = """
    UPDATE attempt SET since = min(since, ?1), locked_until = min(locked_until, ?1 +
      CASE WHEN caller = '' OR subject = x'' THEN 86400 ELSE ?2 END)
    WHERE since > ?1 OR locked_until > ?1
    """
  static let permissions: SQL = """
    UPDATE permission SET starts_at = ?1
    WHERE status = 'active' AND starts_at > ?1 AND starts_at <= granted_at
    """
  /// What its last day has ended by the clock that was fast; but nobody gets back what they have
  /// again, or had with an account that is closed.
  static let ended: SQL = """
    SELECT p.request FROM permission p JOIN account a ON a.id = p.account
    WHERE p.status = 'revoked' AND p.revoked_at = p.ends_at AND p.ends_at > ?1
      AND a.status <> 'closed' AND NOT EXISTS (SELECT 1 FROM permission o
        WHERE o.account = p.account AND o.system = p.system AND o.role = p.role
        AND o.status = 'active')
    ORDER BY p.request
    """
  static let revive: SQL = """
    UPDATE permission SET status = 'active', revoked_at = NULL, revoker = NULL,
      reason = nullif(reason, ?2) WHERE request = ?1
    """
  /// Codes and sessions of a time that has not come are worth nothing, then neither.
  static let sessions: SQL = """
    UPDATE session SET ended_at = max(created_at, ?1), end_reason = 'account'
    WHERE ended_at IS NULL AND (created_at > ?1 OR used_at > ?1)
    """
  static let codes: SQL = """
    UPDATE code SET expires_at = created_at WHERE created_at > ?1 AND expires_at > created_at
    """
  static let voidCodes: SQL = """
    UPDATE code SET expires_at = created_at WHERE expires_at > created_at
    """
  static let requests: SQL = """
    UPDATE request SET claimed_at = coalesce(claimed_at, created_at), created_at = ?1
    WHERE status = 'pending' AND created_at > ?1
    """
  /// What was sent back waits as well, and comes again under its number.
  static let requestsReturned: SQL = """
    UPDATE request SET claimed_at = coalesce(claimed_at, created_at), created_at = ?1
    WHERE status = 'returned' AND created_at > ?1
    """
  /// Those whose own time has come.
  static let requestsOnTime: SQL = """
    UPDATE request SET created_at = claimed_at, claimed_at = NULL WHERE claimed_at <= ?1
    """
  static let permissionsOnTime: SQL = """
    UPDATE permission SET starts_at = granted_at
    WHERE status = 'active' AND starts_at < granted_at AND granted_at <= ?1
    """
  static let messages: SQL = """
    UPDATE message SET created_at = min(created_at, ?1), due_at = min(due_at, ?1),
      claim = NULL, claimed_until = NULL
    WHERE status = 'queued' AND (created_at > ?1 OR due_at > ?1 + 3600)
    """
  static let applications: SQL = """
    UPDATE verification SET expires_at = ?1 + ?2 WHERE status = 'open' AND expires_at > ?1 + ?2
    """
  static let statements: [SQL] = [
    bearings, bind, move, compare, host, sends, attempts, permissions, requests, requestsReturned,
    requestsOnTime,
    permissionsOnTime, messages, applications, ended, revive, sessions, codes,
    voidCodes,
  ]
}

/// What has to be settled before anybody is believed.
struct Unsettled: Equatable {
  /// The newest entry of the trail is from this clock's future.
  var isClockBack = false
  /// The newest entry is long past, as if the clock had leapt.
  var isClockFar = false
  var isOtherHost = false
  /// Something that stood later than now does so no more.
  var isTimeCome = false
  /// The day of a succession of agencies has come.
  var isSuccessionDue = false
  /// The day of a permission has come.
  var isStartDue = false

  var isAny: Bool {
    isClockBack || isOtherHost || isTimeCome || isSuccessionDue || isStartDue
  }
}

/// Where the database is used, and since when.
struct HostRecord {
  let machine: [UInt8]
  let epoch: Int64
  let since: Timestamp
  /// How many entries the trail had when this host began.
  let began: Int64
  /// The entries of the newest head from elsewhere that fits.
  let compared: Int64?
}

extension Transaction {
  /// Compares clock and host with what the database knows of them.
  func unsettled() throws(IAuthError) -> Unsettled {
    let found = try first(SettlingTable.bearings, now) { row in
      (
        newest: row.timeIfAny(0), machine: row.bytes(1), isTimeCome: row.bool(2),
        isDue: row.bool(3), isStartDue: row.bool(4), keyCheck: row.bytesIfAny(5)
      )
    }
    guard let found else { return Unsettled() }
    try checkKey(found.keyCheck)
    var unsettled = Unsettled(
      isTimeCome: found.isTimeCome, isSuccessionDue: found.isDue, isStartDue: found.isStartDue)
    if let newest = found.newest {
      // Processes side by side read the clock a moment apart.
      unsettled.isClockBack = now + Limits.clockSlack < newest
      unsettled.isClockFar = newest + Limits.clockLeap < now
    }
    if let machine = world.host.machine { unsettled.isOtherHost = machine != found.machine }
    return unsettled
  }

  func settle(_ what: Unsettled) throws(IAuthError) {
    if what.isOtherHost, let machine = world.host.machine {
      let began = try currentHead().seq
      let newest = try first(AuditTable.newest) { row in row.time(0) }
      let epoch = try number(SettlingTable.move, machine, now, began) ?? 0
      // Codes alone: new ones can be sent for an application that waits.
      try run(SettlingTable.voidCodes)
      try run(BackupTable.killSessions, now)
      try run(BackupTable.killMessages)
      try audit(.hostChanged, .host(epoch: epoch))
      try queue(
        .hostChanged(epoch: epoch, entries: began, newest: newest),
        to: Recipient(
          channel: .email, address: settings.operatorMail ?? Settings.defaultOperatorMail,
          account: nil), reference: "host")
    }
    if what.isClockBack {
      // First: the schema lets a submission move only to the moment of this entry.
      try audit(.clockBack, .clock)
      for number: RequestID in try ids(SettlingTable.ended, now) {
        try audit(.clockBack, .request(number))
        try run(SettlingTable.revive, number, Self.dayIsOver)
      }
      try run(SettlingTable.sessions, now)
      try run(SettlingTable.codes, now)
      try run(BackupTable.killMessagesOfFuture, now)
      try run(SettlingTable.sends, now)
      try run(SettlingTable.attempts, now, Limits.lockTime.seconds)
      try run(SettlingTable.permissions, now)
      try run(SettlingTable.requests, now)
      try run(SettlingTable.requestsReturned, now)
      try run(SettlingTable.messages, now)
      try run(SettlingTable.applications, now, settings.applicationLifetime.seconds)
    }
    if what.isTimeCome {
      try run(SettlingTable.requestsOnTime, now)
      try run(SettlingTable.permissionsOnTime, now)
    }
    // A day that only a leap of the clock has brought moves nobody (PRODUCT 3.9).
    if what.isSuccessionDue || what.isStartDue, try clockLeap() == nil {
      if what.isSuccessionDue { try applyDueSuccessions() }
      if what.isStartDue { try beginDue(by: now) }
    }
    if what.isClockBack || what.isClockFar { try noteLeap() }
  }

  /// Binds a new database, or one of an earlier release, to this host.
  func bindHost() throws(IAuthError) {
    let nobody = [UInt8](repeating: 0, count: 32)
    try run(SettlingTable.bind, world.host.machine ?? nobody, now)
  }

  /// Whether the database is another host's still: nobody is signed in here before the first
  /// writing, which makes it ours.
  func isElsewhere() throws(IAuthError) -> Bool {
    guard !isWriting else { return false }
    return try unsettled().isOtherHost
  }

  /// What the database knows of its host.
  func hostRecord() throws(IAuthError) -> HostRecord? {
    try first(SettlingTable.host) { row in
      HostRecord(
        machine: row.bytes(0), epoch: row.int(1), since: row.time(2), began: row.int(3),
        compared: row.intIfAny(4))
    }
  }

  // MARK: Leaps

  /// What is wrong with the clock, if it is far from the newest entry, or was when a leap was noted, and
  /// nobody has waited or said that it is right.
  func clockLeap() throws(IAuthError) -> IAuthError? {
    guard let newest = try first(AuditTable.newest, read: { row in row.time(0) }) else {
      return nil
    }
    let isFar = newest + Limits.clockLeap < now || now + Limits.clockSlack < newest
    if let noted = try notedLeap() {
      return now < noted + Limits.clockWait ? .clockLeap(newest: isFar ? newest : nil) : nil
    }
    return isFar ? .clockLeap(newest: newest) : nil
  }

  /// When a leap was noted by this same clock; one that was set since is another one.
  func notedLeap() throws(IAuthError) -> Timestamp? {
    let noted = try number(ReminderTable.toldAt, "operator", "clock.leap").map { Timestamp($0) }
    guard let noted, noted <= now, now <= noted + Limits.clockLeap else { return nil }
    return noted
  }

  func noteLeap() throws(IAuthError) {
    guard try notedLeap() == nil else { return }
    try run(ReminderTable.tell, "operator", "clock.leap", now)
  }
}
