// An older release's database becomes this one's (PRODUCT 15): a verified copy first, then all in one
// transaction, and what does not hold afterwards is undone whole.

import Glibc
import SQLite
import Values

/// What a migration did, or would do.
package struct MigrationReceipt: Sendable {
  package let from: Int64
  package let to: Int64
  /// Where the copy of the old database stands; none for a dry run, or with nothing to do.
  package var copy: String?
  package var tables: [MigratedTable] = []
  /// The trail with the migration's own entry.
  package var proof: AuditProof?
}

extension Service {
  /// Brings the database at `path` to this release's schema.
  ///
  /// The lock is held from the copy to the commit: what the copy lacks, the new database lacks too.
  ///
  /// - Throws: `right.missing`; `database.version` for one that is newer, or never was released;
  ///   what opening throws; `audit.broken`, `database.damaged` for one that does not hold;
  ///   `database.busy`, `disk.full`, `disk.failed`, `outcome.unknown`.
  package static func migrate(
    _ path: String, world: World, settings: Settings
  ) throws(IAuthError) -> MigrationReceipt {
    guard world.caller.isOperator else { throw .rightMissing(.serviceOperator) }
    let store = try Store(
      path: path, world: world, settings: settings,
      versions: Migrations.released + [Schema.version])
    var receipt = MigrationReceipt(from: store.version, to: Schema.version)
    guard store.version != Schema.version else { return receipt }
    do throws(IAuthError) {
      try store.write(
        before: { () throws(IAuthError) in
          // Another one may have been quicker.
          receipt = MigrationReceipt(from: try store.versionNow(), to: Schema.version)
          guard receipt.from != receipt.to else { return }
          if !world.isDryRun { receipt.copy = try Service(store: store).copyBefore(receipt) }
          try store.prepareRebuilding()
        },
        { (tx) throws(IAuthError) -> TransactionEnd<Void> in
          guard receipt.from != receipt.to else { return .rollback(()) }
          // A signal that waits ends the process once the lock is given up: the copy goes before.
          var isDone = false
          defer { if !isDone, let copy = receipt.copy { unsafe unlink(copy) } }
          receipt.tables = try tx.rebuild(from: receipt.from)
          if receipt.from < 2 {
            try tx.bindHost()
            try tx.fillOrgCodes()
          }
          try tx.execute(Schema.stamp)
          try tx.audit(.migrated, .schema(version: receipt.to))
          try tx.sealAudit()
          try tx.completeNodes(upTo: try tx.currentHead().seq / AuditTree.width)
          guard try tx.isWhole() else { throw .databaseDamaged }
          let proof = try tx.verifyAudit()
          try tx.reconcile(proof.entries)
          receipt.proof = proof
          try WriteLock.checkInterrupt()
          isDone = true
          return .commit(())
        })
    } catch {
      // The old database stands, and needs no copy; where that is not known, the copy stays.
      if let copy = receipt.copy, error.code != .outcomeUnknown {
        unsafe unlink(copy)
      }
      throw error
    }
    return receipt
  }

  /// Copies the old database beside itself; its key is there already.
  private func copyBefore(_ receipt: MigrationReceipt) throws(IAuthError) -> String {
    let base = store.path + ".schema-\(receipt.from)"
    let digits = world.now().rfc3339.unicodeScalars.filter { $0 != "-" && $0 != ":" }
    let time = base + "-" + String(String.UnicodeScalarView(digits))
    var (path, count) = (time, 1)
    while Files.exists(path) {
      count += 1
      path = "\(time)-\(count)"
    }
    // One name for all drafts: what a killed migration has left, the next one clears away.
    let draft = try PartialFile(of: base)
    do throws(IAuthError) {
      _ = try snapshot(draft.path)
      try Files.publish(draft.path, as: path)
    } catch {
      draft.drop()
      throw error
    }
    return path
  }
}

extension Transaction {
  /// The first release kept no 機關代碼; the registry that ships has them.
  fileprivate func fillOrgCodes() throws(IAuthError) {
    for entry in try RegistryFile(Setup.shippedRegistry).entries {
      guard let code = entry.orgCode else { continue }
      try run(AgencyTable.setOrgCode, entry.code.text, code)
    }
  }
}

extension Store {
  fileprivate func versionNow() throws(IAuthError) -> Int64 {
    try read { (tx) throws(IAuthError) in try tx.number(MigrationTable.version) ?? 0 }
  }

  /// What SQLite takes only outside a transaction.
  fileprivate func prepareRebuilding() throws(IAuthError) {
    do { try db.execute(MigrationTable.prepare) } catch { throw Self.translated(error) }
  }
}
