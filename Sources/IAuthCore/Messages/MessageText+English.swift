// Every notice in English: what happened, whose and which, and the command to type next. No case
// is left to a default.

import Sheets
import Values

extension Notice {
  var englishWording: Wording {
    switch self {
    case .code(let purpose, let channel, let code, let agency, let reference):
      Wording(
        "\(purpose.englishTitle) code",
        [
          "For your \(purpose.english) at \(SafeText.withoutCodes(agency)) (\(reference)), the",
          "\(channel == .email ? "e-mail" : "mobile") code is:", "", code, "",
          "Type this command within 10 minutes, and the code when it asks:", "",
          "    iauth verify \(reference)", "",
          "The code works once. Tell it to nobody. If you did not ask for it, ignore this mail.",
        ])
    case .submitted(let request):
      Wording(
        "Request \(request.number) waits for review",
        [
          request.isAgainBecause != nil
            ? "A request that was approved is to be decided on again:"
            : request.isResubmitted
              ? "A request that was sent back has been corrected, and waits for your decision:"
              : "A request waits for your decision:", "",
        ] + request.english
          + (request.isAgainBecause.map { ["Why again: \($0.text.english)"] } ?? [])
          + (request.isNational
            ? ["", "Note: if approved, this person decides on the administrators of all agencies."]
            : [])
          + [
            "", "Read it, then approve or reject it:", "", "    iauth pending \(request.number)",
            "    iauth approve \(request.number)\(request.expecting)",
            "    iauth reject \(request.number) --reason TEXT",
          ])
    case .batchSubmitted(let batch, let agency, let requests, let document):
      Wording(
        "Batch \(batch) waits for review",
        ["\(SafeText.line(agency)) has submitted a batch for your decision:", ""]
          + Self.englishBatch(batch, document) + ["Requests: \(requests)"] + [
            "", "Read it, then decide:", "", "    iauth pending --batch \(batch)",
            "    iauth approve --batch \(batch)",
            "    iauth reject --batch \(batch) --reason TEXT",
          ])
    case .approved(let request, let url, let note):
      Wording(
        "Request \(request.number) approved",
        ["Your request is approved:", ""] + request.english
          + (note.map { ["", "Note of the reviewer:"] + SafeText.quotation($0) } ?? [])
          + [""] + Self.englishNextStep(request, url)
          + ["", "Your permissions and requests:", "", "    iauth request-permission --list"])
    case .rejected(let request, let reason):
      Wording(
        "Request \(request.number) rejected",
        ["Your request is rejected:", ""] + request.english + ["", "Reason:"]
          + SafeText.quotation(reason)
          + request.worksAgain.english + request.askAgain.english)
    case .requestLapsed(let request):
      Wording(
        "Request \(request.number) lapsed",
        [
          request.isReturned
            ? "This request was sent back, was not corrected in time, and has lapsed:"
            : "Nobody decided on your request in time, and it has lapsed:", "",
        ] + request.english + request.worksAgain.english + request.askAfresh.english)
    case .invitation(let request, let agencyCode, let email, let expiresAt):
      Wording(
        "Invitation to activate your account (request \(request.number))",
        [
          "\(request.invitedBy.map(SafeText.line) ?? "The operator") has asked for this permission for you, "
            + "and it is granted:", "",
        ] + request.english
          + [
            "", "Sign in to activate your account before \(expiresAt.taiwanMinute) (Taiwan time);",
            "NUMBER is your mobile number. Codes come by e-mail and to your mobile:", "",
          ]
          + Self.firstSignIn(request, agencyCode: agencyCode, email: email))
    case .recertification(let review, let name, let items, let dueAt, let isReminder, let isOver):
      Wording(
        isReminder ? "Review \(review) waits for your answers" : "Review \(review) of permissions",
        [
          isOver
            ? "A periodic review is past its due date and still waits for you:"
            : "Please say of each of these permissions whether it is still needed:", "",
        ] + (name.map { ["Name: \(SafeText.line($0))"] } ?? []) + [
          "Waiting: \(items)", "Due: \(dueAt.taiwanDate) (Taiwan time)", "",
          "Read and answer them one by one, or all in a sheet:", "", "    iauth recertify",
          "    iauth recertify ITEM --keep", "    iauth recertify ITEM --end --reason TEXT",
          "    iauth recertify --sheet FILE.xlsx", "    iauth recertify --hand-in FILE.xlsx",
        ])
    case .permissionSuspended(let request):
      Wording(
        "Permission suspended (request \(request.number))",
        ["Nobody answered for this permission in a periodic review, and it rests from now on:", ""]
          + request.english
          + ["", "If you still need it, ask an administrator to answer:", "", "    iauth admins"])
    case .permissionRestored(let request):
      Wording(
        "Permission restored (request \(request.number))",
        ["This permission was kept in a periodic review, and is in force again:", ""]
          + request.english + ["", "Your permissions:", "", "    iauth request-permission --list"])
    case .nationalReviewer(let request):
      Wording(
        "One more administrator of the authority (request \(request.number))",
        [
          "The authority has one more administrator, who decides on the administrators of all",
          "agencies:", "",
        ] + request.english
          + [
            "", "If this is not as it should be, read:", "", "    iauth pending \(request.number)",
          ])
    case .batchDecided(let batch, let document, let approved, let rejected, let other):
      Wording(
        "Batch \(batch) is decided",
        ["All requests of your batch are decided:", ""] + Self.englishBatch(batch, document)
          + [
            "Approved: \(approved)", "Rejected: \(rejected)", "Withdrawn or lapsed: \(other)", "",
            "Each result, and why a request was rejected:", "",
            "    iauth pending --batch \(batch)",
            "    iauth pending --batch \(batch) --status rejected",
          ])
    case .invitationLapsed(let request):
      Wording(
        "Invitation lapsed (request \(request.number))",
        [
          "A person whom you submitted did not activate their account in time; account and",
          "permission have ended:", "",
        ] + request.english
          + ["", "If they still need it, submit them again:", "", "    iauth import-batch FILE"])
    case .invitationEnded(let request, let reason):
      Wording(
        "An invitation was withdrawn (request \(request.number))",
        [
          "A person whom you submitted had not opened the account yet; the permission has ended, and "
            + "the invitation with it:", "",
        ] + request.english + ["", "Reason:"] + SafeText.quotation(reason)
          + ["", "If they are still needed, submit them anew:", "", "    iauth import-batch FILE"])
    case .revoked(let request, let reason):
      Wording(
        "Permission ended (request \(request.number))",
        ["The permission that this request gave you has ended:", ""] + request.english
          + ["", "Reason:"] + SafeText.quotation(reason)
          + ["", "Your permissions:", "", "    iauth request-permission --list"])
    case .accountChanged(let status, let agency, let reason):
      Wording(
        "Account \(status.rawValue)",
        ["Your account at \(SafeText.line(agency.name)) is now \(status.rawValue).", "", "Reason:"]
          + SafeText.quotation(reason)
          + (status == .closed
            ? ["", "If you still need one, apply again:", "", "    iauth apply"]
            : [
              "", "Questions go to your administrator:", "",
              "    iauth admins --agency \(agency.code)",
            ]))
    case .contactChanged(let agency, let email, let mobile):
      Wording(
        "Contact details changed",
        [
          "The contact details of your account at \(SafeText.line(agency.name)) are now:", "",
          "E-mail: \(SafeText.line(email))", "Mobile: \(SafeText.line(mobile))", "",
          "If that was not you, have an administrator suspend the account at once:", "",
          "    iauth admins --agency \(agency.code)",
        ])
    case .wrongAttempts(let agency):
      Wording(
        "Wrong codes were entered",
        [
          "Somebody entered five wrong codes for your account at \(SafeText.line(agency.name)), and is",
          "locked out of it for 15 minutes. Your own sessions go on.", "",
          "If that was not you, tell no code to anybody, and ask your administrator:", "",
          "    iauth admins --agency \(agency.code)",
        ])
    case .wrongAttemptsAlarm(let count):
      Wording(
        "Unusually many wrong codes",
        [
          "There were \(count) wrong codes within an hour; somebody may be guessing.", "",
          "Read the audit trail:", "", "    iauth audit",
        ])
    case .idleWarning(let agency, let days, let suspendedAt):
      Wording(
        "Account about to be suspended",
        [
          "Nobody has signed in to your account at \(SafeText.line(agency)) for"
            + " \(days) \(days == 1 ? "day" : "days"). It will be",
          "suspended on \(suspendedAt.taiwanMinute) (Taiwan time) unless you sign in:", "",
          "    iauth verify",
        ])
    case .contactBounces(let agency, let name, let account, let channel, let contact):
      Wording(
        channel == .email
          ? "Mail to account \(account) comes back" : "SMS to account \(account) fail",
        [
          "What is sent to one of the people of \(SafeText.line(agency)) does not arrive:", "",
          "Name: \(SafeText.line(name))", "Account: \(account)",
          "\(channel == .email ? "E-mail" : "Mobile"): \(SafeText.line(contact))", "",
          "If they have left, close the account; if the contact has changed, they apply again with",
          "the new one:", "", "    iauth accounts --close \(account) --reason TEXT",
          "    iauth apply",
        ])
    case .revokedByForm(let batch, let agency, let count):
      Wording(
        "Administrators removed (batch \(batch))",
        [
          "\(SafeText.line(agency)) submitted a form that ended the permission of"
            + " \(count) \(count == 1 ? "administrator" : "administrators").", "",
          "Read it:", "", "    iauth pending --batch \(batch)",
        ])
    case .returned, .batchReturned, .rowsEnded, .superseded, .withdrawnByForm,
      .withdrawnBySubmitter, .standIn,
      .handOverOff, .permissionEnding, .comesUpAgain, .changeNotMade, .succession:
      grantWording.english
    case .channelTest:
      Wording(
        "Test mail",
        ["The operator tries whether mail arrives. There is nothing for you to do."])
    case .reminder(let items):
      Wording(
        "Reminder: \(items.count) \(items.count == 1 ? "request waits" : "requests wait") for review",
        ["These requests still wait for your decision, the oldest first:", ""]
          + RequestLines(items).english
          + ["One by one, or each by itself (the first one here):", ""]
          + RequestLines(items).commands)
    case .authorityDigest(let digest):
      Wording("Digest for the authority", Self.englishDigest(digest))
    case .operatorDigest(let digest):
      Wording("Digest for the operator", digest.english)
    case .hostChanged(let epoch, let entries, let newest):
      Wording(
        "The database is on another host",
        [
          "Another host has taken the database over: number \(epoch). All sessions have ended, and"
            + " codes are void.",
          "It has \(entries) entries of the audit trail"
            + (newest.map { ", the newest of \($0.rfc3339)." } ?? "."), "",
          "It cannot know whether that is all that was acknowledged before. Compare it with the newest"
            + " head of the trail that is kept elsewhere:",
          "", "    iauth audit --verify --anchor FILE", "    iauth doctor",
        ])
    case .witnessContradicts(let entries):
      Wording(
        "The audit trail is not the one that the witness has kept",
        [
          "The witness has a head of \(entries) entries that is not in this trail: this host has"
            + " lost work that was acknowledged, or the trail was rewritten. Look into it before"
            + " anything else.",
          "Until somebody says that it was looked into, iauth doctor and iauth audit --verify fail,"
            + " and no head is handed on:",
          "", "    iauth doctor", "    iauth audit --settle-witness",
        ])
    }
  }

