// The stable codes of every error, and the status each ends with. Scripts may rely on both; the
// manual's list is printed from here.

package enum ErrorCode: String, CaseIterable, Sendable {
  case declined = "declined"
  case codeWrong = "code.wrong"
  case codeExpired = "code.expired"
  case requestDuplicate = "request.duplicate"
  case requestDecided = "request.decided"
  case requestOwn = "request.own"
  case requestChanged = "request.changed"
  case permissionHeld = "permission.held"
  case permissionNone = "permission.none"
  case accountTaken = "account.taken"
  case accountLast = "account.last"
  case accountState = "account.state"
  case agencyCycle = "agency.cycle"
  case agencySucceeded = "agency.succeeded"
  case agencyUndo = "agency.undo"
  case messageState = "message.state"
  case recertifyOpen = "recertify.open"
  case recertifyAnswered = "recertify.answered"
  case recertifyClosed = "recertify.closed"
  case recertifyEarly = "recertify.early"
  case recertifyCount = "recertify.count"

  case usageCommand = "usage.command"
  case usageOption = "usage.option"
  case usageOperand = "usage.operand"
  case usageMissing = "usage.missing"
  case usageRepeated = "usage.repeated"
  case usageConflict = "usage.conflict"
  case usageValue = "usage.value"
  case usageInput = "usage.input"
  case usageService = "usage.service"

  case agencyInvalid = "agency.invalid"
  case agencyMissing = "agency.missing"
  case rowHidden = "row.hidden"
  case nameInvalid = "name.invalid"
  case emailInvalid = "email.invalid"
  case mobileInvalid = "mobile.invalid"
  case mobileCountry = "mobile.country"
  case titleInvalid = "title.invalid"
  case phoneInvalid = "phone.invalid"
  case reasonInvalid = "reason.invalid"
  case documentInvalid = "document.invalid"
  case dateInvalid = "date.invalid"
  case roleInvalid = "role.invalid"
  case changeInvalid = "change.invalid"
  case systemInvalid = "system.invalid"
  case batchRejected = "batch.rejected"
  case sheetUnreadable = "sheet.unreadable"
  case sheetHeader = "sheet.header"
  case sheetEmpty = "sheet.empty"
  case decisionLine = "decision.line"
  case recertifyRow = "recertify.row"
  case recertifyMissing = "recertify.missing"
  case limitBytes = "limit.bytes"
  case limitRows = "limit.rows"
  case registryShrunk = "registry.shrunk"

  case fileMissing = "file.missing"
  case anchorMissing = "anchor.missing"
  case databaseMissing = "database.missing"

  case agencyUnknown = "agency.unknown"
  case agencyRemoved = "agency.removed"
  case systemUnknown = "system.unknown"
  case accountUnknown = "account.unknown"
  case batchUnknown = "batch.unknown"
  case referenceUnknown = "reference.unknown"
  case requestUnknown = "request.unknown"
  case messageUnknown = "message.unknown"
  case keyUnknown = "key.unknown"
  case entryUnknown = "entry.unknown"
  case recertifyUnknown = "recertify.unknown"

  case databaseDamaged = "database.damaged"
  case auditBroken = "audit.broken"
  case doctorFailed = "doctor.failed"
  case `internal` = "internal"

  case databaseExists = "database.exists"
  case fileExists = "file.exists"
  case fileUncreatable = "file.uncreatable"
  case agencyExists = "agency.exists"
  case systemExists = "system.exists"
  case keyExists = "key.exists"

  case diskFull = "disk.full"
  case diskFailed = "disk.failed"
  case deliverFailed = "deliver.failed"
  case signFailed = "sign.failed"

  case codeLocked = "code.locked"
  case sendThrottled = "send.throttled"
  case databaseBusy = "database.busy"
  case clockLeap = "clock.leap"
  case serviceSilent = "service.silent"

  case databaseStandby = "database.standby"
  case outcomeUnknown = "outcome.unknown"

  case codeSecond = "code.second"
  case sessionNone = "session.none"
  case sessionExpired = "session.expired"
  case sessionStepUp = "session.step-up"
  case rightMissing = "right.missing"
  case requestOutside = "request.outside"
  case accountSuspended = "account.suspended"

  case databaseForeign = "database.foreign"
  case databaseVersion = "database.version"
  case databaseUnsafe = "database.unsafe"
  case configInvalid = "config.invalid"
  case programUnsafe = "program.unsafe"

  /// The status of a process that ends with this error.
  package var status: ExitStatus {
    switch self {
    case .declined, .codeWrong, .codeExpired, .requestDuplicate, .requestDecided, .requestOwn,
      .requestChanged, .permissionHeld, .permissionNone, .accountTaken, .accountLast,
      .accountState, .agencyCycle, .agencySucceeded, .agencyUndo, .messageState, .recertifyOpen,
      .recertifyAnswered,
      .recertifyClosed, .recertifyEarly, .recertifyCount:
      .refused
    case .usageCommand, .usageOption, .usageOperand, .usageMissing, .usageRepeated,
      .usageConflict, .usageValue, .usageInput, .usageService:
      .usage
    case .agencyInvalid, .agencyMissing, .rowHidden, .nameInvalid, .emailInvalid, .mobileInvalid,
      .mobileCountry, .titleInvalid,
      .phoneInvalid, .reasonInvalid, .documentInvalid, .dateInvalid, .roleInvalid,
      .changeInvalid, .systemInvalid, .batchRejected, .sheetUnreadable, .sheetHeader,
      .sheetEmpty, .decisionLine, .recertifyRow, .recertifyMissing, .limitBytes, .limitRows,
      .registryShrunk:
      .data
    case .fileMissing, .anchorMissing, .databaseMissing: .noInput
    case .agencyUnknown, .agencyRemoved, .systemUnknown, .accountUnknown, .batchUnknown,
      .referenceUnknown, .requestUnknown, .messageUnknown, .keyUnknown,
      .entryUnknown, .recertifyUnknown:
      .unknown
    case .databaseDamaged, .auditBroken, .doctorFailed, .internal: .internal
    case .databaseExists, .fileExists, .fileUncreatable, .agencyExists, .systemExists, .keyExists:
      .cannotCreate
    case .diskFull, .diskFailed, .deliverFailed, .signFailed: .io
    case .codeLocked, .sendThrottled, .databaseBusy, .databaseStandby, .clockLeap,
      .serviceSilent:
      .tryAgain
    case .outcomeUnknown: .outcomeUnknown
    case .codeSecond, .sessionNone, .sessionExpired, .sessionStepUp, .rightMissing, .requestOutside,
      .accountSuspended:
      .notPermitted
    case .databaseForeign, .databaseVersion, .databaseUnsafe, .configInvalid, .programUnsafe:
      .configuration
    }
  }
}
