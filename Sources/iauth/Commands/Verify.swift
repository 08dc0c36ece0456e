// `iauth verify`: everything about proving who one is: codes, signing in and out.

import IAuthCore
import Sheets
import Values

struct Verify: Command {
  static let usage = CommandUsage<Verify>(
    "verify", in: .people,
    summary: Bilingual("Enter codes; sign in and out", "輸入驗證碼、登入與登出"),
    about: Bilingual(
      """
      With a REFERENCE it reads the codes that were sent: from the terminal, or one a line from \
      standard input, the e-mail code first. That opens the account where there is none, and \
      signs in. With agency, name, e-mail and mobile it begins a sign-in of someone who has an \
      account. A session ends after 30 minutes without use and after 8 hours at most. Approving, \
      rejecting and importing need both codes: --via both, or --step-up afterwards. Whoever was \
      invited proves both: once one is right, the other is sent. If no code \
      arrives within a few minutes, check what was typed, or apply for an account.
      """,
      """
      輸入 REFERENCE 後讀取驗證碼：於終端機輸入，或由標準輸入逐行讀取，先電子郵件、後簡訊。通過後開立\
      帳號（尚無帳號者）並登入。填寫機關、姓名、電子郵件及行動電話，則為已有帳號者登入。閒置 30 分鐘或\
      登入滿 8 小時即須重新登入。核准、退回及整批匯入須通過兩組驗證碼：登入時加 --via both，或登入後以 \
      --step-up 補驗。受邀請者須兩組均通過：第一組正確後，即寄送另一組。數分鐘內未收到驗證碼者，請確認所填資料，或先申請帳號。
      """),
    parameters: [
      .operand(
        "REFERENCE", \.reference,
        Bilingual(
          "what apply or a sign-in answered, such as A-7K3F-9QXM",
          "申請或登入時取得的序號，例如 A-7K3F-9QXM")),
      .option(
        "agency", "CODE", \.agency,
        Bilingual("the agency's OID or eight-digit number", "機關 OID 或統一編號"),
        asks: Bilingual("Agency code", "機關代碼")),
      .option(
        "name", "NAME", \.name, Bilingual("your name", "姓名"), asks: Bilingual("Name", "姓名"),
        checks: AnswerCheck.name),
      .option(
        "email", "ADDRESS", \.email, Bilingual("the account's e-mail address", "帳號的電子郵件"),
        asks: Bilingual("E-mail", "電子郵件"),
        checks: AnswerCheck.email),
      .option(
        "mobile", "NUMBER", \.mobile, Bilingual("the account's mobile number", "帳號的行動電話"),
        asks: Bilingual("Mobile number", "行動電話"),
        checks: AnswerCheck.mobile),
      .option(
        "via", "CHANNEL", \.via,
        Bilingual(
          "where the code goes: email, sms or both", "驗證碼寄送方式：email、sms 或 both"),
        asks: Bilingual("Send the code by email, sms or both", "驗證方式（email、sms 或 both）")),
      .option(
        "resend", "REFERENCE", \.resend,
        Bilingual("send new codes; the earlier ones end", "重新寄送驗證碼，先前的驗證碼失效")),
      .flag(
        "step-up", \.isStepUp,
        Bilingual(
          "prove the other channel of this session", "補驗本次登入尚未驗證的方式")),
      .flag("status", \.isStatus, Bilingual("show who is signed in", "顯示目前登入者")),
      .flag("sign-out", \.isSignOut, Bilingual("end the session", "登出")),
    ],
    forms: [
      Form(needs: ["agency", "name", "email", "mobile", "via"]),
      Form(needs: ["REFERENCE"]), Form(needs: ["resend"]), Form(needs: ["step-up"]),
      Form(needs: ["status"]), Form(needs: ["sign-out"]),
    ],
    examples: [
      Example(
        "iauth verify A-7K3F-9QXM",
        Bilingual("Enter the codes of an application", "輸入帳號申請的驗證碼")),
      Example(
        """
        iauth verify --agency 2.16.886.101.20003.20065.20021 --name 'Chen Mei-ling' \
        --email mlchen@cdc.gov.tw --mobile 0912345678 --via both
        """,
        chinese: """
          iauth verify --agency 2.16.886.101.20003.20065.20021 --name 陳美玲 \
          --email mlchen@cdc.gov.tw --mobile 0912345678 --via both
          """,
        Bilingual("Sign in with both codes", "以兩組驗證碼登入")),
      Example("iauth verify --status", Bilingual("See who is signed in", "查看目前登入者")),
    ],
    fails: [
      .codeWrong, .codeExpired, .codeSecond, .accountTaken, .accountLast, .usageInput,
      .agencyInvalid,
      .nameInvalid,
      .emailInvalid, .mobileInvalid, .mobileCountry, .agencyUnknown, .referenceUnknown, .codeLocked,
      .sendThrottled, .sessionNone, .sessionExpired, .accountSuspended,
    ])