  private static func englishBatch(_ batch: BatchID, _ document: String?) -> [String] {
    ["Batch: \(batch)"] + (document.map { ["Document: \(SafeText.line($0))"] } ?? [])
  }

  private static func englishNextStep(_ request: RequestSummary, _ url: String?) -> [String] {
    let system = SafeText.line(request.system.english)
    switch request.kind {
    case .grant:
      return [
        "Next: your agency's administrator\(request.role == .admin ? " (you)" : "") allocates the"
          + " detailed permissions inside \(system)\(url == nil ? "." : ":")"
      ] + (url.map { ["", "    \(SafeText.line($0))"] } ?? [])
    case .revoke: return ["The permission has ended."]
    case .change: return [request.changeIsTrue.english]
    }
  }

  private static func englishDigest(_ digest: AuthorityDigest) -> [String] {
    let (withoutReviewer, overdue) = (digest.withoutReviewer, digest.overdue)
    let single = digest.singleAdministrator
    var lines: [String] = []
    if !withoutReviewer.isEmpty {
      lines += ["Nobody may decide on these requests; their agencies need an administrator:", ""]
      lines += RequestLines(withoutReviewer).english
    }
    if !overdue.isEmpty {
      lines += [
        "These requests are undecided after every reminder; please have their agencies decide, or",
        "appoint one more administrator:", "",
      ]
      lines += RequestLines(overdue).english
    }
    if !single.isEmpty {
      lines += ["These agencies have too few administrators; please have them appoint more:", ""]
      lines += single.prefix(Limits.mailLines).map {
        "\(SafeText.line($0.code))  \(SafeText.line($0.name))  administrators: \($0.administrators)"
      }
      let left = single.count - Limits.mailLines
      if left > 0 { lines.append("and \(left) more") }
      lines.append("")
    }
    for rate in digest.reviews { lines += rate.english + [""] }
    if digest.omitted > 0 {
      lines += ["There is more than this mail lists: \(digest.omitted).", ""]
    }
    return lines + [
      "Agencies without or with one administrator:", "", "    iauth admins --missing",
    ]
  }
}

