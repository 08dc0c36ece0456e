// How many were asked for, what became of them, and how long they waited (PRODUCT 11.7). What is
// counted are the requests submitted in a span of time, each once, by what became of it in the end,
// and beside them how often they were sent back. The median is the usual one, the other percentiles
// are nearest-rank, and all are SQLite's to find, so that no list of requests stands in memory.

import SQLite
import Values

/// By what the figures are told apart.
package enum StatisticsKey: String, CaseIterable, Sendable {
  case agency, superior, system, month, reviewer
}

/// Which requests are counted.
package struct StatisticsOrder: Sendable {
  package var since: Timestamp?
  package var until: Timestamp?
  package var key: StatisticsKey?
  package var system: String?
  package var under: String?

  package init(
    since: Timestamp?, until: Timestamp?, key: StatisticsKey?, system: String?, under: String?
  ) {
    self.since = since
    self.until = until
    self.key = key
    self.system = system
    self.under = under
  }
}

/// The time until a decision, in seconds: half, nine and nineteen of twenty were decided by then.
package struct Percentiles: Sendable, Equatable {
  package let median: Int64
  package let ninetieth: Int64
  package let ninetyFifth: Int64
}

/// The figures of one agency, system, month, …; or of all.
package struct StatisticsLine: Sendable {
  /// A code or a month; nil for all together, and for a reviewer, who has only a name.
  package let code: String?
  package let name: String?
  /// Of a system, which has a name in each language; JSON and sheets are the same in both.
  package var english: String?
  package let submitted: Int
  package let approved: Int
  package let rejected: Int
  /// How often one was sent back, whatever became of it then.
  package let returned: Int
  package let withdrawn: Int
  package let lapsed: Int
  package let superseded: Int
  package let waiting: Int
  package var waited: Percentiles?
  /// Monday to Friday, 8:30 to 17:30 in Taipei, without the holidays; nil if nobody knows those.
  package var waitedAtWork: Percentiles?
  /// Nil where the key has none: a month, a reviewer.
  package var standing: Standing?

  /// Where nothing was submitted.
  package static let nothing = StatisticsLine(
    code: nil, name: nil, submitted: 0, approved: 0, rejected: 0, returned: 0, withdrawn: 0,
    lapsed: 0, superseded: 0, waiting: 0)
}

/// How things stand now, of all or of one key.
package struct Standing: Sendable {
  package var agenciesWithoutAdministrator = 0
  package var agenciesWithOneAdministrator = 0
  /// Of the newest periodic review; nil if there was none.
  package var recertified: (answered: Int, items: Int)?
  /// People whose mail comes back, or whose SMS fail.
  package var contactsBouncing = 0
}

/// The whole answer.
package struct Statistics: Sendable {
  package let lines: [StatisticsLine]
  /// Of all that is in range.
  package let standing: Standing
  /// Messages by what became of them, also where none did; only of the whole service.
  package let messages: [(status: MessageStatus, number: Int)]
  /// Whether working hours are left out, since the calendar that was named cannot be read.
  package let lacksHolidays: Bool
  package let at: Timestamp
}

