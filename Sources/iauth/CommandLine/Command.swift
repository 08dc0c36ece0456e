// A command is declared once: its struct holds what was typed, and `usage` says how that is typed
// and explained. Parsing fills the struct by key path; help, manual, completions and the tests
// over the whole table read `CommandDescription`, which is plain data.

import IAuthCore
import Sheets
import Values

/// One command of `iauth`.
protocol Command: Sendable {
  /// As it is typed.
  static var name: String { get }
  static var usage: CommandUsage<Self> { get }
  /// Whether it runs in this process on a host with the service, too: it needs no service, or is
  /// it.
  static var runsHere: Bool { get }
  /// Whether it makes the database or builds it anew, so that its refusal has no transaction.
  static var buildsDatabase: Bool { get }
  init()
  /// Does the work.
  ///
  /// Everything that was typed stands in the properties by now.
  func run(_ context: Context) throws(IAuthError)
}

/// How a command is typed and explained.
///
/// `C` is a command; a constraint that says so is looked for in the whole program at each start.
struct CommandUsage<C>: Sendable {
  let description: CommandDescription
  let parameters: [Parameter<C>]
  /// What forms cannot say; it throws a usage error.
  let check: @Sendable (C) throws(IAuthError) -> Void

  init(
    _ name: String, in group: CommandGroup, summary: Bilingual, about: Bilingual,
    parameters: [Parameter<C>], forms: [Form] = [], examples: [Example], fails: [ErrorCode],
    operatorOnly: Bool = false,
    check: @escaping @Sendable (C) throws(IAuthError) -> Void = { (_) throws(IAuthError) in }
  ) {
    let described = parameters.map(\.description)
    description = CommandDescription(
      name: name, group: group, summary: summary, about: about, parameters: described,
      forms: forms.isEmpty ? [Form(takes: described.map(\.name))] : forms,
      examples: examples, fails: fails, isOperatorOnly: operatorOnly)
    self.parameters = parameters
    self.check = check
  }
}

/// Everything that help, manual, completions and table tests know of a command.
struct CommandDescription: Sendable, Equatable {
  let name: String
  let group: CommandGroup
  let summary: Bilingual
  let about: Bilingual
  let parameters: [ParameterDescription]
  let forms: [Form]
  let examples: [Example]
  let fails: [ErrorCode]
  let isOperatorOnly: Bool

  /// Whether some form of it lists.
  var lists: Bool { forms.contains(where: \.isList) }

  /// The options of lists that are not options of the command's own.
  var listOptions: [ParameterDescription] {
    guard lists else { return [] }
    let isTimed = forms.contains { $0.isList && $0.isTimed }
    return ListOptions.parameters.map(\.description).filter { option in
      parameter(option.name) == nil && (isTimed || !ListOptions.times.contains(option.name))
    }
  }

  func parameter(_ name: String) -> ParameterDescription? {
    parameters.first { $0.name == name }
  }
}

/// One way to type a command: what it needs, and what it may take besides.
///
/// A call must fit into one form; options of two forms together are a conflict, and what the form
/// needs and was not given is asked for or reported.
struct Form: Sendable, Equatable {
  let needs: [String]
  let takes: [String]
  /// Whether it lists, and so takes the options of `ListOptions` as well.
  let isList: Bool
  /// Whether its lines have a time that `--since` and `--until` look at.
  let isTimed: Bool
  /// Whether its status says something else than whether the list is empty.
  let hasOwnStatus: Bool

  init(
    needs: [String] = [], takes: [String] = [], isList: Bool = false, isTimed: Bool = true,
    hasOwnStatus: Bool = false
  ) {
    self.needs = needs
    self.takes = takes
    self.isList = isList
    self.isTimed = isList && isTimed
    self.hasOwnStatus = hasOwnStatus
  }

  func admits(_ name: String) -> Bool { needs.contains(name) || takes.contains(name) }
}

/// An example: a line that can be typed, and what it does.
///
/// The line differs between the languages only in people's names.
struct Example: Sendable, Equatable {
  let line: Bilingual
  let meaning: Bilingual

  init(_ line: String, chinese: String? = nil, _ meaning: Bilingual) {
    self.line = Bilingual(line, chinese ?? line)
    self.meaning = meaning
  }
}

/// The headings under which commands are listed.
enum CommandGroup: CaseIterable, Sendable {
  case people, review, batches, registry, upkeep, about

  var title: Bilingual {
    switch self {
    case .people: Bilingual("For applicants", "申請人")
    case .review: Bilingual("For reviewers", "審核")
    case .batches: Bilingual("For superior agencies", "上級機關")
    case .registry: Bilingual("Registry and accounts", "機關、系統與帳號")
    case .upkeep: Bilingual("For the operator", "系統維運")
    case .about: Bilingual("Help", "說明")
    }
  }
}

// Through `any Command.Type` only members that do not mention `Self` can be reached.
extension Command {
  static var described: CommandDescription { usage.description }
  static var runsHere: Bool { false }
  static var buildsDatabase: Bool { false }
}
