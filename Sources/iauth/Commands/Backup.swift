// `iauth backup`: a copy of the database while it is in use.

import IAuthCore

struct Backup: Command {
  static let usage = CommandUsage<Backup>(
    "backup", in: .upkeep,
    summary: Bilingual("Copy the database to a file", "備份資料庫"),
    about: Bilingual(
      """
      Writes a consistent copy of the database to a new FILE, and its key to FILE.key. It can \
      be done while others work. Without the key a copy cannot be used: keep the two apart.
      """,
      """
      將資料庫完整備份至新檔案 FILE，金鑰存於 FILE.key，備份期間不影響使用。備份須有金鑰方能還原，兩者請\
      分開保存。
      """),
    parameters: [
      .operand(
        "FILE", \.file, Bilingual("the file to write; it must not exist", "備份檔案（不得已存在）"),
        completes: .file, asks: Bilingual("File to write", "備份檔案"))
    ],
    forms: [Form(needs: ["FILE"])],
    examples: [
      Example(
        "iauth backup /var/backups/iauth-monday.db",
        Bilingual("Copy the database", "備份資料庫"))
    ],
    fails: [.fileExists, .fileUncreatable, .diskFull, .diskFailed, .rightMissing],
    operatorOnly: true)

  var file: String?

  func run(_ context: Context) throws(IAuthError) {
    let file = file ?? ""
    try context.service().backup(to: file)
    context.emit(
      ["file": .string(file), "key": .string(file + ".key")],
      human: Bilingual("copied to \(file)", "已備份至 \(file)")(context.language))
    context.say(
      Bilingual(
        "the key is in \(file).key; keep the two apart", "金鑰存於 \(file).key，請與備份分開保存"))
  }
}
