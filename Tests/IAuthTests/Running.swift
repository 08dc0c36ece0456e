// Running iauth in a test: in process with a recording console, or as the built program.

import Foundation
import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct Answer {
  var status: Values.ExitStatus
  var out: String
  var err: String

  var outLines: [String] { out.split(separator: "\n").map(String.init) }
}

extension World {
  static let test = World(
    now: { Timestamp(1_772_442_000) },
    randomBytes: { count in Array(repeating: 7, count: count) },
    caller: Caller(name: "uid:1000", isOperator: true),
    sessionName: "default")
}

/// Runs the words in process.
func iauth(
  _ words: [String], environment: [String: String] = [:], input: String = "",
  isTerminal: Bool = false
) -> Answer {
  let console = Console.recording(input: input, isTerminal: isTerminal)
  let status = Program.run(
    arguments: words, environment: Environment(environment), world: .test, console: console,
    localTime: .utc)
  return Answer(status: status, out: console.out.text, err: console.err.text)
}

func iauth(_ line: String) -> Answer {
  iauth(line.split(separator: " ").map(String.init))
}

/// The program that was built beside the tests.
let builtProgram = URL(fileURLWithPath: CommandLine.arguments[0])
  .deletingLastPathComponent().appendingPathComponent("iauth").path

/// Runs a shell line in which `$i` is the built program; what it writes comes back together.
func shell(_ line: String) throws -> (status: Int32, text: String) {
  try runTool("/bin/bash", ["-c", "i='\(builtProgram)'; \(line)"], input: "")
}

/// Runs a program with `input` and returns its status and everything it wrote.
func runTool(
  _ path: String, _ arguments: [String], input: String
) throws -> (status: Int32, text: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  let (toTool, fromTool) = (Pipe(), Pipe())
  process.standardInput = toTool
  process.standardOutput = fromTool
  process.standardError = fromTool
  try process.run()
  toTool.fileHandleForWriting.write(Data(input.utf8))
  try toTool.fileHandleForWriting.close()
  let bytes = fromTool.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
}
