// CSV (RFC 4180) and tab-separated text, read through a window: a file of any length costs one
// piece and one row of memory, and only the row asked for becomes strings. Lines may end with CR,
// LF or CRLF. A quote opens a quoted field only as its first byte, as spreadsheet programs have it;
// what stands behind its end on the same line belongs to it.

import Values

package struct DelimitedReader: SheetReader {
  private var decoder: TextDecoder
  private var delimiter: UInt8?
  private var window: [UInt8] = []
  private var cursor: Cursor?
  private var isAtEnd = false
  package var rowsMax: Int { Limits.textRows }

  /// - Parameter delimiter: found from the first lines when nil.
  package init(
    _ source: any ByteSource, encoding: TextEncoding = .utf8, delimiter: UInt8? = nil
  ) {
    decoder = TextDecoder(source, encoding: encoding)
    self.delimiter = delimiter
  }

  /// Reads UTF-8, with or without byte order mark.
  package init(_ bytes: [UInt8], delimiter: UInt8? = nil) {
    self.init(MemorySource(bytes), delimiter: delimiter)
  }

  package mutating func nextRow() throws(IAuthError) -> SheetRow? {
    if cursor == nil { try begin() }
    while var cursor {
      var ahead = cursor
      let bytes = window
      if let row = try ahead.row(of: bytes.span, isWhole: isAtEnd && decoder.fault == nil) {
        self.cursor = ahead
        return row
      }
      guard !isAtEnd else {
        guard let fault = decoder.fault else { return nil }
        throw .sheetUnreadable(.badByte(row: cursor.record + 1, offset: fault))
      }
      window.removeFirst(cursor.forget())
      guard window.count <= Limits.textRowBytes else {
        let place = SheetPlace(sheet: nil, row: cursor.record + 1, column: 0)
        throw .sheetUnreadable(.tooLong(place))
      }
      self.cursor = cursor
      try fill()
    }
    return nil
  }

  /// Reads enough to find the delimiter by.
  private mutating func begin() throws(IAuthError) {
    while !isAtEnd, window.count < Self.sampleBytes { try fill() }
    let start = TextEncoding.withoutMark(window).startIndex
    cursor = Cursor(
      position: start, delimiter: delimiter ?? Self.delimiter(of: window, from: start))
  }

  private mutating func fill() throws(IAuthError) {
    guard let piece = try decoder.next() else {
      isAtEnd = true
      // The end of a file as DOS wrote it.
      if window.last == 0x1A { window.removeLast() }
      return
    }
    window += piece
  }

  private static let sampleBytes = 65_536

  /// The candidate that divides the first lines most evenly.
  ///
  /// What counts is the square of the number of lines that hold the candidate equally often, times
  /// how often: so a stray tab or the commas of addresses do not win.
  package static func delimiter(of bytes: [UInt8], from start: Int) -> UInt8 {
    let candidates: [UInt8] = [comma, tab, semicolon]
    var counts: [[Int: Int]] = candidates.map { _ in [:] }
    var line = [0, 0, 0]
    var (isQuoted, isAtStart) = (false, true)
    for byte in bytes.dropFirst(start).prefix(sampleBytes) {
      defer { isAtStart = byte == lineFeed || byte == carriageReturn || candidates.contains(byte) }
      if byte == quote {
        // One in the middle of a field is a character like any other.
        if isQuoted || isAtStart { isQuoted.toggle() }
      } else if byte == lineFeed || byte == carriageReturn, !isQuoted {
        for (index, count) in line.enumerated() { counts[index][count, default: 0] += 1 }
        line = [0, 0, 0]
      } else if !isQuoted, let index = candidates.firstIndex(of: byte) {
        line[index] += 1
      }
    }
    for (index, count) in line.enumerated() { counts[index][count, default: 0] += 1 }
    var best = (score: 0, delimiter: comma)
    for (index, tally) in counts.enumerated() {
      for (count, lines) in tally where lines * lines * count > best.score {
        best = (lines * lines * count, candidates[index])
      }
    }
    return best.delimiter
  }
}

/// Where the reader stands, apart from the window so that a span of it can be lent.
private struct Cursor {
  private var position: Int
  private let delimiter: UInt8
  /// Bytes of the text that the window holds no more.
  private var forgotten = 0
  private(set) var record = 0
  private var column = 0
  /// Whether no row yet had more than one text.
  private var isAmongTitles = true
  /// Whether the window ended within the row.
  private var isShort = false

  package init(position: Int, delimiter: UInt8) {
    self.position = position
    self.delimiter = delimiter
  }

  /// Lets go of what was read, and says how much that is; the window begins here from now on.
  package mutating func forget() -> Int {
    defer { position = 0 }
    forgotten += position
    return position
  }

  /// The next row; nil if the window ends before it does, or if there is none.
  /// - Parameter isWhole: whether the text ends with the window.
  package mutating func row(of bytes: Span<UInt8>, isWhole: Bool) throws(IAuthError) -> SheetRow? {
    guard position < bytes.count else { return nil }
    record += 1
    guard record <= Limits.textRecords else {
      throw .limitLines(max: Limits.textRecords)
    }
    isShort = false
    var cells: [String] = []
    cells.reserveCapacity(16)
    column = -1
    repeat {
      let isQuoted = position < bytes.count && bytes[position] == quote
      column += 1
      let cell = try isQuoted ? quotedField(of: bytes, isWhole) : plainField(of: bytes, isWhole)
      if cells.count < Limits.sheetColumns {
        cells.append(Self.shown(cell))
      } else if !Folding.trim(cell).isEmpty {
        throw .sheetUnreadable(.tooWide(place))
      }
    } while try stepOverDelimiter(in: bytes, isWhole)
    if isShort { return nil }
    isAmongTitles = isAmongTitles && cells.count { !$0.isEmpty } < 2
    return SheetRow(number: record, cells: cells)
  }

