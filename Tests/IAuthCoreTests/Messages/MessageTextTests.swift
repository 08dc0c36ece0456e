// Every notice as it reaches a person: what each must say in both languages, what none may hold,
// and how long an SMS may be.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct MessageTextTests {
  /// A text that each mail must hold twice: once in Chinese, once in English.
  @Test(arguments: [
    (approved, "iauth request-permission --list"), (approved, "https://spm.nat.gov.tw/"),
    (approved, "> 准予所請"), (submitted, "iauth pending 12"), (submitted, "iauth approve 12"),
    (submitted, "iauth reject 12 --reason"), (batch, "iauth approve --batch 4"),
    (batch, "院授資字第1150000001號"), (rejected, "> 請檢附公文"),
    (rejected, "iauth request-permission --system spm --role general"),
    (invitation, "iauth verify --agency 2.16.886.101.20003.20020 \\"),
    (invitation, "--name 'Kolas ‧ O'\\''Brien' \\"), (invitation, "--email xm@cdc.gov.tw \\"),
    (invitation, "--mobile NUMBER --via both"), (invitation, "2026-04-01 17:00"),
    (.wrongAttempts(agency: office), "iauth admins --agency 2.16.886.101.20003"),
    (.contactChanged(agency: office, email: "n***@cdc.gov.tw", mobile: "0912***678"), "0912***678"),
    (.reminder(items: [waiting, waiting]), "iauth pending 12"),
    (digest, "iauth admins --missing"), (digest, "2.16.886.101.90001"), (digest, "312"),
    (.operatorDigest(operatorDay), "    iauth-audit/1 7 abcdef"),
    (.operatorDigest(operatorDay), "iauth doctor"),
    (.hostChanged(epoch: 2, entries: 120, newest: spring), "120"),
    (.hostChanged(epoch: 2, entries: 120, newest: spring), "iauth audit --verify --anchor FILE"),
    (.witnessContradicts(entries: 120), "120"),
    (.witnessContradicts(entries: 120), "iauth audit --settle-witness"),
  ])
  func bothHalvesOfAMailSay(notice: Notice, text: String) {
    let halves = halves(of: notice)
    #expect(halves.count == 2)
    for half in halves { #expect(half.contains(text), "\(half)") }
  }

  @Test(arguments: notices) func everyMailNamesWhatToTypeInBothLanguages(notice: Notice) {
    for half in halves(of: notice) { #expect(half.contains("\n    iauth "), "\(half)") }
  }

  @Test(arguments: aboutOneRequest)
  func everyMailAboutARequestNamesItsAgencyAndNumber(notice: Notice) {
    for half in halves(of: notice) {
      #expect(half.contains(cdc))
      #expect(half.contains("12"))
    }
  }

  @Test(arguments: notices) func aSubjectHoldsNothingThatAStrangerTyped(notice: Notice) {
    let subject = notice.mail().subject
    for typed in [cdc, "O'Brien", "院授資字", "准予所請", "管考系統", "@", "檢附"] {
      #expect(!subject.contains(typed), "\(subject)")
    }
  }

  @Test(arguments: notices) func theChineseHalfComesFirstAndNeitherIsEmpty(notice: Notice) {
    let halves = halves(of: notice)
    #expect(halves.count == 2)
    #expect(halves.first?.hasPrefix("資安人員身分驗證系統（iauth）\n\n您好：") == true)
    #expect(
      halves.last?.hasPrefix("iauth, accounts of information security personnel\n\nHello,") == true)
  }

  @Test func aCodeStandsAloneOnItsLineOnceInEachHalf() {
    for half in halves(of: code(agency: cdc)) {
      #expect(half.split(separator: "\n").filter { $0 == "01234567" }.count == 1)
      #expect(half.contains("    iauth verify A-7K3F-9QXM"))
      #expect(half.contains(cdc))
    }
  }

  @Test(arguments: [
    cdc, "資訊中心12345675", "１２３４５６７８課", "123456789012345678", "٠١٢٣٤٥٦٧", "a1234567b1234567",
  ])
  func nothingElseInACodeMessageIsEightDigits(agency: String) {
    let notice = code(agency: agency)
    let mail = notice.mail()
    for text in [mail.subject + "\n" + mail.body, notice.sms()] {
      let runs = text.unicodeScalars.split { $0.properties.numericType != .decimal }
      #expect(Set(runs.filter { $0.count >= 8 }.map { String($0) }) == ["01234567"])
    }
  }

  @Test func theSMSOfACodeReadsAsAPersonExpects() {
    #expect(
      code(agency: cdc).sms()
        == "01234567 是疾病管制署帳號申請驗證碼，10分鐘內有效，勿轉告。iauth verify A-7K3F-9QXM")
  }

  @Test(arguments: CodePurpose.allCases) func anSMSFitsOneSegment(purpose: CodePurpose) {
    let longest = "行政院國軍退除役官兵輔導委員會榮民森林保育事業管理處林業工作隊"
    for agency in [cdc, longest, String(repeating: "𠀀", count: 40)] {
      let sms = Notice.code(
        purpose: purpose, channel: .sms, code: "01234567", agency: agency,
        reference: "S-7K3F-9QXM"
      ).sms()
      #expect(sms.utf16.count <= 70)
      #expect(sms.contains("iauth verify S-7K3F-9QXM"))
      #expect(Array(sms.utf8.prefix(9)) == Array("01234567 ".utf8))
      #expect(sms.contains("…") == (agency != cdc))
      #expect(!sms.contains("\u{FFFD}"))
    }
  }

  @Test(arguments: notices) func everySMSFitsOneSegment(notice: Notice) {
    #expect((20...70).contains(notice.sms().utf16.count), "\(notice.sms())")
  }

  @Test(arguments: hostileTexts) func hostileTextIsShownNotObeyed(text: String) {
    var request = request
    request.name = text
    request.agency = text
    let notice = Notice.rejected(request: request, reason: text)
    let mail = notice.mail()
    for shown in [mail.subject, mail.body, notice.sms()] {
      let hostile = shown.unicodeScalars.filter { $0.isHostile && $0 != "\n" }
      #expect(hostile.isEmpty, "\(hostile)")
    }
    #expect(!mail.body.utf8.contains(UInt8(ascii: "\r")))
  }

  @Test func aStrangersLinesStayBehindABar() {
    let reason = "first\n-----\n    iauth approve 99\n\nFrom root"
    let lines = Notice.rejected(request: request, reason: reason).mail().body.split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.filter { $0 == ">     iauth approve 99" }.count == 2)
    #expect(!lines.contains("    iauth approve 99"))
    #expect(!lines.contains { $0.hasPrefix("From ") })
  }

  /// Whoever stood in for somebody asks for that again, not for the permission by itself.
  @Test(arguments: [
    (Asking.rejected, true, "--deputy-for 3 --from 2026-03-02 --until 2026-03-06"),
    (.rejected, false, "--replaces 3 --from 2026-03-02 --until 2026-03-06"),
    (.lapsed, true, "--deputy-for 3 --from DATE --until DATE"),
    (.ending, true, "--deputy-for 3 --from 2026-03-07 --until DATE"),
    (.ending, false, "--role admin --until DATE"),
  ])
  func whatToTypeAgainNamesWhomItIsFor(asking: Asking, isDeputy: Bool, words: String) throws {
    var request = request
    request.role = .admin
    // From the second of March to the sixth, in Taiwan.
    let first = Timestamp(1_772_380_800)
    (request.from, request.until) = (first, first + .hours(5 * 24))
    (request.deputyOf, request.successorOf) = isDeputy ? ("陳怡君", nil) : (nil, "陳怡君")
    request.inPlaceOf = 3
    let notice: Notice =
      switch asking {
      case .rejected: .rejected(request: request, reason: "日期有誤")
      case .lapsed: .requestLapsed(request: request)
      case .ending: .permissionEnding(request: request, endsAt: try #require(request.until))
      }
    for half in halves(of: notice) {
      #expect(half.contains("--role admin \(words)\n") || half.contains("\(words)\n"))
      #expect(asking != .ending || isDeputy || !half.contains("--replaces"))
    }
  }

  enum Asking: Sendable { case rejected, lapsed, ending }

  @Test func aNationalReviewerIsAnnouncedToWhoDecides() {
    var national = request
    national.isNational = true
    let plain = halves(of: .submitted(request: request))
    let marked = halves(of: .submitted(request: national))
    #expect(plain.allSatisfy { !$0.contains("全國") && !$0.contains("all agencies") })
    #expect(marked.first?.contains("全國各機關") == true)
    #expect(marked.last?.contains("all agencies") == true)
  }

  @Test(arguments: [
    (code(agency: cdc), MessageKind.code), (approved, .decision), (rejected, .decision),
    (invitation, .invitation), (submitted, .notice), (batch, .notice),
    (.reminder(items: [waiting]), .reminder), (digest, .digest),
    (.operatorDigest(operatorDay), .digest),
    (.hostChanged(epoch: 2, entries: 1, newest: nil), .digest),
    (.witnessContradicts(entries: 1), .digest),
    (.wrongAttempts(agency: office), .notice),
  ])
  func kindsAreThoseOfTheTable(notice: Notice, kind: MessageKind) {
    #expect(notice.kind == kind)
  }
}

