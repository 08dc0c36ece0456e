// What the schema itself refuses, so that no path of ours, and no script with the sqlite3 shell,
// gets round a rule by accident. The messages are the error codes of the rules. Conditions stand in
// WHERE: SQLite copies what stands in WHEN as it reads the schema, at the start of every process.

import SQLite
import Sheets
import Values

extension Schema {
  static let rules: [SQL] = [
    views, recertificationViews, decisionRules, requestRules, roundRules, permissionRules,
    deleteGuards, recertificationRules, feedRules, successionViews, successionRules,
  ]

  /// Whether somebody (`a`) acts by a permission (`p`) once its day has come.
  static let acting: Fragment = """
    p.status = 'active' AND a.status = 'active'
        AND p.suspended_at IS NULL AND a.unproven_at IS NULL AND NOT EXISTS (SELECT 1 FROM request c
          WHERE c.account = p.account AND c.open = 1 AND c.kind = 'change')
    """
  static let views: SQL = """
    CREATE VIEW administrator AS
      -- Who is an administrator now (機關管理者): permission and account active, no contact that a
      -- form put in and nobody proved, and no replacement of contacts waiting for its decision. A
      -- deputy (職務代理人) is one for a time, and stands in for `represents`. What started with its
      -- grant has started, also by a clock that was a moment ahead (PRODUCT 3.9).
      SELECT p.request, p.account, p.agency, p.system,
        iif(p.starts_at <= p.granted_at, 0, p.starts_at) AS starts_at,
        coalesce(p.ends_at, 9223372036854775807) AS ends_at, q.deputy_for,
        (SELECT account FROM permission WHERE request = q.deputy_for) AS represents
      FROM permission p JOIN account a ON a.id = p.account LEFT JOIN request q ON q.id = p.request
      WHERE p.role = 'admin' AND \(acting);

    CREATE VIEW authority_admin AS
      -- Who administers the authority (主管機關管理者), and whether they stay: a permission that rests,
      -- is suspended, has an end or has not begun is not enough to rely on. Only those of `spm` count,
      -- who decide on every system that has nobody.
      SELECT p.request, p.account, p.ends_at IS NULL AND p.suspended_at IS NULL
        AND (p.starts_at <= p.granted_at OR p.began_at IS NOT NULL) AND a.unproven_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM request c
          WHERE c.account = p.account AND c.open = 1 AND c.kind = 'change') AS stays,
        p.starts_at <= p.granted_at OR p.began_at IS NOT NULL AS has_begun
      FROM permission p JOIN account a ON a.id = p.account
      WHERE p.agency = (SELECT authority FROM service) AND p.role = 'admin'
        AND p.system = (SELECT id FROM system WHERE code = 'spm')
        AND p.status = 'active' AND a.status = 'active';

    CREATE VIEW last_of_authority AS
      -- Whose account, or which permission, must not end: without it nobody would stay.
      SELECT m.request, m.account,
        NOT EXISTS (SELECT 1 FROM authority_admin o WHERE o.account <> m.account AND o.stays)
          AS is_last_account,
        NOT EXISTS (SELECT 1 FROM authority_admin o WHERE o.request <> m.request AND o.stays)
          AS is_last_permission
      FROM authority_admin m WHERE m.has_begun;

    CREATE VIEW national_system AS
      -- On which systems the authority has administrators of its own who have begun; on the others
      -- those of `spm` decide.
      SELECT d.system FROM administrator d JOIN permission p ON p.request = d.request
      WHERE d.agency = (SELECT authority FROM service)
        AND (d.starts_at = 0 OR p.began_at IS NOT NULL);

    CREATE VIEW reviewer AS
      -- Who may decide on which pending request, before the question whose request it is. A change
      -- of someone who has become an administrator meanwhile is the authority's to decide.
      SELECT r.id AS request, d.account, d.starts_at, d.ends_at, d.request AS by_permission,
        d.deputy_for, d.represents
      FROM request r JOIN administrator d ON d.agency = r.agency AND d.system = r.system
      WHERE r.role = 'general' AND NOT (r.kind = 'change' AND EXISTS (SELECT 1 FROM permission h
        WHERE h.account = r.account AND h.role = 'admin' AND h.status = 'active'))
      UNION ALL
      SELECT r.id, d.account, d.starts_at, d.ends_at, d.request, d.deputy_for, d.represents
      FROM request r JOIN administrator d ON d.agency = (SELECT authority FROM service)
      WHERE r.role = 'admin' AND d.system = CASE WHEN EXISTS (SELECT 1 FROM national_system o
          WHERE o.system = r.system) THEN r.system
        ELSE (SELECT id FROM system WHERE code = 'spm') END
      UNION ALL
      SELECT r.id, d.account, d.starts_at, d.ends_at, d.request, d.deputy_for, d.represents
      FROM request r JOIN administrator d ON d.agency = (SELECT authority FROM service)
      WHERE r.role <> 'admin' AND r.kind = 'change'
        AND r.account IN (SELECT account FROM permission WHERE role = 'admin' AND status = 'active')
        AND d.system = CASE WHEN EXISTS (SELECT 1 FROM national_system o
          WHERE o.system = r.system) THEN r.system
        ELSE (SELECT id FROM system WHERE code = 'spm') END;

    CREATE VIEW own AS
      -- Whose own a request is, who may therefore not decide on it: the applicant's and the
      -- submitter's, and that of everybody who shares a contact with one of them.
      SELECT r.id AS request, m.id AS account
      FROM request r JOIN account a ON a.id = r.account LEFT JOIN account s ON s.id = r.submitter
        JOIN account m ON m.id IN (a.id, s.id) OR m.email IN (a.email, s.email, r.change_email)
          OR m.mobile IN (a.mobile, s.mobile, r.change_mobile);
    """

