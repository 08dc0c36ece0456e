// The audit trail (PRODUCT 3.8): one entry for each change, sign-in, refusal and privileged
// reading, in the same transaction. Each hash covers every column and the hash before; the head is
// sealed under the key outside the database. Personal data stands beside an entry under a salted
// commitment, so that it can be erased and the chain still holds.

import SQLite
import Sheets
import Values

/// Who acts: a live session's account.
package struct Actor: Equatable, Sendable {
  package let account: AccountID
  /// None: an ssh key acts.
  package let session: SessionID?
}

struct AuditHead: Equatable {
  var seq: Int64
  var hash: [UInt8]
}

/// What a verified trail ends with: to be kept elsewhere as an anchor.
package struct AuditProof: Equatable, Sendable {
  package let entries: Int64
  package let hash: [UInt8]

  /// `iauth-audit/1 SEQ HASH`.
  package var anchor: String { "iauth-audit/1 \(entries) \(Hex.encode(hash))" }
}

/// What happened, in the words of the trail.
package enum AuditAction: String, CaseIterable, Sendable {
  case created = "database.init"
  case registryLoaded = "agencies.load"
  case agencyAdded = "agency.add"
  case superiorSet = "agency.superior"
  case successionPlanned = "agency.schedule"
  case agencySucceeded = "agency.succeed"
  case successionUndone = "agency.undo"
  case systemAdded = "system.add"
  case systemSet = "system.set"
  case applied = "application.submit"
  case signInBegun = "sign-in.begin"
  case codeResent = "code.resend"
  case codeWrong = "code.wrong"
  case callerLocked = "caller.lock"
  case accountLocked = "account.lock"
  case accountUnlocked = "account.unlock"
  case accountOpened = "account.open"
  case accountReplaced = "account.contacts"
  case accountSuspended = "account.suspend"
  case accountRestored = "account.restore"
  case accountClosed = "account.close"
  case accountErased = "account.erase"
  case signedIn = "session.start"
  case steppedUp = "session.step-up"
  case signedOut = "session.end"
  case requested = "request.submit"
  case withdrawn = "request.withdraw"
  case approved = "request.approve"
  case rejected = "request.reject"
  case returned = "request.return"
  case resubmitted = "request.resubmit"
  case reopened = "request.reopen"
  case superseded = "request.supersede"
  case lapsed = "request.lapse"
  case applicationLapsed = "application.lapse"
  case invitationLapsed = "invitation.lapse"
  case revoked = "permission.revoke"
  case permissionMerged = "permission.merge"
  case permissionBegun = "permission.begin"
  case appointed = "admin.appoint"
  case imported = "batch.import"
  case importTried = "batch.dry-run"
  case requestRead = "request.read"
  case auditRead = "audit.read"
  case backedUp = "database.backup"
  case restored = "database.restore"
  case migrated = "database.migrate"
  case hostChanged = "host.changed"
  case witnessContradicts = "witness.conflict"
  case witnessSettled = "witness.settle"
  case clockBack = "clock.back"
  case reminded = "reminders.run"
  case keyConfirmed = "key.confirm"
  case messageRetried = "message.retry"
  case messageDropped = "message.drop"
  case messageTested = "message.test"
  case contactBounced = "account.bounce"
  case keyEnrolled = "key.enrol"
  case keyWithdrawn = "key.withdraw"
  case recertificationOpened = "recertification.open"
  case recertificationKept = "recertification.keep"
  case recertificationEnded = "recertification.end"
  case recertificationClosed = "recertification.close"
  case recertificationRead = "recertification.read"
  case permissionSuspended = "permission.suspend"
  case permissionsRead = "permissions.read"
  case feedRead = "feed.read"
  case feedAcknowledged = "feed.acknowledge"
  case feedCompared = "feed.compare"
  case accountExported = "account.export"
  case affectedRead = "accounts.affected"
  case historyRead = "account.history"
  case statisticsRead = "statistics.read"
  case refused = "refused"
}

