// The page of one person's data (PRODUCT 11.6, `accounts --export --html`): what its tables, columns and
// words are called.

import IAuthCore
import Sheets
import Values

extension PersonDocument {
  func page(_ language: Language, _ times: LocalTime) -> HTMLPage {
    let title = Bilingual("Data stored about account", "帳號個人資料")(language)
    let zone = times.zoneName(at: exportedAt)
    var page = HTMLPage("\(title) \(account)", language)
    page.facts([
      (Bilingual("agency", "機關"), agency.titled(language)),
      (Bilingual("written", "產製時間"), times.textWithZone(exportedAt)),
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
        shown.map { section.label(of: section.columns[$0], zone) },
        rows.map { row in
          shown.map { section.text(row[$0], of: section.columns[$0], language, times) }
        },
        numbers: Set(shown.indices.filter { section.columns[shown[$0]].kind == .number }))
    }
    return page
  }
}

extension PersonSection {
  /// A column's title; that of a time says the zone.
  fileprivate func label(of column: PersonColumn, _ zone: String) -> Bilingual {
    switch (column.name, name) {
    case ("name", "sessions"): Bilingual("session name", "工作階段名稱")
    case ("name", "keys"): Bilingual("key", "金鑰名稱")
    case ("name", "decided"): Bilingual("name then", "審核時姓名")
    default:
      column.kind == .time
        ? Bilingual("\(column.label.english) (\(zone))", "\(column.label.chinese)（\(zone)）")
        : column.label
    }
  }

  fileprivate func text(
    _ value: PersonValue, of column: PersonColumn, _ language: Language, _ times: LocalTime
  ) -> String {
    switch value {
    case .none: ""
    case .text(let text): word(text, of: column)?(language) ?? text
    case .number(let number): number.description
    case .time(let time): times.text(time)
    }
  }

  /// A word of a closed vocabulary as people read it.
  private func word(_ text: String, of column: PersonColumn) -> Bilingual? {
    switch (column.name, name) {
    case ("role", _): Role(rawValue: text)?.label
    case ("status", "person"): AccountStatus(rawValue: text)?.label
    case ("status", "requests"), ("verdict", _): RequestStatus(rawValue: text)?.label
    case ("status", "permissions"): PermissionStatus(rawValue: text)?.label
    case ("status", "messages"): MessageStatus(rawValue: text)?.label
    case ("status", "reviews"), ("status", "answered"): ItemStatus(rawValue: text)?.label
    case ("kind", "requests"): RequestKind(rawValue: text)?.label
    case ("kind", "messages"): MessageKind(rawValue: text)?.label
    case ("channel", _): Channel(rawValue: text)?.label
    case ("change", _): FeedChange(rawValue: text)?.label
    case ("outcome", _): HistoryWords.outcome(text)
    default: Self.words["\(column.name) \(text)"].map { Bilingual(text, $0) }
    }
  }

  private static let words = [
    "status open": "待驗證", "status proven": "已驗證", "status lapsed": "已失效", "origin self": "本人",
    "origin batch": "整批申請", "origin appointment": "系統維運人員邀請", "purpose application": "帳號申請",
    "purpose sign-in": "登入", "purpose step-up": "加驗", "via email": "電子郵件", "via sms": "簡訊",
    "via both": "電子郵件及簡訊", "end_reason signed-out": "登出", "end_reason replaced": "由新登入取代",
    "end_reason account": "帳號異動",
  ]
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
