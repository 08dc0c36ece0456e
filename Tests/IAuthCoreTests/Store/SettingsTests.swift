// The configuration: what is read, and what is refused with its line (PRODUCT 8).

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct SettingsTests {
  @Test func everyKeyIsRead() throws {
    let settings = try Settings(
      text: """
        # iauth
        database = /srv/iauth/iauth.db
        socket=/run/other/sock
          mail = sendmail:/usr/sbin/sendmail   # the MTA
        mail-from = iauth@nics.gov.tw
        operator-mail = ops@nics.gov.tw
        sms = command:/usr/local/bin/sms
        review-codes = either
        reminders = 1d 2d
        application-lifetime = 12h
        request-lifetime = 90d
        invitation-lifetime = 10d
        idle-after = 400d
        session-idle = 10m
        session-lifetime = 4h
        gate-sends = 5\r
        sms-countries = 886 +81, 1
        sms-foreign-daily = 7

        """)
    var expected = Settings()
    expected.database = "/srv/iauth/iauth.db"
    expected.socket = "/run/other/sock"
    expected.mail = .sendmail("/usr/sbin/sendmail")
    expected.mailFrom = "iauth@nics.gov.tw"
    expected.operatorMail = "ops@nics.gov.tw"
    expected.sms = .command("/usr/local/bin/sms", [])
    expected.reviewCodes = .either
    expected.reminders = [.days(1), .days(2)]
    expected.applicationLifetime = .hours(12)
    expected.requestLifetime = .days(90)
    expected.invitationLifetime = .days(10)
    expected.idleAfter = .days(400)
    expected.sessionIdle = .minutes(10)
    expected.sessionLifetime = .hours(4)
    expected.gateSends = 5
    expected.smsCountries = ["886", "81", "1"]
    expected.smsForeignDaily = 7
    #expect(settings == expected)
  }

  @Test func nothingWrittenIsTheDefault() throws {
    let settings = try Settings(text: "\n# nothing\n   \n")
    #expect(settings == Settings())
    #expect(settings.sessionIdle == .minutes(30) && settings.sessionLifetime == .hours(8))
    #expect(settings.reminders == [.days(3), .days(7), .days(14)])
  }

  @Test(arguments: [
    "colour = blue", "database = iauth.db", "mail = /var/mail", "mail = maildir:here",
    "mail = smtp:/x", "sms = pigeon:/x", "mail-from = iauth", "mail-from = -Xlog@nics.gov.tw x",
    "operator-mail = a@b.tw, c@d.tw", "review-codes = none", "reminders = 7d 3d", "reminders = 3",
    "reminders =", "session-idle = 31m", "session-lifetime = 9h", "session-idle = 0s",
    "session-idle = -5m", "gate-sends = 0", "gate-sends = 1e3", "gate-sends = 99999999999999999999",
    "sms-countries = +", "sms-countries = 0886", "sms-countries = 886 x", "sms-foreign-daily = -1",
    "request-lifetime = 99999999d", "request-lifetime = forever", "Database = /x", "= /x",
    "idle-after = 0d", "gate-sends = 5\ngate-sends = 5",
  ])
  func whatIsWrongIsNamedWithItsLine(text: String) throws {
    let line = 2 + text.count { $0 == "\n" }
    do {
      _ = try Settings(text: "# first\n" + text + "\n")
      Issue.record("\(text) was read")
    } catch {
      guard case .configInvalid(line, _, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func aLineWithoutAnEqualsSignIsNamed() throws {
    #expect(throws: IAuthError.configInvalid(line: 1, key: nil)) {
      _ = try Settings(text: "database /srv/iauth.db")
    }
    let unknown = IAuthError.configInvalid(line: 3, key: "colour", .unknown)
    #expect(throws: unknown) { _ = try Settings(text: "\n\ncolour = blue") }
    let wrong = IAuthError.configInvalid(line: 1, key: "standby")
    #expect(throws: wrong) { _ = try Settings(text: "standby = maybe") }
    #expect(unknown.text(.english).sentence.contains("no setting"))
    #expect(wrong.text(.english).sentence.contains("wrong value"))
  }

  @Test func whatIsSetTwiceIsNotUnknown() throws {
    let error = IAuthError.configInvalid(line: 2, key: "gate-sends", .twice)
    #expect(throws: error) { _ = try Settings(text: "gate-sends = 5\ngate-sends = 6") }
    #expect(error.text(.english).sentence.contains("set twice"))
    #expect(error.text(.chinese).sentence.contains("重複"))
  }

  /// As Windows programs write it; and what is no UTF-8, but for remarks.
  @Test func theMarkOfUTF8IsNoPartOfAKey() throws {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    #expect(try Settings(mark + Array("gate-sends = 5\r\n".utf8)).gateSends == 5)
    #expect(throws: IAuthError.configInvalid(line: 2, key: nil, .notUTF8)) {
      _ = try Settings(Array("# x\nhelp-contact = ".utf8) + [0xB8, 0xEA, 0xA6, 0x77])
    }
    #expect(try Settings(Array("# ".utf8) + [0xB8, 0xEA]) == Settings())
  }
}

/// The manual's page, the package's file and both READMEs know every setting, and iauth.conf(5) its
/// default: what it says is the default makes no difference.
@Suite struct SettingsPageTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../..").standardized

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// What the program reads.
  private static func keys() throws -> Set<String> {
    let source = try text("Sources/IAuthCore/Environment/Settings.swift")
    let start = try #require(source.range(of: "func set("))
    let end = try #require(source.range(of: "default: nil\n    }\n  }"))
    let found = source[start.upperBound..<end.lowerBound].matches(of: /case "([a-z-]+)":/)
    return Set(found.map { String($0.output.1) })
  }

  @Test(arguments: ["man/iauth.conf.5", "Scripts/man-source/zh_TW/iauth.conf.5"])
  func thePageHasEverySettingAndItsDefault(path: String) throws {
    var items: [String: String] = [:]
    for item in try Self.text(path).components(separatedBy: "\n.It Cm ").dropFirst() {
      let key = try #require(item.components(separatedBy: " Li =").first)
      #expect(items.updateValue(item, forKey: key) == nil, "\(key) stands there twice")
    }
    #expect(Set(items.keys) == (try Self.keys()))
    for (key, item) in items {
      guard let said = item.firstMatch(of: /(?:Default:|預設值：)\n\.Li ([^\n]+)/) else {
        #expect(item.contains("No default") || item.contains("無預設值"), "\(key)")
        continue
      }
      let settings = try Settings(text: "\(key) = \(said.output.1)")
      #expect(settings == Settings(), "\(key) = \(said.output.1)")
    }
  }

  @Test(arguments: ["README.md", "README.zh-TW.md", "Scripts/debian/iauth.conf"])
  func nothingIsMissingElsewhere(path: String) throws {
    let text = try Self.text(path)
    for key in try Self.keys() {
      let isThere =
        text.contains("`\(key)`") || text.contains("\n#\(key) =")
        || text.contains("\n\(key) =")
      #expect(isThere, "\(path) does not know \(key)")
    }
  }
}
