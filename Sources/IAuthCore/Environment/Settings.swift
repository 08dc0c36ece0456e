// The configuration (PRODUCT section 8): `key = value` lines, `#` comments. An unknown key, a bad
// value or a key set twice is an error with its line. Times may only be shortened where the
// contract says so.

import Sheets
import Values

package struct Settings: Equatable, Sendable {
  package enum MailRoute: Equatable, Sendable {
    case spool, maildir(String), sendmail(String)
    /// For a mail system whose program knows no `-bs`: the address stands in its arguments.
    case sendmailArguments(String)
  }
  package enum SMSRoute: Equatable, Sendable {
    case spool, smstools(String), command(String, [String])
  }
  package enum ReviewCodes: String, CaseIterable, Sendable { case both, either }

  package enum Unanswered: String, CaseIterable, Sendable { case report, suspend }

  package var database: String?
  package var socket = "/run/iauth/sock"
  package var mail = MailRoute.spool
  package var mailFrom = "iauth@localhost"
  package var operatorMail: String?
  package var sms = SMSRoute.spool
  package var reviewCodes = ReviewCodes.both
  package var reminders = Limits.reminders
  package var applicationLifetime = Limits.applicationLifetime
  package var requestLifetime = Limits.requestLifetime
  package var invitationLifetime = Limits.invitationLifetime
  package var idleAfter: TimeSpan?
  package var sessionIdle = Limits.sessionIdle
  package var sessionLifetime = Limits.sessionLifetime
  package var gateSends = Limits.gateSendsPerHour
  /// Prefixes of the numbers that get codes, without `+`.
  package var smsCountries = ["886"]
  package var smsForeignDaily = Limits.foreignSendsPerDay
  package var recertifyUnanswered = Unanswered.report
  /// Who writes, where to type and whom to ask.
  package var letterhead = Letterhead.plain
  /// The yearly calendar file of 行政院人事行政總處: working hours leave its days out.
  package var holidays: String?
  /// Whether another host has the say: the database is read here and not changed.
  package var standby = false
  /// The program that takes the head of the trail elsewhere.
  package var witness: String?
  /// Where a disk has to be mounted before anything is done.
  package var mountPoint: String?

  /// Where the operator's mail goes if nothing else is said: root, as with cron.
  static let defaultOperatorMail = "root@localhost"

  package init() {}

  /// Whether messages go beyond the database's own directory.
  package var sendsAway: Bool { mail != .spool || sms != .spool }

  /// - Throws: `config.invalid` with the line and, if it is known, the key.
  package init(text: String) throws(IAuthError) { try self.init(Array(text.utf8)) }

  /// - Throws: as above.
  package init(_ bytes: [UInt8]) throws(IAuthError) {
    var seen: Set<String> = []
    // By bytes: CR LF is one Character.
    let lines = TextEncoding.withoutMark(bytes).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let said = line.prefix { $0 != UInt8(ascii: "#") }
      guard String(validating: said, as: UTF8.self) != nil else {
        throw .configInvalid(line: index + 1, key: nil, .notUTF8)
      }
      let content = Self.trimmed(said)
      if content.isEmpty { continue }
      guard let equals = content.utf8.firstIndex(of: UInt8(ascii: "=")) else {
        throw .configInvalid(line: index + 1, key: nil)
      }
      let key = Self.trimmed(content.utf8[..<equals])
      let value = Self.trimmed(content.utf8[content.utf8.index(after: equals)...])
      guard seen.insert(key).inserted else {
        throw .configInvalid(line: index + 1, key: key, .twice)
      }
      guard let isSet = set(key, value) else {
        throw .configInvalid(line: index + 1, key: key, .unknown)
      }
      guard !value.isEmpty, isSet else {
        throw .configInvalid(line: index + 1, key: key)
      }
    }
  }

  /// - Returns: whether the value is allowed; nil for a key that there is not.
  private mutating func set(_ key: String, _ value: String) -> Bool? {
    switch key {
    case "database": Self.path(value).map { database = $0 } != nil
    case "socket": Self.path(value).map { socket = $0 } != nil
    case "mail":
      switch Self.route(value) {
      case ("sendmail", let path)?: assign(&mail, .sendmail(path))
      case ("sendmail-arguments", let path)?: assign(&mail, .sendmailArguments(path))
      case ("maildir", let path)?: assign(&mail, .maildir(path))
      default: false
      }
    case "mail-from": Self.address(value).map { mailFrom = $0 } != nil
    case "operator-mail": Self.address(value).map { operatorMail = $0 } != nil
    case "sms":
      switch Self.route(value) {
      case ("smstools", let path)?: assign(&sms, .smstools(path))
      case ("command", let words)?: setCommand(words)
      default: false
      }
    case "review-codes": ReviewCodes(rawValue: value).map { reviewCodes = $0 } != nil
    case "reminders": setReminders(value)
    case "application-lifetime": Self.span(value).map { applicationLifetime = $0 } != nil
    case "request-lifetime": Self.span(value).map { requestLifetime = $0 } != nil
    case "invitation-lifetime": Self.span(value).map { invitationLifetime = $0 } != nil
    case "idle-after":
      value == "off" ? assign(&idleAfter, nil) : Self.span(value).map { idleAfter = $0 } != nil
    case "session-idle": shorten(&sessionIdle, value)
    case "session-lifetime": shorten(&sessionLifetime, value)
    case "gate-sends": Self.count(value, 1...10_000).map { gateSends = $0 } != nil
    case "sms-countries": setCountries(value)
    case "sms-foreign-daily": Self.count(value, 0...100_000).map { smsForeignDaily = $0 } != nil
    case "recertify-unanswered":
      Unanswered(rawValue: value).map { recertifyUnanswered = $0 } != nil
    case "service-name":
      Self.words(value, Limits.serviceNameMax).map { letterhead.name = $0 } != nil
    case "service-host": Self.words(value, 100).map { letterhead.host = $0 } != nil
    case "help-contact": Self.words(value, 100).map { letterhead.contact = $0 } != nil
    case "holidays": Self.path(value).map { holidays = $0 } != nil
    case "standby": ["yes", "no"].contains(value) && assign(&standby, value == "yes")
    case "witness":
      switch Self.route(value) {
      case ("command", let path)?: assign(&witness, path)
      default: false
      }
    case "mount-point": Self.path(value).map { mountPoint = $0 } != nil
    default: nil
    }
  }

  private func assign<T>(_ place: inout T, _ value: T) -> Bool {
    place = value
    return true
  }

  private func shorten(_ place: inout TimeSpan, _ value: String) -> Bool {
    guard let span = Self.span(value), span <= place else { return false }
    place = span
    return true
  }

  /// A program and its words, by blanks.
  private mutating func setCommand(_ value: String) -> Bool {
    let words = value.utf8.split { $0 == 0x20 || $0 == 0x09 }
      .map { String(decoding: Array($0), as: UTF8.self) }
    guard let path = words.first else { return false }
    return assign(&sms, .command(path, Array(words.dropFirst())))
  }

  private mutating func setReminders(_ value: String) -> Bool {
    let spans = value.split(separator: " ").map { Self.span(String($0)) }
    let known = spans.compactMap { $0 }
    guard !known.isEmpty, known.count == spans.count,
      zip(known, known.dropFirst()).allSatisfy({ $0 < $1 })
    else { return false }
    reminders = known
    return true
  }

  /// Country codes, or longer prefixes, as people write them: `886 +81 1`.
  private mutating func setCountries(_ value: String) -> Bool {
    let plus = UInt8(ascii: "+")
    let prefixes = value.utf8.split { $0 == 0x20 || $0 == UInt8(ascii: ",") }.map { word in
      String(decoding: word.first == plus ? word.dropFirst() : word, as: UTF8.self)
    }
    let isWhole = prefixes.allSatisfy { prefix in
      (1...15).contains(prefix.utf8.count) && prefix.utf8.first != UInt8(ascii: "0")
        && prefix.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard !prefixes.isEmpty, isWhole else { return false }
    smsCountries = prefixes
    return true
  }

  private static func count(_ value: String, _ allowed: ClosedRange<Int>) -> Int? {
    guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(value),
      allowed.contains(number)
    else { return nil }
    return number
  }

  /// A line of text of at most so many characters.
  private static func words(_ value: String, _ max: Int) -> String? {
    let isPlain = !value.unicodeScalars.contains { $0.isHostile }
    return isPlain && value.utf16.count <= max ? value : nil
  }

  private static func span(_ value: String) -> TimeSpan? {
    guard let span = TimeSpan(text: value), span.seconds > 0 else { return nil }
    return span
  }

  private static func path(_ value: String) -> String? {
    value.utf8.first == UInt8(ascii: "/") ? value : nil
  }

  private static func route(_ value: String) -> (String, String)? {
    guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")),
      let path = path(String(value[value.utf8.index(after: colon)...]))
    else { return nil }
    return (String(value[..<colon]), path)
  }

  /// A mail address that cannot be an option or a second header.
  private static func address(_ value: String) -> String? {
    (try? EmailAddress(value))?.text ?? (value == "root@localhost" ? value : nil)
      ?? (value.utf8.elementsEqual("iauth@localhost".utf8) ? value : nil)
  }

  private static func trimmed(_ bytes: some Collection<UInt8>) -> String {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    let start = bytes.drop(while: isSpace)
    var kept = Array(start)
    while let last = kept.last, isSpace(last) { kept.removeLast() }
    return String(decoding: kept, as: UTF8.self)
  }
}
