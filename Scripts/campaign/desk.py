"""What model, power-cut, inject and soak share: a home, the executable in it, a clock, the spools.

A home is set up once on a registry of five agencies and copied for each run, in memory where the
host has /dev/shm. IAUTH names another executable than the one of this tree, which is built if it
is missing. No code of the program is used: what is checked is what its processes do.
"""
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
START = 1798794000  # 2027-01-01 09:00 UTC, a Friday

EY, MOHW = "2.16.886.101.20003", "2.16.886.101.20003.20065"
AUTHORITY, CDC, HPA = EY + ".20077", MOHW + ".20021", MOHW + ".20022"
NAMES = {EY: "行政院", AUTHORITY: "資通安全處", MOHW: "衛生福利部", CDC: "疾病管制署",
         HPA: "國民健康署"}
REGISTRY = f"""機關名稱,OID,電話,地址,DN
行政院,{EY},,,"o=行政院,c=TW"
資通安全處,{AUTHORITY},,,"ou=資通安全處,o=行政院,c=TW"
衛生福利部,{MOHW},,,"ou=衛生福利部,o=行政院,c=TW"
疾病管制署,{CDC},,,"ou=疾病管制署,ou=衛生福利部,o=行政院,c=TW"
國民健康署,{HPA},,,"ou=國民健康署,ou=衛生福利部,o=行政院,c=TW"
"""
# Whom init invites.
CHIEF = ("陳主管", "chief@nicst.ey.gov.tw", "0911111111")


def executable():
    """The program under test."""
    named = os.environ.get("IAUTH") or os.environ.get("IAUTH_EXECUTABLE")
    path = Path(named) if named else ROOT / ".build/iauth"
    if not path.exists():
        if named:
            sys.exit(f"{path} is not there")
        subprocess.run([ROOT / "Scripts/build"], check=True, stdout=sys.stderr)
    return str(path.resolve())


class Ended:
    """What a process did."""

    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    @property
    def lines(self):
        try:
            return [json.loads(line) for line in self.out.splitlines()]
        except ValueError:
            return []

    @property
    def code(self):
        """The error's code; empty if there is none, or it cannot be read."""
        for line in reversed(self.err.splitlines()):
            try:
                return json.loads(line)["error"]["code"]
            except (ValueError, KeyError, TypeError):
                continue
        return ""

    def __str__(self):
        return (f"status {self.status} {self.code}\n  out: {self.out.strip()}\n"
                f"  err: {self.err.strip()}")


class Mail:
    """A mail or an SMS of the local spools."""

    def __init__(self, path):
        self.path, self.name = path, path.name
        text = path.read_text()
        head, self.body = text.split("\n\n", 1)
        fields = dict(re.findall(r"^([\w-]+): (.*)$", head, re.M))
        self.isMail = "X-IAuth-Kind" in fields
        self.kind = fields.get("X-IAuth-Kind", "code" if self.code else "notice")
        self.to = fields.get("To", "")
        self.id = fields.get("Message-ID", path.name)
        named = re.search(r"\b[AS]-[0-9A-Z]{4}-[0-9A-Z]{4}\b", self.body)
        self.reference = fields.get("X-IAuth-Reference", named.group() if named else "")

    @property
    def code(self):
        found = re.findall(r"(?<!\d)\d{8}(?!\d)", self.body)
        return found[0] if found else None


