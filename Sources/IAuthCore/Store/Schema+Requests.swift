// Requests, their rounds and decisions, the permissions that they give, and who was told what. What
// these tables refuse beyond their own columns stands in Schema+Rules.swift.

import SQLite

extension Schema {
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
    CREATE INDEX batch_submitter ON batch (submitter) WHERE submitter IS NOT NULL;

    CREATE TABLE request (
      -- A request for a role on a system, or for a change of it (權限申請).
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again; also the permission's
      account INTEGER NOT NULL REFERENCES account, -- who is to get it
      agency INTEGER NOT NULL REFERENCES agency, -- the account's; once decided, that of then
      system INTEGER NOT NULL REFERENCES system, -- on which system
      role TEXT NOT NULL CHECK (role IN ('admin', 'general')), -- as what
      kind TEXT NOT NULL -- what is asked for
        CHECK (kind = 'grant' OR kind = 'revoke' OR kind = 'change'),
      status TEXT NOT NULL DEFAULT 'pending' -- set by the decision
        CHECK (status = 'pending' OR status = 'returned' OR status = 'approved' OR status = 'rejected'
          OR status = 'withdrawn' OR status = 'lapsed' OR status = 'superseded'),
      round INTEGER NOT NULL DEFAULT 1 CHECK (round > 0), -- how often it has come up for decision
      turned_at INTEGER, -- when it was last sent back (退回補正), or came up again; empty: never
      -- whether it still waits, for a reviewer or for its correction
      open INTEGER GENERATED ALWAYS AS (status IN ('pending', 'returned')) VIRTUAL,
      origin TEXT NOT NULL -- who made it
        CHECK (origin = 'self' OR origin = 'batch' OR origin = 'appointment'),
      reason TEXT, -- as the applicant wrote it
      document TEXT, -- the official letter's number
      batch INTEGER REFERENCES batch, -- the form that it came with
      submitter INTEGER REFERENCES account, -- who submitted it for another
      created_at INTEGER NOT NULL, -- when it was submitted
      claimed_at INTEGER, -- the same by a clock that has been put back since, as long as it is later
      effective_at INTEGER, -- not before this time
      until_at INTEGER, -- kind grant: not valid from then on
      deputy_for INTEGER REFERENCES request, -- 職務代理: beside this permission
      replaces INTEGER REFERENCES request, -- 交接: this permission ends when it takes effect
      applied_at INTEGER, -- kind change, approved: when it became true
      change_name TEXT, -- kind change: what becomes true when it is approved
      change_name_key TEXT, -- as account.name_key
      change_email TEXT, -- the new e-mail address
      change_mobile TEXT, -- the new mobile number
      change_title TEXT, -- the new title
      CHECK ((origin = 'batch') = (batch IS NOT NULL)),
      CHECK (kind = 'change' OR coalesce(change_name, change_email, change_mobile, change_title)
        IS NULL),
      CHECK (kind = 'grant' OR coalesce(until_at, deputy_for, replaces) IS NULL),
      CHECK (deputy_for IS NULL OR (role = 'admin' AND replaces IS NULL
        AND effective_at IS NOT NULL AND until_at IS NOT NULL)),
      CHECK (until_at > coalesce(effective_at, created_at)),
      CHECK ((status = 'pending' AND round = 1) = (status = 'pending' AND turned_at IS NULL)),
      CHECK (status <> 'returned' OR turned_at IS NOT NULL)
    ) STRICT;
    CREATE UNIQUE INDEX request_one_pending ON request (account, system, role)
      WHERE open = 1 AND kind <> 'change';
    -- New contacts are of the person, not of a role: they wait beside whatever else does.
    CREATE UNIQUE INDEX request_one_change ON request (account)
      WHERE open = 1 AND kind = 'change';
    CREATE INDEX request_account ON request (account);
    CREATE INDEX request_agency ON request (agency, system, role, status, created_at);
    CREATE INDEX request_admin ON request (system, status, created_at) WHERE role = 'admin';
    CREATE INDEX request_pending ON request (created_at) WHERE status = 'pending';
    CREATE INDEX request_claimed ON request (claimed_at) WHERE claimed_at IS NOT NULL;
    CREATE INDEX request_change ON request (account) WHERE open = 1 AND kind = 'change';
    CREATE INDEX request_returned ON request (turned_at) WHERE status = 'returned';
    CREATE INDEX request_until ON request (until_at) WHERE open = 1 AND until_at IS NOT NULL;
    CREATE INDEX request_replaces ON request (replaces) WHERE replaces IS NOT NULL;
    CREATE INDEX request_deputy ON request (deputy_for) WHERE deputy_for IS NOT NULL;
    CREATE INDEX request_to_apply ON request (effective_at)
      WHERE status = 'approved' AND kind = 'change' AND applied_at IS NULL;
    CREATE INDEX request_batch ON request (batch, status) WHERE batch IS NOT NULL;