enum StatisticsTable {
  /// The working days, each with the working seconds of all before it.
  ///
  /// 1970-01-01 was a Thursday.
  private static let calendar: Fragment = """
    day (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM day WHERE n < :last),
    working (n, works) AS (SELECT n, (n + 4) % 7 BETWEEN 1 AND 5
      AND n NOT IN (SELECT value FROM json_each(:holidays)) FROM day),
    calendar (n, works, before) AS MATERIALIZED (SELECT n, works, 32400 * coalesce(sum(works)
      OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) FROM working)
    """
  private static func workedUntil(_ day: Fragment, _ time: Fragment) -> Fragment {
    "(\(day).before + \(day).works * min(max((\(time) + 28800) % 86400 - 30600, 0), 32400))"
  }
  private static let isOver: Fragment =
    ExpiryTable.isOverdue("r", ":lapsed", returned: ":uncorrected", now: ":now")
  /// The requests that count, each once, under the key of its last round; and the earlier rounds,
  /// which count only as sent back.
  private static func counted(_ code: Fragment, _ name: Fragment) -> Fragment {
    """
    below (id) AS (SELECT :top UNION
      SELECT b.id FROM agency b JOIN below ON b.superior = below.id),
    counted AS (SELECT \(code) AS code, \(name) AS name,
        CASE WHEN n.round <> r.round THEN NULL
          WHEN \(isOver) THEN 'lapsed' ELSE r.status END
          AS status, r.created_at, d.decided_at, d.verdict
      FROM request r JOIN agency g ON g.id = r.agency JOIN system s ON s.id = r.system
        JOIN (SELECT id AS request, round FROM request
          UNION ALL SELECT o.request, o.round FROM decision o JOIN request q ON q.id = o.request
          WHERE o.verdict = 'returned' AND o.round <> q.round) n ON n.request = r.id
        LEFT JOIN agency u ON u.id = g.superior
        LEFT JOIN decision d ON d.request = r.id AND d.round = n.round
        LEFT JOIN account v ON v.id = d.reviewer
      WHERE r.created_at >= :since AND r.created_at < :until AND r.origin <> 'appointment'
        AND (:system IS NULL OR r.system = :system)
        AND (:top IS NULL OR r.agency IN (SELECT id FROM below))
        AND (:agency IS NULL OR r.agency = :agency)
        AND (:account IS NULL OR r.account = :account))
    """
  }
  private static func figures(_ code: Fragment, _ name: Fragment) -> SQL {
    """
    WITH RECURSIVE \(calendar), \(counted(code, name)),
    timed AS (SELECT c.code, c.name, c.decided_at - c.created_at AS seconds,
        \(workedUntil("e", "c.decided_at")) - \(workedUntil("b", "c.created_at")) AS worked
      FROM counted c JOIN calendar b ON b.n = (c.created_at + 28800) / 86400
        JOIN calendar e ON e.n = (c.decided_at + 28800) / 86400
      WHERE c.status IS NOT NULL AND c.verdict IN ('approved', 'rejected')),
    ranked AS (SELECT *, count(*) OVER w AS n, row_number() OVER (w ORDER BY seconds) AS r,
        row_number() OVER (w ORDER BY worked) AS k
      FROM timed WINDOW w AS (PARTITION BY code, name)),
    waited AS (SELECT code, name,
        avg(CASE WHEN r IN ((n + 1) / 2, (n + 2) / 2) THEN seconds END) AS m,
        min(CASE WHEN r * 10 >= n * 9 THEN seconds END) AS p90,
        min(CASE WHEN r * 20 >= n * 19 THEN seconds END) AS p95,
        avg(CASE WHEN k IN ((n + 1) / 2, (n + 2) / 2) THEN worked END) AS wm,
        min(CASE WHEN k * 10 >= n * 9 THEN worked END) AS w90,
        min(CASE WHEN k * 20 >= n * 19 THEN worked END) AS w95
      FROM ranked GROUP BY code, name)
    SELECT c.code, c.name, count(c.status), sum(c.status IS 'approved'),
      sum(c.status IS 'rejected'), sum(c.verdict IS 'returned'), sum(c.status IS 'withdrawn'),
      sum(c.status IS 'lapsed'), sum(c.status IS 'superseded'),
      sum(c.status IS 'pending' OR c.status IS 'returned'),
      CAST(w.m AS INTEGER), w.p90, w.p95, CAST(w.wm AS INTEGER), w.w90, w.w95
    FROM counted c LEFT JOIN waited w ON w.code IS c.code AND w.name IS c.name
    GROUP BY c.code, c.name ORDER BY c.code, c.name
    """
  }
  static let all: SQL = figures("NULL", "NULL")
  private static let agencyCode: Fragment = "g.code"
  private static let superiorCode: Fragment = "coalesce(u.code, g.code)"
  private static let systemCode: Fragment = "s.code"
  static let byAgency: SQL = figures(agencyCode, "g.name")
  static let bySuperior: SQL = figures(superiorCode, "coalesce(u.name, g.name)")
  static let bySystem: SQL = figures(systemCode, "s.name_zh")
  static let byMonth: SQL =
    figures("strftime('%Y-%m', r.created_at + 28800, 'unixepoch')", "NULL")
  /// Who withdraws their own request is no reviewer of it.
  private static func ofReviewer(_ value: Fragment) -> Fragment {
    "CASE WHEN d.verdict IN ('approved', 'rejected', 'returned') THEN \(value) END"
  }
  static let byReviewer: SQL =
    figures(ofReviewer("CAST(d.reviewer AS TEXT)"), ofReviewer("coalesce(d.reviewer_name, v.name)"))
  static let oldest: SQL = "SELECT min(created_at) FROM request"
  private static let below: Fragment = """
    below (id) AS (SELECT :top UNION
      SELECT b.id FROM agency b JOIN below ON b.superior = below.id)
    """
  private static let inRange: Fragment = """
    (:top IS NULL OR g.id IN (SELECT id FROM below)) AND (:agency IS NULL OR g.id = :agency)
    """
  private static let administering: Fragment = """
    FROM administrator
      WHERE (:system IS NULL OR system = :system) AND starts_at <= :now AND :now < ends_at
    """
  /// Active agencies in range with no or one administrator.
  private static func administrators(_ code: Fragment) -> SQL {
    """
    WITH RECURSIVE \(below),
    held (agency, n) AS (SELECT agency, count(DISTINCT account) \(administering) GROUP BY agency)
    SELECT \(code), sum(coalesce(h.n, 0) = 0), sum(coalesce(h.n, 0) = 1)
    FROM agency g LEFT JOIN agency u ON u.id = g.superior LEFT JOIN held h ON h.agency = g.id
    WHERE g.status = 'active' AND \(inRange) GROUP BY 1
    """
  }
  private static let administratorsOfSystems: SQL = """
    WITH RECURSIVE \(below),
    held (agency, system, n) AS (SELECT agency, system, count(DISTINCT account) \(administering)
      GROUP BY agency, system)
    SELECT s.code, sum(coalesce(h.n, 0) = 0), sum(coalesce(h.n, 0) = 1)
    FROM system s CROSS JOIN agency g LEFT JOIN held h ON h.agency = g.id AND h.system = s.id
    WHERE g.status = 'active' AND \(inRange) AND (:system IS NULL OR s.id = :system) GROUP BY 1
    """
  /// The newest periodic review that has to do with what is in range.
  private static func recertified(_ code: Fragment) -> SQL {
    """
    WITH RECURSIVE \(below),
    item AS (SELECT \(code) AS code, i.recertification AS review,
        i.status IN ('kept', 'ended') OR i.status = 'open' AND p.status <> 'active' AS is_answered
      FROM recertification_item i JOIN permission p ON p.request = i.request
        JOIN agency g ON g.id = i.agency LEFT JOIN agency u ON u.id = g.superior
        JOIN system s ON s.id = i.system
      WHERE (:system IS NULL OR i.system = :system) AND \(inRange)
        AND (:account IS NULL OR i.account = :account))
    SELECT code, sum(is_answered), count(*) FROM item
    WHERE review = (SELECT max(review) FROM item) GROUP BY code
    """
  }
  private static func bouncing(_ code: Fragment) -> SQL {
    """
    WITH RECURSIVE \(below)
    SELECT \(code), count(DISTINCT a.id) FROM account a JOIN agency g ON g.id = a.agency
      LEFT JOIN agency u ON u.id = g.superior
      LEFT JOIN permission p ON p.account = a.id AND p.status = 'active'
      LEFT JOIN system s ON s.id = p.system
    WHERE (a.email_bounced_at IS NOT NULL OR a.mobile_bounced_at IS NOT NULL) AND \(inRange)
      AND (:system IS NULL OR p.system = :system) AND (:account IS NULL OR a.id = :account)
    GROUP BY 1
    """
  }
  /// What does not depend on requests, of each key: agencies, items, bouncing contacts.
  ///
  /// A month or a reviewer has none of these.
  static func standing(by key: StatisticsKey?) -> (agencies: SQL, items: SQL, bouncing: SQL)? {
    let code: Fragment
    switch key {
    case nil: code = "NULL"
    case .agency: code = agencyCode
    case .superior: code = superiorCode
    case .system: code = systemCode
    case .month, .reviewer: return nil
    }
    return (
      key == .system ? administratorsOfSystems : administrators(code), recertified(code),
      bouncing(code)
    )
  }
  /// What was for nobody is not among them; of an application's codes no address is left.
  static let messages: SQL = """
    SELECT status, count(*) FROM message
    WHERE created_at >= :since AND created_at < :until
      AND (recipient <> '' OR recipient_key IS NOT NULL OR reference GLOB 'A-*')
    GROUP BY status ORDER BY status
    """
  static let statements: [SQL] =
    [messages, all, byAgency, bySuperior, bySystem, byMonth, byReviewer, oldest]
    + [nil, .agency, .superior, .system].flatMap { (key: StatisticsKey?) -> [SQL] in
      standing(by: key).map { [$0.agencies, $0.items, $0.bouncing] } ?? []
    }

