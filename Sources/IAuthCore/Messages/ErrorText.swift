// What an error says to a person: one sentence and, where a command helps, that command. The two
// languages have a file each; the hint is the same in both, for commands are not translated.

import Sheets
import Values

/// The sentence of an error, and the command that helps, as typed.
package struct ErrorText: Sendable, Equatable {
  /// What was refused and why, without a full stop.
  ///
  /// Typed words stand in it as they came, in quotes: whoever shows it escapes them.
  package let sentence: String
  package let hint: String?
}

/// What was typed, as far as a hint takes it up again.
package struct TypedCall: Sendable {
  package var command: String?
  /// By spelling: `--agency`, `FILE`.
  package var values: [String: String]

  package init(_ command: String? = nil, _ values: [String: String] = [:]) {
    (self.command, self.values) = (command, values)
  }

  /// What was typed there, or the word that stands for it.
  fileprivate func word(_ spelling: String, or placeholder: String) -> String {
    values[spelling].map { shellWord($0, or: placeholder) } ?? placeholder
  }

  /// Those of the options that were typed, as they were.
  fileprivate func options(_ spellings: [String]) -> String {
    spellings.filter { values[$0] != nil }.map { " \($0) \(word($0, or: "VALUE"))" }.joined()
  }

  /// The command's own help, or that of iauth.
  fileprivate var help: String { command.map { "iauth help \($0)" } ?? "iauth help" }
}

extension IAuthError {
  /// - Parameter call: which was run: its help explains what was refused, and what was typed stands
  ///   in the hint.
  package func text(_ language: Language, of call: TypedCall = TypedCall()) -> ErrorText {
    let hint = hint(call)
    return switch language {
    case .english: ErrorText(sentence: englishSentence, hint: hint)
    case .chinese: ErrorText(sentence: chineseSentence, hint: hint)
    }
  }

  /// The moment that the sentence names, by Taiwan's clock.
  package var moment: Timestamp? {
    switch self {
    case .requestDecided(_, _, _, let at), .recertifyAnswered(_, _, let at),
      .recertifyOver(_, let at):
      at
    case .codeLocked(let until), .sendThrottled(let until): until + .seconds(59)
    default: nil
    }
  }

