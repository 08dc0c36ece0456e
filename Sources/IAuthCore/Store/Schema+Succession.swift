// Agencies that are reorganised (機關整併、更名, PRODUCT 11.4): which agency takes another one's
// place and from when on, and every row that moved, so that it can be taken back. What never moves
// anywhere else moves here: only between the two agencies, in the very moment of the entry of the
// trail that says so.

import SQLite

extension Schema {
  static let succession: SQL = """
    CREATE TABLE succession (
      -- One agency that takes another one's place (機關整併、更名).
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      old INTEGER NOT NULL REFERENCES agency, -- whose place is taken
      new INTEGER NOT NULL REFERENCES agency CHECK (new <> old), -- who takes it
      on_at INTEGER NOT NULL, -- the first moment of its day in Taipei
      document TEXT NOT NULL, -- the official letter's number
      created_at INTEGER NOT NULL, -- when the operator said so
      applied_at INTEGER, -- when everything moved
      held_at INTEGER, -- its day had come and something stood in the way; each cron run tries again
      undone_at INTEGER -- when it was taken back, or called off before its day
    ) STRICT;
    CREATE UNIQUE INDEX succession_old ON succession (old) WHERE undone_at IS NULL;
    CREATE INDEX succession_new ON succession (new);
    CREATE INDEX succession_before ON succession (old);
    CREATE INDEX succession_due ON succession (on_at)
      WHERE applied_at IS NULL AND undone_at IS NULL;

    CREATE TABLE succession_move (
      -- What moved with a succession, as it was before.
      succession INTEGER NOT NULL REFERENCES succession, -- by which
      kind TEXT NOT NULL CHECK (kind IN ( -- what it is
        'account', 'merge', 'request', 'superseded', 'permission', 'ended', 'item', 'agency',
        'status', 'authority')),
      id INTEGER NOT NULL, -- its number
      before INTEGER, -- the agency; of an agency: its superior
      after INTEGER, -- the agency afterwards
      holder INTEGER, -- whose it was, if it is another's now; of an account merged: into which
      was TEXT, -- the status before; of a superior: whether it was derived
      PRIMARY KEY (succession, kind, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX succession_move_of ON succession_move (kind, id);
    """

  static let successionViews: SQL = """
    CREATE VIEW moving AS
      -- Whose rows may become whose at this very moment: by a succession, or back by its undoing.
      SELECT id AS succession, old AS before, new AS after, 0 AS is_undoing FROM succession
      WHERE undone_at IS NULL AND applied_at = (SELECT at FROM audit ORDER BY seq DESC LIMIT 1)
      UNION ALL
      SELECT id, new, old, 1 FROM succession WHERE applied_at IS NOT NULL
        AND undone_at = (SELECT at FROM audit ORDER BY seq DESC LIMIT 1);
    """

  static let successionRules: SQL = """
    CREATE TRIGGER request_of_the_agency BEFORE INSERT ON request
    WHEN NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.account AND agency = NEW.agency)
    BEGIN
      SELECT RAISE(ABORT, 'a request is of its account''s agency');
    END;
    CREATE TRIGGER permission_of_the_agency BEFORE INSERT ON permission
    WHEN NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.account AND agency = NEW.agency)
    BEGIN
      SELECT RAISE(ABORT, 'a permission is of its account''s agency');
    END;
    CREATE TRIGGER item_stays_in_agency BEFORE UPDATE OF agency ON recertification_item
    BEGIN
      SELECT RAISE(ABORT, 'an item keeps its agency')
      WHERE NEW.agency <> OLD.agency AND NOT \(isMoving);
    END;
    CREATE TRIGGER agency_status_rules BEFORE UPDATE OF status ON agency
    BEGIN
      SELECT RAISE(ABORT, 'agency.succeeded')
      WHERE NEW.status <> OLD.status AND (NEW.status = 'succeeded' AND NOT EXISTS
        (SELECT 1 FROM moving WHERE before = OLD.id AND NOT is_undoing)
      OR OLD.status = 'succeeded' AND NOT EXISTS
        (SELECT 1 FROM moving WHERE after = OLD.id AND is_undoing));
    END;
    CREATE TRIGGER succession_stays BEFORE UPDATE ON succession
    BEGIN
      SELECT RAISE(ABORT, 'a succession is never changed')
      WHERE NEW.id <> OLD.id OR NEW.old <> OLD.old OR NEW.new <> OLD.new OR NEW.on_at <> OLD.on_at
      OR NEW.document <> OLD.document OR NEW.created_at <> OLD.created_at
      OR OLD.applied_at IS NOT NULL AND NEW.applied_at IS NOT OLD.applied_at
      OR OLD.undone_at IS NOT NULL;
    END;
    CREATE TRIGGER succession_is_kept BEFORE DELETE ON succession BEGIN
      SELECT RAISE(ABORT, 'a succession is never deleted');
    END;
    CREATE TRIGGER succession_move_stays BEFORE UPDATE ON succession_move BEGIN
      SELECT RAISE(ABORT, 'what moved is never changed');
    END;
    CREATE TRIGGER succession_move_is_kept BEFORE DELETE ON succession_move BEGIN
      SELECT RAISE(ABORT, 'what moved is never deleted');
    END;
    """

