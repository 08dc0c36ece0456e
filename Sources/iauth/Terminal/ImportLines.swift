// What `import-batch` answers: for scripts a line per row and a summary, for people the rows with
// something to say, and the summary.

import IAuthCore
import Sheets
import Values

extension ImportReport {
  func show(_ context: Context) {
    if context.options.json {
      for row in rows { row.write(to: context.console) }
      context.console.line(json)
      return
    }
    let language = context.language
    for row in rows where !row.problems.isEmpty {
      for problem in row.problems {
        context.console.line(row.text(problem, language))
      }
    }
    context.console.details(details.map { (label: $0.0, value: $0.1) })
  }

  private var json: JSON {
    let lists = [("ignored", ignored), ("unread", unread.map(\.name))].filter { !$0.1.isEmpty }
      .map { JSON.Member(key: $0.0, value: .array($0.1.map { .string($0) })) }
    let numbers = [
      ("rows", rows.count), ("accepted", count(.accepted)), ("unchanged", count(.unchanged)),
      ("rejected", count(.rejected)), ("held", count(.held)),
    ]
    return .object(
      of: lists + numbers.map { JSON.Member(key: $0.0, value: .int($0.1)) } + [
        JSON.Member(key: "batch", value: .number(batch)),
        JSON.Member(key: "digest", value: .string(digest)),
        JSON.Member(key: "dry_run", value: .bool(isDryRun)),
      ])
  }

  private var details: [(Bilingual, String)] {
    let counts = RowOutcome.allCases.map { (Bilingual($0.rawValue, $0.chinese), String(count($0))) }
    return [
      (Bilingual("batch", "整批編號"), batch.map(String.init) ?? "-"),
      (Bilingual("rows", "列數"), String(rows.count)),
    ] + counts
  }

  /// The counts in one sentence.
  var summary: Bilingual {
    let counts = RowOutcome.allCases.map { ($0, count($0)) }
    return Bilingual(
      "\(rows.count) \(rows.count == 1 ? "row" : "rows"): "
        + counts.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", "),
      "共 \(rows.count) 列：" + counts.map { "\($0.0.chinese) \($0.1) 列" }.joined(separator: "、"))
  }
}

extension RowOutcome {
  var label: Bilingual { Bilingual(rawValue, chinese) }
}

extension ImportRow {
  /// The row as a line of JSON; nearly all of a million have nothing to tell, and are written as
  /// `json` would have them.
  fileprivate func write(to console: Console) {
    guard problems.isEmpty, sheet == nil else { return console.line(json) }
    let request = request.map(String.init) ?? "null"
    console.page(
      "{\"outcome\":\"\(outcome.rawValue)\",\"problems\":[],"
        + "\"request\":\(request),\"row\":\(number)}\n"
    )
  }

  private var json: JSON {
    let problems = problems.map { problem -> JSON in
      [
        "level": problem.isError ? "error" : "warning", "column": .string(problem.column),
        "code": .string(problem.code), "message": .string(problem.message.english),
      ]
    }
    return .object(
      of: (sheet.map { [JSON.Member(key: "sheet", value: .string($0))] } ?? []) + [
        JSON.Member(key: "row", value: .int(number)),
        JSON.Member(key: "outcome", value: .word(outcome)),
        JSON.Member(key: "request", value: .number(request)),
        JSON.Member(key: "problems", value: .array(problems)),
      ])
  }

  fileprivate func text(_ problem: RowProblem, _ language: Language) -> String {
    let level = problem.isError ? Bilingual("error", "錯誤") : Bilingual("warning", "提醒")
    return Bilingual(
      (sheet.map { "\($0), " } ?? "")
        + "row \(number), \(problem.column): \(level.english): \(problem.message.english)",
      (sheet.map { "工作表「\($0)」" } ?? "")
        + "第 \(number) 列「\(problem.column)」\(level.chinese)：\(problem.message.chinese)")(language)
  }
}
