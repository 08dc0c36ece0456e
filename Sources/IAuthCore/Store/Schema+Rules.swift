// What the schema itself refuses, so that no path of ours, and no script with the sqlite3 shell,
// gets round a rule by accident. The messages are the error codes of the rules.

import SQLite
import Sheets
import Values

extension Schema {
  static let rules: [SQL] = [
    views, recertificationViews, decisionRules, requestRules, permissionRules, deleteGuards,
    recertificationRules, feedRules,
  ]

  static let views: SQL = """
    CREATE VIEW administrator AS
      -- Who is an administrator now (機關管理者): permission and account active, and no replacement
      -- of contacts waiting for its decision.
      SELECT p.request, p.account, p.agency, p.system, p.starts_at,
        coalesce(p.ends_at, 9223372036854775807) AS ends_at
      FROM permission p JOIN account a ON a.id = p.account
      WHERE p.role = 'admin' AND p.status = 'active' AND a.status = 'active'
        AND p.suspended_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM request c
          WHERE c.account = p.account AND c.status = 'pending' AND c.kind = 'change');

    CREATE VIEW authority_admin AS
      -- Who administers the authority (主管機關管理者), and whether they stay: a permission that rests,
      -- is suspended or has an end is not enough to rely on.
      SELECT p.request, p.account, p.ends_at IS NULL AND p.suspended_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM request c
          WHERE c.account = p.account AND c.status = 'pending' AND c.kind = 'change') AS stays
      FROM permission p JOIN account a ON a.id = p.account
      WHERE p.agency = (SELECT authority FROM service) AND p.role = 'admin'
        AND p.status = 'active' AND a.status = 'active';

    CREATE VIEW last_of_authority AS
      -- Whose account, or which permission, must not end: without it nobody would stay.
      SELECT m.request, m.account,
        NOT EXISTS (SELECT 1 FROM authority_admin o WHERE o.account <> m.account AND o.stays)
          AS is_last_account,
        NOT EXISTS (SELECT 1 FROM authority_admin o WHERE o.request <> m.request AND o.stays)
          AS is_last_permission
      FROM authority_admin m;

    CREATE VIEW reviewer AS
      -- Who may decide on which pending request, before the question whose request it is.
      SELECT r.id AS request, d.account, d.starts_at, d.ends_at
      FROM request r JOIN administrator d ON d.agency = r.agency AND d.system = r.system
      WHERE r.role = 'general'
      UNION ALL
      SELECT r.id, d.account, d.starts_at, d.ends_at
      FROM request r JOIN administrator d ON d.agency = (SELECT authority FROM service)
      WHERE r.role = 'admin' AND d.system = CASE
        WHEN EXISTS (SELECT 1 FROM administrator o
          WHERE o.agency = (SELECT authority FROM service) AND o.system = r.system) THEN r.system
        ELSE (SELECT id FROM system WHERE code = 'spm') END;
    """

  static let decisionRules: SQL = """
    -- A request is decided once, by someone who may, and never one's own.
    CREATE TRIGGER decision_rules BEFORE INSERT ON decision BEGIN
      SELECT RAISE(ABORT, 'request.decided') FROM request
        WHERE id = NEW.request AND status <> 'pending';
      SELECT RAISE(ABORT, 'right.missing') FROM request
        WHERE id = NEW.request AND NEW.verdict = 'approved' AND NEW.reviewer IS NULL
        AND origin <> 'appointment' AND kind <> 'revoke';
      SELECT RAISE(ABORT, 'request.outside')
        WHERE NEW.reviewer IS NOT NULL AND NEW.verdict IN ('approved', 'rejected')
        AND NOT EXISTS (SELECT 1 FROM reviewer
          WHERE request = NEW.request AND account = NEW.reviewer
          AND starts_at <= NEW.decided_at AND NEW.decided_at < ends_at);
      SELECT RAISE(ABORT, 'request.own')
        FROM request r JOIN account a ON a.id = r.account JOIN account v ON v.id = NEW.reviewer
          LEFT JOIN account s ON s.id = r.submitter
        WHERE r.id = NEW.request AND NEW.verdict IN ('approved', 'rejected')
        AND (v.id IN (a.id, s.id) OR v.email IN (a.email, s.email, r.change_email)
          OR v.mobile IN (a.mobile, s.mobile, r.change_mobile));
    END;
    CREATE TRIGGER decision_takes_effect AFTER INSERT ON decision BEGIN
      UPDATE request SET status = NEW.verdict WHERE id = NEW.request;
    END;
    -- What was written about someone goes with them; that it was decided, when and by whom, stays.
    CREATE TRIGGER decision_stays BEFORE UPDATE ON decision
    WHEN NOT (NEW.request = OLD.request AND NEW.verdict = OLD.verdict
      AND NEW.reviewer IS OLD.reviewer AND NEW.caller = OLD.caller
      AND NEW.decided_at = OLD.decided_at AND OLD.note IS NOT NULL AND NEW.note IS ''
      AND EXISTS (SELECT 1 FROM request r JOIN account a ON a.id = r.account
        WHERE r.id = OLD.request AND a.erased_at IS NOT NULL))
    BEGIN
      SELECT RAISE(ABORT, 'a decision is never changed');
    END;
    CREATE TRIGGER decision_is_kept BEFORE DELETE ON decision BEGIN
      SELECT RAISE(ABORT, 'a decision is never deleted');
    END;
    """

