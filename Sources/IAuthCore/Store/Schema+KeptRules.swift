// What the schema refuses of what is kept for good: messages, the service itself, the trail.

import SQLite
import Sheets
import Values

extension Schema {
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
    CREATE TRIGGER session_is_kept BEFORE DELETE ON session BEGIN
      SELECT RAISE(ABORT, 'a session is never deleted');
    END;
    -- Signing in proves a code, and an invited person both (PRODUCT 3.3); the account is active then.
    CREATE TRIGGER session_is_someones BEFORE INSERT ON session
    BEGIN
      SELECT RAISE(ABORT, 'session.none')
      WHERE NEW.ended_at IS NULL AND NOT EXISTS
      (SELECT 1 FROM account WHERE id = NEW.account AND status = 'active');
    END;
    CREATE TRIGGER session_stays BEFORE UPDATE ON session
    BEGIN
      SELECT RAISE(ABORT, 'a session stays whose it is, and ends')
      WHERE NEW.id <> OLD.id OR NEW.caller <> OLD.caller OR NEW.name <> OLD.name
      OR NEW.account <> OLD.account OR NEW.email_proven < OLD.email_proven
      OR NEW.sms_proven < OLD.sms_proven OR NEW.created_at <> OLD.created_at
      OR NEW.expires_at > OLD.expires_at OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL;
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
      UPDATE message SET subject = '', body = '', error = NULL, recipient_key = NULL,
        status = CASE status WHEN 'failed' THEN 'lapsed' ELSE status END,
        recipient = CASE WHEN EXISTS (SELECT 1 FROM account
          WHERE id = NEW.account AND erased_at IS NOT NULL) THEN '' ELSE recipient END
      WHERE id = NEW.id;
    END;
    -- A code leaves no address, whichever way it goes; nor its text, as the table checks.
    CREATE TRIGGER message_code_leaves_nothing BEFORE UPDATE OF status ON message
    BEGIN
      SELECT RAISE(ABORT, 'a code takes its address away')
      WHERE NEW.kind = 'code' AND NEW.status <> 'queued' AND NEW.recipient <> '';
    END;
    CREATE TRIGGER service_stays BEFORE UPDATE OF id, uuid, authority, created_at ON service
    BEGIN
      SELECT RAISE(ABORT, 'the authority is set once')
      WHERE NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid OR NEW.created_at <> OLD.created_at
      OR NEW.authority <> OLD.authority AND NOT EXISTS
        (SELECT 1 FROM moving WHERE before = OLD.authority AND after = NEW.authority);
    END;
    CREATE TRIGGER service_is_kept BEFORE DELETE ON service BEGIN
      SELECT RAISE(ABORT, 'the authority is set once');
    END;
    CREATE TRIGGER audit_in_sequence BEFORE INSERT ON audit
    BEGIN
      SELECT RAISE(ABORT, 'the audit trail has no gaps')
      WHERE NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit);
    END;
    CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
      SELECT RAISE(ABORT, 'the audit trail is never changed');
    END;
    CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
      SELECT RAISE(ABORT, 'the audit trail is never deleted');
    END;
    CREATE TRIGGER audit_node_stays BEFORE UPDATE ON audit_node BEGIN
      SELECT RAISE(ABORT, 'the tree over the audit trail is never changed');
    END;
    CREATE TRIGGER audit_node_is_kept BEFORE DELETE ON audit_node BEGIN
      SELECT RAISE(ABORT, 'the tree over the audit trail is never deleted');
    END;
    CREATE TRIGGER audit_person_stays BEFORE UPDATE ON audit_person BEGIN
      SELECT RAISE(ABORT, 'personal data is erased, not changed');
    END;
    """
}
