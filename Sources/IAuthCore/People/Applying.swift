// Applying for an account, and beginning a sign-in: a reference is stored, and its codes are
// queued. Nothing here tells whether a person is known (PRODUCT 3.1, 3.2).

import SQLite
import Sheets
import Values

/// What an applicant typed, parsed.
package struct ApplicationForm: Sendable {
  package let agency: String
  package let name: PersonName
  package let email: EmailAddress
  package let mobile: MobileNumber
  package let title: String?
  package let phone: String?

  /// What the trail keeps of the person, erasable.
  func personalData(_ account: AccountID) -> AuditPerson {
    AuditPerson(
      account: account,
      fields: [("name", name.text), ("email", email.text), ("mobile", mobile.e164)])
  }

  /// Values that were parsed one by one, as a sheet's row is.
  init(
    agency: String, name: PersonName, email: EmailAddress, mobile: MobileNumber, title: String?,
    phone: String?
  ) {
    self.agency = agency
    self.name = name
    self.email = email
    self.mobile = mobile
    self.title = title
    self.phone = phone
  }

  /// Parses what was typed.
  ///
  /// - Throws: `name.invalid`, `email.invalid`, `mobile.invalid`, `title.invalid`, `phone.invalid`.
  package init(
    agency: String, name: String, email: String, mobile: String, title: String? = nil,
    phone: String? = nil
  ) throws(IAuthError) {
    self.agency = agency
    self.name = try PersonName(name)
    self.email = try EmailAddress(email)
    self.mobile = try MobileNumber(mobile)
    self.title = try FreeText.filled(title, FreeText.title)
    self.phone = try FreeText.filled(phone, FreeText.phone)
  }
}

/// A reference under which codes are waited for.
package struct VerificationReceipt: Equatable, Sendable {
  package let reference: Reference
  package let purpose: CodePurpose
  package let agency: Agency
  package let via: Via
  /// Masked; only of an application, whose applicant has just typed them.
  package let email: String?
  package let mobile: String?
  package let expiresAt: Timestamp
}

extension Service {
  /// The agency that a code names, as `apply` shows it before it goes on.
  ///
  /// - Throws: `agency.unknown`, `agency.removed`.
  package func agencyForApplication(_ code: String) throws(IAuthError) -> Agency {
    try store.read { (tx) throws(IAuthError) in try tx.activeAgency(typed: code) }
  }

  /// Stores an application and queues both of its codes.
  ///
  /// - Throws: `agency.unknown`, `agency.removed`, `send.throttled`.
  package func apply(_ form: ApplicationForm) throws(IAuthError) -> VerificationReceipt {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<VerificationReceipt> in
      let agency = try tx.activeAgency(typed: form.agency)
      let draft = VerificationDraft(
        purpose: .application, agency: agency, via: .both, email: form.email, mobile: form.mobile,
        account: nil, session: nil, form: form, sends: [.email, .sms], isSilent: false)
      let expiresAt = tx.now + settings.applicationLifetime
      let reference = try tx.open(draft, expiresAt: expiresAt)
      try tx.audit(.applied, .reference(reference))
      return .commit(
        VerificationReceipt(
          reference: reference, purpose: .application, agency: agency, via: .both,
          email: form.email.masked, mobile: form.mobile.masked, expiresAt: expiresAt))
    }
  }

  /// Begins a sign-in.
  ///
  /// Someone unknown gets the same answer, and nothing is sent.
  ///
  /// - Throws: `agency.unknown`, `send.throttled`.
  package func signIn(_ form: ApplicationForm, via: Via) throws(IAuthError) -> VerificationReceipt {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<VerificationReceipt> in
      let agency = try tx.agency(typed: form.agency)
      let known = try tx.accounts(
        in: agency.id, email: form.email, mobile: form.mobile
      ).first {
        $0.email.text == form.email.text && $0.mobile.e164 == form.mobile.e164
          && $0.name.key == form.name.key
      }
      let sends = known?.status == .invited ? Via.both.channels : via.channels
      let draft = VerificationDraft(
        purpose: .signIn, agency: agency, via: via, email: form.email, mobile: form.mobile,
        account: known, session: nil, form: nil, sends: sends, isSilent: known == nil)
      let codesExpireAt = tx.now + Limits.codeLifetime
      let reference = try tx.open(
        draft, expiresAt: tx.now + settings.applicationLifetime)
      try tx.audit(.signInBegun, .reference(reference))
      return .commit(
        VerificationReceipt(
          reference: reference, purpose: .signIn, agency: agency, via: via, email: nil, mobile: nil,
          expiresAt: codesExpireAt))
    }
  }

  /// Sends the code of the channel that the session has not proven yet.
  ///
  /// - Returns: nil if both are proven already.
  /// - Throws: `session.none`, `session.expired`, `send.throttled`.
  package func stepUp() throws(IAuthError) -> VerificationReceipt? {
    try writeSignedIn { (tx, session) throws(IAuthError) -> TransactionEnd<VerificationReceipt?> in
      guard !session.hasProvenBoth else { return .commit(nil) }
      let via: Via = session.emailProven ? .sms : .email
      let agency = try tx.agency(id: session.account.agency)
      let draft = VerificationDraft(
        purpose: .stepUp, agency: agency, via: via, email: session.account.email,
        mobile: session.account.mobile, account: session.account, session: session.id, form: nil,
        sends: via.channels, isSilent: false)
      let reference = try tx.open(
        draft, expiresAt: tx.now + settings.applicationLifetime)
      try tx.audit(.signInBegun, .reference(reference))
      return .commit(
        VerificationReceipt(
          reference: reference, purpose: .stepUp, agency: agency, via: via, email: nil, mobile: nil,
          expiresAt: tx.now + Limits.codeLifetime))
    }
  }

  /// Sends new codes under a reference; the earlier ones are void.
  ///
  /// - Throws: `reference.unknown`, `code.expired`, `send.throttled`.
  package func resend(_ typed: String) throws(IAuthError) -> VerificationReceipt {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<VerificationReceipt> in
      let proof = try tx.verification(typed: typed)
      guard proof.isOpen, proof.createdAt <= tx.now, tx.now < proof.expiresAt else {
        throw .codeExpired(reference: proof.reference.text, isFinished: true)
      }
      let known = try proof.account.map { (id) throws(IAuthError) in try tx.account(id: id) }
      let isUnknown = proof.purpose != .application && known == nil
      let email = known?.email ?? proof.email.map { EmailAddress(stored: $0) }
      let mobile = known?.mobile ?? proof.mobile.map { MobileNumber(stored: $0) }
      let agency = try tx.agency(id: proof.agency)
      let sends = known?.status == .invited ? Via.both.channels : proof.via.channels
      try tx.run(OutboxTable.voidCodes, proof.reference.text)
      try tx.sendCodes(
        CodeOrder(
          verification: proof.id, reference: proof.reference, purpose: proof.purpose,
          agency: agency, sends: sends,
          addresses: isUnknown ? nil : Addresses(email: email, mobile: mobile),
          keys: [.email: proof.emailKey, .sms: proof.mobileKey], account: known?.id))
      try tx.audit(.codeResent, .reference(proof.reference))
      let isApplication = proof.purpose == .application
      return .commit(
        VerificationReceipt(
          reference: proof.reference, purpose: proof.purpose, agency: agency, via: proof.via,
          email: isApplication ? email?.masked : nil, mobile: isApplication ? mobile?.masked : nil,
          expiresAt: isApplication ? proof.expiresAt : tx.now + Limits.codeLifetime))
    }
  }
}