  static let requestRules: SQL = """
    CREATE TRIGGER request_starts_pending BEFORE INSERT ON request WHEN NEW.status <> 'pending'
    BEGIN
      SELECT RAISE(ABORT, 'a request starts pending');
    END;
    -- Also against REPLACE, which deletes without a word where triggers do not recurse.
    CREATE TRIGGER request_is_new BEFORE INSERT ON request
    WHEN EXISTS (SELECT 1 FROM request WHERE id = NEW.id)
      OR EXISTS (SELECT 1 FROM request WHERE account = NEW.account AND system = NEW.system
        AND role = NEW.role AND status = 'pending')
    BEGIN
      SELECT RAISE(ABORT, 'request.duplicate');
    END;
    -- Who decides on everybody's administrators is never part of a batch.
    CREATE TRIGGER request_national_alone BEFORE INSERT ON request
    WHEN NEW.origin = 'batch' AND NEW.agency = (SELECT authority FROM service)
      AND (NEW.role = 'admin' OR NEW.kind = 'change' AND EXISTS (SELECT 1 FROM permission
        WHERE account = NEW.account AND role = 'admin' AND status = 'active'))
    BEGIN
      SELECT RAISE(ABORT, 'agency.outside');
    END;
    -- A replacement of contacts lets a permission rest: never the last one of the authority.
    CREATE TRIGGER request_keeps_authority BEFORE INSERT ON request
    WHEN NEW.kind = 'change' AND EXISTS
      (SELECT 1 FROM last_of_authority WHERE account = NEW.account AND is_last_account)
    BEGIN
      SELECT RAISE(ABORT, 'account.last');
    END;
    CREATE TRIGGER request_not_beside_permission BEFORE INSERT ON request
    WHEN NEW.kind = 'grant' AND EXISTS (SELECT 1 FROM permission
      WHERE account = NEW.account AND system = NEW.system AND status = 'active'
      AND (role = NEW.role OR role = 'admin'))
    BEGIN
      SELECT RAISE(ABORT, 'permission.held');
    END;
    CREATE TRIGGER request_status_by_decision BEFORE UPDATE OF status ON request
    WHEN OLD.status <> 'pending' OR NOT EXISTS
      (SELECT 1 FROM decision WHERE request = NEW.id AND verdict = NEW.status)
    BEGIN
      SELECT RAISE(ABORT, 'a request ends by its decision');
    END;
    CREATE TRIGGER request_stays BEFORE UPDATE OF id, account, agency, system, role, kind, origin,
      reason, document, batch, submitter, created_at, effective_at, change_name, change_name_key,
      change_email, change_mobile, change_title ON request
    WHEN NOT (NEW.id = OLD.id AND NEW.account = OLD.account AND NEW.agency = OLD.agency
      AND NEW.system = OLD.system AND NEW.role = OLD.role AND NEW.kind = OLD.kind
      AND NEW.origin = OLD.origin AND NEW.document IS OLD.document AND NEW.batch IS OLD.batch
      AND NEW.submitter IS OLD.submitter AND NEW.created_at <= OLD.created_at
      AND NEW.effective_at IS OLD.effective_at
      AND (NEW.reason IS OLD.reason AND NEW.change_name IS OLD.change_name
        AND NEW.change_name_key IS OLD.change_name_key AND NEW.change_email IS OLD.change_email
        AND NEW.change_mobile IS OLD.change_mobile AND NEW.change_title IS OLD.change_title
        OR coalesce(NEW.reason, NEW.change_name, NEW.change_name_key, NEW.change_email,
          NEW.change_mobile, NEW.change_title) IS NULL AND EXISTS (SELECT 1 FROM account
          WHERE id = OLD.account AND erased_at IS NOT NULL)))
    BEGIN
      SELECT RAISE(ABORT, 'a request is never changed');
    END;
    """

