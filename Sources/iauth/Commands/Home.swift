// `iauth` alone, signed in: who one is, what waits, and until when (PRODUCT 4.3).

import IAuthCore
import Sheets
import Values

enum Home {
  /// False where nobody is signed in: then the short help is what is wanted.
  static func show(_ context: Context) throws(IAuthError) -> Bool {
    guard let service = try? context.service(), let receipt = try? service.status() else {
      return false
    }
    let waiting = try service.waitingForMe()
    let mine = try service.ownRequests().count { $0.status == .pending || $0.status == .returned }
    let language = context.language
    var rows = receipt.details(language, context.localTime)
    if let waiting {
      rows.append((Bilingual("waits for you", "待您審核"), String(waiting)))
    }
    rows.append((Bilingual("your requests that wait", "本人審核中之申請"), String(mine)))
    context.emit(
      receipt.json.adding([
        "waiting": waiting.map(JSON.int) ?? .null, "requests": .int(mine),
      ]), details: rows)
    if let waiting, waiting > 0 {
      context.say(
        Bilingual("the queue, one by one: iauth pending -i", "逐筆審查：iauth pending -i"))
    }
    if mine > 0 {
      context.say(
        Bilingual(
          "follow yours up: iauth request-permission --list",
          "查詢本人申請進度：iauth request-permission --list"))
    }
    context.say(Bilingual("everything else: iauth --help", "其他指令：iauth --help"))
    return true
  }
}
