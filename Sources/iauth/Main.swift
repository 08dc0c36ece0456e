// The process: made safe, run once, ended with its status.

import Glibc
import IAuthCore

@main
enum Main {
  static func main() {
    guard StartUp.secure() else {
      let console = Console.live()
      console.say("iauth refuses to run set-uid or set-gid")
      console.err.flush()
      exit(ExitStatus.configuration.rawValue)
    }
    let status = Program.run(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: .live(), world: .live(),
      console: .live())
    exit(status.rawValue)
  }
}
