import IAuthCore

enum Help {
  static func show(_ command: CommandDescription?, on console: Console) {
    console.page("help\n")
  }
}
enum HelpText {
  static func short(_ language: Language) -> String { "help\n" }
}
