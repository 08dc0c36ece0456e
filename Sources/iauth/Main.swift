// The process: made safe, run once, ended with its status.

import Glibc
import IAuthCore
import Sheets
import Values

@main
enum Main {
  static func main() {
    guard StartUp.secure() else {
      let console = Console.live()
      console.language = Environment.live().language
      console.isJSON = CommandLine.arguments.contains { $0.utf8.elementsEqual("--json".utf8) }
      console.error(.programUnsafe)
      console.err.flush()
      exit(ErrorCode.programUnsafe.status.rawValue)
    }
    let (words, fault) = Words.live()
    var environment = Environment.live()
    environment.fault = fault ?? environment.fault
    var kept: Context?
    let status = Program.run(
      arguments: Array(words.dropFirst()), environment: environment, world: .live(),
      console: .live(), keep: { kept = $0 })
    withExtendedLifetime(kept) { exit(status.rawValue) }
  }
}
