// What SQLite says, in our words.

import SQLite
import Sheets
import Values

extension Store {
  /// The one place where SQLite's errors become ours.
  static func translated(_ error: any Error) -> IAuthError {
    guard let error = error as? SQLiteError else {
      return error as? IAuthError ?? .internal("an unknown error")
    }
    switch error.reason {
    case .busy: return .databaseBusy
    case .full: return .diskFull
    case .readOnly: return .databaseStandby
    case .disk: return Files.failure(error.system)
    case .damage: return .databaseDamaged
    case .constraint: return .internal("the database refused it: \(error.message)")
    case .other: return .internal("SQLite \(error.code)")
    }
  }
}
