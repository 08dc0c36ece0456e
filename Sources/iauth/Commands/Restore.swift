// `iauth restore`: a backup takes the database's place.

import IAuthCore

struct Restore: Command {
  static let usage = CommandUsage<Restore>(
    "restore", in: .upkeep,
    summary: Bilingual("Restore the database from a copy", "還原資料庫"),
    about: Bilingual(
      """
      Puts a backup, with its key in FILE.key, in the place of a database that is gone; it never \
      overwrites one. Codes and sessions of the copy end: what was used once must not be usable \
      again. The audit trail shows the restoration.
      """,
      """
      以備份檔案及其金鑰（FILE.key）重建資料庫，不覆寫既有資料庫。備份中的驗證碼與登入一律失效，以免重複\
      使用；還原作業記入稽核紀錄。
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
      .fileMissing, .fileExists, .fileUncreatable, .databaseExists, .databaseForeign,
      .databaseDamaged, .databaseVersion, .databaseUnsafe, .auditBroken, .diskFull, .diskFailed,
      .rightMissing,
    ],
    operatorOnly: true)

  var file: String?

  func run(_ context: Context) throws(IAuthError) {
    guard context.world.caller.isOperator else { throw .rightMissing(.operator_) }
    let settings = try context.settings()
    let path = try context.databasePath(settings)
    let proof = try Service.restore(
      from: file ?? "", to: path, world: context.world, settings: settings)
    context.emit(
      [
        "database": .string(path), "entries": .int(proof.entries),
        "hash": .string(Hex.encode(proof.hash)),
      ],
      details: [
        (Bilingual("database", "資料庫"), path),
        (Bilingual("audit entries verified", "已驗證稽核紀錄"), String(proof.entries)),
      ])
    context.say(
      Bilingual(
        "codes and sessions of the copy have ended; everyone signs in again",
        "備份中的驗證碼與登入均已失效，請重新登入"))
  }
}
