// What a proven application becomes: a new account, or the account that the person already has.
// Applying again is how a person comes back (PRODUCT 3.1).

import SQLite
import Sheets
import Values

extension Transaction {
  /// Opens the account of a proven application, and signs in.
  ///
  /// - Returns: refused with `account.taken`, `account.suspended`, `account.last`: said only after
  ///   the proof.
  func openAccount(
    _ proof: Verification
  ) throws(IAuthError) -> TransactionEnd<SessionReceipt> {
    guard let name = proof.name, let email = proof.email, let mobile = proof.mobile else {
      throw .databaseDamaged
    }
    let applicant = Applicant(
      agency: proof.agency, name: PersonName(stored: name), email: EmailAddress(stored: email),
      mobile: MobileNumber(stored: mobile), title: proof.title, phone: proof.phone)
    let known = try accounts(
      in: proof.agency, email: applicant.email, mobile: applicant.mobile)
    guard let account = known.first else { return try openNew(applicant) }
    let hasBoth =
      account.email.text == applicant.email.text && account.mobile.e164 == applicant.mobile.e164
    guard known.count == 1, hasBoth || account.name.key == applicant.name.key else {
      return try refuse(
        .accountTaken(agency: try agency(id: proof.agency).code),
        subject: .reference(proof.reference))
    }
    guard account.status != .suspended else {
      return try refuse(
        .accountSuspended(agency: try agency(id: proof.agency).code), subject: .account(account.id))
    }
    return try reapply(account, applicant, hasBoth: hasBoth)
  }

  private func openNew(
    _ applicant: Applicant
  ) throws(IAuthError) -> TransactionEnd<SessionReceipt> {
    let agency = try agency(id: applicant.agency)
    guard agency.status == .active else {
      return try refuse(.agencyRemoved(code: agency.code), subject: .agency(code: agency.code))
    }
    let id: AccountID = try insert(
      AccountTable.add, applicant.agency, applicant.name.text, applicant.name.key,
      applicant.email.text, applicant.mobile.e164, applicant.title, nil as String?,
      applicant.phone, AccountStatus.active, now, now)
    try audit(.accountOpened, .account(id), person: applicant.personalData(id))
    return .commit(try startSession(account: id, emailProven: true, smsProven: true))
  }

  private func reapply(
    _ account: Account, _ applicant: Applicant, hasBoth: Bool
  ) throws(IAuthError) -> TransactionEnd<SessionReceipt> {
    let isSame = hasBoth && account.name.key == applicant.name.key
    let holdsAdmin = try holdsAdmin(account.id)
    let isReviewed = holdsAdmin && !isSame
    // Nobody could decide on the change, and while it waits the authority would have no
    // administrator: whoever has one of the contacts could bring that about.
    if isReviewed, try isLastAdministrator(account.id) {
      return try refuse(.accountLast, subject: .account(account.id))
    }
    if !isSame { try withdrawChange(of: account) }
    if isReviewed { try requestChange(account, applicant) }
    if account.status == .invited {
      try run(AccountTable.setStatus, account.id, AccountStatus.active, now)
      try audit(.accountOpened, .account(account.id))
      // The contacts that the form put in are proven by nobody, whatever becomes of the change.
      if isReviewed { try run(AccountTable.setUnproven, account.id, now) }
    }
    if isReviewed {
      // Only what was proven of the stored contacts counts: the permission rests, and a review
      // would still need the code that goes to the contact on file.
      return .commit(
        try startSession(
          account: account.id, emailProven: account.email.text == applicant.email.text,
          smsProven: account.mobile.e164 == applicant.mobile.e164))
    }
    try replace(
      account,
      with: Replacement(
        name: applicant.name.text, email: applicant.email.text, mobile: applicant.mobile.e164,
        title: applicant.title), phone: applicant.phone)
    if account.isUnproven { try run(AccountTable.setUnproven, account.id, nil as Timestamp?) }
    try settleHandOvers(to: account.id)
    return .commit(
      try startSession(account: account.id, emailProven: true, smsProven: true))
  }

  /// Replaces name and contacts at once, and tells the old address and the new.
  ///
  /// Sessions end by the schema; pending requests show it by a mark, and their version changes.
  ///
  /// - Parameters:
  ///   - isDecided: the address that stays or comes hears of it by the decision's mail.
  ///   - isByForm: what a form put in, the next sign-in proves; nothing is decided until then.
  func replace(
    _ account: Account, with new: Replacement, phone: String? = nil, isDecided: Bool = false,
    isByForm: Bool = false
  ) throws(IAuthError) {
    let name = PersonName(stored: new.name)
    try run(
      AccountTable.setContacts, account.id, name.text, name.key, new.email, new.mobile, new.title,
      phone, now)
    let isEmailNew = account.email.text != new.email
    let isMobileNew = account.mobile.e164 != new.mobile
    guard isEmailNew || isMobileNew || account.name.key != name.key else { return }
    if isByForm, isEmailNew || isMobileNew { try run(AccountTable.setUnproven, account.id, now) }
    if isEmailNew || isMobileNew {
      try endApplications(of: account)
      try endApplications(of: try self.account(id: account.id))
    }
    let applicant = Applicant(
      agency: account.agency, name: name, email: EmailAddress(stored: new.email),
      mobile: MobileNumber(stored: new.mobile), title: new.title, phone: phone)
    try audit(
      .accountReplaced, .account(account.id), person: applicant.personalData(account.id))
    let notice = Notice.contactChanged(
      agency: AgencyLabel(try agency(id: account.agency)), email: applicant.email.masked,
      mobile: applicant.mobile.masked)
    let reference = "account:\(account.id)"
    if isEmailNew || !isDecided { try queue(notice, to: .mail(account), reference: reference) }
    if isEmailNew, !isDecided {
      try queue(
        notice, to: Recipient(channel: .email, address: new.email, account: account.id),
        reference: reference)
    }
    if isMobileNew {
      try queue(
        notice,
        to: Recipient(channel: .sms, address: account.mobile.e164, account: account.id),
        reference: reference)
    }
  }

  /// A later application, or another appointment, replaces what an earlier one asked for.
  func withdrawChange(of account: Account) throws(IAuthError) {
    guard let earlier: RequestID = try id(RequestTable.pendingChange, account.id) else { return }
    try end(earlier, .withdrawn, by: account.id)
    try audit(.withdrawn, .request(earlier))
    if let request = try request(earlier) { try finishBatch(of: request) }
  }

  /// An administrator's new contacts are their reviewer's to accept; the permission rests until
  /// then.
  private func requestChange(_ account: Account, _ applicant: Applicant) throws(IAuthError) {
    guard let system: SystemID = try id(RequestTable.adminSystem, account.id, nil as SystemID?)
    else {
      throw .databaseDamaged
    }
    let number = try add(
      RequestDraft(
        account: account, system: system, role: .admin, kind: .change, origin: "self",
        replacement: Replacement(
          name: applicant.name.text, email: applicant.email.text, mobile: applicant.mobile.e164,
          title: applicant.title)))
    try auditSubmission(.requested, number, person: applicant.personalData(account.id))
    try settleHandOvers(to: account.id)
    if let request = try request(number) { _ = try tellReviewers(of: request) }
  }
}

/// The person of a proven application.
private struct Applicant {
  let agency: AgencyID
  let name: PersonName
  let email: EmailAddress
  let mobile: MobileNumber
  let title: String?
  let phone: String?

  func personalData(_ account: AccountID) -> AuditPerson {
    AuditPerson(
      account: account,
      fields: [("name", name.text), ("email", email.text), ("mobile", mobile.e164)])
  }
}
