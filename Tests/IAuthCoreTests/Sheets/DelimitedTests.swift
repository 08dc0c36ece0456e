// CSV and TSV: RFC 4180's own cases, the line ends and marks of real programs, and every strictness
// that keeps a name from being changed in silence.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// All rows of a text, or the error.
func rows(of text: String) throws(IAuthError) -> [[String]] {
  try rows(of: Array(text.utf8))
}

func rows(of bytes: [UInt8]) throws(IAuthError) -> [[String]] {
  var reader = DelimitedReader(bytes)
  var rows: [[String]] = []
  while let row = try reader.next() { rows.append(row.cells) }
  return rows
}

@Suite struct DelimitedReaderTests {
  @Test(arguments: [
    ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
    ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
    ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
    ("\u{FEFF}a,b\n", [["a", "b"]]),
    ("\"a\",\"b,c\"\r\n", [["a", "b,c"]]),
    ("\"a\"\"b\",\"\"\"\",\"\"", [["a\"b", "\"", ""]]),
    ("\"a\r\nb\",c\n", [["a\r\nb", "c"]]),
    ("a\"b,c\n", [["a\"b", "c"]]),
    ("a,b\n\"c\"d,e\n", [["a", "b"], ["cd", "e"]]),
    ("\"c\"\"\" d\"e,f\n", [["c\" d\"e", "f"]]),
    ("甲 \"乙\n丙\t丁,戊\n己\t庚\n", [["甲 \"乙"], ["丙", "丁,戊"], ["己", "庚"]]),
    (",\n,\n", [["", ""], ["", ""]]),
    ("a,\n\nb,c\n", [["a", ""], [""], ["b", "c"]]),
    ("a\tb,c\nd\te,f,g\n", [["a", "b,c"], ["d", "e,f,g"]]),
    ("a;b\nc;d\n", [["a", "b"], ["c", "d"]]),
    ("\"x\ty\",b\n\"c\td\",e\n", [["x\ty", "b"], ["c\td", "e"]]),
    ("姓名,機關\n陳‧達,臺北\n", [["姓名", "機關"], ["陳‧達", "臺北"]]),
    ("", []),
    // As systems keep a text from becoming a number, and as DOS ended its files.
    ("=\"0912\",=\"\"\n", [["0912", "=\"\""]]), ("a,\"=\"\"0912\"\"\"\n", [["a", "0912"]]),
    ("=\"a\"&\"b\",=A1\n", [["=\"a\"&\"b\"", "=A1"]]),
    ("a,b\r\nc,d\r\n\u{1A}", [["a", "b"], ["c", "d"]]),
    // A title above the header is no quoted field, whatever it begins with.
    ("\"114年度,,\na,b,c\n", [["\"114年度", "", ""], ["a", "b", "c"]]),
    ("\"一\na,\"b\",c\n", [["\"一"], ["a", "b", "c"]]),
  ])
  func readsRows(text: String, expected: [[String]]) throws {
    #expect(try rows(of: text) == expected)
  }

  @Test func numbersAreTheSheetsOwn() throws {
    var reader = DelimitedReader(Array("title\n\n\"two\nlines\",x\nlast,y\n".utf8))
    var numbers: [Int] = []
    while let row = try reader.next() { numbers.append(row.number) }
    #expect(numbers == [1, 2, 3, 4])
  }

  @Test(arguments: [
    ("a,b\n\"c,d\n", SheetProblem.badQuote(row: 2)),
    ("a,b\n\"c\nf\"d,e\n", .badQuote(row: 2)),
    ("a,b\n\"", .badQuote(row: 2)),
    ("a,b\nc\0,d\n", .badByte(row: 2, offset: 5)),
  ])
  func refusesWithThePlace(text: String, problem: SheetProblem) {
    #expect(throws: IAuthError.sheetUnreadable(problem)) { try rows(of: text) }
  }

