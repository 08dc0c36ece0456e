// What can be wrong with a row beside what the database knows: its agency, its system, and people
// with the same contacts. What the row says by itself was checked when it was read.

import SQLite
import Sheets
import Values

/// The agency that rows name, or what is wrong with its code.
struct FormAgency {
  var agency: Agency?
  var problem: (code: String, message: Bilingual)?
}

extension BatchImporter {
  /// The agency of a code as typed, if it is within the importer's reach.
  func find(_ typed: String) throws(IAuthError) -> FormAgency {
    guard !typed.isEmpty else {
      return FormAgency(problem: ("agency.missing", IAuthError.agencyMissing.sentences))
    }
    do throws(IAuthError) {
      let agency = try tx.activeAgency(typed: typed)
      var isInside = importer.isAuthority
      if let above = importer.agency, !isInside {
        isInside = try tx.isWithinReach(agency, of: above)
      }
      guard isInside else { return FormAgency(problem: ("agency.outside", Self.outside)) }
      return FormAgency(agency: agency)
    } catch {
      switch error {
      case .agencyUnknown, .agencyRemoved:
        return FormAgency(
          problem: (
            error.code.rawValue,
            Self.isSeveral(typed)
              ? CheckedRow.several : Self.unseen(in: typed) ?? error.sentences
          ))
      default: throw error
      }
    }
  }

  /// A code with a character in it that nobody sees looks right, and is none.
  private static func unseen(in typed: String) -> Bilingual? {
    guard let scalar = typed.firstHostileScalar else { return nil }
    let name = scalarName(scalar.value)
    return Bilingual(
      "the code holds the character \(name), which nobody sees; type it anew",
      "機關代碼含不可見字元 \(name)，請重新輸入")
  }

  /// Whether a cell holds more than one agency's code.
  private static func isSeveral(_ typed: String) -> Bool {
    let parts = typed.unicodeScalars.split {
      $0.properties.isWhitespace || "、/／;；,，&＆|｜".unicodeScalars.contains($0)
    }
    return parts.count > 1
      && parts.allSatisfy {
        AgencyCode(String($0)) != nil || AgencyCode.orgCode(String($0)) != nil
      }
  }

  /// Looks up what a row names.
  ///
  /// - Returns: the system.
  mutating func check(
    _ row: inout CheckedRow, _ place: FormAgency
  ) throws(IAuthError) -> TargetSystem? {
    if let (code, message) = place.problem {
      var sentences = message
      if code != "agency.outside", !row.agencyName.isEmpty,
        let fitting = try names().only(named: row.agencyName)
      {
        sentences = Bilingual(
          "\(message.english); the code of \(fitting.name) is \(fitting.code)",
          "\(message.chinese)；\(fitting.name)之代碼為 \(fitting.code)")
      }
      row.add(header, .agencyCode, code: code, sentences)
    }
    if let agency = place.agency {
      if agency.id == authority, row.role == .admin {
        row.add(header, .agencyCode, code: "agency.outside", Self.nationalReviewer)
      }
      try compareNames(&row, agency)
    }
    if let mobile = row.mobile {
      do throws(IAuthError) { try settings.checkCountry(mobile) } catch {
        row.add(header, .mobile, error)
      }
    }
    guard let system = try system(row.systemName) else {
      row.add(header, .system, .systemUnknown(code: row.systemName))
      return nil
    }
    if let day = row.untilDay {
      do throws(IAuthError) {
        row.untilAt = try tx.end(until: day, from: row.effectiveAt, on: system)
      } catch {
        row.add(header, .untilDate, error)
      }
    }
    if importer.session != nil, !importer.systems.contains(system.id) {
      row.add(header, .system, .rightMissing(.importer))
    }
    return system
  }

  /// What the row calls its agency: another one's name means that the code may be wrong, a name of
  /// none that somebody wrote it in their own way.
  private mutating func compareNames(
    _ row: inout CheckedRow, _ agency: Agency
  ) throws(IAuthError) {
    let name = row.agencyName
    guard !name.isEmpty, name != agency.name,
      AgencyNames.key(name) != AgencyNames.key(agency.name)
    else { return }
    var others = try names().exactly(named: name)
    // One that people shorten is another's too, unless it fits this one as well.
    if others.isEmpty, !AgencyNames.fits(AgencyNames.key(name), AgencyNames.key(agency.name)),
      let fitting = try names().only(named: name)
    {
      others = [fitting]
    }
    guard !others.isEmpty else {
      return row.add(
        header, .agencyName, code: "agency.name", isError: false,
        Bilingual(
          "the registry's name for this code is \(agency.name)",
          "此代碼登錄之機關名稱為「\(agency.name)」"))
    }
    let codes = others.prefix(3).map(\.code)
    row.add(
      header, .agencyName, code: "agency.name",
      Bilingual(
        "the code is of \(agency.name); the code of \(others[0].name) is "
          + codes.joined(separator: ", "),
        "此代碼為「\(agency.name)」；「\(others[0].name)」之代碼為 \(codes.joined(separator: "、"))"))
  }

