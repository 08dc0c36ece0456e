// The columns of Form 1 and Form 2 (附表1, 附表2), and the titles that agencies give them. A title
// is matched whole, after `key` has taken away what carries no meaning: an allow-list, so that no
// column that iauth does not know can have an effect (PRODUCT 4.1, import-batch).

import Values

package enum FormColumn: Int, CaseIterable, Sendable {
  case agencyCode, agencyName, name, email, mobile, title, unit, phone, system, role, change
  case priorName, priorEmail, effectiveDate, untilDate, reason, document, remark
  case resultOutcome, resultCode, resultMessage

  /// The columns without which a row says nothing.
  package static let needed: [FormColumn] = [.agencyCode, .name, .email, .mobile]
  /// The columns that a report adds, and that are passed over when it comes back.
  package static let results: [FormColumn] = [.resultOutcome, .resultCode, .resultMessage]

  /// Every title of the column; the first one is what iauth itself writes, and the first
  /// `listedTitles` are those that the form's own description has.
  package var titles: [String] {
    switch self {
    case .agencyCode:
      [
        "機關OID", "機關代號", "OID", "機關代碼", "機關OID代碼", "機關OID代號", "OID代碼", "OID代號",
        "機關物件識別碼", "物件識別碼", "機關識別碼", "所屬機關OID", "服務機關OID", "單位OID", "機關(構)OID",
        "機關(構)代碼", "統一編號", "機關統一編號", "機關OID或統一編號", "機關代號(OID)",
        "機關代碼(OID)", "agency", "agency code", "agency oid", "organization code", "org oid",
      ]
    case .agencyName:
      [
        "機關名稱", "機關", "機關全銜", "機關全名", "服務機關", "服務機關名稱",
        "agency name", "organization", "organization name", "org name",
      ]
    case .name:
      [
        "姓名", "真實姓名", "管理者姓名", "機關管理者姓名", "使用者姓名", "申請人姓名", "新管理者姓名",
        "中文姓名", "申請人", "name", "full name", "real name", "user name",
      ]
    case .email:
      [
        "公務信箱", "電子郵件", "E-mail", "電子信箱", "公務電子信箱", "公務電子郵件", "公務E-mail",
        "電子郵件信箱", "公務電子郵件信箱", "電子郵件地址", "信箱", "新公務信箱", "E-mail信箱", "mail",
        "email address", "e-mail address", "official e-mail",
      ]
    case .mobile:
      [
        "手機", "行動電話", "手機號碼", "行動電話號碼", "公務手機", "公務手機號碼", "公務行動電話",
        "行動電話(手機)", "手機(行動電話)", "聯絡手機", "手機門號", "行動電話門號", "mobile", "mobile number", "mobile phone",
        "mobile phone number", "cell phone", "cellphone number",
      ]
    case .title:
      ["職稱", "職務", "職務名稱", "職位", "職銜", "title", "job title", "position"]
    case .unit:
      [
        "單位", "單位名稱", "服務單位", "服務單位名稱", "所屬單位", "科室", "部門", "unit", "department",
        "division",
      ]
    case .phone:
      [
        "公務電話", "電話", "辦公室電話", "聯絡電話", "連絡電話", "公務聯絡電話", "電話及分機", "公務電話(分機)", "公務電話及分機", "市話",
        "phone", "phone number", "office phone", "telephone", "tel",
      ]
    case .system:
      [
        "申請系統", "系統", "系統名稱", "系統代碼", "系統代號", "系統別", "申請系統名稱", "使用系統",
        "申請使用系統", "system", "system code", "system name",
      ]
    case .role:
      [
        "角色", "申請角色", "使用者角色", "角色別", "角色權限", "權限", "申請權限", "權限類別", "權限角色",
        "使用權限", "帳號權限", "帳號類別", "role", "permission",
      ]
    case .change:
      [
        "異動類別", "異動類型", "異動別", "異動項目", "異動", "異動情形", "異動種類", "異動方式", "變更類別",
        "變更類型", "申請種類", "作業類別", "作業別", "新增/刪除", "新增/異動/刪除",
        "申請類別", "change", "change type", "action",
      ]
    case .priorName:
      [
        "原管理者姓名", "原機關管理者姓名", "原使用者姓名", "原姓名", "原管理者", "prior name",
        "previous name", "former name", "old name",
      ]
    case .priorEmail:
      [
        "原公務信箱", "原電子郵件", "原管理者公務信箱", "原管理者電子郵件", "原電子信箱", "原信箱",
        "原E-mail", "原管理者E-mail", "prior e-mail", "previous e-mail", "former e-mail", "old e-mail",
      ]
    case .effectiveDate:
      [
        "生效日期", "生效日", "生效時間", "異動日期", "異動生效日期", "異動生效日", "權限生效日期", "權限生效日",
        "預計生效日期", "預計生效日", "啟用日期", "啟用日", "起日", "起始日期", "開始日期", "權限起日",
        "effective date", "effective", "valid from", "start date",
      ]
    case .untilDate:
      [
        "終止日期", "終止日", "迄日", "結束日期", "截止日期", "到期日", "到期日期", "失效日", "失效日期",
        "有效期限", "使用期限", "權限迄日", "權限到期日", "權限終止日期", "until", "end date", "valid until",
        "valid to", "expiry date", "expiration date",
      ]
    case .reason:
      [
        "異動原因", "原因", "申請原因", "申請事由", "事由", "異動事由", "異動說明", "異動原因說明", "異動理由",
        "變更原因", "申請理由", "reason",
      ]
    case .document:
      [
        "公文文號", "文號", "公文字號", "發文字號", "來文字號", "來文文號", "發文文號", "公文號", "來函文號",
        "函文字號", "來函字號", "函號", "document", "document number",
        "letter number",
      ]
    case .remark:
      ["備註", "備考", "附註", "remark", "remarks", "note", "notes", "comment"]
    case .resultOutcome: ["結果"]
    case .resultCode: ["代碼"]
    case .resultMessage: ["說明"]
    }
  }

  /// Beside a title of these another one for the same is a column of the agency's own.
  private var listedTitles: Int {
    switch self {
    case .agencyCode, .email: 3
    case .mobile: 2
    default: 1
    }
  }

  /// Whether a title is one of those that the form's own description has for the column.
  package func isListed(_ title: String) -> Bool {
    let key = Self.key(title)
    return titles.prefix(listedTitles).contains {
      let listed = Self.key($0)
      return listed == key || listed == Self.withoutMark(key)
    }
  }

  /// Whether a formula may stand in the column: what it shows is enough, or decides nothing.
  package var allowsFormula: Bool {
    self == .agencyName || self == .remark || Self.results.contains(self)
  }

  /// Whether what a merged cell shows counts for every row that it covers.
  package var countsWhenMerged: Bool {
    switch self {
    case .agencyCode, .agencyName, .system, .reason, .document: true
    default: false
    }
  }

  /// Whether an empty cell means something other than what a merge over it shows.
  package var misleadsWhenMerged: Bool {
    switch self {
    case .name, .email, .mobile, .role, .change, .priorName, .priorEmail, .effectiveDate,
      .untilDate:
      true
    default: false
    }
  }

  /// Whether another one for the same is merely left out: nothing is decided by it.
  var mayStandTwice: Bool { isLostWhenMerged || self == .remark }

  /// Whether a merge over an empty cell is only said: nothing is decided by it.
  package var isLostWhenMerged: Bool { self == .title || self == .unit || self == .phone }

  /// The column with this title, if iauth knows it.
  package init?(title: String) {
    // Longer than any title; the cells of a table without header are asked one by one.
    guard (1...160).contains(title.utf8.count) else { return nil }
    let key = Self.key(title)
    guard let column = Self.column(of: key) else { return nil }
    self = column
  }

  static let byKey: [String: FormColumn] = {
    var columns: [String: FormColumn] = [:]
    for column in allCases {
      for title in column.titles { columns[key(title)] = column }
    }
    return columns
  }()

  /// What stands at a title and means nothing.
  private static let emptyMarks = "*※-_:★☆●○◎▲△◆◇■□#✱⁎﹡†‡§•‧。"

  /// A title without full-width forms, white space and line breaks, case, and the marks that carry
  /// no meaning: of "must be filled in", and the hyphens and underscores of English words.
  package static func key(_ title: String, dropping marks: String? = nil) -> String {
    let marks = marks ?? emptyMarks
    var key = ""
    for scalar in Radicals.folded(title).unicodeScalars {
      // Han and lower-case letters have none of these quirks; asking Unicode costs far more.
      if (0x3400...0x9FFF).contains(scalar.value) || (0x61...0x7A).contains(scalar.value) {
        key.unicodeScalars.append(scalar)
        continue
      }
      let isFullWidth = (0xFF01...0xFF5E).contains(scalar.value)
      let folded = isFullWidth ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar
      // What nobody sees carries no meaning either.
      if folded.properties.isWhitespace || folded.isHostile || marks.unicodeScalars.contains(folded)
      {
        continue
      }
      key += folded.properties.lowercaseMapping
    }
    return key
  }
}
