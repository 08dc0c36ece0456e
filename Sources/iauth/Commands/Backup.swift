// `iauth backup`: a copy of the database while it is in use.

import IAuthCore
import Sheets
import Values

struct Backup: Command {
  static let name = "backup"
  static let usage = CommandUsage<Backup>(
    name, in: .upkeep,
    summary: Bilingual("Copy the database to a file", "備份資料庫"),
    about: Bilingual(
      """
      Writes a consistent copy of the database to a new FILE while others work. The copy is \
      checked (pages, references, audit trail) before it gets its name. FILE.key has the key, \
      without which a copy cannot be used: keep the two apart. FILE.manifest has the version, \
      the time, the counts of rows, the audit head, which is an anchor for audit --verify, and a \
      checksum for sha256sum -c. A file FILE.part is a copy that was cut off. Codes that wait are \
      blank in the copy. With --to it gets a name of its time, and with --keep the copies of that \
      kind that are older go once it is whole; iauth-backup.timer does so every night. With - it goes to standard output, which must not be a terminal, and its \
      anchor is said on standard error; the key is not part of it.
      """,
      """
      於使用中將資料庫完整備份至新檔案 FILE，檢查頁面、關聯及稽核紀錄無誤後始予命名。金鑰存於 FILE.key，備份須\
      有金鑰方能還原，兩者請分開保存。FILE.manifest 載有版本、時間、各表筆數、稽核鏈首（可作 audit --verify \
      之比對檔），以及供 sha256sum -c 核對的雜湊值。FILE.part 為中斷而未完成之備份。\
      備份中待寄送的驗證碼均予清空。--to 依時間命名備份檔案；加 --keep 則於備份完成後刪除逾期之同類備份，\
      iauth-backup.timer 每夜執行一次。以 - 表示寫至標準輸出（不得為終端機），其錨點顯示於標準錯誤輸出，且不含金鑰。
      """),
    parameters: [
      .operand(
        "FILE", \.file, Bilingual("the file to write; it must not exist", "備份檔案（不得已存在）"),
        completes: .file, asks: Bilingual("File to write", "備份檔案")),
      .option(
        "to", "DIR", \.directory,
        Bilingual("write it into this directory, named for its time", "備份至此目錄，檔名依時間而定"),
        completes: .file),
      .option(
        "keep", "DURATION", \.age,
        Bilingual("then remove such copies as are older", "並刪除逾此期間之同類備份")),
    ],
    forms: [Form(needs: ["FILE"]), Form(needs: ["to"], takes: ["keep"])],
    examples: [
      Example(
        "iauth backup /var/backups/iauth-monday.db",
        Bilingual("Copy the database", "備份資料庫")),
      Example(
        "iauth backup --to /var/backups/iauth --keep 7d",
        Bilingual("The nightly copy; those older than a week go", "每日備份，逾七日者刪除")),
    ],
    fails: [
      .fileExists, .fileUncreatable, .databaseDamaged, .auditBroken, .databaseBusy, .diskFull,
      .diskFailed, .rightMissing,
    ],
    operatorOnly: true)

  var file = ""
  var directory: String?
  var age: TimeSpan?

  func run(_ context: Context) throws(IAuthError) {
    if let directory { return try rotate(directory, context) }
    guard !file.utf8.elementsEqual("-".utf8) else { return try stream(context) }
    let manifest = try context.service().backup(to: file, version: Program.version)
    context.emit(
      manifest.json(file: file),
      human: context.options.dryRun
        ? Bilingual("would be copied to \(file)", "將備份至 \(file)")(context.language)
        : Bilingual("copied to \(file)", "已備份至 \(file)")(context.language))
    guard !context.options.dryRun else { return }
    context.say(
      Bilingual(
        "the key is in \(file).key; keep the two apart", "金鑰存於 \(file).key，請與備份分開保存"))
    context.say(
      Bilingual(
        "checksum and anchor are in \(file).manifest; keep a copy of it on another host",
        "雜湊值與稽核鏈首存於 \(file).manifest，請另存一份於其他主機"))
  }

  /// The nightly run: quiet where there is nothing to do.
  private func rotate(_ directory: String, _ context: Context) throws(IAuthError) {
    // A variable that is not set is not the root of all files.
    guard !directory.isEmpty else {
      throw .usageValue(option: "--to", value: directory, allowed: [])
    }
    let made = try context.service().backup(
      into: directory, keeping: age, version: Program.version)
    guard let made else { return context.sayStandby() }
    context.emit(
      made.manifest.json(file: made.path).adding(["removed": .texts(made.removed)]),
      human: context.options.dryRun
        ? Bilingual("would be copied to \(made.path)", "將備份至 \(made.path)")(context.language)
        : Bilingual("copied to \(made.path)", "已備份至 \(made.path)")(context.language))
    if made.isClockFar {
      context.say(
        Bilingual(
          "the clock is far from the newest entry: older copies stay; iauth doctor says more",
          "系統時間與最近紀錄相差過大，較舊之備份均予保留；請見 iauth doctor"))
    }
    guard !made.removed.isEmpty else { return }
    context.say(
      context.options.dryRun
        ? Bilingual(
          "\(made.removed.count) older copies would be removed", "將刪除較舊之備份 \(made.removed.count) 份")
        : Bilingual(
          "\(made.removed.count) older copies removed", "已刪除較舊之備份 \(made.removed.count) 份"))
  }

  /// Of the three files only the copy fits into one stream.
  private func stream(_ context: Context) throws(IAuthError) {
    let out = context.console.out
    try context.service().checkOperator()
    guard !out.isTerminal else { throw .usageOperand("-", command: "backup") }
    let manifest = try context.service().backup(version: Program.version) { out.write($0) }
    out.flush()
    guard out.failure == 0 else { throw .outputFailed(isFull: false) }
    context.say(
      Bilingual(
        "the key is not part of the copy; its anchor: \(manifest.proof.anchor)",
        "備份不含金鑰；錨點：\(manifest.proof.anchor)"))
  }
}

extension Manifest {
  fileprivate func json(file: String) -> JSON {
    [
      "file": .string(file), "key": .string(file + ".key"), "manifest": .string(file + ".manifest"),
      "at": .time(at), "entries": .int(proof.entries), "anchor": .string(proof.anchor),
    ]
  }
}
