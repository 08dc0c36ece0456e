// A transcript is a file in Transcripts/: what is typed, what is printed, with which status it
// ends.
//
//   at TIME | after 15m      sets or moves the clock
//   as NAME                  who runs iauth: a person of the host, or `operator`
//   lang zh-TW               the language of what follows
//   scene NAME               first plays another transcript, unseen
//   file NAME                a file, whose lines follow behind `| `
//   $ COMMAND                typed; `iauth …`, or `mailbox`: the mails since the last look;
//                            `post`: mails and SMS since then, word for word
//   $ COMMAND < codes        the codes that were sent, one a line; or `< 11111111 22222222`
//   > ANSWER                 typed at a terminal; `email` and `sms` stand for the codes sent
//
// and then what is printed: standard output as it is (`|` for an empty line), standard error behind
// `! `, and the status behind `? ` when it is not 0. Scripts/record writes that part anew. Playing
// gives the file again; a difference is what a test finds.

import Foundation
import IAuthCore
import Synchronization

@testable import Sheets
@testable import Values
@testable import iauth

struct Transcript {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Transcripts")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
  }()

  let name: String
  let blocks: [Block]
  let text: String

  /// A directive, comment or blank line as it stands, or a command with what it printed.
  enum Block {
    case line(String)
    case file(String, lines: [String])
    case command(String, answers: [String], printed: [String])
  }

  init(_ name: String) throws {
    self.name = name
    text = try String(
      contentsOf: Self.folder.appendingPathComponent(name + ".txt"), encoding: .utf8)
    blocks = Self.blocks(
      text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
  }

  private static func blocks(_ lines: [String]) -> [Block] {
    var blocks: [Block] = []
    var rest = lines[...]
    while let line = rest.popFirst() {
      if line.hasPrefix("$ ") {
        let answers = taken(&rest) { $0.hasPrefix("> ") || $0 == ">" }
        let printed = taken(&rest) { !$0.isEmpty && !isDirective($0) }
        blocks.append(.command(String(line.dropFirst(2)), answers: answers, printed: printed))
      } else if line.hasPrefix("file ") {
        blocks.append(.file(line, lines: taken(&rest) { $0.hasPrefix("| ") || $0 == "|" }))
      } else {
        blocks.append(.line(line))
      }
    }
    return blocks
  }

  private static func taken(
    _ rest: inout ArraySlice<String>, while fits: (String) -> Bool
  ) -> [String] {
    let lines = Array(rest.prefix(while: fits))
    rest = rest.dropFirst(lines.count)
    return lines
  }

  private static func isDirective(_ line: String) -> Bool {
    ["$ ", "# ", "at ", "after ", "as ", "lang ", "scene ", "file ", "set ", "unset "].contains {
      line.hasPrefix($0)
    }
  }

  /// Plays it on a database of its own; what comes back is the whole file as it should be.
  ///
  /// With `isRecording`, references and versions of the old text are carried over into later
  /// commands.
  func play(isRecording: Bool = false) throws -> String {
    let desk = try Desk()
    defer { desk.close() }
    return try play(on: desk, isRecording: isRecording)
  }

  private func play(on desk: Desk, isRecording: Bool) throws -> String {
    var lines: [String] = []
    var renamed: [String: String] = [:]
    for block in blocks {
      switch block {
      case .line(let line):
        lines.append(line)
        if line.hasPrefix("scene ") {
          let scene = try Transcript(String(line.dropFirst(6)))
          _ = try scene.play(on: desk, isRecording: isRecording)
        } else {
          try desk.follow(line)
        }
      case .file(let line, let content):
        lines += [line] + content
        try desk.write(String(line.dropFirst(5)), content.map { String($0.dropFirst(2)) })
      case .command(let typed, let answers, let printed):
        let command = renamed.reduce(typed) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        let now = try desk.run(command, answers: answers.map { String($0.dropFirst(2)) })
        lines += ["$ " + command] + answers + now
        if isRecording {
          for (old, new) in zip(references(printed), references(now)) { renamed[old] = new }
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  private func references(_ lines: [String]) -> [String] {
    lines.flatMap { line in
      line.matches(of: /[AS]-[0-9A-Z]{4}-[0-9A-Z]{4}|--expect [0-9a-z]{12}/).map {
        String($0.output)
      }
    }
  }
}

/// Bytes that are the same on every run, and differ at every draw.
///
/// Draws of one length follow each other and no others: one salt more changes no reference.
final class Draws: Sendable {
  private let states = Mutex<[Int: UInt64]>([:])

  func bytes(_ count: Int) -> [UInt8] {
    states.withLock { states in
      var state = states[count] ?? UInt64(count)
      defer { states[count] = state }
      return (0..<count).map { _ in
        // SplitMix64, G. Steele et al., 2014.
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return UInt8(truncatingIfNeeded: z ^ (z >> 31))
      }
    }
  }
}
