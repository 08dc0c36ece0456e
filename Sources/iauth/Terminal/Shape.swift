// What an object of ours in JSON consists of. Each is declared once, in Shapes.swift; the columns
// of lists, `iauth help json`, iauth-json(5) and the JSON Schema are read from there, and a test
// holds every object that is written to it.

import IAuthCore
import Sheets
import Values

struct Shape: Sendable {
  indirect enum Kind: Sendable, Equatable {
    case text, number, decimal, flag, time
    /// One of a closed vocabulary.
    case word([String])
    case object([Field])
    case array(Kind)
  }

  struct Field: Sendable, Equatable {
    let name: String
    let kind: Kind
    /// Whether it may be null.
    var isOptional = false

    /// The same, which may be null.
    var optional: Field { Field(name: name, kind: kind, isOptional: true) }

    static func text(_ name: String) -> Field { Field(name: name, kind: .text) }
    static func number(_ name: String) -> Field { Field(name: name, kind: .number) }
    static func decimal(_ name: String) -> Field { Field(name: name, kind: .decimal) }
    static func flag(_ name: String) -> Field { Field(name: name, kind: .flag) }
    static func time(_ name: String) -> Field { Field(name: name, kind: .time) }
    static func texts(_ name: String) -> Field { Field(name: name, kind: .array(.text)) }
    static func words(_ name: String, _ words: [String]) -> Field {
      Field(name: name, kind: .array(.word(words)))
    }
    static func word(_ name: String, _ words: [String]) -> Field {
      Field(name: name, kind: .word(words))
    }
    static func word<W: CaseIterable & RawRepresentable<String>>(
      _ name: String, _ type: W.Type
    ) -> Field {
      Field(name: name, kind: .word(W.allCases.map(\.rawValue)))
    }
    static func object(_ name: String, _ fields: [Field]) -> Field {
      Field(name: name, kind: .object(fields))
    }
    static func objects(_ name: String, _ fields: [Field]) -> Field {
      Field(name: name, kind: .array(.object(fields)))
    }
  }

  /// How the schema and the manual call it.
  let name: String
  /// What writes it, as it is typed.
  let by: String
  let fields: [Field]
  /// The field that --since and --until look at, of a list.
  let time: String?
  /// Whether it is a line of a list, whose columns may be chosen.
  var isListed: Bool { time != nil || Self.timeless.contains(name) }
  private static let timeless: Set<String> = [
    "agency", "system", "lacking", "finding", "key", "recertification-status", "audit-action",
    "figures", "difference",
  ]

  /// Fields that are there only sometimes.
  let extra: [Field]

  init(
    _ name: String, by: String, time: String? = nil, extra: [Field] = [], _ fields: [Field]
  ) {
    self.name = name
    self.by = by
    self.time = time
    self.extra = extra
    self.fields = fields
  }

  // MARK: Columns

  /// A field, or a part of one: `agency.code`.
  struct Column: Sendable {
    let name: String
    let field: String
    let part: String?
    let isTime: Bool

    /// The value that stands in this column; an object alone is its name.
    func value(in row: JSON) -> JSON {
      let value = row[field] ?? .null
      guard case .object = value else { return value }
      return value[part ?? "name"] ?? value
    }
  }

  /// Every column by its name, and the parts of those that have parts.
  private var columns: [Column] {
    fields.flatMap { field in
      let whole = Column(
        name: field.name, field: field.name, part: nil, isTime: field.kind == .time)
      guard case .object(let parts) = field.kind else { return [whole] }
      return [whole]
        + parts.map {
          Column(
            name: "\(field.name).\($0.name)", field: field.name, part: $0.name,
            isTime: $0.kind == .time)
        }
    }
  }

  /// What a sheet of the list has when no columns are named: every field, and the code behind an
  /// agency's name.
  var sheetColumns: [Column] {
    columns.filter { $0.part == nil || $0.part == "code" }
  }

  /// The column of a name.
  ///
  /// - Throws: `usage.value`, naming all there are.
  func column(_ name: String, of option: String) throws(IAuthError) -> Column {
    guard let found = columns.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      throw .usageValue(option: option, value: name, allowed: columns.map(\.name))
    }
    return found
  }
}

extension JSON {
  /// The member of an object.
  subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The object without the members that are not among `keys`.
  func only(_ keys: Set<String>) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { keys.contains($0.key) })
  }

  /// As it stands in a cell.
  var cell: String {
    switch self {
    case .null: ""
    case .string(let text): text
    case .array(let values) where !values.contains(where: \.isObject):
      values.map(\.cell).joined(separator: ";")
    default: text
    }
  }

  private var isObject: Bool {
    if case .object = self { true } else { false }
  }

  /// Whether this stands before another one in a sorted column: numbers by size, codes arc by arc,
  /// all else by its letters; what is missing comes last.
  func isBefore(_ other: JSON) -> Bool {
    switch (self, other) {
    case (.null, _): return false
    case (_, .null): return true
    case (.integer(let a), .integer(let b)): return a < b
    case (.string(let a), .string(let b)):
      if let a = AgencyCode(a), let b = AgencyCode(b) {
        return a.sortKey.lexicographicallyPrecedes(b.sortKey)
      }
      return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
    default: return cell < other.cell
    }
  }
}
