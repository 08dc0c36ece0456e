// A directory of several files is there whole, or not at all (`recertify --evidence`).

import Foundation
import Testing

@testable import Values
@testable import iauth

@Suite struct CallerFilesTests {
  @Test func aDirectoryThatIsNotFilledIsGone() throws {
    let place = NSTemporaryDirectory() + "iauth-files-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: place) }
    let files = CallerFiles.own
    try files.makeDirectory(place)
    try files.create(place + "/items.csv", [0x41])
    try files.create(place + "/summary.html", [0x41])
    #expect(throws: IAuthError.self) { try files.create(place + "/summary.html", [0x42]) }
    #expect(!FileManager.default.fileExists(atPath: place))
    // What was there before, and what stands elsewhere, is nobody's to take away.
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    try files.create(place + "/items.csv", [0x41])
    #expect(throws: IAuthError.self) { try files.create(place + "/items.csv", [0x42]) }
    #expect(FileManager.default.fileExists(atPath: place + "/items.csv"))
  }
}
