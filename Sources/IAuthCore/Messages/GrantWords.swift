// Words that several notices, errors and commands share about the days of a permission, who takes it
// over, and what may be asked for instead (PRODUCT 3.4, 11.1).

import Sheets
import Values

extension RequestSummary {
  /// What whoever was refused may do.
  var askAgain: (english: [String], chinese: [String]) {
    again(
      Bilingual("When that is fixed", "如須更正"), Bilingual("When that is fixed, you may", "如已改正，得"),
      command)
  }

  /// What may be done where nobody has decided in time.
  var askAfresh: (english: [String], chinese: [String]) {
    again(
      Bilingual("If it is still needed", "如仍有需要"), Bilingual("If you still need it,", "如仍有需要，請"),
      commandForOtherDays)
  }

  /// Other data are the form's submitter's to hand in again, or their own by a new application.
  private func again(
    _ ofSheet: Bilingual, _ ofOwn: Bilingual, _ command: String
  ) -> (english: [String], chinese: [String]) {
    if kind == .change, let sheetBy {
      return (
        [
          "",
          "\(ofSheet.english), \(SafeText.line(sheetBy.english)), who submitted the sheet, may hand it "
            + "in again.",
        ], ["", "\(ofSheet.chinese)，請洽原提報者（\(SafeText.line(sheetBy.chinese))）重新提報附表。"]
      )
    }
    let command = ["", "    \(kind == .change ? "iauth apply" : command)"]
    return (
      ["", "\(ofOwn.english) ask again:"] + command, ["", "\(ofOwn.chinese)重新提出申請："] + command
    )
  }

  /// That a permission which rested for other data is used again, once these came to nothing.
  var worksAgain: (english: [String], chinese: [String]) {
    guard hasRested else { return ([], []) }
    return (
      ["", "Your administrator's permission works again."], ["", "您的機關管理者權限恢復使用。"]
    )
  }

  /// From when on new contact details that were approved hold; of a permission only where it rested
  /// for them.
  var changeIsTrue: Bilingual {
    if let waitsFor {
      let day = waitsFor.taiwanDay
      return Bilingual(
        "Your new contact details are in force from \(day) on.", "您的新聯絡資料自 \(day) 起生效。")
    }
    return hasRested
      ? Bilingual(
        "Your new contact details are in force, and your permission again.",
        "您的新聯絡資料已生效，權限恢復使用。")
      : Bilingual("Your new contact details are in force.", "您的新聯絡資料已生效。")
  }
}

extension TakeOver {
  /// Until when a permission holds that is handed over before its end, and why.
  package var line: Bilingual {
    guard let at else {
      return Bilingual(
        "is taken over once somebody who is invited has signed in (request \(request))",
        "受邀者登入後即由其接任（申請案 \(request)）")
    }
    let (last, name) = ((at - .seconds(1)).taiwanDay, SafeText.line(name))
    return Bilingual(
      "holds until \(last), for \(name) takes over then (request \(request))",
      "權限至 \(last) 止，其後由 \(name) 接任（申請案 \(request)）")
  }
}

extension DayProblem {
  var english: String {
    switch self {
    case .past: "the day is past"
    case .order: "the last day is before the first"
    case .tooFar: "a permission is asked for at most three years ahead"
    case .ahead: "this day is still to come"
    case .tooLong(let days):
      "on this system a permission lasts at most \(days) \(days == 1 ? "day" : "days")"
    case .early(let number, let day, let isDeputy):
      "the permission of request \(number) begins on \(Timestamp(startOfTaipeiDay: day).taiwanDay), and "
        + "\(isDeputy ? "has a deputy" : "is taken over") from that day on at the earliest"
    }
  }

  var chinese: String {
    switch self {
    case .past: "日期已過"
    case .order: "終止日期早於生效日期"
    case .tooFar: "權限期間以三年內為限"
    case .ahead: "日期不得晚於今日"
    case .tooLong(let days): "此系統的權限期間最長 \(days) 天"
    case .early(let number, let day, let isDeputy):
      "申請案 \(number) 之權限自 \(Timestamp(startOfTaipeiDay: day).taiwanDay) 生效，最早自該日起"
        + (isDeputy ? "代理" : "交接")
    }
  }
}

extension PermissionProblem {
  func text(of number: RequestID) -> Bilingual {
    switch self {
    case .none:
      Bilingual(
        "request \(number) has given no permission that is in force",
        "申請案 \(number) 並無有效的權限")
    case .promised:
      Bilingual(
        "somebody else is to take over the permission of request \(number)",
        "申請案 \(number) 之權限已另由他人辦理交接")
    case .deputy:
      Bilingual(
        "the permission of request \(number) is a deputy's; name the one of whom they stand in for",
        "申請案 \(number) 之權限屬職務代理，請指定被代理人之權限")
    case .ended:
      Bilingual(
        "the permission of request \(number) ends before that day",
        "申請案 \(number) 之權限於該日前終止")
    }
  }
}
