// Taking rights away, and giving accounts back (PRODUCT 4.2, `accounts`, `revoke`). An account
// system is judged by how fast it does the first: all of it holds from the very next command.

import SQLite
import Sheets
import Values

/// An account as the desk lists it.
package struct AccountLine: Sendable {
  package let account: AccountID
  package let agency: Agency
  package let name: String
  package let title: String?
  package let email: String
  package let mobile: String
  package let status: AccountStatus
  package let isAdministrator: Bool
  package let usedAt: Timestamp?
  package let isErased: Bool
  /// Over which channels what is sent does not arrive.
  package let broken: [Channel]
  /// Every role that is held now.
  package var roles: [HeldRole] = []

  package var marks: [String] { broken.isEmpty ? [] : ["contact-bounces"] }
}

/// What can be done to an account.
package enum AccountVerb: String, CaseIterable, Sendable {
  case suspend, restore, close, unlock, erase
}

enum AccountDeskTable {
  static let list: SQL = """
    SELECT a.id, coalesce(a.name, ''), a.title, coalesce(a.email, ''), coalesce(a.mobile, ''),
      a.status, EXISTS (SELECT 1 FROM permission p WHERE p.account = a.id AND p.role = 'admin'
        AND p.status = 'active'), a.used_at, a.erased_at IS NOT NULL,
      g.id, g.type, g.code, g.name, g.path, g.superior, g.status,
      a.email_bounced_at IS NOT NULL, a.mobile_bounced_at IS NOT NULL
    FROM account a JOIN agency g ON g.id = a.agency
    WHERE (?1 IS NULL OR a.agency = ?1) AND (?2 = '' OR instr(a.name_key, ?3) > 0
      OR instr(a.email, ?4) > 0 OR a.mobile = ?5 OR CAST(a.id AS TEXT) = ?2)
    ORDER BY a.id
    """
  static let status: SQL = "SELECT status, agency, erased_at IS NOT NULL FROM account WHERE id = ?"
  static let isLastAdministrator: SQL =
    "SELECT 1 FROM last_of_authority WHERE account = ? AND is_last_account"
  static let isLastPermission: SQL =
    "SELECT 1 FROM last_of_authority WHERE request = ? AND is_last_permission"
  static let statements: [SQL] = [list, status, isLastAdministrator, isLastPermission]
}

extension Service {
  /// Accounts of an agency, or all; for the operator and the agency's administrators.
  ///
  /// - Throws: `session.*`, `right.missing`, `agency.unknown`.
  package func accounts(
    _ query: String, agency code: String?, _ filter: AccountFilter = AccountFilter()
  ) throws(IAuthError) -> [AccountLine] {
    if world.caller.isOperator {
      return try store.read { (tx) throws(IAuthError) in
        let agency = try code.map { (text) throws(IAuthError) in try tx.agency(typed: text).id }
        return try tx.withRoles(try tx.accounts(query, in: agency), in: agency, filter)
      }
    }
    return try readSignedIn { (tx, session) throws(IAuthError) in
      let own = session.account.agency
      let agency = try code.map { (text) throws(IAuthError) in try tx.agency(typed: text).id }
      guard try tx.isAdministrator(session.account), agency == nil || agency == own else {
        throw .rightMissing(.administrator)
      }
      return try tx.withRoles(try tx.accounts(query, in: own), in: own, filter)
    }
  }

