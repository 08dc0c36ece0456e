// `iauth backup`: a copy of the database while it is in use.

import IAuthCore

struct Backup: Command {
  static let usage = CommandUsage<Backup>(
    "backup", in: .upkeep,
    summary: Bilingual("Copy the database to a file", "備份資料庫"),
    about: Bilingual(
      """
      Writes a consistent copy of the database to a new FILE. It can be done while others work. \
      The key is not part of the copy: keep iauth.key apart from it.
      """,
      """
      將資料庫完整備份至新檔案，備份期間不影響使用。備份不含金鑰，iauth.key 請另行保存。
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
    throw .internal("not connected")
  }
}
