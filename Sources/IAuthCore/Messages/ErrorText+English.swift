// Every error's sentence in English: lower case, no full stop, what was refused and why. There is
// no default, so an error without a sentence does not compile.

import Sheets
import Values

extension IAuthError {
  var englishSentence: String {
    switch self {
    case .declined: "declined; nothing was changed"
    case .codeWrong:
      "the code is wrong, or one of them is; after five wrong attempts none is accepted for"
        + " 15 minutes"
    case .codeExpired(let reference, false):
      "the codes of \(quoted(reference)) are older than 10 minutes, used, or replaced by newer"
        + " ones"
    case .codeExpired(let reference, true):
      "\(quoted(reference)) is used or has lapsed; begin again"
    case .codeUsed(let isApplication):
      isApplication
        ? "this application was proven already; sign in" : "this sign-in was proven already"
    case .requestDuplicate(let number):
      "request \(number) on the same matter is still pending"
    case .requestDecided(let number, .lapsed, _, let at):
      "request \(number) has lapsed, at \(at.taiwanMinute) Taiwan time"
    case .requestDecided(let number, let status, let by, let at):
      "request \(number) was already \(status.rawValue)"
        + (by.map { " by \(shortened($0))" } ?? (status == .approved ? ", without a review," : ""))
        + " at \(at.taiwanMinute) Taiwan time"
    case .requestOwn(let number):
      "request \(number) is your own, or of somebody whom you submitted or stand in for; someone "
        + "else has to decide on it"
    case .requestChanged(let number):
      "request \(number) has changed since it was listed; read it again before deciding"
    case .permissionHeld(let number, let role, let until):
      "the account already has "
        + (role == .admin ? "the admin permission, which includes use" : "this permission")
        + ", from request \(number)" + (until.map { ", until \($0.lastTaiwanDay)" } ?? "")
    case .permissionNone(let number, let problem): problem.text(of: number).english
    case .accountTaken:
      "another account of this agency has the same e-mail address or mobile number; ask the agency's"
        + " administrator"
    case .accountsTaken(let accounts):
      "accounts \(accounts.map(\.description).joined(separator: ", ")) share an e-mail address or"
        + " mobile number, but are not clearly the same person; replace or close one first"
    case .contactTaken(let account):
      "account \(account) of this agency has the e-mail address or mobile number that is asked for;"
        + " close it if it is the same person's, else reject the request"
    case .accountLast:
      "this is the authority's last active administrator; appoint another one first"
    case .accountState(let account, let status):
      "account \(account) is \(status.rawValue), so this cannot be done to it"
    case .agencyCycle(let code):
      "agency \(quoted(code)) would become its own superior"
    case .successionCycle(let code):
      "agency \(quoted(code)) would take its own place"
    case .agencySucceeded(let code, let new):
      "agency \(quoted(code)) has a successor, or will have: \(quoted(new))"
    case .successionBound(let code, .none):
      "agency \(quoted(code)) has no successor"
    case .successionBound(let code, .late):
      "the succession of agency \(quoted(code)) is more than seven days old"
    case .successionBound(_, .successor(let new)):
      "the successor has a successor itself; take that of \(quoted(new)) back first"
    case .successionBound(_, .later(let code)):
      "the same person came from agency \(quoted(code)) since; take that succession back first"
    case .successionBound(_, .request(let number)):
      "request \(number) has been decided since, so the succession cannot be taken back"
    case .successionBound(_, .account(let account)):
      "account \(account), one of two that became one, has changed since, so the succession"
        + " cannot be taken back"
    case .successionBound(_, .authority):
      "the authority would be left without an administrator; appoint one first: iauth admins --appoint"
    case .recertifyOpen(let review):
      "review \(review) is still open over some of the same permissions"
    case .recertifyAnswered(let item, let by, let at):
      "item \(item) was answered" + (by.map { " by \(shortened($0))" } ?? "")
        + " at \(at.taiwanMinute) Taiwan time; an answer is never changed"
    case .recertifyClosed(let review): "review \(review) is closed"
    case .recertifyOver(let item, let at):
      "the permission of item \(item) ended at \(at.taiwanMinute) Taiwan time; nothing is left to answer"
    case .recertifyEarly(let review, let open, let dueAt):
      "review \(review) runs until \(dueAt.taiwanDate), and \(open) items are not answered yet"
    case .recertifyCount(let expected, let found):
      "\(expected) items were expected, and \(found) wait"
    case .recertifyUnknown(let number): "there is no review or item \(number) for you to answer"
    case .recertifyRow(let column):
      "the column \(shortened(column)) does not say what the sheet was written with"
    case .recertifyMissing(let item): "item \(item) stands in no row of the sheet"
    case .messageState(let id, let status):
      "message \(id) is \(status.rawValue), so this cannot be done to it"

    case .usageCommand(let word, let nearest):
      "there is no command \(quoted(word))" + didYouMean(nearest)
    case .usageOption(let word, let nearest, let command):
      (command.map { "\($0) has no option \(quoted(word))" }
        ?? "there is no option \(quoted(word))") + didYouMean(nearest)
    case .usageOperand(let word, let command):
      command.map { "\($0) does not take \(quoted(word))" } ?? "\(quoted(word)) is not expected"
    case .usageMissing(let words, let command):
      "\(command) needs \(words.joined(separator: ", "))"
    case .usageMissingValue(let option, _): "\(shortened(option)) needs a value"
    case .usageUnwantedValue(let option, _): "\(shortened(option)) takes no value"
    case .usageRepeated(let option, _): "\(shortened(option)) is given more than once"
    case .usageConflict(let one, let other, _): "\(one) and \(other) exclude each other"
    case .usageValue(let option, let value, let allowed):
      "\(option) cannot be \(quoted(value))"
        + choices(allowed, "; it is one of ", "; write it like ", ", ")
    case .usageSpan: "--since is not before the end of --until, so no time lies between them"
    case .callerUnknown(let word):
      "nobody has come as \(quoted(word)); a caller is uid:N or a user's name, key:NAME or the name of"
        + " a key"
    case .usageInput(let needed, let got):
      "standard input has \(counted(got, "line")) where \(counted(needed, "code")), one a line,"
        + " \(needed == 1 ? "is" : "are") needed; this was not counted as an attempt"
    case .usageTerminal(let option, _): "\(option) asks, and needs a terminal"
    case .usageCode: "a code has eight digits; this was no attempt"
    case .usageService:
      "this answers a connection of the service; systemd, sshd or sudo starts it, not a person"
    case .usageEncoding(let place): "word \(place) of the command is not UTF-8"
    case .usageVariable(let name): "the environment variable \(name) is not UTF-8"

    case .agencyInvalid(let code):
      "\(quoted(code)) is no agency code: neither an OID nor a valid eight-digit 統一編號"
    case .agencyMissing: "the agency code is missing"
    case .rowHidden(let isColumn):
      "the \(isColumn ? "column" : "row") is hidden; show it or delete it, or say --hidden include or"
        + " --hidden skip"
    case .nameInvalid(let problem):
      problem.english(
        "the name",
        form: "the name may hold letters, digits, spaces, apostrophes, hyphens, periods and middle"
          + " dots")
    case .emailInvalid(let problem):
      problem.english(
        "the e-mail address", unit: "octets",
        form: "the e-mail address must be one plain address like name@agency.gov.tw")
    case .mobileInvalid(let problem):
      problem.english(
        "the mobile number",
        form: "the mobile number must be like 0912345678, or begin with + for another country")
    case .mobileCountry:
      "no code is sent to a number of this country; give one of Taiwan, like 0912345678"
    case .titleInvalid(let problem): problem.english("the title")
    case .phoneInvalid(let problem): problem.english("the office phone")
    case .reasonInvalid(let problem): problem.english("the reason or note")
    case .decisionReason(let line, let problem):
      "line \(line): " + problem.english("the reason or note")
    case .documentInvalid(let problem): problem.english("the document number")
    case .dateRange(let problem): problem.english
    case .dateInvalid(let text):
      "\(quoted(text)) is no date like 2026-03-02, 1150302 or 115年3月2日"
    case .inRow(let row, let error): "row \(row): " + error.englishSentence
    case .roleInvalid(let text): "\(quoted(text)) is no role; there are admin and general"
    case .changeInvalid(let text):
      "\(quoted(text)) is no kind of change; there are 新增 (add), 刪除 (remove), 修改 (change) and 交接"
        + " (hand-over)"
    case .systemInvalid(let problem):
      problem.english("the system's code, name or address")
    case .batchRejected(let rejected, let rows, let isPartial):
      "\(rejected) of \(counted(rows, "row")) \(rejected == 1 ? "is" : "are") rejected; "
        + (isPartial ? "the good ones were imported" : "nothing was imported")
    case .answersRejected(let rejected, let rows):
      "\(rejected) of \(counted(rows, "row")) \(rejected == 1 ? "is" : "are") rejected; "
        + "nothing was answered"
    case .sheetUnreadable(let problem): SheetText.unreadable(problem).english
    case .sheetHeader(let missing, let duplicated, let near):
      SheetText.header(missing, duplicated, near).english
    case .decisionLine(let line, let word):
      "line \(line): \(quoted(word)) cannot be read; a line is a request's number, its version, "
        + "approve, reject or return, and the reason"
    case .sheetEmpty: "the sheet has no rows below its header"
    case .limitBytes(let max): SheetText.tooLarge(max).english
    case .limitRows(let max): SheetText.tooLong(max).english
    case .reportTooLong(let max):
      "a workbook holds no report of more than \(max) rows; let its name end in .csv"
    case .limitLines(let max):
      "the file has more than \(max) lines, blank ones counted; delete those, or split it"
    case .limitDecisions(let max): "one call decides on at most \(max) lines; split the file"
    case .registryShrunk(let removed, let all, let authority):
      authority
        ? "the file does not list the authority; if that is meant, allow removals"
        : "the file would remove \(removed) of \(all) agencies, more than a tenth; if that is"
          + " meant, allow removals"

    case .fileMissing(let path): "the file \(quoted(path)) is missing or cannot be read"
    case .fileOther(let path, let isDirectory):
      "\(quoted(path)) is \(isDirectory ? "a directory" : "a device or a socket"), and no file"
    case .anchorMissing: "the file holds no anchor and no checkpoint"
    case .entryUnknown(let seq): "the audit trail has no entry \(seq)"
    case .signFailed(let problem): "the checkpoint was not signed: \(problem.english)"
    case .databaseMissing: "there is no database yet, and no service to ask"
    case .databaseElsewhere:
      "the database is a link to a file that is not there; is its disk mounted?"
    case .databaseGone:
      "the database is gone, and its key is still there: put the newest backup in its place"
    case .databaseUnmounted:
      "the disk of the database is not mounted on this host"
    case .agencyUnknown(let code): "there is no agency \(quoted(code)) in the registry"
    case .agencyRemoved(let code):
      "agency \(quoted(code)) has left the registry; nothing new can be submitted for it"
    case .systemUnknown(let code): "there is no system \(quoted(code))"
    case .accountUnknown: "there is no such account"
    case .batchUnknown(let number): "there is no batch \(number) that you may see"
    case .referenceUnknown: "there is no application or sign-in with this reference"
    case .requestUnknown(let number): "there is no request \(number) that you may see"
    case .messageUnknown(let id): "there is no message \(id)"
    case .keyUnknown(let name): "no key \(quoted(name)) is enrolled"

    case .databaseDamaged: "the database is damaged; move it away, and restore the newest backup"
    case .copyDiffers(let manifest):
      "the copy is not the one that \(quoted(manifest)) is of; fetch it again"
    case .auditBroken(let seq, let problem):
      "the audit trail does not hold at entry \(seq): \(problem.english); "
        + "keep a copy of the files as they are, with cp -a, before anything else"
    case .doctorFailed(let checks): "\(counted(checks, "check")) failed; the lines above say which"
    case .internal: "iauth met a state that it must not reach; nothing was changed"

    case .databaseExists: "there is a database already, and it is never overwritten"
    case .fileExists(let path): "the file \(quoted(path)) exists already and is not overwritten"
    case .fileUncreatable(let path): "the file \(quoted(path)) cannot be created"
    case .agencyExists(let code): "agency \(quoted(code)) exists already"
    case .systemExists(let code): "system \(quoted(code)) exists already"
    case .keyExists(let name): "key \(quoted(name)) is enrolled already"

    case .diskFull: "the disk is full; nothing was changed"
    case .diskFailed: "the disk could not be read or written; nothing was changed"
    case .filesExhausted:
      "this process, or the host, can open no more files; nothing was changed"
    case .deliveryCut:
      "the delivery was cut short, for the disk failed or the database is busy; what was done"
        + " stands, and what was not sent stays queued"
    case .reportUnwritten(let path, let batch, let accepted, let cause):
      (batch.map { "batch \($0) is imported (accepted \(accepted))" } ?? "nothing was imported")
        + ", but the report \(quoted(path)) could not be written: "
        + unwritten(cause)
    case .outputFailed(isFull: true):
      "the answer could not be written, for the disk is full; what was done stands"
    case .outputFailed(isFull: false): "the answer could not be written; what was done stands"
    case .codeLocked(let until):
      "too many wrong attempts: no code is accepted before \(Self.nextMinute(until)) Taiwan time,"
        + " not even the right one"
    case .sendThrottled(let until):
      "too many messages were asked for; ask again after \(Self.nextMinute(until)) Taiwan time"
    case .databaseBusy: "the database is busy; nothing was changed, run the command again"
    case .databaseStandby:
      "the database lies in a read-only place: it is read here, and not changed"
    case .hostStandby:
      "this host stands by: the database is read here, and changed on the other host"
    case .clockLeap(let newest):
      (newest.map { "the clock is far from the newest entry (\($0.rfc3339))" }
        ?? "less than an hour ago the clock was found far from the newest entry of that time")
        + ", so nothing was done that cannot be undone; set the clock, or run it again after an hour"
    case .deliverFailed(let failed):
      "\(counted(failed, "message")) could not be sent now; all else is done"
    case .outcomeUnknown:
      "the disk or the service failed while the change was being kept, and its outcome is unknown;"
        + " run the same command again"
    case .serviceSilent: "the service does not answer; try again later, or tell its operator"

    case .codeSecond(_, let channel):
      "the code was right; the other one, by \(channel == .email ? "e-mail" : "SMS"), is on its way"
        + " and is needed too"
    case .sessionNone: "nobody is signed in"
    case .sessionExpired: "the session has ended; sign in again"
    case .sessionStepUp: "this needs a session that has proven both codes"
    case .rightMissing(let right): right.english
    case .requestOutside(let number, nil): "request \(number) is for others to decide"
    case .requestOutside(let number, .correct): "request \(number) is its submitter's to correct"
    case .requestOutside(let number, .withdraw): "request \(number) is its submitter's to withdraw"
    case .accountSuspended: "the account is suspended; ask the agency's administrator"

    case .databaseForeign: "the file is no iauth database"
    case .databaseVersion(let found, let needed):
      "the database has schema version \(found) and this iauth reads version \(needed) only; "
        + (found < needed ? "the operator migrates it" : "use the release that fits the database")
    case .databaseUnsafe(let reason): reason.english
    case .configInvalid(let line, _, .notUTF8):
      "line \(line) of the configuration is not UTF-8 text"
    case .configInvalid(let line, let key, let problem):
      "line \(line) of the configuration is not valid"
        + (key.map { ": \(quoted($0)) \(problem.text.english)" } ?? "; a line is key = value")
    case .programUnsafe: "this program does not run set-uid or set-gid"
    }
  }

