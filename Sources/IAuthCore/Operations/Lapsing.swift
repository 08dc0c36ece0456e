// What time ends: applications, requests, invitations (PRODUCT 3.2, 3.4, 3.5). Each is a decision
// of its own with its entry on the trail. The checks elsewhere compare times themselves, so that
// an expired thing is expired at once, whether the sweep has run or not.

import SQLite

enum LapseTable {
  static let applications: SQL = """
    SELECT id, reference, purpose FROM verification WHERE status = 'open' AND expires_at <= ?
    """
  static let requests: SQL = """
    SELECT id FROM request WHERE status = 'pending' AND created_at <= ? ORDER BY created_at, id
    """
  static let invitations: SQL = """
    SELECT a.id FROM account a WHERE a.status = 'invited' AND a.status_at <= ?1
      AND EXISTS (SELECT 1 FROM permission p WHERE p.account = a.id AND p.status = 'active')
      AND NOT EXISTS (SELECT 1 FROM permission p WHERE p.account = a.id AND p.status = 'active'
        AND p.granted_at > ?1)
    """
  static let ending: SQL = """
    SELECT request FROM permission WHERE status = 'active' AND ends_at <= ? ORDER BY request
    """
  static let endReason: SQL = "SELECT reason FROM permission WHERE request = ?"
  static let changes: SQL = """
    SELECT id FROM request WHERE status = 'approved' AND kind = 'change' AND applied_at IS NULL
      AND effective_at <= ? ORDER BY id
    """
  static let isInvitationOpen: SQL = """
    SELECT 1 FROM account a WHERE a.id = ?1 AND (
      NOT EXISTS (SELECT 1 FROM permission p WHERE p.account = a.id AND p.status = 'active')
      OR EXISTS (SELECT 1 FROM permission p WHERE p.account = a.id AND p.status = 'active'
        AND p.granted_at > ?2))
    """
  static let statements: [SQL] = [
    applications, requests, invitations, ending, endReason, changes, isInvitationOpen,
  ]
}

extension Transaction {
  /// Ends what is due.
  ///
  /// - Returns: how many applications, requests and invitations ended.
  func sweep(_ settings: Settings) throws(IAuthError) -> Int {
    var ended = 0
    let proofs = try all(LapseTable.applications, now) { row in
      (id: row.int(0), reference: row.text(1), purpose: row.word(2, CodePurpose.self))
    }
    for proof in proofs {
      try run(ProofTable.close, proof.id, "lapsed")
      try run(OutboxTable.voidCodes, proof.reference)
      guard proof.purpose == .application else { continue }
      try run(OutboxTable.eraseCodes, proof.reference)
      try audit(.applicationLapsed, proof.reference)
      ended += 1
    }
    for number in try all(LapseTable.requests, now - settings.requestLifetime, read: { $0.int(0) })
    {
      try lapse(request: number)
      ended += 1
    }
    let oldest = now - settings.invitationLifetime
    for id in try all(LapseTable.invitations, oldest, read: { row in row.int(0) }) {
      try lapseInvitation(of: try account(id: id))
      ended += 1
    }
    try sweepDated()
    if let idleAfter = settings.idleAfter { try sweepIdle(idleAfter) }
    try run(ProofTable.sweepSends, now - .days(1))
    return ended
  }

  /// What a form asked for with a date whose day has come.
  ///
  /// A permission has ended at that time already; here it is written down, and its holder told.
  private func sweepDated() throws(IAuthError) {
    for number in try all(LapseTable.ending, now, read: { row in row.int(0) }) {
      let reason = try first(LapseTable.endReason, number) { row in row.textIfAny(0) }
      _ = try revoke(number, reason: (reason ?? nil) ?? "")
    }
    for number in try all(LapseTable.changes, now, read: { row in row.int(0) }) {
      guard let request = try request(number) else { continue }
      let account = try first(AccountTable.byID, request.account) { row in Account(row: row) }
      // Contacts that are someone else's by now stay theirs; it is tried again at each run.
      guard try obstacle(to: request) == nil else { continue }
      if let account, account.status != .closed { try applyChange(request, account) }
    }
  }

  private func lapse(request number: Int64) throws(IAuthError) {
    guard let request = try request(number) else { return }
    try run(
      RequestTable.decide, number, RequestStatus.lapsed, nil as Int64?, world.caller.name,
      nil as String?, now)
    try audit(.lapsed, "request:\(number)")
    let account = try account(id: request.account)
    if account.status == .invited {
      try closeIfUnclaimed(account)
    } else {
      try queue(
        .requestLapsed(request: try summary(request)), to: .mail(account),
        reference: String(number), request: number)
    }
    try finishBatch(of: request)
  }

  /// Ends the invitations of these contacts that are over: nobody waits for the sweep.
  func lapseInvitations(
    in agency: Int64, _ email: EmailAddress, _ mobile: MobileNumber, _ settings: Settings
  ) throws(IAuthError) {
    let oldest = now - settings.invitationLifetime
    for account in try accounts(in: agency, email: email, mobile: mobile)
    where account.status == .invited {
      guard try number(LapseTable.isInvitationOpen, account.id, oldest) == nil else { continue }
      try lapseInvitation(of: account)
    }
  }

  /// Ends an invitation: the permission and the account with it; the submitter is told.
  func lapseInvitation(of account: Account) throws(IAuthError) {
    for number in try all(RequestTable.activePermissions, account.id, read: { $0.int(0) }) {
      guard let request = try request(number) else { continue }
      let summary = try summary(request)
      try run(RequestTable.revoke, number, now, nil as Int64?, nil as String?)
      try audit(.invitationLapsed, "request:\(number)")
      if let submitter = request.submitter,
        let person = try first(AccountTable.byID, submitter, read: { row in Account(row: row) })
      {
        try queue(
          .invitationLapsed(request: summary), to: .mail(person), reference: String(number),
          request: number)
      }
    }
    for number in try all(RequestTable.pendingOf, account.id, read: { row in row.int(0) }) {
      try run(
        RequestTable.decide, number, RequestStatus.lapsed, nil as Int64?, world.caller.name,
        nil as String?, now)
      try audit(.lapsed, "request:\(number)")
      if let request = try request(number) { try finishBatch(of: request) }
    }
    try erase(account: account.id)
  }
}
