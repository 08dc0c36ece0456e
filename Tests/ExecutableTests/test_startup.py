"""The start-up rules, X1 to X17 of the threat model: what a process does before and around its work.

Each is looked at from outside, by the kernel's own word (/proc, strace), in direct mode; what the
service adds stands with the gate's tests. Rules that have a test elsewhere are named in SECURITY.md.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import pytest
import time

from conftest import AUTHORITY, CHIEF, IAUTH, MING, ROOT, TONG, Desk, clerk, wait_for
from test_killing import SHEET, injecting

NOBODY = 65534
is_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def status(pid):
    """The lines of /proc/PID/status."""
    return dict(line.split(":\t", 1)
                for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def signals(mask):
    """The numbers in a mask of signals."""
    return {number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1}


@pytest.fixture
def waiting(desk):
    """Starts a process that has begun and waits for its standard input."""
    started = []

    def start(**options):
        process = desk.start("import-batch", "-", session=CHIEF, **options)
        started.append(process)
        wait_for(lambda: status(process.pid)["State"][0] == "S" and
                 Path(f"/proc/{process.pid}/comm").read_text() == "iauth\n")
        return process
    yield start
    for process in started:
        process.kill()
        process.communicate()


def trace(desk, calls, *words, **options):
    """The system calls of a command, with their strings whole."""
    path = desk.home.parent / "trace"
    under = ["strace", "-f", "-qq", "-v", "-s", "65536", "-o", path, "-e", f"trace={calls}"]
    ended = desk.run(*words, under=under, **options)
    return ended, path.read_text()


# X2


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_no_file_lands_on_a_standard_descriptor(desk, tmp_path, closed):
    path = tmp_path / "trace"
    script = f'exec {closed}; exec "$@"'
    subprocess.run(["strace", "-f", "-qq", "-o", path, "-e", "trace=openat", "bash", "-c", script,
                    "-", IAUTH, "systems", "--add", "x", "--name", "x"], env=desk.environment,
                   capture_output=True)
    opened = re.findall(r'"([^"]*/iauth\.[a-z-]+)".* = (\d+)', path.read_text())
    assert {Path(name).name for name, _ in opened} >= {"iauth.db", "iauth.lock", "iauth.key"}
    assert all(int(descriptor) > 2 for _, descriptor in opened), opened


# X3


@pytest.mark.parametrize("mask", [0, 0o777])
def test_files_are_private_whatever_the_umask(empty_desk, tmp_path, mask):
    desk = empty_desk
    for words in [["init", "--authority", AUTHORITY], ["apply", *TONG.words],
                  ["backup", tmp_path / "copy.db"]]:
        ended = desk.end(desk.start(*words, preexec_fn=lambda: os.umask(mask)))
        assert ended.status == 0, ended
    found = [desk.data, *desk.data.rglob("*"), *tmp_path.glob("copy.db*")]
    assert len(found) > 10
    for path in found:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@is_root
def test_its_own_user_may_not_look_into_it():
    """Not dumpable: /proc/PID is root's, so no ptrace, no memory, no descriptors for others."""
    place = Path(tempfile.mkdtemp(prefix="iauth-"))
    try:
        shutil.copy(IAUTH, place / "iauth")
        place.chmod(0o755)
        home = place / "home"
        home.mkdir(mode=0o700)
        os.chown(home, NOBODY, NOBODY)
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
        subprocess.run([place / "iauth", "init", "--authority", AUTHORITY], env=environment,
                       user=NOBODY, group=NOBODY, check=True, capture_output=True)
        process = subprocess.Popen([place / "iauth", "import-batch", "-"], env=environment,
                                   user=NOBODY, group=NOBODY, stdin=subprocess.PIPE)
        wait_for(lambda: status(process.pid)["State"][0] == "S" and
                 os.readlink(f"/proc/{process.pid}/exe") == str(place / "iauth"))
        owner = os.stat(f"/proc/{process.pid}/environ").st_uid
        looked = subprocess.run(["cat", f"/proc/{process.pid}/environ"], user=NOBODY,
                                group=NOBODY, capture_output=True)
        process.kill()
        process.wait()
        assert owner == 0 and looked.returncode != 0 and looked.stdout == b""
    finally:
        shutil.rmtree(place)


