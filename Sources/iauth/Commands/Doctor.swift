// `iauth doctor`: whether everything is as it should be.

import IAuthCore

struct Doctor: Command {
  static let usage = CommandUsage<Doctor>(
    "doctor", in: .upkeep,
    summary: Bilingual("Check the installation and its data", "檢查安裝與資料"),
    about: Bilingual(
      """
      Checks the database, its key, the audit trail, messages that wait, and the clock, and says \
      of each ok, warn, fail or skipped. It fails only if a check fails.
      """,
      """
      檢查資料庫、金鑰、稽核紀錄、待送訊息與系統時間，逐項顯示 ok（正常）、warn（警告）、fail（失敗）或 \
      skipped（略過）。僅於有項目失敗時回報失敗。
      """),
    parameters: [],
    examples: [
      Example("iauth doctor", Bilingual("Check everything", "執行所有檢查")),
      Example("iauth doctor --json", Bilingual("The same for a monitor", "供監控系統使用")),
    ],
    fails: [.doctorFailed, .databaseMissing, .rightMissing],
    operatorOnly: true)

  func run(_ context: Context) throws(IAuthError) {
    throw .internal("not connected")
  }
}
