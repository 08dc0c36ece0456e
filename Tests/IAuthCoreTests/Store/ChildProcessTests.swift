// Children that behave and that do not: whatever they do, the answer comes by the deadline
// (PRODUCT 3.6).

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ChildProcessTests {
  init() {
    // As the executable does at its start.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Runs a shell script as the child; how long it took, and why it failed.
  private func run(
    _ script: String, input: [UInt8] = [], within seconds: Int = 1
  ) -> (error: DeliveryError?, milliseconds: Int64) {
    let start = ChildProcess.milliseconds()
    var failure: DeliveryError?
    do throws(DeliveryError) {
      try ChildProcess(path: "/bin/sh", arguments: ["-c", script], input: input)
        .run(within: seconds)
    } catch {
      failure = error
    }
    return (failure, ChildProcess.milliseconds() - start)
  }

  @Test(arguments: [
    ("exit 0", DeliveryError?.none), ("cat > /dev/null", nil),
    ("exit 75", .temporary("status 75")), ("exit 1", .temporary("status 1")),
    ("kill -TERM $$", .temporary("signal 15")), ("kill -KILL $$", .temporary("signal 9")),
    ("sleep 60", .temporary("late")), ("trap '' TERM; sleep 60", .temporary("late")),
    ("yes", .temporary("late")), ("while :; do :; done", .temporary("late")),
    ("sleep 60 & exit 0", nil), ("exec < /dev/null; exit 0", nil),
    ("head -c 10 > /dev/null; exit 0", nil),
  ])
  func itEndsByTheDeadline(script: String, expected: DeliveryError?) {
    let input = [UInt8](repeating: 0x41, count: 300_000)
    let (error, milliseconds) = run(script, input: input)
    #expect(error == expected, "\(script)")
    #expect(milliseconds < 2_500, "\(script) took \(milliseconds) ms")
  }

  @Test func aProgramThatIsNotThereDoesNotStart() {
    #expect(throws: DeliveryError.temporary("cannot start")) {
      try ChildProcess(path: "/nowhere/sendmail", arguments: [], input: []).run(within: 1)
    }
  }

  @Test func itGetsTheWholeInputAndAnEnvironmentOfItsOwn() throws {
    let directory = NSTemporaryDirectory() + "iauth-child-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let input = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    let script =
      "cat > \(directory)/in; env | sort > \(directory)/env; ls -l /proc/self/fd > \(directory)/fd"
    #expect(run(script, input: input, within: 5).error == nil)
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory + "/in")) == Data(input))
    let environment = try String(contentsOfFile: directory + "/env", encoding: .utf8)
    let names = environment.split(separator: "\n").map { $0.prefix { $0 != "=" } }
    #expect(Set(names).subtracting(["PWD", "_", "SHLVL", "OLDPWD"]) == ["LANG", "PATH"])
    let files = try String(contentsOfFile: directory + "/fd", encoding: .utf8)
    #expect(!files.contains("iauth.db"))
  }

  /// Past the deadline nothing of the child's group is left.
  @Test func itsGroupIsKilled() throws {
    let mark = NSTemporaryDirectory() + "iauth-child-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: mark) }
    #expect(run("(sleep 2; touch \(mark)) & sleep 60").error == .temporary("late"))
    Thread.sleep(forTimeInterval: 2)
    #expect(!FileManager.default.fileExists(atPath: mark))
  }
}
