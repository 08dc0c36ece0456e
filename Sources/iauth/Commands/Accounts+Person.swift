// What `iauth accounts` says of one person, and of whom others could have read: `--export`,
// `--history`, `--affected` (PRODUCT 11.6).

import IAuthCore
import Sheets
import Values

extension Accounts {
  func export(_ id: AccountID, _ context: Context) throws(IAuthError) {
    try context.checkPage(html)
    let document = try context.service().export(account: id)
    if let html {
      try context.write(document.page(context.language, context.localTime), to: html)
      guard context.options.json else { return }
    }
    context.console.line(document.json)
  }

  func showHistory(_ id: AccountID, _ context: Context) throws(IAuthError) {
    let span = try context.span(since, until)
    let events = try context.service().history(account: id).filter { span.contains($0.at) }
    let zone = context.localTime.zoneName(at: context.world.now())
    try context.list(
      .event, events.map(\.json),
      table: Table(
        [
          .init(Bilingual("seq", "序號"), isNumber: true),
          .init(Bilingual("time (\(zone))", "時間（\(zone)）")),
          .init(Bilingual("who", "執行者"), isFlexible: true),
          .init(Bilingual("action", "動作")), .init(Bilingual("subject", "對象")),
          .init(Bilingual("outcome", "結果")), .init(Bilingual("note", "說明"), isFlexible: true),
        ],
        rows: events.map { event in
          [
            String(event.seq), context.localTime.text(event.at), event.name ?? event.caller,
            event.action, event.subject, event.outcome, event.note ?? "",
          ]
        }),
      empty: Context.nothingThen)
  }

  func showAffected(_ context: Context) throws(IAuthError) {
    let span = try context.span(since, until)
    guard let from = span.from, let end = span.end else {
      throw .usageMissing(["--since", "--until"], command: "accounts")
    }
    let people = try context.service().affected(since: from, until: end, caller: query)
    try context.list(
      .affected, Self.json(people),
      table: Table(
        [
          .init(Bilingual("account", "帳號")),
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("e-mail", "電子郵件"), isFlexible: true),
          .init(Bilingual("mobile", "行動電話")),
          .init(Bilingual("by", "執行者"), isFlexible: true),
          .init(Bilingual("how", "方式"), isFlexible: true),
        ],
        rows: people.map { person in
          [
            person.account?.description ?? person.application?.text ?? "", person.agency.name,
            person.name, person.email,
            MobileNumber(stored: person.mobile).shown,
            Self.callers(person, context.language),
            person.exposures.map { $0.label(context.language) }.joined(separator: " "),
          ]
        }),
      empty: Bilingual("nobody could have read anybody's data then", "此期間無人得讀取他人資料"))
  }

  /// For people, the many of whom any could have read are not named one by one.
  private static func callers(_ person: AffectedLine, _ language: Language) -> String {
    guard person.others.count > 1 else {
      return Set(person.callers).union(person.others).sorted().joined(separator: " ")
    }
    let anybody = Bilingual("anybody signed in", "任何登入者")(language)
    return (person.callers + [anybody]).joined(separator: " ")
  }

  /// The lines, each with all callers; those that it has in common with others are written down once.
  private static func json(_ people: [AffectedLine]) -> [JSON] {
    let everybody = Set(people.first { !$0.others.isEmpty }?.others ?? [])
    var shared: [[String]: JSON] = [:]
    return people.map { person in
      guard !person.others.isEmpty else {
        return person.json(.array(person.callers.map(JSON.string)))
      }
      let own = person.callers.filter { !everybody.contains($0) }
      let all = shared[own] ?? .array((own + everybody).sorted().map(JSON.string))
      shared[own] = all
      return person.json(all)
    }
  }
}

extension Exposure {
  fileprivate var label: Bilingual {
    switch self {
    case .copy: Bilingual("copy", "備份")
    case .trail: Bilingual("trail", "稽核紀錄")
    case .list: Bilingual("list", "權限列表")
    case .person: Bilingual("person", "個人資料")
    case .request: Bilingual("request", "申請資料")
    case .administrator: Bilingual("administrator", "管理者")
    case .own: Bilingual("own", "本人")
    }
  }
}

extension AffectedLine {
  fileprivate func json(_ callers: JSON) -> JSON {
    [
      "account": .number(account), "application": .text(application?.text),
      "agency": .agency(agency), "name": .string(name),
      "email": .string(email), "mobile": .string(mobile),
      "callers": callers,
      "exposures": .array(exposures.map { .string($0.rawValue) }),
    ]
  }
}

extension PersonEvent {
  fileprivate var json: JSON {
    [
      "seq": .int(seq), "at": .time(at), "caller": .string(caller), "account": .number(account),
      "name": .text(name), "action": .string(action), "subject": .string(subject),
      "outcome": .string(outcome), "note": .text(note),
    ]
  }
}

extension PersonDocument {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [
      JSON.Member(key: "account", value: .int(account)),
      JSON.Member(key: "agency", value: .agency(agency)),
      JSON.Member(key: "exported_at", value: .time(exportedAt)),
    ]
    for (section, rows) in sections {
      let objects = rows.map { row in
        JSON.object(
          of: zip(section.columns, row).map { column, value in
            JSON.Member(key: column.name, value: value.json)
          })
      }
      let isOne = section.name == PersonSections.all[0].name
      members.append(
        JSON.Member(key: section.name, value: isOne ? objects.first ?? .null : .array(objects)))
    }
    return .object(of: members)
  }
}

extension PersonValue {
  fileprivate var json: JSON {
    switch self {
    case .none: .null
    case .text(let text): .string(text)
    case .number(let number): .int(number)
    case .time(let time): .time(time)
    }
  }
}