  var reference: String?
  var agency = ""
  var name = ""
  var email = ""
  var mobile = ""
  var via: Via?
  var resend: String?
  var isStepUp = false
  var isStatus = false
  var isSignOut = false

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    if let reference {
      try enterCodes(reference, isFresh: false, service, context)
    } else if let resend {
      announce(try service.resend(resend), context)
    } else if isStepUp {
      try stepUp(service, context)
    } else if isStatus {
      show(try service.status(), context)
    } else if isSignOut {
      try service.signOut()
      context.emit(["signed_out": true], human: Bilingual("signed out", "已登出")(context.language))
    } else {
      try signIn(service, context)
    }
  }

  // MARK: Beginning

  private func signIn(_ service: Service, _ context: Context) throws(IAuthError) {
    let form = try ApplicationForm(
      agency: agency, name: name, email: email, mobile: mobile)
    let receipt = try service.signIn(form, via: via ?? .both)
    announce(receipt, context)
    if context.console.mayAsk {
      try enterCodes(receipt.reference.text, isFresh: true, service, context)
    }
  }

  private func stepUp(_ service: Service, _ context: Context) throws(IAuthError) {
    guard let receipt = try service.stepUp() else {
      show(try service.status(), context)
      context.say(Bilingual("both codes are proven already", "兩組驗證碼均已通過"))
      return
    }
    announce(receipt, context)
    if context.console.mayAsk {
      try enterCodes(receipt.reference.text, isFresh: true, service, context)
    }
  }

  /// Says what to do next.
  ///
  /// Of a sign-in it must say the same whoever was named, and no address.
  private func announce(_ receipt: VerificationReceipt, _ context: Context) {
    context.isDiscreet = receipt.purpose == .signIn
    context.emit(receipt.json, details: receipt.details(context.language, context.localTime))
    let command = "iauth verify \(receipt.reference.text)"
    if !context.console.mayAsk {
      context.say(
        Bilingual("enter the codes: \(command)", "請輸入驗證碼：\(command)"))
    }
    context.say(
      receipt.purpose == .stepUp
        ? Bilingual(
          "if nothing arrives: iauth verify --resend \(receipt.reference.text)",
          "若未收到驗證碼，請重新寄送：iauth verify --resend \(receipt.reference.text)")
        : Bilingual(
          "if nothing arrives within a few minutes, check what you typed, send new codes with "
            + "iauth verify --resend \(receipt.reference.text), or apply for an account with "
            + "iauth apply",
          "數分鐘內未收到驗證碼者，請確認所填資料，或重新寄送：iauth verify --resend "
            + "\(receipt.reference.text)，或申請帳號：iauth apply"))
  }

  // MARK: Entering

  /// Reads the codes that a reference waits for and enters them.
  private func enterCodes(
    _ reference: String, isFresh: Bool, _ service: Service, _ context: Context
  ) throws(IAuthError) {
    // The codes that this run has queued must be on their way before they are asked for.
    // Through the gate they are sent while the answer is waited for: how long that takes would tell
    // whether anybody was written to.
    if isFresh, !context.world.caller.isGated { context.deliver() }
    let channels = try service.channelsNeeded(reference)
    let codes =
      context.console.mayAsk
      ? try ask(channels, reference, service, context) : try read(channels.count, context)
    do throws(IAuthError) {
      show(try service.prove(reference, codes: codes), context)
    } catch {
      guard error.code == .codeSecond, context.console.mayAsk else { throw error }
      context.console.error(error)
      try enterCodes(reference, isFresh: true, service, context)
    }
  }

  /// Asks for each code.
  ///
  /// The second is asked for only after the first was right.
  private func ask(
    _ channels: [Channel], _ reference: String, _ service: Service, _ context: Context
  ) throws(IAuthError) -> [String] {
    var codes: [String] = []
    for channel in channels {
      let question =
        switch channel {
        case .email: Bilingual("Code from the e-mail", "電子郵件驗證碼")
        case .sms: Bilingual("Code from the SMS", "簡訊驗證碼")
        }
      guard let code = try context.console.askSecret(question) else {
        throw .usageInput(needed: channels.count, got: codes.count)
      }
      codes.append(code)
      if codes.count == 1, channels.count > 1 {
        try service.checkFirstCode(reference, code: code)
      }
    }
    return codes
  }

  /// Codes from standard input, one a line; too few are no attempt.
  private func read(_ count: Int, _ context: Context) throws(IAuthError) -> [String] {
    var codes: [String] = []
    // A terminal that must not ask (--no-input) has no codes to give.
    while codes.count < count, !context.console.input.isTerminal {
      guard let line = try context.console.input.line() else { break }
      codes.append(line)
    }
    guard codes.count == count else { throw .usageInput(needed: count, got: codes.count) }
    return codes
  }

  private func show(_ receipt: SessionReceipt, _ context: Context) {
    context.emit(receipt.json, details: receipt.details(context.language, context.localTime))
    if let change = receipt.pendingChange {
      context.say(
        Bilingual(
          "your new contacts wait for the reviewer (request \(change)); until then your "
            + "administrator's permission rests",
          "新的聯絡資料待審核（申請案 \(change)），核定前管理者權限暫停行使"))
    }
  }
}
