// The one error type above the store. A case carries what its sentence needs and nothing more: no
// SQL, no path of the service's, no other person's data, no code. Messages/ has the sentences.

package enum IAuthError: Error, Equatable, Sendable {
  // A rule says no.
  case declined
  case codeWrong
  case codeExpired(reference: String, isFinished: Bool)
  /// The reference was proven.
  case codeUsed(isApplication: Bool)
  case requestDuplicate(number: RequestID)
  case requestDecided(number: RequestID, status: RequestStatus, by: String?, at: Timestamp)
  case requestOwn(number: RequestID)
  case requestChanged(number: RequestID)
  case permissionHeld(number: RequestID, role: Role, until: Timestamp? = nil)
  case permissionNone(number: RequestID, PermissionProblem = .none)
  case accountTaken(agency: String)
  /// These share contacts with others under another name.
  case accountsTaken([AccountID])
  /// What a request would change is another account's.
  case contactTaken(account: AccountID)
  case accountLast
  case accountState(account: AccountID, status: AccountStatus)
  case agencyCycle(code: String)
  case successionCycle(code: String)
  case agencySucceeded(code: String, by: String)
  case successionBound(code: String, SuccessionProblem)
  case messageState(id: MessageID, status: MessageStatus)
  case recertifyOpen(review: RecertificationID)
  case recertifyAnswered(ItemID, by: String?, at: Timestamp)
  case recertifyClosed(review: RecertificationID)
  case recertifyOver(ItemID, at: Timestamp)
  case recertifyEarly(review: RecertificationID, open: Int, dueAt: Timestamp)
  case recertifyCount(expected: Int, found: Int)

  // The words typed.
  case usageCommand(String, nearest: String?)
  case usageOption(String, nearest: String?, command: String?)
  case usageOperand(String, command: String?)
  case usageMissing([String], command: String)
  case usageMissingValue(String, command: String?)
  case usageUnwantedValue(String, command: String?)
  case usageRepeated(String, command: String?)
  case usageConflict(String, String, command: String)
  case usageValue(option: String, value: String, allowed: [String])
  /// A span of time that is over before it begins.
  case usageSpan
  /// Whom the trail has never seen.
  case callerUnknown(String)
  case usageInput(needed: Int, got: Int)
  case usageService
  /// What was typed is no code, and no attempt.
  case usageCode
  /// It asks, and nobody sits there.
  case usageTerminal(String, command: String)
  /// A word whose bytes are no UTF-8, by its place.
  case usageEncoding(place: Int)
  /// A variable of the environment whose bytes are no UTF-8.
  case usageVariable(String)

  // The data given.
  case agencyInvalid(code: String)
  case agencyMissing
  /// Of a row or column that nobody sees.
  case rowHidden(isColumn: Bool)
  case nameInvalid(ValueProblem)
  case emailInvalid(ValueProblem)
  /// A number that no code is sent to.
  case mobileCountry
  case mobileInvalid(ValueProblem)
  case titleInvalid(ValueProblem)
  case phoneInvalid(ValueProblem)
  case reasonInvalid(ValueProblem)
  /// The same, of a line in a file of decisions.
  case decisionReason(line: Int, ValueProblem)
  case documentInvalid(ValueProblem)
  case dateInvalid(String)
  case dateRange(DayProblem)
  case roleInvalid(String)
  /// What is wrong with a row of a file, of which nothing was taken.
  indirect case inRow(Int, IAuthError)
  case changeInvalid(String)
  case systemInvalid(ValueProblem)
  case batchRejected(rejected: Int, rows: Int, isPartial: Bool)
  case answersRejected(rejected: Int, rows: Int)
  case sheetUnreadable(SheetProblem)
  case sheetHeader(missing: [String], duplicated: [String], near: HeaderPlace? = nil)
  case sheetEmpty
  /// A line of what was decided, with the word that cannot be read.
  case decisionLine(line: Int, word: String)
  case recertifyRow(column: String)
  case recertifyMissing(item: ItemID)
  case limitBytes(max: Int)
  case limitRows(max: Int)
  /// Of a report as a workbook.
  case reportTooLong(max: Int)
  case limitLines(max: Int)
  /// Of the lines that say what is decided.
  case limitDecisions(max: Int)
  case registryShrunk(removed: Int, of: Int, authority: Bool)

  // Not there.
  case fileMissing(path: String)
  /// Something is there that is no file.
  case fileOther(path: String, isDirectory: Bool)
  case anchorMissing
  case databaseMissing
  case databaseGone
  /// Its name is a link to what is not there.
  case databaseElsewhere
  case databaseUnmounted
  case agencyUnknown(code: String)
  case agencyRemoved(code: String)
  case systemUnknown(code: String)
  case accountUnknown
  case batchUnknown(BatchID)
  case referenceUnknown
  case requestUnknown(number: RequestID)
  case messageUnknown(MessageID)
  case recertifyUnknown(Int64)
  case keyUnknown(name: String)
  case entryUnknown(seq: Int64)

  // Ours is broken.
  case databaseDamaged
  /// A copy is not the one that the manifest beside it is of.
  case copyDiffers(manifest: String)
  case auditBroken(seq: Int64, AuditProblem)
  case doctorFailed(checks: Int)
  case `internal`(String)

  // There already, or cannot be made.
  case databaseExists
  case fileExists(path: String)
  case fileUncreatable(path: String)
  case agencyExists(code: String)
  case systemExists(code: String)
  case keyExists(name: String)

  // The machine.
  case diskFull
  case diskFailed
  /// Neither the process nor the host can open one more file.
  case filesExhausted
  /// What was committed stands; the rest of a delivery could not be done.
  case deliveryCut
  /// Of a form's report: what the import did stands all the same. The batch, if there is a new one.
  case reportUnwritten(path: String, batch: BatchID?, accepted: Int, cause: ErrorCode)
  /// Of an answer whose command has done what it says.
  case outputFailed(isFull: Bool)
  case codeLocked(until: Timestamp)
  case sendThrottled(until: Timestamp)
  case databaseBusy
  /// Its place can be read, and not written.
  case databaseStandby
  /// The configuration says that another host has the say.
  case hostStandby
  /// The clock has run away from the newest entry; nil: it had, and what was written since is as late.
  case clockLeap(newest: Timestamp?)
  case deliverFailed(failed: Int)
  case signFailed(SigningProblem)
  case outcomeUnknown
  case serviceSilent

  // Not signed in, or not permitted.
  /// One code was right; the other channel's was sent.
  case codeSecond(reference: String, channel: Channel)
  case sessionNone
  case sessionExpired
  case sessionStepUp
  case rightMissing(Right)
  /// Somebody else's to decide; or what only its submitter may do with it.
  case requestOutside(number: RequestID, SubmittersPart? = nil)
  case accountSuspended(agency: String)

  // The installation.
  case databaseForeign
  case databaseVersion(found: Int64, needed: Int64)
  case databaseUnsafe(UnsafeReason)
  case configInvalid(line: Int, key: String?, ConfigProblem = .value)
  case programUnsafe

  /// The stable code of the error; PRODUCT section 6.
  package var code: ErrorCode {
    switch self {
    case .declined: .declined
    case .codeWrong: .codeWrong
    case .codeExpired, .codeUsed: .codeExpired
    case .requestDuplicate: .requestDuplicate
    case .requestDecided: .requestDecided
    case .requestOwn: .requestOwn
    case .requestChanged: .requestChanged
    case .permissionHeld: .permissionHeld
    case .permissionNone: .permissionNone
    case .accountTaken, .accountsTaken, .contactTaken: .accountTaken
    case .accountLast: .accountLast
    case .accountState: .accountState
    case .agencyCycle, .successionCycle: .agencyCycle
    case .agencySucceeded: .agencySucceeded
    case .successionBound: .agencyUndo
    case .messageState: .messageState
    case .recertifyOpen: .recertifyOpen
    case .recertifyAnswered: .recertifyAnswered
    case .recertifyClosed, .recertifyOver: .recertifyClosed
    case .recertifyEarly: .recertifyEarly
    case .recertifyCount: .recertifyCount
    case .recertifyUnknown: .recertifyUnknown
    case .recertifyRow: .recertifyRow
    case .recertifyMissing: .recertifyMissing
    case .usageCommand: .usageCommand
    case .usageOption: .usageOption
    case .usageOperand: .usageOperand
    case .usageMissing: .usageMissing
    case .usageMissingValue, .usageUnwantedValue, .usageValue, .usageSpan, .callerUnknown:
      .usageValue
    case .usageRepeated: .usageRepeated
    case .usageConflict: .usageConflict
    case .usageInput, .usageTerminal, .usageCode: .usageInput
    case .usageService: .usageService
    case .usageEncoding, .usageVariable: .usageValue
    case .agencyInvalid: .agencyInvalid
    case .agencyMissing: .agencyMissing
    case .rowHidden: .rowHidden
    case .nameInvalid: .nameInvalid
    case .emailInvalid: .emailInvalid
    case .mobileInvalid: .mobileInvalid
    case .mobileCountry: .mobileCountry
    case .titleInvalid: .titleInvalid
    case .phoneInvalid: .phoneInvalid
    case .reasonInvalid, .decisionReason: .reasonInvalid
    case .documentInvalid: .documentInvalid
    case .dateInvalid, .dateRange: .dateInvalid
    case .roleInvalid: .roleInvalid
    case .inRow(_, let error): error.code
    case .changeInvalid: .changeInvalid
    case .systemInvalid: .systemInvalid
    case .batchRejected, .answersRejected: .batchRejected
    case .sheetUnreadable: .sheetUnreadable
    case .sheetHeader: .sheetHeader
    case .sheetEmpty: .sheetEmpty
    case .decisionLine: .decisionLine
    case .limitBytes: .limitBytes
    case .limitRows, .limitLines, .limitDecisions, .reportTooLong: .limitRows
    case .registryShrunk: .registryShrunk
    case .fileMissing, .fileOther: .fileMissing
    case .anchorMissing: .anchorMissing
    case .databaseMissing, .databaseGone, .databaseElsewhere, .databaseUnmounted: .databaseMissing
    case .agencyUnknown: .agencyUnknown
    case .agencyRemoved: .agencyRemoved
    case .systemUnknown: .systemUnknown
    case .accountUnknown: .accountUnknown
    case .batchUnknown: .batchUnknown
    case .referenceUnknown: .referenceUnknown
    case .requestUnknown: .requestUnknown
    case .messageUnknown: .messageUnknown
    case .keyUnknown: .keyUnknown
    case .entryUnknown: .entryUnknown
    case .databaseDamaged, .copyDiffers: .databaseDamaged
    case .auditBroken: .auditBroken
    case .doctorFailed: .doctorFailed
    case .internal: .internal
    case .databaseExists: .databaseExists
    case .fileExists: .fileExists
    case .fileUncreatable: .fileUncreatable
    case .agencyExists: .agencyExists
    case .systemExists: .systemExists
    case .keyExists: .keyExists
    case .diskFull: .diskFull
    case .diskFailed, .filesExhausted: .diskFailed
    case .deliveryCut: .deliverFailed
    case .reportUnwritten(_, _, _, let cause): cause
    case .outputFailed(let isFull): isFull ? .diskFull : .diskFailed
    case .codeLocked: .codeLocked
    case .sendThrottled: .sendThrottled
    case .databaseBusy: .databaseBusy
    case .databaseStandby, .hostStandby: .databaseStandby
    case .clockLeap: .clockLeap
    case .deliverFailed: .deliverFailed
    case .signFailed: .signFailed
    case .outcomeUnknown: .outcomeUnknown
    case .serviceSilent: .serviceSilent
    case .codeSecond: .codeSecond
    case .sessionNone: .sessionNone
    case .sessionExpired: .sessionExpired
    case .sessionStepUp: .sessionStepUp
    case .rightMissing: .rightMissing
    case .requestOutside: .requestOutside
    case .accountSuspended: .accountSuspended
    case .databaseForeign: .databaseForeign
    case .databaseVersion: .databaseVersion
    case .databaseUnsafe: .databaseUnsafe
    case .configInvalid: .configInvalid
    case .programUnsafe: .programUnsafe
    }
  }
}
