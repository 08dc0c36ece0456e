// `iauth audit`: who did what, and the proof that nobody changed the record of it.

import IAuthCore
import Sheets
import Values

struct Audit: Command {
  static let name = "audit"
  static let usage = CommandUsage<Audit>(
    name, in: .upkeep,
    summary: Bilingual("Read and verify the audit trail", "查詢與驗證稽核紀錄"),
    about: Bilingual(
      """
      Lists audit entries in their order. --verify recomputes the whole chain and names the \
      first entry that does not fit, a gap or a cut-off tail; --anchor compares it with heads \
      kept elsewhere, such as those in the operator's daily mail, or checkpoints. The tables are \
      compared with it, as far as its entries say what must stand there: people, requests, decisions, \
      permissions and sessions; titles, letters' numbers and sent messages are not.

      The entries are the leaves of a Merkle tree (RFC 9162). --checkpoint prints its head as the \
      text of a C2SP checkpoint, for others to keep; --sign has an ssh-agent sign it with an \
      Ed25519 key, and ssh-keygen -Y sign signs it with any other. --prove prints a proof that an \
      entry is under the head, and with --since that the trail grew out of its first SIZE \
      entries. --after prints entries for a log collector, in order: give the last seq that it \
      has (what is read is an entry, too: take the checkpoint first). /usr/share/iauth/verify-trail checks what was exported against checkpoints without iauth; \
      anchors count there beside a checkpoint, which names the trail.

      A head of the witness's that is not in the trail fails --verify, doctor and deliver until \
      --settle-witness says that somebody has looked into it; heads are handed on again then.
      """,
      """
      依序列出稽核紀錄。--verify 重新計算整個雜湊鏈，指出第一筆不符、缺漏或遭截斷之處；--anchor 與另行保存\
      的雜湊值或檢核點比對，例如系統維運每日信件所載者。人員、申請案、決定、權限及登入等資料表內容，並依紀錄所載\
      逐一比對；職稱、公文文號及已寄送之通知不在其內。

      各筆紀錄為 Merkle 雜湊樹（RFC 9162）之葉。--checkpoint 以 C2SP checkpoint 格式輸出樹首，供他人留存；\
      --sign 由 ssh-agent 以 Ed25519 金鑰簽章，其他金鑰可用 ssh-keygen -Y sign。--prove 輸出某筆紀錄確在樹中\
      的證明，加 --since 則另證明現有紀錄係由前 SIZE 筆增長而成。--after 依序輸出紀錄供日誌系統接收，請給已\
      收到的最後序號（讀取亦為一筆紀錄，請先取檢核點）。/usr/share/iauth/verify-trail 可不經 iauth，以匯出檔與檢核點\
      獨立查核；錨點須與檢核點併用，因檢核點始載明所屬紀錄。

      見證所存鏈首與紀錄不符時，--verify、doctor 及 deliver 均回報失敗，並停止送出鏈首；查明後以\
      --settle-witness 解除，該鏈首即不再比對。
      """),
    parameters: [
      .option(
        "since", "TIME|SIZE", \.since,
        Bilingual(
          "from this date or time, or as long ago; of a proof, the entries of the earlier head",
          "起始日期時間，或多久以前；證明時為先前樹首的筆數")),
      .option(
        "until", "TIME", \.until,
        Bilingual("up to the end of this day, or before this time", "結束日期（含當日）或時間（不含）")),
      .option("actor", "ACCOUNT", \.actor, Bilingual("by this account or caller", "執行者（帳號或使用者程序）")),
      .option("action", "ACTION", \.action, Bilingual("only this action", "僅列此動作")),
      .option("subject", "SUBJECT", \.subject, Bilingual("about this subject", "僅列此對象")),
      .flag("verify", \.isVerify, Bilingual("verify the whole trail", "驗證完整稽核紀錄")),
      .option(
        "anchor", "FILE", \.anchor,
        Bilingual(
          "heads kept elsewhere: SEQ HASH a line, or checkpoints",
          "另行保存的雜湊值（每行 SEQ HASH）或檢核點"),
        completes: .file),
      .flag(
        "settle-witness", \.settlesWitness,
        Bilingual(
          "what the witness has and the trail has not was looked into",
          "見證與稽核紀錄不符之處已查明")),
      .flag("head", \.isHead, Bilingual("show where the trail ends", "顯示紀錄末端")),
      .flag(
        "checkpoint", \.isCheckpoint,
        Bilingual("print the head as a C2SP checkpoint", "以 C2SP checkpoint 格式輸出樹首")),
      .option(
        "sign", "KEY.pub", \.sign,
        Bilingual(
          "have the ssh-agent sign it with this Ed25519 key", "由 ssh-agent 以此 Ed25519 金鑰簽章"),
        completes: .file),
      .flag(
        "actions", \.listsActions,
        Bilingual("list the actions that --action takes", "列出 --action 可用的動作")),
      .option(
        "prove", "SEQ", \.prove, Bilingual("prove that this entry is there", "證明此筆紀錄存在")),
      .option(
        "after", "SEQ", \.after,
        Bilingual("print the entries after this one", "輸出此序號之後的紀錄")),
      .option(
        "format", "FORMAT", \.format,
        Bilingual("jsonl (default), rfc5424 or ocsf", "jsonl（預設）、rfc5424 或 ocsf")),
    ],
    forms: [
      Form(takes: ["since", "until", "actor", "action", "subject"], isList: true),
      Form(needs: ["actions"], isList: true), Form(needs: ["verify"], takes: ["anchor"]),
      Form(needs: ["head"]), Form(needs: ["settle-witness"]),
      Form(needs: ["checkpoint"], takes: ["sign"]), Form(needs: ["prove"], takes: ["since"]),
      Form(needs: ["after"], takes: ["format"], isList: true),
    ],
    examples: [
      Example("iauth audit --since 7d", Bilingual("The last seven days", "最近七天的紀錄")),
      Example(
        "iauth audit --verify --anchor heads.txt",
        Bilingual("Verify against kept heads", "與保存的雜湊值比對")),
      Example(
        "iauth audit --checkpoint > head.txt",
        Bilingual("The head, for others to keep", "輸出樹首供他人留存")),
      Example(
        "iauth audit --prove 4711 --since 4000",
        Bilingual("Prove an entry, and that nothing before was changed", "證明某筆紀錄存在，且先前未遭更動")),
      Example(
        "iauth audit --after 4711 --format rfc5424 --limit 1000",
        Bilingual("Feed a log collector", "供日誌系統接收")),
    ],
    fails: [
      .auditBroken, .fileMissing, .anchorMissing, .entryUnknown, .signFailed, .rightMissing,
    ],
    operatorOnly: true)

