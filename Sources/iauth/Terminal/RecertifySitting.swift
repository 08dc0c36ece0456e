// 逐項清查 (`recertify -i`): one item at a time, a key for each answer, by the same operation as the
// commands'.

import IAuthCore
import Sheets
import Values

struct RecertifySitting {
  private let context: Context
  private let service: Service
  private let items: [RecertificationItem]
  private var place = 0
  private var counts: [ItemStatus: Int] = [:]
  private var answered: Set<ItemID> = []
  private var reasons: [String] = []

  init(_ items: [RecertificationItem], _ context: Context) throws(IAuthError) {
    (self.items, self.context) = (items, context)
    service = try context.service()
  }

  mutating func run() throws(IAuthError) {
    defer { sum() }
    while place < items.count {
      context.console.flush()
      let item = items[place]
      context.console.line("")
      context.console.details(item.details(context.language, context.localTime))
      if answered.contains(item.item) {
        context.console.tell(Bilingual("answered already", "已答復"))
      }
      guard try ask(item) else { return }
    }
  }

  private mutating func ask(_ item: RecertificationItem) throws(IAuthError) -> Bool {
    let spot = "[\(place + 1)/\(items.count)] "
    let prompt = Bilingual(
      spot + "k keep, e end, s skip, b back, q quit, ?", spot + "k 保留　e 停用　s 略過　b 上一項　q 結束　?")
    while true {
      guard let key = try context.console.askKey(prompt, among: "kesbq?") else { return false }
      switch key {
      case "k":
        if try answer(item, .keep(note: nil), .kept) { return true }
      case "e":
        let question = Bilingual("Reason, for the holder (empty: back)", "停用理由（將通知持有人；未填則返回）")
        guard let reason = try context.askReason(question, used: reasons) else { continue }
        reasons = Array(([reason] + reasons.filter { $0 != reason }).prefix(Limits.reasonsOffered))
        if try answer(item, .end(reason: reason), .ended) { return true }
      case "s":
        place += 1
        return true
      case "b":
        place = max(0, place - 1)
        return true
      case "?":
        context.console.tell(
          Bilingual(
            "k keeps the permission, e ends it at once with a reason, s goes on, b goes back, q ends",
            "k 保留；e 立即停用並說明理由；s 略過；b 回上一項；q 結束。答復後不得變更"))
      default: return false
      }
    }
  }

  private mutating func answer(
    _ item: RecertificationItem, _ answer: RecertificationAnswer, _ status: ItemStatus
  ) throws(IAuthError) -> Bool {
    let outcome: AnswerOutcome?
    do throws(IAuthError) {
      outcome = try service.answer([item.item], answer).first
    } catch {
      guard error.code == .sessionStepUp else { throw error }
      context.console.error(error)
      try context.stepUp()
      return false
    }
    if let refusal = outcome?.refusal {
      context.console.error(refusal)
      if refusal.code == .sessionStepUp {
        try context.stepUp()
        return false
      }
    } else {
      let language = context.language
      context.console.line("\(item.item)  \(status.label(language))")
      counts[status, default: 0] += 1
      answered.insert(item.item)
    }
    place += 1
    return true
  }

  private func sum() {
    context.console.flush()
    let left = items.count { !answered.contains($0.item) }
    let (kept, ended) = (counts[.kept] ?? 0, counts[.ended] ?? 0)
    context.console.line("")
    context.console.line(
      Bilingual(
        "kept \(kept), ended \(ended), \(left) left", "保留 \(kept) 項、停用 \(ended) 項、未答復 \(left) 項")(
          context.language))
  }
}

extension RecertificationItem {
  fileprivate func details(
    _ language: Language, _ times: LocalTime
  ) -> [(label: Bilingual, value: String)] {
    [
      (Bilingual("item", "項目"), String(item)), (Bilingual("agency", "機關"), agency.titled(language)),
      (Bilingual("name", "姓名"), name ?? "-"), (Bilingual("title", "職稱"), title ?? "-"),
      (Bilingual("system", "系統"), system), (Bilingual("role", "角色"), role.label(language)),
      (Bilingual("since", "起始日期"), times.date(since)),
      (Bilingual("granted by", "核准者"), grantedBy ?? "-"),
      (Bilingual("last used", "最近使用"), lastUsedAt.map(times.date) ?? "-"),
    ]
  }
}
