// The figures of `statistics` in their other forms: JSON, a sheet, a page, and the text format of
// Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).

import IAuthCore
import Sheets
import Values

extension StatisticsLine {
  /// As people read it: a name, a month, or what stands for all.
  func title(_ key: StatisticsKey?, _ language: Language) -> String {
    (language == .english ? english : nil) ?? name ?? code
      ?? (key == .reviewer ? Bilingual("no reviewer", "無審核者") : Bilingual("all", "全部"))(language)
  }

  fileprivate var counts: [(name: String, value: Int)] {
    [
      ("submitted", submitted), ("approved", approved), ("rejected", rejected),
      ("returned", returned), ("withdrawn", withdrawn), ("lapsed", lapsed),
      ("superseded", superseded), ("waiting", waiting),
    ]
  }

  /// Hours until a decision; nil where none was made.
  fileprivate var times: [(name: String, seconds: Int64?)] {
    [
      ("median_hours", waited?.median), ("p90_hours", waited?.ninetieth),
      ("p95_hours", waited?.ninetyFifth), ("median_working_hours", waitedAtWork?.median),
      ("p90_working_hours", waitedAtWork?.ninetieth),
      ("p95_working_hours", waitedAtWork?.ninetyFifth),
    ]
  }

  /// How things stand now; nil where the key has none of it.
  fileprivate var now: [(name: String, value: Int?)] {
    [
      ("agencies_without_administrator", standing?.agenciesWithoutAdministrator),
      ("agencies_with_one_administrator", standing?.agenciesWithOneAdministrator),
      ("recertification_items", standing?.recertified?.items),
      ("recertification_answered", standing?.recertified?.answered),
      ("contacts_bouncing", standing?.contactsBouncing),
    ]
  }

  func json(_ key: StatisticsKey?) -> JSON {
    var members: [JSON.Member] = [
      .init(key: "by", value: .word(key)), .init(key: "key", value: .text(code)),
      .init(key: "name", value: .text(name)),
    ]
    members += counts.map { .init(key: $0.name, value: .int($0.value)) }
    members += times.map { time in
      .init(key: time.name, value: time.seconds.map { JSON.hours($0) } ?? .null)
    }
    members += now.map { figure in
      .init(key: figure.name, value: figure.value.map { .int($0) } ?? .null)
    }
    return .object(of: members)
  }
}

extension Statistics {
  /// What does not depend on requests, in one sentence.
  var summary: Bilingual {
    let (none, one) = (
      standing.agenciesWithoutAdministrator, standing.agenciesWithOneAdministrator
    )
    let rate = standing.recertified.map { "\($0.answered)/\($0.items)" }
    let contactsBouncing = standing.contactsBouncing
    return Bilingual(
      "\(none) agencies without an administrator, \(one) with one"
        + (rate.map { "; periodic review: \($0) answered" } ?? "")
        + (contactsBouncing > 0 ? "; people whose contacts bounce: \(contactsBouncing)" : ""),
      "無管理者之機關 \(none) 個，僅一名者 \(one) 個"
        + (rate.map { "；帳號清查已答復 \($0)" } ?? "")
        + (contactsBouncing > 0 ? "；聯絡資料無法送達者 \(contactsBouncing) 人" : ""))
  }

  func sheet(_ key: StatisticsKey?) throws(IAuthError) -> [UInt8] {
    var writer = DelimitedWriter()
    let columns = StatisticsLine.nothing
    writer.write(
      ["key", "name"] + columns.counts.map(\.name) + columns.times.map(\.name)
        + columns.now.map(\.name))
    for line in lines {
      writer.write(
        [line.code ?? "", line.name ?? ""] + line.counts.map { String($0.value) }
          + line.times.map { $0.seconds.map(StatisticsCommand.hours) ?? "" }
          + line.now.map { $0.value.map { String($0) } ?? "" })
    }
    return try writer.finish()
  }