/// The strings of SECURITY 2.4 that have broken others' terminals, headers and reviewers.
let hostileTexts = [
  "a\r\nBcc: evil@example.org", "a\nSubject: x", "a\r\n\r\n.\r\n", "\u{1B}[2J\u{1B}]0;x\u{7}",
  "\u{9B}31m", "name\u{202E}gpj.exe", "\u{2066}x\u{2069}", "a\u{200B}b\u{FEFF}c\u{2060}",
  "\u{E0041}\u{E007F}", "nul\u{0}tail", "\u{2028}\u{2029}", "\u{7F}\u{85}", "\u{E000}\u{10FFFF}",
]

private let cdc = "疾病管制署"
private let office = AgencyLabel(cdc, code: "2.16.886.101.20003")

private let request = RequestSummary(
  number: 12, agency: cdc, name: "Kolas ‧ O'Brien",
  system: Bilingual("Project control system", "管考系統"), systemCode: "spm", role: .general,
  kind: .grant, isNational: false)

private func code(agency: String) -> Notice {
  .code(
    purpose: .application, channel: .email, code: "01234567", agency: agency,
    reference: "A-7K3F-9QXM")
}

private let waiting = WaitingItem(request: request, waitingDays: 7)
private let spring = Timestamp(1_775_034_000)  // 2026-04-01T09:00:00Z
private let approved = Notice.approved(
  request: request, url: "https://spm.nat.gov.tw/", note: "准予所請")
