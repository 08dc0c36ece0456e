// Rows of people whose request was sent back for correction (PRODUCT 11.2): a mended row hands it in
// again under its number, and what then stands in the sheet is what is asked for. Where the number
// cannot stay, since the row asks for something of another kind, the earlier request is taken back;
// where both may be meant, the row says that one still waits.

import SQLite
import Sheets
import Values

/// Requests that were sent back, and rows that may have taken their place.
struct SentBack {
  /// Whether an agency has any.
  var ofAgency: [AgencyID: Bool] = [:]
  /// Those of the importer's own forms, by the contacts of whom they are for; nil: not asked yet.
  var ofPerson: [String: [(number: RequestID, name: String)]]?
  /// What a row has made pointless, unless another one hands it in again.
  var pointless: [(number: RequestID, row: Int)] = []
  /// The rows by which people were mended, and by which requests were handed in again.
  var mended: [AccountID: Int] = [:]
  var again: [RequestID: Int] = [:]
  /// What a row may stand in for, unless another one hands it in again.
  var doubtful: [(number: RequestID, row: Int)] = []
}

extension BatchImporter {
  // MARK: Under the same number

  /// Hands a request of a form in again that was sent back, with what the row says now.
  ///
  /// Of a column that the sheet does not have it says nothing: there the earlier value stays.
  ///
  /// - Parameters:
  ///   - replaces: the permission that is handed over; nil for none.
  ///   - known: whom it is for; of somebody invited the data are mended too.
  mutating func resubmit(
    _ number: RequestID, _ row: inout CheckedRow, _ system: TargetSystem,
    replaces: RequestID? = nil, replacement: Replacement? = nil, mending known: Account? = nil
  ) throws(IAuthError) -> Answer? {
    try flush()
    guard let request = try tx.request(number) else { return nil }
    // Whoever submitted it mends it, or the operator: a reviewer who did would decide on their own
    // words, and anybody else speak under another's letter.
    guard isTheirs(request) else {
      row.add(header, .name, code: "row.conflict", Self.othersToMend(number))
      return nil
    }
    if let known, known.status == .invited {
      guard try mayMend(known, number, &row) else { return nil }
    }
    var terms = try tx.terms(of: request)
    let header = header
    let says = { (column: FormColumn) in header.column(column) != nil }
    if says(.reason) { terms.reason = row.reason }
    if rowDocument != nil || says(.document) { terms.document = rowDocument }
    if says(.effectiveDate) { terms.effectiveAt = row.effectiveAt }
    if request.kind == .grant {
      terms.replaces = replaces
      if says(.untilDate) {
        terms.untilAt = row.untilAt
      } else if let until = terms.untilAt {
        // Of the days only one may stand in the sheet; the other has to go with it.
        let day = (until - .seconds(1)).taipeiDay
        do throws(IAuthError) {
          _ = try tx.end(until: day, from: terms.effectiveAt, on: system)
        } catch {
          row.add(header, .untilDate, error)
          return nil
        }
      }
    }
    if var new = replacement {
      if !says(.title) { new.title = terms.replacement?.title }
      terms.replacement = new
    }
    if let known, known.status == .invited { try mend(known, row) }
    try tx.resubmit(request, terms)
    returned.again[number] = claims.row
    if let other = terms.replaces, other != request.replaces,
      let again = try tx.request(number)
    {
      try tx.tellStandIn(again, isGranted: false)
    }
    if let batch = request.batch {
      resubmitted[batch, default: []].append(number)
      if earlierBatch == nil { earlierBatch = batch }
    }
    try staged.begin(tx)
    return .accepted(number)
  }

  /// Whether the importer submitted a request, or is the operator.
  func isTheirs(_ request: PermissionRequest) -> Bool {
    importer.session.map { $0.account.id == request.submitter } ?? true
  }

  private static func othersToMend(_ number: RequestID) -> Bilingual {
    Bilingual(
      "request \(number) of this person was sent back to who submitted it, and is theirs to mend",
      "此人之申請案 \(number) 已退回補正，應由原提報者補正")
  }

