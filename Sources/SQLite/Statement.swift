// A prepared statement and the row it stands on. A statement never leaves the module's brackets:
// callers see rows, lent to a closure, so there is nothing to leak or to keep.

import CSQLite

@safe package final class Statement {
  private let handle: OpaquePointer
  private let db: OpaquePointer
  /// Whether a column was not of the type it was read as: the row is corrupt.
  fileprivate(set) var isMismatched = false
  /// The column that is read next.
  fileprivate var next: Int32 = 0
  /// The names of the parameters, in order; nil for one without.
  package private(set) lazy var parameterNames: [String?] = (0..<parameterCount).map { index in
    let name = unsafe sqlite3_bind_parameter_name(handle, Int32(index + 1))
    return unsafe name.map { unsafe String(cString: $0) }
  }

  init(_ sql: String, on db: OpaquePointer) throws(SQLiteError) {
    var handle: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      db, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      throw unsafe SQLiteError(code: code, on: db)
    }
    unsafe self.handle = handle
    unsafe self.db = db
  }

  deinit {
    unsafe sqlite3_finalize(handle)
  }

  var parameterCount: Int { Int(unsafe sqlite3_bind_parameter_count(handle)) }
  var preparedAgain: Int {
    Int(unsafe sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 0))
  }
  var columnCount: Int { Int(unsafe sqlite3_column_count(handle)) }
  /// Whether all columns of the row were read, or none.
  var isReadWhole: Bool { next == 0 || Int(next) == columnCount }

  /// Binds `value` to the parameter at `index`, counted from 1.
  package func bind(_ value: Value, at index: Int32) throws(SQLiteError) {
    let code: Int32 =
      switch value {
      case .null: unsafe sqlite3_bind_null(handle, index)
      case .integer(let n): unsafe sqlite3_bind_int64(handle, index, n)
      case .text(let text):
        unsafe iauth_bind_text(handle, index, text, Int32(text.utf8.count))
      case .blob(let bytes):
        unsafe iauth_bind_blob(handle, index, bytes, Int32(bytes.count))
      }
    guard code == SQLITE_OK else { throw unsafe SQLiteError(code: code, on: db) }
  }

  /// Binds the values where they lie, and runs to the end.
  func run(_ parameters: borrowing Parameters) throws(SQLiteError) {
    // The bindings must not outlive the buffer.
    defer { reset() }
    let code = unsafe parameters.bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return SQLITE_MISUSE }
      for (index, cell) in parameters.cells.enumerated() {
        let at = Int32(index + 1)
        let code =
          switch cell {
          case .null: unsafe sqlite3_bind_null(handle, at)
          case .integer(let number): unsafe sqlite3_bind_int64(handle, at, number)
          case .text(let offset, let count):
            unsafe iauth_bind_text_in_place(handle, at, start + offset, Int32(count))
          case .blob(let offset, let count):
            unsafe iauth_bind_blob_in_place(handle, at, start + offset, Int32(count))
          }
        guard code == SQLITE_OK else { return code }
      }
      var code = SQLITE_ROW
      while code == SQLITE_ROW { code = unsafe sqlite3_step(handle) }
      return code
    }
    guard code == SQLITE_DONE else { throw unsafe SQLiteError(code: code, on: db) }
  }

  /// Goes to the next row; false at the end.
  package func step() throws(SQLiteError) -> Bool {
    next = 0
    switch unsafe sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw unsafe SQLiteError(code: code, on: db)
    }
  }

  /// Makes the statement ready for other values, and lets go of its locks.
  package func reset() {
    unsafe sqlite3_reset(handle)
    unsafe sqlite3_clear_bindings(handle)
    isMismatched = false
  }

  fileprivate func type(_ column: Int32) -> Int32 { unsafe sqlite3_column_type(handle, column) }

  func cell(_ column: Int32) -> Cell { unsafe Cell(handle, column) }

  func integer(_ column: Int32) -> Int64 {
    unsafe sqlite3_column_int64(handle, column)
  }

  fileprivate func text(_ column: Int32) -> String {
    guard let start = unsafe sqlite3_column_text(handle, column) else { return "" }
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// Lends the bytes of a text or blob where they lie.
  fileprivate func bytes<T>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> T) -> T {
    let start = unsafe sqlite3_column_blob(handle, column)
    let count = unsafe start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))
    return unsafe body(UnsafeRawBufferPointer(start: start, count: count))
  }

  fileprivate func length(_ column: Int32) -> Int {
    Int(unsafe sqlite3_column_bytes(handle, column))
  }

  fileprivate func blob(_ column: Int32) -> [UInt8] {
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}

