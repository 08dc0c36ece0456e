// What a reviewer orders, and what became of it, request by request (PRODUCT 4.1, `approve`, `reject`).

import Sheets
import Values

/// What became of one request in a call.
package struct ReviewOutcome: Sendable {
  package let number: RequestID
  package let status: RequestStatus?
  package let decidedAt: Timestamp?
  package let decidedBy: String?
  /// Why it was not decided; nil if it was.
  package let refusal: IAuthError?
  /// The applicant's name and agency, for people; only of a request that was decided.
  package let name: String
  package let agency: String
  package let system: TargetSystem?
  package let role: Role?
  package let kind: RequestKind?
  package let isNational: Bool
  /// 職務代理: the permission that the reviewer stood in for.
  package var deputyFor: RequestID?
  /// Who takes over what was approved, before the end that it asked for.
  package var takenOver: TakeOver?
}

/// Which requests a call is about.
package enum ReviewTarget: Sendable {
  case numbers([RequestID])
  case batch(BatchID)
}

/// What a reviewer says of one request.
package struct DecisionOrder: Equatable, Sendable {
  package let number: RequestID
  /// `approved`, `rejected` or `returned`.
  package let verdict: RequestStatus
  package let note: String?
  /// The version that the reviewer saw.
  package let version: String?

  /// - Throws: `reason.invalid`: whoever is not approved reads why.
  package init(
    number: RequestID, verdict: RequestStatus, note: String?, version: String?
  ) throws(IAuthError) {
    self.number = number
    self.verdict = verdict
    self.note =
      verdict == .approved
      ? try FreeText.filled(note, FreeText.note) : try FreeText.reason(note ?? "")
    self.version = version
  }
}
