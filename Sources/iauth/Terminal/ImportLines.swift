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
    [
      "batch": .number(batch), "digest": .string(digest), "rows": .int(rows.count),
      "accepted": .int(count(.accepted)), "unchanged": .int(count(.unchanged)),
      "rejected": .int(count(.rejected)), "held": .int(count(.held)), "dry_run": .bool(isDryRun),
    ]
  }

  private var details: [(Bilingual, String)] {
    let counts = RowOutcome.allCases.map { (Bilingual($0.rawValue, $0.chinese), String(count($0))) }
    return [
      (Bilingual("batch", "整批編號"), batch.map(String.init) ?? "–"),
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
    guard problems.isEmpty else { return console.line(json) }
    let request = request.map(String.init) ?? "null"
    console.page(
      "{\"outcome\":\"\(outcome.rawValue)\",\"problems\":[],"
        + "\"request\":\(request),\"row\":\(number)}\n"
    )
  }

  private var json: JSON {
    [
      "row": .int(number), "outcome": .word(outcome), "request": .number(request),
      "problems": .array(
        problems.map {
          [
            "level": $0.isError ? "error" : "warning", "column": .string($0.column),
            "code": .string($0.code), "message": .string($0.message.english),
          ]
        }),
    ]
  }

  fileprivate func text(_ problem: RowProblem, _ language: Language) -> String {
    let level = problem.isError ? Bilingual("error", "錯誤") : Bilingual("warning", "提醒")
    return Bilingual(
      "row \(number), \(problem.column): \(level.english): \(problem.message.english)",
      "第 \(number) 列「\(problem.column)」\(level.chinese)：\(problem.message.chinese)")(language)
  }
}
