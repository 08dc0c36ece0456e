// `iauth restore`: a backup takes the database's place.

import IAuthCore
import Sheets
import Values

struct Restore: Command {
  static var buildsDatabase: Bool { true }
  static let name = "restore"
  static let usage = CommandUsage<Restore>(
    name, in: .upkeep,
    summary: Bilingual("Restore the database from a copy", "還原資料庫"),
    about: Bilingual(
      """
      Puts a backup in the place of a database that is gone; it never overwrites one. Its key is \
      FILE.key or, kept apart, is in its place beside the database already. FILE is compared with \
      FILE.manifest if there is one, and its trail is verified. Codes and sessions of the copy \
      end: what was used once must not be usable again. Messages that waited in the copy may have \
      been sent since: they are held back as failed, and iauth deliver --retry sends one. Numbers \
      go on far higher, with the time of the restoration, since the lost database may have given \
      out the next ones. The ssh keys of the copy rest until iauth ssh-gate --confirm: one may have \
      been withdrawn since. The audit trail shows the restoration. FILE may be a pipe, or - for \
      standard input; then the key is in its place already.
      """,
      """
      以備份檔案重建資料庫，不覆寫既有資料庫。金鑰取自 FILE.key；另行保管者，請先置於資料庫所在目錄。如有 \
      FILE.manifest，先行核對雜湊值，並驗證稽核紀錄。備份中的驗證碼與登入一律失效，以免重複使用。備份時待送的\
      通知可能已於其後送出，故改列失敗而不自動寄送，可用 iauth deliver --retry 逐則重送。遺失的資料庫可能已\
      配發後續編號，故編號改依還原時間自更大的數值起續編。備份中的 ssh 金鑰可能已於其後註銷，須以 iauth ssh-gate \
      --confirm 確認後始可使用。還原作業記入稽核紀錄。FILE 可為管線，或以 - 表示標準輸入，此時金鑰須已置於原處。
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
      .databaseDamaged, .databaseVersion, .databaseUnsafe, .databaseBusy, .auditBroken, .diskFull,
      .diskFailed, .rightMissing,
    ],
    operatorOnly: true)

  var file = ""

  func run(_ context: Context) throws(IAuthError) {
    guard context.world.caller.isOperator else { throw .rightMissing(.serviceOperator) }
    let settings = try context.settings()
    let path = try context.databasePath(settings)
    let typed = file
    let isPiped = typed.utf8.elementsEqual("-".utf8)
    // Nobody types a copy for nothing.
    guard !isPiped || !Files.exists(path) else { throw .databaseExists }
    let receipt = try Service.restore(
      from: typed, piped: isPiped ? try context.bytes(of: typed, max: Int.max) : nil, to: path,
      world: context.world, settings: settings)
    context.hasTried = true
    context.emit(
      [
        "database": .string(path), "entries": .int(receipt.proof.entries),
        "hash": .string(Hex.encode(receipt.proof.hash)), "newest_at": .time(receipt.newest),
        "manifest": .bool(receipt.hasManifest), "codes": .int(receipt.codes),
        "sessions": .int(receipt.sessions), "held": .int(receipt.held), "keys": .int(receipt.keys),
      ],
      details: [
        (Bilingual("database", "資料庫"), path),
        (Bilingual("audit entries verified", "已驗證稽核紀錄"), String(receipt.proof.entries)),
        (
          Bilingual("the copy's newest entry", "備份最近一筆紀錄"),
          context.localTime.text(receipt.newest)
        ),
      ])
    if !receipt.hasManifest {
      context.say(
        Bilingual(
          "there is no \(file).manifest to compare the copy with",
          "查無 \(file).manifest，未能核對備份雜湊值"))
    }
    context.say(
      Bilingual(
        "codes and sessions of the copy have ended; everyone signs in again",
        "備份中的驗證碼與登入均已失效，請重新登入"))
    if receipt.keys > 0 {
      context.say(
        Bilingual(
          "\(receipt.keys) ssh keys rest until you confirm them: iauth ssh-gate --list, --confirm",
          "ssh 金鑰 \(receipt.keys) 組待確認：iauth ssh-gate --list、--confirm"))
    }
    if receipt.held > 0 {
      context.say(
        Bilingual(
          "\(receipt.held) messages waited in the copy; they may have been sent since, and are "
            + "held back: iauth deliver --list",
          "備份中有待送通知 \(receipt.held) 則，可能已於其後送出，暫不寄送：iauth deliver --list"))
    }
    context.say(
      Bilingual(
        "what came after that entry is lost; a newer anchor tells how much: iauth audit --verify "
          + "--anchor FILE",
        "該筆紀錄之後的資料未包含於備份；可用較新的鏈首檢視差距：iauth audit --verify --anchor FILE"))
  }
}
