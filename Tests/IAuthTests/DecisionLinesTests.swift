// How much a file of decisions may say (PRODUCT 10), and that its limit has its own words.

import Testing

@testable import IAuthCore
@testable import Values
@testable import iauth

struct DecisionLinesTests {
  @Test("A file of more decisions than one call takes is told so, and the help names the limit")
  func tooMany() throws {
    let lines = (1...Limits.numbersAtOnce).map { "\($0) - approve\n" }.joined()
    let all = try DecisionLines(Array(lines.utf8)).orders(.approved, note: nil).orders
    #expect(all.count == Limits.numbersAtOnce)
    for text in [lines + "10001 - approve\n", "number,verdict\n" + lines + "10001,approve\n"] {
      do throws(IAuthError) {
        _ = try DecisionLines(Array(text.utf8))
        Issue.record("taken")
      } catch {
        #expect(error.code == .limitRows)
        for language in Language.allCases {
          let sentence = error.text(language).sentence
          #expect(sentence.contains("10000"))
          #expect(!sentence.contains("people") && !sentence.contains("CSV"))
          #expect(!sentence.contains("試算表"))
        }
      }
    }
    for command in ["approve", "reject"] {
      let help = iauth("help \(command)").out
      #expect(help.contains("10000"))
    }
  }
}
