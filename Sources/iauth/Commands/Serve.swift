// `iauth serve`: the service. It takes connections and starts `serve-one` for each; it opens no
// database and reads nothing that anybody sends.

import CPosix
import IAuthCore
import Sheets
import Values

struct Serve: Command {
  static var runsHere: Bool { true }
  static let name = "serve"
  static let usage = CommandUsage<Serve>(
    name, in: .upkeep,
    summary: Bilingual("Take connections", "接受連線"),
    about: Bilingual(
      """
      Takes the connections of a Unix socket that systemd (Accept=no) has opened as descriptor 3, \
      and starts iauth serve-one for each of them: at most 16 at a time for one person, 128 in all. \
      Whoever is above that is sent away and comes again by themselves, for as long as ten seconds: \
      one who connects in a loop keeps only themselves waiting. One person is a user with all \
      subordinate numbers of /etc/subuid. The package has it as iauth.service. systemd could do \
      all this itself (Accept=yes), and would be kept busy by such a user: see accept-yes.conf in \
      /usr/share/doc/iauth/examples.
      """,
      """
      於 systemd（Accept=no）開啟並交付為檔案代號 3 的 Unix socket 上接受連線，逐一啟動 iauth serve-one：\
      同一人同時至多 16 個連線，全部至多 128 個。超過者先予關閉，用戶端於十秒內自行重試，故不斷重複連線\
      者僅使自己等候。同一使用者於 /etc/subuid 所配之從屬號碼，均視為同一人。套件以 iauth.service 提供。\
      亦得由 systemd 自行接受連線（Accept=yes），惟將因上述行為而無法服務他人：見 \
      /usr/share/doc/iauth/examples 之 accept-yes.conf。
      """),
    parameters: [],
    examples: [
      Example(
        "systemd-socket-activate -l /run/iauth/sock iauth serve",
        Bilingual("Serve without systemd's own units", "未使用 systemd 單元時提供服務"))
    ],
    fails: [.usageService],
    operatorOnly: true)

  func run(_ context: Context) throws(IAuthError) {
    guard let listener = Acceptor.inherited() else { throw .usageService }
    var words = ["serve-one"]
    if let config = context.options.config { words = ["--config", config] + words }
    if let db = context.options.db { words = ["--db", db] + words }
    let server = ChildProcess(path: context.world.executable, arguments: words, input: [])
    var acceptor = Acceptor(listener: listener, server: server)
    acceptor.run()
  }
}
