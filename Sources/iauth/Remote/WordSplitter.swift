// The words of a command that came by ssh. No shell looks at them: quotes group, a backslash takes
// the next character as it is, and everything else (`$()`, `;`, `*`) is a letter like any other.

import IAuthCore
import Sheets
import Values

enum WordSplitter {
  /// The words; nil if a quotation mark has no partner, a control character stands among them, or
  /// they are too long to be honest.
  static func words(of text: String) -> [String]? {
    let bytes = Array(text.utf8)
    guard bytes.count <= Limits.sshCommandBytes,
      bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
    else { return nil }
    var words: [String] = []
    var word: [UInt8]?
    var quote: UInt8?
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let isEscape = byte == UInt8(ascii: "\\") && quote != UInt8(ascii: "'")
      if isEscape {
        index += 1
        guard index < bytes.count else { return nil }
        word = (word ?? []) + [bytes[index]]
      } else if byte == quote {
        quote = nil
      } else if quote == nil, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
        word = word ?? []
      } else if quote == nil, byte == 0x20 || byte == 0x09 {
        if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
        word = nil
      } else {
        word = (word ?? []) + [byte]
      }
      index += 1
    }
    guard quote == nil else { return nil }
    if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
    return words
  }

  /// The words of `ssh host iauth import-batch -`, which is what people type and mails say.
  static func withoutProgram(_ words: [String]) -> [String] {
    let isProgram = words.first?.utf8.elementsEqual("iauth".utf8) ?? false
    return isProgram ? Array(words.dropFirst()) : words
  }
}
