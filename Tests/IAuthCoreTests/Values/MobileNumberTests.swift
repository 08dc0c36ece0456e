// Mobile numbers: one form for every spelling, and no second number behind the first.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct MobileNumberTests {
  @Test(arguments: [
    "0912345678", "0912-345-678", "0912-345678", "0912 345 678", "+886912345678",
    "+886-912-345-678",
    "+886 912 345 678", "886912345678", "886-912-345-678", "+8860912345678", "+886 0912 345 678",
    "+886(0)912345678", "+886 (0) 912-345-678", "(0912)345678", "(0912) 345-678", "912345678",
    "912-345-678", "０９１２３４５６７８", "０９１２－３４５－６７８", "（０９１２）３４５６７８", " 0912345678\t",
    "＋８８６９１２３４５６７８", "0912\u{3000}345\u{3000}678", "0912\u{2011}345\u{2013}678", "8860912345678",
    "+(886)912345678", "0912\u{A0}345678", "00886 (0)912-345-678",
  ])
  func everyUsualSpellingIsOneNumber(typed: String) throws {
    let number = try MobileNumber(typed)
    #expect(number.e164 == "+886912345678")
    #expect(try MobileNumber(number.e164) == number)
    #expect(MobileNumber(stored: "+886912345678") == number)
    #expect(number.isTaiwanese)
    #expect(number.masked == "0912***678")
  }

  @Test(arguments: [
    ("+81 90-1234-5612", "+819012345612", "+81******12"),
    ("+44 (0)7911 123456", "+447911123456", "+44******56"),
    ("+44 07911 123456", "+447911123456", "+44******56"),
    ("0044 7911 123456", "+447911123456", "+44******56"),
    ("0044 (0) 7911-123456", "+447911123456", "+44******56"),
    ("+355 (0)69 123 4567", "+355691234567", "+35******67"),
    ("+225 07 12 34 56 78", "+2250712345678", "+22******78"),
    ("+12025550123", "+12025550123", "+12******23"),
    ("+1 (202) 555-0123", "+12025550123", "+12******23"), ("+12345678", "+12345678", "+12******78"),
    ("+123456789012345", "+123456789012345", "+12******45"),
  ])
  func otherCountriesNeedThePlus(typed: String, e164: String, masked: String) throws {
    let number = try MobileNumber(typed)
    #expect(number.e164 == e164)
    #expect(number.masked == masked)
    #expect(!number.isTaiwanese)
    #expect(try MobileNumber(number.e164) == number)
    let withoutPlus = String(e164.dropFirst())
    #expect(throws: IAuthError.mobileInvalid(.malformed)) { try MobileNumber(withoutPlus) }
  }

  @Test(arguments: [
    "0912345678/0987654321", "0912345678、0987654321", "0912345678 0987654321",
    "0912345678;0987654321",
    "0912-345-678, 0987-654-321", "912345678 987654321", "+886912345678+886987654321",
    "0912345678或0987654321", "+81 9012345678 / +81 9012345679", "０９１２３４５６７８／０９８７６５４３２１",
  ])
  func twoNumbersAreRefused(typed: String) {
    #expect(throws: IAuthError.mobileInvalid(.several)) { try MobileNumber(typed) }
  }

  @Test(arguments: [
    "0992345678", "0812345678", "091234567", "09123456789", "02-2345-6789", "+886223456789",
    "+886 9 1234 567", "+886992345678", "0912345678#123", "0912345678轉12", "0912.345.678x", "abc",
    "+",
    "+0912345678", "+0081901234567", "+1234567", "+1234567890123456", "0912345678-", "-0912345678",
    "(0912345678", "0912)345678", "((0912))345678", ")0912(345678", "9.12346e+08", "8.77118e+007",
    "०९१२३४५६७८", "0912345678\u{301}", "٠٩١٢٣٤٥٦٧٨", "+886886912345678",
    "0912_345_678",
    "912345678.0", "09123456789012345678", "()0912345678@",
  ])
  func whatIsNoMobileNumberIsMalformed(typed: String) {
    #expect(throws: IAuthError.mobileInvalid(.malformed)) { try MobileNumber(typed) }
  }

  @Test func nothingIsEmptyAndHiddenCharactersAreNamed() {
    #expect(throws: IAuthError.mobileInvalid(.empty)) { try MobileNumber("\u{3000} ") }
    #expect(throws: IAuthError.mobileInvalid(.forbidden(scalar: 0x200B))) {
      try MobileNumber("0912\u{200B}345678")
    }
    #expect(throws: IAuthError.mobileInvalid(.forbidden(scalar: 0))) {
      try MobileNumber("0912345678\u{0}1")
    }
  }
}