  // MARK: For the rules of other tables

  /// What goes along of requests: what waits, and what was approved for a day to come.
  static func isOngoing(_ row: Fragment) -> Fragment {
    """
    (\(row).open = 1 OR \(row).status = 'approved' AND (\(row).kind = 'change'
      AND \(row).applied_at IS NULL OR \(row).kind = 'grant' AND EXISTS (SELECT 1 FROM permission p
        WHERE p.request = \(row).id AND p.status = 'active' AND p.began_at IS NULL
          AND p.starts_at > p.granted_at)))
    """
  }
  /// The row's agency becomes that of a succession of this moment.
  static let isMoving: Fragment =
    "EXISTS (SELECT 1 FROM moving WHERE before = OLD.agency AND after = NEW.agency)"
  /// The row stays, or goes to the other account of the same person.
  static let isMerging: Fragment = """
    EXISTS (SELECT 1 FROM moving v JOIN succession_move m ON m.succession = v.succession
      AND m.kind = 'merge' WHERE m.id = OLD.account AND m.holder = NEW.account
        OR m.id = NEW.account AND m.holder = OLD.account)
    """
  /// A permission that ended with a merge is in force again, as all else is again; so is one whose
  /// last day only a fast clock had brought, once that has been put back (PRODUCT 3.9).
  static let isRevived: Fragment = """
    (NEW.status = 'active' AND (EXISTS (SELECT 1 FROM moving v JOIN succession_move m
      ON m.succession = v.succession WHERE v.is_undoing AND m.kind = 'ended'
        AND m.id = OLD.request)
      OR OLD.revoked_at = OLD.ends_at AND NEW.ends_at = OLD.ends_at AND EXISTS (SELECT 1 FROM audit
        WHERE seq = (SELECT max(seq) FROM audit) AND action = 'clock.back' AND at < OLD.ends_at
          AND subject = 'request:' || OLD.request)))
    """
  /// A request that a merge made pointless waits again, as all else is again.
  static let isUnmerged: Fragment = """
    OLD.status = 'superseded' AND EXISTS (SELECT 1 FROM succession_move m JOIN succession v
      ON v.id = m.succession WHERE m.kind = 'superseded' AND m.id = OLD.id
        AND v.undone_at = (SELECT at FROM audit ORDER BY seq DESC LIMIT 1))
    """
  /// So does one wait for its correction that had been sent back.
  static let isSentBackAgain: Fragment = """
    (NEW.status = 'returned' AND \(isUnmerged) AND EXISTS (SELECT 1 FROM succession_move
        WHERE kind = 'superseded' AND id = OLD.id AND was = 'returned')
      AND NEW.round = (SELECT max(round) FROM decision WHERE request = OLD.id
        AND verdict = 'returned'))
    """
  /// An account that was merged is itself again.
  static let isParted: Fragment = """
    EXISTS (SELECT 1 FROM moving v JOIN succession_move m ON m.succession = v.succession
      WHERE v.is_undoing AND m.kind = 'merge' AND m.id = OLD.id AND m.was = NEW.status)
    """
}
