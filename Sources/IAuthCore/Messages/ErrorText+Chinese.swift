// Every error's sentence in Chinese as Taiwan's government writes it: polite, plain, full-width
// punctuation, no full stop at the end. There is no default, as in the English file.

import Sheets
import Values

extension IAuthError {
  var chineseSentence: String {
    switch self {
    case .declined: "未確認，資料未變更"
    case .codeWrong: "驗證碼不正確；輸入錯誤達 5 次者，15 分鐘內無法再驗證"
    case .codeExpired(let reference, false):
      "\(quoted(reference))的驗證碼已逾 10 分鐘、已使用或已由新碼取代"
    case .codeExpired(let reference, true): "\(quoted(reference))已使用或已失效，請重新辦理"
    case .codeUsed(let isApplication):
      isApplication ? "此帳號申請已完成驗證，請直接登入" : "此次登入已完成驗證"
    case .requestDuplicate(let number): "同一事項已有申請案 \(number) 審核中"
    case .requestDecided(let number, let status, let by, let at):
      "申請案 \(number) 已" + (by.map { "由\(quoted($0))" } ?? (status == .approved ? "免經審核" : ""))
        + "於 \(at.taiwanMinute)（臺灣時間）\(status.chinese)"
    case .requestOwn(let number):
      "申請案 \(number) 涉及您本人，或您所提報、所代理之人，須由其他管理者審核"
    case .requestChanged(let number): "申請案 \(number) 的內容已有異動，請重新檢視後再審核"
    case .permissionHeld(let number, let role, let until):
      (role == .admin ? "該帳號已具機關管理者權限（含使用權限）" : "該帳號已具此權限") + "，係由申請案 \(number) 核予"
        + (until.map { "，至 \($0.lastTaiwanDay) 止" } ?? "")
    case .permissionNone(let number, let problem): problem.text(of: number).chinese
    case .accountTaken: "該機關另有帳號使用相同的電子郵件或行動電話，請洽機關管理者"
    case .accountsTaken(let accounts):
      "帳號 \(accounts.map(\.description).joined(separator: "、")) 的電子郵件或行動電話相同，"
        + "但無法認定為同一人，請先變更或關閉其一"
    case .contactTaken(let account):
      "本機關帳號 \(account) 已使用所申請之電子郵件或行動電話，如為同一人請先關閉該帳號，否則請退件"
    case .accountLast: "此為主管機關最後一位有效的管理者，請先增設其他管理者"
    case .accountState(let account, let status):
      "帳號 \(account) 的狀態為「\(status.chinese)」，無法執行此項作業"
    case .agencyCycle(let code): "如此設定將使機關\(quoted(code))成為自己的上級機關"
    case .successionCycle(let code): "機關\(quoted(code))不得由自己承接"
    case .agencySucceeded(let code, let new): "機關\(quoted(code))已由（或將由）\(quoted(new))承接"
    case .successionBound(let code, .none): "機關\(quoted(code))並無承接機關"
    case .successionBound(let code, .late): "機關\(quoted(code))整併已逾 7 日，不得復原"
    case .successionBound(_, .successor(let new)):
      "承接機關已另由其他機關承接，請先復原\(quoted(new))的整併"
    case .successionBound(_, .later(let code)): "同一人員之帳號嗣後與機關\(quoted(code))合併，請先復原該機關之整併"
    case .successionBound(_, .request(let number)): "申請案 \(number) 於整併後業經審核，不得復原整併"
    case .successionBound(_, .account(let account)): "合併的帳號 \(account) 嗣後已有異動，不得復原整併"
    case .successionBound(_, .authority):
      "復原後主管機關將無管理者，請先指派：iauth admins --appoint"
    case .recertifyOpen(let review): "清查 \(review) 尚未結案，且範圍重疊"
    case .recertifyAnswered(let item, let by, let at):
      "清查項目 \(item) 已" + (by.map { "由 \(shortened($0)) " } ?? "")
        + "於 \(at.taiwanMinute)（臺灣時間）答復，答復後不得變更"
    case .recertifyClosed(let review): "清查 \(review) 已結案"
    case .recertifyOver(let item, let at):
      "清查項目 \(item) 之權限已於 \(at.taiwanMinute)（臺灣時間）廢止，無須答復"
    case .recertifyEarly(let review, let open, let dueAt):
      "清查 \(review) 期限為 \(dueAt.taiwanDate)，尚有 \(open) 項未答復"
    case .recertifyCount(let expected, let found): "預期 \(expected) 項，待答復者 \(found) 項"
    case .recertifyUnknown(let number): "查無可由您答復之清查或項目 \(number)"
    case .recertifyRow(let column): "欄位「\(shortened(column))」與原清查表不符"
    case .recertifyMissing(let item): "清查表缺少項目 \(item)"
    case .messageState(let id, let status):
      "通知 \(id) 的狀態為「\(status.chinese)」，無法執行此項作業"

    case .usageCommand(let word, let nearest): "查無指令\(quoted(word))" + didYouMean(nearest)
    case .usageOption(let word, let nearest, let command):
      "\(command.map { "\($0) " } ?? "")查無選項\(quoted(word))" + didYouMean(nearest)
    case .usageOperand(let word, let command):
      "\(command.map { "\($0) " } ?? "")不接受\(quoted(word))"
    case .usageMissing(let words, let command):
      "\(command) 尚缺必要項目：\(words.joined(separator: "、"))"
    case .usageMissingValue(let option, _): "選項\(quoted(option))須指定值"
    case .usageUnwantedValue(let option, _): "選項\(quoted(option))不得指定值"
    case .usageRepeated(let option, _): "選項\(quoted(option))重複"
    case .usageConflict(let one, let other, _): "選項\(quoted(one))與\(quoted(other))不得併用"
    case .usageValue("NUMBER", let value, _): "\(quoted(value))不是有效的申請序號"
    case .usageValue(let option, let value, let allowed):
      "選項\(quoted(option))不接受\(quoted(value))"
        + choices(allowed, "，可用的值為：", "，寫法例如：", "、")
    case .usageSpan: "--since 須早於 --until，否則其間並無時間"
    case .callerUnknown(let word):
      "查無執行者\(quoted(word))；執行者為 uid:N 或使用者名稱、key:NAME 或金鑰名稱"
    case .usageInput(let needed, let got):
      "須由標準輸入提供 \(needed) 個驗證碼（每行 1 個），僅收到 \(got) 行；本次不計入嘗試次數"
    case .usageTerminal(let option, _): "\(quoted(option))須於終端機操作"
    case .usageCode: "驗證碼為 8 位數字，本次不計次"
    case .usageService: "本指令由 systemd、sshd 或 sudo 啟動以回應連線，非供人員直接執行"
    case .usageEncoding(let place): "指令的第 \(place) 個字詞不是有效的 UTF-8"
    case .usageVariable(let name): "環境變數 \(name) 不是有效的 UTF-8"

    case .agencyInvalid(let code): "\(quoted(code))不是有效的機關代碼（OID 或 8 碼統一編號）"
    case .agencyMissing: "缺少機關代碼"
    case .rowHidden(let isColumn):
      "此\(isColumn ? "欄為隱藏欄" : "列為隱藏列")，請取消隱藏或刪除，或以 --hidden include（讀取）、--hidden skip（略過）指定"
    case .nameInvalid(let problem):
      problem.chinese("姓名", form: "姓名僅可使用文字、數字、空格、撇號、連字號、句點及間隔號")
    case .emailInvalid(let problem):
      problem.chinese(
        "電子郵件", unit: "個位元組", form: "電子郵件須為單一信箱，例如 name@agency.gov.tw")
    case .mobileInvalid(let problem):
      problem.chinese("行動電話號碼", form: "行動電話號碼格式須如 0912345678，其他國家的號碼請以 + 開頭")
    case .mobileCountry: "不寄送簡訊至該國家的號碼，請填寫臺灣的行動電話，例如 0912345678"
    case .titleInvalid(let problem): problem.chinese("職稱")
    case .phoneInvalid(let problem): problem.chinese("公務電話")
    case .reasonInvalid(let problem): problem.chinese("事由或意見")
    case .decisionReason(let line, let problem): "第 \(line) 行：" + problem.chinese("事由或意見")
    case .documentInvalid(let problem): problem.chinese("公文文號")
    case .dateRange(let problem): problem.chinese
    case .dateInvalid(let text):
      "\(quoted(text))不是有效的日期，格式例如 1150302、115年3月2日或 2026-03-02"
    case .inRow(let row, let error): "第 \(row) 列：" + error.chineseSentence
    case .roleInvalid(let text):
      "\(quoted(text))不是有效的角色，可用的值為：admin（機關管理者）、general（一般權限）"
    case .changeInvalid(let text):
      "\(quoted(text))不是有效的異動類別，可用的值為：新增、刪除、修改"
    case .systemInvalid(let problem): problem.chinese("系統的代碼、名稱或網址")
    case .batchRejected(let rejected, let rows, let isPartial):
      "\(rows) 列中有 \(rejected) 列不符規定，" + (isPartial ? "其餘各列已匯入" : "全部未匯入")
    case .answersRejected(let rejected, let rows):
      "\(rows) 列中有 \(rejected) 列不符規定，全部未受理"
    case .sheetUnreadable(let problem): SheetText.unreadable(problem).chinese
    case .sheetHeader(let missing, let duplicated, let near):
      SheetText.header(missing, duplicated, near).chinese
    case .decisionLine(let line, let word):
      "第 \(line) 行的\(quoted(word))無法辨識；每行依序為申請序號、版本、審核結果（approve、reject 或 return）及理由"
    case .sheetEmpty: "試算表的標題列以下沒有資料"
    case .limitBytes(let max): SheetText.tooLarge(max).chinese
    case .limitRows(let max): SheetText.tooLong(max).chinese
    case .reportTooLong(let max): "報告超過 \(max) 列，無法存為活頁簿，請改用 .csv 檔名"
    case .limitLines(let max): "檔案超過 \(max) 行（含空白行），請刪除空白行，或分割檔案"
    case .limitDecisions(let max): "一次至多審核 \(max) 行，請分割檔案"
    case .registryShrunk(let removed, let all, let authority):
      authority
        ? "檔案中沒有主管機關；如確認無誤，請加上 --allow-removals"
        : "此檔案將移除 \(all) 個機關中的 \(removed) 個，已逾十分之一；如確認無誤，請加上 --allow-removals"

    case .fileMissing(let path): "檔案\(quoted(path))不存在或無法讀取"
    case .fileOther(let path, let isDirectory):
      "\(quoted(path))為\(isDirectory ? "目錄" : "裝置或 socket")，並非檔案"
    case .anchorMissing: "檔案內沒有可比對的錨點或檢核點"
    case .entryUnknown(let seq): "稽核紀錄沒有第 \(seq) 筆"
    case .signFailed(let problem): "檢核點未能簽章：\(problem.chinese)"
    case .databaseMissing: "尚未建立資料庫，亦無執行中的服務"
    case .databaseElsewhere: "資料庫為連結，但所指檔案不存在，請確認其磁碟已掛載"
    case .databaseGone: "資料庫已不存在，但金鑰仍在，請以最近的備份還原"
    case .databaseUnmounted: "資料庫所在磁碟未掛載於本機"
    case .agencyUnknown(let code): "機關名冊中查無\(quoted(code))"
    case .agencyRemoved(let code): "機關\(quoted(code))已自名冊移除，無法提出新的申請"
    case .systemUnknown(let code): "查無系統\(quoted(code))"
    case .accountUnknown: "查無此帳號"
    case .batchUnknown(let number): "查無您可檢視的整批申請 \(number)"
    case .referenceUnknown: "查無此編號的帳號申請或登入"
    case .requestUnknown(let number): "查無您可檢視的申請案 \(number)"
    case .messageUnknown(let id): "查無通知 \(id)"
    case .keyUnknown(let name): "金鑰\(quoted(name))未登錄"

    case .databaseDamaged: "資料庫已損毀，請先移開，再以最近的備份還原"
    case .copyDiffers(let manifest): "備份與 \(quoted(manifest)) 所載 SHA-256 不符，請改用原始備份檔"
    case .auditBroken(let seq, let problem):
      "稽核紀錄第 \(seq) 筆驗證不符：\(problem.chinese)；請先以 cp -a 原樣留存各檔案"
    case .doctorFailed(let checks): "有 \(checks) 項檢查未通過，詳如上列"
    case .internal: "系統發生內部錯誤，資料未變更，請通知維運人員"

    case .databaseExists: "資料庫已存在，不會覆寫"
    case .fileExists(let path): "檔案\(quoted(path))已存在，不會覆寫"
    case .fileUncreatable(let path): "無法建立檔案\(quoted(path))"
    case .agencyExists(let code): "機關\(quoted(code))已存在"
    case .systemExists(let code): "系統\(quoted(code))已存在"
    case .keyExists(let name): "金鑰\(quoted(name))已登錄"

    case .diskFull: "磁碟空間不足，資料未變更"
    case .diskFailed: "磁碟讀寫失敗，資料未變更"
    case .filesExhausted: "本程序或主機已無法開啟更多檔案，資料未變更"
    case .deliveryCut: "寄送因磁碟失敗或資料庫忙碌而中斷；已完成者仍有效，未寄送者保留於佇列"
    case .reportUnwritten(let path, let batch, let accepted, let cause):
      (batch.map { "整批 \($0) 已匯入（接受 \(accepted) 列）" } ?? "未匯入任何資料")
        + "，但無法寫入報告檔\(quoted(path))：\(unwritten(cause))"
    case .outputFailed(isFull: true): "磁碟空間不足，結果無法輸出；已執行之異動仍有效"
    case .outputFailed(isFull: false): "結果無法輸出；已執行之異動仍有效"
    case .codeLocked(let until):
      "驗證碼輸入錯誤次數過多，已暫時鎖定，請於 \(Self.nextMinute(until))（臺灣時間）後再試"
    case .sendThrottled(let until):
      "索取驗證碼或引發通知過於頻繁，請於 \(Self.nextMinute(until))（臺灣時間）後再試"
    case .databaseBusy: "資料庫忙碌中，資料未變更，請再執行一次"
    case .databaseStandby: "資料庫位於唯讀位置，僅供查詢，不能異動"
    case .hostStandby: "本機為備援主機，僅供查詢，異動請於運作中之主機辦理"
    case .clockLeap(let newest):
      (newest.map { "系統時間與最近一筆紀錄（\($0.rfc3339)）相差過大" }
        ?? "一小時內曾發現系統時間與當時最近一筆紀錄相差過大")
        + "，未執行不可回復的作業；請校正時間，或於一小時後再執行"
    case .deliverFailed(let failed): "有 \(failed) 則通知目前未能送出，其餘作業已完成"
    case .outcomeUnknown: "寫入時磁碟或服務發生錯誤，無法確定是否已完成，請再執行一次相同的指令"
    case .serviceSilent: "服務未回應，請稍後再試或通知系統維運人員"

    case .codeSecond(_, let channel):
      "第一組驗證碼正確；另一組已寄送至帳號的\(channel == .email ? "電子郵件" : "行動電話")，請接續輸入"
    case .sessionNone: "尚未登入"
    case .sessionExpired: "登入已逾時或已結束，請重新登入"
    case .sessionStepUp: "此項作業須同時通過電子郵件及行動電話驗證"
    case .rightMissing(let right): right.chinese
    case .requestOutside(let number, nil): "申請案 \(number) 非屬您的審核範圍"
    case .requestOutside(let number, .correct): "申請案 \(number) 應由原提報者補正"
    case .requestOutside(let number, .withdraw): "申請案 \(number) 應由原提報者撤回"
    case .accountSuspended: "帳號已停用，請洽機關管理者"

    case .databaseForeign: "此檔案不是 iauth 的資料庫"
    case .databaseVersion(let found, let needed):
      "資料庫的結構版本為 \(found)，此版 iauth 僅支援版本 \(needed)，"
        + (found < needed ? "請由系統維運轉換" : "請使用相符的版本")
    case .databaseUnsafe(let reason): reason.chinese
    case .configInvalid(let line, _, .notUTF8): "設定檔第 \(line) 行不是 UTF-8 文字"
    case .configInvalid(let line, let key, let problem):
      "設定檔第 \(line) 行有誤"
        + (key.map { "：\(quoted($0))\(problem.text.chinese)" } ?? "，格式須為 key = value")
    case .programUnsafe: "本程式不以 set-uid 或 set-gid 方式執行"
    }
  }
}

