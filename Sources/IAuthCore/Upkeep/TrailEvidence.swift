// What `Reconciliation` asks of the tables, answered by the way while the trail is read from one end to
// the other: the rows that an entry is about are read along with it. It only proves that there is
// nothing to find; a question that it does not answer is asked of the tables themselves.

import SQLite
import Sheets
import Values

enum TrailEvidenceTable {
  static let requests: SQL = """
    SELECT id, account, kind, role, system, agency, coalesce(effective_at, until_at, deputy_for,
      replaces), reason FROM request WHERE id >= ? ORDER BY id
    """
  static let system: SQL = "SELECT code FROM system WHERE id = ?"
  static let agency: SQL = "SELECT code FROM agency WHERE id = ?"
  /// What was asked for, as an entry commits to it: for a request with more than the simplest.
  static let asked: SQL = """
    SELECT \(ReconciliationTable.asked) FROM request r JOIN system s ON s.id = r.system WHERE r.id = ?
    """
  static let accounts: SQL = """
    SELECT id, email, mobile, status, erased_at, name FROM account WHERE id >= ? ORDER BY id
    """
  /// Counted in the table itself: an index may say something else.
  static let everybody: SQL = "SELECT count(*) FROM account NOT INDEXED"
  static let permissions: SQL = "SELECT request FROM permission"
  static let statements: [SQL] = [
    requests, system, agency, asked, accounts, everybody, permissions,
  ]
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
  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  func isSubset(of other: NumberSet) -> Bool {
    words.indices.allSatisfy { words[$0] & ~($0 < other.words.count ? other.words[$0] : 0) == 0 }
  }
}

/// The codes of systems or agencies, each read once.
private final class Codes {
  private let sql: SQL
  private var known: [Int64: [UInt8]] = [:]
  /// Mostly the next one is the same.
  private var last: (id: Int64, code: [UInt8]) = (0, [])

  init(_ sql: SQL) { self.sql = sql }

  func code(of id: Int64, in db: Connection) throws(SQLiteError) -> [UInt8] {
    if id == last.id { return last.code }
    let code =
      if let known = known[id] { known } else {
        try db.first(sql, [id]) { row in Array(row.text(0).utf8) } ?? []
      }
    known[id] = code
    last = (id, code)
    return code
  }
}

final class TrailEvidence {
  /// A question of `Reconciliation`.
  enum Question: CaseIterable {
    case lost, misplaced, permissions, accounts, erasures, requests, states, contacts, given, notes
  }

