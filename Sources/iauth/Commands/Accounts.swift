// `iauth accounts`: looking up accounts, and changing what state they are in.

import IAuthCore
import Sheets
import Values

struct Accounts: Command {
  static let name = "accounts"
  static let usage = CommandUsage<Accounts>(
    name, in: .registry,
    summary: Bilingual("List, suspend and close accounts", "查詢、停用與關閉帳號"),
    about: Bilingual(
      """
      Lists accounts by name or e-mail. An agency's administrators see, suspend and close the \
      accounts of their own agency that hold no admin permission; the operator may do all. The \
      holder is told of every change and reads the reason; sessions end at once. --erase also \
      takes out what others wrote about the person, mail that waits, and an application under \
      way; the last notice keeps the address until it is sent. The authority's last active \
      administrator cannot be suspended, closed or erased. --unlock ends the locks after wrong \
      codes, of an account or of an address in an agency, whether anybody has it or not. \
      --export gives everything that is stored about one person, for the holder and the operator, \
      and --history what has happened; --affected lists, with their contacts, whose data a caller, \
      an ssh key or a copy could have given away in a span of time.
      """,
      """
      依姓名或電子郵件查詢帳號。機關管理者可查詢、停用及關閉所屬機關中不具管理者權限的帳號；系統維運人員\
      不受此限。異動及理由均通知帳號持有人，並立即結束其登入。--erase 併同刪除審核意見、廢止理由、待送\
      通知及尚未完成的帳號申請；最後一則通知送出前暫留收件地址。主管機關最後一名有效管理者不得停用、\
      關閉或刪除個資。--unlock 解除因驗證碼錯誤所生之鎖定，可指定帳號，或指定機關與其電子郵件或行動電話\
      （不論是否已有帳號）。--export 供當事人及系統維運人員輸出當事人之全部資料，--history 列出其異動歷程；\
      --affected 列出某期間內個人資料可能因執行者、SSH 金鑰或備份外洩者及其聯絡方式。
      """),
    parameters: [
      .operand("QUERY", \.query, Bilingual("part of a name or e-mail", "部分姓名或電子郵件")),
      .option("agency", "CODE", \.agency, Bilingual("only this agency", "僅列此機關")),
      .option("role", "ROLE", \.role, Bilingual("only who holds this role", "僅列具此角色者")),
      .option("system", "CODE", \.system, Bilingual("only who has a role on it", "僅列具此系統權限者")),
      .option(
        "status", "STATUS", \.status,
        Bilingual(
          "only invited, active, suspended or closed",
          "僅列此狀態：invited（已邀請）、active（啟用）、suspended（停用）或 closed（已關閉）")),
      .option("suspend", "ACCOUNT", \.suspend, Bilingual("stop it for now", "停用帳號")),
      .option(
        "restore", "ACCOUNT", \.restore,
        Bilingual("let a suspended one work again", "恢復停用的帳號")),
      .option("close", "ACCOUNT", \.close, Bilingual("end it for good", "關閉帳號")),
      .option(
        "unlock", "[ACCOUNT]", \.unlock,
        Bilingual(
          "end the lock after wrong codes; without ACCOUNT, of an address of --agency",
          "解除驗證碼錯誤的鎖定；未填 ACCOUNT 時，須以 --agency 及地址指定"), mayLackValue: true),
      .option(
        "email", "ADDRESS", \.email,
        Bilingual("the address to unlock", "欲解除鎖定的電子郵件")),
      .option(
        "mobile", "NUMBER", \.mobile,
        Bilingual("the number to unlock", "欲解除鎖定的行動電話")),
      .option(
        "erase", "ACCOUNT", \.erase,
        Bilingual("close it and erase its personal data", "關閉帳號並刪除個人資料")),
      .option(
        "reason", "TEXT", \.reason, Bilingual("why; the holder reads it", "理由，將通知帳號持有人"),
        asks: Bilingual("Reason, for the holder", "理由（將通知帳號持有人）"),
        checks: AnswerCheck.reason),
      .option(
        "export", "ACCOUNT", \.export,
        Bilingual("everything stored about one person, as JSON", "輸出當事人之全部個人資料（JSON）")),
      .option(
        "html", "FILE", \.html, Bilingual("as a page to hand over", "輸出為可交付當事人之網頁"),
        completes: .file),
      .option(
        "history", "ACCOUNT", \.history,
        Bilingual("what has happened to an account", "帳號異動歷程")),
      .flag(
        "affected", \.isAffected,
        Bilingual(
          "whose data could have been read in a span of time; QUERY is a caller: uid:N, a user's "
            + "name, key:NAME or a key's name",
          "某期間內個人資料可能遭讀取者；QUERY 為執行者：uid:N、使用者名稱、key:NAME 或金鑰名稱")),
      .option(
        "since", "TIME", \.since,
        Bilingual("from this day or time, or as long ago", "起始日期時間，或多久以前"),
        asks: Bilingual("From which day or time", "起始日期時間")),
      .option(
        "until", "TIME", \.until,
        Bilingual("up to the end of this day, or before this time", "結束日期（含當日）或時間（不含）"),
        asks: Bilingual("Until which day or time", "結束日期時間")),
    ],
    forms: [
      Form(
        takes: ["QUERY", "agency", "role", "system", "status", "since", "until"], isList: true),
      Form(needs: ["suspend", "reason"]),
      Form(needs: ["restore", "reason"]), Form(needs: ["close", "reason"]),
      Form(needs: ["unlock"], takes: ["reason"]),
      Form(needs: ["unlock", "agency", "email"], takes: ["reason"]),
      Form(needs: ["unlock", "agency", "mobile"], takes: ["reason"]),
      Form(needs: ["erase", "reason"]), Form(needs: ["export"], takes: ["html"]),
      Form(needs: ["history"], takes: ["since", "until"], isList: true),
      Form(needs: ["affected", "since", "until"], takes: ["QUERY"], isList: true),
    ],
    examples: [
      Example(
        "iauth accounts --agency 2.16.886.101.20003.20065.20021",
        Bilingual("The accounts of one agency", "疾病管制署的帳號")),
      Example(
        "iauth accounts --suspend 12 --reason 'on leave until June'",
        chinese: "iauth accounts --suspend 12 --reason 留職停薪至六月",
        Bilingual("Suspend an account", "停用帳號")),
      Example(
        "iauth accounts --unlock --agency 2.16.886.101.20003.20065.20021 --email ming@cdc.gov.tw",
        Bilingual("Unlock an address", "解除地址的鎖定")),
    ],
    fails: [
      .systemUnknown, .accountUnknown, .accountState, .accountLast, .agencyInvalid, .agencyUnknown,
      .reasonInvalid, .emailInvalid, .mobileInvalid, .sessionNone, .sessionExpired, .rightMissing,
      .accountSuspended, .fileExists,
    ],
    check: { (command) throws(IAuthError) in
      let isAddress = command.email != nil || command.mobile != nil
      switch command.unlock {
      case .address? where !isAddress:
        throw .usageMissing(["--agency", "--email"], command: "accounts")
      case .account? where isAddress:
        throw .usageConflict("--unlock ACCOUNT", "--agency", command: "accounts")
      default: break
      }
    })

