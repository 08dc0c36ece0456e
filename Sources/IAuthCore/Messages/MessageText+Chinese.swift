// Every notice in Chinese, as Taiwan's government writes to people: what happened, whose and which,
// and the command to type next. No case is left to a default.

import Sheets
import Values

extension Notice {
  var chineseWording: Wording {
    switch self {
    case .code(let purpose, let channel, let code, let agency, let reference):
      Wording(
        "\(purpose.chinese)驗證碼",
        [
          purpose == .application
            ? "您正在辦理「\(SafeText.withoutCodes(agency))」的\(purpose.chinese)（申請序號 \(reference)），"
            : "您正以「\(SafeText.withoutCodes(agency))」人員登入（登入序號 \(reference)），",
          "\(channel == .email ? "電子郵件" : "行動電話")驗證碼為：", "", code, "",
          "請於 10 分鐘內執行下列指令，並依提示輸入驗證碼：", "", "    iauth verify \(reference)", "",
          "驗證碼僅能使用一次，請勿轉告他人。如非您本人辦理，請忽略本信件。",
        ])
    case .submitted(let request):
      Wording(
        "申請案 \(request.number) 待審核",
        [
          request.isAgainBecause != nil
            ? "有一件前經核准之權限申請案須重新審核："
            : request.isResubmitted ? "有一件退回補正後再送的權限申請案待您審核：" : "有一件權限申請案待您審核：", "",
        ]
          + request.chinese
          + (request.isAgainBecause.map { ["重新審核原因：\($0.text.chinese)"] } ?? [])
          + (request.isNational ? ["", "注意：本案核准後，申請人即得審核全國各機關管理者之申請。"] : [])
          + [
            "", "請檢視內容後核准或退件：", "", "    iauth pending \(request.number)",
            "    iauth approve \(request.number)\(request.expecting)",
            "    iauth reject \(request.number) --reason 退件理由",
          ])
    case .batchSubmitted(let batch, let agency, let requests, let document):
      Wording(
        "整批申請 \(batch) 待審核",
        ["「\(SafeText.line(agency))」提報一批權限申請案，待您審核：", ""]
          + Self.chineseBatch(batch, document) + ["申請案件數：\(requests)"] + [
            "", "請檢視內容後審核：", "", "    iauth pending --batch \(batch)",
            "    iauth approve --batch \(batch)",
            "    iauth reject --batch \(batch) --reason 退件理由",
          ])
    case .approved(let request, let url, let note):
      Wording(
        "申請案 \(request.number) 已核准",
        ["您的申請案已核准：", ""] + request.chinese
          + (note.map { ["", "審核意見："] + SafeText.quotation($0) } ?? [])
          + [""] + Self.chineseNextStep(request, url)
          + ["", "查詢您的權限與申請案：", "", "    iauth request-permission --list"])
    case .rejected(let request, let reason):
      Wording(
        "申請案 \(request.number) 已退件",
        ["您的申請案經審核後退件：", ""] + request.chinese + ["", "退件理由："]
          + SafeText.quotation(reason)
          + request.worksAgain.chinese + request.askAgain.chinese)
    case .requestLapsed(let request):
      Wording(
        "申請案 \(request.number) 逾期失效",
        [request.isReturned ? "申請案退回補正後逾期未補正，已失效：" : "您的申請案因逾期未經審核，已失效：", ""]
          + request.chinese + request.worksAgain.chinese + request.askAfresh.chinese)
    case .invitation(let request, let agencyCode, let email, let expiresAt):
      Wording(
        "帳號啟用邀請（申請案 \(request.number)）",
        [
          "「\(request.invitedBy.map(SafeText.line) ?? "系統維運人員")」為您提報之下列權限業經核准：", "",
        ] + request.chinese
          + [
            "", "請於 \(expiresAt.taiwanMinute)（臺灣時間）前以下列指令登入並啟用帳號，逾期失效。",
            "NUMBER 請填您的行動電話號碼，電子郵件與行動電話都會收到驗證碼：", "",
          ]
          + Self.firstSignIn(request, agencyCode: agencyCode, email: email))
    case .recertification(let review, let name, let items, let dueAt, let isReminder, let isOver):
      Wording(
        isReminder ? "帳號清查 \(review) 待答復" : "帳號清查 \(review) 開始",
        [
          isOver
            ? "下列帳號清查已逾期限，尚待您答復："
            : "請確認下列權限是否仍有需要，並於期限內答復：", "",
        ] + (name.map { ["清查名稱：\(SafeText.line($0))"] } ?? []) + [
          "待答復：\(items) 項", "期限：\(dueAt.taiwanDate)（臺灣時間）", "",
          "檢視並逐項答復，或一次下載清查表填報：", "", "    iauth recertify",
          "    iauth recertify ITEM --keep", "    iauth recertify ITEM --end --reason TEXT",
          "    iauth recertify --sheet FILE.xlsx", "    iauth recertify --hand-in FILE.xlsx",
        ])
    case .permissionSuspended(let request):
      Wording(
        "權限暫停（申請案 \(request.number)）",
        ["帳號清查期限內無人答復，您的下列權限自即日起暫停：", ""] + request.chinese
          + ["", "如仍有需要，請洽貴機關管理者答復清查：", "", "    iauth admins"])
    case .permissionRestored(let request):
      Wording(
        "權限恢復（申請案 \(request.number)）",
        ["帳號清查已獲答復，您的下列權限自即日起恢復：", ""] + request.chinese
          + ["", "查詢您的權限：", "", "    iauth request-permission --list"])
    case .nationalReviewer(let request):
      Wording(
        "主管機關新增管理者（申請案 \(request.number)）",
        ["主管機關新增一位管理者，得審核全國各機關管理者之申請：", ""] + request.chinese
          + ["", "如有疑義，請檢視：", "", "    iauth pending \(request.number)"])
    case .batchDecided(let batch, let document, let approved, let rejected, let other):
      Wording(
        "整批申請 \(batch) 審核完畢",
        ["您提報的整批申請已全數審核完畢：", ""] + Self.chineseBatch(batch, document)
          + [
            "核准：\(approved)", "退件：\(rejected)", "其他（撤回或逾期失效）：\(other)", "",
            "各件結果，以及個別案件的退件理由：", "",
            "    iauth pending --batch \(batch)",
            "    iauth pending --batch \(batch) --status rejected",
          ])
    case .invitationLapsed(let request):
      Wording(
        "啟用邀請逾期失效（申請案 \(request.number)）",
        ["您提報的人員未於期限內啟用帳號，其帳號與權限已失效：", ""] + request.chinese
          + ["", "如仍有需要，請重新提報：", "", "    iauth import-batch FILE"])
    case .invitationEnded(let request, let reason):
      Wording(
        "啟用邀請已終止（申請案 \(request.number)）",
        ["您提報的人員尚未啟用帳號，其權限已廢止，邀請隨之失效：", ""] + request.chinese + ["", "原因："]
          + SafeText.quotation(reason)
          + ["", "如仍有需要，請重新提報：", "", "    iauth import-batch FILE"])
    case .revoked(let request, let reason):
      Wording(
        "權限已廢止（申請案 \(request.number)）",
        ["由下列申請案核予您的權限已廢止：", ""] + request.chinese + ["", "原因："]
          + SafeText.quotation(reason)
          + ["", "查詢您的權限：", "", "    iauth request-permission --list"])
    case .accountChanged(let status, let agency, let reason):
      Wording(
        "帳號狀態變更：\(status.chinese)",
        ["您在「\(SafeText.line(agency.name))」的帳號狀態變更為：\(status.chinese)", "", "原因："]
          + SafeText.quotation(reason)
          + (status == .closed
            ? ["", "如仍有需要，請重新申請帳號：", "", "    iauth apply"]
            : ["", "如有疑義，請洽機關管理者：", "", "    iauth admins --agency \(agency.code)"]))
    case .contactChanged(let agency, let email, let mobile):
      Wording(
        "聯絡資料已變更",
        [
          "您在「\(SafeText.line(agency.name))」的帳號，聯絡資料變更為：", "",
          "電子郵件：\(SafeText.line(email))", "行動電話：\(SafeText.line(mobile))", "",
          "如非您本人辦理，請立即洽機關管理者停用帳號：", "", "    iauth admins --agency \(agency.code)",
        ])
    case .wrongAttempts(let agency):
      Wording(
        "驗證碼連續輸入錯誤",
        [
          "您於「\(SafeText.line(agency.name))」之帳號遭連續輸入錯誤驗證碼 5 次，",
          "該執行者 15 分鐘內無法再嘗試。您的登入不受影響。", "",
          "如非您本人所為，請勿將驗證碼轉告他人，並洽機關管理者：", "",
          "    iauth admins --agency \(agency.code)",
        ])
    case .wrongAttemptsAlarm(let count):
      Wording(
        "驗證碼錯誤次數異常",
        [
          "最近一小時內共有 \(count) 次驗證碼輸入錯誤，可能有人嘗試猜測驗證碼。", "",
          "請檢視稽核紀錄：", "", "    iauth audit",
        ])
    case .idleWarning(let agency, let days, let suspendedAt):
      Wording(
        "帳號即將停用",
        [
          "您在「\(SafeText.line(agency))」的帳號已 \(days) 天未登入，",
          "將於 \(suspendedAt.taiwanMinute)（臺灣時間）停用。如仍有需要，請登入一次：", "",
          "    iauth verify",
        ])
    case .contactBounces(let agency, let name, let account, let channel, let contact):
      Wording(
        channel == .email ? "帳號 \(account) 之郵件遭退信" : "帳號 \(account) 之簡訊無法送達",
        [
          "寄給「\(SafeText.line(agency))」下列人員的\(channel == .email ? "郵件" : "簡訊")無法送達：", "",
          "姓名：\(SafeText.line(name))", "帳號：\(account)",
          "\(channel == .email ? "電子郵件" : "行動電話")：\(SafeText.line(contact))", "",
          "如該員已離職，請關閉其帳號；如聯絡資料已異動，請該員以新資料重新申請帳號：", "",
          "    iauth accounts --close \(account) --reason 原因", "    iauth apply",
        ])
    case .revokedByForm(let batch, let agency, let count):
      Wording(
        "機關管理者異動（整批申請 \(batch)）",
        [
          "「\(SafeText.line(agency))」提報異動，已廢止 \(count) 位機關管理者的權限。", "",
          "請檢視：", "", "    iauth pending --batch \(batch)",
        ])
    case .returned, .batchReturned, .rowsEnded, .superseded, .withdrawnByForm,
      .withdrawnBySubmitter, .standIn,
      .handOverOff, .permissionEnding, .comesUpAgain, .changeNotMade, .succession:
      grantWording.chinese
    case .channelTest:
      Wording("測試郵件", ["這是系統維運人員測試郵件能否送達之信件，您無須處理。"])
    case .reminder(let items):
      Wording(
        "稽催：\(items.count) 件申請案待審核",
        ["下列申請案仍待您審核，依等候時間由久至近排列：", ""] + RequestLines(items).chinese
          + ["逐筆審查，或逐件核准、退件（以第一件為例）：", ""] + RequestLines(items).commands)
    case .authorityDigest(let digest): Wording("主管機關彙整通知", Self.chineseDigest(digest))
    case .operatorDigest(let digest):
      Wording("系統維運彙整通知", digest.chinese)
    case .hostChanged(let epoch, let entries, let newest):
      Wording(
        "資料庫已改由其他主機接手",
        [
          "資料庫已改由第 \(epoch) 部主機接手，所有登入均已結束，驗證碼一律失效。",
          "接手時稽核紀錄共 \(entries) 筆" + (newest.map { "，最近一筆為 \($0.rfc3339)。" } ?? "。"), "",
          "先前已回復辦妥之事項是否均在其中，本機無從得知，請與他處保存之最新鏈首比對：", "",
          "    iauth audit --verify --anchor FILE", "    iauth doctor",
        ])
    case .witnessContradicts(let entries):
      Wording(
        "稽核紀錄與見證所存者不符",
        [
          "見證存有第 \(entries) 筆之鏈首，與本機稽核紀錄不符：已回復辦妥之資料有所遺失，或紀錄遭改寫，請優先查明。",
          "查明並執行下列第二行之前，iauth doctor 及 iauth audit --verify 均回報失敗，亦不再送出鏈首：", "",
          "    iauth doctor", "    iauth audit --settle-witness",
        ])
    }
  }

