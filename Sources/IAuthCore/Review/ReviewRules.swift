// Who may decide on a request, as one straight line: the first refusal that applies is the answer
// (PRODUCT 3.4 gives the order). Pure, so that the whole table stands in one test.

import Sheets
import Values

/// Everything that the question "may they decide?" depends on.
package struct ReviewQuestion: Sendable, Equatable {
  package var number: RequestID
  /// Whether the request exists and the reviewer may see it.
  package var isVisible: Bool
  /// Whether the reviewer decides on anything at all.
  package var isReviewer: Bool
  /// Whether the request falls to this reviewer.
  package var isInside: Bool
  /// Whether the reviewer is the applicant or the submitter.
  package var isOwn: Bool
  /// The refusal that a decided request answers with.
  package var decided: IAuthError?
  /// What the reviewer says that they saw, if anything, and what stands there now.
  package var expectedVersion: String?
  package var version: String
  package var needsBothCodes: Bool
  package var hasBothCodes: Bool

  package init(
    number: RequestID, isVisible: Bool, isReviewer: Bool, isInside: Bool, isOwn: Bool,
    decided: IAuthError?, expectedVersion: String?, version: String, needsBothCodes: Bool,
    hasBothCodes: Bool
  ) {
    self.number = number
    self.isVisible = isVisible
    self.isReviewer = isReviewer
    self.isInside = isInside
    self.isOwn = isOwn
    self.decided = decided
    self.expectedVersion = expectedVersion
    self.version = version
    self.needsBothCodes = needsBothCodes
    self.hasBothCodes = hasBothCodes
  }
}

package enum ReviewRules {
  /// The first refusal that applies to a decision; nil if it may be made.
  ///
  /// That someone is signed in was asked before (`session.none`, `session.expired`).
  package static func refusal(_ q: ReviewQuestion) -> IAuthError? {
    if !q.isVisible { return .requestUnknown(number: q.number) }
    if !q.isReviewer { return .rightMissing(.reviewer) }
    if !q.isInside { return .requestOutside(number: q.number) }
    if q.isOwn { return .requestOwn(number: q.number) }
    if let decided = q.decided { return decided }
    if let expected = q.expectedVersion, expected != q.version {
      return .requestChanged(number: q.number)
    }
    if q.needsBothCodes && !q.hasBothCodes { return .sessionStepUp }
    return nil
  }
}
