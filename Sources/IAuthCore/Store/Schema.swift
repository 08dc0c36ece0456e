// The whole schema: tables here, what they refuse in Schema+Rules.swift. Each table and column has
// its comment inside the statement, for that is what SQLite keeps: `.schema` explains the file.
// Times are seconds since 1970, UTC. Ids are never used twice (AUTOINCREMENT), and rows that others
// may remember are never deleted.

import SQLite
import Sheets
import Values

package enum Schema {
  /// "iAUT": file(1) and every opening know the file by it.
  static let applicationID: Int64 = 0x6941_5554
  /// Another version is refused, with the way out.
  static let version: Int64 = 2
  /// What the header says of all this.
  static let stamp: SQL = "PRAGMA application_id = 0x69415554; PRAGMA user_version = 2;"

  /// Everything that `init` and `migrate` run, in order.
  static let script: [SQL] =
    [
      numbering, registry, people, gate, requests, proofs, messages, audit, recertification, feed,
    ] + rules

  /// SQLite's own table of numbers comes first, where it stands in a migrated file too: the two
  /// schemas are the same to the byte.
  private static let numbering: SQL = """
    CREATE TABLE numbering (id INTEGER PRIMARY KEY AUTOINCREMENT);
    DROP TABLE numbering;
    """

  static let registry: SQL = """
    CREATE TABLE service (
      -- One row: what this database is.
      id INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
      uuid BLOB NOT NULL CHECK (length(uuid) = 16), -- goes into every audit hash
      authority INTEGER NOT NULL REFERENCES agency, -- whose administrators decide on administrators
      created_at INTEGER NOT NULL -- when init made it
    ) STRICT;

    CREATE TABLE host (
      -- Where it is used: carried to another host, it brings no session along.
      id INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
      machine BLOB NOT NULL CHECK (length(machine) = 32), -- hash of /etc/machine-id
      epoch INTEGER NOT NULL CHECK (epoch > 0), -- counts the hosts
      since INTEGER NOT NULL -- when this one began
    ) STRICT;

    CREATE TABLE agency (
      -- An organisation of the national registry, or one entered by the operator (機關).
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      type TEXT NOT NULL CHECK (type IN ('oid', 'ubn')), -- ubn: 統一編號, for one without an OID
      code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 8 AND 200), -- the OID or the 統一編號
      sort BLOB NOT NULL, -- the code's arcs, four bytes each: order is arc by arc
      name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200), -- 機關名稱
      path TEXT NOT NULL, -- the distinguished name, from the agency up
      phone TEXT NOT NULL DEFAULT '', -- as the registry says
      address TEXT NOT NULL DEFAULT '', -- as the registry says
      superior INTEGER REFERENCES agency CHECK (superior <> id), -- 上級機關
      -- found by a load, not named
      superior_derived INTEGER NOT NULL DEFAULT 0 CHECK (superior_derived IN (0, 1)),
      -- removed: the registry dropped it
      status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'removed')),
      updated_at INTEGER NOT NULL -- when a load or the operator last set it
    ) STRICT;
    CREATE INDEX agency_superior ON agency (superior);
    CREATE INDEX agency_sort ON agency (sort);

    CREATE TABLE system (
      -- A target system that roles are asked for on.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      -- as typed after --system
      code TEXT NOT NULL UNIQUE
        CHECK (code NOT GLOB '*[^a-z0-9-]*' AND length(code) BETWEEN 1 AND 30),
      name TEXT NOT NULL, -- English
      name_zh TEXT NOT NULL, -- Chinese
      url TEXT, -- where permissions are allocated after an approval
      created_at INTEGER NOT NULL -- when it was added
    ) STRICT;
    """

  static let people: SQL = """
    CREATE TABLE account (
      -- One person in one agency (帳號). The same person may have accounts in several agencies.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      agency INTEGER NOT NULL REFERENCES agency, -- for good
      name TEXT, -- as typed; empty once erased, as are the next three
      name_key TEXT, -- the form that names compare by
      -- one address, in lower case
      email TEXT CHECK (email = lower(email) AND length(CAST(email AS BLOB)) BETWEEN 3 AND 254),
      mobile TEXT CHECK (mobile GLOB '+[1-9]*' AND length(mobile) BETWEEN 8 AND 16), -- E.164
      title TEXT, -- 職稱
      unit TEXT, -- 單位
      phone TEXT, -- of the office, as typed
      status TEXT NOT NULL CHECK (status IN ('invited', 'active', 'suspended', 'closed')), -- 帳號狀態
      created_at INTEGER NOT NULL, -- when it was opened or invited
      status_at INTEGER NOT NULL, -- when the status was last set
      used_at INTEGER, -- the last sign-in or noted use
      replaced_at INTEGER, -- when name or contacts were last replaced
      erased_at INTEGER, -- when its personal data went
      -- of the e-mail address
      domain TEXT GENERATED ALWAYS AS (substr(email, instr(email, '@') + 1)) VIRTUAL,
      UNIQUE (id, agency),
      CHECK ((erased_at IS NULL) = (name IS NOT NULL AND name_key IS NOT NULL
        AND email IS NOT NULL AND mobile IS NOT NULL)),
      CHECK (erased_at IS NULL OR (status = 'closed' AND name IS NULL AND name_key IS NULL
        AND email IS NULL AND mobile IS NULL AND title IS NULL AND unit IS NULL AND phone IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX account_email ON account (agency, email) WHERE status <> 'closed';
    CREATE UNIQUE INDEX account_mobile ON account (agency, mobile) WHERE status <> 'closed';
    CREATE INDEX account_domain ON account (agency, domain) WHERE status <> 'closed';
    CREATE INDEX account_invited ON account (status_at) WHERE status = 'invited';

    CREATE TABLE session (
      -- A signed-in caller (登入): caller and session name stand for an account, for a limited time.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      caller TEXT NOT NULL, -- uid:N or key:NAME
      name TEXT NOT NULL, -- default, or as --session says
      account INTEGER NOT NULL REFERENCES account, -- who is signed in
      email_proven INTEGER NOT NULL CHECK (email_proven IN (0, 1)), -- with a code by e-mail
      sms_proven INTEGER NOT NULL CHECK (sms_proven IN (0, 1)), -- with a code by SMS
      created_at INTEGER NOT NULL, -- when the codes were entered
      used_at INTEGER NOT NULL, -- noted at most once a minute
      expires_at INTEGER NOT NULL, -- whatever the use
      ended_at INTEGER, -- when it ended early
      -- why it ended early
      end_reason TEXT CHECK (end_reason IN ('signed-out', 'replaced', 'account')),
      CHECK ((ended_at IS NULL) = (end_reason IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX session_live ON session (caller, name) WHERE ended_at IS NULL;
    CREATE INDEX session_account ON session (account) WHERE ended_at IS NULL;
    CREATE INDEX session_caller ON session (caller, name);
    """

  static let gate: SQL = """
    CREATE TABLE gate_key (
      -- An ssh key of a superior agency's script: it submits for one account, and decides nothing.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64 -- as the forced command names it
        AND name NOT GLOB '*[^A-Za-z0-9._-]*'),
      account INTEGER NOT NULL REFERENCES account, -- for whom it submits
      enrolled_at INTEGER NOT NULL, -- when
      withdrawn_at INTEGER, -- empty while it holds
      -- it was restored from a copy, and the operator has not confirmed it yet
      rests INTEGER NOT NULL DEFAULT 0 CHECK (rests IN (0, 1))
    ) STRICT;
    CREATE UNIQUE INDEX gate_key_name ON gate_key (name) WHERE withdrawn_at IS NULL;
    CREATE INDEX gate_key_account ON gate_key (account) WHERE withdrawn_at IS NULL;
    CREATE TRIGGER gate_key_kept BEFORE DELETE ON gate_key
    BEGIN SELECT raise(ABORT, 'a key is withdrawn, not deleted'); END;
    CREATE TRIGGER gate_key_fixed BEFORE UPDATE ON gate_key
    WHEN new.id <> old.id OR new.name <> old.name OR new.account <> old.account
      OR new.enrolled_at <> old.enrolled_at OR old.withdrawn_at IS NOT NULL
    BEGIN SELECT raise(ABORT, 'a key stays with its account'); END;
    """

  static let requests: SQL = """
    CREATE TABLE batch (
      -- The requests of one imported form (整批).
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      submitter INTEGER REFERENCES account, -- empty: the operator
      caller TEXT NOT NULL, -- who ran the import
      document TEXT, -- the official letter's number
      digest BLOB NOT NULL CHECK (length(digest) = 32), -- SHA-256 of the file
      rows INTEGER NOT NULL CHECK (rows > 0), -- of the form, without notes
      created_at INTEGER NOT NULL, -- when it was imported
      told_at INTEGER -- when the submitter was told that all is decided
    ) STRICT;
    CREATE INDEX batch_digest ON batch (digest);

    CREATE TABLE request (
      -- A request for a role on a system, or for a change of it (權限申請).
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again; also the permission's
      account INTEGER NOT NULL, -- who is to get it
      agency INTEGER NOT NULL, -- the account's
      system INTEGER NOT NULL REFERENCES system, -- on which system
      role TEXT NOT NULL CHECK (role IN ('admin', 'general')), -- as what
      kind TEXT NOT NULL CHECK (kind IN ('grant', 'revoke', 'change')), -- what is asked for
      status TEXT NOT NULL DEFAULT 'pending' -- set by the decision
        CHECK (status IN ('pending', 'approved', 'rejected', 'withdrawn', 'lapsed')),
      origin TEXT NOT NULL CHECK (origin IN ('self', 'batch', 'appointment')), -- who made it
      reason TEXT, -- as the applicant wrote it
      document TEXT, -- the official letter's number
      batch INTEGER REFERENCES batch, -- the form that it came with
      submitter INTEGER REFERENCES account, -- who submitted it for another
      created_at INTEGER NOT NULL, -- when it was submitted
      effective_at INTEGER, -- not before this time
      applied_at INTEGER, -- kind change, approved: when it became true
      change_name TEXT, -- kind change: what becomes true when it is approved
      change_name_key TEXT, -- as account.name_key
      change_email TEXT, -- the new e-mail address
      change_mobile TEXT, -- the new mobile number
      change_title TEXT, -- the new title
      FOREIGN KEY (account, agency) REFERENCES account (id, agency),
      CHECK ((origin = 'batch') = (batch IS NOT NULL)),
      CHECK (kind = 'change' OR coalesce(change_name, change_email, change_mobile, change_title)
        IS NULL)
    ) STRICT;
    CREATE UNIQUE INDEX request_one_pending ON request (account, system, role)
      WHERE status = 'pending';
    CREATE INDEX request_account ON request (account);
    CREATE INDEX request_agency ON request (agency, system, role, status);
    CREATE INDEX request_admin ON request (system, status, created_at) WHERE role = 'admin';
    CREATE INDEX request_pending ON request (created_at) WHERE status = 'pending';
    CREATE INDEX request_change ON request (account) WHERE status = 'pending' AND kind = 'change';
    CREATE INDEX request_to_apply ON request (effective_at)
      WHERE status = 'approved' AND kind = 'change' AND applied_at IS NULL;
    CREATE INDEX request_batch ON request (batch, status) WHERE batch IS NOT NULL;

    CREATE TABLE decision (
      -- How a request ended (審核). Never changed afterwards.
      request INTEGER PRIMARY KEY REFERENCES request, -- the one that it ends
      -- becomes the request's status
      verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'rejected', 'withdrawn', 'lapsed')),
      reviewer INTEGER REFERENCES account, -- empty: the operator's appointment, or time
      caller TEXT NOT NULL, -- who ran the command
      note TEXT, -- of a refusal: the reason; blank once the applicant is erased
      decided_at INTEGER NOT NULL, -- when
      CHECK (verdict <> 'rejected' OR (note IS NOT NULL AND reviewer IS NOT NULL))
    ) STRICT;

    CREATE TABLE permission (
      -- What an approved request gives (權限). Its number is the request's.
      request INTEGER PRIMARY KEY REFERENCES request, -- the one that gave it
      account INTEGER NOT NULL, -- who has it
      agency INTEGER NOT NULL, -- the account's
      system INTEGER NOT NULL REFERENCES system, -- on which system
      role TEXT NOT NULL CHECK (role IN ('admin', 'general')), -- as what
      -- revoked: it has ended
      status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
      granted_at INTEGER NOT NULL, -- when it was approved
      starts_at INTEGER NOT NULL, -- from when on it is valid
      ends_at INTEGER, -- a form's 刪除 with a date: not valid from then on
      suspended_at INTEGER, -- rests since a periodic review was closed without an answer
      revoked_at INTEGER, -- when it ended
      revoker INTEGER REFERENCES account, -- empty: the operator, or time
      reason TEXT, -- of the end
      FOREIGN KEY (account, agency) REFERENCES account (id, agency),
      CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
    ) STRICT;
    CREATE UNIQUE INDEX permission_one_active ON permission (account, system, role)
      WHERE status = 'active';
    CREATE INDEX permission_admin ON permission (agency, system)
      WHERE status = 'active' AND role = 'admin';

    CREATE INDEX permission_ending ON permission (ends_at)
      WHERE status = 'active' AND ends_at IS NOT NULL;
    CREATE INDEX permission_account ON permission (account);
    CREATE INDEX permission_agency ON permission (agency);

    CREATE TABLE reminder (
      -- Which reminder went to whom for which request: each once.
      request INTEGER NOT NULL REFERENCES request, -- which waits
      account INTEGER NOT NULL REFERENCES account, -- the reviewer
      threshold INTEGER NOT NULL, -- seconds of waiting
      sent_at INTEGER NOT NULL, -- when the mail was queued
      PRIMARY KEY (request, account, threshold)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE told (
      -- What a digest or warning has told already: each item once to each audience.
      audience TEXT NOT NULL, -- authority, operator, or account:N
      item TEXT NOT NULL, -- what was told, and of what
      told_at INTEGER NOT NULL, -- when the mail was queued
      PRIMARY KEY (audience, item)
    ) STRICT, WITHOUT ROWID;
    """

  static let proofs: SQL = """
    CREATE TABLE verification (
      -- An application (帳號申請), a sign-in or a step-up that waits for its codes.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again; goes into the codes' hashes
      reference TEXT NOT NULL UNIQUE, -- what the person types: A-… or S-…
      -- what the codes are for
      purpose TEXT NOT NULL CHECK (purpose IN ('application', 'sign-in', 'step-up')),
      -- open until proven or lapsed
      status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'proven', 'lapsed')),
      caller TEXT NOT NULL, -- who ran the command
      agency INTEGER NOT NULL REFERENCES agency, -- the person's
      via TEXT NOT NULL CHECK (via IN ('email', 'sms', 'both')), -- which codes are needed
      account INTEGER REFERENCES account, -- of a sign-in; empty for someone unknown
      session INTEGER REFERENCES session, -- of a step-up
      -- keyed hash, for the budgets; zero once erased
      email_key BLOB NOT NULL CHECK (length(email_key) = 32),
      mobile_key BLOB NOT NULL CHECK (length(mobile_key) = 32), -- the same
      name TEXT, -- this and the rest: of an application, until it is proven or lapses
      email TEXT, -- the address to prove
      mobile TEXT, -- the number to prove
      title TEXT, -- 職稱
      phone TEXT, -- of the office
      created_at INTEGER NOT NULL, -- when it was asked for
      expires_at INTEGER NOT NULL, -- after which no code is taken
      CHECK (purpose = 'application' OR coalesce(name, email, mobile, title, phone) IS NULL),
      CHECK (status = 'open' OR coalesce(name, email, mobile, title, phone) IS NULL)
    ) STRICT;
    CREATE INDEX verification_open ON verification (expires_at) WHERE status = 'open';

    CREATE TABLE code (
      -- A verification code (驗證碼), as a keyed hash. Sending again overwrites it.
      verification INTEGER NOT NULL REFERENCES verification, -- what it proves
      channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')), -- where it was sent
      hash BLOB NOT NULL CHECK (length(hash) = 32), -- keyed, and bound to all of this
      created_at INTEGER NOT NULL, -- when it was sent
      expires_at INTEGER NOT NULL, -- ten minutes later
      used_at INTEGER, -- once
      PRIMARY KEY (verification, channel)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE attempt (
      -- Wrong attempts. A caller and a subject; an empty caller counts everyone's, an empty subject
      -- a caller's on all.
      subject BLOB NOT NULL, -- keyed hash of agency and address
      caller TEXT NOT NULL, -- who typed them
      wrong INTEGER NOT NULL CHECK (wrong > 0), -- how many
      since INTEGER NOT NULL, -- the first of those counted
      locked_until INTEGER, -- the lock's end
      PRIMARY KEY (subject, caller)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE send (
      -- Codes sent, for the budgets; rows older than a day are swept.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      purpose TEXT NOT NULL, -- as verification.purpose
      channel TEXT NOT NULL, -- where it was sent
      address_key BLOB NOT NULL CHECK (length(address_key) = 32), -- keyed hash of the address
      caller TEXT NOT NULL, -- who asked for it
      sent_at INTEGER NOT NULL -- when it was queued
    ) STRICT;
    CREATE INDEX send_address ON send (address_key, purpose, sent_at);
    CREATE INDEX send_caller ON send (caller, sent_at);
    CREATE INDEX send_at ON send (sent_at);
    """

  static let messages: SQL = """
    CREATE TABLE message (
      -- One mail or SMS (通知), stored with the change that it tells of, delivered afterwards.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again; makes the Message-ID
      kind TEXT NOT NULL CHECK (kind IN -- as X-IAuth-Kind
        ('code', 'decision', 'invitation', 'notice', 'reminder', 'digest')),
      channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')), -- mail or SMS
      recipient TEXT NOT NULL, -- the address; of someone erased, until it is sent
      subject TEXT NOT NULL, -- of a mail
      body TEXT NOT NULL, -- blanked when it is sent; a code's also when it lapses
      reference TEXT NOT NULL, -- what it is about: a request's number, or a reference
      account INTEGER REFERENCES account, -- to whom
      request INTEGER REFERENCES request, -- about which
      status TEXT NOT NULL DEFAULT 'queued' -- 寄送狀態
        CHECK (status IN ('queued', 'sent', 'failed', 'lapsed')),
      created_at INTEGER NOT NULL, -- with the change
      due_at INTEGER NOT NULL, -- when to try next
      expires_at INTEGER, -- a code is worth nothing after it
      attempts INTEGER NOT NULL DEFAULT 0, -- so far
      claim BLOB, -- whose turn it is to send
      claimed_until INTEGER, -- the end of that turn
      sent_at INTEGER, -- when the outlet took it
      error TEXT, -- why the last attempt failed
      CHECK (kind <> 'code' OR status = 'queued' OR body = '')
    ) STRICT;
    CREATE INDEX message_due ON message (due_at) WHERE status = 'queued';
    CREATE INDEX message_claim ON message (claim) WHERE claim IS NOT NULL;
    CREATE INDEX message_failed ON message (id) WHERE status = 'failed';
    CREATE INDEX message_request ON message (request) WHERE request IS NOT NULL;
    CREATE INDEX message_account ON message (account) WHERE account IS NOT NULL;
    CREATE INDEX message_list ON message (id)
      WHERE kind IN ('reminder', 'digest') AND status IN ('queued', 'failed');
    CREATE INDEX message_code ON message (reference) WHERE kind = 'code';
    """

  static let audit: SQL = """
    CREATE TABLE audit (
      -- The audit trail: one entry for each change, sign-in, refusal and privileged reading. `hash`
      -- covers every other column, length-prefixed, and so the whole trail before it.
      seq INTEGER PRIMARY KEY AUTOINCREMENT, -- one after the other, without gaps
      at INTEGER NOT NULL, -- when, UTC
      caller TEXT NOT NULL, -- uid:N or key:NAME
      account INTEGER, -- who acted, if signed in
      session INTEGER, -- under which sign-in
      action TEXT NOT NULL, -- what was done, or tried
      subject TEXT NOT NULL, -- what was acted on: request:7, account:3, …
      outcome TEXT NOT NULL, -- done, or the refusal's code
      person_hash BLOB NOT NULL, -- commitment to the personal data beside it; empty for none
      previous BLOB NOT NULL CHECK (length(previous) = 32), -- the hash of the entry before
      hash BLOB NOT NULL CHECK (length(hash) = 32) -- of all the above
    ) STRICT;
    CREATE INDEX audit_subject ON audit (subject);
    CREATE INDEX audit_action ON audit (action);

    CREATE TABLE audit_person (
      -- Personal data of an entry. Erasing a row leaves the chain whole.
      seq INTEGER PRIMARY KEY REFERENCES audit, -- the entry's
      account INTEGER NOT NULL REFERENCES account, -- whose data it is
      salt BLOB NOT NULL CHECK (length(salt) = 32), -- random, goes with the data
      fields TEXT NOT NULL -- names and values
    ) STRICT;
    CREATE INDEX audit_person_account ON audit_person (account);

    CREATE TABLE audit_head (
      -- The last entry, sealed under the key outside the database.
      id INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
      seq INTEGER NOT NULL, -- the last entry's
      hash BLOB NOT NULL, -- the last entry's
      seal BLOB NOT NULL -- HMAC-SHA-256 under iauth.key
    ) STRICT;
    """
}
