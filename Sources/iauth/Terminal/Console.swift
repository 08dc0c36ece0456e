// Everything that a command says or asks. Results go to standard output, all else to standard error
// as `iauth: …`; nothing reaches either without passing through TerminalText or JSON.

import Glibc
import IAuthCore
import Sheets
import Values

final class Console {
  let out: Stream
  let err: Stream
  let input: Input
  /// The files that the caller names.
  let files: CallerFiles
  /// The width that help and details fit into.
  var columns: Int
  /// The width that tables fit into; into a pipe or file they go whole, unless COLUMNS is set.
  var tableColumns: Int { hasWidth || out.isTerminal ? columns : Int.max }
  /// Whether the environment says how wide the output is.
  var hasWidth = false
  var language = Language.english
  var isJSON = false
  var isQuiet = false
  /// The command that runs, once it is known.
  var command: String?
  /// What was typed for it, by spelling.
  var typed: [String: String] = [:]
  var color = ColorChoice.auto
  /// Whether the environment lets `--color auto` use colour.
  var hasColor = true
  /// Whether questions are allowed (`--no-input`).
  var mayAskAtAll = true
  /// Takes a list that is longer than the screen; false if it could not.
  var pager: ((_ text: String) -> Bool)?
  /// How many lines the screen has; nil where there is none of this process's own.
  var rows: Int?
  /// The clock on the wall, once it is known: a screen shows one zone.
  var localTime: LocalTime?
  /// How commands that are named have to be typed here.
  var next = NextCommand(GlobalOptions())
  /// Whether a person sits there who can be asked.
  var mayAsk: Bool { mayAskAtAll && input.isTerminal && err.isTerminal }

  init(
    out: Stream, err: Stream, input: Input, columns: Int = 80, files: CallerFiles = .own
  ) {
    self.out = out
    self.err = err
    self.input = input
    self.columns = columns
    self.files = files
  }

  /// The same streams for someone who has no files here.
  var withoutFiles: Console {
    Console(out: out, err: err, input: input, columns: columns, files: .none)
  }

  /// A console that keeps what is written, for tests.
  static func recording(input: String = "", isTerminal: Bool = false) -> Console {
    Console(
      out: Stream(descriptor: nil, isTerminal: isTerminal),
      err: Stream(descriptor: nil, isTerminal: isTerminal),
      input: Input(text: input, isTerminal: isTerminal))
  }

  // MARK: Results

  /// One line of a result for people; what could steer a terminal is escaped.
  func line(_ text: String) {
    out.write(TerminalText.escaped(text) + "\n")
  }

  /// One JSON value on a line of its own.
  func line(_ value: JSON) {
    out.write(value.text + "\n")
  }

  /// Text of our own making with its own line ends, such as help; it is written as it stands.
  func page(_ text: String) {
    out.write(text)
  }

  /// A list, by way of the pager if it is longer than the screen.
  func list(_ text: String) {
    let lines = text.utf8.count { $0 == UInt8(ascii: "\n") }
    // Without rows somebody else knows how long the screen is.
    guard out.isTerminal, let pager, lines >= rows ?? 0 else { return out.write(text) }
    out.flush()
    if !pager(text) { out.write(text) }
  }

  // MARK: Notes and errors

  /// A note on standard error; silent with --quiet.
  func say(_ note: Bilingual) {
    say(note(language))
  }

  func say(_ note: String) {
    guard !isQuiet else { return }
    err.write("iauth: \(TerminalText.escaped(next.completing(note: note)))\n")
  }

  /// What the next question is about; it belongs to the question, also where notes are not wanted.
  func tell(_ note: Bilingual) {
    err.write("iauth: \(TerminalText.escaped(note(language)))\n")
  }

  /// An error, with what helps.
  ///
  /// Never silent.
  func error(_ error: IAuthError) {
    guard !isJSON else {
      let text = error.text(.english, of: TypedCall(command, typed))
      let object: JSON = [
        "error": [
          "code": .string(error.code.rawValue), "message": .string(text.sentence),
          "hint": .text(text.hint),
        ]
      ]
      err.write(object.text + "\n")
      return
    }
    let text = error.text(language, of: TypedCall(command, typed))
    let code = styled(error.code.rawValue, "1;31", on: err)
    let sentence = onThisClock(text.sentence, error.moment, in: language)
    err.write("iauth: \(code): \(TerminalText.escaped(sentence))\n")
    let label = Bilingual("try", "請試")(language)
    for hint in text.hint?.split(separator: "\n") ?? [] {
      err.write("iauth: \(label): \(TerminalText.escaped(next.completing(hint: String(hint))))\n")
    }
  }

  /// What an error says, by this screen's clock.
  func sentence(of error: IAuthError) -> Bilingual {
    Bilingual(
      onThisClock(error.text(.english).sentence, error.moment, in: .english),
      onThisClock(error.text(.chinese).sentence, error.moment, in: .chinese))
  }