  var query: String?
  var agency: String?
  var role: Role?
  var system: String?
  var status: AccountStatus?
  var suspend: AccountID?
  var restore: AccountID?
  var close: AccountID?
  var unlock: Unlocked?
  var email: String?
  var mobile: String?
  var erase: AccountID?
  var reason = ""
  var export: AccountID?
  var html: String?
  var history: AccountID?
  var isAffected = false
  var since: TimeArgument?
  var until: TimeArgument?

  func run(_ context: Context) throws(IAuthError) {
    if let export { return try self.export(export, context) }
    if let history { return try showHistory(history, context) }
    if isAffected { return try showAffected(context) }
    let service = try context.service()
    var unlocked: AccountID?
    switch unlock {
    case .address?: return try unlockAddress(service, context)
    case .account(let account)?: unlocked = account
    case nil: break
    }
    let changes: [(AccountVerb, AccountID?)] = [
      (.suspend, suspend), (.restore, restore), (.close, close), (.unlock, unlocked),
      (.erase, erase),
    ]
    for (verb, account) in changes {
      guard let account else { continue }
      let status = try service.change(account: account, verb, reason: reason)
      context.emit(
        ["account": .int(account), "status": .word(status)],
        human: Self.done(verb, account)(context.language))
      return
    }
    let span = try context.span(since, until)
    let filter = AccountFilter(role: role, system: system, status: status)
    let accounts = try service.accounts(query ?? "", agency: agency, filter)
    guard since != nil || until != nil else { return try list(accounts, context) }
    try list(accounts.filter { $0.usedAt.map(span.contains) ?? false }, context)
  }

