// Text that people write in their own words. It is kept as typed, within a length, and without
// characters that deceive its reader; what it means is for people to say.

package enum FreeText {
  /// A job title (職稱); empty if there is none.
  ///
  /// - Throws: `titleInvalid`.
  package static func title(_ typed: String) throws(IAuthError) -> String {
    try line(typed, max: Limits.titleLength, IAuthError.titleInvalid)
  }

  /// A unit of the agency (單位); empty if there is none.
  ///
  /// - Throws: `titleInvalid`.
  package static func unit(_ typed: String) throws(IAuthError) -> String {
    try line(typed, max: Limits.unitLength, IAuthError.titleInvalid)
  }

  /// An office telephone, with its extension in whatever spelling; empty if there is none.
  ///
  /// - Throws: `phoneInvalid`.
  package static func phone(_ typed: String) throws(IAuthError) -> String {
    try line(typed, max: Limits.phoneLength, IAuthError.phoneInvalid)
  }

  /// The number of an official letter, folded, as letters are looked up by it; empty if none.
  ///
  /// - Throws: `documentInvalid`.
  package static func document(_ typed: String) throws(IAuthError) -> String {
    try line(Folding.fold(typed), max: Limits.documentLength, IAuthError.documentInvalid)
  }

  /// A reason that must be given.
  ///
  /// - Throws: `reasonInvalid`, also when it is empty.
  package static func reason(_ typed: String) throws(IAuthError) -> String {
    let text = try note(typed)
    guard !text.isEmpty else { throw .reasonInvalid(.empty) }
    return text
  }

  /// A note or reason that may be left out; it may have several lines.
  ///
  /// - Throws: `reasonInvalid`.
  package static func note(_ typed: String) throws(IAuthError) -> String {
    try line(
      withLineFeeds(typed), max: Limits.reasonLength, allowing: "\n", IAuthError.reasonInvalid)
  }

  private static func line(
    _ typed: String, max: Int, allowing allowed: Unicode.Scalar? = nil,
    _ error: (ValueProblem) -> IAuthError
  ) throws(IAuthError) -> String {
    let text = Folding.trim(typed)
    if let scalar = text.unicodeScalars.first(where: { $0.isHostile && $0 != allowed }) {
      throw error(.forbidden(scalar: scalar.value))
    }
    guard text.unicodeScalars.count <= max else { throw error(.tooLong(max: max)) }
    return text
  }

  /// CR LF becomes LF; a CR by itself stays, and is refused.
  private static func withLineFeeds(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n", result.last == "\r" { result.removeLast() }
      result.append(scalar)
    }
    return String(result)
  }
}
