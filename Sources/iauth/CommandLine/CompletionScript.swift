// Completion scripts for bash, zsh and fish, made from the same descriptions as the help. They
// offer commands, options and closed vocabularies, and ask iauth for what the caller may see.

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
      _iauth_known() {
        local line
        COMPREPLY=()
        while IFS= read -r line; do
          line=${line%%$'\\t'*}
          if [[ $1 == agencies || $line == "$2"* ]]; then COMPREPLY+=("$line"); fi
        done < <("${COMP_WORDS[0]}" __complete "$1" "$2" 2>/dev/null)
      }
      _iauth() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
        local command= options= words= known= index
        # Readline parts --name=value at its sign.
        if [[ $current == = ]]; then
          current=
        elif [[ $previous == = && $COMP_CWORD -ge 2 ]]; then
          previous=${COMP_WORDS[COMP_CWORD-2]}
        fi
        for ((index = 1; index < COMP_CWORD; index++)); do
          case ${COMP_WORDS[index]} in
            \(names.joined(separator: "|"))) command=${COMP_WORDS[index]}; break ;;
          esac
        done
        case "$command $previous" in

      """
    for parameter in globals where parameter.takesValue {
      text += "    \(bashPattern("*", parameter))) \(bashValues(parameter, names)); return ;;\n"
    }
    for command in commands {
      for parameter in command.parameters + command.listOptions where parameter.takesValue {
        let values = bashValues(parameter, names)
        text += "    \(bashPattern(command.name, parameter))) \(values); return ;;\n"
      }
    }
    text += """
        esac
        case $command in
          '') known=commands; words='\(names.joined(separator: " "))' ;;

      """
    for command in commands {
      text += "    \(command.name)) options='\(options(command.parameters + command.listOptions))'"
      if let operand = command.parameters.first(where: { $0.isOperand && $0.completion != .nothing }
      ) {
        switch operand.completion {
        case .nothing: break
        case .known(let kind): text += "; known=\(kind.rawValue)"
        case .file: text += "; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
        case .command: text += "; words='\(names.joined(separator: " "))'"
        case .words(let words): text += "; words='\(words.joined(separator: " "))'"
        }
      }
      text += " ;;\n"
    }
    text += """
        esac
        if [[ $current == -* ]]; then
          words="$options \(options(globals))"
        elif [[ $known ]]; then
          _iauth_known "$known" "$current"
          if [[ ${COMPREPLY[*]} ]]; then return; fi
        fi
        if [[ $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
      }
      complete -o filenames -F _iauth iauth

      """
    return text
  }

  /// What stands before the value: the option, or its one letter.
  private static func bashPattern(_ command: String, _ parameter: ParameterDescription) -> String {
    let start = command == "*" ? "*' " : "'\(command) "
    let words = [parameter.spelling] + (parameter.short.map { ["-\($0)"] } ?? [])
    return words.map { "\(start)\($0)'" }.joined(separator: "|")
  }

  private static func bashValues(_ parameter: ParameterDescription, _ names: [String]) -> String {
    switch parameter.completion {
    case .nothing: "COMPREPLY=()"
    case .known(let kind): "_iauth_known \(kind.rawValue) \"$current\""
    case .file: "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
    case .command: bashWords(names)
    case .words(let words): bashWords(words)
    }
  }

  private static func bashWords(_ words: [String]) -> String {
    "mapfile -t COMPREPLY < <(compgen -W '\(words.joined(separator: " "))' -- \"$current\")"
  }

  // MARK: zsh

  private static func zsh(
    _ commands: [CommandDescription], _ globals: [ParameterDescription], _ language: Language
  ) -> String {
    var text = """
      #compdef iauth
      # Completion of iauth for zsh: save as _iauth in a directory of $fpath.
      _iauth_known() {
        local line
        local -a values texts
        for line in ${(f)"$(iauth __complete $1 ${PREFIX} 2>/dev/null)"}; do
          values+=(${line%%$'\t'*})
          texts+=("${line%%$'\t'*}  ${line#*$'\t'}")
        done
        (( $#values )) || return 1
        if [[ $1 == agencies ]]; then compadd -U -P "$IPREFIX" -l -d texts -a values
        else compadd -l -d texts -a values; fi
      }
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
          command) _iauth_known commands || _describe command commands ;;
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
    case .known(let kind): action = "{_iauth_known \(kind.rawValue)}"
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
      // What takes the place of what was typed, and does not go on with it, needs the option, too.
      """
      function __iauth_known
        set -l typed (commandline -ct)
        set -l begun (string replace -r -- '^--[^=]*=' '' "$typed")
        set -l option (string match -r -- '^--[^=]*=' "$typed")
        for line in (iauth __complete $argv[1] "$begun" 2>/dev/null)
          if string match -q -- "$begun*" $line
            printf '%s\\n' $line
          else
            printf '%s\\n' "$option$line"
          end
        end
      end
      """,
      "complete -c iauth -f",
    ]
    for parameter in globals { lines.append(fishLine("", parameter, commands, language)) }
    lines.append(
      "complete -c iauth -n __fish_use_subcommand -a '(iauth __complete commands 2>/dev/null)'")
    for command in commands where !command.isOperatorOnly {
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
    let short = parameter.short.map { " -s \($0)" } ?? ""
    let name = parameter.isOperand ? "" : " -l \(parameter.name)" + short
    let required = parameter.takesValue ? " -r" : ""
    let values: String =
      switch parameter.completion {
      case .nothing: parameter.takesValue ? " -f" : ""
      case .known(let kind):
        " -f -a '(__iauth_known \(kind.rawValue))'"
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