  private static func chineseBatch(_ batch: BatchID, _ document: String?) -> [String] {
    ["整批編號：\(batch)"] + (document.map { ["公文文號：\(SafeText.line($0))"] } ?? [])
  }

  private static func chineseNextStep(_ request: RequestSummary, _ url: String?) -> [String] {
    let system = "「\(SafeText.line(request.system.chinese))」"
    switch request.kind {
    case .grant:
      return [
        "後續作業：由貴機關的機關管理者\(request.role == .admin ? "（即您本人）" : "")於\(system)內設定細部權限。"
      ] + (url.map { ["", "    \(SafeText.line($0))"] } ?? [])
    case .revoke: return ["該權限已廢止。"]
    case .change: return [request.changeIsTrue.chinese]
    }
  }

  private static func chineseDigest(_ digest: AuthorityDigest) -> [String] {
    let (withoutReviewer, overdue) = (digest.withoutReviewer, digest.overdue)
    let single = digest.singleAdministrator
    var lines: [String] = []
    if !withoutReviewer.isEmpty {
      lines += ["下列申請案沒有可審核的機關管理者，請洽該機關提報管理者：", ""]
      lines += RequestLines(withoutReviewer).chinese
    }
    if !overdue.isEmpty {
      lines += ["下列申請案經多次稽催仍未審核，請洽該機關儘速審核或增設管理者：", ""]
      lines += RequestLines(overdue).chinese
    }
    if !single.isEmpty {
      lines += ["下列機關管理者不足，請促其增設：", ""]
      lines += single.prefix(Limits.mailLines).map {
        "\(SafeText.line($0.code))　\(SafeText.line($0.name))　管理者 \($0.administrators) 位"
      }
      let left = single.count - Limits.mailLines
      if left > 0 { lines.append("另有 \(left) 個機關未列。") }
      lines.append("")
    }
    for rate in digest.reviews { lines += rate.chinese + [""] }
    if digest.omitted > 0 { lines += ["另有 \(digest.omitted) 項未列於本信件。", ""] }
    return lines + ["機關管理者不足的機關：", "", "    iauth admins --missing"]
  }
}

