// What a shell is told of somebody's own sight while they type (completion): nothing is noted, and
// nothing is refused.

import SQLite
import Sheets
import Values

enum OwnSightTable {
  static let sessions: SQL = """
    SELECT s.name, a.name FROM session s LEFT JOIN account a ON a.id = s.account
    WHERE s.caller = ?1 AND s.id IN
      (SELECT max(id) FROM session WHERE caller = ?1 GROUP BY name) ORDER BY s.name
    """
  static let statements: [SQL] = [sessions]
}

extension Service {
  /// The caller's session names, with who each was last.
  package func sessionNames() throws(IAuthError) -> [(name: String, person: String?)] {
    try store.read { (tx) throws(IAuthError) in
      try tx.all(OwnSightTable.sessions, world.caller.name) { row in
        (name: row.text(0), person: row.textIfAny(1))
      }
    }
  }

  /// The accounts that the caller may list; none for who may not.
  package func accountsIfAny(limit: Int) throws(IAuthError) -> [AccountLine] {
    try store.read { (tx) throws(IAuthError) in
      if world.caller.isOperator { return Array(try tx.accounts("", in: nil).prefix(limit)) }
      guard let session = try tx.sessionIfAny(), try tx.isAdministrator(session.account) else {
        return []
      }
      return Array(try tx.accounts("", in: session.account.agency).prefix(limit))
    }
  }
}
