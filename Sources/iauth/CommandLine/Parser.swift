// From words to a filled command (PRODUCT section 4). One pass reads all words even after a fault,
// so that --help, --json and --lang take effect wherever they stand; the first fault is reported.

import IAuthCore
import Sheets
import Values

/// What the words say, before any value but those of the global options is read.
struct ParsedLine {
  /// A parameter of the command, with its text and its place among the words.
  struct Given {
    let name: String
    var text: String
    let place: Int
  }

  /// A word that is no option's; which operand it is depends on the options.
  struct Operand {
    let text: String
    let place: Int
  }

  var options = GlobalOptions()
  var command: (any Command.Type)?
  var given: [Given] = []
  var operands: [Operand] = []
  /// Where among the words the configuration was named.
  var configWords: ClosedRange<Int>?
  /// The options of lists that were typed: only a form that lists takes them.
  var listed: [Given] = []
  /// The first fault and its place.
  var fault: (place: Int, error: IAuthError)?

  mutating func note(_ error: IAuthError, at place: Int) {
    guard let known = fault, known.place <= place else {
      fault = (place, error)
      return
    }
  }
}

struct Parser {
  private let words: [String]
  private let table: [any Command.Type]
  private var place = 0
  private var line = ParsedLine()
  private var seen: [String] = []

  static func parse(
    _ words: [String], table: [any Command.Type] = CommandTable.all
  ) -> ParsedLine {
    var parser = Parser(words: words, table: table)
    parser.readAll()
    return parser.line
  }

  private init(words: [String], table: [any Command.Type]) {
    self.words = words
    self.table = table
  }

  private mutating func readAll() {
    var areOptionsOver = false
    while place < words.count {
      let word = words[place]
      let bytes = word.utf8
      if word.unicodeScalars.contains("\u{FFFD}") {
        line.note(.usageValue(option: word, value: word, allowed: ["UTF-8"]), at: place)
      }
      if areOptionsOver || bytes.first != UInt8(ascii: "-") || bytes.count == 1 {
        readOperand(word)
      } else if bytes.elementsEqual("--".utf8) {
        areOptionsOver = true
      } else if word.utf8.starts(with: "--".utf8) {
        readOption(word)
      } else {
        readLetters(word)
      }
      place += 1
    }
  }

  private var commandName: String? { line.command?.name }

  private mutating func readOperand(_ word: String) {
    guard line.command == nil else {
      line.operands.append(.init(text: word, place: place))
      return
    }
    line.command = table.first { $0.name.utf8.elementsEqual(word.utf8) }
    if line.command == nil, line.fault == nil {
      let nearest = Suggestion.command(for: word, among: table.map { $0.name })
      line.note(.usageCommand(word, nearest: nearest), at: place)
    }
  }

  private mutating func readOption(_ word: String) {
    let bytes = word.utf8.dropFirst(2)
    let equals = bytes.firstIndex(of: UInt8(ascii: "="))
    let spelling = String(word[..<(equals ?? word.endIndex)])
    read(spelling, attached: equals.map { String(word[word.utf8.index(after: $0)...]) })
  }

  /// Options of one letter, which may stand together: `-qn`, `-o csv`, `-ocsv`.
  private mutating func readLetters(_ word: String) {
    var rest = word.unicodeScalars.dropFirst()
    while let letter = rest.popFirst() {
      let known =
        (line.command?.described.parameters ?? [])
        + (GlobalOptions.parameters + ListOptions.parameters).map(\.description)
      guard let option = known.first(where: { $0.short == String(letter) }) else {
        let spelling = "-" + String(letter)
        return line.note(
          .usageOption(rest.isEmpty ? spelling : word, nearest: nil, command: commandName),
          at: place)
      }
      guard option.takesValue else {
        read(option.spelling, attached: nil)
        continue
      }
      return read(option.spelling, attached: rest.isEmpty ? nil : String(Substring(rest)))
    }
  }

