// Refusals on the trail (PRODUCT 3.8). Whoever is refused in a loop would fill the disk with entries:
// from the sixty-first within an hour on a caller's refusals are counted, and become one entry when
// the hour is over, at their next refusal or in the cron run.

import SQLite
import Sheets
import Values

enum RefusalTable {
  static let ofCaller: SQL = "SELECT since, number FROM refusal WHERE caller = ?"
  static let set: SQL = """
    INSERT INTO refusal (caller, since, number) VALUES (?1, ?2, ?3)
      ON CONFLICT (caller) DO UPDATE SET since = excluded.since, number = excluded.number
    """
  static let over: SQL = "SELECT caller, number FROM refusal WHERE since <= ?1 OR since > ?2"
  static let forget: SQL = "DELETE FROM refusal WHERE caller = ?"
  static let statements: [SQL] = [ofCaller, set, over, forget]
}

extension Transaction {
  /// Puts a refusal on the trail, or counts it.
  func noteRefusal(_ error: IAuthError, _ subject: AuditSubject) throws(IAuthError) {
    let caller = world.caller.name
    var (since, number) =
      try first(RefusalTable.ofCaller, caller) { row in (min(row.time(0), now), row.int(1)) }
      ?? (now, 0)
    if since + .hours(1) <= now {
      try closeRefusals(of: caller, number)
      (since, number) = (now, 0)
    }
    number += 1
    try run(RefusalTable.set, caller, since, number)
    guard number <= Limits.refusalsPerHour else { return }
    let tried = subject == .none ? world.command.map { .command($0) } ?? .none : subject
    try audit(.refused, tried, outcome: error.code.rawValue)
  }

  /// Writes down what was counted of hours that are over.
  func sweepRefusals() throws(IAuthError) {
    let over = try all(RefusalTable.over, now - .hours(1), now) { row in
      (caller: row.text(0), number: row.int(1))
    }
    for entry in over {
      try closeRefusals(of: entry.caller, entry.number)
      try run(RefusalTable.forget, entry.caller)
    }
  }

  private func closeRefusals(of caller: String, _ number: Int64) throws(IAuthError) {
    let more = number - Int64(Limits.refusalsPerHour)
    guard more > 0 else { return }
    try audit(.refused, .caller(name: caller), outcome: "\(more) more")
  }
}
