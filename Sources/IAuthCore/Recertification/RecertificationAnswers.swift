// Answering the items of a review: one by one, all at once, or by a sheet that was filled in. An
// answer is never changed; `end` revokes the permission at once.

import SQLite
import Values

/// What is answered.
package enum RecertificationAnswer: Sendable, Equatable {
  case keep(note: String?)
  case end(reason: String)
}

/// What became of one item in a call.
package struct AnswerOutcome: Sendable {
  package let item: ItemID
  package let request: RequestID?
  package let status: ItemStatus?
  package let answeredBy: String?
  package let answeredAt: Timestamp?
  package let name: String?
  package let agency: String?
  /// Why it was not answered; nil if it was.
  package let refusal: IAuthError?
}

extension Service {
  /// What the signed-in person may still answer.
  ///
  /// - Throws: `session.*`.
  package func recertificationItems() throws(IAuthError) -> [RecertificationItem] {
    try readSignedIn { (tx, session) throws(IAuthError) in
      try tx.recertificationItems(of: session.account)
    }
  }

  /// Answers items, each by itself.
  ///
  /// - Throws: `session.*`, `session.step-up`, `reason.invalid`; what is wrong with one item stands
  ///   in its outcome.
  package func answer(
    _ items: [ItemID], _ answer: RecertificationAnswer
  ) throws(IAuthError) -> [AnswerOutcome] {
    let answer = try answer.checked()
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<[AnswerOutcome]> in
      try tx.endOverduePermissions()
      let session = try tx.session()
      var seen: Set<ItemID> = []
      var outcomes: [AnswerOutcome] = []
      for item in items where seen.insert(item).inserted {
        outcomes.append(try tx.answer(item, answer, by: session))
      }
      try WriteLock.checkInterrupt()
      return .commit(outcomes)
    }
  }

  /// Keeps everything that the signed-in person may still answer.
  ///
  /// - Parameter expected: how many items there have to be.
  /// - Throws: `session.*`, `session.step-up`; `request.changed` if there are more or fewer.
  package func keepAll(
    note: String?, expecting expected: Int
  ) throws(IAuthError) -> [AnswerOutcome] {
    let answer = try RecertificationAnswer.keep(note: note).checked()
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<[AnswerOutcome]> in
      try tx.endOverduePermissions()
      let session = try tx.session()
      let mine = try tx.recertificationItems(of: session.account)
      guard mine.count == expected else {
        throw .recertifyCount(expected: expected, found: mine.count)
      }
      var outcomes: [AnswerOutcome] = []
      for item in mine { outcomes.append(try tx.answer(item.item, answer, by: session)) }
      try WriteLock.checkInterrupt()
      return .commit(outcomes)
    }
  }
}

extension RecertificationAnswer {
  func checked() throws(IAuthError) -> RecertificationAnswer {
    switch self {
    case .keep(let note): .keep(note: try FreeText.filled(note, FreeText.note))
    case .end(let reason): .end(reason: try FreeText.reason(reason))
    }
  }

  var status: ItemStatus {
    switch self {
    case .keep: .kept
    case .end: .ended
    }
  }
}

extension Transaction {
  /// What an account may still answer, by agency and number.
  func recertificationItems(of me: Account) throws(IAuthError) -> [RecertificationItem] {
    let scopes: [SystemID] = try ids(RequestTable.scopes, me.id, me.agency, now)
    let isAuthority = try me.agency == authority().id
    var found: [RecertificationItem] = []
    func add(_ sql: SQL, _ system: SystemID) throws(IAuthError) {
      found += try all(sql, me.agency, system, me.id, me.email.text, me.mobile.e164, now) { row in
        RecertificationItem(row: row)
      }
    }
    for system in scopes {
      try add(RecertificationTable.mineGeneral, system)
      if !isAuthority { try add(RecertificationTable.mineBelow, system) }
    }
    if isAuthority {
      for system in try systemsSeen(by: me) { try add(RecertificationTable.mineEverywhere, system) }
    }
    var seen: Set<ItemID> = []
    found = found.filter { seen.insert($0.item).inserted }.sorted { $0.item < $1.item }
    guard try exists(RecertificationTable.standsIn, me.id, now) else { return found }
    var mine: [RecertificationItem] = []
    for item in found where try mayAnswerAsDeputy(me, item) { mine.append(item) }
    return mine
  }

