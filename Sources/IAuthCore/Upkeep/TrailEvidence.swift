// What `Reconciliation` asks of the tables, answered by the way while the trail is read from one end to
// the other: the rows that an entry is about are read along with it. It only proves that there is
// nothing to find; a question that it does not answer is asked of the tables themselves.

import Glibc
import SQLite
import Sheets
import Values

enum TrailEvidenceTable {
  static let requests: SQL = """
    SELECT r.id, r.account, r.kind, r.role, s.code, coalesce(r.effective_at, r.until_at,
      r.deputy_for, r.replaces), g.code, r.reason
    FROM request r CROSS JOIN system s ON s.id = r.system CROSS JOIN agency g ON g.id = r.agency
    WHERE r.id >= ? ORDER BY r.id
    """
  /// What was asked for, as an entry commits to it: for a request with more than the simplest.
  static let asked: SQL = """
    SELECT \(ReconciliationTable.asked) FROM request r JOIN system s ON s.id = r.system WHERE r.id = ?
    """
  static let accounts: SQL = """
    SELECT id, email, mobile, status, erased_at, name FROM account WHERE id >= ? ORDER BY id
    """
  static let everybody: SQL = "SELECT id, erased_at IS NOT NULL FROM account"
  static let permissions: SQL = "SELECT request FROM permission"
  static let statements: [SQL] = [requests, asked, accounts, everybody, permissions]
}

/// A set of the numbers of rows, a bit each.
private struct NumberSet {
  private static let limit: Int64 = 1 << 27
  private var words: [UInt64] = []
  /// Whether a number was too large to be kept.
  private(set) var isOverfull = false

  subscript(number: Int64) -> Bool {
    get {
      let word = Int(number >> 6)
      return number >= 0 && word < words.count && words[word] >> UInt64(number & 63) & 1 != 0
    }
    set {
      guard number >= 0, number < Self.limit else { return isOverfull = true }
      let word = Int(number >> 6)
      if word >= words.count {
        guard newValue else { return }
        words.append(contentsOf: repeatElement(0, count: max(word + 1 - words.count, words.count)))
      }
      if newValue {
        words[word] |= 1 << UInt64(number & 63)
      } else {
        words[word] &= ~(1 << UInt64(number & 63))
      }
    }
  }

  var isEmpty: Bool { !isOverfull && words.allSatisfy { $0 == 0 } }
}

final class TrailEvidence {
  /// A question of `Reconciliation`.
  enum Question: CaseIterable {
    case lost, misplaced, permissions, accounts, erasures, requests, states, contacts, given
  }

  private let tx: Transaction
  private let requests: Cursor
  private let accounts: Cursor
  /// Questions that may have an answer.
  private(set) var open: Set<Question> = []
  /// Accounts that have an entry; that have one of an erasure.
  private var entered = NumberSet()
  private var erased = NumberSet()
  /// Requests with an entry that may give a permission.
  private var acted = NumberSet()
  /// Whose last entry says something else than the row.
  private var askedElse = NumberSet()
  private var stateElse = NumberSet()
  private var contactsElse = NumberSet()

  init(_ tx: Transaction) throws(IAuthError) {
    self.tx = tx
    do {
      requests = try tx.db.cursor(TrailEvidenceTable.requests)
      accounts = try tx.db.cursor(TrailEvidenceTable.accounts)
    } catch { throw Store.translated(error) }
  }

  /// Answers nothing, for not every entry was seen.
  func forget() { open = Set(Question.allCases) }

  /// Looks at an entry, with the personal data and its account in the last three columns.
  func note(_ cells: UnsafeMutableBufferPointer<Cell>) {
    do throws(SQLiteError) {
      let (subject, action) = unsafe (cells[6].bytes, cells[5].bytes)
      let request = unsafe Self.number(in: subject, after: "request:")
      let account = unsafe Self.number(in: subject, after: "account:")
      let isAboutState = Self.states.contains { unsafe action.isText($0) }
      let isAlone = unsafe cells[11...13].allSatisfy { unsafe $0.kind == .null }
      // Nobody's number is written so; whoever asked for it was refused.
      let isOdd =
        unsafe request == nil && account == nil
        && (subject.starts(with: "request:") || subject.starts(with: "account:"))
      if isOdd, isAboutState || !isAlone { return forget() }
      if let account {
        entered[account] = true
        if isAboutState { try unsafe noteState(of: account, cells) }
      }
      if let request, !Self.before.contains(where: { unsafe action.isText($0) }) {
        acted[request] = true
      }
      if isAlone {
        if unsafe cells[8].bytes.count > 0 { open.insert(.lost) }
      } else if unsafe cells[11].kind == .blob, unsafe cells[13].kind == .integer {
        try unsafe notePerson(cells, of: unsafe cells[13].number, request, account)
      } else {
        forget()
      }
    } catch {
      forget()
    }
  }

