// Finding an agency by what people call it (PRODUCT 3.1): a code, part of the name, or letters of the
// name in their order, as 疾管署 is short for 疾病管制署.

import SQLite
import Sheets
import Values

extension Service {
  /// Agencies by code or name: the exact code first, then the exact name, then by code; where no
  /// name has the words in one piece, those that have their letters in order, the best first.
  ///
  /// - Throws: `agency.unknown` for `under`.
  package func agencies(
    _ query: String, under: String?, limit: Int?
  ) throws(IAuthError) -> [AgencyLineItem] {
    try store.read { (tx) throws(IAuthError) in
      let top = try under.map { (code) throws(IAuthError) in try tx.agency(typed: code).id }
      let words = AgencyCode(query)?.text ?? Radicals.folded(Folding.fold(query))
      _ = try? tx.agency(typed: query)
      let found = try tx.all(
        AgencyTable.search, words, top, limit ?? Int.max, AgencyCode.orgCode(query)
      ) { row in AgencyLineItem(row: row) }
      guard found.isEmpty, let letters = AgencyLetters(words) else {
        return try tx.withSuccessors(found)
      }
      let named = try tx.all(AgencyTable.letters, letters.pattern, top) { row in
        AgencyLineItem(row: row)
      }
      return try tx.withSuccessors(Array(letters.ranked(named).prefix(limit ?? Int.max)))
    }
  }
}

/// Letters that stand in a name in their order, and how well they fit it.
struct AgencyLetters {
  private let letters: [Unicode.Scalar]

  /// Nil where fewer than two letters are left: one is no name.
  init?(_ query: String) {
    letters = Self.folded(query).filter { !$0.properties.isWhitespace }
    guard (2...Limits.agencyLetters).contains(letters.count) else { return nil }
  }

  /// For LIKE, whose own marks are escaped by `|`.
  var pattern: String {
    var pattern = "%"
    for letter in letters {
      if ["%", "_", "|"].contains(letter) { pattern += "|" }
      pattern.unicodeScalars.append(letter)
      pattern += "%"
    }
    return pattern
  }

  /// The best first: one that holds; whose name begins and ends as the short one does; the shorter.
  ///
  /// They come in the order of their codes, and stay so where nothing else tells them apart.
  func ranked(_ found: [AgencyLineItem]) -> [AgencyLineItem] {
    let ranks = found.map(rank)
    return found.indices.sorted { a, b in
      ranks[a] == ranks[b] ? a < b : ranks[a].lexicographicallyPrecedes(ranks[b])
    }.map { found[$0] }
  }

  private func rank(_ item: AgencyLineItem) -> [Int] {
    let name = Self.folded(item.agency.name)
    let begins = Self.beginnings(of: item.agency, name).contains { place in
      place < name.count && name[place] == letters.first
    }
    let ends = name.last == letters.last
    return [
      item.agency.status == .removed ? 1 : 0, begins && ends ? 0 : 1, ends ? 0 : 1,
      begins ? 0 : 1, name.count,
    ]
  }

  /// Where a name may be said to begin: behind that of an agency above it, too, and behind what is
  /// never said.
  private static func beginnings(of agency: Agency, _ name: [Unicode.Scalar]) -> [Int] {
    var places = [0]
    let above = agency.path.utf8.split(separator: UInt8(ascii: ",")).dropFirst().map { part in
      String(decoding: part.drop { $0 != UInt8(ascii: "=") }.dropFirst(), as: UTF8.self)
    }
    for prefix in above + ["國立", "行政院"] {
      let letters = folded(prefix)
      if !letters.isEmpty, name.starts(with: letters) { places.append(letters.count) }
    }
    return places
  }

  private static func folded(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.map { $0 == "台" ? "臺" : $0 }
  }
}
