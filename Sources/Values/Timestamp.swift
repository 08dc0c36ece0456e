// Time as the database keeps it: whole seconds since 1970, UTC.

/// A point in time, in seconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Comparable, Hashable, Sendable {
  package let seconds: Int64

  package init(_ seconds: Int64) {
    self.seconds = seconds
  }

  /// The last second of a day in Taiwan, which is UTC+8 all year.
  ///
  /// - Parameter day: the day number since 1970-01-01.
  package static func endOfTaiwanDay(_ day: Int64) -> Timestamp {
    Timestamp((day + 1) * 86_400 - 8 * 3_600 - 1)
  }

  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.seconds < b.seconds }
  package static func + (a: Timestamp, b: TimeSpan) -> Timestamp {
    Timestamp(a.seconds + b.seconds)
  }
  package static func - (a: Timestamp, b: TimeSpan) -> Timestamp {
    Timestamp(a.seconds - b.seconds)
  }

  /// The first moment of a day in Taipei, counted since 1970-01-01.
  package init(startOfTaipeiDay day: Int64) {
    self.init(day * 86_400 - TimeSpan.hours(8).seconds)
  }

  /// The day in Taipei, counted since 1970-01-01.
  package var taipeiDay: Int64 {
    (seconds + TimeSpan.hours(8).seconds).flooredDivision(by: 86_400).quotient
  }

  /// Whole days from `earlier` until this time; never negative.
  package func wholeDays(since earlier: Timestamp) -> Int {
    Int(max(0, seconds - earlier.seconds) / 86_400)
  }

  /// The text form of RFC 3339 in UTC, `2026-03-02T09:00:00Z`.
  package var rfc3339: String {
    let (days, second) = seconds.flooredDivision(by: 86_400)
    let (year, month, day) = Self.civil(days)
    guard (0...9_999).contains(year) else {
      return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
        + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
    }
    // Lists have thousands of them.
    let numbers = [
      year / 100, year % 100, month, day, second / 3600, second / 60 % 60, second % 60,
    ]
    let marks: [UInt8?] = [nil, 0x2D, 0x2D, 0x54, 0x3A, 0x3A, 0x5A]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20)
    for (number, mark) in zip(numbers, marks) {
      bytes.append(0x30 + UInt8(number / 10))
      bytes.append(0x30 + UInt8(number % 10))
      if let mark { bytes.append(mark) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The civil date of a day number since 1970-01-01, in the proleptic Gregorian calendar.
  package static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1
    )
  }

  /// The day number since 1970-01-01 of a civil date; nil if there is no such day.
  package static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else {
      return nil
    }
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    let back = civil(days)
    return back.day == day && back.month == month ? days : nil
  }
}

/// A length of time in whole seconds.
package struct TimeSpan: Comparable, Hashable, Sendable {
  package let seconds: Int64

  package init(seconds: Int64) {
    self.seconds = seconds
  }

  package static func seconds(_ n: Int64) -> TimeSpan { TimeSpan(seconds: n) }
  package static func minutes(_ n: Int64) -> TimeSpan { TimeSpan(seconds: n * 60) }
  package static func hours(_ n: Int64) -> TimeSpan { TimeSpan(seconds: n * 3_600) }
  package static func days(_ n: Int64) -> TimeSpan { TimeSpan(seconds: n * 86_400) }

  package static func < (a: TimeSpan, b: TimeSpan) -> Bool { a.seconds < b.seconds }

  /// Reads `30s`, `10m`, `8h`, `3d` (PRODUCT section 8); nil for anything else.
  package init?(text: String) {
    let bytes = Array(text.utf8)
    guard (2...8).contains(bytes.count), let unit = bytes.last else { return nil }
    var number: Int64 = 0
    for byte in bytes.dropLast() {
      guard (0x30...0x39).contains(byte) else { return nil }
      number = number * 10 + Int64(byte - 0x30)
    }
    switch unit {
    case UInt8(ascii: "s"): self = .seconds(number)
    case UInt8(ascii: "m"): self = .minutes(number)
    case UInt8(ascii: "h"): self = .hours(number)
    case UInt8(ascii: "d"): self = .days(number)
    default: return nil
    }
  }

  /// The shortest exact form that `init(text:)` reads.
  package var text: String {
    for (size, unit) in [(Int64(86_400), "d"), (3_600, "h"), (60, "m")]
    where seconds != 0 && seconds % size == 0 {
      return "\(seconds / size)\(unit)"
    }
    return "\(seconds)s"
  }
}

/// Decimal digits of `number`, with zeros in front up to `width`.
package func padded(_ number: Int64, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension Int64 {
  /// Division that rounds towards minus infinity, with its non-negative remainder.
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