  static let decisionRules: SQL = """
    -- A request is decided once, by someone who may, and never one's own.
    CREATE TRIGGER decision_rules BEFORE INSERT ON decision BEGIN
      SELECT RAISE(ABORT, 'request.decided') FROM request
        WHERE id = NEW.request AND status <> 'pending' AND NOT (status = 'returned'
          AND (NEW.verdict = 'withdrawn' OR NEW.verdict = 'lapsed' OR NEW.verdict = 'superseded'));
      SELECT RAISE(ABORT, 'a decision is of the present round') FROM request
        WHERE id = NEW.request AND NEW.round <> CASE status WHEN 'returned'
          THEN (SELECT max(round) + 1 FROM decision WHERE request = NEW.request) ELSE round END;
      SELECT RAISE(ABORT, 'right.missing') FROM request
        WHERE id = NEW.request AND NEW.verdict = 'approved' AND NEW.reviewer IS NULL
        AND origin <> 'appointment' AND kind <> 'revoke';
      SELECT RAISE(ABORT, 'request.outside')
        WHERE NEW.reviewer IS NOT NULL
        AND (NEW.verdict = 'approved' OR NEW.verdict = 'rejected' OR NEW.verdict = 'returned')
        AND NOT EXISTS (SELECT 1 FROM reviewer
          WHERE request = NEW.request AND account = NEW.reviewer
          AND starts_at <= NEW.decided_at AND NEW.decided_at < ends_at);
      SELECT RAISE(ABORT, 'request.own')
        WHERE (NEW.verdict = 'approved' OR NEW.verdict = 'rejected' OR NEW.verdict = 'returned')
        AND EXISTS (SELECT 1 FROM own
          WHERE request = NEW.request AND account = NEW.reviewer);
      -- What the one represented may not decide, the deputy may not either.
      SELECT RAISE(ABORT, 'request.own')
        WHERE (NEW.verdict = 'approved' OR NEW.verdict = 'rejected' OR NEW.verdict = 'returned')
        AND NEW.reviewer IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM reviewer v
          WHERE v.request = NEW.request AND v.account = NEW.reviewer
          AND v.starts_at <= NEW.decided_at AND NEW.decided_at < v.ends_at
          AND NOT EXISTS (SELECT 1 FROM own o
            WHERE o.request = NEW.request AND o.account = v.represents));
    END;
    CREATE TRIGGER decision_takes_effect AFTER INSERT ON decision BEGIN
      UPDATE request SET status = NEW.verdict, round = NEW.round,
        turned_at = CASE NEW.verdict WHEN 'returned' THEN NEW.decided_at ELSE turned_at END
        WHERE id = NEW.request;
    END;
    -- What was written about someone goes with them, and so does a reviewer's name; that it was
    -- decided, when and by which account, stays.
    CREATE TRIGGER decision_stays BEFORE UPDATE ON decision
    BEGIN
      SELECT RAISE(ABORT, 'a decision is never changed')
      WHERE NOT (NEW.request = OLD.request AND NEW.round = OLD.round AND NEW.verdict = OLD.verdict
      AND NEW.reviewer IS OLD.reviewer AND NEW.by_permission IS OLD.by_permission
      AND NEW.deputy_for IS OLD.deputy_for AND NEW.caller = OLD.caller
      AND NEW.decided_at = OLD.decided_at
      AND (NEW.note IS OLD.note OR OLD.note IS NOT NULL AND NEW.note IS ''
        AND EXISTS (SELECT 1 FROM request r JOIN account a ON a.id = r.account
          WHERE r.id = OLD.request AND a.erased_at IS NOT NULL))
      AND (NEW.reviewer_name IS OLD.reviewer_name OR NEW.reviewer_name IS NULL
        AND EXISTS (SELECT 1 FROM account WHERE id = OLD.reviewer AND erased_at IS NOT NULL)));
    END;
    CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN
      SELECT RAISE(ABORT, 'a decision is never deleted');
    END;
    """

