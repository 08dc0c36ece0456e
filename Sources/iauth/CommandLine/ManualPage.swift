// Manual pages of section 1, in mdoc(7), made from the same descriptions as the help. They are
// committed under man/, and a test compares them.

import IAuthCore
import Sheets
import Values

struct ManualPage {
  /// The path below man/.
  let path: String
  let text: String

  /// All pages, in both languages.
  static func all(_ commands: [CommandDescription]) -> [ManualPage] {
    Language.allCases.flatMap { language in
      let folder = language == .english ? "" : "zh_TW/"
      return [
        ManualPage(path: "\(folder)iauth.1", text: overview(commands, language)),
        ManualPage(path: "\(folder)iauth-json.5", text: shapes(language)),
      ]
        + commands.map { command in
          ManualPage(
            path: "\(folder)iauth-\(command.name).1", text: page(on: command, language))
        }
    }
  }

  private static func page(on command: CommandDescription, _ language: Language) -> String {
    var page = MDoc(title: "IAUTH\\-\(command.name.uppercased())", language)
    page.section(.name)
    page.roff.macro("Nm iauth\\-\(Roff.escaped(command.name))")
    page.name(command.summary)
    page.section(.synopsis)
    for (index, form) in command.forms.enumerated() {
      // Only under its English name does mdoc set a section's synopses on lines of their own.
      if index > 0, language == .chinese { page.roff.macro("br") }
      page.roff.macro("Nm iauth Cm \(Roff.escaped(command.name))")
      for parameter in form.needs.compactMap(command.parameter) {
        page.roff.macro(MDoc.spelling(parameter))
      }
      let optional = command.parameters.filter { form.takes.contains($0.name) }
      for parameter in optional.filter({ !$0.isOperand }) + optional.filter(\.isOperand) {
        page.roff.macro("Op " + MDoc.spelling(parameter))
      }
    }
    page.section(.description)
    page.prose(command.about)
    if command.isOperatorOnly {
      page.prose(Bilingual("Only the operator may use it.", "本指令限系統維運人員使用。"))
    }
    if !command.parameters.isEmpty { page.list(command.parameters) }
    if command.lists {
      page.roff.macro("Pp")
      page.prose(Bilingual("Options of the list:", "列表選項："))
      page.list(command.listOptions)
    }
    page.roff.macro("Pp")
    page.prose(
      Bilingual("Global options are explained in iauth(1).", "通用選項請見 iauth(1)。"))
    page.section(.exitStatus)
    page.statuses([.done] + ExitStatus.allCases.filter { $0.fails(in: command) }) { status in
      command.fails.filter { $0.status == status }
    }
    page.prose(
      Bilingual(
        "Statuses that every command may end with are listed in iauth(1).",
        "各指令共通的狀態請見 iauth(1)。"))
    page.section(.examples)
    page.examples(command.examples)
    page.section(.seeAlso)
    page.roff.macro("Xr iauth 1")
    return page.roff.text
  }

  /// What --json prints, object by object.
  private static func shapes(_ language: Language) -> String {
    var page = MDoc(title: "IAUTH\\-JSON", in: 5, language)
    page.section(.name)
    page.roff.macro("Nm iauth\\-json")
    page.name(Bilingual("what iauth prints as JSON", "iauth 之 JSON 輸出"))
    page.section(.description)
    page.prose(HelpText.aboutShapes)
    for shape in Shape.all {
      page.roff.macro("Ss \(Roff.escaped(shape.name))")
      page.prose(Bilingual("Printed by: \(shape.by).", "輸出指令：\(shape.by)。"))
      page.roff.macro("Bd -literal -offset indent")
      for line in shape.fieldLines {
        let lines = Wrap.lines(line, width: 68)
        for (index, text) in lines.enumerated() {
          page.roff.literal((index == 0 ? "" : "    ") + text)
        }
      }
      page.roff.macro("Ed")
    }
    page.section(.examples)
    page.examples([
      Example(
        "iauth help --schema > iauth.schema.json",
        Bilingual("The schema for a validator", "取得驗證用之 JSON Schema"))
    ])
    page.section(.seeAlso)
    page.roff.macro("Xr iauth 1 ,")
    page.roff.macro("Xr iauth\\-help 1")
    return page.roff.text
  }

