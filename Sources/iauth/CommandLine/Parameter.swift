// One operand, option or flag: plain data for those who explain it, and a closure made from a key
// path for the one who fills it in. Global options are parameters too, of `GlobalOptions`.

import IAuthCore
import Sheets
import Values

/// What is known of a parameter without its command's type.
struct ParameterDescription: Sendable, Equatable {
  enum Kind: Sendable, Equatable { case operand, operands, option, flag }
  /// What a shell may offer for the value.
  enum Completion: Sendable, Equatable {
    case nothing, file, command, words([String])
    /// What the caller may see of these, asked for as it is typed.
    case known(KnownKind)
  }

  let kind: Kind
  /// What the caller's own sight offers for options and operands of these names.
  private static let known: [String: KnownKind] = [
    "agency": .agencies, "under": .agencies, "superior": .agencies, "set-superior": .agencies,
    "authority": .agencies, "system": .systems, "batch": .batches, "account": .accounts,
    "suspend": .accounts, "restore": .accounts, "close": .accounts, "unlock": .accounts,
    "erase": .accounts, "withdraw": .requests, "resubmit": .requests, "session": .sessions,
    "NUMBER": .requests, "ITEM": .items, "CODE": .agencies,
  ]

  /// What a shell may offer for the value: what was said of it, or what its name says.
  static func completion(
    _ name: String, _ own: Completion?, _ type: Completion
  ) -> Completion {
    if let own { return own }
    guard type == .nothing, let kind = known[name] else { return type }
    return .known(kind)
  }

  /// Without dashes; for an operand the word that stands for it, such as `NUMBER`.
  let name: String
  /// The word that stands for an option's value; empty for a flag.
  let value: String
  let help: Bilingual
  let completion: Completion
  /// What iauth asks on a terminal when the parameter is needed and missing.
  let question: Bilingual?
  /// Whether an option may stand without its value, before another option or at the end.
  var mayLackValue = false
  /// The parameter that the value is also of, which may be given by itself instead.
  var fills: String?
  /// Whether only a number can stand there.
  var isNumber = false

  var takesValue: Bool { kind == .option }
  var isOperand: Bool { kind == .operand || kind == .operands }
  /// As a person types it: `--note`, `NUMBER`.
  var spelling: String { isOperand ? name : "--\(name)" }
  /// With its value: `--note TEXT`, `NUMBER...`, `--dry-run`.
  var synopsis: String {
    switch kind {
    case .operand, .flag: spelling
    case .operands: "\(name)..."
    case .option: "\(spelling) \(value)"
    }
  }
}

/// A parameter of `C`, with the way to set it.
struct Parameter<C>: Sendable {
  let description: ParameterDescription
  /// Sets the value; the text of a flag is ignored.
  let set: @Sendable (inout C, String) throws(IAuthError) -> Void
  /// Looks at an answer typed at a prompt, so that a slip is corrected there and not after the last
  /// question.
  ///
  /// What comes as an option is looked at by the command.
  var checkAnswer: @Sendable (String) throws(IAuthError) -> Void = { (_) throws(IAuthError) in }

  /// An operand that is not optional to its command: the forms that use it need it.
  static func operand<V: ArgumentValue>(
    _ name: String, _ path: any WritableKeyPath<C, V> & Sendable, _ help: Bilingual,
    completes: ParameterDescription.Completion? = nil, asks question: Bilingual? = nil
  ) -> Parameter {
    Parameter(
      description: ParameterDescription(
        kind: .operand, name: name, value: "", help: help,
        completion: ParameterDescription.completion(name, completes, V.completion),
        question: question, isNumber: V.isNumber)
    ) { (command: inout C, text: String) throws(IAuthError) in
      command[keyPath: path] = try V.parse(text, for: name)
    }
  }

  static func operand<V: ArgumentValue>(
    _ name: String, _ path: any WritableKeyPath<C, V?> & Sendable, _ help: Bilingual,
    completes: ParameterDescription.Completion? = nil, asks question: Bilingual? = nil
  ) -> Parameter {
    Parameter(
      description: ParameterDescription(
        kind: .operand, name: name, value: "", help: help,
        completion: ParameterDescription.completion(name, completes, V.completion),
        question: question, isNumber: V.isNumber)
    ) { (command: inout C, text: String) throws(IAuthError) in
      command[keyPath: path] = try V.parse(text, for: name)
    }
  }

  static func operands<V: ArgumentValue>(
    _ name: String, _ path: any WritableKeyPath<C, [V]> & Sendable, _ help: Bilingual,
    completes: ParameterDescription.Completion? = nil
  ) -> Parameter {
    Parameter(
      description: ParameterDescription(
        kind: .operands, name: name, value: "", help: help,
        completion: ParameterDescription.completion(name, completes, V.completion), question: nil,
        isNumber: V.isNumber)
    ) { (command: inout C, text: String) throws(IAuthError) in
      command[keyPath: path].append(try V.parse(text, for: name))
    }
  }

  static func option<V: ArgumentValue>(
    _ name: String, _ value: String, _ path: any WritableKeyPath<C, V?> & Sendable,
    _ help: Bilingual, completes: ParameterDescription.Completion? = nil,
    asks question: Bilingual? = nil, mayLackValue: Bool = false, fills: String? = nil,
    checks: @escaping @Sendable (String) throws(IAuthError) -> Void = { (_) throws(IAuthError) in }
  ) -> Parameter {
    Parameter(
      description: ParameterDescription(
        kind: .option, name: name, value: value, help: help,
        completion: ParameterDescription.completion(name, completes, V.completion),
        question: question,
        mayLackValue: mayLackValue || fills != nil, fills: fills),
      set: { (command: inout C, text: String) throws(IAuthError) in
        command[keyPath: path] = try V.parse(text, for: "--\(name)")
      }, checkAnswer: checks)
  }

  /// An option that is not optional to its command: the forms that use it need it.
  static func option<V: ArgumentValue>(
    _ name: String, _ value: String, _ path: any WritableKeyPath<C, V> & Sendable,
    _ help: Bilingual, completes: ParameterDescription.Completion? = nil,
    asks question: Bilingual? = nil,
    checks: @escaping @Sendable (String) throws(IAuthError) -> Void = { (_) throws(IAuthError) in }
  ) -> Parameter {
    Parameter(
      description: ParameterDescription(
        kind: .option, name: name, value: value, help: help,
        completion: ParameterDescription.completion(name, completes, V.completion),
        question: question),
      set: { (command: inout C, text: String) throws(IAuthError) in
        command[keyPath: path] = try V.parse(text, for: "--\(name)")
      }, checkAnswer: checks)
  }

  static func flag(
    _ name: String, _ path: any WritableKeyPath<C, Bool> & Sendable, _ help: Bilingual
  ) -> Parameter {
    Parameter(
      description: ParameterDescription(
        kind: .flag, name: name, value: "", help: help, completion: .nothing, question: nil)
    ) { (command: inout C, _: String) throws(IAuthError) in
      command[keyPath: path] = true
    }
  }
}
