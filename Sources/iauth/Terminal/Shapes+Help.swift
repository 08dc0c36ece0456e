// What help and completion write as JSON, and every command that fails.

import IAuthCore
import Sheets
import Values

extension Shape {
  static let completionScript = Shape(
    "completion-script", by: "completion", [.text("script"), .text("shell")])
  static let commandHelp = Shape(
    "command", by: "help",
    [
      .text("command"), .text("summary"), .texts("usage"),
      .objects("parameters", [.text("name"), .text("value"), .text("help")]),
      .texts("examples"), .texts("codes"), .flag("operator_only"),
    ])
  static let statusHelp = Shape(
    "status", by: "help exit-codes", [.number("status"), .text("meaning"), .texts("codes")])
  static let version = Shape(
    "version", by: "iauth --version", [.text("name"), .text("version"), .number("schema")])
  static let shape = Shape(
    "shape", by: "help json",
    [
      .text("object"), .text("by"),
      .objects(
        "fields",
        [
          .text("name"), .text("type"), .flag("optional"), .texts("values"),
        ]),
    ])
  static let error = Shape(
    "error", by: "every command that fails",
    [.object("error", [.text("code"), .text("message"), .text("hint").optional])])
}
