// `iauth completion`: scripts with which shells complete commands and options.

import IAuthCore
import Sheets
import Values

struct Completion: Command {
  static var runsHere: Bool { true }
  static let name = "completion"
  static let usage = CommandUsage<Completion>(
    name, in: .about,
    summary: Bilingual("Print a completion script for a shell", "輸出 shell 自動完成指令稿"),
    about: Bilingual(
      "Prints a script with which bash, zsh or fish completes commands and options of iauth.",
      "輸出指令稿，供 bash、zsh 或 fish 自動完成 iauth 的指令與選項。"),
    parameters: [
      .operand("SHELL", \.shell, Bilingual("bash, zsh or fish", "bash、zsh 或 fish"))
    ],
    forms: [Form(needs: ["SHELL"])],
    examples: [
      Example(
        "source <(iauth completion bash)",
        Bilingual("Complete in this bash session", "於目前的 bash 啟用自動完成")),
      Example(
        "iauth completion fish > ~/.config/fish/completions/iauth.fish",
        Bilingual("Complete in fish from now on", "於 fish 永久啟用自動完成")),
    ],
    fails: [.usageMissing, .usageValue])

  var shell: Shell?

  func run(_ context: Context) throws(IAuthError) {
    guard let shell else { throw .usageMissing(["SHELL"], command: "completion") }
    let script = CompletionScript.text(for: shell, context.language)
    if context.options.json {
      context.console.line(["script": .string(script), "shell": .string(shell.rawValue)])
    } else {
      context.console.page(script)
    }
  }
}
