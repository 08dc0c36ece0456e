"""Agencies that are reorganised (機關整併、更名): moved on the day, told once, and taken back."""

import csv
import sqlite3
from datetime import date, datetime, timedelta, timezone

from conftest import AUTHORITY, CDC, CDC_OFFICES, CHIEF, MANAGER, MING, MOHW, TONG, Person

LETTER = "院授人綜字第1150000001號"
FIELDS = {"what", "outcome", "old", "new", "account", "into", "request", "agency", "applied"}
TODAY = "2020-01-01"


def join_at_the_same_address(desk, person):
    """As if a minute had passed since an address had its last code."""
    with sqlite3.connect(desk.db) as db:
        db.execute("DELETE FROM send")
    desk.join(person)


def target(desk):
    """An agency of the ministry that nobody has an account with yet."""
    return desk.value(
        "SELECT code FROM agency WHERE status = 'active' AND superior ="
        " (SELECT id FROM agency WHERE code = ?) AND code <> ? ORDER BY sort LIMIT 1", MOHW, CDC)


def succeed(desk, old, new, *more, on=TODAY, **options):
    return desk.json("agencies", "--succeed", *old, "--by", new, "--on", on, "--document", LETTER,
                     *more, **options)


def status(desk, code):
    return desk.json("agencies", code)[0]["status"]


def agency_of(desk, session):
    return desk.one("verify", "--status", session=session)["agency"]["code"]


def test_everything_in_force_moves_and_is_told_once(desk):
    new = target(desk)
    desk.join(TONG)
    granted = desk.request(TONG)
    desk.ok("approve", granted, session=MING)
    waits = desk.request(TONG, "admin")
    before, mails = desk.dump(), len(desk.mails("succession"))
    dry = succeed(desk, [CDC], new, "--dry-run")
    assert desk.dump() == before and len(desk.mails("succession")) == mails
    real = succeed(desk, [CDC], new)
    assert real == dry and all(set(line) == FIELDS for line in real)
    assert all(line["applied"] for line in real)
    assert {line["request"] for line in real if line["what"] == "permission"} >= {granted}
    assert [line["request"] for line in real if line["what"] == "request"] == [waits]
    below = {line["agency"]["code"] for line in real if line["what"] == "agency"}
    assert CDC in below and set(CDC_OFFICES) <= below

    assert agency_of(desk, TONG) == agency_of(desk, MING) == new
    assert len(desk.mails("succession")) == mails + 2
    moved = [line for line in desk.json("permissions", "--changed-since", 0)
             if line["change"] == "moved"]
    assert granted in {line["request"] for line in moved}
    assert {line["agency"]["code"] for line in moved} == {new}
    ended = desk.ok("agencies", CDC)
    assert CDC in ended.out and f"({new})" in ended.err
    assert "is now" in desk.ok("admins", "--agency", CDC).err
    assert status(desk, CDC) == "succeeded"
    assert {line["name"] for line in desk.json("admins", "--agency", CDC)} == {"李小明"}
    # People still come with the old code.
    person = Person("chang", "張來", "chang@cdc.gov.tw", "0912345777", CDC)
    assert desk.join(person)["agency"]["code"] == new
    desk.content()


def test_history_shows_what_it_was(desk):
    desk.join(TONG)
    decided = desk.request(TONG)
    desk.ok("reject", decided, "--reason", "資料不符", session=MING)
    succeed(desk, [CDC], target(desk))
    assert desk.value("SELECT g.code FROM request r JOIN agency g ON g.id = r.agency"
                      " WHERE r.id = ?", decided) == CDC


def test_one_person_is_one_account(desk):
    new = target(desk)
    twin = Person("twin", MING.name, MING.email, "0912000111", new)
    join_at_the_same_address(desk, twin)
    lines = succeed(desk, [CDC], new)
    merged = [line for line in lines if line["what"] == "merged"]
    assert len(merged) == 1 and merged[0]["into"] != merged[0]["account"]
    held = [line for line in desk.json("permissions") if line["name"] == MING.name]
    assert [(line["role"], line["agency"]["code"], line["account"]) for line in held] == [
        ("admin", new, merged[0]["into"])]
    desk.refused("session.expired", "verify", "--status", session=MING)
    desk.content()

    desk.ok("agencies", "--undo", CDC)
    held = [line for line in desk.json("permissions") if line["name"] == MING.name]
    assert [(line["agency"]["code"], line["account"]) for line in held] == [
        (CDC, merged[0]["account"])]
    assert status(desk, CDC) == "active"
    desk.content()


def test_what_stands_in_the_way_is_named(desk):
    new = target(desk)
    join_at_the_same_address(desk, Person("other", "趙大明", MING.email, "0912000222", new))
    before = desk.dump()
    ended = desk.refused("account.taken", "agencies", "--succeed", CDC, "--by", new, "--on",
                         TODAY, "--document", LETTER)
    numbers = [row[0] for row in desk.rows("SELECT id FROM account WHERE email = ?", MING.email)]
    assert all(str(number) in ended.error["message"] for number in numbers)
    assert desk.dump() == before


def test_refusals(desk):
    new = target(desk)

    def refused(code, old, by, **options):
        desk.refused(code, "agencies", "--succeed", old, "--by", by, "--on", TODAY, "--document",
                     LETTER, **options)
    refused("agency.cycle", CDC, CDC)
    refused("agency.unknown", "2.16.886.101.999999", CDC)
    refused("agency.unknown", CDC, "2.16.886.101.999999")
    removed = desk.value("SELECT code FROM agency WHERE status = 'removed' LIMIT 1")
    refused("agency.removed", CDC, removed)
    desk.refused("usage.missing", "agencies", "--succeed", CDC, "--by", new)
    desk.refused("date.invalid", "agencies", "--succeed", CDC, "--by", new, "--on", "soon",
                 "--document", LETTER)
    desk.refused("agency.undo", "agencies", "--undo", CDC)
    succeed(desk, [CDC], new)
    refused("agency.cycle", new, CDC)
    refused("agency.succeeded", CDC, MOHW)


