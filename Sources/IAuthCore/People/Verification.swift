// Entering the codes. One entering is one attempt: all that is needed must be right, and which was
// wrong is not said. A wrong attempt commits, or codes could be guessed for ever (PRODUCT 3.2).

import SQLite
import Sheets
import Values

/// Who is signed in.
package struct SessionReceipt: Equatable, Sendable {
  package let account: AccountID
  package let name: String
  package let agency: Agency
  package let status: AccountStatus
  package let session: String
  package let proven: [Channel]
  package let expiresAt: Timestamp
  /// The replacement of contacts waits for a reviewer, and the permission rests until then.
  package let pendingChange: RequestID?
  /// It was sent back for correction.
  package let isChangeReturned: Bool
  /// What that would change.
  package var asked: [ContactChange] = []
  /// What has changed since the last sign-in.
  package var changes: [ContactChange] = []
}

extension Service {
  /// Which codes a reference waits for, in the order in which they are entered.
  ///
  /// - Throws: `reference.unknown`; `code.expired` where it has been proven already.
  package func channelsNeeded(_ typed: String) throws(IAuthError) -> [Channel] {
    try store.read { (tx) throws(IAuthError) in
      let proof = try tx.verification(typed: typed)
      guard !proof.isProven else { throw proof.isOver }
      return try tx.channelsNeeded(proof)
    }
  }

  /// Checks the first of two codes, so that a person at a terminal is asked for the second only
  /// after the first was right.
  ///
  /// A wrong one is an attempt; a right one changes nothing.
  package func checkFirstCode(_ typed: String, code: String) throws(IAuthError) {
    guard OneTimeCode(code) != nil else { throw .usageCode }
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      let proof = try tx.verification(typed: typed)
      let needed = Array(try tx.channelsNeeded(proof).prefix(1))
      if let error = try tx.checkCodes(proof, needed, [code], operatorMail: settings.operatorMail) {
        return .commitThenThrow(error)
      }
      return .commit(())
    }
  }

  /// How many wrong attempts the caller has left at a reference.
  ///
  /// - Throws: `reference.unknown`.
  package func attemptsLeft(_ typed: String) throws(IAuthError) -> Int {
    try store.read { (tx) throws(IAuthError) in
      try tx.attemptsLeft(try tx.verification(typed: typed))
    }
  }

  /// Enters the codes of a reference: it opens the account where there is none, and signs in.
  ///
  /// - Throws: `reference.unknown`, `code.locked`, `code.expired`, `code.wrong` (counted);
  ///   `code.second`, `account.taken`, `account.suspended` (only after the proof).
  package func prove(_ typed: String, codes: [String]) throws(IAuthError) -> SessionReceipt {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<SessionReceipt> in
      let proof = try tx.verification(typed: typed)
      let needed = try tx.channelsNeeded(proof)
      guard codes.count >= needed.count else {
        throw .usageInput(needed: needed.count, got: codes.count)
      }
      guard codes.prefix(needed.count).allSatisfy({ OneTimeCode($0) != nil }) else {
        throw .usageCode
      }
      if let error = try tx.checkCodes(
        proof, needed, codes, operatorMail: settings.operatorMail)
      {
        return .commitThenThrow(error)
      }
      if let other = try tx.channelStillNeeded(proof, after: needed) {
        return try tx.askSecond(proof, other)
      }
      try tx.run(VerificationTable.useCodes, proof.id, tx.now)
      try tx.run(VerificationTable.close, proof.id, "proven")
      try tx.forgetWrongAttempts(proof)
      switch proof.purpose {
      case .application:
        try tx.run(OutboxTable.eraseCodes, proof.reference.text)
        let end = try tx.openAccount(proof)
        // Where it has opened nothing, nobody is sent to sign in.
        if case .commitThenThrow = end { try tx.run(VerificationTable.giveUp, proof.id) }
        return end
      case .signIn:
        return try tx.signIn(proof, needed == proof.via.channels ? needed : Via.both.channels)
      case .stepUp: return try tx.stepUp(proof, needed)
      }
    }
  }

  /// Who is signed in.
  ///
  /// - Throws: `session.none`, `session.expired`.
  package func status() throws(IAuthError) -> SessionReceipt {
    try readSignedIn { (tx, session) throws(IAuthError) in try tx.receipt(session) }
  }

  /// Ends the caller's session of this name.
  ///
  /// - Throws: `session.none`.
  package func signOut() throws(IAuthError) {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      try tx.noteActor()
      let (caller, name) = (world.caller.name, world.sessionName)
      var ended = try tx.run(AccountTable.endSession, caller, name, tx.now, "signed-out")
      // One that a change of the account ended is given up, too.
      if ended == 0 { ended = try tx.run(AccountTable.giveUpSession, caller, name) }
      guard ended > 0 else { throw .sessionNone }
      try tx.audit(.signedOut, .session(name: world.sessionName))
      return .commit(())
    }
  }
}