  static func figures(by key: StatisticsKey?) -> SQL {
    switch key {
    case nil: all
    case .agency: byAgency
    case .superior: bySuperior
    case .system: bySystem
    case .month: byMonth
    case .reviewer: byReviewer
    }
  }
}

extension Service {
  /// Figures of the requests submitted in a span of time.
  ///
  /// A calendar file that cannot be read costs the working hours, which would be wrong without it,
  /// and nothing else: `doctor` tells the operator.
  ///
  /// - Throws: `session.*`, `right.missing`, `agency.unknown`, `system.unknown`.
  package func statistics(_ order: StatisticsOrder) throws(IAuthError) -> Statistics {
    let holidays = settings.holidays.map { path in try? Holidays(path: path) }
    let lacksHolidays = holidays.map { $0 == nil } ?? false
    return try store.note { (tx) throws(IAuthError) -> TransactionEnd<Statistics> in
      let range: ReportRange
      do throws(IAuthError) {
        range = try tx.range(
          ReportFilter(under: order.under, system: order.system), in: try tx.reportScope())
      } catch {
        guard error.code == .rightMissing else { throw error }
        return try tx.refuse(error)
      }
      let oldest = try tx.number(StatisticsTable.oldest) ?? tx.now.seconds
      var lines = try tx.all(
        StatisticsTable.figures(by: order.key),
        [
          ":first": min(oldest, tx.now.seconds) / 86_400 - 1,
          ":last": tx.now.seconds / 86_400 + 2,
          ":holidays": holidays??.json ?? "[]", ":top": range.top, ":agency": range.agency,
          ":since": order.since ?? Timestamp(0),
          ":until": order.until ?? Timestamp(Int64.max), ":system": range.system,
          ":account": range.account, ":lapsed": tx.now - settings.requestLifetime,
          ":uncorrected": tx.now - Limits.correctionLifetime, ":now": tx.now,
        ]
      ) { row in StatisticsLine(row: row) }
      // All together are a line also where they are none.
      if order.key == nil, lines.isEmpty { lines = [.nothing] }
      if order.key == .system {
        for system in try tx.systems() {
          for index in lines.indices where lines[index].code == system.code {
            lines[index].english = system.name.english
          }
        }
      }
      if lacksHolidays { for index in lines.indices { lines[index].waitedAtWork = nil } }
      let all = try tx.standing(by: nil, range)?[nil] ?? Standing()
      if order.key == nil {
        for index in lines.indices { lines[index].standing = all }
      } else if let standing = try tx.standing(by: order.key, range) {
        for index in lines.indices {
          lines[index].standing = standing[lines[index].code] ?? Standing()
        }
      }
      let isWhole = range.isWhole && range.system == nil
      let messages = isWhole ? try tx.messages(of: order) : []
      try tx.audit(.statisticsRead, .none)
      return .commit(
        Statistics(
          lines: lines, standing: all, messages: messages, lacksHolidays: lacksHolidays,
          at: tx.now))
    }
  }
}

