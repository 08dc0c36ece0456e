// The feed for whoever allocates the detailed permissions inside a target system (PRODUCT 11.5):
// what really changed for them, written by triggers, so that no path of ours can forget a line. A
// line is for someone who has proven their contacts and may sign in: an invitation is no access, and
// a suspension ends it.

import SQLite

extension Schema {
  static let feed: SQL = """
    CREATE TABLE permission_change (
      -- The feed for target systems: one line a change of who has access, the same whenever asked.
      seq INTEGER PRIMARY KEY AUTOINCREMENT, -- one after the other; readers go on from it
      at INTEGER NOT NULL, -- when, UTC
      change TEXT NOT NULL -- what happened
        CHECK (change = 'granted' OR change = 'ended' OR change = 'moved' OR change = 'contact'),
      request INTEGER NOT NULL REFERENCES request, -- the permission's number
      account INTEGER NOT NULL REFERENCES account, -- who has or had it
      system INTEGER NOT NULL REFERENCES system, -- on which system
      role TEXT NOT NULL, -- as what
      agency INTEGER NOT NULL REFERENCES agency, -- the account's
      agency_name TEXT NOT NULL, -- as it was called then
      agency_path TEXT NOT NULL, -- likewise
      name TEXT, -- as it was then; blank once the person is erased
      email TEXT, -- likewise
      starts_at INTEGER NOT NULL, -- of the permission
      ends_at INTEGER -- of the permission, if it has an end
    ) STRICT;
    CREATE INDEX permission_change_system ON permission_change (system, seq);
    CREATE INDEX permission_change_request ON permission_change (request, seq);
    CREATE INDEX permission_change_account ON permission_change (account);

    CREATE TABLE feed_reader (
      -- How far the consumer of a system's feed has come.
      system INTEGER PRIMARY KEY REFERENCES system, -- whose feed
      acknowledged INTEGER NOT NULL, -- the last line that was dealt with
      acknowledged_at INTEGER NOT NULL -- when the consumer said so
    ) STRICT;

    CREATE VIEW permission_line AS
      -- A permission as a line of the feed would have it now, and whether it is access already.
      SELECT p.request, p.account, p.system, p.role, p.agency, g.name AS agency_name,
        g.path AS agency_path, a.name, a.email, p.starts_at, p.ends_at,
        p.status = 'active' AND a.status = 'active' AND p.suspended_at IS NULL AS is_access,
        coalesce((SELECT change <> 'ended' FROM permission_change c WHERE c.request = p.request
          ORDER BY c.seq DESC LIMIT 1), 0) AS is_told
      FROM permission p JOIN account a ON a.id = p.account JOIN agency g ON g.id = p.agency;
    """