class Desk:
    """A home directory, and the program in it. `now` is its clock; None is the real one."""

    def __init__(self, home, now=None, program=None):
        self.home, self.now = Path(home), now
        self.program = program or executable()
        self.seen, self.calls, self.reader = set(), 0, None

    data = property(lambda self: self.home / ".local/share/iauth")
    db = property(lambda self: self.data / "iauth.db")

    def environment(self, shim=None):
        values = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC0"}
        preload = [shim] if shim else []
        if self.now is not None:
            preload.append(str(FAKETIME))
            values |= {"FAKETIME": stamp(self.now), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return values | ({"LD_PRELOAD": ":".join(preload)} if preload else {})

    def words(self, words, session=None):
        named = ["--session", session] if session else []
        return [self.program, *named, *map(str, words), "--json"]

    def run(self, *words, session=None, stdin="", timeout=60, under=(), shim=None):
        self.calls += 1
        done = subprocess.run([*under, *self.words(words, session)], input=stdin.encode(),
                              capture_output=True, timeout=timeout, cwd=self.home,
                              env=self.environment(shim))
        return Ended(words, done.returncode, done.stdout.decode(errors="replace"),
                     done.stderr.decode(errors="replace"))

    def ok(self, *words, **options):
        ended = self.run(*words, **options)
        if ended.status:
            raise RuntimeError(f"iauth {shlex.join(map(str, words))}: {ended}")
        return ended.lines[0] if ended.lines else {}

    def copy(self, home):
        return Desk(shutil.copytree(self.home, home), self.now, self.program)

    def paths(self):
        found = [*(self.data / "outbox/mail/new").glob("*"),
                 *(path for path in (self.data / "outbox/sms").glob("*") if path.suffix != ".LOCK")]
        return sorted(found, key=lambda path: int(re.findall(r"\d+", path.name)[-1]))

    def fresh(self):
        """The mails and SMS that came since the last question."""
        paths = [path for path in self.paths() if path.name not in self.seen]
        self.seen |= {path.name for path in paths}
        return [Mail(path) for path in paths]

    def codes(self, reference):
        """The newest codes of a reference by channel."""
        mails = [Mail(path) for path in self.paths()]
        return {"email" if mail.isMail else "sms": mail.code for mail in mails
                if mail.reference == reference and mail.code}

    @contextmanager
    def reading(self):
        """Lets all that is read within go by one connection: reading the schema costs most."""
        if self.reader:
            yield self.reader
            return
        self.reader = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=30)
        try:
            yield self.reader
        finally:
            self.reader.close()
            self.reader = None

    def rows(self, sql, *values):
        with self.reading() as db:
            return db.execute(sql, values).fetchall()

    # People, for scenes

    def join(self, agency, name, email, mobile, session):
        """Applies, and enters both codes."""
        answer = self.ok("apply", "--agency", agency, "--name", name, "--email", email,
                         "--mobile", mobile)
        return self.prove(answer["application"], session)

    def sign_in(self, agency, name, email, mobile, session):
        answer = self.ok("verify", "--agency", agency, "--name", name, "--email", email,
                         "--mobile", mobile, "--via", "both", session=session)
        return self.prove(answer["signin"], session)

    def prove(self, reference, session):
        codes = self.codes(reference)
        return self.ok("verify", reference, session=session,
                       stdin=f"{codes['email']}\n{codes['sms']}\n")


def stamp(now):
    """A time as libfaketime takes it: it stands still until the next command."""
    import time
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))


def fresh(home, now=None):
    """A new database on the small registry; its first reviewer is invited."""
    home = Path(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / "registry.csv").write_text(REGISTRY)
    desk = Desk(home, now)
    desk.ok("init", "--authority", AUTHORITY, "--agencies", "registry.csv", "--reviewer-name",
            CHIEF[0], "--reviewer-email", CHIEF[1], "--reviewer-mobile", CHIEF[2])
    desk.fresh()
    return desk


def workplace():
    """A directory for homes, in memory if the host has one."""
    return tempfile.TemporaryDirectory(prefix="iauth-campaign-", dir=MEMORY)


def broken(desk):
    """What must never be, looked for in the tables; empty if all is well."""
    wrong = []
    with desk.reading():
        for title, sql in INVARIANTS.items():
            found = desk.rows(sql)
            if found:
                wrong.append(f"{title}: {found[:3]}")
    return wrong


INVARIANTS = {
    "SQLite finds damage": "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "a reference to nothing": "SELECT * FROM pragma_foreign_key_check",
    "two active permissions": "SELECT account, system, role FROM permission WHERE status = 'active'"
    " GROUP BY 1, 2, 3 HAVING count(*) > 1",
    "two pending requests": "SELECT account, system, role FROM request"
    " WHERE status IN ('pending', 'returned') GROUP BY 1, 2, 3 HAVING count(*) > 1",
    "decided on one's own": "SELECT d.request FROM decision d JOIN request q ON q.id = d.request"
    " WHERE d.verdict IN ('approved', 'rejected', 'returned')"
    " AND d.reviewer IN (q.account, q.submitter)",
    "approved and nothing given": "SELECT id FROM request WHERE status = 'approved'"
    " AND kind = 'grant' AND id NOT IN (SELECT request FROM permission)",
    "given and not approved": "SELECT p.request FROM permission p"
    " JOIN request q ON q.id = p.request"
    " WHERE q.status <> 'approved'",
    "active permission of a closed account": "SELECT p.request FROM permission p JOIN account a"
    " ON a.id = p.account WHERE p.status = 'active' AND a.status = 'closed'",
    "pending request of a closed account": "SELECT q.id FROM request q JOIN account a"
    " ON a.id = q.account WHERE q.status IN ('pending', 'returned') AND a.status = 'closed'",
    "session of one who may not": "SELECT s.id FROM session s JOIN account a ON a.id = s.account"
    " WHERE s.ended_at IS NULL AND a.status IN ('closed', 'suspended', 'invited')",
    "a code that is kept": "SELECT id FROM message WHERE kind = 'code' AND status <> 'queued'"
    " AND body <> ''",
}
