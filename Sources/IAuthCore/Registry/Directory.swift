// Looking up: agencies, systems, and who administers what.

import SQLite
import Sheets
import Values

/// An agency as the search shows it.
package struct AgencyLineItem: Sendable {
  package let agency: Agency
  package let superior: String?
  package let isSuperiorDerived: Bool
  /// The 機關代碼, if the registry has it.
  package let orgCode: String?
  /// When a load or the operator last set it.
  package let updatedAt: Timestamp
  /// Who takes its place on a day to come.
  package internal(set) var succession: AgencySuccession?
}

/// An administrator as anyone of the agency may look them up.
package struct AdministratorLine: Sendable {
  package let system: String
  package let agency: Agency
  package let name: String
  /// Masked for someone who is not signed in.
  package let email: String
  package let since: Timestamp
  /// The permission, by its request's number: what a deputy or a successor names.
  package let request: RequestID
  /// When it ends, if it does.
  package let until: Timestamp?
  /// 職務代理: the permission beside which it stands, and whose that is.
  package let deputyFor: RequestID?
  package let deputyOf: String?
}

enum DirectoryTable {
  static let administrators: SQL = """
    SELECT s.code, a.name, a.email, max(p.granted_at, p.starts_at), d.request, p.ends_at,
      d.deputy_for, (SELECT name FROM account WHERE id = d.represents)
    FROM administrator d JOIN account a ON a.id = d.account JOIN permission p
      ON p.request = d.request JOIN system s ON s.id = d.system
    WHERE d.agency = ?1 AND (?2 IS NULL OR d.system = ?2) AND d.starts_at <= ?3 AND ?3 < d.ends_at
    ORDER BY s.id, p.granted_at, p.request
    """
  /// Agencies that have accounts or permissions at all are few; the rest have none by definition.
  static let missing: SQL = """
    WITH RECURSIVE below (id) AS (SELECT id FROM agency WHERE id = ?1 UNION
      SELECT a.id FROM agency a JOIN below ON a.superior = below.id),
    held (agency, count) AS (SELECT agency, count(DISTINCT account) FROM administrator
      WHERE (?2 IS NULL OR system = ?2) AND starts_at <= ?3 AND ?3 < ends_at
      GROUP BY agency)
    SELECT a.id, a.type, a.code, a.name, a.path, a.superior, a.status, coalesce(h.count, 0),
      a.updated_at
    FROM agency a LEFT JOIN held h ON h.agency = a.id
    WHERE a.status = 'active' AND (?1 IS NULL OR a.id IN (SELECT id FROM below))
      AND coalesce(h.count, 0) < 2 AND (?4 = 0 OR EXISTS (SELECT 1 FROM account o
        WHERE o.agency = a.id AND o.status <> 'closed'))
    ORDER BY a.sort
    """
  static let appointment: SQL = """
    SELECT p.request FROM permission p JOIN request r ON r.id = p.request
    WHERE p.account = ? AND p.status = 'active' AND r.origin = 'appointment' LIMIT 1
    """
  static let withdrawInvitation: SQL = """
    UPDATE message SET status = 'lapsed', recipient = '', subject = '', body = '', claim = NULL,
      claimed_until = NULL WHERE request = ? AND kind = 'invitation' AND status = 'queued'
    """
  /// Whether somebody is an administrator by a permission now.
  static let counts: SQL = "SELECT 1 FROM administrator WHERE request = ?1 AND starts_at <= ?2"
  static let statements: [SQL] = [
    administrators, missing, appointment, withdrawInvitation, counts,
  ]
}

extension Service {
  package func systems() throws(IAuthError) -> [TargetSystem] {
    try store.read { (tx) throws(IAuthError) in try tx.systems() }
  }

  /// The administrators of an agency; by default of the signed-in person's.
  ///
  /// - Throws: `usage.missing` without an agency and a session; `session.expired`;
  ///   `agency.unknown`, `system.unknown`.
  package func administrators(
    agency code: String?, system: String?
  ) throws(IAuthError) -> [AdministratorLine] {
    try store.read { (tx) throws(IAuthError) in
      let session: Session?
      do throws(IAuthError) {
        session = try tx.sessionOrKey()
      } catch {
        guard code != nil else {
          throw error == .sessionNone ? .usageMissing(["--agency"], command: "admins") : error
        }
        session = nil
      }
      let agency: Agency
      if let code {
        agency = try tx.agency(typed: code)
      } else {
        agency = try tx.agency(id: session?.account.agency ?? AgencyID(0))
      }
      let narrowed = try system.map { (code) throws(IAuthError) in
        try tx.system(code: code, command: "admins").id
      }
      return try tx.all(DirectoryTable.administrators, agency.id, narrowed, tx.now) { row in
        let email = EmailAddress(stored: row.text(2))
        return AdministratorLine(
          system: row.text(0), agency: agency, name: row.text(1),
          email: session == nil ? email.masked : email.text, since: row.time(3),
          request: row.id(4), until: row.timeIfAny(5), deputyFor: row.idIfAny(6),
          deputyOf: row.textIfAny(7))
      }
    }
  }

  /// Agencies without an administrator or with only one.
  ///
  /// - Throws: `agency.unknown`, `system.unknown`.
  package func agenciesMissingAdministrators(
    under: String?, system: String?, withPeople: Bool = false
  ) throws(IAuthError) -> [(agency: Agency, administrators: Int, updatedAt: Timestamp)] {
    try store.read { (tx) throws(IAuthError) in
      let top = try under.map { (code) throws(IAuthError) in try tx.agency(typed: code).id }
      let narrowed = try system.map { (code) throws(IAuthError) in
        try tx.system(code: code, command: "admins").id
      }
      return try tx.all(DirectoryTable.missing, top, narrowed, tx.now, withPeople) { row in
        (agency: Agency(row: row), administrators: row.count(7), updatedAt: row.time(8))
      }
    }
  }

