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
      console.say(
        Bilingual(
          "this program does not run set-uid or set-gid",
          "本程式不以 set-uid 或 set-gid 方式執行"))
      console.err.flush()
      exit(ExitStatus.configuration.rawValue)
    }
    let (words, fault) = Words.live()
    var environment = Environment.live()
    environment.fault = fault ?? environment.fault
    let status = Program.run(
      arguments: Array(words.dropFirst()), environment: environment, world: .live(),
      console: .live())
    exit(status.rawValue)
  }
}