  /// Suspends, restores, closes, unlocks or erases an account, and tells its holder.
  ///
  /// - Returns: the account's status afterwards.
  /// - Throws: `reason.invalid`, `session.*`, `right.missing` for who administers nothing,
  ///   `account.unknown`, `right.missing`, `account.state`, `account.last`; the first that applies.
  package func change(
    account id: AccountID, _ verb: AccountVerb, reason: String
  ) throws(IAuthError) -> AccountStatus {
    // Nobody is told of an unlocking.
    let reason = verb == .unlock && reason.isEmpty ? "" : try FreeText.reason(reason)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<AccountStatus> in
      if let refusal = try tx.refusalToChange(id, verb) {
        return try tx.refuse(refusal, subject: .account(id))
      }
      try tx.expireOverdue(id)
      guard let found = try tx.standing(ofAccount: id) else {
        return try tx.refuse(.accountUnknown, subject: .account(id))
      }
      let refusal = IAuthError.accountState(account: id, status: found.status)
      switch (verb, found.status) {
      case (.suspend, .active), (.restore, .suspended), (.close, .invited), (.close, .active),
        (.close, .suspended):
        break
      case (.unlock, _) where !found.isErased: break
      case (.erase, _) where !found.isErased: break
      default: throw refusal
      }
      let takesAway = verb == .suspend || verb == .close || verb == .erase
      if takesAway, try tx.isLastAdministrator(id) {
        return try tx.refuse(.accountLast, subject: .account(id))
      }
      return .commit(try tx.apply(verb, to: try tx.account(id: id), reason: reason))
    }
  }

  /// Ends the lock of an address in an agency, whether anybody has an account with it or not.
  ///
  /// - Throws: `right.missing`, `agency.unknown`.
  package func unlock(
    _ address: ContactAddress, agency code: String
  ) throws(IAuthError) -> Agency {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Agency> in
      let agency = try tx.agency(typed: code)
      let key =
        switch address {
        case .email(let email): tx.addressKey(.email, email.text)
        case .mobile(let mobile): tx.addressKey(.sms, mobile.e164)
        }
      // What was typed beside it in the same sign-ins was locked with it.
      var subjects: Set<[UInt8]> = [tx.attemptSubject(agency.id, key)]
      for pair in try tx.all(
        VerificationTable.typedTogether, agency.id, key, tx.now - .days(2),
        read: { row in (email: row.bytes(0), mobile: row.bytes(1)) })
      {
        subjects.formUnion(tx.attemptSubjects(agency.id, pair.email, pair.mobile))
      }
      try tx.forgetAttempts(Array(subjects))
      try tx.audit(.accountUnlocked, .agency(code: agency.code))
      return .commit(agency)
    }
  }

  /// Ends the permission that a request gave, at once.
  ///
  /// - Throws: `session.*`, `request.unknown`, `right.missing`, `request.outside`,
  ///   `permission.none`, `account.last`, `reason.invalid`.
  package func revoke(_ number: RequestID, reason: String) throws(IAuthError) {
    let reason = try FreeText.reason(reason)
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      if let known = try tx.request(number) { try tx.expireOverdue(known.account) }
      let refusal = try tx.refusalToRevoke(number)
      if let refusal { return try tx.refuse(refusal, subject: .request(number)) }
      if try tx.exists(AccountDeskTable.isLastPermission, number) {
        return try tx.refuse(.accountLast, subject: .request(number))
      }
      // What has come up again is decided on; it gives nothing that could end.
      guard try tx.request(number)?.status.isOpen == false, try tx.revoke(number, reason: reason)
      else { throw .permissionNone(number: number) }
      return .commit(())
    }
  }
}

extension Transaction {
  func accounts(
    _ query: String, in agency: AgencyID?
  ) throws(IAuthError) -> [AccountLine] {
    // Names compare as everywhere, addresses without case; digits alone are a number.
    let folded = Folding.fold(query)
    let key = PersonName(stored: folded).key
    let isNumber = folded.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return try all(
      AccountDeskTable.list, agency, folded, key.isEmpty ? nil : key,
      isNumber ? nil : folded.lowercased(), (try? MobileNumber(folded))?.e164
    ) { row in
      AccountLine(
        account: row.id(0),
        agency: Agency(
          id: row.id(9), type: row.word(10, AgencyType.self), code: row.text(11),
          name: row.text(12), path: row.text(13), superior: row.idIfAny(14),
          status: row.word(15, AgencyStatus.self)),
        name: row.text(1), title: row.textIfAny(2),
        email: EmailAddress(stored: row.text(3)).masked,
        mobile: MobileNumber(stored: row.text(4)).masked,
        status: row.word(5, AccountStatus.self), isAdministrator: row.bool(6),
        usedAt: row.timeIfAny(7), isErased: row.bool(8),
        broken: [row.bool(16) ? Channel.email : nil, row.bool(17) ? .sms : nil]
          .compactMap { $0 })
    }
  }

