// What `recertify` does in each of its forms, and how it is shown.

import IAuthCore
import Sheets
import Values

extension Recertify {
  func open(_ service: Service, _ context: Context) throws(IAuthError) {
    guard let day = try FormDate.day(cell: due ?? "") else { throw .dateInvalid(due ?? "") }
    let receipt = try service.openRecertification(
      RecertificationOrder(
        dueAt: Timestamp.endOfTaiwanDay(day), system: system, under: under, name: name))
    context.emit(
      [
        "recertification": .int(receipt.id), "items": .int(receipt.items),
        "reviewers": .int(receipt.reviewers), "unassigned": .int(receipt.unassigned),
        "due": .time(receipt.dueAt),
      ],
      details: [
        (Bilingual("review", "清查編號"), String(receipt.id)),
        (Bilingual("items", "項目"), String(receipt.items)),
        (Bilingual("reviewers", "答復者"), String(receipt.reviewers)),
        (Bilingual("unassigned", "無人可答復"), String(receipt.unassigned)),
        (Bilingual("due", "期限"), receipt.dueAt.taiwanDate),
      ])
    context.say(
      Bilingual(
        "follow it up: iauth recertify --status \(receipt.id)",
        "查詢進度：iauth recertify --status \(receipt.id)"))
  }

  func close(_ id: RecertificationID, _ service: Service, _ context: Context) throws(IAuthError) {
    let receipt = try service.closeRecertification(id)
    context.emit(
      [
        "recertification": .int(id), "unanswered": .int(receipt.unanswered),
        "suspended": .int(receipt.suspended),
      ],
      details: [
        (Bilingual("review", "清查編號"), String(id)),
        (Bilingual("unanswered", "未答復"), String(receipt.unanswered)),
        (Bilingual("suspended", "暫停"), String(receipt.suspended)),
      ])
    context.say(
      Bilingual(
        "the evidence: iauth recertify --evidence \(id) DIR",
        "輸出佐證資料：iauth recertify --evidence \(id) DIR"))
  }

  func keepAll(_ service: Service, _ context: Context) throws(IAuthError) {
    let waiting: Int
    if let expect {
      waiting = expect
    } else {
      guard context.console.mayAsk else {
        throw .usageMissing(["--expect"], command: "recertify")
      }
      let mine = try service.recertificationItems()
      guard !mine.isEmpty else {
        try list(mine, context)
        return
      }
      // (The lines of JSON are what became of them.)
      if !context.options.json { try list(mine, context) }
      let isSure = try context.console.askYes(
        Bilingual(
          mine.count == 1 ? "Keep this permission?" : "Keep all \(mine.count) permissions?",
          "確定 \(mine.count) 項權限均予保留？"))
      guard isSure else { throw .declined }
      waiting = mine.count
    }
    try show(try service.keepAll(note: note, expecting: waiting), context)
  }

  /// A line an item; then the first refusal.
  func show(_ outcomes: [AnswerOutcome], _ context: Context) throws(IAuthError) {
    let language = context.language
    for outcome in outcomes {
      let text =
        if let refusal = outcome.refusal {
          Bilingual("not answered: ", "未受理：")(language) + refusal.code.rawValue
        } else {
          "\(outcome.status?.label(language) ?? ""): \(outcome.name ?? "-"), \(outcome.agency ?? "-")"
        }
      context.emit(outcome.json, human: "\(outcome.item)  \(text)")
    }
    for outcome in outcomes {
      if let refusal = outcome.refusal { throw refusal }
    }
  }

