// An entry of the trail as log collectors take it: every column as JSON, which is what
// Scripts/verify-trail recomputes; a line of syslog (RFC 5424); an event of OCSF 1.3. None has a
// name or an address, and each is the same bytes whenever it is asked for.

import IAuthCore
import Sheets
import Values

enum AuditFormat: String, ArgumentWord {
  case jsonl, rfc5424, ocsf

  func line(_ line: TrailLine) -> String {
    switch self {
    case .jsonl: line.line.exported.text
    case .rfc5424: Self.syslog(line.line.entry)
    case .ocsf: Self.event(line).text
    }
  }

  // MARK: RFC 5424

  /// Facility 13 is the audit log; a notice, or a warning for what was refused.
  private static func syslog(_ entry: AuditEntry) -> String {
    var data: [(String, String)] = [("seq", String(entry.seq)), ("caller", entry.caller)]
    if let account = entry.account { data.append(("account", String(account))) }
    if let session = entry.session { data.append(("session", String(session))) }
    data += [("subject", entry.subject), ("outcome", entry.outcome)]
    let parameters = data.map { " \($0)=\"\(escaped($1))\"" }.joined()
    let text = "\(entry.action) \(entry.subject) \(entry.outcome)"
    return """
      <\(13 * 8 + (entry.isDone ? 5 : 4))>1 \(entry.at.rfc3339) - iauth - \(entry.action) \
      [audit@32473\(parameters)] \(TerminalText.escaped(text))
      """
  }

  private static func escaped(_ value: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in TerminalText.escaped(value).unicodeScalars {
      if scalar == "\"" || scalar == "\\" || scalar == "]" { result.append("\\") }
      result.append(scalar)
    }
    return String(result)
  }

  // MARK: OCSF

  private struct EventClass {
    let uid: Int64
    let name: String
    /// Activities by action; another is 99, Other.
    let activities: [String: (Int64, String)]

    static let base = EventClass(uid: 0, name: "Base Event", activities: [:])
    static let account = EventClass(
      uid: 3001, name: "Account Change",
      activities: [
        "account.open": (1, "Create"), "account.restore": (2, "Enable"),
        "account.suspend": (5, "Disable"), "account.close": (6, "Delete"),
        "account.lock": (9, "Lock"), "caller.lock": (9, "Lock"), "account.unlock": (12, "Unlock"),
      ])
    static let authentication = EventClass(
      uid: 3002, name: "Authentication",
      activities: [
        "session.start": (1, "Logon"), "session.step-up": (1, "Logon"),
        "session.end": (2, "Logoff"), "code.wrong": (1, "Logon"), "sign-in.begin": (6, "Preauth"),
      ])
    static let access = EventClass(
      uid: 3005, name: "User Access Management",
      activities: [
        "request.approve": (1, "Assign Privileges"), "admin.appoint": (1, "Assign Privileges"),
        "permission.revoke": (2, "Revoke Privileges"),
        "invitation.lapse": (2, "Revoke Privileges"),
      ])

    /// By what stands before the dot: an action that comes later has its class.
    static func of(_ line: TrailLine) -> EventClass {
      if line.privilege != nil { return access }
      let topic = line.line.entry.action.utf8.prefix { $0 != UInt8(ascii: ".") }
      switch String(decoding: topic, as: UTF8.self) {
      case "account", "application", "caller": return account
      case "session", "sign-in", "code": return authentication
      default: return base
      }
    }
  }

  private static func event(_ line: TrailLine) -> JSON {
    let entry = line.line.entry
    let kind = EventClass.of(line)
    let (activity, name) = kind.activities[entry.action] ?? (99, entry.action)
    var members: [String: JSON] = [
      "activity_id": .int(activity), "activity_name": .string(name),
      "actor": [
        "user": [
          "type_id": entry.account == nil ? 99 : 1,
          "uid": .string(entry.account.map { String($0) } ?? entry.caller),
        ], "app_name": .string(entry.caller),
      ],
      "category_uid": .int(kind.uid / 1_000), "class_name": .string(kind.name),
      "class_uid": .int(kind.uid), "message": .string("\(entry.action) \(entry.subject)"),
      "metadata": [
        "log_name": "audit", "original_time": .time(entry.at),
        "product": [
          "name": "iauth", "vendor_name": "iauth",
        ], "sequence": .int(entry.seq), "uid": .string(Hex.encode(line.line.hash)),
        "version": "1.3.0",
      ],
      "severity_id": entry.isDone ? 1 : 2, "status": entry.isDone ? "Success" : "Failure",
      "status_code": .string(entry.outcome), "status_id": entry.isDone ? 1 : 2,
      "time": .int(entry.at.seconds * 1_000), "type_uid": .int(kind.uid * 100 + activity),
      "unmapped": ["action": .string(entry.action), "subject": .string(entry.subject)],
    ]
    if kind.uid == EventClass.authentication.uid { members["service"] = ["name": "iauth"] }
    if kind.uid != EventClass.base.uid {
      let user = user(of: line)
      members["user"] = ["uid": .string(user ?? entry.caller), "type_id": user == nil ? 99 : 1]
    }
    if let privilege = line.privilege { members["privileges"] = [.string(privilege)] }
    return .object(of: members.map { JSON.Member(key: $0.key, value: $0.value) })
  }

  /// Whom an event is about: the holder of the right, or the account.
  private static func user(of line: TrailLine) -> String? {
    if let holder = line.holder { return String(holder) }
    let subject = line.line.entry.subject
    let prefix = "account:"
    guard subject.utf8.starts(with: prefix.utf8) else {
      return line.line.entry.account.map { String($0) }
    }
    return String(decoding: subject.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }
}

extension AuditEntry {
  /// Whether what was tried was done: refusals have the code of an error as their outcome.
  fileprivate var isDone: Bool {
    action != "refused" && !outcome.utf8.contains(UInt8(ascii: "."))
  }
}

extension AuditLine {
  /// Every column that the hash covers, and the hash.
  var exported: JSON {
    [
      "seq": .int(entry.seq), "at": .time(entry.at), "caller": .string(entry.caller),
      "account": .number(entry.account), "session": .number(entry.session),
      "action": .string(entry.action), "subject": .string(entry.subject),
      "outcome": .string(entry.outcome), "person": .string(Hex.encode(entry.personHash)),
      "previous": .string(Hex.encode(entry.previous)), "hash": .string(Hex.encode(hash)),
    ]
  }
}
