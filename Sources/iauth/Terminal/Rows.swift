// The values that several commands show, in the two forms they are shown in: JSON with the field
// names of the contract (PRODUCT section 4), and text for people.

import IAuthCore
import Sheets
import Values

extension JSON {
  /// `{type, code, name, path}`, the same everywhere.
  static func agency(_ agency: Agency) -> JSON {
    [
      "code": .string(agency.code), "name": .string(agency.name), "path": .string(agency.path),
      "type": .string(agency.type.rawValue),
    ]
  }

  /// The last moment of what no longer holds from a time on.
  static func lastMoment(before end: Timestamp?) -> JSON { .time(end.map { $0 - .seconds(1) }) }

  /// The raw value of a closed vocabulary, or null.
  static func word<W: RawRepresentable<String>>(_ word: W?) -> JSON {
    .text(word?.rawValue)
  }

  static func words<W: RawRepresentable<String>>(_ words: [W]) -> JSON {
    .array(words.map { .string($0.rawValue) })
  }

  static func texts(_ texts: [String]) -> JSON {
    .array(texts.map(JSON.string))
  }

  /// The object with the members of another one added.
  func adding(_ members: [String: JSON]) -> JSON {
    guard case .object(let own) = self else { return self }
    return .object(
      of: own.filter { members[$0.key] == nil }
        + members.map { Member(key: $0.key, value: $0.value) })
  }
}

extension Agency {
  /// The path from the top down, which tells agencies of the same name apart: the distinguished
  /// name without its attribute types and country, `行政院/衛生福利部/疾病管制署`.
  var place: String {
    let parts = path.utf8.split(separator: UInt8(ascii: ",")).map { part in
      let value = part.firstIndex(of: UInt8(ascii: "=")).map { part[part.index(after: $0)...] }
      return String(decoding: value ?? part, as: UTF8.self)
    }
    return parts.dropLast().isEmpty ? name : parts.dropLast().reversed().joined(separator: "/")
  }

  /// The name with the code behind it.
  func titled(_ language: Language) -> String {
    language == .english ? "\(name) (\(code))" : "\(name)（\(code)）"
  }
}

extension TargetSystem {
  /// The name with the code behind it.
  func titled(_ language: Language) -> String {
    language == .english ? "\(name.english) (\(code))" : "\(name.chinese)（\(code)）"
  }
}

extension VerificationReceipt {
  /// An application, or a sign-in: the answer to a sign-in names nobody and no address.
  var json: JSON {
    guard purpose == .application else {
      return [
        "signin": .string(reference.text), "via": .word(via), "expires_at": .time(expiresAt),
      ]
    }
    return [
      "application": .string(reference.text), "agency": .agency(agency), "email": .text(email),
      "mobile": .text(mobile), "expires_at": .time(expiresAt),
    ]
  }

  func details(_ language: Language, _ times: LocalTime) -> [(Bilingual, String)] {
    guard purpose == .application else {
      return [
        (Bilingual("sign-in", "登入序號"), reference.text),
        (Bilingual("via", "驗證方式"), via.rawValue),
        (Bilingual("codes expire", "驗證碼期限"), times.textWithZone(expiresAt)),
      ]
    }
    return [
      (Bilingual("application", "申請序號"), reference.text),
      (Bilingual("agency", "機關"), agency.titled(language)),
      (Bilingual("e-mail", "電子郵件"), email ?? ""), (Bilingual("mobile", "行動電話"), mobile ?? ""),
      (Bilingual("expires", "申請期限"), times.textWithZone(expiresAt)),
    ]
  }
}

extension SessionReceipt {
  var json: JSON {
    let shown: JSON = [
      "account": .int(account), "name": .string(name), "agency": .agency(agency),
      "status": .word(status), "session": .string(session), "proven": .words(proven),
      "expires_at": .time(expiresAt),
    ]
    guard !changes.isEmpty else { return shown }
    return shown.adding([
      "changed": .array(
        changes.map { change in
          [
            "field": .word(change.field), "before": .string(change.before),
            "after": .string(change.after),
          ]
        })
    ])
  }

  func details(_ language: Language, _ times: LocalTime) -> [(Bilingual, String)] {
    [
      (Bilingual("signed in", "登入者"), name),
      (Bilingual("agency", "機關"), agency.titled(language)),
      (Bilingual("account", "帳號"), String(account)),
      (Bilingual("status", "帳號狀態"), status.label(language)),
      (Bilingual("session", "工作階段"), session),
      (
        Bilingual("proven", "已通過驗證"),
        proven.map { $0.label(language) }.joined(separator: language == .english ? ", " : "、")
      ),
      (Bilingual("ends", "登入有效至"), times.textWithZone(expiresAt)),
    ]
  }
}

extension PendingRequest {
  /// Whether the person was erased since: nothing of theirs is left to show or to mark.
  var isErased: Bool { email.isEmpty }

  /// One line of `pending`, its members in order; the contacts are masked.
  func json(at now: Timestamp) -> JSON {
    [
      "agency": .agency(agency), "batch": .number(batch), "decided_at": .time(decidedAt),
      "decided_by": .text(decidedBy), "deputy_for": .number(deputyFor), "document": .text(document),
      "email": isErased ? .null : .string(EmailAddress(stored: email).masked),
      "from": .time(effectiveAt), "kind": .word(kind), "marks": .texts(isErased ? [] : marks),
      "mobile": isErased ? .null : .string(MobileNumber(stored: mobile).masked),
      "name": isErased ? .null : .string(name), "note": .text(note), "reason": .text(reason),
      "replaces": .number(replaces), "request": .int(number), "role": .word(role),
      "round": .int(round), "status": .word(status), "submitted_at": .time(submittedAt),
      "system": .string(system), "title": .text(title), "until": .lastMoment(before: untilAt),
      "verified": .bool(isVerified && !isErased), "version": .string(version),
      "waiting_days": .int(waitingDays(at: now)),
    ]
  }

  /// What is asked for, in a word, and for a grant in whose place.
  func asked(_ language: Language) -> String {
    let word =
      switch kind {
      case .grant where deputyFor != nil: Bilingual("stands in for", "代理")
      case .grant where replaces != nil: Bilingual("takes over from", "交接")
      case .grant: Bilingual("grant", "申請")
      case .revoke: Bilingual("revoke", "廢止")
      case .change: Bilingual("change", "變更")
      }
    return word(language) + (standsFor.map { (language == .english ? " " : "") + $0 } ?? "")
  }

  /// From when and until when it would hold; a hand-over may end it before what it asks for.
  var days: (from: Timestamp?, until: Timestamp?) {
    (effectiveAt, [untilAt, takenOverAt].compactMap(\.self).min())
  }

  /// The marks for people, joined.
  func marks(_ language: Language) -> String {
    (isErased ? [] : marks).map { Marks.label($0)(language) }.joined(
      separator: language == .english ? ", " : "、")
  }
}
