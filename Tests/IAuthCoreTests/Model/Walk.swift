// A walk: steps done on a real service with its own clock, each compared with what the reference
// expects, and what is stored afterwards with what the laws allow.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

final class Walk {
  let desk: Desk
  private(set) var reference: Reckoning
  /// Who an account is in the cast.
  private(set) var owners: [Int64: Int] = [:]
  private(set) var labels: [Label: Int64] = [:]
  private(set) var names: [Int64: Label] = [:]
  private(set) var reforms: [Reform] = []
  private var services: [Int64: Service] = [:]
  private let file: Connection
  let owner: Service
  private(set) var done = 0

  init(_ template: Desk, seed: UInt64) throws {
    desk = try Desk(copying: template, seed: seed &* 7919 &+ 77)
    if seed % 2 == 0 { desk.settings.recertifyUnanswered = .suspend }
    file = try Connection(path: desk.path)
    owner = try desk.owner()
    reference = Reckoning(facts: try Facts(file), now: desk.clock.now.seconds)
    learn(step: -1)
  }

  var facts: Facts { reference.facts }

  // MARK: Who is who

  /// The account by which somebody of the cast goes now; the last one if all are closed.
  func account(_ who: Int) -> Facts.Somebody? {
    let own = owners.filter { $0.value == who }.keys.sorted()
    let last = own.last { facts.people[$0]?.isOpen == true } ?? own.last
    return last.flatMap { facts.people[facts.survivor($0)] }
  }

  func label(_ request: Int64) -> Label? { names[request] }

  /// Gives what is new its labels and owners.
  private func learn(step: Int, of who: Int? = nil) {
    var place: Int64 = 0
    for number in facts.requests.keys.sorted() where names[number] == nil {
      let label = Label(step: step, place: step < 0 ? number : place)
      (labels[label], names[number]) = (number, label)
      place += 1
    }
    for (id, person) in facts.people where owners[id] == nil {
      owners[id] = who ?? Cast.owner(of: person, in: facts.offices[person.agency]?.code ?? "")
    }
    for (number, held) in facts.held where reference.given[number] == nil {
      reference.given[number] = .some(held.until)
    }
  }

  // MARK: One step

  /// Does a step and compares.
  ///
  /// - Throws: `Fault`.
  func take(_ step: Step, number: Int) throws {
    done += 1
    var service: Service?
    if let who = step.actor {
      guard let person = account(who), person.status == "active" else { return }
      service = try signedIn(person, who, number)
      guard service != nil else { return }
    }
    if case .signIn = step { return }
    if let service, let me = step.actor.flatMap({ account($0) })?.id, done % 3 == 0 {
      try checkQueue(service, me)
    }
    guard var deed = resolved(step) else { return }
    let expected = expectation(deed)
    do {
      deed.outcome = try perform(deed, service)
    } catch let error as IAuthError {
      deed.outcome = .refused(error.code.rawValue)
      if error.code.status == .internal {
        throw Fault(law: "no internal error", detail: "\(error) by \(deed.step)")
      }
    } catch let error as SQLiteError {
      throw Fault(law: "no internal error", detail: "\(error) by \(deed.step)")
    }
    try compare(expected, deed)
    try settle(deed, number: number)
  }

  private func compare(_ expected: Expectation, _ deed: Deed) throws {
    let isRight =
      switch (expected, deed.outcome) {
      case (.unsure, _), (_, .skipped), (.accepted, .done): true
      case (.refused(let reasons), .refused(let code)): reasons.contains(code)
      default: false
      }
    guard isRight else {
      let subject = [
        deed.request.flatMap { facts.requests[$0] }.map { "\($0)" },
        deed.request.flatMap { facts.held[$0] }.map { "\($0)" },
        deed.me.flatMap { facts.people[$0] }.map { "\($0)" },
      ].compactMap(\.self).joined(separator: "\n  ")
      throw Fault(
        law: "as expected: \(kind(deed.step)) \(expected) \(deed.outcome)",
        detail: "\(deed.step)\n  \(subject)")
    }
  }

  private func kind(_ step: Step) -> String { String("\(step)".prefix { $0 != "(" }) }

  /// Reads what is there now and holds it against what was.
  private func settle(_ deed: Deed, number: Int) throws {
    // The first command of a day makes true what has come due.
    let list = try owner.permissions(ReportFilter(), at: nil)
    let then = reference
    reference = Reckoning(
      facts: try Facts(file), now: desk.clock.now.seconds, given: then.given)
    learn(step: number, of: deed.who)
    if deed.outcome == .done, case .decide(_, _, .approved) = deed.step,
      let number = deed.request, let held = facts.held[number]
    {
      // Also one that was approved before, and came up again.
      reference.given[number] = .some(held.until)
    }
    let change = Change(before: then, after: reference, deed: deed)
    try change.check()
    if change.isMoving {
      try change.checkApplied()
      try change.checkUndone(reforms)
      if !change.applied.isEmpty {
        reforms.append(
          Reform(
            moves: Set(change.applied.map(\.id)), before: then.facts, after: reference.facts))
      }
    }
    try reference.checkLaws()
    if deed.step.runsCron { try reference.checkSwept() }
    try checkList(list)
    if done % 5 == 0 { try checkFeed() }
    if done % 10 == 0 { try checkTrail() }
  }

  /// The end of a walk.
  func finish() throws {
    try checkFeed()
    try checkAdministrators()
    try checkTrail()
  }

