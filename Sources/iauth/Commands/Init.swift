// `iauth init`: a new database with its key, the registry, the first system and reviewer.

import IAuthCore

struct Init: Command {
  static let usage = CommandUsage<Init>(
    "init", in: .upkeep,
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
      Form(needs: ["authority"], takes: ["agencies"]),
      Form(
        needs: ["authority", "reviewer-name", "reviewer-email", "reviewer-mobile"],
        takes: ["agencies"]),
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
      .databaseExists, .fileMissing, .fileUncreatable, .agencyInvalid, .agencyUnknown,
      .nameInvalid, .emailInvalid, .mobileInvalid, .sheetUnreadable, .sheetHeader,
      .rightMissing, .databaseUnsafe, .diskFull,
    ],
    operatorOnly: true)

  var authority: String?
  var agencies: String?
  var reviewerName: String?
  var reviewerEmail: String?
  var reviewerMobile: String?

  func run(_ context: Context) throws(IAuthError) {
    throw .internal("not connected")
  }
}