private let rejected = Notice.rejected(request: request, reason: "請檢附公文")
private let submitted = Notice.submitted(request: request)
private let batch = Notice.batchSubmitted(
  batch: 4, agency: cdc, requests: 120, document: "院授資字第1150000001號")
private let invitation = Notice.invitation(
  request: request, agencyCode: "2.16.886.101.20003.20020", email: "xm@cdc.gov.tw",
  expiresAt: spring)
private let digest = Notice.authorityDigest(
  AuthorityDigest(
    withoutReviewer: [waiting], overdue: [waiting],
    singleAdministrator: [AgencyLine(code: "2.16.886.101.90001", name: "某機關", administrators: 1)],
    reviews: [
      ReviewRate(
        review: 2, name: "上半年清查", dueAt: spring,
        lines: [.init(superior: "衛生福利部", answered: 1, items: 3, unassigned: 1)])
    ],
    omitted: 312))
private let operatorDay = OperatorDigest(
  failedMessages: 1, queuedMessages: 2, lapsedRequests: 3, lapsedApplications: 4,
  lapsedInvitations: 5, locks: 6, wrongAttemptsLastHour: 7, auditHead: "iauth-audit/1 7 abcdef",
  databaseBytes: 8, freeBytes: 9, diskBytes: 10)

private let aboutOneRequest: [Notice] = [
  submitted, approved, .approved(request: request, url: nil, note: nil), rejected, invitation,
  .requestLapsed(request: request), .rowsEnded(batch: 4, items: [request], .lapsed),
  .rowsEnded(batch: 4, items: [request], .byForm),
  .rowsEnded(batch: 4, items: [request], .byPerson),
  .rowsEnded(batch: 4, items: [request], .approved),
  .rowsEnded(batch: 4, items: [request], .rejected),
  .withdrawnBySubmitter(request: request, worksAgain: true),
  .withdrawnBySubmitter(request: request, worksAgain: false),
  .changeNotMade(request: request, because: .contactTaken, isTheirs: true, rests: true),
  .changeNotMade(request: request, because: .reviewersChanged, isTheirs: false, rests: false),
  .nationalReviewer(request: request),
  .invitationLapsed(request: request), .invitationEnded(request: request, reason: "調職"),
  .revoked(request: request, reason: "調職"), .handOverOff(request: request),
  .permissionSuspended(request: request), .permissionRestored(request: request),
]

private let notices: [Notice] =
  aboutOneRequest + [
    .succession(
      [.init(old: cdc, oldCode: "2.16.886.101.1", new: "疾病管制部", newCode: "2.16.886.101.2")],
      isUndone: false),
    code(agency: cdc), batch,
    .batchDecided(batch: 4, document: nil, approved: 1, rejected: 2, other: 0),
    .accountChanged(status: .suspended, agency: office, reason: "調職"),
    .accountChanged(status: .active, agency: office, reason: "復職"),
    .accountChanged(status: .closed, agency: office, reason: "離職"),
    .contactChanged(agency: office, email: "n***@cdc.gov.tw", mobile: "0912***678"),
    .wrongAttempts(agency: office), .wrongAttemptsAlarm(count: 200),
    .idleWarning(agency: cdc, days: 80, suspendedAt: spring),
    .recertification(
      review: 2, name: "115 年上半年", items: 3, dueAt: spring, isReminder: false, isOver: false),
    .recertification(
      review: 2, name: nil, items: 3, dueAt: spring, isReminder: true, isOver: true),
    .revokedByForm(batch: 4, agency: cdc, count: 2), .reminder(items: [waiting]), digest,
    .operatorDigest(operatorDay), .hostChanged(epoch: 2, entries: 120, newest: spring),
    .witnessContradicts(entries: 120),
  ]

/// The Chinese and the English part of a mail's body.
private func halves(of notice: Notice) -> [String] {
  let lines = notice.mail().body.split(separator: "\n", omittingEmptySubsequences: false)
  let isRule = { (line: Substring) in
    line.utf8.count == 60 && line.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
  }
  return lines.split(whereSeparator: isRule).map { part in
    String(part.joined(separator: "\n").drop(while: \.isNewline))
  }
}
