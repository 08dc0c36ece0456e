// The walk of CONTRIBUTING.md, compiled: what a newcomer copies from there works as it stands.

import Foundation
import SQLite
import Testing

@testable import IAuthCore
@testable import Values
@testable import iauth

extension Service {
  /// The number of pending requests of the signed-in person's agency.
  ///
  /// - Throws: `session.none`, `session.expired`.
  package func waiting() throws(IAuthError) -> Int64 {
    try readSignedIn { (tx, session) throws(IAuthError) in
      try tx.number(WaitingTable.count, session.account.agency) ?? 0
    }
  }
}

enum WaitingTable {
  static let count: SQL = "SELECT count(*) FROM request WHERE agency = ? AND status = 'pending'"
  static let statements: [SQL] = [count]
}

struct Waiting: Command {
  static let name = "waiting"
  static let usage = CommandUsage<Waiting>(
    name, in: .review,
    summary: Bilingual("Count the requests that wait", "計算待審核的申請案"),
    about: Bilingual(
      "Prints how many requests of your agency wait.", "顯示本機關待審核的申請案件數。"),
    parameters: [],
    examples: [
      Example("iauth waiting", Bilingual("How much is there to do", "查看待審件數"))
    ],
    fails: [.sessionNone, .sessionExpired])

  func run(_ context: Context) throws(IAuthError) {
    let count = try context.service().waiting()
    context.emit(["waiting": .int(count)], human: String(count))
  }
}

@Suite struct WalkTests {
  @Test func contributingShowsThisFile() throws {
    let here = URL(fileURLWithPath: #filePath)
    let root = here.deletingLastPathComponent().appendingPathComponent("../..").standardized
    let walk = try String(contentsOf: here, encoding: .utf8)
    let guide = try String(
      contentsOf: root.appendingPathComponent("CONTRIBUTING.md"), encoding: .utf8)
    let blocks = guide.components(separatedBy: "```").filter { $0.hasPrefix("swift\n") }
      .map { $0.dropFirst("swift\n".count) }
    #expect(blocks.count == 2)
    for block in blocks { #expect(walk.contains(block), "\(block)") }
    for path in guide.matches(of: /`((?:Sources|Tests)\/[\w\/.]+)`/).map(\.output.1) {
      let isNew = path.hasSuffix("/Waiting.swift")
      #expect(
        FileManager.default.fileExists(atPath: root.path + "/" + path) != isNew, "\(path)")
    }
    #expect(Waiting.described.name == "waiting" && WaitingTable.statements.count == 1)
  }
}
