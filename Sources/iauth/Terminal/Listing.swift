// Lists, as they are asked for (`ListOptions`): which lines, in which order, as table, CSV, TSV or
// JSON. A table is the command's own unless columns were named; then it is made of the fields.

import IAuthCore
import Sheets
import Values

/// A span of time, each end of which may be open.
struct Span {
  let from: Timestamp?
  let end: Timestamp?

  func contains(_ time: Timestamp) -> Bool {
    (from.map { $0 <= time } ?? true) && (end.map { time < $0 } ?? true)
  }
}

extension Context {
  /// Whether somebody asked for another look than the command's own.
  var isListShaped: Bool {
    let list = options.list
    return list.columns != nil || list.output == .csv || list.output == .tsv
      || list.since != nil || list.until != nil
  }

  static let nothingThen = Bilingual("nothing in that time", "該期間查無資料")

  /// The limit, where the operation itself may stop there: nobody counts or orders the rest.
  var ownLimit: Int? {
    let list = options.list
    let isPlain = list.sort == nil && list.since == nil && list.until == nil
    return isPlain && (options.json || options.quiet) ? list.limit : nil
  }

  /// Writes a list, whose rows and lines of the table are in one order; an empty one is one
  /// sentence on standard error.
  ///
  /// - Parameter times: what `--since` and `--until` look at, where the shape has no such field.
  /// - Returns: whether there was anything to show.
  /// - Throws: `usage.value` for a column that there is not, `usage.option` for a time where there
  ///   is none.
  @discardableResult
  func list(
    _ shape: Shape, _ rows: @autoclosure () -> [JSON], table: @autoclosure () -> Table,
    empty: Bilingual, times: [Timestamp?]? = nil
  ) throws(IAuthError) -> Bool {
    let view = options.list
    let span = try span(view.since, view.until)
    let columns = try view.columnNames.map { (names) throws(IAuthError) in
      var columns: [Shape.Column] = []
      for name in names { columns.append(try shape.column(name, of: "--columns")) }
      return columns
    }
    let order = try sorting(shape)
    let isSheet = view.output == .csv || view.output == .tsv
    let isBounded = view.since != nil || view.until != nil
    if isBounded, times == nil, shape.time == nil {
      throw .usageOption(
        view.since == nil ? "--until" : "--since", nearest: nil, command: console.command)
    }
    let isOfFields = options.json || isSheet || columns != nil
    let json = isOfFields || order != nil || (isBounded && times == nil) ? rows() : []
    let own = isOfFields ? nil : table()
    var lines = Array((own?.rows.indices ?? json.indices))
    let isEmpty = lines.isEmpty
    if isBounded {
      let when = times ?? json.map { row in row[shape.time ?? ""].flatMap(\.time) }
      lines = lines.filter { when[$0].map(span.contains) ?? false }
    }
    if let order { lines = sorted(lines, json, order) }
    let all = lines.count
    if let limit = view.limit { lines = Array(lines.prefix(limit)) }
    if view.hasExitCode, lines.isEmpty { status = .refused }
    if options.json {
      let keys = columns.map { Set($0.map(\.field)) }
      for line in lines { console.line(keys.map { json[line].only($0) } ?? json[line]) }
      return !lines.isEmpty
    }
    guard !lines.isEmpty else {
      if all > 0 { sayTotal(shown: 0, of: all) }
      guard all == 0 else { return false }
      // What was left out by its time is not what there is none of.
      console.say(isEmpty ? empty : Self.nothingThen)
      return false
    }
    if isSheet {
      writeSheet(columns ?? shape.sheetColumns, lines.map { json[$0] })
    } else if let own {
      console.table(Table(own.columns, rows: lines.map { own.rows[$0] }))
    } else {
      let columns = columns ?? []
      console.table(
        Table(
          columns.map { Table.Column(Bilingual($0.name, $0.name), isFlexible: true) },
          rows: lines.map { line in columns.map { cell($0, json[line]) } }))
    }
    sayTotal(shown: lines.count, of: all)
    return true
  }

