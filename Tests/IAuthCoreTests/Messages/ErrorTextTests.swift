// Every error speaks both languages, in one manner, and gives away nothing. The samples must cover
// every code, so a new error without a sample fails here.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ErrorTextTests {
  @Test func everyCodeHasASample() {
    #expect(Set(samples.map(\.code)) == Set(ErrorCode.allCases))
  }

  @Test(arguments: samples) func englishStartsLowAndHasNoFullStop(error: IAuthError) {
    let sentence = error.text(.english).sentence
    let first = sentence.unicodeScalars.first
    #expect(first.map { !$0.properties.isUppercase } == true, "\(sentence)")
    #expect(sentence.utf8.last != UInt8(ascii: "."))
    #expect(!sentence.utf8.contains(UInt8(ascii: "\n")))
  }

  @Test(arguments: samples) func chineseIsChineseWithFullWidthPunctuation(error: IAuthError) {
    let sentence = error.text(.chinese).sentence
    #expect(sentence.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
    #expect(sentence.unicodeScalars.last != "。")
    #expect(sentence != error.text(.english).sentence)
    for mark in [",", ";", "(", "'", "?"] as [Unicode.Scalar] {
      #expect(!sentence.unicodeScalars.contains(mark), "\(sentence)")
    }
  }

  @Test(arguments: samples) func theHintIsACommandAndTheSameInBothLanguages(error: IAuthError) {
    let hint = error.text(.english).hint
    #expect(hint == error.text(.chinese).hint)
    if let hint { #expect(Array(hint.utf8.prefix(6)) == Array("iauth ".utf8)) }
  }

  @Test(arguments: Language.allCases)
  func whatTheProgrammerWroteOfAnInternalErrorIsNotShown(language: Language) {
    let text = IAuthError.internal("UNIQUE constraint failed: account.email").text(language)
    #expect(!text.sentence.contains("account"))
    #expect(!text.sentence.contains("UNIQUE"))
  }

  @Test(arguments: ["$(rm -rf ~)", "`id`", "-x", "a b", "2.16;id", "", "機關；id", "a\u{3000}b"])
  func nothingDangerousToPasteStandsInAHint(code: String) {
    #expect(IAuthError.agencyRemoved(code: code).text(.english).hint == "iauth agencies CODE")
  }

  @Test(arguments: [
    ("A-7K3F-9QXM", false, "iauth verify --resend A-7K3F-9QXM"),
    ("A-7K3F-9QXM", true, "iauth apply"),
    ("S-7K3F-9QXM", true, "iauth verify"),
  ])
  func anExpiredCodeNamesTheWayOn(reference: String, isFinished: Bool, hint: String) {
    let error = IAuthError.codeExpired(reference: reference, isFinished: isFinished)
    #expect(error.text(.chinese).hint == hint)
  }

  @Test(arguments: [
    (IAuthError.usageValue(option: "--via", value: "post", allowed: []), "iauth help verify"),
    (.codeWrong, "iauth verify S-7K3F-9QXM"),
    (
      .batchRejected(rejected: 1, rows: 2, isPartial: false),
      "iauth import-batch form1.csv --dry-run --report -"
    ),
    (
      .registryShrunk(removed: 9, of: 10, authority: false),
      "iauth agencies --load new/oid.csv --allow-removals"
    ),
    (.agencyInvalid(code: "疾管署"), "iauth agencies 疾管署"),
    (.agencyInvalid(code: "疾管署; id"), "iauth agencies NAME"),
    (.agencyUnknown(code: "2.16.886.101.1"), "iauth agencies NAME"),
    (.accountTaken(agency: "2.16.886.101.1"), "iauth admins --agency 2.16.886.101.1"),
  ])
  func whatWasTypedStandsInTheHint(error: IAuthError, hint: String) {
    let call = TypedCall(
      "verify",
      ["REFERENCE": "S-7K3F-9QXM", "FILE": "form1.csv", "--load": "new/oid.csv"])
    #expect(error.text(.english, of: call).hint == hint)
  }

  @Test func timesAreOfTaiwanAndWaitingIsRoundedUp() {
    let until = Timestamp(1_772_442_001)  // 2026-03-02T09:00:01Z
    #expect(until.taiwanMinute == "2026-03-02 17:00")
    #expect(IAuthError.codeLocked(until: until).text(.english).sentence.contains("17:01 Taiwan"))
    #expect(IAuthError.sendThrottled(until: until).text(.chinese).sentence.contains("17:01（臺灣"))
  }

  @Test func whatTimeHasEndedNobodyDecided() {
    let lapsed = IAuthError.requestDecided(number: 12, status: .lapsed, by: nil, at: noon)
    #expect(
      lapsed.text(.english).sentence == "request 12 has lapsed, at 2026-03-02 17:00 Taiwan time")
  }

  @Test func aVeryLongWordIsShortened() {
    let word = String(repeating: "臺", count: 100_000)
    for language in Language.allCases {
      let text = IAuthError.usageCommand(word, nearest: nil).text(language)
      #expect(text.sentence.unicodeScalars.count < 100)
    }
  }
}

