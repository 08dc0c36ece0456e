// What `doctor` finds on the host: who may reach what is ours, what it lies on, who is told, and
// what runs by itself. Opening has refused a database or key that others may touch; the rest is
// here.

import Glibc
import Sheets
import Values

enum HostChecks {
  /// The directory, the locks and the local spools beside the database.
  ///
  /// Whoever may open a lock may hold it for ever; whoever reads a spool reads codes.
  static func files(_ database: String) -> Finding {
    let directory = Files.directory(of: database)
    let spools = ["", "/mail", "/mail/tmp", "/mail/new", "/mail/cur", "/sms"].map { "outbox" + $0 }
    for name in ["iauth.lock", "iauth.callers"] + spools {
      let path = directory + "/" + name
      guard let found = Files.status(path, followingLinks: false) else { continue }
      guard found.owner == geteuid(), found.mode & 0o077 == 0, !found.isLink else {
        return Finding(
          "files", .fail, "\(name) is open to others: chmod go= it, or look whose it is",
          "\(name) 可由他人存取，請修正其權限（chmod go=）或擁有者")
      }
    }
    guard Files.status(directory, followingLinks: true).map({ $0.mode & 0o077 == 0 }) ?? false
    else {
      return Finding(
        "files", .warn, "others may look into the database's directory: chmod 700 it",
        "他人可進入資料庫目錄，請設為 chmod 700")
    }
    return Finding("files", .ok, "nobody else's", "僅服務帳號可存取")
  }

  /// A configuration that others may write names programs that we run.
  static func configuration(_ path: String?) -> Finding {
    guard let path else {
      return Finding("configuration", .skipped, "no file; built-in values", "無設定檔，採預設值")
    }
    guard let file = Files.status(path, followingLinks: true), isTrusted(file),
      let folder = Files.status(Files.directory(of: path), followingLinks: true),
      isTrusted(folder) || folder.mode & 0o1000 != 0
    else {
      return Finding(
        "configuration", .fail, "others may change it: let root own it, and chmod go-w",
        "設定檔可由他人修改，請由 root 擁有並 chmod go-w")
    }
    return Finding("configuration", .ok, "nobody else may change it", "他人不得修改")
  }

  static func isTrusted(_ file: Files.Status) -> Bool {
    (file.owner == 0 || file.owner == geteuid()) && file.mode & 0o022 == 0
  }

  /// SQLite 3.7.0 to 3.51.2 can lose commits in WAL mode, but for 3.44.6 and 3.50.7
  /// (sqlite.org/wal.html#walresetbug); with a rollback journal none can.
  static func sqlite(_ version: Int32, journal: String, synchronous: Int64) -> Finding {
    let name = "\(version / 1_000_000).\(version / 1_000 % 1_000).\(version % 1_000)"
    let isFixed =
      version >= 3_051_003 || (3_050_007..<3_051_000).contains(version)
      || (3_044_006..<3_045_000).contains(version)
    guard journal == "delete", synchronous == 3 else {
      return Finding(
        "sqlite", .fail, "\(name) with journal \(journal), synchronous \(synchronous)",
        "\(name)，日誌模式 \(journal)，同步 \(synchronous)")
    }
    return Finding(
      "sqlite", .ok,
      "\(name), rollback journal" + (isFixed ? "" : "; WAL must not be set: it can lose commits"),
      "\(name)，回復日誌模式" + (isFixed ? "" : "；不得改用 WAL，以免遺失已提交之資料"))
  }

  /// A program that is run with messages on its standard input.
  static func program(_ check: String, _ path: String) -> Finding {
    guard let file = Files.status(path, followingLinks: true), file.isRegular,
      unsafe access(path, X_OK) == 0
    else {
      return Finding(
        check, .fail, "\(path) is missing or cannot be run", "\(path) 不存在或無法執行")
    }
    guard isTrusted(file) else {
      return Finding(check, .fail, "others may change \(path)", "\(path) 可由他人修改")
    }
    if let interpreter = interpreter(of: path), unsafe access(interpreter, X_OK) != 0 {
      return Finding(
        check, .fail, "\(path) needs \(interpreter), which is missing or cannot be run",
        "\(path) 所需之 \(interpreter) 不存在或無法執行")
    }
    let target = check == "sms" ? "NUMBER" : "ADDRESS"
    return Finding(
      check, .ok, "by \(path); iauth deliver --test \(target) tries it",
      "經由 \(path)；可以 iauth deliver --test \(target) 測試")
  }

