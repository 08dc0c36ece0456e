// Notices about permissions for a time, in somebody's place, and sent back for correction (PRODUCT
// 11.1, 11.2), both languages side by side: they came together, and say the same few things.

import Sheets
import Values

extension Notice {
  /// What the notices of this file say; no other asks.
  var grantWording: (english: Wording, chinese: Wording) {
    switch self {
    case .returned(let request, let reason):
      let command = ["", "    iauth request-permission --resubmit \(request.number) --reason TEXT"]
      return (
        Wording(
          "Request \(request.number) sent back for correction",
          ["Your request was sent back for correction:", ""] + request.english
            + ["", "Reason:"] + SafeText.quotation(reason)
            + ["", "Correct it within 30 days, or it lapses:"] + command),
        Wording(
          "申請案 \(request.number) 退回補正",
          ["您的申請案經審核後退回補正：", ""] + request.chinese + ["", "補正事項："]
            + SafeText.quotation(reason)
            + ["", "請於 30 天內補正後再送，逾期失效："] + command)
      )
    case .batchReturned(let batch, let document, let items, let reason):
      let letter = SafeText.line(document ?? "")
      let command = ["", "    iauth import-batch FILE", "    iauth pending --batch \(batch)"]
      return (
        Wording(
          "Batch \(batch): requests sent back for correction",
          ["These requests of your batch were sent back for correction:", "", "Batch: \(batch)"]
            + (document == nil ? [] : ["Document: \(letter)"])
            + items.map(\.englishLine) + ["", "Reason:"] + SafeText.quotation(reason)
            + ["", "Mend these rows and hand the sheet in again within 30 days:"] + command),
        Wording(
          "整批申請 \(batch) 部分申請案退回補正",
          ["您提報的整批申請中，下列申請案退回補正：", "", "整批編號：\(batch)"]
            + (document == nil ? [] : ["公文文號：\(letter)"])
            + items.map(\.chineseLine) + ["", "補正事項："] + SafeText.quotation(reason)
            + ["", "請於 30 天內修正後重新提報附表，逾期失效："] + command)
      )
    case .rowsEnded(let batch, let items, let end):
      let isOver = end != .approved
      let command =
        (isOver ? ["", "    iauth import-batch FILE"] : [""])
        + ["    iauth pending --batch \(batch)"]
      return (
        Wording(
          "Batch \(batch): requests \(end.subject.english)",
          [end.text.english, ""] + items.map(\.englishLine)
            + ["", isOver ? "What is still needed has to be handed in again:" : "Each result:"]
            + command),
        Wording(
          "整批申請 \(batch) 部分申請案\(end.subject.chinese)",
          [end.text.chinese, ""] + items.map(\.chineseLine)
            + ["", isOver ? "如仍有需要，請重新提報附表：" : "查詢各案結果："] + command)
      )
    case .superseded(let request, let other):
      let list = ["", "    iauth request-permission --list"]
      return (
        Wording(
          "Request \(request.number) is no longer needed",
          ["After request \(other) there is nothing left to decide on this one; it is closed:", ""]
            + request.english + ["", "Your permissions:"] + list),
        Wording(
          "申請案 \(request.number) 已無須審核",
          ["因申請案 \(other) 之辦理結果，下列申請已無須審核，逕予結案：", ""] + request.chinese
            + ["", "查詢您的權限："] + list)
      )
    case .comesUpAgain(let request):
      let list = ["", "    iauth request-permission --list"]
      return (
        Wording(
          "Request \(request.number) is decided on again",
          [
            "Your request was approved; now that its day has come somebody else is to decide, and"
              + " you have no permission by it until they do:", "",
          ] + request.english + ["", "How it stands:"] + list),
        Wording(
          "申請案 \(request.number) 重新審核",
          ["您的申請案前經核准，惟生效時審核者已有異動，須重新審核，核准前尚無權限：", ""] + request.chinese
            + ["", "查詢申請進度："] + list)
      )
    case .changeNotMade(let request, let cause, let isTheirs, let rests):
      let list = [
        "", "    iauth \(isTheirs ? "request-permission --list" : "pending \(request.number)")",
      ]
      return (
        Wording(
          "Request \(request.number) is decided on again",
          [
            "A change of \(isTheirs ? "your data" : "somebody's data that you submitted") was approved "
              + "for this day, and was not made: \(cause.text.english). It is decided on again:",
            "",
          ] + request.english
            + (rests
              ? [
                "",
                "Until then \(isTheirs ? "your" : "their") administrator's permission rests: "
                  + "nothing is decided by it.",
              ] : []) + ["", "How it stands:"] + list),
        Wording(
          "申請案 \(request.number) 重新審核",
          [
            "\(isTheirs ? "您" : "您所提報")的資料異動前經核准於本日生效，惟\(cause.text.chinese)，故未變更，須重新審核：",
            "",
          ] + request.chinese
            + (rests ? ["", "審核前\(isTheirs ? "您的" : "其")機關管理者權限暫停，不得審核。"] : [])
            + ["", "查詢申請進度："] + list)
      )
    case .withdrawnByForm(let request):
      return (
        Wording(
          "Request \(request.number) withdrawn by a form",
          ["A superior agency handed in a form that takes back your request:", ""]
            + request.english + [
              "", "If you still need it, ask again:", "", "    \(request.command)",
            ]
        ),
        Wording(
          "申請案 \(request.number) 經提報撤回",
          ["上級機關提報異動（刪除），您的下列申請案已撤回：", ""] + request.chinese
            + ["", "如仍有需要，請重新提出申請：", "", "    \(request.command)"])
      )
    case .withdrawnBySubmitter(let request, let worksAgain):
      let isChange = request.kind == .change
      let list = ["", "    iauth request-permission --list"]
      return (
        Wording(
          "Request \(request.number) withdrawn",
          [
            "Who submitted this has withdrawn it; \(isChange ? "your data stay as they are" : "it gives no permission"):",
            "",
          ] + request.english
            + (worksAgain ? ["", "Your administrator's permission works again."] : [])
            + ["", "Your permissions:"] + list),
        Wording(
          "申請案 \(request.number) 已撤回",
          ["下列申請案已由原提報者撤回，\(isChange ? "您的資料未變更" : "不核予權限")：", ""] + request.chinese
            + (worksAgain ? ["", "您的機關管理者權限恢復使用。"] : []) + ["", "查詢您的權限："] + list)
      )
    case .standIn(let request, let isGranted):
      let isDeputy = request.deputyOf != nil
      let read = ["", "    iauth request-permission --list"]
      return (
        Wording(
          isDeputy
            ? "A deputy for you (request \(request.number))"
            : "A hand-over of your permission (request \(request.number))",
          [
            isDeputy
              ? isGranted
                ? "You have a deputy, who decides in your place during these days:"
                : "Somebody asks to be your deputy; it is decided as every request is:"
              : "Somebody asks to take over your permission, which then ends:", "",
          ] + request.english
            + ["", "If this is not as it should be, tell who decides. Your permissions:"] + read),
        Wording(
          isDeputy
            ? "職務代理（申請案 \(request.number)）" : "權限交接（申請案 \(request.number)）",
          [
            isDeputy
              ? isGranted ? "您的職務代理人已獲核准，於下列期間代理審核：" : "有人申請擔任您的職務代理人，待審核："
              : "有人申請交接您的權限，核准生效後您的權限即廢止：", "",
          ] + request.chinese + ["", "如有疑義，請洽審核者。查詢您的權限："] + read)
      )
    case .handOverOff(let request):
      let read = ["", "    iauth request-permission --list"]
      return (
        Wording(
          "Your permission goes on (request \(request.number))",
          [
            "Somebody was to take over this permission of yours: it was called off or refused, or they "
              + "cannot for now. It goes on, unless somebody else asks for it:", "",
          ] + request.english + ["", "Your permissions:"] + read),
        Wording(
          "權限未交接（申請案 \(request.number)）",
          ["有關您下列權限之交接申請已取消或未獲核准，或接任者目前無法接任；除另有他人申請交接外，您的權限照舊有效：", ""] + request.chinese
            + ["", "查詢您的權限："] + read)
      )
    case .permissionEnding(let request, let endsAt):
      let last = (endsAt - .seconds(1)).taiwanDay
      let isHandedOver = request.takenOver != nil
      let read = ["", "    iauth request-permission --list"]
      return (
        Wording(
          "Your permission ends on \(last)",
          ["This permission holds until the end of \(last) (Taiwan time):", ""] + request.english
            + (isHandedOver
              ? ["", "If this is not as it should be, tell who decides. Your permissions:"] + read
              : [
                "", "If it is needed for longer, ask anew; once approved it goes on without a gap:",
                "", "    \(request.commandToGoOn(from: endsAt))",
              ])),
        Wording(
          "權限將於 \(last) 到期",
          ["下列權限有效至 \(last)（臺灣時間當日終了）：", ""] + request.chinese
            + (isHandedOver
              ? ["", "如有疑義，請洽審核者。查詢您的權限："] + read
              : [
                "", "如仍有需要，請重新提出申請，核准後權限不中斷：", "",
                "    \(request.commandToGoOn(from: endsAt))",
              ]))
      )
    case .succession(let changes, let isUndone):
      let commands =
        [""] + Set(changes.map(\.newCode)).sorted().map { "    iauth agencies \($0)" }
      return (
        Wording(
          isUndone ? "A reorganisation of agencies was taken back" : "Agencies were reorganised",
          [
            isUndone
              ? "A reorganisation was taken back; accounts and permissions are where they were:"
              : "Accounts and permissions of these agencies are the successor's now:", "",
          ]
            + changes.map {
              "  \(SafeText.line($0.old)) (\($0.oldCode)) -> \(SafeText.line($0.new)) (\($0.newCode))"
            } + ["", "Sign in with the code on the right:"] + commands),
        Wording(
          isUndone ? "機關整併已復原" : "機關整併、更名通知",
          [
            isUndone ? "下列機關整併已復原，帳號及權限均已回復：" : "下列機關業經整併或更名，帳號及權限均移由承接機關：",
            "",
          ]
            + changes.map {
              "  \(SafeText.line($0.old))（\($0.oldCode)）→ \(SafeText.line($0.new))（\($0.newCode)）"
            } + ["", "請以右列機關代碼登入："] + commands)
      )
    default: return (Wording("", []), Wording("", []))
    }
  }
}

