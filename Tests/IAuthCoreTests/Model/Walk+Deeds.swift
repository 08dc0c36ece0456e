// How each step is looked up, what the reference expects of it, and how it is done.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

extension Walk {
  /// nil where whom or what the step names is not there (any more).
  func resolved(_ step: Step) -> Deed? {
    var deed = Deed(step: step)
    if let who = step.actor {
      guard let me = account(who)?.id else { return nil }
      deed.me = me
    }
    switch step {
    case .apply(let who), .applyInVain(let who):
      // An application is whoever has the contacts already (3.1).
      let own = account(who).flatMap { $0.isOpen ? $0 : nil }
      (deed.who, deed.account) = (who, (own ?? known(as: who).first)?.id)
    case .changeContacts(let who, _):
      guard let person = account(who), person.isOpen else { return nil }
      (deed.who, deed.account) = (who, person.id)
    case .appoint(let who, _): deed.who = who
    case .decide(_, let label, _), .resubmit(_, let label, _), .withdraw(_, let label),
      .revoke(_, let label), .answer(_, let label, _):
      guard let number = labels[label] else { return nil }
      deed.request = number
      if case .answer = step {
        let items = facts.items.values.filter { $0.request == number }
        guard let item = items.max(by: { $0.id < $1.id }) else { return nil }
        deed.item = item.id
      }
    case .account(_, _, let who):
      guard let person = account(who) else { return nil }
      deed.account = person.id
    case .form(_, let rows, _):
      for row in rows {
        for who in [row.who, row.prior].compactMap(\.self) {
          // Whoever has one of their contacts is meant, under whichever account.
          deed.named.formUnion(known(as: who).map(\.id))
          guard let person = account(who) else { continue }
          deed.named.formUnion(
            facts.people.values.filter { $0.isOpen && $0.shares(person) }.map(\.id) + [person.id])
        }
      }
    case .ask(_, let ask):
      for label in [ask.deputyFor, ask.replaces].compactMap(\.self) where labels[label] == nil {
        return nil
      }
      guard facts.system(ask.system) != nil else { return nil }
    case .closeReview: guard openReview != nil else { return nil }
    case .addSystem: guard facts.system("doc") == nil else { return nil }
    default: break
    }
    return deed
  }

  private var openReview: Facts.Review? {
    facts.reviews.values.filter { $0.closed == nil }.max { $0.id < $1.id }
  }

  // MARK: What is expected

  func expectation(_ deed: Deed) -> Expectation {
    let number = deed.request ?? 0
    switch deed.step {
    case .decide(_, _, let verdict):
      return reference.decision(by: deed.me ?? 0, on: number, verdict.rawValue)
    case .ask(_, let ask):
      let beside = (ask.deputyFor ?? ask.replaces).flatMap { labels[$0] }
      return reference.asking(
        deed.me ?? 0, ask, beside: beside, on: facts.system(ask.system) ?? 0)
    case .withdraw: return reference.withdrawal(by: deed.me ?? 0, of: number)
    case .resubmit(_, _, let until):
      return reference.resubmission(by: deed.me ?? 0, of: number, until: until)
    case .revoke: return reference.revocation(by: deed.me, of: number)
    case .account(_, let verb, _):
      return reference.standing(by: deed.me, of: deed.account ?? 0, verb.rawValue)
    case .form:
      return reference.importing(by: deed.me) == .accepted ? .unsure : .refused("right.missing")
    case .openReview(_, _, let top):
      return reference.opening(
        by: deed.me, system: nil, under: top.flatMap { facts.office($0) }.map { facts.present($0) })
    case .answer:
      return deed.item.flatMap { facts.items[$0] }.map {
        reference.answering(by: deed.me ?? 0, $0)
      } ?? .unsure
    case .closeReview:
      return openReview.map { reference.closing(by: deed.me, $0) } ?? .unsure
    case .succeed(let old, let new, let days):
      guard old.count == 1, let old = facts.office(old[0]), let new = facts.office(new) else {
        return .unsure
      }
      return reference.succession(old, by: new, isNow: days == 0)
    case .undo(let codes): return undoing(codes)
    case .apply(let who): return applying(who)
    case .changeContacts:
      guard let id = deed.account, let person = facts.people[id] else { return .unsure }
      if person.status == "suspended" { return .refused("account.suspended", "account.taken") }
      let isLast = reference.isLast { $0.account == id } == true
      return isLast ? .refused("account.last", "account.taken") : .unsure
    case .bound, .wait: return .accepted
    default: return .unsure
    }
  }

