// The counters around codes (PRODUCT 3.2): how many are sent to an address, and how many wrong ones
// are taken before a caller, or everyone, is locked out. Keys are keyed hashes, so that someone
// unknown is counted exactly as someone known, and no address of theirs is kept.

import SQLite
import Sheets
import Values

extension Transaction {
  /// The keyed hash by which an address is counted.
  func addressKey(_ channel: Channel, _ address: String) -> [UInt8] {
    HMACSHA256.code(key: key, message: Array("iauth-address/1 \(channel.rawValue) \(address)".utf8))
  }

  /// What a wrong attempt counts against: an address in an agency.
  ///
  /// A new reference or another second address resets nothing.
  func attemptSubjects(_ agency: AgencyID, _ emailKey: [UInt8], _ mobileKey: [UInt8]) -> [[UInt8]] {
    [emailKey, mobileKey].map { address in
      HMACSHA256.code(key: key, message: Array("iauth-subject/1 \(agency) ".utf8) + address)
    }
  }

  private func attemptSubjects(_ proof: Verification) -> [[UInt8]] {
    attemptSubjects(proof.agency, proof.emailKey, proof.mobileKey)
  }

  // MARK: Sending

  /// Refuses when one more code to this address would be too many.
  ///
  /// - Throws: `send.throttled` with the time from which one more is allowed.
  func checkSendBudget(
    _ purpose: CodePurpose, addressKey: [UInt8]
  ) throws(IAuthError) {
    let sends = try all(
      VerificationTable.sends, addressKey, purpose, world.caller.name, now - .days(1)
    ) { row in (at: row.time(0), isOwn: row.bool(1)) }
    let bounds: [(count: Int, within: TimeSpan, ownOnly: Bool)] = [
      (Limits.sendsPerMinute, .minutes(1), false), (Limits.sendsPerTenMinutes, .minutes(10), false),
      (Limits.sendsPerCallerDay, .days(1), true), (Limits.sendsPerDay, .days(1), false),
    ]
    for bound in bounds {
      let counted = sends.filter { $0.at > now - bound.within && (!bound.ownOnly || $0.isOwn) }
      guard counted.count < bound.count else {
        throw .sendThrottled(until: counted[bound.count - 1].at + bound.within)
      }
    }
  }

  /// Refuses when a caller of the gate has had its hour's codes.
  func checkCallerBudget(_ codes: Int) throws(IAuthError) {
    guard world.caller.isGated else { return }
    let sends = try all(VerificationTable.sendsOfCaller, world.caller.name, now - .hours(1)) {
      row in
      row.time(0)
    }
    let hourly =
      world.caller.isPublic
      ? min(settings.gateSends, Limits.publicSendsPerHour) : settings.gateSends
    let allowed = hourly - codes
    guard sends.count > max(allowed, -1) else { return }
    throw .sendThrottled(until: (allowed < 0 ? now : sends[allowed]) + .hours(1))
  }

  func noteSend(_ purpose: CodePurpose, _ channel: Channel, addressKey: [UInt8])
    throws(IAuthError)
  {
    try run(VerificationTable.addSend, purpose, channel, addressKey, world.caller.name, now)
  }

  // MARK: Entering

  /// Refuses a caller who is locked out, whatever is entered.
  ///
  /// - Throws: `code.locked`, with the time when the lock ends, if it ends by itself.
  func checkNotLocked(_ proof: Verification) throws(IAuthError) {
    let caller = world.caller.name
    for subject in attemptSubjects(proof) {
      if let lock = try counted(subject, caller).lockedUntil, now < lock {
        throw .codeLocked(until: lock)
      }
      if try counted(subject, "").lockedUntil != nil { throw .codeLocked(until: nil) }
    }
    if let lock = try counted([], caller).lockedUntil, now < lock {
      throw .codeLocked(until: lock)
    }
  }

  /// Counts one wrong attempt.
  ///
  /// - Returns: whether it was the fifth, of which the owner is told.
  func countWrongAttempt(
    _ proof: Verification, operatorMail: String?
  ) throws(IAuthError) -> Bool {
    let caller = world.caller.name
    var isFifth = false
    for subject in attemptSubjects(proof) {
      let own = try count(subject, caller, window: nil)
      if own.wrong == Limits.wrongAttemptsPerCaller {
        isFifth = true
        try lock(subject, caller, own, until: now + Limits.lockTime)
      }
      let all = try count(subject, "", window: nil)
      if all.wrong == Limits.wrongAttemptsPerAccount {
        try lock(subject, "", all, until: Timestamp(Int64.max))
        try audit(.accountLocked, .reference(proof.reference))
      }
    }
    if isFifth { try audit(.callerLocked, .reference(proof.reference)) }
    let day = try count([], caller, window: .days(1))
    if day.wrong == Limits.wrongAttemptsPerDay {
      try lock([], caller, day, until: day.since + .days(1))
      try audit(.callerLocked, .everything)
    }
    if try count([], "", window: .hours(1)).wrong == Limits.alertWrongAttemptsPerHour {
      try alarmOperator(operatorMail)
    }
    return isFifth
  }

  /// A success forgets the caller's wrong attempts here, and everyone's.
  func forgetWrongAttempts(_ proof: Verification) throws(IAuthError) {
    for subject in attemptSubjects(proof) {
      try run(VerificationTable.forgetAttempts, subject, world.caller.name)
      try run(VerificationTable.forgetAttempts, subject, "")
    }
  }

  private func counted(_ subject: [UInt8], _ caller: String) throws(IAuthError) -> Counted {
    try first(VerificationTable.attempt, subject, caller) { row in
      Counted(wrong: row.count(0), since: row.time(1), lockedUntil: row.timeIfAny(2))
    } ?? Counted(wrong: 0, since: now, lockedUntil: nil)
  }

  /// Adds one; a lock that has ended, or a window that has passed, starts anew.
  private func count(
    _ subject: [UInt8], _ caller: String, window: TimeSpan?
  ) throws(IAuthError) -> Counted {
    var counted = try counted(subject, caller)
    if let lock = counted.lockedUntil, lock <= now {
      counted = Counted(wrong: 0, since: now, lockedUntil: nil)
    }
    if let window, counted.since + window <= now {
      counted = Counted(wrong: 0, since: now, lockedUntil: nil)
    }
    counted.wrong += 1
    try run(
      VerificationTable.setAttempt, subject, caller, counted.wrong, counted.since,
      counted.lockedUntil)
    return counted
  }

  private func lock(
    _ subject: [UInt8], _ caller: String, _ counted: Counted, until: Timestamp
  ) throws(IAuthError) {
    try run(VerificationTable.setAttempt, subject, caller, counted.wrong, counted.since, until)
  }

  private func alarmOperator(_ mail: String?) throws(IAuthError) {
    try queue(
      .wrongAttemptsAlarm(count: Limits.alertWrongAttemptsPerHour),
      to: Recipient(channel: .email, address: mail ?? Settings.defaultOperatorMail, account: nil),
      reference: "operator")
  }
}

private struct Counted {
  var wrong: Int
  var since: Timestamp
  var lockedUntil: Timestamp?
}
