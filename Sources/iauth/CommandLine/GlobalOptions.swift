// What holds for every command: options before or after its name, and the few variables of the
// environment that iauth looks at. An empty variable counts as unset.

import IAuthCore
import Sheets
import Values

/// The environment, as far as iauth looks at it.
struct Environment: Sendable {
  /// The variables that are read, and for what; no other one has any effect.
  static let variables: [(name: String, use: Bilingual)] = [
    ("IAUTH_DB", Bilingual("the database, unless --db is given", "資料庫；--db 優先")),
    ("IAUTH_CONFIG", Bilingual("the configuration, unless --config is given", "設定檔；--config 優先")),
    ("IAUTH_SESSION", Bilingual("the session, unless --session is given", "工作階段；--session 優先")),
    ("LC_ALL", Bilingual("the language: zh_TW is Chinese", "語言；zh_TW 為中文")),
    ("LC_MESSAGES", Bilingual("the language, without LC_ALL", "語言（未設 LC_ALL 時）")),
    ("LANG", Bilingual("the language, without both", "語言（前二者均未設時）")),
    ("NO_COLOR", Bilingual("if set, no colour", "設定時不使用顏色")),
    ("TERM", Bilingual("if dumb, no colour", "設為 dumb 時不使用顏色")),
    (
      "PAGER",
      Bilingual("the program for lists longer than the screen", "列表超過一個畫面時使用的分頁程式")
    ),
    ("COLUMNS", Bilingual("the width that tables fit into", "表格寬度")),
    ("TZ", Bilingual("the time zone of times shown", "顯示時間的時區")),
    ("XDG_DATA_HOME", Bilingual("where a database of one's own is", "個人資料庫所在目錄")),
    (
      "SSH_AUTH_SOCK",
      Bilingual("the agent that signs, for audit --sign", "簽章用的 ssh-agent（audit --sign）")
    ),
    ("HOME", Bilingual("the same, without XDG_DATA_HOME", "同上（未設 XDG_DATA_HOME 時）")),
    (
      "SSH_ORIGINAL_COMMAND",
      Bilingual("what an ssh client asked for; ssh-gate only", "ssh 用戶端要求的指令（限 ssh-gate）")
    ),
    (
      "SSH_CONNECTION",
      Bilingual("an ssh client's address; ssh-gate only", "ssh 用戶端位址（限 ssh-gate）")
    ),
    ("SUDO_UID", Bilingual("who ran sudo; serve-one only", "執行 sudo 的使用者（限 serve-one）")),
  ]

  private let values: [String: String]
  /// A variable that cannot be read as text.
  var fault: IAuthError?

  init(_ values: [String: String]) {
    self.values = values
  }

  /// The variable, unless it is unset or empty.
  subscript(name: String) -> String? {
    values[name].flatMap { $0.utf8.isEmpty ? nil : $0 }
  }

  /// The language that the locale asks for: `zh_TW` with any suffix is Chinese, all else English.
  var language: Language {
    let locale = self["LC_ALL"] ?? self["LC_MESSAGES"] ?? self["LANG"] ?? ""
    return locale.utf8.starts(with: "zh_TW".utf8) ? .chinese : .english
  }
}

/// When colour is used.
enum ColorChoice: String, ArgumentWord { case auto, always, never }

/// The options that every command takes.
struct GlobalOptions: Sendable {
  var db: String?
  var config: String?
  var session: String?
  var lang: Language?
  var color: ColorChoice?
  var json = false
  var noInput = false
  var quiet = false
  var dryRun = false
  var noPager = false
  var help = false
  var version = false
  /// What the list is to look like; only a form that lists takes it.
  var list = ListOptions()

  static let parameters: [Parameter<GlobalOptions>] = [
    .option(
      "db", "FILE", \.db, Bilingual("the database (also IAUTH_DB)", "資料庫（或設 IAUTH_DB）"),
      completes: .file),
    .option(
      "config", "FILE", \.config,
      Bilingual("the configuration (also IAUTH_CONFIG)", "設定檔（或設 IAUTH_CONFIG）"),
      completes: .file),
    .option(
      "session", "NAME", \.session,
      Bilingual(
        "the session to use (also IAUTH_SESSION)", "使用的工作階段（或設 IAUTH_SESSION）")),
    .flag(
      "json", \.json,
      Bilingual("results and errors as JSON, one object a line", "以 JSON 輸出，一行一個物件")),
    .option(
      "lang", "LANGUAGE", \.lang,
      Bilingual("the language: en or zh-TW", "語言：en 或 zh-TW")),
    .option(
      "color", "WHEN", \.color,
      Bilingual("use colour: auto, always or never", "使用顏色：auto、always 或 never")),
    .flag(
      "no-input", \.noInput, Bilingual("never ask; report what is missing", "不詢問，缺漏即回報錯誤")),
    .flag(
      "dry-run", \.dryRun,
      Bilingual("check and show everything; keep and send nothing", "僅檢核並顯示，不儲存亦不寄送")),
    .flag("quiet", \.quiet, Bilingual("no notes on standard error", "不顯示附註訊息")),
    .flag("no-pager", \.noPager, Bilingual("never start PAGER", "不使用 PAGER 分頁")),
    .flag("help", \.help, Bilingual("show help (also -h)", "顯示說明（或 -h）")),
    .flag("version", \.version, Bilingual("show the version", "顯示版本")),
  ]

  /// Fills in what was not typed from the environment.
  mutating func complete(from environment: Environment) {
    db = db ?? environment["IAUTH_DB"]
    config = config ?? environment["IAUTH_CONFIG"]
    session = session ?? environment["IAUTH_SESSION"]
    lang = lang ?? environment.language
  }

  var language: Language { lang ?? .english }
}
