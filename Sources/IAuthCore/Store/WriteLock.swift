// The queue of writers: a blocking flock(2) on a side file before BEGIN IMMEDIATE. SQLite's own
// busy handler polls and starves; the kernel's lock queues (measured: 2,000 of 2,000 processes).
// While it is held, the signals that would end or freeze the holder wait, so that nobody can stop
// everybody.

import CPosix
import Glibc
import Sheets
import Values

struct WriteLock: ~Copyable {
  private let file: Int32
  private var before = sigset_t()

  /// Waits for its turn, at most `seconds`.
  ///
  /// - Throws: `database.busy` when the time is over, `database.unsafe` if the lock cannot be
  ///   opened.
  init(path: String, seconds: Int) throws(IAuthError) {
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
    file = unsafe iauth_open(path, flags, 0o600)
    guard file >= 0 else {
      switch errno {
      case EACCES, EPERM, ELOOP, EISDIR, ENXIO: throw .databaseUnsafe(.lock)
      default: throw Files.failure(errno)
      }
    }
    HeldSignals.block([SIGTSTP, SIGTTIN, SIGTTOU], keeping: &before)
    if flock(file, LOCK_EX | LOCK_NB) != 0, !Self.wait(for: file, seconds: seconds) {
      unsafe sigprocmask(SIG_SETMASK, &before, nil)
      close(file)
      throw .databaseBusy
    }
    var now = sigset_t()
    HeldSignals.block([SIGINT, SIGTERM, SIGHUP], keeping: &now)
  }

  deinit {
    close(file)
    var mask = before
    unsafe sigprocmask(SIG_SETMASK, &mask, nil)
  }

  /// Ends a long piece of work whose holder was told to stop: what it did is rolled back, and the
  /// signal takes effect when the lock is given up.
  ///
  /// - Throws: `internal`; nobody sees it, as the process ends by the signal.
  static func checkInterrupt() throws(IAuthError) {
    // What whoever started us had us ignore (nohup, a job in the background) stops nothing.
    if [SIGINT, SIGTERM, SIGHUP].contains(where: { iauth_is_pending($0) != 0 }) {
      throw .internal("interrupted")
    }
  }

  /// Blocks in the kernel's queue until an alarm interrupts it.
  private static func wait(for file: Int32, seconds: Int) -> Bool {
    var action = sigaction()
    var previous = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { _ in }
    unsafe sigaction(SIGALRM, &action, &previous)
    defer {
      var none = itimerval()
      unsafe setitimer(0, &none, nil)
      unsafe sigaction(SIGALRM, &previous, nil)
    }
    var deadline = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
    deadline.tv_sec += seconds
    while true {
      var now = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &now)
      let left = deadline.tv_sec - now.tv_sec
      guard left > 0 else { return false }
      // It rings again and again: one that rang between here and the wait would be lost.
      var timer = itimerval()
      timer.it_value.tv_sec = left
      timer.it_interval.tv_usec = 100_000
      unsafe setitimer(0, &timer, nil)
      if flock(file, LOCK_EX) == 0 { return true }
      guard errno == EINTR else { return false }
    }
  }
}

/// Signals that wait as long as it lives.
///
/// A reader holds SQLite's shared lock, and one that is stopped with it stops every writer.
struct HeldSignals: ~Copyable {
  private var before = sigset_t()

  /// Holds back what stops a process from the terminal.
  init() { Self.block([SIGTSTP, SIGTTIN, SIGTTOU], keeping: &before) }

  deinit {
    var mask = before
    unsafe sigprocmask(SIG_SETMASK, &mask, nil)
  }

  static func block(_ signals: [Int32], keeping before: inout sigset_t) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    unsafe sigprocmask(SIG_BLOCK, &set, &before)
  }
}
