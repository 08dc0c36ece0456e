// What is said of a file that cannot be read as a form: where the trouble is, by sheet, row and column
// as programs show them, and what to do about it.

import Values

enum SheetText {
  static func unreadable(_ problem: SheetProblem) -> Bilingual {
    switch problem {
    case .notASheet:
      Bilingual(
        "the file is no sheet: CSV, TSV, .xlsx or .ods is read; open it in Excel or LibreOffice and"
          + " save it as .xlsx",
        "檔案不是可讀取的試算表（CSV、TSV、.xlsx 或 .ods），請以 Excel 或 LibreOffice 開啟並另存為 .xlsx")
    case .page(let kind):
      Bilingual(
        "the file is \(kind) under the name of a workbook; open it in Excel or LibreOffice and save"
          + " it as .xlsx",
        "檔案內容為 \(kind)，僅副檔名為活頁簿，請以 Excel 或 LibreOffice 開啟並另存為 .xlsx")
    case .badByte(let row, let offset):
      Bilingual(
        "row \(row) has a byte (at \(offset) of the file) that is not of the file's encoding; save it"
          + " as UTF-8, or as .xlsx",
        "第 \(row) 列（檔案第 \(offset) 位元組）的內容與檔案編碼不符，請另存為 UTF-8 或 .xlsx")
    case .badQuote(let row):
      Bilingual(
        "the quotation marks in row \(row) do not pair; take the one away that stands alone, or save"
          + " the sheet as .xlsx",
        "第 \(row) 列的引號不成對，請刪除多餘的引號，或另存為 .xlsx")
    case .badText(let row, true):
      Bilingual(
        "the quotation marks in row \(row) do not pair; take the one away that stands alone",
        "第 \(row) 列的引號不成對，請刪除多餘的引號")
    case .badText(let row, false):
      Bilingual(
        "row \(row) has a byte that is not of the file's encoding; save it as CSV UTF-8",
        "第 \(row) 列的內容與檔案編碼不符，請另存為 CSV UTF-8")
    case .notText:
      Bilingual(
        "the file is no text; in Excel or LibreOffice, save the sheet as CSV UTF-8",
        "檔案不是文字檔，請以 Excel 或 LibreOffice 另存為 CSV UTF-8")
    case .notJSON(let row):
      Bilingual("row \(row) is no JSON object", "第 \(row) 列非 JSON 物件")
    case .unsupported("xls"):
      Bilingual("the file is an old .xls workbook; save it as .xlsx", "檔案為舊式 .xls 活頁簿，請另存為 .xlsx")
    case .unsupported("xlsb"):
      Bilingual(
        "the file is a binary .xlsb workbook; save it as .xlsx", "檔案為 .xlsb 二進位活頁簿，請另存為 .xlsx")
    case .unsupported("encrypted"):
      Bilingual("the workbook has a password; save it without one", "活頁簿設有密碼，請另存為無密碼的檔案")
    case .unsupported(let what):
      Bilingual(
        "the file uses '\(shortened(what))', which iauth does not read; open it in Excel or"
          + " LibreOffice and save it again",
        "檔案使用 iauth 不支援的「\(shortened(what))」，請以 Excel 或 LibreOffice 開啟後重新儲存")
    case .damaged(let what):
      Bilingual(
        "the file is damaged at '\(shortened(what))'; open it in Excel or LibreOffice and save it"
          + " again",
        "檔案於「\(shortened(what))」處損毀，請以 Excel 或 LibreOffice 開啟後重新儲存")
    case .tooWide(let place):
      Bilingual(
        "\(cell(place).english) has text, farther to the right than the \(Limits.sheetColumns) columns"
          + " that are read; delete what stands there",
        "\(cell(place).chinese)有文字，超出可讀取的 \(Limits.sheetColumns) 欄，請刪除該處內容")
    case .tooLong(let place):
      Bilingual(
        "\(cell(place).english) has more than \(Limits.sheetCellCharacters) characters; shorten it",
        "\(cell(place).chinese)超過 \(Limits.sheetCellCharacters) 個字，請縮短內容")
    }
  }

  private static func cell(_ place: SheetPlace) -> Bilingual {
    Bilingual(
      "\(sheet(place.sheet).english)row \(place.row), column \(place.letters)",
      "\(sheet(place.sheet).chinese)第 \(place.row) 列 \(place.letters) 欄")
  }

  private static func sheet(_ name: String?) -> Bilingual {
    guard let name, !name.isEmpty else { return Bilingual("", "") }
    return Bilingual("sheet '\(shortened(name))', ", "工作表「\(shortened(name))」")
  }

