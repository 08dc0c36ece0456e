"""A database that two hosts know: standing by, read-only places, mount points, another host's id, and
what a cluster's monitor sees."""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from datetime import timedelta

import pytest

from conftest import AUTHORITY, CDC, CHIEF, IAUTH, MING, MOHW, ROOT, TONG, Desk

INIT = ["init", "--authority", AUTHORITY]


def root(run):
    """Runs a command that only root may; skips where even root may not."""
    if os.getuid() != 0:
        pytest.skip("it takes root")
    done = subprocess.run(list(map(str, run)), capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"not to be done here: {done.stderr}")


@pytest.fixture
def other_host(tmp_path):
    """Words in front of a command that have it run on a host with another id."""
    machine = tmp_path / "machine-id"
    machine.write_text("0123456789abcdef0123456789abcdef\n")
    if not os.path.exists("/etc/machine-id"):
        pytest.skip("this host has no /etc/machine-id")
    under = ["unshare", "-m", "sh", "-c",
             f'mount --bind {machine} /etc/machine-id && exec "$@"', "sh"]
    root([*under, "true"])
    return under


@pytest.fixture
def configured(tmp_path):
    """Writes a configuration, and gives the words that name it."""
    def write(text):
        path = tmp_path / "iauth.conf"
        path.write_text(text)
        return ["--config", path]
    return write


def contents(desk):
    return {path: path.read_bytes() for path in desk.data.rglob("*") if path.is_file()}


def quick(desk, *words, **options):
    """The status of a cluster's monitor, and what it found."""
    ended = desk.run(*words, "doctor", "--quick", "--json", **options)
    return ended.status, {line["check"]: line["status"] for line in ended.lines}


def test_nobody_is_signed_in_on_another_host(desk, other_host):
    assert desk.one("verify", "--status", session=CHIEF)
    waiting = desk.one("apply", *TONG.words)["application"]
    typed = desk.typed(waiting)
    before = contents(desk)
    desk.refused("session.expired", "verify", "--status", session=CHIEF, under=other_host)
    desk.refused("session.expired", "pending", session=MING, under=other_host)
    status, found = quick(desk, under=other_host)
    assert (status, found["host"]) == (0, "warn")
    desk.ok("audit", "--verify", under=other_host)
    assert contents(desk) == before, "looking at a copy changes nothing"

    # The first writing moves it: codes are void, and the trail and the operator hear of it.
    desk.refused("code.expired", "verify", waiting, stdin=typed, under=other_host)
    # The application waits on: in a minute new codes can be sent for it.
    desk.refused("send.throttled", "verify", "--resend", waiting, under=other_host)
    assert desk.rows("SELECT epoch FROM host") == [(2,)]
    assert [line["subject"] for line in desk.json("audit", "--action", "host.changed",
                                                  under=other_host)] == ["host:2"]
    desk.ok("deliver", under=other_host)
    assert any("iauth audit --verify --anchor" in mail for mail in desk.mails("host"))
    # At home again is one more change of host, and revives nobody.
    desk.ok("systems", "--add", "home", "--name", "Home")
    assert desk.rows("SELECT epoch FROM host") == [(3,)]
    desk.refused("session.expired", "verify", "--status", session=CHIEF)


def test_who_took_over_is_compared_with_a_head_from_elsewhere(desk, other_host, tmp_path):
    def host():
        lines = desk.run("doctor", "--json", under=other_host).lines
        return next(line["status"] for line in lines if line["check"] == "host")

    survivor = contents(desk)
    head = tmp_path / "head"
    head.write_text(desk.ok("audit", "--checkpoint").out)
    newer = tmp_path / "newer"
    desk.ok("systems", "--add", "acknowledged", "--name", "Lost")
    newer.write_text(desk.ok("audit", "--checkpoint").out)
    for path, data in survivor.items():
        path.write_bytes(data)
    desk.ok("systems", "--add", "x", "--name", "X", under=other_host)
    assert host() == "warn"
    said = desk.ok("audit", "--verify", under=other_host).err
    assert "--anchor FILE" in said and "host 2" in said
    desk.refused("audit.broken", "audit", "--verify", "--anchor", newer, under=other_host)
    assert host() == "warn"
    # What this host has made of its own since knows nothing of what was lost.
    own = tmp_path / "own"
    own.write_text(desk.ok("audit", "--checkpoint", under=other_host).out)
    desk.ok("audit", "--verify", "--anchor", own, under=other_host)
    assert host() == "warn"
    desk.ok("audit", "--verify", "--anchor", head, under=other_host)
    assert host() == "ok"


