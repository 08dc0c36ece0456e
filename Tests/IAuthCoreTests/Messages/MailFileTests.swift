// A mail file as another program reads it: Python's e-mail parser says what headers there are. The
// file must mean to it exactly what was meant, whatever was put in.

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct MailFileTests {
  private static let headers = [
    "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding", "Auto-Submitted", "X-IAuth-Kind", "X-IAuth-Reference",
  ]

  @Test func anotherParserReadsWhatWasMeant() throws {
    let subject = "主管機關新增管理者（申請案 12）𠀀 / One more administrator of the authority"
    let body = "您好：\n\n.\nFrom here\n‧ · ・ 𠀀\n"
    let mail = try parse(file(subject: subject, body: body))
    #expect(mail.names == Self.headers)
    #expect(mail.defects == 0)
    #expect(mail.subject == subject)
    #expect(mail.body == body)
    #expect(mail.to == "xm@cdc.gov.tw")
    #expect(mail.date == "2026-03-02T17:00:00+08:00")
  }

  @Test func aReadableBodyStandsInTheFileAsItIs() {
    let text = String(decoding: file(subject: "驗證碼", body: "驗證碼為：\n\n01234567\n"), as: UTF8.self)
    #expect(text.contains("\nContent-Transfer-Encoding: 8bit\n"))
    #expect(text.contains("\n\n驗證碼為：\n\n01234567\n"))
  }

  @Test(arguments: [
    String(repeating: "長", count: 333), String(repeating: "長", count: 40_000), "a\rb", "a\u{0}b",
  ])
  func aBodyThatSMTPCannotCarryIsBase64(line: String) throws {
    let bytes = file(subject: "x", body: "head\n\(line)\n")
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("\nContent-Transfer-Encoding: base64\n"))
    #expect(bytes.split(separator: UInt8(ascii: "\n")).allSatisfy { $0.count <= 998 })
    #expect(!bytes.contains(0) && !bytes.contains(UInt8(ascii: "\r")))
    let mail = try parse(bytes)
    #expect(mail.names == Self.headers)
    #expect(mail.body.unicodeScalars.count == "head\n\(line)\n".unicodeScalars.count)
  }

  @Test(arguments: hostileTexts) func nothingPassedInBecomesAHeader(text: String) throws {
    // Python's own parser of a Message-ID fails on an empty or odd one; the octets are judged.
    for id in [text, "1@b"] {
      let bytes = mailFile(
        from: text, to: text, subject: text, body: "x\n", date: Timestamp(0), messageID: id,
        kind: .notice, reference: text)
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.allSatisfy { (0x20...0x7E).contains($0) } })
      #expect(lines.filter { $0.first != UInt8(ascii: " ") }.count == Self.headers.count + 3)
      if id != text { #expect(try parse(bytes).names == Self.headers) }
    }
  }

  @Test(arguments: [1, 13, 14, 26, 27, 100])
  func encodedWordsAreShortAndHoldWholeCharacters(count: Int) throws {
    let subject = String(repeating: "臺𠀀", count: count)
    let bytes = file(subject: subject, body: "x\n")
    for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(while: { $0.first != 0x44 }) {
      #expect(line.count <= 76)
    }
    for word in String(decoding: bytes, as: UTF8.self).split(separator: "=?UTF-8?B?").dropFirst() {
      let octets = Base64.decode(String(word.prefix { $0 != "?" }))
      #expect(octets.flatMap { String(validating: $0, as: UTF8.self) } != nil)
    }
    #expect(try parse(bytes).subject == subject)
  }

  @Test(arguments: [
    (Int64(0), "Thu, 01 Jan 1970 08:00:00 +0800"),
    (-28_801, "Wed, 31 Dec 1969 23:59:59 +0800"),
    (951_753_600, "Tue, 29 Feb 2000 00:00:00 +0800"),
    (1_772_442_000, "Mon, 02 Mar 2026 17:00:00 +0800"),
  ])
  func theDateIsOfTaiwanWithItsWeekday(seconds: Int64, date: String) {
    let bytes = mailFile(
      from: "a@b", to: "c@d", subject: "", body: "", date: Timestamp(seconds), messageID: "1@b",
      kind: .code, reference: "")
    #expect(String(decoding: bytes, as: UTF8.self).contains("\nDate: \(date)\n"))
  }

  @Test(arguments: ["+886912345678", "886912345678", "+886 912\r\nFlash: yes\n345678"])
  func anSMSFileHasItsNumberInDigitsAndItsTextReadable(number: String) {
    #expect(
      smsFile(to: number, text: "01234567 是驗證碼")
        == Array("To: 886912345678\nAlphabet: UTF-8\n\n01234567 是驗證碼".utf8))
  }
}

private func file(subject: String, body: String) -> [UInt8] {
  mailFile(
    from: "iauth@localhost", to: "xm@cdc.gov.tw", subject: subject, body: body,
    date: Timestamp(1_772_442_000), messageID: "iauth.1@localhost", kind: .notice,
    reference: "12")
}

private struct ParsedMail: Decodable {
  var names: [String]
  var subject: String
  var to: String
  var date: String
  var body: String
  var defects: Int
}

/// What Python's parser makes of the file.
private func parse(_ bytes: [UInt8]) throws -> ParsedMail {
  let script = """
    import email, email.policy, json, sys
    mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
    date = mail["Date"].datetime
    print(json.dumps({
        "names": mail.keys(), "subject": mail["Subject"], "to": mail["To"],
        "date": date.isoformat(), "body": mail.get_payload(decode=True).decode("utf-8"),
        "defects": len(mail.defects) + sum(len(v.defects) for v in mail.values()
                                           if hasattr(v, "defects")),
    }))
    """
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
  process.arguments = ["-c", script]
  let input = Pipe()
  let output = Pipe()
  process.standardInput = input
  process.standardOutput = output
  try process.run()
  try input.fileHandleForWriting.write(contentsOf: Data(bytes))
  try input.fileHandleForWriting.close()
  let answer = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return try JSONDecoder().decode(ParsedMail.self, from: answer)
}
