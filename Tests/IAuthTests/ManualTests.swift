// The committed manual pages are those that the declarations give. IAUTH_RECORD=1 (Scripts/record)
// writes them anew; groff finds nothing to warn of.

import Foundation
import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct ManualTests {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("man")
  static let pages = ManualPage.all(CommandTable.described)

  @Test("Committed pages equal the declarations", arguments: pages.indices)
  func fresh(_ index: Int) throws {
    let page = Self.pages[index]
    let file = Self.folder.appendingPathComponent(page.path)
    if ProcessInfo.processInfo.environment["IAUTH_RECORD"] == "1" {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(page.text.utf8).write(to: file)
    }
    let committed = try? String(contentsOf: file, encoding: .utf8)
    #expect(committed == page.text, "man/\(page.path) is out of date: run Scripts/record")
  }

  @Test("groff warns of nothing", arguments: pages.indices)
  func groff(_ index: Int) throws {
    let page = Self.pages[index]
    let result = try runTool(
      "/usr/bin/groff", ["-mandoc", "-ww", "-Wbreak", "-z", "-Tutf8"], input: page.text)
    #expect(result.status == 0 && result.text.isEmpty, "man/\(page.path): \(result.text)")
  }

  @Test("No page is left of a command that is gone")
  func noStray() throws {
    let known = Set(Self.pages.map(\.path))
    for folder in ["", "zh_TW/"] {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: Self.folder.appendingPathComponent(folder).path)
      for name in names where name.hasPrefix("iauth-") && name.hasSuffix(".1") {
        #expect(known.contains(folder + name), "\(name) belongs to no command")
      }
    }
  }
}
