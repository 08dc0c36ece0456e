// `iauth help`: the same text as `--help`, by name.

import IAuthCore

struct HelpCommand: Command {
  static let usage = CommandUsage<HelpCommand>(
    "help", in: .about,
    summary: Bilingual("Show how iauth is used", "顯示使用說明"),
    about: Bilingual(
      "Shows all commands, or one COMMAND with its options and examples. The topic exit-codes lists every exit status and error code.",
      "列出所有指令，或說明單一指令（COMMAND）的選項與範例。主題 exit-codes 列出所有結束狀態與錯誤代碼。"),
    parameters: [
      .operand(
        "COMMAND", \.topic,
        Bilingual("a command, or exit-codes", "指令名稱，或 exit-codes"), completes: .command)
    ],
    examples: [
      Example("iauth help apply", Bilingual("Explain apply", "說明 apply 指令"))
    ],
    fails: [.usageCommand])

  var topic: String?

  func run(_ context: Context) throws(IAuthError) {
    Help.show(nil, on: context.console)
  }
}
