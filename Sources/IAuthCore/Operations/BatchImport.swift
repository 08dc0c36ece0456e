// Onboarding a whole sheet (PRODUCT 3.5, 4.1 `import-batch`): every problem of every row is found,
// and by default one bad row keeps everything out. All in one transaction: the database holds the
// whole batch or nothing.

import SQLite

/// What was handed in.
package struct ImportOrder {
  package var bytes: [UInt8]
  package var document: String?
  package var system: String?
  package var isDryRun = false
  package var isPartial = false
  package var encoding: TextEncoding?
  package var sheet: String?
  package var report: ImportReportFormat?
  /// Told now and then how many rows were read; for a terminal.
  package var progress: ((_ rows: Int) -> Void)?

  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }
}

/// In which form the sheet is given back.
package enum ImportReportFormat: Sendable { case csv, xlsx }

package enum RowOutcome: String, CaseIterable, Sendable {
  case accepted, unchanged, rejected, held
}

/// One thing wrong, or worth a look, in a row.
package struct RowProblem: Equatable, Sendable {
  package let isError: Bool
  /// The header, as it stands, of the cell to mend.
  package let column: String
  package let code: String
  package let message: Bilingual
}

package struct ImportRow: Sendable {
  package let number: Int
  package internal(set) var outcome: RowOutcome
  package internal(set) var request: Int64?
  package internal(set) var problems: [RowProblem]
}

package struct ImportReport: Sendable {
  package internal(set) var rows: [ImportRow] = []
  package internal(set) var batch: Int64?
  package internal(set) var digest = ""
  package let isDryRun: Bool
  /// The sheet with its results, if it was asked for.
  package internal(set) var sheet: [UInt8] = []

  package func count(_ outcome: RowOutcome) -> Int {
    rows.reduce(0) { $0 + ($1.outcome == outcome ? 1 : 0) }
  }

  /// What the call ends with: rejected rows are an error whatever became of the others.
  package func error(isPartial: Bool) -> IAuthError? {
    let rejected = count(.rejected)
    guard rejected > 0 else { return nil }
    return .batchRejected(rejected: rejected, rows: rows.count, isPartial: isPartial)
  }
}

extension Service {
  /// Reads a sheet and imports it.
  ///
  /// - Throws: `session.*`, `right.missing`, `session.step-up`, `system.unknown`,
  ///   `document.invalid`, `sheet.*`, `limit.rows`. Rejected rows stand in the report.
  package func importBatch(_ order: ImportOrder) throws(IAuthError) -> ImportReport {
    let document = try FreeText.filled(order.document, FreeText.document)
    let reader = try SheetFormat.open(order.bytes, encoding: order.encoding, sheet: order.sheet)
    var sheet = try FormSheet(reader)
    let digest = SHA256.hash(order.bytes)
    return try store.write { (tx) throws(IAuthError) -> Verdict<ImportReport> in
      let importer: Importer
      switch try tx.importer(settings) {
      case .done(let known), .undone(let known): importer = known
      case .refused(let error): return .refused(error)
      }
      var desk = try ImportDesk(
        tx: tx, importer: importer, settings: settings, header: sheet.header, document: document,
        digest: digest,
        defaultSystem: try order.system.map { (code) throws(IAuthError) in
          try tx.system(code: code, command: "import-batch")
        })
      var report = ImportReport(isDryRun: order.isDryRun)
      try tx.useLargeCache()
      var cells: [[String]] = []
      while let row = try sheet.next() {
        try desk.take(row)
        if order.report != nil { cells.append(row.cells) }
        guard desk.rows.count % Limits.importProgressRows == 0 else { continue }
        try Gate.checkInterrupt()
        guard !world.isAbandoned() else { throw .internal("interrupted") }
        order.progress?(desk.rows.count)
      }
      report.batch = try desk.close()
      report.rows = desk.rows
      let isWhole = report.count(.rejected) == 0 || order.isPartial
      if !isWhole { report.hold() }
      report.digest = Hex.encode(digest)
      if order.isDryRun || !isWhole {
        report.forgetNumbers(but: desk.earlierBatch)
      }
      if let format = order.report { try report.writeSheet(sheet.header, cells, as: format) }
      return order.isDryRun || !isWhole ? .undone(report) : .done(report)
    }
  }
}

/// Who hands a sheet in.
struct Importer {
  /// nil: the operator.
  let session: Session?
  let agency: Agency?
  let isAuthority: Bool
  let systems: Set<Int64>

  /// As messages name who handed the sheet in.
  var name: String { agency?.name ?? "系統維運" }
}

extension Transaction {
  /// Who imports: the signed-in administrator; without a session, the operator.
  fileprivate func importer(_ settings: Settings) throws(IAuthError) -> Verdict<Importer> {
    let session: Session
    do throws(IAuthError) {
      session = try sessionOrKey(settings)
    } catch {
      if error.code == .rightMissing { return try refuse(error) }
      guard world.caller.isOperator else { throw error }
      return .done(Importer(session: nil, agency: nil, isAuthority: true, systems: []))
    }
    let me = session.account
    let systems = try all(RequestTable.scopes, me.id, me.agency, now) { row in row.int(0) }
    guard !systems.isEmpty else { return try refuse(.rightMissing(.importer)) }
    guard settings.reviewCodes == .either || session.hasProvenBoth else {
      return try refuse(.sessionStepUp)
    }
    try noteUse(session)
    let authority = try authority()
    return .done(
      Importer(
        session: session, agency: try agency(id: me.agency),
        isAuthority: me.agency == authority.id, systems: Set(systems)))
  }
}

extension ImportReport {
  /// One bad row keeps the good ones out.
  fileprivate mutating func hold() {
    for index in rows.indices where rows[index].outcome == .accepted {
      rows[index].outcome = .held
    }
  }

  /// What was rolled back has no numbers.
  fileprivate mutating func forgetNumbers(but earlier: Int64?) {
    batch = count(.unchanged) == rows.count ? earlier : nil
    for index in rows.indices where rows[index].outcome != .unchanged {
      rows[index].request = nil
    }
  }

  /// The sheet again, with 結果, 代碼, 說明; the columns of an earlier report give way to them.
  fileprivate mutating func writeSheet(
    _ header: FormHeader, _ cells: [[String]], as format: ImportReportFormat
  ) throws(IAuthError) {
    var writer: any SheetWriter = format == .csv ? DelimitedWriter() : WorkbookWriter()
    let results = Set(FormColumn.results.compactMap { header.column($0) })
    func own(_ cells: [String]) -> [String] {
      (0..<header.titles.count).filter { !results.contains($0) }.map { index in
        index < cells.count ? cells[index] : ""
      }
    }
    try writer.write(own(header.titles) + FormColumn.results.map { $0.titles[0] })
    for (row, cells) in zip(rows, cells) {
      let codes = row.problems.map(\.code).joined(separator: " ")
      let message = row.problems.map { "\($0.column)：\($0.message.chinese)" }
      try writer.write(
        own(cells) + [row.outcome.chinese, codes, message.joined(separator: "；")])
    }
    sheet = try writer.finish()
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