extension RequestStatus {
  /// The state as the manual of the served process calls it.
  package var chinese: String {
    switch self {
    case .pending: "審核中"
    case .approved: "核准"
    case .returned: "退回補正"
    case .rejected: "退件"
    case .withdrawn: "撤回"
    case .lapsed: "逾期失效"
    case .superseded: "已無須審核"
    }
  }
}

extension AccountStatus {
  package var chinese: String {
    switch self {
    case .invited: "已邀請"
    case .active: "啟用"
    case .suspended: "停用"
    case .closed: "已關閉"
    }
  }
}

extension MessageStatus {
  package var chinese: String {
    switch self {
    case .queued: "待送"
    case .delivered: "已送達"
    case .bounced: "遭退信"
    case .sent: "已送"
    case .failed: "傳送失敗"
    case .lapsed: "已失效"
    }
  }
}

extension ValueProblem {
  fileprivate func chinese(_ field: String, unit: String = "個字", form: String? = nil) -> String {
    switch self {
    case .empty: "\(field)不得空白"
    case .tooLong(let max): "\(field)不得超過 \(max) \(unit)"
    case .forbidden(let scalar):
      "\(field)含有不得使用的字元 \(scalarName(scalar))\(SheetText.advice(scalar).chinese)"
    case .malformed: form ?? "\(field)格式不符"
    case .several: "\(field)僅可填寫一個"
    case .noLetter: "\(field)至少須有一個文字"
    }
  }
}