extension ReviewRate {
  fileprivate var english: [String] {
    let name = name.map { " (\(SafeText.line($0)))" } ?? ""
    let shown = lines.prefix(Limits.mailLines).map { line in
      "\(SafeText.line(line.superior))  \(line.answered) of \(line.items), \(line.percent) %"
        + (line.unassigned > 0 ? "; nobody may answer: \(line.unassigned)" : "")
    }
    let more = lines.count - shown.count
    return ["Review \(review)\(name), due \(dueAt.taiwanDate): answered, by superior agency", ""]
      + shown + (more > 0 ? ["and more: \(more)"] : [])
      + (unassigned > 0
        ? ["", "Items that nobody may answer, for want of an administrator: \(unassigned)"] : [])
      + ["", "    iauth recertify --status \(review)"]
  }
}

extension RequestSummary {
  var english: [String] {
    [
      "Request: \(number)", "Agency: \(SafeText.line(agency))", "Name: \(SafeText.line(name))",
      "System: \(SafeText.line(system.english)) (\(SafeText.line(systemCode)))",
      "Role: \(role.rawValue)", "Kind: \(kind.rawValue)",
    ] + terms.map(\.english)
  }

  /// The command that asks for the same once more, for the days that were asked for.
  var command: String {
    command(from: from?.taiwanDay, until: until.map { ($0 - .seconds(1)).taiwanDay })
  }

