// `iauth agencies`: the registry: looking up, loading, and its relations.

import IAuthCore
import Sheets
import Values

struct Agencies: Command {
  static let name = "agencies"
  static let usage = CommandUsage<Agencies>(
    name, in: .registry,
    summary: Bilingual("Look up and load agencies", "查詢與維護機關資料"),
    about: Bilingual(
      """
      Finds agencies by code (OID, eight-digit number or code of ten) or by part of a name: the \
      exact code first, then the exact name, then in the order of codes. Where no name has it in \
      one piece, letters of a name in their order do, as people shorten it; the best comes first. \
      --load reads the official registry file, or another in its form, adds and updates \
      agencies and marks those that vanished as removed; a file from which more than a tenth \
      vanished is refused. --add enters an agency that has no OID by its eight-digit number. \
      --set-superior says which agency stands above others. --succeed puts an agency in the place \
      of others: on its day people, permissions, pending requests and agencies below are its own, \
      and their codes still work; --undo takes it back. --since and --until mean the time when an \
      agency was last changed here, by a load or by the operator.
      """,
      """
      依代碼（OID、統一編號或機關代碼）或部分名稱查詢機關：代碼相符者在前，名稱相符者次之，其餘依代碼排序。\
      查無時，改以簡稱查詢（例如疾管署），最相近者在前。--load 讀取官方機關 OID 檔案（或同格式\
      檔案），新增、更新機關，並將已不存在者註記為裁撤；減少逾一成時不予載入。--add 以統一編號新增無 OID \
      的機關。--set-superior 指定上級機關。--succeed 辦理機關整併、更名：自生效日起，帳號、權限、審核中\
      之申請案及所屬機關均移由承接機關，原代碼仍可使用；--undo 復原整併。--since、--until 依本系統最近異動該機關\
      之時間（載入或系統維運異動）篩選。
      """),
    parameters: ([
      .operand("QUERY", \.query, Bilingual("a code, or part of a name", "機關代碼或部分名稱")),
      .operands(
        "CODE", \.codes, Bilingual("the agencies that get a superior or successor", "下級機關或原機關代碼")),
      .option("under", "CODE", \.under, Bilingual("only agencies below this one", "僅列此機關之所屬機關")),
      .option(
        "load", "FILE", \.load, Bilingual("load a registry file (operator)", "載入機關資料檔（系統維運）"),
        completes: .file),
      .option(
        "dated", "DATE", \.dated,
        Bilingual("the day that its data is of", "該檔案之資料日期")),
      .flag(
        "allow-removals", \.isRemovalAllowed,
        Bilingual("load even if many agencies vanished", "大量機關減少時仍予載入")),
      .flag("add", \.adds, Bilingual("add an agency (operator)", "新增機關（系統維運）")),
      .option(
        "code", "CODE", \.code, Bilingual("the new agency's code", "新機關代碼"),
        asks: Bilingual("Agency code", "機關代碼")),
      .option(
        "name", "NAME", \.name, Bilingual("the new agency's name", "新機關名稱"),
        asks: Bilingual("Agency name", "機關名稱")),
      .option("superior", "CODE", \.superior, Bilingual("the agency above it", "上級機關代碼")),
      .option(
        "set-superior", "SUPERIOR", \.setSuperior,
        Bilingual("put agencies below this one (operator)", "指定上級機關（系統維運）")),
    ] as [Parameter<Agencies>]) + successionParameters,
    forms: [
      Form(takes: ["QUERY", "under"], isList: true),
      Form(needs: ["load"], takes: ["allow-removals", "dated"], isList: true, isTimed: false),
      Form(needs: ["add", "code", "name"], takes: ["superior"]),
      Form(needs: ["set-superior", "CODE"]),
    ] + successionForms,
    examples: [
      Example(
        "iauth agencies 2.16.886.101.20003.20065.20021",
        chinese: "iauth agencies 疾病管制署",
        Bilingual("Look up an agency", "查詢機關代碼")),
      Example(
        "iauth agencies --under 2.16.886.101.20003.20065 --limit 10",
        Bilingual("Agencies of the Ministry of Health and Welfare", "衛生福利部之所屬機關")),
      Example(
        "iauth agencies --load GDS.csv", Bilingual("Load a new registry", "載入新的機關資料")),
    ] + successionExamples,
    fails: [
      .agencyInvalid, .agencyUnknown, .agencyExists, .agencyCycle, .agencyRemoved,
      .agencySucceeded, .agencyUndo, .accountTaken, .accountLast, .dateInvalid, .documentInvalid,
      .nameInvalid, .registryShrunk, .sheetUnreadable, .sheetHeader, .sheetEmpty, .limitBytes,
      .limitRows, .fileMissing, .rightMissing,
    ])

