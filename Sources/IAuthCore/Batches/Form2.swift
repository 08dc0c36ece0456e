// Form 2 (附表2): 刪除 asks that a permission be taken away, at once or on its day; 修改 asks the
// authority to replace a person's data; 交接 (HandOver.swift) lets somebody else take the permission
// over.

import SQLite
import Sheets
import Values

extension BatchImporter {
  /// 刪除: a `revoke` request for the permission of whom the row names, approved at once if the
  /// importer may end it themself; another pending request of theirs for it is taken back.
  mutating func remove(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Answer? {
    try invalidateCache()
    let removal = claims.row(
      removing: row.subjectEmail, row.subjectName, in: agency, system, role)
    guard removal == nil else {
      row.add(header, row.subjectColumn, code: "row.duplicate", Self.duplicate)
      return nil
    }
    guard let account = try person(&row, in: agency) else { return nil }
    let key = RowClaims.Claim(account: account.id, system: system.id, role: role)
    guard claims.removed[key] == nil else {
      row.add(header, row.subjectColumn, code: "row.duplicate", Self.duplicate)
      return nil
    }
    let held = try tx.first(EffectTable.held, account.id, system.id, role) { row in
      (number: row.id(0) as RequestID, endsAt: row.timeIfAny(2))
    }
    let pending: RequestID? = try tx.id(RequestTable.pendingFor, account.id, system.id, role)
    // Her new contacts for the same role wait for nothing any more.
    let change: RequestID? = try tx.first(
      Form2Table.changeOf, account.id, system.id, role, read: { row in row.id(0) })
    if let earlier = (pending ?? change).flatMap({ claims.row(of: $0) })
      ?? held.flatMap({ claims.handedOver[$0.number] }) ?? claims.kept[key]
    {
      contradict(&row, earlier, .change)
      return nil
    }
    let end = row.effectiveAt ?? tx.now
    let isEnding = held?.endsAt.map { $0 <= max(end, tx.now) } ?? (held == nil)
    guard pending != nil || change != nil || !isEnding else {
      return try earlier(.revoke, account, system, role) ?? .unchanged(held?.number, batch: nil)
    }
    let endsAtOnce = try held.map { (old) throws(IAuthError) in try mayEnd(old.number, of: account)
    }
    if let pending, endsAtOnce == false, let waiting = try tx.request(pending),
      waiting.kind == .revoke
    {
      guard returned.again[pending] == nil else {
        row.add(header, row.subjectColumn, code: "row.duplicate", Self.duplicate)
        return nil
      }
      guard waiting.status == .returned else { return .unchanged(pending, batch: waiting.batch) }
      let answer = try resubmit(pending, &row, system)
      try noteBesides(pending, of: account, system, role)
      return answer
    }
    // Nobody stops by a form that their own permission is handed over, nor does who stands in.
    if let pending, let me = importer.session?.account.id,
      let replaced = try tx.request(pending)?.replaces,
      try tx.exists(StandInTable.isTheirs, replaced, me, tx.now)
    {
      row.add(header, .change, .requestOwn(number: pending))
      return nil
    }
    claims.remove(key, of: account, in: agency, system)
    try noteBesides(pending, of: account, system, role)
    for number in [pending, change].compactMap(\.self) { try withdrawForForm(number, account) }
    let number = try submit(
      RequestDraft(
        account: account, system: system.id, role: role, kind: .revoke, origin: "batch",
        reason: row.reason, effectiveAt: row.effectiveAt))
    switch endsAtOnce {
    case false?:
      try remember(number, system: system.id, role, account)
    case true?:
      try tx.end(number, .approved)
      if let request = try tx.request(number) { try tx.applyRevocation(request) }
      revoked += 1
    case nil:
      try tx.end(number, .approved)
      try tx.closeIfUnclaimed(account)
    }
    return .accepted(number)
  }

  /// Whether the importer may end a permission themself, as by `revoke`; a key decides nothing.
  private func mayEnd(_ number: RequestID, of account: Account) throws(IAuthError) -> Bool {
    guard let me = importer.session?.account else { return true }
    guard tx.world.caller.key == nil else { return false }
    if account.id == me.id { return true }
    return try tx.exists(RequestTable.mayDecide, number, me.id, tx.now)
  }

  /// What 修改 does not replace stays as it is, and that is said.
  private func noteKept(
    _ row: inout CheckedRow, of account: Account, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) {
    let ends = try tx.first(EffectTable.held, account.id, system.id, role) { row in
      row.timeIfAny(1)
    }
    if let typed = row.untilAt, typed != ends ?? nil {
      row.add(header, .untilDate, code: "row.kept", isError: false, Self.kept)
    }
    if let typed = row.role, typed != role {
      row.add(header, .role, code: "row.kept", isError: false, Self.kept)
    }
    let known = try tx.first(PendingRequestsTable.desk, account.id) { row in
      (phone: row.textIfAny(0), unit: row.textIfAny(1))
    }
    for (column, typed, stored) in [
      (FormColumn.unit, row.unit, known?.unit), (.phone, row.phone, known?.phone),
    ] {
      guard let typed, typed != stored else { continue }
      row.add(header, column, code: "row.kept", isError: false, Self.kept)
    }
  }

  /// 修改: a `change` request for whom 原管理者姓名 and 原公務信箱 name.
  mutating func modify(
    _ row: inout CheckedRow, _ agency: Agency, _ named: TargetSystem
  ) throws(IAuthError) -> Answer? {
    try invalidateCache()
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return nil }
    if let known = try tx.first(
      AccountTable.byEmail, agency.id, email.text, read: { Account(row: $0) }),
      isSame(known, row)
    {
      let (system, role) = try place(of: row, known, named)
      // What it asks for was done: the person goes by the new data now.
      if let answer = try earlier(.change, known, system, role) { return answer }
    }
    guard !contradictsRemoval(&row, agency, named, row.role ?? .admin),
      let account = try person(&row, in: agency)
    else { return nil }
    // One who shares neither the name nor a contact is somebody else.
    guard
      account.name.key == name.key || account.email.text == email.text
        || account.mobile.e164 == mobile.e164
    else { return try handOver(&row, agency, named, row.role ?? .admin) }
    let (system, role) = try place(of: row, account, named)
    guard role != .admin || agency.id != authority else {
      row.add(header, .agencyCode, code: "agency.outside", Self.nationalReviewer)
      return nil
    }
    try noteKept(&row, of: account, system, role)
    let new = Replacement(
      name: name.text, email: email.text, mobile: mobile.e164, title: row.title)
    guard !isSame(account, row) else {
      // Whatever change was sent back, none is asked for any more.
      if let change: RequestID = try tx.id(SentBackTable.change, account.id),
        let request = try tx.request(change), isTheirs(request)
      {
        returned.pointless.append((change, claims.row))
      }
      return .unchanged(nil, batch: nil)
    }
    var others = try tx.accounts(in: agency.id, email: email, mobile: mobile)
    if let own = firstOwnAccount, let other = others.first(where: { $0.id >= own }) {
      contradict(&row, claims.ownAccounts[Int(other.id.value - own.value)], .email)
      return nil
    }
    // By the same row somebody else was to take over, before it was sent back and mended.
    var inTheWay: [RequestID] = []
    for other in others where other.id != account.id && other.status == .invited {
      guard let number: RequestID = try tx.id(SentBackTable.onlyHandOver, other.id, account.id)
      else { continue }
      inTheWay.append(number)
      others.removeAll { $0.id == other.id }
    }
    guard others.allSatisfy({ $0.id == account.id }) else {
      let isByEmail = others.contains { $0.id != account.id && $0.email.text == email.text }
      row.add(header, isByEmail ? .email : .mobile, code: "row.conflict", Self.conflict)
      return nil
    }
    let change: RequestID? = try tx.id(Form2Table.openChange, account.id)
    let other: RequestID? = try tx.id(RequestTable.pendingFor, account.id, system.id, role)
    if let pending = change ?? other, let request = try tx.request(pending) {
      let isMended = request.status == .returned && request.batch != nil
      if isMended, request.kind == .change {
        for number in inTheWay where try !giveWay(number, &row) { return nil }
        return try resubmit(pending, &row, system, replacement: new)
      }
      guard isMended, request.kind == .revoke else {
        return try refuse(&row, asking: new, beside: request)
      }
      // That the permission ends was sent back, and mended to this.
      inTheWay.append(pending)
    }
    if let earlier = claims.removed[.init(account: account.id, system: system.id, role: role)] {
      contradict(&row, earlier, .change)
      return nil
    }
    guard !clashes(&row, withContactsAskedFor: email, mobile, agency) else { return nil }
    claims.ask(for: email, mobile, in: agency)
    for number in inTheWay where try !giveWay(number, &row) { return nil }
    let number = try submit(
      RequestDraft(
        account: account, system: system.id, role: role, kind: .change, origin: "batch",
        reason: row.reason, effectiveAt: row.effectiveAt, replacement: new))
    try tx.settleHandOvers(to: account.id)
    try noteBesides(number, of: account, system, role, isSure: false)
    return .accepted(number)
  }

