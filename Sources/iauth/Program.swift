// One run, from the words typed to the status: parse, answer what needs no database, run the
// command, then write everything out. Nothing is printed before a command has committed.

import IAuthCore

enum Program {
  static let version = "0.1.0"
  /// The day of this version, as manual pages write it.
  static let date = "November 23, 2026"

  static func run(
    arguments: [String], environment: Environment, world: World, console: Console,
    localTime: LocalTime = .live
  ) -> ExitStatus {
    var line = Parser.parse(arguments)
    line.options.complete(from: environment)
    prepare(console, line.options, environment)

    var status = ExitStatus.done
    do throws(IAuthError) {
      status = try run(line, environment: environment, world: world, console, localTime)
    } catch {
      console.error(error)
      status = error.code.status
    }
    do throws(IAuthError) {
      try console.finish()
    } catch {
      if status == .done { status = error.code.status }
      console.error(error)
      console.err.flush()
    }
    return status
  }

  private static func prepare(
    _ console: Console, _ options: GlobalOptions, _ environment: Environment
  ) {
    console.language = options.language
    console.isJSON = options.json
    console.isQuiet = options.quiet
    console.color = options.color ?? .auto
    console.hasColor = environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    console.mayAsk = console.mayAsk && !options.noInput
    if let text = environment["COLUMNS"], let columns = try? Int.parse(text, for: "COLUMNS"),
      (1...10_000).contains(columns)
    {
      console.columns = columns
      console.hasWidth = true
    }
  }

  private static func run(
    _ line: ParsedLine, environment: Environment, world: World, _ console: Console,
    _ localTime: LocalTime
  ) throws(IAuthError) -> ExitStatus {
    if line.options.version {
      console.page("iauth \(version)\n")
      return .done
    }
    var isUnknownCommand = false
    if case .usageCommand = line.fault?.error { isUnknownCommand = true }
    if line.options.help, !isUnknownCommand {
      Help.show(line.command?.described, on: console)
      return .done
    }
    guard let command = line.command else {
      if let fault = line.fault { throw fault.error }
      if console.isJSON { throw .usageCommand("", nearest: nil) }
      console.err.write(HelpText.short(CommandTable.described, console.language))
      return .usage
    }
    let ask = {
      (parameter: ParameterDescription, problem: IAuthError?) throws(IAuthError) -> String in
      if let problem { console.error(problem) }
      guard let answer = try console.ask(parameter.question ?? parameter.help) else {
        throw .usageMissing([parameter.spelling], command: command.described.name)
      }
      return answer
    }
    let filled = try command.filled(from: line, asking: console.mayAsk ? ask : nil)
    var world = world
    world.sessionName = line.options.session ?? world.sessionName
    let context = Context(
      world: world, environment: environment, options: line.options, console: console,
      localTime: localTime)
    defer {
      console.out.flush()
      context.deliver()
    }
    try filled.run(context)
    return .done
  }
}