  var query: String?
  var codes: [String] = []
  var under: String?
  var load: String?
  var dated: DayArgument?
  var isRemovalAllowed = false
  var adds = false
  var code = ""
  var name = ""
  var superior: String?
  var setSuperior: String?
  var succeeds = false
  var by: String?
  var on: DayArgument?
  var document: String?
  var from: String?
  var undoes = false

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    guard try !runsSuccession(service, context) else { return }
    if let load {
      try service.checkOperator()
      let report = try service.loadRegistry(
        try context.bytes(of: load), dated: try dated?.past(context.world.now()),
        allowingRemovals: isRemovalAllowed)
      show(report, context)
      try show(report.successors, context)
    } else if adds {
      let added = try service.addAgency(code: code, name: name, superior: superior)
      try show([added], context)
    } else if let setSuperior {
      try show(try service.setSuperior(setSuperior, of: codes), context)
    } else {
      try show(
        try service.agencies(query ?? "", under: under, limit: context.ownLimit), context)
    }
  }

  private func show(_ found: [AgencyLineItem], _ context: Context) throws(IAuthError) {
    let language = context.language
    if found.count == 1, let only = found.first, !context.isListShaped {
      context.emit(only.json, details: only.details(language))
      return
    }
    let hasRemoved = found.contains { $0.agency.status != .active }
    let hasSuccessor = found.contains { $0.succession != nil }
    try context.list(
      .agencies, found.map(\.json),
      table: Table(
        [.init(Bilingual("code", "代碼")), .init(Bilingual("name", "名稱"), isFlexible: true)]
          + (hasRemoved ? [.init(Bilingual("status", "狀態"))] : [])
          + (hasSuccessor ? [.init(Bilingual("successor", "承接機關"), isFlexible: true)] : [])
          + [.init(Bilingual("path", "機關層級"), isFlexible: true)],
        rows: found.map { item in
          [item.agency.code, item.agency.name]
            + (hasRemoved ? [item.agency.status.label(language)] : [])
            + (hasSuccessor ? [item.succession?.text(language) ?? ""] : []) + [item.agency.place]
        }),
      empty: Bilingual(
        "no agency has this code or name; try a shorter part of the name",
        "查無此代碼或名稱之機關，請改以較短的名稱查詢"),
      times: found.map { $0.updatedAt })
  }

  private func show(_ report: RegistryReport, _ context: Context) {
    let counts: JSON = [
      "added": .int(report.added), "updated": .int(report.updated),
      "removed": .int(report.removed), "unchanged": .int(report.unchanged),
      "rejected": .int(report.rejected),
    ]
    guard context.options.json || !Self.isListAsked(context) else {
      return context.say(
        Bilingual(
          "added \(report.added), updated \(report.updated), removed \(report.removed), "
            + "unchanged \(report.unchanged), rejected \(report.rejected)",
          "新增 \(report.added)、更新 \(report.updated)、裁撤 \(report.removed)、"
            + "未異動 \(report.unchanged)、無法讀取 \(report.rejected)"))
    }
    context.emit(
      report.successors.isEmpty
        ? counts : counts.adding(["successors": .array(report.successors.map(\.json))]),
      details: [
        (Bilingual("added", "新增"), String(report.added)),
        (Bilingual("updated", "更新"), String(report.updated)),
        (Bilingual("removed", "裁撤"), String(report.removed)),
        (Bilingual("unchanged", "未異動"), String(report.unchanged)),
        (Bilingual("rejected rows", "無法讀取"), String(report.rejected)),
      ])
  }
}

extension AgencyLineItem {
  fileprivate var json: JSON {
    JSON.agency(agency).adding([
      "superior": .text(superior), "superior_derived": .bool(isSuperiorDerived),
      "status": .word(agency.status),
    ]).adding(
      succession.map { ["successor": .agency($0.new), "succession_at": .time($0.onAt)] } ?? [:]
    ).adding((succession?.why).map { ["succession_failed": .string($0)] } ?? [:])
  }

  fileprivate func details(_ language: Language) -> [(Bilingual, String)] {
    let derived = isSuperiorDerived ? Bilingual(" (derived)", "（推定）")(language) : ""
    return [
      (Bilingual("code", "代碼"), agency.code), (Bilingual("name", "名稱"), agency.name),
    ] + (orgCode.map { [(Bilingual("short code", "機關代碼"), $0)] } ?? []) + [
      (Bilingual("path", "機關層級"), agency.place),
      (Bilingual("superior", "上級機關"), superior.map { $0 + derived } ?? "-"),
      (Bilingual("status", "狀態"), agency.status.label(language)),
    ] + (succession.map { [(Bilingual("successor", "承接機關"), $0.text(language))] } ?? [])
  }
}

extension AgencySuccession {
  fileprivate func text(_ language: Language) -> String {
    let (agency, day) = (new.titled(language), onAt.taiwanDay)
    if let why {
      return Bilingual(
        "\(agency); due \(day), could not happen: \(why); tried again daily",
        "\(agency)，應於 \(day) 生效，未能辦理：\(why)；每日重試")(language)
    }
    return hasHappened
      ? Bilingual("\(agency), since \(day)", "\(agency)，已於 \(day) 承接")(language)
      : Bilingual("\(agency), from \(day) on", "\(agency)，\(day) 生效")(language)
  }
}
