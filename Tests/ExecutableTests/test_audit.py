"""The audit trail: whatever is done to the file, `audit --verify` says where it was done."""

import re
import sqlite3
from datetime import timedelta

import pytest

from conftest import CHIEF, MING, TONG


def tamper(desk, *statements):
    """Changes the trail past its triggers, as someone with the file and a shell can."""
    with sqlite3.connect(desk.db) as db:
        triggers = db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            " AND (tbl_name LIKE 'audit%' OR tbl_name = 'service')").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            db.execute(statement)
        for _, sql in triggers:
            db.execute(sql)
    db.close()


COLUMNS = ["at", "caller", "account", "session", "action", "subject", "outcome", "person_hash",
           "previous", "hash"]
OTHER = {"at": "at + 1", "account": "coalesce(account, 0) + 1",
         "session": "coalesce(session, 0) + 1", "person_hash": "randomblob(32)",
         "previous": "randomblob(32)", "hash": "randomblob(32)"}

ATTACKS = {
    **{f"change {column}": (
        [f"UPDATE audit SET {column} = {OTHER.get(column, column + '||0')} WHERE seq = 5"], 5)
       for column in COLUMNS},
    "delete in the middle": (["DELETE FROM audit WHERE seq = 5"], 5),
    "delete the first": (["DELETE FROM audit WHERE seq = 1"], 1),
    "swap two": (["UPDATE audit SET seq = -1 WHERE seq = 5", "UPDATE audit SET seq = 5"
                  " WHERE seq = 6", "UPDATE audit SET seq = 6 WHERE seq = -1"], 5),
    "shift bytes between columns": (
        ["UPDATE audit SET action = action || substr(subject, 1, 1),"
         " subject = substr(subject, 2) WHERE seq = 5"], 5),
    "change personal data": (["UPDATE audit_person SET fields = fields || ' ' WHERE seq ="
                              " (SELECT min(seq) FROM audit_person)"], None),
    "change the salt": (["UPDATE audit_person SET salt = randomblob(32) WHERE seq ="
                         " (SELECT min(seq) FROM audit_person)"], None),
    "cut off the tail": (["DELETE FROM audit WHERE seq > 6"], 7),
    "cut off the tail and its seal": (["DELETE FROM audit WHERE seq > 6", "DELETE FROM audit_head"],
                                      6),
    "another service": (["UPDATE service SET uuid = randomblob(16)"], 1),
    "append a forged one": (
        ["INSERT INTO audit SELECT max(seq) + 1, at, caller, account, session, action, subject,"
         " outcome, person_hash, hash, randomblob(32) FROM audit"], None),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_tampering_is_found_and_located(desk, attack):
    statements, where = ATTACKS[attack]
    desk.ok("audit", "--verify")
    tamper(desk, *statements)
    ended = desk.refused("audit.broken", "audit", "--verify")
    if where:
        assert f"entry {where}:" in ended.error["message"], ended
    doctor = desk.run("doctor", "--json")
    assert doctor.status == 70
    # Entries that lost their neighbours are rows without their parents, too.
    failing = {line["check"] for line in doctor.lines if line["status"] == "fail"}
    assert {"audit"} <= failing <= {"audit", "database"}


@pytest.mark.parametrize("statement", [
    "UPDATE audit SET outcome = 'done' WHERE seq = 5", "DELETE FROM audit WHERE seq = 5",
    "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 5",
    "UPDATE decision SET verdict = 'rejected'", "DELETE FROM decision",
    "DELETE FROM request", "DELETE FROM account", "DELETE FROM permission"])
def test_the_schema_refuses_what_the_rules_refuse(desk, statement):
    db = sqlite3.connect(desk.db)
    db.execute("PRAGMA recursive_triggers = ON")
    with pytest.raises(sqlite3.Error):
        db.execute(statement)
    db.close()
    desk.content()


def test_anchors_witness_what_the_file_alone_cannot(desk, tmp_path):
    anchor = tmp_path / "anchor"
    older = desk.db.read_bytes()
    desk.join(TONG)
    said = desk.ok("audit", "--verify").out
    [line] = [line[line.index("iauth-audit/1"):] for line in said.splitlines()
              if "iauth-audit/1" in line]
    anchor.write_text(line + "\n")
    desk.ok("audit", "--verify", "--anchor", anchor)
    desk.request(TONG)
    desk.ok("audit", "--verify", "--anchor", anchor)

    # An older copy, put back: whole in itself, but not what was witnessed.
    newer = desk.db.read_bytes()
    desk.db.write_bytes(older)
    desk.ok("audit", "--verify")
    ended = desk.refused("audit.broken", "audit", "--verify", "--anchor", anchor)
    assert f"entry {line.split()[1]}:" in ended.error["message"], ended
    desk.db.write_bytes(newer)

    # Whatever was kept serves: results as they were printed, for people or as JSON.
    for kept in [desk.ok("audit", "--verify").out, desk.ok("audit", "--verify", "--json").out,
                 desk.ok("audit", "--json").out]:
        anchor.write_text(kept)
        desk.ok("audit", "--verify", "--anchor", anchor)
        anchor.write_text(re.sub(r"[0-9a-f]{60}", "0" * 60, kept))
        desk.refused("audit.broken", "audit", "--verify", "--anchor", anchor)

    # An anchor of another trail, and a file without any.
    words = line.split()
    anchor.write_text(f"{words[0]} {words[1]} {'0' * 64}\n")
    desk.refused("audit.broken", "audit", "--verify", "--anchor", anchor)
    anchor.write_text("nothing\n")
    assert desk.run("audit", "--verify", "--anchor", anchor).status != 0
    desk.refused("file.missing", "audit", "--verify", "--anchor", tmp_path / "none")


def test_everything_leaves_its_entry_without_codes(desk):
    reference = desk.apply(TONG)
    codes = desk.codes(reference)
    wrong = "".join(f"{(int(code) + 1) % 10**8:08}\n" for code in codes)
    desk.refused("code.wrong", "verify", reference, stdin=wrong, session=TONG)
    desk.prove(reference, TONG)
    number = desk.request(TONG)
    desk.refused("right.missing", "approve", number, session=TONG)
    desk.ok("pending", number, session=MING)
    desk.ok("pending", session=MING)
    before = desk.value("SELECT count(*) FROM audit")
    desk.ok("pending", session=MING)
    desk.ok("admins", session=MING)
    assert desk.value("SELECT count(*) FROM audit") == before  # lists write nothing
    desk.ok("approve", number, session=MING)

    entries = desk.json("audit", "--since", "2020-01-01")
    assert [entry["seq"] for entry in entries] == sorted(entry["seq"] for entry in entries)
    about = [(entry["action"], entry["outcome"]) for entry in entries
             if entry["subject"] == f"request:{number}"]
    assert {"done", "right.missing"} <= {outcome for _, outcome in about}
    assert any(entry["outcome"] == "code.wrong" for entry in entries)
    stored = "\n".join(desk.dump())
    for code in codes:
        assert code not in stored
    assert desk.rows("SELECT count(*) FROM message WHERE kind = 'code' AND body <> ''") == [(0,)]


def test_erasing_a_person_keeps_the_trail_whole(desk):
    account = desk.join(TONG)["account"]
    desk.ok("accounts", "--erase", account, "--reason", "當事人要求")
    desk.content()
    stored = "\n".join(desk.dump())
    for part in [TONG.name, TONG.email, TONG.mobile[1:]]:
        assert part not in stored, part
    raw = desk.db.read_bytes()
    assert TONG.email.encode() not in raw
    desk.refused("account.unknown", "accounts", "--suspend", 99, "--reason", "x")
    assert desk.run("accounts", "--close", 1, "--reason", "x", session=CHIEF).status == 1


def test_an_application_that_lapses_is_forgotten(on_clock):
    desk = on_clock
    desk.apply(TONG)
    desk.clock += timedelta(hours=25)
    assert desk.one("pending", "--remind", "--clock-is-right")["lapsed"] == 1
    stored = "\n".join(desk.dump())
    for part in [TONG.name, TONG.email, TONG.mobile[1:]]:
        assert part not in stored, part
    desk.content()
