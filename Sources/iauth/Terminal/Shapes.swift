// Every object that iauth writes as JSON, by the command that writes it. The contract of PRODUCT
// section 4 in one place: a field is added here before anything else knows it.

import IAuthCore
import Sheets
import Values

extension Shape {
  static let agencyFields: [Field] = [
    .word("type", AgencyType.self), .text("code"), .text("name"), .text("path"),
  ]
  static let agency = Field.object("agency", agencyFields)

  // MARK: People

  static let application = Shape(
    "application", by: "apply",
    [.text("application"), agency, .text("email"), .text("mobile"), .time("expires_at")])
  static let signIn = Shape(
    "sign-in", by: "verify", [.text("signin"), .word("via", Via.self), .time("expires_at")])
  static let session = Shape(
    "session", by: "verify --status",
    extra: [
      .objects(
        "changed", [.word("field", ContactChange.Field.self), .text("before"), .text("after")])
    ],
    [
      .number("account"), .text("name"), agency, .word("status", AccountStatus.self),
      .text("session"), .words("proven", Channel.allCases.map(\.rawValue)), .time("expires_at"),
    ])
  static let home = Shape(
    "home", by: "iauth alone", session.fields + [.number("waiting").optional, .number("requests")])
  static let signedOut = Shape("signed-out", by: "verify --sign-out", [.flag("signed_out")])
  static let requested = Shape(
    "requested", by: "request-permission",
    [
      .number("request"), .text("system"), .word("role", Role.self),
      .word("kind", RequestKind.self), .word("status", RequestStatus.self),
      .word("reviewed_by", ["authority", "agency"]), .texts("reviewers"),
    ] + terms)
  /// From when until when, and in whose place.
  private static let terms: [Field] = [
    .time("from").optional, .time("until").optional, .number("deputy_for").optional,
    .number("replaces").optional,
  ]
  static let ownRequest = Shape(
    "own-request", by: "request-permission --list", time: "submitted_at",
    [
      .number("request"), .text("system"), .word("role", Role.self),
      .word("kind", RequestKind.self), .word("status", RequestStatus.self), .time("submitted_at"),
      .time("decided_at").optional, .text("decided_by").optional, .text("reason").optional,
      .text("note").optional, .word("permission", PermissionStatus.self).optional,
      .text("end_reason").optional,
    ] + terms)
  static let withdrawn = Shape(
    "withdrawn", by: "request-permission --withdraw",
    [.number("request"), .word("status", RequestStatus.self)])

  // MARK: Review

  private static let pendingFields: [Field] =
    [
      .number("request"), .text("version"), .word("kind", RequestKind.self), .time("submitted_at"),
      .number("waiting_days"), agency, .text("name").optional, .text("title").optional,
      .text("email").optional, .text("mobile").optional, .text("system"), .word("role", Role.self),
      .text("reason").optional, .text("document").optional, .number("batch").optional,
      .word("status", RequestStatus.self), .flag("verified"), .texts("marks"),
    ] + terms + [
      .number("round"), .time("decided_at").optional, .text("decided_by").optional,
      .text("note").optional,
    ]
  static let pending = Shape("pending", by: "pending", time: "submitted_at", pendingFields)
  static let requestDetail = Shape(
    "request", by: "pending NUMBER", extra: [.text("obstacle")],
    pendingFields + [
      .text("phone").optional, .text("unit").optional,
      Field.object(
        "replacement", [.text("name"), .text("email"), .text("mobile"), .text("title").optional]
      ).optional,
      .time("effective_at").optional, .word("rule", ["authority", "agency"]),
      .objects(
        "reviewers",
        [
          .text("name"), .text("agency"), .number("deputy_for").optional,
          .text("deputy_of").optional,
        ]),
      .text("stands_for").optional,
      .objects(
        "rounds",
        [
          .number("round"), .time("submitted_at"), .text("reason").optional,
          .text("document").optional, .time("returned_at"), .text("returned_by").optional,
          .text("note").optional,
        ]),
      .objects(
        "history", [.time("at"), .text("action"), .text("by").optional, .text("outcome")]),
      .objects(
        "told",
        [
          .time("at"), .text("name").optional, .word("kind", MessageKind.self),
          .word("status", MessageStatus.self),
        ]),
      .flag("may_decide"), .text("why_not").optional,
      Field.object(
        "decision",
        [
          .word("status", RequestStatus.self), .text("decided_by").optional,
          .text("note").optional, .time("decided_at"), .number("deputy_for").optional,
        ]
      ).optional,
      .word("permission", PermissionStatus.self).optional, takenOver.optional,
    ])
  private static let takenOver = Field.object(
    "taken_over", [.number("request"), .text("name"), .time("from").optional])
  static let plannedMessages = Field.objects(
    "messages",
    [
      .word("kind", MessageKind.self), .word("channel", Channel.self), .text("recipient"),
      .text("name").optional, .text("subject"), .text("reference"), .text("body").optional,
      .objects("why", [.text("event"), .text("subject")]),
    ])
  static let reminderRun = Shape(
    "reminder-run", by: "pending --remind", extra: [plannedMessages],
    [
      .number("reminded"), .number("requests"), .number("without_reviewer"), .number("lapsed"),
      .number("delivered"), .number("failed"),
    ])
  static let decided = Shape(
    "decided", by: "approve, reject", extra: [takenOver],
    [
      .number("request"), .word("status", RequestStatus.self).optional,
      .time("decided_at").optional, .text("decided_by").optional, .text("outcome"),
      .text("next").optional, .number("deputy_for").optional,
    ])
  static let revoked = Shape(
    "revoked", by: "revoke", [.number("request"), .word("permission", PermissionStatus.self)])
  static let administrator = Shape(
    "administrator", by: "admins", time: "since",
    [
      .text("system"), agency, .text("name"), .text("email"), .time("since"), .number("request"),
      .time("until").optional, .number("deputy_for").optional, .text("deputy_of").optional,
    ])
  static let lacking = Shape(
    "lacking", by: "admins --missing", [agency, .number("administrators")])
  static let appointed = Shape(
    "appointed", by: "admins --appoint",
    [
      .number("request"), .text("system"), agency, .text("name"), .word("role", Role.self),
      .word("status", RequestStatus.self),
    ])

