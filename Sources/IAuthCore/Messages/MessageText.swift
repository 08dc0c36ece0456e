// A notice as a mail or an SMS. Each language has its file with one exhaustive switch; a mail is
// the Chinese text, a line of dashes, the English one. Subjects hold nothing that a stranger typed.

import Sheets
import Values

/// A message as it is stored and sent.
package struct RenderedMessage: Sendable, Equatable {
  package let subject: String
  package let body: String

  package init(subject: String, body: String) {
    self.subject = subject
    self.body = body
  }
}

/// What a notice says in one language: a fixed subject, and the lines of the body.
struct Wording {
  var subject: String
  var lines: [String]

  init(_ subject: String, _ lines: [String]) {
    self.subject = subject
    self.lines = lines
  }
}

extension Notice {
  /// What the message is for; it stands in the outbox and in `X-IAuth-Kind`.
  package var kind: MessageKind {
    switch self {
    case .code: .code
    case .approved, .rejected, .returned: .decision
    case .invitation: .invitation
    case .reminder: .reminder
    case .authorityDigest, .operatorDigest, .wrongAttemptsAlarm, .hostChanged,
      .witnessContradicts:
      .digest
    case .submitted, .batchSubmitted, .requestLapsed, .nationalReviewer, .batchDecided,
      .invitationLapsed, .invitationEnded, .revoked, .accountChanged, .contactChanged,
      .wrongAttempts,
      .idleWarning, .revokedByForm, .batchReturned, .rowsEnded, .superseded, .withdrawnByForm,
      .withdrawnBySubmitter,
      .standIn, .handOverOff, .comesUpAgain, .changeNotMade,
      .permissionEnding, .permissionSuspended, .permissionRestored, .contactBounces,
      .channelTest, .succession:
      .notice
    case .recertification(_, _, _, _, let isReminder, _): isReminder ? .reminder : .notice
    }
  }

  /// The mail, Chinese, then English, in lines that end with LF.
  package func mail(_ head: Letterhead = .plain) -> RenderedMessage {
    let head = kind == .code ? head.withoutCodes : head
    let chinese = chineseWording
    let english = englishWording
    let hasCommand = chinese.lines.contains { line in
      line.utf8.starts(with: "    iauth ".utf8)
    }
    let ending = head.ending(hasCommand: hasCommand)
    let lines =
      [head.title.chinese, "", "您好：", ""] + chinese.lines + ending.chinese
      + ["", "本信件由系統自動發送，請勿直接回覆。"]
      + ["", String(repeating: "-", count: 60), "", head.title.english, "", "Hello,", ""]
      + english.lines + ending.english
      + ["", "This mail was sent automatically; replies are not read."]
    return RenderedMessage(
      subject: "\(chinese.subject) / \(english.subject)",
      body: lines.joined(separator: "\n") + "\n")
  }

  /// The SMS in Chinese, a code first.
  ///
  /// At most 70 UTF-16 units, one segment of UCS-2 (3GPP TS 23.038): the agency's name gives way.
  package func sms(_ head: Letterhead = .plain) -> String {
    if case .channelTest = self { return "這是資安人員身分驗證系統的測試簡訊，無須處理。" }
    let before: String
    let after: String
    if case .code(let purpose, _, let code, _, let reference) = self {
      before = "\(code) 是"
      after =
        "\(purpose.chinese)驗證碼，10分鐘內有效，勿轉告。"
        + (head.name.map { "\(SafeText.withoutCodes($0)) " } ?? "iauth verify ") + reference
    } else {
      before = "\(chineseWording.subject)（"
      after =
        "），詳見電子郵件。如非本人辦理，請洽機關管理者"
        + (head.name.map { "。\(SafeText.line($0))" } ?? "")
    }
    let room = 70 - before.utf16.count - after.utf16.count
    return before + SafeText.shortened(agency ?? "iauth", toUTF16: room) + after
  }

  /// The agency concerned; digests and lists have many.
  private var agency: String? {
    switch self {
    case .code(_, _, _, let agency, _): SafeText.withoutCodes(agency)
    case .submitted(let request), .approved(let request, _, _), .rejected(let request, _),
      .requestLapsed(let request), .invitation(let request, _, _, _),
      .nationalReviewer(let request), .invitationLapsed(let request), .revoked(let request, _),
      .invitationEnded(let request, _),
      .returned(let request, _), .superseded(let request, _),
      .withdrawnByForm(let request), .withdrawnBySubmitter(let request, _),
      .comesUpAgain(let request),
      .changeNotMade(let request, _, _, _),
      .standIn(let request, _), .handOverOff(let request), .permissionEnding(let request, _),
      .permissionSuspended(let request), .permissionRestored(let request):
      SafeText.line(request.agency)
    case .accountChanged(_, let agency, _), .contactChanged(let agency, _, _),
      .wrongAttempts(let agency):
      SafeText.line(agency.name)
    case .batchSubmitted(_, let agency, _, _), .idleWarning(let agency, _, _),
      .revokedByForm(_, let agency, _),
      .contactBounces(let agency, _, _, _, _):
      SafeText.line(agency)
    case .batchDecided, .batchReturned, .rowsEnded, .wrongAttemptsAlarm, .channelTest, .reminder,
      .authorityDigest, .operatorDigest, .recertification, .hostChanged, .witnessContradicts,
      .succession:
      nil
    }
  }
}

extension RequestSummary {
  /// Behind `approve NUMBER`: what was shown is what is approved.
  var expecting: String { version.map { " --expect \($0)" } ?? "" }
}

extension Notice {
  /// How an invited person signs in, as they type it; the mobile number is theirs to fill in.
  static func firstSignIn(
    _ request: RequestSummary, agencyCode: String, email: String
  ) -> [String] {
    [
      "    iauth verify --agency \(shellWord(agencyCode, or: "CODE")) \\",
      "      --name \(SafeText.shellQuoted(SafeText.line(request.name))) \\",
      "      --email \(SafeText.shellQuoted(SafeText.line(email))) \\",
      "      --mobile NUMBER --via both",
    ]
  }
}

extension Letterhead {
  /// For a message with a code: nothing in it could be taken for one, a telephone number neither.
  var withoutCodes: Letterhead {
    Letterhead(
      name: name.map(SafeText.withoutCodes), host: host.map(SafeText.withoutCodes),
      contact: contact.map(SafeText.withoutCodes))
  }
}
