// Asking for a permission, question by question (PRODUCT 4.3): which system, which role, why; and a yes
// before it is submitted.

import IAuthCore
import Sheets
import Values

struct PermissionSitting {
  let context: Context

  /// - Throws: `declined`; what `requestPermission` throws.
  func run() throws(IAuthError) {
    let service = try context.service()
    // Whoever is not signed in need not answer first.
    _ = try service.status()
    guard let system = try chooseSystem(try service.systems()), let role = try chooseRole() else {
      context.say(
        Bilingual(
          "nothing was asked for; later: iauth request-permission",
          "尚未提出申請；日後可執行：iauth request-permission"))
      return
    }
    let reason = try askReason()
    let language = context.language
    context.console.details([
      (Bilingual("system", "系統"), system.titled(language)),
      (Bilingual("role", "角色"), role.label(language)),
      (Bilingual("reason", "申請事由"), reason ?? "-"),
    ])
    guard try context.console.askYes(Bilingual("Submit this request?", "確定送出申請？")) else {
      throw .declined
    }
    context.show(
      try service.requestPermission(
        PermissionOrder(
          system: system.code, role: role, reason: reason, document: nil, from: nil, until: nil,
          deputyFor: nil, replaces: nil)))
  }

  /// Nil for nobody's choice: an empty answer, or none.
  func chooseSystem(_ systems: [TargetSystem]) throws(IAuthError) -> TargetSystem? {
    guard systems.count > 1 else { return systems.first }
    let language = context.language
    for (index, system) in systems.enumerated() {
      context.console.err.write(
        TerminalText.escaped("\(index + 1)  \(system.titled(language))") + "\n")
    }
    while true {
      let question = Bilingual(
        "System (1-\(systems.count); empty: not now)", "系統（1-\(systems.count)；直接按 Enter 則暫不申請）")
      guard let answer = try context.console.ask(question), !Folding.fold(answer).isEmpty else {
        return nil
      }
      if let number = try? Int.parse(answer, for: ""), (1...systems.count).contains(number) {
        return systems[number - 1]
      }
      let word = Folding.fold(answer)
      if let system = systems.first(where: { $0.code == word }) { return system }
      context.console.error(.systemUnknown(code: answer))
    }
  }

  private func chooseRole() throws(IAuthError) -> Role? {
    while true {
      let question = Bilingual(
        "Permission: 1 general user, 2 agency administrator (empty: not now)",
        "申請權限：1 一般權限、2 機關管理者（直接按 Enter 則暫不申請）")
      guard let answer = try context.console.ask(question) else { return nil }
      switch Folding.fold(answer).lowercased() {
      case "": return nil
      case "1", "general", "一般權限": return .general
      case "2", "admin", "機關管理者": return .admin
      default: context.console.error(.roleInvalid(answer))
      }
    }
  }

  private func askReason() throws(IAuthError) -> String? {
    while true {
      let question = Bilingual("Reason, for the reviewer (may be empty)", "申請事由（供審核者參考，可不填）")
      guard let answer = try context.console.ask(question), !Folding.trim(answer).isEmpty else {
        return nil
      }
      do throws(IAuthError) {
        return try FreeText.typedReason(answer)
      } catch {
        context.console.error(error)
      }
    }
  }
}
