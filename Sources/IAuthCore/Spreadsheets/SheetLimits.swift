// The bounds of what a sheet may cost before its contents are looked at. Honest forms are far
// below them; a hostile file reaches them in well under a second.

package enum SheetLimits {
  /// Cells of a row; the form has about twenty columns.
  package static let columns = 256
  /// UTF-8 bytes of a cell: a reason of 2,000 characters of four bytes, doubled.
  package static let cellBytes = 16_384
  /// Rows of a form in a text file (PRODUCT section 10).
  package static let textRows = 1_000_000
  /// Records of a text file, blank ones and remarks counted.
  package static let textRecords = 2_000_000
  /// Rows of a form in a workbook (PRODUCT section 10).
  package static let workbookRows = 20_000
  /// What a workbook may unpack to, over all its entries; counted while unpacking.
  package static let unpackedBytes = 64 << 20
  /// Entries of a workbook: sheets, styles, pictures.
  package static let archiveEntries = 1_000
  /// Different texts of a workbook: its rows, twenty columns each.
  package static let sharedStrings = 400_000
  /// The row numbers that spreadsheet programs have.
  package static let workbookRowNumbers = 1_048_576
  /// Elements of XML inside each other; workbooks have about ten.
  package static let xmlDepth = 64
  /// Elements of XML in all: the rows, forty cells each, three elements a cell.
  ///
  /// Empty elements cost more time than their four bytes show.
  package static let xmlElements = 2_500_000
  /// UTF-8 bytes of a name, and attributes of an element.
  package static let xmlNameBytes = 256
  package static let xmlAttributes = 64
}
