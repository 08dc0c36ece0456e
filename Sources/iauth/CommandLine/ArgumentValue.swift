// How values are read from the words of a command line. Names, addresses and codes stay text here:
// the domain reads them, with its own errors and status 65.

import IAuthCore
import Sheets
import Values

/// A value that can stand on a command line.
protocol ArgumentValue: Sendable {
  /// Reads `text`.
  ///
  /// Errors: `usage.value`, naming `parameter` and the allowed values.
  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> Self
  /// What a shell may offer for a value of this type.
  static var completion: ParameterDescription.Completion { get }
  /// Whether it is a number and nothing else can be.
  static var isNumber: Bool { get }
}

extension ArgumentValue {
  static var isNumber: Bool { false }
  static var completion: ParameterDescription.Completion { .nothing }
}

extension String: ArgumentValue {
  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> String { text }
}

extension Int64: ArgumentValue {
  static var isNumber: Bool { true }

  /// Decimal digits and nothing else: `Int64(_:)` would take a sign.
  ///
  /// Full-width digits are folded (PRODUCT 3.1), surrounding spaces go.
  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> Int64 {
    let digits = foldedWord(text)
    var number: Int64 = 0
    for byte in digits {
      let (tens, over) = number.multipliedReportingOverflow(by: 10)
      let (sum, above) = tens.addingReportingOverflow(Int64(byte & 0x0F))
      guard (0x30...0x39).contains(byte), !over, !above else {
        throw .usageValue(option: parameter, value: text, allowed: [])
      }
      number = sum
    }
    guard !digits.isEmpty else {
      throw .usageValue(option: parameter, value: text, allowed: [])
    }
    return number
  }
}

extension Int: ArgumentValue {
  static var isNumber: Bool { true }

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> Int {
    Int(try Int64.parse(text, for: parameter))
  }
}

extension ID: ArgumentValue {
  static var isNumber: Bool { true }

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> ID {
    ID(try Int64.parse(text, for: parameter))
  }
}

extension TimeSpan: ArgumentValue {
  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> TimeSpan {
    guard let span = TimeSpan(text: String(decoding: foldedWord(text), as: UTF8.self)) else {
      throw .usageValue(option: parameter, value: text, allowed: ["30s", "10m", "8h", "3d"])
    }
    return span
  }
}

/// A value out of a closed vocabulary.
protocol ArgumentWord: ArgumentValue, CaseIterable, RawRepresentable<String> {}

extension ArgumentWord {
  static var words: [String] { allCases.map(\.rawValue) }
  static var completion: ParameterDescription.Completion { .words(words) }

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> Self {
    guard let found = allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      throw .usageValue(option: parameter, value: text, allowed: words)
    }
    return found
  }
}

extension Role: ArgumentWord {}
extension AccountStatus: ArgumentWord {}
extension Language: ArgumentWord {}

/// The UTF-8 of a number or duration as typed, full-width forms folded, white space around it gone.
func foldedWord(_ text: String) -> [UInt8] {
  var scalars = text.unicodeScalars[...]
  while scalars.first?.properties.isWhitespace ?? false { scalars.removeFirst() }
  while scalars.last?.properties.isWhitespace ?? false { scalars.removeLast() }
  var result = String.UnicodeScalarView()
  for scalar in scalars {
    result.append(
      (0xFF01...0xFF5E).contains(scalar.value)
        ? Unicode.Scalar(UInt8(scalar.value - 0xFEE0)) : scalar)
  }
  return Array(String(result).utf8)
}
