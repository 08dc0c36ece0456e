// A database that two hosts know (PRODUCT 13): one stands by, one takes over, and whether the one that
// took over has everything, somebody has to have looked.

import Foundation
import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct HostsTests {
  let desk: Desk

  init() throws { desk = try Desk() }

  /// A process on a host of that number, as this caller.
  private func there(
    _ host: UInt8, _ caller: String = "uid:0", isMounted: Bool = true
  ) throws -> Service {
    var world = desk.world(caller, isOperator: caller == "uid:0")
    world.host = HostFacts(
      root: "/nonexistent", freeBytes: { _ in 1 << 40 }, isMountPoint: { _ in isMounted },
      machine: [UInt8](repeating: host, count: 32))
    return Service(store: try Store(path: desk.path, world: world, settings: desk.settings))
  }

  private func host(_ service: Service) throws -> Health? {
    try service.doctor().first { $0.check == "host" }?.status
  }

  private var bytes: Data { get throws { try Data(contentsOf: URL(fileURLWithPath: desk.path)) } }

  @Test func lookingOnAnotherHostChangesNothingAndKnowsNobody() throws {
    _ = try desk.chief()
    let before = try bytes
    let chief = try there(9, Person.chen.caller)
    #expect(try refusal { _ = try chief.status() } == .sessionExpired)
    #expect(try refusal { _ = try chief.queue(PendingFilter()) } == .sessionExpired)
    #expect(try there(9).quickCheck().allSatisfy { $0.status != .fail })
    #expect(try host(there(9)) == .warn)
    #expect(try there(9).verifyAudit(anchors: nil).entries > 0)
    #expect(try bytes == before)
    // On its own host the session lives on.
    _ = try desk.shell(of: .chen).status()
  }

  @Test func theFirstWritingMovesItAndTellsTheOperator() throws {
    _ = try desk.chief()
    let entries = try desk.owner().auditHead().checkpoint.size
    let post = try desk.post {
      _ = try there(9).addSystem(
        code: "x", name: "X", chineseName: nil, url: nil)
    }
    #expect(post == ["digest root@localhost"])
    #expect(try desk.number("SELECT began FROM host") == entries)
    #expect(
      try desk.texts("SELECT action FROM audit ORDER BY seq DESC LIMIT 2") == [
        "system.add", "host.changed",
      ])
    #expect(try desk.number("SELECT count(*) FROM session WHERE ended_at IS NULL") == 0)
    // Once, and back again once more.
    _ = try there(9).addSystem(code: "y", name: "Y", chineseName: nil, url: nil)
    #expect(try desk.number("SELECT epoch FROM host") == 2)
    _ = try there(8).addSystem(code: "z", name: "Z", chineseName: nil, url: nil)
    #expect(try desk.number("SELECT epoch FROM host") == 3)
  }

  @Test func whoeverTookOverIsComparedWithAHeadFromElsewhere() throws {
    let old = try desk.owner().auditHead()
    _ = try there(9).addSystem(code: "x", name: "X", chineseName: nil, url: nil)
    #expect(try host(there(9)) == .warn)
    _ = try there(9).verifyAudit(anchors: nil)
    #expect(try host(there(9)) == .warn, "nothing from elsewhere was looked at")
    _ = try there(9).verifyAudit(anchors: old.checkpoint.text)
    #expect(try host(there(9)) == .ok)
    #expect(try desk.number("SELECT compared FROM host") == old.checkpoint.size)
    let entries = try desk.owner().auditHead().checkpoint.size
    _ = try there(9).verifyAudit(anchors: old.anchor)
    #expect(try desk.owner().auditHead().checkpoint.size == entries, "looking leaves no entry")
  }

  @Test func aSurvivorThatLostWorkIsFoundByTheNewestHead() throws {
    let survivor = try bytes
    _ = try desk.owner().addSystem(code: "lost", name: "L", chineseName: nil, url: nil)
    let witnessed = try desk.owner().auditHead().checkpoint.text
    try survivor.write(to: URL(fileURLWithPath: desk.path))
    _ = try there(9).addSystem(code: "x", name: "X", chineseName: nil, url: nil)
    _ = try there(9).addSystem(code: "y", name: "Y", chineseName: nil, url: nil)
    #expect(try host(there(9)) == .warn)
    #expect(try there(9).verifyAudit(anchors: nil).entries > 0, "by itself it is content")
    #expect(
      try refusal { _ = try there(9).verifyAudit(anchors: witnessed) } == .auditBroken)
    #expect(try host(there(9)) == .warn, "what did not fit is no comparison")
  }

  @Test func whoStandsByReadsAndDoesNotWrite() throws {
    let chief = try desk.chief()
    let applied = try desk.shell(of: .li).apply(try Person.li.form())
    desk.wait(.minutes(1))
    desk.settings.standby = true
    let before = try bytes
    let standing = try desk.shell(of: .chen)
    #expect(try standing.status().name == Person.chen.name)
    #expect(try standing.queue(PendingFilter()).items.isEmpty)
    standing.noteUse()
    let owner = try desk.owner()
    #expect(try owner.verifyAudit(anchors: nil).entries > 0)
    #expect(try owner.doctor().filter { $0.status == .fail }.isEmpty)
    #expect(owner.isConfiguredStandby)
    for write: () throws -> Void in [
      { _ = try desk.shell(of: .lin).apply(try Person.lin.form()) },
      {
        _ = try desk.shell(of: .li).prove(
          applied.reference.text, codes: try desk.codes(applied.reference))
      },
      { _ = try owner.addSystem(code: "x", name: "X", chineseName: nil, url: nil) },
      // What has to stand on the trail is not read where nothing can be written.
      { _ = try owner.auditTrail(AuditFilter()) },
      { _ = try owner.backup(to: desk.directory + "/copy", version: "") },
    ] { #expect(try refusal(write) == .databaseStandby) }
    // What runs by itself has nothing to do, and is no failure.
    #expect(try owner.deliverDue() == DeliveryReport(isStandby: true))
    #expect(try owner.remind(after: nil, isDryRun: false).isStandby)
    #expect(try refusal { _ = try standing.deliverDue() } == .rightMissing)
    #expect(try bytes == before)
    desk.settings.standby = false
    _ = try chief.status()
    _ = try desk.owner().addSystem(code: "x", name: "X", chineseName: nil, url: nil)
  }

  @Test func whoStandsByOnAnotherHostKnowsNobodyEither() throws {
    _ = try desk.chief()
    desk.settings.standby = true
    #expect(try refusal { _ = try there(9, Person.chen.caller).status() } == .sessionExpired)
    #expect(try there(9).quickCheck().allSatisfy { $0.status != .fail })
  }

  @Test func overdueRequestsOfWhoLooksWait() throws {
    let li = try desk.opened(.li)
    _ = try li.ask(.general)
    desk.settings.sessionLifetime = .days(400)
    desk.settings.sessionIdle = .days(400)
    desk.wait(.days(181))
    desk.settings.standby = true
    _ = try refusal { _ = try desk.shell(of: .li).ownRequests() }
    #expect(try desk.texts("SELECT status FROM request WHERE origin = 'self'") == ["pending"])
  }

  @Test func withoutItsDiskThereIsNoDatabase() throws {
    desk.settings.mountPoint = "/srv/iauth"
    #expect(try refusal { _ = try there(1, isMounted: false) } == .databaseMissing)
    _ = try there(1)
    var world = desk.world("uid:0", isOperator: true)
    world.host = HostFacts(root: "/nonexistent", isMountPoint: { _ in false })
    let empty = desk.directory + "/other/iauth.db"
    for isTrial in [true, false] {
      world.isDryRun = isTrial
      #expect(
        try refusal {
          _ = try Setup.create(
            path: empty, authority: Office.authority, registry: Array(Office.registry.utf8),
            reviewer: nil, world: world, settings: desk.settings)
        } == .databaseMissing)
      #expect(
        try refusal {
          _ = try Service.restore(
            from: desk.path, to: empty, world: world, settings: desk.settings)
        } == .databaseMissing)
    }
    #expect(!FileManager.default.fileExists(atPath: desk.directory + "/other"))
  }

  @Test func nothingIsMadeWhereAHostStandsBy() throws {
    desk.settings.standby = true
    let empty = desk.directory + "/other/iauth.db"
    let world = desk.world("uid:0", isOperator: true)
    #expect(
      try refusal {
        _ = try Setup.create(
          path: empty, authority: Office.authority, registry: Array(Office.registry.utf8),
          reviewer: nil, world: world, settings: desk.settings)
      } == .databaseStandby)
    #expect(
      try refusal {
        _ = try Service.restore(from: desk.path, to: empty, world: world, settings: desk.settings)
      } == .databaseStandby)
    #expect(!FileManager.default.fileExists(atPath: desk.directory + "/other"))
  }

  @Test func aTrailThatDoesNotEndWhereItShouldFailsTheMonitor() throws {
    func trail() throws -> Health? {
      try desk.owner().quickCheck().first { $0.check == "trail" }?.status
    }
    #expect(try trail() == .ok)
    try desk.sqlite3(
      """
      DROP TRIGGER audit_is_kept;
      DELETE FROM audit_person WHERE seq = (SELECT max(seq) FROM audit);
      DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit);
      """)
    #expect(try trail() == .fail)
    try desk.sqlite3("UPDATE audit_head SET seq = seq - 1;")
    #expect(try trail() == .fail)
  }

  @Test func theKernelKnowsWhatIsMounted() {
    #expect(HostFacts.live.isMountPoint("/proc"))
    #expect(HostFacts.live.isMountPoint("/"))
    #expect(!HostFacts.live.isMountPoint(desk.directory))
    #expect(!HostFacts.live.isMountPoint("/nonexistent"))
  }
}
