// Every verb × every state × everyone who might try, with the refusal's code, the first that
// applies: who one is, whether it is there for them, the right, the state (PRODUCT 3.4, 4.2, 6).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct RightsTests {
  /// Who tries: 李小明 administers 疾病管制署, where 林美玲 is the one concerned.
  enum Caller {
    case nobody, holder, colleague, stranger, superior, authority, otherSystem, administrator,
      serviceOperator
  }

  enum Holder: CaseIterable { case invited, active, suspended, closed, erased, admin, former }

  /// 林美玲's account in a state; in use, she is signed in.
  private func account(_ state: Holder, _ desk: Desk, _ chief: Service) throws -> AccountID {
    if state == .invited {
      var order = Sheet([.lin], role: "一般權限").order
      order.system = "spm"
      _ = try desk.owner().importBatch(order)
      return try desk.id("SELECT id FROM account WHERE email = 'lin@cdc.gov.tw'")
    }
    let lin = try desk.opened(.lin)
    let id = try lin.status().account
    let serviceOperator = try desk.owner()
    switch state {
    case .suspended: _ = try serviceOperator.change(account: id, .suspend, reason: "x")
    case .closed: _ = try serviceOperator.change(account: id, .close, reason: "x")
    case .erased: _ = try serviceOperator.change(account: id, .erase, reason: "x")
    case .admin, .former:
      let number = try lin.ask(.admin, system: "spm")
      try #require(try chief.approve(number) == nil)
      if state == .former { try serviceOperator.revoke(number, reason: "x") }
    case .invited, .active: break
    }
    return id
  }

  /// Everyone who might try, on one desk.
  private func callers(_ desk: Desk, _ chief: Service) throws -> [Caller: Service] {
    _ = try desk.owner().addSystem(
      code: "drill", name: "Drill Platform", chineseName: "演練平臺", url: nil)
    let li = try desk.administrator(.li, approvedBy: chief, system: "spm")
    let other = Person.li.with(name: "周文", email: "zhou@cdc.gov.tw", mobile: "0911000031")
    let zhou = try desk.administrator(other, approvedBy: chief, system: "drill")
    let huang = try desk.administrator(.huang, approvedBy: chief, system: "spm")
    return [
      .nobody: try desk.service("uid:nobody"), .holder: try desk.shell(of: .lin),
      .colleague: try desk.opened(.tsai), .stranger: try desk.opened(.liu), .superior: huang,
      .authority: chief, .otherSystem: zhou, .administrator: li,
      .serviceOperator: try desk.owner(),
    ]
  }

  private static func works(_ verb: AccountVerb, _ state: Holder) -> Bool {
    switch (verb, state) {
    case (.suspend, .active), (.suspend, .admin), (.suspend, .former), (.restore, .suspended): true
    case (.close, .closed), (.close, .erased), (.unlock, .erased): false
    case (.close, _), (.unlock, _): true
    case (.erase, _): state != .erased
    default: false
    }
  }

  private static func expected(_ verb: AccountVerb, _ state: Holder, _ by: Caller) -> ErrorCode? {
    switch by {
    case .nobody: return .sessionNone
    case .holder where [.suspended, .closed, .erased].contains(state): return .sessionExpired
    case .holder where state == .invited: return .sessionNone
    case .holder, .colleague, .stranger: return .rightMissing
    case .superior, .authority: return .accountUnknown
    case .administrator, .otherSystem:
      guard verb == .suspend || verb == .close, state != .admin else { return .rightMissing }
    case .serviceOperator: break
    }
    return works(verb, state) ? nil : .accountState
  }

  /// Whoever is refused changes nothing, so that all may try on one desk.
  @Test(arguments: Holder.allCases)
  func accounts(state: Holder) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let callers = try callers(desk, chief)
    let id = try account(state, desk, chief)
    let before = try desk.texts("SELECT status FROM account WHERE id = ?", id)
    for verb in AccountVerb.allCases {
      for (caller, service) in callers {
        if verb != .unlock {
          #expect(
            try refusal { _ = try service.change(account: id, verb, reason: "") } == .reasonInvalid)
        }
        guard let expected = Self.expected(verb, state, caller) else { continue }
        let answer = try refusal { _ = try service.change(account: id, verb, reason: "依規定") }
        #expect(answer == expected, "\(verb) \(caller)")
      }
    }
    #expect(try desk.texts("SELECT status FROM account WHERE id = ?", id) == before)
  }

  /// The operator's side of it is in StateTests.
  @Test(arguments: Holder.allCases, [AccountVerb.suspend, .close])
  func anAgencysAdministratorTakesAway(state: Holder, verb: AccountVerb) throws {
    guard Self.expected(verb, state, .administrator) == nil else { return }
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let id = try account(state, desk, chief)
    let becomes = try li.change(account: id, verb, reason: "依規定")
    #expect(becomes == (verb == .suspend ? .suspended : .closed))
    #expect(
      try desk.texts("SELECT status FROM account WHERE id = ?", id) == [becomes.rawValue])
    let holds: SQL = "SELECT count(*) FROM permission WHERE account = ? AND status = 'active'"
    if verb == .close { #expect(try desk.number(holds, id) == 0) }
  }

  @Test func anAccountThatIsNotThere() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let callers = try callers(desk, chief)
    _ = try account(.active, desk, chief)
    for (caller, service) in callers {
      let expected: ErrorCode =
        switch caller {
        case .nobody: .sessionNone
        case .holder, .colleague, .stranger: .rightMissing
        default: .accountUnknown
        }
      for verb in AccountVerb.allCases {
        let answer = try refusal { _ = try service.change(account: 9_999, verb, reason: "x") }
        #expect(answer == expected, "\(verb) \(caller)")
      }
    }
  }

  @Test func whoListsAccounts() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let callers = try callers(desk, chief)
    _ = try account(.active, desk, chief)
    for (caller, service) in callers {
      var agencies: Set<String> = []
      let answer = try refusal {
        agencies = Set(try service.accounts("", agency: nil).map(\.agency.code))
      }
      let elsewhere = try refusal { _ = try service.accounts("", agency: Office.fda) }
      switch caller {
      case .nobody: #expect(answer == .sessionNone && elsewhere == .sessionNone)
      case .holder, .colleague, .stranger:
        #expect(answer == .rightMissing && elsewhere == .rightMissing)
      case .serviceOperator: #expect(agencies.count == 4 && elsewhere == nil)
      default: #expect(agencies.count == 1 && elsewhere == .rightMissing)
      }
    }
  }

  // MARK: Permissions

  enum Standing: CaseIterable {
    case pending, active, revoked, rejected, withdrawn, lapsed, over, resting
  }

  private func request(
    _ role: Role, _ state: Standing, _ desk: Desk, _ callers: [Caller: Service]
  ) throws -> RequestID {
    let lin = try #require(callers[.holder])
    let reviewer = try #require(callers[role == .admin ? .authority : .administrator])
    let number = try lin.ask(role, system: "spm")
    switch state {
    case .pending, .lapsed: break
    case .rejected: try #require(try reviewer.reject(number) == nil)
    case .withdrawn: try lin.withdraw(number)
    case .active, .revoked, .over, .resting: try #require(try reviewer.approve(number) == nil)
    }
    if state == .revoked { try lin.revoke(number, reason: "x") }
    if state == .over {
      let end =
        "UPDATE permission SET ends_at = \(desk.clock.now.seconds) WHERE request = \(number)"
      try #require(try desk.sqlite3(end) == "")
    }
    if state == .lapsed {
      // As old as can be, with no run since.
      let script =
        "DROP TRIGGER IF EXISTS request_stays; "
        + "UPDATE request SET created_at = 1 WHERE id = \(number)"
      try #require(try desk.sqlite3(script) == "")
    }
    return number
  }

  @Test(arguments: Role.allCases, Standing.allCases)
  func revoking(role: Role, state: Standing) throws {
    let desk = try Desk()
    let callers = try callers(desk, try desk.chief())
    try desk.opened(.lin)
    var rested: RequestID?
    for (caller, service) in callers {
      let number = try request(role, state, desk, callers)
      if state == .resting, role == .admin {
        desk.wait(.minutes(3))
        rested = try desk.opened(.lin.with(mobile: "0922000004")).status().pendingChange
        try #require(rested != nil)
      }
      let answer = try refusal { try service.revoke(number, reason: "調職") }
      let holds = state == .active || state == .resting
      let end: ErrorCode? = holds ? nil : .permissionNone
      let expected: ErrorCode? =
        switch caller {
        case .nobody: .sessionNone
        case .holder, .serviceOperator: end
        case .colleague, .stranger, .superior, .otherSystem: .requestUnknown
        case .authority: role == .admin ? end : .requestOutside
        case .administrator: role == .admin ? .requestOutside : end
        }
      #expect(answer == expected, "\(caller)")
      let now = try desk.texts("SELECT status FROM permission WHERE request = ?", number)
      if holds { #expect(now == [expected == nil ? "revoked" : "active"], "\(caller)") }
      // The next one is asked about a request of its own.
      let lin = try #require(callers[.holder])
      if now == ["active"] { _ = try? lin.revoke(number, reason: "x") }
      if state == .pending { try lin.withdraw(number) }
      if let rested { try lin.withdraw(rested) }
    }
  }

  // MARK: Reports

  /// What each sees of a review and in the reports (11.8); a removed superior itself alone (3.1).
  @Test(arguments: [false, true])
  func reachInReports(isRemoved: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let li = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    try #require(try li.approve(try lin.ask(.general)) == nil)
    _ = try chief.openRecertification(
      RecertificationOrder(
        dueAt: desk.clock.now + .days(30), system: nil, under: nil, name: nil))
    _ = try chief.recertificationStatus(nil, under: nil)
    if isRemoved {
      try desk.sqlite3("UPDATE agency SET status = 'removed' WHERE code = '\(Office.mohw)'")
    }
    let below = isRemoved ? [] : ["李小明"]
    #expect(try huang.recertificationItems().compactMap(\.name) == below)
    let item: ItemID = try desk.id(
      "SELECT i.id FROM recertification_item i JOIN account a ON a.id = i.account WHERE name = ?",
      "李小明")
    if isRemoved {
      #expect(
        try huang.answer([item], .keep(note: nil)).first?.refusal?.code == .recertifyUnknown)
    }
    for (service, names) in [
      (huang, ["黃淑芬"] + (isRemoved ? [] : ["李小明", "林美玲"])), (li, ["李小明", "林美玲"]),
      (lin, ["林美玲"]), (chief, ["陳怡君", "黃淑芬", "李小明", "林美玲"]),
    ] {
      let evidence = try service.recertificationEvidence(1, under: nil)
      #expect(Set(evidence.items.compactMap(\.name)) == Set(names))
      let reads = evidence.entries.filter { $0.entry.action == "recertification.read" }
      #expect(reads.isEmpty == !names.contains("陳怡君"), "who else has read it")
      let status = try #require(try service.recertificationStatus(1, under: nil))
      #expect(status.lines.reduce(0) { $0 + $1.items } == names.count)
      let held = try service.permissions(ReportFilter(), at: nil)
      #expect(Set(held.compactMap(\.name)) == Set(names))
      let figures = try service.statistics(
        StatisticsOrder(since: nil, until: nil, key: nil, system: nil, under: nil))
      #expect(figures.standing.recertified?.items == names.count)
      // The first reviewer was appointed, and asked for nothing.
      let asked = names.filter { $0 != "陳怡君" }.count
      #expect(figures.lines.reduce(0) { $0 + $1.submitted } == asked)
    }
    if isRemoved {
      let outside = try refusal {
        _ = try huang.permissions(ReportFilter(under: Office.cdc), at: nil)
      }
      #expect(outside == .rightMissing)
      let own = try huang.permissions(ReportFilter(under: Office.mohw), at: nil)
      #expect(own.compactMap(\.name) == ["黃淑芬"])
    }
  }

  /// What a suspended account holds rests, then as now (2, 11.5).
  @Test func aSuspendedAccountHoldsNothing() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let id = try li.status().account
    let held = { (moment: Timestamp?) in
      try desk.owner().permissions(ReportFilter(account: id), at: moment).count
    }
    var moments = [desk.clock.now]
    for verb in [AccountVerb.suspend, .restore, .suspend, .close] {
      desk.wait(.days(1))
      _ = try desk.owner().change(account: id, verb, reason: "調查")
      moments.append(desk.clock.now)
      #expect(try held(nil) == (verb == .restore ? 1 : 0), "\(verb)")
    }
    let then = try moments.map { try held($0 + .seconds(1)) }
    #expect(then == [1, 0, 1, 0, 0])
  }

  // MARK: Appointments

  enum Invitee: CaseIterable {
    case new, invited, lapsed, active, waiting, admin, suspended, closed, otherMobile, otherName
  }

  @Test(arguments: Invitee.allCases)
  func appointing(state: Invitee) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let serviceOperator = try desk.owner()
    var form = Person.wu
    switch state {
    case .new: break
    case .invited, .lapsed:
      _ = try serviceOperator.appoint(try Person.wu.form(), system: "spm")
      if state == .lapsed { desk.wait(.days(30)) }
    default:
      let wu = try desk.opened(.wu)
      let id = try wu.status().account
      if state == .waiting || state == .admin {
        let number = try wu.ask(.admin)
        if state == .admin { try #require(try chief.approve(number) == nil) }
      }
      if state == .suspended { _ = try serviceOperator.change(account: id, .suspend, reason: "x") }
      if state == .closed { _ = try serviceOperator.change(account: id, .close, reason: "x") }
      if state == .otherMobile { form = form.with(mobile: "0922000002") }
      if state == .otherName { form = form.with(name: "吳大明") }
    }
    let everyone = [chief, try desk.opened(.lin), try desk.service("uid:nobody")]
    for service in everyone {
      #expect(
        try refusal { _ = try service.appoint(try form.form(), system: "none") } == .rightMissing)
    }
    #expect(
      try refusal { _ = try serviceOperator.appoint(try form.form(), system: "none") }
        == .systemUnknown)
    let expected: ErrorCode? =
      switch state {
      case .new, .lapsed, .active, .closed: nil
      case .invited, .admin: .permissionHeld
      case .waiting: .requestDuplicate
      case .suspended: .accountSuspended
      case .otherMobile, .otherName: .accountTaken
      }
    var answer: ErrorCode?
    let post = try desk.post {
      answer = try refusal { _ = try serviceOperator.appoint(try form.form(), system: "spm") }
    }
    #expect(answer == expected)
    guard expected == nil else { return #expect(post.isEmpty) }
    let told = state == .active ? "decision wu@ey.gov.tw" : "invitation wu@ey.gov.tw"
    #expect(post == [told, "notice chen@ey.gov.tw"])
    let live = try desk.number(
      "SELECT count(*) FROM account WHERE email = 'wu@ey.gov.tw' AND status <> 'closed'")
    #expect(live == 1)
    desk.wait(.minutes(1))
    #expect(try refusal { _ = try desk.signedIn(.wu).queue(PendingFilter()) } == nil)
  }
}