  private func unlockAddress(_ service: Service, _ context: Context) throws(IAuthError) {
    let address: ContactAddress =
      if let email { .email(try EmailAddress(email)) } else {
        .mobile(try MobileNumber(mobile ?? ""))
      }
    let agency = try service.unlock(address, agency: agency ?? "")
    let masked = address.masked
    context.emit(
      [
        "agency": .agency(agency), email == nil ? "mobile" : "email": .string(masked),
        "unlocked": true,
      ],
      human: Bilingual(
        "\(masked) is unlocked in \(agency.titled(.english))",
        "\(agency.titled(.chinese)) 的 \(masked) 已解除鎖定")(context.language))
  }

  private static func done(_ verb: AccountVerb, _ account: AccountID) -> Bilingual {
    switch verb {
    case .suspend:
      Bilingual(
        "account \(account) is suspended; its sessions have ended", "帳號 \(account) 已停用，並已結束其登入")
    case .restore: Bilingual("account \(account) works again", "帳號 \(account) 已恢復使用")
    case .close:
      Bilingual(
        "account \(account) is closed; its permissions have ended", "帳號 \(account) 已關閉，權限均已廢止")
    case .unlock: Bilingual("account \(account) is unlocked", "帳號 \(account) 已解除鎖定")
    case .erase:
      Bilingual(
        "account \(account) is closed and its personal data erased",
        "帳號 \(account) 已關閉，個人資料已刪除")
    }
  }

  private func list(_ accounts: [AccountLine], _ context: Context) throws(IAuthError) {
    let language = context.language
    let zone = context.localTime.zoneName(at: context.world.now())
    let systems = Set(accounts.flatMap { $0.roles.map(\.system) })
    try context.list(
      .account, accounts.map(\.json),
      table: Table(
        [
          .init(Bilingual("account", "帳號"), isNumber: true),
          .init(Bilingual("agency", "機關"), isFlexible: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("e-mail", "電子郵件"), isFlexible: true),
          .init(Bilingual("status", "狀態")), .init(Bilingual("roles", "角色"), isFlexible: true),
          .init(Bilingual("last used (\(zone))", "最近使用（\(zone)）")),
        ],
        rows: accounts.map { account in
          [
            account.account.description, account.agency.name, account.kept(account.name) ?? "-",
            account.kept(account.email) ?? "-",
            account.status.label(language)
              + (account.broken.isEmpty
                ? ""
                : Bilingual(
                  ", \(account.broken.map { $0.label(.english) }.joined(separator: ", ")) bounces",
                  "，\(account.broken.map { $0.label(.chinese) }.joined(separator: "、"))無法送達")(
                    language)),
            account.roles.map { role in
              (systems.count > 1 ? "\(role.system) " : "") + role.role.label(language)
            }
            .joined(separator: language == .english ? ", " : "、"),
            account.usedAt.map(context.localTime.text) ?? "-",
          ]
        }),
      empty: Bilingual("no such account", "查無帳號"))
  }
}

extension AccountLine {
  fileprivate var json: JSON {
    [
      "account": .int(account), "agency": .agency(agency), "name": .text(kept(name)),
      "title": .text(title), "email": .text(kept(email)), "mobile": .text(kept(mobile)),
      "status": .word(status), "admin": .bool(isAdministrator),
      "roles": .array(
        roles.map { role in
          [
            "request": .int(role.request), "system": .string(role.system), "role": .word(role.role),
          ]
        }), "used_at": .time(usedAt),
      "erased": .bool(isErased), "marks": .array(marks.map { .string($0) }),
    ]
  }

  /// The text, or nothing of someone who was erased.
  fileprivate func kept(_ text: String) -> String? { isErased ? nil : text }
}

/// What is unlocked: an account by its number, or an address that the other options name.
enum Unlocked: ArgumentValue, Equatable {
  case account(AccountID), address

  static func parse(_ text: String, for parameter: String) throws(IAuthError) -> Unlocked {
    text.isEmpty ? .address : .account(try AccountID.parse(text, for: parameter))
  }
}
