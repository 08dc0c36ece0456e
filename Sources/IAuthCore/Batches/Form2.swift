// Form 2 (附表2): 刪除 takes a permission away at once, or on its day; 修改 asks the authority to
// replace a person's data. Handing over is 刪除 and 新增.

import SQLite
import Sheets
import Values

extension BatchImporter {
  /// 刪除: the permission of whom the row names ends; a pending request of theirs is taken back.
  mutating func remove(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Answer? {
    try invalidateCache()
    guard let account = try person(&row, in: agency) else { return nil }
    let held = try tx.first(Form2Table.held, account.id, system.id, role) { row in
      (number: row.id(0) as RequestID, endsAt: row.timeIfAny(1))
    }
    let pending: RequestID? = try tx.id(RequestTable.pendingFor, account.id, system.id, role)
    let end = row.effectiveAt ?? tx.now
    let isEnding = held?.endsAt.map { $0 <= max(end, tx.now) } ?? (held == nil)
    guard pending != nil || !isEnding else {
      return try earlier(.revoke, account, system, role) ?? .unchanged(held?.number, batch: nil)
    }
    if let pending { try withdrawForForm(pending) }
    let number = try submit(
      RequestDraft(
        account: account, system: system.id, role: role, kind: .revoke, origin: "batch",
        reason: row.reason, effectiveAt: row.effectiveAt))
    try tx.run(
      RequestTable.decide, number, RequestStatus.approved, nil as AccountID?, tx.world.caller.name,
      nil as String?, tx.now)
    if let held {
      let reason = row.reason ?? "附表2 刪除"
      if end <= tx.now {
        _ = try tx.revoke(held.number, reason: reason)
      } else {
        try tx.run(RequestTable.setEnd, held.number, end, reason)
      }
      revoked += 1
    } else {
      try tx.closeIfUnclaimed(account)
    }
    return .accepted(number)
  }

  /// 修改: a `change` request for whom 原管理者姓名 and 原公務信箱 name.
  mutating func modify(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem
  ) throws(IAuthError) -> Answer? {
    try invalidateCache()
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return nil }
    if let known = try tx.first(
      AccountTable.byEmail, agency.id, email.text, read: { Account(row: $0) }),
      isSame(known, row),
      let answer = try earlier(.change, known, system, try role(of: row, known))
    {
      // What it asks for was done: the person goes by the new data now.
      return answer
    }
    guard let account = try person(&row, in: agency) else { return nil }
    let role = try role(of: row, account)
    guard role != .admin || agency.id != authority else {
      row.add(header, .agencyCode, code: "agency.outside", Self.nationalReviewer)
      return nil
    }
    let new = Replacement(
      name: name.text, email: email.text, mobile: mobile.e164, title: row.title)
    guard !isSame(account, row) else { return .unchanged(nil, batch: nil) }
    let others = try tx.accounts(in: agency.id, email: email, mobile: mobile)
    guard others.allSatisfy({ $0.id == account.id }) else {
      row.add(header, .email, code: "row.conflict", Self.conflict)
      return nil
    }
    let change: RequestID? = try tx.id(Form2Table.openChange, account.id)
    let grant: RequestID? = try tx.id(RequestTable.pendingFor, account.id, system.id, role)
    if let pending = change ?? grant {
      let request = try tx.request(pending)
      let asked = try request.map { (known) throws(IAuthError) in try tx.replacement(of: known) }
      guard request?.batch == nil || request?.batch != batch else {
        row.add(header, .priorEmail, code: "row.duplicate", Self.duplicate)
        return nil
      }
      guard asked == new else {
        row.add(header, .change, code: "row.conflict", Self.waiting)
        return nil
      }
      return .unchanged(pending, batch: request?.batch)
    }
    return .accepted(
      try submit(
        RequestDraft(
          account: account, system: system.id, role: role, kind: .change, origin: "batch",
          reason: row.reason, effectiveAt: row.effectiveAt, replacement: new)))
  }

  /// An administrator's data are the authority's to decide on, whichever role the row names.
  private func role(of row: CheckedRow, _ account: Account) throws(IAuthError) -> Role {
    try tx.holdsAdmin(account.id) ? .admin : row.role ?? .admin
  }

  /// Whether the account has the row's new data.
  private func isSame(_ account: Account, _ row: CheckedRow) -> Bool {
    account.name.key == row.name?.key && account.email.text == row.email?.text
      && account.mobile.e164 == row.mobile?.e164
      && (row.title == nil || row.title == account.title)
  }

  /// The form by which what the row asks for was done; nil if it was by none.
  private func earlier(
    _ kind: RequestKind, _ account: Account, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Answer? {
    try tx.first(Form2Table.earlier, account.id, kind, system.id, role) { row in
      .unchanged(row.id(0), batch: row.id(1))
    }
  }

  /// Whom the row means.
  private func person(
    _ row: inout CheckedRow, in agency: Agency
  ) throws(IAuthError) -> Account? {
    guard let name = row.subjectName, let email = row.subjectEmail else { return nil }
    let known = try tx.first(AccountTable.byEmail, agency.id, email.text) { Account(row: $0) }
    if let known { try tx.expireOverdue(known.id) }
    let found =
      try known.map { (old) throws(IAuthError) in
        try tx.first(AccountTable.byID, old.id) { row in Account(row: row) }
      } ?? nil
    guard let found, found.name.key == name.key else {
      row.add(header, row.subjectColumn, code: ErrorCode.accountUnknown.rawValue, Self.nobody)
      return nil
    }
    return found
  }

  private func withdrawForForm(_ number: RequestID) throws(IAuthError) {
    try tx.run(
      RequestTable.decide, number, RequestStatus.withdrawn, importer.session?.account.id,
      tx.world.caller.name, nil as String?, tx.now)
    try tx.audit(.withdrawn, .request(number))
    if let request = try tx.request(number) { try tx.finishBatch(of: request) }
  }

  private static let nobody = Bilingual(
    "nobody of this agency has this name and e-mail address", "本機關查無此姓名及公務信箱之帳號")
  private static let waiting = Bilingual(
    "another request of this person waits for its review", "此人另有申請案審核中")
}

enum Form2Table {
  static let held: SQL = """
    SELECT request, ends_at FROM permission
    WHERE account = ?1 AND system = ?2 AND role = ?3 AND status = 'active'
    """
  /// A replacement that waits for its review, or approved for its day.
  static let openChange: SQL = """
    SELECT id FROM request WHERE account = ?1 AND kind = 'change'
      AND (status = 'pending' OR (status = 'approved' AND applied_at IS NULL))
    ORDER BY id DESC LIMIT 1
    """
  static let earlier: SQL = """
    SELECT id, batch FROM request WHERE account = ?1 AND kind = ?2 AND system = ?3 AND role = ?4
      AND status = 'approved' AND batch IS NOT NULL
    ORDER BY id DESC LIMIT 1
    """
  static let statements: [SQL] = [held, openChange, earlier]
}
