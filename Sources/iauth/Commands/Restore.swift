// `iauth restore`: a backup takes the database's place.

import IAuthCore

struct Restore: Command {
  static let usage = CommandUsage<Restore>(
    "restore", in: .upkeep,
    summary: Bilingual("Restore the database from a copy", "還原資料庫"),
    about: Bilingual(
      """
      Puts the content of a backup into the database. Codes and sessions of the copy end: what \
      was used once must not be usable again. The audit trail shows the restoration.
      """,
      """
      以備份內容還原資料庫。備份中的驗證碼與登入一律失效，以免重複使用；還原作業記入稽核紀錄。
      """),
    parameters: [
      .operand(
        "FILE", \.file, Bilingual("the copy to restore from", "備份檔案"), completes: .file,
        asks: Bilingual("Copy to restore from", "備份檔案"))
    ],
    forms: [Form(needs: ["FILE"])],
    examples: [
      Example(
        "iauth restore /var/backups/iauth-monday.db",
        Bilingual("Restore Monday's copy", "還原週一的備份"))
    ],
    fails: [
      .fileMissing, .databaseForeign, .databaseDamaged, .databaseVersion, .databaseUnsafe,
      .diskFull, .diskFailed, .rightMissing,
    ],
    operatorOnly: true)

  var file: String?

  func run(_ context: Context) throws(IAuthError) {
    throw .internal("not connected")
  }
}