  private let tx: Transaction
  private let requests: Cursor
  private let accounts: Cursor
  /// Questions that may have an answer.
  private(set) var open: Set<Question> = []
  private let systems = Codes(TrailEvidenceTable.system)
  private let agencies = Codes(TrailEvidenceTable.agency)
  /// The words of the trail that were met so far, and the last one.
  private var words: [(text: [UInt8], action: AuditAction?)] = []
  private var word: (text: [UInt8], action: AuditAction?) = ([], nil)
  /// Accounts that are there and have an entry; that have one of an erasure; that are erased.
  private var entered = NumberSet()
  private var erasures = NumberSet()
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
      let subject = unsafe cells[6].bytes
      let action = unsafe action(cells[5].bytes)
      let request = unsafe Self.number(in: subject, after: "request:")
      let account = unsafe Self.number(in: subject, after: "account:")
      let isAlone = unsafe cells[11].isNull && cells[12].isNull && cells[13].isNull
      // Nobody's number is written so; whoever asked for it was refused.
      let isOdd =
        unsafe request == nil && account == nil
        && (subject.starts(with: "request:") || subject.starts(with: "account:"))
      if isOdd, Self.isAboutState(action) || !isAlone { return forget() }
      if let account {
        try enter(account)
        if Self.isAboutState(action) { try unsafe noteState(of: account, action, cells) }
      }
      if let request, !Self.isBefore(action) { acted[request] = true }
      if isAlone {
        if unsafe cells[8].bytes.count > 0 { open.insert(.lost) }
      } else if case .blob = unsafe cells[11].kind, case .integer = unsafe cells[13].kind {
        try unsafe notePerson(cells, action, of: unsafe cells[13].number, request, account)
      } else {
        forget()
      }
    } catch {
      forget()
    }
  }

  /// What a word of the trail says; nil for one that has no such meaning today.
  private func action(_ text: UnsafeRawBufferPointer) -> AuditAction? {
    if unsafe text.isEqual(to: word.text) { return word.action }
    if let known = words.first(where: { unsafe text.isEqual(to: $0.text) }) {
      word = known
    } else {
      word = unsafe (Array(text), AuditAction(rawValue: String(decoding: text, as: UTF8.self)))
      words.append(word)
    }
    return word.action
  }

  private static func isAboutState(_ action: AuditAction?) -> Bool {
    switch action {
    case .accountOpened, .accountSuspended, .accountRestored, .accountClosed, .accountErased: true
    default: false
    }
  }

  /// Its note may have any line, in entries of earlier releases.
  private static func isDecision(_ action: AuditAction?) -> Bool {
    switch action {
    case .approved, .rejected, .returned: true
    default: false
    }
  }

  /// Whether it looks at a request, or comes before its end.
  private static func isBefore(_ action: AuditAction?) -> Bool {
    switch action {
    case .requested, .resubmitted, .reopened, .requestRead, .refused: true
    default: false
    }
  }

  /// An account has an entry.
  private func enter(_ account: Int64) throws(SQLiteError) {
    guard !entered[account], try accounts.move(to: account) else { return }
    entered[account] = true
    if unsafe !accounts.cell(4).isNull { erased[account] = true }
  }

  /// An account is suspended, closed or in use as it was last said.
  private func noteState(
    of account: Int64, _ action: AuditAction?, _ cells: UnsafeMutableBufferPointer<Cell>
  ) throws(SQLiteError) {
    if action == .accountErased { erasures[account] = true }
    let outcome = unsafe cells[7].bytes
    guard unsafe outcome.isText("done") || outcome.isText("idle"),
      try accounts.move(to: account)
    else { return }
    let status = unsafe accounts.cell(3).bytes
    stateElse[account] =
      switch action {
      case .accountOpened: unsafe !status.isText("active")
      case .accountSuspended: unsafe !status.isText("suspended")
      case .accountRestored: unsafe status.isText("closed")
      default: unsafe !status.isText("closed")
      }
  }

  /// Personal data stands with whom it is about, and says what the row of theirs says.
  private func notePerson(
    _ cells: UnsafeMutableBufferPointer<Cell>, _ action: AuditAction?, of person: Int64,
    _ request: Int64?, _ account: Int64?
  ) throws(SQLiteError) {
    let fields = unsafe cells[12].bytes
    let owner = unsafe Self.number(in: fields, after: "account=", upTo: UInt8(ascii: "\n"))
    guard unsafe cells[8].bytes.count > 0, unsafe !fields.hasNUL,
      unsafe owner == person || !fields.starts(with: "account=")
    else { return forget() }
    let places = unsafe FieldPlaces(fields)
    var (isTheirs, isGrant) = (account == person, false)
    if let request, try requests.move(to: request) {
      isTheirs = unsafe requests.cell(1).number == person
      isGrant = unsafe requests.cell(2).bytes.isText("grant")
      if !Self.isDecision(action), let asked = places.asked {
        askedElse[request] = try unsafe !isAsked(asked, places, in: fields, request)
      }
    }
    if isTheirs { try enter(person) } else { open.insert(.misplaced) }
    if places.note != nil, Self.isDecision(action) { open.insert(.notes) }
    if places.until != nil, action == .approved || action == .appointed { open.insert(.given) }
    guard let email = places.email else { return }
    switch action {
    case .requested:
      if request == nil { open.insert(.contacts) }
      guard isGrant else { return }
    case .accountOpened, .accountReplaced, .appointed: break
    default: return
    }
    guard try accounts.move(to: person), unsafe accounts.cell(4).isNull else {
      return contactsElse[person] = false
    }
    guard let name = places.name, let mobile = places.mobile else {
      return contactsElse[person] = true
    }
    contactsElse[person] =
      unsafe !(fields.continues(name, with: accounts.cell(5).bytes, isInside: true)
      && fields.continues(email, with: accounts.cell(1).bytes, isInside: true)
      && fields.continues(mobile, with: accounts.cell(2).bytes))
  }

  /// Whether the fields ask for what the request is about, in its words and of its agency.
  private func isAsked(
    _ place: Int, _ places: FieldPlaces, in fields: UnsafeRawBufferPointer, _ request: Int64
  ) throws(SQLiteError) -> Bool {
    if let agency = places.agency {
      let code = try unsafe agencies.code(of: requests.cell(5).number, in: tx.db)
      guard unsafe code.withUnsafeBytes({ unsafe fields.continues(agency, with: $0) })
      else { return false }
    }
    if let reason = places.reason {
      guard unsafe fields.ends(reason, with: requests.cell(7).bytes) else { return false }
    }
    guard unsafe requests.cell(6).isNull, unsafe !requests.cell(2).bytes.isText("change") else {
      return try unsafe isAskedAtLength(place, in: fields, request)
    }
    var place = place
    for column: Int32 in 2...3 {
      let word = unsafe requests.cell(column).bytes
      guard unsafe fields.has(word, at: place) else { return false }
      place += word.count
      guard place < fields.count, unsafe fields[place] == 0x20 else { return false }
      place += 1
    }
    let code = try unsafe systems.code(of: requests.cell(4).number, in: tx.db)
    return unsafe code.withUnsafeBytes { unsafe fields.continues(place, with: $0) }
  }

  private func isAskedAtLength(
    _ place: Int, in fields: UnsafeRawBufferPointer, _ request: Int64
  ) throws(SQLiteError) -> Bool {
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
    if entered.isOverfull || erasures.isOverfull || acted.isOverfull {
      open.formUnion([.accounts, .erasures, .permissions])
    }
    if try tx.number(TrailEvidenceTable.everybody) != Int64(entered.count) {
      open.formUnion([.accounts, .erasures])
    }
    if !erased.isSubset(of: erasures) { open.insert(.erasures) }
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
