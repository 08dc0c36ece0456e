// `iauth audit`: who did what, and the proof that nobody changed the record of it.

import IAuthCore
import Sheets
import Values

struct Audit: Command {
  static let usage = CommandUsage<Audit>(
    "audit", in: .upkeep,
    summary: Bilingual("Read and verify the audit trail", "查詢與驗證稽核紀錄"),
    about: Bilingual(
      """
      Lists audit entries in their order. --verify recomputes the whole chain and names the \
      first entry that does not fit, a gap or a cut-off tail; --anchor compares it with heads \
      kept elsewhere, such as those in the operator's daily mail.
      """,
      """
      依序列出稽核紀錄。--verify 重新計算整個雜湊鏈，指出第一筆不符、缺漏或遭截斷之處；--anchor 與另行保存\
      的雜湊值比對，例如系統維運每日信件所載者。
      """),
    parameters: [
      .option(
        "since", "TIME", \.since,
        Bilingual("from this date or time, or as long ago", "起始日期時間，或多久以前")),
      .option(
        "until", "TIME", \.until,
        Bilingual("up to the end of this day, or before this time", "結束日期（含當日）或時間（不含）")),
      .option("actor", "ACCOUNT", \.actor, Bilingual("by this account or caller", "行為帳號或使用者")),
      .option("action", "ACTION", \.action, Bilingual("only this action", "僅列此動作")),
      .option("subject", "SUBJECT", \.subject, Bilingual("about this subject", "僅列此對象")),
      .flag("verify", \.isVerify, Bilingual("verify the whole trail", "驗證完整稽核紀錄")),
      .option(
        "anchor", "FILE", \.anchor,
        Bilingual("heads kept elsewhere, SEQ HASH a line", "另行保存的雜湊值，每行 SEQ HASH"),
        completes: .file),
    ],
    forms: [
      Form(takes: ["since", "until", "actor", "action", "subject"], isList: true),
      Form(needs: ["verify"], takes: ["anchor"]),
    ],
    examples: [
      Example("iauth audit --since 7d", Bilingual("The last seven days", "最近七天的紀錄")),
      Example(
        "iauth audit --verify --anchor heads.txt",
        Bilingual("Verify against kept heads", "與保存的雜湊值比對")),
    ],
    fails: [.auditBroken, .fileMissing, .rightMissing],
    operatorOnly: true)

  var since: TimeArgument?
  var until: TimeArgument?
  var actor: String?
  var action: String?
  var subject: String?
  var isVerify = false
  var anchor: String?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if isVerify {
      try verify(service, context)
      return
    }
    let now = context.world.now()
    let time = { (argument: TimeArgument?) in
      argument?.timestamp(now: now, in: context.localTime)
    }
    let account = actor.flatMap { try? AccountID.parse($0, for: "--actor") }
    let lines = try service.auditTrail(
      AuditFilter(
        since: time(since), until: until?.end(now: now, in: context.localTime), actor: account,
        action: action, subject: subject))
    let caller = account == nil ? actor : nil
    try list(
      lines.filter { line in
        caller.map { $0.utf8.elementsEqual(line.entry.caller.utf8) } ?? true
      }, context)
  }

  private func verify(_ service: Service, _ context: Context) throws(IAuthError) {
    let anchors = try anchor.map { (path) throws(IAuthError) in
      String(decoding: try context.bytes(of: path), as: UTF8.self)
    }
    let proof = try service.verifyAudit(anchors: anchors)
    context.emit(
      [
        "entries": .int(proof.entries), "hash": .string(Hex.encode(proof.hash)),
        "anchor": .string(proof.anchor),
      ],
      details: [
        (Bilingual("entries verified", "已驗證筆數"), String(proof.entries)),
        (Bilingual("anchor", "鏈首"), proof.anchor),
      ])
    context.say(
      Bilingual(
        "keep the anchor on another host; a later check: iauth audit --verify --anchor FILE",
        "請將鏈首另存於其他主機，日後比對：iauth audit --verify --anchor FILE"))
  }

  private func list(_ lines: [AuditLine], _ context: Context) throws(IAuthError) {
    let zone = context.localTime.zoneName(at: context.world.now())
    try context.list(
      .auditEntry, lines.map(\.json),
      table: Table(
        [
          .init(Bilingual("seq", "序號"), isNumber: true),
          .init(Bilingual("time (\(zone))", "時間（\(zone)）")),
          .init(Bilingual("caller", "使用者程序"), isFlexible: true),
          .init(Bilingual("account", "帳號"), isNumber: true), .init(Bilingual("action", "動作")),
          .init(Bilingual("subject", "對象"), isFlexible: true),
          .init(Bilingual("outcome", "結果"), isFlexible: true),
        ],
        rows: lines.map(\.entry).map { entry in
          [
            String(entry.seq), context.localTime.text(entry.at), entry.caller,
            entry.account.map(String.init) ?? "", entry.action, entry.subject, entry.outcome,
          ]
        }),
      empty: Bilingual("no such entry", "查無稽核紀錄"))
  }
}

extension AuditLine {
  var json: JSON {
    [
      "seq": .int(entry.seq), "at": .time(entry.at), "caller": .string(entry.caller),
      "account": .number(entry.account), "action": .string(entry.action),
      "subject": .string(entry.subject), "outcome": .string(entry.outcome),
      "hash": .string(Hex.encode(hash)),
    ]
  }
}
