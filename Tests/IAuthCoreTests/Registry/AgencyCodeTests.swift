// Codes of agencies: what people type becomes one canonical text, or nothing; order and ancestry
// go arc by arc.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct AgencyCodeTests {
  @Test(arguments: [
    ("2.16.886.101.20003", "2.16.886.101.20003"),
    ("  2.16.886.101.20003.20008.20012.20062 ", "2.16.886.101.20003.20008.20012.20062"),
    ("2.16.886.101.\t20003\r\n", "2.16.886.101.20003"),
    ("２．１６．８８６．１０１．２０００３", "2.16.886.101.20003"),
    ("2.16.886.101\u{3000}.20003", "2.16.886.101.20003"),
    ("2.16.886.101.0", "2.16.886.101.0"),
    ("2.16.886.101.4294967295", "2.16.886.101.4294967295"),
  ])
  func oidIsFolded(typed: String, text: String) {
    let code = AgencyCode(typed)
    #expect(code?.type == .oid)
    #expect(code?.text == text)
  }

  @Test(arguments: [
    "", " ", "2.16.886.101", "2.16.886.101.", "2.16.886.101..1", ".2.16.886.101.1",
    "2.16.886.1010.1", "2.16.886.1", "1.2.3.4.5", "2.16.886.101.020003", "2.16.886.101.00",
    "2.16.886.101.4294967296", "2.16.886.101.99999999999999999999", "2.16.886.101.-1",
    "2.16.886.101.+1", "2.16.886.101.1a", "2.16.886.101.1\u{301}", "2.16.886.101.1\u{0}",
    "2.16.886.101.1\u{200B}", "2.16.886.101.二", "2.16.886.101.٣", "2。16。886。101。1",
    "2.16.886.101" + String(repeating: ".1", count: 17), String(repeating: "1", count: 100_000),
  ])
  func otherTextIsNoCode(typed: String) {
    #expect(AgencyCode(typed) == nil)
  }

  @Test func twentyArcsAreTheMost() {
    #expect(AgencyCode("2.16.886.101" + String(repeating: ".4294967295", count: 16)) != nil)
  }

  @Test(arguments: ["12345670", "12345675", "12345676", "04595257", "０４５９５２５７", " 0459 5257 "])
  func validUBN(typed: String) {
    #expect(AgencyCode(typed)?.type == .ubn)
  }

  @Test(arguments: ["12345678", "12345672", "04595253", "1234567", "123456750", "1234567a", ""])
  func invalidUBN(typed: String) {
    #expect(AgencyCode(typed) == nil)
    #expect(!AgencyCode.isValidUBN(typed))
  }

  @Test func orderGoesArcByArcAndUBNsComeLast() throws {
    let texts = [
      "2.16.886.101.9", "2.16.886.101.9.1", "2.16.886.101.20003", "2.16.886.101.20003.2",
      "2.16.886.101.20003.10", "2.16.886.101.90001", "04595257", "12345670",
    ]
    let codes = try texts.map { try #require(AgencyCode($0)) }
    #expect(codes.reversed().sorted() == codes)
    #expect(codes.shuffled().sorted { $0.sortKey.lexicographicallyPrecedes($1.sortKey) } == codes)
  }

  @Test(arguments: [
    ("2.16.886.101.2.1", "2.16.886.101.2", true),
    ("2.16.886.101.2.1.5", "2.16.886.101.2", true),
    ("2.16.886.101.20.1", "2.16.886.101.2", false),
    ("2.16.886.101.2", "2.16.886.101.2", false),
    ("2.16.886.101.2", "2.16.886.101.2.1", false),
    ("2.16.886.101.2", "04595257", false),
    ("04595257", "2.16.886.101.2", false),
  ])
  func belowGoesArcByArc(code: String, other: String, isBelow: Bool) throws {
    #expect(try #require(AgencyCode(code)).isBelow(#require(AgencyCode(other))) == isBelow)
  }

  @Test func storedFormIsTheSameCode() throws {
    for text in ["2.16.886.101.20003.20077", "04595257"] {
      let code = try #require(AgencyCode(text))
      #expect(AgencyCode(stored: code.text, type: code.type) == code)
    }
  }
}