  private mutating func read(_ spelling: String, attached: String?) {
    if let global = GlobalOptions.parameters.first(where: { $0.description.spelling == spelling }) {
      let first = place
      guard let text = readValue(of: global.description, attached: attached) else { return }
      let start = place
      if global.description.name == "config" { line.configWords = first...place }
      do throws(IAuthError) {
        if global.description.takesValue, text.utf8.isEmpty {
          throw .usageValue(option: spelling, value: text, allowed: [])
        }
        try global.set(&line.options, text)
      } catch {
        line.note(error, at: start)
      }
    } else if let own = line.command?.described.parameters.first(where: {
      !$0.isOperand && $0.spelling == spelling
    }) {
      let start = place
      guard let text = readValue(of: own, attached: attached) else { return }
      line.given.append(.init(name: own.name, text: text, place: start))
      // What was left out is given by itself, or asked for.
      guard let other = own.fills, attached != nil || place > start else { return }
      guard isFirst(other) else {
        return line.note(.usageRepeated("--\(other)", command: commandName), at: start)
      }
      line.given.append(.init(name: other, text: text, place: start))
    } else if line.command.map({ $0.described.lists }) ?? true,
      let list = ListOptions.parameters.first(where: { $0.description.spelling == spelling })
    {
      let start = place
      guard let text = readValue(of: list.description, attached: attached) else { return }
      line.listed.append(.init(name: list.description.name, text: text, place: start))
      do throws(IAuthError) { try list.set(&line.options, text) } catch {
        line.note(error, at: start)
      }
      // Whoever asks for JSON so gets errors so, too.
      if line.options.list.output == .json { line.options.json = true }
    } else {
      let known =
        (line.command?.described.parameters.filter { !$0.isOperand } ?? [])
        + (line.command?.described.listOptions ?? []) + GlobalOptions.parameters.map(\.description)
      let nearest = Suggestion.nearest(to: spelling, among: known.map(\.spelling))
      line.note(.usageOption(spelling, nearest: nearest, command: commandName), at: place)
    }
  }

  /// Whether the option had no value yet; it has one then.
  private mutating func isFirst(_ name: String) -> Bool {
    guard !seen.contains(name) else { return false }
    seen.append(name)
    return true
  }

  /// The value of an option, or an empty text for a flag; nil after a fault.
  private mutating func readValue(
    of parameter: ParameterDescription, attached: String?
  ) -> String? {
    let start = place
    guard parameter.takesValue else {
      guard attached == nil else {
        line.note(.usageUnwantedValue(parameter.spelling, command: commandName), at: start)
        return nil
      }
      return ""
    }
    var text = attached
    let next = place + 1 < words.count ? words[place + 1] : nil
    if text == nil, parameter.mayLackValue, next?.utf8.starts(with: "-".utf8) ?? true {
      text = ""
    } else if text == nil, let next {
      place += 1
      text = next
    }
    guard let text else {
      line.note(.usageMissingValue(parameter.spelling, command: commandName), at: start)
      return nil
    }
    guard isFirst(parameter.name) else {
      line.note(.usageRepeated(parameter.spelling, command: commandName), at: start)
      return nil
    }
    return text
  }
}

extension Command {
  /// The command with everything that was typed.
  ///
  /// `ask` is called for what its form needs and was not given, with what was wrong with the answer
  /// before; nil means that nobody can be asked. Errors: `usage.*`.
  static func filled(
    from line: ParsedLine,
    asking ask: ((ParameterDescription, IAuthError?) throws(IAuthError) -> String)?
  ) throws(IAuthError) -> any Command {
    var line = line
    let options = line.given.map(\.name)
    line.given += described.named(line.operands, beside: options, noting: &line)
    var command = Self()
    for given in line.given {
      do throws(IAuthError) {
        try set(given.name, given.text, of: &command)
      } catch {
        line.note(error, at: given.place)
      }
    }
    if let fault = line.fault { throw fault.error }

    let given = line.given.sorted { $0.place < $1.place }.map(\.name)
    let form = try described.form(fitting: given, isList: !line.listed.isEmpty)
    try described.check(line.listed, line.options, beside: given, in: form)
    let missing = form.needs.compactMap { name in
      given.contains(name) ? nil : described.parameter(name)
    }
    if !missing.isEmpty {
      guard let ask, missing.allSatisfy({ $0.question != nil }) else {
        throw .usageMissing(
          described.choices(missing, beside: given, in: form), command: described.name)
      }
      for parameter in missing {
        var problem: IAuthError?
        repeat {
          let answer = try ask(parameter, problem)
          do throws(IAuthError) {
            try set(parameter.name, answer, of: &command)
            for own in usage.parameters where own.description.name == parameter.name {
              try own.checkAnswer(answer)
            }
            problem = nil
          } catch {
            problem = error
          }
        } while problem != nil
      }
    }
    try usage.check(command)
    return command
  }

  private static func set(
    _ name: String, _ text: String, of command: inout Self
  ) throws(IAuthError) {
    guard let parameter = usage.parameters.first(where: { $0.description.name == name }) else {
      throw .internal("no parameter \(name)")
    }
    try parameter.set(&command, text)
  }
}

