// What a client tells the service before its words (PRODUCT 9).

import Testing

@testable import iauth

@Suite struct HelloTests {
  private func decoded(_ environment: [String: String]) -> Hello? {
    let hello = Hello(
      words: ["agencies"], environment: environment, columns: 80, isInputTerminal: false,
      isOutputTerminal: false, isNoteTerminal: false)
    return Hello(decoding: hello.encoded)
  }

  @Test(arguments: [
    ["IAUTH_DB": "/tmp/x.db"], ["IAUTH_CONFIG": "/tmp/x.conf"], ["HOME": "/root"],
    ["PAGER": "sh"], ["SUDO_UID": "0"], ["TZ": "/etc/passwd"], ["TZ": "a\nb"],
    ["LANG": String(repeating: "C", count: 257)],
  ])
  func nothingElseOfTheEnvironmentCounts(environment: [String: String]) throws {
    let hello = try #require(decoded(environment))
    #expect(hello.environment.isEmpty && hello.words == ["agencies"])
  }

  @Test func languageZoneAndSessionCount() throws {
    let environment = ["LANG": "zh_TW.UTF-8", "TZ": "Asia/Taipei", "IAUTH_SESSION": "a"]
    #expect(try #require(decoded(environment)).environment == environment)
  }
}
