// The usage lines of a command: one for each form. Help, manual and the short help share them.

import IAuthCore
import Sheets
import Values

extension CommandDescription {
  /// The words of a form behind the command's name; the optional ones in brackets.
  func synopsis(of form: Form) -> [String] {
    let described = parameters.filter { form.admits($0.name) }
    // Options in the order of the form, operands last but for an operand that opens the form.
    // What another word of the form fills is shown there.
    let filled = form.needs.compactMap { parameter($0)?.fills }
    let needed = form.needs.filter { !filled.contains($0) }.compactMap(parameter)
    let optional = described.filter { form.takes.contains($0.name) }
    return needed.map(\.synopsis)
      + (optional.filter { !$0.isOperand } + optional.filter(\.isOperand))
      .map { "[\($0.synopsis)]" }
  }
}
