// The house itself: each room knows only the rooms below it, so that whoever changes a rule opens
// one folder and the floors beneath; every limit bounds something.

import Foundation
import Testing

@testable import Values

@Suite struct HouseTests {
  private static let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../Sources").standardized

  /// From the ground up; those of one floor may know each other.
  private static let floors: [Set<String>] = [
    ["Files", "Environment"], ["Store"], ["Messages"], ["People", "Review", "Registry"],
    ["Batches", "Reports", "Upkeep"], ["Recertification"],
  ]
  /// What still looks up, of which there is to be less: a transaction gathers what a dry run would
  /// send, whoever signs in ends what is overdue, and a message asks for accounts and requests.
  private static let known: Set<String> = [
    "Store: PlannedMessage", "Store: ExpiryTable", "Files: Checkpoint", "Messages: AccountTable",
    "Messages: RequestTable", "Store: ReminderTable", "Store: BackupTable", "Store: DoctorTable",
    "Store: Recipient",
  ]

  private static func files(_ folder: String) throws -> [URL] {
    let found = try #require(
      FileManager.default.enumerator(
        at: sources.appendingPathComponent(folder), includingPropertiesForKeys: nil))
    return found.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
  }

  /// The code without comments and texts.
  private static func code(_ file: URL) throws -> String {
    try String(contentsOf: file, encoding: .utf8)
      .replacing(/\/\/.*/, with: "").replacing(/"(?:[^"\\\n]|\\.)*"/, with: "")
  }

  @Test func roomsKnowOnlyWhatIsBelow() throws {
    var rooms: [String: String] = [:]
    var texts: [(room: String, code: String)] = []
    for file in try Self.files("IAuthCore") {
      let room = file.deletingLastPathComponent().lastPathComponent
      #expect(Self.floors.contains { $0.contains(room) }, "\(room) is on no floor")
      let code = try Self.code(file)
      texts.append((room, code))
      let declared = /(?m)^(?:package |final )*(?:struct|enum|class|protocol) (\w+)/
      for match in code.matches(of: declared) { rooms[String(match.output.1)] = room }
    }
    let floor = { (room: String) in Self.floors.firstIndex { $0.contains(room) } ?? 0 }
    for (room, code) in texts {
      for word in Set(code.matches(of: /\b[A-Z]\w+/).map { String($0.output) }) {
        guard let other = rooms[word], floor(other) > floor(room) else { continue }
        #expect(Self.known.contains("\(room): \(word)"), "\(room) knows \(word) of \(other)")
      }
    }
  }

  @Test func onlyOneTargetKnowsSQLite() throws {
    for folder in ["IAuthCore", "iauth", "Values", "Sheets"] {
      for file in try Self.files(folder) {
        #expect(try !Self.code(file).contains("import CSQLite"), "\(file.lastPathComponent)")
      }
    }
  }

  @Test func everyLimitBoundsSomething() throws {
    let limits = try String(
      contentsOf: Self.sources.appendingPathComponent("Values/Limits.swift"), encoding: .utf8)
    var code = ""
    for folder in ["IAuthCore", "iauth", "Values", "Sheets"] {
      for file in try Self.files(folder) { code += try String(contentsOf: file, encoding: .utf8) }
    }
    for match in limits.matches(of: /static (?:let|func) (\w+)/) {
      #expect(code.contains("Limits.\(match.output.1)"), "nobody reads \(match.output.1)")
    }
  }
}