extension Transaction {
  /// The codes that a reference waits for: of a sign-in by one channel whose code was right, and not
  /// enough, the other channel's.
  func channelsNeeded(_ proof: Verification) throws(IAuthError) -> [Channel] {
    let chosen = proof.via.channels
    guard proof.purpose == .signIn, chosen.count == 1,
      try exists(VerificationTable.isCodeUsed, proof.id, chosen[0])
    else { return chosen }
    return Channel.allCases.filter { $0 != chosen[0] }
  }

  /// The other channel, where one code is not enough: someone invited has to prove both, and so has
  /// whoever comes from a new place while codes are guessed in masses.
  fileprivate func channelStillNeeded(
    _ proof: Verification, after proven: [Channel]
  ) throws(IAuthError) -> Channel? {
    guard proof.purpose == .signIn, proven.count == 1, proven == proof.via.channels,
      let id = proof.account
    else { return nil }
    if try !account(id: id).needsBothCodes {
      guard try isUnderAttack() else { return nil }
      guard try !isKnownHere(id) else { return nil }
    }
    return Channel.allCases.first { $0 != proven[0] }
  }

  /// Sends the other code under the same reference, and asks for it.
  fileprivate func askSecond(
    _ proof: Verification, _ channel: Channel
  ) throws(IAuthError) -> TransactionEnd<SessionReceipt> {
    let addresses = try addresses(of: proof)
    if channel == .sms, let mobile = addresses?.mobile { try settings.checkCountry(mobile) }
    try run(VerificationTable.useCodes, proof.id, now)
    try sendCodes(of: proof, [channel], in: try agency(id: proof.agency), to: addresses)
    try audit(.codeResent, .reference(proof.reference))
    return .commitThenThrow(.codeSecond(reference: proof.reference.text, channel: channel))
  }

  /// One attempt.
  ///
  /// A returned error is to be kept: its counted attempt commits.
  fileprivate func checkCodes(
    _ proof: Verification, _ needed: [Channel], _ typed: [String], operatorMail: String?
  ) throws(IAuthError) -> IAuthError? {
    try checkNotLocked(proof)
    let reference = proof.reference.text
    guard proof.isOpen, proof.createdAt <= now, now < proof.expiresAt else {
      throw proof.isOver
    }
    let stored = try all(VerificationTable.codes, proof.id) { row in
      StoredCode(
        channel: row.word(0, Channel.self), hash: row.bytes(1), createdAt: row.time(2),
        expiresAt: row.time(3), isUsed: !row.isNull(4))
    }
    var isRight = true
    for (channel, text) in zip(needed, typed) {
      guard let code = stored.first(where: { $0.channel == channel }), !code.isUsed,
        code.createdAt <= now, now < code.expiresAt
      else { throw .codeExpired(reference: reference, isFinished: false) }
      let digits = OneTimeCode(text)?.digits ?? ""
      let hash = codeHash(digits, proof.id, channel, proof.purpose)
      isRight = constantTimeEquals(hash, code.hash) && isRight
    }
    // Someone unknown has a hash that nobody was sent the code of; by chance it could be met.
    if proof.purpose != .application, proof.account == nil { isRight = false }
    guard !isRight else { return nil }
    try audit(.codeWrong, .reference(proof.reference), outcome: ErrorCode.codeWrong.rawValue)
    if try countWrongAttempt(proof, operatorMail: operatorMail) { try tellOwner(proof) }
    return .codeWrong
  }

  /// At the fifth wrong attempt, the holder hears of it.
  private func tellOwner(_ proof: Verification) throws(IAuthError) {
    var owners: [Account] = []
    if let id = proof.account {
      owners = [try account(id: id)]
    } else if let email = proof.email, let mobile = proof.mobile {
      owners = try accounts(
        in: proof.agency, email: EmailAddress(stored: email), mobile: MobileNumber(stored: mobile))
    }
    let notice = Notice.wrongAttempts(agency: AgencyLabel(try agency(id: proof.agency)))
    for owner in owners {
      try queue(notice, to: try addresses(of: owner), reference: "account:\(owner.id)")
    }
    guard owners.isEmpty else { return }
    try queue(
      notice, to: Recipient(channel: .email, address: Recipient.nobody, account: nil),
      reference: proof.reference.text)
  }

