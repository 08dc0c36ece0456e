// Everybody who comes to the desk × everything that they can try (PRODUCT 6); who may comes last.

import SQLite
import Testing

@testable import IAuthCore
@testable import Values

@Suite struct EverybodyTests {
  enum Who: CaseIterable {
    case nobody
    /// The applicant, of the agency.
    case applicant
    /// Someone else of the agency, without a permission.
    case colleague
    /// The administrator of another agency.
    case elsewhere
    /// The administrator of the superior agency.
    case above
    /// Someone of the authority, without a permission.
    case clerkOfAuthority
    case administrator
    case chief
    case serviceOperator
  }

  private struct Scene {
    let desk: Desk
    let everybody: [Who: Service]
    /// Pending: 林美玲's for use, 蔡英傑's for administration, 吳志明's for the authority.
    let general: RequestID
    let admin: RequestID
    let national: RequestID
    /// A permission of 林美玲's for another system.
    let granted: RequestID
    let applicant: AccountID
    let administrator: AccountID
    let batch: BatchID
  }

  private func scene() throws -> Scene {
    let desk = try Desk()
    let owner = try desk.owner()
    _ = try owner.addSystem(code: "doc", name: "Documents", chineseName: nil, url: nil)
    let chief = try desk.chief()
    let li = try desk.opened(.li)
    for system in ["spm", "doc"] {
      try #require(try chief.approve(try li.ask(.admin, system: system)) == nil)
    }
    var everybody: [Who: Service] = [
      .nobody: try desk.service("uid:nobody"), .administrator: li, .serviceOperator: owner,
      .chief: chief,
    ]
    for (who, person) in [(Who.elsewhere, Person.liu), (.above, .huang)] {
      let service = try desk.opened(person)
      try #require(try chief.approve(try service.ask(.admin, system: "spm")) == nil)
      everybody[who] = service
    }
    let lin = try desk.opened(.lin)
    let tsai = try desk.opened(.tsai)
    let wu = try desk.opened(.wu)
    everybody[.applicant] = lin
    everybody[.colleague] = tsai
    everybody[.clerkOfAuthority] = wu
    let granted = try lin.ask(.general, system: "doc")
    try #require(try li.approve(granted) == nil)
    let invited = Person(
      agency: Office.cdc, name: "周杰", email: "chou@cdc.gov.tw", mobile: "0911000009")
    let above = try #require(everybody[.above])
    let batch = try #require(
      try above.importBatch(Self.order([invited], system: "spm", isDryRun: false)).batch)
    return Scene(
      desk: desk, everybody: everybody, general: try lin.ask(.general, system: "spm"),
      admin: try tsai.ask(.admin, system: "spm"), national: try wu.ask(.admin, system: "spm"),
      granted: granted,
      applicant: try desk.id("SELECT id FROM account WHERE name = '林美玲'"),
      administrator: try desk.id("SELECT id FROM account WHERE name = '李小明'"), batch: batch)
  }

  private static func order(_ people: [Person], system: String, isDryRun: Bool = true)
    -> ImportOrder
  {
    var order = Sheet(people).order
    order.system = system
    order.isDryRun = isDryRun
    return order
  }

  /// Tries it as everybody, whoever may last; the rest are refused as expected.
  private func expect(
    _ expected: [Who: ErrorCode], in scene: Scene,
    _ body: (Service) throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let order =
      Who.allCases.filter { expected[$0] != nil } + Who.allCases.filter { expected[$0] == nil }
    for who in order {
      let service = try #require(scene.everybody[who])
      let code = try refusal { try body(service) }
      // One who may do it after another did is told that it is done.
      let isDone =
        expected[who] == nil
        && [.requestDecided, .permissionNone, .accountState].contains(code)
      #expect(code == expected[who] || isDone, "\(who)", sourceLocation: sourceLocation)
    }
  }

  private func decide(_ number: RequestID) -> (Service) throws -> Void {
    { service in
      let outcome = try service.approve(.numbers([number]), note: nil, expecting: nil).first
      if let refusal = outcome?.refusal { throw refusal }
    }
  }

  @Test func decidingOnAGeneralRequest() throws {
    let scene = try scene()
    try expect(
      [
        .nobody: .sessionNone, .serviceOperator: .sessionNone, .applicant: .rightMissing,
        .colleague: .requestUnknown, .elsewhere: .requestUnknown, .above: .requestUnknown,
        .clerkOfAuthority: .requestUnknown, .chief: .requestOutside,
      ], in: scene, decide(scene.general))
  }

  @Test func decidingOnAnAdminRequest() throws {
    let scene = try scene()
    try expect(
      [
        .nobody: .sessionNone, .serviceOperator: .sessionNone, .applicant: .requestUnknown,
        .colleague: .rightMissing, .elsewhere: .requestUnknown, .above: .requestUnknown,
        .clerkOfAuthority: .requestUnknown, .administrator: .requestOutside,
      ], in: scene, decide(scene.admin))
  }

  @Test func decidingOnARequestForTheAuthority() throws {
    let scene = try scene()
    try expect(
      [
        .nobody: .sessionNone, .serviceOperator: .sessionNone, .applicant: .requestUnknown,
        .colleague: .requestUnknown, .elsewhere: .requestUnknown, .above: .requestUnknown,
        .clerkOfAuthority: .rightMissing, .administrator: .requestUnknown,
      ], in: scene, decide(scene.national))
  }

  @Test func readingARequest() throws {
    let scene = try scene()
    try expect(
      [
        .nobody: .sessionNone, .colleague: .requestUnknown, .elsewhere: .requestUnknown,
        .above: .requestUnknown, .clerkOfAuthority: .requestUnknown,
      ], in: scene
    ) { _ = try $0.detail(scene.general) }
  }

  @Test func listingWhatWaits() throws {
    let scene = try scene()
    let spm = PendingFilter(system: "spm")
    try expect(
      [
        .nobody: .sessionNone, .serviceOperator: .sessionNone, .applicant: .rightMissing,
        .colleague: .rightMissing, .clerkOfAuthority: .rightMissing,
      ], in: scene
    ) { _ = try $0.queue(spm) }
    let seen = try [.administrator, .elsewhere, .above, .chief].map { (who: Who) in
      try #require(scene.everybody[who]).queue(spm).items.map(\.number)
    }
    let invited: RequestID = try scene.desk.id("SELECT id FROM request WHERE batch IS NOT NULL")
    #expect(seen[0] == [scene.general] && seen[1].isEmpty && seen[2].isEmpty)
    #expect(Set(seen[3]) == [scene.admin, scene.national, invited])
  }

  @Test func lookingAtABatch() throws {
    let scene = try scene()
    let filter = PendingFilter(batch: scene.batch, status: nil)
    for (who, rows) in [(Who.administrator, 0), (.chief, 1), (.above, 1)] {
      let service = try #require(scene.everybody[who])
      #expect(try service.queue(filter).items.count == rows, "\(who)")
      #expect((try service.queue(filter).progress != nil) == (who == .above), "\(who)")
    }
    let elsewhere = try #require(scene.everybody[.elsewhere])
    #expect(try refusal { _ = try elsewhere.queue(filter) } == .batchUnknown)
    // Deciding on the whole of it; the agency's administrator sees the request in it.
    let seeing = try #require(scene.everybody[.administrator])
      .approve(.batch(scene.batch), note: nil, expecting: nil)
    #expect(seeing.map(\.refusal?.code) == [.requestOutside])
    for who: Who in [.colleague, .elsewhere, .clerkOfAuthority] {
      let service = try #require(scene.everybody[who])
      #expect(
        try refusal { _ = try service.approve(.batch(scene.batch), note: nil, expecting: nil) }
          == .batchUnknown, "\(who)")
    }
  }

  @Test func takingAnothersRequestBack() throws {
    let scene = try scene()
    var expected: [Who: ErrorCode] = [.nobody: .sessionNone, .serviceOperator: .sessionNone]
    for who in Who.allCases where expected[who] == nil && who != .applicant {
      // Who may see it is told that it is somebody else's.
      expected[who] = who == .administrator || who == .chief ? .requestOutside : .requestUnknown
    }
    try expect(expected, in: scene) { try $0.withdraw(scene.general) }
  }

  @Test func endingAPermission() throws {
    let scene = try scene()
    try expect(
      [
        .nobody: .sessionNone, .colleague: .requestUnknown, .elsewhere: .requestUnknown,
        .above: .requestUnknown, .clerkOfAuthority: .requestUnknown, .chief: .requestOutside,
      ], in: scene
    ) { try $0.revoke(scene.granted, reason: "調職") }
  }

  @Test func listingAccounts() throws {
    let scene = try scene()
    try expect(
      [
        .nobody: .sessionNone, .applicant: .rightMissing, .colleague: .rightMissing,
        .clerkOfAuthority: .rightMissing, .elsewhere: .rightMissing, .above: .rightMissing,
        .chief: .rightMissing,
      ], in: scene
    ) { _ = try $0.accounts("", agency: Office.cdc) }
    let mine = try #require(scene.everybody[.administrator]).accounts("", agency: nil)
    #expect(!mine.isEmpty && mine.allSatisfy { $0.agency.code == Office.cdc })
    #expect(try scene.desk.owner().accounts("", agency: nil).count > mine.count)
  }

  /// What those are told who may not touch an account: administrators of others see none.
  private static let ofOthersAccounts: [Who: ErrorCode] = [
    .nobody: .sessionNone, .applicant: .rightMissing, .colleague: .rightMissing,
    .clerkOfAuthority: .rightMissing, .elsewhere: .accountUnknown, .above: .accountUnknown,
    .chief: .accountUnknown,
  ]

  @Test(arguments: [AccountVerb.suspend, .close])
  func suspendingAndClosing(_ verb: AccountVerb) throws {
    let scene = try scene()
    let expected = Self.ofOthersAccounts
    // Of one who holds `admin`, also their own administrator's not.
    var ofAdministrator = expected
    ofAdministrator[.administrator] = .rightMissing
    ofAdministrator[.serviceOperator] = .reasonInvalid
    try expect(ofAdministrator, in: scene) { service in
      let reason = service.world.caller.isOperator ? "" : "離職"
      _ = try service.change(account: scene.administrator, verb, reason: reason)
    }
    try expect(expected, in: scene) {
      _ = try $0.change(account: scene.applicant, verb, reason: "離職")
    }
  }

  @Test(arguments: [AccountVerb.restore, .unlock, .erase])
  func whatOnlyTheOperatorDoesToAccounts(_ verb: AccountVerb) throws {
    let scene = try scene()
    var expected = Self.ofOthersAccounts
    expected[.administrator] = .rightMissing
    try expect(expected, in: scene) {
      _ = try $0.change(account: scene.applicant, verb, reason: "當事人請求")
    }
  }

  private static let lastQueued: SQL = "SELECT max(id) FROM message WHERE status = 'queued'"

  /// What the operator alone may, by name.
  private static let upkeep: [(name: String, body: @Sendable (Service, Desk) throws -> Void)] = [
    (
      "agencies --load",
      { service, _ in
        _ = try service.loadRegistry(Array(Office.registry.utf8), allowingRemovals: false)
      }
    ),
    (
      "agencies --add",
      { service, _ in
        _ = try service.addAgency(code: "04595257", name: "某公司", superior: nil)
      }
    ),
    (
      "agencies --set-superior",
      { service, _ in
        _ = try service.setSuperior(Office.yuan, of: [Office.cdc])
      }
    ),
    (
      "systems --add",
      { service, _ in
        _ = try service.addSystem(code: "new", name: "New", chineseName: nil, url: nil)
      }
    ),
    (
      "admins --appoint",
      { service, _ in
        _ = try service.appoint(
          try Person.chen.with(name: "何雅婷", email: "ho@ey.gov.tw", mobile: "0911000088").form(),
          system: "spm")
      }
    ),
    (
      "pending --remind",
      { service, _ in _ = try service.remind(after: nil, isDryRun: false, isClockRight: true) }
    ),
    ("deliver", { service, _ in _ = try service.deliverDue() }),
    ("deliver --list", { service, _ in _ = try service.outbox() }),
    ("deliver --retry", { service, desk in try service.retry(try desk.id(Self.lastQueued)) }),
    ("deliver --drop", { service, desk in try service.drop(try desk.id(Self.lastQueued)) }),
    ("deliver --report", { service, _ in _ = try service.takeReports(["x delivered"]) }),
    ("deliver --test", { service, _ in _ = try service.test(.email(EmailAddress("x@a.tw"))) }),
    ("audit", { service, _ in _ = try service.auditTrail(AuditFilter()) }),
    ("audit --verify", { service, _ in _ = try service.verifyAudit(anchors: nil) }),
    ("doctor", { service, _ in _ = try service.doctor() }),
    (
      "backup",
      { service, desk in
        _ = try service.backup(to: desk.directory + "/copy.db", version: "1")
      }
    ),
    (
      "ssh-gate --enrol",
      { service, desk in
        try service.enrolKey(
          "key", account: try desk.id("SELECT id FROM account WHERE name = '李小明'"))
      }
    ),
    ("ssh-gate --list", { service, _ in _ = try service.keys() }),
  ]

  @Test(arguments: upkeep.indices)
  func upkeepIsTheOperators(_ index: Int) throws {
    let (name, body) = Self.upkeep[index]
    let scene = try scene()
    var expected: [Who: ErrorCode] = [:]
    for who in Who.allCases where who != .serviceOperator { expected[who] = .rightMissing }
    let before = try scene.desk.number("SELECT count(*) FROM audit WHERE action = 'refused'")
    try expect(expected, in: scene) { try body($0, scene.desk) }
    // Each refusal is on the trail.
    let after = try scene.desk.number("SELECT count(*) FROM audit WHERE action = 'refused'")
    #expect(after - before == Int64(expected.count), "\(name)")
  }

  @Test func handingInForms() throws {
    let scene = try scene()
    let chou = Person(
      agency: Office.cdc, name: "鄭成", email: "cheng@cdc.gov.tw", mobile: "0911000010")
    var expected: [Who: ErrorCode] = [.nobody: .sessionNone]
    for who: Who in [.applicant, .colleague, .clerkOfAuthority] { expected[who] = .rightMissing }
    try expect(expected, in: scene) {
      _ = try $0.importBatch(Self.order([chou], system: "spm"))
    }
    // Within one's reach, and for a system that one administers.
    let outside = try #require(scene.everybody[.elsewhere])
      .importBatch(Self.order([chou], system: "spm"))
    #expect(outside.rows.first?.problems.map(\.code) == ["agency.outside"])
    let system = try #require(scene.everybody[.above])
      .importBatch(Self.order([chou], system: "doc"))
    #expect(system.rows.first?.problems.map(\.code) == ["right.missing"])
  }

  @Test func contactsOfAdministratorsAreForThoseWhoAreSignedIn() throws {
    let scene = try scene()
    for (who, email) in [(Who.nobody, "l***@cdc.gov.tw"), (.applicant, "li@cdc.gov.tw")] {
      let service = try #require(scene.everybody[who])
      let shown = try service.administrators(agency: Office.cdc, system: nil).map(\.email)
      #expect(shown == [email, email], "\(who)")
    }
  }

  @Test func anSSHKeyLooksAndHandsInAndDecidesNothing() throws {
    let scene = try scene()
    let desk = scene.desk
    let key = desk.keyed
    let above: AccountID = try desk.id("SELECT id FROM account WHERE name = '黃淑芬'")
    let batch = PendingFilter(batch: scene.batch, status: nil)
    #expect(try refusal { _ = try key("mohw").queue(batch) } == .rightMissing, "not enrolled")
    let none = try refusal { try desk.owner().enrolKey("mohw", account: scene.applicant) }
    #expect(none == .rightMissing, "no administrator")
    try desk.owner().enrolKey("mohw", account: above)
    #expect(try key("mohw").queue(batch).items.count == 1)
    #expect(try refusal { _ = try key("mohw").queue(PendingFilter()) } == .batchUnknown)
    #expect(try refusal { _ = try key("mohw").approve(scene.general) } == .sessionNone)
    #expect(try refusal { _ = try key("mohw").detail(scene.general) } == .sessionNone)
    #expect(try refusal { _ = try key("mohw").accounts("", agency: nil) } == .sessionNone)
    try desk.owner().revoke(
      try desk.id("SELECT request FROM permission WHERE account = ?", above), reason: "調職")
    #expect(try refusal { _ = try key("mohw").queue(batch) } == .rightMissing, "no longer")
    _ = try desk.owner().change(account: above, .suspend, reason: "調查")
    #expect(try refusal { try desk.owner().enrolKey("again", account: above) } == .accountState)
  }
}
