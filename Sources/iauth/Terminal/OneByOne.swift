// What the two one-by-one sittings (逐筆審查, 逐項清查) share: a reason that may be one used before, and
// that a terminal is needed.

import IAuthCore
import Sheets
import Values

extension Context {
  /// - Throws: `usage.conflict` with --json; `usage.input` where nobody sits.
  func checkInteractive() throws(IAuthError) {
    let command = console.command ?? "pending"
    guard !options.json else { throw .usageConflict("--interactive", "--json", command: command) }
    let view = options.list
    let ignored = [
      ("--output", view.output == .csv || view.output == .tsv),
      ("--columns", view.columnNames != nil),
      ("--sort", view.sort != nil), ("--since", view.since != nil), ("--until", view.until != nil),
    ].first { $0.1 }
    if let ignored { throw .usageConflict("--interactive", ignored.0, command: command) }
    guard console.mayAsk else { throw .usageTerminal("--interactive", command: command) }
  }

  /// Asks for a reason, offering those used before by their numbers; nil if there is to be none.
  func askReason(_ question: Bilingual, used: [String]) throws(IAuthError) -> String? {
    for (index, reason) in used.enumerated() {
      let line = TerminalText.escaped("  \(index + 1)  \(reason)")
      console.err.write(TerminalText.fitted(line, to: console.columns) + "\n")
    }
    while true {
      guard let answer = try console.ask(question) else { return nil }
      let typed = Folding.trim(answer)
      if typed.isEmpty { return nil }
      if !used.isEmpty, let number = try? Int.parse(typed, for: "") {
        if used.indices.contains(number - 1) { return used[number - 1] }
        console.tell(
          Bilingual(
            "there is no reason \(typed); 1 to \(used.count), or a reason in words",
            "無第 \(typed) 項理由，請輸入 1 至 \(used.count)，或逕填理由"))
        continue
      }
      do throws(IAuthError) {
        return try FreeText.typedReason(typed)
      } catch {
        console.error(error)
      }
    }
  }
}
