// Completion scripts for bash, zsh and fish, made from the same descriptions as the help. They
// offer commands, options and closed vocabularies; nothing out of the database.

import IAuthCore
import Sheets
import Values

enum CompletionScript {
  static func text(for shell: Shell, _ language: Language) -> String {
    let commands = CommandTable.described
    let globals = GlobalOptions.parameters.map(\.description)
    return switch shell {
    case .bash: bash(commands, globals)
    case .zsh: zsh(commands, globals, language)
    case .fish: fish(commands, globals, language)
    }
  }

  // MARK: bash

  private static func bash(
    _ commands: [CommandDescription], _ globals: [ParameterDescription]
  ) -> String {
    let names = commands.map(\.name)
    let options = { (parameters: [ParameterDescription]) in
      parameters.filter { !$0.isOperand }.map(\.spelling).joined(separator: " ")
    }
    var text = """
      # Completion of iauth for bash: source <(iauth completion bash)
      _iauth() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
        local command= options= words= index
        for ((index = 1; index < COMP_CWORD; index++)); do
          case ${COMP_WORDS[index]} in
            \(names.joined(separator: "|"))) command=${COMP_WORDS[index]}; break ;;
          esac
        done
        case "$command $previous" in

      """
    for parameter in globals where parameter.takesValue {
      text += "    *' \(parameter.spelling)') \(bashValues(parameter, names)); return ;;\n"
    }
    for command in commands {
      for parameter in command.parameters + command.listOptions where parameter.takesValue {
        let values = bashValues(parameter, names)
        text += "    '\(command.name) \(parameter.spelling)') \(values); return ;;\n"
      }
    }
    text += """
        esac
        case $command in
          '') words='\(names.joined(separator: " "))' ;;

      """
    for command in commands {
      text += "    \(command.name)) options='\(options(command.parameters + command.listOptions))'"
      if let operand = command.parameters.first(where: \.isOperand) {
        switch operand.completion {
        case .nothing: break
        case .file: text += "; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
        case .command: text += "; words='\(names.joined(separator: " "))'"
        case .words(let words): text += "; words='\(words.joined(separator: " "))'"
        }
      }
      text += " ;;\n"
    }
    text += """
        esac
        if [[ $current == -* ]]; then words="$options \(options(globals))"; fi
        if [[ $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
      }
      complete -o filenames -F _iauth iauth

      """
    return text
  }

  private static func bashValues(_ parameter: ParameterDescription, _ names: [String]) -> String {
    let offered: String =
      switch parameter.completion {
      case .nothing: ""
      case .file: "compgen -f -- \"$current\""
      case .command: "compgen -W '\(names.joined(separator: " "))' -- \"$current\""
      case .words(let words): "compgen -W '\(words.joined(separator: " "))' -- \"$current\""
      }
    return offered.utf8.isEmpty ? "COMPREPLY=()" : "mapfile -t COMPREPLY < <(\(offered))"
  }

  // MARK: zsh

  private static func zsh(
    _ commands: [CommandDescription], _ globals: [ParameterDescription], _ language: Language
  ) -> String {
    var text = """
      #compdef iauth
      # Completion of iauth for zsh: save as _iauth in a directory of $fpath.
      _iauth() {
        local context state state_descr line
        local -A opt_args
        local -a commands global
        commands=(

      """
    for command in commands {
      text += "    \(quoted("\(command.name):\(command.summary(language))"))\n"
    }
    text += "  )\n  global=(\n"
    for parameter in globals { text += "    \(zshSpec(parameter, language))\n" }
    text += """
        )
        _arguments -C $global '1:command:->command' '*::argument:->argument'
        case $state in
          command) _describe command commands ;;
          argument)
            case $words[1] in

      """
    for command in commands {
      text += "        \(command.name)) _arguments $global"
      for parameter in command.parameters + command.listOptions {
        text += " \\\n          \(zshSpec(parameter, language))"
      }
      text += " ;;\n"
    }
    text += """
            esac ;;
        esac
      }
      if [[ $funcstack[1] == _iauth ]]; then _iauth "$@"; else compdef _iauth iauth; fi

      """
    return text
  }

  private static func zshSpec(_ parameter: ParameterDescription, _ language: Language) -> String {
    var action = " "
    switch parameter.completion {
    case .nothing: break
    case .file: action = "_files"
    case .command: action = "(\(CommandTable.described.map(\.name).joined(separator: " ")))"
    case .words(let words): action = "(\(words.joined(separator: " ")))"
    }
    var help = ""
    for scalar in parameter.help(language).unicodeScalars {
      if scalar == "[" || scalar == "]" || scalar == "\\" { help += "\\" }
      help.unicodeScalars.append(scalar)
    }
    return switch parameter.kind {
    case .operand: quoted(":\(parameter.name):\(action)")
    case .operands: quoted("*:\(parameter.name):\(action)")
    case .flag: quoted("\(parameter.spelling)[\(help)]")
    case .option: quoted("\(parameter.spelling)=[\(help)]:\(parameter.value):\(action)")
    }
  }

  // MARK: fish

  private static func fish(
    _ commands: [CommandDescription], _ globals: [ParameterDescription], _ language: Language
  ) -> String {
    var lines = [
      "# Completion of iauth for fish: save as ~/.config/fish/completions/iauth.fish",
      "complete -c iauth -f",
    ]
    for parameter in globals { lines.append(fishLine("", parameter, commands, language)) }
    for command in commands {
      lines.append(
        "complete -c iauth -n __fish_use_subcommand -a \(command.name) "
          + "-d \(quoted(command.summary(language)))")
    }
    for command in commands {
      let condition = " -n '__fish_seen_subcommand_from \(command.name)'"
      for parameter in command.parameters + command.listOptions
      where parameter.completion != .nothing || !parameter.isOperand {
        lines.append(fishLine(condition, parameter, commands, language))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func fishLine(
    _ condition: String, _ parameter: ParameterDescription, _ commands: [CommandDescription],
    _ language: Language
  ) -> String {
    let name = parameter.isOperand ? "" : " -l \(parameter.name)"
    let required = parameter.takesValue ? " -r" : ""
    let values: String =
      switch parameter.completion {
      case .nothing: parameter.takesValue ? " -f" : ""
      case .file: " -F"
      case .command: " -f -a \(quoted(commands.map(\.name).joined(separator: " ")))"
      case .words(let words): " -f -a \(quoted(words.joined(separator: " ")))"
      }
    let help = parameter.isOperand ? "" : " -d \(quoted(parameter.help(language)))"
    return "complete -c iauth\(condition)\(name)\(required)\(values)\(help)"
  }

  /// The text in single quotes, for all three shells.
  private static func quoted(_ text: String) -> String {
    var result = "'"
    for scalar in text.unicodeScalars {
      if scalar == "'" { result += "'\\''" } else { result.unicodeScalars.append(scalar) }
    }
    return result + "'"
  }
}
