"""Opening the database: the first refusal that holds, and nothing made or locked before.

Each file here has a fault, most have several: the order of PRODUCT.md, section 6, decides which
one is said.
"""

import fcntl
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from conftest import AUTHORITY, CDC, CHIEF, IAUTH, ROOT, TONG, Desk, wait_for

NOBODY = 65534
is_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def pragma(desk, text):
    with sqlite3.connect(desk.db) as db:
        db.execute(f"PRAGMA {text}")
    db.close()


def patch(desk, offset, data):
    with open(desk.db, "r+b") as file:
        file.seek(offset)
        file.write(data)


def unlink(desk):
    desk.db.unlink()


def text(desk):
    desk.db.write_bytes(b"no database at all\n" * 300)


def empty(desk):
    desk.db.write_bytes(b"")


def directory(desk):
    desk.db.unlink()
    desk.db.mkdir()


def fifo(desk):
    desk.db.unlink()
    os.mkfifo(desk.db, 0o600)


def dangling(desk):
    desk.db.unlink()
    desk.db.symlink_to("nowhere")


def other_application(desk):
    pragma(desk, "application_id = 7")


def cut_off(desk):
    os.truncate(desk.db, desk.db.stat().st_size // 2)


def no_page_size(desk):
    patch(desk, 16, b"\x00\x00")


def newer(desk):
    pragma(desk, "user_version = 3")


def older(desk):
    pragma(desk, "user_version = 1")


def wal(desk):
    pragma(desk, "journal_mode = WAL")


def readable(desk):
    desk.db.chmod(0o644)


def linked(desk):
    desk.db.rename(desk.data / "real.db")
    desk.db.symlink_to("real.db")


def hard_linked(desk):
    os.link(desk.db, desk.data / "second.db")


def open_directory(desk):
    desk.data.chmod(0o777)


def no_key(desk):
    (desk.data / "iauth.key").unlink()


def short_key(desk):
    (desk.data / "iauth.key").write_text("00\n")


def readable_key(desk):
    (desk.data / "iauth.key").chmod(0o644)


def linked_key(desk):
    (desk.data / "iauth.key").rename(desk.data / "other")
    (desk.data / "iauth.key").symlink_to("other")


def planted_journal(desk):
    (desk.data / "iauth.db-journal").symlink_to("/etc/passwd")


def another_owner(desk):
    if os.getuid() != 0:
        pytest.skip("needs root")
    os.chown(desk.data / "iauth.key", NOBODY, NOBODY)


CASES = {
    "database.missing": [[unlink], [dangling], [unlink, open_directory, no_key]],
    "database.foreign": [[text], [empty], [directory], [fifo], [other_application],
                         [other_application, newer, cut_off, readable],
                         [text, open_directory, no_key], [other_application, linked]],
    "database.damaged": [[cut_off], [no_page_size], [newer, cut_off], [cut_off, readable, no_key],
                         [newer, no_page_size, linked]],
    "database.version": [[newer], [older], [newer, readable], [newer, wal, linked],
                         [older, open_directory, no_key]],
    "database.unsafe": [[wal], [readable], [linked], [hard_linked], [open_directory], [no_key],
                        [short_key], [readable_key], [linked_key], [planted_journal],
                        [another_owner]],
}


def listing(desk):
    return sorted((str(path), path.lstat().st_mtime_ns) for path in desk.home.rglob("*")
                  if not path.is_dir() or path.is_symlink())


@pytest.mark.parametrize("code, faults", [
    pytest.param(code, faults, id=f"{code}-{'-'.join(fault.__name__ for fault in faults)}")
    for code, cases in CASES.items() for faults in cases])
def test_the_first_refusal_that_holds(desk, code, faults):
    for fault in faults:
        fault(desk)
    # What a foreign program may hold open is not ours to touch.
    (desk.data / "iauth.lock").unlink(missing_ok=True)
    before = listing(desk)
    for words in [["pending"], ["apply", *TONG.words], ["doctor"]]:
        ended = desk.refused(code, *words, session=CHIEF, timeout=5)
        assert ended.out == ""
        for leak in [str(desk.home), "SQLITE", "sqlite3", "SELECT"]:
            assert leak not in ended.err
    assert listing(desk) == before


@pytest.mark.parametrize("fault", [unlink, text, other_application, cut_off, newer])
def test_nothing_is_made_or_locked_before(desk, fault, tmp_path):
    fault(desk)
    trace = tmp_path / "trace"
    under = ["strace", "-f", "-qq", "-o", trace, "-e",
             "trace=openat,open,creat,flock,fcntl,mkdir,rename,unlink,link,ftruncate,write,"
             "pwrite64"]
    assert desk.run("apply", *TONG.words, under=under).status != 0
    calls = trace.read_text()
    assert "openat" in calls
    if fault in (cut_off, newer):
        # It is ours: what is wrong with it SQLite says, which locks it for reading meanwhile.
        calls = re.sub(r".*F_SETLK, \{l_type=F_(RD|UN)LCK.*\n", "", calls)
    assert not re.search(r"O_CREAT|O_TRUNC|flock\(|F_SETLK|F_OFD|mkdir|rename|unlink|link\(", calls)
    assert all("write(2," in line or "write(1," in line for line in calls.splitlines()
               if "write" in line)


@pytest.mark.parametrize("name", ["file:x?mode=memory", "file:iauth.db?nolock=1", "FILE:x", ""])
def test_a_path_is_never_a_uri(desk, name):
    before = listing(desk)
    ended = desk.end(desk.start("accounts", "--db", name, "--json", cwd=desk.data))
    assert ended.status in (64, 66, 78) and ended.out == "", ended
    assert listing(desk) == before


def test_init_makes_private_files_and_never_overwrites(empty_desk):
    desk = empty_desk
    desk.ok("init", "--authority", AUTHORITY)
    assert desk.data.stat().st_mode & 0o777 == 0o700
    for name in ["iauth.db", "iauth.key"]:
        assert (desk.data / name).stat().st_mode & 0o777 == 0o600
    before = desk.db.read_bytes(), (desk.data / "iauth.key").read_bytes()
    desk.refused("database.exists", "init", "--authority", AUTHORITY)
    assert before == (desk.db.read_bytes(), (desk.data / "iauth.key").read_bytes())
    for fault in [text, empty]:
        fault(desk)
        desk.refused("database.exists", "init", "--authority", AUTHORITY)


def test_an_init_that_fails_leaves_nothing_in_the_way(empty_desk):
    empty_desk.refused("agency.unknown", "init", "--authority", "2.16.886.101.1")
    assert not empty_desk.db.exists()
    empty_desk.ok("init", "--authority", AUTHORITY)


def test_what_a_failed_init_leaves_says_nothing_wrong(empty_desk):
    """A key without a database would mean that one was lost."""
    desk = empty_desk
    words = ["init", "--authority", AUTHORITY, "--reviewer-name", "Lin", "--reviewer-email",
             "lin@ey.gov.tw", "--reviewer-mobile", "+12025550123"]
    desk.refused("mobile.country", *words)
    assert not (desk.data / "iauth.key").exists() and not desk.db.exists()
    ended = desk.refused("database.missing", "systems")
    assert ended.error["hint"] == "iauth init --authority CODE"
    desk.ok("init", "--authority", AUTHORITY)


def test_init_makes_its_own_directory_private_and_says_so_of_another(empty_desk, tmp_path):
    words = ["init", "--authority", AUTHORITY]
    empty, other = tmp_path / "empty", tmp_path / "other"
    for place in (empty, other):
        place.mkdir()
        place.chmod(0o755)
    (other / "letter.txt").write_text("somebody's")
    made = empty_desk.ok("--db", empty / "x.db", *words)
    assert empty.stat().st_mode & 0o777 == 0o700 and "chmod" not in made.err
    made = empty_desk.ok("--db", other / "x.db", *words)
    assert other.stat().st_mode & 0o777 == 0o755 and f"chmod 700 {other}" in made.err
    [found] = [line for line in empty_desk.json("--db", other / "x.db", "doctor")
               if line["check"] == "files"]
    assert found["status"] == "warn"


def test_a_cut_off_commit_is_rolled_back_by_the_next_command(desk):
    """A hot journal is restored before anything is read."""
    before = desk.dump()
    desk.run("apply", *TONG.words, under=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=unlink",
        "-e", "inject=unlink:signal=SIGKILL:when=1"])
    assert (desk.data / "iauth.db-journal").stat().st_size > 0
    assert desk.json("systems")
    assert desk.dump() == before
    desk.content()