  /// Invites a further administrator of the authority; told to all of them.
  ///
  /// - Throws: `right.missing`, `system.unknown`, `account.taken`, `request.duplicate`,
  ///   `permission.held`, `account.suspended`.
  package func appoint(
    _ form: ApplicationForm, system code: String
  ) throws(IAuthError) -> RequestReceipt {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<RequestReceipt> in
      let authority = try tx.authority()
      let system = try tx.system(code: code, command: "admins")
      let number = try tx.appoint(form, in: authority, system)
      guard let request = try tx.request(number) else { throw .databaseDamaged }
      try tx.tellNationalReviewers(
        try tx.summary(request), but: [request.account])
      return .commit(
        RequestReceipt(
          number: number, system: system, role: .admin, kind: .grant, status: .approved,
          reviewers: [], agency: authority, isNational: true,
          counts: try tx.exists(DirectoryTable.counts, number, tx.now)))
    }
  }
}

extension AgencyLineItem {
  init(row: borrowing Row) {
    self.init(
      agency: Agency(row: row), superior: row.textIfAny(7), isSuperiorDerived: row.bool(8),
      orgCode: row.textIfAny(9), updatedAt: row.time(10))
  }
}

extension Transaction {
  func lineItem(_ code: String) throws(IAuthError) -> AgencyLineItem {
    let found = try first(AgencyTable.search, code, nil as AgencyID?, 1, nil as String?) { row in
      AgencyLineItem(row: row)
    }
    guard let found else { throw .agencyUnknown(code: code) }
    return found
  }

  /// Makes someone an administrator of the authority by the operator's word: invited, or an account
  /// that is there already.
  ///
  /// They count once they have proven both codes. Until then a slip in their name or contacts is
  /// mended by another appointment with what should have stood there.
  ///
  /// - Returns: the number of the request, which is approved at once.
  func appoint(
    _ form: ApplicationForm, in authority: Agency, _ system: TargetSystem
  ) throws(IAuthError) -> RequestID {
    // Somebody without a code could never take it up.
    try settings.checkCountry(form.mobile)
    let known = try accounts(in: authority.id, email: form.email, mobile: form.mobile)
    var account = known.first
    if let found = account {
      let isSame =
        known.count == 1 && found.email.text == form.email.text
        && found.mobile.e164 == form.mobile.e164 && found.name.key == form.name.key
      if !isSame {
        account = try mended(found, to: form, others: known.count > 1)
      }
      guard found.status != .suspended else { throw .accountSuspended(agency: authority.code) }
      if let earlier: RequestID = try id(RequestTable.pendingFor, found.id, system.id, Role.admin) {
        throw .requestDuplicate(number: earlier)
      }
      if let held = try heldPermission(found.id, system.id, .admin) {
        guard !isSame, let account, let request = try request(held.number) else {
          throw .permissionHeld(number: held.number, role: held.role, until: held.endsAt)
        }
        try audit(.appointed, .request(held.number), person: form.personalData(account.id))
        try queue(
          .invitation(
            request: try summary(request), agencyCode: authority.code, email: account.email.text,
            expiresAt: now + settings.invitationLifetime),
          to: .mail(account), reference: String(held.number), request: held.number)
        return held.number
      }
    } else {
      account = try invite(form, in: authority)
    }
    guard let account else { throw .databaseDamaged }
    let number = try add(
      RequestDraft(account: account, system: system.id, role: .admin, origin: "appointment"))
    guard let request = try request(number) else { throw .databaseDamaged }
    try end(number, .approved)
    try auditSubmission(.appointed, number, person: form.personalData(account.id))
    try grant(request)
    let summary = try summary(request)
    let notice: Notice =
      account.status == .invited
      ? .invitation(
        request: summary, agencyCode: authority.code, email: account.email.text,
        expiresAt: now + settings.invitationLifetime)
      : .approved(request: summary, url: system.url, note: nil)
    try queue(notice, to: .mail(account), reference: number.description, request: number)
    return number
  }

  /// The account of an appointment that nobody has proven yet, also where the person has applied with
  /// another contact since, with what the operator meant; the
  /// invitation that waits for the other address is taken back.
  ///
  /// - Throws: `account.taken` if it is anybody else's.
  private func mended(
    _ account: Account, to form: ApplicationForm, others: Bool
  ) throws(IAuthError) -> Account {
    guard !others, account.status == .invited || account.isUnproven,
      let number: RequestID = try id(DirectoryTable.appointment, account.id)
    else { throw .accountTaken(agency: try agency(id: account.agency).code) }
    // What the person has asked for meanwhile, nobody could decide on.
    try withdrawChange(of: account)
    try run(
      AccountTable.setContacts, account.id, form.name.text, form.name.key, form.email.text,
      form.mobile.e164, form.title, form.phone, now)
    try endApplications(of: account)
    try run(DirectoryTable.withdrawInvitation, number)
    return try self.account(id: account.id)
  }

  /// Stores an invited account: it becomes a person's once they prove both codes.
  ///
  /// The entry of what they are invited for has their data on the trail.
  func invite(
    _ form: ApplicationForm, in agency: Agency, unit: String? = nil
  ) throws(IAuthError) -> Account {
    let id: AccountID = try insert(
      AccountTable.add, agency.id, form.name.text, form.name.key, form.email.text,
      form.mobile.e164, form.title, unit, form.phone, AccountStatus.invited, now, now)
    return Account(
      id: id, agency: agency.id, name: form.name, email: form.email, mobile: form.mobile,
      title: form.title, status: .invited)
  }
}
