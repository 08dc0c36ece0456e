// The one list of commands. Its order is the order of help and manual.

enum CommandTable {
  static let all: [any Command.Type] = [
    HelpCommand.self
  ]
}
