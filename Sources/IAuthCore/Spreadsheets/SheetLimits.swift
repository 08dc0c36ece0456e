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
}
