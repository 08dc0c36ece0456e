// The commands that hints and notes name, as they have to be typed here: whoever named a session, a
// database or a configuration on the command line names it again, or acts as somebody else. Programs
// that read JSON know what they named.

import IAuthCore
import Sheets
import Values

struct NextCommand {
  private let named: [(name: String, text: String)]

  init(_ typed: GlobalOptions) {
    named = [("--session", typed.session), ("--db", typed.db), ("--config", typed.config)]
      .compactMap { name, value in value.map { (name, " \(name) \(shellQuoted($0))") } }
  }

  /// What a command has to end with, but for what it names itself.
  private func options(for command: String) -> String {
    named.filter { !Self.names(command, $0.name + " ") }.map(\.text).joined()
  }

  private static func names(_ command: String, _ word: String) -> Bool {
    let bytes = command.utf8
    return bytes.indices.contains { bytes[$0...].starts(with: word.utf8) }
  }

  /// The hint of an error: a command alone, or a sentence with some.
  func completing(hint: String) -> String {
    guard hint.utf8.starts(with: Self.program.utf8) else { return completing(note: hint) }
    // Help is the same for everybody.
    return hint.utf8.starts(with: "iauth help".utf8) ? hint : hint + options(for: hint)
  }

  /// A sentence in which commands stand behind a colon.
  func completing(note: String) -> String {
    guard !named.isEmpty else { return note }
    let options = options(for: note)
    guard !options.isEmpty else { return note }
    var result = String.UnicodeScalarView()
    var isQuoted = false
    var isCommand = false
    let scalars = Array(note.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      if !isCommand {
        let rest = scalars[index...].prefix(Self.program.unicodeScalars.count)
        isCommand =
          rest.elementsEqual(Self.program.unicodeScalars)
          && result.last(where: { $0 != " " }).map { ":：".unicodeScalars.contains($0) } ?? false
      } else if scalar == "'" {
        isQuoted.toggle()
      } else if !isQuoted, ";,；，、。（(".unicodeScalars.contains(scalar) {
        result.append(contentsOf: options.unicodeScalars)
        isCommand = false
      }
      result.append(scalar)
    }
    if isCommand { result.append(contentsOf: options.unicodeScalars) }
    return String(result)
  }

  private static let program = "iauth "
}