  /// The same, for days that have to be chosen anew.
  var commandForOtherDays: String {
    command(from: from.map { _ in "DATE" }, until: until.map { _ in "DATE" })
  }

  /// The same, to go on from that moment; whoever has taken over holds it in their own right.
  func commandToGoOn(from end: Timestamp) -> String {
    var next = self
    if deputyOf == nil { next.inPlaceOf = nil }
    return next.command(from: deputyOf.map { _ in end.taiwanDay }, until: "DATE")
  }

  private func command(from: String?, until: String?) -> String {
    var command =
      "iauth request-permission --system \(shellWord(systemCode, or: "CODE"))"
      + " --role \(role.rawValue)"
    if let inPlaceOf {
      command += deputyOf == nil ? " --replaces \(inPlaceOf)" : " --deputy-for \(inPlaceOf)"
    }
    if let from { command += " --from \(from)" }
    if let until { command += " --until \(until)" }
    return command
  }
}

extension CodePurpose {
  fileprivate var english: String {
    switch self {
    case .application: "application"
    case .signIn: "sign-in"
    case .stepUp: "confirmation"
    }
  }

  fileprivate var englishTitle: String {
    switch self {
    case .application: "Application"
    case .signIn: "Sign-in"
    case .stepUp: "Confirmation"
    }
  }
}
