"""Killed, or failed by its disk, at any moment: nothing half, no printed answer lost.

strace kills the process at, or fails, the Nth system call of a kind: each of them where they are
few, the first, the last and some between where a journal's pages make them many.
IAUTH_EVERY_POINT=1 tries each of all.
"""

import os
import random
import resource
import shutil
import signal
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest

from conftest import CDC_OFFICES, CHIEF, MING, TONG, Desk, clerk

# The system calls by which iauth and SQLite change files, and take the lock.
WRITING = ["pwrite64", "fdatasync", "unlink", "ftruncate"]
CALLS = WRITING + ["write", "fsync", "rename", "flock"]
SHEET = "OID,姓名,E-mail,手機\n" + "".join(
    f"{CDC_OFFICES[n]},員工{chr(0x4E00 + n)},n{n}@cdc.gov.tw,09660{n:05}\n" for n in range(3))


def injecting(call, what, when):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:{what}:when={when}"]


class Scene:
    """A home to begin from again and again, and a command to be cut off in it."""

    def __init__(self, desk, words, session=None, stdin="", repeats=()):
        self.base = desk.home
        self.words, self.session, self.stdin = words, session, stdin
        self.repeats = set(repeats)
        self.count = 0

    def fresh(self):
        self.count += 1
        home = self.base.with_name(f"scene{self.count}")
        return Desk(shutil.copytree(self.base, home))

    def run(self, desk, under=(), **options):
        return desk.run(*self.words, "--json", session=self.session, stdin=self.stdin,
                        under=under, **options)

    def drop(self, desk):
        shutil.rmtree(desk.home)

    def again(self, desk):
        """The same command after the cut: done now, or had been done."""
        ended = self.run(desk)
        codes = {line.get("outcome") for line in ended.lines} if ended.status == 0 else \
            {ended.code}
        assert ended.status == 0 or codes <= self.repeats, ended
        return ended


def state(desk):
    """What the commands here bring about; times, random values and deliveries left out."""
    # Whoever comes next rolls a cut-off commit back.
    assert desk.json("systems")
    return {
        "accounts": desk.rows("SELECT name, status FROM account ORDER BY id"),
        "requests": desk.rows("SELECT id, status, batch FROM request ORDER BY id"),
        "decisions": desk.rows("SELECT request, verdict FROM decision ORDER BY request"),
        "permissions": desk.rows("SELECT request, status FROM permission ORDER BY request"),
        "batches": desk.rows("SELECT id, rows FROM batch ORDER BY id"),
        "references": desk.rows("SELECT status, count(*) FROM verification GROUP BY status"),
        "messages": desk.rows("SELECT kind, count(*) FROM message GROUP BY kind"),
    }


def apply_scene(desk):
    # A second application within the minute is throttled: then the first had been stored.
    return Scene(desk, ["apply", *TONG.words], repeats=["send.throttled"])


def verify_scene(desk):
    reference = desk.apply(TONG)
    return Scene(desk, ["verify", reference], TONG, desk.typed(reference),
                 repeats=["code.expired"])


def approve_scene(desk):
    desk.join(TONG)
    return Scene(desk, ["approve", desk.request(TONG)], MING, repeats=["request.decided"])


def import_scene(desk):
    return Scene(desk, ["import-batch", "-"], CHIEF, SHEET)


SCENES = [apply_scene, verify_scene, approve_scene, import_scene]


