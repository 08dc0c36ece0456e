// What every list takes: its form, its order, its columns, and how much of it. They are options of
// the form that lists (`Form.isList`), and may stand wherever a global option may.

import IAuthCore
import Sheets
import Values

/// How a list is written.
enum OutputFormat: String, ArgumentWord { case table, csv, tsv, json }

struct ListOptions: Sendable {
  var output: OutputFormat?
  var sort: String?
  var columns: String?
  var limit: Int?
  var since: TimeArgument?
  var until: TimeArgument?
  var hasExitCode = false

  static let parameters: [Parameter<GlobalOptions>] = [
    .option(
      "output", "FORMAT", \.list.output,
      Bilingual("write it as table, csv, tsv or json", "輸出格式：table、csv、tsv 或 json")),
    .option(
      "sort", "COLUMN", \.list.sort,
      Bilingual("in the order of this column; -COLUMN turns it round", "依此欄排序；-COLUMN 為倒序")),
    .option(
      "columns", "A,B", \.list.columns,
      Bilingual(
        "only these columns, by the names that iauth help json lists", "僅列這些欄位（欄名見 iauth help json）"
      )),
    .option("limit", "N", \.list.limit, Bilingual("at most N lines", "最多列出 N 筆")),
    .option(
      "since", "TIME", \.list.since,
      Bilingual("from this day or time, or as long ago", "起始日期時間，或多久以前")),
    .option(
      "until", "TIME", \.list.until,
      Bilingual("up to the end of this day, or before this time", "結束日期（含當日）或時間（不含）")),
    .flag(
      "exit-code", \.list.hasExitCode,
      Bilingual("end with status 1 if the list is empty", "列表為空時以狀態 1 結束")),
  ]

  /// Those that look at the time of a line.
  static let times: Set<String> = ["since", "until"]

  /// The names of the columns that were asked for.
  var columnNames: [String]? {
    columns?.split(separator: ",", omittingEmptySubsequences: false).map { word in
      String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension ParameterDescription {
  private static let shorts: [String: String] = [
    "quiet": "q", "dry-run": "n", "interactive": "i", "output": "o", "limit": "l", "help": "h",
  ]

  /// The one letter that stands for the option, if it has one.
  var short: String? { isOperand ? nil : Self.shorts[name] }

  /// As help lists it: `-o, --output FORMAT`.
  var listed: String { short.map { "-\($0), \(synopsis)" } ?? synopsis }
}
