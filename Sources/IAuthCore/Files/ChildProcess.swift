// One child with something on its standard input and a deadline. posix_spawn, because Foundation's
// Process costs 50 ms. The child gets a process group of its own, two variables and what it is meant
// to be told, no descriptor of ours, and nowhere to print but to us; past the deadline its whole
// group is killed.

import CPosix
import Glibc
import Sheets
import Values

package enum DeliveryError: Error, Equatable {
  /// The outlet could not take it now: a word for the operator, without address or text.
  case temporary(String)
  /// The outlet will not take it; whether it is the recipient that it does not know.
  case permanent(String, isRecipient: Bool)
}

package struct ChildProcess: Sendable {
  let path: String
  let arguments: [String]
  let input: [UInt8]
  /// Beside PATH and LANG; nothing of a person's.
  var environment: [String]

  package init(path: String, arguments: [String], input: [UInt8], environment: [String] = []) {
    self.path = path
    self.arguments = arguments
    self.input = input
    self.environment = environment
  }

  /// Runs it to the end.
  ///
  /// - Throws: why it did not take the input: not to be started, late, killed, or its status.
  func run(within seconds: Int) throws(DeliveryError) {
    let status = try status(within: seconds, printed: nil).status
    guard status == 0 else { throw .temporary("status \(status)") }
  }

  /// Runs it to the end, and says with which status, and the beginning of what it printed.
  ///
  /// - Throws: `DeliveryError.temporary`: not to be started, late, or killed.
  func answer(within seconds: Int) throws(DeliveryError) -> (status: Int32, printed: [UInt8]) {
    guard let output = ChildPipe() else { throw .temporary("pipe") }
    return try status(within: seconds, printed: output)
  }

  private func status(
    within seconds: Int, printed output: ChildPipe?
  ) throws(DeliveryError) -> (status: Int32, printed: [UInt8]) {
    defer { output?.close() }
    guard let feed = ChildPipe() else { throw .temporary("pipe") }
    defer { feed.close() }
    guard let pid = spawn(reading: feed.reading.value, writing: output?.writing.value) else {
      throw .temporary("cannot start")
    }
    let child = RunningChild(pid: pid)
    feed.reading.close()
    output?.writing.close()
    let deadline = Self.milliseconds() + Int64(seconds) * 1_000
    feed.writing.write(input, until: deadline)
    feed.writing.close()
    guard let output else { return (try child.wait(until: deadline), []) }
    var printed: [UInt8] = []
    let status = try child.wait(until: deadline) { pause in
      output.reading.read(into: &printed, atMost: Limits.outletBytes, for: pause)
    }
    output.reading.read(into: &printed, atMost: Limits.outletBytes, for: 0)
    return (status, printed)
  }

  /// Starts it with a descriptor as its standard input, without waiting for it.
  package func start(on descriptor: Int32) -> pid_t? { spawn(reading: descriptor, writing: nil) }

  /// Starts it for a conversation: what is written to it, and what it answers.
  func converse() -> (child: RunningChild, writing: Descriptor, reading: Descriptor)? {
    guard let feed = ChildPipe() else { return nil }
    guard let answers = ChildPipe() else {
      feed.close()
      return nil
    }
    guard let pid = spawn(reading: feed.reading.value, writing: answers.writing.value) else {
      feed.close()
      answers.close()
      return nil
    }
    feed.reading.close()
    answers.writing.close()
    return (RunningChild(pid: pid), feed.writing, answers.reading)
  }

  private func spawn(reading: Int32, writing: Int32?) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, reading, 0)
    if let writing {
      unsafe posix_spawn_file_actions_adddup2(&actions, writing, 1)
    } else {
      unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
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
    let variables = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"] + environment
    var envp = unsafe variables.map { unsafe strdup($0) } + [nil]
    defer {
      for index in unsafe argv.indices { unsafe free(argv[index]) }
      for index in unsafe envp.indices { unsafe free(envp[index]) }
    }
    let result = unsafe posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
    return result == 0 ? pid : nil
  }

  /// Milliseconds of a clock that nobody sets.
  package static func milliseconds() -> Int64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
  }
}