  static func tooLarge(_ max: Int) -> Bilingual {
    guard max == Limits.workbookUnpackedBytes else {
      let isForm = max == Limits.importBytes || max == Limits.gateImportBytes
      return Bilingual(
        "the file is larger than \(max) bytes" + (isForm ? "; split it" : ""),
        "檔案大小超過 \(max) 位元組" + (isForm ? "，請分割" : ""))
    }
    return Bilingual(
      "the workbook unpacks to more than \(max >> 20) MiB; delete the empty rows below the list, or"
        + " save the sheet as CSV",
      "活頁簿解壓縮後超過 \(max >> 20) MiB，請刪除附表下方的空白列，或另存為 CSV")
  }

  static func tooLong(_ max: Int) -> Bilingual {
    let hasMore = max < Limits.textRows
    return Bilingual(
      "the sheet has more than \(max) rows of people; split it"
        + (hasMore ? ", or save it as CSV, which may have \(Limits.textRows)" : ""),
      "試算表超過 \(max) 列，請分割" + (hasMore ? "，或另存為 CSV（至多 \(Limits.textRows) 列）" : ""))
  }

  // MARK: The header

  static func header(
    _ missing: [String], _ duplicated: [String], _ near: HeaderPlace?
  ) -> Bilingual {
    var (english, chinese): ([String], [String]) = ([], [])
    let place = near.map { sheet($0.sheet) }
    if let near, near.isForm {
      return Bilingual(
        "\(place?.english ?? "")the sheet is no table: titles stand beside their values, as in row"
          + " \(near.row); put the titles in one row, and each person in a row below",
        "\(place?.chinese ?? "")並非表格，欄名與內容左右並列（如第 \(near.row) 列），請將欄名置於同一列，其下一人一列")
    }
    if !missing.isEmpty {
      let noun = missing.count == 1 ? "column" : "columns"
      english.append("the sheet lacks the \(noun) \(missing.joined(separator: ", "))")
      chinese.append("試算表缺少欄位：\(missing.joined(separator: "、"))")
    }
    if !duplicated.isEmpty {
      let names = duplicated.map { shortened($0) }
      let quoted = names.map { "'\($0)'" }.joined(separator: ", ")
      english.append(
        "the sheet has more than one column for the same: \(quoted); keep one of them, and rename or"
          + " delete the others")
      chinese.append("試算表的欄位重複：\(names.joined(separator: "、"))，請保留其一，其餘更名或刪除")
    }
    if let near, near.row > 0, !near.found.isEmpty {
      let found = near.found.map { shortened($0) }
      english.append(
        "\(place?.english ?? "")row \(near.row) was taken for the header, it has"
          + " \(found.joined(separator: ", ")); all titles must stand in one row")
      chinese.append(
        "\(place?.chinese ?? "")第 \(near.row) 列最接近標題列，已有\(found.joined(separator: "、"))，所有欄名須在同一列")
    } else if let near, near.row > 0 {
      english.append("\(place?.english ?? "")row \(near.row)")
      chinese.append("\(place?.chinese ?? "")第 \(near.row) 列")
    }
    if let near, !near.samples.isEmpty {
      let names = near.samples.map { shortened($0) }
      english.append(
        "of \(names.map { "'\($0)'" }.joined(separator: ", ")), a sample by its name, nothing is read;"
          + " --sheet names a sheet that shall be")
      chinese.append("工作表「\(names.joined(separator: "」「"))」依名稱視為範例或說明，未讀取；如需讀取請以 --sheet 指定")
    }
    return english.isEmpty
      ? Bilingual("the sheet has no header", "試算表沒有標題列")
      : Bilingual(english.joined(separator: "; "), chinese.joined(separator: "；"))
  }

  // MARK: Characters

  /// What to write instead of a character that is refused.
  static func advice(_ scalar: UInt32) -> Bilingual {
    switch scalar {
    case 0x0A, 0x0D, 0x2028, 0x2029:
      Bilingual(", a line break; write it in one line", "（換行），請寫成一行")
    case 0xE000...0xF8FF, 0xF0000...0x10FFFD:
      Bilingual(
        ", which was made on one computer (造字); write one that every computer has, or its parts",
        "（造字），其他電腦無法顯示，請改用標準字或以文字說明其部件")
    case 0xFE00...0xFE0F, 0xE0100...0xE01EF:
      Bilingual(
        ", which changes how the one before it looks; delete it", "（異體字選擇符），請刪除")
    case 0xFFFD:
      Bilingual(
        ", which stands for one that a program could not read; write it again", "（無法辨識之字元），請重新輸入")
    case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF,
      0xE0000...0xE007F:
      Bilingual(", which nobody sees; delete it and type the word again", "（無法看見之字元），請刪除後重新輸入")
    default:
      Bilingual("; write it with letters of its language", "，請改以文字書寫")
    }
  }
}
