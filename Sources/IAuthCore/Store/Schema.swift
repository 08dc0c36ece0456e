// The whole schema: tables here, what they refuse in Schema+Rules.swift. Each table and column has
// its comment inside the statement, for that is what SQLite keeps: `.schema` explains the file.
// Times are seconds since 1970, UTC. Ids are never used twice (AUTOINCREMENT), and rows that others
// may remember are never deleted. What every decision and message writes asks for more than two words
// by OR: for an IN of three, SQLite fills a table of its own each time.

import SQLite
import Sheets
import Values

package enum Schema {
  /// "iAUT": file(1) and every opening know the file by it.
  static let applicationID: Int64 = 0x6941_5554
  /// Another version is refused, with the way out.
  static let version: Int64 = 2
  package static var released: Int64 { version }
  /// What the header says of all this.
  static let stamp: SQL = "PRAGMA application_id = 0x69415554; PRAGMA user_version = 2;"

  /// Everything that `init` and `migrate` run, in order.
  static let script: [SQL] =
    [
      numbering, registry, people, gate, requests, proofs, messages, audit, recertification, feed,
      succession,
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
      created_at INTEGER NOT NULL, -- when init made it
      registry_at INTEGER, -- the day that the registry's data is of; empty: not known
      -- what tells the key beside the file from any other; empty: nobody has looked yet
      key_check BLOB CHECK (length(key_check) = 32)
    ) STRICT;

    CREATE TABLE host (
      -- Where it is used: carried to another host, it brings no session along.
      id INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
      machine BLOB NOT NULL CHECK (length(machine) = 32), -- hash of /etc/machine-id
      epoch INTEGER NOT NULL CHECK (epoch > 0), -- counts the hosts
      since INTEGER NOT NULL, -- when this one began
      began INTEGER NOT NULL DEFAULT 0, -- how many entries the trail had then
      -- the entries of the newest head from elsewhere that was found in the trail since
      compared INTEGER
    ) STRICT;

    CREATE TABLE agency (
      -- An organisation of the national registry, or one entered by the operator (機關).
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      type TEXT NOT NULL CHECK (type IN ('oid', 'ubn')), -- ubn: 統一編號, for one without an OID
      code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 8 AND 200), -- the OID or the 統一編號
      sort BLOB NOT NULL, -- the code's arcs, four bytes each: order is arc by arc
      org_code TEXT CHECK (length(org_code) BETWEEN 1 AND 20), -- 機關代碼, as A21010000I
      name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200), -- 機關名稱
      path TEXT NOT NULL, -- the distinguished name, from the agency up
      phone TEXT NOT NULL DEFAULT '', -- as the registry says
      address TEXT NOT NULL DEFAULT '', -- as the registry says
      superior INTEGER REFERENCES agency CHECK (superior <> id), -- 上級機關
      -- found by a load, not named
      superior_derived INTEGER NOT NULL DEFAULT 0 CHECK (superior_derived IN (0, 1)),
      -- removed: the registry dropped it; succeeded: another has taken its place
      status TEXT NOT NULL DEFAULT 'active'
        CHECK (status IN ('active', 'removed', 'succeeded')),
      updated_at INTEGER NOT NULL -- when a load or the operator last set it
    ) STRICT;
    CREATE INDEX agency_superior ON agency (superior);
    CREATE INDEX agency_sort ON agency (sort);
    CREATE INDEX agency_org_code ON agency (org_code) WHERE org_code IS NOT NULL;

    CREATE TABLE system (
      -- A target system that roles are asked for on.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      -- as typed after --system
      code TEXT NOT NULL UNIQUE
        CHECK (code NOT GLOB '*[^a-z0-9-]*' AND length(code) BETWEEN 1 AND 30),
      name TEXT NOT NULL, -- English
      name_zh TEXT NOT NULL, -- Chinese
      url TEXT, -- where permissions are allocated after an approval
      longest INTEGER CHECK (longest > 0), -- seconds that a permission lasts at most; empty: for good
      created_at INTEGER NOT NULL -- when it was added
    ) STRICT;
    """

  static let people: SQL = """
    CREATE TABLE account (
      -- One person in one agency (帳號). The same person may have accounts in several agencies.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      agency INTEGER NOT NULL REFERENCES agency, -- for good, but for its succession
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
      unproven_at INTEGER, -- when a form put in a contact; empty once both codes have proven it
      email_bounced_at INTEGER, -- since when mail to the address comes back; empty once it works
      mobile_bounced_at INTEGER, -- since when SMS to the number fail
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
    CREATE INDEX account_name ON account (agency, name_key) WHERE name_key IS NOT NULL;
    CREATE INDEX account_invited ON account (status_at) WHERE status = 'invited';
    CREATE INDEX account_bounced ON account (id)
      WHERE email_bounced_at IS NOT NULL OR mobile_bounced_at IS NOT NULL;

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
      CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
      CHECK (email_proven + sms_proven > 0), -- nobody signs in without a code
      CHECK (expires_at <= created_at + 28800) -- eight hours at most
    ) STRICT;
    CREATE UNIQUE INDEX session_live ON session (caller, name) WHERE ended_at IS NULL;
    CREATE INDEX session_account ON session (account) WHERE ended_at IS NULL;
    CREATE INDEX session_caller ON session (caller, name);
    CREATE INDEX session_before ON session (account, caller);
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
      -- the number is not Taiwan's: a code to it is counted for all
      is_foreign INTEGER NOT NULL DEFAULT 0 CHECK (is_foreign IN (0, 1)),
      CHECK (purpose = 'application' OR coalesce(name, email, mobile, title, phone) IS NULL),
      CHECK (status = 'open' OR coalesce(name, email, mobile, title, phone) IS NULL)
    ) STRICT;
    CREATE INDEX verification_open ON verification (expires_at) WHERE status = 'open';
    CREATE INDEX verification_account ON verification (account)
      WHERE status = 'open' AND account IS NOT NULL;

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
      -- a caller's on all; without a subject, an empty caller is an hour's, `day` a day's.
      subject BLOB NOT NULL, -- keyed hash of agency and address
      caller TEXT NOT NULL, -- who typed them
      wrong INTEGER NOT NULL CHECK (wrong > 0), -- how many
      since INTEGER NOT NULL, -- the first of those counted
      locked_until INTEGER, -- the lock's end
      PRIMARY KEY (subject, caller)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE refusal (
      -- Refusals of a caller within an hour: from the sixty-first on they are only counted here, and
      -- become one entry of the trail once the hour is over.
      caller TEXT PRIMARY KEY, -- who was refused
      since INTEGER NOT NULL, -- the first of those counted
      number INTEGER NOT NULL CHECK (number > 0) -- how many
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE send (
      -- Codes and notices sent, for the budgets; rows older than a day are swept.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      purpose TEXT NOT NULL, -- as verification.purpose; notice; foreign: one more for all callers
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
      kind TEXT NOT NULL -- as X-IAuth-Kind
        CHECK (kind = 'code' OR kind = 'decision' OR kind = 'invitation' OR kind = 'notice'
          OR kind = 'reminder' OR kind = 'digest'),
      channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')), -- mail or SMS
      recipient TEXT NOT NULL, -- the address; of someone erased, until it is sent
      -- of a code, whose address goes with it: keyed hash of that, for reports about it
      recipient_key BLOB CHECK (length(recipient_key) = 32),
      subject TEXT NOT NULL, -- of a mail
      body TEXT NOT NULL, -- blanked when it is sent; a code's also when it lapses
      reference TEXT NOT NULL, -- what it is about: a request's number, or a reference
      account INTEGER REFERENCES account, -- to whom
      request INTEGER REFERENCES request, -- about which
      status TEXT NOT NULL DEFAULT 'queued' -- 寄送狀態
        CHECK (status = 'queued' OR status = 'sent' OR status = 'delivered' OR status = 'bounced'
          OR status = 'failed' OR status = 'lapsed'),
      created_at INTEGER NOT NULL, -- with the change
      due_at INTEGER NOT NULL, -- when to try next
      expires_at INTEGER, -- a code is worth nothing after it
      attempts INTEGER NOT NULL DEFAULT 0, -- so far
      claim BLOB, -- whose turn it is to send
      claimed_until INTEGER, -- the end of that turn
      sent_at INTEGER, -- when the outlet took it
      provider TEXT, -- what an SMS gateway calls it
      reported_at INTEGER, -- when a report told what became of it
      error TEXT, -- why the last attempt failed, or what a report said
      CHECK (kind <> 'code' OR status = 'queued' OR body = '')
    ) STRICT;
    CREATE INDEX message_due ON message (due_at) WHERE status = 'queued';
    CREATE INDEX message_claim ON message (claim) WHERE claim IS NOT NULL;
    CREATE INDEX message_failed ON message (id) WHERE status = 'failed';
    CREATE INDEX message_bounced ON message (id) WHERE status = 'bounced';
    CREATE INDEX message_provider ON message (provider) WHERE provider IS NOT NULL;
    CREATE INDEX message_request ON message (request) WHERE request IS NOT NULL;
    CREATE INDEX message_account ON message (account) WHERE account IS NOT NULL;
    CREATE INDEX message_list ON message (id)
      WHERE kind IN ('reminder', 'digest') AND status IN ('queued', 'failed');
    CREATE INDEX message_code ON message (reference) WHERE kind = 'code';

    CREATE TABLE report (
      -- Reports about messages, which anybody may send: how many came, and of which kind.
      day INTEGER NOT NULL, -- days since 1970, UTC
      outcome TEXT NOT NULL -- ignored: not about a message of ours
        CHECK (outcome IN ('bounced', 'delivered', 'failed', 'expired', 'noted', 'ignored')),
      number INTEGER NOT NULL CHECK (number > 0), -- how many
      PRIMARY KEY (day, outcome)
    ) STRICT, WITHOUT ROWID;
    """
}