  static let feedRules: SQL = """
    CREATE TRIGGER feed_granted AFTER INSERT ON permission BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT NEW.granted_at, 'granted', request, account, system, role, agency, agency_name,
        agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE request = NEW.request AND is_access;
    END;
    CREATE TRIGGER feed_ended AFTER UPDATE OF status ON permission
    WHEN NEW.status <> 'active' AND OLD.status = 'active' BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT NEW.revoked_at, 'ended', request, account, system, role, agency, agency_name,
        agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE request = NEW.request AND is_told;
    END;
    -- A date that was set or moved is told as the permission with its new end.
    CREATE TRIGGER feed_dated AFTER UPDATE OF ends_at ON permission
    WHEN NEW.ends_at IS NOT OLD.ends_at AND NEW.status = 'active'
      AND NEW.suspended_at IS OLD.suspended_at BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT (SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 'granted', request, account, system,
        role, agency, agency_name, agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE request = NEW.request AND is_told;
    END;
    -- A permission that rests since a periodic review is no access.
    CREATE TRIGGER feed_rests AFTER UPDATE OF suspended_at ON permission
    WHEN NEW.suspended_at IS NOT NULL AND OLD.suspended_at IS NULL BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT NEW.suspended_at, 'ended', request, account, system, role, agency, agency_name,
        agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE request = NEW.request AND is_told;
    END;
    CREATE TRIGGER feed_rests_no_more AFTER UPDATE OF suspended_at ON permission
    WHEN NEW.suspended_at IS NULL AND OLD.suspended_at IS NOT NULL BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT (SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 'granted', request, account, system,
        role, agency, agency_name, agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE request = NEW.request AND is_access AND NOT is_told;
    END;
    CREATE TRIGGER feed_account_begins AFTER UPDATE OF status ON account
    WHEN NEW.status = 'active' AND OLD.status <> 'active' BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT NEW.status_at, 'granted', request, account, system, role, agency, agency_name,
        agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE account = NEW.id AND is_access AND NOT is_told ORDER BY request;
    END;
    CREATE TRIGGER feed_account_rests AFTER UPDATE OF status ON account
    WHEN NEW.status <> 'active' AND OLD.status = 'active' BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT NEW.status_at, 'ended', request, account, system, role, agency, agency_name,
        agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE account = NEW.id AND is_told ORDER BY request;
    END;
    CREATE TRIGGER feed_contact AFTER UPDATE OF name, email ON account
    WHEN NEW.erased_at IS NULL AND (NEW.email <> OLD.email OR NEW.name <> OLD.name) BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT coalesce(NEW.replaced_at, NEW.status_at), 'contact', request, account, system, role,
        agency, agency_name, agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE account = NEW.id AND is_told ORDER BY request;
    END;
    CREATE TRIGGER feed_moved AFTER UPDATE OF agency, account ON permission
    WHEN NEW.agency <> OLD.agency OR NEW.account <> OLD.account BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT (SELECT at FROM audit ORDER BY seq DESC LIMIT 1),
        CASE WHEN NOT is_access THEN 'ended' WHEN is_told THEN 'moved' ELSE 'granted' END,
        request, account, system,
        role, agency, agency_name, agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE request = NEW.request AND (is_told OR is_access);
    END;
    -- What ended because two accounts became one is in force again when they are two again.
    CREATE TRIGGER feed_revived AFTER UPDATE OF status ON permission
    WHEN NEW.status = 'active' AND OLD.status <> 'active' BEGIN
      INSERT INTO permission_change (at, change, request, account, system, role, agency,
        agency_name, agency_path, name, email, starts_at, ends_at)
      SELECT (SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 'granted', request, account, system,
        role, agency, agency_name, agency_path, name, email, starts_at, ends_at
      FROM permission_line WHERE request = NEW.request AND is_access AND NOT is_told;
    END;
    -- The lines stay, the person goes.
    CREATE TRIGGER feed_forgets AFTER UPDATE OF erased_at ON account
    WHEN NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL BEGIN
      UPDATE permission_change SET name = NULL, email = NULL WHERE account = NEW.id;
    END;
    CREATE TRIGGER permission_change_stays BEFORE UPDATE ON permission_change
    BEGIN
      SELECT RAISE(ABORT, 'a line of the feed is never changed')
      WHERE NOT (NEW.seq = OLD.seq AND NEW.at = OLD.at AND NEW.change = OLD.change
      AND NEW.request = OLD.request AND NEW.account = OLD.account AND NEW.system = OLD.system
      AND NEW.role = OLD.role AND NEW.agency = OLD.agency AND NEW.agency_name = OLD.agency_name
      AND NEW.agency_path = OLD.agency_path AND NEW.starts_at = OLD.starts_at
      AND NEW.ends_at IS OLD.ends_at AND NEW.name IS NULL AND NEW.email IS NULL
      AND EXISTS (SELECT 1 FROM account WHERE id = OLD.account AND erased_at IS NOT NULL));
    END;
    CREATE TRIGGER permission_change_is_kept BEFORE DELETE ON permission_change BEGIN
      SELECT RAISE(ABORT, 'a line of the feed is never deleted');
    END;
    """
}
