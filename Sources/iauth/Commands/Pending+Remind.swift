// What `iauth pending --remind` says: its counts, and for a dry run every message as it would go.

import IAuthCore
import Sheets
import Values

extension Context {
  /// One message whole, below a rule: what is in it could not be taken for ours.
  func show(_ message: PlannedMessage) {
    console.line(String(repeating: "=", count: 72))
    var rows = [
      (
        Bilingual("to", "收件者"),
        message.name.map { "\($0) <\(message.recipient)>" } ?? message.recipient
      ),
      (
        Bilingual("kind", "類別"),
        "\(message.kind.label(language))\(language == .english ? ", " : "，")"
          + message.channel.label(language)
      ),
    ]
    for cause in message.causes { rows.append((Bilingual("why", "原因"), cause.text(language))) }
    if !message.subject.isEmpty { rows.append((Bilingual("subject", "主旨"), message.subject)) }
    console.details(rows.map { (label: $0.0, value: $0.1) })
    console.line("")
    guard !message.body.isEmpty else {
      say(Bilingual("the text of a code is not shown", "驗證碼內容不予顯示"))
      return
    }
    var lines = message.body.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines { console.line(String(line)) }
  }
}

extension ReminderReport {
  var json: JSON {
    [
      "reminded": .int(reminded), "requests": .int(requests),
      "without_reviewer": .int(withoutReviewer), "lapsed": .int(lapsed),
      "delivered": .int(delivered), "failed": .int(failed),
    ]
  }

  var details: [(Bilingual, String)] {
    [
      (Bilingual("reviewers reminded", "受稽催之審核者"), String(reminded)),
      (Bilingual("requests reminded of", "稽催申請件數"), String(requests)),
      (Bilingual("without a reviewer", "無審核人員之申請"), String(withoutReviewer)),
      (Bilingual("lapsed", "逾期失效"), String(lapsed)),
      (Bilingual("messages delivered", "已寄送通知"), String(delivered)),
      (Bilingual("messages not sent", "未能寄送通知"), String(failed)),
    ]
  }
}

extension PlannedMessage {
  var json: JSON {
    [
      "kind": .word(kind), "channel": .word(channel), "recipient": .string(recipient),
      "name": .text(name), "subject": .string(subject), "reference": .string(reference),
      "body": .text(body.isEmpty ? nil : body),
      "why": .array(causes.map(\.json)),
    ]
  }
}

extension PlannedMessage.Cause {
  fileprivate var json: JSON {
    let cause: JSON = ["event": .word(event), "subject": .string(subject.text)]
    guard !thresholds.isEmpty else { return cause }
    return cause.adding(["thresholds": .array(thresholds.map { .string($0.text) })])
  }

  /// The cause as a sentence without an end.
  fileprivate func text(_ language: Language) -> String {
    let spans = thresholds.map(\.text).joined(separator: language == .english ? ", " : "、")
    let event =
      switch event {
      case .threshold:
        Bilingual(
          "waits for longer than \(spans)",
          "待審核已逾 \(thresholds.map(\.chinese).joined(separator: "、"))")
      case .overdue: Bilingual("is undecided after the last threshold", "逾最後稽催期限仍未審核")
      case .noReviewer: Bilingual("has nobody who may decide on it", "無可審核人員")
      case .singleAdministrator: Bilingual("has only one administrator", "僅有一位管理者")
      case .lapsed: Bilingual("lapses", "逾期失效")
      case .invitationLapsed: Bilingual("lapses as an invitation", "啟用邀請逾期失效")
      case .ending: Bilingual("gave a permission that ends soon", "所核予之權限即將到期")
      case .began: Bilingual("has taken effect", "已生效")
      case .reopened: Bilingual("is decided on again", "須重新審核")
      case .ended: Bilingual("gave a permission that ends", "所核予之權限到期")
      case .decided: Bilingual("is wholly decided", "審核完畢")
      case .idle: Bilingual("was not used for long", "久未登入")
      case .daily: Bilingual("is reported on once a day", "每日彙報")
      case .queued: Bilingual("waits to be sent", "待送")
      }
    return named(language) + " " + event(language)
  }

  private var named: Bilingual {
    switch subject {
    case .request(let number): Bilingual("request \(number)", "申請案 \(number)")
    case .caller(let name): Bilingual("caller \(name)", "執行者 \(name)")
    case .batch(let id): Bilingual("batch \(id)", "整批申請 \(id)")
    case .account(let id): Bilingual("account \(id)", "帳號 \(id)")
    case .agency(let code): Bilingual("agency \(code)", "機關 \(code)")
    case .message(let id): Bilingual("message \(id)", "通知 \(id)")
    case .recertification(let id): Bilingual("review \(id)", "清查 \(id)")
    default: Bilingual("the database", "資料庫")
    }
  }
}
