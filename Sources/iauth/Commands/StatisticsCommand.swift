// `iauth statistics`: how many were asked for, what became of them, and how long they waited; as a
// table with bars, as a sheet, as a page to print, or for a monitoring system.

import IAuthCore
import Sheets
import Values

struct StatisticsCommand: Command {
  static let name = "statistics"
  static let usage = CommandUsage<StatisticsCommand>(
    name, in: .registry,
    summary: Bilingual("Figures of requests and how long they wait", "統計申請件數與審核時程"),
    about: Bilingual(
      """
      Counts the requests submitted from --since until --until, each once by what became of it in \
      the end, and how often they were returned, in all or by agency, superior agency, system, month or reviewer: your own agency and those below \
      it for its administrators, all for the authority and the operator. The time to a decision \
      is its median, 90th and 95th percentile, in hours, and in working hours: Monday to Friday, \
      8:30 to 17:30 in Taipei, without the days off of the file that holidays names. A DATE is a \
      day in Taipei, Gregorian or of the Republic (115-06-01). --prometheus writes for the \
      textfile collector of node_exporter.
      """,
      """
      統計 --since 至 --until 間提出之申請件數（每件計一次）、最終結果及退回補正次數，得依機關、上級機關、系統、月份或審核者分列；機關管理者\
      得統計所屬機關及其下級機關，主管機關及系統維運人員得統計全部。審核時程以中位數、第 90 及第 95 百分位數\
      表示，單位為小時及上班時數（週一至週五 8:30 至 17:30，扣除 holidays 所指檔案之放假日）。日期以臺北時間為準，\
      得用西元或民國年（如 115-06-01）。--prometheus 供 \
      node_exporter 之 textfile collector 使用。
      """),
    parameters: [
      .option(
        "since", "DATE", \.since,
        Bilingual("submitted from this date or time, or as long ago", "起始日期時間，或多久以前")),
      .option(
        "until", "DATE", \.until,
        Bilingual("up to the end of this day, or before this time", "結束日期（含當日）或時間（不含）")),
      .option(
        "by", "KEY", \.key, Bilingual("a line for each of these", "分列依據")),
      .option("system", "CODE", \.system, Bilingual("only this system", "僅列此系統")),
      .option(
        "under", "CODE", \.under,
        Bilingual("only this agency and all below it", "僅列此機關及其下級機關")),
      .flag("csv", \.isCSV, Bilingual("as a sheet", "輸出為 CSV")),
      .option(
        "html", "FILE", \.html, Bilingual("as a page to read and print", "輸出為可列印之網頁"),
        completes: .file),
      .flag("prometheus", \.isPrometheus, Bilingual("as metrics for monitoring", "輸出為監控指標")),
    ],
    forms: [
      Form(takes: ["since", "until", "by", "system", "under"], isList: true),
      Form(needs: ["csv"], takes: ["since", "until", "by", "system", "under"]),
      Form(needs: ["html"], takes: ["since", "until", "by", "system", "under"]),
      Form(needs: ["prometheus"], takes: ["since", "until", "system", "under"]),
    ],
    examples: [
      Example(
        "iauth statistics --since 2026-01-01 --by month",
        Bilingual("This year, month by month", "今年各月統計")),
      Example(
        "iauth statistics --prometheus > /var/lib/prometheus/node-exporter/iauth.prom",
        Bilingual("For the monitoring", "供監控系統使用")),
    ],
    fails: [
      .agencyUnknown, .systemUnknown, .fileExists, .sessionNone, .sessionExpired, .rightMissing,
    ])

  var since: TimeArgument?
  var until: TimeArgument?
  var key: StatisticsKey?
  var system: String?
  var under: String?
  var isCSV = false
  var html: String?
  var isPrometheus = false

  func run(_ context: Context) throws(IAuthError) {
    if context.options.json {
      for (isOther, option) in [(isCSV, "--csv"), (isPrometheus, "--prometheus")] where isOther {
        throw .usageConflict(option, "--json", command: "statistics")
      }
    }
    try context.checkPage(html)
    let span = try context.span(since, until, in: .taipei)
    let found = try context.service().statistics(
      StatisticsOrder(
        since: span.from, until: span.end, key: key, system: system, under: under))
    if found.lacksHolidays {
      context.say(
        Bilingual(
          "the calendar of days off cannot be read, and working hours are left out; iauth doctor "
            + "says why",
          "無法讀取辦公日曆表，不含上班時數；原因請見 iauth doctor"))
    }
    if isPrometheus {
      context.console.page(found.metrics)
    } else if isCSV {
      context.console.page(String(decoding: try found.sheet(key), as: UTF8.self))
    } else if let html {
      try context.write(found.page(key, context.language, context.localTime), to: html)
    } else {
      try show(found, context)
    }
  }

  private func show(_ found: Statistics, _ context: Context) throws(IAuthError) {
    let language = context.language
    let highest = max(found.lines.map(\.submitted).max() ?? 0, 1)
    try context.list(
      .figures, found.lines.map { $0.json(key) },
      table: Table(
        [
          .init(key?.label ?? Bilingual("all", "全部"), isFlexible: true),
          .init(Bilingual("submitted", "提出"), isNumber: true),
          .init(Bilingual("approved", "核准"), isNumber: true),
          .init(Bilingual("rejected", "退件"), isNumber: true),
          .init(Bilingual("returned", "退回補正"), isNumber: true, isSpare: true),
          .init(Bilingual("lapsed", "逾期"), isNumber: true, isSpare: true),
          .init(Bilingual("waiting", "待審核"), isNumber: true),
          .init(Bilingual("median h", "中位時數"), isNumber: true),
          .init(Bilingual("p90", "P90"), isNumber: true, isSpare: true),
          .init(Bilingual("p95", "P95"), isNumber: true),
          .init(Bilingual("working h", "上班時數"), isNumber: true, isSpare: true),
          .init(Bilingual("p90", "P90"), isNumber: true, isSpare: true),
          .init(Bilingual("p95", "P95"), isNumber: true, isSpare: true),
          .init(Bilingual("review", "清查"), isNumber: true, isSpare: true),
          .init(Bilingual("", ""), isFlexible: true),
        ],
        rows: found.lines.map { line in
          [
            line.title(key, language), String(line.submitted), String(line.approved),
            String(line.rejected), String(line.returned), String(line.lapsed),
            String(line.waiting),
          ] + Self.hours(line.waited) + Self.hours(line.waitedAtWork) + [
            line.standing?.recertified.map { "\($0.answered)/\($0.items)" } ?? "-",
            String(
              repeating: "#",
              count: max(line.submitted * 8 / highest, min(line.submitted, 1))),
          ]
        }),
      empty: Bilingual("nothing was submitted in that time", "此期間無申請案"))
    // A line of nothing is none.
    if context.options.list.hasExitCode, found.lines.allSatisfy({ $0.submitted == 0 }) {
      context.status = .refused
    }
    context.say(found.summary)
  }

  private static func hours(_ times: Percentiles?) -> [String] {
    guard let times else { return ["-", "-", "-"] }
    return [times.median, times.ninetieth, times.ninetyFifth].map(hours)
  }

  static func hours(_ seconds: Int64) -> String { HTMLPage.number(Double(seconds) / 3_600) }
}

extension StatisticsKey: ArgumentWord {
  var label: Bilingual {
    switch self {
    case .agency: Bilingual("agency", "機關")
    case .superior: Bilingual("superior agency", "上級機關")
    case .system: Bilingual("system", "系統")
    case .month: Bilingual("month", "月份")
    case .reviewer: Bilingual("reviewer", "審核者")
    }
  }
}
