// The rows of the domain as values: what operations load, decide on and show. They hold no rules
// of their own; ReviewRules and the operations do.

/// An agency of the registry.
package struct Agency: Equatable, Sendable {
  package let id: AgencyID
  package let type: AgencyType
  package let code: String
  package let name: String
  /// The distinguished name, which tells agencies of the same name apart.
  package let path: String
  package let superior: AgencyID?
  package let status: AgencyStatus

  package init(
    id: AgencyID, type: AgencyType, code: String, name: String, path: String, superior: AgencyID?,
    status: AgencyStatus
  ) {
    self.id = id
    self.type = type
    self.code = code
    self.name = name
    self.path = path
    self.superior = superior
    self.status = status
  }
}

/// A target system.
package struct TargetSystem: Equatable, Sendable {
  package let id: SystemID
  package let code: String
  package let name: Bilingual
  package let url: String?

  package init(
    id: SystemID, code: String, name: Bilingual, url: String?
  ) {
    self.id = id
    self.code = code
    self.name = name
    self.url = url
  }

  /// The system whose administrators of the authority decide where another has none (PRODUCT 3.4).
  package static let firstCode = "spm"
}

/// An account that is not erased.
package struct Account: Equatable, Sendable {
  package let id: AccountID
  package let agency: AgencyID
  package let name: PersonName
  package let email: EmailAddress
  package let mobile: MobileNumber
  package let title: String?
  package let status: AccountStatus

  package init(
    id: AccountID, agency: AgencyID, name: PersonName, email: EmailAddress, mobile: MobileNumber,
    title: String?, status: AccountStatus
  ) {
    self.id = id
    self.agency = agency
    self.name = name
    self.email = email
    self.mobile = mobile
    self.title = title
    self.status = status
  }

  /// Whether the two are the same person: the same account, or one contact in common (PRODUCT 3.4,
  /// "own").
  ///
  /// The OS user says nothing about who a person is.
  package func isSamePerson(as other: Account) -> Bool {
    id == other.id || email.text == other.email.text || mobile.e164 == other.mobile.e164
  }
}

/// What a `change` request would make true.
package struct Replacement: Equatable, Sendable {
  package var name: String
  package var email: String
  package var mobile: String
  package var title: String?

  package init(
    name: String, email: String, mobile: String, title: String? = nil
  ) {
    self.name = name
    self.email = email
    self.mobile = mobile
    self.title = title
  }
}

/// A request as it is decided on.
package struct PermissionRequest: Equatable, Sendable {
  package let number: RequestID
  package let account: AccountID
  package let agency: AgencyID
  package let system: SystemID
  package let role: Role
  package let kind: RequestKind
  package let status: RequestStatus
  package let batch: BatchID?
  package let submitter: AccountID?
  package let createdAt: Timestamp
  package let effectiveAt: Timestamp?

  package init(
    number: RequestID, account: AccountID, agency: AgencyID, system: SystemID, role: Role,
    kind: RequestKind,
    status: RequestStatus, batch: BatchID?, submitter: AccountID?, createdAt: Timestamp,
    effectiveAt: Timestamp?
  ) {
    self.number = number
    self.account = account
    self.agency = agency
    self.system = system
    self.role = role
    self.kind = kind
    self.status = status
    self.batch = batch
    self.submitter = submitter
    self.createdAt = createdAt
    self.effectiveAt = effectiveAt
  }
}

/// How a request ended.
package struct Decision: Equatable, Sendable {
  package let verdict: RequestStatus
  package let reviewer: String?
  package let note: String?
  package let decidedAt: Timestamp

  package init(
    verdict: RequestStatus, reviewer: String?, note: String?, decidedAt: Timestamp
  ) {
    self.verdict = verdict
    self.reviewer = reviewer
    self.note = note
    self.decidedAt = decidedAt
  }
}

/// A live session.
package struct Session: Equatable, Sendable {
  package let id: SessionID
  package let name: String
  package let account: Account
  package let emailProven: Bool
  package let smsProven: Bool
  package let usedAt: Timestamp
  package let expiresAt: Timestamp

  package init(
    id: SessionID, name: String, account: Account, emailProven: Bool, smsProven: Bool,
    usedAt: Timestamp, expiresAt: Timestamp
  ) {
    self.id = id
    self.name = name
    self.account = account
    self.emailProven = emailProven
    self.smsProven = smsProven
    self.usedAt = usedAt
    self.expiresAt = expiresAt
  }

  package var provenChannels: [Channel] {
    (emailProven ? [.email] : []) + (smsProven ? [.sms] : [])
  }
  package var hasProvenBoth: Bool { emailProven && smsProven }
}
