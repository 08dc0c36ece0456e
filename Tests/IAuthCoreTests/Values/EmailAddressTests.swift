// E-mail addresses: what is one mailbox, what two, and what only looks like one.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct EmailAddressTests {
  @Test(arguments: [
    ("ming@cdc.gov.tw", "ming@cdc.gov.tw"), ("Ming.Wang@CDC.GOV.TW", "ming.wang@cdc.gov.tw"),
    (" ming@cdc.gov.tw\r\n", "ming@cdc.gov.tw"), ("ｍｉｎｇ＠ｃｄｃ．ｇｏｖ．ｔｗ", "ming@cdc.gov.tw"),
    ("\u{3000}a1_b+c-d.e@x-1.example.com", "a1_b+c-d.e@x-1.example.com"),
    ("_ops@example.com", "_ops@example.com"), ("1@2.tw", "1@2.tw"),
    (String(repeating: "a", count: 64) + "@gov.tw", String(repeating: "a", count: 64) + "@gov.tw"),
    ("a@xn--fiq228c.tw", "a@xn--fiq228c.tw"),
  ])
  func mailboxesAreFoldedAndLowerCased(typed: String, text: String) throws {
    let address = try EmailAddress(typed)
    #expect(scalars(address.text) == scalars(text))
    #expect(try EmailAddress(address.text) == address)
    #expect(EmailAddress(stored: text) == address)
  }

  @Test(arguments: [
    "a@b.tw,c@d.tw", "a@b.tw; c@d.tw", "a@b.tw c@d.tw", "a@b.tw/c@d.tw", "a@b.tw、c@d.tw", "a@@b.tw",
    "a@b.tw，ｃ＠d.tw",
  ])
  func twoAddressesAreRefused(typed: String) {
    #expect(throws: IAuthError.emailInvalid(.several)) { try EmailAddress(typed) }
  }

  @Test(arguments: [
    "a", "a@", "@b.tw", "a@b", "a@b.", "a@.tw", "a@b..tw", "a@-b.tw", "a@b-.tw", "a@b.123",
    "a@[1.2.3.4]", "a@1.2.3.4", "a@b_c.tw", ".a@b.tw", "a.@b.tw", "a..b@b.tw", "-a@b.tw", "+a@b.tw",
    "\"a\"@b.tw", "Ming <a@b.tw>", "a(x)@b.tw", "a b@c.tw", "a%b@c.tw", "a!b@c.tw", "=?x?=@c.tw",
    "王@b.tw", "a@機關.tw", "a@b.tw.", "a\\@b.tw", "a@b.tw:25", "a'b@c.tw", "a@b.tw,", "`a`@b.tw",
    "\u{212A}@b.tw", "a@b.t\u{301}w", "-\u{301}a@b.tw", "a@\u{131}b.tw", "mailto:a@b.tw",
  ])
  func whatIsNoMailboxIsMalformed(typed: String) {
    #expect(throws: IAuthError.emailInvalid(.malformed)) { try EmailAddress(typed) }
  }

  @Test func lengthsAreBounded() throws {
    let label = String(repeating: "b", count: 63)
    let long = "a@\(label).\(label).\(label).\(String(repeating: "c", count: 57)).tw"
    #expect(long.utf8.count == 254)
    _ = try EmailAddress(long)
    #expect(throws: IAuthError.emailInvalid(.tooLong(max: 254))) {
      try EmailAddress("a" + long)
    }
    #expect(throws: IAuthError.emailInvalid(.malformed)) {
      try EmailAddress(String(repeating: "a", count: 65) + "@gov.tw")
    }
    #expect(throws: IAuthError.emailInvalid(.malformed)) { try EmailAddress("a@\(label)b.tw") }
    #expect(throws: IAuthError.emailInvalid(.empty)) { try EmailAddress(" \u{3000}\n") }
  }

  @Test(arguments: [
    ("a@gov.tw", true), ("a@cdc.gov.tw", true), ("a@x.y.gov.tw", true), ("a@evilgov.tw", false),
    ("a@gov.tw.evil.com", false), ("a@gov.tw.com", false), ("a@g.ov.tw", false),
    ("a@gmail.com", false),
    ("a@gov-tw.tw", false),
  ])
  func governmentIsToldLabelByLabel(typed: String, isGovernment: Bool) throws {
    #expect(try EmailAddress(typed).isGovernment == isGovernment)
  }

  @Test func masksShowOneLetterAndTheDomain() throws {
    let address = try EmailAddress("ming@cdc.gov.tw")
    #expect(address.masked == "m***@cdc.gov.tw")
    #expect(address.domain == "cdc.gov.tw")
    #expect(try EmailAddress("m@cdc.gov.tw").masked == "m***@cdc.gov.tw")
  }
}
