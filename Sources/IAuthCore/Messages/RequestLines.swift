// Who writes, where to type and whom to ask (PRODUCT 4.3): what the operator says of the service stands
// in every mail, for a command alone tells nobody where it is typed.

import Sheets
import Values

extension Letterhead {
  var title: Bilingual {
    name.map { Bilingual(SafeText.line($0), SafeText.line($0)) }
      ?? Bilingual("iauth, accounts of information security personnel", "資安人員身分驗證系統（iauth）")
  }

  /// Where what stands in a mail is typed, and whom to ask.
  func ending(hasCommand: Bool) -> (english: [String], chinese: [String]) {
    var english: [String] = []
    var chinese: [String] = []
    if let host, hasCommand {
      english.append("Where to type commands: \(SafeText.line(host))")
      chinese.append("指令執行位置：\(SafeText.line(host))")
    }
    if let contact {
      english.append("Whom to ask: \(SafeText.line(contact))")
      chinese.append("諮詢窗口：\(SafeText.line(contact))")
    }
    return (english.isEmpty ? [] : [""] + english, chinese.isEmpty ? [] : [""] + chinese)
  }
}

/// Requests as a mail lists them: grouped by agency and role, a line each, and no more than somebody
/// reads.
struct RequestLines {
  private let items: [WaitingItem]
  private let shown: [WaitingItem]

  init(_ items: [WaitingItem], atMost limit: Int = Limits.mailLines) {
    self.items = items
    shown = Array(items.prefix(limit))
  }

  private var groups: [(first: RequestSummary, items: [WaitingItem])] {
    var groups: [(first: RequestSummary, items: [WaitingItem])] = []
    for item in shown {
      let place = groups.firstIndex { group in
        group.first.agency.utf8.elementsEqual(item.request.agency.utf8)
          && group.first.role == item.request.role
          && group.first.systemCode.utf8.elementsEqual(item.request.systemCode.utf8)
      }
      if let place {
        groups[place].items.append(item)
      } else {
        groups.append((item.request, [item]))
      }
    }
    return groups
  }

  var chinese: [String] {
    var lines: [String] = []
    for (first, items) in groups {
      lines.append(
        "\(SafeText.line(first.agency))　\(SafeText.line(first.system.chinese))　\(first.role.chinese)："
      )
      for item in items {
        lines.append(
          "  \(SafeText.line(item.request.name))　\(item.request.kind == .grant ? "" : item.request.kind.chinese + "　")"
            + "已等候 \(item.waitingDays) 天\(version(item, "　版本 "))    iauth pending \(item.request.number)"
        )
      }
      lines.append("")
    }
    let left = self.items.count - shown.count
    return lines + (left > 0 ? ["另有 \(left) 件未列，請執行：", "", "    iauth pending", ""] : [])
  }

  var english: [String] {
    var lines: [String] = []
    for (first, items) in groups {
      lines.append(
        "\(SafeText.line(first.agency)), \(SafeText.line(first.system.english)), \(first.role.rawValue):"
      )
      for item in items {
        let days = item.waitingDays == 1 ? "1 day" : "\(item.waitingDays) days"
        lines.append(
          "  \(SafeText.line(item.request.name))\(item.request.kind == .grant ? "" : ", " + item.request.kind.rawValue), "
            + "waiting for \(days)\(version(item, ", version "))    iauth pending \(item.request.number)"
        )
      }
      lines.append("")
    }
    let left = self.items.count - shown.count
    return lines
      + (left > 0 ? ["\(left) more are not listed; type:", "", "    iauth pending", ""] : [])
  }

  /// What a reviewer types, with the values of the first.
  var commands: [String] {
    guard let first = shown.first else { return [] }
    let number = first.request.number
    let expect = first.request.version.map { " --expect \($0)" } ?? ""
    return [
      "    iauth pending -i", "    iauth approve \(number)\(expect)",
      "    iauth reject \(number) --reason TEXT",
    ]
  }

  private func version(_ item: WaitingItem, _ label: String) -> String {
    item.request.version.map { label + $0 } ?? ""
  }
}
