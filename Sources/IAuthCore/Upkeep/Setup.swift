// Setting up: the database with its key, the registry, the first system, the first reviewer
// (PRODUCT 4.2, `init`), and what keeps registry and systems up to date afterwards.

import CRegistry
import SQLite
import Sheets
import Values

/// What `init` made.
package struct SetupReceipt: Sendable {
  package let path: String
  package let authority: Agency
  package let agencies: Int
  package let rejectedRows: Int
  /// The request that made the first reviewer; they were sent an invitation.
  package let reviewer: RequestID?
  /// Whether others may list the directory that the database stands in.
  package let isListable: Bool
  /// Whether the key of an earlier database stood there, and is used.
  package let hasFoundKey: Bool
}

/// What loading a registry changed.
package struct RegistryReport: Equatable, Sendable {
  package var added = 0
  package var updated = 0
  package var removed = 0
  package var unchanged = 0
  package var rejected = 0
  /// Who might have taken the places of agencies that are gone.
  package var successors: [SuccessorProposal] = []
  /// Those that have left the registry.
  var gone: [AgencyID] = []
}

package enum Setup {
  /// The day of the registry that ships: 2019-01-31.
  package static let shippedRegistryDay = Timestamp(1_548_892_800)

  /// The registry that ships inside the executable.
  package static var shippedRegistry: [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: iauth_registry(), count: iauth_registry_count()))
  }

  /// Makes a database at `path`; never overwrites.
  ///
  /// - Throws: `database.exists`, `database.unsafe`, `agency.unknown` for the authority,
  ///   `sheet.*` for the registry.
  package static func create(
    path: String, authority code: String, registry bytes: [UInt8], dated: Timestamp? = nil,
    reviewer: ApplicationForm?, world: World, settings: Settings
  ) throws(IAuthError) -> (SetupReceipt, Service?) {
    let file = try RegistryFile(bytes)
    let parsed = AgencyCode(code)
    let orgCode = parsed == nil ? AgencyCode.orgCode(code) : nil
    let isListed = file.entries.contains { entry in
      entry.status == .active
        && (entry.code == parsed || orgCode != nil && entry.orgCode == orgCode)
    }
    guard isListed else { throw .agencyUnknown(code: code) }
    let hasFoundKey = DatabaseFile.hasKey(beside: path)
    var receipt: SetupReceipt?
    let store = try Store.create(path: path, world: world, settings: settings) {
      (tx) throws(IAuthError) in
      let report = try tx.load(file, allowingRemovals: true, authority: nil)
      let authority = try tx.activeAgency(typed: code)
      try tx.run(
        SetupTable.service, world.randomBytes(16), authority.id, tx.now, dated,
        AuditHash.keyCheck(tx.key))
      try tx.bindHost()
      try tx.run(
        AgencyTable.addSystem, TargetSystem.firstCode, "Administration and Assessment System",
        "管考系統", "https://spm.nat.gov.tw/", tx.now)
      try tx.audit(.created, .agency(code: authority.code))
      var number: RequestID?
      if let reviewer {
        let system = try tx.system(code: TargetSystem.firstCode, command: "init")
        number = try tx.appoint(reviewer, in: authority, system)
      }
      receipt = SetupReceipt(
        path: path, authority: authority, agencies: report.added, rejectedRows: report.rejected,
        reviewer: number, isListable: !world.isDryRun && DatabaseFile.isListable(path),
        hasFoundKey: hasFoundKey)
    }
    guard let receipt else { throw .internal("init ended without a receipt") }
    store?.hasQueued = reviewer != nil && !world.isDryRun
    return (receipt, store.map { Service(store: $0) })
  }
}

