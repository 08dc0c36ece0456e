// Lines of the files in Tests/Fixtures/values, where each file says whence it comes.

import Foundation
import Testing

@testable import Sheets
@testable import Values

/// The fields of each line that is no comment, split at semicolons.
func fixture(_ name: String, under test: String = #filePath) throws -> [[String]] {
  let tests = URL(fileURLWithPath: test).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let file = tests.appendingPathComponent("Fixtures/values").appendingPathComponent(name)
  let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    .filter { !$0.hasPrefix("#") }
  try #require(!lines.isEmpty)
  return lines.map { line in
    line.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
  }
}

/// The text of scalars written in hexadecimal with spaces between.
func text(ofScalars words: String) throws -> String {
  var text = String.UnicodeScalarView()
  for word in words.split(separator: " ") {
    text.append(try #require(UInt32(word, radix: 16).flatMap(Unicode.Scalar.init)))
  }
  return String(text)
}

/// The scalars of a text in hexadecimal: what a test compares, since == on String does not tell
/// canonically equal texts apart.
func scalars(_ text: String) -> String {
  text.unicodeScalars.map { String($0.value, radix: 16, uppercase: true) }.joined(separator: " ")
}