extension ReviewRate {
  fileprivate var chinese: [String] {
    let name = name.map { "（\(SafeText.line($0))）" } ?? ""
    let shown = lines.prefix(Limits.mailLines).map { line in
      "\(SafeText.line(line.superior))　\(line.answered)／\(line.items) 項，\(line.percent)%"
        + (line.unassigned > 0 ? "，無人可答復 \(line.unassigned) 項" : "")
    }
    let more = lines.count - shown.count
    return ["帳號清查 \(review)\(name)，期限 \(dueAt.taiwanDate)，各上級機關答復率：", ""]
      + shown + (more > 0 ? ["另有 \(more) 個上級機關"] : [])
      + (unassigned > 0 ? ["", "因無管理者而無人可答復者共 \(unassigned) 項。"] : [])
      + ["", "    iauth recertify --status \(review)"]
  }
}

extension RequestSummary {
  var chinese: [String] {
    [
      "申請序號：\(number)", "機關：\(SafeText.line(agency))", "姓名：\(SafeText.line(name))",
      "系統：\(SafeText.line(system.chinese))（\(SafeText.line(systemCode))）",
      "角色：\(role.chinese)", "類別：\(kind.chinese)",
    ] + terms.map(\.chinese)
  }
}

extension CodePurpose {
  /// What the person is doing, in the middle of a sentence.
  var chinese: String {
    switch self {
    case .application: "帳號申請"
    case .signIn: "登入"
    case .stepUp: "補行驗證"
    }
  }
}

extension Role {
  package var chinese: String {
    switch self {
    case .admin: "機關管理者"
    case .general: "一般權限"
    }
  }
}

extension RequestKind {
  package var chinese: String {
    switch self {
    case .grant: "申請權限"
    case .revoke: "廢止權限"
    case .change: "變更聯絡資料"
    }
  }
}