  /// A time to wait for, rounded up: waiting until then is enough.
  static func nextMinute(_ time: Timestamp) -> String { (time + .seconds(59)).taiwanMinute }
}

extension ValueProblem {
  fileprivate func english(_ field: String, unit: String = "characters", form: String? = nil)
    -> String
  {
    switch self {
    case .empty: "\(field) is empty"
    case .tooLong(let max): "\(field) is longer than \(max) \(unit)"
    case .forbidden(let scalar):
      "\(field) holds the character \(scalarName(scalar))\(SheetText.advice(scalar).english)"
    case .malformed: form ?? "\(field) is not in a form that is accepted"
    case .several: "\(field) is more than one; give one only"
    case .noLetter: "\(field) needs a letter in it"
    }
  }
}

extension AuditProblem {
  package var text: Bilingual { Bilingual(english, chinese) }

  fileprivate var english: String {
    switch self {
    case .changed: "the entry was changed"
    case .missing: "an entry is missing"
    case .cutOff: "the entries after it were cut off"
    case .unsealed: "the seal of the newest entry does not fit"
    case .personalData: "its personal data does not fit the commitment"
    case .unrecorded: "a decision, permission, session or account has no entry"
    case .differs: "a request, permission, session or account is not as it says"
    case .anchor: "it differs from the anchor"
    case .otherTrail: "the head that was given is of another trail"
    case .node: "the tree over it was changed"
    }
  }
}