/// A child that was started, and is waited for.
struct RunningChild {
  let pid: pid_t

  /// Waits for its end.
  ///
  /// - Parameter meanwhile: what is done until the next look, for so many milliseconds at most.
  /// - Throws: `DeliveryError.temporary`: late, and killed; or killed by somebody else.
  func wait(
    until deadline: Int64, meanwhile: ((_ milliseconds: Int32) -> Void)? = nil
  ) throws(DeliveryError) -> Int32 {
    var status: Int32 = 0
    var pause: UInt32 = 500
    while true {
      let done = unsafe waitpid(pid, &status, WNOHANG)
      if done == pid { break }
      guard done == 0 || errno == EINTR else { throw .temporary("lost") }
      guard ChildProcess.milliseconds() < deadline else {
        end()
        throw .temporary("late")
      }
      if let meanwhile {
        meanwhile(Int32(max(1, pause / 1_000)))
      } else {
        usleep(pause)
      }
      pause = min(pause * 2, 20_000)
    }
    guard status & 0x7F == 0 else { throw .temporary("signal \(status & 0x7F)") }
    return status >> 8 & 0xFF
  }

  /// Kills it with all its group.
  func end() {
    var status: Int32 = 0
    kill(-pid, SIGKILL)
    kill(pid, SIGKILL)
    unsafe waitpid(pid, &status, 0)
  }
}

/// One end of a pipe; closed once.
final class Descriptor {
  private(set) var value: Int32

  init(_ value: Int32) { self.value = value }

  deinit { close() }

  func close() {
    guard value >= 0 else { return }
    _ = Glibc.close(value)
    value = -1
  }

  /// Writes as the other end takes it; one that does not read is not waited for past the deadline.
  ///
  /// What it made of a cut-off input, its status or its answer says.
  ///
  /// - Returns: whether all of it was taken.
  @discardableResult
  func write(_ bytes: [UInt8], until deadline: Int64) -> Bool {
    _ = fcntl(value, F_SETFL, O_NONBLOCK)
    var done = 0
    while done < bytes.count {
      var ready = pollfd(fd: value, events: Int16(POLLOUT), revents: 0)
      let left = deadline - ChildProcess.milliseconds()
      guard left > 0 else { return false }
      let found = unsafe poll(&ready, 1, Int32(min(left, 60_000)))
      if found < 0, errno == EINTR { continue }
      guard found > 0 else { return false }
      let wrote = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(value, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if wrote < 0 {
        guard errno == EAGAIN || errno == EINTR else { return false }
      } else {
        done += wrote
      }
    }
    return true
  }

  /// Reads what comes within so many milliseconds; what is more than is kept is thrown away.
  ///
  /// - Returns: false at the end.
  @discardableResult
  func read(
    into bytes: inout [UInt8], atMost most: Int, for milliseconds: Int32, restsAtEnd: Bool = true
  ) -> Bool {
    _ = fcntl(value, F_SETFL, O_NONBLOCK)
    var ready = pollfd(fd: value, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&ready, 1, milliseconds) > 0 else { return true }
    var piece = [UInt8](repeating: 0, count: 16_384)
    var hasRead = false
    while true {
      let got = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(value, buffer.baseAddress, buffer.count)
      }
      if got < 0 { return errno == EAGAIN || errno == EINTR }
      guard got > 0 else {
        // Nothing more comes; whoever looks again shall not spin.
        if restsAtEnd, milliseconds > 0 { usleep(UInt32(milliseconds) * 1_000) }
        return hasRead
      }
      hasRead = true
      bytes += piece.prefix(min(got, max(0, most - bytes.count)))
      // One that never stops is looked after by its deadline.
      if bytes.count >= most { return true }
    }
  }
}

/// A pipe that no other child inherits.
struct ChildPipe {
  let reading: Descriptor
  let writing: Descriptor

  init?() {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  func close() {
    reading.close()
    writing.close()
  }
}