  var since: String?
  var until: TimeArgument?
  var actor: String?
  var action: String?
  var subject: String?
  var isVerify = false
  var anchor: String?
  var listsActions = false
  var isHead = false
  var settlesWitness = false
  var isCheckpoint = false
  var sign: String?
  var prove: Int64?
  var after: Int64?
  var format: AuditFormat?

  func run(_ context: Context) throws(IAuthError) {
    if isVerify { return try verify(try context.service(), context) }
    if listsActions { return try showActions(context) }
    if isHead { return try showHead(context) }
    if settlesWitness { return try settle(context) }
    if isCheckpoint { return try showCheckpoint(context) }
    if let prove { return try showProof(of: prove, context) }
    if let after { return try feed(after: after, context) }
    let since = try since.map { (text) throws(IAuthError) in
      try TimeArgument.parse(text, for: "--since")
    }
    if let action, AuditAction(rawValue: action) == nil {
      throw .usageValue(
        option: "--action", value: action, allowed: AuditAction.allCases.map(\.rawValue))
    }
    let service = try context.service()
    let span = try context.span(since, until)
    let lines = try service.auditTrail(
      AuditFilter(
        since: span.from, until: span.end, actor: actor, action: action, subject: subject))
    try list(lines, context)
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
    if let finding = try service.hostFinding() { context.say(finding.detail) }
    context.say(
      Bilingual(
        "keep the anchor on another host; a later check: iauth audit --verify --anchor FILE",
        "請將鏈首另存於其他主機，日後比對：iauth audit --verify --anchor FILE"))
  }

  private func showActions(_ context: Context) throws(IAuthError) {
    let actions = AuditAction.allCases.map(\.rawValue)
    try context.list(
      .auditAction, actions.map { ["action": .string($0)] },
      table: Table([.init(Bilingual("action", "動作"))], rows: actions.map { [$0] }),
      empty: Bilingual("there is none", "無"))
  }

  private func list(_ lines: [ListedEntry], _ context: Context) throws(IAuthError) {
    let zone = context.localTime.zoneName(at: context.world.now())
    try context.list(
      .auditEntry, lines.map(\.json),
      table: Table(
        [
          .init(Bilingual("seq", "序號"), isNumber: true),
          .init(Bilingual("time (\(zone))", "時間（\(zone)）")),
          .init(Bilingual("caller", "執行者"), isFlexible: true),
          .init(Bilingual("account", "帳號"), isNumber: true),
          .init(Bilingual("name", "姓名"), isFlexible: true),
          .init(Bilingual("action", "動作")),
          .init(Bilingual("subject", "對象"), isFlexible: true),
          .init(Bilingual("outcome", "結果"), isFlexible: true),
        ],
        rows: lines.map { line in
          let entry = line.line.entry
          return [
            String(entry.seq), context.localTime.text(entry.at), entry.caller,
            entry.account.map(String.init) ?? "", line.name ?? "", entry.action, entry.subject,
            entry.outcome,
          ]
        }),
      empty: Bilingual("no such entry", "查無稽核紀錄"))
  }
}

extension ListedEntry {
  fileprivate var json: JSON {
    line.json.adding(["name": .text(name), "note": .text(note)])
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