def test_who_stands_by_reads_and_writes_nothing(desk, configured, tmp_path):
    words = configured("standby = yes\n")
    before = contents(desk)
    assert desk.one(*words, "verify", "--status", session=CHIEF)["name"] == CHIEF.name
    assert desk.json(*words, "pending", session=CHIEF) == []
    assert desk.json(*words, "systems") and desk.json(*words, "agencies", "疾病管制署")
    assert desk.json(*words, "admins", session=MING)
    desk.ok(*words, "audit", "--verify")
    desk.ok(*words, "doctor")
    for write in [["apply", *TONG.words], ["systems", "--add", "x", "--name", "X"], ["audit"],
                  ["backup", tmp_path / "copy"], ["agencies", "--set-superior", MOHW, CDC]]:
        assert desk.refused("database.standby", *words, *write).status == 75
    desk.refused("database.standby", *words, "request-permission", "--role", "general", session=MING)
    # What cron runs stays quiet.
    for run in [["deliver"], ["pending", "--remind"]]:
        ended = desk.ok(*words, "--quiet", *run)
        assert ended.err == "", ended
        assert set(desk.one(*words, *run).values()) == {0}
    assert quick(desk, *words)[0] == 7
    assert contents(desk) == before


def test_a_read_only_file_system_is_read(desk, tmp_path):
    root(["mount", "--bind", desk.home, desk.home])
    try:
        root(["mount", "-o", "remount,bind,ro", desk.home])
        assert desk.one("verify", "--status", session=CHIEF)["name"] == CHIEF.name
        assert desk.json("pending", session=CHIEF) == []
        desk.ok("audit", "--verify")
        desk.refused("database.standby", "apply", *TONG.words)
        desk.ok("--quiet", "deliver")
        desk.ok("--quiet", "pending", "--remind")
        # One that was not meant to be has failed.
        assert quick(desk) == (1, {"trail": "ok", "host": "ok", "place": "fail", "disk": "ok"})
    finally:
        subprocess.run(["umount", "-l", desk.home], check=True)
    assert quick(desk)[0] == 0


def test_without_its_disk_there_is_no_database(desk, configured, tmp_path):
    there = tmp_path / "disk"
    there.mkdir()
    words = configured(f"mount-point = {there}\ndatabase = {there}/iauth.db\n")
    empty = Desk(tmp_path / "nobody")
    empty.home.mkdir()
    for command in [["systems"], INIT, [*INIT, "--dry-run"], ["restore", desk.db], ["migrate"]]:
        ended = empty.refused("database.missing", *words, *command)
        assert ended.status == 66 and "init" not in (ended.error["hint"] or "")
    assert quick(empty, *words)[0] == 7
    assert list(there.iterdir()) == []
    # Also what lies below the mount point is not taken for the database.
    shutil.copytree(desk.data, there, dirs_exist_ok=True)
    empty.refused("database.missing", *words, "systems")
    # However the two are spelled.
    link = tmp_path / "link"
    link.symlink_to(there)
    for spelled in [f"{there}/", f"/{there}", f"{there}/../disk", link]:
        other = configured(f"mount-point = {spelled}\ndatabase = {there}/iauth.db\n")
        empty.refused("database.missing", *other, "systems")
        assert quick(empty, *other)[0] == 7
    words = configured(f"mount-point = {there}\ndatabase = {there}/iauth.db\n")
    root(["mount", "--bind", there, there])
    try:
        empty.ok(*words, "systems")
        assert quick(empty, *words)[0] == 0
    finally:
        subprocess.run(["umount", "-l", there], check=True)


