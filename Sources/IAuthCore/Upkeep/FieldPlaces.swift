// The personal data of an entry as it lies in SQLite's pages: which lines it has, and what they say.

import Glibc

/// Where the fields of an entry's personal data begin: the first of each name, behind the first line.
struct FieldPlaces {
  private(set) var name: Int?
  private(set) var email: Int?
  private(set) var mobile: Int?
  private(set) var asked: Int?
  private(set) var agency: Int?
  private(set) var until: Int?
  private(set) var reason: Int?
  private(set) var note: Int?

  init(_ fields: UnsafeRawBufferPointer) {
    guard let start = fields.baseAddress else { return }
    var line = 0
    while let end = unsafe memchr(start + line, 0x0A, fields.count - line) {
      line = unsafe UnsafeRawPointer(end) - start + 1
      guard line < fields.count else { return }
      switch unsafe fields[line] {
      case UInt8(ascii: "n"):
        unsafe Self.note("name=", &name, fields, line)
        unsafe Self.note("note=", &note, fields, line)
      case UInt8(ascii: "e"): unsafe Self.note("email=", &email, fields, line)
      case UInt8(ascii: "m"): unsafe Self.note("mobile=", &mobile, fields, line)
      case UInt8(ascii: "a"):
        unsafe Self.note("asked=", &asked, fields, line)
        unsafe Self.note("agency=", &agency, fields, line)
      case UInt8(ascii: "u"): unsafe Self.note("until=", &until, fields, line)
      case UInt8(ascii: "r"): unsafe Self.note("reason=", &reason, fields, line)
      default: break
      }
    }
  }

  private static func note(
    _ word: StaticString, _ place: inout Int?, _ fields: UnsafeRawBufferPointer, _ line: Int
  ) {
    guard place == nil, unsafe fields.has(word, at: line) else { return }
    place = line + word.utf8CodeUnitCount
  }
}

extension UnsafeRawBufferPointer {
  func isText(_ text: StaticString) -> Bool {
    unsafe count == text.utf8CodeUnitCount && starts(with: text)
  }

  func starts(with text: StaticString) -> Bool { unsafe has(text, at: 0) }

  func isEqual(to bytes: [UInt8]) -> Bool {
    unsafe count == bytes.count && bytes.withUnsafeBytes { unsafe has($0, at: 0) }
  }

  func has(_ text: StaticString, at place: Int) -> Bool {
    guard place + text.utf8CodeUnitCount <= count, let start = baseAddress else { return false }
    return unsafe memcmp(start + place, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  func has(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Bool {
    guard place + bytes.count <= count else { return false }
    guard let start = baseAddress, let other = bytes.baseAddress
    else { return unsafe bytes.isEmpty }
    return unsafe memcmp(start + place, other, bytes.count) == 0
  }

  var hasNUL: Bool {
    unsafe baseAddress.map { unsafe memchr($0, 0, count) != nil } ?? false
  }

  /// Whether it goes on with these bytes to its end, with a tab behind each end of a line.
  func ends(_ place: Int, with bytes: UnsafeRawBufferPointer) -> Bool {
    var place = place
    for index in 0..<bytes.count {
      let byte = unsafe bytes[index]
      guard place < count, unsafe self[place] == byte else { return false }
      place += 1
      guard byte == 0x0A else { continue }
      guard place < count, unsafe self[place] == 0x09 else { return false }
      place += 1
    }
    return place == count
  }

  /// Whether a line goes on with these bytes and ends; with the last line's end, or inside.
  func continues(
    _ place: Int, with bytes: UnsafeRawBufferPointer, isInside: Bool = false
  ) -> Bool {
    let end = place + bytes.count
    guard unsafe has(bytes, at: place), end < count || !isInside else { return false }
    return unsafe end == count || self[end] == 0x0A
  }
}
