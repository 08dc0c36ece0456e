// What the operator's digest says, in both languages; `doctor` says some of it in the same words.

import Values

extension OperatorDigest {
  /// A succession of agencies whose day has come, and that could not happen.
  package struct HeldSuccession: Sendable, Equatable {
    let old: String
    let new: String
    let onAt: Timestamp
    /// The code of the error.
    let why: String
    /// Who stands in the way.
    let accounts: [AccountID]

    var text: Bilingual {
      let (day, shown) = (onAt.taiwanDay, accounts.prefix(Limits.mailLines).map(\.description))
      let more = accounts.count > shown.count ? " …" : ""
      let english = shown.isEmpty ? "" : " (accounts \(shown.joined(separator: ", "))\(more))"
      let chinese = shown.isEmpty ? "" : "（帳號 \(shown.joined(separator: "、"))\(more)）"
      return Bilingual(
        "\(old) -> \(new), due \(day), could not happen: \(why)\(english); tried again daily, "
          + "or called off: iauth agencies --undo \(old)",
        "\(old) -> \(new) 應於 \(day) 整併，未能辦理：\(why)\(chinese)；每日重試，或予取消：iauth agencies --undo \(old)"
      )
    }
  }

  var english: [String] {
    (lostHead.map {
      ["The witness has a head of \($0) entries that is not in this trail: iauth doctor", ""]
    } ?? []) + heldSuccessions.map(\.text.english) + (heldSuccessions.isEmpty ? [] : [""]) + [
      "Failed messages: \(failedMessages)", "Queued messages: \(queuedMessages)",
      "People whose mail comes back or whose SMS fail: \(bouncingContacts)",
      "Reports that were about no message of ours: \(ignoredReports)",
      "Changes that a target system has not dealt with for a day: \(overdueChanges)",
      "Lapsed requests: \(lapsedRequests)", "Lapsed applications: \(lapsedApplications)",
      "Lapsed invitations: \(lapsedInvitations)", "Locks: \(locks)",
      "Wrong codes within the last hour: \(wrongAttemptsLastHour)",
      "Database, bytes: \(databaseBytes)",
      "Free on its disk, bytes: \(freeBytes), of \(diskBytes)", "",
      "Newest audit entry; keep it on another host, for iauth audit --verify --anchor FILE:", "",
      "    \(SafeText.line(auditHead))", "", "See also:", "", "    iauth deliver --list",
      "    iauth doctor",
    ]
  }

  var chinese: [String] {
    (lostHead.map { ["見證存有第 \($0) 筆之鏈首，與本機稽核紀錄不符：iauth doctor", ""] } ?? [])
      + heldSuccessions.map(\.text.chinese) + (heldSuccessions.isEmpty ? [] : [""]) + [
        "傳送失敗的通知：\(failedMessages)", "待送的通知：\(queuedMessages)",
        "郵件遭退信或簡訊無法送達的人員：\(bouncingContacts)",
        "與本系統通知無關的回報：\(ignoredReports)",
        "目標系統逾一日未處理的異動：\(overdueChanges)",
        "逾期失效的申請案：\(lapsedRequests)", "逾期失效的帳號申請：\(lapsedApplications)",
        "逾期失效的啟用邀請：\(lapsedInvitations)", "鎖定次數：\(locks)",
        "最近一小時的驗證碼錯誤：\(wrongAttemptsLastHour)",
        "資料庫大小（位元組）：\(databaseBytes)", "磁碟可用空間（位元組）：\(freeBytes)，總容量：\(diskBytes)", "",
        "稽核紀錄末筆，請留存於其他主機作為錨點，日後供 iauth audit --verify --anchor FILE 比對：", "",
        "    \(SafeText.line(auditHead))", "",
        "請檢視：", "", "    iauth deliver --list", "    iauth doctor",
      ]
  }
}