  /// A sentence with the moment that it names by Taiwan's clock as the rest of the screen shows it.
  private func onThisClock(
    _ sentence: String, _ moment: Timestamp?, in language: Language
  ) -> String {
    guard let moment, let localTime else { return sentence }
    let here = localTime.textWithZone(moment)
    guard here != "\(moment.taiwanMinute) +0800" else { return sentence }
    let there = Array(
      (moment.taiwanMinute + (language == .chinese ? "（臺灣時間）" : " Taiwan time")).utf8)
    let bytes = Array(sentence.utf8)
    let places = bytes.count - there.count
    guard places >= 0,
      let place = (0...places).last(where: { bytes[$0...].starts(with: there) })
    else { return sentence }
    return String(
      decoding: bytes[..<place] + Array(here.utf8) + bytes[(place + there.count)...], as: UTF8.self)
  }

  /// The text in a style of ECMA-48 if the stream shows colour, else the text.
  func styled(_ text: String, _ style: String, on stream: Stream) -> String {
    let isColored =
      switch color {
      case .always: true
      case .never: false
      case .auto: stream.isTerminal && hasColor
      }
    return isColored ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
  }

  // MARK: Questions

  /// Asks on standard error and reads one line from standard input; nil when the input ends.
  ///
  /// A terminal that takes back bytes instead of characters leaves halves of them, which nobody
  /// meant: it is asked again. The caller has looked at `mayAsk`. Errors: `disk.failed`,
  /// `limit.bytes`.
  func ask(_ question: Bilingual) throws(IAuthError) -> String? {
    while true {
      prompt(question(language))
      guard let answer = try input.line() else {
        err.write("\n")
        return nil
      }
      guard input.isTerminal, answer.unicodeScalars.contains("\u{FFFD}") else { return answer }
      let again = Bilingual("that is not UTF-8 text; type it again", "輸入內容不是 UTF-8 文字，請重新輸入")
      err.write("iauth: \(again(language))\n")
    }
  }

  /// Like `ask`, but what is typed is not shown.
  func askSecret(_ question: Bilingual) throws(IAuthError) -> String? {
    guard input.isTerminal else { return try ask(question) }
    out.flush()
    err.flush()
    return try input.hiddenLine(promptText(question(language)), on: err)
  }

  /// Asks for one key of those that mean something, and shows which it was; nil at the end.
  ///
  /// Full-width letters are their plain ones; capitals are not, for they end what other keys send.
  ///
  /// The caller has looked at `mayAsk`.
  func askKey(_ question: Bilingual, among keys: String) throws(IAuthError) -> Unicode.Scalar? {
    while true {
      out.flush()
      err.flush()
      guard let typed = try input.key(promptText(question(language)), on: err), typed != "\u{04}"
      else {
        err.write("\n")
        return nil
      }
      let key = Folding.fold(String(typed)).unicodeScalars.first
      if let key, keys.unicodeScalars.contains(key) {
        err.write("\(key)\n")
        err.flush()
        return key
      }
      err.write("\n")
    }
  }

  /// Asks a question whose answer is yes or no, until it is one of them; nothing typed is a no.
  func askYes(_ question: Bilingual) throws(IAuthError) -> Bool {
    let choice = Bilingual(" (y/N)", "（y/N）")
    while true {
      let answer = try ask(
        Bilingual(question.english + choice.english, question.chinese + choice.chinese))
      let word = Folding.fold(answer ?? "").lowercased()
      if Self.yes.contains(word) { return true }
      if word.isEmpty || Self.no.contains(word) { return false }
      err.write(
        "iauth: "
          + Bilingual("answer y for yes, or n for no", "請輸入 y（是）或 n（否）")(language) + "\n")
    }
  }

  private static let yes: Set<String> = [
    "y", "yes", "是", "是的", "好", "好的", "對", "對的", "確定", "確認", "同意", "送出",
  ]
  private static let no: Set<String> = [
    "n", "no", "否", "不", "不是", "不要", "不對", "不好", "取消", "q", "quit",
  ]

  private func prompt(_ question: String) {
    out.flush()
    err.write(promptText(question))
    err.flush()
  }

  private func promptText(_ question: String) -> String {
    TerminalText.escaped(question) + Bilingual(": ", "：")(language)
  }

  /// Writes out what was said of one thing before another is shown: both streams go to one screen.
  func flush() {
    out.flush()
    err.flush()
  }

  // MARK: The end

  /// Writes everything out: results first, then what was said of them.
  ///
  /// A reader that has gone is no failure; any other error of standard output is.
  func finish() throws(IAuthError) {
    flush()
    switch out.failure {
    case 0, EPIPE: return
    case ENOSPC, EDQUOT, EFBIG: throw .outputFailed(isFull: true)
    default: throw .outputFailed(isFull: false)
    }
  }
}
