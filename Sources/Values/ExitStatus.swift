// The statuses a process ends with: sysexits(3), as the manual's EXIT STATUS section lists them.

package enum ExitStatus: Int32, CaseIterable, Sendable {
  case done = 0
  case refused = 1
  case usage = 64
  case data = 65
  case noInput = 66
  case unknown = 67
  case `internal` = 70
  case cannotCreate = 73
  case io = 74
  case tryAgain = 75
  case outcomeUnknown = 76
  case notPermitted = 77
  case configuration = 78
  // What a cluster's monitor asks for, of `doctor --quick` alone (OCF resource agent API, 1.1).
  case notInstalled = 5
  case notConfigured = 6
  case notRunning = 7

  /// Those of all commands.
  package static let allCases: [ExitStatus] = [
    .done, .refused, .usage, .data, .noInput, .unknown, .internal, .cannotCreate, .io, .tryAgain,
    .outcomeUnknown, .notPermitted, .configuration,
  ]
}
