// The shapes for programs: `iauth help json` as text or JSON, and a JSON Schema (2020-12) that every
// output validates against. Both are made from the declarations in Shapes.swift.

import IAuthCore
import Sheets
import Values

extension Shape {
  /// Every object, in the order of Shapes.swift.
  static let all: [Shape] = [
    .application, .signIn, .session, .home, .signedOut, .requested, .ownRequest, .withdrawn,
    .pending, .requestDetail, .reminderRun, .decided, .revoked, .administrator, .lacking,
    .appointed, .batch, .importRow, .importSummary, .agencies, .registryLoaded, .system,
    .account, .accountChanged, .event, .affected, .person, .made, .delivery, .message,
    .fates, .tested, .succession, .messageChanged, .auditEntry,
    .auditAction, .auditExport, .auditCheckpoint, .auditHead, .witnessSettled, .auditInclusion,
    .auditProof, .addressUnlocked, .migrated, .finding, .backedUp, .rotated, .restored, .key,
    .keyEnrolled,
    .keyWithdrawn,
    .permission,
    .change, .feedState, .difference, .figures, .recertificationItem, .recertificationOpened,
    .recertificationAnswered, .recertificationStatus, .recertificationClosed,
    .recertificationRow, .recertificationSheet, .recertificationEvidence, .completionScript,
    .commandHelp, .statusHelp, .version, .shape, .error,
  ]

  /// A line of `help json --json`.
  var json: JSON {
    [
      "object": .string(name), "by": .string(by),
      "fields": .array((fields + extra.map(\.optional)).flatMap { $0.lines(below: "") }),
    ]
  }

  /// A line a field: its name, its type and its words.
  var fieldLines: [String] {
    (fields + extra.map(\.optional)).flatMap { $0.lines(below: "") }.map { line in
      guard case .string(let name)? = line["name"], case .string(let type)? = line["type"] else {
        return ""
      }
      let mark = line["optional"] == true ? "?" : ""
      let words =
        line["values"].map { value in
          if case .array(let words) = value, !words.isEmpty {
            ": " + words.map(\.cell).joined(separator: ", ")
          } else {
            ""
          }
        } ?? ""
      return "\(name)\(mark)  \(type)\(words)"
    }
  }

  /// The schema of one object, closed: what is not declared is not written.
  var schema: JSON { Self.schema(of: fields, extra: extra, isWhole: true) }

  /// Of one whose columns were chosen: some of its fields.
  var partSchema: JSON { Self.schema(of: fields, extra: extra, isWhole: false) }

  fileprivate static func schema(of fields: [Field], extra: [Field] = [], isWhole: Bool) -> JSON {
    var members: [JSON.Member] = [
      JSON.Member(key: "type", value: "object"),
      JSON.Member(key: "additionalProperties", value: false),
      JSON.Member(
        key: "properties",
        value: .object(
          of: (fields + extra).map { JSON.Member(key: $0.name, value: $0.schema) })),
    ]
    if isWhole {
      members.append(
        JSON.Member(key: "required", value: .array(fields.map { .string($0.name) })))
    } else {
      members.append(JSON.Member(key: "minProperties", value: 1))
    }
    return .object(of: members)
  }
}

extension Shape.Field {
  /// Name and type, and those of the parts, as `agency.code` or `problems[].code`.
  fileprivate func lines(below path: String) -> [JSON] {
    let own = path + name
    let line: JSON = [
      "name": .string(own), "type": .string(kind.word), "optional": .bool(isOptional),
      "values": .texts(kind.values),
    ]
    return [line] + kind.parts.flatMap { $0.lines(below: own + kind.step) }
  }

  fileprivate var schema: JSON {
    guard isOptional else { return kind.schema }
    return ["anyOf": [kind.schema, ["type": "null"]]]
  }
}

extension Shape.Kind {
  /// As the manual calls it.
  var word: String {
    switch self {
    case .text: "string"
    case .number: "integer"
    case .decimal: "number"
    case .flag: "boolean"
    case .time: "time"
    case .word: "word"
    case .object: "object"
    case .array(let kind): "array of \(kind.word)"
    }
  }

  /// The closed vocabulary.
  var values: [String] {
    switch self {
    case .word(let words): words
    case .array(let kind): kind.values
    default: []
    }
  }

  fileprivate var parts: [Shape.Field] {
    switch self {
    case .object(let fields): fields
    case .array(let kind): kind.parts
    default: []
    }
  }

  fileprivate var step: String {
    if case .array = self { "[]." } else { "." }
  }

  fileprivate var schema: JSON {
    switch self {
    case .text: ["type": "string"]
    case .number: ["type": "integer"]
    case .decimal: ["type": "number"]
    case .flag: ["type": "boolean"]
    case .time:
      ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"]
    case .word(let words): ["enum": .texts(words)]
    case .object(let fields): Shape.schema(of: fields, isWhole: true)
    case .array(let kind): ["type": "array", "items": kind.schema]
    }
  }
}

enum JSONSchema {
  /// One document for every line that iauth writes with --json, errors too.
  static var document: JSON {
    let lists = Shape.all.filter { $0.isListed }
    let definitions =
      Shape.all.map { JSON.Member(key: $0.name, value: $0.schema) }
      + lists.map { JSON.Member(key: "\($0.name)-columns", value: $0.partSchema) }
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": "https://spm.nat.gov.tw/iauth/output.schema.json",
      "title": "iauth --json, one object a line",
      "anyOf": .array(definitions.map { ["$ref": .string("#/$defs/\($0.key)")] }),
      "$defs": .object(of: definitions),
    ]
  }
}
