// What stands below the table in the column of a value and is none: remarks, instructions, sums and
// the lines to sign on. It is told by how it begins or ends, as no code, name, address or number
// can; anything else in such a column is a row's, and has to be right.

import Values

package enum FormRemark {
  /// How remarks begin, compared as column titles are.
  private static let beginnings = [
    "備註", "備考", "附註", "附記", "註", "注意", "說明", "填表", "填寫", "填報", "製表", "承辦", "單位主管",
    "主管", "機關首長", "首長", "核章", "簽章", "聯絡人", "合計", "總計", "小計", "共計", "以下", "以上",
    "本表", "本頁",
  ]
  /// What stands around a remark, as in ～以下空白～.
  private static let around = "([{<【〔《〈-_~〜=─━—…‧"
  /// Words of English, which end where a letter follows.
  private static let words = ["note", "notes", "remark", "remarks", "total", "n.b."]
  private static let marks: Set<Unicode.Scalar> = ["※", "＊", "*", "◎", "●", "■", "＃", "#"]

  /// How a row begins that sums up or remarks, whatever else stands in it.
  private static let sums = ["合計", "小計", "總計", "備註"]

  /// Whether a row whose first text this is sums up or remarks.
  package static func isSum(_ text: String) -> Bool {
    // Nearly every row begins with a digit or another character; the words need not be looked for.
    guard let first = text.utf8.first(where: { $0 > 0x20 }), first >= 0xE0 || first == 0x28 else {
      return false
    }
    let key = FormColumn.key(text, dropping: "*※-_:(【")
    return sums.contains { key.utf8.starts(with: $0.utf8) }
  }

  /// Whether a row whose first text this is shows how to fill in the others.
  static func isSample(_ text: String) -> Bool {
    let key = FormColumn.key(text, dropping: "*※-_:(【")
    return ["例", "範例", "示例", "樣本", "sample", "example", "e.g."]
      .contains { key.utf8.starts(with: $0.utf8) }
  }

  /// Whether the text of a cell is a remark.
  package static func isRemark(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
      return false
    }
    if last == ":" || last == "：" { return true }
    // As every code and number begins; the words need not be looked for.
    if ("0"..."9").contains(first) { return isNumbered(text) }
    if marks.contains(first) { return true }
    let key = Substring(FormColumn.key(text, dropping: around)).utf8
    return beginnings.contains { key.starts(with: $0.utf8) }
      || words.contains { key.starts(with: $0.utf8) && !isLetter(key.dropFirst($0.utf8.count)) }
      || isNumbered(text)
  }

  /// Whether a text alone in its row may be somebody's name, rather than a table's title.
  static func isPerson(_ text: String) -> Bool {
    let key = FormColumn.key(text)
    return !key.isEmpty && !titles.contains(where: key.contains) && !isRemark(text)
      && !key.unicodeScalars.contains { $0.properties.generalCategory == .decimalNumber }
  }

  /// Words of which one stands in nearly every table's title.
  private static let titles = [
    "表", "單", "冊", "異動", "新增", "刪除", "修改", "交接", "機關", "管理者", "名錄", "清冊", "部分", "局", "署",
    "部", "處", "院", "會", "府", "list", "table", "sheet", "form", "changes", "administrators",
  ]

  private static func isLetter(_ rest: Substring.UTF8View) -> Bool {
    rest.first.map { (0x61...0x7A).contains($0) } ?? false
  }

  /// `1. …`, `(2) …`, `三、…`: a number and a mark, then anything but the digits of an OID.
  private static func isNumbered(_ text: String) -> Bool {
    var rest = text.unicodeScalars[...]
    if rest.first == "(" || rest.first == "（" { rest = rest.dropFirst() }
    let digits = rest.prefix {
      ("0"..."9").contains($0) || "一二三四五六七八九十".unicodeScalars.contains($0)
    }
    rest = rest.dropFirst(digits.count)
    guard (1...2).contains(digits.count), let mark = rest.first,
      ".、)）．".unicodeScalars.contains(mark), let next = rest.dropFirst().first
    else { return false }
    return !("0"..."9").contains(next)
  }
}
