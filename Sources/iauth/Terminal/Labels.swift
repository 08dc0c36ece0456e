// The closed vocabularies as people read them. Their raw values stand in JSON and are what is
// typed.

import IAuthCore
import Sheets
import Values

extension TimeSpan {
  /// As a sentence has it: 3 天, 36 小時.
  var chinese: String {
    let units: [(Int64, String)] = [(86_400, "天"), (3_600, "小時"), (60, "分鐘")]
    for (size, name) in units where seconds % size == 0 && seconds > 0 {
      return "\(seconds / size) \(name)"
    }
    return "\(seconds) 秒"
  }
}

extension Role {
  var label: Bilingual { Bilingual(rawValue, chinese) }
}

extension RequestKind {
  var label: Bilingual { Bilingual(rawValue, chinese) }
}

extension RequestStatus {
  var label: Bilingual { Bilingual(rawValue, chinese) }
}

extension AccountStatus {
  var label: Bilingual { Bilingual(rawValue, chinese) }
}

extension MessageStatus {
  var label: Bilingual { Bilingual(rawValue, chinese) }
}

extension PermissionStatus {
  var label: Bilingual {
    switch self {
    case .active: Bilingual("active", "有效")
    case .suspended: Bilingual("suspended until answered in the review", "清查未答復，暫停中")
    case .revoked: Bilingual("revoked", "已廢止")
    }
  }
}

extension AgencyStatus {
  var label: Bilingual {
    switch self {
    case .active: Bilingual("active", "有效")
    case .removed: Bilingual("removed", "已裁撤")
    case .succeeded: Bilingual("succeeded", "已由他機關承接")
    }
  }
}

extension Channel {
  var label: Bilingual {
    switch self {
    case .email: Bilingual("e-mail", "電子郵件")
    case .sms: Bilingual("SMS", "簡訊")
    }
  }
}

extension MessageKind {
  var label: Bilingual {
    switch self {
    case .code: Bilingual("code", "驗證碼")
    case .decision: Bilingual("decision", "審核結果")
    case .invitation: Bilingual("invitation", "啟用邀請")
    case .notice: Bilingual("notice", "通知")
    case .reminder: Bilingual("reminder", "稽催")
    case .digest: Bilingual("digest", "彙整通知")
    }
  }
}

/// What a reviewer should look at twice.
enum Marks {
  static func label(_ mark: String) -> Bilingual {
    switch mark {
    case "national-reviewer": Bilingual("becomes a national reviewer", "將成為全國審核者")
    case "mixed-scripts": Bilingual("name mixes scripts", "姓名混用不同文字")
    case "email-outside-gov": Bilingual("e-mail outside gov.tw", "非 gov.tw 電子郵件")
    case "email-domain-new":
      Bilingual("e-mail domain new to the agency", "機關內尚無相同網域之電子郵件")
    case "contacts-replaced": Bilingual("contacts replaced", "聯絡資料異動")
    case "same-name": Bilingual("another account of the agency has this name", "機關內另有同名帳號")
    case "suspended": Bilingual("suspended, or of a suspended person's name", "帳號已停用，或與停用者同名")
    case "contact-bounces": Bilingual("mail or SMS to them do not arrive", "郵件或簡訊無法送達")
    case "resubmitted": Bilingual("submitted again after correction", "補正後再送")
    default: Bilingual(mark, mark)
    }
  }
}

/// What happened to a request, as its history tells it.
///
/// The trail's own word where people need none
/// better.
enum HistoryWords {
  static func action(_ action: String) -> Bilingual {
    switch AuditAction(rawValue: action) {
    case .requested: Bilingual("submitted", "提出申請")
    case .withdrawn: Bilingual("withdrawn", "撤回")
    case .approved: Bilingual("approved", "核准")
    case .rejected: Bilingual("rejected", "退件")
    case .returned: Bilingual("sent back for correction", "退回補正")
    case .resubmitted: Bilingual("submitted again", "補正後再送")
    case .reopened: Bilingual("comes up again", "重新審核")
    case .superseded: Bilingual("no longer needed", "已無須審核")
    case .permissionBegun: Bilingual("permission begun", "權限生效")
    case .lapsed: Bilingual("lapsed", "逾期失效")
    case .revoked: Bilingual("permission ended", "廢止權限")
    case .appointed: Bilingual("appointed by the operator", "系統維運人員邀請")
    case .imported: Bilingual("imported", "整批匯入")
    case .refused: Bilingual("not decided", "未能審核")
    default: Bilingual(action, action)
    }
  }

  static func outcome(_ outcome: String) -> Bilingual {
    if let cause = ReopenCause(rawValue: outcome) { return cause.text }
    return outcome.utf8.elementsEqual("done".utf8)
      ? Bilingual("done", "完成") : Bilingual(outcome, outcome)
  }
}
