// The end of the trail under its seal: what a transaction goes on from, and what it leaves. Only who has
// the key can seal, so that whoever has but the file can cut a tail off and not hide it.

import SQLite
import Sheets
import Values

extension Transaction {
  /// Writes the sealed head, once for all entries of the transaction.
  ///
  /// What goes on from a head that nobody had sealed stays without a seal: a tail that was cut off and
  /// a head to fit would otherwise be ours with the next entry.
  func sealAudit() throws(IAuthError) {
    guard let head = auditHead else { return }
    try storeNodes()
    let seal =
      isHeadSealed
      ? AuditHash.seal(head, uuid: try serviceUUID(), key: key)
      : [UInt8](repeating: 0, count: SHA256.length)
    try run(AuditTable.moveHead, head.seq, head.hash, seal)
  }

  /// The newest entry as an anchor, as `audit --verify` prints it.
  func anchor() throws(IAuthError) -> String {
    let head = try currentHead()
    return AuditProof(entries: head.seq, hash: head.hash).anchor
  }

  func currentHead() throws(IAuthError) -> AuditHead {
    if let head = auditHead { return head }
    let found = try first(AuditTable.head) { row in
      (head: AuditHead(seq: row.int(0), hash: row.bytes(1)), seal: row.bytes(2))
    }
    guard let found else { return AuditHead(seq: 0, hash: [UInt8](repeating: 0, count: 32)) }
    if isWriting {
      let seal = AuditHash.seal(found.head, uuid: try serviceUUID(), key: key)
      isHeadSealed = constantTimeEquals(seal, found.seal)
      if isHeadSealed, !isKeyKnown {
        try run(AuditTable.setKeyCheck, AuditHash.keyCheck(key))
        isKeyKnown = true
      }
    }
    return found.head
  }

  /// Whether the key beside the database is its own: no version made with another could be used.
  ///
  /// - Throws: `database.unsafe`.
  func checkKey(_ check: [UInt8]?) throws(IAuthError) {
    guard check.map({ constantTimeEquals($0, AuditHash.keyCheck(key)) }) ?? true else {
      throw .databaseUnsafe(.key)
    }
  }

  /// The number that goes into every hash.
  ///
  /// - Throws: `database.unsafe` if the key is another database's: what it sealed or hashed would
  ///   never be right again.
  func serviceUUID() throws(IAuthError) -> [UInt8] {
    if let uuid = knownUUID { return uuid }
    let sql = store.version == Schema.version ? AuditTable.uuid : AuditTable.olderUUID
    let found = try first(sql) { row in (row.bytes(0), row.bytesIfAny(1)) }
    guard let (uuid, check) = found else { throw .databaseDamaged }
    try checkKey(check)
    (knownUUID, isKeyKnown) = (uuid, check != nil)
    return uuid
  }
}
