// The world of a transcript: a directory with a database and its spools, a clock that is set, bytes
// that are drawn in order, and whoever sits at the desk.

import Foundation
import IAuthCore

@testable import Sheets
@testable import Values
@testable import iauth

final class Desk {
  private let folder: URL
  private let draws = Draws()
  private var now = Timestamp(1_772_442_000)
  private var caller = Caller(name: "uid:0", isOperator: true)
  private var environment: [String: String] = [:]
  private var seenMails: Set<String> = []

  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  init() throws {
    // Short, so that sentences with a path in them stay whole.
    folder = URL(fileURLWithPath: "/tmp/iauth-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try FileManager.default.copyItem(
      at: Transcript.folder.appendingPathComponent("agencies.csv"), to: path("agencies.csv"))
    environment = ["IAUTH_DB": path("iauth.db").path, "NO_COLOR": "1"]
  }

  func close() { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> URL { folder.appendingPathComponent(name) }

  // MARK: The world

  /// Follows a directive; comments and blank lines change nothing.
  func follow(_ line: String) throws {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2, words[0] != "#" else {
      guard line.isEmpty || line.hasPrefix("#") else {
        throw Fault(description: "what is: \(line)")
      }
      return
    }
    switch words[0] {
    case "at":
      // 2026-03-02T09:00Z, or with its seconds.
      let text = words[1].utf8.count == 17 ? words[1].replacing("Z", with: ":00Z") : words[1]
      let time = try TimeArgument.parse(text, for: "at")
      now = time.timestamp(now: now, in: .utc)
    case "after":
      now = now + (try TimeSpan.parse(words[1], for: "after"))
    case "as":
      let isOperator = words[1] == "operator"
      caller = Caller(
        name: isOperator ? "uid:0" : "uid:\(words[1])", isOperator: isOperator,
        isGated: !isOperator)
    case "set":
      let pair = words[1].split(separator: " ", maxSplits: 1).map(String.init)
      guard pair.count == 2 else { throw Fault(description: "what is: \(line)") }
      environment[pair[0]] = pair[0] == "IAUTH_CONFIG" ? path(pair[1]).path : pair[1]
    case "unset": environment[words[1]] = nil
    case "lang": environment["LANG"] = words[1] == "zh-TW" ? "zh_TW.UTF-8" : "C"
    default: throw Fault(description: "what is: \(line)")
    }
  }

  func write(_ name: String, _ lines: [String]) throws {
    try (lines.joined(separator: "\n") + "\n").write(
      to: path(name), atomically: false, encoding: .utf8)
  }

  // MARK: Commands

  /// Runs a command; what it printed, as it stands in a transcript.
  func run(_ command: String, answers: [String]) throws -> [String] {
    var words = Self.words(command)
    if words == ["mailbox"] { return try mailbox() }
    if words == ["post"] { return try post() }
    guard words.first == "iauth" else { throw Fault(description: "unknown command: \(command)") }
    words.removeFirst()
    var input = ""
    if let redirect = words.firstIndex(of: "<") {
      let given = Array(words[(redirect + 1)...])
      words.removeSubrange(redirect...)
      input = (given == ["codes"] ? try codes(for: words) : given).map { $0 + "\n" }.joined()
    }
    if !answers.isEmpty {
      let sent = try codes(for: words)
      input = answers.map { answer in
        switch answer {
        case "email": (sent.first ?? "") + "\n"
        case "sms": (sent.last ?? "") + "\n"
        default: answer + "\n"
        }
      }.joined()
    }
    words = words.map { isFileName($0) ? path($0).path : $0 }
    return run(words, input: input, isTerminal: !answers.isEmpty)
  }

  private func run(_ words: [String], input: String, isTerminal: Bool) -> [String] {
    let (now, draws) = (now, draws)
    // What is printed goes to a terminal; what is typed comes from one only if it is asked for.
    let console = Console(
      out: Stream(descriptor: nil, isTerminal: true),
      err: Stream(descriptor: nil, isTerminal: true),
      input: Input(text: input, isTerminal: isTerminal))
    let world = World(
      now: { now }, randomBytes: { draws.bytes($0) }, caller: caller, sessionName: "default")
    let status = Program.run(
      arguments: words,
      environment: Environment(environment), world: world, console: console,
      localTime: LocalTime { _ in (28_800, "CST") })
    // The line ends that a person types stand on the terminal, not in what is written.
    let err = console.err.text.replacing(/(: |：)(?=iauth: |Code from|簡訊驗證碼)/) { "\($0.output.1)\n" }
    return shown(console.out.text, prefix: "")
      + shown(isTerminal ? String(err) : console.err.text, prefix: "! ")
      + (status == .done ? [] : ["? \(status.rawValue)"])
  }

  /// Printed lines without the test's directory, and without spaces at their ends.
  private func shown(_ text: String, prefix: String) -> [String] {
    let database = /(資料庫大小（位元組）：|Database, bytes: )\d+/
    let disk = /(磁碟可用空間（位元組）：|Free on its disk, bytes: )\d+(，總容量：|, of )\d+/
    var lines = text.replacing(folder.path + "/", with: "")
      .replacing(database) { "\($0.output.1)…" }
      .replacing(disk) { "\($0.output.1)…\($0.output.2)…" }
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines.map { line in
      var line = prefix + line
      while line.last == " " || line.last == "\r" { line.removeLast() }
      return line.isEmpty ? "|" : line
    }
  }

  /// Words as a POSIX shell splits them, with single quotes only.
  static func words(_ line: String) -> [String] {
    var words: [String] = []
    for (index, part) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
      if index % 2 == 1 {
        words.append(String(part))
      } else {
        words += part.split(separator: " ").map(String.init)
      }
    }
    return words
  }