  /// Whether a row may give somebody other data: nothing of theirs was approved with the data that
  /// they have, nothing waits that another submitted, and no other row says otherwise.
  private mutating func mayMend(
    _ account: Account, _ number: RequestID, _ row: inout CheckedRow
  ) throws(IAuthError) -> Bool {
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return false }
    if !Self.isSame(account, row) {
      let column = Self.differing([account], name, email, mobile)
      if let earlier = returned.mended[account.id] {
        contradict(&row, earlier, column)
        return false
      }
      if let other: RequestID = try tx.id(
        SentBackTable.bound, account.id, number, importer.session?.account.id)
      {
        row.add(
          header, column, code: "row.conflict",
          Bilingual(
            "request \(other) of this person was approved, or waits, with the data that they have",
            "此人之申請案 \(other) 已依現有資料核准或審核中"))
        return false
      }
    }
    returned.mended[account.id] = claims.row
    return true
  }

  /// Mends the data of somebody invited whom nobody has proven yet.
  private mutating func mend(_ account: Account, _ row: CheckedRow) throws(IAuthError) {
    guard let name = row.name, let email = row.email, let mobile = row.mobile else { return }
    let isSame = Self.isSame(account, row)
    for (was, now, column) in [
      (account.email.text, email.text, FormColumn.email),
      (account.mobile.e164, mobile.e164, .mobile),
    ] where was != now {
      let agency = try tx.agency(id: account.agency)
      namesakes.former[Self.key(agency, was)] = Namesakes.Former(
        account: account.id, row: claims.row, name: account.name.key, column: column)
    }
    let header = header
    let says = { (column: FormColumn) in header.column(column) != nil }
    try tx.run(
      SentBackTable.mend, account.id, name.text, name.key, email.text, mobile.e164, says(.title),
      row.title, says(.unit), row.unit, says(.phone), row.phone, tx.now)
    guard !isSame else { return }
    try tx.audit(
      .accountReplaced, .account(account.id),
      person: AuditPerson(
        account: account.id,
        fields: [("name", name.text), ("email", email.text), ("mobile", mobile.e164)]))
    // From now on the agency has somebody with these contacts.
    people.add(try tx.account(id: account.id))
  }

  // MARK: In its place

  /// Takes a request back at once that stands in the row's way.
  ///
  /// - Returns: false if it is not the importer's to take back.
  mutating func giveWay(_ number: RequestID, _ row: inout CheckedRow) throws(IAuthError) -> Bool {
    if let request = try tx.request(number), !isTheirs(request) {
      row.add(header, .change, code: "row.conflict", Self.othersToMend(number))
      return false
    }
    try takeBack(number)
    row.problems.append(takenBack(number, header))
    return true
  }

  /// Notes what was sent back beside an accepted row: that somebody takes over from whom the row
  /// names, and that something else becomes of them.
  ///
  /// - Parameters:
  ///   - number: the row's own request.
  ///   - isSure: whether both cannot be meant.
  mutating func noteBesides(
    _ number: RequestID?, of account: Account, _ system: TargetSystem, _ role: Role,
    isSure: Bool = true
  ) throws(IAuthError) {
    guard try hasReturned(account.agency) else { return }
    let found: [RequestID] = try tx.ids(SentBackTable.besides, account.id, system.id, role)
    for other in found where other != number {
      if isSure, let request = try tx.request(other), isTheirs(request) {
        returned.pointless.append((other, claims.row))
      } else {
        returned.doubtful.append((other, claims.row))
      }
    }
  }

  /// Notes what else was sent back of a person for whom the row asks for something.
  mutating func noteDoubtful(
    but number: RequestID, _ name: PersonName, _ email: EmailAddress, _ mobile: MobileNumber
  ) throws(IAuthError) {
    if returned.ofPerson == nil {
      var found: [String: [(number: RequestID, name: String)]] = [:]
      try tx.each(SentBackTable.ofSubmitter, importer.session?.account.id) { row in
        let item = (number: row.id(0) as RequestID, name: row.text(1))
        found[row.text(2), default: []].append(item)
        found[row.text(3), default: []].append(item)
        return true
      }
      returned.ofPerson = found
    }
    guard let known = returned.ofPerson, !known.isEmpty else { return }
    var seen: Set<RequestID> = [number]
    for item in (known[email.text] ?? []) + (known[mobile.e164] ?? [])
    where item.name == name.key && seen.insert(item.number).inserted {
      returned.doubtful.append((item.number, claims.row))
    }
  }

  /// Settles what rows have taken the place of, once it is known which requests came again.
  mutating func settleSentBack() throws(IAuthError) {
    settleNamed()
    for (number, row) in returned.pointless where try isSentBack(number) {
      try takeBack(number)
      try add(takenBack(number, form.header(of: row)), to: row)
    }
    for (number, row) in returned.doubtful where try isSentBack(number) {
      let header = form.header(of: row)
      // A row 刪除 takes a grant back; beside any other it would end what the person holds.
      let isGrant = try tx.request(number)?.kind == .grant
      try add(
        RowProblem(
          isError: false, column: header.title(of: .name), code: "row.returned",
          message: Bilingual(
            "request \(number), which is about this person too, was sent back and still waits for its "
              + "correction"
              + (isGrant
                ? "; if this row stands in its place, take that one back by a row 刪除"
                : "; hand its own row in again, mended, or it lapses"),
            "與此人有關之申請案 \(number) 已退回補正，仍待補正；"
              + (isGrant ? "若以本列取代，請另以「刪除」撤回該案" : "請補正該列後重送，否則逾期失效"))),
        to: row)
    }
  }

  private func hasReturned(_ agency: AgencyID) throws(IAuthError) -> Bool {
    if let known = returned.ofAgency[agency] { return known }
    return try tx.exists(SentBackTable.hasReturned, agency)
  }

  private func isSentBack(_ number: RequestID) throws(IAuthError) -> Bool {
    try tx.request(number)?.status == .returned
  }

  private mutating func takeBack(_ number: RequestID) throws(IAuthError) {
    guard let request = try tx.request(number) else { return }
    let account = try tx.account(id: request.account)
    try withdrawForForm(number, account)
    try tx.closeIfUnclaimed(account)
  }

  private func takenBack(_ number: RequestID, _ header: FormHeader) -> RowProblem {
    RowProblem(
      isError: false, column: header.title(of: .change), code: "row.returned",
      message: Bilingual(
        "request \(number), which was sent back, is taken back: this row stands in its place",
        "申請案 \(number) 原已退回補正，由本列取代，故予撤回"))
  }

  /// Why a row cannot be taken beside a request that is open.
  func waiting(_ request: PermissionRequest?) -> Bilingual {
    if let request, request.status == .approved, let day = request.effectiveAt?.taiwanDay {
      return Bilingual(
        "request \(request.number), which changes this person's data, is approved and waits for its day, "
          + "\(day)",
        "此人之變更申請案 \(request.number) 已核准，於 \(day) 生效，屆時方得再申請變更")
    }
    guard let request, request.status == .returned else { return Self.waiting }
    return Bilingual(
      "request \(request.number) of this person was sent back; hand its own row in again, mended",
      "此人之申請案 \(request.number) 已退回補正，請補正該列後重送")
  }

  /// What a person asked for themself is theirs to mend, and counts as asked for meanwhile.
  func awaitsApplicant(
    _ row: inout CheckedRow, _ number: RequestID
  ) -> Answer {
    row.add(
      header, .name, code: "row.returned", isError: false,
      Bilingual(
        "request \(number) of this person was sent back to them for correction",
        "此人自行提出之申請案 \(number) 已退回補正，應由其本人補正"))
    return .unchanged(number, batch: nil)
  }
}