  func list(_ items: [RecertificationItem], _ context: Context) throws(IAuthError) {
    let (language, times) = (context.language, context.localTime)
    let zone = times.zoneName(at: context.world.now())
    try context.list(
      .recertificationItem, items.map(\.json),
      table: Table(
        [
          .init(Bilingual("item", "項目"), isNumber: true),
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("title", "職稱"), isFlexible: true),
          .init(Bilingual("system", "系統")), .init(Bilingual("role", "角色")),
          .init(Bilingual("since (\(zone))", "起始日期（\(zone)）")),
          .init(Bilingual("last used", "最近使用")),
          .init(Bilingual("marks", "注意事項"), isFlexible: true),
        ],
        rows: items.map { item in
          [
            String(item.item), item.agency.name, item.name ?? "-", item.title ?? "",
            item.system, item.role.label(language), times.date(item.since),
            item.lastUsedAt.map(times.date) ?? "-",
            item.marks.map { Marks.label($0)(language) }.joined(separator: "; "),
          ]
        }),
      empty: Bilingual("nothing waits for your answer", "目前沒有待您答復的項目"))
  }

  func showStatus(_ service: Service, _ context: Context) throws(IAuthError) {
    let found = try service.recertificationStatus(number, under: under)
    let lines = found?.lines ?? []
    try context.list(
      .recertificationStatus,
      lines.map { line in
        [
          "recertification": .number(found?.review.id), "agency": .agency(line.agency),
          "items": .int(line.items), "answered": .int(line.answered), "open": .int(line.open),
          "ended": .int(line.ended), "unassigned": .int(line.unassigned),
        ]
      },
      table: Table(
        [
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("items", "項目"), isNumber: true),
          .init(Bilingual("answered", "已答復"), isNumber: true),
          .init(Bilingual("open", "待答復"), isNumber: true),
          .init(Bilingual("ended", "停用"), isNumber: true),
          .init(Bilingual("unassigned", "無人可答復"), isNumber: true),
        ],
        rows: lines.map { line in
          [
            line.agency.name, String(line.items), String(line.answered), String(line.open),
            String(line.ended), String(line.unassigned),
          ]
        }),
      empty: found == nil
        ? Bilingual("no review was opened yet", "尚未辦理清查")
        : Bilingual("the review has no items there", "此範圍沒有清查項目"),
      times: lines.map { _ in found?.review.openedAt })
    guard let review = found?.review else { return }
    let all = lines.reduce(0) { $0 + $1.items }
    let answered = lines.reduce(0) { $0 + $1.answered }
    let unassigned = lines.reduce(0) { $0 + $1.unassigned }
    let state =
      review.closedAt == nil
      ? Bilingual("due \(review.dueAt.taiwanDate)", "期限 \(review.dueAt.taiwanDate)")
      : Bilingual("closed", "已結案")
    context.say(
      Bilingual(
        "review \(review.id), \(state.english): \(answered) of \(all) answered"
          + (unassigned > 0 ? "; nobody may answer \(unassigned)" : ""),
        "清查 \(review.id)（\(state.chinese)）：已答復 \(answered)／\(all) 項"
          + (unassigned > 0 ? "，無人可答復 \(unassigned) 項" : "")))
  }

  func write(_ path: String, _ service: Service, _ context: Context) throws(IAuthError) {
    let isOnStandardOutput = path.utf8.elementsEqual("-".utf8)
    guard !isOnStandardOutput || !context.options.json else {
      throw .usageConflict("--sheet -", "--json", command: "recertify")
    }
    let format = try ImportReportFormat(path: path, option: "--sheet")
    if !isOnStandardOutput { try context.console.files.checkNew(path) }
    let bytes = try service.recertificationSheet(as: format)
    guard !isOnStandardOutput else {
      context.console.page(String(decoding: bytes, as: UTF8.self))
      return
    }
    try context.create(path, bytes)
    context.say(
      Bilingual(
        "fill in 清查結果 and 說明, then: iauth recertify --hand-in FILE",
        "請填妥「清查結果」及「說明」後交回：iauth recertify --hand-in FILE"))
  }

  func take(_ path: String, _ service: Service, _ context: Context) throws(IAuthError) {
    let sheet = try service.handIn(try context.source(of: path, max: Limits.gateImportBytes))
    let language = context.language
    for row in sheet.rows {
      let problems = row.problems.map { "\($0.column): \($0.code): \($0.message(language))" }
      context.emit(
        row.json,
        human: ([(row.sheet.map { $0 + "!" } ?? "") + String(row.row), row.outcome.label(language)]
          + problems)
          .joined(separator: "  "))
    }
    if context.options.json {
      let summary: JSON =
        [
          "rows": .int(sheet.rows.count), "accepted": .int(sheet.count(.accepted)),
          "rejected": .int(sheet.count(.rejected)), "held": .int(sheet.count(.held)),
        ]
      context.console.line(
        sheet.unread.isEmpty
          ? summary : summary.adding(["unread": .array(sheet.unread.map { .string($0) })]))
    } else {
      context.say(
        Bilingual(
          "\(sheet.rows.count) rows: \(sheet.count(.accepted)) answered, "
            + "\(sheet.count(.rejected)) rejected",
          "共 \(sheet.rows.count) 列：已答復 \(sheet.count(.accepted))、不受理 \(sheet.count(.rejected))"))
    }
    if !sheet.unread.isEmpty {
      let names = sheet.unread.map { "'\($0)'" }.joined(separator: ", ")
      context.say(
        Bilingual(
          "sheets that were not read: \(names) (without a header)",
          "未讀取之工作表：「\(sheet.unread.joined(separator: "」「"))」（無標題列）"))
    }
    if let error = sheet.error { throw error }
  }
}

extension RecertificationItem {
  var json: JSON {
    let all: JSON = [
      "recertification": .int(recertification), "item": .int(item), "request": .int(request),
      "agency": .agency(agency), "name": .text(name), "title": .text(title),
      "system": .string(system), "role": .word(role), "since": .time(since),
      "granted_by": .text(grantedBy), "last_used": .time(lastUsedAt), "status": .word(status),
    ]
    return marks.isEmpty ? all : all.adding(["marks": .array(marks.map { .string($0) })])
  }
}

extension AnswerOutcome {
  fileprivate var json: JSON {
    [
      "item": .int(item), "request": .number(request), "status": .word(status),
      "answered_at": .time(answeredAt), "answered_by": .text(answeredBy),
      "outcome": .string(refusal?.code.rawValue ?? "answered"),
    ]
  }
}

extension AnsweredRow {
  fileprivate var json: JSON {
    let all: JSON = [
      "row": .int(row), "item": .number(item), "outcome": .word(outcome),
      "problems": .array(
        problems.map { problem in
          [
            "level": .string(problem.isError ? "error" : "warning"),
            "column": .string(problem.column), "code": .string(problem.code),
            "message": .string(problem.message.english),
          ]
        }),
    ]
    return sheet.map { all.adding(["sheet": .string($0)]) } ?? all
  }
}

extension ItemStatus {
  var label: Bilingual {
    switch self {
    case .open: Bilingual("open", "待答復")
    case .kept: Bilingual("kept", "保留")
    case .ended: Bilingual("ended", "停用")
    case .unanswered: Bilingual("unanswered", "未答復")
    }
  }
}