  private func isFileName(_ word: String) -> Bool {
    [".csv", ".db", ".txt", ".conf"].contains { word.hasSuffix($0) }
  }

  // MARK: Spools

  private func spool(_ name: String) throws -> [(name: String, text: String)] {
    let folder = path("outbox/" + name)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    // A name ends with the message's number.
    let number = { (name: String) in Int(name.split(separator: "-").last ?? "") ?? 0 }
    return try names.sorted { number($0) < number($1) }.map { name in
      (
        name,
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
          .replacing("\r\n", with: "\n")
      )
    }
  }

  /// The newest codes that were sent under the reference among the words: e-mail, then SMS.
  private func codes(for words: [String]) throws -> [String] {
    guard let word = words.first(where: { Reference($0) != nil }), let reference = Reference(word)
    else { return [] }
    let mail = try spool("mail/new").last {
      $0.text.contains("X-IAuth-Kind: code\n")
        && $0.text.contains("X-IAuth-Reference: \(reference.text)\n")
    }
    let sms = try spool("sms").last { $0.text.contains(reference.text) }
    return [mail?.text, sms?.text].compactMap { text in
      text?.firstMatch(of: /(?m)^[0-9]{8}\b/).map { String($0.output) }
    }
  }

  /// Mails and SMS since the last look, as they stand in the spools, the mails first.
  private func post() throws -> [String] {
    let new = try (spool("mail/new") + spool("sms")).filter { seenMails.insert($0.name).inserted }
    // Set in: a line of a mail is no directive of the transcript.
    return new.flatMap { message in
      [String(repeating: "=", count: 72)]
        + shown(message.text, prefix: "").map { $0 == "|" ? $0 : "  " + $0 }
    }
  }

  /// Mails since the last look: kind, address, reference.
  private func mailbox() throws -> [String] {
    try spool("mail/new").filter { seenMails.insert($0.name).inserted }.map { mail in
      let header = { (name: String) in
        mail.text.split(separator: "\n").first { $0.hasPrefix(name + ": ") }
          .map { String($0.dropFirst(name.utf8.count + 2)) } ?? ""
      }
      return "\(header("X-IAuth-Kind"))  \(header("To"))  \(header("X-IAuth-Reference"))"
    }
  }
}