  fileprivate func signIn(
    _ proof: Verification, _ proven: [Channel]
  ) throws(IAuthError) -> TransactionEnd<SessionReceipt> {
    guard let id = proof.account else { throw .codeWrong }
    let account = try account(id: id)
    guard isOf(account, proof) else {
      throw .codeExpired(reference: proof.reference.text, isFinished: true)
    }
    switch account.status {
    case .suspended:
      return try refuse(
        .accountSuspended(agency: try agency(id: proof.agency).code), subject: .account(id))
    case .closed: return try refuse(.accountUnknown, subject: .account(id))
    case .invited:
      try expireOverdue(id)
      guard try exists(AccountTable.byID, id) else {
        return .commitThenThrow(.codeExpired(reference: proof.reference.text, isFinished: true))
      }
      try run(AccountTable.setStatus, id, AccountStatus.active, now)
      try audit(.accountOpened, .account(id))
    case .active:
      if let idleAfter = settings.idleAfter, try isIdle(account, after: idleAfter) {
        try suspendIdle(account)
        return .commitThenThrow(.accountSuspended(agency: try agency(id: proof.agency).code))
      }
    }
    if account.isUnproven { try run(AccountTable.setUnproven, id, nil as Timestamp?) }
    if account.isUnproven || account.status == .invited { try settleHandOvers(to: id) }
    return .commit(
      try startSession(
        account: id, emailProven: proven.contains(.email), smsProven: proven.contains(.sms)))
  }

  /// Whether the codes went to the contacts that the account has now.
  private func isOf(_ account: Account, _ proof: Verification) -> Bool {
    proof.emailKey == addressKey(.email, account.email.text)
      && proof.mobileKey == addressKey(.sms, account.mobile.e164)
  }

  fileprivate func stepUp(
    _ proof: Verification, _ proven: [Channel]
  ) throws(IAuthError) -> TransactionEnd<SessionReceipt> {
    let session = try session()
    guard session.id == proof.session, isOf(session.account, proof) else { throw .sessionNone }
    try run(
      AccountTable.proveSession, session.id, proven.contains(.email), proven.contains(.sms), now)
    try run(
      AccountTable.contactWorks, session.account.id, proven.contains(.email), proven.contains(.sms))
    try audit(.steppedUp, .account(session.account.id))
    return .commit(try receipt(try self.session()))
  }

  /// Starts the caller's session; another one of the same name ends.
  func startSession(
    account: AccountID, emailProven: Bool, smsProven: Bool
  ) throws(IAuthError) -> SessionReceipt {
    try run(AccountTable.endSession, world.caller.name, world.sessionName, now, "replaced")
    try run(
      AccountTable.addSession, world.caller.name, world.sessionName, account, emailProven,
      smsProven, now, now + settings.sessionLifetime)
    try run(AccountTable.noteUse, account, now)
    try run(AccountTable.contactWorks, account, emailProven, smsProven)
    let session = try session()
    let changes = try contactChanges(of: session.account)
    try audit(
      .signedIn, .account(account),
      person: AuditPerson(
        account: account,
        fields: [
          ("session", session.name),
          ("proven", session.provenChannels.map(\.rawValue).joined(separator: " ")),
          ("until", session.expiresAt.rfc3339),
        ]))
    var receipt = try receipt(session)
    receipt.changes = changes
    receipt.asked = try contactChangesAsked(of: session.account)
    return receipt
  }

  func receipt(_ session: Session) throws(IAuthError) -> SessionReceipt {
    let change: RequestID? = try id(RequestTable.pendingChange, session.account.id)
    return SessionReceipt(
      account: session.account.id, name: session.account.name.text,
      agency: try agency(id: session.account.agency), status: session.account.status,
      session: session.name, proven: session.provenChannels, expiresAt: session.expiresAt,
      pendingChange: change,
      isChangeReturned: try change.flatMap { (number) throws(IAuthError) in try request(number) }?
        .status == .returned)
  }
}

private struct StoredCode {
  let channel: Channel
  let hash: [UInt8]
  let createdAt: Timestamp
  let expiresAt: Timestamp
  let isUsed: Bool
}
