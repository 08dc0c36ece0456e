// SHA-256 against NIST's vectors and against coreutils, HMAC against RFC 4231.

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// The hash by the processor's instructions, or in plain Swift.
private func hash(_ bytes: [UInt8], _ usesInstructions: Bool) -> [UInt8] {
  var hash = SHA256(usesInstructions: usesInstructions)
  hash.update(bytes)
  return hash.finish()
}

@Suite struct SHA256Tests {
  static let paths = SHA256.hasInstructions ? [true, false] : [false]

  @Test(arguments: paths)
  func agreesWithTheVectorsOfNIST(usesInstructions: Bool) throws {
    for line in try fixture("sha256.txt") {
      let message = try #require(Hex.decode(line[0]))
      #expect(
        Hex.encode(hash(message, usesInstructions)) == line[1], "\(message.count) bytes")
    }
  }

  @Test(arguments: paths)
  func agreesWithTheMonteCarloVectorsOfNIST(usesInstructions: Bool) throws {
    let lines = try fixture("sha256-monte.txt")
    var seed = try #require(Hex.decode(lines[0][0]))
    // Ten of the hundred: in a debug build they take long enough.
    for line in lines.dropFirst().prefix(10) {
      var (a, b, c) = (seed, seed, seed)
      for _ in 0..<1000 { (a, b, c) = (b, c, hash(a + b + c, usesInstructions)) }
      seed = c
      #expect(Hex.encode(seed) == line[0])
    }
  }

  @Test func agreesWithCoreutilsOverRandomLengths() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "iauth-sha256-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    var ours: [String: String] = [:]
    for number in 0..<2000 {
      let length = number < 200 ? number : Int.random(in: 0...1200)
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255) }
      try Data(bytes).write(to: directory.appendingPathComponent("\(number)"))
      ours["\(number)"] = Hex.encode(SHA256.hash(bytes))
      #expect(hash(bytes, false) == SHA256.hash(bytes))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.currentDirectoryURL = directory
    process.arguments = ["-c", "sha256sum -- *"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    var theirs: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      theirs[String(words[1])] = String(words[0])
    }
    #expect(theirs.count == 2000)
    #expect(ours == theirs)
  }

  @Test func piecesGiveTheHashOfTheWhole() {
    let whole = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let expected = SHA256.hash(whole)
    for size in [1, 3, 55, 56, 63, 64, 65, 127, 128, 129, 500] {
      var hash = SHA256()
      for start in stride(from: 0, to: whole.count, by: size) {
        hash.update(Array(whole[start..<min(start + size, whole.count)]))
      }
      #expect(hash.finish() == expected, "pieces of \(size)")
      #expect(hash.finish() == expected, "finishing changes nothing")
    }
  }

  @Test func codesAgreeWithRFC4231() throws {
    for line in try fixture("hmac-sha256.txt") {
      let key = try #require(Hex.decode(line[0]))
      let message = try #require(Hex.decode(line[1]))
      #expect(Hex.encode(HMACSHA256.code(key: key, message: message)) == line[2])
    }
  }

  @Test func secretsAreEqualOnlyWhenEveryByteIs() {
    #expect(constantTimeEquals([], []))
    #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEquals([9, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
  }

  /// Many at once are hashed as each by itself, of every length about a block's end.
  @Test(arguments: paths)
  func aBatchHasTheHashesOfItsMessages(usesInstructions: Bool) {
    var batch = HashBatch(usesInstructions: usesInstructions)
    var hashes: [UInt8] = []
    for lengths in [
      Array(0...200), [3], [], [5_000, 1, 70_000, 64], Array(repeating: 65, count: 7),
    ] {
      let messages = lengths.map { length in
        (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ length) }
      }
      for message in messages {
        unsafe batch.add(room: message.count + 9) { into in
          for (index, byte) in message.enumerated() { unsafe into[index] = byte }
          return message.count
        }
      }
      batch.hash(into: &hashes)
      #expect(hashes == messages.flatMap { SHA256.hash($0) })
      #expect(batch.count == 0)
    }
  }
}
