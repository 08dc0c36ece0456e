// Onboarding a whole sheet (PRODUCT 3.5, 4.1 `import-batch`): every problem of every row is found,
// and by default one bad row keeps everything out. All in one transaction: the database holds the
// whole batch or nothing.

import SQLite
import Sheets
import Values

/// What was submitted.
package struct ImportOrder {
  package var source: any ByteSource
  package var document: String?
  package var system: String?
  package var isDryRun = false
  package var isPartial = false
  package var encoding: TextEncoding?
  package var sheet: String?
  package var hidden = HiddenRows.refuse
  package var report: ImportReportFormat?
  /// Told now and then how far it is; for a terminal.
  package var progress: ((ImportProgress) -> Void)?

  package init(_ source: any ByteSource) {
    self.source = source
  }

  package init(bytes: [UInt8]) {
    self.init(MemorySource(bytes))
  }
}

/// How far an import is: every row is read and checked, and then stored.
package enum ImportProgress: Sendable {
  /// Of how many lines, is only known of a text.
  case reading(rows: Int, of: Int?)
  case storing(rows: Int, of: Int)
}

/// In which form a sheet is written.
package enum ImportReportFormat: Sendable {
  case csv, xlsx

  private static let foreign = [
    ".ods", ".xls", ".xlsm", ".xlsb", ".numbers", ".et", ".pdf", ".htm", ".html", ".docx", ".odt",
  ]

  /// By the ending of a file's name: a workbook's, otherwise text.
  ///
  /// - Throws: `usage.value` for the name of a form that iauth does not write.
  package init(path: String, option: String) throws(IAuthError) {
    // Letters alone: a byte of anything else never becomes one of these endings.
    let name = path.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }
    if Self.foreign.contains(where: { name.suffix($0.utf8.count).elementsEqual($0.utf8) }) {
      throw .usageValue(option: option, value: path, allowed: ["*.xlsx", "*.csv"])
    }
    self = name.suffix(5).elementsEqual(".xlsx".utf8) ? .xlsx : .csv
  }
}

package enum RowOutcome: String, CaseIterable, Sendable {
  case accepted, unchanged, rejected, held
}

/// One thing wrong, or worth a look, in a row.
package struct RowProblem: Equatable, Sendable {
  package let isError: Bool
  /// The header, as it stands, of the cell to fix.
  package let column: String
  package let code: String
  package let message: Bilingual
}

package struct ImportRow: Sendable {
  package let number: Int
  /// Where several sheets were read.
  package let sheet: String?
  package let outcome: RowOutcome
  package let request: RequestID?
  package let problems: [RowProblem]
}

package struct ImportReport {
  package internal(set) var rows: ImportRows
  package internal(set) var batch: BatchID?
  package let digest: String
  package let isDryRun: Bool
  /// Visible sheets with text that were not read.
  package let unread: [UnreadSheet]
  let headers: [FormHeader]
  /// The titles of columns that are not read, each once.
  package var ignored: [String] {
    var titles: [String] = []
    for title in headers.flatMap(\.unread) where !titles.contains(title) { titles.append(title) }
    return titles
  }
  /// The sheet's cells, if it is to be given back.
  let cells: Spool?

  package func count(_ outcome: RowOutcome) -> Int { rows.count(outcome) }

  /// What the call ends with: rejected rows are an error whatever became of the others.
  package func error(isPartial: Bool) -> IAuthError? {
    let rejected = count(.rejected)
    guard rejected > 0 else { return nil }
    return .batchRejected(
      rejected: rejected, rows: rows.count,
      isPartial: isPartial && !isDryRun && count(.accepted) > 0)
  }
}

extension Service {
  /// Reads a sheet and imports it.
  ///
  /// The whole file is read and checked before the database is locked, so that nobody waits for
  /// someone's slow pipe or disk.
  /// - Throws: `session.*`, `right.missing`, `session.step-up`, `system.unknown`,
  ///   `usage.missing`, `document.invalid`, `sheet.*`, `limit.rows`. Rejected rows stand in the
  ///   report.
  package func importBatch(_ order: ImportOrder) throws(IAuthError) -> ImportReport {
    let document = try FreeText.filled(order.document, FreeText.document)
    // Who may not import is told so, whatever is in the file; it is looked at again under the lock.
    try store.write { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      guard case .commitThenThrow(let error) = try tx.importer() else { return .rollback(()) }
      return .commitThenThrow(error)
    }
    let form = try CheckedForm(order, spoolsIn: directory)
    // Said before anything is imported, not when the report is written.
    if order.report == .xlsx, form.count > Limits.workbookRows {
      throw .reportTooLong(max: Limits.workbookRows)
    }
    // Rows that contradict each other are found while they are taken; neither may be, so that the
    // form is then taken again without them.
    var found = ImportFindings()
    while true {
      let (report, new) = try take(form, order, document: document, found)
      guard new != found else {
        if order.isDryRun { try noteTrying(report) }
        return report
      }
      found = new
    }
  }