def test_nothing_decided_since_stands_in_the_way(desk):
    desk.join(TONG)
    number = desk.request(TONG)
    succeed(desk, [CDC], target(desk))
    desk.ok("approve", number, session=MING)
    ended = desk.refused("agency.undo", "agencies", "--undo", CDC)
    assert str(number) in ended.error["message"]


def test_on_its_day_the_first_command_applies_it(on_clock):
    desk = on_clock
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    new = target(desk)
    day = (desk.clock + timedelta(days=2)).strftime("%Y-%m-%d")
    lines = succeed(desk, [CDC], new, on=day)
    assert lines and not any(line["applied"] for line in lines)
    assert {line["account"] for line in lines if line["what"] == "account"}
    assert status(desk, CDC) == "active"
    desk.clock += timedelta(days=1)
    assert status(desk, CDC) == "active"
    desk.clock += timedelta(days=1)
    assert status(desk, CDC) == "succeeded"
    assert desk.value("SELECT g.code FROM account a JOIN agency g ON g.id = a.agency"
                      " WHERE a.email = ?", MING.email) == new
    desk.ok("audit", "--verify")


def test_a_load_proposes_and_a_list_is_taken(desk, tmp_path):
    desk.join(TONG)
    rows = desk.rows("SELECT code, name, path, status FROM agency WHERE type = 'oid'")
    renamed = "2.16.886.101.20003.20065.99"
    path = tmp_path / "registry.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["oid", "name", "dn", "status"])
        writer.writerows([renamed if row[0] == CDC else row[0], *row[1:]] for row in rows)
    dry = desk.one("agencies", "--load", path, "--dry-run")
    assert dry["removed"] == 1 and [
        (line["old"]["code"], line["new"]["code"], line["same_name"])
        for line in dry["successors"]] == [(CDC, renamed, True)]
    listed = tmp_path / "successions.csv"
    sheet = desk.ok("agencies", "--load", path, "--dry-run", "-o", "csv")
    assert list(csv.DictReader(sheet.out.splitlines()))[0]["new.code"] == renamed
    assert "removed 1" in sheet.err or "裁撤 1" in sheet.err
    ended = desk.ok("agencies", "--load", path)
    assert ended.out.splitlines()[-2:] == ["old,new", f"{CDC},{renamed}"]
    # The list is taken as it was printed, in either way.
    told = []
    for text in [sheet.out, ended.out]:
        listed.write_text(text)
        told.append(desk.json("agencies", "--succeed", "--from", listed, "--on", TODAY,
                              "--document", LETTER, "--dry-run"))
    assert told[0] == told[1] != []
    missing = desk.refused("usage.missing", "agencies", "--succeed", "--from", listed).error
    assert "--on" in missing["message"] and "--document" in missing["message"], missing
    lines = desk.json("agencies", "--succeed", "--from", listed, "--on", TODAY, "--document",
                      LETTER)
    assert {line["new"]["code"] for line in lines} == {renamed}
    assert agency_of(desk, TONG) == renamed
    desk.content()


def test_the_authority_is_reorganised_too(desk):
    new = target(desk)
    lines = succeed(desk, [AUTHORITY], new)
    assert [line["agency"]["code"] for line in lines if line["what"] == "authority"] == [AUTHORITY]
    desk.appoint(MANAGER)
    desk.content()


def test_what_is_planned_is_shown_and_called_off(desk):
    day = (date.today() + timedelta(days=3)).isoformat()
    new = target(desk)
    assert "successor" not in desk.json("agencies", CDC)[0]
    succeed(desk, [CDC], new, on=day)
    line, *below = desk.json("agencies", CDC)
    assert not any("successor" in other for other in below)
    assert line["successor"]["code"] == new and line["status"] == "active"
    at = datetime.fromisoformat(line["succession_at"])
    assert at.astimezone(timezone(timedelta(hours=8))).isoformat() == f"{day}T00:00:00+08:00"
    assert f"({new}), from {day} on" in desk.ok("agencies", CDC, "--limit", 1).out
    assert "successor" in desk.ok("agencies", CDC).out.splitlines()[0]
    assert desk.ok("agencies", "--undo", CDC).out.startswith("the plan is called off: ")
    assert "successor" not in desk.json("agencies", CDC)[0]


def test_who_has_taken_a_place_is_shown(desk):
    new = target(desk)
    succeed(desk, [CDC], new)
    line = desk.json("agencies", CDC)[0]
    assert line["successor"]["code"] == new and line["status"] == "succeeded"
    assert "succession_at" in line and "succession_failed" not in line
    assert f"({new}), since 20" in desk.ok("agencies", CDC, "--limit", 1).out
    head, *rest = desk.ok("agencies", CDC[:-6]).out.splitlines()
    assert "status" in head and "successor" in head
    assert any(CDC in row and "succeeded" in row for row in rest)


def test_what_is_taken_back_goes_the_other_way(desk):
    new = target(desk)
    succeed(desk, [CDC], new)
    for line in desk.ok("agencies", "--undo", CDC).out.splitlines():
        _, _, way = line.partition("taken back, ")
        assert way.index(f"({new})") < way.index(" -> ") < way.index(f"({CDC})"), line
