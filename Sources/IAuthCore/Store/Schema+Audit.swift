// The tables of the audit trail (PRODUCT 3.8, 14): the entries, the personal data beside them, the
// tree over them, and the sealed head.

import SQLite
import Sheets
import Values

extension Schema {
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

    CREATE TABLE audit_node (
      -- Nodes of the Merkle tree (RFC 9162) whose leaves are the hashes of the trail, over 256, 256²
      -- and 256³ of them; every other node is made of these. What is missing is made anew.
      level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3), -- the logarithm of its leaves, base 256
      place INTEGER NOT NULL CHECK (place >= 0), -- from the left, the first is 0
      hash BLOB NOT NULL CHECK (length(hash) = 32), -- of the two nodes under it
      PRIMARY KEY (level, place)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE audit_head (
      -- The last entry, sealed under the key outside the database.
      id INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
      seq INTEGER NOT NULL, -- the last entry's
      hash BLOB NOT NULL, -- the last entry's
      seal BLOB NOT NULL -- HMAC-SHA-256 under iauth.key
    ) STRICT;
    """
}
