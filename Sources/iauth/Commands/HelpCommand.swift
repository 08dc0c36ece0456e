// `iauth help`: the same text as `--help`, by name, and the list of statuses and error codes.

import IAuthCore
import Sheets
import Values

struct HelpCommand: Command {
  static var runsHere: Bool { true }
  static let usage = CommandUsage<HelpCommand>(
    "help", in: .about,
    summary: Bilingual("Explain iauth, a command, or exit-codes", "說明 iauth、指令或結束狀態"),
    about: Bilingual(
      """
      Without COMMAND it lists all commands. With one it shows its options and examples, the \
      same as COMMAND --help. The topic exit-codes lists every exit status and error code.
      """,
      """
      未指定 COMMAND 時列出所有指令；指定時說明其選項與範例，與 COMMAND --help 相同。主題 exit-codes 列出\
      所有結束狀態與錯誤代碼。
      """),
    parameters: [
      .operand(
        "COMMAND", \.topic, Bilingual("a command, or exit-codes", "指令名稱，或 exit-codes"),
        completes: .command)
    ],
    examples: [
      Example("iauth help apply", Bilingual("Explain apply", "說明 apply 指令")),
      Example("iauth help exit-codes", Bilingual("List statuses and codes", "列出狀態與代碼")),
    ],
    fails: [.usageCommand])

  var topic: String?

  func run(_ context: Context) throws(IAuthError) {
    guard let topic else {
      Help.show(nil, on: context.console)
      return
    }
    if topic.utf8.elementsEqual(Help.exitCodes.utf8) {
      Help.showExitCodes(on: context.console)
      return
    }
    let commands = CommandTable.described
    guard let command = commands.first(where: { $0.name.utf8.elementsEqual(topic.utf8) }) else {
      let names = commands.map(\.name) + [Help.exitCodes]
      throw .usageCommand(topic, nearest: Suggestion.nearest(to: topic, among: names))
    }
    Help.show(command, on: context.console)
  }
}
