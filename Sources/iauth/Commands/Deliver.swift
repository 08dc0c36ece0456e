// `iauth deliver`: sends the messages that are due.

import IAuthCore

struct Deliver: Command {
  static let usage = CommandUsage<Deliver>(
    "deliver", in: .upkeep,
    summary: Bilingual("Send the messages that are due", "寄送待送訊息"),
    about: Bilingual(
      """
      Sends every message that is due, each once. A message that cannot be sent is tried again \
      after 1, 5, 15 and 60 minutes, then hourly, and fails after 24 hours.
      """,
      """
      寄送所有待送訊息，每則一次。無法送出者於 1、5、15、60 分鐘後重試，其後每小時一次；逾 24 小時列為\
      失敗。
      """),
    parameters: [
      .flag("list", \.isList, Bilingual("list queued and failed messages", "列出待送與失敗的訊息")),
      .option("retry", "ID", \.retry, Bilingual("send a failed one again", "重送失敗的訊息")),
      .option("drop", "ID", \.drop, Bilingual("never send this one", "不再寄送該訊息")),
    ],
    forms: [Form(), Form(needs: ["list"]), Form(needs: ["retry"]), Form(needs: ["drop"])],
    examples: [
      Example("iauth deliver", Bilingual("Send what is due", "寄送待送訊息")),
      Example("iauth deliver --list", Bilingual("See what waits", "查看待送訊息")),
    ],
    fails: [.deliverFailed, .messageUnknown, .messageState, .rightMissing],
    operatorOnly: true)

  var isList = false
  var retry: Int64?
  var drop: Int64?

  func run(_ context: Context) throws(IAuthError) {
    throw .internal("not connected")
  }
}