  // MARK: Batches

  static let batch = Shape(
    "batch", by: "import-batch --list", time: "submitted_at",
    [
      .number("batch"), .text("document").optional, .time("submitted_at"), .number("rows"),
      .number("pending"), .number("approved"), .number("rejected"), .number("returned"),
    ])

  static let importRow = Shape(
    "import-row", by: "import-batch", extra: [.text("sheet")],
    [
      .number("row"), .word("outcome", RowOutcome.self), .number("request").optional,
      .objects(
        "problems",
        [.word("level", ["error", "warning"]), .text("column"), .text("code"), .text("message")]),
    ])
  static let importSummary = Shape(
    "import-summary", by: "import-batch", extra: [.texts("ignored"), .texts("unread")],
    [
      .number("batch").optional, .text("digest"), .number("rows"), .number("accepted"),
      .number("unchanged"), .number("rejected"), .number("held"), .flag("dry_run"),
    ])

  // MARK: Registry and accounts

  static let agencies = Shape(
    "agency", by: "agencies",
    extra: [
      .object("successor", agencyFields), .time("succession_at"), .text("succession_failed"),
    ],
    agencyFields + [
      .text("superior").optional, .flag("superior_derived"), .word("status", AgencyStatus.self),
    ])
  static let registryLoaded = Shape(
    "registry-loaded", by: "agencies --load",
    extra: [
      .objects(
        "successors",
        [
          .object("old", agencyFields), .object("new", agencyFields), .flag("same_name"),
          .flag("same_people"),
        ])
    ],
    ["added", "updated", "removed", "unchanged", "rejected"].map(Field.number))
  static let succession = Shape(
    "succession", by: "agencies --succeed, --undo",
    [
      .word("what", SuccessionLine.What.self), .word("outcome", SuccessionLine.Outcome.self),
      .object("old", agencyFields), .object("new", agencyFields), .number("account").optional,
      .number("into").optional, .number("request").optional,
      Field.object("agency", agencyFields).optional, .flag("applied"),
    ])
  static let system = Shape(
    "system", by: "systems",
    [
      .text("code"), .text("name"), .text("name_zh"), .text("url").optional,
      .text("longest").optional,
    ])
  static let account = Shape(
    "account", by: "accounts", time: "used_at",
    [
      .number("account"), agency, .text("name").optional, .text("title").optional,
      .text("email").optional, .text("mobile").optional, .word("status", AccountStatus.self),
      .flag("admin"),
      .objects("roles", [.number("request"), .text("system"), .word("role", Role.self)]),
      .time("used_at").optional, .flag("erased"), .texts("marks"),
    ])
  static let accountChanged = Shape(
    "account-changed", by: "accounts --suspend, --restore, --close, --unlock, --erase",
    [.number("account"), .word("status", AccountStatus.self)])

  // MARK: Upkeep

  static let migrated = Shape(
    "migrated", by: "migrate",
    [
      .number("from"), .number("to"), .flag("migrated"), .flag("dry_run"), .text("copy").optional,
      .number("rows"), .objects("tables", [.text("table"), .number("rows")]),
      .number("entries").optional, .text("hash").optional,
    ])