  private static func overview(_ commands: [CommandDescription], _ language: Language) -> String {
    var page = MDoc(title: "IAUTH", language)
    page.section(.name)
    page.roff.macro("Nm iauth")
    page.name(
      Bilingual("accounts and permissions of government agencies", "政府機關帳號與權限申請"))
    page.section(.synopsis)
    page.roff.macro("Nm iauth")
    page.roff.macro("Op Ar global options")
    page.roff.macro("Ar COMMAND")
    page.roff.macro("Op Ar options")
    page.roff.macro("Op Ar operands")
    page.section(.description)
    page.prose(HelpText.purpose)
    page.roff.macro("Bl -tag -width Ds")
    for command in commands {
      page.roff.macro("It Xr iauth\\-\(Roff.escaped(command.name)) 1")
      page.prose(command.summary)
    }
    page.roff.macro("El")
    page.roff.macro("Pp")
    page.prose(
      Bilingual("Global options stand before or after the command.", "通用選項可置於指令之前或之後。"))
    page.list(GlobalOptions.parameters.map(\.description))
    page.section(.environment)
    page.roff.macro("Bl -tag -width Ds")
    for (name, use) in Environment.variables {
      page.roff.macro("It Ev \(name)")
      page.prose(use)
    }
    page.roff.macro("El")
    page.section(.exitStatus)
    page.statuses(ExitStatus.allCases, codes: \.codes)
    page.section(.examples)
    page.examples(HelpText.overview)
    page.section(.seeAlso)
    for command in commands {
      page.roff.macro("Xr iauth\\-\(Roff.escaped(command.name)) 1 ,")
    }
    for other in ["iauth\\-json 5 ,", "iauth\\-sheet 5 ,", "iauth.conf 5 ,", "iauth 7 ,"] {
      page.roff.macro("Xr \(other)")
    }
    page.roff.macro("Xr iauth\\-hosts 7")
    return page.roff.text
  }
}

extension ExitStatus {
  fileprivate func fails(in command: CommandDescription) -> Bool {
    command.fails.contains { $0.status == self }
  }
}

/// A page under construction.
private struct MDoc {
  enum Section { case name, synopsis, description, environment, exitStatus, examples, seeAlso }

  let language: Language
  var roff = Roff()

  init(title: String, in section: Int = 1, _ language: Language) {
    self.language = language
    roff.comment("Made from the command's declaration by Scripts/record; do not edit.")
    roff.macro("Dd \(Program.date)")
    roff.macro("Dt \(title) \(section)")
    roff.macro("Os")
  }

  mutating func section(_ section: Section) {
    let title =
      switch section {
      case .name: Bilingual("NAME", "名稱")
      case .synopsis: Bilingual("SYNOPSIS", "語法")
      case .description: Bilingual("DESCRIPTION", "說明")
      case .environment: Bilingual("ENVIRONMENT", "環境變數")
      case .exitStatus: Bilingual("EXIT STATUS", "結束狀態")
      case .examples: Bilingual("EXAMPLES", "範例")
      case .seeAlso: Bilingual("SEE ALSO", "參見")
      }
    // Under the first section, by its name, groff begins the page's header.
    if case .name = section, language == .chinese {
      roff.macro("ds doc-section-name \(Roff.escaped(title(language)))")
    }
    roff.macro("Sh \(Roff.escaped(title(language)))")
  }

  mutating func name(_ summary: Bilingual) {
    roff.macro("Nd \(Roff.escaped(summary(language)))")
  }

  mutating func prose(_ text: Bilingual) { roff.prose(text(language)) }

  static func spelling(_ parameter: ParameterDescription) -> String {
    let name = Roff.escaped(parameter.name)
    return switch parameter.kind {
    case .operand: "Ar \(name)"
    case .operands: "Ar \(name) ..."
    case .flag: "Fl \\-\(name)"
    case .option: "Fl \\-\(name) Ar \(parameter.value)"
    }
  }

  mutating func list(_ parameters: [ParameterDescription]) {
    roff.macro("Bl -tag -width Ds")
    for parameter in parameters {
      let letter = parameter.short.map { "Fl \($0) , " } ?? ""
      roff.macro("It \(letter)\(Self.spelling(parameter))")
      prose(parameter.help)
    }
    roff.macro("El")
  }

  mutating func statuses(_ statuses: [ExitStatus], codes: (ExitStatus) -> [ErrorCode]) {
    roff.macro("Bl -tag -width Ds")
    for status in statuses {
      roff.macro("It \(status.rawValue)")
      prose(status.meaning)
      let codes = codes(status).map(\.rawValue)
      if !codes.isEmpty {
        roff.macro("br")
        roff.prose(codes.joined(separator: ", "))
      }
    }
    roff.macro("El")
    roff.macro("Pp")
  }

  mutating func examples(_ examples: [Example]) {
    for (index, example) in examples.enumerated() {
      if index > 0 { roff.macro("Pp") }
      prose(example.meaning)
      roff.macro("Bd -literal -offset indent")
      for line in example.shellLines(language, width: 68) { roff.literal(line) }
      roff.macro("Ed")
    }
  }
}
