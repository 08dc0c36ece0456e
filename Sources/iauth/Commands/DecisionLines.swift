// Decisions as a file says them (PRODUCT 4.1, `approve --from`): a line a request, by words or as a
// sheet with a header. What cannot be read is refused by its line, before anything is decided.

import IAuthCore
import Sheets
import Values

struct DecisionLines {
  private struct Line {
    let place: Int
    let number: String
    let version: String
    /// Empty where nobody has judged yet; nil where a line has no place for it.
    let verdict: String?
    let reason: String
  }

  private var lines: [Line] = []

  /// Reads a text in any encoding that forms may have.
  ///
  /// - Throws: `sheet.header` for a header that names no number or no verdict, or one of them twice;
  ///   `sheet.unreadable`, `limit.rows`.
  init(_ bytes: [UInt8]) throws(IAuthError) {
    do throws(IAuthError) {
      try self.init(text: try Self.text(of: bytes))
    } catch {
      switch error {
      case .sheetUnreadable(.badByte(let row, _)):
        throw .sheetUnreadable(.badText(row: row, isQuote: false))
      case .sheetUnreadable(.badQuote(let row)):
        throw .sheetUnreadable(.badText(row: row, isQuote: true))
      default: throw error
      }
    }
  }

  /// The file as UTF-8.
  private static func text(of bytes: [UInt8]) throws(IAuthError) -> [UInt8] {
    guard SheetFormat.isText(bytes) else { throw .sheetUnreadable(.notText) }
    let source = MemorySource(bytes)
    let encoding = try TextEncoding.find(in: source)
    guard encoding != .utf8 else { return bytes }
    var decoder = TextDecoder(source, encoding: encoding)
    var text: [UInt8] = []
    while let piece = try decoder.next() { text += piece }
    if decoder.fault != nil {
      let row = text.count { $0 == UInt8(ascii: "\n") } + 1
      throw .sheetUnreadable(.badText(row: row, isQuote: false))
    }
    return text
  }

  private init(text bytes: [UInt8]) throws(IAuthError) {
    var reader = DelimitedReader(bytes)
    var columns: [Column: Int]?
    var isFirst = true
    var rows: [SheetRow] = []
    while let row = try reader.next() {
      guard !row.isBlank else { continue }
      guard rows.count < Limits.numbersAtOnce else {
        throw .limitDecisions(max: Limits.numbersAtOnce)
      }
      if isFirst {
        columns = try Column.named(row.cells)
        isFirst = false
        if columns != nil { continue }
      }
      rows.append(row)
    }
    if let columns {
      guard columns[.number] != nil else { throw .sheetHeader(missing: ["number"], duplicated: []) }
      // A list that nobody has judged yet decides nothing.
      guard columns[.verdict] != nil else {
        throw .sheetHeader(missing: ["verdict"], duplicated: [])
      }
      lines = rows.map { row in
        let text = { (column: Column) in
          columns[column].flatMap { $0 < row.cells.count ? Folding.trim(row.cells[$0]) : nil } ?? ""
        }
        return Line(
          place: row.number, number: text(.number), version: text(.version),
          verdict: text(.verdict), reason: text(.reason))
      }
    } else {
      lines = Self.ofWords(bytes)
    }
  }

  /// What is to be decided, and of how many lines nothing: their place for the verdict is empty.
  ///
  /// - Parameter verdict: of lines that have no place for one.
  /// - Throws: `decision.line`, `reason.invalid`, `sheet.empty`.
  func orders(
    _ verdict: RequestStatus, note: String?
  ) throws(IAuthError) -> (orders: [DecisionOrder], open: Int) {
    var orders: [DecisionOrder] = []
    var open = 0
    for line in lines {
      guard let number = try? RequestID.parse(line.number, for: "") else {
        throw .decisionLine(line: line.place, word: line.number)
      }
      guard line.verdict?.isEmpty != true else {
        open += 1
        continue
      }
      guard let verdict = line.verdict.map({ Self.verdict($0) }) ?? verdict else {
        throw .decisionLine(line: line.place, word: line.verdict ?? "")
      }
      let isAny = line.version.isEmpty || line.version.utf8.elementsEqual("-".utf8)
      do throws(IAuthError) {
        orders.append(
          try DecisionOrder(
            number: number, verdict: verdict, note: line.reason.isEmpty ? note : line.reason,
            version: isAny ? nil : line.version))
      } catch {
        guard case .reasonInvalid(let problem) = error else { throw error }
        throw .decisionReason(line: line.place, problem)
      }
    }
    guard let first = lines.first else { throw .sheetEmpty }
    guard !orders.isEmpty else { throw .decisionLine(line: first.place, word: "") }
    return (orders, open)
  }

