// `iauth systems`: the target systems that permissions are for.

import IAuthCore
import Sheets
import Values

struct Systems: Command {
  static let name = "systems"
  static let usage = CommandUsage<Systems>(
    name, in: .registry,
    summary: Bilingual("List and add target systems", "列出與新增目標系統"),
    about: Bilingual(
      """
      Lists the systems for which permissions can be requested, with their codes and addresses. \
      --add enters a new one; its code may also be given as --code. --set changes how long a \
      permission may last (0d: for good); what is granted from then on ends by then, unless an \
      earlier day was asked for. --since and --until mean the time when a system was added.
      """,
      "列出可申請權限的系統及其代碼與網址。--add 新增系統，代碼亦可以 --code 指定。--set 設定權限最長期間（0d "
        + "為無限期），其後核准之權限至遲於該期間屆滿時終止。--since、--until 依系統新增時間篩選。"),
    parameters: [
      .option(
        "add", "CODE", \.add, Bilingual("add a system (operator)", "新增系統（系統維運）"),
        fills: "code"),
      .option(
        "code", "CODE", \.code, Bilingual("the new system's code", "新系統代碼"),
        asks: Bilingual("Code of the system", "系統代碼")),
      .option(
        "name", "TEXT", \.name, Bilingual("its name", "系統名稱"),
        asks: Bilingual("Name of the system", "系統名稱")),
      .option("name-zh", "TEXT", \.nameChinese, Bilingual("its Chinese name", "系統中文名稱")),
      .option("url", "URL", \.url, Bilingual("its address", "系統網址")),
      .option("set", "CODE", \.set, Bilingual("set a system's bounds (operator)", "設定系統（系統維運）")),
      .option(
        "longest", "DURATION", \.longest,
        Bilingual("how long a permission lasts at most, such as 365d", "權限最長期間，例如 365d"),
        asks: Bilingual("Longest time of a permission, such as 365d", "權限最長期間（例如 365d）")),
    ],
    forms: [
      Form(isList: true), Form(needs: ["add", "code", "name"], takes: ["name-zh", "url"]),
      Form(needs: ["set", "longest"]),
    ],
    examples: [
      Example("iauth systems", Bilingual("List all systems", "列出所有系統")),
      Example(
        "iauth systems --add doc --name 'Document exchange' --url https://doc.example.gov.tw/",
        chinese: "iauth systems --add doc --name 公文交換 --url https://doc.example.gov.tw/",
        Bilingual("Add a system", "新增系統")),
      Example(
        "iauth systems --set spm --longest 365d",
        Bilingual("Let permissions end after a year at most", "權限最長一年")),
    ],
    fails: [.systemExists, .systemInvalid, .systemUnknown, .rightMissing])

  var add: String?
  var code = ""
  var name = ""
  var nameChinese: String?
  var url: String?
  var set: String?
  var longest: TimeSpan?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if add != nil {
      let system = try service.addSystem(
        code: code, name: name, chineseName: nameChinese, url: url)
      context.emit(system.json, details: system.details)
      return
    }
    if let set, let longest {
      let system = try service.setSystem(code: set, longest: longest.seconds > 0 ? longest : nil)
      context.emit(system.json, details: system.details)
      return
    }
    let systems = try service.systems()
    try context.list(
      .system, systems.map(\.json),
      table: Table(
        [
          .init(Bilingual("code", "代碼")), .init(Bilingual("name", "名稱"), isFlexible: true),
          .init(Bilingual("address", "網址"), isFlexible: true),
        ],
        rows: systems.map { [$0.code, $0.name(context.language), $0.url ?? ""] }),
      empty: Bilingual(
        "there is no system yet; add one: iauth systems --add CODE --name TEXT",
        "尚無系統；新增系統：iauth systems --add CODE --name TEXT"),
      times: systems.map { $0.addedAt })
  }
}

extension TargetSystem {
  fileprivate var json: JSON {
    [
      "code": .string(code), "name": .string(name.english), "name_zh": .string(name.chinese),
      "url": .text(url), "longest": .text(longest?.text),
    ]
  }

  fileprivate var details: [(Bilingual, String)] {
    [
      (Bilingual("code", "代碼"), code), (Bilingual("name", "英文名稱"), name.english),
      (Bilingual("Chinese name", "中文名稱"), name.chinese),
      (Bilingual("address", "網址"), url ?? "-"),
    ] + (longest.map { [(Bilingual("longest grant", "權限最長期間"), $0.text)] } ?? [])
  }
}