  func checkTrail() throws {
    do {
      _ = try owner.verifyAudit(anchors: nil)
    } catch {
      throw Fault(law: "the trail verifies", detail: "\(error)")
    }
  }

  // MARK: The service's own lists

  /// `permissions` lists what the tables say.
  private func checkList(_ list: [PermissionLine]) throws {
    let listed = list.map(\.request.value).sorted()
    let stored = facts.held.values.filter {
      reference.isInForce($0)
        && ["active", "invited"].contains(facts.people[$0.account]?.status ?? "")
    }.map(\.request).sorted()
    guard listed == stored else {
      throw Fault(law: "permissions lists what is held", detail: "\(listed) for \(stored)")
    }
    for line in list {
      guard let held = facts.held[line.request.value], held.account == line.account.value,
        held.agency == line.agency.id.value, held.role == line.role.rawValue,
        line.until.map({ $0.seconds + 1 }) == held.until
      else { throw Fault(law: "permissions lists what is held", detail: "\(line)") }
    }
  }

  /// The last line of each permission in the feed tells whether it is access.
  private func checkFeed() throws {
    var last: [Int64: FeedLine] = [:]
    for line in try owner.feed(after: 0, system: nil, limit: nil) {
      last[line.request.value] = line
    }
    let told = last.values.filter { $0.change != .ended }.map(\.request.value).sorted()
    let stored = facts.held.values.filter {
      !reference.isOver($0) && !$0.rests && facts.people[$0.account]?.status == "active"
    }
    guard told == stored.map(\.request).sorted() else {
      throw Fault(
        law: "the feed tells what is held",
        detail: "\(told) for \(stored.map(\.request).sorted())")
    }
    for held in stored {
      guard let line = last[held.request], line.account.value == held.account,
        line.agency.id.value == held.agency, line.email == facts.people[held.account]?.email,
        line.until.map({ $0.seconds + 1 }) == held.until
      else {
        throw Fault(
          law: "the feed tells what is held", detail: "\(held) \(last[held.request] as Any)")
      }
    }
  }

  private func checkAdministrators() throws {
    for office in facts.offices.values where office.status == "active" {
      let listed = try owner.administrators(agency: office.code, system: nil)
        .map(\.request.value).sorted()
      let acting = facts.systems.keys.flatMap { reference.administrators(office.id, $0) }
        .map(\.request).sorted()
      guard listed == acting else {
        throw Fault(law: "admins lists who acts", detail: "\(office.code) \(listed) \(acting)")
      }
    }
  }

  /// A reviewer's list is what they may decide.
  func checkQueue(_ service: Service, _ me: Int64) throws {
    let expected = facts.requests.values.filter { reference.mayDecide(me, $0) }.map(\.id).sorted()
    let listed: [Int64]
    do {
      listed = try service.queue(PendingFilter()).items.map(\.number.value).sorted()
    } catch {
      guard error.code == .rightMissing, reference.posts(me).isEmpty else { throw error }
      return
    }
    // Whose the contacts are that are asked for is left open.
    let open = facts.requests.values.filter { $0.kind == "change" }.map(\.id)
    guard Set(listed).subtracting(open) == Set(expected).subtracting(open) else {
      throw Fault(law: "pending lists what one may decide", detail: "\(listed) for \(expected)")
    }
  }

  // MARK: Signing in

  /// A session with both codes; nil where none can be had.
  private func signedIn(
    _ person: Facts.Somebody, _ who: Int, _ number: Int
  ) throws -> Service? {
    let service =
      try services[person.id]
      ?? desk.service("uid:w\(who)", session: "s\(person.id)")
    services[person.id] = service
    if let status = try? service.status(), status.account.value == person.id,
      status.proven.count == 2
    {
      return service
    }
    var deed = Deed(step: .signIn(who), me: person.id)
    desk.wait(.minutes(1))
    if let code = try enter(service, try form(person), isApplication: false) {
      deed.outcome = .refused(code.rawValue)
    }
    try settle(deed, number: number)
    return deed.outcome == .done && facts.people[person.id]?.status == "active" ? service : nil
  }

  func form(_ person: Facts.Somebody) throws -> ApplicationForm {
    try ApplicationForm(
      agency: facts.offices[person.agency]?.code ?? "", name: person.name, email: person.email,
      mobile: person.mobile)
  }

  /// Begins, and enters both codes; later if too many were sent.
  ///
  /// - Returns: why not, if not.
  func enter(
    _ service: Service, _ form: ApplicationForm, isApplication: Bool
  ) throws -> ErrorCode? {
    for pause: TimeSpan in [.seconds(0), .minutes(11), .hours(25)] {
      desk.wait(pause)
      do {
        let receipt =
          try isApplication ? service.apply(form) : service.signIn(form, via: .both)
        let codes = try file.all(
          """
          SELECT body FROM message WHERE reference = ? AND kind = 'code' AND status = 'queued'
            AND recipient <> '' ORDER BY channel
          """, Arguments([receipt.reference.text])
        ) { row in Desk.code(in: row.text(0)) }
        guard codes.count == 2 else { return .accountUnknown }
        _ = try service.prove(receipt.reference.text, codes: codes)
        return nil
      } catch let error as IAuthError where error.code == .sendThrottled {
        continue
      } catch let error as IAuthError where error.code.status != .internal {
        return error.code
      }
    }
    return .sendThrottled
  }
}