  /// What runs a script: the first word after `#!`.
  private static func interpreter(of path: String) -> String? {
    guard let bytes = try? Files.read(path, max: 1 << 20), bytes.starts(with: "#!".utf8) else {
      return nil
    }
    let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return words.first.map { String(decoding: $0, as: UTF8.self) }
  }

  /// A directory that messages are put into; it is made when the first one comes.
  static func spool(_ check: String, _ path: String) -> Finding {
    let existing = Files.exists(path) ? path : Files.directory(of: path)
    guard Files.status(existing, followingLinks: true)?.isDirectory == true,
      unsafe access(existing, W_OK | X_OK) == 0
    else {
      return Finding(check, .fail, "\(path) cannot be written", "\(path) 無法寫入")
    }
    // A slip in its name would look like this, and nobody would ever read what lies there.
    guard existing == path else {
      return Finding(
        check, .warn, "\(path) is not there: make it, or correct iauth.conf",
        "\(path) 不存在，請建立該目錄，或更正 iauth.conf")
    }
    // Of a Maildir it is new/ that mail lies in.
    for place in [path, path + "/new", path + "/tmp"] {
      guard let found = Files.status(place, followingLinks: true) else { continue }
      guard found.mode & 0o002 == 0 else {
        return Finding(
          check, .fail, "everybody may write to \(place): chmod o-w it",
          "任何人均可寫入 \(place)，請執行 chmod o-w")
      }
      // Names tell when somebody was written to.
      guard found.mode & 0o004 == 0 else {
        return Finding(
          check, .warn, "everybody may list \(place): chmod o-r it",
          "任何人均可列出 \(place) 之內容，請執行 chmod o-r")
      }
    }
    return Finding(check, .ok, "into \(path)", "存於 \(path)")
  }
}

extension Settings {
  func mailHealth() -> Finding {
    switch mail {
    case .spool:
      Finding(
        "mail", .warn, "mail goes to the local spool outbox/mail",
        "郵件寄存於本機 outbox/mail，未對外寄送")
    case .maildir(let path): checkingSender(HostChecks.spool("mail", path))
    case .sendmail(let path), .sendmailArguments(let path):
      checkingSender(HostChecks.program("mail", path))
    }
  }

  /// Nobody can answer this address, nor can a bounce come back to it.
  private func checkingSender(_ found: Finding) -> Finding {
    guard found.status == .ok, mailFrom.utf8.elementsEqual(Settings().mailFrom.utf8) else {
      return found
    }
    return Finding(
      found.check, .warn, "mail would come from \(mailFrom): set mail-from",
      "寄件地址為 \(mailFrom)，請設定 mail-from")
  }

  /// Whoever sees a gateway's program run sees that somebody was written to, and so who is known
  /// (PRODUCT 3.2); of mail the same conversation begins for anybody.
  func processHealth(isService: Bool, mounts: [UInt8]?) -> Finding {
    var shows = false
    if case .command = sms { shows = true }
    if case .sendmailArguments = mail { shows = true }
    guard isService, shows else {
      return Finding("processes", .skipped, "show nothing of messages", "不顯示通知寄送情形")
    }
    let isHidden = (mounts ?? []).split(separator: UInt8(ascii: "\n")).contains { line in
      let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
      return words.count > 3 && words[1].utf8.elementsEqual("/proc".utf8)
        && words[3].split(separator: ",").contains { option in
          ["hidepid=1", "hidepid=2", "hidepid=noaccess", "hidepid=invisible", "hidepid=ptraceable"]
            .contains { $0.utf8.elementsEqual(option.utf8) }
        }
    }
    guard isHidden else {
      return Finding(
        "processes", .warn,
        "everybody sees when a message leaves: mount -o remount,hidepid=invisible /proc",
        "任何人均可見通知送出之時點，請執行 mount -o remount,hidepid=invisible /proc")
    }
    return Finding("processes", .ok, "hidden from others", "他人無法查看")
  }

  func smsHealth() -> Finding {
    switch sms {
    case .spool:
      Finding(
        "sms", .warn, "SMS go to the local spool outbox/sms",
        "簡訊寄存於本機 outbox/sms，未對外發送")
    case .smstools(let path): HostChecks.spool("sms", path)
    case .command(let path, _): HostChecks.program("sms", path)
    }
  }
}