extension Service {
  /// Loads a newer registry file, in one transaction.
  ///
  /// - Parameter dated: the day that its data is of, where that is known.
  /// - Throws: `right.missing`, `sheet.*`, `registry.shrunk`, `agency.cycle`.
  package func loadRegistry(
    _ bytes: [UInt8], dated: Timestamp? = nil, allowingRemovals: Bool
  ) throws(IAuthError) -> RegistryReport {
    let file = try RegistryFile(bytes)
    return try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<RegistryReport> in
      var report = try tx.load(
        file, allowingRemovals: allowingRemovals, authority: try tx.authority())
      // Data that nobody has dated anew is as old as it was, as long as it says the same.
      let isSame = report.added + report.updated + report.removed == 0
      if dated != nil || !isSame { try tx.run(SetupTable.setRegistryDay, dated) }
      report.successors = try tx.successors(of: report.gone)
      try tx.audit(.registryLoaded, .registry)
      return .commit(report)
    }
  }

  /// Enters an agency: a 統一編號 with its name, or an OID that the file does not have yet.
  ///
  /// - Throws: `right.missing`, `agency.invalid`, `agency.exists`, `agency.unknown` (superior).
  package func addAgency(
    code: String, name: String, superior: String?
  ) throws(IAuthError) -> AgencyLineItem {
    guard let parsed = AgencyCode(code) else { throw .agencyInvalid(code: code) }
    let name = try FreeText.label(name)
    return try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<AgencyLineItem> in
      guard try !tx.exists(AgencyTable.byCode, parsed.text) else {
        throw .agencyExists(code: parsed.text)
      }
      let above = try superior.map { (typed) throws(IAuthError) in try tx.agency(typed: typed) }
      try tx.run(
        AgencyTable.addAgency, parsed.type, parsed.text, parsed.sortKey, nil as String?, name,
        "o=\(name),c=TW", "",
        "", above?.id, false, AgencyStatus.active, tx.now)
      try tx.audit(.agencyAdded, .agency(code: parsed.text))
      return .commit(try tx.lineItem(parsed.text))
    }
  }

  /// Sets the superior of agencies.
  ///
  /// - Throws: `right.missing`, `agency.unknown`, `agency.cycle`.
  package func setSuperior(
    _ superior: String, of codes: [String]
  ) throws(IAuthError) -> [AgencyLineItem] {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<[AgencyLineItem]> in
      let above = try tx.agency(typed: superior)
      var changed: [AgencyLineItem] = []
      for code in codes {
        let agency = try tx.agency(typed: code)
        guard try !tx.exists(AgencyTable.isWithinReach, above.id, agency.id) else {
          throw .agencyCycle(code: agency.code)
        }
        try tx.run(AgencyTable.setSuperior, agency.id, above.id, false, tx.now)
        try tx.audit(.superiorSet, .agency(code: agency.code))
        changed.append(try tx.lineItem(agency.code))
      }
      return .commit(changed)
    }
  }

  /// Enters a target system.
  ///
  /// - Throws: `right.missing`, `system.invalid`, `system.exists`.
  package func addSystem(
    code: String, name: String, chineseName: String?, url: String?
  ) throws(IAuthError) -> TargetSystem {
    let code = try FreeText.systemCode(code)
    let name = try FreeText.label(name)
    let chinese = try chineseName.map { (text) throws(IAuthError) in
      try FreeText.label(text)
    }
    let url = try url.map { (text) throws(IAuthError) in try FreeText.url(text) }
    return try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<TargetSystem> in
      guard try !tx.exists(AgencyTable.systemByCode, code) else {
        throw .systemExists(code: code)
      }
      try tx.run(AgencyTable.addSystem, code, name, chinese ?? name, url, tx.now)
      try tx.audit(.systemAdded, .system(code: code))
      return .commit(try tx.system(code: code, command: "systems"))
    }
  }

  /// Sets how long a permission of a system lasts at most; nil: for good.
  ///
  /// It binds what is granted from now on.
  ///
  /// - Throws: `right.missing`, `system.unknown`.
  package func setSystem(
    code: String, longest: TimeSpan?
  ) throws(IAuthError) -> TargetSystem {
    try writeAsOperator { (tx) throws(IAuthError) -> TransactionEnd<TargetSystem> in
      let system = try tx.system(code: code, command: "systems")
      try tx.run(AgencyTable.setLongest, system.code, longest?.seconds)
      try tx.audit(.systemSet, .system(code: system.code))
      return .commit(try tx.system(code: code, command: "systems"))
    }
  }
}

enum SetupTable {
  static let service: SQL = """
    INSERT INTO service (id, uuid, authority, created_at, registry_at, key_check)
      VALUES (1, ?, ?, ?, ?, ?)
    """
  static let setRegistryDay: SQL = "UPDATE service SET registry_at = ?"
  /// Whose place another has taken is superior to nobody new.
  static let superiors: SQL = """
    SELECT g.id, g.code, g.superior, g.type = 'oid', s.new FROM agency g
      LEFT JOIN succession s ON s.old = g.id AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
    """
  static let statements: [SQL] = [service, setRegistryDay, superiors]
}

/// What is stored of an agency, for comparing with a file.
private struct StoredAgency {
  let id: AgencyID
  let name: String
  let path: String
  let phone: String
  let address: String
  let status: AgencyStatus
  let superior: AgencyID?
  let isDerived: Bool
  let orgCode: String?
}

