"""What the tests of the real executable share: a desk with a home of its own, and its people.

Each test gets a fresh HOME, copied from one that was set up once on the real registry, so that
the files and processes under test are the real ones and a test still costs milliseconds.
"""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

# A job in the background, and some CI runners, ignore these, and what is ignored stays so in the
# processes under test.
signal.signal(signal.SIGINT, signal.default_int_handler)
for _number in [signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP]:
    signal.signal(_number, signal.SIG_DFL)

ROOT = Path(__file__).resolve().parents[2]
IAUTH = os.environ.get("IAUTH_EXECUTABLE", str(ROOT / ".build/iauth"))
LIBFAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)

AUTHORITY = "2.16.886.101.20003.20077"  # 資通安全處
MOHW = "2.16.886.101.20003.20065"  # 衛生福利部
CDC = "2.16.886.101.20003.20065.20021"  # 疾病管制署
CDC_OFFICES = [f"{CDC}.{20001 + n}" for n in range(3)]

REFERENCE = re.compile(r"^[AS]-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

# PRODUCT.md, section 6: each code with its status.
STATUS = {
    code: status
    for status, codes in {
        1: "code.wrong code.expired request.duplicate request.decided request.own request.changed"
        " permission.held account.taken agency.cycle agency.succeeded agency.undo recertify.open"
        " recertify.answered recertify.closed recertify.early recertify.count",
        65: "agency.missing name.invalid email.invalid mobile.invalid mobile.country title.invalid reason.invalid"
        " role.invalid date.invalid decision.line system.invalid batch.rejected sheet.unreadable"
        " sheet.header sheet.empty registry.shrunk",
        66: "file.missing database.missing anchor.missing",
        67: "agency.unknown agency.removed system.unknown account.unknown batch.unknown"
        " reference.unknown request.unknown key.unknown recertify.unknown entry.unknown",
        70: "database.damaged audit.broken internal",
        73: "database.exists file.exists file.uncreatable agency.exists system.exists key.exists",
        74: "disk.full disk.failed sign.failed",
        75: "code.locked send.throttled database.busy database.standby clock.leap service.silent",
        76: "outcome.unknown",
        77: "code.second session.none session.expired session.step-up right.missing request.outside"
        " account.suspended",
        78: "database.foreign database.version database.unsafe config.invalid program.unsafe",
    }.items()
    for code in codes.split()
}


def status_of(code):
    """The status that a code ends with; families of codes have one."""
    families = {"usage.": 64, "limit.": 65}
    return STATUS.get(code) or next(
        (status for prefix, status in families.items() if code.startswith(prefix)), None)


def wait_for(condition, seconds=10):
    """Looks again and again until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@dataclass(frozen=True)
class Person:
    session: str
    name: str
    email: str
    mobile: str
    agency: str = CDC
    title: str = ""

    @property
    def words(self):
        """The options by which a person names themselves."""
        return ["--agency", self.agency, "--name", self.name, "--email", self.email,
                "--mobile", self.mobile]


CHIEF = Person("chief", "陳主管", "chief@nicst.ey.gov.tw", "0911111111", AUTHORITY)
DEPUTY = Person("deputy", "林副主管", "deputy@nicst.ey.gov.tw", "0911111112", AUTHORITY)
MING = Person("ming", "李小明", "ming@cdc.gov.tw", "0912345678")
TONG = Person("tong", "王大同", "tong@cdc.gov.tw", "0912345679")
MANAGER = Person("mohw", "林部管", "mgr@mohw.gov.tw", "0933333333", MOHW)


def clerk(number, agency=CDC):
    """One of many general users."""
    return Person(f"clerk{number}", f"科員{chr(0x4E00 + number)}", f"clerk{number}@cdc.gov.tw",
                  f"0955{number:06}", agency)


@dataclass
class Ended:
    """A process that has ended."""
    words: list
    status: int
    out: str
    err: str

    def __str__(self):
        return f"iauth {' '.join(map(str, self.words))} → {self.status}\n{self.out}\n{self.err}"

    @property
    def lines(self):
        """Standard output as JSON, one object a line."""
        assert self.out == "" or self.out.endswith("\n"), self
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self):
        """The error object on the last line of standard error."""
        objects = [json.loads(line) for line in self.err.splitlines()]
        assert objects and set(objects[-1]) == {"error"}, self
        assert set(objects[-1]["error"]) == {"code", "message", "hint"}, self
        return objects[-1]["error"]

    @property
    def code(self):
        return self.error["code"]


class Desk:
    """A home directory, and iauth run in it by whoever is named by the session."""

    def __init__(self, home):
        self.home = Path(home)
        self.clock = None

    @property
    def data(self):
        return self.home / ".local/share/iauth"

    @property
    def db(self):
        return self.data / "iauth.db"

    @property
    def environment(self):
        values = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
                  "TZ": "UTC0"}
        if self.clock:
            values |= {"LD_PRELOAD": str(LIBFAKETIME), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                       "FAKETIME": self.clock.strftime("@%Y-%m-%d %H:%M:%S")}
        return values

    def words(self, words, session):
        """The whole command line; a session is named by a person or by a word."""
        named = ["--session", getattr(session, "session", session)] if session else []
        return [IAUTH, *named, *map(str, words)]

    def start(self, *words, session=None, env=None, under=(), **options):
        """Starts a process and returns it."""
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE} | options
        return subprocess.Popen([*map(str, under), *self.words(words, session)],
                                env=self.environment | (env or {}), **options)

    def end(self, process, stdin=b"", timeout=60):
        """Waits for a process that was started."""
        out, err = process.communicate(stdin or None, timeout=timeout)
        return Ended(process.args[1:], process.returncode, (out or b"").decode(),
                     (err or b"").decode())

    def run(self, *words, stdin="", timeout=60, **options):
        stdin = stdin.encode() if isinstance(stdin, str) else stdin
        return self.end(self.start(*words, **options), stdin, timeout)

    def ok(self, *words, **options):
        ended = self.run(*words, **options)
        assert ended.status == 0, ended
        return ended

    def json(self, *words, **options):
        """The objects that a command answers with."""
        return self.ok(*words, "--json", **options).lines

    def one(self, *words, **options):
        lines = self.json(*words, **options)
        assert len(lines) == 1, lines
        return lines[0]

    def refused(self, code, *words, **options):
        """Runs a command that must end with this code and its status."""
        ended = self.run(*words, "--json", **options)
        assert (ended.code, ended.status) == (code, status_of(code)), ended
        return ended

    # People

    def mails(self, reference=None, kind=None):
        """The mails in the local spool, oldest first, by their headers."""
        found = []
        for path in sorted((self.data / "outbox/mail/new").glob("*"), key=_number):
            text = path.read_text()
            if reference and f"\nX-IAuth-Reference: {reference}\n" not in text:
                continue
            if kind and f"\nX-IAuth-Kind: {kind}\n" not in text:
                continue
            found.append(text)
        return found

    def texts(self, reference=None):
        """The SMS in the local spool, oldest first."""
        # A file that is being written has the ending that the daemon passes over.
        paths = sorted((path for path in (self.data / "outbox/sms").glob("*")
                        if path.suffix != ".LOCK"), key=_number)
        texts = [path.read_text() for path in paths]
        return [text for text in texts if not reference or reference in text]

    def codes(self, reference):
        """The newest codes of a reference: of the mail, of the SMS, as far as there are any."""
        newest = [found[-1] for found in (self.mails(reference, "code"), self.texts(reference))
                  if found]
        codes = [re.findall(r"(?<!\d)\d{8}(?!\d)", text.split("\n\n", 1)[1]) for text in newest]
        assert all(len(set(found)) == 1 for found in codes), newest
        return [found[0] for found in codes]

    def typed(self, reference):
        """What a person types, or pipes, to enter the codes of a reference."""
        return "".join(f"{code}\n" for code in self.codes(reference))

    def apply(self, person):
        title = ["--title", person.title] if person.title else []
        return self.one("apply", *person.words, *title)["application"]

    def prove(self, reference, person):
        return self.one("verify", reference, stdin=self.typed(reference), session=person)

    def join(self, person):
        """Applies and proves both codes."""
        return self.prove(self.apply(person), person)

    def sign_in(self, person, via="both"):
        answer = self.one("verify", *person.words, "--via", via, session=person)
        return self.prove(answer["signin"], person)

    def request(self, person, role="general", *more):
        return self.one("request-permission", "--role", role, *more, session=person)["request"]

    def appoint(self, person, reviewer=CHIEF):
        """Makes a person an administrator of their agency."""
        self.join(person)
        number = self.request(person, "admin")
        self.ok("approve", number, session=reviewer)
        return number

    # What stands in the files

    def rows(self, sql, *values):
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=60) as db:
            return db.execute(sql, values).fetchall()

    def value(self, sql, *values):
        return self.rows(sql, *values)[0][0]

    def dump(self):
        """Everything that is stored, to compare with later, but for when sessions were last used:
        that is noted once a minute, whatever the command."""
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True) as db:
            copy = sqlite3.connect(":memory:")
            db.backup(copy)
            for name, in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"
                                      ).fetchall():
                copy.execute(f"DROP TRIGGER [{name}]")
            copy.execute("UPDATE session SET used_at = 0")
            copy.execute("UPDATE account SET used_at = NULL")
            return list(copy.iterdump())

    def content(self, but=()):
        """Asserts that doctor and the audit trail are content, but for checks that must fail."""
        lines = self.run("doctor", "--json").lines
        assert {line["check"] for line in lines if line["status"] == "fail"} == set(but), lines
        self.ok("audit", "--verify")


def _number(path):
    return int(re.findall(r"\d+", path.name)[-1])


def _set_up(home, clock=None):
    desk = Desk(home)
    desk.clock = clock
    desk.ok("init", "--authority", AUTHORITY, "--reviewer-name", CHIEF.name,
            "--reviewer-email", CHIEF.email, "--reviewer-mobile", CHIEF.mobile)
    return desk


def pytest_collection_modifyitems(items):
    """Files whose tests wait for long begin first, so that no worker has one left in the end."""
    long = ["test_scim_kept", "test_killing", "test_package", "test_scim", "test_migrate",
            "test_campaign", "test_messages"]
    items.sort(key=lambda item: long.index(item.path.stem) if item.path.stem in long else len(long))


@pytest.fixture(scope="session")
def _fresh_home(tmp_path_factory):
    return _set_up(tmp_path_factory.mktemp("fresh")).home


@pytest.fixture(scope="session")
def _staffed_home(tmp_path_factory, _fresh_home):
    desk = Desk(shutil.copytree(_fresh_home, tmp_path_factory.mktemp("staffed") / "home"))
    desk.sign_in(CHIEF)
    desk.appoint(MING)
    return desk.home


@pytest.fixture
def empty_desk(tmp_path):
    """A home with nothing in it."""
    (tmp_path / "home").mkdir()
    return Desk(tmp_path / "home")


@pytest.fixture
def fresh_desk(tmp_path, _fresh_home):
    """A database on the real registry; its first reviewer is invited."""
    return Desk(shutil.copytree(_fresh_home, tmp_path / "home"))


@pytest.fixture
def desk(tmp_path, _staffed_home):
    """As above; the reviewer is signed in, and an agency has its administrator, signed in too."""
    return Desk(shutil.copytree(_staffed_home, tmp_path / "home"))


@pytest.fixture(scope="session")
def _new_year_home(tmp_path_factory):
    if LIBFAKETIME is None:
        pytest.skip("libfaketime is not installed")
    return _set_up(tmp_path_factory.mktemp("clock"), datetime(2027, 1, 1, 9)).home


@pytest.fixture
def on_clock(tmp_path, _new_year_home):
    """A desk whose clock stands where the test puts it, set up on New Year's Day."""
    desk = Desk(shutil.copytree(_new_year_home, tmp_path / "home"))
    desk.clock = datetime(2027, 1, 1, 9)
    return desk
