// Numbers and dates of workbook cells as a person sees them: spreadsheet programs turn telephone
// numbers into numbers and dates into counts of days, and a cell's format turns them back.

import Values

/// What a cell's style makes of its number.
package enum NumberFormat: Equatable, Sendable {
  case general
  /// A day; what a cell of it has of a time is not shown.
  case date
  /// A time, with its day if it has one.
  case dateTime
  /// Digits, zeros in front and what stands between them (`0000-000-000`).
  case pattern(DigitPattern)
  /// No number is shown (`;;`), and no text either (`;;;`).
  case nothing(hidesText: Bool)

  /// Reads a format code (ECMA-376 part 1, 18.8.31).
  package init(code: String) {
    var (isQuoted, isBracketed, isEscaped) = (false, false, false)
    var (hasDay, hasTime, hasMonth) = (false, false, false)
    var elapsed = ""
    for scalar in code.unicodeScalars {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\"" {
        isQuoted.toggle()
      } else if isQuoted {
        continue
      } else if scalar == "[" || scalar == "]" {
        if scalar == "]", ["h", "hh", "m", "mm", "s", "ss"].contains(elapsed) { hasTime = true }
        isBracketed = scalar == "["
        elapsed = ""
      } else if isBracketed {
        elapsed += scalar.properties.lowercaseMapping
      } else if "\\_*".unicodeScalars.contains(scalar) {
        isEscaped = true
      } else if "ydYD".unicodeScalars.contains(scalar) {
        hasDay = true
      } else if "hsHS".unicodeScalars.contains(scalar) {
        hasTime = true
      } else if "mM".unicodeScalars.contains(scalar) {
        hasMonth = true
      }
    }
    if hasTime {
      self = .dateTime
    } else if hasDay || hasMonth {
      self = .date
    } else if let sections = Self.emptySections(code) {
      self = .nothing(hidesText: sections == 4)
    } else {
      self = DigitPattern(code: code).map(Self.pattern) ?? .general
    }
  }

  /// How many sections a code has that shows nothing: `;;;`, as LibreOffice writes it `"";"";"";""`.
  private static func emptySections(_ code: String) -> Int? {
    let sections = code.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    let isQuoted = sections.contains { !$0.isEmpty }
    guard sections.allSatisfy({ $0.isEmpty || $0.elementsEqual("\"\"".utf8) }),
      sections.count >= 3 || isQuoted && !sections[0].isEmpty
    else { return nil }
    return sections.count
  }

  /// One of the formats that have no code in the file (18.8.30), those of East Asia included.
  package init(builtIn id: Int) {
    switch id {
    case 1: self = .pattern(DigitPattern(width: 1))
    case 14...17, 27...31, 36, 50, 51, 54, 57, 58: self = .date
    case 18...22, 32...35, 45...47, 52, 53, 55, 56: self = .dateTime
    default: self = .general
    }
  }

  /// The text of a number as a workbook stores it; nil if it is none.
  ///
  /// Integers stand without exponent, dates as `2024-01-15`, with a time only if one is shown and is
  /// not midnight.
  package func text(of number: String, isFrom1904: Bool) -> String? {
    let isPlain = number.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
    guard isPlain, number.utf8.count <= 40, let value = Double(number), value.isFinite else {
      return nil
    }
    switch self {
    case .date: return Self.date(value.rounded(.down), isFrom1904: isFrom1904)
    case .dateTime: return Self.date(value, isFrom1904: isFrom1904)
    case .nothing: return ""
    case .pattern(let pattern):
      if let text = pattern.text(of: value) { return text }
    case .general: break
    }
    // Beyond 15 digits spreadsheet programs do not keep integers exactly.
    guard value.magnitude < 1e15 else { return Self.withoutExponent(number) ?? number }
    let integer = Int64(value)
    return Double(integer) == value ? String(integer) : number
  }

  /// An integer of the form `1.13E+15` in digits; nil for any other number.
  private static func withoutExponent(_ number: String) -> String? {
    let parts = number.utf8.split { $0 == UInt8(ascii: "E") || $0 == UInt8(ascii: "e") }
    guard parts.count == 2, let exponent = Int(Substring(parts[1])), (15...40).contains(exponent)
    else { return nil }
    let mantissa = parts[0].split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let digits = mantissa.map(Substring.init).joined()
    let zeros = exponent - (mantissa.count == 2 ? mantissa[1].count : 0)
    return zeros < 0 ? nil : digits + String(repeating: "0", count: zeros)
  }

  /// A count of days as a date; a number that no program shows as a date stands as it is.
  private static func date(_ serial: Double, isFrom1904: Bool) -> String? {
    guard (0..<2_958_466).contains(serial) else { return String(serial) }
    let seconds = Int64(serial * 86_400 + 0.5)
    var day = seconds / 86_400
    let second = seconds % 86_400
    let time =
      "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    if day == 0, !isFrom1904 { return time }
    // The system of 1900 counts a 29th of February of that year, which was none.
    if isFrom1904 { day += 1_462 } else if day < 60 { day += 1 }
    let civil = Timestamp.civil(day - 25_569)
    let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
    return second == 0 ? date : "\(date)T\(time)"
  }

  /// A date as workbooks write it out, its midnight taken away, and every time that is not shown.
  package static func day(of text: String, isTimeShown: Bool = true) -> String {
    let parts = text.utf8.split(separator: UInt8(ascii: "T"), maxSplits: 1)
    guard parts.count == 2, parts[0].count == 10 else { return text }
    let isMidnight = parts[1].allSatisfy { "0:.Z".utf8.contains($0) }
    return isMidnight || !isTimeShown ? String(Substring(parts[0])) : text
  }
}

