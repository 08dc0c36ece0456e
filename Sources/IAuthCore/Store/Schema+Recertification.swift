// The periodic review of accounts (帳號清查, PRODUCT 11.3): a review freezes the permissions then in
// force as items, each answered once. What somebody answers is never changed; what the permission
// does afterwards stands beside it.

import SQLite

extension Schema {
  static let recertification: SQL = """
    CREATE TABLE recertification (
      -- One periodic review of who holds what (帳號清查).
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      name TEXT, -- as whoever opened it called it
      system INTEGER REFERENCES system, -- only of this system; empty: of all
      top INTEGER REFERENCES agency, -- only this agency and all below; empty: everywhere
      due_at INTEGER NOT NULL, -- the end of the last day for answers
      opener INTEGER REFERENCES account, -- empty: the operator
      opened_at INTEGER NOT NULL, -- when the list was frozen
      closed_at INTEGER, -- when it was closed
      closer INTEGER REFERENCES account -- empty: the operator, or not closed yet
    ) STRICT;
    CREATE INDEX recertification_open ON recertification (due_at) WHERE closed_at IS NULL;

    CREATE TABLE recertification_item (
      -- One permission of a review, as it was when the review was opened.
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
      recertification INTEGER NOT NULL REFERENCES recertification, -- the review
      request INTEGER NOT NULL REFERENCES permission, -- the permission
      account INTEGER NOT NULL REFERENCES account, -- who held it
      agency INTEGER NOT NULL REFERENCES agency, -- the account's
      system INTEGER NOT NULL REFERENCES system, -- on which system
      role TEXT NOT NULL CHECK (role IN ('admin', 'general')), -- as what
      last_used_at INTEGER, -- when the account was last used then
      status TEXT NOT NULL DEFAULT 'open' -- 清查結果
        CHECK (status IN ('open', 'kept', 'ended', 'unanswered')),
      answerer INTEGER REFERENCES account, -- who answered
      answered_at INTEGER, -- when
      note TEXT, -- of the answer; blank once the holder is erased
      suspended_at INTEGER, -- unanswered: since when the permission rests
      UNIQUE (recertification, request),
      CHECK ((status IN ('kept', 'ended')) = (answered_at IS NOT NULL))
    ) STRICT;
    CREATE INDEX recertification_item_mine ON recertification_item (agency, system, role)
      WHERE status IN ('open', 'unanswered');
    CREATE INDEX recertification_item_request ON recertification_item (request);
    CREATE INDEX recertification_item_account ON recertification_item (account);
    """

  static let recertificationViews: SQL = """
    CREATE VIEW recertifier AS
      -- Who may answer for which open item, before the question whose own it is; whoever may in two
      -- ways stands here twice, for what is made distinct is computed for a whole nation to answer
      -- for one item. (CROSS JOIN: the items come first, then the active agencies above, at any
      -- height (上級機關); every administrator with every item takes a nation half a minute.)
      SELECT i.id AS item, d.account, d.starts_at, d.ends_at, d.represents
      FROM recertification_item i JOIN administrator d ON d.agency = i.agency
        AND d.system = i.system
      WHERE i.role = 'general' AND i.status IN ('open', 'unanswered')
      UNION ALL
      SELECT i.id, d.account, d.starts_at, d.ends_at, d.represents
      FROM recertification_item i CROSS JOIN agency g
        CROSS JOIN administrator d ON d.agency = g.id AND d.system = i.system
      WHERE i.role = 'admin' AND i.status IN ('open', 'unanswered') AND g.status = 'active'
        AND g.id IN (WITH RECURSIVE above (id) AS (SELECT superior FROM agency WHERE id = i.agency
            UNION SELECT o.superior FROM above v JOIN agency o ON o.id = v.id)
          SELECT id FROM above)
      UNION ALL
      SELECT i.id, d.account, d.starts_at, d.ends_at, d.represents
      FROM recertification_item i
        CROSS JOIN administrator d ON d.agency = (SELECT authority FROM service)
      WHERE i.role = 'admin' AND i.status IN ('open', 'unanswered')
        AND d.system = CASE WHEN EXISTS (SELECT 1 FROM national_system o
            WHERE o.system = i.system)
          THEN i.system ELSE (SELECT id FROM system WHERE code = 'spm') END;
    """

  static let recertificationRules: SQL = """
    CREATE TRIGGER recertification_answer BEFORE UPDATE OF status ON recertification_item BEGIN
      SELECT RAISE(ABORT, 'recertify.answered') WHERE OLD.status IN ('kept', 'ended');
      SELECT RAISE(ABORT, 'recertify.open') FROM recertification
        WHERE id = OLD.recertification AND closed_at IS NOT NULL AND OLD.status = 'open'
        AND NEW.status <> 'unanswered';
      SELECT RAISE(ABORT, 'request.own')
        FROM account a JOIN account v ON v.id = NEW.answerer
        WHERE a.id = OLD.account AND NEW.status IN ('kept', 'ended')
        AND (v.id = a.id OR v.email = a.email OR v.mobile = a.mobile);
      SELECT RAISE(ABORT, 'request.outside')
        WHERE NEW.status IN ('kept', 'ended') AND NOT EXISTS (SELECT 1 FROM recertifier
          WHERE item = OLD.id AND account = NEW.answerer
          AND starts_at <= NEW.answered_at AND NEW.answered_at < ends_at);
    END;
    CREATE TRIGGER recertification_item_stays BEFORE UPDATE OF id, recertification, request,
      account, system, role, last_used_at, answerer, answered_at ON recertification_item
    BEGIN
      SELECT RAISE(ABORT, 'an answer is never changed')
      WHERE NEW.id <> OLD.id OR NEW.recertification <> OLD.recertification
      OR NEW.request <> OLD.request OR NEW.account <> OLD.account OR NEW.system <> OLD.system
      OR NEW.role <> OLD.role OR NEW.last_used_at IS NOT OLD.last_used_at
      OR OLD.answered_at IS NOT NULL AND (NEW.answered_at IS NOT OLD.answered_at
        OR NEW.answerer IS NOT OLD.answerer);
    END;
    CREATE TRIGGER recertification_note_stays BEFORE UPDATE OF note ON recertification_item
    BEGIN
      SELECT RAISE(ABORT, 'an answer is never changed')
      WHERE OLD.answered_at IS NOT NULL AND NEW.note IS NOT OLD.note AND NOT (NEW.note IS NULL
      AND EXISTS (SELECT 1 FROM account WHERE id = OLD.account AND erased_at IS NOT NULL));
    END;
    CREATE TRIGGER recertification_item_is_kept BEFORE DELETE ON recertification_item BEGIN
      SELECT RAISE(ABORT, 'an item is never deleted');
    END;
    CREATE TRIGGER recertification_stays BEFORE UPDATE ON recertification
    BEGIN
      SELECT RAISE(ABORT, 'a review is never changed')
      WHERE OLD.closed_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.system IS NOT OLD.system
      OR NEW.top IS NOT OLD.top OR NEW.due_at <> OLD.due_at OR NEW.opened_at <> OLD.opened_at;
    END;
    CREATE TRIGGER recertification_is_kept BEFORE DELETE ON recertification BEGIN
      SELECT RAISE(ABORT, 'a review is never deleted');
    END;
    CREATE TRIGGER recertification_forgets AFTER UPDATE OF erased_at ON account
    WHEN NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL BEGIN
      UPDATE recertification_item SET note = NULL WHERE account = NEW.id AND note IS NOT NULL;
    END;
    """
}
