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
  /// How long a permission lasts at most; nil: for good.
  package let longest: TimeSpan?
  package let addedAt: Timestamp

  package init(
    id: SystemID, code: String, name: Bilingual, url: String?, longest: TimeSpan?,
    addedAt: Timestamp
  ) {
    self.id = id
    self.code = code
    self.name = name
    self.url = url
    self.longest = longest
    self.addedAt = addedAt
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
  /// A form has put in a contact that nobody has proven yet.
  package let isUnproven: Bool

  package init(
    id: AccountID, agency: AgencyID, name: PersonName, email: EmailAddress, mobile: MobileNumber,
    title: String?, status: AccountStatus, isUnproven: Bool = false
  ) {
    self.id = id
    self.agency = agency
    self.name = name
    self.email = email
    self.mobile = mobile
    self.title = title
    self.status = status
    self.isUnproven = isUnproven
  }

  /// Whether signing in takes both codes: nobody has proven the contacts yet.
  package var needsBothCodes: Bool { status == .invited || isUnproven }

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
  /// Who made it: self, batch or appointment.
  package let origin: String
  /// How often it has come up for decision.
  package let round: Int64
  /// When it was last sent back, or came up again.
  package let turnedAt: Timestamp?
  /// The permission asked for is not valid from then on.
  package let untilAt: Timestamp?
  /// 職務代理: the permission beside which it is asked for.
  package let deputyFor: RequestID?
  /// 交接: the permission that ends when this one takes effect.
  package let replaces: RequestID?
  /// Kind change, approved: when it became true.
  package let appliedAt: Timestamp?
  package let reason: String?
  package let document: String?

  package init(
    number: RequestID, account: AccountID, agency: AgencyID, system: SystemID, role: Role,
    kind: RequestKind, status: RequestStatus, batch: BatchID?, submitter: AccountID?,
    createdAt: Timestamp,
    effectiveAt: Timestamp?, origin: String, round: Int64, turnedAt: Timestamp?,
    untilAt: Timestamp?, deputyFor: RequestID?, replaces: RequestID?, appliedAt: Timestamp?,
    reason: String?, document: String?
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
    self.origin = origin
    self.round = round
    self.turnedAt = turnedAt
    self.untilAt = untilAt
    self.deputyFor = deputyFor
    self.replaces = replaces
    self.appliedAt = appliedAt
    self.reason = reason
    self.document = document
  }

  /// Since when it has waited: from its submission, or from when it came up again.
  package var waitsSince: Timestamp { turnedAt ?? createdAt }
}

/// How a round of a request ended.
package struct Decision: Equatable, Sendable {
  package let verdict: RequestStatus
  package let reviewer: String?
  package let note: String?
  package let decidedAt: Timestamp
  /// 職務代理: the permission that the reviewer stood in for.
  package let deputyFor: RequestID?

  package init(
    verdict: RequestStatus, reviewer: String?, note: String?, decidedAt: Timestamp,
    deputyFor: RequestID? = nil
  ) {
    self.verdict = verdict
    self.reviewer = reviewer
    self.note = note
    self.decidedAt = decidedAt
    self.deputyFor = deputyFor
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

/// Why a request has come up again, as its entry of the trail says.
package enum ReopenCause: String, Sendable, CaseIterable {
  /// Somebody else of the agency has the new e-mail or mobile.
  case contactTaken = "contact-taken"
  /// The person has proven other data since it was approved.
  case contactsReplaced = "contacts-replaced"
  /// Others decide on such a request by now.
  case reviewersChanged = "reviewers-changed"

  /// Nobody else's data stands in it.
  package var text: Bilingual {
    switch self {
    case .contactTaken:
      Bilingual(
        "somebody else has the new e-mail or mobile by now", "新的電子郵件或行動電話已為他人所用")
    case .contactsReplaced:
      Bilingual(
        "name, e-mail or mobile were replaced since it was approved", "核准後姓名或聯絡資料已另有異動")
    case .reviewersChanged:
      Bilingual("somebody else is to decide on it by now", "審核者已有異動")
    }
  }
}

/// An approved hand-over that is still to come.
package struct TakeOver: Sendable, Equatable {
  package let request: RequestID
  /// Who takes over.
  package let name: String
  /// Nil of somebody invited: it has no day, but happens once they have signed in.
  package let at: Timestamp?

  package init(request: RequestID, name: String, at: Timestamp?) {
    (self.request, self.name, self.at) = (request, name, at)
  }
}