enum AuditTable {
  /// Who acted (`a`) in entry `u`: who decided, by the name of that time (PRODUCT 3.5).
  static let actor: Fragment = """
    coalesce((SELECT d.reviewer_name FROM decision d
      WHERE u.subject GLOB 'request:*' AND d.request = CAST(substr(u.subject, 9) AS INTEGER)
        AND d.reviewer = u.account AND d.decided_at = u.at), a.name)
    """
  static let head: SQL = "SELECT seq, hash, seal FROM audit_head WHERE id = 1"
  static let append: SQL = """
    INSERT INTO audit (seq, at, caller, account, session, action, subject, outcome, person_hash,
      previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  static let entries = ManyRows(
    """
    INSERT INTO audit (at, caller, account, session, action, outcome, seq, subject, person_hash,
      previous, hash) VALUES
    """, "(?1, ?2, ?3, ?4, ?5, 'done', ?, ?, ?, ?, ?)")
  static let appendPerson: SQL =
    "INSERT INTO audit_person (seq, account, salt, fields) VALUES (?, ?, ?, ?)"
  static let people = ManyRows(
    "INSERT INTO audit_person (seq, account, salt, fields) VALUES", "(?, ?, ?, ?)")
  static let moveHead: SQL = """
    INSERT INTO audit_head (id, seq, hash, seal) VALUES (1, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal
    """
  static let uuid: SQL = "SELECT uuid, key_check FROM service"
  /// Of a database that is about to be migrated.
  static let olderUUID: SQL = "SELECT uuid, NULL FROM service"
  static let setKeyCheck: SQL = "UPDATE service SET key_check = ?"
  static let newest: SQL = "SELECT at FROM audit ORDER BY seq DESC LIMIT 1"
  static let statements: [SQL] = [
    head, append, entries.full, appendPerson, people.full, moveHead, uuid, olderUUID,
    setKeyCheck, newest,
  ]
}

/// Personal data that belongs to an entry.
struct AuditPerson {
  var account: AccountID
  var fields: [(name: String, value: String)]

  init(account: AccountID, fields: [(name: String, value: String)]) {
    self.account = account
    self.fields = fields
  }

  init(_ account: Account) {
    self.init(
      account: account.id,
      fields: [
        ("name", account.name.text), ("email", account.email.text),
        ("mobile", account.mobile.e164),
      ])
  }

  /// One `name=value` a line; the first says whose data it is, so that the commitment does.
  ///
  /// Further lines of a value begin with a tab, so that none of them passes for a field.
  var text: String {
    var text = "account=\(account)"
    for (name, value) in fields {
      text += "\n"
      text += name
      text += "="
      if value.utf8.contains(UInt8(ascii: "\n")) {
        for scalar in value.unicodeScalars {
          text.unicodeScalars.append(scalar)
          if scalar == "\n" { text += "\t" }
        }
      } else {
        text += value
      }
    }
    return text
  }
}

extension Transaction {
  /// Appends one entry.
  ///
  /// - Parameter subject: what was acted on.
  func audit(
    _ action: AuditAction, _ subject: AuditSubject, outcome: String = "done",
    person: AuditPerson? = nil
  ) throws(IAuthError) {
    let entry = try nextEntry(action, subject, outcome: outcome, person: person)
    try runMany(AuditTable.append, entry.values)
    if let kept = entry.personValues { try runMany(AuditTable.appendPerson, kept) }
  }

  /// The next entry with its hash; the head moves on.
  private func nextEntry(
    _ action: AuditAction, _ subject: AuditSubject, outcome: String, person: AuditPerson?,
    salt: [UInt8]? = nil
  ) throws(IAuthError) -> HashedEntry {
    let head = try currentHead()
    let salt = person == nil ? [] : salt ?? world.randomBytes(32)
    let fields = person?.text ?? ""
    let entry = AuditEntry(
      seq: head.seq + 1, at: now, caller: world.caller.name, account: actor?.account,
      session: actor?.session, action: action.rawValue, subject: subject.text, outcome: outcome,
      personHash: person == nil ? [] : AuditHash.person(salt: salt, fields: fields),
      previous: head.hash)
    let hash = AuditHash.entry(entry, uuid: try serviceUUID())
    auditHead = AuditHead(seq: entry.seq, hash: hash)
    try grow(entry.seq, hash)
    return HashedEntry(entry: entry, hash: hash, person: person, salt: salt, fields: fields)
  }
}

/// Entries of one action about many people, stored by one statement a table.
struct AuditRows {
  fileprivate var count = 0
  fileprivate var entries = Parameters()
  fileprivate var people = Parameters()
  /// Salts for the next entries: the system is asked for many at once.
  fileprivate var salts: [UInt8] = []
}

extension Transaction {
  /// Makes an entry, and keeps it for `storeStaged`; no other is made before that.
  func stage(
    _ action: AuditAction, _ subject: AuditSubject, _ person: AuditPerson, in rows: inout AuditRows
  ) throws(IAuthError) {
    if rows.salts.isEmpty { rows.salts = world.randomBytes(32 * Limits.importRowsPerStatement) }
    let salt = Array(rows.salts.suffix(32))
    rows.salts.removeLast(32)
    let made = try nextEntry(action, subject, outcome: "done", person: person, salt: salt)
    let entry = made.entry
    if rows.count == 0 {
      rows.entries.add(entry.at.seconds)
      rows.entries.add(entry.caller)
      rows.entries.add(entry.account?.value)
      rows.entries.add(entry.session?.value)
      rows.entries.add(entry.action)
    }
    rows.count += 1
    rows.entries.add(entry.seq)
    rows.entries.add(entry.subject)
    rows.entries.add(entry.personHash)
    rows.entries.add(entry.previous)
    rows.entries.add(made.hash)
    rows.people.add(entry.seq)
    rows.people.add(person.account.value)
    rows.people.add(salt)
    rows.people.add(made.fields)
  }

  func storeStaged(_ rows: inout AuditRows) throws(IAuthError) {
    try insertMany(AuditTable.entries, rows.count, rows.entries)
    try insertMany(AuditTable.people, rows.count, rows.people)
    rows.entries.removeAll()
    rows.people.removeAll()
    rows.count = 0
  }
}

private struct HashedEntry {
  let entry: AuditEntry
  let hash: [UInt8]
  let person: AuditPerson?
  let salt: [UInt8]
  let fields: String

  var values: [any Bindable] {
    [
      entry.seq, entry.at, entry.caller, entry.account, entry.session, entry.action, entry.subject,
      entry.outcome, entry.personHash, entry.previous, hash,
    ]
  }

  var personValues: [any Bindable]? {
    person.map { [entry.seq, $0.account, salt, fields] }
  }
}

/// One entry as it is hashed.
package struct AuditEntry: Equatable, Sendable {
  package var seq: Int64
  package var at: Timestamp
  package var caller: String
  package var account: AccountID?
  package var session: SessionID?
  package var action: String
  package var subject: String
  package var outcome: String
  package var personHash: [UInt8]
  package var previous: [UInt8]
}

/// The hashes of the trail.
///
/// Every field is preceded by its kind and its length, so that no byte can move from one to the
/// next; a version stands in front.
enum AuditHash {
  static func entry(_ e: AuditEntry, uuid: [UInt8]) -> [UInt8] {
    var bytes = start(uuid: uuid)
    add(e.seq, to: &bytes)
    add(e.at.seconds, to: &bytes)
    add(e.caller, to: &bytes)
    add(e.account?.value, to: &bytes)
    add(e.session?.value, to: &bytes)
    add(e.action, to: &bytes)
    add(e.subject, to: &bytes)
    add(e.outcome, to: &bytes)
    add(e.personHash, to: &bytes)
    add(e.previous, to: &bytes)
    return SHA256.hash(bytes)
  }

  /// What every entry of a database begins with; the first byte is that of a leaf (RFC 9162).
  static func start(uuid: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x00]
    bytes.reserveCapacity(400)
    add("iauth-audit/1", to: &bytes)
    add(uuid, to: &bytes)
    return bytes
  }

  /// The bytes of an entry that are hashed, out of the first ten columns of `row`.
  static func entry(_ row: borrowing Row, after start: [UInt8], into bytes: inout [UInt8]) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: start)
    add(row.int(0), to: &bytes)
    add(row.int(1), to: &bytes)
    add(row, 2, to: &bytes)
    add(row.intIfAny(3), to: &bytes)
    add(row.intIfAny(4), to: &bytes)
    for column: Int32 in 5...9 { add(row, column, to: &bytes) }
  }

  /// The bytes of an entry's personal data that are hashed.
  static func person(
    _ row: borrowing Row, salt: Int32, fields: Int32, into bytes: inout [UInt8]
  ) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(0x02)
    add(row, salt, to: &bytes)
    add(row, fields, to: &bytes)
  }

  /// A text or blob where it lies.
  private static func add(_ row: borrowing Row, _ column: Int32, to bytes: inout [UInt8]) {
    bytes.append(row.isText(column) ? UInt8(ascii: "t") : UInt8(ascii: "b"))
    addBigEndian(UInt64(row.length(column)), to: &bytes)
    row.append(column, to: &bytes)
  }

  static func person(salt: [UInt8], fields: String) -> [UInt8] {
    var bytes: [UInt8] = [0x02]
    add(salt, to: &bytes)
    add(fields, to: &bytes)
    return SHA256.hash(bytes)
  }

  static func seal(_ head: AuditHead, uuid: [UInt8], key: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x01]
    add("iauth-seal/1", to: &bytes)
    add(uuid, to: &bytes)
    add(head.seq, to: &bytes)
    add(head.hash, to: &bytes)
    return HMACSHA256.code(key: key, message: bytes)
  }

  /// What tells a key from any other, and nothing of it.
  static func keyCheck(_ key: [UInt8]) -> [UInt8] {
    HMACSHA256.code(key: key, message: Array("iauth-key/1".utf8))
  }

  private static func add(_ number: Int64?, to bytes: inout [UInt8]) {
    guard let number else { return bytes.append(UInt8(ascii: "n")) }
    bytes.append(UInt8(ascii: "i"))
    addBigEndian(UInt64(bitPattern: number), to: &bytes)
  }

  private static func add(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "t"))
    addBigEndian(UInt64(text.utf8.count), to: &bytes)
    bytes.append(contentsOf: text.utf8)
  }

  private static func add(_ blob: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "b"))
    addBigEndian(UInt64(blob.count), to: &bytes)
    bytes.append(contentsOf: blob)
  }

  private static func addBigEndian(_ number: UInt64, to bytes: inout [UInt8]) {
    unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
  }
}
