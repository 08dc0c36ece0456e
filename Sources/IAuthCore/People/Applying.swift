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
  /// - Throws: `mobile.country`, `agency.unknown`, `agency.removed`, `send.throttled`.
  package func apply(_ form: ApplicationForm) throws(IAuthError) -> VerificationReceipt {
    try settings.checkCountry(form.mobile)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<VerificationReceipt> in
      let agency = try tx.activeAgency(typed: form.agency)
      let draft = VerificationDraft(
        purpose: .application, agency: agency, via: .both, email: form.email, mobile: form.mobile,
        account: nil, session: nil, form: form)
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
  /// Someone unknown gets the same answer, and nothing is sent; someone invited is asked for the
  /// other code once the first one was right.
  ///
  /// - Throws: `mobile.country`, `agency.unknown`, `send.throttled`.
  package func signIn(_ form: ApplicationForm, via: Via) throws(IAuthError) -> VerificationReceipt {
    if via != .email { try settings.checkCountry(form.mobile) }
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<VerificationReceipt> in
      let agency = try tx.agency(typed: form.agency)
      let known = try tx.accounts(
        in: agency.id, email: form.email, mobile: form.mobile
      ).first {
        $0.email.text == form.email.text && $0.mobile.e164 == form.mobile.e164
          && $0.name.key == form.name.key
      }
      return .commit(
        try tx.beginSignIn(
          in: agency, email: form.email, mobile: form.mobile, known: known, via: via))
    }
  }

  /// Sends the code of the channel that the session has not proven yet.
  ///
  /// - Returns: nil if both are proven already.
  /// - Throws: `session.none`, `session.expired`, `send.throttled`.
  package func stepUp() throws(IAuthError) -> VerificationReceipt? {
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<VerificationReceipt?> in
      let session = try tx.session()
      guard !session.hasProvenBoth else { return .commit(nil) }
      let via: Via = session.emailProven ? .sms : .email
      let agency = try tx.agency(id: session.account.agency)
      let draft = VerificationDraft(
        purpose: .stepUp, agency: agency, via: via, email: session.account.email,
        mobile: session.account.mobile, account: session.account, session: session.id, form: nil)
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
        throw proof.isOver
      }
      let agency = try tx.agency(id: proof.agency)
      let addresses = try tx.addresses(of: proof)
      try tx.run(OutboxTable.voidCodes, proof.reference.text)
      try tx.sendCodes(of: proof, try tx.channelsNeeded(proof), in: agency, to: addresses)
      try tx.audit(.codeResent, .reference(proof.reference))
      let isApplication = proof.purpose == .application
      return .commit(
        VerificationReceipt(
          reference: proof.reference, purpose: proof.purpose, agency: agency, via: proof.via,
          email: isApplication ? addresses?.email.masked : nil,
          mobile: isApplication ? addresses?.mobile.masked : nil,
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
}

/// Where the codes of a reference go.
struct ProofAddresses {
  let email: EmailAddress
  let mobile: MobileNumber

  func text(_ channel: Channel) -> String {
    switch channel {
    case .email: email.text
    case .sms: mobile.e164
    }
  }
}

extension Settings {
  /// - Throws: `mobile.country` for a number that no code is sent to.
  func checkCountry(_ mobile: MobileNumber) throws(IAuthError) {
    let digits = mobile.e164.utf8.dropFirst()
    guard smsCountries.contains(where: { digits.starts(with: $0.utf8) }) else {
      throw .mobileCountry
    }
  }
}

extension Transaction {
  /// - Parameter known: whose the contacts are; nil for someone unknown.
  func beginSignIn(
    in agency: Agency, email: EmailAddress, mobile: MobileNumber, known: Account?, via: Via
  ) throws(IAuthError) -> VerificationReceipt {
    let draft = VerificationDraft(
      purpose: .signIn, agency: agency, via: via, email: email, mobile: mobile, account: known,
      session: nil, form: nil)
    let reference = try open(draft, expiresAt: now + settings.applicationLifetime)
    try audit(.signInBegun, .reference(reference))
    return VerificationReceipt(
      reference: reference, purpose: .signIn, agency: agency, via: via, email: nil, mobile: nil,
      expiresAt: now + Limits.codeLifetime)
  }

  fileprivate func open(
    _ draft: VerificationDraft, expiresAt: Timestamp
  ) throws(IAuthError) -> Reference {
    let reference = Reference(
      kind: draft.purpose == .application ? .application : .signIn, random: world.randomBytes(5))
    let _: VerificationID = try insert(
      VerificationTable.add, reference.text, draft.purpose, world.caller.name, draft.agency.id,
      draft.via, draft.account?.id, draft.session,
      addressKey(.email, draft.email.text), addressKey(.sms, draft.mobile.e164),
      draft.form?.name.text, draft.form?.email.text, draft.form?.mobile.e164, draft.form?.title,
      draft.form?.phone, now, expiresAt, !draft.mobile.isTaiwanese)
    let isKnown = draft.purpose == .application || draft.account != nil
    try sendCodes(
      of: try verification(typed: reference.text), draft.via.channels, in: draft.agency,
      to: isKnown ? ProofAddresses(email: draft.email, mobile: draft.mobile) : nil)
    return reference
  }

  /// Where the codes of a reference go; nil for someone unknown.
  func addresses(of proof: Verification) throws(IAuthError) -> ProofAddresses? {
    if let email = proof.email, let mobile = proof.mobile {
      return ProofAddresses(
        email: EmailAddress(stored: email), mobile: MobileNumber(stored: mobile))
    }
    guard let id = proof.account else { return nil }
    let account = try account(id: id)
    return ProofAddresses(email: account.email, mobile: account.mobile)
  }

  /// Draws a code for each channel, keeps its keyed hash, and queues it.
  ///
  /// For someone unknown all of this happens, too, to a message that goes nowhere: neither how long
  /// it takes nor what is woken afterwards tells the two apart.
  ///
  /// - Parameter addresses: nil for someone unknown.
  func sendCodes(
    of proof: Verification, _ channels: [Channel], in agency: Agency,
    to addresses: ProofAddresses?
  ) throws(IAuthError) {
    try checkCallerBudget(channels.count)
    let keys: [Channel: [UInt8]] = [.email: proof.emailKey, .sms: proof.mobileKey]
    for channel in channels {
      try checkSendBudget(
        proof.purpose, addressKey: keys[channel] ?? [], account: try addressee(of: proof, channel))
    }
    if proof.isForeign, channels.contains(.sms) { try countForeignSend() }
    let expiresAt = now + Limits.codeLifetime
    for channel in channels {
      let code = OneTimeCode(randomBytes: world.randomBytes)
      let hash = codeHash(code.digits, proof.id, channel, proof.purpose)
      try run(VerificationTable.setCode, proof.id, channel, hash, now, expiresAt)
      try noteSend(proof.purpose, channel, addressKey: keys[channel] ?? [])
      try queue(
        .code(
          purpose: proof.purpose, channel: channel, code: code.digits, agency: agency.name,
          reference: proof.reference.text),
        to: Recipient(
          channel: channel, address: addresses?.text(channel) ?? Recipient.nobody,
          account: proof.account),
        reference: proof.reference.text, expiresAt: expiresAt)
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
