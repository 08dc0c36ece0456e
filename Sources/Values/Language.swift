// The two languages, and a sentence in both.

package enum Language: String, CaseIterable, Sendable {
  case english = "en"
  case chinese = "zh-TW"
}

/// A text that exists in both languages; a missing one does not compile.
package struct Bilingual: Sendable, Equatable {
  package let english: String
  package let chinese: String

  package init(_ english: String, _ chinese: String) {
    self.english = english
    self.chinese = chinese
  }

  package func callAsFunction(_ language: Language) -> String {
    language == .english ? english : chinese
  }
}