def test_a_witness_gets_the_head_and_finds_what_a_survivor_lost(desk, configured, tmp_path, other_host):
    witness, kept = tmp_path / "witness", tmp_path / "kept"
    kept.write_text("")
    witness.write_text(f"#!/bin/sh\ncat {kept}\ncat >>{kept}\nexit $(cat {tmp_path}/status)\n")
    (tmp_path / "status").write_text("0")
    witness.chmod(0o755)
    words = configured(f"witness = command:{witness}\n")

    def found():
        lines = desk.run(*words, "doctor", "--json").lines
        return next(line["status"] for line in lines if line["check"] == "witness")
    assert found() == "warn"
    desk.ok(*words, "deliver", "--dry-run")
    assert kept.read_text() == ""
    desk.ok(*words, "deliver")
    assert kept.read_text() == desk.ok("audit", "--checkpoint").out and found() == "ok"
    desk.ok(*words, "deliver")
    assert kept.read_text().count("\n") == 3, "only a head that has moved is handed on"
    survivor = contents(desk)
    desk.ok(*words, "systems", "--add", "acknowledged", "--name", "Lost")
    desk.ok(*words, "pending", "--remind")
    assert kept.read_text().count("\n") == 6

    # One that takes nothing is tried again, and doctor says so.
    (tmp_path / "status").write_text("75")
    desk.ok(*words, "systems", "--add", "more", "--name", "More")
    assert "status 75" in desk.ok(*words, "deliver").err and found() == "warn"
    (tmp_path / "status").write_text("0")
    desk.ok(*words, "deliver")
    assert found() == "ok"

    # The survivor is content by itself; the witness is not, at the first delivery there.
    for path, data in survivor.items():
        path.write_bytes(data)
    desk.ok("systems", "--add", "x", "--name", "X", under=other_host)
    desk.ok("audit", "--verify", under=other_host)
    desk.refused("audit.broken", *words, "deliver", under=other_host)
    assert found() == "fail"
    desk.refused("audit.broken", *words, "audit", "--verify", under=other_host)
    entries = desk.json("audit", "--action", "witness.conflict", under=other_host)
    assert len(entries) == 1
    settled(desk, words, kept, found, under=other_host)


def settled(desk, words, kept, found, under=()):
    """A witness that says nothing any more of what it had changes nothing; somebody has to act."""
    there = kept.read_text()
    kept.write_text("")
    mails = desk.value("SELECT count(*) FROM message WHERE reference = 'witness'")
    assert mails == 1
    for name in ("y", "z"):
        desk.ok("systems", "--add", name, "--name", name, under=under)
        desk.refused("audit.broken", *words, "deliver", under=under)
        assert found() == "fail"
    assert kept.read_text() == "", "nothing takes the place of what shows it"
    assert desk.value("SELECT count(*) FROM audit WHERE action = 'witness.conflict'") == 1
    assert desk.one(*words, "audit", "--settle-witness", under=under) == {"settled": 2}
    kept.write_text(there)
    for _ in range(2):
        desk.ok(*words, "deliver", under=under)
        assert found() == "ok"
        desk.ok("audit", "--limit", 1, under=under)
    desk.ok(*words, "audit", "--verify", under=under)
    assert desk.one(*words, "audit", "--settle-witness", under=under) == {"settled": 0}
    assert desk.value("SELECT count(*) FROM audit WHERE action = 'witness.settle'") == 1


def test_the_repository_keeps_a_head_that_does_not_fit_until_somebody_acts(
        desk, configured, tmp_path):
    def git(*words, place=tmp_path / "heads"):
        return subprocess.run(["git", "-C", place, *words], check=True, capture_output=True,
                              text=True).stdout
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "remote"], check=True)
    subprocess.run(["git", "clone", "-q", tmp_path / "remote", tmp_path / "heads"], check=True,
                   capture_output=True)
    script = ROOT / "Scripts/witness/git"
    witness = tmp_path / "witness"
    witness.write_text(f"#!/bin/sh\nexport HOME={tmp_path} IAUTH_HEADS={tmp_path}/heads\n"
                       f"exec {script}\n")
    witness.chmod(0o755)
    words = configured(f"witness = command:{witness}\noperator-mail = ops@example.gov.tw\n")

    def size():
        return int((tmp_path / "heads/checkpoint").read_text().split()[1])

    def handed():
        done = desk.run(*words, "deliver")
        assert "status 75" not in done.err
        return done.status
    desk.ok(*words, "deliver")
    git("push", "-q", "origin", "HEAD")
    copy = contents(desk)
    for name in ("a", "b"):
        desk.ok("systems", "--add", name, "--name", name)
        assert handed() == 0
    witnessed = size()
    log = git("log", "--oneline")
    known = desk.rows("SELECT * FROM told WHERE audience = 'witness-found'")
    assert known[0][1].startswith(f"{witnessed} root ")

    # An older copy comes back and goes on, until it is longer. Who has made it the history that it is
    # now may have left what was known of the other: that is looked at again.
    for path, data in copy.items():
        path.write_bytes(data)
    with sqlite3.connect(desk.db) as db:
        db.executemany("INSERT INTO told VALUES (?, ?, ?)", known)
    for name in "cdefg":
        desk.ok("systems", "--add", name, "--name", name)
        if name in "ceg":
            desk.refused("audit.broken", *words, "deliver")
            assert size() == witnessed and git("log", "--oneline") == log
    assert desk.value("SELECT max(seq) FROM audit") > witnessed
    [mail] = desk.mails("witness", kind="digest")
    assert "To: ops@example.gov.tw" in mail and f"a head of {witnessed} entries" in mail
    desk.refused("audit.broken", *words, "pending", "--remind")
    digest = desk.mails("digest", kind="digest")[-1]
    assert f"a head of {witnessed} entries that is not in this trail" in digest
    desk.ok(*words, "audit", "--settle-witness")
    assert handed() == 0
    assert size() > witnessed
    desk.ok("audit", "--limit", 1)
    assert handed() == 0
    desk.ok(*words, "audit", "--verify")