# X4


def test_signals_are_set_whatever_the_parent_did(waiting):
    crash = {3, 4, 5, 6, 7, 8, 11}

    def hostile():
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL})
        for number in [signal.SIGCHLD, signal.SIGALRM, *crash]:
            signal.signal(number, signal.SIG_IGN)
        for number in [signal.SIGPIPE, signal.SIGXFSZ]:
            signal.signal(number, signal.SIG_DFL)
    found = status(waiting(preexec_fn=hostile, restore_signals=False).pid)
    assert signals(found["SigBlk"]) == set()
    ignored = signals(found["SigIgn"])
    assert {signal.SIGPIPE, signal.SIGXFSZ} <= ignored
    assert not ignored & {signal.SIGCHLD, signal.SIGALRM}
    assert not signals(found["SigCgt"]) & crash and not ignored & crash


def test_the_core_limit_is_nothing(waiting):
    limits = Path(f"/proc/{waiting().pid}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0", limits)


# X5, X6


HOSTILE = {
    "TZ": ":/etc/passwd", "LC_ALL": "../../../etc/passwd", "LANG": "x" * 5_000, "IFS": "/",
    "PATH": "", "TMPDIR": "/nowhere", "SQLITE_TMPDIR": "/nowhere", "ICU_DATA": "/nowhere",
    "LOCPATH": "/nowhere", "GCONV_PATH": "/nowhere", "SWIFT_BACKTRACE": "enable=yes",
    "SWIFT_DETERMINISTIC_HASHING": "1", "COLUMNS": "99999999999999999999", "TERM": "\x1b[31m",
    "USER": "root", "LOGNAME": "root", "SUDO_UID": "1234", "SUDO_USER": "root", "UID": "4321",
    "IAUTH_CALLER": "uid:1", "IAUTH_NOW": "1", "IAUTH_TEST_CODE": "12345678",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_environment_changes_nothing(desk, name):
    for words in [["pending"], ["accounts"], ["audit", "--action", "session.start"]]:
        plain = desk.ok(*words, "--json", session=MING)
        hostile = desk.ok(*words, "--json", session=MING, env={name: HOSTILE[name]})
        # Swift's runtime, asked for backtraces, says before main that it has none.
        said = [line for line in hostile.err.splitlines() if not line.startswith("swift runtime:")]
        assert (hostile.out, said) == (plain.out, plain.err.splitlines())


def test_the_caller_is_who_the_kernel_says(desk):
    desk.ok("systems", "--add", "x", "--name", "x", env=HOSTILE)
    [entry] = desk.json("audit", "--action", "system.add")
    assert entry["caller"] == f"uid:{os.getuid()}"


def test_codes_are_drawn_whatever_the_environment(desk):
    """No variable names a code, a clock or a caller."""
    desk.ok("apply", *TONG.words, "--json", env=HOSTILE)
    [reference] = [line["subject"] for line in desk.json("audit", "--action", "application.submit")
                   if line["caller"] == f"uid:{os.getuid()}"][-1:]
    assert "12345678" not in desk.codes(reference)
    named = {name for path in (ROOT / "Sources").rglob("*.swift")
             for name in re.findall(r'"(IAUTH_[A-Z_]+)"', path.read_text())}
    assert named == {"IAUTH_DB", "IAUTH_CONFIG", "IAUTH_SESSION"}, named


# X8, X9


def test_codes_stand_in_no_argument_name_or_environment(desk, tmp_path):
    for name in ["sendmail", "sms"]:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ncat >> {tmp_path}/{name}.in\n")
        program.chmod(0o755)
    conf = tmp_path / "conf"
    conf.write_text(f"mail = sendmail-arguments:{tmp_path}/sendmail\nsms = command:{tmp_path}/sms\n")
    calls = "execve,openat,mkdir,rename,renameat2,unlink,link,connect,sendto,prctl"
    ended, seen = trace(desk, calls, "apply", *TONG.words, "--json", "--config", conf)
    reference = ended.lines[0]["application"]
    codes = [re.search(r"(?<!\d)\d{8}(?!\d)", (tmp_path / f"{name}.in").read_text())[0]
             for name in ["sendmail", "sms"]]
    entered, more = trace(desk, calls, "verify", reference, stdin="\n".join(codes) + "\n")
    assert entered.status == 0, entered
    assert "execve" in seen and "openat" in more
    said = ended.out + ended.err + entered.out + entered.err
    for code in codes:
        assert code not in seen + more + said
        for path in desk.data.rglob("*"):
            assert path.is_dir() or code.encode() not in path.read_bytes(), path
    # Of the number and the name of a person only the mail's address is a word.
    words = "".join(line for line in seen.splitlines() if "execve" in line)
    assert TONG.mobile[1:] not in words.split("sendmail", 1)[1].split("execve", 1)[-1]


def test_randomness_is_the_kernels(desk):
    ended, seen = trace(desk, "getrandom", "apply", *TONG.words, "--json")
    assert ended.status == 0
    drawn = [int(count) for count in re.findall(r"getrandom\(.*, (\d+), 0\) = \d+", seen)]
    # The process's claim, the reference (40 bits), two codes (27 bits each, and what is rejected).
    assert 16 in drawn and 5 in drawn and drawn.count(4) >= 2, seen
    weak = re.compile(r"\b(arc4random|drand48|srand|rand|UUID|mt19937)\(")
    for path in (ROOT / "Sources").rglob("*.swift"):
        assert not weak.search(path.read_text()), path


# X10, X11


RECORDER = """#!/usr/bin/python3
import json, os, sys, resource
sys.stdin.buffer.read()
json.dump({"argv": sys.argv, "env": dict(os.environ), "fds": sorted(map(int, os.listdir("/proc/self/fd")))[:-1],
  "links": [os.readlink(f"/proc/self/fd/{n}") for n in (1, 2)], "pgid": os.getpgid(0), "pid": os.getpid(),
  "parent": os.getpgid(os.getppid()), "umask": os.umask(0), "core": resource.getrlimit(resource.RLIMIT_CORE),
  "cwd": os.getcwd(), "blocked": open("/proc/self/status").read().split("SigBlk:")[1].split()[0],
  "ignored": open("/proc/self/status").read().split("SigIgn:")[1].split()[0]},
  open(sys.argv[0] + ".seen", "w"))
"""


def test_a_child_gets_nothing_of_ours_nor_of_our_parents(desk, tmp_path):
    program = tmp_path / "sendmail"
    program.write_text(RECORDER)
    program.chmod(0o755)
    conf = tmp_path / "conf"
    conf.write_text(f"mail = sendmail-arguments:{program}\nmail-from = iauth@example.gov.tw\n")
    with open(tmp_path / "secret", "w+") as secret:
        ended = desk.end(desk.start("apply", *TONG.words, "--config", conf,
                                    pass_fds=[secret.fileno()], env=HOSTILE | {"SECRET": "1"}))
    assert ended.status == 0, ended
    seen = json.loads((tmp_path / "sendmail.seen").read_text())
    assert seen["argv"][1:] == ["-i", "-f", "iauth@example.gov.tw", "--", TONG.email]
    # What Python adds for itself is LC_CTYPE.
    assert set(seen["env"]) - {"LC_CTYPE"} == {"PATH", "LANG"}
    assert seen["env"]["PATH"] == "/usr/sbin:/usr/bin:/sbin:/bin"
    assert seen["fds"] == [0, 1, 2] and seen["links"] == ["/dev/null"] * 2
    assert seen["pgid"] == seen["pid"] != seen["parent"]
    assert seen["umask"] == 0o077 and seen["core"] == [0, 0]
    assert int(seen["blocked"], 16) == 0
    assert not signals(seen["ignored"]) & {signal.SIGCHLD, signal.SIGTERM}


def test_a_parent_that_ignores_its_children_does_not_double_the_mail(desk, tmp_path):
    """With SIGCHLD ignored across exec, a child's status would be lost, and its mail sent again."""
    program = tmp_path / "sendmail"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\necho x >> {tmp_path}/sent\n")
    program.chmod(0o755)
    conf = tmp_path / "conf"
    conf.write_text(f"mail = sendmail-arguments:{program}\n")
    desk.end(desk.start("apply", *TONG.words, "--config", conf, restore_signals=False,
                        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)))
    assert desk.rows("SELECT DISTINCT status FROM message WHERE kind = 'code'"
                     " AND created_at = (SELECT max(created_at) FROM message)") == [("sent",)]
    assert (tmp_path / "sent").read_text() == "x\n"


