// Help for people, made from the descriptions: at most 80 columns wide, and in English 80 bytes.

import IAuthCore
import Sheets
import Values

enum HelpText {
  static let width = 80

  /// Help on one command.
  static func command(_ command: CommandDescription, _ language: Language) -> String {
    var page = Page(language: language)
    page.usage(command)
    page.blank()
    page.paragraph(command.about)
    if command.isOperatorOnly {
      page.paragraph(
        Bilingual("Only the operator may use it.", "本指令限系統維運人員使用。"))
    }
    page.parameters(command.parameters)
    if command.lists {
      page.heading(Bilingual("Options of the list", "列表選項"))
      page.pairs(command.listOptions.map { ($0.listed, $0.help) })
    }
    page.blank()
    page.paragraph(
      Bilingual(
        "Global options, such as --json and --lang, are explained by iauth help.",
        "通用選項（如 --json、--lang）請見 iauth help。"))
    page.examples(command.examples)
    page.exitStatus(command.fails)
    return page.text
  }

  /// Help on iauth as a whole.
  static func all(_ commands: [CommandDescription], _ language: Language) -> String {
    var page = Page(language: language)
    page.line(usageLine(language))
    page.blank()
    page.paragraph(purpose)
    for group in CommandGroup.allCases {
      let members = commands.filter { $0.group == group }
      if members.isEmpty { continue }
      page.heading(group.title)
      page.pairs(members.map { ($0.name, $0.summary) })
    }
    page.heading(Bilingual("Global options", "通用選項"))
    page.pairs(GlobalOptions.parameters.map { ($0.description.listed, $0.description.help) })
    page.examples(overview)
    page.heading(Bilingual("Exit status", "結束狀態"))
    page.pairs([
      ("0", ExitStatus.done.meaning),
      (
        Bilingual("other", "其他")(language),
        Bilingual("see iauth help exit-codes", "請見 iauth help exit-codes")
      ),
    ])
    return page.text
  }

  /// What is said when no command was given; at most 30 lines.
  static func short(_ commands: [CommandDescription], _ language: Language) -> String {
    var page = Page(language: language)
    page.line(usageLine(language))
    page.blank()
    // What systemd starts is nothing that anybody types.
    for command in commands where !["serve", "serve-one"].contains(command.name) {
      page.pairs([(command.name, command.summary)], labelWidth: 18)
    }
    page.blank()
    page.paragraph(
      Bilingual(
        "iauth help COMMAND explains one command, iauth --help all of it.",
        "各指令說明請用 iauth help COMMAND，完整說明請用 iauth --help。"))
    return page.text
  }

  /// Every exit status with its error codes.
  static func exitCodes(_ language: Language) -> String {
    var page = Page(language: language)
    page.heading(Bilingual("Exit status", "結束狀態"), isFirst: true)
    for status in ExitStatus.allCases {
      page.pairs([(String(status.rawValue), status.meaning)], labelWidth: 3)
      let codes = status.codes.map(\.rawValue).joined(separator: ", ")
      for line in Wrap.lines(codes, width: width - 10) { page.line("         \(line)") }
    }
    page.examples([
      Example(
        "iauth help exit-codes --json",
        Bilingual("The same list for a script", "供程式使用的列表"))
    ])
    return page.text
  }

  /// The fields of every object that --json prints.
  static func shapes(_ language: Language) -> String {
    var page = Page(language: language)
    page.paragraph(aboutShapes)
    for shape in Shape.all {
      page.heading(Bilingual("\(shape.name) (\(shape.by))", "\(shape.name)（\(shape.by)）"))
      for line in shape.fieldLines {
        for (index, text) in Wrap.lines(line, width: width - 6).enumerated() {
          page.line((index == 0 ? "  " : "      ") + text)
        }
      }
    }
    page.examples([
      Example(
        "iauth help json --json", Bilingual("The same list for a script", "供程式使用的列表"))
    ])
    return page.text
  }

  static let aboutShapes =
    Bilingual(
      "With --json each of these is an object on a line of its own. Times are RFC 3339 in UTC; "
        + "a field marked ? may be null. iauth help --schema has the same for validators.",
      "加上 --json 時，下列各物件一行一個。時間為 RFC 3339（UTC）；標示 ? 之欄位得為 null。"
        + "iauth help --schema 輸出供驗證用之 JSON Schema。")

  static let purpose = Bilingual(
    """
    iauth opens accounts for people of government agencies, and lets them request permission to \
    use systems; reviewers decide, and superior agencies submit whole sheets.
    """,
    """
    iauth 受理政府機關人員的帳號申請與系統使用權限申請，供審核者審核，並供上級機關整批提報。
    """)