  /// A change beside another open request: it says the same, or is one too many.
  private mutating func refuse(
    _ row: inout CheckedRow, asking new: Replacement, beside request: PermissionRequest
  ) throws(IAuthError) -> Answer? {
    let isSame = try tx.replacement(of: request) == new
    if let earlier = claims.row(of: request.number) ?? returned.again[request.number] {
      if isSame {
        row.add(header, .priorEmail, code: "row.duplicate", Self.duplicate)
      } else {
        contradict(&row, earlier, .change)
      }
      return nil
    }
    guard isSame else {
      row.add(header, .change, code: "row.conflict", waiting(request))
      return nil
    }
    guard request.status != .returned else { return awaitsApplicant(&row, request.number) }
    return .unchanged(request.number, batch: request.batch)
  }

  /// An administrator's data are the authority's to decide on, by those of a system that they
  /// administer, whichever role and system the row names.
  private func place(
    of row: CheckedRow, _ account: Account, _ named: TargetSystem
  ) throws(IAuthError) -> (system: TargetSystem, role: Role) {
    guard let id: SystemID = try tx.id(RequestTable.adminSystem, account.id, named.id) else {
      return (named, row.role ?? .admin)
    }
    return (id == named.id ? named : try tx.system(id: id), .admin)
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

  /// Whether an earlier row takes the role away from whom this one means; both are marked if so.
  mutating func contradictsRemoval(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) -> Bool {
    let earlier = claims.row(
      removing: row.subjectEmail, row.subjectName, in: agency, system, role)
    guard let earlier else { return false }
    contradict(&row, earlier, .change)
    return true
  }

  /// Whom the row means.
  func person(
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

  /// Takes a request back; whoever had made it themselves hears of it.
  mutating func withdrawForForm(
    _ number: RequestID, _ account: Account
  ) throws(IAuthError) {
    if let request = try tx.request(number), request.origin == "self",
      account.id != tx.actor?.account
    {
      try tx.queue(
        .withdrawnByForm(request: try tx.summary(request)), to: .mail(account),
        reference: number.description, request: number)
    }
    let summary = try tx.request(number).map { (request) throws(IAuthError) in
      try tx.summary(request)
    }
    try tx.end(number, .withdrawn, by: importer.session?.account.id)
    try tx.audit(.withdrawn, .request(number))
    guard let request = try tx.request(number) else { return }
    if let summary, let batch = request.batch, let submitter = request.submitter {
      ended.append(EndedRow(batch: batch, submitter: submitter, summary: summary))
    }
    try tx.finishBatch(of: request)
  }

  static let nobody = Bilingual(
    "nobody of this agency has this name and e-mail address", "本機關查無此姓名及公務信箱之帳號")
}

enum Form2Table {
  /// A replacement that waits for its review, or approved for its day.
  static let openChange: SQL = """
    SELECT id FROM request WHERE account = ?1 AND kind = 'change'
      AND (open = 1 OR (status = 'approved' AND applied_at IS NULL))
    ORDER BY id DESC LIMIT 1
    """
  static let changeOf: SQL = """
    SELECT id FROM request WHERE account = ?1 AND system = ?2 AND role = ?3 AND open = 1
      AND kind = 'change'
    """
  static let earlier: SQL = """
    SELECT id, batch FROM request WHERE account = ?1 AND kind = ?2 AND system = ?3 AND role = ?4
      AND status = 'approved' AND batch IS NOT NULL
    ORDER BY id DESC LIMIT 1
    """
  /// Whether somebody has taken another's permission over, or asks to.
  static let handOver: SQL = """
    SELECT r.id, r.batch, r.status = 'returned' FROM request r
      JOIN permission o ON o.request = r.replaces LEFT JOIN permission p ON p.request = r.id
    WHERE r.account = ?1 AND o.account = ?2 AND r.system = ?3 AND r.role = ?4
      AND (r.open = 1 OR p.status = 'active')
    """
  static let statements: [SQL] = [openChange, changeOf, earlier, handOver]
}
