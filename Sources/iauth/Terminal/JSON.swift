// JSON as iauth writes it: compact, keys sorted, one value a line. The writer is our own, so that
// the same answer is the same bytes in every language and on every run.

import IAuthCore
import Sheets
import Values

enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number with one decimal, in tenths.
  case tenths(Int64)
  case string(String)
  case array([JSON])
  /// Members in the order of their keys.
  case object([Member])

  struct Member: Sendable, Equatable {
    let key: String
    let value: JSON
  }

  /// An object of members in any order; keys are ours, and few.
  ///
  /// Those of long lists stand in order.
  static func object(of members: [Member]) -> JSON {
    let isInOrder = members.indices.dropFirst().allSatisfy { members[$0 - 1].key < members[$0].key }
    return .object(isInOrder ? members : members.sorted { $0.key < $1.key })
  }

  static func int(_ number: Int) -> JSON { .integer(Int64(number)) }
  static func int(_ number: Int64) -> JSON { .integer(number) }
  static func int<Tag>(_ id: ID<Tag>) -> JSON { .integer(id.value) }
  /// Seconds as hours, rounded to a tenth; never negative.
  static func hours(_ seconds: Int64) -> JSON { .tenths((max(0, seconds) + 180) / 360) }
  /// The text, or null.
  static func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
  /// The number, or null.
  static func number<Tag>(_ id: ID<Tag>?) -> JSON { id.map { .integer($0.value) } ?? .null }
  /// RFC 3339 in UTC, or null.
  static func time(_ time: Timestamp?) -> JSON { time.map { .string($0.rfc3339) } ?? .null }

  /// The value on one line, without a line end.
  var text: String {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: Self.append("null", to: &bytes)
    case .bool(let value): Self.append(value ? "true" : "false", to: &bytes)
    case .integer(let number): Self.append(number.description, to: &bytes)
    case .tenths(let number): Self.append("\(number / 10).\(abs(number % 10))", to: &bytes)
    case .string(let text): Self.write(text, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        Self.append(index > 0 ? ",\"" : "\"", to: &bytes)
        Self.append(member.key, to: &bytes)
        Self.append("\":", to: &bytes)
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// The bytes of a text, in one piece.
  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let span = text.utf8Span.span
    unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  private static func isPlain(_ text: String) -> Bool {
    let span = text.utf8Span.span
    for index in span.indices {
      let byte = span[index]
      guard byte >= 0x20, byte <= 0x7E, byte != 0x22, byte != 0x5C else { return false }
    }
    return true
  }

  /// A string of RFC 8259.
  ///
  /// What a terminal must not get raw is escaped; a reader of JSON gets back the same text. All
  /// else stays as it is, in UTF-8.
  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    defer { bytes.append(UInt8(ascii: "\"")) }
    // Most text is plain ASCII; the exact way looks at every scalar.
    guard !isPlain(text),
      text.unicodeScalars.contains(where: { $0 == "\"" || $0 == "\\" || $0.isHostile })
    else { return append(text, to: &bytes) }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: scalar)])
      case "\n": bytes.append(contentsOf: "\\n".utf8)
      case "\r": bytes.append(contentsOf: "\\r".utf8)
      case "\t": bytes.append(contentsOf: "\\t".utf8)
      case _ where scalar.isHostile:
        for unit in String(scalar).utf16 {
          bytes.append(contentsOf: "\\u".utf8)
          for shift in [12, 8, 4, 0] {
            bytes.append(Array("0123456789abcdef".utf8)[Int(unit >> UInt16(shift) & 0xF)])
          }
        }
      default: bytes.append(contentsOf: String(scalar).utf8)
      }
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(stringLiteral text: String) { self = .string(text) }
  init(integerLiteral number: Int64) { self = .integer(number) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(nilLiteral: ()) { self = .null }
  init(arrayLiteral values: JSON...) { self = .array(values) }
  init(dictionaryLiteral members: (String, JSON)...) {
    self = .object(of: members.map { Member(key: $0.0, value: $0.1) })
  }
}