def is_free(desk):
    """Whether anybody could write now."""
    with open(desk.data / "iauth.lock", "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return not (desk.data / "iauth.db-journal").exists()


def test_nothing_is_locked_while_a_child_runs(desk, tmp_path):
    program = tmp_path / "sendmail"
    os.mkfifo(tmp_path / "gate")
    program.write_text(f"#!/bin/sh\ncat > /dev/null\ntouch {tmp_path}/begun\ncat {tmp_path}/gate\n")
    program.chmod(0o755)
    conf = tmp_path / "conf"
    conf.write_text(f"mail = sendmail-arguments:{program}\n")
    process = desk.start("apply", *TONG.words, "--config", conf)
    wait_for((tmp_path / "begun").exists)
    assert is_free(desk)
    desk.ok("systems", "--add", "x", "--name", "x", timeout=5)
    (tmp_path / "gate").write_text("")
    assert desk.end(process).status == 0


@pytest.mark.parametrize("command", ["import-batch", "verify"])
def test_nothing_is_locked_while_waiting_for_input(desk, command):
    word = desk.apply(TONG) if command == "verify" else "-"
    process = desk.start(command, word, session=CHIEF)
    wait_for(lambda: status(process.pid)["State"][0] == "S")
    assert is_free(desk)
    desk.ok("systems", "--add", "x", "--name", "x", timeout=5)
    assert process.poll() is None
    process.kill()
    process.communicate()


# X12


@pytest.mark.parametrize("name", ["SIGTSTP", "SIGTTIN", "SIGTTOU"])
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64", "unlink"])
def test_a_stop_from_the_terminal_waits_for_the_lock(desk, name, call):
    """Ctrl-Z in the middle of a commit: the process stops when the lock is given up, not before."""
    before = desk.value("SELECT count(*) FROM system")
    # A group of its own with a parent outside: an orphaned one is not stopped by the terminal.
    process = desk.start("systems", "--add", "x", "--name", "x", process_group=0,
                         under=injecting(call, f"signal={name}", 1))

    def committed():
        try:
            return is_free(desk) and desk.value("SELECT count(*) FROM system") == before + 1
        except sqlite3.OperationalError:
            return False
    wait_for(committed)
    os.killpg(process.pid, signal.SIGCONT)
    assert desk.end(process).status == 0


@pytest.mark.parametrize("at", [4, 12, 25, 40])
def test_a_reader_that_is_stopped_stops_no_writer(desk, at):
    """Ctrl-Z in the middle of a reading: it stops when it has read, and holds no lock then."""
    reader = desk.start("systems", process_group=0, under=injecting("pread64", "signal=SIGTSTP", at))
    children = Path(f"/proc/{reader.pid}/task/{reader.pid}/children")

    def stopped():
        """Stopped for good: strace stops it for a moment at every call, and tries children first."""
        for _ in range(5):
            try:
                now = status(children.read_text().split()[0])
            except (IndexError, FileNotFoundError, ProcessLookupError):
                return False
            if now["Name"] != "iauth" or now["State"][0] not in "tT":
                return False
            time.sleep(0.02)
        return True
    wait_for(stopped)
    try:
        desk.ok("systems", "--add", "x", "--name", "x", timeout=8)
    finally:
        os.killpg(reader.pid, signal.SIGCONT)
    assert desk.end(reader).status == 0


# X13


def sparse(path):
    with open(path, "w") as file:
        file.truncate(1 << 40)


def unreadable(path):
    path.symlink_to("/proc/self/mem")


@pytest.mark.parametrize("make, code", [
    (os.mkfifo, "file.missing"), (lambda p: p.symlink_to("/dev/zero"), "file.missing"),
    (os.mkdir, "file.missing"), (lambda p: p.symlink_to("nowhere"), "file.missing"),
    (sparse, "limit.bytes")], ids=["fifo", "zero", "directory", "dangling", "sparse"])
def test_a_file_that_is_named_is_a_file_of_a_size(desk, tmp_path, make, code):
    make(tmp_path / "sheet.csv")
    desk.refused(code, "import-batch", tmp_path / "sheet.csv", session=CHIEF, timeout=10)


def test_endless_input_is_cut_off(desk):
    """Counted while it is read; a limit of address space shows that no more is kept."""
    process = subprocess.Popen(
        ["bash", "-c", f'ulimit -v 4000000; head -c 1500000000 /dev/zero | {IAUTH} --session chief '
         'import-batch - --json'], env=desk.environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    ended = desk.end(process)
    assert ended.status == 65 and ended.code == "limit.bytes", ended


# X14, X15


def test_only_the_databases_directory_is_written(desk, tmp_path):
    """No name is made, and nothing opened to be written, in cwd, /tmp or anywhere else."""
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    number = 0
    for words, stdin in [(["apply", *TONG.words], ""), (["import-batch", "-"], SHEET),
                         (["pending", "--remind"], ""), (["doctor"], ""), (["audit"], ""),
                         (["accounts", "--erase", 2, "--reason", "x"], ""), (["deliver"], "")]:
        ended, seen = trace(
            desk, "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,"
            "unlink,unlinkat,mknod,truncate,chmod,bind", *words, stdin=stdin, session=CHIEF,
            cwd=cwd, env={"TMPDIR": str(cwd), "SQLITE_TMPDIR": str(cwd), "HOME": str(desk.home)})
        assert ended.status == 0, ended
        for line in seen.splitlines():
            if "openat(" in line and not re.search(r"O_(CREAT|WRONLY|RDWR|TRUNC)", line):
                continue
            for path in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
                number += 1
                # A file without a name gets one by its descriptor.
                assert path.startswith((str(desk.data), "/proc/self/fd/")) or path in (
                    "/dev/null", "/dev/tty"), line
    assert number > 20 and list(cwd.iterdir()) == []


@pytest.mark.parametrize("words", [
    ["apply", *TONG.words], ["systems", "--add", "x", "--name", "x"],
    ["request-permission", "--role", "general"], ["approve", 3], ["verify", "--sign-out"]])
def test_nothing_is_said_before_it_is_on_the_disk(desk, words):
    person = clerk(1)
    desk.join(person)
    if words[0] == "approve":
        desk.request(person)
    session = person if words[0] == "request-permission" else MING
    ended, seen = trace(desk, "fdatasync,fsync,unlink,write", *words, session=session)
    assert ended.status == 0, ended
    lines = seen.splitlines()
    first = min(i for i, line in enumerate(lines) if re.search(r"write\([12],", line))
    commit = [i for i, line in enumerate(lines) if "-journal" in line and "unlink(" in line]
    assert commit and commit[0] < first, seen
    # The directory is synced after the journal is gone, before a word is said.
    assert any(re.search(r"f(data)?sync\(", line) for line in lines[commit[0]:first]), seen