def test_random_damage_is_never_a_crash_or_a_grant(desk):
    """Bytes flipped anywhere: a right answer, or a refusal."""
    seed = int(os.environ.get("IAUTH_SEED", random.randrange(1 << 30)))
    print("IAUTH_SEED", seed)
    dice = random.Random(seed)
    whole = desk.db.read_bytes()
    for turn in range(40):
        damaged = bytearray(whole)
        for _ in range(dice.choice([1, 8, 64])):
            # Half of it in the first page, where the header and the schema stand.
            end = 4096 if dice.random() < 0.5 else len(damaged)
            damaged[dice.randrange(end)] ^= 1 << dice.randrange(8)
        desk.db.write_bytes(damaged)
        (desk.data / "iauth.db-journal").unlink(missing_ok=True)
        ended = desk.run("approve", "2", "--json", session=CHIEF)
        assert ended.status in (1, 67, 70, 74, 77, 78), (seed, turn, ended)
        assert desk.run("doctor", "--json").status in (0, 70, 74, 78), (seed, turn)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_damaged(desk, part):
    size = desk.db.stat().st_size
    os.truncate(desk.db, int(size * part) // 4096 * 4096)
    desk.refused("database.damaged", "doctor")


def test_a_lost_table_is_damage(desk):
    with sqlite3.connect(desk.db) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("DROP VIEW reviewer")
        db.execute("DROP VIEW administrator")
    db.close()
    desk.refused("database.damaged", "admins", "--agency", AUTHORITY)


@pytest.fixture
def public_place():
    """A directory that another user can reach."""
    place = Path(tempfile.mkdtemp(prefix="iauth-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@is_root
def test_root_becomes_the_owner(desk, public_place):
    home = shutil.copytree(desk.home, public_place / "home")
    for path in [home, *home.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    theirs = Desk(home)
    reference = theirs.apply(TONG)
    assert theirs.codes(reference)
    for path in theirs.data.rglob("*"):
        assert path.stat().st_uid == NOBODY, path
    theirs.content()
    copy = subprocess.run([IAUTH, "accounts"], env=theirs.environment, user=1, group=1,
                          capture_output=True)
    assert copy.returncode in (66, 78) and copy.stdout == b""


@is_root
@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_set_id_is_refused(desk, public_place, mode):
    binary = public_place / "iauth"
    shutil.copy(IAUTH, binary)
    os.chown(binary, NOBODY, NOBODY)
    binary.chmod(mode)
    mount = subprocess.run(["findmnt", "-no", "OPTIONS", "-T", binary], capture_output=True)
    if b"nosuid" in mount.stdout:
        pytest.skip("the file system of the temporary directory is mounted nosuid")
    for words in [["accounts"], ["--version"], ["help"]]:
        ended = subprocess.run([binary, *words], env=desk.environment, capture_output=True)
        assert ended.returncode == 78 and ended.stdout == b"", ended
        assert ended.stderr.startswith(b"iauth: program.unsafe: ") and b"set-uid" in ended.stderr
    ended = subprocess.run([binary, "accounts", "--json"], env=desk.environment,
                           capture_output=True)
    assert json.loads(ended.stderr)["error"]["code"] == "program.unsafe"


def test_crashes_leave_no_core_and_no_report(desk):
    """The start-up rules: no core file, and none of the crash signals caught by a reporter."""
    process = desk.start("import-batch", "-", session=CHIEF)
    try:
        status = Path(f"/proc/{process.pid}/status")
        # It sleeps once it waits for the sheet.
        wait_for(lambda: re.search(r"^State:\s+S", status.read_text(), re.M))
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits)
        caught = re.search(r"SigCgt:\s*(\w+)", status.read_text())[1]
        assert int(caught, 16) & sum(1 << (n - 1) for n in (3, 4, 5, 6, 7, 8, 11)) == 0
    finally:
        process.kill()
        process.communicate()


def test_the_schema_explains_itself(fresh_desk):
    """Every table and every column has its comment in what SQLite keeps of the schema."""
    bare = []
    for table, statement in fresh_desk.rows(
            "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view')"
            " AND name NOT LIKE 'sqlite%'"):
        lines = [line.strip() for line in statement.splitlines()]
        if not lines[1].startswith("-- "):
            bare.append(table)
        if statement.startswith("CREATE VIEW"):
            continue
        for (column,) in fresh_desk.rows("SELECT name FROM pragma_table_xinfo(?)", table):
            [at] = [n for n, line in enumerate(lines)
                    if re.match(rf"{column} (TEXT|INTEGER|BLOB)\b", line)]
            if " -- " not in lines[at] and not lines[at - 1].startswith("-- "):
                bare.append(f"{table}.{column}")
    assert bare == []


def failing(call, what, when):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
            f"inject={call}:{what}:when={when}"]


@pytest.mark.parametrize("call, what", [
    ("openat", "error=EMFILE"), ("openat", "error=EIO"), ("read", "error=EIO"),
    ("pread64", "error=EIO"), ("pread64", "retval=0"), ("newfstatat", "error=EIO")])
def test_one_failed_call_is_no_damage(desk, call, what):
    """Told as what it is: the disk, never a foreign, damaged, missing or unsafe database."""
    for when in range(1, 60):
        ended = desk.run("systems", "--json", under=failing(call, what, when))
        if ended.status == 0:
            continue
        # Before main begins, the loader fails in its own way.
        if ended.status == 127 or not ended.err.startswith("{"):
            continue
        assert (ended.status, ended.code) == (74, "disk.failed"), (call, what, when, ended)
    assert desk.json("systems")


def test_readers_beside_writers_are_never_told_of_damage(desk):
    sheet = desk.home / "form.csv"
    rows = "".join(f"{CDC},員{chr(0x4E00 + n)},n{n}@cdc.gov.tw,0966{n:06}\n" for n in range(400))
    sheet.write_text("OID,姓名,E-mail,手機\n" + rows)
    writers = [desk.start("import-batch", sheet, session=CHIEF) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        ended = desk.run("systems", "--json")
        assert ended.status == 0, ended
    for writer in writers:
        desk.end(writer)


def test_a_torn_first_page_is_rolled_back(desk):
    """The journal of a commit that was cut off has it."""
    before = desk.dump()
    desk.run("apply", "--agency", CDC, "--name", "王大同", "--email", "tong@cdc.gov.tw",
             "--mobile", "0912345679", under=failing("unlink", "signal=SIGKILL", 1))
    assert (desk.data / "iauth.db-journal").stat().st_size > 0
    patch(desk, 0, b"\xff" * 100)
    assert desk.json("systems")
    assert desk.dump() == before


def test_init_without_a_home_asks_for_the_database(empty_desk):
    ended = empty_desk.run("init", "--authority", CDC, "--json", env={"HOME": ""})
    assert ended.code == "usage.missing", ended


def test_each_obstacle_is_told_as_itself(desk):
    (desk.data / "iauth.key").chmod(0o644)
    assert "key" in desk.refused("database.unsafe", "systems").error["message"]
    (desk.data / "iauth.key").chmod(0o600)
    pragma(desk, "journal_mode = WAL")
    assert "WAL" in desk.refused("database.unsafe", "systems").error["message"]
    pragma(desk, "journal_mode = DELETE")
    desk.ok("backup", desk.home / "copy.db")
    refused = desk.refused("database.exists", "restore", desk.home / "copy.db")
    assert "restore" in refused.error["hint"]
    desk.db.unlink()
    assert desk.refused("database.missing", "systems").error["hint"] == "iauth restore FILE"


@pytest.mark.parametrize("words", [
    [b"reject", b"1", b"--reason", b"\xff"], [b"--db", b"/tmp/\xff.db", b"systems"]])
def test_words_that_are_no_utf8_are_refused(desk, words):
    ended = subprocess.run([IAUTH, "--json", *words], env=desk.environment, capture_output=True)
    assert ended.returncode == 64 and b"usage.value" in ended.stderr, ended
    ended = subprocess.run([IAUTH, "--json", "systems"], capture_output=True,
                           env={b"HOME": b"/tmp/\xff", b"PATH": b"/usr/bin"})
    assert ended.returncode == 64 and b"variable HOME is not UTF-8" in ended.stderr, ended


def test_of_many_inits_one_is_right(empty_desk):
    """The others find the database of the one, whoever was quicker."""
    def words(number):
        return ["init", "--authority", AUTHORITY, "--reviewer-name", f"主管{chr(0x4E00 + number)}",
                "--reviewer-email", f"chief{number}@ey.gov.tw", "--reviewer-mobile",
                f"09111111{number:02}", "--json"]
    for round in range(3):
        ended = [empty_desk.end(process) for process in
                 [empty_desk.start(*words(number)) for number in range(4)]]
        assert sorted(run.status for run in ended) == [0, 73, 73, 73], ended
        right = next(number for number, run in enumerate(ended) if run.status == 0)
        assert empty_desk.value("SELECT email FROM account") == f"chief{right}@ey.gov.tw"
        empty_desk.content()
        shutil.rmtree(empty_desk.data)


@pytest.fixture
def init(tmp_path):
    """The words of an `init` with few agencies: it is begun many times."""
    with open(ROOT / "Sources/CRegistry/agencies.csv", encoding="utf-8") as registry:
        few = [line for line in registry if line.startswith(("oid,", AUTHORITY, "2.16.886.101.20003,"))]
    (tmp_path / "few.csv").write_text("".join(few), encoding="utf-8")
    return ["init", "--authority", AUTHORITY, "--agencies", tmp_path / "few.csv", "--json"]


def test_an_init_that_is_killed_hinders_nobody(empty_desk, init):
    for call in ["renameat2", "fsync", "fdatasync", "unlink", "write"]:
        for when in [1, 2, 4]:
            empty_desk.run(*init, under=failing(call, "signal=SIGKILL", when))
            ended = empty_desk.run("systems", "--json")
            if ended.status:
                assert ended.code == "database.missing", (call, when, ended)
                empty_desk.ok(*init)
            empty_desk.content()
            left = {path.name for path in empty_desk.data.iterdir()}
            assert not any(name.startswith(".iauth.init.") for name in left), left
            shutil.rmtree(empty_desk.data)


def test_what_an_init_says_is_what_is_there(empty_desk, init):
    for call in ["renameat2", "fsync", "fdatasync", "openat", "pread64"]:
        for when in [1, 2, 3, 5, 8, 13, 21, 34]:
            began = time.monotonic()
            ended = empty_desk.run(*init, under=failing(call, "error=EIO", when))
            # Nobody else is there to wait for.
            assert time.monotonic() - began < 8, (call, when, ended)
            if not ended.err.startswith("{") and ended.status:
                continue
            is_there = empty_desk.db.exists()
            assert ended.status == 76 or is_there == (ended.status == 0), (call, when, ended)
            assert ended.status == 0 or ended.code in ("disk.failed", "outcome.unknown"), (
                call, when, ended)
            shutil.rmtree(empty_desk.home / ".local", ignore_errors=True)


def test_another_key_is_refused_before_it_seals_anything(desk):
    """What a foreign key seals is broken for good, once the right one is back."""
    key = desk.data / "iauth.key"
    right = key.read_bytes()
    key.write_text("ab" * 32 + "\n")
    for words in (["apply", *TONG.words], ["audit", "--verify"], ["doctor", "--quick"]):
        assert desk.run(*words).status in (78, 1), words
    desk.refused("database.unsafe", "apply", *TONG.words)
    assert "queued" not in desk.run("apply", *TONG.words).err, "nothing was"
    # A version that such a key makes could never be used.
    for words in (["pending"], ["admins"], ["verify", "--status"], ["agencies", CDC]):
        desk.refused("database.unsafe", *words, session=CHIEF)
    key.write_bytes(right)
    desk.content()


def test_a_database_that_does_not_know_its_key_learns_it(desk):
    """One that was migrated: the key under which its head is sealed is the one that belongs to it."""
    with sqlite3.connect(desk.db) as db:
        db.execute("UPDATE service SET key_check = NULL")
    db.close()
    desk.apply(TONG)
    assert desk.value("SELECT length(key_check) FROM service") == 32
    desk.content()


def test_a_key_whose_database_is_gone_is_used_and_said_to_be(empty_desk, init):
    init = [word for word in init if word != "--json"]
    assert "restore" not in empty_desk.ok(*init).err, "nothing was there"
    key = (empty_desk.data / "iauth.key").read_bytes()
    empty_desk.db.unlink()
    for words in (["--dry-run"], []):
        said = empty_desk.ok(*init, *words).err
        assert "a key stood there already" in said and "iauth restore FILE" in said
    assert (empty_desk.data / "iauth.key").read_bytes() == key
    empty_desk.db.unlink()
    assert "iauth restore FILE" in empty_desk.ok(*init, env={"LANG": "zh_TW.UTF-8"}).err


def test_a_reading_does_not_wait_to_be_noted(desk):
    """The answer is there: that its session was used waits two seconds at most for other writers."""
    with sqlite3.connect(desk.db) as db:
        db.execute("UPDATE session SET used_at = used_at - 100")
    db.close()
    with open(desk.data / "iauth.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        desk.ok("verify", "--status", session=CHIEF)
        assert 1 < time.monotonic() - began < 6


def test_the_registry_that_ships_is_of_its_day(fresh_desk):
    [line] = [line for line in fresh_desk.run("doctor", "--json").lines
              if line["check"] == "registry"]
    assert "2019-01-31" in line["detail"]


@pytest.mark.parametrize("word", ("APPLY", "Aply"))
def test_the_nearest_command_is_named_whatever_its_case(empty_desk, word):
    assert "'apply'" in empty_desk.refused("usage.command", word).error["message"]