  /// Why the caller may not do this to the account.
  ///
  /// The operator may all; an agency's administrators may suspend and close who holds no `admin`.
  fileprivate func refusalToChange(
    _ id: AccountID, _ verb: AccountVerb
  ) throws(IAuthError) -> IAuthError? {
    if world.caller.isOperator {
      try noteActor()
      return nil
    }
    let me = try session().account
    guard try isAdministrator(me) else { return .rightMissing(.administrator) }
    guard let found = try standing(ofAccount: id), found.agency == me.agency else {
      return .accountUnknown
    }
    try expireOverdue(id)
    let holds = try holdsAdmin(id)
    return (verb == .suspend || verb == .close) && !holds ? nil : .rightMissing(.administrator)
  }

  fileprivate func standing(
    ofAccount id: AccountID
  ) throws(IAuthError) -> (status: AccountStatus, agency: AgencyID, isErased: Bool)? {
    try first(AccountDeskTable.status, id) { row in
      (row.word(0, AccountStatus.self), row.id(1), row.bool(2))
    }
  }

  /// Whether the authority would be without an administrator if this one ended, or rested.
  func isLastAdministrator(_ account: AccountID) throws(IAuthError) -> Bool {
    try exists(AccountDeskTable.isLastAdministrator, account)
  }

  fileprivate func apply(
    _ verb: AccountVerb, to account: Account, reason: String
  ) throws(IAuthError) -> AccountStatus {
    let subject = AuditSubject.account(account.id)
    let person = AuditPerson(account.id, because: reason)
    switch verb {
    case .suspend:
      try run(AccountTable.setStatus, account.id, AccountStatus.suspended, now)
      try endApplications(of: account)
      try audit(.accountSuspended, subject, person: person)
      try settleHandOvers(to: account.id)
      try tell(account, .suspended, at: try addresses(of: account), reason: reason)
      return .suspended
    case .restore:
      try run(AccountTable.setStatus, account.id, AccountStatus.active, now)
      try run(AccountTable.noteUse, account.id, now)
      try audit(.accountRestored, subject, person: person)
      try settleHandOvers(to: account.id)
      try tell(account, .active, at: try addresses(of: account), reason: reason)
      return .active
    case .unlock:
      try forgetAttempts(of: account)
      try audit(.accountUnlocked, subject, person: person)
      return account.status
    case .close, .erase:
      let isInUse = account.status == .active || account.status == .suspended
      let addresses = isInUse ? try self.addresses(of: account) : []
      let invitations = try invitations(of: account)
      if account.status != .closed {
        try endEverything(of: account, reason: reason)
        try run(AccountTable.setStatus, account.id, AccountStatus.closed, now)
        try endApplications(of: account)
        try audit(.accountClosed, subject, person: person)
      }
      if verb == .erase { try eraseProofs(of: account) }
      if verb == .erase || account.status == .invited { try erase(account: account.id) }
      if verb == .erase { try eraseMerged(into: account) }
      // Queued after the erasure, which removes what is queued for the person; the address in it is
      // removed when it is sent.
      try tell(account, .closed, at: addresses, reason: reason)
      try tellSubmitters(of: invitations) { .invitationEnded(request: $0, reason: reason) }
      return .closed
    }
  }

  private func forgetAttempts(of account: Account) throws(IAuthError) {
    let email = addressKey(.email, account.email.text)
    let mobile = addressKey(.sms, account.mobile.e164)
    try forgetAttempts(attemptSubjects(account.agency, email, mobile))
  }

  fileprivate func forgetAttempts(_ subjects: [[UInt8]]) throws(IAuthError) {
    for subject in subjects { try run(VerificationTable.forgetAllAttempts, subject) }
  }