  static let overview = [
    Example(
      "iauth apply --agency 2.16.886.101.20003.20065.20021",
      Bilingual("Apply for an account; what is missing is asked for", "申請帳號，未填的項目會逐一詢問")),
    Example("iauth pending", Bilingual("List the requests that wait for you", "列出待審核的申請")),
  ]

  private static func usageLine(_ language: Language) -> String {
    Bilingual(
      "Usage: iauth [global options] COMMAND [options] [operands]",
      "用法：iauth [通用選項] COMMAND [選項] [引數]")(language)
  }
}

/// A page of help under construction.
private struct Page {
  let language: Language
  private(set) var text = ""

  init(language: Language) { self.language = language }

  mutating func line(_ line: String) { text += line + "\n" }
  mutating func blank() { text += "\n" }

  mutating func heading(_ title: Bilingual, isFirst: Bool = false) {
    if !isFirst { blank() }
    line(title(language) + Bilingual(":", "：")(language))
  }

  mutating func paragraph(_ text: Bilingual) {
    for line in Wrap.lines(text(language), width: HelpText.width) { self.line(line) }
  }

  mutating func usage(_ command: CommandDescription) {
    let label = Bilingual("Usage: ", "用法：")(language)
    let start = "iauth \(command.name)"
    let labelWidth = TerminalText.width(label)
    for (index, form) in command.forms.enumerated() {
      let indent = index == 0 ? label : String(repeating: " ", count: labelWidth)
      var line = indent + start
      // A usage line is broken between options only, never between one and its value.
      for word in command.synopsis(of: form) {
        if TerminalText.width(line) + 1 + word.utf8.count > HelpText.width {
          self.line(line)
          line = String(repeating: " ", count: labelWidth + start.utf8.count)
        }
        line += " " + word
      }
      self.line(line)
    }
  }

  mutating func parameters(_ parameters: [ParameterDescription]) {
    let operands = parameters.filter(\.isOperand)
    let options = parameters.filter { !$0.isOperand }
    if !operands.isEmpty {
      heading(Bilingual("Operands", "引數"))
      pairs(operands.map { ($0.synopsis, $0.help) })
    }
    if !options.isEmpty {
      heading(Bilingual("Options", "選項"))
      pairs(options.map { ($0.listed, $0.help) })
    }
  }

  /// Labels and their texts, the texts below each other.
  mutating func pairs(_ pairs: [(String, Bilingual)], labelWidth: Int? = nil) {
    let widest = labelWidth ?? pairs.map { TerminalText.width($0.0) }.max() ?? 0
    let indent = widest + 4
    for (label, help) in pairs {
      let lines = Wrap.lines(help(language), width: HelpText.width - indent)
      line("  " + TerminalText.padded(label, to: widest) + "  " + (lines.first ?? ""))
      for more in lines.dropFirst() { line(String(repeating: " ", count: indent) + more) }
    }
  }

  mutating func examples(_ examples: [Example]) {
    heading(Bilingual("Examples", "範例"))
    for example in examples {
      for text in example.shellLines(language, width: HelpText.width - 2) { line("  " + text) }
      for text in Wrap.lines(example.meaning(language), width: HelpText.width - 6) {
        line("      " + text)
      }
    }
  }

  mutating func exitStatus(_ fails: [ErrorCode]) {
    heading(Bilingual("Exit status", "結束狀態"))
    line("  0   " + ExitStatus.done.meaning(language))
    for status in ExitStatus.allCases {
      let codes = fails.filter { $0.status == status }.map(\.rawValue)
      if codes.isEmpty { continue }
      let label = "  " + TerminalText.padded(String(status.rawValue), to: 4)
      let lines = Wrap.lines(codes.joined(separator: ", "), width: HelpText.width - 6)
      for (index, text) in lines.enumerated() { line((index == 0 ? label : "      ") + text) }
    }
    paragraph(
      Bilingual(
        "Others, which every command may end with: iauth help exit-codes.",
        "其餘各指令共通的狀態，請見 iauth help exit-codes。"))
  }
}

extension Example {
  /// The line as a shell takes it, broken before options with a backslash.
  func shellLines(_ language: Language, width: Int) -> [String] {
    var lines: [String] = []
    for part in Self.parts(of: line(language)) {
      if let last = lines.last, TerminalText.width(last + part) + 3 <= width {
        lines[lines.count - 1] += " " + part
      } else {
        lines.append((lines.isEmpty ? "" : "  ") + part)
      }
    }
    for index in lines.indices.dropLast() { lines[index] += " \\" }
    return lines
  }

  /// The line cut before each option, so that nothing quoted is cut.
  private static func parts(of line: String) -> [String] {
    var parts: [String] = []
    for word in line.split(separator: " ", omittingEmptySubsequences: false) {
      if parts.isEmpty || word.utf8.starts(with: "--".utf8) {
        parts.append(String(word))
      } else {
        parts[parts.count - 1] += " " + word
      }
    }
    return parts
  }
}