  static let made = Shape(
    "made", by: "init",
    [
      .text("database"), .object("authority", agencyFields), .number("agencies"),
      .number("rejected"), .text("system"), .number("request").optional,
    ])
  static let delivery = Shape(
    "delivery", by: "deliver", extra: [plannedMessages],
    [.number("delivered"), .number("postponed"), .number("failed")])
  static let message = Shape(
    "message", by: "deliver --list", time: "created_at",
    [
      .number("message"), .word("kind", MessageKind.self), .word("channel", Channel.self),
      .text("recipient"), .text("reference"), .word("status", MessageStatus.self),
      .time("created_at"), .time("due_at"), .number("attempts"), .text("error").optional,
      .time("sent_at").optional, .time("reported_at").optional, .text("provider").optional,
    ])
  static let fates = Shape(
    "fates", by: "deliver --bounce, --report",
    ["bounced", "delivered", "failed", "expired", "noted", "ignored"].map(Field.number))
  static let tested = Shape(
    "tested", by: "deliver --test",
    [
      .word("channel", Channel.self), .text("recipient"), .word("status", ["sent", "failed"]),
      .text("answer"),
    ])
  static let messageChanged = Shape(
    "message-changed", by: "deliver --retry, --drop",
    [.number("message"), .word("status", MessageStatus.self)])
  static let auditEntry = Shape(
    "audit-entry", by: "audit", time: "at",
    [
      .number("seq"), .time("at"), .text("caller"), .number("account").optional, .text("action"),
      .text("name").optional, .text("subject"), .text("outcome"), .text("note").optional,
      .text("hash"),
    ])
  static let auditAction = Shape("audit-action", by: "audit --actions", [.text("action")])
  static let auditExport = Shape(
    "audit-export", by: "audit --after",
    [
      .number("seq"), .time("at"), .text("caller"), .number("account").optional,
      .number("session").optional, .text("action"), .text("subject"), .text("outcome"),
      .text("person"), .text("previous"), .text("hash"),
    ])
  private static let checkpoint: [Field] = [.text("origin"), .number("size"), .text("root")]
  static let auditCheckpoint = Shape(
    "audit-checkpoint", by: "audit --checkpoint", checkpoint + [.text("note")])
  static let auditHead = Shape(
    "audit-head", by: "audit --head",
    checkpoint + [.number("seq"), .text("hash"), .time("at").optional])
  static let witnessSettled = Shape(
    "witness-settled", by: "audit --settle-witness", [.number("settled")])
  static let auditInclusion = Shape(
    "audit-inclusion", by: "audit --prove",
    extra: [.object("since", checkpoint + [.texts("consistency")])],
    checkpoint + [.object("entry", auditExport.fields), .texts("inclusion")])
  static let auditProof = Shape(
    "audit-proof", by: "audit --verify", [.number("entries"), .text("hash"), .text("anchor")])
  static let finding = Shape(
    "finding", by: "doctor", [.text("check"), .word("status", Health.self), .text("detail")])
  private static let copyFields: [Field] = [
    .text("file"), .text("key"), .text("manifest"), .time("at"), .number("entries"),
    .text("anchor"),
  ]
  static let backedUp = Shape("backed-up", by: "backup", copyFields)
  static let rotated = Shape("rotated", by: "backup --to", copyFields + [.texts("removed")])
  static let restored = Shape(
    "restored", by: "restore",
    [
      .text("database"), .number("entries"), .text("hash"), .time("newest_at"), .flag("manifest"),
      .number("codes"), .number("sessions"), .number("held"), .number("keys"),
    ])
  static let key = Shape(
    "key", by: "ssh-gate --list", time: "enrolled_at",
    [
      .text("key"), .number("account"), .text("name").optional, .text("agency"),
      .word("status", AccountStatus.self), .time("enrolled_at"), .flag("rests"),
    ])
  static let keyEnrolled = Shape(
    "key-enrolled", by: "ssh-gate --enrol", [.text("key"), .number("account"), .text("line")])
  static let keyWithdrawn = Shape(
    "key-withdrawn", by: "ssh-gate", [.text("key"), .word("status", ["withdrawn", "enrolled"])])

  // MARK: Who has what

  static let permission = Shape(
    "permission", by: "permissions", time: "granted_at",
    [
      .number("request"), .number("account"), agency, .text("name").optional,
      .text("email").optional, .text("system"), .word("role", Role.self), .time("from"),
      .time("until").optional, .text("granted_by").optional, .time("granted_at"),
      .time("ended_at").optional, .text("ended_by").optional, .text("reason").optional,
      .number("deputy_for").optional,
    ])
  static let change = Shape(
    "change", by: "permissions --changed-since", time: "at",
    [
      .number("seq"), .time("at"), .word("change", FeedChange.self), .number("request"),
      .number("account"), agency, .text("name").optional, .text("email").optional,
      .text("system"), .word("role", Role.self), .time("from"), .time("until").optional,
    ])
  static let feedState = Shape(
    "feed-state", by: "permissions --acknowledge",
    [.text("system"), .number("acknowledged"), .number("last")])
  static let difference = Shape(
    "difference", by: "permissions --compare",
    [
      .word("difference", ["missing", "extra", "different"]), .text("email"),
      .text("role").optional, .text("target_role").optional,
    ])

  static let figures = Shape(
    "figures", by: "statistics",
    [
      .word("by", StatisticsKey.self).optional, .text("key").optional, .text("name").optional,
    ]
      + [
        "submitted", "approved", "rejected", "returned", "withdrawn", "lapsed", "superseded",
        "waiting",
      ].map(Field.number)
      + [
        "median_hours", "p90_hours", "p95_hours", "median_working_hours", "p90_working_hours",
        "p95_working_hours",
      ].map { Field.decimal($0).optional }
      + [
        "agencies_without_administrator", "agencies_with_one_administrator",
        "recertification_items", "recertification_answered", "contacts_bouncing",
      ].map { Field.number($0).optional })
}
