// What an answer at a prompt is looked at with: the domain's own reading, whose result is dropped.

import IAuthCore
import Sheets
import Values

enum AnswerCheck {
  static let name = { @Sendable (text: String) throws(IAuthError) in _ = try PersonName(text) }
  static let email = { @Sendable (text: String) throws(IAuthError) in _ = try EmailAddress(text) }
  static let mobile = { @Sendable (text: String) throws(IAuthError) in _ = try MobileNumber(text) }
  static let reason = { @Sendable (text: String) throws(IAuthError) in
    _ = try FreeText.typedReason(text)
  }
  static let document = { @Sendable (text: String) throws(IAuthError) in
    guard try FreeText.filled(text, FreeText.document) != nil else {
      throw .documentInvalid(.empty)
    }
  }
  static let day = { @Sendable (text: String) throws(IAuthError) in
    _ = try DayArgument.parse(text, for: "")
  }
}