/// What `open` stores.
private struct VerificationDraft {
  let purpose: CodePurpose
  let agency: Agency
  let via: Via
  let email: EmailAddress
  let mobile: MobileNumber
  let account: Account?
  let session: SessionID?
  let form: ApplicationForm?
  let sends: [Channel]
  /// Someone unknown: everything happens but the sending.
  let isSilent: Bool
}

private struct Addresses {
  let email: EmailAddress?
  let mobile: MobileNumber?
}

/// Which codes go where.
private struct CodeOrder {
  let verification: VerificationID
  let reference: Reference
  let purpose: CodePurpose
  let agency: Agency
  let sends: [Channel]
  /// Empty for someone unknown, to whom nothing is sent.
  let addresses: Addresses?
  let keys: [Channel: [UInt8]]
  let account: AccountID?
}

extension Transaction {
  fileprivate func open(
    _ draft: VerificationDraft, expiresAt: Timestamp
  ) throws(IAuthError) -> Reference {
    let reference = Reference(
      kind: draft.purpose == .application ? .application : .signIn, random: world.randomBytes(5))
    let keys: [Channel: [UInt8]] = [
      .email: addressKey(.email, draft.email.text), .sms: addressKey(.sms, draft.mobile.e164),
    ]
    let id: VerificationID = try insert(
      VerificationTable.add, reference.text, draft.purpose, world.caller.name, draft.agency.id,
      draft.via,
      draft.account?.id, draft.session, keys[.email], keys[.sms], draft.form?.name.text,
      draft.form?.email.text, draft.form?.mobile.e164, draft.form?.title, draft.form?.phone, now,
      expiresAt)
    try sendCodes(
      CodeOrder(
        verification: id, reference: reference, purpose: draft.purpose, agency: draft.agency,
        sends: draft.sends,
        addresses: draft.isSilent ? nil : Addresses(email: draft.email, mobile: draft.mobile),
        keys: keys, account: draft.account?.id))
    return reference
  }

  /// Draws a code for each channel, keeps its keyed hash, and queues it.
  fileprivate func sendCodes(_ order: CodeOrder) throws(IAuthError) {
    try checkCallerBudget(order.sends.count)
    for channel in order.sends {
      try checkSendBudget(order.purpose, addressKey: order.keys[channel] ?? [])
    }
    let expiresAt = now + Limits.codeLifetime
    for channel in order.sends {
      let code = OneTimeCode(randomBytes: world.randomBytes)
      let hash = codeHash(code.digits, order.verification, channel, order.purpose)
      try run(VerificationTable.setCode, order.verification, channel, hash, now, expiresAt)
      try noteSend(order.purpose, channel, addressKey: order.keys[channel] ?? [])
      let address = channel == .email ? order.addresses?.email?.text : order.addresses?.mobile?.e164
      guard let address else { continue }
      try queue(
        .code(
          purpose: order.purpose, channel: channel, code: code.digits, agency: order.agency.name,
          reference: order.reference.text),
        to: Recipient(channel: channel, address: address, account: order.account),
        reference: order.reference.text, expiresAt: expiresAt)
    }
  }

  /// The keyed hash of a code: bound to its reference, channel and purpose.
  func codeHash(
    _ digits: String, _ verification: VerificationID, _ channel: Channel, _ purpose: CodePurpose
  ) -> [UInt8] {
    let text = "iauth-code/1 \(verification) \(channel.rawValue) \(purpose.rawValue) \(digits)"
    return HMACSHA256.code(key: key, message: Array(text.utf8))
  }
}
