// Entering codes. At a terminal a person sits: what is no code is asked for again, and so is a wrong
// one, with the attempts that are left; codes from standard input come one a line, once.

import IAuthCore
import Sheets
import Values

extension Context {
  /// Says what to do next.
  ///
  /// Of a sign-in it must say the same whoever was named, and no address.
  func announce(_ receipt: VerificationReceipt) {
    isDiscreet = receipt.purpose == .signIn
    emit(receipt.json, details: receipt.details(language, localTime))
    let command = "iauth verify \(receipt.reference.text)"
    if !console.mayAsk {
      say(
        Bilingual("enter the codes: \(command)", "請輸入驗證碼：\(command)"))
    }
    say(
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

  /// Whether what was begun goes on to its codes at once; a dry run has sent none.
  var asksCodes: Bool { console.mayAsk && !options.dryRun }

  /// Sends and takes the code of the channel that the session has not proven yet.
  func stepUp() throws(IAuthError) {
    guard let receipt = try service().stepUp() else {
      show(try service().status())
      say(Bilingual("both codes are proven already", "兩組驗證碼均已通過"))
      return
    }
    warnOfBrokenContacts()
    announce(receipt)
    if asksCodes { try enterCodes(receipt.reference.text, isFresh: true) }
  }

  /// Reads the codes that a reference waits for and enters them.
  ///
  /// - Throws: what `prove` throws; at a terminal a wrong code only when no attempt is left.
  func enterCodes(_ reference: String, isFresh: Bool) throws(IAuthError) {
    // The codes that this run has queued must be on their way before they are asked for.
    // Through the gate they are sent while the answer is waited for: how long that takes would tell
    // whether anybody was written to.
    if isFresh, !world.caller.isGated { deliver() }
    let service = try service()
    var isWarned = isFresh
    // Where somebody is asked they hear of it before they look for the codes; else where it helps.
    if !isWarned, console.mayAsk {
      _ = try service.channelsNeeded(reference)
      warnOfBounces(reference)
      isWarned = true
    }
    while true {
      let channels = try service.channelsNeeded(reference)
      do throws(IAuthError) {
        let codes =
          console.mayAsk
          ? try askCodes(channels, reference) : try readCodes(channels.count)
        let receipt = try service.prove(reference, codes: codes)
        show(receipt)
        try goOn(after: receipt)
        return
      } catch {
        if !isWarned { warnOfBounces(reference) }
        guard console.mayAsk, !options.dryRun else { throw error }
        switch error {
        case .codeSecond:
          console.error(error)
          if !world.caller.isGated { deliver() }
        case .codeWrong:
          let left = try service.attemptsLeft(reference)
          guard left > 0 else { throw error }
          sayWrong(left: left)
        default: throw error
        }
      }
    }
  }

  private func sayWrong(left: Int) {
    let label = console.styled(ErrorCode.codeWrong.rawValue, "1;31", on: console.err)
    let text = Bilingual(
      "not the right code; \(left == 1 ? "1 attempt is" : "\(left) attempts are") left",
      "驗證碼不正確，尚可嘗試 \(left) 次")
    console.err.write("iauth: \(label): \(text(language))\n")
  }

  /// Asks for each code.
  ///
  /// Of an application neither is judged before both are there; else the second is asked for only
  /// after the first was right.
  private func askCodes(
    _ channels: [Channel], _ reference: String
  ) throws(IAuthError) -> [String] {
    let isApplication = reference.utf8.first.map { $0 & 0xDF == UInt8(ascii: "A") } ?? false
    var codes: [String] = []
    for channel in channels {
      codes.append(try askCode(channel, needed: channels.count, got: codes.count, reference))
      if codes.count == 1, channels.count > 1, !isApplication {
        try service().checkFirstCode(reference, code: codes[0])
      }
    }
    return codes
  }

  private func askCode(
    _ channel: Channel, needed: Int, got: Int, _ reference: String
  ) throws(IAuthError) -> String {
    let question =
      switch channel {
      case .email: Bilingual("Code from the e-mail", "電子郵件驗證碼")
      case .sms: Bilingual("Code from the SMS", "簡訊驗證碼")
      }
    while true {
      guard let typed = try console.askSecret(question) else {
        throw .usageInput(needed: needed, got: got)
      }
      if OneTimeCode(typed) != nil { return typed }
      console.tell(
        typed.utf8.isEmpty
          ? Bilingual(
            "no code was typed; this is no attempt. New codes: iauth verify --resend \(reference)",
            "尚未輸入驗證碼，本次不計次；重新寄送：iauth verify --resend \(reference)")
          : Bilingual(
            "a code has eight digits; this is no attempt", "驗證碼為 8 位數字，本次不計次"))
    }
  }

  /// Codes from standard input, one a line; too few are no attempt.
  private func readCodes(_ count: Int) throws(IAuthError) -> [String] {
    var codes: [String] = []
    // A terminal that must not ask (--no-input) has no codes to give.
    while codes.count < count, !console.input.isTerminal {
      guard let line = try console.input.line() else { break }
      codes.append(line)
    }
    guard codes.count == count else { throw .usageInput(needed: count, got: codes.count) }
    return codes
  }

  func show(_ receipt: SessionReceipt) {
    emit(receipt.json, details: receipt.details(language, localTime))
    warnOfBrokenContacts()
    if let changed = Self.sentence(receipt.changes) {
      say(Bilingual("changed: \(changed.english)", "已變更：\(changed.chinese)"))
    }
    if let change = receipt.pendingChange {
      let asked = Self.sentence(receipt.asked)
      let state =
        receipt.isChangeReturned
        ? Bilingual("were sent back for correction", "經退回補正")
        : Bilingual("wait for the reviewer", "待審核")
      say(
        Bilingual(
          "your new contacts \(state.english) (request \(change)"
            + (asked.map { "; " + $0.english } ?? "") + "); until the decision your "
            + "administrator's permission rests",
          "新的聯絡資料\(state.chinese)（申請案 \(change)" + (asked.map { "；" + $0.chinese } ?? "")
            + "），核准前管理者權限暫停行使"))
    }
  }

  /// What has changed, before and after; nil for nothing.
  private static func sentence(_ changes: [ContactChange]) -> Bilingual? {
    guard !changes.isEmpty else { return nil }
    let parts = changes.map { change in
      let label =
        switch change.field {
        case .name: Bilingual("name", "姓名")
        case .email: Bilingual("e-mail", "電子郵件")
        case .mobile: Bilingual("mobile", "行動電話")
        }
      return Bilingual(
        "\(label.english) \(change.before) -> \(change.after)",
        "\(label.chinese)由 \(change.before) 改為 \(change.after)")
    }
    return Bilingual(
      parts.map(\.english).joined(separator: ", "), parts.map(\.chinese).joined(separator: "、"))
  }

  /// After signing in: what waits for a reviewer; a newcomer is taken to the permission.
  private func goOn(after receipt: SessionReceipt) throws(IAuthError) {
    guard !options.json, !options.dryRun else { return }
    let service = try service()
    if let waiting = try service.waitingForMe() {
      if waiting > 0 {
        say(
          Bilingual(
            "\(waiting == 1 ? "1 request waits" : "\(waiting) requests wait") for you: iauth pending -i",
            "待您審核 \(waiting) 件：iauth pending -i"))
      }
      return
    }
    guard let own = try? service.ownRequests() else { return }
    let hasAny = own.contains { request in
      request.status == .pending || request.status == .returned || request.permission == .active
    }
    guard !hasAny else { return }
    guard console.mayAsk else {
      say(
        Bilingual(
          "next, ask for a permission: iauth request-permission",
          "後續作業，申請使用權限：iauth request-permission"))
      return
    }
    try PermissionSitting(context: self).run()
  }
}
