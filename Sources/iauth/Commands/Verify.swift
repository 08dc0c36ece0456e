// `iauth verify`: everything about proving who one is: codes, signing in and out.

import IAuthCore
import Sheets
import Values

struct Verify: Command {
  static let name = "verify"
  static let usage = CommandUsage<Verify>(
    name, in: .people,
    summary: Bilingual("Enter codes; sign in and out", "輸入驗證碼、登入與登出"),
    about: Bilingual(
      """
      With a REFERENCE it reads the codes that were sent: from the terminal, or one a line from \
      standard input, the e-mail code first. That opens the account where there is none, and \
      signs in. Alone it signs in whoever this caller was last, and asks only where the code \
      goes. With agency, name, e-mail and mobile it begins a sign-in of someone who has an \
      account. A session ends after 30 minutes without use and after 8 hours at most. Approving, \
      rejecting and importing need both codes: --via both, or --step-up afterwards. Whoever was \
      invited proves both: once one is right, the other is sent. If no code \
      arrives within a few minutes, check what was typed, or apply for an account.
      """,
      """
      輸入 REFERENCE 後讀取驗證碼：於終端機輸入，或由標準輸入逐行讀取，先電子郵件、後簡訊。通過後開立\
      帳號（尚無帳號者）並登入。未填任何項目時，為本執行者前次登入之人登入，僅詢問驗證方式。填寫機關、姓名、電子郵件及行動電話，則為已有帳號者登入。閒置 30 分鐘或\
      登入滿 8 小時即須重新登入。審核及整批匯入須通過兩組驗證碼：登入時加 --via both，或登入後以 \
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
        Bilingual(
          "the agency's code; on a terminal also its name, or letters of it", "機關代碼；於終端機亦可填名稱或簡稱"),
        completes: .known(.agencies), asks: Bilingual("Agency name or agency code", "機關名稱或機關代碼")),
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
      Form(takes: ["via"]), Form(needs: ["agency", "name", "email", "mobile", "via"]),
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
      Example(
        "iauth verify --via both", Bilingual("Sign in again as who you were", "為前次登入之人再次登入")),
      Example("iauth verify --status", Bilingual("See who is signed in", "查看目前登入者")),
    ],
    fails: [
      .codeWrong, .codeExpired, .codeSecond, .accountTaken, .accountLast, .usageInput,
      .agencyInvalid, .agencyMissing,
      .nameInvalid,
      .emailInvalid, .mobileInvalid, .mobileCountry, .agencyUnknown, .referenceUnknown, .codeLocked,
      .sendThrottled, .sessionNone, .sessionExpired, .accountSuspended,
    ])

  var reference: String?
  var agency: String?
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
      try context.enterCodes(reference, isFresh: false)
    } else if let resend {
      context.warnOfBounces(resend)
      context.announce(try service.resend(resend))
      if context.asksCodes { try context.enterCodes(resend, isFresh: true) }
    } else if isStepUp {
      try context.stepUp()
    } else if isStatus {
      context.show(try service.status())
    } else if isSignOut {
      try service.signOut()
      context.emit(["signed_out": true], human: Bilingual("signed out", "已登出")(context.language))
    } else if agency != nil {
      try signIn(service, context)
    } else {
      try signInAgain(service, context)
    }
  }

  // MARK: Beginning

  private func signIn(_ service: Service, _ context: Context) throws(IAuthError) {
    let form = try ApplicationForm(
      agency: agency ?? "", name: name, email: email, mobile: mobile)
    let receipt = try service.signIn(form, via: via ?? .both)
    context.announce(receipt)
    if context.asksCodes {
      try context.enterCodes(receipt.reference.text, isFresh: true)
    }
  }

  /// As whoever this caller and session name last was; else everything is asked for.
  private func signInAgain(_ service: Service, _ context: Context) throws(IAuthError) {
    guard let last = try service.lastPerson() else {
      var command = self
      try context.complete(&command, with: ["agency", "name", "email", "mobile", "via"])
      return try command.signIn(service, context)
    }
    var command = self
    if via == nil {
      // Where nobody is asked it is a note.
      let tell = context.console.mayAsk ? context.console.tell : context.say
      tell(
        Bilingual(
          "signing in: \(last.name), \(last.agency.titled(.english)), \(last.email), \(last.mobile)",
          "登入：\(last.agency.titled(.chinese))　\(last.name)，\(last.email)，\(last.mobile)"))
      try context.complete(&command, with: ["via"])
    }
    let receipt = try service.signInAgain(via: command.via ?? .both)
    context.announce(receipt)
    if context.asksCodes {
      try context.enterCodes(receipt.reference.text, isFresh: true)
    }
  }
}