extension RequestSummary {
  /// The days and the person that a request names, if any.
  var terms: [Bilingual] {
    var lines: [Bilingual] = []
    if let deputyOf {
      let name = SafeText.line(deputyOf)
      lines.append(Bilingual("Deputy of: \(name)", "職務代理：\(name)之職務代理人"))
    }
    if let successorOf {
      let name = SafeText.line(successorOf)
      lines.append(Bilingual("Takes over from: \(name)", "交接：原管理者 \(name)"))
    }
    if let from { lines.append(Bilingual("From: \(from.taiwanDay)", "生效日期：\(from.taiwanDay)")) }
    if let until {
      let day = (until - .seconds(1)).taiwanDay
      lines.append(Bilingual("Until: \(day)", "終止日期：\(day)"))
    }
    if let takenOver {
      let line = takenOver.line
      lines.append(Bilingual("It " + line.english, line.chinese))
    }
    return lines
  }
}

extension Timestamp {
  /// The day in Taiwan, `2026-03-02`.
  package var taiwanDay: String {
    String(decoding: (self + .hours(8)).rfc3339.utf8.prefix(10), as: UTF8.self)
  }

  /// The last day in Taiwan of what ends at this moment.
  package var lastTaiwanDay: String { (self - .seconds(1)).taiwanDay }
}