  private func applying(_ who: Int) -> Expectation {
    if let person = account(who), person.isOpen {
      return person.status == "suspended" ? .refused("account.suspended") : .unsure
    }
    let someone = Cast.people[who]
    let known = known(as: who)
    if known.isEmpty { return .accepted }
    // Both contacts are the same person's under whichever name.
    let isClear = known.allSatisfy {
      $0.name != someone.name
        && ($0.email != someone.email || !$0.mobile.hasSuffix(someone.mobile.dropFirst()))
    }
    return isClear ? .refused("account.taken") : .unsure
  }

  /// Who has somebody's contacts in their agency.
  private func known(as who: Int) -> [Facts.Somebody] {
    let someone = Cast.people[who]
    let agency = facts.present(facts.office(someone.agency) ?? 0)
    return facts.people.values.filter {
      $0.isOpen && $0.agency == agency
        && ($0.email == someone.email || $0.mobile.hasSuffix(someone.mobile.dropFirst()))
    }
  }

  private func undoing(_ codes: [String]) -> Expectation {
    var isSure = true
    for code in codes {
      let old = facts.office(code)
      guard let move = facts.moves.values.first(where: { $0.old == old && $0.stands }) else {
        return .refused("agency.undo")
      }
      guard let applied = move.applied else { continue }
      if applied + 7 * Reckoning.day <= reference.now { return .refused("agency.undo") }
      if facts.offices[move.new]?.status == "succeeded", codes.count == 1 {
        return .refused("agency.undo")
      }
      // Decided by somebody since, or granted: it stands in the way.
      let isQuiet = facts.decisions.values.joined().allSatisfy { $0.at < applied }
      // Nobody may be left in the authority.
      if facts.authority == move.new { isSure = false }
      if !isQuiet || codes.count > 1 || movesSince(applied) > 1 { isSure = false }
    }
    return isSure && contactsAreAsBefore ? .accepted : .unsure
  }

  private func movesSince(_ moment: Int64) -> Int {
    facts.moves.values.count { $0.applied.map { $0 >= moment } ?? false }
  }

  /// Whether anybody came, left or changed since the last reform.
  private var contactsAreAsBefore: Bool {
    reforms.last.map { $0.after.people == facts.people } ?? true
  }

  // MARK: Doing it

  func perform(_ deed: Deed, _ service: Service?) throws -> Outcome {
    let by = service ?? owner
    let number = RequestID(deed.request ?? 0)
    switch deed.step {
    case .signIn: return .done
    case .apply(let who):
      let form = try account(who).flatMap { $0.isOpen ? try self.form($0) : nil }
      return try apply(who, form ?? Cast.people[who].form())
    case .applyInVain(let who):
      desk.wait(.minutes(1))
      _ = try desk.service("uid:w\(who)", session: "vain").apply(Cast.people[who].form())
    case .changeContacts(let who, let how):
      guard let person = account(who) else { return .skipped }
      let new = Cast.changed(person.name, person.email, person.mobile, how)
      return try apply(
        who,
        ApplicationForm(
          agency: facts.offices[person.agency]?.code ?? "", name: new.name, email: new.email,
          mobile: new.mobile))
    case .ask(_, let ask):
      _ = try by.requestPermission(order(ask))
    case .decide(_, _, let verdict):
      let outcomes =
        try verdict == .approved
        ? by.approve(.numbers([number]), note: nil, expecting: nil)
        : by.reject(.numbers([number]), reason: "資料不符", returns: verdict == .returned)
      return outcomes.first?.refusal.map { .refused($0.code.rawValue) } ?? .done
    case .resubmit(_, _, let until):
      _ = try by.resubmit(number, Correction(reason: "補正", until: until.map { desk.today + $0 }))
    case .withdraw: try by.withdraw(number)
    case .revoke: try by.revoke(number, reason: "調職")
    case .account(_, let verb, _):
      _ = try by.change(account: AccountID(deed.account ?? 0), verb, reason: "調查")
    case .form(_, let rows, let isPartial): return try hand(rows, isPartial, to: by, deed)
    case .openReview(_, let days, let top):
      let due = Timestamp(startOfTaipeiDay: desk.today + days + 1)
      _ = try by.openRecertification(
        RecertificationOrder(dueAt: due, system: nil, under: top, name: nil))
    case .answer(_, _, let keeps):
      let answer: RecertificationAnswer = keeps ? .keep(note: nil) : .end(reason: "不再需要")
      let outcomes = try by.answer([ItemID(deed.item ?? 0)], answer)
      return outcomes.first?.refusal.map { .refused($0.code.rawValue) } ?? .done
    case .closeReview:
      _ = try by.closeRecertification(RecertificationID(openReview?.id ?? 0))
    case .succeed(let codes, let new, let days):
      let day = days == 0 ? desk.clock.now : Timestamp(startOfTaipeiDay: desk.today + days)
      _ = try owner.succeed(
        codes.map { SuccessionOrder(old: $0, new: new, onAt: day, document: "院字第1號") })
    case .undo(let codes): _ = try owner.undoSuccession(of: codes)
    case .addSystem:
      _ = try owner.addSystem(code: "doc", name: "Documents", chineseName: nil, url: nil)
    case .bound(let days):
      _ = try owner.setSystem(code: "spm", longest: days.map { .days($0) })
    case .appoint(let who, let system):
      _ = try owner.appoint(Cast.people[who].form(), system: system)
    case .wait(let seconds, let cron): try pass(seconds, cron)
    }
    return .done
  }