  /// A dry run tells whether people are known here: it is an entry (PRODUCT 3.8).
  private func noteTrying(_ report: ImportReport) throws(IAuthError) {
    let outcome = report.error(isPartial: false)?.code.rawValue ?? "done"
    try store.note { (tx) throws(IAuthError) -> TransactionEnd<Void> in
      if case .commitThenThrow(let error) = try tx.importer() { return .commitThenThrow(error) }
      try tx.audit(.importTried, .command("import-batch"), outcome: outcome)
      return .commit(())
    }
  }

  /// Takes a form's rows.
  ///
  /// - Returns: what became of them, and what was found with what had been; where that is more,
  ///   nothing is kept.
  private func take(
    _ form: CheckedForm, _ order: ImportOrder, document: String?, _ found: ImportFindings
  ) throws(IAuthError) -> (ImportReport, ImportFindings) {
    typealias Turn = (ImportReport, ImportFindings)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<Turn> in
      let importer: Importer
      switch try tx.importer() {
      case .commit(let known), .rollback(let known): importer = known
      case .commitThenThrow(let error): return .commitThenThrow(error)
      }
      try tx.useLargeCache()
      var desk = try BatchImporter(
        tx: tx, importer: importer, settings: settings, form: form, document: document,
        defaultSystem: order.system == nil
          && form.headers.allSatisfy { $0.column(.system) != nil }
          ? nil : try tx.system(code: order.system, command: "import-batch"),
        found: found)
      try desk.takeAll(order.progress)
      // What is settled last is said of its rows too.
      let batch = try desk.close()
      var report = ImportReport(
        rows: desk.rows, batch: batch, digest: Hex.encode(form.digest),
        isDryRun: order.isDryRun, unread: form.unread, headers: form.headers, cells: form.cells)
      var new = ImportFindings(contradicts: found.contradicts, excluded: desk.namesakes.excluded)
      if new == found {
        // (What rows contradict that were taken for somebody else's is nothing.)
        new.contradicts.merge(desk.claims.contradicts) { known, _ in known }
      }
      guard new == found else { return .rollback((report, new)) }
      let isWhole = report.count(.rejected) == 0 || order.isPartial
      if !isWhole { report.rows.hold() }
      if order.isDryRun || !isWhole {
        // What was rolled back has no numbers.
        report.rows.forgetNumbers()
        let isUnchanged = report.count(.unchanged) == report.rows.count
        report.batch = isUnchanged ? desk.earlierBatch : nil
      }
      return order.isDryRun || !isWhole ? .rollback((report, found)) : .commit((report, found))
    }
  }
}

/// What only later rows show of earlier ones: the form is taken again with that in mind.
struct ImportFindings: Equatable {
  /// Rows that contradict each other: none of them is taken.
  var contradicts: [Int: [RowProblem]] = [:]
  /// Whom a row does not mean, though it has the name of somebody whose request was sent back.
  var excluded: [Int: Set<AccountID>] = [:]
}

/// Who submits a sheet.
struct Importer {
  /// nil: the operator.
  let session: Session?
  let agency: Agency?
  let isAuthority: Bool
  let systems: Set<SystemID>

  /// As messages name who submitted the sheet.
  var name: String { agency?.name ?? "系統維運" }
}

extension Transaction {
  /// Who imports: the signed-in administrator; where nobody is signed in, the operator.
  ///
  /// Whose session has expired is told so: a form means more when the operator submits it.
  fileprivate func importer() throws(IAuthError) -> TransactionEnd<Importer> {
    let session: Session
    do throws(IAuthError) {
      session = try sessionOrKey()
    } catch {
      if error.code == .rightMissing { return try refuse(error) }
      guard error == .sessionNone, world.caller.isOperator else { throw error }
      return .commit(Importer(session: nil, agency: nil, isAuthority: true, systems: []))
    }
    let me = session.account
    let systems: [SystemID] = try ids(RequestTable.scopes, me.id, me.agency, now)
    guard !systems.isEmpty else { return try refuse(.rightMissing(.importer)) }
    guard settings.reviewCodes == .either || session.hasProvenBoth else {
      return try refuse(.sessionStepUp)
    }
    let authority = try authority()
    return .commit(
      Importer(
        session: session, agency: try agency(id: me.agency),
        isAuthority: me.agency == authority.id, systems: Set(systems)))
  }
}

extension RowOutcome {
  package var chinese: String {
    switch self {
    case .accepted: "接受"
    case .unchanged: "無異動"
    case .rejected: "退件"
    case .held: "暫緩"
    }
  }
}
