// What `approve` and `reject` answer: a line for each request, decided or refused, and then the
// first refusal, whose status the command ends with.

import IAuthCore
import Sheets
import Values

extension Context {
  /// Shows what a range or a batch is, and asks whether all of it is meant; elsewhere than on a
  /// terminal a command does what it says.
  ///
  /// - Returns: the versions that were shown: these alone are decided on (PRODUCT 3.4); nil where
  ///   nothing was.
  /// - Throws: `declined`; what the list of it throws.
  func confirm(
    _ target: ReviewTarget, _ ranges: [NumberRange], _ verdict: RequestStatus
  ) throws(IAuthError) -> [RequestID: String]? {
    let isMany = ranges.isEmpty || ranges.contains { $0.numbers.count > 1 }
    guard isMany, console.mayAsk else { return nil }
    let items = try service().waiting(target)
    guard items.count > 1 else { return nil }
    let now = world.now()
    let table = Pending.table(items, now, self, hasDays: true)
    if options.json { console.tell(table) } else { console.table(table) }
    let question: Bilingual =
      switch verdict {
      case .approved: Bilingual("Approve these \(items.count)?", "確定核准上列 \(items.count) 件？")
      case .returned:
        Bilingual("Send these \(items.count) back?", "確定將上列 \(items.count) 件退回補正？")
      default: Bilingual("Reject these \(items.count)?", "確定將上列 \(items.count) 件退件？")
      }
    guard try console.askYes(question) else { throw .declined }
    return Dictionary(uniqueKeysWithValues: items.map { ($0.number, $0.version) })
  }

  /// - Parameter open: how many lines of a file said nothing.
  /// - Throws: the first refusal among `outcomes`.
  func show(_ outcomes: [ReviewOutcome], open: Int = 0) throws(IAuthError) {
    let width = outcomes.map { String($0.number).utf8.count }.max() ?? 0
    // The first refusal's sentence stands on standard error.
    let first = outcomes.first { $0.refusal != nil }?.number
    for outcome in outcomes {
      emit(
        outcome.json,
        human: TerminalText.padded(outcome.number.description, to: width + Table.gap)
          + outcome.text(language, isBrief: outcome.number == first))
    }
    if outcomes.isEmpty {
      say(Bilingual("nothing of this batch is pending", "整批申請中沒有待審核的申請"))
    }
    if !options.json { showNext(outcomes) }
    if open > 0, !options.json {
      say(
        Bilingual(
          "\(open) \(open == 1 ? "line has" : "lines have") no verdict and \(open == 1 ? "was" : "were")"
            + " left alone",
          "另有 \(open) 行未填審核結果，未予處理"))
    }
    for outcome in outcomes {
      guard let refusal = outcome.refusal else { continue }
      if outcomes.contains(where: { $0.refusal == nil }) { sayTrial() }
      throw refusal
    }
  }

  /// After an approval the agency's administrator goes on in the target system.
  private func showNext(_ outcomes: [ReviewOutcome]) {
    let decided = outcomes.filter { $0.refusal == nil }
    guard !decided.isEmpty else { return }
    if hasQueuedMessages {
      say(Bilingual("those concerned are told by e-mail", "結果以電子郵件通知相關人員"))
    }
    var seen: Set<String> = []
    for outcome in decided {
      guard let url = outcome.next, seen.insert(url).inserted else { continue }
      console.line(
        Bilingual(
          "next: the agency's administrator allocates the detailed permissions in the target "
            + "system: \(url)",
          "後續作業：由機關管理者至目標系統設定細部權限：\(url)")(language))
    }
    if decided.contains(where: { $0.isNational && $0.status == .approved }) {
      say(
        Bilingual(
          "this makes a reviewer for the whole country; all administrators of the authority are "
            + "told",
          "此項核准新增全國審核者，已通知主管機關全體管理者"))
    }
  }
}

extension ReviewOutcome {
  fileprivate var json: JSON {
    let decided: JSON = [
      "request": .int(number), "status": .word(status), "decided_at": .time(decidedAt),
      "decided_by": .text(decidedBy),
      "outcome": .string(refusal?.code.rawValue ?? (status == .returned ? "returned" : "decided")),
      "next": .text(next), "deputy_for": .number(deputyFor),
    ]
    return decided.adding(takenOver.map { ["taken_over": $0.json] } ?? [:])
  }

  /// The target system's address, where the permissions of who was granted the role are allocated.
  fileprivate var next: String? {
    refusal == nil && status == .approved && kind == .grant ? system?.url : nil
  }

  /// What is said of one that was decided.
  func line(_ language: Language) -> String { "\(number)  " + text(language, isBrief: true) }

  fileprivate func text(_ language: Language, isBrief: Bool) -> String {
    if let refusal {
      let colon = Bilingual(": ", "：")(language)
      let why =
        refusal.code == .requestDecided
        ? Bilingual(refusal.code.rawValue, "先前已審核（\(refusal.code.rawValue)）")(language)
        : refusal.code.rawValue
      return Bilingual("not decided", "未處理")(language) + colon + why
        + (isBrief ? "" : colon + refusal.text(language).sentence)
    }
    let verdict = status?.label ?? Bilingual("", "")
    let role = role?.label ?? Bilingual("", "")
    let system = system?.name ?? Bilingual("", "")
    let other = kind == .grant ? nil : kind?.label
    let end = takenOver?.text
    return Bilingual(
      "\(verdict.english): \(name), \(agency), \(role.english) of \(system.english)"
        + (other.map { " (\($0.english))" } ?? "") + (end.map { "; \($0.english)" } ?? ""),
      "\(verdict.chinese)：\(agency)　\(name)，\(system.chinese)\(role.chinese)"
        + (other.map { "（\($0.chinese)）" } ?? "") + (end.map { "；\($0.chinese)" } ?? ""))(language)
  }
}

extension TakeOver {
  var json: JSON { ["request": .int(request), "name": .string(name), "from": .time(at)] }

  /// Until when a permission holds that is handed over before its end, and why.
  var text: Bilingual {
    let line = line
    return Bilingual("it " + line.english, line.chinese)
  }
}
