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
    // What nobody sees says nothing (U+2800 is a blank that counts as a sign).
    let isSeen = { (scalar: Unicode.Scalar) in
      !scalar.isHostile && !scalar.properties.isWhitespace && scalar != "\u{2800}"
    }
    guard text.unicodeScalars.contains(where: isSeen) else { throw .reasonInvalid(.empty) }
    return text
  }

  /// A note or reason that may be left out; it may have several lines.
  ///
  /// It is pasted from letters, sheets and screens, and kept as it came: whoever shows it shows what
  /// could steer a terminal or turn the writing round as `\u{…}`. NUL alone no text has.
  /// - Throws: `reasonInvalid`.
  package static func note(_ typed: String) throws(IAuthError) -> String {
    let text = Folding.trim(withLineFeeds(typed))
    guard !text.unicodeScalars.contains("\0") else {
      throw .reasonInvalid(.forbidden(scalar: 0))
    }
    guard text.unicodeScalars.count <= Limits.reasonLength else {
      throw .reasonInvalid(.tooLong(max: Limits.reasonLength))
    }
    return text
  }

  /// A reason that somebody types at a prompt: keys that mean nothing there leave characters behind
  /// that nobody meant to write.
  ///
  /// - Throws: `reasonInvalid`, also when it is empty.
  package static func typedReason(_ typed: String) throws(IAuthError) -> String {
    _ = try line(typed, max: Limits.reasonLength, allowing: "\t", IAuthError.reasonInvalid)
    return try reason(typed)
  }

  /// What `parse` makes of an optional text; empty counts as not given.
  package static func filled(
    _ typed: String?, _ parse: (String) throws(IAuthError) -> String
  ) throws(IAuthError) -> String? {
    guard let typed else { return nil }
    let text = try parse(typed)
    return text.isEmpty ? nil : text
  }

  /// The name of an agency or a system, as the operator enters it.
  ///
  /// - Throws: `nameInvalid`.
  package static func label(_ typed: String) throws(IAuthError) -> String {
    let text = try line(Folding.trim(typed), max: Limits.nameLength, IAuthError.nameInvalid)
    guard !text.isEmpty else { throw .nameInvalid(.empty) }
    return text
  }

  /// The code of a target system: small letters, digits and hyphens.
  ///
  /// - Throws: `systemInvalid`.
  package static func systemCode(_ typed: String) throws(IAuthError) -> String {
    let text = Folding.fold(typed)
    guard !text.isEmpty else { throw .systemInvalid(.empty) }
    guard text.utf8.count <= Limits.systemCodeLength else {
      throw .systemInvalid(.tooLong(max: Limits.systemCodeLength))
    }
    let isPlain = text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
    }
    guard isPlain, text.utf8.first != UInt8(ascii: "-") else { throw .systemInvalid(.malformed) }
    return text
  }

  /// The address of a target system: https or http, without white space.
  ///
  /// - Throws: `systemInvalid`.
  package static func url(_ typed: String) throws(IAuthError) -> String {
    let text = try line(Folding.fold(typed), max: Limits.emailOctets, IAuthError.systemInvalid)
    let isWeb = ["https://", "http://"].contains { text.utf8.starts(with: $0.utf8) }
    guard isWeb, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .systemInvalid(.malformed)
    }
    return text
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

  /// CR LF becomes LF, with any more CR in front of it; a CR by itself stays.
  private static func withLineFeeds(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" { while result.last == "\r" { result.removeLast() } }
      result.append(scalar)
    }
    return String(result)
  }
}
