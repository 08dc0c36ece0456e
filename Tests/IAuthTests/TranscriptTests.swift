// Sessions at the desk, as they are typed and answered. Scripts/record writes the answers anew.

import Foundation
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct TranscriptTests {
  @Test("A day at the desk", arguments: Transcript.names)
  func day(_ name: String) throws {
    let transcript = try Transcript(name)
    let isRecording = ProcessInfo.processInfo.environment["IAUTH_RECORD"] == "1"
    let played = try transcript.play(isRecording: isRecording)
    if isRecording {
      try played.write(
        to: Transcript.folder.appendingPathComponent(name + ".txt"), atomically: true,
        encoding: .utf8)
    }
    guard !isRecording, played != transcript.text else { return }
    let lines = zip(
      transcript.text.split(separator: "\n", omittingEmptySubsequences: false),
      played.split(separator: "\n", omittingEmptySubsequences: false))
    for (number, (old, new)) in lines.enumerated() where old != new {
      Issue.record("\(name).txt:\(number + 1): \(new)\n  instead of: \(old)\n  run Scripts/record")
      return
    }
    Issue.record("\(name).txt ends differently: run Scripts/record")
  }

  @Test(
    "Every command is seen at work in both languages",
    arguments: CommandTable.described.map(\.name).filter { $0 != "completion" })
  func isSeen(_ command: String) throws {
    var languages: Set<String> = []
    for name in Transcript.names {
      var language = "en"
      for block in try Transcript(name).blocks {
        switch block {
        case .line(let line) where line.hasPrefix("lang "): language = String(line.dropFirst(5))
        case .command(let typed, _, _) where Desk.words(typed).contains(command):
          languages.insert(language)
        default: break
        }
      }
    }
    #expect(languages == ["en", "zh-TW"], "\(command) lacks a transcript")
  }
}
