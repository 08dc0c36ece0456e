// Everything that iauth ever writes to a person, as data (PRODUCT 3.6). MessageText renders it;
// what is rendered is stored, and what is stored is sent.

import Sheets
import Values

package enum Notice: Sendable, Equatable {
  /// A one-time code; `purpose` says what it proves.
  case code(purpose: CodePurpose, channel: Channel, code: String, agency: String, reference: String)
  /// To each who may decide: a request was submitted.
  case submitted(request: RequestSummary)
  /// To each who may decide: a batch was submitted.
  case batchSubmitted(batch: BatchID, agency: String, requests: Int, document: String?)
  /// To the applicant.
  case approved(request: RequestSummary, url: String?, note: String?)
  case rejected(request: RequestSummary, reason: String)
  case requestLapsed(request: RequestSummary)
  /// To an invited person, in place of the decision: how to sign in.
  case invitation(
    request: RequestSummary, agencyCode: String, email: String, expiresAt: Timestamp)
  /// To all of the authority's administrators: there is one more of them.
  case nationalReviewer(request: RequestSummary)
  /// To the submitter.
  case batchDecided(batch: BatchID, document: String?, approved: Int, rejected: Int, other: Int)
  case invitationLapsed(request: RequestSummary)
  case invitationEnded(request: RequestSummary, reason: String)
  /// To the holder of a permission or an account, at the old and the new address.
  case revoked(request: RequestSummary, reason: String)
  case accountChanged(status: AccountStatus, agency: AgencyLabel, reason: String)
  case contactChanged(agency: AgencyLabel, email: String, mobile: String)
  case wrongAttempts(agency: AgencyLabel)
  /// To the operator, at once.
  case wrongAttemptsAlarm(count: Int)
  /// To the operator: the database has come to another host, which has so many entries of the trail.
  case hostChanged(epoch: Int64, entries: Int64, newest: Timestamp?)
  /// To the operator: the witness has a head of so many entries that is not in this trail.
  case witnessContradicts(entries: Int64)
  case idleWarning(agency: String, days: Int, suspendedAt: Timestamp)
  /// To the agency's administrators: what is sent to one of its people comes back.
  case contactBounces(
    agency: String, name: String, account: AccountID, channel: Channel, contact: String)
  /// To the applicant, or to a batch's submitter: it was sent back for correction.
  case returned(request: RequestSummary, reason: String)
  case batchReturned(batch: BatchID, document: String?, items: [RequestSummary], reason: String)
  /// To a batch's submitter: what was sent back was not mended in time, or somebody else has taken the
  /// request back.
  case rowsEnded(batch: BatchID, items: [RequestSummary], RowsEnd)
  /// To the applicant: another grant, or another request of theirs that waits, has made it
  /// pointless.
  case superseded(request: RequestSummary, by: RequestID)
  /// To the applicant: on its day somebody else is to decide on what was approved (PRODUCT 3.4).
  case comesUpAgain(request: RequestSummary)
  /// To the person and the submitter: a change was not made on its day, and is decided on again.
  case changeNotMade(request: RequestSummary, because: ReopenCause, isTheirs: Bool, rests: Bool)
  /// To the applicant: a form has taken their request back.
  case withdrawnByForm(request: RequestSummary)
  /// To whom a form's row is about that had come up again: its submitter has withdrawn it.
  case withdrawnBySubmitter(request: RequestSummary, worksAgain: Bool)
  /// To the holder of a permission: somebody is to stand in for them, or to take it over.
  case standIn(request: RequestSummary, isGranted: Bool)
  /// To the holder of a permission: the hand-over did not happen on its day, or was called off.
  case handOverOff(request: RequestSummary)
  /// To the holder of a permission that ends.
  case permissionEnding(request: RequestSummary, endsAt: Timestamp)
  /// To the authority: a form took administrators away at once.
  case revokedByForm(batch: BatchID, agency: String, count: Int)
  /// To whoever moved, and to the administrators of both: agencies were reorganised.
  case succession([Succession], isUndone: Bool)
  /// To each who may answer in a periodic review: it was opened, or it is due.
  case recertification(
    review: RecertificationID, name: String?, items: Int, dueAt: Timestamp, isReminder: Bool,
    isOver: Bool)
  /// To the holder: nobody answered for the permission, and it rests.
  case permissionSuspended(request: RequestSummary)
  /// To the holder: somebody has answered since, and it is in force again.
  case permissionRestored(request: RequestSummary)
  /// To an address that the operator tries.
  case channelTest
  /// To one reviewer: everything of theirs that still waits, oldest first.
  case reminder(items: [WaitingItem])
  /// To the authority's administrators.
  case authorityDigest(AuthorityDigest)
  /// To the operator.
  case operatorDigest(OperatorDigest)
}

/// How rows of a form have ended without their submitter.
package enum RowsEnd: Sendable, Equatable {
  case lapsed
  /// Another's form has taken them back.
  case byForm
  /// Whom they are about has withdrawn them.
  case byPerson
  /// It had come up again, and was decided, or was not.
  case approved, rejected, lapsedAnew
}

extension Notice {
  /// Whose place was taken, and by whom.
  package struct Succession: Sendable, Equatable {
    package var old: String
    package var oldCode: String
    package var new: String
    package var newCode: String

    package init(old: String, oldCode: String, new: String, newCode: String) {
      (self.old, self.oldCode, self.new, self.newCode) = (old, oldCode, new, newCode)
    }
  }
}

/// An agency as a mail names it, and as the command behind it does.
package struct AgencyLabel: Sendable, Equatable {
  package var name: String
  package var code: String

  package init(_ name: String, code: String) { (self.name, self.code) = (name, code) }

  package init(_ agency: Agency) { self.init(agency.name, code: agency.code) }
}

