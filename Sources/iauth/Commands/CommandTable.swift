// The one list of commands. Its order is the order of help and manual.

import Sheets
import Values

enum CommandTable {
  static let all: [any Command.Type] = [
    Apply.self, Verify.self, RequestPermission.self,
    Pending.self, Approve.self, Reject.self, Revoke.self, Admins.self, Recertify.self,
    ImportBatch.self,
    Agencies.self, Systems.self, Accounts.self, Permissions.self,
    StatisticsCommand.self,
    Init.self, Deliver.self, Audit.self, Doctor.self, Backup.self, Restore.self, Migrate.self,
    Serve.self, ServeOne.self, SSHGate.self,
    HelpCommand.self, Completion.self,
  ]

  // A closure, because a key path through an existential metatype crashes the compiler (6.3.1).
  static var described: [CommandDescription] { all.map { $0.described } }
}
