// What a client tells of itself: the words, how wide its terminal is and which of its streams are
// one, and the few variables that count through the gate (PRODUCT section 9). What it tells decides
// how the answer looks, never whose answer it is.

import IAuthCore
import Sheets
import Values

struct Hello: Equatable {
  /// The form of the greeting; another one is not understood.
  static let version: UInt64 = 1
  /// Language, colour, width, time zone and session name: nothing else of the environment counts.
  static let variables = [
    "LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "TERM", "COLUMNS", "TZ", "IAUTH_SESSION",
  ]

  var words: [String]
  var environment: [String: String]
  /// The width of the terminal.
  var columns: Int
  var isInputTerminal: Bool
  var isOutputTerminal: Bool
  var isNoteTerminal: Bool
  /// Whether it takes lists by themselves, for a pager.
  var canPage = false

  var encoded: [UInt8] {
    let flags =
      (isInputTerminal ? 1 : 0) | (isOutputTerminal ? 2 : 0) | (isNoteTerminal ? 4 : 0)
      | (canPage ? 8 : 0)
    var bytes = [UInt8(Self.version), UInt8(flags)]
    bytes.append(contentsOf: bigEndian(UInt64(clamping: columns)).suffix(2))
    let pairs = environment.sorted { $0.key < $1.key }
    bytes.append(contentsOf: bigEndian(UInt64(pairs.count)).suffix(2))
    for text in pairs.flatMap({ [$0.key, $0.value] }) + words {
      bytes.append(contentsOf: bigEndian(UInt64(text.utf8.count)).suffix(4))
      bytes.append(contentsOf: text.utf8)
    }
    return bytes
  }

  init(
    words: [String], environment: [String: String], columns: Int, isInputTerminal: Bool,
    isOutputTerminal: Bool, isNoteTerminal: Bool, canPage: Bool = false
  ) {
    self.words = words
    self.environment = environment
    self.columns = columns
    self.isInputTerminal = isInputTerminal
    self.isOutputTerminal = isOutputTerminal
    self.isNoteTerminal = isNoteTerminal
    self.canPage = canPage
  }

  /// Nil for bytes that are no greeting; variables that do not count are left out.
  init?(decoding payload: [UInt8]) {
    var reader = PayloadReader(payload)
    guard reader.number(bytes: 1) == Self.version, let flags = reader.number(bytes: 1),
      let columns = reader.number(bytes: 2), let count = reader.number(bytes: 2),
      count <= Self.variables.count
    else { return nil }
    var environment: [String: String] = [:]
    for _ in 0..<count {
      guard let name = reader.text(), let value = reader.text() else { return nil }
      if Self.variables.contains(name), Self.mayStand(value, as: name) { environment[name] = value }
    }
    var words: [String] = []
    while !reader.isAtEnd {
      guard words.count < Limits.gateWords, let word = reader.text() else { return nil }
      words.append(word)
    }
    self.init(
      words: words, environment: environment, columns: max(1, Int(columns)),
      isInputTerminal: flags & 1 != 0, isOutputTerminal: flags & 2 != 0,
      isNoteTerminal: flags & 4 != 0, canPage: flags & 8 != 0)
  }

  /// A time zone is a file's name to the C library: only names that stay in its own directory are
  /// taken, `Asia/Taipei`, or a rule such as `CST-8`.
  private static func mayStand(_ value: String, as name: String) -> Bool {
    guard name.utf8.elementsEqual("TZ".utf8) else { return value.utf8.count <= 256 }
    let isPlain = value.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "/_+-<>,".utf8.contains(byte)
      }
    }
    return isPlain && value.utf8.first != UInt8(ascii: "/") && value.utf8.count <= 64
  }
}
