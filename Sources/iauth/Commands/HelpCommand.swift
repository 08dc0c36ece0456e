// `iauth help`: the same text as `--help`, by name, and the list of statuses and error codes.

import IAuthCore
import Sheets
import Values

struct HelpCommand: Command {
  static var runsHere: Bool { true }
  static let name = "help"
  static let usage = CommandUsage<HelpCommand>(
    name, in: .about,
    summary: Bilingual("Explain iauth, a command, exit-codes or json", "說明 iauth、指令、結束狀態或 JSON"),
    about: Bilingual(
      """
      Without COMMAND it lists all commands. With one it shows its options and examples, the \
      same as COMMAND --help. The topic exit-codes lists every exit status and error code, the \
      topic json the fields of every object that --json prints. --schema prints a JSON Schema \
      (2020-12) of them all.
      """,
      """
      未指定 COMMAND 時列出所有指令；指定時說明其選項與範例，與 COMMAND --help 相同。主題 exit-codes 列出\
      所有結束狀態與錯誤代碼，主題 json 列出 --json 輸出之各物件欄位；--schema 輸出其 JSON Schema（2020-12）。
      """),
    parameters: [
      .operand(
        "COMMAND", \.topic, Bilingual("a command, exit-codes or json", "指令名稱、exit-codes 或 json"),
        completes: .command),
      .flag("schema", \.isSchema, Bilingual("print a JSON Schema of the output", "輸出 JSON Schema")),
    ],
    forms: [Form(takes: ["COMMAND"]), Form(needs: ["schema"])],
    examples: [
      Example("iauth help apply", Bilingual("Explain apply", "說明 apply 指令")),
      Example("iauth help exit-codes", Bilingual("List statuses and codes", "列出狀態與代碼")),
      Example("iauth help json", Bilingual("List the fields of JSON", "列出 JSON 欄位")),
    ],
    fails: [.usageCommand])

  var topic: String?
  var isSchema = false

  func run(_ context: Context) throws(IAuthError) {
    if isSchema { return context.console.line(JSONSchema.document) }
    guard let topic else {
      Help.show(nil, on: context.console)
      return
    }
    if topic.utf8.elementsEqual(Help.exitCodes.utf8) {
      Help.showExitCodes(on: context.console)
      return
    }
    if topic.utf8.elementsEqual(Help.json.utf8) { return Help.showShapes(on: context.console) }
    let commands = CommandTable.described
    guard let command = commands.first(where: { $0.name.utf8.elementsEqual(topic.utf8) }) else {
      let names = commands.map(\.name) + [Help.exitCodes, Help.json]
      throw .usageCommand(topic, nearest: Suggestion.command(for: topic, among: names))
    }
    Help.show(command, on: context.console)
  }
}
