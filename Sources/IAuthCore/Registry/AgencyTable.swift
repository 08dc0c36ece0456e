// Agencies and target systems: look-ups by code, searches, and the superior relation.

import SQLite
import Sheets
import Values

enum AgencyTable {
  static let columns: Fragment = "id, type, code, name, path, superior, status"
  static let byCode: SQL = "SELECT \(columns) FROM agency WHERE code = ?"
  /// One that holds before one that is gone.
  static let byOrgCode: SQL = """
    SELECT \(columns) FROM agency WHERE org_code = ? ORDER BY status <> 'active', sort LIMIT 1
    """
  static let byID: SQL = "SELECT \(columns) FROM agency WHERE id = ?"
  static let active: SQL = "SELECT \(columns) FROM agency WHERE status = 'active'"
  static let authority: SQL =
    "SELECT \(columns) FROM agency WHERE id = (SELECT authority FROM service)"
  /// The agency itself and all below it in the superior relation, at any depth.
  ///
  /// A removed agency's reach ends.
  static let isWithinReach: SQL = """
    WITH RECURSIVE above (id) AS (SELECT ?1 UNION
      SELECT a.superior FROM agency a JOIN above ON a.id = above.id WHERE a.superior IS NOT NULL)
    SELECT 1 FROM above WHERE id = ?2
    """
  static let search: SQL = """
    WITH RECURSIVE below (id) AS (SELECT id FROM agency WHERE id = ?2 UNION
      SELECT a.id FROM agency a JOIN below ON a.superior = below.id)
    SELECT a.id, a.type, a.code, a.name, a.path, a.superior, a.status, s.code, a.superior_derived,
      a.org_code, a.updated_at
    FROM agency a LEFT JOIN agency s ON s.id = a.superior
    WHERE (?1 = '' OR instr(replace(a.name, '台', '臺'), replace(?1, '台', '臺')) > 0
      OR substr(a.code, 1, length(?1)) = ?1 OR a.org_code = ?4)
      AND (?2 IS NULL OR a.id IN (SELECT id FROM below))
    ORDER BY a.code = ?1 OR a.org_code IS ?4 AND ?4 IS NOT NULL DESC,
      replace(a.name, '台', '臺') = replace(?1, '台', '臺') DESC, a.sort LIMIT ?3
    """
  /// Whose name has these letters in their order; `?1` is a pattern.
  static let letters: SQL = """
    WITH RECURSIVE below (id) AS (SELECT id FROM agency WHERE id = ?2 UNION
      SELECT a.id FROM agency a JOIN below ON a.superior = below.id)
    SELECT a.id, a.type, a.code, a.name, a.path, a.superior, a.status, s.code, a.superior_derived,
      a.org_code, a.updated_at
    FROM agency a LEFT JOIN agency s ON s.id = a.superior
    WHERE replace(a.name, '台', '臺') LIKE ?1 ESCAPE '|'
      AND (?2 IS NULL OR a.id IN (SELECT id FROM below))
    ORDER BY a.sort
    """
  static let systemColumns: Fragment = "id, code, name, name_zh, url, longest, created_at"
  static let systemByCode: SQL = "SELECT \(systemColumns) FROM system WHERE code = ?"
  static let systemByID: SQL = "SELECT \(systemColumns) FROM system WHERE id = ?"
  static let systems: SQL = "SELECT \(systemColumns) FROM system ORDER BY id"
  static let setLongest: SQL = "UPDATE system SET longest = ?2 WHERE code = ?1"
  static let addSystem: SQL =
    "INSERT INTO system (code, name, name_zh, url, created_at) VALUES (?, ?, ?, ?, ?)"
  static let addAgency: SQL = """
    INSERT INTO agency (type, code, sort, org_code, name, path, phone, address, superior,
      superior_derived, status, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  static let updateAgency: SQL = """
    UPDATE agency SET name = ?2, path = ?3, phone = ?4, address = ?5, status = ?6, updated_at = ?7,
      org_code = coalesce(?8, org_code)
    WHERE id = ?1
    """
  /// Of a database that was made before the registry's codes were kept.
  static let setOrgCode: SQL =
    "UPDATE agency SET org_code = ?2 WHERE code = ?1 AND type = 'oid' AND org_code IS NULL"
  static let setSuperior: SQL =
    "UPDATE agency SET superior = ?2, superior_derived = ?3, updated_at = ?4 WHERE id = ?1"
  static let markRemoved: SQL =
    "UPDATE agency SET status = 'removed', updated_at = ?2 WHERE id = ?1 AND status = 'active'"
  /// Entered by the operator, and not adopted from a file since.
  static let isEntered: SQL = """
    SELECT 1 FROM agency g WHERE g.id = ?1 AND g.path = 'o=' || g.name || ',c=TW' AND EXISTS (
      SELECT 1 FROM audit u WHERE u.subject = 'agency:' || g.code AND +u.action = 'agency.add')
    """
  static let forLoading: SQL = """
    SELECT id, code, name, path, phone, address, status, superior, superior_derived,
      org_code FROM agency WHERE type = 'oid'
    """
  static let statements: [SQL] = [
    byCode, byOrgCode, byID, active, authority, isWithinReach, search, letters, setOrgCode,
    systemByCode,
    systemByID, systems, addSystem,
    setLongest,
    addAgency, updateAgency, setSuperior, markRemoved, isEntered, forLoading,
  ]
}

extension Agency {
  init(row: borrowing Row) {
    self.init(
      id: row.id(0), type: row.word(1, AgencyType.self), code: row.text(2), name: row.text(3),
      path: row.text(4), superior: row.idIfAny(5), status: row.word(6, AgencyStatus.self))
  }
}

extension TargetSystem {
  init(row: borrowing Row) {
    self.init(
      id: row.id(0), code: row.text(1), name: Bilingual(row.text(2), row.text(3)),
      url: row.textIfAny(4), longest: row.intIfAny(5).map { .seconds($0) }, addedAt: row.time(6))
  }
}

extension Transaction {
  /// The agency that a typed code names, or whoever has taken its place: an OID, a 統一編號 or a
  /// 機關代碼.
  ///
  /// - Throws: `agency.unknown`, also for what is no code at all.
  func agency(typed: String) throws(IAuthError) -> Agency {
    let named = try ownAgency(typed: typed)
    let agency = try present(named)
    if agency.id != named.id { noteSuccession(of: named, by: agency) }
    return agency
  }

  /// The agency that a typed code names, if something new may be submitted for it.
  ///
  /// - Throws: `agency.unknown`, `agency.removed`.
  func activeAgency(typed: String) throws(IAuthError) -> Agency {
    let agency = try agency(typed: typed)
    guard agency.status == .active else { throw .agencyRemoved(code: agency.code) }
    return agency
  }

  func agency(id: AgencyID) throws(IAuthError) -> Agency {
    if let known = places?.agency, known.id == id { return known }
    guard let agency = try first(AgencyTable.byID, id, read: { row in Agency(row: row) }) else {
      throw .databaseDamaged
    }
    places?.agency = agency
    return agency
  }

  func authority() throws(IAuthError) -> Agency {
    if let known = places?.authority { return known }
    guard let agency = try first(AgencyTable.authority, read: { row in Agency(row: row) }) else {
      throw .databaseDamaged
    }
    places?.authority = agency
    return agency
  }

  /// Whether `agency` is `superior` or below it in the superior relation.
  func isWithinReach(_ agency: Agency, of superior: Agency) throws(IAuthError) -> Bool {
    guard superior.status == .active || agency.id == superior.id else { return false }
    return try exists(AgencyTable.isWithinReach, agency.id, superior.id)
  }

  /// The system of a code; without one, the only system there is.
  ///
  /// - Throws: `system.unknown`; `usage.missing` if there are several to choose from.
  func system(code: String?, command: String) throws(IAuthError) -> TargetSystem {
    if let code {
      let folded = Folding.fold(code)
      guard
        let system = try first(
          AgencyTable.systemByCode, folded, read: { row in TargetSystem(row: row) })
      else { throw .systemUnknown(code: code) }
      return system
    }
    let systems = try systems()
    guard let only = systems.first, systems.count == 1 else {
      throw .usageMissing(["--system"], command: command)
    }
    return only
  }

  func system(id: SystemID) throws(IAuthError) -> TargetSystem {
    if let known = places?.system, known.id == id { return known }
    guard
      let system = try first(AgencyTable.systemByID, id, read: { row in TargetSystem(row: row) })
    else { throw .databaseDamaged }
    places?.system = system
    return system
  }

  func systems() throws(IAuthError) -> [TargetSystem] {
    try all(AgencyTable.systems) { row in TargetSystem(row: row) }
  }
}