  /// The command that helps; capitals stand for what the person fills in.
  private func hint(_ call: TypedCall) -> String? {
    switch self {
    case .declined: nil
    case .codeWrong:
      call.values["--step-up"] == nil
        ? "iauth verify \(call.word("REFERENCE", or: "REFERENCE"))" : "iauth verify --step-up"
    case .codeExpired(let reference, let isFinished):
      if !isFinished {
        "iauth verify --resend \(shellWord(reference, or: "REFERENCE"))"
      } else if reference.utf8.first == UInt8(ascii: "A") {
        "iauth apply"
      } else {
        Self.signIn
      }
    case .codeUsed(let isApplication): isApplication ? Self.signIn : "iauth verify --status"
    case .requestDuplicate(let number), .requestDecided(let number, _, _, _),
      .requestOwn(let number), .requestChanged(let number), .permissionNone(let number, _),
      .requestOutside(let number, _):
      "iauth pending \(number)"
    case .permissionHeld: "iauth request-permission --list"
    case .accountTaken(let agency), .accountSuspended(let agency):
      "iauth admins --agency \(shellWord(agency, or: "CODE"))"
    case .accountsTaken: "iauth accounts"
    case .contactTaken(let account): "iauth accounts \(account)"
    case .accountLast:
      "iauth admins --appoint --system CODE --name NAME --email ADDRESS --mobile NUMBER"
    case .accountState, .accountUnknown: "iauth accounts"
    case .recertifyOpen(let review), .recertifyClosed(let review),
      .recertifyEarly(let review, _, _):
      "iauth recertify --status \(review)"
    case .recertifyAnswered, .recertifyUnknown, .recertifyCount, .recertifyOver: "iauth recertify"
    case .recertifyRow, .recertifyMissing: "iauth recertify --sheet FILE"
    case .messageState, .messageUnknown, .deliverFailed: "iauth deliver --list"

    case .usageCommand: "iauth help"
    case .usageOption(_, _, let command), .usageOperand(_, let command),
      .usageMissingValue(_, let command), .usageUnwantedValue(_, let command),
      .usageRepeated(_, let command):
      command.map { "iauth help \($0)" } ?? "iauth help"
    case .usageMissing(_, let command), .usageConflict(_, _, let command): "iauth help \(command)"
    case .usageValue, .usageSpan, .callerUnknown: call.help
    case .usageInput, .usageCode: "iauth help verify"
    case .usageService: "iauth help \(call.command ?? "serve-one")"
    case .usageTerminal(_, let command): "iauth \(command)"
    case .usageEncoding, .usageVariable: "iauth help"

    case .agencyInvalid(let code), .agencyUnknown(let code):
      // What is no code may be a name, or a part of one.
      AgencyCode(code) == nil && code.unicodeScalars.contains(where: \.isIdeograph)
        ? "iauth agencies \(shellWord(code, or: "NAME"))" : "iauth agencies NAME"
    case .agencyMissing: "iauth agencies NAME"
    case .rowHidden: "iauth help import-batch"
    case .agencyCycle(let code), .agencyRemoved(let code), .agencyExists(let code),
      .successionCycle(let code), .successionBound(let code, .none),
      .successionBound(let code, .late),
      .successionBound(let code, .successor), .successionBound(let code, .request),
      .successionBound(let code, .account):
      "iauth agencies \(shellWord(code, or: "CODE"))"
    case .successionBound(_, .authority): "iauth admins --appoint"
    case .agencySucceeded(let code, _), .successionBound(_, .later(let code)):
      "iauth agencies --undo \(shellWord(code, or: "CODE"))"
    case .systemInvalid: "iauth help systems"
    case .systemUnknown, .systemExists: "iauth systems"
    case .nameInvalid, .emailInvalid, .mobileInvalid, .mobileCountry, .titleInvalid, .phoneInvalid,
      .reasonInvalid, .decisionReason, .documentInvalid:
      nil
    case .decisionLine: "iauth help approve"
    case .dateRange(.early(let number, let day, let isDeputy)):
      "iauth request-permission --role admin \(isDeputy ? "--deputy-for" : "--replaces") \(number) --from "
        + Timestamp(startOfTaipeiDay: day).taiwanDay + (isDeputy ? " --until DATE" : "")
    case .inRow, .roleInvalid, .changeInvalid, .dateInvalid, .dateRange, .sheetHeader, .sheetEmpty,
      .sheetUnreadable,
      .limitBytes, .limitRows, .limitLines, .limitDecisions, .reportTooLong:
      call.help
    case .answersRejected: "iauth recertify --sheet FILE"
    case .batchRejected:
      "iauth import-batch \(call.word("FILE", or: "FILE"))"
        + call.options(["--system", "--encoding", "--sheet", "--hidden"]) + " --dry-run --report -"
    case .registryShrunk:
      "iauth agencies --load \(call.word("--load", or: "FILE")) --allow-removals"

    case .fileMissing, .fileOther, .fileExists, .fileUncreatable: nil
    case .anchorMissing: "iauth audit --checkpoint"
    case .entryUnknown: "iauth audit --head"
    case .signFailed: "iauth audit --checkpoint"
    case .databaseMissing: "iauth init --authority CODE"
    case .databaseGone: "iauth restore FILE"
    case .databaseElsewhere, .databaseUnmounted: nil
    case .databaseExists:
      call.command == "restore"
        ? "iauth --db FILE restore FILE" : "iauth --db FILE init --authority CODE"
    case .batchUnknown: "iauth pending --status all"
    case .referenceUnknown: "iauth help verify"
    case .requestUnknown:
      switch call.command {
      case "request-permission": "iauth request-permission --list"
      case "revoke": "iauth permissions"
      default: "iauth pending"
      }
    case .databaseDamaged: call.command == "restore" ? nil : "iauth restore FILE"
    case .copyDiffers: nil
    case .auditBroken, .doctorFailed: nil
    case .internal, .diskFull, .diskFailed, .filesExhausted: "iauth doctor"
    case .deliveryCut: "iauth deliver"
    case .clockLeap: "iauth pending --remind --clock-is-right"
    case .databaseStandby, .hostStandby: "iauth doctor"
    case .reportUnwritten(_, let batch, _, _): batch.map { "iauth pending --batch \($0)" }
    case .outputFailed: nil

    case .codeSecond(let reference, _): "iauth verify \(shellWord(reference, or: "REFERENCE"))"
    case .codeLocked, .sendThrottled, .databaseBusy, .outcomeUnknown, .serviceSilent: nil
    case .keyUnknown, .keyExists: "iauth ssh-gate --list"
    case .sessionNone, .sessionExpired: Self.signIn
    case .sessionStepUp: "iauth verify --step-up"
    case .rightMissing(.reviewer), .rightMissing(.importer), .rightMissing(.administrator):
      "iauth request-permission --role admin"
    case .rightMissing(.applicant): "iauth request-permission --list"
    case .rightMissing(.resting(let change)):
      change.map { "iauth pending \($0)" } ?? "iauth request-permission --list"
    case .rightMissing(.feed(let own?)):
      "iauth permissions --changed-since SEQ --system \(shellWord(own, or: "CODE"))"
    case .rightMissing(.serviceOperator), .rightMissing(.owner), .rightMissing(.key),
      .rightMissing(.within), .rightMissing(.feed(nil)):
      nil
    case .databaseForeign: "iauth --db FILE doctor"
    case .databaseVersion(let found, let needed):
      if found >= needed {
        "iauth --version"
      } else if call.command == "restore" {
        // Nothing is there yet that could be migrated.
        "cp FILE iauth.db; cp FILE.key iauth.key; iauth --db iauth.db migrate"
      } else {
        "iauth migrate"
      }
    case .databaseUnsafe: nil
    case .configInvalid, .programUnsafe: nil
    }
  }