extension HostFacts {
  func timeHealth() -> Finding {
    switch isSynchronized() {
    case true?: Finding("time", .ok, "synchronised", "已校時")
    case false?:
      Finding(
        "time", .warn, "the clock follows no reference: set up NTP", "系統時間未與基準時間源同步，請設定 NTP")
    case nil: Finding("time", .skipped, "the kernel does not say", "系統未提供校時狀態")
    }
  }

  /// File systems of other hosts, by their magic numbers: statfs(2).
  private static let remote: [Int: (name: String, status: Health)] = [
    0x6969: ("NFS", .fail), 0xFF53_4D42: ("CIFS", .fail), 0xFE53_4D42: ("SMB2", .fail),
    0x517B: ("SMB", .fail), 0x00C3_6400: ("Ceph", .fail), 0x5346_414F: ("AFS", .fail),
    0x6573_5546: ("FUSE", .warn), 0x0102_1997: ("9p", .warn),
  ]

  /// Locks on another host's disk may lie (sqlite.org/howtocorrupt.html, 2.1).
  func fileSystemHealth(_ path: String) -> Finding {
    guard let kind = fileSystem(path) else {
      return Finding("filesystem", .skipped, "unknown", "不詳")
    }
    guard let (name, status) = Self.remote[kind & 0xFFFF_FFFF] else {
      return Finding("filesystem", .ok, "local", "本機")
    }
    return Finding(
      "filesystem", status, "\(name): its locks may not hold; keep the database on a local disk",
      "\(name) 之鎖定不可靠，請將資料庫置於本機磁碟")
  }

  func diskHealth(_ path: String) -> Finding {
    guard let free = freeBytes(Files.directory(of: path)) else {
      return Finding("disk", .skipped, "unknown", "不詳")
    }
    let size = Files.status(path, followingLinks: false)?.bytes ?? 0
    let isShort = free < max(Limits.diskReserve, 2 * size)
    return Finding(
      "disk", free < Limits.diskMinimum ? .fail : isShort ? .warn : .ok,
      "\(free >> 20) MiB free", "可用空間 \(free >> 20) MiB")
  }

  func socketHealth(_ socket: String) -> Finding {
    let path = root + socket
    guard let file = Files.status(path, followingLinks: true) else {
      guard hasSystemd, isEnabled("iauth.socket") else {
        return Finding("socket", .skipped, "no service on this host", "本機未設置服務")
      }
      return Finding(
        "socket", .fail, "iauth.socket runs without \(socket)", "iauth.socket 未建立 \(socket)")
    }
    guard file.isSocket else {
      return Finding("socket", .fail, "\(socket) is no socket", "\(socket) 並非連接點")
    }
    let folder = Files.status(Files.directory(of: path), followingLinks: true)
    guard let folder, folder.mode & 0o002 == 0 || folder.mode & 0o1000 != 0 else {
      return Finding(
        "socket", .fail, "others may replace \(socket)", "\(socket) 可由他人置換")
    }
    guard file.mode & 0o006 == 0o006, folder.mode & 0o001 != 0 else {
      return Finding(
        "socket", .warn, "not everyone on this host may connect", "並非本機所有使用者均可連線")
    }
    return Finding("socket", .ok, "everyone on this host may connect", "本機使用者均可連線")
  }

  /// Whether messages and reminders go out by themselves.
  func scheduleHealth(isService: Bool) -> Finding {
    guard isService else {
      return Finding("schedule", .skipped, "not the database of a service", "非服務之資料庫")
    }
    if let table = Files.status(root + "/etc/cron.d/iauth", followingLinks: true) {
      // cron passes over a table that others may write, without a word.
      return table.mode & 0o022 == 0
        ? Finding("schedule", .ok, "by cron", "由 cron 執行")
        : Finding(
          "schedule", .fail, "cron ignores /etc/cron.d/iauth: chmod go-w it",
          "cron 不採用 /etc/cron.d/iauth，請 chmod go-w")
    }
    guard hasSystemd || Files.exists(root + "/usr/sbin/cron") else {
      return Finding("schedule", .skipped, "neither systemd nor cron", "無 systemd 與 cron")
    }
    let units = ["iauth-deliver.timer", "iauth-deliver.path", "iauth-remind.timer"]
    let missing = hasSystemd ? units.filter { !isEnabled($0) } : units
    guard missing.isEmpty else {
      let names = missing.joined(separator: " ")
      return Finding(
        "schedule", .warn, "nothing sends by itself: systemctl enable --now \(names)",
        "未排程自動執行：systemctl enable --now \(names)")
    }
    return Finding("schedule", .ok, "by timers", "由計時器執行")
  }
}
