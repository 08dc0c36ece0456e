// `iauth init`: a new database with its key, the registry, the first system and reviewer.

import IAuthCore
import Sheets
import Values

struct Init: Command {
  static var buildsDatabase: Bool { true }
  static let name = "init"
  static let usage = CommandUsage<Init>(
    name, in: .upkeep,
    summary: Bilingual("Create the database", "建立資料庫"),
    about: Bilingual(
      """
      Creates the database and its key, loads the registry of agencies (by default the one that \
      ships with iauth), adds the system spm, and invites the first reviewer as administrator \
      of the authority. It never overwrites. Name the deciding unit as the authority, not its \
      ministry.
      """,
      """
      建立資料庫與金鑰，載入機關資料（預設為 iauth 內附者），新增管考系統（spm），並邀請首位審核者擔任\
      主管機關的管理者。不覆寫既有資料庫。主管機關請填實際審核的單位，而非其上級部會。
      """),
    parameters: [
      .option(
        "authority", "CODE", \.authority,
        Bilingual("the agency that decides on administrators", "審核機關管理者的主管機關"),
        asks: Bilingual("Code of the authority", "主管機關代碼")),
      .option(
        "agencies", "FILE", \.agencies, Bilingual("the registry to load", "要載入的機關資料檔"),
        completes: .file),
      .option(
        "dated", "DATE", \.dated,
        Bilingual("the day that the file's data is of", "機關資料檔之資料日期")),
      .option(
        "reviewer-name", "NAME", \.reviewerName, Bilingual("the first reviewer", "首位審核者姓名"),
        asks: Bilingual("Name of the first reviewer", "首位審核者姓名"),
        checks: AnswerCheck.name),
      .option(
        "reviewer-email", "ADDRESS", \.reviewerEmail,
        Bilingual("the reviewer's e-mail", "審核者電子郵件"),
        asks: Bilingual("E-mail of the first reviewer", "首位審核者電子郵件"),
        checks: AnswerCheck.email),
      .option(
        "reviewer-mobile", "NUMBER", \.reviewerMobile,
        Bilingual("the reviewer's mobile", "審核者行動電話"),
        asks: Bilingual("Mobile number of the first reviewer", "首位審核者行動電話"),
        checks: AnswerCheck.mobile),
    ],
    forms: [
      Form(needs: ["authority"], takes: ["agencies", "dated"]),
      Form(
        needs: ["authority", "reviewer-name", "reviewer-email", "reviewer-mobile"],
        takes: ["agencies", "dated"]),
    ],
    examples: [
      Example(
        """
        iauth init --authority 2.16.886.101.20003.20077 --reviewer-name 'Lin Chih-ming' \
        --reviewer-email cmlin@ey.gov.tw --reviewer-mobile 0922333444
        """,
        chinese: """
          iauth init --authority 2.16.886.101.20003.20077 --reviewer-name 林志明 \
          --reviewer-email cmlin@ey.gov.tw --reviewer-mobile 0922333444
          """,
        Bilingual(
          "Set up, with the Department of Cyber Security as authority",
          "以資通安全處為主管機關建立資料庫"))
    ],
    fails: [
      .databaseExists, .fileMissing, .fileExists, .fileUncreatable, .agencyInvalid, .agencyUnknown,
      .agencyCycle, .nameInvalid, .emailInvalid, .mobileInvalid, .mobileCountry, .sheetUnreadable,
      .sheetHeader,
      .rightMissing, .databaseUnsafe, .diskFull,
    ],
    operatorOnly: true)

  var authority = ""
  var agencies: String?
  var dated: DayArgument?
  var reviewerName: String?
  var reviewerEmail: String?
  var reviewerMobile: String?

  func run(_ context: Context) throws(IAuthError) {
    guard context.world.caller.isOperator else { throw .rightMissing(.serviceOperator) }
    let settings = try context.settings()
    let registry = try agencies.map { (path) throws(IAuthError) in try context.bytes(of: path) }
    let (receipt, service) = try Setup.create(
      path: try context.databasePath(settings), authority: authority,
      registry: registry ?? Setup.shippedRegistry,
      dated: try dated?.past(context.world.now())
        ?? (agencies == nil ? Setup.shippedRegistryDay : nil),
      reviewer: try reviewer(), world: context.world, settings: settings)
    if context.options.dryRun {
      context.hasTried = true
    } else if let service {
      context.adopt(service)
    }
    show(receipt, settings, context)
  }

  private func reviewer() throws(IAuthError) -> ApplicationForm? {
    guard let reviewerName, let reviewerEmail, let reviewerMobile else { return nil }
    return try ApplicationForm(
      agency: authority, name: reviewerName, email: reviewerEmail, mobile: reviewerMobile)
  }

  private func show(_ receipt: SetupReceipt, _ settings: Settings, _ context: Context) {
    context.emit(
      [
        "database": .string(receipt.path), "authority": .agency(receipt.authority),
        "agencies": .int(receipt.agencies), "rejected": .int(receipt.rejectedRows),
        "system": .string(TargetSystem.firstCode), "request": .number(receipt.reviewer),
      ],
      details: [
        (Bilingual("database", "資料庫"), receipt.path),
        (
          Bilingual("authority", "主管機關"), receipt.authority.titled(context.language)
        ),
        (Bilingual("agencies", "機關數"), String(receipt.agencies)),
        (Bilingual("system", "系統"), TargetSystem.firstCode),
      ])
    if receipt.rejectedRows > 0 {
      context.say(
        Bilingual(
          "\(receipt.rejectedRows) rows of the registry could not be read",
          "機關資料有 \(receipt.rejectedRows) 列無法讀取"))
    }
    if receipt.hasFoundKey {
      context.say(
        Bilingual(
          "a key stood there already, and is used; a database that was lost is brought back by "
            + "iauth restore FILE instead",
          "該處原有金鑰，已沿用；資料庫如係遺失，應以 iauth restore FILE 還原備份"))
    }
    if receipt.isListable {
      let directory = shellQuoted(Files.directory(of: receipt.path))
      context.say(
        Bilingual(
          "others may look into the database's directory: chmod 700 \(directory)",
          "他人可檢視資料庫所在目錄，請執行 chmod 700 \(directory)"))
    }
    context.sayWhereMessagesGo(settings)
    context.say(
      receipt.reviewer == nil
        ? Bilingual(
          "next, invite the first reviewer: iauth admins --appoint --system spm --name NAME "
            + "--email ADDRESS --mobile NUMBER",
          "後續作業：邀請首位審核者：iauth admins --appoint --system spm --name NAME --email ADDRESS "
            + "--mobile NUMBER")
        : Bilingual(
          "the first reviewer is invited by e-mail, and signs in with iauth verify; both codes "
            + "are needed",
          "已以電子郵件邀請首位審核者；請審核者以 iauth verify 登入，須通過兩組驗證碼"))
  }
}

extension Context {
  /// Says of each channel that is not configured that its messages stay on this host.
  fileprivate func sayWhereMessagesGo(_ settings: Settings) {
    if settings.mail == .spool {
      say(
        Bilingual(
          "mail is not configured; it is kept beside the database in outbox/mail",
          "尚未設定郵件寄送，郵件寄存於資料庫目錄之 outbox/mail"))
    }
    if settings.sms == .spool {
      say(
        Bilingual(
          "SMS is not configured; messages are kept beside the database in outbox/sms",
          "尚未設定簡訊發送，簡訊寄存於資料庫目錄之 outbox/sms"))
    }
  }
}