  private enum Column: CaseIterable {
    case number, version, verdict, reason

    var titles: [String] {
      switch self {
      case .number: ["number", "request", "申請編號", "申請序號", "編號"]
      case .version: ["version", "版本"]
      case .verdict: ["verdict", "decision", "result", "審核結果", "審核", "決定"]
      case .reason: ["reason", "note", "理由", "審核意見"]
      }
    }

    /// The columns that a header names; nil if this is no header.
    static func named(_ cells: [String]) throws(IAuthError) -> [Column: Int]? {
      let keys = cells.map { FormColumn.key($0) }
      var columns: [Column: Int] = [:]
      var twice: [String] = []
      for column in allCases {
        let titles = column.titles.map { FormColumn.key($0) }
        let places = keys.indices.filter { titles.contains(keys[$0]) }
        columns[column] = places.first
        // Of a list the applicant's reason stands beside the reviewer's.
        guard places.count > 1, column != .reason else { continue }
        twice += places.map { Folding.trim(cells[$0]) }
      }
      // The list itself, with a verdict added: its reason is the applicant's.
      if keys.contains("submitted_at") || keys.contains("submittedat") {
        columns[.reason] = keys.firstIndex(of: FormColumn.key("note"))
      }
      guard columns[.number] != nil || columns[.verdict] != nil else { return nil }
      guard twice.isEmpty else { throw .sheetHeader(missing: [], duplicated: twice) }
      return columns
    }
  }

  private static func verdict(_ word: String) -> RequestStatus? {
    switch word.lowercased() {
    case "approve", "approved", "accept", "y", "核准", "接受", "核准（接受申請）", "核准(接受申請)": .approved
    case "reject", "rejected", "n", "退件": .rejected
    case "return", "returned", "退回補正": .returned
    default: nil
    }
  }

  /// Lines of words: number, version, verdict, and the rest is the reason.
  ///
  /// A comma or a tab parts them as well as a space.
  private static func ofWords(_ bytes: [UInt8]) -> [Line] {
    let text = TextEncoding.withoutMark(bytes)
    var lines: [Line] = []
    let end = text.contains(UInt8(ascii: "\n")) ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
    let all = text.split(separator: end, omittingEmptySubsequences: false)
    for (index, line) in all.enumerated() {
      let folded = Folding.trim(String(decoding: line, as: UTF8.self))
      guard !folded.isEmpty, folded.utf8.first != UInt8(ascii: "#") else { continue }
      var rest = Substring(folded).unicodeScalars
      // Behind a comma or a tab nothing may stand; spaces, however many, are one.
      let mark = rest.first { isGap($0) }.flatMap { $0 == "," || $0 == "\t" ? $0 : nil }
      var words: [String] = []
      while words.count < 3, !rest.isEmpty {
        let isEnd = { (scalar: Unicode.Scalar) in mark.map { $0 == scalar } ?? isGap(scalar) }
        words.append(Folding.trim(String(String.UnicodeScalarView(rest.prefix { !isEnd($0) }))))
        rest = rest.drop { !isEnd($0) }
        rest = mark == nil ? rest.drop(while: isGap) : rest.dropFirst()
      }
      let word = { (place: Int) in place < words.count ? words[place] : "" }
      if index == 0, Column.number.titles.contains(where: { $0 == word(0).lowercased() }) {
        continue
      }
      // Behind the second comma there is a place for the verdict, whatever stands in it.
      let marks = mark.map { mark in folded.unicodeScalars.count { $0 == mark } } ?? 0
      lines.append(
        Line(
          place: index + 1, number: word(0), version: word(1),
          verdict: words.count > 2 || marks > 1 ? word(2) : nil, reason: String(rest)))
    }
    return lines
  }

  private static func isGap(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "," || scalar.properties.isWhitespace
  }
}