  func page(_ key: StatisticsKey?, _ language: Language, _ times: LocalTime) -> HTMLPage {
    let title = Bilingual("Requests and how long they wait", "申請件數與審核時程統計")
    var page = HTMLPage(title(language), language)
    page.facts([
      (Bilingual("Written", "產製時間"), times.textWithZone(at)),
      (
        Bilingual("Agencies without an administrator", "無管理者之機關"),
        String(standing.agenciesWithoutAdministrator)
      ),
      (
        Bilingual("Agencies with one administrator", "僅一名管理者之機關"),
        String(standing.agenciesWithOneAdministrator)
      ),
      (
        Bilingual("Newest periodic review", "最近一次帳號清查"),
        standing.recertified.map { "\($0.answered)/\($0.items)" } ?? "-"
      ),
    ])
    page.heading(Bilingual("Submitted", "提出件數")(language))
    let caption = (key?.label ?? Bilingual("all", "全部"))(language)
    page.bars(
      caption, lines.map { (label: $0.title(key, language), value: Double($0.submitted)) })
    page.heading(Bilingual("Median hours to a decision", "審核時程中位數（小時）")(language))
    page.bars(
      caption,
      lines.map { line in
        (label: line.title(key, language), value: Double(line.waited?.median ?? 0) / 3_600)
      })
    page.table(
      [
        key?.label ?? Bilingual("All", "全部"), Bilingual("Submitted", "提出"),
        Bilingual("Approved", "核准"), Bilingual("Rejected", "退件"), Bilingual("Returned", "退回補正"),
        Bilingual("Lapsed", "逾期"), Bilingual("Waiting", "待審核"), Bilingual("Median h", "中位時數"),
        Bilingual("90 %", "90%"), Bilingual("95 %", "95%"),
        Bilingual("Median working h", "上班時數中位數"),
      ],
      lines.map { line in
        [
          line.title(key, language), String(line.submitted), String(line.approved),
          String(line.rejected), String(line.returned), String(line.lapsed),
          String(line.waiting),
        ] + line.times.prefix(4).map { $0.seconds.map(StatisticsCommand.hours) ?? "-" }
      }, numbers: Set(1...10))
    return page
  }

  /// All together, for the textfile collector of node_exporter.
  ///
  /// What there is none of is 0, or NaN: a gap would be taken for a broken collector.
  var metrics: String {
    var text = ""
    func metric(_ name: String, _ help: String, _ samples: [(labels: String, value: String)]) {
      text += "# HELP iauth_\(name) \(help)\n# TYPE iauth_\(name) gauge\n"
      for sample in samples { text += "iauth_\(name)\(sample.labels) \(sample.value)\n" }
    }
    let line = lines.first ?? .nothing
    metric(
      "requests", "Requests by what became of them.",
      line.counts.dropFirst().map { (#"{status="\#($0.name)"}"#, String($0.value)) })
    let percentiles = ["50", "90", "95"]
    let times = line.times
    for (name, help, part) in [
      ("decision_seconds", "Time from submission to decision.", times.prefix(3)),
      ("decision_working_seconds", "The same in working hours.", times.dropFirst(3)),
    ] {
      metric(
        name, help,
        zip(percentiles, part).map { percentile, time in
          (#"{percentile="\#(percentile)"}"#, time.seconds.map { String($0) } ?? "NaN")
        })
    }
    metric(
      "agencies", "Agencies with few administrators.",
      [
        (#"{administrators="0"}"#, String(standing.agenciesWithoutAdministrator)),
        (#"{administrators="1"}"#, String(standing.agenciesWithOneAdministrator)),
      ])
    metric(
      "contacts_bouncing", "People whose mail comes back or whose SMS fail.",
      [("", String(standing.contactsBouncing))])
    if !messages.isEmpty {
      metric(
        "messages", "Messages by what became of them.",
        messages.map { (#"{status="\#($0.status.rawValue)"}"#, String($0.number)) })
    }
    let (answered, items) = standing.recertified ?? (0, 0)
    metric(
      "recertification_items", "Items of the newest periodic review.", [("", String(items))])
    metric("recertification_answered", "Answered items of it.", [("", String(answered))])
    let rate = items == 0 ? "NaN" : String(Double(answered) / Double(items))
    metric("recertification_ratio", "The part of it that is answered.", [("", rate)])
    return text
  }
}
