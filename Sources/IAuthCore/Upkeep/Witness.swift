// The witness (PRODUCT 14): a program that takes the head of the trail to a place that is not ours. What
// it says it has kept is compared with the trail: a survivor that lost acknowledged work, or a history
// that was rewritten, comes to light without anybody having to think of it.

import SQLite
import Sheets
import Values

/// What came of handing the head to the witness.
package enum WitnessOutcome: Equatable, Sendable {
  /// None is configured, or it has this head already.
  case nothing
  case kept(entries: Int64)
  case refused(String)
}

extension Service {
  /// Hands the head on if it has moved, and compares what the witness has kept before.
  ///
  /// Nothing is handed on while a head that does not fit is not settled: it might take the place of
  /// the one that shows it.
  ///
  /// - Throws: `right.missing`; `audit.broken` if the witness has a head that is not in this trail,
  ///   or had one, until somebody settles it.
  package func handToWitness() throws(IAuthError) -> WitnessOutcome {
    guard let path = settings.witness, !world.isDryRun, try !standsBy() else { return .nothing }
    let (head, handed, found) = try readAsOperator { (tx) throws(IAuthError) in
      if let broken = try tx.witnessContradiction() { throw broken }
      let handed = try tx.number(ReminderTable.toldAt, "witness", "handed")
      return (try tx.checkpoint(), handed, try tx.witnessFound())
    }
    guard handed != head.size else { return .nothing }
    let child = ChildProcess(
      path: path, arguments: [], input: Array(head.text.utf8),
      environment: ["IAUTH_FOUND=\(found)"])
    var problem: String?
    var printed: [UInt8] = []
    do throws(DeliveryError) {
      let answer = try child.answer(within: Limits.witnessSeconds)
      printed = answer.printed
      if answer.status != 0 { problem = "status \(answer.status)" }
    } catch {
      if case .temporary(let reason) = error { problem = reason } else { problem = "refused" }
    }
    let kept = String(decoding: printed, as: UTF8.self)
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      if problem == nil {
        try tx.run(ReminderTable.tell, "witness", "handed", head.size)
        try tx.noteFound(KeptHead(head.size, .root, head.root))
        try tx.run(ReminderTable.forget, "witness", "failed")
      } else if try tx.number(ReminderTable.toldAt, "witness", "failed") == nil {
        try tx.run(ReminderTable.tell, "witness", "failed", tx.now)
      }
      try tx.compare(Anchors.heads(in: kept, uuid: try tx.serviceUUID()))
      guard let broken = try tx.witnessContradiction() else { return .commit(()) }
      return .commitThenThrow(broken)
    }
    return problem.map { .refused($0) } ?? .kept(entries: head.size)
  }

  /// Somebody has looked at what the witness has and this trail has not: it is passed over from now
  /// on, and heads are handed on again.
  ///
  /// - Returns: how many heads.
  /// - Throws: `right.missing`.
  package func settleWitness() throws(IAuthError) -> Int {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<Int> in
      let unfit = try tx.heads(WitnessAudience.unfit).sorted { $0.number < $1.number }
      for head in unfit {
        try tx.run(ReminderTable.forget, WitnessAudience.unfit, head.text)
        try tx.run(ReminderTable.tell, WitnessAudience.settled, head.text, tx.now)
      }
      if let first = unfit.first { try tx.audit(.witnessSettled, .entries(after: first.number)) }
      return .commit(unfit.count)
    }
  }
}

/// Under what heads are remembered: the newest that is in the trail, and those that are not.
private enum WitnessAudience {
  static let found = "witness-found"
  static let unfit = "witness-unfit"
  static let settled = "witness-settled"
}

