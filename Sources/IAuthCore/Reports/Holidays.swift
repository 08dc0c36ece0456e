// The days off that working hours leave out (PRODUCT 11.7): the file that `holidays` names, which is
// another's work, and may be missing or wrong any day.

import Sheets
import Values

/// The days off of 行政院人事行政總處's yearly calendar file, as it is published: a table with the
/// columns 西元日期 and 是否放假 (2: a day off).
struct Holidays {
  private(set) var days: [Int64] = []

  init(path: String) throws(IAuthError) {
    try self.init(try Files.read(path, max: Limits.gateImportBytes))
  }

  init(_ bytes: [UInt8]) throws(IAuthError) {
    var reader = try SheetFormat.open(bytes)
    var columns: (date: Int, off: Int)?
    while let row = try reader.next() {
      guard let columns else {
        let keys = row.cells.map { FormColumn.key($0) }
        if let date = keys.firstIndex(of: FormColumn.key("西元日期")),
          let off = keys.firstIndex(of: FormColumn.key("是否放假"))
        {
          columns = (date, off)
        }
        continue
      }
      guard columns.date < row.cells.count, columns.off < row.cells.count,
        Folding.fold(row.cells[columns.off]) == "2",
        let day = try FormDate.day(cell: row.cells[columns.date])
      else { continue }
      days.append(day)
    }
    guard columns != nil else {
      throw .sheetHeader(missing: ["西元日期", "是否放假"], duplicated: [])
    }
    // No year is without one: whatever says so is another file, or another's table.
    guard !days.isEmpty else { throw .sheetEmpty }
  }

  var json: String { "[" + days.map(String.init).joined(separator: ",") + "]" }
}

extension Settings {
  func holidayHealth() -> Finding {
    guard let holidays else {
      return Finding("holidays", .skipped, "no calendar is named", "未設定辦公日曆表")
    }
    do throws(IAuthError) {
      let days = try Holidays(path: holidays).days
      return Finding("holidays", .ok, "\(days.count) days off", "放假日 \(days.count) 日")
    } catch {
      let why =
        if case .sheetEmpty = error {
          Bilingual("no row of it is a day off (是否放假: 2)", "其中沒有放假日（是否放假：2）")
        } else { error.sentences }
      return Finding(
        "holidays", .fail, "\(holidays): \(why.english); statistics lack the working hours",
        "\(holidays)：\(why.chinese)；統計不含上班時數")
    }
  }
}
