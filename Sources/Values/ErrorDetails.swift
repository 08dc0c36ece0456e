// What errors say beside their code: why a value, a sheet, a clock or a place was refused.

/// Why a typed value was refused.
package enum ValueProblem: Equatable, Sendable {
  case empty
  case tooLong(max: Int)
  /// A control, bidirectional, zero-width, tag or unassigned character, by its scalar value.
  case forbidden(scalar: UInt32)
  case malformed
  /// Two addresses or numbers in one field.
  case several
  /// A name of digits or marks alone.
  case noLetter
}

/// Why a line of the configuration is refused.
package enum ConfigProblem: Equatable, Sendable {
  /// A key that there is not, and a value that one may not have.
  case unknown, value
  case twice, notUTF8
}

/// Why a sheet cannot be read.
package enum SheetProblem: Equatable, Sendable {
  case notASheet
  case badByte(row: Int, offset: Int)
  case badQuote(row: Int)
  case badText(row: Int, isQuote: Bool), notText  // where only a text is read
  /// A line that begins as JSON and is none.
  case notJSON(row: Int)
  case unsupported(String)
  case damaged(String)
  /// A web page, or XML, under the name of a workbook.
  case page(String)
  /// Something stands farther to the right than any form reaches.
  case tooWide(SheetPlace)
  /// A cell has more characters than spreadsheet programs give it.
  case tooLong(SheetPlace)
}

/// A cell of a sheet.
package struct SheetPlace: Equatable, Sendable {
  /// Nil for a text, which has but one.
  package let sheet: String?
  /// From 1, as programs show it.
  package var row: Int
  /// From 0.
  package var column: Int

  package init(sheet: String?, row: Int, column: Int) {
    (self.sheet, self.row, self.column) = (sheet, row, column)
  }

  /// The letters that programs show above the column.
  package var letters: String {
    var (rest, letters) = (column + 1, "")
    while rest > 0 {
      rest -= 1
      letters = String(Unicode.Scalar(UInt8(0x41 + rest % 26))) + letters
      rest /= 26
    }
    return letters
  }
}

/// The row of a sheet without header that comes nearest to one.
package struct HeaderPlace: Equatable, Sendable {
  package let sheet: String?
  package let row: Int
  /// The titles that it has.
  package let found: [String]
  /// Whether the titles stand one by one beside their values: the sheet is a form, and no table.
  package let isForm: Bool
  /// Sheets with a header that are not read because of their names.
  package var samples: [String] = []

  package init(sheet: String?, row: Int, found: [String], isForm: Bool) {
    (self.sheet, self.row, self.found, self.isForm) = (sheet, row, found, isForm)
  }
}

/// Why the audit trail does not hold at an entry.
package enum AuditProblem: Equatable, Sendable {
  case changed, missing, cutOff, unsealed, personalData, anchor, otherTrail, node, unrecorded,
    differs
}

/// Why an agent has not signed.
package enum SigningProblem: Equatable, Sendable {
  case noAgent, notEd25519, refused
}

/// Why a permission is not one to be ended, stood in for or taken over.
package enum PermissionProblem: Equatable, Sendable {
  /// It does not hold.
  case none
  /// Somebody else takes it over.
  case promised
  /// It is a deputy's: whoever they represent is meant.
  case deputy
  /// It is over before the first day that is asked for.
  case ended
}

/// What a caller would have to be.
package enum Right: Equatable, Sendable {
  case serviceOperator, reviewer, importer, administrator, owner, key
  /// Of what is told to the agency in question and to those above it.
  case within
  /// Of what goes to a target system: the authority's administrators of it, or of each of several, of
  /// which this one is the caller's.
  case feed(own: String?)
  /// Of somebody who has requests of their own, and decides on none.
  case applicant
  /// The permission is there and rests, until this request is decided if it says so.
  case resting(RequestID?)
}

/// Why a database file is not trusted, in the order in which it is looked at.
package enum UnsafeReason: Equatable, Sendable {
  case link, owner, mode, directory, key, keyFile, keyMode, path, journal, wal, unreadable, lock
}

/// Why a succession of agencies cannot be taken back.
package enum SuccessionProblem: Equatable, Sendable {
  /// There is none.
  case none
  case late
  /// The successor has one itself by now.
  case successor(code: String)
  /// A later one has made two accounts one, of which one came by this one.
  case later(code: String)
  case request(RequestID)
  case account(AccountID)
  /// The authority would have nobody.
  case authority
}

/// What of a form's row is its submitter's alone.
package enum SubmittersPart: Equatable, Sendable {
  /// To hand it in again; whom it is about may withdraw it.
  case correct
  case withdraw
}

/// Why a day cannot be asked for.
package enum DayProblem: Equatable, Sendable {
  case past
  /// The end is before the beginning.
  case order
  /// Later than three years from now.
  case tooFar
  /// Data cannot be of a day that is still to come.
  case ahead
  /// Longer than the system gives a permission for.
  case tooLong(days: Int64)
  /// A permission is taken over, or stood in for, no earlier than it begins.
  case early(permission: RequestID, from: Int64, isDeputy: Bool = false)
}
