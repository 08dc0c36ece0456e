// Showing help: text for people, or the same descriptions as JSON.

import IAuthCore
import Sheets
import Values

enum Help {
  /// The topic of `iauth help` that lists statuses and codes.
  static let exitCodes = "exit-codes"

  /// The topic that lists what --json prints.
  static let json = "json"

  /// The fields of every object.
  static func showShapes(on console: Console) {
    guard console.isJSON else { return console.page(HelpText.shapes(console.language)) }
    for shape in Shape.all { console.line(shape.json) }
  }

  /// Shows help on a command, or on all of iauth.
  static func show(_ command: CommandDescription?, on console: Console) {
    let commands = CommandTable.described
    switch (console.isJSON, command) {
    case (true, let command?): console.line(command.json)
    case (true, nil):
      for command in commands { console.line(command.json) }
    case (false, let command?): console.page(HelpText.command(command, console.language))
    case (false, nil): console.page(HelpText.all(commands, console.language))
    }
  }

  static func showExitCodes(on console: Console) {
    guard console.isJSON else {
      console.page(HelpText.exitCodes(console.language))
      return
    }
    for status in ExitStatus.allCases {
      console.line([
        "status": .integer(Int64(status.rawValue)),
        "meaning": .string(status.meaning(.english)),
        "codes": .array(status.codes.map { .string($0.rawValue) }),
      ])
    }
  }
}

extension CommandDescription {
  /// The description for scripts, in English: the same bytes in every language.
  var json: JSON {
    [
      "command": .string(name),
      "summary": .string(summary.english),
      "usage": .array(
        forms.map { form in
          .string((["iauth", name] + synopsis(of: form)).joined(separator: " "))
        }),
      "parameters": .array(
        (parameters + listOptions).map { parameter in
          [
            "name": .string(parameter.spelling), "value": .string(parameter.value),
            "help": .string(parameter.help.english),
          ]
        }),
      "examples": .array(examples.map { .string($0.line.english) }),
      "codes": .array(fails.map { .string($0.rawValue) }),
      "operator_only": .bool(isOperatorOnly),
    ]
  }
}
