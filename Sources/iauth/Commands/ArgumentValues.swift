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

/// Who has decided: the signed-in person, or anybody of a name.
enum ReviewerArgument: ArgumentValue, Equatable {
  case me, name(String)

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> ReviewerArgument {
    guard !text.utf8.isEmpty else { throw .usageValue(option: parameter, value: text, allowed: []) }
    return text.utf8.elementsEqual("me".utf8) ? .me : .name(text)
  }

  static var completion: ParameterDescription.Completion { .words(["me"]) }

  var decider: DecidedBy {
    switch self {
    case .me: .me
    case .name(let name): .name(name)
    }
  }
}

/// One request's number, or several: 4, 4-6, 4,7-9.
struct NumberRange: ArgumentValue, Equatable {
  let numbers: [RequestID]

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> NumberRange {
    let refusal = IAuthError.usageValue(option: parameter, value: text, allowed: [])
    var numbers: [RequestID] = []
    for part in Folding.fold(text).utf8.split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    {
      let ends = part.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard let from = ends.first, ends.count <= 2,
        let first = try? Int64.parse(from, for: parameter),
        let last = try? Int64.parse(ends.last ?? from, for: parameter), first <= last,
        last - first < Int64(Limits.numbersAtOnce - numbers.count)
      else { throw refusal }
      numbers += (first...last).map { RequestID($0) }
    }
    return NumberRange(numbers: numbers)
  }
}

/// A day in Taipei, Gregorian or of the Republic: 2026-03-01, 115/3/1, 115年3月1日.
struct DayArgument: ArgumentValue, Equatable {
  /// Days since 1970-01-01.
  let day: Int64

  /// The day as a time by which nobody's clock is meant.
  var utc: Timestamp { Timestamp(day * 86_400) }

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

/// A point in time as people type it: a local date, Gregorian or of the Republic, a UTC time of RFC 3339, or how long ago.
enum TimeArgument: ArgumentValue, Equatable {
  /// Days since 1970-01-01, in the caller's zone.
  case day(Int64)
  case time(Timestamp)
  /// Seconds since 1970-01-01 by the clocks of the caller's zone.
  case local(Int64)
  case ago(TimeSpan)

  static let allowed = ["2026-03-01", "115-03-01", "2026-03-01T09:00:00Z", "3d"]

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> TimeArgument {
    let text = Folding.fold(text)
    if let span = TimeSpan(text: text) { return .ago(span) }
    guard let read = TypedTime(text), let day = read.day else {
      // A day of the Republic, or one written as forms write it.
      if let day = (try? FormDate.day(cell: text)) ?? nil { return .day(day) }
      throw .usageValue(option: parameter, value: text, allowed: allowed)
    }
    guard let seconds = read.seconds else { return .day(day) }
    let local = day * 86_400 + seconds
    guard let offset = read.offset else { return .local(local) }
    return .time(Timestamp(local - offset))
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
    case .local(let seconds):
      // As the zone is then; where its clocks are turned that hour, as it is an hour about it.
      let near = Timestamp(seconds - localTime.zone(Timestamp(seconds)).offset)
      return Timestamp(seconds - localTime.zone(near).offset)
    case .ago(let span): return now - span
    }
  }
}

/// 2026-03-01, with a time behind T or a space: 09:00, 09:00:30; with a zone: Z, +08:00.
private struct TypedTime {
  private(set) var day: Int64?
  /// Seconds of the day.
  private(set) var seconds: Int64?
  /// Seconds east of Greenwich.
  private(set) var offset: Int64?

  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, Self.fits(bytes[..<10], "dddd-dd-dd") else { return nil }
    day = Timestamp.days(
      year: Self.number(bytes[0..<4]), month: Self.number(bytes[5..<7]),
      day: Self.number(bytes[8..<10]))
    guard bytes.count > 10 else { return }
    guard bytes[10] == UInt8(ascii: "T") || bytes[10] == 0x20 else { return nil }
    var rest = bytes[11...]
    if rest.last == UInt8(ascii: "Z") {
      offset = 0
      rest = rest.dropLast()
    } else if rest.count > 6,
      Self.fits(rest.suffix(6), "+dd:dd") || Self.fits(rest.suffix(6), "-dd:dd")
    {
      let zone = rest.suffix(6)
      let size =
        Self.number(zone.dropFirst().prefix(2)) * 3_600 + Self.number(zone.suffix(2)) * 60
      offset = zone.first == UInt8(ascii: "-") ? -size : size
      rest = rest.dropLast(6)
    }
    guard Self.fits(rest, "dd:dd") || Self.fits(rest, "dd:dd:dd") else { return nil }
    let parts = rest.split(separator: UInt8(ascii: ":")).map { Self.number($0) }
    guard parts[0] < 24, parts[1] < 60, (parts.count < 3 || parts[2] < 60) else { return nil }
    seconds = parts[0] * 3_600 + parts[1] * 60 + (parts.count < 3 ? 0 : parts[2])
  }

  private static func fits(_ bytes: ArraySlice<UInt8>, _ pattern: String) -> Bool {
    bytes.count == pattern.utf8.count
      && zip(bytes, pattern.utf8).allSatisfy { byte, place in
        place == UInt8(ascii: "d") ? (0x30...0x39).contains(byte) : byte == place
      }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64 {
    digits.reduce(0) { $0 * 10 + Int64($1 & 0x0F) }
  }
}
