// 交接 in Form 2 (PRODUCT 11.1): somebody else takes a permission over, from whom the row names beside
// its own person.

import SQLite
import Sheets
import Values

extension BatchImporter {
  /// 交接: a `grant` request for the row's person, which ends the permission of whom 原管理者姓名 and
  /// 原公務信箱 name when it takes effect.
  mutating func handOver(
    _ row: inout CheckedRow, _ agency: Agency, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> Answer? {
    try invalidateCache()
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return nil }
    guard !contradictsRemoval(&row, agency, system, role),
      let old = try person(&row, in: agency)
    else { return nil }
    if let earlier = claims.removed[.init(account: old.id, system: system.id, role: role)] {
      contradict(&row, earlier, .change)
      return nil
    }
    var known = try sentBack(&row, agency, system, role)
    guard !row.hasErrors else { return nil }
    if known == nil { known = try account(&row, agency, name, email, mobile) }
    guard !row.hasErrors else { return nil }
    if let known, let standing = try standing(known, for: old, system, role),
      !standing.isReturned || standing.batch == nil
    {
      if standing.isReturned { return awaitsApplicant(&row, standing.number) }
      guard claims.row(of: standing.number) == nil, returned.again[standing.number] == nil else {
        try repeats(&row, standing.number)
        return nil
      }
      return .unchanged(standing.number, batch: standing.batch)
    }
    let found = try tx.first(EffectTable.held, old.id, system.id, role) { row in
      (number: row.id(0) as RequestID, ends: row.timeIfAny(1))
    }
    let isDeputy = try found.map { (held) throws(IAuthError) in
      try tx.request(held.number)?.deputyFor != nil
    }
    guard let (held, ends) = found, isDeputy == false else {
      row.add(header, row.subjectColumn, code: ErrorCode.permissionNone.rawValue, Self.holdsNothing)
      return nil
    }
    let starts = try tx.first(EffectTable.standing, held) { row in row.time(0) } ?? tx.now
    guard starts <= max(row.effectiveAt ?? tx.now, tx.now) else {
      let problem = DayProblem.early(permission: held, from: starts.taipeiDay)
      row.add(
        header, .effectiveDate,
        code: ErrorCode.dateInvalid.rawValue, Bilingual(problem.english, problem.chinese))
      return nil
    }
    if let ends, let day = row.effectiveAt, day > ends {
      row.add(header, .effectiveDate, .permissionNone(number: held, .ended))
      return nil
    }
    if let heir = try tx.heirs(of: held).first {
      row.add(
        header, row.subjectColumn, code: "row.conflict",
        Bilingual(
          "request \(heir) is to take this permission over already", "申請案 \(heir) 已核准接任此權限"))
      return nil
    }
    if let earlier = claims.handedOver[held] {
      contradict(&row, earlier, .change)
      return nil
    }
    if let known {
      let number: RequestID? = try tx.id(RequestTable.pendingFor, known.id, system.id, role)
      if let earlier = number.flatMap({ claims.row(of: $0) }) {
        contradict(&row, earlier, .change)
        return nil
      }
      let holds = try tx.heldPermission(known.id, system.id, role) != nil
      let pending = try number.map { (other) throws(IAuthError) in try tx.request(other) } ?? nil
      if let pending, known.id != old.id, !holds, pending.kind == .grant,
        pending.status == .returned, pending.batch != nil
      {
        // What was asked for otherwise, or from somebody else, was sent back, and comes so again.
        let answer = try resubmit(pending.number, &row, system, replaces: held, mending: known)
        guard answer != nil else { return nil }
        claims.handedOver[held] = claims.row
        try noteBesides(pending.number, of: old, system, role)
        return answer
      }
      guard known.id != old.id, !holds, number == nil else {
        row.add(
          header, .name, code: "row.conflict",
          number == nil ? Self.holdsAlready : waiting(pending))
        return nil
      }
    } else {
      guard !clashes(&row, withContactsAskedFor: email, mobile, agency) else { return nil }
    }
    try openBatch()
    let successor: Account
    if let known {
      successor = known
    } else {
      successor = try invite(row, name, email, mobile, agency)
    }
    claims.handedOver[held] = claims.row
    let number = try submit(
      RequestDraft(
        account: successor, system: system.id, role: role, origin: "batch", reason: row.reason,
        effectiveAt: row.effectiveAt, untilAt: row.untilAt, replaces: held))
    if let request = try tx.request(number) { try tx.tellStandIn(request, isGranted: false) }
    try noteBesides(number, of: old, system, role)
    return .accepted(number)
  }

  /// What somebody has taken over from another, or asks to.
  private func standing(
    _ known: Account, for old: Account, _ system: TargetSystem, _ role: Role
  ) throws(IAuthError) -> (number: RequestID, batch: BatchID?, isReturned: Bool)? {
    try tx.first(
      Form2Table.handOver, known.id, old.id, system.id, role,
      read: { row in (number: row.id(0), batch: row.idIfAny(1), isReturned: row.bool(2)) })
  }

  private mutating func invite(
    _ row: CheckedRow, _ name: PersonName, _ email: EmailAddress, _ mobile: MobileNumber,
    _ agency: Agency
  ) throws(IAuthError) -> Account {
    let form = ApplicationForm(
      agency: agency.code, name: name, email: email, mobile: mobile, title: row.title,
      phone: row.phone)
    let account = try tx.invite(form, in: agency, unit: row.unit)
    noteOwnAccount(account)
    return account
  }

  private static let holdsNothing = Bilingual(
    "this person has no such permission to hand over", "此人無此權限可供交接")
  private static let holdsAlready = Bilingual(
    "the new administrator has the permission already; remove the other one by 刪除",
    "新管理者已有此權限，請改以「刪除」提報原管理者")
}