extension Transaction {
  /// Remembers what the witness has that is not in the trail, for its next head may fit again and
  /// take the place of that one; the operator hears of it at once.
  fileprivate func compare(_ kept: [KeptHead]) throws(IAuthError) {
    let passed = try heads(WitnessAudience.settled)
    let known = try heads(WitnessAudience.unfit)
    var unfit: Set<KeptHead> = []
    for head in Set(kept).subtracting(passed) where try !fits(head) { unfit.insert(head) }
    guard unfit.isEmpty else {
      let new = unfit.subtracting(known)
      for head in new { try run(ReminderTable.tell, WitnessAudience.unfit, head.text, now) }
      guard let first = new.map(\.number).min() else { return }
      try audit(
        .witnessContradicts, .entries(after: first), outcome: ErrorCode.auditBroken.rawValue)
      return try queue(
        .witnessContradicts(entries: first),
        to: Recipient(
          channel: .email, address: settings.operatorMail ?? Settings.defaultOperatorMail,
          account: nil), reference: "witness")
    }
    let newest = Set(kept).subtracting(passed).max { $0.number < $1.number }
    guard let newest else { return }
    try noteFound(newest)
    try run(SettlingTable.compare, newest.number)
  }

  fileprivate func heads(_ audience: String) throws(IAuthError) -> Set<KeptHead> {
    Set(try all(ReminderTable.told, audience) { row in row.text(0) }.compactMap { KeptHead($0) })
  }

  /// Whether a head is in the trail, by the tree's kept nodes; nothing is verified for it.
  private func fits(_ head: KeptHead) throws(IAuthError) -> Bool {
    guard head.number >= 0, head.number <= (try currentHead().seq) else { return false }
    switch head.kind {
    case .root: return try treeRoot(0..<head.number) == head.hash
    case .entry:
      let hash = try first(AuditFeedTable.entry, head.number, read: { AuditLine(row: $0).hash })
      return hash == head.hash
    case .foreign: return false
    }
  }

  /// How many entries the newest head has that the witness may keep another one over: it is in this
  /// trail, which is looked at again, or somebody has settled it.
  fileprivate func witnessFound() throws(IAuthError) -> Int64 {
    var found = try heads(WitnessAudience.settled)
    for head in try heads(WitnessAudience.found) where try fits(head) { found.insert(head) }
    return found.map(\.number).max() ?? 0
  }

  fileprivate func noteFound(_ head: KeptHead) throws(IAuthError) {
    for old in try heads(WitnessAudience.found) {
      if old.number > head.number, try fits(old) { return }
      try run(ReminderTable.forget, WitnessAudience.found, old.text)
    }
    try run(ReminderTable.tell, WitnessAudience.found, head.text, now)
  }

  /// What a witness has, or had, that is not in the trail, and nobody has settled.
  func witnessContradiction() throws(IAuthError) -> IAuthError? {
    guard settings.witness != nil else { return nil }
    for head in try heads(WitnessAudience.unfit).sorted(by: { $0.number < $1.number })
    where try !fits(head) {
      return .auditBroken(
        seq: head.number, try currentHead().seq < head.number ? .cutOff : .anchor)
    }
    return nil
  }

  func witnessHealth() throws(IAuthError) -> Finding {
    guard let path = settings.witness else {
      return Finding("witness", .skipped, "none is configured", "未設定")
    }
    if case .auditBroken(let seq, _)? = try witnessContradiction() {
      return Finding(
        "witness", .fail,
        "it has a head of \(seq) entries that is not in this trail: work was lost, or history "
          + "rewritten; once that is looked into: iauth audit --settle-witness",
        "見證存有第 \(seq) 筆之鏈首，與本機紀錄不符：資料有所遺失，或紀錄遭改寫；"
          + "查明後執行 iauth audit --settle-witness")
    }
    let program = HostChecks.program("witness", path)
    guard program.status == .ok else { return program }
    if let failed = try number(ReminderTable.toldAt, "witness", "failed") {
      let since = Timestamp(failed).rfc3339
      return Finding(
        "witness", .warn, "takes no head since \(since)", "自 \(since) 起未能送達鏈首")
    }
    guard let size = try number(ReminderTable.toldAt, "witness", "handed") else {
      return Finding("witness", .warn, "has no head yet: iauth deliver", "尚未送達鏈首：iauth deliver")
    }
    return Finding("witness", .ok, "has a head of \(size) entries", "已送達第 \(size) 筆之鏈首")
  }
}
