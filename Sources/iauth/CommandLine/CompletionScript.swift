import IAuthCore

enum CompletionScript {
  static func text(for shell: Shell, _ language: Language) -> String { "" }
}
