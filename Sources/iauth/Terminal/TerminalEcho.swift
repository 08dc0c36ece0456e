// Reading without echo, a line or a single key, so that a signal cannot leave the terminal silent:
// signals are held back meanwhile, and let through, the terminal first restored, as soon as one is
// seen.

import CPosix
import Glibc
import Sheets
import Values

final class TerminalEcho {
  private static let held = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]

  private let descriptor: Int32
  /// Whether a key is wanted, without a line's end after it.
  private let isRaw: Bool
  private var before = termios()
  private var mask = sigset_t()

  init(descriptor: Int32, isRaw: Bool = false) {
    self.descriptor = descriptor
    self.isRaw = isRaw
  }

  /// Holds signals back and turns the echo off; keys that were pressed before are thrown away.
  func off() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in Self.held { unsafe sigaddset(&signals, signal) }
    unsafe sigprocmask(SIG_BLOCK, &signals, &mask)
    unsafe tcgetattr(descriptor, &before)
    var silent = before
    silent.c_lflag &= ~tcflag_t(isRaw ? ECHO | ICANON : ECHO)
    unsafe tcsetattr(descriptor, isRaw ? TCSAFLUSH : TCSADRAIN, &silent)
  }

  /// Puts the terminal back as it was; a signal that was held back takes effect now.
  func restore() {
    unsafe tcsetattr(descriptor, TCSADRAIN, &before)
    unsafe sigprocmask(SIG_SETMASK, &mask, nil)
  }

  /// Waits until a line, or a key, can be read.
  ///
  /// A signal acts as it would without us; if the process goes on after it (it was stopped and
  /// continued), `again` repeats the question.
  func waitForLine(again: () -> Void) {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = unsafe Glibc.poll(&poll, 1, 100)
      if ready > 0 || ready < 0 && errno != EINTR { return }
      if Self.held.contains(where: { iauth_is_pending($0) != 0 }) {
        restore()
        off()
        again()
      }
    }
  }
}
