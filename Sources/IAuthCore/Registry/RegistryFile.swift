// The national registry's file (政府機關 OID, data set 7081 of data.gov.tw) in both official forms,
// and the cleaned form that ships, which also names superiors. The official file is dirty: what can
// be read without guessing is folded, every other row is rejected by its number.

import Sheets
import Values

/// One agency as a registry file describes it.
package struct RegistryEntry: Equatable, Sendable {
  package let code: AgencyCode
  /// The 機關代碼, if the file has it.
  package let orgCode: String?
  package let name: String
  /// The distinguished name, from the agency up to `c=TW`; it tells agencies of one name apart.
  package let path: String
  package let phone: String
  package let address: String
  /// The superior agency, if the file names one; the official forms never do.
  package let superior: AgencyCode?
  /// Whether the named superior was derived from the codes, not taken from a list of agencies.
  package let isDerived: Bool
  package let status: AgencyStatus
}

/// A row that was not loaded.
package struct RegistryRejection: Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    case code, name, superior, status
    /// The code stands already in the row with this number.
    case duplicate(of: Int)
  }

  /// The sheet's own row number, from 1.
  package let row: Int
  package let reason: Reason
}

package struct RegistryFile: Sendable {
  package private(set) var entries: [RegistryEntry] = []
  package private(set) var rejected: [RegistryRejection] = []
  /// The codes of all rows that have one, rejected or not: such an agency has not vanished.
  package private(set) var listed: Set<String> = []

  /// Reads CSV in UTF-8, its columns by the header of its first row.
  ///
  /// - Throws: `.sheetHeader` if it names no code or no name, `.sheetEmpty` if no row follows, and
  ///   what `DelimitedReader` refuses.
  package init(_ bytes: [UInt8]) throws(IAuthError) {
    var reader = DelimitedReader(bytes)
    guard let header = try reader.next() else { throw .sheetEmpty }
    let columns = try Self.columns(of: header)
    var rowOfCode: [String: Int] = [:]
    while let row = try reader.next() {
      guard !row.isBlank else { continue }
      switch Self.entry(in: row, columns: columns) {
      case .failure(let reason):
        rejected.append(RegistryRejection(row: row.number, reason: reason.value))
        if let code = reason.code { listed.insert(code.text) }
      case .success(let entry):
        if let first = rowOfCode[entry.code.text] {
          rejected.append(RegistryRejection(row: row.number, reason: .duplicate(of: first)))
        } else {
          rowOfCode[entry.code.text] = row.number
          listed.insert(entry.code.text)
          entries.append(entry)
        }
      }
    }
    guard !(entries.isEmpty && rejected.isEmpty) else { throw .sheetEmpty }
  }

  private enum Column: CaseIterable {
    case code, orgCode, name, path, phone, address, superior, superiorSource, status

    /// The titles in the official form of 2019, in today's, and in the cleaned form.
    var titles: [String] {
      switch self {
      case .code: ["OID"]
      case .orgCode: ["OrgCode", "agency_code"]
      case .name: ["機關名稱", "OrgName", "name"]
      case .path: ["DN"]
      case .phone: ["電話", "TEL", "phone"]
      case .address: ["地址", "Address"]
      case .superior: ["superior_oid"]
      case .superiorSource: ["superior_source"]
      case .status: ["status"]
      }
    }
  }

  private static func columns(of header: SheetRow) throws(IAuthError) -> [Column: Int] {
    let keys = header.cells.map { FormColumn.key($0) }
    var columns: [Column: Int] = [:]
    var duplicated: [String] = []
    for column in Column.allCases {
      let known = column.titles.map { FormColumn.key($0) }
      let found = keys.indices.filter { known.contains(keys[$0]) }
      columns[column] = found.first
      duplicated += found.dropFirst().map { header.cells[$0] }
    }
    let missing = [Column.code, .name].filter { columns[$0] == nil }.map { $0.titles[0] }
    guard missing.isEmpty, duplicated.isEmpty else {
      throw .sheetHeader(missing: missing, duplicated: duplicated)
    }
    return columns
  }

  /// A reason as the error of a `Result`.
  private struct Rejected: Error {
    let value: RegistryRejection.Reason
    var code: AgencyCode?
  }

  private static func entry(
    in row: SheetRow, columns: [Column: Int]
  ) -> Result<RegistryEntry, Rejected> {
    func text(_ column: Column) -> String {
      guard let index = columns[column], index < row.cells.count else { return "" }
      return singleSpaced(row.cells[index])
    }
    guard let code = AgencyCode(text(.code)), code.type == .oid else {
      return .failure(Rejected(value: .code))
    }
    let name = text(.name)
    guard !name.isEmpty else { return .failure(Rejected(value: .name, code: code)) }
    let superior = AgencyCode(text(.superior))
    guard superior?.type == .oid && superior != code || text(.superior).isEmpty else {
      return .failure(Rejected(value: .superior, code: code))
    }
    let word = text(.status)
    guard let status = word.isEmpty ? .active : AgencyStatus(rawValue: word), status != .succeeded
    else {
      return .failure(Rejected(value: .status, code: code))
    }
    return .success(
      RegistryEntry(
        code: code, orgCode: AgencyCode.orgCode(text(.orgCode)), name: name, path: text(.path),
        phone: text(.phone), address: text(.address),
        superior: superior,
        isDerived: ["oid-ancestor", "locality-executive"].contains(text(.superiorSource)),
        status: status))
  }

  /// The text on one line: white space and control characters, however many, are one space, and
  /// none surround it.
  private static func singleSpaced(_ text: String) -> String {
    // Most cells are visible ASCII and Han (lead byte 0xE4 and above), with nothing to take away.
    let isPlain = text.utf8.allSatisfy {
      (0x21...0x7E).contains($0) || (0x80...0xC1).contains($0) || $0 >= 0xE4
    }
    guard !isPlain else { return text }
    var words: [String] = []
    for word in text.unicodeScalars.split(whereSeparator: {
      $0.properties.isWhitespace || $0.properties.generalCategory == .control
    }) {
      words.append(String(word))
    }
    return words.joined(separator: " ")
  }
}
