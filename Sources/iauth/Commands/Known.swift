// `iauth __complete KIND WORD`, which the completion scripts ask and nobody types: what the caller may
// see of a kind, a line each, as VALUE, a tab and what it is. It reads, says nothing else and never
// fails: a shell has no use for an error while somebody types.

import IAuthCore
import Sheets
import Values

enum Known {
  static let word = "__complete"

  static func show(_ words: [String], _ context: Context) {
    guard let kind = words.first.flatMap({ KnownKind(rawValue: $0) }) else { return }
    let begun = words.count > 1 ? words[1] : ""
    guard let lines = try? lines(of: kind, begun, context) else { return }
    for (value, text) in lines {
      context.console.page(TerminalText.escaped(value) + "\t" + TerminalText.escaped(text) + "\n")
    }
  }

  private static func lines(
    of kind: KnownKind, _ begun: String, _ context: Context
  ) throws(IAuthError) -> [(String, String)] {
    let language = context.language
    let service = try context.service()
    switch kind {
    case .commands:
      return CommandTable.described.filter { command in
        !command.isOperatorOnly || context.world.caller.isOperator
      }.map { ($0.name, $0.summary(language)) }
    case .agencies:
      return try service.agencies(begun, under: nil, limit: Limits.completions)
        .filter { $0.agency.status == .active }.map { ($0.agency.code, $0.agency.name) }
    case .systems: return try service.systems().map { ($0.code, $0.name(language)) }
    case .sessions: return try service.sessionNames().map { ($0.name, $0.person ?? "") }
    case .batches:
      var found: [BatchID: String] = [:]
      for item in try service.firstWaiting(Limits.completions) ?? [] {
        if let batch = item.batch { found[batch] = item.document ?? "" }
      }
      for batch in try service.batches().prefix(Limits.completions) {
        found[batch.batch] = batch.document ?? ""
      }
      return found.sorted { $0.key < $1.key }.map { (String($0.key), $0.value) }
    case .queue: return try waiting(service, language)
    case .requests:
      let own = try service.ownRequests().map { request in
        (String(request.number), "\(request.system) \(request.status.label(language))")
      }
      return try waiting(service, language) + own
    case .accounts:
      return try service.accountsIfAny(limit: Limits.completions).map { account in
        (String(account.account), account.name)
      }
    case .items:
      return try service.recertificationItems().prefix(Limits.completions).map { item in
        (String(item.item), item.name ?? "")
      }
    }
  }

  private static func waiting(
    _ service: Service, _ language: Language
  ) throws(IAuthError) -> [(String, String)] {
    (try service.firstWaiting(Limits.completions) ?? []).map { item in
      (String(item.number), "\(item.name) \(item.agency.name)")
    }
  }
}