  /// A long list ends with how long it is, and a cut one with how much there is.
  private func sayTotal(shown: Int, of all: Int) {
    if shown < all {
      say(
        Bilingual(
          "\(shown) of \(all); --limit N shows more", "共 \(all) 筆，列出 \(shown) 筆；--limit N 可列出更多"))
    } else if all >= Limits.listTotalFrom, console.err.isTerminal {
      // Scripts count for themselves.
      say(Bilingual("\(all) in all", "共 \(all) 筆"))
    }
  }

  // MARK: Which, and in which order

  /// A span of time as typed; an end that is not given is nil.
  ///
  /// - Throws: `usage.value` for one in which no time lies: its empty answer would mean nothing.
  func span(
    _ since: TimeArgument?, _ until: TimeArgument?, in zone: LocalTime? = nil
  ) throws(IAuthError) -> Span {
    let now = world.now()
    let from = since?.timestamp(now: now, in: zone ?? localTime)
    let end = until?.end(now: now, in: zone ?? localTime)
    if let from, let end, end <= from { throw .usageSpan }
    return Span(from: from, end: end)
  }

  private func sorting(
    _ shape: Shape
  ) throws(IAuthError) -> (column: Shape.Column, isDown: Bool)? {
    guard let sort = options.list.sort else { return nil }
    let isDown = sort.utf8.first == UInt8(ascii: "-")
    let name = isDown ? String(sort.unicodeScalars.dropFirst()) : sort
    return (try shape.column(name, of: "--sort"), isDown)
  }

  private func sorted(
    _ lines: [Int], _ rows: [JSON], _ order: (column: Shape.Column, isDown: Bool)
  ) -> [Int] {
    let keys = rows.map(order.column.value)
    return lines.sorted { a, b in
      // What is missing stays at the end, whichever way round.
      if keys[a] == .null || keys[b] == .null {
        return keys[a] == keys[b] ? a < b : keys[b] == .null
      }
      let (first, second) = order.isDown ? (b, a) : (a, b)
      if keys[first].isBefore(keys[second]) { return true }
      return keys[second].isBefore(keys[first]) ? false : a < b
    }
  }

  // MARK: Cells

  private func cell(_ column: Shape.Column, _ row: JSON) -> String {
    let value = column.value(in: row)
    guard column.isTime, let time = value.time else { return value.cell }
    return localTime.text(time)
  }

  /// The list for another program, the names of the columns first.
  private func writeSheet(_ columns: [Shape.Column], _ rows: [JSON]) {
    let isCSV = options.list.output == .csv
    func write(_ cell: (Shape.Column) -> String) {
      var line = ""
      for (place, column) in columns.enumerated() {
        if place > 0 { line += isCSV ? "," : "\t" }
        line += isCSV ? quoted(cell(column)) : TerminalText.escaped(cell(column))
      }
      console.page(line + "\n")
    }
    write { $0.name }
    for row in rows { write { $0.value(in: row).cell } }
  }

  /// A cell of RFC 4180.
  ///
  /// A spreadsheet program shall not run what a person wrote, and a terminal not be steered by it.
  private func quoted(_ text: String) -> String {
    // Most cells are plain: letters, digits and what stands in addresses and times.
    if text.utf8.allSatisfy({ (0x2E...0x3A).contains($0) || (0x40...0x7A).contains($0) }),
      text.utf8.first != UInt8(ascii: "@")
    {
      return text
    }
    let isNumber = text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    var cell = isNumber ? text : FormulaGuard.guarded(text)
    cell = console.out.isTerminal ? TerminalText.escaped(cell) : cell.escapingControls
    let isPlain = cell.utf8.allSatisfy { $0 != 0x22 && $0 != 0x2C && $0 != 0x0A && $0 != 0x0D }
    guard !isPlain else { return cell }
    let parts = cell.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
    return "\"" + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\"\"") + "\""
  }
}

extension JSON {
  /// The time that was written here.
  fileprivate var time: Timestamp? {
    guard case .string(let text) = self,
      case .time(let time)? = try? TimeArgument.parse(text, for: "")
    else { return nil }
    return time
  }
}
