// What the entry of a submission commits to besides the person (PRODUCT 3.8): what was asked for
// and why, so that a request that somebody raises, extends or words anew in the file is no longer
// what the trail says; and of a change of an account, why.

import Values

extension AuditPerson {
  /// Why something was done to an account; nil if nobody said.
  init?(_ account: AccountID, because reason: String) {
    guard !reason.isEmpty else { return nil }
    self.init(account: account, fields: [("note", reason)])
  }

  /// The words of whoever asks.
  ///
  /// They come last, for the line that they begin on goes to the end.
  mutating func add(reason: String?) { fields.append(("reason", reason ?? "")) }

  /// `asked=grant admin spm until=…`: as `Reconciliation` finds it in the tables.
  mutating func add(
    asked kind: RequestKind, _ role: Role, system: String, from: Timestamp? = nil,
    until: Timestamp? = nil, deputyFor: RequestID? = nil, replaces: RequestID? = nil
  ) {
    var asked = "\(kind.rawValue) \(role.rawValue) \(system)"
    if let from { asked += " from=\(from.rfc3339)" }
    if let until { asked += " until=\(until.rfc3339)" }
    if let deputyFor { asked += " deputy-for=\(deputyFor)" }
    if let replaces { asked += " replaces=\(replaces)" }
    fields.append(("asked", asked))
  }
}

extension Transaction {
  /// The entry of a request that was just submitted, or handed in again.
  ///
  /// - Parameter person: what else it commits to.
  func auditSubmission(
    _ action: AuditAction, _ number: RequestID, person: AuditPerson? = nil
  ) throws(IAuthError) {
    guard let request = try request(number) else { throw .databaseDamaged }
    var person = person ?? AuditPerson(account: request.account, fields: [])
    person.add(
      asked: request.kind, request.role, system: try system(id: request.system).code,
      from: request.effectiveAt, until: request.untilAt, deputyFor: request.deputyFor,
      replaces: request.replaces)
    person.fields.append(("agency", try agency(id: request.agency).code))
    person.add(reason: request.reason)
    try audit(action, .request(number), person: person)
  }
}