/// A request as messages name it.
package struct RequestSummary: Sendable, Equatable {
  package var number: RequestID
  package var agency: String
  package var name: String
  package var system: Bilingual
  package var systemCode: String
  package var role: Role
  package var kind: RequestKind
  /// The request makes an administrator of the authority itself.
  package var isNational: Bool
  /// From when, and until when, if it is asked for with days.
  package var from: Timestamp?
  package var until: Timestamp?
  /// Whose deputy the applicant is to be, or whose permission they are to take over.
  package var deputyOf: String?
  package var successorOf: String?
  /// The permission in whose place that is: what `--deputy-for` or `--replaces` takes.
  package var inPlaceOf: RequestID?
  /// It was sent back for correction, and is submitted again.
  package var isResubmitted = false
  /// What `--expect` takes, where the reader is to decide.
  package var version: String?
  /// Who has asked for an invited person, if it was not the operator.
  package var invitedBy: String?
  /// It waits for its correction.
  package var isReturned = false
  /// Who takes over what it goes on with, before the end that it asks for.
  package var takenOver: TakeOver?
  /// Who has submitted it by a form, where that is whom to ask.
  package var sheetBy: Bilingual?
  /// Of a change that is over: the person's permissions rested until then; or the day that it waits
  /// for.
  package var hasRested = false
  package var waitsFor: Timestamp?
  /// Why it has come up again, where the reader is to decide on it anew.
  package var isAgainBecause: ReopenCause?

  package init(
    number: RequestID, agency: String, name: String, system: Bilingual, systemCode: String,
    role: Role, kind: RequestKind, isNational: Bool
  ) {
    self.number = number
    self.agency = agency
    self.name = name
    self.system = system
    self.systemCode = systemCode
    self.role = role
    self.kind = kind
    self.isNational = isNational
  }
}

/// A request that still waits, as reminders and digests list it.
package struct WaitingItem: Sendable, Equatable {
  package var request: RequestSummary
  package var waitingDays: Int
  /// The thresholds that it has passed since its reviewer was last reminded of it.
  package var passed: [TimeSpan] = []

  package init(request: RequestSummary, waitingDays: Int) {
    self.request = request
    self.waitingDays = waitingDays
  }
}

/// An agency and how many active administrators it has.
package struct AgencyLine: Sendable, Equatable {
  package var code: String
  package var name: String
  package var administrators: Int

  package init(code: String, name: String, administrators: Int) {
    self.code = code
    self.name = name
    self.administrators = administrators
  }
}

/// What the authority should see to.
package struct AuthorityDigest: Sendable, Equatable {
  package var withoutReviewer: [WaitingItem] = []
  package var overdue: [WaitingItem] = []
  package var singleAdministrator: [AgencyLine] = []
  /// How far the open periodic reviews have come.
  package var reviews: [ReviewRate] = []
  /// How many more there are than the mail lists.
  package var omitted = 0
  /// What the authority was not told yet.
  package var new: [News] = []

  /// Something that the authority hears of once.
  package enum News: Sendable, Hashable {
    case noReviewer(RequestID)
    case overdue(RequestID)
    case singleAdministrator(agency: String)
    case review(RecertificationID, stage: String)

    /// As the database remembers that it was told.
    var text: String {
      switch self {
      case .noReviewer(let number): "none:\(number)"
      case .overdue(let number): "late:\(number)"
      case .singleAdministrator(let code): "single:\(code)"
      case .review(let id, let stage): "review:\(id):\(stage)"
      }
    }
  }
}

/// How far an open periodic review has come, by superior agency.
package struct ReviewRate: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package var superior: String
    package var answered: Int
    package var items: Int
    /// Open ones that nobody may answer.
    package var unassigned: Int

    var percent: Int { answered * 100 / max(items, 1) }
  }

  package var review: RecertificationID
  package var name: String?
  package var dueAt: Timestamp
  package var lines: [Line]

  var unassigned: Int { lines.reduce(0) { $0 + $1.unassigned } }
}

/// What the operator hears of a day.
package struct OperatorDigest: Sendable, Equatable {
  package var failedMessages: Int
  package var queuedMessages: Int
  package var lapsedRequests: Int
  package var lapsedApplications: Int
  package var lapsedInvitations: Int
  package var locks: Int
  package var wrongAttemptsLastHour: Int
  /// To be kept off the host, for `audit --verify --anchor`.
  package var auditHead: String
  package var databaseBytes: Int64
  package var freeBytes: Int64
  package var diskBytes: Int64
  /// Changes that a target system has not dealt with for a day.
  package var overdueChanges = 0
  /// People whose mail comes back, or whose SMS fail.
  package var bouncingContacts = 0
  /// What came in as a report, and was about no message of ours, since the last digest.
  package var ignoredReports = 0
  /// How many entries the witness's head has that is not in the trail.
  package var lostHead: Int64?
  /// Agencies whose places others should have taken by now.
  package var heldSuccessions: [HeldSuccession] = []

  package init(
    failedMessages: Int, queuedMessages: Int, lapsedRequests: Int, lapsedApplications: Int,
    lapsedInvitations: Int, locks: Int, wrongAttemptsLastHour: Int, auditHead: String,
    databaseBytes: Int64, freeBytes: Int64,
    diskBytes: Int64
  ) {
    self.failedMessages = failedMessages
    self.queuedMessages = queuedMessages
    self.lapsedRequests = lapsedRequests
    self.lapsedApplications = lapsedApplications
    self.lapsedInvitations = lapsedInvitations
    self.locks = locks
    self.wrongAttemptsLastHour = wrongAttemptsLastHour
    self.auditHead = auditHead
    self.databaseBytes = databaseBytes
    self.freeBytes = freeBytes
    self.diskBytes = diskBytes
  }
}