extension CommandDescription {
  /// What was typed, by spelling.
  func typed(in line: ParsedLine) -> [String: String] {
    var line = line
    let given = line.given + named(line.operands, beside: line.given.map(\.name), noting: &line)
    return Dictionary(
      given.map { (parameter($0.name)?.spelling ?? $0.name, $0.text) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Says which operand each word is: those of the first form that admits the options and takes so
  /// many words.
  ///
  /// A word too many is noted as a fault.
  fileprivate func named(
    _ words: [ParsedLine.Operand], beside options: [String], noting line: inout ParsedLine
  ) -> [ParsedLine.Given] {
    let taken = { (form: Form) in parameters.filter { $0.isOperand && form.admits($0.name) } }
    let admitting = forms.filter { form in options.allSatisfy(form.admits) }.map(taken)
    let choices = admitting + forms.map(taken)
    let isNumber = words.first.map { word in
      foldedWord(word.text).allSatisfy { (0x30...0x39).contains($0) } && !word.text.utf8.isEmpty
    }
    // A number is what wants one; what is no number is not.
    let fitting = { (choices: [[ParameterDescription]]) in
      let enough = choices.filter { $0.count >= words.count || $0.last?.kind == .operands }
      return enough.first { $0.first?.isNumber == isNumber } ?? enough.first
    }
    let operands =
      fitting(admitting) ?? fitting(choices)
      ?? choices.max { $0.count < $1.count } ?? []
    var given: [ParsedLine.Given] = []
    for (index, word) in words.enumerated() {
      let repeated = operands.last.flatMap { $0.kind == .operands ? $0 : nil }
      if let operand = index < operands.count ? operands[index] : repeated {
        given.append(.init(name: operand.name, text: word.text, place: word.place))
      } else {
        line.note(.usageOperand(word.text, command: name), at: word.place)
      }
    }
    return given
  }

  /// Options of lists stand beside a form that lists; `--output json` alone is `--json`,
  /// everywhere.
  ///
  /// Errors: `usage.conflict`, `usage.option`.
  fileprivate func check(
    _ listed: [ParsedLine.Given], _ options: GlobalOptions, beside given: [String], in form: Form
  ) throws(IAuthError) {
    if options.json, let output = options.list.output, output != .json {
      throw .usageConflict("--json", "--output \(output.rawValue)", command: name)
    }
    let isJSONOnly = listed.count == 1 && options.list.output == .json
    let refused = listed.first {
      !form.isList || !form.isTimed && ListOptions.times.contains($0.name)
        || form.hasOwnStatus && $0.name == "exit-code"
    }
    guard !isJSONOnly, let first = refused else { return }
    let spelling = "--\(first.name)"
    let unlisted = given.first { word in !forms.contains { $0.isList && $0.admits(word) } }
    let own = form.hasOwnStatus && first.name == "exit-code" ? form.needs.first : nil
    guard lists, !form.isList || own != nil, let other = own ?? unlisted ?? given.first else {
      throw .usageOption(spelling, nearest: nil, command: name)
    }
    throw .usageConflict(parameter(other)?.spelling ?? other, spelling, command: name)
  }

  /// How what is missing is spelled: a word that says what to do stands with those that say else.
  fileprivate func choices(
    _ missing: [ParameterDescription], beside given: [String], in form: Form
  ) -> [String] {
    missing.map { parameter in
      guard parameter.kind == .flag else { return parameter.spelling }
      let others = forms.filter { $0 != form && given.allSatisfy($0.needs.contains) }
      let flags = others.compactMap { other in
        other.needs.first { !given.contains($0) && self.parameter($0)?.kind == .flag }
      }
      return ([parameter.spelling] + flags.map { "--\($0)" }).joined(separator: "|")
    }
  }

  /// The form that a call with these parameters is of: one that admits them all, and of those the
  /// first whose needs are met, else the first.
  ///
  /// Errors: `usage.conflict`.
  func form(fitting given: [String], isList: Bool = false) throws(IAuthError) -> Form {
    let admitting = forms.filter { form in given.allSatisfy(form.admits) }
    let listing = admitting.filter(\.isList)
    let fitting = isList && !listing.isEmpty ? listing : admitting
    if let complete = fitting.first(where: { $0.needs.allSatisfy(given.contains) }) {
      return complete
    }
    if let first = fitting.first { return first }
    // The shortest beginning of the call that no form admits ends in one side of the conflict;
    // the other is the first word that never stands beside it.
    for end in given.indices {
      let words = given[...end]
      guard !forms.contains(where: { form in words.allSatisfy(form.admits) }) else { continue }
      let last = given[end]
      let other =
        words.first { word in !forms.contains { $0.admits(word) && $0.admits(last) } }
        ?? given[0]
      let spelled = [other, last].map { parameter($0)?.spelling ?? $0 }
      throw .usageConflict(spelled[0], spelled[1], command: name)
    }
    throw .internal("no form of \(name) fits")
  }
}
