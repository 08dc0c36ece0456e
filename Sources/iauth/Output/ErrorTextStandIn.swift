// Stands in for IAuthCore's own until that is merged; then this file goes.

import IAuthCore

struct ErrorText {
  var sentence: String
  var hint: String?
}

extension IAuthError {
  func text(_ language: Language) -> ErrorText {
    switch self {
    case .usageCommand(let word, let nearest):
      ErrorText(
        sentence: "no command \(word)",
        hint: "iauth help" + (nearest.map { " \($0)" } ?? ""))
    case .usageOption(let word, let nearest, let command):
      ErrorText(
        sentence: "no option \(word)" + (nearest.map { "; nearest: \($0)" } ?? ""),
        hint: "iauth help" + (command.map { " \($0)" } ?? ""))
    default: ErrorText(sentence: "\(self)", hint: nil)
    }
  }
}
