// A year of cron runs against a model that knows only the rule: each threshold once for a request
// and a reviewer, as long as it waits. Days are missed, runs doubled, clocks jump; people come,
// decide and withdraw in between.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct YearTests {
  /// Who was reminded of what, and what should be.
  private struct Model {
    var waiting: [RequestID: (since: Timestamp, applicant: String)] = [:]
    var reviewers: [String] = []
    var marks: Set<[String]> = []

    /// What a run at `now` owes: the reviewers who get a mail.
    mutating func run(_ now: Timestamp, _ settings: Settings) -> Set<String> {
      waiting = waiting.filter { now < $0.value.since + settings.requestLifetime }
      var due: Set<String> = []
      for (number, request) in waiting {
        for reviewer in reviewers where reviewer != request.applicant {
          for threshold in settings.reminders where request.since + threshold <= now {
            let mark = [String(number), reviewer, String(threshold.seconds)]
            if marks.insert(mark).inserted { due.insert(reviewer) }
          }
        }
      }
      return due
    }

    /// The requests that a mail to a reviewer lists, the oldest first.
    func list(for reviewer: String) -> [RequestID] {
      waiting.filter { $0.value.applicant != reviewer }
        .sorted { ($0.value.since, $0.key) < ($1.value.since, $1.key) }.map(\.key)
    }
  }

  @Test(arguments: [UInt64(1)])
  func aYearRemindsOfEachThresholdOnceAndLosesNone(seed: UInt64) throws {
    var dice = Seeded(state: seed)
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    var model = Model(reviewers: [Person.li.email])
    var people = 0
    for day in 1...365 {
      desk.wait(.days(1))
      if day == 60 {
        _ = try desk.administrator(.tsai, approvedBy: try desk.chief())
        model.reviewers.append(Person.tsai.email)
      }
      if Int.random(in: 0..<8, using: &dice) == 0 {
        people += 1
        let person = Person.lin.with(
          name: "同仁", email: "p\(people)@cdc.gov.tw", mobile: "0912\(100_000 + people)")
        let number = try desk.opened(person).ask(.general)
        model.waiting[number] = (desk.clock.now, person.email)
      }
      if Int.random(in: 0..<12, using: &dice) == 0,
        let number = model.waiting.keys.sorted().randomElement(using: &dice)
      {
        let li = try desk.signedIn(.li)
        #expect(try (day % 2 == 0 ? li.approve(number) : li.reject(number)) == nil)
        model.waiting[number] = nil
      }
      switch Int.random(in: 0..<10, using: &dice) {
      case 0, 1: continue
      case 2: for _ in 1...2 { try run(desk, &model) }
      case 3:
        // A run by a clock that is wrong, put right afterwards.
        let jump = TimeSpan.days(Int64.random(in: -20...40, using: &dice))
        desk.wait(jump)
        try run(desk, &model)
        desk.wait(.seconds(-jump.seconds))
      default: try run(desk, &model)
      }
    }
    #expect(people > 20 && model.marks.count > 60)
  }

  /// Runs cron once: whom it wrote to, of what, and what it marked is what the model says.
  private func run(_ desk: Desk, _ model: inout Model) throws {
    let due = model.run(desk.clock.now, desk.settings)
    let last = try desk.number("SELECT coalesce(max(id), 0) FROM message")
    let spool = desk.directory + "/db/outbox/mail/new/"
    let report = try desk.owner().remind(after: nil, isDryRun: false, isClockRight: true)
    #expect(report.reminded == due.count)
    let sent = try desk.rows(
      """
      SELECT recipient, id, created_at, status FROM message WHERE id > ? AND kind = 'reminder'
      """, last
    ) { row in (to: row.text(0), id: row.int(1), at: row.int(2), status: row.text(3)) }
    #expect(sent.map(\.to).sorted() == due.sorted())
    let uuid = try desk.rows("SELECT uuid FROM service") { row in row.bytes(0) }
    for mail in sent {
      #expect(mail.status == "sent")
      let name = "\(mail.at).iauth-\(try #require(uuid.first).prefix(4).letters)-\(mail.id)"
      let text = String(
        decoding: try Files.read(spool + name, max: 1 << 20), as: UTF8.self)
      let half = try #require(text.split(separator: "Hello,").first)
      let listed = half.matches(of: /\s{4}iauth pending (\d+)\n/).compactMap {
        Int64($0.output.1).map { RequestID($0) }
      }
      #expect(listed == model.list(for: mail.to))
    }
    let marks = try desk.rows(
      "SELECT r.request, a.email, r.threshold FROM reminder r JOIN account a ON a.id = r.account"
    ) { row in [String(row.int(0)), row.text(1), String(row.int(2))] }
    #expect(marks.count == model.marks.count && Set(marks) == model.marks)
  }
}

extension Sequence<UInt8> {
  /// As file names and Message-IDs have a database's identity.
  fileprivate var letters: String {
    let halves = flatMap { [$0 >> 4, $0 & 0x0F] }
    return String(decoding: halves.map { $0 + UInt8(ascii: "a") }, as: UTF8.self)
  }
}

/// SplitMix64, so that a year can be lived through again.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