  func answer(
    _ number: ItemID, _ answer: RecertificationAnswer, by session: Session
  ) throws(IAuthError) -> AnswerOutcome {
    try WriteLock.checkInterrupt()
    let item = try first(RecertificationTable.one, number) { row in RecertificationItem(row: row) }
    var refusal = try refusalToAnswer(item, number, session)
    if refusal == nil, case .end = answer, let item, try isLastPermission(item.request) {
      refusal = .accountLast
    }
    if let refusal {
      let isShown = refusal.code != .recertifyUnknown
      try audit(.refused, .item(number), outcome: refusal.code.rawValue)
      return AnswerOutcome(
        item: number, request: isShown ? item?.request : nil,
        status: isShown ? item?.status : nil, answeredBy: isShown ? item?.answeredBy : nil,
        answeredAt: isShown ? item?.answeredAt : nil, name: nil, agency: nil, refusal: refusal)
    }
    guard let item else { throw .databaseDamaged }
    let note: String?
    switch answer {
    case .keep(let text): note = text
    case .end(let text): note = text
    }
    try run(
      RecertificationTable.answer, number, answer.status.rawValue, session.account.id, now, note)
    try audit(
      answer.status == .kept ? .recertificationKept : .recertificationEnded,
      .item(number))
    switch answer {
    case .keep:
      if item.suspendedAt != nil { try restore(item) }
    case .end(let reason): _ = try revoke(item.request, reason: reason)
    }
    return AnswerOutcome(
      item: number, request: item.request, status: answer.status,
      answeredBy: session.account.name.text, answeredAt: now, name: item.name,
      agency: item.agency.name, refusal: nil)
  }

  /// Why an item may not be answered by someone; the first that holds.
  private func refusalToAnswer(
    _ item: RecertificationItem?, _ number: ItemID, _ session: Session
  ) throws(IAuthError) -> IAuthError? {
    let me = session.account
    guard let item, let review = try recertification(item.recertification) else {
      return .recertifyUnknown(number.value)
    }
    let isTheirs = try isRecertifier(me, of: item)
    var isOwn =
      item.account == me.id || item.email == me.email.text || item.mobile == me.mobile.e164
    if isTheirs, try exists(RecertificationTable.standsIn, me.id, now) {
      let mayAnswer = try mayAnswerAsDeputy(me, item)
      isOwn = isOwn || !mayAnswer
    }
    guard isOwn || isTheirs else {
      return try isAdministrator(me) ? .recertifyUnknown(number.value) : .rightMissing(.reviewer)
    }
    if isOwn { return .requestOwn(number: item.request) }
    if let at = item.answeredAt { return .recertifyAnswered(number, by: item.answeredBy, at: at) }
    if let at = item.permissionEndedAt { return .recertifyOver(number, at: at) }
    let isWaiting = item.status == .open || item.suspendedAt != nil
    guard isWaiting,
      review.closedAt == nil || item.suspendedAt != nil
    else { return .recertifyClosed(review: review.id) }
    guard settings.reviewCodes == .either || session.hasProvenBoth else { return .sessionStepUp }
    return nil
  }

  /// What the one represented may not answer, a deputy may not either (PRODUCT 11.1).
  private func mayAnswerAsDeputy(
    _ me: Account, _ item: RecertificationItem
  ) throws(IAuthError) -> Bool {
    let system = try system(code: item.system, command: "recertify").id
    return try exists(RecertificationTable.answersFor, me.id, now, system, item.account)
  }

  /// Whether an item is one of those that this person answers, whatever became of it.
  ///
  /// For `general` the agency's administrators of the system; for `admin` those of an agency above,
  /// or of the authority (PRODUCT 11.3).
  private func isRecertifier(
    _ me: Account, of item: RecertificationItem
  ) throws(IAuthError) -> Bool {
    let scopes: [SystemID] = try ids(RequestTable.scopes, me.id, me.agency, now)
    let system = try system(code: item.system, command: "recertify").id
    switch item.role {
    case .general: return me.agency == item.agency.id && scopes.contains(system)
    case .admin:
      if try me.agency == authority().id { return try systemsSeen(by: me).contains(system) }
      guard me.agency != item.agency.id, scopes.contains(system) else { return false }
      return try isWithinReach(item.agency, of: try agency(id: me.agency))
    }
  }
}
