// Every check of `doctor`, seen content and seen complaining. The host's directories stand in a
// directory of the test's; what only a kernel could say is given.

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct DoctorTests {
  let desk: Desk
  var directory: String { Files.directory(of: desk.path) }

  init() throws { desk = try Desk() }

  /// What one check finds, on this host and with this configuration.
  private func finding(
    _ check: String, host: HostFacts? = nil, configuration: String? = nil
  ) throws -> Finding {
    var world = desk.world("uid:0", isOperator: true)
    world.host = host ?? self.host()
    let service = Service(
      store: try Store(path: desk.path, world: world, settings: desk.settings))
    return try #require(
      try service.doctor(configuration: configuration).first { $0.check == check })
  }

  private func status(
    _ check: String, host: HostFacts? = nil, configuration: String? = nil
  ) throws -> Health {
    try finding(check, host: host, configuration: configuration).status
  }

  /// Whoever writes past iauth takes a rule away, or adds one of theirs.
  @Test(arguments: [
    ("DROP TRIGGER audit_stays", "trigger audit_stays"),
    ("DROP INDEX request_one_pending", "index request_one_pending"),
    ("CREATE TRIGGER e AFTER INSERT ON session BEGIN SELECT 1; END", "trigger e"),
    ("ALTER TABLE account ADD COLUMN x TEXT", "table account"),
  ])
  func aChangedSchemaIsFound(change: String, name: String) throws {
    #expect(try status("invariants") == .ok)
    _ = try desk.sqlite3(change)
    let found = try finding("invariants")
    #expect(found.status == .fail && found.detail.english.contains(name), "\(found)")
  }

  private func host() -> HostFacts {
    HostFacts(
      root: desk.directory + "/root", fileSystem: { _ in 0xEF53 }, freeBytes: { _ in 1 << 30 },
      isSynchronized: { true }, sqlite: 3_040_001)
  }

  /// Makes a file below the host's root.
  private func make(_ path: String, _ content: String = "", mode: Int = 0o644) throws {
    let whole = desk.directory + "/root" + path
    try FileManager.default.createDirectory(
      atPath: Files.directory(of: whole), withIntermediateDirectories: true)
    try content.write(toFile: whole, atomically: false, encoding: .utf8)
    try setMode(whole, mode)
  }

  private func setMode(_ path: String, _ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  @Test func everyCheckIsNamedOnce() throws {
    let names = try desk.owner().doctor().map(\.check)
    #expect(
      names == [
        "database", "invariants", "audit", "anchor", "backup", "clock", "sqlite", "messages",
        "authority", "registry", "successions", "feed", "host", "witness", "place", "time", "files",
        "filesystem",
        "disk", "configuration", "holidays", "mail", "sms", "processes", "socket", "schedule",
      ])
  }

  @Test(arguments: [
    ("proc /proc proc rw,relatime 0 0", true, Health.warn),
    ("proc /proc proc rw,relatime,hidepid=invisible 0 0", true, .ok),
    ("x / ext4 rw 0 0\nproc /proc proc rw,hidepid=2 0 0\n", true, .ok),
    ("proc /mnt/proc proc rw,hidepid=2 0 0", true, .warn), ("", true, .warn),
    ("proc /proc proc rw 0 0", false, .skipped),
  ])
  func whoSeesThatAMessageLeaves(mounts: String, isService: Bool, expected: Health) {
    var settings = Settings()
    settings.sms = .command("/usr/share/iauth/sms/mitake", [])
    let bytes = Array(mounts.utf8)
    #expect(settings.processHealth(isService: isService, mounts: bytes).status == expected)
    settings.sms = .spool
    settings.mail = .sendmail("/usr/sbin/sendmail")
    #expect(settings.processHealth(isService: isService, mounts: bytes).status == .skipped)
  }

  @Test func ofAnUnknownHostNothingIsSaid() throws {
    for check in ["host", "time", "filesystem", "disk", "sqlite", "socket", "schedule"] {
      #expect(try status(check, host: .unknown) == .skipped, "\(check)")
    }
  }

  @Test func aReferenceThatLeadsNowhereIsDamage() throws {
    #expect(try status("database") == .ok)
    try desk.sqlite3("PRAGMA foreign_keys = OFF; INSERT INTO told VALUES ('x', 'y', 1);")
    #expect(try status("database") == .ok)
    try desk.sqlite3(
      "PRAGMA foreign_keys = OFF; INSERT INTO reminder VALUES (999, 999, 1, 1);")
    #expect(try status("database") == .fail)
  }

  @Test func aClosedAccountWithAPermissionBreaksAnInvariant() throws {
    #expect(try status("invariants") == .ok)
    try desk.sqlite3(
      "DROP TRIGGER account_keeps_authority; UPDATE account SET status = 'closed' WHERE id = 1;")
    #expect(try status("invariants") == .fail)
  }

  @Test func aChangedEntryBreaksTheTrail() throws {
    #expect(try status("audit") == .ok)
    try desk.sqlite3("DROP TRIGGER audit_stays; UPDATE audit SET outcome = 'x' WHERE seq = 1;")
    #expect(try status("audit") == .fail)
  }

  @Test func theAuditHeadMustLeaveTheHost() throws {
    #expect(try status("anchor") == .skipped)
    _ = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(try status("anchor") == .ok)
    desk.wait(.days(3))
    #expect(try status("anchor") == .warn)
    let other = try Desk()
    other.wait(.days(3))
    #expect(
      try other.owner().doctor().first { $0.check == "anchor" }?.status == .warn, "never")
  }

  @Test func aBackupIsDueEveryWeek() throws {
    #expect(try status("backup") == .skipped)
    _ = try desk.owner().backup(to: desk.directory + "/copy.db", version: "1")
    #expect(try status("backup") == .ok)
    desk.wait(.days(7))
    #expect(throws: IAuthError.self) {
      _ = try desk.owner().backup(to: desk.directory + "/none/copy.db", version: "1")
    }
    desk.wait(.days(2))
    #expect(try status("backup") == .warn)
  }

  @Test func aClockBehindTheTrail() throws {
    #expect(try status("clock") == .ok)
    desk.wait(.days(-1))
    #expect(try status("clock") == .warn)
  }

  @Test func aClockThatFollowsNothing() throws {
    var host = host()
    #expect(try status("time") == .ok)
    host.isSynchronized = { false }
    #expect(try status("time", host: host) == .warn)
  }

  @Test(
    "WAL is not for SQLite before 3.51.3",
    arguments: [
      (3_040_001, "delete", 3, Health.ok, true), (3_040_001, "wal", 3, .fail, false),
      (3_040_001, "delete", 2, .fail, false), (3_044_005, "delete", 3, .ok, true),
      (3_044_006, "delete", 3, .ok, false), (3_050_006, "delete", 3, .ok, true),
      (3_050_007, "delete", 3, .ok, false), (3_051_002, "delete", 3, .ok, true),
      (3_051_003, "delete", 3, .ok, false),
    ] as [(Int32, String, Int64, Health, Bool)])
  func sqlite(
    _ version: Int32, _ journal: String, _ synchronous: Int64, _ status: Health, _ warns: Bool
  ) throws {
    let finding = HostChecks.sqlite(version, journal: journal, synchronous: synchronous)
    #expect(finding.status == status)
    #expect(finding.detail.english.contains("WAL") == warns)
  }

  @Test func theFileIsAskedHowItKeepsItsJournal() throws {
    #expect(try finding("sqlite").detail.english.hasPrefix("3.40.1, rollback journal"))
  }

  @Test func messagesThatWait() throws {
    desk.wait(.minutes(3))  // whoever set up may still be sending
    _ = try desk.owner().deliverDue()
    #expect(try status("messages") == .ok)
    _ = try desk.shell(of: .li).apply(try Person.li.form())
    #expect(try status("messages") == .warn)
  }

  @Test func oneAdministratorOfTheAuthority() throws {
    let chief = try desk.chief()
    #expect(try status("authority") == .warn)
    _ = try desk.administrator(.wu, approvedBy: chief)
    #expect(try status("authority") == .ok)
  }

  @Test func aRegistryOfLongAgo() throws {
    #expect(try status("registry") == .ok)
    desk.wait(.days(401))
    #expect(try status("registry") == .warn)
    _ = try desk.owner().loadRegistry(
      Array(Office.registry.utf8), allowingRemovals: false)
    #expect(try status("registry") == .ok)
  }

  @Test(
    "What others may open", arguments: ["iauth.lock", "outbox", "outbox/mail/new", "outbox/sms"])
  func files(_ name: String) throws {
    _ = try desk.owner().deliverDue()
    _ = try desk.shell(of: .li).apply(try Person.li.form())
    _ = try desk.owner().deliverDue()
    #expect(try status("files") == .ok)
    let path = directory + "/" + name
    if !FileManager.default.fileExists(atPath: path) {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try setMode(path, 0o755)
    #expect(try status("files") == .fail)
  }

  @Test func aDirectoryThatOthersMayEnter() throws {
    try setMode(directory, 0o711)
    #expect(try status("files") == .warn)
  }

  @Test(
    "Disks of other hosts",
    arguments: [
      (0xEF53, Health.ok), (0x5846_5342, .ok), (0x9123_683E, .ok), (0x0102_1994, .ok),
      (0x6969, .fail), (0xFF53_4D42, .fail), (0xFE53_4D42, .fail), (0x517B, .fail),
      (0x6573_5546, .warn), (0x0102_1997, .warn),
    ])
  func fileSystem(_ kind: Int, _ status: Health) throws {
    var host = host()
    host.fileSystem = { _ in kind }
    #expect(try self.status("filesystem", host: host) == status)
  }

  @Test(
    "Room on the disk",
    arguments: [(1 << 30, Health.ok), (32 << 20, .warn), (1 << 20, .fail)] as [(Int64, Health)])
  func disk(_ free: Int64, _ status: Health) throws {
    var host = host()
    host.freeBytes = { _ in free }
    #expect(try self.status("disk", host: host) == status)
  }

  @Test func aConfigurationThatOthersMayWrite() throws {
    #expect(try status("configuration") == .skipped)
    let path = desk.directory + "/root/etc/iauth/iauth.conf"
    try make("/etc/iauth/iauth.conf")
    #expect(try status("configuration", configuration: path) == .ok)
    for mode in [0o664, 0o646] {
      try setMode(path, mode)
      #expect(try status("configuration", configuration: path) == .fail)
    }
    try setMode(path, 0o644)
    try setMode(Files.directory(of: path), 0o777)
    #expect(try status("configuration", configuration: path) == .fail)
    #expect(try status("configuration", configuration: path + ".none") == .fail)
  }

  @Test func programsThatTakeMessages() throws {
    #expect(try status("mail") == .warn)
    #expect(try status("sms") == .warn)
    let path = desk.directory + "/root/usr/sbin/outlet"
    desk.settings.mail = .sendmail(path)
    desk.settings.sms = .command(path, [])
    for check in ["mail", "sms"] { #expect(try status(check) == .fail, "missing") }
    try make("/usr/sbin/outlet", "#!/bin/sh\n", mode: 0o644)
    for check in ["mail", "sms"] { #expect(try status(check) == .fail, "not executable") }
    try setMode(path, 0o777)
    for check in ["mail", "sms"] { #expect(try status(check) == .fail, "anybody's") }
    try setMode(path, 0o755)
    #expect(try status("sms") == .ok)
    // Mail from an address that nobody can answer.
    #expect(try status("mail") == .warn)
    desk.settings.mailFrom = "iauth@nics.gov.tw"
    #expect(try status("mail") == .ok)
    try make("/usr/sbin/outlet", "#! /nonexistent/python3 -I\n", mode: 0o755)
    for check in ["mail", "sms"] { #expect(try status(check) == .fail, "no interpreter") }
  }

  @Test func directoriesThatTakeMessages() throws {
    desk.settings.mail = .maildir(desk.directory + "/root/var/mail")
    desk.settings.sms = .smstools(desk.directory + "/root/var/sms")
    for check in ["mail", "sms"] { #expect(try status(check) == .fail) }
    desk.settings.mailFrom = "iauth@nics.gov.tw"
    try make("/var/lib")
    for check in ["mail", "sms"] { #expect(try status(check) == .warn, "nobody reads it") }
    for (name, path) in [("mail", "/var/mail/new/x"), ("sms", "/var/sms/x")] {
      try make(path)
      if name == "mail" { try setMode(desk.directory + "/root/var/mail", 0o711) }
      let folder = Files.directory(of: desk.directory + "/root" + path)
      for (mode, expected) in [
        (0o777, Health.fail), (0o1777, .fail), (0o755, .warn), (0o711, .ok), (0o730, .ok),
      ] {
        try setMode(folder, mode)
        #expect(try status(name) == expected, "\(name) \(mode)")
      }
    }
  }

  @Test func theSocketOfTheService() throws {
    desk.settings.socket = "/run/iauth/sock"
    #expect(try status("socket") == .skipped)
    try make("/run/iauth/sock")
    #expect(try status("socket") == .fail, "no socket")
    let path = desk.directory + "/root/run/iauth/sock"
    try FileManager.default.removeItem(atPath: path)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    // A relative name: a socket's may have 107 bytes.
    process.currentDirectoryURL = URL(fileURLWithPath: Files.directory(of: path))
    process.arguments = ["-c", "import socket; socket.socket(socket.AF_UNIX).bind('sock')"]
    try process.run()
    process.waitUntilExit()
    try setMode(path, 0o660)
    #expect(try status("socket") == .warn, "only some")
    try setMode(path, 0o666)
    #expect(try status("socket") == .ok)
    try setMode(Files.directory(of: path), 0o777)
    #expect(try status("socket") == .fail, "replaceable")
  }

  @Test func theSocketUnitWithoutASocket() throws {
    desk.settings.socket = "/run/iauth/sock"
    try make("/run/systemd/system/x")
    try make("/usr/bin/systemctl", "#!/bin/sh\nexit 3\n", mode: 0o755)
    #expect(try status("socket") == .skipped)
    try make("/usr/bin/systemctl", "#!/bin/sh\nexit 0\n", mode: 0o755)
    #expect(try status("socket") == .fail)
  }

  @Test func whatRunsByItself() throws {
    #expect(try status("schedule") == .skipped, "somebody's own")
    desk.settings.database = desk.path
    #expect(try status("schedule") == .skipped, "a host without either")
    try make("/usr/sbin/cron")
    #expect(try status("schedule") == .warn)
    try make("/etc/cron.d/iauth")
    #expect(try status("schedule") == .ok)
    try setMode(desk.directory + "/root/etc/cron.d/iauth", 0o664)
    #expect(try status("schedule") == .fail)
  }

  @Test func timersThatAreEnabledAndStarted() throws {
    desk.settings.database = desk.path
    try make("/run/systemd/system/x")
    try make("/usr/bin/systemctl", "#!/bin/sh\nexit 1\n", mode: 0o755)
    #expect(try status("schedule") == .warn)
    let log = desk.directory + "/asked"
    try make("/usr/bin/systemctl", "#!/bin/sh\necho \"$*\" >> \(log)\n", mode: 0o755)
    #expect(try status("schedule") == .ok)
    let asked = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    #expect(
      Set(asked.filter { $0.hasSuffix(".timer") }) == [
        "--quiet is-enabled iauth-deliver.timer", "--quiet is-active iauth-deliver.timer",
        "--quiet is-enabled iauth-remind.timer", "--quiet is-active iauth-remind.timer",
      ])
  }
}
