// The sheet given back with what became of each row, to be mended and handed in again: the columns of
// all sheets that were read in one table, since a text has but one.

import Sheets
import Values

extension ImportReport {
  /// The sheet again, with 結果, 代碼, 說明, piece by piece; the columns of an earlier report give
  /// way to them.
  package func writeSheet(
    as format: ImportReportFormat, _ write: ([UInt8]) throws(IAuthError) -> Void
  ) throws(IAuthError) {
    guard let cells else { return }
    var writer: any SheetWriter = format == .csv ? DelimitedWriter() : WorkbookWriter()
    let columns = ReportColumns(headers)
    let names = Set(headers.map(\.sheet)).count > 1 ? ["工作表"] : []
    try writer.write(columns.titles + names + FormColumn.results.map { $0.titles[0] })
    var place = 0
    for (index, row) in rows.enumerated() {
      let record = try cells.record(at: place)
      place += 4 + record.count
      var fields = RecordReader(record)
      var texts: [String] = []
      while let text = fields.text() { texts.append(text) }
      let codes = row.problems.map(\.code).joined(separator: " ")
      let message = row.problems.map { "\($0.column)：\($0.message.chinese)" }
      try writer.write(
        columns.cells(texts, ofSheet: rows.sheet(of: index)) + (row.sheet.map { [$0] } ?? [])
          + [row.outcome.chinese, codes, message.joined(separator: "；")])
      try write(writer.take())
    }
    try write(try writer.finish())
  }
}

/// The columns of a report: those of the first sheet, and those that only others have.
private struct ReportColumns {
  private(set) var titles: [String] = []
  /// By sheet and column of the report, the column of the sheet.
  private var sources: [[Int?]] = []

  init(_ headers: [FormHeader]) {
    var keys: [String] = []
    for header in headers {
      var source = [Int?](repeating: nil, count: titles.count)
      for (position, title) in header.titles.enumerated() {
        let column = FormColumn(title: title)
        if let column, FormColumn.results.contains(column) { continue }
        // A column beside the one that was taken is one of the agency's own.
        let taken = column.flatMap { header.column($0) == position ? $0 : nil }
        let key = taken.map { "\($0.rawValue)" } ?? " " + title
        // A title that iauth does not know may stand in a sheet twice, and stays twice.
        if headers.count > 1, let known = keys.firstIndex(of: key), source[known] == nil {
          source[known] = position
        } else {
          titles.append(title)
          keys.append(key)
          source.append(position)
        }
      }
      sources.append(source)
    }
  }

  func cells(_ cells: [String], ofSheet sheet: Int) -> [String] {
    titles.indices.map { index in
      guard index < sources[sheet].count, let position = sources[sheet][index],
        position < cells.count
      else { return "" }
      return cells[position]
    }
  }
}
