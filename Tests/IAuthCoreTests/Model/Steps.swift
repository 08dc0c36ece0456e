// The small world of the walks, and what can be done in it. A step names people, requests and
// agencies by what stays the same when other steps are left out, so that a walk can be shortened.

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// SplitMix64.
struct Draw {
  private var state: UInt64

  init(_ seed: UInt64) {
    state = seed
    // Neighbours would be the same numbers, one later.
    state = next() ^ seed << 32
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func pick<T>(_ all: [T]) -> T? { all.isEmpty ? nil : all[below(all.count)] }
}

enum Cast {
  /// Who walks about: some are the same person in two agencies, some share a contact under another
  /// name.
  static let people: [Person] = [
    .chen, .wu, .li, .lin, .tsai, .huang, .liu,
    Person(agency: Office.fda, name: "林美玲", email: "lin@cdc.gov.tw", mobile: "0911000004"),
    Person(agency: Office.mohw, name: "李小明", email: "li@cdc.gov.tw", mobile: "0911000003"),
    Person(agency: Office.mohw, name: "陳怡君", email: "chen@ey.gov.tw", mobile: "0911000001"),
    Person(agency: Office.authority, name: "王大同", email: "wang@ey.gov.tw", mobile: "0911000003"),
    Person(agency: Office.cdc, name: "高明", email: "kao@cdc.gov.tw", mobile: "0911000011"),
    Person(agency: Office.fda, name: "周敏", email: "chou@fda.gov.tw", mobile: "0911000012"),
    Person(agency: Office.interior, name: "何平", email: "ho@moi.gov.tw", mobile: "0911000013"),
    Person(agency: Office.fda, name: "高明", email: "kao2@cdc.gov.tw", mobile: "0911000011"),
    Person(agency: Office.mohw, name: "趙安", email: "lin@cdc.gov.tw", mobile: "0911000015"),
  ]

  static let agencies = [
    Office.cdc, Office.fda, Office.mohw, Office.interior, Office.authority, Office.yuan,
  ]

  /// Who somebody is by their contacts, first in their own agency.
  static func owner(of person: Facts.Somebody, in code: String) -> Int {
    let fits = people.indices.filter {
      people[$0].email == person.email
        || person.mobile.hasSuffix(String(people[$0].mobile.dropFirst()))
    }
    return fits.first { people[$0].agency == code } ?? fits.first ?? 0
  }

  /// New contacts, or a new name, of somebody.
  static func changed(_ name: String, _ email: String, _ mobile: String, _ how: Int) -> (
    name: String, email: String, mobile: String
  ) {
    switch how {
    case 0: (name, "n" + email, mobile)
    case 1: (name, email, "+8869220" + mobile.suffix(5))
    default: (name + "新", email, mobile)
    }
  }
}

/// A request by the step that made it; of the world before the first step by its number.
struct Label: Hashable, Sendable, CustomStringConvertible {
  var step: Int
  var place: Int64

  var description: String { step < 0 ? "r\(place)" : "s\(step).\(place)" }
}

struct Ask: Equatable, Sendable {
  var system = Facts.first
  var role = "admin"
  /// Days from today.
  var from: Int64?
  var until: Int64?
  var deputyFor: Label?
  var replaces: Label?
}

struct FormLine: Equatable, Sendable {
  enum Change: String, CaseIterable, Sendable {
    case add = "新增"
    case modify = "修改"
    case remove = "刪除"
    case handOver = "交接"
  }
  var change: Change
  var who: Int
  /// How a 修改 changes them.
  var how = 0
  var prior: Int?
  var role = "admin"
  var system = Facts.first
  var day: Int64?
}

enum Verdict: String, CaseIterable, Sendable { case approved, rejected, returned }

enum Step: Sendable {
  /// Applies with both codes: opens the account, takes an invitation up, or comes back.
  case apply(Int)
  case changeContacts(Int, how: Int)
  /// Only begins to: nothing is proven.
  case applyInVain(Int)
  case signIn(Int)
  case ask(Int, Ask)
  case decide(Int, Label, Verdict)
  case resubmit(Int, Label, until: Int64?)
  case withdraw(Int, Label)
  /// nil is the operator.
  case revoke(Int?, Label)
  case account(Int?, AccountVerb, of: Int)
  case form(Int?, [FormLine], isPartial: Bool)
  case openReview(Int?, days: Int64, under: String?)
  case answer(Int, Label, keeps: Bool)
  case closeReview(Int?)
  case succeed([String], by: String, inDays: Int64)
  case undo([String])
  case addSystem
  case bound(days: Int64?)
  case appoint(Int, system: String)
  /// Time passes; then cron runs, each day or only at the end.
  case wait(Int64, Cron)

  enum Cron: Sendable { case none, after, daily }

  var actor: Int? {
    switch self {
    case .signIn(let who), .ask(let who, _), .decide(let who, _, _), .resubmit(let who, _, _),
      .withdraw(let who, _), .answer(let who, _, _):
      who
    case .revoke(let who, _), .account(let who, _, _), .form(let who, _, _),
      .openReview(let who, _, _), .closeReview(let who):
      who
    default: nil
    }
  }

  /// Whether somebody has to be signed in for it.
  var isPersonal: Bool { actor != nil }

  var isTime: Bool { if case .wait = self { true } else { false } }
  var runsCron: Bool { if case .wait(_, let cron) = self { cron != .none } else { false } }
}

/// What became of a step.
enum Outcome: Equatable, Sendable {
  case done
  case refused(String)
  /// Whom or what it names is not there.
  case skipped
}

/// What a walk did wrong.
struct Fault: Error, CustomStringConvertible {
  /// Which law: what is shortened must fail by the same one.
  let law: String
  let detail: String
  /// The number of what it is about.
  var subject: Int64?

  var description: String { "\(law): \(detail)" }
}
