// Every statement of the product: prepared against the real schema, listed where it stands, and the
// hot ones shown to walk an index, so that a queue does not grow slower with the accounts.

import Foundation
import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// All tables of statements; a source scan below shows that none is missing.
private let tables: [(name: String, statements: [SQL])] = [
  ("AccountTable", AccountTable.statements), ("AgencyTable", AgencyTable.statements),
  ("VerificationTable", VerificationTable.statements), ("RequestTable", RequestTable.statements),
  ("PendingRequestsTable", PendingRequestsTable.statements),
  ("PendingSearchTable", PendingSearchTable.statements),
  ("BatchListTable", BatchListTable.statements),
  ("OwnSightTable", OwnSightTable.statements),
  ("LastPersonTable", LastPersonTable.statements),
  ("ContactChangeTable", ContactChangeTable.statements), ("RolesTable", RolesTable.statements),
  ("OutboxTable", OutboxTable.statements), ("FateTable", FateTable.statements),
  ("ChannelTestTable", ChannelTestTable.statements), ("RefusalTable", RefusalTable.statements),
  ("AuditTable", AuditTable.statements), ("AuditTrailTable", AuditTrailTable.statements),
  ("AuditTreeTable", AuditTreeTable.statements), ("AuditFeedTable", AuditFeedTable.statements),
  ("AuditVerificationTable", AuditVerificationTable.statements),
  ("ReviewerTable", ReviewerTable.statements),
  ("SetupTable", SetupTable.statements), ("OwnRequestTable", OwnRequestTable.statements),
  ("AccountDeskTable", AccountDeskTable.statements), ("Form2Table", Form2Table.statements),
  ("IdleTable", IdleTable.statements), ("DirectoryTable", DirectoryTable.statements),
  ("SuccessionTable", SuccessionTable.statements),
  ("GateKeyTable", GateKeyTable.statements), ("ImportTable", ImportTable.statements),
  ("ExpiryTable", ExpiryTable.statements),
  ("ReminderTable", ReminderTable.statements), ("OutboxListTable", OutboxListTable.statements),
  ("DoctorTable", DoctorTable.statements), ("MigrationTable", MigrationTable.statements),
  ("SettlingTable", SettlingTable.statements),
  ("ReconciliationTable", ReconciliationTable.statements),
  ("TrailEvidenceTable", TrailEvidenceTable.statements),
  ("BackupTable", BackupTable.statements),
  ("QuickCheckTable", QuickCheckTable.statements),
  ("EffectTable", EffectTable.statements), ("CorrectionTable", CorrectionTable.statements),
  ("StandInTable", StandInTable.statements), ("SentBackTable", SentBackTable.statements),
  ("ReportTable", ReportTable.statements), ("PermissionsTable", PermissionsTable.statements),
  ("PersonTable", PersonTable.statements), ("AffectedTable", AffectedTable.statements),
  ("FeedTable", FeedTable.statements), ("RecertificationTable", RecertificationTable.statements),
  ("EvidenceTable", EvidenceTable.statements), ("StatisticsTable", StatisticsTable.statements),
]

/// Parts of statements, the two halves of an INSERT of many rows, and what no transaction runs.
private let others: Set<String> = [
  "columns", "tables", "notOwn", "filtered", "ordered", "decidable", "anybody", "overdue",
  "systemColumns", "snapshot", "into", "row", "personInto", "personRow", "holds", "assigned",
  "waiting", "statusNow", "namingLists", "waitingFor", "narrowed",
]

@Suite struct StatementTests {
  @Test func everyStatementIsPrepared() throws {
    let desk = try Desk()
    let db = try Connection(path: desk.path)
    try db.harden()
    for table in tables {
      #expect(!table.statements.isEmpty)
      for sql in table.statements {
        #expect(throws: Never.self, "\(table.name): \(sql.text)") { _ = try db.statement(sql) }
      }
    }
  }