extension Right {
  fileprivate var english: String {
    switch self {
    case .serviceOperator: "only the operator, who owns the database, may do this"
    case .reviewer: "only an administrator of this system may decide"
    case .importer: "only an administrator, the authority or the operator may import"
    case .administrator: "only an administrator of the agency may do this"
    case .within:
      "the agency is neither yours nor below yours; only its own administrators, those above it and the"
        + " authority's see this"
    case .feed(nil): "only the authority's administrators of this system may do this"
    case .feed: "only the authority's administrator of every system may do this for all at once"
    case .owner: "only the person concerned may do this"
    case .applicant: "you decide on no requests; your own are another list"
    case .resting(let change?):
      "your administrator's permission rests until request \(change) is decided"
    case .resting(nil):
      "your administrator's permission does not hold now; your list says what it is"
    case .key: "an ssh key may submit and look for an active administrator only"
    }
  }
}

extension UnsafeReason {
  fileprivate var english: String {
    switch self {
    case .link: "the database is a link or has several names; name the file itself"
    case .owner: "the database belongs to another user; run iauth as its owner"
    case .mode: "others may open the database; its mode must be 0600"
    case .directory: "others may write to the database's directory; its mode must be 0700"
    case .key:
      "the database's key beside it is missing or does not fit; put back the one kept with its copies"
    case .keyFile:
      "iauth.key beside the database is a link or no regular file; put the key's own file there"
    case .keyMode: "others may read the database's key, or it is not yours; its mode must be 0600"
    case .wal: "the database was put into WAL mode; set PRAGMA journal_mode = DELETE"
    case .unreadable: "you may not read the database; run iauth as its owner"
    case .path: "this path cannot name a database"
    case .journal: "a journal that is not the owner's stands beside the database"
    case .lock: "iauth.lock beside the database is no regular file that its owner may write"
    }
  }
}

private func unwritten(_ cause: ErrorCode) -> String {
  switch cause {
  case .diskFull: "the disk is full"
  case .fileExists: "somebody has made such a file meanwhile"
  case .fileUncreatable: "it cannot be created"
  default: "the disk could not be written"
  }
}

private func quoted(_ word: String) -> String { "'\(shortened(word))'" }

private func didYouMean(_ nearest: String?) -> String {
  nearest.map { "; the nearest is '\($0)'" } ?? ""
}

private func counted(_ number: Int, _ noun: String) -> String {
  number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
}

extension SigningProblem {
  fileprivate var english: String {
    switch self {
    case .noAgent: "no ssh-agent answers (SSH_AUTH_SOCK)"
    case .notEd25519: "the file is no public key of type ssh-ed25519"
    case .refused: "the agent does not hold the key, or refuses"
    }
  }
}
