// Reading without echo, so that a signal cannot leave the terminal silent: signals are held back
// while the echo is off, and let through, echo first restored, as soon as one is seen.

import Glibc
import IAuthCore

final class TerminalEcho {
  private var before = termios()
  private var signals = sigset_t()
  private var mask = sigset_t()

  init() {
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] {
      unsafe sigaddset(&signals, signal)
    }
  }

  func off() {
    unsafe sigprocmask(SIG_BLOCK, &signals, &mask)
    unsafe tcgetattr(STDIN_FILENO, &before)
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
  }

  func restore() {
    unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
    unsafe sigprocmask(SIG_SETMASK, &mask, nil)
  }

  /// Waits until a line can be read.
  ///
  /// A signal acts as it would without us; if the process goes on after it (it was stopped and
  /// continued), `again` repeats the question.
  func wait(again: () -> Void) throws(IAuthError) {
    var poll = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    while unsafe Glibc.poll(&poll, 1, 100) == 0 || errno == EINTR && poll.revents == 0 {
      var pending = sigset_t()
      unsafe sigpending(&pending)
      let isSignalled = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP].contains {
        unsafe sigismember(&pending, $0) == 1
      }
      if isSignalled {
        restore()
        off()
        again()
      }
    }
  }
}
