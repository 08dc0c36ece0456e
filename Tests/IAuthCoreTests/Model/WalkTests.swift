// Random walks through a small world (PRODUCT 3.4 to 3.7, 11.1 to 11.4): every verb in any order on
// a moving clock, against the plain reference. `Scripts/walks SEEDS` takes as many as there is time
// for; what fails is made as short as it gets, and printed with its seed.

import Foundation
import Testing

@testable import IAuthCore
@testable import Values

/// The world before the first step, set up once.
private enum World0 {
  static func make() throws -> Desk {
    let desk = try Desk()
    let chief = try desk.chief()
    for person in [Person.li, .huang, .liu] {
      _ = try desk.administrator(person, approvedBy: chief)
    }
    for person in [Person.lin, .tsai, .wu] { try desk.opened(person) }
    desk.wait(.minutes(2))
    try desk.opened(Cast.people[7])
    desk.wait(.minutes(2))
    return desk
  }
}

/// One seed's walk, and how it is shortened.
struct WalkRun {
  let template: Desk
  let seed: UInt64

  /// - Returns: the steps that were taken, and what went wrong at the last.
  func walk(_ length: Int) throws -> (steps: [(Int, Step)], fault: Fault?) {
    let walk = try Walk(template, seed: seed)
    var draw = Draw(seed)
    var steps: [(Int, Step)] = []
    for number in 0..<length {
      steps.append((number, walk.choose(&draw)))
      if let fault = try fault({ try walk.take(steps[number].1, number: number) }) {
        return (steps, fault)
      }
    }
    return (steps, try fault { try walk.finish() })
  }

  /// Takes given steps.
  func replay(_ steps: [(Int, Step)]) throws -> Fault? {
    let walk = try Walk(template, seed: seed)
    for (number, step) in steps {
      if let fault = try fault({ try walk.take(step, number: number) }) { return fault }
    }
    return try fault { try walk.finish() }
  }

  /// Leaves out whatever is not needed for the same law to be broken.
  func shortened(_ steps: [(Int, Step)], _ fault: Fault) throws -> ([(Int, Step)], Fault) {
    var (left, last) = (steps, fault)
    var size = max(1, steps.count / 2)
    while true {
      var place = 0
      while place < left.count {
        var fewer = left
        fewer.removeSubrange(place..<min(place + size, left.count))
        if let other = try replay(fewer), other.law == fault.law {
          (left, last) = (fewer, other)
        } else {
          place += size
        }
      }
      if size == 1 { return (left, last) }
      size /= 2
    }
  }

  private func fault(_ body: () throws -> Void) throws -> Fault? {
    do {
      try body()
      return nil
    } catch let fault as Fault {
      return fault
    } catch {
      return Fault(law: "no other error", detail: "\(error)")
    }
  }

  func report(_ steps: [(Int, Step)], _ fault: Fault) -> String {
    "seed \(seed): \(fault)\n" + steps.map { "  \($0.0) \($0.1)" }.joined(separator: "\n")
  }
}

@Suite struct RandomWalkTests {
  private static let few: UInt64 = 24
  private static let length = 25

  private static let typed = ProcessInfo.processInfo.environment["IAUTH_WALKS"] ?? ""

  /// `IAUTH_WALKS`: how many, or from which to which (`200-400`).
  private static var seeds: ClosedRange<UInt64> {
    let numbers = typed.split(separator: "-").compactMap { UInt64($0) }
    guard let last = numbers.last, last > 0 else { return 1...few }
    return (numbers.count > 1 ? min(numbers[0], last) : 1)...last
  }

  @Test func nothingGoesWrongOnTheWay() async throws {
    let seeds = Self.seeds
    // What somebody asked for is walked to its end, whatever is found.
    let isLong = !Self.typed.isEmpty
    let reports = try await withThrowingTaskGroup(of: String?.self) { group in
      let lanes: UInt64 = 2
      for lane in 0..<lanes {
        group.addTask {
          let template = try World0.make()
          var found: String?
          for seed in seeds where seed % lanes == lane {
            let run = WalkRun(template: template, seed: seed)
            let (steps, fault) = try run.walk(
              Self.length * (isLong && seed % 3 == 0 ? 3 : 1))
            if isLong { print("seed \(seed): \(steps.count)") }
            guard let fault else { continue }
            let (short, last) = try run.shortened(steps, fault)
            found = (found.map { $0 + "\n" } ?? "") + run.report(short, last)
            if !isLong { break }
            print(run.report(short, last))
          }
          return found
        }
      }
      return try await group.reduce(into: [String]()) { all, next in
        if let next { all.append(next) }
      }
    }
    for report in reports { Issue.record("\(report)") }
  }
}
