// `iauth agencies --succeed` and `--undo`: agencies that are reorganised (機關整併、更名).

import IAuthCore
import Sheets
import Values

extension Agencies {
  static let successionParameters: [Parameter<Agencies>] = [
    .flag(
      "succeed", \.succeeds,
      Bilingual("put another agency in the place of these (operator)", "由其他機關承接（系統維運）")),
    .option(
      "by", "NEW", \.by, Bilingual("the agency that takes their place", "承接機關代碼"),
      completes: .known(.agencies),
      asks: Bilingual("Agency that takes their place", "承接機關名稱或代碼")),
    .option(
      "on", "DATE", \.on, Bilingual("the day (Taiwan time)", "整併生效日期（臺灣時間）"),
      asks: Bilingual("Day on which it takes effect, such as 115/8/1", "整併生效日期（例如 115/8/1）")),
    .option(
      "document", "NUMBER", \.document, Bilingual("the official letter's number", "公文文號"),
      asks: Bilingual("Number of the official letter", "公文文號"), checks: AnswerCheck.document),
    .option(
      "from", "FILE", \.from,
      Bilingual(
        "a list: old,new and, if they differ, on,document; what --load prints is one",
        "整併列表（CSV）：old,new，必要時另列 on,document；--load 之輸出可直接使用"),
      completes: .file),
    .flag(
      "undo", \.undoes,
      Bilingual("take a succession back, within seven days (operator)", "復原整併，以 7 日內為限（系統維運）")),
  ]

  static let successionForms = [
    Form(needs: ["succeed", "CODE", "by", "on", "document"]),
    Form(needs: ["succeed", "from"], takes: ["on", "document"]),
    Form(needs: ["undo", "CODE"]),
  ]

  static let successionExamples = [
    Example(
      "iauth agencies --succeed 2.16.886.101.20003.20008 --by 2.16.886.101.20003.20080"
        + " --on 2026-08-01 --document 1150000001 --dry-run",
      Bilingual("What a reorganisation would move", "試行機關整併"))
  ]

  /// Whether it is about successions.
  func runsSuccession(
    _ service: Service, _ context: Context
  ) throws(IAuthError) -> Bool {
    guard succeeds || undoes else { return false }
    try service.checkOperator()
    let day = on.map { Timestamp(startOfTaipeiDay: $0.day) }
    if undoes {
      show(try service.undoSuccession(of: codes), context)
    } else if let from {
      let orders = try SuccessionOrder.read(
        try context.bytes(of: from), onAt: day, document: document)
      show(try service.succeed(orders), context)
    } else if let by, let day, let document {
      show(
        try service.succeed(
          codes.map { SuccessionOrder(old: $0, new: by, onAt: day, document: document) }),
        context)
    }
    return true
  }

  private func show(_ lines: [SuccessionLine], _ context: Context) {
    for line in lines { context.emit(line.json, human: line.text(context.language)) }
  }

  /// Whether the list of proposals is asked for, and not what became of the file.
  static func isListAsked(_ context: Context) -> Bool {
    let list = context.options.list
    return context.isListShaped || list.sort != nil || list.limit != nil || list.hasExitCode
  }

  private static let proposal = Shape(
    "proposal", by: "iauth agencies --load",
    [
      .object("old", [.text("code")]), .object("new", [.text("code")]), .flag("same_name"),
      .flag("same_people"),
    ])

  /// Those who might have taken the places of agencies that are gone, as `--from` reads them.
  func show(_ proposals: [SuccessorProposal], _ context: Context) throws(IAuthError) {
    guard !context.options.json else { return }
    if Self.isListAsked(context) {
      try context.list(
        Self.proposal, proposals.map(\.json),
        table: Table(
          [
            .init(Bilingual("old", "原機關"), isFlexible: true), .init(Bilingual("code", "代碼")),
            .init(Bilingual("new", "承接機關"), isFlexible: true), .init(Bilingual("code", "代碼")),
          ],
          rows: proposals.map { [$0.old.name, $0.old.code, $0.new.name, $0.new.code] }),
        empty: Bilingual("no agency seems to follow another", "無可能之機關整併"))
      return
    }
    guard !proposals.isEmpty else { return }
    context.say(
      Bilingual(
        "these might be successions; check them, then: iauth agencies --succeed --from FILE",
        "下列可能為機關整併，請查明後執行：iauth agencies --succeed --from FILE"))
    context.console.line("old,new")
    for proposal in proposals {
      context.console.line("\(proposal.old.code),\(proposal.new.code)")
    }
  }
}

extension SuccessorProposal {
  var json: JSON {
    [
      "old": .agency(old), "new": .agency(new), "same_name": .bool(hasName),
      "same_people": .bool(hasPeople),
    ]
  }
}

extension SuccessionLine {
  fileprivate var json: JSON {
    [
      "what": .word(what), "outcome": .word(outcome), "old": .agency(old), "new": .agency(new),
      "account": .number(account), "into": .number(into), "request": .number(request),
      "agency": agency.map(JSON.agency) ?? .null, "applied": .bool(isApplied),
    ]
  }

  fileprivate func text(_ language: Language) -> String {
    var item = [what.label(language)]
    if let number = request?.description ?? account?.description { item.append(number) }
    if let into { item.append("-> \(into)") }
    if let agency { item.append(agency.titled(language)) }
    // What is taken back goes the other way; what was only planned goes nowhere.
    let isBack = outcome == .undone && isApplied
    let (from, to) = isBack ? (new, old) : (old, new)
    if outcome == .undone, !isApplied {
      return Bilingual("the plan is called off", "已取消預定之整併")(language)
        + language.pick(": ", "：") + "\(from.titled(language)) -> \(to.titled(language))"
    }
    return item.joined(separator: " ") + language.pick(": ", "：") + outcome.label(language)
      + language.pick(", ", "，") + "\(from.titled(language)) -> \(to.titled(language))"
  }
}

extension Language {
  fileprivate func pick(_ english: String, _ chinese: String) -> String {
    Bilingual(english, chinese)(self)
  }
}

extension SuccessionLine.What {
  fileprivate var label: Bilingual {
    switch self {
    case .account: Bilingual("account", "帳號")
    case .merged: Bilingual("account merged", "帳號合併")
    case .permission: Bilingual("permission", "權限")
    case .request: Bilingual("request", "申請案")
    case .agency: Bilingual("agency", "機關")
    case .recertification: Bilingual("review item on permission", "清查項目之權限")
    case .authority: Bilingual("authority", "主管機關")
    }
  }
}

extension SuccessionLine.Outcome {
  fileprivate var label: Bilingual {
    switch self {
    case .moved: Bilingual("moved", "移轉")
    case .ended: Bilingual("ended", "廢止")
    case .superseded: Bilingual("no longer needed", "已無須審核")
    case .undone: Bilingual("taken back", "復原")
    }
  }
}
