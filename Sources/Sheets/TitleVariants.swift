// How people dress a title that iauth knows (PRODUCT 4.1): numbers before it, brackets around it, what is
// to be filled in behind it, and the same in two languages. All of it is taken away piece by piece, and
// only what says nothing about whose cell it is: 手機(緊急聯絡人) is another column than 手機.

extension FormColumn {
  /// The column of a title, by its key; nil for one that iauth does not know.
  static func column(of key: String) -> FormColumn? {
    if let column = byKey[key] { return column }
    if let plain = withoutMark(key) ?? withoutNumber(key) ?? withoutBrackets(key) {
      return column(of: plain)
    }
    return withoutNote(key) ?? inSeveralWords(key)
  }

  /// A key without what forms write beside a title to say whether it must be filled in, (必填),
  /// 【必填】; nil if nothing of it stands there.
  static func withoutMark(_ key: String) -> String? {
    guard let last = key.unicodeScalars.last, let first = key.unicodeScalars.first,
      closing.contains(last) || opening.contains(first) || key.contains("必填")
    else { return nil }
    let brackets = zip(opening, closing).map { (String($0), String($1)) } + [("", "")]
    for word in marks {
      for (open, close) in brackets {
        let mark = (open + word + close).utf8
        guard key.utf8.count > mark.count else { continue }
        if key.utf8.suffix(mark.count).elementsEqual(mark) {
          return String(Substring(key.utf8.dropLast(mark.count)))
        }
        if key.utf8.starts(with: mark) {
          return String(Substring(key.utf8.dropFirst(mark.count)))
        }
      }
    }
    return nil
  }

  /// Without its number in the form: `1.姓名`, `(2)姓名`, `③姓名`, `四、姓名`.
  private static func withoutNumber(_ key: String) -> String? {
    let scalars = Array(key.unicodeScalars)
    guard let first = scalars.first else { return nil }
    var place = 0
    if (0x2460...0x24FF).contains(first.value) {
      place = 1
    } else {
      let isOpen = first == "("
      if isOpen { place = 1 }
      let start = place
      while place < min(scalars.count, start + 3),
        "0123456789一二三四五六七八九十".unicodeScalars.contains(scalars[place])
      {
        place += 1
      }
      let ends = isOpen ? ")" : ".、．)"
      guard place > start, place < scalars.count, ends.unicodeScalars.contains(scalars[place])
      else { return nil }
      place += 1
    }
    return place < scalars.count ? text(scalars[place...]) : nil
  }

  /// What stands between brackets that stand around all of it: 【姓名】.
  private static func withoutBrackets(_ key: String) -> String? {
    let scalars = Array(key.unicodeScalars)
    guard scalars.count > 2, let index = opening.firstIndex(of: scalars[0]),
      scalars[scalars.count - 1] == closing[index],
      !scalars.dropFirst().dropLast().contains(where: { $0 == scalars[0] || $0 == closing[index] })
    else { return nil }
    return text(scalars[1..<scalars.count - 1])
  }

  /// The column of a title behind which, in brackets, the choices or what to fill in stand:
  /// 異動類別(新增、刪除、修改), 生效日期(民國), 手機(09xxxxxxxx).
  private static func withoutNote(_ key: String) -> FormColumn? {
    let scalars = Array(key.unicodeScalars)
    guard let last = scalars.last, let index = closing.firstIndex(of: last),
      let open = scalars.lastIndex(of: opening[index]), open > 0,
      let column = column(of: text(scalars[..<open]))
    else { return nil }
    let note = text(scalars[(open + 1)..<(scalars.count - 1)])
    return column == .change || column == .role || column.isExplained(by: note) ? column : nil
  }

  /// Whether a note says nothing but how the column is to be filled in.
  private func isExplained(by note: String) -> Bool {
    let parts = note.unicodeScalars.split { ",、;；，。".unicodeScalars.contains($0) }
    return parts.allSatisfy { part in
      let text = Self.text(part)
      return Self.marks.contains(text) || Self.column(of: text) == self
        || Self.instructions.contains { text.utf8.starts(with: $0.utf8) } || hints.contains(text)
        || isShape(part)
    }
  }

  /// Whether it shows what a cell looks like: 民國, 年/月/日, 115/1/1, 09xxxxxxxx.
  private func isShape(_ part: Substring.UnicodeScalarView) -> Bool {
    switch self {
    case .effectiveDate, .untilDate:
      part.allSatisfy { "0123456789/.ymd年月日民國西元".unicodeScalars.contains($0) }
    case .mobile, .phone: part.allSatisfy { "0123456789x+".unicodeScalars.contains($0) }
    default: false
    }
  }

  private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    return text
  }

  /// What else explains a column.
  private var hints: [String] {
    switch self {
    case .agencyCode: ["18碼", "8碼", "10碼", "oid碼"]
    case .name: ["全名", "中文", "本名", "真實姓名"]
    case .email: ["gov.tw", "公務", "公務用", "限公務信箱", "限gov.tw", "收驗證信", "接收驗證信"]
    case .mobile: ["公務", "公務用", "接收驗證碼", "用於接收驗證碼", "收驗證碼", "簡訊"]
    case .phone: ["公", "公務", "含分機", "分機", "含區碼", "區碼", "及分機", "含區碼及分機"]
    case .title: ["官職等", "全銜"]
    default: []
    }
  }

  /// How a note begins that tells whoever fills the form in what to do.
  private static let instructions = ["請填", "例", "如", "格式", "ex", "e.g"]

  /// The same in two languages, or two words for one thing: 姓名/Name, 姓名Name, 手機/行動電話.
  private static func inSeveralWords(_ key: String) -> FormColumn? {
    let scalars = key.unicodeScalars
    var parts = scalars.split(separator: "/").map { text($0) }
    if parts.count < 2 {
      // Where Chinese ends and English begins.
      guard let first = scalars.first, first.value >= 0x3400,
        let place = scalars.firstIndex(where: { (0x61...0x7A).contains($0.value) })
      else { return nil }
      parts = [text(scalars[..<place]), text(scalars[place...])]
    }
    guard let column = byKey[parts[0]], parts.allSatisfy({ byKey[$0] == column }) else {
      return nil
    }
    return column
  }

  private static let marks = [
    "必填欄位", "必填項目", "必填", "必要", "必須", "選填", "非必填", "免填", "可免填", "required", "mandatory",
    "optional",
  ].sorted { $0.utf8.count > $1.utf8.count }
  private static let opening = Array("([【〔〈《「『{<﹝“".unicodeScalars)
  private static let closing = Array(")]】〕〉》」』}>﹞”".unicodeScalars)
}
