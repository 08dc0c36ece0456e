// `iauth systems`: the target systems that permissions are for.

import IAuthCore
import Sheets
import Values

struct Systems: Command {
  static let usage = CommandUsage<Systems>(
    "systems", in: .registry,
    summary: Bilingual("List and add target systems", "列出與新增目標系統"),
    about: Bilingual(
      """
      Lists the systems for which permissions can be requested, with their codes and addresses. \
      --add enters a new one.
      """,
      "列出可申請權限的系統及其代碼與網址。--add 新增系統。"),
    parameters: [
      .option("add", "CODE", \.add, Bilingual("add a system (operator)", "新增系統（系統維運）")),
      .option(
        "name", "TEXT", \.name, Bilingual("its name", "系統名稱"),
        asks: Bilingual("Name of the system", "系統名稱")),
      .option("name-zh", "TEXT", \.nameChinese, Bilingual("its Chinese name", "系統中文名稱")),
      .option("url", "URL", \.url, Bilingual("its address", "系統網址")),
    ],
    forms: [Form(isList: true), Form(needs: ["add", "name"], takes: ["name-zh", "url"])],
    examples: [
      Example("iauth systems", Bilingual("List all systems", "列出所有系統")),
      Example(
        "iauth systems --add doc --name 'Document exchange' --url https://doc.example.gov.tw/",
        chinese: "iauth systems --add doc --name 公文交換 --url https://doc.example.gov.tw/",
        Bilingual("Add a system", "新增系統")),
    ],
    fails: [.systemExists, .systemInvalid, .rightMissing])

  var add: String?
  var name = ""
  var nameChinese: String?
  var url: String?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if let add {
      let system = try service.addSystem(
        code: add, name: name, chineseName: nameChinese, url: url)
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
        "尚無系統；新增系統：iauth systems --add CODE --name TEXT"))
  }
}

extension TargetSystem {
  fileprivate var json: JSON {
    [
      "code": .string(code), "name": .string(name.english), "name_zh": .string(name.chinese),
      "url": .text(url),
    ]
  }

  fileprivate var details: [(Bilingual, String)] {
    [
      (Bilingual("code", "代碼"), code), (Bilingual("name", "英文名稱"), name.english),
      (Bilingual("Chinese name", "中文名稱"), name.chinese),
      (Bilingual("address", "網址"), url ?? "–"),
    ]
  }
}
