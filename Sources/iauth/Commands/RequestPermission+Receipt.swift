// What is said of a request that was just submitted, by whichever command or question.

import IAuthCore
import Sheets
import Values

extension Context {
  func show(_ receipt: RequestReceipt) {
    emit(
      [
        "request": .int(receipt.number), "system": .string(receipt.system.code),
        "role": .word(receipt.role), "kind": .word(receipt.kind), "status": .word(receipt.status),
        "reviewed_by": receipt.isReviewedByAuthority ? "authority" : "agency",
        "reviewers": .texts(receipt.reviewers),
        "from": .time(receipt.from), "until": .lastMoment(before: receipt.until),
        "deputy_for": .number(receipt.deputyFor), "replaces": .number(receipt.replaces),
      ],
      details: [
        (Bilingual("request", "申請序號"), receipt.number.description),
        (
          Bilingual("system", "系統"), receipt.system.titled(language)
        ),
        (Bilingual("role", "角色"), receipt.role.label(language)),
      ] + receipt.terms + [
        (Bilingual("status", "狀態"), receipt.status.label(language)),
        (
          Bilingual("reviewed by", "審核者"),
          receipt.isReviewedByAuthority
            ? Bilingual("the authority", "主管機關")(language)
            : Bilingual("administrators of \(receipt.agency.name)", "\(receipt.agency.name)之管理者")(
              language)
        ),
        (
          Bilingual("reviewers", "審核人員"),
          receipt.reviewers.isEmpty
            ? Bilingual("none yet", "尚無")(language)
            : receipt.reviewers.joined(separator: language == .english ? ", " : "、")
        ),
      ])
    if receipt.isNational {
      say(
        Bilingual(
          "an administrator of the authority reviews for the whole country; all of them are told "
            + "of an approval",
          "主管機關的管理者負責審核全國申請；核准後將通知主管機關全體管理者"))
    }
    say(whatFollows(receipt))
  }

  private func whatFollows(_ receipt: RequestReceipt) -> Bilingual {
    guard receipt.reviewers.isEmpty else {
      return Bilingual(
        "the result comes by e-mail; follow it up: iauth request-permission --list",
        "審核結果將以電子郵件通知；查詢進度：iauth request-permission --list")
    }
    guard !receipt.isReviewedByAuthority else {
      return Bilingual(
        "nobody can review this yet; the request waits until the authority has an administrator "
          + "of the system",
        "目前尚無審核人員，申請將保留至主管機關設置該系統管理者後審核")
    }
    return Bilingual(
      "your agency has no administrator yet, so the request waits; the agency gets one by: iauth "
        + "request-permission --system \(receipt.system.code) --role admin",
      "貴機關尚無管理者，申請將保留待審核；請由擔任管理者之同仁申請：iauth request-permission --system "
        + "\(receipt.system.code) --role admin")
  }
}

extension RequestReceipt {
  /// The days and the permission that it names.
  fileprivate var terms: [(Bilingual, String)] {
    var rows: [(Bilingual, String)] = []
    if let from { rows.append((Bilingual("from", "生效日期"), from.taiwanDay)) }
    if let until {
      rows.append((Bilingual("until", "終止日期"), (until - .seconds(1)).taiwanDay))
    }
    if let deputyFor {
      rows.append((Bilingual("deputy for", "職務代理"), String(deputyFor)))
    }
    if let replaces { rows.append((Bilingual("replaces", "交接"), String(replaces))) }
    return rows
  }
}