enum SentBackTable {
  static let hasReturned: SQL =
    "SELECT 1 FROM request WHERE agency = ? AND status = 'returned' LIMIT 1"
  /// Somebody invited whose request was sent back, by their name where both contacts are mended.
  ///
  /// Of the importer's own rows, under the same letter: others of that name are namesakes.
  static let byName: SQL = """
    SELECT a.id FROM account a JOIN request r ON r.account = a.id
    WHERE a.agency = ?1 AND a.name_key = ?2 AND a.status = 'invited' AND r.system = ?3
      AND r.role = ?4 AND r.status = 'returned' AND r.kind = 'grant' AND r.submitter IS ?5
      AND coalesce(r.document = ?6, 1) ORDER BY a.id
    """
  static let mend: SQL = """
    UPDATE account SET name = ?2, name_key = ?3, email = ?4, mobile = ?5,
      title = iif(?6, ?7, title), unit = iif(?8, ?9, unit), phone = iif(?10, ?11, phone),
      status_at = iif((name, email, mobile) IS (?2, ?4, ?5), status_at, ?12),
      replaced_at = iif((name_key, email, mobile) IS (?3, ?4, ?5), replaced_at, ?12)
    WHERE id = ?1
    """
  /// What forms have asked for and was sent back: that somebody takes a permission over, that it
  /// ends, and that its holder's data change.
  static let besides: SQL = """
    SELECT r.id FROM permission p JOIN request r ON r.replaces = p.request
    WHERE p.account = ?1 AND p.system = ?2 AND p.role = ?3 AND r.status = 'returned'
      AND r.batch IS NOT NULL
    UNION SELECT id FROM request WHERE account = ?1 AND status = 'returned' AND batch IS NOT NULL
      AND (kind = 'change' OR kind = 'revoke' AND system = ?2 AND role = ?3)
    """
  static let change: SQL = """
    SELECT id FROM request WHERE account = ? AND open = 1 AND kind = 'change'
      AND status = 'returned' AND batch IS NOT NULL
    """
  /// Whether all that somebody invited has is a request, sent back, to take over from somebody.
  static let onlyHandOver: SQL = """
    SELECT r.id FROM request r JOIN permission o ON o.request = r.replaces
    WHERE r.account = ?1 AND o.account = ?2 AND r.status = 'returned' AND r.batch IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM request x WHERE x.account = ?1 AND x.open = 1 AND x.id <> r.id)
      AND NOT EXISTS (SELECT 1 FROM permission WHERE account = ?1 AND status = 'active')
    """
  /// What binds somebody invited to the data that they have.
  static let bound: SQL = """
    SELECT request FROM permission WHERE account = ?1 AND status = 'active'
    UNION ALL SELECT id FROM request WHERE account = ?1 AND open = 1 AND id <> ?2
      AND NOT (status = 'returned' AND (?3 IS NULL OR submitter IS ?3)) LIMIT 1
    """
  static let ofSubmitter: SQL = """
    SELECT r.id, a.name_key, a.email, a.mobile FROM request r JOIN account a ON a.id = r.account
    WHERE r.status = 'returned' AND r.batch IS NOT NULL AND r.kind = 'grant'
      AND r.submitter IS ?1 AND a.name_key IS NOT NULL
    """
  static let statements: [SQL] = [
    hasReturned, byName, mend, bound, besides, change, onlyHandOver, ofSubmitter,
  ]
}
