// 逐筆審查 (PRODUCT 4.1, `pending -i`): one request in full at a time, a key for each decision. What is
// decided is the version that was shown, by the same operation as the commands', one transaction each.

import IAuthCore
import Sheets
import Values

struct ReviewSitting {
  private let context: Context
  private let service: Service
  private let items: [PendingRequest]
  private var place = 0
  /// A dry run may say one thing of a request, and then another.
  private var decided: [RequestID: RequestStatus] = [:]
  /// What was decided, or ended, meanwhile by somebody else.
  private var gone: Set<RequestID> = []
  private var reasons: [String]

  init(_ items: [PendingRequest], _ context: Context) throws(IAuthError) {
    (self.items, self.context) = (items, context)
    service = try context.service()
    reasons = try service.reasonsUsed()
  }

  /// - Throws: `session.*`; what ends the sitting.
  mutating func run() throws(IAuthError) {
    defer { sum() }
    while place < items.count {
      context.console.flush()
      guard let detail = try detail(of: items[place].number) else {
        place += 1
        continue
      }
      context.console.line("")
      context.showParts(of: detail)
      if detail.whyNot?.code == .requestDecided { gone.insert(items[place].number) }
      if let why = detail.whyNot, why.code != .sessionStepUp {
        let text = context.console.sentence(of: why)
        context.console.tell(
          Bilingual("not to be decided: \(text.english)", "無須審核：\(text.chinese)"))
      }
      if let obstacle = detail.obstacle {
        let text = context.console.sentence(of: obstacle)
        context.console.tell(
          Bilingual("not to be approved any more: \(text.english)", "已無法核准：\(text.chinese)"))
      }
      guard try ask(detail) else { return }
    }
  }

  private mutating func detail(of number: RequestID) throws(IAuthError) -> RequestDetail? {
    do throws(IAuthError) {
      return try service.detail(number)
    } catch {
      guard error.code == .requestUnknown else { throw error }
      gone.insert(number)
      context.console.error(error)
      return nil
    }
  }

  /// One request until it is left; false to end the sitting.
  private mutating func ask(_ detail: RequestDetail) throws(IAuthError) -> Bool {
    let isOpen = detail.whyNot.map { $0.code == .sessionStepUp } ?? true
    let spot = "[\(place + 1)/\(items.count)] "
    let prompt =
      isOpen
      ? Bilingual(
        spot + "a accept, r reject, c correct, s skip, b back, q quit, ?",
        spot + "a 核准　r 退件　c 退回補正　s 略過　b 上一件　q 結束　?")
      : Bilingual(spot + "s next, b back, q quit, ?", spot + "s 下一件　b 上一件　q 結束　?")
    while true {
      guard
        let key = try context.console.askKey(prompt, among: isOpen ? "arcsbq?" : "sbq?")
      else { return false }
      switch key {
      case "a":
        if try decide(detail, .approved, nil) { return true }
      case "r", "c":
        let question =
          key == "r"
          ? Bilingual("Reason, for the applicant (empty: back)", "退件理由（將通知申請人；未填則返回）")
          : Bilingual("What is to be corrected (empty: back)", "補正事項（將通知申請人；未填則返回）")
        guard let reason = try context.askReason(question, used: reasons) else { continue }
        reasons = Array(([reason] + reasons.filter { $0 != reason }).prefix(Limits.reasonsOffered))
        if try decide(detail, key == "r" ? .rejected : .returned, reason) { return true }
      case "s":
        place += 1
        return true
      case "b":
        place = max(0, place - 1)
        return true
      case "?": context.console.tell(Self.help)
      default: return false
      }
    }
  }

  private static let help = Bilingual(
    "a approves, r rejects with a reason, c sends back for correction with a reason, s goes on "
      + "without deciding, b goes back, q ends; what is decided stays decided",
    "a 核准；r 退件並說明理由；c 退回補正並說明事項；s 略過不審核；b 回上一件；q 結束。已審核者不得變更")

  /// Decides on what was shown; true if the next one is due, or the same one anew.
  private mutating func decide(
    _ detail: RequestDetail, _ verdict: RequestStatus, _ note: String?
  ) throws(IAuthError) -> Bool {
    let item = detail.item
    let order = try DecisionOrder(
      number: item.number, verdict: verdict, note: note, version: item.version)
    guard let outcome = try service.decide([order]).first else { return false }
    guard let refusal = outcome.refusal else {
      context.console.line(outcome.line(context.language))
      decided[item.number] = verdict
      place += 1
      return true
    }
    context.console.error(refusal)
    switch refusal.code {
    case .sessionStepUp:
      try context.stepUp()
      return false
    case .requestChanged: return true
    case .requestDecided, .requestUnknown:
      gone.insert(item.number)
      place += 1
      return true
    default:
      place += 1
      return true
    }
  }

  private func sum() {
    context.console.flush()
    let rest = items.map(\.number).filter { decided[$0] == nil && !gone.contains($0) }
    // What was decided may have ended others, too.
    let left = (try? service.waiting(.numbers(rest)).count) ?? rest.count
    let parts = RequestStatus.allCases.compactMap { status in
      let count = decided.values.count { $0 == status }
      return count > 0 ? (status.label, count) : nil
    }
    let english = parts.map { "\($0.1) \($0.0.english), " }.joined()
    let chinese = parts.map { "\($0.0.chinese) \($0.1) 件、" }.joined()
    context.console.line("")
    context.console.line(
      Bilingual("\(english)\(left) left", "\(chinese)未審核 \(left) 件")(context.language))
    guard !decided.isEmpty else { return }
    if context.hasQueuedMessages {
      context.say(
        Bilingual("those concerned are told by e-mail", "結果以電子郵件通知相關人員"))
    }
    context.say(
      Bilingual(
        "what you decided: iauth pending --status all --by me",
        "本人審核結果：iauth pending --status all --by me"))
  }
}