  /// Ends what the person has applied for and not proven, and takes the keys of their addresses,
  /// by which a guess could be checked.
  func eraseProofs(of account: Account) throws(IAuthError) {
    let email = addressKey(.email, account.email.text)
    let mobile = addressKey(.sms, account.mobile.e164)
    try endApplications(email, mobile, in: nil)
    try run(VerificationTable.eraseKeys, email, mobile)
    try forgetAttempts(of: account)
  }

  /// Ends the applications that wait for codes to a contact of the account: what was sent there
  /// before the account changed is worth nothing afterwards.
  ///
  /// Sign-ins and step-ups end by the schema.
  func endApplications(of account: Account) throws(IAuthError) {
    try endApplications(
      addressKey(.email, account.email.text), addressKey(.sms, account.mobile.e164),
      in: account.agency)
  }

  private func endApplications(
    _ email: [UInt8], _ mobile: [UInt8], in agency: AgencyID?
  ) throws(IAuthError) {
    let open = try all(VerificationTable.openApplications, email, mobile, agency) { row in
      (id: row.id(0) as VerificationID, reference: Reference(stored: row.text(1)))
    }
    for application in open { try lapse(application: application.id, application.reference) }
  }

  /// What an account has and waits for ends with it.
  func endEverything(of account: Account, reason: String) throws(IAuthError) {
    for number: RequestID in try ids(RequestTable.activePermissions, account.id) {
      try run(RequestTable.revoke, number, now, actor?.account, reason)
      try audit(.revoked, .request(number))
      if let request = try request(number) { try settle(afterEnd: request) }
    }
    for number: RequestID in try ids(RequestTable.pendingOf, account.id) {
      try end(number, .lapsed, by: actor?.account, note: reason)
      try audit(.lapsed, .request(number))
      if let request = try request(number) { try finishBatch(of: request) }
    }
  }

  func tell(
    _ account: Account, _ status: AccountStatus, at addresses: [Recipient], reason: String
  ) throws(IAuthError) {
    guard actor?.account != account.id else { return }
    try queue(
      .accountChanged(
        status: status, agency: AgencyLabel(try agency(id: account.agency)), reason: reason),
      to: addresses, reference: "account:\(account.id)")
  }

  /// Where a holder is told what becomes of their account: at the address on file, and at the one
  /// that they have asked for themselves, proven, and wait for.
  ///
  /// One that a form asks for is written to by nobody before the decision.
  func addresses(of account: Account) throws(IAuthError) -> [Recipient] {
    guard let number: RequestID = try id(RequestTable.pendingChange, account.id),
      let change = try request(number), change.origin == "self",
      let new = try replacement(of: change),
      new.email != account.email.text
    else { return [.mail(account)] }
    return [
      .mail(account), Recipient(channel: .email, address: new.email, account: account.id),
    ]
  }

  func queue(
    _ notice: Notice, to recipients: [Recipient], reference: String, request: RequestID? = nil
  ) throws(IAuthError) {
    for recipient in recipients {
      try queue(notice, to: recipient, reference: reference, request: request)
    }
  }

  /// Who may end a permission: whoever may decide on such a request, its holder, the agency's
  /// administrator for a `general` one, the operator.
  fileprivate func refusalToRevoke(
    _ number: RequestID
  ) throws(IAuthError) -> IAuthError? {
    var me: Account?
    do throws(IAuthError) {
      me = try session().account
    } catch {
      guard world.caller.isOperator else { throw error }
    }
    guard let request = try request(number) else { return .requestUnknown(number: number) }
    if world.caller.isOperator { return nil }
    guard let me else { return .sessionNone }
    if try holder(of: request) == me.id { return nil }
    guard try maySee(request, me) else { return .requestUnknown(number: number) }
    guard try isAdministrator(me) else { return .rightMissing(.reviewer) }
    // By a succession, or its undoing, the permission may be another agency's than the request was.
    if try exists(RequestTable.mayDecide, number, me.id, now),
      try !exists(SuccessionTable.isElsewhere, number)
    {
      return nil
    }
    guard try exists(RequestTable.administers, number, me.id, now)
    else { return .requestOutside(number: number) }
    return nil
  }
}