  static let permissionRules: SQL = """
    CREATE TRIGGER permission_is_new BEFORE INSERT ON permission
    WHEN EXISTS (SELECT 1 FROM permission WHERE request = NEW.request)
    BEGIN
      SELECT RAISE(ABORT, 'a permission is given once');
    END;
    CREATE TRIGGER permission_needs_approval BEFORE INSERT ON permission
    WHEN NEW.status <> 'active' OR NOT EXISTS (
      SELECT 1 FROM request r JOIN decision d ON d.request = r.id
      WHERE r.id = NEW.request AND d.verdict = 'approved' AND r.kind = 'grant'
      AND r.account = NEW.account AND r.system = NEW.system AND r.role = NEW.role)
    BEGIN
      SELECT RAISE(ABORT, 'a permission needs an approved request');
    END;
    CREATE TRIGGER permission_only_ends BEFORE UPDATE ON permission
    WHEN OLD.status <> 'active' AND NOT (NEW.reason IS NULL AND NEW.status = OLD.status
        AND NEW.revoked_at = OLD.revoked_at AND NEW.revoker IS OLD.revoker
        AND NEW.ends_at IS OLD.ends_at AND EXISTS (SELECT 1 FROM account
          WHERE id = OLD.account AND erased_at IS NOT NULL))
      OR NEW.request <> OLD.request
      OR (NEW.status <> 'revoked' AND NEW.ends_at IS NULL
        AND NEW.suspended_at IS OLD.suspended_at)
      OR NEW.account <> OLD.account OR NEW.agency <> OLD.agency OR NEW.system <> OLD.system
      OR NEW.role <> OLD.role OR NEW.granted_at <> OLD.granted_at
      OR NEW.starts_at > OLD.starts_at
      OR (NEW.starts_at < OLD.starts_at AND OLD.starts_at <> OLD.granted_at)
    BEGIN
      SELECT RAISE(ABORT, 'a permission only ends');
    END;
    -- The authority keeps an administrator, whichever way the last one would go.
    CREATE TRIGGER permission_keeps_authority
    BEFORE UPDATE OF status, ends_at, suspended_at ON permission
    WHEN (NEW.status = 'revoked' OR NEW.ends_at IS NOT NULL OR NEW.suspended_at IS NOT NULL)
      AND EXISTS
      (SELECT 1 FROM last_of_authority WHERE request = OLD.request AND is_last_permission)
    BEGIN
      SELECT RAISE(ABORT, 'account.last');
    END;
    CREATE TRIGGER account_keeps_authority BEFORE UPDATE OF status ON account
    WHEN NEW.status <> 'active' AND EXISTS
      (SELECT 1 FROM last_of_authority WHERE account = OLD.id AND is_last_account)
    BEGIN
      SELECT RAISE(ABORT, 'account.last');
    END;
    CREATE TRIGGER account_is_new BEFORE INSERT ON account
    WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.id)
    BEGIN
      SELECT RAISE(ABORT, 'an account is never replaced');
    END;
    CREATE TRIGGER account_status_rules BEFORE UPDATE OF status ON account
    WHEN OLD.status = 'closed' AND NEW.status <> 'closed'
      OR OLD.status <> 'invited' AND NEW.status = 'invited'
    BEGIN
      SELECT RAISE(ABORT, 'account.state');
    END;
    CREATE TRIGGER account_stays BEFORE UPDATE OF id, agency, created_at ON account
    WHEN NEW.id <> OLD.id OR NEW.agency <> OLD.agency OR NEW.created_at <> OLD.created_at
    BEGIN
      SELECT RAISE(ABORT, 'an account keeps its agency');
    END;
    -- What takes rights away ends the sessions in the same breath.
    CREATE TRIGGER account_ends_sessions AFTER UPDATE OF status, email, mobile ON account
    WHEN NEW.status IN ('suspended', 'closed') AND OLD.status <> NEW.status
      OR OLD.email IS NOT NEW.email OR OLD.mobile IS NOT NEW.mobile
    BEGIN
      UPDATE session SET ended_at = max(created_at, NEW.status_at), end_reason = 'account'
        WHERE account = NEW.id AND ended_at IS NULL;
    END;
    -- A relation of superiors is a forest.
    CREATE TRIGGER agency_no_cycle BEFORE UPDATE OF superior ON agency
    WHEN NEW.superior IS NOT NULL AND EXISTS (
      WITH RECURSIVE above (id) AS (SELECT NEW.superior UNION
        SELECT a.superior FROM agency a JOIN above ON a.id = above.id WHERE a.superior IS NOT NULL)
      SELECT 1 FROM above WHERE id = NEW.id)
    BEGIN
      SELECT RAISE(ABORT, 'agency.cycle');
    END;
    """

