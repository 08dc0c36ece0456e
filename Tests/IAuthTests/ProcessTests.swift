// The real process: pipes, full disks, closed descriptors, terminals, and what shells make of the
// completion scripts.

import Foundation
import IAuthCore
import Testing

@testable import Sheets
@testable import Values
@testable import iauth

struct ProcessTests {
  @Test(
    "Completion scripts are well-formed, in both languages", arguments: Shell.allCases,
    Language.allCases)
  func completion(_ kind: Shell, _ language: Language) throws {
    let script = iauth(["completion", kind.rawValue, "--lang", language.rawValue])
    #expect(script.status == .done)
    for command in CommandTable.described {
      #expect(script.out.contains(command.name))
      for parameter in command.parameters where !parameter.isOperand {
        #expect(script.out.contains(parameter.name), "\(parameter.name)")
      }
    }
    let path = "/usr/bin/\(kind.rawValue)"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      Issue.record("\(kind.rawValue) is not installed")
      return
    }
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("iauth-completion-\(UUID().uuidString)")
    try Data(script.out.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let check = try runTool(path, ["-n", file.path], input: "")
    #expect(check.status == 0 && check.text.isEmpty, "\(check.text)")
  }

  @Test("bash completes commands, options and values")
  func bashCompletion() throws {
    let ask = { (words: String, index: Int) in
      try shell(
        """
        source <($i completion bash); COMP_WORDS=(\(words)); COMP_CWORD=\(index); \
        compopt() { :; }; _iauth; echo "${COMPREPLY[@]}"
        """
      ).text
    }
    #expect(try ask("iauth app", 1) == "apply approve\n")
    #expect(try ask("iauth approve --no", 2) == "--note --no-input --no-pager\n")
    #expect(try ask("iauth --json request-permission --role ''", 4) == "admin general\n")
    #expect(try ask("iauth completion f", 2) == "fish\n")
  }

  @Test(
    "Statuses of the process",
    arguments: [
      ("$i --version", 0), ("$i", 64), ("$i --bogus", 64),
      // A reader that went is no failure; a full disk is.
      ("$i help --json | head -1 >/dev/null; exit ${PIPESTATUS[0]}", 0),
      ("$i help >/dev/full", 74), ("$i --version >/dev/full", 74),
      // Closed descriptors are opened on /dev/null, so nothing else lands there; what cannot be
      // said is a failure.
      ("$i --version <&- 2>&-", 0), ("$i --version >&-", 74),
      ("ulimit -f 0; $i help > $(mktemp)", 74),
    ] as [(String, Int32)])
  func statuses(_ line: String, _ status: Int32) throws {
    let result = try shell(line)
    #expect(result.status == status, "\(result.text)")
  }

  @Test("A set-group-id copy refuses to run", .enabled(if: getuid() == 0))
  func setGroupID() throws {
    let result = try shell(
      """
      d=$(mktemp -d); chmod 755 $d; cp $i $d/iauth; chgrp mail $d/iauth; chmod 2755 $d/iauth; \
      $d/iauth --version; s=$?; rm -r $d; exit $s
      """)
    #expect(result.status == 78)
    #expect(result.text.contains("set-gid"))
  }

  @Test("On a terminal it asks; Ctrl-C there ends it")
  func terminal() throws {
    let answered = try shell(
      "printf 'abc\\n\\004' | script -qec \"$i reject 5\" /dev/null; exit ${PIPESTATUS[1]}")
    #expect(answered.text.contains("Reason, for the applicant: "))
    #expect(answered.status != 64)
    let stopped = try shell(
      "(sleep 1; printf '\\003'; sleep 1) | "
        + "env --default-signal=INT script -qec \"$i reject 5\" /dev/null"
    )
    #expect(stopped.status == 130)
  }

  @Test("A code is not echoed, and the terminal is as before afterwards")
  func secret() throws {
    // A new pseudo-terminal: unlocked (TIOCSPTLCK), its number read (TIOCGPTN).
    let master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (unlocked, number): (Int32, UInt32) = (0, 0)
    try #require(unsafe ioctl(master, 0x4004_5431, &unlocked) == 0)
    try #require(unsafe ioctl(master, 0x8004_5430, &number) == 0)
    let slave = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(slave >= 0)
    defer {
      close(slave)
      close(master)
    }
    let hasEcho = { @Sendable () -> Bool in
      var state = termios()
      unsafe tcgetattr(slave, &state)
      return state.c_lflag & tcflag_t(ECHO) != 0
    }
    let console = Console(
      out: Stream(descriptor: nil, isTerminal: true),
      err: Stream(descriptor: nil, isTerminal: true),
      input: Input(descriptor: slave, isTerminal: true))
    Thread.detachNewThread {
      while hasEcho() { usleep(1_000) }
      unsafe write(master, "12345678\n", 9)
    }
    #expect(hasEcho())
    #expect(try console.askSecret(Bilingual("Code", "驗證碼")) == "12345678")
    #expect(hasEcho())
    #expect(console.err.text == "Code: \n")
    // The line end alone may come back; no digit does.
    var echoed = [UInt8](repeating: 0, count: 64)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    let count = unsafe read(master, &echoed, echoed.count)
    #expect(!echoed.prefix(max(0, count)).contains { (0x30...0x39).contains($0) })
  }
}
