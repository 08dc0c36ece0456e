"""`iauth migrate`: the old database or the new one, whenever it is killed or the disk fails.

A sample of the system calls is tried; IAUTH_EVERY_POINT=1 tries each of all.
"""

import gzip
import json
import os
import re
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from conftest import ROOT, Desk, clerk

FIXTURES = ROOT / "Tests/Fixtures"


def old_desk(home, version=1):
    """A home with the database that an earlier release has made."""
    desk = Desk(home)
    desk.data.mkdir(parents=True, mode=0o700)
    desk.db.touch(0o600)
    desk.db.write_bytes(gzip.decompress((FIXTURES / f"schema-{version}/iauth.db.gz").read_bytes()))
    key = desk.data / "iauth.key"
    key.touch(0o600)
    key.write_bytes((FIXTURES / f"schema-{version}/iauth.key").read_bytes())
    return desk


@pytest.fixture
def old(tmp_path):
    return old_desk(tmp_path / "home")


def test_an_older_database_is_migrated(old):
    refused = old.refused("database.version", "systems")
    assert refused.error["hint"] == "iauth migrate"
    planned = old.one("migrate", "--dry-run")
    assert (planned["from"], planned["to"], planned["migrated"], planned["dry_run"],
            planned["copy"]) == (1, 2, False, True, None)
    old.refused("database.version", "systems")
    done = old.one("migrate")
    assert done["migrated"] and not done["dry_run"] and Path(done["copy"]).stat().st_mode & 0o77 == 0
    assert {table["table"]: table["rows"] for table in done["tables"]}["account"] == 22
    assert done["rows"] == sum(table["rows"] for table in done["tables"])
    assert old.one("audit", "--verify")["entries"] == done["entries"] == planned["entries"]
    assert len(old.rows("SELECT 1 FROM sqlite_schema WHERE name GLOB 'before_*'")) == 0
    again = old.one("migrate")
    assert (again["migrated"], again["copy"], again["tables"]) == (False, None, [])
    # People go on: whoever is there comes back, and somebody new comes.
    old.join(clerk(50))
    old.content()
    # The copy is a whole database of the old version.
    with sqlite3.connect(done["copy"]) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_people_read(old):
    text = old.ok("migrate", "--lang", "zh-TW")
    assert "1 -> 2" in text.out and "備份" in text.err
    assert "已為本版結構" in old.ok("migrate", "--lang", "zh-TW").err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_interrupts_it_has_the_old_one(old, number):
    def arrive():
        # It comes while the lock is held, and waits until that is given up.
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, [number])
        os.kill(os.getpid(), number)
    before = old.db.read_bytes()
    old.end(old.start("migrate", preexec_fn=arrive))
    assert old.db.read_bytes() == before
    assert not list(old.data.glob("iauth.db.schema-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_at_any_moment_it_leaves_no_copy_of_what_still_stands(old, number):
    stopped = 0
    for wait in range(0, 60, 4):
        process = old.start("migrate")
        time.sleep(wait / 1_000)
        process.send_signal(number)
        old.end(process)
        if old.value("PRAGMA user_version") == 2:
            break
        stopped += 1
        assert not list(old.data.glob("iauth.db.schema-*")), wait
    assert stopped
    old.ok("migrate")


def test_a_newer_database_names_the_way_out(desk):
    with sqlite3.connect(desk.db) as db:
        db.execute("PRAGMA user_version = 3")
    for words in [["systems"], ["migrate"]]:
        assert "release" in desk.refused("database.version", *words).error["message"]


def state(desk):
    """Which database it is, and that it is a whole one."""
    ended = desk.run("systems", "--json")
    if ended.status == 78:
        assert ended.code == "database.version", ended
        # Whoever opens it rolls a cut-off commit back.
        with sqlite3.connect(desk.db) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert db.execute("PRAGMA user_version").fetchone() == (1,)
            assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'before_*'"
                              ).fetchone() == (0,)
        return "old"
    assert ended.status == 0, ended
    desk.ok("audit", "--verify")
    return "new"


CALLS = ["pwrite64", "fdatasync", "unlink", "ftruncate", "write", "fsync", "renameat2", "flock"]


def points(old, call):
    desk = Desk(shutil.copytree(old.home, old.home.with_name("trace")))
    trace = old.home.with_name("trace.txt")
    desk.ok("migrate", "--json", under=["strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}"])
    shutil.rmtree(desk.home)
    count = len([line for line in trace.read_text().splitlines() if f" {call}(" in line])
    if os.environ.get("IAUTH_EVERY_POINT"):
        return range(1, count + 1)
    return sorted({1, count // 2, count - 1, count} & set(range(1, count + 1)))


@pytest.mark.parametrize("what", ["signal=SIGKILL", "error=EIO"])
def test_cut_off_anywhere_it_is_the_old_or_the_new(old, what):
    seen = set()
    for call in CALLS:
        for when in points(old, call):
            cut = Desk(shutil.copytree(old.home, old.home.with_name("cut")))
            ended = cut.run("migrate", "--json", under=[
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                "-e", f"inject={call}:{what}:when={when}"])
            found = state(cut)
            where = (call, when, ended, found)
            if "SIGKILL" in what:
                assert ended.status in (-signal.SIGKILL, 128 + signal.SIGKILL), where
                assert found == "new" or ended.out == "", where
            elif call == "write" and found == "new":
                # What could not be written is the answer, and it says so.
                assert ended.status == 0 or ended.status == 74 and "stands" in ended.err, where
            else:
                # A lock that cannot be had is one that is not free.
                refused = {"flock": 75}.get(call, 74)
                assert (ended.status, found) in [(0, "new"), (74, "old"), (refused, "old"),
                                                 (76, "old"), (76, "new")], where
            seen.add(found)
            cut.ok("migrate")
            assert state(cut) == "new", where
            leftovers = [path.name for path in cut.data.iterdir() if ".part" in path.name]
            assert found == "new" or leftovers == [], where
            shutil.rmtree(cut.home)
    assert seen == {"old", "new"}


def test_two_at_once_are_one(old):
    processes = [old.start("migrate", "--json") for _ in range(4)]
    ended = [old.end(process) for process in processes]
    assert [run.status for run in ended] == [0] * 4, ended
    done = [run for run in ended if json.loads(run.out)["migrated"]]
    assert len(done) == 1, ended
    assert len(old.rows("SELECT 1 FROM audit WHERE action = 'database.migrate'")) == 1
    assert len([path for path in old.data.iterdir()
                if re.search(r"schema-1-\d+T\d+Z$", path.name)]) == 1
