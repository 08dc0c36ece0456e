// Values of the command line that belong to commands, not to the domain.

import IAuthCore
import Sheets
import Values

/// By which channels a sign-in is proven.
extension Via: ArgumentWord {}

/// Which requests `pending` lists.
enum StatusFilter: String, ArgumentWord {
  case all, pending, returned, approved, rejected, withdrawn, lapsed, superseded

  /// The one status, or nil for all of them.
  var status: RequestStatus? { RequestStatus(rawValue: rawValue) }
}

/// A day in Taipei, Gregorian or of the Republic: 2026-03-01, 115/3/1, 115年3月1日.
struct DayArgument: ArgumentValue, Equatable {
  /// Days since 1970-01-01.
  let day: Int64

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> DayArgument {
    guard let day = try FormDate.day(cell: text) else { throw .dateInvalid(text) }
    return DayArgument(day: day)
  }
}

/// How the bytes of a sheet are to be read.
enum SheetEncoding: String, ArgumentWord {
  case auto, utf8 = "utf-8", utf16 = "utf-16", cp950
}

/// What becomes of what nobody sees in a sheet.
enum SheetHidden: String, ArgumentWord {
  case skip, include
}

enum Shell: String, ArgumentWord { case bash, zsh, fish }

/// A point in time as people type it: a local date, a UTC time of RFC 3339, or how long ago.
enum TimeArgument: ArgumentValue, Equatable {
  /// Days since 1970-01-01, in the caller's zone.
  case day(Int64)
  case time(Timestamp)
  case ago(TimeSpan)

  static let allowed = ["2026-03-01", "2026-03-01T09:00:00Z", "3d"]

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> TimeArgument {
    if let span = TimeSpan(text: text) { return .ago(span) }
    let bytes = Array(text.utf8)
    let pattern = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
    let fits = zip(bytes, pattern).allSatisfy { byte, place in
      place == UInt8(ascii: "d") ? (0x30...0x39).contains(byte) : byte == place
    }
    let number = { (range: Range<Int>) in
      bytes[range].reduce(Int64(0)) { $0 * 10 + Int64($1 & 0x0F) }
    }
    guard fits, bytes.count == 10 || bytes.count == pattern.count,
      let day = Timestamp.days(year: number(0..<4), month: number(5..<7), day: number(8..<10))
    else {
      throw .usageValue(option: parameter, value: text, allowed: allowed)
    }
    guard bytes.count > 10 else { return .day(day) }
    let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
    guard hour < 24, minute < 60, second < 60 else {
      throw .usageValue(option: parameter, value: text, allowed: allowed)
    }
    return .time(Timestamp(day * 86_400 + hour * 3_600 + minute * 60 + second))
  }

  /// The end that is meant: a day's is its last moment.
  func end(now: Timestamp, in localTime: LocalTime) -> Timestamp {
    guard case .day(let day) = self else { return timestamp(now: now, in: localTime) }
    return TimeArgument.day(day + 1).timestamp(now: now, in: localTime)
  }

  /// The time that is meant; a day begins at midnight of the caller's zone.
  func timestamp(now: Timestamp, in localTime: LocalTime) -> Timestamp {
    switch self {
    case .day(let day):
      let midnight = Timestamp(day * 86_400)
      return Timestamp(midnight.seconds - localTime.zone(midnight).offset)
    case .time(let time): return time
    case .ago(let span): return now - span
    }
  }
}
