// What each exit status means, for help and manual (PRODUCT section 5).

import IAuthCore
import Sheets
import Values

extension ExitStatus {
  var meaning: Bilingual {
    switch self {
    case .done: Bilingual("done", "完成")
    case .refused:
      Bilingual(
        "refused by a rule: wrong or expired code, already decided, own request, duplicate",
        "依規則不受理：驗證碼錯誤或逾期、已審核、本人的申請、重複申請")
    case .usage: Bilingual("usage: the words typed are wrong", "指令用法錯誤")
    case .data:
      Bilingual("data: a malformed value, or rejected rows", "資料錯誤：格式不符，或整批中有退件的列")
    case .noInput: Bilingual("an input file is missing or unreadable", "輸入檔案不存在或無法讀取")
    case .unknown:
      Bilingual(
        "unknown agency, account, request, system or reference",
        "查無機關、帳號、申請、系統或序號")
    case .internal:
      Bilingual("internal: a broken invariant, a damaged database", "內部錯誤：資料不一致或資料庫損壞")
    case .cannotCreate:
      Bilingual("a file cannot be created, or exists already", "檔案無法建立或已存在")
    case .io:
      Bilingual(
        "input/output error, disk full, messages that cannot be sent",
        "讀寫錯誤、磁碟空間不足，或通知無法送出")
    case .tryAgain:
      Bilingual(
        "try again later: busy, locked out or throttled; nothing has changed",
        "請稍後再試：忙碌、鎖定或超過次數限制；資料未異動")
    case .outcomeUnknown:
      Bilingual("the outcome is unknown: run the same command again", "結果不明：請再執行一次相同的指令")
    case .notPermitted: Bilingual("not signed in, or not permitted", "未登入或無權限")
    case .notInstalled:
      Bilingual("another release's database (doctor --quick)", "資料庫屬其他版本（doctor --quick）")
    case .notConfigured: Bilingual("a wrong configuration (doctor --quick)", "設定有誤（doctor --quick）")
    case .notRunning: Bilingual("not on this host (doctor --quick)", "不在本機（doctor --quick）")
    case .configuration:
      Bilingual("configuration, or not our database", "設定錯誤，或非 iauth 的資料庫")
    }
  }

  /// The error codes that end with this status, in their documented order.
  var codes: [ErrorCode] { ErrorCode.allCases.filter { $0.status == self } }
}