  private func apply(_ who: Int, _ form: ApplicationForm) throws -> Outcome {
    desk.wait(.minutes(1))
    let service = try desk.service("uid:w\(who)", session: "new")
    let code = try enter(service, form, isApplication: true)
    return code == .sendThrottled ? .skipped : code.map { .refused($0.rawValue) } ?? .done
  }

  private func order(_ ask: Ask) -> PermissionOrder {
    PermissionOrder(
      system: ask.system, role: ask.role == "admin" ? .admin : .general,
      from: ask.from.map { desk.today + $0 }, until: ask.until.map { desk.today + $0 },
      deputyFor: ask.deputyFor.flatMap { labels[$0] }.map { RequestID($0) },
      replaces: ask.replaces.flatMap { labels[$0] }.map { RequestID($0) })
  }

  private func pass(_ seconds: Int64, _ cron: Step.Cron) throws {
    let run = { [owner] in
      _ = try owner.remind(after: nil, isDryRun: false, isClockRight: true)
    }
    var left = seconds
    while cron == .daily, left > 2 * Reckoning.day {
      desk.wait(.days(2))
      left -= 2 * Reckoning.day
      try run()
    }
    desk.wait(.seconds(left))
    if cron != .none { try run() }
  }

  /// All or nothing, and nothing from outside.
  private func hand(
    _ rows: [FormLine], _ isPartial: Bool, to service: Service, _ deed: Deed
  ) throws -> Outcome {
    var lines = ["機關OID,姓名,公務信箱,手機,異動類別,原管理者姓名,原公務信箱,角色,申請系統,生效日期"]
    var outside: [Int] = []
    for (index, row) in rows.enumerated() {
      let someone = Cast.people[row.who]
      let known = account(row.who).flatMap { $0.isOpen ? $0 : nil }
      let agency = known?.agency ?? facts.present(facts.office(someone.agency) ?? 0)
      if !reference.reaches(deed.me, agency) { outside.append(index) }
      let now = (
        name: known?.name ?? someone.name, email: known?.email ?? someone.email,
        mobile: known?.mobile ?? "+886" + someone.mobile.dropFirst()
      )
      let new =
        row.change == .modify ? Cast.changed(now.name, now.email, now.mobile, row.how) : now
      var prior = row.change == .modify || row.change == .remove ? (now.name, now.email) : ("", "")
      if let person = row.prior.flatMap({ account($0) }) { prior = (person.name, person.email) }
      let day = row.day.map { Timestamp(startOfTaipeiDay: desk.today + $0).taiwanDay } ?? ""
      lines.append(
        [
          facts.offices[agency]?.code ?? "", new.name, new.email, new.mobile, row.change.rawValue,
          prior.0, prior.1, row.role == "admin" ? "機關管理者" : "一般權限", row.system, day,
        ].joined(separator: ","))
    }
    var order = Sheet(lines: lines).order
    order.isPartial = isPartial
    let report = try service.importBatch(order)
    let found = report.rows.map { $0 }
    for index in outside where found.count == rows.count {
      guard found[index].outcome == .rejected,
        found[index].problems.contains(where: { $0.code == "agency.outside" })
      else { throw Fault(law: "a form reaches no further", detail: "\(lines[index + 1])") }
    }
    if report.count(.rejected) > 0, !isPartial, report.count(.accepted) > 0 {
      throw Fault(law: "all or nothing", detail: "\(lines)")
    }
    return report.count(.accepted) > 0 ? .done : .refused("batch.rejected")
  }
}
