// The first half of an import: the whole form is read and every row is checked as far as that goes
// without the database. What the rows say is kept in a spool, so memory holds a few words of each.

import Sheets
import Values

/// A form that was read whole.
struct CheckedForm {
  /// By the sheets that were read, in their order.
  private(set) var headers: [FormHeader]
  /// Visible sheets with text that were not read.
  private(set) var unread: [UnreadSheet] = []
  private(set) var digest: [UInt8] = []
  /// The agency codes as typed, in the order in which they first appear.
  private(set) var codes: [String] = []
  /// The letter's number, if the rows name no other.
  private(set) var document: String?
  /// Whether a row of it says 刪除.
  private(set) var takesAway = false
  /// Of each row its number in the sheet, which code it has, and where in the spool its values are.
  private var numbers = RowNumbers()
  private var codesOfRows = RowNumbers()
  private var places = RowNumbers()
  /// The first row of each sheet.
  private var starts: [Int] = []
  private let spool: Spool
  /// The cells of every row, if the sheet is to be given back.
  let cells: Spool?

  /// - Throws: `sheet.*`, `limit.rows`, and what the source does.
  init(_ order: ImportOrder, spoolsIn directory: String) throws(IAuthError) {
    let source = MeasuredSource(order.source)
    try source.rewind()
    let reader = try SheetFormat.open(source, encoding: order.encoding, sheet: order.sheet)
    var sheet = try FormSheet(reader, isChosen: order.sheet != nil, hidden: order.hidden)
    headers = sheet.headers
    spool = Spool(in: directory)
    cells = order.report == nil ? nil : Spool(in: directory)
    let lines = reader is DelimitedReader ? source.lastLines : nil
    var known: [String: Int] = [:]
    var documents: Set<String> = []
    while let row = try sheet.next() {
      while starts.count < sheet.headers.count { starts.append(count) }
      let typed = row[.agencyCode]
      let code: Int
      if let index = known[typed] {
        code = index
      } else {
        // Two spellings of one code are one agency.
        let text = AgencyCode(typed)?.text ?? typed
        code = known[text] ?? codes.count
        if code == codes.count { codes.append(typed) }
        (known[text], known[typed]) = (code, code)
      }
      let checked = CheckedRow(row, row.header, hidden: order.hidden)
      if checked.change == .remove { takesAway = true }
      if let document = checked.document, documents.count < 2 { documents.insert(document) }
      numbers.append(row.number)
      codesOfRows.append(code)
      places.append(try spool.add(checked.record()))
      if let cells {
        var record = RecordWriter()
        for cell in row.cells { record.add(cell) }
        _ = try cells.add(record.bytes)
      }
      if count % Limits.importProgressRows == 0 {
        order.progress?(.reading(rows: count, of: lines))
      }
    }
    (headers, unread) = (sheet.headers, sheet.unread)
    while starts.count < headers.count { starts.append(count) }
    digest = source.digest
    document = documents.count == 1 ? documents.first : nil
  }

  var count: Int { places.count }

  /// The header above a row.
  func header(of index: Int) -> FormHeader { headers[ImportRows.sheet(of: index, in: starts)] }

  /// What has become of no row yet.
  func results(_ directory: String) -> ImportRows {
    ImportRows(
      numbers: numbers, sheets: headers.map { $0.sheet ?? "" }, starts: starts,
      spool: Spool(in: directory))
  }

  func code(of index: Int) -> Int { codesOfRows[index] }

  func row(_ index: Int) throws(IAuthError) -> CheckedRow {
    CheckedRow(try spool.record(at: places[index]))
  }

  /// The rows in the order in which they are taken: agency by agency, for one agency's accounts and
  /// requests stand together in every index.
  ///
  /// - Parameter codeOrder: the order of the codes.
  func order(by codeOrder: [Int]) -> [UInt32] {
    var starts = [Int](repeating: 0, count: codes.count)
    for row in 0..<count { starts[codesOfRows[row]] += 1 }
    var next = 0
    for code in codeOrder { (starts[code], next) = (next, next + starts[code]) }
    var order = [UInt32](repeating: 0, count: count)
    for row in 0..<count {
      order[starts[codesOfRows[row]]] = UInt32(row)
      starts[codesOfRows[row]] += 1
    }
    return order
  }
}

