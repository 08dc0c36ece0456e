// What became of each row of an import, in a few words of memory; the problems lie in a spool,
// since a million bad rows have a gigabyte to say.

import Sheets
import Values

package struct ImportRows: RandomAccessCollection {
  private let numbers: RowNumbers
  private var outcomes: [RowOutcome]
  /// The requests; 0 for none.
  private var requests: RowNumbers
  /// Where the problems of each row are, counted from 1, once a row has some; 0 for none.
  private var places = RowNumbers()
  private var counts = [Int](repeating: 0, count: RowOutcome.allCases.count)
  /// The names of the sheets that were read, and the first row of each.
  private let sheets: [String]
  private let starts: [Int]
  private let hasSeveralSheets: Bool
  private let spool: Spool

  init(numbers: RowNumbers, sheets: [String], starts: [Int], spool: Spool) {
    (self.sheets, self.starts, self.numbers) = (sheets, starts, numbers)
    // Several tables may stand on one sheet.
    hasSeveralSheets = Set(sheets).count > 1
    outcomes = [RowOutcome](repeating: .rejected, count: numbers.count)
    requests = RowNumbers(repeating: 0, count: numbers.count)
    counts[RowOutcome.rejected.index] = numbers.count
    self.spool = spool
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { numbers.count }

  package subscript(index: Int) -> ImportRow {
    let place = places.count == 0 ? 0 : places[index]
    return ImportRow(
      number: numbers[index],
      sheet: hasSeveralSheets ? sheets[Self.sheet(of: index, in: starts)] : nil,
      outcome: outcomes[index],
      request: requests[index] == 0 ? nil : RequestID(Int64(requests[index])),
      problems: place == 0 ? [] : problems(at: place - 1))
  }

  /// Which sheet a row is on, from 0.
  func sheet(of index: Int) -> Int { Self.sheet(of: index, in: starts) }

  /// The same, by the first row of each sheet.
  static func sheet(of index: Int, in starts: [Int]) -> Int {
    guard starts.count > 1 else { return 0 }
    // Sheets without a row begin where the next one does.
    return (starts.lastIndex { $0 <= index }) ?? 0
  }

  func count(_ outcome: RowOutcome) -> Int { counts[outcome.index] }

  /// Notes what became of a row.
  mutating func set(
    _ index: Int, _ outcome: RowOutcome, request: RequestID?, _ problems: [RowProblem]
  ) throws(IAuthError) {
    counts[outcomes[index].index] -= 1
    counts[outcome.index] += 1
    outcomes[index] = outcome
    requests[index] = request.map { Int($0.value) } ?? 0
    guard !problems.isEmpty else { return }
    var record = RecordWriter()
    for problem in problems { problem.write(to: &record) }
    if places.count == 0 { places = RowNumbers(repeating: 0, count: numbers.count) }
    places[index] = try spool.add(record.bytes) + 1
  }

  /// One bad row keeps the good ones out.
  mutating func hold() {
    for index in outcomes.indices where outcomes[index] == .accepted { outcomes[index] = .held }
    counts[RowOutcome.held.index] = count(.accepted)
    counts[RowOutcome.accepted.index] = 0
  }

  /// Takes the numbers away from what was not stored.
  mutating func forgetNumbers() {
    for index in outcomes.indices where outcomes[index] != .unchanged { requests[index] = 0 }
  }

  private func problems(at place: Int) -> [RowProblem] {
    do throws(IAuthError) {
      var record = RecordReader(try spool.record(at: place))
      var problems: [RowProblem] = []
      while let problem = RowProblem(from: &record) { problems.append(problem) }
      return problems
    } catch {
      return [
        RowProblem(
          isError: true, column: "", code: error.code.rawValue, message: error.sentences)
      ]
    }
  }
}

extension RowOutcome {
  fileprivate var index: Int {
    switch self {
    case .accepted: 0
    case .unchanged: 1
    case .rejected: 2
    case .held: 3
    }
  }
}

extension RowProblem {
  func write(to record: inout RecordWriter) {
    record.add(column)
    record.add(isError ? 1 : 0)
    record.add(code)
    record.add(message.english)
    record.add(message.chinese)
  }

  init?(from record: inout RecordReader) {
    guard let column = record.text(), let level = record.number(), let code = record.text(),
      let english = record.text(), let chinese = record.text()
    else { return nil }
    self.init(
      isError: level == 1, column: column, code: code, message: Bilingual(english, chinese))
  }
}

/// Texts and numbers one after another, as a spool keeps them.
struct RecordWriter {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(256) }

  /// A number, in seven bits a byte, the sign last.
  mutating func add(_ number: Int64?) {
    guard let number else { return bytes.append(0) }
    bytes.append(1)
    var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func add(_ text: String?) {
    guard let text else { return bytes.append(0) }
    var count = text.utf8.count + 1
    while count >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: count) | 0x80)
      count >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: count))
    bytes.append(contentsOf: text.utf8)
  }
}

struct RecordReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  mutating func number() -> Int64? {
    guard rest.popFirst() == 1 else { return nil }
    let bits = variable()
    return Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
  }

  /// The next text; nil also at the end.
  mutating func text() -> String? {
    let count = Int(truncatingIfNeeded: variable())
    guard count > 0, count <= rest.count + 1 else { return nil }
    defer { rest = rest.dropFirst(count - 1) }
    return String(decoding: rest.prefix(count - 1), as: UTF8.self)
  }

  private mutating func variable() -> UInt64 {
    var (bits, shift): (UInt64, UInt64) = (0, 0)
    while let byte = rest.popFirst() {
      bits |= UInt64(byte & 0x7F) << shift
      shift += 7
      guard byte >= 0x80 else { break }
    }
    return bits
  }
}
