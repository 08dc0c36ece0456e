// Every bound of the product in one place, with its unit and its reason (PRODUCT sections 3, 8 and
// 10). What a configuration may change is the default here.

package enum Limits {
  // Codes (3.2).

  /// A code is worth nothing after this; NIST SP 800-63B allows ten minutes at most.
  package static let codeLifetime: TimeSpan = .minutes(10)
  /// Wrong attempts by one caller on one application or account, until that caller is locked out
  /// of it; few enough that eight digits cannot be guessed.
  package static let wrongAttemptsPerCaller = 5
  /// How long such a lock holds: long enough to stop a script, short enough for a person.
  package static let lockTime: TimeSpan = .minutes(15)
  /// Wrong attempts by one caller in a day, over everything, until locked out of everything.
  package static let wrongAttemptsPerDay = 20
  /// Wrong attempts by anyone on one address without a success between, until it locks for
  /// everyone but who has signed in from the same place before (NIST SP 800-63B, throttling).
  package static let wrongAttemptsPerAccount = 100
  /// How long that lock holds from the last attempt: strangers keep nobody out for good.
  package static let accountLockTime: TimeSpan = .days(1)
  /// Wrong attempts in a day, over everything, from which on a caller who has not signed in to an
  /// account before proves both codes: however many guess, the odds of a day stay below 10⁻⁵.
  package static let wrongAttemptsForBoth = 500
  /// Wrong attempts in an hour, over everything, that alert the operator: codes tried on many
  /// accounts by many callers.
  package static let alertWrongAttemptsPerHour = 200

  // Sending of codes, for one purpose and one address or number (3.2): what an impatient person
  // needs, and no more, since each SMS costs money and annoys whoever owns the number.

  package static let sendsPerMinute = 1
  package static let sendsPerTenMinutes = 5
  package static let sendsPerCallerDay = 20
  package static let sendsPerDay = 60
  /// Codes of a day that a caller who has signed in to the account before gets, whatever others
  /// have used up.
  package static let ownSendsPerDay = 10
  /// Codes of a day to numbers outside Taiwan, for all callers together; `sms-foreign-daily`.
  package static let foreignSendsPerDay = 50
  /// Messages that one caller causes in an hour through the gate, notices included; `gate-sends`.
  package static let gateSendsPerHour = 20

  /// A request that is made again is told to its reviewers no more often.
  package static let requestToldInterval: TimeSpan = .days(1)
  /// Refusals of one caller in an hour that have an entry each on the trail; the rest are counted
  /// in one.
  package static let refusalsPerHour = 60
  // The periodic review (11.3).

  /// Before the due day, those who may still answer are reminded this long ahead; once after it.
  package static let recertificationReminders: [TimeSpan] = [
    .days(14), .days(7), .days(3), .days(1),
  ]

  // Lifetimes.

  /// Before an idle account is suspended, its holder is warned this long ahead (附表十 item 3).
  package static let idleWarnings: [TimeSpan] = [.days(14), .days(7), .days(3), .days(1)]
  /// Nobody is suspended sooner after the first warning, however long they have been idle.
  package static let idleNotice: TimeSpan = .days(14)

  /// An application that both codes have not proven lapses, and its personal data is erased;
  /// `application-lifetime`.
  package static let applicationLifetime: TimeSpan = .hours(24)
  /// A request that nobody decides lapses; `request-lifetime`.
  package static let requestLifetime: TimeSpan = .days(180)
  /// A request that was sent back for correction and is not submitted again lapses (11.2).
  package static let correctionLifetime: TimeSpan = .days(30)
  /// A permission is given for at most three years if it is given for a time (11.1).
  package static let grantYears: Int64 = 3
  /// Before a permission ends, its holder is told this long ahead (11.1).
  package static let endWarnings: [TimeSpan] = [.days(14), .days(3)]
  /// An invitation that nobody takes up lapses, and the permission with it;
  /// `invitation-lifetime`.
  package static let invitationLifetime: TimeSpan = .days(30)
  /// A session ends when unused; the configuration may only shorten it (`session-idle`).
  package static let sessionIdle: TimeSpan = .minutes(30)
  /// A session ends, used or not; the configuration may only shorten it (`session-lifetime`).
  package static let sessionLifetime: TimeSpan = .hours(8)
  /// Use of a session is noted no more often, so that reading does not become writing.
  package static let sessionNoteInterval: TimeSpan = .seconds(60)

  // Reminders and messages (3.6, 3.7).

  /// Lines of each kind in a digest; the rest is looked up.
  package static let digestItems = 200

  /// How many seconds one message may take to be handed over; ten of them fit into a claim.
  package static let deliverySeconds = 10
  /// Seconds that a mail system has to answer for a message that it was given whole, where nobody
  /// waits.
  package static let answerSeconds = 60

  /// How long a process may hold a message that it is sending; then another one takes it.
  package static let claimLease: TimeSpan = .minutes(2)

  /// The ages at which a request is reminded of; `reminders`.
  package static let reminders: [TimeSpan] = [.days(3), .days(7), .days(14)]
  /// What a process that queued messages spends on sending them, before its user waits too long.
  package static let deliveryBudget: TimeSpan = .seconds(10)
  /// How long a delivery run begins new turns, so that it ends and says what it did.
  package static let deliveryRun: TimeSpan = .minutes(4)
  /// How long one turn of a channel takes at most; it ends before its claim does.
  package static let deliveryTurn: TimeSpan = .seconds(100)
  /// How often a long turn writes down what has left, in milliseconds.
  package static let markMilliseconds: Int64 = 2_000
  /// How much later a code leaves than it could, in microseconds: up to this, at random.
  package static let codeSpread: UInt32 = 400_000
  /// Messages of one channel in one run: a flood, and what it costs, is spread and is noticed.
  package static func messagesPerRun(_ channel: Channel) -> Int {
    switch channel {
    case .email: 5_000
    case .sms: 500
    }
  }
  /// Messages that one turn takes, of mails in one conversation; the rest of a turn that is over is
  /// released.
  package static func messagesPerTurn(_ channel: Channel) -> Int {
    switch channel {
    case .email: 250
    case .sms: 50
    }
  }
  /// Bytes of an outlet's answer that are looked at.
  package static let outletBytes = 64 << 10
  /// Letters of what an SMS gateway calls a message.
  package static let providerIDLength = 100
  /// Bytes of a mail that came back; what is behind them is passed over.
  package static let bounceBytes = 1 << 20
  /// Lines of a gateway's report that are taken at once.
  package static let reportLines = 100_000
  /// How long a list of messages goes back over those that need nobody, and over how many.
  package static let messageListAge: TimeSpan = .days(1)
  package static let messageListRows = 10_000
  /// Messages that a process sends by itself; more are left to `deliver`.
  package static let immediateDeliveries = 10
  /// The waits after the first failures of a message; then the last one again and again.
  package static let retryWaits: [TimeSpan] = [
    .minutes(1), .minutes(5), .minutes(15), .minutes(60),
  ]
  /// A message that could not be sent for this long has failed; the operator is told.
  package static let failedAfter: TimeSpan = .hours(24)

  // The database (5).

  /// How long a process waits for the writer before it, until it says `database.busy`.
  package static let busyWait: TimeSpan = .seconds(10)
  /// How long the note that a session was used waits for other writers.
  package static let noteSeconds = 2

  /// Ids for each second since the day below with which a restored database goes on: more than any
  /// disk can commit, so that whatever was given out since the copy is passed over.
  package static let restoreIDsPerSecond: Int64 = 100_000
  /// 2026-01-01; the first release is younger.
  package static let restoreIDsSince = Timestamp(1_767_225_600)

  // Clocks (3.9).

  /// How far two processes' readings of the clock may be apart, and nothing is meant by it.
  package static let clockSlack: TimeSpan = .minutes(1)
  /// A clock that is further than this from the newest entry is not believed at once.
  package static let clockLeap: TimeSpan = .days(3)
  /// How long it must go on like that until it is.
  package static let clockWait: TimeSpan = .hours(1)

  /// Entries that a log collector gets from one reading: others may write between two.
  package static let auditFeedRows: Int64 = 4_096

  // What `doctor` takes for too little, or too long ago.

  /// Bytes on the disk below which the next command may fail.
  package static let diskMinimum: Int64 = 8 << 20
  /// Bytes on the disk below which it warns; or the room for two copies, if that is more.
  package static let diskReserve: Int64 = 64 << 20
  /// The operator's digest carries the audit head daily; a day may be missed.
  package static let anchorAge: TimeSpan = .days(2)
  /// A weekly copy, a day late.
  package static let backupAge: TimeSpan = .days(8)
  /// What a target system's consumer has not acknowledged for so long is overdue (11.5).
  package static let feedAge: TimeSpan = .days(1)
  /// The registry is published yearly.
  package static let registryAge: TimeSpan = .days(400)

  // Texts, in Unicode scalars, as SQLite's `length` counts; addresses in octets (3.1, 10).

  /// Characters of a system's code.
  package static let systemCodeLength = 30

  /// Of a person, a system or an agency; the longest in the registry has 31.
  package static let nameLength = 50
  package static let titleLength = 50
  package static let unitLength = 50
  package static let phoneLength = 50
  package static let documentLength = 100
  package static let reasonLength = 2_000
  /// RFC 5321, 4.5.3.1.3, without the angle brackets.
  package static let emailOctets = 254

  // Imports (10), in bytes and rows: what a national form holds with room, and what fits in memory.

  /// After so many rows an import says how far it is, and looks whether it was told to stop.
  package static let importProgressRows = 1_000

  /// Rows of an import that are stored by one statement; more gain nothing.
  package static let importRowsPerStatement = 64

  /// Rows from which on a form is stored in the order of the registry, not of its own rows: only
  /// then does it pay.
  package static let importSortedRows = 10_000

  /// Bytes of a file that are read at once.
  package static let pieceBytes = 256 << 10
  /// Bytes of a spool that stay in memory; a form through the gate never needs a file.
  package static let spoolBytes = 8 << 20
  /// What a spool keeps of what is to follow in its file.
  package static let spoolPieceBytes = 1 << 20

  package static let gateImportBytes = 10 << 20
  package static let importBytes = 1 << 30
  package static let workbookRows = 20_000
  /// Counted while unpacking, since an archive may lie about its sizes.
  package static let workbookUnpackedBytes = 64 << 20
  package static let textRows = 1_000_000

  // Sheets: what one may cost before its contents are looked at. Honest forms are far below these
  // bounds; a hostile file reaches them in about a second.

  /// Cells of a row; the form has about twenty columns, and what is kept beside it may be wide.
  package static let sheetColumns = 1_024
  /// Lines of a text that may be titles, whatever they begin with.
  package static let titleRows = 50
  /// Characters of a cell that is not needed, as spreadsheet programs have it; what is needed is
  /// bounded by its value.
  package static let sheetCellCharacters = 32_767
  /// The same in UTF-8, so that nearly no cell has to be counted.
  package static let sheetCellBytes = 4 * sheetCellCharacters
  /// Records of a text file, blank ones and remarks counted.
  package static let textRecords = 2_000_000
  /// Bytes of a row of a text: it is read again from its start until it is whole.
  package static let textRowBytes = 8 << 20
  /// Entries of a workbook: sheets, styles, pictures.
  package static let archiveEntries = 1_000
  /// Different texts of a workbook: its rows, twenty columns each.
  package static let sharedStrings = 400_000
  /// The row numbers that spreadsheet programs have.
  package static let workbookRowNumbers = 1_048_576
  /// Merged cells that reach into one row: one a column, since they do not overlap.
  package static let sheetMerges = sheetColumns
  /// Elements of XML inside each other; workbooks have about ten.
  package static let xmlDepth = 64
  /// Elements of XML in all: the rows, forty cells each, three elements a cell.
  ///
  /// Empty elements cost more time than their four bytes show.
  package static let xmlElements = 2_500_000
  /// UTF-8 bytes of a name, and attributes of an element.
  package static let xmlNameBytes = 256
  package static let xmlAttributes = 64
  /// Namespaces that an element declares; LibreOffice declares forty.
  package static let xmlNamespaces = 256
  /// UTF-8 bytes of a run of text.
  package static let xmlTextBytes = 1 << 20

  // The gate (9): what one caller may hold, and how long anybody may hold this process.

  /// Connections of one caller at a time; more are told to wait, so that nobody takes all of the
  /// socket's.
  package static let gateConnectionsPerCaller = 16
  /// Connections of all callers at a time.
  package static let gateConnections = 128
  /// A greeting that is not there by then does not come.
  package static let gateGreetingWait: TimeSpan = .seconds(5)
  /// A frame that has begun, or that a program owes, comes within this time.
  package static let gateFrameWait: TimeSpan = .seconds(10)
  /// A person may think about an answer as long as a code lives.
  package static let gatePromptWait: TimeSpan = .minutes(10)
  /// No connection lives longer.
  package static let gateConnection: TimeSpan = .minutes(15)
  /// Bytes of a frame's payload; all the words of a command are one.
  package static let gateFrameBytes = 1 << 16
  /// Words of a command: hundreds of request numbers fit.
  package static let gateWords = 4_000
  /// Deliveries that one connection has started and that still run.
  package static let deliveriesAtOnce = 4
  /// Bytes of a command that comes by ssh.
  package static let sshCommandBytes = 1 << 14
  /// Letters of a key's name.
  package static let keyNameLength = 64

  // The witness (14).

  /// A witness that has not taken the head by then is ended.
  package static let witnessSeconds = 60

  // The registry (3.1).

  /// A load that would remove more than one agency in this many is refused: the file is cut off.
  package static let registryShrinkDivisor = 10
  /// How long a succession of agencies can be taken back.
  package static let successionUndo: TimeSpan = .days(7)

  // Lists on a terminal.

  /// Titles of columns that are not read, in one line.
  package static let ignoredTitles = 20
  /// The most agencies that are shown to choose from.
  package static let agencyChoices = 10
  /// The most letters that an agency is looked for by, one by one.
  package static let agencyLetters = 30
  /// The most requests that a mail lists.
  package static let mailLines = 40
  /// The longest name of the service: it stands in every SMS.
  package static let serviceNameMax = 20
  /// The most words that a shell is offered.
  package static let completions = 200
  /// Reasons used before that are offered again.
  package static let reasonsOffered = 5
  /// The most requests that one call decides on.
  package static let numbersAtOnce = 10_000
  /// The bytes of a file that says what is decided.
  package static let decisionBytes = 16 << 20
  /// From so many lines on a list says how many they are: nobody counts them.
  package static let listTotalFrom = 10
}
