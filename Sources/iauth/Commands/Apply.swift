// `iauth apply`: a person asks for an account; both codes go out.

import IAuthCore
import Sheets
import Values

struct Apply: Command {
  static let name = "apply"
  static let usage = CommandUsage<Apply>(
    name, in: .people,
    summary: Bilingual("Apply for an account", "申請帳號"),
    about: Bilingual(
      """
      Finds the agency by its code, stores the application and sends one verification code by \
      e-mail and one by SMS. On a terminal they are asked for at once, and then which permission is \
      wanted; else both are entered with iauth verify REFERENCE within 24 hours. Each \
      code is valid for 10 minutes. Whoever has an account already and has a new e-mail or \
      mobile number applies again: once both codes are proven, the account has the new contact.
      """,
      """
      依機關代碼帶出機關名稱，受理申請，並以電子郵件及簡訊各寄送一組驗證碼。於終端機隨即輸入驗證碼並申請權限；或於 24 小時內以 iauth verify \
      REFERENCE 輸入兩組驗證碼；每組驗證碼 10 分鐘內有效。已有帳號而電子郵件或手機異動者，請重新申請；\
      兩組驗證碼均通過後，即更新原帳號之聯絡方式。
      """),
    parameters: [
      .option(
        "agency", "CODE", \.agency,
        Bilingual(
          "the agency's OID, eight-digit number or code of ten; on a terminal also its name, or "
            + "letters of it", "機關 OID、統一編號或機關代碼；於終端機亦可填名稱或簡稱"),
        completes: .known(.agencies), asks: Bilingual("Agency name or agency code", "機關名稱或機關代碼")),
      .option(
        "name", "NAME", \.name, Bilingual("your real name", "真實姓名"),
        asks: Bilingual("Name", "姓名"),
        checks: AnswerCheck.name),
      .option(
        "email", "ADDRESS", \.email, Bilingual("your official e-mail address", "公務電子郵件"),
        asks: Bilingual("Official e-mail", "公務電子郵件"),
        checks: AnswerCheck.email),
      .option(
        "mobile", "NUMBER", \.mobile, Bilingual("your mobile number", "行動電話"),
        asks: Bilingual("Mobile number", "行動電話"),
        checks: AnswerCheck.mobile),
      .option("title", "TEXT", \.title, Bilingual("your job title", "職稱")),
      .option("phone", "TEXT", \.phone, Bilingual("your office telephone", "公務電話")),
    ],
    forms: [Form(needs: ["agency", "name", "email", "mobile"], takes: ["title", "phone"])],
    examples: [
      Example(
        """
        iauth apply --agency 2.16.886.101.20003.20065.20021 --name 'Chen Mei-ling' \
        --email mlchen@cdc.gov.tw --mobile 0912345678
        """,
        chinese: """
          iauth apply --agency 2.16.886.101.20003.20065.20021 --name 陳美玲 \
          --email mlchen@cdc.gov.tw --mobile 0912345678
          """,
        Bilingual(
          "Apply for an account in the Centers for Disease Control",
          "申請疾病管制署的帳號"))
    ],
    fails: [
      .agencyInvalid, .agencyMissing, .agencyUnknown, .agencyRemoved, .nameInvalid, .emailInvalid,
      .mobileInvalid, .mobileCountry, .titleInvalid, .phoneInvalid, .sendThrottled, .declined,
    ])

  var agency = ""
  var name = ""
  var email = ""
  var mobile = ""
  var title: String?
  var phone: String?

  func run(_ context: Context) throws(IAuthError) {
    let service = try context.service()
    let form = try ApplicationForm(
      agency: agency, name: name, email: email, mobile: mobile, title: title, phone: phone)
    guard try isConfirmed(service, context) else { throw .declined }
    let receipt = try service.apply(form)
    context.emit(receipt.json, details: receipt.details(context.language, context.localTime))
    if context.console.mayAsk, !context.options.json, !context.options.dryRun {
      return try goOn(receipt.reference.text, context)
    }
    context.say(
      Bilingual(
        "two codes are on their way; enter both within 10 minutes: iauth verify "
          + receipt.reference.text,
        "兩組驗證碼已寄送，請於 10 分鐘內輸入：iauth verify \(receipt.reference.text)"))
    context.say(
      Bilingual(
        "if nothing arrives, check the address and the number above and apply again, or send new "
          + "codes: iauth verify --resend \(receipt.reference.text)",
        "若未收到驗證碼，請確認上列聯絡方式後重新申請，或重新寄送：iauth verify --resend "
          + "\(receipt.reference.text)"))
  }

  /// The same sitting takes the codes; who has none yet enters them another time.
  private func goOn(_ reference: String, _ context: Context) throws(IAuthError) {
    context.say(
      Bilingual(
        "two codes are on their way, valid for 10 minutes; to enter them later: iauth verify "
          + reference,
        "兩組驗證碼已寄送，10 分鐘內有效；如需稍後輸入：iauth verify \(reference)"))
    context.say(
      Bilingual(
        "if nothing arrives, check the address and the number above: iauth verify --resend "
          + reference,
        "若未收到驗證碼，請確認上列聯絡方式，或重新寄送：iauth verify --resend \(reference)"))
    do throws(IAuthError) {
      try context.enterCodes(reference, isFresh: true)
    } catch {
      // The application stands, and waits for its codes.
      guard case .usageInput = error else { throw error }
    }
  }

  /// Shows the agency that the code names; on a terminal a yes is asked before anything is stored.
  private func isConfirmed(
    _ service: Service, _ context: Context
  ) throws(IAuthError) -> Bool {
    guard context.console.mayAsk else { return true }
    let agency = try service.agencyForApplication(agency)
    context.console.tell(
      Bilingual(
        "agency: \(agency.titled(.english)), \(agency.place)",
        "機關：\(agency.titled(.chinese))，\(agency.place)"))
    return try context.console.askYes(Bilingual("Is this your agency?", "是否為您所屬機關？"))
  }
}
