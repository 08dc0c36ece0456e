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
    let events = try context.service().history(account: id)
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
      empty: Bilingual("no such account", "查無帳號"))
  }

  func showAffected(_ context: Context) throws(IAuthError) {
    let now = context.world.now()
    guard let since, let until else {
      throw .usageMissing(["--since", "--until"], command: "accounts")
    }
    let (from, end) = (
      since.timestamp(now: now, in: context.localTime),
      until.end(now: now, in: context.localTime)
    )
    // An empty answer means that nobody need be told; a span without a moment in it means nothing.
    guard from < end else {
      throw .usageValue(option: "--until", value: end.rfc3339, allowed: ["> --since"])
    }
    let people = try context.service().affected(since: from, until: end, caller: query)
    try context.list(
      .affected, people.map(\.json),
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
            person.callers.isEmpty
              ? Bilingual("anybody signed in", "任何登入者")(context.language)
              : person.callers.joined(separator: " "),
            person.exposures.map { $0.label(context.language) }.joined(separator: " "),
          ]
        }),
      empty: Bilingual("nobody could have read anybody's data then", "此期間無人得讀取他人資料"))
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
  fileprivate var json: JSON {
    [
      "account": .number(account), "application": .text(application?.text),
      "agency": .agency(agency), "name": .string(name),
      "email": .string(email), "mobile": .string(mobile),
      "callers": .array(callers.map(JSON.string)),
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

  fileprivate func page(_ language: Language, _ times: LocalTime) -> HTMLPage {
    let title = Bilingual("Data stored about account", "帳號個人資料")(language)
    var page = HTMLPage("\(title) \(account)", language)
    page.facts([
      (Bilingual("agency", "機關"), agency.titled(language)),
      (Bilingual("written", "產製時間"), times.text(exportedAt)),
    ])
    page.paragraph(
      Bilingual(
        "Everything that this service stores about the person, by kind.",
        "本服務就當事人所保存之全部資料，依類別列示（個人資料保護法第 3 條）。")(language))
    for (section, rows) in sections {
      page.heading(section.title(language))
      guard !rows.isEmpty else {
        page.paragraph(Bilingual("none", "無")(language))
        continue
      }
      let shown = section.columns.indices.filter { index in
        rows.contains { $0[index] != .none && $0[index] != .text("") }
      }
      page.table(
        shown.map { section.columns[$0].label },
        rows.map { row in shown.map { row[$0].text(times) } },
        numbers: Set(shown.indices.filter { section.columns[shown[$0]].kind == .number }))
    }
    return page
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

  fileprivate func text(_ times: LocalTime) -> String {
    switch self {
    case .none: ""
    case .text(let text): text
    case .number(let number): number.description
    case .time(let time): times.text(time)
    }
  }
}

extension PersonSection {
  fileprivate var title: Bilingual {
    switch name {
    case "person": Bilingual("The account", "帳號")
    case "requests": Bilingual("Requests", "權限申請")
    case "rounds": Bilingual("Earlier rounds of requests", "退回補正前之申請")
    case "decisions": Bilingual("Decisions on them", "審核結果")
    case "permissions": Bilingual("Permissions", "權限")
    case "feed": Bilingual("Told to target systems", "提供目標系統之異動")
    case "reviews": Bilingual("Periodic reviews", "帳號清查")
    case "decided": Bilingual("What the person decided", "當事人所為審核")
    case "answered": Bilingual("What the person answered in reviews", "當事人所為清查")
    case "reminded": Bilingual("Reminders sent to the person", "寄予當事人之稽催")
    case "batches": Bilingual("Batches submitted", "當事人提送之整批申請")
    case "keys": Bilingual("ssh keys", "SSH 金鑰")
    case "sessions": Bilingual("Sessions", "工作階段")
    case "sign_ins": Bilingual("Sign-ins begun", "登入紀錄")
    case "messages": Bilingual("Messages", "通知")
    default: Bilingual("Audit trail", "稽核紀錄")
    }
  }
}

extension PersonColumn {
  fileprivate var label: Bilingual {
    Self.labels[name].map { Bilingual(name.split(separator: "_").joined(separator: " "), $0) }
      ?? Bilingual(name, name)
  }

  private static let labels = [
    "name": "姓名", "email": "電子郵件", "mobile": "行動電話", "title": "職稱", "unit": "單位",
    "phone": "公務電話", "status": "狀態", "created_at": "建立時間", "status_at": "狀態異動時間",
    "used_at": "最近使用", "replaced_at": "聯絡方式異動時間", "unproven_at": "待驗證時間",
    "erased_at": "刪除時間", "request": "申請序號", "system": "系統", "role": "角色", "kind": "類別",
    "origin": "來源", "reason": "理由", "document": "公文文號", "batch": "整批",
    "submitted_at": "提出時間", "from": "生效", "until": "終止", "deputy_for": "職務代理",
    "replaces": "交接", "applied_at": "生效時間", "round": "次序", "verdict": "結果",
    "decided_by": "審核者", "note": "意見", "decided_at": "審核時間", "granted_at": "核准時間",
    "suspended_at": "停用時間", "ended_at": "結束時間", "seq": "序號", "at": "時間", "change": "異動",
    "agency": "機關", "recertification": "清查", "item": "項次", "answered_at": "清查時間",
    "days": "等待天數", "sent_at": "寄送時間", "rows": "列數", "enrolled_at": "登錄時間",
    "withdrawn_at": "撤回時間", "session": "工作階段", "caller": "執行者", "expires_at": "有效至",
    "end_reason": "結束原因", "reference": "申請序號", "purpose": "用途", "via": "驗證方式",
    "message": "通知編號", "channel": "管道", "to": "收件者", "subject": "主旨或對象", "body": "內容",
    "action": "動作", "outcome": "結果", "data": "資料",
  ]
}