private let noon = Timestamp(1_772_442_000)
private let problems: [ValueProblem] = [
  .empty, .tooLong(max: 50), .forbidden(scalar: 0x202E), .malformed, .several,
  .forbidden(scalar: 0x0A), .forbidden(scalar: 0xE000), .forbidden(scalar: 0xFE0F),
  .forbidden(scalar: 0xFFFD), .forbidden(scalar: 0x21),
]

/// At least one of every case, and every payload that changes the sentence.
private let samples: [IAuthError] =
  [
    .declined, .codeWrong, .codeExpired(reference: "A-7K3F-9QXM", isFinished: false),
    .codeExpired(reference: "S-7K3F-9QXM", isFinished: true), .requestDuplicate(number: 12),
    .requestDecided(number: 12, status: .approved, by: "王小明", at: noon),
    .requestDecided(number: 12, status: .lapsed, by: nil, at: noon), .requestOwn(number: 12),
    .requestChanged(number: 12), .permissionHeld(number: 12, role: .admin),
    .permissionHeld(number: 12, role: .general), .permissionNone(number: 12),
    .permissionNone(number: 12, .promised), .permissionNone(number: 12, .deputy),
    .permissionNone(number: 12, .ended),
    .accountTaken(agency: "2.16.886.101.1"),
    .accountLast, .accountState(account: 7, status: .closed), .agencyCycle(code: "2.16.886.101.1"),
    .accountsTaken([7, 9]), .contactTaken(account: 7), .databaseElsewhere,
    .successionCycle(code: "2.16.886.101.1"),
    .agencySucceeded(code: "2.16.886.101.1", by: "2.16.886.101.2"),
    .successionBound(code: "2.16.886.101.1", .none),
    .successionBound(code: "2.16.886.101.1", .late),
    .successionBound(code: "2.16.886.101.1", .successor(code: "2.16.886.101.2")),
    .successionBound(code: "2.16.886.101.1", .request(12)),
    .successionBound(code: "2.16.886.101.1", .account(7)),
    .messageState(id: 3, status: .sent), .recertifyOpen(review: 2),
    .recertifyAnswered(7, by: "王小明", at: noon), .recertifyAnswered(7, by: nil, at: noon),
    .recertifyClosed(review: 2), .recertifyOver(12, at: noon),
    .recertifyEarly(review: 2, open: 3, dueAt: noon),
    .recertifyCount(expected: 3, found: 4), .recertifyUnknown(7), .recertifyRow(column: "姓名"),
    .recertifyMissing(item: 7),

    .usageCommand("approv", nearest: "approve"), .usageCommand("x", nearest: nil),
    .usageOption("--oidd", nearest: "--oid", command: "apply"),
    .usageOption("--oidd", nearest: nil, command: nil), .usageOperand("x", command: "admins"),
    .usageOperand("x", command: nil), .usageMissing(["--agency", "--name"], command: "apply"),
    .usageMissingValue("--name", command: "apply"), .usageUnwantedValue("--json", command: nil),
    .usageRepeated("--name", command: "apply"),
    .usageConflict("--batch", "--expect", command: "approve"),
    .usageValue(option: "--via", value: "post", allowed: ["email", "sms", "both"]),
    .usageValue(option: "--limit", value: "x", allowed: []), .usageInput(needed: 2, got: 1),
    .usageInput(needed: 1, got: 0), .usageService, .usageEncoding(place: 2),
    .usageVariable("HOME"),

    .agencyInvalid(code: "12345678"), .dateInvalid("1151302"), .roleInvalid("root"),
    .changeInvalid("移轉"), .batchRejected(rejected: 3, rows: 120, isPartial: false),
    .batchRejected(rejected: 1, rows: 1, isPartial: true),
    .answersRejected(rejected: 1, rows: 3), .sheetUnreadable(.notASheet),
    .sheetUnreadable(.badByte(row: 3, offset: 99)), .sheetUnreadable(.badQuote(row: 3)),
    .sheetUnreadable(.unsupported("formula")), .sheetUnreadable(.damaged("sheet1.xml")),
    .sheetHeader(missing: ["機關OID"], duplicated: ["姓名"]),
    .sheetHeader(
      missing: ["機關OID"], duplicated: [],
      near: HeaderPlace(sheet: "名單", row: 4, found: ["姓名"], isForm: false)),
    .sheetHeader(
      missing: ["機關OID", "姓名"], duplicated: [],
      near: HeaderPlace(sheet: nil, row: 4, found: ["手機"], isForm: true)),
    .sheetUnreadable(.page("HTML")), .sheetUnreadable(.unsupported("xls")),
    .sheetUnreadable(.unsupported("xlsb")), .sheetUnreadable(.unsupported("encrypted")),
    .sheetUnreadable(.tooWide(SheetPlace(sheet: "名單", row: 2, column: 16_383))),
    .sheetUnreadable(.tooLong(SheetPlace(sheet: nil, row: 2, column: 0))),
    .limitBytes(max: Limits.workbookUnpackedBytes), .limitRows(max: Limits.textRows),
    .agencyMissing, .rowHidden(isColumn: false), .rowHidden(isColumn: true),
    .sheetHeader(missing: [], duplicated: []), .sheetEmpty,
    .decisionLine(line: 3, word: "maybe"), .codeUsed(isApplication: true),
    .codeUsed(isApplication: false), .limitBytes(max: 10_485_760),
    .limitRows(max: 20_000), .limitLines(max: 2_000_000),
    .limitDecisions(max: 10_000), .programUnsafe,
    .registryShrunk(removed: 900, of: 8_262, authority: false),
    .registryShrunk(removed: 1, of: 8_262, authority: true),

    .fileMissing(path: "form1.csv"), .fileOther(path: "/tmp", isDirectory: true),
    .fileOther(path: "/dev/tty", isDirectory: false), .anchorMissing, .entryUnknown(seq: 9),
    .copyDiffers(manifest: "copy.manifest"),
    .reportUnwritten(path: "r.csv", batch: 4, accepted: 2, cause: .diskFull),
    .reportUnwritten(path: "r.csv", batch: nil, accepted: 0, cause: .fileExists),
    .reportUnwritten(path: "r.csv", batch: nil, accepted: 0, cause: .fileUncreatable),
    .reportUnwritten(path: "r.csv", batch: nil, accepted: 0, cause: .diskFailed),
    .decisionReason(line: 3, .empty), .reportTooLong(max: 20_000),
    .sheetHeader(missing: [], duplicated: ["機關OID", "機關代號"]),
    .signFailed(.noAgent),
    .signFailed(.notEd25519), .signFailed(.refused), .auditBroken(seq: 4, .node),
    .databaseMissing, .databaseGone, .agencyUnknown(code: "2.16.886.101.1"),
    .agencyRemoved(code: "2.16.886.101.1"), .systemUnknown(code: "spn"), .accountUnknown,
    .batchUnknown(4), .referenceUnknown, .requestUnknown(number: 12), .messageUnknown(3),
    .keyUnknown(name: "mohw"), .keyExists(name: "mohw"), .serviceSilent,

    .databaseDamaged, .doctorFailed(checks: 1), .internal("x"), .databaseExists,
    .fileExists(path: "backup.db"), .fileUncreatable(path: "/x/backup.db"),
    .agencyExists(code: "12345675"), .systemExists(code: "spm"),

    .filesExhausted, .deliveryCut, .databaseStandby, .clockLeap(newest: noon),
    .clockLeap(newest: nil), .usageSpan, .callerUnknown("nokey"),
    .diskFull, .diskFailed, .outputFailed(isFull: true), .outputFailed(isFull: false),
    .codeLocked(until: noon), .mobileCountry,
    .codeSecond(reference: "S-7K3F-9QXM", channel: .email),
    .codeSecond(reference: "S-7K3F-9QXM", channel: .sms),
    .sendThrottled(until: noon), .databaseBusy, .deliverFailed(failed: 2), .outcomeUnknown,

    .sessionNone, .sessionExpired, .sessionStepUp, .requestOutside(number: 12),
    .requestOutside(number: 12, .correct), .requestOutside(number: 12, .withdraw),
    .accountSuspended(agency: "2.16.886.101.1"),

    .databaseForeign, .databaseVersion(found: 2, needed: 1), .databaseVersion(found: 1, needed: 2),
    .configInvalid(line: 3, key: "mial", .unknown), .configInvalid(line: 3, key: "mail"),
    .configInvalid(line: 3, key: nil), .configInvalid(line: 3, key: "mail", .twice),
    .configInvalid(line: 3, key: nil, .notUTF8), .inRow(3, .roleInvalid("boss")),
  ]
  + problems.flatMap { problem -> [IAuthError] in
    [
      .nameInvalid(problem), .emailInvalid(problem), .mobileInvalid(problem),
      .titleInvalid(problem), .phoneInvalid(problem), .reasonInvalid(problem),
      .documentInvalid(problem), .systemInvalid(problem),
    ]
  }
  + [
    AuditProblem.changed, .missing, .cutOff, .unsealed, .personalData, .anchor, .unrecorded,
    .differs,
  ].map { .auditBroken(seq: 7, $0) }
  + [
    Right.serviceOperator, .reviewer, .importer, .administrator, .owner, .key, .within,
    .feed(own: nil), .feed(own: "spm"),
  ].map { .rightMissing($0) }
  + [
    UnsafeReason.link, .owner, .mode, .directory, .key, .path, .journal,
    .keyFile, .keyMode, .wal, .unreadable,
  ].map {
    .databaseUnsafe($0)
  }