  private static let states: [StaticString] = [
    "account.open", "account.suspend", "account.restore", "account.close", "account.erase",
  ]
  /// Their notes may have any line, in entries of earlier releases.
  private static let decisions: [StaticString] = [
    "request.approve", "request.reject", "request.return",
  ]
  private static let before: [StaticString] = [
    "request.submit", "request.resubmit", "request.reopen", "request.read", "refused",
  ]

  /// An account is suspended, closed or in use as it was last said.
  private func noteState(
    of account: Int64, _ cells: UnsafeMutableBufferPointer<Cell>
  ) throws(SQLiteError) {
    let (action, outcome) = unsafe (cells[5].bytes, cells[7].bytes)
    if unsafe action.isText("account.erase") { erased[account] = true }
    guard unsafe outcome.isText("done") || outcome.isText("idle"),
      try accounts.move(to: account)
    else { return }
    stateElse[account] = unsafe accounts.cells(4) { row in
      let status = unsafe row[3].bytes
      if unsafe action.isText("account.open") { return unsafe !status.isText("active") }
      if unsafe action.isText("account.suspend") { return unsafe !status.isText("suspended") }
      if unsafe action.isText("account.restore") { return unsafe status.isText("closed") }
      return unsafe !status.isText("closed")
    }
  }

  /// Personal data stands with whom it is about, and says what the row of theirs says.
  private func notePerson(
    _ cells: UnsafeMutableBufferPointer<Cell>, of person: Int64, _ request: Int64?,
    _ account: Int64?
  ) throws(SQLiteError) {
    let (fields, action) = unsafe (cells[12].bytes, cells[5].bytes)
    let owner = unsafe Self.number(in: fields, after: "account=", upTo: UInt8(ascii: "\n"))
    guard unsafe cells[8].bytes.count > 0, unsafe !fields.hasNUL,
      unsafe owner == person || !fields.starts(with: "account=")
    else { return forget() }
    var (isTheirs, isGrant) = (account == person, false)
    if let request, try requests.move(to: request) {
      let (holder, kind) = unsafe requests.cells(3) { row in
        unsafe (row[1].number, row[2].bytes.isText("grant"))
      }
      (isTheirs, isGrant) = (holder == person, kind)
      if !Self.decisions.contains(where: { unsafe action.isText($0) }),
        let asked = unsafe fields.first("\nasked=")
      {
        var isElse = try unsafe !isAsked(asked, in: fields, request)
        if let agency = unsafe fields.first("\nagency=") {
          isElse = unsafe requests.cells(7) { row in
            unsafe isElse || !fields.continues(agency, with: row[6].bytes)
          }
        }
        if let reason = unsafe fields.first("\nreason=") {
          isElse = unsafe requests.cells(8) { row in
            unsafe isElse || !fields.ends(reason, with: row[7].bytes)
          }
        }
        askedElse[request] = isElse
      }
    }
    if isTheirs { entered[person] = true } else { open.insert(.misplaced) }
    if unsafe action.isText("request.approve") || action.isText("admin.appoint"),
      unsafe fields.first("\nuntil=") != nil
    {
      open.insert(.given)
    }
    guard let email = unsafe fields.first("\nemail=") else { return }
    if unsafe action.isText("request.submit") {
      if request == nil { open.insert(.contacts) }
      guard isGrant else { return }
    } else if unsafe !action.isText("account.open"), unsafe !action.isText("account.contacts"),
      unsafe !action.isText("admin.appoint")
    {
      return
    }
    guard try accounts.move(to: person) else { return }
    let (name, mobile) = unsafe (fields.first("\nname="), fields.first("\nmobile="))
    contactsElse[person] = unsafe accounts.cells(6) { row in
      guard unsafe row[4].kind == .null else { return false }
      guard let name, let mobile else { return true }
      return
        unsafe !(fields.continues(name, with: row[5].bytes, isInside: true)
        && fields.continues(email, with: row[1].bytes, isInside: true)
        && fields.continues(mobile, with: row[2].bytes))
    }
  }