  /// A permission in force of somebody else that a request (`NEW`) may name.
  private static let isReplaceable: Fragment = """
    (SELECT 1 FROM permission p JOIN request q ON q.id = p.request
        WHERE p.request = coalesce(NEW.deputy_for, NEW.replaces)
        AND p.status = 'active' AND p.account <> NEW.account AND p.agency = NEW.agency
        AND p.system = NEW.system AND p.role = NEW.role AND q.deputy_for IS NULL)
    """

  static let requestRules: SQL = """
    CREATE TRIGGER request_starts_pending BEFORE INSERT ON request
    BEGIN
      SELECT RAISE(ABORT, 'a request starts pending')
      WHERE NEW.status <> 'pending' OR NEW.round <> 1;
    END;
    -- Also against REPLACE, which deletes without a word where triggers do not recurse.
    CREATE TRIGGER request_is_new BEFORE INSERT ON request
    BEGIN
      SELECT RAISE(ABORT, 'request.duplicate')
      WHERE EXISTS (SELECT 1 FROM request WHERE id = NEW.id)
      OR EXISTS (SELECT 1 FROM request WHERE account = NEW.account AND system = NEW.system
        AND role = NEW.role AND open = 1 AND kind <> 'change' AND NEW.kind <> 'change')
      OR NEW.kind = 'change' AND EXISTS (SELECT 1 FROM request WHERE account = NEW.account
        AND open = 1 AND kind = 'change');
    END;
    -- Who decides on everybody's administrators is never part of a batch.
    CREATE TRIGGER request_national_alone BEFORE INSERT ON request
    BEGIN
      SELECT RAISE(ABORT, 'agency.outside')
      WHERE NEW.origin = 'batch' AND NEW.agency = (SELECT authority FROM service)
      AND (NEW.role = 'admin' OR NEW.kind = 'change' AND EXISTS (SELECT 1 FROM permission
        WHERE account = NEW.account AND role = 'admin' AND status = 'active'));
    END;
    -- A replacement of contacts lets a permission rest: never the last one of the authority.
    CREATE TRIGGER request_keeps_authority BEFORE INSERT ON request
    BEGIN
      SELECT RAISE(ABORT, 'account.last')
      WHERE NEW.kind = 'change' AND EXISTS
      (SELECT 1 FROM last_of_authority WHERE account = NEW.account AND is_last_account);
    END;
    -- One that ends may be asked for again for longer.
    CREATE TRIGGER request_not_beside_permission BEFORE INSERT ON request
    BEGIN
      SELECT RAISE(ABORT, 'permission.held')
      WHERE NEW.kind = 'grant' AND EXISTS (SELECT 1 FROM permission
      WHERE account = NEW.account AND system = NEW.system AND status = 'active'
      AND (role = NEW.role AND coalesce(NEW.until_at <= ends_at,
          ends_at IS NULL OR NEW.effective_at IS NOT ends_at)
        OR role = 'admin' AND NEW.role <> 'admin' AND starts_at <= NEW.created_at));
    END;
    -- A deputy stands beside a permission, and a successor takes one over, of somebody else in the
    -- same agency, on the same system, that is in force.
    CREATE TRIGGER request_of_another BEFORE INSERT ON request
    BEGIN
      SELECT RAISE(ABORT, 'permission.none')
      WHERE coalesce(NEW.deputy_for, NEW.replaces) IS NOT NULL AND NOT EXISTS \(isReplaceable);
    END;
    -- It ends by its decision. One sent back may be submitted again, and a change or a grant whose
    -- day has come may come up again, for whoever decides by then.
    CREATE TRIGGER request_status_by_decision BEFORE UPDATE OF status ON request
    BEGIN
      SELECT RAISE(ABORT, 'a request ends by its decision')
      WHERE NOT (OLD.open = 1 AND EXISTS (SELECT 1 FROM decision WHERE request = NEW.id
        AND round = NEW.round AND verdict = NEW.status)
      OR \(isSentBackAgain)
      OR NEW.status = 'pending' AND NEW.turned_at IS NOT NULL
        AND NEW.round = (SELECT max(round) + 1 FROM decision WHERE request = OLD.id)
        AND (OLD.status = 'returned' OR \(isUnmerged)
          OR OLD.status = 'approved' AND OLD.kind = 'change'
          AND OLD.applied_at IS NULL OR OLD.status = 'approved' AND OLD.kind = 'grant' AND EXISTS (
          SELECT 1 FROM permission WHERE request = OLD.id AND status = 'active'
            AND suspended_at IS NOT NULL AND began_at IS NULL)));
    END;
    -- What was submitted stays, but where it was sent back for correction, or the person is erased;
    -- a change of someone who has become an administrator becomes one of an administrator; a time
    -- from the future becomes that of the entry that says so, until it has come (PRODUCT 3.9).
    CREATE TRIGGER request_stays BEFORE UPDATE OF id, account, agency, system, role, kind, origin,
      reason, document, batch, submitter, created_at, claimed_at, effective_at, until_at, deputy_for,
      replaces, change_name, change_name_key, change_email, change_mobile, change_title ON request
    BEGIN
      SELECT RAISE(ABORT, 'a request is never changed')
      WHERE NOT (NEW.id = OLD.id AND (NEW.account = OLD.account OR \(isOngoing("OLD")) AND \(isMerging))
      AND (NEW.agency = OLD.agency OR \(isOngoing("OLD")) AND \(isMoving))
      AND NEW.kind = OLD.kind AND NEW.origin = OLD.origin AND NEW.batch IS OLD.batch
      AND NEW.submitter IS OLD.submitter
      AND (NEW.created_at = OLD.created_at AND NEW.claimed_at IS OLD.claimed_at
        OR NEW.created_at IS OLD.claimed_at AND NEW.claimed_at IS NULL
        OR NEW.created_at < OLD.created_at
          AND NEW.claimed_at IS coalesce(OLD.claimed_at, OLD.created_at) AND EXISTS (
          SELECT 1 FROM audit WHERE seq = (SELECT max(seq) FROM audit) AND action = 'clock.back'
            AND at = NEW.created_at))
      AND NEW.deputy_for IS OLD.deputy_for
      -- The mended row of a form may name another whom somebody replaces, or nobody.
      AND (NEW.replaces IS OLD.replaces OR OLD.status = 'returned' AND NEW.status = 'pending'
        AND OLD.batch IS NOT NULL AND (NEW.replaces IS NULL OR EXISTS \(isReplaceable)))
      AND (NEW.role = OLD.role AND NEW.system = OLD.system OR OLD.kind = 'change'
        AND EXISTS (SELECT 1 FROM permission WHERE account = OLD.account AND system = NEW.system
          AND role = NEW.role AND role = 'admin' AND status = 'active'))
      AND (OLD.status = 'returned' AND NEW.status = 'pending'
        OR NEW.document IS OLD.document AND NEW.effective_at IS OLD.effective_at
          AND NEW.until_at IS OLD.until_at
          AND (NEW.reason IS OLD.reason AND NEW.change_name IS OLD.change_name
            AND NEW.change_name_key IS OLD.change_name_key AND NEW.change_email IS OLD.change_email
            AND NEW.change_mobile IS OLD.change_mobile AND NEW.change_title IS OLD.change_title
            OR coalesce(NEW.reason, NEW.change_name, NEW.change_name_key, NEW.change_email,
              NEW.change_mobile, NEW.change_title) IS NULL AND EXISTS (SELECT 1 FROM account
              WHERE id = OLD.account AND erased_at IS NOT NULL))));
    END;
    """

