// Agencies by the names that sheets give them, so that a code that is missing or wrong comes with the
// one that was probably meant. What is found is said, never taken.

import Values

struct AgencyNames {
  private let byName: [String: [Agency]]

  init(_ agencies: [Agency]) {
    byName = Dictionary(grouping: agencies) { Self.key($0.name) }
  }

  /// Names compare as people's do: by NFKC, without spaces and case, 臺 and 台 as one.
  static func key(_ name: String) -> String { PersonName(stored: name).key }

  /// Whether a name ends or begins with a shorter one, both as they compare.
  static func fits(_ key: String, _ name: String) -> Bool {
    name.utf8.suffix(key.utf8.count).elementsEqual(key.utf8) || name.utf8.starts(with: key.utf8)
  }

  /// The agencies that are called exactly so.
  func exactly(named name: String) -> [Agency] {
    (byName[Self.key(name)] ?? []).sorted { $0.code < $1.code }
  }

  /// The one agency that a name fits: whose name it is, or ends or begins with it.
  func only(named name: String) -> Agency? {
    let exact = exactly(named: name)
    guard exact.isEmpty else { return exact.count == 1 ? exact[0] : nil }
    let key = Self.key(name)
    guard key.unicodeScalars.count >= 3 else { return nil }
    var found: Agency?
    for (name, agencies) in byName where Self.fits(key, name) {
      guard found == nil, agencies.count == 1 else { return nil }
      found = agencies[0]
    }
    return found
  }
}