/// A format of digits: `0000000000`, `0000-000-000`, `[<=9999999]###-####;(0#) ###-####`.
package struct DigitPattern: Equatable, Sendable {
  private enum Symbol: Equatable {
    /// A place that shows a zero where the number has no digit, or nothing.
    case digit(isForced: Bool)
    case literal(Unicode.Scalar)
  }

  /// `[<=9999999]`: for which numbers a section holds.
  private struct Condition: Equatable {
    let operation: String
    let limit: Double

    init?(_ word: String) {
      operation = String(word.unicodeScalars.prefix { "<>=".unicodeScalars.contains($0) })
      guard let limit = Double(Substring(word.utf8.dropFirst(operation.utf8.count))) else {
        return nil
      }
      self.limit = limit
    }

    func holds(for value: Double) -> Bool {
      switch operation {
      case "<": value < limit
      case "<=": value <= limit
      case ">": value > limit
      case ">=": value >= limit
      case "<>": value != limit
      default: value == limit
      }
    }
  }

  private struct Section: Equatable {
    var symbols: [Symbol] = []
    var condition: Condition?
    /// `General`, or decimals and the like: the number stands as it is.
    var isOther = false
    /// An empty text stands in it, so that it shows nothing where nothing else does.
    var hasEmptyText = false

    var places: Int { symbols.count { if case .digit = $0 { true } else { false } } }
    /// Whether it shows anything but the number as it is.
    var isPattern: Bool {
      !isOther
        && (symbols.isEmpty && hasEmptyText
          || symbols.contains { $0 != .literal(" ") && $0 != .digit(isForced: false) })
    }
  }

  private var sections: [Section] = []

  package init(width: Int) {
    let forced = Symbol.digit(isForced: true)
    sections = [Section(symbols: Array(repeating: forced, count: max(1, width)))]
  }

  /// Nil for any other format: what has decimals, an exponent, a fraction or a per cent sign stands
  /// as the number itself, and so does one that only groups its digits.
  package init?(code: String) {
    guard code.utf8.count <= 200 else { return nil }
    var section = Section()
    var rest = code.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "0": section.symbols.append(.digit(isForced: true))
      case "#", "?": section.symbols.append(.digit(isForced: false))
      case ";":
        sections.append(section)
        section = Section()
      case "\\": if let next = rest.popFirst() { section.symbols.append(.literal(next)) }
      case "_":
        rest = rest.dropFirst()
        section.symbols.append(.literal(" "))
      case "*": rest = rest.dropFirst()
      case "\"":
        section.hasEmptyText = section.hasEmptyText || rest.first == "\""
        while let next = rest.popFirst(), next != "\"" { section.symbols.append(.literal(next)) }
      case "[":
        var word = ""
        while let next = rest.popFirst(), next != "]" { word.unicodeScalars.append(next) }
        if word.utf8.first == UInt8(ascii: "$") {
          section.symbols += Self.currency(in: word).map { .literal($0) }
        } else if word.utf8.first.map({ "<>=".utf8.contains($0) }) ?? false {
          guard let condition = Condition(word) else { return nil }
          section.condition = condition
        }
      case "-", "(", ")", " ", "+", ":", "$", "\u{3000}"...:
        section.symbols.append(.literal(scalar))
      default: section.isOther = true
      }
    }
    sections.append(section)
    // Only what changes the digits is a pattern.
    guard sections.prefix(3).contains(where: { $0.isPattern }) else { return nil }
  }

  /// What `[$NT$-404]` shows: what stands before the number of its language (18.8.31).
  private static func currency(in word: String) -> [Unicode.Scalar] {
    let text = Array(word.unicodeScalars.dropFirst())
    guard let dash = text.lastIndex(of: "-"),
      text[(dash + 1)...].allSatisfy({ $0.properties.isASCIIHexDigit })
    else { return text }
    return Array(text[..<dash])
  }

  /// The section that a number of zero or more is shown by; nil if none is.
  private func section(for value: Double) -> Section? {
    let numeric = sections.prefix(3)
    for (index, section) in numeric.enumerated() {
      if let condition = section.condition {
        if condition.holds(for: value) { return section }
      } else if index == numeric.count - 1 {
        return section
      } else if index == 0, numeric.count == 2 || value > 0 {
        return section
      }
    }
    return nil
  }

  /// The digits as the pattern shows them; nil for a number that it is not made for.
  package func text(of value: Double) -> String? {
    guard value.magnitude < 1e15 else { return nil }
    let rounded = value.rounded(.toNearestOrAwayFromZero)
    guard rounded >= 0, let section = section(for: value), !section.isOther else { return nil }
    var digits = rounded == 0 ? [] : Array(String(Int64(rounded)).unicodeScalars)
    var shown: [Unicode.Scalar] = []
    var places = section.places
    for symbol in section.symbols.reversed() {
      switch symbol {
      case .literal(let scalar): shown.append(scalar)
      case .digit(let isForced):
        places -= 1
        if let digit = digits.popLast() {
          shown.append(digit)
        } else if isForced {
          shown.append("0")
        }
        // The first place shows whatever digits are left.
        if places == 0 { while let digit = digits.popLast() { shown.append(digit) } }
      }
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: shown.reversed())
    return Folding.trim(String(text))
  }
}