  /// Finds `enum XTable` and each `static let name: SQL` in the sources.
  @Test func everyStatementIsListed() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../Sources/IAuthCore").standardized
    let files = try #require(
      FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var found: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      if file.lastPathComponent.hasPrefix("Schema") { continue }
      var table = ""
      var listed = ""
      var names: [String] = []
      var lists = false
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let words = line.split(whereSeparator: { " :=".contains($0) })
        if line.hasPrefix("enum "), let name = words.dropFirst().first { table = String(name) }
        if line.contains("static let statements") { lists = true }
        if lists { listed += line + "\n" }
        if lists, line.contains("]"), !line.contains("[SQL]") || line.hasSuffix("]") {
          lists = false
          let known = Set(listed.split(whereSeparator: { " [],\n".contains($0) }).map(String.init))
          for name in names {
            #expect(known.contains(name), "\(table).\(name) stands in no list")
          }
          found.insert(table)
          (names, listed) = ([], "")
        }
        if line.contains("static let"), line.contains(": SQL ="), words.count > 2,
          !others.contains(String(words[2]))
        {
          names.append(String(words[2]))
        }
      }
      #expect(names.isEmpty, "\(file.lastPathComponent): \(names)")
    }
    #expect(found == Set(tables.map(\.name)))
  }

  /// What grows: with these, a reading in order of an index is as good as a search.
  private static let growing: Set<String> = [
    "account", "request", "permission", "message", "session", "audit", "audit_person", "decision",
    "a", "r", "p", "d", "m", "o", "c", "u", "b",
  ]

  @Test(arguments: [
    ("the general queue", PendingRequestsTable.general),
    ("the authority's queue", PendingRequestsTable.admin),
    ("how much waits in an agency", PendingRequestsTable.countGeneral),
    ("how much waits for the authority", PendingRequestsTable.countAdmin),
    ("a batch", PendingRequestsTable.ofBatch), ("one request", PendingRequestsTable.one),
    ("its history", PendingRequestsTable.history), ("who was told", PendingRequestsTable.told),
    ("an agency's administrators", DirectoryTable.administrators),
    ("who may decide", ReviewerTable.of), ("may I decide", RequestTable.mayDecide),
    ("what I decide on", RequestTable.scopes),
    ("the authority's administrators", RequestTable.administratorsOf),
    ("systems without one", RequestTable.orphanSystems),
    ("an account by e-mail", AccountTable.byEmail), ("an agency's people", ImportTable.people),
    ("what a row asks for", ImportTable.standing),
    ("an account by mobile", AccountTable.byMobile),
    ("a session", AccountTable.liveSession), ("a session's end", AccountTable.lastSessionEnd),
    ("messages to send", OutboxTable.claim), ("messages taken", OutboxTable.claimed),
    ("codes that expired", OutboxTable.lapseCodes), ("codes that are void", OutboxTable.voidCodes),
    ("a pending request", RequestTable.pendingFor), ("a permission", RequestTable.activeFor),
    ("one's requests", OwnRequestTable.list), ("pending of an account", RequestTable.pendingOf),
    ("permissions of an account", RequestTable.activePermissions),
    ("is a batch done", RequestTable.batchHasPending),
    ("the last administrator", AccountDeskTable.isLastAdministrator),
    ("requests that lapse", ExpiryTable.requests),
    ("invitations that lapse", ExpiryTable.invitations),
    ("applications that lapse", ExpiryTable.applications),
    ("what waits for whom", ReminderTable.reviewed), ("what is due", OutboxTable.due),
    ("reminders to mark", ReminderTable.mark), ("old reminders", OutboxTable.oldReminders),
    ("personal data of an account", AccountTable.erasePersonalAudit),
    ("messages of an account", AccountTable.eraseMessages),
    ("notices about someone", AccountTable.eraseNotices),
    ("lists that name someone", AccountTable.isListed),
    ("what of an account is over", ExpiryTable.hasLapsed),
  ])
  func nothingHotScans(_ what: String, _ sql: SQL) throws {
    let desk = try Desk()
    for step in try Self.plan(of: sql, in: desk.path) {
      let words = step.split(separator: " ")
      guard words.first == "SCAN", words.count > 1 else { continue }
      let isOrdered = step.contains("USING") && step.contains("INDEX")
      #expect(
        isOrdered || !Self.growing.contains(String(words[1])), "\(what): \(step)")
    }
  }

  /// The first lines of a queue cost the same, whatever has been decided and however much waits.
  @Test(arguments: [
    ("the general queue", PendingRequestsTable.waitingGeneral),
    ("the authority's queue", PendingRequestsTable.waitingAdmin),
  ])
  func aQueueIsReadInItsOrder(_ what: String, _ sql: SQL) throws {
    let desk = try Desk()
    let plan = try Self.plan(of: sql, in: desk.path)
    #expect(plan.contains { $0.hasPrefix("SEARCH r USING INDEX") }, "\(what): \(plan)")
    #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(what): \(plan)")
  }

  /// Whoever decides on a batch asks this after every row: it must not read what is decided.
  @Test func whetherABatchIsDoneIsLookedUp() throws {
    let desk = try Desk()
    let plan = try Self.plan(of: RequestTable.batchHasPending, in: desk.path)
    let reads = plan.filter { $0.hasPrefix("SEARCH") || $0.hasPrefix("SCAN") }
    #expect(reads.count == 2, "\(plan)")
    for read in reads { #expect(read.contains("request_batch (batch=? AND status=?)"), "\(plan)") }
  }

  /// Entries are found by what they are about: of one action there may be a million.
  @Test func whatIsAboutSomethingIsNotLookedForByItsAction() throws {
    let desk = try Desk()
    for table in tables {
      for sql in table.statements where sql.text.contains("subject = ") {
        let plan = try Self.plan(of: sql, in: desk.path)
        let isByAction = plan.contains { $0.contains("audit_action (action=?") }
        #expect(
          !isByAction || sql.text.contains("u.action IN ('permission.revoke', 'invitation.lapse')"),
          "\(table.name): \(sql.text)")
      }
    }
  }

  /// Of an agency's permissions there may be a hundred thousand: one person's are found by the person.
  @Test func onePersonsPermissionsAreNotLookedForInTheAgency() throws {
    let desk = try Desk()
    for table in tables {
      for sql in table.statements
      where sql.text.contains("account = ?") && sql.text.contains("administrator") {
        let plan = try Self.plan(of: sql, in: desk.path)
        #expect(
          !plan.contains { $0.contains("permission_agency (agency=?") },
          "\(table.name): \(sql.text)")
      }
    }
  }

  /// What has come due is found by its time: of what is in force there may be a million.
  @Test func whatIsDueIsFoundByItsTime() throws {
    let desk = try Desk()
    for sql in [ExpiryTable.ending, ExpiryTable.changes, EffectTable.starting, FeedTable.overdue] {
      let plan = try Self.plan(of: sql, in: desk.path)
      #expect(!plan.contains { $0.hasPrefix("SCAN p") || $0.hasPrefix("SCAN c") }, "\(plan)")
      #expect(!plan.contains { $0.hasPrefix("SCAN request") }, "\(plan)")
    }
  }

  /// Whoever answers for one item of a nation's review waits for no other.
  @Test func whoMayAnswerForAnItemIsLookedUp() throws {
    let desk = try Desk()
    let plan = try Self.plan(
      of: "SELECT 1 FROM recertifier WHERE item = ?1 AND account = ?2", in: desk.path)
    #expect(
      plan.filter { $0.hasPrefix("SEARCH i USING INTEGER PRIMARY KEY") }.count == 3, "\(plan)")
  }

  /// The plan that SQLite would follow.
  private static func plan(of sql: SQL, in path: String) throws -> [String] {
    let db = try Connection(path: path)
    let statement: SQL = "EXPLAIN QUERY PLAN \(sql)"
    let nulls = [any Bindable](
      repeating: Value.null, count: try db.statement(sql).parameterNames.count)
    return try db.all(statement, Arguments(nulls)) { $0.text(3) }
  }
}