  /// It knows who the caller last was, and asks for what it does not know.
  private static let signIn = "iauth verify"
}

/// `word` if it can stand in a shell command as it is, else `placeholder`: a hint is meant to be
/// copied, and what a stranger typed must not be run by copying it.
func shellWord(_ word: String, or placeholder: String) -> String {
  let isPlain = word.unicodeScalars.allSatisfy { scalar in
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: ".-_+@/".unicodeScalars.contains(scalar) || scalar.isIdeograph
    }
  }
  let isWord =
    !word.utf8.isEmpty && word.utf8.count <= 100
    && word.utf8.first != UInt8(ascii: "-")
  return isPlain && isWord ? word : placeholder
}

extension Unicode.Scalar {
  /// A Chinese character: no shell reads more into it.
  fileprivate var isIdeograph: Bool {
    properties.isUnifiedIdeograph
  }
}

/// What may stand there instead: all of it, or, of days and spans, what they look like.
func choices(_ allowed: [String], _ all: String, _ like: String, _ separator: String) -> String {
  guard !allowed.isEmpty else { return "" }
  let areExamples = allowed.allSatisfy { $0.utf8.first.map { (0x30...0x39).contains($0) } ?? false }
  return (areExamples ? like : all) + allowed.joined(separator: separator)
}

/// The start of `text`, at most `limit` scalars: a sentence stays a sentence whatever was typed.
func shortened(_ text: String, to limit: Int = 60) -> String {
  guard text.unicodeScalars.count > limit else { return text }
  var start = String.UnicodeScalarView()
  start.append(contentsOf: text.unicodeScalars.prefix(limit - 1))
  return String(start) + "…"
}

/// A scalar value as the standard writes it, `U+202E`.
func scalarName(_ scalar: UInt32) -> String {
  let digits = String(scalar, radix: 16, uppercase: true)
  return "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
}

extension Timestamp {
  /// The day in Taiwan, `2026-03-02`.
  package var taiwanDate: String { String(taiwanMinute.prefix(10)) }

  /// The minute in Taiwan, `2026-03-02 17:00`; the text beside it names the zone.
  ///
  /// All who are written to are there, and Taiwan keeps UTC+8 all year.
  package var taiwanMinute: String {
    let local = (self + .hours(8)).rfc3339.utf8
    return String(decoding: local.prefix(10), as: UTF8.self) + " "
      + String(decoding: local.dropFirst(11).prefix(5), as: UTF8.self)
  }
}

extension ConfigProblem {
  var text: Bilingual {
    switch self {
    case .unknown:
      Bilingual("is no setting; iauth.conf(5) has them all", "不是設定項目，請見手冊頁 iauth.conf")
    case .value:
      Bilingual(
        "has a wrong value; iauth.conf(5) says what is allowed", "之值不正確，請見手冊頁 iauth.conf")
    case .twice: Bilingual("is set twice", "重複設定")
    case .notUTF8: Bilingual("is not UTF-8 text", "不是 UTF-8 文字")
    }
  }
}