extension AuditProblem {
  var chinese: String {
    switch self {
    case .changed: "內容遭更動"
    case .missing: "紀錄有缺漏"
    case .cutOff: "其後的紀錄遭刪除"
    case .unsealed: "末筆紀錄的封印不符"
    case .personalData: "個人資料與承諾值不符"
    case .unrecorded: "有審核、權限、工作階段或帳號查無紀錄"
    case .differs: "權限申請、權限、工作階段或帳號與紀錄不符"
    case .anchor: "與留存的錨點不符"
    case .otherTrail: "所給鏈首屬於另一份稽核紀錄"
    case .node: "其雜湊樹遭更動"
    }
  }
}

extension Right {
  fileprivate var chinese: String {
    switch self {
    case .serviceOperator: "僅系統維運人員（資料庫擁有者）得執行此項作業"
    case .reviewer: "僅該系統的管理者得審核"
    case .importer: "僅機關管理者、主管機關或系統維運人員得匯入"
    case .administrator: "僅該機關的管理者得執行此項作業"
    case .within: "該機關非您所屬機關或其下級機關，僅該機關、其上級機關及主管機關的管理者得查詢"
    case .feed(nil): "僅主管機關中該系統的管理者得執行此項作業"
    case .feed: "須為主管機關中所有系統的管理者，始得一次取得全部系統之異動"
    case .owner: "僅當事人得執行此項作業"
    case .applicant: "您無審核權限；您本人之申請另列"
    case .resting(let change?): "您的管理者權限於申請案 \(change) 核准前暫停行使"
    case .resting(nil): "您的管理者權限目前未生效或已暫停，現況請見您的權限列表"
    case .key: "ssh 金鑰僅得為有效的機關管理者匯入及查詢"
    }
  }
}