/// A column where it lies, until the statement moves on.
@unsafe package struct Cell {
  package enum Kind { case integer, text, blob, null, other }
  package let kind: Kind
  package let number: Int64
  /// Of a text or blob; without a start if there are none.
  package let bytes: UnsafeRawBufferPointer

  package var isNull: Bool {
    if case .null = unsafe kind { true } else { false }
  }

  /// Columns are not asked for by connection and mutex, but where the statement has them.
  fileprivate init(_ handle: OpaquePointer, _ column: Int32) {
    let value = unsafe sqlite3_column_value(handle, column)
    switch unsafe sqlite3_value_type(value) {
    case SQLITE_INTEGER:
      unsafe (kind, number, bytes) = (.integer, sqlite3_value_int64(value), Self.none)
    case SQLITE_NULL: unsafe (kind, number, bytes) = (.null, 0, Self.none)
    case let type where type == SQLITE_TEXT || type == SQLITE_BLOB:
      unsafe (kind, number) = (type == SQLITE_TEXT ? .text : .blob, 0)
      let count = unsafe Int(sqlite3_value_bytes(value))
      unsafe bytes = UnsafeRawBufferPointer(start: sqlite3_value_blob(value), count: count)
    default: unsafe (kind, number, bytes) = (.other, 0, Self.none)
    }
  }

  private static var none: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  }
}

/// One row of a result, lent to a closure.
///
/// It is read column by column, from the left, all or nothing. A column that is not of the type
/// asked for marks the statement, and the query ends as corrupt.
package struct Row: ~Copyable {
  let statement: Statement

  package func int(_ column: Int32) -> Int64 {
    check(column, SQLITE_INTEGER)
    return statement.integer(column)
  }

  package func count(_ column: Int32) -> Int { Int(truncatingIfNeeded: int(column)) }

  package func bool(_ column: Int32) -> Bool { int(column) != 0 }

  package func text(_ column: Int32) -> String {
    check(column, SQLITE_TEXT)
    return statement.text(column)
  }

  package func bytes(_ column: Int32) -> [UInt8] {
    check(column, SQLITE_BLOB)
    return statement.blob(column)
  }

  package func isText(_ column: Int32) -> Bool { statement.type(column) == SQLITE_TEXT }

  /// How many bytes a text or blob has.
  package func length(_ column: Int32) -> Int { statement.length(column) }

  /// Appends the bytes of a text or blob.
  package func append(_ column: Int32, to bytes: inout [UInt8]) {
    checkIsBytes(column)
    unsafe statement.bytes(column) { unsafe bytes.append(contentsOf: $0) }
  }

  /// Whether a text or blob has these bytes.
  package func equals(_ column: Int32, _ bytes: [UInt8]) -> Bool {
    checkIsBytes(column)
    return unsafe statement.bytes(column) { unsafe $0.elementsEqual(bytes) }
  }

  private func checkIsBytes(_ column: Int32) {
    let type = statement.type(column)
    if type != SQLITE_TEXT, type != SQLITE_BLOB { statement.isMismatched = true }
  }

  /// Puts the first columns where there is room for them, as they lie and of whatever type.
  package func read(into cells: UnsafeMutableBufferPointer<Cell>) {
    for column in 0..<cells.count {
      unsafe cells.initializeElement(at: column, to: statement.cell(Int32(column)))
    }
  }

  package func isNull(_ column: Int32) -> Bool { statement.type(column) == SQLITE_NULL }
  package func intIfAny(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }
  package func textIfAny(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
  package func bytesIfAny(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

  /// Reads a word of a closed vocabulary.
  package func word<E: RawRepresentable & CaseIterable>(_ column: Int32, _: E.Type) -> E
  where E.RawValue == String {
    if let value = E(rawValue: text(column)) { return value }
    statement.isMismatched = true
    return E.allCases[E.allCases.startIndex]
  }

  // MARK: Column by column, from the left

  package func int() -> Int64 { int(take()) }
  package func count() -> Int { count(take()) }
  package func bool() -> Bool { bool(take()) }
  package func text() -> String { text(take()) }
  package func bytes() -> [UInt8] { bytes(take()) }
  package func intIfAny() -> Int64? { intIfAny(take()) }
  package func textIfAny() -> String? { textIfAny(take()) }
  package func bytesIfAny() -> [UInt8]? { bytesIfAny(take()) }
  package func word<E: RawRepresentable & CaseIterable>() -> E where E.RawValue == String {
    word(take(), E.self)
  }
  /// A word of a closed vocabulary, or nothing.
  package func wordIfAny<E: RawRepresentable & CaseIterable>() -> E? where E.RawValue == String {
    let column = take()
    return isNull(column) ? nil : word(column, E.self)
  }
  /// Passes over columns.
  package func skip(_ count: Int32 = 1) { statement.next += count }

  private func take() -> Int32 {
    defer { statement.next += 1 }
    return statement.next
  }

  private func check(_ column: Int32, _ type: Int32) {
    if statement.type(column) != type { statement.isMismatched = true }
  }
}