extension RequestSummary {
  /// One of several of a batch.
  fileprivate var englishLine: String {
    "  \(number)  \(SafeText.line(agency))  \(SafeText.line(name))"
  }

  fileprivate var chineseLine: String {
    "  \(number)　\(SafeText.line(agency))　\(SafeText.line(name))"
  }
}

extension RowsEnd {
  fileprivate var subject: Bilingual {
    switch self {
    case .lapsed, .lapsedAnew: Bilingual("lapsed", "逾期失效")
    case .byForm: Bilingual("taken back by another form", "經他人提報撤回")
    case .byPerson: Bilingual("withdrawn", "經當事人撤回")
    case .approved: Bilingual("approved", "已核准")
    case .rejected: Bilingual("rejected", "已退件")
    }
  }

  fileprivate var text: Bilingual {
    switch self {
    case .lapsed:
      Bilingual(
        "These requests of your batch were not corrected in time, and have lapsed:",
        "您提報的整批申請中，下列申請案退回補正後逾期未補正，已失效：")
    case .byForm:
      Bilingual(
        "Somebody else has handed in a form that takes these requests of your batch back:",
        "他人提報異動，您提報的下列申請案已撤回：")
    case .byPerson:
      Bilingual(
        "The person concerned has withdrawn these requests of your batch:",
        "您提報的整批申請中，下列申請案已由當事人撤回：")
    case .approved:
      Bilingual(
        "These requests of your batch, which had come up again, are approved:",
        "您提報的整批申請中，下列重新審核之申請案已核准：")
    case .rejected:
      Bilingual(
        "These requests of your batch, which had come up again, are rejected:",
        "您提報的整批申請中，下列重新審核之申請案已退件：")
    case .lapsedAnew:
      Bilingual(
        "These requests of your batch, which had come up again, have lapsed:",
        "您提報的整批申請中，下列重新審核之申請案已失效：")
    }
  }
}
