// What a target system has, against what is in force here (PRODUCT 11.5, `--compare`). Its list comes
// as CSV with a header or as JSON lines; people are told apart by their mailbox alone.

import SQLite
import Sheets
import Values

/// Someone's role in a target system, as its list has it.
package struct TargetEntry: Sendable, Equatable {
  package let email: String
  package let role: String

  package init(email: String, role: String) {
    self.email = email
    self.role = role
  }
}

/// One difference between the two lists.
package struct FeedDifference: Sendable, Equatable {
  package enum Kind: String, Sendable { case missing, extra, different }

  package let kind: Kind
  package let email: String
  /// The role that is in force here; nil if none is.
  package let expected: String?
  /// The role that the target system has; nil if none.
  package let found: String?

  /// Every difference, by mailbox.
  static func between(ours: [TargetEntry], theirs: [TargetEntry]) -> [FeedDifference] {
    let strongest = { (a: String, b: String) in min(a, b) }
    let mine = Dictionary(ours.map { ($0.email, $0.role) }, uniquingKeysWith: strongest)
    let other = Dictionary(theirs.map { ($0.email, $0.role) }, uniquingKeysWith: strongest)
    return Set(mine.keys).union(other.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .compactMap { email in
        let (expected, found) = (mine[email], other[email])
        if expected == found { return nil }
        let kind: Kind = found == nil ? .missing : expected == nil ? .extra : .different
        return FeedDifference(kind: kind, email: email, expected: expected, found: found)
      }
  }
}

extension Transaction {
  /// Reads a target system's list: JSON lines, each with `email` and `role`, or CSV (a header with
  /// those words, or a form's titles for the same, in any order, among other columns).
  ///
  /// - Throws: `sheet.header`, `sheet.unreadable`, `email.invalid`, `role.invalid`, `limit.*`.
  func targetEntries(_ bytes: [UInt8]) throws(IAuthError) -> [TargetEntry] {
    let text = TextEncoding.withoutMark(bytes)
    let first = text.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    guard first == UInt8(ascii: "{") else { return try Self.csvEntries(bytes) }
    var entries: [TargetEntry] = []
    for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where line.contains(where: { $0 > 0x20 }) {
      // SQLite reads JSON well; a reader of our own would be one more.
      let text = String(decoding: line, as: UTF8.self)
      guard let fields = try self.first(FeedTable.entry, text, read: { ($0.text(0), $0.text(1)) })
      else { throw .sheetUnreadable(.notJSON(row: index + 1)) }
      entries.append(try TargetEntry(typed: fields.0, fields.1, row: index + 1))
    }
    return entries
  }

  private static func csvEntries(_ bytes: [UInt8]) throws(IAuthError) -> [TargetEntry] {
    var reader = DelimitedReader(bytes)
    guard let header = try reader.next() else { return [] }
    let keys = header.cells.map { FormColumn.key($0) }
    // The words themselves first: beside them a title that means the same in a form is another's.
    let place = { (word: String, column: FormColumn) in
      keys.firstIndex { $0 == word } ?? header.cells.firstIndex { FormColumn(title: $0) == column }
    }
    let places = (email: place("email", .email), role: place("role", .role))
    guard let email = places.email, let role = places.role else {
      let missing = [(places.email, "email"), (places.role, "role")].filter { $0.0 == nil }
      throw .sheetHeader(missing: missing.map(\.1), duplicated: [])
    }
    var entries: [TargetEntry] = []
    while let row = try reader.next() {
      guard !row.isBlank else { continue }
      let cell = { (column: Int) in column < row.cells.count ? row.cells[column] : "" }
      entries.append(try TargetEntry(typed: cell(email), cell(role), row: row.number))
    }
    return entries
  }
}

extension TargetEntry {
  fileprivate init(typed email: String, _ role: String, row: Int) throws(IAuthError) {
    do throws(IAuthError) {
      guard !Folding.fold(role).isEmpty else { throw .roleInvalid(role) }
      self.init(email: try EmailAddress(email).text, role: try Role(cell: role).rawValue)
    } catch {
      throw .inRow(row, error)
    }
  }
}