def test_the_monitor_is_quick_and_changes_nothing(desk, configured, tmp_path):
    before = contents(desk)
    trace = tmp_path / "trace"
    assert quick(desk, under=["strace", "-f", "-qq", "-o", trace, "-e",
                              "trace=write,pwrite64,ftruncate,rename,unlink,mkdir,flock"])[0] == 0
    assert all(" write(1," in line for line in trace.read_text().splitlines()), trace.read_text()
    assert contents(desk) == before
    # PRODUCT 13: under 20 ms. Others are at work on this machine: what it takes is the least of many.
    took = []
    while min(took, default=1) >= 0.02 and len(took) < 100:
        start = time.monotonic()
        assert quick(desk)[0] == 0
        took.append(time.monotonic() - start)
    assert min(took) < 0.02, took


def test_the_monitor_is_no_use_of_a_session(on_clock):
    """A monitor asks every few seconds: nobody would ever be signed out for idleness (13)."""
    desk = on_clock
    desk.clock += timedelta(hours=2)
    desk.sign_in(CHIEF)
    desk.clock += timedelta(minutes=10)
    (desk.db.parent / "iauth.lock").unlink()
    before = contents(desk)
    assert quick(desk, session=CHIEF)[0] == 0
    assert contents(desk) == before
    desk.ok("audit", "--head", session=CHIEF)
    assert contents(desk) != before


def test_the_monitor_says_what_is_wrong(desk, configured):
    assert quick(desk, *configured("nonsense = 1\n"))[0] == 6
    assert quick(desk, "--config", desk.home / "no.conf")[0] == 6
    assert quick(desk, "--db", desk.home / "nothing")[0] == 7
    desk.db.chmod(0o644)
    assert quick(desk)[0] == 1
    desk.db.chmod(0o600)
    assert quick(desk)[0] == 0
    with open(desk.db, "r+b") as file:
        file.seek(60)
        file.write((99).to_bytes(4, "big"))
    assert quick(desk)[0] == 5
    ended = desk.run("doctor", "--quick", "--json")
    assert json.loads(ended.err)["error"]["code"] == "database.version"


def test_the_resource_agent_is_one_by_the_clusters_own_test(desk, tmp_path):
    tester = shutil.which("ocf-tester", path="/usr/sbin:/usr/bin")
    if tester is None or shutil.which("xmllint") is None or os.getuid() != 0:
        pytest.skip("ocf-tester (resource-agents) is not installed, or not to be run")
    configuration = tmp_path / "iauth.conf"
    configuration.write_text(f"database = {desk.db}\n")
    # Others than root ask the agent what it is, too.
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        agent = shutil.copy(ROOT / "Scripts/ocf/iauth", place)
        done = subprocess.run(
            [tester, "-n", "iauth", "-o", f"binary={IAUTH}", "-o", f"config={configuration}", "-o",
             "units=", "-o", "user=root", agent], text=True, capture_output=True,
            env=os.environ | {"HA_RSCTMP": str(tmp_path)})
    assert done.returncode == 0 and "passed all tests" in done.stdout, done.stdout + done.stderr
