// The core as commands see it: one value with the store, the world and the settings. Each use case
// is a method in a file of its own beside this one, and one transaction.

import Sheets
import Values

package struct Service {
  package let store: Store
  package let world: World
  package let settings: Settings

  package init(store: Store) {
    self.store = store
    world = store.world
    settings = store.settings
  }

  /// Where the database is, and what an import spools.
  package var directory: String { Files.directory(of: store.path) }

  /// Notes the use of the caller's session by a command that had no need to know who it is.
  package func noteUse() {
    guard !store.hasAskedSession, !store.isMonitored else { return }
    _ = try? store.read { (tx) throws(IAuthError) in try tx.session() }
  }

  /// Whether this process has queued a message.
  package var hasQueuedMessages: Bool { store.hasQueued }

  /// Agencies that were named, and who has taken their places.
  package var successions: [(old: Agency, new: Agency)] { store.successions }

  /// Whether something was done and, being a dry run, undone again.
  package var isTrial: Bool { store.isTrial }

  /// Runs `body` for the signed-in person, reading only.
  ///
  /// - Parameter orByKey: whether an ssh key may stand for its account.
  func readSignedIn<Answer>(
    orByKey: Bool = false, _ body: (Transaction, Session) throws(IAuthError) -> Answer
  ) throws(IAuthError) -> Answer {
    var overdue: AccountID = 0
    let answer = try noting { () throws(IAuthError) in
      try store.read { (tx) throws(IAuthError) -> Answer? in
        let session = try orByKey ? tx.sessionOrKey() : tx.session()
        let isOverdue = try !tx.overdueRequests(of: session.account.id).isEmpty
        guard !isOverdue || store.isStandby else {
          overdue = session.account.id
          return nil
        }
        return try body(tx, session)
      }
    }
    if let answer { return answer }
    // A request of theirs is over: a writing bracket ends it, and their permission rests no more.
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      try tx.expireOverdue(overdue)
      return .commit(())
    }
    return try readSignedIn(orByKey: orByKey, body)
  }

  /// Runs `body` if the caller is the operator.
  ///
  /// - Parameter isReading: whether it is a reading, whose entry stays in a dry run, too.
  /// - Throws: `right.missing`, which is on the audit trail.
  func writeAsOperator<Answer>(
    isReading: Bool = false,
    _ body: (Transaction) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    let asOperator = { (tx: Transaction) throws(IAuthError) -> TransactionEnd<Answer> in
      try tx.noteActor()
      guard world.caller.isOperator else { return try tx.refuse(.rightMissing(.serviceOperator)) }
      return try body(tx)
    }
    return isReading ? try store.note(asOperator) : try store.write(asOperator)
  }

  /// Runs `body` if the caller is the operator, reading only.
  ///
  /// - Throws: `right.missing`, which is on the audit trail.
  ///
  /// - Parameter isSettling: as `Store.read` has it.
  func readAsOperator<Answer>(
    isSettling: Bool = true, _ body: (Transaction) throws(IAuthError) -> Answer
  ) throws(IAuthError) -> Answer {
    try noting { () throws(IAuthError) in
      guard world.caller.isOperator else { throw .rightMissing(.serviceOperator) }
      return try store.read(isSettling: isSettling, body)
    }
  }

  /// Whether the caller is the operator, before their files are looked at.
  ///
  /// - Throws: `right.missing`, which is on the audit trail.
  package func checkOperator() throws(IAuthError) {
    try readAsOperator { (_) throws(IAuthError) in }
  }

  /// Whether nothing is written here, so that what runs by itself has nothing to do.
  ///
  /// - Throws: `right.missing`.
  func standsBy() throws(IAuthError) -> Bool {
    guard store.isStandby else { return false }
    if !world.caller.isOperator { throw .rightMissing(.serviceOperator) }
    return true
  }

  /// Puts a reading that was refused for lack of a right on the audit trail.
  func noting<Answer>(_ body: () throws(IAuthError) -> Answer) throws(IAuthError) -> Answer {
    do throws(IAuthError) {
      return try body()
    } catch {
      guard error.code == .rightMissing else { throw error }
      return try store.write { (tx) throws(IAuthError) -> TransactionEnd<Answer> in
        try tx.noteActor()
        return try tx.refuse(error)
      }
    }
  }
}

extension Transaction {
  /// Puts a refusal on the trail and lets it commit.
  func refuse<Answer>(
    _ error: IAuthError, subject: AuditSubject = .none
  ) throws(IAuthError) -> TransactionEnd<Answer> {
    try noteRefusal(error, subject)
    return .commitThenThrow(error)
  }
}
