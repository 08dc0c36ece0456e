// The closed vocabularies and dates of the forms. What could raise someone's rights is an
// allow-list: an unknown word is an error, never a default.

import Values

/// What Form 2 asks for (異動類別).
package enum FormChange: String, CaseIterable, Sendable {
  case add, remove, modify, handOver

  /// The words for it, Chinese and English, compared as column titles are.
  private var words: [String] {
    switch self {
    case .add: ["新增", "新增帳號", "新增權限", "add", "new", "grant"]
    case .remove: ["刪除", "刪除帳號", "刪除權限", "移除", "註銷", "delete", "remove", "revoke"]
    case .handOver: ["交接", "職務交接", "移交", "handover", "hand over", "handoff"]
    case .modify: ["修改", "變更", "修改帳號", "修改資料", "modify", "change", "update"]
    }
  }

  /// Reads a cell; an empty one is `.add`, as a form of first-time applications has no such column.
  /// - Throws: `.changeInvalid` for a word that is not known.
  package init(cell: String) throws(IAuthError) {
    let key = FormColumn.key(cell)
    guard !key.isEmpty else {
      self = .add
      return
    }
    guard let change = Self.allCases.first(where: { $0.words.contains(key) }) else {
      throw .changeInvalid(cell)
    }
    self = change
  }
}

extension Role {
  /// The words for it, Chinese and English, compared as column titles are.
  private var words: [String] {
    switch self {
    case .admin:
      ["機關管理者", "管理者", "機關管理員", "管理員", "機關管理者權限", "admin", "administrator"]
    case .general:
      ["一般權限", "一般使用者", "一般", "使用者", "一般使用者權限", "general", "generaluser", "user"]
    }
  }

  /// Reads a cell; an empty one is `.admin`, as the form is one of agency administrators.
  /// - Throws: `.roleInvalid` for a word that is not known.
  package init(cell: String) throws(IAuthError) {
    let key = FormColumn.key(cell)
    guard !key.isEmpty else {
      self = .admin
      return
    }
    guard let role = Self.allCases.first(where: { $0.words.contains(key) }) else {
      throw .roleInvalid(cell)
    }
    self = role
  }
}

package enum FormDate {
  /// Reads a date of the Republic's calendar or the Gregorian one.
  ///
  /// `1130115`, `113年1月15日`, `113/1/15`, `20240115`, `2024-01-15`; a year below 1000 is one of
  /// the Republic (1 is 1912). A midnight behind it, as programs write one, is its day.
  /// - Returns: the day number since 1970-01-01; nil for an empty cell, for a form's `年 月 日` that
  ///   nobody filled in, and for zeros alone, which registers write for "unknown".
  /// - Throws: `.dateInvalid` for anything else, also for a day that the calendar does not have.
  package static func day(cell: String) throws(IAuthError) -> Int64? {
    guard let symbols = symbols(of: withoutMidnight(cell)) else { throw .dateInvalid(cell) }
    guard symbols.contains(where: { $0 > 0 }) else { return nil }
    let fields: [ArraySlice<Int64>]
    if (6...8).contains(symbols.count), !symbols.contains(separator) {
      fields = [symbols.dropLast(4), symbols.suffix(4).prefix(2), symbols.suffix(2)]
    } else {
      fields = symbols.split(separator: separator, omittingEmptySubsequences: false)
    }
    guard fields.count == 3, (1...4).contains(fields[0].count),
      (1...2).contains(fields[1].count), (1...2).contains(fields[2].count)
    else { throw .dateInvalid(cell) }
    let numbers = fields.map { $0.reduce(0) { $0 * 10 + $1 } }
    let year = numbers[0] < 1000 ? numbers[0] + 1911 : numbers[0]
    guard (1912...2999).contains(year),
      let days = Timestamp.days(year: year, month: numbers[1], day: numbers[2])
    else { throw .dateInvalid(cell) }
    return days
  }

  private static let separator: Int64 = -1

  /// A cell without ` 00:00:00`, `T00:00:00Z`, ` 上午 12:00:00` or ` 12:00:00 AM` at its end.
  private static func withoutMidnight(_ cell: String) -> String {
    guard cell.utf8.contains(UInt8(ascii: ":")) else { return cell }
    let text = Folding.fold(cell)
    guard let end = text.unicodeScalars.firstIndex(where: { $0 == " " || $0 == "T" }) else {
      return cell
    }
    var time = String(text[text.index(after: end)...].unicodeScalars.filter { $0 != " " })
    let half = ["上午", "AM", "am"].first { time.contains($0) }
    if let half { time = time.split(separator: half).joined() }
    if half != nil, time.utf8.starts(with: "12".utf8) { time = "0" + time.dropFirst(2) }
    let isMidnight = time.utf8.allSatisfy { "0:.Z".utf8.contains($0) }
    return isMidnight ? String(text[..<end]) : cell
  }

  /// The day of the week in brackets, (六), (星期六), which is not compared with the date.
  private static func isWeekday(_ bracket: ArraySlice<Unicode.Scalar>) -> Bool {
    var word = bracket.dropFirst().dropLast()
    for start in ["星期", "禮拜", "週", "周"] where word.starts(with: start.unicodeScalars) {
      word = word.dropFirst(start.unicodeScalars.count)
    }
    return word.count == 1 && "一二三四五六日天".unicodeScalars.contains(word[word.startIndex])
  }

  /// The digits and separators of a date; nil if anything else stands in it.
  private static func symbols(of cell: String) -> [Int64]? {
    var rest = Array(FormColumn.key(cell, dropping: "").unicodeScalars)[...]
    for era in ["中華民國", "民國"] where rest.starts(with: era.unicodeScalars) {
      rest = rest.dropFirst(era.unicodeScalars.count)
    }
    if rest.last == ")", let open = rest.lastIndex(of: "("), isWeekday(rest[open...]) {
      rest = rest[..<open]
    }
    if rest.last == "起" { rest = rest.dropLast() }
    if rest.last == "日" || rest.last == "號" { rest = rest.dropLast() }
    var symbols: [Int64] = []
    for scalar in rest {
      switch scalar {
      case "0"..."9": symbols.append(Int64(scalar.value) - 0x30)
      case "/", "-", ".", "年", "月": symbols.append(separator)
      default: return nil
      }
    }
    return symbols
  }
}
