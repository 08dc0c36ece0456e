// Reports as mail systems write them, read to the last detail, and what only looks like one
// (PRODUCT 12). What they cause is shown with the real program, in test_fates.py.

import Foundation
import Testing

@testable import IAuthCore
@testable import Values

@Suite struct MailReportTests {
  /// What Postfix, Exim and others have written, as it came.
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Fixtures/bounces").standardized

  private func fixture(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.fixtures.appendingPathComponent(name)))
  }

  @Test(arguments: [
    ("postfix-unknown.eml", ["gone@agency.test"], MailReport.Fate.bounced("5.1.1")),
    ("postfix-delayed.eml", ["slow@agency.test"], .noted("delayed 4.4.1")),
    ("exim-unknown.eml", ["gone@agency.test"], .bounced("5.0.0")),
    ("big5.eml", ["gone@agency.test"], .bounced("5.1.1")),
    ("base64.eml", ["gone@agency.test"], .bounced("5.2.2")),
    ("global.eml", ["名稱@agency.test"], .bounced("5.1.1")),
  ])
  func aRealReport(name: String, addresses: [String], fate: MailReport.Fate) throws {
    let report = try #require(MailReport(try fixture(name)), "\(name)")
    #expect(report.names.contains { $0.hasPrefix("iauth-abcdefgh-12-abcdefghij") }, "\(name)")
    let found = try #require(report.recipients.first)
    #expect(Set(found.addresses) == Set(addresses) && found.fate == fate, "\(name)")
  }

  @Test(arguments: ["answer.eml", "forwarded.eml", "no-status.eml"])
  func whatIsNone(name: String) throws {
    #expect(MailReport(try fixture(name)) == nil, "\(name)")
  }

  /// The parts of a report, attached to another mail, are none; under a gateway's wrapping they are.
  @Test func whatIsNoReportByItsType() throws {
    let real = String(decoding: try fixture("postfix-unknown.eml"), as: UTF8.self)
    let other = real.replacing("multipart/report", with: "multipart/mixed")
    #expect(other != real && MailReport(Array(other.utf8)) == nil)
    let wrapped =
      "Content-Type: multipart/mixed; boundary=outer\n\n--outer\n\(real)\n--outer--\n"
    #expect(MailReport(Array(wrapped.utf8)) != nil)
  }

  @Test func aCutOffReportIsReadAsFarAsItGoes() throws {
    for name in ["postfix-unknown.eml", "base64.eml", "big5.eml"] {
      let whole = try fixture(name)
      for end in stride(from: 0, to: whole.count, by: 7) { _ = MailReport(Array(whole[..<end])) }
    }
  }

  @Test func aNameIsOursOnlyWithItsTag() {
    let tag = { (id: MessageID) in id == 12_345_678 ? "abcdefghij" : "jihgfedcba" }
    let name = MessageNames.mail(12_345_678, uuid: "aabbccdd", tag: "abcdefghij")
    #expect(name == "iauth-aabbccdd-1234567.8-abcdefghij")
    for spelled in [name, name + "@mail.agency.test", name.uppercased()] {
      #expect(MessageNames.number(spelled, uuid: "aabbccdd", tag: tag) == 12_345_678)
    }
    for wrong in [
      "", "iauth", "iauth-aabbccdd-1234567.8", "iauth-aabbccdd-1234567.8-jihgfedcba",
      "iauth-aabbccde-1234567.8-abcdefghij", "iauth-aabbccdd--abcdefghij",
      "iauth-aabbccdd-99999999999999999999-abcdefghij", "iauth-aabbccdd-+1-abcdefghij",
      "xiauth-aabbccdd-1234567.8-abcdefghij", "iauth-aabbccdd-1234567.8-abcdefghij-x",
    ] {
      #expect(MessageNames.number(wrong, uuid: "aabbccdd", tag: tag) == nil, "\(wrong)")
    }
    #expect(MessageNames.gateway(.init(Int64.max), uuid: "aabbccdd").utf8.count <= 36)
  }

  @Test(arguments: [
    ("a\n", "a\r\n.\r\n"), ("a", "a\r\n.\r\n"), ("", ".\r\n"), (".\n", "..\r\n.\r\n"),
    ("a\n.b\n..\n", "a\r\n..b\r\n...\r\n.\r\n"), ("a.\nb", "a.\r\nb\r\n.\r\n"),
  ])
  func aDotThatBeginsALineIsDoubled(text: String, carried: String) {
    #expect(SMTPConversation.lines(Array(text.utf8)) == Array(carried.utf8))
  }

  @Test func theIDOfAGateway() {
    #expect(CommandTransport.id(in: Array("x\nid=A-1 b\nid=2\n".utf8)) == "A-1")
    for none in [
      "", "ID=1\n", " id=1\n", "id=\n", "id=\u{1}\n", "id=" + String(repeating: "x", count: 101),
    ] {
      #expect(CommandTransport.id(in: Array(none.utf8)) == nil)
    }
  }
}
