// What `doctor` may know of the host. The live one asks the kernel; where nobody can say, nothing
// is said.

import CPosix
import Glibc
import SQLite
import Sheets
import Values

package struct HostFacts: Sendable {
  /// In front of the host's own paths (`/run`, `/etc`, `/usr`); a directory of a test's.
  package var root: String
  /// The kind of file system that a path lies on, as statfs(2) numbers them.
  package var fileSystem: @Sendable (_ path: String) -> Int?
  /// Bytes that are free on the disk of a path.
  package var freeBytes: @Sendable (_ path: String) -> Int64?
  /// Whether the clock follows a reference.
  package var isSynchronized: @Sendable () -> Bool?
  /// SQLite's version as one number, `3040001`.
  package var sqlite: Int32?
  /// Whether something is mounted at a path.
  package var isMountPoint: @Sendable (_ path: String) -> Bool
  /// A hash of what tells this host from others; nil where nobody can say.
  package var machine: [UInt8]?

  package init(
    root: String, fileSystem: @escaping @Sendable (_ path: String) -> Int? = { _ in nil },
    freeBytes: @escaping @Sendable (_ path: String) -> Int64? = { _ in nil },
    isSynchronized: @escaping @Sendable () -> Bool? = { nil }, sqlite: Int32? = nil,
    isMountPoint: @escaping @Sendable (_ path: String) -> Bool = { _ in true },
    machine: [UInt8]? = nil
  ) {
    self.root = root
    self.fileSystem = fileSystem
    self.freeBytes = freeBytes
    self.isSynchronized = isSynchronized
    self.sqlite = sqlite
    self.isMountPoint = isMountPoint
    self.machine = machine
  }

  /// A host of which nothing is known.
  package static let unknown = HostFacts(root: "/nonexistent")

  package static let live = HostFacts(
    root: "",
    fileSystem: { path in
      let kind = unsafe iauth_file_system(path)
      return kind < 0 ? nil : kind
    },
    freeBytes: { path in Files.diskBytes(path).free },
    isSynchronized: {
      let answer = iauth_clock_synchronized()
      return answer < 0 ? nil : answer == 1
    },
    sqlite: Connection.libraryVersion,
    isMountPoint: { path in unsafe iauth_is_mount_point(path) == 1 }, machine: machineHash)

  /// A host without a machine-id is like any other without one; one whose id cannot be read just now
  /// (nil) is not another host.
  private static var machineHash: [UInt8]? {
    let path = "/etc/machine-id"
    guard let id = (try? Files.read(path, max: 256)) ?? (Files.exists(path) ? nil : []) else {
      return nil
    }
    return SHA256.hash(Array("iauth-host/1 ".utf8) + id.filter { $0 != 0x0A })
  }

  /// Whether systemd runs this host: sd_booted(3).
  var hasSystemd: Bool { Files.exists(root + "/run/systemd/system") }

  /// Whether a unit is started now, and at every boot.
  func isEnabled(_ unit: String) -> Bool {
    ["is-enabled", "is-active"].allSatisfy { question in
      let child = ChildProcess(
        path: root + "/usr/bin/systemctl", arguments: ["--quiet", question, unit], input: [])
      return (try? child.run(within: Limits.deliverySeconds)) != nil
    }
  }
}
