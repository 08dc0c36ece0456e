// A list longer than the screen goes through the caller's own PAGER, started by the caller's own
// process: the client on a host with the service, never the service, for a pager can run programs.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

enum Pager {
  /// Shows a text by a command that a shell reads; false if there is no such program.
  static func show(_ text: String, _ command: String) -> Bool {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { return false }
    let (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // Ctrl-C is the pager's while it is there.
    let before = signal(SIGINT, SIG_IGN)
    defer { signal(SIGINT, before) }
    let child = start(command, on: reading)
    close(reading)
    guard let child else {
      close(writing)
      return false
    }
    // Whoever quits before the end has seen enough: what cannot be written is dropped.
    try? Files.write(Array(text.utf8), to: writing)
    close(writing)
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    let code = status >> 8 & 0xFF
    return code != 126 && code != 127
  }

  private static func start(_ command: String, on reading: Int32) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, reading, STDIN_FILENO)
    _ = unsafe iauth_spawn_closes_from(&actions, 3)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var ours = sigset_t()
    unsafe sigemptyset(&ours)
    for signal in [SIGINT, SIGPIPE, SIGXFSZ] { unsafe sigaddset(&ours, signal) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &ours)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    // Colours pass, and what fits the screen is not held.
    unsafe setenv("LESS", "FRX", 0)
    let words = ["/bin/sh", "-c", command]
    var argv = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe argv.indices { unsafe free(argv[index]) } }
    var pid: pid_t = 0
    let result = unsafe posix_spawn(&pid, "/bin/sh", &actions, &attributes, &argv, environ)
    return result == 0 ? pid : nil
  }
}
