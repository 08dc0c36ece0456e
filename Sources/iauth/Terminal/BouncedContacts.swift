// Who hears on the screen that what was sent to them came back (PRODUCT 12): the holder of an account
// once signed in, an applicant of the address that they have typed, and nobody else.

import IAuthCore
import Sheets
import Values

extension Context {
  /// An applicant whose codes came back hears of it; of a sign-in nothing is said.
  func warnOfBounces(_ typed: String) {
    guard let reference = Reference(typed),
      let channels = try? service().bouncedCodes(reference)
    else { return }
    for channel in channels {
      say(
        channel == .email
          ? Bilingual(
            "the mail with the code came back: check the address and apply again",
            "驗證碼郵件遭退信，請確認電子郵件地址後重新申請")
          : Bilingual(
            "the SMS with the code could not be delivered: check the number and apply again",
            "驗證碼簡訊無法送達，請確認行動電話號碼後重新申請"))
    }
  }

  /// Tells whoever is signed in which of their contacts do not work.
  func warnOfBrokenContacts() {
    for channel in (try? service().brokenContacts()) ?? [] {
      say(
        channel == .email
          ? Bilingual(
            "mail to your address comes back: if it has changed, apply again with the new one "
              + "(iauth apply); it then is your account's",
            "寄至您電子郵件的信件遭退信；如地址已異動，請以新地址重新申請（iauth apply），通過驗證後即更新您的帳號")
          : Bilingual(
            "SMS to your number fail: if it has changed, apply again with the new one "
              + "(iauth apply); it then is your account's",
            "寄至您行動電話的簡訊無法送達；如號碼已異動，請以新號碼重新申請（iauth apply），通過驗證後即更新您的帳號"))
    }
  }
}
