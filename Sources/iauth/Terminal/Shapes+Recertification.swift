// The objects of `iauth recertify`, the periodic review (帳號清查): as in `Shapes`, a field is added here
// before anything else knows it.

import IAuthCore
import Sheets
import Values

extension Shape {
  static let recertificationItem = Shape(
    "recertification-item", by: "recertify", time: "since", extra: [.texts("marks")],
    [
      .number("recertification"), .number("item"), .number("request"), agency,
      .text("name").optional, .text("title").optional, .text("system"), .word("role", Role.self),
      .time("since"), .text("granted_by").optional, .time("last_used").optional,
      .word("status", ItemStatus.self),
    ])
  static let recertificationOpened = Shape(
    "recertification-opened", by: "recertify --open",
    [
      .number("recertification"), .number("items"), .number("reviewers"), .number("unassigned"),
      .time("due"),
    ])
  static let recertificationAnswered = Shape(
    "recertification-answered", by: "recertify --keep, --end",
    [
      .number("item"), .number("request").optional, .word("status", ItemStatus.self).optional,
      .time("answered_at").optional, .text("answered_by").optional, .text("outcome"),
    ])
  static let recertificationStatus = Shape(
    "recertification-status", by: "recertify --status",
    [
      .number("recertification"), agency, .number("items"), .number("answered"), .number("open"),
      .number("ended"), .number("unassigned"),
    ])
  static let recertificationClosed = Shape(
    "recertification-closed", by: "recertify --close",
    [.number("recertification"), .number("unanswered"), .number("suspended")])
  static let recertificationRow = Shape(
    "recertification-row", by: "recertify --hand-in", extra: [.text("sheet")],
    [
      .number("row"), .number("item").optional, .word("outcome", RowOutcome.self),
      .objects(
        "problems",
        [.word("level", ["error", "warning"]), .text("column"), .text("code"), .text("message")]),
    ])
  static let recertificationSheet = Shape(
    "recertification-sheet", by: "recertify --hand-in", extra: [.texts("unread")],
    ["rows", "accepted", "rejected", "held"].map(Field.number))
  static let recertificationEvidence = Shape(
    "recertification-evidence", by: "recertify --evidence",
    [.number("recertification"), .number("items"), .texts("files")])
}
