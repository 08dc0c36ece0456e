// `iauth migrate`: an older release's database becomes this one's.

import IAuthCore
import Sheets
import Values

struct Migrate: Command {
  static var buildsDatabase: Bool { true }
  static let name = "migrate"
  static let usage = CommandUsage<Migrate>(
    name, in: .upkeep,
    summary: Bilingual("Bring an older database to this release", "轉換舊版資料庫"),
    about: Bilingual(
      """
      Brings a database of an earlier release to the schema that this one reads. A verified copy is \
      made first, beside the database; it needs the database's key, and the earlier release \
      restores it. Then everything is carried over in one transaction and checked: pages, \
      references, the audit trail, the rows of every table. Whatever fails, or is killed, leaves \
      the database as it was. The audit trail shows the migration. With --dry-run the same is done \
      and checked, and nothing is kept. A database that is this release's already is left alone. \
      The package's upgrade runs it. Remove the copy when it is not needed any more: whoever is \
      erased later still stands in it.
      """,
      """
      將前一版本的資料庫轉換為本版結構。轉換前先於資料庫旁建立經驗證的備份，該備份須以資料庫金鑰使用，並可由\
      前一版本還原。其後於單一交易內轉入全部資料，並驗證頁面、關聯、稽核紀錄及各表筆數；任何失敗或中斷，均保留\
      原資料庫。轉換作業記入稽核紀錄。加上 --dry-run 則執行相同作業及驗證，但不保留結果。已為本版結構者不異動。\
      套件升級時自動執行。備份不再需要時請刪除：日後清除個人資料時，備份內的資料並不隨之清除。
      """),
    parameters: [],
    examples: [
      Example("iauth migrate --dry-run", Bilingual("Would it work?", "試行轉換")),
      Example("iauth migrate", Bilingual("Migrate the database", "轉換資料庫")),
    ],
    fails: [
      .databaseMissing, .databaseForeign, .databaseDamaged, .databaseVersion, .databaseUnsafe,
      .rightMissing, .databaseBusy, .auditBroken, .diskFull, .diskFailed, .outcomeUnknown,
    ],
    operatorOnly: true)

  func run(_ context: Context) throws(IAuthError) {
    let settings = try context.settings()
    let path = try context.databasePath(settings)
    let receipt = try Service.migrate(
      path, world: context.world, settings: settings)
    let isDryRun = context.options.dryRun
    let rows = receipt.tables.reduce(0) { $0 + $1.rows }
    let counts = receipt.tables.map { "\($0.name) \($0.rows)" }.joined(separator: ", ")
    context.emit(
      [
        "from": .int(receipt.from), "to": .int(receipt.to),
        "migrated": .bool(!isDryRun && receipt.proof != nil), "dry_run": .bool(isDryRun),
        "copy": .text(receipt.copy), "rows": .int(rows),
        "tables": .array(
          receipt.tables.map { ["table": .string($0.name), "rows": .int($0.rows)] }),
        "entries": receipt.proof.map { .int($0.entries) } ?? .null,
        "hash": .text(receipt.proof.map { Hex.encode($0.hash) }),
      ],
      details: [
        (Bilingual("schema", "結構版本"), "\(receipt.from) -> \(receipt.to)"),
        (Bilingual("copy of before", "轉換前備份"), receipt.copy ?? "-"),
        (Bilingual("rows carried over", "轉入筆數"), counts),
        (
          Bilingual("audit entries verified", "已驗證稽核紀錄"),
          receipt.proof.map { String($0.entries) } ?? "-"
        ),
      ])
    guard receipt.proof != nil else {
      return context.say(
        Bilingual(
          "the database is this release's already; nothing was changed",
          "資料庫已為本版結構，未作異動"))
    }
    if isDryRun {
      context.say(
        Bilingual("everything holds; nothing was changed", "檢核均符合，未作異動"))
    } else {
      context.say(
        Bilingual(
          "everything holds; remove the copy when it is not needed any more",
          "檢核均符合；備份不再需要時請刪除"))
    }
  }
}
