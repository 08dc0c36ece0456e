// The brackets of what only someone signed in may do: a session is looked up, its use is noted, and
// what is overdue of theirs is ended first.

import SQLite
import Values

extension Service {
  /// Runs `body` for the signed-in person, reading only; the session's use is noted afterwards.
  ///
  /// - Parameter orByKey: whether an ssh key may stand for its account.
  func readSignedIn<Answer>(
    orByKey: Bool = false, _ body: (Transaction, Session) throws(IAuthError) -> Answer
  ) throws(IAuthError) -> Answer {
    var due: Session?
    var overdue: AccountID = 0
    let answer = try noting { () throws(IAuthError) in
      try store.read { (tx) throws(IAuthError) -> Answer? in
        let session = try orByKey ? tx.sessionOrKey() : tx.session()
        let oldest = tx.now - settings.requestLifetime
        guard try !tx.exists(ExpiryTable.requestsOf, session.account.id, oldest) else {
          overdue = session.account.id
          return nil
        }
        if session.usedAt + Limits.sessionNoteInterval <= tx.now { due = session }
        return try body(tx, session)
      }
    }
    guard let answer else {
      // A request of theirs has expired: it is ended in a writing transaction, and the permission
      // that rested because of it is in force again.
      try store.note { (tx) throws(IAuthError) -> TransactionEnd<Void> in
        try tx.expireOverdue(overdue)
        return .commit(())
      }
      return try readSignedIn(orByKey: orByKey, body)
    }
    if let due {
      // A list that was answered stays answered, whether its use could be noted or not.
      try? store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
        try tx.noteUse(due)
        return .commit(())
      }
    }
    return answer
  }

  /// Runs `body` for the signed-in person as the only writer.
  func writeSignedIn<Answer>(
    _ body: (Transaction, Session) throws(IAuthError) -> TransactionEnd<Answer>
  ) throws(IAuthError) -> Answer {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Answer> in
      let session = try tx.session()
      try tx.noteUse(session)
      return try body(tx, session)
    }
  }
}