  static let deleteGuards: SQL = """
    CREATE TRIGGER agency_is_kept BEFORE DELETE ON agency BEGIN
      SELECT RAISE(ABORT, 'an agency is never deleted');
    END;
    CREATE TRIGGER account_is_kept BEFORE DELETE ON account BEGIN
      SELECT RAISE(ABORT, 'an account is never deleted');
    END;
    CREATE TRIGGER request_is_kept BEFORE DELETE ON request BEGIN
      SELECT RAISE(ABORT, 'a request is never deleted');
    END;
    CREATE TRIGGER permission_is_kept BEFORE DELETE ON permission BEGIN
      SELECT RAISE(ABORT, 'a permission is never deleted');
    END;
    CREATE TRIGGER batch_is_kept BEFORE DELETE ON batch BEGIN
      SELECT RAISE(ABORT, 'a batch is never deleted');
    END;
    CREATE TRIGGER message_is_kept BEFORE DELETE ON message BEGIN
      SELECT RAISE(ABORT, 'a message is never deleted');
    END;
    -- Of someone erased, a message that is out of the queue keeps neither address nor words.
    CREATE TRIGGER message_of_erased AFTER UPDATE OF status ON message
    WHEN OLD.status = 'queued' AND NEW.status <> 'queued' AND EXISTS (
      SELECT 1 FROM account WHERE erased_at IS NOT NULL
      AND id IN (NEW.account, (SELECT account FROM request WHERE id = NEW.request)))
    BEGIN
      UPDATE message SET subject = '', body = '', error = NULL,
        status = CASE status WHEN 'failed' THEN 'lapsed' ELSE status END,
        recipient = CASE WHEN EXISTS (SELECT 1 FROM account
          WHERE id = NEW.account AND erased_at IS NOT NULL) THEN '' ELSE recipient END
      WHERE id = NEW.id;
    END;
    -- A code leaves no address, whichever way it goes; nor its text, as the table checks.
    CREATE TRIGGER message_code_leaves_nothing BEFORE UPDATE OF status ON message
    WHEN NEW.kind = 'code' AND NEW.status <> 'queued' AND NEW.recipient <> ''
    BEGIN
      SELECT RAISE(ABORT, 'a code takes its address away');
    END;
    CREATE TRIGGER service_stays BEFORE UPDATE ON service BEGIN
      SELECT RAISE(ABORT, 'the authority is set once');
    END;
    CREATE TRIGGER service_is_kept BEFORE DELETE ON service BEGIN
      SELECT RAISE(ABORT, 'the authority is set once');
    END;
    CREATE TRIGGER audit_in_sequence BEFORE INSERT ON audit
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    BEGIN
      SELECT RAISE(ABORT, 'the audit trail has no gaps');
    END;
    CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
      SELECT RAISE(ABORT, 'the audit trail is never changed');
    END;
    CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
      SELECT RAISE(ABORT, 'the audit trail is never deleted');
    END;
    CREATE TRIGGER audit_person_stays BEFORE UPDATE ON audit_person BEGIN
      SELECT RAISE(ABORT, 'personal data is erased, not changed');
    END;
    """
}
