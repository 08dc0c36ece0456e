// One run, from the words typed to the status: parse, answer what needs no database, run the
// command, then write everything out. Nothing is printed before a command has committed.

import IAuthCore
import Sheets
import Values

enum Program {
  static let version = "0.2.0"
  /// The day of this version, as manual pages write it.
  static let date = "November 23, 2026"

  /// Answers the words.
  ///
  /// - Parameter afterwards: what sends the messages that they caused; whoever answers somebody else
  ///   does it once they have their answer, so that nobody waits for it who need not.
  /// - Parameter keep: who ends the process keeps what it worked with to the end: SQLite would take
  ///   apart, piece by piece, what goes with the process anyway.
  static func run(
    arguments: [String], environment: Environment, world: World, console: Console,
    localTime: LocalTime = .live, afterwards: (@escaping () -> Void) -> Void = { $0() },
    keep: (Context) -> Void = { _ in }
  ) -> ExitStatus {
    var line = Parser.parse(arguments)
    let typed = line.options
    if world.caller.isGated {
      // Which database it is, is not theirs to say.
      (line.options.db, line.options.config) = (nil, nil)
    }
    line.options.complete(from: environment)
    prepare(console, line.options, environment)
    console.next = NextCommand(typed)
    var world = world
    world.sessionName = line.options.session ?? world.sessionName
    world.isDryRun = line.options.dryRun
    world.command = line.command?.described.name
    let context = Context(
      world: world, environment: environment, options: line.options, console: console,
      localTime: localTime)
    keep(context)
    if world.caller.isGated { console.input.meanwhile = { context.deliver() } }

    var (status, hasFailed) = (ExitStatus.done, false)
    do throws(IAuthError) {
      if let fault = environment.fault { throw fault }
      switch try chosen(line, typed: typed, arguments, context) {
      case .answered(let answer): status = answer
      case .command(let command):
        defer { context.saySuccessions() }
        try command.run(context)
        context.sayTrial()
        status = context.status
      }
    } catch {
      // What was answered before it stands before it.
      console.out.flush()
      console.error(error)
      (status, hasFailed) = (error.code.status, true)
    }
    do throws(IAuthError) {
      try console.finish()
    } catch {
      if status == .done { status = error.code.status }
      // A program that reads one error finds one.
      if !hasFailed || !console.isJSON { console.error(error) }
      console.err.flush()
    }
    context.noteUse()
    afterwards { context.deliver() }
    console.err.flush()
    return status
  }

  /// What the words come to: a command with all that it needs, or an answer that was given already.
  private enum Chosen {
    case command(any Command)
    case answered(ExitStatus)
  }

  private static func prepare(
    _ console: Console, _ options: GlobalOptions, _ environment: Environment
  ) {
    console.language = options.language
    console.isJSON = options.json
    console.isQuiet = options.quiet
    console.color = options.color ?? .auto
    console.hasColor = environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    console.mayAskAtAll = !options.noInput
    if options.noPager {
      console.pager = nil
    } else if console.rows != nil, let command = environment["PAGER"] {
      console.pager = { text in Pager.show(text, command) }
    }
    if let text = environment["COLUMNS"], let columns = try? Int.parse(text, for: "COLUMNS"),
      (1...10_000).contains(columns)
    {
      console.columns = columns
      console.hasWidth = true
    }
  }

  private static func chosen(
    _ line: ParsedLine, typed: GlobalOptions, _ words: [String], _ context: Context
  ) throws(IAuthError) -> Chosen {
    let console = context.console
    if line.options.version {
      if console.isJSON {
        console.line(
          ["name": "iauth", "version": .string(version), "schema": .integer(Schema.released)]
            as JSON)
      } else {
        console.page("iauth \(version)\n")
      }
      return .answered(.done)
    }
    if words.first?.utf8.elementsEqual(Known.word.utf8) ?? false {
      if !context.world.caller.isGated, let client = try? context.client(for: words, config: nil) {
        return .answered((try? client.run()) ?? .done)
      }
      Known.show(Array(words.dropFirst()), context)
      return .answered(.done)
    }
    var isUnknownCommand = false
    if case .usageCommand = line.fault?.error { isUnknownCommand = true }
    if line.options.help, !isUnknownCommand {
      Help.show(line.command?.described, on: console)
      return .answered(.done)
    }
    guard let command = line.command else {
      if let fault = line.fault { throw fault.error }
      if !context.world.caller.isGated,
        let client = try? context.client(for: words, config: line.configWords)
      {
        return .answered(try client.run())
      }
      if try Home.show(context) { return .answered(.done) }
      if console.isJSON { throw .usageCommand("", nearest: nil) }
      console.err.write(HelpText.short(CommandTable.described, console.language))
      return .answered(.usage)
    }
    console.command = command.described.name
    console.typed = command.described.typed(in: line)
    if context.world.caller.isGated {
      try context.checkGated(typed)
      // The doors themselves: through one door nobody opens another. Nor is a database built there.
      if command.runsHere || command.buildsDatabase, command.described.isOperatorOnly {
        try context.service().refuse(
          .rightMissing(.serviceOperator), subject: .command(command.described.name))
      }
    } else if line.fault == nil, !command.runsHere,
      let client = try context.client(for: words, config: line.configWords)
    {
      return .answered(try client.run())
    }
    let ask = {
      (parameter: ParameterDescription, problem: IAuthError?) throws(IAuthError) -> String in
      try context.answer(to: parameter, after: problem)
    }
    var line = line
    if console.mayAsk, !line.options.help, line.fault == nil {
      for index in line.given.indices {
        guard let parameter = command.described.parameter(line.given[index].name),
          parameter.isAgencyChoice, AgencyCode(line.given[index].text) == nil,
          AgencyCode.orgCode(line.given[index].text) == nil
        else { continue }
        line.given[index].text = try context.chosenAgency(line.given[index].text, parameter)
      }
    }
    return .command(try command.filled(from: line, asking: console.mayAsk ? ask : nil))
  }
}
