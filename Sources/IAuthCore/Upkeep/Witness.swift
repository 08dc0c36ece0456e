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
  /// - Throws: `right.missing`; `audit.broken` if the witness has a head that is not in this trail.
  package func handToWitness() throws(IAuthError) -> WitnessOutcome {
    guard let path = settings.witness, !world.isDryRun, try !standsBy() else { return .nothing }
    let (head, handed) = try readAsOperator { (tx) throws(IAuthError) in
      (try tx.checkpoint(), try tx.number(ReminderTable.toldAt, "witness", "handed"))
    }
    guard handed != head.size else { return .nothing }
    let child = ChildProcess(path: path, arguments: [], input: Array(head.text.utf8))
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
        try tx.run(ReminderTable.forget, "witness", "failed")
      } else if try tx.number(ReminderTable.toldAt, "witness", "failed") == nil {
        try tx.run(ReminderTable.tell, "witness", "failed", tx.now)
      }
      guard let broken = try tx.contradiction(of: kept) else { return .commit(()) }
      return .commitThenThrow(broken)
    }
    return problem.map { .refused($0) } ?? .kept(entries: head.size)
  }
}

extension Transaction {
  /// What the witness's heads say against the trail, if anything; it stays known until they fit.
  fileprivate func contradiction(of kept: String) throws(IAuthError) -> IAuthError? {
    let found: (newest: Int64, broken: IAuthError?)
    do throws(IAuthError) {
      let heads = try Anchors(kept, uuid: try serviceUUID())
      found = (heads.newest ?? 0, try firstUnfit(heads))
    } catch {
      switch error {
      case .anchorMissing: return nil  // One that says nothing, or keeps nothing yet.
      case .auditBroken(let seq, _): found = (seq, error)
      default: throw error
      }
    }
    guard case .auditBroken(let seq, _)? = found.broken else {
      try run(ReminderTable.forget, "witness", "ahead")
      try run(SettlingTable.compare, found.newest)
      return nil
    }
    if try number(ReminderTable.toldAt, "witness", "ahead") == nil {
      try audit(.witnessContradicts, .entries(after: seq), outcome: ErrorCode.auditBroken.rawValue)
    }
    try run(ReminderTable.tell, "witness", "ahead", seq)
    return found.broken
  }

  /// The first head that is not in the trail, by the tree's kept nodes; nothing is verified for it.
  private func firstUnfit(_ heads: Anchors) throws(IAuthError) -> IAuthError? {
    let size = try currentHead().seq
    for number in (Array(heads.entries.keys) + heads.roots.keys).sorted() {
      guard number <= size, number >= 0 else { return .auditBroken(seq: number, .cutOff) }
      if let root = heads.roots[number], try treeRoot(0..<number) != root {
        return .auditBroken(seq: number, .anchor)
      }
      if let hash = heads.entries[number],
        try first(AuditFeedTable.entry, number, read: { AuditLine(row: $0).hash }) != hash
      {
        return .auditBroken(seq: number, .anchor)
      }
    }
    return nil
  }

  /// What a witness has that is not in the trail.
  func witnessContradiction() throws(IAuthError) -> IAuthError? {
    guard settings.witness != nil, let seq = try number(ReminderTable.toldAt, "witness", "ahead")
    else { return nil }
    return .auditBroken(seq: seq, try currentHead().seq < seq ? .cutOff : .anchor)
  }

  func witnessHealth() throws(IAuthError) -> Finding {
    guard let path = settings.witness else {
      return Finding("witness", .skipped, "none is configured", "未設定")
    }
    if case .auditBroken(let seq, _)? = try witnessContradiction() {
      return Finding(
        "witness", .fail,
        "it has a head of \(seq) entries that is not in this trail: work was lost, or history "
          + "rewritten", "見證存有第 \(seq) 筆之鏈首，與本機紀錄不符：資料有所遺失，或紀錄遭改寫")
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
