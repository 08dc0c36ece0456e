// The ssh keys of superior agencies' scripts (PRODUCT section 9). A key stands for one account
// while that is an active administrator; it submits and looks, and no session of it decides
// anything.

import SQLite
import Sheets
import Values

enum GateKeyTable {
  static let live: SQL =
    "SELECT id, account FROM gate_key WHERE name = ? AND withdrawn_at IS NULL AND rests = 0"
  static let known: SQL = "SELECT id FROM gate_key WHERE name = ? AND withdrawn_at IS NULL"
  static let confirm: SQL =
    "UPDATE gate_key SET rests = 0 WHERE name = ?1 AND withdrawn_at IS NULL AND rests = 1"
  static let add: SQL = "INSERT INTO gate_key (name, account, enrolled_at) VALUES (?, ?, ?)"
  static let withdraw: SQL =
    "UPDATE gate_key SET withdrawn_at = ?2 WHERE name = ?1 AND withdrawn_at IS NULL"
  static let list: SQL = """
    SELECT k.name, k.account, k.enrolled_at, a.name, g.name, g.code, a.status, k.rests
    FROM gate_key k JOIN account a ON a.id = k.account JOIN agency g ON g.id = a.agency
    WHERE k.withdrawn_at IS NULL ORDER BY k.name
    """
  static let statements: [SQL] = [live, known, confirm, add, withdraw, list]
}

/// A key as the operator sees it.
package struct GateKey: Sendable {
  package let name: String
  package let account: AccountID
  package let enrolledAt: Timestamp
  /// Empty once erased.
  package let person: String?
  package let agency: String
  package let agencyCode: String
  package let status: AccountStatus
  /// After a restoration, until the operator confirms it.
  package let rests: Bool
}

/// What a key may be called: letters of ASCII, digits, and `. _ -` between them.
package func isKeyName(_ text: String) -> Bool {
  let isPlain = text.utf8.allSatisfy { byte in
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "._-".utf8.contains(byte)
    }
  }
  return isPlain && (1...Limits.keyNameLength).contains(text.utf8.count)
    && !"._-".utf8.contains(text.utf8.first ?? 0x2E)
}

extension Service {
  /// Lets an ssh key stand for an account.
  ///
  /// - Throws: `right.missing`, `account.unknown`; `account.state` for one that is not active,
  ///   `key.exists`; `right.missing` also for an account that administers nothing.
  package func enrolKey(_ name: String, account id: AccountID) throws(IAuthError) {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      let account = try tx.account(id: id)
      guard account.status == .active else {
        throw .accountState(account: id, status: account.status)
      }
      guard try tx.isAdministrator(account) else { throw .rightMissing(.key) }
      guard try !tx.exists(GateKeyTable.known, name) else {
        throw .keyExists(name: name)
      }
      try tx.run(GateKeyTable.add, name, id, tx.now)
      try tx.audit(.keyEnrolled, .enrolment(key: name, id))
      return .commit(())
    }
  }

  /// Ends a key's right at once.
  ///
  /// - Throws: `right.missing`, `key.unknown`.
  package func withdrawKey(_ name: String) throws(IAuthError) {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      guard try tx.run(GateKeyTable.withdraw, name, tx.now) > 0 else {
        throw .keyUnknown(name: name)
      }
      try tx.audit(.keyWithdrawn, .key(name: name))
      return .commit(())
    }
  }

  /// Lets a key that rests after a restoration hold again.
  ///
  /// - Throws: `right.missing`, `key.unknown`.
  package func confirmKey(_ name: String) throws(IAuthError) {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      guard try tx.first(GateKeyTable.known, name, read: { $0.int(0) }) != nil else {
        throw .keyUnknown(name: name)
      }
      guard try tx.run(GateKeyTable.confirm, name) > 0 else { return .commit(()) }
      try tx.audit(.keyConfirmed, .key(name: name))
      return .commit(())
    }
  }

  /// Looks whether the caller's key may do anything at all just now.
  ///
  /// - Throws: `right.missing`, which is on the audit trail.
  package func checkKey() throws(IAuthError) {
    try readSignedIn(orByKey: true) { (_, _) throws(IAuthError) in }
  }

  /// The keys that are enrolled.
  ///
  /// - Throws: `right.missing`.
  package func keys() throws(IAuthError) -> [GateKey] {
    try readAsOperator { (tx) throws(IAuthError) in
      try tx.all(GateKeyTable.list) { row in
        GateKey(
          name: row.text(0), account: row.id(1), enrolledAt: row.time(2),
          person: row.textIfAny(3), agency: row.text(4), agencyCode: row.text(5),
          status: row.word(6, AccountStatus.self), rests: row.bool(7))
      }
    }
  }

  /// Puts a refusal of words that never reached an operation on the trail, and throws it.
  package func refuse(_ error: IAuthError, subject: AuditSubject) throws(IAuthError) {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      try tx.refuse(error, subject: subject)
    }
  }
}

extension Transaction {
  /// Who submits or looks: the signed-in person, or the account that an ssh key stands for.
  ///
  /// A key is as good as both codes here, and here only.
  ///
  /// - Throws: `session.*`; `right.missing` for a key that is not enrolled, or whose account is no
  ///   active administrator.
  func sessionOrKey() throws(IAuthError) -> Session {
    guard let key = world.caller.key else { return try session() }
    guard let id: AccountID = try first(GateKeyTable.live, key, read: { row in row.id(1) }) else {
      throw .rightMissing(.key)
    }
    if isWriting { try expireOverdue(id) }
    guard let account = try first(AccountTable.byID, id, read: { row in Account(row: row) }),
      account.status == .active, try isAdministrator(account)
    else { throw .rightMissing(.key) }
    actor = Actor(account: account.id, session: nil)
    return Session(
      id: 0, name: key, account: account, emailProven: true, smsProven: true, usedAt: now,
      expiresAt: now)
  }
}
