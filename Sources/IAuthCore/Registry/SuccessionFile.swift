// A list of successions as the operator writes it, and as `agencies --load` proposes it: CSV with a
// row for each agency.

import Sheets
import Values

extension SuccessionOrder {
  /// Reads `old,new` and, where they differ from row to row, `on` and `document`.
  ///
  /// - Throws: `sheet.*`, `date.invalid`; `usage.missing` for what neither row nor option says.
  package static func read(
    _ bytes: [UInt8], onAt: Timestamp?, document: String?
  ) throws(IAuthError) -> [SuccessionOrder] {
    var reader = DelimitedReader(bytes)
    let known = ["old", "new", "on", "document"]
    // What `agencies --load` says above its list is passed over, as titles above a form are.
    var (first, found): ([String]?, [String]?)
    while found == nil, let row = try reader.next() {
      guard !row.isBlank else { continue }
      let titles = row.cells.map { FormColumn.key($0) }
      first = first ?? titles
      if known.prefix(2).allSatisfy(titles.contains) { found = titles }
    }
    guard let titles = found ?? first else { throw .sheetEmpty }
    let missing = known.prefix(2).filter { !titles.contains($0) }
    let duplicated = known.filter { title in titles.count { $0 == title } > 1 }
    guard missing.isEmpty, duplicated.isEmpty else {
      throw .sheetHeader(missing: Array(missing), duplicated: duplicated)
    }
    var orders: [SuccessionOrder] = []
    while let row = try reader.next() {
      guard !row.isBlank else { continue }
      let cell = { (title: String) -> String? in
        // Beside a name, the code counts.
        guard let index = titles.firstIndex(of: "\(title).code") ?? titles.firstIndex(of: title),
          index < row.cells.count
        else { return nil }
        let text = Folding.fold(row.cells[index])
        return text.isEmpty ? nil : text
      }
      var day = onAt
      if let typed = cell("on") {
        guard let found = try FormDate.day(cell: typed) else { throw .dateInvalid(typed) }
        day = Timestamp(startOfTaipeiDay: found)
      }
      guard let day, let document = cell("document") ?? document else {
        let missing = [
          day == nil ? "--on" : nil, cell("document") ?? document == nil ? "--document" : nil,
        ]
        throw .usageMissing(missing.compactMap { $0 }, command: "agencies")
      }
      orders.append(
        SuccessionOrder(
          old: cell("old") ?? "", new: cell("new") ?? "", onAt: day, document: document))
    }
    guard !orders.isEmpty else { throw .sheetEmpty }
    return orders
  }
}
