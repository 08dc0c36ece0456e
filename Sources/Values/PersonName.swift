// A person's name: kept as typed, since it is theirs, and compared by a form in which the usual
// spellings of one name are one (PRODUCT 3.1). Its length is counted in scalars: so the database
// counts, and stacked marks cannot get round it.

package struct PersonName: Hashable, Sendable {
  /// The name as typed, without surrounding white space.
  package let text: String
  /// The form that names are compared by; never shown.
  package let key: String

  /// Parses a name as typed or as it stands in a sheet.
  ///
  /// - Throws: `nameInvalid`.
  package init(_ typed: String) throws(IAuthError) {
    let trimmed = Radicals.folded(Folding.trim(typed))
    guard !trimmed.isEmpty else { throw .nameInvalid(.empty) }
    if let scalar = trimmed.firstHostileScalar {
      throw .nameInvalid(.forbidden(scalar: scalar.value))
    }
    let scalars = trimmed.unicodeScalars
    guard scalars.count <= Limits.nameLength else {
      throw .nameInvalid(.tooLong(max: Limits.nameLength))
    }
    // A mark at the front would sit on whatever stands before the name; without any letter there
    // is nothing to compare names by.
    if let scalar = Self.firstForbidden(in: scalars) {
      throw .nameInvalid(.forbidden(scalar: scalar.value))
    }
    guard scalars.contains(where: \.isLetter) else { throw .nameInvalid(.noLetter) }
    guard scalars.first?.isMark == false else { throw .nameInvalid(.malformed) }
    self.init(stored: trimmed)
  }

  /// A name that was parsed before it was stored.
  package init(stored: String) {
    text = stored
    key = NameComparison.key(of: stored)
  }

  /// A name that was stored with its comparison form.
  package init(stored: String, key: String) {
    text = stored
    self.key = key
  }

  /// Whether letters stand together that no one writing system has: a Cyrillic `а` among Latin
  /// ones, say.
  ///
  /// Chinese, Japanese and Korean names have Latin letters beside their own (UTS #39, 5.2, highly
  /// restrictive), and bopomofo and kana stand with Chinese characters. Of what was typed, its
  /// comparison form is looked at, where full-width letters are Latin ones.
  package var isMixedScript: Bool {
    let scripts = Set(key.unicodeScalars.compactMap(NameComparison.script))
    return scripts.count > 1
      && !scripts.isSubset(of: ["Latn", "Hani", "Bopo", "Hira", "Kana"])
      && !scripts.isSubset(of: ["Latn", "Hani", "Hang"])
  }

  /// The first character that no name holds; `^` and `:` are letters of indigenous languages
  /// (Fa^as, Ba:i'), and stand inside a word.
  private static func firstForbidden(in scalars: String.UnicodeScalarView) -> Unicode.Scalar? {
    var previous: Unicode.Scalar?
    for index in scalars.indices {
      let scalar = scalars[index]
      defer { previous = scalar }
      if isAllowed(scalar) { continue }
      let next = scalars.index(after: index)
      let isInside =
        previous.map { $0.isLetter || $0.isMark || NameComparison.isApostrophe($0) } ?? false
      guard scalar == "^" || scalar == ":", isInside, next < scalars.endIndex,
        scalars[next].isLetter || NameComparison.isApostrophe(scalars[next])
      else { return scalar }
    }
    return nil
  }

  /// Letters, marks, digits and spaces of any script, apostrophes, hyphens, periods, middle dots.
  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\u{4E00}"..."\u{9FFF}", "a"..."z", "A"..."Z":
      true
    case "-", "\u{2010}", "\u{2011}", "\u{FE63}", "\u{FF0D}", ".", "\u{3002}", "\u{FE52}",
      "\u{FF61}":
      true
    default:
      scalar.isLetter || scalar.isMark || NameComparison.isMiddleDot(scalar)
        || NameComparison.isApostrophe(scalar)
        || [.decimalNumber, .spaceSeparator].contains(scalar.properties.generalCategory)
    }
  }
}

extension Unicode.Scalar {
  /// Letters, and letter numbers such as `〇`; all of the planes that hold nothing but ideographs.
  fileprivate var isLetter: Bool {
    if (0x4E00...0x9FFF).contains(value) { return true }
    return switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .letterNumber:
      true
    default:
      (0x20000...0x3FFFD).contains(value)
    }
  }

  fileprivate var isMark: Bool {
    if value < 0x80 || (0x4E00...0x9FFF).contains(value) { return false }
    return switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }
}
