// Which step comes next: by the seed, and by what there is, so that most of them do something.

@testable import IAuthCore
@testable import Values

extension Walk {
  func choose(_ draw: inout Draw) -> Step {
    switch draw.below(116) {
    case 0..<30: decision(&draw)
    case 30..<50: asking(&draw)
    case 50..<53: with(&draw, open) { .withdraw(whose($0, &$1), $2) }
    case 53..<56: with(&draw, returned) { .resubmit(whose($0, &$1), $2, until: nil) }
    case 56..<63: revoking(&draw)
    case 63..<69: .apply(newcomer(&draw))
    case 69..<72: .changeContacts(someone(&draw), how: draw.below(3))
    case 72..<79: form(&draw)
    case 79..<86: standing(&draw)
    case 86..<93: reviewing(&draw)
    case 93..<101: succession(&draw)
    case 101..<104:
      facts.system("doc") == nil
        ? .addSystem : .bound(days: draw.chance(60) ? Int64(5 + draw.below(60)) : nil)
    case 104: .appoint([0, 1, 10][draw.below(3)], system: system(&draw))
    case 105: .applyInVain(someone(&draw))
    default: waiting(&draw)
    }
  }

  // MARK: Who and what

  private func someone(_ draw: inout Draw) -> Int { draw.below(Cast.people.count) }

  /// Mostly somebody who has no account yet, or has not taken up an invitation.
  private func newcomer(_ draw: inout Draw) -> Int {
    let new = Cast.people.indices.filter { who in
      account(who).map { ["invited", "closed"].contains($0.status) } ?? true
    }
    return draw.chance(80) ? draw.pick(Array(new)) ?? someone(&draw) : someone(&draw)
  }

  private var actors: [Int] {
    Cast.people.indices.filter { account($0)?.status == "active" }
  }

  private var officers: [Int] {
    actors.filter { who in account(who).map { !reference.posts($0.id).isEmpty } ?? false }
  }

  private func actor(_ draw: inout Draw) -> Int { draw.pick(actors) ?? 0 }

  private func officer(_ draw: inout Draw) -> Int {
    draw.chance(85) ? draw.pick(officers) ?? 0 : actor(&draw)
  }

  private func system(_ draw: inout Draw) -> String {
    facts.system("doc") != nil && draw.chance(25) ? "doc" : Facts.first
  }

  private var open: [Int64] {
    facts.requests.values.filter { reference.isOpen($0) }.map(\.id).sorted()
  }
  private var returned: [Int64] {
    facts.requests.values.filter { $0.status == "returned" }.map(\.id).sorted()
  }
  private var standing: [Int64] {
    facts.held.values.filter { !reference.isOver($0) }.map(\.request).sorted()
  }

  private func owner(of account: Int64?) -> Int? {
    account.flatMap { owners[facts.survivor($0)] }
  }

  /// Mostly the applicant or the submitter of a request.
  private func whose(_ number: Int64, _ draw: inout Draw) -> Int {
    guard draw.chance(85), let request = facts.requests[number] else { return actor(&draw) }
    let isSubmitters = request.kind == "revoke" || request.submitter != nil && draw.chance(50)
    return owner(of: isSubmitters ? request.submitter : request.account) ?? actor(&draw)
  }

  private func with(
    _ draw: inout Draw, _ numbers: [Int64],
    _ make: (Int64, inout Draw, Label) -> Step
  ) -> Step {
    guard let number = draw.pick(numbers), let label = label(number) else {
      return decision(&draw)
    }
    return make(number, &draw, label)
  }

  // MARK: Kinds of steps

  private func decision(_ draw: inout Draw) -> Step {
    let pending = facts.requests.values.filter { $0.status == "pending" && reference.isOpen($0) }
      .map(\.id).sorted()
    let isStrange = draw.chance(7)
    let all = isStrange ? facts.requests.keys.sorted() : pending
    guard let number = draw.pick(all), let label = label(number),
      let request = facts.requests[number]
    else { return .apply(someone(&draw)) }
    let verdict: Verdict =
      draw.chance(72) ? .approved : draw.chance(50) ? .returned : .rejected
    if isStrange || draw.chance(8) { return .decide(actor(&draw), label, verdict) }
    let deciders = reference.deciders(request).map(\.account).filter {
      draw.chance(12) || reference.mayDecide($0, request)
    }
    let who = owner(of: draw.pick(deciders)) ?? officer(&draw)
    return .decide(who, label, verdict)
  }

  private func asking(_ draw: inout Draw) -> Step {
    var ask = Ask(system: system(&draw))
    let idle = actors.filter { who in
      account(who).map { !reference.holdsAdmin($0.id) } ?? false
    }
    var who = draw.chance(75) ? draw.pick(idle) ?? actor(&draw) : actor(&draw)
    switch draw.below(10) {
    case 0..<3: ask.role = "general"
    case 3..<5: break
    default:
      // Beside an administrator, or in their place.
      let admins = facts.held.values.filter { $0.isAdmin && !reference.isOver($0) }
        .map(\.request).sorted()
      guard let number = draw.pick(admins), let old = facts.held[number] else { break }
      ask.system = facts.systems[old.system] ?? Facts.first
      let colleagues = actors.filter {
        account($0)?.agency == old.agency && account($0)?.id != old.account
          && (draw.chance(15) || !reference.holdsAdmin(account($0)?.id ?? 0))
      }
      if let colleague = draw.pick(colleagues), draw.chance(90) { who = colleague }
      if draw.chance(40) {
        ask.deputyFor = label(number)
        ask.from = Int64(draw.below(4))
        ask.until = Int64(draw.below(12))
        return .ask(who, ask)
      }
      ask.replaces = label(number)
    }
    if draw.chance(35) { ask.from = Int64(draw.below(8)) - (draw.chance(5) ? 1 : 0) }
    if draw.chance(20) { ask.until = (ask.from ?? 0) + Int64(draw.below(20)) }
    return .ask(who, ask)
  }

