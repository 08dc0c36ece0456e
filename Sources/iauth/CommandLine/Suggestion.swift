// The nearest known word to one that was mistyped. It is named, never run.

import Sheets
import Values

enum Suggestion {
  /// What other tools call it, and people say; the command that is meant.
  static let synonyms: [String: String] = [
    "login": "verify", "log-in": "verify", "signin": "verify", "sign-in": "verify", "登入": "verify",
    "auth": "verify", "code": "verify", "logout": "verify --sign-out",
    "log-out": "verify --sign-out", "signout": "verify --sign-out", "sign-out": "verify --sign-out",
    "登出": "verify --sign-out", "exit": "verify --sign-out", "quit": "verify --sign-out",
    "status": "verify --status", "whoami": "verify --status", "who": "verify --status",
    "me": "verify --status", "session": "verify --status", "step-up": "verify --step-up",
    "resend": "verify --resend REFERENCE", "register": "apply", "signup": "apply",
    "sign-up": "apply", "new": "apply", "申請": "apply", "accept": "approve", "grant": "approve",
    "allow": "approve", "ok": "approve", "核准": "approve", "deny": "reject", "refuse": "reject",
    "decline": "reject", "退件": "reject", "return": "reject --return",
    "退回補正": "reject --return", "queue": "pending", "list": "pending", "ls": "pending",
    "show": "pending", "review": "pending --interactive", "inbox": "pending", "todo": "pending",
    "待審": "pending", "remind": "pending --remind", "request": "request-permission",
    "permission": "request-permission", "role": "request-permission",
    "withdraw": "request-permission --withdraw NUMBER", "agency": "agencies", "org": "agencies",
    "search": "agencies", "find": "agencies", "機關": "agencies", "system": "systems",
    "user": "accounts", "users": "accounts", "account": "accounts", "people": "accounts",
    "suspend": "accounts --suspend ACCOUNT", "unlock": "accounts --unlock ACCOUNT",
    "admin": "admins", "administrators": "admins", "import": "import-batch",
    "batch": "import-batch", "upload": "import-batch", "batches": "import-batch --list",
    "delete": "revoke", "remove": "revoke", "廢止": "revoke", "log": "audit", "history": "audit",
    "trail": "audit", "send": "deliver", "mail": "deliver", "outbox": "deliver --list",
    "check": "doctor", "health": "doctor", "setup": "init", "upgrade": "migrate",
    "version": "--version", "stats": "statistics", "report": "statistics",
    "completions": "completion", "certify": "recertify", "清查": "recertify", "man": "help",
    "schema": "help --schema",
  ]

  /// The command that an unknown word most likely stands for.
  static func command(for word: String, among names: [String]) -> String? {
    synonyms[word.lowercased()] ?? nearest(to: word, among: names)
  }

  /// The candidate that `word` most likely stands for; nil if none is near.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let typed = Array(word.lowercased().utf8.prefix(64))
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let known = Array(candidate.utf8)
      let isBeginning = typed.count >= 3 && known.starts(with: typed)
      let distance = isBeginning ? 1 : edits(typed, known)
      let isNear = isBeginning || distance <= max(1, min(typed.count, known.count) / 3)
      if isNear, distance < best?.distance ?? .max {
        best = (distance, candidate)
      }
    }
    return best?.candidate
  }

  /// Insertions, deletions, replacements and swaps of neighbours between two words (the optimal
  /// string alignment distance).
  static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var least = min(
          rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, rows[i - 1][j - 1] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