/// What a row says, and what is wrong with it.
struct CheckedRow {
  var problems: [RowProblem] = []
  var change: FormChange?
  var role: Role?
  var agencyName = ""
  /// The system as typed.
  var systemName = ""
  var name: PersonName?
  var email: EmailAddress?
  var mobile: MobileNumber?
  var title: String?
  var unit: String?
  var phone: String?
  var reason: String?
  /// The number of the official letter, where the row has one of its own.
  var document: String?
  var effectiveAt: Timestamp?
  /// The last day, in Taipei.
  var untilDay: Int64?
  /// From when on the permission no longer holds, once the day was looked at.
  var untilAt: Timestamp?
  /// Whom 修改, 交接 and 刪除 mean: by 原管理者姓名 and 原公務信箱, or where a 刪除 row has neither, by its
  /// own name and e-mail.
  var subjectName: PersonName?
  var subjectEmail: EmailAddress?
  var subjectColumn = FormColumn.email

  var hasErrors: Bool { problems.contains(where: \.isError) }

  /// Checks a row; the validators are those of `apply`.
  init(_ row: FormRow, _ header: FormHeader, hidden: HiddenRows = .refuse) {
    agencyName = row[.agencyName]
    systemName = row[.system]
    change = value(header, .change) { () throws(IAuthError) in
      try FormChange(cell: row[.change])
    }
    role = value(header, .role) { () throws(IAuthError) in try Role(cell: row[.role]) }
    title = text(row, header, .title, FreeText.title)
    unit = text(row, header, .unit, FreeText.unit)
    phone = text(row, header, .phone, FreeText.phone)
    reason = text(row, header, .reason, FreeText.note)
    document = text(row, header, .document, FreeText.document)
    let day = value(header, .effectiveDate) { () throws(IAuthError) in
      try FormDate.day(cell: row[.effectiveDate])
    }
    // A day begins at midnight in Taiwan.
    effectiveAt = (day ?? nil).map { Timestamp($0 * 86_400) - .hours(8) }
    untilDay =
      value(header, .untilDate) { () throws(IAuthError) in
        try FormDate.day(cell: row[.untilDate])
      } ?? nil
    if change == .remove, let day = untilDay, effectiveAt != Timestamp(day * 86_400) - .hours(8) {
      add(header, .untilDate, code: ErrorCode.dateInvalid.rawValue, Self.endOfRemoval)
    }
    // 刪除 takes away from whom it names; new data are not needed for that.
    if change != .remove {
      (name, email) = person(row, header, .name, .email)
      mobile = value(header, .mobile) { () throws(IAuthError) in try MobileNumber(row[.mobile]) }
    }
    if change == .modify || change == .handOver
      || change == .remove && !(row[.priorName].isEmpty && row[.priorEmail].isEmpty)
    {
      (subjectName, subjectEmail) = person(row, header, .priorName, .priorEmail)
      subjectColumn = .priorEmail
    } else if change == .remove {
      (subjectName, subjectEmail) = person(row, header, .name, .email)
    }
    for column in row.formulas {
      // Whatever else is said of it would be said of the formula's text.
      let title = header.title(of: column)
      problems.removeAll { $0.column == title }
      add(header, column, code: "row.formula", Self.formula)
    }
    if row.hasUnknownAgencyName {
      add(header, .agencyName, code: "agency.name", isError: false, Self.unknownName)
    }
    for column in row.merged {
      // It only looks empty to iauth.
      let title = header.title(of: column)
      problems.removeAll { $0.column == title }
      add(header, column, code: "row.merged", Self.merged)
    }
    for column in row.lost {
      add(header, column, code: "row.merged", isError: false, Self.merged)
    }
    if row.isHidden, hidden == .refuse {
      add(header, .name, .rowHidden(isColumn: false))
    }
    for column in header.hidden where !row[column].isEmpty {
      add(header, column, .rowHidden(isColumn: true))
    }
  }

  private mutating func person(
    _ row: FormRow, _ header: FormHeader, _ nameColumn: FormColumn, _ emailColumn: FormColumn
  ) -> (PersonName?, EmailAddress?) {
    let name = value(header, nameColumn) { () throws(IAuthError) in
      try PersonName(row[nameColumn])
    }
    let email = value(header, emailColumn) { () throws(IAuthError) in
      try EmailAddress(row[emailColumn])
    }
    return (name, email)
  }