  private func revoking(_ draw: inout Draw) -> Step {
    let all = draw.chance(90) ? standing : facts.requests.keys.sorted()
    return with(&draw, all) { number, draw, label in
      if draw.chance(40) { return .revoke(nil, label) }
      let holder = owner(of: facts.held[number]?.account)
      return .revoke(draw.chance(30) ? holder ?? 0 : officer(&draw), label)
    }
  }

  private func form(_ draw: inout Draw) -> Step {
    var rows: [FormLine] = []
    var used: Set<Int> = []
    for _ in 0...draw.below(3) {
      var row = FormLine(change: FormLine.Change.allCases[draw.below(4)], who: someone(&draw))
      if row.change == .remove || row.change == .modify, draw.chance(80) {
        let people = facts.people.values.filter { $0.isOpen }.map(\.id).sorted()
        row.who = owner(of: draw.pick(people)) ?? row.who
      }
      guard used.insert(row.who).inserted else { continue }
      row.how = draw.below(3)
      if draw.chance(30) { row.role = "general" }
      row.system = system(&draw)
      if row.change == .handOver {
        let held = standing.compactMap { facts.held[$0] }
        let old = draw.pick(held)
        row.prior = owner(of: old?.account) ?? someone(&draw)
        if let old {
          (row.role, row.system) = (old.role, facts.systems[old.system] ?? Facts.first)
          let near = Cast.people.indices.filter {
            facts.present(facts.office(Cast.people[$0].agency) ?? 0) == old.agency
          }
          if let who = draw.pick(near), who != row.prior { row.who = who }
        }
      }
      if draw.chance(25) { row.day = Int64(draw.below(8)) }
      rows.append(row)
    }
    let who: Int? = draw.chance(35) ? nil : officer(&draw)
    return .form(who, rows, isPartial: draw.chance(70))
  }

  private func standing(_ draw: inout Draw) -> Step {
    let verbs: [AccountVerb] = [.suspend, .suspend, .restore, .restore, .close, .erase]
    var verb = verbs[draw.below(verbs.count)]
    var who = someone(&draw)
    let suspended = Cast.people.indices.filter { account($0)?.status == "suspended" }
    if verb == .restore {
      if let one = draw.pick(suspended) { who = one } else { verb = .suspend }
    }
    // Whoever has taken something over, or is to, now and then.
    let heirs = facts.held.values.filter {
      !reference.isOver($0) && facts.requests[$0.request]?.replaces != nil
    }.map(\.account).sorted()
    if verb == .suspend, draw.chance(35), let heir = owner(of: draw.pick(heirs)) { who = heir }
    return .account(draw.chance(65) ? nil : officer(&draw), verb, of: who)
  }

  private func reviewing(_ draw: inout Draw) -> Step {
    let who: Int? = draw.chance(40) ? nil : officer(&draw)
    let open = facts.items.values.filter { item in
      ["open", "unanswered"].contains(item.status)
        && facts.held[item.request].map { !reference.isOver($0) } ?? false
    }.map(\.request).sorted()
    if facts.reviews.values.allSatisfy({ $0.closed != nil }) || draw.chance(8) {
      let top = draw.chance(40) ? draw.pick(Cast.agencies) : nil
      return .openReview(who, days: Int64(draw.below(9)), under: top)
    }
    if draw.chance(25) { return .closeReview(who) }
    return with(&draw, open) { .answer(officer(&$1), $2, keeps: $1.chance(70 + Int($0 % 2))) }
  }

  private func succession(_ draw: inout Draw) -> Step {
    let standing = facts.moves.values.filter(\.stands).sorted { $0.id < $1.id }
    if !standing.isEmpty, draw.chance(55) {
      if draw.chance(60), let reform = reforms.last {
        let codes = reform.moves.sorted().compactMap { facts.moves[$0] }.filter(\.stands)
          .compactMap { facts.offices[$0.old]?.code }
        if !codes.isEmpty { return .undo(codes) }
      }
      let code = draw.pick(standing).flatMap { facts.offices[$0.old]?.code }
      return .undo([code ?? Office.cdc])
    }
    // The small ones mostly; the authority now and then.
    let small = Array(Cast.agencies.prefix(4))
    let highest = [Office.authority, Office.authority, Office.yuan]
    guard let old = draw.pick(draw.chance(80) ? small : highest),
      let new = draw.pick(draw.chance(80) ? small : Cast.agencies)
    else { return .addSystem }
    var all = [old]
    if draw.chance(20), let other = draw.pick(small), other != old { all.append(other) }
    return .succeed(all, by: new, inDays: draw.chance(65) ? 0 : Int64(1 + draw.below(6)))
  }

  private func waiting(_ draw: inout Draw) -> Step {
    let cron: Step.Cron = draw.chance(60) ? .after : .daily
    return switch draw.below(10) {
    case 0..<2: .wait(Int64(60 * (1 + draw.below(200))), .none)
    case 2..<5: .wait(Int64(3600 * (1 + draw.below(40))), draw.chance(50) ? .none : .after)
    case 5..<8: .wait(Reckoning.day * Int64(1 + draw.below(9)), cron)
    case 8: .wait(Reckoning.day * Int64(20 + draw.below(20)), cron)
    default: .wait(Reckoning.day * Int64(100 + draw.below(120)), .after)
    }
  }
}
