// Times for people: in the zone of the caller, which is said once with them. JSON and the database
// never see these.

import Glibc
import IAuthCore
import Sheets
import Values

/// How a zone shows points in time.
struct LocalTime: Sendable {
  /// Seconds east of Greenwich, and the zone's abbreviation, at a time.
  let zone: @Sendable (Timestamp) -> (offset: Int64, name: String)

  /// `2026-03-02 17:00`.
  func text(_ time: Timestamp) -> String {
    let local = Array(Timestamp(time.seconds + zone(time).offset).rfc3339.utf8)
    return String(decoding: local[..<10], as: UTF8.self) + " "
      + String(decoding: local[11..<16], as: UTF8.self)
  }

  /// `2026-03-02`.
  func date(_ time: Timestamp) -> String {
    let local = Timestamp(time.seconds + zone(time).offset).rfc3339.utf8
    return String(decoding: Array(local.prefix(10)), as: UTF8.self)
  }

  /// `2026-03-02 17:00 +0800`.
  func textWithZone(_ time: Timestamp) -> String {
    "\(text(time)) \(offset(at: time))"
  }

  /// What a table's header says of the zone: `CST`, or `+0800` where it has no letters.
  func zoneName(at time: Timestamp) -> String {
    let name = zone(time).name
    let isWord = name.utf8.allSatisfy { (0x41...0x5A).contains($0 & 0xDF) }
    return isWord && !name.utf8.isEmpty ? name : offset(at: time)
  }

  private func offset(at time: Timestamp) -> String {
    let minutes = zone(time).offset / 60
    return (minutes < 0 ? "-" : "+") + padded(abs(minutes) / 60, 2) + padded(abs(minutes) % 60, 2)
  }

  static let utc = LocalTime { _ in (0, "UTC") }

  /// Where the days of forms, terms and figures are, wherever the reader is.
  static let taipei = LocalTime { _ in (28_800, "CST") }

  /// The zone that TZ, or else the system, names.
  static let live = LocalTime { time in
    var seconds = time_t(time.seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return (0, "UTC") }
    return unsafe (Int64(parts.tm_gmtoff), String(cString: parts.tm_zone))
  }
}
