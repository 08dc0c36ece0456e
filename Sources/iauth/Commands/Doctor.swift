// `iauth doctor`: whether everything is as it should be.

import IAuthCore
import Sheets
import Values

struct Doctor: Command {
  static let name = "doctor"
  static let usage = CommandUsage<Doctor>(
    name, in: .upkeep,
    summary: Bilingual("Check the installation and its data", "檢查安裝與資料"),
    about: Bilingual(
      """
      Checks the data (pages, references, rules, audit trail, messages, registry) and the \
      installation: who may reach files, configuration, programs and socket, the kind of file \
      system, room on the disk, the clock, SQLite, the schedule, and the age of the newest \
      backup and audit head. It says of each ok, warn, fail or skipped (what this host does not \
      have), and fails only if a check fails.

      --quick is for the monitor of a cluster: it writes nothing, takes milliseconds, and ends with \
      the statuses that an OCF monitor wants: 0 all is well, 1 failed, 5 the database is another \
      release's, 6 the configuration is wrong, 7 not here (no database, its disk not mounted, or \
      standby = yes). iauth-hosts(7) has the rest.
      """,
      """
      檢查資料（頁面、關聯、規則、稽核紀錄、待送通知、機關資料）與安裝情形：檔案、設定、外部程式及連接點之\
      權限、檔案系統種類、磁碟空間、系統時間、SQLite、排程，以及最近一次備份與稽核鏈首距今時間。逐項顯示 \
      ok（正常）、warn（警告）、fail（失敗）或 skipped（略過，本機所無者），僅於有項目失敗時回報失敗。

      --quick 供叢集監控使用：不寫入任何資料，數毫秒內完成，並依 OCF monitor 之慣例回報：0 正常、1 失敗、\
      5 資料庫屬其他版本、6 設定有誤、7 不在本機（無資料庫、磁碟未掛載，或 standby = yes）。詳見 \
      iauth-hosts(7)。
      """),
    parameters: [
      .flag("quick", \.isQuick, Bilingual("only what a cluster's monitor asks", "僅供叢集監控之檢查"))
    ],
    examples: [
      Example("iauth doctor", Bilingual("Check everything", "執行所有檢查")),
      Example("iauth doctor --json", Bilingual("The same for a monitor", "供監控系統使用")),
      Example("iauth doctor --quick", Bilingual("The same for a cluster", "供叢集使用")),
    ],
    fails: [.doctorFailed, .databaseMissing, .rightMissing],
    operatorOnly: true)

  /// The checks as people read them; JSON has the word itself.
  private static let names: [String: Bilingual] = [
    "anchor": Bilingual("anchor", "稽核鏈首"), "authority": Bilingual("authority", "主管機關"),
    "filesystem": Bilingual("filesystem", "檔案系統"), "schedule": Bilingual("schedule", "排程"),
    "database": Bilingual("database", "資料庫"), "audit": Bilingual("audit", "稽核紀錄"),
    "clock": Bilingual("clock", "系統時鐘"), "mail": Bilingual("mail", "電子郵件"),
    "sms": Bilingual("sms", "簡訊"), "queue": Bilingual("queue", "待送通知"),
    "messages": Bilingual("messages", "通知"), "disk": Bilingual("disk", "磁碟"),
    "registry": Bilingual("registry", "機關名冊"), "key": Bilingual("key", "金鑰"),
    "keys": Bilingual("keys", "金鑰"), "configuration": Bilingual("configuration", "設定檔"),
    "administrators": Bilingual("administrators", "管理者"), "backup": Bilingual("backup", "備份"),
    "files": Bilingual("files", "檔案權限"), "time": Bilingual("time", "校時"),
    "invariants": Bilingual("invariants", "資料規則"), "sqlite": Bilingual("sqlite", "SQLite 版本"),
    "socket": Bilingual("socket", "服務連接點"), "processes": Bilingual("processes", "程序"),
    "reminders": Bilingual("reminders", "稽催"), "feed": Bilingual("feed", "目標系統同步"),
    "successions": Bilingual("successions", "機關整併"), "host": Bilingual("host", "主機"),
    "place": Bilingual("place", "資料目錄"),
    "standby": Bilingual("standby", "備援"), "witness": Bilingual("witness", "見證"),
    "holidays": Bilingual("holidays", "辦公日曆表"), "trail": Bilingual("trail", "稽核鏈末端"),
    "schema": Bilingual("schema", "資料庫結構"), "lock": Bilingual("lock", "寫入鎖定"),
  ]
  var isQuick = false

  /// - Throws: `doctor.failed` if a check fails; a warning is none.
  func run(_ context: Context) throws(IAuthError) {
    if isQuick { return runForCluster(context) }
    let findings = try context.service().doctor(configuration: context.configurationPath)
    show(findings, context)
    let failed = findings.count { $0.status == .fail }
    guard failed == 0 else { throw .doctorFailed(checks: failed) }
  }

  /// The status is all that a cluster reads; what is wrong stands in its log.
  private func runForCluster(_ context: Context) {
    do throws(IAuthError) {
      let service = try context.service()
      let findings = try service.quickCheck()
      show(findings, context)
      let isFailed = findings.contains { $0.status == .fail }
      context.status = isFailed ? .refused : service.isConfiguredStandby ? .notRunning : .done
    } catch {
      context.console.error(error)
      context.status =
        switch error.code {
        case .databaseMissing: .notRunning
        case .databaseVersion: .notInstalled
        case .configInvalid, .fileMissing: .notConfigured
        default: .refused
        }
    }
  }

  private func show(_ findings: [Finding], _ context: Context) {
    let language = context.language
    let name = { (check: String) in Self.names[check]?(language) ?? check }
    let checks = findings.map { TerminalText.width(name($0.check)) }.max() ?? 0
    let labels = findings.map { TerminalText.width($0.status.label(language)) }.max() ?? 0
    for finding in findings {
      guard !context.options.json else {
        context.console.line(
          [
            "check": .string(finding.check), "status": .word(finding.status),
            "detail": .string(finding.detail.english),
          ] as JSON)
        continue
      }
      context.console.hanging(
        TerminalText.padded(name(finding.check), to: checks + Table.gap)
          + TerminalText.padded(finding.status.label(language), to: labels + Table.gap),
        finding.detail(language))
    }
  }
}

extension Health {
  fileprivate var label: Bilingual {
    switch self {
    case .ok: Bilingual("ok", "正常")
    case .warn: Bilingual("warn", "警告")
    case .fail: Bilingual("fail", "失敗")
    case .skipped: Bilingual("skipped", "略過")
    }
  }
}
