// Numbers and dates of workbook cells as the text that a clerk meant: spreadsheet programs turn
// telephone numbers into numbers and dates into counts of days.

import Values

/// What a cell's style makes of its number.
package enum NumberFormat: Equatable {
  case general
  case date
  /// So many digits, with zeros in front (the format `0000000000`).
  case digits(Int)

  /// Reads a format code (ECMA-376 part 1, 18.8.31).
  package init(code: String) {
    if !code.isEmpty, code.utf8.count <= 20, code.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) {
      self = .digits(code.utf8.count)
      return
    }
    var (isQuoted, isBracketed, isEscaped) = (false, false, false)
    for scalar in code.unicodeScalars {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\"" {
        isQuoted.toggle()
      } else if isQuoted {
        continue
      } else if scalar == "[" || scalar == "]" {
        isBracketed = scalar == "["
      } else if isBracketed {
        continue
      } else if "\\_*".unicodeScalars.contains(scalar) {
        isEscaped = true
      } else if "ymdhsYMDHS".unicodeScalars.contains(scalar) {
        self = .date
        return
      }
    }
    self = .general
  }

  /// One of the formats that have no code in the file (18.8.30), those of East Asia included.
  package init(builtIn id: Int) {
    switch id {
    case 14...22, 27...36, 45...47, 50...58: self = .date
    default: self = .general
    }
  }

  /// The text of a number as a workbook stores it; nil if it is none.
  ///
  /// Integers stand without exponent, dates as `2024-01-15`, with a time only if they have one.
  package func text(of number: String, isFrom1904: Bool) -> String? {
    let isPlain = number.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
    guard isPlain, number.utf8.count <= 40, let value = Double(number), value.isFinite else {
      return nil
    }
    if self == .date { return Self.date(value, isFrom1904: isFrom1904) }
    // Beyond 15 digits spreadsheet programs do not keep integers exactly.
    guard value.magnitude < 1e15 else { return number }
    let integer = Int64(value)
    guard Double(integer) == value else { return number }
    guard case .digits(let width) = self, integer >= 0 else { return String(integer) }
    return padded(integer, width)
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
}