    CREATE TABLE round (
      -- How a request stood when it was sent back for correction (退回補正): each round is kept.
      request INTEGER NOT NULL REFERENCES request, -- the one that was sent back
      round INTEGER NOT NULL CHECK (round > 0), -- the first is 1
      submitted_at INTEGER NOT NULL, -- when this round began
      reason TEXT, -- the applicant's, in this round; blank once they are erased
      document TEXT, -- the official letter's number
      until_at INTEGER, -- as request.until_at
      PRIMARY KEY (request, round)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE decision (
      -- How a round of a request ended (審核). Never changed afterwards; of a request that was never
      -- sent back there is one.
      request INTEGER NOT NULL REFERENCES request, -- the one that it ends
      round INTEGER NOT NULL DEFAULT 1 CHECK (round > 0), -- which time it had come up
      -- becomes the request's status
      verdict TEXT NOT NULL
        CHECK (verdict = 'approved' OR verdict = 'rejected' OR verdict = 'returned'
          OR verdict = 'withdrawn' OR verdict = 'lapsed' OR verdict = 'superseded'),
      reviewer INTEGER REFERENCES account, -- empty: the operator's appointment, or time
      reviewer_name TEXT, -- as it was then; empty once the reviewer is erased
      by_permission INTEGER REFERENCES permission, -- the reviewer's own, by which they decided
      deputy_for INTEGER REFERENCES request, -- 職務代理: the permission that they stood in for
      caller TEXT NOT NULL, -- who ran the command
      note TEXT, -- of a refusal: the reason; blank once the applicant is erased
      decided_at INTEGER NOT NULL, -- when
      PRIMARY KEY (request, round),
      CHECK (verdict NOT IN ('rejected', 'returned')
        OR (note IS NOT NULL AND reviewer IS NOT NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX decision_reviewer ON decision (reviewer) WHERE reviewer_name IS NOT NULL;

    CREATE TABLE permission (
      -- What an approved request gives (權限). Its number is the request's.
      request INTEGER PRIMARY KEY REFERENCES request, -- the one that gave it
      account INTEGER NOT NULL REFERENCES account, -- who has it
      agency INTEGER NOT NULL REFERENCES agency, -- the account's; once ended, that of then
      system INTEGER NOT NULL REFERENCES system, -- on which system
      role TEXT NOT NULL CHECK (role IN ('admin', 'general')), -- as what
      -- revoked: it has ended
      status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
      granted_at INTEGER NOT NULL, -- when it was approved
      starts_at INTEGER NOT NULL, -- from when on it is valid
      ends_at INTEGER, -- not valid from then on, whether that is written down yet or not
      given_until INTEGER, -- the end that it was given with; a hand-over may have brought it nearer
      suspended_at INTEGER, -- rests since a periodic review was closed without an answer
      began_at INTEGER, -- of one that starts later than granted: when its start was seen to
      revoked_at INTEGER, -- when it ended
      revoker INTEGER REFERENCES account, -- empty: the operator, or time
      reason TEXT, -- of the end
      CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
    ) STRICT;
    CREATE UNIQUE INDEX permission_one_active ON permission (account, system, role)
      WHERE status = 'active';
    CREATE INDEX permission_admin ON permission (agency, system)
      WHERE status = 'active' AND role = 'admin';

    CREATE INDEX permission_ending ON permission (ends_at)
      WHERE status = 'active' AND ends_at IS NOT NULL;
    CREATE INDEX permission_claimed ON permission (granted_at)
      WHERE status = 'active' AND starts_at < granted_at;
    CREATE INDEX permission_account ON permission (account);
    CREATE INDEX permission_agency ON permission (agency);
    CREATE INDEX permission_starting ON permission (starts_at)
      WHERE status = 'active' AND began_at IS NULL AND starts_at > granted_at;

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

  /// Apart from what a request is: each decision sets its round, and would look at all of that.
  static let roundRules: SQL = """
    CREATE TRIGGER request_goes_round BEFORE UPDATE OF round, turned_at ON request
    BEGIN
      SELECT RAISE(ABORT, 'a request is never changed')
      WHERE NOT (NEW.round = OLD.round AND NEW.turned_at IS OLD.turned_at
      OR NEW.status <> OLD.status AND NEW.round BETWEEN OLD.round AND (SELECT max(round) + 1
        FROM decision WHERE request = OLD.id) OR \(isSentBackAgain));
    END;
    CREATE TRIGGER round_is_past BEFORE INSERT ON round
    BEGIN
      SELECT RAISE(ABORT, 'a round is kept when its request was sent back')
      WHERE NOT EXISTS (SELECT 1 FROM request WHERE id = NEW.request AND status = 'returned'
      AND round = NEW.round);
    END;
    CREATE TRIGGER round_stays BEFORE UPDATE ON round
    BEGIN
      SELECT RAISE(ABORT, 'a round is never changed')
      WHERE NOT (NEW.request = OLD.request AND NEW.round = OLD.round
      AND NEW.submitted_at = OLD.submitted_at AND NEW.document IS OLD.document
      AND NEW.until_at IS OLD.until_at AND NEW.reason IS NULL
      AND EXISTS (SELECT 1 FROM request r JOIN account a ON a.id = r.account
        WHERE r.id = OLD.request AND a.erased_at IS NOT NULL));
    END;
    CREATE TRIGGER round_is_kept BEFORE DELETE ON round BEGIN
      SELECT RAISE(ABORT, 'a round is never deleted');
    END;
    """
}
