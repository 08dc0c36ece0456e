// What a shell asks the program for while somebody types: the numbers and codes of what they see.

import IAuthCore
import Sheets
import Values

enum KnownKind: String, CaseIterable, Sendable {
  case commands, agencies, requests, queue, systems, sessions, batches, accounts, items
}
