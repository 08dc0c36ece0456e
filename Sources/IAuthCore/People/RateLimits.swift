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
    [attemptSubject(agency, emailKey), attemptSubject(agency, mobileKey)]
  }

  func attemptSubject(_ agency: AgencyID, _ addressKey: [UInt8]) -> [UInt8] {
    HMACSHA256.code(key: key, message: Array("iauth-subject/1 \(agency) ".utf8) + addressKey)
  }

  private func attemptSubjects(_ proof: Verification) -> [[UInt8]] {
    attemptSubjects(proof.agency, proof.emailKey, proof.mobileKey)
  }

  // MARK: Sending

  /// Whether someone has signed in to an account from here before, since its contacts are what they
  /// are: what others do to the account is then no hindrance.
  func isKnownHere(_ account: AccountID?) throws(IAuthError) -> Bool {
    try exists(AccountTable.sessionBefore, account ?? 0, world.caller.name)
  }

  /// Refuses when one more code to this address would be too many.
  ///
  /// - Parameter account: whose address it is, if anybody's: for who has signed in to it from here,
  ///   others' codes do not count against the first few of a day.
  /// - Throws: `send.throttled` with the time from which one more is allowed.
  func checkSendBudget(
    _ purpose: CodePurpose, addressKey: [UInt8], account: AccountID?
  ) throws(IAuthError) {
    var sends = try all(
      VerificationTable.sends, addressKey, purpose.rawValue, world.caller.name, now - .days(1)
    ) { row in (at: min(row.time(0), now), isOwn: row.bool(1)) }
    let own = sends.filter(\.isOwn)
    if own.count < Limits.ownSendsPerDay, try isKnownHere(account) { sends = own }
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

  /// Refuses when a caller of the gate has had its hour's messages.
  ///
  /// - Parameter isWhole: these go together, as the notices of one request do: whoever has caused
  ///   none yet may cause them, however many they are.
  func checkCallerBudget(_ messages: Int, isWhole: Bool = false) throws(IAuthError) {
    guard world.caller.isGated, messages > 0 else { return }
    let sends = try all(VerificationTable.sendsOfCaller, world.caller.name, now - .hours(1)) {
      row in min(row.time(0), now)
    }
    let allowed = settings.gateSends - messages
    guard sends.count > max(allowed, isWhole ? 0 : -1) else { return }
    throw .sendThrottled(until: (allowed < 0 ? sends.first ?? now : sends[allowed]) + .hours(1))
  }

  /// Refuses a code to a number outside Taiwan when all callers together have had their day's, and
  /// counts it.
  func countForeignSend() throws(IAuthError) {
    let key = addressKey(.sms, "")
    let sends = try all(
      VerificationTable.sends, key, VerificationTable.foreign, "", now - .days(1)
    ) { row in min(row.time(0), now) }
    guard sends.count < settings.smsForeignDaily else {
      throw .sendThrottled(until: (sends.last ?? now) + .days(1))
    }
    try run(VerificationTable.addSend, VerificationTable.foreign, Channel.sms, key, "", now)
  }

  func noteSend(_ purpose: CodePurpose, _ channel: Channel, addressKey: [UInt8])
    throws(IAuthError)
  {
    try run(
      VerificationTable.addSend, purpose.rawValue, channel, addressKey, world.caller.name, now)
  }

  /// Counts notices that anybody may cause alone, and so without end; what somebody's right causes
  /// is bounded by what there is to decide.
  func noteNotice(to recipients: [Recipient]) throws(IAuthError) {
    guard world.caller.isGated else { return }
    for recipient in recipients {
      try run(
        VerificationTable.addSend, VerificationTable.notice, recipient.channel,
        addressKey(recipient.channel, recipient.address), world.caller.name, now)
    }
  }

  // MARK: Entering

  /// Refuses a caller who is locked out, whatever is entered.
  ///
  /// - Throws: `code.locked`, with the time when the lock ends.
  func checkNotLocked(_ proof: Verification) throws(IAuthError) {
    let caller = world.caller.name
    for (index, subject) in attemptSubjects(proof).enumerated() {
      if let lock = try counted(subject, caller).lockedUntil { throw .codeLocked(until: lock) }
      guard let lock = try counted(subject, "").lockedUntil else { continue }
      guard try isKnownHere(try addressee(of: proof, Channel.allCases[index])) else {
        throw .codeLocked(until: lock)
      }
    }
    if let lock = try counted([], caller).lockedUntil { throw .codeLocked(until: lock) }
  }

  /// Whose account the address is that is to be proven.
  func addressee(of proof: Verification, _ channel: Channel) throws(IAuthError) -> AccountID? {
    if let account = proof.account { return account }
    switch channel {
    case .email:
      guard let email = proof.email else { return nil }
      return try id(AccountTable.byEmail, proof.agency, email)
    case .sms:
      guard let mobile = proof.mobile else { return nil }
      return try id(AccountTable.byMobile, proof.agency, mobile)
    }
  }

  /// Whether so many codes were wrong today that one right one might be luck: then whoever has not
  /// signed in to an account from here before proves both, whatever they chose (SECURITY, odds).
  func isUnderAttack() throws(IAuthError) -> Bool {
    let today = try counted([], Self.everyoneToday)
    return now < today.since + .days(1) && today.wrong >= Limits.wrongAttemptsForBoth
  }

  /// The counter of a whole day, beside that of an hour; no caller has this name.
  private static let everyoneToday = "day"

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
      if own.wrong >= Limits.wrongAttemptsPerCaller {
        isFifth = true
        try lock(subject, caller, own)
      }
      let all = try count(subject, "", window: nil)
      if all.wrong >= Limits.wrongAttemptsPerAccount {
        try lock(subject, "", all)
        try audit(.accountLocked, .reference(proof.reference))
      }
    }
    if isFifth { try audit(.callerLocked, .reference(proof.reference)) }
    let day = try count([], caller, window: .days(1))
    if day.wrong >= Limits.wrongAttemptsPerDay {
      try lock([], caller, day)
      try audit(.callerLocked, .everything)
    }
    if try count([], "", window: .hours(1)).wrong == Limits.alertWrongAttemptsPerHour {
      try alarmOperator(operatorMail)
    }
    _ = try count([], Self.everyoneToday, window: .days(1))
    return isFifth
  }

  /// How many more wrong attempts the caller has at a reference.
  func attemptsLeft(_ proof: Verification) throws(IAuthError) -> Int {
    var left = Limits.wrongAttemptsPerCaller
    for subject in attemptSubjects(proof) {
      let own = try counted(subject, world.caller.name)
      left = min(left, Limits.wrongAttemptsPerCaller - own.wrong)
    }
    return max(0, left)
  }

  /// A success forgets the caller's wrong attempts here, and everyone's.
  func forgetWrongAttempts(_ proof: Verification) throws(IAuthError) {
    for subject in attemptSubjects(proof) {
      try run(VerificationTable.forgetAttempts, subject, world.caller.name)
      try run(VerificationTable.forgetAttempts, subject, "")
    }
  }

  /// What is counted now.
  ///
  /// A lock that has ended starts anew; so does one that ends later than one of its length could:
  /// it is from a clock that was wrong.
  private func counted(_ subject: [UInt8], _ caller: String) throws(IAuthError) -> Counted {
    let found = try first(VerificationTable.attempt, subject, caller) { row in
      Counted(wrong: row.count(0), since: min(row.time(1), now), lockedUntil: row.timeIfAny(2))
    }
    let longest = now + Self.lockLength(subject, caller)
    guard let found, found.lockedUntil.map({ now < $0 && $0 <= longest }) ?? true else {
      return Counted(wrong: 0, since: now, lockedUntil: nil)
    }
    return found
  }

  /// Adds one; a window that has passed starts anew.
  private func count(
    _ subject: [UInt8], _ caller: String, window: TimeSpan?
  ) throws(IAuthError) -> Counted {
    var counted = try counted(subject, caller)
    if let window, counted.since + window <= now {
      counted = Counted(wrong: 0, since: now, lockedUntil: nil)
    }
    counted.wrong += 1
    try run(
      VerificationTable.setAttempt, subject, caller, counted.wrong, counted.since,
      counted.lockedUntil)
    return counted
  }

  /// How long a lock holds: of a caller out of one address, of everyone out of it, of a caller out
  /// of all.
  private static func lockLength(_ subject: [UInt8], _ caller: String) -> TimeSpan {
    if subject.isEmpty { return .days(1) }
    return caller.isEmpty ? Limits.accountLockTime : Limits.lockTime
  }

  /// A caller's day ends a day after its first wrong attempt, every other lock its length from now.
  private func lock(
    _ subject: [UInt8], _ caller: String, _ counted: Counted
  ) throws(IAuthError) {
    let start = subject.isEmpty ? counted.since : now
    try run(
      VerificationTable.setAttempt, subject, caller, counted.wrong, counted.since,
      start + Self.lockLength(subject, caller))
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
