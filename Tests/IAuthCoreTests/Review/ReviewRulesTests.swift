// The table of refusals: each alone, and of every two that hold at once the earlier one
// (PRODUCT 3.4).

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// What can stand in the way, in the order of precedence.
private enum Obstacle: Int, CaseIterable {
  case invisible, noReviewer, outside, own, decided, changed, oneCode

  func apply(to q: inout ReviewQuestion) {
    switch self {
    case .invisible: q.isVisible = false
    case .noReviewer: q.isReviewer = false
    case .outside: q.isInside = false
    case .own: q.isOwn = true
    case .decided: q.decided = Self.decidedError
    case .changed: q.expectedVersion = "seen"
    case .oneCode: q.hasBothCodes = false
    }
  }

  var code: ErrorCode {
    switch self {
    case .invisible: .requestUnknown
    case .noReviewer: .rightMissing
    case .outside: .requestOutside
    case .own: .requestOwn
    case .decided: .requestDecided
    case .changed: .requestChanged
    case .oneCode: .sessionStepUp
    }
  }

  static let decidedError = IAuthError.requestDecided(
    number: 7, status: .approved, by: "陳怡君", at: Timestamp(0))
}

@Suite struct ReviewRulesTests {
  private func question(_ obstacles: [Obstacle]) -> ReviewQuestion {
    var q = ReviewQuestion(
      number: 7, isVisible: true, isReviewer: true, isInside: true, isOwn: false, decided: nil,
      expectedVersion: nil, version: "now", needsBothCodes: true, hasBothCodes: true)
    for obstacle in obstacles { obstacle.apply(to: &q) }
    return q
  }

  @Test func withoutObstaclesItMayBeDecided() {
    #expect(ReviewRules.refusal(question([])) == nil)
    var q = question([])
    q.expectedVersion = "now"
    #expect(ReviewRules.refusal(q) == nil)
    q = question([.oneCode])
    q.needsBothCodes = false
    #expect(ReviewRules.refusal(q) == nil)
  }

  @Test func everySetOfObstaclesGivesTheFirst() {
    for set in 1..<(1 << Obstacle.allCases.count) {
      let obstacles = Obstacle.allCases.filter { set & 1 << $0.rawValue != 0 }
      let refusal = ReviewRules.refusal(question(obstacles))
      #expect(refusal?.code == obstacles[0].code, "\(obstacles)")
    }
  }
}