  /// Whether the fields ask for what the request is about.
  private func isAsked(
    _ place: Int, in fields: UnsafeRawBufferPointer, _ request: Int64
  ) throws(SQLiteError) -> Bool {
    let isSimple = unsafe requests.cells(6) { row -> Bool? in
      guard unsafe row[5].kind == .null, unsafe !row[2].bytes.isText("change") else { return nil }
      var place = place
      for column in 2...4 {
        guard unsafe fields.has(row[column].bytes, at: place) else { return false }
        place += unsafe row[column].bytes.count
        guard column < 4 else { break }
        guard place < fields.count, unsafe fields[place] == 0x20 else { return false }
        place += 1
      }
      return unsafe place == fields.count || fields[place] == 0x0A
    }
    if let isSimple { return isSimple }
    let text = try tx.db.first(TrailEvidenceTable.asked, [request]) { row in row.text(0) }
    guard let text else { return false }
    return unsafe Array(text.utf8.dropFirst(7)).withUnsafeBytes { asked in
      let isLast = unsafe asked.last == 0x0A && place + asked.count - 1 == fields.count
      return unsafe fields.has(
        isLast ? UnsafeRawBufferPointer(rebasing: asked.dropLast()) : asked, at: place)
    }
  }

  /// A number as SQLite writes it, up to the end or to a byte.
  private static func number(
    in text: UnsafeRawBufferPointer, after start: StaticString, upTo end: UInt8? = nil
  ) -> Int64? {
    guard unsafe text.starts(with: start) else { return nil }
    var place = start.utf8CodeUnitCount
    let first = place
    var number: Int64 = 0
    while place < text.count, unsafe text[place] != end {
      guard case let digit = unsafe text[place] &- 0x30, digit < 10, place - first < 18
      else { return nil }
      number = 10 * number + Int64(digit)
      place += 1
    }
    guard place > first, unsafe text[first] != 0x30 else { return nil }
    return number
  }

  /// The questions that are still to be asked, after the last entry.
  func unanswered() throws(IAuthError) -> Set<Question> {
    if !askedElse.isEmpty { open.insert(.requests) }
    if !stateElse.isEmpty { open.insert(.states) }
    if !contactsElse.isEmpty { open.insert(.contacts) }
    if entered.isOverfull || erased.isOverfull || acted.isOverfull {
      open.formUnion([.accounts, .erasures, .permissions])
    }
    try tx.each(TrailEvidenceTable.everybody) { row in
      let (account, isErased) = (row.int(0), row.bool(1))
      if !self.entered[account] { self.open.insert(.accounts) }
      if isErased, !self.erased[account] { self.open.insert(.erasures) }
      return true
    }
    if !open.contains(.given), try tx.exists(ReconciliationTable.isGivenOtherwise) {
      open.insert(.given)
    }
    try tx.each(TrailEvidenceTable.permissions) { row in
      if !self.acted[row.int(0)] { self.open.insert(.permissions) }
      return true
    }
    return open
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func isText(_ text: StaticString) -> Bool {
    unsafe count == text.utf8CodeUnitCount && starts(with: text)
  }

  fileprivate func starts(with text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard length <= count, let start = baseAddress else { return false }
    return unsafe memcmp(start, text.utf8Start, length) == 0
  }

  fileprivate func has(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Bool {
    guard place + bytes.count <= count, let start = baseAddress else { return false }
    guard let other = bytes.baseAddress else { return true }
    return unsafe memcmp(start + place, other, bytes.count) == 0
  }

  fileprivate var hasNUL: Bool {
    unsafe baseAddress.map { unsafe memchr($0, 0, count) != nil } ?? false
  }

  /// Where the first of a text ends that is in it; it begins with the end of a line.
  fileprivate func first(_ text: StaticString) -> Int? {
    guard let start = baseAddress else { return nil }
    let length = text.utf8CodeUnitCount
    var place = 0
    while place + length <= count,
      let found = unsafe memchr(start + place, 0x0A, count - place)
    {
      place = unsafe UnsafeRawPointer(found) - start
      guard place + length <= count else { return nil }
      if unsafe memcmp(start + place, text.utf8Start, length) == 0 { return place + length }
      place += 1
    }
    return nil
  }

  /// Whether it goes on with these bytes to its end, with a tab behind each end of a line.
  fileprivate func ends(_ place: Int, with bytes: UnsafeRawBufferPointer) -> Bool {
    var place = place
    for index in 0..<bytes.count {
      let byte = unsafe bytes[index]
      guard place < count, unsafe self[place] == byte else { return false }
      place += 1
      guard byte == 0x0A else { continue }
      guard place < count, unsafe self[place] == 0x09 else { return false }
      place += 1
    }
    return place == count
  }

  /// Whether a line goes on with these bytes and ends; with the last line's end, or inside.
  fileprivate func continues(
    _ place: Int, with bytes: UnsafeRawBufferPointer, isInside: Bool = false
  ) -> Bool {
    let end = place + bytes.count
    guard unsafe has(bytes, at: place), end < count || !isInside else { return false }
    return unsafe end == count || self[end] == 0x0A
  }
}