  /// A text that may be left out; nil if it is.
  private mutating func text(
    _ row: FormRow, _ header: FormHeader, _ column: FormColumn,
    _ parse: (String) throws(IAuthError) -> String
  ) -> String? {
    let typed = row[column]
    guard !typed.isEmpty else { return nil }
    let text = value(header, column) { () throws(IAuthError) in try parse(typed) }
    return text.flatMap { $0.isEmpty ? nil : $0 }
  }

  mutating func add(
    _ header: FormHeader, _ column: FormColumn, code: String, isError: Bool = true,
    _ message: Bilingual
  ) {
    problems.append(
      RowProblem(
        isError: isError, column: header.title(of: column), code: code, message: message))
  }

  mutating func add(_ header: FormHeader, _ column: FormColumn, _ error: IAuthError) {
    add(header, column, code: error.code.rawValue, error.sentences)
  }

  /// Parses a cell; what is wrong with it becomes a problem of its column.
  private mutating func value<T>(
    _ header: FormHeader, _ column: FormColumn, _ parse: () throws(IAuthError) -> T
  ) -> T? {
    do throws(IAuthError) {
      return try parse()
    } catch {
      add(
        header, column, code: error.code.rawValue,
        error.isOfSeveral ? Self.several : error.sentences)
      return nil
    }
  }

  private static let formula = Bilingual(
    "the cell holds a formula; put its value there", "儲存格為公式，請改填其值")
  private static let endOfRemoval = Bilingual(
    "the day on which a permission is taken away stands under the effective date",
    "刪除之日期請填於「生效日期」")
  private static let unknownName = Bilingual(
    "the name is a formula whose value the file does not have, so it was not compared with the code",
    "機關名稱為公式且檔案未存其值，故未與代碼核對")
  static let several = Bilingual(
    "the cell holds more than one; one person a row", "儲存格內有多筆資料，請一人一列")
  private static let merged = Bilingual(
    "the cell is covered by a merged one; undo the merge and fill in each row",
    "儲存格為合併儲存格所覆蓋，請取消合併並逐列填寫")
}

extension CheckedRow {
  /// The row as the spool keeps it.
  func record() -> [UInt8] {
    var record = RecordWriter()
    record.add(change.map { Int64(FormChange.allCases.firstIndex(of: $0) ?? 0) })
    record.add(role.map { $0 == .admin ? 0 : 1 })
    record.add(effectiveAt?.seconds)
    record.add(untilDay)
    record.add(subjectColumn == .email ? 0 : 1)
    record.add(name?.text)
    record.add(name?.key)
    record.add(subjectName?.text)
    record.add(agencyName)
    record.add(systemName)
    record.add(email?.text)
    record.add(mobile?.e164)
    record.add(title)
    record.add(unit)
    record.add(phone)
    record.add(reason)
    record.add(document)
    record.add(subjectEmail?.text)
    for problem in problems { problem.write(to: &record) }
    return record.bytes
  }

  init(_ bytes: ArraySlice<UInt8>) {
    var record = RecordReader(bytes)
    change = record.number().map { FormChange.allCases[Int($0)] }
    role = record.number().map { $0 == 0 ? .admin : .general }
    effectiveAt = record.number().map { Timestamp($0) }
    untilDay = record.number()
    subjectColumn = record.number() == 0 ? .email : .priorEmail
    if let text = record.text(), let key = record.text() {
      name = PersonName(stored: text, key: key)
    } else {
      _ = record.text()
    }
    subjectName = record.text().map { PersonName(stored: $0) }
    agencyName = record.text() ?? ""
    systemName = record.text() ?? ""
    email = record.text().map { EmailAddress(stored: $0) }
    mobile = record.text().map { MobileNumber(stored: $0) }
    title = record.text()
    unit = record.text()
    phone = record.text()
    reason = record.text()
    document = record.text()
    subjectEmail = record.text().map { EmailAddress(stored: $0) }
    while let problem = RowProblem(from: &record) { problems.append(problem) }
  }
}

extension IAuthError {
  /// Whether a cell that is one person's holds more than one's, on lines of their own or in a list.
  fileprivate var isOfSeveral: Bool {
    switch self {
    case .nameInvalid(.several), .emailInvalid(.several), .mobileInvalid(.several): true
    case .nameInvalid(.forbidden(let scalar)), .emailInvalid(.forbidden(let scalar)),
      .mobileInvalid(.forbidden(let scalar)):
      "\n\r、/／;；,，&＆|｜".unicodeScalars.contains { $0.value == scalar }
    default: false
    }
  }
}