def points(scene, call):
    """Which of the command's calls of this kind to cut off."""
    desk = scene.fresh()
    trace = desk.home / "trace"
    ended = scene.run(desk, under=["strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}"])
    assert ended.status == 0, ended
    count = len([line for line in trace.read_text().splitlines() if f" {call}(" in line])
    scene.drop(desk)
    chosen = range(1, count + 1)
    if count > 12 and not os.environ.get("IAUTH_EVERY_POINT"):
        chosen = sorted({1, 2, 3, *range(4, count, count // 5), count - 2, count - 1, count})
    return chosen


def ends(scene):
    """What stands before the command, and after it."""
    desk = scene.fresh()
    before = state(desk)
    assert scene.run(desk).status == 0
    after = state(desk)
    scene.drop(desk)
    assert before != after
    return before, after


@pytest.mark.parametrize("make", SCENES)
def test_killed_at_every_system_call(desk, make):
    scene = make(desk)
    before, after = ends(scene)
    tried = 0
    for call in CALLS:
        for when in points(scene, call):
            cut = scene.fresh()
            ended = scene.run(cut, under=injecting(call, "signal=SIGKILL", when))
            where = (call, when, ended)
            assert ended.status in (-signal.SIGKILL, 128 + signal.SIGKILL), where
            found = state(cut)
            assert found in (before, after), where
            # What it printed stands.
            assert found == after or ended.out == "", where
            cut.content()
            scene.again(cut)
            assert state(cut) == after, where
            scene.drop(cut)
            tried += 1
    assert tried >= 15


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("make", [verify_scene, approve_scene])
def test_failed_at_every_writing_call(desk, make, error):
    """74: nothing has changed. 76: it may have; the same command tells."""
    scene = make(desk)
    before, after = ends(scene)
    seen = set()
    for call in WRITING:
        for when in points(scene, call):
            # Once, and for ever after; a disk that is full stays so.
            for times in [when, f"{when}+"] if error == "EIO" else [f"{when}+"]:
                cut = scene.fresh()
                ended = scene.run(cut, under=injecting(call, f"error={error}", times))
                where = (call, times, ended)
                found = state(cut)
                possible = {0: [after], 74: [before], 76: [before, after]}
                assert ended.status in possible, where
                assert found in possible[ended.status], where
                cut.content()
                scene.again(cut)
                assert state(cut) == after, where
                scene.drop(cut)
                seen.add(ended.status)
    assert {74, 76} <= seen and (error == "ENOSPC" or 0 in seen)


def test_failing_recovery_loses_nothing(desk):
    """A disk that fails while a cut-off commit is rolled back: the next good day rolls it back."""
    before = desk.dump()
    desk.run("apply", *TONG.words, under=injecting("unlink", "signal=SIGKILL", 1))
    journal = desk.data / "iauth.db-journal"
    assert journal.stat().st_size > 0
    for call in ["pwrite64", "fdatasync", "unlink"]:
        for when in range(1, 4):
            ended = desk.run("systems", "--json", under=injecting(call, "error=EIO", when))
            assert ended.status in (0, 74), ended
    assert desk.json("systems")
    assert desk.dump() == before
    desk.content()


def test_killed_at_random_moments(desk):
    """No answer that was printed is lost, whenever the processes are killed."""
    seed = int(os.environ.get("IAUTH_SEED", random.randrange(1 << 30)))
    print("IAUTH_SEED", seed)
    dice = random.Random(seed)
    answered = []
    killed = 0
    for number in range(80):
        process = desk.start("apply", *clerk(number).words, "--json")
        time.sleep(dice.random() * 0.02)
        process.kill()
        ended = desk.end(process)
        killed += ended.status == -signal.SIGKILL
        if ended.out.endswith("\n"):
            answered.append(ended.lines[0]["application"])
    assert killed > 10
    desk.content()  # what was cut off is rolled back before we read the file
    stored = {row[0] for row in desk.rows("SELECT reference FROM verification")}
    assert set(answered) <= stored
    desk.apply(TONG)


def test_a_killed_delivery_is_sent_again_under_the_same_message_id(desk):
    desk.join(TONG)
    ended = desk.run("request-permission", session=TONG,
                     under=injecting("rename", "signal=SIGKILL", 1))
    assert ended.status in (137, -signal.SIGKILL)
    queued = desk.rows("SELECT id, claimed_until FROM message WHERE status = 'queued'")
    assert queued
    assert desk.one("deliver")["delivered"] == 0  # another process may still be sending it
    desk.clock = datetime.now(timezone.utc) + timedelta(minutes=5)
    assert desk.one("deliver")["delivered"] == len(queued)
    assert desk.rows("SELECT DISTINCT status FROM message") == [("sent",)]
    assert len(desk.mails("3", "notice")) == 1
    desk.content()


@pytest.mark.parametrize("words", [
    ["apply", *clerk(1).words], ["doctor"], ["import-batch", "-"], ["pending", "--remind"]])
def test_killed_by_gentle_signals(desk, words):
    """Between gate and commit they wait; afterwards the process ends by them."""
    for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
        for delay in [0, 0.003, 0.006, 0.01]:
            process = desk.start(*words, session=CHIEF)
            time.sleep(delay)
            process.send_signal(number)
            ended = desk.end(process, b"")
            assert ended.status in (0, -number, 64, 65, 75), ended
    desk.content()


def test_a_full_disk_by_file_size(desk):
    size = desk.db.stat().st_size
    seen = set()
    for limit in [512, 8192, size, size + 4096, size * 2]:
        before = desk.dump()
        ended = desk.end(desk.start("systems", "--add", f"s{limit}", "--name", "x", "--json",
                                    preexec_fn=lambda: resource.setrlimit(
                                        resource.RLIMIT_FSIZE, (limit, limit))))
        assert ended.status in (0, 74), (limit, ended)
        if ended.status == 74:
            assert desk.dump() == before and ended.code in ("disk.full", "disk.failed")
        else:
            assert f"s{limit}" in [line["code"] for line in desk.json("systems")]
        seen.add(ended.status)
    assert seen == {0, 74}
    desk.content()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
def test_a_full_small_disk(desk, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    size = desk.db.stat().st_size // 1024 + 64
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k,mode=700", "tmpfs", disk],
                      capture_output=True).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        small = Desk(shutil.copytree(desk.home, disk / "home"))
        answered, refused = [], None
        for number in range(200):
            ended = small.run("apply", *clerk(number).words, "--json")
            if ended.status:
                refused = ended
                break
            answered.append(ended.lines[0]["application"])
        assert refused and refused.code == "disk.full" and refused.status == 74, refused
        stored = {row[0] for row in small.rows("SELECT reference FROM verification")}
        assert set(answered) <= stored
        assert small.json("systems")
        small.ok("audit", "--verify")
        subprocess.run(["mount", "-o", f"remount,size={size * 3}k", disk], check=True)
        small.apply(clerk(199))
        small.content(but={"disk"})
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_read_only_place(desk, tmp_path):
    """A whole file system that may not be written is like a host that stands by; a directory that the
    owner may not write is not as it should be."""
    if os.getuid() != 0:
        desk.data.chmod(0o500)
        ended = desk.run("apply", *TONG.words, "--json")
        desk.data.chmod(0o700)
        assert ended.status in (74, 78), ended
        return
    if subprocess.run(["mount", "--bind", desk.home, desk.home], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", desk.home], check=True)
        desk.refused("database.standby", "apply", *TONG.words)
        assert desk.json("systems")
        desk.refused("database.standby", "backup", desk.home / "copy.db")
    finally:
        subprocess.run(["umount", "-l", desk.home], check=True)
    desk.apply(TONG)
    desk.content()