  /// `="0912"`, with which many systems keep a spreadsheet program from taking a text for a number:
  /// what it shows is the text.
  private static func shown(_ cell: String) -> String {
    guard cell.utf8.starts(with: "=\"".utf8), cell.utf8.count > 3, cell.utf8.last == quote else {
      return cell
    }
    let text = cell.utf8.dropFirst(2).dropLast()
    return text.contains(quote) ? cell : String(Substring(text))
  }

  /// Text up to the next delimiter or line end.
  private mutating func plainField(
    of bytes: Span<UInt8>, _ isWhole: Bool
  ) throws(IAuthError) -> String {
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == delimiter || byte == lineFeed || byte == carriageReturn { break }
      position += 1
    }
    guard position < bytes.count || isWhole else {
      isShort = true
      guard position - start <= Limits.sheetCellBytes else {
        throw .sheetUnreadable(.tooLong(place))
      }
      return ""
    }
    return try text(start..<position, of: bytes)
  }

  private var place: SheetPlace { SheetPlace(sheet: nil, row: record, column: column) }

  /// Text between quotes, a doubled quote standing for one; leaves the position behind it.
  private mutating func quotedField(
    of bytes: Span<UInt8>, _ isWhole: Bool
  ) throws(IAuthError) -> String {
    position += 1
    let start = position
    var hasDoubledQuote = false
    while true {
      while position < bytes.count, bytes[position] != quote { position += 1 }
      // A quote that someone forgot to close ends at the next one, often many lines below.
      guard position - start <= Limits.sheetCellBytes else {
        return try title(of: bytes, from: start, isWhole)
      }
      guard position < bytes.count else {
        guard !isWhole else { return try title(of: bytes, from: start, isWhole) }
        isShort = true
        return ""
      }
      guard position + 1 < bytes.count, bytes[position + 1] == quote else { break }
      hasDoubledQuote = true
      position += 2
    }
    var quoted = try text(start..<position, of: bytes)
    position += 1
    if position < bytes.count, !isEnd(bytes[position]) {
      // A quote that was not meant to open the field; where it has taken in whole lines, what was
      // meant is not known.
      guard !quoted.utf8.contains(where: { $0 == lineFeed || $0 == carriageReturn }) else {
        return try title(of: bytes, from: start, isWhole)
      }
      quoted = hasDoubledQuote ? Self.single(quoted) : quoted
      return quoted + (try plainField(of: bytes, isWhole))
    }
    return hasDoubledQuote ? Self.single(quoted) : quoted
  }

  /// A field whose quote opens nothing: read as it stands where it is all that stands on its line,
  /// as a title above the header does; anywhere else what was meant is not known.
  private mutating func title(
    of bytes: Span<UInt8>, from start: Int, _ isWhole: Bool
  ) throws(IAuthError) -> String {
    position = start - 1
    let text = try plainField(of: bytes, isWhole)
    var rest = position
    while rest < bytes.count, bytes[rest] == delimiter { rest += 1 }
    // Each such line is looked for its end far below: only the first ones may be titles.
    guard isAmongTitles, record <= Limits.titleRows, column == 0, rest < bytes.count,
      isEnd(bytes[rest])
    else {
      throw .sheetUnreadable(.badQuote(row: record))
    }
    return text
  }

  private func isEnd(_ byte: UInt8) -> Bool {
    byte == delimiter || byte == lineFeed || byte == carriageReturn
  }

  /// The text of a quoted field, in which a doubled quote stands for one.
  private static func single(_ quoted: String) -> String {
    var plain = String.UnicodeScalarView()
    var isSecond = false
    for scalar in quoted.unicodeScalars {
      isSecond = scalar == "\"" && !isSecond
      if scalar != "\"" || isSecond { plain.append(scalar) }
    }
    return String(plain)
  }

  /// Steps over the delimiter or line end; true if another field of the row follows.
  private mutating func stepOverDelimiter(
    in bytes: Span<UInt8>, _ isWhole: Bool
  ) throws(IAuthError) -> Bool {
    guard position < bytes.count else {
      isShort = !isWhole
      return false
    }
    let byte = bytes[position]
    position += 1
    if byte == delimiter { return true }
    if byte == lineFeed { return false }
    guard byte == carriageReturn else { throw .sheetUnreadable(.badQuote(row: record)) }
    if position < bytes.count {
      if bytes[position] == lineFeed { position += 1 }
    } else {
      isShort = !isWhole
    }
    return false
  }

  /// A field as text; strict, since a repaired byte would be a silent change of someone's name.
  private func text(_ field: Range<Int>, of bytes: Span<UInt8>) throws(IAuthError) -> String {
    guard field.count <= Limits.sheetCellBytes else { throw .sheetUnreadable(.tooLong(place)) }
    for index in field where bytes[index] == 0 {
      throw .sheetUnreadable(.badByte(row: record, offset: forgotten + index))
    }
    let text: String
    do throws(UTF8.ValidationError) {
      text = String(copying: try UTF8Span(validating: bytes.extracting(field)))
    } catch {
      let offset = forgotten + field.lowerBound + error.byteOffsets.lowerBound
      throw .sheetUnreadable(.badByte(row: record, offset: offset))
    }
    guard
      field.count <= Limits.sheetCellCharacters
        || text.unicodeScalars.count <= Limits.sheetCellCharacters
    else { throw .sheetUnreadable(.tooLong(place)) }
    return text
  }
}

private let quote = UInt8(ascii: "\"")
private let comma = UInt8(ascii: ",")
private let semicolon = UInt8(ascii: ";")
private let tab = UInt8(ascii: "\t")
private let lineFeed = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
