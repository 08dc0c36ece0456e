// `iauth request-permission`: asking for a role on a system, and following it up.

import IAuthCore
import Sheets
import Values

struct RequestPermission: Command {
  static let usage = CommandUsage<RequestPermission>(
    "request-permission", in: .people,
    summary: Bilingual("Request a role on a system", "申請系統使用權限"),
    about: Bilingual(
      """
      Asks for the permission to use a system, as agency administrator (admin, which includes \
      use) or as general user. A request for admin is decided by the authority, one for general \
      by the administrators of your own agency. The result comes by e-mail. A request that \
      nobody decides lapses after 180 days.
      """,
      """
      申請系統的使用權限，角色為機關管理者（admin，含使用權限）或一般使用者（general）。機關管理者由主管\
      機關審核，一般使用者由所屬機關的管理者審核；結果以電子郵件通知。逾 180 天未審核者，申請失效。
      """),
    parameters: [
      .option(
        "system", "CODE", \.system,
        Bilingual("the system; needed if there are several", "系統代碼；僅有一個系統時可省略")),
      .option(
        "role", "ROLE", \.role,
        Bilingual("admin or general (the default)", "admin 或 general（預設）")),
      .option(
        "reason", "TEXT", \.reason, Bilingual("why; the reviewer reads it", "申請事由，供審核者參考")),
      .option(
        "document", "NUMBER", \.document, Bilingual("the official letter's number", "公文文號")),
      .flag(
        "list", \.lists,
        Bilingual("list your permissions and requests", "列出本人的權限與申請")),
      .option(
        "withdraw", "REQUEST", \.withdraw,
        Bilingual("withdraw a pending request", "撤回審核中的申請")),
    ],
    forms: [
      Form(takes: ["system", "role", "reason", "document"]), Form(needs: ["list"], isList: true),
      Form(needs: ["withdraw"]),
    ],
    examples: [
      Example(
        "iauth request-permission --system spm --role admin",
        Bilingual("Ask to be the agency's administrator", "申請擔任機關管理者")),
      Example(
        "iauth request-permission --list",
        Bilingual("See what was decided, and why", "查看審核結果與理由")),
    ],
    fails: [
      .requestDuplicate, .requestDecided, .permissionHeld, .reasonInvalid, .documentInvalid,
      .agencyRemoved, .systemUnknown, .requestUnknown, .sessionNone, .sessionExpired,
      .accountSuspended,
    ])

  var system: String?
  var role: Role?
  var reason: String?
  var document: String?
  var lists = false
  var withdraw: RequestID?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if lists {
      try list(service, context)
    } else if let withdraw {
      try service.withdraw(withdraw)
      context.emit(
        ["request": .int(withdraw), "status": .word(RequestStatus.withdrawn)],
        human: Bilingual("request \(withdraw) is withdrawn", "申請案 \(withdraw) 已撤回")(
          context.language))
    } else {
      try submit(service, context)
    }
  }

  private func submit(_ service: Service, _ context: Context) throws(IAuthError) {
    let receipt = try service.requestPermission(
      system: system, role: role ?? .general, reason: reason, document: document)
    let language = context.language
    context.emit(
      [
        "request": .int(receipt.number), "system": .string(receipt.system.code),
        "role": .word(receipt.role), "kind": .word(receipt.kind), "status": .word(receipt.status),
        "reviewed_by": receipt.isReviewedByAuthority ? "authority" : "agency",
        "reviewers": .texts(receipt.reviewers),
      ],
      details: [
        (Bilingual("request", "申請編號"), receipt.number.description),
        (
          Bilingual("system", "系統"), receipt.system.titled(language)
        ),
        (Bilingual("role", "角色"), receipt.role.label(language)),
        (Bilingual("status", "狀態"), receipt.status.label(language)),
        (
          Bilingual("reviewed by", "審核者"),
          receipt.isReviewedByAuthority
            ? Bilingual("the authority", "主管機關")(language)
            : Bilingual("administrators of \(receipt.agency.name)", "\(receipt.agency.name)之管理者")(
              language)
        ),
        (
          Bilingual("reviewers", "審核人員"),
          receipt.reviewers.isEmpty
            ? Bilingual("none yet", "尚無")(language)
            : receipt.reviewers.joined(separator: language == .english ? ", " : "、")
        ),
      ])
    if receipt.isNational {
      context.say(
        Bilingual(
          "an administrator of the authority reviews for the whole country; all of them are told "
            + "of an approval",
          "主管機關的管理者負責審核全國申請；核准後將通知主管機關全體管理者"))
    }
    context.say(whatFollows(receipt))
  }

  private func whatFollows(_ receipt: RequestReceipt) -> Bilingual {
    guard receipt.reviewers.isEmpty else {
      return Bilingual(
        "the result comes by e-mail; follow it up: iauth request-permission --list",
        "審核結果將以電子郵件通知；查詢進度：iauth request-permission --list")
    }
    guard !receipt.isReviewedByAuthority else {
      return Bilingual(
        "nobody can review this yet; the request waits until the authority has an administrator "
          + "of the system",
        "目前尚無審核人員，申請將保留至主管機關設置該系統管理者後審核")
    }
    return Bilingual(
      "your agency has no administrator yet, so the request waits; the agency gets one by: iauth "
        + "request-permission --system \(receipt.system.code) --role admin",
      "貴機關尚無管理者，申請將保留待審；請由擔任管理者之同仁申請：iauth request-permission --system "
        + "\(receipt.system.code) --role admin")
  }

  private func list(_ service: Service, _ context: Context) throws(IAuthError) {
    let requests = try service.ownRequests()
    let zone = context.localTime.zoneName(at: context.world.now())
    let language = context.language
    try context.list(
      .ownRequest, requests.map(\.json),
      table: Table(
        [
          .init(Bilingual("request", "編號"), isNumber: true), .init(Bilingual("system", "系統")),
          .init(Bilingual("role", "角色")), .init(Bilingual("status", "狀態")),
          .init(Bilingual("submitted (\(zone))", "申請時間（\(zone)）")),
          .init(Bilingual("reviewer", "審核者"), isFlexible: true),
          .init(Bilingual("note", "說明"), isFlexible: true),
        ],
        rows: requests.map { request in
          [
            request.number.description, request.system, request.role.label(language),
            request.state(language), context.localTime.text(request.submittedAt),
            request.decidedBy ?? "", request.endReason ?? request.note ?? "",
          ]
        }),
      empty: Bilingual(
        "you have no permissions or requests; ask for one: iauth request-permission --role ROLE",
        "尚無權限或申請；申請權限：iauth request-permission --role ROLE"))
  }
}

extension OwnRequest {
  fileprivate var json: JSON {
    [
      "request": .int(number), "system": .string(system), "role": .word(role), "kind": .word(kind),
      "status": .word(status), "submitted_at": .time(submittedAt), "decided_at": .time(decidedAt),
      "decided_by": .text(decidedBy), "reason": .text(reason), "note": .text(note),
      "permission": .word(permission), "end_reason": .text(endReason),
    ]
  }

  /// The request's state, or that its permission ended.
  fileprivate func state(_ language: Language) -> String {
    permission == .revoked ? PermissionStatus.revoked.label(language) : status.label(language)
  }
}
