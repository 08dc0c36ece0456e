// What is said of one person, and of whom others could have read.

import IAuthCore
import Sheets
import Values

extension Shape {
  static let event = Shape(
    "event", by: "accounts --history",
    [
      .number("seq"), .time("at"), .text("caller"), .number("account").optional,
      .text("name").optional, .text("action"), .text("subject"), .text("outcome"),
      .text("note").optional,
    ])
  static let affected = Shape(
    "affected", by: "accounts --affected",
    [
      .number("account").optional, .text("application").optional, agency, .text("name"),
      .text("email"), .text("mobile"),
      .texts("callers"), .words("exposures", Exposure.allCases.map(\.rawValue)),
    ])
  static let person = Shape(
    "person", by: "accounts --export",
    [.number("account"), agency, .time("exported_at")]
      + PersonSections.all.enumerated().map { index, section in
        let fields = section.columns.map { column in
          switch column.kind {
          case .text: Field.text(column.name).optional
          case .number: Field.number(column.name).optional
          case .time: Field.time(column.name).optional
          }
        }
        return index == 0 ? .object(section.name, fields) : .objects(section.name, fields)
      })
  static let addressUnlocked = Shape(
    "address-unlocked", by: "accounts --unlock --agency", extra: [.text("email"), .text("mobile")],
    [agency, .flag("unlocked")])
}