extension Transaction {
  /// Adds, updates and marks as removed; superiors that are stored stay, missing ones are derived.
  fileprivate func load(
    _ file: RegistryFile, allowingRemovals: Bool, authority: Agency?
  ) throws(IAuthError) -> RegistryReport {
    var report = RegistryReport()
    report.rejected = file.rejected.count
    var stored: [String: StoredAgency] = [:]
    try each(AgencyTable.forLoading) { row in
      stored[row.text(1)] = StoredAgency(
        id: row.id(0), name: row.text(2), path: row.text(3), phone: row.text(4),
        address: row.text(5), status: row.word(6, AgencyStatus.self), superior: row.idIfAny(7),
        isDerived: row.bool(8), orgCode: row.textIfAny(9))
      return true
    }
    try checkShrinking(file, stored, allowingRemovals: allowingRemovals, authority: authority)
    for entry in file.entries {
      let code = entry.code
      guard let known = stored[code.text] else {
        try run(
          AgencyTable.addAgency, code.type, code.text, code.sortKey, entry.orgCode, entry.name,
          entry.path,
          entry.phone, entry.address, nil as AgencyID?, false, entry.status, now)
        report.added += 1
        continue
      }
      let isSame =
        known.name == entry.name && known.path == entry.path && known.phone == entry.phone
        && known.address == entry.address
        && (known.status == entry.status || known.status == .succeeded)
        && (entry.orgCode == nil || known.orgCode == entry.orgCode)
      guard !isSame else {
        report.unchanged += 1
        continue
      }
      let becomesRemoved = known.status == .active && entry.status == .removed
      try run(
        AgencyTable.updateAgency, known.id, entry.name, entry.path, entry.phone, entry.address,
        known.status == .succeeded ? .succeeded : entry.status, now, entry.orgCode)
      if becomesRemoved { report.gone.append(known.id) }
      if becomesRemoved { report.removed += 1 } else { report.updated += 1 }
    }
    for (code, agency) in stored where agency.status == .active && !file.listed.contains(code) {
      guard try !exists(AgencyTable.isEntered, agency.id) else { continue }
      report.removed += try run(AgencyTable.markRemoved, agency.id, now)
      report.gone.append(agency.id)
    }
    try linkSuperiors(file, stored)
    return report
  }

  private func checkShrinking(
    _ file: RegistryFile, _ stored: [String: StoredAgency], allowingRemovals: Bool,
    authority: Agency?
  ) throws(IAuthError) {
    guard !allowingRemovals else { return }
    let staying = file.listed.subtracting(
      file.entries.filter { $0.status == .removed }.map(\.code.text))
    let active = stored.filter { $0.value.status == .active }
    let vanishing = active.keys.filter { !staying.contains($0) }.count
    let isAuthorityGone = authority.map { $0.type == .oid && !staying.contains($0.code) } ?? false
    guard vanishing * Limits.registryShrinkDivisor <= active.count, !isAuthorityGone else {
      throw .registryShrunk(removed: vanishing, of: active.count, authority: isAuthorityGone)
    }
  }

  private func linkSuperiors(
    _ file: RegistryFile, _ stored: [String: StoredAgency]
  ) throws(IAuthError) {
    var ids: [String: AgencyID] = [:]
    var above: [AgencyID: AgencyID] = [:]
    var next: [AgencyID: AgencyID] = [:]
    try each(SetupTable.superiors) { row in
      if row.bool(3) { ids[row.text(1)] = row.id(0) }
      above[row.id(0)] = row.idIfAny(2)
      next[row.id(0)] = row.idIfAny(4)
      return true
    }
    let derivation = Superiors(of: ids.keys.map { AgencyCode(stored: $0, type: .oid) })
    for entry in file.entries {
      guard let id = ids[entry.code.text] else { continue }
      let known = stored[entry.code.text]
      if known?.superior != nil, known?.isDerived == false { continue }
      let named = entry.superior.flatMap { ids[$0.text] }
      let derived = derivation.superior(of: entry.code).flatMap { ids[$0.text] }
      guard let first = named ?? derived else { continue }
      let superior = sequence(first: first) { next[$0] }.reduce(first) { $1 }
      guard superior != known?.superior, superior != id else { continue }
      let chain = sequence(first: superior) { above[$0] }
      guard !chain.contains(id) else {
        // A derived superior may be below by the operator's word, which stands.
        if named == nil { continue }
        throw .agencyCycle(code: entry.code.text)
      }
      try run(AgencyTable.setSuperior, id, superior, named == nil || entry.isDerived, now)
      above[id] = superior
    }
  }
}
