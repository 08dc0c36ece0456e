// Good rows for people who are new wait until there are enough of them for one statement a table:
// SQLite sets up as much for one row as for many. Their numbers are known before they are stored.
// Triggers rest meanwhile, for they make SQLite write every row twice: what they refuse cannot be
// true of someone new, whose request is the first, is pending, and has no permission beside it.

import SQLite
import Sheets
import Values

struct StagedRows {
  private(set) var nextAccount: AccountID = 0
  private(set) var nextRequest: RequestID = 0
  private var count = 0
  private var accounts = Parameters()
  private var requests = Parameters()
  private var entries = AuditRows()

  /// What all requests of the batch have in common.
  struct BatchValues {
    let batch: BatchID?
    let document: String?
    let submitter: AccountID?
  }

  init(_ tx: Transaction) throws(IAuthError) {
    try begin(tx)
  }

  /// Goes on from the last numbers that the tables have given.
  mutating func begin(_ tx: Transaction) throws(IAuthError) {
    let last = try tx.first(ImportTable.lastNumbers) { row in
      (account: AccountID(row.int(0)), request: RequestID(row.int(1)))
    }
    guard let last else { throw .databaseDamaged }
    (nextAccount, nextRequest) = (last.account.next, last.request.next)
  }

  /// Adds an invited account and its request; stores what waits when it is enough.
  mutating func add(
    _ row: CheckedRow, _ account: Account, _ system: TargetSystem, _ role: Role, _ tx: Transaction,
    _ batch: BatchValues
  ) throws(IAuthError) {
    if count == 0 {
      accounts.add(tx.now.seconds)
      requests.add(tx.now.seconds)
      requests.add(batch.batch?.value)
      requests.add(batch.document)
      requests.add(batch.submitter?.value)
    }
    accounts.add(account.id.value)
    accounts.add(account.agency.value)
    accounts.add(account.name.text)
    accounts.add(account.name.key)
    accounts.add(account.email.text)
    accounts.add(account.mobile.e164)
    accounts.add(account.title)
    accounts.add(row.unit)
    accounts.add(row.phone)
    requests.add(nextRequest.value)
    requests.add(account.id.value)
    requests.add(account.agency.value)
    requests.add(system.id.value)
    requests.add(role.rawValue)
    requests.add(row.reason)
    requests.add(row.effectiveAt?.seconds)
    requests.add(row.untilAt?.seconds)
    var person = AuditPerson(account)
    person.add(
      asked: .grant, role, system: system.code, from: row.effectiveAt, until: row.untilAt)
    person.add(reason: row.reason)
    try tx.stage(.requested, .request(nextRequest), person, in: &entries)
    count += 1
    nextAccount = nextAccount.next
    nextRequest = nextRequest.next
    if count == Limits.importRowsPerStatement { try store(tx, batch) }
  }

  /// Stores what waits.
  mutating func store(_ tx: Transaction, _ batch: BatchValues) throws(IAuthError) {
    guard count > 0 else { return }
    // Each change makes SQLite prepare everything again, which a few rows are not worth.
    if count >= Limits.importRowsPerStatement / 4 { try tx.setTriggers(enabled: false) }
    try tx.insertMany(ImportTable.accounts, count, accounts)
    try tx.insertMany(ImportTable.requests, count, requests)
    try tx.storeStaged(&entries)
    accounts.removeAll()
    requests.removeAll()
    count = 0
  }
}

extension Transaction {
  /// Lets triggers run or rest.
  func setTriggers(enabled: Bool) throws(IAuthError) {
    guard enabled != hasTriggers else { return }
    do { try db.setTriggers(enabled: enabled) } catch { throw Store.translated(error) }
    hasTriggers = enabled
  }
}

/// The contacts of one agency's people.
struct AgencyPeople {
  private var known: Set<String> = []
  private var staged: Set<String> = []
  /// Whether all of the agency's people that the tables hold are here.
  var isComplete = false

  init() {}

  init(_ contacts: [String]) {
    isComplete = true
    known = Set(contacts)
  }

  /// Notes someone who waits to be stored.
  mutating func add(_ account: Account) {
    staged.insert(account.email.text)
    staged.insert(account.mobile.e164)
  }

  /// Whether someone has one of the two contacts.
  func has(_ email: EmailAddress, _ mobile: MobileNumber) -> Bool {
    known.contains(email.text) || known.contains(mobile.e164) || hasStaged(email, mobile)
  }

  /// Whether one who waits to be stored has one of the two contacts.
  func hasStaged(_ email: EmailAddress, _ mobile: MobileNumber) -> Bool {
    staged.contains(email.text) || staged.contains(mobile.e164)
  }

  mutating func forgetStaged() {
    if isComplete { known.formUnion(staged) }
    staged.removeAll(keepingCapacity: true)
  }
}

extension Transaction {
  /// The people of an agency, unless they are many more than the rows that ask for them.
  func people(of agency: AgencyID, rows: Int) throws(IAuthError) -> AgencyPeople {
    let max = 4 * rows + 8
    let contacts = try all(ImportTable.people, agency, max + 1) { row in [row.text(0), row.text(1)]
    }
    return contacts.count > max ? AgencyPeople() : AgencyPeople(contacts.flatMap { $0 })
  }
}
