// The ambient world, in one place: clock, randomness, caller, environment, and the start-up rules
// that make a process safe to run beside hostile ones.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

extension World {
  static func live() -> World {
    var world = World(
      now: {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(Int64(time.tv_sec))
      },
      randomBytes: { count in
        var bytes = [UInt8](repeating: 0, count: count)
        // getentropy(3) gives at most 256 bytes a call, and fails only where there is no source:
        // then nothing goes on, and that is said.
        for start in stride(from: 0, to: count, by: 256) {
          let length = min(256, count - start)
          let result = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe getentropy(buffer.baseAddress?.advanced(by: start), length)
          }
          guard result == 0 else { noRandomness() }
        }
        return bytes
      },
      caller: Caller(name: "uid:\(getuid())", isOperator: true),
      sessionName: "default")
    world.host = .live
    world.callerOfUser = Person.caller(named:)
    world.executable = Files.ownExecutable
    return world
  }
}

private func noRandomness() -> Never {
  let console = Console.live()
  console.language = Environment.live().language
  console.error(.internal("no source of randomness"))
  console.err.flush()
  exit(ExitStatus.internal.rawValue)
}

extension Environment {
  static func live() -> Environment {
    var values: [String: String] = [:]
    var broken: String?
    for (name, _) in variables {
      guard let value = unsafe getenv(name) else { continue }
      values[name] = unsafe String(validatingCString: value)
      // One byte repaired, and the path names another file.
      if values[name] == nil { broken = name }
    }
    var environment = Environment(values)
    environment.fault = broken.map { .usageVariable($0) }
    return environment
  }
}

extension Console {
  static func live() -> Console {
    let isTerminal = { (descriptor: Int32) in isatty(descriptor) == 1 }
    let columns = [STDOUT_FILENO, STDERR_FILENO].lazy.map(iauth_terminal_columns).first { $0 > 0 }
    let rows = Int(iauth_terminal_rows(STDOUT_FILENO))
    let console = Console(
      out: Stream(descriptor: STDOUT_FILENO, isTerminal: isTerminal(STDOUT_FILENO)),
      err: Stream(descriptor: STDERR_FILENO, isTerminal: isTerminal(STDERR_FILENO)),
      input: Input(descriptor: STDIN_FILENO, isTerminal: isTerminal(STDIN_FILENO)),
      columns: columns.map(Int.init) ?? 80)
    console.rows = rows > 0 ? rows : 24
    return console
  }
}

enum Words {
  /// The words of the command line, the program's own name first, and what is wrong with one.
  ///
  /// The runtime repairs what is no UTF-8, and would let a path name another file; it
  /// finds them by walking back from `environ`, and finds none if a preloaded library (libfaketime,
  /// proxies) has moved that; the kernel still has them.
  static func live() -> (words: [String], fault: IAuthError?) {
    var raw: [[UInt8]] = []
    for index in 0..<Int(CommandLine.argc) {
      guard let word = unsafe CommandLine.unsafeArgv[index] else { continue }
      unsafe raw.append(Array(UnsafeRawBufferPointer(start: word, count: strlen(word))))
    }
    if raw.isEmpty {
      let bytes = (try? Files.read("/proc/self/cmdline", max: 1 << 22)) ?? []
      raw = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
    }
    let broken = raw.firstIndex { String(validating: $0, as: UTF8.self) == nil }
    return (
      raw.map { String(decoding: $0, as: UTF8.self) }, broken.map { .usageEncoding(place: $0) }
    )
  }
}

enum StartUp {
  /// Leaves what the process was started with behind; SECURITY 2.3, X5.
  ///
  /// - Parameter zone: the caller's time zone; nil for the system's.
  static func forgetSurroundings(zone: String?) {
    _ = unsafe chdir("/")
    _ = clearenv()
    unsafe setenv("LC_ALL", "C.UTF-8", 1)
    if let zone { unsafe setenv("TZ", zone, 1) }
    tzset()
  }

  /// Puts the process into a known state; SECURITY 2.3, X1 to X4.
  ///
  /// False: it runs with another's rights (set-uid, set-gid) and must end.
  static func secure() -> Bool {
    guard iauth_is_secure() == 0, getuid() == geteuid(), getgid() == getegid() else {
      return false
    }
    // SQLite's files must not land on a closed standard descriptor. It reads as empty, and writing
    // to it is an error, as it was.
    var descriptor: Int32 = 0
    repeat {
      descriptor = unsafe iauth_open("/dev/null", O_RDONLY, 0)
    } while (0...2).contains(descriptor)
    if descriptor > 2 { close(descriptor) }
    umask(0o077)
    var zero = rlimit(rlim_cur: 0, rlim_max: 0)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &zero)
    _ = iauth_not_dumpable()
    // The runtime's own crash reporter would stop a process that may hold the lock, and shows
    // registers; a plain death is wanted.
    for signal in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
      Glibc.signal(signal, SIG_DFL)
    }
    // Writes to a closed pipe or beyond a file size limit return errors instead.
    for signal in [SIGPIPE, SIGXFSZ] { Glibc.signal(signal, SIG_IGN) }
    // What a parent blocks or ignores stays so across exec: without SIGALRM a wait for the lock has
    // no end, and without SIGCHLD's default a child's status is lost.
    for signal in [SIGALRM, SIGCHLD] { Glibc.signal(signal, SIG_DFL) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigprocmask(SIG_SETMASK, &none, nil)
    return true
  }
}