extension Transaction {
  fileprivate func messages(
    of order: StatisticsOrder
  ) throws(IAuthError) -> [(status: MessageStatus, number: Int)] {
    var numbers: [MessageStatus: Int] = [:]
    let span: Arguments = [
      ":since": order.since ?? Timestamp(0), ":until": order.until ?? Timestamp(Int64.max),
    ]
    try each(StatisticsTable.messages, span) { row in
      numbers[row.word(0, MessageStatus.self)] = row.count(1)
      return true
    }
    return MessageStatus.allCases.map { (status: $0, number: numbers[$0] ?? 0) }
  }

  /// What does not depend on requests, by the code of each key; nil where a key has none of it.
  fileprivate func standing(
    by key: StatisticsKey?, _ range: ReportRange
  ) throws(IAuthError) -> [String?: Standing]? {
    guard let queries = StatisticsTable.standing(by: key) else { return nil }
    // Who sees only their own has an agency all the same.
    let own = try range.account.map { (id) throws(IAuthError) in try account(id: id).agency }
    let agency = range.agency ?? own
    var found: [String?: Standing] = [:]
    try each(
      queries.agencies,
      [":top": range.top, ":agency": agency, ":system": range.system, ":now": now]
    ) { row in
      found[row.textIfAny(0), default: Standing()].agenciesWithoutAdministrator = row.count(1)
      found[row.textIfAny(0), default: Standing()].agenciesWithOneAdministrator = row.count(2)
      return true
    }
    let values: Arguments = [
      ":top": range.top, ":agency": agency, ":system": range.system, ":account": range.account,
    ]
    try each(queries.items, values) { row in
      found[row.textIfAny(0), default: Standing()].recertified = (row.count(1), row.count(2))
      return true
    }
    try each(queries.bouncing, values) { row in
      found[row.textIfAny(0), default: Standing()].contactsBouncing = row.count(1)
      return true
    }
    return found
  }
}

extension StatisticsLine {
  fileprivate init(row: borrowing Row) {
    let isTimed = !row.isNull(10)
    self.init(
      code: row.textIfAny(0), name: row.textIfAny(1), submitted: row.count(2),
      approved: row.count(3), rejected: row.count(4), returned: row.count(5),
      withdrawn: row.count(6), lapsed: row.count(7), superseded: row.count(8),
      waiting: row.count(9),
      waited: isTimed
        ? Percentiles(median: row.int(10), ninetieth: row.int(11), ninetyFifth: row.int(12)) : nil,
      waitedAtWork: isTimed
        ? Percentiles(median: row.int(13), ninetieth: row.int(14), ninetyFifth: row.int(15)) : nil)
  }
}