  /// A grant that had come up again on its day, and was decided anew: it holds as was then asked for.
  private static let isResumed: Fragment = """
    (OLD.suspended_at IS NOT NULL AND OLD.began_at IS NULL AND NEW.suspended_at IS NULL
      AND EXISTS (SELECT 1 FROM request r JOIN decision d ON d.request = r.id AND d.round = r.round
        WHERE r.id = OLD.request AND r.round > 1 AND d.verdict = 'approved'))
    """

  static let permissionRules: SQL = """
    CREATE TRIGGER permission_is_new BEFORE INSERT ON permission
    BEGIN
      SELECT RAISE(ABORT, 'a permission is given once')
      WHERE EXISTS (SELECT 1 FROM permission WHERE request = NEW.request);
    END;
    CREATE TRIGGER permission_needs_approval BEFORE INSERT ON permission
    BEGIN
      SELECT RAISE(ABORT, 'a permission needs an approved request')
      WHERE NEW.status <> 'active' OR NOT EXISTS (
      SELECT 1 FROM request r JOIN decision d ON d.request = r.id
      WHERE r.id = NEW.request AND d.verdict = 'approved' AND r.kind = 'grant'
      AND r.account = NEW.account AND r.system = NEW.system AND r.role = NEW.role);
    END;
    CREATE TRIGGER permission_only_ends BEFORE UPDATE ON permission
    BEGIN
      SELECT RAISE(ABORT, 'a permission only ends')
      WHERE OLD.status <> 'active' AND NOT (NEW.reason IS NULL AND NEW.status = OLD.status
        AND NEW.revoked_at = OLD.revoked_at AND NEW.revoker IS OLD.revoker
        AND NEW.ends_at IS OLD.ends_at AND NEW.began_at IS OLD.began_at
        AND EXISTS (SELECT 1 FROM account
          WHERE id = OLD.account AND erased_at IS NOT NULL)) AND NOT \(isRevived)
      OR NEW.request <> OLD.request
      OR (NEW.began_at IS NOT OLD.began_at AND NOT (OLD.began_at IS NULL AND OLD.status = 'active'))
      -- An end comes nearer, or is taken back with the hand-over that set it, where the successor is
      -- none: ended, resting, suspended or unproven.
      OR (OLD.ends_at IS NOT NULL AND (NEW.ends_at IS NULL OR NEW.ends_at > OLD.ends_at)
        AND NOT \(isResumed)
        AND NOT EXISTS (SELECT 1 FROM permission o JOIN request q ON q.replaces = o.request
          JOIN permission s ON s.request = q.id
          WHERE o.account = OLD.account AND o.system = OLD.system AND o.role = OLD.role
            AND s.request NOT IN (SELECT request FROM administrator)))
      OR NEW.account <> OLD.account AND NOT \(isMerging)
      OR NEW.agency <> OLD.agency AND NOT \(isMoving)
      OR NEW.system <> OLD.system
      OR NEW.role <> OLD.role OR NEW.granted_at <> OLD.granted_at
      -- One from the future starts at once, until the time of its grant has come (PRODUCT 3.9).
      OR (NEW.starts_at > OLD.starts_at AND NEW.starts_at <> OLD.granted_at AND NOT \(isResumed))
      OR (NEW.given_until IS NOT OLD.given_until AND NOT \(isResumed))
      OR (NEW.starts_at < OLD.starts_at AND OLD.starts_at > OLD.granted_at);
    END;
    -- The authority keeps an administrator, whichever way the last one would go.
    CREATE TRIGGER permission_keeps_authority
    BEFORE UPDATE OF status, ends_at, suspended_at ON permission
    WHEN (NEW.status = 'revoked' OR NEW.ends_at IS NOT NULL OR NEW.suspended_at IS NOT NULL)
      AND EXISTS
      (SELECT 1 FROM last_of_authority WHERE request = OLD.request AND is_last_permission)
      AND NOT (NEW.status = 'revoked' AND coalesce(OLD.ends_at <= NEW.revoked_at, 0)) -- it was over
      -- But with a merge that keeps the better one, and on the day of who takes it over for good.
      AND NOT EXISTS (SELECT 1 FROM moving v JOIN succession_move m ON m.succession = v.succession
        WHERE m.kind = 'ended' AND m.id = OLD.request AND NOT v.is_undoing)
      AND NOT (NEW.status = 'active' AND NEW.suspended_at IS NULL AND EXISTS (SELECT 1
        FROM permission o JOIN request q ON q.replaces = o.request
          JOIN administrator v ON v.request = q.id JOIN permission s ON s.request = q.id
        WHERE o.account = OLD.account AND o.system = OLD.system AND o.role = OLD.role
          AND s.ends_at IS NULL AND s.starts_at <= NEW.ends_at))
    BEGIN
      SELECT RAISE(ABORT, 'account.last');
    END;
    CREATE TRIGGER account_keeps_authority BEFORE UPDATE OF status ON account
    BEGIN
      SELECT RAISE(ABORT, 'account.last')
      WHERE NEW.status <> 'active' AND EXISTS
      (SELECT 1 FROM last_of_authority WHERE account = OLD.id AND is_last_account);
    END;
    CREATE TRIGGER account_is_new BEFORE INSERT ON account
    BEGIN
      SELECT RAISE(ABORT, 'an account is never replaced')
      WHERE EXISTS (SELECT 1 FROM account WHERE id = NEW.id);
    END;
    CREATE TRIGGER account_status_rules BEFORE UPDATE OF status ON account
    BEGIN
      SELECT RAISE(ABORT, 'account.state')
      WHERE (OLD.status = 'closed' AND NEW.status <> 'closed'
        OR OLD.status <> 'invited' AND NEW.status = 'invited') AND NOT \(isParted);
    END;
    CREATE TRIGGER account_stays BEFORE UPDATE OF id, agency, created_at ON account
    BEGIN
      SELECT RAISE(ABORT, 'an account keeps its agency')
      WHERE NEW.id <> OLD.id OR NEW.agency <> OLD.agency AND NOT \(isMoving)
      OR NEW.created_at <> OLD.created_at;
    END;
    -- What takes rights away ends the sessions in the same breath, and voids the codes that wait:
    -- a code to a contact that was replaced is worth nothing.
    CREATE TRIGGER account_ends_sessions AFTER UPDATE OF status, email, mobile ON account
    WHEN NEW.status IN ('suspended', 'closed') AND OLD.status <> NEW.status
      OR OLD.email IS NOT NEW.email OR OLD.mobile IS NOT NEW.mobile
    BEGIN
      UPDATE session SET ended_at = max(created_at, NEW.status_at), end_reason = 'account'
        WHERE account = NEW.id AND ended_at IS NULL;
      UPDATE message SET status = 'lapsed', recipient = '', body = '', claim = NULL,
        claimed_until = NULL WHERE kind = 'code' AND status = 'queued' AND reference IN
        (SELECT reference FROM verification WHERE account = NEW.id AND status = 'open');
      UPDATE verification SET status = 'lapsed' WHERE account = NEW.id AND status = 'open';
    END;
    -- What came back was sent to another contact.
    CREATE TRIGGER account_contact_is_new AFTER UPDATE OF email, mobile ON account
    WHEN NEW.email_bounced_at IS NOT NULL AND NEW.email IS NOT OLD.email
      OR NEW.mobile_bounced_at IS NOT NULL AND NEW.mobile IS NOT OLD.mobile
    BEGIN
      UPDATE account SET email_bounced_at = iif(NEW.email IS OLD.email, email_bounced_at, NULL),
        mobile_bounced_at = iif(NEW.mobile IS OLD.mobile, mobile_bounced_at, NULL) WHERE id = NEW.id;
    END;
    -- A relation of superiors is a forest.
    CREATE TRIGGER agency_no_cycle BEFORE UPDATE OF superior ON agency
    BEGIN
      SELECT RAISE(ABORT, 'agency.cycle')
      WHERE NEW.superior IS NOT NULL AND EXISTS (
      WITH RECURSIVE above (id) AS (SELECT NEW.superior UNION
        SELECT a.superior FROM agency a JOIN above ON a.id = above.id WHERE a.superior IS NOT NULL)
      SELECT 1 FROM above WHERE id = NEW.id);
    END;
    """
}
