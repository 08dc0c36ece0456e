// A page for people who are handed a file (PRODUCT 11.3, 11.6, 11.7): one file, no script, no
// foreign address, readable on a screen and printed on A4, its charts as SVG. The fifth writer, with
// its own escaping: what anyone typed is text and nothing else.

import IAuthCore
import Sheets
import Values

struct HTMLPage {
  private let language: Language
  private let title: String
  private var body: [String] = []

  init(_ title: String, _ language: Language) {
    self.title = title
    self.language = language
  }

  mutating func heading(_ text: String) { body.append("<h2>\(Self.escaped(text))</h2>") }

  mutating func paragraph(_ text: String) { body.append("<p>\(Self.escaped(text))</p>") }

  /// Labels and values, one pair a line.
  mutating func facts(_ pairs: [(Bilingual, String)]) {
    let rows = pairs.map { label, value in
      "<tr><th scope=\"row\">\(Self.escaped(label(language)))</th><td>\(Self.escaped(value))</td></tr>"
    }
    body.append("<table class=\"facts\">\(rows.joined())</table>")
  }

  mutating func table(_ titles: [Bilingual], _ rows: [[String]], numbers: Set<Int> = []) {
    let head = titles.map { "<th scope=\"col\">\(Self.escaped($0(language)))</th>" }
    let lines = rows.map { row in
      let cells = row.enumerated().map { index, cell in
        numbers.contains(index)
          ? "<td class=\"n\">\(Self.escaped(cell))</td>" : "<td>\(Self.lines(cell))</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    body.append(
      "<table><thead><tr>\(head.joined())</tr></thead><tbody>\(lines.joined(separator: "\n"))"
        + "</tbody></table>")
  }

  /// Horizontal bars, each with its label and number; the longest fills the width.
  mutating func bars(_ caption: String, _ values: [(label: String, value: Double)]) {
    guard !values.isEmpty else { return }
    let highest = max(values.map(\.value).max() ?? 0, 1)
    let lines = values.enumerated().map { index, bar in
      let y = index * 26
      let width = Int((bar.value / highest * 380).rounded())
      return """
        <text x="190" y="\(y + 17)" text-anchor="end">\(Self.escaped(bar.label))</text>\
        <rect x="200" y="\(y + 4)" width="\(width)" height="18" rx="2"/>\
        <text x="\(206 + width)" y="\(y + 17)">\(Self.number(bar.value))</text>
        """
    }
    body.append(
      """
      <figure><svg role="img" viewBox="0 0 660 \(values.count * 26 + 4)" \
      aria-label="\(Self.escaped(caption))">\(lines.joined(separator: "\n"))</svg>\
      <figcaption>\(Self.escaped(caption))</figcaption></figure>
      """)
  }

  /// The whole file.
  var text: String {
    """
    <!DOCTYPE html>
    <html lang="\(language == .english ? "en" : "zh-Hant-TW")">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>\(Self.escaped(title))</title>
    <style>
    @page { size: A4; margin: 18mm }
    body { font: 11pt/1.5 "Noto Sans TC", "Noto Sans CJK TC", sans-serif; max-width: 180mm;
      margin: 2em auto; padding: 0 1em; color: #111; background: #fff }
    h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 1.8em }
    table { border-collapse: collapse; width: 100%; margin: 1em 0; font-size: .9em }
    th, td { border: 1px solid #bbb; padding: .25em .5em; text-align: left; vertical-align: top;
      overflow-wrap: anywhere }
    thead { display: table-header-group }
    thead th { background: #eee; font-size: .8em; overflow-wrap: normal }
    tbody td:not(.n) { min-width: 4em }
    tr, figure { break-inside: avoid } .facts th { width: 12em } .n { text-align: right }
    figure { margin: 1em 0 } svg { width: 100%; font-size: 13px } rect { fill: #2a6496 }
    figcaption { color: #444; font-size: .9em }
    </style>
    </head>
    <body>
    <h1>\(Self.escaped(title))</h1>
    \(body.joined(separator: "\n"))
    </body>
    </html>

    """
  }

  /// The lines of a text, one below the other.
  private static func lines(_ text: String) -> String {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in escaped(String(String.UnicodeScalarView(line.drop { $0 == "\t" }))) }
      .joined(separator: "<br>")
  }

  /// A number with at most one decimal.
  static func number(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(abs(tenths % 10))"
  }

  /// Text that no browser takes for anything else; controls and what turns the direction of writing
  /// are shown escaped, as on a terminal.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in TerminalText.escaped(text).unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
