// One child with something on its standard input and a deadline. posix_spawn, because Foundation's
// Process costs 50 ms. The child gets a process group of its own, two variables, no descriptor of
// ours, and nowhere to print; past the deadline its whole group is killed.

import CPosix
import Glibc
import Sheets
import Values

package enum DeliveryError: Error, Equatable {
  /// The outlet could not take it now: a word for the operator, without address or text.
  case temporary(String)
}

package struct ChildProcess: Sendable {
  let path: String
  let arguments: [String]
  let input: [UInt8]

  package init(path: String, arguments: [String], input: [UInt8]) {
    self.path = path
    self.arguments = arguments
    self.input = input
  }

  /// Runs it to the end.
  ///
  /// - Throws: why it did not take the input: not to be started, late, killed, or its status.
  func run(within seconds: Int) throws(DeliveryError) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw .temporary("pipe") }
    let (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = spawn(reading)
    close(reading)
    guard let child else {
      close(writing)
      throw .temporary("cannot start")
    }
    let deadline = Self.milliseconds() + Int64(seconds) * 1_000
    feed(writing, until: deadline)
    close(writing)
    try wait(for: child, until: deadline)
  }

  /// Starts it with a descriptor as its standard input, without waiting for it.
  package func start(on descriptor: Int32) -> pid_t? { spawn(descriptor) }

  private func spawn(_ reading: Int32) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, reading, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // Also what our own parent left open.
    _ = unsafe iauth_spawn_closes_from(&actions, 3)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var ours = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigemptyset(&ours)
    for signal in [SIGPIPE, SIGXFSZ] { unsafe sigaddset(&ours, signal) }
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &ours)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    var pid: pid_t = 0
    let words = [path] + arguments
    var argv = unsafe words.map { unsafe strdup($0) } + [nil]
    let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
    var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
      for index in unsafe argv.indices { unsafe free(argv[index]) }
      for index in unsafe envp.indices { unsafe free(envp[index]) }
    }
    let result = unsafe posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
    return result == 0 ? pid : nil
  }

  /// Writes the input as the child takes it; one that does not read is not waited for past the
  /// deadline.
  ///
  /// What it made of a cut-off input, its status says.
  private func feed(_ writing: Int32, until deadline: Int64) {
    _ = fcntl(writing, F_SETFL, O_NONBLOCK)
    var done = 0
    while done < input.count {
      var ready = pollfd(fd: writing, events: Int16(POLLOUT), revents: 0)
      let left = deadline - Self.milliseconds()
      guard left > 0, unsafe poll(&ready, 1, Int32(left)) > 0 else { return }
      let wrote = unsafe input.withUnsafeBytes { buffer in
        unsafe write(writing, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if wrote < 0 {
        guard errno == EAGAIN || errno == EINTR else { return }
      } else {
        done += wrote
      }
    }
  }

  private func wait(for child: pid_t, until deadline: Int64) throws(DeliveryError) {
    var status: Int32 = 0
    var pause: UInt32 = 500
    while true {
      let done = unsafe waitpid(child, &status, WNOHANG)
      if done == child { break }
      guard done == 0 || errno == EINTR else { throw .temporary("lost") }
      guard Self.milliseconds() < deadline else {
        kill(-child, SIGKILL)
        kill(child, SIGKILL)
        unsafe waitpid(child, &status, 0)
        throw .temporary("late")
      }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
    guard status & 0x7F == 0 else { throw .temporary("signal \(status & 0x7F)") }
    let code = status >> 8 & 0xFF
    guard code == 0 else { throw .temporary("status \(code)") }
  }

  /// Milliseconds of a clock that nobody sets.
  package static func milliseconds() -> Int64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
  }
}
