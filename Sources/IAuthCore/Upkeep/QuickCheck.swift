// `doctor --quick` (PRODUCT 13): what a cluster's monitor asks every few seconds. It writes nothing,
// reads a handful of rows, and looks at no file but the database and its disk.

import SQLite
import Values

enum QuickCheckTable {
  static let newest: SQL = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
  static let statements: [SQL] = [newest]
}

extension Service {
  /// Whether this host stands by because its configuration says so.
  package var isConfiguredStandby: Bool { settings.standby }

  /// Whether the database can be read and written here, its trail ends where it should, and whose
  /// it is.
  ///
  /// - Throws: `right.missing`, and what reading throws.
  package func quickCheck() throws(IAuthError) -> [Finding] {
    store.isMonitored = true
    let (trail, host) = try readAsOperator(isSettling: false) { (tx) throws(IAuthError) in
      (try tx.trailEnd(), try tx.hostHealth())
    }
    return [trail, host, placeHealth(), world.host.diskHealth(store.path)]
  }

  /// A file system that may not be written has failed, unless this host stands by.
  func placeHealth() -> Finding {
    if settings.standby {
      return Finding(
        "place", .ok, "this host stands by: the database is only read", "本機為備援主機，僅供查詢")
    }
    return store.isStandby
      ? Finding(
        "place", .fail, "the file system is read-only: mount it anew, or set standby = yes",
        "檔案系統為唯讀，請重新掛載，或設定 standby = yes")
      : Finding("place", .ok, "can be written", "可寫入")
  }
}

extension Transaction {
  fileprivate func trailEnd() throws(IAuthError) -> Finding {
    let newest = try first(QuickCheckTable.newest) { row in
      AuditHead(seq: row.int(0), hash: row.bytes(1))
    }
    do throws(IAuthError) {
      guard let newest else { throw .auditBroken(seq: 0, .missing) }
      try checkHead(newest, try serviceUUID())
      return Finding("trail", .ok, "\(newest.seq) entries", "\(newest.seq) 筆")
    } catch {
      guard case .auditBroken(let seq, _) = error else { throw error }
      return Finding(
        "trail", .fail, "does not end where it should, at entry \(seq)", "第 \(seq) 筆末端不符")
    }
  }

  /// Since when the database is this host's, and whether anything from elsewhere says that it came
  /// whole: a survivor that lost acknowledged work does not know it.
  func hostHealth() throws(IAuthError) -> Finding {
    guard let record = try hostRecord(), let machine = world.host.machine else {
      return Finding("host", .skipped, "unknown", "不詳")
    }
    guard machine == record.machine else {
      return Finding(
        "host", .warn,
        "the database is another host's; the first change makes it this one's, and ends all sessions",
        "資料庫原屬其他主機，首次異動後改屬本機，所有登入一併失效")
    }
    let (epoch, began, since) = (record.epoch, record.began, record.since.rfc3339)
    guard epoch > 1 else { return Finding("host", .ok, "the first", "首部主機") }
    guard let compared = record.compared else {
      return Finding(
        "host", .warn,
        "host \(epoch) since \(since), from entry \(began) on: compare with the newest head from "
          + "elsewhere whether any work was lost: iauth audit --verify --anchor FILE",
        "自 \(since) 起為第 \(epoch) 部主機，接續第 \(began) 筆紀錄，請與他處保存之最新鏈首比對有無遺失："
          + "iauth audit --verify --anchor FILE")
    }
    let (english, chinese) =
      compared < began
      ? (
        "; of entries \(compared + 1) to \(began) it says nothing",
        "；第 \(compared + 1) 至 \(began) 筆未涵蓋"
      )
      : ("", "")
    return Finding(
      "host", .ok,
      "host \(epoch) since \(since); a head of \(compared) entries from elsewhere fits" + english,
      "自 \(since) 起為第 \(epoch) 部主機，他處保存之第 \(compared) 筆鏈首相符" + chinese)
  }
}
