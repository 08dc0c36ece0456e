// What is asked of a person: a parameter that is needed and was not typed, and again what they got
// wrong. Elsewhere than on a terminal, what is missing is a usage error that names all of it.

import IAuthCore
import Sheets
import Values

extension Context {
  /// One answer; an earlier one's problem is said first.
  ///
  /// - Throws: `usage.missing` when the input ends.
  func answer(
    to parameter: ParameterDescription, after problem: IAuthError?
  ) throws(IAuthError) -> String {
    if let problem { console.error(problem) }
    if parameter.isAgencyChoice, problem == nil { return try askAgency(parameter) }
    guard let answer = try console.ask(parameter.question ?? parameter.help) else {
      throw .usageMissing([parameter.spelling], command: console.command ?? "help")
    }
    return answer
  }

  /// Asks for parameters of a command that were not typed, one after the other, each until it can
  /// be read.
  ///
  /// - Throws: `usage.missing`, naming all of them, where nobody can be asked.
  func complete<C: Command>(_ command: inout C, with names: [String]) throws(IAuthError) {
    let missing = names.compactMap { name in
      C.usage.parameters.first { $0.description.name == name }
    }
    guard console.mayAsk else {
      throw .usageMissing(missing.map(\.description.spelling), command: C.described.name)
    }
    for parameter in missing {
      var problem: IAuthError?
      repeat {
        let text = try answer(to: parameter.description, after: problem)
        do throws(IAuthError) {
          try parameter.set(&command, text)
          try parameter.checkAnswer(text)
          problem = nil
        } catch {
          problem = error
        }
      } while problem != nil
    }
  }
}
