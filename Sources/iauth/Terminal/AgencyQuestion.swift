// Which agency (PRODUCT 3.1): at a terminal a name or a short form does, and what it may mean is shown
// at once, to choose from. The answer is a code, as if that had been typed.

import IAuthCore
import Sheets
import Values

extension ParameterDescription {
  /// Whether it is looked for by name at a terminal.
  var isAgencyChoice: Bool { completion == .known(.agencies) && question != nil }
}

extension Context {
  /// Asks until one agency is meant.
  ///
  /// - Throws: `usage.missing` when the input ends.
  func askAgency(_ parameter: ParameterDescription) throws(IAuthError) -> String {
    try chosenAgency(try word(parameter, after: nil), parameter)
  }

  /// The code of the agency that was typed: as it stands if it is one, else of those that the words
  /// find.
  ///
  /// - Throws: `usage.missing` when the input ends.
  func chosenAgency(
    _ typed: String, _ parameter: ParameterDescription
  ) throws(IAuthError) -> String {
    var words = typed
    var shown: [AgencyLineItem] = []
    while true {
      if let choice = Self.choice(words, among: shown.count) { return shown[choice].agency.code }
      let found = try service().agencies(words, under: nil, limit: Limits.agencyChoices + 1)
        .filter { $0.agency.status == .active || AgencyCode(words) != nil }
      if let only = found.first, found.count == 1 || Self.names(only, words) {
        console.tell(Bilingual(only.agency.titled(.english), only.agency.titled(.chinese)))
        return only.agency.code
      }
      guard !found.isEmpty, !words.utf8.isEmpty else {
        shown = []
        words = try word(parameter, after: .agencyUnknown(code: words))
        continue
      }
      shown = Array(found.prefix(Limits.agencyChoices))
      show(shown, hasMore: found.count > shown.count)
      let question = Bilingual(
        "Which one (1-\(shown.count)), or another name", "請選擇（1-\(shown.count)），或輸入其他名稱")
      while true {
        guard let answer = try console.ask(question) else {
          throw .usageMissing([parameter.spelling], command: console.command ?? "help")
        }
        words = answer
        // A short number is no agency's: it is none of the list.
        guard let number = try? Int.parse(words, for: ""), number < 1_000,
          !(1...shown.count).contains(number)
        else { break }
        console.tell(Bilingual("the list has no number \(number)", "上列無編號 \(number)"))
      }
    }
  }

  private func word(
    _ parameter: ParameterDescription, after problem: IAuthError?
  ) throws(IAuthError) -> String {
    if let problem { console.error(problem) }
    guard let answer = try console.ask(parameter.question ?? parameter.help) else {
      throw .usageMissing([parameter.spelling], command: console.command ?? "help")
    }
    return answer
  }

  private func show(_ items: [AgencyLineItem], hasMore: Bool) {
    for (index, item) in items.enumerated() {
      let place = item.agency.place
      let line =
        TerminalText.padded(String(index + 1), to: 2, toTheRight: true)
        + "  \(item.agency.name)  \(place)"
      console.err.write(
        TerminalText.fitted(TerminalText.escaped(line), to: console.columns) + "\n")
    }
    if hasMore { say(Bilingual("there are more; type more of the name", "另有其他機關，請輸入較完整的名稱")) }
  }

  /// Whether it is exactly what was typed, whatever else the words find.
  private static func names(_ item: AgencyLineItem, _ typed: String) -> Bool {
    let code = AgencyCode(typed)?.text ?? AgencyCode.orgCode(typed)
    if let code { return item.agency.code == code || item.orgCode == code }
    return false
  }

  private static func choice(_ typed: String, among count: Int) -> Int? {
    guard count > 0, let number = try? Int.parse(typed, for: ""), (1...count).contains(number)
    else {
      return nil
    }
    return number - 1
  }
}