  @Test(
    arguments: [
      ([0x61, 0x0A, 0x62, 0xFF], 3), ([0x61, 0x0A, 0xC3, 0x0A], 2),
      ([0x61, 0x0A, 0xED, 0xA0, 0x80], 2),
      ([0x61, 0x0A, 0xC0, 0xAF], 2), ([0x61, 0x0A, 0x22, 0xE6, 0xA9, 0x22], 3),
      ([0x61, 0x0A, 0x62, 0x2C, 0xF4, 0x90, 0x80, 0x80], 4),
    ] as [([UInt8], Int)])
  func undecodableByteIsNamed(bytes: [UInt8], offset: Int) {
    #expect(throws: IAuthError.sheetUnreadable(.badByte(row: 2, offset: offset))) {
      try rows(of: bytes)
    }
  }

  @Test func tooManyColumnsAndTooLongCellsAreNamed() throws {
    func place(_ column: Int) -> SheetPlace { SheetPlace(sheet: nil, row: 1, column: column) }
    let wide = String(repeating: ",", count: Limits.sheetColumns)
    let most = Limits.sheetCellCharacters
    #expect(try rows(of: wide) == [Array(repeating: "", count: Limits.sheetColumns)])
    #expect(
      throws: IAuthError.sheetUnreadable(.tooWide(place(Limits.sheetColumns)))
    ) { try rows(of: wide + "x") }
    for scalar in ["a", "王", "𠀀"] {
      let long = String(repeating: scalar, count: most)
      #expect(try rows(of: "x,\(long)\n") == [["x", long]])
      #expect(throws: IAuthError.sheetUnreadable(.tooLong(place(1)))) {
        try rows(of: "x,\(long)\(scalar)\n")
      }
    }
    let blanks = String(repeating: ",", count: Limits.textRowBytes + Limits.pieceBytes)
    #expect(throws: IAuthError.sheetUnreadable(.tooLong(place(0)))) { try rows(of: blanks) }
  }
}

@Suite struct DelimitedWriterTests {
  /// What the writer makes of rows.
  func written(_ rows: [[String]]) throws -> [UInt8] {
    var writer = DelimitedWriter()
    var bytes: [UInt8] = []
    for row in rows {
      writer.write(row)
      bytes += writer.take()
    }
    return bytes + (try writer.finish())
  }

  @Test func quotesOnlyWhereNeeded() throws {
    let bytes = try written([["a", "b,c", "d\"e", "f\ng", " h"], ["", "姓名"]])
    let text = "\u{FEFF}a,\"b,c\",\"d\"\"e\",\"f\ng\",\" h\"\r\n,姓名\r\n"
    #expect(bytes == Array(text.utf8))
  }

  @Test(arguments: ["=1+1", "+886", "-1", "@x", "\tx", "\rx", "\nx", "\0", "＝1", "＋1", "－1", "＠x"])
  func formulasAreGuarded(text: String) {
    #expect(FormulaGuard.guarded(text).utf8.elementsEqual("'".utf8 + Array(text.utf8)))
    #expect(FormulaGuard.unguarded("'" + text) == text)
  }

  @Test(arguments: ["=\u{338}1", "'=1", "''=1", "'", "''", "'a", "", "a=1", "王'", "'＝"])
  func guardHasAnExactWayBack(text: String) {
    #expect(FormulaGuard.unguarded(FormulaGuard.guarded(text)).utf8.elementsEqual(text.utf8))
    if text.utf8.first == UInt8(ascii: "=") { #expect(FormulaGuard.guarded(text) != text) }
  }

  @Test func whatIsWrittenIsReadAgainWhateverItsFirstScalar() throws {
    var cells: [String] = []
    for value in (1...0xFFFF) as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      cells.append(String(scalar) + "x\"\n,")
    }
    let bytes = try written(cells.map { [$0, "y"] })
    let back = try rows(of: bytes).map { FormulaGuard.unguarded($0[0]) }
    #expect(back.count == cells.count)
    for (a, b) in zip(back, cells) where !a.utf8.elementsEqual(b.utf8) {
      Issue.record("\(b.unicodeScalars.first?.value ?? 0) came back changed")
    }
  }
}
