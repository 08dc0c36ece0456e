// Lists for people: columns aligned by display width, and fitted to the console by shortening first
// the columns that allow it. JSON has everything unshortened.

import IAuthCore
import Sheets
import Values

struct Table {
  struct Column {
    let header: Bilingual
    /// Whether this column is shortened before the others.
    var isFlexible = false
    /// Whether values stand at the right edge, as numbers do.
    var isNumber = false
    /// Whether it is left out where the table would not fit, the last such column first.
    var isSpare = false
    /// Below this a flexible column is not shortened while another one can be.
    var least = Table.flexibleMin

    init(
      _ header: Bilingual, isFlexible: Bool = false, isNumber: Bool = false, isSpare: Bool = false,
      least: Int = Table.flexibleMin
    ) {
      self.isSpare = isSpare
      self.least = least
      self.header = header
      self.isFlexible = isFlexible
      self.isNumber = isNumber
    }
  }

  static let gap = 2
  /// The `least` of a column that says nothing else.
  static let flexibleMin = 6
  /// A spare column is left out before a flexible one is shortened below this.
  static let flexibleRoom = 16

  let columns: [Column]
  var rows: [[String]]

  init(_ columns: [Column], rows: [[String]] = []) {
    self.columns = columns
    self.rows = rows
  }

  /// Without the spare columns for which `width` has no room.
  func fitting(width: Int, language: Language) -> Table {
    let needed = columns.indices.map { index in
      let cells = [columns[index].header(language)] + rows.map { $0[index] }
      let widest = cells.map { TerminalText.width(TerminalText.escaped($0)) }.max() ?? 0
      let room = max(Self.flexibleRoom, columns[index].least)
      return columns[index].isFlexible ? min(widest, room) : widest
    }
    var kept = Array(columns.indices)
    while kept.reduce(Self.gap * (kept.count - 1), { $0 + needed[$1] }) > width,
      let spare = kept.lastIndex(where: { columns[$0].isSpare })
    {
      kept.remove(at: spare)
    }
    return Table(kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
  }

  /// The header and a line for each row, none wider than `width` columns.
  func lines(width: Int, language: Language) -> (header: String, rows: [String], isCut: Bool) {
    let header = columns.map { TerminalText.escaped($0.header(language)) }
    let cells = rows.map { $0.map(TerminalText.escaped) }
    var own = [Int](repeating: 1, count: header.count)
    for row in cells {
      for (index, cell) in row.enumerated() {
        own[index] = max(own[index], TerminalText.width(cell))
      }
    }
    var widths = zip(header.map(TerminalText.width), own).map { max($0, $1) }
    let room = max(1, width - Self.gap * (columns.count - 1))
    let natural = widths
    shrink(&widths, to: room) { columns[$0].isFlexible ? columns[$0].least : Int.max }
    // Numbers are what one types: below their titles they stay whole.
    shrink(&widths, to: room) { columns[$0].isNumber ? own[$0] : 1 }
    let line = { (row: [String]) in
      TerminalText.fitted(joined(row, widths), to: width)
    }
    return (line(header), cells.map(line), widths != natural)
  }

  private func joined(_ row: [String], _ widths: [Int]) -> String {
    var text = ""
    for (index, cell) in row.enumerated() {
      if index > 0 { text += String(repeating: " ", count: Self.gap) }
      let isLast = index == row.count - 1
      let fitted = TerminalText.fitted(cell, to: widths[index])
      let isNumber = columns[index].isNumber
      text +=
        isLast && !isNumber
        ? fitted : TerminalText.padded(fitted, to: widths[index], toTheRight: isNumber)
    }
    return text
  }

  /// Takes columns from the widest of those that may shrink, down to their least width, until all fit
  /// or none can.
  private func shrink(_ widths: inout [Int], to room: Int, least: (Int) -> Int) {
    while widths.reduce(0, +) > room {
      let candidates = widths.indices.filter { widths[$0] > least($0) }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
    }
  }
}

extension Console {
  /// Writes a table.
  ///
  /// What had to be shortened is said, with the way to see it.
  func table(_ table: Table) {
    let shown = table.fitting(width: tableColumns, language: language)
    let (header, rows, isCut) = shown.lines(width: tableColumns, language: language)
    list(([styled(header, "1", on: out)] + rows).joined(separator: "\n") + "\n")
    if shown.columns.count < table.columns.count {
      say(
        Bilingual(
          "some columns are left out; --json shows them all", "部分欄位未列出；加上 --json 可看全部"))
    } else if isCut {
      say(
        Bilingual(
          "some columns are shortened; --json shows them whole",
          "部分欄位已截短；加上 --json 可看全文"))
    }
  }

  /// What the next question is about, beside results that a program reads.
  func tell(_ table: Table) {
    let shown = table.fitting(width: columns, language: language)
    let (header, rows, _) = shown.lines(width: columns, language: language)
    err.write(([styled(header, "1", on: err)] + rows).joined(separator: "\n") + "\n")
  }

  /// Writes labels and values, one pair a line, the values below each other; a value that is wider than
  /// a table may be goes on below itself.
  func details(_ pairs: [(label: Bilingual, value: String)]) {
    let labels = pairs.map { $0.label(language) }
    let width = labels.map(TerminalText.width).max() ?? 0
    for (label, pair) in zip(labels, pairs) {
      hanging(TerminalText.padded(label, to: width + Table.gap), pair.value)
    }
  }

  /// From how many letters on a word is none that somebody reads.
  private static let hashWidth = 44

  /// Writes `text` behind `start`, and below itself what does not fit.
  func hanging(_ start: String, _ text: String) {
    let indent = TerminalText.width(start)
    let room = tableColumns - indent
    let parts = TerminalText.width(text) > room ? Wrap.lines(text, width: max(room, 1)) : [text]
    // What holds a hash is copied: it is left whole, as is what is too wide by one word.
    let hasHash = text.utf8.split { !(0x21...0x7E).contains($0) }
      .contains { $0.count >= Self.hashWidth }
    guard !hasHash, parts.allSatisfy({ TerminalText.width($0) <= room }) else {
      return line(start + text)
    }
    for (index, part) in parts.enumerated() {
      line((index == 0 ? start : String(repeating: " ", count: indent)) + part)
    }
  }
}