extension UnsafeReason {
  fileprivate var chinese: String {
    switch self {
    case .link: "資料庫為連結或有多個名稱，請指定檔案本身"
    case .owner: "資料庫屬於其他使用者，請改以其擁有者執行"
    case .keyFile: "資料庫旁的 iauth.key 為連結或非一般檔案，請放置金鑰檔案本身"
    case .keyMode: "資料庫的金鑰可由他人讀取或不屬於您，其權限模式須為 0600"
    case .wal: "資料庫被設為 WAL 模式，請設 PRAGMA journal_mode = DELETE"
    case .unreadable: "您無權讀取資料庫，請改以其擁有者執行"
    case .mode: "其他使用者可存取資料庫，其權限模式須為 0600"
    case .directory: "其他使用者可寫入資料庫所在目錄，其權限模式須為 0700"
    case .key: "資料庫旁的金鑰不存在或不相符，請放回與備份一併保存的金鑰"
    case .path: "此路徑不得作為資料庫"
    case .journal: "資料庫旁有非屬擁有者的日誌檔"
    case .lock: "資料庫旁的 iauth.lock 不是擁有者可寫入的一般檔案"
    }
  }
}

private func unwritten(_ cause: ErrorCode) -> String {
  switch cause {
  case .diskFull: "磁碟空間不足"
  case .fileExists: "同名檔案於匯入期間出現"
  case .fileUncreatable: "無法建立檔案"
  default: "磁碟寫入失敗"
  }
}

private func quoted(_ word: String) -> String { "「\(shortened(word))」" }

private func didYouMean(_ nearest: String?) -> String {
  nearest.map { "；您要輸入的是否為「\($0)」？" } ?? ""
}

extension SigningProblem {
  fileprivate var chinese: String {
    switch self {
    case .noAgent: "ssh-agent 未回應（SSH_AUTH_SOCK）"
    case .notEd25519: "檔案不是 ssh-ed25519 公鑰"
    case .refused: "ssh-agent 未持有該金鑰或拒絕簽章"
    }
  }
}
