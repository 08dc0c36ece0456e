"""The restore drill: copies made under load, killed, out of room and damaged; and the way back.

A copy is whole or absent. What comes back from it lets nobody in who had been let in before, and
sends nothing a second time.
"""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from datetime import datetime, timedelta, timezone
from hashlib import sha256

import pytest

from conftest import AUTHORITY, CHIEF, MING, TONG, Desk, clerk
from test_killing import injecting

COPYING = ["pwrite64", "fsync", "fdatasync", "renameat2", "openat", "ftruncate", "write", "unlink"]


def calls(desk, call, *words):
    """How many system calls of a kind a command makes."""
    trace = desk.home / "trace"
    ended = desk.run(*words, under=["strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}"])
    assert ended.status == 0, ended
    return len([line for line in trace.read_text().splitlines() if f" {call}(" in line])


def some(count):
    return sorted({*range(1, min(count, 4) + 1), *range(4, count, max(1, count // 6)), count}) \
        if count else []


def beside(copy):
    return sorted(path.name for path in copy.parent.iterdir() if path.name.startswith(copy.name))


def lost(desk):
    """The database is gone, with its key and its lock: another host, or a dead disk."""
    for name in ["iauth.db", "iauth.key", "iauth.lock"]:
        (desk.data / name).unlink(missing_ok=True)


@pytest.fixture
def copy(desk, tmp_path):
    """A backup, and a desk that has gone on since."""
    desk.waiting = desk.apply(TONG)
    path = tmp_path / "vault/monday.db"
    path.parent.mkdir()
    desk.answer = desk.one("backup", path)
    return path


def test_a_copy_has_its_key_and_manifest_beside_it(desk, copy):
    assert beside(copy) == ["monday.db", "monday.db.key", "monday.db.manifest"]
    for path in copy.parent.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600 and path.stat().st_nlink == 1
    manifest = (copy.parent / "monday.db.manifest").read_text()
    lines = manifest.splitlines()
    version = desk.ok("--version").out.split()[1]
    assert lines[0] == f"# iauth {version} backup {desk.answer['at']}"
    # The copy's own entry is written with its name.
    entries = desk.value("SELECT count(*) FROM audit") - 1
    assert lines[1] == f"# {desk.answer['anchor']}" and desk.answer["entries"] == entries
    rows = dict(re.findall(r"(\w+) (\d+)", lines[2]))
    for table, count in rows.items():
        assert desk.value(f"SELECT count(*) FROM {table}") - (table == "audit") == int(count), table
    assert {"account", "request", "permission", "audit"} <= set(rows)
    assert lines[3] == f"{sha256(copy.read_bytes()).hexdigest()}  monday.db" and len(lines) == 4
    checked = subprocess.run(["sha256sum", "-c", "monday.db.manifest"], cwd=copy.parent,
                             capture_output=True, text=True)
    assert checked.stdout == "monday.db: OK\n" and checked.returncode == 0, checked


def test_names_that_sha256sum_escapes(desk, tmp_path):
    for name in ["two\nlines.db", "back\\slash.db", "-o.db", "e\r.db"]:
        desk.ok("backup", tmp_path / name)
        checked = subprocess.run(["sha256sum", "-c", f"./{name}.manifest"], cwd=tmp_path,
                                 capture_output=True)
        assert checked.returncode == 0, (name, checked)
        lost(desk)
        assert desk.one("restore", tmp_path / name)["manifest"] is True


def test_the_manifest_is_an_anchor(desk, copy):
    anchor = f"{copy}.manifest"
    desk.ok("audit", "--verify", "--anchor", anchor)
    # An older copy, put back: the newer manifest witnesses what is lost.
    newer = copy.with_name("tuesday.db")
    desk.join(clerk(1))
    desk.ok("backup", newer)
    lost(desk)
    desk.ok("restore", copy)
    desk.ok("audit", "--verify")
    desk.ok("audit", "--verify", "--anchor", anchor)
    desk.refused("audit.broken", "audit", "--verify", "--anchor", f"{newer}.manifest")


def test_what_comes_back_lets_nobody_in(desk, copy):
    codes = desk.codes(desk.waiting)
    step = desk.one("verify", *MING.words, "--via", "both", session="elsewhere")["signin"]
    second = copy.with_name("tuesday.db")
    desk.ok("backup", second)
    lost(desk)
    answer = desk.one("restore", second)
    assert answer["codes"] == 2 and answer["sessions"] == 2 and answer["manifest"] is True
    for person in [CHIEF, MING]:
        assert desk.run("verify", "--status", session=person).status == 77
        desk.refused("session.expired", "pending", session=person)
    for reference in [desk.waiting, step]:
        desk.refused("code.expired", "verify", reference, stdin="\n".join(codes) + "\n")
    assert desk.rows("SELECT 1 FROM verification WHERE status = 'open' OR name IS NOT NULL") == []
    assert desk.rows("SELECT 1 FROM session WHERE ended_at IS NULL") == []
    desk.content()
    [restored] = desk.json("audit", "--action", "database.restore")
    assert restored["outcome"] == "done"
    # Whoever signs in again goes on as before.
    desk.clock = datetime.now(timezone.utc) + timedelta(minutes=5)
    desk.sign_in(CHIEF)
    assert [line["name"] for line in desk.json("admins", "--agency", MING.agency)] == [MING.name]


def test_nothing_is_sent_a_second_time(desk, tmp_path):
    """What waited in the copy was sent since, as far as anybody can tell."""
    broken = tmp_path / "conf"
    broken.write_text("mail = sendmail:/bin/false\nsms = command:/bin/false\n")
    desk.join(TONG)
    desk.ok("request-permission", session=TONG, env={"IAUTH_CONFIG": str(broken)})
    desk.ok("apply", *clerk(1).words, env={"IAUTH_CONFIG": str(broken)})
    waiting = desk.rows("SELECT id FROM message WHERE status = 'queued' AND kind <> 'code'")
    assert waiting
    copy = tmp_path / "copy.db"
    desk.ok("backup", copy)
    lost(desk)
    shutil.rmtree(desk.data / "outbox")
    said = desk.run("restore", copy)
    assert "deliver --list" in said.err and said.status == 0, said
    desk.ok("deliver")
    desk.ok("pending", "--remind", "--clock-is-right")
    assert desk.mails(kind="code") == [] and desk.mails(kind="notice") == []
    held = [line["message"] for line in desk.json("deliver", "--list") if line["status"] == "failed"]
    assert held == [row[0] for row in waiting]
    desk.ok("deliver", "--retry", held[0])
    desk.ok("deliver")
    assert len(desk.mails(kind="notice")) == 1


def test_numbers_are_never_given_twice_however_often_a_copy_is_restored(desk, copy):
    """More than any bound of the copy's own were given since; and of one copy came two databases."""
    given = []
    for _ in range(2):
        lost(desk)
        desk.ok("restore", copy)
        with sqlite3.connect(desk.db) as db:
            next_ids = dict(db.execute("SELECT name, seq FROM sqlite_sequence"))
            assert all(seq > 10**11 for name, seq in next_ids.items() if name != "audit")
            assert all(seq < 2**53 for seq in next_ids.values())
            # What a busy year gives out.
            db.execute("UPDATE sqlite_sequence SET seq = seq + 50000000 WHERE name = 'request'")
        given.append(range(next_ids["request"] + 1, next_ids["request"] + 50_000_001))
    assert given[1].start >= given[0].stop or given[0].start >= given[1].stop


def test_a_copy_goes_through_pipes(desk, tmp_path):
    piped = tmp_path / "piped.db"
    with open(piped, "wb") as out:
        process = desk.start("backup", "-", stdout=out)
        ended = desk.end(process)
    assert ended.status == 0 and "iauth-audit/1" in ended.err, ended
    assert [path.name for path in desk.data.iterdir() if "copy" in path.name] == []
    key = (desk.data / "iauth.key").read_bytes()
    accounts = desk.rows("SELECT id, name, status FROM account")
    for words in [["restore", "-"], ["restore", "/dev/stdin"]]:
        desk.db.unlink()
        desk.ok(*words, stdin=piped.read_bytes())
        assert desk.rows("SELECT id, name, status FROM account") == accounts
    assert (desk.data / "iauth.key").read_bytes() == key


def test_a_copy_holds_no_code(desk, tmp_path):
    broken = tmp_path / "conf"
    broken.write_text("mail = sendmail:/bin/false\nsms = command:/bin/false\n")
    desk.ok("apply", *TONG.words, env={"IAUTH_CONFIG": str(broken)})
    codes = [body for body, in desk.rows(
        "SELECT body FROM message WHERE kind = 'code' AND status = 'queued'")]
    assert len(codes) == 2
    desk.ok("backup", tmp_path / "copy.db")
    content = (tmp_path / "copy.db").read_bytes()
    for body in codes:
        code = re.search(r"(?<!\d)\d{8}(?!\d)", body)[0]
        assert code.encode() not in content
    with sqlite3.connect(tmp_path / "copy.db") as db:
        assert db.execute("SELECT count(*) FROM code WHERE used_at IS NULL AND hash <> zeroblob(32)"
                          ).fetchone() == (0,)
    # Here they wait all the same.
    assert desk.value("SELECT count(*) FROM message WHERE kind = 'code' AND body <> ''") == 2


def test_keys_rest_after_a_restoration_until_they_are_confirmed(desk, tmp_path):
    account = desk.value("SELECT account FROM permission WHERE status = 'active' LIMIT 1")
    for name in ["kept", "gone"]:
        desk.ok("ssh-gate", "--enrol", name, "--account", account)
    desk.ok("backup", tmp_path / "copy.db")
    desk.ok("ssh-gate", "--withdraw", "gone")

    def may(name):
        return desk.run("ssh-gate", name, env={"SSH_ORIGINAL_COMMAND": "admins"}).status == 0

    assert may("kept") and not may("gone")
    lost(desk)
    assert desk.one("restore", tmp_path / "copy.db")["keys"] == 2
    assert not may("kept") and not may("gone")
    assert [line["rests"] for line in desk.json("ssh-gate", "--list")] == [True, True]
    desk.ok("ssh-gate", "--confirm", "kept")
    assert may("kept") and not may("gone")
    desk.refused("key.unknown", "ssh-gate", "--confirm", "nobody")


def test_numbers_of_the_lost_database_are_not_given_again(desk, copy):
    """A mail speaks of a request that the copy does not know: its number stays unknown."""
    desk.join(clerk(1))
    since = desk.request(clerk(1))
    lost(desk)
    desk.ok("restore", copy)
    desk.clock = datetime.now(timezone.utc) + timedelta(minutes=5)
    desk.sign_in(MING)
    desk.join(clerk(2))
    assert desk.request(clerk(2)) > since + 1_000
    desk.refused("request.unknown", "approve", since, session=MING)
    # Nor is its Message-ID.
    old = desk.value("SELECT max(id) FROM message WHERE id < 100000")
    new = desk.value("SELECT min(id) FROM message WHERE id > 100000")
    assert new > old + 1_000


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    os.truncate(path, path.stat().st_size // 4096 // 2 * 4096)


def emptied(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage, code", [
    (flipped, "database.damaged"), (cut, "database.damaged"), (emptied, "database.damaged")])
def test_a_damaged_copy_is_refused(desk, copy, damage, code):
    damage(copy)
    lost(desk)
    desk.refused(code, "restore", copy)
    assert not desk.db.exists() and not list(desk.data.glob("*.part*"))
    # Without the manifest it is looked at all the same.
    (copy.parent / "monday.db.manifest").unlink()
    ended = desk.run("restore", copy, "--json")
    if damage is flipped:
        # One bit, in a row's text or in a free place: found if anything covers it.
        assert ended.status in (0, 70), ended
    else:
        assert ended.code in ("database.damaged", "database.foreign"), ended


def test_of_a_damaged_database_there_is_no_copy(desk, tmp_path):
    """A reference that leads nowhere would be copied as it is."""
    with sqlite3.connect(desk.db) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("INSERT INTO reminder VALUES (999, 999, 1, 1)")
    db.close()
    desk.refused("database.damaged", "backup", tmp_path / "copy.db")
    assert beside(tmp_path / "copy.db") == []


def test_a_trail_that_was_changed_is_refused(desk, copy):
    """Without a manifest, the copy's own trail speaks."""
    (copy.parent / "monday.db.manifest").unlink()
    content = copy.read_bytes()
    assert content.count(b"request.approve") >= 1
    copy.write_bytes(content.replace(b"request.approve", b"request.approvf"))
    lost(desk)
    assert desk.run("restore", copy, "--json").code in ("audit.broken", "database.damaged")
    assert not desk.db.exists() and not (desk.data / "iauth.key").exists()


def test_a_manifest_that_is_none_is_refused(desk, copy):
    manifest = copy.parent / "monday.db.manifest"
    known = manifest.read_text()
    lost(desk)
    # An empty one, and another file's, say nothing of the copy; nor does a refusal leave anything.
    for text, code in [("", "file.missing"), ("# nothing\n", "file.missing"),
                       (re.sub("[0-9a-f]{64}", "0" * 64, known), "database.damaged")]:
        manifest.write_text(text)
        desk.refused(code, "restore", copy)
    manifest.write_text(known)
    deep = copy.parent / "not" / "yet" / "iauth.db"
    (copy.parent / "monday.db.key").write_text("0" * 64 + "\n")
    assert desk.run("restore", copy, "--db", deep).status != 0
    assert not (copy.parent / "not").exists()


def test_another_key_is_refused(desk, copy):
    (copy.parent / "monday.db.key").write_text("0" * 64 + "\n")
    lost(desk)
    desk.refused("database.unsafe", "restore", copy)


def test_the_key_may_be_kept_apart(desk, copy):
    kept = (copy.parent / "monday.db.key").rename(copy.parent / "safe")
    junk = copy.parent / "junk"
    junk.write_bytes(b"no database " * 99)
    lost(desk)
    desk.refused("database.foreign", "restore", junk)
    desk.refused("database.unsafe", "restore", copy)
    assert not desk.db.exists() and not (desk.data / "iauth.key").exists()
    shutil.copy(kept, desk.data / "iauth.key")
    desk.ok("restore", copy)
    desk.content()


@pytest.mark.parametrize("name, code", [
    ("iauth.db", "database.exists"), ("iauth.db-journal", "file.exists"),
    ("iauth.db-wal", "file.exists"), ("iauth.key", "file.exists")])
def test_nothing_is_overwritten(desk, copy, name, code):
    """A journal of the lost database would be played back into the copy."""
    lost(desk)
    (desk.data / name).write_bytes(b"precious")
    (desk.data / name).chmod(0o600)
    desk.refused(code, "restore", copy)
    assert (desk.data / name).read_bytes() == b"precious"


@pytest.mark.parametrize("name, code", [
    ("monday.db", "file.exists"), ("monday.db.key", "file.exists"),
    ("monday.db.manifest", "file.exists")])
def test_a_copy_overwrites_nothing(desk, tmp_path, name, code):
    (tmp_path / name).write_bytes(b"precious")
    desk.refused(code, "backup", tmp_path / "monday.db")
    assert [path.name for path in tmp_path.glob("monday*")] == [name]
    assert (tmp_path / name).read_bytes() == b"precious"


def test_a_dash_is_no_file(desk, tmp_path):
    with open(tmp_path / "piped", "wb") as out:
        assert desk.end(desk.start("backup", "-", cwd=tmp_path, stdout=out)).status == 0
    assert not list(tmp_path.glob("-*"))
    desk.ok("backup", "./-", cwd=tmp_path)
    assert (tmp_path / "-").exists()


def test_a_link_in_place_of_the_draft_is_not_followed(desk, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "monday.db.part").symlink_to(victim)
    assert desk.run("backup", tmp_path / "monday.db").status in (73, 74)
    assert victim.read_text() == "precious"


def test_a_failed_copy_says_so_in_the_trail(desk, tmp_path):
    (tmp_path / "copy.db.key").write_text("another")
    desk.refused("file.exists", "backup", tmp_path / "copy.db")
    def outcomes():
        return [line["outcome"] for line in desk.json("audit", "--action", "database.backup")]
    assert outcomes() == ["file.exists"]
    (tmp_path / "copy.db.key").unlink()
    desk.ok("backup", tmp_path / "copy.db")
    assert outcomes() == ["file.exists", "done"]


def test_a_page_misread_while_the_copy_is_checked_is_the_disks_failure(desk, tmp_path):
    """Each reading of the command fails once: what it says is never that the data are damaged."""
    said = set()
    for at in some(calls(desk, "pread64", "backup", tmp_path / "first.db")):
        ended = desk.run("backup", tmp_path / f"{at}.db", "--json",
                         under=injecting("pread64", "error=EIO", at))
        if "shared libraries" in ended.err:
            continue  # That was the loader's.
        said.add(ended.code if ended.status else "done")
        assert (tmp_path / f"{at}.db").exists() == (ended.status == 0)
    assert said <= {"done", "disk.failed"} and "disk.failed" in said, said
    desk.content()


def test_a_lock_that_is_never_had_is_waited_for_ten_seconds(desk):
    started = time.monotonic()
    waiting = [desk.start("request-permission", "--list", "--json", session=CHIEF,
                          under=injecting("fcntl", "error=ENOLCK", f"{at}+")) for at in [1, 5, 9]]
    for process in waiting:
        ended = desk.end(process)
        assert (ended.code, ended.status) == ("database.busy", 75), ended
    assert time.monotonic() - started < 16


@pytest.mark.parametrize("call", COPYING)
def test_a_backup_killed_anywhere_is_whole_or_absent(desk, tmp_path, call):
    vault = tmp_path / "vault"
    vault.mkdir()
    copy = vault / "copy.db"
    count = calls(desk, call, "backup", copy)
    if call == "renameat2":
        assert count == 3  # key, manifest, copy
    for when in some(count):
        shutil.rmtree(vault)
        vault.mkdir()
        ended = desk.run("backup", copy, under=injecting(call, "signal=SIGKILL", when))
        where = (call, when, ended, beside(copy))
        assert ended.status in (-signal.SIGKILL, 137), where
        if copy.exists():
            checked = subprocess.run(["sha256sum", "-c", "copy.db.manifest"], cwd=vault,
                                     capture_output=True)
            assert checked.returncode == 0 and (vault / "copy.db.key").exists(), where
            desk.refused("file.exists", "backup", copy)
        else:
            assert ended.out == "", where
            desk.ok("backup", copy)
            assert beside(copy) == ["copy.db", "copy.db.key", "copy.db.manifest"], where
    desk.content()


@pytest.mark.parametrize("call", COPYING)
def test_a_restore_killed_anywhere_converges(desk, copy, call):
    lost(desk)
    count = calls(desk, call, "restore", copy)
    for when in some(count):
        lost(desk)
        ended = desk.run("restore", copy, under=injecting(call, "signal=SIGKILL", when))
        where = (call, when, ended)
        assert ended.status in (-signal.SIGKILL, 137), where
        if desk.db.exists():
            desk.refused("database.exists", "restore", copy)
        else:
            assert ended.out == "", where
            desk.ok("restore", copy)
        desk.content()
        assert desk.rows("SELECT 1 FROM session WHERE ended_at IS NULL") == [], where
        assert not list(desk.data.glob("*.part*")), where


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("call", ["pwrite64", "fsync", "renameat2", "write"])
def test_a_failing_disk_leaves_no_half_copy(desk, tmp_path, call, error):
    vault = tmp_path / "vault"
    vault.mkdir()
    copy = vault / "copy.db"
    count = calls(desk, call, "backup", copy)
    refused = 0
    for when in some(count):
        shutil.rmtree(vault)
        vault.mkdir()
        ended = desk.run("backup", copy, under=injecting(call, f"error={error}", when))
        where = (call, when, ended, beside(copy))
        if ended.status == 0:
            assert len(beside(copy)) == 3, where
        elif ended.status == 74:
            # Of an answer that could not be printed the copy stands.
            assert beside(copy) == [] or call == "write", where
            refused += 1
        else:
            assert ended.status == 76, where
    assert refused
    desk.content()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
def test_a_disk_without_room_is_said(desk, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    size = desk.db.stat().st_size // 1024
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size // 2}k,mode=700", "tmpfs", disk],
                      capture_output=True).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        desk.refused("disk.full", "backup", disk / "copy.db")
        assert list(disk.iterdir()) == []
        copy = tmp_path / "copy.db"
        desk.ok("backup", copy)
        there = Desk(tmp_path / "elsewhere")
        ended = there.run("restore", copy, "--db", disk / "db/iauth.db", "--json")
        assert ended.code == "disk.full" and not (disk / "db").exists(), ended
        subprocess.run(["mount", "-o", f"remount,size={size * 4}k", disk], check=True)
        there.ok("restore", copy, "--db", disk / "db/iauth.db")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_copies_at_once_and_under_load(desk, tmp_path):
    """Two of the same name make one; people go on meanwhile, and every copy is whole."""
    people = [desk.start("apply", *clerk(n).words, "--json") for n in range(20)]
    same = [desk.start("backup", tmp_path / "same.db", "--json") for _ in range(4)]
    others = [desk.start("backup", tmp_path / f"copy{n}.db", "--json") for n in range(3)]
    for process in people + others:
        ended = desk.end(process)
        assert ended.status == 0, ended
    ended = [desk.end(process) for process in same]
    assert sorted(e.status for e in ended)[0] == 0
    assert sum(e.status == 0 for e in ended) == 1
    assert {e.status for e in ended} <= {0, 73, 75}, ended
    assert sorted(path.name for path in tmp_path.glob("*.part*")) == []
    for copy in tmp_path.glob("*.manifest"):
        checked = subprocess.run(["sha256sum", "-c", copy.name], cwd=tmp_path,
                                 capture_output=True)
        assert checked.returncode == 0
    desk.content()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
def test_root_restores_for_the_owner_of_the_directory(desk, copy, tmp_path_factory):
    home = tmp_path_factory.mktemp("service", numbered=True)
    for folder in [home, *home.parents]:
        if folder.stat().st_uid == 0 and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o055)
    data = home / "iauth"
    data.mkdir(mode=0o700)
    os.chown(data, 65534, 65534)
    desk.ok("restore", copy, "--db", data / "iauth.db")
    for path in data.iterdir():
        assert path.stat().st_uid == 65534 and path.stat().st_mode & 0o077 == 0, path
    desk.ok("doctor", "--db", data / "iauth.db")
    desk.refused("database.exists", "init", "--authority", AUTHORITY, "--db", data / "iauth.db")


def test_a_leapt_clock_removes_no_copy(on_clock, tmp_path):
    """What cannot be undone is not done by a clock that may be wrong (3.9)."""
    desk = on_clock
    vault = tmp_path / "vault"
    vault.mkdir()
    desk.ok("backup", "--to", vault, "--keep", "7d")
    desk.clock += timedelta(days=400)
    leapt = desk.run("backup", "--to", vault, "--keep", "7d")
    assert leapt.status == 0 and "older copies stay" in leapt.err, leapt
    assert len(list(vault.glob("iauth-*.db"))) == 2
    # Nor is a copy from the future one of late.
    desk.clock -= timedelta(days=340)
    later = desk.run("doctor", "--json")
    assert next(line["status"] for line in later.lines
                if line["check"] == "backup") == "warn", later


def test_no_directory_is_not_the_root(desk):
    desk.refused("usage.value", "backup", "--to", "", "--keep", "7d")


def test_copies_in_a_directory_are_rotated(desk, tmp_path):
    vault = tmp_path / "vault"
    vault.mkdir()
    made = desk.one("backup", "--to", vault, "--keep", "7d")
    assert made["removed"] == [] and re.fullmatch(
        rf"{vault}/iauth-\d{{8}}T\d{{6}}Z(-\d+)?\.db", made["file"]), made
    again = desk.one("backup", "--to", vault, "--keep", "7d")
    assert again["file"] != made["file"]

    def aged(days, suffix=""):
        at = datetime.now(timezone.utc) - timedelta(days=days)
        return f"iauth-{at:%Y%m%dT%H%M%SZ}{suffix}.db"
    old, young, cut = aged(7.01, "-2"), aged(6.99), aged(30)
    for name in [old, young]:
        for ending in ["", ".key", ".manifest"]:
            (vault / (name + ending)).write_text("x")
    (vault / (aged(20) + ".key")).write_text("left by one that was killed")
    (vault / (cut + ".part")).write_text("left by one that was killed")
    # Only what has such a name goes.
    others = ["monday.db", "iauth-before.db", "iauth-20200101T000000Z.db.txt", "iauth-20200101.db",
              "xiauth-20200101T000000Z.db", "iauth-20200101T000000Z-.db"]
    for name in others:
        (vault / name).write_text("mine")
    before = sorted(vault.iterdir())
    dry = desk.one("backup", "--to", vault, "--keep", "7d", "--dry-run")
    assert old in dry["removed"] and sorted(vault.iterdir()) == before
    # One that fails removes nothing.
    ended = desk.run("backup", "--to", vault, "--keep", "7d", "--json", under=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=renameat2:error=EIO"])
    assert ended.status == 74 and (vault / old).exists(), ended
    made = desk.one("backup", "--to", vault, "--keep", "7d")
    assert old in made["removed"] and young not in made["removed"]
    left = {path.name for path in vault.iterdir()}
    assert not {name for name in left if name.startswith((old, cut, aged(20)[:14]))}, left
    assert {young, young + ".key", young + ".manifest", *others} <= left
    desk.refused("usage.conflict", "backup", tmp_path / "x", "--keep", "7d")
    desk.refused("file.uncreatable", "backup", "--to", tmp_path / "nowhere")

    # The newest one comes back whole.
    back = Desk(tmp_path / "back")
    back.data.mkdir(parents=True, mode=0o700)
    back.ok("restore", made["file"])
    back.content()
