// The processes that send what served commands have queued: a served process never sends, for how
// long that takes, and that it happens at all, would tell whom something was sent to. systemd starts
// them where it confines the service (iauth-deliver.path); elsewhere they are started here.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Synchronization
import Values

final class Deliveries: Sendable {
  private let program: ChildProcess
  private let running = Mutex<Set<pid_t>>([])

  init(_ program: ChildProcess) {
    self.program = program
  }

  /// Starts one that ends by itself; those that have ended are reaped, and so many run at a time that
  /// one of them finds whatever is queued meanwhile.
  func start() {
    guard iauth_is_confined() == 0 else { return }
    running.withLock { running in
      var status: Int32 = 0
      for child in running where unsafe waitpid(child, &status, WNOHANG) != 0 {
        running.remove(child)
      }
      // The oldest ends first; whoever causes so many waits for it.
      if running.count >= Limits.deliveriesAtOnce, let oldest = running.min() {
        _ = unsafe waitpid(oldest, &status, 0)
        running.remove(oldest)
      }
      let nothing = unsafe iauth_open("/dev/null", O_RDONLY | O_CLOEXEC, 0)
      guard nothing >= 0 else { return }
      if let child = program.start(on: nothing) { running.insert(child) }
      close(nothing)
    }
  }
}

extension Context {
  /// The world of a served command: whose it is, and who sends what it queues.
  func served(_ caller: Caller, _ database: String) -> World {
    var world = world
    world.caller = caller
    world.claim = nil
    var words = ["--db", database, "--quiet", "deliver"]
    if let config = options.config { words = ["--config", Files.absolute(config)] + words }
    let deliveries = Deliveries(
      ChildProcess(path: world.executable, arguments: words, input: []))
    world.sendElsewhere = { deliveries.start() }
    return world
  }
}