  private mutating func names() throws(IAuthError) -> AgencyNames {
    if let agencyNames { return agencyNames }
    let names = AgencyNames(try tx.all(AgencyTable.active, read: { row in Agency(row: row) }))
    agencyNames = names
    return names
  }

  /// The account that the row means, if there is one; who has one of its contacts under another
  /// name, or another contact under its name, is a conflict to be settled by people.
  mutating func account(
    _ row: inout CheckedRow, _ agency: Agency, _ name: PersonName, _ email: EmailAddress,
    _ mobile: MobileNumber
  ) throws(IAuthError) -> Account? {
    let known = try accounts(agency, email, mobile)
    guard let account = known.first else { return nil }
    let isSamePerson =
      known.count == 1 && account.email.text == email.text
      && account.mobile.e164 == mobile.e164 && account.name.key == name.key
    if let own = firstOwnAccount, let earlier = known.first(where: { $0.id >= own }), !isSamePerson
    {
      let column: FormColumn = earlier.email.text == email.text ? .email : .mobile
      contradict(&row, claims.ownAccounts[Int(earlier.id.value - own.value)], column)
      return nil
    }
    if !isSamePerson {
      row.add(
        header, Self.differing(known, name, email, mobile), code: "row.conflict", Self.conflict)
    } else if account.status == .suspended {
      row.add(header, .name, code: "row.conflict", Self.suspended)
    }
    return account
  }

  /// The cell to mend of a row whose contacts an account has with other data: the contact that is
  /// somebody else's, or the one that is new beside a name that stays.
  static func differing(
    _ known: [Account], _ name: PersonName, _ email: EmailAddress, _ mobile: MobileNumber
  ) -> FormColumn {
    let byEmail = known.first { $0.email.text == email.text }
    let byMobile = known.first { $0.mobile.e164 == mobile.e164 }
    if let byEmail, byEmail.id == byMobile?.id { return .name }
    if let byEmail { return byEmail.name.key == name.key ? .mobile : .email }
    return byMobile?.name.key == name.key ? .email : .mobile
  }

  func standing(
    _ account: Account, _ system: TargetSystem, _ role: Role, from: Timestamp? = nil,
    until: Timestamp? = nil
  ) throws(IAuthError) -> (number: RequestID, batch: BatchID?, isReturned: Bool)? {
    try tx.first(
      ImportTable.standing, account.id, system.id, role, tx.now, from ?? Timestamp(0), until,
      read: { row in (number: row.id(0), batch: row.idIfAny(1), isReturned: row.bool(2)) })
  }

  static let outside = Bilingual(
    "the agency is not yours nor below yours", "非貴機關或所屬機關")
  static let nationalReviewer = Bilingual(
    "administrators of the authority are never part of a batch", "主管機關管理者不得以整批方式申請")
  static let duplicate = Bilingual(
    "an earlier row asks for the same", "與前列重複")
  static let kept = Bilingual(
    "a row 修改 replaces name, e-mail, mobile and title only; this stays as it was",
    "修改僅變更姓名、電子郵件、行動電話與職稱，本欄維持原資料")
  static let conflict = Bilingual(
    "an account of this agency has one of these contacts with other data",
    "本機關已有帳號使用相同聯絡資料，但其他資料不同")
  static let waiting = Bilingual(
    "another request of this person waits for its review", "此人另有申請案審核中")
  static let contradiction = Bilingual(
    "another row of this sheet cannot come true beside this one", "與本附表另一列互相矛盾")
  static let suspended = Bilingual("the account is suspended", "此帳號已停用")
}

extension CheckedRow {
  /// Puts the problems in the order of the sheet's columns.
  mutating func sortProblems(_ header: FormHeader) {
    let places = Dictionary(
      header.titles.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let sorted = problems.enumerated().sorted { a, b in
      (places[a.element.column] ?? Int.max, a.offset)
        < (places[b.element.column] ?? Int.max, b.offset)
    }
    problems = sorted.map(\.element)
  }
}

extension IAuthError {
  /// What it says, in both languages.
  var sentences: Bilingual { Bilingual(text(.english).sentence, text(.chinese).sentence) }
}
