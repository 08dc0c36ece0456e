// The door itself: it takes connections, looks at who comes, and starts one `serve-one` for each.
// systemd could do that (Accept=yes), but it takes connections before it does anything else: one
// user who connects in a loop keeps it from starting services at all, for everybody on the host.

import CPosix
import Glibc
import IAuthCore
import Sheets
import Values

struct Acceptor {
  let listener: Int32
  /// What answers a connection.
  let server: ChildProcess
  /// Those that answer, by the person who called.
  private var running: [pid_t: (person: UInt32, since: Int64)] = [:]

  init(listener: Int32, server: ChildProcess) {
    self.listener = listener
    self.server = server
  }

  /// The listening Unix socket that systemd has handed over: the first descriptor after the
  /// standard ones (sd_listen_fds(3)).
  static func inherited() -> Int32? {
    let descriptor: Int32 = 3
    return iauth_is_listening(descriptor) != 0 ? descriptor : nil
  }

  /// Takes connections until the process is ended.
  mutating func run() {
    iauth_set_nonblocking(listener)
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    while true {
      reap()
      var waited = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&waited, 1, running.isEmpty ? -1 : 50)
      let connection = iauth_accept(listener)
      guard connection >= 0 else {
        // Without a free descriptor the listener stays ready, and asking at once would be all that
        // this process does.
        if errno == EMFILE || errno == ENFILE || errno == ENOMEM { usleep(50_000) }
        continue
      }
      answer(connection)
      close(connection)
    }
  }

  /// Whoever holds as many as they may is sent away, and comes again if they mean it; that costs
  /// less than to have come.
  private mutating func answer(_ connection: Int32) {
    var peer = iauth_peer()
    guard iauth_is_abandoned(connection) == 0, unsafe iauth_peer_of(connection, &peer) == 0,
      running.count < Limits.gateConnections
    else { return }
    let person = Person.behind(peer.uid)
    guard
      running.values.count(where: { $0.person == person }) < Limits.gateConnectionsPerCaller,
      let child = server.start(on: connection)
    else { return }
    running[child] = (person, ChildProcess.milliseconds())
  }

  /// Forgets those that have ended, and ends those that should have.
  private mutating func reap() {
    guard !running.isEmpty else { return }
    var status: Int32 = 0
    while case let child = unsafe waitpid(-1, &status, WNOHANG), child > 0 {
      running[child] = nil
    }
    let oldest =
      ChildProcess.milliseconds()
      - (Limits.gateConnection.seconds + Limits.deliveryRun.seconds) * 1_000
    for (child, start) in running where start.since < oldest { kill(child, SIGKILL) }
  }
}
